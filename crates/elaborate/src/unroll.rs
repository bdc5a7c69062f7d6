//! Repetitions written out: `for t in 1..3 { … }` becomes its statements three times, `t` replaced and every member of a family,
//! `H{t-1}`, given the name it comes to, `H{0}`.
//!
//! A member is a name of its own from here on, with the number in braces as part of its text. Both ends of a range are included. What can fail:
//! a bound that is no whole number, a member that comes to none, and more statements than the limit.

use crate::walk;
use derive_syntax::ast::BinaryOperator;
use derive_syntax::ast::{
    Argument, Call, Claim, Declaration, Definition, DimDeclaration, Expr, ExprKind, For,
    FunctionDeclaration, Layer, Loss, Name, ShapeDim, Span, Spec, Statement, StatementKind,
};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use rustc_hash::{FxHashMap, FxHashSet};

/// The most statements that a spec may come to.
pub const MAX_STATEMENTS: usize = 100_000;

/// What loop variables stand for, innermost last.
type Values = Vec<(String, i64)>;

struct Unrolling {
    sizes: FxHashMap<String, i64>,
    values: Values,
    statements: Vec<Statement>,
    diagnostics: Vec<Diagnostic>,
    /// The families and numbers of the members that are declared or defined.
    members: FxHashSet<(String, i64)>,
    /// How many terms the sums over members have come to.
    summands: usize,
}

/// How far from the number of a known member an index between braces may be, as in `W{l+2}`.
const NEAR: i64 = 8;

/// A repetition up to a bound without a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The variable that counts.
    pub variable: String,
    /// Where it begins.
    pub first: i64,
    /// The name of the bound.
    pub bound: String,
}

/// The symbolic bound of a spec: the only name without a size that a repetition runs up to. `None` if there is none or there are
/// several.
pub fn symbolic_depth(spec: &Spec) -> Option<Depth> {
    let sizes = declared_sizes(spec);
    let mut found: Option<Depth> = None;
    for statement in &spec.statements {
        let StatementKind::For(repetition) = &statement.kind else {
            continue;
        };
        let ExprKind::Name(bound) = &repetition.last.kind else {
            continue;
        };
        let ExprKind::Number(first) = &repetition.first.kind else {
            continue;
        };
        if sizes.contains_key(&bound.text) || bound.member.is_some() || !first.is_integer() {
            continue;
        }
        let depth = Depth {
            variable: repetition.variable.text.clone(),
            first: first.to_integer().to_i64()?,
            bound: bound.text.clone(),
        };
        match &found {
            Some(known) if known.bound != depth.bound || known.first != depth.first => return None,
            Some(_) => {}
            None => found = Some(depth),
        }
    }
    found
}

/// The spec without repetitions, and what was wrong with them. `given` are sizes besides the declared ones.
pub(crate) fn unroll(spec: &Spec) -> (Spec, Vec<Diagnostic>) {
    unroll_with(spec, &[])
}

/// As [`unroll`], with more names of known size.
pub(crate) fn unroll_with(spec: &Spec, given: &[(String, i64)]) -> (Spec, Vec<Diagnostic>) {
    let mut sizes = declared_sizes(spec);
    sizes.extend(given.iter().cloned());
    let mut unrolling = Unrolling {
        sizes,
        values: Vec::new(),
        statements: Vec::new(),
        diagnostics: Vec::new(),
        members: FxHashSet::default(),
        summands: 0,
    };
    unrolling.block(&spec.statements);
    let statements = unrolling.statements;
    (Spec { statements }, unrolling.diagnostics)
}

/// Sizes from `dims` lines: a bound may be the name of a dimension.
fn declared_sizes(spec: &Spec) -> FxHashMap<String, i64> {
    let mut sizes = FxHashMap::default();
    for statement in &spec.statements {
        if let StatementKind::Dims(dims) = &statement.kind {
            for dim in dims {
                if let Some((size, _)) = dim.size {
                    sizes.insert(
                        dim.name.text.clone(),
                        i64::try_from(size).unwrap_or(i64::MAX),
                    );
                }
            }
        }
    }
    sizes
}

