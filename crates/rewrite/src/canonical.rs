//! Statements up to names: equal forms are solved once and replayed.
//!
//! Arrays, dimensions and indices are renamed by order of first appearance before the e-graph is built, so that an answer never
//! depends on names, and every layer of one form shares one run.

use crate::fact::Fact;
use crate::solve::{Limits, Solution, solved};
use derive_graph::{Dim, Name, Polynomial, Shape};
use derive_index::derivation::{Condition, Step, Why};
use derive_index::substitute::Renaming;
use derive_index::{Head, Index, StepList, Term};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Solves statements, remembering every form it has met.
#[derive(Default)]
pub struct Solver {
    limits: Limits,
    solved: FxHashMap<Key, Arc<Form>>,
    order: Vec<Arc<Form>>,
    /// How many forms there are, those included that are no longer listed.
    count: usize,
}

/// A statement in canonical names, with its solution.
#[derive(Clone, Debug)]
pub struct Form {
    /// The term in canonical names.
    pub start: Term,
    /// The facts about its arrays, in canonical names.
    pub facts: Vec<Fact>,
    /// Its solution.
    pub solution: Solution,
}

/// A term up to names, and the facts about it: equal for all statements of one form. It is made without making a term.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    /// What every node is, its name by number, and how many children it has; from the root on, every child before the next.
    tokens: Vec<u32>,
    /// The heads of which the tokens say only that they stand there.
    heads: Vec<Head>,
    facts: Vec<Fact>,
}

/// First appearances of names, in order.
#[derive(Default)]
struct Appearances {
    tensors: Vec<Name>,
    dims: Vec<Name>,
    indices: Vec<u32>,
}

impl Solver {
    /// A solver with these limits.
    pub fn new(limits: Limits) -> Solver {
        Solver {
            limits,
            ..Solver::default()
        }
    }

    /// For another derivation: what was solved stays known, and only forms that are new will be listed.
    #[must_use]
    pub fn for_another(self) -> Solver {
        Solver {
            order: Vec::new(),
            ..self
        }
    }

    /// The cheapest form equal to `start` under the facts, and the proof. Indices that the run makes get ids from `next` on.
    pub fn solve(&mut self, start: &Term, facts: &[Fact], next: u32) -> Solution {
        let mut met = Appearances::default();
        met.visit(start);
        let relevant: Vec<&Fact> = facts
            .iter()
            .filter(|fact| met.tensors.contains(fact.array()) || met.mentions(fact))
            .collect();
        for fact in &relevant {
            met.tensor(fact.array());
            if let Fact::Defined { definition, .. } = fact {
                met.visit_but_indices(definition);
            }
        }
        let tensors: FxHashMap<&Name, Name> = numbered(&met.tensors, "t");
        let dims: FxHashMap<&Name, Name> = numbered(&met.dims, "d");
        let ids: FxHashMap<u32, u32> = (0u32..)
            .zip(&met.indices)
            .map(|(new, &old)| (old, new))
            .collect();
        let tensor = |name: &Name| tensors.get(name).unwrap_or(name).clone();
        let rename = Renaming {
            tensor: &tensor,
            dim: &|name| Dim::Named(dims.get(name).unwrap_or(name).clone()),
            index: &|id| ids.get(&id).copied().unwrap_or(id),
        };
        let mut facts: Vec<Fact> = relevant
            .iter()
            .map(|fact| fact.renamed(&tensor, rename.dim))
            .collect();
        facts.sort();
        let mut key = Key {
            tokens: Vec::with_capacity(4 * start.size() as usize),
            heads: Vec::new(),
            facts,
        };
        met.encode(start, &rename, &mut key);
        let form = self.form(key, || rename.apply(start));
        met.restore(&form.solution, next.max(start.next_index()))
    }

    fn form(&mut self, key: Key, start: impl FnOnce() -> Term) -> Arc<Form> {
        if let Some(form) = self.solved.get(&key) {
            return Arc::clone(form);
        }
        let start = start();
        let mut solution = solved(&start, &key.facts, self.limits);
        solution.form = self.count;
        self.count += 1;
        share(&mut solution);
        let form = Arc::new(Form {
            start,
            facts: key.facts.clone(),
            solution,
        });
        self.order.push(Arc::clone(&form));
        self.solved.insert(key, Arc::clone(&form));
        form
    }

