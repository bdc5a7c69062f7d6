//! In which order the factors of a product entry by entry are multiplied, and which of them several products share.
//!
//! In: a product. Out: products of products. Small factors are multiplied before they repeat along the axes of larger ones.

use crate::code::{Id, Op};
use crate::economy::Economy;
use crate::moves::{Replacement, shared};
use derive_graph::Dim;
use num_traits::{One, Signed};

/// The factors of one size, smaller than the product, are multiplied by themselves, with the number and the scalars or without.
pub(crate) fn multiply_small_first(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    if node.op != Op::Product {
        return Vec::new();
    }
    let (scalars, arrays): (Vec<Id>, Vec<Id>) = node
        .arguments
        .iter()
        .partition(|it| economy.arena.rank(**it) == 0);
    let mut found = Vec::new();
    for own in smaller_sizes(economy, &arrays, &node.dims) {
        let alike = arrays.iter();
        let alike = alike.filter(|it| economy.arena.dims(**it) == own);
        let group: Vec<Id> = alike.copied().collect();
        let mut wholes = Vec::with_capacity(2);
        if group.len() + scalars.len() > 1 {
            wholes.push(with_scaled_group(economy, &arrays, &group, &scalars));
        }
        if group.len() > 1 && !scalars.is_empty() {
            let mut whole = scalars.clone();
            let one = grouped(economy, &group);
            whole.extend(with_joined(&arrays, &group, one));
            wholes.push(whole);
        }
        for whole in wholes.into_iter().filter(|whole| whole.len() > 1) {
            found.push(vec![(id, raw_product(economy, whole))]);
        }
    }
    found
}

/// The sizes of the factors that are smaller than their product, the smallest first.
fn smaller_sizes(economy: &Economy<'_>, arrays: &[Id], whole: &[Dim]) -> Vec<Vec<Dim>> {
    let mut found: Vec<(i64, Vec<Dim>)> = Vec::new();
    for &factor in arrays {
        let own = economy.arena.dims(factor);
        if own != whole && !found.iter().any(|(_, known)| known == own) {
            found.push((economy.entries(factor), own.to_vec()));
        }
    }
    found.sort_by_key(|(entries, _)| *entries);
    found.into_iter().map(|(_, own)| own).collect()
}

/// The factors with a group of them, and the scalars but for their sign, as one.
fn with_scaled_group(
    economy: &mut Economy<'_>,
    arrays: &[Id],
    group: &[Id],
    scalars: &[Id],
) -> Vec<Id> {
    let negative = (scalars.first())
        .and_then(|&first| economy.arena.as_number(first))
        .is_some_and(Signed::is_negative);
    let sign = negative.then(|| economy.arena.integer(-1));
    let inner: Vec<Id> = group.iter().chain(scalars).copied().chain(sign).collect();
    let one = grouped(economy, &inner);
    let mut whole = with_joined(arrays, group, one);
    whole.splice(0..0, sign);
    whole
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
        let common = shared(&own, &theirs);
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
