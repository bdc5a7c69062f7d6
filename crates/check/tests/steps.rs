//! Steps that keep the value pass, and steps that do not are found, under the facts that they need.

mod support;

use derive_check::{
    Config, TensorFact, check_function_facts, check_statement, check_steps, class_disagreement,
    network_facts,
};
use derive_graph::{Attribute, Function, Name, Network, Shape};
use derive_index::derivation::{FunctionFact, Statement, StatementKind, Step, Why};
use derive_index::{Fresh, Head, Term, build};
use support::{apply, linear, number, shape, statement, tensor};

fn failures(before: Term, after: Term, facts: &[TensorFact]) -> Vec<String> {
    let check = check_steps(
        &Network::default(),
        &[(before, after)],
        facts,
        &Config::default(),
    );
    assert_eq!(check.steps, 1);
    check.failures
}

fn equal(before: Term, after: Term, facts: &[TensorFact]) {
    assert_eq!(failures(before, after, facts), [""; 0]);
}

fn differ(before: Term, after: Term, facts: &[TensorFact]) {
    assert_eq!(failures(before, after, facts).len(), 1);
}

fn a() -> Term {
    tensor("A", &["m", "n"])
}

fn b() -> Term {
    tensor("B", &["n", "k"])
}

fn times(factors: Vec<Term>) -> Term {
    build::product(Vec::new(), factors)
}

#[test]
fn sums_become_matrix_products() {
    let i = Fresh::default().indices(&shape(&["m", "k", "n"]).0);
    let [m, k, n] = &i[..] else { panic!() };
    let factor = |array: Term, row: &_, column: &_| {
        build::entry(array, vec![Clone::clone(row), Clone::clone(column)])
    };
    let sum = build::product(vec![n.clone()], vec![factor(a(), m, n), factor(b(), n, k)]);
    let product = build::matmul(vec![a(), b()]);
    let array = build::comprehension(&[m.clone(), k.clone()], sum.clone());
    equal(array, product.clone(), &[]);
    // At index level the free indices run over all values.
    equal(sum.clone(), factor(product.clone(), m, k), &[]);
    differ(
        sum,
        times(vec![build::integer(2), factor(product, m, k)]),
        &[],
    );
}

#[test]
fn a_transposed_factor_changes_the_value() {
    let s = tensor("S", &["n", "n"]);
    let wrong = build::transpose(s.clone());
    differ(s.clone(), wrong.clone(), &[]);
    let symmetric = TensorFact::Declared {
        name: Name::new("S"),
        attribute: Attribute::Symmetric,
    };
    equal(s, wrong, &[symmetric]);
}

#[test]
fn a_wrong_step_is_described() {
    let found = failures(a(), times(vec![build::integer(2), a()]), &[]);
    assert!(
        found[0].starts_with("step 1 changes the value: the entry ("),
        "{found:?}"
    );
    assert!(found[0].contains("sizes m = "), "{found:?}");
}

#[test]
fn small_differences_are_not_rounding() {
    differ(
        a(),
        times(vec![build::number(number(10_000_001, 10_000_000)), a()]),
        &[],
    );
}

#[test]
fn terms_that_cancel_are_zero() {
    let scaled = times(vec![build::number(number(1, 3)), a()]);
    let third = times(vec![a(), build::number(number(1, 3))]);
    let zero = times(vec![build::integer(0), a()]);
    equal(build::difference(scaled, third), zero, &[]);
}

#[test]
fn row_sums_need_their_fact() {
    let y = tensor("y", &["N", "c"]);
    let sum = build::matmul(vec![y, build::ones(&shape(&["c"]).0)]);
    let ones = build::ones(&shape(&["N"]).0);
    let attribute = Attribute::OneHot { axis: 1 };
    let name = Name::new("y");
    equal(
        sum.clone(),
        ones.clone(),
        &[TensorFact::Declared { name, attribute }],
    );
    differ(sum, ones, &[]);
}

