//! Index notation: what a scalar with free indices is for all values of these indices.
//!
//! A term is compiled once to loops over numbered slots. In a sum each factor is evaluated as soon as its indices are
//! bound, and a partial product of zero ends the loop there; an index that a Kronecker delta ties to a bound one takes
//! that one value, since every other term of the sum is zero. So deltas cost nothing, and none is rewritten away.
//!
//! A sum over an index whose factors share few indices with the rest is done by itself and kept in a table: Σ_kl A_ik B_kl C_lj takes
//! as many products as two matrix products do (variable elimination: Dechter, Bucket elimination, Artificial Intelligence 113, 1999).

use crate::loops::{Code, MOST_TERMS, Meeting, Memo, Run, Stage};
use crate::number::Number;
use crate::wave::{Wave, root};
use crate::{Array, Environment, Reason};
use derive_graph::gather::Line;
use derive_graph::{Function, Polynomial};
use derive_index::{Head, Index, Term};

/// Arrays of more entries than this are not made, even if deltas leave few of them.
const MOST_ENTRIES: usize = 1 << 23;

/// Tables of what depends on few indices are no larger.
const MOST_KNOWN: usize = 1 << 16;

/// A compiled term and the ranges of its free indices.
#[derive(Debug)]
pub(crate) struct Entries<R> {
    ranges: Vec<usize>,
    /// For every free index an earlier one that a delta ties it to: entries where they differ are zero.
    ties: Vec<Option<usize>>,
    body: Code<R>,
    slots: usize,
}

/// Which index stands in which slot; later ones hide earlier ones of the same id.
struct Scope {
    slots: Vec<(Index, usize)>,
    used: usize,
}

impl Scope {
    fn bind(&mut self, index: &Index) -> usize {
        let slot = self.used;
        self.used += 1;
        self.slots.push((index.clone(), slot));
        slot
    }

    fn slot(&self, index: &Index) -> Result<usize, Reason> {
        let found = self.slots.iter().rev().find(|(known, _)| known == index);
        let (_, slot) = found.ok_or("an index is neither bound nor free here")?;
        Ok(*slot)
    }

    /// The slots and sizes of a table of what depends on `free` alone, if finding it once saves work: where the loops around it, that
    /// over `done` apart, have other indices too, and the table is not too large.
    fn table(
        &self,
        environment: &Environment,
        free: &[Index],
        done: Option<&Index>,
    ) -> Result<Option<Vec<(usize, usize)>>, Reason> {
        let mut slots = Vec::with_capacity(free.len());
        let mut entries = 1;
        for index in free.iter().filter(|index| **index != Index::Unit) {
            let size = environment.sizes.size(&index.dim())?;
            entries *= size;
            slots.push((self.slot(index)?, size));
        }
        let mut repeated = 1;
        for (index, slot) in &self.slots {
            let counted = slots.iter().any(|(known, _)| known == slot);
            if !counted && Some(index) != done && *index != Index::Unit {
                repeated *= environment.sizes.size(&index.dim())?;
            }
        }
        Ok((repeated > 1 && entries <= MOST_KNOWN).then_some(slots))
    }
}

impl<R: Number> Entries<R> {
    /// Compiles `body`, whose free indices are among `over`.
    ///
    /// # Errors
    /// A sentence, if the term does not conform or mentions what has no value.
    pub(crate) fn compile(
        environment: &mut Environment,
        over: &[Index],
        body: &Term,
    ) -> Result<Entries<R>, Reason> {
        let mut scope = Scope {
            slots: Vec::new(),
            used: 0,
        };
        let mut ranges = Vec::new();
        for index in over {
            scope.bind(index);
            ranges.push(environment.sizes.size(&index.dim())?);
        }
        let ties = ties(over, body);
        let body = compile(environment, &mut scope, body)?;
        Ok(Entries {
            ranges,
            ties,
            body,
            slots: scope.used,
        })
    }

