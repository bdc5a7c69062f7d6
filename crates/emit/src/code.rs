//! The language between formulas and programs: array expressions, hash-consed.
//!
//! Every node has the size of each axis. Axes of size 1 broadcast as in NumPy, but operands have equal ranks or none at all:
//! where axes line up is explicit, so that no target's own rule is assumed. Sums and products are flat, and equal up to order.

use derive_graph::{Dim, Function, Gather, Polynomial};
use derive_index::Rational;
use num_traits::{One, Signed, Zero};
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
    /// The variable.
    pub counter: String,
    /// The first number.
    pub first: i64,
    /// The last number: a variable of the program, and what is taken from it.
    pub last: (String, i64),
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

    /// The sum of terms.
    pub fn sum(&mut self, terms: Vec<Id>) -> Id {
        let (mut constant, mut flat) = (Rational::zero(), Vec::new());
        for term in terms {
            match (&self.node(term).op, self.as_number(term)) {
                (_, Some(value)) => constant += value,
                (Op::Sum, _) => flat.extend(self.node(term).arguments.clone()),
                _ => flat.push(term),
            }
        }
        // A number inside a nested sum that has just been opened.
        flat.retain(|&term| match self.as_number(term) {
            Some(value) => {
                constant += value;
                false
            }
            None => true,
        });
        if !constant.is_zero() || flat.is_empty() {
            let constant = self.number(constant);
            flat.insert(0, constant);
        }
        // A minus between terms reads better than one in front.
        let (mut ordered, negative): (Vec<Id>, Vec<Id>) =
            flat.into_iter().partition(|&term| !self.is_negative(term));
        ordered.extend(negative);
        match ordered.as_slice() {
            [one] => *one,
            _ => {
                let dims = self.broadcast_dims(&ordered);
                self.add(Op::Sum, ordered, dims)
            }
        }
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

    /// The product of factors.
    pub fn product(&mut self, factors: Vec<Id>) -> Id {
        let (mut coefficient, mut flat) = (Rational::one(), Vec::new());
        let opened = factors.into_iter().flat_map(|factor| {
            let node = self.node(factor);
            match node.op {
                Op::Product => node.arguments.clone(),
                _ => vec![factor],
            }
        });
        for factor in opened.collect::<Vec<_>>() {
            match self.as_number(factor) {
                Some(value) => coefficient *= value,
                None => flat.push(factor),
            }
        }
        let rank = self.fold_repeated_numbers(&mut flat, &mut coefficient);
        self.cancel_sizes(&mut flat);
        let (mut ordered, arrays): (Vec<Id>, Vec<Id>) =
            flat.into_iter().partition(|&factor| self.rank(factor) == 0);
        ordered.extend(arrays);
        if !coefficient.is_one() || ordered.is_empty() {
            let coefficient = self.number(coefficient);
            ordered.insert(0, coefficient);
        }
        let product = match ordered.as_slice() {
            [one] => *one,
            _ => {
                let dims = self.broadcast_dims(&ordered);
                self.add(Op::Product, ordered, dims)
            }
        };
        if rank > 0 {
            return self.view(product, vec![None; rank]);
        }
        product
    }

    /// A size times its reciprocal is 1.
    fn cancel_sizes(&self, factors: &mut Vec<Id>) {
        let is_size = |id: &Id| matches!(self.node(*id).op, Op::Size(_));
        while let Some((size, below)) = factors.iter().filter(|id| is_size(id)).find_map(|&size| {
            let reciprocal = |id: &&Id| {
                let node = self.node(**id);
                node.op == Op::Power(-Rational::one()) && node.arguments == [size]
            };
            factors.iter().find(reciprocal).map(|&below| (size, below))
        }) {
            for gone in [size, below] {
                if let Some(at) = factors.iter().position(|&id| id == gone) {
                    factors.remove(at);
                }
            }
        }
    }

    /// Numbers that only repeat along axes are numbers; their rank, unless another factor has these axes as well.
    fn fold_repeated_numbers(&self, factors: &mut Vec<Id>, coefficient: &mut Rational) -> usize {
        let mut rank = 0;
        factors.retain(|id| match &self.node(*id).op {
            Op::View(axes) if axes.iter().all(Option::is_none) => {
                match self.as_number(self.node(*id).arguments[0]) {
                    Some(value) => {
                        *coefficient *= value;
                        rank = axes.len();
                        false
                    }
                    None => true,
                }
            }
            _ => true,
        });
        let covered = factors.iter().any(|&id| self.rank(id) > 0);
        if covered { 0 } else { rank }
    }

    /// −term
    pub fn negate(&mut self, term: Id) -> Id {
        let minus = self.integer(-1);
        self.product(vec![minus, term])
    }

    /// base^exponent, entry by entry.
    pub fn power(&mut self, base: Id, exponent: Rational) -> Id {
        if exponent.is_one() {
            return base;
        }
        if let (Some(value), true) = (self.as_number(base), exponent == -Rational::one())
            && !value.is_zero()
        {
            let inverse = value.recip();
            return self.number(inverse);
        }
        if let Some(root) = self
            .as_number(base)
            .and_then(|value| exact_root(value, &exponent))
        {
            return self.number(root);
        }
        let node = self.node(base);
        if let (Op::Product, true) = (&node.op, exponent == -Rational::one()) {
            // 1/(a b) = (1/a)(1/b), so that a quotient is found in every spelling.
            let factors = node.arguments.clone();
            let inverses = factors
                .into_iter()
                .map(|factor| self.power(factor, exponent.clone()));
            let inverses = inverses.collect();
            return self.product(inverses);
        }
        if let (Op::Power(inner), true) = (&node.op, exponent.is_integer()) {
            let (below, inner) = (node.arguments[0], inner * &exponent);
            return self.power(below, inner);
        }
        let dims = node.dims.clone();
        self.add(Op::Power(exponent), vec![base], dims)
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
        if let Some(kept) = self.kept(id, &axes) {
            return kept;
        }
        let node = self.node(id);
        let dim = |axis: &Option<usize>| axis.map_or(Dim::Size(1), |axis| node.dims[axis].clone());
        let dims = axes.iter().map(dim).collect();
        self.add(Op::View(axes), vec![id], dims)
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

    /// A reduction along axes.
    pub fn reduce(&mut self, kind: Reduction, id: Id, axes: Vec<usize>, keep: bool) -> Id {
        if axes.is_empty() {
            return id;
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

/// √(p/q) where both are squares, for the exponents ½ and −½.
fn exact_root(value: &Rational, exponent: &Rational) -> Option<Rational> {
    let doubled = exponent * Rational::from_integer(2.into());
    if !value.is_positive() || !(doubled.is_one() || (-&doubled).is_one()) {
        return None;
    }
    let root = Rational::new(value.numer().sqrt(), value.denom().sqrt());
    (&root * &root == *value).then(|| if doubled.is_one() { root } else { root.recip() })
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