#[test]
fn values_of_functions_and_softmax_need_their_fact() {
    let (z, value) = (tensor("z", &["n"]), tensor("a", &["n"]));
    let (name, argument) = (Name::new("a"), Name::new("z"));
    let tanh = apply("tanh", vec![z.clone()]);
    let fact = TensorFact::FunctionOf {
        value: name.clone(),
        function: Function::named("tanh"),
        argument: argument.clone(),
    };
    differ(tanh.clone(), value.clone(), &[]);
    equal(tanh, value.clone(), &[fact]);
    let exponentials = apply("exp", vec![z]);
    let total = build::matmul(vec![build::ones(&shape(&["n"]).0), exponentials.clone()]);
    let soft = times(vec![build::reciprocal(total), exponentials]);
    let fact = TensorFact::SoftmaxOf {
        value: name,
        argument,
        axis: 0,
        log: false,
    };
    differ(soft.clone(), value.clone(), &[]);
    equal(soft, value, &[fact]);
}

#[test]
fn roots_are_compared_where_they_are_defined() {
    let root = |term| build::power(term, number(1, 2));
    let squared = times(vec![root(a()), root(a())]);
    equal(squared.clone(), a(), &[]);
    differ(squared, times(vec![a(), a()]), &[]);
    // √(−x²) is defined nowhere.
    let nowhere = root(times(vec![build::integer(-1), a(), a()]));
    let found = failures(nowhere.clone(), nowhere, &[]);
    assert_eq!(found, ["step 1 is undefined at every point that was tried"]);
}

#[test]
fn exponentials_that_no_float_holds_are_compared() {
    let v = || tensor("v", &["n"]);
    // E = e^(1000 e^(v²)), of which the least value is e^1000.
    let square = build::power(v(), number(2, 1));
    let large = times(vec![build::integer(1000), apply("exp", vec![square])]);
    let e = || apply("exp", vec![large.clone()]);
    let total = |term: Term| build::matmul(vec![build::ones(&shape(&["n"]).0), term]);
    let soft = |factor: i64| {
        times(vec![
            build::integer(factor),
            e(),
            build::reciprocal(total(e())),
        ])
    };
    let softmax = Term::raw(
        Head::Softmax {
            axis: 0,
            log: false,
        },
        vec![large.clone()],
    );
    equal(softmax.clone(), soft(1), &[]);
    let nearly = build::number(number(10_000_001, 10_000_000));
    let wrong = [
        soft(2),
        soft(-1),
        times(vec![nearly, soft(1)]),
        times(vec![v(), soft(1)]),
    ];
    for wrong in wrong {
        let found = failures(softmax.clone(), wrong, &[]);
        assert!(
            found[0].starts_with("step 1 changes the value"),
            "{found:?}"
        );
    }
    // e^1000 / Σ e^2000 is no float either, so that nothing is known of it.
    let squares = total(build::power(e(), number(2, 1)));
    let found = failures(
        softmax.clone(),
        times(vec![e(), build::reciprocal(squares)]),
        &[],
    );
    assert_eq!(found, ["step 1 is undefined at every point that was tried"]);
    // The same in index notation, and of roots, quotients and logarithms of such numbers.
    let i = &Fresh::default().indices(&shape(&["n", "n"]).0);
    let at = |place: usize| build::entry(e(), vec![i[place].clone()]);
    let sum = build::product(vec![i[1].clone()], vec![at(1)]);
    let entry = |power| {
        times(vec![
            build::power(at(0), number(power, 1)),
            build::reciprocal(sum.clone()),
        ])
    };
    equal(
        build::entry(softmax.clone(), vec![i[0].clone()]),
        entry(1),
        &[],
    );
    differ(build::entry(softmax, vec![i[0].clone()]), entry(2), &[]);
    let root = build::power(e(), number(1, 2));
    equal(
        times(vec![root.clone(), root.clone(), build::reciprocal(e())]),
        build::ones(&shape(&["n"]).0),
        &[],
    );
    differ(
        times(vec![root, build::reciprocal(e())]),
        build::ones(&shape(&["n"]).0),
        &[],
    );
    equal(apply("log", vec![e()]), large.clone(), &[]);
    differ(
        apply("log", vec![e()]),
        times(vec![build::integer(2), large]),
        &[],
    );
}

