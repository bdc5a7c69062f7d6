//! Second derivatives: the gradients that were derived become definitions, and are differentiated again.
//!
//! Every ∂L/∂V of the first pass is raised to an expression of the network under the name it prints by; so the second pass runs
//! through the same error signals, and the check holds its results against duals of those expressions. The Hessian's block
//! ∂²L/∂θ∂φ is the Jacobian of ∂L/∂θ by φ. The product of the Hessian with a direction v is the gradient of Σ_θ ⟨∂L/∂θ, v_θ⟩, by
//! Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994), in its reverse form.

use crate::run::{Failure, derive, with_loss};
use derive_graph::operator::{broadcast, sum};
use derive_graph::{
    Attribute, Function, Loss, Name, Network, NodeId, Operation, Role, Shape, Symbol,
};
use derive_index::derivation::{Derivation, Statement};
use derive_index::raise::raise;
use derive_index::{Head, Term, build};
use derive_rewrite::Solver;

/// Which second derivatives are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// Every pair of what the loss is differentiated by.
    Hessian,
    /// The Hessian times a direction.
    Product,
}

/// What is to be said of arrays whose entries are bound to one another, where the network is differentiated twice by them.
pub(crate) fn notes_on_bound(network: &Network) -> Vec<String> {
    let bound = network.wrt.iter().filter_map(|name| {
        let attributes = &network.symbol(name)?.attributes;
        let what = attributes.iter().find_map(|attribute| match attribute {
            Attribute::Symmetric => Some("is symmetric"),
            Attribute::OneHot { .. } | Attribute::Simplex { .. } => Some("sums to one"),
            Attribute::Positive => None,
        })?;
        Some(format!(
            "That `{name}` {what} is used when both derivatives have been taken, not between them: its entries are independent"
        ))
    });
    bound.collect()
}

/// The derivations of the second derivatives, each with its solver: for the Hessian one for every gradient, by what stands at or after
/// it in the order of the answer (the others are their transposes); for the product a single one.
///
/// # Errors
/// A function without a row in the derivative table, or a gradient that cannot be made a definition.
pub(crate) fn second_derivatives(
    first: &Derivation,
    second: Second,
) -> Result<Vec<(Derivation, Solver)>, Failure> {
    let network = with_gradients(first)?;
    match second {
        Second::Hessian => {
            let wrt = &network.wrt;
            let mut blocks = Vec::with_capacity(wrt.len());
            for (at, name) in wrt.iter().enumerate() {
                let gradient = name.derivative_of(&first.network.loss.name);
                let definition = network
                    .symbol(&gradient)
                    .and_then(|symbol| symbol.definition);
                let Some(definition) = definition else {
                    continue;
                };
                let mut block = with_loss(network.clone(), &gradient, definition);
                block.wrt.drain(..at);
                blocks.push(derive(block)?);
            }
            Ok(blocks)
        }
        Second::Product => Ok(vec![derive(along_direction(network))?]),
    }
}

/// The network with every ∂L/∂V of the derivation as an intermediate of its own.
fn with_gradients(first: &Derivation) -> Result<Network, Failure> {
    let mut network = first.network.clone();
    network.claims.clear();
    network.update = None;
    let loss = &first.network.loss.name;
    for statement in &first.statements {
        let node = raised(&mut network, statement)?;
        network.symbols.push(Symbol {
            name: statement.variable.derivative_of(loss),
            role: Role::Intermediate,
            shape: statement.shape.clone(),
            attributes: Vec::new(),
            latex: None,
            definition: Some(node),
            layer: None,
        });
    }
    Ok(network)
}

