//! Which quantity uses which, in a network of which a part does not reach the loss.

use derive_calculus::Users;
use derive_graph::{Dim, Function, Name, Network, NodeId, Operation, Role, Shape, Symbol};

/// `Z = X W`-like by its mentions alone: every definition is a function of the arrays that it names.
fn network() -> Network {
    let mut network = Network::default();
    let shape = Shape(vec![Dim::Named(Name::new("n"))]);
    let mut declare = |name: &str, of: &[&str]| {
        let arguments: Vec<NodeId> = of
            .iter()
            .map(|name| {
                network.graph.add(
                    Operation::Symbol(Name::new(name)),
                    Vec::new(),
                    shape.clone(),
                )
            })
            .collect();
        let add = Operation::Elementwise(Function::named("add"));
        let definition = (!of.is_empty()).then(|| network.graph.add(add, arguments, shape.clone()));
        network.symbols.push(Symbol {
            name: Name::new(name),
            role: if definition.is_some() {
                Role::Intermediate
            } else {
                Role::Param
            },
            shape: shape.clone(),
            attributes: Vec::new(),
            latex: None,
            definition,
            layer: None,
        });
        definition
    };
    for name in ["X", "W", "V"] {
        declare(name, &[]);
    }
    declare("Z", &["X", "W"]);
    declare("A", &["Z", "X"]);
    declare("unused", &["V", "Z"]);
    let loss = declare("L", &["A", "Z"]).expect("the loss is defined");
    network.symbols.pop();
    network.loss.name = Name::new("L");
    network.loss.node = loss;
    network.wrt = vec![Name::new("W")];
    network
}

#[test]
fn edges_run_from_what_is_used_to_its_users() {
    let users = Users::of(&network());
    let loss = Name::new("L");
    let rows: [(&str, &[&str], bool, bool); 6] = [
        // Name, users that reach the loss, whether it reaches the loss itself, whether it depends on W.
        ("X", &["Z", "A"], true, false),
        ("W", &["Z"], true, true),
        ("V", &[], false, false),
        ("Z", &["A", "L"], true, true),
        ("A", &["L"], true, true),
        ("unused", &[], false, true),
    ];
    for (name, expected, reaches, active) in rows {
        let name = Name::new(name);
        let found: Vec<&str> = users.users(&name, &loss).map(Name::as_str).collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(users.reaches_loss(&name), reaches, "{name}");
        assert_eq!(users.is_active(&name), active, "{name}");
    }
}

/// With an intermediate in the place of the loss it is met once, and it uses what it is defined by.
#[test]
fn an_intermediate_may_stand_in_the_place_of_the_loss() {
    let mut network = network();
    let definition = network
        .symbol(&Name::new("A"))
        .and_then(|symbol| symbol.definition);
    network.loss.name = Name::new("A");
    network.loss.node = definition.expect("A is defined");
    let users = Users::of(&network);
    let found: Vec<&str> = users
        .users(&Name::new("Z"), &network.loss.name)
        .map(Name::as_str)
        .collect();
    assert_eq!(found, ["A"]);
}
