//! Products and sums over products, compiled: the order of the loops, and which sums are done by themselves.
//!
//! In: a product with the indices that it binds. Out: loops in which each factor is evaluated as soon as its indices are bound. An index that a
//! delta ties to known ones takes the value that it must; a sum whose factors share few indices with the rest is done by itself and kept in a table:
//! Σ_kl A_ik B_kl C_lj takes as many products as two matrix products do (variable elimination: Dechter, Bucket elimination, Artificial Intelligence
//! 113, 1999). What cannot be compiled is a reason in words.

use crate::array::strides;
use crate::bounds::Axis;
use crate::entry::compile;
use crate::loops::{Code, Meeting, Memo, Run, Stage};
use crate::number::Number;
use crate::rows::rows;
use crate::scope::{Position, Scope, Table};
use crate::{Array, Environment, Reason};
use derive_graph::gather::Line;
use derive_index::{Head, Index, Term};
use std::rc::Rc;

/// Loops of no more terms are run as they are.
const FEW_TERMS: usize = if cfg!(test) { 8 } else { 1 << 11 };

/// Sums of more terms are not done for all values of the other indices at once.
const MOST_SUMMED: usize = 1 << 14;

/// A factor of a product: one that is still to be compiled, or a sum that was done by itself, with its indices.
enum Part<'a, R> {
    Term(&'a Term),
    Made(Code<R>, Vec<Index>),
}

impl<R: Number> Part<'_, R> {
    fn free(&self) -> &[Index] {
        match self {
            Part::Term(term) => term.free(),
            Part::Made(_, free) => free,
        }
    }

    fn mentions(&self, index: &Index) -> bool {
        self.free().binary_search(index).is_ok()
    }

    fn as_delta(&self) -> Option<&Term> {
        match self {
            Part::Term(term) if *term.head() == Head::Delta => Some(term),
            _ => None,
        }
    }

    fn compiled(self, environment: &mut Environment, scope: &mut Scope) -> Result<Code<R>, Reason> {
        match self {
            Part::Term(term) => compile(environment, scope, term),
            Part::Made(code, _) => Ok(code),
        }
    }
}

/// Chooses the order of the loops and puts every factor after the first loop that makes it known.
pub(crate) fn compile_product<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    let (bound, factors) = term.split();
    if bound.is_empty() {
        return compile_factors(environment, scope, factors);
    }
    let depth = scope.depth();
    let mut terms = scope.terms();
    let mut sums = Vec::with_capacity(bound.len());
    for index in bound.into_iter().filter(|index| *index != Index::Unit) {
        let size = environment.sizes.size(&index.dim())?;
        terms = terms.saturating_mul(size);
        sums.push((index, size));
    }
    let many = terms > FEW_TERMS;
    let around = match many && !sums.is_empty() {
        true => scope.table(environment, term.free(), None)?,
        false => None,
    };
    let bound = sums.into_iter();
    let bound = bound.map(|(index, size)| (scope.bind(&index, size), index));
    let mut pending: Vec<(Index, usize)> = bound.map(|(slot, index)| (index, slot)).collect();
    let mut left: Vec<Part<R>> = sorted(factors).into_iter().map(Part::Term).collect();
    while many && eliminate(environment, scope, &mut left, &mut pending)? {}
    let mut first = take_known(environment, scope, &mut left, &pending)?;
    let mut stages: Vec<Stage<R>> = Vec::with_capacity(pending.len());
    while !pending.is_empty() {
        let (place, run) = next_loop(environment, scope, &left, &pending)?;
        let (index, slot) = pending.remove(place);
        let run = match run {
            Next::Loop(run) => run,
            // It is known as soon as what it depends on is, and no loop of its own.
            Next::Solved(position, exists) => {
                let known = stages
                    .last_mut()
                    .map_or(&mut first, |stage| &mut stage.factors);
                known.extend(exists.map(Code::Exists));
                // What was done by itself looks for it in its slot.
                let made = |part: &Part<R>| matches!(part, Part::Made(..)) && part.mentions(&index);
                if left.iter().any(made) {
                    known.push(Code::Set(slot, position.clone()));
                }
                scope.solve(&index, position);
                known.extend(take_known(environment, scope, &mut left, &pending)?);
                continue;
            }
        };
        let factors = take_known(environment, scope, &mut left, &pending)?;
        stages.push(Stage::new(slot, run, factors));
    }
    add_rows(scope, &mut stages);
    scope.leave(depth);
    let product = Code::Product(first, stages);
    Ok(match around {
        Some(table) => Code::Memo(Memo::new(table, product)),
        None => product,
    })
}

