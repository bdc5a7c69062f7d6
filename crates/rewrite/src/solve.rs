//! One run: saturate a small e-graph around a term, choose the cheapest equal form, and ask for the proof.

use crate::cost::Best;
use crate::fact::Fact;
use crate::language::{Node, expression};
use crate::length::length;
use crate::rules::Context;
use crate::steps::{Tried, steps_of_proof};
use crate::straight::straightened;
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
    /// Most nodes of all the terms, taken together, that rules are tried on.
    pub work: usize,
    /// Most nodes of all the lines of a proof. The e-graph shares the parts of a proof, of which there can be exponentially many written out.
    pub proof: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            nodes: 20_000,
            rounds: 60,
            work: 1_000_000,
            proof: 2_000_000,
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

/// The cheapest form equal to `start` under the facts, and the steps to it. At first sums collapse; where roots of unity are left of that, a
/// second run reads them as transforms. In one run the reading would be in the way of what collapses.
pub(crate) fn solved(start: &Term, facts: &[Fact], limits: Limits) -> Solution {
    let mut run = Run::new(start, facts, limits);
    let first = run.solution(facts);
    let first = straightened(first, start, facts, limits, run.tried);
    if !first.result.any(&|term| *term.head() == Head::Root) {
        return first;
    }
    let second = Run::with_transforms(&first.result, facts, limits).solution(facts);
    Solution {
        steps: StepList::from([first.steps.to_vec(), second.steps.to_vec()].concat()),
        saturated: first.saturated && second.saturated,
        nodes: first.nodes.max(second.nodes),
        clash: first.clash || second.clash,
        ..second
    }
}

/// Runs `work` with a clock that stands still. `egg` times every rebuild for its log, and the first look at its clock calibrates it
/// against the system's, which takes longer than all the rewriting of a small network.
pub(crate) fn without_clock<T>(work: impl FnOnce() -> T) -> T {
    let (clock, _) = quanta::Clock::mock();
    quanta::with_clock(&clock, work)
}

/// A run that has come to its end and can be asked about.
pub struct Run {
    egraph: Graph,
    pub(crate) tried: Tried,
    known: FxHashMap<Term, Id>,
    start: Term,
    root: Id,
    saturated: bool,
    transforms: bool,
    without: &'static [&'static str],
    limits: Limits,
    /// How many rounds there were.
    rounds: usize,
    /// How many nodes the terms had, taken together, that rules were tried on.
    work: usize,
}

impl Run {
    /// Saturates the e-graph of `start` under the rules and facts.
    pub fn new(start: &Term, facts: &[Fact], limits: Limits) -> Run {
        without_clock(|| Run::saturated(start, facts, limits, false, &[], Tried::default()))
    }

    /// The same with sums over roots of unity read as transforms.
    pub fn with_transforms(start: &Term, facts: &[Fact], limits: Limits) -> Run {
        without_clock(|| Run::saturated(start, facts, limits, true, &[], Tried::default()))
    }