    /// The values for all values of the free indices, as an array over their ranges.
    ///
    /// # Errors
    /// [`Reason::TooLarge`], if that would take too long.
    pub(crate) fn evaluate(&self) -> Result<Array<R>, Reason> {
        // The last place counts the terms of sums that were met.
        let mut values = vec![0; self.slots + 1];
        let entries = self
            .ranges
            .iter()
            .try_fold(1usize, |all, size| all.checked_mul(*size));
        let entries = entries.filter(|entries| *entries <= MOST_ENTRIES);
        let mut data = vec![R::zero(); entries.ok_or(Reason::TooLarge)?];
        self.fill(0, 0, &mut values, &mut data)?;
        Ok(Array {
            dims: self.ranges.clone(),
            data,
        })
    }

    /// The entries for all values of the indices from `axis` on; those before it lead to the row `row`.
    fn fill(
        &self,
        axis: usize,
        row: usize,
        values: &mut [usize],
        data: &mut [R],
    ) -> Result<(), Reason> {
        let Some(&size) = self.ranges.get(axis) else {
            data[row] = self.body.value(values);
            values[self.slots] += 1;
            let met = values[self.slots];
            return (met <= MOST_TERMS).then_some(()).ok_or(Reason::TooLarge);
        };
        let range = match self.ties[axis] {
            Some(other) => values[other]..values[other] + 1,
            None => 0..size,
        };
        for value in range {
            values[axis] = value;
            self.fill(axis + 1, row * size + value, values, data)?;
        }
        Ok(())
    }
}

/// For each of the indices an earlier one that it has to be equal to, because a delta is a factor of the term.
fn ties(over: &[Index], body: &Term) -> Vec<Option<usize>> {
    let mut ties = vec![None; over.len()];
    let (_, factors) = match body.head() {
        Head::Product => body.split(),
        _ => return ties,
    };
    let place = |term: &Term| {
        let index = term.as_index()?;
        over.iter().position(|known| known == index)
    };
    for delta in factors.iter().filter(|it| *it.head() == Head::Delta) {
        if let [Some(a), Some(b)] = [0, 1].map(|side| place(&delta.children()[side]))
            && a != b
        {
            ties[a.max(b)] = Some(a.min(b));
        }
    }
    ties
}

fn compile<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    if term.shape().is_none_or(|shape| !shape.is_scalar()) {
        return Err("an array stands where an entry should".into());
    }
    let binds = term
        .children()
        .first()
        .is_some_and(|child| child.as_index().is_some());
    let indexed = matches!(term.head(), Head::Entry | Head::Delta) || binds || root(term).is_some();
    if term.free().is_empty() && !indexed {
        return Ok(Code::Constant(environment.closed::<R>(term)?.data[0]));
    }
    let mut each =
        |environment: &mut Environment, terms: &[Term]| -> Result<Vec<Code<R>>, Reason> {
            terms
                .iter()
                .map(|child| compile(environment, scope, child))
                .collect()
        };
    match term.head() {
        Head::Sum => Ok(Code::Sum(each(environment, term.children())?)),
        Head::Power(exponent) => {
            let base = compile(environment, scope, &term.children()[0])?;
            Ok(Code::Power(Box::new(base), exponent.clone()))
        }
        Head::Apply(function) if root(term).is_some() => {
            compile_wave(environment, scope, function, &term.children()[0])
        }
        Head::Apply(function) => {
            let callable = environment.functions.callable(function);
            Ok(Code::Apply(callable, each(environment, term.children())?))
        }
        Head::Entry => compile_entry(environment, scope, term),
        Head::Delta => compile_delta(environment, scope, term),
        Head::Extremum { least } => compile_extremum(environment, scope, term, *least),
        Head::Product => compile_product(environment, scope, term),
        _ => Err("this operation has no entry by entry meaning".into()),
    }
}

