//! Arrays of which most entries are zero, and how two of them are compared.
//!
//! The derivative of a convolution by its input has an entry for each pair of entries, and few of them are not zero. An array is kept as
//! it is, or as its entries other than zero with their places; which of the two makes no difference to what is equal.

use crate::Array;
use crate::array::{compare, largest};
use crate::number::Number;
use std::rc::Rc;

/// An array as its entries other than zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Few<R = f64> {
    /// The size of each axis.
    pub(crate) dims: Vec<usize>,
    /// Where the entries stand in row-major order, in order.
    places: Vec<usize>,
    data: Vec<R>,
    /// How often all of these entries stand there, and how far apart, for each index that they do not depend on.
    pub(crate) repeated: Vec<(usize, usize)>,
}

impl<R: Number> Few<R> {
    /// Nothing but zeros.
    pub(crate) fn new(dims: Vec<usize>) -> Few<R> {
        Few {
            dims,
            places: Vec::new(),
            data: Vec::new(),
            repeated: Vec::new(),
        }
    }

    /// Adds an entry after all that are there, or to the last one. What is not a number is not zero.
    pub(crate) fn push(&mut self, place: usize, entry: R) {
        if let (Some(last), true) = (self.data.last_mut(), self.places.last() == Some(&place)) {
            *last = *last + entry;
        } else if entry != R::zero() {
            self.places.push(place);
            self.data.push(entry);
        }
    }
}

impl Few {
    /// The entries of an array.
    fn of(array: &Array) -> Few {
        let mut few = Few::new(array.dims.clone());
        let entries = array.data.iter().enumerate();
        entries.for_each(|(place, entry)| few.push(place, *entry));
        few
    }

    fn is_finite(&self) -> bool {
        self.data.iter().all(|entry| entry.is_finite())
    }

    /// The same with all entries one by one.
    fn unfolded(&self) -> Few {
        let mut all: Vec<(usize, f64)> = Vec::new();
        all.extend(self.places.iter().copied().zip(self.data.iter().copied()));
        for (times, step) in &self.repeated {
            let copies = (0..*times).flat_map(|copy| {
                let entries = all.iter();
                entries.map(move |(place, entry)| (place + copy * step, *entry))
            });
            all = copies.collect();
        }
        all.sort_unstable_by_key(|(place, _)| *place);
        let (places, data) = all.into_iter().unzip();
        Few {
            dims: self.dims.clone(),
            places,
            data,
            repeated: Vec::new(),
        }
    }

    /// The largest distance of two entries over the largest entry of either, or over the floor if that is larger; both are finite.
    fn distance(&self, other: &Few, floor: f64) -> f64 {
        if self.repeated != other.repeated {
            return self.unfolded().distance(&other.unfolded(), floor);
        }
        let scale = largest(&self.data).max(largest(&other.data)).max(floor);
        let (mut a, mut b) = (0, 0);
        let mut most = 0.0f64;
        let at = |few: &Few, at: usize| few.places.get(at).copied().unwrap_or(usize::MAX);
        loop {
            let (here, there) = (at(self, a), at(other, b));
            if here.min(there) == usize::MAX {
                // One division for all: it keeps their order.
                return most / scale;
            }
            let x = if here <= there { self.data[a] } else { 0.0 };
            let y = if there <= here { other.data[b] } else { 0.0 };
            a += usize::from(here <= there);
            b += usize::from(there <= here);
            most = most.max((x - y).abs());
        }
    }
}

/// A value over the free indices of a term.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    All(Rc<Array>),
    Few(Rc<Few>),
}

impl Values {
    fn dims(&self) -> &[usize] {
        match self {
            Values::All(array) => &array.dims,
            Values::Few(few) => &few.dims,
        }
    }

    /// Whether every entry is a finite number.
    pub(crate) fn is_finite(&self) -> bool {
        match self {
            Values::All(array) => array.is_finite(),
            Values::Few(few) => few.is_finite(),
        }
    }

