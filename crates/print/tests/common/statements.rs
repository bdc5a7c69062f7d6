//! The statements of the two-layer network: chain rules, steps and results.

use super::*;
use derive_graph::Name;
use derive_index::derivation::{
    ChainLink, Condition, Cotangent, Local, Statement, StatementKind, Step, Why,
};
use derive_index::{Index, Term, build};

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

const SIFT: &str = "{0} is zero unless {1} = {2}‹, so the sum over {1} keeps one term›";

fn sift(from: &Index, to: &Index) -> Why {
    why(
        SIFT,
        &[build::delta(from, to), build::index(from), build::index(to)],
    )
}

pub fn output_statement() -> Statement {
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
            layers: None,
        }],
        start,
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        three_terms: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

pub fn hidden_statement() -> Statement {
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
        layers: None,
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
            layers: None,
        }],
        start,
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        three_terms: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

pub fn weight_statement(layer: &str, input: (&str, [&str; 2]), output: &str) -> Statement {
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
            layers: None,
        }],
        start,
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        three_terms: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}

pub fn bias_statement(layer: &str, output: &str) -> Statement {
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
            layers: None,
        }],
        start: summed(&[&p, &r], &[at(&delta, &[&p, &r]), slope]),
        steps: taken.into(),
        result,
        in_full: None,
        dilated: None,
        three_terms: None,
        contributions: Vec::new(),
        numerator: Vec::new(),
        saturated: true,
    }
}
