//! The one tree of index notation and matrix algebra.
//!
//! Every node is a [`Head`] and its children; indices are children too, so that the tree has the same form as an e-node.
//! Nodes carry their hash, free indices and shape, computed once. A shape of `None` means that the term does not conform;
//! nothing prints such a term.

use crate::{Index, Rational};
use derive_graph::{Dim, Function, Gather, Name, Polynomial, Shape};
use num_traits::Zero;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// What a node is. The order of the variants is part of the total order that breaks ties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Head {
    /// A leaf: an exact number.
    Number(Rational),
    /// A leaf: the size of a named dimension, a scalar.
    Dimension(Name),
    /// A leaf: a named array and its shape.
    Tensor(Name, Shape),
    /// A leaf: an index.
    Index(Index),
    /// A leaf: the array of ones of this shape.
    Ones(Shape),
    /// A leaf: the identity matrix.
    Identity(Dim),

    /// `[A]_{i,j,…}`: children are a closed array and as many indices as it has axes.
    Entry,
    /// `δ_{ij}`: two indices over one dimension.
    Delta,
    /// `ω^{ab}` with ω = e^{2πi/N}: two indices over one dimension of size N. The only complex leaf: every array is real.
    Root,
    /// `Σ_{k,…} a b …`: children are the bound indices, then the factors. Between closed arrays of one shape it is the
    /// Hadamard product, and factors of rank 0 scale.
    Product,
    /// `a + b + …`, of scalars or of arrays of one shape; terms of rank 0 are added to every entry.
    Sum,
    /// `a^q`, entry by entry, for a constant exponent.
    Power(Rational),
    /// `f(a, …)`, entry by entry.
    Apply(Function),
    /// The largest (or least) value of the body over the bound indices: children are these, the body, and a scalar that is 0
    /// where a value does not count and 1 where it does.
    Extremum {
        /// Whether the least value is meant.
        least: bool,
    },
    /// The array whose (i, j, …) entry is the last child: children are the indices, then the entry.
    Comprehension,

    /// Matrix product of two or more closed factors, flat. A vector may stand first (as a row) or last (as a column).
    MatMul,
    /// Transpose of a matrix.
    Transpose,
    /// `u vᵀ` of two vectors.
    Outer,
    /// `tr A`
    Trace,
    /// The vector of a square matrix's diagonal entries.
    Diagonal,
    /// The matrix with a vector on its diagonal.
    DiagonalMatrix,
    /// The same entries with axes of size 1 added (`None`), dropped (not mentioned) or moved.
    Axes(Vec<Option<usize>>),
    /// Softmax along an axis, or its logarithm.
    Softmax {
        /// The axis that sums to one.
        axis: usize,
        /// Whether this is log-softmax.
        log: bool,
    },
    /// The array of this shape that reads its child at affine places.
    Gather(Gather, Shape),
    /// The child's entries in row-major order under this shape, which has as many.
    Reshape(Shape),
    /// The children one after the other along an axis.
    Concat(usize),
    /// A function of a square matrix as a whole; the name of its row in [`derive_graph::matrix_function::MATRIX_FUNCTIONS`].
    MatrixFunction(&'static str),
    /// The discrete Fourier transform of a vector, or its inverse; see [`derive_graph::Operation::Fourier`].
    Fourier {
        /// Whether this is the inverse.
        inverse: bool,
    },
    /// The complex conjugate, entry by entry.
    Conjugate,
    /// The real part, entry by entry.
    RealPart,
}

impl Head {
    /// Whether the leading index children are bound by the node.
    pub fn binds(&self) -> bool {
        matches!(
            self,
            Head::Product | Head::Comprehension | Head::Extremum { .. }
        )
    }
}

#[derive(Debug)]
struct Inner {
    head: Head,
    children: Vec<Term>,
    hash: u64,
    size: u32,
    free: Vec<Index>,
    shape: Option<Shape>,
}

/// A node of index notation or matrix algebra, cheap to clone.
#[derive(Clone, Debug)]
pub struct Term(Rc<Inner>);

