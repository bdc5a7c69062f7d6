//! Random terms over the dimensions of [`super::SIZES`], put together without any normal form.

use super::{SIZES, dim};
use derive_graph::{Dim, Function, Gather, Name, Polynomial, Shape, Subscript};
use derive_index::{Affine, Fresh, Head, Index, Rational, Term, build};

/// A stream of choices, the same on every machine: SplitMix64.
pub struct Random {
    state: u64,
    /// Indices that have not been used yet.
    pub fresh: Fresh,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        let state = seed.wrapping_mul(0xd134_2543_de82_ef95);
        let fresh = Fresh::default();
        Random { state, fresh }
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    pub fn dim(&mut self) -> Dim {
        match self.below(8) {
            0 => Dim::Size(1),
            _ => dim(self.pick(&SIZES).0),
        }
    }

    pub fn dims(&mut self, count: usize) -> Vec<Dim> {
        (0..count).map(|_| self.dim()).collect()
    }

    /// A new index, half the time over the dimension of one of these.
    pub fn index_like(&mut self, others: &[Index]) -> Index {
        let dim = match others.is_empty() || self.below(2) == 0 {
            true => dim(self.pick(&SIZES).0),
            false => self.pick(others).dim(),
        };
        self.fresh.index(&dim)
    }

    /// An array whose name tells its shape.
    pub fn array(&mut self, dims: &[Dim]) -> Term {
        let letter = self.pick(&["X", "Y"]).to_owned();
        let name = dims
            .iter()
            .fold(letter, |name, dim| format!("{name}_{dim}"));
        build::tensor(&Name::new(&name), &Shape(dims.to_vec()))
    }

    pub fn number(&mut self) -> Term {
        let (top, bottom) = self.pick(&[(0, 1), (1, 1), (-1, 1), (2, 1), (1, 2), (-3, 2), (9, 4)]);
        Term::leaf(Head::Number(Rational::new(top.into(), bottom.into())))
    }

    fn exponent(&mut self) -> Rational {
        Rational::from_integer(self.pick(&[-2, -1, 0, 1, 2, 3]).into())
    }

    /// Some affine place of these variables.
    pub fn affine(&mut self, variables: &[Index]) -> Index {
        let terms = (0..1 + self.below(2)).map(|_| {
            let coefficient: i64 = self.pick(&[1, 1, -1, 2, -2]);
            (self.pick(variables), Polynomial::from(coefficient))
        });
        let terms = terms.collect();
        let constant: i64 = self.pick(&[0, 0, 1, -1, 2]);
        let affine = Affine::new(terms, constant.into(), dim(self.pick(&SIZES).0));
        let divisor = self.pick(&[1, 1, 1, 2]);
        let cyclic = self.below(4) == 0;
        affine.over(divisor).wrapping(cyclic).to_index()
    }

    fn subscript(&mut self, variables: &[Index]) -> Index {
        match self.below(6) {
            0 => self.affine(variables),
            1 => Index::Unit,
            _ => self.pick(variables),
        }
    }

    /// ω^{ab} for places around one circle.
    fn root(&mut self, variables: &[Index]) -> Term {
        let a = self.pick(variables);
        let same = variables.iter().filter(|index| index.dim() == a.dim());
        let same: Vec<Index> = same.cloned().collect();
        let sign = self.pick(&[1, -1, 2]);
        let b = self.pick(&same).to_affine().scaled(sign).wrapping(true);
        Term::raw(
            Head::Root,
            vec![build::index(&a), build::index(&b.to_index())],
        )
    }

