//! Polynomials in the sizes of dimensions: `n - k + 1`, `c*h*w`, `floor((n - k)/2) + 1`, `d/2`.
//!
//! They are the sizes of axes that operators make (a convolution's output, a concatenation, a head's share of the features) and the
//! coefficients of affine subscripts. Kept in normal form, so that equal polynomials are equal values. A quotient rounded down is an atom;
//! a quotient that leaves no rest has a fraction for its coefficient, so that two halves of d are d. A value is always whole: sizes at which
//! it is not are no sizes of the network. Coefficients are fractions of 64 bits; what is computed from one that did not fit says so
//! ([`Polynomial::is_overflowed`]) and has no value.

use crate::{Dim, Name};
use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedMul, One, Signed, Zero};
use std::fmt;

/// What stands in front of a product of dimensions.
pub type Coefficient = Ratio<i64>;

/// What a polynomial is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// The size of a named dimension.
    Named(Name),
    /// ⌊p / s⌋ for a whole number s ≥ 2.
    Quotient(Box<Polynomial>, i64),
}

/// A sum of products of atoms with coefficients, in normal form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Polynomial {
    /// Monomials (sorted atoms) with their coefficients, none zero: sorted, the constant first.
    terms: Vec<(Vec<Atom>, Coefficient)>,
    /// Whether a coefficient did not fit, here or in what this was computed from.
    overflowed: bool,
}

impl From<i64> for Polynomial {
    fn from(value: i64) -> Polynomial {
        Polynomial::collect(vec![(Vec::new(), Some(value.into()))], false)
    }
}

impl From<&Dim> for Polynomial {
    fn from(dim: &Dim) -> Polynomial {
        match dim {
            Dim::Named(name) => Polynomial::atom(Atom::Named(name.clone())),
            Dim::Size(size) => {
                let size = i64::try_from(*size).ok().map(Coefficient::from);
                Polynomial::collect(vec![(Vec::new(), size)], false)
            }
            Dim::Formula(formula) => (**formula).clone(),
        }
    }
}

impl Polynomial {
    fn atom(atom: Atom) -> Polynomial {
        Polynomial {
            terms: vec![(vec![atom], Coefficient::one())],
            overflowed: false,
        }
    }

    fn number(value: Coefficient) -> Polynomial {
        Polynomial::collect(vec![(Vec::new(), Some(value))], false)
    }

    /// No monomials, and overflowed as this is.
    fn nothing(&self) -> Polynomial {
        Polynomial {
            terms: Vec::new(),
            overflowed: self.overflowed,
        }
    }

    /// The sum of monomials; a coefficient that is `None` did not fit, and `overflowed` says whether anything before did not.
    fn collect(
        mut terms: Vec<(Vec<Atom>, Option<Coefficient>)>,
        mut overflowed: bool,
    ) -> Polynomial {
        terms.sort();
        let mut collected: Vec<(Vec<Atom>, Coefficient)> = Vec::with_capacity(terms.len());
        for (atoms, coefficient) in terms {
            let Some(coefficient) = coefficient else {
                overflowed = true;
                continue;
            };
            match collected.last_mut() {
                Some((known, sum)) if *known == atoms => match sum.checked_add(&coefficient) {
                    Some(fits) => *sum = fits,
                    None => overflowed = true,
                },
                _ => collected.push((atoms, coefficient)),
            }
        }
        collected.retain(|(_, coefficient)| !coefficient.is_zero());
        Polynomial {
            terms: collected,
            overflowed,
        }
    }

    /// Each monomial with another coefficient, `None` where it does not fit.
    fn with(
        &self,
        coefficient: impl Fn(&[Atom], Coefficient) -> Option<Coefficient>,
    ) -> Polynomial {
        let monomial =
            |(atoms, old): &(Vec<Atom>, Coefficient)| (atoms.clone(), coefficient(atoms, *old));
        Polynomial::collect(self.terms.iter().map(monomial).collect(), self.overflowed)
    }

    /// Whether this was computed from a coefficient that does not fit into 64 bits: nothing that is read off it holds.
    pub fn is_overflowed(&self) -> bool {
        let within = |atom: &Atom| match atom {
            Atom::Named(_) => false,
            Atom::Quotient(inner, _) => inner.is_overflowed(),
        };
        self.overflowed || self.terms.iter().any(|(atoms, _)| atoms.iter().any(within))
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Polynomial) -> Polynomial {
        let terms = self.terms.iter().chain(&other.terms);
        let terms = terms.map(|(atoms, coefficient)| (atoms.clone(), Some(*coefficient)));
        Polynomial::collect(terms.collect(), self.overflowed || other.overflowed)
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Polynomial) -> Polynomial {
        self.plus(&other.scaled(-1))
    }

