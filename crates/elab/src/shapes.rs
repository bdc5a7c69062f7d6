//! Diagnostics about shapes: every operand with its shape, where the dimensions come from, and the fix that conforms.

use crate::state::{Failed, State, Value};
use derive_graph::{Dim, Shape, operator::row};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind, Span};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;

/// A value together with how it was written.
pub(crate) struct Operand {
    pub value: Value,
    pub text: String,
    pub simple: bool,
    pub span: Span,
}

impl Operand {
    pub fn new(value: Value, expr: &Expr, span: Span) -> Operand {
        let simple = matches!(expr.kind, ExprKind::Name(_) | ExprKind::Call(_) | ExprKind::Transpose(_) | ExprKind::Subscript(..));
        let whole = span == expr.span;
        let text = if whole { format_expr(expr) } else { String::from("the left side") };
        Operand { value, text: if simple || !whole { text } else { format!("({text})") }, simple: simple && whole, span }
    }
}

/// What stands between the operands of an elementwise operation.
#[derive(Clone, Copy)]
pub(crate) enum Sign {
    Operator(BinaryOperator, Span),
    Function(&'static str),
}

impl State {
    fn label(&self, operand: &Operand) -> String {
        let shape = self.positional(operand);
        if operand.simple { format!("{}: {shape}", operand.text) } else { format!("has shape {shape}") }
    }

    fn with_operands(&self, mut diagnostic: Diagnostic, operands: &[&Operand]) -> Diagnostic {
        for operand in operands {
            diagnostic = diagnostic.label(operand.span, self.label(operand));
        }
        diagnostic
    }

    /// Notes where named dimensions come from.
    fn origins(&self, mut diagnostic: Diagnostic, dims: &[Dim]) -> Diagnostic {
        for dim in dims {
            let Dim::Named(name) = dim else { continue };
            let holders = self.network.symbols.iter().filter(|symbol| symbol.definition.is_none() && symbol.shape.0.contains(dim));
            let holders: Vec<String> = holders.take(2).map(|symbol| format!("`{}: {}`", symbol.name, symbol.shape)).collect();
            if !holders.is_empty() {
                diagnostic = diagnostic.note(format!("`{name}` comes from {}", holders.join(" and ")));
            }
        }
        diagnostic
    }

    pub fn broadcast_mismatch(&mut self, operands: &[&Operand], sign: Sign) -> Failed {
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.positional(operand)).collect();
        let (what, span) = match sign {
            Sign::Operator(operator, span) => (operator_name(operator).to_owned(), span),
            Sign::Function(name) => (format!("`{name}`"), operands[0].span.to(operands[operands.len() - 1].span)),
        };
        let listed: Vec<String> = shapes.iter().map(Shape::to_string).collect();
        let message = format!("{what} needs shapes that agree, not {}", listed.join(" and "));
        let mut diagnostic = Diagnostic::error("E0301", message, span, "");
        diagnostic.labels.clear();
        diagnostic = self.with_operands(diagnostic, operands);
        let dims = differing_dims(&shapes);
        diagnostic = self.origins(diagnostic, &dims);
        if let ([a, b], [left, right]) = (shapes.as_slice(), operands) {
            let product = row("@").and_then(|row| row.einsum(&[a, b])).filter(|einsum| self.conforms(einsum, operands));
            let reversed = |shape: &Shape| Shape(shape.0.iter().rev().cloned().collect());
            if matches!(sign, Sign::Operator(BinaryOperator::Multiply, _)) && product.is_some() {
                diagnostic = diagnostic.help(format!("did you mean the matrix product `{} @ {}`?", left.text, right.text));
            } else if b.rank() == 2 && a.broadcast(&reversed(b)).is_some() {
                diagnostic = diagnostic.help(format!("did you mean `{}.T`?", right.text));
            } else if a.rank() == 2 && reversed(a).broadcast(b).is_some() {
                diagnostic = diagnostic.help(format!("did you mean `{}.T`?", left.text));
            }
        }
        self.error(diagnostic)
    }

