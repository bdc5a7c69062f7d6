//! From terms to formulas.
//!
//! Both levels come through here: closed arrays (matrix products by juxtaposition, ⊙ between arrays) and entries. What is
//! written as a fraction, where a minus goes and which vectors stand as rows is decided here; letters are given already.

use crate::fourier::transform;
use crate::letters::Letters;
use crate::math::{self, Delimiter, Joiner, Level, Math, Spelling, Symbol};
use crate::names::{self, Lexicon};
use crate::products::rational;
use derive_graph::function::Notation;
use derive_graph::{Dim, Function, Name, Network, Shape};
use derive_index::{Affine, Head, Index, Term};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What spelling a term needs to know. A clone of a new one is a new one, and cheap.
#[derive(Clone)]
pub struct Speller<'a> {
    /// Where names get their symbols from.
    pub network: &'a Network,
    /// The letters of the statement at hand.
    pub letters: Letters,
    /// The indices of the entry that the statement at hand differentiates, if that is an array's.
    pub numerator: Vec<Index>,
    /// The nodes that are marked, by where they are kept.
    pub marked: HashSet<usize>,
    /// The sizes of the nodes that have their shape below them, by where they are kept.
    pub shaped: HashMap<usize, Vec<Math>>,
    /// Whether a marked node is being spelled, within which no other is.
    within: Cell<bool>,
    lexicon: Rc<Lexicon>,
}

