//! Hints for somebody who looks for a derivative: its shape, then the rules, then the first line, then the answer.

use super::numbers::Numbers;
use super::{chain, steps};
use crate::document::{Block, Document, Equation, Inline, without_formula, words};
use crate::term::Speller;
use derive_index::derivation::{Derivation, Statement};

/// The hint of a level from 0 on; from 3 on the answer.
pub fn hint(derivation: &Derivation, statement: &Statement, level: usize) -> Document {
    let mut speller = Speller::new(&derivation.network);
    chain::give_letters(&mut speller, statement);
    let blocks = match level {
        0 => vec![Block::Paragraph(vec![
            words("It has one entry for every entry of "),
            Inline::Math(speller.name(&statement.variable)),
            words(": "),
            Inline::Math(speller.sizes(&statement.shape)),
            words("."),
        ])],
        1 => {
            let mut said = chain::path_words(&speller, statement, &Numbers::default());
            without_formula(&mut said);
            let mut rules: Vec<&str> = Vec::new();
            for step in &statement.steps {
                if !rules.contains(&step.rule) {
                    rules.push(step.rule);
                }
            }
            if !rules.is_empty() {
                said.push(words(format!(
                    " The rules that follow: {}.",
                    rules.join(", ")
                )));
            }
            vec![Block::Paragraph(said)]
        }
        2 => {
            let left = chain::derivative_at(&speller, &statement.variable, &statement.indices);
            let right = speller.spell(&statement.start);
            vec![Block::Equations(vec![Equation::plain(left, right)])]
        }
        _ => {
            let (left, right) = steps::sides(&mut speller, statement, &statement.result);
            vec![Block::Equations(vec![Equation::plain(left, right)])]
        }
    };
    Document {
        title: Vec::new(),
        blocks,
    }
}
