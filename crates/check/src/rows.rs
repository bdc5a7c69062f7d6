//! Nested loops over a product of entries: the places of the entries move by fixed steps.
//!
//! In: loops and factors as they were compiled. Out: what [`crate::loops`] computes, product by product in the same order, without asking every
//! factor anew where it stands; values for which a place does not exist are left out before.

use crate::Array;
use crate::bounds::{Axis, Bound};
use crate::loops::Code;
use crate::number::Number;
use crate::scope::{Position, Scope};
use derive_graph::gather::Line;
use std::rc::Rc;

/// Products of more entries are left to [`crate::loops`].
const MOST_ROWS: usize = 4;

/// A place for each row, and one for the result.
type Places = [i64; MOST_ROWS + 1];

const NOWHERE: Places = [0; MOST_ROWS + 1];

/// Loops and the factors of the innermost one.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    loops: Vec<Axis>,
    /// The factor that does not move.
    scale: R,
    rows: Vec<Rc<Array<R>>>,
    /// Where each place begins.
    begin: Places,
    /// For each place the slots outside that move it.
    others: Vec<(usize, usize, i64)>,
    /// By how much each place moves with each loop.
    steps: Vec<Places>,
    /// What has to be other than zero whatever the values of the loops are.
    fixed: Vec<Code<R>>,
    /// Slots that have the value of one of the loops.
    tied: Vec<(usize, usize)>,
    /// Slots that have another value that the loops give them.
    solved: Vec<(usize, Position)>,
}

/// The factors as rows of these loops, the innermost one last, if they are all entries whose subscripts neither divide nor wrap around, or conditions.
/// A product stands in the result where these slots with their strides say.
pub(crate) fn rows<'a, R: Number>(
    scope: &Scope,
    loops: Vec<Axis>,
    factors: impl IntoIterator<Item = &'a Code<R>>,
    result: &[(usize, usize)],
) -> Option<Rows<R>> {
    let (loops, tied) = untied(loops, scope)?;
    let mut all = Rows {
        steps: vec![[0; MOST_ROWS + 1]; loops.len()],
        loops,
        scale: R::constant(1.0),
        rows: Vec::with_capacity(MOST_ROWS),
        begin: [0; MOST_ROWS + 1],
        others: Vec::new(),
        fixed: Vec::new(),
        tied,
        solved: Vec::new(),
    };
    for factor in factors {
        all.add(scope, factor)?;
    }
    for (slot, stride) in result {
        all.add_step(MOST_ROWS, *slot, i64::try_from(*stride).ok()?);
    }
    Some(all)
}

/// Loops and the slots that have the value of one of them.
type Untied = (Vec<Axis>, Vec<(usize, usize)>);

/// A loop that has the value of one around it is none.
fn untied(loops: Vec<Axis>, scope: &Scope) -> Option<Untied> {
    if loops.iter().all(|axis| axis.bounds.is_empty()) {
        return Some((loops, Vec::new()));
    }
    let mut tied: Vec<(usize, usize)> = Vec::new();
    let mut left: Vec<Axis> = Vec::with_capacity(loops.len());
    let mut bounds = Vec::new();
    for mut axis in loops {
        let ties = axis.bounds.iter().filter_map(Bound::as_tie);
        let around = |slot: usize| {
            left.iter()
                .find(|it| it.slot == slot && it.size <= axis.size)
        };
        let tie = ties.filter_map(|slot| around(original(&tied, slot))).next();
        match tie.map(|other| other.slot) {
            Some(other) => {
                tied.push((axis.slot, other));
                bounds.extend(axis.bounds.into_iter().map(|bound| (axis.slot, bound)));
            }
            None => {
                let own = std::mem::take(&mut axis.bounds);
                bounds.extend(own.into_iter().map(|bound| (axis.slot, bound)));
                left.push(axis);
            }
        }
    }
    for (slot, bound) in bounds {
        let Some((slot, bound)) = bound.renamed(slot, &|slot| original(&tied, slot))? else {
            continue;
        };
        let axis = left.iter_mut().find(|axis| axis.slot == slot)?;
        if !bound.always_holds(axis.size, scope) && !axis.bounds.contains(&bound) {
            axis.bounds.push(bound);
        }
    }
    Some((left, tied))
}

