//! Partial derivatives of scalars in index notation.
//!
//! ∂A_{pq}/∂A_{ij} = δ_{pi} δ_{qj}; sums and products as usual; an elementwise function contributes its row of the derivative
//! table. Every bound index of a copied sum is renamed, so that no two sums of the result share one.

use crate::derivative_table::derivative_row;
use crate::whole::{differentiate_extremum, differentiate_matrix_function, matrix_function};
use derive_graph::{Function, Name};
use derive_index::substitute::rename_bound;
use derive_index::{Fresh, Head, Index, Rational, Term, build};
use num_traits::One;

/// What is differentiated by, and what is known of values.
pub struct Differential<'a> {
    /// The array that is differentiated by.
    pub variable: &'a Name,
    /// The indices of its entry.
    pub indices: &'a [Index],
    /// An expression that has a name, and the entry that bears it: derivatives are written through it.
    pub named: Option<(&'a Term, &'a Term)>,
}

/// A function that the derivative table has no row for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingDerivative {
    /// The function.
    pub function: Function,
    /// Which argument.
    pub argument: usize,
}

/// The partial derivative of `term`; `None` if the term does not mention the variable.
///
/// # Errors
/// The first function without a derivative.
pub fn differentiate(
    term: &Term,
    by: &Differential,
    fresh: &mut Fresh,
) -> Result<Option<Term>, MissingDerivative> {
    match term.head() {
        Head::Tensor(name, _) => Ok((name == by.variable).then(|| build::integer(1))),
        Head::Entry => match matrix_function(term) {
            Some((name, argument)) => {
                differentiate_matrix_function(name, argument, term, by, fresh)
            }
            None => Ok(differentiate_entry(term, by)),
        },
        Head::MatrixFunction(name) => {
            differentiate_matrix_function(name, &term.children()[0], term, by, fresh)
        }
        Head::Extremum { .. } => differentiate_extremum(term, by, fresh),
        Head::Product => differentiate_product(term, by, fresh),
        Head::Sum => {
            let parts = term
                .children()
                .iter()
                .map(|part| differentiate(part, by, fresh));
            Ok(total(parts.collect::<Result<Vec<_>, _>>()?))
        }
        Head::Power(exponent) => {
            let base = &term.children()[0];
            let inner = differentiate(base, by, fresh)?;
            Ok(inner.map(|inner| {
                let outer = through_value(term, exponent, by)
                    .unwrap_or_else(|| build::power(base.clone(), exponent - Rational::one()));
                build::product(
                    Vec::new(),
                    vec![build::number(exponent.clone()), outer, inner],
                )
            }))
        }
        Head::Apply(function) => differentiate_apply(function, term, by, fresh),
        _ => Ok(None),
    }
}

/// x^(q−1) as a whole power of the value v = x^q, where that has a name: 1/v for a square root, −v² for a reciprocal.
fn through_value(term: &Term, exponent: &Rational, by: &Differential) -> Option<Term> {
    let (_, value) = by.named.filter(|(named, _)| *named == term)?;
    let power = (exponent - Rational::one()) / exponent;
    power
        .is_integer()
        .then(|| build::power(value.clone(), power))
}

fn total(parts: Vec<Option<Term>>) -> Option<Term> {
    let present: Vec<Term> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_zero())
        .collect();
    (!present.is_empty()).then(|| build::sum(present))
}

fn differentiate_entry(term: &Term, by: &Differential) -> Option<Term> {
    let (array, place) = term.as_entry()?;
    match array.head() {
        Head::Tensor(name, _) if name == by.variable => {
            let deltas = place
                .iter()
                .zip(by.indices)
                .map(|(a, b)| build::delta(a, b));
            Some(build::product(Vec::new(), deltas.collect()))
        }
        _ => None,
    }
}

fn differentiate_product(
    term: &Term,
    by: &Differential,
    fresh: &mut Fresh,
) -> Result<Option<Term>, MissingDerivative> {
    let mut parts = Vec::new();
    let count = term.split_terms().1.len();
    for at in 0..count {
        if !mentions(&term.split_terms().1[at], by.variable) {
            continue;
        }
        let copy = if term.split_terms().0.is_empty() {
            term.clone()
        } else {
            rename_bound(term, &|_| true, fresh)
        };
        let (bound, factors) = copy.split();
        let derived = differentiate(&factors[at], by, fresh)?;
        parts.push(derived.map(|derived| {
            let mut factors = factors.to_vec();
            factors[at] = derived;
            build::product(bound, factors)
        }));
    }
    Ok(total(parts))
}

fn differentiate_apply(
    function: &Function,
    term: &Term,
    by: &Differential,
    fresh: &mut Fresh,
) -> Result<Option<Term>, MissingDerivative> {
    let value = by
        .named
        .filter(|(named, _)| *named == term)
        .map_or(term, |(_, value)| value);
    let mut parts = Vec::new();
    for (at, argument) in term.children().iter().enumerate() {
        if !mentions(argument, by.variable) {
            continue;
        }
        if let Some(inner) = differentiate(argument, by, fresh)? {
            let outer = function_derivative(function, at, term.children(), value)?;
            parts.push(Some(build::product(Vec::new(), vec![outer, inner])));
        }
    }
    Ok(total(parts))
}

/// ∂f/∂x_at at these arguments, written through the value where the table does so.
///
/// # Errors
/// A function of the language without a row.
pub fn function_derivative(
    function: &Function,
    at: usize,
    arguments: &[Term],
    value: &Term,
) -> Result<Term, MissingDerivative> {
    let missing = || MissingDerivative {
        function: function.clone(),
        argument: at,
    };
    let known = function.row().is_some();
    let row = derivative_row(function.name.as_str(), at).filter(|_| function.primes == 0);
    match row {
        Some(row) if !row.primed => Ok((row.derivative)(arguments, value)),
        None if known && function.primes == 0 => Err(missing()),
        _ if at == 0 => Ok(build::apply(function.derivative(), arguments.to_vec())),
        _ => Err(missing()),
    }
}

/// Whether the array occurs in the term.
pub fn mentions(term: &Term, name: &Name) -> bool {
    term.any(&|term| matches!(term.head(), Head::Tensor(known, _) if known == name))
}
