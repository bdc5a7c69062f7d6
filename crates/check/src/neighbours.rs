//! A derivation at the neighbours of a point, where it is decided whether what differs at the point is rounding.
//!
//! They are made when something differs for the first time, since hardly anything ever does.

use crate::evaluated::add_cotangents;
use crate::point::network_dims;
use crate::rounding::{Around, is_rounding};
use crate::sizes::Dims;
use crate::{Array, Environment, Point};
use derive_index::derivation::Derivation;

/// The neighbours of one point.
#[derive(Debug)]
pub(crate) struct Neighbours<'a> {
    derivation: &'a Derivation,
    seed: u64,
    draw: u64,
    around: Around,
    /// Points, and what has a value there; empty until they are needed.
    places: Vec<(Point, Environment)>,
}

impl<'a> Neighbours<'a> {
    /// Those of the point `around` that of this seed and draw.
    pub(crate) fn new(
        derivation: &'a Derivation,
        seed: u64,
        draw: u64,
        around: Around,
    ) -> Neighbours<'a> {
        Neighbours {
            derivation,
            seed,
            draw,
            around,
            places: Vec::new(),
        }
    }

    /// Whether `at_point`, by which two arrays differ at the point, is rounding where it is more than `allowed`. `difference` says by how
    /// much they differ elsewhere; nothing where one of them has no value.
    pub(crate) fn call_it_rounding(
        &mut self,
        at_point: Vec<f64>,
        allowed: f64,
        difference: impl Fn(&Point, &mut Environment) -> Option<Vec<f64>>,
    ) -> bool {
        if self.places.is_empty() {
            let dims = network_dims(&self.derivation.network);
            self.places = self
                .around
                .neighbours()
                .filter_map(|it| self.place(&dims, it))
                .collect();
        }
        let elsewhere = self.places.iter_mut();
        let elsewhere = elsewhere.map(|(point, environment)| difference(point, environment));
        let Some(elsewhere) = elsewhere.collect::<Option<Vec<_>>>() else {
            return false;
        };
        let all: Vec<Vec<f64>> = std::iter::once(at_point).chain(elsewhere).collect();
        is_rounding(&all, allowed)
    }

    fn place(&self, dims: &Dims, around: Around) -> Option<(Point, Environment)> {
        let draw = (self.seed, self.draw);
        let point = Point::draw_around(&self.derivation.network, dims, draw, around).ok()?;
        let mut environment = point.environment().widened(around.wide);
        add_cotangents(&self.derivation.statements, &mut environment);
        Some((point, environment))
    }
}

/// The entries of one array less those of another one; nothing if they are not as many.
pub(crate) fn minus(a: &Array, b: &[f64]) -> Option<Vec<f64>> {
    let differences = a.data.iter().zip(b).map(|(x, y)| x - y);
    (a.data.len() == b.len()).then(|| differences.collect())
}
