//! Terms as a line of text, so that a table of them can be read: `Σk A_ik B_jk + 2 C_ij`.
//!
//! Words are separated by spaces. A factor is a number, an entry `A_ij`, a scalar `s`, a delta `δ_ij`, a root of unity `ω_kj` (`ω_-kj` with a minus in
//! its exponent), a part `( … )` or `Re( … )`, or one of these with an exponent, `s^-1`. The letter of an index tells its dimension.

use derive_graph::{Dim, Name, Shape};
use derive_index::{Fresh, Head, Index, Rational, Term, build};

/// Letters of indices, by dimension; those over n stand in square matrices, and `o` is the only place of an axis of size 1.
const LETTERS: [&str; 5] = ["ipx", "jqy", "krz", "ls", "nmuvwt"];
const DIMS: [&str; 5] = ["a", "b", "c", "d", "n"];

/// Indices by their letters.
pub struct Notation {
    known: Vec<(char, Index)>,
}

impl Notation {
    /// All letters, each with an index of its own.
    pub fn new() -> Notation {
        let mut fresh = Fresh::default();
        let mut known = vec![('o', Index::Unit)];
        for (letters, dim) in LETTERS.into_iter().zip(DIMS) {
            let dim = Dim::Named(Name::new(dim));
            known.extend(letters.chars().map(|letter| (letter, fresh.index(&dim))));
        }
        Notation { known }
    }

    pub fn index(&self, letter: char) -> Index {
        let found = self.known.iter().find(|(known, _)| *known == letter);
        found
            .unwrap_or_else(|| panic!("no index {letter}"))
            .1
            .clone()
    }

    pub fn indices(&self, letters: &str) -> Vec<Index> {
        letters.chars().map(|letter| self.index(letter)).collect()
    }

    /// The term in normal form.
    pub fn term(&self, text: &str) -> Term {
        let mut words: Vec<&str> = text.split_whitespace().rev().collect();
        let term = self.sum(&mut words);
        assert!(words.is_empty(), "{words:?} is left of {text}");
        term
    }

    /// The array of which this is the entry.
    pub fn array(&self, letters: &str, text: &str) -> Term {
        build::comprehension(&self.indices(letters), self.term(text))
    }

    fn sum(&self, words: &mut Vec<&str>) -> Term {
        let mut terms = vec![self.product(words)];
        while words.last() == Some(&"+") {
            words.pop();
            terms.push(self.product(words));
        }
        build::sum(terms)
    }

    fn product(&self, words: &mut Vec<&str>) -> Term {
        let bound = match words.last().and_then(|word| word.strip_prefix('Σ')) {
            Some(letters) => {
                words.pop();
                self.indices(letters)
            }
            None => Vec::new(),
        };
        let mut factors = Vec::new();
        while words
            .last()
            .is_some_and(|word| *word != "+" && !word.starts_with(')'))
        {
            factors.push(self.factor(words));
        }
        build::product(bound, factors)
    }

    fn factor(&self, words: &mut Vec<&str>) -> Term {
        let word = words.pop().expect("a factor");
        if let Some(front) = word.strip_suffix('(') {
            let inner = self.sum(words);
            let end = words.pop().expect("a bracket that closes");
            let inner = match front {
                "Re" => Term::raw(Head::RealPart, vec![inner]),
                _ => inner,
            };
            return powered(inner, end.strip_prefix(")^"));
        }
        let (front, exponent) = match word.split_once('^') {
            Some((front, exponent)) => (front, Some(exponent)),
            None => (word, None),
        };
        powered(self.atom(front), exponent)
    }

    fn atom(&self, word: &str) -> Term {
        if let Ok(number) = word.parse::<i64>() {
            return build::integer(number);
        }
        let (name, letters) = word.split_once('_').unwrap_or((word, ""));
        if name == "ω" {
            let places = self.indices(letters.trim_start_matches('-'));
            let turned = places[0].to_affine().scaled(-1).wrapping(true).to_index();
            let first = if letters.starts_with('-') {
                &turned
            } else {
                &places[0]
            };
            return build::root(first, &places[1]);
        }
        let places = self.indices(letters);
        if name == "δ" {
            return build::delta(&places[0], &places[1]);
        }
        let shape = Shape(places.iter().map(Index::dim).collect());
        build::entry(build::tensor(&Name::new(name), &shape), places)
    }
}

fn powered(base: Term, exponent: Option<&str>) -> Term {
    match exponent {
        Some(text) => build::power(
            base,
            Rational::from_integer(text.parse().expect("a number")),
        ),
        None => base,
    }
}

/// A closed form on one line: `A B'` is a product with a transpose, `u ⊗ v` an outer one, `A * B` goes entry by entry.
pub fn shown(term: &Term) -> String {
    let children: Vec<String> = term.children().iter().map(bracketed).collect();
    match term.head() {
        Head::Number(value) => value.to_string(),
        Head::Dimension(name) | Head::Tensor(name, _) => name.to_string(),
        Head::Ones(_) => "1".to_owned(),
        Head::Identity(_) => "I".to_owned(),
        Head::Index(index) => index.id().map_or("o".to_owned(), |id| format!("#{id}")),
        Head::MatMul => children.join(" "),
        Head::Transpose => format!("{}'", children[0]),
        Head::Outer => children.join(" ⊗ "),
        Head::Product => children.join(" * "),
        Head::Sum => children.join(" + "),
        Head::Power(exponent) => format!("{}^{exponent}", children[0]),
        Head::Trace => format!("tr {}", children[0]),
        Head::Diagonal | Head::DiagonalMatrix => format!("diag {}", children[0]),
        Head::Entry => format!("{}[{}]", children[0], children[1..].join(",")),
        Head::Axes(axes) => format!("{}{axes:?}", children[0]),
        head => format!("{head:?}({})", children.join(", ")),
    }
}

/// In brackets, unless it is one word.
fn bracketed(term: &Term) -> String {
    let text = shown(term);
    match text.contains(' ') {
        true => format!("({text})"),
        false => text,
    }
}
