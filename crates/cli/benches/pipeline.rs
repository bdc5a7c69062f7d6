//! The pipeline in process: the two-layer network, and tanh networks of growing depth. Text, steps and check are on.

#![allow(
    missing_docs,
    reason = "criterion's macros write undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use derive_engine::{Config, PrintOptions, render, run};
use std::hint::black_box;

fn whole(source: &str) -> String {
    let outcome = run(source.as_bytes(), &Config::default()).expect("derives");
    render(&outcome.derivation, &PrintOptions::default()).expect("prints")
}

fn tanh_network(layers: usize) -> String {
    let body = "layer dense(h) -> tanh\n".repeat(layers);
    format!("dims N, h = 4\ninput x: [N, h]\ntarget y: [N, h]\n{body}loss mse\n")
        .replace("loss mse", "loss mse(yhat, y)")
}

fn pipeline(criterion: &mut Criterion) {
    let two_layer = include_str!("../../../golden/networks/two_layer.spec");
    criterion.bench_function("two_layer", |bencher| {
        bencher.iter(|| whole(black_box(two_layer)))
    });
    let mut group = criterion.benchmark_group("depth");
    group.sample_size(10);
    for layers in [1, 4, 16, 64, 256] {
        let source = tanh_network(layers);
        group.bench_with_input(
            BenchmarkId::from_parameter(layers),
            &source,
            |bencher, source| {
                bencher.iter(|| whole(black_box(source)));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
