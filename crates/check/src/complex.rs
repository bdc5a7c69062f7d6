//! Complex numbers: what roots of unity are, and everything that is computed from them.
//!
//! In: terms with roots of unity, transforms, conjugates, real and imaginary parts. Out: values with two parts. A function or a broken power of a
//! number is that of its real part where nothing else is left of it; where something is, the value is marked as one that has no meaning.

use crate::function::Callable;
use crate::number::Number;
use crate::wave::on_circle;
use crate::wide::Wide;
use crate::{Array, Environment, TOLERANCE};
use derive_graph::Shape;
use derive_graph::numeric::Real;
use derive_index::{Fresh, Head, Index, Rational, Term, build};
use num_traits::{Signed, ToPrimitive};
use rustc_hash::FxHashMap;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::rc::Rc;

/// A real number and a multiple of the imaginary unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Complex<R = f64> {
    pub(crate) real: R,
    pub(crate) imaginary: R,
    /// Whether a function was taken of a number that is not real on the way to this one.
    pub(crate) stray: bool,
}

/// Real numbers that complex ones can be made of.
pub(crate) trait Part: Number {
    /// The closed terms that were evaluated in complex numbers of these parts.
    fn known_complex(
        environment: &mut Environment,
    ) -> &mut FxHashMap<Term, Rc<Array<Complex<Self>>>>;
}

impl Part for f64 {
    fn known_complex(environment: &mut Environment) -> &mut FxHashMap<Term, Rc<Array<Complex>>> {
        &mut environment.known_complex
    }
}

impl Part for Wide {
    fn known_complex(
        environment: &mut Environment,
    ) -> &mut FxHashMap<Term, Rc<Array<Complex<Wide>>>> {
        &mut environment.known_wide_complex
    }
}

impl<R: Part> Complex<R> {
    fn new(real: R, imaginary: R) -> Complex<R> {
        Complex {
            real,
            imaginary,
            stray: false,
        }
    }

    fn or_stray(self, stray: bool) -> Complex<R> {
        Complex {
            stray: self.stray || stray,
            ..self
        }
    }

    /// What a function makes of the real parts of numbers that have no other.
    fn of_real(arguments: &[Complex<R>], function: impl FnOnce(&[R]) -> R) -> Complex<R> {
        // Values are of size one.
        let strays = |it: &Complex<R>| {
            it.stray || (!it.is_not_a_number() && it.imaginary.value().abs() > TOLERANCE)
        };
        let real: Vec<R> = arguments.iter().map(|it| it.real).collect();
        let value = Complex::new(function(&real), R::zero());
        value.or_stray(arguments.iter().any(strays))
    }

    fn is_not_a_number(self) -> bool {
        self.real.value().is_nan() || self.imaginary.value().is_nan()
    }

    /// Self `times` times.
    fn repeated(self, times: u32) -> Complex<R> {
        let mut product = Complex::constant(1.0);
        let mut square = self;
        let mut left = times;
        while left > 0 {
            if left % 2 == 1 {
                product = product * square;
            }
            square = square * square;
            left /= 2;
        }
        product
    }
}

impl<R: Part> Add for Complex<R> {
    type Output = Complex<R>;
    fn add(self, other: Complex<R>) -> Complex<R> {
        let sum = Complex::new(self.real + other.real, self.imaginary + other.imaginary);
        sum.or_stray(self.stray || other.stray)
    }
}

impl<R: Part> Sub for Complex<R> {
    type Output = Complex<R>;
    fn sub(self, other: Complex<R>) -> Complex<R> {
        self + -other
    }
}

impl<R: Part> Neg for Complex<R> {
    type Output = Complex<R>;
    fn neg(self) -> Complex<R> {
        Complex::new(-self.real, -self.imaginary).or_stray(self.stray)
    }
}

impl<R: Part> Mul for Complex<R> {
    type Output = Complex<R>;
    fn mul(self, other: Complex<R>) -> Complex<R> {
        let stray = self.stray || other.stray;
        // Most numbers are real, and what is not finite stays so alone.
        let product = match (self.imaginary == R::zero(), other.imaginary == R::zero()) {
            (true, true) => Complex::new(self.real * other.real, R::zero()),
            (true, false) => Complex::new(self.real * other.real, self.real * other.imaginary),
            (false, true) => Complex::new(self.real * other.real, self.imaginary * other.real),
            (false, false) => Complex::new(
                self.real * other.real - self.imaginary * other.imaginary,
                self.real * other.imaginary + self.imaginary * other.real,
            ),
        };
        product.or_stray(stray)
    }
}

