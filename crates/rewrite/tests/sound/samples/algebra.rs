//! Algebra, facts and collapsing sums.

use super::{Sample, plain};
use crate::generate::{Generator, named, rational};
use derive_graph::{Dim, Function, Name, Polynomial};
use derive_index::{Head, Index, Term, build};
use derive_rewrite::Fact;

pub fn unordered(it: &mut Generator) -> Sample {
    it.raw = true;
    let indices = vec![it.index(), it.index()];
    let term = if it.random.once_in(2) {
        it.scalar(&indices, 3)
    } else {
        let dims = it.dims(2);
        it.closed(&dims, 3)
    };
    plain(term)
}

fn square(it: &mut Generator, letter: &str) -> (Dim, Term) {
    let dim = it.named_dim();
    (dim.clone(), named(letter, &[dim.clone(), dim]))
}

fn symmetric_fact(array: &Term) -> Fact {
    Fact::Symmetric {
        array: name_of(array),
        because: "it is symmetric",
    }
}

fn name_of(array: &Term) -> Name {
    match array.head() {
        Head::Tensor(name, _) => name.clone(),
        other => panic!("{other:?} has no name"),
    }
}

pub fn symmetric(it: &mut Generator) -> Sample {
    let (dim, array) = square(it, "S");
    let (i, j) = (it.over(&dim), it.over(&dim));
    let facts = vec![symmetric_fact(&array)];
    Sample {
        term: build::entry(array, vec![j, i]),
        facts,
    }
}

pub fn symmetric_whole(it: &mut Generator) -> Sample {
    let (dim, array) = square(it, "S");
    let facts = vec![symmetric_fact(&array)];
    let other = it.named_dim();
    let x = named("X", &[dim.clone(), other]);
    let inner = match it.random.below(3) {
        0 => array,
        1 => inverse(build::matmul(vec![build::transpose(x.clone()), array, x])),
        _ => inverse(build::matmul(vec![array, x.clone(), build::transpose(x)])),
    };
    Sample {
        term: Term::raw(Head::Transpose, vec![inner]),
        facts,
    }
}

pub fn inverse(matrix: Term) -> Term {
    Term::raw(Head::MatrixFunction("inv"), vec![matrix])
}

/// A small scalar over two indices, or a small array.
fn part_maker(it: &mut Generator) -> impl FnMut(&mut Generator, usize) -> Term + use<> {
    let indices = vec![it.index(), it.index()];
    let dims = it.dims(2);
    let scalar = it.random.once_in(2);
    move |it, depth| {
        if scalar && depth > 0 {
            it.factor(&indices)
        } else if scalar {
            it.scalar(&indices, depth)
        } else {
            it.closed(&dims, depth)
        }
    }
}

pub fn common_factor(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let shared = make(it, 1);
    let coefficient = it.number();
    let count = 2 + it.random.below(2);
    let with_number = it.random.once_in(2);
    let in_denominators = it.random.once_in(2);
    let parts = (0..count).map(|_| {
        let times = 1 + it.random.below(2);
        let shared = match in_denominators {
            true => build::reciprocal(build::product(Vec::new(), vec![shared.clone(); times])),
            false => shared.clone(),
        };
        let mut factors = vec![shared, make(it, 1)];
        if with_number {
            factors.push(coefficient.clone());
        } else if it.random.once_in(3) {
            factors.push(it.number());
        }
        it.random.shuffle(&mut factors);
        build::product(Vec::new(), factors)
    });
    let parts = parts.collect();
    plain(build::sum(parts))
}

pub fn like_terms(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let pool: Vec<Term> = (0..3).map(|_| make(it, 0)).collect();
    let monomial = |it: &mut Generator| {
        let mut factors: Vec<Term> = (0..1 + it.random.below(2))
            .map(|_| it.random.pick(&pool))
            .collect();
        factors.push(it.number());
        build::product(Vec::new(), factors)
    };
    let mut parts: Vec<Term> = (0..3).map(|_| monomial(it)).collect();
    if it.random.once_in(2) {
        let inner = build::sum((0..2).map(|_| monomial(it)).collect());
        parts.push(build::product(
            Vec::new(),
            vec![inner, it.random.pick(&pool)],
        ));
    }
    plain(build::sum(parts))
}

fn exponential(argument: Term) -> Term {
    build::apply(Function::named("exp"), vec![argument])
}

/// exp(X_place) / Σ exp(X) along an axis, with something beside it.
fn quotient(it: &mut Generator, argument: &Term, axis: usize) -> Term {
    let dims = argument.shape().expect("conforms").0.clone();
    let place: Vec<Index> = dims.iter().map(|dim| it.over(dim)).collect();
    let summed = it.over(&dims[axis]);
    let mut other = place.clone();
    other[axis] = summed.clone();
    let total = if it.random.once_in(3) && dims.len() == 2 {
        let exponentials = exponential(argument.clone());
        let chain = if axis == 1 {
            vec![exponentials, build::ones(&dims[1..])]
        } else {
            vec![build::ones(&dims[..1]), exponentials]
        };
        build::entry(build::matmul(chain), vec![place[1 - axis].clone()])
    } else {
        build::product(
            vec![summed],
            vec![exponential(build::entry(argument.clone(), other))],
        )
    };
    let exponent = it.random.pick(&[-1, -1, -2]);
    let beside = it.scalar(&place, 0);
    let mut factors = vec![
        exponential(build::entry(argument.clone(), place)),
        build::power(total, rational(exponent, 1)),
        beside,
    ];
    it.random.shuffle(&mut factors);
    build::product(Vec::new(), factors)
}

