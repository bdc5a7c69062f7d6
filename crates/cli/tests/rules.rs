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
use derive_rewrite::rules::{Action, Family, Requirement};
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

/// The derivation with its form of fewest multiplications.
fn saving() -> Config {
    Config {
        savings: true,
        ..Config::default()
    }
}

/// Rows that no step names, because every application is one of the rows below them.
const GROUPS: [&str; 2] = ["transform", "contract"];

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
    let rules = RULES.iter().map(|rule| uses.section(rule));
    let moves = MOVES.iter().map(|row| uses.saving(row));
    let sections: Vec<String> = rules.chain(moves).collect();
    for section in &sections {
        for part in [
            "- Kind: ",
            "- Needs: ",
            "- Proof: ",
            "Example",
            "Goldens that use it",
        ] {
            let said = section.contains(&format!("\n{part}"));
            assert!(said, "no `{part}` in:\n{section}");
        }
    }
    let page = std::iter::once(HEAD.to_owned())
        .chain(sections)
        .collect::<Vec<String>>()
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
            let goldens = self.goldens.entry(step.rule).or_default();
            goldens.insert(name.to_owned());
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
        text.push_str(&self.example(&members(rule)));
        text.push_str(&self.users(&members(rule), ""));
        text
    }

    /// The section of a way to save multiplications.
    fn saving(&self, row: &Move) -> String {
        let mut text = format!("## {}\n\n    {}\n\n", row.name, row.statement);
        let kind = "- Kind: saves multiplications, with `--cost flops`: taken where both passes together get cheaper.";
        text.push_str(&filled(kind, "  "));
        text.push_str(&filled("- Needs: nothing; it always holds.", "  "));
        text.push_str(&filled(&format!("- Proof: {}", row.proof), "  "));
        text.push_str(&self.example(&[row.name]));
        text.push_str(&self.users(&[row.name], " with `--cost flops`"));
        text
    }

    /// The smallest application of these rules.
    fn example(&self, rules: &[&str]) -> String {
        let known = rules
            .iter()
            .filter_map(|rule| Some((rule, self.examples.get(rule)?)));
        let Some((rule, example)) = known.min_by_key(|(_, example)| example.size) else {
            return String::new();
        };
        let [before, after, why] = &example.lines;
        let why = filled(&format!("    └ {rule}: {why}"), "      ");
        let formulas = format!("      {before}\n    = {after}\n{why}");
        format!("\nExample, from `{}`:\n\n{formulas}", example.from)
    }

    fn users(&self, rules: &[&str], how: &str) -> String {
        let known = rules.iter().filter_map(|rule| self.goldens.get(rule));
        let goldens: BTreeSet<&String> = known.flatten().collect();
        if goldens.is_empty() {
            return String::new();
        }
        let shown = goldens.iter().take(SHOWN);
        let mut names: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
        match goldens.len().saturating_sub(SHOWN) {
            0 => {}
            1 => names.push("and one more".to_owned()),
            more => names.push(format!("and {more} more")),
        }
        let said = format!("Goldens that use it{how}: {}.", names.join(", "));
        format!("\n{}", filled(&said, ""))
    }
}

/// The rule by itself; of one whose applications all carry the names of the rows below it, these.
fn members(rule: &Rule) -> Vec<&'static str> {
    let at = RULES.iter().position(|row| row.name == rule.name);
    let below = RULES.iter().skip(at.map_or(0, |at| at + 1));
    let named = below.take_while(|row| matches!(row.action, Action::Named));
    match GROUPS.contains(&rule.name) {
        true => named.map(|row| row.name).collect(),
        false => RULES
            .iter()
            .filter(|row| row.name == rule.name)
            .map(|row| row.name)
            .collect(),
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
