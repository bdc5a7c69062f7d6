//! In which order a chain of matrices is multiplied, and where a trace is cut, given what other lines compute anyway.
//!
//! In: the factors of a chain. Out: the cheapest product of them, by dynamic programming over where to cut; a part that is alive, or
//! whose transpose is, costs nothing. Longer chains than [`MOST`] keep the order that they have.

use crate::code::{Id, Op, Reduction};
use crate::economy::{Economy, Work, plus};
use crate::moves::{Replacement, is_small, matmul, product, turned};

/// The longest chain that is gone through.
const MOST: usize = 8;

/// (A B) C = A (B C), in the cheapest order.
pub(crate) fn reassociate(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let factors = flattened(economy, id);
    if !(3..=MOST).contains(&factors.len()) {
        return Vec::new();
    }
    let best = economy.without(id, |economy| {
        let cells = cells(economy, &factors, factors.len());
        cells.last().and_then(|row| row.first().copied())
    });
    match best {
        Some((_, best)) if best != id => vec![vec![(id, best)]],
        _ => Vec::new(),
    }
}

/// tr(A B) = Σ A ⊙ Bᵀ, and a trace may begin at any of its factors.
pub(crate) fn cut_trace(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let Some((left, right)) = traced(economy, id) else {
        return Vec::new();
    };
    let mut around = flattened(economy, left);
    around.extend(flattened(economy, right));
    let count = around.len();
    if !(2..=MOST).contains(&count) {
        return Vec::new();
    }
    around.extend_from_within(..);
    let best = economy.without(id, |economy| {
        let cells = cells(economy, &around, count - 1);
        let mut best: Option<(Work, Id)> = None;
        for start in 0..count {
            for length in 1..count {
                let ((a, one), (b, other)) = (
                    cells[length - 1][start],
                    cells[count - length - 1][start + length],
                );
                let summed = inner_product(economy, one, other);
                let node = economy.arena.node(summed).arguments[0];
                let work = plus(plus(a, b), plus(economy.price(node), economy.price(summed)));
                if best.is_none_or(|(least, _)| work < least) {
                    best = Some((work, summed));
                }
            }
        }
        best
    });
    match best {
        Some((_, best)) if best != id => vec![vec![(id, best)]],
        _ => Vec::new(),
    }
}

/// A and B of tr(A B), however it is written.
fn traced(economy: &mut Economy<'_>, id: Id) -> Option<(Id, Id)> {
    let node = economy.arena.node(id).clone();
    let Op::Reduce {
        kind: Reduction::Sum,
        axes,
        keep: false,
    } = &node.op
    else {
        return None;
    };
    let below = economy.arena.node(node.arguments[0]).clone();
    let (a, b) = match (&below.op, below.arguments.as_slice()) {
        (Op::Diagonal, &[inner]) => matmul(economy, inner)?,
        (Op::Product, &[a, b]) if axes.len() == 2 && below.dims.len() == 2 => {
            let whole = |it: Id| economy.arena.dims(it) == below.dims;
            if !(whole(a) && whole(b)) {
                return None;
            }
            (a, turned(economy, b))
        }
        _ => return None,
    };
    is_small(economy, &[a, b]).then_some((a, b))
}

/// Σ A ⊙ Bᵀ with as few changes of axes as there can be.
fn inner_product(economy: &mut Economy<'_>, a: Id, b: Id) -> Id {
    let is_view = |economy: &Economy<'_>, id: Id| matches!(economy.arena.node(id).op, Op::View(_));
    let factors = if is_view(economy, a) {
        vec![turned(economy, a), b]
    } else {
        vec![a, turned(economy, b)]
    };
    let product = economy.arena.product(factors);
    economy
        .arena
        .reduce(Reduction::Sum, product, vec![0, 1], false)
}

/// The factors of a chain of matrix products; transposes stand at the factors.
fn flattened(economy: &mut Economy<'_>, id: Id) -> Vec<Id> {
    let node = economy.arena.node(id).clone();
    if let Some((a, b)) = matmul(economy, id)
        && is_small(economy, &[a, b])
    {
        // A vector between two factors is no matrix of a chain: (A x)ᵀ B.
        let inner = |economy: &mut Economy<'_>, id: Id, last: bool| {
            let factors = flattened(economy, id);
            let end = if last {
                factors.last()
            } else {
                factors.first()
            };
            let fits = end.is_some_and(|&end| economy.arena.rank(end) == 2);
            if fits { factors } else { vec![id] }
        };
        let mut factors = inner(economy, a, true);
        factors.extend(inner(economy, b, false));
        return factors;
    }
    let is_turned =
        node.op == Op::View(vec![Some(1), Some(0)]) && economy.arena.rank(node.arguments[0]) == 2;
    if is_turned && matmul(economy, node.arguments[0]).is_some() {
        let mut factors = flattened(economy, node.arguments[0]);
        factors.reverse();
        return factors.into_iter().map(|it| turned(economy, it)).collect();
    }
    vec![id]
}

/// For every run of up to `longest` factors, by length and start, what it costs and the product.
fn cells(economy: &mut Economy<'_>, factors: &[Id], longest: usize) -> Vec<Vec<(Work, Id)>> {
    let alone = factors.iter().map(|&id| ((0, 0), id)).collect();
    let mut cells: Vec<Vec<(Work, Id)>> = vec![alone];
    for length in 2..=longest {
        let mut row = Vec::with_capacity(factors.len());
        for start in 0..=factors.len() - length {
            let mut best: Option<(Work, Id)> = None;
            // The later cut of two that cost the same: products are read from the left.
            for cut in (1..length).rev() {
                let (a, left) = cells[cut - 1][start];
                let (b, right) = cells[length - cut - 1][start + cut];
                let (own, id) = joined(economy, left, right);
                let work = if own == (0, 0) {
                    own
                } else {
                    plus(plus(a, b), own)
                };
                if best.is_none_or(|(least, _)| work < least) {
                    best = Some((work, id));
                }
            }
            row.extend(best);
        }
        cells.push(row);
    }
    cells
}

/// A product and what it adds: nothing if it, or its transpose, is alive.
fn joined(economy: &mut Economy<'_>, left: Id, right: Id) -> (Work, Id) {
    let id = product(economy, left, right);
    if economy.is_alive(id) {
        return ((0, 0), id);
    }
    let (a, b) = (turned(economy, right), turned(economy, left));
    let other = product(economy, a, b);
    if economy.is_alive(other) {
        return ((0, 0), turned(economy, other));
    }
    (economy.price(id), id)
}
