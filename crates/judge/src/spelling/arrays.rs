//! What only whole arrays have: matrix algebra, axes, slices.

use super::Speller;
use super::sizes::{dimension, dimensions, polynomial};
use crate::expression::{binary, call, call_of, reshaped, slice, subscripted, transposed};
use derive_graph::{Dim, Gather, Polynomial, Shape, Subscript};
use derive_index::{Affine, Head, Index, Term};
use derive_syntax::ast::{BinaryOperator, Expr, SubscriptItem};

impl Speller {
    /// The expression of a head that stands for whole arrays.
    pub(super) fn array(&mut self, term: &Term) -> Option<Expr> {
        let children = term.children();
        match term.head() {
            Head::Ones(shape) => Some(call_of("ones", 0, dimensions(&shape.0)?, &[])),
            Head::Identity(dim) => Some(call("eye", 0, dimension(dim)?, &[])),
            Head::MatMul => self.matrix_product(children),
            Head::Transpose => Some(transposed(self.term(&children[0])?)),
            Head::Outer => self.called("outer", children),
            Head::Trace => self.called("tr", children),
            Head::Diagonal | Head::DiagonalMatrix => self.called("diag", children),
            Head::MatrixFunction(name) => self.called(name, children),
            Head::Axes(axes) => self.axes(axes, &children[0], term.shape()?),
            Head::Softmax { axis, log } => {
                let name = if *log { "log_softmax" } else { "softmax" };
                let last = axis + 1 == term.rank();
                self.along_axis(name, children, (!last).then_some(*axis))
            }
            Head::Gather(gather, shape) => self.slices(gather, shape, &children[0]),
            Head::Reshape(shape) => {
                let dims = dimensions(&shape.0)?;
                Some(reshaped(self.term(&children[0])?, dims))
            }
            Head::Concat(axis) => self.along_axis("concat", children, (*axis > 0).then_some(*axis)),
            _ => None,
        }
    }

    fn called(&mut self, function: &str, arguments: &[Term]) -> Option<Expr> {
        Some(call_of(function, 0, self.all(arguments)?, &[]))
    }

    fn along_axis(
        &mut self,
        function: &str,
        arguments: &[Term],
        axis: Option<usize>,
    ) -> Option<Expr> {
        let text = axis.map(|axis| axis.to_string());
        let options: Vec<(&str, &str)> = text.iter().map(|text| ("axis", text.as_str())).collect();
        Some(call_of(function, 0, self.all(arguments)?, &options))
    }

    /// `A @ B`, where a factor of ones is a sum and a vector in front stands as a row.
    fn matrix_product(&mut self, factors: &[Term]) -> Option<Expr> {
        let (mut rest, mut sums) = (factors, Vec::new());
        if let [first, inner @ ..] = rest
            && is_ones(first)
            && !inner.is_empty()
        {
            (rest, sums) = (inner, vec!["0"]);
        }
        if let [inner @ .., last] = rest
            && is_ones(last)
            && !inner.is_empty()
        {
            // What is summed along the columns has lost that axis.
            rest = inner;
            sums.push("1");
        }
        let product = self.chain(rest)?;
        let vector = rest.len() == 1 && rest[0].rank() == 1;
        Some(match sums.as_slice() {
            [] => product,
            [axis] if !vector && self.is_matrix(rest) => call("sum", 0, product, &[("axis", axis)]),
            _ => call("sum", 0, product, &[]),
        })
    }

    fn is_matrix(&self, factors: &[Term]) -> bool {
        let ends = [factors.first(), factors.last()];
        ends.into_iter().flatten().all(|factor| factor.rank() == 2)
    }

    fn chain(&mut self, factors: &[Term]) -> Option<Expr> {
        let mut chain: Option<Expr> = None;
        for (at, factor) in factors.iter().enumerate() {
            let spelt = self.term(factor)?;
            let row = factor.rank() == 1 && at == 0 && factors.len() > 1;
            let spelt = if row { transposed(spelt) } else { spelt };
            chain = Some(match chain {
                Some(left) => binary(BinaryOperator::MatMul, left, spelt),
                None => spelt,
            });
        }
        chain
    }

    /// Axes of size 1 added or dropped, or the two of a matrix exchanged.
    fn axes(&mut self, axes: &[Option<usize>], array: &Term, shape: &Shape) -> Option<Expr> {
        match (axes, array.rank()) {
            ([Some(0), None], 1) => return self.column(array),
            ([None, Some(0)], 1) => return self.row(array),
            _ => {}
        }
        let kept: Vec<usize> = axes.iter().flatten().copied().collect();
        let spelt = self.term(array)?;
        let in_order = kept.is_sorted();
        let turned = kept == [1, 0] && array.rank() == 2;
        if !in_order && !turned {
            return None;
        }
        let spelt = if turned { transposed(spelt) } else { spelt };
        let moved_only = turned && axes.len() == 2;
        match moved_only {
            true => Some(spelt),
            false => Some(reshaped(spelt, dimensions(&shape.0)?)),
        }
    }

    /// `A[0:h, :]`, where every place lies inside the array.
    fn slices(&mut self, gather: &Gather, shape: &Shape, array: &Term) -> Option<Expr> {
        let dims = &array.shape()?.0;
        if gather.is_part() {
            let item = |axis: &Subscript| match axis.terms.as_slice() {
                [] => SubscriptItem::At(polynomial(&axis.constant)),
                _ => slice(None, None),
            };
            let items = gather.axes.iter().map(item).collect();
            return Some(subscripted(self.term(array)?, items));
        }
        if !gather.is_slice() {
            return None;
        }
        let axes = gather.axes.iter().zip(dims).zip(&shape.0);
        let items = axes.map(|((axis, from), to)| slice_of(&axis.constant, from, to));
        let items = items.collect::<Option<Vec<SubscriptItem>>>()?;
        Some(subscripted(self.term(array)?, items))
    }
}

/// The places from `start` on, as many as `to` has, on an axis `from`; `None` where they may lie outside.
fn slice_of(start: &Polynomial, from: &Dim, to: &Dim) -> Option<SubscriptItem> {
    if start.is_zero() && from == to {
        return Some(slice(None, None));
    }
    let index = Index::Variable {
        id: 0,
        dim: to.clone(),
    };
    let place = Affine::new(vec![(index, 1.into())], start.clone(), from.clone());
    let end = start.plus(&to.into());
    place
        .is_always_inside()
        .then(|| slice(Some(polynomial(start)), Some(polynomial(&end))))
}

/// The vector of ones.
pub(super) fn is_ones(term: &Term) -> bool {
    matches!(term.head(), Head::Ones(shape) if shape.rank() == 1)
}
