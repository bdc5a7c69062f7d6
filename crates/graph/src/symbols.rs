//! The symbols of a network, in order of definition, found by name without looking through all of them.
//!
//! Reads like a `Vec<Symbol>`. The register of names is made when a name is first asked for, and dropped when the symbols are
//! written to; of two symbols of one name the first is found.

use crate::{Name, Symbol};
use rustc_hash::FxHashMap;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

/// Symbols in order of definition.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    all: Vec<Symbol>,
    register: OnceLock<Register>,
}

/// What is known of the names of all symbols.
#[derive(Clone, Debug)]
struct Register {
    places: FxHashMap<Name, usize>,
    derivatives: bool,
}

impl Symbols {
    /// The symbol of this name.
    pub fn named(&self, name: &Name) -> Option<&Symbol> {
        let place = self.register().places.get(name)?;
        self.all.get(*place)
    }

    /// Whether one of them stands for a derivative ([`Name::as_derivative`]).
    pub fn have_derivatives(&self) -> bool {
        self.register().derivatives
    }

    fn register(&self) -> &Register {
        self.register.get_or_init(|| {
            let backwards = self.all.iter().enumerate().rev();
            let places = backwards.map(|(at, symbol)| (symbol.name.clone(), at));
            let derivative = |symbol: &Symbol| symbol.name.as_derivative().is_some();
            Register {
                places: places.collect(),
                derivatives: self.all.iter().any(derivative),
            }
        })
    }
}

impl Deref for Symbols {
    type Target = Vec<Symbol>;

    fn deref(&self) -> &Vec<Symbol> {
        &self.all
    }
}

impl DerefMut for Symbols {
    fn deref_mut(&mut self) -> &mut Vec<Symbol> {
        self.register = OnceLock::new();
        &mut self.all
    }
}

impl From<Vec<Symbol>> for Symbols {
    fn from(all: Vec<Symbol>) -> Symbols {
        Symbols {
            all,
            register: OnceLock::new(),
        }
    }
}

impl IntoIterator for Symbols {
    type Item = Symbol;
    type IntoIter = std::vec::IntoIter<Symbol>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

impl<'a> IntoIterator for &'a Symbols {
    type Item = &'a Symbol;
    type IntoIter = std::slice::Iter<'a, Symbol>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl<'a> IntoIterator for &'a mut Symbols {
    type Item = &'a mut Symbol;
    type IntoIter = std::slice::IterMut<'a, Symbol>;

    fn into_iter(self) -> Self::IntoIter {
        self.deref_mut().iter_mut()
    }
}
