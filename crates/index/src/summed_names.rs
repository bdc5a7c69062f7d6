//! Names for summed indices that depend on nothing but the product: of all orders that are left open by how the indices occur, the one
//! whose factors come first.

use crate::circles;
use crate::normal_form::{Product, scaled};
use crate::{Head, Index, Rational, Term, build};
use num_traits::One;
use std::collections::BTreeMap;

/// Most orders of summed indices that are compared for one product.
const MOST_ORDERS: usize = 720;
/// The first id of an index that the normal form has named.
const NAMED: u32 = 1 << 24;

/// A sum of products over indices with these named by where they stand, and its factors in order; its coefficient is kept. `None` for
/// other terms, and where too many orders of the indices are left open.
pub fn canonical_product(term: &Term) -> Option<Term> {
    let (bound, factors) = term.split();
    if *term.head() != Head::Product || bound.is_empty() {
        return None;
    }
    let (numbers, rest): (Vec<&Term>, Vec<&Term>) = factors
        .iter()
        .partition(|factor| factor.as_number().is_some());
    let numbers = numbers.into_iter().filter_map(Term::as_number);
    let product = Product {
        coefficient: numbers.product(),
        bound,
        factors: rest
            .into_iter()
            .map(|factor| (factor.clone(), Rational::one()))
            .collect(),
    };
    Some(scaled(canonical(&product)?, product.coefficient))
}

/// The product without its coefficient, its summed indices named by where they stand: of all orders that are left open, the one whose
/// factors come first.
pub(crate) fn canonical(product: &Product) -> Option<Term> {
    let mut groups: BTreeMap<Vec<String>, Vec<Index>> = BTreeMap::new();
    for index in &product.bound {
        groups
            .entry(signature(product, index))
            .or_default()
            .push(index.clone());
    }
    let groups: Vec<Vec<Index>> = groups.into_values().collect();
    let orders = groups.iter().try_fold(1usize, |all, group| {
        let own = (1..=group.len()).try_fold(1usize, |all, n| all.checked_mul(n))?;
        all.checked_mul(own).filter(|all| *all <= MOST_ORDERS)
    });
    orders?;
    let mut orders = vec![Vec::new()];
    for group in &groups {
        let own = permutations(group);
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<Index>| own.iter().map(move |next| [&order[..], next].concat()))
            .collect();
    }
    orders.iter().map(|order| named(product, order)).min()
}

fn permutations(items: &[Index]) -> Vec<Vec<Index>> {
    if items.len() <= 1 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for at in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        all.extend(
            permutations(&rest)
                .into_iter()
                .map(|more| [vec![first.clone()], more].concat()),
        );
    }
    all
}

/// How an index occurs, whatever the summed ones are called.
fn signature(product: &Product, index: &Index) -> Vec<String> {
    let blank = |term: &Term| {
        let mut blanked = term.clone();
        for other in &product.bound {
            let id = if other == index { NAMED - 1 } else { NAMED - 2 };
            let placeholder = Index::Variable {
                id,
                dim: other.dim(),
            };
            blanked = circles::renamed(&blanked, other, &placeholder);
        }
        format!("{blanked:?}")
    };
    let mut uses: Vec<String> = product
        .factors
        .iter()
        .filter(|(factor, _)| factor.free().contains(index))
        .map(|(factor, exponent)| format!("{}^{exponent}", blank(factor)))
        .collect();
    uses.sort();
    uses
}

fn named(product: &Product, order: &[Index]) -> Term {
    let name = |at: usize, index: &Index| Index::Variable {
        id: NAMED + at as u32,
        dim: index.dim(),
    };
    let rename = |term: &Term| {
        order
            .iter()
            .enumerate()
            .fold(term.clone(), |term, (at, index)| {
                crate::substitute::replace_index(&term, index, &name(at, index))
            })
    };
    let rename = |term: &Term| circles::ordered(&rename(term));
    let mut factors: Vec<Term> = product
        .factors
        .iter()
        .map(|(factor, exponent)| circles::raised(rename(factor), exponent.clone()))
        .collect();
    factors.sort();
    let bound = order.iter().enumerate().map(|(at, index)| name(at, index));
    build::product(bound.collect(), factors)
}
