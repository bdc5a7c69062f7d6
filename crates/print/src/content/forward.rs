//! The forward pass: every quantity in matrix notation with its sizes, then entry by entry.

use super::section;
use crate::Steps;
use crate::document::{Block, Equation, Right, Sign, sentence};
use crate::math;
use crate::term::Speller;
use derive_index::derivation::{Derivation, Forward};

/// The section of the forward pass.
pub fn forward_pass(
    derivation: &Derivation,
    blank: &Speller<'_>,
    steps: Steps,
    blocks: &mut Vec<Block>,
) {
    blocks.push(section("Forward pass"));
    let mut whole = Vec::new();
    let mut entries = Vec::new();
    for step in &derivation.forward {
        let mut speller = blank.clone();
        match &step.matrix {
            Some(matrix) if matrix.shape() == Some(&step.shape) => {
                let sizes = Some(speller.sizes(&step.shape));
                let right = speller.spell(matrix);
                whole.push(Equation::sized(speller.name(&step.name), right, sizes));
                if !step.indices.is_empty() {
                    entries.push(entry_equation(&mut speller, step, false));
                }
            }
            _ => whole.push(entry_equation(&mut speller, step, true)),
        }
    }
    if derivation.loss.shape.is_scalar() {
        whole.push(loss_equation(derivation, blank.clone()));
    }
    blocks.push(Block::Equations(whole));
    if steps != Steps::None && !entries.is_empty() {
        blocks.push(Block::Lead(sentence("Entry by entry:")));
        blocks.push(Block::Equations(entries));
    }
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
