//! Rules that make sums collapse.

use crate::fact::Fact;
use crate::row_major;
use crate::rules::{Application, Context};
use derive_graph::FunctionRow;
use derive_index::substitute::replace_index;
use derive_index::{Head, Index, Rational, Term, build};
use num_traits::{One, Signed};

/// Σ_k δ_{kj} e → e[k := j]. Deltas that meet an index which stays are taken first, deltas with affine places last.
pub fn sift(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    // What falls apart into digits is no place to solve for.
    if factors
        .iter()
        .any(|factor| row_major::split(factor).is_some())
    {
        return None;
    }
    let is_bound = |index: &Index| bound.contains(index);
    let pairs = || {
        let deltas = factors.iter().enumerate();
        deltas.filter_map(|(at, factor)| delta_indices(factor).map(|(a, b)| (at, a, b)))
    };
    let plain = |needs_free: bool| {
        pairs()
            .filter(|(_, a, b)| !is_affine(a) && !is_affine(b))
            .find_map(|(at, a, b)| match (is_bound(&a), is_bound(&b)) {
                (true, false) => Some((at, a, b)),
                (false, true) => Some((at, b, a)),
                (true, true) if !needs_free && a != b => Some((at, a, b)),
                _ => None,
            })
    };
    let affine = || {
        pairs().find_map(|(at, a, b)| {
            let (k, j) = solved(&bound, &a, &b)?;
            let fits =
                |factor: &Term| can_replace(factor, &k, &j) && !divides_by_nothing(factor, &k, &j);
            factors.iter().all(fits).then_some((at, k, j))
        })
    };
    let (at, gone, stays) = plain(true).or_else(|| plain(false)).or_else(affine)?;
    let left = bound
        .iter()
        .filter(|index| **index != gone)
        .cloned()
        .collect();
    let others = factors.iter().enumerate().filter(|(place, _)| *place != at);
    let mut replaced: Vec<Term> = others
        .map(|(_, factor)| match is_affine(&stays) {
            true => replace_index(&read_inside(factor, &gone, false), &gone, &stays),
            false => replace_index(factor, &gone, &stays),
        })
        .collect();
    let (_, a, b) = pairs().find(|(place, ..)| *place == at)?;
    let doubtful = [
        stays.clone(),
        replaced_in(&a, &gone, &stays),
        replaced_in(&b, &gone, &stays),
    ];
    replaced.extend(unwitnessed(&doubtful, &replaced));
    let slots = vec![
        factors[at].clone(),
        build::index(&gone),
        build::index(&stays),
    ];
    Some(Application::new(build::product(left, replaced)).because(slots))
}

/// Whether every subscript in a term can be written with one index in the place of another.
fn can_replace(term: &Term, from: &Index, to: &Index) -> bool {
    match term.as_index() {
        Some(index) => index
            .as_affine()
            .is_none_or(|affine| affine.can_replace(from, to)),
        None => term
            .children()
            .iter()
            .all(|child| can_replace(child, from, to)),
    }
}

/// [2 + A]_k is zero where k is no place, and then has no reciprocal; 2 + A_k has one. So where a function or a power is taken of
/// an entrywise array, its parts are read one by one.
fn read_inside(term: &Term, index: &Index, below: bool) -> Term {
    if !term.free().contains(index) || term.as_index().is_some() {
        return term.clone();
    }
    if let Some((array, place)) = term.as_entry() {
        return if below {
            read_parts(array, &place)
        } else {
            term.clone()
        };
    }
    let below = below || matches!(term.head(), Head::Power(_) | Head::Apply(_));
    let parts = term
        .children()
        .iter()
        .map(|part| read_inside(part, index, below));
    build::node(term.head().clone(), parts.collect())
}

/// Whether a factor divides by what is zero where an affine place is none: there nothing would be left that could be computed, though its delta
/// is zero.
fn divides_by_nothing(factor: &Term, from: &Index, to: &Index) -> bool {
    let outside = to.as_affine().is_some_and(|it| !it.is_always_inside());
    let by_nothing = |it: &Term| match it.head() {
        Head::Power(exponent) => exponent.is_negative() && vanishes(&it.children()[0], from, to),
        _ => false,
    };
    outside && factor.any(&by_nothing)
}