/// Factors in the order in which they are evaluated: what meets a delta's zero early saves the evaluation of the rest.
fn sorted(factors: &[Term]) -> Vec<&Term> {
    let mut sorted: Vec<&Term> = factors.iter().collect();
    sorted.sort_by_key(|factor| match factor.head() {
        Head::Delta => 0,
        Head::Entry | Head::Number(_) => 1,
        _ => 2,
    });
    sorted
}

/// A product that sums over nothing.
fn compile_factors<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    factors: &[Term],
) -> Result<Code<R>, Reason> {
    let mut known = Vec::with_capacity(factors.len());
    for factor in sorted(factors) {
        match compile(environment, scope, factor)? {
            Code::Constant(one) if one == R::constant(1.0) => {}
            code => known.push(code),
        }
    }
    Ok(Code::Product(known, Vec::new()))
}

/// Gives the innermost loops, as many as have no factors before the last one, their rows.
fn add_rows<R: Number>(scope: &Scope, stages: &mut [Stage<R>]) {
    let Some(last) = stages.len().checked_sub(1) else {
        return;
    };
    let inner = |stage: &Stage<R>| stage.factors.is_empty() && stage.run.size().is_some();
    let before = stages[..last]
        .iter()
        .rev()
        .take_while(|stage| inner(stage))
        .count();
    let first = last - before;
    let axis = |stage: &Stage<R>| Some(Axis::free(stage.slot, stage.run.size()?));
    let axes: Option<Vec<Axis>> = stages[first..].iter().map(axis).collect();
    let rows = axes.and_then(|axes| rows(scope, axes, &stages[last].factors, &[]));
    stages[first].rows = rows;
}

/// A sum that may be done by itself.
struct Elimination {
    /// Where its index stands among the pending ones.
    at: usize,
    /// The other indices of its factors.
    beside: Vec<Index>,
    /// The table of them.
    table: Table,
}

/// Does one of the pending sums by itself where that saves repeating it; false if there is none. Sums that a delta ends are left to it.
fn eliminate<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    left: &mut Vec<Part<R>>,
    pending: &mut Vec<(Index, usize)>,
) -> Result<bool, Reason> {
    let mut best: Option<Elimination> = None;
    for (at, (index, _)) in pending.iter().enumerate() {
        let touching = || left.iter().filter(|part| part.mentions(index));
        if touching().any(|part| part.as_delta().is_some()) || touching().next().is_none() {
            continue;
        }
        let mut beside: Vec<Index> = touching().flat_map(|part| part.free()).cloned().collect();
        beside.sort();
        beside.dedup();
        beside.retain(|other| other != index);
        if let Some(table) = scope.table(environment, &beside, Some(index))?
            && best
                .as_ref()
                .is_none_or(|best| table.entries < best.table.entries)
        {
            best = Some(Elimination { at, beside, table });
        }
    }
    let Some(Elimination { at, beside, table }) = best else {
        return Ok(false);
    };
    let (index, slot) = pending.remove(at);
    let (touching, rest): (Vec<Part<R>>, Vec<Part<R>>) = std::mem::take(left)
        .into_iter()
        .partition(|part| part.mentions(&index));
    *left = rest;
    let size = environment.sizes.size(&index.dim())?;
    let factors = touching.into_iter();
    let factors = factors.map(|part| part.compiled(environment, scope));
    let factors: Vec<Code<R>> = factors.collect::<Result<_, _>>()?;
    if let Some(sums) = summed(environment, scope, &factors, (slot, size), &beside)? {
        left.push(Part::Made(sums, beside));
        return Ok(true);
    }
    let mut stages = vec![Stage::new(slot, Run::Over(size), factors)];
    add_rows(scope, &mut stages);
    let sum = Code::Product(Vec::new(), stages);
    left.push(Part::Made(Code::Memo(Memo::new(table, sum)), beside));
    Ok(true)
}

/// The sum of a product of entries over one slot, found for all values of the other indices at once.
fn summed<R: Number>(
    environment: &Environment,
    scope: &Scope,
    factors: &[Code<R>],
    (slot, size): (usize, usize),
    beside: &[Index],
) -> Result<Option<Code<R>>, Reason> {
    let mut loops = Vec::with_capacity(beside.len() + 1);
    for index in beside.iter().filter(|index| **index != Index::Unit) {
        let Some(slot) = scope.position(index)?.as_slot() else {
            return Ok(None);
        };
        loops.push(Axis::free(slot, environment.sizes.size(&index.dim())?));
    }
    let dims: Vec<usize> = loops.iter().map(|axis| axis.size).collect();
    let place: Vec<(usize, usize)> = loops
        .iter()
        .map(|axis| axis.slot)
        .zip(strides(&dims))
        .collect();
    loops.push(Axis::free(slot, size));
    let terms = loops
        .iter()
        .fold(1usize, |all, axis| all.saturating_mul(axis.size));
    if terms > MOST_SUMMED {
        return Ok(None);
    }
    let Some(rows) = rows(scope, loops, factors, &place) else {
        return Ok(None);
    };
    let mut data = vec![R::zero(); dims.iter().product()];
    let mut values = vec![0; scope.used() + 1];
    rows.joined()
        .longest_inside()
        .each(R::constant(1.0), &mut values, &mut |at, sum| {
            data[at] = data[at] + sum
        });
    Ok(Some(Code::Entry(Rc::new(Array { dims, data }), place)))
}

