//! Walks over expressions: which names they mention, and copies with some parts replaced.
//!
//! The parser bounds the depth of every expression, so plain recursion is safe here.

use derive_syntax::ast::{Argument, Call, Expr, ExprKind, Name, SubscriptItem};

/// Calls `visit` with every name that stands for a value, from left to right.
pub(crate) fn each_name<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Name)) {
    match &expr.kind {
        ExprKind::Name(name) => visit(name),
        ExprKind::Number(_) | ExprKind::Text(_) => {}
        ExprKind::List(items) => items.iter().for_each(|item| each_name(item, visit)),
        ExprKind::Negate(inner) | ExprKind::Transpose(inner) | ExprKind::IndexSum(_, inner) => {
            each_name(inner, visit);
        }
        ExprKind::Binary(_, _, left, right) => {
            each_name(left, visit);
            each_name(right, visit);
        }
        ExprKind::Call(call) => {
            for argument in &call.arguments {
                each_name(&argument.value, visit);
            }
        }
        ExprKind::Subscript(base, _) => each_name(base, visit),
    }
}

/// A copy in which every expression that `replace` answers for is replaced by its answer.
pub(crate) fn replace(expr: &Expr, with: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
    if let Some(other) = with(expr) {
        return other;
    }
    let kind = match &expr.kind {
        ExprKind::Name(_) | ExprKind::Number(_) | ExprKind::Text(_) => expr.kind.clone(),
        ExprKind::List(items) => {
            ExprKind::List(items.iter().map(|item| replace(item, with)).collect())
        }
        ExprKind::Negate(inner) => ExprKind::Negate(boxed(inner, with)),
        ExprKind::Transpose(inner) => ExprKind::Transpose(boxed(inner, with)),
        ExprKind::IndexSum(names, inner) => ExprKind::IndexSum(names.clone(), boxed(inner, with)),
        ExprKind::Binary(operator, span, left, right) => {
            ExprKind::Binary(*operator, *span, boxed(left, with), boxed(right, with))
        }
        ExprKind::Call(call) => ExprKind::Call(replace_in_call(call, with)),
        ExprKind::Subscript(base, items) => {
            let base = boxed(base, with);
            let items = items.iter().map(|item| replace_in_item(item, with));
            ExprKind::Subscript(base, items.collect())
        }
    };
    let span = expr.span;
    Expr { kind, span }
}

fn boxed(expr: &Expr, with: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Box<Expr> {
    Box::new(replace(expr, with))
}

fn replace_in_call(call: &Call, with: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Call {
    let argument = |argument: &Argument| Argument {
        name: argument.name.clone(),
        value: replace(&argument.value, with),
    };
    Call {
        function: call.function.clone(),
        primes: call.primes,
        arguments: call.arguments.iter().map(argument).collect(),
        span: call.span,
    }
}

fn replace_in_item(
    item: &SubscriptItem,
    with: &mut dyn FnMut(&Expr) -> Option<Expr>,
) -> SubscriptItem {
    match item {
        SubscriptItem::At(at) => SubscriptItem::At(replace(at, with)),
        SubscriptItem::Slice(from, to, span) => {
            let from = from.as_ref().map(|from| replace(from, with));
            let to = to.as_ref().map(|to| replace(to, with));
            SubscriptItem::Slice(from, to, *span)
        }
    }
}
