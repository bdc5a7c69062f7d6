//! How the error signal comes back through the layers, in one line: δ⁽²⁾ ─ (· W⁽²⁾ᵀ) ⊙ (1 − A⁽¹⁾²) ─▸ δ⁽¹⁾.
//!
//! In: the statements of a derivation. Out: the path of those error signals from which gradients come, where each follows from one
//! other and two or more of them give gradients. Nothing is read off names: what follows from what stands in the results.

use super::{Telling, numbers, steps};
use crate::breaking::width;
use crate::document::{Block, Inline, Path, PathStep, Stop, words};
use crate::math::Math;
use crate::names::HOLE;
use crate::term::Speller;
use derive_graph::{Name, Shape};
use derive_index::derivation::{Statement, StatementKind};
use derive_index::substitute::replace_tensor;
use derive_index::{Head, Term};
use std::collections::BTreeSet;

/// A formula above an arrow is at most this wide, in columns of text.
const ABOVE: usize = 44;

/// More error signals than these that follow one another are named by the first and the last.
const FEW: usize = 3;
/// A path of more arrows than these is no picture any more.
const LONGEST: usize = 16;

/// One line of error signals, each following from the one before.
pub(crate) struct SignalPath<'a> {
    /// The first one and its shape.
    first: (Name, Shape),
    /// The others.
    pub steps: Vec<&'a Statement>,
}

impl SignalPath<'_> {
    fn signals(&self) -> impl Iterator<Item = Name> {
        let others = self.steps.iter().map(|it| it.variable.cotangent());
        std::iter::once(self.first.0.clone()).chain(others)
    }

    fn last(&self) -> Name {
        let last = self.steps.last();
        last.map_or_else(|| self.first.0.clone(), |it| it.variable.cotangent())
    }

    /// The error signal before each step, and the step.
    pub fn pairs(&self) -> impl Iterator<Item = (Name, &Statement)> {
        self.signals().zip(self.steps.iter().copied())
    }
}

/// The picture of the backward pass and what gives which gradients; nothing where there are no layers.
pub(super) fn picture(telling: Telling<'_>, blank: &Speller<'_>) -> Vec<Block> {
    let paths = paths(telling);
    let mut blocks = Vec::new();
    for path in &paths {
        let drawn = drawn(path, blank);
        let silent = drawn.steps.iter().any(|step| step.above.is_none());
        blocks.push(Block::Lead(vec![words(match silent {
            false => "How the error signal comes back; the dot is what arrives:",
            true => {
                "How the error signal comes back; the dot is what arrives, and what has no short formula is told in its section:"
            }
        })]));
        blocks.push(Block::Path(drawn));
        blocks.push(Block::Lead(given(telling, blank, path)));
    }
    blocks
}

/// The paths of a page; none where an error signal follows from several, or several follow from one.
pub(crate) fn paths(telling: Telling<'_>) -> Vec<SignalPath<'_>> {
    let giving = giving(telling);
    let steps = leading_to(telling, &giving);
    let mut paths: Vec<SignalPath<'_>> = Vec::new();
    let mut used = BTreeSet::new();
    for statement in steps {
        let from = signals(&statement.result);
        let first = match from.as_slice() {
            [] => (statement.variable.cotangent(), statement.shape.clone()),
            [only] if used.insert(only.0.clone()) => only.clone(),
            _ => return Vec::new(),
        };
        let mut open = paths.iter_mut().filter(|path| path.last() == first.0);
        match (from.is_empty(), open.next()) {
            (false, Some(path)) => path.steps.push(statement),
            (true, _) => paths.push(SignalPath {
                first,
                steps: Vec::new(),
            }),
            (false, None) => paths.push(SignalPath {
                first,
                steps: vec![statement],
            }),
        }
    }
    let of_layers = |path: &SignalPath<'_>| {
        let gives = path.signals().filter(|name| giving.contains(name)).count();
        // What stands for every layer is a layer of many.
        let every = path.steps.len() == 1 && is_any_layer(&path.steps[0].variable);
        let arrays = path.steps.iter().all(|it| it.shape.rank() > 0);
        arrays && path.steps.len() <= LONGEST && (gives > 1 || every && gives > 0)
    };
    paths.retain(of_layers);
    paths
}

/// Whether a variable is the member of a family that stands for all layers.
fn is_any_layer(variable: &Name) -> bool {
    let label = variable.as_str().split_once('{').map(|(_, label)| label);
    label.is_some_and(|label| label.starts_with(char::is_alphabetic))
}

/// The error signals from which a gradient comes.
fn giving(telling: Telling<'_>) -> BTreeSet<Name> {
    let all = telling.derivation.statements.iter();
    let gradients = all.filter(|it| it.kind == StatementKind::Gradient);
    let signals = gradients.flat_map(|it| signals(&it.result));
    signals.map(|(name, _)| name).collect()
}

