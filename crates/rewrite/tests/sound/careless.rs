//! Samples find a rule that puts an index below a sum which binds it: the mistake that is easiest to make.

use crate::point::Keep;
use crate::samples::{SAMPLERS, Sample};
use crate::{judged, sample_of, samples, subterms};
use derive_index::{Head, Index, Term, build};
use derive_rewrite::Application;

/// The index written for another wherever that stands free, with no regard for what the sums inside bind.
fn put(term: &Term, from: &Index, to: &Index) -> Term {
    if !term.free().contains(from) {
        return term.clone();
    }
    match term.as_index() {
        Some(index) => build::index(&index.to_affine().replaced(from, to).to_index()),
        None => {
            let children = term.children().iter().map(|child| put(child, from, to));
            Term::raw(term.head().clone(), children.collect())
        }
    }
}

/// Σ_k δ_kj e → e[k := j] as `sift` does it, by [`put`].
fn careless_sift(term: &Term) -> Option<Application> {
    let (bound, factors) = term.split();
    let (delta, k, j) = factors.iter().find_map(|factor| sifted(&bound, factor))?;
    let others = factors.iter().filter(|factor| *factor != delta);
    let left = bound.iter().filter(|index| **index != k).cloned();
    let after = build::product(
        left.collect(),
        others.map(|factor| put(factor, &k, &j)).collect(),
    );
    (*term.head() == Head::Product).then(|| Application::new(after))
}

/// A delta, the bound index that it fixes, and the free one that this becomes.
fn sifted<'a>(bound: &[Index], factor: &'a Term) -> Option<(&'a Term, Index, Index)> {
    let (sides, _) = factor.split();
    let [a, b] = sides.as_slice() else {
        return None;
    };
    let fits = |k: &Index, j: &Index| bound.contains(k) && !bound.contains(j) && j.id().is_some();
    let pair = match (fits(a, b), fits(b, a)) {
        (true, _) => (a, b),
        (_, true) => (b, a),
        _ => return None,
    };
    (*factor.head() == Head::Delta).then(|| (factor, pair.0.clone(), pair.1.clone()))
}

/// Whether a sample shows that the careless rule is wrong.
fn shows_it(seed: u64, sample: &Sample) -> bool {
    let mut parts = Vec::new();
    subterms(&sample.term, &mut parts);
    parts.iter().any(|part| {
        let found = careless_sift(part);
        found.is_some_and(|found| judged(seed, Keep::Conditions, sample, part, &found).is_err())
    })
}

#[test]
fn a_rule_that_captures_an_index_is_found_wrong() {
    let (_, sampler) = SAMPLERS
        .iter()
        .find(|(name, _)| *name == "sift")
        .expect("a row");
    let wrong = (0..samples()).filter(|seed| shows_it(*seed, &sample_of(*sampler, *seed)));
    let count = wrong.count();
    assert!(count >= 3, "only {count} samples show it");
}
