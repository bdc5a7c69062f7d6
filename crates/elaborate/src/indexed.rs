//! Index notation: `Z[i,j] = sum(k) X[i,k] * W[k,j] + b[j]`.
//!
//! A subscript turns positional axes into named ones; a sum over an index takes its named axis away; the left side says in which
//! order the named axes that remain become the axes of the result. A subscript may be affine in the indices, `x[2*p + r - 1]`; where it
//! leaves the axis, the entry counts as zero.

use crate::context::{Elaborator, Frame, Outcome};
use crate::contractions::recognise;
use crate::expression::Operand;
use crate::nested_sums::nested;
use crate::ranges::Ranges;
use crate::scope::nearest;
use crate::shape_errors::quoted;
use crate::sizes::AffineExpr;
use crate::value::Value;
use derive_graph::{Dim, Einsum, Gather, Label, NodeId, Operation, Polynomial, Shape, Subscript};
use derive_syntax::ast::{Expr, ExprKind, Name, Span, SubscriptItem};
use derive_syntax::diagnostic::Diagnostic;

/// The most indices in scope at once; with the axes of an array they must fit the labels of an einsum.
const MAX_INDICES: usize = 16;

/// What becomes of an axis of the array under a subscript.
#[derive(Clone, Debug)]
pub(crate) enum Axis {
    /// Read at an affine place of the indices.
    At(AffineExpr),
    /// As it is.
    Whole,
    /// From a place on, so many entries.
    Range(Polynomial, Dim),
}

impl Axis {
    fn as_index(&self) -> Option<&str> {
        match self {
            Axis::At(place) => place.as_index(),
            _ => None,
        }
    }
}

