//! Loops over numbered slots: what [`crate::entry`] compiles terms to, and how they run.
//!
//! A partial product of zero ends a loop there. What depends on few of the indices around it is kept in a table and found once.

use crate::Array;
use crate::complex::Turn;
use crate::function::Callable;
use crate::number::Number;
use crate::rows::Rows;
use crate::scope::{Position, Table, merged};
use derive_graph::gather::Line;
use derive_index::Rational;
use std::cell::RefCell;
use std::rc::Rc;

/// Terms whose entries and sums have more terms in all are not evaluated: a check that never ends checks nothing.
pub(crate) const MOST_TERMS: usize = 1_000_000;

/// What is done to find one entry.
#[derive(Debug)]
pub(crate) enum Code<R> {
    Constant(R),
    /// An array's data, and slot and stride for each subscript that varies.
    Entry(Rc<Array<R>>, Vec<(usize, usize)>),
    /// An array at affine places of the slots, each with its stride, after the plain ones as slot and stride; zero where a
    /// place does not exist.
    Place(Rc<Array<R>>, Vec<(usize, usize)>, Vec<(Line, usize)>),
    Delta(usize, usize),
    /// Whether two affine places exist and are the same.
    Meeting(Line, Line),
    /// Whether an affine place exists.
    Exists(Line),
    /// One, after a slot got its value from others.
    Set(usize, Position),
    /// The largest or least body over these slots and sizes, where the last part is not zero.
    Extremum(bool, Vec<(usize, usize)>, Box<Code<R>>, Box<Code<R>>),
    Product(Vec<Code<R>>, Vec<Stage<R>>),
    Sum(Vec<Code<R>>),
    Power(Box<Code<R>>, Rational),
    Turned(Turn, Box<Code<R>>),
    Apply(Callable, Vec<Code<R>>),
    /// What depends on few of the indices around it.
    Memo(Memo<R>),
}

/// One bound index of a sum, and the factors that are known once it is.
#[derive(Debug)]
pub(crate) struct Stage<R> {
    pub(crate) slot: usize,
    pub(crate) run: Run,
    pub(crate) factors: Vec<Code<R>>,
    /// This loop and those after it once more, where all factors are entries of arrays and come last.
    pub(crate) rows: Option<Rows<R>>,
}

