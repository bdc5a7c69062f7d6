//! Affine subscripts, held against their values for all values of their variables.

mod support;

use derive_graph::{Dim, Polynomial};
use derive_index::{Affine, Index};
use support::random::Random;
use support::{Values, dim, length, place, runs};

const CASES: u64 = 3000;

/// Random variables, and an affine place of them that is written as one.
fn affine(seed: u64) -> (Random, Vec<Index>, Affine) {
    let mut it = Random::new(seed);
    let mut variables = vec![it.index_like(&[])];
    for _ in 0..2 {
        let next = it.index_like(&variables);
        variables.push(next);
    }
    let affine = it.affine(&variables).to_affine();
    (it, variables, affine)
}

/// The place of an affine function, `None` where there is none.
fn at(affine: &Affine, values: &Values) -> Option<i64> {
    place(&Index::Affine(affine.clone().into()), values).expect("all variables have values")
}

fn all(variables: &[Index]) -> Vec<Values> {
    runs(variables, &Values::new())
}

#[test]
fn what_is_always_or_never_inside_is_so() {
    let mut always = 0;
    for seed in 0..CASES {
        let (_, variables, affine) = affine(seed);
        let mut places = all(&variables)
            .into_iter()
            .map(|values| at(&affine, &values));
        if affine.is_always_inside() {
            always += 1;
            assert!(
                places.all(|place| place.is_some()),
                "seed {seed}: {affine:?}"
            );
        } else if affine.is_never_inside() {
            assert!(
                places.all(|place| place.is_none()),
                "seed {seed}: {affine:?}"
            );
        }
    }
    assert!(always > 100, "{always} always");
}

/// The place `Σ c·variable + constant` on a, of two variables over a.
fn on_a(terms: &[i64], constant: Polynomial) -> Affine {
    let variable = |id| Index::Variable { id, dim: dim("a") };
    let terms = terms
        .iter()
        .zip(0..)
        .map(|(c, id)| (variable(id), (*c).into()));
    Affine::new(terms.collect(), constant, dim("a"))
}

#[test]
#[rustfmt::skip]
fn insides_that_signs_show() {
    let a = || Polynomial::from(&dim("a"));
    let less = |by: i64| a().minus(&by.into());
    // Place, always inside, never inside.
    let rows = [
        (on_a(&[], 0.into()), true, false),
        (on_a(&[], (-1).into()), false, true),
        (on_a(&[], less(1)), true, false),
        (on_a(&[], a()), false, true),
        (on_a(&[], less(-1)), false, true),
        // Whether 1 is a place of a is not known.
        (on_a(&[], 1.into()), false, false),
        (on_a(&[1], 0.into()), true, false),
        (on_a(&[1], 1.into()), false, false),
        (on_a(&[1], (-1).into()), false, false),
        (on_a(&[-1], less(1)), true, false),
        (on_a(&[-1], 0.into()), false, false),
        (on_a(&[-1], a()), false, false),
        (on_a(&[1, 1], 0.into()), false, false),
        (on_a(&[1, -1], 0.into()), false, false),
        // Around the circle everything is a place; between two places there is none that is sure.
        (on_a(&[2], 5.into()).wrapping(true), true, false),
        (on_a(&[], (-1).into()).wrapping(true), true, false),
        (on_a(&[1], 0.into()).over(2), false, false),
        (on_a(&[], (-1).into()).over(2), false, false),
    ];
    for (place, always, never) in rows {
        assert_eq!(place.is_always_inside(), always, "{place:?}");
        assert_eq!(place.is_never_inside(), never, "{place:?}");
    }
}

#[test]
fn a_coefficient_of_unknown_sign_shows_nothing() {
    let c = Polynomial::from(&dim("a")).minus(&Polynomial::from(&dim("b")));
    let variable = Index::Variable {
        id: 0,
        dim: dim("c"),
    };
    let place = Affine::new(vec![(variable, c)], 0.into(), dim("d"));
    assert!(!place.is_always_inside());
}

