//! What elaboration knows while it walks through a spec.

use derive_graph::{Dim, Name, Network, NodeId, Operation, Role, Shape, Symbol};
use derive_syntax::ast::{self, Span};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::similar::closest;
use std::collections::{HashMap, HashSet};

/// An expression that failed; its error is already among the diagnostics, or belongs to a poisoned name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// The value of an expression: a node whose leading axes are named by indices (in index notation).
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub node: NodeId,
    /// Index names of the leading axes; empty in equation form.
    pub names: Vec<String>,
    /// A transposed vector, which matters to `@` alone.
    pub row: bool,
}

pub(crate) type Elaboration = Result<Value, Failed>;

/// The walk.
pub(crate) struct State {
    pub network: Network,
    pub diagnostics: Vec<Diagnostic>,
    pub equations: Vec<ast::Statement>,
    /// Place of every symbol in `network.symbols`.
    pub symbols: HashMap<String, usize>,
    pub defined_at: HashMap<String, Span>,
    pub dims: HashMap<String, Span>,
    pub poisoned: HashSet<String>,
    /// Other names of symbols: `A2` for `yhat`.
    pub aliases: HashMap<String, String>,
    /// Arguments of the function whose body is being read.
    pub arguments: HashMap<String, Value>,
    /// Dimensions of the indices in scope; `None` until first used.
    pub indices: HashMap<String, Option<Dim>>,
    /// User functions of several arguments, which are expanded where they are called.
    pub templates: HashMap<String, ast::FunctionDeclaration>,
    pub functions: HashSet<String>,
    /// Names that the spec defines somewhere, to tell a late definition from an unknown name.
    pub later: HashMap<String, Span>,
    pub in_claim: bool,
    pub layers: crate::layers::LayerState,
    pub loss: Option<NodeId>,
    pub loss_seen: bool,
    pub wrt: Option<Vec<Name>>,
    pub claims: Vec<ast::Statement>,
    pub claim_error: Option<String>,
}

impl State {
    pub fn new(spec: &ast::Spec) -> State {
        let mut later = HashMap::new();
        for statement in &spec.statements {
            match &statement.kind {
                ast::StatementKind::Define(definition) => {
                    later.entry(definition.name.text.clone()).or_insert(definition.name.span);
                }
                ast::StatementKind::Declare(_, declarations) => {
                    for declaration in declarations {
                        later.entry(declaration.name.text.clone()).or_insert(declaration.name.span);
                    }
                }
                _ => {}
            }
        }
        let layers = crate::layers::LayerState::new(spec);
        State {
            network: Network::default(),
            diagnostics: Vec::new(),
            equations: Vec::new(),
            symbols: HashMap::new(),
            defined_at: HashMap::new(),
            dims: HashMap::new(),
            poisoned: HashSet::new(),
            aliases: HashMap::new(),
            arguments: HashMap::new(),
            indices: HashMap::new(),
            templates: HashMap::new(),
            functions: HashSet::new(),
            later,
            in_claim: false,
            layers,
            loss: None,
            loss_seen: false,
            wrt: None,
            claims: Vec::new(),
            claim_error: None,
        }
    }

    pub fn error(&mut self, diagnostic: Diagnostic) -> Failed {
        if self.in_claim && diagnostic.code.starts_with("E03") {
            // An ill-shaped claim is a false claim, not an error of the spec.
            let fits: Vec<String> = diagnostic.labels.iter().map(|label| label.text.clone()).collect();
            let help = diagnostic.help.map(|help| format!("; {help}")).unwrap_or_default();
            self.claim_error.get_or_insert(format!("{}: {}{help}", diagnostic.message, fits.join(", ")));
            return Failed;
        }
        self.diagnostics.push(diagnostic);
        Failed
    }


    pub fn shape(&self, value: &Value) -> Shape {
        self.network.graph.shape(value.node).clone()
    }

    pub fn add(&mut self, operation: Operation, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
        self.network.graph.add(operation, arguments, shape)
    }

    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.symbols.get(name).map(|&at| &self.network.symbols[at])
    }

    /// Whether a name may still be defined; reports it if not.
    pub fn check_new(&mut self, name: &ast::Name) -> Result<(), Failed> {
        if name.member.is_some() {
            return Err(self.unsupported("names in families", name.span));
        }
        if derive_graph::function::row(&name.text).is_some() || crate::calls::is_reserved(&name.text) {
            let message = format!("`{}` is a name of the language", name.text);
            let help = "choose another name";
            return Err(self.error(Diagnostic::error("E0204", message, name.span, "cannot be redefined").help(help)));
        }
        if let Some(&span) = self.defined_at.get(&name.text) {
            let message = format!("`{}` is defined twice", name.text);
            let diagnostic = Diagnostic::error("E0202", message, name.span, "defined again here");
            return Err(self.error(diagnostic.label(span, "first defined here").help("every name is defined once; choose another")));
        }
        Ok(())
    }

    /// Enters a symbol.
    pub fn define(&mut self, symbol: Symbol, span: Span) {
        let name = symbol.name.as_str().to_owned();
        self.defined_at.insert(name.clone(), span);
        self.symbols.insert(name, self.network.symbols.len());
        self.network.symbols.push(symbol);
    }

    /// Enters a scalar that an `update` or `regularize` line names.
    pub fn define_scalar(&mut self, name: &ast::Name) {
        if !self.symbols.contains_key(&name.text) {
            self.define(plain_symbol(&name.text, Role::Const, Shape::scalar()), name.span);
        }
    }

    pub fn unsupported(&mut self, what: &str, span: Span) -> Failed {
        let message = format!("{what} cannot be derived by this version");
        self.error(Diagnostic::error("E0501", message, span, "not supported yet"))
    }

    /// Reports a name that nothing defines.
    pub fn unknown(&mut self, name: &str, span: Span) -> Failed {
        if self.poisoned.contains(name) {
            return Failed;
        }
        if let Some(&later) = self.later.get(name) {
            let message = format!("`{name}` is used before its definition");
            let diagnostic = Diagnostic::error("E0203", message, span, "used here").label(later, "defined here");
            return self.error(diagnostic.help("a name is used after its definition, and no definition may lead back to itself"));
        }
        let mut candidates: Vec<&str> = self.symbols.keys().chain(self.dims.keys()).chain(self.aliases.keys()).map(String::as_str).collect();
        candidates.sort_unstable();
        let help = match closest(name, candidates) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("declare it, for example `param {name}: scalar`"),
        };
        let message = format!("unknown name `{name}`");
        self.error(Diagnostic::error("E0201", message, span, "not defined").help(help))
    }

    /// Notes a dimension that is mentioned.
    pub fn mention_dim(&mut self, name: &str, size: Option<u64>, span: Span) {
        if !self.dims.contains_key(name) {
            self.dims.insert(name.to_owned(), span);
            self.network.dims.push((Name::new(name), size));
        }
    }
}

/// A symbol without attributes.
pub(crate) fn plain_symbol(name: &str, role: Role, shape: Shape) -> Symbol {
    Symbol { name: Name::new(name), role, shape, attributes: Vec::new(), latex: None, definition: None, layer: None }
}
