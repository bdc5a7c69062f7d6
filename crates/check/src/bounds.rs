//! Where an entry can be other than zero.
//!
//! In: a term of index notation. Out: intervals in which affine combinations of the indices around it have to lie, because a delta is zero
//! elsewhere or an array has no such place. Nothing is lost by looking at no other entry: every
//! other one is zero, whatever the arrays hold.

use crate::Environment;
use crate::scope::{Scope, merged};
use derive_graph::gather::Line;
use derive_index::{Head, Index, Term};
use std::ops::Range;

/// Larger numbers in subscripts are not reasoned about, so that nothing overflows.
const LARGEST: i64 = 1 << 31;

/// A loop over a slot, with what is known of its values once those of the loops around it are.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) slot: usize,
    pub(crate) size: usize,
    pub(crate) bounds: Vec<Bound>,
}

impl Axis {
    /// A loop that nothing is known of.
    pub(crate) fn free(slot: usize, size: usize) -> Axis {
        Axis {
            slot,
            size,
            bounds: Vec::new(),
        }
    }

    /// The values for which an entry can be other than zero.
    pub(crate) fn range(&self, values: &[usize]) -> Range<usize> {
        let bounds = self.bounds.iter();
        bounds.fold(0..self.size, |range, bound| bound.narrowed(range, values))
    }
}

/// `low ≤ factor · v + Σ c_k v_k ≤ high` for the value v of one slot and the values of others; the factor is positive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bound {
    factor: i64,
    others: Vec<(usize, i64)>,
    low: i64,
    high: i64,
}

impl Bound {
    /// What these terms, of which `slot` is one, have to satisfy.
    fn of(terms: &[(usize, i64)], slot: usize, [low, high]: [i64; 2]) -> Option<Bound> {
        let small = |number: &i64| (-LARGEST..=LARGEST).contains(number);
        let numbers = terms.iter().map(|(_, factor)| factor);
        if !numbers.chain([&low, &high]).all(small) {
            return None;
        }
        let (_, factor) = *terms.iter().find(|(at, _)| *at == slot)?;
        let sign = factor.signum();
        let others = terms.iter().filter(|(at, _)| *at != slot);
        Some(Bound {
            factor: factor * sign,
            others: others.map(|(at, factor)| (*at, factor * sign)).collect(),
            low: if sign < 0 { -high } else { low },
            high: if sign < 0 { -low } else { high },
        })
    }

    /// That the slot has the value of another one.
    pub(crate) fn of_equal(other: usize) -> Bound {
        Bound {
            factor: 1,
            others: vec![(other, -1)],
            low: 0,
            high: 0,
        }
    }

    /// The slot of which this one has to have the value.
    pub(crate) fn as_tie(&self) -> Option<usize> {
        match self.others.as_slice() {
            [(other, -1)] if (self.factor, self.low, self.high) == (1, 0, 0) => Some(*other),
            _ => None,
        }
    }

    /// Whether it depends on the value of another slot.
    pub(crate) fn mentions(&self, slot: usize) -> bool {
        self.others.iter().any(|(other, _)| *other == slot)
    }

    /// The same bound on the value of `slot` in other slots' names, and the last of these, whose bound it is then; inner `None` where it says nothing, and
    /// nothing where it cannot be said.
    pub(crate) fn renamed(
        &self,
        slot: usize,
        name: &dyn Fn(usize) -> usize,
    ) -> Option<Option<(usize, Bound)>> {
        let all = self.others.iter().copied().chain([(slot, self.factor)]);
        let terms = merged(all.map(|(slot, factor)| (name(slot), factor)).collect());
        let Some(&(last, _)) = terms.last() else {
            return (self.low <= 0 && self.high >= 0).then_some(None);
        };
        Some(Some((
            last,
            Bound::of(&terms, last, [self.low, self.high])?,
        )))
    }

