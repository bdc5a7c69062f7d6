//! The facade: spec text in, verified derivation out.
//!
//! Puts the stages together and owns no mathematics of its own: parse, elaborate, differentiate backwards through the
//! quantities, rewrite every statement, check, and hand the record to the printers.

pub mod chain;
pub mod checking;
mod counting_on;
mod depth;
mod depth_words;
mod dilation;
pub mod emit;
mod every_layer;
pub mod facts;
pub mod forward;
pub mod full;
pub mod functions;
mod labels;
mod layer_claims;
mod layer_words;
mod normalisation;
mod proofs;
pub mod run;
mod savings;
mod second;

pub use checking::{CheckConfig, STACK};
pub use derive_emit::{Options as EmitOptions, Target, target};
pub use derive_print::{
    Draft, Drawing, Format, Options as PrintOptions, PrintError, Steps, draft, hint, render,
    render_claims, render_second, render_verdict,
};
pub use derive_syntax::diagnostic;
pub use emit::emit;
pub use run::{Config, Failure, Outcome, equations, formatted, graph, run, run_meanwhile};
pub use second::Second;

pub use derive_graph::Name;
pub use derive_index::derivation;
