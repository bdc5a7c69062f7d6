//! The oracle: holds every gradient, every step and every claim against numbers.
//!
//! It shares nothing with the chain rule or the rewriting except the forward meaning of the function table. A network is
//! evaluated in 64-bit floats at random points on small random sizes ([`point`]), the loss's derivatives come from
//! forward-mode duals with several slopes at once ([`slope`]), and the terms of a derivation are evaluated as they stand
//! ([`Environment`]). What disagrees is reported in sentences; nothing here panics on a network that cannot be checked.
//!
//! The same seed gives the same sizes, values and sentences on every machine.

pub mod array;
mod bounds;
mod choice;
mod claims;
mod complex;
mod contraction;
mod derivation;
mod entry;
mod evaluated;
pub mod exact;
mod facts;
mod few;
mod forward;
mod fourier;
pub mod function;
mod function_facts;
mod loops;
mod neighbours;
mod number;
pub mod point;
mod product;
pub mod random;
mod reason;
mod reference;
mod rounding;
mod rows;
mod sample;
mod scope;
pub mod sizes;
pub mod slope;
mod steps;
mod term;
mod wave;
mod whole;
mod wide;

#[cfg(test)]
mod brute_force;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use array::Array;
pub use claims::{Equal, check_all_equal, check_claims, check_equal};
pub use derivation::check_derivation;
pub use facts::{TensorFact, network_facts};
pub use forward::Plan;
pub use function::Functions;
pub use function_facts::check_function_facts;
pub use point::Point;
pub use reason::Reason;
pub use sizes::Sizes;
pub use steps::{Disagreement, StepCheck, check_statement, check_steps, class_disagreement};
pub use term::Environment;

/// How often and from which seed to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the random numbers start.
    pub seed: u64,
    /// How many random points, each on its own random sizes.
    pub draws: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { seed: 0, draws: 3 }
    }
}

/// The largest relative error that passes.
///
/// Both sides are 64-bit sums of a few hundred products, so honest disagreement stays below 1e-12; the slack covers
/// cancellation and second derivatives by differences. A wrong index, sign or factor shows at the size of the values.
pub const TOLERANCE: f64 = 1e-8;
