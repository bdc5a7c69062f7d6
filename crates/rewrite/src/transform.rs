//! Sums over roots of unity that stay: the discrete Fourier transform, its inverse, and the parts of complex numbers.
//!
//! Σ_k ω^{−ik} x_k is [DFT(x)]_i and (1/n) Σ_k ω^{ik} x_k is [IDFT(x)]_i by definition; of a real x the second is also 1/n of the
//! conjugate of the first (Oppenheim and Schafer, Discrete-Time Signal Processing, 2nd ed. 1999, section 8.6.4). Derivatives by real arrays
//! come in pairs z + z̄, which are twice a real part. What collapses has collapsed before: see [`crate::roots`].

use crate::lift::lift;
use crate::roots::{exponent, sign_of};
use crate::rules::{Application, Context};
use crate::sift::product_parts;
use derive_graph::{Attribute, Name};
use derive_index::normal_form::{Known, normal_form};
use derive_index::substitute::replace_index;
use derive_index::{Head, Index, Term, build};

/// Every way to read a sum over one index as a transform, and every index whose circle may be gone around the other way.
pub fn transforms(term: &Term, context: &Context) -> Vec<Application> {
    let parts = product_parts(term).filter(|_| context.transforms && term.is_complex());
    let Some((bound, factors)) = parts else {
        return Vec::new();
    };
    let read = bound.iter().filter_map(|k| read(k, &bound, &factors));
    let turned = bound.iter().filter_map(|k| turned(k, &bound, &factors));
    read.chain(turned).collect()
}

/// Σ_k ω^{±ik} x_k, where nothing else depends on k.
fn read(k: &Index, bound: &[Index], factors: &[Term]) -> Option<Application> {
    let uses = |factor: &&Term| factor.free().contains(k);
    let (inside, outside): (Vec<&Term>, Vec<&Term>) = factors.iter().partition(uses);
    let (roots, summed): (Vec<&Term>, Vec<&Term>) =
        inside.iter().partition(|it| *it.head() == Head::Root);
    let [root] = roots.as_slice() else {
        return None;
    };
    let place = other_place(root, k);
    let summed = summed.into_iter().cloned().collect();
    let vector = lift(&build::product(Vec::new(), summed), std::slice::from_ref(k));
    let ((place, backwards), vector) = (place?, vector.filter(|it| it.rank() == 1)?);
    let sum = build::product(
        vec![k.clone()],
        inside.iter().map(|&it| it.clone()).collect(),
    );
    let left: Vec<Index> = bound.iter().filter(|it| *it != k).cloned().collect();
    let outside: Vec<Term> = outside.into_iter().cloned().collect();
    let share = build::reciprocal(build::dimension(&k.dim()));
    let divided = left.is_empty() && outside.contains(&share);
    let (kind, form) = form_of(vector, &place, backwards, divided);
    let all = [&outside[..], std::slice::from_ref(&form)].concat();
    let mut application = Application::new(build::product(left, all)).because(vec![sum, form]);
    application.kind = Some(kind);
    Some(application)
}

/// The form of Σ_k ω^{∓ik} x_k at the place i. The inverse transform of what is real would be its transform's conjugate in disguise, unless
/// the sum is the last one and divided by the number of its terms.
fn form_of(vector: Term, place: &Index, backwards: bool, divided: bool) -> (&'static str, Term) {
    let at = |array: Term| build::entry(array, vec![place.clone()]);
    let transform = |inverse| Term::raw(Head::Fourier { inverse }, vec![vector.clone()]);
    if backwards {
        return ("fourier-transform", at(transform(false)));
    }
    let size = build::dimension(&place.dim());
    let inverse = build::product(Vec::new(), vec![size, at(transform(true))]);
    let conjugate = at(Term::raw(Head::Conjugate, vec![transform(false)]));
    match (vector.is_complex(), divided) {
        (false, false) => ("conjugate-transform", conjugate),
        _ => ("inverse-transform", inverse),
    }
}

/// The i of ω^{±ik}, a plain index other than k, and whether the exponent has a minus.
fn other_place(root: &Term, k: &Index) -> Option<(Index, bool)> {
    let place = exponent(root, k)?;
    let [(index, _)] = place.terms() else {
        return None;
    };
    let index = index.clone();
    let sign = sign_of(&place.wrapping(false).to_index(), &index)?;
    (index.dim() == k.dim()).then_some((index, sign < 0))
}

/// Σ_k f(k) → Σ_k f(−k), where k occurs in roots of unity only.
fn turned(k: &Index, bound: &[Index], factors: &[Term]) -> Option<Application> {
    let only = factors.iter().all(|factor| occurs_in_roots_only(factor, k));
    let met = factors.iter().any(|factor| factor.free().contains(k));
    let around = k.to_affine().scaled(-1).wrapping(true).to_index();
    let turned = factors
        .iter()
        .map(|factor| replace_index(factor, k, &around));
    let after = build::product(bound.to_vec(), turned.collect());
    let mut application = Application::new(after).because(vec![build::index(k)]);
    application.kind = Some("turn-around");
    (only && met).then_some(application)
}

fn occurs_in_roots_only(term: &Term, k: &Index) -> bool {
    if !term.free().contains(k) || *term.head() == Head::Root {
        return true;
    }
    let inner = matches!(
        term.head(),
        Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_)
    );
    inner
        && term
            .children()
            .iter()
            .all(|child| occurs_in_roots_only(child, k))
}

