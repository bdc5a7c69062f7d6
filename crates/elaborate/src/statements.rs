//! Statements in order: each adds to the network, and itself or its expansion to the equations.

use crate::context::{Elaborator, Outcome, Poisoned};
use crate::walk;
use derive_graph::{Dim, Name, NodeId, Operation, Role, Shape, Symbol, Update};
use derive_syntax::ast::{self, Expr, ExprKind, Span, Statement, StatementKind};
use derive_syntax::diagnostic::Diagnostic;

/// The rules of `update`, each with its scalars as they are usually called.
const RULES: &[(&str, &str)] = &[
    ("sgd", "eta"),
    ("momentum", "eta, mu"),
    ("adam", "eta, beta1, beta2, eps"),
];

impl Elaborator<'_> {
    pub(crate) fn elaborate_statement(&mut self, statement: &Statement) -> Outcome<()> {
        self.enter(1)?;
        let (nodes, symbols) = (self.network.graph.len(), self.network.symbols.len());
        let outcome = self.dispatch(statement);
        self.leave();
        outcome.and_then(|()| self.check_sizes(nodes, symbols, statement.span))
    }

    /// Checks what a statement has added: every size fits into 64 bits.
    fn check_sizes(&mut self, nodes: usize, symbols: usize, span: Span) -> Outcome<()> {
        let graph = &self.network.graph;
        let overflowed = |shape: &Shape| shape.0.iter().any(Dim::is_overflowed);
        let added = (nodes..graph.len()).map(|at| graph.node(NodeId(at)));
        let in_nodes = added.into_iter().any(|node| match &node.operation {
            Operation::Gather(gather) => overflowed(&node.shape) || gather.is_overflowed(),
            _ => overflowed(&node.shape),
        });
        let declared = &self.network.symbols[symbols..];
        if !in_nodes && !declared.iter().any(|symbol| overflowed(&symbol.shape)) {
            return Ok(());
        }
        let message = "a size or a subscript here has a number that does not fit into 64 bits";
        self.fail(Diagnostic::error("E0503", message, span, "too large"))
    }

    fn dispatch(&mut self, statement: &Statement) -> Outcome<()> {
        match &statement.kind {
            StatementKind::Layer(layer) => return self.elaborate_layer(layer, statement.span),
            StatementKind::Loss(loss) => return self.elaborate_loss(loss, statement.span),
            StatementKind::Regularize(penalty, names) => {
                return self.elaborate_regularize(penalty, names, statement.span);
            }
            _ => {}
        }
        self.equations.push(self.without_aliases(statement));
        match &statement.kind {
            StatementKind::Network(name) => self.elaborate_title(name),
            StatementKind::Dims(dims) => self.elaborate_dims(dims),
            StatementKind::Declare(role, declarations) => {
                self.elaborate_declarations(*role, declarations)
            }
            StatementKind::Function(function) => self.elaborate_function(function),
            StatementKind::Define(definition) => self.elaborate_definition(definition),
            StatementKind::Wrt(names) => {
                self.wrt.extend(names.iter().cloned());
                Ok(())
            }
            StatementKind::Update(rule) => self.elaborate_update(rule),
            StatementKind::Claim(claim) => self.elaborate_claim(claim, statement.span),
            StatementKind::Convention(convention) => {
                self.check_convention(*convention, statement.span)
            }
            StatementKind::For(_) => self.unsupported("`for`", statement.span),
            StatementKind::Layer(_) | StatementKind::Loss(_) | StatementKind::Regularize(..) => {
                Ok(())
            }
        }
    }

    /// A statement that something expanded into. It speaks for itself and for the equations.
    pub(crate) fn elaborate_made(&mut self, kind: StatementKind, span: Span) -> Outcome<()> {
        self.elaborate_statement(&Statement { kind, span })
    }

    /// The statement with second names replaced by first ones.
    fn without_aliases(&self, statement: &Statement) -> Statement {
        let mut statement = statement.clone();
        if self.scope.aliases.is_empty() {
            return statement;
        }
        match &mut statement.kind {
            StatementKind::Define(definition) => {
                definition.body = self.canonical(&definition.body);
            }
            StatementKind::Claim(claim) => {
                claim.left = self.canonical(&claim.left);
                claim.right = self.canonical(&claim.right);
            }
            StatementKind::Wrt(names) => {
                for name in names {
                    name.text = self.scope.resolve(&name.text).to_owned();
                }
            }
            _ => {}
        }
        statement
    }

    /// The expression with second names replaced by first ones.
    pub(crate) fn canonical(&self, expr: &Expr) -> Expr {
        walk::replace(expr, &mut |part| match &part.kind {
            ExprKind::Name(name) => {
                let text = self.scope.aliases.get(&name.text)?.clone();
                let name = ast::Name {
                    text,
                    ..name.clone()
                };
                let kind = ExprKind::Name(name);
                let span = part.span;
                Some(Expr { kind, span })
            }
            _ => None,
        })
    }

    fn elaborate_title(&mut self, name: &ast::Name) -> Outcome<()> {
        let text = self.plain(name)?.to_owned();
        if self.network.title.replace(text).is_some() {
            let message = "the network has two titles";
            return self.fail(Diagnostic::error(
                "E0202",
                message,
                name.span,
                "the second one",
            ));
        }
        Ok(())
    }

    fn check_convention(&mut self, convention: ast::Convention, span: Span) -> Outcome<()> {
        if convention == self.outline.convention {
            return Ok(());
        }
        let message = "the spec names both conventions";
        let problem = Diagnostic::error("E0409", message, span, "another one follows");
        self.fail(problem.help("keep one `convention` line"))
    }

    /// `Z = EXPR` or `Z[i, j] = EXPR`
    fn elaborate_definition(&mut self, definition: &ast::Definition) -> Outcome<()> {
        let free = self.check_free(&definition.name, false);
        let value = match &definition.indices {
            None => self.elaborate_whole(&definition.body),
            Some(indices) => self.elaborate_indexed(indices, &definition.body),
        };
        let (Ok(text), Ok(node)) = (free, value) else {
            self.poison(&definition.name);
            return Err(Poisoned);
        };
        if self.network.graph.is_complex(node) {
            self.define_complex(&text, &definition.body, node, definition.name.span);
            return Ok(());
        }
        let shape = self.network.graph.shape(node).clone();
        self.add_symbol(Symbol {
            latex: definition.latex.clone(),
            definition: Some(node),
            ..symbol(&text, Role::Intermediate, shape)
        });
        self.know(&text, definition.name.span);
        Ok(())
    }

    /// Remembers that the definition of a name failed, so that its uses stay silent.
    pub(crate) fn poison(&mut self, name: &ast::Name) {
        self.scope.poisoned.insert(name.text.clone());
    }

    pub(crate) fn add_symbol(&mut self, symbol: Symbol) {
        self.network.symbols.push(symbol);
    }

    /// Makes the symbol that was added last known under its name.
    pub(crate) fn know(&mut self, text: &str, place: Span) -> NodeId {
        let number = self.network.symbols.len() - 1;
        let shape = self.network.symbols[number].shape.clone();
        let node = self.symbol_node(&Name::new(text), shape);
        let known = crate::scope::Known {
            symbol: number,
            node,
            place,
        };
        self.scope.symbols.insert(text.to_owned(), known);
        node
    }

    /// Declares a scalar that a statement names, unless it is known as one.
    pub(crate) fn declare_scalar(&mut self, name: &ast::Name) -> Outcome<()> {
        let known = self.scope.symbols.get(self.scope.resolve(&name.text));
        if let Some(known) = known {
            let shape = self.network.symbols[known.symbol].shape.clone();
            let place = known.place;
            if shape.is_scalar() {
                return Ok(());
            }
            let message = format!("`{}` is not a scalar but an array {shape}", name.text);
            let problem = Diagnostic::error("E0408", message, name.span, "a scalar is needed");
            return self.fail(problem.label(place, "declared here"));
        }
        let text = self.check_free(name, false)?;
        self.add_symbol(symbol(&text, Role::Const, Shape::scalar()));
        self.know(&text, name.span);
        Ok(())
    }

    fn elaborate_update(&mut self, call: &ast::Call) -> Outcome<()> {
        let rule = self.plain(&call.function)?.to_owned();
        let Some((_, sample)) = RULES.iter().find(|(name, _)| *name == rule) else {
            let known: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
            let message = format!("there is no update rule `{rule}`");
            let problem = Diagnostic::error("E0408", message, call.function.span, "unknown rule");
            return self.fail(problem.help(format!("the rules are `{}`", known.join("`, `"))));
        };
        if self.network.update.is_some() {
            let message = "the spec has two update rules";
            return self.fail(Diagnostic::error(
                "E0408",
                message,
                call.span,
                "the second one",
            ));
        }
        let names: Vec<&ast::Name> = call.arguments.iter().filter_map(as_name).collect();
        let count = sample.split(", ").count();
        if names.len() != count || call.arguments.len() != count {
            let scalars = if count == 1 { "scalar" } else { "scalars" };
            let message = format!("`{rule}` takes the names of {count} {scalars}");
            let problem = Diagnostic::error("E0408", message, call.span, "here");
            return self.fail(problem.help(format!("write `{rule}({sample})`")));
        }
        for name in &names {
            self.declare_scalar(name)?;
        }
        let resolve = |name: &&ast::Name| Name::new(self.scope.resolve(&name.text));
        let scalars = names.iter().map(resolve).collect();
        self.network.update = Some(Update { rule, scalars });
        Ok(())
    }
}

/// The argument as a plain name.
pub(crate) fn as_name(argument: &ast::Argument) -> Option<&ast::Name> {
    match &argument.value.kind {
        ExprKind::Name(name) if argument.name.is_none() => Some(name),
        _ => None,
    }
}

/// A symbol of which nothing more is known.
pub(crate) fn symbol(text: &str, role: Role, shape: Shape) -> Symbol {
    Symbol {
        name: Name::new(text),
        role,
        shape,
        attributes: Vec::new(),
        latex: None,
        definition: None,
        layer: None,
    }
}
