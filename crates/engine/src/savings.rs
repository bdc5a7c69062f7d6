//! What `--cost flops` adds to a derivation: the form of every line that takes the fewest multiplications.
//!
//! In: a derivation. Out: its lines as `derive_emit` computes them, and the check of their steps, which is that of all steps.

use crate::checking::check_facts;
use crate::depth::told_label;
use crate::every_layer::Every;
use crate::facts::Facts;
use crate::labels::{Labels, renamed};
use crate::run::{Config, Failure, WrittenOut};
use derive_check::StepCheck;
use derive_graph::Name;
use derive_index::derivation::{Derivation, Step};
use derive_index::savings::{Line, Savings, site};
use derive_index::substitute::replace_tensor;
use derive_index::{Head, Term, build};

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

/// The lines of a network of symbolic depth with the fewest multiplications, in the names of the layers that were written out.
///
/// # Errors
/// A derivative that is unlike those of other layers, or what has no program.
pub(crate) fn savings_of_layers(written: &WrittenOut) -> Result<Savings, Failure> {
    let layers = &written.layers;
    let label = |k: i64| told_label(layers, k);
    let name = |name: &Name| renamed(name, &label).to_string();
    let spelling = derive_emit::Spelling {
        formula: &|_| String::new(),
        name: &name,
    };
    written.alike()?;
    derive_emit::savings_of_layers(&written.derivation, layers, &spelling)
        .map_err(|error| Failure::Engine(error.to_string()))
}

/// The same in the words of layer l.
pub(crate) fn told_savings(savings: &Savings, labels: &Labels<'_>, every: &Every<'_>) -> Savings {
    let term = |term: &Term| labels.term(&every.folded(term));
    let step = |step: &Step| {
        let (before, after) = (every.folded(&step.before), every.folded(&step.after));
        labels.step(&Step {
            site: site(&before, &after),
            before,
            after,
            ..step.clone()
        })
    };
    let line = |line: &Line| Line {
        name: renamed(&line.name, labels.0),
        shape: labels.shape(&line.shape),
        start: line.start.as_ref().map(term),
        steps: line.steps.iter().map(step).collect(),
        result: term(&line.result),
        ..line.clone()
    };
    let alone = savings.alone.iter();
    Savings {
        forward: savings.forward.iter().map(line).collect(),
        backward: savings.backward.iter().map(line).collect(),
        alone: alone
            .map(|(name, count)| (renamed(name, labels.0), count.clone()))
            .collect(),
        meanings: Vec::new(),
    }
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
            met(derivation, line),
        ] {
            let pairs = pairs.into_iter();
            let pairs: Vec<_> = pairs.map(|it| with_extremes(derivation, it)).collect();
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
    let special = [derive_emit::NAMED, derive_emit::CAREFUL, derive_emit::MET];
    let plain = |step: &&Step| !special.contains(&step.rule);
    sides(line, plain, |term| term.clone())
}

/// Both sides with the definitions of quantities, if entries are compared with their maximum: that has to be the maximum then.
fn with_extremes(derivation: &Derivation, (before, after): (Term, Term)) -> (Term, Term) {
    let is_equal =
        |part: &Term| matches!(part.head(), Head::Apply(it) if it.name.as_str() == "equal");
    match before.any(&is_equal) || after.any(&is_equal) {
        true => (expanded(derivation, &before), expanded(derivation, &after)),
        false => (before, after),
    }
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
    let is_careful = |step: &&Step| step.rule == derive_emit::CAREFUL;
    sides(line, is_careful, |term| expanded(derivation, term))
}

/// The same where a derivative is put in, with that in the place of its name as well.
fn met(derivation: &Derivation, line: &Line) -> Vec<(Term, Term)> {
    let mentions = |term: &Term, name: &Name| {
        term.any(&|part| matches!(part.head(), Head::Tensor(own, _) if own == name))
    };
    let steps = line.steps.iter();
    let steps = steps.filter(|step| step.rule == derive_emit::MET);
    let pair = |step: &Step| {
        let from_the_last = derivation.statements.iter().rev();
        let whole = from_the_last.fold(step.before.clone(), |term, it| {
            let name = it.variable.cotangent();
            match mentions(&step.after, &name) {
                true => term,
                false => replace_tensor(&term, &name, &it.result),
            }
        });
        (
            expanded(derivation, &whole),
            expanded(derivation, &step.after),
        )
    };
    steps.map(pair).collect()
}

/// A form with the definitions of all quantities put in.
fn expanded(derivation: &Derivation, term: &Term) -> Term {
    let from_the_last = derivation.forward.iter().rev();
    from_the_last.fold(term.clone(), |term, it| {
        let whole = it.matrix.clone();
        let whole = whole.filter(|whole| whole.shape() == Some(&it.shape));
        let meaning = whole.unwrap_or_else(|| build::comprehension(&it.indices, it.entry.clone()));
        replace_tensor(&term, &it.name, &meaning)
    })
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
