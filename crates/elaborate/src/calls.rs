//! Calls: a table of operators, the table of elementwise functions, the losses, and the user's own functions.

use crate::context::{Elaborator, Frame, Outcome, Poisoned};
use crate::losses;
use crate::other_names;
use crate::scope::{UserFunction, nearest};
use crate::value::Value;
use crate::windows::Pooling;
use derive_graph::{Function, FunctionRow, function, function_table::FUNCTIONS};
use derive_syntax::ast::{Call, Expr, ExprKind, Name};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use derive_syntax::parse_expression;

/// What a call of an operator does.
type Run = fn(&mut Elaborator<'_>, &Call) -> Outcome<Value>;

/// The operators that are written as calls.
const OPERATORS: &[(&str, Run)] = &[
    ("sum", |it, call| it.call_sum(call)),
    ("mean", |it, call| it.call_mean(call)),
    ("norm1", |it, call| it.call_norm(call, "abs", None)),
    ("norm2", |it, call| {
        it.call_norm(call, "square", Some("sqrt"))
    }),
    ("tr", |it, call| it.call_contraction("tr", call)),
    ("outer", |it, call| it.call_contraction("outer", call)),
    ("dot", |it, call| it.call_contraction("dot", call)),
    ("softmax", |it, call| it.call_softmax(call, false)),
    ("log_softmax", |it, call| it.call_softmax(call, true)),
    ("logsumexp", |it, call| it.call_logsumexp(call)),
    ("inv", |it, call| it.call_matrix_function("inv", call)),
    ("det", |it, call| it.call_matrix_function("det", call)),
    ("logdet", |it, call| it.call_matrix_function("logdet", call)),
    ("max", |it, call| it.call_extremum(call, false)),
    ("min", |it, call| it.call_extremum(call, true)),
    ("diag", |it, call| it.call_diag(call)),
    ("eye", |it, call| it.call_eye(call)),
    ("kron", |it, call| it.call_kron(call)),
    ("concat", |it, call| it.call_concat(call)),
    ("reshape", |it, call| it.call_reshape(call)),
    ("flatten", |it, call| it.call_flatten(call)),
    ("conv1d", |it, call| it.call_convolution(call, 1)),
    ("conv2d", |it, call| it.call_convolution(call, 2)),
    ("maxpool1d", |it, call| it.call_pool(call, 1, Pooling::Max)),
    ("maxpool2d", |it, call| it.call_pool(call, 2, Pooling::Max)),
    ("avgpool1d", |it, call| it.call_pool(call, 1, Pooling::Mean)),
    ("avgpool2d", |it, call| it.call_pool(call, 2, Pooling::Mean)),
    ("circ_conv", |it, call| it.call_circular(call)),
    ("dft", |it, call| it.call_fourier(call, false)),
    ("idft", |it, call| it.call_fourier(call, true)),
    ("conj", |it, call| it.call_conjugate(call)),
    ("real", |it, call| it.call_real(call)),
    ("imag", |it, call| it.call_imaginary(call)),
    ("ones", |it, call| it.call_filled(call, 1)),
    ("zeros", |it, call| it.call_filled(call, 0)),
    ("grad", |it, call| it.call_grad(call)),
];

/// Names of functions that arrays may have too: they are short, and arrays had them first.
const SHARED: &[&str] = &["conj", "real", "imag"];

/// Whether the language has a function or an operator of this name.
pub(crate) fn is_function(text: &str) -> bool {
    let written = FUNCTIONS
        .iter()
        .any(|row| !row.internal && row.name == text);
    let operator = OPERATORS.iter().any(|(name, _)| *name == text);
    written || operator || losses::row(text).is_some()
}

/// Whether an array or a function may not have this name. Functions may not have those of the internal rows either, since
/// a node names its function by text alone.
pub(crate) fn is_reserved(text: &str, for_function: bool) -> bool {
    let shared = SHARED.contains(&text);
    (is_function(text) && !shared) || (for_function && function::row(text).is_some())
}

/// The arguments of a call.
pub(crate) struct Arguments<'c> {
    pub(crate) positional: Vec<&'c Expr>,
    named: Vec<(&'c str, &'c Expr)>,
}

impl<'c> Arguments<'c> {
    /// The argument of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&'c Expr> {
        let found = self.named.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }
}

