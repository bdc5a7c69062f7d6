//! Floats with a wide exponent: numbers of the size of e^1000, with the digits of 64-bit floats.
//!
//! e^x / Σ e^x is printed of a softmax that a program computes without a large number. Where x is large whatever the arrays are, no float has the
//! printed value of e^x, and the line can only be checked in numbers that do. In: floats and what is computed from them. Out: a
//! float again ([`Wide::narrow`]), or not a number where none has the value with all its digits. What would have lost more digits than a
//! check can do without is not a number either: e^x of an x beyond [`MOST`]. Source of the reduction of exponentials: Muller,
//! Elementary Functions, 2016, chapter 11 (Cody and Waite).

use crate::function::in_range;
use crate::term::float_power;
use derive_graph::numeric::Real;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Arguments of exponentials, and exponents of two after a power, are at most this large: they cost as many units of the last digit.
const MOST: f64 = (1u64 << 20) as f64;

/// Exponents of two beyond this are not followed: sums of two of them are far from overflow.
const MOST_EXPONENT: i64 = 1 << 50;

/// Where one summand is this many binary digits below the other, nothing of it is left.
const DIGITS: i64 = 64;

/// ln 2, and what that float lacks of it.
const LN_2: [f64; 2] = [core::f64::consts::LN_2, 2.319_046_813_846_299_6e-17];

/// `part` · 2^`exponent` with 1/2 ≤ |part| < 1. Zero, and what is not a number, have the exponent 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wide {
    part: f64,
    exponent: i64,
}

impl Wide {
    const NAN: Wide = Wide {
        part: f64::NAN,
        exponent: 0,
    };

    fn new(part: f64, exponent: i64) -> Wide {
        if part == 0.0 {
            return Wide { part, exponent: 0 };
        }
        let (fraction, shift) = libm::frexp(part);
        let exponent = exponent + i64::from(shift);
        match part.is_finite() && exponent.abs() <= MOST_EXPONENT {
            true => Wide {
                part: fraction,
                exponent,
            },
            false => Wide::NAN,
        }
    }

    /// The float of this value; not a number where no float has it with all its digits.
    pub(crate) fn narrow(self) -> f64 {
        let float = in_range(self.value());
        match float == 0.0 && self.part != 0.0 {
            true => f64::NAN,
            false => float,
        }
    }

    /// Self to a constant power.
    pub(crate) fn power(self, exponent: f64) -> Wide {
        let float = in_range(float_power(self.narrow(), exponent));
        if (float.is_finite() && float != 0.0) || self.part == 0.0 {
            return Wide::new(float, 0);
        }
        // (p 2^k)^q = p^q 2^⌊kq⌋ 2^(kq − ⌊kq⌋)
        let product = self.exponent as f64 * exponent;
        let part = in_range(float_power(self.part, exponent));
        if product.abs() > MOST || part == 0.0 {
            return Wide::NAN;
        }
        let whole = product.floor();
        Wide::new(part * libm::exp2(product - whole), whole as i64)
    }
}

impl Real for Wide {
    fn constant(value: f64) -> Wide {
        Wide::new(value, 0)
    }
    /// The nearest float, infinity and zero among them.
    fn value(self) -> f64 {
        let exponent = self.exponent.clamp(-4000, 4000);
        libm::ldexp(self.part, exponent as i32)
    }
    fn smooth(self, value: f64, _slope: f64) -> Wide {
        Wide::new(value, 0)
    }
    fn exp(self) -> Wide {
        let x = self.value();
        let float = in_range(libm::exp(x));
        if float.is_finite() && float != 0.0 {
            return Wide::new(float, 0);
        }
        // Nothing is the exponential of what is no number or of what has too few digits behind its point.
        if x.is_nan() || x.abs() > MOST {
            return Wide::NAN;
        }
        let whole = (x / LN_2[0]).round();
        let rest = libm::fma(-whole, LN_2[0], x) - whole * LN_2[1];
        Wide::new(libm::exp(rest), whole as i64)
    }
    fn ln(self) -> Wide {
        let float = self.narrow();
        match float.is_nan() {
            true => Wide::new(libm::log(self.part) + self.exponent as f64 * LN_2[0], 0),
            false => Wide::new(libm::log(float), 0),
        }
    }
    fn sqrt(self) -> Wide {
        self.power(0.5)
    }
    fn powf(self, exponent: f64) -> Wide {
        self.power(exponent)
    }
}

impl Add for Wide {
    type Output = Wide;
    fn add(self, other: Wide) -> Wide {
        let [small, large] = match self.exponent < other.exponent {
            true => [self, other],
            false => [other, self],
        };
        // What is not a number, and zero, have exponents that say nothing.
        if small.part.is_nan() || large.part.is_nan() {
            return Wide::NAN;
        }
        if small.part == 0.0 || large.part == 0.0 {
            return if small.part == 0.0 { large } else { small };
        }
        let apart = large.exponent - small.exponent;
        match apart > DIGITS {
            true => large,
            false => Wide::new(
                large.part + libm::ldexp(small.part, -(apart as i32)),
                large.exponent,
            ),
        }
    }
}

impl Sub for Wide {
    type Output = Wide;
    fn sub(self, other: Wide) -> Wide {
        self + -other
    }
}

impl Mul for Wide {
    type Output = Wide;
    fn mul(self, other: Wide) -> Wide {
        Wide::new(self.part * other.part, self.exponent + other.exponent)
    }
}

impl Div for Wide {
    type Output = Wide;
    fn div(self, other: Wide) -> Wide {
        Wide::new(self.part / other.part, self.exponent - other.exponent)
    }
}

impl Neg for Wide {
    type Output = Wide;
    fn neg(self) -> Wide {
        Wide {
            part: -self.part,
            ..self
        }
    }
}

