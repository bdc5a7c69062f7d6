//! Elementwise functions and what is done with them, over their domains, in interval arithmetic.
//!
//! The mean value theorem says that the slope of a secant of f is a value of f′ in between. So the row of the derivative table, evaluated on all of
//! [x, x + h], has to contain (f(x + h) − f(x))/h, for f as its definition says. With h = 2⁻⁸⁰ this holds a row to some 70 binary digits; with pieces of
//! the domain that leave nothing out there is no place where a row may be something else. No derivative is known here but those that are tested.

mod interval;
mod meaning;
mod rules;
mod term;

use derive_calculus::derivative_table::{DERIVATIVES, DerivativeRow};
use derive_graph::function::{self, Domain};
use derive_graph::numeric::Dual;
use derive_index::{Term, build};
use interval::Interval;
use term::{value, variable};

const NAMES: [&str; 2] = ["x", "y"];

/// What the other argument of a function of two is: thresholds and slopes of either side, and numbers that the first passes.
const OTHERS: [f64; 3] = [0.7, 1.9, 3.0];

/// Ends of the first argument's domain, as far as it is looked at.
fn ends(row: &DerivativeRow) -> (f64, f64) {
    match function::row(row.function).expect("a function").domain {
        // A power of a variable exponent is e^(y ln x).
        _ if row.function == "power" => (0.0, 8.0),
        Domain::Real | Domain::NonZero => (-8.0, 8.0),
        Domain::Positive => (0.0, 16.0),
        Domain::OpenUnitBall => (-1.0, 1.0),
    }
}

/// Whether there is a slope to compare with, and whether the row has it, from `low` to `low + width` in the argument of the row.
fn has_slope(
    name: &str,
    derivative: &Term,
    [argument, arity]: [usize; 2],
    arguments: [f64; 2],
    width: &Interval,
) -> Option<bool> {
    let low = arguments.map(Interval::float);
    let mut high = low.clone();
    high[argument] = low[argument].plus(width);
    let rise = meaning::value(name, &high[..arity])?.minus(&meaning::value(name, &low[..arity])?);
    let between: Vec<Interval> = low.iter().zip(&high).map(|(a, b)| a.hull(b)).collect();
    let mut point: Vec<(&str, Interval)> = NAMES.into_iter().zip(between.clone()).collect();
    point.push(("a", meaning::value(name, &between[..arity])?));
    Some(value(derivative, &point)?.meets(&rise.over(width)?))
}

/// The derivative that a row gives, in x, y and the value a.
fn derivative(row: &DerivativeRow) -> Term {
    (row.derivative)(&NAMES.map(variable), &variable("a"))
}

/// At how many places a derivative was compared with the slope of secants, and the first at which it is not that slope.
fn compared(
    row: &DerivativeRow,
    derivative: &Term,
    width: &Interval,
    places: u32,
) -> (u32, Option<[f64; 2]>) {
    let arity = function::row(row.function).expect("a function").arity;
    let (least, greatest) = ends(row);
    let step = (greatest - least) / f64::from(places);
    let others = if arity == 2 {
        &OTHERS[..]
    } else {
        &OTHERS[..1]
    };
    let mut count = 0;
    for other in others {
        for at in 0..places {
            let first = least + step * f64::from(at);
            // The second argument runs over places of its own, not beside the first; a threshold is never negative.
            let along = step / 4.0 * f64::from(at * 7 % places);
            let arguments = match row.argument {
                0 => [first, *other],
                _ => [first, *other + along],
            };
            let name = row.function;
            match has_slope(name, derivative, [row.argument, arity], arguments, width) {
                Some(true) => count += 1,
                Some(false) => return (count, Some(arguments)),
                None => {}
            }
        }
    }
    (count, None)
}

#[test]
fn every_derivative_is_a_slope_to_seventy_binary_digits() {
    for row in DERIVATIVES {
        let (count, wrong) = compared(row, &derivative(row), &Interval::half_to(80), 61);
        assert_eq!(wrong, None, "{} by argument {}", row.function, row.argument);
        assert!(count >= 40, "{} was compared {count} times", row.function);
    }
}

/// Pieces of a width that is a sixteenth, or less where the domain is short, one beside the other.
#[test]
fn every_derivative_is_a_slope_on_every_piece_of_its_domain() {
    for row in DERIVATIVES {
        let (least, greatest) = ends(row);
        let width = Interval::float((greatest - least) / 256.0);
        let (count, wrong) = compared(row, &derivative(row), &width, 256);
        assert_eq!(wrong, None, "{} by argument {}", row.function, row.argument);
        // Pieces with a kink or an end of the domain in them have no slope.
        assert!(count >= 150, "{} was compared {count} times", row.function);
    }
}

/// What would be wrong by 2⁻⁵⁰ of itself, or by 2⁻⁵⁰ where it is zero, is noticed in every row.
#[test]
fn a_derivative_that_is_almost_right_is_noticed() {
    let little = build::number(derive_index::Rational::new(1.into(), (1_i64 << 50).into()));
    for row in DERIVATIVES {
        let right = derivative(row);
        let more = build::sum(vec![build::integer(1), little.clone()]);
        let wrong = if right.is_zero() {
            little.clone()
        } else {
            build::product(Vec::new(), vec![more, right])
        };
        let (_, found) = compared(row, &wrong, &Interval::half_to(80), 61);
        assert!(
            found.is_some(),
            "{} by argument {}",
            row.function,
            row.argument
        );
    }
}

/// What the check differentiates with are other rules, in floats: they are near the rows.
#[test]
fn the_oracle_has_the_same_values_and_slopes() {
    for row in DERIVATIVES {
        let function = function::row(row.function).expect("a function");
        let (least, greatest) = ends(row);
        for at in 0..61 {
            let first = least + (greatest - least) / 61.0 * (f64::from(at) + 0.31);
            let numbers = &[first, OTHERS[1]][..function.arity];
            let arguments: Vec<Interval> = numbers.iter().map(|it| Interval::float(*it)).collect();
            let Some(exact) = meaning::value(row.function, &arguments) else {
                continue;
            };
            let mut point: Vec<(&str, Interval)> = NAMES.into_iter().zip(arguments).collect();
            point.push(("a", exact.clone()));
            let Some(slope) = value(&derivative(row), &point) else {
                continue;
            };
            let duals: Vec<Dual> = (numbers.iter().enumerate())
                .map(|(at, number)| Dual {
                    value: *number,
                    slope: f64::from(u8::from(at == row.argument)),
                })
                .collect();
            let dual = (function.dual)(&duals);
            near(row, numbers, (function.real)(numbers), exact.middle());
            near(row, numbers, dual.value, exact.middle());
            near(row, numbers, dual.slope, slope.middle());
        }
    }
}

fn near(row: &DerivativeRow, numbers: &[f64], float: f64, exact: f64) {
    let error = (float - exact).abs() / exact.abs().max(1.0);
    assert!(
        error < 1e-13,
        "{} at {numbers:?}: {float}, but {exact}",
        row.function
    );
}
