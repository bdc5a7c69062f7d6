//! The state of an elaboration: what is known so far, what was wrong so far, and the bounds on the work.

use crate::outline::Outline;
use crate::ranges::Ranges;
use crate::scope::Scope;
use crate::value::Value;
use crate::{Elaborated, MAX_DEPTH, MAX_NODES, MAX_STEPS};
use derive_graph::{Convention, Network, NodeId};
use derive_syntax::ast::{self, Span, Spec, Statement};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::parser::MAX_ERRORS;
use rustc_hash::FxHashMap;

/// That something failed and was reported, or depends on what failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Poisoned;

/// The result of whatever may fail; the reason is among the diagnostics.
pub(crate) type Outcome<T> = Result<T, Poisoned>;

/// What surrounds the expression at hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// The arguments of the function or template whose body this is.
    pub(crate) locals: FxHashMap<String, Value>,
    /// The index names in scope, with the places that introduced them.
    pub(crate) indices: Vec<ast::Name>,
    /// What the indices run over, as far as it is known.
    pub(crate) ranges: Ranges,
    /// Whether `grad` may be used.
    pub(crate) claim: bool,
    /// Whether functions that no spec can name may be used: in the templates of losses.
    pub(crate) internal: bool,
    /// Whether only elementwise operations may be used: in the bodies of functions.
    pub(crate) elementwise: bool,
}

/// The loss as far as it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct LossState {
    /// Where the first `loss` statement stands.
    pub(crate) place: Option<Span>,
    /// Its name, if it has one.
    pub(crate) name: Option<ast::Name>,
    /// Its expression with short calls written out.
    pub(crate) statement: Option<ast::Loss>,
    /// Its node; `None` if it failed.
    pub(crate) node: Option<NodeId>,
    /// Penalties as written and as nodes.
    pub(crate) penalties: Vec<(ast::Expr, NodeId)>,
    /// How many `regularize` statements are still to come.
    pub(crate) to_come: usize,
}

/// Where the layers have got to.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerState {
    /// The output of the last layer; `Err` once a layer has failed.
    pub(crate) current: Option<Outcome<String>>,
    /// How many layers have been numbered.
    pub(crate) count: usize,
    /// How many `residual` blocks are open.
    pub(crate) inside: usize,
}

/// An elaboration under way.
pub(crate) struct Elaborator<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) outline: Outline<'a>,
    pub(crate) network: Network,
    pub(crate) scope: Scope,
    pub(crate) frame: Frame,
    pub(crate) layers: LayerState,
    pub(crate) loss: LossState,
    pub(crate) wrt: Vec<ast::Name>,
    pub(crate) equations: Vec<Statement>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The number of the statement at hand, and its place.
    pub(crate) at: usize,
    pub(crate) span: Span,
    /// How many nodes were looked at for complex arguments.
    pub(crate) checked_nodes: usize,
    depth: usize,
    steps: usize,
    /// Whether whatever is wrong with a claim makes it false instead of the spec wrong.
    pub(crate) lenient: bool,
    /// Whether a bound on the work was passed; nothing more is elaborated then.
    pub(crate) exhausted: bool,
}

impl<'a> Elaborator<'a> {
    pub(crate) fn new(spec: &'a Spec) -> Elaborator<'a> {
        let outline = Outline::of(spec);
        let convention = match outline.convention {
            ast::Convention::Rows => Convention::Rows,
            ast::Convention::Columns => Convention::Columns,
        };
        let loss = LossState {
            to_come: outline.penalties,
            ..LossState::default()
        };
        Elaborator {
            spec,
            outline,
            network: Network {
                convention,
                ..Network::default()
            },
            scope: Scope::default(),
            frame: Frame::default(),
            layers: LayerState::default(),
            loss,
            wrt: Vec::new(),
            equations: Vec::new(),
            diagnostics: Vec::new(),
            lenient: false,
            at: 0,
            span: Span::default(),
            checked_nodes: 0,
            depth: 0,
            steps: 0,
            exhausted: false,
        }
    }

    pub(crate) fn run(mut self) -> Elaborated {
        let spec = self.spec;
        for (at, statement) in spec.statements.iter().enumerate() {
            self.at = at;
            self.span = statement.span;
            // The reason for a failure is among the diagnostics already, and the next statement has its own say.
            let _ = self.elaborate_statement(statement);
            if self.exhausted {
                break;
            }
        }
        self.finish();
        Elaborated {
            network: self.diagnostics.is_empty().then_some(self.network),
            equations: Spec {
                statements: self.equations,
            },
            diagnostics: self.diagnostics,
        }
    }

    /// Records what is wrong.
    pub(crate) fn fail<T>(&mut self, problem: Diagnostic) -> Outcome<T> {
        // A repetition says what is wrong with its statement once.
        let place = |it: &Diagnostic| it.labels.first().map(|label| label.span);
        let told = |it: &Diagnostic| it.code == problem.code && place(it) == place(&problem);
        if !self.diagnostics.iter().any(told) {
            self.diagnostics.push(problem);
        }
        if self.diagnostics.len() >= MAX_ERRORS && !self.exhausted {
            self.exhausted = true;
            let message = "further errors are not shown";
            let problem = Diagnostic::error("E0008", message, self.span, "reading stopped here");
            self.diagnostics.push(problem);
        }
        Err(Poisoned)
    }

    /// Records a construct that this version does not know how to derive.
    pub(crate) fn unsupported<T>(&mut self, what: &str, span: Span) -> Outcome<T> {
        let message = format!("{what} is not supported by this version");
        self.fail(Diagnostic::error("E0501", message, span, "not supported"))
    }

    /// Counts a nested expression. Every success is to be followed by [`Elaborator::leave`].
    pub(crate) fn enter(&mut self, steps: usize) -> Outcome<()> {
        self.steps += steps;
        let what = if self.steps > MAX_STEPS || self.network.graph.len() > MAX_NODES {
            "the network is too large"
        } else if self.depth >= MAX_DEPTH {
            "functions that use one another are nested too deep"
        } else {
            self.depth += 1;
            return Ok(());
        };
        if std::mem::replace(&mut self.exhausted, true) {
            return Err(Poisoned);
        }
        let limits = format!(
            "at most {MAX_NODES} nodes, {MAX_STEPS} steps and {MAX_DEPTH} levels are worked on"
        );
        self.fail(Diagnostic::error("E0503", what, self.span, "here").note(limits))
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Elaborates with other surroundings.
    pub(crate) fn within<T>(&mut self, frame: Frame, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.frame, frame);
        let result = work(self);
        self.frame = outer;
        result
    }
}
