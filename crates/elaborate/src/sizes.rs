//! Whole numbers made of dimensions and indices: sizes of axes, ends of slices, and affine subscripts.
//!
//! `n - k + 1`, `c*h*w`, `floor((n - k)/2) + 1`, `2*p + r - 1`: sums of products in which an index occurs at most once a product.

use crate::context::{Elaborator, Outcome};
use crate::shape_errors::quoted;
use derive_graph::{Dim, Name, Polynomial};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind};
use derive_syntax::diagnostic::Diagnostic;
use num_traits::ToPrimitive;

/// Larger numbers do not stand in sizes.
const MAX_SIZE: i64 = 1 << 40;

/// Σ c_k k + constant, in named indices.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AffineExpr {
    /// Indices in order of first mention, with their coefficients.
    pub(crate) terms: Vec<(String, Polynomial)>,
    /// What is added.
    pub(crate) constant: Polynomial,
}

impl AffineExpr {
    fn constant(constant: Polynomial) -> AffineExpr {
        AffineExpr {
            terms: Vec::new(),
            constant,
        }
    }

    fn plus(mut self, other: &AffineExpr, sign: i64) -> AffineExpr {
        for (index, coefficient) in &other.terms {
            let coefficient = coefficient.scaled(sign);
            match self.terms.iter_mut().find(|(known, _)| known == index) {
                Some((_, sum)) => *sum = sum.plus(&coefficient),
                None => self.terms.push((index.clone(), coefficient)),
            }
        }
        self.constant = self.constant.plus(&other.constant.scaled(sign));
        self.terms.retain(|(_, coefficient)| !coefficient.is_zero());
        self
    }

    fn times(self, factor: &Polynomial) -> AffineExpr {
        AffineExpr {
            terms: self
                .terms
                .iter()
                .map(|(index, c)| (index.clone(), c.times(factor)))
                .collect(),
            constant: self.constant.times(factor),
        }
    }

    /// The index, if this is one and nothing more.
    pub(crate) fn as_index(&self) -> Option<&str> {
        match self.terms.as_slice() {
            [(index, coefficient)] if coefficient.is(1) && self.constant.is_zero() => Some(index),
            _ => None,
        }
    }
}

/// What an affine expression says, for the words about a name that is not known.
#[derive(Clone, Copy)]
enum Wanted {
    Size,
    Place,
}

