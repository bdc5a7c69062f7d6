//! Statements, the forms that they come to and the rules that lead there, written as a person would: `notation.rs` says how.
//!
//! Whether a form is *equal* is for the soundness test and the check; here stands which of the equal ones is wanted, and by which way.

mod choices;
mod notation;
mod sharing;

use derive_graph::Name;
use derive_index::derivation::Step;
use derive_rewrite::{Fact, Solver};
use notation::{Notation, shown};

/// Indices of the statement, its entry, the form, and the rules in the order in which they are told.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const FORMS: &[Row] = &[
    // What a lone factor is.
    ("ij", "A_ij", "A", "matrix-form"),
    ("ij", "A_ji", "A'", "transpose"),
    ("i", "v_i", "v", "matrix-form"),
    ("ij", "2 A_ij B_ij", "2 * A * B", "hadamard"),
    ("ij", "A_ij B_ji", "A * B'", "hadamard"),
    ("ij", "A_ij + C_ji", "A + C'", "matrix-form"),
    ("ij", "A_ij + B_ij C_ij", "A + (B * C)", "hadamard"),
    ("ij", "A_ij + C_ji E_ji", "A + ((C * E)')", "hadamard"),
    ("ij", "A_ij + u_i v_j", "A + (u ⊗ v)", "outer"),
    ("ij", "u_i v_j", "u ⊗ v", "outer"),
    ("ij", "A_ij v_j", "A * (1 ⊗ v)", "broadcast"),
    ("io", "u_i E_oo", "u ⊗ E[Some(0)]", "outer"),
    ("oj", "u_o v_j", "u ⊗ v", "outer"),
    ("io", "A_io B_io", "A * B", "hadamard"),
    ("ij", "u_io v_oj", "u v", "outer"),
    ("io", "u_io E_oo", "u E", "single-entry"),
    ("oj", "E_oo v_oj", "E v", "single-entry"),
    ("io", "E_oo v_oi", "v' E", "single-entry"),
    ("io", "u_io E_oo F_oo", "u E F", "single-entry"),
    ("oj", "v_oj E_oo v_jo", "v * (E v')", "single-entry"),
    // Products.
    ("ij", "Σk A_ik B_kj", "A B", "matrix-product, matrix-form"),
    ("ij", "Σk A_ki B_kj", "A' B", "matrix-product, matrix-form"),
    ("ij", "Σk A_ik B_jk", "A B'", "matrix-product, matrix-form"),
    ("ij", "Σk A_ki B_jk", "A' B'", "matrix-product, matrix-form"),
    ("ij", "Σk A_jk B_ki", "B' A'", "matrix-product, matrix-form"),
    ("ij", "Σk A_ik v_k B_kj", "A (diag v) B", "scaled-product, matrix-form"),
    ("i", "Σk A_ik v_k", "A v", "matrix-vector, matrix-form"),
    ("i", "Σk A_ki v_k", "A' v", "matrix-vector, matrix-form"),
    ("i", "Σk A_ik", "A 1", "row-sum, matrix-form"),
    ("i", "Σk A_ki", "1 A", "column-sum, matrix-form"),
    ("", "Σk u_k v_k", "u v", "dot"),
    ("", "Σk v_k", "1 v", "total"),
    ("", "Σn A_nn", "tr A", "trace"),
    ("", "Σik u_i A_ik v_k", "u A v", "matrix-vector, dot"),
    ("", "Σik A_ik B_ik", "1 (A * B) 1", "row-sum, total"),
    ("io", "Σk A_ik v_ko", "A v", "matrix-product, transpose"),
    ("oo", "Σk u_ko v_ko", "u' v", "dot, transpose"),
    // Chains are read from one end to the other.
    ("ij", "Σkls A_ki B_js E_ls C_lk", "A' C' E B'", "3 matrix-product, matrix-form"),
    ("ji", "Σkls A_ki B_js E_ls C_lk", "B E' C A", "3 matrix-product, matrix-form"),
    ("ij", "Σkl s A_ki C_kl B_jl", "s * (A' C B')", "2 matrix-product, matrix-form"),
    ("nm", "Σuv A_un B_vu C_vm", "A' B' C", "2 matrix-product, matrix-form"),
    ("nm", "Σuv A_un B_uv C_mv + Σu E_nu F_mu", "(A' B C') + (E F')", "3 matrix-product, matrix-form"),
    ("i", "Σkj A_ki B_kj v_j", "A' B v", "2 matrix-vector, matrix-form"),
    ("", "Σikj u_i A_ki B_kj v_j", "u A' B v", "2 matrix-vector, dot"),
    // Deltas.
    ("ij", "Σp δ_ip A_pj", "A", "sift, matrix-form"),
    ("ij", "Σpx δ_ip δ_px A_xj", "A", "2 sift, matrix-form"),
    ("ij", "Σpxk δ_px δ_xi A_pk B_kj", "A B", "2 sift, matrix-product, matrix-form"),
    ("nm", "v_n ( δ_nm + -1 u_m )", "(diag v) + (-1 * (v ⊗ u))", "diagonal-matrix"),
    ("n", "Σm ( δ_nm + A_nm ) v_m", "v + (A v)", "distribute, sift, matrix-vector, matrix-form"),
    ("ij", "Σp δ_ip A_pj + Σp δ_ip B_pj", "A + B", "2 sift, matrix-form"),
    ("ij", "Σpk δ_ip A_pk B_kj + Σpk δ_ip E_pk F_kj + Σpk δ_ip C_pk D_kj", "(A B) + (E F) + (C D)", "3 sift, 3 matrix-product, matrix-form"),
    ("ij", "Σpqk δ_ip δ_jq A_pk B_kq + Σpqk δ_ip δ_jq E_pk F_kq", "(A B) + (E F)", "4 sift, 2 matrix-product, matrix-form"),
    // Algebra.
    ("ij", "A_ij s + B_ij s", "s * (A + B)", "matrix-form, common-factor"),
    ("ij", "-2 A_ij s + -2 B_ij s", "-2 * s * (A + B)", "matrix-form, common-factor"),
    ("ij", "Σk A_ik B_kj + Σk A_ik C_kj", "A (B + C)", "2 matrix-product, matrix-form, factor-matrix"),
    ("ij", "Σk A_ik B_kj + Σk C_ik B_kj", "(A + C) B", "2 matrix-product, matrix-form, factor-matrix"),
    ("j", "Σi A_ij + Σi B_ij", "1 (A + B)", "2 column-sum, matrix-form, factor-matrix"),
    ("", "Σi u_i + Σj v_j", "(1 u) + (1 v)", "2 total"),
    ("ij", "A_ij ( 1 + B_ij ) + C_ij", "(A * (1 + B)) + C", "hadamard"),
    ("", "Σi u_i v_i + Σp v_p u_p", "2 * (u v)", "like-terms, dot"),
    ("ij", "Σk A_ij", "c * A", "count, matrix-form"),
];

