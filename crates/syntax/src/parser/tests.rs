//! Tests of the parser: trees, codes with their places, limits, and that nothing panics.

use super::*;
use crate::ast::ExprKind;
use crate::dump::{dump_expr, dump_spec};
use crate::format::{format_expr, format_spec};
use crate::lexer::TokenKind;
use crate::operators::{MARKS, OPERATORS};

mod limits;

/// The tree of an expression; its canonical text must read as the same tree.
fn check(source: &str, expected: &str) {
    let expr = parse_expression(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    assert_eq!(dump_expr(&expr), expected, "{source}");
    let text = format_expr(&expr);
    let again = parse_expression(&text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    assert_eq!(dump_expr(&again), expected, "{source} printed as {text}");
}

/// The tree of a spec, lines joined by blanks.
fn check_spec(source: &str, expected: &str) {
    let parsed = parse_str(source);
    assert_eq!(parsed.diagnostics, [], "{source}");
    assert_eq!(
        dump_spec(&parsed.spec).trim_end().replace('\n', " "),
        expected
    );
    let text = format_spec(&parsed.spec);
    let again = parse_str(&text);
    assert_eq!(again.diagnostics, [], "{text}");
    assert_eq!(dump_spec(&again.spec), dump_spec(&parsed.spec), "{text}");
    assert_eq!(format_spec(&again.spec), text);
}

/// Each error as `CODE at text`, in order.
fn check_errors(source: &str, expected: &[&str]) {
    let found: Vec<String> = parse(source.as_bytes())
        .diagnostics
        .iter()
        .map(|problem| {
            let span = problem.labels[0].span;
            format!("{} {}", problem.code, &source[span.start..span.end])
        })
        .collect();
    assert_eq!(found, expected, "{source}");
}

fn check_help(source: &str, expected: &str) {
    let help = parse_str(source).diagnostics[0]
        .help
        .clone()
        .unwrap_or_default();
    assert!(help.contains(expected), "{help}");
}

#[test]
fn operators_bind_as_the_table_says() {
    check("a + b * c", "(+ a (* b c))");
    check("a - b - c", "(- (- a b) c)");
    check("a @ b * c / d", "(/ (* (@ a b) c) d)");
    check("1/2*x", "(* (/ 1 2) x)");
    check("a ^ b ^ c", "(^ a (^ b c))");
    check("a ** 2", "(^ a 2)");
    check("(a ^ b) ^ c", "(^ (^ a b) c)");
    check("a .* b ⊙ c ∘ d", "(* (* (* a b) c) d)");
    check("a ./ b ⊘ c", "(/ (/ a b) c)");
    check("a − b", "(- a b)");
}

#[test]
fn the_minus_stands_between_product_and_power() {
    check("-a^2", "(neg (^ a 2))");
    check("-a*b", "(* (neg a) b)");
    check("a * -b", "(* a (neg b))");
    check("2^-3", "(^ 2 (neg 3))");
    check("2^-3^x", "(^ 2 (neg (^ 3 x)))");
    check("2^-a*b", "(* (^ 2 (neg a)) b)");
    check("--a", "(neg (neg a))");
    check("a--b", "(- a (neg b))");
    check("-(a + b)", "(neg (+ a b))");
    check("(-a)^2", "(^ (neg a) 2)");
    check("-(a * b)", "(neg (* a b))");
}

#[test]
fn postfix_signs_bind_tightest() {
    check("A.T @ B", "(@ (T A) B)");
    check("A'", "(T A)");
    check("Wᵀ", "(T W)");
    check("A'' ", "(T (T A))");
    check("(A @ B).T", "(T (@ A B))");
    check("A.T[0]", "(at (T A) 0)");
    check("A^2.T", "(^ A (T 2))");
    check("X[i, k+1]", "(at X i (+ k 1))");
    check("A[0:h]", "(at A (: 0 h))");
    check("A[:, 0:h-1]", "(at A (: _ _) (: 0 (- h 1)))");
    check("A[1:]", "(at A (: 1 _))");
    check("(-A).T", "(T (neg A))");
}

#[test]
fn calls() {
    check("f()", "(call f)");
    check(
        "sum(A, axis=0, keepdims=true)",
        "(call sum A (= axis 0) (= keepdims true))",
    );
    check(
        "sum(A, axis=[0, -1])",
        "(call sum A (= axis (list 0 (neg 1))))",
    );
    check(
        "sum(A, axis=(0, -1))",
        "(call sum A (= axis (list 0 (neg 1))))",
    );
    check("f'(Z)", "(call f' Z)");
    check("f''(Z)", "(call f'' Z)");
    check("f′(Z)", "(call f' Z)");
    check("f'*g", "(* (T f) g)");
    check(
        "conv1d(x, K, padding=\"same\")",
        "(call conv1d x K (= padding \"same\"))",
    );
    check("reshape(A, [m, n])", "(call reshape A (list m n))");
    check("W{l-1} @ H{t}", "(@ (member W (- l 1)) (member H t))");
    check("f{l}(x)", "(call (member f l) x)");
}

#[test]
fn index_sums_reach_over_the_product() {
    check(
        "sum(k) X[i,k]*W[k,j] + b[j]",
        "(+ (sum-over [k] (* (at X i k) (at W k j))) (at b j))",
    );
    check("a - sum(i, j) x / m", "(- a (sum-over [i j] (/ x m)))");
    check("2 * sum(k) x * y", "(* 2 (sum-over [k] (* x y)))");
    check("(sum(k) x) * y", "(* (sum-over [k] x) y)");
    check("(2 * sum(k) x) * y", "(* (* 2 (sum-over [k] x)) y)");
    check("-sum(k) x * y", "(neg (sum-over [k] (* x y)))");
    check("(-sum(k) x) * y", "(* (neg (sum-over [k] x)) y)");
    check("sum(k) (-x)", "(sum-over [k] (neg x))");
    check("sum(k) (-x) * y", "(sum-over [k] (* (neg x) y))");
    check("sum(k) (x + y)", "(sum-over [k] (+ x y))");
    check(
        "sum(i) sum(j) x[i,j]",
        "(sum-over [i] (sum-over [j] (at x i j)))",
    );
    check("2^sum(k) x*y", "(^ 2 (sum-over [k] (* x y)))");
    check("(sum(k) x)^2", "(^ (sum-over [k] x) 2)");
    check("(sum(k) x)[0]", "(at (sum-over [k] x) 0)");
    check("sum(k) - x", "(- (call sum k) x)");
    check("sum(X).T", "(T (call sum X))");
    check("(sum(k)\n x)", "(sum-over [k] x)");
}

#[test]
fn numbers_are_exact() {
    check("0.5", "1/2");
    check("1e-5", "1/100000");
    check(".25", "1/4");
    check("1.5e3", "1500");
}

#[test]
fn names_are_canonical() {
    check("θ + λ1", "(+ theta lambda1)");
    check("Δ * ŷ", "(* Delta yhat)");
}

#[test]
fn lines_go_on_in_brackets_and_after_operators() {
    check_spec(
        "Z = f(a,\n  b)\nY = a +\n  b",
        "(define Z _ (call f a b) _) (define Y _ (+ a b) _)",
    );
    check_spec(
        "\u{FEFF}Z = a; Y = b # c\r\n",
        "(define Z _ a _) (define Y _ b _)",
    );
    check_spec("Z = (a\n + b\n)", "(define Z _ (+ a b) _)");
    check_spec("Z = a + # why\n\n b", "(define Z _ (+ a b) _)");
}

#[test]
fn every_statement() {
    check_spec("network two_layer", "(network two_layer)");
    check_spec("dims N, d = 2", "(dims N (= d 2))");
    check_spec("input X: [N, 3]", "(input (X (shape N 3) (is) _))");
    check_spec(
        "param W{l}: [h{l-1}, h{l}], eta: scalar positive as \"\\eta\"",
        "(param ((member W l) (shape (member h (- l 1)) (member h l)) (is) _) (eta (shape) (is positive) \"\\\\eta\"))",
    );
    check_spec(
        "target y: [N, c] onehot",
        "(target (y (shape N c) (is onehot) _))",
    );
    check_spec(
        "const a, b",
        "(const (a (shape) (is) _) (b (shape) (is) _))",
    );
    check_spec("function f", "(function f [] _)");
    check_spec(
        "function leaky(z, a) = max(z, a*z)",
        "(function leaky [z a] (call max z (* a z)))",
    );
    check_spec("convention columns", "(convention columns)");
    check_spec(
        "layer dense(h) -> tanh",
        "(layer _ (call dense h) _ (call tanh))",
    );
    check_spec("layer out: flatten", "(layer out (call flatten) _ _)");
    check_spec(
        "layer residual { layer dense(h) -> relu\n layer dense(h) } -> leaky_relu(0.1)",
        "(layer _ (call residual) (do (layer _ (call dense h) _ (call relu)) (layer _ (call dense h) _ _)) (call leaky_relu 1/10))",
    );
    check_spec(
        "Z[i, j] = X[i, j] as \"Z\"",
        "(define Z [i j] (at X i j) \"Z\")",
    );
    check_spec("loss J = 1/2 * sum(Y)", "(loss J (* (/ 1 2) (call sum Y)))");
    check_spec(
        "loss cross_entropy(mean)",
        "(loss _ (call cross_entropy mean))",
    );
    check_spec("wrt W1, W{2}", "(wrt [W1 (member W 2)])");
    check_spec("update sgd(η)", "(update (call sgd eta))");
    check_spec(
        "regularize l2(lambda) on W1, W2",
        "(regularize (call l2 lambda) [W1 W2])",
    );
    check_spec(
        "claim grad(w)[j] = 2*x[j]",
        "(claim (at (call grad w) j) (* 2 (at x j)))",
    );
    check_spec("claim A == B; equal A, B", "(claim A B) (claim A B)");
    check_spec(
        "for t in 1..T-1 {\n H{t} = f(H{t-1})\n}\n",
        "(for t 1 (- T 1) (do (define (member H t) _ (call f (member H (- t 1))) _)))",
    );
    check_spec(
        "for l in 1..L{ x = 1 }",
        "(for l 1 L (do (define x _ 1 _)))",
    );
    check_spec(
        "for i in 1..2 { for j in 1..2 { x{i*j} = 1 } }",
        "(for i 1 2 (do (for j 1 2 (do (define (member x (* i j)) _ 1 _)))))",
    );
}

#[test]
fn keywords_are_names_elsewhere() {
    check_spec("update = a", "(define update _ a _)");
    check_spec("input[i] = loss[i]", "(define input [i] (at loss i) _)");
    check_spec(
        "for{t-1} = claim",
        "(define (member for (- t 1)) _ claim _)",
    );
    check_spec("loss loss = dims", "(loss loss dims)");
}

#[test]
fn spans_cover_what_was_written() {
    let source = "θ * (a + b)'";
    let expr = parse_expression(source).unwrap();
    let ExprKind::Binary(_, sign, left, right) = &expr.kind else {
        panic!()
    };
    let text = |span: Span| &source[span.start..span.end];
    assert_eq!(text(expr.span), source);
    assert_eq!(
        (text(*sign), text(left.span), text(right.span)),
        ("*", "θ", "(a + b)'")
    );
    let parsed = parse_str("x = 1 # c\n  y = f(2)  \n");
    assert_eq!(parsed.spec.statements[1].span, Span { start: 12, end: 20 });
}

#[test]
fn errors_have_codes_and_places() {
    check_errors("Z = X W", &["E0103 X W"]);
    check_errors("Z = 2 x", &["E0103 2 x"]);
    check_errors("Z = a * (a)(b) + c", &["E0103 (a)(b)"]);
    check_errors("Z = 2x", &["E0103 2x"]);
    check_errors("Z = f(X @ W\nY = X W", &["E0102 (", "E0103 X W"]);
    check_errors("Z = f(X,\nloss X W\n", &["E0102 (", "E0103 X W"]);
    check_errors("Z = X[0)", &["E0102 ["]);
    check_errors("Z = X)", &["E0107 )"]);
    check_errors("Z == X", &["E0105 =="]);
    check_errors("inptu X: [N]", &["E0104 inptu"]);
    check_errors("X @ W", &["E0108 X @ W"]);
    check_errors("grad(W) = X", &["E0108 grad(W) = X"]);
    check_errors("dense(h) -> tanh", &["E0108 dense(h) -> tanh"]);
    check_errors("target y: [N] onehto", &["E0106 onehto"]);
    check_errors("input x, y: [N]", &["E0109 x"]);
    check_errors("input x: [a, b, c, d, e]", &["E0110 [a, b, c, d, e]"]);
    check_errors("dims d = 0.5; dims e = 0", &["E0111 0.5", "E0111 0"]);
    check_errors("convention row", &["E0112 row"]);
    check_errors("Z = f(axis=0, X)", &["E0113 X"]);
    check_errors("Z = A.x", &["E0101 x"]);
    check_errors("Z = \"a\"", &["E0101 \"a\""]);
    check_errors("Z = a ? b\nY = a $ b", &["E0002 ?", "E0002 $"]);
    check_errors("Z = a @\nloss Z", &["E0101 \n"]);
    check_errors("}", &["E0107 }"]);
    check_errors("for t in 1..3 {\n Z = a\n", &["E0102 {"]);
}

#[test]
fn every_statement_has_its_say() {
    check_errors(
        "Z = X W\nY = 2 x; V = a +\nU = = b\nT = c\n",
        &["E0103 X W", "E0103 2 x", "E0101 \n", "E0101 ="],
    );
    check_errors(
        "fro t in 1..3 {\n Z = X W\n}\nY = a b",
        &["E0104 fro", "E0103 X W", "E0103 a b"],
    );
    check_errors(
        "Z = f(X W,\n  axis=0)\nY = a b",
        &["E0103 X W", "E0103 a b"],
    );
    check_errors(
        "Z = f(X W,\n  axis=0,\n  b=1\n)\nY = a b",
        &["E0103 X W", "E0103 a b"],
    );
    check_errors("Z = X W +\n  b\nY = a b", &["E0103 X W", "E0103 a b"]);
    assert_eq!(parse_str("Z = X W\nY = a").spec.statements.len(), 1);
}

#[test]
fn help_offers_the_fix() {
    check_help("Z = X W", "`X @ W` for the matrix product or `X * W`");
    check_help("inptu X: [N]", "`input`");
    check_help("target y: [N] onehto", "`onehot`");
    check_help("dense(h) -> tanh", "`layer dense(h) -> tanh`");
    check_help("f(z) = z", "`function f(z) = z`");
    check_help("grad(W) = X", "`claim`");
    check_help("convention row", "`rows`");
}

#[test]
fn an_unclosed_bracket_is_labelled_at_both_ends() {
    let labels = &parse_str("Z = f(X @ W\nloss Z").diagnostics[0].labels;
    assert_eq!(labels[0].span, Span { start: 5, end: 6 });
    assert_eq!(labels[1].span, Span { start: 12, end: 16 });
}