/// The members of families that an expression mentions.
fn collect_members(expr: &Expr, members: &mut Vec<Name>) {
    walk::replace(expr, &mut |part| {
        if let ExprKind::Name(name) = &part.kind
            && name.member.is_some()
        {
            members.push(name.clone());
        }
        None
    });
}

/// Whether a number in braces depends on an index.
fn mentions(member: &Expr, index: &str) -> bool {
    let mut found = false;
    walk::each_name(member, &mut |name| found |= name.text == index);
    found
}

fn added(left: Expr, right: Expr, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Binary(BinaryOperator::Add, span, Box::new(left), Box::new(right)),
        span,
    }
}

impl Unrolling {
    fn block(&mut self, statements: &[Statement]) {
        for statement in statements {
            if self.statements.len() >= MAX_STATEMENTS {
                return self.too_many(statement.span);
            }
            match &statement.kind {
                StatementKind::For(repetition) => self.repeat(repetition, statement.span),
                _ => {
                    let kind = self.statement(&statement.kind);
                    self.remember(&statement.kind);
                    self.statements.push(Statement {
                        kind,
                        span: statement.span,
                    });
                }
            }
        }
    }

    fn too_many(&mut self, span: Span) {
        let code = "E0503";
        if self.diagnostics.iter().all(|problem| problem.code != code) {
            let message = format!("the spec comes to more than {MAX_STATEMENTS} statements");
            self.diagnostics
                .push(Diagnostic::error(code, message, span, "repeated too often"));
        }
    }

    fn repeat(&mut self, repetition: &For, span: Span) {
        let ends = (self.bound(&repetition.first), self.bound(&repetition.last));
        let (Some(first), Some(last)) = ends else {
            return;
        };
        if first > last {
            let message = format!("the range {first}..{last} is empty");
            let problem = Diagnostic::error(
                "E0212",
                message,
                repetition.first.span.to(repetition.last.span),
                "nothing to repeat",
            );
            self.diagnostics.push(problem.help(
                "a range includes both of its ends; the first must not be larger than the last",
            ));
            return;
        }
        for value in first..=last {
            if self.statements.len() >= MAX_STATEMENTS || !self.diagnostics.is_empty() {
                return if self.diagnostics.is_empty() {
                    self.too_many(span)
                };
            }
            self.values.push((repetition.variable.text.clone(), value));
            self.block(&repetition.body);
            self.values.pop();
        }
    }

    fn bound(&mut self, expr: &Expr) -> Option<i64> {
        let value = self.whole(expr);
        if value.is_none() {
            let message = format!("the bound `{}` is no known whole number", format_expr(expr));
            let problem = Diagnostic::error("E0212", message, expr.span, "not a number");
            self.diagnostics.push(
                problem.help("a bound is a number or a dimension with a size, as in `dims T = 3`; a depth that stays symbolic is a name by itself, as in `1..L`"),
            );
        }
        value
    }

