//! In which order a chain of matrix products is computed: the cheapest, by dynamic programming over where to cut.
//!
//! Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, section 15.2. A dimension without a size counts as
//! 64, so that only the order of magnitude (a vector or a matrix) decides for symbolic sizes.

use derive_graph::{Dim, Network};
use derive_index::{Head, Term};

/// The size of a dimension that has none.
pub(crate) const MIDDLING: u64 = 64;

/// For every run of factors `[first][last]` the factor after which it is cut.
pub fn order(network: &Network, factors: &[Term]) -> Vec<Vec<usize>> {
    let count = factors.len();
    let size = |dim: Option<&Dim>| dim.map_or(1, |dim| network.size(dim).unwrap_or(MIDDLING));
    let dims = |at: usize| {
        factors[at]
            .shape()
            .map(|shape| shape.0.clone())
            .unwrap_or_default()
    };
    // ends[k] stands between factor k − 1 and factor k.
    let mut ends: Vec<u64> = vec![1; count + 1];
    for at in 0..count {
        let own = dims(at);
        if own.len() == 2 {
            ends[at] = size(own.first());
            ends[at + 1] = size(own.last());
        } else if at + 1 == count {
            ends[at] = size(own.first());
        } else {
            ends[at + 1] = size(own.last());
        }
    }
    let ones = |at: usize| matches!(factors[at].head(), Head::Ones(_));
    let mut cost = vec![vec![0u64; count]; count];
    let mut cut = vec![vec![0; count]; count];
    for length in 2..=count {
        for first in 0..=count - length {
            let last = first + length - 1;
            let price = |middle: usize| {
                // A product with ones is a sum.
                let alone = (first == middle && ones(first)) || (middle + 1 == last && ones(last));
                let own = if alone {
                    0
                } else {
                    ends[first]
                        .saturating_mul(ends[middle + 1])
                        .saturating_mul(ends[last + 1])
                };
                cost[first][middle]
                    .saturating_add(cost[middle + 1][last])
                    .saturating_add(own)
            };
            // Between equals from left to right; a quadratic form as uᵀ (M v), since its gradient has M v.
            let form = dims(first).len() == 1 && dims(last).len() == 1;
            let rank = |middle: usize| if form { middle } else { last - middle };
            let best = (first..last).min_by_key(|&middle| (price(middle), rank(middle)));
            let best = best.unwrap_or(first);
            cost[first][last] = price(best);
            cut[first][last] = best;
        }
    }
    cut
}
