//! Networks and derivations built by hand for the tests.

#![allow(dead_code)]

use derive_graph::{
    Attribute, Dim, Einsum, Function, Name, Network, Node, NodeId, Operation, Role, Shape, Symbol,
    operator,
};
use derive_index::derivation::{Derivation, Forward, Statement, StatementKind};
use derive_index::{Fresh, Index, Rational, Term, build, lower};

/// `[N, d]` from `["N", "d"]`; digits are literal sizes.
pub fn shape(dims: &[&str]) -> Shape {
    let dim = |text: &&str| match text.parse() {
        Ok(size) => Dim::Size(size),
        Err(_) => Dim::Named(Name::new(text)),
    };
    Shape(dims.iter().map(dim).collect())
}

pub fn number(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

/// An array of this name as a term.
pub fn tensor(name: &str, dims: &[&str]) -> Term {
    build::tensor(&Name::new(name), &shape(dims))
}

/// The cotangent of an array as a term.
pub fn cotangent(name: &str, dims: &[&str]) -> Term {
    build::tensor(&Name::new(name).cotangent(), &shape(dims))
}

pub fn apply(function: &str, arguments: Vec<Term>) -> Term {
    build::apply(Function::named(function), arguments)
}

/// A network under construction.
#[derive(Default)]
pub struct Builder {
    pub network: Network,
}

impl Builder {
    fn symbol(&mut self, name: &str, role: Role, shape: Shape, definition: Option<NodeId>) {
        self.network.symbols.push(Symbol {
            name: Name::new(name),
            role,
            shape,
            attributes: Vec::new(),
            latex: None,
            definition,
            layer: None,
        });
    }

    pub fn declare(&mut self, name: &str, role: Role, dims: &[&str]) -> NodeId {
        let shape = shape(dims);
        self.symbol(name, role, shape.clone(), None);
        if role == Role::Param {
            self.network.wrt.push(Name::new(name));
        }
        let symbol = Operation::Symbol(Name::new(name));
        self.network.graph.add(symbol, Vec::new(), shape)
    }

    pub fn attribute(&mut self, attribute: Attribute) {
        let last = self
            .network
            .symbols
            .last_mut()
            .expect("a symbol was declared");
        last.attributes.push(attribute);
    }

    pub fn define(&mut self, name: &str, node: NodeId) -> NodeId {
        let shape = self.network.graph.shape(node).clone();
        self.symbol(name, Role::Intermediate, shape.clone(), Some(node));
        let symbol = Operation::Symbol(Name::new(name));
        self.network.graph.add(symbol, Vec::new(), shape)
    }

    pub fn number(&mut self, numerator: i64, denominator: i64) -> NodeId {
        let number = Operation::Number(number(numerator, denominator));
        self.network.graph.add(number, Vec::new(), Shape::scalar())
    }

    pub fn dimension(&mut self, name: &str) -> NodeId {
        let dimension = Operation::Dimension(Name::new(name));
        self.network
            .graph
            .add(dimension, Vec::new(), Shape::scalar())
    }

    pub fn node(&self, id: NodeId) -> &Node {
        self.network.graph.node(id)
    }

    pub fn apply(&mut self, function: &str, arguments: &[NodeId]) -> NodeId {
        let shape = self.node(arguments[0]).shape.clone();
        let function = Operation::Elementwise(Function::named(function));
        self.network.graph.add(function, arguments.to_vec(), shape)
    }

    pub fn einsum(&mut self, einsum: Einsum, arguments: &[NodeId], shape: Shape) -> NodeId {
        self.network
            .graph
            .add(Operation::Einsum(einsum), arguments.to_vec(), shape)
    }

    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let shapes = [self.node(a).shape.clone(), self.node(b).shape.clone()];
        let row = operator::row("@").expect("the table has a matrix product");
        let einsum = row.einsum(&[&shapes[0], &shapes[1]]).expect("ranks fit");
        let shape = einsum
            .output_shape(&[&shapes[0], &shapes[1]])
            .expect("shapes fit");
        self.einsum(einsum, &[a, b], shape)
    }

    pub fn broadcast(&mut self, a: NodeId, to: &Shape) -> NodeId {
        let einsum = operator::broadcast(&self.node(a).shape.clone(), to);
        self.einsum(einsum, &[a], to.clone())
    }

    pub fn sum(&mut self, a: NodeId) -> NodeId {
        let rank = self.node(a).shape.rank();
        let axes: Vec<usize> = (0..rank).collect();
        self.einsum(operator::sum(rank, &axes, false), &[a], Shape::scalar())
    }

    pub fn softmax(&mut self, a: NodeId, axis: usize) -> NodeId {
        let shape = self.node(a).shape.clone();
        let softmax = Operation::Softmax { axis, log: false };
        self.network.graph.add(softmax, vec![a], shape)
    }

    pub fn loss(&mut self, node: NodeId) {
        self.network.loss.node = node;
    }
}