impl Elaborator<'_> {
    /// A size of at least 1.
    pub(crate) fn elaborate_dim(&mut self, expr: &Expr) -> Outcome<Dim> {
        let size = self.elaborate_size(expr)?;
        match size.to_dim() {
            Some(dim) if self.network.size(&dim).is_some() || self.sizes_missing(&dim) => Ok(dim),
            _ => {
                let message = format!("`{}` is not at least 1", quoted(expr));
                self.fail(Diagnostic::error(
                    "E0310",
                    message,
                    expr.span,
                    "an axis has at least one entry",
                ))
            }
        }
    }

    /// Whether some dimension in it has no declared size, so that nothing is known of its value.
    pub(crate) fn sizes_missing(&self, dim: &Dim) -> bool {
        let mut missing = false;
        dim.mention(&mut |name| missing |= self.network.size(&Dim::Named(name.clone())).is_none());
        missing
    }

    /// A whole number without indices.
    pub(crate) fn elaborate_size(&mut self, expr: &Expr) -> Outcome<Polynomial> {
        let affine = self.elaborate_affine(expr, Wanted::Size)?;
        match affine.terms.first() {
            None => Ok(affine.constant),
            Some((index, _)) => {
                let message = format!("a size cannot depend on the index `{index}`");
                self.fail(Diagnostic::error(
                    "E0310",
                    message,
                    expr.span,
                    "an index in a size",
                ))
            }
        }
    }

    /// The place of an entry: an affine function of the indices in scope.
    pub(crate) fn elaborate_place(&mut self, expr: &Expr) -> Outcome<AffineExpr> {
        self.elaborate_affine(expr, Wanted::Place)
    }

    fn elaborate_affine(&mut self, expr: &Expr, wanted: Wanted) -> Outcome<AffineExpr> {
        match &expr.kind {
            ExprKind::Number(value) if value.is_integer() => {
                let number = value
                    .to_integer()
                    .to_i64()
                    .filter(|size| size.abs() <= MAX_SIZE);
                match number {
                    Some(number) => Ok(AffineExpr::constant(number.into())),
                    None => self.not_affine(expr, "the number is too large"),
                }
            }
            ExprKind::Name(name) => {
                let text = self.plain(name)?.to_owned();
                if self.frame.indices.iter().any(|index| index.text == text) {
                    return Ok(AffineExpr {
                        terms: vec![(text, 1.into())],
                        constant: 0.into(),
                    });
                }
                if self.scope.dims.contains_key(&text) {
                    return Ok(AffineExpr::constant((&Dim::Named(Name::new(&text))).into()));
                }
                let problem = match wanted {
                    Wanted::Size => Diagnostic::error(
                        "E0201",
                        format!("there is no dimension `{text}`"),
                        name.span,
                        "unknown",
                    )
                    .help(format!("declare it: `dims {text}`")),
                    Wanted::Place => self.unknown_index(name),
                };
                self.fail(problem)
            }
            ExprKind::Negate(inner) => {
                Ok(AffineExpr::default().plus(&self.elaborate_affine(inner, wanted)?, -1))
            }
            ExprKind::Binary(BinaryOperator::Add, _, a, b) => {
                let a = self.elaborate_affine(a, wanted)?;
                Ok(a.plus(&self.elaborate_affine(b, wanted)?, 1))
            }
            ExprKind::Binary(BinaryOperator::Subtract, _, a, b) => {
                let a = self.elaborate_affine(a, wanted)?;
                Ok(a.plus(&self.elaborate_affine(b, wanted)?, -1))
            }
            ExprKind::Binary(BinaryOperator::Multiply, _, a, b) => {
                let (a, b) = (
                    self.elaborate_affine(a, wanted)?,
                    self.elaborate_affine(b, wanted)?,
                );
                match (a.terms.is_empty(), b.terms.is_empty()) {
                    (true, _) => Ok(b.times(&a.constant)),
                    (_, true) => Ok(a.times(&b.constant)),
                    _ => self.not_affine(expr, "two indices are multiplied"),
                }
            }
            ExprKind::Binary(BinaryOperator::Divide, _, a, b) => self.exact_quotient(expr, a, b),
            ExprKind::Call(call) if call.function.text == "floor" && call.arguments.len() == 1 => {
                match &call.arguments[0].value.kind {
                    ExprKind::Binary(BinaryOperator::Divide, _, a, b) => {
                        let a = self.elaborate_size(a)?;
                        let by = self.divisor(b)?;
                        Ok(AffineExpr::constant(a.quotient(by)))
                    }
                    _ => self
                        .not_affine(expr, "`floor` stands around a quotient, as in `floor(n/2)`"),
                }
            }
            _ => self.not_affine(expr, "not a sum of indices, dimensions and numbers"),
        }
    }

    /// `n*4/2`, which leaves nothing whatever the sizes, or `d/2`, which says that d is a multiple of 2.
    fn exact_quotient(&mut self, expr: &Expr, a: &Expr, b: &Expr) -> Outcome<AffineExpr> {
        let whole = self.elaborate_size(a)?;
        let by = self.divisor(b)?;
        let share = whole.share(by);
        if whole.quotient(by) == share {
            return Ok(AffineExpr::constant(share));
        }
        let known = whole.value(&|name| self.network.declared_size(name));
        if whole.as_constant().or(known).is_some_and(|it| it % by != 0) {
            return self.not_affine(
                expr,
                "the division leaves a rest; round it down with `floor(…)`",
            );
        }
        let note = format!("{share} is a size, so {whole} is taken to be a multiple of {by}");
        if known.is_none() && !self.network.notes.contains(&note) {
            self.note(note);
        }
        if !self.network.shares.contains(&share) {
            self.network.shares.push(share.clone());
        }
        Ok(AffineExpr::constant(share))
    }

    fn divisor(&mut self, expr: &Expr) -> Outcome<i64> {
        let by = self.elaborate_size(expr)?.as_constant();
        match by.filter(|by| (1..=MAX_SIZE).contains(by)) {
            Some(by) => Ok(by),
            None => self.not_affine(expr, "a size is divided by a number from 1 on only"),
        }
    }

    fn not_affine<T>(&mut self, expr: &Expr, why: &str) -> Outcome<T> {
        let message = format!(
            "`{}` is no affine expression in indices and dimensions",
            quoted(expr)
        );
        self.fail(Diagnostic::error("E0310", message, expr.span, why))
    }
}
