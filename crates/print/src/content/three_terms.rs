//! The derivative through a normalisation in three terms: where they come from, entry by entry and without indices, and what they say.

use super::numbers::enumerated;
use super::{Telling, steps};
use crate::Steps;
use crate::document::{Block, Equation, Inline, sentence, words};
use crate::math;
use crate::term::Speller;
use derive_index::derivation::{Statement, ThreeTerms};
use derive_index::{Term, build};

/// The blocks about the three terms of a statement that has them.
pub fn told(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    let Some(three) = &statement.three_terms else {
        return;
    };
    let takes = match three.alone {
        true => " it takes three terms",
        false => " it takes three terms, and what else contributes stays as it is",
    };
    let normalised = speller.name(&three.normalised);
    let mut lead = vec![words("Through "), Inline::Math(normalised)];
    if telling.detail == Steps::Key || three.signals.is_empty() {
        lead.push(words(takes));
        lead.push(words(":"));
    } else {
        lead.push(words(takes));
        lead.push(words(". With "));
        let signals = three.signals.iter();
        let signals = signals.map(|name| Inline::Math(speller.name(&name.cotangent())));
        lead.extend(enumerated(signals.collect()));
        lead.push(words(" put in, it is"));
        blocks.push(Block::Lead(lead));
        blocks.push(equation(speller, statement, &three.put_in));
        lead = because(speller, statement, three, telling);
    }
    blocks.push(Block::Lead(lead));
    blocks.push(equation(speller, statement, &three.entry));
    if let Some(closed) = &three.closed {
        blocks.push(Block::Lead(sentence("Without indices:")));
        let (left, right) = steps::sides(speller, statement, closed);
        blocks.push(Block::Equations(vec![Equation::plain(left, right)]));
    }
    if let Some(meaning) = telling.once(MEANING) {
        blocks.push(Block::Lead(sentence(meaning)));
    }
}

/// Why the form has three terms, and what each is.
const MEANING: &str = "This is the three-term form of the derivative through a normalisation: what arrives, less its mean, less the normalised \
    number times the mean of its product with what arrives, divided by the scale. To shift or to stretch all numbers alike would be undone \
    by the normalisation, so that part is taken out.";

/// `Deviations from the mean add up to zero, Σᵢ (Xᵢⱼ − μⱼ) = 0, and (Xᵢⱼ − μⱼ)/√(varⱼ + eps) = x̂ᵢⱼ, by (3):`
fn because<'a>(
    speller: &mut Speller<'_>,
    statement: &Statement,
    three: &ThreeTerms,
    telling: Telling<'a>,
) -> Vec<Inline> {
    let total = build::product(three.along.clone(), vec![three.deviation.clone()]);
    let total = math::relation(
        speller.spell(&total),
        math::Spelling::same("="),
        math::number(0),
    );
    let quotient = build::product(
        Vec::new(),
        vec![three.deviation.clone(), three.scale.clone()],
    );
    let normalised = build::tensor(&three.normalised, &statement.shape);
    let named = speller.spell(&build::entry(normalised, statement.indices.clone()));
    let quotient = math::relation(speller.spell(&quotient), math::Spelling::same("="), named);
    let mut said = vec![
        words("Deviations from the mean add up to zero, "),
        Inline::Math(total),
        words(", and "),
        Inline::Math(quotient),
    ];
    if let Some(cited) = telling.numbers.cite(&three.definitions) {
        said.push(words(" by "));
        said.extend(cited);
    }
    said.push(words(":"));
    said
}

fn equation(speller: &mut Speller<'_>, statement: &Statement, entry: &Term) -> Block {
    let array = build::comprehension(&statement.indices, entry.clone());
    let (left, right) = steps::sides(speller, statement, &array);
    Block::Equations(vec![Equation::plain(left, right)])
}
