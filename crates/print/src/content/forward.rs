//! The forward pass: every quantity in matrix notation with its sizes, then entry by entry.

use super::numbers::Numbers;
use super::{Telling, section};
use crate::Steps;
use crate::document::{Block, Equation, Inline, Right, Sign, sentence, words};
use crate::math;
use crate::term::Speller;
use derive_graph::Name;
use derive_index::Correspondence;
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
    let mut told = Told {
        brief: detail == Steps::Key,
        ..Told::default()
    };
    for step in &derivation.forward {
        let mut speller = blank.clone();
        let number = numbers.number(&step.name);
        let mut add = |equation: Equation| whole.push(equation.numbered(number));
        match &step.matrix {
            Some(matrix) if matrix.shape() == Some(&step.shape) => {
                let sizes = Some(speller.sizes(&step.shape));
                let right = speller.spell(matrix);
                add(Equation::sized(speller.name(&step.name), right, sizes));
                if !step.indices.is_empty() && told.is_new(step, number) {
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
        blocks.push(Block::Lead(told.lead(numbers)));
        blocks.push(Block::Equations(entries));
    }
}

/// The definitions that are told entry by entry, and those that read like one of them.
#[derive(Default)]
struct Told<'a> {
    /// Whether what reads like an earlier one is left out.
    brief: bool,
    models: Vec<Model<'a>>,
}

/// A definition that is told.
struct Model<'a> {
    step: &'a Forward,
    /// Whether others can be said to be like it.
    cited: bool,
    /// What is left out because of it.
    others: Vec<&'a Name>,
}

/// Up to this many are named with those that read like them.
const PAIRED: usize = 2;

impl<'a> Told<'a> {
    /// Whether a definition has to be told; from now on it was. What cannot be cited always has to.
    fn is_new(&mut self, step: &'a Forward, number: Option<usize>) -> bool {
        let cited = self.brief && number.is_some();
        let mut models = self.models.iter_mut().filter(|model| model.cited);
        let known = models.find(|model| cited && reads_like(model.step, step));
        let new = known.is_none();
        match known {
            Some(model) => model.others.push(&step.name),
            None => self.models.push(Model {
                step,
                cited,
                others: Vec::new(),
            }),
        }
        new
    }

    /// `Entry by entry, (1), (2) and (4) read as follows; (3) like (1):`
    fn lead(&self, numbers: &Numbers) -> Vec<Inline> {
        let all = self.models.iter().map(|model| &model.step.name);
        let Some(cited) = numbers.cite(all) else {
            return sentence("Entry by entry:");
        };
        let verb = match cited.len() {
            1 => " reads",
            _ => " read",
        };
        let mut said = [sentence("Entry by entry, "), cited, vec![words(verb)]].concat();
        let models = self.models.iter();
        let models: Vec<&Model<'_>> = models.filter(|model| !model.others.is_empty()).collect();
        if models.len() > PAIRED {
            let told = " as follows, and the others like one of these, with other names";
            said.push(words(told));
        } else {
            for (at, model) in models.into_iter().enumerate() {
                said.push(words(if at == 0 { " as follows; " } else { "; " }));
                let others = numbers.cite(model.others.iter().copied());
                said.extend(others.into_iter().flatten());
                said.push(words(" like "));
                said.extend(numbers.cite([&model.step.name]).into_iter().flatten());
            }
        }
        said.push(words(":"));
        said
    }
}

/// Whether two definitions are the same up to names.
fn reads_like(model: &Forward, step: &Forward) -> bool {
    let mut names = Correspondence::default();
    model.entry.size() == step.entry.size()
        && names.indices(&model.indices, &step.indices)
        && names.terms(&model.entry, &step.entry)
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
