//! Small terms in both formats.

mod common;

use common::{apply, array, at, dim, index, per_sample, power, shape, summed, times};
use derive_graph::{Dim, Function, Network, Shape};
use derive_index::{Head, Rational, Term, build};
use derive_print::{render_term_latex, render_term_text};

fn check(term: Term, text: &str, latex: &str) {
    let network = common::network();
    assert!(term.shape().is_some(), "does not conform: {term:?}");
    assert_eq!(render_term_text(&term, &network), text);
    assert_eq!(render_term_latex(&term, &network), latex);
}

fn number(top: i64, bottom: i64) -> Term {
    build::number(Rational::new(top.into(), bottom.into()))
}

fn vector(name: &str) -> Term {
    array(name, &["n"])
}

fn square(name: &str) -> Term {
    array(name, &["n", "n"])
}

#[test]
fn numbers_are_exact() {
    check(number(2, 1), "2", "2");
    check(number(1, 2), "1/2", r"\tfrac{1}{2}");
    check(number(-1, 2), "−1/2", r"-\tfrac{1}{2}");
}

#[test]
fn scalars_in_front_are_one_fraction() {
    let m = || build::reciprocal(build::dimension(&dim("n")));
    check(
        times(&[number(1, 2), m(), square("A")]),
        "(1/(2 n)) A",
        r"\frac{1}{2 \, n} \, A",
    );
    check(times(&[number(2, 1), square("A")]), "2 A", r"2 \, A");
    check(times(&[number(-1, 1), square("A")]), "−A", "-A");
    check(times(&[number(0, 1), build::ones(&[dim("n")])]), "0", "0");
    let difference = build::difference(array("yhat", &["N", "c"]), array("y", &["N", "c"]));
    check(
        times(&[per_sample(), difference.clone()]),
        "(1/N)(ŷ − y)",
        r"\frac{1}{N} (\hat{y} - y)",
    );
    check(
        times(&[number(2, 1), difference]),
        "2(ŷ − y)",
        r"2 (\hat{y} - y)",
    );
}

#[test]
fn products_of_arrays_say_which_product() {
    let (a, b) = (square("A"), square("B"));
    check(build::matmul(vec![a.clone(), b.clone()]), "A B", r"A \, B");
    check(times(&[a.clone(), b.clone()]), "A ⊙ B", r"A \odot B");
    let product = build::matmul(vec![a.clone(), build::transpose(b.clone())]);
    let slope = build::difference(build::integer(1), power(&a, 2));
    check(
        times(&[product.clone(), slope]),
        "(A Bᵀ) ⊙ (1 − A²)",
        r"(A \, B^{\top}) \odot (1 - A^{2})",
    );
    let hadamard = times(&[a.clone(), b.clone()]);
    check(
        build::matmul(vec![a.clone(), hadamard]),
        "A (A ⊙ B)",
        r"A (A \odot B)",
    );
    check(times(&[a.clone(), power(&b, -1)]), "A ⊘ B", r"A \oslash B");
    check(
        build::transpose(times(&[a.clone(), b.clone()])),
        "(A ⊙ B)ᵀ",
        r"(A \odot B)^{\top}",
    );
    check(
        times(&[per_sample(), a, b]),
        "(1/N) A ⊙ B",
        r"\frac{1}{N} \, A \odot B",
    );
}

#[test]
fn vectors_stand_as_rows_in_front_and_as_columns_behind() {
    let (a, u, v) = (square("A"), vector("u"), vector("v"));
    check(
        build::matmul(vec![u.clone(), a.clone()]),
        "uᵀ A",
        r"u^{\top} \, A",
    );
    check(build::matmul(vec![a.clone(), u.clone()]), "A u", r"A \, u");
    check(
        build::matmul(vec![u.clone(), v.clone()]),
        "uᵀ v",
        r"u^{\top} \, v",
    );
    check(build::outer(u.clone(), v.clone()), "u vᵀ", r"u \, v^{\top}");
    let row = |vector: Term| Term::raw(Head::Axes(vec![None, Some(0)]), vec![vector]);
    check(row(v.clone()), "vᵀ", r"v^{\top}");
    let product = build::matmul(vec![u, a]);
    check(row(product.clone()), "uᵀ A", r"u^{\top} \, A");
    // A sum of rows is a row; a row and a column are none together.
    let rows = Term::raw(Head::Sum, vec![product.clone(), product.clone()]);
    check(row(rows), "uᵀ A + uᵀ A", r"u^{\top} \, A + u^{\top} \, A");
    check(
        row(build::sum(vec![product, v.clone()])),
        "(uᵀ A + v)ᵀ",
        r"(u^{\top} \, A + v)^{\top}",
    );
    check(
        Term::raw(Head::Axes(vec![Some(0), None]), vec![v]),
        "v",
        "v",
    );
}

