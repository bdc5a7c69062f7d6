//! Nested loops over a product of entries: the places of the entries move by fixed steps.
//!
//! In: loops and factors as they were compiled. Out: what [`crate::loops`] computes, product by product in the same order, without asking every
//! factor anew where it stands; values for which a place does not exist are left out before.

use crate::Array;
use crate::bounds::{Axis, Bound};
use crate::loops::Code;
use crate::number::Number;
use crate::scope::Scope;
use derive_graph::gather::Line;
use std::rc::Rc;

/// Products of more entries are left to [`crate::loops`].
const MOST_ROWS: usize = 4;

/// A place for each row, and one for the result.
type Places = [i64; MOST_ROWS + 1];

/// Loops and the factors of the innermost one.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    loops: Vec<Axis>,
    rows: Vec<Rc<Array<R>>>,
    /// Where each place begins.
    begin: Places,
    /// For each place the slots outside that move it.
    others: Vec<(usize, usize, i64)>,
    /// By how much each place moves with each loop.
    steps: Vec<Places>,
    /// What has to be other than zero whatever the values of the loops are.
    fixed: Vec<Code<R>>,
}

/// The factors as rows of these loops, the innermost one last, if they are all entries whose subscripts neither divide nor wrap around, or conditions.
pub(crate) fn rows<R: Number>(
    scope: &Scope,
    loops: Vec<Axis>,
    factors: &[Code<R>],
) -> Option<Rows<R>> {
    let mut all = Rows {
        steps: vec![[0; MOST_ROWS + 1]; loops.len()],
        loops,
        rows: Vec::with_capacity(factors.len()),
        begin: [0; MOST_ROWS + 1],
        others: Vec::new(),
        fixed: Vec::new(),
    };
    for factor in factors {
        all.add(scope, factor)?;
    }
    (!all.rows.is_empty()).then_some(all)
}

impl<R: Number> Rows<R> {
    /// The loop over a slot.
    fn level(&self, slot: usize) -> Option<usize> {
        self.loops.iter().position(|axis| axis.slot == slot)
    }

    fn moves(&self, line: &Line) -> bool {
        let mut slots = line.coefficients.iter().map(|(slot, _)| *slot);
        slots.any(|slot| self.level(slot).is_some())
    }

    fn add(&mut self, scope: &Scope, factor: &Code<R>) -> Option<()> {
        match factor {
            Code::Constant(value) => self.add_row(Rc::new(Array::scalar(*value)), &[])?,
            Code::Entry(array, plain) => self.add_row(Rc::clone(array), plain)?,
            Code::Place(array, plain, lines) => {
                let row = self.rows.len();
                self.add_row(Rc::clone(array), plain)?;
                for (line, stride) in lines {
                    let stride = i64::try_from(*stride).ok()?;
                    if line.divisor != 1 || line.cyclic {
                        return None;
                    }
                    self.begin[row] += line.constant.checked_mul(stride)?;
                    for (slot, factor) in &line.coefficients {
                        self.add_step(row, *slot, factor.checked_mul(stride)?);
                    }
                    self.exists(scope, line)?;
                }
            }
            Code::Delta(a, b) => match (self.level(*a), self.level(*b)) {
                (None, None) => self.fixed.push(Code::Delta(*a, *b)),
                (a_level, b_level) => {
                    let (level, other) = match a_level > b_level {
                        true => (a_level, *b),
                        false => (b_level, *a),
                    };
                    self.loops[level?].bounds.push(Bound::of_equal(other));
                }
            },
            Code::Meeting(a, b) if !self.moves(a) && !self.moves(b) => {
                self.fixed.push(Code::Meeting(a.clone(), b.clone()));
            }
            Code::Exists(line) => self.exists(scope, line)?,
            _ => return None,
        }
        Some(())
    }

    fn add_row(&mut self, array: Rc<Array<R>>, plain: &[(usize, usize)]) -> Option<()> {
        let row = self.rows.len();
        (row < MOST_ROWS).then_some(())?;
        self.rows.push(array);
        for (slot, stride) in plain {
            self.add_step(row, *slot, i64::try_from(*stride).ok()?);
        }
        Some(())
    }

    fn add_step(&mut self, row: usize, slot: usize, by: i64) {
        match self.level(slot) {
            Some(level) => self.steps[level][row] += by,
            None => self.others.push((row, slot, by)),
        }
    }

    fn exists(&mut self, scope: &Scope, line: &Line) -> Option<()> {
        let levels = line.coefficients.iter();
        let last = levels.filter_map(|(slot, _)| self.level(*slot)).max();
        let Some(last) = last else {
            self.fixed.push(Code::Exists(line.clone()));
            return Some(());
        };
        (line.divisor == 1).then_some(())?;
        let bound = Bound::of_place(line, self.loops[last].slot)?;
        if !bound.always_holds(self.loops[last].size, scope) {
            self.loops[last].bounds.push(bound);
        }
        Some(())
    }

