//! `differentiate` against difference quotients: every kind of node that it knows, at random points.
//!
//! In: an expression of entries of an array X. Its derivative by X_ij is evaluated, for all i and j, and compared with the
//! slope of the expression's own value as that entry moves.

use derive_calculus::derivative_table::{DERIVATIVES, derivative_row};
use derive_calculus::differentiate::mentions;
use derive_calculus::{Differential, MissingDerivative, differentiate, function_derivative};
use derive_check::{Array, Environment, Functions, Sizes};
use derive_graph::function_table::FUNCTIONS;
use derive_graph::{Dim, Function, Name, Network, Shape};
use derive_index::{Fresh, Head, Index, Rational, Term, build};
use rustc_hash::FxHashMap;
use std::rc::Rc;

const ROWS: usize = 3;

fn dim() -> Dim {
    Dim::Named(Name::new("n"))
}

fn square() -> Shape {
    Shape(vec![dim(), dim()])
}

fn array(name: &str) -> Term {
    build::tensor(&Name::new(name), &square())
}

fn entry(name: &str, i: &Index, j: &Index) -> Term {
    build::entry(array(name), vec![i.clone(), j.clone()])
}

fn number(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

fn product(bound: &[&Index], factors: Vec<Term>) -> Term {
    build::product(bound.iter().map(|&index| index.clone()).collect(), factors)
}

fn apply(function: &str, arguments: Vec<Term>) -> Term {
    build::apply(Function::named(function), arguments)
}

/// Entries between ½ and 2, all different, so that nothing is at a kink and every power has a value.
fn values(salt: usize) -> Vec<f64> {
    let entry = |at: usize| 0.5 + ((at * 7 + salt * 5) % 16) as f64 / 11.0 + at as f64 / 150.0;
    (0..ROWS * ROWS).map(entry).collect()
}

/// Where X has these entries; `U` is the cotangent-like constant, `Y` what a test defines.
fn environment(x: &[f64], y: Option<&[f64]>) -> Environment {
    let array = |data: &[f64]| {
        Rc::new(Array {
            dims: vec![ROWS, ROWS],
            data: data.to_vec(),
        })
    };
    let mut arrays = FxHashMap::default();
    arrays.insert(Name::new("X"), array(x));
    arrays.insert(Name::new("C"), array(&values(3)));
    if let Some(y) = y {
        arrays.insert(Name::new("Y"), array(y));
    }
    let sizes = Sizes::new(vec![(Name::new("n"), ROWS)]);
    let functions = Functions::new(&Network::default(), &sizes, 1);
    Environment::new(sizes, functions, arrays)
}

fn at(environment: &mut Environment, term: &Term, over: &[Index]) -> Vec<f64> {
    let value = environment.evaluate(term, over);
    value
        .unwrap_or_else(|reason| panic!("{reason}: {term:?}"))
        .data
        .clone()
}

/// The slopes of `term`, for all values of `free`, as each entry of X moves.
fn slopes(term: &Term, free: &[Index]) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let moved = |place: usize, by: f64| {
        let mut x = values(0);
        x[place] += by;
        at(&mut environment(&x, None), term, free)
    };
    let columns: Vec<Vec<f64>> = (0..ROWS * ROWS)
        .map(|place| {
            let (ahead, behind) = (moved(place, STEP), moved(place, -STEP));
            let slope = |(a, b): (&f64, &f64)| (a - b) / (2.0 * STEP);
            ahead.iter().zip(&behind).map(slope).collect()
        })
        .collect();
    let entries = columns[0].len();
    (0..entries)
        .flat_map(|entry| columns.iter().map(move |column| column[entry]))
        .collect()
}

fn by<'a>(variable: &'a Name, indices: &'a [Index]) -> Differential<'a> {
    Differential {
        variable,
        indices,
        named: None,
    }
}

/// The derivative of a term by X_ij.
fn derivative(term: &Term, fresh: &mut Fresh) -> (Option<Term>, Vec<Index>) {
    let indices = fresh.indices(&square().0);
    let found = differentiate(term, &by(&Name::new("X"), &indices), fresh);
    (found.expect("every function has a derivative"), indices)
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (a, b) in found.iter().zip(expected) {
        assert!(
            (a - b).abs() <= 1e-6 * (1.0 + b.abs()),
            "{what}: {a} instead of {b}"
        );
    }
}

