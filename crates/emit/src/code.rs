//! The language between formulas and programs: array expressions, hash-consed.
//!
//! Every node has the size of each axis. Axes of size 1 broadcast as in NumPy, but operands have equal ranks or none at all:
//! where axes line up is explicit, so that no target's own rule is assumed. Sums and products are flat, and equal up to order.

mod algebra;
mod conform;

use derive_graph::{Dim, Function, Gather, Polynomial};
use derive_index::Rational;
use derive_index::count::Range;
use num_traits::{One, Signed};
use std::collections::{HashMap, HashSet};

/// The place of a node in its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub usize);

/// What a node computes from its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// An exact number.
    Number(Rational),
    /// A polynomial in the sizes of dimensions.
    Size(Polynomial),
    /// A variable of the program.
    Name(String),
    /// Sum, entry by entry.
    Sum,
    /// Product, entry by entry; a number, if any, stands first.
    Product,
    /// A constant power, entry by entry.
    Power(Rational),
    /// A function, entry by entry.
    Apply(Function),
    /// t ln b, and 0 where t is 0.
    Xlogy,
    /// NumPy's `@`: the last axis of the first meets the last but one (or only) of the second; leading axes go together.
    MatMul,
    /// Axes moved, added with size 1 (`None`) or, where not mentioned, dropped because their size is 1.
    View(Vec<Option<usize>>),
    /// The same entries repeated to the node's own sizes.
    Broadcast,
    /// Sum, or largest or least entry, along axes that stay with size 1 where `keep` is set.
    Reduce {
        /// How.
        kind: Reduction,
        /// Along which.
        axes: Vec<usize>,
        /// Whether they stay.
        keep: bool,
    },
    /// Labelled axes, `ik,kj->ij`, one letter a label.
    Einsum(String),
    /// The identity matrix.
    Identity,
    /// The same entries, row by row, under another shape.
    Reshape,
    /// The arguments one after the other along an axis.
    Concat(usize),
    /// The diagonal of a square matrix.
    Diagonal,
    /// The matrix with a vector on its diagonal.
    DiagonalMatrix,
    /// Softmax along an axis, or its logarithm.
    Softmax {
        /// The axis that sums to one.
        axis: usize,
        /// Whether this is log-softmax.
        log: bool,
    },
    /// A function of a square matrix as a whole.
    MatrixFunction(&'static str),
    /// A function of a complex array, or a transform of a vector, by the name that targets spell: `dft`, `conjugate`.
    Complex(&'static str),
    /// The matrix of the roots of unity ω^{kn}.
    Roots,
    /// The array that reads its argument at affine places; −∞ outside if the gather says so, and 0 otherwise.
    Gather(Gather),
    /// The sum of an expression over whole numbers.
    Series(Series),
}

/// A sum over whole numbers, which a variable stands for in what is summed. That is no argument of the node: outside, the variable means nothing,
/// so that no part of it may be computed there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// What is summed.
    pub term: Id,
    /// The variable of the program, and its numbers in the names of the network.
    pub range: Range,
    /// The variable of the program for the last number.
    pub bound: String,
    /// The same sum with a term for every layer that was written out.
    pub written_out: Id,
}

/// How entries along axes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Their sum.
    Sum,
    /// The largest.
    Max,
    /// The least.
    Min,
    /// The logarithm of the sum of their exponentials.
    LogSumExp,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// From what.
    pub arguments: Vec<Id>,
    /// The size of every axis.
    pub dims: Vec<Dim>,
}

/// A hash-consed set of nodes. Arguments have smaller ids than their users.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
}

