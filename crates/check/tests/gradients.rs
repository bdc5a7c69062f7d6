//! Right derivatives pass and wrong ones are named, on small networks, deep ones and undefined ones.

mod support;

use derive_check::{Config, check_derivation};
use derive_graph::{Attribute, Operation, Role};
use derive_index::derivation::{Derivation, Verdict};
use derive_index::{Term, build};
use support::{
    Builder, apply, chain, cotangent, derivation, linear, linear_results, number, shape, tensor,
    twice,
};

fn verdict(derivation: &Derivation) -> Verdict {
    check_derivation(derivation, &Config { seed: 7, draws: 3 })
}

fn check(builder: Builder, results: &[(&str, Term)], expected: &[&str]) {
    let verdict = verdict(&derivation(builder.network, results));
    let found: Vec<&String> = verdict.failures.iter().collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (failure, expected) in found.iter().zip(expected) {
        assert!(
            failure.contains(expected),
            "{failure:?} does not contain {expected:?}"
        );
    }
}

#[test]
fn a_right_gradient_passes() {
    let found = verdict(&derivation(linear().network, &linear_results(1)));
    assert_eq!(found.failures, [""; 0]);
    assert!(found.largest_error() < 1e-13 && found.errors.len() == 2);
}

#[test]
fn a_wrong_factor_is_named_with_its_entry() {
    let found = verdict(&derivation(linear().network, &linear_results(3)));
    assert_eq!(found.failures.len(), 1);
    let failure = &found.failures[0];
    assert!(
        failure.starts_with("∂L/∂W differs from forward-mode duals: entry ("),
        "{failure}"
    );
    assert!(
        failure.contains("expected") && failure.contains("sizes N = "),
        "{failure}"
    );
    assert!(found.errors[0].1 < 1e-13 && found.errors[1].1 > 0.5);
}

#[test]
fn a_wrong_cotangent_is_named_before_what_uses_it() {
    let [_, w] = linear_results(1);
    let y = ("Y", tensor("Y", &["N", "h"]));
    check(linear(), &[y, w], &["∂L/∂Y differs", "∂L/∂W differs"]);
}

#[test]
fn a_missing_gradient_and_a_wrong_shape_are_failures() {
    let [y, _] = linear_results(1);
    check(
        linear(),
        std::slice::from_ref(&y),
        &["∂L/∂W was asked for and is missing"],
    );
    let w = ("W", tensor("Y", &["N", "h"]));
    check(
        linear(),
        &[y, w],
        &["∂L/∂W has shape [N, h] instead of [d, h]"],
    );
}

#[test]
fn a_result_that_cannot_be_evaluated_is_a_failure() {
    let [y, _] = linear_results(1);
    let w = ("W", tensor("Q", &["d", "h"]));
    check(
        linear(),
        &[y, w],
        &["∂L/∂W cannot be evaluated: `Q` has no value"],
    );
}

#[test]
fn a_wrong_long_form_is_a_failure() {
    let mut derivation = derivation(linear().network, &linear_results(1));
    let x = tensor("X", &["N", "d"]);
    let w = tensor("W", &["d", "h"]);
    let full = |factor| {
        let product = build::matmul(vec![build::transpose(x.clone()), x.clone(), w.clone()]);
        build::product(Vec::new(), vec![build::integer(factor), product])
    };
    derivation.statements[1].in_full = Some(full(2));
    assert_eq!(verdict(&derivation).failures, [""; 0]);
    derivation.statements[1].in_full = Some(full(4));
    assert_eq!(
        verdict(&derivation).failures,
        ["∂L/∂W in full differs from its short form"]
    );
}

