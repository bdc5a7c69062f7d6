//! The products of some factors that fit: every order, with and without transposes, of matrix products and products entry by entry.

use crate::expression::{binary, transposed};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind};

/// Most factors whose orders are tried.
const MOST_FACTORS: usize = 4;

/// The factors of a chain of products, without their transposes; nothing where it is no such chain.
pub fn factors(expr: &Expr) -> Vec<Expr> {
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::MatMul | BinaryOperator::Multiply, _, a, b) => {
            [factors(a), factors(b)].concat()
        }
        ExprKind::Call(call) if call.function.text == "outer" => call
            .arguments
            .iter()
            .flat_map(|argument| factors(&argument.value))
            .collect(),
        ExprKind::Transpose(inner) => factors(inner),
        _ => vec![expr.clone()],
    }
}

/// Every product of the factors; the same ones in other places of the formula stay as they are.
pub fn products(factors: &[Expr]) -> Vec<Expr> {
    if !(2..=MOST_FACTORS).contains(&factors.len()) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for order in orders(factors.len()) {
        for turned in 0..1usize << factors.len() {
            let chosen: Vec<Expr> = order
                .iter()
                .map(|&at| match turned >> at & 1 {
                    0 => factors[at].clone(),
                    _ => transposed(factors[at].clone()),
                })
                .collect();
            all.extend(grouped(&chosen));
        }
    }
    all
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |orders, next| {
        let inserted = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, next);
                longer
            })
        };
        orders.into_iter().flat_map(inserted).collect()
    })
}

/// The factors in this order under both signs, brackets from the left; with three, from the right as well.
fn grouped(factors: &[Expr]) -> Vec<Expr> {
    const SIGNS: [BinaryOperator; 2] = [BinaryOperator::MatMul, BinaryOperator::Multiply];
    let mut all = vec![factors[0].clone()];
    for factor in &factors[1..] {
        let longer = |left: &Expr| SIGNS.map(|sign| binary(sign, left.clone(), factor.clone()));
        all = all.iter().flat_map(longer).collect();
    }
    if let [a, b, c] = factors {
        for first in SIGNS {
            for second in SIGNS {
                let inner = binary(second, b.clone(), c.clone());
                all.push(binary(first, a.clone(), inner));
            }
        }
    }
    all
}
