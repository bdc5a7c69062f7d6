//! Sums of one term for every layer, as one sum over the numbers of layers.
//!
//! In: code in which they are written out. Terms belong together where each becomes the next by counting on, from the first layer or the one
//! after it to the last or the one before it; what is left stays a term of its own.

use super::Module;
use super::passes::of_layer;
use crate::code::{Arena, Id, Op, Series};
use crate::names::Meaning;
use crate::translate::Translator;
use derive_graph::{Dim, Gather, Name, Polynomial, Subscript};
use derive_index::count::Range;
use std::collections::HashMap;

/// Terms that become one another by counting on.
struct Chain {
    /// Their places among the terms of a sum.
    places: Vec<usize>,
    /// The greatest layer that the first of them mentions.
    begins: i64,
    /// The least layer that is counted on.
    from: i64,
}

impl Module<'_> {
    /// The code with every sum over layers written as one.
    pub(super) fn folded(&mut self, id: Id) -> Id {
        self.folded_below(id, &mut HashMap::new())
    }

    fn folded_below(&mut self, id: Id, known: &mut HashMap<Id, Id>) -> Id {
        if let Some(&folded) = known.get(&id) {
            return folded;
        }
        let node = self.translator.arena.node(id).clone();
        let arguments = node.arguments.iter();
        let arguments: Vec<Id> = arguments.map(|&it| self.folded_below(it, known)).collect();
        let folded = match node.op {
            Op::Sum => {
                let terms = self.folded_terms(arguments);
                self.translator.arena.sum(terms)
            }
            _ if arguments == node.arguments => id,
            op => self.translator.arena.add(op, arguments, node.dims),
        };
        known.insert(id, folded);
        folded
    }

    pub(super) fn folded_terms(&mut self, mut terms: Vec<Id>) -> Vec<Id> {
        while let Some(chain) = self.longest(&terms) {
            let series = self.series(&terms, &chain);
            let mut at = 0..;
            terms.retain(|_| !at.next().is_some_and(|at| chain.places.contains(&at)));
            terms.push(series);
        }
        terms
    }

    /// The longest chain that reaches from one end of the layers to the other.
    fn longest(&mut self, terms: &[Id]) -> Option<Chain> {
        let (first, last) = (self.layers.first, self.layers.last);
        let mut longest: Option<Chain> = None;
        for start in 0..terms.len() {
            // An array before the first layer may belong to the family, or be one and the same for all.
            for from in [i64::MIN, first] {
                let Some(chain) = self.chain(terms, start, from) else {
                    continue;
                };
                let ends = chain.begins + chain.places.len() as i64 - 1;
                let reaches = (first..=first + 1).contains(&chain.begins)
                    && (last - 1..=last).contains(&ends);
                let longer = longest
                    .as_ref()
                    .is_none_or(|it| it.places.len() < chain.places.len());
                if reaches && longer {
                    longest = Some(chain);
                }
            }
        }
        longest
    }

    /// The terms that the one at `start` becomes by counting layers on from `from`.
    fn chain(&mut self, terms: &[Id], start: usize, from: i64) -> Option<Chain> {
        let begins = self.greatest(terms[start], from)?;
        let mut places = vec![start];
        let mut current = terms[start];
        while let Some(next) = self.counted_on(current, from) {
            match terms.iter().position(|&term| term == next) {
                Some(found) if !places.contains(&found) => places.push(found),
                _ => break,
            }
            current = next;
        }
        Some(Chain {
            places,
            begins,
            from,
        })
    }

    /// The greatest layer that code mentions, of those that are counted on.
    fn greatest(&self, id: Id, from: i64) -> Option<i64> {
        let mentions = self.mentions(id);
        mentions
            .into_iter()
            .map(|(_, k)| k)
            .filter(|&k| k >= from)
            .max()
    }

    /// The lists and layers that code mentions outside of sums over layers.
    pub(super) fn mentions(&self, id: Id) -> Vec<(String, i64)> {
        let arena = &self.translator.arena;
        let names = crate::schedule::below(arena, id).into_iter();
        let member = |id: Id| match &arena.node(id).op {
            Op::Name(text) => self.families.member(text),
            _ => None,
        };
        names
            .filter_map(member)
            .map(|(list, k)| (list.to_owned(), k))
            .collect()
    }

    /// The lists that code adds up over the layers, which have to be complete.
    pub(super) fn summed(&self, id: Id) -> Vec<(String, i64)> {
        let arena = &self.translator.arena;
        let term = |id: Id| match &arena.node(id).op {
            Op::Series(series) => self.mentions(series.term),
            _ => Vec::new(),
        };
        crate::schedule::below(arena, id)
            .into_iter()
            .flat_map(term)
            .collect()
    }

    /// Code of the next layer; nothing if there is none.
    fn counted_on(&mut self, id: Id, from: i64) -> Option<Id> {
        let all = self.mentions(id);
        if all
            .iter()
            .any(|(_, k)| *k >= from && *k >= self.layers.last)
        {
            return None;
        }
        let families = &self.families;
        let spell = |list: &str, k: i64| families.spelt(list, k + 1);
        let name = |text: &str| {
            families
                .member(text)
                .filter(|(_, k)| *k >= from)
                .and_then(|(list, k)| spell(list, k))
        };
        let size = |name: &Name| match name.member() {
            Some(k) if k >= from && families.has(name) => Dim::Named(of_layer(name, k + 1)),
            _ => Dim::Named(name.clone()),
        };
        Some(renamed(&mut self.translator.arena, id, &name, &size))
    }

    /// The sum over layers that a chain is.
    fn series(&mut self, terms: &[Id], chain: &Chain) -> Id {
        let counter = self.summed.clone();
        let (begins, from) = (chain.begins, chain.from);
        for (list, k) in self.mentions(terms[chain.places[0]]) {
            if k >= from {
                self.families.add_summed(&list, &counter, k - begins);
            }
        }
        let families = &self.families;
        let name = |text: &str| {
            let (list, k) = families.member(text).filter(|(_, k)| *k >= from)?;
            Some(families.at(list, &counter, k - begins))
        };
        let counted = |size: &Name| {
            let own = size.member().filter(|&k| k >= from);
            own.and_then(|_| families.counted_size(size, &counter, begins))
        };
        let size = |size: &Name| Dim::Named(counted(size).map_or(size.clone(), |(name, _)| name));
        let Translator { arena, names, .. } = &mut self.translator;
        let sizes = self.derivation.network.dims.iter();
        for (name, text) in sizes.filter_map(|(name, _)| counted(name)) {
            names.give(Meaning::Dimension(name), text);
        }
        let term = renamed(arena, terms[chain.places[0]], &name, &size);
        let written_out = arena.sum(chain.places.iter().map(|&at| terms[at]).collect());
        let dims = arena.dims(term).to_vec();
        let ends = begins + chain.places.len() as i64 - 1;
        let series = Series {
            term,
            range: Range {
                variable: self.summed.clone(),
                first: begins,
                last: (Name::new(&self.layers.bound), self.layers.last - ends),
            },
            bound: self.bound.clone(),
            written_out,
        };
        arena.add(Op::Series(series), Vec::new(), dims)
    }
}

