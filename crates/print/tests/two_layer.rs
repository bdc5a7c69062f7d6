//! The two-layer network, built by hand and printed in both formats.

#![allow(clippy::unwrap_used)]

mod common;

use derive_graph::{Name, Update};
use derive_index::build;
use derive_index::derivation::{ChainLink, Cotangent, Derivation, FunctionFact, Local};
use derive_print::text::columns;
use derive_print::{Format, Options, PrintError, Steps, render};

fn options(format: Format, steps: Steps) -> Options {
    Options {
        format,
        steps,
        ..Options::default()
    }
}

fn printed(format: Format, steps: Steps) -> String {
    render(&common::two_layer(), &options(format, steps)).unwrap()
}

/// Every line occurs, in this order.
fn check_lines(text: &str, lines: &[&str]) {
    let mut rest = text;
    for line in lines {
        let place = rest.find(line);
        assert!(place.is_some(), "missing or out of order: {line}\n{text}");
        rest = &rest[place.unwrap_or(0) + line.len()..];
    }
}

/// Dollars, brackets and environments open and close in turn.
fn check_balanced(latex: &str) {
    assert!(latex.is_ascii());
    let count = |what: &str| latex.matches(what).count();
    assert_eq!(count("{"), count("}"));
    assert_eq!(count(r"\["), count(r"\]"));
    assert_eq!(count(r"\("), count(r"\)"));
    let words = count(r"\leftarrow") + count(r"\leftmargin");
    assert_eq!(count(r"\left"), count(r"\right") + words);
    assert_eq!(count(r"\begin{"), count(r"\end{"));
    assert!(!latex.contains('?'));
}

#[test]
fn what_explains_a_rule_is_told_once() {
    let derivation = common::two_layer();
    let count = |steps, what: &str| {
        let text = render(&derivation, &options(Format::Text, steps)).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").matches(what).count()
    };
    let explained = "so the sum over";
    assert_eq!(count(Steps::Key, explained), 1);
    assert!(count(Steps::Full, explained) > 5);
}

