//! Which derivatives have the three-term form of a normalisation: those through x̂ = (x − mean)/scale, however they are written, and no
//! others. What is proposed and does not agree with the derivative is dropped, so a lookalike has none.

use derive_engine::{CheckConfig, Config, run};

/// What is declared, and how the loss uses `H`.
const HEAD: &str = "dims n, m\ninput X: [n, m]\nconst G: [n, m]\n";
const TAIL: &str = "\nloss sum(H * H * G)\nwrt X\n";

/// Definitions of `H`, and whether the derivative by X takes three terms through it.
const WAYS: [(&str, bool); 12] = [
    // One name for all of it; the mean with a name; the deviation with a name; the scale with a name.
    (
        "H = (X - mean(X, axis=1, keepdims=true)) / sqrt(mean((X - mean(X, axis=1, keepdims=true))^2, axis=1, keepdims=true) + 1/10)",
        true,
    ),
    (
        "a = mean(X, axis=0)\nv = mean((X - a)^2, axis=0)\nH = (X - a) / sqrt(v + 1/10)",
        true,
    ),
    (
        "a = mean(X, axis=0)\nC = X - a\nv = mean(C^2, axis=0)\nH = C / sqrt(v + 1/10)",
        true,
    ),
    (
        "a = mean(X, axis=1, keepdims=true)\nC = X - a\ns = sqrt(mean(C^2, axis=1, keepdims=true))\nH = C / s",
        true,
    ),
    (
        "a = sum(X, axis=0) / n\ns = sqrt(sum((X - a)^2, axis=0) / n)\nH = -(a - X) / s",
        true,
    ),
    (
        "a = mean(X)\nv = mean((X - a)^2)\nH = (X - a) / sqrt(v + 1)",
        true,
    ),
    // No mean is taken away; the mean of another axis; twice the mean.
    (
        "r = sqrt(mean(X^2, axis=1, keepdims=true) + 1/10)\nH = X / r",
        false,
    ),
    (
        "a = mean(X, axis=0)\nv = mean((X - a)^2, axis=1, keepdims=true)\nH = (X - a) / sqrt(v + 1/10)",
        false,
    ),
    (
        "a = 2 * mean(X, axis=0)\nv = mean((X - a)^2, axis=0)\nH = (X - a) / sqrt(v + 1/10)",
        false,
    ),
    // A scale that is no root of the mean square; one that does not depend on X; the sum of squares.
    (
        "a = mean(X, axis=0)\nv = mean((X - a)^2, axis=0)\nH = (X - a) / (v + 1/10)",
        false,
    ),
    (
        "a = mean(X, axis=0)\nq = mean(G^2, axis=0)\nH = (X - a) / sqrt(q + 1)",
        false,
    ),
    (
        "a = mean(X, axis=0)\nv = sum((X - a)^2, axis=0)\nH = (X - a) / sqrt(v + 1/10)",
        false,
    ),
];

fn config() -> Config {
    Config {
        check: Some(CheckConfig::default()),
        ..Config::default()
    }
}

#[test]
fn three_terms_are_for_normalisations() {
    for (way, expected) in WAYS {
        let spec = format!("{HEAD}{way}{TAIL}");
        let outcome = run(spec.as_bytes(), &config()).unwrap_or_else(|_| panic!("{spec}"));
        let verdict = outcome.derivation.verdict.as_ref().expect("a verdict");
        assert!(
            verdict.failures.is_empty(),
            "{spec}\n{:?}",
            verdict.failures
        );
        let statements = outcome.derivation.statements.iter();
        let found =
            statements.filter_map(|it| Some((it.variable.as_str(), it.three_terms.as_ref()?)));
        let found: Vec<_> = found
            .map(|(name, three)| (name, three.normalised.as_str()))
            .collect();
        let wanted: &[(&str, &str)] = if expected { &[("X", "H")] } else { &[] };
        assert_eq!(found, wanted, "{spec}");
    }
}

#[test]
fn nothing_is_shown_unchecked() {
    let spec = format!("{HEAD}{}{TAIL}", WAYS[1].0);
    let unchecked = Config {
        check: None,
        ..Config::default()
    };
    let outcome = run(spec.as_bytes(), &unchecked).unwrap_or_else(|_| panic!("{spec}"));
    let mut statements = outcome.derivation.statements.iter();
    assert!(statements.all(|it| it.three_terms.is_none()));
}