fn rules(steps: &[Step]) -> String {
    let told = steps.chunk_by(|one, next| one.rule == next.rule);
    let told = told.map(|run| match run.len() {
        1 => run[0].rule.to_owned(),
        count => format!("{} {}", count, run[0].rule),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[test]
fn statements_come_to_their_forms_by_their_rules() {
    let mut wrong = Vec::new();
    for (letters, text, form, way) in FORMS {
        let start = Notation::new().array(letters, text);
        let next = start.next_index();
        let solution = Solver::default().solve(&start, &[], next);
        assert!(solution.saturated && !solution.clash, "{text}");
        let found = (shown(&solution.result), rules(&solution.steps));
        if (found.0.as_str(), found.1.as_str()) != (*form, *way) {
            wrong.push(format!(
                "    ({letters:?}, {text:?}, {:?}, {:?}),",
                found.0, found.1
            ));
        }
    }
    assert!(wrong.is_empty(), "come to\n{}", wrong.join("\n"));
}

/// A symmetric matrix is not turned and turned back.
#[test]
fn symmetric_matrices_are_not_turned_for_nothing() {
    let symmetric = Fact::Symmetric {
        array: Name::new("S"),
        because: "it is symmetric",
    };
    let rows = [
        ("nm", "S_mn", "S", "symmetric, matrix-form"),
        (
            "n",
            "Σm S_mn v_m",
            "S v",
            "matrix-vector, matrix-form, symmetric-transpose",
        ),
        (
            "nm",
            "Σuv S_nu A_uv S_vm + Σuv S_nu A_vu S_vm",
            "S (A + A') S",
            "4 matrix-product, matrix-form, 2 factor-matrix, normal-form",
        ),
        (
            "nm",
            "Σu S_un S_mu",
            "S S",
            "matrix-product, matrix-form, 2 symmetric-transpose",
        ),
        (
            "n",
            "Σm S_nm v_m + Σm S_mn v_m",
            "2 * (S v)",
            "2 matrix-vector, matrix-form, symmetric-transpose, common-factor",
        ),
    ];
    let mut wrong = Vec::new();
    for (letters, text, form, way) in rows {
        let start = Notation::new().array(letters, text);
        let next = start.next_index();
        let solution = Solver::default().solve(&start, std::slice::from_ref(&symmetric), next);
        let found = (shown(&solution.result), rules(&solution.steps));
        if (found.0.as_str(), found.1.as_str()) != (form, way) {
            wrong.push(format!(
                "        ({letters:?}, {text:?}, {:?}, {:?}),",
                found.0, found.1
            ));
        }
    }
    assert!(wrong.is_empty(), "come to\n{}", wrong.join("\n"));
}
