//! Which of two equal forms costs less, what sums over an index are called, and when rules hold back.

use crate::notation::{Notation, shown};
use derive_graph::{Dim, Name, Shape};
use derive_index::{Head, Term, build};
use derive_rewrite::Context;
use derive_rewrite::contract::contract;
use derive_rewrite::cost::Best;
use derive_rewrite::factor::{common_factor, like_terms};
use derive_rewrite::lift::entry_of;

fn best(term: &Term) -> Best {
    let children: Vec<Best> = term.children().iter().map(best).collect();
    Best::of(term.head(), &children.iter().collect::<Vec<_>>())
}

fn matrix(name: &str) -> Term {
    let n = Dim::Named(Name::new("n"));
    build::tensor(&Name::new(name), &Shape(vec![n.clone(), n]))
}

fn inverse(term: Term) -> Term {
    Term::raw(Head::MatrixFunction("inv"), vec![term])
}

#[test]
fn what_a_reader_prefers_costs_less() {
    let n = Notation::new();
    let (a, b) = (|| matrix("A"), || matrix("B"));
    let ones = || build::ones(&[Dim::Named(Name::new("n"))]);
    let transpose = build::transpose;
    let raw = |head, children| Term::raw(head, children);
    let rows = [
        (
            "a name turned",
            build::matmul(vec![a(), transpose(b())]),
            raw(
                Head::Transpose,
                vec![build::matmul(vec![b(), transpose(a())])],
            ),
        ),
        (
            "inverses of names",
            build::matmul(vec![inverse(b()), inverse(a())]),
            inverse(build::matmul(vec![a(), b()])),
        ),
        (
            "an inverse turned",
            raw(Head::Transpose, vec![inverse(a())]),
            inverse(raw(Head::Transpose, vec![a()])),
        ),
        (
            "a number",
            build::product(Vec::new(), vec![build::integer(2), a()]),
            build::sum(vec![a(), a(), a()]),
        ),
        (
            "two for two",
            build::product(Vec::new(), vec![build::integer(2), a()]),
            raw(Head::Sum, vec![a(), a()]),
        ),
        (
            "ones",
            build::matmul(vec![a(), ones()]),
            build::matmul(vec![
                a(),
                build::tensor(&Name::new("v"), &Shape(vec![Dim::Named(Name::new("n"))])),
            ]),
        ),
        ("two entries", n.term("A_nm u_m"), n.term("δ_nm")),
        ("an entry", n.term("A_nm"), n.term("δ_nm")),
    ];
    for (what, wanted, other) in rows {
        let (wanted, other) = (best(&wanted), best(&other));
        let cost = |it: &Best| (it.unlifted, it.weight);
        assert!(
            cost(&wanted) < cost(&other),
            "{what}: {:?}, {:?}",
            cost(&wanted),
            cost(&other)
        );
    }
}

fn context() -> Context<'static> {
    Context {
        facts: &[],
        transforms: false,
        without: &[],
        indices: &[],
    }
}

/// What a sum is, and what a reader is told of matrices that are turned.
#[test]
fn a_sum_is_called_what_it_is() {
    let rows = [
        ("Σk A_ik B_kj", "matrix-product", None),
        ("Σk A_ki B_kj", "matrix-product", Some("is transposed")),
        ("Σk A_ik B_jk", "matrix-product", Some("is transposed")),
        ("Σk A_ki B_jk", "matrix-product", Some("are transposed")),
        ("Σl A_il B_lj", "matrix-product", None),
        ("Σk A_ki C_ik B_kj", "matrix-product", Some("is transposed")),
        ("Σk A_ik v_k", "matrix-vector", None),
        ("Σk A_ki v_k", "matrix-vector", Some("as its row index")),
        ("Σk A_ik", "row-sum", None),
        ("Σk A_ki", "column-sum", None),
        ("Σk v_k", "total", None),
        ("Σk u_k v_k", "dot", None),
        ("Σk A_ik v_k B_kj", "scaled-product", None),
    ];
    let n = Notation::new();
    let indices = n.indices("ij");
    for (text, kind, sentence) in rows {
        let context = Context {
            indices: &indices,
            ..context()
        };
        let found = contract(&n.term(text), &context);
        let [found] = found.as_slice() else {
            panic!("{text}: {} ways", found.len());
        };
        assert_eq!(found.kind, Some(kind), "{text}");
        let told = found.why.map(str::to_owned);
        match sentence {
            None => assert_eq!(told, None, "{text}"),
            Some(part) => assert!(
                told.as_ref().is_some_and(|it| it.contains(part)),
                "{text}: {told:?}"
            ),
        }
    }
}