#[test]
fn a_long_form_whose_terms_cancel_is_right_up_to_rounding() {
    // L = 10⁻⁶ Σ a³ / 3, and ∂L/∂a = 10⁻⁶ a² = (10⁻³ a + 10³ b)² − 10⁶ b² − 2 a b
    let mut builder = Builder::default();
    let a = builder.declare("a", Role::Param, &["n"]);
    builder.declare("b", Role::Input, &["n"]);
    let square = builder.apply("square", &[a]);
    let cube = builder.apply("multiply", &[square, a]);
    let scale = builder.number(1, 3_000_000);
    let scale = builder.broadcast(scale, &shape(&["n"]));
    let small = builder.apply("multiply", &[scale, cube]);
    let loss = builder.sum(small);
    builder.loss(loss);
    let [a, b] = ["a", "b"].map(|name| tensor(name, &["n"]));
    let times = |factor, rest: Vec<Term>| {
        build::product(Vec::new(), [vec![build::number(factor)], rest].concat())
    };
    let square = |term: Term| build::power(term, number(2, 1));
    let both = build::sum(vec![
        times(number(1, 1000), vec![a.clone()]),
        times(number(1000, 1), vec![b.clone()]),
    ]);
    let rest = [
        times(number(-1_000_000, 1), vec![square(b.clone())]),
        times(number(-2, 1), vec![a.clone(), b]),
    ];
    let full = build::sum([vec![square(both)], rest.to_vec()].concat());
    let short = times(number(1, 1_000_000), vec![square(a)]);
    let network = builder.network.clone();
    let mut derivation = derivation(builder.network, &[("a", short)]);
    derivation.statements[0].in_full = Some(full.clone());
    assert_eq!(verdict(&derivation).failures, [""; 0]);
    // The same as the result itself.
    let stated = |result: Term| support::derivation(network.clone(), &[("a", result)]);
    assert_eq!(verdict(&stated(full.clone())).failures, [""; 0]);
    let wrong = verdict(&stated(times(number(101, 100), vec![full.clone()]))).failures;
    assert!(
        wrong.len() == 1 && wrong[0].starts_with("∂L/∂a differs"),
        "{wrong:?}"
    );
    derivation.statements[0].in_full = Some(times(number(101, 100), vec![full]));
    assert_eq!(
        verdict(&derivation).failures,
        ["∂L/∂a in full differs from its short form"]
    );
}

#[test]
fn a_wrong_equation_of_the_forward_pass_is_a_failure() {
    let mut derivation = derivation(linear().network, &linear_results(1));
    derivation.forward[0].matrix = Some(twice(tensor("Y", &["N", "h"])));
    let failures = verdict(&derivation).failures;
    assert_eq!(failures.len(), 1);
    assert!(failures[0].starts_with("the matrix form of Y differs from its definition"));
}

#[test]
fn a_matrix_form_of_another_size_is_a_failure() {
    let mut derivation = derivation(linear().network, &linear_results(1));
    derivation.forward[0].matrix = Some(build::transpose(tensor("X", &["N", "d"])));
    let failures = verdict(&derivation).failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].starts_with("the matrix form of Y differs from its definition: sizes ["),
        "{failures:?}"
    );
    assert!(failures[0].contains(" instead of ["), "{failures:?}");
}

#[test]
fn a_wrong_equation_in_index_notation_is_a_failure_with_its_entry() {
    let mut derivation = derivation(linear().network, &linear_results(1));
    let nearly = build::number(number(10_000_001, 10_000_000));
    let entry = derivation.forward[0].entry.clone();
    derivation.forward[0].entry = build::product(Vec::new(), vec![nearly, entry]);
    let failures = verdict(&derivation).failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].starts_with("the equation of Y differs from its definition: entry ("),
        "{failures:?}"
    );
    derivation.forward[0].entry = build::entry(
        tensor("Q", &["N", "h"]),
        derivation.forward[0].indices.clone(),
    );
    let failures = verdict(&derivation).failures;
    assert_eq!(
        failures,
        ["the equation of Y cannot be evaluated: `Q` has no value"]
    );
}

