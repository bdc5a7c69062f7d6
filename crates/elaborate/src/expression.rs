//! Expressions in, values out: names, numbers, and the infix and postfix operators.
//!
//! Chains of operators lean to the left and may be a thousand long, so the left side is walked with a list instead of the stack;
//! the right sides nest no deeper than the brackets of the source.

use crate::MAX_EXPONENT;
use crate::MAX_NUMBER_BITS;
use crate::context::{Elaborator, Outcome};
use crate::make;
use crate::shape_errors::quoted;
use crate::value::Value;
use derive_graph::{Dim, NodeId, Shape};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind, Span};
use derive_syntax::diagnostic::Diagnostic;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

/// An operand: what was written, and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand<'b> {
    pub(crate) expr: &'b Expr,
    pub(crate) value: &'b Value,
}

/// The elementwise operators and their rows in the function table.
const ELEMENTWISE: &[(BinaryOperator, &str)] = &[
    (BinaryOperator::Add, "add"),
    (BinaryOperator::Subtract, "subtract"),
    (BinaryOperator::Multiply, "multiply"),
    (BinaryOperator::Divide, "divide"),
    (BinaryOperator::Power, "power"),
];

fn left_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Binary(_, _, left, _) => Some(left),
        ExprKind::Transpose(inner) | ExprKind::Subscript(inner, _) => Some(inner),
        _ => None,
    }
}