pub fn softmax(it: &mut Generator) -> Sample {
    let rank = 1 + it.random.below(2);
    let dims: Vec<Dim> = (0..rank).map(|_| it.named_dim()).collect();
    let axis = it.random.below(rank);
    let argument = named("Z", &dims);
    let fact = Fact::Softmax {
        value: name_of(&named("P", &dims)),
        argument: name_of(&argument),
        axis,
        log: it.random.once_in(2),
    };
    Sample {
        term: quotient(it, &argument, axis),
        facts: vec![fact],
    }
}

pub fn softmax_form(it: &mut Generator) -> Sample {
    let rank = 1 + it.random.below(2);
    let dims: Vec<Dim> = (0..rank).map(|_| it.named_dim()).collect();
    let axis = it.random.below(rank);
    plain(quotient(it, &named("Z", &dims), axis))
}

pub fn cancel(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let base = make(it, 1);
    let exponents = it.random.pick(&[
        (-1, 1, 1, 1),
        (-2, 1, 1, 1),
        (-1, 1, 2, 1),
        (-1, 1, 1, 2),
        (-1, 2, 1, 1),
        (-3, 1, 2, 1),
    ]);
    let powers = [
        rational(exponents.0, exponents.1),
        rational(exponents.2, exponents.3),
    ];
    let mut factors: Vec<Term> = powers
        .into_iter()
        .map(|exponent| Term::raw(Head::Power(exponent), vec![base.clone()]))
        .collect();
    factors.push(make(it, 0));
    it.random.shuffle(&mut factors);
    let factors = factors
        .into_iter()
        .map(|factor| build::node(factor.head().clone(), factor.children().to_vec()));
    plain(Term::raw(Head::Product, factors.collect()))
}

pub fn sift(it: &mut Generator) -> Sample {
    let (i, k) = (it.index(), it.index());
    let j = it.over(&k.dim());
    let all = [i, j.clone(), k.clone()];
    let delta = match it.random.below(4) {
        0 => {
            let place = it.affine(&all);
            let other = it.over(&place.dim());
            let bound = vec![k, other.clone()];
            let beside = it.factor(&[&all[..], &bound].concat());
            return plain(build::product(
                bound,
                vec![build::delta(&place, &other), beside],
            ));
        }
        1 => {
            let (place, other) = (it.affine(&all), it.affine(&all));
            if place.dim() == other.dim() {
                build::delta(&place, &other)
            } else {
                build::delta(&k, &j)
            }
        }
        _ => build::delta(&k, &j),
    };
    let factors = vec![it.factor(&all), delta, it.factor(&all)];
    plain(build::product(vec![k], factors))
}

pub fn distribute(it: &mut Generator) -> Sample {
    let (i, k) = (it.index(), it.index());
    let j = it.over(&k.dim());
    let all = [i, j.clone(), k.clone()];
    let sum = build::sum(vec![
        build::product(Vec::new(), vec![it.number(), build::delta(&k, &j)]),
        it.scalar(&all, 1),
    ]);
    let factors = vec![it.factor(&all), sum, it.scalar(&all, 0)];
    plain(build::product(vec![k], factors))
}

pub fn multiply_in(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let x = make(it, 0);
    let fraction = build::product(Vec::new(), vec![make(it, 0), build::reciprocal(x.clone())]);
    let sum = build::sum(vec![fraction, make(it, 1)]);
    plain(build::product(Vec::new(), vec![sum, x, make(it, 0)]))
}

/// An entry of an array that sums to one along the axis where `k` stands; the other place may be affine.
pub fn sums_to_one(it: &mut Generator) -> Sample {
    let k = it.index();
    let i = it.index();
    let mut places = vec![k.clone()];
    if it.random.once_in(2) {
        places.push(i.clone());
    } else if it.random.once_in(2) {
        places.push(it.affine(&[i.clone(), k.clone()]));
    }
    it.random.shuffle(&mut places);
    let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
    let array = named("Q", &dims);
    let axis = places
        .iter()
        .position(|place| *place == k)
        .expect("it stands there");
    let facts = vec![Fact::SumsToOne {
        array: name_of(&array),
        axis,
        because: "each row sums to one",
    }];
    let beside = it.factor(&[i]);
    Sample {
        term: build::product(vec![k], vec![build::entry(array, places), beside]),
        facts,
    }
}

pub fn count(it: &mut Generator) -> Sample {
    let (i, j) = (it.index(), it.index());
    let made = it.random.once_in(3);
    let k = if made {
        let (a, b) = (it.named_dim(), it.named_dim());
        let size = Polynomial::from(&a)
            .plus(&Polynomial::from(&b))
            .minus(&1.into());
        let size = if it.random.once_in(2) {
            size.plus(&1.into()).quotient(2)
        } else {
            size
        };
        it.over(&size.to_dim().expect("a dimension"))
    } else {
        it.index()
    };
    let mut factors = vec![
        it.factor(std::slice::from_ref(&i)),
        it.factor(&[i, j.clone()]),
    ];
    if it.random.once_in(3) {
        factors.push(build::delta(&j, &j));
    }
    plain(build::product(vec![j, k], factors))
}
