//! Specs that random search found to be refused or to panic, each as small as it goes, with what was wrong.

use derive_engine::{
    Config, EmitOptions, Failure, PrintOptions, Second, emit, render, run, target,
};

/// What was wrong, and the spec.
#[rustfmt::skip]
const FOUND: &[(&str, &str)] = &[
    ("division by zero: every summand had the coefficient 0", "param W: [n]\nP = softmax(W)\nloss mse(P, P)"),
    ("the way of a proof went through a free index", "param W: [3, 1]\nloss tr(sum((W + W), axis=0, keepdims=true))"),
    ("the only entry of v was spread over rows alone: two shapes in one class", "param W: [n, m]\nparam v: [1]\nloss sum(sum(W, axis=1, keepdims=true) * v)"),
    ("an inner sum captured the index that a delta put in", "param W: [n, 5]\nloss norm2(1 + reshape(W, [5, n])^2)"),
    ("a place that wraps around was read on without doing so", "param a: [3]\nparam b: [5]\nZ = circ_conv(a, b[1:4])\nloss sum(Z^2)"),
    ("a reciprocal was read where its array has no place", "param W: [5]\nloss sum(exp(W / (2 + W^2))[1:3])"),
    ("likewise, under a division by more than one entry", "param c: [3, 5]\nparam W: [5, 5]\nloss sum((c / (2 + W[1:4, :]^2))^2)"),
    ("Z_i = [A⁻¹]_ii was taken for a name of A⁻¹", "param A: [n, n]\nZ = diag(inv(A))\nloss sum(Z^2)"),
    ("so was Z = (A⁻¹)ᵀ", "param A: [n, n]\nZ = inv(A).T\nloss sum(Z^2)"),
    ("the oracle: softplus had no slope at 0", "param W: [3, 1]\nZ = softplus(log_softmax(W))\nloss sum(Z^2)"),
    ("the oracle: equal arguments of max did not share the slope", "param x: scalar\nZ = x\nloss max(x, Z)"),
    ("the oracle: the rounding of 1 − tanh² was taken for an error", "param x: [5]\nparam v: [3]\nloss tanh(9 + sum(conv1d(x, v)^2))"),
    ("the oracle: a cotangent of rounding was what the next was measured by", "param x: [3]\nloss logsumexp(log_softmax(tanh(x)))"),
    ("a product was as large as all its indices together", "param A: [n, n]\nparam B: [n, n]\nloss sum(i, j, k, l, m, o, p, q, r, s, t, u) A[i,j] * B[j,k] * A[k,l] * B[l,m] * A[m,o] * B[o,p] * A[p,q] * B[q,r] * A[r,s] * B[s,t] * A[t,u]"),
    ("the oracle: sin π was not zero, so that two numbers had an imaginary part", "param x: [n]\nloss sum(imag(dft(x)))"),
    ("sums of a hundred products were counted as one term; then complex numbers as two terms were too large to be checked", "param x: [4]\ninput h: [4]\nloss sum((((real(conj(dft(x))) * idft(dft(h))) * abs(dft(h))^2))^2)"),
    ("a repeated maximum was not known to be one, so that no entry was equal to it", "param W: [3]\nZ = ones(4) * max(W)\nloss sum(Z^2)"),
    ("the oracle: a sum in another order was not equal to the largest entry that it is", "param W: [n, n]\nloss sum(maxpool1d(ones(5) * sum(W^2), 2, stride=1, padding=1)^2)"),
    ("the index of a sum stood between braces", "param W{1}: [n]\nparam W{2}: [n]\nloss sum(l, i) W{l}[i]^2 + sum(l) W{l}[0] * W{l+1}[0]"),
    ("the oracle: inf, expected inf", "function g(z) = exp(z^16)^16\nparam x: [n]\nloss sum(g(x / 9))"),
    ("a part that was given a name was no longer known to be symmetric, and its transform no longer real", "param x: [n]\nX = dft(abs(dft(x))^2)\nloss norm2(X)^2 / n"),
    ("a place that wraps around was read on in the parts that stand side by side", "param a: [n]\nparam b: [2]\nparam c: [n + 2]\nZ = circ_conv(concat(a, b), c)\nloss sum(Z^2)"),
    ("a table was read where its place does not exist, because what stood before was not finite", "param W1: [1, k, 3, 5]\nparam W2: [3, k, 3, 3]\nloss log((1 + elu(sum(conv2d(W1, W2, padding=1)^2))^2))"),
    ("the oracle: gradients of 1e-11 under stacked attention", "input X: [N, v] onehot\nlayer embedding(v, h)\nlayer attention\nlayer attention\nlayer attention\nlayer dense(k) -> softmax\ntarget y: [N, k] onehot\nloss cross_entropy(mean)"),
    ("the oracle: what tanh leaves of a gradient far from zero", "param W1: [n]\nparam W2: [n]\nparam W3: [1]\nloss tanh(sum(concat((W1 + W2), W3)^2))"),
    ("the oracle: p (1 − p) of a p of almost 1", "input X: [N, 2, 5, 5]\nlayer flatten\nlayer layernorm\nlayer dense(k) -> sigmoid\ntarget y: [N, k]\nloss binary_cross_entropy"),
    ("the oracle: the slope of a determinant had no terms to be small against", "param W: [n, n]\nloss tanh(det(2 * eye(n) + W))"),
    ("the oracle: a gradient that is exactly zero", "input X: [N, v] onehot\nlayer embedding(v, h)\nlayer residual { layer dense(h) -> softplus }\nlayer layernorm\nlayer batchnorm\nloss mean(tanh(yhat)^2)"),
    ("the oracle: e^x / Σ e^x, where e^x is no float", "param x: [n]\nZ = softmax(1e5 * x)\nloss sum(Z * x)"),
    ("likewise, of a logarithm", "param x: [n]\nZ = logsumexp(1000 * x)\nloss Z^2"),
    ("the derivative by what all layers share named the fifth layer", "dims n\ninput x: [n]\ntarget y: [n]\nparam W: [n, n]\nA{0} = x\nfor l in 1..L {\n  Z{l} = W @ A{l-1}\n  A{l} = tanh(Z{l})\n}\nloss norm2(A{L} - y)^2"),
    ("what layers share and the loss uses too was refused", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  a{t} = W @ h{t-1} + c\n  h{t} = tanh(a{t})\n}\nloss norm2(h{T} - y)^2 + norm2(c)^2 + norm1(W)"),
    ("a sum over layers with a factor in front was refused", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  h{t} = tanh(W @ h{t-1} + c)\n}\nloss 1/2 * sum(t) norm2(W.T @ h{t} - y)^2"),
    ("a weight that every layer uses twice was refused", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  a{t} = W @ h{t-1} + c\n  h{t} = tanh(a{t}) + W.T @ a{t}\n}\nloss norm2(h{T} - y)^2"),
    ("an activation of a shared parameter wrote the sum over the seven layers out", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nu = tanh(c)\nfor t in 1..T {\n  h{t} = tanh(W @ h{t-1} + u)\n}\nloss norm2(h{T} - y)^2 + norm2(u)^2"),
    ("a layer that differs from the others in what is shared was refused", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  h{t} = tanh(W @ (h{t-1} + h{0}) + c)\n}\nloss norm2(h{T} - y)^2"),
    ("a line before the loss named the fifth layer", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  h{t} = tanh(W @ h{t-1} + c)\n}\ns = sum(t) h{t}\nloss norm2(s - y)^2"),
    ("a sum was spliced into a product of arrays", "param W1: [k, 1]\nparam W2: [k]\nparam W3: [1]\nloss sum((softmax(W1) + outer(W2, W3) + outer(W2, W3)))"),
    ("a count that is zero beside a slice was divided by there", "param W: [5, 5]\nZ = max(W[1:4, :], axis=1)\nloss sum(Z^2)"),
    ("the oracle: differences of equal transforms", "param x: [n]\nparam y: [n]\nZ = dft(x + y) - dft(x) - dft(y)\nloss sum(abs(Z)^2)"),
    ("the oracle: e^x / Σ e^x of numbers that overflow whatever the parameters are", "param x: [n]\nloss sum(softmax(1000 * exp(x^2))^2)"),
    ("likewise, with a logarithm and along an axis", "param X: [n, m]\nparam W: [m, k]\nZ = log_softmax(1000 * exp((X @ W)^2), axis=0)\nloss sum(Z^2)"),
    ("the oracle: the network's own ln Σ e^x overflowed at every point", "param x: [n]\nloss sum(logsumexp(1000 * exp(x^2)))"),
    ("likewise, along an axis that stays, of a function that is named", "param X: [n, m]\nZ = 1000 * exp(X^2)\nS = logsumexp(Z, axis=1, keepdims=true)\nloss sum(exp(Z - S) * X)"),
    ("a sum of ones was read as the sum of the number 1, which has no axis", "param x: [n]\nloss sum(x * ones(n)) + sum(ones(n))"),
];

/// The same, of second derivatives.
const FOUND_AGAIN: &[(&str, Second, &str)] = &[
    (
        "𝟏 was factored out of a row and of a number beside it",
        Second::Product,
        "param W1: [k, 3]\nparam P2: [k, n] positive\nparam W3: [k, n]\nZ4 = (sum(W1, axis=0) + sum(log(P2) * W3))\nloss sum(Z4^2)",
    ),
    (
        "a number in the place of an index was put into another index",
        Second::Hessian,
        "param W: [n, 1]\nparam V: [n, 1]\nloss sum(concat(W, V, axis=1)^2)",
    ),
    (
        "a proof that the e-graph shares was written out, in more memory than there is",
        Second::Product,
        "param W: [n, m]\nloss det(2 * eye(n) + inv(3 * eye(n) + W @ W.T))",
    ),
    (
        "a place of a reshape was written into another, where its index was not renamed",
        Second::Hessian,
        "param W: [n, m]\nZ = logsumexp(reshape(W, [m, n]), axis=0)\nloss sum(Z^2)",
    ),
    (
        "likewise, in a product with a direction",
        Second::Product,
        "param W: [k, 3]\nZ = logsumexp(reshape(W, [3, k]), axis=0)\nloss sum(Z)",
    ),
    (
        "the proof led through a free index",
        Second::Product,
        "param W: [n, m]\nparam v: [m]\nparam w: [m]\nZ = softmax(W, axis=0) @ outer(v, w).T\nloss sum(Z^2)",
    ),
    (
        "the oracle: a cotangent of rounding",
        Second::Product,
        "param a: [1]\nparam b: [1]\nZ = log_softmax((a - b))\nloss sum(Z^2)",
    ),
    (
        "the oracle: a second derivative that is zero",
        Second::Hessian,
        "param x: [3]\nloss logsumexp(log_softmax(x))",
    ),
    (
        "the oracle: what 1 − tanh² leaves of its digits where tanh has levelled off at every point",
        Second::Hessian,
        "param W1: [n, 3]\nloss tanh(sum(flatten(exp(W1))^2))",
    ),
    (
        "the matrix form of a reshape of ones was that of the number 1",
        Second::Hessian,
        "param W: [n]\nparam c: [m]\nZ = reshape(outer(W, c), [m, n])\nloss sum(Z)",
    ),
    (
        "likewise, under a function",
        Second::Hessian,
        "param W: [n]\nparam c: [m]\nZ = reshape(outer(W, c), [m, n])\nloss sum(softmax(Z)) + mean(Z)",
    ),
];

#[test]
fn what_was_found_stays_mended() {
    for (wrong, spec) in FOUND {
        derives(wrong, spec, &Config::default());
    }
}

#[test]
fn what_was_found_of_second_derivatives_stays_mended() {
    for (wrong, second, spec) in FOUND_AGAIN {
        let config = Config {
            second: Some(*second),
            ..Config::default()
        };
        derives(wrong, spec, &config);
    }
}

/// The second derivative by a matrix that is symmetric by its definition was that of a gradient which had been simplified by it: asked for by itself,
/// every entry changes alone.
#[test]
fn a_matrix_that_is_differentiated_by_itself_is_not_symmetric() {
    let hessian = |matrix: &str| {
        let spec = format!("param A: [n, k]\n{matrix}\nloss logdet(K) + sum(inv(K)^2)\nwrt K\n");
        let config = Config {
            second: Some(Second::Hessian),
            ..Config::default()
        };
        let outcome = run(spec.as_bytes(), &config).expect("it derives");
        let last = outcome.second[0].statements.last().expect("a block");
        last.result.clone()
    };
    assert_eq!(hessian("K = A @ A.T + eye(n)"), hessian("param K: [n, n]"));
}

/// Where an answer would hold for the number of layers that were written out alone: what is said of it, and the spec.
#[rustfmt::skip]
const OF_ONE_DEPTH: &[(&str, &str)] = &[
    ("`s = Σ_(t≥0) h⁽ᵗ⁾ + c + c + c", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  h{t} = tanh(W @ h{t-1})\n}\ns = sum(t) (h{t} + c)\nloss norm2(s - y)^2"),
    ("`h{t}` is not defined alike in every layer", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam c: [n]\nfor t in 1..T {\n  param W{t}: [n, n]\n  h{t} = tanh(W{t} @ h{t-1} + t)\n}\nloss norm2(h{T} - y)^2"),
    ("is not the same with 7 layers and with one less", "dims n\ninput h{0}: [n]\ntarget y: [n]\nparam W: [n, n]\nparam c: [n]\nfor t in 1..T {\n  h{t} = tanh(W @ h{t-1})\n}\nloss sum(t) (norm2(h{t} - y)^2 + norm2(c)^2)"),
];

#[test]
fn what_holds_for_one_depth_only_is_refused() {
    for (said, spec) in OF_ONE_DEPTH {
        match run(spec.as_bytes(), &Config::default()) {
            Err(Failure::Engine(message)) => assert!(message.contains(said), "{message}"),
            other => panic!("{spec}\n{other:?}"),
        }
    }
}

/// What is too large to check: refused at once, with what is too large.
const TOO_LARGE: &[(&str, &str)] = &[(
    "three million products in all",
    "param A: [150, 150]\nloss sum((A @ A)^2)",
)];

#[test]
fn what_is_too_large_to_check_is_said() {
    for (wrong, spec) in TOO_LARGE {
        let outcome = run(spec.as_bytes(), &Config::default()).expect(wrong);
        let verdict = outcome.derivation.verdict.expect("the check is on");
        assert!(verdict.failures.is_empty(), "{:?}", verdict.failures);
        assert!(!verdict.unchecked.is_empty(), "{wrong}");
    }
}

/// Second derivatives by an array whose entries are bound were those of a gradient which had been simplified by that: of what sums to one
/// they lacked a term, and of a symmetric matrix they depended on the order.
#[test]
fn second_derivatives_take_entries_as_independent() {
    let second = |attribute: &str, loss: &str, second: Second| {
        let spec = format!("param S: [n, n]{attribute}\nconst A: [n, n]\nloss {loss}\n");
        let config = Config {
            second: Some(second),
            ..Config::default()
        };
        derives("bound entries", &spec, &config);
        let outcome = run(spec.as_bytes(), &config).expect("it derives");
        let last = outcome.second[0].statements.last().expect("a block");
        last.result.clone()
    };
    for (attribute, loss) in [
        (" symmetric", "tr(A @ S @ S)"),
        (" symmetric", "sum(A * S^2) + tr(S @ S.T)"),
        (" simplex", "sum(S * A) + sum(S)^2"),
    ] {
        for asked in [Second::Hessian, Second::Product] {
            let (bound, free) = (second(attribute, loss, asked), second("", loss, asked));
            assert_eq!(bound, free, "{attribute} {loss} {asked:?}");
        }
    }
}

/// Fails if the spec is refused, does not pass its check or cannot be printed.
fn derives(wrong: &str, spec: &str, config: &Config) {
    let outcome = match run(spec.as_bytes(), config) {
        Ok(outcome) => outcome,
        Err(Failure::Spec(problems)) => panic!("{wrong}: {problems:?}\n{spec}"),
        Err(Failure::Engine(reason)) => panic!("{wrong}: {reason}\n{spec}"),
    };
    for derivation in std::iter::once(&outcome.derivation).chain(&outcome.second) {
        let verdict = derivation.verdict.as_ref().expect("the check is on");
        assert!(
            verdict.failures.is_empty(),
            "{wrong}: {:#?}\n{spec}",
            verdict.failures
        );
        assert!(
            render(derivation, &PrintOptions::default()).is_ok(),
            "{spec}"
        );
    }
}

/// What was wrong with a program, the spec, for which target, and what its program says since.
#[rustfmt::skip]
const FOUND_IN_PROGRAMS: &[(&str, &str, &str, &str)] = &[
    ("a move lost the axes of size 1 of a number", "param V: [3, 1]\nparam w: scalar\nparam A: [1, 3]\nparam u: [3]\nloss ((sum(V, axis=0) * (-w)).T @ A @ u)", "numpy", "d_V = "),
    ("a matrix of one column was a factor of `outer`, which PyTorch refuses", "param v: [m]\nparam W: [n, 1]\nconst C: [m, n]\nloss sum(C * tanh(outer(v, sum(W, axis=1))))", "torch", "torch.outer(v, W[:, 0])"),
    ("0 ln 0 beside a slice", "param P: [3, m] positive\nparam W: [5, m]\nloss -sum(log(P) * W[1:4, :])", "numpy", "d_W = -np.pad(np.log(P), ((1, 1), (0, 0)))"),
    ("the places of the largest entry had 32 bits, which PyTorch does not multiply with 64", "param W: [m, 5]\nparam v: [5]\nZ = max(W @ v)\nloss Z", "torch", "(H == Z).to(torch.float64)"),
];

/// The axes of every node of a program are held against its operands where it is made (`emit::code::conform`), so that what loses one panics here.
#[test]
fn what_was_found_in_programs_stays_mended() {
    for (wrong, spec, wanted, line) in FOUND_IN_PROGRAMS {
        for savings in [false, true] {
            let config = Config {
                savings,
                ..Config::default()
            };
            let options = EmitOptions {
                count: savings,
                ..EmitOptions::default()
            };
            derives(wrong, spec, &config);
            let Ok(outcome) = run(spec.as_bytes(), &config) else {
                panic!("{wrong}\n{spec}");
            };
            for name in ["numpy", "jax", "torch", "octave", "julia"] {
                let target = target(name).expect("a target");
                let program = emit(&outcome, &config, target, options);
                let program = program.unwrap_or_else(|reason| panic!("{wrong}: {reason:?}"));
                assert!(
                    name != *wanted || program.contains(line),
                    "{wrong}\n{program}"
                );
            }
        }
    }
}
