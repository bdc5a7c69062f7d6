//! Index notation: what a scalar with free indices is for all values of these indices.
//!
//! A term is compiled once to loops over numbered slots. In a sum each factor is evaluated as soon as its indices are
//! bound, and a partial product of zero ends the loop there; an index that a Kronecker delta ties to a bound one takes
//! that one value, since every other term of the sum is zero. So deltas cost nothing, and none is rewritten away ([`crate::product`]).

use crate::array::strides;
use crate::bounds::{Axis, axes};
use crate::complex::Turn;
use crate::few::Few;
use crate::loops::{Code, MOST_TERMS, Stage};
use crate::number::Number;
use crate::product::compile_product;
use crate::rows::{Rows, rows};
use crate::scope::Scope;
use crate::wave::waves;
use crate::{Array, Environment, Reason};
use derive_index::{Head, Index, Term};
use std::rc::Rc;

/// Arrays of more entries than this are not made, even if deltas leave few of them.
const MOST_ENTRIES: usize = 1 << 23;

/// A compiled term and the ranges of its free indices.
#[derive(Debug)]
pub(crate) struct Entries<R> {
    axes: Vec<Axis>,
    body: Code<R>,
    /// The axes, the sums of the body and its factors once more, if these are entries alone; one for each term of a sum.
    rows: Vec<Rows<R>>,
    slots: usize,
    /// How many terms of sums are added up.
    most: usize,
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
        let mut scope = Scope::default();
        let mut sizes = Vec::with_capacity(over.len());
        for index in over {
            let size = environment.sizes.size(&index.dim())?;
            scope.bind(index, size);
            sizes.push(size);
        }
        let axes = axes(environment, &mut scope, &sizes, body);
        let body = compile_node(environment, &mut scope, body)?;
        let rows = match &body {
            Code::Sum(terms) => terms.iter().map(|term| nest(&scope, &axes, term)).collect(),
            body => nest(&scope, &axes, body).map(|rows| vec![rows]),
        };
        let rows = rows.unwrap_or_default();
        Ok(Entries {
            axes,
            body,
            rows,
            slots: scope.used(),
            most: MOST_TERMS,
        })
    }

    /// The same, which gives up after so many terms of sums.
    fn at_most(self, most: usize) -> Entries<R> {
        Entries { most, ..self }
    }

    /// Whether some entries are known to be zero before they are looked at.
    pub(crate) fn are_few(&self) -> bool {
        self.axes.iter().any(|axis| !axis.bounds.is_empty())
    }

    /// The values for all values of the free indices, as an array over their ranges.
    ///
    /// # Errors
    /// [`Reason::TooLarge`], if that would take too long.
    pub(crate) fn evaluate(mut self) -> Result<Array<R>, Reason> {
        let (dims, entries) = self.dims()?;
        let rows = self.rows.into_iter();
        self.rows = rows.map(|rows| rows.joined().longest_inside()).collect();
        let mut data = vec![R::zero(); entries];
        self.fill(&mut |row, value| data[row] = data[row] + value)?;
        Ok(Array { dims, data })
    }

    /// The same, of which only what is not zero is kept.
    ///
    /// # Errors
    /// As [`Entries::evaluate`].
    pub(crate) fn evaluate_few(mut self) -> Result<Few<R>, Reason> {
        let (dims, _) = self.dims()?;
        let mut few = Few::new(dims);
        // Entries come in order: the terms of a sum have no nests of their own.
        let alone = self.rows.pop().filter(|_| self.rows.is_empty());
        self.rows.clear();
        if let Some(rows) = alone {
            let (rows, repeated) = rows.without_idle();
            few.repeated = repeated;
            self.rows.push(rows.joined());
        }
        self.fill(&mut |row, value| few.push(row, value))?;
        Ok(few)
    }

    /// The sizes of the array and the number of its entries.
    fn dims(&self) -> Result<(Vec<usize>, usize), Reason> {
        let dims: Vec<usize> = self.axes.iter().map(|axis| axis.size).collect();
        let all = dims
            .iter()
            .try_fold(1usize, |all, size| all.checked_mul(*size));
        let all = all.filter(|entries| *entries <= MOST_ENTRIES);
        Ok((dims, all.ok_or(Reason::TooLarge)?))
    }

    /// Hands over what is to be added to the entries that can be other than zero with their rows, in order.
    fn fill(&self, keep: &mut impl FnMut(usize, R)) -> Result<(), Reason> {
        // The last place counts the terms of sums that were met.
        let mut values = vec![0; self.slots + 1];
        if self.rows.is_empty() {
            return self.fill_from(0, 0, &mut values, keep);
        }
        let one = R::constant(1.0);
        let mut met = 0usize;
        for rows in &self.rows {
            met = met.saturating_add(rows.each(one, &mut values, keep));
            if met > self.most {
                return Err(Reason::TooLarge);
            }
        }
        Ok(())
    }

    /// The entries for all values of the indices from `axis` on; those before it lead to the row `row`.
    fn fill_from(
        &self,
        axis: usize,
        row: usize,
        values: &mut [usize],
        keep: &mut impl FnMut(usize, R),
    ) -> Result<(), Reason> {
        let Some(this) = self.axes.get(axis) else {
            keep(row, self.body.value(values));
            values[self.slots] += 1;
            let met = values[self.slots];
            return (met <= self.most).then_some(()).ok_or(Reason::TooLarge);
        };
        for value in this.range(values) {
            values[axis] = value;
            self.fill_from(axis + 1, row * this.size + value, values, keep)?;
        }
        Ok(())
    }
}

