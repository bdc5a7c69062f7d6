//! Names for intermediates that the later stages need and the spec did not give.
//!
//! A finished network in, the same network out with more symbols. Afterwards every softmax is the whole definition of a symbol and its
//! argument is a symbol; and no operand of a product hides a nonlinear function of another product, because the chain rule
//! goes from name to name. Equal expressions get one name. Time is linear in the size of the graph. Nothing can fail.

use derive_graph::{Function, Graph, Name, Network, Node, NodeId, Operation, Role, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::statements::symbol;

/// Elementwise functions that leave polynomials polynomials.
const POLYNOMIAL: &[&str] = &["add", "subtract", "multiply", "negate", "square"];
/// The products whose operands are looked into.
const PRODUCTS: &[&str] = &["@", "outer", "dot", "tr", "contract"];

/// What is in an expression, down to its symbols.
#[derive(Clone, Copy, Debug, Default)]
struct Contents {
    symbol: bool,
    contraction: bool,
    /// A nonlinear function of a contraction.
    hidden: bool,
}

struct Pass {
    graph: Graph,
    symbols: Vec<Symbol>,
    /// What was named, in words, with its names.
    notes: Vec<(String, Vec<String>)>,
    /// What each old node has become.
    rewritten: Vec<Option<NodeId>>,
    contents: Vec<Option<Contents>>,
    /// The symbol that a node is the definition of.
    defined: FxHashMap<NodeId, NodeId>,
    taken: FxHashSet<String>,
    counters: FxHashMap<&'static str, usize>,
}

/// Gives names to what needs one.
pub(crate) fn name_intermediates(network: &mut Network) {
    let mut pass = Pass {
        rewritten: vec![None; network.graph.len()],
        contents: Vec::new(),
        graph: std::mem::take(&mut network.graph),
        symbols: Vec::new(),
        notes: Vec::new(),
        defined: FxHashMap::default(),
        taken: taken(network),
        counters: FxHashMap::default(),
    };
    for mut symbol in std::mem::take(&mut network.symbols) {
        if let Some(definition) = symbol.definition {
            let node = pass.rewrite(definition, true);
            symbol.definition = Some(node);
            let name = Operation::Symbol(symbol.name.clone());
            let named = pass.graph.add(name, Vec::new(), symbol.shape.clone());
            pass.defined.entry(node).or_insert(named);
        }
        pass.symbols.push(symbol);
    }
    network.loss.node = pass.rewrite(network.loss.node, false);
    network.graph = pass.graph;
    network.symbols = pass.symbols.into();
    network.notes.extend(pass.notes.iter().map(sentence));
}

fn taken(network: &Network) -> FxHashSet<String> {
    let symbols = network.symbols.iter().map(|symbol| &symbol.name);
    let dims = network.dims.iter().map(|(name, _)| name);
    let functions = network.functions.iter().map(|function| &function.name);
    let all = symbols
        .chain(dims)
        .chain(functions)
        .chain([&network.loss.name]);
    all.map(|name| name.as_str().to_owned()).collect()
}

impl Pass {
    /// The node with names in place of whatever needs one. The root of a definition may itself be a softmax.
    fn rewrite(&mut self, root: NodeId, is_definition: bool) -> NodeId {
        for at in self.unseen(root) {
            let node = self.graph.node(at).clone();
            let arguments = node
                .arguments
                .iter()
                .map(|argument| self.of(*argument))
                .collect();
            let node = Node { arguments, ..node };
            let whole = is_definition && at == root;
            let new = self.rewrite_node(node, whole);
            // A softmax that has its own definition is met again only by its name.
            self.rewritten[at.0] = Some(new);
        }
        let new = self.of(root);
        match self.is_softmax(new) && !is_definition {
            true => self.named(new, "P"),
            false => new,
        }
    }

    fn of(&self, old: NodeId) -> NodeId {
        self.rewritten.get(old.0).copied().flatten().unwrap_or(old)
    }

    /// The nodes below `root` that have not been rewritten, arguments first.
    fn unseen(&self, root: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut stack = vec![root];
        while let Some(at) = stack.pop() {
            if self.rewritten[at.0].is_none() && seen.insert(at) {
                found.push(at);
                stack.extend(&self.graph.node(at).arguments);
            }
        }
        // Arguments have smaller ids than their users.
        found.sort_unstable();
        found
    }

    fn rewrite_node(&mut self, mut node: Node, whole: bool) -> NodeId {
        for at in 0..node.arguments.len() {
            if self.is_softmax(node.arguments[at]) {
                node.arguments[at] = self.named(node.arguments[at], "P");
            }
        }
        match &node.operation {
            Operation::Softmax { .. } if !self.is_symbol(node.arguments[0]) => {
                node.arguments[0] = self.named(node.arguments[0], "Z");
            }
            // ln Σ e^Z has the derivative softmax(Z).
            Operation::Elementwise(function) if *function == Function::named("log") => {
                if let Some(total) = self.total_of_named_exponents(node.arguments[0]) {
                    node.arguments[0] = total;
                }
            }
            // What is read at other places or reduced as a whole keeps its own chain rule.
            Operation::Gather(gather) if gather.is_slice() => {
                node.arguments[0] = self.exposed(node.arguments[0]);
            }
            Operation::Gather(_)
            | Operation::Reshape
            | Operation::Fourier { .. }
            | Operation::Extremum { .. }
            | Operation::Concat { .. } => {
                for at in 0..node.arguments.len() {
                    node.arguments[at] = self.standing_alone(node.arguments[at]);
                }
            }
            Operation::Einsum(einsum) if PRODUCTS.contains(&einsum.operator) => {
                for at in 0..node.arguments.len() {
                    node.arguments[at] = self.exposed(node.arguments[at]);
                }
            }
            _ => {}
        }
        let new = self.graph.add(node.operation, node.arguments, node.shape);
        if self.is_softmax(new) && !whole {
            self.named(new, "P")
        } else {
            new
        }
    }

    /// Σ e^Z with a name for a Z that has a product in it; nothing where there is no such sum, or Z has its name.
    fn total_of_named_exponents(&mut self, total: NodeId) -> Option<NodeId> {
        let sum = self.graph.node(total).clone();
        let is_sum = matches!(&sum.operation, Operation::Einsum(it) if it.operator == "sum");
        let exponential = self.graph.node(*sum.arguments.first()?).clone();
        let exp = Operation::Elementwise(Function::named("exp"));
        let inner = *exponential.arguments.first()?;
        if !is_sum || exponential.operation != exp || self.is_symbol(inner) {
            return None;
        }
        if !self.contents(inner).contraction {
            return None;
        }
        let named = self.named_as(inner, "Z", "the exponent of a sum of exponentials");
        let powers = self.graph.add(exp, vec![named], exponential.shape);
        Some(self.graph.add(sum.operation, vec![powers], sum.shape))
    }

    /// An operand of a product, by name if it hides a nonlinear function of another product. Transposes stay outside.
    fn exposed(&mut self, operand: NodeId) -> NodeId {
        if !self.contents(operand).hidden {
            return operand;
        }
        let node = self.graph.node(operand).clone();
        match &node.operation {
            Operation::Einsum(einsum) if einsum.operator == ".T" => {
                let inner = self.exposed(node.arguments[0]);
                self.graph.add(node.operation, vec![inner], node.shape)
            }
            _ => self.named(operand, "H"),
        }
    }

    /// An operand by name if it is an expression in symbols: what is read at other places has a cotangent of its own. A window
    /// over which a maximum is taken, and a product about to be reshaped, are no such expressions.
    fn standing_alone(&mut self, operand: NodeId) -> NodeId {
        let inner = match &self.graph.node(operand).operation {
            Operation::Symbol(_) | Operation::Gather(_) => false,
            Operation::Einsum(einsum) => einsum.operator != "kron",
            _ => true,
        };
        if inner && self.contents(operand).symbol {
            self.named(operand, "H")
        } else {
            operand
        }
    }

    fn is_softmax(&self, node: NodeId) -> bool {
        matches!(self.graph.node(node).operation, Operation::Softmax { .. })
    }

    fn is_symbol(&self, node: NodeId) -> bool {
        matches!(self.graph.node(node).operation, Operation::Symbol(_))
    }

    /// The symbol that stands for a node: the one that is defined by it, or a new one.
    fn named(&mut self, node: NodeId, base: &'static str) -> NodeId {
        let otherwise = match base {
            "Z" => "the argument of a softmax",
            _ => "an operand",
        };
        self.named_as(node, base, otherwise)
    }

    /// The same, with the words for what it is, where its own form has none.
    fn named_as(&mut self, node: NodeId, base: &'static str, otherwise: &str) -> NodeId {
        if let Some(&symbol) = self.defined.get(&node) {
            return symbol;
        }
        // Quantities are real: what is complex stays an expression, and so does what makes a transform real, which a name would not tell.
        let known = self.graph.realness(node);
        let symmetric = known.hermitian && !self.graph.shape(node).is_scalar();
        if !known.real || symmetric {
            return node;
        }
        let name = self.fresh(base);
        let shape = self.graph.shape(node).clone();
        let what = self.words(node, otherwise);
        match self.notes.iter_mut().find(|(known, _)| *known == what) {
            Some((_, names)) => names.push(name.clone()),
            None => self.notes.push((what, vec![name.clone()])),
        }
        self.symbols.push(Symbol {
            definition: Some(node),
            ..symbol(&name, Role::Intermediate, shape.clone())
        });
        let symbol = self
            .graph
            .add(Operation::Symbol(Name::new(&name)), Vec::new(), shape);
        self.defined.insert(node, symbol);
        symbol
    }

    /// What a node is, as the object of a sentence.
    fn words(&self, node: NodeId, otherwise: &str) -> String {
        let it = self.graph.node(node);
        let argument = it.arguments.first().map(|&below| self.graph.node(below));
        let argument = argument.map(|below| &below.operation);
        match (&it.operation, argument) {
            (Operation::Softmax { log, .. }, Some(Operation::Symbol(argument))) => {
                let function = if *log { "log_softmax" } else { "softmax" };
                format!("`{function}({argument})`")
            }
            (Operation::Elementwise(function), Some(Operation::Symbol(argument)))
                if it.arguments.len() == 1 =>
            {
                format!("`{function}({argument})`")
            }
            _ => otherwise.to_owned(),
        }
    }

    /// The first unused of `Z`, `Z1`, `Z2`, …
    fn fresh(&mut self, base: &'static str) -> String {
        let counter = self.counters.entry(base).or_default();
        loop {
            let name = match *counter {
                0 => base.to_owned(),
                number => format!("{base}{number}"),
            };
            *counter += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// What is in the expression at `root`; asked in creation order, so that only new nodes are looked at.
    fn contents(&mut self, root: NodeId) -> Contents {
        let mut stack = vec![root];
        while let Some(&at) = stack.last() {
            self.contents.resize(self.graph.len(), None);
            if self.contents[at.0].is_some() {
                stack.pop();
                continue;
            }
            let node = self.graph.node(at);
            let open = node
                .arguments
                .iter()
                .filter(|below| self.contents[below.0].is_none());
            let open: Vec<NodeId> = open.copied().collect();
            if open.is_empty() {
                let found = self.own_contents(node);
                self.contents[at.0] = Some(found);
                stack.pop();
            } else {
                stack.extend(open);
            }
        }
        self.contents[root.0].unwrap_or_default()
    }

    fn own_contents(&self, node: &Node) -> Contents {
        let mut all = Contents::default();
        for below in &node.arguments {
            let below = self.contents[below.0].unwrap_or_default();
            all.symbol |= below.symbol;
            all.contraction |= below.contraction;
            all.hidden |= below.hidden;
        }
        match &node.operation {
            Operation::Symbol(_) => all.symbol = true,
            Operation::Einsum(einsum) => {
                let summed = |label| !einsum.output.contains(label);
                let sums = einsum.operator == "sum" && einsum.inputs[0].iter().any(summed);
                all.contraction |= sums || PRODUCTS.contains(&einsum.operator);
            }
            Operation::Softmax { .. } => all.hidden |= all.contraction,
            Operation::Elementwise(function) => {
                all.hidden |= all.contraction && !self.is_polynomial(function, node);
            }
            _ => {}
        }
        all
    }

    fn is_polynomial(&self, function: &Function, node: &Node) -> bool {
        if function.primes > 0 {
            return false;
        }
        match function.name.as_str() {
            "divide" => {
                !self.contents[node.arguments[1].0]
                    .unwrap_or_default()
                    .symbol
            }
            "power" => self.is_number(node.arguments[1]),
            name => POLYNOMIAL.contains(&name),
        }
    }

    /// Whether a node is a literal number, repeated or not.
    fn is_number(&self, node: NodeId) -> bool {
        let it = self.graph.node(node);
        match &it.operation {
            Operation::Number(_) => true,
            Operation::Einsum(einsum) if einsum.operator == "broadcast" => {
                self.is_number(it.arguments[0])
            }
            _ => false,
        }
    }
}

/// `H1`, `H2` and `H3` each name an operand.
fn sentence((what, names): &(String, Vec<String>)) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => format!("{last} names {what}, so that later lines can refer to it"),
        Some((last, others)) => {
            let others = others.join(", ");
            format!("{others} and {last} each name {what}, so that later lines can refer to them")
        }
        None => String::new(),
    }
}
