//! Constructors of complex terms: roots of unity and conjugates.

use crate::{Affine, Head, Index, Term, build};

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

/// The complex conjugate of a term: arrays are real, so that only the roots of unity are turned.
pub fn conjugate(term: &Term) -> Term {
    if !term.is_complex() {
        return term.clone();
    }
    match (term.head(), term.children()) {
        (Head::Root, [a, b]) => match (a.as_index(), b.as_index()) {
            (Some(a), Some(b)) => root(a, &b.to_affine().scaled(-1).to_index()),
            _ => term.clone(),
        },
        (Head::Fourier { .. }, _) => Term::raw(Head::Conjugate, vec![term.clone()]),
        (Head::Conjugate, [inner]) => inner.clone(),
        (head, children) => build::node(head.clone(), children.iter().map(conjugate).collect()),
    }
}