impl Elaborator<'_> {
    /// An expression outside index notation.
    pub(crate) fn elaborate_whole(&mut self, expr: &Expr) -> Outcome<NodeId> {
        Ok(self.elaborate_expr(expr)?.node)
    }

    pub(crate) fn elaborate_expr(&mut self, expr: &Expr) -> Outcome<Value> {
        let mut spine = Vec::new();
        let mut base = expr;
        while let Some(inner) = left_of(base) {
            spine.push(base);
            base = inner;
        }
        self.enter(1 + spine.len())?;
        let mut value = self.elaborate_base(base);
        value = value.and_then(|value| self.check_complex(base).map(|()| value));
        for outer in spine.into_iter().rev() {
            value = self.elaborate_outer(outer, value);
            value = value.and_then(|value| self.check_complex(outer).map(|()| value));
        }
        self.leave();
        value
    }

    fn elaborate_base(&mut self, expr: &Expr) -> Outcome<Value> {
        match &expr.kind {
            ExprKind::Number(value) => Ok(self.number(value.clone())),
            ExprKind::Name(name) => self.look_up(name),
            ExprKind::Call(call) => self.elaborate_call(call),
            ExprKind::Negate(inner) => {
                let value = self.elaborate_expr(inner)?;
                if let Some(number) = self.literal(&value).cloned() {
                    return Ok(self.number(-number));
                }
                Ok(self.apply_one("negate", &value))
            }
            ExprKind::IndexSum(indices, body) => self.elaborate_index_sum(indices, body, expr.span),
            _ => {
                let message = "a text or a list stands only as an argument";
                self.fail(Diagnostic::error("E0211", message, expr.span, "here"))
            }
        }
    }

    /// What stands around a left operand whose outcome is known. The right side has its say in any case.
    fn elaborate_outer(&mut self, outer: &Expr, inner: Outcome<Value>) -> Outcome<Value> {
        match &outer.kind {
            ExprKind::Binary(operator, span, left, right) => {
                let other = self.elaborate_expr(right);
                let (a, b) = (inner?, other?);
                let left = Operand {
                    expr: left,
                    value: &a,
                };
                let right = Operand {
                    expr: right,
                    value: &b,
                };
                self.elaborate_binary(*operator, *span, left, right)
            }
            ExprKind::Transpose(_) => {
                let value = inner?;
                self.check_elementwise("a transpose", outer.span)?;
                Ok(self.transposed(&value))
            }
            ExprKind::Subscript(base, items) => {
                let value = inner?;
                self.check_elementwise("a subscript", outer.span)?;
                self.elaborate_subscript(base, &value, items, outer.span)
            }
            _ => inner,
        }
    }

    /// That an operation is not elementwise, inside the body of a function.
    pub(crate) fn check_elementwise(&mut self, what: &str, span: Span) -> Outcome<()> {
        if !self.frame.elementwise {
            return Ok(());
        }
        let message = format!("{what} is not elementwise and cannot stand in a function");
        let problem = Diagnostic::error("E0410", message, span, "not elementwise");
        self.fail(problem.help("a function maps one entry to one entry"))
    }

    /// An elementwise function of one argument cannot fail.
    pub(crate) fn apply_one(&mut self, function: &str, value: &Value) -> Value {
        match self.apply(function, std::slice::from_ref(value)) {
            Ok(result) => result,
            Err(_) => value.clone(),
        }
    }

    fn elaborate_binary(
        &mut self,
        operator: BinaryOperator,
        span: Span,
        left: Operand,
        right: Operand,
    ) -> Outcome<Value> {
        let row = ELEMENTWISE.iter().find(|(known, _)| *known == operator);
        let Some((_, function)) = row else {
            self.check_elementwise("a matrix product", span)?;
            return self.elaborate_product(span, left, right);
        };
        self.check_numbers(operator, left, right)?;
        if let Some(folded) = self.fold(operator, left.value, right.value) {
            return Ok(self.number(folded));
        }
        if let Some(value) = self.complex_binary(operator, left.value, right.value) {
            return Ok(value);
        }
        let values = [left.value.clone(), right.value.clone()];
        match self.apply(function, &values) {
            Ok(value) => {
                self.note_spreading(operator, left, right);
                Ok(value)
            }
            Err(clash) => self.elementwise_mismatch(operator, span, [left, right], clash),
        }
    }

    /// Says so where a vector and a column of one length become a matrix, which is seldom what was meant.
    fn note_spreading(&mut self, operator: BinaryOperator, left: Operand, right: Operand) {
        let (a, b) = (self.shape(left.value), self.shape(right.value));
        let spreads = |vector: &Shape, column: &Shape, row: bool| match (
            vector.0.as_slice(),
            column.0.as_slice(),
        ) {
            ([n], [m, one]) => !row && n == m && *one == Dim::Size(1) && *n != *one,
            _ => false,
        };
        let either = spreads(&a, &b, left.value.row) || spreads(&b, &a, right.value.row);
        if either && !self.is_only_tried() {
            let whole = make::binary(operator, left.expr.clone(), right.expr.clone());
            let all = a.broadcast(&b).unwrap_or_default();
            let whole = quoted(&whole);
            self.note(format!("`{whole}`: a vector beside a column becomes a matrix, as in NumPy: {a} and {b} give {all}"));
        }
    }

    /// What an operator does with complex values, where that is not entrywise arithmetic.
    fn complex_binary(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Option<Value> {
        match operator {
            BinaryOperator::Power if self.is_complex(left) => self.complex_power(left, right),
            BinaryOperator::Divide if self.is_complex(right) => self.complex_quotient(left, right),
            _ => None,
        }
    }

    /// Bounds on literals, and division by a literal zero.
    fn check_numbers(
        &mut self,
        operator: BinaryOperator,
        left: Operand,
        right: Operand,
    ) -> Outcome<()> {
        let Some(number) = self.literal(right.value) else {
            return Ok(());
        };
        let bound = BigRational::from_integer(MAX_EXPONENT.into());
        let (bad_power, by_zero) = (number.abs() > bound, number.is_zero());
        let zero_base = self.literal(left.value).is_some_and(Zero::is_zero);
        let pole = operator == BinaryOperator::Power && zero_base && number.is_negative();
        if operator == BinaryOperator::Power && bad_power {
            let message = format!("the exponent is larger than {MAX_EXPONENT}");
            return self.fail(Diagnostic::error(
                "E0502",
                message,
                right.expr.span,
                "too large",
            ));
        }
        if (operator == BinaryOperator::Divide && by_zero) || pole {
            let message = "division by zero";
            return self.fail(Diagnostic::error("E0504", message, right.expr.span, "here"));
        }
        let folded = self.fold(operator, left.value, right.value);
        let bits = |number: &BigRational| number.numer().bits().max(number.denom().bits());
        let both = self.literal(left.value).is_some();
        let unfolded = both && operator == BinaryOperator::Power && number.is_integer();
        if folded.map_or(unfolded, |number| bits(&number) > MAX_NUMBER_BITS) {
            let span = left.expr.span.to(right.expr.span);
            let message = format!("a number has more than {MAX_NUMBER_BITS} binary digits");
            return self.fail(Diagnostic::error("E0502", message, span, "too large"));
        }
        Ok(())
    }

    /// The exact result of an operation on two literal numbers, where it is rational.
    fn fold(&self, operator: BinaryOperator, left: &Value, right: &Value) -> Option<BigRational> {
        let (a, b) = (self.literal(left)?, self.literal(right)?);
        match operator {
            BinaryOperator::Add => Some(a + b),
            BinaryOperator::Subtract => Some(a - b),
            BinaryOperator::Multiply => Some(a * b),
            BinaryOperator::Divide => (!b.is_zero()).then(|| a / b),
            BinaryOperator::Power if b.is_integer() && !(a.is_zero() && b.is_negative()) => {
                let bits = a.numer().bits().max(a.denom().bits());
                let exponent = b.to_integer().to_i32()?;
                // A number past the bound is refused without being computed.
                let size = bits.saturating_mul(exponent.unsigned_abs().into());
                (size <= 2 * MAX_NUMBER_BITS).then(|| a.pow(exponent))
            }
            _ => None,
        }
    }

    /// The transpose. A vector stays as it is but remembers that it is a row.
    pub(crate) fn transposed(&mut self, value: &Value) -> Value {
        let rank = self.shape(value).rank();
        if rank < 2 {
            return Value {
                row: rank == 1 && !value.row,
                ..value.clone()
            };
        }
        let named = value.named.len();
        let order: Vec<usize> = (0..named).chain((named..named + rank).rev()).collect();
        let from = self.network.graph.shape(value.node).clone();
        let shape = Shape(order.iter().map(|&axis| from.0[axis].clone()).collect());
        let node = self.permute(value.node, &order, shape);
        Value {
            node,
            named: value.named.clone(),
            row: false,
        }
    }
}
