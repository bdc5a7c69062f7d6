//! Sums of products over labelled axes, as the plainest operations that compute them.
//!
//! In: operands with a label for every axis, and the labels that the result keeps. Out: an operand whose labels are those, in
//! any order. Sums that concern one operand are taken first, what has no summed label is multiplied last, and of what is left
//! two at a time become a matrix product, or an einsum where there is no plainer operation.

use crate::code::{Arena, Id, Op, Reduction};
use crate::einsum::{einsum, spelled};
use crate::transforms::transformed;
use derive_graph::Dim;

/// An axis: its label, and the size that it stands for (an operand may have size 1 there and be repeated).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Equal labels meet.
    pub label: u32,
    /// The size.
    pub dim: Dim,
}

/// An array with a labelled axis for each of its own.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The array.
    pub id: Id,
    /// Its axes.
    pub axes: Vec<Axis>,
}

impl Operand {
    /// Whether an axis has this label.
    pub fn has(&self, axis: &Axis) -> bool {
        self.axes.contains(axis)
    }

    fn place(&self, axis: &Axis) -> Option<usize> {
        self.axes.iter().position(|own| own == axis)
    }
}

/// The operand's axes in the order of `over`; those it lacks have size 1. `over` must have all of its labels.
pub fn align(arena: &mut Arena, operand: &Operand, over: &[Axis]) -> Id {
    if operand.axes.is_empty() {
        return operand.id;
    }
    let axes = over.iter().map(|axis| operand.place(axis)).collect();
    arena.view(operand.id, axes)
}

/// The axes of all operands, each once, in order of first appearance.
pub fn union<'a>(operands: impl IntoIterator<Item = &'a Operand>) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for axis in operands.into_iter().flat_map(|operand| &operand.axes) {
        if !axes.contains(axis) {
            axes.push(axis.clone());
        }
    }
    axes
}

/// The product of operands without any sum.
pub fn multiply(arena: &mut Arena, operands: &[Operand], order: &[Axis]) -> Operand {
    let all = union(operands);
    // The axes that the result wants stand as it wants them, so that nothing is turned twice.
    let mut axes: Vec<Axis> = order
        .iter()
        .filter(|axis| all.contains(axis))
        .cloned()
        .collect();
    axes.extend(all.iter().filter(|axis| !order.contains(axis)).cloned());
    let aligned = operands
        .iter()
        .map(|operand| align(arena, operand, &axes))
        .collect();
    let id = arena.product(aligned);
    let axes = if arena.rank(id) == 0 {
        Vec::new()
    } else {
        axes
    };
    Operand { id, axes }
}

/// Σ over every label that is not in `out` of the product of `operands`. `bound` lists these labels.
pub fn contract(
    arena: &mut Arena,
    operands: Vec<Operand>,
    bound: &[Axis],
    out: &[Axis],
) -> Operand {
    let mut bound = bound.to_vec();
    let mut operands: Vec<Operand> = operands
        .into_iter()
        .flat_map(|operand| opened(arena, operand))
        .collect();
    unify_diagonals(arena, &mut operands, &mut bound);
    let mut ready: Vec<Operand> = operands
        .into_iter()
        .map(|operand| simplified(arena, operand))
        .collect();
    // A label that no operand has: every value counts once for each of its places.
    for axis in &bound {
        if !ready.iter().any(|operand| operand.has(axis)) {
            let id = arena.size(&axis.dim);
            ready.insert(
                0,
                Operand {
                    id,
                    axes: Vec::new(),
                },
            );
        }
    }
    while let Some(done) = (bound.iter()).find_map(|axis| transformed(arena, &ready, axis)) {
        ready = done;
    }
    let is_bound = |axis: &Axis| bound.contains(axis);
    let (mut inner, mut outer): (Vec<Operand>, Vec<Operand>) = ready
        .into_iter()
        .partition(|operand| operand.axes.iter().any(is_bound));
    merge_subsets(arena, &mut inner);
    while inner.len() > 1 {
        let (a, b) = next_pair(&inner, &bound);
        let right = inner.remove(b);
        let left = inner.remove(a);
        let kept = kept_axes(&left, &right, &inner, &bound);
        let joined = pair(arena, &left, &right, &kept, out);
        inner.insert(a, joined);
        let (still, done): (Vec<Operand>, Vec<Operand>) = inner
            .into_iter()
            .partition(|operand| operand.axes.iter().any(is_bound));
        inner = still;
        outer.extend(done);
        merge_subsets(arena, &mut inner);
    }
    outer.extend(
        inner
            .into_iter()
            .map(|operand| summed(arena, &operand, &bound)),
    );
    multiply(arena, &outer, out)
}

