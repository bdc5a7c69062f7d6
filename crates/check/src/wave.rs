//! Roots of unity.

use crate::Array;
use crate::number::Number;
use derive_graph::numeric::Real;

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

/// e^(2πiab/N) for all places a and b of arrays of these sizes, of which N is the first; nothing where numbers are real. The product is taken around
/// the circle first, so that equal roots have equal digits.
pub(crate) fn waves<R: Number>([size, other]: [usize; 2]) -> Option<Array<R>> {
    let circle: Option<Vec<R>> = (0..size)
        .map(|turns| R::root_of_unity(turns, size))
        .collect();
    let circle = circle?;
    let row = |a: usize| (0..other).map(move |b| (a * b) % size);
    Some(Array {
        dims: vec![size, other],
        data: (0..size).flat_map(row).map(|turns| circle[turns]).collect(),
    })
}
