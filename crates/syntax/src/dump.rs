//! A syntax tree in, an s-expression without spans out: two trees that dump alike differ in their places only.
//!
//! For tests and for comparing specs. Nothing here can fail.

use crate::ast::{
    Argument, Call, Declaration, Expr, ExprKind, Layer, Name, ShapeDim, Spec, Statement,
    StatementKind, SubscriptItem,
};
use crate::operators::operator_row;

/// The statements of a spec, one to a line.
pub fn dump_spec(spec: &Spec) -> String {
    spec.statements
        .iter()
        .map(|statement| dump_statement(statement) + "\n")
        .collect()
}

/// One statement.
pub fn dump_statement(statement: &Statement) -> String {
    match &statement.kind {
        StatementKind::Network(name) => list("network", [dump_name(name)]),
        StatementKind::Dims(dims) => list(
            "dims",
            dims.iter().map(|dim| match dim.size {
                Some((size, _)) => list("=", [dump_name(&dim.name), size.to_string()]),
                None => dump_name(&dim.name),
            }),
        ),
        StatementKind::Declare(role, all) => list(
            &format!("{role:?}").to_lowercase(),
            all.iter().map(dump_declaration),
        ),
        StatementKind::Function(function) => list(
            "function",
            [
                dump_name(&function.name),
                dump_names(&function.parameters),
                dump_option(&function.body, dump_expr),
            ],
        ),
        StatementKind::Convention(convention) => {
            list("convention", [format!("{convention:?}").to_lowercase()])
        }
        StatementKind::Layer(layer) => dump_layer(layer),
        StatementKind::Define(definition) => list(
            "define",
            [
                dump_name(&definition.name),
                dump_option(&definition.indices, |indices| dump_names(indices)),
                dump_expr(&definition.body),
                dump_option(&definition.latex, |latex| format!("{latex:?}")),
            ],
        ),
        StatementKind::Loss(loss) => list(
            "loss",
            [dump_option(&loss.name, dump_name), dump_expr(&loss.body)],
        ),
        StatementKind::Wrt(names) => list("wrt", [dump_names(names)]),
        StatementKind::Update(call) => list("update", [dump_call(call)]),
        StatementKind::Regularize(call, names) => {
            list("regularize", [dump_call(call), dump_names(names)])
        }
        StatementKind::Claim(claim) => {
            list("claim", [dump_expr(&claim.left), dump_expr(&claim.right)])
        }
        StatementKind::For(repeat) => list(
            "for",
            [
                dump_name(&repeat.variable),
                dump_expr(&repeat.first),
                dump_expr(&repeat.last),
                list("do", repeat.body.iter().map(dump_statement)),
            ],
        ),
    }
}

/// One expression.
pub fn dump_expr(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(value) => value.to_string(),
        ExprKind::Name(name) => dump_name(name),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::List(items) => list("list", items.iter().map(dump_expr)),
        ExprKind::Negate(operand) => list("neg", [dump_expr(operand)]),
        ExprKind::Binary(operator, _, left, right) => list(
            operator_row(*operator).spelling(),
            [dump_expr(left), dump_expr(right)],
        ),
        ExprKind::Transpose(operand) => list("T", [dump_expr(operand)]),
        ExprKind::Call(call) => dump_call(call),
        ExprKind::Subscript(base, items) => list(
            "at",
            std::iter::once(dump_expr(base)).chain(items.iter().map(dump_item)),
        ),
        ExprKind::IndexSum(indices, body) => {
            list("sum-over", [dump_names(indices), dump_expr(body)])
        }
    }
}

/// `(head a b)`
fn list(head: &str, items: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("({head}");
    for item in items {
        text.push(' ');
        text.push_str(&item);
    }
    text + ")"
}

fn dump_option<T>(value: &Option<T>, dump: impl Fn(&T) -> String) -> String {
    value.as_ref().map_or_else(|| "_".to_owned(), dump)
}

fn dump_name(name: &Name) -> String {
    match &name.member {
        Some(member) => list("member", [name.text.clone(), dump_expr(member)]),
        None => name.text.clone(),
    }
}

fn dump_names(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(dump_name).collect();
    format!("[{}]", names.join(" "))
}

fn dump_declaration(declaration: &Declaration) -> String {
    let dims = declaration.shape.iter().map(|dim| match dim {
        ShapeDim::Named(name) => dump_name(name),
        ShapeDim::Size(size, _) => size.to_string(),
        ShapeDim::Formula(formula) => dump_expr(formula),
    });
    let attributes = declaration
        .attributes
        .iter()
        .map(|(attribute, _)| format!("{attribute:?}").to_lowercase());
    let parts = [
        list("shape", dims),
        list("is", attributes),
        dump_option(&declaration.latex, |latex| format!("{latex:?}")),
    ];
    list(&dump_name(&declaration.name), parts)
}

fn dump_layer(layer: &Layer) -> String {
    let body = |body: &Vec<Statement>| list("do", body.iter().map(dump_statement));
    let parts = [
        dump_option(&layer.name, dump_name),
        dump_call(&layer.operation),
        dump_option(&layer.body, body),
        dump_option(&layer.activation, dump_call),
    ];
    list("layer", parts)
}

fn dump_call(call: &Call) -> String {
    let head = format!(
        "call {}{}",
        dump_name(&call.function),
        "'".repeat(call.primes.into())
    );
    list(&head, call.arguments.iter().map(dump_argument))
}

fn dump_argument(argument: &Argument) -> String {
    match &argument.name {
        Some(name) => list("=", [dump_name(name), dump_expr(&argument.value)]),
        None => dump_expr(&argument.value),
    }
}

fn dump_item(item: &SubscriptItem) -> String {
    match item {
        SubscriptItem::At(expr) => dump_expr(expr),
        SubscriptItem::Slice(first, last, _) => list(
            ":",
            [dump_option(first, dump_expr), dump_option(last, dump_expr)],
        ),
    }
}
