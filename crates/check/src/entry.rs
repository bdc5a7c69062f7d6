//! Index notation: what a scalar with free indices is for all values of these indices.
//!
//! A term is compiled once to loops over numbered slots. In a sum each factor is evaluated as soon as its indices are
//! bound, and a partial product of zero ends the loop there; an index that a Kronecker delta ties to a bound one takes
//! that one value, since every other term of the sum is zero. So deltas cost nothing, and none is rewritten away.

use crate::function::Callable;
use crate::sizes::MOST_ENTRIES;
use crate::term::power;
use crate::wave::{root, wave};
use crate::{Array, Environment, Reason};
use derive_graph::gather::Line;
use derive_graph::{Function, Polynomial};
use derive_index::{Head, Index, Rational, Term};
use std::rc::Rc;

/// Terms whose sums have more terms in all are not evaluated: a check that never ends checks nothing.
const MOST_TERMS: usize = 20_000_000;
/// A cosine or sine counts as so many terms, for it takes as long.
const TERMS_OF_WAVE: usize = 16;

/// A compiled term and the ranges of its free indices.
#[derive(Debug)]
pub(crate) struct Entries {
    ranges: Vec<usize>,
    body: Code,
    slots: usize,
}

#[derive(Debug)]
enum Code {
    Constant(f64),
    /// An array's data, and slot and stride for each subscript that varies.
    Entry(Rc<Array>, Vec<(usize, usize)>),
    /// An array at affine places of the slots, each with its stride, after the plain ones as slot and stride; zero where a
    /// place does not exist.
    Place(Rc<Array>, Vec<(usize, usize)>, Vec<(Line, usize)>),
    Delta(usize, usize),
    /// Whether two affine places exist and are the same.
    Meeting(Line, Line),
    /// The largest or least body over these slots and sizes, where the last part is not zero.
    Extremum(bool, Vec<(usize, usize)>, Box<Code>, Box<Code>),
    Product(Vec<Code>, Vec<Stage>),
    Sum(Vec<Code>),
    Power(Box<Code>, Rational),
    Apply(Callable, Vec<Code>),
    /// The cosine, or the sine, of the angle of the root of unity ω^{ab}.
    Wave(bool, Line, Line),
}

/// One bound index of a sum, and the factors that are known once it is.
#[derive(Debug)]
struct Stage {
    slot: usize,
    run: Run,
    factors: Vec<Code>,
}

#[derive(Debug)]
enum Run {
    /// All values below this.
    Over(usize),
    /// The value of this slot alone.
    Equal(usize),
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
}

impl Entries {
    /// Compiles `body`, whose free indices are among `over`.
    ///
    /// # Errors
    /// A sentence, if the term does not conform or mentions what has no value.
    pub(crate) fn compile(
        environment: &mut Environment,
        over: &[Index],
        body: &Term,
    ) -> Result<Entries, Reason> {
        let mut scope = Scope {
            slots: Vec::new(),
            used: 0,
        };
        let mut ranges = Vec::new();
        for index in over {
            scope.bind(index);
            ranges.push(environment.sizes.size(&index.dim())?);
        }
        let body = compile(environment, &mut scope, body)?;
        Ok(Entries {
            ranges,
            body,
            slots: scope.used,
        })
    }

    /// The values for all values of the free indices, as an array over their ranges.
    ///
    /// # Errors
    /// [`Reason::TooLarge`], if that would take too long.
    pub(crate) fn evaluate(&self) -> Result<Array, Reason> {
        // The last place counts the terms of sums that were met.
        let mut values = vec![0; self.slots + 1];
        let entries = (self.ranges.iter()).try_fold(1usize, |all, range| all.checked_mul(*range));
        let entries = entries.filter(|entries| *entries <= MOST_ENTRIES);
        let entries = entries.ok_or(Reason::TooLarge)?;
        let mut data = Vec::with_capacity(entries);
        for _ in 0..entries {
            data.push(self.body.value(&mut values));
            if values[self.slots] > MOST_TERMS {
                return Err(Reason::TooLarge);
            }
            for slot in (0..self.ranges.len()).rev() {
                values[slot] += 1;
                if values[slot] < self.ranges[slot] {
                    break;
                }
                values[slot] = 0;
            }
        }
        Ok(Array {
            dims: self.ranges.clone(),
            data,
        })
    }
}

