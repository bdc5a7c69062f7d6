//! How both passes are computed with the fewest multiplications.

use super::record::{self, Line as LineRecord, Savings as Record};
use super::steps::{Run, told};
use super::{shape, tree};
use crate::content::savings::sides;
use crate::term::Speller;
use crate::{Steps, latex, text};
use derive_graph::Name;
use derive_index::count::Range;
use derive_index::derivation::Derivation;
use derive_index::savings::{Line, Savings};

/// The lines of both passes and what they take.
pub fn record(derivation: &Derivation, savings: &Savings, detail: Steps) -> Record {
    let lines = |lines: &[Line]| {
        let all = lines.iter();
        all.map(|it| line(derivation, it, detail)).collect()
    };
    Record {
        forward: lines(&savings.forward),
        backward: lines(&savings.backward),
        forward_multiplications: Savings::total(&savings.forward).to_string(),
        backward_multiplications: Savings::total(&savings.backward).to_string(),
    }
}

/// The multiplications after the forward pass if only this gradient is asked for; nothing where they were not counted.
pub fn alone(derivation: &Derivation, variable: &Name) -> Option<String> {
    let savings = derivation.savings.as_ref()?;
    let mut all = savings.alone.iter();
    let (_, count) = all.find(|(name, _)| name == variable)?;
    Some(count.to_string())
}

fn line(derivation: &Derivation, line: &Line, detail: Steps) -> LineRecord {
    let mut speller = Speller::new(&derivation.network);
    let mut steps = Vec::new();
    if detail != Steps::None {
        let run = Run {
            stage: "savings",
            verified: derivation.verdict.is_some(),
            detail,
            steps: &line.steps,
        };
        told(&run, &mut speller, &mut steps, |speller, term| {
            sides(speller, &line.name, term)
        });
    }
    let (left, right) = sides(&mut speller, &line.name, &line.result);
    LineRecord {
        name: line.name.to_string(),
        shape: shape(&line.shape),
        left: latex::inline(&left),
        text: text::inline(&right),
        latex: latex::inline(&right),
        tree: record::compact(&tree::tree(&speller, &line.result)),
        multiplications: line.count.to_string(),
        layers: line.range.as_ref().map(Range::to_string),
        steps,
    }
}
