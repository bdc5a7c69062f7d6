//! Layers as equations: each layer writes the declarations and definitions it stands for, which are then elaborated like any
//! others.

use crate::state::State;
use derive_graph::{Convention, Layer, Shape};
use derive_syntax::ast::{self, Call, Expr, ExprKind, Span, StatementKind};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use std::collections::HashMap;

/// What layers know of one another.
#[derive(Default)]
pub(crate) struct LayerState {
    /// The array that feeds the next layer.
    pub current: Option<String>,
    /// The last layer's output, once it is known.
    pub output: Option<String>,
    /// Whether a layer could not be written out.
    pub failed: bool,
    number: usize,
    left: usize,
}

impl LayerState {
    pub fn new(spec: &ast::Spec) -> LayerState {
        let left = spec.statements.iter().filter(|statement| matches!(statement.kind, StatementKind::Layer(_))).count();
        LayerState { left, ..LayerState::default() }
    }
}

/// A row of the table of layers.
struct LayerRow {
    name: &'static str,
    expand: fn(&mut State, &ast::Layer, &Place) -> Option<Vec<Line>>,
}

/// Where a layer stands.
struct Place {
    input: String,
    shape: Shape,
    label: String,
    joint: &'static str,
    last: bool,
}

/// One line that a layer writes, and the stem of the name it defines.
struct Line {
    text: String,
    stem: &'static str,
    name: String,
}

static LAYERS: &[LayerRow] = &[
    LayerRow { name: "dense", expand: dense },
    LayerRow { name: "dropout", expand: dropout },
];

/// Layers of the language that this version cannot derive.
const LATER: &[&str] = &[
    "conv1d", "conv2d", "maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d", "flatten", "batchnorm", "layernorm",
    "attention", "embedding", "rnn", "lstm", "gru", "residual",
];

impl State {
    pub fn layer(&mut self, layer: &ast::Layer, span: Span) {
        self.layers.left = self.layers.left.saturating_sub(1);
        let name = layer.operation.function.text.clone();
        let Some(row) = LAYERS.iter().find(|row| row.name == name) else {
            self.layers.failed = true;
            if LATER.contains(&name.as_str()) {
                self.unsupported(&format!("the layer `{name}`"), layer.operation.function.span);
                return;
            }
            let close = derive_syntax::similar::closest(&name, LAYERS.iter().map(|row| row.name));
            let help = close.map_or("the layers are `dense` and `dropout`".to_owned(), |close| format!("did you mean `{close}`?"));
            let message = format!("unknown layer `{name}`");
            self.error(Diagnostic::error("E0201", message, layer.operation.function.span, "not a layer").help(help));
            return;
        };
        let Some(input) = self.layers.current.clone() else {
            self.layers.failed = true;
            let diagnostic = Diagnostic::error("E0404", "there is no input for this layer", span, "nothing feeds it");
            self.error(diagnostic.help("declare one above, for example `input x: [N, d]`"));
            return;
        };
        if self.layers.failed {
            return;
        }
        let Some(shape) = self.symbol(&input).map(|symbol| symbol.shape.clone()) else {
            self.layers.failed = true;
            return;
        };
        self.layers.number += 1;
        let (label, joint) = match &layer.name {
            Some(name) => (name.text.clone(), "_"),
            None => (self.layers.number.to_string(), ""),
        };
        let place = Place { input, shape, label, joint, last: self.layers.left == 0 };
        match (row.expand)(self, layer, &place) {
            Some(lines) => self.write(lines, &place, span),
            None => self.layers.failed = true,
        }
    }