    /// A multiple.
    #[must_use]
    pub fn scaled(&self, by: i64) -> Polynomial {
        self.with(|_, coefficient| coefficient.checked_mul(&by.into()))
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Polynomial) -> Polynomial {
        let mut terms = Vec::with_capacity(self.terms.len() * other.terms.len());
        for (left, a) in &self.terms {
            for (right, b) in &other.terms {
                let mut atoms = [left.clone(), right.clone()].concat();
                atoms.sort();
                terms.push((atoms, a.checked_mul(b)));
            }
        }
        Polynomial::collect(terms, self.overflowed || other.overflowed)
    }

    /// self / by, where that is known to leave no rest. `by` must be positive.
    #[must_use]
    pub fn share(&self, by: i64) -> Polynomial {
        self.with(|_, coefficient| coefficient.checked_mul(&Coefficient::new(1, by)))
    }

    /// Calls `each` with every dimension that stands alone over a number, as d in d/2 + n, and that number: of which it is then a multiple.
    pub fn mention_shares(&self, each: &mut dyn FnMut(&Name, i64)) {
        for (atoms, coefficient) in &self.terms {
            if let ([Atom::Named(name)], false) = (atoms.as_slice(), coefficient.is_integer()) {
                each(name, *coefficient.denom());
            }
        }
    }

    /// ⌊self / by⌋; exact where every coefficient is a multiple. `by` must be positive.
    #[must_use]
    pub fn quotient(&self, by: i64) -> Polynomial {
        // What a dimension's coefficient leaves keeps its sign, so that (n − k)/2 stays as it is.
        let whole = self.with(|atoms, coefficient| {
            let whole = match (coefficient.is_integer(), atoms.is_empty()) {
                (false, _) => 0,
                (true, true) => coefficient.to_integer().div_euclid(by),
                (true, false) => coefficient.to_integer() / by,
            };
            Some(whole.into())
        });
        let rest = self.minus(&whole.scaled(by));
        if rest.as_constant().is_some() {
            return whole;
        }
        whole.plus(&Polynomial::atom(Atom::Quotient(Box::new(rest), by)))
    }

    /// The value, if no dimension occurs.
    pub fn as_constant(&self) -> Option<i64> {
        if self.overflowed {
            return None;
        }
        match self.terms.as_slice() {
            [] => Some(0),
            [(atoms, value)] if atoms.is_empty() && value.is_integer() => Some(value.to_integer()),
            _ => None,
        }
    }