impl Arena {
    /// The node at `id`.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0]
    }

    /// The sizes of its axes.
    pub fn dims(&self, id: Id) -> &[Dim] {
        &self.nodes[id.0].dims
    }

    /// How many axes it has.
    pub fn rank(&self, id: Id) -> usize {
        self.nodes[id.0].dims.len()
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a node, or finds the equal one. Sums and products are found in any order and keep the first one met.
    pub fn add(&mut self, op: Op, arguments: Vec<Id>, dims: Vec<Dim>) -> Id {
        let node = Node {
            op,
            arguments,
            dims,
        };
        debug_assert!(
            self.conforms(&node),
            "the axes of {node:?} do not follow from {:?}",
            node.arguments
                .iter()
                .map(|&id| self.node(id))
                .collect::<Vec<_>>()
        );
        let mut key = node.clone();
        if matches!(key.op, Op::Sum | Op::Product) {
            key.arguments.sort();
        }
        if let Some(&id) = self.known.get(&key) {
            return id;
        }
        let id = Id(self.nodes.len());
        self.known.insert(key, id);
        self.nodes.push(node);
        id
    }

    /// A number.
    pub fn number(&mut self, value: Rational) -> Id {
        self.add(Op::Number(value), Vec::new(), Vec::new())
    }

    /// A whole number.
    pub fn integer(&mut self, value: i64) -> Id {
        self.number(Rational::from_integer(value.into()))
    }

    /// The number, if this is one.
    pub fn as_number(&self, id: Id) -> Option<&Rational> {
        match &self.node(id).op {
            Op::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The size of a dimension as a scalar.
    pub fn size(&mut self, dim: &Dim) -> Id {
        let polynomial = Polynomial::from(dim);
        match polynomial.as_constant() {
            Some(value) => self.integer(value),
            None => self.add(Op::Size(polynomial), Vec::new(), Vec::new()),
        }
    }

    /// A variable of the program.
    pub fn name(&mut self, name: &str, dims: &[Dim]) -> Id {
        self.add(Op::Name(name.to_owned()), Vec::new(), dims.to_vec())
    }

    /// Whether a term has a negative number in front.
    pub fn is_negative(&self, id: Id) -> bool {
        let node = self.node(id);
        match (&node.op, node.arguments.first()) {
            (Op::Number(value), _) => value.is_negative(),
            (Op::Product, Some(&first)) => self.as_number(first).is_some_and(Rational::is_negative),
            _ => false,
        }
    }

    /// Whether a scalar depends on sizes and numbers alone.
    pub fn is_made_of_sizes(&self, id: Id) -> bool {
        let node = self.node(id);
        let plain = matches!(
            node.op,
            Op::Number(_) | Op::Size(_) | Op::Sum | Op::Product | Op::Power(_) | Op::Apply(_)
        );
        let mut below = node.arguments.iter();
        plain && below.all(|&argument| self.is_made_of_sizes(argument))
    }

    /// Whether entries may be complex. Variables are real.
    pub fn is_complex(&self, id: Id) -> bool {
        let (mut open, mut met) = (vec![id], HashSet::new());
        while let Some(id) = open.pop() {
            let node = self.node(id);
            match &node.op {
                Op::Roots => return true,
                Op::Complex("real part" | "imaginary part") => {}
                Op::Complex(_) => return true,
                _ if met.insert(id) => open.extend(&node.arguments),
                _ => {}
            }
        }
        false
    }

    /// A function, entry by entry.
    pub fn apply(&mut self, function: &Function, arguments: Vec<Id>) -> Id {
        let dims = self.broadcast_dims(&arguments);
        self.add(Op::Apply(function.clone()), arguments, dims)
    }

    /// The sizes of an operation entry by entry: those of the operands with axes, 1 stretched.
    pub fn broadcast_dims(&self, operands: &[Id]) -> Vec<Dim> {
        let mut dims: Vec<Dim> = Vec::new();
        for &operand in operands {
            let own = self.dims(operand);
            if dims.is_empty() {
                dims = own.to_vec();
            } else if own.len() == dims.len() {
                let stretched = dims.iter_mut().zip(own).filter(|(dim, _)| dim.is_unit());
                stretched.for_each(|(dim, own)| *dim = own.clone());
            }
        }
        dims
    }

    /// Axes moved, added (`None`) or dropped. Views of views are one view.
    pub fn view(&mut self, id: Id, axes: Vec<Option<usize>>) -> Id {
        let node = self.node(id);
        if let Op::View(inner) = &node.op {
            let below = node.arguments[0];
            let axes = axes
                .iter()
                .map(|axis| axis.and_then(|axis| inner[axis]))
                .collect();
            return self.view(below, axes);
        }
        let axes = reused(axes, &node.dims);
        let node = self.node(id);
        if axes.len() == node.dims.len()
            && axes.iter().enumerate().all(|(at, axis)| *axis == Some(at))
        {
            return id;
        }
        if let Some(simpler) = self.kept(id, &axes).or_else(|| self.viewed(id, &axes)) {
            return simpler;
        }
        let node = self.node(id);
        let dim = |axis: &Option<usize>| axis.map_or(Dim::Size(1), |axis| node.dims[axis].clone());
        let dims = axes.iter().map(dim).collect();
        self.add(Op::View(axes), vec![id], dims)
    }

    /// A sum whose scalars stand outside, and a sum of sums as one.
    fn summed(&mut self, kind: Reduction, id: Id, axes: &[usize], keep: bool) -> Option<Id> {
        if kind != Reduction::Sum {
            return None;
        }
        let node = self.node(id);
        match &node.op {
            Op::Product => {
                let factors = node.arguments.iter().copied();
                let (mut scalars, rest): (Vec<Id>, Vec<Id>) =
                    factors.partition(|&it| self.rank(it) == 0);
                if scalars.is_empty() {
                    return None;
                }
                let rest = self.product(rest);
                scalars.push(self.reduce(kind, rest, axes.to_vec(), keep));
                Some(self.product(scalars))
            }
            Op::Reduce {
                kind: Reduction::Sum,
                axes: inner,
                keep: false,
            } if !keep => {
                let below = node.arguments[0];
                let left = (0..self.rank(below)).filter(|axis| !inner.contains(axis));
                let left: Vec<usize> = left.collect();
                let mut all: Vec<usize> = axes
                    .iter()
                    .map(|&axis| left[axis])
                    .chain(inner.iter().copied())
                    .collect();
                all.sort_unstable();
                Some(self.reduce(kind, below, all, false))
            }
            _ => None,
        }
    }

    /// Scalars stand outside of a view that drops axes, as a sign does outside of every view; axes that a reduction keeps only to be dropped are not kept.
    fn viewed(&mut self, id: Id, axes: &[Option<usize>]) -> Option<Id> {
        let node = self.node(id);
        let moved: Vec<usize> = axes.iter().copied().flatten().collect();
        match &node.op {
            Op::Product if !node.dims.is_empty() => {
                let reduced = |id: &Id| matches!(self.node(*id).op, Op::Reduce { .. });
                let drops =
                    moved.len() < node.dims.len() || node.arguments.last().is_some_and(reduced);
                let minus = self
                    .as_number(node.arguments[0])
                    .is_some_and(|it| *it == -Rational::from_integer(1.into()));
                let outside =
                    |it: Id| self.rank(it) == 0 && (drops || minus && self.as_number(it).is_some());
                let (mut scalars, rest): (Vec<Id>, Vec<Id>) =
                    node.arguments.iter().partition(|&&it| outside(it));
                if scalars.is_empty() {
                    return None;
                }
                let rest = self.product(rest);
                scalars.push(self.view(rest, axes.to_vec()));
                Some(self.product(scalars))
            }
            Op::Reduce {
                kind,
                axes: gone,
                keep: true,
            } if !gone.iter().any(|axis| moved.contains(axis)) => {
                let (kind, gone, below) = (*kind, gone.clone(), node.arguments[0]);
                let axes = axes
                    .iter()
                    .map(|axis| axis.map(|axis| renumbered(&gone, axis)))
                    .collect();
                let reduced = self.reduce(kind, below, gone, false);
                Some(self.view(reduced, axes))
            }
            _ => None,
        }
    }

    /// A reduction whose axes come back with size 1 keeps them.
    fn kept(&mut self, id: Id, axes: &[Option<usize>]) -> Option<Id> {
        let node = self.node(id);
        let Op::Reduce {
            kind,
            axes: gone,
            keep: false,
        } = &node.op
        else {
            return None;
        };
        let mut left = 0..;
        let expected = |axis: usize| {
            if gone.contains(&axis) {
                None
            } else {
                left.next()
            }
        };
        let whole = self.rank(node.arguments[0]);
        let all: Vec<Option<usize>> = (0..whole).map(expected).collect();
        let (kind, gone, below) = (*kind, gone.clone(), node.arguments[0]);
        (axes == all).then(|| self.reduce(kind, below, gone, true))
    }

    /// The same entries repeated to these sizes; itself where it has them.
    pub fn filled(&mut self, id: Id, dims: &[Dim]) -> Id {
        if self.dims(id) == dims {
            return id;
        }
        self.add(Op::Broadcast, vec![id], dims.to_vec())
    }

    /// The matrix with a vector of these dimensions on its diagonal; the identity matrix, if they are ones.
    pub fn diagonal_matrix(&mut self, vector: Id, dims: Vec<Dim>) -> Id {
        let mut entries = vector;
        while let Op::View(_) | Op::Broadcast = self.node(entries).op {
            entries = self.node(entries).arguments[0];
        }
        if self.as_number(entries).is_some_and(One::is_one) {
            return self.add(Op::Identity, Vec::new(), dims);
        }
        let vector = self.filled(vector, &dims[..1]);
        self.add(Op::DiagonalMatrix, vec![vector], dims)
    }

    /// A reduction along axes.
    pub fn reduce(&mut self, kind: Reduction, id: Id, axes: Vec<usize>, keep: bool) -> Id {
        if axes.is_empty() {
            return id;
        }
        if let Some(simpler) = self.summed(kind, id, &axes, keep) {
            return simpler;
        }
        let dims = self.dims(id).iter().enumerate();
        let left = dims.filter_map(|(axis, dim)| match (axes.contains(&axis), keep) {
            (false, _) => Some(dim.clone()),
            (true, true) => Some(Dim::Size(1)),
            (true, false) => None,
        });
        let left = left.collect();
        self.add(Op::Reduce { kind, axes, keep }, vec![id], left)
    }
}

/// The axes that are left when some are gone, as numbers of what is left.
fn renumbered(gone: &[usize], axis: usize) -> usize {
    axis - gone.iter().filter(|&&it| it < axis).count()
}

/// A new axis where one of size 1 is dropped at the same place is that axis.
fn reused(mut axes: Vec<Option<usize>>, dims: &[Dim]) -> Vec<Option<usize>> {
    for at in 0..axes.len() {
        if axes[at].is_some() {
            continue;
        }
        let after = axes[..at].iter().flatten().max().map_or(0, |last| last + 1);
        let before = axes[at..]
            .iter()
            .flatten()
            .min()
            .copied()
            .unwrap_or(dims.len());
        let free = |axis: &usize| dims[*axis].is_unit() && !axes.contains(&Some(*axis));
        axes[at] = (after..before).find(free);
    }
    axes
}
