//! Rewriting steps: is every line of a derivation equal to the one before?
//!
//! In: pairs of terms and facts about the arrays they mention. Both sides are evaluated with random values for every
//! array, on sizes that differ at two points of three ([`crate::sizes`]). Out: the largest relative error and the steps that change the value, in words.

use crate::array::{Array, brief, compare, largest};
use crate::facts::{Mentioned, TensorFact};
use crate::few::Values;
use crate::neighbours::minus;
use crate::random::Random;
use crate::rounding::{Around, PART_OF_TERMS, is_rounding};
use crate::sample::{MODES, Mode};
use crate::{Config, Environment, Reason, TOLERANCE};
use derive_graph::Network;
use derive_index::derivation::{ChainLink, Cotangent, Statement, Step, Verdict};
use derive_index::{Index, Term, build};

/// Values are of size one, so that what is smaller than this is rounding of something that cancels.
pub(crate) const FLOOR: f64 = 1e-4;

/// The outcome of comparing steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepCheck {
    /// How many pairs were compared.
    pub steps: usize,
    /// The largest relative error between the two sides of a pair.
    pub error: f64,
    /// What failed, in words; empty if all is well.
    pub failures: Vec<String>,
    /// What was too large to be checked, in words. The check ends there.
    pub unchecked: Vec<String>,
}

impl StepCheck {
    /// Adds this outcome to a verdict.
    pub fn add_to(&self, verdict: &mut Verdict) {
        verdict.steps += self.steps;
        verdict.step_error = verdict.step_error.max(self.error);
        verdict.failures.extend(self.failures.iter().cloned());
        verdict.unchecked.extend(self.unchecked.iter().cloned());
    }
}

struct Pair {
    label: String,
    before: Term,
    after: Term,
}

/// Compares the two sides of every pair, and asks that each pair starts with the term that the one before ended with.
///
/// `network` gives the meaning of the user's functions. Free indices that occur on either side run over all values.
pub fn check_steps(
    network: &Network,
    steps: &[(Term, Term)],
    facts: &[TensorFact],
    config: &Config,
) -> StepCheck {
    let pair = |(at, (before, after)): (usize, &(Term, Term))| Pair {
        label: format!("step {}", at + 1),
        before: before.clone(),
        after: after.clone(),
    };
    let pairs: Vec<Pair> = steps.iter().enumerate().map(pair).collect();
    let mut check = compare_pairs(network, &pairs, facts, config);
    for (at, neighbours) in steps.windows(2).enumerate() {
        if neighbours[0].1 != neighbours[1].0 {
            check.failures.push(gap(at + 2));
        }
    }
    check
}

fn gap(step: usize) -> String {
    format!("step {step} does not start where step {} ended", step - 1)
}

/// Compares everything that a statement claims to be equal: its chain rule with its start, the steps of its local
/// derivatives, its steps, and what lies between start, steps and result. `steps` counts the rewriting steps alone.
pub fn check_statement(
    network: &Network,
    statement: &Statement,
    facts: &[TensorFact],
    config: &Config,
) -> StepCheck {
    let array = |entry: &Term| build::comprehension(&statement.indices, entry.clone());
    let mut pairs = Vec::new();
    let mut failures = Vec::new();
    let whole = [&array(&statement.start), &statement.result];
    push_chain("step", &statement.steps, whole, &mut pairs, &mut failures);
    let mut steps = statement.steps.len();
    if !statement.chain.is_empty() {
        pairs.push(Pair {
            label: "the substitution into the chain rule".to_string(),
            before: array(&chain_rule(&statement.chain)),
            after: array(&statement.start),
        });
    }
    push_links(&statement.chain, &mut pairs, &mut failures, &mut steps);
    let mut check = compare_pairs(network, &pairs, facts, config);
    failures.append(&mut check.failures);
    let named = |sentences: Vec<String>| -> Vec<String> {
        let about = format!("∂{}/∂{}", network.loss.name, statement.variable);
        let sentences = sentences.into_iter();
        sentences.map(|it| format!("{about}: {it}")).collect()
    };
    StepCheck {
        steps,
        error: check.error,
        failures: named(failures),
        unchecked: named(check.unchecked),
    }
}

