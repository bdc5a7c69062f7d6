//! Proofs of identities as steps.
//!
//! A claim that two expressions are equal is proved by one normal form, which shows that it holds but not why. Here both sides are
//! rewritten like any entry of a derivation; where they arrive at one form, the way of each is a proof that can be read. Its steps
//! are checked like all others.

use crate::chain::collect_names;
use crate::checking::check_form;
use crate::facts::Facts;
use derive_check::Config;
use derive_graph::Name;
use derive_index::derivation::{ClaimOutcome, Derivation, Proof, Way};
use derive_index::{Head, Term, build, canonical_product};
use derive_rewrite::Solver;

/// Adds the ways to the proofs of identities, where there are such.
pub(crate) fn find_ways(derivation: &mut Derivation, config: &Config) {
    let mut solver = Solver::default();
    let facts = Facts::of(&derivation.network);
    let mut claims = std::mem::take(&mut derivation.claims);
    for claim in &mut claims {
        let identity = claim.subject.is_none();
        if let Some(proof) = claim.proof.as_mut().filter(|_| identity) {
            proof.ways = ways(proof, &facts, &mut solver);
        }
    }
    for form in solver.forms() {
        let check = check_form(&derivation.network, form, config);
        if !check.failures.is_empty() {
            forget(&mut claims);
        }
        if let Some(verdict) = &mut derivation.verdict {
            check.add_to(verdict);
        }
    }
    derivation.claims = claims;
}

/// Steps that failed are not shown; the failure itself is among those of the verdict.
fn forget(claims: &mut [ClaimOutcome]) {
    for proof in claims.iter_mut().filter_map(|claim| claim.proof.as_mut()) {
        proof.ways = None;
    }
}

fn ways(proof: &Proof, facts: &Facts, solver: &mut Solver) -> Option<[Way; 2]> {
    let mut way = |side: &Term| {
        let mut names: Vec<Name> = Vec::new();
        collect_names(side, &mut names);
        let next = side.next_index();
        let solution = solver.solve(side, &facts.about(names.iter()), next);
        Way {
            steps: solution.steps,
            result: solution.result,
        }
    };
    let both = [
        way(&proof.derived.first()?.term),
        way(&proof.claimed.first()?.term),
    ];
    let some = both.iter().any(|way| !way.steps.is_empty());
    (some && form(&both[0].result) == form(&both[1].result)).then_some(both)
}

/// A term with the summed indices of its products named by where they stand, and terms in order.
fn form(term: &Term) -> Term {
    if *term.head() == Head::Sum {
        let mut parts: Vec<Term> = term.children().iter().map(form).collect();
        parts.sort();
        return build::sum(parts);
    }
    canonical_product(term).unwrap_or_else(|| term.clone())
}
