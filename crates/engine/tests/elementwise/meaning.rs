//! What every function of the table means, as its definition says, on intervals.

use crate::interval::{Interval, PI};
use num_traits::ToPrimitive;
use std::cmp::Ordering;

type Meaning = fn(&[Interval]) -> Option<Interval>;

fn one() -> Interval {
    1.into()
}

fn logistic(x: &Interval) -> Interval {
    let sum = one().plus(&x.negated().exp());
    one().over(&sum).expect("e^x is positive")
}

/// (1 + erf x/√2)/2
fn cumulative(x: &Interval) -> Interval {
    let root = Interval::from(2).sqrt().expect("2 is positive");
    let erf = x.over(&root).expect("√2 is not zero").erf();
    one().plus(&erf).times(&Interval::fraction(1, 2))
}

/// e^(−x²/2)/√(2π)
fn density(x: &Interval) -> Interval {
    let square = x.times(x).times(&Interval::fraction(-1, 2));
    let root = PI.times(&2.into()).sqrt().expect("π is positive");
    square.exp().over(&root).expect("π is positive")
}

/// The first where x > 0, the second elsewhere.
fn by_sign(
    x: &Interval,
    positive: impl Fn() -> Interval,
    other: impl Fn() -> Interval,
) -> Option<Interval> {
    Some(if x.is_positive()? {
        positive()
    } else {
        other()
    })
}

fn absolute(x: &Interval) -> Option<Interval> {
    by_sign(x, || x.clone(), || x.negated())
}

fn indicator(holds: bool) -> Interval {
    i64::from(holds).into()
}

/// How x compares with y; `None` if that depends on which of their numbers are meant.
fn compare(x: &Interval, y: &Interval) -> Option<Ordering> {
    match x.minus(y) {
        difference if difference.is_positive() == Some(true) => Some(Ordering::Greater),
        difference if difference.is_negative() == Some(true) => Some(Ordering::Less),
        _ => None,
    }
}

/// e^x − 1
fn exponential_less_one(x: &Interval) -> Interval {
    x.exp().minus(&one())
}

/// Klambauer et al. 2017, to the digits that the function table has.
fn selu_scale() -> Interval {
    Interval::float(1.050_700_987_355_480_5)
}

fn selu_alpha() -> Interval {
    Interval::float(1.673_263_242_354_377_2)
}

/// x^y = e^(y ln x), and x multiplied y times where y is a whole number.
fn power(x: &Interval, y: &Interval) -> Option<Interval> {
    let whole = y.middle();
    if y.is_exactly(whole) && whole.fract() == 0.0 {
        return x.whole_power(whole.to_i64()?);
    }
    Some(y.times(&x.ln()?).exp())
}

/// Huber 1964.
fn huber(x: &Interval, threshold: &Interval) -> Option<Interval> {
    let half = Interval::fraction(1, 2);
    Some(match compare(&absolute(x)?, threshold)? {
        Ordering::Greater => {
            let over = absolute(x)?.minus(&threshold.times(&half));
            threshold.times(&over)
        }
        _ => x.times(x).times(&half),
    })
}

/// One row a function of `derive_graph::function_table::FUNCTIONS`.
#[rustfmt::skip]
pub static MEANINGS: &[(&str, Meaning)] = &[
    ("add", |x| Some(x[0].plus(&x[1]))),
    ("subtract", |x| Some(x[0].minus(&x[1]))),
    ("multiply", |x| Some(x[0].times(&x[1]))),
    ("divide", |x| x[0].over(&x[1])),
    ("negate", |x| Some(x[0].negated())),
    ("square", |x| Some(x[0].times(&x[0]))),
    ("power", |x| power(&x[0], &x[1])),
    ("exp", |x| Some(x[0].exp())),
    ("log", |x| x[0].ln()),
    ("sqrt", |x| x[0].sqrt()),
    ("sin", |x| Some(x[0].sin())),
    ("cos", |x| Some(x[0].cos())),
    ("tan", |x| x[0].sin().over(&x[0].cos())),
    ("tanh", |x| Some(x[0].tanh())),
    ("arcsin", |x| x[0].arcsin()),
    ("arccos", |x| Some(PI.times(&Interval::fraction(1, 2)).minus(&x[0].arcsin()?))),
    ("arctan", |x| Some(x[0].arctan())),
    ("erf", |x| Some(x[0].erf())),
    ("sigmoid", |x| Some(logistic(&x[0]))),
    ("softplus", |x| one().plus(&x[0].exp()).ln()),
    ("silu", |x| Some(x[0].times(&logistic(&x[0])))),
    ("gelu", |x| Some(x[0].times(&cumulative(&x[0])))),
    ("relu", |x| by_sign(&x[0], || x[0].clone(), || 0.into())),
    ("leaky_relu", |x| by_sign(&x[0], || x[0].clone(), || x[1].times(&x[0]))),
    ("elu", |x| by_sign(&x[0], || x[0].clone(), || x[1].times(&exponential_less_one(&x[0])))),
    ("selu", |x| by_sign(&x[0], || selu_scale().times(&x[0]), || selu_scale().times(&selu_alpha()).times(&exponential_less_one(&x[0])))),
    ("abs", |x| absolute(&x[0])),
    ("sign", |x| by_sign(&x[0], one, || Interval::from(-1))),
    ("max", |x| Some(if compare(&x[0], &x[1])?.is_gt() { x[0].clone() } else { x[1].clone() })),
    ("min", |x| Some(if compare(&x[0], &x[1])?.is_lt() { x[0].clone() } else { x[1].clone() })),
    ("huber_value", |x| huber(&x[0], &x[1])),
    ("clip", |x| Some(if compare(&absolute(&x[0])?, &x[1])?.is_lt() { x[0].clone() } else { by_sign(&x[0], || x[1].clone(), || x[1].negated())? })),
    ("positive", |x| Some(indicator(x[0].is_positive()?))),
    ("nonpositive", |x| Some(indicator(!x[0].is_positive()?))),
    ("greater", |x| Some(indicator(compare(&x[0], &x[1])?.is_gt()))),
    ("equal", |x| Some(indicator(compare(&x[0], &x[1])?.is_eq()))),
    ("floor", |x| x[0].floor()),
    ("normal_cdf", |x| Some(cumulative(&x[0]))),
    ("normal_pdf", |x| Some(density(&x[0]))),
    ("pi", |_| Some(PI.clone())),
    ("selu_scale", |_| Some(selu_scale())),
    ("selu_alpha", |_| Some(selu_alpha())),
];

/// The value of a function; `None` where it is not defined, or jumps.
///
/// # Panics
/// If no row says what the function means.
pub fn value(name: &str, arguments: &[Interval]) -> Option<Interval> {
    let row = MEANINGS.iter().find(|(known, _)| *known == name);
    let (_, meaning) = row.unwrap_or_else(|| panic!("`{name}` has no meaning here"));
    meaning(arguments)
}
