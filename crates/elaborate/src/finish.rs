//! What can only be said at the end of a spec: the loss with its penalties, what it is differentiated by, what is not used.

use crate::context::Elaborator;
use crate::naming;
use crate::value::Value;
use derive_graph::{Attribute, Name, NodeId, Operation, Role};
use derive_syntax::ast::Span;
use derive_syntax::diagnostic::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};

/// Names for a loss without one, the first that is free.
const LOSS_NAMES: &[&str] = &["L", "J", "Loss", "loss_value"];

impl Elaborator<'_> {
    pub(crate) fn finish(&mut self) {
        self.finish_loss();
        self.finish_wrt();
        if self.diagnostics.is_empty() {
            naming::name_intermediates(&mut self.network);
            self.note_unused();
            self.note_symmetric();
        }
    }

    /// The place of the last statement, for errors about what is missing.
    fn end(&self) -> Span {
        self.spec
            .statements
            .last()
            .map_or(Span::default(), |last| last.span)
    }

    fn finish_loss(&mut self) {
        let Some(mut node) = self.loss.node else {
            if self.loss.place.is_none() && !self.exhausted {
                let problem = Diagnostic::error(
                    "E0401",
                    "the spec has no loss",
                    self.end(),
                    "the end of the spec",
                );
                let help =
                    "add a line such as `loss squared_error(Y, T)` or `loss 1/2 * sum((Y - T)^2)`";
                self.diagnostics.push(problem.help(help));
            }
            return;
        };
        for (_, penalty) in std::mem::take(&mut self.loss.penalties) {
            let both = [Value::of(node), Value::of(penalty)];
            if let Ok(sum) = self.apply("add", &both) {
                node = sum.node;
            }
        }
        self.network.loss.node = node;
        let taken = |name: &str| {
            self.scope.symbols.contains_key(name) || self.scope.functions.contains_key(name)
        };
        if !taken(self.network.loss.name.as_str()) {
            return;
        }
        if let Some(name) = self.loss.name.clone() {
            let message = format!("`{}` is defined twice", name.text);
            let problem = Diagnostic::error("E0202", message, name.span, "the loss");
            let place = self.place_of(&self.network.loss.name);
            self.diagnostics.push(match place {
                Some(place) => problem.label(place, "also defined here"),
                None => problem,
            });
        } else if let Some(free) = LOSS_NAMES.iter().find(|name| !taken(name)) {
            self.network.loss.name = Name::new(free);
        }
    }

    fn finish_wrt(&mut self) {
        let mut listed: FxHashSet<String> = FxHashSet::default();
        for name in std::mem::take(&mut self.wrt) {
            self.at = self.spec.statements.len();
            let real = self.check_real_name(&name, "E0404");
            if real.and_then(|()| self.look_up(&name)).is_err() {
                continue;
            }
            let text = self.scope.resolve(&name.text).to_owned();
            if !self.scope.symbols.contains_key(&text) {
                let message =
                    format!("`{text}` is a dimension, and nothing is differentiated by it");
                let problem = Diagnostic::error("E0404", message, name.span, "not an array");
                self.diagnostics.push(problem);
            } else if listed.insert(text.clone()) {
                self.network.wrt.push(Name::new(&text));
            }
        }
        if self.network.wrt.is_empty() && self.diagnostics.is_empty() {
            let params = self
                .network
                .symbols
                .iter()
                .filter(|symbol| symbol.role == Role::Param);
            self.network.wrt = params.map(|symbol| symbol.name.clone()).collect();
        }
        if self.network.wrt.is_empty() && self.diagnostics.is_empty() {
            let message = "there is nothing to differentiate by";
            let problem = Diagnostic::error("E0404", message, self.end(), "the end of the spec");
            let given = self
                .network
                .symbols
                .iter()
                .find(|it| it.role == Role::Input);
            let name = given.map_or("X", |symbol| symbol.name.as_str());
            let help = format!("declare a `param`, or name an array: `wrt {name}`");
            self.diagnostics.push(problem.help(help));
        }
    }

    /// Says which arrays the loss does not depend on.
    fn note_unused(&mut self) {
        let definitions: FxHashMap<&Name, NodeId> = self
            .network
            .symbols
            .iter()
            .filter_map(|symbol| Some((&symbol.name, symbol.definition?)))
            .collect();
        let graph = &self.network.graph;
        let mut used: FxHashSet<&Name> = FxHashSet::default();
        let mut seen = vec![false; graph.len()];
        let mut stack = vec![self.network.loss.node];
        while let Some(at) = stack.pop() {
            if std::mem::replace(&mut seen[at.0], true) {
                continue;
            }
            let node = graph.node(at);
            stack.extend(&node.arguments);
            if let Operation::Symbol(name) = &node.operation {
                used.insert(name);
                stack.extend(definitions.get(name));
            }
        }
        let unused = self.network.symbols.iter().filter(|symbol| {
            // Scalars of `update` and other constants are not the loss's business.
            symbol.role != Role::Const && !used.contains(&symbol.name)
        });
        let notes: Vec<String> = unused
            .map(|symbol| format!("`{}` is not used by the loss", symbol.name))
            .collect();
        self.network.notes.extend(notes);
    }

    /// Says how the gradient by a symmetric array is meant.
    fn note_symmetric(&mut self) {
        let meant = self.network.symbols.iter().filter(|symbol| {
            let symmetric = symbol.attributes.contains(&Attribute::Symmetric);
            symmetric && self.network.wrt.contains(&symbol.name)
        });
        let sentence = |name: &Name| {
            format!("The gradient by the symmetric `{name}` takes its entries as independent")
        };
        let notes: Vec<String> = meant.map(|symbol| sentence(&symbol.name)).collect();
        self.network.notes.extend(notes);
    }
}
