//! Every operator of the language: gradients that textbooks give are held right, the same ones scaled or turned wrong, and expressions are equal where
//! they should be and nowhere else. What is right is written by hand, in the language of the spec.

mod support;

use derive_check::{Config, check_claims, check_derivation, check_function_facts};
use derive_graph::{ClaimSubject, Function, Name, Network, Shape};
use derive_index::derivation::FunctionFact;
use derive_index::{Fresh, Term, build, lower};
use support::{derivation, number};

fn network(lines: &[&str]) -> Network {
    let text = lines.join("\n");
    let parsed = derive_syntax::parse(text.as_bytes());
    assert!(
        parsed.diagnostics.is_empty(),
        "{text}\n{:?}",
        parsed.diagnostics
    );
    let elaborated = derive_elaborate::elaborate(&parsed.spec);
    let said = format!("{text}\n{:?}", elaborated.diagnostics);
    elaborated.network.expect(&said)
}

/// Declarations, the loss, what it is differentiated by, and the gradient.
type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const GRADIENTS: &[Row] = &[
    // Elementwise functions.
    ("param x: [n]\ninput c: [n]", "sum(c * exp(x))", "grad(x) = c * exp(x)"),
    ("param x: [n]\ninput c: [n]", "sum(c * x^3)", "grad(x) = 3 * c * x^2"),
    ("param x: [n]\ninput c: [n]", "sum(c / x)", "grad(x) = -c / x^2"),
    ("param x: [n]\ninput c: [n]", "sum(c * relu(x))", "grad(x) = c * (sign(x) + 1) / 2"),
    ("param x: [n]\ninput c: [n]", "sum(c * tanh(x))", "grad(x) = c * (1 - tanh(x)^2)"),
    ("function f\nparam x: [n]\ninput c: [n]", "sum(c * f(2 * x))", "grad(x) = 2 * c * f'(2 * x)"),
    ("function g(z) = z * sigmoid(z)\nparam x: [n]", "sum(g(x))", "grad(x) = sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))"),
    ("function g(z) = z * sigmoid(z)\nparam x: [n]\ninput c: [n]", "sum(c * g(3 * x))", "grad(x) = 3 * c * g'(3 * x)"),
    ("function f\nfunction g(z) = z * f(2 * z)\nparam x: [n]\ninput c: [n]", "sum(c * g(x))", "grad(x) = c * (f(2 * x) + 2 * x * f'(2 * x))"),
    ("dims n\nfunction g(z) = z^2 * n\nparam x: [n]", "sum(g(x))", "grad(x) = 2 * n * x"),
    // Reductions and normalisations.
    ("param x: [n]", "mean(x^2)", "grad(x) = 2 * x / n"),
    ("param x: [n]", "norm2(x)", "grad(x) = x / norm2(x)"),
    ("param x: [n]", "norm1(x)", "grad(x) = sign(x)"),
    ("param x: [n]", "logsumexp(x)", "grad(x) = softmax(x)"),
    ("param x: [n]\ninput c: [n]", "sum(c * softmax(x))", "grad(x) = softmax(x) * (c - dot(c, softmax(x)))"),
    ("param x: [n]\ninput c: [n]", "sum(c * log_softmax(x))", "grad(x) = c - sum(c) * softmax(x)"),
    // Exponentials that no float holds, whatever x is.
    ("param x: [n]\ninput c: [n]", "sum(c * softmax(1000 * exp(x^2)))", "grad(x) = 2000 * x * exp(x^2) * softmax(1000 * exp(x^2)) * (c - dot(c, softmax(1000 * exp(x^2))))"),
    ("param x: [n]\ninput c: [n]", "sum(c * softmax(-1000 * exp(x^2)))", "grad(x) = -2000 * x * exp(x^2) * softmax(-1000 * exp(x^2)) * (c - dot(c, softmax(-1000 * exp(x^2))))"),
    ("param X: [m, n]\ninput C: [m, n]", "sum(C * softmax(X, axis=0))", "grad(X) = softmax(X, axis=0) * (C - sum(C * softmax(X, axis=0), axis=0))"),
    ("param X: [m, n]\ninput c: [m]", "sum(c * sum(X, axis=1)^2)", "grad(X)[i, j] = 2 * c[i] * sum(k) X[i, k]"),
    ("param u: [1]\ninput v: [1]", "max(concat(u, v))", "grad(u) = (1 + sign(u - v)) / 2"),
    ("param u: [1]\ninput v: [1]", "min(concat(v, u))", "grad(u) = (1 - sign(u - v)) / 2"),
    // Where the entries are large a softmax has one entry of 1, and the printed exponentials are no floats: nearer to zero they say more.
    ("param x: [n]\ninput c: [n]", "sum(c * softmax(100000 * x))", "grad(x) = 100000 * softmax(100000 * x) * (c - dot(c, softmax(100000 * x)))"),
    ("param x: [n]\ninput c: [n]", "sum(c * softmax(200 * x))", "grad(x) = 200 * softmax(200 * x) * (c - dot(c, softmax(200 * x)))"),
    ("param x: [n]", "logsumexp(1000 * x)^2", "grad(x) = 2000 * logsumexp(1000 * x) * softmax(1000 * x)"),
    // What is left of terms that cancel.
    ("param x: [n]\ninput c: [n]", "sum(c * ((x + 1000)^2 - 2000 * x))", "grad(x) = 2 * c * ((x + 1000) - 1000)"),
    ("param x: [n]\ninput y: [n]", "sum((x - y)^4)", "grad(x) = 4 * (x^3 - 3 * x^2 * y + 3 * x * y^2 - y^3)"),
    // Matrices.
    ("param W: [d, h]\ninput X: [N, d]\ninput C: [N, h]", "sum(C * (X @ W))", "grad(W) = X.T @ C"),
    ("param A: [n, n]\ninput C: [n, n]", "sum(C * (A @ A))", "grad(A) = C @ A.T + A.T @ C"),
    ("param x: [n]\ninput A: [n, n]", "sum(i, j) A[i, j] * x[i] * x[j]", "grad(x) = A @ x + A.T @ x"),
    ("param v: [n]\ninput C: [n, n]", "sum(C * diag(v))", "grad(v) = diag(C)"),
    ("param u: [m]\ninput v: [n]\ninput C: [m, n]", "sum(C * outer(u, v))", "grad(u) = C @ v"),
    ("param A: [n, n]\ninput C: [n, n]", "tr(C @ A)", "grad(A) = C.T"),
    ("param A: [n, n]", "det(A)", "grad(A) = det(A) * inv(A).T"),
    ("param A: [n, n]", "tr(inv(A))", "grad(A) = -(inv(A) @ inv(A)).T"),
    ("param A: [n, n]", "logdet(A)", "grad(A) = inv(A).T"),
    // Shapes and places.
    ("param x: [6]\ninput C: [2, 3]", "sum(C * reshape(x, [2, 3]))", "grad(x) = reshape(C, [6])"),
    ("param X: [m, n]\ninput c: [m * n]", "sum(c * flatten(X)^2)", "grad(X) = 2 * reshape(c, [m, n]) * X"),
    ("param u: [n]\ninput v: [m]\ninput c: [n + m]", "sum(c * concat(u, v))", "grad(u) = c[0:n]"),
    ("param v: [m]\ninput u: [n]\ninput c: [n + m]", "sum(c * concat(u, v)^2)", "grad(v)[i] = 2 * c[n + i] * v[i]"),
    ("param x: [5]\ninput c: [3]", "sum(c * x[1:4])", "grad(x) = concat(zeros(1), c, zeros(1))"),
    ("param x: [4]\ninput c: [2]", "sum(c * avgpool1d(x, 2))", "grad(x) = concat(c[0:1], c[0:1], c[1:2], c[1:2]) / 2"),
    ("param K: [r]\ninput x: [n]\ninput c: [n - r + 1]", "sum(c * conv1d(x, K))", "grad(K) = conv1d(x, c)"),
    ("param x: [n]\ninput K: [r]\ninput c: [n - r + 1]", "sum(c * conv1d(x, K))", "grad(x)[u] = sum(a) K[a] * c[u - a]"),
    ("param a: [n]\ninput b: [n]\ninput c: [n]", "sum(c * circ_conv(a, b))", "grad(a) = real(idft(dft(c) * conj(dft(b))))"),
    // Transforms.
    ("param x: [n]", "norm2(dft(x))^2", "grad(x) = 2 * n * x"),
    ("param x: [n]\ninput h: [n]", "norm2(dft(x) * dft(h))^2", "grad(x) = 2 * n * real(idft(dft(x) * abs(dft(h))^2))"),
    ("param x: [n]\ninput h: [n]", "norm2(dft(x) - dft(h))^2", "grad(x) = 2 * n * (x - h)"),
    ("param x: [n]\ninput h: [n]", "norm2(conj(dft(x)) + dft(h))^2", "grad(x) = 2 * n * (x + real(idft(conj(dft(h)))))"),
    ("param x: [n]\ninput c: [n]", "sum(c * real(dft(x)))", "grad(x) = real(dft(c))"),
    ("param x: [n]\ninput c: [n]", "sum(c * imag(dft(x)))", "grad(x) = imag(dft(c))"),
    ("param x: [n]\ninput c: [n]", "sum(c * abs(dft(x))^2)", "grad(x) = 2 * n * real(idft(c * dft(x)))"),
    ("param x: [n]\ninput h: [n]", "sum(circ_conv(x, h)^2)", "grad(x) = 2 * real(idft(dft(circ_conv(x, h)) * conj(dft(h))))"),
    ("param x: [n]\ninput h: [n]\ninput c: [n]", "sum(c * idft(dft(x) * dft(h) / 3))", "grad(x) = real(idft(dft(c) * conj(dft(h)))) / 3"),
];

