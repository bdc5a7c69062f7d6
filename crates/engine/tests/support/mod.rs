//! Random well-shaped specs: a stream of choices decides, so that fewer and smaller choices make smaller specs.

#![allow(dead_code)]

pub mod choices;
pub mod expression;
pub mod generate;
pub mod spec;