impl<R> Stage<R> {
    pub(crate) fn new(slot: usize, run: Run, factors: Vec<Code<R>>) -> Stage<R> {
        Stage {
            slot,
            run,
            factors,
            rows: None,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Run {
    /// All values below this.
    Over(usize),
    /// The one value below this, if there is one, for which two affine places can be the same.
    Meeting(Meeting, usize),
}

impl Run {
    /// How many values there are, if it is all of them.
    pub(crate) fn size(&self) -> Option<usize> {
        match self {
            Run::Over(size) => Some(*size),
            Run::Meeting(..) => None,
        }
    }
}

/// Two affine places of which the first moves with a slot and the second does not.
#[derive(Debug)]
pub(crate) struct Meeting {
    moves: Line,
    factor: i64,
    stays: Line,
}

impl Meeting {
    /// The two where the first is solved for the slot: neither divided nor counted on a circle, and the second without it.
    pub(crate) fn solved(moves: Line, stays: Line, slot: usize) -> Option<Meeting> {
        let has_slot = |(variable, _): &&(usize, i64)| *variable == slot;
        let (_, factor) = *moves.coefficients.iter().find(has_slot)?;
        let plain = moves.divisor == 1 && !moves.cyclic && factor != 0;
        let alone = !stays.coefficients.iter().any(|it| has_slot(&it));
        (plain && alone).then_some(Meeting {
            moves,
            factor,
            stays,
        })
    }

    /// What the slot has to be, if no division is needed for it: `moves = stays` less the rest of `moves`, or the other way round.
    pub(crate) fn position(&self, slot: usize) -> Option<Position> {
        if self.stays.divisor != 1 || self.stays.cyclic || self.factor.abs() != 1 {
            return None;
        }
        let rest = self.moves.coefficients.iter().filter(|(at, _)| *at != slot);
        let rest = rest.map(|(at, c)| (*at, c.saturating_neg()));
        let all = self.stays.coefficients.iter().copied().chain(rest);
        let signed = all.map(|(at, c)| (at, c.saturating_mul(self.factor)));
        let apart = self.stays.constant.checked_sub(self.moves.constant)?;
        Some(Position {
            terms: merged(signed.collect()),
            constant: apart.saturating_mul(self.factor),
        })
    }

    /// The values below `size` where the two can be the same; the slot is zero.
    fn range(&self, size: usize, values: &[usize]) -> std::ops::Range<usize> {
        let Some(place) = self.stays.place(values) else {
            return 0..0;
        };
        let way = place as i64 - self.moves.value(values);
        let value = usize::try_from(way / self.factor).ok();
        match value.filter(|value| way % self.factor == 0 && *value < size) {
            Some(value) => value..value + 1,
            None => 0..0,
        }
    }
}

/// A value for each value of some slots, found when it is first asked for.
#[derive(Debug)]
pub(crate) struct Memo<R> {
    table: Table,
    known: RefCell<Vec<Option<R>>>,
    body: Box<Code<R>>,
}

impl<R: Number> Memo<R> {
    /// A table of what depends on its indices alone.
    pub(crate) fn new(table: Table, body: Code<R>) -> Memo<R> {
        Memo {
            known: RefCell::new(vec![None; table.entries]),
            table,
            body: Box::new(body),
        }
    }

    fn value(&self, values: &mut [usize]) -> R {
        let at = self.table.place(values);
        if let Some(known) = self.known.borrow()[at] {
            return known;
        }
        let value = self.body.value(values);
        self.known.borrow_mut()[at] = Some(value);
        value
    }
}

impl<R: Number> Code<R> {
    /// The value for these values of the slots; the last one counts the terms of sums that were met.
    pub(crate) fn value(&self, values: &mut [usize]) -> R {
        match self {
            Code::Constant(value) => *value,
            Code::Entry(array, place) => {
                let at = place
                    .iter()
                    .map(|(slot, stride)| values[*slot] * stride)
                    .sum::<usize>();
                array.data[at]
            }
            Code::Place(array, plain, lines) => {
                let mut at = 0;
                for (line, stride) in lines {
                    let Some(place) = line.place(values) else {
                        return R::zero();
                    };
                    at += place * stride;
                }
                let rest: usize = plain
                    .iter()
                    .map(|(slot, stride)| values[*slot] * stride)
                    .sum();
                array.data[at + rest]
            }
            Code::Meeting(a, b) => {
                let place = a.place(values);
                indicator(place.is_some() && place == b.place(values))
            }
            Code::Exists(line) => indicator(line.place(values).is_some()),
            Code::Set(slot, position) => {
                values[*slot] = position.value(values);
                R::constant(1.0)
            }
            Code::Extremum(least, slots, body, counts) => {
                let found = extremum(slots, body, counts, *least, None, values);
                let none = if *least {
                    f64::INFINITY
                } else {
                    f64::NEG_INFINITY
                };
                found.unwrap_or(R::constant(none))
            }
            Code::Memo(memo) => memo.value(values),
            Code::Delta(a, b) => indicator(values[*a] == values[*b]),
            Code::Product(first, stages) => match multiply(R::constant(1.0), first, values) {
                partial if partial == R::zero() => partial,
                partial => sum_stages(stages, partial, values),
            },
            Code::Sum(terms) => match count(terms.len(), values) {
                true => terms
                    .iter()
                    .fold(R::zero(), |sum, term| sum + term.value(values)),
                false => R::constant(f64::NAN),
            },
            Code::Power(base, exponent) => base.value(values).raised(exponent),
            Code::Turned(turn, inner) => inner.value(values).turned(*turn),
            Code::Apply(callable, arguments) => match arguments.as_slice() {
                [argument] => R::call(callable, &[argument.value(values)]),
                [a, b] => R::call(callable, &[a.value(values), b.value(values)]),
                arguments => {
                    let arguments = arguments.iter().map(|term| term.value(values));
                    R::call(callable, &arguments.collect::<Vec<R>>())
                }
            },
        }
    }
}

fn indicator<R: Number>(holds: bool) -> R {
    R::constant(f64::from(u8::from(holds)))
}

fn extremum<R: Number>(
    slots: &[(usize, usize)],
    body: &Code<R>,
    counts: &Code<R>,
    least: bool,
    mut best: Option<R>,
    values: &mut [usize],
) -> Option<R> {
    let Some(((slot, size), rest)) = slots.split_first() else {
        if counts.value(values) == R::zero() {
            return best;
        }
        let value = body.value(values);
        return Some(best.map_or(value, |best| best.better(value, least)));
    };
    for value in 0..*size {
        values[*slot] = value;
        best = extremum(rest, body, counts, least, best, values);
    }
    best
}

fn multiply<R: Number>(mut partial: R, factors: &[Code<R>], values: &mut [usize]) -> R {
    for factor in factors {
        let value = factor.value(values);
        partial = partial * value;
        // What comes after may be asked only where the place exists, even if what comes before is not finite.
        let nowhere = matches!(factor, Code::Exists(_)) && value == R::zero();
        if nowhere || partial == R::zero() {
            return R::zero();
        }
    }
    partial
}

/// Counts so many more terms of sums; whether they are to be evaluated.
fn count(terms: usize, values: &mut [usize]) -> bool {
    values.last_mut().is_none_or(|met| {
        *met += terms;
        *met <= MOST_TERMS
    })
}

fn sum_stages<R: Number>(mut stages: &[Stage<R>], mut partial: R, values: &mut [usize]) -> R {
    while let Some((stage, rest)) = stages.split_first() {
        let range = match &stage.run {
            Run::Over(size) => return sum_over(stage, rest, *size, partial, values),
            Run::Meeting(meeting, size) => {
                values[stage.slot] = 0;
                meeting.range(*size, values)
            }
        };
        if range.is_empty() || !count(1, values) {
            return R::zero();
        }
        values[stage.slot] = range.start;
        partial = multiply(partial, &stage.factors, values);
        if partial == R::zero() {
            return partial;
        }
        stages = rest;
    }
    partial
}

fn sum_over<R: Number>(
    stage: &Stage<R>,
    rest: &[Stage<R>],
    size: usize,
    partial: R,
    values: &mut [usize],
) -> R {
    if let Some(rows) = &stage.rows {
        let (total, terms) = rows.sum(partial, values);
        count(terms, values);
        return total;
    }
    let mut total = R::zero();
    for value in 0..size {
        if !count(1, values) {
            break;
        }
        values[stage.slot] = value;
        let product = multiply(partial, &stage.factors, values);
        if product != R::zero() {
            total = total + sum_stages(rest, product, values);
        }
    }
    total
}
