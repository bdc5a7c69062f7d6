//! Sums of products over labelled axes, for values and for blocks of slopes alike.

use crate::array::strides;
use derive_graph::{Einsum, Label};
use std::ops::Range;

/// An einsum with concrete sizes: for every label its size and its stride in each operand and in the result.
#[derive(Clone, Debug)]
pub(crate) struct Contraction {
    /// One a label, those of the result first.
    sizes: Vec<usize>,
    /// For each label the strides in the operands, then in the result.
    strides: Vec<Vec<usize>>,
    operands: usize,
}

impl Contraction {
    /// The loops of `einsum` on arrays of these sizes.
    pub(crate) fn new(einsum: &Einsum, inputs: &[&[usize]], output: &[usize]) -> Contraction {
        let mut labels: Vec<Label> = Vec::new();
        let mut contraction = Contraction {
            sizes: Vec::new(),
            strides: Vec::new(),
            operands: inputs.len(),
        };
        // The result's axes come first so that the sums are the inner loops.
        contraction.add_axes(&mut labels, &einsum.output, output, inputs.len());
        for (operand, (axes, dims)) in einsum.inputs.iter().zip(inputs).enumerate() {
            contraction.add_axes(&mut labels, axes, dims, operand);
        }
        contraction
    }

    fn add_axes(&mut self, labels: &mut Vec<Label>, axes: &[Label], dims: &[usize], column: usize) {
        for ((label, size), stride) in axes.iter().zip(dims).zip(strides(dims)) {
            // An axis with one entry never moves.
            if *label == Label::UNIT || *size == 1 {
                continue;
            }
            let row = labels.iter().position(|known| known == label);
            let row = row.unwrap_or_else(|| {
                labels.push(*label);
                self.sizes.push(*size);
                self.strides.push(vec![0; self.operands + 1]);
                labels.len() - 1
            });
            self.strides[row][column] += stride;
        }
    }

    /// The number of products that are added up.
    pub(crate) fn cost(&self) -> usize {
        self.sizes
            .iter()
            .fold(1, |all, size| all.saturating_mul(*size))
    }

    /// Adds to `result` the sum of products in which the entries of operand `at` are replaced by blocks of `width`
    /// numbers. With the operand's own entries and width 1 that is the value; with slopes it is one term of the product
    /// rule.
    pub(crate) fn add(
        &self,
        values: &[&[f64]],
        (at, block): (usize, &[f64]),
        width: usize,
        result: &mut [f64],
    ) {
        // What does not move at all says nothing: most arrays move in few of the directions.
        let columns = moving(block, width);
        let last = self.operands;
        let outer = self.sizes.len().saturating_sub(1);
        let none = vec![0; last + 1];
        let steps = self.strides.get(outer).unwrap_or(&none);
        let inner = self.sizes.get(outer).copied().unwrap_or(1);
        let mut counters = vec![0; outer];
        let mut offsets = vec![0; last + 1];
        loop {
            let mut from = offsets[at] * width + columns.start;
            let mut to = offsets[last] * width + columns.start;
            let (from_step, to_step) = (steps[at] * width, steps[last] * width);
            for entry in 0..inner {
                let mut factor = 1.0;
                for (operand, value) in values.iter().enumerate() {
                    if operand != at {
                        factor *= value[offsets[operand] + entry * steps[operand]];
                    }
                }
                if columns.len() == 1 {
                    result[to] += factor * block[from];
                } else {
                    let slopes = &block[from..][..columns.len()];
                    for (sum, slope) in result[to..][..columns.len()].iter_mut().zip(slopes) {
                        *sum += factor * slope;
                    }
                }
                from += from_step;
                to += to_step;
            }
            if !self.advance(&mut counters, &mut offsets) {
                return;
            }
        }
    }

    /// The next values of all labels but the last one; false after the last of them.
    fn advance(&self, counters: &mut [usize], offsets: &mut [usize]) -> bool {
        for row in (0..counters.len()).rev() {
            counters[row] += 1;
            let wraps = counters[row] == self.sizes[row];
            let back = if wraps { self.sizes[row] - 1 } else { 0 };
            for (offset, stride) in offsets.iter_mut().zip(&self.strides[row]) {
                *offset = if wraps {
                    *offset - stride * back
                } else {
                    *offset + stride
                };
            }
            if !wraps {
                return true;
            }
            counters[row] = 0;
        }
        false
    }
}

/// The columns from the first to the last one in which a block of slopes is not zero.
fn moving(block: &[f64], width: usize) -> Range<usize> {
    if width == 1 {
        return 0..1;
    }
    let mut columns = width..0;
    for slopes in block.chunks_exact(width) {
        let before = &slopes[..columns.start];
        if let Some(first) = before.iter().position(|slope| *slope != 0.0) {
            columns.start = first;
        }
        let after = &slopes[columns.end..];
        if let Some(last) = after.iter().rposition(|slope| *slope != 0.0) {
            columns.end += last + 1;
        }
    }
    columns.start.min(columns.end)..columns.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, inputs: &[(&[usize], &[f64])], output: &[usize], expected: &[f64]) {
        let einsum = Einsum::parse("test", pattern);
        let dims: Vec<&[usize]> = inputs.iter().map(|(dims, _)| *dims).collect();
        let values: Vec<&[f64]> = inputs.iter().map(|(_, data)| *data).collect();
        let contraction = Contraction::new(&einsum, &dims, output);
        let mut result = vec![0.0; output.iter().product()];
        contraction.add(&values, (0, values[0]), 1, &mut result);
        assert_eq!(result, expected, "{pattern}");
    }

    #[test]
    fn labels_say_what_is_summed() {
        let a: (&[usize], &[f64]) = (&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let v: (&[usize], &[f64]) = (&[2], &[5.0, 6.0]);
        check("ik,kj->ij", &[a, a], &[2, 2], &[7.0, 10.0, 15.0, 22.0]);
        check("ik,k->i", &[a, v], &[2], &[17.0, 39.0]);
        check("ij->ji", &[a], &[2, 2], &[1.0, 3.0, 2.0, 4.0]);
        check("ii->", &[a], &[], &[5.0]);
        check("ij->j", &[a], &[2], &[4.0, 6.0]);
        check("ij->1j", &[a], &[1, 2], &[4.0, 6.0]);
        check("j->ij", &[v], &[2, 2], &[5.0, 6.0, 5.0, 6.0]);
        check("i,j->ij", &[v, v], &[2, 2], &[25.0, 30.0, 30.0, 36.0]);
        check("->i", &[(&[], &[3.0])], &[2], &[3.0, 3.0]);
    }

    #[test]
    fn only_columns_that_move_are_looked_at() {
        assert_eq!(moving(&[0.0, 0.0, 3.0, 0.0, 0.0, 1.0, 0.0, 0.0], 4), 1..3);
        assert_eq!(moving(&[0.0; 6], 3), 0..0);
        assert_eq!(moving(&[f64::NAN, 0.0], 2), 0..1);
        assert_eq!(moving(&[0.0, 0.0], 1), 0..1);
        let einsum = Einsum::parse("test", "i,i->");
        let contraction = Contraction::new(&einsum, &[&[2], &[2]], &[]);
        let mut result = vec![0.5; 3];
        let block = [0.0, 2.0, 0.0, 0.0, 3.0, 0.0];
        contraction.add(&[&[1.0, 1.0], &[10.0, 100.0]], (0, &block), 3, &mut result);
        assert_eq!(result, [0.5, 320.5, 0.5]);
    }
}
