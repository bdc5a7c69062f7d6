//! Terms as they stand, evaluated exactly modulo a prime.
//!
//! In: a term, sizes, arrays of residues by name. Out: an array of residues. What is rational is calculated; functions are
//! values that nothing is known of, keyed by the function and its arguments, so that both sides of an identity may use any of
//! their properties only if the identity proves them. Two facts are kept: exp(log x) = x, and the largest of some values depends
//! on the set of values alone. A matrix without inverse has an inverse nothing is known of.
//!
//! Straight loops over all indices: this shares no code with the evaluation in floats but the meaning of affine places.
//! A wrong identity of degree d survives a random point with probability at most d / p (Schwartz 1980, Zippel 1979).

mod closed;
mod field;

use crate::Sizes;
use derive_graph::gather::Line;
use derive_graph::{Function, Name, Polynomial};
use derive_index::{Head, Index, Term, build};
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

pub use field::{CYCLIC_PRIME, Field, PRIMES};

/// An array of residues in row-major order; a scalar has no axes and one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residues {
    /// The size of each axis.
    pub dims: Vec<usize>,
    /// The entries.
    pub data: Vec<u64>,
}

/// Why a term has no value here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The term is malformed, in words.
    Malformed(String),
    /// There is no such value at this point: a root of what is no square.
    Undefined,
}

fn malformed(reason: &str) -> Obstacle {
    Obstacle::Malformed(reason.to_string())
}

impl From<String> for Obstacle {
    fn from(reason: String) -> Obstacle {
        Obstacle::Malformed(reason)
    }
}

/// Sizes and arrays that terms are evaluated with.
#[derive(Clone, Debug)]
pub struct Exact {
    field: Field,
    seed: u64,
    sizes: Sizes,
    arrays: HashMap<Name, Rc<Residues>>,
    /// exp of the logarithms met so far.
    exponentials: HashMap<u64, u64>,
    /// Closed terms evaluated so far.
    known: HashMap<Term, Rc<Residues>>,
    /// Affine subscripts met so far, at these sizes.
    subscripts: FxHashMap<Term, Rc<Affinely>>,
    /// Roots of unity by their order, where there are such.
    roots: FxHashMap<u64, Option<u64>>,
}

/// An affine subscript at concrete sizes, and the variables that its line counts.
#[derive(Debug)]
struct Affinely {
    variables: Vec<Index>,
    line: Line,
}

/// Values of indices; later ones hide earlier ones.
type Scope = Vec<(Index, usize)>;

impl Exact {
    /// An environment without arrays. `seed` chooses the values of functions.
    pub fn new(field: Field, sizes: Sizes, seed: u64) -> Exact {
        Exact {
            field,
            seed,
            sizes,
            arrays: HashMap::new(),
            exponentials: HashMap::new(),
            known: HashMap::new(),
            subscripts: FxHashMap::default(),
            roots: FxHashMap::default(),
        }
    }

    /// Gives a name its array.
    pub fn insert(&mut self, name: Name, array: Residues) {
        self.arrays.insert(name, Rc::new(array));
        self.known.clear();
    }