fn compile_entry<R: Number>(
    environment: &mut Environment,
    scope: &Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    let (array, indices) = term.as_entry().ok_or("a subscript has no array")?;
    if !array.free().is_empty() {
        return Err("a subscript belongs to an array that depends on an index".into());
    }
    let array = environment.closed(array)?;
    if indices.iter().any(|index| index.as_affine().is_some()) {
        let (mut plain, mut lines) = (Vec::new(), Vec::new());
        for (index, stride) in indices.iter().zip(array.strides()) {
            match index {
                Index::Unit => {}
                Index::Variable { .. } => plain.push((scope.slot(index)?, stride)),
                Index::Affine(_) => lines.push((line(environment, scope, index)?, stride)),
            }
        }
        return Ok(Code::Place(array, plain, lines));
    }
    let mut place = Vec::new();
    for (index, stride) in indices.iter().zip(array.strides()) {
        if *index != Index::Unit {
            place.push((scope.slot(index)?, stride));
        }
    }
    Ok(Code::Entry(array, place))
}

fn compile_delta<R: Number>(
    environment: &Environment,
    scope: &Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    let plain = |index: &Index| index.as_affine().is_none();
    match (term.children()[0].as_index(), term.children()[1].as_index()) {
        (Some(Index::Unit), Some(Index::Unit)) => Ok(Code::Constant(R::constant(1.0))),
        (Some(a), Some(b)) if plain(a) && plain(b) => {
            Ok(Code::Delta(scope.slot(a)?, scope.slot(b)?))
        }
        (Some(a), Some(b)) => Ok(Code::Meeting(
            line(environment, scope, a)?,
            line(environment, scope, b)?,
        )),
        _ => Err("a Kronecker delta needs two indices".into()),
    }
}

fn compile_wave<R: Number>(
    environment: &Environment,
    scope: &Scope,
    function: &Function,
    root: &Term,
) -> Result<Code<R>, Reason> {
    let (places, _) = root.split();
    let [a, b] = places.as_slice() else {
        return Err("a root of unity needs two indices".into());
    };
    let (a, b) = (line(environment, scope, a)?, line(environment, scope, b)?);
    Ok(Code::Wave(Wave::new(function.name.as_str() == "sin", a, b)))
}

/// A subscript with concrete numbers, in terms of the slots.
fn line(environment: &Environment, scope: &Scope, index: &Index) -> Result<Line, Reason> {
    let number = |polynomial: &Polynomial| {
        let value = polynomial.value(&|name| environment.sizes.named(name));
        value.ok_or_else(|| "a dimension has no size".to_string())
    };
    let affine = index.to_affine();
    let coefficient = |(variable, c): &(Index, Polynomial)| Ok((scope.slot(variable)?, number(c)?));
    Ok(Line {
        coefficients: affine
            .terms()
            .iter()
            .map(coefficient)
            .collect::<Result<_, Reason>>()?,
        constant: number(affine.constant())?,
        divisor: affine.divisor(),
        cyclic: affine.cyclic(),
        size: i64::try_from(environment.sizes.size(affine.dim())?).unwrap_or(i64::MAX),
    })
}