    fn write(&mut self, lines: Vec<Line>, place: &Place, span: Span) {
        for line in lines {
            let parsed = derive_syntax::parse_str(&line.text);
            let Some(mut statement) = parsed.spec.statements.into_iter().next() else {
                self.layers.failed = true;
                return;
            };
            respan_statement(&mut statement, span);
            let origin = Layer { stem: line.stem.to_owned(), label: place.label.clone() };
            match &statement.kind {
                StatementKind::Define(definition) => self.definition(definition, Some(origin)),
                _ => {
                    self.statement(&statement);
                    if let Some(&at) = self.symbols.get(&line.name) {
                        self.network.symbols[at].layer = Some(origin);
                    }
                }
            }
            if self.symbol(&line.name).is_none() {
                self.layers.failed = true;
                return;
            }
            self.layers.current = Some(line.name.clone()).filter(|_| line.stem == "Z" || line.stem == "A").or(self.layers.current.take());
        }
        if place.last {
            self.layers.output.clone_from(&self.layers.current);
        }
    }

    fn alias(&mut self, from: String, to: &str) {
        if from != to {
            self.aliases.insert(from, to.to_owned());
        }
    }

    /// The expression with every alias replaced by the name it stands for.
    pub fn without_aliases(&self, expr: &Expr) -> Expr {
        if self.aliases.is_empty() {
            return expr.clone();
        }
        let mut renamed = expr.clone();
        rename(&mut renamed, &self.aliases);
        renamed
    }
}

/// `dense(units, bias=true) -> activation`
fn dense(state: &mut State, layer: &ast::Layer, place: &Place) -> Option<Vec<Line>> {
    let call = &layer.operation;
    let (units, bias) = dense_arguments(state, call)?;
    let name = |stem: &str| format!("{stem}{}{}", place.joint, place.label);
    let (weight, bias_name, linear) = (name("W"), name("b"), name("Z"));
    let columns = state.network.convention == Convention::Columns;
    let (features, batch) = match (place.shape.0.as_slice(), columns) {
        ([features], _) => (features.clone(), false),
        ([_, features], false) | ([features, _], true) => (features.clone(), true),
        _ => {
            let message = format!("`dense` takes a vector or a batch of vectors, not {}", place.shape);
            state.error(Diagnostic::error("E0303", message, call.span, format!("`{}` has shape {}", place.input, place.shape)));
            return None;
        }
    };
    let shape = if columns { format!("[{units}, {features}]") } else { format!("[{features}, {units}]") };
    let mut lines = vec![Line { text: format!("param {weight}: {shape}"), stem: "W", name: weight.clone() }];
    if bias {
        let shape = if columns && batch { format!("[{units}, 1]") } else { format!("[{units}]") };
        lines.push(Line { text: format!("param {bias_name}: {shape}"), stem: "b", name: bias_name.clone() });
    }
    let output = if place.last { "yhat".to_owned() } else { name("A") };
    let defined = if place.last && layer.activation.is_none() { output.clone() } else { linear.clone() };
    let product = if columns { format!("{weight} @ {}", place.input) } else { format!("{} @ {weight}", place.input) };
    let added = if bias { format!(" + {bias_name}") } else { String::new() };
    lines.push(Line { text: format!("{defined} = {product}{added}"), stem: "Z", name: defined.clone() });
    state.alias(linear, &defined);
    match &layer.activation {
        Some(activation) => {
            let text = activation_text(activation, &defined, columns && batch);
            lines.push(Line { text: format!("{output} = {text}"), stem: "A", name: output.clone() });
            state.alias(name("A"), &output);
        }
        None => state.alias(name("A"), &defined),
    }
    Some(lines)
}

fn dense_arguments(state: &mut State, call: &Call) -> Option<(String, bool)> {
    let mut units = None;
    let mut bias = true;
    for argument in &call.arguments {
        match (argument.name.as_ref().map(|name| name.text.as_str()), &argument.value.kind) {
            (None | Some("units"), ExprKind::Name(name)) if units.is_none() => units = Some(name.text.clone()),
            (None | Some("units"), ExprKind::Number(value)) if units.is_none() && value.is_integer() => units = Some(value.to_string()),
            (Some("bias"), ExprKind::Name(name)) if name.text == "true" || name.text == "false" => bias = name.text == "true",
            _ => {
                state.wrong_arguments(call, "the number of units and `bias=true` or `bias=false`");
                return None;
            }
        }
    }
    if units.is_none() {
        state.wrong_arguments(call, "the number of units");
    }
    units.map(|units| (units, bias))
}

