//! Derivatives of what is not built entry by entry: functions of a whole matrix, and the largest entry.
//!
//! Sources: ∂A⁻¹ = −A⁻¹ ∂A A⁻¹, ∂det A = det A tr(A⁻¹ ∂A), ∂ln det A = tr(A⁻¹ ∂A): Petersen and Pedersen, The Matrix Cookbook,
//! 2012, eq. 40, 41 and 43. The largest of several equal entries shares its cotangent equally among them.

use crate::differentiate::{Differential, MissingDerivative, differentiate, mentions};
use derive_graph::Function;
use derive_index::expand::expand;
use derive_index::substitute::{comprehension_at, rename_bound};
use derive_index::{Fresh, Head, Index, Term, build};

/// A row: how the derivative of a function of a matrix A is put together from ∂A_{mn}.
#[derive(Debug)]
pub struct MatrixDerivativeRow {
    /// The function's name in the table of matrix functions.
    pub function: &'static str,
    /// The derivative in mathematics, for documentation.
    pub written: &'static str,
    /// What ∂A_{mn} is multiplied by: from the value, A, the indices of the value's entry, and m and n.
    pub factor: fn(&Term, &Term, &[Index], &Index, &Index) -> Option<Term>,
}

fn inverse_entry(matrix: &Term, i: &Index, j: &Index) -> Term {
    let inverse = Term::raw(Head::MatrixFunction("inv"), vec![matrix.clone()]);
    build::entry(inverse, vec![i.clone(), j.clone()])
}

/// Every function of a matrix with its derivative.
#[rustfmt::skip]
pub static MATRIX_DERIVATIVES: &[MatrixDerivativeRow] = &[
    MatrixDerivativeRow { function: "inv", written: "∂A⁻¹_pq = −Σ_mn A⁻¹_pm ∂A_mn A⁻¹_nq", factor: |value, _, place, m, n| {
        let [p, q] = place else { return None };
        let inverse = |i: &Index, j: &Index| build::entry(value.clone(), vec![i.clone(), j.clone()]);
        Some(build::product(Vec::new(), vec![build::integer(-1), inverse(p, m), inverse(n, q)]))
    } },
    MatrixDerivativeRow { function: "det", written: "∂det A = det A Σ_mn A⁻¹_nm ∂A_mn", factor: |value, matrix, _, m, n| {
        Some(build::product(Vec::new(), vec![value.clone(), inverse_entry(matrix, n, m)]))
    } },
    MatrixDerivativeRow { function: "logdet", written: "∂ln det A = Σ_mn A⁻¹_nm ∂A_mn", factor: |_, matrix, _, m, n| {
        Some(inverse_entry(matrix, n, m))
    } },
];

/// The function and the matrix, if a term is a function of a matrix as a whole or an entry of one.
pub fn matrix_function(term: &Term) -> Option<(&'static str, &Term)> {
    let whole = term.as_entry().map_or(term, |(array, _)| array);
    match whole.head() {
        Head::MatrixFunction(name) => Some((name, &whole.children()[0])),
        _ => None,
    }
}

/// The derivative of a function of a matrix, or of an entry of it.
///
/// # Errors
/// As [`differentiate`], or if the function has no row.
pub fn differentiate_matrix_function(
    name: &str,
    matrix: &Term,
    term: &Term,
    by: &Differential,
    fresh: &mut Fresh,
) -> Result<Option<Term>, MissingDerivative> {
    if !mentions(matrix, by.variable) {
        return Ok(None);
    }
    let missing = || MissingDerivative {
        function: Function::named(name),
        argument: 0,
    };
    let row = MATRIX_DERIVATIVES
        .iter()
        .find(|row| row.function == name)
        .ok_or_else(missing)?;
    let dims = matrix
        .shape()
        .map(|shape| shape.0.clone())
        .unwrap_or_default();
    let [m, n] = fresh.indices(&dims).try_into().map_err(|_| missing())?;
    let Some(inner) = differentiate(&entry_of(matrix, &[m.clone(), n.clone()], fresh), by, fresh)?
    else {
        return Ok(None);
    };
    // Written through the value's name where it has one: for B = A⁻¹ the derivative mentions B. Where the name has its entries
    // at other places, as Z_i = [A⁻¹]_ii has, it is no name of the whole.
    let place_of = |term: &Term| term.as_entry().map_or(Vec::new(), |(_, place)| place);
    let shown = by
        .named
        .filter(|(named, value)| *named == term && place_of(value) == place_of(term))
        .map_or(term, |(_, value)| value);
    let (value, place) = match shown.as_entry() {
        Some((array, place)) => (array.clone(), place),
        None => (shown.clone(), Vec::new()),
    };
    let factor = (row.factor)(&value, matrix, &place, &m, &n).ok_or_else(missing)?;
    Ok(Some(build::product(vec![m, n], vec![factor, inner])))
}

/// The entry of a closed array; of an array given by its entries, that entry.
fn entry_of(array: &Term, place: &[Index], fresh: &mut Fresh) -> Term {
    if *array.head() != Head::Comprehension {
        let expanded = expand(array, place, fresh);
        return expanded.unwrap_or_else(|| build::entry(array.clone(), place.to_vec()));
    }
    comprehension_at(array, place, fresh)
}

/// ∂ max_k x_k = Σ_k [x_k = max] ∂x_k / Σ_k [x_k = max], over the k that count.
///
/// # Errors
/// As [`differentiate`].
pub fn differentiate_extremum(
    term: &Term,
    by: &Differential,
    fresh: &mut Fresh,
) -> Result<Option<Term>, MissingDerivative> {
    // Written through the value's name where it has one: the largest entry of a window is the output of the pooling.
    let value = by
        .named
        .filter(|(named, _)| *named == term)
        .map_or(term, |(_, value)| value);
    let share = |fresh: &mut Fresh| {
        let copy = rename_bound(term, &|_| true, fresh);
        let (bound, parts) = copy.split();
        let attained = build::apply(
            Function::named("equal"),
            vec![parts[0].clone(), value.clone()],
        );
        let share = build::product(Vec::new(), vec![parts[1].clone(), attained]);
        (bound, share, parts[0].clone())
    };
    let (bound, attained, body) = share(fresh);
    let Some(inner) = differentiate(&body, by, fresh)? else {
        return Ok(None);
    };
    let (others, also, _) = share(fresh);
    let ties = build::reciprocal(build::product(others, vec![also]));
    Ok(Some(build::product(bound, vec![attained, inner, ties])))
}
