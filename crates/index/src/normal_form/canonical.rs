//! Names for the summed indices of a product that depend on nothing but how they occur.
//!
//! In: a product with summed indices of any names. Out: the same with names by place. Indices are told apart by refinement: each gets a
//! colour by the factors that it occurs in, these seen with the colours of the indices beside it, until no colour splits any more.
//! Of the orders that this leaves open, the one whose factors come first is taken. Refinement of colours: Weisfeiler and Leman 1968.

use super::Product;
use crate::circles;
use crate::{Affine, Head, Index, Rational, Term, build};
use std::collections::{BTreeMap, HashMap};

/// Most orders of summed indices that are compared for one product.
const MOST_ORDERS: usize = 720;
/// The first id of an index that the normal form has named.
const NAMED: u32 = 1 << 24;
/// The id that stands for an index of colour 0; other colours count down from it.
const COLOURED: u32 = u32::MAX - 1;

/// What one index is called in another place.
type Names = HashMap<Index, Index>;

/// The product without its coefficient, and how many orders were compared for it.
pub(super) fn canonical(product: &Product) -> Option<(Term, usize)> {
    let groups = groups(product);
    let orders = groups.iter().try_fold(1usize, |all, group| {
        let own = (1..=group.len()).try_fold(1usize, |all, n| all.checked_mul(n))?;
        all.checked_mul(own).filter(|all| *all <= MOST_ORDERS)
    })?;
    let mut ways = vec![Vec::new()];
    for group in &groups {
        let own = permutations(group);
        ways = ways
            .into_iter()
            .flat_map(|order: Vec<Index>| own.iter().map(move |next| [&order[..], next].concat()))
            .collect();
    }
    let factors = product.factors.iter();
    let inner = factors.map(|(factor, _)| next_bound(factor)).max();
    let first = inner.unwrap_or(0).max(NAMED);
    let named = ways.iter().map(|order| named(product, order, first));
    Some((named.min()?, orders))
}

/// The summed indices by colour, in the order of what they occur in.
fn groups(product: &Product) -> Vec<Vec<Index>> {
    let mut colours: HashMap<Index, usize> = product
        .bound
        .iter()
        .map(|index| (index.clone(), 0))
        .collect();
    let mut count = 0;
    loop {
        let mut classes: BTreeMap<(usize, Signature), Vec<Index>> = BTreeMap::new();
        for index in &product.bound {
            let key = (colours[index], signature(product, index, &colours));
            classes.entry(key).or_default().push(index.clone());
        }
        for (colour, class) in classes.values().enumerate() {
            colours.extend(class.iter().map(|index| (index.clone(), colour)));
        }
        if classes.len() == count || classes.len() == product.bound.len() {
            return classes.into_values().collect();
        }
        count = classes.len();
    }
}

/// The factors that an index occurs in, every summed index seen as its colour.
type Signature = Vec<(Term, Rational)>;

fn signature(product: &Product, index: &Index, colours: &HashMap<Index, usize>) -> Signature {
    let coloured = |(other, colour): (&Index, &usize)| {
        let own = u32::from(other == index);
        let id = COLOURED - 2 * (*colour as u32) + own;
        let dim = other.dim();
        (other.clone(), Index::Variable { id, dim })
    };
    let names: Names = colours.iter().map(coloured).collect();
    let uses = product.factors.iter();
    let uses = uses.filter(|(factor, _)| factor.free().contains(index));
    let mut uses: Signature = uses
        .map(|(factor, exponent)| (renamed(factor, &names), exponent.clone()))
        .collect();
    uses.sort();
    uses
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

fn named(product: &Product, order: &[Index], first: u32) -> Term {
    let name = |(at, index): (usize, &Index)| {
        let (id, dim) = (first + at as u32, index.dim());
        (index.clone(), Index::Variable { id, dim })
    };
    let names: Vec<(Index, Index)> = order.iter().enumerate().map(name).collect();
    let bound = names.iter().map(|(_, name)| name.clone()).collect();
    let names: Names = names.into_iter().collect();
    let factors = product.factors.iter();
    let factors = factors.map(|(factor, exponent)| {
        circles::raised(ordered(renamed(factor, &names)), exponent.clone())
    });
    let mut factors: Vec<Term> = factors.collect();
    factors.sort();
    build::product(bound, factors)
}

/// The term with free indices renamed, sums and products inside in order again.
fn renamed(term: &Term, names: &Names) -> Term {
    if !term.free().iter().any(|index| names.contains_key(index)) {
        return term.clone();
    }
    let name = |index: &Index| names.get(index).unwrap_or(index).clone();
    match term.as_index() {
        Some(Index::Affine(affine)) => {
            let affine: Affine =
                affine.renamed(&name, &|dim| derive_graph::Dim::Named(dim.clone()));
            return build::index(&affine.to_index());
        }
        Some(index) => return build::index(&name(index)),
        None => {}
    }
    let children = term.children().iter();
    let children = children.map(|child| renamed(child, names)).collect();
    ordered(Term::raw(term.head().clone(), children))
}

/// The node with what may stand in any order in the order of terms.
fn ordered(term: Term) -> Term {
    if *term.head() == Head::Root || circles::condition_of(&term).is_some() {
        return circles::ordered(&term);
    }
    if !matches!(term.head(), Head::Sum | Head::Product | Head::Delta) {
        return term;
    }
    let skipped = match term.head() {
        Head::Product => term.split_terms().0.len(),
        _ => 0,
    };
    let mut children = term.children().to_vec();
    children[skipped..].sort();
    Term::raw(term.head().clone(), children)
}

/// One more than the greatest id of an index that is bound inside.
fn next_bound(term: &Term) -> u32 {
    let own = match term.head().binds() {
        true => term.split().0,
        false => Vec::new(),
    };
    let own = own.iter().filter_map(Index::id).map(|id| id + 1);
    let inner = term.children().iter().map(next_bound);
    own.chain(inner).max().unwrap_or(0)
}
