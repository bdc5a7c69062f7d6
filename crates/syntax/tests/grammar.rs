//! Walks `grammar/`: every production has samples, every sample does what it says.
//!
//! A sample is named after its production, up to the first dot. A rejected one states its codes in its first lines.

use std::fs;
use std::path::PathBuf;

use derive_syntax::diagnostic::CODES;
use derive_syntax::dump::dump_spec;
use derive_syntax::format::format_spec;
use derive_syntax::{Parsed, parse};

fn grammar() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../grammar")
}

/// The names on the left of `derive.ebnf`.
fn productions() -> Vec<String> {
    let text = fs::read_to_string(grammar().join("derive.ebnf")).expect("the grammar is there");
    let left = text.lines().filter_map(|line| line.split_once(" = "));
    left.map(|(name, _)| name.to_owned())
        .filter(|name| is_production(name))
        .collect()
}

fn is_production(name: &str) -> bool {
    name.chars()
        .all(|letter| letter.is_ascii_lowercase() || letter == '-')
}

/// The names, without `.spec`, and contents of the samples in a folder, sorted by name.
fn samples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(grammar().join(folder)).expect("the folder is there");
    let mut samples: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "spec")
        })
        .map(|path| {
            let stem = path
                .file_stem()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned();
            (stem, fs::read(&path).expect("the sample can be read"))
        })
        .collect();
    samples.sort();
    samples
}

/// The codes that a rejected sample states.
fn stated_codes(source: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(source);
    let first = text.lines().next().unwrap_or_default();
    let codes = first.strip_prefix("# expect: ").unwrap_or_default();
    codes.split_whitespace().map(str::to_owned).collect()
}

/// What the first error of a rejected sample should point at, if it says so.
fn stated_place(source: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(source);
    let second = text.lines().nth(1)?.strip_prefix("# at: \"")?;
    Some(second.trim_end().strip_suffix('"')?.to_owned())
}

/// Whether the mistake is one of grammar; the others are found by later stages.
fn is_syntactic(codes: &[String]) -> bool {
    codes
        .iter()
        .all(|code| code.starts_with("E00") || code.starts_with("E01"))
}

fn check_covered(folder: &str, names: &[String]) {
    let known = productions();
    assert!(
        known.len() > 40,
        "the grammar was not understood: {known:?}"
    );
    let of = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
    for production in &known {
        assert!(
            names.iter().any(|name| of(name) == *production),
            "{folder}: no sample of {production}"
        );
    }
    for name in names {
        assert!(
            known.contains(&of(name)),
            "{folder}: {name} is named after no production"
        );
    }
}

#[test]
fn no_production_stands_twice() {
    let mut names = productions();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_production_has_both_samples() {
    let accepted: Vec<String> = samples("accept")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    check_covered("accept", &accepted);
    let rejected = samples("reject")
        .into_iter()
        .filter(|(_, source)| is_syntactic(&stated_codes(source)));
    check_covered(
        "reject",
        &rejected.map(|(name, _)| name).collect::<Vec<_>>(),
    );
}

#[test]
fn accepted_samples_parse_and_survive_the_formatter() {
    for (name, source) in samples("accept") {
        let parsed = parse(&source);
        assert!(
            parsed.diagnostics.is_empty(),
            "{name}: {:?}",
            parsed.diagnostics
        );
        let text = format_spec(&parsed.spec);
        let again = parse(text.as_bytes());
        assert!(
            again.diagnostics.is_empty(),
            "{name}: {:?}\n{text}",
            again.diagnostics
        );
        assert_eq!(dump_spec(&again.spec), dump_spec(&parsed.spec), "{name}");
        assert_eq!(format_spec(&again.spec), text, "{name}");
    }
}

#[test]
fn rejected_samples_give_their_codes() {
    for (name, source) in samples("reject") {
        let expected = stated_codes(&source);
        assert!(!expected.is_empty(), "{name} states no code");
        let parsed = parse(&source);
        if !is_syntactic(&expected) {
            assert!(
                parsed.diagnostics.is_empty(),
                "{name} should parse: {:?}",
                parsed.diagnostics
            );
            continue;
        }
        let found: Vec<&str> = parsed
            .diagnostics
            .iter()
            .map(|problem| problem.code)
            .collect();
        assert_eq!(found, expected, "{name}: {:?}", parsed.diagnostics);
        check_place(&name, &source, &parsed);
    }
}

fn check_place(name: &str, source: &[u8], parsed: &Parsed) {
    let Some(expected) = stated_place(source) else {
        return;
    };
    let span = parsed.diagnostics[0].labels[0].span;
    assert_eq!(
        String::from_utf8_lossy(&source[span.start..span.end]),
        expected,
        "{name}"
    );
}

/// The codes of text and grammar that no small file can provoke.
const TOO_LARGE_FOR_A_SAMPLE: &[&str] = &["E0005", "E0008"];

#[test]
fn every_code_of_this_crate_is_known_and_has_a_sample() {
    let stated: Vec<String> = samples("reject")
        .iter()
        .flat_map(|(_, source)| stated_codes(source))
        .collect();
    for row in CODES.iter().filter(|row| row.code < "E0200") {
        let exempt = TOO_LARGE_FOR_A_SAMPLE.contains(&row.code);
        assert!(
            exempt || stated.iter().any(|code| code == row.code),
            "no sample of {}",
            row.code
        );
    }
    assert!(CODES.is_sorted_by_key(|row| row.code));
}
