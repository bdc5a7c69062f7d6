//! Sums over roots of unity as discrete Fourier transforms.
//!
//! In: the operands of a contraction, and a summed label. Where one operand is made of the matrix of roots ω^{kn} and all others with the label are
//! vectors, Σ_n ω^{−kn} v_n is the transform of v, and Σ_n ω^{kn} v_n its conjugate if v is real, and n times the inverse transform if not.

use crate::code::{Arena, Id, Op};
use crate::contract::{Axis, Operand};

/// A term of an operand: roots of unity or their conjugates, times vectors along the summed axis.
struct Rooted {
    conjugate: bool,
    weights: Vec<Id>,
}

/// The operands with the sum over one label done by transforms; nothing where that is not how it is built.
pub(crate) fn transformed(
    arena: &mut Arena,
    operands: &[Operand],
    bound: &Axis,
) -> Option<Vec<Operand>> {
    let (with, without): (Vec<&Operand>, Vec<&Operand>) =
        operands.iter().partition(|operand| operand.has(bound));
    let (vectors, others): (Vec<&Operand>, Vec<&Operand>) = with
        .into_iter()
        .partition(|operand| operand.axes.len() == 1);
    let [rooted] = others.as_slice() else {
        return None;
    };
    let [first, second] = rooted.axes.as_slice() else {
        return None;
    };
    let (along, left) = match (first == bound, second == bound) {
        (true, false) => (0, second),
        (false, true) => (1, first),
        _ => return None,
    };
    let terms = rooted_terms(arena, rooted.id, along)?;
    let vector: Vec<Id> = vectors.iter().map(|operand| operand.id).collect();
    let sums = terms
        .iter()
        .map(|term| transform(arena, term, &vector, along, bound));
    let sums = sums.collect();
    let mut left_over: Vec<Operand> = without.into_iter().cloned().collect();
    left_over.push(Operand {
        id: arena.sum(sums),
        axes: vec![left.clone()],
    });
    Some(left_over)
}

/// Σ over the axis `along` of a term times vectors.
fn transform(arena: &mut Arena, term: &Rooted, vectors: &[Id], along: usize, bound: &Axis) -> Id {
    let mut factors = vectors.to_vec();
    for &weight in &term.weights {
        factors.push(match arena.rank(weight) {
            0 => weight,
            _ => arena.view(weight, vec![Some(along)]),
        });
    }
    let (scalars, vector) = split(arena, factors);
    let vector = match arena.rank(vector) {
        0 => arena.view(vector, vec![None]),
        _ => vector,
    };
    let dims = vec![bound.dim.clone()];
    let vector = arena.filled(vector, &dims);
    let is_real = !arena.is_complex(vector);
    let mut add = |name, of| arena.add(Op::Complex(name), vec![of], dims.clone());
    let (size, sum) = match (term.conjugate, is_real) {
        (true, _) => (None, add("dft", vector)),
        // Σ ω^{kn} v_n is the conjugate of Σ ω^{−kn} v_n, which another line may need.
        (false, true) => {
            let transform = add("dft", vector);
            (None, add("conjugate", transform))
        }
        (false, false) => (Some(&bound.dim), add("idft", vector)),
    };
    let size = size.map(|dim| arena.size(dim));
    arena.product(scalars.into_iter().chain(size).chain([sum]).collect())
}

/// A product in two: its scalars, and the rest.
fn split(arena: &mut Arena, factors: Vec<Id>) -> (Vec<Id>, Id) {
    let product = arena.product(factors);
    let node = arena.node(product);
    let factors = match node.op {
        Op::Product => node.arguments.clone(),
        _ => vec![product],
    };
    let (scalars, rest): (Vec<Id>, Vec<Id>) =
        factors.into_iter().partition(|&id| arena.rank(id) == 0);
    (scalars, arena.product(rest))
}

/// A matrix as a sum of terms that are roots of unity times what varies `along` one axis only; nothing if it is none.
fn rooted_terms(arena: &Arena, id: Id, along: usize) -> Option<Vec<Rooted>> {
    let node = arena.node(id);
    match &node.op {
        Op::Roots => Some(vec![Rooted {
            conjugate: false,
            weights: Vec::new(),
        }]),
        Op::Complex("conjugate") => {
            let mut terms = rooted_terms(arena, node.arguments[0], along)?;
            let plain = terms.iter().all(|term| term.weights.is_empty());
            terms
                .iter_mut()
                .for_each(|term| term.conjugate = !term.conjugate);
            plain.then_some(terms)
        }
        // The matrix of roots is symmetric.
        Op::View(axes) if axes.as_slice() == [Some(1), Some(0)] => {
            let terms = rooted_terms(arena, node.arguments[0], 1 - along)?;
            terms
                .iter()
                .all(|term| term.weights.is_empty())
                .then_some(terms)
        }
        Op::Product => {
            let is_weight = |id: Id| arena.rank(id) == 0 || arena.dims(id)[1 - along].is_unit();
            let (weights, rooted): (Vec<Id>, Vec<Id>) =
                node.arguments.iter().partition(|id| is_weight(**id));
            let [rooted] = rooted.as_slice() else {
                return None;
            };
            let mut terms = rooted_terms(arena, *rooted, along)?;
            terms
                .iter_mut()
                .for_each(|term| term.weights.extend(&weights));
            Some(terms)
        }
        Op::Sum => {
            let terms = node
                .arguments
                .iter()
                .map(|&term| rooted_terms(arena, term, along));
            Some(
                terms
                    .collect::<Option<Vec<_>>>()?
                    .into_iter()
                    .flatten()
                    .collect(),
            )
        }
        _ => None,
    }
}