fn compile(environment: &mut Environment, scope: &mut Scope, term: &Term) -> Result<Code, Reason> {
    if term.shape().is_none_or(|shape| !shape.is_scalar()) {
        return Err("an array stands where an entry should".into());
    }
    let binds = term
        .children()
        .first()
        .is_some_and(|child| child.as_index().is_some());
    let indexed = matches!(term.head(), Head::Entry | Head::Delta) || binds || root(term).is_some();
    if term.free().is_empty() && !indexed {
        return Ok(Code::Constant(environment.closed(term)?.data[0]));
    }
    let mut each = |environment: &mut Environment, terms: &[Term]| -> Result<Vec<Code>, Reason> {
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

fn compile_entry(
    environment: &mut Environment,
    scope: &Scope,
    term: &Term,
) -> Result<Code, Reason> {
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

fn compile_delta(environment: &Environment, scope: &Scope, term: &Term) -> Result<Code, Reason> {
    let plain = |index: &Index| index.as_affine().is_none();
    match (term.children()[0].as_index(), term.children()[1].as_index()) {
        (Some(Index::Unit), Some(Index::Unit)) => Ok(Code::Constant(1.0)),
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

fn compile_wave(
    environment: &Environment,
    scope: &Scope,
    function: &Function,
    root: &Term,
) -> Result<Code, Reason> {
    let (places, _) = root.split();
    let [a, b] = places.as_slice() else {
        return Err("a root of unity needs two indices".into());
    };
    let (a, b) = (line(environment, scope, a)?, line(environment, scope, b)?);
    Ok(Code::Wave(function.name.as_str() == "sin", a, b))
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

fn compile_extremum(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
    least: bool,
) -> Result<Code, Reason> {
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

/// Chooses the order of the loops and puts every factor after the first loop that makes it known.
fn compile_product(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
) -> Result<Code, Reason> {
    let (bound, factors) = term.split();
    let depth = scope.slots.len();
    let mut pending: Vec<(Index, usize)> = Vec::new();
    for index in bound.iter().filter(|index| **index != Index::Unit) {
        pending.push((index.clone(), scope.bind(index)));
    }
    let mut left: Vec<&Term> = factors.iter().collect();
    // What meets a delta's zero early saves the evaluation of the rest.
    left.sort_by_key(|factor| match factor.head() {
        Head::Delta => 0,
        Head::Entry | Head::Number(_) => 1,
        _ => 2,
    });
    let first = take_known(environment, scope, &mut left, &pending)?;
    let mut stages = Vec::with_capacity(pending.len());
    while !pending.is_empty() {
        let (place, run) = next_loop(environment, scope, &left, &pending)?;
        let (_, slot) = pending.remove(place);
        let factors = take_known(environment, scope, &mut left, &pending)?;
        stages.push(Stage { slot, run, factors });
    }
    scope.slots.truncate(depth);
    Ok(Code::Product(first, stages))
}

/// Removes from `left` the factors that no pending index occurs in, compiled.
fn take_known(
    environment: &mut Environment,
    scope: &mut Scope,
    left: &mut Vec<&Term>,
    pending: &[(Index, usize)],
) -> Result<Vec<Code>, Reason> {
    let waits = |factor: &Term| {
        pending
            .iter()
            .any(|(index, _)| factor.free().binary_search(index).is_ok())
    };
    let (later, now): (Vec<&Term>, Vec<&Term>) =
        left.iter().copied().partition(|factor| waits(factor));
    *left = later;
    now.into_iter()
        .map(|factor| compile(environment, scope, factor))
        .collect()
}

/// The pending index to loop over next: one that a delta ties to a known index, or else the first.
fn next_loop(
    environment: &Environment,
    scope: &Scope,
    left: &[&Term],
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
    let deltas = left
        .iter()
        .filter(|factor| *factor.head() == Head::Delta && !affine(factor));
    for factor in deltas {
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
        |factor: &&&Term| -> Vec<usize> { factor.free().iter().filter_map(waiting).collect() };
    let deltas = left
        .iter()
        .filter(|factor| *factor.head() == Head::Delta && affine(factor));
    let nearest = deltas
        .map(|factor| needed(&factor))
        .filter(|needed| !needed.is_empty());
    let place = nearest.min_by_key(Vec::len).map_or(0, |needed| needed[0]);
    let size = environment.sizes.size(&pending[place].0.dim())?;
    Ok((place, Run::Over(size)))
}

impl Code {
    fn value(&self, values: &mut [usize]) -> f64 {
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
                        return 0.0;
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
                f64::from(u8::from(place.is_some() && place == b.place(values)))
            }
            Code::Extremum(least, slots, body, counts) => {
                let worst = if *least {
                    f64::INFINITY
                } else {
                    f64::NEG_INFINITY
                };
                extremum(slots, body, counts, *least, worst, values)
            }
            Code::Wave(sine, a, b) => {
                if let Some(count) = values.last_mut() {
                    *count += TERMS_OF_WAVE;
                }
                wave(*sine, a, b, values)
            }
            Code::Delta(a, b) => f64::from(u8::from(values[*a] == values[*b])),
            Code::Product(first, stages) => match multiply(1.0, first, values) {
                0.0 => 0.0,
                partial => sum_stages(stages, partial, values),
            },
            Code::Sum(terms) => terms.iter().map(|term| term.value(values)).sum(),
            Code::Power(base, exponent) => power(base.value(values), exponent),
            Code::Apply(callable, arguments) => {
                let arguments: Vec<f64> = arguments.iter().map(|term| term.value(values)).collect();
                callable.real(&arguments)
            }
        }
    }
}

fn extremum(
    slots: &[(usize, usize)],
    body: &Code,
    counts: &Code,
    least: bool,
    mut best: f64,
    values: &mut [usize],
) -> f64 {
    let Some(((slot, size), rest)) = slots.split_first() else {
        return match (counts.value(values) == 0.0, least) {
            (true, _) => best,
            (false, true) => best.min(body.value(values)),
            (false, false) => best.max(body.value(values)),
        };
    };
    for value in 0..*size {
        values[*slot] = value;
        best = extremum(rest, body, counts, least, best, values);
    }
    best
}

fn multiply(mut partial: f64, factors: &[Code], values: &mut [usize]) -> f64 {
    for factor in factors {
        partial *= factor.value(values);
        if partial == 0.0 {
            return 0.0;
        }
    }
    partial
}

fn sum_stages(stages: &[Stage], partial: f64, values: &mut [usize]) -> f64 {
    let Some((stage, rest)) = stages.split_first() else {
        return partial;
    };
    let range = match stage.run {
        Run::Over(size) => 0..size,
        Run::Equal(slot) => values[slot]..values[slot] + 1,
    };
    let mut total = 0.0;
    for value in range {
        if let Some(count) = values.last_mut() {
            *count += 1;
            if *count > MOST_TERMS {
                break;
            }
        }
        values[stage.slot] = value;
        let product = multiply(partial, &stage.factors, values);
        if product != 0.0 {
            total += sum_stages(rest, product, values);
        }
    }
    total
}
