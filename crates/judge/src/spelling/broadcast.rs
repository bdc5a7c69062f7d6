//! Vectors repeated along an axis, as broadcasting writes them: `b` for 𝟏bᵀ, a single column for v𝟏ᵀ.
//!
//! That says the same only beside a matrix that has all rows and columns.

use super::Speller;
use super::arrays::is_ones;
use super::sizes::dimensions;
use crate::expression::{call, reshaped};
use derive_graph::Dim;
use derive_index::{Head, Term, build};
use derive_syntax::ast::Expr;

/// Whether one of these is a matrix, and no repeated vector.
pub(super) fn has_full_matrix(terms: &[Term]) -> bool {
    let full = |term: &Term| {
        let (_, factors) = match term.head() {
            Head::Product => term.split(),
            _ => (Vec::new(), std::slice::from_ref(term)),
        };
        let full = |factor: &Term| factor.rank() == 2 && repeated(factor).is_none();
        factors.iter().any(full)
    };
    terms.iter().any(full)
}

/// A vector that is repeated, and whether it stands as a column.
fn repeated(term: &Term) -> Option<(&Term, bool)> {
    match (term.head(), term.children()) {
        (Head::Outer, [ones, row]) if is_ones(ones) => Some((row, false)),
        (Head::Outer, [column, ones]) if is_ones(ones) => Some((column, true)),
        _ => None,
    }
}

impl Speller {
    /// A repeated vector, perhaps with scalars before it, in a form that is repeated by itself.
    pub(super) fn broadcast(&mut self, term: &Term) -> Option<Expr> {
        let scaled = *term.head() == Head::Product && term.split_terms().0.is_empty();
        let factors = match scaled {
            true => term.children(),
            false => std::slice::from_ref(term),
        };
        let arrays = factors.iter().filter(|factor| factor.rank() > 0);
        let arrays: Vec<&Term> = arrays.collect();
        let [only] = arrays.as_slice() else {
            return None;
        };
        let (vector, column) = repeated(only)?;
        let scalars = factors.iter().filter(|factor| factor.rank() == 0);
        let scaled = build::product(
            Vec::new(),
            scalars.cloned().chain([vector.clone()]).collect(),
        );
        match column {
            true => self.column(&scaled),
            false => self.term(&scaled),
        }
    }

    /// A vector as a single column: a sum along the rows keeps its axis, a column that was made a vector is one again.
    pub(super) fn column(&mut self, vector: &Term) -> Option<Expr> {
        let plain = as_column(vector).and_then(|column| self.term(&column));
        plain.or_else(|| match (vector.head(), vector.children()) {
            (Head::MatMul, [inner @ .., ones]) if is_ones(ones) => self.kept_sum(inner, "1"),
            _ => self.with_dims(vector, [vector.shape()?.0.clone(), unit()].concat()),
        })
    }

    /// A vector as a single row, likewise.
    pub(super) fn row(&mut self, vector: &Term) -> Option<Expr> {
        match (vector.head(), vector.children()) {
            (Head::MatMul, [ones, inner @ ..]) if is_ones(ones) => self.kept_sum(inner, "0"),
            _ => self.with_dims(vector, [unit(), vector.shape()?.0.clone()].concat()),
        }
    }

    fn kept_sum(&mut self, factors: &[Term], axis: &str) -> Option<Expr> {
        let product = self.term(&build::matmul(factors.to_vec()))?;
        let options = [("axis", axis), ("keepdims", "true")];
        Some(call("sum", 0, product, &options))
    }

    fn with_dims(&mut self, array: &Term, dims: Vec<Dim>) -> Option<Expr> {
        Some(reshaped(self.term(array)?, dimensions(&dims)?))
    }
}

fn unit() -> Vec<Dim> {
    vec![Dim::Size(1)]
}

/// The column whose entries a vector has, where everything in it is one already.
fn as_column(vector: &Term) -> Option<Term> {
    let each = || {
        let children = vector.children().iter();
        let columns = children.map(|child| match child.rank() {
            0 => Some(child.clone()),
            _ => as_column(child),
        });
        columns.collect::<Option<Vec<Term>>>()
    };
    match vector.head() {
        Head::Axes(axes) if *axes == [Some(0)] => {
            let column = &vector.children()[0];
            (column.rank() == 2).then(|| column.clone())
        }
        Head::Sum | Head::Power(_) | Head::Apply(_) => {
            Some(build::node(vector.head().clone(), each()?))
        }
        Head::Product if vector.split_terms().0.is_empty() => {
            Some(build::product(Vec::new(), each()?))
        }
        _ => None,
    }
}
