//! A derivation of the two-layer network, built by hand, and short names for building terms.
#![allow(dead_code, missing_docs)] // every test file uses its own part

mod network;
mod statements;

use derive_graph::{Dim, Function, Name, Shape};
use derive_index::derivation::{ClaimOutcome, Derivation, Verdict};
use derive_index::{Index, Rational, Term, build};
pub use network::*;
pub use statements::*;

pub fn dim(name: &str) -> Dim {
    Dim::Named(Name::new(name))
}

pub fn shape(names: &[&str]) -> Shape {
    Shape(names.iter().map(|name| dim(name)).collect())
}

pub fn array(name: &str, dims: &[&str]) -> Term {
    build::tensor(&Name::new(name), &shape(dims))
}

pub fn index(id: u32, over: &str) -> Index {
    Index::Variable { id, dim: dim(over) }
}

pub fn at(array: &Term, indices: &[&Index]) -> Term {
    build::entry(
        array.clone(),
        indices.iter().map(|index| (*index).clone()).collect(),
    )
}

pub fn apply(function: &str, argument: &Term) -> Term {
    build::apply(Function::named(function), vec![argument.clone()])
}

pub fn power(base: &Term, exponent: i64) -> Term {
    build::power(base.clone(), Rational::from_integer(exponent.into()))
}

pub fn times(factors: &[Term]) -> Term {
    build::product(Vec::new(), factors.to_vec())
}

pub fn summed(bound: &[&Index], factors: &[Term]) -> Term {
    build::product(
        bound.iter().map(|index| (*index).clone()).collect(),
        factors.to_vec(),
    )
}

pub fn per_sample() -> Term {
    build::reciprocal(build::dimension(&dim("N")))
}

/// The whole derivation.
pub fn two_layer() -> Derivation {
    let statements = vec![
        output_statement(),
        hidden_statement(),
        weight_statement("1", ("x", ["N", "d"]), "h"),
        bias_statement("1", "h"),
        weight_statement("2", ("A1", ["N", "h"]), "c"),
        bias_statement("2", "c"),
    ];
    let errors = statements
        .iter()
        .map(|it| (it.variable.clone(), 2.9e-16))
        .collect();
    Derivation {
        network: network(),
        forward: forward(),
        loss: loss(),
        functions: Vec::new(),
        kinks: Vec::new(),
        statements,
        notes: Vec::new(),
        verdict: Some(Verdict {
            draws: 3,
            seed: 7,
            errors,
            steps: 17,
            step_error: 1.1e-16,
            failures: Vec::new(),
            unchecked: Vec::new(),
        }),
        spellings: Vec::new(),
        savings: None,
        claims: vec![ClaimOutcome {
            text: "grad(W2) = A1.T @ grad(Z2)".to_owned(),
            holds: true,
            reason: "the two forms are the same".to_owned(),
            ..ClaimOutcome::default()
        }],
    }
}