/// Gradients that are told from others by fewer digits.
#[rustfmt::skip]
const ROUGHLY: &[Row] = &[
    // What is left of a tanh far from zero.
    ("param x: [5]", "tanh(9 + sum(x^2))", "grad(x) = 2 * x * (1 - tanh(9 + sum(x^2))^2)"),
    // So large that they are compared along directions, in which terms cancel.
    ("param x: [1000]\ninput c: [1000]", "sum(c * exp(x))", "grad(x) = c * exp(x)"),
    ("param x: [1000]", "logsumexp(x)", "grad(x) = softmax(x)"),
    ("param b: [30]\ninput X: [30, 100]\ninput C: [30, 100]\ninput c: [100]", "sum(C * tanh(X + outer(b, c)))", "grad(b) = ((1 - tanh(X + outer(b, c))^2) * C) @ c"),
    ("param W: [20, 30]\ninput X: [40, 20]\ninput C: [40, 30]", "sum(C * (X @ W)^2)", "grad(W) = 2 * X.T @ (C * (X @ W))"),
];

/// The gradient that a claim of a network states, as a term.
fn stated(network: &Network, claim: usize) -> (Name, Term) {
    let claim = &network.claims[claim];
    let ClaimSubject::Gradient(name) = &claim.subject else {
        panic!("{} is no gradient", claim.text);
    };
    let node = claim.value.clone().expect(&claim.text);
    let mut fresh = Fresh::default();
    let indices = fresh.indices(&network.graph.shape(node).0);
    let entry = lower::lower_entry(&network.graph, node, &indices, &mut fresh);
    (name.clone(), build::comprehension(&indices, entry))
}