/// The statements of error signals that lead to one of these, in the order of the page.
fn leading_to<'a>(telling: Telling<'a>, giving: &BTreeSet<Name>) -> Vec<&'a Statement> {
    let mut needed = giving.clone();
    let mut chosen = Vec::new();
    // An error signal stands below those that it follows from.
    for statement in telling.derivation.statements.iter().rev() {
        let is_signal = statement.kind == StatementKind::Cotangent;
        if is_signal && needed.contains(&statement.variable.cotangent()) {
            needed.extend(signals(&statement.result).into_iter().map(|(name, _)| name));
            chosen.push(statement);
        }
    }
    chosen.reverse();
    chosen
}

/// The error signals in a term, each once.
fn signals(term: &Term) -> Vec<(Name, Shape)> {
    let mut found: Vec<(Name, Shape)> = Vec::new();
    arrays(term, &mut |name, shape| {
        let known = found.iter().any(|(known, _)| known == name);
        if name.of_cotangent().is_some() && !known {
            found.push((name.clone(), shape.clone()));
        }
    });
    found
}

fn arrays(term: &Term, take: &mut dyn FnMut(&Name, &Shape)) {
    if let Head::Tensor(name, shape) = term.head() {
        take(name, shape);
    }
    term.children().iter().for_each(|it| arrays(it, take));
}

fn drawn(path: &SignalPath<'_>, blank: &Speller<'_>) -> Path {
    let stop = |name: &Name, shape: &Shape| Stop {
        name: blank.name(name),
        sizes: blank.size_list(shape),
    };
    let (name, shape) = &path.first;
    let steps = path.pairs().map(|(from, statement)| PathStep {
        above: above(&from, statement, blank),
        to: stop(&statement.variable.cotangent(), &statement.shape),
    });
    Path {
        first: stop(name, shape),
        steps: steps.collect(),
    }
}

/// What happens to an error signal on its way to the next, with a dot in its place; nothing if that is not short, or goes entry by entry.
pub(crate) fn above(from: &Name, statement: &Statement, blank: &Speller<'_>) -> Option<Math> {
    if steps::is_entry_form(&statement.result) {
        return None;
    }
    let mut shape = None;
    arrays(&statement.result, &mut |name, found| {
        if name == from {
            shape = Some(found.clone());
        }
    });
    let hole = Term::leaf(Head::Tensor(Name::new(HOLE), shape?));
    let math = blank
        .clone()
        .spell(&replace_tensor(&statement.result, from, &hole));
    (width(&math) <= ABOVE).then_some(math)
}

/// `∂L/∂W⁽²⁾ and ∂L/∂b⁽²⁾ come from δ⁽²⁾, ∂L/∂W⁽¹⁾ from δ⁽¹⁾.`
fn given(telling: Telling<'_>, blank: &Speller<'_>, path: &SignalPath<'_>) -> Vec<Inline> {
    let order: Vec<Name> = path.signals().collect();
    // Which error signals give what.
    let mut groups: Vec<(Vec<Name>, Vec<Inline>)> = Vec::new();
    let all = telling.derivation.statements.iter();
    for gradient in all.filter(|it| it.kind == StatementKind::Gradient) {
        let used = signals(&gradient.result);
        let is_used = |name: &&Name| used.iter().any(|(used, _)| used == *name);
        let from: Vec<Name> = order.iter().filter(is_used).cloned().collect();
        let name = Inline::Math(super::result_name(blank, gradient));
        match groups.iter_mut().find(|(known, _)| *known == from) {
            Some((_, names)) => names.push(name),
            None => groups.push((from, vec![name])),
        }
    }
    groups.retain(|(from, _)| !from.is_empty());
    groups.sort_by_key(|(from, _)| order.iter().position(|name| Some(name) == from.first()));
    let mut said = Vec::new();
    for (from, names) in groups {
        let verb = match (said.is_empty(), names.len()) {
            (true, 1) => " comes from ",
            (true, _) => " come from ",
            (false, _) => " from ",
        };
        if !said.is_empty() {
            said.push(words(", "));
        }
        said.extend(numbers::enumerated(names));
        said.push(words(verb));
        said.extend(range(&from, &order, blank));
    }
    said.push(words("."));
    said
}

/// `δ⁽²⁾ and δ⁽¹⁾`; `δ⁽⁶⁾ to δ⁽¹⁾` where many follow one another.
fn range(from: &[Name], order: &[Name], blank: &Speller<'_>) -> Vec<Inline> {
    let name = |name: &Name| Inline::Math(blank.name(name));
    let begin = order.iter().position(|it| Some(it) == from.first());
    let run = begin.and_then(|begin| order.get(begin..begin + from.len()));
    match from {
        [first, .., last] if from.len() > FEW && run == Some(from) => {
            vec![name(first), words(" to "), name(last)]
        }
        _ => numbers::enumerated(from.iter().map(name).collect()),
    }
}
