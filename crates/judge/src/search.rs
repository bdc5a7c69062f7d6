//! The search for a mistake: formulas that differ from the claim by one change of the table, and if none of them is right by two, are
//! elaborated together and compared with the gradient at random points. What agrees at one point is confirmed at more.

use crate::expression::{digest, is_indexed, part_at, parts, with_part};
use crate::fitting;
use crate::mistakes::{MISTAKES, Mistake};
use crate::spelling::statement_of;
use crate::vocabulary::Vocabulary;
use derive_check::{Config, check_claims};
use derive_elaborate::elaborate_proposals;
use derive_graph::Network;
use derive_index::derivation::{Derivation, How, Statement as Derived};
use derive_syntax::ast::{self, Claim, Expr, ExprKind, Spec, Statement, StatementKind};
use derive_syntax::format::format_expr;
use std::collections::HashSet;

/// Most formulas that are tried with one change, and with two.
const MOST_SINGLE: usize = 4_000;
const MOST_PAIRS: usize = 1_500;
/// How many formulas are tried first; every further group is twice as large.
const FIRST_GROUP: usize = 64;
/// Most second changes that are tried after one first change.
const MOST_SECOND: usize = 150;
/// Networks of more named quantities than this are not searched: every formula is a part of a whole spec.
const MOST_SYMBOLS: usize = 120;
/// Most products that are listed as fitting.
const MOST_LISTED: usize = 3;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The name of the mistake's row; empty where none was recognised.
    pub mistake: &'static str,
    /// What is wrong.
    pub sentence: String,
    /// The right side that makes the claim true.
    pub correction: Option<String>,
    /// Whether it is likelier that the right factors were put together in the wrong way.
    pub far: bool,
    /// The rules whose steps the claim gets wrong.
    pub rules: &'static [&'static str],
    /// Products of the same factors that do fit.
    pub fitting: Vec<String>,
}

/// A change of a formula at one of its parts.
struct Made {
    mistake: &'static Mistake,
    slots: Vec<Expr>,
    /// The way to the part: places among the parts of parts.
    path: Vec<usize>,
}

impl Made {
    /// What is said of it, given the formula before and after.
    fn told(&self, before: &Expr, after: &Expr) -> String {
        let formatted = |expr: &Expr| format_expr(expr);
        let slots = match self.slots.is_empty() {
            true => [before, after]
                .map(|whole| format_expr(part_at(whole, &self.path)))
                .to_vec(),
            false => self.slots.iter().map(formatted).collect(),
        };
        filled(self.mistake.sentence, &slots)
    }
}

/// A formula that may be what was meant.
struct Candidate {
    right: Expr,
    made: Made,
    /// The candidate that it is a change of; the claim itself where there is none.
    of: Option<usize>,
}

struct Search<'a> {
    equations: Spec,
    derived: &'a [Derived],
    claim: &'a Claim,
    config: &'a Config,
}

/// What is wrong with a false claim; nothing where no explanation was found. `answer` is what was derived, in the language of the spec.
pub fn diagnose(
    equations: &Spec,
    derivation: &Derivation,
    claim: &Claim,
    answer: Option<&Expr>,
    how: How,
    config: &Config,
) -> Option<Found> {
    if derivation.network.symbols.len() > MOST_SYMBOLS {
        return None;
    }
    let mut vocabulary = Vocabulary::of(&derivation.network, equations);
    vocabulary.subject = subject(&claim.left);
    if let Some(answer) = answer {
        vocabulary.read_answer(answer);
    }
    let search = Search {
        equations: without_claims(equations),
        derived: &derivation.statements,
        claim,
        config,
    };
    let mut found = search
        .changed(&vocabulary)
        .or_else(|| search.of_another(&vocabulary))
        .or_else(|| search.under_conditions(&derivation.network));
    if how == How::IllShaped {
        let fitting = search.fitting(&vocabulary);
        let right = fitting
            .iter()
            .find(|(right, _)| *right)
            .map(|(_, text)| text);
        // The same factors in another product are nearer to what was meant than a factor or a sum that was not there.
        let far = found.as_ref().is_none_or(|found| found.far);
        if let Some(text) = right.filter(|_| far) {
            found = Some(Found {
                mistake: "arrangement",
                sentence: "the factors are the right ones, but not their order and the kinds of their products".to_owned(),
                correction: Some(text.clone()),
                far: false,
                rules: crate::mistakes::PRODUCTS,
                fitting: Vec::new(),
            });
        }
        if !fitting.is_empty() {
            let texts = fitting.into_iter().map(|(_, text)| text);
            found.get_or_insert_default().fitting = texts.collect();
        }
    }
    found
}

