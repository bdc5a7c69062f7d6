//! What is not evaluated entry by entry: functions of a whole matrix, the largest entry along some axes, and the logarithm of a sum of exponentials.
//!
//! Matrices are reduced by Gauss and Jordan's elimination with the largest pivot, on floats and on duals alike, so that slopes
//! come from the forward meaning and share nothing with the formulas that the chain rule uses.

use crate::array::strides;
use derive_graph::numeric::{Dual, Real};
use derive_graph::{Graph, Label, NodeId, Operation};

/// A pivot this much smaller than the largest entry counts as zero: the digits of an inverse would be noise.
const SINGULAR: f64 = 1e-6;

/// The value of a matrix function, row by row; NaN where it is not defined. `matrix` is square, in row-major order.
pub(crate) fn matrix_function<R: Real>(name: &str, matrix: &[R]) -> Vec<R> {
    let size = matrix.len().isqrt();
    let (inverse, determinant) = eliminate(matrix, size);
    match name {
        "inv" => inverse,
        "det" => vec![determinant],
        "logdet" => vec![determinant.ln()],
        _ => vec![R::constant(f64::NAN)],
    }
}

/// The inverse and the determinant.
fn eliminate<R: Real>(matrix: &[R], size: usize) -> (Vec<R>, R) {
    let mut left = matrix.to_vec();
    let mut right = vec![R::constant(0.0); size * size];
    (0..size).for_each(|at| right[at * size + at] = R::constant(1.0));
    let mut determinant = R::constant(1.0);
    let largest_entry = matrix
        .iter()
        .fold(0.0f64, |largest, entry| largest.max(entry.value().abs()));
    for column in 0..size {
        let magnitude = |row: &usize| left[row * size + column].value().abs();
        let largest = (column..size).fold(column, |best, row| {
            if magnitude(&row) > magnitude(&best) {
                row
            } else {
                best
            }
        });
        if largest != column {
            for at in 0..size {
                left.swap(column * size + at, largest * size + at);
                right.swap(column * size + at, largest * size + at);
            }
            determinant = -determinant;
        }
        let pivot = left[column * size + column];
        if pivot.value().abs() <= SINGULAR * largest_entry {
            let nothing = R::constant(f64::NAN);
            return (vec![nothing; size * size], nothing);
        }
        determinant = determinant * pivot;
        for at in 0..size {
            left[column * size + at] = left[column * size + at] / pivot;
            right[column * size + at] = right[column * size + at] / pivot;
        }
        for row in (0..size).filter(|row| *row != column) {
            let factor = left[row * size + column];
            for at in 0..size {
                left[row * size + at] = left[row * size + at] - factor * left[column * size + at];
                right[row * size + at] =
                    right[row * size + at] - factor * right[column * size + at];
            }
        }
    }
    (right, determinant)
}

/// Adds the slopes of a matrix function to `block`: `width` slopes an entry, as in `slopes`.
pub(crate) fn add_matrix_slopes(
    name: &str,
    matrix: &[f64],
    slopes: &[f64],
    width: usize,
    block: &mut [f64],
) {
    for column in 0..width {
        let moving = matrix.iter().enumerate().map(|(at, &value)| Dual {
            value,
            slope: slopes[at * width + column],
        });
        let result = matrix_function(name, &moving.collect::<Vec<Dual>>());
        for (at, entry) in result.iter().enumerate() {
            block[at * width + column] += entry.slope;
        }
    }
}

/// Adds what the slopes of a matrix function can come to at most: every partial derivative counts with its magnitude, so that none of
/// them cancels another.
pub(crate) fn add_matrix_bounds(
    name: &str,
    matrix: &[f64],
    slopes: &[f64],
    width: usize,
    block: &mut [f64],
) {
    for (moved, slopes) in slopes.chunks_exact(width).enumerate() {
        let moving = matrix.iter().enumerate().map(|(at, &value)| Dual {
            value,
            slope: if at == moved { 1.0 } else { 0.0 },
        });
        let partials = matrix_function(name, &moving.collect::<Vec<Dual>>());
        for (bounds, partial) in block.chunks_exact_mut(width).zip(partials) {
            for (bound, slope) in bounds.iter_mut().zip(slopes) {
                *bound += partial.slope.abs() * slope;
            }
        }
    }
}