/// What the check says of a gradient that is `factor` times what is stated.
fn failures(row: &Row, factor: Term, seed: u64) -> Vec<String> {
    let (declarations, loss, gradient) = row;
    let loss = format!("loss L = {loss}");
    let network = network(&[declarations, &loss, &format!("claim {gradient}")]);
    let (name, term) = stated(&network, 0);
    let result = build::product(Vec::new(), vec![factor, term]);
    let derivation = derivation(network, &[(name.as_str(), result)]);
    check_derivation(&derivation, &Config { seed, draws: 2 }).failures
}

#[test]
fn gradients_of_textbooks_are_right() {
    for row in GRADIENTS.iter().chain(ROUGHLY) {
        for seed in 0..3 {
            assert_eq!(failures(row, build::integer(1), seed), [""; 0], "{row:?}");
        }
    }
}

/// Gradients of which rounding is all that is left: right, and no more can be told.
#[rustfmt::skip]
const ROUNDING: &[Row] = &[
    // Of more entries than are compared one by one.
    ("param X: [150, 20]\ninput c: [150]", "sum(c * sum(softmax(X), axis=1))", "grad(X)[i, j] = c[i] * softmax(X)[i, j] * (1 - sum(k) softmax(X)[i, k])"),
    ("param W: [n, n]", "tanh(det(2 * eye(n) + W))", "grad(W) = (1 - tanh(det(2 * eye(n) + W))^2) * det(2 * eye(n) + W) * inv(2 * eye(n) + W).T"),
    ("param W: [n, n]", "sigmoid(logdet(20 * eye(n) + W @ W.T))", "grad(W) = 2 * sigmoid(logdet(20 * eye(n) + W @ W.T)) * (1 - sigmoid(logdet(20 * eye(n) + W @ W.T))) * inv(20 * eye(n) + W @ W.T) @ W"),
    ("param x: [n]", "sum(softmax(3 * x))", "grad(x) = 3 * softmax(3 * x) * (1 - sum(softmax(3 * x)))"),
    ("param x: [n]", "logsumexp(log_softmax(x))", "grad(x) = softmax(log_softmax(x)) - softmax(x)"),
    ("param x: [n]\ninput c: [n]", "sum(c * (x - x))", "grad(x) = 0 * x"),
];

