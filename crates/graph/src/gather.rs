//! Reading an array at affine places: slices, shifts, padding, windows, cyclic shifts.
//!
//! Every axis of the array is read at an affine function of the result's axes. A place that is not one of the array counts as zero, so that
//! padding, and the gradients of slices, need no case of their own.

use crate::{Dim, Name, Polynomial};

/// Where one axis of the array is read: (Σ c_k i_k + constant) / divisor, in the indices i_k of the result's axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subscript {
    /// Axes of the result and their coefficients.
    pub terms: Vec<(usize, Polynomial)>,
    /// What is added.
    pub constant: Polynomial,
    /// What the whole is divided by; where it does not divide, the entry is zero. At least 1.
    pub divisor: i64,
    /// Whether places wrap around at the end of the axis.
    pub cyclic: bool,
}

impl Subscript {
    /// The index of an axis of the result as it is.
    pub fn axis(axis: usize) -> Subscript {
        Subscript::affine(vec![(axis, 1.into())], 0.into())
    }

    /// Σ c_k i_k + constant
    pub fn affine(terms: Vec<(usize, Polynomial)>, constant: Polynomial) -> Subscript {
        Subscript {
            terms,
            constant,
            divisor: 1,
            cyclic: false,
        }
    }

    /// The index of an axis plus an offset.
    pub fn shifted(axis: usize, by: Polynomial) -> Subscript {
        Subscript::affine(vec![(axis, 1.into())], by)
    }
}

/// How an array is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gather {
    /// One an axis of the array.
    pub axes: Vec<Subscript>,
    /// Whether places outside count as −∞ instead of zero: for the largest entry of a padded window.
    pub lowest: bool,
}

/// A gather with concrete sizes: coefficients of the result's axes for every axis of the array.
#[derive(Clone, Debug)]
pub struct Places {
    axes: Vec<Line>,
}

/// One subscript with concrete numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// For each variable its coefficient.
    pub coefficients: Vec<(usize, i64)>,
    /// What is added.
    pub constant: i64,
    /// What the whole is divided by.
    pub divisor: i64,
    /// Whether places wrap around.
    pub cyclic: bool,
    /// The size of the array's axis.
    pub size: i64,
}

impl Line {
    /// The number for these values of the variables, before it is divided or taken as a place.
    pub fn value(&self, values: &[usize]) -> i64 {
        let terms = self.coefficients.iter();
        let terms = terms.map(|(at, coefficient)| coefficient * values[*at] as i64);
        self.constant + terms.sum::<i64>()
    }

    /// The place for these values of the variables; `None` if there is none.
    pub fn place(&self, values: &[usize]) -> Option<usize> {
        let mut place = self.value(values);
        // Most subscripts divide by nothing, and division is slow.
        if self.divisor != 1 {
            if place.rem_euclid(self.divisor) != 0 {
                return None;
            }
            place /= self.divisor;
        }
        if self.cyclic {
            place = place.rem_euclid(self.size);
        }
        (0..self.size).contains(&place).then_some(place as usize)
    }
}

impl Gather {
    /// Whether a number in a subscript did not fit into 64 bits.
    pub fn is_overflowed(&self) -> bool {
        let numbers = |subscript: &Subscript| {
            let terms = subscript.terms.iter().map(|(_, factor)| factor);
            terms
                .chain([&subscript.constant])
                .any(Polynomial::is_overflowed)
        };
        self.axes.iter().any(numbers)
    }

