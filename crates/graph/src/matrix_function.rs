//! The table of functions of a square matrix that are not entrywise: inverse, determinant and its logarithm.
//!
//! Sources: Petersen and Pedersen, The Matrix Cookbook, 2012, sections 2.1 and 2.2; Magnus and Neudecker, Matrix Differential
//! Calculus, 1988.

/// A row: one function.
#[derive(Debug)]
pub struct MatrixFunctionRow {
    /// The name in a spec.
    pub name: &'static str,
    /// What it is called in messages.
    pub title: &'static str,
    /// Whether the result is a matrix of the argument's shape; a scalar otherwise.
    pub matrix: bool,
    /// How it is written in text and in LaTeX; empty for the exponent −1.
    pub notation: (&'static str, &'static str),
    /// What the argument must satisfy, in words.
    pub domain: &'static str,
}

/// Every function.
#[rustfmt::skip]
pub static MATRIX_FUNCTIONS: &[MatrixFunctionRow] = &[
    MatrixFunctionRow { name: "inv", title: "inverse", matrix: true, notation: ("", ""), domain: "the matrix is invertible" },
    MatrixFunctionRow { name: "det", title: "determinant", matrix: false, notation: ("det", r"\det"), domain: "" },
    MatrixFunctionRow { name: "logdet", title: "logarithm of the determinant", matrix: false, notation: ("ln det", r"\ln\det"), domain: "the determinant is positive" },
];

/// The row of this name.
pub fn row(name: &str) -> Option<&'static MatrixFunctionRow> {
    MATRIX_FUNCTIONS.iter().find(|row| row.name == name)
}
