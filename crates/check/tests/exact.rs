//! Terms evaluated modulo a prime, on values that can be worked out by hand.

use derive_check::Sizes;
use derive_check::exact::{CYCLIC_PRIME, Exact, Field, Obstacle, PRIMES, Residues};
use derive_graph::gather::Subscript;
use derive_graph::{Dim, Function, Gather, Name, Shape};
use derive_index::{Affine, Fresh, Head, Index, Rational, Term, build};

fn dim() -> Dim {
    Dim::Named(Name::new("n"))
}

/// A = (1 2; 3 4)
fn matrix() -> Term {
    build::tensor(&Name::new("A"), &Shape(vec![dim(), dim()]))
}

fn check(term: &Term, over: &[Index], expected: &[i64]) {
    for prime in PRIMES {
        let field = Field { prime };
        let sizes = Sizes::new(vec![(Name::new("n"), 2)]);
        let mut exact = Exact::new(field, sizes, 7);
        let data = vec![1, 2, 3, 4];
        exact.insert(
            Name::new("A"),
            Residues {
                dims: vec![2, 2],
                data,
            },
        );
        let value = exact.evaluate(term, over).expect("a value");
        let expected: Vec<u64> = expected.iter().map(|&entry| field.integer(entry)).collect();
        assert_eq!(value.data, expected, "modulo {prime}");
    }
}

#[test]
fn products_and_functions_of_matrices() {
    check(
        &build::matmul(vec![matrix(), build::transpose(matrix())]),
        &[],
        &[5, 11, 11, 25],
    );
    check(
        &Term::raw(Head::MatrixFunction("det"), vec![matrix()]),
        &[],
        &[-2],
    );
    let inverse = Term::raw(Head::MatrixFunction("inv"), vec![matrix()]);
    let doubled = build::product(Vec::new(), vec![build::integer(2), inverse]);
    check(&doubled, &[], &[-4, 2, 3, -1]);
    check(
        &Term::raw(Head::Concat(1), vec![matrix(), matrix()]),
        &[],
        &[1, 2, 1, 2, 3, 4, 3, 4],
    );
}

#[test]
fn arrays_are_read_at_affine_places() {
    // The next row, where there is one, and the next column around the circle.
    let next = Subscript::shifted(0, 1.into());
    let mut exchanged = Subscript::shifted(1, 1.into());
    exchanged.cyclic = true;
    let gather = Gather {
        axes: vec![next, exchanged],
        lowest: false,
    };
    let read = Term::raw(
        Head::Gather(gather, Shape(vec![dim(), dim()])),
        vec![matrix()],
    );
    check(&read, &[], &[4, 3, 0, 0]);
}

#[test]
fn a_function_nothing_is_known_of_has_any_value_but_zero() {
    let exact = |prime, seed| Exact::new(Field { prime }, Sizes::default(), seed);
    let of =
        |exact: &Exact, name| -> Vec<u64> { (0..40).map(|x| exact.opaque(name, &[x])).collect() };
    let mut values = of(&exact(3, 1), "f");
    values.sort_unstable();
    values.dedup();
    assert_eq!(values, [1, 2]);
    let prime = PRIMES[0];
    assert_eq!(of(&exact(prime, 1), "f"), of(&exact(prime, 1), "f"));
    assert_ne!(of(&exact(prime, 1), "f"), of(&exact(prime, 2), "f"));
    assert_ne!(of(&exact(prime, 1), "f"), of(&exact(prime, 1), "g"));
}

#[test]
fn axes_are_moved() {
    let moved = |axes: Vec<Option<usize>>| Term::raw(Head::Axes(axes), vec![matrix()]);
    check(&moved(vec![Some(1), Some(0)]), &[], &[1, 3, 2, 4]);
    check(&moved(vec![Some(0), None, Some(1)]), &[], &[1, 2, 3, 4]);
}

#[test]
fn sums_of_entries_are_added_up() {
    let mut fresh = Fresh::default();
    let (i, j) = (fresh.index(&dim()), fresh.index(&dim()));
    let entry = |a: &Index, b: &Index| build::entry(matrix(), vec![a.clone(), b.clone()]);
    let over = [i.clone(), j.clone()];
    check(
        &build::sum(vec![entry(&i, &j), entry(&j, &i)]),
        &over,
        &[2, 5, 5, 8],
    );
    let shifted = build::sum(vec![
        build::integer(10),
        entry(&i, &j),
        build::dimension(&dim()),
    ]);
    check(&shifted, &over, &[13, 14, 15, 16]);
    check(
        &build::power(shifted, Rational::from_integer(2.into())),
        &over,
        &[169, 196, 225, 256],
    );
    let squares = build::product(
        vec![j.clone()],
        vec![build::power(
            build::sum(vec![entry(&i, &j), build::integer(1)]),
            Rational::from_integer(2.into()),
        )],
    );
    check(&squares, std::slice::from_ref(&i), &[13, 41]);
}