/// For every entry of a reduction over `axes` of an array of these sizes, the places that are reduced.
pub(crate) fn groups(dims: &[usize], axes: &[usize]) -> Vec<Vec<usize>> {
    let steps = strides(dims);
    let spread = |places: Vec<usize>, axis: usize| -> Vec<usize> {
        let along = |place: &usize| {
            let place = *place;
            let step = steps[axis];
            (0..dims[axis]).map(move |at| place + at * step)
        };
        places.iter().flat_map(along).collect()
    };
    let kept = (0..dims.len()).filter(|axis| !axes.contains(axis));
    let firsts = kept.fold(vec![0], spread);
    firsts
        .into_iter()
        .map(|first| {
            axes.iter()
                .fold(vec![first], |places, &axis| spread(places, axis))
        })
        .collect()
}

/// Of ln Σ exp(z) along axes: z, and the axes. The programs that are emitted compute it without an exponential that overflows, and so does the check.
pub(crate) fn log_sum_exp(graph: &Graph, node: NodeId) -> Option<(NodeId, Vec<usize>)> {
    let applied = |node: NodeId, name: &str| match &graph.node(node).operation {
        Operation::Elementwise(function) if function.primes == 0 => {
            let first = graph.node(node).arguments.first().copied();
            first.filter(|_| function.name.as_str() == name)
        }
        _ => None,
    };
    let sum = applied(node, "log")?;
    let Operation::Einsum(einsum) = &graph.node(sum).operation else {
        return None;
    };
    let (&[exponential], [labels]) = (
        graph.node(sum).arguments.as_slice(),
        einsum.inputs.as_slice(),
    ) else {
        return None;
    };
    let argument = applied(exponential, "exp")?;
    let kept = einsum.output.iter().filter(|label| **label != Label::UNIT);
    let left = labels.iter().filter(|label| einsum.output.contains(label));
    let plain = einsum.operator == "sum" && !labels.contains(&Label::UNIT) && kept.eq(left);
    let summed = (0..labels.len()).filter(|&axis| !einsum.output.contains(&labels[axis]));
    plain.then(|| (argument, summed.collect()))
}

/// ln Σ exp of some entries. The largest is taken off first so that nothing overflows.
pub(crate) fn total_of_exponentials(data: &[f64], group: &[usize]) -> f64 {
    let top = group
        .iter()
        .fold(f64::NEG_INFINITY, |top, &at| data[at].max(top));
    let total: f64 = group.iter().map(|&at| Real::exp(data[at] - top)).sum();
    top + Real::ln(total)
}

/// For every entry of arrays put side by side along an axis, which array it comes from and its place there.
pub(crate) fn concat_places(dims: &[&[usize]], axis: usize) -> Vec<(usize, usize)> {
    let outer: usize = dims[0][..axis].iter().product();
    let mut places = Vec::new();
    for block in 0..outer {
        for (part, dims) in dims.iter().enumerate() {
            let length: usize = dims[axis..].iter().product();
            places.extend((0..length).map(|at| (part, block * length + at)));
        }
    }
    places
}

/// The largest or least entry of a group.
pub(crate) fn extreme(values: &[f64], group: &[usize], least: bool) -> f64 {
    let better = |best: f64, at: &usize| {
        if least {
            best.min(values[*at])
        } else {
            best.max(values[*at])
        }
    };
    let worst = if least {
        f64::INFINITY
    } else {
        f64::NEG_INFINITY
    };
    group.iter().fold(worst, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_determinants_and_their_slopes() {
        let matrix = [1.0, 2.0, 3.0, 5.0];
        assert!((matrix_function("det", &matrix)[0] + 1.0).abs() < 1e-14);
        let inverse = matrix_function("inv", &matrix);
        for (found, expected) in inverse.iter().zip([-5.0, 2.0, 3.0, -1.0]) {
            assert!((found - expected).abs() < 1e-13);
        }
        // ∂det/∂a_{11} is the cofactor.
        let mut block = [0.0];
        add_matrix_slopes("det", &matrix, &[1.0, 0.0, 0.0, 0.0], 1, &mut block);
        assert!((block[0] - 5.0).abs() < 1e-13);
        // The cofactors 5, −3, −2 and 1 do not cancel in a bound.
        let mut bound = [0.0];
        add_matrix_bounds("det", &matrix, &[1.0, 1.0, 1.0, 1.0], 1, &mut bound);
        assert!((bound[0] - 11.0).abs() < 1e-13);
    }

    #[test]
    fn groups_run_over_the_reduced_axes() {
        assert_eq!(groups(&[2, 2], &[1]), [[0, 1], [2, 3]]);
        assert_eq!(groups(&[2, 2], &[0]), [[0, 2], [1, 3]]);
        assert_eq!(groups(&[2, 2], &[0, 1]), [[0, 1, 2, 3]]);
    }
}
