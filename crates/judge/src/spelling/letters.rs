//! Letters for indices: i, j, k, … but none that the spec gives another meaning, and none twice in one scope.

use derive_graph::Network;
use derive_index::Index;
use std::collections::HashSet;

/// The letters in the order in which they are given.
const LETTERS: &str = "ijklpqrstuvwxyzabcdefghmno";

/// The letters in scope.
pub(super) struct Letters {
    /// Names of the spec.
    taken: HashSet<String>,
    /// Indices from the outermost scope to the innermost, with their letters.
    scope: Vec<(Index, String)>,
}

impl Letters {
    /// No index in scope yet.
    pub(super) fn new(network: &Network) -> Letters {
        let symbols = network.symbols.iter().map(|symbol| symbol.name.to_string());
        let dims = network.dims.iter().map(|(name, _)| name.to_string());
        let functions = network.functions.iter();
        let functions = functions.map(|function| function.name.to_string());
        Letters {
            taken: symbols.chain(dims).chain(functions).collect(),
            scope: Vec::new(),
        }
    }

    /// A letter for an index that comes into scope.
    pub(super) fn enter(&mut self, index: &Index) -> String {
        let used = |letter: &String| self.scope.iter().any(|(_, known)| known == letter);
        let single = LETTERS.chars().map(String::from);
        let numbered = (1..).map(|number| format!("i{number}"));
        let free = single.chain(numbered);
        let letter = free
            .into_iter()
            .find(|letter| !self.taken.contains(letter) && !used(letter))
            .unwrap_or_default();
        self.scope.push((index.clone(), letter.clone()));
        letter
    }

    /// The innermost `count` indices go out of scope.
    pub(super) fn leave(&mut self, count: usize) {
        let kept = self.scope.len().saturating_sub(count);
        self.scope.truncate(kept);
    }

    /// The letter of an index in scope.
    pub(super) fn letter(&self, index: &Index) -> Option<&str> {
        let mut inner = self.scope.iter().rev();
        let (_, letter) = inner.find(|(known, _)| known == index)?;
        Some(letter)
    }
}
