//! From code back to formulas: what a node computes, as a term.
//!
//! In: a node, and the names of those that have variables. Out: a closed term of the node's own shape whose brackets show the order of
//! computation, or an array given by its entries where matrices have no notation for it. Nothing for what the language of terms does
//! not have: the logarithm that takes 0 ln 0 as 0, complex arrays, a largest entry.

use crate::code::{Arena, Id, Op, Reduction};
use derive_graph::{Dim, Name, Shape};
use derive_index::{Fresh, Head, Index, Term, build};
use std::collections::HashMap;

/// Reads nodes as terms.
pub(crate) struct Reader<'a> {
    arena: Arena,
    /// The array that a variable of the program holds.
    arrays: &'a HashMap<String, Name>,
    /// The names of nodes that have one.
    pub(crate) named: HashMap<Id, Name>,
}

impl<'a> Reader<'a> {
    /// A reader of an arena's nodes.
    pub(crate) fn new(arena: &Arena, arrays: &'a HashMap<String, Name>) -> Reader<'a> {
        Reader {
            arena: arena.clone(),
            arrays,
            named: HashMap::new(),
        }
    }

    /// The term of a node, of exactly its shape.
    pub(crate) fn read(&mut self, id: Id) -> Option<Term> {
        let dims = self.arena.dims(id).to_vec();
        let closed = match dims.len() {
            0..=2 => self.closed(id),
            _ => None,
        };
        let term = closed.or_else(|| self.by_entries(id))?;
        (term.shape() == Some(&Shape(dims))).then_some(term)
    }

    fn by_entries(&mut self, id: Id) -> Option<Term> {
        let dims = self.arena.dims(id).to_vec();
        let mut fresh = Fresh::default();
        let indices = fresh.indices(&dims);
        let entry = self.entry(id, &indices, &mut fresh)?;
        Some(build::comprehension(&indices, entry))
    }

    fn named(&self, id: Id) -> Option<Term> {
        let name = self.named.get(&id)?;
        Some(build::tensor(name, &Shape(self.arena.dims(id).to_vec())))
    }

    fn leaf(&self, id: Id) -> Option<Term> {
        if let Some(named) = self.named(id) {
            return Some(named);
        }
        let node = self.arena.node(id);
        match &node.op {
            Op::Number(value) => Some(build::number(value.clone())),
            Op::Size(polynomial) => Some(build::polynomial(polynomial)),
            Op::Name(variable) => {
                let name = self.arrays.get(variable)?;
                Some(build::tensor(name, &Shape(node.dims.clone())))
            }
            _ => None,
        }
    }

    /// Matrix notation, at most two axes.
    fn closed(&mut self, id: Id) -> Option<Term> {
        if let Some(leaf) = self.leaf(id) {
            return Some(leaf);
        }
        let node = self.arena.node(id).clone();
        let arguments = &node.arguments;
        match &node.op {
            Op::Series(series) => self.closed(series.written_out),
            Op::Sum => Some(build::sum(self.spread_all(arguments, &node.dims)?)),
            Op::Product => {
                if let Some(outer) = self.outer(arguments, &node.dims) {
                    return Some(outer);
                }
                let factors = self.spread_all(arguments, &node.dims)?;
                let repeated = factors.iter().all(|factor| factor.rank() == 0);
                let ones = (repeated && !node.dims.is_empty()).then(|| build::ones(&node.dims));
                Some(build::product(
                    Vec::new(),
                    factors.into_iter().chain(ones).collect(),
                ))
            }
            Op::Power(exponent) => Some(build::power(self.closed(arguments[0])?, exponent.clone())),
            Op::Apply(function) => {
                let parts = self.spread_all(arguments, &node.dims)?;
                Some(build::apply(function.clone(), parts))
            }
            Op::MatMul => {
                let (left, right) = (self.closed(arguments[0])?, self.closed(arguments[1])?);
                Some(multiplied(left, right))
            }
            Op::View(axes) => self.viewed(arguments[0], axes, &node.dims),
            Op::Broadcast => {
                let term = self.spread(arguments[0], &node.dims)?;
                match term.rank() == 0 && !node.dims.is_empty() {
                    true => Some(build::product(
                        Vec::new(),
                        vec![term, build::ones(&node.dims)],
                    )),
                    false => Some(term),
                }
            }
            Op::Reduce {
                kind: Reduction::Sum,
                axes,
                keep: false,
            } => {
                let below = arguments[0];
                if let Op::Diagonal = self.arena.node(below).op {
                    let inner = self.closed(self.arena.node(below).arguments[0])?;
                    return Some(Term::raw(Head::Trace, vec![inner]));
                }
                let dims = self.arena.dims(below).to_vec();
                let inner = self.closed(below)?;
                let ones = |axis: usize| build::ones(std::slice::from_ref(&dims[axis]));
                match (dims.len(), axes.as_slice()) {
                    (1, [0]) | (2, [0]) => Some(multiplied(ones(0), inner)),
                    (2, [1]) => Some(multiplied(inner, ones(1))),
                    (2, [0, 1]) => Some(Term::raw(Head::MatMul, vec![ones(0), inner, ones(1)])),
                    _ => None,
                }
            }
            Op::Identity => Some(Term::leaf(Head::Identity(node.dims.first()?.clone()))),
            Op::Reshape => self.whole(Head::Reshape(Shape(node.dims.clone())), arguments),
            Op::Concat(axis) => self.whole(Head::Concat(*axis), arguments),
            Op::Diagonal => self.whole(Head::Diagonal, arguments),
            Op::DiagonalMatrix => self.whole(Head::DiagonalMatrix, arguments),
            Op::Softmax { axis, log } => self.whole(
                Head::Softmax {
                    axis: *axis,
                    log: *log,
                },
                arguments,
            ),
            Op::MatrixFunction(name) => self.whole(Head::MatrixFunction(name), arguments),
            _ => None,
        }
    }

    fn whole(&mut self, head: Head, arguments: &[Id]) -> Option<Term> {
        let parts = arguments.iter().map(|&argument| self.closed(argument));
        Some(Term::raw(head, parts.collect::<Option<_>>()?))
    }

    fn spread_all(&mut self, ids: &[Id], dims: &[Dim]) -> Option<Vec<Term>> {
        ids.iter().map(|&id| self.spread(id, dims)).collect()
    }

    /// A node as an array of these sizes, repeated along its axes of size 1; a scalar stays one.
    fn spread(&mut self, id: Id, dims: &[Dim]) -> Option<Term> {
        let own = self.arena.dims(id).to_vec();
        if own.is_empty() || own == dims {
            return self.closed(id);
        }
        let kept: Vec<usize> = (0..own.len())
            .filter(|&axis| own[axis] == dims[axis])
            .collect();
        if let (2, true) = (own.len(), self.is_thin(id)) {
            // A matrix of one column or row repeats it by a product with ones.
            let inner = self.closed(id)?;
            return match kept.as_slice() {
                [0] => Some(multiplied(
                    inner,
                    build::ones(&[Dim::Size(1), dims[1].clone()]),
                )),
                [1] => Some(multiplied(
                    build::ones(&[dims[0].clone(), Dim::Size(1)]),
                    inner,
                )),
                _ => None,
            };
        }
        let core = self.core(id, &kept);
        let core = self.closed(core)?;
        let ones = |axis: usize| build::ones(std::slice::from_ref(&dims[axis]));
        match kept.as_slice() {
            [] => Some(core),
            [0] => Some(build::outer(core, ones(1))),
            [1] => Some(build::outer(ones(0), core)),
            _ => None,
        }
    }

    /// Whether a node is an array of the network with an axis of size 1, or made of one, rather than a vector seen as a matrix.
    fn is_thin(&self, id: Id) -> bool {
        let node = self.arena.node(id);
        match &node.op {
            Op::Name(_) => node.dims.len() == 2,
            Op::Sum | Op::Product | Op::Power(_) | Op::Apply(_) => {
                node.arguments.iter().any(|&part| self.is_thin(part))
            }
            _ => false,
        }
    }

    /// u vᵀ: a product of columns and rows.
    fn outer(&mut self, factors: &[Id], dims: &[Dim]) -> Option<Term> {
        let (mut scalars, mut columns, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for &factor in factors {
            let own = self.arena.dims(factor).to_vec();
            match own.as_slice() {
                [] => scalars.push(self.closed(factor)?),
                [a, b] if *a == dims[0] && b.is_unit() && !self.is_thin(factor) => {
                    let core = self.core(factor, &[0]);
                    columns.push(self.closed(core)?);
                }
                [a, b] if a.is_unit() && *b == dims[1] && !self.is_thin(factor) => {
                    let core = self.core(factor, &[1]);
                    rows.push(self.closed(core)?);
                }
                _ => return None,
            }
        }
        if columns.is_empty() || rows.is_empty() {
            return None;
        }
        let column = build::product(Vec::new(), columns);
        let row = build::product(Vec::new(), rows);
        scalars.push(build::outer(column, row));
        Some(build::product(Vec::new(), scalars))
    }

    /// A node without its axes of size 1 that are not kept.
    fn core(&mut self, id: Id, kept: &[usize]) -> Id {
        let node = self.arena.node(id).clone();
        match node.op {
            _ if node.dims.is_empty() => id,
            Op::Reduce {
                kind,
                ref axes,
                keep: true,
            } if (0..node.dims.len()).all(|axis| kept.contains(&axis) != axes.contains(&axis)) => {
                self.arena
                    .reduce(kind, node.arguments[0], axes.clone(), false)
            }
            Op::Sum | Op::Product | Op::Power(_) | Op::Apply(_)
                if !self.named.contains_key(&id) =>
            {
                let parts = node.arguments.iter().map(|&part| self.core(part, kept));
                let parts: Vec<Id> = parts.collect();
                let dims = kept.iter().map(|&axis| node.dims[axis].clone()).collect();
                self.arena.add(node.op, parts, dims)
            }
            _ => {
                let axes = kept.iter().map(|&axis| Some(axis)).collect();
                self.arena.view(id, axes)
            }
        }
    }

    /// Axes that changed places, or came or went with size 1.
    fn viewed(&mut self, below: Id, axes: &[Option<usize>], dims: &[Dim]) -> Option<Term> {
        if *axes == [Some(1), Some(0)] {
            let inner = self.closed(below)?;
            return Some(match inner.children().is_empty() {
                true => build::transpose(inner),
                false => Term::raw(Head::Transpose, vec![inner]),
            });
        }
        let inner = self.closed(below)?;
        let one = build::ones(&[Dim::Size(1)]);
        match (axes, inner.rank(), dims.len()) {
            (_, 0, 1 | 2) => Some(build::product(Vec::new(), vec![inner, build::ones(dims)])),
            ([Some(0), None], 1, 2) => Some(build::outer(inner, one)),
            ([None, Some(0)], 1, 2) => Some(build::outer(one, inner)),
            ([Some(0)], 2, 1) => Some(multiplied(inner, one)),
            ([Some(1)], 2, 1) => Some(multiplied(one, inner)),
            _ => None,
        }
    }

    /// The entry of a node at these indices; those of axes of size 1 that are repeated do not matter.
    fn entry(&mut self, id: Id, at: &[Index], fresh: &mut Fresh) -> Option<Term> {
        if let Some(leaf) = self.leaf(id) {
            return Some(build::entry(leaf, at.to_vec()));
        }
        let node = self.arena.node(id).clone();
        let arguments = &node.arguments;
        match &node.op {
            Op::Series(series) => self.entry(series.written_out, at, fresh),
            Op::Sum => Some(build::sum(self.entries(arguments, at, fresh)?)),
            Op::Product => Some(build::product(
                Vec::new(),
                self.entries(arguments, at, fresh)?,
            )),
            Op::Power(exponent) => {
                let base = self.entry(arguments[0], at, fresh)?;
                Some(build::power(base, exponent.clone()))
            }
            Op::Apply(function) => {
                let parts = self.entries(arguments, at, fresh)?;
                Some(build::apply(function.clone(), parts))
            }
            Op::Broadcast => self.entries(arguments, at, fresh)?.pop(),
            Op::View(axes) => {
                let rank = self.arena.rank(arguments[0]);
                let mut places = vec![Index::Unit; rank];
                for (index, axis) in at.iter().zip(axes) {
                    if let Some(axis) = axis {
                        places[*axis] = index.clone();
                    }
                }
                self.entry(arguments[0], &places, fresh)
            }
            Op::MatMul => {
                let labels =
                    matmul_labels(self.arena.rank(arguments[0]), self.arena.rank(arguments[1]))?;
                self.contracted(&labels, arguments, at, fresh)
            }
            Op::Einsum(labels) => self.contracted(labels, arguments, at, fresh),
            Op::Reduce {
                kind: Reduction::Sum,
                axes,
                keep,
            } => {
                let dims = self.arena.dims(arguments[0]).to_vec();
                let mut left = at.iter().cloned();
                let mut bound = Vec::new();
                let mut places = Vec::with_capacity(dims.len());
                for (axis, dim) in dims.iter().enumerate() {
                    if axes.contains(&axis) {
                        let index = fresh.index(dim);
                        bound.push(index.clone());
                        places.push(index);
                        if *keep {
                            left.next();
                        }
                    } else {
                        places.push(left.next()?);
                    }
                }
                let inner = self.entry(arguments[0], &places, fresh)?;
                Some(build::product(bound, vec![inner]))
            }
            _ => {
                let closed = self.read_small(id)?;
                Some(build::entry(closed, at.to_vec()))
            }
        }
    }

    /// A closed term of a node that is no matrix arithmetic.
    fn read_small(&mut self, id: Id) -> Option<Term> {
        let node = self.arena.node(id).clone();
        match node.op {
            Op::Gather(gather) if !gather.lowest => {
                let inner = self.read(node.arguments[0])?;
                let shape = Shape(node.dims);
                Some(Term::raw(Head::Gather(gather, shape), vec![inner]))
            }
            _ if node.dims.len() <= 2 => self.closed(id),
            _ => None,
        }
    }

    fn entries(&mut self, ids: &[Id], at: &[Index], fresh: &mut Fresh) -> Option<Vec<Term>> {
        ids.iter()
            .map(|&id| {
                let dims = self.arena.dims(id).to_vec();
                let place = |(index, dim): (&Index, &Dim)| match dim.is_unit() {
                    true => Index::Unit,
                    false => index.clone(),
                };
                let places: Vec<Index> = at.iter().zip(&dims).map(place).collect();
                self.entry(id, &places, fresh)
            })
            .collect()
    }

    /// A sum of products over labelled axes.
    fn contracted(
        &mut self,
        labels: &str,
        arguments: &[Id],
        at: &[Index],
        fresh: &mut Fresh,
    ) -> Option<Term> {
        let (ins, out) = labels.split_once("->")?;
        let mut known: HashMap<char, Index> = out.chars().zip(at.iter().cloned()).collect();
        let mut bound = Vec::new();
        let mut factors = Vec::with_capacity(arguments.len());
        for (own, &argument) in ins.split(',').zip(arguments) {
            let dims = self.arena.dims(argument).to_vec();
            let mut places = Vec::with_capacity(dims.len());
            for (label, dim) in own.chars().zip(&dims) {
                let index = known.entry(label).or_insert_with(|| {
                    let index = fresh.index(dim);
                    bound.push(index.clone());
                    index
                });
                places.push(match dim.is_unit() {
                    true => Index::Unit,
                    false => index.clone(),
                });
            }
            factors.push(self.entry(argument, &places, fresh)?);
        }
        Some(build::product(bound, factors))
    }
}

/// A product of two that keeps the brackets of its factors. A vector that is a product itself is written for its place.
fn multiplied(left: Term, right: Term) -> Term {
    let (left, right) = (oriented(left, true), oriented(right, false));
    Term::raw(Head::MatMul, vec![left, right])
}

/// `uᵀA` in front, `A v` behind.
fn oriented(factor: Term, front: bool) -> Term {
    let is_row = (factor.children().first()).is_some_and(|first| first.rank() == 1);
    match factor.head() {
        Head::MatMul if factor.rank() == 1 && is_row != front => turned(factor),
        Head::Product if factor.rank() == 1 => {
            let parts = factor.children().iter().cloned();
            Term::raw(
                Head::Product,
                parts.map(|part| oriented(part, front)).collect(),
            )
        }
        _ => factor,
    }
}

/// The transpose of a product factor by factor, with its brackets; a vector's is the other way to write it.
fn turned(term: Term) -> Term {
    match term.head() {
        Head::MatMul => {
            let factors = term.children().iter().rev().cloned();
            Term::raw(Head::MatMul, factors.map(turned).collect())
        }
        _ => build::transpose(term),
    }
}

/// The labels of `@` for operands of these ranks.
fn matmul_labels(left: usize, right: usize) -> Option<String> {
    Some(
        match (left, right) {
            (1, 1) => "k,k->",
            (1, 2) => "k,kj->j",
            (2, 1) => "ik,k->i",
            (2, 2) => "ik,kj->ij",
            (3, 3) => "bik,bkj->bij",
            (4, 4) => "abik,abkj->abij",
            _ => return None,
        }
        .to_owned(),
    )
}
