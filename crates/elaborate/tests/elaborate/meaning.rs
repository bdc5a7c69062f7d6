//! What specs mean: layers, losses and notation against the equations that they stand for.

use crate::support::{CLASSIFIER, ONE_LAYER, check, network, run, text};
use derive_graph::ClaimSubject;
use derive_syntax::format::format_spec;

#[test]
fn the_classifier_becomes_equations() {
    check(
        CLASSIFIER,
        "x: [N, d]
         y: [N, c]
         W1: [d, h]
         b1: [h]
         Z1: [N, h] = add(@(x, W1), broadcast[N, h](b1))
         A1: [N, h] = tanh(Z1)
         W2: [h, c]
         b2: [c]
         Z2: [N, c] = add(@(A1, W2), broadcast[N, c](b2))
         yhat: [N, c] = softmax1(Z2)
         eta: scalar
         L = negate(multiply(divide(1, N), sumscalar(multiply(y, log(yhat)))))",
    );
    let equations = format_spec(&run(CLASSIFIER).equations);
    assert!(equations.contains("Z1 = x @ W1 + b1"), "{equations}");
    assert!(
        equations.contains("loss cross_entropy(yhat, y, mean)"),
        "{equations}"
    );
}

#[test]
fn an_unspecified_activation_keeps_its_name() {
    check(
        ONE_LAYER,
        "H: [1, h]
         W: [h, y]
         B: [1, y]
         T: [1, y]
         Y: [1, y] = f(add(@(H, W), B))
         J = multiply(1/2, sumscalar(power(subtract(Y, T), broadcast[1, y](2))))",
    );
    let network = network(ONE_LAYER);
    assert!(network.claims.iter().all(|claim| claim.value.is_ok()));
    assert!(
        matches!(&network.claims[0].subject, ClaimSubject::Gradient(name) if name.as_str() == "B")
    );
}

#[test]
fn layers_follow_the_convention() {
    check(
        "convention columns\ninput x: [d, N]\ntarget y: [c, N] onehot\nlayer dense(h) -> leaky_relu(0.2)\n\
         layer out: dense(c) -> softmax\nloss cross_entropy(mean)",
        "x: [d, N]
         y: [c, N]
         W1: [h, d]
         b1: [h, 1]
         Z1: [h, N] = add(@(W1, x), broadcast[h, N](b1))
         A1: [h, N] = leaky_relu(Z1, broadcast[h, N](1/5))
         W_out: [c, h]
         b_out: [c, 1]
         Z_out: [c, N] = add(@(W_out, A1), broadcast[c, N](b_out))
         yhat: [c, N] = softmax0(Z_out)
         L = negate(multiply(divide(1, N), sumscalar(multiply(y, log(yhat)))))",
    );
    check(
        "convention columns\ninput x: [d]\ntarget y: [c]\nlayer dense(c, bias=false)\nloss mse",
        "x: [d]
         y: [c]
         W1: [c, d]
         yhat: [c] = @(W1, x)
         L = multiply(divide(1, c), sumscalar(power(subtract(yhat, y), broadcast[c](2))))",
    );
    check(
        "input x: [1, 2]\ntarget t: [1, 2]\nlayer dense(7) -> sigmoid\nlayer dropout(0.5)\nlayer flatten\n\
         layer dense(2)\nP = Z2 * A2\nloss half_squared_error(P, t)",
        "x: [1, 2]
         t: [1, 2]
         W1: [2, 7]
         b1: [7]
         Z1: [1, 7] = add(@(x, W1), broadcast[1, 7](b1))
         A1: [1, 7] = sigmoid(Z1)
         mask1: [1, 7]
         D1: [1, 7] = multiply(A1, mask1)
         W2: [7, 2]
         b2: [2]
         yhat: [1, 2] = add(@(D1, W2), broadcast[1, 2](b2))
         P: [1, 2] = multiply(yhat, yhat)
         L = multiply(1/2, sumscalar(power(subtract(P, t), broadcast[1, 2](2))))",
    );
}