/// Of few factors every order is tried, of many only one, so that the work stays in proportion.
#[test]
fn many_factors_are_contracted_one_way() {
    let n = Notation::new();
    let ways = |text: &str| contract(&n.term(text), &context()).len();
    assert_eq!(ways("Σkls A_ik B_kl C_ls D_sj"), 3);
    assert_eq!(ways("Σklsr A_ik B_kl C_ls D_sr E_rj"), 4);
    assert_eq!(ways("Σklsrp A_ik B_kl C_ls D_sr E_rp F_pj"), 1);
}

/// The ends of a chain that is part of something else: read the way in which fewer factors are turned.
#[test]
fn a_chain_is_read_where_less_is_turned() {
    let n = Notation::new();
    let first = |text: &str| {
        let found = contract(&n.term(text), &context());
        found[0].slots[1].clone()
    };
    let rows = [
        ("Σk A_pk B_kq", "(A B)[#1,#4]"),
        ("Σk A_kp B_qk", "(B A)[#4,#1]"),
        ("Σk A_kp B_kq", "(A' B)[#1,#4]"),
    ];
    for (text, form) in rows {
        assert_eq!(shown(&first(text)), form, "{text}");
    }
}

#[test]
fn what_all_terms_share_comes_out_with_its_sign() {
    let n = Notation::new();
    let after = |text: &str| common_factor(&n.term(text), &context()).map(|it| shown(&it.after));
    let rows = [
        ("-2 A_nm u_n + -2 A_nm v_m", "-2"),
        ("2 A_nm u_n + 2 A_nm v_m", "2"),
        ("-1 A_nm u_n + A_nm v_m", "A"),
    ];
    for (text, front) in rows {
        let found = after(text).unwrap_or_else(|| panic!("{text} has a common factor"));
        assert!(found.starts_with(front), "{text}: {found}");
    }
}

#[test]
fn like_terms_are_found_under_other_names_and_not_beyond_the_limit() {
    let n = Notation::new();
    let same = n.term("Σk A_ik B_ik + Σr B_ir A_ir");
    let found = like_terms(&same, &context()).expect("they are alike");
    assert!(found.after.size() < same.size() && found.why.is_some());
    // (s + t)⁷ less itself: 128 monomials of two factors each time.
    let parts = |count| (0..count).map(|_| n.term("s + t")).collect();
    let powers = |count| {
        let product = Term::raw(Head::Product, parts(count));
        let minus = [vec![build::integer(-1)], parts(count)].concat();
        Term::raw(Head::Sum, vec![product, Term::raw(Head::Product, minus)])
    };
    assert!(like_terms(&powers(6), &context()).is_some_and(|it| it.after.is_zero()));
    assert!(like_terms(&powers(7), &context()).is_none());
}

#[test]
fn entries_go_inside() {
    let n = Notation::new();
    let place = n.indices("nm");
    let vector = |name: &str| build::tensor(&Name::new(name), &Shape(vec![place[0].dim()]));
    let rows = [
        (build::outer(vector("u"), vector("v")), "u_n v_m"),
        (build::transpose(matrix("A")), "A_mn"),
        (
            build::sum(vec![matrix("A"), build::transpose(matrix("B"))]),
            "A_nm + B_mn",
        ),
        (matrix("A"), "A_nm"),
    ];
    for (array, entry) in rows {
        assert_eq!(entry_of(&array, &place), n.term(entry), "{entry}");
    }
}