/// The array whose gradient stands on the left side.
fn subject(left: &Expr) -> Option<String> {
    match &left.kind {
        ExprKind::Subscript(base, _) => subject(base),
        ExprKind::Call(call) if call.function.text == "grad" => {
            Some(format_expr(&call.arguments.first()?.value))
        }
        _ => None,
    }
}

/// The spec without its claims.
pub(crate) fn without_claims(equations: &Spec) -> Spec {
    let kept = |statement: &&Statement| !matches!(statement.kind, StatementKind::Claim(_));
    Spec {
        statements: equations.statements.iter().filter(kept).cloned().collect(),
    }
}

/// Formulas with one change at one of their parts, the likeliest first, no more than `most`; each is made when it is asked for.
fn variants<'a>(
    expr: &'a Expr,
    vocabulary: &'a Vocabulary,
    pairs: bool,
    most: usize,
) -> impl Iterator<Item = (Expr, Made)> + 'a {
    let rows = MISTAKES.iter().filter(|row| row.pairs || !pairs);
    let mut rows: Vec<&'static Mistake> = rows.collect();
    rows.sort_by_key(|row| row.weight);
    let mut paths = Vec::new();
    collect_paths(expr, &mut Vec::new(), &mut paths);
    let places = move |mistake: &'static Mistake| {
        let here = paths.clone().into_iter();
        here.map(move |path| (mistake, path))
    };
    let changed = move |(mistake, path): (&'static Mistake, Vec<usize>)| {
        let changes = (mistake.undo)(part_at(expr, &path), vocabulary);
        changes.into_iter().map(move |change| {
            let made = Made {
                mistake,
                slots: change.slots,
                path: path.clone(),
            };
            (with_part_at(expr, &path, change.after), made)
        })
    };
    rows.into_iter()
        .flat_map(places)
        .flat_map(changed)
        .take(most)
}

/// How many formulas are tried at a time.
fn group_sizes() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(FIRST_GROUP), |size| Some(2 * size))
}

/// The ways to all parts of an expression, that to itself first.
fn collect_paths(expr: &Expr, path: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    all.push(path.clone());
    for (at, part) in parts(expr).into_iter().enumerate() {
        path.push(at);
        collect_paths(part, path, all);
        path.pop();
    }
}

/// The expression with the part that a path leads to replaced.
fn with_part_at(expr: &Expr, path: &[usize], part: Expr) -> Expr {
    match path.split_first() {
        None => part,
        Some((at, rest)) => {
            let inner = with_part_at(part_at(expr, &[*at]), rest, part);
            with_part(expr, *at, inner)
        }
    }
}

