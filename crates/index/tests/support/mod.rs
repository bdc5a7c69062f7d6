//! What terms mean, by definition: one entry at a time, modulo a prime, every sum written as a loop.
//!
//! Slow, short, and written for these tests alone, so that a mistake in the crate is not made here too.

#![allow(
    dead_code,
    reason = "every test file uses some of what is here, and none all"
)]

pub mod random;

use derive_graph::{Dim, Gather, Name, Shape};
use derive_index::{Fresh, Head, Index, Rational, Term, build};
use num_traits::ToPrimitive;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// 15 · 2²⁷ + 1: one less is a multiple of 12, so that there are roots of unity of the orders 1 to 4 and 6.
pub const PRIME: u64 = 2_013_265_921;
/// A number whose powers are all residues but 0.
const GENERATOR: u64 = 31;

/// The dimensions a, b, c and d with their sizes.
pub const SIZES: [(&str, i64); 4] = [("a", 2), ("b", 3), ("c", 1), ("d", 4)];

/// The size of a named dimension.
pub fn size(name: &Name) -> Option<i64> {
    let found = SIZES.iter().find(|(known, _)| *known == name.as_str());
    found.map(|(_, size)| *size)
}

/// The size of any dimension.
pub fn length(dim: &Dim) -> i64 {
    i64::try_from(dim.size(&size).expect("a known dimension")).expect("a small one")
}

/// A named dimension.
pub fn dim(name: &str) -> Dim {
    Dim::Named(Name::new(name))
}

/// An array over named dimensions.
pub fn array(name: &str, dims: &[&str]) -> Term {
    let dims = dims.iter().map(|name| dim(name)).collect();
    build::tensor(&Name::new(name), &Shape(dims))
}

/// Values of indices.
pub type Values = HashMap<Index, i64>;

/// b to a power.
pub fn power(base: u64, exponent: u64) -> u64 {
    let mut result = 1;
    for bit in (0..64).rev() {
        result = result * result % PRIME;
        if exponent >> bit & 1 == 1 {
            result = result * base % PRIME;
        }
    }
    result
}

/// The residue of a whole number.
pub fn residue(value: i64) -> u64 {
    value.rem_euclid(PRIME as i64) as u64
}

fn inverse(value: u64) -> Option<u64> {
    (value != 0).then(|| power(value, PRIME - 2))
}

fn fraction(value: &Rational) -> Option<u64> {
    let (top, bottom) = (value.numer().to_i64()?, value.denom().to_i64()?);
    Some(residue(top) * inverse(residue(bottom))? % PRIME)
}

/// A residue that depends on nothing but what is hashed.
fn unknown(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish() % PRIME
}

/// The place that a subscript stands for; the inner `None` where there is none. The outer one where an index has no value.
pub fn place(index: &Index, values: &Values) -> Option<Option<i64>> {
    let affine = match index {
        Index::Unit => return Some(Some(0)),
        Index::Variable { .. } => return Some(Some(*values.get(index)?)),
        Index::Affine(affine) => affine,
    };
    let mut sum = affine.constant().value(&size)?;
    for (variable, coefficient) in affine.terms() {
        sum += coefficient.value(&size)? * values.get(variable)?;
    }
    if sum % affine.divisor() != 0 {
        return Some(None);
    }
    let (place, length) = (sum / affine.divisor(), length(affine.dim()));
    let place = if affine.cyclic() {
        place.rem_euclid(length)
    } else {
        place
    };
    Some((0..length).contains(&place).then_some(place))
}

/// All places of an array with these dimensions.
pub fn places(dims: &[Dim]) -> Vec<Vec<i64>> {
    dims.iter().fold(vec![Vec::new()], |all, dim| {
        let longer = |place: Vec<i64>| (0..length(dim)).map(move |at| [&place[..], &[at]].concat());
        all.into_iter().flat_map(longer).collect()
    })
}

/// All values of some indices, together with values of others.
pub fn runs(indices: &[Index], values: &Values) -> Vec<Values> {
    let dims: Vec<Dim> = indices.iter().map(Index::dim).collect();
    let extended = |place: Vec<i64>| {
        let mut values = values.clone();
        values.extend(indices.iter().cloned().zip(place));
        values
    };
    places(&dims).into_iter().map(extended).collect()
}

