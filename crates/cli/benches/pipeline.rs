//! The pipeline in process: the two-layer network, and time against size for depth, sequence length, blocks of a transformer and terms
//! of a sum. Text, steps and check are on. On a log-log plot the slope of each group should stay near 1.

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

fn recurrence(steps: usize) -> String {
    format!("input X: [{steps}, N, d]\ntarget y: [N, h]\nlayer rnn(h)\nloss half_squared_error\n")
}

fn transformer(blocks: usize) -> String {
    let block = "layer residual {\n  layer layernorm\n  layer attention(heads=2)\n}\n\
        layer residual {\n  layer layernorm\n  layer dense(f) -> gelu\n  layer dense(8)\n}\n";
    let body = block.repeat(blocks);
    format!(
        "input X: [n, 8]\ntarget y: [n, c] onehot\n{body}layer dense(c) -> softmax\nloss cross_entropy(mean)\n"
    )
}

fn sum_of_terms(terms: usize) -> String {
    let term = |at: usize| format!("tr(A{at} @ X @ B{at})");
    let declared: String = (0..terms)
        .map(|at| format!("const A{at}: [n, n]\nconst B{at}: [n, n]\n"))
        .collect();
    let sum: Vec<String> = (0..terms).map(term).collect();
    format!("param X: [n, n]\n{declared}loss {}\n", sum.join(" + "))
}

/// A way to write a network of a given size.
type Write = fn(usize) -> String;

/// What grows, the sizes, and the network of each size.
const GROUPS: &[(&str, &[usize], Write)] = &[
    ("depth", &[1, 4, 16, 64, 256], tanh_network),
    ("sequence", &[10, 30, 100, 300], recurrence),
    ("transformer", &[1, 3, 12], transformer),
    ("terms", &[4, 16, 64], sum_of_terms),
];

fn pipeline(criterion: &mut Criterion) {
    let two_layer = include_str!("../../../golden/networks/two_layer.spec");
    criterion.bench_function("two_layer", |bencher| {
        bencher.iter(|| whole(black_box(two_layer)))
    });
    for (name, sizes, write) in GROUPS {
        let mut group = criterion.benchmark_group(*name);
        group.sample_size(10);
        for size in *sizes {
            let source = write(*size);
            group.bench_with_input(
                BenchmarkId::from_parameter(size),
                &source,
                |bencher, source| {
                    bencher.iter(|| whole(black_box(source)));
                },
            );
        }
        group.finish();
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