impl Elaborator<'_> {
    /// The right side of `Z[i, j] = …`, its axes in the order of the left side.
    pub(crate) fn elaborate_indexed(&mut self, indices: &[Name], body: &Expr) -> Outcome<NodeId> {
        self.check_distinct(indices)?;
        let frame = Frame {
            indices: indices.to_vec(),
            ..self.frame.clone()
        };
        let value = self.within(frame, |inner| {
            inner.with_ranges(body, Ranges::new(), |inner| inner.elaborate_expr(body))
        })?;
        self.check_entry(&value, body)?;
        for index in indices {
            if !value.named.contains(&index.text) {
                let message = format!(
                    "the index `{}` does not occur on the right side",
                    index.text
                );
                let problem =
                    Diagnostic::error("E0209", message, index.span, "its range is unknown");
                return self.fail(problem.label(body.span, "the right side"));
            }
        }
        let named: Vec<String> = indices.iter().map(|index| index.text.clone()).collect();
        let dims = named
            .iter()
            .filter_map(|index| self.index_dim(&value, index));
        let shape = Shape(dims.collect());
        Ok(self.expand(&value, &named, &shape))
    }

    /// That an index stands only once in a list.
    pub(crate) fn check_distinct(&mut self, indices: &[Name]) -> Outcome<()> {
        if self.frame.indices.len() + indices.len() > MAX_INDICES {
            let message = format!("more than {MAX_INDICES} indices are in scope at once");
            return self.fail(Diagnostic::error("E0503", message, indices[0].span, "here"));
        }
        for (at, index) in indices.iter().enumerate() {
            self.plain(index)?;
            let first = indices[..at].iter().find(|other| other.text == index.text);
            if let Some(first) = first {
                let message = format!("the index `{}` stands twice", index.text);
                let problem = Diagnostic::error("E0210", message, index.span, "again");
                return self.fail(problem.label(first.span, "first here"));
            }
        }
        Ok(())
    }

    /// That a value has no axes but named ones.
    pub(crate) fn check_entry(&mut self, value: &Value, body: &Expr) -> Outcome<()> {
        let shape = self.shape(value);
        if shape.is_scalar() {
            return Ok(());
        }
        let message = format!("`{}` is still an array of shape {shape}", quoted(body));
        let problem = Diagnostic::error("E0309", message, body.span, "one entry is expected");
        self.fail(problem.help("give every axis an index"))
    }

    /// `sum(k) BODY`
    pub(crate) fn elaborate_index_sum(
        &mut self,
        indices: &[Name],
        body: &Expr,
        span: Span,
    ) -> Outcome<Value> {
        self.check_elementwise("a sum", span)?;
        self.check_distinct(indices)?;
        for index in indices {
            let outer = self
                .frame
                .indices
                .iter()
                .find(|other| other.text == index.text);
            if let Some(outer) = outer.cloned() {
                let message = format!("the index `{}` is taken by an outer one", index.text);
                let problem = Diagnostic::error("E0210", message, index.span, "summed over here");
                return self.fail(problem.label(outer.span, "introduced here"));
            }
        }
        let count = self.frame.indices.len();
        self.frame.indices.extend(indices.iter().cloned());
        let known = self.frame.ranges.clone();
        if let Some(inside) = nested(indices, body) {
            let ranges = self.with_ranges(body, known, |inner| Ok(inner.frame.ranges.clone()));
            self.frame.indices.truncate(count);
            let outer = std::mem::replace(&mut self.frame.ranges, ranges?);
            let value = self.elaborate_expr(&inside);
            self.frame.ranges = outer;
            return value;
        }
        let settled = indices.iter().all(|index| known.contains_key(&index.text));
        let value = if settled {
            self.elaborate_expr(body)
        } else {
            self.with_ranges(body, known, |inner| inner.elaborate_expr(body))
        };
        self.frame.indices.truncate(count);
        let value = value?;
        let mut axes = Vec::new();
        for index in indices {
            match value.named.iter().position(|known| *known == index.text) {
                Some(axis) => axes.push(axis),
                None => return self.unused_index(index, body),
            }
        }
        let node = self.sum_axes(&value, &axes, false);
        let kept = value
            .named
            .iter()
            .enumerate()
            .filter(|(axis, _)| !axes.contains(axis));
        let named = kept.map(|(_, index)| index.clone()).collect();
        let row = false;
        Ok(Value { node, named, row })
    }

    fn unused_index<T>(&mut self, index: &Name, body: &Expr) -> Outcome<T> {
        let message = format!(
            "the summed index `{}` does not occur in `{}`",
            index.text,
            quoted(body)
        );
        let problem = Diagnostic::error("E0209", message, index.span, "its range is unknown")
            .label(body.span, "the sum reaches over this");
        self.fail(
            problem.help("an index sum reaches over the product that follows, up to `+` or `-`"),
        )
    }

    /// `A[i, :]`
    pub(crate) fn elaborate_subscript(
        &mut self,
        base: &Expr,
        value: &Value,
        items: &[SubscriptItem],
        span: Span,
    ) -> Outcome<Value> {
        let shape = self.shape(value);
        if items.len() > shape.rank() {
            let message = format!(
                "`{}` has shape {shape} and takes {} subscripts at most, not {}",
                quoted(base),
                shape.rank(),
                items.len()
            );
            let problem = Diagnostic::error("E0309", message, span, "too many subscripts");
            let expr = base;
            return self.fail(self.label_operand(problem, Operand { expr, value }));
        }
        let axes: Vec<Outcome<Axis>> = items
            .iter()
            .zip(&shape.0)
            .map(|(item, dim)| self.subscript_item(item, dim))
            .collect();
        let mut axes = axes.into_iter().collect::<Outcome<Vec<Axis>>>()?;
        axes.resize_with(shape.rank(), || Axis::Whole);
        self.subscripted(base, value, &axes, span)
    }

    /// The sum's or the left side's index of this name, or what is wrong with it.
    pub(crate) fn unknown_index(&self, name: &Name) -> Diagnostic {
        let text = name.text.as_str();
        let known = self
            .frame
            .indices
            .iter()
            .map(|index| index.text.as_str())
            .collect();
        let message = format!("the index `{text}` is neither summed over nor on the left side");
        let problem = Diagnostic::error("E0209", message, name.span, "a free index");
        match nearest(text, known) {
            Some(meant) if text.len() > 1 => problem.help(format!("did you mean `{meant}`?")),
            _ => problem.help(format!(
                "write `sum({text})` in front of what is summed over it, or name it on the left side"
            )),
        }
    }

    fn subscript_item(&mut self, item: &SubscriptItem, dim: &Dim) -> Outcome<Axis> {
        match item {
            SubscriptItem::Slice(None, None, _) => Ok(Axis::Whole),
            SubscriptItem::Slice(from, to, span) => {
                self.slice(from.as_ref(), to.as_ref(), dim, *span)
            }
            SubscriptItem::At(at) => {
                let mut place = self.elaborate_place(at)?;
                if place.terms.is_empty() {
                    place.constant = self.counted(&place.constant, dim);
                    self.check_inside(&place.constant, dim, at.span)?;
                }
                Ok(Axis::At(place))
            }
        }
    }

    /// Negative numbers count from the end, as in NumPy.
    fn counted(&self, place: &Polynomial, dim: &Dim) -> Polynomial {
        match place.as_constant() {
            Some(number) if number < 0 => place.plus(&dim.into()),
            _ => place.clone(),
        }
    }

    fn value_of(&self, polynomial: &Polynomial) -> Option<i64> {
        polynomial.value(&|name| {
            let size = self.network.size(&Dim::Named(name.clone()))?;
            i64::try_from(size).ok()
        })
    }

    fn check_inside(&mut self, place: &Polynomial, dim: &Dim, span: Span) -> Outcome<()> {
        let size = self.value_of(&dim.into());
        let outside = match (self.value_of(place), size) {
            (Some(place), Some(size)) => place < 0 || place >= size,
            (Some(place), None) => place < 0,
            _ => false,
        };
        if !outside {
            return Ok(());
        }
        let message = format!("there is no place {place} on an axis of size {dim}");
        self.fail(Diagnostic::error(
            "E0309",
            message,
            span,
            "outside; places count from 0",
        ))
    }

    /// `a:b`, the entries from a up to but not including b.
    fn slice(
        &mut self,
        from: Option<&Expr>,
        to: Option<&Expr>,
        dim: &Dim,
        span: Span,
    ) -> Outcome<Axis> {
        let from = match from {
            Some(from) => self.elaborate_size(from)?,
            None => 0.into(),
        };
        let to = match to {
            Some(to) => self.elaborate_size(to)?,
            None => dim.into(),
        };
        let (from, to) = (self.counted(&from, dim), self.counted(&to, dim));
        let size = to.minus(&from);
        let numbers = [&from, &to, &Polynomial::from(dim)].map(|end| self.value_of(end));
        let fits = match numbers {
            [Some(from), Some(to), Some(size)] => 0 <= from && from < to && to <= size,
            [Some(from), Some(to), None] => 0 <= from && from < to,
            [Some(from), None, _] => 0 <= from,
            _ => true,
        };
        match size.to_dim().filter(|_| fits) {
            Some(size) if from.is_zero() && size == *dim => Ok(Axis::Whole),
            Some(size) => Ok(Axis::Range(from, size)),
            None => {
                let message =
                    format!("the slice `{from}:{to}` does not lie on an axis of size {dim}");
                let problem = Diagnostic::error("E0309", message, span, "outside");
                self.fail(problem.help(format!("a slice `a:b` needs 0 ≤ a < b ≤ {dim}")))
            }
        }
    }

    /// Names axes, takes diagonals where an index repeats, and brings the named axes to the front.
    fn subscripted(
        &mut self,
        base: &Expr,
        value: &Value,
        axes: &[Axis],
        span: Span,
    ) -> Outcome<Value> {
        let plain = |axis: &Axis| matches!(axis, Axis::Whole) || axis.as_index().is_some();
        if !axes.iter().all(plain) {
            return self.gathered(value, axes, span);
        }
        let shape = self.network.graph.shape(value.node).clone();
        let mut named = value.named.clone();
        let mut places: Vec<usize> = (0..named.len()).collect();
        let mut dims: Vec<Dim> = shape.0[..named.len()].to_vec();
        for (axis, dim) in axes.iter().zip(&shape.0[value.named.len()..]) {
            let Some(index) = axis.as_index() else {
                places.push(usize::MAX);
                continue;
            };
            let place = match named.iter().position(|known| known == index) {
                Some(place) if dims[place] != *dim => {
                    return self.diagonal_mismatch(index, base, value, [&dims[place], dim], span);
                }
                Some(place) => place,
                None => {
                    named.push(index.to_owned());
                    dims.push(dim.clone());
                    named.len() - 1
                }
            };
            places.push(place);
        }
        for (place, dim) in places.iter_mut().zip(&shape.0) {
            if *place == usize::MAX {
                *place = dims.len();
                dims.push(dim.clone());
            }
        }
        let node = self.relabelled(value.node, &places, dims);
        let row = false;
        Ok(Value { node, named, row })
    }

    /// The array read at affine places: an axis for every index, then those that are whole or sliced.
    fn gathered(&mut self, value: &Value, axes: &[Axis], span: Span) -> Outcome<Value> {
        let shape = self.network.graph.shape(value.node).clone();
        let mut named = value.named.clone();
        let mut dims: Vec<Dim> = shape.0[..named.len()].to_vec();
        for axis in axes {
            let Axis::At(place) = axis else { continue };
            for (index, _) in &place.terms {
                if named.contains(index) {
                    continue;
                }
                let Some(dim) = self.frame.ranges.get(index).cloned() else {
                    let message = format!("nothing says what the index `{index}` runs over");
                    let problem = Diagnostic::error("E0311", message, span, "its range is unknown");
                    return self.fail(problem.help(format!(
                        "let `{index}` stand alone as a subscript somewhere"
                    )));
                };
                named.push(index.clone());
                dims.push(dim);
            }
        }
        let own = shape.0[value.named.len()..].iter();
        let mut subscripts: Vec<Subscript> = (0..value.named.len()).map(Subscript::axis).collect();
        for (axis, dim) in axes.iter().zip(own) {
            subscripts.push(match axis {
                Axis::At(place) => {
                    let axis_of = |index: &String| named.iter().position(|known| known == index);
                    let terms = place
                        .terms
                        .iter()
                        .filter_map(|(index, c)| Some((axis_of(index)?, c.clone())));
                    Subscript::affine(terms.collect(), place.constant.clone())
                }
                Axis::Whole => {
                    dims.push(dim.clone());
                    Subscript::axis(dims.len() - 1)
                }
                Axis::Range(from, size) => {
                    dims.push(size.clone());
                    Subscript::shifted(dims.len() - 1, from.clone())
                }
            });
        }
        let gather = Gather {
            axes: subscripts,
            lowest: false,
        };
        let node = self.add(Operation::Gather(gather), vec![value.node], Shape(dims));
        Ok(Value {
            node,
            named,
            row: false,
        })
    }

    /// Axis `k` put in place `places[k]`; where two share a place, their diagonal.
    fn relabelled(&mut self, node: NodeId, places: &[usize], dims: Vec<Dim>) -> NodeId {
        if places.iter().copied().eq(0..dims.len()) {
            return node;
        }
        let label = |place: usize| Label(b'i'.saturating_add(u8::try_from(place).unwrap_or(0)));
        let einsum = Einsum {
            operator: "permute",
            inputs: vec![places.iter().map(|&place| label(place)).collect()],
            output: (0..dims.len()).map(label).collect(),
        };
        let einsum = recognise(einsum, "permute");
        self.add(Operation::Einsum(einsum), vec![node], Shape(dims))
    }

    fn diagonal_mismatch<T>(
        &mut self,
        index: &str,
        base: &Expr,
        value: &Value,
        dims: [&Dim; 2],
        span: Span,
    ) -> Outcome<T> {
        let message = format!(
            "the index `{index}` runs over `{}` and `{}`",
            dims[0], dims[1]
        );
        let problem = Diagnostic::error("E0308", message, span, "one index, two dimensions");
        let operand = Operand { expr: base, value };
        let mut problem = self.label_operand(problem, operand);
        for dim in dims {
            problem = self.label_origin(problem, operand, dim);
        }
        self.fail(problem)
    }

    /// The value with its named axes as `indices` of these dimensions say; the reason where it is not of that shape.
    pub(crate) fn arranged(
        &mut self,
        value: &Value,
        indices: &[String],
        dims: &Shape,
    ) -> Result<NodeId, String> {
        for index in &value.named {
            let Some(place) = indices.iter().position(|known| known == index) else {
                return Err(format!("the index `{index}` stands on one side only"));
            };
            match self.index_dim(value, index) {
                Some(dim) if dim != dims.0[place] => {
                    return Err(format!(
                        "the index `{index}` runs over `{}` on the left side and over `{dim}` on the right",
                        dims.0[place]
                    ));
                }
                _ => {}
            }
        }
        Ok(self.expand(value, indices, dims))
    }

    /// The index names in a list of subscripts; `Err` where something else stands there.
    pub(crate) fn index_names(&mut self, items: &[SubscriptItem]) -> Outcome<Vec<Name>> {
        let mut names = Vec::new();
        for item in items {
            match item {
                SubscriptItem::At(at) => match &at.kind {
                    ExprKind::Name(name) => names.push(name.clone()),
                    _ => {
                        return self.unsupported("a subscript that is not a plain index", at.span);
                    }
                },
                SubscriptItem::Slice(_, _, span) => {
                    return self.unsupported("a slice on the left side", *span);
                }
            }
        }
        Ok(names)
    }
}
