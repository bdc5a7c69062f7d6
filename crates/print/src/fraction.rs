//! Which factors of a product stand above a fraction line, which below, and which in front.

use derive_index::build::is_plain_scalar;
use derive_index::{Head, Rational, Term, build};
use num_traits::{One, Signed};

/// The factors of a product, sorted by where they are written.
#[derive(Debug)]
pub struct Parts {
    /// Whether a minus stands in front.
    pub negative: bool,
    /// The number in front, without its sign.
    pub number: Rational,
    /// Scalars without an index.
    pub scalars: Vec<Term>,
    /// Scalars without an index that are divided by.
    pub divisors: Vec<Term>,
    /// Everything else.
    pub factors: Vec<Term>,
    /// Everything else that is divided by.
    pub reciprocals: Vec<Term>,
    /// Whether some factor has axes.
    pub closed: bool,
}

/// Sorts factors by where they are written.
pub fn split(factors: &[Term]) -> Parts {
    let mut parts = Parts {
        negative: false,
        number: Rational::one(),
        scalars: Vec::new(),
        divisors: Vec::new(),
        factors: Vec::new(),
        reciprocals: Vec::new(),
        closed: factors.iter().any(|factor| factor.rank() > 0),
    };
    let open = !parts.closed;
    let mut number = Rational::one();
    for factor in factors {
        match (factor.as_number(), inverted(factor)) {
            (Some(value), _) => number *= value,
            (None, Some(below)) if is_plain_scalar(&below) => parts.divisors.push(below),
            (None, Some(below)) => parts.reciprocals.push(below),
            (None, None) if is_plain_scalar(factor) && !(open && is_long(factor)) => {
                parts.scalars.push(factor.clone());
            }
            (None, None) => parts.factors.push(factor.clone()),
        }
    }
    for list in [
        &mut parts.scalars,
        &mut parts.divisors,
        &mut parts.factors,
        &mut parts.reciprocals,
    ] {
        *list = powers(list);
    }
    // n λ rather than λ n.
    for list in [&mut parts.scalars, &mut parts.divisors] {
        list.sort_by_key(|factor| !matches!(factor.head(), Head::Dimension(_)));
    }
    parts.negative = number.is_negative();
    parts.number = number.abs();
    parts
}

/// Equal scalars as one power, where the first of them stands: `A_kl²` for `A_kl A_kl`. The term stays as it is; this is how it is
/// written. Deltas and roots of unity are no numbers that anybody squares.
fn powers(factors: &[Term]) -> Vec<Term> {
    let mut written: Vec<(Term, Rational)> = Vec::with_capacity(factors.len());
    for factor in factors {
        let (base, exponent) = match factor.head() {
            Head::Power(exponent) => (&factor.children()[0], exponent.clone()),
            _ => (factor, Rational::one()),
        };
        let joins = base.rank() == 0 && !matches!(base.head(), Head::Delta | Head::Root);
        let known = written.iter_mut().find(|(other, _)| joins && other == base);
        match known {
            Some((_, sum)) => *sum += exponent,
            None => written.push((base.clone(), exponent)),
        }
    }
    let power = |(base, exponent): (Term, Rational)| match exponent.is_one() {
        true => base,
        false => Term::raw(Head::Power(exponent), vec![base]),
    };
    written.into_iter().map(power).collect()
}

/// Whether a scalar is a formula of its own that would crowd a fraction.
fn is_long(scalar: &Term) -> bool {
    let product = *scalar.head() == Head::Product;
    product
        || matches!(
            scalar.head(),
            Head::MatMul | Head::Trace | Head::EveryLayer(_)
        )
}

/// What a factor divides by, if it is a reciprocal.
fn inverted(factor: &Term) -> Option<Term> {
    match factor.head() {
        Head::Power(exponent) if exponent.is_negative() => {
            Some(build::power(factor.children()[0].clone(), -exponent))
        }
        _ => None,
    }
}

/// One factor at index level: a plain one, or a fraction.
#[derive(Debug)]
pub struct Group {
    /// Above the line.
    pub top: Vec<Term>,
    /// Below; empty for a plain factor.
    pub bottom: Vec<Term>,
}

/// Puts every denominator under the factors with the same indices, or else under the first factor that has them all, so
/// that `y_{ij}/ŷ_{ij}` and `e^{z_{ij}}/Σ_k e^{z_{ik}}` come out as one writes them.
pub fn pair(factors: &[Term], reciprocals: &[Term]) -> Vec<Group> {
    let mut groups: Vec<Group> = factors
        .iter()
        .map(|factor| Group {
            top: vec![factor.clone()],
            bottom: Vec::new(),
        })
        .collect();
    for below in reciprocals {
        let suits = |top: Option<&Term>, exactly: bool| {
            top.is_some_and(|top| {
                let covers = below.free().iter().all(|index| top.free().contains(index));
                let same = top.free() == below.free();
                *top.head() != Head::Delta && if exactly { same } else { covers }
            })
        };
        let find = |exactly| {
            let mut tops = groups.iter().map(|group| group.top.first());
            tops.position(|top| suits(top, exactly))
        };
        let place = find(true).or_else(|| find(false));
        match place {
            Some(at) => groups[at].bottom.push(below.clone()),
            None => groups.push(Group {
                top: Vec::new(),
                bottom: vec![below.clone()],
            }),
        }
    }
    groups
}
