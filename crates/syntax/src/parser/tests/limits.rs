//! What is no spec, too much of one, or random.

use super::*;

#[test]
fn files_that_are_no_text() {
    let code = |source: &[u8]| parse(source).diagnostics[0].code;
    assert_eq!(code(b"Z = \xFF"), "E0001");
    assert_eq!(
        parse(b"Z = a\xC3").diagnostics[0].labels[0].span,
        Span { start: 5, end: 6 }
    );
    assert_eq!(code(&vec![b'a'; MAX_BYTES + 1]), "E0005");
    assert!(parse(b"").diagnostics.is_empty());
}

/// Runs on a stack of 2 MiB what each later stage does too: read, print, dump, drop.
fn on_a_small_stack(source: String) -> Vec<&'static str> {
    let work = move || {
        let parsed = parse_str(&source);
        let text = format_spec(&parsed.spec);
        assert_eq!(dump_spec(&parse_str(&text).spec), dump_spec(&parsed.spec));
        parsed
            .diagnostics
            .iter()
            .map(|problem| problem.code)
            .collect()
    };
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .unwrap();
    thread.join().unwrap()
}

#[test]
fn depth_is_bounded() {
    let check = |body: String, expected: &[&str]| assert_eq!(on_a_small_stack(body), expected);
    let many = 1_000_000;
    for opener in [
        "(",
        "[",
        "{",
        "f(",
        "-",
        "a^",
        "a[",
        "sum(k) ",
        "a{",
        "sum(k) -(",
        "2^-(",
        "f([",
        "a+(a*(a^(",
        "a (",
    ] {
        let codes = on_a_small_stack(format!("Z = {}", opener.repeat(many / opener.len())));
        assert!(!codes.is_empty() && codes.len() < 5, "{opener} {codes:?}");
    }
    check(format!("Z = {}a", "a+".repeat(many / 2)), &["E0007"]);
    check(format!("Z = a{}", ".T".repeat(many / 2)), &["E0007"]);
    check(format!("Z = a{}", "'".repeat(many)), &["E0007"]);
    check(format!("Z = a{}", "[0]".repeat(many / 3)), &["E0007"]);
    check(format!("Z = a{}", " a".repeat(many / 2)), &["E0103"]);
    let shell = |depth: usize| format!("Z = {}a{}", "(".repeat(depth), ")".repeat(depth));
    check(shell(MAX_NESTING), &[]);
    check(shell(MAX_NESTING + 1), &["E0006"]);
    check(format!("Z = a{}", " + a".repeat(MAX_OPERATORS)), &[]);
    check(
        format!("Z = a{}", " + a".repeat(MAX_OPERATORS + 1)),
        &["E0007"],
    );
}

#[test]
fn depth_of_the_worst_kinds_fits_the_stack() {
    for (opener, closer) in [
        ("-f(2^-sum(k) (a+a*a^", ")"),
        ("a+a*a^f([", "])"),
        ("a+a*-a[", "]"),
    ] {
        let source = format!("Z = {}a{}", opener.repeat(60), closer.repeat(60));
        on_a_small_stack(source);
    }
    let nested = format!("{}x = a{}", "for t in 1..2 { ".repeat(90), "}".repeat(90));
    assert!(on_a_small_stack(nested).is_empty());
    let deepest = format!("Z = {}a{}", "a+(".repeat(99), ")".repeat(99)) + &" + a".repeat(900);
    assert!(on_a_small_stack(deepest).is_empty());
    for block in ["for t in 1..2 {", "layer residual {", "x {"] {
        assert!(!on_a_small_stack(block.repeat(60_000)).is_empty());
    }
}

#[test]
fn errors_are_bounded() {
    let parsed = parse_str(&"a b\n".repeat(MAX_ERRORS + 7));
    assert_eq!(parsed.diagnostics.len(), MAX_ERRORS + 1);
    assert_eq!(parsed.diagnostics[MAX_ERRORS].code, "E0008");
}

