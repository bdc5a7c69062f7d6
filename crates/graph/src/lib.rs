//! The vocabulary that every later stage shares: names, dimensions and shapes, the operator and function tables, and the
//! hash-consed expression graph of an elaborated network.
//!
//! Nothing here knows how a spec is written, what a derivative is, or how anything is printed. Shapes are symbolic:
//! two dimensions with different names never match, whatever their sizes.

pub mod complex;
pub mod einsum;
pub mod function;
pub mod function_table;
pub mod gather;
pub mod matrix_function;
pub mod name;
pub mod network;
pub mod node;
pub mod numeric;
pub mod operator;
pub mod polynomial;
pub mod shape;
pub mod symbols;

pub use einsum::{Einsum, Label, Mismatch};
pub use function::{Function, FunctionRow};
pub use gather::{Gather, Subscript};
pub use name::Name;
pub use network::{
    Attribute, Claim, ClaimSubject, Convention, FunctionDefinition, Layer, Loss, Network, Role,
    Symbol, Update,
};
pub use node::{Graph, Node, NodeId, Operation};
pub use polynomial::{Atom, Coefficient, Polynomial, least_common_multiple};
pub use shape::{Dim, Shape};
pub use symbols::Symbols;
