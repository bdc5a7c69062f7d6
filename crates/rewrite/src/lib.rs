//! From sums and deltas to matrix forms, inside an e-graph.
//!
//! In goes an index expression; out comes the cheapest equal form and the proof, rule by rule, that the two are equal. The
//! proof that `egg` gives *is* the derivation that is printed. The only crate that knows `egg`.
//!
//! Rules are rows of [`rules::RULES`]; each is a function from a node to an equal term, and every application is recorded as
//! a union of exactly those two terms, so that each step can be checked literally. Products and sums are n-ary nodes in
//! normal form ([`derive_index::build`]), which is why no rule states commutativity or associativity.

pub mod canonical;
pub mod contract;
pub mod cost;
pub mod fact;
pub mod factor;
pub mod fold;
pub mod language;
mod length;
pub mod lift;
mod lines;
mod order;
mod place;
pub mod proofs;
mod reading;
pub mod roots;
pub mod row_major;
pub mod rules;
pub mod sift;
pub mod solve;
pub mod steps;
mod straight;
pub mod transform;

pub use canonical::Solver;
pub use fact::Fact;
pub use rules::{Application, Context, RULES, Requirement, Rule};
pub use solve::{Limits, Run, Solution};
