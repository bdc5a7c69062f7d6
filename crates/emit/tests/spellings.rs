//! Every row of the vocabulary against every target: a missing spelling fails here and not at a user's.

use derive_emit::{Asked, Options, TARGETS, emit};
use derive_graph::function::{Arithmetic, Notation};
use derive_graph::function_table::FUNCTIONS;
use derive_graph::matrix_function::MATRIX_FUNCTIONS;
use derive_graph::operator::{self, OPERATORS};
use derive_graph::{
    Dim, Einsum, Function, Label, Loss, Name, Network, NodeId, Operation, Role, Shape, Symbol,
};
use derive_index::build;
use derive_index::derivation::{Derivation, Forward};

/// What is written with signs and not with a name.
fn has_a_sign(notation: Notation) -> bool {
    let power = Notation::Arithmetic(Arithmetic::Power);
    matches!(notation, Notation::Arithmetic(_) | Notation::Square) && notation != power
}

#[test]
fn every_function_is_spelled() {
    for target in TARGETS {
        for row in FUNCTIONS.iter().filter(|row| !has_a_sign(row.notation)) {
            assert!(
                target.spelling(row.name).is_some(),
                "{} does not spell `{}`",
                target.name,
                row.name
            );
        }
        for row in MATRIX_FUNCTIONS {
            assert!(
                target.spelling(row.name).is_some(),
                "{} does not spell `{}`",
                target.name,
                row.name
            );
        }
    }
}

/// A network whose loss is the sum of all entries of `operation` of arrays of these shapes.
fn network(operation: Operation, shapes: &[Shape], result: Shape) -> Derivation {
    let mut network = Network::default();
    let mut arguments = Vec::new();
    for (at, shape) in shapes.iter().enumerate() {
        let name = Name::new(&format!("A{at}"));
        let symbol = Operation::Symbol(name.clone());
        arguments.push(network.graph.add(symbol, Vec::new(), shape.clone()));
        network.symbols.push(Symbol {
            name,
            role: Role::Param,
            shape: shape.clone(),
            attributes: Vec::new(),
            latex: None,
            definition: None,
            layer: None,
        });
    }
    let node = network.graph.add(operation, arguments, result.clone());
    network.loss = Loss {
        name: Name::new("L"),
        node: total(&mut network, node, &result),
    };
    let loss = Forward {
        name: Name::new("L"),
        shape: Shape::scalar(),
        indices: Vec::new(),
        entry: build::integer(0),
        matrix: None,
    };
    Derivation {
        network,
        forward: Vec::new(),
        loss,
        functions: Vec::new(),
        kinks: Vec::new(),
        statements: Vec::new(),
        notes: Vec::new(),
        verdict: None,
        claims: Vec::new(),
        spellings: Vec::new(),
        savings: None,
    }
}

fn total(network: &mut Network, node: NodeId, shape: &Shape) -> NodeId {
    if shape.is_scalar() {
        return node;
    }
    let axes: Vec<usize> = (0..shape.rank()).collect();
    let sum = operator::sum(shape.rank(), &axes, false);
    network
        .graph
        .add(Operation::Einsum(sum), vec![node], Shape::scalar())
}

fn dims(labels: &[Label]) -> Shape {
    let dim = |label: &Label| Dim::Named(Name::new(&format!("n{}", char::from(label.0))));
    Shape(labels.iter().map(dim).collect())
}

/// The program for every target, which must exist and mention every argument.
fn check(derivation: &Derivation, what: &str) {
    for target in TARGETS {
        let asked = Asked::gradients(derivation);
        let text = emit(&asked, target, Options::default(), &|_, _| String::new());
        let text = text.unwrap_or_else(|error| panic!("{}: {what}: {error}", target.name));
        for symbol in &derivation.network.symbols {
            assert!(
                text.contains(symbol.name.as_str()),
                "{}: {what}\n{text}",
                target.name
            );
        }
    }
}

#[test]
fn every_pattern_of_every_operator_is_written() {
    for row in OPERATORS {
        for pattern in row.patterns {
            let einsum = Einsum::parse(row.name, pattern);
            let shapes: Vec<Shape> = einsum.inputs.iter().map(|labels| dims(labels)).collect();
            let result = dims(&einsum.output);
            check(
                &network(Operation::Einsum(einsum), &shapes, result),
                pattern,
            );
        }
    }
}

#[test]
fn every_elementwise_function_is_written() {
    let shape = dims(&[Label(b'i'), Label(b'j')]);
    for row in FUNCTIONS.iter().filter(|row| row.arity > 0) {
        let operation = Operation::Elementwise(Function::named(row.name));
        let shapes = vec![shape.clone(); row.arity];
        check(&network(operation, &shapes, shape.clone()), row.name);
    }
}
