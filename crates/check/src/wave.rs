//! The angle of a root of unity: what [`crate::parts`] makes of it.

use derive_graph::gather::Line;
use derive_graph::numeric::Real;
use derive_index::{Head, Term};

/// The root of unity whose angle a function is of.
pub(crate) fn root(term: &Term) -> Option<&Term> {
    let child = term.children().first()?;
    (*child.head() == Head::Root).then_some(child)
}

/// cos or sin of 2πab/N at two affine places.
#[derive(Debug)]
pub(crate) struct Wave {
    a: Line,
    b: Line,
    /// The values around the circle.
    circle: Vec<f64>,
}

impl Wave {
    pub(crate) fn new(sine: bool, a: Line, b: Line) -> Wave {
        let value = |turns: i64| {
            let angle = core::f64::consts::TAU * turns as f64 / a.size as f64;
            match sine {
                true => Real::sin(angle),
                false => Real::cos(angle),
            }
        };
        let circle = (0..a.size).map(value).collect();
        Wave { a, b, circle }
    }

    /// The product is taken around the circle first, so that equal roots have equal digits. Where a place does not exist another
    /// factor is zero.
    pub(crate) fn value(&self, values: &[usize]) -> f64 {
        match (self.a.place(values), self.b.place(values)) {
            (Some(a), Some(b)) => self.circle[(a * b) % self.circle.len()],
            _ => 1.0,
        }
    }
}
