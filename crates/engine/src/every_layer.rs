//! Sums over the layers of a network of symbolic depth.
//!
//! The network is derived with so many layers, so a sum over layers is a sum of so many terms. Where they become one another by counting
//! on, from the first layer to the last, they are written as one sum again. What is left of single layers then is an error: a formula
//! for every depth cannot name the fifth layer.

use crate::labels::Labels;
use derive_graph::Name;
use derive_index::derivation::{Contribution, Statement};
use derive_index::substitute::replace_index;
use derive_index::{Head, StepList, Term, build, canonical_product};

/// A family of layers: their numbers, the one that speaks for all, and the name that counts them.
pub(crate) struct Every<'a> {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) middle: i64,
    pub(crate) variable: &'a Name,
}

impl<'a> Every<'a> {
    /// The layers that were written out; `variable` counts them.
    pub(crate) fn of(layers: &derive_emit::Layers, variable: &'a Name) -> Every<'a> {
        Every {
            first: layers.first,
            last: layers.last,
            middle: layers.middle,
            variable,
        }
    }
}

impl Every<'_> {
    /// The term with every sum over all layers written as one.
    pub(crate) fn folded(&self, term: &Term) -> Term {
        let children: Vec<Term> = term.children().iter().map(|it| self.folded(it)).collect();
        match term.head() {
            Head::Sum => build::sum(self.folded_sum(children)),
            _ if children.is_empty() => term.clone(),
            head => Term::raw(head.clone(), children),
        }
    }

    fn folded_sum(&self, mut terms: Vec<Term>) -> Vec<Term> {
        let mut at = 0;
        while at < terms.len() {
            let Some(places) = self.chain(&terms, at) else {
                at += 1;
                continue;
            };
            let middle = &terms[places[(self.middle - self.first) as usize]];
            let whole = self.every(middle);
            let kept = (0..terms.len()).filter(|it| *it == at || !places.contains(it));
            terms = kept
                .map(|it| match it == at {
                    true => whole.clone(),
                    false => terms[it].clone(),
                })
                .collect();
            at += 1;
        }
        terms
    }

    /// The derivative by an array that all layers share: the link and the contribution of the layer that speaks for all, and the sum over the
    /// layers of what this contributes. `None` where the contributions are not those of every layer and of nothing else.
    pub(crate) fn shared(&self, statement: &Statement) -> Option<Statement> {
        let links = &statement.chain;
        let all = &statement.contributions;
        let layers = usize::try_from(self.last - self.first + 1).ok()?;
        if links.len() != layers || all.len() != layers {
            return None;
        }
        let place = |layer: i64| links.iter().position(|it| it.user.member() == Some(layer));
        let results: Vec<Term> = all.iter().map(|it| self.entry(statement, it)).collect();
        let places = self.chain(&results, place(self.first)?)?;
        let counted = (self.first..=self.last).map(place);
        if !counted.eq(places.iter().map(|&at| Some(at))) {
            return None;
        }
        let at = place(self.middle)?;
        let (start, result) = match all[at].result.head() {
            Head::Comprehension => {
                let entry = self.every(&results[at]);
                let array = build::comprehension(&statement.indices, entry.clone());
                (entry, array)
            }
            _ => {
                let array = self.every(&all[at].result);
                (array.clone(), array)
            }
        };
        Some(Statement {
            chain: vec![links[at].clone()],
            contributions: vec![Contribution {
                like: None,
                ..all[at].clone()
            }],
            every_layer: Some(self.variable.clone()),
            start,
            steps: StepList::default(),
            result,
            ..statement.clone()
        })
    }

    /// A contribution's entry where it has no matrix form, in the statement's indices; the array otherwise.
    fn entry(&self, statement: &Statement, of: &Contribution) -> Term {
        match of.result.head() {
            Head::Comprehension => {
                let (indices, body) = of.result.split();
                let pairs = indices.iter().zip(&statement.indices);
                pairs.fold(body[0].clone(), |body, (from, to)| {
                    replace_index(&body, from, to)
                })
            }
            _ => of.result.clone(),
        }
    }

    /// The places of the terms that the one at `start` becomes by counting on, as many as there are layers.
    fn chain(&self, terms: &[Term], start: usize) -> Option<Vec<usize>> {
        let next = |k: i64| Some((k + 1).to_string());
        let form = |term: &Term| canonical_product(term).unwrap_or_else(|| term.clone());
        let forms: Vec<Term> = terms.iter().map(form).collect();
        let mut places = vec![start];
        let mut current = terms[start].clone();
        for _ in self.first..self.last {
            let moved = Labels(&next).term(&current);
            let found = forms.iter().position(|known| *known == form(&moved))?;
            if places.contains(&found) {
                return None;
            }
            places.push(found);
            current = moved;
        }
        Some(places)
    }

    /// Σ over the layers of a term, what does not depend on the layer in front.
    fn every(&self, term: &Term) -> Term {
        let (bound, factors) = match term.head() {
            Head::Product => term.split(),
            _ => (Vec::new(), std::slice::from_ref(term)),
        };
        let fixed = |factor: &&Term| build::is_plain_scalar(factor) && !names_a_layer(factor);
        let (front, rest): (Vec<&Term>, Vec<&Term>) = factors.iter().partition(fixed);
        let inner = build::product(bound, rest.into_iter().cloned().collect());
        let whole = Term::raw(Head::EveryLayer(self.variable.clone()), vec![inner]);
        let factors = front.into_iter().cloned().chain([whole]).collect();
        build::product(Vec::new(), factors)
    }

    /// A layer that a term names by its number, though no formula for every depth can: none of the first, the last two and those around
    /// the middle.
    pub(crate) fn stray(&self, term: &Term) -> Option<i64> {
        let own = match term.head() {
            Head::Tensor(name, _) => name.member(),
            _ => None,
        };
        let inside = (self.first + 1)..(self.last - 1);
        let stray = own.filter(|k| inside.contains(k));
        stray.or_else(|| match term.head() {
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

fn names_a_layer(term: &Term) -> bool {
    term.any(&|part| matches!(part.head(), Head::Tensor(name, _) if name.member().is_some()))
}