    /// A whole number made of numbers, loop variables and dimensions with sizes.
    fn whole(&self, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Number(value) if value.is_integer() => value.to_integer().to_i64(),
            ExprKind::Name(name) if name.member.is_none() => {
                let value = self
                    .values
                    .iter()
                    .rev()
                    .find(|(variable, _)| *variable == name.text);
                value
                    .map(|(_, value)| *value)
                    .or_else(|| self.sizes.get(&name.text).copied())
            }
            ExprKind::Negate(inner) => self.whole(inner)?.checked_neg(),
            ExprKind::Binary(operator, _, a, b) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                match operator {
                    BinaryOperator::Add => a.checked_add(b),
                    BinaryOperator::Subtract => a.checked_sub(b),
                    BinaryOperator::Multiply => a.checked_mul(b),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The name with its member worked out.
    fn name(&mut self, name: &Name) -> Name {
        let Some(member) = &name.member else {
            return name.clone();
        };
        let Some(value) = self.whole(member) else {
            let message = format!(
                "the member `{}` is no whole number here",
                format_expr(member)
            );
            let problem = Diagnostic::error("E0212", message, member.span, "not a number");
            self.diagnostics.push(
                problem.help("between braces stand numbers and the variables of the `for` around; the index of a `sum` runs over the members that are known where it stands"),
            );
            return Name {
                member: None,
                ..name.clone()
            };
        };
        Name {
            text: format!("{}{{{value}}}", name.text),
            member: None,
            span: name.span,
        }
    }

    fn names(&mut self, names: &[Name]) -> Vec<Name> {
        names.iter().map(|name| self.name(name)).collect()
    }

    /// The expression with loop variables as numbers and members as names.
    fn expr(&mut self, expr: &Expr) -> Expr {
        walk::replace(expr, &mut |part| match &part.kind {
            ExprKind::IndexSum(indices, body) => self.sum_over_members(indices, body, part.span),
            ExprKind::Name(name) if name.member.is_some() => Some(Expr {
                kind: ExprKind::Name(self.name(name)),
                span: part.span,
            }),
            ExprKind::Name(name) => {
                let found = self
                    .values
                    .iter()
                    .rev()
                    .find(|(variable, _)| *variable == name.text)?;
                let number = BigRational::from_integer(found.1.abs().into());
                let positive = Expr {
                    kind: ExprKind::Number(number),
                    span: part.span,
                };
                Some(match found.1 < 0 {
                    true => Expr {
                        kind: ExprKind::Negate(Box::new(positive)),
                        span: part.span,
                    },
                    false => positive,
                })
            }
            _ => None,
        })
    }

    /// `sum(l) norm2(W{l})`: an index between braces runs over all numbers for which every member in the body is known. `None` if no
    /// index of the sum stands there.
    fn sum_over_members(&mut self, indices: &[Name], body: &Expr, span: Span) -> Option<Expr> {
        let mut members = Vec::new();
        collect_members(body, &mut members);
        let counts = |index: &&Name| {
            let mut inside = members.iter().filter_map(|name| name.member.as_deref());
            let bound = self.values.iter().any(|(known, _)| *known == index.text);
            !bound && inside.any(|member| mentions(member, &index.text))
        };
        let index = indices.iter().find(counts)?.clone();
        let rest: Vec<Name> = indices
            .iter()
            .filter(|it| it.text != index.text)
            .cloned()
            .collect();
        let body = match rest.is_empty() {
            true => body.clone(),
            false => Expr {
                kind: ExprKind::IndexSum(rest, Box::new(body.clone())),
                span,
            },
        };
        let mut total: Option<Expr> = None;
        for value in self.known_numbers() {
            self.values.push((index.text.clone(), value));
            if members.iter().all(|name| self.is_known(name)) {
                self.summands += 1;
                if self.summands > MAX_STATEMENTS {
                    self.values.pop();
                    self.too_many(span);
                    return total;
                }
                let term = self.expr(&body);
                total = Some(match total {
                    None => term,
                    Some(total) => added(total, term, span),
                });
            }
            self.values.pop();
        }
        Some(total.unwrap_or_else(|| self.no_number(&index, &members, span)))
    }

    /// That a sum over members has no term; what stands in its place is never used.
    fn no_number(&mut self, index: &Name, members: &[Name], span: Span) -> Expr {
        let of_index = |name: &&Name| {
            let member = name.member.as_deref();
            member.is_some_and(|member| mentions(member, &index.text))
        };
        let written = |name: &Name| {
            let member = name.member.as_deref().map(format_expr).unwrap_or_default();
            format!("`{}{{{member}}}`", name.text)
        };
        let texts: Vec<String> = members.iter().filter(of_index).map(written).collect();
        let message = format!(
            "there is no number `{}` for which {} is known",
            index.text,
            texts.join(" and ")
        );
        let problem = Diagnostic::error("E0212", message, index.span, "the sum has no term");
        self.diagnostics.push(problem.help(
            "a sum over members runs over the numbers for which all of them are declared or defined before it",
        ));
        Expr {
            kind: ExprKind::Number(BigRational::from_integer(0.into())),
            span,
        }
    }

    /// All numbers that members have had so far, and those near them, in order.
    fn known_numbers(&self) -> std::collections::BTreeSet<i64> {
        let near = |number: &i64| (number - NEAR)..=(number + NEAR);
        let numbers = self.members.iter().map(|(_, number)| number);
        numbers.flat_map(near).collect()
    }

    /// Whether a member has been declared or defined.
    fn is_known(&self, name: &Name) -> bool {
        let number = name.member.as_deref().and_then(|it| self.whole(it));
        number.is_some_and(|number| self.members.contains(&(name.text.clone(), number)))
    }

    /// Remembers the members that a statement declares or defines.
    fn remember(&mut self, kind: &StatementKind) {
        let names: Vec<&Name> = match kind {
            StatementKind::Declare(_, declarations) => {
                declarations.iter().map(|it| &it.name).collect()
            }
            StatementKind::Define(definition) => vec![&definition.name],
            _ => Vec::new(),
        };
        for name in names {
            if let Some(number) = name.member.as_deref().and_then(|it| self.whole(it)) {
                self.members.insert((name.text.clone(), number));
            }
        }
    }

    fn call(&mut self, call: &Call) -> Call {
        let argument = |it: &mut Self, argument: &Argument| Argument {
            name: argument.name.clone(),
            value: it.expr(&argument.value),
        };
        let arguments = call
            .arguments
            .iter()
            .map(|each| argument(self, each))
            .collect();
        Call {
            arguments,
            ..call.clone()
        }
    }

    fn shape(&mut self, shape: &[ShapeDim]) -> Vec<ShapeDim> {
        let dim = |it: &mut Self, dim: &ShapeDim| match dim {
            ShapeDim::Named(name) => ShapeDim::Named(it.name(name)),
            ShapeDim::Size(..) => dim.clone(),
            ShapeDim::Formula(formula) => ShapeDim::Formula(Box::new(it.expr(formula))),
        };
        shape.iter().map(|each| dim(self, each)).collect()
    }

    fn declaration(&mut self, declaration: &Declaration) -> Declaration {
        Declaration {
            name: self.name(&declaration.name),
            shape: self.shape(&declaration.shape),
            ..declaration.clone()
        }
    }

    fn layer(&mut self, layer: &Layer) -> Layer {
        let body = layer.body.as_ref().map(|body| {
            let outer = std::mem::take(&mut self.statements);
            self.block(body);
            std::mem::replace(&mut self.statements, outer)
        });
        Layer {
            name: layer.name.as_ref().map(|name| self.name(name)),
            operation: self.call(&layer.operation),
            activation: layer
                .activation
                .as_ref()
                .map(|activation| self.call(activation)),
            body,
        }
    }

    fn statement(&mut self, kind: &StatementKind) -> StatementKind {
        match kind {
            StatementKind::Network(_) | StatementKind::Convention(_) | StatementKind::For(_) => {
                kind.clone()
            }
            StatementKind::Dims(dims) => {
                let dim = |it: &mut Self, dim: &DimDeclaration| DimDeclaration {
                    name: it.name(&dim.name),
                    ..dim.clone()
                };
                StatementKind::Dims(dims.iter().map(|each| dim(self, each)).collect())
            }
            StatementKind::Declare(role, declarations) => {
                let declarations = declarations.iter().map(|each| self.declaration(each));
                StatementKind::Declare(*role, declarations.collect())
            }
            StatementKind::Function(function) => StatementKind::Function(FunctionDeclaration {
                name: self.name(&function.name),
                body: function.body.as_ref().map(|body| self.expr(body)),
                ..function.clone()
            }),
            StatementKind::Layer(layer) => StatementKind::Layer(self.layer(layer)),
            StatementKind::Define(definition) => StatementKind::Define(Definition {
                name: self.name(&definition.name),
                body: self.expr(&definition.body),
                ..definition.clone()
            }),
            StatementKind::Loss(loss) => StatementKind::Loss(Loss {
                body: self.expr(&loss.body),
                ..loss.clone()
            }),
            StatementKind::Wrt(names) => StatementKind::Wrt(self.names(names)),
            StatementKind::Update(call) => StatementKind::Update(self.call(call)),
            StatementKind::Regularize(call, names) => {
                StatementKind::Regularize(self.call(call), self.names(names))
            }
            StatementKind::Claim(claim) => StatementKind::Claim(Claim {
                left: self.expr(&claim.left),
                right: self.expr(&claim.right),
            }),
        }
    }
}
