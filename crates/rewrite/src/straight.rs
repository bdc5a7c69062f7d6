//! Shorter ways to the result of a run. An e-graph proves that two terms are equal by way of whatever united them first.

use crate::fact::Fact;
use crate::solve::{Limits, Run, Solution, without_clock};
use crate::steps::Tried;
use derive_index::derivation::Step;
use derive_index::{Head, StepList, Term};
use rustc_hash::FxHashSet;

/// Rules by which a proof may have come to its end the long way round.
struct Detour {
    rules: &'static [&'static str],
    /// Whether a result shows that they were needed.
    needed: fn(&Term) -> bool,
}

/// The e-graph may prove that two terms are equal by way of a third one that it met on the way to something else: a product with ones that
/// the result does not have, an entry of a symmetric matrix turned and turned back.
const DETOURS: [Detour; 2] = [
    Detour {
        rules: &["row-sum", "column-sum", "total"],
        needed: |result| result.any(&|term| matches!(term.head(), Head::Ones(_))),
    },
    Detour {
        rules: &["symmetric"],
        needed: |_| false,
    },
];

/// The same result by a shorter proof that does without such rules, if there is one.
pub(crate) fn straightened(
    mut found: Solution,
    start: &Term,
    facts: &[Fact],
    limits: Limits,
    tried: Tried,
) -> Solution {
    for Detour { rules, needed } in &DETOURS {
        let steps = found.steps.to_vec();
        let taken = steps.iter().any(|step| rules.contains(&step.rule));
        if !taken || needed(&found.result) {
            continue;
        }
        let mut run =
            without_clock(|| Run::saturated(start, facts, limits, false, rules, Tried::default()));
        let other = run.solution(facts);
        let same = other.result == found.result && other.saturated && !other.clash;
        if same && told(&other.steps) < told(&steps) {
            found = other;
        }
    }
    if found.steps.len() >= LONG || turns_again(&found.steps) {
        found = shortened(found, facts, limits, tried);
    }
    found
}

/// In how many lines a proof is told, which say at once what one rule does in several places, and how many steps it has.
fn told(steps: &[Step]) -> (usize, usize) {
    let lines = steps.chunk_by(|one, next| one.rule == next.rule);
    (lines.count(), steps.len())
}

/// From so many steps on it is worth looking for a shorter way.
const LONG: usize = 16;

/// All runs after the first have together at most this part of the nodes that one may have.
const PART: usize = 12;

/// Whether a matrix is turned into the same one more than once, as where that is undone on the way.
fn turns_again(steps: &[Step]) -> bool {
    let mut seen = FxHashSet::default();
    steps.iter().any(|step| {
        let turned = matches!(step.rule, "symmetric-transpose" | "symmetric");
        turned && step.changed().is_some_and(|pair| !seen.insert(pair))
    })
}

/// The same result by a proof that goes on from each of its lines the shorter way, if there is one.
fn shortened(mut found: Solution, facts: &[Fact], limits: Limits, mut tried: Tried) -> Solution {
    let mut steps = found.steps.to_vec();
    let mut at = 1;
    // A long proof is shortened for a few times as long as it took to find, not for longer.
    let mut nodes = 0;
    let most = limits.nodes / PART;
    while at < steps.len() && nodes <= most {
        let line = &steps[at].before;
        let mut run = without_clock(|| Run::saturated(line, facts, limits, false, &[], tried));
        let rest = run.solution(facts);
        tried = run.tried;
        nodes += rest.nodes;
        let same = rest.result == found.result && rest.saturated && !rest.clash;
        let way = [&steps[..at], &rest.steps].concat();
        if same && told(&way) < told(&steps) {
            steps = way;
        }
        at += 1;
    }
    found.steps = StepList::from(steps);
    found
}
