//! Statements, one after another, and what has to hold at the end.

use crate::state::{Failed, State, plain_symbol};
use derive_graph::{Dim, Loss, Name, NodeId, Operation, Role, Shape, Update};
use derive_syntax::ast::{self, Call, Span, StatementKind};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;

impl State {
    /// Elaborates a statement; errors go to the diagnostics.
    pub fn statement(&mut self, statement: &ast::Statement) {
        if self.network.graph.len() > crate::MAX_NODES {
            if !self.diagnostics.iter().any(|known| known.code == "E0502") {
                let message = format!("the network has more than {} operations", crate::MAX_NODES);
                self.error(Diagnostic::error("E0502", message, statement.span, "the limit is met here"));
            }
            return;
        }
        let keep = match &statement.kind {
            StatementKind::Network(name) => {
                self.network.title = Some(name.text.clone());
                true
            }
            StatementKind::Dims(dims) => {
                self.declare_dims(dims);
                true
            }
            StatementKind::Declare(role, declarations) => {
                declarations.iter().for_each(|declaration| self.declare(*role, declaration));
                true
            }
            StatementKind::Function(function) => {
                self.declare_function(function);
                true
            }
            StatementKind::Convention(convention) => {
                self.set_convention(*convention);
                true
            }
            StatementKind::Layer(layer) => {
                self.layer(layer, statement.span);
                false
            }
            StatementKind::Define(definition) => {
                self.definition(definition, None);
                false
            }
            StatementKind::Loss(loss) => {
                self.loss_statement(loss, statement.span);
                false
            }
            StatementKind::Wrt(names) => {
                self.set_wrt(names);
                false
            }
            StatementKind::Update(call) => {
                self.set_update(call);
                true
            }
            StatementKind::Regularize(call, names) => {
                self.regularize(call, names, statement.span);
                false
            }
            StatementKind::Claim(_) => {
                // A claim may speak of what stands below it, so claims are read last.
                self.claims.push(statement.clone());
                false
            }
            StatementKind::For(_) => {
                self.unsupported("`for`", statement.span);
                false
            }
        };
        if keep {
            self.equations.push(statement.clone());
        }
    }

    /// `Z = EXPR` or `Z[i, j] = EXPR`.
    pub fn definition(&mut self, definition: &ast::Definition, layer: Option<derive_graph::Layer>) {
        let name = &definition.name;
        if self.check_new(name).is_err() {
            return;
        }
        let value = match &definition.indices {
            Some(indices) => self.indexed_definition(indices, &definition.body),
            None => self.expression(&definition.body).map(|value| value.node),
        };
        let mut renamed = definition.clone();
        renamed.body = self.without_aliases(&definition.body);
        self.equations.push(ast::Statement { kind: StatementKind::Define(renamed), span: definition.body.span });
        let Ok(node) = value else {
            self.poisoned.insert(name.text.clone());
            return;
        };
        let mut symbol = plain_symbol(&name.text, Role::Intermediate, self.network.graph.shape(node).clone());
        symbol.definition = Some(node);
        symbol.latex.clone_from(&definition.latex);
        symbol.layer = layer;
        self.define(symbol, name.span);
    }

    fn loss_statement(&mut self, loss: &ast::Loss, span: Span) {
        if self.loss_seen {
            let message = "a spec has one loss";
            self.error(Diagnostic::error("E0402", message, span, "a second loss").help("add the two: `loss A + B`"));
            return;
        }
        self.loss_seen = true;
        if let Some(name) = &loss.name
            && self.check_new(name).is_ok()
        {
            self.network.loss.name = Name::new(&name.text);
            self.defined_at.insert(name.text.clone(), name.span);
        }
        let Ok(body) = self.complete_short_loss(&loss.body) else { return };
        let Ok(value) = self.expression(&body) else { return };
        let shape = self.shape(&value);
        let rewritten = ast::Loss { name: loss.name.clone(), body: self.without_aliases(&body) };
        self.equations.push(ast::Statement { kind: StatementKind::Loss(rewritten), span });
        // A 1 × 1 array is read as the number in it.
        if shape.0.iter().all(Dim::is_unit) && !shape.is_scalar() {
            let all: Vec<usize> = (0..shape.rank()).collect();
            let sum = derive_graph::operator::sum(shape.rank(), &all, false);
            self.loss = Some(self.add(Operation::Einsum(sum), vec![value.node], Shape::scalar()));
            return;
        }
        if !shape.is_scalar() {
            let message = "the loss is not a scalar";
            let text = format_expr(&loss.body);
            let diagnostic = Diagnostic::error("E0401", message, loss.body.span, format!("has shape {shape}"));
            self.error(diagnostic.help(format!("sum its entries, `loss sum({text})`, or average them, `loss mean({text})`")));
            return;
        }
        self.loss = Some(value.node);
    }

    fn set_wrt(&mut self, names: &[ast::Name]) {
        let mut wrt = self.wrt.take().unwrap_or_default();
        for name in names {
            match self.symbol(&name.text) {
                Some(symbol) => wrt.push(symbol.name.clone()),
                None => {
                    self.unknown(&name.text, name.span);
                }
            }
        }
        wrt.dedup();
        let spelled = wrt.iter().zip(names).map(|(name, old)| ast::Name { text: name.as_str().to_owned(), ..old.clone() });
        let kind = StatementKind::Wrt(spelled.collect());
        let span = names.first().map(|name| name.span).unwrap_or_default();
        self.equations.push(ast::Statement { kind, span });
        self.wrt = Some(wrt);
    }

