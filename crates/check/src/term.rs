//! Terms as they stand, evaluated in 64-bit floats.
//!
//! In: a term, sizes, arrays by name. Out: an array. Closed terms are evaluated node by node, each once per environment;
//! what mentions indices goes through [`crate::entry`]. A term that does not conform, or that mentions something without
//! a value, is an error in words.

use crate::array::largest;
use crate::complex::{Complex, Part, Turn, written_out};
use crate::entry::Entries;
use crate::few::Values;
use crate::function::to_float;
use crate::number::Number;
use crate::whole::{concat_places, matrix_function};
use crate::wide::Wide;
use crate::{Array, Functions, Reason, Sizes, TOLERANCE};
use derive_graph::numeric::Real;
use derive_graph::{Dim, Gather, Name, Shape};
use derive_index::{Head, Index, Term};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Sizes, arrays and functions that terms are evaluated with, and the closed terms evaluated so far.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub(crate) sizes: Sizes,
    pub(crate) functions: Functions,
    arrays: FxHashMap<Name, Rc<Array>>,
    pub(crate) known: FxHashMap<Term, Rc<Array>>,
    pub(crate) known_wide: FxHashMap<Term, Rc<Array<Wide>>>,
    pub(crate) known_complex: FxHashMap<Term, Rc<Array<Complex>>>,
    pub(crate) known_wide_complex: FxHashMap<Term, Rc<Array<Complex<Wide>>>>,
    /// Whether what has no float on the way to a value is looked for in wide numbers.
    wide: bool,
}

impl Environment {
    /// An environment with these arrays, cotangents among them under [`Name::cotangent`].
    pub fn new(
        sizes: Sizes,
        functions: Functions,
        arrays: FxHashMap<Name, Rc<Array>>,
    ) -> Environment {
        Environment {
            sizes,
            functions,
            arrays,
            ..Environment::default()
        }
    }

    /// The same, in which a value that floats do not reach is looked for in wide numbers if `wide` is set.
    pub(crate) fn widened(self, wide: bool) -> Environment {
        Environment { wide, ..self }
    }

    /// The array of this name.
    pub fn array(&self, name: &Name) -> Option<&Rc<Array>> {
        self.arrays.get(name)
    }

    /// Gives a name its array. A new value for a known name forgets what was evaluated with the old one.
    pub fn insert(&mut self, name: Name, array: Rc<Array>) {
        if self.arrays.insert(name, array).is_some() {
            self.known.clear();
            self.known_wide.clear();
            self.known_complex.clear();
            self.known_wide_complex.clear();
        }
    }

    /// All arrays by name.
    pub fn arrays(&self) -> &FxHashMap<Name, Rc<Array>> {
        &self.arrays
    }

    /// The values of a term for all values of the indices `over`, which become the axes in this order. A closed array
    /// with no index to run over is evaluated as it is.
    ///
    /// # Errors
    /// A sentence, if the term does not conform, mentions something without a value, or has free indices not in `over`.
    ///
    /// Where roots of unity occur, the value has to be real nevertheless.
    pub fn evaluate(&mut self, term: &Term, over: &[Index]) -> Result<Rc<Array>, Reason> {
        if !term.is_complex() {
            return self.evaluate_real(term, over);
        }
        let [real, imaginary] = self.evaluate_parts(term, over)?;
        if is_rounding(&imaginary, &real) {
            Ok(real)
        } else {
            Err("its value is complex where a real number is needed".into())
        }
    }

    /// The values of a term as [`Environment::evaluate`] gives them; with a last axis for the real and the imaginary part if
    /// `complex` is set.
    pub(crate) fn evaluate_as(
        &mut self,
        term: &Term,
        over: &[Index],
        complex: bool,
    ) -> Result<Rc<Array>, Reason> {
        if !complex {
            return self.evaluate_real(term, over);
        }
        let [real, imaginary] = self.evaluate_parts(term, over)?;
        let pairs = real.data.iter().zip(&imaginary.data);
        Ok(Rc::new(Array {
            dims: [&real.dims[..], &[2]].concat(),
            data: pairs.flat_map(|(a, b)| [*a, *b]).collect(),
        }))
    }

    /// The same, without the entries that are zero wherever deltas and ends of arrays show it.
    pub(crate) fn evaluate_few(
        &mut self,
        term: &Term,
        over: &[Index],
        complex: bool,
    ) -> Result<Values, Reason> {
        if complex || self.wide || over.is_empty() {
            return self.evaluate_as(term, over, complex).map(Values::All);
        }
        let entries = Entries::compile(self, over, term)?;
        Ok(match entries.are_few() {
            true => Values::Few(entries.evaluate_few().map(Rc::new)?),
            false => Values::All(entries.evaluate().map(Rc::new)?),
        })
    }