/// The loops over the axes and over what `body` sums over as one nest; nothing where that is too long or no product of entries.
fn nest<R: Number>(scope: &Scope, axes: &[Axis], body: &Code<R>) -> Option<Rows<R>> {
    if axes.is_empty() {
        return None;
    }
    let (first, stages): (&[Code<R>], &[Stage<R>]) = match body {
        Code::Product(first, stages) => (first, stages),
        Code::Entry(..) | Code::Place(..) => (std::slice::from_ref(body), &[]),
        _ => return None,
    };
    let mut loops = axes.to_vec();
    for stage in stages {
        loops.push(Axis::free(stage.slot, stage.run.size()?));
    }
    let terms = loops
        .iter()
        .try_fold(1usize, |all, axis| all.checked_mul(axis.size));
    terms.filter(|terms| stages.is_empty() || *terms <= MOST_TERMS)?;
    let sums = stages.iter().flat_map(|stage| &stage.factors);
    let sizes: Vec<usize> = axes.iter().map(|axis| axis.size).collect();
    let places: Vec<(usize, usize)> = strides(&sizes).into_iter().enumerate().collect();
    rows(scope, loops, first.iter().chain(sums), &places)
}

/// A term, its indices in the slots of the scope. What is more than an entry is found for all values of its indices at once, if these are few.
pub(crate) fn compile<R: Number>(
    environment: &mut Environment,
    scope: &mut Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    match kept(environment, scope, term)? {
        Some(entry) => Ok(entry),
        None => compile_node(environment, scope, term),
    }
}

/// Arrays of more entries are not kept for terms with free indices.
const MOST_KEPT: usize = 1 << 11;

/// Nor are they where their sums have more terms than this: there may be many of them in a term that is small enough by itself.
const MOST_KEPT_TERMS: usize = 1 << 17;