#[test]
fn text_tells_the_derivation_in_order() {
    let text = printed(Format::Text, Steps::Key);
    check_lines(
        &text,
        &[
            "two_layer\n═════════\n",
            "y      (N×c)      target, one-hot: a single 1 in each row",
            "Z⁽¹⁾ = x W⁽¹⁾ + 𝟏 b⁽¹⁾ᵀ      (N×h)",
            "= −(1/N) Σᵢⱼ yᵢⱼ ln ŷᵢⱼ",
            "A⁽¹⁾ᵢⱼ = tanh(Z⁽¹⁾ᵢⱼ)",
            "▸ δ⁽²⁾ = ∂L/∂Z⁽²⁾   (N×c)",
            "∂L/∂Z⁽²⁾ᵢⱼ = Σₚᵣ ∂L/∂ŷₚᵣ · ∂ŷₚᵣ/∂Z⁽²⁾ᵢⱼ",
            "δ⁽²⁾ᵢⱼ = −(1/N) Σₚᵣ (yₚᵣ/ŷₚᵣ) δₚᵢ ŷₚᵣ (δᵣⱼ − ŷₚⱼ)",
            "└ sift: δₚᵢ is zero unless p = i, so the sum over p keeps one term",
            "└ cancel: ŷᵢᵣ stands above and below (ŷᵢᵣ ≠ 0: softmax is positive)",
            "δ⁽²⁾ = (1/N)(ŷ − y)   (N×c)",
            "∂L/∂Z⁽¹⁾ᵢⱼ = Σₘₙₚᵣ ∂L/∂Z⁽²⁾ₘₙ · ∂Z⁽²⁾ₘₙ/∂A⁽¹⁾ₚᵣ · ∂A⁽¹⁾ₚᵣ/∂Z⁽¹⁾ᵢⱼ",
            "∂Z⁽²⁾ₘₙ/∂A⁽¹⁾ₚᵣ = Σₖ δₘₚ δₖᵣ W⁽²⁾ₖₙ\n                    = δₘₚ W⁽²⁾ᵣₙ",
            "δ⁽¹⁾ᵢⱼ = Σₘₙₚᵣ δ⁽²⁾ₘₙ δₘₚ W⁽²⁾ᵣₙ (1 − A⁽¹⁾ₚᵣ²) δₚᵢ δᵣⱼ",
            "= Σₙ δ⁽²⁾ᵢₙ W⁽²⁾ⱼₙ (1 − A⁽¹⁾ᵢⱼ²)",
            "= [δ⁽²⁾ W⁽²⁾ᵀ]ᵢⱼ (1 − A⁽¹⁾ᵢⱼ²)",
            "δ⁽¹⁾ = (δ⁽²⁾  W⁽²⁾ᵀ) ⊙ (1 − A⁽¹⁾²)   (N×h)\n            N×c    c×h         N×h\n",
            "∂L/∂W⁽¹⁾ = xᵀ   δ⁽¹⁾   (d×h)\n               d×N  N×h\n",
            "∂L/∂b⁽²⁾ = 𝟏ᵀ   δ⁽²⁾   (c)\n               1×N  N×c\n",
            "W⁽¹⁾ ← W⁽¹⁾ − η · ∂L/∂W⁽¹⁾",
            "True, numeric only: `grad(W2) = A1.T @ grad(Z2)`",
            "3e-16",
        ],
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for steps in [Steps::None, Steps::Key, Steps::Full] {
        for width in [80, 64] {
            let options = Options {
                width,
                ..options(Format::Text, steps)
            };
            let text = render(&common::two_layer(), &options).unwrap();
            for line in text.lines() {
                assert!(columns(line) <= width, "{} columns: {line}", columns(line));
            }
        }
    }
}

#[test]
fn none_keeps_results_and_full_keeps_every_step() {
    let none = printed(Format::Text, Steps::None);
    assert!(!none.contains("Chain rule"));
    check_lines(&none, &["Forward pass", "Results", "δ⁽²⁾ = (1/N)(ŷ − y)"]);
    let full = printed(Format::Text, Steps::Full);
    check_lines(
        &full,
        &[
            "= Σₙₚᵣ δ⁽²⁾ₚₙ W⁽²⁾ᵣₙ",
            "= Σₙᵣ δ⁽²⁾ᵢₙ W⁽²⁾ᵣₙ",
            "= Σₙ δ⁽²⁾ᵢₙ W⁽²⁾ⱼₙ",
        ],
    );
}

#[test]
fn latex_is_plain_commands_in_aligned() {
    let latex = printed(Format::Latex, Steps::Key);
    check_balanced(&latex);
    check_lines(
        &latex,
        &[
            r"\section*{two\_layer}",
            r"Z^{(1)} &= x \, W^{(1)} + \mathbf{1} \, b^{(1)\,\top} && \quad (N \times h)",
            r"\sum_{ij} y_{ij} \, \ln \hat{y}_{ij}",
            r"\sum_{mnpr} \frac{\partial L}{\partial Z^{(2)}_{mn}} \, \frac{\partial Z^{(2)}_{mn}}{\partial A^{(1)}_{pr}}",
            r"&\overset{\text{(a)}}{=} \sum_{n} \delta^{(2)}_{in} \, W^{(2)}_{jn}",
            r"\item[(a)] \textbf{sift}: \(\delta_{mp}\) is zero unless",
            r"\delta^{(2)} &= \frac{1}{N} (\hat{y} - y) && \quad (N \times c)",
            r"W^{(1)} &\leftarrow W^{(1)} - \eta \, \frac{\partial L}{\partial W^{(1)}}",
            r"3 \times 10^{-16}",
        ],
    );
}

#[test]
fn standalone_is_a_whole_document() {
    let options = Options {
        standalone: true,
        ..options(Format::Latex, Steps::Full)
    };
    let latex = render(&common::two_layer(), &options).unwrap();
    check_balanced(&latex);
    assert!(latex.starts_with(r"\documentclass"));
    assert!(latex.ends_with("\\end{document}\n"));
}

#[test]
fn a_gradient_of_another_shape_is_refused() {
    let mut derivation = common::two_layer();
    derivation.statements[2].result = common::array("W2", &["h", "c"]);
    let refused = render(&derivation, &Options::default());
    assert!(matches!(
        refused,
        Err(PrintError::Shape { found: Some(_), .. })
    ));
    derivation.statements[2].result = build::matmul(vec![
        common::array("x", &["N", "d"]),
        common::array("W2", &["h", "c"]),
    ]);
    let refused = render(&derivation, &Options::default());
    assert!(matches!(
        refused,
        Err(PrintError::Shape { found: None, .. })
    ));
}

fn check_update(rule: &str, scalars: &[&str], lines: &[&str]) {
    let mut derivation: Derivation = common::two_layer();
    derivation.network.update = Some(Update {
        rule: rule.to_owned(),
        scalars: scalars.iter().map(|name| Name::new(name)).collect(),
    });
    let text = render(&derivation, &options(Format::Text, Steps::None)).unwrap();
    check_lines(&text, lines);
    check_balanced(&render(&derivation, &options(Format::Latex, Steps::None)).unwrap());
}

#[test]
fn update_rules_print() {
    check_update(
        "momentum",
        &["eta", "mu"],
        &["v_W⁽¹⁾ ← μ v_W⁽¹⁾ + ∂L/∂W⁽¹⁾", "W⁽¹⁾ ← W⁽¹⁾ − η v_W⁽¹⁾"],
    );
    check_update(
        "adam",
        &["eta", "beta1", "beta2", "eps"],
        &[
            "m_W⁽¹⁾ ← β₁ m_W⁽¹⁾ + (1 − β₁) · ∂L/∂W⁽¹⁾",
            "v_W⁽¹⁾ ← β₂ v_W⁽¹⁾ + (1 − β₂) · (∂L/∂W⁽¹⁾)²",
            "W⁽¹⁾ ← W⁽¹⁾ − η (m_W⁽¹⁾/(1 − β₁ᵗ)) ⊘ (√(v_W⁽¹⁾/(1 − β₂ᵗ)) + eps)",
        ],
    );
}

#[test]
fn an_independent_gradient_is_zero_and_says_so() {
    let mut derivation = common::two_layer();
    let statement = &mut derivation.statements[3];
    statement.chain.clear();
    statement.steps = Default::default();
    statement.result = build::integer(0);
    let text = render(&derivation, &Options::default()).unwrap();
    check_lines(
        &text,
        &[
            "L does not depend on b⁽¹⁾, so every entry is zero.",
            "∂L/∂b⁽¹⁾ = 0   (h)",
        ],
    );
}

#[test]
fn conventions_tell_kinks_and_functions() {
    let mut derivation = common::two_layer();
    derivation.kinks = vec!["relu′(0) = 0"];
    let z = common::array(FunctionFact::ARGUMENT, &[]);
    let sigmoid = common::apply("sigmoid", &z);
    let one_minus = build::difference(build::integer(1), sigmoid.clone());
    derivation.functions = vec![FunctionFact {
        function: derive_graph::Function::named("swish"),
        value: Some(common::times(&[z.clone(), sigmoid.clone()])),
        derivative: Some(build::sum(vec![
            sigmoid.clone(),
            common::times(&[z, sigmoid, one_minus]),
        ])),
    }];
    derivation.verdict = None;
    let text = render(&derivation, &Options::default()).unwrap();
    check_lines(
        &text,
        &[
            "Where a function has no derivative: relu′(0) = 0.",
            "swish(z) = z σ(z)",
            "swish′(z) = σ(z) + z σ(z) (1 − σ(z))",
            "Not checked numerically.",
        ],
    );
}

#[test]
fn printing_is_deterministic() {
    assert_eq!(
        printed(Format::Text, Steps::Full),
        printed(Format::Text, Steps::Full)
    );
}

#[test]
fn a_variable_that_the_loss_uses_too_gets_both_terms() {
    let mut derivation = common::two_layer();
    let (i, j) = (common::index(0, "d"), common::index(1, "h"));
    let penalty = common::at(&common::array("W1", &["d", "h"]), &[&i, &j]);
    let statement = &mut derivation.statements[2];
    statement.chain.push(ChainLink {
        user: Name::new("L"),
        indices: Vec::new(),
        cotangent: Cotangent::Loss,
        local: Local {
            raw: penalty.clone(),
            steps: Default::default(),
            value: penalty,
        },
        layers: None,
    });
    let text = render(&derivation, &Options::default()).unwrap();
    check_lines(
        &text,
        &[
            "Chain rule: W⁽¹⁾ reaches L through Z⁽¹⁾ and its own place in L",
            "∂L/∂W⁽¹⁾ᵢⱼ = Σₚᵣ ∂L/∂Z⁽¹⁾ₚᵣ · ∂Z⁽¹⁾ₚᵣ/∂W⁽¹⁾ᵢⱼ + [∂L/∂W⁽¹⁾ᵢⱼ]_direct",
            "[∂L/∂W⁽¹⁾ᵢⱼ]_direct = W⁽¹⁾ᵢⱼ",
        ],
    );
    check_balanced(&render(&derivation, &options(Format::Latex, Steps::Key)).unwrap());
}