fn raised(network: &mut Network, statement: &Statement) -> Result<NodeId, Failure> {
    let term = statement.in_full.as_ref().unwrap_or(&statement.result);
    let term = as_quantities(term, &network.loss.name);
    let node = raise(&mut network.graph, &term);
    let graph = &mut network.graph;
    let whole = node.map(|node| match graph.shape(node) == &statement.shape {
        true => node,
        false => {
            let einsum = broadcast(graph.shape(node), &statement.shape);
            let shape = statement.shape.clone();
            graph.add(Operation::Einsum(einsum), vec![node], shape)
        }
    });
    whole.ok_or_else(|| {
        let (loss, variable) = (&network.loss.name, &statement.variable);
        Failure::Engine(format!(
            "∂{loss}/∂{variable} takes an extremum over some places only, and is not differentiated again"
        ))
    })
}

/// The cotangents of the first pass are quantities now, and keep out of the way of those of the second.
fn as_quantities(term: &Term, loss: &Name) -> Term {
    match term.head() {
        Head::Tensor(name, shape) => match name.of_cotangent() {
            Some(variable) => build::tensor(&variable.derivative_of(loss), shape),
            None => term.clone(),
        },
        _ if term.children().is_empty() => term.clone(),
        head => {
            let children = term.children().iter();
            let children = children.map(|child| as_quantities(child, loss));
            build::node(head.clone(), children.collect())
        }
    }
}

/// The network whose loss is Σ_θ ⟨∂L/∂θ, v_θ⟩, with a direction v_θ of θ's shape for every θ.
fn along_direction(mut network: Network) -> Network {
    let (wrt, loss) = (network.wrt.clone(), network.loss.name.clone());
    let mut total: Option<NodeId> = None;
    for name in &wrt {
        let gradient = network.symbol(&name.derivative_of(&loss));
        let Some(gradient) = gradient.and_then(|symbol| symbol.definition) else {
            continue;
        };
        let shape = network.graph.shape(gradient).clone();
        let direction = direction_name(&network, name);
        let part = inner_product(&mut network, gradient, &direction, &shape);
        network.symbols.push(Symbol {
            name: direction,
            role: Role::Input,
            shape,
            attributes: Vec::new(),
            latex: None,
            definition: None,
            layer: None,
        });
        total = Some(match total {
            None => part,
            Some(before) => {
                let add = Operation::Elementwise(Function::named("add"));
                network.graph.add(add, vec![before, part], Shape::scalar())
            }
        });
    }
    let zero = || Operation::Number(derive_index::Rational::from_integer(0.into()));
    let node = total.unwrap_or_else(|| network.graph.add(zero(), Vec::new(), Shape::scalar()));
    let gradients: Vec<Name> = wrt.iter().map(|name| name.derivative_of(&loss)).collect();
    network
        .symbols
        .retain(|symbol| !gradients.contains(&symbol.name));
    network.loss = Loss {
        name: free_name(&network, "D"),
        node,
    };
    network.notes.clear();
    network
}

/// `v_W` for `W`.
fn direction_name(network: &Network, name: &Name) -> Name {
    let plain: String = name
        .as_str()
        .chars()
        .filter(|letter| !"{}".contains(*letter))
        .collect();
    free_name(network, &format!("v_{plain}"))
}

fn free_name(network: &Network, wanted: &str) -> Name {
    let taken = |name: &Name| {
        network.symbol(name).is_some() || network.dims.iter().any(|(known, _)| known == name)
    };
    let mut name = Name::new(wanted);
    while taken(&name) {
        name = Name::new(&format!("{name}v"));
    }
    name
}

fn inner_product(
    network: &mut Network,
    gradient: NodeId,
    direction: &Name,
    shape: &Shape,
) -> NodeId {
    let graph = &mut network.graph;
    let direction = graph.add(
        Operation::Symbol(direction.clone()),
        Vec::new(),
        shape.clone(),
    );
    let multiply = Operation::Elementwise(Function::named("multiply"));
    let product = graph.add(multiply, vec![gradient, direction], shape.clone());
    let axes: Vec<usize> = (0..shape.rank()).collect();
    let einsum = sum(shape.rank(), &axes, false);
    match shape.is_scalar() {
        true => product,
        false => graph.add(Operation::Einsum(einsum), vec![product], Shape::scalar()),
    }
}