/// Σ over links and their indices of ∂L/∂U ∂U/∂V.
fn chain_rule(chain: &[ChainLink]) -> Term {
    let link = |link: &ChainLink| {
        let cotangent = match &link.cotangent {
            Cotangent::Loss => build::integer(1),
            Cotangent::Named => {
                let dims = link.indices.iter().map(Index::dim).collect();
                let named = build::tensor(&link.user.cotangent(), &derive_graph::Shape(dims));
                build::entry(named, link.indices.clone())
            }
            Cotangent::Substituted(value) => value.clone(),
            Cotangent::Chained(chain) => chain_rule(chain),
        };
        build::product(
            link.indices.clone(),
            vec![cotangent, link.local.value.clone()],
        )
    };
    build::sum(chain.iter().map(link).collect())
}

fn push_links(
    chain: &[ChainLink],
    pairs: &mut Vec<Pair>,
    failures: &mut Vec<String>,
    steps: &mut usize,
) {
    for link in chain {
        let local = &link.local;
        let label = format!("the local derivative through {}, step", link.user);
        push_chain(
            &label,
            &local.steps,
            [&local.raw, &local.value],
            pairs,
            failures,
        );
        *steps += local.steps.len();
        if let Cotangent::Chained(inner) = &link.cotangent {
            push_links(inner, pairs, failures, steps);
        }
    }
}

/// The steps from one term to another, and the pairs that join their ends to these.
fn push_chain(
    label: &str,
    steps: &[Step],
    [start, end]: [&Term; 2],
    pairs: &mut Vec<Pair>,
    failures: &mut Vec<String>,
) {
    let mut last = start;
    for (at, step) in steps.iter().enumerate() {
        let continues = *last == step.before;
        if at > 0 && !continues {
            failures.push(format!("{label}: {}", gap(at + 1)));
        }
        if at == 0 && !continues {
            push_pair("the start", start, &step.before, pairs);
        }
        let label = format!("{label} {} ({})", at + 1, step.rule);
        push_pair(&label, &step.before, &step.after, pairs);
        last = &step.after;
    }
    if last != end {
        push_pair("the result", last, end, pairs);
    }
}

fn push_pair(label: &str, before: &Term, after: &Term, pairs: &mut Vec<Pair>) {
    pairs.push(Pair {
        label: label.to_string(),
        before: before.clone(),
        after: after.clone(),
    });
}

/// How often all modes are tried in either kind of number, on new sizes and with smaller entries each time, for a pair that is undefined: a Gram matrix may be
/// singular, an exponential may overflow.
const ROUNDS: u8 = 6;

/// The points in the order in which they are tried: in floats first, then where floats do not reach.
fn points() -> impl Iterator<Item = (Mode, Around)> {
    let rounds = [false, true].map(|wide| (0..ROUNDS).map(move |shrunk| (wide, shrunk)));
    let rounds = rounds.into_iter().flatten();
    rounds.flat_map(|(wide, shrunk)| {
        let around = Around {
            shrunk,
            wide,
            ..Around::default()
        };
        MODES.map(|mode| (mode, around))
    })
}

fn compare_pairs(
    network: &Network,
    pairs: &[Pair],
    facts: &[TensorFact],
    config: &Config,
) -> StepCheck {
    let mut check = StepCheck {
        steps: pairs.len(),
        ..StepCheck::default()
    };
    let mut mentioned = Mentioned::default();
    for pair in pairs {
        mentioned.add(&pair.before);
        mentioned.add(&pair.after);
    }
    mentioned.add_definitions(facts);
    let mut failed = vec![false; pairs.len()];
    for draw in 0..config.draws {
        let mut open: Vec<usize> = (0..pairs.len()).filter(|&at| !failed[at]).collect();
        let mut random = Random::new(config.seed, draw as u64);
        for (mode, around) in points() {
            if open.is_empty() {
                break;
            }
            let place = Place {
                mentioned: &mentioned,
                network,
                facts,
                mode,
                around,
                random: random.clone(),
            };
            let mut environment = match mentioned.draw(network, facts, place.mode(), &mut random) {
                Ok(environment) => environment,
                Err(reason) => {
                    check.failures.push(reason);
                    return check;
                }
            };
            // A pair that is undefined at this point waits for the next.
            let mut waiting = Vec::new();
            let mut last = None;
            for at in open {
                match compare_pair(&mut environment, &pairs[at], &place, &mut last) {
                    Ok(Some(error)) => check.error = check.error.max(error),
                    Ok(None) => waiting.push(at),
                    Err(Reason::TooLarge) => {
                        let label = &pairs[at].label;
                        check
                            .unchecked
                            .push(format!("{label}: {}", Reason::TooLarge));
                        return check;
                    }
                    Err(Reason::Because(failure)) => {
                        failed[at] = true;
                        check.failures.push(failure);
                    }
                }
            }
            open = waiting;
        }
        for at in open {
            failed[at] = true;
            let label = &pairs[at].label;
            let sentence = format!("{label} is undefined at every point that was tried");
            check.failures.push(sentence);
        }
    }
    check
}