/// The factors of a product in which some factor repeats along an axis: a sum may then be a product of matrices.
fn opened(arena: &Arena, operand: Operand) -> Vec<Operand> {
    let node = arena.node(operand.id);
    let repeats = |id: &Id| {
        let own = arena.dims(*id).iter().zip(&node.dims);
        own.into_iter()
            .any(|(own, whole)| own.is_unit() && !whole.is_unit())
    };
    if node.op != Op::Product || !node.arguments.iter().any(repeats) {
        return vec![operand];
    }
    let factor = |&id: &Id| Operand {
        id,
        axes: if arena.rank(id) == 0 {
            Vec::new()
        } else {
            operand.axes.clone()
        },
    };
    node.arguments.iter().map(factor).collect()
}

/// A diagonal matrix under a sum is its vector: the two labels are one.
fn unify_diagonals(arena: &Arena, operands: &mut Vec<Operand>, bound: &mut Vec<Axis>) {
    let mut at = 0;
    while at < operands.len() {
        let node = arena.node(operands[at].id);
        let vector = match node.op {
            Op::DiagonalMatrix => Some(node.arguments[0]),
            Op::Identity => None,
            _ => {
                at += 1;
                continue;
            }
        };
        let (a, b) = (operands[at].axes[0].clone(), operands[at].axes[1].clone());
        let (gone, left) = match (bound.contains(&a), bound.contains(&b)) {
            (_, true) => (b, a),
            (true, false) => (a, b),
            _ => {
                at += 1;
                continue;
            }
        };
        if gone == left || (vector.is_none() && operands.len() == 1) {
            at += 1;
            continue;
        }
        match vector {
            Some(id) => {
                operands[at] = Operand {
                    id,
                    axes: vec![left.clone()],
                }
            }
            None => {
                operands.remove(at);
            }
        }
        bound.retain(|axis| *axis != gone);
        let all = operands.iter_mut().flat_map(|operand| &mut operand.axes);
        all.filter(|axis| **axis == gone)
            .for_each(|axis| *axis = left.clone());
        at = 0;
    }
}

/// Without axes of size 1, which repeat, and with every label once: repeated labels read the diagonal.
fn simplified(arena: &mut Arena, operand: Operand) -> Operand {
    let dims = arena.dims(operand.id).to_vec();
    let kept: Vec<usize> = (0..dims.len())
        .filter(|&axis| !dims[axis].is_unit())
        .collect();
    let id = arena.view(operand.id, kept.iter().map(|&axis| Some(axis)).collect());
    let axes: Vec<Axis> = kept
        .iter()
        .map(|&axis| operand.axes[axis].clone())
        .collect();
    let mut once: Vec<Axis> = Vec::new();
    for axis in &axes {
        if !once.contains(axis) {
            once.push(axis.clone());
        }
    }
    if once.len() == axes.len() {
        return Operand { id, axes };
    }
    let left = once.iter().map(|axis| axis.dim.clone()).collect();
    let id = if axes.len() == 2 {
        arena.add(Op::Diagonal, vec![id], left)
    } else {
        let spelled = spelled(&[&axes], &once);
        arena.add(Op::Einsum(spelled), vec![id], left)
    };
    Operand { id, axes: once }
}

/// The operand summed over its bound labels.
fn summed(arena: &mut Arena, operand: &Operand, bound: &[Axis]) -> Operand {
    let places = operand.axes.iter().enumerate();
    let axes: Vec<usize> = places
        .filter(|(_, axis)| bound.contains(axis))
        .map(|(at, _)| at)
        .collect();
    let id = arena.reduce(Reduction::Sum, operand.id, axes, false);
    let left = operand.axes.iter().filter(|axis| !bound.contains(axis));
    Operand {
        id,
        axes: left.cloned().collect(),
    }
}

/// An operand whose labels another has as well is multiplied into the smallest such one.
fn merge_subsets(arena: &mut Arena, operands: &mut Vec<Operand>) {
    // Two alone are brought together by what they sum over: a matrix times a vector, say.
    'again: while operands.len() > 2 {
        for small in 0..operands.len() {
            let covers = |big: &usize| {
                *big != small
                    && operands[small]
                        .axes
                        .iter()
                        .all(|axis| operands[*big].has(axis))
            };
            let candidates = (0..operands.len()).filter(covers);
            let Some(big) = candidates.min_by_key(|&big| operands[big].axes.len()) else {
                continue;
            };
            let order = operands[big].axes.clone();
            let (first, second) = (small.min(big), small.max(big));
            let merged = multiply(
                arena,
                &[operands[first].clone(), operands[second].clone()],
                &order,
            );
            operands[first] = merged;
            operands.remove(second);
            continue 'again;
        }
        return;
    }
}

/// The first two operands that share a bound label, nearest neighbours first.
fn next_pair(operands: &[Operand], bound: &[Axis]) -> (usize, usize) {
    let meets = |a: usize, b: usize| {
        let shared = |axis: &&Axis| bound.contains(axis) && operands[b].has(axis);
        operands[a].axes.iter().find(shared).is_some()
    };
    for distance in 1..operands.len() {
        for a in 0..operands.len() - distance {
            if meets(a, a + distance) {
                return (a, a + distance);
            }
        }
    }
    (0, 1)
}

