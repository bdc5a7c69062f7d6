//! Claims whose truth is known: sound rewritings of what is true, and what a planted mistake makes of it.

use derive_engine::derivation::ClaimOutcome;
use derive_engine::{CheckConfig, Config, run};
use derive_judge::expression::{binary, negated, number, parts, transposed, with_part};
use derive_judge::mistakes::MISTAKES;
use derive_judge::vocabulary::Vocabulary;
use derive_syntax::ast::{BinaryOperator, Claim, Expr, ExprKind, Span, Statement, StatementKind};
use derive_syntax::format::{format_expr, format_statement};
use num_rational::BigRational;

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

/// A spec without its claims, and claims about it that are true.
pub struct Case {
    pub name: String,
    pub source: String,
    pub claims: Vec<Claim>,
    pub vocabulary: Vocabulary,
    /// What may be put in for a name or a gradient.
    pub definitions: Vec<(String, Expr)>,
}

impl Case {
    /// The spec and its own claims.
    pub fn read(name: &str, text: &str) -> Case {
        let parsed = derive_syntax::parse(text.as_bytes()).spec;
        let elaborated = derive_elaborate::elaborate(&parsed);
        let network = elaborated.network.expect("the spec elaborates");
        let mut case = Case {
            name: name.to_owned(),
            source: String::new(),
            claims: Vec::new(),
            vocabulary: Vocabulary::of(&network, &elaborated.equations),
            definitions: Vec::new(),
        };
        for statement in &elaborated.equations.statements {
            match &statement.kind {
                StatementKind::Claim(claim) => {
                    case.claims.push(claim.clone());
                    continue;
                }
                StatementKind::Define(definition) if definition.indices.is_none() => {
                    let name = definition.name.text.clone();
                    case.definitions.push((name, definition.body.clone()));
                }
                _ => {}
            }
            case.source += &format!("{}\n", format_statement(statement));
        }
        case
    }

    /// The claims that the derivatives are what was derived, which may be put in for one another.
    pub fn claim_what_was_derived(&mut self) {
        let config = Config {
            spell: true,
            ..Config::default()
        };
        let outcome = run(self.source.as_bytes(), &config).expect("it derives");
        for spelling in &outcome.derivation.spellings {
            let [left, right] = [&spelling.left, &spelling.right]
                .map(|side| derive_syntax::parse_expression(side).expect("it is of the language"));
            if matches!(left.kind, ExprKind::Call(_)) {
                self.definitions
                    .push((spelling.left.clone(), right.clone()));
            }
            self.claims.push(Claim { left, right });
        }
    }
}

fn with_claims(source: &str, claims: &[Claim]) -> String {
    let line = |claim: &Claim| {
        let kind = StatementKind::Claim(claim.clone());
        let span = Span::default();
        format!("{}\n", format_statement(&Statement { kind, span }))
    };
    let all: String = claims.iter().map(line).collect();
    format!("{source}{all}")
}

/// What the engine says of claims.
pub fn judged(source: &str, claims: &[Claim], seed: u64, draws: usize) -> Vec<ClaimOutcome> {
    let config = Config {
        check: Some(CheckConfig { seed, draws }),
        ..Config::default()
    };
    let outcome = run(with_claims(source, claims).as_bytes(), &config);
    outcome
        .expect("the claims are about known names")
        .derivation
        .claims
}

/// Whether a claim is right or wrong at all, and no error of the spec.
pub fn is_of_known_names(source: &str, claim: &Claim) -> bool {
    let text = with_claims(source, std::slice::from_ref(claim));
    let parsed = derive_syntax::parse(text.as_bytes());
    let readable = parsed.diagnostics.is_empty();
    readable && derive_elaborate::elaborate(&parsed.spec).network.is_some()
}

/// Ways to write an expression differently that never change its value.
fn sound(expr: &Expr, case: &Case) -> Vec<Expr> {
    let vocabulary = &case.vocabulary;
    let mut all = put_in(expr, case);
    all.extend(by_algebra(expr, vocabulary));
    all
}

/// What a name or a gradient stands for.
fn put_in(expr: &Expr, case: &Case) -> Vec<Expr> {
    if !matches!(expr.kind, ExprKind::Name(_) | ExprKind::Call(_)) {
        return Vec::new();
    }
    let text = format_expr(expr);
    let meant = case.definitions.iter().filter(|(name, _)| *name == text);
    meant.map(|(_, value)| value.clone()).collect()
}

fn by_algebra(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Expr> {
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
            let several = |a: &Expr| match &a.kind {
                ExprKind::Binary(_, _, c, d) => matrix(c) && matrix(d),
                _ => false,
            };
            let product = match operator {
                BinaryOperator::Multiply => true,
                // What is repeated by broadcasting beside a matrix is no factor by itself.
                BinaryOperator::MatMul => several(a),
                _ => false,
            };
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
pub fn rewritten(expr: &Expr, case: &Case) -> Vec<Expr> {
    let mut all = sound(expr, case);
    for (at, part) in parts(expr).into_iter().enumerate() {
        let inner = rewritten(part, case).into_iter();
        all.extend(inner.map(|part| with_part(expr, at, part)));
    }
    all
}

/// Every expression with one mistake planted, and its row.
pub fn planted(expr: &Expr, vocabulary: &Vocabulary) -> Vec<(Expr, &'static str)> {
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

/// A claim rewritten soundly a few times.
pub fn rewritten_often(claim: &Claim, case: &Case, random: &mut Random) -> Claim {
    let mut right = claim.right.clone();
    for _ in 0..=random.below(4) {
        let choices = rewritten(&right, case);
        if !choices.is_empty() {
            right = choices[random.below(choices.len())].clone();
        }
    }
    let left = claim.left.clone();
    Claim { left, right }
}

/// A claim with a mistake of a random row, if that can be made in it.
pub fn mistaken(
    claim: &Claim,
    choices: &[(Expr, &'static str)],
    random: &mut Random,
) -> Option<(Claim, &'static str)> {
    let row = MISTAKES[random.below(MISTAKES.len())].name;
    let own: Vec<_> = choices.iter().filter(|(_, own)| *own == row).collect();
    let (right, row) = own.get(random.below(own.len().max(1)))?;
    let (left, right) = (claim.left.clone(), right.clone());
    Some((Claim { left, right }, row))
}

/// Whether claims hold at random points, derivatives coming from duals of the loss.
pub fn held_by_duals(source: &str, claims: &[Claim], seed: u64, draws: usize) -> Vec<bool> {
    let text = with_claims(source, claims);
    let parsed = derive_syntax::parse(text.as_bytes());
    let network = derive_elaborate::elaborate(&parsed.spec).network;
    let network = network.expect("the claims are about known names");
    let outcomes = derive_check::check_claims(&network, &[], seed, draws);
    outcomes.iter().map(|outcome| outcome.holds).collect()
}