    /// The array with all its zeros.
    pub(crate) fn to_array(&self) -> Rc<Array> {
        match self {
            Values::All(array) => Rc::clone(array),
            Values::Few(few) => {
                let few = few.unfolded();
                let mut array = Array::filled(few.dims.clone(), 0.0);
                let entries = few.places.iter().zip(&few.data);
                entries.for_each(|(place, entry)| array.data[*place] = *entry);
                Rc::new(array)
            }
        }
    }

    /// The relative error of two arrays, no entry larger than `floor` counting as that; `None` where one is not finite.
    ///
    /// # Errors
    /// A sentence, if they are not of the same sizes.
    pub(crate) fn distance(&self, other: &Values, floor: f64) -> Result<Option<f64>, String> {
        if self.dims() != other.dims() {
            let (a, b) = (self.dims(), other.dims());
            return Err(format!("changes the shape: sizes {a:?} become {b:?}"));
        }
        // Most steps only move what is there: both sides are equal to the last bit.
        let same = match (self, other) {
            (Values::All(a), Values::All(b)) => a.data == b.data,
            (Values::Few(a), Values::Few(b)) => a == b,
            _ => false,
        };
        if same {
            return Ok(self.is_finite().then_some(0.0));
        }
        let finite = self.is_finite() && other.is_finite();
        Ok(finite.then(|| match (self, other) {
            (Values::All(a), Values::All(b)) => compare(&a.data, &b.data, floor).error,
            (Values::Few(a), Values::Few(b)) => a.distance(b, floor),
            (Values::All(a), Values::Few(b)) | (Values::Few(b), Values::All(a)) => {
                Few::of(a).distance(b, floor)
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn few(dims: &[usize], entries: &[(usize, f64)], repeated: &[(usize, usize)]) -> Values {
        let mut few = Few::new(dims.to_vec());
        entries
            .iter()
            .for_each(|(place, entry)| few.push(*place, *entry));
        few.repeated = repeated.to_vec();
        Values::Few(Rc::new(few))
    }

    fn all(dims: &[usize], data: &[f64]) -> Values {
        let (dims, data) = (dims.to_vec(), data.to_vec());
        Values::All(Rc::new(Array { dims, data }))
    }

    #[test]
    fn how_an_array_is_kept_makes_no_difference() {
        // The identity matrix times 2, as it is, entry by entry, and as one entry that stands there twice.
        let kept = [
            all(&[2, 2], &[2.0, 0.0, 0.0, 2.0]),
            few(&[2, 2], &[(0, 2.0), (1, 0.0), (3, 2.0)], &[]),
            few(&[2, 2], &[(0, 2.0)], &[(2, 3)]),
        ];
        let other = few(&[2, 2], &[(0, 2.0), (2, 1.0), (3, 2.0)], &[]);
        let far = few(&[2, 2], &[(0, 2.5)], &[(2, 3)]);
        for a in &kept {
            for b in &kept {
                assert_eq!(a.distance(b, 1e-4), Ok(Some(0.0)), "{a:?} {b:?}");
            }
            assert_eq!(a.distance(&other, 1e-4), Ok(Some(0.5)), "{a:?}");
            assert_eq!(other.distance(a, 1e-4), Ok(Some(0.5)), "{a:?}");
            assert_eq!(a.distance(&far, 1e-4), Ok(Some(0.2)), "{a:?}");
            assert_eq!(a.to_array().data, [2.0, 0.0, 0.0, 2.0]);
        }
    }

    #[test]
    fn what_is_not_a_number_is_no_zero() {
        let nan = few(&[2], &[(1, f64::NAN)], &[]);
        assert!(!nan.is_finite());
        assert_eq!(nan.distance(&nan, 1e-4), Ok(None));
        assert_eq!(nan.distance(&few(&[2], &[], &[]), 1e-4), Ok(None));
        assert_eq!(nan.distance(&all(&[2], &[0.0, 0.0]), 1e-4), Ok(None));
        assert!(nan.distance(&all(&[3], &[0.0; 3]), 1e-4).is_err());
    }
}