#[test]
fn gradients_that_are_rounding_pass() {
    for row in ROUNDING {
        for seed in 0..3 {
            assert_eq!(failures(row, build::integer(1), seed), [""; 0], "{row:?}");
        }
    }
}

#[test]
fn gradients_that_are_almost_those_are_wrong() {
    let nearly = |row| (row, number(10_000_001, 10_000_000));
    let roughly = |row| (row, number(10_001, 10_000));
    let rows = GRADIENTS.iter().map(nearly);
    for (row, factor) in rows.chain(ROUGHLY.iter().map(roughly)) {
        for factor in [factor, number(-1, 1), number(0, 1)] {
            let found = failures(row, build::number(factor.clone()), 5);
            assert_eq!(found.len(), 1, "{row:?} times {factor}: {found:?}");
            assert!(
                found[0].contains("differs from forward-mode duals"),
                "{found:?}"
            );
        }
    }
}

/// Declarations, what is equal, and what is not.
type Equal = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const EXPRESSIONS: &[Equal] = &[
    ("input x: [n]\ninput y: [n]",
        &["idft(dft(x)) == x", "dft(x + y) == dft(x) + dft(y)", "dft(circ_conv(x, y)) == dft(x) * dft(y)", "abs(dft(x))^2 == real(dft(x))^2 + imag(dft(x))^2",
          "real(dft(x)) == real(conj(dft(x)))", "imag(dft(x)) == -imag(conj(dft(x)))", "norm2(dft(x))^2 == n * norm2(x)^2", "conj(conj(dft(x))) == dft(x)",
          "dft(x) / dft(y) * dft(y) == dft(x)", "dft(x) - dft(y) == -(dft(y) - dft(x))", "2 * dft(x) == dft(2 * x)", "idft(conj(dft(x)) * dft(y)) == idft(dft(y) * conj(dft(x)))"],
        &["dft(x) == n * idft(x)", "dft(x * y) == dft(x) * dft(y)", "conj(dft(x)) == dft(x)", "abs(dft(x)) == real(dft(x))", "idft(dft(x)) == 2 * x",
          "dft(x) * dft(y) == dft(x) * conj(dft(y))", "dft(x) / dft(y) == dft(x) * dft(y)", "dft(x) - dft(y) == dft(x) + dft(y)"]),
    ("input A: [m, n]\ninput B: [n, k]\ninput v: [n]",
        &["(A @ B).T == B.T @ A.T", "A @ diag(v) == A * v", "sum(A @ B) == sum(i, j, l) A[i, l] * B[l, j]", "tr(A @ A.T) == sum(A^2)", "max(A) == -min(-A)",
          "max(A, axis=0) == -min(-A, axis=0)", "softmax(A) == exp(log_softmax(A))", "sum(softmax(A, axis=0), axis=0) == ones(n)", "reshape(A, [n, m]) == reshape(reshape(A, [m * n]), [n, m])"],
        &["A @ B == A @ B + 1", "tr(A @ A.T) == sum(A)", "max(A) == min(A)", "softmax(A) == softmax(A, axis=0)", "A @ diag(v) == A / v", "sum(A) == sum(i, j) A[i, j]^2"]),
    ("input S: [n, n] symmetric\ninput A: [n, n]\ninput p: [n] positive\ninput q: [n] simplex\ninput y: [m, n] onehot",
        &["S == S.T", "sqrt(p)^2 == p", "abs(p) == p", "sum(q) == 1", "sum(y, axis=1) == ones(m)", "y^2 == y", "A @ inv(A) == eye(n)", "det(A @ A) == det(A)^2", "det(A.T) == det(A)"],
        &["A == A.T", "sum(p) == 1", "y == ones(m, n)", "q == q^2", "inv(A) == A", "sum(y, axis=0) == ones(n)", "det(A) == tr(A)"]),
    ("input x: [4]\ninput X: [N, 2, 4]",
        &["maxpool1d(x, 2) == concat(max(x[0:2], keepdims=true), max(x[2:4], keepdims=true))", "avgpool1d(x, 2, stride=1) == (x[0:3] + x[1:4]) / 2",
          "concat(x[0:1], x[1:4]) == x", "concat(X[:, 0:1, :], X[:, 1:2, :], axis=1) == X", "conv1d(x, ones(1)) == x", "flatten(X) == reshape(X, [8 * N])"],
        &["maxpool1d(x, 2) == avgpool1d(x, 2)", "maxpool1d(x, 2) == maxpool1d(-x, 2)", "-x[0:3] == -x[1:4]", "concat(x[1:4], x[0:1]) == x"]),
];

