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
