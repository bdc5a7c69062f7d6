//! Claims about a network of symbolic depth, in the words of the spec and of a layer l.
//!
//! In: outcomes of claims that were judged with all layers written out. Out: those about the layers that are shown, and all that are false.

use crate::depth::LAYERS;
use crate::layer_words::{told_promises, told_text};
use derive_elaborate::unroll::Depth;
use derive_graph::Name;
use derive_index::derivation::{ClaimOutcome, Derivation};
use derive_syntax::ast;
use derive_syntax::format::format_statement;

/// Gives claims that stand outside the layers the words of the spec: what they sum over layers was written out to be judged.
pub(crate) fn name_claims(spec: &ast::Spec, depth: &Depth, derivation: &mut Derivation) {
    let outside = spec.statements.iter();
    let outside = outside.filter(|it| matches!(it.kind, ast::StatementKind::Claim(_)));
    let outside: Vec<&ast::Statement> = outside.collect();
    let judged = derivation.network.claims.iter();
    for (claim, outcome) in judged.zip(&mut derivation.claims) {
        let own = |it: &&&ast::Statement| (it.span.start, it.span.end) == claim.span;
        let Some(statement) = outside.iter().find(own) else {
            continue;
        };
        let text = format_statement(statement);
        outcome.text = text.strip_prefix("claim ").unwrap_or(&text).to_owned();
        // A proof speaks of the layers that were written out.
        outcome.proof = None;
        if !outcome.holds {
            let (bound, layers) = (&depth.bound, depth.first + LAYERS - 1);
            let reason =
                format!("; what stands for all layers is written out below for {bound} = {layers}");
            outcome.reason.push_str(&reason);
        }
    }
}

/// Claims about the layers that are shown, in their names; false ones about any layer.
pub(crate) fn told_claims(
    claims: &[ClaimOutcome],
    depth: &Depth,
    label: &dyn Fn(i64) -> Option<String>,
    layers: std::ops::RangeInclusive<i64>,
) -> Vec<ClaimOutcome> {
    // The first member in a claim is the layer that it is about.
    let subject = |text: &str| Name::new(text).member();
    let told = |claim: &&ClaimOutcome| {
        let about = subject(&claim.text).and_then(label);
        !claim.holds || about.is_none_or(|label| !label.contains(['+', '-']))
    };
    let hidden =
        |text: &str| subject(text).is_some_and(|k| layers.contains(&k) && label(k).is_none());
    let kept = claims
        .iter()
        .filter(told)
        .filter(|claim| !claim.holds || !hidden(&claim.text));
    let put = |text: &str| told_text(text, label, &layers);
    kept.map(|claim| ClaimOutcome {
        text: put(&claim.text),
        reason: put(&claim.reason),
        assumptions: told_promises(&claim.assumptions, label, &layers, &depth.variable),
        ..claim.clone()
    })
    .collect()
}
