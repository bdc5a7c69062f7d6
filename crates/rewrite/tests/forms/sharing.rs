//! Statements that are one up to names are solved once, and others are not.

use crate::notation::{Notation, shown};
use derive_index::Term;
use derive_rewrite::Solver;

/// How many forms two statements have, and what the second comes to.
fn forms(one: Term, other: Term) -> (usize, String) {
    let mut solver = Solver::default();
    let next = one.next_index().max(other.next_index());
    solver.solve(&one, &[], next);
    let solution = solver.solve(&other, &[], next);
    (solver.forms().len(), shown(&solution.result))
}

#[test]
fn statements_of_one_form_are_solved_once() {
    let n = Notation::new();
    let first = || n.array("ij", "Σk A_ik B_kj");
    #[rustfmt::skip]
    let rows = [
        // Other arrays, other indices, other dimensions.
        (n.array("ij", "Σk C_ik D_kj"), 1, "C D"),
        (n.array("pq", "Σr A_pr B_rq"), 1, "A B"),
        (n.array("ls", "Σi A_li B_is"), 2, "A B"),
        (n.array("kl", "Σi A_ki B_il"), 1, "A B"),
        // One array in two places, and one dimension for two.
        (n.array("nm", "Σu A_nu A_um"), 2, "A A"),
        (n.array("nm", "Σu A_nu B_um"), 2, "A B"),
        (n.array("ip", "Σk A_ik B_kp"), 2, "A B"),
        (n.array("ij", "Σk A_ik B_jk"), 2, "A B'"),
    ];
    for (other, count, form) in rows {
        assert_eq!(
            forms(first(), other.clone()),
            (count, form.to_owned()),
            "{other:?}"
        );
    }
}

/// Neighbouring steps differ at one place; the rest is kept once.
#[test]
fn the_terms_of_a_solution_share_what_is_equal() {
    let start = Notation::new().array("ij", "Σpk δ_ip A_pk B_kj + Σpk δ_ip C_pk D_kj");
    let mut solver = Solver::default();
    solver.solve(&start, &[], start.next_index());
    let steps = solver.forms()[0].solution.steps.to_vec();
    assert!(steps.len() > 3);
    let mut parts = Vec::new();
    for step in &steps {
        collect(&step.before, &mut parts);
        collect(&step.after, &mut parts);
    }
    for part in &parts {
        let equal = parts.iter().filter(|other| *other == part);
        let places: Vec<usize> = equal.map(Term::address).collect();
        assert!(
            places.iter().all(|place| *place == part.address()),
            "{part:?}"
        );
    }
}

fn collect(term: &Term, parts: &mut Vec<Term>) {
    parts.push(term.clone());
    term.children()
        .iter()
        .for_each(|child| collect(child, parts));
}
