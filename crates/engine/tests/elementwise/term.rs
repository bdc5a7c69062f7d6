//! The value of a scalar term whose leaves are numbers and named scalars.

use crate::interval::Interval;
use crate::meaning;
use derive_calculus::derivative_table::derivative_row;
use derive_graph::{Function, Name, Shape};
use derive_index::{Head, Rational, Term, build};
use num_traits::{One, ToPrimitive};

/// The scalar of this name.
pub fn variable(name: &str) -> Term {
    build::tensor(&Name::new(name), &Shape(Vec::new()))
}

/// The value at a point; `None` where it is not defined.
///
/// # Panics
/// If a name has no value, or a term is no scalar.
pub fn value(term: &Term, point: &[(&str, Interval)]) -> Option<Interval> {
    let children = || -> Option<Vec<Interval>> {
        let all = term.children().iter();
        all.map(|child| value(child, point)).collect()
    };
    match term.head() {
        Head::Number(number) => Some(Interval::rational(number)),
        Head::Tensor(name, _) => {
            let found = point.iter().find(|(known, _)| *known == name.as_str());
            Some(found.expect("a value").1.clone())
        }
        Head::Sum => Some(children()?.iter().fold(0.into(), |a, b| a.plus(b))),
        Head::Product => Some(children()?.iter().fold(1.into(), |a, b| a.times(b))),
        Head::Power(exponent) => power(&children()?[0], exponent),
        Head::Apply(function) if function.primes == 0 => {
            meaning::value(function.name.as_str(), &children()?)
        }
        Head::Apply(function) if function.primes == 1 => {
            let arguments = term.children();
            let whole = build::apply(Function::named(function.name.as_str()), arguments.to_vec());
            let row = derivative_row(function.name.as_str(), 0).expect("a derivative");
            value(&(row.derivative)(arguments, &whole), point)
        }
        other => panic!("{other:?} is no elementwise function"),
    }
}

/// x^(n/2) is √x to the power of n.
fn power(base: &Interval, exponent: &Rational) -> Option<Interval> {
    let whole = exponent.numer().to_i64()?;
    if exponent.denom().is_one() {
        return base.whole_power(whole);
    }
    assert_eq!(exponent.denom().to_i64(), Some(2), "a root");
    base.sqrt()?.whole_power(whole)
}
