//! Functions that only derivations use, in words of the language: [x > y] is `(1 + sign(x - y)) / 2`, ties included.

use crate::expression::{parts, with_part};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind};
use derive_syntax::parse_expression;
use num_traits::Zero;

/// A function that no spec can call, and what it is in `x` and `y`.
#[rustfmt::skip]
const INTERNAL: &[(&str, &str)] = &[
    ("positive", "relu'(x)"),
    ("nonpositive", "1 - relu'(x)"),
    ("greater", "(1 + sign(x - y)) / 2"),
    ("equal", "1 - abs(sign(x - y))"),
    ("clip", "max(-y, min(x, y))"),
    ("normal_cdf", "(1 + erf(x / sqrt(2))) / 2"),
    ("normal_pdf", "exp(-x^2 / 2) / sqrt(8 * arctan(1))"),
    ("pi", "4 * arctan(1)"),
    ("selu_scale", "selu(1)"),
    ("selu_alpha", "selu(-1) / (selu(1) * (exp(-1) - 1))"),
];

/// The function at these arguments, if it is one of the table.
pub(super) fn written(function: &str, arguments: &[Expr]) -> Option<Expr> {
    let (_, text) = INTERNAL.iter().find(|(known, _)| *known == function)?;
    let meaning = parse_expression(text).ok()?;
    Some(with_arguments(&meaning, arguments))
}

/// The expression with `x` and `y` replaced; nothing is subtracted where `y` is 0.
fn with_arguments(expr: &Expr, arguments: &[Expr]) -> Expr {
    if let ExprKind::Name(name) = &expr.kind {
        let place = ["x", "y"].iter().position(|known| *known == name.text);
        let argument = place.and_then(|place| arguments.get(place));
        return argument.unwrap_or(expr).clone();
    }
    let count = parts(expr).len();
    let replaced = (0..count).fold(expr.clone(), |copy, at| {
        let part = with_arguments(parts(&copy)[at], arguments);
        with_part(&copy, at, part)
    });
    match &replaced.kind {
        ExprKind::Binary(BinaryOperator::Subtract, _, left, right) if is_zero(right) => {
            (**left).clone()
        }
        _ => replaced,
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Number(value) if value.is_zero())
}
