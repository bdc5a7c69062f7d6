//! Expressions: operators, broadcasting, and names.

use crate::shapes::{Operand, Sign};
use crate::state::{Elaboration, Failed, State, Value};
use derive_graph::operator::{broadcast, row};
use derive_graph::{Einsum, Label, Name, NodeId, Operation, Shape};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind, Span};
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

impl State {
    /// Elaborates an expression.
    pub fn expression(&mut self, expr: &Expr) -> Elaboration {
        match &expr.kind {
            ExprKind::Number(value) => Ok(self.number(value.clone())),
            ExprKind::Name(name) if name.member.is_some() => Err(self.unsupported("names in families", name.span)),
            ExprKind::Name(name) => self.name(&name.text, name.span),
            ExprKind::Text(_) => Err(self.unsupported("a quoted text here", expr.span)),
            ExprKind::List(_) => Err(self.unsupported("a list here", expr.span)),
            ExprKind::Negate(operand) => {
                let value = self.expression(operand)?;
                if let Some(number) = self.as_number(value.node) {
                    return Ok(self.number(-number));
                }
                let shape = self.shape(&value);
                Ok(Value { node: self.elementwise("negate", vec![value.node], shape), ..value })
            }
            ExprKind::Binary(operator, span, left, right) => self.binary(*operator, *span, left, right),
            ExprKind::Transpose(operand) => self.transpose(operand),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Subscript(base, items) => self.subscript(base, items, expr.span),
            ExprKind::IndexSum(names, body) => self.index_sum(names, body),
        }
    }

    pub fn number(&mut self, value: BigRational) -> Value {
        let node = self.add(Operation::Number(value), Vec::new(), Shape::scalar());
        Value { node, names: Vec::new(), row: false }
    }

    /// The number at a node, seen through a broadcast.
    pub fn as_number(&self, node: NodeId) -> Option<BigRational> {
        match &self.network.graph.node(node).operation {
            Operation::Number(value) => Some(value.clone()),
            _ => None,
        }
    }

    fn name(&mut self, text: &str, span: Span) -> Elaboration {
        if let Some(value) = self.arguments.get(text) {
            return Ok(value.clone());
        }
        if self.poisoned.contains(text) {
            return Err(Failed);
        }
        if let Some(symbol) = self.symbol(text) {
            let (name, shape) = (symbol.name.clone(), symbol.shape.clone());
            let node = self.add(Operation::Symbol(name), Vec::new(), shape);
            return Ok(Value { node, names: Vec::new(), row: false });
        }
        if self.dims.contains_key(text) {
            let node = self.add(Operation::Dimension(Name::new(text)), Vec::new(), Shape::scalar());
            return Ok(Value { node, names: Vec::new(), row: false });
        }
        if text == "T" {
            let help = "write `X.T` for the transpose";
            let message = "unknown name `T`";
            return Err(self.error(derive_syntax::diagnostic::Diagnostic::error("E0201", message, span, "not defined").help(help)));
        }
        Err(self.unknown(text, span))
    }

    fn binary(&mut self, operator: BinaryOperator, span: Span, left: &Expr, right: &Expr) -> Elaboration {
        // A chain a + b + c leans to the left; walking it in a loop keeps the stack flat.
        let mut pending = vec![(operator, span, right)];
        let mut first = left;
        while let ExprKind::Binary(operator, span, left, right) = &first.kind {
            pending.push((*operator, *span, right));
            first = left;
        }
        let mut value = self.expression(first);
        let mut from = first.span;
        while let Some((operator, span, right)) = pending.pop() {
            let other = self.expression(right);
            let (Ok(a), Ok(b)) = (value, other) else {
                value = Err(Failed);
                continue;
            };
            value = self.combine(operator, span, &Operand::new(a, first, from), &Operand::new(b, right, right.span));
            from = from.to(right.span);
        }
        value
    }

