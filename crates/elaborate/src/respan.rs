//! What a layer wrote, put at the layer's own place, so that whatever is wrong with it is shown where the layer stands.

use derive_syntax::ast::{Call, Expr, ExprKind, ShapeDim, Span, StatementKind, SubscriptItem};

/// Puts the layer's place on a statement that the layer wrote; answers with the name it introduces.
pub(crate) fn respan_statement(kind: &mut StatementKind, span: Span) -> Option<String> {
    match kind {
        StatementKind::Declare(_, declarations) => {
            let declaration = declarations.first_mut()?;
            declaration.name.span = span;
            declaration.shape_span = span;
            for dim in &mut declaration.shape {
                match dim {
                    ShapeDim::Named(name) => name.span = span,
                    ShapeDim::Size(_, place) => *place = span,
                    ShapeDim::Formula(formula) => respan(formula, span),
                }
            }
            Some(declaration.name.text.clone())
        }
        StatementKind::Define(definition) => {
            definition.name.span = span;
            respan(&mut definition.body, span);
            Some(definition.name.text.clone())
        }
        _ => None,
    }
}

/// Puts an expression and all its parts at one place.
pub(crate) fn respan(expr: &mut Expr, span: Span) {
    expr.span = span;
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => {}
        ExprKind::Name(name) => name.span = span,
        ExprKind::List(items) => items.iter_mut().for_each(|item| respan(item, span)),
        ExprKind::Negate(inner) | ExprKind::Transpose(inner) | ExprKind::IndexSum(_, inner) => {
            respan(inner, span)
        }
        ExprKind::Binary(_, place, left, right) => {
            *place = span;
            respan(left, span);
            respan(right, span);
        }
        ExprKind::Call(Call {
            function,
            arguments,
            span: place,
            ..
        }) => {
            *place = span;
            function.span = span;
            arguments
                .iter_mut()
                .for_each(|argument| respan(&mut argument.value, span));
        }
        ExprKind::Subscript(base, items) => {
            respan(base, span);
            for item in items {
                match item {
                    SubscriptItem::At(at) => respan(at, span),
                    SubscriptItem::Slice(from, to, place) => {
                        *place = span;
                        from.iter_mut()
                            .chain(to.iter_mut())
                            .for_each(|end| respan(end, span));
                    }
                }
            }
        }
    }
}