#[test]
fn sums_over_indices_and_places_outside() {
    let mut fresh = Fresh::default();
    let (i, j) = (fresh.index(&dim()), fresh.index(&dim()));
    let entry = |a: &Index, b: &Index| build::entry(matrix(), vec![a.clone(), b.clone()]);
    check(
        &build::product(vec![j.clone()], vec![entry(&i, &j)]),
        std::slice::from_ref(&i),
        &[3, 7],
    );
    let traced = build::product(
        vec![i.clone(), j.clone()],
        vec![build::delta(&i, &j), entry(&i, &j)],
    );
    check(&traced, &[], &[5]);
    let next = Affine::new(vec![(i.clone(), 1.into())], 1.into(), dim());
    let shifted = |cyclic: bool| {
        build::entry(
            matrix(),
            vec![next.clone().wrapping(cyclic).to_index(), j.clone()],
        )
    };
    check(&shifted(false), &[i.clone(), j.clone()], &[3, 4, 0, 0]);
    check(&shifted(true), &[i, j.clone()], &[3, 4, 1, 2]);
}

#[test]
fn functions_are_values_and_roots_are_roots() {
    let half = Rational::new(1.into(), 2.into());
    let squared = build::product(Vec::new(), vec![matrix(), matrix()]);
    let root = Term::raw(
        Head::Power(half),
        vec![build::product(
            Vec::new(),
            vec![squared.clone(), squared.clone()],
        )],
    );
    check(&build::difference(root, squared), &[], &[0; 4]);
    let apply =
        |name: &str, argument: Term| Term::raw(Head::Apply(Function::named(name)), vec![argument]);
    check(&apply("exp", apply("log", matrix())), &[], &[1, 2, 3, 4]);
    let twice = build::difference(apply("f", matrix()), apply("f", matrix()));
    check(&twice, &[], &[0; 4]);
}

#[test]
fn arrays_of_structure() {
    let row = build::matmul(vec![build::ones(&[dim()]), matrix()]);
    let diagonal = Term::raw(Head::DiagonalMatrix, vec![row]);
    check(&diagonal, &[], &[4, 0, 0, 6]);
    check(&Term::raw(Head::Diagonal, vec![matrix()]), &[], &[1, 4]);
    check(&Term::raw(Head::Trace, vec![matrix()]), &[], &[5]);
}

/// An extremum depends on the set of the values that count, and on nothing else.
#[test]
fn extrema_of_the_same_values_are_the_same() {
    let mut fresh = Fresh::default();
    let (i, j) = (fresh.index(&dim()), fresh.index(&dim()));
    let entry = |a: &Index, b: &Index| build::entry(matrix(), vec![a.clone(), b.clone()]);
    let doubled = build::product(Vec::new(), vec![build::integer(2), entry(&i, &j)]);
    let largest = |body: Term, counts: Term| {
        let bound = [build::index(&i), build::index(&j)];
        let children = [&bound[..], &[body, counts]].concat();
        Term::raw(Head::Extremum { least: false }, children)
    };
    let all = || largest(entry(&i, &j), build::integer(1));
    let value = |term: &Term| {
        let field = Field { prime: PRIMES[0] };
        let mut exact = Exact::new(field, Sizes::new(vec![(Name::new("n"), 2)]), 7);
        let (dims, data) = (vec![2, 2], vec![1, 2, 3, 4]);
        exact.insert(Name::new("A"), Residues { dims, data });
        exact.evaluate(term, &[]).expect("a value").data[0]
    };
    let turned = largest(entry(&j, &i), build::integer(1));
    assert_eq!(value(&all()), value(&turned));
    let other = largest(doubled, build::integer(1));
    assert_ne!(value(&all()), value(&other));
    let diagonal = largest(entry(&i, &j), build::delta(&i, &j));
    assert_ne!(value(&all()), value(&diagonal));
}

/// ω^{ab} ω^{−ab} = 1, and Σ_a ω^{ab} = 0 off b = 0; orders of one and two hide a wrong sign.
#[test]
fn roots_of_unity_have_their_order() {
    let mut fresh = Fresh::default();
    let (a, b) = (fresh.index(&dim()), fresh.index(&dim()));
    let back = b.to_affine().scaled(-1).wrapping(true).to_index();
    let value = |term: &Term, size: usize| {
        let prime = CYCLIC_PRIME;
        let mut exact = Exact::new(Field { prime }, Sizes::new(vec![(Name::new("n"), size)]), 7);
        let value = exact.evaluate(term, std::slice::from_ref(&b));
        value.map(|value| value.data.clone())
    };
    let sum = build::product(vec![a.clone()], vec![build::root(&a, &b)]);
    let roots = [build::root(&a, &b), build::root(&a, &back)];
    let both = Term::raw(
        Head::Product,
        [vec![build::index(&a)], roots.to_vec()].concat(),
    );
    for size in [3, 4, 5] {
        let expected: Vec<u64> = (0..size as u64)
            .map(|at| if at == 0 { size as u64 } else { 0 })
            .collect();
        assert_eq!(value(&sum, size), Ok(expected));
        assert_eq!(value(&both, size), Ok(vec![size as u64; size]));
    }
    for size in [1, 2] {
        assert_eq!(value(&sum, size), Err(Obstacle::Undefined));
    }
}
