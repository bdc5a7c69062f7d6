//! What is refused, with which code and in which words.

use crate::support::reject;

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
    reject(
        "input x: [n]\nparam w: [n]\nloss sum(x[i] * w)",
        "E0209",
        "write `sum(i)` in front",
    );
    reject(
        "param w: [n]\nloss sum(w[0:q])",
        "E0201",
        "declare it: `dims q`",
    );
    reject("input x: [n]\nloss sum(x)", "E0404", "`wrt x`");
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
fn complex_values_stand_where_they_have_a_meaning() {
    reject(
        "param X: [n, m]\nloss sum(abs(dft(X)))",
        "E0305",
        "a vector",
    );
    reject(
        "param x: [n]\nloss norm2(tanh(dft(x)))",
        "E0313",
        "`tanh` is for real numbers",
    );
    reject("param x: [n]\nloss sum(dft(x) * x)", "E0402", "complex");
    reject(
        "param x: [n]\nZ = dft(x)\nloss norm2(Z)\nwrt Z",
        "E0404",
        "`Z` is complex",
    );
}

#[test]
fn what_is_not_supported_is_named() {
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
