//! Summing over one index: which of the products a sum is.
//!
//! An index that occurs in factors which together mention at most two other places is summed: `A_ik B_kj` is a matrix
//! product, `A_ik v_k` a matrix times a vector, `u_k v_k` a dot product, a lone `A_ik` a row or column sum. Factors with the
//! same places are first joined entry by entry. An index shared by factors with three other places stays a sum.

use crate::lift::{lift, oriented, places};
use crate::reading::Reading;
use crate::row_major::counted_as_one;
use crate::rules::{Application, Context};
use crate::sift::{product_parts, sums_to_one};
use derive_index::substitute::replace_index;
use derive_index::{Head, Index, Term, build};
use std::cmp::Ordering;

/// Above this many factors only the first contraction that is possible is tried.
const SEARCHED_FACTORS: usize = 5;

/// Every way to sum over one of the bound indices.
pub fn contract(term: &Term, context: &Context) -> Vec<Application> {
    let Some((bound, factors)) = product_parts(term) else {
        return Vec::new();
    };
    let reading = Reading::of(&bound, &factors, context.indices);
    let tried = bound
        .iter()
        .filter_map(|index| contract_index(index, &bound, &factors, &reading));
    let limit = if factors.len() > SEARCHED_FACTORS {
        1
    } else {
        usize::MAX
    };
    let split = split(&bound, &factors, context);
    tried.take(limit).chain(split).collect()
}

/// Whether a term has no index and is more than a name with a number in front.
fn is_compound_constant(term: &Term) -> bool {
    let factors = match term.head() {
        Head::Product => term.children(),
        _ => std::slice::from_ref(term),
    };
    let mut named = factors.iter().filter(|factor| factor.as_number().is_none());
    let compound = match (named.next(), named.next()) {
        (None, _) => false,
        (Some(only), None) => !only.children().is_empty(),
        (Some(_), Some(_)) => true,
    };
    term.free().is_empty() && compound
}

/// Why a sum is multiplied out here.
const EACH_A_PRODUCT: &str = "multiply out {0}‹, so that every term is summed by itself›";

/// Σ_k (a_k B_ki + c) → Σ_k a_k B_ki + Σ_k c: where a term would be a product by itself, sums to one or has no index at all (a
/// mean as in x_i − μ stays). As a whole the sum can only be one of rows, with outer products in it for what lacks an index.
fn split(bound: &[Index], factors: &[Term], context: &Context) -> Option<Application> {
    let summed = |term: &Term| bound.iter().any(|index| term.free().contains(index));
    let by_itself = |term: &Term| {
        let parts = term.split_terms().1.iter().filter(|part| summed(part));
        let mut places: Vec<Vec<Index>> = parts.map(places).collect();
        places.dedup();
        let product = *term.head() == Head::Product && term.split().0.is_empty();
        let whole = build::product(bound.to_vec(), vec![term.clone()]);
        product && places.len() > 1
            || is_compound_constant(term)
            || sums_to_one(&whole, context).is_some()
    };
    let mut brackets =
        (0..factors.len()).filter(|&at| *factors[at].head() == Head::Sum && summed(&factors[at]));
    // Of several brackets the terms would be as many as the product of theirs.
    let (at, None) = (brackets.next()?, brackets.next()) else {
        return None;
    };
    if !factors[at].children().iter().any(by_itself) {
        return None;
    }
    let terms = factors[at].children().iter().map(|term| {
        let mut copy = factors.to_vec();
        copy[at] = term.clone();
        build::product(bound.to_vec(), copy)
    });
    let mut application =
        Application::new(build::sum(terms.collect())).because(vec![factors[at].clone()]);
    application.kind = Some("distribute");
    application.why = Some(EACH_A_PRODUCT);
    Some(application)
}

fn contract_index(
    index: &Index,
    bound: &[Index],
    factors: &[Term],
    reading: &Reading,
) -> Option<Application> {
    let uses = |factor: &Term| factor.free().contains(index);
    let (inside, outside): (Vec<Term>, Vec<Term>) = factors.iter().cloned().partition(uses);
    if let Some((counted, one, place)) = counted_as_one(&inside) {
        let factors = [counted, outside].concat();
        let mut application = contract_index(index, bound, &factors, reading)?;
        application.after = replace_index(&application.after, &one, &place);
        let slots = application.slots.iter();
        application.slots = slots.map(|it| replace_index(it, &one, &place)).collect();
        return Some(application);
    }
    let order = |a: &Index, b: &Index| reading.rows_first(index, a, b);
    let (kind, summed) = summed_in_order(index, &inside, &order)?;
    let place = factors.iter().position(uses)?;
    let before = factors[..place]
        .iter()
        .filter(|factor| !uses(factor))
        .count();
    let mut left = outside;
    left.insert(before, summed.clone());
    let bound_left = bound
        .iter()
        .filter(|other| *other != index)
        .cloned()
        .collect();
    let turned = turned(kind, index, &inside, &order);
    let sum = build::product(vec![index.clone()], inside);
    let why = turning(kind, turned.len());
    let mut application = Application::new(build::product(bound_left, left))
        .because([vec![sum, summed], turned].concat());
    application.kind = Some(kind);
    application.why = why;
    Some(application)
}