// The library's `fma` asks the processor what it has, in assembly, which Miri does not run.
#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;

    fn wide(value: f64) -> Wide {
        Wide::constant(value)
    }

    /// Whether a value is this float up to some units of the last digit.
    fn close(value: Wide, expected: f64) {
        let found = value.narrow();
        assert!(
            (found - expected).abs() <= 1e-12 * expected.abs(),
            "{found} {expected}"
        );
    }

    /// Numbers of every size, among them some that no float holds.
    fn samples() -> [Wide; 9] {
        let far = [900.0, -900.0, 3000.5, -3000.5].map(|x| wide(x).exp());
        [
            far[0],
            far[1],
            -far[2],
            far[3],
            wide(1.0),
            wide(-0.3),
            wide(1e300),
            wide(1e-300),
            wide(7e9),
        ]
    }

    #[test]
    fn floats_stay_what_they_are() {
        for float in [0.0, 1.0, -2.5, 1e300, 3e-308, -7.25e-12] {
            assert_eq!((wide(float).narrow(), wide(float).value()), (float, float));
            assert_eq!((-wide(float)).narrow(), -float);
        }
        assert_eq!((wide(3.0) + wide(-1.75)).narrow(), 1.25);
        assert_eq!((wide(3.0) - wide(1.75)).narrow(), 1.25);
        assert_eq!((wide(3.0) * wide(-1.75)).narrow(), -5.25);
        assert_eq!((wide(3.0) / wide(-0.5)).narrow(), -6.0);
        assert_eq!((wide(1e9) + wide(1e-3)).narrow(), 1e9 + 1e-3);
        assert_eq!((wide(1e-3) + wide(1e9)).narrow(), 1e9 + 1e-3);
    }

    #[test]
    fn exponentials_multiply_as_their_exponents_add() {
        for (x, y) in [
            (1000.0, -999.0),
            (-5000.0, 5003.5),
            (123_456.0, -123_456.25),
            (800.0, -1500.0),
        ] {
            close(wide(x).exp() * wide(y).exp(), f64::exp(x + y));
            close(wide(x).exp() / wide(-y).exp(), f64::exp(x + y));
        }
        close(wide(-0.5).exp(), f64::exp(-0.5));
    }

    #[test]
    fn sums_keep_the_larger_terms() {
        for x in [2000.0, -2000.0] {
            let (one, third) = (wide(x).exp(), wide(x - f64::ln(3.0)).exp());
            for sum in [one + third, third + one] {
                close(sum / one, 4.0 / 3.0);
            }
            close((one - third) / one, 2.0 / 3.0);
            assert_eq!((one - one).narrow(), 0.0);
            assert_eq!((one + wide(0.0)) / one, wide(1.0));
            assert_eq!((wide(0.0) + one) / one, wide(1.0));
        }
        let (large, one) = (wide(2000.0).exp(), wide(1.0));
        assert_eq!((large + one, one + large), (large, large));
    }

    #[test]
    fn logarithms_and_powers_undo_exponentials_and_powers() {
        for x in [1000.0, -1000.0, 123_456.0, 0.75] {
            close(wide(x).exp().ln(), x);
            for exponent in [2.0, 0.5, -1.0, -0.37, 3.0] {
                close(wide(x).exp().power(exponent).ln(), exponent * x);
                close(wide(x).exp().powf(exponent).ln(), exponent * x);
            }
            close(wide(x).exp().sqrt().ln(), x / 2.0);
        }
        close(wide(-3.0).power(3.0), -27.0);
        // (−e^1000)³ is negative.
        let cube = (-wide(1000.0).exp()).power(3.0);
        close((-cube).ln(), 3000.0);
        assert!((-wide(1000.0).exp()).power(0.5).narrow().is_nan());
    }

    #[test]
    fn what_no_float_has_is_not_narrowed() {
        for x in [1000.0, -1000.0, -740.0] {
            assert!(wide(x).exp().narrow().is_nan(), "{x}");
        }
        assert_eq!(wide(1000.0).exp().value(), f64::INFINITY);
        assert_eq!((-wide(1000.0).exp()).value(), f64::NEG_INFINITY);
        assert_eq!(wide(-1000.0).exp().value(), 0.0);
    }

    #[test]
    fn too_large_an_exponent_is_not_a_number() {
        // e^x of an x of 10⁷ has lost the digits that a check compares.
        for x in [1e7, -1e7, 1e300] {
            assert_eq!((wide(x).exp() * wide(-x).exp()).narrow().is_nan(), x != 0.0);
        }
        assert!(
            (wide(1e6).exp().power(100.0) / wide(1e6).exp())
                .narrow()
                .is_nan()
        );
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        let nothing = [
            wide(f64::NAN),
            wide(1.0) / wide(0.0),
            wide(-1.0).ln(),
            wide(0.0).ln(),
            wide(0.0).power(-1.0),
        ];
        for nothing in nothing {
            assert!(nothing.narrow().is_nan());
            for other in samples() {
                let results = [
                    nothing + other,
                    other + nothing,
                    nothing - other,
                    other * nothing,
                    nothing / other,
                ];
                assert!(results.iter().all(|it| it.narrow().is_nan()), "{other:?}");
            }
            assert!(
                [nothing.exp(), nothing.ln(), nothing.power(2.0)]
                    .iter()
                    .all(|it| it.narrow().is_nan())
            );
        }
    }

    #[test]
    fn arithmetic_keeps_its_laws() {
        for a in samples() {
            for b in samples() {
                assert_eq!((a + b, a * b), (b + a, b * a));
                assert_eq!(a - b, -(b - a));
                close(a * b / a / b, 1.0);
                close((a + a) / a, 2.0);
            }
        }
    }
}
