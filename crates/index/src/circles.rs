//! Roots of unity and places on a circle, in the normal form.
//!
//! A cyclic subscript x[i − a mod n] is x_b with a new summed b and the condition b ≡ i − a; a root ω^{k(m − a)} falls apart into powers
//! of roots of two indices each; a sum over an index of nothing but roots is a condition. What is left are plain subscripts, and
//! conditions in which no index can be solved for without touching an array: the same ones however the circle was walked.

use crate::normal_form::Product;
use crate::substitute::replace_index;
use crate::{Affine, Head, Index, Rational, Term, build};
use derive_graph::{Dim, Polynomial};
use num_traits::{One, ToPrimitive};

/// 1 where a place of a circle is 0: the condition c ≡ 0.
pub(crate) fn condition(place: &Affine) -> Term {
    let zero = Affine::new(Vec::new(), 0.into(), place.dim().clone());
    let around = place.clone().wrapping(true);
    Term::raw(
        Head::Delta,
        vec![
            build::index(&around.to_index()),
            build::index(&zero.to_index()),
        ],
    )
}

/// The place of a condition, as [`condition`] writes it or as a delta with places on a circle.
pub(crate) fn condition_of(factor: &Term) -> Option<Affine> {
    if *factor.head() != Head::Delta {
        return None;
    }
    let (places, _) = factor.split();
    let [a, b] = places.as_slice() else {
        return None;
    };
    let (a, b) = (a.to_affine(), b.to_affine());
    let whole = a.divisor() == 1 && b.divisor() == 1;
    ((a.cyclic() || b.cyclic()) && whole).then(|| a.plus(&b.scaled(-1)))
}

/// ω^{ab} as powers of roots of two indices each. `None` where a coefficient is no number.
pub(crate) fn split_root(a: &Affine, b: &Affine) -> Option<Vec<(Term, Rational)>> {
    if !a.constant().is_zero() || !b.constant().is_zero() {
        return None;
    }
    let mut factors = Vec::new();
    for (left, c) in a.terms() {
        for (right, d) in b.terms() {
            let exponent = c.as_constant()?.checked_mul(d.as_constant()?)?;
            let root = Term::raw(Head::Root, vec![build::index(left), build::index(right)]);
            factors.push((ordered(&root), Rational::from_integer(exponent.into())));
        }
    }
    Some(factors)
}

/// A root with its indices in order, a condition with the sign that comes first; other factors as they are.
pub(crate) fn ordered(factor: &Term) -> Term {
    match factor.head() {
        Head::Root => {
            let mut places = factor.children().to_vec();
            places.sort();
            Term::raw(Head::Root, places)
        }
        Head::Delta => match condition_of(factor) {
            Some(place) => condition(&place).min(condition(&place.scaled(-1))),
            None => factor.clone(),
        },
        _ => factor.clone(),
    }
}

/// A power of a factor; a whole one of a root multiplies its exponent.
pub(crate) fn raised(factor: Term, exponent: Rational) -> Term {
    let (places, _) = factor.split();
    match (factor.head(), places.as_slice(), exponent.to_i64()) {
        (Head::Root, [a, b], Some(power)) if exponent.is_integer() => {
            build::root(a, &b.to_affine().scaled(power).to_index())
        }
        _ => build::power(factor, exponent),
    }
}

/// Carries out one step on the circles of a product; `false` if there is nothing left to do.
pub(crate) fn carry_out(product: &mut Product) -> bool {
    plain_condition(product) || sum_of_roots(product) || solved(product)
}

/// The condition a − b ≡ 0 between two indices of one axis is Kronecker's delta.
fn plain_condition(product: &mut Product) -> bool {
    for (factor, _) in &mut product.factors {
        let Some(place) = condition_of(factor) else {
            continue;
        };
        let (one, minus) = (Polynomial::from(1), Polynomial::from(-1));
        let same_axis = |index: &Index| index.dim() == *place.dim();
        if let [(a, c), (b, d)] = place.terms()
            && place.constant().is_zero()
            && ((*c == one && *d == minus) || (*c == minus && *d == one))
            && same_axis(a)
            && same_axis(b)
        {
            *factor = build::delta(a, b);
            return true;
        }
    }
    false
}

/// Σ_k ω^{ka} → N where a ≡ 0, for a k that occurs in roots alone.
fn sum_of_roots(product: &mut Product) -> bool {
    for k in product.bound.clone() {
        let uses: Vec<usize> = (0..product.factors.len())
            .filter(|&at| product.factors[at].0.free().contains(&k))
            .collect();
        let places: Option<Vec<Affine>> = uses
            .iter()
            .map(|&at| partner(&product.factors[at], &k))
            .collect();
        let Some(place) = places.and_then(|places| places.into_iter().reduce(|a, b| a.plus(&b)))
        else {
            continue;
        };
        product.bound.retain(|index| *index != k);
        remove(product, &uses);
        product
            .factors
            .push((build::dimension(&k.dim()), Rational::one()));
        if !place.terms().is_empty() || !place.constant().is_zero() {
            product.factors.push((condition(&place), Rational::one()));
        }
        return true;
    }
    false
}