#[test]
fn expressions_are_equal_where_they_should_be() {
    for (declarations, right, wrong) in EXPRESSIONS {
        let claims: Vec<String> = right
            .iter()
            .chain(*wrong)
            .map(|it| format!("claim {it}"))
            .collect();
        let mut lines = vec![*declarations, "param w: scalar", "loss L = w^2"];
        lines.extend(claims.iter().map(String::as_str));
        let network = network(&lines);
        for seed in 0..3 {
            let outcomes = check_claims(&network, &[], seed, 2);
            for (at, outcome) in outcomes.iter().enumerate() {
                assert_eq!(outcome.holds, at < right.len(), "{outcome:?}");
                if outcome.holds {
                    assert_eq!(outcome.reason, "equal at 2 random points", "{outcome:?}");
                }
            }
        }
    }
}

/// A loss, claims about its gradient that hold up to rounding, and some that do not.
type Cancelling = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const CANCELLING: &[Cancelling] = &[
    ("sum(softmax(w))", &["grad(w) = 0 * w", "(w + 1) - w - 1 == 0 * w", "tanh(w) - tanh(w) == 0 * w"],
        &["grad(w) = 1e-12 * w", "(w + 1) - w == 0 * w", "w - w == 1e-12 * w", "grad(w) = w"]),
    ("sum(w^2)", &["grad(w) = 2 * w", "grad(w) = (w + 1)^2 - w^2 - 1"], &["grad(w) = 2.0000001 * w", "grad(w) = 4 * w", "grad(w) = 0 * w"]),
];

#[test]
fn what_rounding_leaves_of_a_derivative_is_as_good_as_zero() {
    for (loss, right, wrong) in CANCELLING {
        let loss = format!("loss L = {loss}");
        for (claim, holds) in right
            .iter()
            .map(|it| (it, true))
            .chain(wrong.iter().map(|it| (it, false)))
        {
            let claim = format!("claim {claim}");
            let network = network(&["param w: [n]", &loss, &claim]);
            for seed in 0..3 {
                let outcome = &check_claims(&network, &[], seed, 2)[0];
                assert_eq!(outcome.holds, holds, "{outcome:?}");
            }
        }
    }
}