/// The sentences for products in which factors have to be transposed, by kind and how many they are: the answer to where a transpose
/// comes from.
#[rustfmt::skip]
const TURNINGS: &[(&str, usize, &str)] = &[
    ("matrix-product", 1, "{2} has the summed index outside‹, where a product needs it inside, as column index of the left factor and row index of the right one,› and is transposed: {0} = {1}"),
    ("matrix-product", 2, "{2} and {3} have the summed index outside‹, where a product needs it inside, as column index of the left factor and row index of the right one,› and are transposed: {0} = {1}"),
    ("matrix-vector", 1, "{2} has the summed index as its row index‹, where a matrix times a vector has it as the column index,› and is transposed: {0} = {1}"),
];

fn turning(kind: &str, count: usize) -> Option<&'static str> {
    let row = TURNINGS
        .iter()
        .find(|(known, own, _)| *known == kind && *own == count);
    row.map(|(_, _, sentence)| *sentence)
}

/// The matrices that a product reads the other way round, and that this changes: the summed index is the row index of a left one, or
/// the column index of a right one. The left ones are met first.
fn turned(kind: &str, index: &Index, inside: &[Term], order: Order) -> Vec<Term> {
    let row = |place: &[Index]| place[0] == *index;
    let matrices = inside.iter().filter_map(|factor| {
        let (array, place) = factor.as_entry()?;
        let changes = || build::transpose(array.clone()) != *array;
        (place.len() == 2 && place[0] != place[1] && changes()).then_some((factor, place))
    });
    let matrices: Vec<(&Term, Vec<Index>)> = matrices.collect();
    let turned: Vec<&Term> = match (kind, others(index, inside, order).as_slice()) {
        ("matrix-vector", _) => matrices
            .iter()
            .filter_map(|(factor, place)| row(place).then_some(*factor))
            .collect(),
        ("matrix-product", [first, last]) => {
            let left = matrices.iter().filter(|(_, place)| place.contains(first));
            let right = matrices.iter().filter(|(_, place)| place.contains(last));
            let left = left.filter_map(|(factor, place)| row(place).then_some(*factor));
            let right = right.filter_map(|(factor, place)| (!row(place)).then_some(*factor));
            left.chain(right).collect()
        }
        _ => Vec::new(),
    };
    turned.into_iter().cloned().collect()
}

/// The places of factors other than a summed index, in order.
fn others(index: &Index, inside: &[Term], order: Order) -> Vec<Index> {
    let mut others: Vec<Index> = Vec::new();
    for place in inside.iter().flat_map(places) {
        if place != *index && !others.contains(&place) {
            others.push(place);
        }
    }
    others.sort_by(order);
    others
}

/// Which of two indices gives the rows.
type Order<'a> = &'a dyn Fn(&Index, &Index) -> Ordering;

/// Σ over `index` of the product of factors that all have it, as an entry of a closed array, and which product that is.
pub fn summed(index: &Index, inside: &[Term]) -> Option<(&'static str, Term)> {
    summed_in_order(index, inside, &Index::cmp)
}

/// As [`summed`], the index that comes first giving the rows.
fn summed_in_order(index: &Index, inside: &[Term], order: Order) -> Option<(&'static str, Term)> {
    let others = others(index, inside, order);
    let attempt = |others: &[Index]| match others {
        [] => sum_of_vectors(inside, index),
        [i] => sum_to_vector(inside, index, i),
        [i, j] => sum_to_matrix(inside, index, i, j),
        _ => None,
    };
    // A single row or column may keep its axis of size 1, or be read as a vector where that is the only way.
    let variables: Vec<Index> = others
        .iter()
        .filter(|other| **other != Index::Unit)
        .cloned()
        .collect();
    attempt(&others).or_else(|| attempt(&variables))
}

