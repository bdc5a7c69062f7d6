//! Roots of unity: ω^a ω^b = ω^{a+b}, and Σ_k ω^{ka} = N where N divides a and 0 elsewhere.
//!
//! The second is the orthogonality of the Fourier basis (Oppenheim and Schafer, Discrete-Time Signal Processing, 2nd ed. 1999,
//! equation 8.7): a geometric sum. The convolution theorem, Parseval's and the inverse of the transform follow from these two and
//! from sifting.

use crate::rules::{Application, Context};
use crate::sift::product_parts;
use derive_index::{Affine, Head, Index, Term, build};

/// ω^{ka} ω^{kb} → ω^{k(a+b)}, where a sum over k has nothing but such factors to meet.
pub fn multiply(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let k = bound.iter().find(|k| {
        let shared = factors
            .iter()
            .filter(|factor| exponent(factor, k).is_some());
        shared.count() > 1 && meets_roots_only(&factors, k)
    })?;
    let mut total: Option<Affine> = None;
    let mut met = Vec::new();
    let mut left: Vec<Term> = Vec::new();
    let mut place = 0;
    for factor in &factors {
        let Some(own) = exponent(factor, k) else {
            left.push(factor.clone());
            continue;
        };
        if met.is_empty() {
            place = left.len();
        }
        met.push(factor.clone());
        total = Some(match total {
            None => own,
            Some(total) => total.plus(&own),
        });
    }
    let merged = build::root(k, &total?.wrapping(true).to_index());
    let slots = vec![build::product(Vec::new(), met), merged.clone()];
    left.insert(place, merged);
    Some(Application::new(build::product(bound, left)).because(slots))
}

/// Σ_k ω^{ka} e → N δ e, where e does not depend on k and δ is 1 where N divides a.
pub fn orthogonality(term: &Term, _: &Context) -> Option<Application> {
    let (bound, mut factors) = product_parts(term)?;
    let (k, at, place) = bound.iter().find_map(|k| {
        let mut uses = (0..factors.len()).filter(|&at| factors[at].free().contains(k));
        let (at, None) = (uses.next()?, uses.next()) else {
            return None;
        };
        Some((k.clone(), at, exponent(&factors[at], k)?))
    })?;
    let left: Vec<Index> = bound.iter().filter(|index| **index != k).cloned().collect();
    let delta = vanishing(&place, &left)?;
    let sum = build::product(vec![k.clone()], vec![factors[at].clone()]);
    let size = build::dimension(&k.dim());
    let slots = vec![sum, size.clone(), delta.clone()];
    factors[at] = delta;
    factors.push(size);
    Some(Application::new(build::product(left, factors)).because(slots))
}

/// (a + b) c → a c + b c, where a sum over k then meets nothing but roots of unity in some term.
pub fn distribute(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let (k, at) = bound.iter().find_map(|k| {
        let is_target = |factor: &Term| *factor.head() == Head::Sum && factor.free().contains(k);
        let at = factors.iter().position(is_target)?;
        let rest = |factor: &&Term| !is_target(factor);
        let others: Vec<Term> = factors.iter().filter(rest).cloned().collect();
        let sums = factors.iter().filter(|factor| is_target(factor));
        let mut parts = sums.flat_map(|sum| sum.children());
        let fits = meets_roots_only(&others, k) && parts.all(|part| part_meets_roots(part, k));
        fits.then_some((k, at))
    })?;
    let summands = factors[at].children().iter().map(|summand| {
        let mut copy = factors.clone();
        copy[at] = summand.clone();
        build::product(bound.clone(), copy)
    });
    let slots = vec![factors[at].clone(), build::index(k)];
    Some(Application::new(build::sum(summands.collect())).because(slots))
}

/// Whether an index occurs in roots of unity alone, and does occur.
fn meets_roots_only(factors: &[Term], k: &Index) -> bool {
    let mut uses = factors
        .iter()
        .filter(|factor| factor.free().contains(k))
        .peekable();
    uses.peek().is_some() && uses.all(|factor| exponent(factor, k).is_some())
}

fn part_meets_roots(part: &Term, k: &Index) -> bool {
    let factors = match product_parts(part) {
        Some((_, factors)) => factors,
        None => vec![part.clone()],
    };
    let uses = factors.iter().filter(|factor| factor.free().contains(k));
    uses.into_iter().all(|factor| exponent(factor, k).is_some())
}

/// The a of ω^{ka}, for an a that does not depend on k.
pub(crate) fn exponent(term: &Term, k: &Index) -> Option<Affine> {
    if *term.head() != Head::Root {
        return None;
    }
    let (places, _) = term.split();
    let [a, b] = places.as_slice() else {
        return None;
    };
    [(a, b), (b, a)].into_iter().find_map(|(own, other)| {
        let sign = sign_of(own, k)?;
        let apart = !other.variables().contains(k) && other.to_affine().divisor() == 1;
        apart.then(|| other.to_affine().scaled(sign))
    })
}

/// 1 for k, −1 for −k.
pub(crate) fn sign_of(place: &Index, k: &Index) -> Option<i64> {
    let affine = place.to_affine();
    match affine.terms() {
        [(index, coefficient)] if index == k && affine.constant().is_zero() => {
            coefficient.as_constant().filter(|sign| sign.abs() == 1)
        }
        _ => None,
    }
}

/// 1 where a place of a circle is 0 and nothing elsewhere, solved for an index, a summed one if there is one.
fn vanishing(place: &Affine, bound: &[Index]) -> Option<Term> {
    let zero = Affine::new(Vec::new(), 0.into(), place.dim().clone()).to_index();
    let around = place.clone().wrapping(true);
    let solved = |index: &Index| {
        let single = index.dim() == *place.dim();
        let solution = around.solved(index, &zero).filter(|_| single)?;
        let at_zero = solution.to_affine();
        let is_zero = at_zero.terms().is_empty() && at_zero.constant().is_zero();
        Some(build::delta(index, if is_zero { &zero } else { &solution }))
    };
    let variables: Vec<Index> = place
        .terms()
        .iter()
        .map(|(index, _)| index.clone())
        .collect();
    let (summed, free): (Vec<&Index>, Vec<&Index>) =
        variables.iter().partition(|index| bound.contains(index));
    // The last summed index gives way, so that Σ_ab h_a x_b becomes Σ_a h_a x_{m−a}.
    let mut order = summed.into_iter().rev().chain(free);
    order
        .find_map(solved)
        .or_else(|| Some(build::delta(&around.to_index(), &zero)))
}
