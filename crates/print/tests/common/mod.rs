//! A derivation of the two-layer network, built by hand, and short names for building terms.
#![allow(dead_code, missing_docs)] // every test file uses its own part

use derive_graph::{Attribute, Dim, Function, Layer, Name, Network, Role, Shape, Symbol, Update};
use derive_index::derivation::{
    ChainLink, ClaimOutcome, Condition, Cotangent, Derivation, Forward, Local, Statement,
    StatementKind, Step, Verdict, Why,
};
use derive_index::{Head, Index, Rational, Term, build};

pub fn dim(name: &str) -> Dim {
    Dim::Named(Name::new(name))
}

pub fn shape(names: &[&str]) -> Shape {
    Shape(names.iter().map(|name| dim(name)).collect())
}

pub fn array(name: &str, dims: &[&str]) -> Term {
    build::tensor(&Name::new(name), &shape(dims))
}

pub fn index(id: u32, over: &str) -> Index {
    Index::Variable { id, dim: dim(over) }
}

pub fn at(array: &Term, indices: &[&Index]) -> Term {
    build::entry(
        array.clone(),
        indices.iter().map(|index| (*index).clone()).collect(),
    )
}

pub fn apply(function: &str, argument: &Term) -> Term {
    build::apply(Function::named(function), vec![argument.clone()])
}

pub fn power(base: &Term, exponent: i64) -> Term {
    build::power(base.clone(), Rational::from_integer(exponent.into()))
}

pub fn times(factors: &[Term]) -> Term {
    build::product(Vec::new(), factors.to_vec())
}

pub fn summed(bound: &[&Index], factors: &[Term]) -> Term {
    build::product(
        bound.iter().map(|index| (*index).clone()).collect(),
        factors.to_vec(),
    )
}

pub fn per_sample() -> Term {
    build::reciprocal(build::dimension(&dim("N")))
}

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

