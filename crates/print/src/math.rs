//! The formulas of a document, before any format: what a person would see, without saying how it is drawn.
//!
//! Brackets are nodes. They are decided when a formula is built, from the one table of [`LEVELS`]; the only exception is a
//! fraction on one line, whose brackets a linear format takes from the same table.

use derive_index::LayerRange;
use std::rc::Rc;

/// How a word is spelt in each format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// In Unicode.
    pub text: String,
    /// In LaTeX.
    pub latex: String,
    /// In ASCII, where that is not simply the Unicode form in ASCII's signs.
    pub ascii: Option<&'static str>,
    /// The symbol that it is, where one name is a script of another; formats with real scripts draw it.
    pub symbol: Option<Rc<Symbol>>,
}

impl Spelling {
    /// A spelling from its two forms.
    pub fn new(text: impl Into<String>, latex: impl Into<String>) -> Spelling {
        Spelling {
            text: text.into(),
            latex: latex.into(),
            ascii: None,
            symbol: None,
        }
    }

    /// The same in both.
    pub fn same(text: &str) -> Spelling {
        Spelling::new(text, text)
    }
}

/// A name: a letter or a word with what the name itself carries below and above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    /// The letter or word, accents included.
    pub base: Spelling,
    /// What stands below as part of the name.
    pub sub: Option<Spelling>,
    /// What stands above as part of the name.
    pub sup: Option<Spelling>,
}

/// A pair of delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// ( )
    Round,
    /// [ ]
    Square,
    /// | |
    Bars,
    /// ⌊ ⌋
    Floor,
}

/// What stands between the factors of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joiner {
    /// Nothing but a space: the matrix product, or scalars.
    Juxtaposed,
    /// ⊙
    Hadamard,
    /// ⊘
    Quotient,
    /// Partial derivatives: a dot where they are written on one line.
    Chain,
}

/// A formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Math {
    /// A name.
    Symbol(Rc<Symbol>),
    /// A whole number without sign.
    Number(String),
    /// An operator's or a constant's name, or a sign.
    Word(Spelling),
    /// `A_{ij}`
    Entry {
        /// The array, in brackets already if it needs them.
        array: Box<Math>,
        /// The indices.
        indices: Vec<Math>,
    },
    /// `a^b`
    Power {
        /// In brackets already if it needs them.
        base: Box<Math>,
        /// The exponent.
        exponent: Box<Math>,
    },
    /// `Aᵀ`
    Transpose(Box<Math>),
    /// `a / b`
    Fraction {
        /// The numerator.
        top: Box<Math>,
        /// The denominator.
        bottom: Box<Math>,
    },
    /// `∂a/∂b`, `∂²a/∂b∂c`
    Partial {
        /// What is differentiated.
        top: Box<Math>,
        /// By what, once each.
        bottoms: Vec<Math>,
    },
    /// `√a`
    Root(Box<Math>),
    /// `e^a`
    Exponential(Box<Math>),
    /// `f(a, …)`
    Call {
        /// The function.
        function: Box<Math>,
        /// Its arguments.
        arguments: Vec<Math>,
    },
    /// `ln a`, without brackets.
    Prefixed {
        /// The function.
        function: Box<Math>,
        /// Its argument.
        argument: Box<Math>,
    },
    /// Something in brackets.
    Delimited(Delimiter, Box<Math>),
    /// `Σ_{…} a`
    BigSum {
        /// The summed indices.
        indices: Vec<Math>,
        /// What is summed.
        body: Box<Math>,
    },
    /// `a + b − c`; `true` marks what is subtracted.
    Sum(Vec<(bool, Math)>),
    /// `a b`, `a ⊙ b`, …
    Product(Joiner, Vec<Math>),
    /// `a = b`, `a > b`, `a ← b`
    Relation {
        /// The left side.
        left: Box<Math>,
        /// The sign.
        sign: Spelling,
        /// The right side.
        right: Box<Math>,
    },
    /// `(N×h)`: the sizes of an array.
    Sizes(Vec<Math>),
    /// What the next step changes. It is written as if the mark were not there.
    Marked(Box<Math>),
    /// A factor of a product with its shape below, by which a reader sees that the product fits.
    Shaped {
        /// The factor, in brackets already if it needs them.
        factor: Box<Math>,
        /// Its sizes, one an axis.
        sizes: Vec<Math>,
    },
}

