//! The dependencies that must not exist, read off the manifests.

mod support;

/// The dependencies of a crate, as its manifest lists them; development dependencies are exempt.
fn dependencies(name: &str) -> Vec<String> {
    let path = support::root().join("crates").join(name).join("Cargo.toml");
    let manifest = std::fs::read_to_string(&path).expect("a manifest");
    let section = manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap_or("")
        .split("\n[")
        .next()
        .unwrap_or("");
    section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn crates() -> Vec<String> {
    let folders = std::fs::read_dir(support::root().join("crates")).expect("crates");
    folders
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

fn check_only(dependency: &str, allowed: &[&str]) {
    for name in crates() {
        let uses = dependencies(&name).iter().any(|known| known == dependency);
        assert!(
            !uses || allowed.contains(&name.as_str()),
            "`{name}` depends on `{dependency}`"
        );
    }
}

#[test]
fn outside_libraries_stay_in_their_crates() {
    check_only("nom", &["syntax"]);
    check_only("egg", &["rewrite"]);
    check_only("pretty", &["print"]);
    check_only("clap", &["cli"]);
}

#[test]
fn the_oracle_and_the_printers_know_neither_calculus_nor_rewriting() {
    check_only("derive-calculus", &["engine"]);
    check_only("derive-rewrite", &["engine"]);
    check_only("derive-syntax", &["elaborate", "judge", "engine"]);
}
