//! Sums over the layers of a network of symbolic depth.
//!
//! The network is derived with so many layers, so a sum over layers is a sum of so many terms. Where they become one another by counting
//! on ([`crate::counting_on`]), they are written as one sum again. What is left of single layers then is an error: a formula for every
//! depth cannot name the fifth layer.

use crate::chain::link_term;
use crate::counting_on::{Group, Run};
use derive_graph::Name;
use derive_index::derivation::{ChainLink, Contribution, Cotangent, Local, Statement};
use derive_index::substitute::replace_index;
use derive_index::{Head, LayerRange, StepList, Term, build};
use derive_rewrite::lift::entry_of;

/// A family of layers: their numbers, the one that speaks for all, the name that counts them, and that of the last one's number.
pub(crate) struct Every<'a> {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) middle: i64,
    pub(crate) variable: &'a Name,
    pub(crate) bound: Name,
}

impl<'a> Every<'a> {
    /// The layers that were written out; `variable` counts them.
    pub(crate) fn of(layers: &derive_emit::Layers, variable: &'a Name) -> Every<'a> {
        Every {
            first: layers.first,
            last: layers.last,
            middle: layers.middle,
            variable,
            bound: Name::new(&layers.bound),
        }
    }
}

impl Every<'_> {
    /// The term with every sum over all layers written as one.
    pub(crate) fn folded(&self, term: &Term) -> Term {
        let children: Vec<Term> = term.children().iter().map(|it| self.folded(it)).collect();
        match term.head() {
            Head::Sum => build::sum(self.folded_sum(children)),
            _ if children == term.children() => term.clone(),
            Head::Product => build::node(Head::Product, children),
            head => Term::raw(head.clone(), children),
        }
    }

    fn folded_sum(&self, terms: Vec<Term>) -> Vec<Term> {
        let groups = self.groups(&terms, &|_| None);
        let groups = groups.iter().map(|group| match group {
            Group::Alone(at) => terms[*at].clone(),
            Group::Run(run) => self.every(&terms[run.speaker], &run.layers),
        });
        groups.collect()
    }

    /// The derivative by an array that layers share: a link and a contribution for all of one form, those that stand alone, and the sum over
    /// the layers of what each contributes. `None` where something of a single layer is left.
    pub(crate) fn shared(&self, statement: &Statement) -> Option<Statement> {
        let all = &statement.contributions;
        let results = results(statement);
        let results: Vec<Term> = results.iter().map(|it| self.folded(it)).collect();
        let owner = |at: usize| all[at].user.member();
        let groups = self.groups(&results, &owner);
        let chain = self.links(&statement.chain)?;
        let sum = self.added_up(&groups, &results);
        if self.stray(&sum).is_some() {
            return None;
        }
        let by_entries = all.iter().any(|it| is_by_entries(&it.result));
        let result = match by_entries {
            true => build::comprehension(&statement.indices, sum),
            false => sum,
        };
        Some(Statement {
            chain,
            contributions: contributions(&groups, all),
            start: result.clone(),
            steps: StepList::default(),
            result,
            ..statement.clone()
        })
    }

    /// The links, one for those of all layers. `None` where one is left that is of a single layer.
    fn links(&self, chain: &[ChainLink]) -> Option<Vec<ChainLink>> {
        let terms: Vec<Term> = chain.iter().map(link_term).collect();
        let owner = |at: usize| chain[at].user.member();
        let groups = self.groups(&terms, &owner);
        groups.iter().map(|group| self.link(chain, group)).collect()
    }

    fn link(&self, chain: &[ChainLink], group: &Group) -> Option<ChainLink> {
        let link = match group {
            Group::Run(run) => {
                return Some(ChainLink {
                    layers: Some(run.layers.clone()),
                    ..chain[run.speaker].clone()
                });
            }
            Group::Alone(at) => &chain[*at],
        };
        let local = match link.cotangent {
            Cotangent::Loss => Local {
                raw: self.folded(&link.local.raw),
                value: self.folded(&link.local.value),
                ..link.local.clone()
            },
            _ => link.local.clone(),
        };
        let told = self.stray(&local.raw).is_none() && !self.is_inside(&link.user);
        told.then(|| ChainLink {
            local,
            ..link.clone()
        })
    }