/// What a root of unity multiplies one index by in its exponent. None for ω^{k(k+1)}, whose exponent is no multiple of k.
fn partner((factor, power): &(Term, Rational), k: &Index) -> Option<Affine> {
    if *factor.head() != Head::Root || !power.is_integer() {
        return None;
    }
    let (places, _) = factor.split();
    let power = power.to_i64()?;
    let other = match places.as_slice() {
        [a, b] if a == k => b,
        [a, b] if b == k => a,
        _ => return None,
    };
    let fits = !other.variables().contains(k) && other.to_affine().divisor() == 1;
    fits.then(|| other.to_affine().scaled(power))
}

/// A summed index that stands in roots and conditions alone, solved for in one of these.
fn solved(product: &mut Product) -> bool {
    for index in product.bound.clone() {
        let uses: Vec<usize> = (0..product.factors.len())
            .filter(|&at| product.factors[at].0.free().contains(&index))
            .collect();
        let on_circles = |at: &usize| {
            let (factor, _) = &product.factors[*at];
            *factor.head() == Head::Root || condition_of(factor).is_some()
        };
        if !uses.iter().all(on_circles) {
            continue;
        }
        let found = uses.iter().find_map(|&at| {
            let place = condition_of(&product.factors[at].0)?;
            Some((at, solution(&place, &index)?))
        });
        let Some((at, place)) = found else { continue };
        let Some(factors) = replaced(product, at, &index, &place) else {
            continue;
        };
        product.factors = factors;
        product.bound.retain(|other| *other != index);
        return true;
    }
    false
}

/// The index where a place is 0, if its coefficient is 1 or −1 and it goes around the circle once.
fn solution(place: &Affine, index: &Index) -> Option<Affine> {
    let (_, coefficient) = place.terms().iter().find(|(known, _)| known == index)?;
    let sign = coefficient.as_constant().filter(|sign| sign.abs() == 1)?;
    let own = Affine::new(
        vec![(index.clone(), (-sign).into())],
        0.into(),
        place.dim().clone(),
    );
    let rest = place.plus(&own);
    (index.dim() == *place.dim()).then(|| rest.scaled(-sign).wrapping(true))
}

/// The factors but for the one at `at`, with an index replaced in roots and conditions.
fn replaced(
    product: &Product,
    at: usize,
    index: &Index,
    place: &Affine,
) -> Option<Vec<(Term, Rational)>> {
    let to = place.clone().to_index();
    let mut factors = Vec::new();
    for (other, (factor, power)) in product.factors.iter().enumerate() {
        if other == at {
            continue;
        }
        if !factor.free().contains(index) {
            factors.push((factor.clone(), power.clone()));
            continue;
        }
        if let Some(condition_place) = condition_of(factor) {
            let condition_place = condition_place.replaced(index, &to);
            let trivial =
                condition_place.terms().is_empty() && condition_place.constant().is_zero();
            if !trivial {
                factors.push((condition(&condition_place), power.clone()));
            }
            continue;
        }
        let (places, _) = factor.split();
        let sides = places
            .iter()
            .map(|side| side.to_affine().replaced(index, &to));
        let sides: Vec<Affine> = sides.collect();
        for (root, own) in split_root(&sides[0], &sides[1])? {
            factors.push((root, own * power));
        }
    }
    Some(factors)
}

fn remove(product: &mut Product, places: &[usize]) {
    let mut at = 0;
    product.factors.retain(|_| {
        at += 1;
        !places.contains(&(at - 1))
    });
}

/// The entry with new indices in the place of cyclic subscripts, these indices, and the conditions on them.
pub(crate) fn straightened(
    array: &Term,
    place: &[Index],
    fresh: &mut dyn FnMut(&Dim) -> Index,
) -> Option<(Vec<Index>, Vec<Term>, Term)> {
    let mut bound = Vec::new();
    let mut conditions = Vec::new();
    let mut straight = Vec::with_capacity(place.len());
    for index in place {
        match index.as_affine() {
            Some(affine) if affine.cyclic() && affine.divisor() == 1 => {
                let own = fresh(affine.dim());
                conditions.push(condition(&own.to_affine().plus(&affine.clone().scaled(-1))));
                bound.push(own.clone());
                straight.push(own);
            }
            _ => straight.push(index.clone()),
        }
    }
    (!bound.is_empty()).then(|| (bound, conditions, build::entry(array.clone(), straight)))
}

/// `factor` with one index replaced, as [`replace_index`] does it, its form kept.
pub(crate) fn renamed(factor: &Term, from: &Index, to: &Index) -> Term {
    ordered(&replace_index(factor, from, to))
}
