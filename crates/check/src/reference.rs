//! Derivatives that someone asserts, against forward-mode duals of the loss.
//!
//! A small network is compared entry by entry, one direction an entry. A large one is compared along random dense
//! directions: each array moves so that its part of the slope, were all of one sign, would be 1, whatever the size of the
//! derivative. So arrays can move together, a few groups in all, and a mistake in any of them still shows at full size;
//! a group that fails is looked at array by array. That keeps the check linear in the size of the network.

use crate::array::{Difference, brief, compare, largest};
use crate::forward::Instruction;
use crate::random::Random;
use crate::slope::{Directions, Slopes, directions_of, entrywise, unit_directions};
use crate::{Array, Point, TOLERANCE};
use derive_graph::{Name, Shape};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::rc::Rc;

/// Up to this many multiplications all entries of all arrays are compared.
const ENTRYWISE: usize = 100_000;
/// Up to this many multiplications an array in a group that failed is compared entry by entry.
const ENTRYWISE_ALONE: usize = 20_000_000;
/// How many groups of arrays move together.
const GROUPS: usize = 16;
/// How many failures are looked into one by one.
const NAMED: usize = 8;
/// Rounding relative to sums in which nothing cancels.
const ROUNDING: f64 = 1e-12;
/// A derivative that is smaller than this part of its terms has lost so many digits that [`ROUNDING`] does not hold relative to it.
const CANCELLED: f64 = f64::EPSILON / ROUNDING;
/// Derivatives below this size count as zero: they lose digits to underflow. Only hundreds of saturating layers get there.
const UNDERFLOW: f64 = 1e-280;
/// What errors are relative to at least, so that one that underflowed agrees with zero.
const FLOOR: f64 = 1e-268;

/// An asserted derivative of the loss.
#[derive(Debug)]
pub(crate) struct Asserted<'a> {
    pub(crate) variable: &'a Name,
    pub(crate) shape: &'a Shape,
    pub(crate) value: Rc<Array>,
}

/// How one assertion fared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) error: f64,
    /// What is wrong, to stand after `∂L/∂W`.
    pub(crate) failure: Option<String>,
    /// Whether a wrong derivative could have fared as well: everything is zero here, or what differs is called rounding.
    pub(crate) weak: bool,
}

impl Outcome {
    /// That nothing differs by more than what is not told from rounding.
    fn passed(error: f64, weak: bool) -> Outcome {
        Outcome {
            error,
            failure: None,
            weak,
        }
    }
}

