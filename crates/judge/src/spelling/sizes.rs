//! Sizes and places as expressions: dimensions, polynomials in them, affine subscripts.

use super::Speller;
use crate::expression::{binary, call, name, negated, whole};
use derive_graph::{Atom, Coefficient, Dim, Polynomial};
use derive_index::Index;
use derive_syntax::ast::{BinaryOperator, Expr};

/// A dimension where a size is expected.
pub(super) fn dimension(dim: &Dim) -> Option<Expr> {
    Some(match dim {
        Dim::Named(text) => name(text.as_str()),
        Dim::Size(size) => whole(i64::try_from(*size).ok()?),
        Dim::Formula(formula) => polynomial(formula),
    })
}

/// All of them.
pub(super) fn dimensions(dims: &[Dim]) -> Option<Vec<Expr>> {
    dims.iter().map(dimension).collect()
}

/// `2*n - k + 1`
pub(super) fn polynomial(polynomial: &Polynomial) -> Expr {
    added(polynomial.in_reading_order().map(monomial))
}

/// `2*n`, `3*d/2`, and whether it is subtracted.
fn monomial((atoms, coefficient): &(Vec<Atom>, Coefficient)) -> (bool, Expr) {
    let product = atoms.iter().map(atom).reduce(times);
    let (negative, product) = signed(product, *coefficient.numer());
    let term = match coefficient.is_integer() {
        true => product,
        false => binary(BinaryOperator::Divide, product, whole(*coefficient.denom())),
    };
    (negative, term)
}

fn atom(atom: &Atom) -> Expr {
    match atom {
        Atom::Named(text) => name(text.as_str()),
        Atom::Quotient(inner, by) => {
            let quotient = binary(BinaryOperator::Divide, polynomial(inner), whole(*by));
            call("floor", 0, quotient, &[])
        }
    }
}

fn times(left: Expr, right: Expr) -> Expr {
    binary(BinaryOperator::Multiply, left, right)
}

/// Whether a term is subtracted, and the term without its sign.
fn signed(product: Option<Expr>, coefficient: i64) -> (bool, Expr) {
    let size = coefficient.saturating_abs();
    let term = match product {
        Some(product) if size == 1 => product,
        Some(product) => times(whole(size), product),
        None => whole(size),
    };
    (coefficient < 0, term)
}

/// Terms with their signs added up; 0 without any.
pub(super) fn added(terms: impl Iterator<Item = (bool, Expr)>) -> Expr {
    let next = |sum: Option<Expr>, (negative, term): (bool, Expr)| {
        Some(match (sum, negative) {
            (None, false) => term,
            (None, true) => negated(term),
            (Some(sum), false) => binary(BinaryOperator::Add, sum, term),
            (Some(sum), true) => binary(BinaryOperator::Subtract, sum, term),
        })
    };
    terms.fold(None, next).unwrap_or_else(|| whole(0))
}

impl Speller {
    /// A subscript. Places that wrap around or are divided have no spelling.
    pub(super) fn place(&self, index: &Index) -> Option<Expr> {
        let affine = match index {
            Index::Unit => return Some(whole(0)),
            Index::Variable { .. } => return self.letters.letter(index).map(name),
            Index::Affine(affine) => affine,
        };
        if affine.divisor() != 1 || affine.cyclic() {
            return None;
        }
        let mut terms = Vec::new();
        for (variable, coefficient) in affine.terms() {
            let letter = name(self.letters.letter(variable)?);
            terms.push(match coefficient.as_constant() {
                Some(number) => signed(Some(letter), number),
                None => (false, times(polynomial(coefficient), letter)),
            });
        }
        let constant = affine.constant();
        // What is subtracted comes last, so that no place begins with a minus.
        if !constant.is_zero() {
            terms.extend(constant.in_reading_order().map(monomial));
        }
        terms.sort_by_key(|(negative, _)| *negative);
        Some(added(terms.into_iter()))
    }
}
