//! Numbers that a function's forward meaning can be evaluated on: 64-bit floats and first-order duals.
//!
//! Transcendental functions come from `libm`, not from the platform, so that every digit printed is the same on every
//! machine. A dual carries its own slope rules; they are the oracle that the derivative table is held against and share
//! nothing with it.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// What a forward meaning may do with its arguments.
pub trait Real:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The constant.
    fn constant(value: f64) -> Self;
    /// The value itself, for comparisons.
    fn value(self) -> f64;
    /// Applies a smooth function given by its value and its slope at [`Real::value`].
    fn smooth(self, value: f64, slope: f64) -> Self;

    /// e to the power of self.
    fn exp(self) -> Self {
        let e = libm::exp(self.value());
        self.smooth(e, e)
    }
    /// Natural logarithm.
    fn ln(self) -> Self {
        self.smooth(libm::log(self.value()), 1.0 / self.value())
    }
    /// Square root.
    fn sqrt(self) -> Self {
        let root = libm::sqrt(self.value());
        self.smooth(root, 0.5 / root)
    }
    /// Sine.
    fn sin(self) -> Self {
        self.smooth(libm::sin(self.value()), libm::cos(self.value()))
    }
    /// Cosine.
    fn cos(self) -> Self {
        self.smooth(libm::cos(self.value()), -libm::sin(self.value()))
    }
    /// Hyperbolic tangent.
    fn tanh(self) -> Self {
        let cosh = libm::cosh(self.value());
        self.smooth(libm::tanh(self.value()), 1.0 / (cosh * cosh))
    }
    /// The error function.
    fn erf(self) -> Self {
        let x = self.value();
        self.smooth(
            libm::erf(x),
            core::f64::consts::FRAC_2_SQRT_PI * libm::exp(-x * x),
        )
    }
    /// Inverse sine.
    fn asin(self) -> Self {
        let x = self.value();
        self.smooth(libm::asin(x), 1.0 / libm::sqrt(1.0 - x * x))
    }
    /// Inverse tangent.
    fn atan(self) -> Self {
        let x = self.value();
        self.smooth(libm::atan(x), 1.0 / (1.0 + x * x))
    }
    /// A constant power.
    fn powf(self, exponent: f64) -> Self {
        let x = self.value();
        self.smooth(
            libm::pow(x, exponent),
            exponent * libm::pow(x, exponent - 1.0),
        )
    }
}

impl Real for f64 {
    fn constant(value: f64) -> f64 {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn smooth(self, value: f64, _slope: f64) -> f64 {
        value
    }
}

/// A value with its slope along one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// The directional derivative.
    pub slope: f64,
}

impl Real for Dual {
    fn constant(value: f64) -> Dual {
        Dual { value, slope: 0.0 }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn smooth(self, value: f64, slope: f64) -> Dual {
        // A constant stays constant even where the slope is infinite (the root at zero): 0 · ∞ would be no number.
        let slope = if self.slope == 0.0 {
            0.0
        } else {
            slope * self.slope
        };
        Dual { value, slope }
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(self, other: Dual) -> Dual {
        Dual {
            value: self.value + other.value,
            slope: self.slope + other.slope,
        }
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        Dual {
            value: self.value - other.value,
            slope: self.slope - other.slope,
        }
    }
}

impl Mul for Dual {
    type Output = Dual;
    fn mul(self, other: Dual) -> Dual {
        Dual {
            value: self.value * other.value,
            slope: self.slope * other.value + self.value * other.slope,
        }
    }
}

impl Div for Dual {
    type Output = Dual;
    fn div(self, other: Dual) -> Dual {
        let value = self.value / other.value;
        Dual {
            value,
            slope: (self.slope - value * other.slope) / other.value,
        }
    }
}

impl Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        Dual {
            value: -self.value,
            slope: -self.slope,
        }
    }
}