/// Whether a term is zero where the entries are that have no place with `to` in the place of `from`, whatever the others are.
fn vanishes(term: &Term, from: &Index, to: &Index) -> bool {
    let below = |it: &Term| vanishes(it, from, to);
    match term.head() {
        _ if !term.free().contains(from) => term.is_zero(),
        Head::Entry => {
            let places = term.as_entry().map_or(Vec::new(), |(_, places)| places);
            let mut moved = places.iter().map(|place| replaced_in(place, from, to));
            moved.any(|place| place.as_affine().is_some_and(|it| !it.is_always_inside()))
        }
        Head::Product => term.split().1.iter().any(below),
        Head::Sum => term.children().iter().all(below),
        Head::Power(exponent) => exponent.is_positive() && below(&term.children()[0]),
        // A number that is not zero equals none that is.
        Head::Apply(function) if function.name.as_str() == "equal" => {
            term.children().iter().filter(|it| below(it)).count() == 1
        }
        Head::Apply(function) => {
            let at_zero = |row: &FunctionRow| row.arity == 1 && (row.real)(&[0.0]) == 0.0;
            let known = function.row().filter(|_| function.primes == 0);
            known.is_some_and(at_zero) && below(&term.children()[0])
        }
        _ => false,
    }
}

fn read_parts(array: &Term, place: &[Index]) -> Term {
    match array.head() {
        _ if array.rank() == 0 => array.clone(),
        Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => {
            let parts = array.children().iter().map(|part| read_parts(part, place));
            build::node(array.head().clone(), parts.collect())
        }
        _ => build::entry(array.clone(), place.to_vec()),
    }
}

fn is_affine(index: &Index) -> bool {
    index.as_affine().is_some()
}

fn replaced_in(index: &Index, from: &Index, to: &Index) -> Index {
    let affine = index.to_affine().replaced(from, to);
    affine.to_index()
}

/// A bound index and what it equals where δ_{ab} is not zero. A side that is a bound index by itself is taken before one that has
/// to be solved for; of these the first that is bound.
fn solved(bound: &[Index], a: &Index, b: &Index) -> Option<(Index, Index)> {
    let alone = |k: &Index, j: &Index| {
        (bound.contains(k) && !j.variables().contains(k)).then(|| (k.clone(), j.clone()))
    };
    if let Some(pair) = alone(a, b).or_else(|| alone(b, a)) {
        return Some(pair);
    }
    let from = |side: &Index, other: &Index, k: &Index| {
        let once = !other.variables().contains(k);
        let place = side.as_affine().filter(|_| once)?.solved(k, other)?;
        Some((k.clone(), place))
    };
    bound
        .iter()
        .find_map(|k| from(a, b, k).or_else(|| from(b, a, k)))
}

/// That affine places exist, where no factor says so: an entry at the same place is zero unless it does.
fn unwitnessed(places: &[Index], factors: &[Term]) -> Vec<Term> {
    let mut needed: Vec<Index> = Vec::new();
    let witnessed = |place: &Index| {
        factors
            .iter()
            .any(|factor| factor.as_entry().is_some_and(|(_, at)| at.contains(place)))
    };
    for place in places.iter().filter(|place| is_affine(place)) {
        if !needed.contains(place) && !witnessed(place) {
            needed.push(place.clone());
        }
    }
    needed
        .iter()
        .map(|place| build::inside(std::slice::from_ref(place)))
        .collect()
}

/// The bound indices and factors of a product.
pub fn product_parts(term: &Term) -> Option<(Vec<Index>, Vec<Term>)> {
    (*term.head() == Head::Product).then(|| {
        let (bound, factors) = term.split();
        (bound, factors.to_vec())
    })
}

fn delta_indices(term: &Term) -> Option<(Index, Index)> {
    match (term.head(), term.children()) {
        (Head::Delta, [a, b]) => Some((a.as_index()?.clone(), b.as_index()?.clone())),
        _ => None,
    }
}

/// Whether a term is a delta or a product with one, over an index of `bound`.
fn holds_delta(term: &Term, bound: &[Index]) -> bool {
    let over_bound = |term: &Term| {
        delta_indices(term).is_some_and(|_| term.free().iter().any(|index| bound.contains(index)))
    };
    over_bound(term)
        || (*term.head() == Head::Product && term.split_terms().1.iter().any(over_bound))
}

/// Σ_K (a + b) c → Σ_K a c + Σ_K b c, only where a summand holds a delta that a sum over K will collapse.
pub fn distribute(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let is_target = |factor: &Term| {
        *factor.head() == Head::Sum
            && factor
                .children()
                .iter()
                .any(|summand| holds_delta(summand, &bound))
    };
    let at = factors.iter().position(is_target)?;
    let summands = factors[at].children().iter().map(|summand| {
        let mut copy = factors.clone();
        copy[at] = summand.clone();
        build::product(bound.clone(), copy)
    });
    Some(Application::new(build::sum(summands.collect())).because(vec![factors[at].clone()]))
}

