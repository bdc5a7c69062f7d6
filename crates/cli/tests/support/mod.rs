//! What the tests over all goldens share.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod schema;

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

/// A golden whose comment says `# jacobian: NAME` shows that Jacobian; its claims are about the loss all the same.
pub fn jacobian_of(source: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(source);
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("# jacobian:"))?;
    Some(name.trim().to_owned())
}
