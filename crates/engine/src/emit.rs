//! A derivation as a program: what the emitter needs of the other stages.

use crate::depth::told_label;
use crate::every_layer::Every;
use crate::labels::{Labels, renamed};
use crate::run::{Config, Failure, Outcome, WrittenOut};
use crate::second::Second;
use derive_emit::{Asked, Options, Question, Target};
use derive_graph::Name;
use derive_index::Term;

/// The program of a derivation in a target's language.
///
/// # Errors
/// [`Failure::Engine`] naming the first construct that has no program.
pub fn emit(
    outcome: &Outcome,
    config: &Config,
    target: &'static Target,
    options: Options,
) -> Result<String, Failure> {
    if let Some(written_out) = &outcome.layers {
        let text = emit_layers(outcome, written_out, target, options)?;
        let fewer = written_out.fewer.as_ref();
        let fewer = fewer.map(|fewer| emit_layers(outcome, fewer, target, options));
        return match fewer.transpose()? {
            Some(other) if other != text => Err(depends_on_depth(&text, &other, written_out)),
            _ => Ok(text),
        };
    }
    derive_emit::emit(
        &asked(outcome, config),
        target,
        options,
        &derive_print::render_term_text,
    )
    .map_err(|error| Failure::Engine(error.to_string()))
}

/// What was asked of a derivation.
fn asked<'a>(outcome: &'a Outcome, config: &Config) -> Asked<'a> {
    let first = &outcome.derivation;
    let question = match (config.second, &config.jacobian) {
        (Some(Second::Hessian), _) => Question::Hessian,
        (Some(Second::Product), _) => Question::Product,
        (None, Some(_)) => Question::Jacobian,
        (None, None) => Question::Gradients,
    };
    let blocks = match config.second {
        Some(_) => outcome.second.iter().collect(),
        None => vec![first],
    };
    Asked {
        question,
        blocks,
        first,
    }
}

/// The program of a network of symbolic depth, comments in the words of layer l.
fn emit_layers(
    outcome: &Outcome,
    written_out: &WrittenOut,
    target: &'static Target,
    options: Options,
) -> Result<String, Failure> {
    let layers = &written_out.layers;
    written_out.alike()?;
    let label = |k: i64| told_label(layers, k);
    let labels = Labels(&label);
    let network = &outcome.derivation.network;
    let variable = Name::new(&layers.variable);
    let every = Every::of(layers, &variable);
    // A formula that holds for one depth only is none to tell.
    let formula = |term: &Term| {
        let folded = every.folded(term);
        match every.names_one(&folded) {
            true => String::new(),
            false => derive_print::render_term_text(&labels.term(&folded), network),
        }
    };
    let name = |name: &Name| renamed(name, &label).to_string();
    let spelling = derive_emit::Spelling {
        formula: &formula,
        name: &name,
    };
    derive_emit::emit_depth(&written_out.derivation, layers, target, options, &spelling)
        .map_err(|error| Failure::Engine(error.to_string()))
}

impl WrittenOut {
    /// That the middle layer speaks for all others.
    ///
    /// # Errors
    /// The statement that is unlike those of other layers.
    pub(crate) fn alike(&self) -> Result<(), Failure> {
        let Some(name) = &self.unlike else {
            return Ok(());
        };
        Err(refused(&format!(
            "a network of symbolic depth in which the derivative by `{name}` is unlike those of other layers; give `{}` a number",
            self.layers.bound
        )))
    }
}

/// The refusal of a program that is another one with one layer less.
fn depends_on_depth(text: &str, other: &str, written_out: &WrittenOut) -> Failure {
    let mut lines = text.lines().zip(other.lines());
    let line = lines.find(|(line, other)| line != other);
    let line = line.map_or("", |(line, _)| line.trim());
    refused(&format!(
        "`{line}` for a symbolic depth, since it depends on how many layers there are; give `{}` a number",
        written_out.layers.bound
    ))
}

fn refused(what: &str) -> Failure {
    Failure::Engine(derive_emit::Unsupported::new(what).to_string())
}