    /// The same, each product standing at a place of a result whose strides these are.
    pub(crate) fn into(mut self, strides: &[usize]) -> Option<Rows<R>> {
        for (steps, stride) in self.steps.iter_mut().zip(strides) {
            steps[MOST_ROWS] = i64::try_from(*stride).ok()?;
        }
        Some(self)
    }

    /// Hands over `partial` times the factors with its place for all values of the loops for which it can be other than zero; how many there were.
    pub(crate) fn each(
        &self,
        partial: R,
        values: &mut [usize],
        keep: &mut impl FnMut(usize, R),
    ) -> usize {
        match self.start(values) {
            Some(places) => self.each_from(0, places, partial, values, keep),
            None => 0,
        }
    }

    /// The places where all loops begin; nothing where a condition makes everything zero.
    fn start(&self, values: &mut [usize]) -> Option<Places> {
        if self.fixed.iter().any(|code| code.value(values) == R::zero()) {
            return None;
        }
        let mut places = self.begin;
        for (row, slot, by) in &self.others {
            places[*row] += by * values[*slot] as i64;
        }
        Some(places)
    }

    /// `partial` times the sum over all loops, each loop summed by itself; and how many products there were.
    pub(crate) fn sum(&self, partial: R, values: &mut [usize]) -> (R, usize) {
        match self.start(values) {
            Some(places) => self.sum_from(0, places, partial, values),
            None => (R::zero(), 0),
        }
    }

    fn sum_from(
        &self,
        level: usize,
        mut places: Places,
        partial: R,
        values: &mut [usize],
    ) -> (R, usize) {
        let mut total = R::zero();
        let (axis, steps) = (&self.loops[level], &self.steps[level]);
        let range = axis.range(values);
        if range.is_empty() {
            return (total, 0);
        }
        advance(&mut places, steps, range.start as i64);
        if level + 1 == self.loops.len() {
            let terms = range.len();
            let add = &mut |_, product| total = total + product;
            self.innermost(terms, places, steps, partial, add);
            return (total, terms);
        }
        let mut terms = 0;
        for value in range {
            values[axis.slot] = value;
            let (sum, met) = self.sum_from(level + 1, places, partial, values);
            total = total + sum;
            terms += met;
            advance(&mut places, steps, 1);
        }
        (total, terms)
    }

    fn each_from(
        &self,
        level: usize,
        mut places: Places,
        partial: R,
        values: &mut [usize],
        keep: &mut impl FnMut(usize, R),
    ) -> usize {
        let (axis, steps) = (&self.loops[level], &self.steps[level]);
        let range = axis.range(values);
        if range.is_empty() {
            return 0;
        }
        advance(&mut places, steps, range.start as i64);
        let mut terms = 0;
        if level + 1 < self.loops.len() {
            for value in range {
                values[axis.slot] = value;
                terms += self.each_from(level + 1, places, partial, values, keep);
                advance(&mut places, steps, 1);
            }
            return terms;
        }
        self.innermost(range.len(), places, steps, partial, keep);
        range.len()
    }

    fn innermost(
        &self,
        terms: usize,
        places: Places,
        steps: &Places,
        partial: R,
        keep: &mut impl FnMut(usize, R),
    ) {
        match self.rows.len() {
            1 => self.innermost_of::<1>(terms, places, steps, partial, keep),
            2 => self.innermost_of::<2>(terms, places, steps, partial, keep),
            3 => self.innermost_of::<3>(terms, places, steps, partial, keep),
            _ => self.innermost_of::<4>(terms, places, steps, partial, keep),
        }
    }

    fn innermost_of<const N: usize>(
        &self,
        terms: usize,
        mut places: Places,
        steps: &Places,
        partial: R,
        keep: &mut impl FnMut(usize, R),
    ) {
        let rows: [&[R]; N] = std::array::from_fn(|row| self.rows[row].data.as_slice());
        for _ in 0..terms {
            let mut product = partial;
            for (row, data) in rows.iter().enumerate() {
                // Zero times anything is zero.
                if row == 0 || product != R::zero() {
                    product = product * data[places[row] as usize];
                }
                places[row] += steps[row];
            }
            keep(places[MOST_ROWS] as usize, product);
            places[MOST_ROWS] += steps[MOST_ROWS];
        }
    }
}

fn advance(places: &mut Places, steps: &Places, by: i64) {
    let all = places.iter_mut().zip(steps);
    all.for_each(|(place, step)| *place += step * by);
}