/// The entry of a term at a place, no place for a scalar. `None` where it is not defined (1/0) or has no meaning here.
pub fn value(term: &Term, at: &[i64], values: &Values) -> Option<u64> {
    let children = term.children();
    match term.head() {
        Head::Number(number) => fraction(number),
        Head::Dimension(name) => Some(residue(size(name)?)),
        Head::Tensor(name, _) => Some(unknown((name.as_str(), at))),
        Head::Ones(_) => Some(1),
        Head::Identity(_) => Some(u64::from(at[0] == at[1])),
        Head::Index(_) => None,
        Head::Entry => entry(term, values),
        Head::Delta => {
            let (sides, _) = term.split();
            let (a, b) = (place(&sides[0], values)?, place(&sides[1], values)?);
            Some(u64::from(a.is_some() && a == b))
        }
        Head::Root => root(term, values),
        Head::Product => sum_of_products(term, at, values),
        Head::Sum => children.iter().try_fold(0, |sum, child| {
            Some((sum + part(child, at, values)?) % PRIME)
        }),
        Head::Power(exponent) => {
            let whole = exponent.is_integer().then(|| exponent.to_i64())??;
            let base = part(&children[0], at, values)?;
            let power = power(base, whole.unsigned_abs());
            if whole < 0 {
                inverse(power)
            } else {
                Some(power)
            }
        }
        Head::Apply(function) => {
            let arguments = children.iter().map(|child| part(child, at, values));
            let arguments = arguments.collect::<Option<Vec<_>>>()?;
            Some(unknown((format!("{function:?}"), arguments)))
        }
        Head::Comprehension => {
            let (indices, body) = term.split();
            let mut inner = values.clone();
            inner.extend(indices.into_iter().zip(at.iter().copied()));
            value(&body[0], &[], &inner)
        }
        Head::Transpose => value(&children[0], &[at[1], at[0]], values),
        Head::Outer => Some(
            value(&children[0], &at[..1], values)? * value(&children[1], &at[1..], values)? % PRIME,
        ),
        Head::Diagonal => value(&children[0], &[at[0], at[0]], values),
        Head::DiagonalMatrix if at[0] != at[1] => Some(0),
        Head::DiagonalMatrix => value(&children[0], &at[..1], values),
        Head::Trace => {
            let dims = &children[0].shape()?.0;
            (0..length(&dims[0])).try_fold(0, |sum, k| {
                Some((sum + value(&children[0], &[k, k], values)?) % PRIME)
            })
        }
        Head::MatMul => chain(children, at, values),
        Head::Gather(gather, _) => gathered(gather, &children[0], at, values),
        Head::Reshape(shape) => {
            let number = shape
                .0
                .iter()
                .zip(at)
                .fold(0, |sum, (dim, at)| sum * length(dim) + at);
            value(
                &children[0],
                &places(&children[0].shape()?.0)[number as usize],
                values,
            )
        }
        Head::Concat(axis) => concatenated(children, *axis, at, values),
        _ => None,
    }
}

/// A child of an entrywise node: scalars are the same at every place.
fn part(term: &Term, at: &[i64], values: &Values) -> Option<u64> {
    value(term, if term.rank() == 0 { &[] } else { at }, values)
}

fn entry(term: &Term, values: &Values) -> Option<u64> {
    let (array, indices) = term.as_entry()?;
    let mut at = Vec::new();
    for index in &indices {
        match place(index, values)? {
            Some(place) => at.push(place),
            None => return Some(0),
        }
    }
    value(array, &at, values)
}

/// ω^{ab}; where a place does not count around the circle it is not wrapped, which changes nothing.
fn root(term: &Term, values: &Values) -> Option<u64> {
    let (sides, _) = term.split();
    let number = |index: &Index| {
        let affine = index.to_affine();
        let terms = affine.terms().iter();
        terms.fold(affine.constant().value(&size), |sum, (variable, c)| {
            Some(sum? + c.value(&size)? * values.get(variable)?)
        })
    };
    let order = length(&sides[0].dim());
    let turns = (number(&sides[0])? * number(&sides[1])?).rem_euclid(order) as u64;
    Some(power(GENERATOR, (PRIME - 1) / order as u64 * turns))
}

