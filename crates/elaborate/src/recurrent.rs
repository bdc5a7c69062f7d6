//! Recurrent layers, written out step by step.
//!
//! Sources: LSTM, Gers et al. 2000 in the form of Greff et al. 2017 without peepholes; GRU, Cho et al. 2014.

use crate::context::{Elaborator, Outcome};
use crate::layer_equations::{Equations, dim_text};
use crate::layers::{Naming, Place};
use derive_syntax::ast::Layer;
use derive_syntax::diagnostic::Diagnostic;
use std::fmt::Write as _;

/// The longest sequence that a recurrent layer is written out for.
const MAX_STEPS: u64 = 2_000;

impl Elaborator<'_> {
    /// The time axis is the first: `[T, d]` or `[T, N, d]` with T a number. The state before the first step is zero, so the first step
    /// has no recurrent term.
    pub(crate) fn write_recurrence(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
        cell: &str,
    ) -> Outcome<Equations> {
        let arguments = self.arguments(&layer.operation, 1..=1, &[])?;
        let units = dim_text(&self.units(arguments.positional[0])?);
        let steps = place
            .shape
            .0
            .first()
            .filter(|_| place.shape.rank() >= 2)
            .and_then(|dim| self.network.size(dim));
        let Some(steps) = steps.filter(|steps| *steps <= MAX_STEPS && place.shape.rank() <= 3)
        else {
            let message = format!(
                "`{cell}` needs a sequence of known length, and `{}` has shape {}",
                place.input, place.shape
            );
            let problem = Diagnostic::error("E0407", message, place.span, "this layer");
            let help = "the first axis is time: `input X: [5, d]` or `[5, N, d]`, or a dimension with a size";
            return self
                .fail(problem.help(format!("{help}; at most {MAX_STEPS} steps are written out")));
        };
        let features = place.shape.0[place.shape.rank() - 1].to_string();
        let s = naming.suffix.clone();
        let gates = CELLS
            .iter()
            .find(|row| row.name == cell)
            .map_or(&[][..], |row| row.gates);
        let mut lines = String::new();
        for gate in gates {
            let _ = writeln!(
                lines,
                "param Wx{gate}{s}: [{features}, {units}]\nparam Wh{gate}{s}: [{units}, {units}]\nparam b{gate}{s}: [{units}]"
            );
        }
        for step in 1..=steps {
            let _ = writeln!(lines, "X{s}{{{step}}} = {}[{}]", place.input, step - 1);
            write_step(cell, &s, step, &mut lines);
        }
        Ok(Equations {
            lines,
            output: format!("H{s}{{{steps}}}"),
        })
    }
}

/// A row: a recurrent cell and the letters of its gates.
struct CellRow {
    name: &'static str,
    gates: &'static [&'static str],
}

const CELLS: &[CellRow] = &[
    CellRow {
        name: "rnn",
        gates: &[""],
    },
    CellRow {
        name: "lstm",
        gates: &["i", "f", "o", "g"],
    },
    CellRow {
        name: "gru",
        gates: &["r", "z", "n"],
    },
];

/// The equations of one step.
fn write_step(cell: &str, s: &str, t: u64, lines: &mut String) {
    let first = t == 1;
    let before = format!("H{s}{{{}}}", t - 1);
    let linear = |gate: &str, state: &str| {
        let recurrent = if first {
            String::new()
        } else {
            format!(" + {state} @ Wh{gate}{s}")
        };
        format!("X{s}{{{t}}} @ Wx{gate}{s}{recurrent} + b{gate}{s}")
    };
    let mut gate = |letter: &str, value: &str, function: &str, state: &str| {
        let _ = writeln!(lines, "Z{letter}{s}{{{t}}} = {}", linear(letter, state));
        let _ = writeln!(lines, "{value}{s}{{{t}}} = {function}(Z{letter}{s}{{{t}}})");
    };
    match cell {
        "rnn" => gate("", "H", "tanh", &before),
        "lstm" => {
            for (letter, value, function) in [
                ("i", "I", "sigmoid"),
                ("f", "F", "sigmoid"),
                ("o", "O", "sigmoid"),
                ("g", "G", "tanh"),
            ] {
                // Nothing is there to forget before the first step.
                if !(first && letter == "f") {
                    gate(letter, value, function, &before);
                }
            }
            let kept = if first {
                String::new()
            } else {
                format!("F{s}{{{t}}} * C{s}{{{}}} + ", t - 1)
            };
            let _ = writeln!(lines, "C{s}{{{t}}} = {kept}I{s}{{{t}}} * G{s}{{{t}}}");
            let _ = writeln!(lines, "H{s}{{{t}}} = O{s}{{{t}}} * tanh(C{s}{{{t}}})");
        }
        _ => {
            if !first {
                gate("r", "R", "sigmoid", &before);
            }
            gate("z", "U", "sigmoid", &before);
            gate("n", "G", "tanh", &format!("(R{s}{{{t}}} * {before})"));
            let kept = if first {
                String::new()
            } else {
                format!(" + U{s}{{{t}}} * {before}")
            };
            let _ = writeln!(lines, "H{s}{{{t}}} = (1 - U{s}{{{t}}}) * G{s}{{{t}}}{kept}");
        }
    }
}
