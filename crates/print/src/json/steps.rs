//! The steps of one derivative: of its local derivatives, of each contribution, and from the chain rule to the result.

use super::record::{self, Part, Step as Record, Trees};
use super::spelt;
use super::tree;
use crate::Steps;
use crate::content::{self, Line};
use crate::document::Reading;
use crate::latex;
use crate::layout_text::unicode;
use crate::math::Math;
use crate::term::Speller;
use derive_index::Term;
use derive_index::derivation::{ChainLink, Cotangent, Derivation, Statement, Step};

/// What the steps of one run have in common.
pub(super) struct Run<'a> {
    pub(super) stage: &'static str,
    pub(super) verified: bool,
    pub(super) detail: Steps,
    pub(super) steps: &'a [Step],
}

/// Every step in the order of the page.
pub fn steps(
    derivation: &Derivation,
    speller: &mut Speller<'_>,
    statement: &Statement,
    detail: Steps,
) -> Vec<Record> {
    let mut records = Vec::new();
    if detail == Steps::None || statement.chain.is_empty() {
        return records;
    }
    let run = |stage, steps| Run {
        stage,
        verified: derivation.verdict.is_some(),
        detail,
        steps,
    };
    content::give_letters(speller, statement);
    let entry = content::at(speller, &statement.variable, &statement.indices);
    local(
        speller,
        &statement.chain,
        &entry,
        &|steps| run("local", steps),
        &mut records,
    );
    for part in &statement.contributions {
        let start = content::entry_of(&part.start, &statement.indices);
        let left = speller.spell(&start);
        told(
            &run("contribution", &part.steps),
            speller,
            &mut records,
            |speller, term| {
                let entry = content::entry_of(term, &statement.indices);
                (left.clone(), speller.spell(&entry))
            },
        );
    }
    told(
        &run("result", &statement.steps),
        speller,
        &mut records,
        |speller, term| content::sides(speller, statement, term),
    );
    records
}

fn local<'a>(
    speller: &mut Speller<'_>,
    links: &'a [ChainLink],
    entry: &Math,
    run: &dyn Fn(&'a [Step]) -> Run<'a>,
    records: &mut Vec<Record>,
) {
    for link in links {
        let user = content::at(speller, &link.user, &link.indices);
        if let Cotangent::Chained(inner) = &link.cotangent {
            local(speller, inner, &user, run, records);
        }
        let left = crate::math::partial(user, entry.clone());
        told(
            &run(&link.local.steps),
            speller,
            records,
            |speller, term| (left.clone(), speller.spell(term)),
        );
    }
}

/// The steps of a run; `sides` says what a term stands for and how it is written there.
pub(super) fn told(
    run: &Run<'_>,
    speller: &mut Speller<'_>,
    records: &mut Vec<Record>,
    mut sides: impl FnMut(&mut Speller<'_>, &Term) -> (Math, Math),
) {
    for Line { after, steps, .. } in content::lines(run.steps, run.detail) {
        let Some(first) = steps.first() else { continue };
        let (_, before) = sides(speller, &first.before);
        let trees = (run.detail == Steps::Full).then(|| Trees {
            before: record::compact(&tree::numbered(&first.before)),
            after: record::compact(&tree::numbered(after)),
            changed: tree::place(&first.before, &first.site),
        });
        let (left, after) = sides(speller, after);
        let reason = content::reason(speller, &steps, run.detail, None);
        let sentences: Vec<String> = reason.sentences.iter().map(|it| unicode(it)).collect();
        records.push(Record {
            stage: run.stage,
            rule: reason.rule,
            why: sentences.join("; "),
            left: latex::inline(&left),
            before: latex::inline(&before),
            after: latex::inline(&after),
            readings: reason.readings.iter().map(reading).collect(),
            trees,
            verified: run.verified,
        });
    }
}

fn reading(reading: &Reading) -> record::Reading {
    let part = |(factor, indices): &(Math, Vec<_>)| Part {
        factor: spelt(factor),
        indices: unicode(indices),
    };
    record::Reading {
        front: reading.front.as_ref().map(spelt),
        summed: reading.summed.iter().map(crate::text::inline).collect(),
        parts: reading.parts.iter().map(part).collect(),
        result: spelt(&reading.result),
    }
}
