//! Syntax tree in, shape-checked network out; the home of every diagnostic about names and shapes.
//!
//! In: the statements of a spec as `derive-syntax` read them. Out: a [`derive_graph::Network`] with every name resolved, every
//! shape known and every broadcast a node of its own; the same spec with its layers, short losses and penalties written out as
//! equations; and the diagnostics. A named dimension equals only itself. Broadcasting aligns the last axes, as in NumPy.
//!
//! What fails is reported once: whatever depends on a failed definition stays silent. The network is only there if nothing failed.
//! An ill-shaped claim is no failure but a claim with a reason instead of a value.

mod arrays;
mod attention;
mod blocks;
mod calls;
mod claims;
mod context;
mod contractions;
mod declare;
mod expression;
mod finish;
mod fourier;
mod indexed;
mod layer_equations;
mod layers;
mod loss;
mod losses;
mod make;
mod naming;
mod nested_sums;
mod other_names;
mod outline;
mod ranges;
mod recurrent;
mod reductions;
mod respan;
mod scope;
mod shape_errors;
mod sizes;
mod statements;
pub mod unroll;
mod value;
mod walk;
mod windows;

use derive_graph::Network;
use derive_syntax::ast;
use derive_syntax::diagnostic::Diagnostic;

/// The most nodes that the graph of a network may have.
pub const MAX_NODES: usize = 200_000;
/// The most expressions that are visited, those of inlined function bodies counted each time.
pub const MAX_STEPS: usize = 2_000_000;
/// The deepest nesting of expressions and inlined function bodies.
pub const MAX_DEPTH: usize = 250;
/// The largest magnitude of a literal exponent.
pub const MAX_EXPONENT: i64 = 1000;
/// The most bits that the numerator or the denominator of a folded number may have.
pub const MAX_NUMBER_BITS: u64 = 8192;

/// What came of a spec.
#[derive(Clone, Debug, Default)]
pub struct Elaborated {
    /// The network; `None` if there was an error.
    pub network: Option<Network>,
    /// The spec in equation form: without layers, short losses and penalties, and with the same meaning.
    pub equations: ast::Spec,
    /// What is wrong, in the order of the statements.
    pub diagnostics: Vec<Diagnostic>,
}

/// Gives a spec its meaning.
pub fn elaborate(spec: &ast::Spec) -> Elaborated {
    elaborate_unrolled(unroll::unroll(spec))
}

/// Gives a spec with a symbolic bound its meaning for so many layers.
pub fn elaborate_at(spec: &ast::Spec, depth: &unroll::Depth, layers: i64) -> Elaborated {
    let last = depth.first.saturating_add(layers - 1);
    elaborate_unrolled(unroll::unroll_with(spec, &[(depth.bound.clone(), last)]))
}

/// Gives a spec in equation form its meaning; whatever is wrong with a claim makes it an ill-shaped one. For claims that are proposed by a
/// search and not written by anybody.
pub fn elaborate_proposals(spec: &ast::Spec) -> Elaborated {
    let mut elaborator = context::Elaborator::new(spec);
    elaborator.lenient = true;
    elaborator.run()
}

fn elaborate_unrolled((spec, problems): (ast::Spec, Vec<Diagnostic>)) -> Elaborated {
    if !problems.is_empty() {
        return Elaborated {
            diagnostics: problems,
            ..Elaborated::default()
        };
    }
    context::Elaborator::new(&spec).run()
}
