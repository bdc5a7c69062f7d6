//! Terms as e-nodes: the head of a term and the classes of its children.

use derive_index::{Head, Term};
use egg::{Id, Language};
use std::fmt;

/// An e-node.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// What it is.
    pub head: Head,
    /// The classes of its children.
    pub children: Vec<Id>,
}

impl Language for Node {
    type Discriminant = Head;

    fn discriminant(&self) -> Head {
        self.head.clone()
    }

    fn matches(&self, other: &Node) -> bool {
        self.head == other.head && self.children.len() == other.children.len()
    }

    fn children(&self) -> &[Id] {
        &self.children
    }

    fn children_mut(&mut self) -> &mut [Id] {
        &mut self.children
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.head)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.head, self.children)
    }
}

/// The expression that stands for a term, children before parents.
pub fn expression(term: &Term) -> egg::RecExpr<Node> {
    let mut nodes = egg::RecExpr::default();
    push(term, &mut nodes);
    nodes
}

fn push(term: &Term, nodes: &mut egg::RecExpr<Node>) -> Id {
    let children = term
        .children()
        .iter()
        .map(|child| push(child, nodes))
        .collect();
    nodes.add(Node {
        head: term.head().clone(),
        children,
    })
}
