//! What must be known of a spec before its first statement is elaborated: its convention, which layer is the last, and what is
//! defined where, so that a name used too early can be told from one that does not exist.

use derive_syntax::ast::{Convention, Expr, Name, Span, Spec, StatementKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::walk::each_name;

/// Where a name is defined, and by what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defined<'a> {
    /// The number of the statement.
    pub(crate) statement: usize,
    /// Where the name stands.
    pub(crate) span: Span,
    /// The right side of its definition, if it has one.
    pub(crate) body: Option<&'a Expr>,
}

/// The spec at a glance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline<'a> {
    pub(crate) convention: Convention,
    /// The number of the statement of the last layer.
    pub(crate) last_layer: Option<usize>,
    /// The first definition of every name that a statement introduces, layers excepted.
    pub(crate) defined: FxHashMap<&'a str, Defined<'a>>,
    /// How many `regularize` statements there are.
    pub(crate) penalties: usize,
}

impl<'a> Outline<'a> {
    pub(crate) fn of(spec: &'a Spec) -> Outline<'a> {
        let mut outline = Outline::default();
        for (at, statement) in spec.statements.iter().enumerate() {
            match &statement.kind {
                StatementKind::Convention(convention) => outline.convention = *convention,
                StatementKind::Layer(_) => outline.last_layer = Some(at),
                StatementKind::Regularize(..) => outline.penalties += 1,
                StatementKind::Declare(_, declarations) => {
                    for declaration in declarations {
                        outline.define(at, &declaration.name, None);
                    }
                }
                StatementKind::Function(function) => {
                    outline.define(at, &function.name, function.body.as_ref());
                }
                StatementKind::Define(definition) => {
                    outline.define(at, &definition.name, Some(&definition.body));
                }
                _ => {}
            }
        }
        outline
    }

    fn define(&mut self, statement: usize, name: &'a Name, body: Option<&'a Expr>) {
        let defined = Defined {
            statement,
            span: name.span,
            body,
        };
        self.defined.entry(&name.text).or_insert(defined);
    }

    /// Whether the definition of `from` leads back to `to` through definitions from statement `since` on.
    pub(crate) fn leads_to(&self, from: &str, to: &str, since: usize) -> bool {
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut stack = vec![from];
        while let Some(name) = stack.pop() {
            let Some((&name, defined)) = self.defined.get_key_value(name) else {
                continue;
            };
            if defined.statement < since || !seen.insert(name) {
                continue;
            }
            let mut found = false;
            if let Some(body) = defined.body {
                each_name(body, &mut |used| {
                    found |= used.text == to;
                    stack.push(&used.text);
                });
            }
            if found {
                return true;
            }
        }
        false
    }
}
