//! Sums over many indices, one inside the other.
//!
//! A sum over indices is computed as the product of its factors over all of them, which is as large as all indices together. Where there
//! are many, the sum over an index is drawn in front of the factors that have it: Σ_ijkl A_ij B_jk C_kl = Σ_j (Σ_i A_ij) Σ_k B_jk Σ_l C_kl,
//! as in variable elimination (Dechter, Bucket elimination, Artificial Intelligence 113, 1999). The formula that is printed is the flat one.

use crate::walk;
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind, Name};
use std::collections::BTreeSet;

/// Sums over no more indices than this are left as they are.
const MOST_FLAT: usize = 6;

/// A factor and which of the summed indices it has.
struct Factor {
    expr: Expr,
    indices: BTreeSet<usize>,
}

/// The sum over `indices` of `body` with every index summed where its factors meet; `None` where they are few or nothing is gained.
pub(crate) fn nested(indices: &[Name], body: &Expr) -> Option<Expr> {
    if indices.len() <= MOST_FLAT {
        return None;
    }
    let mut parts = Vec::new();
    split(body, &mut parts);
    let factor = |part: &Expr| Factor {
        indices: occurring(part, indices),
        expr: part.clone(),
    };
    let mut factors: Vec<Factor> = parts.iter().map(|part| factor(part)).collect();
    let mut left: Vec<usize> = (0..indices.len()).collect();
    while !left.is_empty() {
        let beside = |index: &usize| {
            let touching = factors.iter().filter(|it| it.indices.contains(index));
            let all: BTreeSet<usize> = touching.flat_map(|it| it.indices.iter().copied()).collect();
            all.len()
        };
        let (at, size) = left
            .iter()
            .map(beside)
            .enumerate()
            .min_by_key(|(_, size)| *size)?;
        // An index that no factor has is reported where it stands.
        if size == 0 {
            return None;
        }
        let index = left.remove(at);
        factors = summed(factors, index, &indices[index]);
    }
    let exprs = factors.into_iter().map(|factor| factor.expr);
    exprs.reduce(multiplied)
}

/// The factors with those that have an index multiplied and summed, where the first of them stood.
fn summed(factors: Vec<Factor>, index: usize, name: &Name) -> Vec<Factor> {
    let place = factors.iter().position(|it| it.indices.contains(&index));
    let (touching, mut rest): (Vec<Factor>, Vec<Factor>) = factors
        .into_iter()
        .partition(|it| it.indices.contains(&index));
    let mut beside: BTreeSet<usize> = touching.iter().flat_map(|it| it.indices.clone()).collect();
    beside.remove(&index);
    let exprs = touching.into_iter().map(|factor| factor.expr);
    if let Some(product) = exprs.reduce(multiplied) {
        let span = product.span;
        let sum = Factor {
            expr: Expr {
                kind: ExprKind::IndexSum(vec![name.clone()], Box::new(product)),
                span,
            },
            indices: beside,
        };
        rest.insert(place.unwrap_or(0).min(rest.len()), sum);
    }
    rest
}

fn split<'a>(expr: &'a Expr, parts: &mut Vec<&'a Expr>) {
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::Multiply, _, left, right) => {
            split(left, parts);
            split(right, parts);
        }
        _ => parts.push(expr),
    }
}

fn multiplied(left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr {
        kind: ExprKind::Binary(
            BinaryOperator::Multiply,
            span,
            Box::new(left),
            Box::new(right),
        ),
        span,
    }
}

/// Which of the indices an expression mentions, subscripts included.
fn occurring(expr: &Expr, indices: &[Name]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    walk::replace(expr, &mut |part| {
        if let ExprKind::Name(name) = &part.kind {
            found.extend(indices.iter().position(|index| index.text == name.text));
        }
        None
    });
    found
}