impl Term {
    /// The node with exactly this head and these children, in no normal form. Use [`crate::build`] unless the exact
    /// form matters.
    pub fn raw(head: Head, children: Vec<Term>) -> Term {
        let mut hasher = DefaultHasher::new();
        head.hash(&mut hasher);
        children
            .iter()
            .for_each(|child| hasher.write_u64(child.0.hash));
        let size = children
            .iter()
            .fold(1u32, |sum, child| sum.saturating_add(child.0.size));
        let free = free_indices(&head, &children);
        let shape = infer_shape(&head, &children);
        Term(Rc::new(Inner {
            head,
            children,
            hash: hasher.finish(),
            size,
            free,
            shape,
        }))
    }

    /// A leaf.
    pub fn leaf(head: Head) -> Term {
        Term::raw(head, Vec::new())
    }

    /// What this node is.
    pub fn head(&self) -> &Head {
        &self.0.head
    }

    /// Its children, indices included.
    pub fn children(&self) -> &[Term] {
        &self.0.children
    }

    /// Number of nodes.
    pub fn size(&self) -> u32 {
        self.0.size
    }

    /// Where the node is kept: the same for clones of one term, and for no other while one of them lives.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// The same term, made of nodes of `known` wherever it has one, which it is then added to.
    pub fn shared(&self, known: &mut HashSet<Term>) -> Term {
        if let Some(same) = known.get(self) {
            return same.clone();
        }
        let children = self.children().iter().map(|child| child.shared(known));
        let term = Term::raw(self.head().clone(), children.collect());
        known.insert(term.clone());
        term
    }

    /// The indices that occur free, sorted. [`Index::Unit`] is not one: it stands for a constant.
    pub fn free(&self) -> &[Index] {
        &self.0.free
    }

    /// The shape; scalar for everything at index level, `None` where the parts do not conform.
    pub fn shape(&self) -> Option<&Shape> {
        self.0.shape.as_ref()
    }

    /// Number of axes; 0 if the term does not conform.
    pub fn rank(&self) -> usize {
        self.shape().map_or(0, Shape::rank)
    }