fn original(tied: &[(usize, usize)], slot: usize) -> usize {
    let found = tied.iter().find(|(tied, _)| *tied == slot);
    found.map_or(slot, |(_, other)| *other)
}

impl<R: Number> Rows<R> {
    /// The loop over a slot.
    fn level(&self, slot: usize) -> Option<usize> {
        let slot = original(&self.tied, slot);
        self.loops.iter().position(|axis| axis.slot == slot)
    }

    fn moves(&self, line: &Line) -> bool {
        let mut slots = line.coefficients.iter().map(|(slot, _)| *slot);
        slots.any(|slot| self.level(slot).is_some() || self.is_computed(slot))
    }

    fn add(&mut self, scope: &Scope, factor: &Code<R>) -> Option<()> {
        match factor {
            Code::Constant(value) => self.scale = self.scale * *value,
            Code::Entry(array, plain) if plain.is_empty() => {
                self.scale = self.scale * array.data[0];
            }
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
            Code::Set(slot, position) => match position.as_slot() {
                Some(other) => self.tied.push((*slot, original(&self.tied, other))),
                None => self.solved.push((*slot, position.clone())),
            },
            Code::Delta(a, b) if self.is_computed(*a) || self.is_computed(*b) => return None,
            Code::Delta(a, b) => match (self.level(*a), self.level(*b)) {
                (None, None) => self.fixed.push(Code::Delta(*a, *b)),
                (a_level, b_level) if a_level == b_level => {}
                (a_level, b_level) => {
                    let (level, other) = match a_level > b_level {
                        true => (a_level, *b),
                        false => (b_level, *a),
                    };
                    let other = original(&self.tied, other);
                    self.bind(scope, level?, Bound::of_equal(other));
                }
            },
            Code::Meeting(a, b) if !self.moves(a) && !self.moves(b) => {
                self.fixed.push(Code::Meeting(a.clone(), b.clone()));
            }
            Code::Meeting(a, b) => self.meet(scope, a, b)?,
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

    /// Keeps a loop to what a bound says, if that says anything new.
    fn bind(&mut self, scope: &Scope, level: usize, bound: Bound) {
        let axis = &mut self.loops[level];
        if !bound.always_holds(axis.size, scope) && !axis.bounds.contains(&bound) {
            axis.bounds.push(bound);
        }
    }

    /// Whether a slot has no loop and is not set outside either.
    fn is_computed(&self, slot: usize) -> bool {
        let tied = self.tied.iter().any(|(tied, _)| *tied == slot);
        let solved = self.solved.iter().any(|(solved, _)| *solved == slot);
        solved || (tied && self.level(slot).is_none())
    }

    fn add_step(&mut self, row: usize, slot: usize, by: i64) {
        let solved = self.solved.iter().find(|(solved, _)| *solved == slot);
        if let Some((_, position)) = solved.cloned() {
            self.begin[row] += position.constant * by;
            let terms = position.terms.into_iter();
            return terms.for_each(|(slot, factor)| self.add_step(row, slot, factor * by));
        }
        match self.level(slot) {
            Some(level) => self.steps[level][row] += by,
            None => self.others.push((row, original(&self.tied, slot), by)),
        }
    }

    /// That two places exist and are the same.
    fn meet(&mut self, scope: &Scope, a: &Line, b: &Line) -> Option<()> {
        self.exists(scope, a)?;
        self.exists(scope, b)?;
        let slots = a.coefficients.iter().chain(&b.coefficients);
        let last = slots.filter_map(|(slot, _)| self.level(*slot)).max()?;
        let slot = self.loops[last].slot;
        // Where the slot of the innermost of their loops cancels, nothing is gained by a bound on it.
        let bound = Bound::of_meeting([a, b], &|slot| original(&self.tied, slot), slot)?;
        self.bind(scope, last, bound);
        Some(())
    }

    fn exists(&mut self, scope: &Scope, line: &Line) -> Option<()> {
        let mut slots = line.coefficients.iter().map(|(slot, _)| *slot);
        if slots.any(|slot| self.is_computed(slot)) {
            return None;
        }
        let levels = line.coefficients.iter();
        let last = levels.filter_map(|(slot, _)| self.level(*slot)).max();
        let Some(last) = last else {
            self.fixed.push(Code::Exists(line.clone()));
            return Some(());
        };
        (line.divisor == 1).then_some(())?;
        let slot = self.loops[last].slot;
        let bound = Bound::of_place(line, &|slot| original(&self.tied, slot), slot)?;
        self.bind(scope, last, bound);
        Some(())
    }

    /// The same without the loops that nothing but the place in the result depends on, and these: how many values they have, and by how much
    /// each moves it.
    pub(crate) fn without_idle(mut self) -> (Rows<R>, Vec<(usize, usize)>) {
        let mut idle = Vec::new();
        for level in (0..self.loops.len()).rev() {
            let slot = self.loops[level].slot;
            let steps = &self.steps[level];
            let mut bounds = self.loops.iter().flat_map(|axis| &axis.bounds);
            let used = steps[..MOST_ROWS].iter().any(|step| *step != 0)
                || steps[MOST_ROWS] == 0
                || !self.loops[level].bounds.is_empty()
                || bounds.any(|bound| bound.mentions(slot));
            // One loop is left, so that there is an innermost one.
            if !used && self.loops.len() > 1 {
                let axis = self.loops.remove(level);
                let steps = self.steps.remove(level);
                idle.push((axis.size, steps[MOST_ROWS] as usize));
            }
        }
        (self, idle)
    }

    /// The same with longer loops inside shorter ones, as far as no bound has to do with them; then what is added to one entry comes in another order.
    pub(crate) fn longest_inside(mut self) -> Rows<R> {
        if self.loops.is_sorted_by_key(|axis| axis.size) {
            return self;
        }
        let all = || self.loops.iter().flat_map(|axis| &axis.bounds);
        let free =
            |axis: &Axis| axis.bounds.is_empty() && !all().any(|bound| bound.mentions(axis.slot));
        let mut order: Vec<usize> = (0..self.loops.len()).collect();
        order.sort_by_key(|&level| match free(&self.loops[level]) {
            true => self.loops[level].size,
            false => 0,
        });
        self.steps = order.iter().map(|&level| self.steps[level]).collect();
        let mut loops: Vec<Option<Axis>> = self.loops.into_iter().map(Some).collect();
        self.loops = order
            .iter()
            .filter_map(|&level| loops[level].take())
            .collect();
        self
    }

    /// The same with neighbouring loops as one where all places go on from the one to the other.
    pub(crate) fn joined(mut self) -> Rows<R> {
        let free = self.loops.iter().all(|axis| axis.bounds.is_empty());
        for level in (1..self.loops.len()).rev() {
            let (outer, inner) = (&self.loops[level - 1], &self.loops[level]);
            let mut bounds = self.loops.iter().flat_map(|axis| &axis.bounds);
            let bounded = !free
                && (!outer.bounds.is_empty()
                    || !inner.bounds.is_empty()
                    || bounds.any(|it| it.mentions(outer.slot) || it.mentions(inner.slot)));
            let mut steps = self.steps[level - 1].iter().zip(&self.steps[level]);
            let size = inner.size as i64;
            if !bounded && steps.all(|(outer, inner)| *outer == inner * size) {
                let inner = self.loops.remove(level);
                let steps = self.steps.remove(level);
                self.loops[level - 1].size *= inner.size;
                self.steps[level - 1] = steps;
            }
        }
        self
    }

    /// Hands over `partial` times the factors for all values of the loops for which it can be other than zero, with its place, where it is to be added;
    /// how many products there were.
    pub(crate) fn each(
        &self,
        partial: R,
        values: &mut [usize],
        keep: &mut impl FnMut(usize, R),
    ) -> usize {
        match self.start(values) {
            Some(places) => self.each_from(0, places, partial * self.scale, values, keep),
            None => 0,
        }
    }

    /// `partial` times the sum over all loops; and how many products there were.
    pub(crate) fn sum(&self, partial: R, values: &mut [usize]) -> (R, usize) {
        let mut total = R::zero();
        let terms = self.each(partial, values, &mut |_, sum| total = total + sum);
        (total, terms)
    }

    /// The places where all loops begin; nothing where a condition makes everything zero.
    fn start(&self, values: &mut [usize]) -> Option<Places> {
        if self
            .fixed
            .iter()
            .any(|code| code.value(values) == R::zero())
        {
            return None;
        }
        let mut places = self.begin;
        for (row, slot, by) in &self.others {
            places[*row] += by * values[*slot] as i64;
        }
        Some(places)
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
        let inner = match self.loops[level + 1..] {
            [] => Some((1, &NOWHERE)),
            [ref last] if last.bounds.is_empty() => Some((last.size, &self.steps[level + 1])),
            _ => None,
        };
        if let Some(inner) = inner {
            let terms = range.len() * inner.0;
            let (this, inner) = ((range.len(), steps), inner);
            // A loop alone is the inner one, whose products may be summed.
            let both = if inner.0 == 1 {
                [inner, this]
            } else {
                [this, inner]
            };
            self.innermost(both, places, partial, keep);
            return terms;
        }
        let mut terms = 0;
        for value in range {
            values[axis.slot] = value;
            terms += self.each_from(level + 1, places, partial, values, keep);
            advance(&mut places, steps, 1);
        }
        terms
    }

    /// The products along the two innermost loops, of which each has so many values and moves the places by these steps; the sum of those of the last one
    /// where they all stand in one place.
    fn innermost(
        &self,
        loops: [(usize, &Places); 2],
        places: Places,
        mut partial: R,
        keep: &mut impl FnMut(usize, R),
    ) {
        let mut moving = [0; MOST_ROWS];
        let mut count = 0;
        for row in 0..self.rows.len() {
            if loops.iter().any(|(_, steps)| steps[row] != 0) {
                moving[count] = row;
                count += 1;
            } else if partial != R::zero() {
                // Zero times anything is zero.
                partial = partial * self.rows[row].data[places[row] as usize];
            }
        }
        match count {
            0 => self.innermost_of::<0>(loops, moving, places, partial, keep),
            1 => self.innermost_of::<1>(loops, moving, places, partial, keep),
            2 => self.innermost_of::<2>(loops, moving, places, partial, keep),
            3 => self.innermost_of::<3>(loops, moving, places, partial, keep),
            _ => self.innermost_of::<4>(loops, moving, places, partial, keep),
        }
    }

    fn innermost_of<const N: usize>(
        &self,
        [(outer, outer_steps), (inner, steps)]: [(usize, &Places); 2],
        moving: [usize; MOST_ROWS],
        places: Places,
        partial: R,
        keep: &mut impl FnMut(usize, R),
    ) {
        let rows: [&[R]; N] = std::array::from_fn(|at| self.rows[moving[at]].data.as_slice());
        let (to, step) = (places[MOST_ROWS], steps[MOST_ROWS]);
        for round in 0..outer as i64 {
            let mut from: [i64; N] =
                std::array::from_fn(|at| places[moving[at]] + round * outer_steps[moving[at]]);
            let mut product = || {
                let mut product = partial;
                for at in 0..N {
                    if product != R::zero() {
                        product = product * rows[at][from[at] as usize];
                    }
                    from[at] += steps[moving[at]];
                }
                product
            };
            let mut to = to + round * outer_steps[MOST_ROWS];
            if step == 0 {
                let total = (0..inner).fold(R::zero(), |total, _| total + product());
                keep(to as usize, total);
                continue;
            }
            for _ in 0..inner {
                keep(to as usize, product());
                to += step;
            }
        }
    }
}

fn advance(places: &mut Places, steps: &Places, by: i64) {
    if by == 0 {
        return;
    }
    let all = places.iter_mut().zip(steps);
    all.for_each(|(place, step)| *place += step * by);
}