    fn combine(&mut self, operator: BinaryOperator, span: Span, left: &Operand, right: &Operand) -> Elaboration {
        let function = match operator {
            BinaryOperator::MatMul => return self.matmul(span, left, right),
            BinaryOperator::Add => "add",
            BinaryOperator::Subtract => "subtract",
            BinaryOperator::Multiply => "multiply",
            BinaryOperator::Divide => "divide",
            BinaryOperator::Power => "power",
        };
        if let (Some(a), Some(b)) = (self.as_number(left.value.node), self.as_number(right.value.node))
            && let Some(folded) = fold(operator, &a, &b)
        {
            return Ok(self.number(folded));
        }
        if operator == BinaryOperator::Power {
            self.check_exponent(right)?;
        }
        let (nodes, names, shape) = self.align(&[left, right], Sign::Operator(operator, span))?;
        Ok(Value { node: self.elementwise(function, nodes, shape), names, row: false })
    }

    fn check_exponent(&mut self, right: &Operand) -> Result<(), Failed> {
        let large = |value: BigRational| value.to_f64().is_none_or(|value| value.abs() > 1000.0);
        if self.as_number(right.value.node).is_some_and(large) {
            let message = "this exponent is too large";
            return Err(self.error(derive_syntax::diagnostic::Diagnostic::error("E0502", message, right.span, "at most 1000")));
        }
        Ok(())
    }

    /// Brings operands to one shape: the union of their named axes in front, then NumPy's broadcast of the rest.
    pub fn align(&mut self, operands: &[&Operand], sign: Sign) -> Result<(Vec<NodeId>, Vec<String>, Shape), Failed> {
        let mut names: Vec<String> = Vec::new();
        let mut dims = Vec::new();
        let mut tail = Shape::scalar();
        for operand in operands {
            let shape = self.shape(&operand.value);
            for (name, dim) in operand.value.names.iter().zip(&shape.0) {
                if !names.contains(name) {
                    names.push(name.clone());
                    dims.push(dim.clone());
                }
            }
            let positional = Shape(shape.0[operand.value.names.len()..].to_vec());
            match tail.broadcast(&positional) {
                Some(joined) => tail = joined,
                None => return Err(self.broadcast_mismatch(operands, sign)),
            }
        }
        let full = Shape([dims, tail.0.clone()].concat());
        let nodes = operands.iter().map(|operand| self.stretch(&operand.value, &names, &tail, &full)).collect();
        Ok((nodes, names, full))
    }

    /// The operand repeated along the axes that it lacks.
    fn stretch(&mut self, value: &Value, names: &[String], tail: &Shape, full: &Shape) -> NodeId {
        let shape = self.shape(value);
        if shape == *full && value.names == names {
            return value.node;
        }
        if names.is_empty() {
            return self.add(Operation::Einsum(broadcast(&shape, full)), vec![value.node], full.clone());
        }
        let positional = Shape(shape.0[value.names.len()..].to_vec());
        let mut einsum = broadcast(&positional, tail);
        let label = |name: &String| Label(b'A' + u8::try_from(names.iter().position(|other| other == name).unwrap_or(0)).unwrap_or(0));
        einsum.inputs[0] = value.names.iter().map(label).chain(einsum.inputs[0].iter().copied()).collect();
        einsum.output = names.iter().map(label).chain(einsum.output.iter().copied()).collect();
        einsum.operator = "permute";
        self.add(Operation::Einsum(einsum), vec![value.node], full.clone())
    }

    fn transpose(&mut self, operand: &Expr) -> Elaboration {
        let value = self.expression(operand)?;
        let shape = self.shape(&value);
        match shape.rank() - value.names.len() {
            0 => Ok(value),
            1 => Ok(Value { row: !value.row, ..value }),
            2 => self.multilinear(".T", &[&Operand::new(value, operand, operand.span)]),
            _ => {
                let message = "only vectors and matrices have a transpose";
                let label = format!("has shape {shape}");
                Err(self.error(derive_syntax::diagnostic::Diagnostic::error("E0303", message, operand.span, label)))
            }
        }
    }

