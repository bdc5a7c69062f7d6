//! The binary: exit statuses, streams, and errors.

mod support;

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn derive(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_derive"))
        .args(arguments)
        .current_dir(support::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // The child may refuse its arguments before it reads.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends")
}

fn check(input: &str, status: i32, says: &[&str]) {
    let output = derive(&["-"], input.as_bytes());
    let both = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(status), "{input}\n{both}");
    for text in says {
        assert!(both.contains(text), "`{text}` is missing in\n{both}");
    }
}

const GOOD: &str = "input X: [N, d]\nparam W: [d, h]\ntarget T: [N, h]\n";

#[test]
fn statuses_say_what_happened() {
    check(&format!("{GOOD}loss sum((X @ W - T)^2)\n"), 0, &["∂L/∂W"]);
    check(
        &format!("{GOOD}loss sum((X @ W - T)^2)\nclaim grad(W) = X.T @ (X @ W - T)\n"),
        1,
        &["False"],
    );
    check(
        &format!("{GOOD}loss sum((X @ V - T)^2)\n"),
        2,
        &["E0201", "`V`"],
    );
    assert_eq!(derive(&["--no-such-option"], b"").status.code(), Some(2));
    assert_eq!(derive(&["no-such-file.spec"], b"").status.code(), Some(2));
    assert_eq!(derive(&["--help"], b"").status.code(), Some(0));
}

#[test]
fn wrong_specs_are_explained() {
    check(
        &format!("{GOOD}loss sum(W @ X)\n"),
        2,
        &["E0301", "`W`: [d, h]", "`X`: [N, d]", "X @ W"],
    );
    check(
        &format!("{GOOD}Z = X @ W.T\nloss sum(Z)\n"),
        2,
        &["E0301", "did you mean"],
    );
    check(
        &format!("{GOOD}loss sum(X + T)\n"),
        2,
        &["E0302", "[N, d]", "[N, h]"],
    );
    check(&format!("{GOOD}loss sum(X W)\n"), 2, &["X @ W", "X * W"]);
    check(
        &format!("{GOOD}loss (X @ W - T)^2\n"),
        2,
        &["not a scalar", "sum("],
    );
    check(
        "A = B + 1\nB = A * 2\nparam w: scalar\nloss w\n",
        2,
        &["cycle"],
    );
    check("param w: scalar\n", 2, &["loss"]);
    check("input x: [n]\nloss sum(x)\n", 2, &["differentiate"]);
    check("param w: scalar\nparam w: scalar\nloss w\n", 2, &["E0202"]);
    check(
        "param A: [n]\nloss sum(exp(dft(A)))\n",
        2,
        &["E0313", "imag"],
    );
}

#[test]
fn every_error_is_reported() {
    check(
        &format!("{GOOD}Z = X @ Q\nY = X W\nloss sum(R)\n"),
        2,
        &["E0103"],
    );
    check(
        &format!("{GOOD}Z = X @ Q\nloss sum(R)\n"),
        2,
        &["`Q`", "`R`"],
    );
}

#[test]
fn bad_bytes_are_errors() {
    assert_eq!(
        derive(&["-"], b"param \xff: scalar\n").status.code(),
        Some(2)
    );
    assert_eq!(derive(&["-"], b"").status.code(), Some(2));
    assert_eq!(
        derive(&["-"], "(".repeat(1_000_000).as_bytes())
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        derive(&["-"], "x".repeat(3_000_000).as_bytes())
            .status
            .code(),
        Some(2)
    );
    let sum = format!("param w: scalar\nloss w{}\n", " + w".repeat(900));
    assert_eq!(derive(&["-"], sum.as_bytes()).status.code(), Some(0));
    let nested = format!(
        "param w: scalar\nloss {}w{}\n",
        "sin(".repeat(90),
        ")".repeat(90)
    );
    assert_eq!(derive(&["-"], nested.as_bytes()).status.code(), Some(0));
}

#[test]
fn other_options() {
    let golden = "golden/networks/two_layer.spec";
    let text =
        |arguments: &[&str]| String::from_utf8(derive(arguments, b"").stdout).expect("UTF-8");
    assert!(text(&[golden, "--equations"]).contains("Z1 = x @ W1 + b1"));
    assert!(!text(&[golden, "--wrt", "W2"]).contains("∂L/∂W⁽¹⁾ ="));
    assert!(text(&[golden, "--latex", "--standalone"]).starts_with("\\documentclass"));
    assert!(text(&[golden, "--steps", "none"]).len() < text(&[golden]).len());
    assert!(text(&[golden, "--steps", "full"]).len() > text(&[golden]).len());
    assert_eq!(
        text(&[golden, "--seed", "5"]),
        text(&[golden, "--seed", "5"])
    );
    assert!(text(&[golden, "--check", "off"]).contains("Not checked"));
}

