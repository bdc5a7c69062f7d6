//! A derivative with the cotangents it mentions replaced by what they are, where that stays short.

use derive_graph::Name;
use derive_index::substitute::replace_tensor;
use derive_index::{Head, Term};
use rustc_hash::FxHashMap;

/// Largest form, in nodes, that is worth printing in full.
const LONGEST: u32 = 40;

/// The results so far, and how long each would be without named cotangents.
#[derive(Default)]
pub struct Solved {
    results: FxHashMap<Name, Term>,
    lengths: FxHashMap<Name, u32>,
}

impl Solved {
    /// The result for a variable.
    pub fn get(&self, variable: &Name) -> Option<&Term> {
        self.results.get(variable)
    }

    /// Notes the result for a variable; those that it mentions are noted before it.
    pub fn insert(&mut self, variable: &Name, result: Term) {
        self.lengths.insert(variable.clone(), self.length(&result));
        self.results.insert(variable.clone(), result);
    }

    /// Nodes of a term once every cotangent is put in, before anything falls together.
    fn length(&self, term: &Term) -> u32 {
        let children = term.children().iter().map(|child| self.length(child));
        let own = match term.head() {
            Head::Tensor(name, _) => name.of_cotangent(),
            _ => None,
        };
        let put_in = own.and_then(|variable| self.lengths.get(&variable).copied());
        children.fold(put_in.unwrap_or(1), u32::saturating_add)
    }
}

/// `result` without named cotangents; `None` if it has none, if it would be long, or if a part has no closed form.
pub fn in_full(result: &Term, solved: &Solved) -> Option<Term> {
    // What falls together when forms are put into one another are a few nodes each.
    if solved.length(result) > 2 * LONGEST {
        return None;
    }
    let mut full = result.clone();
    // Every round removes the cotangents of one level; a short form has few levels.
    for _ in 0..4 {
        let Some(name) = first_cotangent(&full) else {
            break;
        };
        let value = name
            .of_cotangent()
            .and_then(|variable| solved.get(&variable))?;
        full = replace_tensor(&full, &name, value);
        if full.size() > LONGEST {
            return None;
        }
    }
    let finished =
        first_cotangent(&full).is_none() && full.is_closed_form() && full.shape() == result.shape();
    (finished && full != *result).then_some(full)
}

fn first_cotangent(term: &Term) -> Option<Name> {
    match term.head() {
        Head::Tensor(name, _) => name.of_cotangent().map(|_| name.clone()),
        _ => term.children().iter().find_map(first_cotangent),
    }
}