/// The loss at a point with the derivatives that are asserted there.
#[derive(Debug)]
pub(crate) struct Reference<'a> {
    point: &'a Point,
    slopes: Slopes<'a>,
    asserted: &'a [Asserted<'a>],
    /// Asserted derivatives of intermediates, by their place in the plan.
    weights: FxHashMap<usize, Cow<'a, [f64]>>,
    /// What part of its terms a weight has to exceed; smaller ones were replaced by the terms that they are what is left of.
    refined: f64,
    seed: u64,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(point: &'a Point, asserted: &'a [Asserted<'a>], seed: u64) -> Reference<'a> {
        let weight = |asserted: &'a Asserted<'a>| {
            let place = *point.plan.symbols.get(asserted.variable)?;
            let defined = matches!(point.plan.instructions[place], Instruction::Defined(..));
            defined.then_some((place, Cow::Borrowed(asserted.value.data.as_slice())))
        };
        Reference {
            point,
            slopes: Slopes::new(&point.plan, &point.values),
            asserted,
            weights: asserted.iter().filter_map(weight).collect(),
            refined: 0.0,
            seed,
        }
    }

    /// Compares every assertion.
    pub(crate) fn compare_all(&mut self) -> Vec<Outcome> {
        let entries: usize = self.asserted.iter().map(|it| it.value.data.len()).sum();
        if !self.is_scalar() || entries.saturating_mul(self.point.plan.cost()) <= ENTRYWISE {
            (0..self.asserted.len())
                .map(|at| self.compare_entries(at))
                .collect()
        } else {
            self.compare_groups()
        }
    }

    /// Whether what is differentiated is a scalar, so that directions can be bundled.
    fn is_scalar(&self) -> bool {
        self.point.plan.dims[self.point.loss].is_empty()
    }

    fn place(&self, at: usize) -> Option<usize> {
        self.point
            .plan
            .symbols
            .get(self.asserted[at].variable)
            .copied()
    }

    /// The derivative as duals give it, entry by entry.
    fn expected(&mut self, at: usize) -> Vec<f64> {
        let Asserted {
            variable, value, ..
        } = &self.asserted[at];
        duals(self.point, &mut self.slopes, variable, value.data.len())
    }

    /// The derivative as duals give it and how far the asserted one is from it, relative to the largest of one, the derivatives of the network
    /// and the terms that this one is the sum of; nothing where there are too many entries to look at.
    pub(crate) fn beside_terms(&mut self, at: usize) -> Option<(Vec<f64>, f64)> {
        let value = &self.asserted[at].value;
        if value.data.len().saturating_mul(self.point.plan.cost()) > ENTRYWISE_ALONE {
            return None;
        }
        let expected = self.expected(at);
        let others = self.asserted.iter().map(|it| largest(&it.value.data));
        let scale = others.fold(1.0, f64::max);
        let mut part = compare(&value.data, &expected, scale).error;
        if let Some(place) = self.place(at).filter(|_| self.is_scalar()) {
            self.refine(ROUNDING);
            part = part.min(self.relative_to_terms(place, &value.data, &expected));
        }
        Some((expected, part))
    }

    fn compare_entries(&mut self, at: usize) -> Outcome {
        let expected = self.expected(at);
        let value = &self.asserted[at].value;
        let difference = self.difference(at, &value.data, &expected);
        let plain = compare(&value.data, &expected, FLOOR).error;
        let failure = (difference.error > TOLERANCE).then(|| {
            let place = value.place(difference.at);
            let (found, wanted) = (value.data[difference.at], expected[difference.at]);
            let (found, wanted) = (brief(found), brief(wanted));
            let entry = if place.is_empty() {
                "it".to_string()
            } else {
                format!("entry {place}")
            };
            self.sentence(at, &format!("{entry} is {found}, expected {wanted}"))
        });
        Outcome {
            error: difference.error,
            failure,
            weak: plain > TOLERANCE || is_zero(value),
        }
    }

    /// How two derivatives by one variable differ. What is small against the terms that it is the sum of is rounding.
    pub(crate) fn difference(&mut self, at: usize, a: &[f64], b: &[f64]) -> Difference {
        let mut difference = compare(a, b, FLOOR);
        // A derivative that is proved to be zero has no terms to be small against; what the duals leave of it is rounding.
        if a.iter().all(|x| *x == 0.0) && b.iter().all(|x| x.abs() <= ROUNDING) {
            difference.error = 0.0;
        }
        if difference.error <= TOLERANCE || !difference.error.is_finite() {
            return difference;
        }
        if !self.is_scalar() {
            let relative = self.relative_where_saturated(at, a, b);
            if relative <= ROUNDING {
                difference.error = relative;
            }
            return difference;
        }
        if let Some(place) = self.place(at) {
            let mut relative = self.relative_to_terms(place, a, b);
            if relative > ROUNDING {
                self.refine(ROUNDING);
                relative = self.relative_to_terms(place, a, b);
            }
            if relative <= ROUNDING {
                difference.error = relative;
            }
        }
        difference
    }

    /// The largest distance of two entries of the derivative of an array, relative to the sum of its absolute terms: where something has levelled
    /// off. These terms are those of the whole network, so that elsewhere nothing is called small against them.
    fn relative_where_saturated(&mut self, at: usize, a: &[f64], b: &[f64]) -> f64 {
        let Some(place) = self.place(at).filter(|_| self.point.is_saturated()) else {
            return f64::INFINITY;
        };
        let entries = self.point.plan.dims[place].iter().product();
        let directions = unit_directions(place, entries);
        let bounds = self.slopes.bounds_of_array(self.point.loss, &directions);
        if bounds.len() != a.len() {
            return f64::INFINITY;
        }
        let distances = a.iter().zip(b).map(|(x, y)| (x - y).abs());
        let relative = distances.zip(bounds).map(|(x, bound)| x / bound.max(FLOOR));
        relative.fold(0.0, f64::max)
    }

    /// The largest distance of two entries, relative to the sum of the absolute terms of the derivative.
    fn relative_to_terms(&mut self, place: usize, a: &[f64], b: &[f64]) -> f64 {
        let directions = unit_directions(place, a.len());
        let bounds = self
            .slopes
            .bound(self.point.loss, &directions, &self.weights);
        let distances = a.iter().zip(b).map(|(x, y)| (x - y).abs());
        let relative = distances
            .zip(bounds)
            .map(|(distance, bound)| distance / bound.max(FLOOR));
        relative.fold(0.0, f64::max)
    }

    /// Whether what an asserted derivative differs by can be what is left of the digits of those that it is computed from: of 1 − tanh² where
    /// tanh is almost 1, of (y − p) / (p (1 − p)). Then this point tells nothing, neither for the derivative nor against it.
    pub(crate) fn is_lost(&mut self, at: usize) -> bool {
        let value = &self.asserted[at].value;
        let small = value.data.len().saturating_mul(self.point.plan.cost()) <= ENTRYWISE_ALONE;
        let Some(place) = self.place(at).filter(|_| small && self.is_scalar()) else {
            return false;
        };
        let expected = self.expected(at);
        self.refine(CANCELLED);
        self.relative_to_terms(place, &value.data, &expected) <= ROUNDING
    }

    /// A derivative that is at most this `part` of its terms says nothing of the terms of what comes before it: there its own terms count.
    fn refine(&mut self, part: f64) {
        if self.refined >= part {
            return;
        }
        self.refined = part;
        for asserted in self.asserted {
            let place = self.point.plan.symbols.get(asserted.variable).copied();
            let Some(place) = place.filter(|place| self.weights.contains_key(place)) else {
                continue;
            };
            let value = &asserted.value.data;
            let directions = unit_directions(place, value.len());
            let bounds = self
                .slopes
                .bound(self.point.loss, &directions, &self.weights);
            if largest(value) <= part * largest(&bounds) {
                self.weights.insert(place, Cow::Owned(bounds));
            }
        }
    }

    fn sentence(&self, at: usize, what: &str) -> String {
        let sizes = self.point.sizes.describe(self.asserted[at].shape);
        let sizes = if sizes.is_empty() {
            sizes
        } else {
            format!(" ({sizes})")
        };
        format!("differs from forward-mode duals: {what}{sizes}")
    }

    fn compare_groups(&mut self) -> Vec<Outcome> {
        let count = self.asserted.len();
        let mut outcomes = vec![Outcome::default(); count];
        let zero = |at: &usize| is_zero(&self.asserted[*at].value);
        let (zeros, others): (Vec<usize>, Vec<usize>) = (0..count).partition(zero);
        let mut groups = deal(&others);
        let proper = groups.len();
        groups.extend(deal(&zeros));
        let mut named = 0;
        for (first, pass) in groups.chunks(GROUPS).enumerate() {
            for (column, error) in self.group_errors(pass).into_iter().enumerate() {
                let is_zero = first * GROUPS + column >= proper;
                for &at in &pass[column] {
                    outcomes[at] = if error <= TOLERANCE {
                        Outcome::passed(error, is_zero)
                    } else if named < NAMED || is_zero {
                        self.compare_alone(at)
                    } else {
                        self.failed(at, error, "it or another one")
                    };
                    named += usize::from(outcomes[at].failure.is_some());
                }
            }
        }
        outcomes
    }

    /// The relative errors of the slopes along the groups' directions.
    fn group_errors(&mut self, groups: &[Vec<usize>]) -> Vec<f64> {
        let mut directions = Directions::new(groups.len());
        let mut claimed = vec![0.0; groups.len()];
        let mut scale = vec![0.0f64; groups.len()];
        for (column, group) in groups.iter().enumerate() {
            for &at in group {
                let (direction, slope, bulk) = self.direction(at);
                claimed[column] += slope;
                scale[column] = scale[column].max(bulk);
                if let Some(place) = self.place(at) {
                    directions.move_symbol(place, column, &direction);
                }
            }
        }
        let slopes = self.slopes.of_loss(self.point.loss, &directions);
        let error = |(column, slope): (usize, f64)| {
            let scale = scale[column].max(slope.abs()).max(FLOOR);
            let error = (slope - claimed[column]).abs() / scale;
            if error.is_finite() {
                error
            } else {
                f64::INFINITY
            }
        };
        slopes.into_iter().enumerate().map(error).collect()
    }

    /// A random direction for an array, the asserted slope along it, and the sum of the absolute terms of that slope,
    /// which is 1 unless the assertion is zero.
    fn direction(&self, at: usize) -> (Vec<f64>, f64, f64) {
        let asserted = &self.asserted[at];
        let mut random = Random::of_text(self.seed, asserted.variable.as_str());
        let value = &asserted.value.data;
        let mut direction: Vec<f64> = value.iter().map(|_| random.signed()).collect();
        let bulk: f64 = value
            .iter()
            .zip(&direction)
            .map(|(g, d)| (g * d).abs())
            .sum();
        if bulk < UNDERFLOW {
            return (direction, 0.0, 0.0);
        }
        direction.iter_mut().for_each(|slope| *slope /= bulk);
        let slope = value.iter().zip(&direction).map(|(g, d)| g * d).sum();
        (direction, slope, 1.0)
    }

    fn failed(&self, at: usize, error: f64, what: &str) -> Outcome {
        Outcome {
            error,
            failure: Some(self.sentence(at, what)),
            weak: false,
        }
    }

    /// Compares one assertion, entry by entry if it is not too large for that.
    pub(crate) fn compare_alone(&mut self, at: usize) -> Outcome {
        let entries = self.asserted[at].value.data.len();
        if entries.saturating_mul(self.point.plan.cost()) <= ENTRYWISE_ALONE {
            return self.compare_entries(at);
        }
        let error = self.group_errors(&[vec![at]])[0];
        if error <= TOLERANCE {
            return Outcome::passed(error, is_zero(&self.asserted[at].value));
        }
        let (direction, claimed, bulk) = self.direction(at);
        let Some(place) = self.place(at) else {
            return self.failed(at, error, "it should be zero");
        };
        let mut directions = Directions::new(1);
        directions.move_symbol(place, 0, &direction);
        let slope = self.slopes.of_loss(self.point.loss, &directions)[0];
        let bound = self
            .slopes
            .bound(self.point.loss, &directions, &self.weights)[0];
        let relative = (slope - claimed).abs() / bound.max(FLOOR);
        if relative <= ROUNDING {
            return Outcome::passed(relative, true);
        }
        let what = if bulk == 0.0 {
            format!(
                "it is zero, but the loss has slope {} along a random direction",
                brief(slope)
            )
        } else {
            let (claimed, slope) = (brief(claimed), brief(slope));
            format!("the slope along a random direction is {claimed}, expected {slope}")
        };
        self.failed(at, error, &what)
    }
}

/// Whether nothing of a derivative is left at a point.
fn is_zero(value: &Array) -> bool {
    value.data.iter().all(|entry| entry.abs() < UNDERFLOW)
}

/// The derivative of what is differentiated by every entry of a variable, `length` numbers in all.
pub(crate) fn duals(
    point: &Point,
    slopes: &mut Slopes<'_>,
    variable: &Name,
    length: usize,
) -> Vec<f64> {
    let plan = &point.plan;
    let numerators: usize = plan.dims[point.loss].iter().product();
    let entries = match plan.symbols.get(variable) {
        Some(&place) => plan.dims[place].iter().product(),
        None => length / numerators.max(1),
    };
    entrywise(slopes, point.loss, variable, entries)
}

/// Some entries of the derivative, `length` numbers in all: those at these places.
pub(crate) fn duals_of(
    point: &Point,
    slopes: &mut Slopes<'_>,
    variable: &Name,
    length: usize,
    places: &[usize],
) -> Vec<f64> {
    let scalar = point.plan.dims[point.loss].is_empty();
    match point.plan.symbols.get(variable).filter(|_| scalar) {
        Some(&place) => slopes.of_loss(point.loss, &directions_of(place, length, places)),
        None => {
            let all = duals(point, slopes, variable, length);
            places.iter().map(|at| all[*at]).collect()
        }
    }
}

/// Deals items out to at most [`GROUPS`] groups, none of them empty.
fn deal(items: &[usize]) -> Vec<Vec<usize>> {
    let mut groups = vec![Vec::new(); items.len().min(GROUPS)];
    for (at, item) in items.iter().enumerate() {
        let group = at % groups.len();
        groups[group].push(*item);
    }
    groups
}
