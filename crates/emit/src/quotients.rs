//! Quotients of exponentials by their sums as softmax, which takes the largest exponent out, so that nothing overflows.
//!
//! In: the code of a line. Out: the same where exp(A) meets 1/Σ exp(A), in a product entry by entry or over the axis of a product of
//! matrices. No multiplication is saved by this: it keeps the digits.

use crate::code::{Arena, Id, Op, Reduction};
use std::collections::HashMap;

/// The code with such quotients as softmax.
pub(crate) fn with_softmax(arena: &mut Arena, id: Id) -> Id {
    rebuilt(arena, id, &mut HashMap::new())
}

fn rebuilt(arena: &mut Arena, id: Id, known: &mut HashMap<Id, Id>) -> Id {
    if let Some(&done) = known.get(&id) {
        return done;
    }
    // What is divided by is looked for before it is rewritten itself.
    let rewritten = product(arena, id).or_else(|| matrix_product(arena, id));
    let node = arena.node(rewritten.unwrap_or(id)).clone();
    let arguments = node.arguments.iter();
    let arguments: Vec<Id> = arguments.map(|&it| rebuilt(arena, it, known)).collect();
    let done = match node.op {
        _ if arguments == node.arguments => rewritten.unwrap_or(id),
        Op::Product => arena.product(arguments),
        op => arena.add(op, arguments, node.dims),
    };
    known.insert(id, done);
    done
}

/// Whether a node is exp(A).
fn is_exponential(arena: &Arena, id: Id) -> bool {
    match &arena.node(id).op {
        Op::Apply(function) => function.name.as_str() == "exp" && function.primes == 0,
        _ => false,
    }
}

/// softmax of A along an axis, for exp(A).
fn softmax(arena: &mut Arena, exponential: Id, axis: usize) -> Id {
    let node = arena.node(exponential).clone();
    let inner = arena.filled(node.arguments[0], &node.dims);
    let op = Op::Softmax { axis, log: false };
    arena.add(op, vec![inner], node.dims)
}

/// Of 1/Σ exp(A) along one axis, which may come back with size 1: exp(A), and the axis.
fn reciprocal_sum(arena: &Arena, id: Id) -> Option<(Id, usize, bool)> {
    let node = arena.node(id);
    if node.op != Op::Power(-derive_index::Rational::from_integer(1.into())) {
        return None;
    }
    let sum = arena.node(node.arguments[0]);
    match &sum.op {
        Op::Reduce {
            kind: Reduction::Sum,
            axes,
            keep,
        } if axes.len() == 1 && is_exponential(arena, sum.arguments[0]) => {
            Some((sum.arguments[0], axes[0], *keep))
        }
        _ => None,
    }
}

/// The same as a factor entry by entry: of what it is a divisor, and along which axis that is summed.
fn divisor(arena: &mut Arena, id: Id) -> Option<(Id, usize)> {
    let node = arena.node(id).clone();
    let Op::View(axes) = &node.op else {
        let (exponential, axis, keep) = reciprocal_sum(arena, id)?;
        return (keep || arena.rank(exponential) == 1).then_some((exponential, axis));
    };
    let (exponential, axis, keep) = reciprocal_sum(arena, node.arguments[0])?;
    let rank = arena.rank(exponential);
    let with_new = |new: usize| {
        let mut left = 0..;
        let expected = (0..rank).map(|at| if at == new { None } else { left.next() });
        expected.eq(axes.iter().copied())
    };
    match (keep, with_new(axis)) {
        (true, _) => None,
        (false, true) => Some((exponential, axis)),
        // The sums of columns are those of the rows of the transpose.
        _ if rank == 2 && with_new(1 - axis) => Some((turned(arena, exponential), 1 - axis)),
        _ => None,
    }
}

