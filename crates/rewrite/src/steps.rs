//! From the proof that the e-graph gives to the steps that are printed.
//!
//! Every line of the proof differs from the one before by one rule at one place. The rule's row gives the sentence, the
//! recorded application its formulas and conditions. A detour (a term met before) is cut out; what is left is the proof, line
//! by line.

use crate::language::Node;
use crate::lines::{Change, lines};
use crate::order::gathered;
use crate::rules::{Application, Context, Rule, applications, rule};
use derive_index::derivation::{Step, Why};
use derive_index::{Index, Term};
use egg::Explanation;
use rustc_hash::FxHashMap;

/// What was recorded when rules were applied: formulas and conditions by the two sides.
#[derive(Default)]
pub struct Reasons {
    known: FxHashMap<(Term, Term), (&'static Rule, Application)>,
}

impl Reasons {
    /// Records an application.
    pub fn record(&mut self, before: Term, rule: &'static Rule, application: Application) {
        self.known
            .insert((before, application.after.clone()), (rule, application));
    }

    fn find(&self, before: &Term, after: &Term, context: &Context) -> Option<Application> {
        let key = (before.clone(), after.clone());
        let recorded = self
            .known
            .get(&key)
            .map(|(_, application)| application.clone());
        recorded.or_else(|| {
            let again = applications(before, context)
                .into_iter()
                .map(|(_, application)| application);
            again
                .into_iter()
                .find(|application| application.after == *after)
        })
    }
}

/// The steps of a proof.
pub fn steps_of_proof(
    proof: &Explanation<Node>,
    reasons: &Reasons,
    context: &Context,
) -> Vec<Step> {
    let lines = lines(proof);
    let mut steps: Vec<Step> = Vec::new();
    let mut current = match lines.first() {
        Some(line) => line.term.clone(),
        None => return steps,
    };
    for line in &lines[1..] {
        let Some(change) = &line.change else {
            continue;
        };
        steps.extend(step_between(&current, &line.term, change, reasons, context));
        current = line.term.clone();
        cut_detour(&mut steps, &current);
    }
    gathered(mend_leaks(steps, lines[0].term.free(), context), context)
}

/// A value without indices may equal a sum whose free index the whole does not have. Where the proof takes such a way round,
/// it is replaced by the one rule that leads straight on, if there is one.
fn mend_leaks(steps: Vec<Step>, free: &[Index], context: &Context) -> Vec<Step> {
    let leaks = |term: &Term| term.free().iter().any(|index| !free.contains(index));
    let mut mended: Vec<Step> = Vec::with_capacity(steps.len());
    let mut rest = steps.into_iter();
    while let Some(step) = rest.next() {
        if !leaks(&step.after) {
            mended.push(step);
            continue;
        }
        let mut round = vec![step];
        while round.last().is_some_and(|step| leaks(&step.after)) {
            match rest.next() {
                Some(step) => round.push(step),
                None => break,
            }
        }
        match straight(&round[0].before, &round[round.len() - 1].after, context) {
            Some(step) => mended.push(step),
            None => mended.extend(round),
        }
    }
    mended
}

/// One step between two terms that differ at one place, if a rule leads there.
pub fn straight(before: &Term, after: &Term, context: &Context) -> Option<Step> {
    let mut site = Vec::new();
    let (mut from, mut to) = (before, after);
    loop {
        let found = applications(from, context);
        if let Some((row, application)) = found.into_iter().find(|(_, found)| found.after == *to) {
            let (template, slots) = (application.why.unwrap_or(row.why), application.slots);
            return Some(Step {
                rule: row.name,
                backwards: false,
                before: before.clone(),
                after: after.clone(),
                site,
                why: Why { template, slots },
                conditions: application.conditions,
            });
        }
        let same_node = from.head() == to.head() && from.children().len() == to.children().len();
        let mut pairs = from.children().iter().zip(to.children()).enumerate();
        let (at, (a, b)) = pairs.find(|(_, (a, b))| a != b).filter(|_| same_node)?;
        site.push(at);
        (from, to) = (a, b);
    }
}

/// Removes everything since the term was met before.
fn cut_detour(steps: &mut Vec<Step>, current: &Term) {
    if let Some(first) = steps.iter().position(|step| step.before == *current) {
        steps.truncate(first);
    }
}

fn step_between(
    before: &Term,
    after: &Term,
    change: &Change,
    reasons: &Reasons,
    context: &Context,
) -> Option<Step> {
    let row = rule(change.rule.as_str())?;
    let site = change.site();
    let (from, to) = (subterm(before, &site)?, subterm(after, &site)?);
    let application = if change.backwards {
        reasons.find(&to, &from, context)
    } else {
        reasons.find(&from, &to, context)
    };
    let (template, slots, conditions) = match application {
        Some(application) => (
            application.why.unwrap_or(row.why),
            application.slots,
            application.conditions,
        ),
        None => (row.statement, Vec::new(), Vec::new()),
    };
    Some(Step {
        rule: row.name,
        backwards: change.backwards,
        before: before.clone(),
        after: after.clone(),
        site,
        why: Why { template, slots },
        conditions,
    })
}

/// The part of a term at a path of child positions.
pub fn subterm(term: &Term, path: &[usize]) -> Option<Term> {
    match path.split_first() {
        None => Some(term.clone()),
        Some((&at, rest)) => subterm(term.children().get(at)?, rest),
    }
}
