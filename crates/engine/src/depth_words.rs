//! A derivation of a symbolic depth in the words of a layer l: which statements are shown, under which names, and what is noted about them.
//!
//! In: the derivation of a number of layers that were written out. Out: that of all depths, the middle layer speaking for every one whose
//! form it has. Nothing here can fail.

use crate::depth::{LAYERS, OTHERS, label};
use crate::every_layer::Every;
use crate::labels::{Labels, renamed};
use crate::layer_claims::told_claims;
use crate::layer_words::told_notes;
use crate::savings::told_savings;
use derive_elaborate::unroll::Depth;
use derive_graph::{Name, Network};
use derive_index::derivation::{Derivation, Statement};

/// Which layers were written out, and which speaks for those in the middle.
pub(crate) struct Layers<'a> {
    pub(crate) depth: &'a Depth,
    pub(crate) middle: i64,
    pub(crate) last: i64,
}

impl Layers<'_> {
    /// How a layer is called: l and its neighbours, L and the one before; others keep their number.
    fn label(&self, k: i64) -> Option<String> {
        let Depth {
            variable, bound, ..
        } = self.depth;
        label(variable, bound, self.middle, self.last, k)
    }

    /// Whether a statement about layer k is not that of the middle one counted on.
    pub(crate) fn differs(&self, derivation: &Derivation, statement: &Statement, k: i64) -> bool {
        let here = |other: i64| Some((other + self.middle - k).to_string());
        let inside =
            |other: i64| (other >= self.depth.first).then(|| (other + self.middle - k).to_string());
        let middle = find(derivation, &renamed(&statement.variable, &here));
        let moved = [Labels(&here), Labels(&inside)].map(|labels| labels.term(&statement.result));
        middle.is_none_or(|middle| !moved.contains(&middle.result))
    }

    /// What is shown: the middle layer, and an end where its form is another.
    fn shows(&self, derivation: &Derivation, statement: &Statement) -> bool {
        match statement.variable.member() {
            Some(k) if k != self.middle => {
                let end = k >= self.last - 1 || k <= self.depth.first;
                end && self.differs(derivation, statement, k)
            }
            _ => true,
        }
    }

    /// The families whose middle form does not reach to the last layer.
    fn begun(&self, derivation: &Derivation) -> Vec<Recurrence> {
        let middle = derivation
            .statements
            .iter()
            .filter(|it| it.variable.member() == Some(self.middle));
        let begins = |it: &Statement| {
            let end = [self.last - 1, self.last].into_iter().find(|&k| {
                let there = |_: i64| Some(k.to_string());
                let other = find(derivation, &renamed(&it.variable, &there));
                other.is_some_and(|other| self.differs(derivation, other, k))
            })?;
            let generic = |_: i64| Some(self.depth.variable.clone());
            let before = self.depth.first - 1;
            let there = |_: i64| Some(before.to_string());
            let other = find(derivation, &renamed(&it.variable, &there));
            let reaches = other.is_some_and(|other| !self.differs(derivation, other, before));
            Some(Recurrence {
                family: format!("`{}`", renamed(&it.variable, &generic)),
                offset: self.last - end + 1,
                down_to: self.depth.first - i64::from(reaches),
            })
        };
        middle.filter_map(begins).collect()
    }
}

/// A family whose derivatives follow from those of the next layer.
struct Recurrence {
    /// How its name is told.
    family: String,
    /// How many layers before the last one it begins.
    offset: i64,
    /// The last member for which it holds.
    down_to: i64,
}

fn find<'a>(derivation: &'a Derivation, variable: &Name) -> Option<&'a Statement> {
    derivation
        .statements
        .iter()
        .find(|it| it.variable == *variable)
}

