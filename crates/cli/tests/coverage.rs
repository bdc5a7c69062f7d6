//! Every row of the function table, every loss, every activation and every way of writing a parameter, derived and checked.

use derive_engine::{Config, run};

/// Derives a spec and asks that every derivative passed its check and has a closed form.
fn check(source: &str) {
    let outcome = run(source.as_bytes(), &Config::default())
        .unwrap_or_else(|failure| panic!("{source}\n{failure:?}"));
    let verdict = outcome
        .derivation
        .verdict
        .as_ref()
        .expect("the check is on");
    assert!(
        verdict.failures.is_empty(),
        "{source}\n{:#?}",
        verdict.failures
    );
    for statement in &outcome.derivation.statements {
        assert!(
            statement.saturated,
            "{source}\n{} did not saturate",
            statement.variable
        );
        assert!(
            statement.result.is_closed_form(),
            "{source}\n{} has no matrix form: {:?}",
            statement.variable,
            statement.result
        );
        assert_eq!(statement.result.shape(), Some(&statement.shape), "{source}");
    }
    for claim in &outcome.derivation.claims {
        assert!(claim.holds, "{source}\n{}: {}", claim.text, claim.reason);
    }
    for width in [80, 60] {
        let options = derive_engine::PrintOptions {
            width,
            ..Default::default()
        };
        derive_engine::render(&outcome.derivation, &options).expect("prints");
    }
}

const FUNCTIONS: &[&str] = &[
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sigmoid",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "erf",
    "abs",
    "sign",
    "square",
    "arcsin",
    "arccos",
    "arctan",
];

#[test]
fn every_function_of_the_table_is_tested() {
    for row in derive_check_rows() {
        assert!(
            FUNCTIONS.contains(&row) || ["max", "min"].contains(&row),
            "`{row}` is not among the tested functions"
        );
    }
}

fn derive_check_rows() -> Vec<&'static str> {
    derive_graph::function_table::FUNCTIONS
        .iter()
        .filter(|row| !row.internal)
        .map(|row| row.name)
        .collect()
}

#[test]
fn every_function_as_an_expression() {
    for f in FUNCTIONS {
        check(&format!(
            "input X: [N, d]\nparam W: [N, d]\nloss sum({f}(W) * X)\n"
        ));
    }
    check(
        "input X: [N, d]\nparam W: [N, d]\nparam v: [d]\nloss sum(max(W, X)) + sum(min(W * X, v))\n",
    );
    check(
        "param W: [n, d]\nloss sum(leaky_relu(W, 0.2)) + sum(elu(W, 2)) + sum(W^3) + sum(2 / (1 + W^2))\n",
    );
}

#[test]
fn every_function_as_an_activation() {
    for convention in ["rows", "columns"] {
        let shape = if convention == "rows" {
            "[N, d]"
        } else {
            "[d, N]"
        };
        let target = if convention == "rows" {
            "[N, c]"
        } else {
            "[c, N]"
        };
        for f in FUNCTIONS
            .iter()
            .filter(|f| !["log", "sqrt", "arcsin", "arccos"].contains(f))
        {
            check(&format!(
                "convention {convention}\ninput x: {shape}\ntarget y: {target} onehot\nlayer dense(h) -> {f}\n\
                 layer dense(c) -> softmax\nloss cross_entropy(mean)\n"
            ));
        }
    }
}

#[test]
fn every_loss() {
    for (activation, loss) in [
        (" -> sigmoid", "binary_cross_entropy(mean)"),
        (" -> sigmoid", "binary_cross_entropy(sum)"),
        ("", "mse(yhat, y)"),
        ("", "squared_error(mean)"),
        ("", "half_squared_error(sum)"),
        ("", "hinge(mean)"),
        ("", "huber(mean)"),
        (" -> softmax", "cross_entropy(mean)"),
        (" -> log_softmax", "-sum(y * yhat) / N"),
    ] {
        for shape in ["[N, d]", "[d]"] {
            let target = if shape == "[d]" { "[c]" } else { "[N, c]" };
            let loss = if loss.contains("/ N") && shape == "[d]" {
                "-sum(y * yhat)"
            } else {
                loss
            };
            check(&format!(
                "input x: {shape}\ntarget y: {target} onehot\nlayer dense(c){activation}\nloss {loss}\n"
            ));
        }
    }
}

