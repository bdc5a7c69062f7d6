//! Random arrays that keep what is promised of them.

use crate::Array;
use crate::array::lines;
use crate::random::Random;
use crate::rounding::Around;
use derive_graph::Attribute;

/// Where values are drawn from. Later modes are for networks that the earlier ones leave undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Both signs, away from zero.
    General,
    /// Positive.
    Positive,
    /// Between 0.1 and 0.9, for logarithms of x and of 1 − x alike.
    Unit,
}

/// The modes in the order in which they are tried: a few times each.
pub(crate) const MODES: [Mode; 9] = [
    Mode::General,
    Mode::General,
    Mode::General,
    Mode::General,
    Mode::Positive,
    Mode::Positive,
    Mode::Unit,
    Mode::Unit,
    Mode::Unit,
];

/// A random array with these attributes, scaled by `scale` where no attribute fixes the size of its entries, at a point `around` the one
/// that is drawn.
pub(crate) fn array(
    dims: Vec<usize>,
    attributes: &[Attribute],
    (mode, around): (Mode, Around),
    scale: f64,
    random: &mut Random,
) -> Array {
    let scale = scale * around.scale();
    let draw = |_| match mode {
        Mode::General => scale * random.signed(),
        Mode::Positive => scale * random.between(0.25, 1.5),
        Mode::Unit => scale.min(1.0) * random.between(0.1, 0.9),
    };
    let entries: usize = dims.iter().product();
    let data = (0..entries).map(draw).collect();
    let mut drawn = Array { dims, data };
    around.nudge(&mut drawn.data, random);
    for attribute in attributes {
        impose(&mut drawn, *attribute, random);
    }
    drawn
}

fn impose(array: &mut Array, attribute: Attribute, random: &mut Random) {
    match attribute {
        Attribute::Positive => array.data.iter_mut().for_each(|x| *x = x.abs()),
        Attribute::Symmetric => symmetrize(array),
        Attribute::OneHot { axis } if axis < array.dims.len() => {
            let data = &mut array.data;
            lines(&array.dims, axis, |first, stride, length| {
                (0..length).for_each(|step| data[first + step * stride] = 0.0);
                data[first + random.below(length) * stride] = 1.0;
            });
        }
        Attribute::Simplex { axis } if axis < array.dims.len() => {
            let data = &mut array.data;
            lines(&array.dims, axis, |first, stride, length| {
                let places = || (0..length).map(|step| first + step * stride);
                let total: f64 = places().map(|at| data[at].abs()).sum();
                places().for_each(|at| data[at] = data[at].abs() / total);
            });
        }
        Attribute::OneHot { .. } | Attribute::Simplex { .. } => {}
    }
}

/// Copies the upper triangle of a square matrix onto the lower one.
fn symmetrize(array: &mut Array) {
    if let [rows, columns] = array.dims[..]
        && rows == columns
    {
        for row in 0..rows {
            for column in 0..row {
                array.data[row * columns + column] = array.data[column * columns + row];
            }
        }
    }
}

/// By how much the entries of a parameter are scaled so that a deep network neither overflows nor dies out: over a chain of
/// products with (d h)^{−1/4} the growths of neighbouring layers cancel.
pub(crate) fn parameter_scale(dims: &[usize]) -> f64 {
    if dims.len() < 2 {
        return 1.0;
    }
    let entries: usize = dims.iter().product();
    1.0 / (entries as f64).sqrt().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(dims: &[usize], attributes: &[Attribute]) -> Array {
        array(
            dims.to_vec(),
            attributes,
            (Mode::General, Around::default()),
            1.0,
            &mut Random::new(3, 1),
        )
    }

    #[test]
    fn one_hot_rows_have_a_single_one() {
        let array = drawn(&[4, 3], &[Attribute::OneHot { axis: 1 }]);
        for row in array.data.chunks(3) {
            assert_eq!(row.iter().filter(|x| **x == 1.0).count(), 1);
            assert_eq!(row.iter().filter(|x| **x == 0.0).count(), 2);
        }
    }

    #[test]
    fn simplex_columns_sum_to_one() {
        let array = drawn(&[3, 2], &[Attribute::Simplex { axis: 0 }]);
        let sum: f64 = array.data.iter().step_by(2).sum();
        assert!((sum - 1.0).abs() < 1e-15 && array.data.iter().all(|x| *x > 0.0));
    }

    #[test]
    fn symmetric_and_positive_hold_together() {
        let array = drawn(&[3, 3], &[Attribute::Symmetric, Attribute::Positive]);
        assert!(array.data.iter().all(|x| *x > 0.0));
        assert_eq!(array.data[1], array.data[3]);
        assert_eq!(array.data[5], array.data[7]);
    }
}