    /// The sum of all contributions; those of the same layers are one sum.
    fn added_up(&self, groups: &[Group], results: &[Term]) -> Term {
        let mut terms: Vec<Term> = Vec::new();
        let mut sums: Vec<(Vec<Term>, LayerRange, Vec<Term>)> = Vec::new();
        for group in groups {
            let run = match group {
                Group::Alone(at) => {
                    terms.push(results[*at].clone());
                    continue;
                }
                Group::Run(run) => run,
            };
            let (front, inner) = in_front(&results[run.speaker]);
            let same =
                |it: &&mut (Vec<Term>, LayerRange, Vec<Term>)| it.0 == front && it.1 == run.layers;
            match sums.iter_mut().find(same) {
                Some((_, _, inners)) => inners.push(inner),
                None => sums.push((front, run.layers.clone(), vec![inner])),
            }
        }
        let sums = sums.into_iter();
        terms.extend(sums.map(|(front, layers, inners)| {
            let whole = Term::raw(Head::EveryLayer(layers), vec![build::sum(inners)]);
            build::product(Vec::new(), front.into_iter().chain([whole]).collect())
        }));
        build::sum(terms)
    }

    /// Σ over layers of a term, what does not depend on the layer in front.
    fn every(&self, term: &Term, layers: &LayerRange) -> Term {
        let (front, inner) = in_front(term);
        let whole = Term::raw(Head::EveryLayer(layers.clone()), vec![inner]);
        build::product(Vec::new(), front.into_iter().chain([whole]).collect())
    }

    /// Whether a name is that of a layer that no formula for every depth can name: none of the first, and the last two.
    fn is_inside(&self, name: &Name) -> bool {
        let inside = (self.first + 1)..(self.last - 1);
        name.member().is_some_and(|k| inside.contains(&k))
    }

    /// A layer that a term names by its number, though no formula for every depth can.
    pub(crate) fn stray(&self, term: &Term) -> Option<i64> {
        let own = match term.head() {
            Head::Tensor(name, _) if self.is_inside(name) => name.member(),
            _ => None,
        };
        own.or_else(|| match term.head() {
            Head::EveryLayer(_) => None,
            _ => term.children().iter().find_map(|child| self.stray(child)),
        })
    }

    /// Whether a term of a neighbourhood names other layers than the one that speaks for all, its neighbours, the ends, and the one before the last.
    pub(crate) fn names_one(&self, term: &Term) -> bool {
        let told = |k: i64| k <= self.first || k >= self.last - 1 || (k - self.middle).abs() <= 1;
        let own = match term.head() {
            Head::Tensor(name, _) => name.member(),
            _ => None,
        };
        own.is_some_and(|k| !told(k)) || term.children().iter().any(|child| self.names_one(child))
    }
}

/// What each contributes, in the statement's indices where one of them has no matrix form.
fn results(statement: &Statement) -> Vec<Term> {
    let all = statement.contributions.iter().map(|it| &it.result);
    let by_entries = all.clone().any(is_by_entries);
    let entry = |of: &Term| match of.head() {
        _ if !by_entries => of.clone(),
        Head::Comprehension => {
            let (indices, body) = of.split();
            let pairs = indices.iter().zip(&statement.indices);
            pairs.fold(body[0].clone(), |body, (from, to)| {
                replace_index(&body, from, to)
            })
        }
        _ => entry_of(of, &statement.indices),
    };
    all.map(entry).collect()
}

fn is_by_entries(array: &Term) -> bool {
    *array.head() == Head::Comprehension
}

/// The contributions that are told: of a run that of the layer that speaks for it.
fn contributions(groups: &[Group], all: &[Contribution]) -> Vec<Contribution> {
    let form = |at: usize| all[at].like.unwrap_or(at);
    let told = |group: &Group| match group {
        Group::Alone(at) => (*at, None),
        Group::Run(Run {
            speaker, layers, ..
        }) => (*speaker, Some(layers.clone())),
    };
    let told: Vec<(usize, Option<LayerRange>)> = groups.iter().map(told).collect();
    let one = |(here, (at, layers)): (usize, &(usize, Option<LayerRange>))| Contribution {
        like: told[..here]
            .iter()
            .position(|(of, _)| form(*of) == form(*at)),
        layers: layers.clone(),
        ..all[*at].clone()
    };
    told.iter().enumerate().map(one).collect()
}

/// The scalars of a product that do not depend on the layer, and the rest.
fn in_front(term: &Term) -> (Vec<Term>, Term) {
    let (bound, factors) = match term.head() {
        Head::Product => term.split(),
        _ => (Vec::new(), std::slice::from_ref(term)),
    };
    let fixed = |factor: &&Term| build::is_plain_scalar(factor) && !names_a_layer(factor);
    let (front, rest): (Vec<&Term>, Vec<&Term>) = factors.iter().partition(fixed);
    let rest = build::product(bound, rest.into_iter().cloned().collect());
    (front.into_iter().cloned().collect(), rest)
}

fn names_a_layer(term: &Term) -> bool {
    term.any(&|part| matches!(part.head(), Head::Tensor(name, _) if name.member().is_some()))
}
