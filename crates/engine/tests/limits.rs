//! Specs that are deep, long or huge: each is refused with a code or derived, on the small stack of a test's thread.

use derive_engine::{CheckConfig, Config, Failure, run};

/// What becomes of a spec: the first code, or nothing.
fn code(spec: &str) -> Option<&'static str> {
    let config = Config {
        check: Some(CheckConfig { seed: 0, draws: 1 }),
        ..Config::default()
    };
    match run(spec.as_bytes(), &config) {
        Err(Failure::Spec(problems)) => Some(problems[0].code),
        Ok(_) | Err(Failure::Engine(_)) => None,
    }
}

fn vector(expression: &str) -> String {
    format!("param x: [n]\nloss sum({expression})\n")
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |open: &str, close: &str| {
        vector(&format!(
            "{}x{}",
            open.repeat(100_000),
            close.repeat(100_000)
        ))
    };
    for spec in [
        deep("(", ")"),
        deep("tanh(", ")"),
        deep("-", ""),
        deep("", ".T"),
        deep("", "[0]"),
        deep("", "'"),
        deep("", "^x"),
    ] {
        assert!(code(&spec).is_some(), "{}", &spec[..40]);
    }
    let blocks = "for a in 1..2 {\n".repeat(100_000);
    assert!(code(&blocks).is_some());
    let residual = format!(
        "input X: [N, d]\n{}layer dense(d)\n{}loss sum(yhat)\n",
        "layer residual {\n".repeat(3000),
        "}\n".repeat(3000)
    );
    assert!(code(&residual).is_some());
}

#[test]
fn long_expressions_are_refused_or_derived() {
    assert!(code(&vector(&format!("x{}", " + x".repeat(20_000)))).is_some());
    assert_eq!(code(&vector(&format!("x{}", " + x".repeat(900)))), None);
    assert_eq!(code(&vector(&format!("x{}", " * x".repeat(60)))), None);
    let sums = vec!["(x + 1)"; 30].join(" * ");
    assert_eq!(code(&vector(&sums)), None);
}

#[test]
fn huge_numbers_are_refused_or_derived() {
    let shapes = [
        "param x: [18446744073709551615]\nloss sum(x^2)\n",
        "param x: [2000000000000]\nloss sum(x)\n",
        "param x: [99999999999999999999999999999]\nloss sum(x^2)\n",
        "param x: [9223372036854775807, 9223372036854775807]\nloss sum(flatten(x)^2)\n",
        "param x: [9223372036854775807]\nloss sum(concat(x, x)^2)\n",
        "param x: [8]\nloss sum(maxpool1d(x, 9999999999999999999))\n",
        "param x: [n]\nloss sum(sum(x, axis=99999999999999999999))\n",
        "param x: [5]\nloss sum(x[-9223372036854775808:9223372036854775807])\n",
        "param x: [n]\nloss sum(i) x[9223372036854775807*i + 9223372036854775807]\n",
        "param x: [n]\nfor t in 1..100000000000 {\n y{t} = x\n}\nloss sum(x)\n",
        "input x: [1000000000]\nparam K: [3]\nloss sum(conv1d(x, K, stride=999999999999, padding=99999999999999)^2)\n",
    ];
    for spec in shapes {
        let _ = code(spec);
    }
    // Every number fits, their product does not.
    let large = "param W: [1000000000000, n]\n";
    for (last, expected) in [
        ("loss sum(kron(W, W)^2)\n", Some("E0503")),
        ("loss sum(flatten(kron(W, W.T))^2)\n", Some("E0503")),
        ("loss sum(flatten(W)^2)\n", None),
    ] {
        assert_eq!(code(&format!("{large}{last}")), expected, "{last}");
    }
    for expression in [
        "1e999999999 * x",
        "1e-999999999 * x",
        "x^999999999",
        "(2 * x)^999999999",
        "2^999999999 * x",
        "2^(2^(2^(2^(2^5)))) * x",
        "x * 0^(-1)",
        "x / (1 - 1)",
    ] {
        assert!(code(&vector(expression)).is_some(), "{expression}");
    }
    assert!(
        code(&format!(
            "param x: [n]\nloss {} * sum(x)\n",
            "9".repeat(1_000_000)
        ))
        .is_some()
    );
}
