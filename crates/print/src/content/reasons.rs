//! Why a step holds, in words: its rule, a sentence for every place where it was used, and its conditions.

use super::{Telling, Told, numbers, positions};
use crate::Steps;
use crate::document::{Inline, Reason, words};
use crate::math;
use crate::term::Speller;
use derive_graph::Name;
use derive_index::derivation::{Condition, Step, Why};

/// The names of the rules behind several steps that are told as one.
pub fn named_rules(steps: &[Step]) -> Option<Reason> {
    let mut names: Vec<&str> = Vec::new();
    for step in steps {
        if !names.contains(&step.rule) {
            names.push(step.rule);
        }
    }
    (!names.is_empty()).then(|| Reason {
        rule: names.join(", "),
        sentences: Vec::new(),
        readings: Vec::new(),
    })
}

/// The reason of a line; none where it only explains, and did so before.
pub(super) fn reasons(
    speller: &mut Speller<'_>,
    steps: &[&Step],
    telling: Telling<'_>,
) -> Vec<Reason> {
    let reason = cited_reason(speller, steps, telling);
    let silent = reason.sentences.is_empty() && reason.readings.is_empty();
    let explains = steps.iter().all(|step| step.why.explains());
    match telling.detail == Steps::Key && silent && explains {
        true => Vec::new(),
        false => vec![reason],
    }
}

/// The reason of a line, and where a name takes the place of what it stands for, the number of its definition.
fn cited_reason(speller: &mut Speller<'_>, steps: &[&Step], telling: Telling<'_>) -> Reason {
    let told = (telling.detail == Steps::Key).then_some(telling.told);
    let mut reason = reason(speller, steps, telling.detail, told);
    if let Some(cited) = telling.numbers.cite(&folded(steps))
        && let Some(last) = reason.sentences.last_mut()
    {
        last.push(words(", "));
        last.extend(cited);
    }
    reason
}

/// The arrays that stand after the steps and did not before.
fn folded(steps: &[&Step]) -> Vec<Name> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
        return Vec::new();
    };
    let mut before = Vec::new();
    numbers::names(&first.before, &mut |name| before.push(name.clone()));
    let mut new = Vec::new();
    numbers::names(&last.after, &mut |name| {
        if !before.contains(name) {
            new.push(name.clone());
        }
    });
    new
}

/// The rule's name, then a sentence for every place where it was used; in brief, where what was explained before is known.
pub fn reason(
    speller: &mut Speller<'_>,
    steps: &[&Step],
    detail: Steps,
    told: Option<&Told>,
) -> Reason {
    let mut said: Vec<Vec<Inline>> = Vec::new();
    let mut stated: Vec<Vec<Inline>> = Vec::new();
    let mut readings = Vec::new();
    for step in steps {
        let brief = told.is_some_and(|told| told.again(&step.why));
        if let Some(reading) = positions::reading(speller, step)
            && !(brief && reading.is_plain())
            && !readings.contains(&reading)
        {
            readings.push(reading);
        }
        let mut sentence = why(speller, &step.why, brief);
        let mut statement = why(speller, &step.why, true);
        let conditions = conditions(speller, &step.conditions);
        sentence.extend_from_slice(&conditions);
        statement.extend(conditions);
        // What was said of this line is not said of it again, in brief or not.
        if !sentence.is_empty() && !stated.contains(&statement) {
            said.push(sentence);
            stated.push(statement);
        }
    }
    Reason {
        rule: rule_words(steps, detail),
        sentences: said,
        readings,
    }
}

fn rule_words(steps: &[&Step], detail: Steps) -> String {
    let rule = steps.first().map_or("", |step| step.rule);
    let backwards = steps.iter().all(|step| step.backwards);
    match (backwards && detail == Steps::Full, rule) {
        (true, rule) => format!("{rule}, from right to left"),
        (false, rule) => rule.to_owned(),
    }
}

/// The sentence with its formulas in place, without its full stop.
fn why(speller: &mut Speller<'_>, why: &Why, brief: bool) -> Vec<Inline> {
    let mut said = Vec::new();
    let template = why.sentence(brief);
    let mut rest = template.trim_end_matches('.');
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, after)) = after.split_once('}') else {
            break;
        };
        said.push(words(before));
        match slot
            .parse::<usize>()
            .ok()
            .and_then(|slot| why.slots.get(slot))
        {
            Some(term) => said.push(Inline::Math(speller.spell_aside(term))),
            None => said.push(words(format!("{{{slot}}}"))),
        }
        rest = after;
    }
    said.push(words(rest));
    said.retain(|part| !matches!(part, Inline::Text(text) if text.is_empty()));
    said
}

fn conditions(speller: &mut Speller<'_>, conditions: &[Condition]) -> Vec<Inline> {
    let mut said = Vec::new();
    for (at, condition) in conditions.iter().enumerate() {
        said.push(words(if at == 0 { " (" } else { "; " }));
        match condition {
            Condition::NonZero { term, because } => {
                let term = speller.spell_aside(term);
                let zero = math::Spelling::new("≠", r"\ne");
                said.push(Inline::Math(math::relation(term, zero, math::number(0))));
                said.push(words(match *because {
                    "" => ", assumed".to_owned(),
                    because => format!(": {because}"),
                }));
            }
            Condition::Declared { array, fact } => {
                said.push(Inline::Math(speller.name(array)));
                // What is said of the array itself needs no pronoun.
                said.push(words(match fact.strip_prefix("it is ") {
                    Some(property) => format!(" is {property}"),
                    None => format!(": {fact}"),
                }));
            }
            Condition::Invertible { term } => {
                said.push(Inline::Math(speller.spell_aside(term)));
                said.push(words(" is invertible, which writing its inverse assumes"));
            }
            Condition::Defined { value, definition } => {
                let sides = [value, definition].map(|side| speller.spell_aside(side));
                let [value, definition] = sides;
                let equals = math::Spelling::new("=", "=");
                said.push(Inline::Math(math::relation(value, equals, definition)));
            }
        }
    }
    said.extend((!conditions.is_empty()).then(|| words(")")));
    said
}
