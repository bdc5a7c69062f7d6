//! The one tree of index notation and matrix algebra.
//!
//! Every node is a [`Head`] and its children; indices are children too, so that the tree has the same form as an e-node.
//! Nodes carry their hash, free indices and shape, computed once. A shape of `None` means that the term does not conform;
//! nothing prints such a term.

use crate::shape::Place;
use crate::{Index, LayerRange, Rational};
use derive_graph::{Dim, Function, Gather, Name, Shape};
use num_traits::Zero;
use rustc_hash::{FxHashSet, FxHasher};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

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
    /// The imaginary part, entry by entry.
    ImaginaryPart,
    /// The sum over the layers of a network of symbolic depth of what is written for one of them; only printed.
    EveryLayer(LayerRange),
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
    /// The greatest index id in the node, plus one.
    next_index: u32,
    contents: Contents,
    free: Free,
    shape: Place,
}

/// What occurs in a node or below: asked of every term many times, so each knows.
#[derive(Clone, Copy, Debug)]
struct Contents {
    /// A complex leaf, a transform, or an operation on complex numbers.
    complex: bool,
    /// An index, or what is only made with indices.
    index_notation: bool,
    /// A node that binds indices.
    bound: bool,
    /// The only index of an axis of size 1.
    unit: bool,
}

impl Contents {
    fn of(head: &Head, children: &[Term]) -> Contents {
        let index_notation = matches!(
            head,
            Head::Index(_)
                | Head::Entry
                | Head::Delta
                | Head::Root
                | Head::Comprehension
                | Head::Extremum { .. }
        );
        let binds = head.binds() && children.first().is_some_and(|it| it.as_index().is_some());
        let own = Contents {
            complex: matches!(
                head,
                Head::Root
                    | Head::Fourier { .. }
                    | Head::Conjugate
                    | Head::RealPart
                    | Head::ImaginaryPart
            ),
            index_notation,
            bound: binds,
            unit: matches!(head, Head::Index(Index::Unit)),
        };
        children.iter().fold(own, |all, child| Contents {
            complex: all.complex || child.0.contents.complex,
            index_notation: all.index_notation || child.0.contents.index_notation,
            bound: all.bound || child.0.contents.bound,
            unit: all.unit || child.0.contents.unit,
        })
    }
}

/// Where the free indices of a node stand. Most nodes have those of their head or of one child, and keep none of their own.
#[derive(Debug)]
enum Free {
    None,
    OfHead,
    OfChild(usize),
    Own(Vec<Index>),
}

/// How many nodes are remembered, a power of two.
const REMEMBERED: usize = 4096;

thread_local! {
    /// The node that was made last of those with one remainder of their hashes: most nodes are made again and again, and are kept once.
    static RECENT: RefCell<Vec<Option<Term>>> = RefCell::new(vec![None; REMEMBERED]);
}

/// A node of index notation or matrix algebra, cheap to clone.
#[derive(Clone, Debug)]
pub struct Term(Arc<Inner>);

impl Term {
    /// The node with exactly this head and these children, in no normal form. Use [`crate::build`] unless the exact
    /// form matters. What was made of the same parts lately is handed out again.
    pub fn raw(head: Head, children: Vec<Term>) -> Term {
        let mut hasher = FxHasher::default();
        head.hash(&mut hasher);
        children
            .iter()
            .for_each(|child| hasher.write_u64(child.0.hash));
        let hash = hasher.finish();
        RECENT.with_borrow_mut(|recent| {
            let known = recent.len() as u64 - 1;
            let place = &mut recent[(hash >> 20 & known) as usize];
            if let Some(term) = place
                && term.is_made_of(hash, &head, &children)
            {
                return term.clone();
            }
            let term = Term::made(head, children, hash);
            *place = Some(term.clone());
            term
        })
    }

    /// The same node kept once more, at an address that no other has: what is noted by its address is noted of it alone.
    pub fn apart(&self) -> Term {
        Term::made(self.head().clone(), self.children().to_vec(), self.0.hash)
    }

    /// Whether this is the node of these very parts.
    fn is_made_of(&self, hash: u64, head: &Head, children: &[Term]) -> bool {
        let same = |(a, b): (&Term, &Term)| Arc::ptr_eq(&a.0, &b.0);
        self.0.hash == hash
            && self.0.children.len() == children.len()
            && self.0.children.iter().zip(children).all(same)
            && self.0.head == *head
    }

