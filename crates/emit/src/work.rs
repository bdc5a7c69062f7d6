//! How many multiplications an expression takes, in the sizes of its dimensions.
//!
//! A division, a root and a power that is not whole count as one; a power n as n − 1; a function of an n×n matrix as n³; functions entry by
//! entry, sums and reading count as none. A product counts at its full size, its scalars as one factor.

use crate::code::{Arena, Id, Op};
use derive_graph::{Dim, Polynomial};
use num_traits::{One, Signed, ToPrimitive};
use std::collections::HashMap;

/// The multiplications of a node and of what it is made of, up to nodes with a variable of their own. What is written twice counts
/// twice.
pub(crate) fn multiplications(
    arena: &Arena,
    id: Id,
    variables: &HashMap<Id, String>,
) -> Polynomial {
    let node = arena.node(id);
    let mut work = own(arena, id);
    for &argument in &node.arguments {
        if variables.contains_key(&argument) {
            continue;
        }
        work = work.plus(&multiplications(arena, argument, variables));
        // A product counts its divisions; elsewhere 1/x is one by itself.
        if node.op != Op::Product && is_reciprocal(arena, argument) {
            work = work.plus(&size(arena.dims(argument)));
        }
    }
    work
}

fn is_reciprocal(arena: &Arena, id: Id) -> bool {
    matches!(&arena.node(id).op, Op::Power(exponent) if exponent.is_negative())
}

/// The multiplications of the node alone.
fn own(arena: &Arena, id: Id) -> Polynomial {
    let node = arena.node(id);
    let entries = size(&node.dims);
    match &node.op {
        Op::Product => entries.scaled(products(arena, &node.arguments)),
        Op::Power(exponent) => {
            let whole = exponent.is_integer();
            let power = exponent.to_integer().abs().to_i64().unwrap_or(1);
            // The reciprocal of a power is counted by the product that it stands in.
            entries.scaled(if whole { power - 1 } else { 1 })
        }
        Op::Xlogy | Op::Softmax { log: false, .. } => entries,
        Op::MatMul => {
            let inner = arena.dims(node.arguments[0]).last();
            inner.map_or(entries.clone(), |dim| entries.times(&dim.into()))
        }
        Op::Einsum(labels) if node.arguments.len() > 1 => {
            all_labels(arena, labels, &node.arguments)
        }
        Op::MatrixFunction(_) => {
            let square = size(arena.dims(node.arguments[0]));
            let side = arena.dims(node.arguments[0]).first();
            side.map_or(square.clone(), |dim| square.times(&dim.into()))
        }
        _ => Polynomial::default(),
    }
}

/// How many times entries are multiplied or divided in a product.
fn products(arena: &Arena, factors: &[Id]) -> i64 {
    let is_sign = |id: &Id| {
        arena
            .as_number(*id)
            .is_some_and(|value| value.abs().is_one())
    };
    let counted = factors.iter().filter(|id| !is_sign(id));
    let (scalars, arrays): (Vec<&Id>, Vec<&Id>) = counted.partition(|id| arena.rank(**id) == 0);
    let all = if arrays.is_empty() {
        scalars.len()
    } else {
        arrays.len() + usize::from(!scalars.is_empty())
    };
    // 1/x takes a division although nothing else is multiplied.
    let all_factors = arrays.iter().chain(&scalars);
    let divisions = all_factors.filter(|id| is_reciprocal(arena, ***id)).count();
    i64::try_from((all.max(1) - 1).max(divisions.min(all))).unwrap_or(i64::MAX)
}

fn size(dims: &[Dim]) -> Polynomial {
    let one = Polynomial::from(1);
    dims.iter().fold(one, |size, dim| size.times(&dim.into()))
}

/// The product of the sizes of all labels.
fn all_labels(arena: &Arena, labels: &str, arguments: &[Id]) -> Polynomial {
    let mut seen: Vec<char> = Vec::new();
    let mut work = Polynomial::from(1);
    let inputs = labels.split("->").next().unwrap_or("");
    for (word, &argument) in inputs.split(',').zip(arguments) {
        for (label, dim) in word.chars().zip(arena.dims(argument)) {
            if !seen.contains(&label) {
                seen.push(label);
                work = work.times(&dim.into());
            }
        }
    }
    work
}