#[test]
fn the_largest_of_exponentials_that_no_float_holds_is_found() {
    let i = &Fresh::default().indices(&shape(&["n"]).0)[0];
    let v = build::entry(tensor("v", &["n"]), vec![i.clone()]);
    let large = times(vec![
        build::integer(1000),
        apply("exp", vec![build::power(v, number(2, 1))]),
    ]);
    let best = |body: Term, least| {
        Term::raw(
            Head::Extremum { least },
            vec![build::index(i), body, build::integer(1)],
        )
    };
    for least in [false, true] {
        let outside = apply("log", vec![best(apply("exp", vec![large.clone()]), least)]);
        equal(outside.clone(), best(large.clone(), least), &[]);
        differ(outside, best(large.clone(), !least), &[]);
    }
}

#[test]
fn a_gap_between_steps_is_a_failure() {
    let doubled = times(vec![build::integer(2), a()]);
    let sum = Term::raw(Head::Sum, vec![a(), a()]);
    let steps = [(doubled.clone(), sum.clone()), (doubled, sum)];
    let check = check_steps(&Network::default(), &steps, &[], &Config::default());
    assert_eq!(check.failures, ["step 2 does not start where step 1 ended"]);
    assert!(check.error < 1e-15);
}

#[test]
fn statements_name_the_step_and_its_rule() {
    let mut stated = statement("A", StatementKind::Gradient, shape(&["m", "n"]), a());
    let step = |before: &Term, after: &Term| Step {
        rule: "sift",
        backwards: false,
        before: before.clone(),
        after: after.clone(),
        site: Vec::new(),
        why: Why::default(),
        conditions: Vec::new(),
    };
    let doubled = times(vec![build::integer(2), a()]);
    stated.steps = vec![step(&a(), &a())].into();
    let check =
        |stated: &Statement| check_statement(&Network::default(), stated, &[], &Config::default());
    assert_eq!(
        (check(&stated).steps, check(&stated).failures.len()),
        (1, 0)
    );
    stated.steps = vec![step(&a(), &doubled), step(&doubled, &a())].into();
    let found = check(&stated).failures;
    assert_eq!(found.len(), 2);
    assert!(
        found[0].starts_with("∂L/∂A: step 1 (sift) changes the value"),
        "{found:?}"
    );
    // A gap is told once, though both of its sides have one value.
    let sum = Term::raw(Head::Sum, vec![a(), a()]);
    stated.result = doubled.clone();
    stated.start = build::entry(doubled.clone(), stated.indices.clone());
    let whole = build::comprehension(&stated.indices, stated.start.clone());
    stated.steps = vec![step(&whole, &sum), step(&doubled, &doubled)].into();
    assert_eq!(
        check(&stated).failures,
        ["∂L/∂A: step: step 2 does not start where step 1 ended"]
    );
    stated.steps = vec![step(&whole, &doubled), step(&sum, &doubled)].into();
    assert_eq!(check(&stated).failures.len(), 1);
    stated.steps = vec![
        step(&whole, &doubled),
        step(&doubled, &sum),
        step(&sum, &doubled),
    ]
    .into();
    assert_eq!((check(&stated).failures, check(&stated).steps), (vec![], 3));
    stated.result = a();
    stated.start = build::entry(a(), stated.indices.clone());
    // The first step begins with something else than the statement does.
    stated.steps = vec![step(&doubled, &a())].into();
    let found = check(&stated).failures;
    assert!(found.iter().any(|it| it.contains("the start")), "{found:?}");
}

#[test]
fn members_of_a_class_that_disagree_are_found() {
    let sum = Term::raw(Head::Sum, vec![a(), a()]);
    let doubled = times(vec![build::integer(2), a()]);
    let index = build::index(&Fresh::default().index(&shape(&["m"]).0[0]));
    let classes = vec![
        vec![sum.clone(), doubled.clone()],
        vec![a(), doubled.clone(), sum],
        vec![index],
    ];
    let found = class_disagreement(&Network::default(), &classes, &[], &Config::default());
    let pairs: Vec<(usize, &Term)> = found.iter().map(|it| (it.class, &it.second)).collect();
    assert_eq!(pairs, [(1, &doubled), (1, &classes[1][2])]);
}

