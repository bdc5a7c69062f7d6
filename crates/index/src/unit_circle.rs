//! Constructors of complex terms: roots of unity and conjugates.

use crate::{Affine, Head, Index, Rational, Term, build};
use derive_graph::Dim;

/// ω^{ab}: 1 where one of the two is 0. A minus stands in the second one, and places are counted around the circle.
pub fn root(a: &Index, b: &Index) -> Term {
    let around = |index: &Index, by: i64| match index {
        Index::Unit => Index::Unit,
        _ => index.to_affine().scaled(by).wrapping(true).to_index(),
    };
    let none = |index: &Index| {
        let zero = |it: &Affine| it.terms().is_empty() && it.constant().is_zero();
        *index == Index::Unit || index.as_affine().is_some_and(zero)
    };
    if none(a) || none(b) {
        return build::integer(1);
    }
    let sign = match a.as_affine().map(Affine::terms) {
        Some([(_, coefficient)]) if coefficient.scaled(-1).is_never_negative() => -1,
        _ => 1,
    };
    Term::raw(
        Head::Root,
        vec![
            build::index(&around(a, sign)),
            build::index(&around(b, sign)),
        ],
    )
}

/// How often the circle is divided by the imaginary unit.
const QUARTERS: u64 = 4;

/// √−1 to a power: a quarter of a turn around the circle, so often.
pub fn quarter(turns: i64) -> Term {
    let place = |at: i64| Affine::new(Vec::new(), at.into(), Dim::Size(QUARTERS)).to_index();
    match turns.rem_euclid(QUARTERS as i64) {
        0 => build::integer(1),
        2 => build::integer(-1),
        turns => root(&place(1), &place(turns)),
    }
}

/// The turns of what [`quarter`] makes, or of its conjugate: 1 for √−1, 3 for −√−1.
pub fn quarter_turns(term: &Term) -> Option<i64> {
    let number = |place: &Term| {
        let place = place.as_index()?.to_affine();
        let fixed = place.terms().is_empty() && place.divisor() == 1;
        let constant = place.constant().as_constant().filter(|_| fixed)?;
        (*place.dim() == Dim::Size(QUARTERS)).then_some(constant)
    };
    match (term.head(), term.children()) {
        (Head::Root, [a, b]) => Some((number(a)? * number(b)?).rem_euclid(QUARTERS as i64)),
        _ => None,
    }
}

/// Takes the powers of √−1 out of some factors and puts their product in front, a sign and at most one √−1.
pub(crate) fn collect_quarters(factors: &mut Vec<Term>) {
    let turns = factors.iter().filter_map(quarter_turns);
    let (count, total) = turns.fold((0, 0), |(count, total), turns| (count + 1, total + turns));
    if count == 0 || (count == 1 && total == 1) {
        return;
    }
    factors.retain(|factor| quarter_turns(factor).is_none());
    match total.rem_euclid(QUARTERS as i64) {
        0 => {}
        2 => factors.insert(0, build::integer(-1)),
        3 => factors
            .splice(0..0, [build::integer(-1), quarter(1)])
            .for_each(drop),
        _ => factors.insert(0, quarter(1)),
    }
}

/// The complex conjugate of a term: arrays are real, so that only the roots of unity are turned.
pub fn conjugate(term: &Term) -> Term {
    if !term.is_complex() {
        return term.clone();
    }
    if let Some(turns) = quarter_turns(term) {
        return quarter(-turns);
    }
    match (term.head(), term.children()) {
        (Head::Root, [a, b]) => match (a.as_index(), b.as_index()) {
            (Some(a), Some(b)) => root(a, &b.to_affine().scaled(-1).to_index()),
            _ => term.clone(),
        },
        (Head::Fourier { .. }, _) => Term::raw(Head::Conjugate, vec![term.clone()]),
        (Head::Conjugate, [inner]) => inner.clone(),
        (Head::RealPart | Head::ImaginaryPart, _) => term.clone(),
        (head, children) => build::node(head.clone(), children.iter().map(conjugate).collect()),
    }
}

/// (z + z̄)/2 for the real part of z, √−1 (z̄ − z)/2 for the imaginary one, and z̄ for the conjugate, by roots of unity; `None` for other terms.
pub fn without_parts(term: &Term) -> Option<Term> {
    let times = |turns, value| build::product(Vec::new(), vec![quarter(turns), value]);
    let halved = |parts: [Term; 2]| {
        let half = build::number(Rational::new(1.into(), 2.into()));
        build::product(Vec::new(), vec![half, build::sum(parts.to_vec())])
    };
    match (term.head(), term.children()) {
        (Head::RealPart, [z]) => Some(halved([z.clone(), conjugate(z)])),
        (Head::ImaginaryPart, [z]) => Some(halved([times(1, conjugate(z)), times(-1, z.clone())])),
        (Head::Conjugate, [z]) => Some(conjugate(z)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_the_imaginary_unit_are_collected() {
        let i = || quarter(1);
        let times = |factors| build::product(Vec::new(), factors);
        assert_eq!(times(vec![i(), i()]), build::integer(-1));
        assert_eq!(times(vec![i(), quarter(-1)]), build::integer(1));
        assert_eq!(times(vec![i(), i(), i()]), build::negate(i()));
        assert_eq!(times(vec![quarter(3)]), build::negate(i()));
        assert_eq!(conjugate(&i()), quarter(3));
        assert_eq!(quarter_turns(&i()), Some(1));
        assert_eq!(quarter_turns(&build::integer(1)), None);
    }
}
