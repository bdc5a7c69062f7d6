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
    parts.negative = number.is_negative();
    parts.number = number.abs();
    parts
}

/// Whether a scalar is a formula of its own that would crowd a fraction.
fn is_long(scalar: &Term) -> bool {
    let product = *scalar.head() == Head::Product;
    product || matches!(scalar.head(), Head::MatMul | Head::Trace)
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
