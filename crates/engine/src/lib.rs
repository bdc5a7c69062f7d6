//! The facade: spec text in, verified derivation out.
//!
//! Puts the stages together and owns no mathematics of its own: parse, elaborate, differentiate backwards through the
//! quantities, rewrite every statement, check, and hand the record to the printers.

pub mod chain;
mod depth;
pub mod emit;
pub mod facts;
pub mod forward;
pub mod full;
pub mod functions;
mod labels;
pub mod run;

pub use derive_emit::{Options as EmitOptions, Target, target};
pub use derive_print::{Format, Options as PrintOptions, Steps, render};
pub use derive_syntax::diagnostic;
pub use emit::emit;
pub use run::{CheckConfig, Config, Failure, Outcome, equations, run};

pub use derive_index::derivation;