    /// The index, if this is an index leaf.
    pub fn as_index(&self) -> Option<&Index> {
        match self.head() {
            Head::Index(index) => Some(index),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Rational> {
        match self.head() {
            Head::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether this is the number 0.
    pub fn is_zero(&self) -> bool {
        self.as_number().is_some_and(Zero::is_zero)
    }

    /// Leading index children (bound or subscript indices in front) and the rest.
    /// For [`Head::Product`] the bound indices and the factors; for [`Head::Comprehension`] the indices and the entry.
    pub fn split(&self) -> (Vec<Index>, &[Term]) {
        let count = self
            .children()
            .iter()
            .take_while(|child| child.as_index().is_some())
            .count();
        let (indices, rest) = self.children().split_at(count);
        (
            indices.iter().filter_map(Term::as_index).cloned().collect(),
            rest,
        )
    }

    /// The array and the indices of an [`Head::Entry`].
    pub fn as_entry(&self) -> Option<(&Term, Vec<Index>)> {
        match (self.head(), self.children().split_first()) {
            (Head::Entry, Some((array, indices))) => Some((
                array,
                indices.iter().filter_map(Term::as_index).cloned().collect(),
            )),
            _ => None,
        }
    }

    /// The greatest index id that occurs anywhere, bound or free, plus one.
    pub fn next_index(&self) -> u32 {
        match self.head() {
            Head::Index(index) => index
                .variables()
                .iter()
                .filter_map(Index::id)
                .map(|id| id + 1)
                .max()
                .unwrap_or(0),
            _ => self
                .children()
                .iter()
                .map(Term::next_index)
                .max()
                .unwrap_or(0),
        }
    }

    /// Whether this node or one below satisfies the predicate.
    pub fn any(&self, predicate: &dyn Fn(&Term) -> bool) -> bool {
        predicate(self) || self.children().iter().any(|child| child.any(predicate))
    }

    /// Whether complex numbers occur in it. Its value may still be real.
    pub fn is_complex(&self) -> bool {
        self.any(&|term| matches!(term.head(), Head::Root | Head::Fourier { .. }))
    }

    /// Whether no index notation is left: no entry, delta, sum over an index or comprehension.
    pub fn is_closed_form(&self) -> bool {
        !self.any(&|term| {
            matches!(
                term.head(),
                Head::Index(_)
                    | Head::Entry
                    | Head::Delta
                    | Head::Root
                    | Head::Comprehension
                    | Head::Extremum { .. }
            )
        })
    }
}

fn free_indices(head: &Head, children: &[Term]) -> Vec<Index> {
    if let Head::Index(index) = head {
        return index.variables();
    }
    let bound: Vec<&Index> = if head.binds() {
        children.iter().map_while(Term::as_index).collect()
    } else {
        Vec::new()
    };
    let mut free: Vec<Index> = Vec::new();
    for child in children {
        for index in child.free() {
            if !bound.contains(&index)
                && let Err(place) = free.binary_search(index)
            {
                free.insert(place, index.clone());
            }
        }
    }
    free
}

/// The shape of a node from its children's shapes, by the rules stated at each [`Head`].
fn infer_shape(head: &Head, children: &[Term]) -> Option<Shape> {
    let shapes = || children.iter().map(Term::shape).collect::<Option<Vec<_>>>();
    match head {
        Head::Number(_) | Head::Dimension(_) | Head::Index(_) => Some(Shape::scalar()),
        Head::Tensor(_, shape) | Head::Ones(shape) => Some(shape.clone()),
        Head::Identity(dim) => Some(Shape(vec![dim.clone(), dim.clone()])),
        Head::Delta | Head::Root => delta_shape(children),
        Head::Entry => entry_shape(children),
        Head::Comprehension => comprehension_shape(children),
        Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => entrywise_shape(&shapes()?),
        Head::MatMul => matmul_shape(&shapes()?),
        Head::Transpose => match shapes()?.as_slice() {
            [Shape(dims)] if dims.len() == 2 => Some(Shape(vec![dims[1].clone(), dims[0].clone()])),
            _ => None,
        },
        Head::Outer => match shapes()?.as_slice() {
            [Shape(u), Shape(v)] if u.len() == 1 && v.len() == 1 => {
                Some(Shape(vec![u[0].clone(), v[0].clone()]))
            }
            _ => None,
        },
        Head::Fourier { .. } => match shapes()?.as_slice() {
            [Shape(dims)] if dims.len() == 1 => Some(Shape(dims.clone())),
            _ => None,
        },
        Head::Conjugate | Head::RealPart => shapes()?.first().map(|shape| (*shape).clone()),
        Head::Trace => square(&shapes()?).map(|_| Shape::scalar()),
        Head::Diagonal => square(&shapes()?).map(|dim| Shape(vec![dim])),
        Head::DiagonalMatrix => match shapes()?.as_slice() {
            [Shape(dims)] if dims.len() == 1 => Some(Shape(vec![dims[0].clone(), dims[0].clone()])),
            _ => None,
        },
        Head::Axes(axes) => axes_shape(axes, shapes()?.first()?),
        Head::Softmax { axis, .. } => {
            let shape = *shapes()?.first()?;
            (*axis < shape.rank()).then(|| shape.clone())
        }
        Head::Extremum { .. } => extremum_shape(children),
        Head::Gather(gather, shape) => {
            (gather.axes.len() == shapes()?.first()?.rank()).then(|| shape.clone())
        }
        Head::Reshape(shape) => shapes().map(|_| shape.clone()),
        Head::Concat(axis) => concat_shape(*axis, &shapes()?),
        Head::MatrixFunction(name) => {
            let dim = square(&shapes()?)?;
            let matrix = derive_graph::matrix_function::row(name)?.matrix;
            Some(if matrix {
                Shape(vec![dim.clone(), dim])
            } else {
                Shape::scalar()
            })
        }
    }
}

fn delta_shape(children: &[Term]) -> Option<Shape> {
    match children {
        [a, b] if a.as_index()?.dim() == b.as_index()?.dim() => Some(Shape::scalar()),
        _ => None,
    }
}

fn entry_shape(children: &[Term]) -> Option<Shape> {
    let (array, indices) = children.split_first()?;
    let dims = indices
        .iter()
        .map(|index| index.as_index().map(Index::dim))
        .collect::<Option<Vec<_>>>()?;
    (array.shape()?.0 == dims).then(Shape::scalar)
}

fn comprehension_shape(children: &[Term]) -> Option<Shape> {
    let (body, indices) = children.split_last()?;
    let dims = indices
        .iter()
        .map(|index| index.as_index().map(Index::dim))
        .collect::<Option<Vec<_>>>()?;
    body.shape()?.is_scalar().then_some(Shape(dims))
}

fn concat_shape(axis: usize, shapes: &[&Shape]) -> Option<Shape> {
    let (first, rest) = shapes.split_first()?;
    let mut whole = (*first).clone();
    for shape in rest {
        let same = |(at, (a, b)): (usize, (&Dim, &Dim))| at == axis || a == b;
        let fits =
            shape.rank() == whole.rank() && shape.0.iter().zip(&whole.0).enumerate().all(same);
        let sum = Polynomial::from(whole.0.get(axis)?).plus(&shape.0.get(axis)?.into());
        whole.0[axis] = sum.to_dim().filter(|_| fits)?;
    }
    Some(whole)
}

fn extremum_shape(children: &[Term]) -> Option<Shape> {
    let is_scalar = |term: &Term| term.shape().is_some_and(Shape::is_scalar);
    let body = children
        .iter()
        .skip_while(|child| child.as_index().is_some());
    let body: Vec<&Term> = body.collect();
    (body.len() == 2 && body.into_iter().all(is_scalar)).then(Shape::scalar)
}

fn entrywise_shape(shapes: &[&Shape]) -> Option<Shape> {
    let mut arrays = shapes.iter().filter(|shape| !shape.is_scalar());
    let first = arrays
        .next()
        .map_or_else(Shape::scalar, |shape| (*shape).clone());
    arrays.all(|shape| **shape == first).then_some(first)
}

fn matmul_shape(shapes: &[&Shape]) -> Option<Shape> {
    let last = shapes.len().checked_sub(1).filter(|&last| last > 0)?;
    let fits = shapes
        .iter()
        .enumerate()
        .all(|(at, shape)| match shape.rank() {
            2 => true,
            1 => at == 0 || at == last,
            _ => false,
        });
    let meets = shapes
        .windows(2)
        .all(|pair| pair[0].0.last() == pair[1].0.first());
    let front = shapes[0].0[..]
        .split_last()
        .map(|(_, front)| front.to_vec());
    let back = shapes[last].0[..]
        .split_first()
        .map(|(_, back)| back.to_vec());
    (fits && meets).then(|| Shape([front.unwrap_or_default(), back.unwrap_or_default()].concat()))
}

fn square(shapes: &[&Shape]) -> Option<Dim> {
    match shapes {
        [Shape(dims)] if dims.len() == 2 && dims[0] == dims[1] => Some(dims[0].clone()),
        _ => None,
    }
}

fn axes_shape(axes: &[Option<usize>], shape: &Shape) -> Option<Shape> {
    let kept = |axis: usize| axes.contains(&Some(axis));
    let dropped_are_units = (0..shape.rank()).all(|axis| kept(axis) || shape.0[axis].is_unit());
    let dim =
        |axis: &Option<usize>| axis.map_or(Some(Dim::Size(1)), |axis| shape.0.get(axis).cloned());
    let dims = axes.iter().map(dim).collect::<Option<Vec<_>>>()?;
    dropped_are_units.then_some(Shape(dims))
}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
            || (self.0.hash == other.0.hash
                && self.0.head == other.0.head
                && self.0.children == other.0.children)
    }
}

impl Eq for Term {}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Term) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    /// Smaller terms first, then by head, then by children: a total order that depends on nothing but the term.
    fn cmp(&self, other: &Term) -> Ordering {
        if Rc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        let by_size = self.0.size.cmp(&other.0.size);
        by_size
            .then_with(|| self.0.head.cmp(&other.0.head))
            .then_with(|| self.0.children.cmp(&other.0.children))
    }
}