impl Elaborator<'_> {
    pub(crate) fn elaborate_call(&mut self, call: &Call) -> Outcome<Value> {
        let text = self.plain(&call.function)?.to_owned();
        if let Some(function) = self.scope.functions.get(&text) {
            let function = function.clone();
            return self.call_user(&function, call);
        }
        if let Some(row) = self.table_row(&text, call) {
            return self.call_elementwise(row, call);
        }
        if call.primes > 0 && is_function(&text) {
            let message = format!("`{text}` is not elementwise and has no derivative `{text}'`");
            return self.fail(Diagnostic::error("E0206", message, call.span, "here"));
        }
        if let Some((_, run)) = OPERATORS.iter().find(|(name, _)| *name == text) {
            if text != "grad" {
                self.check_elementwise(&format!("`{text}`"), call.span)?;
            }
            return run(self, call);
        }
        if let Some(row) = losses::row(&text) {
            self.check_elementwise(&format!("`{text}`"), call.span)?;
            return self.call_loss(row, call);
        }
        if function::row(&text).is_some_and(|row| !row.internal) {
            let what = if is_reduction(&text) {
                format!("`{text}` as a reduction")
            } else {
                format!("`{text}`")
            };
            return self.unsupported(&what, call.span);
        }
        let problem = self.unknown_function(&call.function)?;
        self.fail(problem)
    }

    /// The row of an elementwise function; `max` and `min` of one array are reductions and not this.
    fn table_row(&self, text: &str, call: &Call) -> Option<&'static FunctionRow> {
        let row = function::row(text).filter(|row| !row.internal || self.frame.internal)?;
        let named = call
            .arguments
            .iter()
            .any(|argument| argument.name.is_some());
        let reduction = is_reduction(text) && (call.arguments.len() < 2 || named);
        (!reduction).then_some(row)
    }

    fn unknown_function(&self, name: &Name) -> Outcome<Diagnostic> {
        let text = name.text.as_str();
        if self.scope.poisoned.contains(text) {
            return Err(Poisoned);
        }
        let array = self.scope.symbols.contains_key(self.scope.resolve(text));
        if array || self.scope.dims.contains_key(text) || self.frame.locals.contains_key(text) {
            let message = format!("`{text}` is not a function");
            let help = format!(
                "write `{text} * (…)` for the product entry by entry, `{text} @ (…)` for the matrix product"
            );
            return Ok(
                Diagnostic::error("E0206", message, name.span, "called like one").help(help),
            );
        }
        if let Some(problem) = self.too_early(name) {
            return Ok(problem);
        }
        let mut known: Vec<&str> = self.scope.functions.keys().map(String::as_str).collect();
        known.extend(
            FUNCTIONS
                .iter()
                .filter(|row| !row.internal)
                .map(|row| row.name),
        );
        known.extend(OPERATORS.iter().map(|(name, _)| *name));
        known.extend(losses::LOSSES.iter().map(|row| row.name));
        let message = format!("there is no function `{text}`");
        let problem = Diagnostic::error("E0207", message, name.span, "unknown function");
        if let Some(here) = other_names::written_here(text) {
            return Ok(problem.help(format!("here that is written `{here}`")));
        }
        Ok(match nearest(text, known) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help(format!(
                "declare it: `function {text}` for any differentiable function, or with its expression"
            )),
        })
    }

    /// The arguments, of which as many as in `counts` are positional and the others have names out of `allowed`.
    pub(crate) fn arguments<'c>(
        &mut self,
        call: &'c Call,
        counts: std::ops::RangeInclusive<usize>,
        allowed: &[&str],
    ) -> Outcome<Arguments<'c>> {
        let mut positional = Vec::new();
        let mut named: Vec<(&str, &Expr)> = Vec::new();
        for argument in &call.arguments {
            match &argument.name {
                None => positional.push(&argument.value),
                Some(name) if !allowed.contains(&name.text.as_str()) => {
                    return self.unknown_argument(call, name, allowed);
                }
                Some(name) if named.iter().any(|(known, _)| *known == name.text) => {
                    let message = format!("the argument `{}` stands twice", name.text);
                    return self.fail(Diagnostic::error("E0211", message, name.span, "again"));
                }
                Some(name) => named.push((&name.text, &argument.value)),
            }
        }
        if counts.contains(&positional.len()) {
            return Ok(Arguments { positional, named });
        }
        let wanted = match (*counts.start(), *counts.end()) {
            (1, 1) => "1 argument".to_owned(),
            (few, many) if few == many => format!("{few} arguments"),
            (few, usize::MAX) => format!("at least {few}"),
            (few, many) => format!("{few} to {many} arguments"),
        };
        let message = format!(
            "`{}` takes {wanted}, not {}",
            call.function.text,
            positional.len()
        );
        let problem = Diagnostic::error("E0211", message, call.span, "here");
        self.fail(match allowed {
            [] => problem,
            _ => problem.help(format!("its arguments are `{}`", allowed.join("`, `"))),
        })
    }

    fn unknown_argument<T>(&mut self, call: &Call, name: &Name, allowed: &[&str]) -> Outcome<T> {
        let function = &call.function.text;
        let message = format!("`{function}` has no argument `{}`", name.text);
        let problem = Diagnostic::error("E0211", message, name.span, "unknown argument");
        let help = match allowed {
            [] => format!("`{function}` has no named arguments"),
            _ => format!("its named arguments are `{}`", allowed.join("`, `")),
        };
        self.fail(problem.help(help))
    }

    /// The values of expressions, all of which have their say.
    pub(crate) fn elaborate_all(&mut self, exprs: &[&Expr]) -> Outcome<Vec<Value>> {
        let values: Vec<Outcome<Value>> =
            exprs.iter().map(|expr| self.elaborate_expr(expr)).collect();
        values.into_iter().collect()
    }

    fn call_elementwise(&mut self, row: &'static FunctionRow, call: &Call) -> Outcome<Value> {
        if call.primes > 0 && row.arity - row.defaults.len() != 1 {
            let message = format!(
                "`{}` has several arguments and no derivative `{}'`",
                row.name, row.name
            );
            return self.fail(Diagnostic::error("E0206", message, call.span, "here"));
        }
        let least = row.arity - row.defaults.len();
        let arguments = self.arguments(call, least..=row.arity, &[])?;
        let mut values = self.elaborate_all(&arguments.positional)?;
        for text in &row.defaults[values.len() - least..] {
            let value = self.constant(text)?;
            values.push(value);
        }
        if let [value] = values.as_slice()
            && self.is_complex(value)
            && call.primes == 0
        {
            match row.name {
                "abs" => return Ok(self.magnitude(value)),
                "square" => return Ok(self.squared(value)),
                _ => {}
            }
        }
        let function = Function {
            primes: call.primes,
            ..Function::named(row.name)
        };
        match self.apply_function(function, &values) {
            Ok(value) => Ok(value),
            Err(clash) => self.call_mismatch(call, &arguments.positional, &values, clash),
        }
    }

    /// A number in a table, as decimal text.
    fn constant(&mut self, text: &str) -> Outcome<Value> {
        match parse_expression(text).map(|expr| expr.kind) {
            Ok(ExprKind::Number(value)) => Ok(self.number(value)),
            _ => self.fail(Diagnostic::error(
                "E0502",
                format!("`{text}` is no number"),
                self.span,
                "here",
            )),
        }
    }

    fn call_user(&mut self, function: &UserFunction, call: &Call) -> Outcome<Value> {
        let count = function.declaration.parameters.len().max(1);
        let arguments = self.arguments(call, count..=count, &[])?;
        let values = self.elaborate_all(&arguments.positional)?;
        let name = &function.declaration.name.text;
        if !function.inlined {
            let applied = Function {
                primes: call.primes,
                ..Function::named(name)
            };
            return Ok(match self.apply_function(applied, &values) {
                Ok(value) => value,
                Err(_) => values[0].clone(),
            });
        }
        if call.primes > 0 {
            let what = format!(
                "the derivative of `{name}`, which has several arguments or uses other arrays,"
            );
            return self.unsupported(&what, call.span);
        }
        self.inline(function, values, call)
    }

    fn inline(
        &mut self,
        function: &UserFunction,
        values: Vec<Value>,
        call: &Call,
    ) -> Outcome<Value> {
        let Some(body) = &function.declaration.body else {
            return Err(Poisoned);
        };
        let parameters = function.declaration.parameters.iter();
        let frame = Frame {
            locals: parameters
                .map(|name| name.text.clone())
                .zip(values)
                .collect(),
            elementwise: true,
            ..Frame::default()
        };
        let before = self.diagnostics.len();
        let value = self.within(frame, |inner| inner.elaborate_expr(body));
        let written = Expr {
            kind: ExprKind::Call(call.clone()),
            span: call.span,
        };
        for problem in &mut self.diagnostics[before..] {
            *problem = problem.clone().label(
                call.span,
                format!("in the call `{}`", format_expr(&written)),
            );
        }
        value
    }
}

fn is_reduction(text: &str) -> bool {
    matches!(text, "max" | "min")
}
