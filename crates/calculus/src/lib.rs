//! Differentiation: the derivative table, and partial derivatives of entries in index notation.
//!
//! In goes an entry of a quantity as a scalar [`derive_index::Term`]; out comes its partial derivative by an entry of a named
//! array, as products of sums and Kronecker deltas. The chain rule itself (which quantity uses which) is put together by the
//! engine from these local derivatives. A function without a row in the table is an error that names it, never a zero.

pub mod derivative_table;
pub mod differentiate;
pub mod users;
pub mod whole;

pub use differentiate::{Differential, MissingDerivative, differentiate, function_derivative};
pub use users::Users;