/// The derivation in the words of a layer l in the middle.
pub(crate) fn in_words(mut derivation: Derivation, depth: &Depth, every: &Every<'_>) -> Derivation {
    let (middle, last) = (every.middle, every.last);
    let layers = Layers {
        depth,
        middle,
        last,
    };
    let label = |k: i64| layers.label(k);
    let labels = Labels(&label);
    let notes = notes(&derivation, &layers);
    let kept = derivation
        .statements
        .iter()
        .filter(|statement| layers.shows(&derivation, statement));
    derivation.statements = kept.map(|statement| labels.statement(statement)).collect();
    let shown = |name: &Name| name.member().is_none_or(|k| k == middle || k < depth.first);
    derivation.forward.retain(|forward| shown(&forward.name));
    derivation.forward = derivation
        .forward
        .iter()
        .map(|forward| labels.forward(forward))
        .collect();
    derivation.loss = labels.forward(&derivation.loss);
    derivation.savings = derivation
        .savings
        .map(|savings| told_savings(&savings, &labels, every));
    if let Some(verdict) = &mut derivation.verdict {
        verdict
            .errors
            .iter_mut()
            .for_each(|(name, _)| *name = renamed(name, &label));
    }
    derivation.claims = told_claims(&derivation.claims, depth, &label, depth.first..=last);
    let range = depth.first..=last;
    derivation.notes = told_notes(&derivation.notes, &label, &range, middle);
    derivation.network.notes = told_notes(&derivation.network.notes, &label, &range, middle);
    derivation.network.notes.extend(notes);
    rename_network(&mut derivation.network, &labels, middle, &shown);
    derivation
}

/// What l stands for, and where recurrences begin.
fn notes(derivation: &Derivation, layers: &Layers) -> Vec<String> {
    let mut notes = range_note(&layers.begun(derivation), layers.depth);
    let Depth {
        variable,
        first,
        bound,
    } = layers.depth;
    let last = |layers: &i64| (first - 1 + layers).to_string();
    let depths: Vec<String> = OTHERS.iter().chain([&LAYERS]).map(last).collect();
    let checked = match derivation.verdict {
        Some(_) => format!("; checked with {bound} = {}", depths.join(", ")),
        None => String::new(),
    };
    notes.push(format!(
        "Here {variable} stands for every number from {first} to {bound}; what holds for the last or the first one only is given under its own number{checked}"
    ));
    notes
}

/// For which layers the recurrences hold, and where they begin.
fn range_note(begun: &[Recurrence], depth: &Depth) -> Vec<String> {
    let (l, bound, first) = (&depth.variable, &depth.bound, depth.first);
    let mut notes = Vec::new();
    for (offset, down_to) in [(1, first), (1, first - 1), (2, first), (2, first - 1)] {
        let own = |it: &&Recurrence| it.offset == offset && it.down_to == down_to;
        let names = begun.iter().filter(own).map(|it| it.family.as_str());
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            notes.push(format!(
                "The derivatives by {} are recurrences: they hold for {l} from {bound}−{offset} down to {down_to}, and begin with what stands before them",
                names.join(", ")
            ));
        }
    }
    notes
}

fn rename_network(
    network: &mut Network,
    labels: &Labels,
    middle: i64,
    shown: &dyn Fn(&Name) -> bool,
) {
    let declared =
        |symbol: &derive_graph::Symbol| symbol.definition.is_none() && !shown(&symbol.name);
    network.symbols.retain(|symbol| !declared(symbol));
    for symbol in &mut network.symbols {
        symbol.name = renamed(&symbol.name, labels.0);
        symbol.shape = labels.shape(&symbol.shape);
    }
    network
        .dims
        .iter_mut()
        .for_each(|(name, _)| *name = renamed(name, labels.0));
    // One member speaks for its family.
    let anyone = |_: i64| (labels.0)(middle);
    network
        .wrt
        .iter_mut()
        .for_each(|name| *name = renamed(name, &anyone));
    let mut met = Vec::new();
    network.wrt.retain(|name| {
        !met.contains(name) && {
            met.push(name.clone());
            true
        }
    });
}
