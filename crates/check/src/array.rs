//! Arrays in row-major order, of 64-bit floats unless said otherwise, and how two of them are compared.

use std::fmt::Write as _;

/// An array with concrete sizes; the last axis varies fastest. A scalar has no axes and one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<R = f64> {
    /// The size of each axis.
    pub dims: Vec<usize>,
    /// The entries.
    pub data: Vec<R>,
}

impl<R: Copy> Array<R> {
    /// A scalar.
    pub fn scalar(value: R) -> Array<R> {
        Array {
            dims: Vec::new(),
            data: vec![value],
        }
    }

    /// The array with the same entry everywhere.
    pub fn filled(dims: Vec<usize>, value: R) -> Array<R> {
        let data = vec![value; dims.iter().product()];
        Array { dims, data }
    }

    /// How far apart neighbours along each axis stand in `data`.
    pub fn strides(&self) -> Vec<usize> {
        strides(&self.dims)
    }
}

impl Array {
    /// Whether every entry is a finite number.
    pub fn is_finite(&self) -> bool {
        // Without a way out in the middle, several entries are looked at at once.
        let all = self.data.iter();
        all.fold(true, |finite, entry| finite & entry.is_finite())
    }

    /// The indices of the entry at `at` in `data`, written `(1, 2)`; empty for a scalar.
    pub fn place(&self, at: usize) -> String {
        let mut text = String::new();
        for (axis, (stride, size)) in self.strides().iter().zip(&self.dims).enumerate() {
            let comma = if axis > 0 { ", " } else { "" };
            let _ = write!(text, "{comma}{}", at / stride % size);
        }
        if text.is_empty() {
            text
        } else {
            format!("({text})")
        }
    }
}

/// Row-major strides.
pub(crate) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

/// The largest absolute entry.
pub(crate) fn largest(data: &[f64]) -> f64 {
    // Side by side, so that they are compared at once.
    let mut most = [0.0f64; 4];
    let chunks = data.chunks_exact(most.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (most, entry) in most.iter_mut().zip(chunk) {
            let entry = entry.abs();
            *most = if entry > *most { entry } else { *most };
        }
    }
    let all = most.iter().chain(rest);
    all.fold(0.0, |largest, entry| entry.abs().max(largest))
}

/// How two arrays of one size differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The largest difference of entries over the largest entry of either, or over the floor if that is larger.
    pub(crate) error: f64,
    /// Where the difference is largest.
    pub(crate) at: usize,
}

/// Compares two arrays of equal length. A number that is not finite on either side is an infinite error.
pub(crate) fn compare(a: &[f64], b: &[f64], floor: f64) -> Difference {
    let scale = largest(a).max(largest(b)).max(floor);
    let mut worst = Difference { error: 0.0, at: 0 };
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        if !x.is_finite() || !y.is_finite() {
            let error = f64::INFINITY;
            return Difference { error, at };
        }
        let error = (x - y).abs();
        if error > worst.error {
            worst = Difference { error, at };
        }
    }
    // One division for all: it keeps their order.
    worst.error /= scale;
    worst
}

/// Calls `each` with the offsets of the entries of every line along `axis`: first offset, stride, length.
pub(crate) fn lines(dims: &[usize], axis: usize, mut each: impl FnMut(usize, usize, usize)) {
    let (length, stride) = (dims[axis], strides(dims)[axis]);
    let outer: usize = dims[..axis].iter().product();
    for block in 0..outer {
        for inner in 0..stride {
            each(block * stride * length + inner, stride, length);
        }
    }
}

/// Softmax along an axis, or its logarithm. The largest entry of each line is taken off first so that nothing overflows.
pub(crate) fn softmax(dims: &[usize], data: &[f64], axis: usize, log: bool) -> Vec<f64> {
    use derive_graph::numeric::Real;
    let mut result = vec![0.0; data.len()];
    lines(dims, axis, |first, stride, length| {
        let places = || (0..length).map(|step| first + step * stride);
        let top = places().fold(f64::NEG_INFINITY, |top, at| data[at].max(top));
        let total: f64 = places().map(|at| Real::exp(data[at] - top)).sum();
        let shift = top + Real::ln(total);
        for at in places() {
            result[at] = if log {
                data[at] - shift
            } else {
                Real::exp(data[at] - top) / total
            };
        }
    });
    result
}

/// A number for a sentence: four significant digits are enough to see which side is wrong.
pub(crate) fn brief(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || !value.is_finite() || (1e-3..1e4).contains(&magnitude) {
        let text = format!("{value:.4}");
        let trimmed = text.trim_end_matches('0').trim_end_matches('.');
        return if text.contains('.') {
            trimmed.to_string()
        } else {
            text
        };
    }
    format!("{value:.3e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_zero_in_row_major_order() {
        let array = Array::filled(vec![2, 3], 0.0);
        assert_eq!(array.place(5), "(1, 2)");
        assert_eq!(Array::scalar(1.0).place(0), "");
    }

    #[test]
    fn errors_are_relative_to_the_largest_entry() {
        let difference = compare(&[1.0, 4.0], &[1.0, 3.0], 1e-9);
        assert_eq!((difference.error, difference.at), (0.25, 1));
        assert_eq!(compare(&[0.0], &[0.0], 1e-9).error, 0.0);
        assert_eq!(compare(&[f64::NAN], &[0.0], 1e-9).error, f64::INFINITY);
    }

    #[test]
    fn softmax_sums_to_one_along_its_axis() {
        let soft = softmax(&[2, 2], &[0.0, 1.0, 0.0, 3.0], 0, false);
        assert_eq!((soft[0], soft[2]), (0.5, 0.5));
        assert!((soft[1] + soft[3] - 1.0).abs() < 1e-15 && soft[3] > soft[1]);
        let log = softmax(&[2], &[0.0, 0.0], 0, true);
        assert!((log[0] + core::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn numbers_in_sentences_are_short() {
        assert_eq!(brief(0.531_234), "0.5312");
        assert_eq!(brief(2.0), "2");
        assert_eq!(brief(1.5e-9), "1.500e-9");
        assert_eq!(brief(0.0), "0");
    }
}
