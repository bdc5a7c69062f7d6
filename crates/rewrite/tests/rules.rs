//! The rule table is well formed, and the classic traps stay closed.

use derive_graph::{Dim, Name, Shape};
use derive_index::{Fresh, Head, Index, Term, build};
use derive_rewrite::{RULES, Solver};

fn dim(name: &str) -> Dim {
    Dim::Named(Name::new(name))
}

fn entry(name: &str, place: &[&Index]) -> Term {
    let dims = place.iter().map(|index| index.dim()).collect();
    let array = build::tensor(&Name::new(name), &Shape(dims));
    build::entry(array, place.iter().map(|&index| index.clone()).collect())
}

fn solve(indices: &[Index], body: Term) -> Term {
    let whole = build::comprehension(indices, body);
    let next = whole.next_index();
    let solution = Solver::default().solve(&whole, &[], next);
    assert!(solution.saturated && !solution.clash);
    solution.result
}

#[test]
fn names_are_unique_and_kebab_case() {
    for (at, rule) in RULES.iter().enumerate() {
        assert!(
            rule.name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '-'),
            "{}",
            rule.name
        );
        assert!(
            !RULES[..at].iter().any(|other| other.name == rule.name),
            "{} stands twice",
            rule.name
        );
        assert!(
            !rule.statement.is_empty() && !rule.why.is_empty(),
            "{}",
            rule.name
        );
    }
}

#[test]
fn the_textbook_monomial_becomes_its_matrix_form() {
    let mut fresh = Fresh::default();
    let (a, b) = (dim("a"), dim("b"));
    let (i, j) = (fresh.index(&a), fresh.index(&b));
    let (m, n, p, q) = (
        fresh.index(&a),
        fresh.index(&dim("c")),
        fresh.index(&a),
        fresh.index(&b),
    );
    let factors = vec![
        entry("D", &[&m, &n]),
        build::delta(&m, &p),
        entry("W", &[&q, &n]),
        entry("F", &[&p, &q]),
        build::delta(&p, &i),
        build::delta(&q, &j),
    ];
    let result = solve(&[i, j], build::product(vec![m, n, p, q], factors));
    assert_eq!(*result.head(), Head::Product);
    assert_eq!(*result.children()[0].head(), Head::MatMul);
    assert_eq!(*result.children()[0].children()[1].head(), Head::Transpose);
}

#[test]
fn a_sum_times_itself_is_not_one_sum() {
    let mut fresh = Fresh::default();
    let (i, k) = (fresh.index(&dim("a")), fresh.index(&dim("b")));
    let sum = build::product(
        vec![k.clone()],
        vec![entry("A", &[&i, &k]), entry("v", &[&k])],
    );
    let square = build::product(Vec::new(), vec![sum.clone(), sum]);
    assert_eq!(
        square.split().0.len(),
        2,
        "the two sums keep their own indices"
    );
    let result = solve(&[i], square);
    assert!(result.is_closed_form());
    assert_eq!(result.children().len(), 2, "(A v) ⊙ (A v)");
}

#[test]
fn different_indices_over_one_dimension_differ() {
    let mut fresh = Fresh::default();
    let n = dim("n");
    let (i, j) = (fresh.index(&n), fresh.index(&n));
    let outer = build::product(Vec::new(), vec![entry("u", &[&i]), entry("v", &[&j])]);
    assert_eq!(*solve(&[i.clone(), j], outer).head(), Head::Outer);
    let hadamard = build::product(Vec::new(), vec![entry("u", &[&i]), entry("v", &[&i])]);
    assert_eq!(*solve(&[i], hadamard).head(), Head::Product);
}

#[test]
fn an_index_shared_by_three_matrices_stays_a_sum() {
    let mut fresh = Fresh::default();
    let (i, j, l) = (
        fresh.index(&dim("a")),
        fresh.index(&dim("b")),
        fresh.index(&dim("c")),
    );
    let k = fresh.index(&dim("d"));
    let factors = vec![
        entry("A", &[&i, &k]),
        entry("B", &[&j, &k]),
        entry("C", &[&l, &k]),
    ];
    let result = solve(&[i, j, l], build::product(vec![k], factors));
    assert_eq!(*result.head(), Head::Comprehension, "an honest sum");
}

#[test]
fn a_row_vector_product_is_turned_before_it_is_spliced() {
    let n = dim("n");
    let m = dim("m");
    let a = build::tensor(&Name::new("A"), &Shape(vec![m.clone(), n.clone()]));
    let row = build::matmul(vec![build::ones(std::slice::from_ref(&m)), a]);
    let total = build::matmul(vec![build::ones(std::slice::from_ref(&n)), row]);
    assert_eq!(total.shape(), Some(&Shape::scalar()));
}