    /// That the place of a subscript exists, for the value of a slot that it mentions, with slots renamed; nothing where it is counted on a
    /// circle, or where its numbers are large.
    pub(crate) fn of_place(
        line: &Line,
        name: &dyn Fn(usize) -> usize,
        slot: usize,
    ) -> Option<Bound> {
        let terms = line.coefficients.iter();
        let terms = terms.map(|(slot, factor)| (name(*slot), *factor));
        let terms = merged(terms.collect());
        (!line.cyclic).then_some(())?;
        Bound::of(&terms, slot, existing(line)?)
    }

    /// That two places are the same, for the value of a slot that they mention; nothing where they are divided or counted on a circle.
    pub(crate) fn of_meeting(
        [a, b]: [&Line; 2],
        name: &dyn Fn(usize) -> usize,
        slot: usize,
    ) -> Option<Bound> {
        if [a, b].iter().any(|line| line.cyclic || line.divisor != 1) {
            return None;
        }
        let (terms, interval) = equal(a, b)?;
        let terms = terms.into_iter().map(|(slot, factor)| (name(slot), factor));
        Bound::of(&merged(terms.collect()), slot, interval)
    }

    /// Whether this holds for all values of the loops, that over `size` values for its own slot.
    pub(crate) fn always_holds(&self, size: usize, scope: &Scope) -> bool {
        let own = (self.factor, size.try_into().unwrap_or(i64::MAX));
        let others = self
            .others
            .iter()
            .map(|(slot, factor)| (*factor, scope.size(*slot)));
        let (mut low, mut high) = (0i64, 0i64);
        for (factor, size) in others.chain([own]) {
            let reach = factor.saturating_mul(size - 1);
            low = low.saturating_add(reach.min(0));
            high = high.saturating_add(reach.max(0));
        }
        low >= self.low && high <= self.high
    }

    /// The part of a range in which this holds.
    pub(crate) fn narrowed(&self, range: Range<usize>, values: &[usize]) -> Range<usize> {
        let others = self.others.iter();
        let rest: i64 = others.map(|(at, factor)| factor * values[*at] as i64).sum();
        let (mut low, mut high) = (self.low - rest, self.high - rest);
        // Most factors are one, and division is slow.
        if self.factor != 1 {
            low = -(-low).div_euclid(self.factor);
            high = high.div_euclid(self.factor);
        }
        let low = low.max(range.start as i64);
        let end = (high + 1).min(range.end as i64).max(low);
        low as usize..end as usize
    }
}

/// The interval in which the number of a subscript lies where its place exists, less the constant.
fn existing(line: &Line) -> Option<[i64; 2]> {
    let last = line.divisor.checked_mul(line.size - 1)?;
    let low = line.constant.checked_neg()?;
    Some([low, last.checked_sub(line.constant)?])
}

/// The axes of these sizes, narrowed to where `body` can be other than zero; the first slots of the scope are theirs.
pub(crate) fn axes(
    environment: &Environment,
    scope: &mut Scope,
    sizes: &[usize],
    body: &Term,
) -> Vec<Axis> {
    let sized = sizes.iter().enumerate();
    let mut axes: Vec<Axis> = sized.map(|(slot, size)| Axis::free(slot, *size)).collect();
    if !restricts(body) {
        return axes;
    }
    for (terms, interval) in restrictions(environment, scope, sizes.len(), body) {
        let last = terms.iter().map(|(slot, _)| *slot).max();
        let Some(axis) = last.map(|last| &mut axes[last]) else {
            continue;
        };
        let bound = Bound::of(&terms, axis.slot, interval);
        let bound = bound.filter(|bound| !bound.always_holds(axis.size, scope));
        axis.bounds
            .extend(bound.filter(|bound| !axis.bounds.contains(bound)));
    }
    axes
}

/// Whether anything in a term can keep its entries from being other than zero.
fn restricts(term: &Term) -> bool {
    match term.head() {
        Head::Delta => true,
        Head::Entry => term.children()[1..]
            .iter()
            .filter_map(Term::as_index)
            .any(|index| index.as_affine().is_some()),
        Head::Product => term.children().iter().any(restricts),
        Head::Sum => term.children().iter().all(restricts),
        _ => false,
    }
}

