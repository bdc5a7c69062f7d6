//! The pipeline in process: the two-layer network, and time against size for depth, sequence length, blocks of a transformer and terms
//! of a sum. Text, steps and check are on. On a log-log plot the slope of each group should stay near 1.

#![allow(
    missing_docs,
    reason = "criterion's macros write undocumented functions"
)]

mod networks;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use derive_engine::{Config, PrintOptions, render, run};
use networks::GROUPS;
use std::hint::black_box;

fn whole(source: &str) -> String {
    let outcome = run(source.as_bytes(), &Config::default()).expect("derives");
    render(&outcome.derivation, &PrintOptions::default()).expect("prints")
}

fn pipeline(criterion: &mut Criterion) {
    criterion.bench_function("two_layer", |bencher| {
        bencher.iter(|| whole(black_box(networks::TWO_LAYER)))
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
