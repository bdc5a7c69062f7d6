//! Random terms of index notation against their meaning: every entry with every index in a loop of its own, nothing left out and nothing solved.

use crate::few::Values;
use crate::random::Random;
use crate::{Array, Environment, Functions, Sizes};
use derive_graph::{Dim, Name, Shape};
use derive_index::{Affine, Fresh, Head, Index, Rational, Term, build};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Miri takes seconds for one.
const TERMS: u64 = if cfg!(miri) { 4 } else { 1000 };

type Places = FxHashMap<u32, i64>;

fn size(dim: &Dim) -> i64 {
    match dim {
        Dim::Size(size) => *size as i64,
        other => panic!("{other} is no number"),
    }
}

/// A whole number between two others.
fn between(random: &mut Random, low: i64, high: i64) -> i64 {
    low + random.below((high - low + 1) as usize) as i64
}

fn place(index: &Index, values: &Places) -> Option<i64> {
    let affine = index.to_affine();
    let number =
        |polynomial: &derive_graph::Polynomial| polynomial.value(&|_| None).expect("a number");
    let mut place = number(affine.constant());
    for (variable, coefficient) in affine.terms() {
        place += number(coefficient) * values[&variable.id().expect("a variable")];
    }
    if place.rem_euclid(affine.divisor()) != 0 {
        return None;
    }
    place /= affine.divisor();
    if affine.cyclic() {
        place = place.rem_euclid(size(affine.dim()));
    }
    (0..size(affine.dim())).contains(&place).then_some(place)
}

fn meaning(term: &Term, values: &mut Places, environment: &Environment) -> f64 {
    match term.head() {
        Head::Number(value) => crate::function::to_float(value),
        Head::Delta => {
            let side = |at: usize| place(term.children()[at].as_index().expect("an index"), values);
            f64::from(u8::from(side(0).is_some() && side(0) == side(1)))
        }
        Head::Entry => {
            let (array, indices) = term.as_entry().expect("an entry");
            let mut at = 0;
            for index in &indices {
                let Some(place) = place(index, values) else {
                    return 0.0;
                };
                at = at * size(&index.dim()) + place;
            }
            match array.head() {
                Head::Tensor(name, _) => environment.array(name).expect("given").data[at as usize],
                Head::Ones(_) => 1.0,
                other => panic!("{other:?}"),
            }
        }
        Head::Power(_) => {
            let base = meaning(&term.children()[0], values, environment);
            base * base
        }
        Head::Sum => {
            let terms = term.children().iter();
            terms.map(|term| meaning(term, values, environment)).sum()
        }
        Head::Product => {
            let (bound, factors) = term.split();
            summed(&bound, factors, values, environment)
        }
        other => panic!("{other:?}"),
    }
}

fn summed(bound: &[Index], factors: &[Term], values: &mut Places, given: &Environment) -> f64 {
    let Some((index, rest)) = bound.split_first() else {
        return factors
            .iter()
            .map(|it| meaning(it, values, given))
            .product();
    };
    let id = index.id().expect("a variable");
    let all = 0..size(&index.dim());
    all.map(|value| {
        values.insert(id, value);
        summed(rest, factors, values, given)
    })
    .sum()
}

/// Terms over some indices.
struct Terms {
    random: Random,
    fresh: Fresh,
    arrays: Vec<(Name, Shape)>,
}

impl Terms {
    fn subscript(&mut self, known: &[Index], dim: &Dim) -> Index {
        let random = &mut self.random;
        let same: Vec<&Index> = known.iter().filter(|index| index.dim() == *dim).collect();
        if !same.is_empty() && random.below(3) > 0 {
            return same[random.below(same.len())].clone();
        }
        let mut terms = Vec::new();
        for _ in 0..1 + random.below(2) {
            let coefficient = [1, 1, -1, 2, -2][random.below(5)];
            terms.push((known[random.below(known.len())].clone(), coefficient.into()));
        }
        let affine = Affine::new(terms, between(random, -2, 2).into(), dim.clone());
        match random.below(8) {
            0 => affine.over(2).to_index(),
            1 => affine.wrapping(true).to_index(),
            _ => affine.to_index(),
        }
    }