#[test]
fn a_value_that_is_nowhere_finite_is_a_failure() {
    let [y, _] = linear_results(1);
    let nowhere = build::power(
        build::product(
            Vec::new(),
            vec![build::integer(0), tensor("W", &["d", "h"])],
        ),
        number(-1, 1),
    );
    check(
        linear(),
        &[y, ("W", nowhere)],
        &["∂L/∂W is not finite where the loss is (sizes N = "],
    );
}

#[test]
fn a_small_derivative_that_is_said_to_be_zero_is_found_among_large_ones() {
    // L = Σ x² + 10⁻⁹ Σ y, of so many entries that arrays are compared along directions.
    let mut builder = Builder::default();
    let arrays = ["x", "y", "z"].map(|name| builder.declare(name, Role::Param, &["900"]));
    let squares = builder.apply("square", &[arrays[0]]);
    let small = builder.number(1, 1_000_000_000);
    let small = builder.broadcast(small, &shape(&["900"]));
    let little = builder.apply("multiply", &[small, arrays[1]]);
    let nothing = builder.number(0, 1);
    let nothing = builder.broadcast(nothing, &shape(&["900"]));
    let none = builder.apply("multiply", &[nothing, arrays[2]]);
    let all = builder.apply("add", &[squares, little]);
    let all = builder.apply("add", &[all, none]);
    let loss = builder.sum(all);
    builder.loss(loss);
    let constant = |value| {
        build::product(
            Vec::new(),
            vec![build::number(value), build::ones(&shape(&["900"]).0)],
        )
    };
    let results = |y| {
        [
            ("x", twice(tensor("x", &["900"]))),
            ("y", y),
            ("z", constant(number(0, 1))),
        ]
    };
    let again = Builder {
        network: builder.network.clone(),
    };
    check(builder, &results(constant(number(1, 1_000_000_000))), &[]);
    check(
        again,
        &results(constant(number(0, 1))),
        &["∂L/∂y differs from forward-mode duals"],
    );
}

#[test]
fn of_many_mistakes_the_first_are_looked_into() {
    let (network, results) = chain(24);
    let wrong = |(name, term): &(String, Term)| {
        (
            name.clone(),
            if name.starts_with('b') {
                twice(term.clone())
            } else {
                term.clone()
            },
        )
    };
    let results: Vec<(String, Term)> = results.iter().map(wrong).collect();
    let results: Vec<(&str, Term)> = results
        .iter()
        .map(|(name, term)| (name.as_str(), term.clone()))
        .collect();
    let failures = verdict(&derivation(network, &results)).failures;
    let (vague, named): (Vec<&String>, Vec<&String>) = failures
        .iter()
        .partition(|it| it.contains("it or another one"));
    assert!(
        named.len() >= 8 && named.len() + vague.len() >= 24,
        "{failures:#?}"
    );
    assert!(
        named
            .iter()
            .all(|it| it.starts_with("∂L/∂b") && it.contains("expected")),
        "{failures:#?}"
    );
}

/// L = −(1/N) Σ y ln softmax(Z) with one-hot rows y.
fn cross_entropy() -> Builder {
    let mut builder = Builder::default();
    let z = builder.declare("Z", Role::Param, &["N", "c"]);
    let y = builder.declare("y", Role::Target, &["N", "c"]);
    builder.attribute(Attribute::OneHot { axis: 1 });
    let soft = builder.softmax(z, 1);
    let p = builder.define("p", soft);
    let log = builder.apply("log", &[p]);
    let terms = builder.apply("multiply", &[y, log]);
    let total = builder.sum(terms);
    let samples = builder.dimension("N");
    let mean = builder.apply("divide", &[total, samples]);
    let loss = builder.apply("negate", &[mean]);
    builder.loss(loss);
    builder
}

fn over_samples(factor: i64, term: Term) -> Term {
    let samples = build::dimension(&shape(&["N"]).0[0]);
    build::product(
        Vec::new(),
        vec![build::integer(factor), build::reciprocal(samples), term],
    )
}

