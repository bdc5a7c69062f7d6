//! Derivatives in the language of the spec: what every golden's are, read back and judged as claims.
//!
//! `cargo test -p derive-engine --test spelling -- --nocapture` lists what has no spelling.

#![allow(
    clippy::print_stdout,
    reason = "what has no spelling is for the reader of the test's output"
)]

use derive_engine::derivation::How;
use derive_engine::{Config, run};
use derive_index::{Affine, Head, Index, Term};
use std::path::{Path, PathBuf};

fn goldens() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).expect("goldens") {
        let files = std::fs::read_dir(folder.expect("a folder").path());
        let paths = files
            .into_iter()
            .flatten()
            .map(|file| file.expect("a file").path());
        found.extend(paths.filter(|path| path.extension().is_some_and(|it| it == "spec")));
    }
    found.sort();
    found
}

fn spelling() -> Config {
    Config {
        spell: true,
        ..Config::default()
    }
}

/// Whether places on a circle are left, for which the language has no words.
fn goes_around(term: &Term) -> bool {
    let cyclic = |index: &Index| index.as_affine().is_some_and(Affine::cyclic);
    term.any(&|part| *part.head() == Head::Root || part.as_index().is_some_and(cyclic))
}

#[test]
fn what_is_spelt_is_read_back_as_true() {
    let (mut spelt, mut all) = (0, 0);
    for path in goldens() {
        let source = std::fs::read_to_string(&path).expect("readable");
        let derivation = run(source.as_bytes(), &spelling()).expect("it derives");
        if derivation.symbolic {
            continue;
        }
        let derivation = derivation.derivation;
        let mut claims = String::new();
        for statement in &derivation.statements {
            if goes_around(&statement.result) {
                assert!(derivation.spelling(&statement.variable).is_none());
                continue;
            }
            // The spec has no name for an operand, or an exponent, that was given one.
            let name = format!("`{}`", statement.variable);
            let mut notes = derivation.network.notes.iter();
            if notes
                .any(|note| note.contains(&name) && note.contains("so that later lines can refer"))
            {
                assert!(derivation.spelling(&statement.variable).is_none());
                continue;
            }
            all += 1;
            match derivation.spelling(&statement.variable) {
                Some(own) => claims += &format!("claim {} = {}\n", own.left, own.right),
                None => println!("{}: grad({})", path.display(), statement.variable),
            }
        }
        print!("{claims}");
        let count = claims.lines().count();
        spelt += count;
        let again = run(format!("{source}\n{claims}").as_bytes(), &Config::default());
        let outcomes = again
            .expect("spellings are of the language")
            .derivation
            .claims;
        for outcome in &outcomes[outcomes.len() - count..] {
            assert!(outcome.holds, "{}: {}", path.display(), outcome.text);
            if outcome.how == How::Numeric {
                println!("{}: numeric only: {}", path.display(), outcome.text);
            }
        }
    }
    println!("{spelt} of {all} derivatives are spelt");
    assert!(spelt * 100 >= all * 99, "{spelt} of {all}");
}
