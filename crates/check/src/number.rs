//! What terms are evaluated in: 64-bit floats, and [`Wide`] ones where floats do not reach.

use crate::Environment;
use crate::array::{Array, softmax};
use crate::complex::Turn;
use crate::function::{Callable, in_range, to_float};
use crate::term::float_power;
use crate::wide::Wide;
use derive_graph::numeric::Real;
use derive_index::{Rational, Term};
use rustc_hash::FxHashMap;
use std::fmt::Debug;
use std::rc::Rc;

/// A number that terms can be evaluated in. What is not a finite number, or has lost digits to the ends of the range, is not a number.
pub(crate) trait Number: Real + Debug + PartialEq + 'static {
    /// An array of floats in these numbers.
    fn given(array: &Rc<Array>) -> Rc<Array<Self>>;
    /// The closed terms that were evaluated in these numbers.
    fn known(environment: &mut Environment) -> &mut FxHashMap<Term, Rc<Array<Self>>>;
    /// The value of a function.
    fn call(callable: &Callable, arguments: &[Self]) -> Self;
    /// Self to a constant power.
    fn raised(self, exponent: &Rational) -> Self;
    /// Softmax along an axis of an array of these sizes, or its logarithm.
    fn softmax(dims: &[usize], data: &[Self], axis: usize, log: bool) -> Vec<Self>;
    /// The larger one, or the smaller one.
    fn better(self, other: Self, least: bool) -> Self;
    /// The conjugate, or a part: a real number is its own conjugate and its own real part.
    fn turned(self, turn: Turn) -> Self {
        match turn {
            Turn::Conjugate | Turn::Real => self,
            Turn::Imaginary => Self::zero(),
        }
    }
    /// e^(2πit/N); nothing where numbers are real.
    fn root_of_unity(_turns: usize, _size: usize) -> Option<Self> {
        None
    }

    /// Nothing.
    fn zero() -> Self {
        Self::constant(0.0)
    }
}

impl Number for f64 {
    fn given(array: &Rc<Array>) -> Rc<Array> {
        Rc::clone(array)
    }
    fn known(environment: &mut Environment) -> &mut FxHashMap<Term, Rc<Array>> {
        &mut environment.known
    }
    fn call(callable: &Callable, arguments: &[f64]) -> f64 {
        callable.in_range(arguments)
    }
    fn raised(self, exponent: &Rational) -> f64 {
        in_range(float_power(self, to_float(exponent)))
    }
    fn softmax(dims: &[usize], data: &[f64], axis: usize, log: bool) -> Vec<f64> {
        softmax(dims, data, axis, log)
    }
    fn better(self, other: f64, least: bool) -> f64 {
        if least {
            self.min(other)
        } else {
            self.max(other)
        }
    }
}

impl Number for Wide {
    fn given(array: &Rc<Array>) -> Rc<Array<Wide>> {
        let data = array.data.iter().map(|entry| Wide::constant(*entry));
        Rc::new(Array {
            dims: array.dims.clone(),
            data: data.collect(),
        })
    }
    fn known(environment: &mut Environment) -> &mut FxHashMap<Term, Rc<Array<Wide>>> {
        &mut environment.known_wide
    }
    fn call(callable: &Callable, arguments: &[Wide]) -> Wide {
        callable.wide(arguments)
    }
    fn raised(self, exponent: &Rational) -> Wide {
        self.power(to_float(exponent))
    }
    fn softmax(dims: &[usize], data: &[Wide], axis: usize, log: bool) -> Vec<Wide> {
        let floats: Vec<f64> = data.iter().map(|entry| entry.narrow()).collect();
        let result = softmax(dims, &floats, axis, log);
        result.into_iter().map(Wide::constant).collect()
    }
    fn better(self, other: Wide, least: bool) -> Wide {
        // The difference has a sign where both are infinite as floats.
        let apart = self - other;
        match (apart.value().is_nan(), (apart.value() < 0.0) == least) {
            (true, _) => apart,
            (_, true) => self,
            (_, false) => other,
        }
    }
}
