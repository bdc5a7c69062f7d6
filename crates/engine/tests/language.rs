//! The language beyond dense networks, end to end: results as they are printed, and the numeric check of each.

use derive_engine::{Config, Failure, PrintOptions, Steps, render, run};

fn results(spec: &str, config: &Config) -> String {
    let outcome = match run(spec.as_bytes(), config) {
        Ok(outcome) => outcome,
        Err(failure) => panic!("{failure:?}\n{spec}"),
    };
    let verdict = outcome
        .derivation
        .verdict
        .as_ref()
        .expect("the check is on");
    assert!(
        verdict.failures.is_empty(),
        "{:#?}\n{spec}",
        verdict.failures
    );
    let options = PrintOptions {
        steps: Steps::None,
        ..PrintOptions::default()
    };
    let text = render(&outcome.derivation, &options).expect("what was verified prints");
    text.split("Results").nth(1).unwrap_or_default().to_owned()
}

fn check(spec: &str, expected: &[&str]) {
    check_with(spec, &Config::default(), expected);
}

fn check_with(spec: &str, config: &Config, expected: &[&str]) {
    let found = results(spec, config);
    for line in expected {
        assert!(found.contains(line), "{line} is not in\n{found}\n{spec}");
    }
}

fn refuse(spec: &str, code: &str) {
    match run(spec.as_bytes(), &Config::default()) {
        Err(Failure::Spec(problems)) => {
            assert!(
                problems.iter().any(|problem| problem.code == code),
                "{problems:?}\n{spec}"
            );
        }
        other => panic!("{other:?}\n{spec}"),
    }
}

#[test]
fn windows_give_correlations_and_convolutions() {
    check(
        "input x: [n]\nparam K: [k]\nloss sum(conv1d(x, K)^2)\n",
        &["∂L/∂Kᵢ"],
    );
    check(
        "input x: [9]\nparam K: [3]\nconst G: [5]\nY = conv1d(x, K, stride=2, padding=1)\nloss dot(Y, G)\n",
        &["x[i+2k−1]"],
    );
    check(
        "param x: [7]\nloss sum(maxpool1d(x, 3, stride=2, padding=1)^2)\n",
        &["max"],
    );
    check("param x: [8]\nloss sum(avgpool1d(x, 2)^3)\n", &["∂L/∂x"]);
    check(
        "param h: [n]\ninput x: [n]\nloss sum(circ_conv(h, x)^2)\n",
        &["mod n"],
    );
}

#[test]
fn slices_and_blocks_become_arrays_again() {
    check(
        "param A: [n, m]\nparam B: [k, m]\nconst G: [n + k, m]\nC = concat(A, B)\nloss sum(C * G)\n",
        &["[0:n, :]", "[n:k+n, :]"],
    );
    check(
        "param A: [n, m]\nconst G: [m*n]\nv = flatten(A)\nloss dot(v, G)\n",
        &["reshape("],
    );
    check(
        "param x: [n]\nloss sum(i) x[i] * x[n - 1 - i]\n",
        &["∂L/∂x"],
    );
}

#[test]
fn functions_of_a_matrix_end_in_the_cookbook_s_forms() {
    check(
        "param X: [n, n]\nconst A: [n, n]\nloss det(A @ X)\n",
        &["∂L/∂X = det(A X) (X⁻¹)ᵀ"],
    );
    check(
        "param X: [n, m]\nloss logdet(X.T @ X)\n",
        &["∂L/∂X = 2 X (Xᵀ X)⁻¹"],
    );
    check("param z: [n]\nloss logsumexp(z)\n", &["∂L/∂z = softmax(z)"]);
}

#[test]
fn jacobians_have_their_matrix_forms() {
    let config = Config {
        jacobian: Some("p".to_owned()),
        wrt: vec!["z".to_owned()],
        ..Config::default()
    };
    let spec = "input z: [n]\np = softmax(z)\nparam w: [n]\nloss dot(p, w)\n";
    check_with(spec, &config, &["∂p/∂z = diag(p) − p pᵀ"]);
    let config = Config {
        jacobian: Some("y".to_owned()),
        ..Config::default()
    };
    let spec = "param W: [m, n]\ninput x: [n]\ny = W @ x\nloss sum(y^2)\n";
    check_with(spec, &config, &["∂yᵢ/∂Wⱼₛ = δᵢⱼ xₛ"]);
}