impl<R: Part> Div for Complex<R> {
    type Output = Complex<R>;
    fn div(self, other: Complex<R>) -> Complex<R> {
        let stray = self.stray || other.stray;
        if other.imaginary == R::zero() {
            let quotient = Complex::new(self.real / other.real, self.imaginary / other.real);
            return quotient.or_stray(stray);
        }
        let size = other.real * other.real + other.imaginary * other.imaginary;
        let product = self * other.turned(Turn::Conjugate);
        Complex::new(product.real / size, product.imaginary / size).or_stray(stray)
    }
}

impl<R: Part> Real for Complex<R> {
    fn constant(value: f64) -> Complex<R> {
        Complex::new(R::constant(value), R::zero())
    }
    fn value(self) -> f64 {
        self.real.value()
    }
    fn smooth(self, value: f64, slope: f64) -> Complex<R> {
        Complex::of_real(&[self], |real| real[0].smooth(value, slope))
    }
}

/// What is taken of a complex number as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Conjugate,
    Real,
    Imaginary,
}

impl Turn {
    pub(crate) fn of(head: &Head) -> Option<Turn> {
        match head {
            Head::Conjugate => Some(Turn::Conjugate),
            Head::RealPart => Some(Turn::Real),
            Head::ImaginaryPart => Some(Turn::Imaginary),
            _ => None,
        }
    }
}

impl<R: Part> Number for Complex<R> {
    fn given(array: &Rc<Array>) -> Rc<Array<Complex<R>>> {
        let data = R::given(array)
            .data
            .iter()
            .map(|it| Complex::new(*it, R::zero()))
            .collect();
        let dims = array.dims.clone();
        Rc::new(Array { dims, data })
    }
    fn known(environment: &mut Environment) -> &mut FxHashMap<Term, Rc<Array<Complex<R>>>> {
        R::known_complex(environment)
    }
    fn call(callable: &Callable, arguments: &[Complex<R>]) -> Complex<R> {
        Complex::of_real(arguments, |real| R::call(callable, real))
    }
    /// A whole power of any number; another one of a real number.
    fn raised(self, exponent: &Rational) -> Complex<R> {
        let count = exponent.abs().to_u32().filter(|_| exponent.is_integer());
        match count.filter(|_| self.imaginary != R::zero()) {
            None => Complex::of_real(&[self], |real| real[0].raised(exponent)),
            Some(count) if exponent.is_positive() => self.repeated(count),
            Some(count) => Complex::constant(1.0) / self.repeated(count),
        }
    }
    fn softmax(dims: &[usize], data: &[Complex<R>], axis: usize, log: bool) -> Vec<Complex<R>> {
        let real: Vec<R> = data.iter().map(|it| it.real).collect();
        let values = R::softmax(dims, &real, axis, log).into_iter().zip(data);
        let value = |(value, of): (R, &Complex<R>)| {
            let stray = Complex::of_real(std::slice::from_ref(of), |real| real[0]).stray;
            Complex::new(value, R::zero()).or_stray(stray)
        };
        values.map(value).collect()
    }
    fn better(self, other: Complex<R>, least: bool) -> Complex<R> {
        Complex::of_real(&[self, other], |real| real[0].better(real[1], least))
    }
    fn turned(self, turn: Turn) -> Complex<R> {
        let value = match turn {
            Turn::Conjugate => Complex::new(self.real, -self.imaginary),
            Turn::Real => Complex::new(self.real, R::zero()),
            Turn::Imaginary => Complex::new(self.imaginary, R::zero()),
        };
        value.or_stray(self.stray)
    }
    fn root_of_unity(turns: usize, size: usize) -> Option<Complex<R>> {
        let [real, imaginary] = on_circle(turns, size);
        Some(Complex::new(R::constant(real), R::constant(imaginary)))
    }
}

/// The array of the entries of a transform.
pub(crate) fn written_out(transform: &Term, inverse: bool) -> Result<Term, String> {
    let argument = &transform.children()[0];
    let Some(Shape(dims)) = transform.shape() else {
        return Err("a transform does not conform".to_string());
    };
    let mut fresh = Fresh::starting_at(transform.next_index());
    let (at, own) = (fresh.index(&dims[0]), fresh.index(&dims[0]));
    let sign = if inverse { 1 } else { -1 };
    let place: Index = own.to_affine().scaled(sign).to_index();
    let mut factors = vec![
        build::root(&at, &place),
        build::entry(argument.clone(), vec![own.clone()]),
    ];
    if inverse {
        factors.push(build::reciprocal(build::dimension(&dims[0])));
    }
    Ok(build::comprehension(
        &[at],
        build::product(vec![own], factors),
    ))
}
