//! Index notation: what an entry of an array is, with sums, Kronecker deltas and exact coefficients.
//!
//! A [`Term`] is either *closed* (an array built by matrix algebra, no free index) or a scalar that may mention indices;
//! [`Head::Entry`] joins the two levels. The constructors of [`build`] keep terms in normal form: nested products and sums are
//! flat, numbers are folded, scalars stand in front. [`lower`] turns graph nodes into terms, [`derivation`] is the record
//! that the later stages fill and the printers read.

mod algebra;
pub mod build;
mod circles;
pub mod correspondence;
pub mod count;
pub mod derivation;
pub mod expand;
pub mod index;
pub mod layer_range;
pub mod lower;
mod lower_matrix;
pub mod normal_form;
pub mod raise;
pub mod savings;
mod shape;
pub mod step_list;
pub mod substitute;
pub mod term;
mod unit_circle;
pub mod write_out;

pub use correspondence::Correspondence;
pub use index::{Affine, Fresh, Index};
pub use layer_range::LayerRange;
pub use normal_form::canonical_product;
pub use step_list::StepList;
pub use term::{Head, Term};

/// Exact coefficients.
pub type Rational = num_rational::BigRational;