/// Σ_k u_k v_k or Σ_k v_k.
fn sum_of_vectors(inside: &[Term], index: &Index) -> Option<(&'static str, Term)> {
    let target = std::slice::from_ref(index);
    let (first, rest) = inside.split_first()?;
    let first = lift(first, target)?;
    if rest.is_empty() {
        return Some((
            "total",
            build::matmul(vec![build::ones(&[index.dim()]), first]),
        ));
    }
    let rest = lift(&build::product(Vec::new(), rest.to_vec()), target)?;
    Some(("dot", build::matmul(vec![first, rest])))
}

/// Σ_k A_ik v_k, Σ_k A_ik.
fn sum_to_vector(inside: &[Term], index: &Index, i: &Index) -> Option<(&'static str, Term)> {
    let (matrices, vectors): (Vec<Term>, Vec<Term>) = inside
        .iter()
        .cloned()
        .partition(|factor| places(factor).contains(i));
    let unit = Index::Unit;
    if *i == unit && matrices.len() >= 2 && vectors.is_empty() {
        // Two single columns: their product over k is a 1 × 1 matrix.
        let left = oriented(&matrices[0], &unit, index)?;
        let right = oriented(
            &build::product(Vec::new(), matrices[1..].to_vec()),
            index,
            &unit,
        )?;
        return Some((
            "dot",
            build::entry(build::matmul(vec![left, right]), vec![unit.clone(), unit]),
        ));
    }
    let matrix = oriented(&build::product(Vec::new(), matrices.clone()), i, index)?;
    if vectors.is_empty() {
        let ones = build::ones(&[index.dim()]);
        let turned = oriented(&build::product(Vec::new(), matrices), index, i)?;
        let columns = turned.size() < matrix.size();
        let chain = if columns {
            vec![ones, turned]
        } else {
            vec![matrix, ones]
        };
        let kind = if columns { "column-sum" } else { "row-sum" };
        return Some((kind, build::entry(build::matmul(chain), vec![i.clone()])));
    }
    let vector = lift(
        &build::product(Vec::new(), vectors),
        std::slice::from_ref(index),
    )?;
    Some((
        "matrix-vector",
        build::entry(build::matmul(vec![matrix, vector]), vec![i.clone()]),
    ))
}

/// Σ_k A_ik B_kj, or Σ_k A_ik v_k B_kj, where vectors scale what each k contributes.
fn sum_to_matrix(
    inside: &[Term],
    index: &Index,
    i: &Index,
    j: &Index,
) -> Option<(&'static str, Term)> {
    let at = |factor: &Term, place: &Index| places(factor).contains(place);
    let left: Vec<Term> = inside
        .iter()
        .filter(|factor| at(factor, i) && !at(factor, j))
        .cloned()
        .collect();
    let right: Vec<Term> = inside
        .iter()
        .filter(|factor| at(factor, j) && !at(factor, i))
        .cloned()
        .collect();
    let scale: Vec<Term> = inside
        .iter()
        .filter(|factor| !at(factor, i) && !at(factor, j))
        .cloned()
        .collect();
    if left.is_empty() || right.is_empty() || left.len() + right.len() + scale.len() != inside.len()
    {
        return None;
    }
    let a = oriented(&build::product(Vec::new(), left), i, index)?;
    let b = oriented(&build::product(Vec::new(), right), index, j)?;
    let (kind, chain) = if scale.is_empty() {
        ("matrix-product", vec![a, b])
    } else {
        let vector = lift(
            &build::product(Vec::new(), scale),
            std::slice::from_ref(index),
        )?;
        let diagonal = Term::raw(Head::DiagonalMatrix, vec![vector]);
        ("scaled-product", vec![a, diagonal, b])
    };
    let place = vec![i.clone(), j.clone()];
    Some((kind, build::entry(build::matmul(chain), place)))
}

/// Σ_k A_kk → tr A, and the trace of a longer product likewise.
pub fn trace(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    for index in &bound {
        let mut uses = factors
            .iter()
            .enumerate()
            .filter(|(_, factor)| factor.free().contains(index));
        let (Some((at, factor)), None) = (uses.next(), uses.next()) else {
            continue;
        };
        let Some((array, place)) = factor.as_entry() else {
            continue;
        };
        if place.len() != 2 || place[0] != *index || place[1] != *index || !array.is_closed_form() {
            continue;
        }
        let mut left = factors.clone();
        left[at] = Term::raw(Head::Trace, vec![array.clone()]);
        let bound_left = bound
            .iter()
            .filter(|other| *other != index)
            .cloned()
            .collect();
        let slots = vec![
            build::product(vec![index.clone()], vec![factor.clone()]),
            left[at].clone(),
        ];
        return Some(Application::new(build::product(bound_left, left)).because(slots));
    }
    None
}