#[test]
fn depth_may_stay_symbolic() {
    let layers = "param W{l}: [h, h]\nZ{l} = A{l-1} @ W{l}\nA{l} = tanh(Z{l})";
    check(
        &format!("input A{{0}}: [N, h]\nfor l in 1..L {{\n{layers}\n}}\nloss sum(A{{L}}^2)\n"),
        &[
            "δ⁽ˡ⁾ = (δ⁽ˡ⁺¹⁾ W⁽ˡ⁺¹⁾ᵀ) ⊙ (1 − A⁽ˡ⁾²)",
            "∂L/∂W⁽ˡ⁾ = A⁽ˡ⁻¹⁾ᵀ δ⁽ˡ⁾",
        ],
    );
    // Dimensions may be a family as well.
    let layers = "param W{l}: [h{l-1}, h{l}]\nA{l} = relu(A{l-1} @ W{l})";
    check(
        &format!("input A{{0}}: [N, h{{0}}]\nfor l in 1..L {{\n{layers}\n}}\nloss sum(A{{L}}^2)\n"),
        &["(h⁽ˡ⁻¹⁾×h⁽ˡ⁾)"],
    );
}

#[test]
fn layers_derive_and_check() {
    for layer in [
        "batchnorm",
        "layernorm",
        "attention",
        "attention(heads=2)",
        "residual { layer dense(4) -> tanh }",
        "dense(4) -> gelu",
    ] {
        check(
            &format!(
                "input X: [n, 4]\nconst G: [n, 4]\nlayer {layer}\nloss sum(yhat * G)\nwrt X\n"
            ),
            &["∂L/∂X"],
        );
    }
    for layer in ["rnn(h)", "lstm(h)", "gru(h)"] {
        check(
            &format!("input X: [3, N, d]\nlayer {layer}\nloss sum(yhat^2)\nwrt X\n"),
            &["∂L/∂X"],
        );
    }
}

#[test]
fn the_work_is_linear_in_the_number_of_users() {
    let length = |steps: usize| {
        let spec = format!("input X: [{steps}, N, d]\nlayer rnn(h)\nloss sum(yhat^2)\n");
        let outcome = run(
            spec.as_bytes(),
            &Config {
                check: None,
                ..Config::default()
            },
        )
        .expect("derives");
        render(&outcome.derivation, &PrintOptions::default())
            .expect("prints")
            .len()
    };
    let (short, long) = (length(20), length(40));
    assert!(long < short * 5 / 2, "{short} {long}");
}

#[test]
fn misuse_is_an_error_with_a_code() {
    refuse("param x: [n]\nloss sum(x[5:2])\n", "E0309");
    refuse("param A: [n, m]\nloss det(A)\n", "E0304");
    refuse("param A: [n, m]\nloss sum(reshape(A, [m + n]))\n", "E0304");
    refuse(
        "input x: [3]\nparam K: [5]\nloss sum(conv1d(x, K))\n",
        "E0312",
    );
    refuse(
        "param x: [n]\nfor t in 2..1 { y{t} = x }\nloss sum(x)\n",
        "E0212",
    );
    refuse(
        "input X: [n, 7]\nlayer attention(heads=3)\nloss sum(yhat)\n",
        "E0407",
    );
    refuse("param x: [n]\nloss sum(i) x[i*i]\n", "E0310");
}

#[test]
fn claims_are_judged_at_every_scale() {
    let verdicts = |spec: &str| -> Vec<bool> {
        let outcome = run(spec.as_bytes(), &Config::default()).expect("derives");
        outcome
            .derivation
            .claims
            .iter()
            .map(|claim| claim.holds)
            .collect()
    };
    let network = "input X: [N, d]\nparam W: [d, h]\ntarget T: [N, h]\n";
    let near = "loss sum((X @ W - T)^2)\nclaim grad(W) = 2.000000002 * X.T @ (X @ W - T)\nclaim grad(W) = 2 * X.T @ (X @ W - T)\n";
    assert_eq!(verdicts(&format!("{network}{near}")), [false, true]);
    let small = "loss 1e-14 * sum((X @ W - T)^2)\nclaim grad(W) = 1e-14 * X.T @ (X @ W - T)\nclaim grad(W) = 2e-14 * X.T @ (X @ W - T)\n";
    assert_eq!(verdicts(&format!("{network}{small}")), [false, true]);
    // No float has e^z here; what is claimed has a value all the same.
    let large = "param x: [n]\nZ = 1000 * exp(x^2)\nP = softmax(Z)\nloss sum(P^2)\nclaim P == exp(Z) / sum(exp(Z))\nclaim P == exp(Z) / (2 * sum(exp(Z)))\nclaim log(sum(exp(Z))) == logsumexp(Z)\n";
    assert_eq!(verdicts(large), [true, false, true]);
    // What rounding leaves of a sum that cancels is zero.
    let zero = "loss sum(W)\nclaim sum(X - mean(X)) == 0\n";
    assert_eq!(verdicts(&format!("{network}{zero}")), [true]);
}