    /// The gather at concrete sizes; `dims` are those of the array. `None` where a dimension has no size.
    pub fn places(&self, dims: &[usize], size: &dyn Fn(&Name) -> Option<i64>) -> Option<Places> {
        let line = |(subscript, &size_of_axis): (&Subscript, &usize)| {
            let coefficient = |(axis, c): &(usize, Polynomial)| Some((*axis, c.value(size)?));
            Some(Line {
                coefficients: subscript
                    .terms
                    .iter()
                    .map(coefficient)
                    .collect::<Option<_>>()?,
                constant: subscript.constant.value(size)?,
                divisor: subscript.divisor,
                cyclic: subscript.cyclic,
                size: i64::try_from(size_of_axis).ok()?,
            })
        };
        let axes = self
            .axes
            .iter()
            .zip(dims)
            .map(line)
            .collect::<Option<_>>()?;
        Some(Places { axes })
    }

    /// Whether every axis is read at one index of the result plus an offset, in order, so that this is a slice or padding.
    pub fn is_slice(&self) -> bool {
        let plain = |(axis, subscript): (usize, &Subscript)| {
            let one = matches!(subscript.terms.as_slice(), [(at, c)] if *at == axis && c.is(1));
            one && subscript.divisor == 1 && !subscript.cyclic
        };
        !self.lowest && self.axes.iter().enumerate().all(plain)
    }

    /// Whether some axes are read at fixed places, and the others as they are, in order: a row of a matrix, an entry of a vector.
    pub fn is_part(&self) -> bool {
        let kept = self.axes.iter().filter(|axis| !axis.terms.is_empty());
        let plain = |axis: &Subscript| axis.divisor == 1 && !axis.cyclic;
        let whole = |(at, axis): (usize, &Subscript)| *axis == Subscript::axis(at);
        !self.lowest
            && self.axes.iter().all(plain)
            && self.axes.iter().any(|axis| axis.terms.is_empty())
            && kept.enumerate().all(whole)
    }

    /// With every dimension replaced.
    #[must_use]
    pub fn renamed(&self, rename: &dyn Fn(&Name) -> Dim) -> Gather {
        let subscript = |subscript: &Subscript| Subscript {
            terms: subscript
                .terms
                .iter()
                .map(|(axis, c)| (*axis, c.renamed(rename)))
                .collect(),
            constant: subscript.constant.renamed(rename),
            ..subscript.clone()
        };
        Gather {
            axes: self.axes.iter().map(subscript).collect(),
            lowest: self.lowest,
        }
    }
}

impl Places {
    /// For every entry of the result, in row-major order, the place of the array's entry that it reads in row-major order.
    pub fn table(&self, result: &[usize]) -> Vec<Option<usize>> {
        let entries: usize = result.iter().product();
        let mut values = vec![0; result.len()];
        let mut table = Vec::with_capacity(entries);
        for _ in 0..entries {
            table.push(self.axes.iter().try_fold(0, |offset, line| {
                Some(offset * line.size as usize + line.place(&values)?)
            }));
            for axis in (0..result.len()).rev() {
                values[axis] += 1;
                if values[axis] < result[axis] {
                    break;
                }
                values[axis] = 0;
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(subscript: Subscript, size: usize, result: &[usize], expected: &[Option<usize>]) {
        let gather = Gather {
            axes: vec![subscript],
            lowest: false,
        };
        let places = gather
            .places(&[size], &|_| None)
            .expect("every size is a number");
        assert_eq!(places.table(result), expected);
    }

    #[test]
    fn places_outside_are_none() {
        check(
            Subscript::shifted(0, (-1).into()),
            3,
            &[5],
            &[None, Some(0), Some(1), Some(2), None],
        );
        let window = Subscript::affine(vec![(0, 2.into()), (1, 1.into())], 0.into());
        check(window, 4, &[2, 2], &[Some(0), Some(1), Some(2), Some(3)]);
        let dilated = Subscript {
            divisor: 2,
            ..Subscript::axis(0)
        };
        check(dilated, 2, &[4], &[Some(0), None, Some(1), None]);
        let turned = Subscript {
            cyclic: true,
            ..Subscript::affine(vec![(0, (-1).into())], 0.into())
        };
        check(turned, 3, &[3], &[Some(0), Some(2), Some(1)]);
    }
}
