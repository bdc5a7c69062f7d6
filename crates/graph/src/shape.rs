//! Symbolic dimensions and shapes.

use crate::{Name, Polynomial};
use std::fmt;
use std::sync::Arc;

/// The most axes an array may have.
pub const MAX_RANK: usize = 4;

/// One dimension. Named dimensions are equal only by name; a number equals only the same number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dim {
    /// A dimension known by name, `N`.
    Named(Name),
    /// A dimension written as a number, `3`.
    Size(u64),
    /// The size of an axis that an operator makes, `n - k + 1`; never a plain number or name.
    Formula(Arc<Polynomial>),
}

impl Dim {
    /// Whether a number in it did not fit into 64 bits.
    pub fn is_overflowed(&self) -> bool {
        match self {
            Dim::Formula(formula) => formula.is_overflowed(),
            Dim::Named(_) | Dim::Size(_) => false,
        }
    }

    /// Whether this is the literal dimension 1, the only one that broadcasts.
    pub fn is_unit(&self) -> bool {
        *self == Dim::Size(1)
    }

    /// Calls `each` with every named dimension that occurs.
    pub fn mention(&self, each: &mut dyn FnMut(&Name)) {
        match self {
            Dim::Named(name) => each(name),
            Dim::Size(_) => {}
            Dim::Formula(formula) => formula.mention(each),
        }
    }

    /// The dimension with every named one in it replaced.
    #[must_use]
    pub fn renamed(&self, rename: &dyn Fn(&Name) -> Dim) -> Dim {
        match self {
            Dim::Named(name) => rename(name),
            Dim::Size(_) => self.clone(),
            Dim::Formula(formula) => {
                let renamed = formula.renamed(rename);
                renamed.to_dim().unwrap_or_else(|| self.clone())
            }
        }
    }

    /// The size where named dimensions have these; `None` if one is missing or the size is below 1.
    pub fn size(&self, size: &dyn Fn(&Name) -> Option<i64>) -> Option<u64> {
        let value = match self {
            Dim::Named(name) => size(name)?,
            Dim::Size(size) => return Some(*size),
            Dim::Formula(formula) => formula.value(size)?,
        };
        u64::try_from(value).ok().filter(|size| *size > 0)
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Named(name) => name.fmt(f),
            Dim::Size(size) => size.fmt(f),
            Dim::Formula(formula) => formula.fmt(f),
        }
    }
}

/// The dimensions of an array, outermost first. The empty shape is a scalar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape(pub Vec<Dim>);

impl Shape {
    /// The shape of a scalar.
    pub fn scalar() -> Shape {
        Shape(Vec::new())
    }

    /// How many axes there are.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no axes.
    pub fn is_scalar(&self) -> bool {
        self.0.is_empty()
    }

    /// NumPy's broadcast of two shapes: aligned at the last axis, a literal 1 or a missing axis stretches.
    /// `None` where two dimensions neither match nor stretch.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        let axis = |shape: &Shape, at: usize| {
            let missing = rank - shape.rank();
            (at >= missing).then(|| shape.0[at - missing].clone())
        };
        let stretched = (0..rank).map(|at| match (axis(self, at), axis(other, at)) {
            (Some(a), Some(b)) if a == b || b.is_unit() => Some(a),
            (Some(a), Some(b)) if a.is_unit() => Some(b),
            (Some(_), Some(_)) => None,
            (Some(only), None) | (None, Some(only)) => Some(only),
            (None, None) => None,
        });
        stretched.collect::<Option<Vec<_>>>().map(Shape)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_scalar() {
            return f.write_str("scalar");
        }
        f.write_str("[")?;
        for (at, dim) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{dim}")?;
        }
        f.write_str("]")
    }
}
