//! The loss: short forms written out, calls of losses expanded from their table, penalties added.

use crate::context::{Elaborator, Frame, Outcome, Poisoned};
use crate::losses::{self, LossRow};
use crate::make;
use crate::shape_errors::quoted;
use crate::value::Value;
use crate::walk;
use derive_graph::{Convention, Role, Shape};
use derive_syntax::ast::{
    self, Argument, BinaryOperator, Call, Expr, ExprKind, Span, Statement, StatementKind,
};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use derive_syntax::parse_expression;

/// The arguments of a loss.
struct LossArguments<'c> {
    prediction: &'c Expr,
    target: &'c Expr,
    parameter: Option<&'c Expr>,
    mean: bool,
}

/// Whether the argument is the word `mean` or `sum`.
fn is_reduction(argument: &Argument) -> bool {
    match &argument.value.kind {
        ExprKind::Name(name) => matches!(name.text.as_str(), "mean" | "sum"),
        _ => false,
    }
}

/// Whether nothing is said of prediction and target: every argument is a reduction or a number.
fn is_short(call: &Call) -> bool {
    let said = |argument: &Argument| {
        let number = matches!(argument.value.kind, ExprKind::Number(_));
        !(number || is_reduction(argument))
    };
    let words =
        call.arguments.len() == 1 && matches!(call.arguments[0].value.kind, ExprKind::Name(_));
    words || !call.arguments.iter().any(said)
}

