//! Products as formulas: what stands in front, what becomes a fraction, which factors are multiplied entry by entry; powers and numbers.

use crate::fraction;
use crate::math::{self, Joiner, Level, Math};
use crate::term::Speller;
use derive_index::{Head, Rational, Term};
use num_traits::{One, Signed};

impl Speller<'_> {
    pub(crate) fn product(&self, term: &Term) -> Math {
        let (bound, factors) = term.split();
        let parts = fraction::split(factors);
        let front = self.front(&parts);
        let mut names = self.indices(&bound);
        names.sort_by_key(index_key);
        let rest = self.rest(&parts);
        let rest = match rest {
            Some(body) if !names.is_empty() => Some(Math::BigSum {
                indices: names,
                body: Box::new(math::bracketed(body, Level::Hadamard)),
            }),
            None if !names.is_empty() => Some(Math::BigSum {
                indices: names,
                body: Box::new(math::number(1)),
            }),
            rest => rest,
        };
        let whole = match (front, rest) {
            (None, None) => math::number(1),
            (Some(only), None) | (None, Some(only)) => only,
            // A dot product has an end, so that it is not read on into the array behind it.
            (Some(front), Some(rest)) if is_dot_alone(&parts) => {
                scaled(math::bracketed(front, Level::Atom), rest)
            }
            (Some(front), Some(rest)) => scaled(front, rest),
        };
        if parts.negative {
            math::negative(whole)
        } else {
            whole
        }
    }

    /// The numbers and scalars in front, as one fraction; nothing if they are 1.
    fn front(&self, parts: &fraction::Parts) -> Option<Math> {
        let list = |whole: bool, number: Math, terms: &[Term]| {
            let number = (!whole).then_some(number);
            number
                .into_iter()
                .chain(self.all(terms))
                .collect::<Vec<_>>()
        };
        let (above, below) = (parts.number.numer(), parts.number.denom());
        let top = list(above.is_one(), math::number(above), &parts.scalars);
        let bottom = list(below.is_one(), math::number(below), &parts.divisors);
        match (top.is_empty(), bottom.is_empty()) {
            (true, true) => None,
            (false, true) => Some(math::product(Joiner::Juxtaposed, top)),
            _ => Some(math::fraction(factors_or_one(top), factors_or_one(bottom))),
        }
    }

    /// Everything that depends on an index or has axes.
    fn rest(&self, parts: &fraction::Parts) -> Option<Math> {
        if parts.closed {
            return self.hadamard(&parts.factors, &parts.reciprocals);
        }
        let groups = fraction::pair(&parts.factors, &parts.reciprocals);
        let factors: Vec<Math> = groups
            .iter()
            .map(|group| {
                let top = self.all(&group.top);
                if group.bottom.is_empty() {
                    math::product(Joiner::Juxtaposed, top)
                } else {
                    math::fraction(factors_or_one(top), factors_or_one(self.all(&group.bottom)))
                }
            })
            .collect();
        (!factors.is_empty()).then(|| math::product(Joiner::Juxtaposed, unbracket_tail(factors)))
    }

    /// `A ⊙ B ⊘ C`
    fn hadamard(&self, factors: &[Term], reciprocals: &[Term]) -> Option<Math> {
        let top = self.all(factors);
        if reciprocals.is_empty() {
            return (!top.is_empty()).then(|| math::product(Joiner::Hadamard, top));
        }
        let top = if top.is_empty() {
            math::number(1)
        } else {
            math::product(Joiner::Hadamard, top)
        };
        let bottom = math::product(Joiner::Hadamard, self.all(reciprocals));
        Some(math::product(Joiner::Quotient, vec![top, bottom]))
    }

    pub(crate) fn power(&self, base: &Term, exponent: &Rational) -> Math {
        let inner = self.term(base);
        if exponent.is_negative() {
            let bottom = self.power_of(inner, &-exponent);
            return if base.rank() == 0 {
                math::fraction(math::number(1), bottom)
            } else {
                math::product(Joiner::Quotient, vec![math::number(1), bottom])
            };
        }
        self.power_of(inner, exponent)
    }

    fn power_of(&self, base: Math, exponent: &Rational) -> Math {
        if exponent.is_one() {
            return base;
        }
        if *exponent == Rational::new(1.into(), 2.into()) {
            return Math::Root(Box::new(base));
        }
        Math::Power {
            base: Box::new(math::bracketed(base, Level::Atom)),
            exponent: Box::new(rational(exponent)),
        }
    }
}

/// Whether nothing but a product of matrices that is a number stands in front.
fn is_dot_alone(parts: &fraction::Parts) -> bool {
    let [only] = parts.scalars.as_slice() else {
        return false;
    };
    *only.head() == Head::MatMul && parts.number.is_one() && parts.divisors.is_empty()
}

/// A scalar in front of an array or a sum.
fn scaled(front: Math, rest: Math) -> Math {
    let front = match front {
        Math::Fraction { .. } => front,
        front => math::bracketed(front, Level::Product),
    };
    let rest = match math::level(&rest) {
        Level::Sum | Level::Relation => math::bracketed(rest, Level::BigSum),
        _ if starts_with_number(&rest) => math::bracketed(rest, Level::Atom),
        _ => rest,
    };
    let mut factors = vec![front];
    match rest {
        Math::Product(Joiner::Juxtaposed, more) => factors.extend(more),
        rest => factors.push(rest),
    }
    Math::Product(Joiner::Juxtaposed, factors)
}

/// `2 A`: two numbers side by side would be read as one.
fn starts_with_number(math: &Math) -> bool {
    match math::bare(math) {
        Math::Product(Joiner::Juxtaposed, factors) => {
            factors.first().is_some_and(starts_with_number)
        }
        Math::Number(_) => true,
        _ => false,
    }
}

/// A logarithm of one entry needs no brackets at the end of a product.
fn unbracket_tail(mut factors: Vec<Math>) -> Vec<Math> {
    if let Some(last) = factors.pop() {
        factors.push(unbracketed_logarithm(last));
    }
    factors
}

fn unbracketed_logarithm(math: Math) -> Math {
    match math {
        Math::Call {
            function,
            mut arguments,
        } if arguments.len() == 1
            && matches!(&*function, Math::Symbol(symbol) if symbol.base.text == "ln")
            && matches!(
                math::bare(&arguments[0]),
                Math::Entry { .. } | Math::Symbol(_)
            ) =>
        {
            Math::Prefixed {
                function,
                argument: Box::new(arguments.swap_remove(0)),
            }
        }
        other => other,
    }
}

fn factors_or_one(factors: Vec<Math>) -> Math {
    if factors.is_empty() {
        math::number(1)
    } else {
        math::product(Joiner::Juxtaposed, factors)
    }
}

/// An exact number.
pub fn rational(value: &Rational) -> Math {
    let positive = value.abs();
    let plain = if positive.is_integer() {
        math::number(positive.numer())
    } else {
        math::fraction(
            math::number(positive.numer()),
            math::number(positive.denom()),
        )
    };
    if value.is_negative() {
        math::negative(plain)
    } else {
        plain
    }
}

fn index_key(index: &Math) -> String {
    match index {
        Math::Symbol(symbol) => {
            let sub = symbol.sub.as_ref().map_or("", |sub| sub.text.as_str());
            format!("{}{sub:0>4}", symbol.base.text)
        }
        _ => String::new(),
    }
}
