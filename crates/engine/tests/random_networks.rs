//! Random well-shaped specs over the whole language, each derived and checked: no panic, no missing rule, nothing that the check refuses,
//! a page, and a program.
//!
//! `DERIVE_CASES` asks for more than the few hundred that the tests run, `DERIVE_SEED` for others, `DERIVE_CHOICES` for longer ones.
//! With `DERIVE_TELL=1` every spec is told before it is derived: the last one told is the one that ended a process whose memory is limited.
//! `DERIVE_PROGRAMS` names a file to which every program goes, with values and the derivatives there; `.ci/random_programs.py` runs them. They are for
//! NumPy, or for the library that `DERIVE_TARGET` names.
//! What is wrong is shown after proptest has made it as small as it stays wrong.

#![allow(
    clippy::print_stdout,
    reason = "the seed and what was found are for the reader of the test's output"
)]

mod support;

use derive_engine::{
    EmitOptions, Failure, Outcome, PrintOptions, emit, render_second, run, target,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};
use support::programs::record;
use support::whole::{Asked, Question, question};

const CASES: u64 = 300;

/// What the engine says where it ends before the answer, and rightly.
const LIMITS: [&str; 2] = ["more than is written out", "is not differentiated again"];

/// Making a spec small takes hundreds of runs, so that only the first that are wrong are made small.
const SHRUNK: usize = 10;

/// A question that takes longer is shown.
const SLOW: Duration = Duration::from_secs(20);

/// Numbers of a choice stream; a spec takes up to about this many.
const CHOICES: u64 = 60;

fn asked(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What became of a question.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// Derived, checked and printed; with its program as a line of JSON, if it has one.
    Derived(Option<String>),
    /// The spec is refused: a mistake of the generator, if it happens often.
    Refused(String),
    /// A limit was reached, and the answer says so.
    Limited(String),
    Wrong(String),
}

/// What the check, the printer and the emitter say of an outcome.
fn held(question: &Question, outcome: &Outcome) -> Verdict {
    for derivation in outcome.second.iter().chain([&outcome.derivation]) {
        let verdict = derivation.verdict.as_ref().expect("the check is on");
        if let Some(failure) = verdict.failures.first() {
            return Verdict::Wrong(failure.clone());
        }
        if let Some(reason) = verdict.unchecked.first() {
            return Verdict::Limited(reason.clone());
        }
    }
    let page = render_second(
        &outcome.derivation,
        &outcome.second,
        &PrintOptions::default(),
    );
    if let Err(reason) = page {
        return Verdict::Wrong(format!("{reason:?}"));
    }
    if question.asked != Asked::Gradients || outcome.symbolic {
        return Verdict::Derived(None);
    }
    let library = std::env::var("DERIVE_TARGET").unwrap_or_else(|_| "numpy".to_owned());
    let library = target(&library).expect("a target");
    match emit(outcome, &question.config(), library, EmitOptions::default()) {
        Ok(program) => Verdict::Derived(record(question, outcome, &program)),
        Err(Failure::Engine(reason)) => Verdict::Wrong(reason),
        Err(Failure::Spec(problems)) => Verdict::Wrong(format!("{problems:?}")),
    }
}

fn judge(question: Question) -> Verdict {
    let outcome = catch_unwind(|| match run(question.spec.as_bytes(), &question.config()) {
        Ok(outcome) => held(&question, &outcome),
        Err(Failure::Spec(problems)) => {
            Verdict::Refused(format!("{} {}", problems[0].code, problems[0].message))
        }
        Err(Failure::Engine(reason)) if LIMITS.iter().any(|limit| reason.contains(limit)) => {
            Verdict::Limited(reason)
        }
        Err(Failure::Engine(reason)) => Verdict::Wrong(reason),
    });
    outcome.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Verdict::Wrong(format!("panic: {}", words.unwrap_or_default()))
    })
}

/// The smallest question that proptest finds which is still wrong, with its verdict.
fn shrunk(mut tree: impl ValueTree<Value = Vec<u16>>) -> (String, Verdict) {
    let verdict_of = |numbers: &[u16]| {
        let question = question(numbers);
        (question.text(), judge(question))
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

/// What a run has seen.
#[derive(Default)]
struct Seen {
    derived: u64,
    programs: u64,
    refused: Vec<(String, String)>,
    limited: BTreeMap<String, u64>,
    wrong: Vec<(String, Verdict)>,
}

impl Seen {
    fn tell(&self) {
        println!(
            "{} derived, {} programs, {} refused, {} limited, {} wrong",
            self.derived,
            self.programs,
            self.refused.len(),
            self.limited.values().sum::<u64>(),
            self.wrong.len()
        );
        for (reason, spec) in &self.refused {
            println!("{reason}\n{spec}");
        }
        for (reason, count) in &self.limited {
            println!("{count} times: {reason}");
        }
        for (spec, verdict) in self.wrong.iter().skip(SHRUNK) {
            println!("{verdict:?}\n{spec}");
        }
    }
}

fn programs() -> Option<File> {
    let path = std::env::var_os("DERIVE_PROGRAMS")?;
    Some(File::create(path).expect("a file for the programs"))
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
    let mut file = programs();
    let tell = asked("DERIVE_TELL", 0) == 1;
    let mut seen = Seen::default();
    for _ in 0..cases {
        let tree = strategy.new_tree(&mut runner).expect("a stream of choices");
        let question = question(&tree.current());
        let text = question.text();
        if tell {
            println!("{text}");
        }
        let begun = Instant::now();
        let verdict = judge(question);
        if begun.elapsed() > SLOW {
            println!("{:.0?} for\n{text}", begun.elapsed());
        }
        match verdict {
            Verdict::Derived(program) => {
                seen.derived += 1;
                seen.programs += u64::from(program.is_some());
                if let Some((file, program)) = file.as_mut().zip(program) {
                    writeln!(file, "{program}").expect("the program is written");
                }
            }
            Verdict::Refused(reason) => seen.refused.push((reason, text)),
            Verdict::Limited(reason) => *seen.limited.entry(reason).or_default() += 1,
            Verdict::Wrong(reason) if seen.wrong.len() < SHRUNK => {
                let found = shrunk(tree);
                println!("{reason}\n{text}shrunk: {:?}\n{}", found.1, found.0);
                seen.wrong.push(found);
            }
            Verdict::Wrong(reason) => seen.wrong.push((text, Verdict::Wrong(reason))),
        }
    }
    drop(std::panic::take_hook());
    seen.tell();
    let few = |count: usize| count as u64 <= cases / 50 + 1;
    assert!(
        seen.wrong.is_empty(),
        "{} specs are wrong",
        seen.wrong.len()
    );
    assert!(
        few(seen.refused.len()),
        "{} specs are refused",
        seen.refused.len()
    );
    assert!(
        seen.programs > cases / 2,
        "only {} have a program",
        seen.programs
    );
}
