//! What a loss takes for granted of its targets: where made-up ones have to lie so that it has a least value.
//!
//! In: a network. Out: the targets that are events, 0 or 1, and those that are counts. An event y stands beside 1 − y, or is a factor of a z
//! whose softplus is there as well, as in softplus(z) − y z; a count is a factor of a z whose exponential is, as in exp(z) − y z; either may
//! be a factor of a logarithm. What is declared `onehot`, `simplex` or `positive` says so itself.

use derive_graph::{Name, Network, NodeId, Operation, Role};
use num_traits::One;

/// What made-up values of a target are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Whole numbers from 0 on.
    Count,
    /// 0 or 1.
    Event,
}

impl Outcome {
    /// The word in the script.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Count => "count",
            Outcome::Event => "event",
        }
    }
}

/// The targets that are events or counts.
pub(crate) fn outcomes(network: &Network) -> Vec<(&Name, Outcome)> {
    let targets = network.symbols.iter();
    let targets = targets.filter(|it| it.role == Role::Target && it.attributes.is_empty());
    let found = targets.filter_map(|it| Some((&it.name, outcome(network, &it.name)?)));
    found.collect()
}

fn outcome(network: &Network, target: &Name) -> Option<Outcome> {
    let all = (0..network.graph.len()).map(NodeId);
    all.filter_map(|id| told(network, target, id)).max()
}

/// What one node says of a target.
fn told(network: &Network, target: &Name, id: NodeId) -> Option<Outcome> {
    let node = network.graph.node(id);
    let is_target = |id: NodeId| matches!(&network.graph.node(id).operation, Operation::Symbol(name) if name == target);
    let is_product =
        function(network, id) == Some("multiply") || matches!(node.operation, Operation::Einsum(_));
    match node.arguments.as_slice() {
        &[one, it] if function(network, id) == Some("subtract") => {
            (is_one(network, one) && is_target(it)).then_some(Outcome::Event)
        }
        factors if is_product && factors.iter().any(|&it| is_target(it)) => {
            let others = factors.iter().filter(|&&it| !is_target(it));
            others.filter_map(|&it| beside(network, it)).max()
        }
        _ => None,
    }
}

/// Whether a node is the number 1, repeated or not.
fn is_one(network: &Network, id: NodeId) -> bool {
    let node = network.graph.node(id);
    match &node.operation {
        Operation::Number(value) => value.is_one(),
        Operation::Einsum(_) if node.arguments.len() == 1 => is_one(network, node.arguments[0]),
        _ => false,
    }
}

/// What it says of y that it is a factor of z.
fn beside(network: &Network, z: NodeId) -> Option<Outcome> {
    let z = defined(network, z);
    if function(network, z) == Some("log") {
        return Some(Outcome::Count);
    }
    let all = (0..network.graph.len()).map(NodeId);
    let of_z = all.filter(|&id| {
        let arguments = &network.graph.node(id).arguments;
        arguments.len() == 1 && defined(network, arguments[0]) == z
    });
    let said = of_z.filter_map(|id| match function(network, id) {
        Some("softplus") => Some(Outcome::Event),
        Some("exp") => Some(Outcome::Count),
        _ => None,
    });
    said.max()
}

fn function(network: &Network, id: NodeId) -> Option<&str> {
    match &network.graph.node(id).operation {
        Operation::Elementwise(function) if function.primes == 0 => Some(function.name.as_str()),
        _ => None,
    }
}

/// A node, or the definition of the quantity that it names.
fn defined(network: &Network, id: NodeId) -> NodeId {
    match &network.graph.node(id).operation {
        Operation::Symbol(name) => {
            let definition = network.symbol(name).and_then(|symbol| symbol.definition);
            definition.map_or(id, |definition| defined(network, definition))
        }
        _ => id,
    }
}