#[test]
fn a_class_is_put_off_as_a_whole_where_a_member_is_undefined() {
    // e^{ln a} needs positive entries; until they are drawn nothing is said, and then everything once.
    let doubled = times(vec![build::integer(2), a()]);
    let roundabout = apply("exp", vec![apply("log", vec![a()])]);
    let classes = vec![
        vec![a(), doubled.clone(), roundabout.clone()],
        vec![a(), roundabout],
    ];
    let found = class_disagreement(&Network::default(), &classes, &[], &Config::default());
    let pairs: Vec<(usize, &Term)> = found.iter().map(|it| (it.class, &it.second)).collect();
    assert_eq!(pairs, [(0, &doubled)]);
    assert!(found[0].reason.starts_with("relative error "), "{found:?}");
    // What is defined nowhere is said to be so, and what has another shape as well.
    let nowhere = apply("log", vec![times(vec![build::integer(-1), a(), a()])]);
    let classes = vec![vec![a(), nowhere.clone()], vec![a(), build::transpose(a())]];
    let found = class_disagreement(&Network::default(), &classes, &[], &Config::default());
    let reasons: Vec<(usize, &str)> = found
        .iter()
        .map(|it| (it.class, it.reason.as_str()))
        .collect();
    assert!(
        reasons.contains(&(0, "undefined at every point that was tried")),
        "{reasons:?}"
    );
    assert!(
        reasons
            .iter()
            .any(|(class, reason)| *class == 1 && reason.starts_with("changes the shape: sizes [")),
        "{reasons:?}"
    );
}

#[test]
fn a_member_that_cannot_be_evaluated_is_a_disagreement() {
    let classes = vec![vec![a(), build::matmul(vec![a(), a()])]];
    let found = class_disagreement(
        &Network::default(),
        &classes,
        &[],
        &Config { seed: 0, draws: 1 },
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].reason.contains("does not conform"), "{found:?}");
}

#[test]
fn points_nearer_to_zero_are_tried_where_exponentials_overflow() {
    // e^x / Σ e^x of numbers so far apart that it has one entry of 1 and others that no float holds, and wrong forms of it.
    let far = times(vec![build::integer(100_000), tensor("v", &["n"])]);
    let e = || apply("exp", vec![far.clone()]);
    let total = build::matmul(vec![build::ones(&shape(&["n"]).0), e()]);
    let softmax = Term::raw(
        Head::Softmax {
            axis: 0,
            log: false,
        },
        vec![far.clone()],
    );
    equal(
        softmax.clone(),
        times(vec![e(), build::reciprocal(total.clone())]),
        &[],
    );
    differ(
        softmax.clone(),
        times(vec![
            build::integer(2),
            e(),
            build::reciprocal(total.clone()),
        ]),
        &[],
    );
    differ(
        softmax,
        times(vec![e(), e(), build::reciprocal(total)]),
        &[],
    );
}

#[test]
fn what_cancels_is_rounding_and_what_is_small_is_not() {
    let square = |term: Term| build::power(term, number(2, 1));
    let b = || tensor("B", &["m", "n"]);
    // (10⁻³ a + 10³ b)² − 10⁶ b² − 2 a b = 10⁻⁶ a²
    let scaled = |numerator: i64, denominator: i64, term| {
        times(vec![build::number(number(numerator, denominator)), term])
    };
    let sum = square(build::sum(vec![scaled(1, 1000, a()), scaled(1000, 1, b())]));
    let rest = build::sum(vec![
        scaled(-1_000_000, 1, square(b())),
        scaled(-2, 1, times(vec![a(), b()])),
    ]);
    let expanded = build::sum(vec![sum, rest]);
    equal(expanded.clone(), scaled(1, 1_000_000, square(a())), &[]);
    differ(expanded.clone(), scaled(101, 100_000_000, square(a())), &[]);
    differ(expanded, scaled(2, 1_000_000, square(a())), &[]);
    // A value of 10⁻⁹ that is computed without cancellation is compared as any other.
    let small = |factor: i64| times(vec![build::number(number(factor, 1_000_000_000)), a()]);
    differ(small(100_000), small(100_001), &[]);
}

