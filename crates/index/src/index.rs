//! Indices: variables that run over a dimension, and the only index of an axis of size 1.

use derive_graph::Dim;

/// One index. Two variables are the same only by id, even over one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// The only index of an axis of literal size 1; printed as 1.
    Unit,
    /// A variable; letters are chosen when it is printed.
    Variable {
        /// Identifies the variable within one statement.
        id: u32,
        /// What it runs over.
        dim: Dim,
    },
}

impl Index {
    /// The dimension that it runs over.
    pub fn dim(&self) -> Dim {
        match self {
            Index::Unit => Dim::Size(1),
            Index::Variable { dim, .. } => dim.clone(),
        }
    }

    /// The id of a variable.
    pub fn id(&self) -> Option<u32> {
        match self {
            Index::Unit => None,
            Index::Variable { id, .. } => Some(*id),
        }
    }
}

/// A source of indices that have not been used yet.
#[derive(Clone, Debug, Default)]
pub struct Fresh {
    next: u32,
}

impl Fresh {
    /// A source whose first variable has this id.
    pub fn starting_at(next: u32) -> Fresh {
        Fresh { next }
    }

    /// The id that the next variable gets.
    pub fn peek(&self) -> u32 {
        self.next
    }

    /// A new index over `dim`; [`Index::Unit`] if the dimension is the literal 1.
    pub fn index(&mut self, dim: &Dim) -> Index {
        if dim.is_unit() {
            return Index::Unit;
        }
        let id = self.next;
        self.next += 1;
        Index::Variable {
            id,
            dim: dim.clone(),
        }
    }

    /// New indices for every axis of a shape.
    pub fn indices(&mut self, dims: &[Dim]) -> Vec<Index> {
        dims.iter().map(|dim| self.index(dim)).collect()
    }
}