    /// Every form that was solved, in order: what has to be checked, once each.
    pub fn forms(&self) -> &[Arc<Form>] {
        &self.order
    }
}

/// Lets the terms of a solution share their common parts: neighbouring steps differ at one place only.
fn share(solution: &mut Solution) {
    let mut known = FxHashSet::default();
    let mut steps = solution.steps.to_vec();
    for step in &mut steps {
        step.before = step.before.shared(&mut known);
        step.after = step.after.shared(&mut known);
        for slot in &mut step.why.slots {
            *slot = slot.shared(&mut known);
        }
    }
    solution.steps = StepList::from(steps);
    solution.result = solution.result.shared(&mut known);
}

fn numbered<'a>(names: &'a [Name], prefix: &str) -> FxHashMap<&'a Name, Name> {
    names
        .iter()
        .enumerate()
        .map(|(at, name)| (name, Name::new(&format!("{prefix}{at}"))))
        .collect()
}

/// Where an item stands; behind all others if it does not.
fn place<T: PartialEq>(list: &[T], item: &T) -> u32 {
    let found = list.iter().position(|known| known == item);
    u32::try_from(found.unwrap_or(list.len())).unwrap_or(u32::MAX)
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

fn push_new<T: PartialEq + Clone>(list: &mut Vec<T>, item: &T) {
    if !list.contains(item) {
        list.push(item.clone());
    }
}

impl Appearances {
    fn visit(&mut self, term: &Term) {
        match term.head() {
            Head::Tensor(name, shape) => {
                push_new(&mut self.tensors, name);
                self.shape(shape);
            }
            Head::Ones(shape) => self.shape(shape),
            Head::Identity(dim) => self.dim(dim),
            Head::Dimension(name) => push_new(&mut self.dims, name),
            Head::Index(index) => self.index(index),
            Head::Gather(gather, shape) => {
                self.shape(shape);
                let constants = gather.axes.iter().map(|axis| &axis.constant);
                constants.for_each(|constant| self.polynomial(constant));
                let terms = gather.axes.iter().flat_map(|axis| &axis.terms);
                terms.for_each(|(_, coefficient)| self.polynomial(coefficient));
            }
            Head::Reshape(shape) => self.shape(shape),
            _ => {}
        }
        term.children().iter().for_each(|child| self.visit(child));
    }

    /// Notes the names in a closed term; its indices are its own.
    fn visit_but_indices(&mut self, term: &Term) {
        let known = self.indices.len();
        self.visit(term);
        self.indices.truncate(known);
    }

    /// Writes a term down, names by the order of their appearance.
    fn encode(&self, term: &Term, rename: &Renaming<'_>, key: &mut Key) {
        match term.head() {
            Head::Tensor(name, shape) => {
                key.tokens.extend([0, place(&self.tensors, name)]);
                self.encode_shape(shape, key);
            }
            Head::Index(Index::Variable { id, dim }) => {
                key.tokens.extend([1, place(&self.indices, id)]);
                self.encode_dim(dim, key);
            }
            Head::Ones(shape) => {
                key.tokens.push(2);
                self.encode_shape(shape, key);
            }
            Head::Dimension(name) => key.tokens.extend([3, place(&self.dims, name)]),
            head => {
                key.tokens.push(4);
                key.heads.push(rename.head(head));
            }
        }
        key.tokens.push(length(term.children()));
        for child in term.children() {
            self.encode(child, rename, key);
        }
    }

    fn encode_shape(&self, shape: &Shape, key: &mut Key) {
        key.tokens.push(length(&shape.0));
        shape.0.iter().for_each(|dim| self.encode_dim(dim, key));
    }

    fn encode_dim(&self, dim: &Dim, key: &mut Key) {
        match dim {
            Dim::Named(name) => key.tokens.extend([0, place(&self.dims, name)]),
            other => {
                let renamed = other.renamed(&|name| self.numbered_dim(name));
                key.tokens.push(1);
                key.heads.push(Head::Identity(renamed));
            }
        }
    }

    /// A dimension by its number.
    fn numbered_dim(&self, name: &Name) -> Dim {
        Dim::Named(Name::new(&format!("d{}", place(&self.dims, name))))
    }

    fn shape(&mut self, shape: &Shape) {
        shape.0.iter().for_each(|dim| self.dim(dim));
    }

    fn dim(&mut self, dim: &Dim) {
        dim.mention(&mut |name| push_new(&mut self.dims, name));
    }

    fn polynomial(&mut self, polynomial: &Polynomial) {
        polynomial.mention(&mut |name| push_new(&mut self.dims, name));
    }

    fn index(&mut self, index: &Index) {
        match index {
            Index::Unit => {}
            Index::Variable { id, dim } => {
                push_new(&mut self.indices, id);
                self.dim(dim);
            }
            Index::Affine(affine) => {
                for (index, coefficient) in affine.terms() {
                    self.index(index);
                    self.polynomial(coefficient);
                }
                self.polynomial(affine.constant());
                self.dim(affine.dim());
            }
        }
    }

    fn tensor(&mut self, name: &Name) {
        push_new(&mut self.tensors, name);
    }

    /// A softmax fact matters where its argument occurs, even if its value does not.
    fn mentions(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Softmax { argument, .. } if self.tensors.contains(argument))
    }

    /// A solution in the statement's own names, the steps once they are read. Indices that the run made get ids from `next` on.
    fn restore(self, solution: &Solution, next: u32) -> Solution {
        let result = self.restored(next, |rename, _| rename.apply(&solution.result));
        let steps = solution.steps.renamed(move |steps| {
            self.restored(next, |rename, tensor| {
                let mut done = FxHashMap::default();
                let mut renamed = |term: &Term| rename.apply_shared(term, &mut done);
                let steps = steps.iter();
                let steps = steps.map(|step| restore_step(step, &mut renamed, tensor));
                steps.collect()
            })
        });
        Solution {
            result,
            steps,
            ..*solution
        }
    }

    /// What `make` makes with the renaming from canonical names back, and with that of arrays alone.
    fn restored<T>(
        &self,
        next: u32,
        make: impl FnOnce(&Renaming<'_>, &dyn Fn(&Name) -> Name) -> T,
    ) -> T {
        let count = u32::try_from(self.indices.len()).unwrap_or(u32::MAX);
        let known = |names: &[Name], prefix, name: &Name| {
            let number = name.as_str().strip_prefix(prefix);
            let own = number.and_then(|number| names.get(number.parse::<usize>().ok()?));
            own.unwrap_or(name).clone()
        };
        let tensor = |name: &Name| known(&self.tensors, 't', name);
        let rename = Renaming {
            tensor: &tensor,
            dim: &|name| Dim::Named(known(&self.dims, 'd', name)),
            index: &|id| {
                self.indices
                    .get(id as usize)
                    .copied()
                    .unwrap_or(next + id - count.min(id))
            },
        };
        make(&rename, &tensor)
    }
}

fn restore_step(
    step: &Step,
    renamed: &mut dyn FnMut(&Term) -> Term,
    tensor: &dyn Fn(&Name) -> Name,
) -> Step {
    let conditions = step.conditions.iter().map(|condition| match condition {
        Condition::NonZero { term, because } => Condition::NonZero {
            term: renamed(term),
            because,
        },
        Condition::Declared { array, fact } => Condition::Declared {
            array: tensor(array),
            fact,
        },
        Condition::Invertible { term } => Condition::Invertible {
            term: renamed(term),
        },
        Condition::Defined { value, definition } => Condition::Defined {
            value: renamed(value),
            definition: renamed(definition),
        },
    });
    let conditions = conditions.collect();
    Step {
        rule: step.rule,
        backwards: step.backwards,
        before: renamed(&step.before),
        after: renamed(&step.after),
        site: step.site.clone(),
        why: Why {
            template: step.why.template,
            slots: step.why.slots.iter().map(renamed).collect(),
        },
        conditions,
    }
}
