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

/// An application and the row of its rule.
pub type Applied = (&'static Rule, Application);

/// What the rules make of the terms that they were tried on, under one context: a term is tried once, also by runs that start at other
/// lines of one proof.
#[derive(Default)]
pub struct Tried {
    known: FxHashMap<Term, Vec<Applied>>,
    /// What a context may differ in between the runs of one statement.
    under: (Vec<Index>, bool, &'static [&'static str]),
}

impl Tried {
    /// What stays of it under a context of the same statement: nothing where they differ.
    pub fn under(self, context: &Context<'_>, without: &'static [&'static str]) -> Tried {
        let under = (context.indices.to_vec(), context.transforms, without);
        if self.under == under {
            return self;
        }
        Tried {
            known: FxHashMap::default(),
            under,
        }
    }

    /// Every application of the rules to this term.
    pub fn on(&mut self, term: &Term, context: &Context) -> &[Applied] {
        let known = self.known.entry(term.clone());
        known.or_insert_with(|| applications(term, context))
    }

    fn leading(&mut self, before: &Term, after: &Term, context: &Context) -> Option<Applied> {
        let mut found = self.on(before, context).iter();
        found.find(|(_, found)| found.after == *after).cloned()
    }
}

/// The steps of a proof.
pub fn steps_of_proof(
    proof: &Explanation<Node>,
    tried: &mut Tried,
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
        steps.extend(step_between(&current, &line.term, change, tried, context));
        current = line.term.clone();
        cut_detour(&mut steps, &current);
    }
    let steps = mend_leaks(steps, lines[0].term.free(), tried, context);
    gathered(steps, tried, context)
}

/// A value without indices may equal a sum whose free index the whole does not have. Where the proof takes such a way round,
/// it is replaced by the one rule that leads straight on, if there is one.
fn mend_leaks(steps: Vec<Step>, free: &[Index], tried: &mut Tried, context: &Context) -> Vec<Step> {
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
        let (from, to) = (&round[0].before, &round[round.len() - 1].after);
        match straight(from, to, tried, context) {
            Some(step) => mended.push(step),
            None => mended.extend(round),
        }
    }
    mended
}

/// One step between two terms that differ at one place, if a rule leads there.
pub fn straight(before: &Term, after: &Term, tried: &mut Tried, context: &Context) -> Option<Step> {
    let mut site = Vec::new();
    let (mut from, mut to) = (before, after);
    loop {
        if let Some(found) = tried.leading(from, to, context) {
            return Some(acted(found, (before.clone(), after.clone()), site));
        }
        let same_node = from.head() == to.head() && from.children().len() == to.children().len();
        let mut pairs = from.children().iter().zip(to.children()).enumerate();
        let (at, (a, b)) = pairs.find(|(_, (a, b))| a != b).filter(|_| same_node)?;
        site.push(at);
        (from, to) = (a, b);
    }
}

/// The step of an application at a path.
pub fn acted((row, found): Applied, (before, after): (Term, Term), site: Vec<usize>) -> Step {
    let template = found.why.unwrap_or(row.why);
    let why = Why {
        template,
        slots: found.slots,
    };
    Step {
        rule: row.name,
        backwards: false,
        before,
        after,
        site,
        why,
        conditions: found.conditions,
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
    tried: &mut Tried,
    context: &Context,
) -> Option<Step> {
    let row = rule(change.rule.as_str())?;
    let site = change.site();
    let (from, to) = (subterm(before, &site)?, subterm(after, &site)?);
    let found = if change.backwards {
        tried.leading(&to, &from, context)
    } else {
        tried.leading(&from, &to, context)
    };
    let unexplained = || Application {
        why: Some(row.statement),
        ..Application::new(to.clone())
    };
    let application = found.map_or_else(unexplained, |(_, application)| application);
    let sides = (before.clone(), after.clone());
    Some(Step {
        backwards: change.backwards,
        ..acted((row, application), sides, site)
    })
}

/// The part of a term at a path of child positions.
pub fn subterm(term: &Term, path: &[usize]) -> Option<Term> {
    match path.split_first() {
        None => Some(term.clone()),
        Some((&at, rest)) => subterm(term.children().get(at)?, rest),
    }
}
