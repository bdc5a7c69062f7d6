//! What the tests over all goldens share.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod schema;

use derive_engine::{Config, Second};
use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

/// Every spec under `golden/`, sorted.
pub fn goldens() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root().join("golden"), &mut found);
    found.sort();
    assert!(!found.is_empty(), "there are no goldens");
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            collect(&entry, found);
        } else if entry.extension().is_some_and(|ending| ending == "spec") {
            found.push(entry);
        }
    }
}

/// What a golden shows: its comment may say `# options: --jacobian Y --expand`. Its claims are about the loss all the same.
#[derive(Default)]
pub struct Asked {
    /// The options of the run.
    pub config: Config,
    /// Whether arrays are written out.
    pub expand: bool,
}

impl Asked {
    /// What the golden asks for, with what JSON says beside.
    pub fn by(source: &[u8]) -> Asked {
        let text = String::from_utf8_lossy(source);
        let options = text
            .lines()
            .find_map(|line| line.strip_prefix("# options:"));
        let mut words = options.unwrap_or_default().split_whitespace();
        let mut asked = Asked::default();
        asked.config.spell = true;
        while let Some(word) = words.next() {
            match word {
                "--jacobian" => asked.config.jacobian = words.next().map(str::to_owned),
                "--hessian" => asked.config.second = Some(Second::Hessian),
                "--hessian-vector" => asked.config.second = Some(Second::Product),
                "--cost" => asked.config.savings = words.next() == Some("flops"),
                "--expand" => asked.expand = true,
                _ => panic!("goldens do not know the option {word}"),
            }
        }
        asked
    }
}
