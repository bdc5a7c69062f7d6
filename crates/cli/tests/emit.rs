//! `--emit`: every golden has a program, what has none is named, and two programs are reviewed as a whole.
//!
//! That the programs compute what they should is checked where NumPy and JAX are: `.ci/emit`.

mod support;

use derive_engine::{Config, EmitOptions, Failure, Outcome, Second, emit, run, target};
use derive_index::savings::Savings;
use std::process::Command;

const TARGETS: [&str; 5] = ["numpy", "jax", "torch", "octave", "julia"];

/// Goldens whose programs stand beside them.
const REVIEWED: [&str; 3] = [
    "networks/two_layer",
    "convolution/one_dimension",
    "depth/deep_network",
];

fn derived(source: &[u8]) -> (Outcome, Config) {
    let config = Config {
        check: None,
        ..Config::default()
    };
    let outcome = run(source, &config).unwrap_or_else(|failure| panic!("{failure:?}"));
    (outcome, config)
}

fn program(source: &[u8], name: &str) -> Result<String, Failure> {
    let (outcome, config) = derived(source);
    emit(
        &outcome,
        &config,
        target(name).expect("a target"),
        EmitOptions::default(),
    )
}

#[test]
fn every_golden_has_a_program() {
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let (outcome, config) = derived(&source);
        for name in TARGETS {
            let target = target(name).expect("a target");
            let written = emit(&outcome, &config, target, EmitOptions::default());
            assert!(written.is_ok(), "{}: {written:?}", spec.display());
        }
    }
}

#[test]
fn the_page_counts_as_the_program_does() {
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let (outcome, config) = derived(&source);
        if outcome.symbolic {
            continue;
        }
        let counting = EmitOptions {
            count: true,
            ..EmitOptions::default()
        };
        let numpy = target("numpy").expect("a target");
        let program = emit(&outcome, &config, numpy, counting).expect("a program");
        let asked = Config {
            savings: true,
            ..config
        };
        let savings = run(&source, &asked).expect("derives").derivation.savings;
        let savings = savings.expect("it was asked for");
        let forward = Savings::total(&savings.forward);
        let all = forward.plus(&Savings::total(&savings.backward));
        for told in [
            format!("# Forward pass: {forward} multiplications."),
            format!("# In all: {all} multiplications."),
        ] {
            assert!(program.contains(&told), "{}: {told}", spec.display());
        }
        for line in savings.forward.iter().chain(&savings.backward) {
            assert_eq!(line.result.shape(), Some(&line.shape), "{}", line.name);
        }
    }
}