impl<'a> Speller<'a> {
    /// A speller with no letters given yet.
    pub fn new(network: &'a Network) -> Speller<'a> {
        Speller {
            network,
            letters: Letters::new(network),
            numerator: Vec::new(),
            marked: HashSet::new(),
            shaped: HashMap::new(),
            within: Cell::new(false),
            lexicon: Rc::default(),
        }
    }

    /// The formula of a term whose bound indices may still lack letters.
    pub fn spell(&mut self, term: &Term) -> Math {
        self.letters.give_term(term);
        self.term(term)
    }

    /// The formula of a term that is mentioned beside others: letters that are new stay apart from all that were given.
    pub fn spell_aside(&mut self, term: &Term) -> Math {
        self.letters.give_aside(term);
        self.term(term)
    }

    /// The symbol of a name.
    pub fn name(&self, name: &Name) -> Math {
        self.lexicon.math(name, self.network)
    }

    /// The letter of an index.
    pub fn index(&self, index: &Index) -> Math {
        if let Some(affine) = index.as_affine() {
            return self.affine(affine);
        }
        self.lexicon.letter(self.letters.letter(index))
    }

    /// The letters of several indices.
    pub fn indices(&self, indices: &[Index]) -> Vec<Math> {
        indices.iter().map(|index| self.index(index)).collect()
    }

    /// The sizes of an array as `(N×h)`.
    pub fn sizes(&self, shape: &Shape) -> Math {
        Math::Sizes(self.size_list(shape))
    }

    /// The sizes of an array, one an axis.
    pub fn size_list(&self, shape: &Shape) -> Vec<Math> {
        let several = shape.rank() > 1;
        let size = |dim| match self.dim(dim) {
            // `p×(k + n)`
            size if several => math::bracketed(tight(size), Level::BigSum),
            size => size,
        };
        shape.0.iter().map(size).collect()
    }

    /// The formula of a term all of whose indices have letters.
    pub fn term(&self, term: &Term) -> Math {
        let math = self.perhaps_marked(term);
        match self.shaped.get(&term.address()) {
            Some(sizes) => math::shaped(math, sizes.clone()),
            None => math,
        }
    }

    fn perhaps_marked(&self, term: &Term) -> Math {
        if !self.marked.contains(&term.address()) || self.within.replace(true) {
            return self.plain_term(term);
        }
        let math = self.plain_term(term);
        self.within.set(false);
        math::marked(math)
    }

    fn plain_term(&self, term: &Term) -> Math {
        let children = term.children();
        match term.head() {
            Head::Number(value) => rational(value),
            Head::Dimension(name) | Head::Tensor(name, _) => self.name(name),
            Head::Index(index) => self.index(index),
            Head::Ones(shape) => ones(shape),
            Head::Identity(_) => math::word("I", "I"),
            Head::Entry => self.entry(term),
            Head::Delta => math::kronecker(self.all(children)),
            Head::Root => self.root_of_unity(term),
            Head::Product if is_zeros(term) => math::number(0),
            Head::Product => self.product(term),
            Head::Sum => self.sum(term),
            Head::Power(exponent) => self.power(&children[0], exponent),
            Head::Apply(function) => self.apply(function, children),
            Head::Comprehension => {
                let (indices, body) = term.split();
                let body = body.first().map_or(math::number(0), |body| self.term(body));
                let inside = Math::Delimited(Delimiter::Square, Box::new(body));
                Math::Entry {
                    array: Box::new(inside),
                    indices: self.indices(&indices),
                }
            }
            Head::MatMul => self.matmul(children),
            Head::Transpose => math::transposed(self.term(&children[0])),
            Head::Outer => outer(self.column(&children[0]), self.row(&children[1])),
            Head::Fourier { inverse } => self.call(transform(*inverse), children),
            Head::Conjugate => self.call(math::word("conj", r"\operatorname{conj}"), children),
            Head::RealPart => self.real_part(&children[0]),
            Head::EveryLayer(layers) => Math::BigSum {
                indices: vec![math::layers(layers)],
                body: Box::new(math::bracketed(self.term(&children[0]), Level::BigSum)),
            },
            Head::ImaginaryPart => self.call(math::word("Im", r"\operatorname{Im}"), children),
            Head::Trace => self.call(math::word("tr", r"\operatorname{tr}"), children),
            Head::Diagonal | Head::DiagonalMatrix => {
                self.call(math::word("diag", r"\operatorname{diag}"), children)
            }
            Head::Axes(axes) => self.axes(axes, &children[0]),
            Head::Softmax { axis, log } => self.softmax(*axis, *log, &children[0]),
            Head::Extremum { least } => self.extremum(term, *least),
            Head::Gather(gather, _) => self.gather(gather, term),
            Head::Reshape(_) => self.reshape(term),
            Head::Concat(axis) => self.concat(*axis, term),
            Head::MatrixFunction(name) => self.matrix_function(name, &children[0]),
        }
    }

    pub(crate) fn all(&self, terms: &[Term]) -> Vec<Math> {
        terms.iter().map(|term| self.term(term)).collect()
    }

    pub(crate) fn call(&self, function: Math, arguments: &[Term]) -> Math {
        Math::Call {
            function: Box::new(function),
            arguments: self.all(arguments),
        }
    }

    fn entry(&self, term: &Term) -> Math {
        let (array, indices) = match term.as_entry() {
            Some(parts) => parts,
            None => return math::word("?", "?"),
        };
        if let Head::Ones(shape) = array.head()
            && let Some(conditions) = self.inside(&indices, shape)
        {
            return conditions;
        }
        // A row made of a vector has the vector's entries, and reads better so.
        math::entry(self.term(array), self.indices(&indices))
    }

    /// The condition that these are places of an array of this shape: `[0 ≤ i−2p < 2]`.
    fn inside(&self, places: &[Index], shape: &Shape) -> Option<Math> {
        let conditions = places.iter().zip(&shape.0);
        let conditions = conditions.map(|(place, dim)| {
            let affine = place_on(place, dim)?;
            let sign = |text: &str, latex: &str| Spelling::new(text, latex);
            let below = |left: Math| math::relation(left, sign("<", "<"), self.dim(dim));
            let (zero, place) = (math::number(0), tight(self.index(place)));
            let inside = match affine.ends_inside() {
                (true, true) => return None,
                (true, false) => below(place),
                (false, true) => math::relation(place, sign("≥", r"\ge"), zero),
                (false, false) => below(math::relation(zero, sign("≤", r"\le"), place)),
            };
            Some(Math::Delimited(Delimiter::Square, Box::new(inside)))
        });
        let mut conditions = conditions.collect::<Option<Vec<Math>>>()?;
        match conditions.len() {
            1 => conditions.pop(),
            _ => Some(math::product(Joiner::Juxtaposed, conditions)),
        }
    }

    /// A sum; behind a product of matrices a number is not read as a factor of it.
    fn sum(&self, term: &Term) -> Math {
        let product = |child: &Term| matches!(child.head(), Head::MatMul | Head::Outer);
        let (first, rest) = match term.children().split_first() {
            Some((first, rest)) if term.rank() > 0 && rest.iter().any(product) => (first, rest),
            _ => return Math::Sum(self.summands(term.children())),
        };
        let mut spelt = self.summands(rest);
        let at = match first.rank() == 0 && !spelt[0].0 {
            true => spelt.len(),
            false => 0,
        };
        spelt.insert(at, self.summand(first));
        Math::Sum(spelt)
    }

    fn summands(&self, terms: &[Term]) -> Vec<(bool, Math)> {
        terms.iter().map(|term| self.summand(term)).collect()
    }

    /// Whether a term of a sum is subtracted, and what is left of it.
    pub fn summand(&self, term: &Term) -> (bool, Math) {
        match self.term(term) {
            Math::Sum(mut terms) if terms.len() == 1 => terms.swap_remove(0),
            math => (false, math::bracketed(math, Level::BigSum)),
        }
    }

    fn apply(&self, function: &Function, arguments: &[Term]) -> Math {
        let row = function.row();
        let name = self.function_name(function);
        match (row.map(|row| (row, row.notation)), arguments) {
            (Some((_, Notation::Bars)), [x]) if function.primes == 0 => {
                Math::Delimited(Delimiter::Bars, Box::new(self.term(x)))
            }
            (Some((_, Notation::Exponential)), [x]) if function.primes == 0 => {
                Math::Exponential(Box::new(self.term(x)))
            }
            (Some((row, Notation::Indicator)), [x]) if function.primes == 0 => {
                // The row's spelling is the relation and its right side: `> 0`.
                let sides = |spelt: &'static str| spelt.split_once(' ').unwrap_or((spelt, ""));
                let ((sign, right), (sign_latex, right_latex)) =
                    (sides(row.text), sides(row.latex));
                let right = math::word(right, right_latex);
                let inside = math::relation(self.term(x), Spelling::new(sign, sign_latex), right);
                Math::Delimited(Delimiter::Square, Box::new(inside))
            }
            (Some((row, Notation::Comparison)), [x, y]) if function.primes == 0 => {
                let sign = Spelling::new(row.text, row.latex);
                let inside = math::relation(self.term(x), sign, self.term(y));
                Math::Delimited(Delimiter::Square, Box::new(inside))
            }
            (Some((_, Notation::Floor)), [x]) => {
                Math::Delimited(Delimiter::Floor, Box::new(self.term(x)))
            }
            (Some((_, Notation::Constant)), _) => name,
            (_, [base, exponent]) if function.name.as_str() == "power" => Math::Power {
                base: Box::new(math::bracketed(self.term(base), Level::Atom)),
                exponent: Box::new(self.term(exponent)),
            },
            _ => self.call(name, arguments),
        }
    }

    /// The name of a function with its primes.
    pub fn function_name(&self, function: &Function) -> Math {
        let plain = match function.row() {
            Some(row) => Spelling::new(row.text, row.latex),
            None => {
                let symbol = names::plain_symbol(function.name.as_str());
                return primed(symbol, function.primes);
            }
        };
        let symbol = Symbol {
            base: plain,
            ..Symbol::default()
        };
        primed(symbol, function.primes)
    }

    fn matmul(&self, factors: &[Term]) -> Math {
        let last = factors.len().saturating_sub(1);
        let spell = |(at, factor): (usize, &Term)| match factor.rank() {
            1 if at == 0 => self.row(factor),
            1 if at == last => self.column(factor),
            _ => self.term(factor),
        };
        let factors = factors.iter().enumerate().map(spell).collect();
        math::product(Joiner::Juxtaposed, factors)
    }

    /// A vector written as a row.
    fn row(&self, vector: &Term) -> Math {
        if starts_with_row(vector) {
            self.term(vector)
        } else {
            math::transposed(self.term(vector))
        }
    }

    /// A vector written as a column.
    fn column(&self, vector: &Term) -> Math {
        if !starts_with_row(vector) {
            return self.term(vector);
        }
        let marked = self.marked.contains(&vector.address());
        let turned = self.turned(vector).filter(|_| !marked);
        turned.unwrap_or_else(|| math::transposed(self.term(vector)))
    }

    /// `Aᵀ v` for the row vᵀ A.
    fn turned(&self, row: &Term) -> Option<Math> {
        let [vector, matrix] = row.children() else {
            return None;
        };
        if *row.head() != Head::MatMul || vector.rank() != 1 || matrix.rank() != 2 {
            return None;
        }
        let matrix = match matrix.head() {
            Head::Transpose => self.term(&matrix.children()[0]),
            _ => math::transposed(self.term(matrix)),
        };
        let factors = vec![matrix, self.column(vector)];
        Some(math::product(Joiner::Juxtaposed, factors))
    }

    fn axes(&self, axes: &[Option<usize>], array: &Term) -> Math {
        match axes {
            [None, Some(0)] if array.rank() == 1 => self.row(array),
            [Some(0), None] if array.rank() == 1 => self.column(array),
            [Some(1), Some(0)] => math::transposed(self.term(array)),
            _ => self.term(array),
        }
    }

    fn softmax(&self, axis: usize, log: bool, array: &Term) -> Math {
        let name = if log { "log softmax" } else { "softmax" };
        let latex = if log {
            r"\operatorname{log\,softmax}"
        } else {
            r"\operatorname{softmax}"
        };
        let spelling = Spelling::new(name, latex);
        let along = (axis + 1 != array.rank()).then(|| axis_name(axis, array.rank()));
        let function = math::symbol(Symbol {
            base: spelling,
            sub: along.map(|along| Spelling::new(along, format!(r"\text{{{along}}}"))),
            sup: None,
        });
        self.call(function, std::slice::from_ref(array))
    }
}

/// A place read on an axis of this size, if it is a whole number that does not wrap around.
pub(crate) fn place_on(place: &Index, dim: &Dim) -> Option<Affine> {
    let affine = place.to_affine();
    let plain = affine.divisor() == 1 && !affine.cyclic();
    let (terms, constant) = (affine.terms().to_vec(), affine.constant().clone());
    plain.then(|| Affine::new(terms, constant, dim.clone()))
}

/// `A u vᵀ`: a product of matrices needs no brackets before the row.
fn outer(column: Math, row: Math) -> Math {
    match math::bare(&column) {
        Math::Product(Joiner::Juxtaposed, factors) => {
            let mut factors = match matches!(column, Math::Marked(_)) {
                true => vec![column.clone()],
                false => factors.clone(),
            };
            factors.push(math::bracketed(row, Level::Raised));
            Math::Product(Joiner::Juxtaposed, factors)
        }
        _ => math::product(Joiner::Juxtaposed, vec![column, row]),
    }
}

/// What a sum along an axis that is not the last reaches over.
fn axis_name(axis: usize, rank: usize) -> &'static str {
    match (axis, rank) {
        (0, 2) => "columns",
        (0, _) => "axis 0",
        (1, _) => "axis 1",
        _ => "axis 2",
    }
}

