//! An expression in, its text with no bracket too many out.
//!
//! An operand is put in brackets when it binds looser than its place demands. An index sum needs one thing more: it
//! reaches over everything up to the next `+`, so it may go bare only where no product follows. That is what
//! [`Place::last`] says.

use num_rational::BigRational;
use num_traits::Signed;

use crate::ast::{Argument, BinaryOperator, Call, Expr, ExprKind, Name, SubscriptItem};
use crate::number::format_decimal;
use crate::operators::{NEGATION, OperatorRow, POSTFIX, POWER, PRODUCT, SUM, operator_row};

/// What surrounds an expression.
#[derive(Clone, Copy)]
struct Place {
    /// The least precedence that may stand here without brackets.
    least: u8,
    /// Whether a looser operator, a bracket or the end comes next.
    last: bool,
    /// Whether infix operators go without blanks, as in `W{l-1}`.
    tight: bool,
}

/// Where anything may stand.
const ANYWHERE: Place = Place {
    least: SUM,
    last: true,
    tight: false,
};
/// The same without blanks.
const TIGHT: Place = Place {
    tight: true,
    ..ANYWHERE
};

/// One expression.
pub fn format_expr(expr: &Expr) -> String {
    format_at(expr, ANYWHERE)
}

/// An end of the range of a `for`.
pub(super) fn format_range_end(expr: &Expr) -> String {
    format_at(expr, TIGHT)
}

fn format_at(expr: &Expr, place: Place) -> String {
    let captures = matches!(expr.kind, ExprKind::IndexSum(..)) && !place.last;
    if precedence(expr) >= place.least && !captures {
        return format_bare(expr, place);
    }
    format!(
        "({})",
        format_bare(
            expr,
            Place {
                least: SUM,
                last: true,
                ..place
            }
        )
    )
}

/// How tightly the text of an expression binds. An index sum may stand wherever an operand may, so long as nothing
/// follows that it would reach over.
fn precedence(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Negate(_) => NEGATION,
        ExprKind::Binary(operator, ..) => operator_row(*operator).precedence,
        ExprKind::Number(value) if format_decimal(&value.abs()).is_none() => PRODUCT,
        ExprKind::Number(value) if value.is_negative() => NEGATION,
        _ => POSTFIX,
    }
}

/// The text without brackets around it.
fn format_bare(expr: &Expr, place: Place) -> String {
    match &expr.kind {
        ExprKind::Number(value) => format_number(value),
        ExprKind::Name(name) => format_name(name),
        ExprKind::Text(text) => format!("\"{text}\""),
        ExprKind::List(items) => format!("[{}]", format_all(items)),
        ExprKind::Negate(operand) => format!("-{}", format_negated(operand, place)),
        ExprKind::Binary(operator, _, left, right) => {
            format_binary(operator_row(*operator), left, right, place)
        }
        ExprKind::Transpose(operand) => format!("{}.T", format_base(operand)),
        ExprKind::Call(call) => format_call(call, false),
        ExprKind::Subscript(base, items) => {
            let items: Vec<String> = items.iter().map(format_item).collect();
            format!("{}[{}]", format_base(base), items.join(", "))
        }
        ExprKind::IndexSum(indices, body) => {
            format!(
                "sum({}) {}",
                format_names(indices),
                format_summand(body, place)
            )
        }
    }
}

/// What carries a postfix sign.
fn format_base(expr: &Expr) -> String {
    format_at(
        expr,
        Place {
            least: POSTFIX,
            last: false,
            tight: false,
        },
    )
}

/// What a minus stands before: a power or anything tighter, or another minus.
fn format_negated(operand: &Expr, place: Place) -> String {
    let least = match &operand.kind {
        ExprKind::Negate(_) => NEGATION,
        ExprKind::Number(value) if value.is_negative() => NEGATION,
        _ => POWER,
    };
    format_at(operand, Place { least, ..place })
}

fn format_binary(row: &OperatorRow, left: &Expr, right: &Expr, place: Place) -> String {
    // Of the operators only a sum ends the reach of an index sum on its left, and so does what may follow a sum.
    let ends_reach = row.precedence == SUM;
    let left = format_at(
        left,
        Place {
            least: row.left_precedence(),
            last: ends_reach,
            ..place
        },
    );
    let right = format_right(
        row,
        right,
        Place {
            last: place.last || ends_reach,
            ..place
        },
    );
    let sign = row.spelling();
    match place.tight || row.operator == BinaryOperator::Power {
        true => format!("{left}{sign}{right}"),
        false => format!("{left} {sign} {right}"),
    }
}

/// The right operand. A minus may stand right of any operator, even of `^`, which binds tighter: `2^-3`.
fn format_right(row: &OperatorRow, right: &Expr, place: Place) -> String {
    let negated = matches!(right.kind, ExprKind::Negate(_));
    let least = match negated {
        true => row.right_precedence().min(NEGATION),
        false => row.right_precedence(),
    };
    format_at(right, Place { least, ..place })
}

/// What an index sum reaches over. It must begin as an operand does, which a minus does not.
fn format_summand(body: &Expr, place: Place) -> String {
    let text = format_at(
        body,
        Place {
            least: PRODUCT,
            tight: false,
            ..place
        },
    );
    if text.starts_with('-') {
        format!("({text})")
    } else {
        text
    }
}

/// A number: a decimal if it is a finite one, else a quotient.
fn format_number(value: &BigRational) -> String {
    let sign = if value.is_negative() { "-" } else { "" };
    match format_decimal(&value.abs()) {
        Some(text) => format!("{sign}{text}"),
        None => format!("{}/{}", value.numer(), value.denom()),
    }
}

/// A call; `bare` leaves out empty brackets.
pub(super) fn format_call(call: &Call, bare: bool) -> String {
    let name = format!(
        "{}{}",
        format_name(&call.function),
        "'".repeat(call.primes.into())
    );
    if bare && call.arguments.is_empty() {
        return name;
    }
    let arguments: Vec<String> = call.arguments.iter().map(format_argument).collect();
    format!("{name}({})", arguments.join(", "))
}

fn format_argument(argument: &Argument) -> String {
    let value = format_expr(&argument.value);
    match &argument.name {
        Some(name) => format!("{}={value}", format_name(name)),
        None => value,
    }
}

fn format_item(item: &SubscriptItem) -> String {
    match item {
        SubscriptItem::At(expr) => format_expr(expr),
        SubscriptItem::Slice(first, last, _) => {
            let [first, last] =
                [first, last].map(|end| end.as_ref().map_or_else(String::new, format_slice_end));
            format!("{first}:{last}")
        }
    }
}

fn format_slice_end(expr: &Expr) -> String {
    format_at(expr, TIGHT)
}

fn format_all(items: &[Expr]) -> String {
    items.iter().map(format_expr).collect::<Vec<_>>().join(", ")
}

pub(super) fn format_name(name: &Name) -> String {
    match &name.member {
        Some(member) => format!("{}{{{}}}", name.text, format_at(member, TIGHT)),
        None => name.text.clone(),
    }
}

pub(super) fn format_names(names: &[Name]) -> String {
    names.iter().map(format_name).collect::<Vec<_>>().join(", ")
}