/// How tightly a formula holds together, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `a = b`
    Relation,
    /// `a + b`, `−a`
    Sum,
    /// `Σ a`: reaches over the factors that follow.
    BigSum,
    /// `a ⊙ b`
    Hadamard,
    /// `a b`
    Product,
    /// `ln a`
    Prefixed,
    /// `Aᵀ`, `a²`: cannot be raised again without brackets.
    Raised,
    /// A name, an entry, anything with its own delimiters.
    Atom,
}

/// One row of [`LEVELS`].
pub struct LevelRow {
    /// The kind of formula, as [`kind`] names it.
    pub kind: &'static str,
    /// Its level.
    pub level: Level,
}

const fn row(kind: &'static str, level: Level) -> LevelRow {
    LevelRow { kind, level }
}

/// The precedences. A formula that is looser than its place allows is put in brackets.
pub static LEVELS: &[LevelRow] = &[
    row("relation", Level::Relation),
    row("sum", Level::Sum),
    row("big-sum", Level::BigSum),
    row("hadamard", Level::Hadamard),
    row("quotient", Level::Hadamard),
    row("product", Level::Product),
    row("chain", Level::Product),
    row("prefixed", Level::Prefixed),
    row("raised", Level::Raised),
    row("fraction", Level::Raised),
    row("exponential", Level::Raised),
    row("atom", Level::Atom),
];

/// The row of [`LEVELS`] that a formula falls under.
pub fn kind(math: &Math) -> &'static str {
    match bare(math) {
        Math::Relation { .. } => "relation",
        Math::Sum(_) => "sum",
        Math::BigSum { .. } => "big-sum",
        Math::Product(Joiner::Hadamard, _) => "hadamard",
        Math::Product(Joiner::Quotient, _) => "quotient",
        Math::Product(Joiner::Juxtaposed, _) => "product",
        Math::Product(Joiner::Chain, _) => "chain",
        Math::Prefixed { .. } => "prefixed",
        Math::Transpose(_) | Math::Power { .. } | Math::Partial { .. } | Math::Root(_) => "raised",
        Math::Fraction { .. } => "fraction",
        Math::Exponential(_) => "exponential",
        _ => "atom",
    }
}

/// The level of a formula.
pub fn level(math: &Math) -> Level {
    let kind = kind(math);
    let known = LEVELS.iter().find(|row| row.kind == kind);
    known.map_or(Level::Relation, |row| row.level)
}

/// The formula, in round brackets if it is looser than `needed`.
pub fn bracketed(math: Math, needed: Level) -> Math {
    if let Math::Shaped { factor, sizes } = math {
        return shaped(bracketed(*factor, needed), sizes);
    }
    if level(&math) < needed {
        Math::Delimited(Delimiter::Round, Box::new(math))
    } else {
        math
    }
}

/// A formula without a mark around it or a shape below it.
pub fn bare(math: &Math) -> &Math {
    match math {
        Math::Marked(inner) | Math::Shaped { factor: inner, .. } => bare(inner),
        math => math,
    }
}

/// The formula with a mark; a minus in front stays outside.
pub fn marked(math: Math) -> Math {
    match math {
        Math::Sum(mut terms) if terms.len() == 1 => {
            let (subtracted, term) = terms.swap_remove(0);
            Math::Sum(vec![(subtracted, marked(term))])
        }
        math => Math::Marked(Box::new(math)),
    }
}

/// The factor with its shape below.
pub fn shaped(factor: Math, sizes: Vec<Math>) -> Math {
    Math::Shaped {
        factor: Box::new(factor),
        sizes,
    }
}

/// Whether these are two factors with their shapes below them.
pub fn both_shaped(before: &Math, after: &Math) -> bool {
    let shaped = |math: &Math| matches!(math, Math::Shaped { .. });
    shaped(before) && shaped(after)
}

