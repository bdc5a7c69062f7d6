//! `docs/rules.md`, which `derive explain` prints from, against the tables of rules and against the goldens that use them.
//!
//! `DERIVE_BLESS=1 cargo test -p derive-cli --test rules` writes it anew.

mod support;

use derive_emit::{MOVES, Move};
use derive_engine::derivation::{ChainLink, Cotangent, Derivation, Step};
use derive_engine::{Config, run};
use derive_index::{Head, Term};
use derive_print::term::Speller;
use derive_print::text;
use derive_rewrite::proofs::proof;
use derive_rewrite::rules::{Family, Requirement};
use derive_rewrite::{RULES, Rule};
use std::collections::{BTreeMap, BTreeSet};

const HEAD: &str = "# Rules\n\n\
    Every rewrite rule, in the order in which it is tried. `derive explain RULE` prints its section. This page is made\n\
    from the table of rules and from the derivations under `golden/`; how to renew it stands in `CONTRIBUTING.md`.\n";

/// A family with what is done with its rules.
#[rustfmt::skip]
const FAMILIES: &[(Family, &str)] = &[
    (Family::Bookkeeping, "bookkeeping: shown with `--steps full`"),
    (Family::Collapse, "collapses a sum: taken wherever it applies"),
    (Family::Algebra, "algebra: taken wherever it applies"),
    (Family::Contract, "makes a sum a product: all ways are searched, the shortest form wins"),
    (Family::Lift, "makes entries an array: taken wherever it applies"),
];

/// Ways to save multiplications that no golden takes, and networks that do.
#[rustfmt::skip]
const SAVED: &[(&str, &str)] = &[
    ("scale-later", "dims N = 100, k = 30, m = 2\ninput s: scalar\ninput A: [N, k]\nparam C: [k, m]\nloss sum(((s * A) @ C)^2)\n"),
    ("factor-out-matrix", "input A: [N, k]\ninput B: [N, k]\nparam C: [k, m]\nloss sum((A @ C + B @ C)^2)\n"),
];

/// The derivation with its form of fewest multiplications.
fn saving() -> Config {
    Config {
        savings: true,
        ..Config::default()
    }
}

/// Most goldens that are named for a rule.
const SHOWN: usize = 8;

/// What the derivations say about the rules: who uses one, and its smallest application.
#[derive(Default)]
struct Uses {
    goldens: BTreeMap<&'static str, BTreeSet<String>>,
    examples: BTreeMap<&'static str, Example>,
}

struct Example {
    size: u32,
    from: String,
    lines: [String; 3],
}

#[test]
fn the_page_of_rules_is_up_to_date() {
    let mut uses = Uses::default();
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let name = spec
            .strip_prefix(support::root().join("golden"))
            .expect("a golden");
        let name = name.with_extension("").display().to_string();
        uses.read(&name, &source, support::Asked::by(&source).config);
    }
    uses.save();
    let shown: Vec<&str> = uses.goldens.keys().copied().collect();
    for rule in RULES {
        let example = proof(rule.name).map_or("", |proof| proof.example);
        if !example.is_empty() && !shown.contains(&rule.name) {
            let from = format!("\n```text\n{example}```\n");
            uses.read(&from, example.as_bytes(), Config::default());
        }
    }
    for (rule, example) in SAVED {
        if !shown.contains(rule) {
            let from = format!("\n```text\n{example}```\n");
            uses.read(&from, example.as_bytes(), saving());
        }
    }
    let rules = RULES.iter().map(|rule| uses.section(rule));
    let sections = rules.chain(MOVES.iter().map(|row| uses.saving(row)));
    let page = std::iter::once(HEAD.to_owned())
        .chain(sections)
        .collect::<Vec<_>>()
        .join("\n");
    let path = support::root().join("docs/rules.md");
    if std::env::var_os("DERIVE_BLESS").is_some() {
        std::fs::write(&path, &page).expect("writable");
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == page,
        "docs/rules.md is behind: DERIVE_BLESS=1 cargo test -p derive-cli --test rules"
    );
}

impl Uses {
    /// What the goldens would save with `--cost flops`.
    fn save(&mut self) {
        for spec in support::goldens() {
            let source = std::fs::read(&spec).expect("readable");
            let config = Config {
                check: None,
                ..saving()
            };
            let name = spec.strip_prefix(support::root().join("golden"));
            let name = name.expect("a golden").with_extension("");
            let asked = support::Asked::by(&source).config;
            let plain = asked.jacobian.is_none() && asked.second.is_none();
            // Not every derivation has a loss and gradients to save in.
            let Some(outcome) = run(&source, &config).ok().filter(|_| plain) else {
                continue;
            };
            let is_saving = |step: &&Step| MOVES.iter().any(|row| row.name == step.rule);
            for step in steps(&outcome.derivation).into_iter().filter(is_saving) {
                let name = name.display().to_string();
                self.propose(&name, &outcome.derivation, step);
                self.goldens.entry(step.rule).or_default().insert(name);
            }
        }
    }

    fn read(&mut self, name: &str, source: &[u8], config: Config) {
        let config = Config {
            check: None,
            ..config
        };
        let outcome = run(source, &config).expect("it derives");
        for derivation in std::iter::once(&outcome.derivation).chain(&outcome.second) {
            self.learn(name, derivation);
        }
    }