/// Expressions with the free indices p and q.
fn expressions(fresh: &mut Fresh) -> Vec<(&'static str, Term, Vec<Index>)> {
    let free = fresh.indices(&square().0);
    let (p, q) = (free[0].clone(), free[1].clone());
    let bound = fresh.indices(&[dim(), dim()]);
    let (k, m) = (&bound[0], &bound[1]);
    let x = entry("X", &p, &q);
    let whole =
        |name: &'static str, matrix: Term| Term::raw(Head::MatrixFunction(name), vec![matrix]);
    let of_whole = |name, matrix| build::entry(whole(name, matrix), vec![p.clone(), q.clone()]);
    let gram = build::comprehension(
        &[k.clone(), m.clone()],
        build::sum(vec![
            entry("X", k, m),
            product(&[], vec![build::integer(3), build::delta(k, m)]),
        ]),
    );
    let sum = |factors| product(&[k], factors);
    vec![
        ("an entry", x.clone(), free.clone()),
        ("an entry turned", entry("X", &q, &p), free.clone()),
        ("a diagonal entry", entry("X", &p, &p), vec![p.clone()]),
        (
            "a sum",
            build::sum(vec![x.clone(), entry("C", &p, &q), entry("X", &q, &p)]),
            free.clone(),
        ),
        (
            "a product of two",
            product(&[], vec![x.clone(), entry("X", &q, &p)]),
            free.clone(),
        ),
        (
            "X X",
            sum(vec![entry("X", &p, k), entry("X", k, &q)]),
            free.clone(),
        ),
        (
            "C X",
            sum(vec![entry("C", &p, k), entry("X", k, &q)]),
            free.clone(),
        ),
        (
            "a total",
            product(&[k, m], vec![entry("X", k, m), entry("C", k, m)]),
            Vec::new(),
        ),
        (
            "a square",
            build::power(x.clone(), number(2, 1)),
            free.clone(),
        ),
        (
            "a root",
            build::power(x.clone(), number(1, 2)),
            free.clone(),
        ),
        (
            "a reciprocal root",
            build::power(x.clone(), number(-1, 2)),
            free.clone(),
        ),
        (
            "a quotient",
            product(&[], vec![entry("C", &p, &q), build::reciprocal(x.clone())]),
            free.clone(),
        ),
        ("a function", apply("tanh", vec![x.clone()]), free.clone()),
        (
            "of two arguments",
            apply("max", vec![x.clone(), entry("X", &q, &p)]),
            free.clone(),
        ),
        (
            "one of which is constant",
            apply("max", vec![entry("C", &p, &q), x.clone()]),
            free.clone(),
        ),
        (
            "a function of a sum",
            apply("sin", vec![sum(vec![entry("X", &p, k), entry("X", &q, k)])]),
            free.clone(),
        ),
        ("an inverse", of_whole("inv", array("X")), free.clone()),
        (
            "an inverse of entries",
            of_whole("inv", gram.clone()),
            free.clone(),
        ),
        ("a determinant", whole("det", array("X")), Vec::new()),
        ("a logarithm of one", whole("logdet", gram), Vec::new()),
        (
            "the largest",
            Term::raw(
                Head::Extremum { least: false },
                vec![
                    Term::raw(Head::Index(k.clone()), Vec::new()),
                    entry("X", &p, k),
                    build::integer(1),
                ],
            ),
            vec![p.clone()],
        ),
    ]
}

#[test]
fn derivatives_are_slopes() {
    let mut fresh = Fresh::default();
    for (what, term, free) in expressions(&mut fresh) {
        let (found, indices) = derivative(&term, &mut fresh);
        let over = [&free[..], &indices[..]].concat();
        let found = at(
            &mut environment(&values(0), None),
            &found.expect(what),
            &over,
        );
        close(&found, &slopes(&term, &free), what);
    }
}

