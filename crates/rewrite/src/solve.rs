//! One run: saturate a small e-graph around a term, choose the cheapest equal form, and ask for the proof.

use crate::cost::Best;
use crate::fact::Fact;
use crate::language::{Node, expression};
use crate::rules::{Application, Context, Rule, applications};
use crate::steps::{Reasons, steps_of_proof};
use derive_index::{Head, Index, StepList, Term};
use egg::{Analysis, DidMerge, EGraph, Id, Language};
use rustc_hash::{FxHashMap, FxHashSet};

/// Bounds of a run. No clock decides an answer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most e-nodes.
    pub nodes: usize,
    /// Most rounds of rewriting.
    pub rounds: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            nodes: 20_000,
            rounds: 60,
        }
    }
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The cheapest form found.
    pub result: Term,
    /// From the given term to `result`.
    pub steps: StepList,
    /// Whether no rule had anything left to do.
    pub saturated: bool,
    /// Number of e-nodes at the end.
    pub nodes: usize,
    /// Whether two forms with different shapes met, which is a mistake in a rule.
    pub clash: bool,
    /// The number of the form among those that a solver has met; equal for statements that are one up to names.
    pub form: usize,
}

/// Keeps the cheapest term of every class.
#[derive(Default)]
pub struct Cheapest {
    clash: bool,
}

impl Analysis<Node> for Cheapest {
    type Data = Best;

    fn make(egraph: &mut EGraph<Node, Self>, node: &Node, _: Id) -> Best {
        let children: Vec<&Best> = node
            .children
            .iter()
            .map(|&child| &egraph[child].data)
            .collect();
        Best::of(&node.head, &children)
    }

    fn merge(&mut self, ours: &mut Best, theirs: Best) -> DidMerge {
        self.clash |= ours.term.shape() != theirs.term.shape();
        match theirs.cmp(ours) {
            std::cmp::Ordering::Less => {
                *ours = theirs;
                DidMerge(true, false)
            }
            std::cmp::Ordering::Equal => DidMerge(false, false),
            std::cmp::Ordering::Greater => DidMerge(false, true),
        }
    }
}

type Graph = EGraph<Node, Cheapest>;

/// Runs `work` with a clock that stands still. `egg` times every rebuild for its log, and the first look at its clock calibrates it
/// against the system's, which takes longer than all the rewriting of a small network.
fn without_clock<T>(work: impl FnOnce() -> T) -> T {
    let (clock, _) = quanta::Clock::mock();
    quanta::with_clock(&clock, work)
}

/// A run that has come to its end and can be asked about.
pub struct Run {
    egraph: Graph,
    reasons: Reasons,
    known: FxHashMap<Term, Id>,
    start: Term,
    root: Id,
    saturated: bool,
}

impl Run {
    /// Saturates the e-graph of `start` under the rules and facts.
    pub fn new(start: &Term, facts: &[Fact], limits: Limits) -> Run {
        without_clock(|| Run::saturated(start, facts, limits))
    }

    fn saturated(start: &Term, facts: &[Fact], limits: Limits) -> Run {
        let egraph = Graph::new(Cheapest::default()).with_explanations_enabled();
        let start = start.clone();
        let mut run = Run {
            egraph,
            reasons: Reasons::default(),
            known: FxHashMap::default(),
            start,
            root: Id::from(0),
            saturated: false,
        };
        run.root = run.insert(&run.start.clone());
        run.egraph.rebuild();
        let indices = run.indices();
        let context = Context {
            facts,
            indices: &indices,
        };
        let mut seen = FxHashSet::default();
        for _ in 0..limits.rounds {
            let found = run.search(&context, &mut seen);
            run.saturated = found.is_empty();
            if run.saturated || run.egraph.total_number_of_nodes() > limits.nodes {
                break;
            }
            for (before, rule, application) in found {
                run.unite(&before, rule, application);
            }
            run.egraph.rebuild();
        }
        run
    }

    /// The indices of the array that the statement is about.
    fn indices(&self) -> Vec<Index> {
        match self.start.head() {
            Head::Comprehension => self.start.split().0,
            _ => self.start.free().to_vec(),
        }
    }

    /// The exact term as an e-node of its own, not only up to equality, so that proofs mention it.
    fn insert(&mut self, term: &Term) -> Id {
        if let Some(&id) = self.known.get(term) {
            return id;
        }
        let children = term
            .children()
            .iter()
            .map(|child| self.insert(child))
            .collect();
        let id = self.egraph.add_uncanonical(Node {
            head: term.head().clone(),
            children,
        });
        self.known.insert(term.clone(), id);
        id
    }

    /// Every application of a rule to a node whose children are read as their cheapest terms, that was not met before.
    fn search(
        &self,
        context: &Context,
        seen: &mut FxHashSet<Term>,
    ) -> Vec<(Term, &'static Rule, Application)> {
        let mut classes: Vec<_> = self.egraph.classes().collect();
        classes.sort_by_key(|class| class.id);
        let mut found = Vec::new();
        for class in classes {
            for node in class.iter().filter(|node| !node.is_leaf()) {
                let term = self.read(node);
                if seen.insert(term.clone()) {
                    found.extend(
                        applications(&term, context)
                            .into_iter()
                            .map(|(rule, how)| (term.clone(), rule, how)),
                    );
                }
            }
        }
        found
    }

    fn read(&self, node: &Node) -> Term {
        Term::raw(
            node.head.clone(),
            node.children
                .iter()
                .map(|&child| self.egraph[child].data.term.clone())
                .collect(),
        )
    }

    fn unite(&mut self, before: &Term, rule: &'static Rule, application: Application) {
        let from = self.insert(before);
        let to = self.insert(&application.after);
        if self.egraph.find(from) != self.egraph.find(to) {
            self.egraph.union_trusted(from, to, rule.name);
            self.reasons.record(before.clone(), rule, application);
        }
    }

    /// The cheapest form and its proof.
    pub fn solution(&mut self, facts: &[Fact]) -> Solution {
        let result = self.egraph[self.root].data.term.clone();
        let steps = if result == self.start {
            Vec::new()
        } else {
            let proof = self
                .egraph
                .explain_equivalence(&expression(&self.start), &expression(&result));
            let context = Context {
                facts,
                indices: &self.indices(),
            };
            steps_of_proof(proof, &self.reasons, &context)
        };
        Solution {
            result,
            steps: StepList::from(steps),
            saturated: self.saturated,
            nodes: self.egraph.total_number_of_nodes(),
            clash: self.egraph.analysis.clash,
            form: 0,
        }
    }

    /// Every member of every class, children read as their cheapest terms: for tests that evaluate them against one another.
    pub fn classes(&self) -> Vec<Vec<Term>> {
        let mut classes: Vec<_> = self.egraph.classes().collect();
        classes.sort_by_key(|class| class.id);
        classes
            .iter()
            .map(|class| class.iter().map(|node| self.read(node)).collect())
            .collect()
    }
}