    /// The real and the imaginary part.
    fn evaluate_parts(&mut self, term: &Term, over: &[Index]) -> Result<[Rc<Array>; 2], Reason> {
        let floats = parts(&*self.evaluate_in::<Complex>(term, over)?, |entry| entry)?;
        if !self.wide || floats.iter().all(|part| part.is_finite()) {
            return Ok(floats);
        }
        parts(
            &*self.evaluate_in::<Complex<Wide>>(term, over)?,
            Wide::narrow,
        )
    }

    fn evaluate_real(&mut self, term: &Term, over: &[Index]) -> Result<Rc<Array>, Reason> {
        let floats = self.evaluate_in::<f64>(term, over)?;
        if floats.is_finite() || !self.wide {
            return Ok(floats);
        }
        let wide = self.evaluate_in::<Wide>(term, over)?;
        Ok(Rc::new(Array {
            dims: wide.dims.clone(),
            data: wide.data.iter().map(|entry| entry.narrow()).collect(),
        }))
    }

    fn evaluate_in<R: Number>(
        &mut self,
        term: &Term,
        over: &[Index],
    ) -> Result<Rc<Array<R>>, Reason> {
        if over.is_empty() {
            return self.closed(term);
        }
        Entries::compile(self, over, term)?.evaluate().map(Rc::new)
    }

    /// The array of a term without free indices.
    pub(crate) fn closed<R: Number>(&mut self, term: &Term) -> Result<Rc<Array<R>>, Reason> {
        if let Head::Tensor(name, _) = term.head() {
            return Ok(R::given(&self.tensor(name, term)?));
        }
        if let Some(known) = R::known(self).get(term) {
            return Ok(Rc::clone(known));
        }
        if term.shape().is_none() {
            return Err(format!("a {} does not conform", kind(term)).into());
        }
        let array = Rc::new(self.closed_node(term)?);
        R::known(self).insert(term.clone(), Rc::clone(&array));
        Ok(array)
    }

    fn tensor(&self, name: &Name, term: &Term) -> Result<Rc<Array>, Reason> {
        let array = self.arrays.get(name);
        let array = array.ok_or_else(|| format!("`{name}` has no value"))?;
        let axes = term.shape().map_or(&[][..], |shape| &shape.0);
        let mut same = array.dims.len() == axes.len();
        for (dim, size) in axes.iter().zip(&array.dims) {
            same &= self.sizes.size(dim)? == *size;
        }
        match same {
            true => Ok(Rc::clone(array)),
            false => Err(format!("`{name}` is mentioned with a shape that is not its own").into()),
        }
    }

    fn closed_node<R: Number>(&mut self, term: &Term) -> Result<Array<R>, Reason> {
        let binds = term
            .children()
            .first()
            .is_some_and(|child| child.as_index().is_some());
        match term.head() {
            Head::Number(value) => Ok(Array::scalar(R::constant(to_float(value)))),
            Head::Dimension(name) => {
                let size = self.sizes.size(&Dim::Named(name.clone()))?;
                Ok(Array::scalar(R::constant(size as f64)))
            }
            Head::Ones(shape) => Ok(Array::filled(self.sizes.dims(shape)?, R::constant(1.0))),
            Head::Identity(dim) => Ok(identity(self.sizes.size(dim)?)),
            Head::Comprehension => {
                let (indices, body) = term.split();
                let [body] = body else {
                    return Err("a comprehension has one entry".into());
                };
                Entries::compile(self, &indices, body)?.evaluate()
            }
            Head::Entry | Head::Delta | Head::Root | Head::Extremum { .. } => {
                Entries::compile(self, &[], term)?.evaluate()
            }
            Head::Product if binds => Entries::compile(self, &[], term)?.evaluate(),
            Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => self.entrywise(term),
            Head::Fourier { inverse } => {
                let array = self.closed(&written_out(term, *inverse)?)?;
                Ok(Array::clone(&array))
            }
            Head::Tensor(..) | Head::Index(_) => {
                Err("an index stands where an array should".into())
            }
            _ => self.algebra(term),
        }
    }

    fn children<R: Number>(&mut self, term: &Term) -> Result<Vec<Rc<Array<R>>>, Reason> {
        term.children()
            .iter()
            .map(|child| self.closed(child))
            .collect()
    }

