//! The rules of NumPy for the sizes of axes, against which every node of an arena is held where assertions are on.
//!
//! In: a node. Out: whether its sizes are those that its operation gives for its arguments. An axis of size 1 that is lost or added on the
//! way is found here, where it happens, and not by the program that puts a number where an array belongs.

use super::{Arena, Id, Node, Op};
use derive_graph::{Dim, Polynomial};
use std::collections::BTreeMap;

impl Arena {
    /// Whether the sizes of a node's axes follow from its arguments.
    pub(super) fn conforms(&self, node: &Node) -> bool {
        let own = node.dims.as_slice();
        let below: Vec<&[Dim]> = node.arguments.iter().map(|&id| self.dims(id)).collect();
        let square = |dims: &[Dim]| matches!(dims, [a, b] if same(a, b));
        match (&node.op, below.as_slice()) {
            (Op::Number(_) | Op::Size(_), []) => own.is_empty(),
            (Op::Series(series), []) => alike(self.dims(series.term), own),
            (Op::Name(_), []) => true,
            (Op::Identity | Op::Roots, []) => square(own),
            (Op::Sum | Op::Product | Op::Apply(_) | Op::Xlogy, _) => self.broadcasts(node),
            (Op::Power(_) | Op::Softmax { .. }, &[dims]) => alike(own, dims),
            (Op::MatMul, &[left, right]) => {
                multiplied(left, right).is_some_and(|it| alike(&it, own))
            }
            (Op::View(axes), &[dims]) => viewed(axes, dims, own),
            (Op::Broadcast, &[dims]) => dims.is_empty() || stretches(dims, own),
            (Op::Reduce { axes, keep, .. }, &[dims]) => reduced(axes, *keep, dims, own),
            (Op::Einsum(labels), below) => labelled(labels, below, own),
            (Op::Reshape, &[dims]) => entries(dims) == entries(own),
            (Op::Concat(axis), below) => joined(*axis, below, own),
            (Op::Diagonal, &[dims]) => square(dims) && alike(&dims[..1], own),
            (Op::DiagonalMatrix, &[dims]) => {
                dims.len() == 1 && square(own) && alike(dims, &own[..1])
            }
            (Op::MatrixFunction(_), &[dims]) => {
                square(dims) && (own.is_empty() || alike(dims, own))
            }
            (Op::Complex(_), []) => own.is_empty(),
            (Op::Complex(_), &[dims]) => alike(dims, own),
            (Op::Gather(gather), &[dims]) => gather.axes.len() == dims.len(),
            _ => false,
        }
    }

    /// Operands entry by entry have equal ranks or none, and each axis has one size besides 1.
    fn broadcasts(&self, node: &Node) -> bool {
        let fits = |id: &Id| self.rank(*id) == 0 || stretches(self.dims(*id), &node.dims);
        node.arguments.iter().all(fits) && alike(&self.broadcast_dims(&node.arguments), &node.dims)
    }
}

/// Whether two sizes are one, however they are written.
fn same(a: &Dim, b: &Dim) -> bool {
    a == b || Polynomial::from(a) == Polynomial::from(b)
}

