//! Elementwise functions: the language's own (rows of a table), the user's, and derivatives of either.

use crate::Name;
use crate::function_table::FUNCTIONS;
use crate::numeric::Dual;
use std::fmt;

/// A row of the table of elementwise functions: everything that is known of one function, in one place.
/// Its derivative stands in the derivative table of `derive-calculus`.
#[derive(Debug)]
pub struct FunctionRow {
    /// How a spec spells it. Names that begin with a capital or are not part of the language have `internal` set.
    pub name: &'static str,
    /// How many arguments it takes, optional ones included.
    pub arity: usize,
    /// Values of trailing arguments that may be left out, as decimal text.
    pub defaults: &'static [&'static str],
    /// The forward meaning on floats.
    pub real: fn(&[f64]) -> f64,
    /// The forward meaning on duals; the same expression as `real`.
    pub dual: fn(&[Dual]) -> Dual,
    /// How an application is written.
    pub notation: Notation,
    /// The name in Unicode text.
    pub text: &'static str,
    /// The name in LaTeX.
    pub latex: &'static str,
    /// Where the first argument may be sampled.
    pub domain: Domain,
    /// What is known of the values.
    pub range: Range,
    /// The convention where the function has no derivative; `None` if it is smooth.
    pub kink: Option<&'static str>,
    /// Whether the function only arises in derivations and cannot be written in a spec.
    pub internal: bool,
}

/// How the application of a function is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `name(x, …)`
    Call,
    /// One of the arithmetic operators; index terms have nodes of their own for these.
    Arithmetic(Arithmetic),
    /// `|x|`
    Bars,
    /// `√x`
    Root,
    /// `e^x`
    Exponential,
    /// `x²`
    Square,
    /// `[x > 0]`: the row's `text` and `latex` are what follows x inside the brackets.
    Indicator,
    /// `[x > y]`: the row's `text` and `latex` are the relation.
    Comparison,
    /// `⌊x⌋`
    Floor,
    /// A constant without arguments.
    Constant,
}

/// The operations of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// x + y
    Add,
    /// x − y
    Subtract,
    /// x · y
    Multiply,
    /// x / y
    Divide,
    /// −x
    Negate,
    /// x^y
    Power,
}

/// Where a function's first argument may be sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Anywhere.
    Real,
    /// x > 0
    Positive,
    /// x ≠ 0
    NonZero,
    /// −1 < x < 1
    OpenUnitBall,
}

/// What is known of a function's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Nothing.
    Real,
    /// Every value is positive.
    Positive,
    /// Every value lies strictly between 0 and 1.
    OpenUnitInterval,
}

/// An elementwise function, or the derivative of one of a single argument.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function {
    /// The table row's name or the user's name; the two never clash, since a spec may not redefine a table name.
    pub name: Name,
    /// How often it is differentiated: 1 for f′.
    pub primes: u8,
}

impl Function {
    /// The undifferentiated function of this name.
    pub fn named(name: &str) -> Function {
        Function {
            name: Name::new(name),
            primes: 0,
        }
    }

    /// Its table row; `None` for a function of the user's.
    pub fn row(&self) -> Option<&'static FunctionRow> {
        row(self.name.as_str())
    }

    /// The derivative of this function.
    #[must_use]
    pub fn derivative(&self) -> Function {
        Function {
            name: self.name.clone(),
            primes: self.primes.saturating_add(1),
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, "'".repeat(self.primes.into()))
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The table row of this name.
pub fn row(name: &str) -> Option<&'static FunctionRow> {
    FUNCTIONS.iter().find(|row| row.name == name)
}