/// What a pair keeps: every label but the bound ones that nothing else has.
fn kept_axes(left: &Operand, right: &Operand, others: &[Operand], bound: &[Axis]) -> Vec<Axis> {
    let needed = |axis: &Axis| !bound.contains(axis) || others.iter().any(|other| other.has(axis));
    union([left, right]).into_iter().filter(needed).collect()
}

/// Two operands brought together, keeping the axes `kept`.
fn pair(
    arena: &mut Arena,
    left: &Operand,
    right: &Operand,
    kept: &[Axis],
    out: &[Axis],
) -> Operand {
    let alone = |one: &Operand, other: &Operand| -> Vec<Axis> {
        let own = one
            .axes
            .iter()
            .filter(|axis| !kept.contains(axis) && !other.has(axis));
        own.cloned().collect()
    };
    let (only_left, only_right) = (alone(left, right), alone(right, left));
    let left = summed(arena, left, &only_left);
    let right = summed(arena, right, &only_right);
    let met: Vec<Axis> = left
        .axes
        .iter()
        .filter(|axis| right.has(axis) && !kept.contains(axis))
        .cloned()
        .collect();
    if met.is_empty() {
        return multiply(arena, &[left, right], out);
    }
    let shared: Vec<Axis> = left
        .axes
        .iter()
        .filter(|axis| right.has(axis) && kept.contains(axis))
        .cloned()
        .collect();
    let free = |one: &Operand, other: &Operand| -> Vec<Axis> {
        one.axes
            .iter()
            .filter(|axis| !other.has(axis))
            .cloned()
            .collect()
    };
    let (rows, columns) = (free(&left, &right), free(&right, &left));
    // The order of the result decides which factor stands first.
    let before = |a: &Axis, b: &Axis| {
        let place = |axis: &Axis| out.iter().position(|own| own == axis);
        place(a) <= place(b)
    };
    if let [axis] = met.as_slice() {
        if let (true, [row], [column]) = (
            shared.is_empty() || batched(&left, &right, &shared),
            rows.as_slice(),
            columns.as_slice(),
        ) {
            return if before(row, column) {
                matrix_product(arena, &left, &right, &shared, row, axis, column)
            } else {
                matrix_product(arena, &right, &left, &shared, column, axis, row)
            };
        }
        if shared.is_empty() && columns.is_empty() {
            return with_vector(arena, &left, &right, axis, false);
        }
        if shared.is_empty() && rows.is_empty() {
            return with_vector(arena, &right, &left, axis, true);
        }
    }
    if rows.is_empty() && columns.is_empty() {
        // Large arrays are turned only if they differ.
        let same = left.axes == right.axes;
        let order = if same {
            left.axes.clone()
        } else {
            out.to_vec()
        };
        let product = multiply(arena, &[left, right], &order);
        return summed(arena, &product, &met);
    }
    einsum(arena, &[left, right], kept, out)
}

/// Whether both have the shared labels first and in one order.
fn batched(left: &Operand, right: &Operand, shared: &[Axis]) -> bool {
    left.axes.starts_with(shared) && right.axes.starts_with(shared)
}

/// `left @ right` with the axes turned so that they meet.
fn matrix_product(
    arena: &mut Arena,
    left: &Operand,
    right: &Operand,
    shared: &[Axis],
    row: &Axis,
    met: &Axis,
    column: &Axis,
) -> Operand {
    let with = |axes: [&Axis; 2]| [shared, &axes.map(Axis::clone)].concat();
    let a = align(arena, left, &with([row, met]));
    let b = align(arena, right, &with([met, column]));
    let axes = with([row, column]);
    let dims = axes.iter().map(|axis| axis.dim.clone()).collect();
    Operand {
        id: arena.add(Op::MatMul, vec![a, b], dims),
        axes,
    }
}

/// An array times a vector over one of the array's axes.
fn with_vector(
    arena: &mut Arena,
    array: &Operand,
    vector: &Operand,
    met: &Axis,
    turned: bool,
) -> Operand {
    let left: Vec<Axis> = array
        .axes
        .iter()
        .filter(|axis| *axis != met)
        .cloned()
        .collect();
    let dims = left.iter().map(|axis| axis.dim.clone()).collect();
    // A matrix that was turned is turned back.
    let turned_already = matches!(arena.node(array.id).op, Op::View(_));
    let first = array.axes.first() == Some(met) && array.axes.len() == 2 && !turned_already;
    let arguments = if first || (turned && array.axes.len() == 1) {
        vec![vector.id, array.id]
    } else {
        let order = [left.clone(), vec![met.clone()]].concat();
        vec![align(arena, array, &order), vector.id]
    };
    Operand {
        id: arena.add(Op::MatMul, arguments, dims),
        axes: left,
    }
}