    pub(crate) fn saturated(
        start: &Term,
        facts: &[Fact],
        limits: Limits,
        transforms: bool,
        without: &'static [&'static str],
        tried: Tried,
    ) -> Run {
        let egraph = Graph::new(Cheapest::default()).with_explanations_enabled();
        let start = start.clone();
        let mut run = Run {
            egraph,
            tried: Tried::default(),
            known: FxHashMap::default(),
            start,
            root: Id::from(0),
            saturated: false,
            transforms,
            without,
            limits,
            rounds: 0,
            work: 0,
        };
        run.root = run.insert(&run.start.clone());
        run.egraph.rebuild();
        let indices = run.indices();
        let context = Context {
            facts,
            indices: &indices,
            transforms,
            without,
        };
        let mut tried = tried.under(&context, without);
        let mut seen = FxHashSet::default();
        for _ in 0..limits.rounds {
            let found = run.search(&mut tried, &mut seen, &context);
            run.saturated = found.is_empty() && run.work <= limits.work;
            if run.saturated || run.is_full() {
                break;
            }
            run.rounds += 1;
            for before in found {
                for (rule, application) in tried.on(&before, &context) {
                    run.unite(&before, &application.after, rule.name);
                }
            }
            run.egraph.rebuild();
        }
        run.tried = tried;
        run
    }

    fn is_full(&self) -> bool {
        self.egraph.total_number_of_nodes() > self.limits.nodes || self.work > self.limits.work
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

    /// Tries the rules on every node, its children read as their cheapest terms, that was not met before; what they act on. None that is met
    /// when there was work enough.
    fn search(
        &mut self,
        tried: &mut Tried,
        seen: &mut FxHashSet<Term>,
        context: &Context,
    ) -> Vec<Term> {
        let mut classes: Vec<_> = self.egraph.classes().collect();
        classes.sort_by_key(|class| class.id);
        let mut found = Vec::new();
        let mut work = self.work;
        for class in classes {
            for node in class.iter().filter(|node| !node.is_leaf()) {
                let term = self.read(node);
                if work <= self.limits.work && seen.insert(term.clone()) {
                    work += term.size() as usize;
                    if !tried.on(&term, context).is_empty() {
                        found.push(term);
                    }
                }
            }
        }
        self.work = work;
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

    fn unite(&mut self, before: &Term, after: &Term, rule: &'static str) {
        let [from, to] = [before, after].map(|term| self.insert(term));
        if self.egraph.find(from) != self.egraph.find(to) {
            self.egraph.union_trusted(from, to, rule);
        }
    }

    /// The cheapest form and its proof.
    pub fn solution(&mut self, facts: &[Fact]) -> Solution {
        let result = self.egraph[self.root].data.term.clone();
        let steps = if result == self.start {
            Vec::new()
        } else {
            let (start, end) = (expression(&self.start), expression(&result));
            let proof = self.egraph.explain_equivalence(&start, &end);
            if length(&proof).total() > self.limits.proof {
                return self.sooner(facts);
            }
            let context = Context {
                facts,
                indices: &self.indices(),
                transforms: self.transforms,
                without: self.without,
            };
            steps_of_proof(&proof, &mut self.tried, &context)
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

    /// What half as many rounds lead to, where the proof of what was found is too long to be written out.
    fn sooner(&self, facts: &[Fact]) -> Solution {
        let limits = Limits {
            rounds: self.rounds / 2,
            ..self.limits
        };
        let mut run = without_clock(|| {
            let tried = Tried::default();
            Run::saturated(
                &self.start,
                facts,
                limits,
                self.transforms,
                self.without,
                tried,
            )
        });
        let solution = run.solution(facts);
        Solution {
            saturated: false,
            ..solution
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

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::{Dim, Name, Shape};
    use derive_index::{Fresh, build};

    /// The entry A_im of Σ_jkl δ_ij A_jk δ_kl δ_lm.
    fn start() -> Term {
        let mut fresh = Fresh::default();
        let n = Dim::Named(Name::new("n"));
        let index: Vec<_> = (0..5).map(|_| fresh.index(&n)).collect();
        let array = build::tensor(&Name::new("A"), &Shape(vec![n.clone(), n]));
        let entry = build::entry(array, vec![index[1].clone(), index[2].clone()]);
        let delta = |a: usize, b: usize| build::delta(&index[a], &index[b]);
        let factors = vec![delta(0, 1), entry, delta(2, 3), delta(3, 4)];
        let body = build::product(index[1..4].to_vec(), factors);
        build::comprehension(&[index[0].clone(), index[4].clone()], body)
    }

    #[test]
    fn a_proof_is_as_long_as_was_counted() {
        let mut run = Run::new(&start(), &[], Limits::default());
        let result = run.egraph[run.root].data.term.clone();
        let (from, to) = (expression(&run.start), expression(&result));
        let mut proof = run.egraph.explain_equivalence(&from, &to);
        let counted = length(&proof);
        let written = crate::lines::lines(&proof);
        let flat = proof.make_flat_explanation();
        assert_eq!(counted.lines, flat.len());
        fn read(line: &egg::FlatTerm<Node>) -> Term {
            let children = line.children.iter().map(read).collect();
            Term::raw(line.node.head.clone(), children)
        }
        let terms: Vec<Term> = written.iter().map(|line| line.term.clone()).collect();
        assert_eq!(terms, flat.iter().map(read).collect::<Vec<Term>>());
        assert!(written[0].change.is_none() && written[1..].iter().all(|it| it.change.is_some()));
        assert!(counted.lines > 3);
        fn nodes(line: &egg::FlatTerm<Node>) -> usize {
            1 + line.children.iter().map(nodes).sum::<usize>()
        }
        let longest = flat.iter().map(nodes).max();
        assert!(longest <= Some(counted.nodes), "{longest:?} {counted:?}");
    }

    /// Two forms of different shapes in one class are a mistake in a rule, which later unions must not hide.
    #[test]
    fn forms_of_different_shapes_clash() {
        let n = |name: &str| Dim::Named(Name::new(name));
        let leaf = |name: &str, dim: &str| Node {
            head: Head::Tensor(Name::new(name), Shape(vec![n(dim)])),
            children: Vec::new(),
        };
        let mut graph = Graph::new(Cheapest::default());
        let [a, b, c, d] = [("a", "n"), ("b", "n"), ("c", "m"), ("d", "m")]
            .map(|(it, dim)| graph.add(leaf(it, dim)));
        graph.union(a, b);
        assert!(!graph.analysis.clash);
        graph.union(a, c);
        graph.union(c, d);
        assert!(graph.analysis.clash);
    }

    #[test]
    fn limits_end_a_run_with_what_is_proved() {
        let solved = |limits: Limits| Run::new(&start(), &[], limits).solution(&[]);
        let whole = solved(Limits::default());
        assert!(whole.saturated && whole.steps.to_vec().len() > 2);
        let no_proof = solved(Limits {
            proof: 0,
            ..Limits::default()
        });
        assert_eq!((no_proof.result, no_proof.saturated), (start(), false));
        assert!(no_proof.steps.to_vec().is_empty());
        let no_work = solved(Limits {
            work: 0,
            ..Limits::default()
        });
        assert!(!no_work.saturated);
        let no_nodes = solved(Limits {
            nodes: 1,
            ..Limits::default()
        });
        assert!(!no_nodes.saturated && no_nodes.nodes < whole.nodes);
        let short = solved(Limits {
            proof: 60,
            ..Limits::default()
        });
        assert!(!short.saturated);
        let steps = short.steps.to_vec();
        assert!(steps.windows(2).all(|it| it[0].after == it[1].before));
        assert_eq!(
            steps.last().map_or(start(), |it| it.after.clone()),
            short.result
        );
    }
}