    fn factor(&mut self, known: &[Index], depth: usize) -> Term {
        match self.random.below(10) {
            0..4 => {
                let dim = known[self.random.below(known.len())].dim();
                let (a, b) = (self.subscript(known, &dim), self.subscript(known, &dim));
                build::delta(&a, &b)
            }
            4 if depth > 0 => {
                let terms = (0..2).map(|_| self.product(known, depth - 1)).collect();
                build::sum(terms)
            }
            5 => {
                let base = self.entry(known);
                build::power(base, Rational::from_integer(2.into()))
            }
            6 if depth > 0 => self.product(known, depth - 1),
            _ => self.entry(known),
        }
    }

    fn entry(&mut self, known: &[Index]) -> Term {
        let (name, shape) = self.arrays[self.random.below(self.arrays.len())].clone();
        let indices = shape.0.iter().map(|dim| self.subscript(known, dim));
        let indices = indices.collect();
        build::entry(build::tensor(&name, &shape), indices)
    }

    fn product(&mut self, known: &[Index], depth: usize) -> Term {
        let bound: Vec<Index> = (0..self.random.below(3))
            .map(|_| {
                self.fresh
                    .index(&Dim::Size(between(&mut self.random, 2, 3) as u64))
            })
            .collect();
        let known = [known, &bound].concat();
        let factors = (0..1 + self.random.below(4)).map(|_| self.factor(&known, depth));
        let factors = factors.collect();
        build::product(bound, factors)
    }
}

#[test]
fn every_entry_is_what_the_term_means() {
    let mut few = 0;
    for draw in 0..TERMS {
        let mut random = Random::new(5, draw);
        let dim = |size: usize| Dim::Size(size as u64);
        let mut arrays = Vec::new();
        let mut values = FxHashMap::default();
        for (name, dims) in [
            ("a", vec![2]),
            ("b", vec![3, 2]),
            ("c", vec![3]),
            ("d", vec![4, 3]),
        ] {
            let entries = dims.iter().product();
            // Whole numbers, so that no order of the sums has another value.
            let data = (0..entries)
                .map(|_| between(&mut random, -2, 3) as f64)
                .collect();
            arrays.push((
                Name::new(name),
                Shape(dims.iter().map(|size| dim(*size)).collect()),
            ));
            values.insert(Name::new(name), Rc::new(Array { dims, data }));
        }
        let mut environment = Environment::new(Sizes::default(), Functions::default(), values);
        let mut terms = Terms {
            random,
            fresh: Fresh::starting_at(0),
            arrays,
        };
        let over: Vec<Index> = (0..1 + terms.random.below(4))
            .map(|_| {
                terms
                    .fresh
                    .index(&Dim::Size(between(&mut terms.random, 2, 4) as u64))
            })
            .collect();
        let term = match terms.random.below(4) {
            0 => build::sum((0..2).map(|_| terms.product(&over, 1)).collect()),
            _ => terms.product(&over, 1),
        };
        let found = environment
            .evaluate_few(&term, &over, false)
            .expect("it conforms");
        few += usize::from(matches!(found, Values::Few(_)));
        let found = found.to_array();
        let dense = environment.evaluate(&term, &over).expect("it conforms");
        assert_eq!(found.data, dense.data, "{draw}: {term:?}");
        for at in 0..found.data.len() {
            let mut rest = at as i64;
            let mut values = Places::default();
            for index in over.iter().rev() {
                values.insert(index.id().expect("a variable"), rest % size(&index.dim()));
                rest /= size(&index.dim());
            }
            let expected = meaning(&term, &mut values, &environment);
            assert_eq!(found.data[at], expected, "{draw} at {at}: {term:?}");
        }
    }
    assert!(few as u64 > TERMS / 4, "{few} of them leave entries out");
}
