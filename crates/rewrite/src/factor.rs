//! Rules about sums of products: common factors and like terms.

use crate::rules::{Application, Context};
use crate::sift::base_and_exponent;
use derive_index::canonical_product;
use derive_index::{Head, Index, Rational, Term, build};
use num_traits::{One, Signed, Zero};

/// A summand taken apart: coefficient, bound indices, factors.
struct Summand {
    coefficient: Rational,
    bound: Vec<Index>,
    factors: Vec<Term>,
}

fn take_apart(term: &Term) -> Summand {
    let (bound, factors) = match term.head() {
        Head::Product => (term.split().0, term.split_terms().1.to_vec()),
        _ => (Vec::new(), vec![term.clone()]),
    };
    let mut coefficient = Rational::one();
    let rest = factors
        .into_iter()
        .filter(|factor| match factor.as_number() {
            Some(number) => {
                coefficient *= number;
                false
            }
            None => true,
        });
    let factors = rest.collect();
    Summand {
        coefficient,
        bound,
        factors,
    }
}

fn put_together(summand: Summand) -> Term {
    let mut factors = vec![build::number(summand.coefficient)];
    factors.extend(summand.factors);
    build::product(summand.bound, factors)
}

/// a c + b c → (a + b) c for whatever all summands share.
pub fn common_factor(term: &Term, _: &Context) -> Option<Application> {
    if *term.head() != Head::Sum {
        return None;
    }
    let mut summands: Vec<Summand> = term.children().iter().map(take_apart).collect();
    let mut shared = Vec::new();
    for factor in summands[0].factors.clone() {
        let movable = |summand: &Summand| {
            summand.factors.contains(&factor)
                && !summand
                    .bound
                    .iter()
                    .any(|index| factor.free().contains(index))
        };
        if summands.iter().all(movable) {
            for summand in &mut summands {
                let at = summand.factors.iter().position(|other| *other == factor)?;
                summand.factors.remove(at);
            }
            shared.push(factor);
        }
    }
    shared.extend(common_denominators(&mut summands));
    let number = common_coefficient(&summands, !shared.is_empty());
    if shared.is_empty() && number.is_one() {
        return None;
    }
    for summand in &mut summands {
        summand.coefficient /= &number;
    }
    let slot = match shared.is_empty() {
        true => build::number(number.clone()),
        false => build::product(Vec::new(), shared.clone()),
    };
    let rest = restore_shape(
        build::sum(summands.into_iter().map(put_together).collect()),
        term,
        &shared,
    );
    let factors = [vec![build::number(number)], shared, vec![rest]].concat();
    Some(Application::new(build::product(Vec::new(), factors)).because(vec![slot]))
}

/// a/x + b/x² → (a + b/x)/x for a long x: of the powers of one base that stand in all denominators, the one that all have is taken out,
/// once nothing is left to collapse.
fn common_denominators(summands: &mut [Summand]) -> Vec<Term> {
    let mut shared = Vec::new();
    for factor in summands[0].factors.clone() {
        let (base, _) = base_and_exponent(&factor);
        let places: Option<Vec<(usize, Rational)>> = summands
            .iter()
            .map(|summand| denominator(summand, &base))
            .collect();
        let Some(places) = places else { continue };
        let exponents = places.iter().map(|(_, exponent)| exponent);
        let Some(common) = exponents.max().cloned() else {
            continue;
        };
        for (summand, (at, exponent)) in summands.iter_mut().zip(places) {
            summand.factors[at] = build::power(base.clone(), exponent - &common);
        }
        shared.push(build::power(base, common));
    }
    shared
}

/// Where a power of this base stands in the denominator of a summand, and its exponent.
fn denominator(summand: &Summand, base: &Term) -> Option<(usize, Rational)> {
    if !summand.bound.is_empty() || base.children().is_empty() {
        return None;
    }
    let powers = summand.factors.iter().enumerate();
    let mut powers = powers.filter_map(|(at, factor)| {
        let (other, exponent) = base_and_exponent(factor);
        (other == *base && exponent.is_negative()).then_some((at, exponent))
    });
    powers.next()
}

/// The factor that every coefficient shares: their common absolute value, and the sign if all are negative. Beside other factors that
/// are taken out, also the smallest of whole numbers that divides all of them.
fn common_coefficient(summands: &[Summand], beside: bool) -> Rational {
    let sizes = summands.iter().map(|summand| summand.coefficient.abs());
    let least = sizes.clone().min().unwrap_or_else(Rational::one);
    let divides = |size: Rational| beside && least.is_integer() && (size / &least).is_integer();
    let size =
        match !least.is_zero() && sizes.into_iter().all(|size| size == least || divides(size)) {
            true => least,
            false => Rational::one(),
        };
    let negative = |summand: &Summand| summand.coefficient.is_negative();
    match summands.iter().all(negative) {
        true => -size,
        false => size,
    }
}

/// A sum that lost every array keeps its shape by a factor of ones, unless a shared factor has it.
fn restore_shape(rest: Term, whole: &Term, shared: &[Term]) -> Term {
    let kept = shared.iter().any(|factor| factor.rank() > 0) || rest.rank() == whole.rank();
    match whole.shape() {
        Some(shape) if !kept => build::product(Vec::new(), vec![rest, build::ones(&shape.0)]),
        _ => rest,
    }
}