/// A value that was found: a step begins where the one before ended.
struct Evaluated {
    term: Term,
    over: Vec<Index>,
    complex: bool,
    value: Values,
}

/// The relative error; `None` if a side is not finite here; the failure in words. What the pair before ended with, at the same point,
/// is not evaluated again.
fn compare_pair(
    environment: &mut Environment,
    pair: &Pair,
    place: &Place<'_>,
    last: &mut Option<Evaluated>,
) -> Result<Option<f64>, Reason> {
    let (over, complex) = (pair.over(), pair.is_complex());
    let known = last
        .take()
        .filter(|last| (&last.term, &last.over, last.complex) == (&pair.before, &over, complex));
    let evaluate = |environment: &mut Environment, term| {
        let value = environment.evaluate_few(term, &over, complex);
        value.map_err(|reason| match reason {
            Reason::TooLarge => reason,
            Reason::Because(reason) => {
                Reason::Because(format!("{} cannot be evaluated: {reason}", pair.label))
            }
        })
    };
    let before = match known {
        Some(known) => known.value,
        None => evaluate(environment, &pair.before)?,
    };
    let after = evaluate(environment, &pair.after)?;
    *last = Some(Evaluated {
        term: pair.after.clone(),
        value: after.clone(),
        over: over.clone(),
        complex,
    });
    match before.distance(&after, FLOOR) {
        Ok(None) => Ok(None),
        Ok(Some(error)) if error <= TOLERANCE => Ok(Some(error)),
        Ok(Some(_)) => {
            let [before, after] = [before, after].map(|side| side.to_array());
            if let Some(part) = place.rounding(pair, [&before, &after]) {
                return Ok(Some(part));
            }
            let at = compare(&before.data, &after.data, FLOOR).at;
            let (old, new) = (brief(before.data[at]), brief(after.data[at]));
            let place = before.place(at);
            let sizes = environment.sizes.describe(&Default::default());
            Err(Reason::Because(format!(
                "{} changes the value: the entry {place} was {old} and becomes {new} ({sizes})",
                pair.label
            )))
        }
        Err(reason) => Err(Reason::Because(format!("{} {reason}", pair.label))),
    }
}

impl Pair {
    /// The free indices of both sides.
    fn over(&self) -> Vec<Index> {
        union(&[&self.before, &self.after])
    }

    fn is_complex(&self) -> bool {
        self.before.is_complex() || self.after.is_complex()
    }
}

/// Where the values at a point came from, so that its neighbours can be drawn as well.
struct Place<'a> {
    mentioned: &'a Mentioned,
    network: &'a Network,
    facts: &'a [TensorFact],
    mode: Mode,
    around: Around,
    /// The stream as it was before the point was drawn.
    random: Random,
}

impl Place<'_> {
    fn mode(&self) -> (Mode, Around) {
        (self.mode, self.around)
    }

    /// How far the two sides, with these values here, are apart if that is rounding: relative to the values, which are of size one as the
    /// terms that cancel are.
    fn rounding(&self, pair: &Pair, [before, after]: [&Array; 2]) -> Option<f64> {
        let scale = largest(&before.data).max(largest(&after.data));
        let here = minus(before, &after.data)?;
        let part = largest(&here) / scale.max(1.0);
        let elsewhere = self.around.neighbours();
        let elsewhere = elsewhere.map(|around| self.difference(pair, around));
        let all =
            || -> Option<Vec<Vec<f64>>> { std::iter::once(Some(here)).chain(elsewhere).collect() };
        let rounding = part <= PART_OF_TERMS && is_rounding(&all()?, TOLERANCE * scale.max(FLOOR));
        rounding.then_some(part)
    }

    /// By how much the sides differ at a neighbour; nothing where one of them has no value.
    fn difference(&self, pair: &Pair, around: Around) -> Option<Vec<f64>> {
        let random = &mut self.random.clone();
        let mode = (self.mode, around);
        let mut environment = self
            .mentioned
            .draw(self.network, self.facts, mode, random)
            .ok()?;
        let mut side = |term| {
            environment
                .evaluate_as(term, &pair.over(), pair.is_complex())
                .ok()
        };
        let (before, after) = (side(&pair.before)?, side(&pair.after)?);
        minus(&before, &after.data)
    }
}