/// Layers without parameters alone, or as the last ones, and two that would take one number.
#[test]
fn layers_without_parameters() {
    check(
        "input X: [N, 2, 3]\ntarget y: [N, 6]\nlayer flatten\nloss mse\nwrt X",
        "X: [N, 2, 3]
         y: [N, 6]
         yhat: [N, 6] = Reshape(X)
         L = multiply(divide(1, multiply(6, N)), sumscalar(power(subtract(yhat, y), broadcast[N, 6](2))))",
    );
    check(
        "input X: [N, d]\ntarget y: [N, d]\nlayer flatten\nloss squared_error(yhat, y)\nwrt X",
        "X: [N, d]
         y: [N, d]
         L = sumscalar(power(subtract(X, y), broadcast[N, d](2)))",
    );
    check(
        "input X: [N, d]\ntarget y: [N, k]\nlayer dense(k) -> tanh\nlayer flatten\nloss squared_error(yhat, y)",
        "X: [N, d]
         y: [N, k]
         W1: [d, k]
         b1: [k]
         Z1: [N, k] = add(@(X, W1), broadcast[N, k](b1))
         A1: [N, k] = tanh(Z1)
         L = sumscalar(power(subtract(A1, y), broadcast[N, k](2)))",
    );
    check(
        "input X: [N, d]\ntarget y: [N, d]\nlayer dropout(0.5)\nlayer dropout(0.1)\nlayer residual { layer dropout(0.2) }\n\
         layer residual { layer residual { layer dropout(0.3) } }\nloss squared_error\nwrt X",
        "X: [N, d]
         y: [N, d]
         mask0: [N, d]
         D0: [N, d] = multiply(X, mask0)
         mask1: [N, d]
         D1: [N, d] = multiply(D0, mask1)
         mask2: [N, d]
         D2: [N, d] = multiply(D1, mask2)
         R2: [N, d] = add(D1, D2)
         mask3: [N, d]
         D3: [N, d] = multiply(R2, mask3)
         R3: [N, d] = add(R2, D3)
         yhat: [N, d] = add(R2, R3)
         L = sumscalar(power(subtract(yhat, y), broadcast[N, d](2)))",
    );
}

#[test]
fn a_layer_without_activation_has_one_name() {
    check(
        "input x: [N, d]\ntarget y: [N, 1]\nlayer dense(h)\nH = A1 * A1\nlayer dense(1)\nloss squared_error(mean)",
        "x: [N, d]
         y: [N, 1]
         W1: [d, h]
         b1: [h]
         Z1: [N, h] = add(@(x, W1), broadcast[N, h](b1))
         H: [N, h] = multiply(Z1, Z1)
         W2: [h, 1]
         b2: [1]
         yhat: [N, 1] = add(@(Z1, W2), broadcast[N, 1](b2))
         L = multiply(divide(1, N), sumscalar(power(subtract(yhat, y), broadcast[N, 1](2))))",
    );
    let network = network("input x: [N, d]\ntarget y: [N, 1]\nlayer dense(1)\nloss mse");
    let layers: Vec<String> = network
        .symbols
        .iter()
        .filter_map(|symbol| symbol.layer.as_ref())
        .map(|layer| format!("{}.{}", layer.stem, layer.label))
        .collect();
    assert_eq!(layers, ["W.1", "b.1", "Z.1"]);
}

#[test]
fn vectors_turn_for_the_matrix_product_alone() {
    check(
        "param u: [n]\nconst v: [n]\nconst A: [n, m]\na = u.T @ v\nB = u @ v.T\nc = u.T * v\nD = u.T @ A\n\
         loss a + sum(B) + sum(c) + sum(D) + tr(A.T @ A) + dot(u, v) + sum(outer(u, v))",
        "u: [n]
         v: [n]
         A: [n, m]
         a: scalar = @(u, v)
         B: [n, n] = outer(u, v)
         c: [n] = multiply(u, v)
         D: [m] = @(u, A)
         L = add(add(add(add(add(add(a, sumscalar(B)), sumscalar(c)), sumscalar(D)), tr(@(.T(A), A))), dot(u, v)), sumscalar(outer(u, v)))",
    );
}

