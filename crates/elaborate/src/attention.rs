//! Attention, with one head or several. Source: Vaswani et al. 2017, eq. 1 and section 3.2.2.

use crate::context::{Elaborator, Outcome};
use crate::layer_equations::Equations;
use crate::layers::{Naming, Place};
use crate::reductions::whole;
use derive_graph::{Dim, Polynomial};
use derive_syntax::ast::{Expr, Layer};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use std::fmt::Write as _;

/// The most heads of an attention layer.
const MAX_HEADS: i64 = 64;

/// What the heads of a layer share.
struct Heads<'a> {
    suffix: &'a str,
    count: i64,
    features: &'a Dim,
    /// ` + M`, or nothing.
    mask: &'a str,
}

impl Elaborator<'_> {
    pub(crate) fn write_attention(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
    ) -> Outcome<Equations> {
        let arguments = self.arguments(&layer.operation, 0..=0, &["heads", "mask"])?;
        let count = self.heads(arguments.named("heads"))?;
        let mask = match arguments.named("mask") {
            Some(mask) if format_expr(mask) != "none" => format!(" + {}", format_expr(mask)),
            _ => String::new(),
        };
        let (axis, features) = self.features(layer, place, 2..=2)?;
        if axis == 0 {
            return self.unsupported("the layer `attention` with samples as columns", place.span);
        }
        self.check_heads(count, &features, layer, place)?;
        let (s, x) = (&naming.suffix, &place.input);
        let mut lines = String::new();
        for stem in ["Wq", "Wk", "Wv", "Wo"] {
            let _ = writeln!(lines, "param {stem}{s}: [{features}, {features}]");
        }
        for (stem, weights) in [("Q", "Wq"), ("K", "Wk"), ("V", "Wv")] {
            let _ = writeln!(lines, "{stem}{s} = {x} @ {weights}{s}");
        }
        let heads = Heads {
            suffix: s,
            count,
            features: &features,
            mask: &mask,
        };
        let output = if count == 1 {
            heads.write_one(&mut lines)
        } else {
            heads.write_several(&mut lines)
        };
        Ok(Equations { lines, output })
    }

    fn heads(&mut self, heads: Option<&Expr>) -> Outcome<i64> {
        let Some(heads) = heads else { return Ok(1) };
        match whole(heads).filter(|heads| (1..=MAX_HEADS).contains(heads)) {
            Some(heads) => Ok(heads),
            None => {
                let message =
                    format!("the number of heads is a whole number from 1 to {MAX_HEADS}");
                self.fail(Diagnostic::error("E0211", message, heads.span, "not one"))
            }
        }
    }

    /// That the heads divide the features, as far as their number is known.
    fn check_heads(
        &mut self,
        count: i64,
        features: &Dim,
        layer: &Layer,
        place: &Place,
    ) -> Outcome<()> {
        match self.network.size(features) {
            Some(size) if size % count.unsigned_abs() != 0 => {
                let message = format!(
                    "{count} heads do not divide the {features} features of `{}`",
                    place.input
                );
                return self.fail(Diagnostic::error(
                    "E0407",
                    message,
                    layer.operation.span,
                    "a rest is left",
                ));
            }
            None if count > 1 => self.note(format!(
                "{count} heads need {features} to be a multiple of {count}"
            )),
            _ => {}
        }
        Ok(())
    }
}

impl Heads<'_> {
    fn write_one(&self, lines: &mut String) -> String {
        let Heads {
            suffix: s,
            features,
            mask,
            ..
        } = self;
        let _ = writeln!(lines, "S{s} = Q{s} @ K{s}.T / sqrt({features}){mask}");
        let _ = writeln!(lines, "P{s} = softmax(S{s})\nH{s} = P{s} @ V{s}");
        format!("H{s} @ Wo{s}")
    }

    fn write_several(&self, lines: &mut String) -> String {
        let Heads {
            suffix: s,
            count,
            features,
            mask,
        } = self;
        let size = Polynomial::from(*features).quotient(*count);
        let range = |head: i64| format!("{}:{}", size.scaled(head), size.scaled(head + 1));
        // Each head is as wide as its share of the features.
        let width = match size.as_constant() {
            Some(width) => width.to_string(),
            None => format!("({features}/{count})"),
        };
        let mut parts = Vec::new();
        for head in 0..*count {
            let h = head + 1;
            for stem in ["Q", "K", "V"] {
                let _ = writeln!(lines, "{stem}{s}{{{h}}} = {stem}{s}[:, {}]", range(head));
            }
            let _ = writeln!(
                lines,
                "S{s}{{{h}}} = Q{s}{{{h}}} @ K{s}{{{h}}}.T / sqrt({width}){mask}"
            );
            let _ = writeln!(
                lines,
                "P{s}{{{h}}} = softmax(S{s}{{{h}}})\nH{s}{{{h}}} = P{s}{{{h}}} @ V{s}{{{h}}}"
            );
            parts.push(format!("H{s}{{{h}}}"));
        }
        if size.scaled(*count) == Polynomial::from(*features) {
            let _ = writeln!(lines, "H{s} = concat({}, axis=1)", parts.join(", "));
            return format!("H{s} @ Wo{s}");
        }
        // Without knowing that the heads fill all features, each meets its own rows of the output weights.
        let part = |(head, part): (i64, &String)| format!("{part} @ Wo{s}[{}, :]", range(head));
        (0..).zip(&parts).map(part).collect::<Vec<_>>().join(" + ")
    }
}