impl Search<'_> {
    /// The likeliest change, or two, that make the claim true.
    fn changed(&self, vocabulary: &Vocabulary) -> Option<Found> {
        let mut seen = HashSet::from([digest(&self.claim.right)]);
        let mut single: Vec<Candidate> = Vec::new();
        let all = variants(&self.claim.right, vocabulary, false, MOST_SINGLE);
        let mut all = all.filter(|(right, _)| seen.insert(digest(right)));
        // They come in growing groups, because most mistakes are likely ones, and what is unlikely need not be made then.
        for size in group_sizes() {
            let candidate = |(right, made)| Candidate {
                right,
                made,
                of: None,
            };
            let group: Vec<Candidate> = all.by_ref().take(size).map(candidate).collect();
            if group.is_empty() {
                break;
            }
            if let Some(best) = self.first_true(&group.iter().collect::<Vec<_>>()) {
                return Some(self.told(best, None));
            }
            single.extend(group);
        }
        drop(all);
        let mut double = Vec::new();
        // Likely first changes come first, so that the bounds cut off what is far-fetched.
        let firsts = single.iter().enumerate();
        for (of, first) in firsts.filter(|(_, first)| first.made.mistake.pairs) {
            if double.len() >= MOST_PAIRS {
                break;
            }
            for (right, made) in variants(&first.right, vocabulary, true, MOST_SECOND) {
                if double.len() < MOST_PAIRS && seen.insert(digest(&right)) {
                    let of = Some(of);
                    double.push(Candidate { right, made, of });
                }
            }
        }
        self.best_pair(&double, &single)
    }

    /// The likeliest of the pairs of changes that are right; `single` are the first ones.
    fn best_pair(&self, double: &[Candidate], single: &[Candidate]) -> Option<Found> {
        let first = |candidate: &Candidate| candidate.of.map(|of| &single[of]);
        let weight = |candidate: &&Candidate| {
            let first = first(candidate).map_or(0, |first| first.made.mistake.weight);
            first + candidate.made.mistake.weight
        };
        let mut rest: Vec<&Candidate> = double.iter().collect();
        rest.sort_by_key(weight);
        for size in group_sizes() {
            if rest.is_empty() {
                break;
            }
            let later = rest.split_off(size.min(rest.len()));
            if let Some(best) = self.first_true(&rest) {
                return Some(self.told(best, first(best)));
            }
            rest = later;
        }
        None
    }

    /// What is said of a change, and of the one before it.
    fn told(&self, best: &Candidate, first: Option<&Candidate>) -> Found {
        let last = &best.made;
        let (told, earliest) = match first {
            None => (last.told(&self.claim.right, &best.right), last),
            Some(first) => {
                let one = first.made.told(&self.claim.right, &first.right);
                let other = last.told(&first.right, &best.right);
                (format!("{one}; and {other}"), &first.made)
            }
        };
        Found {
            mistake: earliest.mistake.name,
            sentence: told,
            correction: Some(format_expr(&best.right)),
            far: earliest.mistake.far,
            rules: match earliest.mistake.rules {
                [] => last.mistake.rules,
                rules => rules,
            },
            fitting: Vec::new(),
        }
    }

    /// Whether this is the gradient by something else.
    fn of_another(&self, vocabulary: &Vocabulary) -> Option<Found> {
        let ExprKind::Call(call) = &self.claim.left.kind else {
            return None;
        };
        if call.function.text != "grad" {
            return None;
        }
        let own = format_expr(&call.arguments.first()?.value);
        let named = vocabulary.arrays.iter().map(|(text, _)| text);
        let all = named.chain(&vocabulary.scalars);
        let others = all.filter(|other| **other != own && !vocabulary.dims.contains(other));
        let others: Vec<&String> = others.collect();
        let claim = |other: &&String| Claim {
            left: crate::expression::call("grad", 0, crate::expression::name(other), &[]),
            right: self.claim.right.clone(),
        };
        let holds = self.true_claims(others.iter().map(claim).collect());
        let other = others.iter().zip(holds).find(|(_, holds)| *holds);
        let (other, _) = other?;
        Some(Found {
            mistake: "other-gradient",
            sentence: format!("this is the gradient by `{other}`, not by `{own}`"),
            ..Found::default()
        })
    }

    /// Whether it is right where two dimensions are equal, or a matrix is symmetric.
    fn under_conditions(&self, network: &Network) -> Option<Found> {
        let names: Vec<String> = network
            .dims
            .iter()
            .map(|(name, _)| name.to_string())
            .collect();
        for (at, a) in names.iter().enumerate() {
            for b in &names[at + 1..] {
                let mut spec = self.equations.clone();
                spec.statements
                    .iter_mut()
                    .for_each(|statement| rename_dim(statement, b, a));
                let claim = Claim {
                    left: self.claim.left.clone(),
                    right: renamed(&self.claim.right, b, a),
                };
                if self.holds_in(spec, claim) {
                    return Some(Found {
                        mistake: "equal-dimensions",
                        sentence: format!("this is right only where {a} = {b}"),
                        ..Found::default()
                    });
                }
            }
        }
        for symbol in &network.symbols {
            let square = symbol.shape.rank() == 2 && symbol.shape.0[0] == symbol.shape.0[1];
            if !square || symbol.definition.is_some() {
                continue;
            }
            let mut spec = self.equations.clone();
            let name = symbol.name.as_str();
            spec.statements
                .iter_mut()
                .for_each(|statement| make_symmetric(statement, name));
            if self.holds_in(spec, self.claim.clone()) {
                return Some(Found {
                    mistake: "symmetric-only",
                    sentence: format!("this is right only where `{name}` is symmetric"),
                    ..Found::default()
                });
            }
        }
        None
    }

    /// Whether a claim holds in another spec, derivatives coming from duals.
    fn holds_in(&self, mut spec: Spec, claim: Claim) -> bool {
        spec.statements.push(statement_of(claim));
        let Some(network) = elaborate_proposals(&spec).network else {
            return false;
        };
        let outcomes = check_claims(&network, &[], self.config.seed, 3);
        outcomes.iter().all(|outcome| outcome.holds) && !outcomes.is_empty()
    }

    /// Products of the same factors that have the right shape, those that are right first.
    fn fitting(&self, vocabulary: &Vocabulary) -> Vec<(bool, String)> {
        if is_indexed(&self.claim.right) {
            return Vec::new();
        }
        let factors = fitting::factors(&self.claim.right);
        let mut seen = HashSet::new();
        let mut products: Vec<(String, Expr)> = Vec::new();
        for product in fitting::products(&factors) {
            let text = format_expr(&product);
            if seen.insert(text.clone()) {
                products.push((text, product));
            }
        }
        let rights: Vec<&Expr> = products.iter().map(|(_, product)| product).collect();
        let Some(judged) = self.judged(&claims(&self.claim.left, &rights), 1) else {
            return Vec::new();
        };
        let right = self.true_ones(&self.claim.left, &rights);
        // A vector in front of a matrix stands for a row, which textbooks write as a transpose.
        let rows: Vec<String> = vocabulary
            .vectors()
            .map(|text| format!("{text} @"))
            .collect();
        let row = |text: &str| rows.iter().any(|row| text.contains(row.as_str()));
        let mut fits: Vec<(bool, bool, usize, &String)> = products
            .iter()
            .zip(judged)
            .zip(right)
            .filter(|((_, how), _)| *how != How::IllShaped)
            .map(|(((text, _), _), right)| (!right, row(text), text.len(), text))
            .collect();
        fits.sort();
        fits.into_iter()
            .take(MOST_LISTED)
            .map(|(wrong, _, _, text)| (!wrong, text.clone()))
            .collect()
    }

    /// The first of the candidates that makes the claim true.
    fn first_true<'a>(&self, candidates: &[&'a Candidate]) -> Option<&'a Candidate> {
        let rights: Vec<&Expr> = candidates.iter().map(|it| &it.right).collect();
        let holds = self.true_ones(&self.claim.left, &rights);
        let at = holds.iter().position(|holds| *holds)?;
        Some(candidates[at])
    }

    /// Which right sides make the claim true.
    fn true_ones(&self, left: &Expr, rights: &[&Expr]) -> Vec<bool> {
        self.true_claims(claims(left, rights))
    }

    /// Which claims are true, confirmed at three points.
    fn true_claims(&self, claims: Vec<Claim>) -> Vec<bool> {
        let mut outcome = vec![false; claims.len()];
        let Some(first) = self.judged(&claims, 1) else {
            return outcome;
        };
        let likely = (0..claims.len()).filter(|at| first[*at] == How::Numeric);
        let likely: Vec<usize> = likely.collect();
        if likely.is_empty() {
            return outcome;
        }
        let again: Vec<Claim> = likely.iter().map(|at| claims[*at].clone()).collect();
        if let Some(confirmed) = self.judged(&again, 3) {
            for (at, how) in likely.into_iter().zip(confirmed) {
                outcome[at] = how == How::Numeric;
            }
        }
        outcome
    }

    /// How every claim fares: numerically equal, refuted, or ill-shaped.
    fn judged(&self, claims: &[Claim], draws: usize) -> Option<Vec<How>> {
        let mut spec = self.equations.clone();
        let claims = claims.iter().cloned();
        spec.statements.extend(claims.map(statement_of));
        let network = elaborate_proposals(&spec).network?;
        let outcomes = check_claims(&network, self.derived, self.config.seed, draws);
        let count = spec.statements.len() - self.equations.statements.len();
        (outcomes.len() == count).then(|| outcomes.iter().map(|outcome| outcome.how).collect())
    }
}