    /// Entry by entry; scalars go with every entry.
    fn entrywise<R: Number>(&mut self, term: &Term) -> Result<Array<R>, Reason> {
        let arrays = self.children::<R>(term)?;
        let dims = arrays
            .iter()
            .map(|array| &array.dims)
            .find(|dims| !dims.is_empty());
        let dims = dims.cloned().unwrap_or_default();
        let callable = match term.head() {
            Head::Apply(function) => Some(self.functions.callable(function)),
            _ => None,
        };
        let mut below = vec![R::zero(); arrays.len()];
        let mut entry = |at: usize| {
            for (slot, array) in below.iter_mut().zip(&arrays) {
                *slot = array.data[if array.dims.is_empty() { 0 } else { at }];
            }
            match (term.head(), &callable) {
                (Head::Product, _) => below.iter().fold(R::constant(1.0), |all, it| all * *it),
                (Head::Sum, _) => total(&below),
                (Head::Power(exponent), _) => below[0].raised(exponent),
                (_, Some(callable)) => R::call(callable, &below),
                _ => R::constant(f64::NAN),
            }
        };
        let entries: usize = dims.iter().product();
        let data = (0..entries).map(&mut entry).collect();
        Ok(Array { dims, data })
    }

    fn gather<R: Number>(
        &self,
        array: &Array<R>,
        gather: &Gather,
        shape: &Shape,
    ) -> Result<Array<R>, Reason> {
        let dims = self.sizes.dims(shape)?;
        let places = gather.places(&array.dims, &|name| self.sizes.named(name));
        let places = places.ok_or("a dimension has no size")?.table(&dims);
        let entry = |place: Option<usize>| place.map_or(R::zero(), |at| array.data[at]);
        Ok(Array {
            dims,
            data: places.into_iter().map(entry).collect(),
        })
    }

    fn algebra<R: Number>(&mut self, term: &Term) -> Result<Array<R>, Reason> {
        let arrays = self.children::<R>(term)?;
        let first = arrays.first().ok_or("an operation has no operand")?;
        Ok(match term.head() {
            Head::MatMul => {
                let mut product = Array::clone(first);
                for factor in &arrays[1..] {
                    product = matrix_product(&product, factor);
                }
                product
            }
            Head::Transpose => transpose(first),
            Head::Outer => {
                let entries = first
                    .data
                    .iter()
                    .flat_map(|u| arrays[1].data.iter().map(move |v| *u * *v));
                let dims = vec![first.data.len(), arrays[1].data.len()];
                Array {
                    dims,
                    data: entries.collect(),
                }
            }
            Head::Trace => Array::scalar(total(&diagonal(first))),
            Head::Diagonal => Array {
                dims: vec![first.dims[0]],
                data: diagonal(first),
            },
            Head::DiagonalMatrix => {
                let mut matrix = Array::filled(vec![first.data.len(); 2], R::zero());
                let places = matrix.data.iter_mut().step_by(first.data.len() + 1);
                places
                    .zip(&first.data)
                    .for_each(|(place, entry)| *place = *entry);
                matrix
            }
            Head::Axes(axes) => move_axes(first, axes),
            Head::Gather(gather, shape) => self.gather(first, gather, shape)?,
            Head::Reshape(shape) => {
                let dims = self.sizes.dims(shape)?;
                if dims.iter().product::<usize>() != first.data.len() {
                    return Err("a reshape changes the number of entries".into());
                }
                Array {
                    dims,
                    data: first.data.clone(),
                }
            }
            Head::Concat(axis) => {
                let sizes: Vec<&[usize]> =
                    arrays.iter().map(|array| array.dims.as_slice()).collect();
                let places = concat_places(&sizes, *axis);
                let data = places
                    .iter()
                    .map(|(part, at)| arrays[*part].data[*at])
                    .collect();
                let mut dims = first.dims.clone();
                dims[*axis] = sizes.iter().map(|dims| dims[*axis]).sum();
                Array { dims, data }
            }
            Head::MatrixFunction(name) => {
                let data = matrix_function(name, &first.data);
                let dims = if data.len() == 1 && !is_matrix(name) {
                    Vec::new()
                } else {
                    first.dims.clone()
                };
                Array { dims, data }
            }
            Head::Softmax { axis, log } => Array {
                dims: first.dims.clone(),
                data: R::softmax(&first.dims, &first.data, *axis, *log),
            },
            head => {
                let turn = Turn::of(head);
                let turn =
                    turn.ok_or_else(|| format!("a {} has no value of its own", kind(term)))?;
                Array {
                    dims: first.dims.clone(),
                    data: first.data.iter().map(|entry| entry.turned(turn)).collect(),
                }
            }
        })
    }
}

