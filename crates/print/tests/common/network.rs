//! The two-layer network: its declarations and its forward pass.

use super::*;
use derive_graph::{Attribute, Layer, Name, Network, Role, Shape, Symbol, Update};
use derive_index::derivation::Forward;
use derive_index::{Head, Term, build};

pub fn symbol(name: &str, role: Role, dims: &[&str], layer: Option<(&str, &str)>) -> Symbol {
    Symbol {
        name: Name::new(name),
        role,
        shape: shape(dims),
        attributes: Vec::new(),
        latex: None,
        definition: None,
        layer: layer.map(|(stem, label)| Layer {
            stem: stem.to_owned(),
            label: label.to_owned(),
        }),
    }
}

pub fn network() -> Network {
    let target = Symbol {
        attributes: vec![Attribute::OneHot { axis: 1 }],
        ..symbol("y", Role::Target, &["N", "c"], None)
    };
    Network {
        title: Some("two_layer".to_owned()),
        dims: [("N", None), ("d", Some(2)), ("h", Some(3)), ("c", Some(2))]
            .map(|(name, size)| (Name::new(name), size))
            .to_vec(),
        symbols: vec![
            symbol("x", Role::Input, &["N", "d"], None),
            target,
            symbol("W1", Role::Param, &["d", "h"], Some(("W", "1"))),
            symbol("b1", Role::Param, &["h"], Some(("b", "1"))),
            symbol("Z1", Role::Intermediate, &["N", "h"], Some(("Z", "1"))),
            symbol("A1", Role::Intermediate, &["N", "h"], Some(("A", "1"))),
            symbol("W2", Role::Param, &["h", "c"], Some(("W", "2"))),
            symbol("b2", Role::Param, &["c"], Some(("b", "2"))),
            symbol("Z2", Role::Intermediate, &["N", "c"], Some(("Z", "2"))),
            symbol("yhat", Role::Intermediate, &["N", "c"], Some(("A", "2"))),
            symbol("eta", Role::Const, &[], None),
        ]
        .into(),
        wrt: ["W1", "b1", "W2", "b2"].map(Name::new).to_vec(),
        update: Some(Update {
            rule: "sgd".to_owned(),
            scalars: vec![Name::new("eta")],
        }),
        notes: vec![
            "The loss is the mean over the N samples: the factor 1/N stands in front of the sum"
                .to_owned(),
        ],
        ..Network::default()
    }
}

fn affine(z: &str, input: &Term, weight: &Term, bias: &Term, dims: [&str; 3]) -> Forward {
    let (i, j, k) = (index(0, dims[0]), index(1, dims[2]), index(2, dims[1]));
    let product = summed(&[&k], &[at(input, &[&i, &k]), at(weight, &[&k, &j])]);
    let rows = build::outer(build::ones(&[dim(dims[0])]), bias.clone());
    Forward {
        name: Name::new(z),
        shape: shape(&[dims[0], dims[2]]),
        indices: vec![i, j.clone()],
        entry: build::sum(vec![product, at(bias, &[&j])]),
        matrix: Some(build::sum(vec![
            build::matmul(vec![input.clone(), weight.clone()]),
            rows,
        ])),
    }
}

pub fn forward() -> Vec<Forward> {
    let x = array("x", &["N", "d"]);
    let z1 = array("Z1", &["N", "h"]);
    let a1 = array("A1", &["N", "h"]);
    let z2 = array("Z2", &["N", "c"]);
    let (i, j, k) = (index(0, "N"), index(1, "h"), index(2, "c"));
    let (c, sum) = (index(1, "c"), |z: &Term| apply("exp", z));
    let total = summed(&[&k], &[sum(&at(&z2, &[&i, &k]))]);
    vec![
        affine(
            "Z1",
            &x,
            &array("W1", &["d", "h"]),
            &array("b1", &["h"]),
            ["N", "d", "h"],
        ),
        Forward {
            name: Name::new("A1"),
            shape: shape(&["N", "h"]),
            indices: vec![i.clone(), j.clone()],
            entry: apply("tanh", &at(&z1, &[&i, &j])),
            matrix: Some(apply("tanh", &z1)),
        },
        affine(
            "Z2",
            &a1,
            &array("W2", &["h", "c"]),
            &array("b2", &["c"]),
            ["N", "h", "c"],
        ),
        Forward {
            name: Name::new("yhat"),
            shape: shape(&["N", "c"]),
            indices: vec![i.clone(), c.clone()],
            entry: times(&[sum(&at(&z2, &[&i, &c])), power(&total, -1)]),
            matrix: Some(Term::raw(
                Head::Softmax {
                    axis: 1,
                    log: false,
                },
                vec![z2],
            )),
        },
    ]
}

pub fn loss() -> Forward {
    let (y, p) = (array("y", &["N", "c"]), array("yhat", &["N", "c"]));
    let (i, j) = (index(0, "N"), index(1, "c"));
    let minus = build::integer(-1);
    let hadamard = times(&[y.clone(), apply("log", &p)]);
    let total = build::matmul(vec![
        build::ones(&[dim("N")]),
        hadamard,
        build::ones(&[dim("c")]),
    ]);
    let entries = [
        minus.clone(),
        per_sample(),
        at(&y, &[&i, &j]),
        apply("log", &at(&p, &[&i, &j])),
    ];
    Forward {
        name: Name::new("L"),
        shape: Shape::scalar(),
        indices: Vec::new(),
        entry: summed(&[&i, &j], &entries),
        matrix: Some(times(&[minus, per_sample(), total])),
    }
}