fn cross_entropy_results(sign: i64) -> [(&'static str, Term); 2] {
    let (p, y) = (tensor("p", &["N", "c"]), tensor("y", &["N", "c"]));
    let quotient = build::product(Vec::new(), vec![y.clone(), build::reciprocal(p.clone())]);
    let difference = build::difference(p, y);
    [
        ("p", over_samples(-1, quotient)),
        ("Z", over_samples(sign, difference)),
    ]
}

#[test]
fn softmax_with_cross_entropy_needs_one_hot_rows() {
    check(cross_entropy(), &cross_entropy_results(1), &[]);
    check(
        cross_entropy(),
        &cross_entropy_results(-1),
        &["∂L/∂Z differs"],
    );
    let mut arbitrary = cross_entropy();
    arbitrary.network.symbols[1].attributes.clear();
    check(arbitrary, &cross_entropy_results(1), &["∂L/∂Z differs"]);
}

#[test]
fn a_gradient_that_cancels_to_zero_is_not_a_failure() {
    // The second is large enough to be compared along directions instead of entry by entry.
    for classes in ["c", "300"] {
        let (builder, results) = shifted_softmax(classes);
        check(builder, &results, &[]);
        let (builder, mut results) = shifted_softmax(classes);
        results[2].1 = build::integer(1);
        check(builder, &results, &["∂L/∂s differs"]);
    }
}

#[test]
fn what_is_computed_from_a_cotangent_of_rounding_is_rounding() {
    // L = logsumexp(U), U = log_softmax(T), T = tanh(x): L is 0, and so is ∂L/∂T up to rounding, and what is computed from it.
    let mut builder = Builder::default();
    let x = builder.declare("x", Role::Param, &["n"]);
    let t = builder.apply("tanh", &[x]);
    let t = builder.define("T", t);
    let log = Operation::Softmax { axis: 0, log: true };
    let u = builder.network.graph.add(log, vec![t], shape(&["n"]));
    let u = builder.define("U", u);
    let exponentials = builder.apply("exp", &[u]);
    let total = builder.sum(exponentials);
    let loss = builder.apply("log", &[total]);
    builder.loss(loss);
    let array = |name: &str| tensor(name, &["n"]);
    let softmax = |term: Term| {
        let soft = derive_index::Head::Softmax {
            axis: 0,
            log: false,
        };
        Term::raw(soft, vec![term])
    };
    let times = |factors| build::product(Vec::new(), factors);
    let total = build::matmul(vec![build::ones(&shape(&["n"]).0), cotangent("U", &["n"])]);
    let dt = build::difference(
        cotangent("U", &["n"]),
        times(vec![total, softmax(array("T"))]),
    );
    let slope =
        |two| build::difference(build::integer(1), build::power(array("T"), number(two, 1)));
    let dx = |two| times(vec![cotangent("T", &["n"]), slope(two)]);
    let results = |dt: &Term, dx| [("U", softmax(array("U"))), ("T", dt.clone()), ("x", dx)];
    let again = || Builder {
        network: builder.network.clone(),
    };
    check(again(), &results(&dt, dx(2)), &[]);
    check(
        again(),
        &results(&array("T"), dx(2)),
        &["∂L/∂T differs", "∂L/∂x differs"],
    );
    check(again(), &results(&dt, slope(2)), &["∂L/∂x differs"]);
}

fn shifted_softmax(c: &str) -> (Builder, [(&'static str, Term); 3]) {
    // softmax does not see a number that is added to every entry, so the derivative by it is zero up to rounding.
    let mut builder = Builder::default();
    let z = builder.declare("Z", Role::Input, &["N", c]);
    let s = builder.declare("s", Role::Param, &[]);
    let t = builder.declare("t", Role::Input, &["N", c]);
    let wide = builder.broadcast(s, &shape(&["N", c]));
    let moved = builder.apply("add", &[z, wide]);
    let u = builder.define("U", moved);
    let soft = builder.softmax(u, 1);
    let p = builder.define("P", soft);
    let product = builder.apply("multiply", &[p, t]);
    let loss = builder.sum(product);
    builder.loss(loss);
    let (p, t) = (tensor("P", &["N", c]), tensor("t", &["N", c]));
    let [rows, columns] = [["N"], [c]].map(|dims| build::ones(&shape(&dims).0));
    let weighted = build::product(Vec::new(), vec![p.clone(), t.clone()]);
    let sums = build::matmul(vec![weighted, columns.clone()]);
    let spread = build::outer(sums, columns.clone());
    let du = build::product(Vec::new(), vec![p, build::difference(t.clone(), spread)]);
    let ds = build::matmul(vec![rows, cotangent("U", &["N", c]), columns]);
    (builder, [("P", t), ("U", du), ("s", ds)])
}

#[test]
fn logarithms_get_points_where_they_are_defined() {
    // L = Σ ln x + ln(1 − x) is defined between 0 and 1 alone.
    let mut builder = Builder::default();
    let x = builder.declare("x", Role::Param, &["n"]);
    let one = builder.number(1, 1);
    let ones = builder.broadcast(one, &shape(&["n"]));
    let rest = builder.apply("subtract", &[ones, x]);
    let logs = [x, rest].map(|node| builder.apply("log", &[node]));
    let both = builder.apply("add", &logs);
    let loss = builder.sum(both);
    builder.loss(loss);
    let x = tensor("x", &["n"]);
    let rest = build::difference(build::integer(1), x.clone());
    let result = build::difference(build::reciprocal(x), build::reciprocal(rest));
    check(builder, &[("x", result)], &[]);
}

#[test]
fn a_network_without_a_finite_point_is_a_failure_in_words() {
    let mut builder = Builder::default();
    let x = builder.declare("x", Role::Param, &[]);
    let zero = builder.number(0, 1);
    let loss = builder.apply("divide", &[x, zero]);
    builder.loss(loss);
    let result = tensor("x", &[]);
    check(
        builder,
        &[("x", result)],
        &["is not a finite number at any of"],
    );
}

#[test]
fn unspecified_functions_have_their_derivative() {
    let mut builder = Builder::default();
    let x = builder.declare("x", Role::Param, &["n"]);
    let value = builder.apply("f", &[x]);
    let loss = builder.sum(value);
    builder.loss(loss);
    let primed = derive_graph::Function::named("f").derivative();
    let right = build::apply(primed, vec![tensor("x", &["n"])]);
    let wrong = apply("f", vec![tensor("x", &["n"])]);
    let network = builder.network.clone();
    check(builder, &[("x", right)], &[]);
    check(Builder { network }, &[("x", wrong)], &["∂L/∂x differs"]);
}

fn chain_verdict(depth: usize, spoil: Option<&str>) -> Verdict {
    let (network, mut results) = chain(depth);
    for (name, term) in &mut results {
        if Some(name.as_str()) == spoil {
            *term = build::product(
                Vec::new(),
                vec![build::number(number(1001, 1000)), term.clone()],
            );
        }
    }
    let results: Vec<(&str, Term)> = results
        .iter()
        .map(|(name, term)| (name.as_str(), term.clone()))
        .collect();
    verdict(&derivation(network, &results))
}

#[test]
fn deep_networks_pass_by_directions() {
    for depth in [2, 64, 1000] {
        let found = chain_verdict(depth, None);
        assert_eq!(found.failures, [""; 0]);
        assert!(found.largest_error() < 1e-10, "{}", found.largest_error());
    }
}

#[test]
fn one_mistake_in_a_deep_network_is_found_and_named() {
    for wrong in ["W3", "b40", "W64"] {
        let failures = chain_verdict(64, Some(wrong)).failures;
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(
            failures[0].starts_with(&format!("∂L/∂{wrong} differs")),
            "{failures:?}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_verdict() {
    let [first, second] = [(); 2].map(|()| format!("{:?}", chain_verdict(8, Some("W2"))));
    assert_eq!(first, second);
}