/// A term as an entry of the array of its values, which is found once in an environment. Nothing for what is an entry already, and for what is
/// zero almost everywhere.
fn kept<R: Number>(
    environment: &mut Environment,
    scope: &Scope,
    term: &Term,
) -> Result<Option<Code<R>>, Reason> {
    let delta = |factor: &Term| *factor.head() == Head::Delta;
    let worth = match term.head() {
        Head::Product => !term.children().iter().any(delta),
        Head::Sum | Head::Power(_) | Head::Apply(_) | Head::Extremum { .. } => true,
        _ => false,
    };
    let free = term.free();
    if !worth || free.is_empty() {
        return Ok(None);
    }
    let known = R::known(environment).get(term).map(Rc::clone);
    let array = match known {
        Some(known) => known,
        None => {
            let mut entries = 1usize;
            for index in free {
                entries = entries.saturating_mul(environment.sizes.size(&index.dim())?);
            }
            if entries > MOST_KEPT {
                return Ok(None);
            }
            let entries = Entries::compile(environment, free, term)?;
            let array = match entries.at_most(MOST_KEPT_TERMS).evaluate() {
                Ok(array) => Rc::new(array),
                Err(Reason::TooLarge) => return Ok(None),
                Err(reason) => return Err(reason),
            };
            R::known(environment).insert(term.clone(), Rc::clone(&array));
            array
        }
    };
    place_of(environment, scope, array, free.iter()).map(Some)
}

/// The same, of which no value is kept.
fn compile_node<R: Number>(
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
    let indexed = matches!(term.head(), Head::Entry | Head::Delta | Head::Root) || binds;
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
            let base: Code<R> = compile(environment, scope, &term.children()[0])?;
            let of_entries =
                entrywise(std::slice::from_ref(&base), |base| base[0].raised(exponent));
            Ok(of_entries.unwrap_or_else(|| Code::Power(Box::new(base), exponent.clone())))
        }
        Head::Apply(function) => {
            let callable = environment.functions.callable(function);
            let arguments = each(environment, term.children())?;
            let of_entries = entrywise(&arguments, |arguments| R::call(&callable, arguments));
            Ok(of_entries.unwrap_or(Code::Apply(callable, arguments)))
        }
        Head::Root => compile_wave(environment, scope, term),
        Head::Entry => compile_entry(environment, scope, term),
        Head::Delta => compile_delta(environment, scope, term),
        Head::Extremum { least } => compile_extremum(environment, scope, term, *least),
        Head::Product => compile_product(environment, scope, term),
        head => {
            let turn = Turn::of(head).ok_or("this operation has no entry by entry meaning")?;
            let inner: Code<R> = compile(environment, scope, &term.children()[0])?;
            let of_entries = entrywise(std::slice::from_ref(&inner), |it| it[0].turned(turn));
            Ok(of_entries.unwrap_or_else(|| Code::Turned(turn, Box::new(inner))))
        }
    }
}

/// A function of entries that stand at one place of their arrays, and of numbers, as an entry of the array of its values.
fn entrywise<R: Number>(arguments: &[Code<R>], function: impl Fn(&[R]) -> R) -> Option<Code<R>> {
    let entry = |code: &Code<R>| match code {
        Code::Entry(array, place) if !place.is_empty() => Some((Rc::clone(array), place.clone())),
        _ => None,
    };
    let (first, place) = arguments.iter().find_map(entry)?;
    let mut below = Vec::with_capacity(arguments.len());
    for argument in arguments {
        below.push(match argument {
            Code::Constant(value) => (None, *value),
            Code::Entry(array, other) if *other == place && array.dims == first.dims => {
                (Some(array), R::zero())
            }
            _ => return None,
        });
    }
    let mut values: Vec<R> = below.iter().map(|(_, value)| *value).collect();
    let value = |at: usize| {
        for (value, (array, _)) in values.iter_mut().zip(&below) {
            if let Some(array) = array {
                *value = array.data[at];
            }
        }
        function(&values)
    };
    let data = (0..first.data.len()).map(value).collect();
    let dims = first.dims.clone();
    Some(Code::Entry(Rc::new(Array { dims, data }), place))
}

