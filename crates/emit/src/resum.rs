//! Sums over the shorter of two ranges: Σ_k δ_k K_{i−k} over all k is Σ_r K_r δ_{i−r} over the places of K.
//!
//! In: bound indices and the factors of a product. Out: the same sum, where a bound index k that stands in an affine place of a
//! short axis is replaced by that place. It is done only where every factor that mentions k is an entry, and some entry has k
//! itself as a subscript: then places outside are zero on both sides.

use derive_graph::{Dim, Network, Polynomial};
use derive_index::substitute::replace_index;
use derive_index::{Head, Index, Term};

/// The sum over shorter ranges, as far as there are any.
pub(crate) fn shortened(
    network: &Network,
    bound: Vec<Index>,
    factors: &[Term],
) -> (Vec<Index>, Vec<Term>) {
    let (mut bound, mut factors) = (bound, factors.to_vec());
    let largest = factors.iter().map(Term::next_index).max().unwrap_or(0);
    let mut next = largest.max(
        bound
            .iter()
            .filter_map(Index::id)
            .map(|id| id + 1)
            .max()
            .unwrap_or(0),
    );
    for index in &mut bound {
        let Some((place, dim)) = shorter_place(network, index, &factors) else {
            continue;
        };
        let new = Index::Variable { id: next, dim };
        next += 1;
        let Some(solved) = place.to_affine().solved(index, &new) else {
            continue;
        };
        factors = factors
            .iter()
            .map(|factor| replace_index(factor, index, &solved))
            .collect();
        *index = new;
    }
    (bound, factors)
}

/// The affine place of a short axis in which `index` stands, if the exchange is allowed.
fn shorter_place(network: &Network, index: &Index, factors: &[Term]) -> Option<(Index, Dim)> {
    let mentions = |factor: &&Term| factor.free().contains(index);
    let entries: Vec<Vec<Index>> = factors
        .iter()
        .filter(mentions)
        .map(|factor| {
            Some(factor)
                .filter(|factor| *factor.head() == Head::Entry)?
                .as_entry()
                .map(|(_, indices)| indices)
        })
        .collect::<Option<_>>()?;
    let itself = entries.iter().flatten().any(|place| place == index);
    if !itself {
        return None;
    }
    let places = entries.into_iter().flatten();
    let fits = |place: &Index| {
        place
            .as_affine()
            .is_some_and(|affine| !affine.cyclic() && affine.terms().len() > 1)
            && place.variables().contains(index)
            && is_shorter(network, &place.dim(), &index.dim())
    };
    let place = places.filter(fits).min_by_key(Index::dim)?;
    let dim = place.dim();
    (!dim.is_unit()).then_some((place, dim))
}

/// Whether one dimension is surely, or by its look, smaller than another.
fn is_shorter(network: &Network, short: &Dim, long: &Dim) -> bool {
    if let (Some(short), Some(long)) = (network.size(short), network.size(long)) {
        return short < long;
    }
    // A kernel's size is a name or a number where the size of an output is computed from it.
    let simple = |dim: &Dim| !matches!(dim, Dim::Formula(_));
    let room = Polynomial::from(long).minus(&short.into());
    if room.scaled(-1).is_never_negative() {
        return false;
    }
    (simple(short) && !simple(long)) || (room.is_never_negative() && !room.is_zero())
}
