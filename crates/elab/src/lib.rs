//! Syntax tree in, shape-checked network out.
//!
//! Names are resolved, each defined once and before its use; shapes are inferred with symbolic dimensions; broadcasting
//! becomes a node; layers become equations, which are elaborated like any others and handed back for `--equations`.
//! Home of every shape diagnostic. A symbol whose definition failed is poisoned: its uses add no further errors.

mod calls;
mod claims;
mod declare;
mod expression;
mod indexed;
mod layers;
mod losses;
mod naming;
mod shapes;
mod state;
mod statements;

use derive_graph::Network;
use derive_syntax::ast;
use derive_syntax::diagnostic::{Diagnostic, Severity};

/// What elaboration gives.
#[derive(Clone, Debug)]
pub struct Elaborated {
    /// The network; `None` if there was an error.
    pub network: Option<Network>,
    /// The spec with layers, short losses and regularizers written as equations. Means the same as the original.
    pub equations: ast::Spec,
    /// Errors and warnings in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Most nodes a network may have.
pub const MAX_NODES: usize = 400_000;

/// Elaborates a spec. All errors of the file are reported.
pub fn elaborate(spec: &ast::Spec) -> Elaborated {
    let mut state = state::State::new(spec);
    for statement in &spec.statements {
        state.statement(statement);
    }
    state.finish();
    let mut diagnostics = state.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span));
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let network = (!failed).then(|| naming::name_subexpressions(state.network));
    Elaborated { network, equations: ast::Spec { statements: state.equations }, diagnostics }
}
