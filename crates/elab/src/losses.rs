//! The table of losses: each is an expression in the prediction and the target.
//!
//! The default is the sum over everything; `mean` divides by the number of samples, which is the first axis in rows, the last
//! in columns and 1 for a vector. `mse` is always the mean over all entries.

use crate::state::{Elaboration, Failed, State, Value};
use derive_graph::{Convention, Dim, Shape};
use derive_syntax::ast::{self, Call, Expr, ExprKind};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;

/// A row of the table: the loss as a template in P (prediction) and T (target).
pub(crate) struct LossRow {
    pub name: &'static str,
    template: &'static str,
    /// Always the mean over all entries.
    averages_entries: bool,
}

#[rustfmt::skip]
static LOSSES: &[LossRow] = &[
    LossRow { name: "mse", template: "sum(square(P - T))", averages_entries: true },
    LossRow { name: "squared_error", template: "sum(square(P - T))", averages_entries: false },
    LossRow { name: "half_squared_error", template: "1/2 * sum(square(P - T))", averages_entries: false },
    LossRow { name: "cross_entropy", template: "-sum(T * log(P))", averages_entries: false },
    LossRow { name: "binary_cross_entropy", template: "-sum(T * log(P) + (1 - T) * log(1 - P))", averages_entries: false },
    LossRow { name: "hinge", template: "sum(max(0, 1 - T * P))", averages_entries: false },
    LossRow { name: "huber", template: "sum(huber_value(P - T))", averages_entries: false },
];

/// The row of this name.
pub(crate) fn loss_row(name: &str) -> Option<&'static LossRow> {
    LOSSES.iter().find(|row| row.name == name)
}

/// `mean` or `sum` as a last argument.
fn reduction(argument: &ast::Argument) -> Option<bool> {
    match &argument.value.kind {
        ExprKind::Name(name) if name.text == "mean" => Some(true),
        ExprKind::Name(name) if name.text == "sum" => Some(false),
        _ => None,
    }
}

impl State {
    pub fn loss_call(&mut self, row: &'static LossRow, call: &Call) -> Elaboration {
        let mean = call.arguments.iter().find_map(reduction);
        let arrays: Vec<&Expr> =
            call.arguments.iter().filter(|argument| reduction(argument).is_none()).map(|argument| &argument.value).collect();
        let threshold = if row.name == "huber" { arrays.get(2).copied() } else { None };
        if arrays.len() != 2 + usize::from(threshold.is_some()) || call.arguments.iter().any(|argument| argument.name.is_some()) {
            return Err(self.wrong_arguments(call, "a prediction, a target, and `mean` or `sum`"));
        }
        let prediction = self.expression(arrays[0]);
        let target = self.expression(arrays[1]);
        let (prediction, target) = (prediction?, target?);
        let (a, b) = (self.shape(&prediction), self.shape(&target));
        if a != b && !a.is_scalar() && !b.is_scalar() {
            let message = format!("`{}` compares arrays of one shape, not {a} with {b}", row.name);
            let diagnostic = Diagnostic::error("E0301", message, arrays[0].span, format!("prediction: {a}"));
            return Err(self.error(diagnostic.label(arrays[1].span, format!("target: {b}"))));
        }
        let template = match threshold {
            Some(threshold) => format!("sum(huber_value(P - T, {}))", format_expr(threshold)),
            None => row.template.to_owned(),
        };
        let value = self.template(&template, prediction, target)?;
        if row.averages_entries {
            return self.divided_by_dims(value, &a.0);
        }
        if mean == Some(true) { self.divided_by_dims(value, &self.samples(&a)) } else { Ok(value) }
    }

    fn template(&mut self, template: &str, prediction: Value, target: Value) -> Elaboration {
        let Ok(expr) = derive_syntax::parse_expression(template) else { return Err(Failed) };
        let named = [("P".to_owned(), prediction), ("T".to_owned(), target)];
        let saved = std::mem::replace(&mut self.arguments, named.into_iter().collect());
        let value = self.expression(&expr);
        self.arguments = saved;
        value
    }

    /// The dimension that counts samples; none for a single vector.
    fn samples(&self, shape: &Shape) -> Vec<Dim> {
        let axis = match (shape.rank(), self.network.convention) {
            (0 | 1, _) => None,
            (_, Convention::Rows) => shape.0.first(),
            (_, Convention::Columns) => shape.0.last(),
        };
        axis.cloned().into_iter().collect()
    }

    /// `cross_entropy(mean)` with the network's output and its only target put in; other expressions as they are.
    pub fn complete_short_loss(&mut self, body: &Expr) -> Result<Expr, Failed> {
        let ExprKind::Call(call) = &body.kind else { return Ok(body.clone()) };
        let is_loss = loss_row(&call.function.text).is_some();
        if !is_loss || call.arguments.iter().any(|argument| reduction(argument).is_none()) {
            return Ok(body.clone());
        }
        let output = self.layers.output.clone().or_else(|| self.symbol("yhat").map(|symbol| symbol.name.as_str().to_owned()));
        if output.as_ref().is_some_and(|name| self.poisoned.contains(name)) || (output.is_none() && self.layers.failed) {
            return Err(Failed);
        }
        let targets: Vec<String> = self
            .network
            .symbols
            .iter()
            .filter(|symbol| symbol.role == derive_graph::Role::Target)
            .map(|symbol| symbol.name.as_str().to_owned())
            .collect();
        let (Some(output), [target]) = (output, targets.as_slice()) else {
            let message = "the short form of a loss needs a network's output and one target";
            let help = format!("name both: `loss {}(P, T)`", call.function.text);
            return Err(self.error(Diagnostic::error("E0404", message, body.span, "which prediction, which target?").help(help)));
        };
        let argument = |text: &str| {
            let name = ast::Name { text: text.to_owned(), member: None, span: call.span };
            ast::Argument { name: None, value: Expr { kind: ExprKind::Name(name), span: call.span } }
        };
        let mut full = call.clone();
        full.arguments.splice(0..0, [argument(&output), argument(target)]);
        Ok(Expr { kind: ExprKind::Call(full), span: body.span })
    }
}