/// The transpose, with what is done entry by entry done after it.
fn turned(arena: &mut Arena, id: Id) -> Id {
    let node = arena.node(id).clone();
    if node.dims.len() != 2 {
        return id;
    }
    let arguments = |arena: &mut Arena| -> Vec<Id> {
        node.arguments.iter().map(|&it| turned(arena, it)).collect()
    };
    match &node.op {
        Op::Sum => {
            let terms = arguments(arena);
            arena.sum(terms)
        }
        Op::Product => {
            let factors = arguments(arena);
            arena.product(factors)
        }
        Op::Power(exponent) => {
            let base = arguments(arena)[0];
            arena.power(base, exponent.clone())
        }
        Op::Apply(function) => {
            let arguments = arguments(arena);
            arena.apply(function, arguments)
        }
        _ => arena.view(id, vec![Some(1), Some(0)]),
    }
}

/// exp(A) ⊙ (1/Σ exp(A)) ⊙ B
fn product(arena: &mut Arena, id: Id) -> Option<Id> {
    let node = arena.node(id).clone();
    if node.op != Op::Product {
        return None;
    }
    let factors = opened(arena, &node.arguments);
    for &below in &factors {
        if let Some((exponential, axis)) = divisor(arena, below)
            && factors.contains(&exponential)
        {
            let mut left = without(&factors, &[below, exponential]);
            left.push(softmax(arena, exponential, axis));
            return Some(arena.product(left));
        }
    }
    None
}

/// Factors in which a product under new axes is its factors under these.
fn opened(arena: &mut Arena, factors: &[Id]) -> Vec<Id> {
    let mut found = Vec::with_capacity(factors.len());
    for &factor in factors {
        let node = arena.node(factor).clone();
        let below = node.arguments.first().map(|&it| arena.node(it).clone());
        match (node.op, below) {
            (Op::View(axes), Some(below)) if below.op == Op::Product => {
                let view = |it: &Id| match arena.rank(*it) {
                    0 => *it,
                    _ => arena.view(*it, axes.clone()),
                };
                found.extend(below.arguments.iter().map(view).collect::<Vec<_>>());
            }
            _ => found.push(factor),
        }
    }
    found
}

/// exp(A) (v ⊘ Σ exp(A)), where the sums are those of the columns; and v exp(A) with those of the rows.
fn matrix_product(arena: &mut Arena, id: Id) -> Option<Id> {
    let node = arena.node(id).clone();
    let (&[left, right], Op::MatMul) = (node.arguments.as_slice(), &node.op) else {
        return None;
    };
    let (matrix, vector, summed) = match (arena.rank(left), arena.rank(right)) {
        (2, 1) => (left, right, 0),
        (1, 2) => (right, left, 1),
        _ => return None,
    };
    let matrix = match &arena.node(matrix).op {
        Op::View(axes) if axes.as_slice() == [Some(1), Some(0)] => {
            let below = arena.node(matrix).arguments[0];
            turned(arena, below)
        }
        _ => matrix,
    };
    let factors = match arena.node(vector).op {
        Op::Product => arena.node(vector).arguments.clone(),
        _ => vec![vector],
    };
    let below = factors
        .iter()
        .copied()
        .find(|&it| match reciprocal_sum(arena, it) {
            Some((exponential, axis, false)) if axis == summed => exponential == matrix,
            Some((exponential, _, false)) => turned(arena, exponential) == matrix,
            _ => false,
        })?;
    let weights = without(&factors, &[below]);
    let quotient = softmax(arena, matrix, summed);
    let weights = arena.product(weights);
    if arena.rank(weights) == 0 {
        let sums = arena.reduce(Reduction::Sum, quotient, vec![1 - summed], false);
        return Some(arena.product(vec![weights, sums]));
    }
    let arguments = if summed == 0 {
        vec![quotient, weights]
    } else {
        vec![weights, quotient]
    };
    Some(arena.add(Op::MatMul, arguments, node.dims))
}

/// Factors without some of them, each left out once.
fn without(factors: &[Id], gone: &[Id]) -> Vec<Id> {
    let mut left = factors.to_vec();
    for id in gone {
        if let Some(at) = left.iter().position(|it| it == id) {
            left.remove(at);
        }
    }
    left
}
