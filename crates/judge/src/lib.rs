//! Judging claims: is a formula the gradient, how is that known, and if it is not, what is wrong with it?
//!
//! In: a derivation that was checked, and its spec in equation form. Out: a [`ClaimOutcome`] for every claim. What agrees in floats at
//! random points is then proved if both sides have one normal form in index notation ([`truth`]), or confirmed exactly modulo large
//! primes; the label never says more than was done. What does not agree is searched for the mistake: a table of what students get
//! wrong ([`mistakes`]) proposes changes of the formula, and those that make it true are what was meant ([`search`]).

pub mod expression;
pub mod fitting;
pub mod mistakes;
mod proof;
mod put_in;
pub mod search;
pub mod spelling;
pub mod truth;
pub mod vocabulary;

pub use proof::put_in;

use derive_check::{Config, check_claims};
use derive_graph::{Claim, ClaimSubject, Function, Name};
use derive_index::Term;
use derive_index::derivation::{
    ClaimOutcome, Condition, Derivation, Diagnosis, How, Statement, Step,
};
use derive_syntax::ast;
use derive_syntax::format::format_expr;

/// The derivative of a function of one argument at it, by the derivative table; `None` for a function that is left open.
pub type DerivativeOf = fn(&Function, &Term) -> Option<Term>;

/// Judges every claim of a derivation. `equations` is its spec in equation form.
pub fn judge(
    equations: &ast::Spec,
    derivation: &Derivation,
    config: &Config,
    derivative: DerivativeOf,
) -> Vec<ClaimOutcome> {
    let network = &derivation.network;
    let mut outcomes = check_claims(network, &derivation.statements, config.seed, config.draws);
    let mut written = equations
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            ast::StatementKind::Claim(claim) => Some(claim),
            _ => None,
        });
    let mut worlds = truth::Worlds::new(derivative);
    for (claim, outcome) in network.claims.iter().zip(&mut outcomes) {
        let written = written.next();
        match outcome.how {
            How::Numeric if outcome.holds => {
                truth::explain(derivation, claim, outcome, config, &mut worlds);
            }
            _ => {
                if let Some(written) = written {
                    let how = outcome.how;
                    outcome.diagnosis =
                        diagnosed(equations, derivation, (claim, written), how, config);
                }
            }
        }
    }
    outcomes
}

/// What is wrong with a false claim, and what is right.
fn diagnosed(
    equations: &ast::Spec,
    derivation: &Derivation,
    (claim, written): (&Claim, &ast::Claim),
    how: How,
    config: &Config,
) -> Option<Diagnosis> {
    let proposed = match &claim.subject {
        ClaimSubject::Gradient(name) => spelling::proposed(equations, derivation, name),
        ClaimSubject::Expression(_) => None,
    };
    let known = proposed.as_ref().map(|answer| &answer.right);
    let found = search::diagnose(equations, derivation, written, known, how, config);
    let mut diagnosis = found.map(|found| told(found, derivation, claim));
    let uncorrected = |found: &Diagnosis| found.correction.is_none();
    if diagnosis.as_ref().is_none_or(uncorrected)
        && let Some(answer) = answer(equations, derivation, claim, written, config)
    {
        diagnosis.get_or_insert_default().correction = Some(answer);
    }
    diagnosis
}

/// What is right, in the language of the spec, for a claim about a gradient: the right side, or the whole claim where its left side is
/// not what was written.
fn answer(
    equations: &ast::Spec,
    derivation: &Derivation,
    claim: &Claim,
    written: &ast::Claim,
    config: &Config,
) -> Option<String> {
    let ClaimSubject::Gradient(name) = &claim.subject else {
        return None;
    };
    let spelling = spelling::confirmed_by(equations, derivation, config, name)?;
    Some(match spelling.left == format_expr(&written.left) {
        true => spelling.right,
        false => spelling.claim(),
    })
}

/// A mistake that was found, with the place of the derivation where it parts from the claim.
fn told(found: search::Found, derivation: &Derivation, claim: &Claim) -> Diagnosis {
    let parting = match &claim.subject {
        ClaimSubject::Gradient(name) => parting(derivation, name, found.rules),
        ClaimSubject::Expression(_) => None,
    };
    Diagnosis {
        mistake: found.mistake,
        sentence: found.sentence,
        correction: found.correction,
        parting,
        fitting: found.fitting,
    }
}

/// The first step of one of these rules on the way to a derivative, from it up to the loss.
fn parting(
    derivation: &Derivation,
    variable: &Name,
    rules: &[&'static str],
) -> Option<(Name, &'static str)> {
    let mut current = variable.clone();
    for _ in 0..derivation.statements.len() {
        let statement = statement(derivation, &current)?;
        let found = steps(statement).find(|step| rules.contains(&step.rule));
        if let Some(step) = found {
            return Some((current, step.rule));
        }
        current = statement.chain.first()?.user.clone();
    }
    None
}

/// The statement about a variable.
pub(crate) fn statement<'a>(derivation: &'a Derivation, variable: &Name) -> Option<&'a Statement> {
    let mut statements = derivation.statements.iter();
    statements.find(|statement| statement.variable == *variable)
}

/// Every step of a statement: of its local derivatives, its contributions, and its own.
pub(crate) fn steps(statement: &Statement) -> impl Iterator<Item = &Step> {
    let local = statement.chain.iter().flat_map(|link| &link.local.steps);
    let parts = statement.contributions.iter().flat_map(|part| &part.steps);
    local.chain(parts).chain(&statement.steps)
}

/// The declared facts that the derivation of a variable's derivative uses, in words: in its last part alone, or the whole of it, up to the
/// loss.
pub(crate) fn declared_facts(derivation: &Derivation, variable: &Name, whole: bool) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    let mut waiting = vec![variable.clone()];
    let mut seen = Vec::new();
    while let Some(name) = waiting.pop() {
        let Some(statement) = statement(derivation, &name).filter(|_| !seen.contains(&name)) else {
            continue;
        };
        seen.push(name);
        for condition in steps(statement).flat_map(|step| &step.conditions) {
            if let Condition::Declared { array, fact } = condition {
                let fact = format!("for `{array}`, {fact}");
                if !facts.contains(&fact) {
                    facts.push(fact);
                }
            }
        }
        if whole {
            waiting.extend(statement.chain.iter().map(|link| link.user.clone()));
        }
    }
    facts
}
