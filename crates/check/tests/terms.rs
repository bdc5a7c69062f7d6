//! Terms evaluated against values worked out by hand.

mod support;

use derive_check::{Array, Environment, Functions, Sizes};
use derive_graph::gather::Subscript;
use derive_graph::{Dim, Gather, Name};
use derive_index::{Fresh, Head, Index, Term, build};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use support::{apply, number, shape, tensor};

/// m = 2, n = 3; A is 2 × 3, S is 2 × 2, u and v are of sizes 2 and 3.
fn environment() -> Environment {
    let sizes = Sizes::new(vec![(Name::new("m"), 2), (Name::new("n"), 3)]);
    let array = |name: &str, dims: &[usize], data: &[f64]| {
        let (dims, data) = (dims.to_vec(), data.to_vec());
        (Name::new(name), Rc::new(Array { dims, data }))
    };
    let arrays = FxHashMap::from_iter([
        array("A", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        array("S", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
        array("u", &[2], &[1.0, -1.0]),
        array("v", &[3], &[1.0, 0.0, 2.0]),
        array("r", &[1, 3], &[7.0, 8.0, 9.0]),
        array("s", &[], &[10.0]),
        array("e", &[1, 1], &[4.0]),
        array("T", &[3, 3], &[0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 1.0, 1.0, 0.0]),
    ]);
    Environment::new(sizes, Functions::default(), arrays)
}

fn a() -> Term {
    tensor("A", &["m", "n"])
}

fn s() -> Term {
    tensor("S", &["m", "m"])
}

fn u() -> Term {
    tensor("u", &["m"])
}

fn v() -> Term {
    tensor("v", &["n"])
}

fn check(term: Term, dims: &[usize], expected: &[f64]) {
    check_over(term, &[], dims, expected);
}

fn check_over(term: Term, over: &[Index], dims: &[usize], expected: &[f64]) {
    let value = environment()
        .evaluate(&term, over)
        .expect("the term conforms");
    assert_eq!(
        (value.dims.as_slice(), value.data.as_slice()),
        (dims, expected),
        "{term:?}"
    );
}

fn indices(dims: &[&str]) -> Vec<Index> {
    Fresh::default().indices(&shape(dims).0)
}

fn entry(array: Term, indices: &[&Index]) -> Term {
    build::entry(
        array,
        indices.iter().map(|index| (*index).clone()).collect(),
    )
}

fn sum_over(bound: &[&Index], factors: Vec<Term>) -> Term {
    build::product(
        bound.iter().map(|index| (*index).clone()).collect(),
        factors,
    )
}

#[test]
fn matrix_products_follow_numpy_with_vectors() {
    check(build::matmul(vec![a(), v()]), &[2], &[7.0, 16.0]);
    check(build::matmul(vec![u(), a()]), &[3], &[-3.0, -3.0, -3.0]);
    check(build::matmul(vec![u(), a(), v()]), &[], &[-9.0]);
    check(build::matmul(vec![u(), u()]), &[], &[2.0]);
    check(
        build::matmul(vec![s(), s()]),
        &[2, 2],
        &[7.0, 10.0, 15.0, 22.0],
    );
    check(
        build::transpose(a()),
        &[3, 2],
        &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
    );
}

#[test]
fn entrywise_operations_broadcast_scalars() {
    let scalar = tensor("s", &[]);
    check(build::sum(vec![u(), scalar.clone()]), &[2], &[11.0, 9.0]);
    check(sum_over(&[], vec![scalar, u(), u()]), &[2], &[10.0, 10.0]);
    check(build::power(u(), number(3, 1)), &[2], &[1.0, -1.0]);
    check(
        build::power(v(), number(1, 2)),
        &[3],
        &[1.0, 0.0, 2.0f64.sqrt()],
    );
    check(apply("relu", vec![u()]), &[2], &[1.0, 0.0]);
    check(
        apply("max", vec![build::integer(0), u()]),
        &[2],
        &[1.0, 0.0],
    );
}

#[test]
fn arrays_of_structure() {
    let raw = |head, child: Term| Term::raw(head, vec![child]);
    check(
        build::outer(u(), v()),
        &[2, 3],
        &[1.0, 0.0, 2.0, -1.0, 0.0, -2.0],
    );
    check(raw(Head::Trace, s()), &[], &[5.0]);
    check(raw(Head::Diagonal, s()), &[2], &[1.0, 4.0]);
    check(
        raw(Head::DiagonalMatrix, u()),
        &[2, 2],
        &[1.0, 0.0, 0.0, -1.0],
    );
    let m = shape(&["m"]).0;
    check(build::ones(&m), &[2], &[1.0, 1.0]);
    check(
        Term::leaf(Head::Identity(m[0].clone())),
        &[2, 2],
        &[1.0, 0.0, 0.0, 1.0],
    );
    check(build::dimension(&m[0]), &[], &[2.0]);
    check(
        raw(Head::Axes(vec![Some(1), Some(0)]), a()),
        &[3, 2],
        &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
    );
    check(
        raw(Head::Axes(vec![Some(0), None]), u()),
        &[2, 1],
        &[1.0, -1.0],
    );
    let row = tensor("r", &["1", "n"]);
    check(raw(Head::Axes(vec![Some(1)]), row), &[3], &[7.0, 8.0, 9.0]);
    let flat = raw(
        Head::Softmax {
            axis: 0,
            log: false,
        },
        build::ones(&m),
    );
    check(flat, &[2], &[0.5, 0.5]);
}

#[test]
fn functions_of_matrices() {
    let of = |name, matrix: Term| Term::raw(Head::MatrixFunction(name), vec![matrix]);
    let (e, t) = (|| tensor("e", &["1", "1"]), || tensor("T", &["n", "n"]));
    check(of("inv", e()), &[1, 1], &[0.25]);
    check(of("det", e()), &[], &[4.0]);
    check(of("det", s()), &[], &[-2.0]);
    // The first pivot is zero, so rows change places.
    let det = environment().evaluate(&of("det", t()), &[]);
    assert!((det.expect("conforms").data[0] - 7.0).abs() < 1e-12);
    let product = build::matmul(vec![t(), of("inv", t())]);
    let product = environment().evaluate(&product, &[]).expect("conforms");
    for (at, entry) in product.data.iter().enumerate() {
        let expected = f64::from(u8::from(at % 4 == 0));
        assert!((entry - expected).abs() < 1e-12, "{product:?}");
    }
}

#[test]
fn sums_over_indices_bind_and_shadow() {
    let [i, j, k] = &indices(&["m", "n", "n"])[..] else {
        panic!()
    };
    let row = sum_over(&[k], vec![entry(a(), &[i, k]), entry(v(), &[k])]);
    check_over(row.clone(), std::slice::from_ref(i), &[2], &[7.0, 16.0]);
    let whole = build::comprehension(std::slice::from_ref(i), row.clone());
    check(whole, &[2], &[7.0, 16.0]);
    // The two sums bind the same index, each its own.
    let both = Term::raw(Head::Product, vec![row.clone(), row]);
    check_over(both, std::slice::from_ref(i), &[2], &[49.0, 256.0]);
    // A dimension that no factor mentions counts its size.
    let counted = sum_over(&[j], vec![entry(u(), &[i])]);
    check_over(counted, std::slice::from_ref(i), &[2], &[3.0, -3.0]);
}

#[test]
fn deltas_choose_and_count() {
    let [i, j, k] = &indices(&["m", "m", "m"])[..] else {
        panic!()
    };
    check_over(
        build::delta(i, j),
        &[i.clone(), j.clone()],
        &[2, 2],
        &[1.0, 0.0, 0.0, 1.0],
    );
    let sifted = sum_over(&[k], vec![build::delta(k, i), entry(s(), &[k, j])]);
    check_over(
        sifted,
        &[i.clone(), j.clone()],
        &[2, 2],
        &[1.0, 2.0, 3.0, 4.0],
    );
    let trace = sum_over(&[j, k], vec![entry(s(), &[j, k]), build::delta(j, k)]);
    check(trace, &[], &[5.0]);
    // δ_{ki} δ_{kj} is zero off the diagonal.
    let twice = sum_over(&[k], vec![build::delta(k, i), build::delta(k, j)]);
    check_over(
        twice,
        &[i.clone(), j.clone()],
        &[2, 2],
        &[1.0, 0.0, 0.0, 1.0],
    );
}

#[test]
fn the_hidden_layer_agrees_with_its_matrix_form() {
    // Σ_{mnpr} S_{mn} δ_{mp} S_{rn} (1 − S_{pr}²) δ_{pi} δ_{rj} = (S Sᵀ) ⊙ (1 − S²)
    let [i, j, m, n, p, r] = &indices(&["m"; 6])[..] else {
        panic!()
    };
    let one_less = |term| build::difference(build::integer(1), build::power(term, number(2, 1)));
    let factors = vec![
        entry(s(), &[m, n]),
        build::delta(m, p),
        entry(s(), &[r, n]),
        one_less(entry(s(), &[p, r])),
        build::delta(p, i),
        build::delta(r, j),
    ];
    let index = sum_over(&[m, n, p, r], factors);
    let product = build::matmul(vec![s(), build::transpose(s())]);
    let matrix = sum_over(&[], vec![product, one_less(s())]);
    let expected = environment()
        .evaluate(&matrix, &[])
        .expect("the matrix form conforms");
    check_over(index, &[i.clone(), j.clone()], &[2, 2], &expected.data);
}

#[test]
fn axes_of_size_one_are_indexed_by_the_unit() {
    let j = &indices(&["n"])[0];
    let row = entry(tensor("r", &["1", "n"]), &[&Index::Unit, j]);
    check_over(row, std::slice::from_ref(j), &[3], &[7.0, 8.0, 9.0]);
}

#[test]
fn what_does_not_conform_is_an_error() {
    let fails = |term: Term| environment().evaluate(&term, &[]).is_err();
    let says = |term: Term, said: &str| {
        let refused = environment()
            .evaluate(&term, &[])
            .map_err(|it| it.to_string());
        assert_eq!(refused, Err(said.to_string()));
    };
    says(
        build::matmul(vec![a(), a()]),
        "a matrix product does not conform",
    );
    says(
        Term::raw(Head::Transpose, vec![u()]),
        "a transpose does not conform",
    );
    says(
        Term::raw(Head::Sum, vec![a(), s()]),
        "a sum does not conform",
    );
    says(
        build::index(&indices(&["m"])[0]),
        "an index stands where an array should",
    );
    says(
        entry(u(), &[&indices(&["m"])[0]]),
        "an index is neither bound nor free here",
    );
    says(
        tensor("u", &["n"]),
        "`u` is mentioned with a shape that is not its own",
    );
    says(
        build::ones(&[Dim::Named(Name::new("q"))]),
        "the dimension `q` has no size",
    );
    assert!(fails(build::matmul(vec![a(), a()])));
    assert!(fails(tensor("unknown", &["m"])));
    assert!(fails(build::ones(&[Dim::Named(Name::new("q"))])));
    assert!(fails(entry(u(), &[&indices(&["m"])[0]])));
}

#[test]
fn a_complex_value_is_refused_where_a_real_one_is_needed() {
    let [i, j] = &indices(&["n", "n"])[..] else {
        panic!()
    };
    let transform = |array: Term| sum_over(&[j], vec![build::root(i, j), entry(array, &[j])]);
    let at = std::slice::from_ref(i);
    let complex = environment().evaluate(&transform(v()), at);
    assert_eq!(
        complex.map_err(|it| it.to_string()),
        Err("its value is complex where a real number is needed".to_string())
    );
    // z + z̄ is real, and the logarithm of a negative number is undefined rather than complex.
    let both = build::sum(vec![
        transform(v()),
        Term::raw(Head::Conjugate, vec![transform(v())]),
    ]);
    let real = environment().evaluate(&both, at).expect("z + z̄ is real");
    for (found, expected) in real.data.iter().zip([6.0, 0.0, 0.0]) {
        assert!((found - expected).abs() < 1e-12, "{real:?}");
    }
    // A function is taken of what is real, by its form or by its value.
    let function = apply("exp", vec![transform(v())]);
    let refused = environment()
        .evaluate(&function, at)
        .map_err(|it| it.to_string());
    assert_eq!(
        refused,
        Err("a function is taken of a complex number".to_string())
    );
    let conjugate = Term::raw(Head::Conjugate, vec![transform(v())]);
    let size = apply("sqrt", vec![sum_over(&[], vec![transform(v()), conjugate])]);
    let size = environment().evaluate(&size, at).expect("z z̄ is real");
    for (found, expected) in size.data.iter().zip([3.0, 3f64.sqrt(), 3f64.sqrt()]) {
        assert!((found - expected).abs() < 1e-12, "{size:?}");
    }
    let negative = build::sum(vec![v(), build::integer(-7)]);
    let undefined = environment().evaluate(&transform(apply("log", vec![negative])), at);
    assert!(
        undefined
            .expect("nothing is said of it")
            .data
            .iter()
            .all(|entry| entry.is_nan())
    );
}

#[test]
fn rows_columns_and_blocks_are_where_they_should_be() {
    let columns = build::matmul(vec![build::transpose(a()), u()]);
    check(columns, &[3], &[-3.0, -3.0, -3.0]);
    let side_by_side = Term::raw(Head::Concat(1), vec![s(), a()]);
    check(
        side_by_side,
        &[2, 5],
        &[1.0, 2.0, 1.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 6.0],
    );
    check(
        Term::raw(Head::Concat(0), vec![u(), v()]),
        &[5],
        &[1.0, -1.0, 1.0, 0.0, 2.0],
    );
    let reshaped = Term::raw(Head::Reshape(shape(&["n", "m"])), vec![a()]);
    check(reshaped, &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let wrong = Term::raw(Head::Reshape(shape(&["n", "n"])), vec![a()]);
    let refused = environment()
        .evaluate(&wrong, &[])
        .map_err(|it| it.to_string());
    assert_eq!(
        refused,
        Err("a reshape changes the number of entries".to_string())
    );
    let matrix = |name, matrix: Term| Term::raw(Head::MatrixFunction(name), vec![matrix]);
    check(
        matrix("logdet", tensor("e", &["1", "1"])),
        &[],
        &[4f64.ln()],
    );
    check(
        build::power(tensor("e", &["1", "1"]), number(-1, 1)),
        &[1, 1],
        &[0.25],
    );
    check(
        build::power(s(), number(2, 1)),
        &[2, 2],
        &[1.0, 4.0, 9.0, 16.0],
    );
    let log = Term::raw(
        Head::Softmax { axis: 1, log: true },
        vec![build::ones(&shape(&["m", "m"]).0)],
    );
    let log = environment().evaluate(&log, &[]).expect("conforms");
    assert!(
        log.data
            .iter()
            .all(|entry| (entry + 2f64.ln()).abs() < 1e-15),
        "{log:?}"
    );
}

#[test]
fn arrays_are_read_at_affine_places() {
    // The next row, where there is one, and the next column around the circle.
    let mut around = Subscript::shifted(1, 1.into());
    around.cyclic = true;
    let axes = vec![Subscript::shifted(0, 1.into()), around];
    let gather = Gather {
        axes,
        lowest: false,
    };
    let read = Term::raw(Head::Gather(gather, shape(&["m", "n"])), vec![a()]);
    check(read, &[2, 3], &[5.0, 6.0, 4.0, 0.0, 0.0, 0.0]);
}

#[test]
fn extrema_are_taken_over_their_indices() {
    let [i, j] = &indices(&["m", "n"])[..] else {
        panic!()
    };
    let best = |least, at: Vec<&Index>, body: Term, counts: Term| {
        let bound = at.into_iter().map(build::index);
        Term::raw(
            Head::Extremum { least },
            bound.chain([body, counts]).collect(),
        )
    };
    let body = || entry(a(), &[i, j]);
    let one = || build::integer(1);
    check_over(
        best(false, vec![j], body(), one()),
        std::slice::from_ref(i),
        &[2],
        &[3.0, 6.0],
    );
    check_over(
        best(true, vec![j], body(), one()),
        std::slice::from_ref(i),
        &[2],
        &[1.0, 4.0],
    );
    check_over(
        best(true, vec![i], body(), one()),
        std::slice::from_ref(j),
        &[3],
        &[1.0, 2.0, 3.0],
    );
    check(best(false, vec![i, j], body(), one()), &[], &[6.0]);
    check(best(true, vec![i, j], body(), one()), &[], &[1.0]);
    // Only what counts: v is zero at its second place.
    check_over(
        best(true, vec![j], entry(v(), &[j]), entry(v(), &[j])),
        &[],
        &[],
        &[1.0],
    );
    check_over(
        best(
            false,
            vec![j],
            build::negate(entry(v(), &[j])),
            entry(v(), &[j]),
        ),
        &[],
        &[],
        &[-1.0],
    );
}

#[test]
fn a_new_value_forgets_the_old() {
    let mut environment = environment();
    let term = apply("negate", vec![u()]);
    assert_eq!(
        environment.evaluate(&term, &[]).expect("conforms").data,
        [-1.0, 1.0]
    );
    let new = Array {
        dims: vec![2],
        data: vec![5.0, 6.0],
    };
    environment.insert(Name::new("u"), Rc::new(new));
    assert_eq!(
        environment.evaluate(&term, &[]).expect("conforms").data,
        [-5.0, -6.0]
    );
}