#[test]
fn products_reductions_and_broadcasts() {
    check(
        "param A: [m, n]\nparam B: [n, k]\nparam C: [k, m]\nloss tr(A @ B @ C)\nclaim grad(B) = A.T @ C.T\n",
    );
    check("param x: [n]\nconst A: [n, n]\nloss x.T @ A @ x\nclaim grad(x) = (A + A.T) @ x\n");
    check("param x: [n]\nconst A: [n, n] symmetric\nloss x.T @ A @ x\nclaim grad(x) = 2 * A @ x\n");
    check(
        "param u: [n]\nparam v: [m]\nconst A: [n, m]\nloss sum(outer(u, v) * A)\nclaim grad(u) = A @ v\n",
    );
    check("param u: [n]\nconst v: [n]\nloss dot(u, v)^2\nclaim grad(u) = 2 * dot(u, v) * v\n");
    check("param A: [m, n]\nloss norm2(A)\nclaim grad(A) = A / norm2(A)\n");
    check("param A: [m, n]\nloss norm1(A) + tr(A @ A.T)\n");
    check("param A: [n, n]\nloss tr(A)\n");
    check(
        "param A: [m, n]\nparam b: [n]\nparam c: [m, 1]\nloss sum((A + b) * (A - c)) + mean(A, axis=0) @ b\n",
    );
    check("param A: [m, n]\nparam s: scalar\nloss s * sum(sum(A, axis=1)^2) + sum(exp(s * A))\n");
    check("param W: [d, d]\ninput x: [N, d]\nloss sum((tanh(tanh(x @ W) @ W) - x)^2)\n");
    check(
        "param W: [d, d]\ninput X: [N, d]\ntarget T: [N, d] simplex\nloss cross_entropy(softmax(X @ W), T, mean)\nclaim grad(W) = X.T @ (softmax(X @ W) - T) / N\n",
    );
    check("param w: [d]\nparam unused: [d]\nloss sum(w)\n");
}

#[test]
fn functions_of_the_user() {
    check("function f\nparam W: [n, m]\nloss sum(f(f(W)))\n");
    check(
        "function swish(z) = z * sigmoid(z)\ninput x: [N, d]\ntarget y: [N, c]\nlayer dense(c) -> swish\nloss mse(yhat, y)\n",
    );
    check(
        "function leaky(z, a) = max(z, a * z)\nparam W: [n, m]\nparam a: scalar\nloss sum(leaky(W, a)^2)\n",
    );
    check("function f\nparam W: [n, m]\nloss sum(f(W))\nclaim grad(W) = f'(W)\n");
}

#[test]
fn regularizers_and_updates() {
    check(
        "param w: [d]\ninput X: [m, d]\ntarget y: [m]\nloss sum((X @ w - y)^2)\nregularize l2(lambda) on w\nupdate momentum(eta, mu)\n",
    );
    check(
        "param w: [d]\ninput X: [m, d]\ntarget y: [m]\nloss sum((X @ w - y)^2)\nregularize l1(lambda) on w\nupdate adam(eta, beta1, beta2, eps)\n",
    );
}

/// The form of a term without its names.
fn skeleton(term: &derive_index::Term) -> String {
    let head = format!("{:?}", term.head());
    let kind = head.split(['(', ' ']).next().unwrap_or("").to_owned();
    format!(
        "({kind} {})",
        term.children()
            .iter()
            .map(skeleton)
            .collect::<Vec<_>>()
            .join(" ")
    )
}

#[test]
fn names_do_not_matter() {
    let results = |source: &str| {
        let outcome = run(source.as_bytes(), &Config::default()).expect("derives");
        outcome
            .derivation
            .statements
            .iter()
            .map(|statement| skeleton(&statement.result))
            .collect::<Vec<_>>()
    };
    let spec = |x: &str, w: &str, v: &str, t: &str| {
        format!(
            "input {x}: [n, d]\nparam {w}: [d, k]\nparam {v}: [k, k]\ntarget {t}: [n, k]\nloss sum((tanh({x} @ {w}) @ {v} - {t})^2)\n"
        )
    };
    assert_eq!(
        results(&spec("x", "w", "v", "t")),
        results(&spec("z", "b", "a", "c"))
    );
}

#[test]
fn what_cancels_is_zero() {
    check("param z: [n]\nloss sum(softmax(z * 2))\n");
    check("param z: [n]\ntarget t: [n]\nloss sum(softmax(z)) + sum((z - t)^2)\n");
    check("param A: [m, n]\nloss sum(A - A)\n");
}