/// An error signal with a symmetric formula, in matrix notation or entry by entry, is read either way; one without stays beside its transpose,
/// and so does that of a matrix which is differentiated by itself, whose entries change alone.
#[test]
fn error_signals_that_are_their_own_transposes() {
    let over = |kernel: &str, loss: &str| {
        format!(
            "input X: [n, d]\ninput T: [n, n]\ninput y: [n]\nparam W: [d, k]\nK = {kernel}\nloss {loss}\n"
        )
    };
    let gram = "X @ W @ W.T @ X.T + eye(n)";
    let process = "y @ inv(K) @ y + logdet(K)";
    let (once, both) = ("∂L/∂W = 2 Xᵀ δᴷ X W", "∂L/∂W = Xᵀ (δᴷ + δᴷᵀ) X W");
    check(&over(gram, process), &[once]);
    check(&over(gram, "sum(tanh(K)^2 / (1 + K^2))"), &[once]);
    check(&over(gram, "sum(K^2 * (T + T.T))"), &[once]);
    check(&over(gram, "sum(K^2 * T)"), &[both]);
    check(&over(gram, "sum(K[0, :]^2)"), &[both]);
    check(
        &format!("{}wrt W, K\n", over(gram, process)),
        &["(K⁻¹)ᵀ y (K⁻¹ y)ᵀ", both],
    );
    check(
        "param X: [n, d]\ninput y: [n]\nK[i, j] = exp(-sum(k) (X[i, k] - X[j, k])^2 / 2)\nC = K + eye(n)\nloss y @ inv(C) @ y\n",
        &["δ^C = −C⁻¹ y (C⁻¹ y)ᵀ", "δᴷ = δ^C"],
    );
}

/// The exponent of ln Σ e^Z has a name where a product is in it, so that its derivative is softmax(Z).
#[test]
fn logarithms_of_sums_of_exponentials_give_softmax() {
    let over = |loss: &str| {
        format!("input X: [N, d]\nparam W: [d, c]\nparam w: [d]\nloss {loss} + sum(w^2)\n")
    };
    let softmax = &["δ^Z = softmax(Z)", "∂L/∂W = Xᵀ δ^Z"];
    check(&over("sum(logsumexp(X @ W, axis=1))"), softmax);
    check(&over("sum(log(sum(exp(X @ W), axis=1)))"), softmax);
    check(&over("logsumexp(X @ w)"), &["δ^Z = softmax(Z)"]);
    // Without a product it needs none.
    check(&over("logsumexp(2 * w)"), &["∂L/∂w = 2"]);
}

/// Layers of one sample and one output read as products with a 1×1 matrix, and 2 stands in front of a product.
#[test]
fn products_keep_numbers_in_front() {
    check(
        "input X: [n, d]\ninput y: [n]\ninput w: [n]\nparam t: [d]\nloss (X @ t - y) @ diag(w) @ (X @ t - y)\n",
        &["∂L/∂t = 2 Xᵀ (w ⊙ (X t − y))"],
    );
    check(
        "input H: [1, h]\nparam W: [h, 1]\ntarget T: [1, 1]\nY = sigmoid(H @ W)\nloss sum((Y - T)^2)\n",
        &["∂L/∂W = Hᵀ (δ^Y ⊙ Y ⊙ (1 − Y))"],
    );
    // 𝟏ᵀ stands in front of all terms, and a sum of rows is a row.
    check(
        "input X: [N, d]\nparam W: [d, d]\nparam b: [1, d]\ntarget y: [N, d]\nA = tanh(X @ W + b)\nB = A @ W + b\nloss norm2(B - y)^2\n",
        &["∂L/∂b = 𝟏ᵀ (δᴬ ⊙ (1 − A²) + δᴮ)"],
    );
}

/// That a place exists is a condition that names the axis.
#[test]
fn places_that_may_not_exist_are_conditions() {
    check(
        "param A: [n, m]\nloss sum(A[0:3, :]^3) + sum(A[0:3, :])\n",
        &["[i < 3]"],
    );
    check(
        "param x: [8]\nconst G: [4]\nY = avgpool1d(x, 2)\nloss dot(Y, G)\n",
        &["[0 ≤ i − 2k < 2]"],
    );
}
