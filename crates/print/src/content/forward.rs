//! The forward pass: every quantity in matrix notation with its sizes, then entry by entry.

use super::numbers::Numbers;
use super::{Telling, section};
use crate::Steps;
use crate::document::{Block, Equation, Inline, Right, Sign, sentence, words};
use crate::math;
use crate::term::Speller;
use derive_graph::Name;
use derive_index::derivation::{Derivation, Forward};

/// The section of the forward pass.
pub fn forward_pass(telling: Telling<'_>, blank: &Speller<'_>, blocks: &mut Vec<Block>) {
    let Telling {
        derivation,
        detail,
        numbers,
        ..
    } = telling;
    blocks.push(section("Forward pass"));
    let mut whole = Vec::new();
    let mut entries = Vec::new();
    let mut told: Vec<&Name> = Vec::new();
    for step in &derivation.forward {
        let mut speller = blank.clone();
        let number = numbers.number(&step.name);
        let mut add = |equation: Equation| whole.push(equation.numbered(number));
        match &step.matrix {
            Some(matrix) if matrix.shape() == Some(&step.shape) => {
                let sizes = Some(speller.sizes(&step.shape));
                let right = speller.spell(matrix);
                add(Equation::sized(speller.name(&step.name), right, sizes));
                if !step.indices.is_empty() {
                    told.push(&step.name);
                    entries.push(entry_equation(&mut speller, step, false));
                }
            }
            _ => add(entry_equation(&mut speller, step, true)),
        }
    }
    if derivation.loss.shape.is_scalar() {
        let loss = loss_equation(derivation, blank.clone());
        whole.push(loss.numbered(numbers.number(&derivation.loss.name)));
    }
    blocks.push(Block::Equations(whole));
    if detail != Steps::None && !entries.is_empty() {
        blocks.push(Block::Lead(entries_lead(&told, numbers)));
        blocks.push(Block::Equations(entries));
    }
}

/// `Entry by entry, (1) to (3) read:`
fn entries_lead(told: &[&Name], numbers: &Numbers) -> Vec<Inline> {
    let Some(cited) = numbers.cite(told.iter().copied()) else {
        return sentence("Entry by entry:");
    };
    let verb = match cited.len() {
        1 => " reads:",
        _ => " read:",
    };
    [sentence("Entry by entry, "), cited, vec![words(verb)]].concat()
}

fn entry_equation(speller: &mut Speller<'_>, step: &Forward, sized: bool) -> Equation {
    let mut seen = Vec::new();
    speller
        .letters
        .give(crate::letters::Kind::Free, &step.indices, &mut seen);
    let right = speller.spell(&step.entry);
    let array = speller.name(&step.name);
    let left = if step.indices.is_empty() {
        array
    } else {
        math::entry(array, speller.indices(&step.indices))
    };
    let sizes = sized.then(|| speller.sizes(&step.shape));
    Equation::sized(left, right, sizes)
}

/// The loss in matrix notation, where it has one, and as sums.
pub fn loss_equation(derivation: &Derivation, mut speller: Speller<'_>) -> Equation {
    let loss = &derivation.loss;
    let matrix = loss.matrix.as_ref().map(|matrix| speller.spell(matrix));
    let entry = speller.spell(&loss.entry);
    let mut rights: Vec<Right> = matrix
        .into_iter()
        .filter(|matrix| *matrix != entry)
        .map(Right::plain)
        .collect();
    rights.push(Right::plain(entry));
    Equation {
        left: speller.name(&loss.name),
        sign: Sign::Equal,
        rights,
    }
}
