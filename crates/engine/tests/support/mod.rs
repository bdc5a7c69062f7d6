//! Random well-shaped specs: a stream of choices decides, so that fewer and smaller choices make smaller specs.

#![allow(dead_code)]
#![allow(
    clippy::print_stdout,
    reason = "the figures are what a long run is for"
)]

pub mod choices;
pub mod claims;
pub mod expression;
pub mod figures;
pub mod further;
pub mod generate;
pub mod layers;
pub mod monomials;
pub mod programs;
pub mod spec;
pub mod values;
pub mod whole;
