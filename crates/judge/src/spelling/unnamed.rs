//! Quantities that elaboration named and the spec did not: the language has no name for them, so what they are is put in.

use crate::statement;
use derive_graph::{Name, Network};
use derive_index::derivation::Derivation;
use derive_index::substitute::replace_tensor;
use derive_index::{Head, Term};
use derive_syntax::ast::{Spec, StatementKind};
use std::collections::HashSet;

/// Intermediates without a definition in the spec.
pub(crate) fn unnamed(equations: &Spec, network: &Network) -> HashSet<Name> {
    let defined: HashSet<&str> = equations
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Define(definition) => Some(definition.name.text.as_str()),
            _ => None,
        })
        .collect();
    let symbols = network.symbols.iter();
    let intermediates = symbols.filter(|symbol| symbol.definition.is_some());
    let unknown = intermediates.filter(|symbol| !defined.contains(symbol.name.as_str()));
    unknown.map(|symbol| symbol.name.clone()).collect()
}

/// The term in names of the spec alone; `None` where something unnamed has no closed form.
pub(super) fn put_in(
    term: &Term,
    unnamed: &HashSet<Name>,
    derivation: &Derivation,
) -> Option<Term> {
    let Some(name) = first(term, unnamed) else {
        return Some(term.clone());
    };
    let value = match name.of_cotangent() {
        Some(variable) => statement(derivation, &variable)?.result.clone(),
        None => {
            let mut forward = derivation.forward.iter();
            forward.find(|step| step.name == name)?.matrix.clone()?
        }
    };
    // Definitions lead back to what was declared, so that this comes to an end.
    put_in(&replace_tensor(term, &name, &value), unnamed, derivation)
}

/// An unnamed quantity in a term, or the derivative by one.
fn first(term: &Term, unnamed: &HashSet<Name>) -> Option<Name> {
    if let Head::Tensor(name, _) = term.head() {
        let variable = name.of_cotangent().unwrap_or_else(|| name.clone());
        return unnamed.contains(&variable).then(|| name.clone());
    }
    let mut children = term.children().iter();
    children.find_map(|child| first(child, unnamed))
}
