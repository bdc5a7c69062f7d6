//! The innermost loop of a product, where every factor is an entry of an array: places move by fixed steps.
//!
//! In: the factors as they were compiled. Out: what [`crate::loops`] computes, product by product in the same order, without asking every
//! factor anew where it stands; values for which a place does not exist are left out before.

use crate::Array;
use crate::bounds::Bound;
use crate::loops::Code;
use crate::number::Number;
use derive_graph::gather::Line;
use std::ops::Range;
use std::rc::Rc;

/// The factors of an innermost loop.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    rows: Vec<Row<R>>,
    /// What has to be other than zero whatever the value of the loop is.
    fixed: Vec<Code<R>>,
    /// Where the places that move exist.
    bounds: Vec<Bound>,
}

/// An array, where its place begins and how it moves with the loop and with other slots.
#[derive(Debug)]
struct Row<R> {
    array: Rc<Array<R>>,
    begin: i64,
    step: i64,
    others: Vec<(usize, i64)>,
}

/// The factors of the loop over `slot` as rows, if they are all entries whose subscripts neither divide nor wrap around, or conditions.
pub(crate) fn rows<R: Number>(slot: usize, factors: &[Code<R>]) -> Option<Rows<R>> {
    let mut all = Rows {
        rows: Vec::with_capacity(factors.len()),
        fixed: Vec::new(),
        bounds: Vec::new(),
    };
    for factor in factors {
        all.add(slot, factor)?;
    }
    (!all.rows.is_empty()).then_some(all)
}

fn moves(line: &Line, slot: usize) -> bool {
    let of_slot = |(at, factor): &(usize, i64)| *at == slot && *factor != 0;
    line.coefficients.iter().any(of_slot)
}

impl<R: Number> Rows<R> {
    fn add(&mut self, slot: usize, factor: &Code<R>) -> Option<()> {
        match factor {
            Code::Constant(value) => self.rows.push(Row::new(Rc::new(Array::scalar(*value)))),
            Code::Entry(array, plain) => {
                let mut row = Row::new(Rc::clone(array));
                row.add_plain(slot, plain)?;
                self.rows.push(row);
            }
            Code::Place(array, plain, lines) => {
                let mut row = Row::new(Rc::clone(array));
                row.add_plain(slot, plain)?;
                for (line, stride) in lines {
                    row.add_line(slot, line, i64::try_from(*stride).ok()?)?;
                    self.exists(slot, line)?;
                }
                self.rows.push(row);
            }
            Code::Delta(a, b) if *a == slot => self.bounds.push(Bound::of_equal(*b)),
            Code::Delta(a, b) if *b == slot => self.bounds.push(Bound::of_equal(*a)),
            Code::Delta(a, b) => self.fixed.push(Code::Delta(*a, *b)),
            Code::Meeting(a, b) if !moves(a, slot) && !moves(b, slot) => {
                self.fixed.push(Code::Meeting(a.clone(), b.clone()));
            }
            Code::Exists(line) => self.exists(slot, line)?,
            _ => return None,
        }
        Some(())
    }

    fn exists(&mut self, slot: usize, line: &Line) -> Option<()> {
        if !moves(line, slot) {
            self.fixed.push(Code::Exists(line.clone()));
            return Some(());
        }
        if line.divisor != 1 {
            return None;
        }
        self.bounds.push(Bound::of_place(line, slot)?);
        Some(())
    }

    /// Hands over every value of the loop with `partial` times its factors, where that can be other than zero; how many there were.
    pub(crate) fn each(
        &self,
        range: Range<usize>,
        partial: R,
        values: &mut [usize],
        mut keep: impl FnMut(usize, R),
    ) -> usize {
        if self.fixed.iter().any(|code| code.value(values) == R::zero()) {
            return 0;
        }
        let bounds = self.bounds.iter();
        let range = bounds.fold(range, |range, bound| bound.narrowed(range, values));
        if range.is_empty() {
            return 0;
        }
        let terms = range.len();
        match self.rows.as_slice() {
            [row] => {
                let mut at = row.place(range.start, values);
                for value in range {
                    keep(value, partial * row.entry(at));
                    at += row.step;
                }
            }
            [row, other] => {
                let mut at = row.place(range.start, values);
                let mut beside = other.place(range.start, values);
                for value in range {
                    let product = partial * row.entry(at);
                    // Zero times anything is zero.
                    if product != R::zero() {
                        keep(value, product * other.entry(beside));
                    }
                    at += row.step;
                    beside += other.step;
                }
            }
            rows => {
                let start = range.start;
                let mut places: Vec<i64> = rows.iter().map(|row| row.place(start, values)).collect();
                for value in range {
                    let mut product = partial;
                    for (row, at) in rows.iter().zip(&mut places) {
                        if product != R::zero() {
                            product = product * row.entry(*at);
                        }
                        *at += row.step;
                    }
                    keep(value, product);
                }
            }
        }
        terms
    }
}

impl<R: Copy> Row<R> {
    fn new(array: Rc<Array<R>>) -> Row<R> {
        Row {
            array,
            begin: 0,
            step: 0,
            others: Vec::new(),
        }
    }

    fn add(&mut self, slot: usize, at: usize, by: i64) {
        if at == slot {
            self.step += by;
        } else {
            self.others.push((at, by));
        }
    }

    fn add_plain(&mut self, slot: usize, plain: &[(usize, usize)]) -> Option<()> {
        for (at, stride) in plain {
            self.add(slot, *at, i64::try_from(*stride).ok()?);
        }
        Some(())
    }

    fn add_line(&mut self, slot: usize, line: &Line, stride: i64) -> Option<()> {
        if line.divisor != 1 || line.cyclic {
            return None;
        }
        self.begin += line.constant.checked_mul(stride)?;
        for (at, factor) in &line.coefficients {
            self.add(slot, *at, factor.checked_mul(stride)?);
        }
        Some(())
    }

    /// Where the entry stands for this value of the loop.
    fn place(&self, value: usize, values: &[usize]) -> i64 {
        let others = self.others.iter();
        let rest: i64 = others.map(|(at, by)| by * values[*at] as i64).sum();
        self.begin + rest + self.step * value as i64
    }

    fn entry(&self, place: i64) -> R {
        self.array.data[place as usize]
    }
}
