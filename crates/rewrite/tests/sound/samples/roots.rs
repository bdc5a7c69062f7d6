//! Sums over roots of unity.

use super::{Sample, plain};
use crate::generate::Generator;
use derive_graph::{Dim, Polynomial};
use derive_index::{Affine, Head, Index, Term, build};

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

/// ω^{±ki} x_k … summed over k, beside factors that do not depend on it.
pub fn transform(it: &mut Generator) -> Sample {
    let (bound, factors) = transformed(it);
    plain(build::product(bound, factors))
}

fn transformed(it: &mut Generator) -> (Vec<Index>, Vec<Term>) {
    let dim = it.named_dim();
    let (k, i) = (it.over(&dim), it.over(&dim));
    let sign = it.random.pick(&[1, -1]);
    let place = i.to_affine().scaled(sign).to_index();
    let mut factors = vec![build::root(&k, &place)];
    for _ in 0..1 + it.random.below(2) {
        factors.push(it.entry(std::slice::from_ref(&k)));
    }
    if it.random.once_in(3) {
        factors.push(build::reciprocal(build::dimension(&dim)));
    }
    if it.random.once_in(2) {
        // What is transformed is complex then.
        let array = it.array(std::slice::from_ref(&dim));
        let inner = Term::raw(Head::Fourier { inverse: false }, vec![array]);
        factors.push(build::entry(inner, vec![k.clone()]));
    }
    (vec![k], factors)
}

/// 1/(1 + …) around roots at k, and roots at k beside it.
pub fn around(it: &mut Generator) -> Sample {
    let dim = it.named_dim();
    let k = it.over(&dim);
    let others = [it.over(&dim), it.over(&dim)];
    let root = |it: &mut Generator| root(it, &k, &others);
    let inner = build::sum(vec![build::integer(1), root(it)]);
    let factors = vec![build::reciprocal(inner), root(it), it.entry(&others[..1])];
    plain(build::product(vec![k.clone()], factors))
}

/// z ± z̄ for sums over roots, and something else.
pub fn conjugates(it: &mut Generator) -> Sample {
    let (bound, factors) = transformed(it);
    let z = build::product(bound, factors);
    let turned = build::conjugate(&z);
    let second = match it.random.once_in(2) {
        true => turned,
        false => build::negate(turned),
    };
    let mut parts = vec![z.clone(), second];
    if it.random.once_in(2) {
        parts.push(it.entry(z.free()));
    }
    it.random.shuffle(&mut parts);
    plain(build::sum(parts))
}

/// Σ_i a_i Re(z_i).
pub fn part_of_sum(it: &mut Generator) -> Sample {
    let (bound, factors) = transformed(it);
    let z = build::product(bound, factors);
    let head = it.random.pick(&[Head::RealPart, Head::ImaginaryPart]);
    let part = Term::raw(head, vec![z.clone()]);
    let over = z.free().to_vec();
    let beside = it.entry(&over);
    plain(build::product(over, vec![beside, part]))
}

/// Re or Im of the conjugate of a transform, or of an entry of it.
pub fn part_of_conjugate(it: &mut Generator) -> Sample {
    let dim = it.named_dim();
    let transform = Head::Fourier { inverse: false };
    let z = Term::raw(transform, vec![it.array(std::slice::from_ref(&dim))]);
    let turned = Term::raw(Head::Conjugate, vec![z]);
    let inner = match it.random.once_in(2) {
        true => turned,
        false => build::entry(turned, vec![it.over(&dim)]),
    };
    let part = it.random.pick(&[Head::RealPart, Head::ImaginaryPart]);
    plain(Term::raw(part, vec![inner]))
}