/// The activation applied to the linear part; softmax along the features, which in a batch of columns is axis 0.
fn activation_text(activation: &Call, argument: &str, first_axis: bool) -> String {
    let name = &activation.function.text;
    let mut arguments = vec![argument.to_owned()];
    arguments.extend(activation.arguments.iter().map(|argument| match &argument.name {
        Some(name) => format!("{}={}", name.text, format_expr(&argument.value)),
        None => format_expr(&argument.value),
    }));
    if first_axis && (name == "softmax" || name == "log_softmax") && arguments.len() == 1 {
        arguments.push("axis=0".to_owned());
    }
    format!("{name}({})", arguments.join(", "))
}

/// `dropout(p)`: the mask of zeros and 1/(1 − p) is an input.
fn dropout(state: &mut State, layer: &ast::Layer, place: &Place) -> Option<Vec<Line>> {
    let name = |stem: &str| format!("{stem}{}{}", place.joint, place.label);
    let dims: Vec<String> = place.shape.0.iter().map(ToString::to_string).collect();
    let (mask, output) = (name("mask"), if place.last { "yhat".to_owned() } else { name("A") });
    state.alias(name("A"), &output);
    let text = format!("{} * {mask}", place.input);
    let text = match &layer.activation {
        Some(activation) => activation_text(activation, &text, false),
        None => text,
    };
    Some(vec![
        Line { text: format!("input {mask}: [{}]", dims.join(", ")), stem: "mask", name: mask.clone() },
        Line { text: format!("{output} = {text}"), stem: "A", name: output },
    ])
}

fn respan_statement(statement: &mut ast::Statement, span: Span) {
    statement.span = span;
    match &mut statement.kind {
        StatementKind::Define(definition) => {
            definition.name.span = span;
            respan(&mut definition.body, span);
        }
        StatementKind::Declare(_, declarations) => {
            for declaration in declarations {
                declaration.name.span = span;
                declaration.shape_span = span;
                for dim in &mut declaration.shape {
                    match dim {
                        ast::ShapeDim::Named(name) => name.span = span,
                        ast::ShapeDim::Size(_, place) => *place = span,
                    }
                }
            }
        }
        _ => {}
    }
}

/// Gives every part of a written expression the place of the line that it came from.
pub(crate) fn respan(expr: &mut Expr, span: Span) {
    expr.span = span;
    visit(expr, &mut |expr| expr.span = span, &mut |name| name.span = span);
}

fn rename(expr: &mut Expr, aliases: &HashMap<String, String>) {
    visit(expr, &mut |_| {}, &mut |name| {
        if let Some(to) = aliases.get(&name.text) {
            name.text.clone_from(to);
        }
    });
}

/// Visits every expression and every name of an expression.
fn visit(expr: &mut Expr, on_expr: &mut dyn FnMut(&mut Expr), on_name: &mut dyn FnMut(&mut ast::Name)) {
    on_expr(expr);
    match &mut expr.kind {
        ExprKind::Name(name) => on_name(name),
        ExprKind::Negate(inner) | ExprKind::Transpose(inner) => visit(inner, on_expr, on_name),
        ExprKind::Binary(_, _, left, right) => {
            visit(left, on_expr, on_name);
            visit(right, on_expr, on_name);
        }
        ExprKind::Call(call) => call.arguments.iter_mut().for_each(|argument| visit(&mut argument.value, on_expr, on_name)),
        ExprKind::Subscript(base, items) => {
            visit(base, on_expr, on_name);
            for item in items {
                match item {
                    ast::SubscriptItem::At(expr) => visit(expr, on_expr, on_name),
                    ast::SubscriptItem::Slice(first, last, _) => {
                        first.iter_mut().chain(last).for_each(|expr| visit(expr, on_expr, on_name));
                    }
                }
            }
        }
        ExprKind::IndexSum(_, body) => visit(body, on_expr, on_name),
        ExprKind::List(items) => items.iter_mut().for_each(|item| visit(item, on_expr, on_name)),
        ExprKind::Number(_) | ExprKind::Text(_) => {}
    }
}
