//! Sums over roots of unity as discrete Fourier transforms.
//!
//! In: the operands of a contraction, and a summed label. Where one operand is made of the matrix of roots ω^{kn} and all others with the label are
//! vectors, Σ_n ω^{−kn} v_n is the transform of v, and Σ_n ω^{kn} v_n its conjugate if v is real, and n times the inverse transform if not.

use crate::code::{Arena, Id, Op};
use crate::contract::{Axis, Operand};
use derive_graph::Dim;

/// A term of an operand: roots of unity or what is made of them, times vectors along the summed axis.
struct Rooted {
    kind: Kind,
    weights: Vec<Id>,
}

/// What a term has of the root ω^{kn}.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    Conjugate,
    Real,
    Imaginary,
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
    let sum = summed(arena, term.kind, vector, &bound.dim);
    arena.product(scalars.into_iter().chain([sum]).collect())
}

/// Σ_n of the roots, or of what is made of them, times a vector.
fn summed(arena: &mut Arena, kind: Kind, vector: Id, dim: &Dim) -> Id {
    let dims = vec![dim.clone()];
    let is_real = !arena.is_complex(vector);
    let transform = arena.add(Op::Complex("dft"), vec![vector], dims.clone());
    let part =
        |arena: &mut Arena, name| arena.add(Op::Complex(name), vec![transform], dims.clone());
    match (kind, is_real) {
        (Kind::Conjugate, _) => transform,
        // Σ ω^{kn} v_n is the conjugate of Σ ω^{−kn} v_n, which another line may need.
        (Kind::Root, true) => part(arena, "conjugate"),
        (Kind::Real, true) => part(arena, "real part"),
        (Kind::Imaginary, true) => {
            let imaginary = part(arena, "imaginary part");
            arena.negate(imaginary)
        }
        (_, false) => {
            let inverse = arena.add(Op::Complex("idft"), vec![vector], dims.clone());
            let size = arena.size(dim);
            let inverse = arena.product(vec![size, inverse]);
            by_halves(arena, kind, inverse, transform)
        }
    }
}

/// The sum with Re ω = (ω + ω̄)/2 and Im ω = (ω − ω̄)/(2√−1), from those with ω and with ω̄.
fn by_halves(arena: &mut Arena, kind: Kind, with_root: Id, with_conjugate: Id) -> Id {
    let half = arena.number(derive_index::Rational::new(1.into(), 2.into()));
    match kind {
        Kind::Real => {
            let sum = arena.sum(vec![with_root, with_conjugate]);
            arena.product(vec![half, sum])
        }
        Kind::Imaginary => {
            let unit = arena.add(Op::Complex("imaginary unit"), Vec::new(), Vec::new());
            let turned = arena.negate(with_root);
            let sum = arena.sum(vec![with_conjugate, turned]);
            arena.product(vec![half, unit, sum])
        }
        _ => with_root,
    }
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
            kind: Kind::Root,
            weights: Vec::new(),
        }]),
        Op::Complex(name) => {
            let mut terms = rooted_terms(arena, *node.arguments.first()?, along)?;
            let [term] = terms.as_mut_slice() else {
                return None;
            };
            term.kind = match (*name, term.kind) {
                ("conjugate", Kind::Root) => Kind::Conjugate,
                ("conjugate", Kind::Conjugate) => Kind::Root,
                ("real part", Kind::Root | Kind::Conjugate) => Kind::Real,
                ("imaginary part", Kind::Root) => Kind::Imaginary,
                _ => return None,
            };
            term.weights.is_empty().then_some(terms)
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
