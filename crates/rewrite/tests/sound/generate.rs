//! Random terms over a few dimensions: closed arrays, and scalars that mention given indices.

use crate::point::DIMS;
use crate::random::Random;
use derive_graph::{Dim, Function, Gather, Name, Polynomial, Shape, Subscript};
use derive_index::{Affine, Fresh, Head, Index, Rational, Term, build};

/// Random choices and indices that have not been used yet.
pub struct Generator {
    pub random: Random,
    pub fresh: Fresh,
    /// Whether nodes are put together as they come, in no normal form.
    pub raw: bool,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator {
            random: Random::new(seed),
            fresh: Fresh::default(),
            raw: false,
        }
    }

    pub fn node(&self, head: Head, children: Vec<Term>) -> Term {
        if self.raw {
            Term::raw(head, children)
        } else {
            build::node(head, children)
        }
    }

    pub fn product(&self, bound: Vec<Index>, factors: Vec<Term>) -> Term {
        let children = bound.iter().map(build::index).chain(factors).collect();
        self.node(Head::Product, children)
    }

    /// Parts of one form; now and then one of them twice.
    fn parts(&mut self, count: usize, mut part: impl FnMut(&mut Generator) -> Term) -> Vec<Term> {
        let mut parts: Vec<Term> = (0..count).map(|_| part(self)).collect();
        if self.random.once_in(4) {
            let again = self.random.pick(&parts);
            parts.push(again);
        }
        parts
    }

    /// A dimension, now and then the literal 1.
    pub fn dim(&mut self) -> Dim {
        if self.random.once_in(8) {
            Dim::Size(1)
        } else {
            self.named_dim()
        }
    }

    pub fn named_dim(&mut self) -> Dim {
        Dim::Named(Name::new(self.random.pick(&DIMS)))
    }

    pub fn dims(&mut self, count: usize) -> Vec<Dim> {
        (0..count).map(|_| self.dim()).collect()
    }

    /// A new index over a random dimension.
    pub fn index(&mut self) -> Index {
        let dim = self.named_dim();
        self.fresh.index(&dim)
    }

    pub fn over(&mut self, dim: &Dim) -> Index {
        self.fresh.index(dim)
    }

    /// One of two arrays of this shape. An array's name tells its shape, so that no name has two.
    pub fn array(&mut self, dims: &[Dim]) -> Term {
        let letter = self.random.pick(&["X", "Y"]);
        named(letter, dims)
    }

    /// An entry of a random array at these places, in random order.
    pub fn entry(&mut self, places: &[Index]) -> Term {
        let mut places = places.to_vec();
        self.random.shuffle(&mut places);
        if self.random.once_in(12) {
            places.push(Index::Unit);
        }
        let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
        let array = if dims.len() == 2 && self.random.once_in(4) {
            self.closed(&dims, 1)
        } else {
            self.array(&dims)
        };
        let places = places.iter().map(build::index);
        self.node(Head::Entry, [array].into_iter().chain(places).collect())
    }

    pub fn number(&mut self) -> Term {
        let pairs = [(2, 1), (-1, 1), (1, 2), (-3, 2), (3, 1), (0, 1)];
        let (numerator, denominator) = self.random.pick(&pairs);
        build::number(rational(numerator, denominator))
    }

    pub fn exponent(&mut self) -> Rational {
        let pairs = [(-1, 1), (-2, 1), (2, 1), (3, 1), (1, 2), (-1, 2)];
        let (numerator, denominator) = self.random.pick(&pairs);
        rational(numerator, denominator)
    }

    /// A place on some axis that is an affine function of one or two of these indices.
    pub fn affine(&mut self, indices: &[Index]) -> Index {
        let count = 1 + self.random.below(2);
        let mut terms = Vec::new();
        for _ in 0..count {
            let coefficient: i64 = self.random.pick(&[1, 1, -1, 2]);
            terms.push((self.random.pick(indices), Polynomial::from(coefficient)));
        }
        let constant: i64 = self.random.pick(&[0, 0, 1, -1]);
        let dim = self.named_dim();
        let affine = Affine::new(terms, constant.into(), dim);
        let affine = if self.random.once_in(6) {
            affine.over(2)
        } else {
            affine
        };
        let cyclic = self.random.once_in(6);
        affine.wrapping(cyclic).to_index()
    }

    /// A scalar that may mention these indices.
    pub fn scalar(&mut self, indices: &[Index], depth: usize) -> Term {
        if depth == 0 {
            return self.scalar_leaf(indices);
        }
        match self.random.below(10) {
            0..=2 => {
                let count = 2 + self.random.below(2);
                let factors = self.parts(count, |it| it.scalar(indices, depth - 1));
                self.product(Vec::new(), factors)
            }
            3 | 4 => {
                let count = 2 + self.random.below(2);
                let parts = self.parts(count, |it| it.scalar(indices, depth - 1));
                self.node(Head::Sum, parts)
            }
            5 | 6 => {
                let bound: Vec<Index> = (0..1 + self.random.below(2))
                    .map(|_| self.index_like(indices))
                    .collect();
                let inside = [indices, &bound].concat();
                let count = 1 + self.random.below(3);
                let factors = self.parts(count, |it| it.scalar(&inside, depth - 1));
                let sum = self.product(bound, factors);
                match self.random.once_in(2) {
                    true => self.kept_together(sum),
                    false => sum,
                }
            }
            7 => {
                let base = self.scalar(indices, depth - 1);
                let exponent = self.exponent();
                self.node(Head::Power(exponent), vec![base])
            }
            8 => {
                let name = self.random.pick(&["exp", "tanh", "f", "log"]);
                let argument = self.scalar(indices, depth - 1);
                self.node(Head::Apply(Function::named(name)), vec![argument])
            }
            _ => self.scalar_leaf(indices),
        }
    }

    /// A new index, half the time over the dimension of one of these: a sum over it could be confused with that.
    fn index_like(&mut self, indices: &[Index]) -> Index {
        if indices.is_empty() || self.random.once_in(2) {
            return self.index();
        }
        let dim = self.random.pick(indices).dim();
        self.over(&dim)
    }

    /// A square or a function of a sum, which no product around it is written as one with.
    fn kept_together(&mut self, sum: Term) -> Term {
        let head = match self.random.once_in(2) {
            true => Head::Power(rational(2, 1)),
            false => Head::Apply(Function::named("f")),
        };
        self.node(head, vec![sum])
    }

    /// A scalar factor that has one of these indices inside a sum of its own, over the dimension of another.
    pub fn sum_inside(&mut self, indices: &[Index]) -> Term {
        let dim = self.random.pick(indices).dim();
        let bound = self.over(&dim);
        let places = [self.random.pick(indices), bound.clone()];
        let entry = self.entry(&places);
        let sum = self.product(vec![bound], vec![entry]);
        self.kept_together(sum)
    }

    /// Such a factor, or one of any kind.
    pub fn factor(&mut self, indices: &[Index]) -> Term {
        match self.random.once_in(4) {
            true => self.sum_inside(indices),
            false => self.scalar(indices, 1),
        }
    }

    fn scalar_leaf(&mut self, indices: &[Index]) -> Term {
        if indices.is_empty() || self.random.once_in(10) {
            return match self.random.below(3) {
                0 => self.number(),
                1 => build::dimension(&self.named_dim()),
                _ => self.array(&[]),
            };
        }
        match self.random.below(8) {
            0 => {
                let a = self.random.pick(indices);
                let same: Vec<Index> = indices
                    .iter()
                    .filter(|b| b.dim() == a.dim())
                    .cloned()
                    .collect();
                let b = self.random.pick(&same);
                self.delta(&a, &b)
            }
            1 => {
                let place = self.affine(indices);
                if self.random.once_in(2) {
                    let other = self.fresh_like(indices, &place);
                    self.delta(&place, &other)
                } else {
                    self.entry(&[place])
                }
            }
            _ => {
                let count = 1 + self.random.below(2.min(indices.len()));
                let places: Vec<Index> = (0..count).map(|_| self.random.pick(indices)).collect();
                self.entry(&places)
            }
        }
    }

    fn delta(&self, a: &Index, b: &Index) -> Term {
        self.node(Head::Delta, vec![build::index(a), build::index(b)])
    }

    /// An index among these on the axis of `place`, or another affine place there.
    fn fresh_like(&mut self, indices: &[Index], place: &Index) -> Index {
        let same: Vec<Index> = indices
            .iter()
            .filter(|index| index.dim() == place.dim())
            .cloned()
            .collect();
        if same.is_empty() {
            let variable = self.random.pick(indices);
            return Affine::new(vec![(variable, 1.into())], 0.into(), place.dim()).to_index();
        }
        self.random.pick(&same)
    }

    /// A scalar in which no index occurs. (Sums over indices never stand beside closed arrays.)
    pub fn closed_scalar(&mut self) -> Term {
        match self.random.below(5) {
            0 => self.number(),
            1 => build::dimension(&self.named_dim()),
            2 => self.array(&[]),
            3 => {
                let dim = self.named_dim();
                let matrix = self.array(&[dim.clone(), dim]);
                Term::raw(Head::Trace, vec![matrix])
            }
            _ => {
                let dim = [self.dim()];
                let (u, v) = (self.array(&dim), self.array(&dim));
                self.node(Head::MatMul, vec![u, v])
            }
        }
    }

    fn closed_leaf(&mut self, dims: &[Dim]) -> Term {
        match dims {
            [a, b] if a == b && self.random.once_in(8) => Term::leaf(Head::Identity(a.clone())),
            [a, b] if a == b && self.random.once_in(8) => {
                let vector = self.array(std::slice::from_ref(a));
                Term::raw(Head::DiagonalMatrix, vec![vector])
            }
            [_, ..] if self.random.once_in(8) => build::ones(dims),
            _ => self.array(dims),
        }
    }

    /// A closed array of these dimensions, at most two.
    pub fn closed(&mut self, dims: &[Dim], depth: usize) -> Term {
        if depth == 0 {
            return self.closed_leaf(dims);
        }
        match (dims, self.random.below(9)) {
            (_, 0 | 1) => {
                let mut factors = self.parts(2, |it| it.closed(dims, depth - 1));
                if self.random.once_in(2) {
                    factors.push(self.closed_scalar());
                }
                self.product(Vec::new(), factors)
            }
            (_, 2 | 3) => {
                let parts = self.parts(2, |it| it.closed(dims, depth - 1));
                self.node(Head::Sum, parts)
            }
            (_, 4) => {
                let base = self.closed(dims, depth - 1);
                let exponent = self.exponent();
                self.node(Head::Power(exponent), vec![base])
            }
            ([a, b], 5) => {
                let turned = self.closed(&[b.clone(), a.clone()], depth - 1);
                self.node(Head::Transpose, vec![turned])
            }
            ([a, b], 6 | 7) => {
                let c = self.dim();
                let left = self.closed(&[a.clone(), c.clone()], depth - 1);
                let right = self.closed(&[c, b.clone()], depth - 1);
                self.node(Head::MatMul, vec![left, right])
            }
            ([a], 5..=7) => {
                let c = self.named_dim();
                let (matrix, vector) = (
                    self.closed(&[a.clone(), c.clone()], depth - 1),
                    self.closed(&[c], depth - 1),
                );
                if self.random.once_in(2) {
                    self.node(Head::MatMul, vec![matrix, vector])
                } else {
                    self.node(Head::MatMul, vec![vector, build::transpose(matrix)])
                }
            }
            ([a, b], 8) => {
                let (u, v) = (
                    self.closed(std::slice::from_ref(a), 0),
                    self.closed(std::slice::from_ref(b), 0),
                );
                self.node(Head::Outer, vec![u, v])
            }
            _ => {
                let argument = self.closed(dims, depth - 1);
                build::apply(Function::named("tanh"), vec![argument])
            }
        }
    }
}

/// The array of this letter and shape.
pub fn named(letter: &str, dims: &[Dim]) -> Term {
    let name = dims
        .iter()
        .fold(letter.to_owned(), |name, dim| format!("{name}_{dim}"));
    build::tensor(&Name::new(&name), &Shape(dims.to_vec()))
}

pub fn rational(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

/// An array of these dimensions read from `offset` on along its first axis.
pub fn shifted(array: Term, offset: Polynomial, dims: &[Dim]) -> Term {
    let axis = |at: usize| Subscript::shifted(at, if at == 0 { offset.clone() } else { 0.into() });
    let axes = (0..dims.len()).map(axis).collect();
    let gather = Gather {
        axes,
        lowest: false,
    };
    Term::raw(Head::Gather(gather, Shape(dims.to_vec())), vec![array])
}
