//! Places counted row by row: i N + j, where j runs over N places, is one place for one row and one column.
//!
//! A reshape, a Kronecker product and a flattened array are such places (`index::lower`). Two of them agree only where all their digits do, and a
//! sum over rows and columns whose terms depend on the place alone is a sum over places.

use crate::rules::{Application, Context};
use crate::sift::product_parts;
use derive_graph::{Polynomial, Shape};
use derive_index::substitute::rename_bound;
use derive_index::{Affine, Fresh, Head, Index, Term, build};

/// δ_{iN+j, kN+l} → δ_ik δ_jl, in the product in which it can act.
pub fn digits_agree(term: &Term, _: &Context) -> Option<Application> {
    if let Some(after) = split(term) {
        return Some(Application::new(after).because(vec![term.clone()]));
    }
    let (bound, mut factors) = product_parts(term)?;
    let (at, digits) =
        (0..factors.len()).find_map(|at| split(&factors[at]).map(|digits| (at, digits)))?;
    let slots = vec![factors[at].clone()];
    factors[at] = digits;
    Some(Application::new(build::product(bound, factors)).because(slots))
}

/// A delta between two places with the same radices, digit by digit.
pub(crate) fn split(delta: &Term) -> Option<Term> {
    let (a, b) = sides(delta)?;
    let (left, right) = (digits(&a)?, digits(&b)?);
    let same = left.len() > 1
        && left.len() == right.len()
        && left.iter().zip(&right).all(|(a, b)| a.dim() == b.dim());
    let inside = fills(&a, &left) && fills(&b, &right);
    let pairs = left.iter().zip(&right).map(|(a, b)| build::delta(a, b));
    (same && inside).then(|| build::product(Vec::new(), pairs.collect()))
}

/// Σ_ij δ_{iN+j, k} e_{iN+j} → e_k.
pub fn sift_places(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    (0..factors.len()).find_map(|at| {
        let (a, b) = sides(&factors[at])?;
        let here = |place: Affine, other: Affine| sifted(&bound, &factors, at, &place, &other);
        here(a.clone(), b.clone()).or_else(|| here(b, a))
    })
}

/// A_ij → [reshape A]_{iN+j} beside a delta of that place, so that [`sift_places`] can act.
pub fn flatten(term: &Term, context: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let places = factors.iter().filter_map(sides);
    places.flat_map(|(a, b)| [a, b]).find_map(|place| {
        let met = digits(&place).filter(|met| met.len() > 1 && fills(&place, met))?;
        let mut slots = Vec::new();
        let flat = factors.iter().map(|it| flat(it, &met, &place, &mut slots));
        let after = build::product(bound.clone(), flat.collect());
        let acts = !slots.is_empty() && sift_places(&after, context).is_some();
        acts.then(|| Application::new(after).because(slots))
    })
}

/// Factors in which one index stands for a place that is counted row by row and whose digits they mention in no other way; that index,
/// and the place.
pub(crate) fn counted_as_one(factors: &[Term]) -> Option<(Vec<Term>, Index, Index)> {
    let places = factors.iter().filter_map(Term::as_entry);
    let mut places = places.flat_map(|(_, places)| places);
    let next = factors.iter().map(Term::next_index).max()?;
    places.find_map(|place| {
        let affine = place.as_affine()?;
        let met = digits(affine).filter(|met| met.len() > 1 && fills(affine, met))?;
        let one = Fresh::starting_at(next).index(affine.dim());
        let factors = factors.iter();
        let factors = factors.map(|it| replaced(it, &met, affine, &one.to_affine()));
        Some((factors.collect::<Option<Vec<_>>>()?, one, place.clone()))
    })
}

/// An array in another shape; one that was reshaped from that shape is back where it was.
pub(crate) fn reshaped(array: &Term, shape: Shape) -> Term {
    let inner = match array.head() {
        Head::Reshape(_) => &array.children()[0],
        _ => array,
    };
    match inner.shape() == Some(&shape) {
        true => inner.clone(),
        false => Term::raw(Head::Reshape(shape), vec![inner.clone()]),
    }
}

/// A term with every entry at all of these digits, side by side and in their order, as one of an array that has the counted place
/// instead. The first entry and its new form go to `slots`.
fn flat(term: &Term, met: &[Index], place: &Affine, slots: &mut Vec<Term>) -> Term {
    if !met.iter().all(|index| term.free().contains(index)) {
        return term.clone();
    }
    let counted = term.as_entry().and_then(|(array, places)| {
        let at = places.windows(met.len()).position(|it| it == met)?;
        let (before, behind) = (&places[..at], &places[at + met.len()..]);
        let own = [place.clone().to_index()];
        let places = [before, own.as_slice(), behind].concat();
        let shape = Shape(places.iter().map(Index::dim).collect());
        let whole = reshaped(array, shape);
        array.is_closed_form().then(|| build::entry(whole, places))
    });
    if let Some(counted) = counted {
        if slots.is_empty() {
            slots.extend([term.clone(), counted.clone()]);
        }
        return counted;
    }
    let children = term.children().iter();
    let children = children.map(|child| flat(child, met, place, slots));
    build::node(term.head().clone(), children.collect())
}

