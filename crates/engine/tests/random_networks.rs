//! Random well-shaped specs, each derived and checked: no panic, no missing rule, nothing that the check refuses.
//!
//! `DERIVE_CASES` asks for more than the few hundred that the tests run, `DERIVE_SEED` for others, `DERIVE_CHOICES` for longer ones.

#![allow(
    clippy::print_stdout,
    reason = "the seed and what was found are for the reader of the test's output"
)]

mod support;

use derive_engine::{Config, Failure, PrintOptions, render, run};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::panic::catch_unwind;
use support::generate;

const CASES: u64 = 300;

/// Numbers of a choice stream; a spec takes up to about this many.
const CHOICES: u64 = 60;

fn asked(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What became of a spec.
#[derive(Debug, PartialEq)]
enum Verdict {
    Derived,
    /// The spec is refused: a mistake of the generator, if it happens often.
    Refused(String),
    Wrong(String),
}

fn judge(spec: &str) -> Verdict {
    let source = spec.to_owned();
    let outcome = catch_unwind(move || {
        let outcome = match run(source.as_bytes(), &Config::default()) {
            Ok(outcome) => outcome,
            Err(Failure::Spec(problems)) => {
                return Verdict::Refused(format!("{} {}", problems[0].code, problems[0].message));
            }
            Err(Failure::Engine(reason)) => return Verdict::Wrong(reason),
        };
        let verdict = outcome.derivation.verdict.clone().expect("the check is on");
        if let Some(failure) = verdict.failures.first() {
            return Verdict::Wrong(failure.clone());
        }
        match render(&outcome.derivation, &PrintOptions::default()) {
            Ok(_) => Verdict::Derived,
            Err(reason) => Verdict::Wrong(format!("{reason:?}")),
        }
    });
    outcome.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Verdict::Wrong(format!("panic: {}", words.unwrap_or_default()))
    })
}

/// The smallest spec that proptest finds which is still wrong, with its verdict.
fn shrunk(mut tree: impl ValueTree<Value = Vec<u16>>) -> (String, Verdict) {
    let verdict_of = |numbers: &[u16]| {
        let spec = generate::spec(numbers).text();
        let verdict = judge(&spec);
        (spec, verdict)
    };
    let mut best = verdict_of(&tree.current());
    let mut smaller = tree.simplify();
    for _ in 0..600 {
        if !smaller {
            break;
        }
        let found = verdict_of(&tree.current());
        if matches!(found.1, Verdict::Wrong(_)) {
            best = found;
            smaller = tree.simplify();
        } else {
            smaller = tree.complicate();
        }
    }
    best
}

#[test]
fn random_networks_are_derived_and_verified() {
    let (cases, seed) = (asked("DERIVE_CASES", CASES), asked("DERIVE_SEED", 0));
    // A panic is caught and told with its spec.
    std::panic::set_hook(Box::new(|_| {}));
    println!("{cases} cases from seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(proptest::test_runner::Config::default(), random);
    let strategy = proptest::collection::vec(
        proptest::num::u16::ANY,
        0..asked("DERIVE_CHOICES", CHOICES) as usize,
    );
    let (mut derived, mut refused, mut wrong) = (0u64, Vec::new(), Vec::new());
    for _ in 0..cases {
        let tree = strategy.new_tree(&mut runner).expect("a stream of choices");
        match judge(&generate::spec(&tree.current()).text()) {
            Verdict::Derived => derived += 1,
            Verdict::Refused(reason) => {
                refused.push((reason, generate::spec(&tree.current()).text()))
            }
            Verdict::Wrong(_) => wrong.push(shrunk(tree)),
        }
    }
    println!(
        "{derived} derived, {} refused, {} wrong",
        refused.len(),
        wrong.len()
    );
    let few = |count: usize| count as u64 <= cases / 50 + 1;
    for (reason, spec) in &refused {
        println!("{reason}\n{spec}");
    }
    for (spec, verdict) in &wrong {
        println!("{verdict:?}\n{spec}");
    }
    drop(std::panic::take_hook());
    assert!(wrong.is_empty(), "{} specs are wrong", wrong.len());
    assert!(few(refused.len()), "{} specs are refused", refused.len());
}