/// x · (1/x) → 1, which needs x ≠ 0.
pub fn cancel(term: &Term, context: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    for (at, factor) in factors.iter().enumerate() {
        let (base, exponent) = base_and_exponent(factor);
        if !exponent.is_negative() {
            continue;
        }
        let partner = factors.iter().enumerate().position(|(place, other)| {
            let (other_base, other_exponent) = base_and_exponent(other);
            place != at && other_base == base && other_exponent.is_positive()
        });
        let Some(partner) = partner else { continue };
        let joined = build::power(
            base.clone(),
            base_and_exponent(&factors[partner]).1 + exponent,
        );
        let mut left = factors.clone();
        left[partner] = joined;
        left.remove(at);
        let condition = context.nonzero(&base);
        return Some(
            Application::new(build::product(bound, left))
                .because(vec![base])
                .under(condition),
        );
    }
    None
}

/// x^q as (x, q).
pub fn base_and_exponent(term: &Term) -> (Term, Rational) {
    match term.head() {
        Head::Power(exponent) => (term.children()[0].clone(), exponent.clone()),
        _ => (term.clone(), Rational::one()),
    }
}

/// (… + y/x) x → … x + y: a factor is multiplied into a sum where it cancels.
pub fn distribute_to_cancel(term: &Term, context: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let at = factors.iter().position(|factor| {
        *factor.head() == Head::Sum
            && factors
                .iter()
                .any(|other| factor.children().iter().any(|part| divides(part, other)))
    })?;
    let cancels = |factor: &Term| {
        factors[at]
            .children()
            .iter()
            .any(|part| divides(part, factor))
    };
    let (inside, outside): (Vec<_>, Vec<_>) = factors
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != at)
        .map(|(_, factor)| factor.clone())
        .partition(cancels);
    let mut conditions = Vec::new();
    let summands = factors[at].children().iter().map(|summand| {
        let mut product =
            build::product(Vec::new(), [vec![summand.clone()], inside.clone()].concat());
        while let Some(step) = cancel(&product, context) {
            conditions.extend(step.conditions);
            product = step.after;
        }
        product
    });
    let sum = build::sum(summands.collect());
    conditions.dedup_by(|a, b| format!("{a:?}") == format!("{b:?}"));
    let after = build::product(bound, [outside, vec![sum]].concat());
    let mut application = Application::new(after).because(inside);
    application.conditions = conditions;
    Some(application)
}

/// Whether `term` has 1/factor as a factor.
fn divides(term: &Term, factor: &Term) -> bool {
    let inverse = |part: &Term| matches!(part.head(), Head::Power(q) if q.is_negative() && part.children()[0] == *factor);
    inverse(term)
        || (*term.head() == Head::Product
            && term.split_terms().0.is_empty()
            && term.split_terms().1.iter().any(inverse))
}

/// Σ_k y_{…k…} → 1 along an axis on which y sums to one.
pub fn sums_to_one(term: &Term, context: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    for index in &bound {
        let mut holders = factors
            .iter()
            .enumerate()
            .filter(|(_, factor)| factor.free().contains(index));
        let (Some((at, factor)), None) = (holders.next(), holders.next()) else {
            continue;
        };
        let Some((array, place)) = factor.as_entry() else {
            continue;
        };
        let Head::Tensor(name, _) = array.head() else {
            continue;
        };
        let fact = context.facts.iter().find_map(|fact| match fact {
            Fact::SumsToOne {
                array,
                axis,
                because,
            } if array == name => Some((*axis, *because)),
            _ => None,
        });
        let Some((axis, because)) = fact else {
            continue;
        };
        let uses = place
            .iter()
            .filter(|other| other.variables().contains(index));
        let alone = uses.count() == 1;
        if place.get(axis) != Some(index) || !alone {
            continue;
        }
        // Along an axis that is read at an affine place there may be nothing to sum.
        let others: Vec<Index> = place
            .iter()
            .filter(|other| *other != index)
            .cloned()
            .collect();
        let mut left = factors.clone();
        left[at] = build::inside(&others);
        let bound_left = bound
            .iter()
            .filter(|other| *other != index)
            .cloned()
            .collect();
        let condition = derive_index::derivation::Condition::Declared {
            array: name.clone(),
            fact: because,
        };
        let summed = build::product(vec![index.clone()], vec![factor.clone()]);
        return Some(
            Application::new(build::product(bound_left, left))
                .because(vec![summed])
                .under(condition),
        );
    }
    None
}

/// Σ_k e → n e where e does not depend on k.
pub fn count(term: &Term, _: &Context) -> Option<Application> {
    let (bound, mut factors) = product_parts(term)?;
    let idle = bound
        .iter()
        .find(|index| !factors.iter().any(|factor| factor.free().contains(index)))?
        .clone();
    factors.push(build::dimension(&idle.dim()));
    let left = bound.into_iter().filter(|index| *index != idle).collect();
    let slots = vec![build::index(&idle), build::dimension(&idle.dim())];
    Some(Application::new(build::product(left, factors)).because(slots))
}