fn compile_entry<R: Number>(
    environment: &mut Environment,
    scope: &Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    let (array, indices) = term
        .children()
        .split_first()
        .ok_or("a subscript has no array")?;
    if !array.free().is_empty() {
        return Err("a subscript belongs to an array that depends on an index".into());
    }
    let array = environment.closed(array)?;
    place_of(
        environment,
        scope,
        array,
        indices.iter().filter_map(Term::as_index),
    )
}

/// The entry of an array at these indices.
fn place_of<'a, R: Number>(
    environment: &Environment,
    scope: &Scope,
    array: Rc<Array<R>>,
    indices: impl Iterator<Item = &'a Index>,
) -> Result<Code<R>, Reason> {
    let (mut plain, mut lines) = (Vec::with_capacity(array.dims.len()), Vec::new());
    for (index, stride) in indices.zip(array.strides()) {
        let slot = match index {
            Index::Unit => continue,
            Index::Variable { .. } => scope.position(index)?.as_slot(),
            Index::Affine(_) => None,
        };
        match slot {
            Some(slot) => plain.push((slot, stride)),
            None => lines.push((scope.line(environment, index)?, stride)),
        }
    }
    Ok(match lines.is_empty() {
        true => Code::Entry(array, plain),
        false => Code::Place(array, plain, lines),
    })
}

fn compile_delta<R: Number>(
    environment: &Environment,
    scope: &Scope,
    term: &Term,
) -> Result<Code<R>, Reason> {
    let [Some(a), Some(b)] = [0, 1].map(|side| term.children()[side].as_index()) else {
        return Err("a Kronecker delta needs two indices".into());
    };
    if *a == Index::Unit && *b == Index::Unit {
        return Ok(Code::Constant(R::constant(1.0)));
    }
    let slot = |index: &Index| match index {
        Index::Variable { .. } => Ok(scope.position(index)?.as_slot()),
        _ => Ok::<_, Reason>(None),
    };
    let slots = (slot(a)?, slot(b)?);
    if let (Some(a), Some(b)) = slots
        && a != b
    {
        return Ok(Code::Delta(a, b));
    }
    let (a, b) = (scope.line(environment, a)?, scope.line(environment, b)?);
    Ok(match (a == b, slots) {
        (false, _) => Code::Meeting(a, b),
        (true, (None, None)) => Code::Exists(a),
        (true, _) => Code::Constant(R::constant(1.0)),
    })
}

fn compile_wave<R: Number>(
    environment: &mut Environment,
    scope: &Scope,
    root: &Term,
) -> Result<Code<R>, Reason> {
    let (places, _) = root.split();
    let [a, b] = places.as_slice() else {
        return Err("a root of unity needs two indices".into());
    };
    let lines = [scope.line(environment, a)?, scope.line(environment, b)?];
    let sizes = lines
        .each_ref()
        .map(|line| usize::try_from(line.size).unwrap_or(1).max(1));
    let array = waves(sizes).map(Rc::new);
    let array = array.ok_or("a root of unity stands where numbers are real")?;
    let (mut plain, mut places) = (Vec::new(), Vec::new());
    for (line, stride) in lines.into_iter().zip(array.strides()) {
        let slot = match line.coefficients.as_slice() {
            [(slot, 1)] if line.constant == 0 && line.divisor == 1 => Some(*slot),
            _ => None,
        };
        match slot.filter(|slot| scope.size(*slot) <= line.size) {
            Some(slot) => plain.push((slot, stride)),
            None => places.push((line, stride)),
        }
    }
    Ok(match places.is_empty() {
        true => Code::Entry(array, plain),
        // Where a place does not exist another factor is zero.
        false => Code::Place(array, plain, places),
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
    let depth = scope.depth();
    let mut slots = Vec::new();
    for index in &bound {
        let size = environment.sizes.size(&index.dim())?;
        slots.push((scope.bind(index, size), size));
    }
    let body = compile(environment, scope, body)?;
    let counts = compile(environment, scope, counts)?;
    scope.leave(depth);
    Ok(Code::Extremum(
        least,
        slots,
        Box::new(body),
        Box::new(counts),
    ))
}