#[test]
fn ones_stand_as_rows_or_columns() {
    let (ones, a) = (build::ones(&[dim("n")]), square("A"));
    check(
        build::matmul(vec![ones.clone(), a.clone()]),
        "𝟏ᵀ A",
        r"\mathbf{1}^{\top} \, A",
    );
    check(
        build::matmul(vec![ones.clone(), a.clone(), ones.clone()]),
        "𝟏ᵀ A 𝟏",
        r"\mathbf{1}^{\top} \, A \, \mathbf{1}",
    );
    check(
        build::outer(ones, vector("b")),
        "𝟏 bᵀ",
        r"\mathbf{1} \, b^{\top}",
    );
    let row = build::ones(&[Dim::Size(1), dim("n")]);
    check(
        build::matmul(vec![row, a]),
        "𝟏ᵀ A",
        r"\mathbf{1}^{\top} \, A",
    );
}

#[test]
fn sums_put_minus_between_terms() {
    let (a, b) = (square("A"), square("B"));
    check(build::difference(a.clone(), b.clone()), "A − B", "A - B");
    let scaled = times(&[number(-1, 2), b.clone()]);
    check(
        build::sum(vec![a.clone(), scaled]),
        "A − (1/2) B",
        r"A - \tfrac{1}{2} \, B",
    );
    let nested = times(&[number(-1, 1), build::difference(a.clone(), b)]);
    check(
        build::sum(vec![a.clone(), nested]),
        "A − (A − B)",
        "A - (A - B)",
    );
    check(build::difference(build::integer(1), a), "1 − A", "1 - A");
}

#[test]
fn powers_bracket_what_is_compound() {
    let (a, b) = (square("A"), square("B"));
    check(
        power(&build::difference(a.clone(), b), 2),
        "(A − B)²",
        "(A - B)^{2}",
    );
    let root = build::power(a.clone(), Rational::new(1.into(), 2.into()));
    check(root, "√A", r"\sqrt{A}");
    check(power(&build::transpose(a), 3), "(Aᵀ)³", r"(A^{\top})^{3}");
    check(
        power(&array("A1", &["N", "h"]), 2),
        "A⁽¹⁾²",
        "(A^{(1)})^{2}",
    );
}

#[test]
fn functions_follow_their_notation() {
    let z = square("Z");
    check(apply("tanh", &z), "tanh(Z)", r"\tanh(Z)");
    check(apply("exp", &z), "exp(Z)", "e^{Z}");
    check(apply("positive", &z), "[Z > 0]", "[Z > 0]");
    check(apply("abs", &z), "|Z|", r"\lvert Z\rvert ");
    let prime = Function::named("f").derivative();
    check(
        build::apply(prime, vec![z.clone()]),
        "f′(Z)",
        r"f^{\prime}(Z)",
    );
    let softmax = |axis| Term::raw(Head::Softmax { axis, log: false }, vec![square("Z")]);
    check(softmax(1), "softmax(Z)", r"\operatorname{softmax}(Z)");
    check(
        softmax(0),
        "softmax_columns(Z)",
        r"\operatorname{softmax}_{\text{columns}}(Z)",
    );
    check(
        Term::raw(Head::Trace, vec![z.clone()]),
        "tr(Z)",
        r"\operatorname{tr}(Z)",
    );
    let greater = build::apply(Function::named("greater"), vec![z.clone(), square("A")]);
    check(greater, "[Z > A]", "[Z > A]");
}

#[test]
fn entries_and_sums_over_indices() {
    let (i, k) = (index(0, "n"), index(1, "n"));
    let (a, b) = (square("A"), square("B"));
    let product = summed(&[&k], &[at(&a, &[&i, &k]), at(&b, &[&k, &i])]);
    check(product, "Σₖ Aᵢₖ Bₖᵢ", r"\sum_{k} A_{ik} \, B_{ki}");
    check(build::delta(&i, &k), "δᵢⱼ", r"\delta_{ij}");
    let compound = build::matmul(vec![a.clone(), build::transpose(b.clone())]);
    check(
        at(&compound, &[&i, &k]),
        "[A Bᵀ]ᵢⱼ",
        r"[A \, B^{\top}]_{ij}",
    );
    check(at(&square("W3"), &[&i, &k]), "(W₃)ᵢⱼ", "(W_{3})_{ij}");
    check(
        at(&array("W2", &["h", "c"]), &[&index(0, "h"), &index(1, "c")]),
        "W⁽²⁾ᵢⱼ",
        "W^{(2)}_{ij}",
    );
    let row = build::entry(
        build::tensor(&"B".into(), &Shape(vec![Dim::Size(1), dim("n")])),
        vec![derive_index::Index::Unit, i.clone()],
    );
    check(row, "B₁ᵢ", "B_{1i}");
    let gradient = build::tensor(
        &derive_graph::Name::new("W2").cotangent(),
        &shape(&["h", "c"]),
    );
    check(
        at(&gradient, &[&index(0, "h"), &index(1, "c")]),
        "[∂L/∂W⁽²⁾]ᵢⱼ",
        r"\left[ \frac{\partial L}{\partial W^{(2)}} \right]_{ij}",
    );
}