#[test]
fn numbers_fold_and_scalars_spread() {
    check(
        "param X: [N, 3]\nloss 1/2/N * sum(-2 * X + 2^-3) + mean(X) + sum(mean(X, axis=-1, keepdims=true)) + norm2(X) + norm1(X) + sum(ones(N, 3) * X)",
        "X: [N, 3]
         L = add(add(add(add(add(multiply(divide(1/2, N), sumscalar(add(multiply(broadcast[N, 3](-2), X), broadcast[N, 3](1/8)))), \
         multiply(divide(1, multiply(3, N)), sumscalar(X))), sumscalar(multiply(broadcast[N, 1](1/3), sum[N, 1](X)))), \
         sqrt(sumscalar(square(X)))), sumscalar(abs(X))), sumscalar(multiply(broadcast[N, 3](1), X)))",
    );
}

#[test]
fn functions_of_one_argument_stay_and_others_are_written_out() {
    check(
        "param x: [n]\nparam s: scalar\nfunction swish(z) = z * sigmoid(z)\nfunction leaky(z, a) = max(z, a*z)\n\
         function scaled(z) = s * swish(z)\nloss sum(swish(x) + leaky(x, 1/10) + swish'(x) + scaled(x))",
        "x: [n]
         s: scalar
         L = sumscalar(add(add(add(swish(x), max(x, multiply(broadcast[n](1/10), x))), swish'(x)), \
         multiply(broadcast[n](s), swish(x))))",
    );
    let network = network("param x: [n]\nfunction swish(z) = z * sigmoid(z)\nloss sum(swish(x))");
    let body = network.functions[0].body.expect("it was given");
    assert_eq!(text(&network, body), "multiply($0, sigmoid($0))");
}

#[test]
fn penalties_join_the_loss() {
    check(
        "input X: [N, d]\ntarget y: [N, 1]\nlayer dense(1)\nregularize l2(lambda) on W1, b1\nloss mse\n\
         regularize l1(0.5) on W1\nupdate adam(eta, beta1, beta2, eps)",
        "X: [N, d]
         y: [N, 1]
         W1: [d, 1]
         b1: [1]
         yhat: [N, 1] = add(@(X, W1), broadcast[N, 1](b1))
         lambda: scalar
         eta: scalar
         beta1: scalar
         beta2: scalar
         eps: scalar
         L = add(add(add(multiply(divide(1, N), sumscalar(power(subtract(yhat, y), broadcast[N, 1](2)))), \
         multiply(divide(lambda, 2), sumscalar(power(W1, broadcast[d, 1](2))))), \
         multiply(divide(lambda, 2), sumscalar(power(b1, broadcast[1](2))))), multiply(1/2, sumscalar(abs(W1))))",
    );
}

#[test]
fn losses_are_what_the_language_says() {
    let check = |loss: &str, expected: &str| {
        let source = format!("param P: [N, c]\ntarget T: [N, c]\nloss {loss}");
        check_loss(&source, expected);
    };
    let square = "power(subtract(P, T), broadcast[N, c](2))";
    check(
        "mse(P, T)",
        &format!("multiply(divide(1, multiply(N, c)), sumscalar({square}))"),
    );
    check("squared_error(P, T)", &format!("sumscalar({square})"));
    check(
        "half_squared_error(P, T, mean)",
        &format!("multiply(divide(1, multiply(2, N)), sumscalar({square}))"),
    );
    check(
        "cross_entropy(P, T, sum)",
        "negate(sumscalar(multiply(T, log(P))))",
    );
    check(
        "hinge(P, T)",
        "sumscalar(max(broadcast[N, c](0), subtract(broadcast[N, c](1), multiply(T, P))))",
    );
    check(
        "huber(P, T)",
        "sumscalar(huber_value(subtract(P, T), broadcast[N, c](1)))",
    );
    check(
        "huber(P, T, 2, mean)",
        "multiply(divide(1, N), sumscalar(huber_value(subtract(P, T), broadcast[N, c](2))))",
    );
    check(
        "binary_cross_entropy(P, T) + sum(P)",
        "add(negate(sumscalar(add(multiply(T, log(P)), multiply(subtract(broadcast[N, c](1), T), \
         log(subtract(broadcast[N, c](1), P)))))), sumscalar(P))",
    );
}

/// The loss alone.
fn check_loss(source: &str, expected: &str) {
    let network = network(source);
    assert_eq!(text(&network, network.loss.node), expected, "{source}");
}

#[test]
fn the_loss_finds_a_free_name() {
    assert_eq!(network("param L: scalar\nloss L^2").loss.name.as_str(), "J");
}

#[test]
fn softmax_and_hidden_nonlinearities_get_names() {
    check(
        "input X: [N, d]\nparam W: [d, h]\nparam V: [h, c]\ntarget y: [N, c] onehot\n\
         loss cross_entropy(softmax(tanh(X @ W) @ V), y) + sum(tanh(X @ W) @ V)",
        "X: [N, d]
         W: [d, h]
         V: [h, c]
         y: [N, c]
         H: [N, h] = tanh(@(X, W))
         Z: [N, c] = @(H, V)
         P: [N, c] = softmax1(Z)
         L = add(negate(sumscalar(multiply(y, log(P)))), sumscalar(@(H, V)))",
    );
    let network = network("param A: [n, n]\nB = 2 * A\nloss sum(A)");
    assert_eq!(network.notes, ["`B` is not used by the loss"]);
    let network =
        self::network("param S: [n, n] symmetric\nQ = S\nloss sum(softmax(Q, axis=0) * S)");
    assert_eq!(
        network.notes,
        [
            "`P` names `softmax(Q)`, so that later lines can refer to it",
            "The gradient by the symmetric `S` takes its entries as independent",
        ]
    );
}

#[test]
fn index_notation_means_the_same_as_matrices() {
    check(
        "input X: [N, d]\nparam W: [d, h]\nparam b: [h]\nparam S: [h, h]\n\
         Z[i,j] = sum(k) X[i,k] * W[k,j] + b[j]\nT[j,i] = Z[i,j]\nq[i] = S[i,i]\n\
         loss sum(i, j) Z[i,j]^2 + sum(T) + sum(i) q[i]\nclaim grad(b)[j] = 2 * sum(i) (X[i,:] @ W[:,j] + b[j])",
        "X: [N, d]
         W: [d, h]
         b: [h]
         S: [h, h]
         Z: [N, h] = add(sum[N, h](multiply(repeat[N, d, h](X), broadcast[N, d, h](W))), broadcast[N, h](b))
         T: [h, N] = .T(Z)
         q: [h] = diag(S)
         L = add(add(sumscalar(power(Z, broadcast[N, h](2))), sumscalar(T)), sumscalar(q))",
    );
}

#[test]
fn claims_keep_their_reasons() {
    let claims = "\
input X: [m, d]
param w: [d]
target y: [m]
r = X @ w - y
loss 1/(2*m) * sum(r^2)
claim grad(w) = X.T @ r / m
claim grad(w)[j] = sum(i) (X[i,:] @ w - y[i]) * X[i,j] / m
claim grad(w) = X @ r
claim grad(w) = r
claim grad(r) = r / m
claim w.T @ w == sum(w * w)
claim grad(w) = X.T @ grad(r)
";
    let network = network(claims);
    let values: Vec<String> = network
        .claims
        .iter()
        .map(|claim| match &claim.value {
            Ok(_) => "fits".to_owned(),
            Err(reason) => reason.clone(),
        })
        .collect();
    assert_eq!(values[0], "fits");
    assert_eq!(values[1], "fits");
    assert!(values[2].contains("[m, d] times [m]"), "{values:?}");
    assert!(values[2].contains("X.T @ r"), "{values:?}");
    assert_eq!(
        values[3],
        "`grad(w)` has the shape of `w`, [d], but the right side has shape [m]"
    );
    assert_eq!(values[4..], ["fits", "fits", "fits"]);
    assert_eq!(network.claims[0].text, "grad(w) = X.T @ r / m");
}
