//! Which equations carry a number: the definitions and results that a later line refers to, and no others.
//!
//! The chain rule of a variable differentiates the definitions of what uses it, puts in results that are short, and a result in full
//! puts in error signals. A number is given to what is so used and shown, in the order of the page, from 1 on.

use crate::document::{Inline, words};
use derive_graph::Name;
use derive_index::derivation::{ChainLink, Cotangent, Derivation, Statement, StatementKind};
use derive_index::{Head, Term};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers of a page, by the array that an equation says something of.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    known: BTreeMap<Name, usize>,
    /// The numbers of definitions that stand for every layer, by the name of the family.
    families: BTreeMap<String, usize>,
    last: usize,
}

impl Numbers {
    /// The numbers on the page of a derivation.
    pub fn of(derivation: &Derivation) -> Numbers {
        let mut numbers = Numbers::default();
        let cited = cited(derivation);
        numbers.give(&cited, definitions(derivation));
        numbers.give(&cited, results(derivation));
        numbers
    }

    /// The numbers of the first derivatives' page where each of `second` is derived below it: the definitions and first derivatives
    /// that these use; and for each of them its own, which go on counting.
    pub fn of_second(first: &Derivation, second: &[Derivation]) -> (Numbers, Vec<Numbers>) {
        let mut shared = Numbers::default();
        let all: BTreeSet<Name> = second.iter().flat_map(cited).collect();
        shared.give(&all, definitions(first));
        let loss = &first.loss.name;
        let derivatives = first.statements.iter();
        shared.give(&all, derivatives.map(|it| it.variable.derivative_of(loss)));
        let mut last = shared.known.len();
        let own = second.iter().map(|block| {
            let mut numbers = shared.clone();
            let cited = cited(block);
            numbers.give_from(last, &cited, std::iter::once(block.loss.name.clone()));
            numbers.give_from(last, &cited, results(block));
            last += numbers.known.len() - shared.known.len();
            numbers
        });
        let own = own.collect();
        (shared, own)
    }

    fn give(&mut self, cited: &BTreeSet<Name>, shown: impl Iterator<Item = Name>) {
        self.give_from(0, cited, shown);
    }

    /// Numbers for what is cited, in the order in which it is shown; `before` numbers are taken elsewhere.
    fn give_from(
        &mut self,
        before: usize,
        cited: &BTreeSet<Name>,
        shown: impl Iterator<Item = Name>,
    ) {
        let cited_families: BTreeSet<&str> = cited.iter().filter_map(family).collect();
        for name in shown {
            let speaks_for = spoken_family(&name).filter(|family| cited_families.contains(family));
            let is_cited = cited.contains(&name) || speaks_for.is_some();
            if is_cited && !self.known.contains_key(&name) {
                self.last = before.max(self.last) + 1;
                if let Some(family) = spoken_family(&name) {
                    let number = self.families.entry(family.to_owned());
                    number.or_insert(self.last);
                }
                self.known.insert(name, self.last);
            }
        }
    }

    /// The number of the equation that defines an array, or says what a derivative is.
    pub fn number(&self, name: &Name) -> Option<usize> {
        let exact = self.known.get(name);
        let number = exact.or_else(|| self.families.get(family(name)?));
        number.copied()
    }

    /// The number that stands beside the equation of an array; none where that of another layer speaks for it.
    pub fn shown(&self, name: &Name) -> Option<usize> {
        self.known.get(name).copied()
    }

    /// `(1), (3) and (5) to (8)`; nothing where none of the arrays has a number.
    pub fn cite<'a>(&self, names: impl IntoIterator<Item = &'a Name>) -> Option<Vec<Inline>> {
        let numbers = names.into_iter().filter_map(|name| self.number(name));
        let numbers: BTreeSet<usize> = numbers.collect();
        (!numbers.is_empty()).then(|| listed(&numbers))
    }
}

/// The `Z` of `Z{2}`.
fn family(name: &Name) -> Option<&str> {
    let (family, _) = name.as_str().split_once('{')?;
    Some(family)
}

/// The `Z` of `Z{l} = …`, the definition of one layer that stands for those of all. Derivatives are told layer by layer.
fn spoken_family(shown: &Name) -> Option<&str> {
    let (family, label) = shown.as_str().split_once('{')?;
    let symbolic = label.starts_with(|sign: char| sign.is_alphabetic());
    (symbolic && shown.of_cotangent().is_none()).then_some(family)
}

