//! Complex terms as two real ones.
//!
//! In: a term with roots of unity. Out: its real and its imaginary part as terms that are evaluated like any other, ω^{ab} becoming
//! the cosine and the sine of its angle. Every array is real, so that nothing else is complex. A function or a broken power of a
//! complex expression is read as that of its real part, and the imaginary part is handed back as something that has to vanish.

use derive_graph::{Function, Shape};
use derive_index::{Fresh, Head, Index, Rational, Term, build};
use num_traits::{Signed, ToPrimitive};

/// Whole powers above this are not multiplied out.
const MOST_FACTORS: u32 = 8;

/// A complex term.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) real: Term,
    /// `None` where it is zero by construction.
    pub(crate) imaginary: Option<Term>,
}

/// What is real for a reason that the term does not show.
pub(crate) type Vanishing = Vec<Term>;

/// The parts of a term. Imaginary parts that have to be zero for them to mean the term are added to `vanishing`.
///
/// # Errors
/// A sentence, for an operation without a meaning for complex numbers.
pub(crate) fn parts(term: &Term, vanishing: &mut Vanishing) -> Result<Parts, String> {
    if !term.is_complex() {
        return Ok(Parts::real(term.clone()));
    }
    match term.head() {
        Head::Root => Ok(angle(term)),
        Head::Product => product(term, vanishing),
        Head::Power(exponent) => power(&term.children()[0], exponent, vanishing),
        Head::Fourier { inverse } => parts(&written_out(term, *inverse)?, vanishing),
        Head::Conjugate => {
            let inner = parts(&term.children()[0], vanishing)?;
            Ok(Parts {
                imaginary: inner.imaginary.map(build::negate),
                ..inner
            })
        }
        Head::RealPart => Ok(Parts::real(parts(&term.children()[0], vanishing)?.real)),
        Head::ImaginaryPart => Ok(Parts::real(
            parts(&term.children()[0], vanishing)?.imaginary_or_zero(),
        )),
        Head::MatMul | Head::Outer => {
            let factors = each(term.children(), vanishing)?;
            let multiplied = |pair: Vec<Term>| build::node(term.head().clone(), pair);
            let mut factors = factors.into_iter();
            let first = factors.next().ok_or("a product has no factors")?;
            Ok(factors.fold(first, |a, b| times(&a, &b, &multiplied)))
        }
        head if is_linear(head) => {
            let parts = each(term.children(), vanishing)?;
            linear(head, &parts, term)
        }
        head => {
            let arguments = each(term.children(), vanishing)?;
            let real = arguments.into_iter().map(|argument| {
                vanishing.extend(argument.imaginary);
                argument.real
            });
            Ok(Parts::real(build::node(head.clone(), real.collect())))
        }
    }
}

impl Parts {
    fn real(real: Term) -> Parts {
        let imaginary = None;
        Parts { real, imaginary }
    }

    fn imaginary_or_zero(&self) -> Term {
        self.imaginary.clone().unwrap_or_else(|| {
            let shape = self.real.shape().cloned().unwrap_or_default();
            match shape.is_scalar() {
                true => build::integer(0),
                false => build::product(Vec::new(), vec![build::integer(0), build::ones(&shape.0)]),
            }
        })
    }
}

fn each(terms: &[Term], vanishing: &mut Vanishing) -> Result<Vec<Parts>, String> {
    terms.iter().map(|term| parts(term, vanishing)).collect()
}

/// cos and sin of 2πab/N: functions of the root itself, which only the evaluation of entries knows.
fn angle(root: &Term) -> Parts {
    let of_angle = |name: &str| Term::raw(Head::Apply(Function::named(name)), vec![root.clone()]);
    Parts {
        real: of_angle("cos"),
        imaginary: Some(of_angle("sin")),
    }
}