/// Most monomials an expansion may have.
const MAX_MONOMIALS: usize = 64;

/// Products of sums are multiplied out and equal terms collected, if there are any and the whole becomes smaller.
pub fn like_terms(term: &Term, _: &Context) -> Option<Application> {
    if *term.head() != Head::Sum {
        return None;
    }
    let mut collected: Vec<(Vec<Term>, Rational)> = Vec::new();
    let (mut renamed, mut count) = (false, 0);
    for summand in term.children() {
        for (coefficient, factors) in expand(summand)? {
            count += 1;
            let key = key(&factors);
            let known = collected
                .iter_mut()
                .find(|(other, _)| alike(other, &factors, &key));
            match known {
                Some((other, sum)) => {
                    renamed |= self::key(other) != key;
                    *sum += coefficient;
                }
                None => collected.push((factors, coefficient)),
            }
        }
        if collected.len() > MAX_MONOMIALS {
            return None;
        }
    }
    collected.retain(|(_, coefficient)| !coefficient.is_zero());
    if collected.len() == count {
        return None;
    }
    let rebuilt = collected.into_iter().map(|(factors, coefficient)| {
        put_together(Summand {
            coefficient,
            bound: Vec::new(),
            factors,
        })
    });
    let after = restore_shape(build::sum(rebuilt.collect()), term, &[]);
    let why = "collect equal terms: they differ in the names of summed indices and in the order of factors only";
    (after.size() < term.size()).then(|| Application {
        why: renamed.then_some(why),
        ..Application::new(after)
    })
}

fn key(factors: &[Term]) -> Vec<Term> {
    let mut key = factors.to_vec();
    key.sort();
    key
}

/// Whether two monomials have the same factors. A single sum over indices is compared up to the names of these and the order of its
/// factors.
fn alike(a: &[Term], b: &[Term], b_key: &[Term]) -> bool {
    match (a, b) {
        ([a], [b]) if a != b && !a.split_terms().0.is_empty() && a.size() == b.size() => {
            let canonical = canonical_product(a);
            canonical.is_some() && canonical == canonical_product(b)
        }
        _ => key(a) == b_key,
    }
}

/// A term as a sum of monomials; `None` where there would be too many.
fn expand(term: &Term) -> Option<Vec<(Rational, Vec<Term>)>> {
    let summand = take_apart(term);
    if !summand.bound.is_empty() {
        return Some(vec![(Rational::one(), vec![term.clone()])]);
    }
    let mut monomials = vec![(summand.coefficient, Vec::new())];
    for factor in summand.factors {
        let parts: Vec<(Rational, Vec<Term>)> = match factor.head() {
            Head::Sum => factor
                .children()
                .iter()
                .map(expand)
                .collect::<Option<Vec<_>>>()?
                .concat(),
            Head::Number(value) => vec![(value.clone(), Vec::new())],
            _ => vec![(Rational::one(), vec![factor])],
        };
        if monomials.len() * parts.len() > MAX_MONOMIALS {
            return None;
        }
        let times = |(a, left): &(Rational, Vec<Term>)| {
            let a = a.clone();
            let left = left.clone();
            parts
                .iter()
                .map(move |(b, right)| (&a * b, [left.clone(), right.clone()].concat()))
                .collect::<Vec<_>>()
        };
        monomials = monomials.iter().flat_map(times).collect();
    }
    Some(monomials)
}

/// A B + A C → A (B + C), and A C + B C → (A + B) C, for matrix products up to scalar factors.
pub fn factor_matrix(term: &Term, _: &Context) -> Option<Application> {
    if *term.head() != Head::Sum {
        return None;
    }
    let parts: Vec<(Vec<Term>, Term)> = term
        .children()
        .iter()
        .map(|part| build::split_scalars(part.clone()))
        .collect();
    // A single number may stand in a sum beside an array.
    let fits = |chain: &Term| *chain.head() == Head::MatMul && chain.shape() == term.shape();
    if !parts.iter().all(|(_, chain)| fits(chain)) {
        return None;
    }
    let first = parts[0].1.children();
    let shares_left = parts
        .iter()
        .all(|(_, chain)| chain.children()[0] == first[0]);
    let shares_right = parts
        .iter()
        .all(|(_, chain)| chain.children().last() == first.last());
    // 𝟏ᵀ u + 𝟏ᵀ v stays: totals are read one by one.
    let left = shares_left && (first[0].rank() == 2 || term.rank() > 0);
    let right = shares_right;
    if !left && !right {
        return None;
    }
    let rest = parts.iter().map(|(scalars, chain)| {
        let children = chain.children();
        let kept = if left {
            &children[1..]
        } else {
            &children[..children.len() - 1]
        };
        build::product(
            Vec::new(),
            [scalars.clone(), vec![build::matmul(kept.to_vec())]].concat(),
        )
    });
    let sum = build::sum(rest.collect());
    let shared = if left {
        first[0].clone()
    } else {
        first[first.len() - 1].clone()
    };
    let chain = if left {
        vec![shared.clone(), sum]
    } else {
        vec![sum, shared.clone()]
    };
    Some(Application::new(build::matmul(chain)).because(vec![shared]))
}
