//! Multilinear operations as labelled axes: `ik,kj->ij`.
//!
//! Matrix product, transpose, outer and dot product, trace, sums and broadcasting differ only in their labels, so their
//! shapes, their meaning entry by entry and their evaluation are written once. A label that is missing in the output is
//! summed over; one that is missing in every input is a new axis along which the value repeats. [`Label::UNIT`] marks an
//! axis of literal size 1 that is dropped (input) or added (output).

use crate::{Dim, Shape};

/// The label of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub u8);

impl Label {
    /// An axis of literal size 1 whose only index is left out.
    pub const UNIT: Label = Label(b'1');
}

/// Which axes of the inputs meet, and which remain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Einsum {
    /// The name of the operator's row in [`crate::operator::OPERATORS`].
    pub operator: &'static str,
    /// For each argument, a label for each axis.
    pub inputs: Vec<Vec<Label>>,
    /// The labels of the result's axes.
    pub output: Vec<Label>,
}

/// Two axes under one label whose dimensions differ, or an operand of the wrong rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Operand and axis met first.
    pub first: (usize, usize),
    /// Operand and axis that does not fit it.
    pub second: (usize, usize),
}

impl Einsum {
    /// Reads `ik,kj->ij`.
    pub fn parse(operator: &'static str, pattern: &str) -> Einsum {
        let labels = |text: &str| text.bytes().map(Label).collect::<Vec<_>>();
        let (inputs, output) = pattern.split_once("->").unwrap_or((pattern, ""));
        Einsum {
            operator,
            inputs: inputs.split(',').map(labels).collect(),
            output: labels(output),
        }
    }

    /// The dimension of every label of the inputs, in order of first appearance.
    ///
    /// # Errors
    /// The first two axes with one label and different dimensions.
    pub fn label_dims(&self, shapes: &[&Shape]) -> Result<Vec<(Label, Dim)>, Mismatch> {
        let mut seen: Vec<(Label, Dim, (usize, usize))> = Vec::new();
        for (operand, labels) in self.inputs.iter().enumerate() {
            for (axis, label) in labels.iter().enumerate() {
                let dim = &shapes[operand].0[axis];
                match seen
                    .iter()
                    .find(|(known, ..)| known == label && *label != Label::UNIT)
                {
                    Some((_, known, first)) if known != dim => {
                        return Err(Mismatch {
                            first: *first,
                            second: (operand, axis),
                        });
                    }
                    Some(_) => {}
                    None => seen.push((*label, dim.clone(), (operand, axis))),
                }
            }
        }
        Ok(seen
            .into_iter()
            .map(|(label, dim, _)| (label, dim))
            .collect())
    }

    /// The shape of the result for operators whose output labels all occur in the inputs.
    ///
    /// # Errors
    /// As [`Einsum::label_dims`].
    pub fn output_shape(&self, shapes: &[&Shape]) -> Result<Shape, Mismatch> {
        let dims = self.label_dims(shapes)?;
        let dim_of = |label: &Label| {
            let found = dims
                .iter()
                .find(|(known, _)| known == label && *label != Label::UNIT);
            found.map_or(Dim::Size(1), |(_, dim)| dim.clone())
        };
        Ok(Shape(self.output.iter().map(dim_of).collect()))
    }
}
