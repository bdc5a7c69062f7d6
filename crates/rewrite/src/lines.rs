//! The lines of a proof, from the tree in which the e-graph gives it.
//!
//! A proof is a chain of nodes, each with a proof of every child: how the child goes from what it is at first to what it is at last. Its
//! lines are whole terms, each one rewritten at one place. Parts of proofs are shared, and so are the lines of parts and the terms in
//! them: a line is as much new work as the place that changes is deep, not as the term is large. Source of the proofs: Willsey, Nandi,
//! Wang, Flatt, Tatlock and Panchekha, egg (2021), and Flatt and others, Small proofs from congruence closure (2022).

use crate::language::Node;
use derive_index::Term;
use egg::{Explanation, Symbol, TreeTerm};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// One line of a proof: a term, and how it came from the line before; the first line came from nowhere.
#[derive(Clone, Debug)]
pub struct Line {
    /// The whole term.
    pub term: Term,
    /// What was rewritten, and by which rule.
    pub change: Option<Change>,
}

/// A rewrite of one place.
#[derive(Clone, Debug)]
pub struct Change {
    /// The name of the rule.
    pub rule: Symbol,
    /// Whether the rule leads from this line to the one before.
    pub backwards: bool,
    /// The positions of children that lead to the place, from the innermost outwards.
    outwards: Vec<usize>,
}

impl Change {
    /// The positions of children that lead to the place, from the whole term.
    pub fn site(&self) -> Vec<usize> {
        self.outwards.iter().rev().copied().collect()
    }
}

/// The lines of a proof.
pub fn lines(proof: &Explanation<Node>) -> Vec<Line> {
    Lines::default().of_proof(&proof.explanation_trees)
}

/// The lines of parts that were written out, by where the parts are kept.
#[derive(Default)]
struct Lines {
    known: FxHashMap<*const TreeTerm<Node>, Rc<[Line]>>,
}

impl Lines {
    fn of_proof(&mut self, proof: &[Rc<TreeTerm<Node>>]) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for tree in proof {
            let part = self.of_tree(tree);
            let mut part = part.iter().cloned();
            let Some(mut first) = part.next() else {
                continue;
            };
            // A part that does not say how it came from the last line begins with that line.
            if first.change.is_none() {
                first.change = lines.pop().and_then(|last| last.change);
            }
            lines.push(first);
            lines.extend(part);
        }
        lines
    }

    fn of_tree(&mut self, tree: &Rc<TreeTerm<Node>>) -> Rc<[Line]> {
        if let Some(known) = self.known.get(&Rc::as_ptr(tree)) {
            return known.clone();
        }
        let children = tree.child_proofs.iter();
        let children: Vec<Vec<Line>> = children.map(|child| self.of_proof(child)).collect();
        let lines: Rc<[Line]> = around(tree, &children).into();
        self.known.insert(Rc::as_ptr(tree), lines.clone());
        lines
    }
}

/// The lines of a node whose children go from their first lines to their last, one child after the other.
fn around(tree: &TreeTerm<Node>, children: &[Vec<Line>]) -> Vec<Line> {
    let firsts = children.iter().filter_map(|lines| lines.first());
    let mut current: Vec<Term> = firsts.map(|line| line.term.clone()).collect();
    let of = |current: &[Term]| Term::raw(tree.node.head.clone(), current.to_vec());
    let forward = tree.forward_rule.map(|rule| (rule, false));
    let rule = forward.or(tree.backward_rule.map(|rule| (rule, true)));
    let mut lines = vec![Line {
        term: of(&current),
        change: rule.map(|(rule, backwards)| Change {
            rule,
            backwards,
            outwards: Vec::new(),
        }),
    }];
    for (at, child) in children.iter().enumerate() {
        let below = |line: &Line| {
            line.change.clone().map(|mut change| {
                change.outwards.push(at);
                change
            })
        };
        // The first line of a child is part of the line that stands, with what it says of its way there.
        if let (Some(change), Some(last)) = (child.first().and_then(below), lines.last_mut()) {
            last.change = Some(change);
        }
        for line in child.iter().skip(1) {
            current[at] = line.term.clone();
            lines.push(Line {
                term: of(&current),
                change: below(line),
            });
        }
    }
    lines
}