    fn leaf(&mut self, variables: &[Index]) -> Term {
        match self.below(if variables.is_empty() { 3 } else { 11 }) {
            4 => self.root(variables),
            0 => self.number(),
            1 => build::dimension(&self.dim()),
            2 => self.array(&[]),
            3 => {
                let a = self.subscript(variables);
                let same = variables.iter().filter(|index| index.dim() == a.dim());
                let same: Vec<Index> = same.cloned().chain([a.clone()]).collect();
                let b = self.pick(&same);
                Term::raw(Head::Delta, vec![build::index(&a), build::index(&b)])
            }
            _ => {
                let places: Vec<Index> = (0..1 + self.below(2))
                    .map(|_| self.subscript(variables))
                    .collect();
                let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
                let array = self.closed(&dims, 1);
                let places = places.iter().map(build::index);
                Term::raw(Head::Entry, [array].into_iter().chain(places).collect())
            }
        }
    }

    /// Σ over places around a circle of roots, conditions and entries at them.
    pub fn around(&mut self) -> Term {
        let circle = dim(self.pick(&["a", "b", "d"]));
        let all: Vec<Index> = (0..4).map(|_| self.fresh.index(&circle)).collect();
        let place = |it: &mut Random| {
            let mut terms = vec![(it.pick(&all), Polynomial::from(it.pick(&[1, -1])))];
            if it.below(2) == 0 {
                terms.push((it.pick(&all), Polynomial::from(it.pick(&[1, -1, 2]))));
            }
            let constant: i64 = it.pick(&[0, 0, 0, 1]);
            Affine::new(terms, constant.into(), circle.clone())
                .wrapping(true)
                .to_index()
        };
        let factor = |it: &mut Random| {
            let (a, b) = (build::index(&it.pick(&all)), build::index(&place(it)));
            match it.below(5) {
                0 | 1 => build::node(Head::Root, vec![a, b]),
                2 => build::node(Head::Delta, vec![a, b]),
                3 => build::node(Head::Delta, vec![build::index(&place(it)), b]),
                _ => build::entry(it.array(std::slice::from_ref(&circle)), vec![place(it)]),
            }
        };
        let factors = (0..2 + self.below(4)).map(|_| factor(self)).collect();
        let bound = all[..1 + self.below(3)].to_vec();
        build::product(bound, factors)
    }

    /// A scalar in these indices.
    pub fn scalar(&mut self, variables: &[Index], depth: usize) -> Term {
        if depth == 0 {
            return self.leaf(variables);
        }
        let many = |it: &mut Random, variables: &[Index]| -> Vec<Term> {
            let count = 1 + it.below(3);
            (0..count)
                .map(|_| it.scalar(variables, depth - 1))
                .collect()
        };
        match self.below(9) {
            0 | 1 => Term::raw(Head::Product, many(self, variables)),
            2 | 3 => Term::raw(Head::Sum, many(self, variables)),
            4 | 5 => {
                let bound: Vec<Index> = (0..1 + self.below(2))
                    .map(|_| self.index_like(variables))
                    .collect();
                let inside = [variables, &bound].concat();
                let factors = many(self, &inside);
                let bound = bound.iter().filter(|index| **index != Index::Unit);
                Term::raw(
                    Head::Product,
                    bound.map(build::index).chain(factors).collect(),
                )
            }
            6 => {
                let exponent = self.exponent();
                Term::raw(
                    Head::Power(exponent),
                    vec![self.scalar(variables, depth - 1)],
                )
            }
            7 => Term::raw(
                Head::Apply(Function::named("tanh")),
                vec![self.scalar(variables, depth - 1)],
            ),
            _ => self.leaf(variables),
        }
    }

    fn whole(&mut self, dims: &[Dim]) -> Term {
        match dims {
            [a, b] if a == b && self.below(4) == 0 => Term::leaf(Head::Identity(a.clone())),
            [_, ..] if self.below(6) == 0 => build::ones(dims),
            _ => self.array(dims),
        }
    }