/// Written through the name Y of a value, a derivative mentions Y and has the same value.
#[test]
fn a_named_value_is_mentioned() {
    let mut fresh = Fresh::default();
    for (what, term, free) in expressions(&mut fresh) {
        let through = matches!(
            what,
            "a function"
                | "an inverse"
                | "a square"
                | "a root"
                | "a reciprocal root"
                | "of two arguments"
        );
        if !through {
            continue;
        }
        let y = at(&mut environment(&values(0), None), &term, &free);
        let value = entry("Y", &free[0], &free[1]);
        let indices = fresh.indices(&square().0);
        let name = Name::new("X");
        let named = Differential {
            variable: &name,
            indices: &indices,
            named: Some((&term, &value)),
        };
        let found = differentiate(&term, &named, &mut fresh)
            .expect(what)
            .expect(what);
        let mentioned = mentions(&found, &Name::new("Y"));
        // Of x² the derivative is no whole power of it, and the maximum's does not need it.
        let without = matches!(what, "of two arguments" | "a square");
        assert_eq!(mentioned, !without, "{what}");
        let over = [&free[..], &indices[..]].concat();
        let found = at(&mut environment(&values(0), Some(&y)), &found, &over);
        close(&found, &slopes(&term, &free), what);
    }
}

#[test]
fn what_does_not_mention_the_variable_has_no_derivative() {
    let mut fresh = Fresh::default();
    for (what, term, _) in expressions(&mut fresh) {
        let indices = fresh.indices(&square().0);
        let other = differentiate(&term, &by(&Name::new("V"), &indices), &mut fresh);
        assert_eq!(other, Ok(None), "{what}");
    }
}

/// Every row of the table of derivatives, where its function has a value: the argument that it is by moves, the others stand.
#[test]
fn every_row_of_the_derivative_table_is_a_slope() {
    let mut fresh = Fresh::default();
    let free = fresh.indices(&square().0);
    let mut tried = 0;
    for row in DERIVATIVES {
        let function = FUNCTIONS.iter().find(|known| known.name == row.function);
        let arity = function.expect("a function of the table").arity;
        for factor in [number(1, 4), number(-1, 4), number(19, 10)] {
            let argument = |at: usize| match at == row.argument {
                true => product(
                    &[],
                    vec![
                        build::number(factor.clone()),
                        entry("X", &free[0], &free[1]),
                    ],
                ),
                false => entry("C", &free[1], &free[0]),
            };
            let term = apply(row.function, (0..arity).map(argument).collect());
            let expected = slopes(&term, &free);
            if !expected.iter().all(|slope| slope.is_finite()) {
                continue;
            }
            let (found, indices) = derivative(&term, &mut fresh);
            let over = [&free[..], &indices[..]].concat();
            let found = found.map_or_else(
                || vec![0.0; expected.len()],
                |found| at(&mut environment(&values(0), None), &found, &over),
            );
            close(&found, &expected, row.function);
            tried += 1;
        }
    }
    assert!(
        tried > 2 * DERIVATIVES.len(),
        "only {tried} slopes were compared"
    );
}

#[test]
fn unknown_functions_get_a_prime_and_missing_rows_are_errors() {
    let x = build::integer(2);
    let value = apply("f", vec![x.clone()]);
    let f = Function::named("f");
    let prime = function_derivative(&f, 0, std::slice::from_ref(&x), &value);
    assert_eq!(prime, Ok(build::apply(f.derivative(), vec![x.clone()])));
    let second = function_derivative(&f.derivative(), 0, std::slice::from_ref(&x), &value);
    assert_eq!(
        second,
        Ok(build::apply(f.derivative().derivative(), vec![x.clone()]))
    );
    let of_two = [x.clone(), x.clone()];
    let missing = MissingDerivative {
        function: f.clone(),
        argument: 1,
    };
    assert_eq!(function_derivative(&f, 1, &of_two, &value), Err(missing));
    let equal = Function::named("equal");
    let found = function_derivative(&equal, 0, &of_two, &value);
    assert_eq!(found.is_err(), derivative_row("equal", 0).is_none());
}
