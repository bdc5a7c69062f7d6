//! Reading an array at affine places: slices where the places are one range an axis and surely exist, else a gather.

use crate::code::Id;
use crate::columns::counted_from_one;
use crate::tables::tuple;
use crate::text::{Level, bracketed, polynomial_text};
use crate::translate::{Unsupported, is_inside};
use crate::write::Writer;
use derive_graph::{Dim, Gather, Polynomial, Subscript};

/// Letters for the places of a gather.
const LETTERS: [&str; 12] = ["i", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v"];

/// The expression that reads `array` so.
///
/// # Errors
/// As [`Writer::expression`].
pub(crate) fn gather(
    writer: &mut Writer<'_>,
    array: Id,
    gather: &Gather,
    dims: &[Dim],
) -> Result<(String, Level), Unsupported> {
    if let Some(slices) = slices(writer, array, gather, dims) {
        let base = writer.expression(array, Level::Atom)?;
        return Ok((format!("{base}[{}]", slices.join(", ")), Level::Atom));
    }
    if writer.target.strided
        && let Some(view) = crate::windows::view(writer, array, gather, dims)?
    {
        return Ok(view);
    }
    let base = writer.expression(array, Level::Loose)?;
    let shape = writer.shape(dims);
    let own = writer.arena.dims(array).to_vec();
    let letters = letters(writer, dims.len());
    let places: Vec<String> = gather
        .axes
        .iter()
        .zip(&own)
        .map(|(subscript, dim)| place(writer, subscript, dim, &letters))
        .collect();
    let places = tuple(&places);
    let outside = if gather.lowest {
        format!(", -{}.inf", writer.target.module)
    } else {
        String::new()
    };
    let letters = letters.join(", ");
    Ok((
        format!("gather({base}, {shape}, lambda {letters}: {places}{outside})"),
        Level::Atom,
    ))
}

/// So many letters that nothing else is called.
pub(crate) fn letters(writer: &Writer<'_>, count: usize) -> Vec<String> {
    let free = LETTERS
        .iter()
        .filter(|letter| !writer.names.is_taken(letter));
    let mut letters: Vec<String> = free.map(|letter| (*letter).to_owned()).collect();
    letters.extend((0..count).map(|at| format!("i{at}")));
    letters.truncate(count);
    letters
}

/// One place in the letters of the result's axes, counted from 0.
pub(crate) fn place(
    writer: &mut Writer<'_>,
    subscript: &Subscript,
    dim: &Dim,
    letters: &[String],
) -> String {
    let mut text = String::new();
    let mut minus: Vec<String> = Vec::new();
    for (axis, coefficient) in &subscript.terms {
        let letter = &letters[*axis];
        let negative = coefficient.as_constant().is_some_and(|value| value < 0);
        let size = if negative {
            coefficient.scaled(-1)
        } else {
            coefficient.clone()
        };
        let term = if size.is(1) {
            letter.clone()
        } else {
            format!(
                "{} * {letter}",
                bracketed(writer.polynomial(&size), Level::Product)
            )
        };
        if negative {
            minus.push(term);
        } else {
            text = if text.is_empty() {
                term
            } else {
                format!("{text} + {term}")
            };
        }
    }
    for term in minus {
        text = if text.is_empty() {
            format!("-{term}")
        } else {
            format!("{text} - {term}")
        };
    }
    let constant = &subscript.constant;
    if text.is_empty() {
        text = writer.polynomial(constant).0;
    } else if let Some(value) = constant.as_constant() {
        match value {
            0 => {}
            1.. => text = format!("{text} + {value}"),
            _ => text = format!("{text} - {}", -value),
        }
    } else {
        let (written, level) = writer.polynomial(constant);
        text = format!("{text} + {}", bracketed((written, level), Level::Product));
    }
    let plain = subscript.terms.len() == 1 && constant.is_zero() && subscript.terms[0].1.is(1);
    if subscript.divisor != 1 {
        text = format!("exact_quotient({text}, {})", subscript.divisor);
    }
    if subscript.cyclic {
        let size = writer.dim(dim);
        let tight = plain || subscript.divisor != 1;
        let level = if tight { Level::Atom } else { Level::Sum };
        text = crate::text::fill(writer.target.language.modulo, &[(text, level), size]);
    }
    text
}

/// A slice for every axis of the array, where every place surely exists and the result's axes come in order.
pub(crate) fn slices(
    writer: &mut Writer<'_>,
    array: Id,
    gather: &Gather,
    dims: &[Dim],
) -> Option<Vec<String>> {
    let own = writer.arena.dims(array).to_vec();
    let mut next = 0;
    let mut slices = Vec::with_capacity(own.len());
    for (subscript, dim) in gather.axes.iter().zip(&own) {
        if subscript.divisor != 1 || subscript.cyclic {
            return None;
        }
        if !is_inside(subscript, dims, dim) {
            return None;
        }
        slices.push(match subscript.terms.as_slice() {
            [] => {
                let constant = writer.polynomial(&subscript.constant);
                match writer.target.language.base {
                    0 => constant.0,
                    _ => counted_from_one(constant),
                }
            }
            [(axis, step)] if *axis == next => {
                let step = step.as_constant().filter(|step| *step > 0)?;
                next += 1;
                slice(writer, &subscript.constant, step, &dims[*axis], dim)
            }
            _ => return None,
        });
    }
    (next == dims.len()).then_some(slices)
}

/// `start:end:step`
fn slice(writer: &mut Writer<'_>, start: &Polynomial, step: i64, count: &Dim, dim: &Dim) -> String {
    let last = Polynomial::from(count).minus(&1.into()).scaled(step);
    let end = start.plus(&last).plus(&1.into());
    if !writer.target.language.is_python() {
        return slice_with_last(writer, start, step, &end, dim);
    }
    let from = if start.is_zero() {
        String::new()
    } else {
        writer.polynomial(start).0
    };
    let to = if end == Polynomial::from(dim) {
        String::new()
    } else {
        writer.polynomial(&end).0
    };
    match step {
        1 => format!("{from}:{to}"),
        _ => format!("{from}:{to}:{step}"),
    }
}

/// `start:step:last`, counted from 1, the last place included.
fn slice_with_last(
    writer: &mut Writer<'_>,
    start: &Polynomial,
    step: i64,
    end: &Polynomial,
    dim: &Dim,
) -> String {
    if start.is_zero() && step == 1 && *end == Polynomial::from(dim) {
        return ":".to_owned();
    }
    let from = counted_from_one(writer.polynomial(start));
    let to = writer.polynomial(end).0;
    match step {
        1 => format!("{from}:{to}"),
        _ => format!("{from}:{step}:{to}"),
    }
}

/// A size as text for a table of shapes, in the dimensions' own names.
pub(crate) fn size_text(dim: &Dim) -> String {
    let quotient = crate::language::PYTHON.quotient;
    polynomial_text(&Polynomial::from(dim), quotient, &mut |name| {
        name.to_string()
    })
    .0
}