/// A statement with this result and no steps.
pub fn statement(variable: &str, kind: StatementKind, shape: Shape, result: Term) -> Statement {
    let indices = Fresh::default().indices(&shape.0);
    let start = build::entry(result.clone(), indices.clone());
    Statement {
        variable: Name::new(variable),
        shape,
        kind,
        indices,
        chain: Vec::new(),
        start,
        steps: Default::default(),
        result,
        in_full: None,
        dilated: None,
        three_terms: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

/// A derivation of these results, cotangents of intermediates first.
pub fn derivation(network: Network, results: &[(&str, Term)]) -> Derivation {
    let forward = |name: &Name, shape: &Shape, node: NodeId| {
        let mut fresh = Fresh::default();
        let indices: Vec<Index> = fresh.indices(&shape.0);
        Forward {
            name: name.clone(),
            shape: shape.clone(),
            entry: lower::lower_entry(&network.graph, node, &indices, &mut fresh),
            indices,
            matrix: lower::lower_matrix(&network.graph, node),
        }
    };
    let defined = network
        .symbols
        .iter()
        .filter_map(|symbol| Some(forward(&symbol.name, &symbol.shape, symbol.definition?)));
    let statements = results.iter().map(|(variable, result)| {
        let symbol = network
            .symbol(&Name::new(variable))
            .expect("the variable exists");
        let kind = if symbol.definition.is_some() {
            StatementKind::Cotangent
        } else {
            StatementKind::Gradient
        };
        statement(variable, kind, symbol.shape.clone(), result.clone())
    });
    Derivation {
        forward: defined.collect(),
        loss: forward(&network.loss.name, &Shape::scalar(), network.loss.node),
        functions: Vec::new(),
        kinks: Vec::new(),
        statements: statements.collect(),
        notes: Vec::new(),
        verdict: None,
        claims: Vec::new(),
        spellings: Vec::new(),
        savings: None,
        network,
    }
}

/// Y = X W, L = Σ Y².
pub fn linear() -> Builder {
    let mut builder = Builder::default();
    let x = builder.declare("X", Role::Input, &["N", "d"]);
    let w = builder.declare("W", Role::Param, &["d", "h"]);
    let product = builder.matmul(x, w);
    let y = builder.define("Y", product);
    let squares = builder.apply("square", &[y]);
    let loss = builder.sum(squares);
    builder.loss(loss);
    builder
}

/// `depth` layers A_l = tanh(A_{l−1} W_l + b_l) and L = Σ A², with its true derivatives.
pub fn chain(depth: usize) -> (Network, Vec<(String, Term)>) {
    let mut builder = Builder::default();
    let dim = |layer: usize| format!("h{layer}");
    let mut below = builder.declare("A0", Role::Input, &["N", &dim(0)]);
    let mut results: Vec<(String, Term)> = Vec::new();
    let mut backward: Vec<Vec<(String, Term)>> = Vec::new();
    for layer in 1..=depth {
        let (from, to) = (dim(layer - 1), dim(layer));
        let w = builder.declare(&format!("W{layer}"), Role::Param, &[&from, &to]);
        let b = builder.declare(&format!("b{layer}"), Role::Param, &[&to]);
        let product = builder.matmul(below, w);
        let bias = builder.broadcast(b, &shape(&["N", &to]));
        let z = builder.apply("add", &[product, bias]);
        let z = builder.define(&format!("Z{layer}"), z);
        let a = builder.apply("tanh", &[z]);
        below = builder.define(&format!("A{layer}"), a);

        let (rows, sample) = (["N", to.as_str()], ["N", from.as_str()]);
        let activation = tensor(&format!("A{layer}"), &rows);
        let error = if layer == depth {
            build::product(Vec::new(), vec![build::integer(2), activation.clone()])
        } else {
            let next = dim(layer + 1);
            let w = tensor(&format!("W{}", layer + 1), &[&to, &next]);
            let z = cotangent(&format!("Z{}", layer + 1), &["N", &next]);
            build::matmul(vec![z, build::transpose(w)])
        };
        let squared = build::power(activation, number(2, 1));
        let slope = build::difference(build::integer(1), squared);
        let da = cotangent(&format!("A{layer}"), &rows);
        let dz = cotangent(&format!("Z{layer}"), &rows);
        let input = build::transpose(tensor(&format!("A{}", layer - 1), &sample));
        let ones = build::ones(&shape(&["N"]).0);
        backward.push(vec![
            (format!("A{layer}"), error),
            (
                format!("Z{layer}"),
                build::product(Vec::new(), vec![da, slope]),
            ),
        ]);
        results.push((format!("W{layer}"), build::matmul(vec![input, dz.clone()])));
        results.push((format!("b{layer}"), build::matmul(vec![ones, dz])));
    }
    let squares = builder.apply("square", &[below]);
    let loss = builder.sum(squares);
    builder.loss(loss);
    let cotangents = backward.into_iter().rev().flatten();
    (builder.network, cotangents.chain(results).collect())
}

/// Two times a term.
pub fn twice(term: Term) -> Term {
    build::product(Vec::new(), vec![build::integer(2), term])
}

/// The derivatives of [`linear`], that by `W` times a factor.
pub fn linear_results(factor: i64) -> [(&'static str, Term); 2] {
    let scaled = |term| build::product(Vec::new(), vec![build::integer(factor), term]);
    let x = build::transpose(tensor("X", &["N", "d"]));
    let w = scaled(build::matmul(vec![x, cotangent("Y", &["N", "h"])]));
    [("Y", twice(tensor("Y", &["N", "h"]))), ("W", w)]
}
