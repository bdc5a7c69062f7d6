//! The angle of a root of unity: what [`crate::parts`] makes of it.

use crate::Array;
use derive_graph::numeric::Real;
use derive_index::{Head, Term};

/// The root of unity whose angle a function is of.
pub(crate) fn root(term: &Term) -> Option<&Term> {
    let child = term.children().first()?;
    (*child.head() == Head::Root).then_some(child)
}

/// cos and sin of 2πt/N. After a quarter, a half and three quarters of the circle they are what they are, without the rounding of π:
/// the imaginary part of a transform of two numbers is zero.
pub(crate) fn on_circle(turns: usize, size: usize) -> [f64; 2] {
    match (4 * turns / size, (4 * turns).is_multiple_of(size)) {
        (0, true) => [1.0, 0.0],
        (1, true) => [0.0, 1.0],
        (2, true) => [-1.0, 0.0],
        (3, true) => [0.0, -1.0],
        _ => {
            let angle = core::f64::consts::TAU * turns as f64 / size as f64;
            [Real::cos(angle), Real::sin(angle)]
        }
    }
}

/// cos or sin of 2πab/N for all places a and b of arrays of these sizes, of which N is the first. The product is taken around the circle first,
/// so that equal roots have equal digits.
pub(crate) fn waves(sine: bool, [size, other]: [usize; 2]) -> Array {
    let value = |turns| on_circle(turns, size)[usize::from(sine)];
    let circle: Vec<f64> = (0..size).map(value).collect();
    let row = |a: usize| (0..other).map(move |b| (a * b) % size);
    Array {
        dims: vec![size, other],
        data: (0..size).flat_map(row).map(|turns| circle[turns]).collect(),
    }
}
