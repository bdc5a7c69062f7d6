//! In which order the factors of a product entry by entry are multiplied, and which of them several products share.
//!
//! In: a product. Out: products of products. Small factors are multiplied before they repeat along the axes of larger ones.

use crate::code::{Id, Op};
use crate::economy::Economy;
use crate::moves::Replacement;
use derive_graph::Dim;
use num_traits::{One, Signed};

/// The factors of one size, smaller than the product, are multiplied by themselves, with the number and the scalars.
pub(crate) fn multiply_small_first(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    if node.op != Op::Product {
        return Vec::new();
    }
    let dims = |economy: &Economy<'_>, factor: &Id| economy.arena.dims(*factor).to_vec();
    let mut smaller: Vec<Vec<Dim>> = Vec::new();
    for factor in &node.arguments {
        let own = dims(economy, factor);
        if !own.is_empty() && own != node.dims && !smaller.contains(&own) {
            smaller.push(own);
        }
    }
    let (scalars, arrays): (Vec<Id>, Vec<Id>) = node
        .arguments
        .iter()
        .partition(|it| economy.arena.rank(**it) == 0);
    let negative = (scalars.first())
        .and_then(|&first| economy.arena.as_number(first))
        .is_some_and(Signed::is_negative);
    smaller.sort_by_key(|own| {
        let any = arrays.iter().find(|it| dims(economy, it) == *own);
        any.map_or(0, |&any| economy.entries(any))
    });
    let mut found = Vec::new();
    for own in smaller {
        let alike = arrays.iter().filter(|it| dims(economy, it) == own);
        let group: Vec<Id> = alike.copied().collect();
        for scaled in [true, false] {
            let with = if scaled { scalars.clone() } else { Vec::new() };
            if group.len() + with.len() < 2 || (!scaled && scalars.is_empty()) {
                continue;
            }
            let mut inner = group.clone();
            inner.extend(&with);
            if negative && scaled {
                inner.push(economy.arena.integer(-1));
            }
            let one = grouped(economy, &inner);
            let mut whole = with_joined(&arrays, &group, one);
            if !scaled {
                whole.splice(0..0, scalars.iter().copied());
            } else if negative {
                whole.insert(0, economy.arena.integer(-1));
            }
            if whole.len() > 1 {
                found.push(vec![(id, raw_product(economy, whole))]);
            }
        }
    }
    found
}

/// The product of factors of one size; under their view, if all are seen through the same one.
fn grouped(economy: &mut Economy<'_>, group: &[Id]) -> Id {
    let mut axes: Option<Vec<Option<usize>>> = None;
    let mut inner = Vec::with_capacity(group.len());
    for &factor in group {
        let node = economy.arena.node(factor);
        match &node.op {
            _ if node.dims.is_empty() => inner.push(factor),
            Op::View(own) if axes.as_ref().is_none_or(|axes| axes == own) => {
                axes = Some(own.clone());
                inner.push(node.arguments[0]);
            }
            _ => return joined(economy, group.to_vec()),
        }
    }
    let alike = inner
        .iter()
        .filter(|it| economy.arena.rank(**it) > 0)
        .map(|&it| economy.arena.dims(it).to_vec());
    let alike: Vec<_> = alike.collect();
    match axes {
        Some(axes) if alike.windows(2).all(|pair| pair[0] == pair[1]) => {
            let product = joined(economy, inner);
            economy.arena.view(product, axes)
        }
        _ => joined(economy, group.to_vec()),
    }
}

/// The product of factors, of which some may be products: as they are if that is computed anyway, opened otherwise.
fn joined(economy: &mut Economy<'_>, factors: Vec<Id>) -> Id {
    let raw = raw_product(economy, factors.clone());
    match economy.is_alive(raw) {
        true => raw,
        false => economy.arena.product(factors),
    }
}

/// The factors with some of them, which are now one, at the place of the first of these that is an array.
fn with_joined(factors: &[Id], gone: &[Id], joined: Id) -> Vec<Id> {
    let mut gone = gone.to_vec();
    let mut rest = Vec::with_capacity(factors.len());
    let mut place = None;
    for &factor in factors {
        if let Some(at) = gone.iter().position(|&own| own == factor) {
            gone.remove(at);
            place.get_or_insert(rest.len());
        } else {
            rest.push(factor);
        }
    }
    rest.insert(place.unwrap_or(0), joined);
    rest
}

/// A product whose factors may be products, which are then computed by themselves.
fn raw_product(economy: &mut Economy<'_>, factors: Vec<Id>) -> Id {
    let dims = economy.arena.broadcast_dims(&factors);
    economy.arena.add(Op::Product, factors, dims)
}

/// Two products with at least two factors in common compute these once.
pub(crate) fn share_factors(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    if node.op != Op::Product || node.arguments.len() < 2 {
        return Vec::new();
    }
    let counted = |economy: &Economy<'_>, id: &Id| {
        !economy
            .arena
            .as_number(*id)
            .is_some_and(|value| value.abs().is_one())
    };
    let own: Vec<Id> = node
        .arguments
        .iter()
        .filter(|it| counted(economy, it))
        .copied()
        .collect();
    let mut others: Vec<Id> = Vec::new();
    for &factor in own.iter().filter(|it| economy.arena.rank(**it) > 0) {
        for other in economy.products_with(factor) {
            if other != id && !others.contains(&other) {
                others.push(other);
            }
        }
    }
    let mut found = Vec::new();
    for other in others {
        let theirs = economy.arena.node(other).arguments.clone();
        let common: Vec<Id> = own
            .iter()
            .filter(|it| theirs.contains(it))
            .copied()
            .collect();
        if common.len() < 2 {
            continue;
        }
        let joined = raw_product(economy, common.clone());
        let mut replaced = Vec::new();
        for (product, arguments) in [(id, &node.arguments), (other, &theirs)] {
            if product == joined {
                continue;
            }
            let rest = with_joined(arguments, &common, joined);
            if rest.len() == 1 {
                replaced.push((product, joined));
            } else {
                replaced.push((product, raw_product(economy, rest)));
            }
        }
        found.push(replaced);
    }
    found
}
