//! Where an entry can be other than zero.
//!
//! In: a product of index notation. Out: for each of the indices around it an earlier one that a delta ties it to, and intervals in which
//! affine combinations have to lie, because a delta is zero elsewhere or an array has no such place. Nothing is lost by looking at no other entry: every
//! other one is zero, whatever the arrays hold.

use crate::Environment;
use crate::scope::{Scope, merged};
use derive_graph::gather::Line;
use derive_index::{Head, Index, Term};
use std::ops::Range;

/// Larger numbers in subscripts are not reasoned about, so that nothing overflows.
const LARGEST: i64 = 1 << 31;

/// One of the indices around a term, with what is known once those before it are.
#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) size: usize,
    /// An earlier axis that a delta ties it to.
    tie: Option<usize>,
    bounds: Vec<Bound>,
}

impl Axis {
    /// An index of this size that nothing is known of.
    pub(crate) fn free(size: usize) -> Axis {
        Axis {
            size,
            tie: None,
            bounds: Vec::new(),
        }
    }

    /// The values for which an entry can be other than zero, given those of the axes before.
    pub(crate) fn range(&self, values: &[usize]) -> Range<usize> {
        let all = match self.tie {
            Some(other) => values[other]..(values[other] + 1).min(self.size),
            None => 0..self.size,
        };
        let bounds = self.bounds.iter();
        bounds.fold(all, |range, bound| bound.narrowed(range, values))
    }

    /// Whether some values are left out.
    pub(crate) fn is_narrow(&self) -> bool {
        self.tie.is_some() || !self.bounds.is_empty()
    }
}

/// `low ≤ factor · v + Σ c_k v_k ≤ high` for the value v of one slot and the values of others; the factor is positive.
#[derive(Debug)]
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

    /// That the place of a subscript exists, for the value of a slot that it mentions; nothing where it is counted on a circle, or where its
    /// numbers are large.
    pub(crate) fn of_place(line: &Line, slot: usize) -> Option<Bound> {
        let terms = merged(line.coefficients.clone());
        (!line.cyclic).then_some(())?;
        Bound::of(&terms, slot, existing(line)?)
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
    let mut axes: Vec<Axis> = sizes.iter().map(|size| Axis::free(*size)).collect();
    let (bound, factors) = match body.head() {
        Head::Product => body.split(),
        Head::Entry | Head::Delta => (Vec::new(), std::slice::from_ref(body)),
        _ => return axes,
    };
    let depth = scope.depth();
    let inner = bind(environment, scope, &bound);
    let outer = sizes.len();
    for factor in factors {
        for (terms, interval) in restrictions(environment, scope, factor).unwrap_or_default() {
            // A summed index has some value.
            let (terms, summed): (Vec<_>, Vec<_>) =
                terms.into_iter().partition(|(slot, _)| *slot < outer);
            let reach = summed.iter().map(|(slot, factor)| {
                let size = inner.iter().find(|(known, _)| known == slot);
                factor.saturating_mul(size.map_or(i64::MAX, |(_, size)| *size - 1))
            });
            let [low, high] = reach.fold(interval, |[low, high], reach| {
                [low.saturating_sub(reach.max(0)), high.saturating_sub(reach.min(0))]
            });
            let last = terms.iter().map(|(slot, _)| *slot).max();
            if let Some(last) = last {
                restrict(&mut axes[last], &terms, last, [low, high]);
            }
        }
    }
    scope.leave(depth);
    axes
}

/// Gives summed indices slots, for a while; each with its size.
fn bind(environment: &Environment, scope: &mut Scope, bound: &[Index]) -> Vec<(usize, i64)> {
    let bound = bound.iter().filter(|index| **index != Index::Unit);
    let sized = |index: &Index| {
        let size = environment.sizes.size(&index.dim()).ok();
        let size = size.and_then(|size| i64::try_from(size).ok());
        (scope.bind(index), size.unwrap_or(i64::MAX))
    };
    bound.map(sized).collect()
}

fn restrict(axis: &mut Axis, terms: &[(usize, i64)], last: usize, interval: [i64; 2]) {
    if let ([(a, x), (b, y)], [0, 0]) = (terms, interval)
        && x + y == 0
        && x.abs() == 1
    {
        axis.tie = Some(*a.min(b));
        return;
    }
    axis.bounds.extend(Bound::of(terms, last, interval));
}

/// Terms and the interval in which their sum has to lie.
type Restriction = (Vec<(usize, i64)>, [i64; 2]);

/// What has to hold for a factor to be other than zero; nothing where subscripts are counted on a circle.
fn restrictions(
    environment: &Environment,
    scope: &Scope,
    factor: &Term,
) -> Option<Vec<Restriction>> {
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
    let left = x.coefficients.iter().map(|(at, c)| (*at, c.saturating_mul(y.divisor)));
    let right = y.coefficients.iter().map(|(at, c)| (*at, c.saturating_mul(-x.divisor)));
    let constant = y.constant.checked_mul(x.divisor)?;
    let apart = constant.checked_sub(x.constant.checked_mul(y.divisor)?)?;
    Some((merged(left.chain(right).collect()), [apart, apart]))
}
