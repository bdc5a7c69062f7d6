//! What a proof puts in for names: nothing, what only one side mentions, or all names of some kinds.

use crate::statement;
use crate::truth::array_of;
use derive_graph::{Name, NodeId, Operation};
use derive_index::derivation::Derivation;
use derive_index::{Head, Term};
use std::collections::BTreeSet;

/// The names that are put in, one after the other or by their kinds.
#[derive(Clone, Debug)]
pub(crate) enum PutIn {
    /// These where they stand, and not where they stand in what is put in.
    Once(Vec<Name>),
    /// These, wherever they stand.
    Names(Vec<Name>),
    /// All of these kinds.
    Kinds(Kinds),
}

/// Kinds of names that are put in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds {
    words: &'static str,
    /// Activations: elementwise functions of a named array.
    activations: bool,
    /// Derivatives of the loss by what has a name.
    signals: bool,
    /// Everything that is computed from what is declared.
    intermediates: bool,
}

/// From few to all, so that the shortest proof is found first.
#[rustfmt::skip]
const KINDS: [Kinds; 4] = [
    Kinds { words: "activations", activations: true, signals: false, intermediates: false },
    Kinds { words: "error signals", activations: false, signals: true, intermediates: false },
    Kinds { words: "error signals and activations", activations: true, signals: true, intermediates: false },
    Kinds { words: "error signals and intermediates", activations: true, signals: true, intermediates: true },
];

/// Most names that are told one by one.
const MOST_TOLD: usize = 3;

/// From nothing put in to everything.
pub(crate) fn levels(derivation: &Derivation, sides: [&Term; 2]) -> impl Iterator<Item = PutIn> {
    let nothing = std::iter::once(PutIn::Names(Vec::new()));
    let mentions = Mentions { derivation };
    let once = mentions.signals_of_one(sides);
    let once = (!once.is_empty()).then_some(PutIn::Once(once));
    let apart = mentions.told_apart(sides);
    let apart = (!apart.is_empty()).then_some(PutIn::Names(apart));
    nothing
        .chain(once)
        .chain(apart)
        .chain(KINDS.map(PutIn::Kinds))
}

impl PutIn {
    /// What is put in for a name; `None` where it stays.
    pub(crate) fn definition(&self, derivation: &Derivation, name: &Name) -> Option<Term> {
        let kept = match self {
            PutIn::Once(names) | PutIn::Names(names) => names.contains(name),
            PutIn::Kinds(kinds) => kinds.contain(derivation, name),
        };
        kept.then(|| definition(derivation, name))?
    }

    /// What is put in, in words; `None` where that is nothing.
    pub(crate) fn words(&self) -> Option<String> {
        match self {
            PutIn::Kinds(kinds) => Some(kinds.words.to_owned()),
            PutIn::Once(names) | PutIn::Names(names) => match names.as_slice() {
                [] => None,
                [one] => Some(format!("`{one}`")),
                [few @ .., last] if names.len() <= MOST_TOLD => {
                    let few: Vec<String> = few.iter().map(|name| format!("`{name}`")).collect();
                    Some(format!("{} and `{last}`", few.join(", ")))
                }
                many => Some(kinds_of(many).to_owned()),
            },
        }
    }

    /// Whether derivatives are put in, so that more of the derivation than its last step is used.
    pub(crate) fn has_signals(&self) -> bool {
        match self {
            PutIn::Kinds(kinds) => kinds.signals,
            PutIn::Once(names) | PutIn::Names(names) => {
                names.iter().any(|name| name.of_cotangent().is_some())
            }
        }
    }
}

/// The kinds of names, in words.
fn kinds_of(names: &[Name]) -> &'static str {
    let signals = names.iter().filter(|name| name.of_cotangent().is_some());
    match signals.count() {
        0 => "intermediates",
        all if all == names.len() => "error signals",
        _ => "error signals and intermediates",
    }
}

impl Kinds {
    fn contain(&self, derivation: &Derivation, name: &Name) -> bool {
        let signal = name.of_cotangent().is_some();
        match signal {
            true => self.signals,
            false => self.intermediates || self.activations && is_activation(derivation, name),
        }
    }
}

/// Whether a name is an elementwise function of a named array.
fn is_activation(derivation: &Derivation, name: &Name) -> bool {
    let graph = &derivation.network.graph;
    let defined = derivation.network.symbol(name).and_then(|it| it.definition);
    let is_named = |node: &NodeId| matches!(graph.node(*node).operation, Operation::Symbol(_));
    defined.is_some_and(|defined| {
        let node = graph.node(defined);
        let elementwise = matches!(node.operation, Operation::Elementwise(_));
        elementwise && node.arguments.len() == 1 && node.arguments.iter().all(is_named)
    })
}

/// What a name stands for: what was derived, or what the spec computes.
fn definition(derivation: &Derivation, name: &Name) -> Option<Term> {
    match name.of_cotangent() {
        Some(variable) => Some(statement(derivation, &variable)?.result.clone()),
        None => {
            let defined = derivation.network.symbol(name)?.definition?;
            Some(array_of(&derivation.network, defined))
        }
    }
}

/// The names that terms mention.
struct Mentions<'a> {
    derivation: &'a Derivation,
}

impl Mentions<'_> {
    /// The error signals that one side mentions and the other does not.
    fn signals_of_one(&self, sides: [&Term; 2]) -> Vec<Name> {
        let [one, other] = sides.map(|side| self.of(side));
        let apart = one.symmetric_difference(&other);
        let signals = apart.filter(|(_, name)| name.of_cotangent().is_some());
        let mut signals: Vec<Name> = signals.map(|(_, name)| name.clone()).collect();
        signals.reverse();
        signals
    }

    /// The names to put in so that both sides mention the same: always the last of those that only one mentions, since what it is made
    /// of stands before it.
    fn told_apart(&self, sides: [&Term; 2]) -> Vec<Name> {
        let [mut one, mut other] = sides.map(|side| self.of(side));
        let mut put_in = Vec::new();
        loop {
            let apart = one.symmetric_difference(&other);
            let last = apart.filter(|it| !put_in.contains(&it.1)).max().cloned();
            let Some((place, name)) = last else { break };
            if let Some(array) = definition(self.derivation, &name) {
                let made_of = self.of(&array);
                for side in [&mut one, &mut other] {
                    if side.remove(&(place, name.clone())) {
                        side.extend(made_of.iter().cloned());
                    }
                }
                put_in.push(name);
            } else {
                one.remove(&(place, name.clone()));
                other.remove(&(place, name));
            }
        }
        put_in
    }

    /// The names in a term, each behind its place in the derivation: what is declared and computed in order, then the derivatives.
    fn of(&self, term: &Term) -> BTreeSet<(usize, Name)> {
        let mut found = BTreeSet::new();
        self.collect(term, &mut found);
        found
    }

    fn collect(&self, term: &Term, found: &mut BTreeSet<(usize, Name)>) {
        if let Head::Tensor(name, _) = term.head() {
            found.insert((self.place(name), name.clone()));
        }
        for child in term.children() {
            self.collect(child, found);
        }
    }

    fn place(&self, name: &Name) -> usize {
        let (symbols, statements) = (
            &self.derivation.network.symbols,
            &self.derivation.statements,
        );
        match name.of_cotangent() {
            Some(variable) => {
                let place = statements.iter().position(|it| it.variable == variable);
                symbols.len() + place.unwrap_or(statements.len())
            }
            None => symbols.iter().position(|it| it.name == *name).unwrap_or(0),
        }
    }
}