/// The parts of complex numbers as arrays of their own.
fn parts<R: Part>(
    array: &Array<Complex<R>>,
    narrow: impl Fn(R) -> f64,
) -> Result<[Rc<Array>; 2], Reason> {
    if array.data.iter().any(|entry| entry.stray) {
        return Err("a function is taken of a complex number".into());
    }
    let part = |of: &dyn Fn(&Complex<R>) -> R| {
        Rc::new(Array {
            dims: array.dims.clone(),
            data: array.data.iter().map(|entry| narrow(of(entry))).collect(),
        })
    };
    Ok([part(&|it| it.real), part(&|it| it.imaginary)])
}

/// Whether an array is nothing beside another one, as far as 64-bit floats can tell. Values are of size one.
fn is_rounding(array: &Array, beside: &Array) -> bool {
    let scale = largest(&beside.data).max(1.0);
    !beside.is_finite() || largest(&array.data) <= TOLERANCE * scale
}

fn is_matrix(name: &str) -> bool {
    derive_graph::matrix_function::row(name).is_some_and(|row| row.matrix)
}

/// What a node is called in a sentence.
fn kind(term: &Term) -> &'static str {
    match term.head() {
        Head::MatMul => "matrix product",
        Head::Product => "product",
        Head::Sum => "sum",
        Head::Entry => "subscript",
        Head::Delta => "Kronecker delta",
        Head::Root => "root of unity",
        Head::Comprehension => "comprehension",
        Head::Transpose => "transpose",
        _ => "term",
    }
}

/// x^q, exact for the exponents that derivations are full of.
pub(crate) fn float_power(base: f64, exponent: f64) -> f64 {
    match exponent {
        2.0 => base * base,
        -1.0 => 1.0 / base,
        0.5 => base.sqrt(),
        _ => Real::powf(base, exponent),
    }
}

/// The sum, from the first on.
fn total<R: Number>(entries: &[R]) -> R {
    entries.iter().fold(R::zero(), |sum, entry| sum + *entry)
}

fn identity<R: Number>(size: usize) -> Array<R> {
    let mut matrix = Array::filled(vec![size, size], R::zero());
    matrix
        .data
        .iter_mut()
        .step_by(size + 1)
        .for_each(|entry| *entry = R::constant(1.0));
    matrix
}

fn diagonal<R: Number>(matrix: &Array<R>) -> Vec<R> {
    matrix
        .data
        .iter()
        .step_by(matrix.dims[0] + 1)
        .copied()
        .collect()
}

fn transpose<R: Number>(matrix: &Array<R>) -> Array<R> {
    let (rows, columns) = (matrix.dims[0], matrix.dims[1]);
    let column = |at: usize| (0..rows).map(move |row| matrix.data[row * columns + at]);
    Array {
        dims: vec![columns, rows],
        data: (0..columns).flat_map(column).collect(),
    }
}

/// The product of matrices or vectors: the last axis of one meets the first of the other.
fn matrix_product<R: Number>(a: &Array<R>, b: &Array<R>) -> Array<R> {
    let inner = b.dims[0];
    let (rows, columns) = (a.data.len() / inner, b.data.len() / inner);
    let mut data = vec![R::zero(); rows * columns];
    for row in 0..rows {
        for k in 0..inner {
            let factor = a.data[row * inner + k];
            let from = &b.data[k * columns..][..columns];
            let to = &mut data[row * columns..][..columns];
            to.iter_mut()
                .zip(from)
                .for_each(|(sum, entry)| *sum = *sum + factor * *entry);
        }
    }
    let dims = [&a.dims[..a.dims.len() - 1], &b.dims[1..]].concat();
    Array { dims, data }
}

/// Axes moved, added with size 1, or dropped where they have size 1.
fn move_axes<R: Number>(array: &Array<R>, axes: &[Option<usize>]) -> Array<R> {
    let strides = array.strides();
    let dims: Vec<usize> = axes
        .iter()
        .map(|axis| axis.map_or(1, |axis| array.dims[axis]))
        .collect();
    let mut places = vec![0];
    for axis in axes.iter().flatten() {
        let steps = (0..array.dims[*axis]).map(|step| step * strides[*axis]);
        let steps: Vec<usize> = steps.collect();
        places = places
            .iter()
            .flat_map(|place| steps.iter().map(move |step| place + step))
            .collect();
    }
    Array {
        dims,
        data: places.into_iter().map(|place| array.data[place]).collect(),
    }
}