#[test]
fn reviewed_programs_are_current() {
    let bless = std::env::var_os("DERIVE_BLESS").is_some();
    for name in REVIEWED {
        let spec = support::root().join(format!("golden/{name}.spec"));
        let source = std::fs::read(&spec).expect("readable");
        let text = program(&source, "numpy").expect("a program");
        let path = spec.with_extension("numpy.py");
        if bless {
            std::fs::write(&path, &text).expect("writable");
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(known, text, "{} is stale", path.display());
    }
}

#[test]
fn the_functions_that_programs_are_checked_with_are_all() {
    let path = support::root().join(".ci/emit/specs/functions.spec");
    let text = std::fs::read_to_string(path).expect("readable");
    for row in derive_graph::function_table::FUNCTIONS {
        let called = text.contains(&format!("= {}(", row.name));
        assert!(row.internal || called, "`{}` is missing", row.name);
    }
}

fn refuses(arguments: &[&str], status: i32, says: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_derive"))
        .args(arguments)
        .current_dir(support::root())
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
    assert!(error.contains(says), "{arguments:?}: {error}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
}

#[test]
fn what_has_no_program_is_named() {
    let numpy = ["--emit", "numpy", "--check", "off"];
    let with = |more: &[&'static str]| [more, numpy.as_slice()].concat();
    refuses(
        &with(&[
            "golden/networks/linear_regression.spec",
            "--hessian",
            "--train",
        ]),
        3,
        "training by anything but the gradients",
    );
    let deep = "golden/depth/deep_network.spec";
    refuses(
        &with(&[deep, "--train"]),
        3,
        "training with the unspecified function `f`",
    );
    refuses(
        &[
            "golden/jacobians/softmax.spec",
            "--jacobian",
            "p",
            "--cost",
            "flops",
        ],
        3,
        "leave out `--jacobian`",
    );
    refuses(
        &["golden/networks/two_layer.spec", "--emit", "cobol"],
        2,
        "cobol",
    );
    refuses(
        &with(&["golden/networks/two_layer.spec", "--latex"]),
        2,
        "--latex",
    );
}

#[test]
fn reserved_names_come_out_legal() {
    let source = b"input def: [N, d]\nparam lambda: [d]\nloss sum((def @ lambda)^2)\n";
    let text = program(source, "numpy").expect("a program");
    assert!(
        text.contains("lambda_ = np.asarray(values[\"lambda\"], dtype=float)"),
        "{text}"
    );
    assert!(text.contains("def_ @ lambda_"), "{text}");
}

#[test]
fn multiplications_are_counted() {
    let source = b"input X: [N, d]\nparam W: [d, h]\ntarget T: [N, h]\nloss sum((X @ W - T)^2)\n";
    let (outcome, config) = derived(source);
    let options = EmitOptions {
        count: true,
        ..EmitOptions::default()
    };
    let numpy = target("numpy").expect("a target");
    let text = emit(&outcome, &config, numpy, options).expect("a program");
    for part in [
        "Forward pass: N*d*h + N*h multiplications.",
        "d_W = 2 * (X.T @ t1)  # N*d*h + d*h multiplications",
    ] {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

/// With `--cost flops` if `cheap`.
fn written(source: &str, cheap: bool) -> String {
    let (outcome, config) = derived(source.as_bytes());
    let options = EmitOptions {
        count: cheap,
        ..EmitOptions::default()
    };
    let numpy = target("numpy").expect("a target");
    emit(&outcome, &config, numpy, options).expect("a program")
}

#[test]
fn nothing_is_multiplied_twice_or_needlessly() {
    // The spec, a part of its program, and what the program would do with more work.
    let rows = [
        // The forward pass is bracketed so that the backward pass finds W (x − s) ready.
        (
            "param x: [m]\ninput s: [m]\nconst W: [m, m] symmetric\nloss (x - s).T @ W @ (x - s)\n",
            "loss = t1 @ t2",
            "t1 @ W",
        ),
        // A gradient that is a part of another one stands before it.
        (
            "input h: [n]\nparam W: [n, k]\nparam b: [k]\ntarget t: [k]\ny = sigmoid(h @ W + b)\nloss sum((y - t)^2)\n",
            "d_W = np.outer(h, d_b)",
            "np.outer(h, 2",
        ),
        // Masks choose.
        (
            "input X: [N, d]\nparam W: [d, k]\nconst G: [N, k]\nZ = X @ W\nloss sum(relu(Z) * G)\n",
            "G * (Z > 0)",
            "astype",
        ),
        // tr(A B) = Σ A ⊙ Bᵀ
        (
            "param X: [n, m]\nconst A: [m, n]\nloss tr(X @ A)\n",
            "loss = (X * A.T).sum()",
            "diagonal",
        ),
        // Softmax and its logarithm share the exponentials.
        (
            "param Z: [n, k]\ntarget y: [n, k] onehot\np = softmax(Z)\nloss -sum(y * log(p))\n",
            "p = np.exp(t1)",
            " softmax(Z",
        ),
        // A vector is scaled before it is repeated along a matrix.
        (
            "param A: [m, n]\nparam s: [n]\nloss sum((A @ s)^2)\n",
            "2 *",
            "2 * np.outer",
        ),
    ];
    for (source, part, worse) in rows {
        let text = written(source, false);
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
        let code = text.lines().filter(|line| !line.contains("# "));
        let code: Vec<&str> = code.collect();
        assert!(!code.join("\n").contains(worse), "`{worse}` in\n{text}");
    }
}

#[test]
fn made_up_targets_are_what_the_loss_is_for() {
    let rows = [
        ("networks/logistic_regression", Some("\"y\": \"event\"")),
        (
            "losses/binary_cross_entropy_logits",
            Some("\"y\": \"event\""),
        ),
        ("statistics/poisson_regression", Some("\"y\": \"count\"")),
        ("networks/linear_regression", None),
        ("networks/two_layer", None),
    ];
    for (name, told) in rows {
        let spec = support::root().join(format!("golden/{name}.spec"));
        let (outcome, config) = derived(&std::fs::read(&spec).expect("readable"));
        let numpy = target("numpy").expect("a target");
        let train = EmitOptions {
            train: true,
            ..EmitOptions::default()
        };
        let script = emit(&outcome, &config, numpy, train).expect("a script");
        let found = script.contains("OUTCOMES = {");
        assert_eq!(found, told.is_some(), "{name}");
        assert!(told.is_none_or(|told| script.contains(told)), "{name}");
    }
}

#[test]
fn a_symbolic_depth_is_trained_as_lists() {
    let spec = support::root().join(".ci/emit/specs/depth_classifier.spec");
    let (outcome, config) = derived(&std::fs::read(&spec).expect("readable"));
    let train = EmitOptions {
        train: true,
        ..EmitOptions::default()
    };
    let numpy = target("numpy").expect("a target");
    let script = emit(&outcome, &config, numpy, train).expect("a script");
    let shape = "(width(sizes, \"h\", layer - 1), width(sizes, \"h\", layer)) for layer in";
    for part in ["\"h{l}\": ", "\"L\": 3", "[update(*pair, ", shape] {
        assert!(script.contains(part), "`{part}` is missing in\n{script}");
    }
    let lone =
        "param z: [n]\nparam a: [n]\nfunction update(x) = x^2 + 1\nloss sum(update(z) * a)\n";
    let (outcome, config) = derived(lone.as_bytes());
    let script = emit(&outcome, &config, numpy, train).expect("a script");
    assert!(script.contains("def update_("), "{script}");
}

#[test]
fn jacobians_and_second_derivatives_have_programs() {
    let least_squares = "input X: [m, n]\nparam a: [n]\nparam b: scalar\ntarget y: [m]\nloss J = norm2(X @ a + b - y)^2\n";
    let two = "param a: [n]\nparam c: [k]\nconst M: [n, k]\nloss J = (a @ M @ c)^2\n";
    let jacobian = "param W: [m, n]\ninput x: [n]\ny = tanh(W @ x)\nloss sum(y)\n";
    let hessian = Some(Second::Hessian);
    // The spec, what is asked, the target, and a part of the program.
    let rows = [
        (least_squares, hessian, "numpy", "d_a_a = 2 * (X.T @ X)"),
        (
            least_squares,
            hessian,
            "numpy",
            "\"b\": {\"a\": d_a_b, \"b\": d_b_b},",
        ),
        (two, hessian, "numpy", "d_c_a = d_a_c.T"),
        (two, hessian, "octave", "blocks.c.a = d_c_a;"),
        (two, hessian, "julia", "        a = (a = d_a_a,c = d_a_c,),"),
        (two, Some(Second::Product), "jax", "def hessian_vector("),
        (jacobian, None, "torch", "def jacobian("),
        (jacobian, None, "jax", "def value("),
    ];
    for (source, second, name, part) in rows {
        let config = Config {
            check: None,
            jacobian: second.is_none().then(|| "y".into()),
            second,
            ..Config::default()
        };
        let outcome = run(source.as_bytes(), &config).expect("derives");
        let target = target(name).expect("a target");
        let text = emit(&outcome, &config, target, EmitOptions::default()).expect("a program");
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

#[test]
fn steps_to_the_fewest_multiplications_pass_their_check() {
    let deep = "input A{0}: [N, h]\ntarget y: [N, h] onehot\nfor l in 1..L {\n  param W{l}: [h, h]\n  A{l} = tanh(A{l-1} @ W{l} @ W{l})\n}\n\
                loss -sum(y * log(softmax(A{L}))) + sum(l) norm2(W{l})^2\n";
    let sources = [
        // Entries are compared with a maximum, which no random value is.
        "param X: [N, d]\nparam c: [d, k]\nZ = X @ c\nR = max(Z, axis=1)\nloss sum(R^2) + tr(X.T @ X @ c @ c.T)\n",
        // A derivative that divides by a softmax is put in where that multiplies.
        "input X: [N, d]\ntarget T: [N, c] onehot\nparam W: [d, c]\nP = softmax(X @ W)\nH = P @ W.T\nloss -sum(T * log(P)) + norm2(H)^2\n",
        // Layers, and a sum over them.
        deep,
    ];
    for source in sources {
        let config = Config {
            savings: true,
            ..Config::default()
        };
        let outcome = run(source.as_bytes(), &config).unwrap_or_else(|it| panic!("{it:?}"));
        let verdict = outcome.derivation.verdict.expect("a verdict");
        assert!(verdict.failures.is_empty(), "{:?}", verdict.failures);
        let savings = outcome.derivation.savings.expect("lines");
        let steps = savings.forward.iter().chain(&savings.backward);
        assert!(
            steps.map(|line| line.steps.len()).sum::<usize>() > 0,
            "{source}"
        );
    }
}

#[test]
fn only_the_cheap_program_multiplies_out() {
    let source = "param w: [d]\nconst B: [d, d] symmetric\nconst W: [d, d] symmetric\nloss (w @ B @ w) / (w @ W @ w)\n";
    let (plain, cheap) = (written(source, false), written(source, true));
    assert!(plain.contains(") @ w)"), "{plain}");
    assert!(
        cheap.contains("Backward pass, from the loss down: 2*d + 2 multiplications."),
        "{cheap}"
    );
}

#[test]
fn the_backward_pass_keeps_its_digits() {
    // The spec, a part of its program, and what would overflow or be 0 · ln 0.
    let rows = [
        (
            "param T: [k, k]\ninput a: [k]\nb = logsumexp(reshape(a, [k, 1]) + T, axis=0)\nloss sum(b^2)\n",
            "b * softmax(a[:, None] + T, axis=0)",
            "np.exp(a",
        ),
        (
            "param z: [n]\np = sigmoid(z)\nloss -sum((1 - p)^2 * log(p))\n",
            "softplus(-z)",
            "np.log(p)",
        ),
        (
            "param p: [n] positive\nloss sum(p^2 * log(p))\n",
            "xlogy(p, p)",
            "* np.log(p)",
        ),
        (
            "input X: [N, d]\ntarget T: [N, c] onehot\nparam W: [d, c]\nP = softmax(X @ W)\nH = P @ W.T\nloss -sum(T * log(P)) + norm2(H)^2\n",
            "d_Z = P * (",
            "/ P",
        ),
        (
            "target T: [N, c] simplex\nparam Z: [N, c]\nloss sum(T * (log(T) - log(softmax(Z))))\n",
            "xlogy(T, T)",
            "np.log(T)",
        ),
    ];
    for (source, part, worse) in rows {
        let text = written(source, false);
        let code = text.split("def loss_and_gradients").nth(1).unwrap_or(&text);
        assert!(code.contains(part), "`{part}` is missing in\n{code}");
        assert!(!code.contains(worse), "`{worse}` is in\n{code}");
    }
}

#[test]
fn layers_of_symbolic_depth_are_loops_in_every_language() {
    let source = b"input A{0}: [N, h]\ntarget y: [N, h]\nparam W: [h, h]\nfor l in 1..L {\nparam b{l}: [h]\nA{l} = tanh(A{l-1} @ W + b{l})\n}\nloss sum((A{L} - y)^2) + sum(l) norm2(b{l})^2\n";
    let rows = [
        (
            "numpy",
            "for l in range(1, L + 1):",
            "sum((b[k] ** 2).sum() for k in range(1, L + 1))",
        ),
        (
            "octave",
            "A{l + 1} = tanh(A{l} * W + b{l}.');",
            "series(@(k) sum((b{k} .^ 2)(:)), 1:L)",
        ),
        (
            "julia",
            "A[l + 1] = tanh.(A[l] * W .+ b[l]')",
            "sum(sum(b[k] .^ 2) for k in 1:L)",
        ),
    ];
    for (target, line, sum) in rows {
        let text = program(source, target).expect("a program");
        let text = text.replace("layer", "l");
        for part in [line, sum] {
            assert!(text.contains(part), "`{part}` is missing in\n{text}");
        }
    }
}