    fn matmul(&mut self, span: Span, left: &Operand, right: &Operand) -> Elaboration {
        let ranks = (self.rank(left), self.rank(right));
        // On vectors the transpose decides: u @ v.T is the outer product.
        if ranks == (1, 1) && right.value.row && !left.value.row {
            return self.multilinear("outer", &[left, right]);
        }
        if ranks.0 == 0 || ranks.1 == 0 {
            return Err(self.scalar_in_product(span, left, right));
        }
        if ranks.0 > 2 || ranks.1 > 2 {
            return Err(self.unsupported("a matrix product of arrays with more than two axes", span));
        }
        let operator = row("@").and_then(|row| row.einsum(&[&self.positional(left), &self.positional(right)]));
        match operator {
            Some(einsum) if self.conforms(&einsum, &[left, right]) => self.apply_einsum(einsum, &[left, right]),
            _ => Err(self.product_mismatch(span, left, right)),
        }
    }

    pub fn rank(&self, operand: &Operand) -> usize {
        self.shape(&operand.value).rank() - operand.value.names.len()
    }

    pub fn positional(&self, operand: &Operand) -> Shape {
        Shape(self.shape(&operand.value).0[operand.value.names.len()..].to_vec())
    }

    pub fn conforms(&self, einsum: &Einsum, operands: &[&Operand]) -> bool {
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.positional(operand)).collect();
        einsum.label_dims(&shapes.iter().collect::<Vec<_>>()).is_ok()
    }

    /// An operator with labels, by its row.
    pub fn multilinear(&mut self, name: &'static str, operands: &[&Operand]) -> Elaboration {
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.positional(operand)).collect();
        let einsum = row(name).and_then(|row| row.einsum(&shapes.iter().collect::<Vec<_>>()));
        match einsum {
            Some(einsum) if self.conforms(&einsum, operands) => self.apply_einsum(einsum, operands),
            Some(_) => Err(self.operand_mismatch(name, operands)),
            None => Err(self.wrong_ranks(name, operands)),
        }
    }

    /// Applies labels to operands; their named axes ride along in front.
    pub fn apply_einsum(&mut self, mut einsum: Einsum, operands: &[&Operand]) -> Elaboration {
        let mut names: Vec<String> = Vec::new();
        for operand in operands {
            for name in &operand.value.names {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        let label = |name: &String| Label(b'A' + u8::try_from(names.iter().position(|other| other == name).unwrap_or(0)).unwrap_or(0));
        for (labels, operand) in einsum.inputs.iter_mut().zip(operands) {
            *labels = operand.value.names.iter().map(label).chain(labels.iter().copied()).collect();
        }
        einsum.output = names.iter().map(label).chain(einsum.output.iter().copied()).collect();
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.shape(&operand.value)).collect();
        let Ok(shape) = einsum.output_shape(&shapes.iter().collect::<Vec<_>>()) else { return Err(Failed) };
        let arguments = operands.iter().map(|operand| operand.value.node).collect();
        Ok(Value { node: self.add(Operation::Einsum(einsum), arguments, shape), names, row: false })
    }
}

/// Arithmetic of two literal numbers, exactly.
fn fold(operator: BinaryOperator, a: &BigRational, b: &BigRational) -> Option<BigRational> {
    match operator {
        BinaryOperator::Add => Some(a + b),
        BinaryOperator::Subtract => Some(a - b),
        BinaryOperator::Multiply => Some(a * b),
        BinaryOperator::Divide if !b.is_zero() => Some(a / b),
        BinaryOperator::Power if b.is_integer() && (!a.is_zero() || *b > BigRational::zero()) => {
            let exponent = b.to_integer().to_i32().filter(|exponent| exponent.abs() <= 64)?;
            Some(a.pow(exponent))
        }
        _ => None,
    }
}
