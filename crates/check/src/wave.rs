//! The angle of a root of unity: what [`crate::parts`] makes of it.

use derive_graph::gather::Line;
use derive_graph::numeric::Real;
use derive_index::{Head, Term};

/// The root of unity whose angle a function is of.
pub(crate) fn root(term: &Term) -> Option<&Term> {
    let child = term.children().first()?;
    (*child.head() == Head::Root).then_some(child)
}

/// cos or sin of 2πab/N. The product is taken around the circle first, so that equal roots have equal digits. Where a place does not
/// exist another factor is zero.
pub(crate) fn wave(sine: bool, a: &Line, b: &Line, values: &[usize]) -> f64 {
    let (Some(a_at), Some(b_at)) = (a.place(values), b.place(values)) else {
        return 1.0;
    };
    let turns = (a_at * b_at) % a.size as usize;
    let angle = core::f64::consts::TAU * turns as f64 / a.size as f64;
    match sine {
        true => Real::sin(angle),
        false => Real::cos(angle),
    }
}
