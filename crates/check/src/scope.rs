//! Which slot of the loops an index stands in, and what it is where a delta leaves it no choice.

use crate::{Environment, Reason};
use derive_graph::Polynomial;
use derive_graph::gather::Line;
use derive_index::Index;

/// Tables of what depends on few indices are no larger.
const MOST_KNOWN: usize = 1 << 16;

/// The value of an index: a constant plus slots with their factors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position {
    pub(crate) terms: Vec<(usize, i64)>,
    pub(crate) constant: i64,
}

impl Position {
    fn of_slot(slot: usize) -> Position {
        Position {
            terms: vec![(slot, 1)],
            constant: 0,
        }
    }

    /// The value that slots with these values give it; it is asked only where it exists.
    pub(crate) fn value(&self, values: &[usize]) -> usize {
        let terms = self.terms.iter();
        let terms = terms.map(|(slot, factor)| factor * values[*slot] as i64);
        (self.constant + terms.sum::<i64>()) as usize
    }

    /// The slot that this is, if it is one as it stands.
    pub(crate) fn as_slot(&self) -> Option<usize> {
        match self.terms.as_slice() {
            [(slot, 1)] if self.constant == 0 => Some(*slot),
            _ => None,
        }
    }
}

/// Which index stands where; later ones hide earlier ones of the same id.
#[derive(Default)]
pub(crate) struct Scope {
    known: Vec<(Index, Position)>,
    /// How many values each slot has.
    sizes: Vec<i64>,
}

impl Scope {
    /// How many slots there are.
    pub(crate) fn used(&self) -> usize {
        self.sizes.len()
    }

    /// How many values a slot has.
    pub(crate) fn size(&self, slot: usize) -> i64 {
        self.sizes[slot]
    }

    /// How many indices are known now, for [`Scope::leave`].
    pub(crate) fn depth(&self) -> usize {
        self.known.len()
    }

    /// Forgets what came to be known since.
    pub(crate) fn leave(&mut self, depth: usize) {
        self.known.truncate(depth);
    }

    /// Gives an index a slot of its own.
    pub(crate) fn bind(&mut self, index: &Index, size: usize) -> usize {
        let slot = self.used();
        self.sizes.push(i64::try_from(size).unwrap_or(i64::MAX));
        self.known.push((index.clone(), Position::of_slot(slot)));
        slot
    }

    /// Says what an index that was bound is in terms of other slots.
    pub(crate) fn solve(&mut self, index: &Index, position: Position) {
        let mut known = self.known.iter_mut().rev();
        if let Some((_, old)) = known.find(|(known, _)| known == index) {
            *old = position;
        }
    }

    pub(crate) fn position(&self, index: &Index) -> Result<&Position, Reason> {
        let found = self.known.iter().rev().find(|(known, _)| known == index);
        let (_, position) = found.ok_or("an index is neither bound nor free here")?;
        Ok(position)
    }

    /// A subscript with concrete numbers, in terms of the slots.
    pub(crate) fn line(&self, environment: &Environment, index: &Index) -> Result<Line, Reason> {
        let number = |polynomial: &Polynomial| {
            let value = polynomial.value(&|name| environment.sizes.named(name));
            value.ok_or_else(|| "a dimension has no size".to_string())
        };
        let size = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        if let Index::Variable { .. } = index {
            let position = self.position(index)?;
            return Ok(Line {
                coefficients: position.terms.clone(),
                constant: position.constant,
                divisor: 1,
                cyclic: false,
                size: size(environment.sizes.size(&index.dim())?),
            });
        }
        let affine = index.to_affine();
        let mut terms = Vec::new();
        let mut constant = number(affine.constant())?;
        for (variable, coefficient) in affine.terms() {
            let coefficient = number(coefficient)?;
            let position = self.position(variable)?;
            constant = constant.saturating_add(coefficient.saturating_mul(position.constant));
            let slots = position.terms.iter();
            terms.extend(slots.map(|(slot, factor)| (*slot, coefficient.saturating_mul(*factor))));
        }
        Ok(Line {
            coefficients: merged(terms),
            constant,
            divisor: affine.divisor(),
            cyclic: affine.cyclic(),
            size: size(environment.sizes.size(affine.dim())?),
        })
    }

    /// How many values all indices that are known now have together.
    pub(crate) fn terms(&self) -> usize {
        let slots = self
            .known
            .iter()
            .filter_map(|(_, position)| position.as_slot());
        let sizes = slots.map(|slot| usize::try_from(self.sizes[slot]).unwrap_or(usize::MAX));
        sizes.fold(1, usize::saturating_mul)
    }

    /// The indices of a table of what depends on `free` alone, with their sizes, if finding it once saves work: where the loops around it, that
    /// over `done` apart, have other indices too, and the table is not too large.
    pub(crate) fn table(
        &self,
        environment: &Environment,
        free: &[Index],
        done: Option<&Index>,
    ) -> Result<Option<Table>, Reason> {
        let mut table = Table {
            position: Position {
                terms: Vec::with_capacity(free.len()),
                constant: 0,
            },
            entries: 1,
        };
        let mut counted = Vec::with_capacity(free.len());
        for index in free.iter().filter(|index| **index != Index::Unit) {
            let position = self.position(index)?;
            let stride = table.entries as i64;
            let terms = position.terms.iter();
            table
                .position
                .terms
                .extend(terms.map(|(slot, factor)| (*slot, factor * stride)));
            table.position.constant += position.constant * stride;
            let size = match position.as_slot() {
                Some(slot) => usize::try_from(self.sizes[slot]).unwrap_or(usize::MAX),
                None => environment.sizes.size(&index.dim())?,
            };
            table.entries = table.entries.saturating_mul(size);
            if table.entries > MOST_KNOWN {
                return Ok(None);
            }
            counted.extend(position.as_slot());
        }
        let repeated = |(index, position): &(Index, Position)| {
            let slot = position.as_slot().filter(|slot| !counted.contains(slot));
            slot.is_some_and(|slot| self.sizes[slot] > 1) && Some(index) != done
        };
        Ok(self.known.iter().any(repeated).then_some(table))
    }
}

/// Where the values of some indices stand in a table of them all.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    position: Position,
    pub(crate) entries: usize,
}

impl Table {
    pub(crate) fn place(&self, values: &[usize]) -> usize {
        self.position.value(values)
    }
}

/// Each slot once, in order; those that cancel are left out.
pub(crate) fn merged(terms: Vec<(usize, i64)>) -> Vec<(usize, i64)> {
    let mut all: Vec<(usize, i64)> = Vec::with_capacity(terms.len());
    for (slot, factor) in terms {
        match all.iter_mut().find(|(known, _)| *known == slot) {
            Some((_, sum)) => *sum = sum.saturating_add(factor),
            None => all.push((slot, factor)),
        }
    }
    all.retain(|(_, factor)| *factor != 0);
    all.sort_unstable();
    all
}