/// Removes from `left` the factors that no pending index occurs in, compiled.
fn take_known<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    left: &mut Vec<Part<R>>,
    pending: &[(Index, usize)],
) -> Result<Vec<Code<R>>, Reason> {
    let waits = |factor: &Part<R>| pending.iter().any(|(index, _)| factor.mentions(index));
    let (later, now): (Vec<Part<R>>, Vec<Part<R>>) =
        std::mem::take(left).into_iter().partition(|it| waits(it));
    *left = later;
    let mut known = Vec::with_capacity(now.len());
    for factor in now {
        // A delta that was solved says nothing any more.
        match factor.compiled(environment, scope)? {
            Code::Constant(one) if one == R::constant(1.0) => {}
            code => known.push(code),
        }
    }
    Ok(known)
}

/// What is done about the next index.
enum Next {
    Loop(Run),
    /// What it has to be, and where it exists at all.
    Solved(Position, Option<Line>),
}

/// The pending index to loop over next: one that a delta ties to a known index, or else the first.
fn next_loop<R: Number>(
    environment: &Environment,
    scope: &Scope,
    left: &[Part<R>],
    pending: &[(Index, usize)],
) -> Result<(usize, Next), Reason> {
    let waiting = |index: &Index| pending.iter().position(|(known, _)| known == index);
    let affine = |factor: &Term| {
        let index = |child: &Term| {
            child
                .as_index()
                .is_some_and(|index| index.as_affine().is_some())
        };
        factor.children().iter().any(index)
    };
    let deltas = || left.iter().filter_map(Part::as_delta);
    for factor in deltas().filter(|factor| !affine(factor)) {
        if let [Some(a), Some(b)] = [0, 1].map(|side| factor.children()[side].as_index()) {
            match (waiting(a), waiting(b)) {
                (Some(place), None) if *b != Index::Unit => {
                    return Ok((place, Next::Solved(scope.position(b)?.clone(), None)));
                }
                (None, Some(place)) if *a != Index::Unit => {
                    return Ok((place, Next::Solved(scope.position(a)?.clone(), None)));
                }
                _ => {}
            }
        }
    }
    // An affine delta leaves few places once its indices are known, so the one that needs the fewest comes next.
    let needed =
        |factor: &Term| -> Vec<usize> { factor.free().iter().filter_map(waiting).collect() };
    let nearest = deltas()
        .filter(|factor| affine(factor))
        .map(needed)
        .filter(|needed| !needed.is_empty());
    let nearest = nearest.min_by_key(Vec::len);
    let place = nearest.as_ref().map_or(0, |needed| needed[0]);
    let (index, slot) = &pending[place];
    let size = environment.sizes.size(&index.dim())?;
    let mut last = deltas().filter(|factor| affine(factor) && needed(factor) == [place]);
    let meeting = last.find_map(|factor| meeting(environment, scope, factor, *slot));
    let next = match meeting {
        Some(meeting) => match meeting.position(*slot) {
            Some(position) => {
                let exists = Line {
                    coefficients: position.terms.clone(),
                    constant: position.constant,
                    divisor: 1,
                    cyclic: false,
                    size: i64::try_from(size).unwrap_or(i64::MAX),
                };
                Next::Solved(position, Some(exists))
            }
            None => Next::Loop(Run::Meeting(meeting, size)),
        },
        None => Next::Loop(Run::Over(size)),
    };
    Ok((place, next))
}

/// What the last index that an affine delta waits for has to be.
fn meeting(environment: &Environment, scope: &Scope, delta: &Term, slot: usize) -> Option<Meeting> {
    let [a, b] = [0, 1].map(|side| {
        scope
            .line(environment, delta.children()[side].as_index()?)
            .ok()
    });
    let (a, b) = (a?, b?);
    Meeting::solved(a.clone(), b.clone(), slot).or_else(|| Meeting::solved(b, a, slot))
}