/// Whether a factor has its shape below it.
pub fn has_shapes(math: &Math) -> bool {
    match math {
        Math::Shaped { .. } => true,
        Math::Sum(terms) => terms.iter().any(|(_, term)| has_shapes(term)),
        Math::Product(_, factors) => factors.iter().any(has_shapes),
        Math::Delimited(_, inner) => has_shapes(inner),
        _ => false,
    }
}

/// The formula without the shapes below its factors.
pub fn without_shapes(math: &Math) -> Math {
    match math {
        Math::Shaped { factor, .. } => (**factor).clone(),
        Math::Sum(terms) => {
            let terms = terms.iter();
            Math::Sum(
                terms
                    .map(|(minus, it)| (*minus, without_shapes(it)))
                    .collect(),
            )
        }
        Math::Product(joiner, factors) => {
            Math::Product(*joiner, factors.iter().map(without_shapes).collect())
        }
        Math::Delimited(delimiter, inner) => {
            Math::Delimited(*delimiter, Box::new(without_shapes(inner)))
        }
        math => math.clone(),
    }
}

/// Calls `take` with every factor that has its shape below it, and its sizes, in their order.
pub fn each_shaped(math: &Math, take: &mut dyn FnMut(&Math, &[Math])) {
    match math {
        Math::Shaped { factor, sizes } => take(factor, sizes),
        Math::Sum(terms) => terms.iter().for_each(|(_, term)| each_shaped(term, take)),
        Math::Product(_, factors) => factors.iter().for_each(|it| each_shaped(it, take)),
        Math::Delimited(_, inner) => each_shaped(inner, take),
        _ => {}
    }
}

/// The shapes in the places of their factors, `(N×c)(c×h) ⊙ (N×h)`; nothing where there are none.
pub fn shapes_alone(math: &Math) -> Option<Math> {
    match math {
        Math::Shaped { sizes, .. } => Some(Math::Sizes(sizes.clone())),
        Math::Sum(terms) => {
            let shaped = terms.iter();
            let shaped: Vec<(bool, Math)> = shaped
                .filter_map(|(minus, term)| Some((*minus, shapes_alone(term)?)))
                .collect();
            (!shaped.is_empty()).then_some(Math::Sum(shaped))
        }
        Math::Product(joiner, factors) => {
            let mut shaped: Vec<Math> = factors.iter().filter_map(shapes_alone).collect();
            match shaped.len() {
                0 => None,
                1 => shaped.pop(),
                _ => Some(Math::Product(*joiner, shaped)),
            }
        }
        Math::Delimited(delimiter, inner) => {
            let inner = shapes_alone(inner)?;
            Some(Math::Delimited(*delimiter, Box::new(inner)))
        }
        _ => None,
    }
}

/// A name.
pub fn symbol(symbol: Symbol) -> Math {
    Math::Symbol(Rc::new(symbol))
}

/// Whether an index is more than a letter or a number, so that indices need commas between them; the `:` of a whole axis is none.
pub fn is_compound_index(index: &Math) -> bool {
    match index {
        Math::Word(word) => word.text == ":",
        Math::Symbol(_) | Math::Number(_) => false,
        _ => true,
    }
}

/// `b − a` for `−(a − b)`; everything else as it is.
pub fn difference_turned(math: Math) -> Math {
    let turned = match &math {
        Math::Sum(whole) => match whole.as_slice() {
            [(true, inside)] => difference(inside),
            _ => None,
        },
        _ => None,
    };
    turned.unwrap_or(math)
}

