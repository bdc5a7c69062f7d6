//! Verdicts on claims whose truth is known: those of the goldens, and what was derived of random networks, rewritten soundly, are true;
//! with one mistake planted they are false, unless they happen to be equal all the same, and the mistake is named.
//!
//! `DERIVE_CLAIMS=40 cargo test -p derive-engine --test judging -- --nocapture` plants that many for every claim, and prints the figures;
//! `DERIVE_NETWORKS` asks for more random networks, `DERIVE_SEED` for others.

#![allow(
    clippy::print_stdout,
    reason = "the figures are what a long run is for"
)]

mod support;

use derive_engine::{Config, run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::claims::{
    Case, Random, held_by_duals, is_of_known_names, judged, mistaken, planted, rewritten_often,
};
use support::figures::Figures;
use support::generate;

/// The most choices that a random network is made by.
const CHOICES: usize = 60;

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

fn asked(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn for_each_claim() -> usize {
    asked("DERIVE_CLAIMS", 1) as usize
}

/// The goldens with their own claims.
fn of_goldens() -> impl Iterator<Item = Case> {
    specs().into_iter().map(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("readable");
        Case::read(&name, &text)
    })
}

/// Random networks with what was derived as claims.
fn of_random_networks() -> impl Iterator<Item = Case> {
    let (networks, seed) = (asked("DERIVE_NETWORKS", 20), asked("DERIVE_SEED", 0));
    println!("{networks} networks from seed {seed}");
    (0..networks).filter_map(move |at| {
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(at));
        let count = random.below(CHOICES);
        let numbers: Vec<u16> = (0..count).map(|_| random.next() as u16).collect();
        let text = generate::spec(&numbers).text();
        let derived = run(text.as_bytes(), &Config::default()).is_ok();
        derived.then(|| {
            let mut case = Case::read(&format!("network {at}"), &text);
            case.claim_what_was_derived();
            case
        })
    })
}

#[test]
fn what_is_rewritten_soundly_stays_true() {
    assert!(rewrite_all(of_goldens(), 1) > 50);
}

#[test]
fn what_is_rewritten_soundly_about_random_networks_stays_true() {
    assert!(rewrite_all(of_random_networks(), 3) > 50);
}

#[test]
fn a_planted_mistake_is_found_and_named() {
    plant_all(of_goldens(), 2);
}

#[test]
fn a_mistake_planted_in_random_networks_is_found_and_named() {
    plant_all(of_random_networks(), 4);
}

/// Judges sound rewritings of every claim, and says how many.
fn rewrite_all(cases: impl Iterator<Item = Case>, seed: u64) -> usize {
    let (mut count, mut ways) = (0, BTreeMap::new());
    let mut random = Random(seed);
    for case in cases {
        let mut claims = Vec::new();
        for claim in &case.claims {
            for _ in 0..for_each_claim() {
                claims.push(rewritten_often(claim, &case, &mut random));
            }
        }
        for outcome in judged(&case.source, &claims, 7, 3) {
            assert!(
                outcome.holds,
                "{}: {} is true: {}\n{}",
                case.name, outcome.text, outcome.reason, case.source
            );
            count += 1;
            *ways.entry(format!("{:?}", outcome.how)).or_insert(0) += 1;
        }
    }
    println!("{count} true claims, all judged true: {ways:?}");
    count
}

/// Plants a mistake of a random row in every claim; asks for the right verdict on all, and for the mistake's name in nine of ten.
fn plant_all(cases: impl Iterator<Item = Case>, seed: u64) {
    let mut figures = Figures::default();
    let mut random = Random(seed);
    for case in cases {
        let (mut claims, mut rows) = (Vec::new(), Vec::new());
        for claim in &case.claims {
            let choices = planted(&claim.right, &case.vocabulary);
            for _ in 0..for_each_claim() {
                let Some((claim, row)) = mistaken(claim, &choices, &mut random) else {
                    continue;
                };
                if is_of_known_names(&case.source, &claim) {
                    claims.push(claim);
                    rows.push(row);
                }
            }
        }
        let outcomes = judged(&case.source, &claims, 7, 3);
        // What is equal in spite of the mistake agrees at ten other points, by derivatives that nobody derived.
        let again = held_by_duals(&case.source, &claims, 1234, 10);
        for ((outcome, other), row) in outcomes.iter().zip(again).zip(rows) {
            let text = &outcome.text;
            assert_eq!(outcome.holds, other, "{}: {text}", case.name);
            figures.add(&case.name, row, outcome);
        }
    }
    println!("{figures}");
    let (named, count) = (figures.named, figures.count);
    assert!(named * 10 >= count * 9, "{named} of {count} were named");
}
