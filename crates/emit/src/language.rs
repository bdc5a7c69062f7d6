//! What a language writes in its own way, whatever the operation: signs, the first place of an axis, sizes.
//!
//! Arrays have the same axes in the same order everywhere. A language counts them from 0 or from 1, and says whether a sign works entry by
//! entry. In Octave there is no array with fewer than two axes: a vector is a column, a scalar is 1×1, and axes of size 1 at the end cost nothing.

use crate::text::{Level, fill};

/// A language's family, where a table of texts is not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Python with an array library that follows NumPy.
    Python,
    /// GNU Octave; nothing is used that MATLAB lacks but for indexing and broadcasting.
    Octave,
    /// Julia.
    Julia,
}

/// The signs of a language.
#[derive(Debug)]
pub struct Language {
    /// Its family.
    pub kind: Kind,
    /// Between terms of a sum.
    pub plus: &'static str,
    /// Before a negative term.
    pub minus: &'static str,
    /// Between factors, entry by entry.
    pub times: &'static str,
    /// Before a divisor, entry by entry.
    pub over: &'static str,
    /// Before an exponent, entry by entry.
    pub power: &'static str,
    /// The matrix product.
    pub matmul: &'static str,
    /// A size divided by a number and rounded down.
    pub quotient: &'static str,
    /// The size of axis `{1}` of an array.
    pub size: &'static str,
    /// A place that wraps around.
    pub modulo: &'static str,
    /// The place of the first axis and of the first entry.
    pub base: usize,
}

impl Language {
    /// Whether arrays are as NumPy has them.
    pub fn is_python(&self) -> bool {
        self.kind == Kind::Python
    }

    /// A sign without the dot by which it works entry by entry.
    pub(crate) fn plain(sign: &str) -> String {
        sign.replace('.', "")
    }

    /// The size of an axis, counted from 0, of an array that is a variable.
    pub(crate) fn size_of(&self, array: &str, axis: usize) -> String {
        let place = (axis + self.base).to_string();
        let texts = [array.to_owned(), place].map(|text| (text, Level::Atom));
        fill(self.size, &texts)
    }
}

/// Python.
pub static PYTHON: Language = Language {
    kind: Kind::Python,
    plus: " + ",
    minus: " - ",
    times: " * ",
    over: " / ",
    power: " ** ",
    matmul: " @ ",
    quotient: "{0!} // {1}",
    size: "{0}.shape[{1}]",
    modulo: "{0!} % {1!}",
    base: 0,
};

/// GNU Octave.
pub static OCTAVE: Language = Language {
    kind: Kind::Octave,
    plus: " + ",
    minus: " - ",
    times: " .* ",
    over: " ./ ",
    power: " .^ ",
    matmul: " * ",
    quotient: "floor({0!} / {1})",
    size: "size({0}, {1})",
    modulo: "mod({0}, {1})",
    base: 1,
};

/// Julia.
pub static JULIA: Language = Language {
    kind: Kind::Julia,
    plus: " .+ ",
    minus: " .- ",
    times: " .* ",
    over: " ./ ",
    power: " .^ ",
    matmul: " * ",
    quotient: "fld({0}, {1})",
    size: "size({0}, {1})",
    modulo: "mod({0}, {1})",
    base: 1,
};
