//! The innermost loop of a sum, where every factor is an entry of an array: the places move by fixed steps.
//!
//! In: the factors as they were compiled. Out: what [`crate::loops`] computes, product by product in the same order, without asking every
//! factor anew where it stands; values for which a place does not exist are left out before.

use crate::Array;
use crate::bounds::Bound;
use crate::loops::{Code, Run};
use crate::number::Number;
use derive_graph::gather::Line;
use std::rc::Rc;

/// The factors of an innermost loop.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    rows: Vec<Row<R>>,
    /// Places that have to exist whatever the value of the loop is.
    fixed: Vec<Line>,
    /// Where places that move exist.
    bounds: Vec<Bound>,
}

/// An array, how its place moves with the loop, and where it begins.
#[derive(Debug)]
struct Row<R> {
    array: Rc<Array<R>>,
    step: i64,
    begin: i64,
    others: Vec<(usize, i64)>,
}

impl<R> Row<R> {
    fn add(&mut self, slot: usize, at: usize, by: i64) {
        if at == slot {
            self.step += by;
        } else {
            self.others.push((at, by));
        }
    }

    fn place(&self, first: usize, values: &[usize]) -> i64 {
        let others = self.others.iter();
        let rest: i64 = others.map(|(at, by)| by * values[*at] as i64).sum();
        self.begin + rest + self.step * first as i64
    }

    fn entry(&self, place: i64) -> R
    where
        R: Copy,
    {
        self.array.data[place as usize]
    }
}

/// The factors of the loop over `slot` as rows, if they are all entries whose subscripts neither divide nor wrap around.
pub(crate) fn rows<R: Number>(slot: usize, run: &Run, factors: &[Code<R>]) -> Option<Rows<R>> {
    if !matches!(run, Run::Over(_)) || factors.is_empty() {
        return None;
    }
    let mut all = Rows {
        rows: Vec::with_capacity(factors.len()),
        fixed: Vec::new(),
        bounds: Vec::new(),
    };
    for factor in factors {
        let (array, plain, lines) = match factor {
            Code::Entry(array, plain) => (array, plain, &[][..]),
            Code::Place(array, plain, lines) => (array, plain, lines.as_slice()),
            _ => return None,
        };
        let mut row = Row {
            array: Rc::clone(array),
            step: 0,
            begin: 0,
            others: Vec::new(),
        };
        for (at, stride) in plain {
            row.add(slot, *at, i64::try_from(*stride).ok()?);
        }
        for (line, stride) in lines {
            let stride = i64::try_from(*stride).ok()?;
            if line.divisor != 1 || line.cyclic {
                return None;
            }
            row.begin += line.constant.checked_mul(stride)?;
            for (at, factor) in &line.coefficients {
                row.add(slot, *at, factor.checked_mul(stride)?);
            }
            let moves = |(at, factor): &(usize, i64)| *at == slot && *factor != 0;
            match line.coefficients.iter().any(moves) {
                true => all.bounds.push(Bound::of_place(line, slot)?),
                false => all.fixed.push(line.clone()),
            }
        }
        all.rows.push(row);
    }
    Some(all)
}

impl<R: Number> Rows<R> {
    /// `partial` times the sum of products over the values below `size`, and how many there are.
    pub(crate) fn sum(&self, size: usize, partial: R, values: &[usize]) -> (R, usize) {
        let mut total = R::zero();
        if self.fixed.iter().any(|line| line.place(values).is_none()) {
            return (total, 0);
        }
        let bounds = self.bounds.iter();
        let range = bounds.fold(0..size, |range, bound| bound.narrowed(range, values));
        if range.is_empty() {
            return (total, 0);
        }
        let first = range.start;
        match self.rows.as_slice() {
            [row] => {
                let mut at = row.place(first, values);
                for _ in range.clone() {
                    total = total + partial * row.entry(at);
                    at += row.step;
                }
            }
            [row, other] => {
                let (mut at, mut beside) = (row.place(first, values), other.place(first, values));
                for _ in range.clone() {
                    let product = partial * row.entry(at);
                    // Zero times anything is nothing.
                    if product != R::zero() {
                        total = total + product * other.entry(beside);
                    }
                    at += row.step;
                    beside += other.step;
                }
            }
            rows => {
                for value in range.clone() {
                    let mut product = partial;
                    for row in rows {
                        if product == R::zero() {
                            break;
                        }
                        product = product * row.entry(row.place(value, values));
                    }
                    total = total + product;
                }
            }
        }
        (total, range.len())
    }
}
