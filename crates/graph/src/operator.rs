//! The table of operators that are not elementwise: name, and the labels of their axes for each combination of ranks.
//!
//! Reductions and broadcasting work for every rank, so their labels are computed; the others list theirs.

use crate::Shape;
use crate::einsum::{Einsum, Label};

/// A row of the operator table.
#[derive(Debug)]
pub struct OperatorRow {
    /// The name in a spec, or a descriptive one for what no spec spells.
    pub name: &'static str,
    /// What the operator is called in messages.
    pub title: &'static str,
    /// Number of array arguments.
    pub arity: usize,
    /// Labels for each combination of ranks; the first whose ranks fit is taken.
    pub patterns: &'static [&'static str],
}

/// Every operator with labels.
#[rustfmt::skip]
pub static OPERATORS: &[OperatorRow] = &[
    OperatorRow { name: "@", title: "matrix product", arity: 2, patterns: &[
        "ik,kj->ij", "ik,k->i", "k,kj->j", "k,k->",
        "bik,bkj->bij", "bik,kj->bij", "ik,bkj->bij", "bik,k->bi", "k,bkj->bj",
        "abik,abkj->abij", "abik,bkj->abij", "bik,abkj->abij", "abik,kj->abij", "ik,abkj->abij", "abik,k->abi", "k,abkj->abj",
    ] },
    OperatorRow { name: ".T", title: "transpose", arity: 1, patterns: &["ij->ji"] },
    OperatorRow { name: "outer", title: "outer product", arity: 2, patterns: &["i,j->ij"] },
    OperatorRow { name: "dot", title: "dot product", arity: 2, patterns: &["k,k->", "kl,kl->"] },
    OperatorRow { name: "tr", title: "trace", arity: 1, patterns: &["ii->"] },
    OperatorRow { name: "diag", title: "diagonal", arity: 1, patterns: &["i->ii", "ii->i"] },
    OperatorRow { name: "kron", title: "Kronecker product", arity: 2, patterns: &["ij,kl->ikjl", "i,k->ik"] },
    OperatorRow { name: "sum", title: "sum", arity: 1, patterns: &[] },
    OperatorRow { name: "permute", title: "reordering of axes", arity: 1, patterns: &[] },
    OperatorRow { name: "broadcast", title: "broadcast", arity: 1, patterns: &[] },
    // What only index notation makes: repetition along axes that are not the first, and products over axes that no other
    // row has.
    OperatorRow { name: "repeat", title: "repetition", arity: 1, patterns: &[] },
    OperatorRow { name: "contract", title: "contraction", arity: 2, patterns: &[] },
];

/// The row of this name.
pub fn row(name: &str) -> Option<&'static OperatorRow> {
    OPERATORS.iter().find(|row| row.name == name)
}

impl OperatorRow {
    /// The labels for operands of these shapes, `None` if no pattern has their ranks.
    pub fn einsum(&self, shapes: &[&Shape]) -> Option<Einsum> {
        let candidates = self
            .patterns
            .iter()
            .map(|pattern| Einsum::parse(self.name, pattern));
        let fits = |einsum: &Einsum| {
            einsum.inputs.len() == shapes.len()
                && einsum
                    .inputs
                    .iter()
                    .zip(shapes)
                    .all(|(labels, shape)| labels.len() == shape.rank())
        };
        candidates.into_iter().find(fits)
    }
}

/// The labels of a sum of an array of this rank over `axes`. With `keepdims` the summed axes stay with size 1.
pub fn sum(rank: usize, axes: &[usize], keepdims: bool) -> Einsum {
    let labels: Vec<Label> = axis_labels(rank);
    let keep = |axis: usize| match (axes.contains(&axis), keepdims) {
        (false, _) => Some(labels[axis]),
        (true, true) => Some(Label::UNIT),
        (true, false) => None,
    };
    let output = (0..rank).filter_map(keep).collect();
    Einsum {
        operator: "sum",
        inputs: vec![labels],
        output,
    }
}

/// The labels that repeat an array of shape `from` along the axes of `to`, which NumPy's rule aligns at the last axis.
/// `from` must broadcast to `to`.
pub fn broadcast(from: &Shape, to: &Shape) -> Einsum {
    let output = axis_labels(to.rank());
    let missing = to.rank() - from.rank();
    let label = |axis: usize| {
        let stretched = from.0[axis].is_unit() && !to.0[axis + missing].is_unit();
        if stretched {
            Label::UNIT
        } else {
            output[axis + missing]
        }
    };
    Einsum {
        operator: "broadcast",
        inputs: vec![(0..from.rank()).map(label).collect()],
        output,
    }
}

fn axis_labels(rank: usize) -> Vec<Label> {
    (b'a'..).take(rank).map(Label).collect()
}
