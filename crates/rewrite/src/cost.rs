//! Which of the equal forms is chosen.
//!
//! Costs are compared in order: what is left of index notation, then a weighted size, then the term itself, so that no tie
//! is left and the choice depends on nothing but the forms.

use derive_index::build::quarter_turns;
use derive_index::{Affine, Head, Index, Rational, Term};
use num_traits::One;
use std::cmp::Ordering;

/// The cheapest known term of a class and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// Nodes of index notation: entries, deltas, sums over indices, comprehensions.
    pub unlifted: u32,
    /// Weighted size.
    pub weight: u32,
    /// The term.
    pub term: Term,
}

impl Best {
    /// The cost of a node whose children are these.
    pub fn of(head: &Head, children: &[&Best]) -> Best {
        let term = Term::raw(
            head.clone(),
            children.iter().map(|child| child.term.clone()).collect(),
        );
        // √−1 is a number to a reader, whatever it is made of.
        if quarter_turns(&term).is_some() {
            return Best {
                unlifted: 0,
                weight: head_weight(&Term::leaf(Head::Number(Rational::default()))),
                term,
            };
        }
        let sum = |part: fn(&Best) -> u32| {
            children
                .iter()
                .map(|child| part(child))
                .fold(0u32, u32::saturating_add)
        };
        Best {
            unlifted: sum(|best| best.unlifted).saturating_add(unlifted(&term)),
            weight: sum(|best| best.weight).saturating_add(head_weight(&term)),
            term,
        }
    }
}

impl PartialOrd for Best {
    fn partial_cmp(&self, other: &Best) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Best {
    fn cmp(&self, other: &Best) -> Ordering {
        let by_level = self.unlifted.cmp(&other.unlifted);
        by_level
            .then_with(|| self.weight.cmp(&other.weight))
            .then_with(|| self.term.cmp(&other.term))
    }
}

/// How much of the index form this node is. A delta counts more than an entry, so that what it multiplies is multiplied out for it to act.
fn unlifted(term: &Term) -> u32 {
    match term.head() {
        Head::Entry | Head::Root | Head::Comprehension | Head::Extremum { .. } => 1,
        Head::Delta => 3,
        Head::Product => {
            let first = term.children().first();
            u32::from(first.is_some_and(|first| first.as_index().is_some()))
        }
        _ => 0,
    }
}

fn is_inverse_of_leaf(term: &Term) -> bool {
    *term.head() == Head::MatrixFunction("inv") && term.children()[0].children().is_empty()
}

/// Whether a scalar that is no number stands beside arrays.
fn is_broadcast(sum: &Term) -> bool {
    let scalar = |part: &Term| part.rank() == 0 && part.as_number().is_none();
    sum.rank() > 0 && sum.children().iter().any(scalar)
}

/// Whether an array has a number in front.
fn is_scaled(array: &Term) -> bool {
    let (bound, factors) = array.split_terms();
    let first = factors.first();
    *array.head() == Head::Product
        && bound.is_empty()
        && first.is_some_and(|it| it.as_number().is_some())
}

/// Whether some index is subtracted: a little dearer, so that what is read from a place on is counted from there.
fn counts_back(place: &Affine) -> bool {
    let mut terms = place.terms().iter();
    terms.any(|(_, by)| by.scaled(-1).is_never_negative())
}

/// Transposes of names are cheap, of compound terms dear: readers want `A Bᵀ` rather than `(B Aᵀ)ᵀ`.
fn head_weight(term: &Term) -> u32 {
    match term.head() {
        // Dear, so that a slice with a plain index is chosen where there is one.
        Head::Index(Index::Affine(place)) if counts_back(place) => 26,
        Head::Index(Index::Affine(_)) => 25,
        Head::Index(_) => 0,
        // A little dearer where a number is meant for every entry.
        Head::Sum if is_broadcast(term) => 25,
        Head::Number(_) | Head::Dimension(_) => 2,
        Head::Ones(_) => 3,
        Head::Transpose if term.children()[0].children().is_empty() => 5,
        Head::Transpose if is_inverse_of_leaf(&term.children()[0]) => 5,
        Head::Transpose => 12,
        // Dear, so that 2 A B is chosen rather than A (2 B).
        Head::MatMul if term.children().iter().any(is_scaled) => 25,
        // A little dearer, so that (a + b/x)/x is chosen rather than a/x + b/x².
        Head::Power(exponent) if *exponent < -Rational::one() => 11,
        // Dear, so that a minus is taken for a conjugate.
        Head::Conjugate => 15,
        // Dear, so that the inverse of a product falls apart where its factors have inverses.
        Head::MatrixFunction("inv") if !term.children()[0].children().is_empty() => 60,
        _ => 10,
    }
}