#[test]
fn facts_of_a_network_come_from_attributes_and_definitions() {
    let mut builder = linear();
    builder.network.symbols[0]
        .attributes
        .push(Attribute::Positive);
    let y = builder.network.graph.add(
        derive_graph::Operation::Symbol(Name::new("Y")),
        Vec::new(),
        shape(&["N", "h"]),
    );
    let soft = builder.softmax(y, 1);
    builder.define("P", soft);
    let activated = builder.apply("tanh", &[y]);
    builder.define("A", activated);
    let (value, argument) = (Name::new("P"), Name::new("Y"));
    let expected = [
        TensorFact::Declared {
            name: Name::new("X"),
            attribute: Attribute::Positive,
        },
        TensorFact::SoftmaxOf {
            value,
            argument: argument.clone(),
            axis: 1,
            log: false,
        },
        TensorFact::FunctionOf {
            value: Name::new("A"),
            function: Function::named("tanh"),
            argument,
        },
    ];
    assert_eq!(network_facts(&builder.network), expected);
}

#[test]
fn stated_derivatives_of_functions_are_checked() {
    let z = build::tensor(&Name::new(FunctionFact::ARGUMENT), &Shape::scalar());
    let squared = build::power(apply("tanh", vec![z.clone()]), number(2, 1));
    let fact = |name: &str, derivative: Term| FunctionFact {
        function: Function::named(name),
        value: None,
        derivative: Some(derivative),
    };
    let right = fact(
        "tanh",
        build::difference(build::integer(1), squared.clone()),
    );
    let wrong = fact("tanh", build::sum(vec![build::integer(1), squared]));
    let steps = fact("relu", apply("positive", vec![z.clone()]));
    let slopes = fact("relu", build::integer(1));
    let check = |facts: &[FunctionFact]| check_function_facts(facts, &Network::default(), 0);
    assert_eq!(
        check(&[right, steps, fact("log", build::reciprocal(z))]),
        [""; 0]
    );
    // Functions are asked where they are defined and nowhere else, on either side of zero.
    let z = || build::tensor(&Name::new(FunctionFact::ARGUMENT), &Shape::scalar());
    let sign = |term| apply("sign", vec![term]);
    assert_eq!(
        check(&[
            fact("abs", sign(z())),
            fact(
                "sqrt",
                times(vec![
                    build::number(number(1, 2)),
                    build::power(z(), number(-1, 2))
                ])
            )
        ]),
        [""; 0]
    );
    let found = check(&[
        fact("abs", build::integer(1)),
        fact("abs", build::integer(-1)),
        fact("arcsin", build::integer(1)),
    ]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("abs′(-2.3) is 1, expected -1")
            && found[1].starts_with("abs′(0.15) is -1, expected 1"),
        "{found:?}"
    );
    assert!(
        found[2].starts_with("arcsin′(-0.6) is 1, expected 1.25"),
        "{found:?}"
    );
    // Arguments that a term names are random, others have their defaults: leaky_relu′ is s or 1 with either.
    let positive = || apply("positive", vec![z()]);
    let slope = |s: Term| {
        build::sum(vec![
            positive(),
            times(vec![s, apply("nonpositive", vec![z()])]),
        ])
    };
    let named = build::tensor(&derive_index::lower::parameter_name(1), &Shape::scalar());
    assert_eq!(
        check(&[
            fact("leaky_relu", slope(named)),
            fact("leaky_relu", slope(build::number(number(1, 100))))
        ]),
        [""; 0]
    );
    assert_eq!(
        check(&[fact("leaky_relu", slope(build::number(number(1, 50))))]).len(),
        1
    );
    // What has no value anywhere is not passed over, and what cannot be evaluated is told.
    let nowhere = apply("log", vec![times(vec![build::integer(-1), z(), z()])]);
    assert_eq!(check(&[fact("log", nowhere)]).len(), 1);
    let unknown = check(&[fact(
        "tanh",
        build::tensor(&Name::new("q"), &Shape::scalar()),
    )]);
    assert!(
        unknown[0].starts_with("tanh′ cannot be evaluated: `q` has no value"),
        "{unknown:?}"
    );
    let valued = |value: Term| FunctionFact {
        function: Function::named("silu"),
        value: Some(value),
        derivative: None,
    };
    assert_eq!(
        check(&[valued(times(vec![z(), apply("sigmoid", vec![z()])]))]),
        [""; 0]
    );
    assert!(check(&[valued(apply("sigmoid", vec![z()]))])[0].starts_with("silu(-2.3) is "));
    let found = check(&[wrong, slopes]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("tanh′(") && found[1].starts_with("relu′(-2.3) is 1, expected 0"));
}