    /// The value that a function nothing is known of has at these arguments; never zero.
    pub fn opaque(&self, function: &str, arguments: &[u64]) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, function, arguments).hash(&mut hasher);
        1 + hasher.finish() % (self.field.prime - 1)
    }

    /// The values of a term for all values of the indices `over`, which become the axes in this order.
    ///
    /// # Errors
    /// [`Obstacle::Malformed`] if the term does not conform or mentions what has no value, [`Obstacle::Undefined`] if it has none here.
    pub fn evaluate(&mut self, term: &Term, over: &[Index]) -> Result<Rc<Residues>, Obstacle> {
        if over.is_empty() {
            return self.closed(term);
        }
        let dims = over.iter().map(|index| self.sizes.size(&index.dim()));
        let dims = dims.collect::<Result<Vec<_>, _>>()?;
        let mut data = Vec::new();
        for place in places(&dims) {
            let mut scope = over.iter().cloned().zip(place).collect();
            data.push(self.entry(term, &mut scope)?);
        }
        Ok(Rc::new(Residues { dims, data }))
    }

    /// The value of a scalar for these values of its indices.
    fn entry(&mut self, term: &Term, scope: &mut Scope) -> Result<u64, Obstacle> {
        if term.shape().is_none_or(|shape| !shape.is_scalar()) {
            return Err(malformed("an array stands where an entry should"));
        }
        let field = self.field;
        match term.head() {
            Head::Number(value) => field.rational(value).ok_or(Obstacle::Undefined),
            Head::Dimension(name) => {
                let size = self.sizes.size(&derive_graph::Dim::Named(name.clone()))?;
                Ok(field.integer(size as i64))
            }
            Head::Entry => self.array_entry(term, scope),
            Head::Delta => {
                let mut place = |index: &Term| self.place(index, scope);
                let (a, b) = (place(&term.children()[0])?, place(&term.children()[1])?);
                Ok(u64::from(a.is_some() && a == b))
            }
            Head::Root => self.root(term, scope),
            Head::Product => {
                let (bound, factors) = term.split();
                self.total(&bound, factors, scope)
            }
            Head::Extremum { least } => self.extremum(*least, term, scope),
            Head::Sum => {
                let mut sum = 0;
                for part in term.children() {
                    sum = field.add(sum, self.entry(part, scope)?);
                }
                Ok(sum)
            }
            Head::Power(exponent) => {
                let base = self.entry(&term.children()[0], scope)?;
                field.power(base, exponent).ok_or(Obstacle::Undefined)
            }
            Head::Apply(function) => {
                let arguments = term.children().iter().map(|part| self.entry(part, scope));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                self.apply(function, &arguments)
            }
            _ => match build::without_parts(term) {
                Some(written) => self.entry(&written, scope),
                None => Ok(self.closed(term)?.data[0]),
            },
        }
    }

    /// Σ over `bound` of the product of `factors`.
    fn total(
        &mut self,
        bound: &[Index],
        factors: &[Term],
        scope: &mut Scope,
    ) -> Result<u64, Obstacle> {
        let Some((index, rest)) = bound.split_first() else {
            let mut product = 1;
            for factor in factors {
                product = self.field.multiply(product, self.entry(factor, scope)?);
            }
            return Ok(product);
        };
        let mut sum = 0;
        for value in 0..self.sizes.size(&index.dim())? {
            scope.push((index.clone(), value));
            let part = self.total(rest, factors, scope);
            scope.pop();
            sum = self.field.add(sum, part?);
        }
        Ok(sum)
    }

    /// ω^{ab} for a root of unity of the field. Where a place does not exist another factor is zero.
    fn root(&mut self, term: &Term, scope: &Scope) -> Result<u64, Obstacle> {
        let (a, b) = (
            self.place(&term.children()[0], scope)?,
            self.place(&term.children()[1], scope)?,
        );
        let dim = term.children()[0].as_index().map(Index::dim);
        let dim = dim.ok_or_else(|| malformed("a root of unity needs two indices"))?;
        let size = self.sizes.size(&dim)? as u64;
        // A root of order 1 or 2 is its own inverse, which would hide a wrong sign.
        if size < 3 {
            return Err(Obstacle::Undefined);
        }
        let field = self.field;
        let known = self.roots.entry(size);
        let root = known.or_insert_with(|| field.root_of_unity(size));
        let root = root.ok_or(Obstacle::Undefined)?;
        let turns = a.unwrap_or(0) as u64 * b.unwrap_or(0) as u64;
        Ok(self.field.raise(root, turns % size))
    }

    fn array_entry(&mut self, term: &Term, scope: &mut Scope) -> Result<u64, Obstacle> {
        let (array, _) = term
            .as_entry()
            .ok_or_else(|| malformed("a subscript has no array"))?;
        if !array.free().is_empty() {
            return Err(malformed(
                "a subscript belongs to an array that depends on an index",
            ));
        }
        let array = self.closed(array)?;
        let mut at = 0;
        for (index, size) in term.children()[1..].iter().zip(&array.dims) {
            let Some(place) = self.place(index, scope)? else {
                return Ok(0);
            };
            at = at * size + place;
        }
        let entry = array.data.get(at).copied();
        entry.ok_or_else(|| malformed("a subscript leaves its array"))
    }

    /// The place that a subscript means; `None` where there is none.
    fn place(&mut self, subscript: &Term, scope: &Scope) -> Result<Option<usize>, Obstacle> {
        let index = subscript
            .as_index()
            .ok_or_else(|| malformed("a subscript is no index"))?;
        match index {
            Index::Unit => Ok(Some(0)),
            Index::Variable { .. } => value_of(index, scope).map(Some),
            Index::Affine(_) => {
                let affinely = match self.subscripts.get(subscript) {
                    Some(known) => Rc::clone(known),
                    None => self.affinely(subscript, index)?,
                };
                let variables = affinely.variables.iter();
                let values = variables.map(|variable| value_of(variable, scope));
                let values: Vec<usize> = values.collect::<Result<_, _>>()?;
                Ok(affinely.line.place(&values))
            }
        }
    }

    /// An affine subscript at the sizes of this environment, kept for the next time.
    fn affinely(&mut self, subscript: &Term, index: &Index) -> Result<Rc<Affinely>, Obstacle> {
        let affine = index.to_affine();
        let number = |polynomial: &Polynomial| {
            let value = polynomial.value(&|name| self.sizes.named(name));
            value.ok_or_else(|| malformed("a dimension has no size"))
        };
        let terms = affine.terms().iter().enumerate();
        let coefficients = terms.map(|(at, (_, coefficient))| Ok((at, number(coefficient)?)));
        let line = Line {
            coefficients: coefficients.collect::<Result<_, Obstacle>>()?,
            constant: number(affine.constant())?,
            divisor: affine.divisor(),
            cyclic: affine.cyclic(),
            size: self.sizes.size(affine.dim())? as i64,
        };
        let variables = affine.terms().iter();
        let variables = variables.map(|(variable, _)| variable.clone()).collect();
        let made = Rc::new(Affinely { variables, line });
        self.subscripts.insert(subscript.clone(), Rc::clone(&made));
        Ok(made)
    }

    /// The largest or least value depends on the set of values alone; nothing else is known of it.
    fn extremum(&mut self, least: bool, term: &Term, scope: &mut Scope) -> Result<u64, Obstacle> {
        let (bound, parts) = term.split();
        let [body, counts] = parts else {
            return Err(malformed("an extremum has a body and a condition"));
        };
        let dims = bound.iter().map(|index| self.sizes.size(&index.dim()));
        let dims = dims.collect::<Result<Vec<_>, _>>()?;
        let depth = scope.len();
        let mut values = Vec::new();
        for place in places(&dims) {
            scope.extend(bound.iter().cloned().zip(place));
            if self.entry(counts, scope)? != 0 {
                values.push(self.entry(body, scope)?);
            }
            scope.truncate(depth);
        }
        values.sort_unstable();
        values.dedup();
        Ok(match values.as_slice() {
            [only] => *only,
            _ => self.opaque(if least { "least" } else { "largest" }, &values),
        })
    }

    fn apply(&mut self, function: &Function, arguments: &[u64]) -> Result<u64, Obstacle> {
        match (function.name.as_str(), function.primes) {
            ("floor", 0) => self.field.floor(arguments[0]).ok_or(Obstacle::Undefined),
            ("exp", 0) => Ok(self.exp(arguments[0])),
            ("log", 0) => Ok(self.log(arguments[0])),
            _ => Ok(self.opaque(&function.to_string(), arguments)),
        }
    }

    /// exp x, which is x's own value where x is a logarithm.
    pub fn exp(&self, x: u64) -> u64 {
        let known = self.exponentials.get(&x).copied();
        known.unwrap_or_else(|| self.opaque("exp", &[x]))
    }

    /// log x; its exponential is x from now on.
    pub fn log(&mut self, x: u64) -> u64 {
        let value = self.opaque("log", &[x]);
        self.exponentials.insert(value, x);
        value
    }
}

/// The value of a variable.
fn value_of(variable: &Index, scope: &Scope) -> Result<usize, Obstacle> {
    let found = scope.iter().rev().find(|(known, _)| known == variable);
    let (_, value) = found.ok_or_else(|| malformed("an index is neither bound nor free here"))?;
    Ok(*value)
}

/// All places of an array of these sizes, in row-major order.
fn places(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![Vec::new()], |places, &size| {
        let along = |place: Vec<usize>| (0..size).map(move |at| [place.clone(), vec![at]].concat());
        places.into_iter().flat_map(along).collect()
    })
}