/// z + z̄ → 2 Re z, and z − z̄ → 2 √−1 Im z.
pub fn real_part(term: &Term, context: &Context) -> Option<Application> {
    if !context.transforms || *term.head() != Head::Sum || !term.is_complex() {
        return None;
    }
    let parts = term.children();
    let complex = |at: &usize| parts[*at].is_complex() && !has_part(&parts[*at]);
    let (first, second, head) = (0..parts.len()).filter(complex).find_map(|first| {
        let turned = build::conjugate(&parts[first]);
        let (same, opposite) = (form(&turned)?, form(&build::negate(turned))?);
        let mut others = (first + 1..parts.len()).filter(complex);
        others.find_map(|at| match form(&parts[at])? {
            own if own == same => Some((first, at, Head::RealPart)),
            own if own == opposite => Some((first, at, Head::ImaginaryPart)),
            _ => None,
        })
    })?;
    let (kind, whole) = match forwards(&parts[first]) < forwards(&parts[second]) {
        true => doubled(head, &parts[second]),
        false => doubled(head, &parts[first]),
    };
    let pair = build::sum(vec![parts[first].clone(), parts[second].clone()]);
    let mut left = parts.to_vec();
    left[first] = whole.clone();
    left.remove(second);
    let mut application = Application::new(build::sum(left)).because(vec![pair, whole]);
    application.kind = Some(kind);
    Some(application)
}

/// How much a term looks like one with transforms of arrays rather than their conjugates: a summed index wants a minus in its exponent, a
/// free one none.
fn forwards(term: &Term) -> i64 {
    let (bound, _) = term.split();
    let is_negative = |place: &Term| {
        let affine = place.as_index().map(|it| it.to_affine());
        let terms = affine.iter().flat_map(|it| it.terms());
        terms
            .filter_map(|(_, it)| it.as_constant())
            .any(|it| it < 0)
    };
    if *term.head() == Head::Root {
        return -i64::from(term.children().iter().any(is_negative));
    }
    let is_summed = |child: &Term| bound.iter().any(|k| child.free().contains(k));
    let sign = |child: &Term| if is_summed(child) { -1 } else { 1 };
    let children = term.children().iter();
    children.map(|child| sign(child) * forwards(child)).sum()
}

/// 2 Re z, or 2 √−1 Im z.
fn doubled(part: Head, z: &Term) -> (&'static str, Term) {
    let (kind, front) = match part {
        Head::RealPart => ("real-part", Vec::new()),
        _ => ("imaginary-part", vec![build::quarter(1)]),
    };
    let part = build::node(part, vec![z.clone()]);
    let all = [vec![build::integer(2)], front, vec![part]].concat();
    (kind, build::product(Vec::new(), all))
}

/// Σ_k a_k Re z_k → Re Σ_k a_k z_k for a real a, and likewise for imaginary parts.
pub fn part_of_sum(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let is_part = |it: &Term| matches!(it.head(), Head::RealPart | Head::ImaginaryPart);
    let at = factors.iter().position(|it| {
        is_part(it)
            && it.shape().is_some_and(|shape| shape.is_scalar())
            && bound.iter().any(|k| it.free().contains(k))
    })?;
    let rest: Vec<&Term> = (0..factors.len())
        .filter(|&other| other != at)
        .map(|other| &factors[other])
        .collect();
    if !rest.iter().all(|factor| is_real(factor)) {
        return None;
    }
    let beside = rest.into_iter().cloned();
    let inner = beside.chain([factors[at].children()[0].clone()]).collect();
    let whole = vec![build::product(bound, inner)];
    let after = build::node(factors[at].head().clone(), whole);
    Some(Application::new(after).because(vec![factors[at].clone()]))
}

/// Re z̄ → Re z, and Im z̄ → −Im z, for arrays and their entries.
pub fn part_of_conjugate(term: &Term, _: &Context) -> Option<Application> {
    let sign = match term.head() {
        Head::RealPart => 1,
        Head::ImaginaryPart => -1,
        _ => return None,
    };
    let inner = &term.children()[0];
    let (array, place) = inner.as_entry().unwrap_or((inner, Vec::new()));
    let z = array
        .children()
        .first()
        .filter(|_| *array.head() == Head::Conjugate)?;
    let z = build::entry(z.clone(), place);
    let part = Term::raw(term.head().clone(), vec![z.clone()]);
    let after = build::product(Vec::new(), vec![build::integer(sign), part]);
    Some(Application::new(after).because(vec![inner.clone(), z]))
}

fn has_part(term: &Term) -> bool {
    term.any(&|it| matches!(it.head(), Head::RealPart | Head::ImaginaryPart))
}

/// Whether a scalar is its own conjugate.
fn is_real(term: &Term) -> bool {
    if !term.is_complex() {
        return true;
    }
    let own = form(term);
    own.is_some() && own == form(&build::conjugate(term))
}

/// The normal form, without anything known of arrays.
fn form(term: &Term) -> Option<Term> {
    let known = Known {
        definition: &|_: &Name| None,
        attributes: &|_: &Name| -> Vec<Attribute> { Vec::new() },
        multiplied: true,
    };
    normal_form(term, &known).map(|form| form.term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::Dim;
    use derive_index::Fresh;

    #[test]
    fn conjugates_differ_by_an_imaginary_part() {
        let mut fresh = Fresh::default();
        let dim = Dim::Named(Name::new("n"));
        let (i, k) = (fresh.index(&dim), fresh.index(&dim));
        let z = build::root(&i, &k);
        let difference = build::difference(z.clone(), build::conjugate(&z));
        let context = Context {
            facts: &[],
            indices: &[],
            transforms: true,
            without: &[],
        };
        let found = real_part(&difference, &context).expect("z − z̄");
        assert_eq!(found.kind, Some("imaginary-part"));
    }
}
