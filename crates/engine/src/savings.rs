//! What `--cost flops` adds to a derivation: the form of every line that takes the fewest multiplications.
//!
//! In: a derivation. Out: its lines as `derive_emit` computes them, and the check of their steps, which is that of all steps.

use crate::facts::Facts;
use crate::run::{Config, Failure, check_facts};
use derive_check::StepCheck;
use derive_index::derivation::{Derivation, Step};
use derive_index::savings::{Line, Savings};
use derive_index::substitute::replace_tensor;
use derive_index::{Term, build};

/// The lines with the fewest multiplications.
///
/// # Errors
/// A Jacobian or second derivatives, which are not computed as one program, or what has no program.
pub(crate) fn savings_of(derivation: &Derivation, config: &Config) -> Result<Savings, Failure> {
    let refused = |what: &str| {
        Err(Failure::Engine(format!(
            "`--cost flops` counts the multiplications of a loss and its gradients, not of {what}"
        )))
    };
    if config.jacobian.is_some() {
        return refused("a Jacobian; leave out `--jacobian`");
    }
    if config.second.is_some() {
        return refused("second derivatives; leave out `--hessian` or `--hessian-vector`");
    }
    derive_emit::savings(derivation).map_err(|error| Failure::Engine(error.to_string()))
}

/// Compares the two sides of every step, names of lines standing for what these compute.
pub(crate) fn check_savings(
    derivation: &Derivation,
    savings: &Savings,
    config: &derive_check::Config,
) -> StepCheck {
    let network = &derivation.network;
    let mut facts = derive_check::network_facts(network);
    let names = network.symbols.iter().map(|symbol| &symbol.name);
    facts.extend(check_facts(&Facts::of(network).about(names)));
    let mut all = StepCheck::default();
    for line in savings.forward.iter().chain(&savings.backward) {
        for pairs in [
            rewrites(line),
            naming(savings, line),
            by_definition(derivation, line),
        ] {
            let found = derive_check::check_steps(network, &pairs, &facts, config);
            let about =
                |it: String| format!("{}, with the fewest multiplications: {it}", line.name);
            all.steps += found.steps;
            all.error = all.error.max(found.error);
            all.failures.extend(found.failures.into_iter().map(about));
            all.unchecked.extend(found.unchecked.into_iter().map(about));
        }
    }
    all
}

/// What stands before and after each rewrite of a line.
fn rewrites(line: &Line) -> Vec<(Term, Term)> {
    let plain = |step: &&Step| ![derive_emit::NAMED, derive_emit::CAREFUL].contains(&step.rule);
    sides(line, plain, |term| term.clone())
}

/// The same where names are put in, with what they stand for.
fn naming(savings: &Savings, line: &Line) -> Vec<(Term, Term)> {
    sides(
        line,
        |step| step.rule == derive_emit::NAMED,
        |term| savings.expanded(term),
    )
}

/// The same where a definition is used, with the definitions of all quantities put in.
fn by_definition(derivation: &Derivation, line: &Line) -> Vec<(Term, Term)> {
    let expanded = |term: &Term| {
        let from_the_last = derivation.forward.iter().rev();
        from_the_last.fold(term.clone(), |term, it| {
            let whole = it.matrix.clone();
            let whole = whole.filter(|whole| whole.shape() == Some(&it.shape));
            let meaning =
                whole.unwrap_or_else(|| build::comprehension(&it.indices, it.entry.clone()));
            replace_tensor(&term, &it.name, &meaning)
        })
    };
    sides(line, |step| step.rule == derive_emit::CAREFUL, expanded)
}

/// Both sides of some steps of a line.
fn sides(
    line: &Line,
    chosen: impl Fn(&&Step) -> bool,
    meaning: impl Fn(&Term) -> Term,
) -> Vec<(Term, Term)> {
    let steps = line.steps.iter().filter(chosen);
    steps
        .map(|step| (meaning(&step.before), meaning(&step.after)))
        .collect()
}