/// (a + bi)(c + di) = (ac − bd) + (ad + bc)i for any product that distributes over sums.
fn times(left: &Parts, right: &Parts, multiplied: &dyn Fn(Vec<Term>) -> Term) -> Parts {
    let pair = |a: &Term, b: &Term| multiplied(vec![a.clone(), b.clone()]);
    let (a, c) = (&left.real, &right.real);
    match (&left.imaginary, &right.imaginary) {
        (None, None) => Parts::real(pair(a, c)),
        (Some(b), None) => Parts {
            real: pair(a, c),
            imaginary: Some(pair(b, c)),
        },
        (None, Some(d)) => Parts {
            real: pair(a, c),
            imaginary: Some(pair(a, d)),
        },
        (Some(b), Some(d)) => Parts {
            real: build::difference(pair(a, c), pair(b, d)),
            imaginary: Some(build::sum(vec![pair(a, d), pair(b, c)])),
        },
    }
}

/// Σ of the product of the factors: the real ones stay as they are.
fn product(term: &Term, vanishing: &mut Vanishing) -> Result<Parts, String> {
    let (bound, factors) = term.split();
    let (complex, real): (Vec<Term>, Vec<Term>) =
        factors.iter().cloned().partition(Term::is_complex);
    let multiplied = |pair: Vec<Term>| build::product(Vec::new(), pair);
    let mut whole = Parts::real(build::integer(1));
    for factor in each(&complex, vanishing)? {
        whole = times(&whole, &factor, &multiplied);
    }
    let summed = |part: Term| {
        let factors = [real.clone(), vec![part]].concat();
        build::product(bound.clone(), factors)
    };
    Ok(Parts {
        real: summed(whole.real),
        imaginary: whole.imaginary.map(summed),
    })
}

/// A whole power multiplied out, a negative one as the conjugate over the squared magnitude; others are those of a real number.
fn power(base: &Term, exponent: &Rational, vanishing: &mut Vanishing) -> Result<Parts, String> {
    let inner = parts(base, vanishing)?;
    let Some(imaginary) = inner.imaginary.clone().filter(|_| exponent.is_integer()) else {
        vanishing.extend(inner.imaginary);
        return Ok(Parts::real(build::power(inner.real, exponent.clone())));
    };
    let count = exponent
        .abs()
        .to_u32()
        .filter(|count| *count <= MOST_FACTORS);
    let count = count.ok_or("a complex number is raised to a high power")?;
    let multiplied = |pair: Vec<Term>| build::product(Vec::new(), pair);
    let mut whole = inner.clone();
    for _ in 1..count {
        whole = times(&whole, &inner, &multiplied);
    }
    if exponent.is_positive() {
        return Ok(whole);
    }
    let square = |part: &Term| build::power(part.clone(), Rational::from_integer(2.into()));
    let size = build::sum(vec![square(&inner.real), square(&imaginary)]);
    let share = build::power(size, -Rational::from_integer(count.into()));
    let turned = whole.imaginary_or_zero();
    Ok(Parts {
        real: multiplied(vec![whole.real, share.clone()]),
        imaginary: Some(multiplied(vec![build::integer(-1), turned, share])),
    })
}

/// Whether an operation is applied to both parts alike.
fn is_linear(head: &Head) -> bool {
    matches!(
        head,
        Head::Sum
            | Head::Entry
            | Head::Comprehension
            | Head::Transpose
            | Head::Trace
            | Head::Diagonal
            | Head::DiagonalMatrix
            | Head::Axes(_)
            | Head::Gather(..)
            | Head::Reshape(_)
            | Head::Concat(_)
    )
}

fn linear(head: &Head, children: &[Parts], term: &Term) -> Result<Parts, String> {
    let real = children.iter().map(|child| child.real.clone()).collect();
    let index = |at: usize| term.children()[at].as_index().is_some();
    let imaginary = children
        .iter()
        .enumerate()
        .map(|(at, child)| match index(at) {
            true => child.real.clone(),
            false => child.imaginary_or_zero(),
        });
    Ok(Parts {
        real: build::node(head.clone(), real),
        imaginary: Some(build::node(head.clone(), imaginary.collect())),
    })
}

/// The array of the entries of a transform.
fn written_out(transform: &Term, inverse: bool) -> Result<Term, String> {
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