/// The difference the other way round, if it is one of two terms.
fn difference(bracketed: &Math) -> Option<Math> {
    let Math::Delimited(Delimiter::Round, inside) = bracketed else {
        return None;
    };
    match inside.as_ref() {
        Math::Sum(terms) => match terms.as_slice() {
            [(false, a), (true, b)] => Some(Math::Sum(vec![(false, b.clone()), (true, a.clone())])),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number.
pub fn number(value: impl ToString) -> Math {
    Math::Number(value.to_string())
}

/// A word spelt differently in the formats.
pub fn word(text: &str, latex: &str) -> Math {
    Math::Word(Spelling::new(text, latex))
}

/// The layers that a sum reaches over, as they stand below its sign.
pub fn layers(range: &LayerRange) -> Math {
    let [text, latex] = layer_condition(range);
    match range.is_whole() {
        true => word(&text, &latex),
        false => word(&format!("({text})"), &latex),
    }
}

/// The same in a sentence.
pub fn which_layers(range: &LayerRange) -> Math {
    let [text, latex] = layer_condition(range);
    word(&text, &latex)
}

fn layer_condition(range: &LayerRange) -> [String; 2] {
    [("≥", "≤"), (r" \ge ", r" \le ")].map(|(least, most)| range.condition(least, most))
}

/// Kronecker's delta at two indices. ASCII has a `d` for it, since it spells error signals `delta`.
pub fn kronecker(indices: Vec<Math>) -> Math {
    let sign = Spelling {
        ascii: Some("d"),
        ..Spelling::new("δ", r"\delta")
    };
    entry(Math::Word(sign), indices)
}

/// `array_{indices}`; a compound array goes into square brackets, a name that has a subscript of its own into round ones.
pub fn entry(array: Math, indices: Vec<Math>) -> Math {
    if let Math::Marked(array) = array {
        return marked(entry(*array, indices));
    }
    let array = match &array {
        Math::Symbol(symbol) if symbol.sub.is_none() => array,
        Math::Symbol(_) => Math::Delimited(Delimiter::Round, Box::new(array)),
        Math::Word(_) => array,
        _ => Math::Delimited(Delimiter::Square, Box::new(array)),
    };
    Math::Entry {
        array: Box::new(array),
        indices,
    }
}

/// `top / bottom`
pub fn fraction(top: Math, bottom: Math) -> Math {
    if let (Math::Number(one), Math::Marked(inner)) = (&top, &bottom)
        && one == "1"
    {
        return marked(fraction(top.clone(), (**inner).clone()));
    }
    Math::Fraction {
        top: Box::new(top),
        bottom: Box::new(bottom),
    }
}

/// `∂top/∂bottom`; a derivative is differentiated again in brackets.
pub fn partial(top: Math, bottom: Math) -> Math {
    let top = match top {
        Math::Partial { .. } => bracketed(top, Level::Atom),
        _ => top,
    };
    Math::Partial {
        top: Box::new(top),
        bottoms: vec![bottom],
    }
}

/// `∂²top/∂first∂second`
pub fn second_partial(top: Math, first: Math, second: Math) -> Math {
    Math::Partial {
        top: Box::new(top),
        bottoms: vec![first, second],
    }
}

/// `left sign right`
pub fn relation(left: Math, sign: Spelling, right: Math) -> Math {
    Math::Relation {
        left: Box::new(left),
        sign,
        right: Box::new(right),
    }
}

/// `−math`
pub fn negative(math: Math) -> Math {
    Math::Sum(vec![(true, bracketed(math, Level::BigSum))])
}

/// `Aᵀ`
pub fn transposed(math: Math) -> Math {
    match math {
        Math::Marked(inner) => return marked(transposed(*inner)),
        Math::Shaped { factor, sizes } => return shaped(transposed(*factor), sizes),
        _ => {}
    }
    Math::Transpose(Box::new(bracketed(math, Level::Atom)))
}

/// The factors side by side. Only the last may reach to the right, so that none swallows what follows it.
pub fn product(joiner: Joiner, mut factors: Vec<Math>) -> Math {
    let needed = match joiner {
        Joiner::Hadamard | Joiner::Quotient => Level::Raised,
        Joiner::Juxtaposed | Joiner::Chain => Level::Raised,
    };
    if factors.len() == 1 {
        return factors.swap_remove(0);
    }
    let last = factors.len().saturating_sub(1);
    let place = |(at, factor): (usize, Math)| {
        let tail = at == last && joiner == Joiner::Juxtaposed;
        let tail_level = if matches!(bare(&factor), Math::BigSum { .. } | Math::Prefixed { .. }) {
            Level::BigSum
        } else {
            needed
        };
        bracketed(factor, if tail { tail_level } else { needed })
    };
    Math::Product(joiner, factors.into_iter().enumerate().map(place).collect())
}