#[test]
fn another_index_is_put_in() {
    let mut judged = 0;
    for seed in 0..CASES {
        let (mut it, variables, affine) = affine(seed);
        let (from, to) = (variables[0].clone(), it.affine(&variables[1..]));
        if to.dim() != from.dim() {
            continue;
        }
        if !affine.can_replace(&from, &to) {
            let wraps = to.as_affine().is_some_and(Affine::cyclic);
            assert!(
                wraps,
                "seed {seed}: only what wraps around cannot be put in"
            );
            continue;
        }
        let put = affine.replaced(&from, &to);
        for mut values in all(&variables[1..]) {
            let there = place(&to, &values).expect("has a value");
            let after = at(&put, &values);
            let Some(there) = there else { continue };
            values.insert(from.clone(), there);
            assert_eq!(
                after,
                at(&affine, &values),
                "seed {seed}: {affine:?} {to:?}"
            );
            judged += 1;
        }
    }
    assert!(judged > 1000, "{judged}");
}

#[test]
fn what_wraps_around_is_put_in_on_its_own_circle_alone() {
    let k = |id, name| Index::Variable { id, dim: dim(name) };
    let around = Affine::new(vec![(k(1, "a"), 1.into())], 1.into(), dim("a"))
        .wrapping(true)
        .to_index();
    let plain = Affine::new(vec![(k(0, "a"), 1.into())], 1.into(), dim("a"));
    let rows = [
        (plain.clone(), false),
        (plain.clone().wrapping(true), true),
        (
            Affine::new(vec![(k(0, "a"), 2.into())], 0.into(), dim("b")).wrapping(true),
            false,
        ),
        (plain.wrapping(true).over(2), false),
        // The variable does not occur.
        (
            Affine::new(vec![(k(2, "a"), 1.into())], 1.into(), dim("a")),
            true,
        ),
    ];
    for (place, can) in rows {
        assert_eq!(place.can_replace(&k(0, "a"), &around), can, "{place:?}");
    }
}

#[test]
fn solutions_are_solutions() {
    let mut solved = 0;
    for seed in 0..CASES {
        let (mut it, variables, affine) = affine(seed);
        let other = match it.below(2) {
            0 => it.fresh.index(affine.dim()),
            _ => it.affine(&variables[1..]),
        };
        if other.dim() != *affine.dim() {
            continue;
        }
        let index = &variables[0];
        let Some(solution) = affine.solved(index, &other) else {
            continue;
        };
        solved += 1;
        let mut rest = [&variables[1..], &other.variables()].concat();
        rest.sort();
        rest.dedup();
        for values in all(&rest) {
            let expected: Vec<i64> = (0..length(&index.dim()))
                .filter(|k| {
                    let mut with = values.clone();
                    with.insert(index.clone(), *k);
                    let both = (
                        at(&affine, &with),
                        place(&other, &values).expect("has a value"),
                    );
                    both.0.is_some() && both.0 == both.1
                })
                .collect();
            let found = place(&solution, &values).expect("has a value");
            // Where both sides are places, the variable is one too and is the solution.
            if let [only] = expected.as_slice() {
                assert_eq!(
                    found,
                    Some(*only),
                    "seed {seed}: {affine:?} = {other:?}: {solution:?}"
                );
            }
            assert!(expected.len() < 2, "seed {seed}: two solutions");
        }
    }
    assert!(solved > 100, "{solved}");
}

#[test]
fn sums_multiples_and_shares() {
    for seed in 0..CASES {
        let (mut it, variables, first) = affine(seed);
        let second = it.affine(&variables).to_affine();
        let value = |affine: &Affine, values: &Values| {
            let terms = affine.terms().iter();
            let sum: i64 = terms
                .map(|(index, c)| c.as_constant().expect("a number") * values[index])
                .sum();
            sum + affine.constant().as_constant().expect("a number")
        };
        for values in all(&variables).iter().step_by(7) {
            let (x, y) = (value(&first, values), value(&second, values));
            if first.divisor() * second.divisor() == 1 {
                assert_eq!(value(&first.plus(&second), values), x + y);
            }
            assert_eq!(value(&first.clone().scaled(-3), values), -3 * x);
            let shared = first.clone().over(2);
            assert_eq!(
                value(&shared, values) * first.divisor() * 2,
                x * shared.divisor()
            );
        }
        let cyclic = first.cyclic() || second.cyclic();
        assert_eq!(first.plus(&second).cyclic(), cyclic);
    }
}

