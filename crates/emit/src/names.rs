//! Variables of the program: legal, readable, each with one meaning.

use derive_graph::{Name, Network};
use std::collections::{BTreeMap, BTreeSet};

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// A declared array or an intermediate.
    Value(Name),
    /// The derivative of the loss by it.
    Derivative(Name),
    /// The derivative of a gradient, or of the derivative along a direction, by it.
    Second(Name, Name),
    /// The size of a dimension.
    Dimension(Name),
    /// A function of the user's.
    Function(Name),
    /// Its derivative.
    Prime(Name),
    /// An argument under its documented name, before it is put where it belongs.
    Argument(String),
}

/// The variables given so far.
#[derive(Clone, Debug)]
pub struct Names {
    given: BTreeMap<Meaning, String>,
    taken: BTreeSet<String>,
    /// What functions may not be called either: what is defined beside the function that has the variables.
    defined: BTreeSet<String>,
}

impl Names {
    /// No variables yet; `reserved` may not be used.
    pub fn new<'a>(reserved: impl IntoIterator<Item = &'a str>) -> Names {
        Names {
            given: BTreeMap::new(),
            taken: reserved.into_iter().map(str::to_owned).collect(),
            defined: BTreeSet::new(),
        }
    }

    /// Names that no function may have, though a variable inside of one may.
    pub fn keep_from_functions(&mut self, words: impl IntoIterator<Item = &'static str>) {
        self.defined.extend(words.into_iter().map(str::to_owned));
    }

    /// Chooses the variables of what a network declares and defines: arrays, dimensions, functions and their derivatives, in this order.
    /// Arrays and dimensions with other spellings are left out.
    pub fn reserve(&mut self, network: &Network, has_variable: impl Fn(&Name) -> bool) {
        let arrays = network.symbols.iter().map(|symbol| &symbol.name);
        for name in arrays.filter(|name| has_variable(name)) {
            self.of(Meaning::Value(name.clone()));
        }
        let dimensions = network.dims.iter().map(|(name, _)| name);
        for name in dimensions.filter(|name| has_variable(name)) {
            self.of(Meaning::Dimension(name.clone()));
        }
        for function in &network.functions {
            self.of(Meaning::Function(function.name.clone()));
            self.of(Meaning::Prime(function.name.clone()));
        }
    }

    /// The variable with this meaning; the first call chooses it.
    pub fn of(&mut self, meaning: Meaning) -> String {
        if let Some(known) = self.given.get(&meaning) {
            return known.clone();
        }
        let wanted = match &meaning {
            Meaning::Value(name) | Meaning::Dimension(name) | Meaning::Function(name) => {
                match name.as_derivative() {
                    Some((_, by)) => format!("d_{}", ascii(&by)),
                    None => ascii(name),
                }
            }
            Meaning::Second(of, by) => match of.as_derivative() {
                Some((_, first)) => format!("d_{}_{}", ascii(&first), ascii(by)),
                None => format!("d_{}_{}", ascii(of), ascii(by)),
            },
            Meaning::Derivative(name) => format!("d_{}", ascii(name)),
            Meaning::Prime(name) => format!("{}_prime", ascii(name)),
            Meaning::Argument(name) => name.clone(),
        };
        let chosen = match meaning {
            Meaning::Function(_) | Meaning::Prime(_) => self.fresh_function(&wanted),
            _ => self.fresh(&wanted),
        };
        self.given.insert(meaning, chosen.clone());
        chosen
    }

    /// Settles how a meaning is spelt.
    pub fn give(&mut self, meaning: Meaning, text: String) {
        self.given.insert(meaning, text);
    }

    /// Whether a variable or a reserved word has this spelling.
    pub fn is_taken(&self, text: &str) -> bool {
        self.taken.contains(text)
    }

    /// Whether this is the variable with this meaning.
    pub fn is(&self, text: &str, meaning: &Meaning) -> bool {
        self.given.get(meaning).is_some_and(|known| known == text)
    }

    fn fresh_function(&mut self, wanted: &str) -> String {
        let mut chosen = wanted.to_owned();
        while self.defined.contains(&chosen) {
            chosen.push('_');
        }
        self.fresh(&chosen)
    }

    /// A variable like this one that nothing has yet: `lambda_` where `lambda` is taken or reserved.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let mut chosen = wanted.to_owned();
        while self.taken.contains(&chosen) {
            chosen.push('_');
        }
        self.taken.insert(chosen.clone());
        chosen
    }
}

/// The documented name of an argument: a family's member `W{2}` is `W_2`.
pub fn ascii(name: &Name) -> String {
    let letter = |c: char| match c {
        '{' => Some('_'),
        '}' => None,
        '-' => Some('m'),
        c if c.is_ascii_alphanumeric() || c == '_' => Some(c),
        _ => Some('_'),
    };
    name.as_str().chars().filter_map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_and_one_each() {
        let mut names = Names::new(["lambda"]);
        let value = |text: &str| Meaning::Value(Name::new(text));
        assert_eq!(names.of(value("lambda")), "lambda_");
        assert_eq!(names.of(value("W{2}")), "W_2");
        assert_eq!(names.of(value("W_2")), "W_2_");
        assert_eq!(names.of(value("W{2}")), "W_2");
        assert_eq!(names.of(Meaning::Derivative(Name::new("Z1"))), "d_Z1");
        assert_eq!(names.of(Meaning::Dimension(Name::new("y"))), "y");
        assert_eq!(names.of(value("y")), "y_");
        names.keep_from_functions(["update"]);
        assert_eq!(names.of(Meaning::Function(Name::new("update"))), "update_");
        assert_eq!(names.of(value("update")), "update");
    }
}