    /// Whether this is zero.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty() && !self.overflowed
    }

    /// Whether this is the number `value`.
    pub fn is(&self, value: i64) -> bool {
        self.as_constant() == Some(value)
    }

    /// Monomials with their coefficients, the constant first.
    pub fn terms(&self) -> &[(Vec<Atom>, Coefficient)] {
        &self.terms
    }

    /// Whether the value is at least zero for all sizes of one and more, as far as the coefficients show it: with every
    /// dimension written as 1 + d, no coefficient may be negative.
    pub fn is_never_negative(&self) -> bool {
        let shifted = self
            .terms
            .iter()
            .fold(Polynomial::default(), |sum, (atoms, coefficient)| {
                let monomial =
                    atoms
                        .iter()
                        .fold(Polynomial::number(*coefficient), |product, atom| {
                            let mut factor = Polynomial::atom(atom.clone());
                            if matches!(atom, Atom::Named(_)) {
                                factor = factor.plus(&1.into());
                            }
                            product.times(&factor)
                        });
                sum.plus(&monomial)
            });
        let positive = |(_, coefficient): &(Vec<Atom>, Coefficient)| coefficient.is_positive();
        !shifted.is_overflowed() && !self.is_overflowed() && shifted.terms.iter().all(positive)
    }

    /// An upper bound without quotients: s⌊p/s⌋ ≤ p. Quotients whose coefficient is no positive multiple of s stay.
    #[must_use]
    pub fn rounded_up(&self) -> Polynomial {
        self.terms
            .iter()
            .fold(self.nothing(), |sum, (atoms, coefficient)| {
                let bound = match atoms.as_slice() {
                    [Atom::Quotient(inner, by)]
                        if coefficient.is_positive() && (coefficient / by).is_integer() =>
                    {
                        inner.rounded_up().scaled((coefficient / by).to_integer())
                    }
                    _ => Polynomial {
                        terms: vec![(atoms.clone(), *coefficient)],
                        overflowed: false,
                    },
                };
                sum.plus(&bound)
            })
    }

    /// The value at these sizes; `None` if a size is missing, the value does not fit, or a quotient that leaves no rest would leave one.
    pub fn value(&self, size: &dyn Fn(&Name) -> Option<i64>) -> Option<i64> {
        if self.overflowed {
            return None;
        }
        // Most coefficients are whole numbers, whose sum needs no fractions.
        let mut whole = 0i64;
        let mut broken = Coefficient::zero();
        for (atoms, coefficient) in &self.terms {
            let mut product = 1i64;
            for atom in atoms {
                let factor = match atom {
                    Atom::Named(name) => size(name)?,
                    Atom::Quotient(inner, by) => inner.value(size)?.div_euclid(*by),
                };
                product = product.checked_mul(factor)?;
            }
            match coefficient.is_integer() {
                true => {
                    let term = product.checked_mul(coefficient.to_integer())?;
                    whole = whole.checked_add(term)?;
                }
                false => {
                    let term = coefficient.checked_mul(&product.into())?;
                    broken = broken.checked_add(&term)?;
                }
            }
        }
        broken
            .is_integer()
            .then(|| broken.to_integer().checked_add(whole))
            .flatten()
    }

    /// With every dimension replaced.
    #[must_use]
    pub fn renamed(&self, rename: &dyn Fn(&Name) -> Dim) -> Polynomial {
        self.terms
            .iter()
            .fold(self.nothing(), |sum, (atoms, coefficient)| {
                let monomial =
                    atoms
                        .iter()
                        .fold(Polynomial::number(*coefficient), |product, atom| {
                            let factor = match atom {
                                Atom::Named(name) => Polynomial::from(&rename(name)),
                                Atom::Quotient(inner, by) => inner.renamed(rename).quotient(*by),
                            };
                            product.times(&factor)
                        });
                sum.plus(&monomial)
            })
    }

    /// Calls `each` with every dimension that occurs.
    pub fn mention(&self, each: &mut dyn FnMut(&Name)) {
        for atom in self.terms.iter().flat_map(|(atoms, _)| atoms) {
            match atom {
                Atom::Named(name) => each(name),
                Atom::Quotient(inner, _) => inner.mention(each),
            }
        }
    }

    /// The dimension of this size: a number or a name where it is one. `None` if it is a number below 1.
    pub fn to_dim(&self) -> Option<Dim> {
        if self.overflowed {
            return Some(Dim::Formula(std::sync::Arc::new(self.clone())));
        }
        match (self.as_constant(), self.terms.as_slice()) {
            (Some(value), _) => u64::try_from(value)
                .ok()
                .filter(|size| *size > 0)
                .map(Dim::Size),
            (None, [(atoms, one)]) if atoms.len() == 1 && one.is_one() => match &atoms[0] {
                Atom::Named(name) => Some(Dim::Named(name.clone())),
                Atom::Quotient(..) => Some(Dim::Formula(std::sync::Arc::new(self.clone()))),
            },
            _ => Some(Dim::Formula(std::sync::Arc::new(self.clone()))),
        }
    }
}

/// The least positive number that is a multiple of both; the largest number there is if that does not fit.
pub fn least_common_multiple(a: i64, b: i64) -> i64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Named(name) => name.fmt(f),
            Atom::Quotient(inner, by) => write!(f, "floor(({inner})/{by})"),
        }
    }
}

impl fmt::Display for Polynomial {
    /// Dimensions first, the constant last, as people write: `n - k + 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        for (at, (atoms, coefficient)) in self.in_reading_order().enumerate() {
            let sign = match (at, coefficient.is_negative()) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            f.write_str(sign)?;
            let size = coefficient.numer().unsigned_abs();
            if size != 1 || atoms.is_empty() {
                write!(f, "{size}")?;
            }
            for (place, atom) in atoms.iter().enumerate() {
                let star = if place > 0 || size != 1 { "*" } else { "" };
                write!(f, "{star}{atom}")?;
            }
            if !coefficient.is_integer() {
                write!(f, "/{}", coefficient.denom())?;
            }
        }
        Ok(())
    }
}