fn claims(left: &Expr, rights: &[&Expr]) -> Vec<Claim> {
    let claim = |right: &&Expr| Claim {
        left: left.clone(),
        right: (*right).clone(),
    };
    rights.iter().map(claim).collect()
}

/// The sentence with its slots filled.
fn filled(sentence: &str, slots: &[String]) -> String {
    let put = |text: String, (at, slot): (usize, &String)| text.replace(&format!("{{{at}}}"), slot);
    slots.iter().enumerate().fold(sentence.to_owned(), put)
}

fn renamed(expr: &Expr, from: &str, to: &str) -> Expr {
    let mut copy = expr.clone();
    if let ExprKind::Name(name) = &mut copy.kind
        && name.text == from
        && name.member.is_none()
    {
        to.clone_into(&mut name.text);
    }
    let count = parts(&copy).len();
    for at in 0..count {
        let part = renamed(parts(&copy)[at], from, to);
        copy = with_part(&copy, at, part);
    }
    copy
}

fn rename_dim(statement: &mut Statement, from: &str, to: &str) {
    match &mut statement.kind {
        StatementKind::Dims(dims) => dims.retain(|dim| dim.name.text != from),
        StatementKind::Declare(_, declarations) => {
            for dim in declarations
                .iter_mut()
                .flat_map(|declaration| &mut declaration.shape)
            {
                match dim {
                    ast::ShapeDim::Named(name) if name.text == from => {
                        to.clone_into(&mut name.text)
                    }
                    ast::ShapeDim::Formula(formula) => **formula = renamed(formula, from, to),
                    _ => {}
                }
            }
        }
        StatementKind::Define(definition) => definition.body = renamed(&definition.body, from, to),
        StatementKind::Loss(loss) => loss.body = renamed(&loss.body, from, to),
        _ => {}
    }
}

fn make_symmetric(statement: &mut Statement, name: &str) {
    if let StatementKind::Declare(_, declarations) = &mut statement.kind {
        for declaration in declarations.iter_mut().filter(|it| it.name.text == name) {
            declaration
                .attributes
                .push((ast::Attribute::Symmetric, ast::Span::default()));
        }
    }
}
