//! Every golden spec against its reviewed outputs.
//!
//! `DERIVE_BLESS=1 cargo test -p derive-cli --test goldens` rewrites the outputs. It refuses what the check refuses, and a
//! claim that does not hold, unless the golden says `# expect: refused` because its claims are the mistakes it shows.

mod support;

use derive_engine::{Config, Format, PrintOptions, render_second, run};
use std::path::Path;

/// A format with reviewed outputs.
struct Row {
    format: Format,
    ending: &'static str,
    /// Whether a few specs stand for all: the format says what the others say.
    samples: bool,
}

#[rustfmt::skip]
const FORMATS: &[Row] = &[
    Row { format: Format::Text, ending: "txt", samples: false },
    Row { format: Format::Latex, ending: "tex", samples: false },
    Row { format: Format::Markdown, ending: "md", samples: true },
    Row { format: Format::Html, ending: "html", samples: true },
    Row { format: Format::Json, ending: "json", samples: true },
];

/// The specs that have outputs in every format.
const SAMPLES: &[&str] = &[
    "networks/two_layer.spec",
    "networks/linear_regression.spec",
    "convolution/one_dimension.spec",
];

#[test]
fn goldens_print_what_was_reviewed() {
    let bless = std::env::var_os("DERIVE_BLESS").is_some();
    let mut stale = Vec::new();
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let outcome = run(&source, &Config::default())
            .unwrap_or_else(|failure| panic!("{}: {failure:?}", spec.display()));
        let derivation = &outcome.derivation;
        let verdict = derivation.verdict.as_ref().expect("the check is on");
        assert!(
            verdict.failures.is_empty(),
            "{}: {:#?}",
            spec.display(),
            verdict.failures
        );
        assert!(
            derivation
                .statements
                .iter()
                .all(|statement| statement.saturated),
            "{} is unfinished",
            spec.display()
        );
        let mistaken = String::from_utf8_lossy(&source).contains("# expect: refused");
        assert!(
            mistaken || !derivation.claims.is_empty(),
            "{} claims nothing",
            spec.display()
        );
        for claim in &derivation.claims {
            assert_ne!(
                claim.holds,
                mistaken,
                "{}: `{}`: {}",
                spec.display(),
                claim.text,
                claim.reason
            );
        }
        let asked = support::Asked::by(&source);
        let outcome = run(&source, &asked.config)
            .unwrap_or_else(|failure| panic!("{}: {failure:?}", spec.display()));
        for derivation in std::iter::once(&outcome.derivation).chain(&outcome.second) {
            let verdict = derivation.verdict.as_ref().expect("the check is on");
            assert!(
                verdict.failures.is_empty(),
                "{}: {:#?}",
                spec.display(),
                verdict.failures
            );
        }
        let sample = SAMPLES.iter().any(|sample| spec.ends_with(sample));
        let formats = FORMATS.iter().filter(|row| sample || !row.samples);
        for &Row { format, ending, .. } in formats {
            let options = PrintOptions {
                format,
                expand: asked.expand,
                ..PrintOptions::default()
            };
            let text = render_second(&outcome.derivation, &outcome.second, &options)
                .expect("what was verified prints");
            compare(&spec.with_extension(ending), &text, bless, &mut stale);
        }
    }
    assert!(
        stale.is_empty(),
        "these goldens are stale; look at the change, then bless: {stale:#?}"
    );
}

fn compare(path: &Path, text: &str, bless: bool, stale: &mut Vec<String>) {
    let text = if text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    };
    if bless {
        std::fs::write(path, text).expect("writable");
    } else if std::fs::read_to_string(path).ok().as_deref() != Some(&text) {
        stale.push(path.display().to_string());
    }
}

#[test]
fn text_stays_within_eighty_columns() {
    for spec in support::goldens() {
        let text = std::fs::read_to_string(spec.with_extension("txt")).expect("blessed");
        let wide = text
            .lines()
            .find(|line| line.chars().filter(|c| !is_combining(*c)).count() > 80);
        assert_eq!(wide, None, "{}", spec.display());
    }
}

fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[test]
fn equations_mean_the_same() {
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let text = derive_engine::equations(&source).expect("elaborates");
        let again = derive_engine::equations(text.as_bytes())
            .unwrap_or_else(|failure| panic!("{}: {failure:?}\n{text}", spec.display()));
        assert_eq!(text, again, "{}", spec.display());
        let first = run(&source, &Config::default())
            .expect("derives")
            .derivation;
        let second = run(text.as_bytes(), &Config::default())
            .expect("derives")
            .derivation;
        let results = |derivation: &derive_engine::derivation::Derivation| {
            derivation
                .statements
                .iter()
                .map(|statement| (statement.variable.clone(), statement.result.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(results(&first), results(&second), "{}", spec.display());
    }
}