    pub fn product_mismatch(&mut self, _span: Span, left: &Operand, right: &Operand) -> Failed {
        let (a, b) = (self.positional(left), self.positional(right));
        let (inner, outer) = (a.0[a.rank() - 1].clone(), b.0[0].clone());
        let message = format!("`@` contracts `{inner}` with `{outer}`");
        let mut diagnostic = Diagnostic::error("E0302", message, left.span, self.label(left));
        diagnostic = diagnostic.label(right.span, self.label(right));
        diagnostic = self.origins(diagnostic, &[inner, outer]);
        if let Some(fix) = self.product_fix(left, right, &a, &b) {
            diagnostic = diagnostic.help(format!("did you mean {fix}?"));
        }
        self.error(diagnostic)
    }

    /// The first change of one product that conforms.
    fn product_fix(&self, left: &Operand, right: &Operand, a: &Shape, b: &Shape) -> Option<String> {
        let reversed = |shape: &Shape| Shape(shape.0.iter().rev().cloned().collect());
        let fits = |a: &Shape, b: &Shape| {
            let einsum = row("@").and_then(|row| row.einsum(&[a, b]));
            einsum.is_some_and(|einsum| einsum.label_dims(&[a, b]).is_ok())
        };
        let (l, r) = (&left.text, &right.text);
        let matrix = |shape: &Shape| shape.rank() == 2;
        if matrix(b) && fits(a, &reversed(b)) {
            Some(format!("`{l} @ {r}.T`"))
        } else if matrix(a) && fits(&reversed(a), b) {
            Some(format!("`{l}.T @ {r}`"))
        } else if fits(b, a) {
            Some(format!("`{r} @ {l}`"))
        } else if a == b {
            Some(format!("the product entry by entry, `{l} * {r}`"))
        } else {
            None
        }
    }

    pub fn scalar_in_product(&mut self, span: Span, left: &Operand, right: &Operand) -> Failed {
        let message = "`@` multiplies vectors and matrices, not scalars";
        let mut diagnostic = Diagnostic::error("E0303", message, span, "");
        diagnostic.labels.clear();
        diagnostic = self.with_operands(diagnostic, &[left, right]);
        self.error(diagnostic.help(format!("write `{} * {}`", left.text, right.text)))
    }

    pub fn operand_mismatch(&mut self, name: &str, operands: &[&Operand]) -> Failed {
        let title = row(name).map_or(name, |row| row.title);
        let message = format!("the shapes do not fit a {title}");
        let mut diagnostic = Diagnostic::error("E0302", message, operands[0].span, "");
        diagnostic.labels.clear();
        let dims: Vec<Dim> = operands.iter().flat_map(|operand| self.positional(operand).0).collect();
        diagnostic = self.with_operands(diagnostic, operands);
        diagnostic = self.origins(diagnostic, &dims);
        self.error(diagnostic)
    }

    pub fn wrong_ranks(&mut self, name: &str, operands: &[&Operand]) -> Failed {
        let title = row(name).map_or(name, |row| row.title);
        let message = format!("a {title} cannot take operands of these ranks");
        let mut diagnostic = Diagnostic::error("E0303", message, operands[0].span, "");
        diagnostic.labels.clear();
        diagnostic = self.with_operands(diagnostic, operands);
        self.error(diagnostic)
    }
}

fn differing_dims(shapes: &[Shape]) -> Vec<Dim> {
    let mut dims: Vec<Dim> = shapes.iter().flat_map(|shape| shape.0.clone()).collect();
    dims.dedup();
    dims
}

fn operator_name(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "`+`",
        BinaryOperator::Subtract => "`-`",
        BinaryOperator::Multiply => "`*`",
        BinaryOperator::Divide => "`/`",
        BinaryOperator::MatMul => "`@`",
        BinaryOperator::Power => "`^`",
    }
}