#[test]
fn common_divisors_are_taken_out() {
    let k = Index::Variable {
        id: 0,
        dim: dim("a"),
    };
    let double =
        |constant: i64| Affine::new(vec![(k.clone(), 2.into())], constant.into(), dim("a"));
    assert_eq!(
        double(4).over(2),
        Affine::new(vec![(k.clone(), 1.into())], 2.into(), dim("a"))
    );
    assert_eq!(double(3).over(2).divisor(), 2);
    assert_eq!(double(0).over(2).to_index(), k);
    assert_eq!(double(2).over(4).divisor(), 2);
}

#[test]
#[rustfmt::skip]
fn places_that_are_an_index_or_a_number() {
    let k = Index::Variable { id: 0, dim: dim("a") };
    let one = |c: i64, constant: i64, axis: &str| Affine::new(vec![(k.clone(), c.into())], constant.into(), dim(axis));
    let number = |constant: i64| Affine::new(Vec::new(), constant.into(), dim("a"));
    let unit = |constant: i64| Affine::new(Vec::new(), constant.into(), Dim::Size(1));
    assert_eq!(one(1, 0, "a").to_index(), k);
    for not in [one(2, 0, "a"), one(1, 1, "a"), one(1, 0, "b"), one(1, 0, "a").over(2)] {
        assert!(not.clone().to_index().as_affine().is_some(), "{not:?}");
    }
    assert_eq!(unit(0).to_index(), Index::Unit);
    assert_ne!(unit(1).to_index(), Index::Unit);
    assert_ne!(number(0).to_index(), Index::Unit);
    assert_eq!(number(2).to_index().as_constant(), Some(2));
    assert_eq!(Index::Unit.as_constant(), Some(0));
    assert_eq!(k.as_constant(), None);
    assert_eq!(one(1, 1, "a").to_index().as_constant(), None);
    assert_eq!(number(2).wrapping(true).to_index().as_constant(), None);
    assert_eq!(number(3).over(2).to_index().as_constant(), None);
    assert!(k.runs_over(&dim("a")) && !k.runs_over(&dim("b")));
    assert!(Index::Unit.runs_over(&Dim::Size(1)) && !Index::Unit.runs_over(&dim("c")));
    assert!(one(2, 0, "b").to_index().runs_over(&dim("b")) && !one(2, 0, "b").to_index().runs_over(&dim("a")));
}

#[test]
fn around_a_circle_only_one_full_turn_is_solved() {
    let k = |name| Index::Variable {
        id: 0,
        dim: dim(name),
    };
    let u = Index::Variable {
        id: 1,
        dim: dim("a"),
    };
    let around = |c: i64, axis| {
        let terms = vec![(k(axis), c.into())];
        Affine::new(terms, 1.into(), dim("a")).wrapping(true)
    };
    let back = Affine::new(vec![(u.clone(), 1.into())], (-1).into(), dim("a"));
    let solution = back.clone().wrapping(true).to_index();
    assert_eq!(around(1, "a").solved(&k("a"), &u), Some(solution));
    let turned = back.scaled(-1).wrapping(true).to_index();
    assert_eq!(around(-1, "a").solved(&k("a"), &u), Some(turned));
    // Twice around, along another axis, or between places: there may be several solutions, or none.
    assert_eq!(around(2, "a").solved(&k("a"), &u), None);
    assert_eq!(around(1, "b").solved(&k("b"), &u), None);
    assert_eq!(around(1, "a").over(2).solved(&k("a"), &u), None);
}