/// Code with other names and sizes.
fn renamed(
    arena: &mut Arena,
    id: Id,
    name: &dyn Fn(&str) -> Option<String>,
    size: &dyn Fn(&Name) -> Dim,
) -> Id {
    let node = arena.node(id).clone();
    let arguments = node.arguments.iter();
    let arguments = arguments
        .map(|&it| renamed(arena, it, name, size))
        .collect();
    let dims = node.dims.iter().map(|dim| dim.renamed(size)).collect();
    let formula = |it: &Polynomial| it.renamed(size);
    let op = match node.op {
        Op::Name(text) => Op::Name(name(&text).unwrap_or(text)),
        Op::Size(it) => Op::Size(formula(&it)),
        Op::Gather(gather) => Op::Gather(Gather {
            axes: gather
                .axes
                .iter()
                .map(|axis| subscript(axis, &formula))
                .collect(),
            ..gather
        }),
        op => op,
    };
    arena.add(op, arguments, dims)
}

fn subscript(axis: &Subscript, formula: &dyn Fn(&Polynomial) -> Polynomial) -> Subscript {
    let terms = axis.terms.iter();
    Subscript {
        terms: terms.map(|(at, by)| (*at, formula(by))).collect(),
        constant: formula(&axis.constant),
        ..axis.clone()
    }
}
