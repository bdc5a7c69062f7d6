//! Index notation: `Z[i,j] = sum(k) X[i,k] * W[k,j] + b[j]`.
//!
//! A subscript turns positional axes into named ones; a sum over an index takes its named axis away; the left side says in which
//! order the named axes that remain become the axes of the result. Only plain index names stand in subscripts so far.

use crate::context::{Elaborator, Frame, Outcome};
use crate::contractions::recognise;
use crate::expression::Operand;
use crate::scope::nearest;
use crate::shape_errors::quoted;
use crate::value::Value;
use derive_graph::{Dim, Einsum, Label, NodeId, Operation, Shape};
use derive_syntax::ast::{Expr, ExprKind, Name, Span, SubscriptItem};
use derive_syntax::diagnostic::Diagnostic;

/// The most indices in scope at once; with the axes of an array they must fit the labels of an einsum.
const MAX_INDICES: usize = 16;

/// What becomes of an axis of the array under a subscript.
enum Axis {
    Index(String),
    Whole,
}

impl Elaborator<'_> {
    /// The right side of `Z[i, j] = …`, its axes in the order of the left side.
    pub(crate) fn elaborate_indexed(&mut self, indices: &[Name], body: &Expr) -> Outcome<NodeId> {
        self.check_distinct(indices)?;
        let frame = Frame {
            indices: indices.to_vec(),
            ..self.frame.clone()
        };
        let value = self.within(frame, |inner| inner.elaborate_expr(body))?;
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
        let value = self.elaborate_expr(body);
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
        let axes: Vec<Outcome<Axis>> = items.iter().map(|item| self.subscript_item(item)).collect();
        let mut axes = axes.into_iter().collect::<Outcome<Vec<Axis>>>()?;
        axes.resize_with(shape.rank(), || Axis::Whole);
        self.subscripted(base, value, &axes, span)
    }

    fn subscript_item(&mut self, item: &SubscriptItem) -> Outcome<Axis> {
        let at = match item {
            SubscriptItem::Slice(None, None, _) => return Ok(Axis::Whole),
            SubscriptItem::Slice(_, _, span) => return self.unsupported("a slice `a:b`", *span),
            SubscriptItem::At(at) => at,
        };
        let name = match &at.kind {
            ExprKind::Name(name) => name,
            ExprKind::Number(_) => {
                return self.unsupported("a single entry such as `x[0]`", at.span);
            }
            _ => {
                let what = format!(
                    "the subscript `{}`, which is not a plain index,",
                    quoted(at)
                );
                return self.unsupported(&what, at.span);
            }
        };
        let text = self.plain(name)?;
        if self.frame.indices.iter().any(|index| index.text == text) {
            return Ok(Axis::Index(text.to_owned()));
        }
        let known = self
            .frame
            .indices
            .iter()
            .map(|index| index.text.as_str())
            .collect();
        let message = format!("the index `{text}` is neither summed over nor on the left side");
        let mut problem = Diagnostic::error("E0209", message, name.span, "a free index");
        problem = match nearest(text, known) {
            Some(meant) if text.len() > 1 => problem.help(format!("did you mean `{meant}`?")),
            _ => problem.help(format!(
                "sum over it with `sum({text})`, or name it on the left side"
            )),
        };
        self.fail(problem)
    }

    /// Names axes, takes diagonals where an index repeats, and brings the named axes to the front.
    fn subscripted(
        &mut self,
        base: &Expr,
        value: &Value,
        axes: &[Axis],
        span: Span,
    ) -> Outcome<Value> {
        let shape = self.network.graph.shape(value.node).clone();
        let mut named = value.named.clone();
        let mut places: Vec<usize> = (0..named.len()).collect();
        let mut dims: Vec<Dim> = shape.0[..named.len()].to_vec();
        for (axis, dim) in axes.iter().zip(&shape.0[value.named.len()..]) {
            let Axis::Index(index) = axis else {
                places.push(usize::MAX);
                continue;
            };
            let place = match named.iter().position(|known| known == index) {
                Some(place) if dims[place] != *dim => {
                    return self.diagonal_mismatch(index, base, value, [&dims[place], dim], span);
                }
                Some(place) => place,
                None => {
                    named.push(index.clone());
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
