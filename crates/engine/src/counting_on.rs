//! Terms that become one another by counting layers on: what a sum over the layers of a written-out network is made of.
//!
//! In: terms, and which layer each belongs to where that is known. Out: runs of terms, each the one before it with every layer's number one
//! higher, that reach from one end of the layers to the other, and the terms that stand alone. A run may begin one layer before or after the first and
//! end with the one before the last, where the ends have another form.

use crate::every_layer::Every;
use crate::labels::Labels;
use derive_index::normal_form::{Known, normal_form};
use derive_index::{Head, LayerRange, Term, canonical_product};
use rustc_hash::FxHashMap;

/// Terms that belong together.
pub(crate) enum Group {
    /// A term by itself: its place.
    Alone(usize),
    /// A term of every layer.
    Run(Run),
}

/// Terms that become one another by counting on.
pub(crate) struct Run {
    /// Their places.
    places: Vec<usize>,
    /// The place of the one that speaks for all.
    pub(crate) speaker: usize,
    /// The layers that they are of.
    pub(crate) layers: LayerRange,
}

impl Group {
    fn begins(&self) -> usize {
        match self {
            Group::Alone(at) => *at,
            Group::Run(run) => run.places.iter().copied().min().unwrap_or_default(),
        }
    }
}

impl Every<'_> {
    /// The terms in groups, in the order of their first terms. `owner` is the layer that the term at a place belongs to; where that is not
    /// known it is read off the term.
    pub(crate) fn groups(
        &self,
        terms: &[Term],
        owner: &dyn Fn(usize) -> Option<i64>,
    ) -> Vec<Group> {
        let mut free: Vec<bool> = vec![true; terms.len()];
        let mut groups = Vec::new();
        if terms.len() as i64 + 2 > self.last - self.first {
            let all = self.runs(terms, owner);
            for run in all {
                if run.places.iter().all(|&at| free[at]) {
                    run.places.iter().for_each(|&at| free[at] = false);
                    groups.push(Group::Run(run));
                }
            }
        }
        let alone = (0..terms.len()).filter(|&at| free[at]);
        groups.extend(alone.map(Group::Alone));
        groups.sort_by_key(Group::begins);
        groups
    }

    /// Every run from one end of the layers to the other, the longest first.
    fn runs(&self, terms: &[Term], owner: &dyn Fn(usize) -> Option<i64>) -> Vec<Run> {
        let mut places: FxHashMap<Term, usize> = FxHashMap::default();
        for (at, term) in terms.iter().enumerate() {
            places.entry(form(term)).or_insert(at);
        }
        let mut runs = Vec::new();
        // An array before the first layer may belong to the family, or be one and the same for all.
        for from in [i64::MIN, self.first] {
            let next = |k: i64| (k >= from).then(|| (k + 1).to_string());
            let follower = |term: &Term| places.get(&form(&Labels(&next).term(term))).copied();
            let after: Vec<Option<usize>> = terms.iter().map(follower).collect();
            let runs_from = (0..terms.len()).filter_map(|at| self.run(terms, owner, &after, at));
            runs.extend(runs_from);
        }
        runs.sort_by_key(|run: &Run| (std::cmp::Reverse(run.places.len()), run.places[0]));
        runs
    }

    /// The run that begins at a place, if it reaches from one end to the other.
    fn run(
        &self,
        terms: &[Term],
        owner: &dyn Fn(usize) -> Option<i64>,
        after: &[Option<usize>],
        start: usize,
    ) -> Option<Run> {
        let mut places = vec![start];
        while let Some(next) = after[places[places.len() - 1]].filter(|at| !places.contains(at)) {
            places.push(next);
        }
        let count = places.len() as i64;
        let whole = count == self.last - self.first + 1;
        let greatest = || {
            whole
                .then_some(self.first)
                .or_else(|| greatest(&terms[start]))
        };
        let begins = owner(start).or_else(greatest)?;
        let ends = begins + count - 1;
        let (at_first, at_last) = (begins == self.first, ends == self.last);
        let reaches = (begins - self.first).abs() <= 1 && (at_last || ends == self.last - 1);
        reaches.then(|| Run {
            speaker: places[(self.middle - begins) as usize],
            places,
            layers: LayerRange {
                variable: self.variable.clone(),
                from: (!at_first).then_some(begins),
                before: (!at_last).then(|| self.bound.clone()),
            },
        })
    }
}

/// The greatest layer that a term names.
fn greatest(term: &Term) -> Option<i64> {
    let own = match term.head() {
        Head::Tensor(name, _) => name.member(),
        _ => None,
    };
    own.into_iter()
        .chain(term.children().iter().filter_map(greatest))
        .max()
}

/// A term up to the names of what it sums over.
pub(crate) fn form(term: &Term) -> Term {
    let known = Known {
        definition: &|_| None,
        attributes: &|_| Vec::new(),
        multiplied: false,
    };
    let whole = || term.clone();
    match term.rank() {
        0 => normal_form(term, &known).map_or_else(whole, |it| it.term),
        _ => canonical_product(term).unwrap_or_else(whole),
    }
}
