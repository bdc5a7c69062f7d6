//! What every index of an expression runs over.
//!
//! An index that stands alone as a subscript runs over that axis. One that occurs only in sums such as `x[p + r]` runs over the
//! largest range for which the subscript stays inside, given the ranges of the others. Ranges are found before anything is
//! built, since the array that reads `x` at `p + r` needs them.

use crate::context::{Elaborator, Frame, Outcome};
use crate::sizes::AffineExpr;
use crate::value::Value;
use derive_graph::{Dim, Polynomial, Shape};
use derive_syntax::ast::{Expr, ExprKind, Name, Span, SubscriptItem};
use derive_syntax::diagnostic::Diagnostic;
use std::collections::BTreeMap;

/// Dimensions of indices by name.
pub(crate) type Ranges = BTreeMap<String, Dim>;

/// A subscript that is more than an index, and the axis that it is a place of.
struct Window {
    place: AffineExpr,
    dim: Dim,
    span: Span,
}

impl Elaborator<'_> {
    /// Elaborates `body` with the ranges of all its indices known; `given` are those known from elsewhere.
    pub(crate) fn with_ranges<T>(
        &mut self,
        body: &Expr,
        given: Ranges,
        work: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        let ranges = self.index_ranges(body, given)?;
        let outer = std::mem::replace(&mut self.frame.ranges, ranges);
        let result = work(self);
        self.frame.ranges = outer;
        result
    }

    fn index_ranges(&mut self, body: &Expr, given: Ranges) -> Outcome<Ranges> {
        let mut ranges = given;
        let mut windows = Vec::new();
        let mut indices = self.frame.indices.clone();
        collect_indices(body, &mut indices);
        let frame = Frame {
            indices,
            ..self.frame.clone()
        };
        self.within(frame, |inner| inner.visit(body, &mut ranges, &mut windows));
        let mut left = windows;
        // A window with one unknown index settles it, which may leave another with one.
        while let Some(at) = left
            .iter()
            .position(|window| unknown(window, &ranges).len() <= 1)
        {
            let window = left.remove(at);
            let Some(index) = unknown(&window, &ranges).pop() else {
                continue;
            };
            let dim = self.largest_range(&index, &window, &ranges)?;
            // Several windows may bound one index; all must allow the same range.
            let others = left
                .iter()
                .filter(|other| unknown(other, &ranges) == [index.clone()]);
            let others: Vec<(Dim, Span)> = others
                .map(|other| Ok((self.range_in(&index, other, &ranges), other.span)))
                .map(|found: Outcome<_>| found)
                .collect::<Outcome<Vec<_>>>()?
                .into_iter()
                .filter_map(|(dim, span)| dim.map(|dim| (dim, span)))
                .collect();
            let dim = self.smallest(&index, (dim, window.span), others)?;
            ranges.insert(index, dim);
        }
        Ok(ranges)
    }

    /// Records what single indices run over, and the windows.
    fn visit(&mut self, expr: &Expr, ranges: &mut Ranges, windows: &mut Vec<Window>) {
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
            ExprKind::List(items) => items
                .iter()
                .for_each(|item| self.visit(item, ranges, windows)),
            ExprKind::Negate(inner) | ExprKind::Transpose(inner) | ExprKind::IndexSum(_, inner) => {
                self.visit(inner, ranges, windows);
            }
            ExprKind::Binary(_, _, left, right) => {
                self.visit(left, ranges, windows);
                self.visit(right, ranges, windows);
            }
            ExprKind::Call(call) => {
                let values = call.arguments.iter().map(|argument| &argument.value);
                values.for_each(|value| self.visit(value, ranges, windows));
            }
            ExprKind::Subscript(base, items) => {
                self.visit(base, ranges, windows);
                if let Some(shape) = self.quiet_shape(base) {
                    for (item, dim) in items.iter().zip(&shape.0) {
                        self.visit_item(item, dim, ranges, windows);
                    }
                }
            }
        }
    }

    fn visit_item(
        &mut self,
        item: &SubscriptItem,
        dim: &Dim,
        ranges: &mut Ranges,
        windows: &mut Vec<Window>,
    ) {
        let SubscriptItem::At(at) = item else { return };
        let before = self.diagnostics.len();
        let place = self.elaborate_place(at);
        self.diagnostics.truncate(before);
        let Ok(place) = place else { return };
        match place.as_index() {
            Some(index) => {
                ranges
                    .entry(index.to_owned())
                    .or_insert_with(|| dim.clone());
            }
            None => windows.push(Window {
                place,
                dim: dim.clone(),
                span: at.span,
            }),
        }
    }

    /// The shape of what is subscripted; `None` where it cannot be known by itself, and whatever is wrong is said later.
    fn quiet_shape(&mut self, base: &Expr) -> Option<Shape> {
        let before = self.diagnostics.len();
        let exhausted = self.exhausted;
        let frame = Frame {
            indices: Vec::new(),
            ..self.frame.clone()
        };
        let value: Outcome<Value> = self.within(frame, |inner| inner.elaborate_expr(base));
        self.diagnostics.truncate(before);
        self.exhausted = exhausted;
        value.ok().map(|value| self.shape(&value))
    }

    fn largest_range(&mut self, index: &str, window: &Window, ranges: &Ranges) -> Outcome<Dim> {
        match self.range_in(index, window, ranges) {
            Some(dim) => Ok(dim),
            None => {
                let message = format!(
                    "no range of `{index}` keeps this subscript inside the axis of size `{}`",
                    window.dim
                );
                let problem = Diagnostic::error("E0311", message, window.span, "leaves the axis");
                self.fail(problem.help(format!(
                    "let `{index}` also stand alone as a subscript, which says what it runs over"
                )))
            }
        }
    }

    /// The largest range for which the subscript stays inside: ⌊(room − the other indices at their ends) / c⌋ + 1.
    fn range_in(&self, index: &str, window: &Window, ranges: &Ranges) -> Option<Dim> {
        let (_, own) = window
            .place
            .terms
            .iter()
            .find(|(known, _)| known == index)?;
        let own = own.as_constant()?;
        let mut low = window.place.constant.clone();
        let mut high = window.place.constant.clone();
        for (other, coefficient) in window
            .place
            .terms
            .iter()
            .filter(|(other, _)| other != index)
        {
            let end = Polynomial::from(ranges.get(other)?)
                .minus(&1.into())
                .times(coefficient);
            if coefficient.is_never_negative() {
                high = high.plus(&end);
            } else if coefficient.scaled(-1).is_never_negative() {
                low = low.plus(&end);
            } else {
                return None;
            }
        }
        // The first place must be on the axis as well.
        let first = match own > 0 {
            true => low.clone(),
            false => Polynomial::from(&window.dim).minus(&1.into()).minus(&high),
        };
        if !first.is_never_negative() {
            return None;
        }
        // Counting down, the range ends where the lowest place is 0; counting up, where the highest is the axis's last.
        let room = match own > 0 {
            true => Polynomial::from(&window.dim).minus(&1.into()).minus(&high),
            false => low,
        };
        let dim = room.quotient(own.abs()).plus(&1.into()).to_dim()?;
        (self.sizes_missing(&dim) || self.network.size(&dim).is_some()).then_some(dim)
    }

    fn smallest(
        &mut self,
        index: &str,
        first: (Dim, Span),
        others: Vec<(Dim, Span)>,
    ) -> Outcome<Dim> {
        let (mut dim, span) = first;
        for (other, place) in others {
            match (&dim, &other) {
                (a, b) if a == b => {}
                (Dim::Size(a), Dim::Size(b)) => dim = Dim::Size(*a.min(b)),
                _ => {
                    let message = format!(
                        "the index `{index}` runs over `{dim}` here and over `{other}` there"
                    );
                    let problem =
                        Diagnostic::error("E0308", message, span, "one index, two ranges");
                    return self.fail(problem.label(place, "the other range"));
                }
            }
        }
        Ok(dim)
    }
}

fn unknown(window: &Window, ranges: &Ranges) -> Vec<String> {
    let names = window.place.terms.iter().map(|(index, _)| index);
    names
        .filter(|index| !ranges.contains_key(*index))
        .cloned()
        .collect()
}

/// The indices of every sum inside.
fn collect_indices(expr: &Expr, indices: &mut Vec<Name>) {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
        ExprKind::List(items) => items.iter().for_each(|item| collect_indices(item, indices)),
        ExprKind::Negate(inner) | ExprKind::Transpose(inner) | ExprKind::Subscript(inner, _) => {
            collect_indices(inner, indices);
        }
        ExprKind::IndexSum(names, inner) => {
            indices.extend(names.iter().cloned());
            collect_indices(inner, indices);
        }
        ExprKind::Binary(_, _, left, right) => {
            collect_indices(left, indices);
            collect_indices(right, indices);
        }
        ExprKind::Call(call) => {
            let values = call.arguments.iter().map(|argument| &argument.value);
            values.for_each(|value| collect_indices(value, indices));
        }
    }
}
