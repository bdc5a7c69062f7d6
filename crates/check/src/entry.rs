//! Index notation: what a scalar with free indices is for all values of these indices.
//!
//! A term is compiled once to loops over numbered slots. In a sum each factor is evaluated as soon as its indices are
//! bound, and a partial product of zero ends the loop there; an index that a Kronecker delta ties to a bound one takes
//! that one value, since every other term of the sum is zero. So deltas cost nothing, and none is rewritten away ([`crate::product`]).

use crate::bounds::{Axis, axes};
use crate::few::Few;
use crate::loops::{Code, MOST_TERMS};
use crate::number::Number;
use crate::product::compile_product;
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
    axes: Vec<Axis>,
    body: Code<R>,
    slots: usize,
}

/// Which index stands in which slot; later ones hide earlier ones of the same id.
pub(crate) struct Scope {
    pub(crate) slots: Vec<(Index, usize)>,
    used: usize,
}

impl Scope {
    pub(crate) fn bind(&mut self, index: &Index) -> usize {
        let slot = self.used;
        self.used += 1;
        self.slots.push((index.clone(), slot));
        slot
    }

    pub(crate) fn slot(&self, index: &Index) -> Result<usize, Reason> {
        let found = self.slots.iter().rev().find(|(known, _)| known == index);
        let (_, slot) = found.ok_or("an index is neither bound nor free here")?;
        Ok(*slot)
    }

    /// The slots and sizes of a table of what depends on `free` alone, if finding it once saves work: where the loops around it, that
    /// over `done` apart, have other indices too, and the table is not too large.
    pub(crate) fn table(
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
        let mut sizes = Vec::with_capacity(over.len());
        for index in over {
            scope.bind(index);
            sizes.push(environment.sizes.size(&index.dim())?);
        }
        let axes = axes(environment, &mut scope, &sizes, body);
        let body = compile(environment, &mut scope, body)?;
        Ok(Entries {
            axes,
            body,
            slots: scope.used,
        })
    }

    /// Whether some entries are known to be zero before they are looked at.
    pub(crate) fn are_few(&self) -> bool {
        self.axes.iter().any(Axis::is_narrow)
    }

    /// The values for all values of the free indices, as an array over their ranges.
    ///
    /// # Errors
    /// [`Reason::TooLarge`], if that would take too long.
    pub(crate) fn evaluate(&self) -> Result<Array<R>, Reason> {
        let (dims, entries) = self.dims()?;
        let mut data = vec![R::zero(); entries];
        self.fill(&mut |row, value| data[row] = value)?;
        Ok(Array { dims, data })
    }

    /// The same, of which only what is not zero is kept.
    ///
    /// # Errors
    /// As [`Entries::evaluate`].
    pub(crate) fn evaluate_few(&self) -> Result<Few<R>, Reason> {
        let (dims, _) = self.dims()?;
        let mut few = Few::new(dims);
        self.fill(&mut |row, value| few.push(row, value))?;
        Ok(few)
    }

    /// The sizes of the array and the number of its entries.
    fn dims(&self) -> Result<(Vec<usize>, usize), Reason> {
        let dims: Vec<usize> = self.axes.iter().map(|axis| axis.size).collect();
        let all = dims.iter().try_fold(1usize, |all, size| all.checked_mul(*size));
        let all = all.filter(|entries| *entries <= MOST_ENTRIES);
        Ok((dims, all.ok_or(Reason::TooLarge)?))
    }

    /// Hands over every entry that can be other than zero with its row, in order.
    fn fill(&self, keep: &mut impl FnMut(usize, R)) -> Result<(), Reason> {
        // The last place counts the terms of sums that were met.
        let mut values = vec![0; self.slots + 1];
        self.fill_from(0, 0, &mut values, keep)
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
            return (met <= MOST_TERMS).then_some(()).ok_or(Reason::TooLarge);
        };
        for value in this.range(values) {
            values[axis] = value;
            self.fill_from(axis + 1, row * this.size + value, values, keep)?;
        }
        Ok(())
    }
}

/// A term, its indices in the slots of the scope.
pub(crate) fn compile<R: Number>(
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
pub(crate) fn line(
    environment: &Environment,
    scope: &Scope,
    index: &Index,
) -> Result<Line, Reason> {
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