impl Polynomial {
    /// Positive monomials first, then negative ones, the constant last.
    pub fn in_reading_order(&self) -> impl Iterator<Item = &(Vec<Atom>, Coefficient)> {
        let positive = self
            .terms
            .iter()
            .filter(|(atoms, c)| !atoms.is_empty() && c.is_positive());
        let negative = self
            .terms
            .iter()
            .filter(|(atoms, c)| !atoms.is_empty() && c.is_negative());
        let constant = self.terms.iter().filter(|(atoms, _)| atoms.is_empty());
        positive.chain(negative).chain(constant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Polynomial {
        Polynomial::from(&Dim::Named(Name::new(name)))
    }

    #[test]
    fn equal_polynomials_are_equal_values() {
        let valid = named("n").minus(&named("k")).plus(&1.into());
        assert_eq!(valid.to_string(), "n - k + 1");
        assert_eq!(valid.plus(&named("k")).minus(&1.into()), named("n"));
        assert_eq!(
            named("n").plus(&2.into()).times(&named("k")).to_string(),
            "2*k + k*n"
        );
    }

    #[test]
    fn quotients_are_exact_where_they_can_be() {
        assert_eq!(
            named("n").scaled(4).plus(&3.into()).quotient(2),
            named("n").scaled(2).plus(&1.into())
        );
        assert_eq!(
            named("n").minus(&named("k")).quotient(2).to_string(),
            "floor((n - k)/2)"
        );
        assert_eq!(Polynomial::from(-3).quotient(2), Polynomial::from(-2));
    }

    /// However a coefficient outgrows 64 bits, nothing is read off the polynomial any more.
    #[test]
    fn what_does_not_fit_says_so() {
        let (large, n) = (Polynomial::from(i64::MAX), named("n"));
        let square = n.scaled(i64::MAX).times(&n.scaled(2));
        let overflowed = [
            large.plus(&1.into()),
            large.scaled(2),
            large.times(&large),
            Polynomial::from(-2).minus(&large),
            Polynomial::from(&Dim::Size(u64::MAX)),
            square.clone(),
            square.minus(&square),
            square.quotient(2),
            square.renamed(&|name| Dim::Named(name.clone())),
            square.rounded_up(),
        ];
        for (at, polynomial) in overflowed.iter().enumerate() {
            assert!(polynomial.is_overflowed(), "row {at}");
            assert_eq!(polynomial.value(&|_| Some(1)), None, "row {at}");
            assert_eq!(polynomial.as_constant(), None, "row {at}");
            assert!(
                !polynomial.is_zero() && !polynomial.is_never_negative(),
                "row {at}"
            );
            assert!(
                matches!(polynomial.to_dim(), Some(Dim::Formula(_))),
                "row {at}"
            );
        }
        assert!(!large.is_overflowed() && large.value(&|_| None) == Some(i64::MAX));
    }

    /// Two halves are the whole, and sizes that leave a rest are none.
    #[test]
    fn shares_add_up() {
        let half = named("d").share(2);
        assert_eq!(half.to_string(), "d/2");
        assert_eq!(half.plus(&half), named("d"));
        assert_eq!(half.scaled(2), named("d"));
        assert_eq!(half.scaled(3).minus(&named("d")), half);
        assert_eq!(half.times(&named("n")).scaled(3).to_string(), "3*d*n/2");
        assert_eq!(half.quotient(2).to_string(), "floor((d/2)/2)");
        let mut shares = Vec::new();
        let sum = half.plus(&named("n")).plus(&named("k").share(3));
        sum.mention_shares(&mut |name, by| shares.push((name.to_string(), by)));
        assert_eq!(shares, [("d".to_owned(), 2), ("k".to_owned(), 3)]);
        assert_eq!(half.value(&|_| Some(6)), Some(3));
        assert_eq!(half.value(&|_| Some(5)), None);
        assert!(named("d").minus(&half).is_never_negative());
    }

    #[test]
    fn bounds_hold_for_every_size() {
        assert!(
            named("n")
                .times(&named("m"))
                .minus(&1.into())
                .is_never_negative()
        );
        assert!(!named("n").minus(&named("m")).is_never_negative());
        let rounded = named("n").minus(&named("k")).quotient(2).scaled(2);
        assert_eq!(rounded.rounded_up(), named("n").minus(&named("k")));
    }
}
