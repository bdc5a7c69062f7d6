//! The same term with few index names: what is bound in one place is bound again in others, or free there.
//!
//! A rule that puts an index below a sum which binds that very index changes the meaning, and only such terms show it.

use crate::random::Random;
use derive_index::substitute::replace_index;
use derive_index::{Index, Term};

/// `term` with bound indices renamed to others of the same dimension that occur in it, wherever that means the same.
pub fn rebound(random: &mut Random, term: &Term) -> Term {
    let mut known = Vec::new();
    collect(term, &mut known);
    again(random, term, &known)
}

/// Every index variable that occurs, each once, in order of appearance.
fn collect(term: &Term, known: &mut Vec<Index>) {
    for index in term.as_index().map(Index::variables).unwrap_or_default() {
        if !known.contains(&index) {
            known.push(index);
        }
    }
    term.children()
        .iter()
        .for_each(|child| collect(child, known));
}

fn again(random: &mut Random, term: &Term, known: &[Index]) -> Term {
    let children = term.children().iter();
    let children = children.map(|child| again(random, child, known)).collect();
    let mut term = Term::raw(term.head().clone(), children);
    if !term.head().binds() {
        return term;
    }
    for old in term.split().0 {
        let others: Vec<Index> = known
            .iter()
            .filter(|new| may_become(&term, &old, new))
            .cloned()
            .collect();
        if !others.is_empty() && random.below(4) > 0 {
            let new = random.pick(&others);
            let children = term.children().iter();
            let children = children.map(|child| replace_index(child, &old, &new));
            term = Term::raw(term.head().clone(), children.collect());
        }
    }
    term
}

/// Whether a node that binds `old` may bind `new` instead: nothing in it that is another index has that name.
fn may_become(term: &Term, old: &Index, new: &Index) -> bool {
    let (bound, rest) = term.split();
    let free = rest.iter().any(|child| child.free().contains(new));
    old != new && old.dim() == new.dim() && !bound.contains(new) && !free
}
