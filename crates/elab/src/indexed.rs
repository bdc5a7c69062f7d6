//! Index notation: an indexed expression is an array whose leading axes are named by the indices.

use crate::state::{Elaboration, Failed, State, Value};
use derive_graph::{Dim, Einsum, Label, NodeId, Operation, Shape};
use derive_syntax::ast::{self, Expr, ExprKind, Span, SubscriptItem};
use derive_syntax::diagnostic::Diagnostic;
use std::collections::HashMap;

impl State {
    /// `Z[i, j] = EXPR`: the array of the right side, its axes in the order of the left.
    pub fn indexed_definition(&mut self, indices: &[ast::Name], body: &Expr) -> Result<NodeId, Failed> {
        for (at, index) in indices.iter().enumerate() {
            if indices[..at].iter().any(|other| other.text == index.text) {
                let message = format!("`{}` stands twice on the left", index.text);
                return Err(self.error(Diagnostic::error("E0305", message, index.span, "a repeated index")));
            }
        }
        let scope: HashMap<String, Option<Dim>> = indices.iter().map(|name| (name.text.clone(), None)).collect();
        let saved = std::mem::replace(&mut self.indices, scope);
        let value = self.expression(body);
        self.indices = saved;
        self.ordered(value?, indices, body.span)
    }

    /// The value with its named axes in this order and no others.
    fn ordered(&mut self, value: Value, indices: &[ast::Name], span: Span) -> Result<NodeId, Failed> {
        let shape = self.shape(&value);
        if value.names.len() != shape.rank() {
            let message = "the right side has an axis without an index";
            return Err(self.error(Diagnostic::error("E0305", message, span, format!("has shape {shape}"))));
        }
        if let Some(missing) = indices.iter().find(|index| !value.names.contains(&index.text)) {
            let message = format!("`{}` does not occur on the right", missing.text);
            return Err(self.error(Diagnostic::error("E0305", message, missing.span, "this index")));
        }
        let label = |name: &String| Label(b'A' + u8::try_from(value.names.iter().position(|other| other == name).unwrap_or(0)).unwrap_or(0));
        let input: Vec<Label> = value.names.iter().map(label).collect();
        let output: Vec<Label> = indices.iter().map(|index| label(&index.text)).collect();
        if input == output {
            return Ok(value.node);
        }
        let einsum = Einsum { operator: "permute", inputs: vec![input], output };
        let Ok(shape) = einsum.output_shape(&[&shape]) else { return Err(Failed) };
        Ok(self.add(Operation::Einsum(einsum), vec![value.node], shape))
    }

    /// `X[i, :]`
    pub fn subscript(&mut self, base: &Expr, items: &[SubscriptItem], span: Span) -> Elaboration {
        let value = self.expression(base)?;
        let shape = self.shape(&value);
        if !value.names.is_empty() || shape.rank() != items.len() {
            let message = format!("{} indices for an array of shape {shape}", items.len());
            return Err(self.error(Diagnostic::error("E0303", message, span, "one index an axis")));
        }
        let mut names: Vec<String> = Vec::new();
        let mut labels = Vec::new();
        let mut kept = Vec::new();
        for (axis, item) in items.iter().enumerate() {
            match item {
                SubscriptItem::Slice(None, None, _) => {
                    let label = Label(b'a' + u8::try_from(axis).unwrap_or(0));
                    labels.push(label);
                    kept.push(label);
                }
                SubscriptItem::Slice(..) => return Err(self.unsupported("a slice", span)),
                SubscriptItem::At(expr) => labels.push(self.index(expr, &shape.0[axis], &mut names)?),
            }
        }
        let named = (0..names.len()).map(|at| Label(b'A' + u8::try_from(at).unwrap_or(0)));
        let output: Vec<Label> = named.chain(kept).collect();
        if labels == output {
            return Ok(Value { node: value.node, names, row: false });
        }
        let einsum = Einsum { operator: "permute", inputs: vec![labels], output };
        let Ok(shape) = einsum.output_shape(&[&shape]) else { return Err(Failed) };
        Ok(Value { node: self.add(Operation::Einsum(einsum), vec![value.node], shape), names, row: false })
    }

    fn index(&mut self, expr: &Expr, dim: &Dim, names: &mut Vec<String>) -> Result<Label, Failed> {
        let ExprKind::Name(name) = &expr.kind else {
            return Err(self.unsupported("an index that is not a plain name", expr.span));
        };
        match self.indices.get(&name.text).cloned() {
            None => {
                let message = format!("unknown index `{}`", name.text);
                let help = format!("sum over it, `sum({}) …`, or name it on the left side", name.text);
                return Err(self.error(Diagnostic::error("E0201", message, expr.span, "not an index here").help(help)));
            }
            Some(Some(known)) if known != *dim => {
                let message = format!("the index `{}` runs over `{known}` and over `{dim}`", name.text);
                return Err(self.error(Diagnostic::error("E0301", message, expr.span, format!("this axis is `{dim}`"))));
            }
            Some(_) => {
                self.indices.insert(name.text.clone(), Some(dim.clone()));
            }
        }
        let at = names.iter().position(|other| *other == name.text).unwrap_or_else(|| {
            names.push(name.text.clone());
            names.len() - 1
        });
        Ok(Label(b'A' + u8::try_from(at).unwrap_or(0)))
    }

    /// `sum(k) X[i,k] * W[k,j]`
    pub fn index_sum(&mut self, summed: &[ast::Name], body: &Expr) -> Elaboration {
        let mut shadowed = Vec::new();
        for name in summed {
            shadowed.push((name.text.clone(), self.indices.insert(name.text.clone(), None)));
        }
        let value = self.expression(body);
        for (name, old) in shadowed {
            match old {
                Some(old) => self.indices.insert(name, old),
                None => self.indices.remove(&name),
            };
        }
        let value = value?;
        let shape = self.shape(&value);
        for name in summed {
            if !value.names.contains(&name.text) {
                let message = format!("nothing under the sum depends on `{}`", name.text);
                return Err(self.error(Diagnostic::error("E0305", message, name.span, "an idle index")));
            }
        }
        let axes: Vec<usize> = (0..value.names.len()).filter(|&at| summed.iter().any(|name| name.text == value.names[at])).collect();
        let names = value.names.iter().filter(|name| !summed.iter().any(|gone| gone.text == **name)).cloned().collect();
        let einsum = derive_graph::operator::sum(shape.rank(), &axes, false);
        let Ok(result) = einsum.output_shape(&[&shape]) else { return Err(Failed) };
        Ok(Value { node: self.add(Operation::Einsum(einsum), vec![value.node], result), names, row: false })
    }

    /// The array at `indices` of an expression, or the expression itself in equation form.
    pub fn claimed(&mut self, indices: &[ast::Name], body: &Expr) -> Result<NodeId, Failed> {
        if indices.is_empty() { self.expression(body).map(|value| value.node) } else { self.indexed_definition(indices, body) }
    }

    /// A value stretched to a shape, where NumPy's rule allows it.
    pub fn stretched_to(&mut self, node: NodeId, shape: &Shape) -> Option<NodeId> {
        let from = self.network.graph.shape(node).clone();
        if from == *shape {
            return Some(node);
        }
        let fits = from.broadcast(shape).is_some_and(|joined| joined == *shape) && from.is_scalar();
        fits.then(|| self.add(Operation::Einsum(derive_graph::operator::broadcast(&from, shape)), vec![node], shape.clone()))
    }
}