    fn learn(&mut self, name: &str, derivation: &Derivation) {
        for step in steps(derivation) {
            if !name.contains('\n') {
                self.goldens
                    .entry(step.rule)
                    .or_default()
                    .insert(name.to_owned());
            }
            self.propose(name, derivation, step);
        }
    }

    /// Keeps the application if it is smaller than the one that is there.
    fn propose(&mut self, name: &str, derivation: &Derivation, step: &Step) {
        let (before, after) = (
            changed(&step.before, &step.site),
            changed(&step.after, &step.site),
        );
        // An example without an array in it says little.
        let array = |part: &Term| matches!(part.head(), Head::Tensor(..));
        let meagre = if after.any(&array) { 0 } else { 50 };
        let size = before.size() + after.size() + meagre;
        let known = self
            .examples
            .get(step.rule)
            .map_or(u32::MAX, |known| known.size);
        if step.backwards || size >= known {
            return;
        }
        let mut speller = Speller::new(&derivation.network);
        let [before, after] = [before, after].map(|term| text::inline(&speller.spell_aside(term)));
        let mut why = step.why.sentence(false).into_owned();
        for (at, slot) in step.why.slots.iter().enumerate() {
            let slot = text::inline(&speller.spell_aside(slot));
            why = why.replace(&format!("{{{at}}}"), &slot);
        }
        let from = name.to_owned();
        let lines = [before, after, why];
        self.examples
            .insert(step.rule, Example { size, from, lines });
    }

    fn section(&self, rule: &Rule) -> String {
        let proof = proof(rule.name).expect("every rule has a proof");
        let family = FAMILIES.iter().find(|(family, _)| *family == rule.family);
        let (_, family) = family.expect("every family has a row");
        let needs = rule
            .requires
            .map_or("nothing; it always holds", Requirement::text);
        let mut text = format!("## {}\n\n    {}\n\n", rule.name, rule.statement);
        text.push_str(&filled(&format!("- Kind: {family}."), "  "));
        text.push_str(&filled(&format!("- Needs: {needs}."), "  "));
        text.push_str(&filled(&format!("- Proof: {}", proof.text), "  "));
        text.push_str(&self.example(rule.name));
        text.push_str(&self.users(rule.name, ""));
        text
    }

    /// The section of a way to save multiplications.
    fn saving(&self, row: &Move) -> String {
        let mut text = format!("## {}\n\n    {}\n\n", row.name, row.statement);
        let kind = "- Kind: saves multiplications, with `--cost flops`: taken where both passes together get cheaper.";
        text.push_str(&filled(kind, "  "));
        text.push_str(&filled("- Needs: nothing; it always holds.", "  "));
        text.push_str(&filled(&format!("- Proof: {}", row.proof), "  "));
        text.push_str(&self.example(row.name));
        text.push_str(&self.users(row.name, " with `--cost flops`"));
        text
    }

    fn example(&self, rule: &str) -> String {
        let Some(example) = self.examples.get(rule) else {
            return String::new();
        };
        let [before, after, why] = &example.lines;
        let why = filled(&format!("    └ {rule}: {why}"), "      ");
        let formulas = format!("      {before}\n    = {after}\n{why}");
        match example.from.strip_prefix('\n') {
            Some(spec) => format!("\nExample, from the derivation of\n\n{spec}\n{formulas}"),
            None => format!("\nExample, from `{}`:\n\n{formulas}", example.from),
        }
    }

    fn users(&self, rule: &str, how: &str) -> String {
        let Some(goldens) = self.goldens.get(rule) else {
            return String::new();
        };
        let shown = goldens.iter().take(SHOWN);
        let mut names: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
        match goldens.len().saturating_sub(SHOWN) {
            0 => {}
            1 => names.push("and one more".to_owned()),
            more => names.push(format!("and {more} more")),
        }
        format!(
            "\n{}",
            filled(
                &format!("Goldens that use it{how}: {}.", names.join(", ")),
                ""
            )
        )
    }
}

/// The part of a term that a step changes.
fn changed<'a>(term: &'a Term, site: &[usize]) -> &'a Term {
    let child = |term: &'a Term, at: &usize| term.children().get(*at).unwrap_or(term);
    site.iter().fold(term, child)
}

/// Every step of a derivation, those of local derivatives and of contributions included.
fn steps(derivation: &Derivation) -> Vec<&Step> {
    let mut found = Vec::new();
    for statement in &derivation.statements {
        links(&statement.chain, &mut found);
        found.extend(statement.contributions.iter().flat_map(|part| &part.steps));
        found.extend(&statement.steps);
    }
    let savings = derivation.savings.iter();
    let lines = savings.flat_map(|it| it.forward.iter().chain(&it.backward));
    found.extend(lines.flat_map(|line| &line.steps));
    found
}

fn links<'a>(chain: &'a [ChainLink], found: &mut Vec<&'a Step>) {
    for link in chain {
        if let Cotangent::Chained(inner) = &link.cotangent {
            links(inner, found);
        }
        found.extend(&link.local.steps);
    }
}

/// Words filled to eighty columns; what continues stands in.
fn filled(text: &str, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= 80 => {
                last.push_str(&format!(" {word}"));
            }
            Some(_) => lines.push(format!("{indent}{word}")),
            None => lines.push(word.to_owned()),
        }
    }
    format!("{}\n", lines.join("\n"))
}