/// A linear congruential generator, so that every run tries the same inputs.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

#[test]
fn random_bytes_do_not_panic() {
    let mut random = Random(1);
    for _ in 0..3000 {
        let length = random.below(60);
        let bytes: Vec<u8> = (0..length)
            .map(|_| u8::try_from(random.below(256)).unwrap_or(0))
            .collect();
        parse(&bytes);
    }
}

#[test]
fn random_words_do_not_panic_and_round_trip() {
    let operators = OPERATORS
        .iter()
        .flat_map(|row| row.spellings.iter().copied());
    let marks = MARKS.iter().map(|(spelling, _)| *spelling);
    let words = [
        "X", "W", "sum", "sum(k)", "1", "0.5", "\n", ";", " ", "f(", "as", "\"t\"", "for", "t",
        "in", "1..3", "loss", "x = ",
    ];
    let all: Vec<&str> = operators.chain(marks).chain(words).collect();
    let mut random = Random(2);
    for _ in 0..20_000 {
        let length = random.below(14);
        let source: String = (0..length)
            .map(|_| all[random.below(all.len())].to_owned() + " ")
            .collect();
        round_trip(&source);
    }
}

/// What could be read of a text is printed as text that reads the same.
fn round_trip(source: &str) {
    let parsed = parse_str(source);
    let text = format_spec(&parsed.spec);
    let again = parse_str(&text);
    assert_eq!(again.diagnostics, [], "{source:?} printed as {text:?}");
    assert_eq!(
        dump_spec(&again.spec),
        dump_spec(&parsed.spec),
        "{source:?} printed as {text:?}"
    );
    assert_eq!(format_spec(&again.spec), text, "{source:?}");
}

/// Random expressions that are right by construction, so that the formatter's brackets are put to the test.
fn random_expression(random: &mut Random, depth: usize) -> String {
    let leaf = depth == 0 || random.below(6) == 0;
    if leaf {
        return ["a", "B", "2", "0.5", "x[i]", "W{l-1}", "c.T"][random.below(7)].to_owned();
    }
    let mut part = || random_expression(random, depth - 1);
    let (a, b) = (part(), part());
    match random.below(12) {
        0 => format!("{a} + {b}"),
        1 => format!("{a} - {b}"),
        2 => format!("{a} * {b}"),
        3 => format!("{a} / {b}"),
        4 => format!("{a} @ {b}"),
        5 => format!("({a}) ^ {b}"),
        6 => format!("-{a}"),
        7 => format!("({a})"),
        8 => format!("({a}).T"),
        9 => format!("f({a}, axis={b})"),
        10 => format!("sum(k) ({a}) * {b}"),
        _ => format!("({a})[{b}, 0:({a})]"),
    }
}

#[test]
fn random_expressions_round_trip() {
    let mut random = Random(3);
    for _ in 0..3000 {
        let source = format!("Z = {}", random_expression(&mut random, 5));
        let problems = parse_str(&source).diagnostics;
        assert!(problems.is_empty(), "{source} {problems:?}");
        round_trip(&source);
    }
}

#[test]
fn printed_brackets_are_few() {
    let check = |source: &str, expected: &str| {
        assert_eq!(format_expr(&parse_expression(source).unwrap()), expected);
    };
    check("((a * b)) + (c)", "a * b + c");
    check("a * (b + c)", "a * (b + c)");
    check("(a - b) - c", "a - b - c");
    check("a - (b - c)", "a - (b - c)");
    check("(Y - T)^2", "(Y - T)^2");
    check("2 * sum(k) (x[k])", "2 * sum(k) x[k]");
    check("W{l - 1}[ : , 0 : h - 1]", "W{l-1}[:, 0:h-1]");
    check("1e-5 * θ'", "0.00001 * theta.T");
}

#[test]
fn every_token_kind_can_be_described() {
    let (parser, _) = start("a");
    assert_eq!(parser.describe(), "`a`");
    assert_ne!(*parser.kind_at(0), TokenKind::End);
}