/// Numbers in words, three or more in a row as a range.
fn listed(numbers: &BTreeSet<usize>) -> Vec<Inline> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let mut parts: Vec<Vec<Inline>> = Vec::new();
    for (first, last) in runs {
        if last > first + 1 {
            let (first, last) = (Inline::Cite(first), Inline::Cite(last));
            parts.push(vec![first, words(" to "), last]);
        } else {
            parts.extend((first..=last).map(|number| vec![Inline::Cite(number)]));
        }
    }
    joined(parts)
}

/// `a, b and c`
pub fn enumerated(parts: Vec<Inline>) -> Vec<Inline> {
    joined(parts.into_iter().map(|part| vec![part]).collect())
}

/// The same of parts of several words.
pub fn joined(parts: Vec<Vec<Inline>>) -> Vec<Inline> {
    let count = parts.len();
    let mut said = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        match at {
            0 => {}
            _ if at + 1 == count => said.push(words(" and ")),
            _ => said.push(words(", ")),
        }
        said.extend(part);
    }
    said
}

/// What the page defines, in its order.
fn definitions(derivation: &Derivation) -> impl Iterator<Item = Name> {
    let loss = Some(&derivation.loss).filter(|loss| loss.shape.is_scalar());
    let all = derivation.forward.iter().chain(loss);
    all.map(|forward| forward.name.clone())
}

/// The derivatives that the page derives, in its order.
fn results(derivation: &Derivation) -> impl Iterator<Item = Name> {
    let kinds = [StatementKind::Cotangent, StatementKind::Gradient];
    kinds.into_iter().flat_map(|kind| {
        let all = derivation.statements.iter();
        let chosen = all.filter(move |statement| statement.kind == kind);
        chosen.map(|statement| statement.variable.cotangent())
    })
}

/// Every array whose equation some line of the page refers to.
fn cited(derivation: &Derivation) -> BTreeSet<Name> {
    let mut cited = BTreeSet::new();
    for statement in &derivation.statements {
        let links = Links::of(statement, &derivation.loss.name);
        cited.extend(links.differentiated);
        cited.extend(links.put_in);
        cited.extend(expanded(derivation, statement));
    }
    cited
}

/// What the chain rule of a statement uses.
#[derive(Default)]
pub struct Links {
    /// The arrays whose definitions it differentiates.
    pub differentiated: Vec<Name>,
    /// The derivatives whose results it puts in.
    pub put_in: Vec<Name>,
}

impl Links {
    /// What the chain rule of a statement uses; `loss` is what is differentiated in the end.
    pub fn of(statement: &Statement, loss: &Name) -> Links {
        let mut links = Links::default();
        links.walk(&statement.chain, loss);
        links
    }

    fn walk(&mut self, chain: &[ChainLink], loss: &Name) {
        for link in chain {
            match &link.cotangent {
                Cotangent::Loss => self.differentiated.push(loss.clone()),
                _ => self.differentiated.push(link.user.clone()),
            }
            match &link.cotangent {
                Cotangent::Substituted(_) => self.put_in.push(link.user.cotangent()),
                Cotangent::Chained(inner) => self.walk(inner, loss),
                Cotangent::Loss | Cotangent::Named => {}
            }
        }
    }
}

/// The error signals that the result in full has other formulas in the place of.
pub fn expanded(derivation: &Derivation, statement: &Statement) -> Vec<Name> {
    let Some(full) = &statement.in_full else {
        return Vec::new();
    };
    let kept = signals(full);
    let mut found: Vec<Name> = Vec::new();
    let mut open = signals(&statement.result);
    while let Some(name) = open.pop() {
        if kept.contains(&name) || found.contains(&name) {
            continue;
        }
        let mut all = derivation.statements.iter();
        if let Some(from) = all.find(|other| other.variable.cotangent() == name) {
            open.extend(signals(&from.result));
            found.push(name);
        }
    }
    found
}

/// The error signals in a term.
fn signals(term: &Term) -> Vec<Name> {
    let mut found = Vec::new();
    names(term, &mut |name| {
        if name.of_cotangent().is_some() {
            found.push(name.clone());
        }
    });
    found
}

/// Calls `take` with every array in a term.
pub fn names(term: &Term, take: &mut dyn FnMut(&Name)) {
    if let Head::Tensor(name, _) = term.head() {
        take(name);
    }
    term.children().iter().for_each(|child| names(child, take));
}
