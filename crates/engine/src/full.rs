//! A derivative with the cotangents it mentions replaced by what they are, where that stays short.

use derive_graph::Name;
use derive_index::substitute::replace_tensor;
use derive_index::{Head, Term};
use rustc_hash::FxHashMap;

/// Largest form, in nodes, that is worth printing in full.
const LONGEST: u32 = 40;

/// `result` without named cotangents; `None` if it has none, if it would be long, or if a part has no closed form.
pub fn in_full(result: &Term, solved: &FxHashMap<Name, Term>) -> Option<Term> {
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