/// What has to hold of the first slots for a term to be other than zero: of a product, what has to for any of its factors; of a sum, what
/// has to for all of its terms. A summed index has some value.
fn restrictions(
    environment: &Environment,
    scope: &mut Scope,
    outer: usize,
    term: &Term,
) -> Vec<Restriction> {
    let depth = scope.depth();
    let all = match term.head() {
        Head::Product => {
            let (bound, factors) = term.split();
            for index in bound.iter().filter(|index| **index != Index::Unit) {
                let size = environment.sizes.size(&index.dim());
                scope.bind(index, size.unwrap_or(usize::MAX));
            }
            let each = factors.iter();
            each.flat_map(|factor| restrictions(environment, scope, outer, factor))
                .collect()
        }
        Head::Sum => {
            let mut terms = term.children().iter();
            let first = terms.next();
            let first = first.map(|term| restrictions(environment, scope, outer, term));
            terms.fold(first.unwrap_or_default(), |common, term| {
                match common.is_empty() {
                    true => common,
                    false => {
                        let others = restrictions(environment, scope, outer, term);
                        common
                            .into_iter()
                            .filter(|it| others.contains(it))
                            .collect()
                    }
                }
            })
        }
        _ => of_factor(environment, scope, term).unwrap_or_default(),
    };
    let reduced = |(terms, interval): Restriction| {
        let (terms, summed): (Vec<_>, Vec<_>) =
            terms.into_iter().partition(|(slot, _)| *slot < outer);
        let reach = summed.into_iter();
        let reach = reach.map(|(slot, factor)| factor.saturating_mul(scope.size(slot) - 1));
        let interval = reach.fold(interval, |[low, high], reach| {
            [
                low.saturating_sub(reach.max(0)),
                high.saturating_sub(reach.min(0)),
            ]
        });
        (terms, interval)
    };
    let all = match term.head() {
        Head::Product => all.into_iter().map(reduced).collect(),
        _ => all,
    };
    scope.leave(depth);
    all
}

/// Terms and the interval in which their sum has to lie.
type Restriction = (Vec<(usize, i64)>, [i64; 2]);

/// What has to hold for a factor to be other than zero; nothing where subscripts are counted on a circle.
fn of_factor(environment: &Environment, scope: &Scope, factor: &Term) -> Option<Vec<Restriction>> {
    let affine = |index: &&Index| index.as_affine().is_some();
    let place = |line: &Line| -> Option<Restriction> {
        (!line.cyclic).then_some(())?;
        Some((merged(line.coefficients.clone()), existing(line)?))
    };
    match factor.head() {
        Head::Entry => {
            let (_, indices) = factor.as_entry()?;
            let lines = indices.iter().filter(affine);
            let lines = lines.filter_map(|index| scope.line(environment, index).ok());
            Some(lines.filter_map(|line| place(&line)).collect())
        }
        Head::Delta => {
            let sides = [0, 1].map(|side| factor.children()[side].as_index());
            let [Some(a), Some(b)] = sides else {
                return None;
            };
            if *a == Index::Unit && *b == Index::Unit {
                return None;
            }
            let [x, y] = [a, b].map(|side| scope.line(environment, side).ok());
            let (x, y) = (x?, y?);
            if x.cyclic || y.cyclic {
                return None;
            }
            let sides = [(a, &x), (b, &y)].into_iter();
            let sides = sides.filter(|(index, _)| affine(index));
            let mut all: Vec<Restriction> = sides.filter_map(|(_, line)| place(line)).collect();
            all.extend(equal(&x, &y));
            Some(all)
        }
        _ => None,
    }
}

/// That two subscripts are the same number.
fn equal(x: &Line, y: &Line) -> Option<Restriction> {
    let left = x
        .coefficients
        .iter()
        .map(|(at, c)| (*at, c.saturating_mul(y.divisor)));
    let right = y
        .coefficients
        .iter()
        .map(|(at, c)| (*at, c.saturating_mul(-x.divisor)));
    let constant = y.constant.checked_mul(x.divisor)?;
    let apart = constant.checked_sub(x.constant.checked_mul(y.divisor)?)?;
    Some((merged(left.chain(right).collect()), [apart, apart]))
}
