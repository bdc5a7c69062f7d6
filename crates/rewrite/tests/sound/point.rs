//! Random points: sizes that all differ, one of them 1, and arrays that keep the facts, modulo a prime.

use crate::random::Random;
use derive_check::Sizes;
use derive_check::exact::{CYCLIC_PRIME, Exact, Field, Obstacle, PRIMES, Residues};
use derive_graph::{Name, Shape};
use derive_index::derivation::Condition;
use derive_index::{Head, Index, Term, build};
use derive_rewrite::Fact;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The dimensions that samples use.
pub const DIMS: [&str; 4] = ["a", "b", "c", "d"];

/// What is kept at a point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Facts hold, and what must not be zero is not.
    Conditions,
    /// Nothing: arrays are arbitrary and many entries are zero.
    Nothing,
}

/// Whether two terms are equal at a random point; `None` if the point does not count.
pub fn equal_at(
    seed: u64,
    keep: Keep,
    facts: &[Fact],
    conditions: &[Condition],
    sides: [&Term; 2],
) -> Result<Option<bool>, String> {
    let mut random = Random::new(seed);
    let mut exact = point(&mut random, keep, facts, &sides);
    if keep == Keep::Conditions {
        let known = conditions.iter().all(|it| holds(&mut exact, it));
        if !known || !sides.iter().all(|side| has_inverses(&mut exact, side)) {
            return Ok(None);
        }
    }
    let mut over: Vec<Index> = sides.iter().flat_map(|side| side.free().to_vec()).collect();
    over.sort();
    over.dedup();
    match (
        exact.evaluate(sides[0], &over),
        exact.evaluate(sides[1], &over),
    ) {
        (Ok(before), Ok(after)) => Ok(Some(before == after)),
        (Err(Obstacle::Malformed(reason)), _) | (_, Err(Obstacle::Malformed(reason)))
            if !reason.contains("not positive") =>
        {
            Err(reason)
        }
        _ => Ok(None),
    }
}

fn holds(exact: &mut Exact, condition: &Condition) -> bool {
    match condition {
        Condition::NonZero { term, .. } => {
            let value = exact.evaluate(term, term.free());
            value.is_ok_and(|value| value.data.iter().all(|entry| *entry != 0))
        }
        Condition::Invertible { term } => is_invertible(exact, term),
        // The points are drawn so that these hold.
        Condition::Declared { .. } | Condition::Defined { .. } => true,
    }
}

fn is_invertible(exact: &mut Exact, matrix: &Term) -> bool {
    let determinant = Term::raw(Head::MatrixFunction("det"), vec![matrix.clone()]);
    let value = exact.evaluate(&determinant, &[]);
    value.is_ok_and(|value| value.data != [0])
}

/// Whether every inverse that a term mentions exists.
fn has_inverses(exact: &mut Exact, term: &Term) -> bool {
    let here =
        *term.head() != Head::MatrixFunction("inv") || is_invertible(exact, &term.children()[0]);
    here && term
        .children()
        .iter()
        .all(|child| has_inverses(exact, child))
}

fn point(random: &mut Random, keep: Keep, facts: &[Fact], sides: &[&Term]) -> Exact {
    let complex = sides.iter().any(|side| side.is_complex());
    let field = Field {
        prime: match complex && random.once_in(2) {
            true => CYCLIC_PRIME,
            false => random.pick(&PRIMES),
        },
    };
    let mut sizes = [1, 2, 3, 4];
    random.shuffle(&mut sizes);
    let named = DIMS.iter().map(|name| Name::new(name)).zip(sizes);
    let sizes = Sizes::new(named.collect());
    let mut exact = Exact::new(field, sizes.clone(), random.bits());
    let mut shapes = BTreeMap::new();
    sides.iter().for_each(|side| mention(side, &mut shapes));
    for fact in facts {
        if let Fact::Softmax {
            value, argument, ..
        } = fact
        {
            let shape = shapes.get(value).or(shapes.get(argument)).cloned();
            shapes.extend(shape.clone().map(|shape| (value.clone(), shape)));
            shapes.extend(shape.map(|shape| (argument.clone(), shape)));
        }
    }
    let zeros = keep == Keep::Nothing || random.once_in(4);
    for (name, shape) in &shapes {
        let dims = sizes.dims(shape).expect("small sizes");
        let count = dims.iter().product();
        let entry = |random: &mut Random| {
            if zeros && random.once_in(2) {
                0
            } else {
                random.bits() % field.prime
            }
        };
        let data = (0..count).map(|_| entry(random)).collect();
        let mut array = Residues { dims, data };
        if keep == Keep::Conditions {
            facts
                .iter()
                .filter(|fact| fact.array() == name)
                .for_each(|fact| impose(field, fact, &mut array));
        }
        exact.insert(name.clone(), array);
    }
    if keep == Keep::Conditions {
        define_softmax(&mut exact, facts, &shapes);
    }
    exact
}

fn define_softmax(exact: &mut Exact, facts: &[Fact], shapes: &BTreeMap<Name, Shape>) {
    for fact in facts {
        if let Fact::Softmax {
            value,
            argument,
            axis,
            log,
        } = fact
            && let Some(shape) = shapes.get(argument)
        {
            let head = Head::Softmax {
                axis: *axis,
                log: *log,
            };
            let meaning = Term::raw(head, vec![build::tensor(argument, shape)]);
            let array: Rc<Residues> = exact.evaluate(&meaning, &[]).expect("softmax has a value");
            exact.insert(value.clone(), Residues::clone(&array));
        }
    }
}

/// Changes an array so that the fact holds.
fn impose(field: Field, fact: &Fact, array: &mut Residues) {
    match fact {
        Fact::Symmetric { .. } => {
            let size = array.dims[0];
            for row in 0..size {
                for column in 0..row {
                    array.data[row * size + column] = array.data[column * size + row];
                }
            }
        }
        Fact::SumsToOne { axis, .. } => {
            let length = array.dims[*axis];
            let stride: usize = array.dims[axis + 1..].iter().product();
            for first in (0..array.data.len()).filter(|at| (at / stride).is_multiple_of(length)) {
                let others = (1..length).map(|step| array.data[first + step * stride]);
                let sum = others.fold(0, |sum, entry| field.add(sum, entry));
                array.data[first] = field.subtract(1, sum);
            }
        }
        Fact::Positive { .. } | Fact::OpenUnitInterval { .. } => {
            array
                .data
                .iter_mut()
                .filter(|entry| **entry < 2)
                .for_each(|entry| *entry = 2);
        }
        Fact::Softmax { .. } | Fact::Defined { .. } => {}
    }
}

/// The shape of every array that a term mentions.
fn mention(term: &Term, shapes: &mut BTreeMap<Name, Shape>) {
    if let Head::Tensor(name, shape) = term.head() {
        shapes.insert(name.clone(), shape.clone());
    }
    term.children()
        .iter()
        .for_each(|child| mention(child, shapes));
}
