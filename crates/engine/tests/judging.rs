//! Verdicts on claims whose truth is known: those of the goldens, rewritten soundly, are true; with one mistake planted they are false,
//! unless they happen to be equal all the same, and the mistake is named.
//!
//! `DERIVE_CLAIMS=40 cargo test -p derive-engine --test judging -- --nocapture` plants that many for every claim, and prints the figures.

#![allow(
    clippy::print_stdout,
    reason = "the figures are what a long run is for"
)]

use derive_engine::derivation::{ClaimOutcome, How};
use derive_engine::{CheckConfig, Config, run};
use derive_judge::expression::{binary, negated, number, parts, transposed, with_part};
use derive_judge::mistakes::MISTAKES;
use derive_judge::vocabulary::Vocabulary;
use derive_syntax::ast::{BinaryOperator, Claim, Expr, ExprKind, Span, Statement, StatementKind};
use derive_syntax::format::format_statement;
use num_rational::BigRational;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

fn specs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).expect("goldens") {
        for file in std::fs::read_dir(folder.expect("a folder").path())
            .into_iter()
            .flatten()
        {
            let path = file.expect("a file").path();
            let mistakes = path.to_string_lossy().contains("/mistakes/");
            let symbolic = path.to_string_lossy().contains("/depth/");
            if path.extension().is_some_and(|it| it == "spec") && !mistakes && !symbolic {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A spec without its claims, and its claims.
struct Case {
    name: String,
    source: String,
    claims: Vec<Claim>,
    vocabulary: Vocabulary,
}

fn case(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).expect("readable");
    let parsed = derive_syntax::parse(text.as_bytes()).spec;
    let elaborated = derive_elaborate::elaborate(&parsed);
    let network = elaborated.network.expect("goldens elaborate");
    let vocabulary = Vocabulary::of(&network, &elaborated.equations);
    let mut claims = Vec::new();
    let mut source = String::new();
    for statement in &elaborated.equations.statements {
        match &statement.kind {
            StatementKind::Claim(claim) => claims.push(claim.clone()),
            _ => source.push_str(&format!("{}\n", format_statement(statement))),
        }
    }
    Case {
        name: path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        source,
        claims,
        vocabulary,
    }
}

fn judged(source: &str, claims: &[Claim], seed: u64, draws: usize) -> Vec<ClaimOutcome> {
    let line = |claim: &Claim| {
        let kind = StatementKind::Claim(claim.clone());
        let span = Span::default();
        format!("{}\n", format_statement(&Statement { kind, span }))
    };
    let all: String = claims.iter().map(line).collect();
    let config = Config {
        check: Some(CheckConfig { seed, draws }),
        ..Config::default()
    };
    let outcome = run(format!("{source}{all}").as_bytes(), &config);
    outcome
        .expect("the claims are about known names")
        .derivation
        .claims
}

/// Whether a claim is right or wrong at all, and no error of the spec.
fn is_of_known_names(source: &str, claim: &Claim) -> bool {
    let kind = StatementKind::Claim(claim.clone());
    let span = Span::default();
    let text = format!("{source}{}\n", format_statement(&Statement { kind, span }));
    let parsed = derive_syntax::parse(text.as_bytes());
    derive_elaborate::elaborate(&parsed.spec).network.is_some()
}

/// Ways to write an expression differently that never change its value.
fn sound(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Expr> {
    let whole = |value: i64| number(BigRational::from_integer(value.into()));
    let matrix = |expr: &Expr| match &expr.kind {
        ExprKind::Name(name) => vocabulary.arrays.iter().any(|(known, shape)| {
            *known == name.text && name.member.is_none() && shape.rank() == 2
        }),
        _ => false,
    };
    let own = |a: &Expr| a.clone();
    match &expr.kind {
        ExprKind::Binary(operator, _, a, b) => {
            let again = |a: &Expr, b: &Expr| binary(*operator, own(a), own(b));
            let mut all = Vec::new();
            match operator {
                BinaryOperator::Add | BinaryOperator::Multiply => all.push(again(b, a)),
                BinaryOperator::Subtract => {
                    let less = binary(BinaryOperator::Multiply, whole(-1), own(b));
                    all.push(binary(BinaryOperator::Add, own(a), less));
                }
                BinaryOperator::Divide => {
                    let share = binary(BinaryOperator::Divide, whole(1), own(b));
                    all.push(binary(BinaryOperator::Multiply, own(a), share));
                }
                BinaryOperator::MatMul if matrix(a) && matrix(b) => {
                    let turned = again(&transposed(own(b)), &transposed(own(a)));
                    all.push(transposed(turned));
                }
                _ => {}
            }
            let product = matches!(operator, BinaryOperator::Multiply | BinaryOperator::MatMul);
            if let ExprKind::Binary(
                sign @ (BinaryOperator::Add | BinaryOperator::Subtract),
                _,
                c,
                d,
            ) = &a.kind
                && product
            {
                all.push(binary(*sign, again(c, b), again(d, b)));
            }
            all
        }
        ExprKind::Negate(inner) => {
            vec![binary(BinaryOperator::Multiply, whole(-1), own(inner))]
        }
        ExprKind::Name(_) if matrix(expr) => {
            vec![
                negated(negated_once(expr)),
                binary(
                    BinaryOperator::Subtract,
                    binary(BinaryOperator::Multiply, whole(2), own(expr)),
                    own(expr),
                ),
            ]
        }
        _ => Vec::new(),
    }
}

fn negated_once(expr: &Expr) -> Expr {
    binary(
        BinaryOperator::Multiply,
        number(BigRational::from_integer((-1).into())),
        expr.clone(),
    )
}

/// Every expression that differs by one sound rewriting.
fn rewritten(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Expr> {
    let mut all = sound(expr, vocabulary);
    for (at, part) in parts(expr).into_iter().enumerate() {
        let inner = rewritten(part, vocabulary).into_iter();
        all.extend(inner.map(|part| with_part(expr, at, part)));
    }
    all
}

/// Every expression with one mistake planted, and its row.
fn planted(expr: &Expr, vocabulary: &Vocabulary) -> Vec<(Expr, &'static str)> {
    let mut all = Vec::new();
    for row in MISTAKES {
        let changes = (row.undo)(expr, vocabulary).into_iter();
        all.extend(changes.map(|change| (change.after, row.name)));
    }
    for (at, part) in parts(expr).into_iter().enumerate() {
        let inner = planted(part, vocabulary).into_iter();
        all.extend(inner.map(|(part, row)| (with_part(expr, at, part), row)));
    }
    all
}

/// What may be said of a planted change: what undoes it, by row. A planted transpose is a transpose too much, and so on.
#[rustfmt::skip]
const NAMES: &[(&str, &[&str])] = &[
    ("missing-transpose", &["extra-transpose", "missing-transpose", "order", "transposed", "arrangement", "other-array"]),
    ("transposed", &["extra-transpose", "transposed", "order", "missing-transpose", "arrangement"]),
    ("extra-transpose", &["missing-transpose", "order", "transposed", "arrangement", "other-array"]),
    ("order", &["order", "arrangement", "missing-transpose", "extra-transpose", "transposed", "entrywise-for-matrix-product"]),
    ("entrywise-for-matrix-product", &["matrix-for-entrywise-product", "arrangement"]),
    ("matrix-for-entrywise-product", &["entrywise-for-matrix-product", "arrangement", "missing-transpose"]),
    ("difference", &["difference", "sign", "number"]),
    ("sign", &["sign", "difference", "number"]),
    ("number", &["number", "missing-factor", "extra-factor", "sign", "missing-term", "extra-term", "difference", "missing-array", "other-derivative"]),
    ("missing-factor", &["extra-factor", "missing-factor", "number"]),
    ("extra-factor", &["missing-factor", "missing-matrix", "missing-array", "missing-derivative", "number", "other-derivative", "other-array"]),
    ("missing-derivative", &["extra-factor", "other-derivative"]),
    ("other-derivative", &["other-array", "missing-array", "missing-factor", "other-derivative", "extra-factor", "missing-matrix", "missing-derivative"]),
    ("missing-sum", &["extra-sum", "other-sum", "missing-factor", "extra-factor"]),
    ("extra-sum", &["missing-sum", "missing-factor"]),
    ("other-sum", &["other-sum", "missing-factor", "extra-factor", "extra-sum"]),
    ("as-column", &["as-column", "arrangement", "entrywise-for-matrix-product", "missing-transpose", "order"]),
    ("missing-term", &["extra-term", "missing-factor", "extra-factor"]),
    ("extra-term", &["missing-term", "missing-array", "missing-factor", "other-derivative", "number"]),
    ("other-function", &["other-function", "other-derivative"]),
    ("other-array", &["other-array", "other-gradient", "number", "missing-transpose"]),
    ("missing-matrix", &["extra-factor"]),
    ("missing-array", &["extra-factor", "number", "other-derivative"]),
];

fn for_each_claim() -> usize {
    let asked = std::env::var("DERIVE_CLAIMS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[test]
fn what_is_rewritten_soundly_stays_true() {
    let (mut count, mut ways) = (0, BTreeMap::new());
    let mut random = Random(1);
    for path in specs() {
        let case = case(&path);
        let mut claims = Vec::new();
        for claim in &case.claims {
            for _ in 0..for_each_claim() {
                let mut right = claim.right.clone();
                for _ in 0..=random.below(4) {
                    let choices = rewritten(&right, &case.vocabulary);
                    if !choices.is_empty() {
                        right = choices[random.below(choices.len())].clone();
                    }
                }
                let left = claim.left.clone();
                claims.push(Claim { left, right });
            }
        }
        for outcome in judged(&case.source, &claims, 7, 3) {
            assert!(
                outcome.holds,
                "{}: {} is true: {}",
                case.name, outcome.text, outcome.reason
            );
            count += 1;
            *ways.entry(format!("{:?}", outcome.how)).or_insert(0) += 1;
        }
    }
    println!("{count} true claims, all judged true: {ways:?}");
    assert!(count > 50);
}

#[test]
fn a_planted_mistake_is_found_and_named() {
    let (mut count, mut equal, mut named, mut corrected) = (0, 0, 0, 0);
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut random = Random(2);
    for path in specs() {
        let case = case(&path);
        let mut claims = Vec::new();
        let mut rows = Vec::new();
        for claim in &case.claims {
            let choices = planted(&claim.right, &case.vocabulary);
            for _ in 0..for_each_claim() {
                let row = MISTAKES[random.below(MISTAKES.len())].name;
                let own: Vec<_> = choices.iter().filter(|(_, own)| *own == row).collect();
                if own.is_empty() {
                    continue;
                }
                let (right, row) = own[random.below(own.len())];
                let left = claim.left.clone();
                let claim = Claim {
                    left,
                    right: right.clone(),
                };
                if is_of_known_names(&case.source, &claim) {
                    claims.push(claim);
                    rows.push(*row);
                }
            }
        }
        let outcomes = judged(&case.source, &claims, 7, 3);
        // What is equal in spite of the mistake agrees at ten other points as well.
        let again = judged(&case.source, &claims, 1234, 10);
        for ((outcome, other), row) in outcomes.iter().zip(&again).zip(rows) {
            assert_eq!(
                outcome.holds, other.holds,
                "{}: {}",
                case.name, outcome.text
            );
            if outcome.holds {
                assert_ne!(outcome.how, How::Refuted);
                equal += 1;
                continue;
            }
            count += 1;
            let Some(diagnosis) = &outcome.diagnosis else {
                *missed.entry(row).or_default() += 1;
                if std::env::var_os("DERIVE_CLAIMS").is_some() {
                    println!("{row} MISSED {}: {}", case.name, outcome.text);
                }
                continue;
            };
            corrected += usize::from(diagnosis.correction.is_some());
            let fitting = NAMES.iter().find(|(planted, _)| *planted == row);
            let (_, fitting) = fitting.expect("every row has its names");
            if fitting.contains(&diagnosis.mistake) {
                named += 1;
            } else {
                *missed.entry(row).or_default() += 1;
                if std::env::var_os("DERIVE_CLAIMS").is_some() {
                    println!(
                        "{row} CALLED {} in {}: {} -> {:?}",
                        diagnosis.mistake, case.name, outcome.text, diagnosis.correction
                    );
                }
            }
        }
    }
    println!(
        "{count} false claims, all judged false; {equal} more were equal; {named} mistakes named, {corrected} corrected; not named: {missed:?}"
    );
    assert!(
        named * 10 >= count * 8,
        "{named} of {count} mistakes were named"
    );
}