fn sifted(
    bound: &[Index],
    factors: &[Term],
    at: usize,
    place: &Affine,
    other: &Affine,
) -> Option<Application> {
    let met = digits(place).filter(|met| met.len() > 1)?;
    let counted = digits(other).is_some_and(|digits| fills(other, &digits));
    let inside = counted || other.is_always_inside();
    let summed = met.iter().all(|index| bound.contains(index));
    let apart = other.terms().iter().all(|(index, _)| !met.contains(index));
    if !summed || !apart || !fills(place, &met) || !inside {
        return None;
    }
    // No sum inside a factor may bind what is put into it.
    let next = factors.iter().map(Term::next_index).max()?;
    let mut fresh = Fresh::starting_at(next);
    let taken = |index: &Index| other.terms().iter().any(|(it, _)| it == index);
    let others = (0..factors.len()).filter(|&other| other != at);
    let others = others.map(|it| rename_bound(&factors[it], &taken, &mut fresh));
    let others: Vec<Term> = others.collect();
    let replaced = others.iter().map(|it| replaced(it, &met, place, other));
    let replaced = replaced.collect::<Option<Vec<_>>>()?;
    let left = bound.iter().filter(|index| !met.contains(index)).cloned();
    let slots = vec![
        factors[at].clone(),
        build::index(&place.clone().to_index()),
        build::index(&other.clone().to_index()),
    ];
    Some(Application::new(build::product(left.collect(), replaced)).because(slots))
}

/// The two places of a delta that are plain sums of multiples of indices, of which at least one is more than an index.
fn sides(delta: &Term) -> Option<(Affine, Affine)> {
    if *delta.head() != Head::Delta {
        return None;
    }
    let (places, _) = delta.split();
    let [a, b] = places.as_slice() else {
        return None;
    };
    // Most deltas are between two plain indices.
    if places.iter().all(|place| place.as_affine().is_none()) {
        return None;
    }
    let plain = |place: &Index| {
        let affine = place.to_affine();
        (affine.divisor() == 1 && !affine.cyclic()).then_some(affine)
    };
    Some((plain(a)?, plain(b)?))
}

/// The indices of i N + j, the first one first; `None` if a coefficient is not the product of the sizes after it.
fn digits(place: &Affine) -> Option<Vec<Index>> {
    let mut left: Vec<&(Index, Polynomial)> = place.terms().iter().collect();
    let mut radix = Polynomial::from(1);
    let mut digits = Vec::new();
    while !left.is_empty() {
        let at = left.iter().position(|(_, factor)| *factor == radix)?;
        let (index, _) = left.remove(at);
        radix = radix.times(&Polynomial::from(&index.dim()));
        digits.insert(0, index.clone());
    }
    place.constant().is_zero().then_some(digits)
}

/// Whether the digits count every place of the axis, so that none lies outside.
fn fills(place: &Affine, digits: &[Index]) -> bool {
    let sizes = digits.iter().map(|index| Polynomial::from(&index.dim()));
    sizes.fold(Polynomial::from(1), |all, size| all.times(&size)) == Polynomial::from(place.dim())
}

/// A term with `other` wherever `place` is a part of a subscript; `None` if an index of it stands there in another way.
fn replaced(term: &Term, met: &[Index], place: &Affine, other: &Affine) -> Option<Term> {
    if !term.free().iter().any(|index| met.contains(index)) {
        return Some(term.clone());
    }
    if let Some(index) = term.as_index() {
        return Some(build::index(&subscript(&index.to_affine(), place, other)?));
    }
    let children = term.children().iter();
    let children = children.map(|child| replaced(child, met, place, other));
    Some(build::node(
        term.head().clone(),
        children.collect::<Option<_>>()?,
    ))
}

/// c (i N + j) + rest → c k + rest.
fn subscript(affine: &Affine, place: &Affine, other: &Affine) -> Option<Index> {
    let coefficient = |of: &Affine, index: &Index| {
        let found = of.terms().iter().find(|(it, _)| it == index);
        found.map(|(_, factor)| factor.clone())
    };
    let unit = Polynomial::from(1);
    let (last, _) = place.terms().iter().find(|(_, factor)| *factor == unit)?;
    let factor = coefficient(affine, last)?.as_constant()?;
    let fits =
        |(index, own): &(Index, Polynomial)| coefficient(affine, index) == Some(own.scaled(factor));
    if !place.terms().iter().all(fits) {
        return None;
    }
    let rest = affine.terms().iter();
    let rest = rest.filter(|(index, _)| place.terms().iter().all(|(met, _)| met != index));
    let rest = Affine::new(
        rest.cloned().collect(),
        affine.constant().clone(),
        affine.dim().clone(),
    );
    let moved = rest.plus(&other.clone().scaled(factor));
    Some(
        moved
            .over(affine.divisor())
            .wrapping(affine.cyclic())
            .to_index(),
    )
}
