//! How many multiplications an expression takes, in the sizes of its dimensions.
//!
//! A division, a root and a power that is not whole count as one; a power n as n − 1; a function of an n×n matrix as n³; functions entry by
//! entry, sums and reading count as none; nor does a product with a condition such as `Z > 0`, which chooses entries. A product
//! counts at its full size; its scalars are multiplied first, and those made of sizes alone are constants.

use crate::code::{Arena, Id, Op};
use derive_graph::{Dim, Polynomial};
use derive_index::count::Count;
use num_traits::{One, Signed, ToPrimitive};
use std::collections::HashMap;

/// The multiplications of a node and of what it is made of, up to nodes with a variable of their own. What is written twice counts
/// twice. `masks` says whether the target chooses where others multiply by 0 or 1.
pub(crate) fn multiplications(
    arena: &Arena,
    id: Id,
    variables: &HashMap<Id, String>,
    masks: bool,
) -> Count {
    let node = arena.node(id);
    let chooses = |mask| masks && !variables.contains_key(&mask);
    let mut work = match &node.op {
        Op::Series(series) => {
            multiplications(arena, series.term, variables, masks).over(&series.range)
        }
        _ => Count::from(own(arena, id, &chooses)),
    };
    for &argument in &node.arguments {
        if variables.contains_key(&argument) {
            continue;
        }
        work = work.plus(&multiplications(arena, argument, variables, masks));
    }
    work
}

/// Whether a node is 0 or 1 in every entry, by a condition that can be written as one.
pub(crate) fn is_mask(arena: &Arena, id: Id) -> bool {
    match &arena.node(id).op {
        Op::Apply(function) => {
            function.primes == 0
                && ["positive", "nonpositive", "equal"].contains(&function.name.as_str())
        }
        _ => false,
    }
}

/// The factors that choose entries, and the others; none choose unless there is something to choose from. `chooses` says of a
/// mask whether it may be written as a condition.
pub(crate) fn masked(
    arena: &Arena,
    factors: &[Id],
    chooses: &dyn Fn(Id) -> bool,
) -> (Vec<Id>, Vec<Id>) {
    let (masks, rest): (Vec<Id>, Vec<Id>) = factors
        .iter()
        .partition(|id| is_mask(arena, **id) && chooses(**id));
    if rest.iter().all(|&id| arena.is_made_of_sizes(id)) {
        return (Vec::new(), factors.to_vec());
    }
    (masks, rest)
}

fn is_reciprocal(arena: &Arena, id: Id) -> bool {
    matches!(&arena.node(id).op, Op::Power(exponent) if exponent.is_negative())
}

/// The multiplications of the node alone, with the divisions by its arguments. Numbers made of sizes are computed once and for
/// all: they count as none. `chooses` says of a mask whether it is written as a condition.
pub(crate) fn own(arena: &Arena, id: Id, chooses: &dyn Fn(Id) -> bool) -> Polynomial {
    let node = arena.node(id);
    if arena.is_made_of_sizes(id) {
        return Polynomial::default();
    }
    let entries = size(&node.dims);
    let work = match &node.op {
        Op::Product => {
            let (_, rest) = masked(arena, &node.arguments, chooses);
            return products(arena, &rest, &entries);
        }
        Op::Power(exponent) => {
            let whole = exponent.is_integer();
            let power = exponent.to_integer().abs().to_i64().unwrap_or(1);
            // The reciprocal of a power is counted by what it stands in.
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
    };
    let divided = node
        .arguments
        .iter()
        .filter(|id| is_reciprocal(arena, **id));
    divided.fold(work, |work, &id| work.plus(&size(arena.dims(id))))
}

/// How many multiplications and divisions a product takes: scalars are multiplied first, and all of them are one factor.
fn products(arena: &Arena, factors: &[Id], entries: &Polynomial) -> Polynomial {
    let is_sign = |id: &Id| {
        arena
            .as_number(*id)
            .is_some_and(|value| value.abs().is_one())
    };
    let counted = factors.iter().filter(|id| !is_sign(id));
    let (scalars, arrays): (Vec<&Id>, Vec<&Id>) = counted.partition(|id| arena.rank(**id) == 0);
    let constant = scalars.iter().any(|id| arena.is_made_of_sizes(**id));
    let variable = scalars.iter().filter(|id| !arena.is_made_of_sizes(***id));
    let (mut many, mut divisions) = (usize::from(constant), 0);
    for id in variable {
        many += 1;
        divisions += usize::from(is_reciprocal(arena, **id));
    }
    let one = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    // 1/x takes a division although nothing else is multiplied.
    let of_scalars = (many.max(1) - 1).max(divisions.min(many));
    if arrays.is_empty() {
        return Polynomial::from(1).scaled(one(of_scalars));
    }
    let all = arrays.len() + usize::from(!scalars.is_empty());
    let below = arrays
        .iter()
        .filter(|id| is_reciprocal(arena, ***id))
        .count();
    // A lone scalar below divides the array: it is no reciprocal of its own.
    let alone = many <= 1;
    let of_scalars = if alone { 0 } else { of_scalars };
    let of_arrays = (all - 1).max(below.min(all));
    let work = entries.scaled(one(of_arrays));
    work.plus(&Polynomial::from(1).scaled(one(of_scalars)))
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