impl Elaborator<'_> {
    /// `loss EXPR`
    pub(crate) fn elaborate_loss(&mut self, loss: &ast::Loss, span: Span) -> Outcome<()> {
        if let Some(first) = self.loss.place {
            let message = "the spec has two losses";
            let problem = Diagnostic::error("E0403", message, span, "the second one");
            return self.fail(
                problem
                    .label(first, "the first one")
                    .help("add them up in one line"),
            );
        }
        self.loss.place = Some(span);
        if let Some(name) = &loss.name {
            let text = self.check_free(name, false)?;
            self.network.loss.name = derive_graph::Name::new(&text);
            self.loss.name = Some(name.clone());
        }
        let body = self.written_out(&self.canonical(&loss.body))?;
        let value = self.elaborate_expr(&body)?;
        self.check_scalar(&value, &body)?;
        self.loss.node = Some(value.node);
        self.loss.statement = Some(ast::Loss {
            name: loss.name.clone(),
            body,
        });
        self.emit_loss();
        Ok(())
    }

    fn check_scalar(&mut self, value: &Value, body: &Expr) -> Outcome<()> {
        let shape = self.shape(value);
        if shape.is_scalar() {
            return self.check_real_loss(value, body);
        }
        let text = quoted(body);
        let message = format!("the loss is not a scalar: it has shape {shape}");
        let problem = Diagnostic::error("E0402", message, body.span, shape.to_string());
        let form = match format_expr(body) {
            long if long != text => "…".to_owned(),
            short => short,
        };
        self.fail(problem.help(format!("write `sum({form})` or `mean({form})`")))
    }

    /// The loss with every short call given the output of the network and its only target.
    fn written_out(&mut self, body: &Expr) -> Outcome<Expr> {
        let mut failed = None;
        let expr = walk::replace(body, &mut |part| {
            let call = match &part.kind {
                ExprKind::Call(call) if losses::row(&call.function.text).is_some() => call.clone(),
                ExprKind::Name(name) if losses::row(&name.text).is_some() => Call {
                    function: name.clone(),
                    primes: 0,
                    arguments: Vec::new(),
                    span: part.span,
                },
                _ => return None,
            };
            if !is_short(&call) {
                return None;
            }
            match self.short_arguments(&call) {
                Ok(mut arguments) => {
                    arguments.extend(call.arguments.clone());
                    Some(make::call(&call.function.text, arguments, part.span))
                }
                Err(poisoned) => {
                    failed = Some(poisoned);
                    None
                }
            }
        });
        match failed {
            Some(poisoned) => Err(poisoned),
            None => Ok(expr),
        }
    }

    fn short_arguments(&mut self, call: &Call) -> Outcome<Vec<Argument>> {
        let output = self.output();
        let targets = self
            .network
            .symbols
            .iter()
            .filter(|symbol| symbol.role == Role::Target);
        let targets: Vec<String> = targets
            .map(|symbol| symbol.name.as_str().to_owned())
            .collect();
        let name = &call.function.text;
        let problem = match (output?, targets.as_slice()) {
            (Some(output), [target]) => {
                let both = [output, target.clone()];
                return Ok(both
                    .map(|text| make::positional(make::variable(&text, call.span)))
                    .into());
            }
            (None, _) => {
                format!("`{name}` has no prediction: the spec has no layers and no `yhat`")
            }
            (_, []) => format!("`{name}` has no target: the spec declares none"),
            (_, many) => format!(
                "`{name}` cannot tell which target is meant: `{}`",
                many.join("` or `")
            ),
        };
        if self
            .scope
            .poisoned
            .iter()
            .any(|name| self.outline.defined.contains_key(name.as_str()))
        {
            return Err(Poisoned);
        }
        let problem = Diagnostic::error("E0406", problem, call.span, "the short form");
        self.fail(problem.help(format!("name both, as in `{name}(P, T, mean)`")))
    }

    /// The output of the network: `yhat` if that is an intermediate, or what the last layer made.
    fn output(&mut self) -> Outcome<Option<String>> {
        if self.scope.poisoned.contains("yhat") {
            return Err(Poisoned);
        }
        let yhat = self.scope.symbols.get("yhat").map(|known| known.symbol);
        if yhat.is_some_and(|number| self.network.symbols[number].role == Role::Intermediate) {
            return Ok(Some("yhat".to_owned()));
        }
        self.layers.current.clone().transpose()
    }

    /// `cross_entropy(P, T, mean)`
    pub(crate) fn call_loss(&mut self, row: &'static LossRow, call: &Call) -> Outcome<Value> {
        let arguments = self.loss_arguments(row, call)?;
        let mut exprs = vec![arguments.prediction, arguments.target];
        exprs.extend(arguments.parameter);
        let mut values = self.elaborate_all(&exprs)?;
        self.check_same_shape(call, &exprs, &values)?;
        let shape = self.shape(&values[0]);
        let samples = self.samples(&shape);
        let mean = arguments.mean && samples.is_some();
        let template = if mean { row.mean } else { row.sum };
        let written = self.expansion(template, &exprs, row, &shape);
        if let Some(default) = row.parameter.filter(|_| values.len() < 3) {
            values.push(self.template(default, Frame::default())?);
        }
        let names = ["P", "T", "t"].map(str::to_owned);
        let mut frame = Frame {
            internal: true,
            ..Frame::default()
        };
        frame.locals.extend(names.into_iter().zip(values));
        frame
            .locals
            .extend(samples.map(|samples| ("n".to_owned(), samples)));
        let value = self.template(template, frame)?;
        let call = Expr {
            kind: ExprKind::Call(call.clone()),
            span: call.span,
        };
        self.note(format!("`{}` is `{written}`", format_expr(&call)));
        Ok(value)
    }

    /// Adds a note unless it is there.
    pub(crate) fn note(&mut self, text: String) {
        if !self.network.notes.contains(&text) {
            self.network.notes.push(text);
        }
    }

    fn template(&mut self, text: &str, frame: Frame) -> Outcome<Value> {
        // A test parses every template of the table.
        let expr = parse_expression(text).map_err(|_| Poisoned)?;
        self.within(frame, |inner| inner.elaborate_expr(&expr))
    }

    /// The template with the arguments put in, for the reader.
    fn expansion(&self, template: &str, exprs: &[&Expr], row: &LossRow, shape: &Shape) -> String {
        let Ok(expr) = parse_expression(template) else {
            return template.to_owned();
        };
        let samples = self.sample_dim(shape).map(|dim| dim.to_string());
        let written = walk::replace(&expr, &mut |part| match &part.kind {
            ExprKind::Name(name) => match name.text.as_str() {
                "P" => Some(exprs[0].clone()),
                "T" => Some(exprs[1].clone()),
                "t" => match exprs.get(2) {
                    Some(given) => Some((*given).clone()),
                    None => parse_expression(row.parameter?).ok(),
                },
                "n" => parse_expression(samples.as_ref()?).ok(),
                _ => None,
            },
            _ => None,
        });
        format_expr(&written)
    }

    fn sample_dim(&self, shape: &Shape) -> Option<derive_graph::Dim> {
        match (shape.rank() >= 2, self.network.convention) {
            (false, _) => None,
            (true, Convention::Rows) => shape.0.first().cloned(),
            (true, Convention::Columns) => shape.0.last().cloned(),
        }
    }

    /// The number of samples; `None` for a single one.
    fn samples(&mut self, shape: &Shape) -> Option<Value> {
        let dim = self.sample_dim(shape).filter(|dim| !dim.is_unit())?;
        Some(self.size_of(&dim))
    }

    fn loss_arguments<'c>(&mut self, row: &LossRow, call: &'c Call) -> Outcome<LossArguments<'c>> {
        let most = 3 + usize::from(row.parameter.is_some());
        let mut given = self.arguments(call, 2..=most, &[])?.positional;
        let named = |expr: &Expr, word: &str| matches!(&expr.kind, ExprKind::Name(name) if name.text == word);
        let last = given[given.len() - 1];
        let reduced = given.len() > 2 && (named(last, "mean") || named(last, "sum"));
        if reduced {
            given.pop();
        }
        if named(last, "sum") && reduced && !row.summable {
            let message = format!("`{}` is always the mean over all entries", row.name);
            let problem = Diagnostic::error("E0405", message, last.span, "not a sum");
            return self.fail(problem.help("the sum is `squared_error`"));
        }
        let parameters = 2 + usize::from(row.parameter.is_some());
        if given.len() > parameters {
            let message = format!(
                "`{}` is reduced by `sum` or `mean`, not by `{}`",
                row.name,
                quoted(last)
            );
            let problem = Diagnostic::error("E0405", message, last.span, "not a reduction");
            return self.fail(
                problem.help("`sum` is the default; `mean` divides by the number of samples"),
            );
        }
        Ok(LossArguments {
            prediction: given[0],
            target: given[1],
            parameter: given.get(2).copied(),
            mean: reduced && named(last, "mean"),
        })
    }

    /// Prediction and target must have one shape: a silent broadcast between them is the classic mistake.
    fn check_same_shape(&mut self, call: &Call, exprs: &[&Expr], values: &[Value]) -> Outcome<()> {
        let (a, b) = (self.shape(&values[0]), self.shape(&values[1]));
        if a == b || a.is_scalar() || b.is_scalar() {
            return Ok(());
        }
        let name = &call.function.text;
        let message = format!("prediction and target of `{name}` differ in shape: {a} and {b}");
        let mut problem =
            Diagnostic::error("E0306", message, call.function.span, "one shape is needed");
        for (expr, value) in exprs.iter().zip(values).take(2) {
            let operand = crate::expression::Operand { expr, value };
            problem = self.label_operand(problem, operand);
            let other = if self.shape(value) == a { &b } else { &a };
            for dim in self
                .shape(value)
                .0
                .iter()
                .filter(|dim| !other.0.contains(dim))
            {
                problem = self.label_origin(problem, operand, dim);
            }
        }
        let reversed = Shape(b.0.iter().rev().cloned().collect());
        if reversed == a {
            let turned = make::transpose(exprs[1].clone());
            problem = problem.help(format!("did you mean `{}`?", format_expr(&turned)));
        } else if a.rank() == b.rank() + 1 {
            problem = problem.help(format!(
                "give the target the shape {a}; a target of classes is one-hot"
            ));
        }
        self.fail(problem)
    }

    /// `regularize l2(lambda) on W1, W2`
    pub(crate) fn elaborate_regularize(
        &mut self,
        penalty: &Call,
        names: &[ast::Name],
        span: Span,
    ) -> Outcome<()> {
        self.loss.to_come = self.loss.to_come.saturating_sub(1);
        let made = self.penalties(penalty, names, span);
        self.emit_loss();
        made
    }

    fn penalties(&mut self, penalty: &Call, names: &[ast::Name], span: Span) -> Outcome<()> {
        let kind = self.plain(&penalty.function)?.to_owned();
        if kind != "l1" && kind != "l2" {
            let message = format!("there is no penalty `{kind}`");
            let problem =
                Diagnostic::error("E0408", message, penalty.function.span, "unknown penalty");
            return self.fail(problem.help("the penalties are `l1` and `l2`"));
        }
        let strength = self.arguments(penalty, 1..=1, &[])?.positional[0].clone();
        if let ExprKind::Name(name) = &strength.kind
            && !self
                .scope
                .symbols
                .contains_key(self.scope.resolve(&name.text))
        {
            let made = make::declaration(ast::Role::Const, &name.text, Vec::new(), name.span);
            self.elaborate_made(made, span)?;
        }
        let value = self.elaborate_expr(&strength)?;
        if !self.shape(&value).is_scalar() {
            let message = format!("the strength of `{kind}` is not a scalar");
            return self.fail(Diagnostic::error(
                "E0408",
                message,
                strength.span,
                "an array",
            ));
        }
        for name in names {
            let place = name.span;
            let array = make::variable(self.scope.resolve(self.plain_text(name)), place);
            let term = penalty_term(&kind, &self.canonical(&strength), array, place);
            let node = self.elaborate_expr(&term)?.node;
            self.loss.penalties.push((term, node));
        }
        Ok(())
    }

    fn plain_text<'n>(&self, name: &'n ast::Name) -> &'n str {
        &name.text
    }

    /// Puts the loss with its penalties among the equations, once both are complete.
    fn emit_loss(&mut self) {
        let Some(loss) = self
            .loss
            .statement
            .clone()
            .filter(|_| self.loss.to_come == 0)
        else {
            return;
        };
        let terms = self.loss.penalties.iter().map(|(term, _)| term.clone());
        let body = terms.fold(loss.body, |sum, term| {
            make::binary(BinaryOperator::Add, sum, term)
        });
        let statement = Statement {
            span: self.loss.place.unwrap_or_default(),
            kind: StatementKind::Loss(ast::Loss { body, ..loss }),
        };
        self.equations.push(statement);
        self.loss.statement = None;
    }
}

/// λ/2 Σ A² or λ Σ |A|
fn penalty_term(kind: &str, strength: &Expr, array: Expr, span: Span) -> Expr {
    let sum = |inner: Expr| make::call("sum", vec![make::positional(inner)], span);
    if kind == "l1" {
        let magnitudes = make::call("abs", vec![make::positional(array)], span);
        return make::binary(BinaryOperator::Multiply, strength.clone(), sum(magnitudes));
    }
    let two = || make::integer(2, span);
    let half = make::binary(BinaryOperator::Divide, strength.clone(), two());
    let squares = make::binary(BinaryOperator::Power, array, two());
    make::binary(BinaryOperator::Multiply, half, sum(squares))
}