#[test]
fn a_function_that_is_defined_nowhere_is_not_passed_over() {
    let network = network(&[
        "function u(z) = sqrt(-z^2 - 1)",
        "param x: [n]",
        "loss L = sum(u(x))",
    ]);
    let z = || build::tensor(&Name::new(FunctionFact::ARGUMENT), &Shape::scalar());
    let under = build::sum(vec![
        build::negate(build::power(z(), number(2, 1))),
        build::integer(-1),
    ]);
    let value = build::apply(Function::named("sqrt"), vec![under]);
    let fact = |stated: [Option<Term>; 2]| {
        let [value, derivative] = stated;
        FunctionFact {
            function: Function::named("u"),
            value,
            derivative,
        }
    };
    let check = |fact: FunctionFact| check_function_facts(&[fact], &network, 0);
    let undefined = ["u is undefined at every point that was tried"];
    assert_eq!(check(fact([Some(value.clone()), None])), undefined);
    assert_eq!(check(fact([None, Some(value)])), undefined);
    assert_eq!(check(fact([None, None])), [""; 0]);
}

/// A claim that is wrong, and what is said of it.
type Wrong = (&'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const REASONS: &[Wrong] = &[
    ("param x: [n]", "x == 2 * x", &["the entry (", ") of the left side is ", ", the claim says ", " (sizes n = "]),
    ("param x: scalar", "x == 2 * x", &["the left side is ", ", the claim says "]),
    ("param x: [n]", "grad(w) == 2 * w + 1", &["∂L/∂w is ", ", the claim says "]),
    ("param x: [n]", "sum(x) * 1000000000 == sum(x) * 1000000001", &["the left side is ", ", the claim says "]),
    ("param x: [n]", "x == x + 1e-10", &["the entry (0) of the left side is "]),
    ("param x: [n]", "dft(x) == dft(2 * x)", &["the entry (0) of the real part of the left side is "]),
    ("param x: [5]", "dft(x) == conj(dft(x))", &["the entry (", ") of the imaginary part of the left side is "]),
    ("param x: [5]", "dft(x) == dft(x) + concat(zeros(1), ones(4))", &["the entry (1) of the real part of the left side is "]),
    ("param x: [5]", "dft(x) == dft(x - concat(zeros(1), ones(1), zeros(3)))", &["the entry (0) of the real part of the left side is "]),
    ("param x: [n]", "log(-x^2 - 1) == x", &["it is undefined at every point that was tried"]),
    ("param x: [n]", "grad(w) = 2 * w + 0 * log(-w^2)", &["∂L/∂w has a value where the claim has none"]),
    ("param x: scalar", "grad(w) = 2 * w + 0 * log(-exp(1000 * exp(x^2)))", &["∂L/∂w has a value where the claim has none"]),
    ("param x: scalar", "grad(w) = 2 * w + 0 * exp(1000 * exp(x^2)) / (x - x)", &["∂L/∂w has a value where the claim has none"]),
    ("param x: [n]", "grad(w) = 4 * w", &["∂L/∂w is ", ", the claim says "]),
    ("param x: [n]", "grad(w) = 2 * w + 1e-10", &["∂L/∂w is ", ", the claim says "]),
    ("param A: [n, n]", "inv(A) @ A == eye(n) * 1.0001", &[" of the left side is "]),
];

#[test]
fn a_wrong_claim_says_where_it_is_wrong() {
    for (declarations, claim, said) in REASONS {
        let claim = format!("claim {claim}");
        let network = network(&[declarations, "param w: scalar", "loss L = w^2", &claim]);
        let outcome = &check_claims(&network, &[], 3, 2)[0];
        assert!(!outcome.holds, "{outcome:?}");
        for part in *said {
            assert!(outcome.reason.contains(part), "{part:?}: {outcome:?}");
        }
        // Both sides are written with as many digits as it takes to tell them apart.
        if let Some((_, sides)) = outcome.reason.split_once(" is ")
            && let Some((derived, claimed)) = sides.split_once(", the claim says ")
        {
            assert_ne!(
                derived,
                claimed.split(" (").next().unwrap_or_default(),
                "{outcome:?}"
            );
        }
    }
}
