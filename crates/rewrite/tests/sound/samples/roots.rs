//! Sums over roots of unity.

use super::{Sample, plain};
use crate::generate::Generator;
use derive_graph::{Dim, Polynomial};
use derive_index::{Affine, Index, Term, build};

/// A place on the circle of `dim` that one or two of these indices and a constant lead to.
fn place(it: &mut Generator, dim: &Dim, indices: &[Index]) -> Index {
    let count = 1 + it.random.below(2);
    let terms = (0..count).map(|_| {
        let coefficient: i64 = it.random.pick(&[1, 1, -1, -1, 2]);
        (it.random.pick(indices), Polynomial::from(coefficient))
    });
    let terms = terms.collect();
    let constant: i64 = it.random.pick(&[0, 0, 0, 1]);
    let affine = Affine::new(terms, constant.into(), dim.clone());
    affine.wrapping(true).to_index()
}

/// A root of unity at k and another place, in either order.
fn root(it: &mut Generator, k: &Index, indices: &[Index]) -> Term {
    let other = place(it, &k.dim(), indices);
    match it.random.once_in(2) {
        true => build::root(k, &other),
        false => build::root(&other, k),
    }
}

/// Σ_{k…} of roots at k and of entries that may depend on the other indices, which may be summed too.
fn sum(it: &mut Generator, roots: usize) -> (Vec<Index>, Vec<Term>, Vec<Index>) {
    let dim = it.named_dim();
    let k = it.over(&dim);
    let others: Vec<Index> = (0..2)
        .map(|_| match it.random.once_in(3) {
            true => it.index(),
            false => it.over(&dim),
        })
        .collect();
    let mut factors: Vec<Term> = (0..roots).map(|_| root(it, &k, &others)).collect();
    for other in &others {
        factors.push(it.entry(std::slice::from_ref(other)));
    }
    it.random.shuffle(&mut factors);
    let mut bound = vec![k];
    bound.extend(others.iter().filter(|_| it.random.once_in(2)).cloned());
    (bound, factors, others)
}

pub fn multiply(it: &mut Generator) -> Sample {
    let count = 2 + it.random.below(2);
    let (bound, factors, _) = sum(it, count);
    plain(build::product(bound, factors))
}

pub fn orthogonality(it: &mut Generator) -> Sample {
    let (bound, factors, _) = sum(it, 1);
    plain(build::product(bound, factors))
}

pub fn multiply_out(it: &mut Generator) -> Sample {
    let (bound, mut factors, others) = sum(it, 1);
    let k = bound[0].clone();
    let parts = (0..2).map(|_| {
        let root = root(it, &k, &others);
        let entry = it.entry(&others[..1]);
        build::product(Vec::new(), vec![entry, root])
    });
    let parts = parts.collect();
    factors.push(build::sum(parts));
    plain(build::product(bound, factors))
}
