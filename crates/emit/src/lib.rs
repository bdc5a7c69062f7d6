//! Programs from derivations.
//!
//! In: derivations ([`Asked`]) and a target. Out: the text of a module with the forward pass of the network's
//! graph and the backward pass of the derived formulas. A construct without a program is an error that names it; nothing is
//! approximated and nothing is differentiated here.

mod arithmetic;
mod asked;
mod backward;
mod chain_order;
mod code;
mod columns;
mod contract;
mod counts;
mod depth;
mod economy;
mod einsum;
mod entries;
mod factors;
mod formulas;
mod forward;
mod functions;
mod julia;
pub mod language;
mod matrix_program;
mod moves;
mod names;
mod octave;
mod outcomes;
mod places;
mod program;
mod python;
mod quotients;
mod regroup;
mod resum;
mod savings;
mod schedule;
mod spellings;
mod tables;
pub mod target;
mod text;
mod train;
mod transforms;
mod translate;
mod transposes;
mod vanishing;
mod windows;
mod work;
mod write;

pub use asked::{Asked, Question};
pub use depth::{Layers, Spelling, emit_depth, savings_of_layers};
pub use moves::{CAREFUL, MET, MOVES, Move, NAMED};
pub use savings::savings;
pub use target::{TARGETS, Target, target};
pub use translate::Unsupported;

use derive_graph::Network;
use derive_index::Term;
use language::Kind;

/// How a program is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether every line says how many multiplications it takes, and every pass how many in all.
    pub count: bool,
    /// Whether a script follows that trains. NumPy only.
    pub train: bool,
}

/// The module for a target. `formula` writes a term of a network on one line, for comments.
///
/// # Errors
/// The first construct that has no program, by name.
pub fn emit(
    asked: &Asked<'_>,
    target: &'static Target,
    options: Options,
    formula: &dyn Fn(&Term, &Network) -> String,
) -> Result<String, Unsupported> {
    trains(target, options)?;
    if options.train && asked.question != Question::Gradients {
        return Err(Unsupported::new(
            "training by anything but the gradients of the loss",
        ));
    }
    match target.language.kind {
        Kind::Python => python::module(asked, target, options, formula),
        Kind::Octave | Kind::Julia => matrix_program::module(asked, target, options, formula),
    }
}

/// That a script is written in a language that has one.
fn trains(target: &Target, options: Options) -> Result<(), Unsupported> {
    if !options.train || target.name == "numpy" {
        return Ok(());
    }
    let what = format!(
        "training in {}; there is `--emit numpy --train`",
        target.name
    );
    Err(Unsupported::new(what))
}
