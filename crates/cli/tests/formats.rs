//! Every golden in every format that has no golden file of its own: well-formed, and within the format's promises.

mod support;

use derive_engine::derivation::Derivation;
use derive_engine::{Config, Format, PrintOptions, Steps, render, run};
use serde_json::Value;
use std::path::Path;
use support::schema::violations;

/// A promise of a format: the name of the format, how it is printed, and what its output must satisfy.
type Promise = (Format, Steps, fn(&Path, &str));

const PROMISES: &[Promise] = &[
    (Format::Json, Steps::Key, follows_the_schema),
    (Format::Json, Steps::Full, follows_the_schema),
    (Format::Json, Steps::None, follows_the_schema),
    (Format::Markdown, Steps::Key, survives_markdown),
    (Format::Markdown, Steps::Full, survives_markdown),
    (Format::Ascii, Steps::Key, is_narrow_ascii),
    (Format::Ascii, Steps::Full, is_narrow_ascii),
];

#[test]
fn every_golden_keeps_the_promises_of_every_format() {
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let config = Config::default();
        let outcome = run(&source, &config).expect("goldens derive");
        for (format, steps, promise) in PROMISES {
            promise(&spec, &printed(&outcome.derivation, *format, *steps));
        }
    }
}

fn printed(derivation: &Derivation, format: Format, steps: Steps) -> String {
    let options = PrintOptions {
        format,
        steps,
        ..PrintOptions::default()
    };
    render(derivation, &options).expect("what was verified prints")
}

fn follows_the_schema(spec: &Path, text: &str) {
    let path = support::root().join("docs/derive.schema.json");
    let schema = std::fs::read_to_string(path).expect("the schema is published");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let value: Value = serde_json::from_str(text).expect("the output is JSON");
    let found = violations(&schema, &value);
    assert!(found.is_empty(), "{}: {found:#?}", spec.display());
    assert!(!text.contains("\"unknown\""), "{}", spec.display());
}

fn is_narrow_ascii(spec: &Path, text: &str) {
    assert!(text.is_ascii(), "{}", spec.display());
    let wide = text.lines().find(|line| line.len() > 80);
    assert_eq!(wide, None, "{}", spec.display());
    assert!(!text.contains("U+"), "{}: {text}", spec.display());
}

/// Markdown changes nothing between the dollars, and reads no line of a formula as a list, a heading or a quotation.
fn survives_markdown(spec: &Path, text: &str) {
    let pieces: Vec<&str> = text.split("$$").collect();
    assert!(pieces.len() % 2 == 1, "{}: `$$` are pairs", spec.display());
    let displays = pieces.iter().skip(1).step_by(2);
    let outside: String = pieces.iter().step_by(2).copied().collect();
    let plain = outside.replace("\\$", "");
    assert!(
        plain.matches('$').count() % 2 == 0,
        "{}: `$` are pairs",
        spec.display()
    );
    let inside = plain.split('$').skip(1).step_by(2);
    for formula in displays.copied().chain(inside) {
        assert!(formula.is_ascii(), "{}: {formula}", spec.display());
        let mut signs = formula.chars().peekable();
        while let Some(sign) = signs.next() {
            let next = signs.peek().copied().unwrap_or(' ');
            let eaten = sign == '\\' && next.is_ascii_punctuation();
            let emphasis = sign == '_' && next != ' ' || "*`<>#".contains(sign);
            assert!(
                !eaten && !emphasis,
                "{}: `{sign}{next}` in {formula}",
                spec.display()
            );
        }
        let block =
            |line: &str| line.starts_with(['-', '+', '=', '#', '>']) || line.starts_with("    ");
        assert!(!formula.lines().any(block), "{}: {formula}", spec.display());
        assert!(!formula.contains(r"\operatorname"), "{}", spec.display());
    }
    assert!(!text.contains("as text, since"), "{}", spec.display());
}