/// What a call prints on standard output, where it ends well.
fn printed(arguments: &[&str], input: &str) -> String {
    let output = derive(arguments, input.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn formats_have_their_beginnings() {
    let golden = "golden/networks/linear_regression.spec";
    for (format, beginning) in [
        ("text", "linear_regression\n═"),
        ("latex", "\\section*{"),
        ("markdown", "# linear"),
        ("html", "<!doctype html>"),
        ("json", "{\n  \"schema\": 1,"),
    ] {
        let text = printed(&[golden, "--format", format], "");
        assert!(text.starts_with(beginning), "{format}: {text}");
        assert_eq!(text, printed(&[golden, "--format", format], ""));
    }
    assert!(printed(&[golden, "--ascii"], "").is_ascii());
    let refused = derive(&[golden, "--ascii", "--format", "html"], b"");
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn subcommands_stand_beside_the_main_form() {
    let spec = "param   w:scalar # one\nloss w*w\n";
    assert_eq!(
        printed(&["fmt", "-"], spec),
        "param w: scalar  # one\nloss w * w\n"
    );
    assert!(printed(&["-"], spec).contains("∂L/∂w"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(printed(&["completions", shell], "").contains("derive"));
    }
    let claimed = |what: &str| format!("{spec}claim grad(w) = {what}\n");
    assert!(printed(&["check", "-"], &claimed("2 * w")).contains("True, proved: "));
    let wrong = derive(&["check", "-"], claimed("3 * w").as_bytes());
    assert_eq!(wrong.status.code(), Some(1));
    assert!(printed(&["check", "-"], spec).contains("claims nothing"));
    assert!(printed(&["graph", "-"], spec).starts_with("<svg "));
    assert!(printed(&["graph", "-", "--format", "dot"], spec).starts_with("digraph "));
    let rules = printed(&["explain"], "");
    for line in rules.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(printed(&["explain", name], "").starts_with(name));
    }
    assert_eq!(derive(&["explain", "magic"], b"").status.code(), Some(2));
    let status = |arguments: &[&str], input: &[u8]| derive(arguments, input).status.code();
    assert_eq!(status(&["fmt", "-"], b"loss ("), Some(2));
    assert_eq!(status(&["fmt"], b""), Some(2));
    assert_eq!(status(&[], b""), Some(2));
}

#[test]
fn what_is_too_large_to_check_is_said_and_the_rest_is_printed() {
    let spec = b"param A: [20, 20]\nloss sum((A @ A)^2)\n";
    let plain = derive(&["-"], spec);
    let output = derive(&["-", "--hessian"], spec);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout, plain.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("second derivatives are too large to be checked"),
        "{said}"
    );
    assert!(said.contains("--wrt"), "{said}");
}

#[test]
fn literal_sizes_that_are_too_large_to_check_end_with_three() {
    for spec in [
        "param W: [3000, 3000]\ninput x: [3000]\nloss sum((W @ x)^2)\n",
        "param a: [3000]\nloss sum(outer(a, a)^2)\n",
    ] {
        check(spec, 3, &["too large", "[3000, 3000]", "--check off"]);
    }
}

/// What a quiz says to these lines.
fn quiz(arguments: &[&str], lines: &str) -> String {
    let arguments = [&["quiz", "golden/networks/two_layer.spec"], arguments].concat();
    let output = derive(&arguments, lines.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{lines}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_quiz_judges_hints_and_keeps_score() {
    let lines = "hint\n(yhat - y)\nx.T @ grad(Z1)\nshow\n";
    let said = quiz(&["--wrt", "W1,b1"], lines);
    for part in [
        "What is grad(W1)",
        "one entry for every entry",
        "False, ill-shaped",
        "True, proved: `grad(W1) = x.T @ grad(Z1)`",
        "What is grad(b1)",
        "Typed: grad(b1) = sum(grad(Z1), axis=0)",
        // One hint and one wrong answer leave one point of three; what was shown has none.
        "Score: 1 of 6.",
    ] {
        assert!(said.contains(part), "`{part}` is missing in\n{said}");
    }
    assert!(!said.contains("Correct is"), "{said}");
}

#[test]
fn a_quiz_lets_mistypes_pass_and_refuses_what_says_nothing() {
    let said = quiz(&["--wrt", "W1"], "x.T @ grad(Z9)\ngrad(W1)\nx.T @\n");
    for part in [
        "`Z9` is not defined; did you mean `Z1`?",
        "    x.T @ grad(Z9)\n               ^^",
        "grad(W1) is what is asked for.",
        "Score: 0 of 3.",
        "No points for these:\n    grad(W1) = x.T @ grad(Z1)",
    ] {
        assert!(said.contains(part), "`{part}` is missing in\n{said}");
    }
}

#[test]
fn a_quiz_asks_for_error_signals_and_takes_entries() {
    let lines = "skip\ngrad(Z2)[i, j] = (yhat[i, j] - y[i, j]) / N\nquit\n";
    let said = quiz(&[], lines);
    assert!(said.contains("What is grad(yhat)"), "{said}");
    assert!(said.contains("Score: 3 of 9."), "{said}");
}

#[test]
fn colour_takes_the_place_of_the_row_below_what_changes() {
    let spec = "golden/networks/two_layer.spec";
    let printed = |arguments: &[&str]| {
        let output = derive(&[&[spec], arguments].concat(), b"");
        String::from_utf8(output.stdout).expect("text")
    };
    let (plain, coloured) = (printed(&[]), printed(&["--color", "always"]));
    // No terminal, no colours.
    assert!(!plain.contains('\u{1b}') && plain.contains('‾'));
    assert!(coloured.contains("\u{1b}[1;4;36mδₘₚ\u{1b}[0m") && !coloured.contains('‾'));
    let bare = coloured
        .replace("\u{1b}[1;4;36m", "")
        .replace("\u{1b}[0m", "");
    let row = |line: &&str| !line.contains('‾');
    assert!(bare.lines().eq(plain.lines().filter(row)));
    let latex = printed(&["--color", "always", "--latex"]);
    assert!(!latex.contains('\u{1b}'));
}

#[test]
fn names_that_would_look_alike_are_told_apart() {
    let spec =
        "param x1: [n]\nconst x_1: [n]\nconst E: [n]\nE_ = x1 * E\nH_ = E_ * x_1\nloss sum(H_^2)\n";
    check(
        spec,
        0,
        &["x_1   (n)   constant", "E_ = x₁ ⊙ E", "H = E_ ⊙ x_1"],
    );
}
