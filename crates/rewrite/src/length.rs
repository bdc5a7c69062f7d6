//! How long a proof is when it is written out.
//!
//! In: the tree of a proof, whose parts are shared, so that it is small even where written out it would not fit any memory. Out: how many nodes
//! all its lines have, counted without writing them. [`egg::Explanation::make_flat_explanation`] is what is counted.

use crate::language::Node;
use egg::{Explanation, TreeExplanation, TreeTerm};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// The lines of a proof and what is in them.
pub fn length(proof: &Explanation<Node>) -> Length {
    Lengths::default().of_proof(&proof.explanation_trees)
}

/// How long a proof is, or a part of one.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// How many lines it has.
    pub lines: usize,
    /// How many nodes the longest of them has, at most.
    pub nodes: usize,
    /// Whether the first line says how it came from the one before.
    continues: bool,
}

impl Length {
    /// The number of nodes of all lines, at most.
    pub fn total(self) -> usize {
        self.lines.saturating_mul(self.nodes)
    }
}

/// Lengths of parts of a proof, which is shared, by where they are kept.
#[derive(Default)]
struct Lengths {
    known: FxHashMap<*const TreeTerm<Node>, Length>,
}

impl Lengths {
    fn of_proof(&mut self, proof: &TreeExplanation<Node>) -> Length {
        let mut whole = Length {
            lines: 0,
            nodes: 0,
            continues: false,
        };
        for (at, tree) in proof.iter().enumerate() {
            let part = self.of_tree(tree);
            // A part that does not say how it came from the last line begins with that line.
            let again = usize::from(at > 0 && !part.continues);
            whole.lines = whole.lines.saturating_add(part.lines - again);
            whole.nodes = whole.nodes.max(part.nodes);
            whole.continues |= at == 0 && part.continues;
        }
        whole
    }

    fn of_tree(&mut self, tree: &Rc<TreeTerm<Node>>) -> Length {
        if let Some(known) = self.known.get(&Rc::as_ptr(tree)) {
            return *known;
        }
        let mut whole = Length {
            lines: 1,
            nodes: 1,
            continues: tree.forward_rule.is_some() || tree.backward_rule.is_some(),
        };
        for child in &tree.child_proofs {
            let part = self.of_proof(child);
            whole.lines = whole.lines.saturating_add(part.lines.saturating_sub(1));
            whole.nodes = whole.nodes.saturating_add(part.nodes);
            whole.continues |= part.continues;
        }
        self.known.insert(Rc::as_ptr(tree), whole);
        whole
    }
}