    fn set_update(&mut self, call: &Call) {
        let rules = [("sgd", 1), ("momentum", 2), ("adam", 4)];
        let Some((_, count)) = rules.iter().find(|(name, _)| *name == call.function.text) else {
            let message = format!("unknown update rule `{}`", call.function.text);
            let help = "write `sgd(eta)`, `momentum(eta, mu)` or `adam(eta, beta1, beta2, eps)`";
            self.error(Diagnostic::error("E0405", message, call.function.span, "not an update rule").help(help));
            return;
        };
        let mut scalars = Vec::new();
        for argument in &call.arguments {
            if let ast::ExprKind::Name(name) = &argument.value.kind {
                self.define_scalar(name);
                scalars.push(Name::new(&name.text));
            }
        }
        if scalars.len() != *count || call.arguments.len() != *count {
            let message = format!("`{}` takes {count} name{}", call.function.text, if *count == 1 { "" } else { "s" });
            self.error(Diagnostic::error("E0405", message, call.span, "the scalars of the rule, by name"));
            return;
        }
        self.network.update = Some(Update { rule: call.function.text.clone(), scalars });
    }

    fn regularize(&mut self, call: &Call, names: &[ast::Name], span: Span) {
        let scale = match call.function.text.as_str() {
            "l2" => |lambda: &str, name: &str| format!("{lambda} / 2 * sum(square({name}))"),
            "l1" => |lambda: &str, name: &str| format!("{lambda} * sum(abs({name}))"),
            other => {
                let message = format!("unknown regularizer `{other}`");
                self.error(Diagnostic::error("E0405", message, call.function.span, "write `l1(lambda)` or `l2(lambda)`"));
                return;
            }
        };
        let Some(lambda) = call.arguments.first() else {
            self.error(Diagnostic::error("E0405", "a regularizer takes its factor", call.span, "write `l2(lambda)`"));
            return;
        };
        if let ast::ExprKind::Name(name) = &lambda.value.kind {
            self.define_scalar(name);
        }
        let lambda = format_expr(&lambda.value);
        let terms: Vec<String> = names.iter().map(|name| scale(&lambda, &name.text)).collect();
        let Ok(mut added) = derive_syntax::parse_expression(&terms.join(" + ")) else { return };
        crate::layers::respan(&mut added, span);
        let value = self.expression(&added);
        match (value, self.loss) {
            (Ok(value), Some(loss)) => {
                self.loss = Some(self.elementwise("add", vec![loss, value.node], Shape::scalar()));
                self.add_to_loss_equation(added);
            }
            (Ok(_), None) => {
                let message = "there is no loss yet that could be regularized";
                self.error(Diagnostic::error("E0402", message, span, "put this line after the loss"));
            }
            (Err(Failed), _) => {}
        }
    }

    fn add_to_loss_equation(&mut self, added: ast::Expr) {
        let losses = self.equations.iter_mut().filter_map(|statement| match &mut statement.kind {
            StatementKind::Loss(loss) => Some(loss),
            _ => None,
        });
        for loss in losses {
            let span = loss.body.span;
            let left = Box::new(loss.body.clone());
            let kind = ast::ExprKind::Binary(ast::BinaryOperator::Add, span, left, Box::new(added.clone()));
            loss.body = ast::Expr { kind, span };
        }
    }

    /// What has to hold once every statement was read.
    pub fn finish(&mut self) {
        let end = self.equations.last().map(|statement| statement.span).unwrap_or_default();
        let claims = std::mem::take(&mut self.claims);
        claims.iter().for_each(|claim| self.claim(claim));
        let clean = self.diagnostics.is_empty();
        match self.loss {
            None if clean && !self.loss_seen => {
                let diagnostic = Diagnostic::error("E0402", "the spec has no loss", end, "the last statement");
                self.error(diagnostic.help("end it with a scalar to differentiate, such as `loss sum((Y - T)^2)`"));
            }
            None => {}
            Some(node) => self.network.loss = Loss { name: self.network.loss.name.clone(), node },
        }
        let params = self.network.symbols.iter().filter(|symbol| symbol.role == Role::Param);
        let wrt: Vec<Name> = self.wrt.clone().unwrap_or_else(|| params.map(|symbol| symbol.name.clone()).collect());
        if wrt.is_empty() && clean {
            let diagnostic = Diagnostic::error("E0403", "there is nothing to differentiate by", end, "the last statement");
            self.error(diagnostic.help("declare a `param`, or name an array with `wrt`"));
        }
        self.network.wrt = wrt;
        self.note_unused();
    }

    fn note_unused(&mut self) {
        let graph = &self.network.graph;
        let mut used: std::collections::HashSet<Name> = Default::default();
        let mut stack = self.loss.map(|node| graph.mentioned(node)).unwrap_or_default();
        while let Some(name) = stack.pop() {
            if used.insert(name.clone())
                && let Some(node) = self.symbols.get(name.as_str()).and_then(|&at| self.network.symbols[at].definition)
            {
                stack.extend(graph.mentioned(node));
            }
        }
        let idle = |symbol: &&derive_graph::Symbol| symbol.definition.is_some() && !used.contains(&symbol.name);
        let notes = self.network.symbols.iter().filter(idle);
        let notes: Vec<String> = notes.map(|symbol| format!("`{}` is not used by the loss", symbol.name)).collect();
        self.network.notes.extend(notes);
    }

    /// An elementwise node whose arguments have this shape already.
    pub fn elementwise(&mut self, function: &str, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
        self.add(Operation::Elementwise(derive_graph::Function::named(function)), arguments, shape)
    }
}