fn forward() -> Vec<Forward> {
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

fn loss() -> Forward {
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

/// The steps through these bodies (entries) and then through closed forms.
fn steps(
    indices: &[Index],
    bodies: &[(&'static str, Term, Why)],
    closed: &[(&'static str, Term, Why)],
) -> Vec<Step> {
    let entries = bodies
        .iter()
        .map(|(rule, body, why)| (*rule, build::comprehension(indices, body.clone()), why));
    let whole = closed
        .iter()
        .map(|(rule, term, why)| (*rule, term.clone(), why));
    entries
        .chain(whole)
        .map(|(rule, after, why)| Step {
            rule,
            backwards: false,
            before: after.clone(),
            after,
            site: Vec::new(),
            why: why.clone(),
            conditions: Vec::new(),
        })
        .collect()
}

pub fn why(template: &'static str, slots: &[Term]) -> Why {
    Why {
        template,
        slots: slots.to_vec(),
    }
}

fn local(raw: Term, value: Term) -> Local {
    Local {
        raw,
        steps: Default::default(),
        value,
    }
}

const SIFT: &str = "{0} is zero unless {1} = {2}, so the sum over {1} keeps one term";

fn sift(from: &Index, to: &Index) -> Why {
    why(
        SIFT,
        &[build::delta(from, to), build::index(from), build::index(to)],
    )
}

fn output_statement() -> Statement {
    let (y, p) = (array("y", &["N", "c"]), array("yhat", &["N", "c"]));
    let (i, j) = (index(0, "N"), index(1, "c"));
    let (m, n) = (index(2, "N"), index(3, "c"));
    let (y_mn, p_mn) = (at(&y, &[&m, &n]), at(&p, &[&m, &n]));
    let minus = || vec![build::integer(-1), per_sample()];
    let of_loss = times(&[minus(), vec![y_mn.clone(), power(&p_mn, -1)]].concat());
    let jacobian = times(&[
        build::delta(&m, &i),
        p_mn.clone(),
        build::difference(build::delta(&n, &j), at(&p, &[&m, &j])),
    ]);
    let start = summed(&[&m, &n], &[of_loss.clone(), jacobian.clone()]);
    let (y_in, p_ij) = (at(&y, &[&i, &n]), at(&p, &[&i, &j]));
    let inner = build::difference(build::delta(&n, &j), p_ij.clone());
    let sifted = summed(
        &[&n],
        &[
            minus(),
            vec![
                y_in.clone(),
                power(&at(&p, &[&i, &n]), -1),
                at(&p, &[&i, &n]),
                inner.clone(),
            ],
        ]
        .concat(),
    );
    let cancelled = summed(&[&n], &[minus(), vec![y_in.clone(), inner]].concat());
    let row = summed(&[&n], std::slice::from_ref(&y_in));
    let spread = build::sum(vec![
        times(&[minus(), vec![at(&y, &[&i, &j])]].concat()),
        times(&[per_sample(), p_ij.clone(), row.clone()]),
    ]);
    let done = times(&[
        per_sample(),
        build::difference(p_ij.clone(), at(&y, &[&i, &j])),
    ]);
    let result = times(&[per_sample(), build::difference(p.clone(), y.clone())]);
    let indices = vec![i, j];
    let mut taken = steps(
        &indices,
        &[
            ("sift", sifted, sift(&m, &indices[0])),
            (
                "cancel",
                cancelled,
                why("{0} stands above and below", &[at(&p, &[&indices[0], &n])]),
            ),
            ("sift", spread, sift(&n, &indices[1])),
            (
                "row-sum",
                done,
                why(
                    "the entries of each row of {0} sum to one, so {1} = 1",
                    &[y.clone(), row],
                ),
            ),
        ],
        &[(
            "lift",
            result.clone(),
            why(
                "position by position this is the entry of {0}",
                std::slice::from_ref(&result),
            ),
        )],
    );
    taken[1].conditions.push(Condition::NonZero {
        term: at(&p, &[&indices[0], &n]),
        because: "softmax is positive",
    });
    let raw = build::difference(
        times(&[
            build::delta(&m, &indices[0]),
            build::delta(&n, &indices[1]),
            p_mn.clone(),
        ]),
        times(&[
            build::delta(&m, &indices[0]),
            p_mn,
            at(&p, &[&m, &indices[1]]),
        ]),
    );
    Statement {
        variable: Name::new("Z2"),
        shape: shape(&["N", "c"]),
        kind: StatementKind::Cotangent,
        indices,
        chain: vec![ChainLink {
            user: Name::new("yhat"),
            indices: vec![m, n],
            cotangent: Cotangent::Substituted(of_loss),
            local: local(raw, jacobian),
        }],
        start,
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

fn hidden_statement() -> Statement {
    let (i, j) = (index(0, "N"), index(1, "h"));
    let (p, r, m, n, k) = (
        index(2, "N"),
        index(3, "h"),
        index(4, "N"),
        index(5, "c"),
        index(6, "h"),
    );
    let (w, a) = (array("W2", &["h", "c"]), array("A1", &["N", "h"]));
    let delta = build::tensor(&Name::new("Z2").cotangent(), &shape(&["N", "c"]));
    let slope = |a: Term| build::difference(build::integer(1), power(&a, 2));
    let pair = [build::delta(&p, &i), build::delta(&r, &j)];
    let start = summed(
        &[&m, &n, &p, &r],
        &[
            vec![
                at(&delta, &[&m, &n]),
                build::delta(&m, &p),
                at(&w, &[&r, &n]),
                slope(at(&a, &[&p, &r])),
            ],
            pair.to_vec(),
        ]
        .concat(),
    );
    let first = summed(
        &[&n, &p, &r],
        &[
            vec![
                at(&delta, &[&p, &n]),
                at(&w, &[&r, &n]),
                slope(at(&a, &[&p, &r])),
            ],
            pair.to_vec(),
        ]
        .concat(),
    );
    let second = summed(
        &[&n, &r],
        &[
            at(&delta, &[&i, &n]),
            at(&w, &[&r, &n]),
            slope(at(&a, &[&i, &r])),
            pair[1].clone(),
        ],
    );
    let third = summed(
        &[&n],
        &[
            at(&delta, &[&i, &n]),
            at(&w, &[&j, &n]),
            slope(at(&a, &[&i, &j])),
        ],
    );
    let product = build::matmul(vec![delta, build::transpose(w.clone())]);
    let fourth = times(&[at(&product, &[&i, &j]), slope(at(&a, &[&i, &j]))]);
    let result = times(&[product.clone(), slope(a.clone())]);
    let indices = vec![i.clone(), j.clone()];
    let taken = steps(
        &indices,
        &[
            ("sift", first, sift(&m, &p)),
            ("sift", second, sift(&p, &i)),
            ("sift", third, sift(&r, &j)),
            (
                "matmul",
                fourth,
                why(
                    "{0} is summed and stands last in both factors, so the second is transposed: a matrix product",
                    &[build::index(&n)],
                ),
            ),
        ],
        &[(
            "hadamard",
            result.clone(),
            why("factors with the same indices multiply entry by entry", &[]),
        )],
    );
    let bias = summed(
        &[&k],
        &[
            build::delta(&m, &p),
            build::delta(&k, &r),
            at(&w, &[&k, &n]),
        ],
    );
    let outer = ChainLink {
        user: Name::new("Z2"),
        indices: vec![m.clone(), n.clone()],
        cotangent: Cotangent::Named,
        local: local(bias, times(&[build::delta(&m, &p), at(&w, &[&r, &n])])),
    };
    let slope_pr = times(&[slope(at(&a, &[&p, &r])), pair[0].clone(), pair[1].clone()]);
    Statement {
        variable: Name::new("Z1"),
        shape: shape(&["N", "h"]),
        kind: StatementKind::Cotangent,
        indices,
        chain: vec![ChainLink {
            user: Name::new("A1"),
            indices: vec![p, r],
            cotangent: Cotangent::Chained(vec![outer]),
            local: local(slope_pr.clone(), slope_pr),
        }],
        start,
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

fn weight_statement(layer: &str, input: (&str, [&str; 2]), output: &str) -> Statement {
    let (rows, from) = (input.1[0], input.1[1]);
    let (i, j, p, r) = (
        index(0, from),
        index(1, output),
        index(2, rows),
        index(3, output),
    );
    let a = array(input.0, &input.1);
    let z = Name::new(&format!("Z{layer}"));
    let delta = build::tensor(&z.cotangent(), &shape(&[rows, output]));
    let slope = times(&[at(&a, &[&p, &i]), build::delta(&r, &j)]);
    let start = summed(&[&p, &r], &[at(&delta, &[&p, &r]), slope.clone()]);
    let sifted = summed(&[&p], &[at(&delta, &[&p, &j]), at(&a, &[&p, &i])]);
    let result = build::matmul(vec![build::transpose(a), delta]);
    let indices = vec![i, j.clone()];
    let taken = steps(
        &indices,
        &[("sift", sifted, sift(&r, &j))],
        &[(
            "matmul",
            result.clone(),
            why(
                "{0} is summed and stands first in both factors: the first is transposed",
                &[build::index(&p)],
            ),
        )],
    );
    Statement {
        variable: Name::new(&format!("W{layer}")),
        shape: shape(&[from, output]),
        kind: StatementKind::Gradient,
        indices,
        chain: vec![ChainLink {
            user: z,
            indices: vec![p, r],
            cotangent: Cotangent::Named,
            local: local(slope.clone(), slope),
        }],
        start,
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

fn bias_statement(layer: &str, output: &str) -> Statement {
    let (j, p, r) = (index(0, output), index(1, "N"), index(2, output));
    let z = Name::new(&format!("Z{layer}"));
    let delta = build::tensor(&z.cotangent(), &shape(&["N", output]));
    let slope = build::delta(&r, &j);
    let sifted = summed(&[&p], &[at(&delta, &[&p, &j])]);
    let result = build::matmul(vec![build::ones(&[dim("N")]), delta.clone()]);
    let indices = vec![j.clone()];
    let taken = steps(
        &indices,
        &[("sift", sifted, sift(&r, &j))],
        &[(
            "column-sum",
            result.clone(),
            why("adding up the rows is a product with a row of ones", &[]),
        )],
    );
    Statement {
        variable: Name::new(&format!("b{layer}")),
        shape: shape(&[output]),
        kind: StatementKind::Gradient,
        indices,
        chain: vec![ChainLink {
            user: z,
            indices: vec![p.clone(), r.clone()],
            cotangent: Cotangent::Named,
            local: local(slope.clone(), slope.clone()),
        }],
        start: summed(&[&p, &r], &[at(&delta, &[&p, &r]), slope]),
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

/// The whole derivation.
pub fn two_layer() -> Derivation {
    let statements = vec![
        output_statement(),
        hidden_statement(),
        weight_statement("1", ("x", ["N", "d"]), "h"),
        bias_statement("1", "h"),
        weight_statement("2", ("A1", ["N", "h"]), "c"),
        bias_statement("2", "c"),
    ];
    let errors = statements
        .iter()
        .map(|it| (it.variable.clone(), 2.9e-16))
        .collect();
    Derivation {
        network: network(),
        forward: forward(),
        loss: loss(),
        functions: Vec::new(),
        kinks: Vec::new(),
        statements,
        notes: Vec::new(),
        verdict: Some(Verdict {
            draws: 3,
            seed: 7,
            errors,
            steps: 17,
            step_error: 1.1e-16,
            failures: Vec::new(),
            unchecked: Vec::new(),
        }),
        spellings: Vec::new(),
        savings: None,
        claims: vec![ClaimOutcome {
            text: "grad(W2) = A1.T @ grad(Z2)".to_owned(),
            holds: true,
            reason: "the two forms are the same".to_owned(),
            ..ClaimOutcome::default()
        }],
    }
}