    fn made(head: Head, children: Vec<Term>, hash: u64) -> Term {
        let size = children
            .iter()
            .fold(1u32, |sum, child| sum.saturating_add(child.0.size));
        let below = children.iter().map(|child| child.0.next_index);
        let next_index = below.fold(own_next_index(&head), u32::max);
        let contents = Contents::of(&head, &children);
        let free = free_indices(&head, &children);
        let shape = Place::of(&head, &children);
        Term(Arc::new(Inner {
            head,
            children,
            hash,
            size,
            next_index,
            contents,
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

    /// Where the node is kept: the same for clones of one term and perhaps for equal terms, but for no other while one of them lives.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The same term, made of nodes of `known` wherever it has one, which it is then added to.
    pub fn shared(&self, known: &mut FxHashSet<Term>) -> Term {
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
        match (&self.0.free, self.head()) {
            (Free::Own(indices), _) => indices,
            (Free::OfChild(at), _) => self.0.children[*at].free(),
            (Free::OfHead, Head::Index(index)) => std::slice::from_ref(index),
            (Free::None | Free::OfHead, _) => &[],
        }
    }

    /// The shape; scalar for everything at index level, `None` where the parts do not conform.
    pub fn shape(&self) -> Option<&Shape> {
        self.0.shape.read(self)
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
        let (indices, rest) = self.split_terms();
        (
            indices.iter().filter_map(Term::as_index).cloned().collect(),
            rest,
        )
    }

    /// As [`Term::split`], the indices as terms: nothing is copied.
    pub fn split_terms(&self) -> (&[Term], &[Term]) {
        let leading = self.children().iter().map_while(Term::as_index);
        self.children().split_at(leading.count())
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
        self.0.next_index
    }

    /// Whether it, or a node below, binds indices.
    pub fn has_bound(&self) -> bool {
        self.0.contents.bound
    }

    /// Whether [`Index::Unit`] occurs in it.
    pub fn has_unit(&self) -> bool {
        self.0.contents.unit
    }

    /// Whether this node or one below satisfies the predicate.
    pub fn any(&self, predicate: &dyn Fn(&Term) -> bool) -> bool {
        predicate(self) || self.children().iter().any(|child| child.any(predicate))
    }

    /// Whether complex numbers occur in it. Its value may still be real.
    pub fn is_complex(&self) -> bool {
        self.0.contents.complex
    }

    /// Whether no index notation is left: no entry, delta, sum over an index or comprehension.
    pub fn is_closed_form(&self) -> bool {
        !self.0.contents.index_notation
    }
}

/// The greatest id in an index of this head, plus one.
fn own_next_index(head: &Head) -> u32 {
    match head {
        Head::Index(Index::Variable { id, .. }) => id.saturating_add(1),
        Head::Index(index) => {
            let variables = index.variables();
            let ids = variables.iter().filter_map(Index::id);
            ids.map(|id| id.saturating_add(1)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

fn free_indices(head: &Head, children: &[Term]) -> Free {
    match head {
        Head::Index(Index::Variable { .. }) => return Free::OfHead,
        Head::Index(index) => return Free::Own(index.variables()),
        _ => {}
    }
    let count = children.iter().map_while(Term::as_index).count();
    let (bound, _) = children.split_at(if head.binds() { count } else { 0 });
    let is_free = |index: &&Index| !bound.iter().any(|bound| bound.as_index() == Some(index));
    let most = children
        .iter()
        .enumerate()
        .max_by_key(|(_, child)| child.free().len());
    let Some((at, most)) = most.filter(|(_, child)| !child.free().is_empty()) else {
        return Free::None;
    };
    let covered = |index: &Index| most.free().binary_search(index).is_ok();
    let all = || children.iter().flat_map(Term::free);
    if most.free().iter().all(|index| is_free(&index)) && all().filter(is_free).all(covered) {
        return Free::OfChild(at);
    }
    let mut free: Vec<Index> = Vec::new();
    for index in all().filter(is_free) {
        if let Err(place) = free.binary_search(index) {
            free.insert(place, index.clone());
        }
    }
    if free.is_empty() {
        Free::None
    } else {
        Free::Own(free)
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
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
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        let by_size = self.0.size.cmp(&other.0.size);
        by_size
            .then_with(|| self.0.head.cmp(&other.0.head))
            .then_with(|| self.0.children.cmp(&other.0.children))
    }
}
