//! Syntax that nobody wrote: what layers, short losses and penalties expand into. Its spans are those of what expanded.

use derive_syntax::ast::{
    Argument, BinaryOperator, Call, Declaration, Definition, Expr, ExprKind, Name, Role, ShapeDim,
    Span, StatementKind,
};
use num_rational::BigRational;

/// A plain name.
pub(crate) fn name(text: &str, span: Span) -> Name {
    Name {
        text: text.to_owned(),
        member: None,
        span,
    }
}

/// A name as an expression.
pub(crate) fn variable(text: &str, span: Span) -> Expr {
    let kind = ExprKind::Name(name(text, span));
    Expr { kind, span }
}

/// A whole number.
pub(crate) fn integer(value: i64, span: Span) -> Expr {
    let kind = ExprKind::Number(BigRational::from_integer(value.into()));
    Expr { kind, span }
}

/// `left OPERATOR right`
pub(crate) fn binary(operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let kind = ExprKind::Binary(operator, span, Box::new(left), Box::new(right));
    Expr { kind, span }
}

/// `inner.T`, or what a transpose was taken of.
pub(crate) fn transpose(inner: Expr) -> Expr {
    let span = inner.span;
    if let ExprKind::Transpose(original) = inner.kind {
        return *original;
    }
    let kind = ExprKind::Transpose(Box::new(inner));
    Expr { kind, span }
}

/// A positional argument.
pub(crate) fn positional(value: Expr) -> Argument {
    Argument { name: None, value }
}

/// `function(arguments)`
pub(crate) fn call(function: &str, arguments: Vec<Argument>, span: Span) -> Expr {
    let call = Call {
        function: name(function, span),
        primes: 0,
        arguments,
        span,
    };
    let kind = ExprKind::Call(call);
    Expr { kind, span }
}

/// `ROLE NAME: SHAPE`
pub(crate) fn declaration(
    role: Role,
    text: &str,
    shape: Vec<ShapeDim>,
    span: Span,
) -> StatementKind {
    let declaration = Declaration {
        name: name(text, span),
        shape,
        shape_span: span,
        attributes: Vec::new(),
        latex: None,
    };
    StatementKind::Declare(role, vec![declaration])
}

/// `NAME = BODY`
pub(crate) fn definition(text: &str, body: Expr, span: Span) -> StatementKind {
    StatementKind::Define(Definition {
        name: name(text, span),
        indices: None,
        body,
        latex: None,
    })
}
