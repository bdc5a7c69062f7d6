//! Claims: what the user believes, with its shape checked but not its truth.
//!
//! An ill-shaped claim keeps its reason in place of a value; an unknown name in it is an error of the spec.

use crate::context::{Elaborator, Frame, Outcome};
use crate::ranges::Ranges;
use crate::shape_errors::is_about_shapes;
use crate::value::Value;
use derive_graph::{Claim, ClaimSubject, Name, NodeId, Operation, Shape};
use derive_syntax::ast::{self, Call, Expr, ExprKind, Span, Statement, StatementKind};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_statement;

/// The side of a claim that says what it is about.
enum Subject {
    Gradient(Name, Shape),
    Expression(Result<Value, String>),
}

impl Elaborator<'_> {
    /// `claim LEFT = RIGHT`
    pub(crate) fn elaborate_claim(&mut self, claim: &ast::Claim, span: Span) -> Outcome<()> {
        let (base, indices) = match &claim.left.kind {
            ExprKind::Subscript(base, items) => {
                let names = self.index_names(items)?;
                self.check_distinct(&names)?;
                (base.as_ref(), names)
            }
            _ => (&claim.left, Vec::new()),
        };
        let frame = Frame {
            claim: true,
            indices: indices.clone(),
            ..Frame::default()
        };
        let subject = match &base.kind {
            ExprKind::Call(call) if call.function.text == "grad" => {
                let (name, shape) = self.grad_subject(call)?;
                Subject::Gradient(name, shape)
            }
            _ => Subject::Expression(self.shaped(&frame, &claim.left)?),
        };
        let frame = Frame {
            ranges: claimed_ranges(&subject, &indices),
            ..frame
        };
        let right = self.shaped(&frame, &claim.right)?;
        let names: Vec<String> = indices.into_iter().map(|index| index.text).collect();
        let (subject, value) = self.compare(subject, right, &names);
        self.network.claims.push(Claim {
            text: match self.lenient {
                true => String::new(),
                false => claim_text(claim, span),
            },
            span: (span.start, span.end),
            subject,
            value,
        });
        Ok(())
    }

    /// An expression whose shapes may be wrong: the reason then.
    fn shaped(&mut self, frame: &Frame, expr: &Expr) -> Outcome<Result<Value, String>> {
        let before = self.diagnostics.len();
        let value = self.within(frame.clone(), |inner| {
            let given = inner.frame.ranges.clone();
            inner.with_ranges(expr, given, |inner| inner.elaborate_expr(expr))
        });
        match value {
            Ok(value) => Ok(Ok(value)),
            // Nobody asks why what was only tried has no shape.
            Err(_) if self.lenient => {
                self.diagnostics.truncate(before);
                Ok(Err(String::new()))
            }
            Err(poisoned) => {
                let problems = &self.diagnostics[before..];
                let shapes = problems.iter().all(is_about_shapes);
                if problems.is_empty() || !shapes {
                    return Err(poisoned);
                }
                let reason = reason(&problems[0]);
                self.diagnostics.truncate(before);
                Ok(Err(reason))
            }
        }
    }

    /// Brings both sides of a claim to one shape, or says why they have none.
    fn compare(
        &mut self,
        subject: Subject,
        right: Result<Value, String>,
        indices: &[String],
    ) -> (ClaimSubject, Result<NodeId, String>) {
        match subject {
            Subject::Gradient(name, shape) => {
                let value =
                    right.and_then(|right| self.as_gradient(&name, &shape, &right, indices));
                (ClaimSubject::Gradient(name), value)
            }
            Subject::Expression(left) => {
                let any = left
                    .as_ref()
                    .or(right.as_ref())
                    .ok()
                    .map(|value| value.node);
                let pair = left.and_then(|left| self.as_pair(&left, &right?, indices));
                match pair {
                    Ok((left, right)) => (ClaimSubject::Expression(left), Ok(right)),
                    Err(reason) => {
                        let zero = num_rational::BigRational::from_integer(0.into());
                        let any = any.unwrap_or_else(|| self.number(zero).node);
                        (ClaimSubject::Expression(any), Err(reason))
                    }
                }
            }
        }
    }

    fn as_gradient(
        &mut self,
        name: &Name,
        shape: &Shape,
        right: &Value,
        indices: &[String],
    ) -> Result<NodeId, String> {
        let own = self.shape(right);
        if self.is_complex(right) {
            return Err(format!(
                "`grad({name})` is real, but the right side is complex"
            ));
        }
        if indices.is_empty() {
            if !right.named.is_empty() {
                return Err(format!(
                    "the index `{}` stands on one side only",
                    right.named[0]
                ));
            }
            return match own == *shape {
                true => Ok(right.node),
                false => Err(format!(
                    "`grad({name})` has the shape of `{name}`, {shape}, but the right side has shape {own}"
                )),
            };
        }
        if indices.len() != shape.rank() {
            return Err(format!(
                "`grad({name})` has shape {shape}, but {} indices stand on the left side",
                indices.len()
            ));
        }
        if !own.is_scalar() {
            return Err(format!(
                "one entry is claimed, but the right side has shape {own}"
            ));
        }
        self.arranged(right, indices, shape)
    }

    fn as_pair(
        &mut self,
        left: &Value,
        right: &Value,
        indices: &[String],
    ) -> Result<(NodeId, NodeId), String> {
        let (a, b) = (self.shape(left), self.shape(right));
        if a != b {
            return Err(format!("the left side has shape {a}, the right side {b}"));
        }
        let order: Vec<String> = indices
            .iter()
            .filter(|index| left.named.contains(index))
            .cloned()
            .collect();
        let mut dims: Vec<_> = order
            .iter()
            .filter_map(|index| self.index_dim(left, index))
            .collect();
        dims.extend(a.0);
        let shape = Shape(dims);
        Ok((
            self.arranged(left, &order, &shape)?,
            self.arranged(right, &order, &shape)?,
        ))
    }

    /// The array whose gradient is meant, and its shape.
    fn grad_subject(&mut self, call: &Call) -> Outcome<(Name, Shape)> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let argument = arguments.positional[0];
        let ExprKind::Name(name) = &argument.kind else {
            let message = "`grad` takes the name of an array";
            let problem = Diagnostic::error("E0208", message, argument.span, "not a name");
            return self
                .fail(problem.help("name the expression in a line of its own and use that name"));
        };
        self.check_real_name(name, "E0208")?;
        self.look_up(name)?;
        let text = self.scope.resolve(&name.text).to_owned();
        let Some(known) = self.scope.symbols.get(&text) else {
            let message = format!("`{text}` is a dimension, and nothing is differentiated by it");
            return self.fail(Diagnostic::error(
                "E0208",
                message,
                argument.span,
                "not an array",
            ));
        };
        let shape = self.network.symbols[known.symbol].shape.clone();
        Ok((Name::new(&text), shape))
    }

    /// `grad(W)` in an expression.
    pub(crate) fn call_grad(&mut self, call: &Call) -> Outcome<Value> {
        if !self.frame.claim {
            let message = "`grad` stands in a `claim` only";
            let problem = Diagnostic::error("E0208", message, call.span, "outside of a claim");
            return self
                .fail(problem.help(
                    "the derivation computes gradients by itself; a `claim` line checks one",
                ));
        }
        let (name, shape) = self.grad_subject(call)?;
        let operation = Operation::Symbol(name.cotangent());
        Ok(Value::of(self.add(operation, Vec::new(), shape)))
    }
}

/// What the indices on the left side of a claim about a gradient run over: the axes of that gradient.
fn claimed_ranges(subject: &Subject, indices: &[ast::Name]) -> Ranges {
    let dims = match subject {
        Subject::Gradient(_, shape) => shape.0.as_slice(),
        Subject::Expression(_) => &[],
    };
    let pairs = indices.iter().zip(dims);
    pairs
        .map(|(index, dim)| (index.text.clone(), dim.clone()))
        .collect()
}

fn claim_text(claim: &ast::Claim, span: Span) -> String {
    let kind = StatementKind::Claim(claim.clone());
    let text = format_statement(&Statement { kind, span });
    text.strip_prefix("claim ").unwrap_or(&text).to_owned()
}

/// A diagnostic in one line.
fn reason(problem: &Diagnostic) -> String {
    match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    }
}