fn alike(a: &[Dim], b: &[Dim]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// Whether axes of size 1, repeated, give these sizes.
fn stretches(from: &[Dim], to: &[Dim]) -> bool {
    let fits = |(from, to): (&Dim, &Dim)| from.is_unit() || same(from, to);
    from.len() == to.len() && from.iter().zip(to).all(fits)
}

/// The sizes of `left @ right`.
fn multiplied(left: &[Dim], right: &[Dim]) -> Option<Vec<Dim>> {
    let (last, rows) = left.split_last()?;
    let met = right.len().saturating_sub(2);
    if !same(last, right.get(met)?) {
        return None;
    }
    let columns = &right[(met + 1).min(right.len())..];
    let (rows, batch) = match (left.len(), right.len()) {
        (1 | 2, 1 | 2) => (rows, &[][..]),
        // Leading axes go together.
        (a, b) if a == b && alike(&left[..met], &right[..met]) => (&rows[met..], &right[..met]),
        (_, 1) => (rows, &[][..]),
        (1, _) => (rows, &right[..met]),
        _ => return None,
    };
    Some([batch, rows, columns].concat())
}

fn viewed(axes: &[Option<usize>], dims: &[Dim], own: &[Dim]) -> bool {
    let unit = Dim::Size(1);
    let size = |axis: &Option<usize>| axis.map_or(Some(&unit), |axis| dims.get(axis));
    let fits = |(axis, own): (&Option<usize>, &Dim)| size(axis).is_some_and(|size| same(size, own));
    let moved = |axis: usize| axes.iter().filter(|it| **it == Some(axis)).count();
    let dropped = (0..dims.len()).filter(|&axis| moved(axis) == 0);
    axes.len() == own.len()
        && axes.iter().zip(own).all(fits)
        && (0..dims.len()).all(|axis| moved(axis) <= 1)
        && dropped.into_iter().all(|axis| dims[axis].is_unit())
}

fn reduced(axes: &[usize], keep: bool, dims: &[Dim], own: &[Dim]) -> bool {
    let size = |(axis, dim): (usize, &Dim)| match (axes.contains(&axis), keep) {
        (false, _) => Some(dim.clone()),
        (true, true) => Some(Dim::Size(1)),
        (true, false) => None,
    };
    let left: Vec<Dim> = dims.iter().enumerate().filter_map(size).collect();
    axes.iter().all(|&axis| axis < dims.len()) && alike(&left, own)
}

/// Equal letters have equal sizes.
fn labelled(labels: &str, below: &[&[Dim]], own: &[Dim]) -> bool {
    let Some((inputs, output)) = labels.split_once("->") else {
        return false;
    };
    let inputs: Vec<&str> = inputs.split(',').collect();
    let mut sizes: BTreeMap<char, &Dim> = BTreeMap::new();
    let words = inputs.iter().zip(below).all(|(word, dims)| {
        let mut axes = word.chars().zip(*dims);
        word.chars().count() == dims.len()
            && axes.all(|(letter, dim)| same(sizes.entry(letter).or_insert(dim), dim))
    });
    let mut axes = output.chars().zip(own);
    words
        && inputs.len() == below.len()
        && output.chars().count() == own.len()
        && axes.all(|(letter, dim)| sizes.get(&letter).is_some_and(|size| same(size, dim)))
}

fn joined(axis: usize, below: &[&[Dim]], own: &[Dim]) -> bool {
    let length = |dims: &[Dim]| dims.get(axis).map(Polynomial::from);
    let whole = below.iter().try_fold(Polynomial::from(0), |whole, dims| {
        Some(whole.plus(&length(dims)?))
    });
    let fits = |dims: &&[Dim]| {
        let others = dims
            .iter()
            .zip(own)
            .enumerate()
            .filter(|(at, _)| *at != axis);
        dims.len() == own.len() && others.into_iter().all(|(_, (a, b))| same(a, b))
    };
    below.iter().all(fits) && whole == length(own)
}

fn entries(dims: &[Dim]) -> Polynomial {
    let sizes = dims.iter().map(Polynomial::from);
    sizes.fold(Polynomial::from(1), |all, size| all.times(&size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Reduction;

    /// A dimension, or a number.
    fn dims(written: &str) -> Vec<Dim> {
        let dim = |word: &str| match word.parse() {
            Ok(size) => Dim::Size(size),
            Err(_) => Dim::Named(derive_graph::Name::new(word)),
        };
        written.split_whitespace().map(dim).collect()
    }

    fn reduce(axes: &[usize], keep: bool) -> Op {
        Op::Reduce {
            kind: Reduction::Sum,
            axes: axes.to_vec(),
            keep,
        }
    }

    /// An operation, the sizes of its arguments and of its result, and whether these belong to it.
    fn samples() -> Vec<(Op, &'static [&'static str], &'static str, bool)> {
        let einsum = || Op::Einsum("ik,jk->ij".to_owned());
        vec![
            (Op::Sum, &["n m", "", "1 m"], "n m", true),
            (Op::Sum, &["", ""], "1 1", false),
            (Op::Product, &["n 1", "1 m"], "n m", true),
            (Op::Product, &["n m", "m"], "n m", false),
            (Op::Product, &["1 1", "n m"], "1 1", false),
            (Op::Xlogy, &["n", "n"], "n", true),
            (
                Op::Power(derive_index::Rational::from_integer(2.into())),
                &["n 1"],
                "n",
                false,
            ),
            (Op::MatMul, &["n k", "k m"], "n m", true),
            (Op::MatMul, &["n k", "k"], "n", true),
            (Op::MatMul, &["k", "k m"], "m", true),
            (Op::MatMul, &["k", "k"], "", true),
            (Op::MatMul, &["b n k", "b k m"], "b n m", true),
            (Op::MatMul, &["n 1", "k m"], "n m", false),
            (Op::MatMul, &["n k", "k m"], "m n", false),
            (Op::MatMul, &["", "k m"], "m", false),
            (
                Op::View(vec![Some(1), None, Some(0)]),
                &["n m"],
                "m 1 n",
                true,
            ),
            (Op::View(vec![Some(0)]), &["n 1"], "n", true),
            (Op::View(vec![Some(0)]), &["n m"], "n", false),
            (Op::View(vec![None]), &[""], "", false),
            (Op::Broadcast, &["n 1"], "n m", true),
            (Op::Broadcast, &["n"], "n m", false),
            (reduce(&[0], false), &["n m"], "m", true),
            (reduce(&[0], true), &["n m"], "1 m", true),
            (reduce(&[0], true), &["n m"], "m", false),
            (reduce(&[0], false), &[""], "", false),
            (einsum(), &["n k", "m k"], "n m", true),
            (einsum(), &["n k", "m 1"], "n m", false),
            (einsum(), &["n k", "m"], "n m", false),
            (Op::Reshape, &["n m"], "m n", true),
            (Op::Reshape, &["n m"], "m", false),
            (Op::Concat(0), &["n m", "2 m"], "3 m", false),
            (Op::Concat(1), &["m 2", "m 1"], "m 3", true),
            (Op::Diagonal, &["n n"], "n", true),
            (Op::Diagonal, &["n m"], "n", false),
            (Op::DiagonalMatrix, &["n"], "n n", true),
            (Op::DiagonalMatrix, &[""], "1 1", false),
            (Op::DiagonalMatrix, &["1 1"], "1 1", false),
            (Op::MatrixFunction("det"), &["n n"], "", true),
            (Op::MatrixFunction("inv"), &["n n"], "n n", true),
            (Op::MatrixFunction("inv"), &["n"], "n", false),
            (Op::Identity, &[], "n n", true),
            (Op::Identity, &[], "n", false),
        ]
    }

    #[test]
    fn sizes_that_do_not_follow_are_found() {
        for (op, arguments, result, fits) in samples() {
            let mut arena = Arena::default();
            let name = |arguments: (usize, &&str)| (format!("a{}", arguments.0), dims(arguments.1));
            let arguments: Vec<(String, Vec<Dim>)> =
                arguments.iter().enumerate().map(name).collect();
            let node = Node {
                op,
                arguments: arguments
                    .iter()
                    .map(|(name, dims)| arena.name(name, dims))
                    .collect(),
                dims: dims(result),
            };
            assert_eq!(arena.conforms(&node), fits, "{node:?} of {arguments:?}");
        }
    }
}
