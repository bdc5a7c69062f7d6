//! The expression graph: nodes are hash-consed, so equal expressions are one node.

use crate::complex::Realness;
use crate::{Einsum, Function, Gather, Name, Shape};
use num_rational::BigRational;
use rustc_hash::FxHashMap;

/// The place of a node in its [`Graph`]. Arguments always have smaller ids than their users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// What a node computes from its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A declared array or a named intermediate; in claims also a cotangent ([`Name::cotangent`]).
    Symbol(Name),
    /// The k-th argument of a user's function, inside that function's body only.
    Parameter(usize),
    /// An exact number.
    Number(BigRational),
    /// The size of a named dimension, as a scalar.
    Dimension(Name),
    /// An elementwise function. All arguments have the node's shape: broadcasting is a node of its own.
    Elementwise(Function),
    /// A multilinear operation.
    Einsum(Einsum),
    /// Softmax along an axis, or its logarithm.
    Softmax {
        /// The axis that sums to one.
        axis: usize,
        /// Whether this is log-softmax.
        log: bool,
    },
    /// Reading the argument at affine places.
    Gather(Gather),
    /// The same entries, in row-major order, under another shape.
    Reshape,
    /// The arguments one after the other along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// The largest or least entry along some axes, which the result lacks.
    Extremum {
        /// The axes, in order.
        axes: Vec<usize>,
        /// Whether the least entry is meant.
        least: bool,
    },
    /// A function of a square matrix as a whole; the name of its row in [`crate::matrix_function::MATRIX_FUNCTIONS`].
    MatrixFunction(&'static str),
    /// The discrete Fourier transform of a vector: Σ_n ω^{−kn} x_n with ω = e^{2πi/N}, or its inverse (1/N) Σ_k ω^{kn} x_k.
    Fourier {
        /// Whether this is the inverse.
        inverse: bool,
    },
    /// The complex conjugate, entry by entry.
    Conjugate,
    /// The real part, entry by entry.
    RealPart,
    /// The imaginary part, entry by entry, a real number.
    ImaginaryPart,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it computes.
    pub operation: Operation,
    /// From what.
    pub arguments: Vec<NodeId>,
    /// The shape of the result.
    pub shape: Shape,
}

/// A hash-consed set of nodes in creation order.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// What is known of each node.
    realness: Vec<Realness>,
    known: FxHashMap<Node, NodeId>,
}

impl Graph {
    /// Adds a node, or finds the equal one that is there.
    pub fn add(&mut self, operation: Operation, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
        let node = Node {
            operation,
            arguments,
            shape,
        };
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len());
        let below: Vec<Realness> = node.arguments.iter().map(|&at| self.realness(at)).collect();
        self.realness
            .push(Realness::of(&node.operation, &node.shape, &below));
        self.known.insert(node.clone(), id);
        self.nodes.push(node);
        id
    }

    /// The node at `id`.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The shape at `id`.
    pub fn shape(&self, id: NodeId) -> &Shape {
        &self.nodes[id.0].shape
    }

    /// Whether the values at `id` are real, and whether they are the spectrum of something real.
    pub fn realness(&self, id: NodeId) -> Realness {
        self.realness[id.0]
    }

    /// Whether the values at `id` are complex.
    pub fn is_complex(&self, id: NodeId) -> bool {
        !self.realness(id).real
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The names that the expression at `id` mentions directly, each once, in order of first mention.
    pub fn mentioned(&self, id: NodeId) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        // A set, not a table by id: an expression is small beside the graph it stands in.
        let mut seen = rustc_hash::FxHashSet::default();
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            if !seen.insert(at) {
                continue;
            }
            let node = self.node(at);
            if let Operation::Symbol(name) = &node.operation
                && !names.contains(name)
            {
                names.push(name.clone());
            }
            stack.extend(node.arguments.iter().rev());
        }
        names
    }
}
