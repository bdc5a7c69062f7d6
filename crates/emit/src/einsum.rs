//! Sums of products that are no product of matrices: an einsum, its labels, and its operands as they are.

use crate::code::{Arena, Op};
use crate::contract::{Axis, Operand};
use derive_graph::Gather;

/// The sum over all labels but those in `kept`, as an einsum; labels of `out` stand as they do there.
pub(crate) fn einsum(
    arena: &mut Arena,
    operands: &[Operand],
    kept: &[Axis],
    out: &[Axis],
) -> Operand {
    let mut axes: Vec<Axis> = out
        .iter()
        .filter(|axis| kept.contains(axis))
        .cloned()
        .collect();
    axes.extend(kept.iter().filter(|axis| !out.contains(axis)).cloned());
    let operands: Vec<Operand> = operands
        .iter()
        .map(|operand| in_natural_order(arena, operand))
        .collect();
    let inputs: Vec<&[Axis]> = operands
        .iter()
        .map(|operand| operand.axes.as_slice())
        .collect();
    let spelled = spelled(&inputs, &axes);
    let dims = axes.iter().map(|axis| axis.dim.clone()).collect();
    let arguments = operands.iter().map(|operand| operand.id).collect();
    Operand {
        id: arena.add(Op::Einsum(spelled), arguments, dims),
        axes,
    }
}

/// An operand before its axes were turned, and windows with the axes that count them in front: labels make up for both.
fn in_natural_order(arena: &mut Arena, operand: &Operand) -> Operand {
    let node = arena.node(operand.id).clone();
    match &node.op {
        Op::View(axes) => {
            let below = node.arguments[0];
            let places: Option<Vec<usize>> = (0..arena.rank(below))
                .map(|axis| axes.iter().position(|it| *it == Some(axis)))
                .collect();
            match places.filter(|places| places.len() == axes.len()) {
                Some(places) => in_natural_order(
                    arena,
                    &Operand {
                        id: below,
                        axes: places.iter().map(|&at| operand.axes[at].clone()).collect(),
                    },
                ),
                None => operand.clone(),
            }
        }
        Op::Gather(gather) => match window_order(gather, node.dims.len()) {
            Some(order) => {
                let place = |axis: usize| order.iter().position(|it| *it == axis).unwrap_or(axis);
                let mut gather = gather.clone();
                let terms = gather.axes.iter_mut().flat_map(|axis| &mut axis.terms);
                terms.for_each(|(axis, _)| *axis = place(*axis));
                gather
                    .axes
                    .iter_mut()
                    .for_each(|axis| axis.terms.sort_by_key(|(axis, _)| *axis));
                let dims = order.iter().map(|&axis| node.dims[axis].clone()).collect();
                Operand {
                    id: arena.add(Op::Gather(gather), node.arguments, dims),
                    axes: order
                        .iter()
                        .map(|&axis| operand.axes[axis].clone())
                        .collect(),
                }
            }
            None => operand.clone(),
        },
        _ => operand.clone(),
    }
}

/// The axes of windows in order: those that count them, then those inside; nothing if an axis is read twice or not at all.
fn window_order(gather: &Gather, rank: usize) -> Option<Vec<usize>> {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for subscript in &gather.axes {
        let mut terms: Vec<(bool, usize)> = subscript
            .terms
            .iter()
            .map(|(axis, by)| (by.as_constant().is_some_and(|by| by < 0), *axis))
            .collect();
        terms.sort_unstable();
        outer.extend(terms.first().map(|(_, axis)| *axis));
        inner.extend(terms.iter().skip(1).map(|(_, axis)| *axis));
    }
    outer.extend(inner);
    let whole = outer.len() == rank && (0..rank).all(|axis| outer.contains(&axis));
    whole.then_some(outer)
}

/// `ik,kj->ij`, letters in order of appearance.
pub(crate) fn spelled(inputs: &[&[Axis]], output: &[Axis]) -> String {
    let mut known: Vec<&Axis> = Vec::new();
    let mut words: Vec<String> = Vec::with_capacity(inputs.len() + 1);
    for axes in inputs.iter().copied().chain([output]) {
        let mut word = String::new();
        for axis in axes {
            let found = known.iter().position(|known| *known == axis);
            let at = found.unwrap_or(known.len());
            if found.is_none() {
                known.push(axis);
            }
            word.push(char::from(LETTERS[at % LETTERS.len()]));
        }
        words.push(word);
    }
    let result = words.pop().unwrap_or_default();
    format!("{}->{result}", words.join(","))
}

/// Letters for labels, without those that look like numbers.
const LETTERS: &[u8] = b"ijkmnpqrstuvwabcdefghxyz";
