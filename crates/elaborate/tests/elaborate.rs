//! Specs in, shapes of symbols or codes and key words of diagnostics out.

use derive_elaborate::{Elaborated, elaborate};
use derive_graph::{ClaimSubject, Network, NodeId, Operation};
use derive_syntax::diagnostic::CODES;
use derive_syntax::format::format_spec;
use derive_syntax::parse_str;

const CLASSIFIER: &str = "\
network two_layer
dims N, d = 2, h = 3, c = 2
input  x: [N, d]
target y: [N, c] onehot
layer dense(h) -> tanh
layer dense(c) -> softmax
loss cross_entropy(mean)
update sgd(eta)
";

const ONE_LAYER: &str = "\
input  H: [1, h]
param  W: [h, y]
param  B: [1, y]
target T: [1, y]
function f
Y = f(H @ W + B)
loss J = 1/2 * sum((Y - T)^2)
claim grad(B) = (Y - T) * f'(H @ W + B)
claim grad(W) = H.T @ ((Y - T) * f'(H @ W + B))
";

fn run(source: &str) -> Elaborated {
    let parsed = parse_str(source);
    assert!(
        parsed.diagnostics.is_empty(),
        "{source}\n{:?}",
        parsed.diagnostics
    );
    elaborate(&parsed.spec)
}

fn network(source: &str) -> Network {
    let elaborated = run(source);
    match elaborated.network {
        Some(network) => network,
        None => panic!("{source}\n{:#?}", elaborated.diagnostics),
    }
}

/// `tanh(@(X, W))`: the operations of a node, for comparison.
fn text(network: &Network, node: NodeId) -> String {
    let it = network.graph.node(node);
    let arguments: Vec<String> = it
        .arguments
        .iter()
        .map(|&below| text(network, below))
        .collect();
    let head = match &it.operation {
        Operation::Symbol(name) | Operation::Dimension(name) => return name.to_string(),
        Operation::Number(value) => return value.to_string(),
        Operation::Parameter(at) => return format!("${at}"),
        Operation::Elementwise(function) => function.to_string(),
        Operation::Einsum(einsum) => match einsum.operator {
            "broadcast" | "repeat" | "sum" | "permute" => {
                format!("{}{}", einsum.operator, it.shape)
            }
            operator => operator.to_owned(),
        },
        Operation::Softmax { axis, log } => {
            format!("{}softmax{axis}", if *log { "log_" } else { "" })
        }
        other => format!("{other:?}"),
    };
    format!("{head}({})", arguments.join(", "))
}

fn listing(network: &Network) -> String {
    let symbols = network
        .symbols
        .iter()
        .map(|symbol| match symbol.definition {
            None => format!("{}: {}", symbol.name, symbol.shape),
            Some(node) => format!(
                "{}: {} = {}",
                symbol.name,
                symbol.shape,
                text(network, node)
            ),
        });
    let loss = format!(
        "{} = {}",
        network.loss.name,
        text(network, network.loss.node)
    );
    symbols.chain([loss]).collect::<Vec<_>>().join("\n")
}

/// The symbols with shapes and definitions, then the loss. The equations must mean the same.
fn check(source: &str, expected: &str) {
    let elaborated = run(source);
    let network = network(source);
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(listing(&network), expected.join("\n"), "{source}");
    let equations = format_spec(&elaborated.equations);
    assert!(
        !equations
            .lines()
            .any(|line| line.starts_with("layer") || line.starts_with("regularize"))
    );
    let again = self::network(&equations);
    assert_eq!(listing(&again), listing(&network), "{equations}");
    assert_eq!(again.wrt, network.wrt);
    assert_eq!(again.dims, network.dims);
    assert_eq!(
        format!("{:?}", again.update),
        format!("{:?}", network.update)
    );
    for (one, other) in again.claims.iter().zip(&network.claims) {
        assert_eq!(one.text, other.text);
    }
}

/// The codes of a wrong spec, and something that the first diagnostic says.
fn reject(source: &str, codes: &str, says: &str) {
    let elaborated = run(source);
    let found: Vec<&str> = elaborated
        .diagnostics
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(
        found.join(" "),
        codes,
        "{source}\n{:#?}",
        elaborated.diagnostics
    );
    assert!(elaborated.network.is_none());
    assert!(
        found
            .iter()
            .all(|code| CODES.iter().any(|row| row.code == *code))
    );
    let first = format!("{:?}", elaborated.diagnostics[0]);
    assert!(
        first.contains(says),
        "{source}\n`{says}` is not in {:#?}",
        elaborated.diagnostics[0]
    );
}

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
        super_check(&source, expected);
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
fn super_check(source: &str, expected: &str) {
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
            "named P = softmax(Q), so that later lines can refer to it",
            "the gradient by the symmetric `S` takes its entries as independent",
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

#[test]
fn names_are_known_once_and_in_time() {
    reject("param W: [n]\nloss sum(w2 + V)", "E0201 E0201", "");
    reject(
        "param Weights: [n]\nloss sum(Wieghts)",
        "E0201",
        "did you mean `Weights`?",
    );
    reject(
        "param W: [n]\nparam W: [n]\nloss sum(W)",
        "E0202",
        "defined twice",
    );
    reject(
        "param W: [n]\nA = B + W\nB = W\nloss sum(A)",
        "E0203",
        "before its definition",
    );
    reject("param W: [n]\nA = A + W\nloss sum(A)", "E0204", "itself");
    reject(
        "param W: [n]\nA = B + W\nB = A\nloss sum(A)",
        "E0204",
        "by each other",
    );
    reject(
        "param tanh: [n]\nloss sum(tanh)",
        "E0205",
        "belongs to the language",
    );
    reject(
        "param W: [n]\nloss sum(tanh * W)",
        "E0206",
        "the function `tanh`",
    );
    reject("param W: [n]\nloss sum(W(W))", "E0206", "W @");
    reject(
        "param W: [n]\nloss sum(tahn(W))",
        "E0207",
        "did you mean `tanh`?",
    );
    reject("param W: [n]\nloss sum(grad(W))", "E0208", "claim");
    reject("param W: [n]\nloss sum(i) W[k]", "E0209", "neither summed");
    reject("param W: [n]\nZ[i,i] = W[i]\nloss sum(Z)", "E0210", "twice");
    reject("param W: [n]\nloss sum(W, axis=true)", "E0211", "axis");
    reject(
        "param W: [n]\nclaim grad(V) = W\nloss sum(W)",
        "E0201",
        "`V`",
    );
    reject(
        "param W: [n]\nclaim grad(W) = V\nloss sum(W)",
        "E0201",
        "`V`",
    );
}

#[test]
fn shapes_that_do_not_fit_are_shown_with_what_would() {
    let turned = "input X: [N, d]\nparam V: [d, h]\nloss sum(X @ V.T)";
    reject(turned, "E0301", "did you mean `X @ V` or");
    reject(
        "input X: [N, d]\nparam v: [d]\nloss sum(X @ v.T)",
        "E0301",
        "did you mean `X @ v`?",
    );
    reject(
        "param u: [n]\nloss sum(u.T @ u.T)",
        "E0301",
        "did you mean `u.T @ u`?",
    );
    reject(
        "input X: [N, d]\nparam W: [h, d]\nloss sum(X @ W)",
        "E0301",
        "did you mean `X @ W.T`",
    );
    reject(
        "input X: [N, d]\nparam W: [h, d]\nloss sum(X @ W)",
        "E0301",
        "`h` comes from the declaration of `W`",
    );
    reject(
        "input X: [N, d]\nparam W: [d, N]\nloss sum(X * W)",
        "E0302",
        "X.T * W",
    );
    reject(
        "input X: [N, d]\nparam W: [d, h]\nloss sum(X * W)",
        "E0302",
        "`X @ W`",
    );
    reject(
        "input X: [N, d]\nparam b: [N]\nloss sum(X + b)",
        "E0302",
        "must be [N, 1]",
    );
    reject("param X: [N, d]\nloss sum(1/2 @ X)", "E0303", "1 / 2 * X");
    reject(
        "param u: [n]\nconst v: [m]\nloss sum(u @ v)",
        "E0301",
        "outer product `u @ v.T`",
    );
    reject("param u: [n]\nloss tr(u)", "E0304", "square");
    reject("param u: [n]\nloss sum(u, axis=1)", "E0305", "no axis 1");
    reject(
        "param P: [N, 1]\ntarget T: [N]\nloss mse(P, T)",
        "E0306",
        "[N, 1] and [N]",
    );
    reject("param S: [n, m] symmetric\nloss sum(S)", "E0307", "[n, m]");
    reject(
        "param A: [n, m]\nloss sum(i) A[i,i]",
        "E0308",
        "`n` and `m`",
    );
    reject("param A: [n, m]\nloss sum(i) A[i]", "E0402", "[m]");
    reject("param A: [n]\nloss sum(i) A[i,i]", "E0309", "1 subscripts");
    reject(
        "dims n = 3\nparam A: [n]\nconst B: [3]\nloss sum(A + B)",
        "E0302",
        "`3` comes from",
    );
}

#[test]
fn a_failed_definition_is_reported_once() {
    reject(
        "param W: [n]\nA = W + V\nB = A * 2\nC = B @ B\nloss sum(C)",
        "E0201",
        "`V`",
    );
    reject(
        "input X: [N, d]\ntarget y: [N, c]\nlayer dense(h) -> tahn\nlayer dense(c)\nloss mse",
        "E0207",
        "tanh",
    );
    reject(
        "param W: [n]\nfunction g(z) = q * z\nloss sum(g(W))",
        "E0201",
        "`q`",
    );
}

#[test]
fn the_loss_is_one_scalar_of_something() {
    reject("param W: [n]", "E0401", "no loss");
    reject("param W: [n]\nloss W^2", "E0402", "sum(W^2)");
    reject(
        "param W: [n]\nloss sum(W)\nloss sum(W)",
        "E0403",
        "two losses",
    );
    reject("input W: [n]\nloss sum(W)", "E0404", "wrt");
    reject(
        "param P: [n]\ntarget T: [n]\nloss hinge(P, T, average)",
        "E0405",
        "average",
    );
    reject(
        "param P: [n]\ntarget T: [n]\nloss mse(P, T, sum)",
        "E0405",
        "always the mean",
    );
    reject(
        "param P: [n]\ntarget T: [n]\nloss mse",
        "E0406",
        "name both",
    );
    reject(
        "layer dense(h)\nparam W: [n]\nloss sum(W)",
        "E0407",
        "no input",
    );
    reject("param W: [n]\nloss sum(W)\nupdate sdg(eta)", "E0408", "sgd");
    reject(
        "convention rows\nconvention columns\nparam W: [n]\nloss sum(W)",
        "E0409",
        "both",
    );
    reject(
        "param W: [n]\nfunction g(z) = sum(z)\nloss sum(g(W))",
        "E0410",
        "not elementwise",
    );
}

#[test]
fn what_is_not_supported_is_named() {
    for (expr, named) in [("sum(dft(X))", "`dft`"), ("sum(idft(X))", "`idft`")] {
        reject(&format!("param X: [n, m]\nloss {expr}"), "E0501", named);
    }
    reject(
        "input X: [n, m]\nlayer lstm(3)\nparam W: [n]\nloss sum(W)",
        "E0407",
        "known length",
    );
    reject(
        "param W: [n]\nloss sum(W)\nfor t in 1..T { A = W }",
        "E0212",
        "`T`",
    );
    reject("param W: [n]\nloss sum(W^1001)", "E0502", "exponent");
    reject(
        "param W: [n]\nloss sum(W) * (10^400)^1000",
        "E0502",
        "binary digits",
    );
    reject("param W: [n]\nloss sum(W) / 0", "E0504", "zero");
}

#[test]
fn deep_and_wide_specs_are_bounded() {
    let chain = format!("param W: [n, n]\nloss sum(W{})", " @ W".repeat(990));
    assert!(run(&chain).network.is_some());
    let turns = format!("param W: [n, n]\nloss sum(W{})", ".T".repeat(990));
    assert!(run(&turns).network.is_some());
    let mut doubling = "param W: [n]\nfunction f0(a, b) = a*b + a\n".to_owned();
    for at in 1..400 {
        let below = at - 1;
        doubling += &format!("function f{at}(a, b) = f{below}(f{below}(a, b), f{below}(b, a))\n");
    }
    let bounded = run(&format!("{doubling}loss sum(f399(W, W))"));
    assert_eq!(bounded.diagnostics[0].code, "E0503");
}

#[test]
fn many_indices_and_many_errors_are_bounded() {
    let names: Vec<String> = (0..40).map(|at| format!("i{at}")).collect();
    let product: Vec<String> = names.iter().map(|name| format!("x[{name}]")).collect();
    let many = format!(
        "param x: [n]\nloss sum({}) {}",
        names.join(", "),
        product.join(" * ")
    );
    reject(&many, "E0503", "16 indices");
    let definitions: String = (0..5000)
        .map(|at| format!("a{at} = x\nb{at} = q{at}\n"))
        .collect();
    let bounded = run(&format!("param x: [n]\n{definitions}loss sum(x)"));
    assert_eq!(bounded.diagnostics.len(), 1001);
}

#[test]
fn many_layers_take_linear_time() {
    let mut source = "input x: [N, d]\ntarget y: [N, d]\n".to_owned();
    source += &"layer dense(d) -> tanh\n".repeat(4096);
    source += "loss mse\n";
    let started = std::time::Instant::now();
    assert_eq!(network(&source).symbols.len(), 2 + 4 * 4096);
    assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
}

#[test]
fn rejected_samples_give_their_codes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../grammar/reject");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        let first = source.lines().next().unwrap_or_default();
        let codes = first.strip_prefix("# expect: ").unwrap_or_default();
        let later = |code: &str| {
            ["E02", "E03", "E04", "E05"]
                .iter()
                .any(|kind| code.starts_with(kind))
        };
        if codes.split_whitespace().any(later) {
            reject(&source, codes, "");
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} samples were found");
}

fn golden_specs() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden");
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let specs = paths.filter(|path| path.extension().is_some_and(|end| end == "spec"));
    let mut sources: Vec<String> = specs
        .map(|path| std::fs::read_to_string(path).expect("it can be read"))
        .collect();
    sources.sort();
    sources
}

