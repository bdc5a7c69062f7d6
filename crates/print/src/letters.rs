//! Letters for indices.
//!
//! Ids are unique within a statement, letters need only be unique within what they can be seen from. A letter once given
//! to an id stays with it through the statement unless it would clash.

use derive_graph::{Name, Network};
use derive_index::{Head, Index, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Letters in the order in which each kind of index prefers them; all have a Unicode subscript.
struct Preference {
    kind: Kind,
    letters: &'static str,
}

/// What an index is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The entry that a statement is about.
    Free,
    /// The user's entry in a chain link.
    Link,
    /// The same one link further.
    Outer,
    /// Two links further.
    Far,
    /// Any other summed index.
    Bound,
}

#[rustfmt::skip]
static PREFERENCES: &[Preference] = &[
    Preference { kind: Kind::Free,  letters: "ijst" },
    Preference { kind: Kind::Link,  letters: "pruv" },
    Preference { kind: Kind::Outer, letters: "mnuv" },
    Preference { kind: Kind::Far,   letters: "uvxo" },
    Preference { kind: Kind::Bound, letters: "kluv" },
];

/// Where to look when a kind's own letters are taken.
const OTHERS: &str = "klmnprstuvijaehox";

/// The letters of one statement.
#[derive(Clone, Debug)]
pub struct Letters {
    reserved: Rc<BTreeSet<String>>,
    given: BTreeMap<u32, Letter>,
}

/// A letter, cheap to copy.
pub type Letter = Rc<str>;

/// The letter that counts layers, in the name of a member like `W{l-1}` of a network of symbolic depth.
fn letter_of_layer(name: &str) -> Option<&str> {
    let (_, inside) = name.split_once('{')?;
    let letter = inside.split(['-', '+', '}']).next()?;
    letter.chars().all(char::is_alphabetic).then_some(letter)
}

impl Letters {
    /// No letters yet; those that name something in the network are never given.
    pub fn new(network: &Network) -> Letters {
        let names = network.symbols.iter().map(|symbol| &symbol.name);
        let dims = network.dims.iter().map(|(name, _)| name);
        let functions = network.functions.iter().map(|function| &function.name);
        let loss = std::iter::once(&network.loss.name);
        let all = names.chain(dims).chain(functions).chain(loss);
        // No other name can be given, and a deep network has thousands.
        let could = |name: &&str| name.chars().count() == 1 || name.starts_with('k');
        let layer = network
            .symbols
            .iter()
            .filter_map(|it| letter_of_layer(it.name.as_str()));
        let mut reserved: BTreeSet<String> = layer.map(str::to_owned).collect();
        reserved.extend(all.map(Name::as_str).filter(could).map(str::to_owned));
        Letters {
            reserved: Rc::new(reserved),
            given: BTreeMap::new(),
        }
    }

    /// The letter of an index; 1 for the only index of an axis of size 1.
    pub fn letter(&self, index: &Index) -> &str {
        match index.id() {
            None => "1",
            Some(id) => self.given.get(&id).map_or("?", |letter| letter),
        }
    }

    /// Gives letters to these indices, apart from one another and from `seen`.
    pub fn give(&mut self, kind: Kind, indices: &[Index], seen: &mut Vec<Letter>) {
        for id in indices.iter().filter_map(Index::id) {
            let letter = match self.given.get(&id) {
                Some(letter) if !seen.contains(letter) => letter.clone(),
                // A new letter must not clash where the id was met before, so it is new to the whole statement.
                Some(_) => {
                    let everywhere: Vec<Letter> = self.given.values().cloned().collect();
                    self.choose(kind, &[everywhere, seen.clone()].concat())
                }
                None => self.choose(kind, seen),
            };
            seen.push(letter.clone());
            self.given.insert(id, letter);
        }
    }

    /// Gives letters to every index of a term.
    pub fn give_term(&mut self, term: &Term) {
        let mut seen: Vec<Letter> = Vec::new();
        self.give(Kind::Free, term.free(), &mut seen);
        self.give_bound(term, &mut seen);
    }

    /// Gives letters to those indices of a term that have none, apart from every letter of the statement.
    pub fn give_aside(&mut self, term: &Term) {
        let variables = term.as_index().map_or_else(Vec::new, Index::variables);
        for id in variables.iter().filter_map(Index::id) {
            if !self.given.contains_key(&id) {
                let everywhere: Vec<Letter> = self.given.values().cloned().collect();
                self.given.insert(id, self.choose(Kind::Bound, &everywhere));
            }
        }
        term.children()
            .iter()
            .for_each(|child| self.give_aside(child));
    }

    fn give_bound(&mut self, term: &Term, seen: &mut Vec<Letter>) {
        if !term.has_bound() {
            return;
        }
        let depth = seen.len();
        if term.head().binds() {
            let (bound, _) = term.split();
            let kind = match term.head() {
                Head::Comprehension => Kind::Free,
                // A sum that stands alone is read most easily over i and j.
                _ if seen.is_empty() && self.given.is_empty() => Kind::Free,
                _ => Kind::Bound,
            };
            self.give(kind, &bound, seen);
        }
        for child in term.children() {
            self.give_bound(child, seen);
        }
        seen.truncate(depth);
    }

    /// The first letter that nothing else has; numbered letters once the alphabet is used up.
    fn choose(&self, kind: Kind, seen: &[Letter]) -> Letter {
        let own = PREFERENCES.iter().find(|row| row.kind == kind);
        let own = own.map_or("", |row| row.letters);
        let numbered = (1u32..).map(|number| format!("k{}", subscript_number(number)));
        let free = |letter: &str| {
            !seen.iter().any(|known| **known == *letter) && !self.reserved.contains(letter)
        };
        let mut letters = own.chars().chain(OTHERS.chars());
        match letters.find(|letter| free(letter.encode_utf8(&mut [0; 4]))) {
            Some(letter) => Letter::from(&*letter.encode_utf8(&mut [0; 4])),
            None => {
                let mut numbered = numbered.filter(|letter| free(letter));
                Letter::from(numbered.next().unwrap_or_default())
            }
        }
    }
}

fn subscript_number(number: u32) -> String {
    crate::glyphs::subscript(&number.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::Dim;
    use derive_index::Fresh;

    #[test]
    fn letters_avoid_names_and_never_run_out() {
        let network = Network {
            dims: vec![(Name::new("k"), None)],
            ..Network::default()
        };
        let mut letters = Letters::new(&network);
        let mut fresh = Fresh::default();
        let dims = vec![Dim::Named(Name::new("n")); 30];
        let indices = fresh.indices(&dims);
        let mut seen = Vec::new();
        letters.give(Kind::Bound, &indices, &mut seen);
        assert_eq!(*seen[0], *"l");
        assert_eq!(seen.len(), 30);
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 30);
        assert!(seen.contains(&Letter::from("k₁")));
    }
}