#[test]
fn fractions_pair_what_has_the_same_indices() {
    let (i, j, k) = (index(0, "N"), index(1, "c"), index(2, "c"));
    let (y, p) = (array("y", &["N", "c"]), array("yhat", &["N", "c"]));
    check(
        times(&[at(&y, &[&i, &j]), power(&at(&p, &[&i, &j]), -1)]),
        "yᵢⱼ/ŷᵢⱼ",
        r"\frac{y_{ij}}{\hat{y}_{ij}}",
    );
    let exponential = |j| apply("exp", &at(&p, &[&i, j]));
    let total = summed(&[&k], &[exponential(&k)]);
    check(
        times(&[exponential(&j), power(&total, -1)]),
        "exp(ŷᵢⱼ)/(Σₖ exp(ŷᵢₖ))",
        r"\frac{e^{\hat{y}_{ij}}}{\sum_{k} e^{\hat{y}_{ik}}}",
    );
}

#[test]
fn letters_of_sums_side_by_side_may_repeat() {
    let (i, k, l) = (index(0, "n"), index(1, "n"), index(2, "n"));
    let a = square("A");
    let one = summed(&[&k], &[at(&a, &[&i, &k])]);
    let two = summed(&[&l], &[at(&a, &[&l, &i])]);
    check(
        build::sum(vec![one.clone(), two.clone()]),
        "Σₖ Aᵢₖ + Σₖ Aₖᵢ",
        r"\sum_{k} A_{ik} + \sum_{k} A_{ki}",
    );
    check(
        times(&[one, two]),
        "Σₖₗ Aᵢₖ Aₗᵢ",
        r"\sum_{kl} A_{ik} \, A_{li}",
    );
}

#[test]
fn letters_avoid_the_names_of_the_network() {
    let network = Network {
        dims: vec![("i".into(), None)],
        ..Network::default()
    };
    let entry = at(&vector("v"), &[&index(0, "n")]);
    assert_eq!(render_term_text(&entry, &network), "vⱼ");
}

#[test]
fn a_comprehension_shows_its_entry() {
    let (i, j) = (index(0, "n"), index(1, "n"));
    let body = times(&[at(&vector("u"), &[&i]), at(&vector("v"), &[&j])]);
    check(
        build::comprehension(&[i, j], body),
        "[uᵢ vⱼ]ᵢⱼ",
        r"[u_{i} \, v_{j}]_{ij}",
    );
}

#[test]
fn cotangents_print_as_error_signals() {
    let delta = |name: &str, dims: &[&str]| {
        build::tensor(&derive_graph::Name::new(name).cotangent(), &shape(dims))
    };
    check(delta("Z2", &["N", "c"]), "δ⁽²⁾", r"\delta^{(2)}");
    check(delta("A1", &["N", "h"]), "δᴬ⁽¹⁾", r"\delta^{A^{(1)}}");
    check(delta("yhat", &["N", "c"]), "δ^ŷ", r"\delta^{\hat{y}}");
    check(
        delta("W2", &["h", "c"]),
        "∂L/∂W⁽²⁾",
        r"\frac{\partial L}{\partial W^{(2)}}",
    );
}

#[test]
fn cotangents_of_numbered_names_keep_the_number_below() {
    let mut network = common::network();
    for symbol in &mut network.symbols {
        symbol.layer = None;
    }
    let delta = build::tensor(
        &derive_graph::Name::new("Z2").cotangent(),
        &shape(&["N", "c"]),
    );
    assert_eq!(render_term_text(&delta, &network), "δ^Z₂");
    assert_eq!(render_term_latex(&delta, &network), r"\delta^{Z_{2}}");
    let entry = at(&delta, &[&index(0, "N"), &index(1, "c")]);
    assert_eq!(render_term_text(&entry, &network), "(δ^Z₂)ᵢⱼ");
}

#[test]
fn the_cotangent_of_an_array_named_t_is_no_transpose() {
    let mut network = common::network();
    let gate = derive_graph::Name::new("T");
    let like = network
        .symbol(&derive_graph::Name::new("A1"))
        .expect("an intermediate")
        .clone();
    network.symbols.push(derive_graph::Symbol {
        name: gate.clone(),
        layer: None,
        ..like
    });
    let delta = build::tensor(&gate.cotangent(), &shape(&["N", "h"]));
    assert_eq!(render_term_text(&delta, &network), "δ⁽ᵀ⁾");
    assert_eq!(render_term_latex(&delta, &network), r"\delta^{(T)}");
}