    /// A closed array of at most two axes.
    pub fn closed(&mut self, dims: &[Dim], depth: usize) -> Term {
        if depth == 0 {
            return self.whole(dims);
        }
        let below = depth - 1;
        match (dims, self.below(12)) {
            (_, 0) => {
                let factors = vec![
                    self.closed(dims, below),
                    self.number(),
                    self.closed(dims, below),
                ];
                Term::raw(Head::Product, factors)
            }
            (_, 1) => Term::raw(
                Head::Sum,
                vec![self.closed(dims, below), self.closed(dims, below)],
            ),
            (_, 2) => {
                let exponent = self.exponent();
                Term::raw(Head::Power(exponent), vec![self.closed(dims, below)])
            }
            ([a, b], 3) => Term::raw(
                Head::Transpose,
                vec![self.closed(&[b.clone(), a.clone()], below)],
            ),
            ([_, _], 4 | 5) => self.product(dims, below),
            ([_], 3..=6) => self.product(dims, below),
            ([a, b], 6) => {
                let (u, v) = (
                    self.closed(std::slice::from_ref(a), below),
                    self.closed(std::slice::from_ref(b), below),
                );
                Term::raw(Head::Outer, vec![u, v])
            }
            ([a, b], 7) if a == b => Term::raw(
                Head::DiagonalMatrix,
                vec![self.closed(std::slice::from_ref(a), below)],
            ),
            ([a], 7) => Term::raw(
                Head::Diagonal,
                vec![self.closed(&[a.clone(), a.clone()], below)],
            ),
            ([_, ..], 8) => {
                let indices: Vec<Index> = dims.iter().map(|dim| self.fresh.index(dim)).collect();
                let variables: Vec<Index> = indices
                    .iter()
                    .filter(|index| **index != Index::Unit)
                    .cloned()
                    .collect();
                let body = self.scalar(&variables, below);
                build::comprehension(&indices, body)
            }
            ([_, ..], 9) => self.read(dims, below),
            ([a], 10) => {
                let (b, c) = (self.dim(), self.dim());
                let size = Polynomial::from(&b).times(&Polynomial::from(&c));
                match size.to_dim() {
                    Some(size) if size == *a => Term::raw(
                        Head::Reshape(Shape(dims.to_vec())),
                        vec![self.closed(&[b, c], below)],
                    ),
                    _ => self.whole(dims),
                }
            }
            _ => self.whole(dims),
        }
    }

    /// A chain of two or three factors, a vector at the end of it where the result is one.
    fn product(&mut self, dims: &[Dim], depth: usize) -> Term {
        let (c, d) = (self.dim(), self.dim());
        let pair = |a: &Dim, b: &Dim| [a.clone(), b.clone()];
        let shapes: Vec<Vec<Dim>> = match dims {
            [a, b] => match self.below(2) {
                0 => vec![pair(a, &c).to_vec(), pair(&c, b).to_vec()],
                _ => vec![
                    pair(a, &c).to_vec(),
                    pair(&c, &d).to_vec(),
                    pair(&d, b).to_vec(),
                ],
            },
            [a] => match self.below(2) {
                0 => vec![pair(a, &c).to_vec(), vec![c]],
                _ => vec![vec![c.clone()], pair(&c, a).to_vec()],
            },
            _ => unreachable!("vectors and matrices only"),
        };
        let factors = shapes.iter().map(|dims| self.closed(dims, depth));
        let factors = factors.collect();
        Term::raw(Head::MatMul, factors)
    }

    /// An array read at shifted places, some around a circle.
    fn read(&mut self, dims: &[Dim], depth: usize) -> Term {
        let source = self.dims(dims.len());
        let axes = (0..dims.len()).map(|axis| {
            let by: i64 = self.pick(&[0, 1, -1]);
            let cyclic = self.below(4) == 0;
            Subscript {
                cyclic,
                ..Subscript::shifted(axis, by.into())
            }
        });
        let gather = Gather {
            axes: axes.collect(),
            lowest: false,
        };
        let array = self.closed(&source, depth);
        Term::raw(Head::Gather(gather, Shape(dims.to_vec())), vec![array])
    }
}