/// Whether a rank-1 product begins with a vector, so that it comes out as a row by itself; of a sum, every term.
fn starts_with_row(vector: &Term) -> bool {
    match vector.head() {
        Head::MatMul => vector.rank() == 1 && vector.children()[0].rank() == 1,
        Head::Product => {
            let (bound, factors) = vector.split();
            let mut arrays = factors.iter().filter(|factor| factor.rank() > 0);
            let only = arrays.next().filter(|_| arrays.next().is_none());
            bound.is_empty() && only.is_some_and(starts_with_row)
        }
        Head::Sum => vector.children().iter().all(starts_with_row),
        _ => false,
    }
}

fn primed(mut symbol: Symbol, primes: u8) -> Math {
    if primes == 0 {
        return math::symbol(symbol);
    }
    let count = usize::from(primes);
    let marks = Spelling::new("′".repeat(count), r"\prime".repeat(count));
    symbol.sup = Some(match symbol.sup {
        Some(sup) => Spelling::new(
            format!("{}{}", sup.text, marks.text),
            format!("{}{}", sup.latex, marks.latex),
        ),
        None => marks,
    });
    math::symbol(symbol)
}

/// `2h` and `m·p` rather than `2 h` and `m p` between the signs of a shape.
fn tight(size: Math) -> Math {
    let factors = match &size {
        Math::Product(Joiner::Juxtaposed, factors) => factors,
        Math::Sum(terms) => {
            let terms = terms.iter().cloned();
            return Math::Sum(terms.map(|(minus, it)| (minus, tight(it))).collect());
        }
        _ => return size,
    };
    let number = matches!(factors.first(), Some(Math::Number(_))) && factors.len() == 2;
    let signs = if number { ["", ""] } else { ["·", r"\cdot "] };
    let spelt = |spell: fn(&Math) -> String, sign: &str| {
        let factors: Vec<String> = factors.iter().map(spell).collect();
        factors.join(sign)
    };
    let text = spelt(crate::text::inline, signs[0]);
    math::word(&text, &spelt(crate::latex::inline, signs[1]))
}

/// 𝟏, as a row where its shape is one.
fn ones(shape: &Shape) -> Math {
    let one = math::word("𝟏", r"\mathbf{1}");
    match shape.0.as_slice() {
        [first, second] if first.is_unit() && !second.is_unit() => math::transposed(one),
        [first, second] if !first.is_unit() && !second.is_unit() => {
            let row = math::transposed(one.clone());
            math::product(Joiner::Juxtaposed, vec![one, row])
        }
        _ => one,
    }
}

/// Whether this is an array of zeros: 0 times ones. Its shape stands beside it.
fn is_zeros(term: &Term) -> bool {
    matches!(term.children(), [zero, ones] if zero.is_zero() && matches!(ones.head(), Head::Ones(_)))
}