fn sum_of_products(term: &Term, at: &[i64], values: &Values) -> Option<u64> {
    let (bound, factors) = term.split();
    runs(&bound, values).iter().try_fold(0, |sum, values| {
        let mut factors = factors.iter();
        let product = factors.try_fold(1, |product, factor| {
            Some(product * part(factor, at, values)? % PRIME)
        })?;
        Some((sum + product) % PRIME)
    })
}

/// A matrix product from the left: the first factor's last axis meets what the others are.
fn chain(factors: &[Term], at: &[i64], values: &Values) -> Option<u64> {
    let (first, rest) = factors.split_first()?;
    if rest.is_empty() {
        return value(first, at, values);
    }
    let own = first.rank() - 1;
    (0..length(first.shape()?.0.last()?)).try_fold(0, |sum, k| {
        let left = value(first, &[&at[..own], &[k]].concat(), values)?;
        let right = chain(rest, &[&[k], &at[own..]].concat(), values)?;
        Some((sum + left * right) % PRIME)
    })
}

fn gathered(gather: &Gather, child: &Term, at: &[i64], values: &Values) -> Option<u64> {
    let mut read = Vec::new();
    for (subscript, dim) in gather.axes.iter().zip(&child.shape()?.0) {
        let mut sum = subscript.constant.value(&size)?;
        for (axis, c) in &subscript.terms {
            sum += c.value(&size)? * at[*axis];
        }
        let place = match subscript.cyclic {
            true => (sum / subscript.divisor).rem_euclid(length(dim)),
            false => sum / subscript.divisor,
        };
        if sum % subscript.divisor != 0 || !(0..length(dim)).contains(&place) {
            return Some(0);
        }
        read.push(place);
    }
    value(child, &read, values)
}

fn concatenated(parts: &[Term], axis: usize, at: &[i64], values: &Values) -> Option<u64> {
    let mut at = at.to_vec();
    for part in parts {
        let own = length(&part.shape()?.0[axis]);
        if at[axis] < own {
            return value(part, &at, values);
        }
        at[axis] -= own;
    }
    None
}

/// At so many values of their free indices two scalars are compared, spread evenly.
const MOST_VALUES: usize = 6;

/// Whether two scalars are equal at values of their free indices where both are defined, and how many these are.
pub fn agree(a: &Term, b: &Term) -> Result<usize, String> {
    let mut free: Vec<Index> = [a.free(), b.free()].concat();
    free.sort();
    free.dedup();
    let mut count = 0;
    let all = runs(&free, &Values::new());
    let step = all.len().div_ceil(MOST_VALUES).max(1);
    for values in all.into_iter().step_by(step) {
        if let (Some(x), Some(y)) = (value(a, &[], &values), value(b, &[], &values)) {
            count += 1;
            if x != y {
                return Err(format!(
                    "{x} and {y} at {values:?}\n{}\n{}",
                    text(a),
                    text(b)
                ));
            }
        }
    }
    Ok(count)
}

/// New indices over named dimensions.
pub fn indices(fresh: &mut Fresh, dims: &[&str]) -> Vec<Index> {
    dims.iter().map(|name| fresh.index(&dim(name))).collect()
}

/// A term on one line.
pub fn text(term: &Term) -> String {
    let children: Vec<String> = term.children().iter().map(text).collect();
    let head = match term.head() {
        Head::Tensor(name, _) => name.to_string(),
        Head::Number(value) => value.to_string(),
        Head::Index(Index::Variable { id, dim }) => format!("#{id}:{dim}"),
        Head::Index(Index::Affine(it)) => {
            let terms = it.terms().iter();
            let terms: Vec<String> = terms
                .map(|(index, c)| format!("{c}#{}", index.id().unwrap_or_default()))
                .collect();
            let (rest, by, dim) = (it.constant(), it.divisor(), it.dim());
            let sign = if it.cyclic() { "around" } else { "on" };
            format!("<({} + {rest})/{by} {sign} {dim}>", terms.join(" + "))
        }
        head => format!("{head:?}"),
    };
    match children.is_empty() {
        true => head,
        false => format!("{head}({})", children.join(", ")),
    }
}
