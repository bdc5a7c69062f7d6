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
    /// Whether samples are columns: every product is then turned around, and the scores are still queries by keys, `Q.T @ K`.
    columns: bool,
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
        let columns = axis == 0;
        self.check_heads(count, &features, layer, place)?;
        let (s, x) = (&naming.suffix, &place.input);
        let mut lines = String::new();
        for stem in ["Wq", "Wk", "Wv", "Wo"] {
            let _ = writeln!(lines, "param {stem}{s}: [{features}, {features}]");
        }
        for (stem, weights) in [("Q", "Wq"), ("K", "Wk"), ("V", "Wv")] {
            let weights = format!("{weights}{s}");
            let (left, right) = turned(columns, x, &weights);
            let _ = writeln!(lines, "{stem}{s} = {left} @ {right}");
        }
        let heads = Heads {
            suffix: s,
            count,
            features: &features,
            mask: &mask,
            columns,
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
            _ => {}
        }
        Ok(())
    }
}

/// The factors of a product that is written with samples as rows, in the order for samples as columns if they are.
fn turned<'a>(columns: bool, left: &'a str, right: &'a str) -> (&'a str, &'a str) {
    if columns {
        (right, left)
    } else {
        (left, right)
    }
}

impl Heads<'_> {
    /// The equations of one head whose arrays end in `tail`, with keys as wide as `width`.
    fn write_head(&self, lines: &mut String, tail: &str, width: &str) {
        let mask = self.mask;
        let (scores, value) = if self.columns {
            (
                format!("Q{tail}.T @ K{tail}"),
                format!("V{tail} @ P{tail}.T"),
            )
        } else {
            (format!("Q{tail} @ K{tail}.T"), format!("P{tail} @ V{tail}"))
        };
        // Each query's weights sum to one: the softmax is along the keys.
        let softmax = if self.columns { ", axis=1" } else { "" };
        let _ = writeln!(lines, "S{tail} = {scores} / sqrt({width}){mask}");
        let _ = writeln!(
            lines,
            "P{tail} = softmax(S{tail}{softmax})\nH{tail} = {value}"
        );
    }

    /// The heads times the output weights.
    fn output(&self, heads: &str, weights: &str) -> String {
        let (left, right) = turned(self.columns, heads, weights);
        format!("{left} @ {right}")
    }

    fn write_one(&self, lines: &mut String) -> String {
        let s = self.suffix;
        self.write_head(lines, s, &self.features.to_string());
        self.output(&format!("H{s}"), &format!("Wo{s}"))
    }

    fn write_several(&self, lines: &mut String) -> String {
        let (s, count, features) = (self.suffix, self.count, self.features);
        let size = Polynomial::from(features).share(count);
        let range = |head: i64| {
            let range = format!("{}:{}", size.scaled(head), size.scaled(head + 1));
            if self.columns {
                format!("{range}, :")
            } else {
                format!(":, {range}")
            }
        };
        // Each head is as wide as its share of the features.
        let width = match size.as_constant() {
            Some(width) => width.to_string(),
            None => format!("({features}/{count})"),
        };
        let mut parts = Vec::new();
        for head in 0..count {
            let tail = format!("{s}{{{}}}", head + 1);
            for stem in ["Q", "K", "V"] {
                let _ = writeln!(lines, "{stem}{tail} = {stem}{s}[{}]", range(head));
            }
            self.write_head(lines, &tail, &width);
            parts.push(format!("H{tail}"));
        }
        let axis = if self.columns { 0 } else { 1 };
        let _ = writeln!(lines, "H{s} = concat({}, axis={axis})", parts.join(", "));
        self.output(&format!("H{s}"), &format!("Wo{s}"))
    }
}