#[test]
fn golden_specs_mean_what_their_equations_mean() {
    for source in golden_specs() {
        let listed = listing(&network(&source));
        let expected: Vec<&str> = listed.lines().collect();
        check(&source, &expected.join("\n"));
    }
}

/// A small generator, so that the same specs are broken in the same ways each time.
fn next(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn broken_specs_never_panic_and_always_say_why() {
    let mut sources = golden_specs();
    sources.extend([CLASSIFIER.to_owned(), ONE_LAYER.to_owned()]);
    sources.push("param A: [n, m]\nZ[j,i] = sum(k) A[i,k] * A[j,k]\nloss sum(i, j) Z[i,j]\nclaim grad(A)[i,j] = A[i,j]\n".to_owned());
    let words: Vec<String> = sources
        .iter()
        .flat_map(|source| source.split(' ').map(str::to_owned))
        .collect();
    let mut state = 7;
    for _ in 0..4000 {
        let source = &sources[next(&mut state) % sources.len()];
        let mut parts: Vec<&str> = source.split(' ').collect();
        for _ in 0..1 + next(&mut state) % 3 {
            let at = next(&mut state) % parts.len();
            parts[at] = &words[next(&mut state) % words.len()];
        }
        let parsed = parse_str(&parts.join(" "));
        let elaborated = elaborate(&parsed.spec);
        assert_eq!(
            elaborated.network.is_none(),
            !elaborated.diagnostics.is_empty()
        );
        if elaborated.network.is_some() {
            let text = format_spec(&elaborated.equations);
            let again = elaborate(&parse_str(&text).spec);
            assert!(
                again.network.is_some(),
                "{}\n{text}\n{:?}",
                parts.join(" "),
                again.diagnostics
            );
        }
    }
}

#[test]
fn functions_that_call_one_another_are_bounded() {
    let calls = (1..40).map(|at| format!("function f{at}(z) = f{0}(f{0}(z))\n", at - 1));
    let source = format!(
        "function f0(z) = z * z\n{}param W: [n]\nloss sum(W)",
        calls.collect::<String>()
    );
    let bounded = run(&source);
    let first = &bounded.diagnostics[0];
    assert_eq!(first.code, "E0503");
    assert!(first.message.contains("`f11`"), "{}", first.message);
}