fn compile_extremum<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
    least: bool,
) -> Result<Code<R>, Reason> {
    let (bound, parts) = term.split();
    let [body, counts] = parts else {
        return Err("an extremum has a body and a condition".into());
    };
    let depth = scope.slots.len();
    let mut slots = Vec::new();
    for index in &bound {
        slots.push((scope.bind(index), environment.sizes.size(&index.dim())?));
    }
    let body = compile(environment, scope, body)?;
    let counts = compile(environment, scope, counts)?;
    scope.slots.truncate(depth);
    Ok(Code::Extremum(
        least,
        slots,
        Box::new(body),
        Box::new(counts),
    ))
}

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
fn compile_product<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    let (bound, factors) = term.split();
    let depth = scope.slots.len();
    let around = scope.table(environment, term.free(), None)?;
    let mut pending: Vec<(Index, usize)> = Vec::new();
    for index in bound.iter().filter(|index| **index != Index::Unit) {
        pending.push((index.clone(), scope.bind(index)));
    }
    let sums = !pending.is_empty();
    let mut left: Vec<&Term> = factors.iter().collect();
    // What meets a delta's zero early saves the evaluation of the rest.
    left.sort_by_key(|factor| match factor.head() {
        Head::Delta => 0,
        Head::Entry | Head::Number(_) => 1,
        _ => 2,
    });
    let mut left: Vec<Part<R>> = left.into_iter().map(Part::Term).collect();
    while eliminate(environment, scope, &mut left, &mut pending)? {}
    let first = take_known(environment, scope, &mut left, &pending)?;
    let mut stages = Vec::with_capacity(pending.len());
    while !pending.is_empty() {
        let (place, run) = next_loop(environment, scope, &left, &pending)?;
        let (_, slot) = pending.remove(place);
        let factors = take_known(environment, scope, &mut left, &pending)?;
        stages.push(Stage { slot, run, factors });
    }
    scope.slots.truncate(depth);
    let product = Code::Product(first, stages);
    Ok(match around.filter(|_| sums) {
        Some(slots) => Code::Memo(Memo::new(&slots, product)),
        None => product,
    })
}

/// A sum that may be done by itself.
struct Elimination {
    /// How large its table is.
    entries: usize,
    /// Where its index stands among the pending ones.
    at: usize,
    /// The other indices of its factors.
    beside: Vec<Index>,
    /// Their slots and sizes.
    slots: Vec<(usize, usize)>,
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
        if let Some(slots) = scope.table(environment, &beside, Some(index))? {
            let entries: usize = slots.iter().map(|(_, size)| size).product();
            if best.as_ref().is_none_or(|best| entries < best.entries) {
                best = Some(Elimination {
                    entries,
                    at,
                    beside,
                    slots,
                });
            }
        }
    }
    let Some(Elimination {
        at, beside, slots, ..
    }) = best
    else {
        return Ok(false);
    };
    let (index, slot) = pending.remove(at);
    let (touching, rest): (Vec<Part<R>>, Vec<Part<R>>) = std::mem::take(left)
        .into_iter()
        .partition(|part| part.mentions(&index));
    *left = rest;
    let run = Run::Over(environment.sizes.size(&index.dim())?);
    let factors = touching.into_iter();
    let factors = factors.map(|part| part.compiled(environment, scope));
    let factors = factors.collect::<Result<_, _>>()?;
    let stage = Stage { slot, run, factors };
    let sum = Code::Product(Vec::new(), vec![stage]);
    left.push(Part::Made(Code::Memo(Memo::new(&slots, sum)), beside));
    Ok(true)
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
    now.into_iter()
        .map(|factor| factor.compiled(environment, scope))
        .collect()
}

/// The pending index to loop over next: one that a delta ties to a known index, or else the first.
fn next_loop<R: Number>(
    environment: &Environment,
    scope: &Scope,
    left: &[Part<R>],
    pending: &[(Index, usize)],
) -> Result<(usize, Run), Reason> {
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
                    return Ok((place, Run::Equal(scope.slot(b)?)));
                }
                (None, Some(place)) if *a != Index::Unit => {
                    return Ok((place, Run::Equal(scope.slot(a)?)));
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
    Ok((
        place,
        meeting.map_or(Run::Over(size), |meeting| Run::Meeting(meeting, size)),
    ))
}

/// What the last index that an affine delta waits for has to be.
fn meeting(environment: &Environment, scope: &Scope, delta: &Term, slot: usize) -> Option<Meeting> {
    let [a, b] =
        [0, 1].map(|side| line(environment, scope, delta.children()[side].as_index()?).ok());
    let (a, b) = (a?, b?);
    Meeting::solved(a.clone(), b.clone(), slot).or_else(|| Meeting::solved(b, a, slot))
}