/// The free indices of some terms, each once, in their order.
fn union(terms: &[&Term]) -> Vec<Index> {
    let mut all: Vec<Index> = terms.iter().flat_map(|term| term.free().to_vec()).collect();
    all.sort();
    all.dedup();
    all
}

/// Two members of one class that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// Which class.
    pub class: usize,
    /// The member that the other is compared with.
    pub first: Term,
    /// The member that differs.
    pub second: Term,
    /// How, in words.
    pub reason: String,
}

/// Evaluates every member of every class over the free indices of the whole class, and returns what disagrees with the
/// first member of its class that can be evaluated. Classes of indices have no value and are passed over.
pub fn class_disagreement(
    network: &Network,
    classes: &[Vec<Term>],
    facts: &[TensorFact],
    config: &Config,
) -> Vec<Disagreement> {
    let mut mentioned = Mentioned::default();
    classes
        .iter()
        .flatten()
        .for_each(|term| mentioned.add(term));
    mentioned.add_definitions(facts);
    let mut found: Vec<Disagreement> = Vec::new();
    for draw in 0..config.draws {
        let mut random = Random::new(config.seed, draw as u64);
        let mut open: Vec<usize> = (0..classes.len())
            .filter(|&class| classes[class].len() > 1)
            .filter(|&class| found.iter().all(|known| known.class != class))
            .collect();
        for (attempt, mode) in MODES.into_iter().enumerate() {
            let drawn = mentioned.draw(network, facts, (mode, Around::default()), &mut random);
            let mut environment = match drawn {
                Ok(environment) => environment,
                Err(reason) => {
                    found.extend(open.iter().map(|&class| Disagreement {
                        class,
                        first: classes[class][0].clone(),
                        second: classes[class][1].clone(),
                        reason: reason.clone(),
                    }));
                    break;
                }
            };
            let last = attempt + 1 == MODES.len();
            open.retain(|&class| {
                let outcome = compare_class(&mut environment, &classes[class], last);
                found.extend(
                    outcome
                        .disagreements
                        .into_iter()
                        .map(|(first, second, reason)| Disagreement {
                            class,
                            first,
                            second,
                            reason,
                        }),
                );
                outcome.undefined
            });
        }
    }
    found
}

#[derive(Default)]
struct ClassOutcome {
    disagreements: Vec<(Term, Term, String)>,
    undefined: bool,
}

/// Compares the members at one point. With `last` unset a class with a member that is undefined there is put off.
fn compare_class(environment: &mut Environment, members: &[Term], last: bool) -> ClassOutcome {
    let mut outcome = ClassOutcome::default();
    let terms: Vec<&Term> = members
        .iter()
        .filter(|term| term.as_index().is_none())
        .collect();
    let over = union(&terms);
    let complex = terms.iter().any(|term| term.is_complex());
    let mut reference: Option<(&Term, Values)> = None;
    for term in terms {
        let value = match environment.evaluate_few(term, &over, complex) {
            Ok(value) => value,
            Err(reason) => {
                outcome
                    .disagreements
                    .push((members[0].clone(), term.clone(), reason.to_string()));
                continue;
            }
        };
        if !value.is_finite() {
            outcome.undefined = true;
            if last {
                let reason = "undefined at every point that was tried".to_string();
                outcome
                    .disagreements
                    .push((members[0].clone(), term.clone(), reason));
                continue;
            }
            return ClassOutcome {
                disagreements: Vec::new(),
                ..outcome
            };
        }
        let Some((first, expected)) = &reference else {
            reference = Some((term, value));
            continue;
        };
        let reason = match expected.distance(&value, FLOOR) {
            Ok(Some(error)) if error <= TOLERANCE => continue,
            Ok(error) => format!("relative error {:.1e}", error.unwrap_or(f64::INFINITY)),
            Err(reason) => reason,
        };
        outcome
            .disagreements
            .push(((*first).clone(), term.clone(), reason));
    }
    outcome
}
