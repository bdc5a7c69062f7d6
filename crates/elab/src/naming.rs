//! Names for subexpressions that later stages want to refer to.
//!
//! Softmax and its argument get names, so that its Jacobian can be written through its value; so does a nonlinear function of
//! a contraction under another contraction, so that no derivation of a deep expression is one expression.

use derive_graph::function::Notation;
use derive_graph::{Name, Network, Node, NodeId, Operation, Role, Symbol};
use std::collections::{HashMap, HashSet};

/// The network with such subexpressions defined as intermediates of their own.
pub(crate) fn name_subexpressions(network: Network) -> Network {
    let mut naming = Naming { taken: network.symbols.iter().map(|symbol| symbol.name.clone()).collect(), network, named: HashMap::new(), new: Vec::new() };
    let symbols = std::mem::take(&mut naming.network.symbols);
    let mut ordered = Vec::with_capacity(symbols.len());
    for mut symbol in symbols {
        if let Some(definition) = symbol.definition {
            symbol.definition = Some(naming.rewrite(definition, true));
        }
        ordered.append(&mut naming.new);
        ordered.push(symbol);
    }
    let loss = naming.network.loss.node;
    naming.network.loss.node = naming.rewrite(loss, false);
    ordered.append(&mut naming.new);
    naming.network.symbols = ordered;
    naming.network
}

struct Naming {
    network: Network,
    taken: HashSet<Name>,
    /// New nodes of rewritten old ones.
    named: HashMap<(NodeId, bool), NodeId>,
    new: Vec<Symbol>,
}

impl Naming {
    /// The node with its subexpressions named. A root keeps its own operation unnamed.
    fn rewrite(&mut self, id: NodeId, root: bool) -> NodeId {
        if let Some(&known) = self.named.get(&(id, root)) {
            return known;
        }
        let node = self.network.graph.node(id).clone();
        let contracts = matches!(&node.operation, Operation::Einsum(einsum) if is_contraction(einsum.operator));
        let arguments: Vec<NodeId> = node.arguments.iter().map(|&argument| self.rewrite(argument, false)).collect();
        let arguments = arguments.into_iter().map(|argument| {
            let softmax_argument = matches!(node.operation, Operation::Softmax { .. });
            let stem = if softmax_argument { "Z" } else { "H" };
            let is_name = matches!(self.network.graph.node(argument).operation, Operation::Symbol(_));
            if !is_name && (softmax_argument || (contracts && self.is_nonlinear_of_contraction(argument))) { self.name(argument, stem) } else { argument }
        });
        let arguments: Vec<NodeId> = arguments.collect();
        let rebuilt = self.network.graph.add(node.operation.clone(), arguments, node.shape.clone());
        let result = if matches!(node.operation, Operation::Softmax { .. }) && !root { self.name(rebuilt, "P") } else { rebuilt };
        self.named.insert((id, root), result);
        result
    }

    fn name(&mut self, id: NodeId, stem: &str) -> NodeId {
        let numbered = (1..).map(|at| Name::new(&format!("{stem}{at}")));
        let name = std::iter::once(Name::new(stem)).chain(numbered).find(|name| !self.taken.contains(name)).unwrap_or_else(|| Name::new(stem));
        self.taken.insert(name.clone());
        let shape = self.network.graph.shape(id).clone();
        self.network.notes.push(format!("a part of an expression was named `{name}`, so that later lines can refer to it"));
        self.new.push(Symbol {
            name: name.clone(),
            role: Role::Intermediate,
            shape: shape.clone(),
            attributes: Vec::new(),
            latex: None,
            definition: Some(id),
            layer: None,
        });
        self.network.graph.add(Operation::Symbol(name), Vec::new(), shape)
    }

    /// Whether a function that is not plain arithmetic is applied to something with a contraction in it.
    fn is_nonlinear_of_contraction(&self, id: NodeId) -> bool {
        let node = self.network.graph.node(id);
        let below = |check: &dyn Fn(&Node) -> bool| self.any(id, check);
        let here = match &node.operation {
            Operation::Elementwise(function) => {
                let notation = function.row().map(|row| row.notation);
                !matches!(notation, Some(Notation::Arithmetic(_) | Notation::Square))
                    && below(&|node| matches!(&node.operation, Operation::Einsum(einsum) if is_contraction(einsum.operator)))
            }
            _ => false,
        };
        here || node.arguments.iter().any(|&argument| self.is_nonlinear_of_contraction(argument))
    }

    fn any(&self, id: NodeId, check: &dyn Fn(&Node) -> bool) -> bool {
        let node = self.network.graph.node(id);
        check(node) || node.arguments.iter().any(|&argument| self.any(argument, check))
    }
}

fn is_contraction(operator: &str) -> bool {
    matches!(operator, "@" | "outer" | "dot" | "tr")
}
