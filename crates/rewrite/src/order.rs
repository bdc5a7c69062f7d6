//! The steps of a proof in the order in which a person takes them: what is done alike is done together.
//!
//! In: the steps as the e-graph's proof lists them, term by term of a sum. Out: the same rewrites, each still a rule at one place,
//! where a step joins the earliest others of its rule that it can be moved to. A step passes another one where both act on
//! different places, or where its rule applies as well before the other one has acted, inside its place or around it, and that one after it.
//! Where neither is so, it stays; so every line still follows from the one before by its rule.

use crate::rules::{Context, Family, rule};
use crate::steps::{Applied, Tried, acted, straight, subterm};
use derive_index::derivation::Step;
use derive_index::{Head, Term};

/// The steps with those of one rule together, as far as they can pass one another.
pub fn gathered(steps: Vec<Step>, tried: &mut Tried, context: &Context) -> Vec<Step> {
    let mut done = Vec::with_capacity(steps.len());
    for step in steps {
        insert(&mut done, step, tried, context);
    }
    done
}

/// A step passes at most this many others, so that long derivations take time in proportion to their steps.
const REACH: usize = 64;

/// Puts a step behind the earliest others of its rule within reach; at the end if there are none.
fn insert(done: &mut Vec<Step>, step: Step, tried: &mut Tried, context: &Context) {
    let rule = step.rule;
    let mut passed: Vec<Step> = Vec::new();
    let mut current = step.clone();
    let mut best = (done.len(), step, 0);
    for at in (0..done.len()).rev().take(REACH) {
        let ends_run = done.get(at + 1).is_none_or(|next| next.rule != rule);
        if done[at].rule == rule && ends_run {
            best = (at + 1, current.clone(), passed.len());
        }
        // There is nothing to gain where no other run of its rule stands further in front.
        let within = done[at].rule == rule;
        let earlier = done[at.saturating_sub(REACH)..at].iter().rev();
        let mut same = earlier.map(|earlier| earlier.rule == rule);
        if !same
            .by_ref()
            .skip_while(|same| within && *same)
            .any(|same| same)
        {
            break;
        }
        let Some((first, second)) = exchanged(&done[at], &current, tried, context) else {
            break;
        };
        current = first;
        passed.push(second);
    }
    let (at, moved, count) = best;
    done.truncate(at);
    done.push(moved);
    done.extend(passed.into_iter().take(count).rev());
}

/// Two steps that follow each other, the second one first; nothing where it needs what the other has done.
fn exchanged(
    first: &Step,
    second: &Step,
    tried: &mut Tried,
    context: &Context,
) -> Option<(Step, Step)> {
    let inside = |inner: &[usize], outer: &[usize]| inner.starts_with(outer);
    if inside(&second.site, &first.site) {
        within(first, second, tried, context)
    } else if inside(&first.site, &second.site) {
        around(first, second, tried, context)
    } else {
        beside(first, second)
    }
}

/// The two act on different places.
fn beside(first: &Step, second: &Step) -> Option<(Step, Step)> {
    let made = subterm(&second.after, &second.site)?;
    let middle = replaced(&first.before, &second.site, made)?;
    let [mut earlier, mut later] = [second.clone(), first.clone()];
    earlier.before = first.before.clone();
    earlier.after = middle.clone();
    later.before = middle;
    later.after = second.after.clone();
    Some((earlier, later))
}

/// The first acts inside the place of the second, whose rule applies before it as well.
fn around(
    first: &Step,
    second: &Step,
    tried: &mut Tried,
    context: &Context,
) -> Option<(Step, Step)> {
    if first.backwards || second.backwards {
        return None;
    }
    sooner(first, second, &second.site, tried, context)
}

/// The second step's rule at a place of the term before the first, and the first's rule from there on to the same end.
fn sooner(
    first: &Step,
    second: &Step,
    site: &[usize],
    tried: &mut Tried,
    context: &Context,
) -> Option<(Step, Step)> {
    let place = subterm(&first.before, site)?;
    let found = tried.on(&place, context).iter();
    let found: Vec<Applied> = found
        .filter(|(row, _)| row.name == second.rule)
        .cloned()
        .collect();
    found.into_iter().find_map(|found| {
        let middle = replaced(&first.before, site, found.1.after.clone())?;
        let later = straight(&middle, &second.after, tried, context)?;
        let sides = (first.before.clone(), middle);
        (later.rule == first.rule).then(|| (acted(found, sides, site.to_vec()), later))
    })
}

/// The second makes a sum collapse inside the place of the first, and its rule does so before it as well: what tidies or contracts comes
/// after what collapses.
fn within(
    first: &Step,
    second: &Step,
    tried: &mut Tried,
    context: &Context,
) -> Option<(Step, Step)> {
    let collapses = rule(second.rule).is_some_and(|row| row.family == Family::Collapse);
    if first.backwards || second.backwards || !collapses {
        return None;
    }
    let whole = subterm(&first.before, &first.site)?;
    let part = subterm(&second.before, &second.site)?;
    let mut paths = Vec::new();
    paths_of(part.head(), &whole, &mut first.site.clone(), &mut paths);
    let mut paths = paths.iter();
    paths.find_map(|path| sooner(first, second, path, tried, context))
}

/// The paths of the parts with this head of a term that stands at a path.
fn paths_of(head: &Head, term: &Term, path: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
    if term.head() == head {
        paths.push(path.clone());
    }
    for (at, child) in term.children().iter().enumerate() {
        path.push(at);
        paths_of(head, child, path, paths);
        path.pop();
    }
}

/// A term with another part at a path of child positions.
fn replaced(term: &Term, path: &[usize], part: Term) -> Option<Term> {
    let Some((&at, rest)) = path.split_first() else {
        return Some(part);
    };
    let mut children = term.children().to_vec();
    let child = children.get(at)?;
    children[at] = replaced(child, rest, part)?;
    Some(Term::raw(term.head().clone(), children))
}
