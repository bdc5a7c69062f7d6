//! Windows of an array as a strided view: no entry is copied but for padding.
//!
//! In: a gather whose places are s·p + c or s·p + d·r + c along every axis, every axis of the result once. Out: NumPy's
//! `sliding_window_view` of the padded array, every s-th window and every d-th place in it. A negative d reads backwards.

use crate::code::Id;
use crate::tables::tuple;
use crate::text::{Level, bracketed};
use crate::translate::Unsupported;
use crate::write::Writer;
use derive_graph::{Dim, Gather, Polynomial};

/// How one axis of the array is read.
struct Along {
    /// The axis of the result that counts the windows, and from one to the next.
    outer: (usize, i64),
    /// The axis of the result that runs inside the window, and from one place to the next.
    inner: Option<(usize, i64)>,
    /// What is added in front and behind.
    pad: [Pad; 2],
    /// Where the first window begins in the padded array.
    start: Polynomial,
    /// Whether the windows that exist are those that are wanted.
    exact: bool,
}

/// So many places, or this if it is more than none.
enum Pad {
    Exactly(Polynomial),
    AtLeastNone(Polynomial),
}

/// The strided view; `None` where the places are of another kind.
///
/// # Errors
/// As [`Writer::expression`].
pub(crate) fn view(
    writer: &mut Writer<'_>,
    array: Id,
    gather: &Gather,
    dims: &[Dim],
) -> Result<Option<(String, Level)>, Unsupported> {
    let Some(axes) = read(writer.arena.dims(array), gather, dims) else {
        return Ok(None);
    };
    let mut order: Vec<usize> = axes.iter().map(|along| along.outer.0).collect();
    order.extend(
        axes.iter()
            .filter_map(|along| along.inner)
            .map(|(axis, _)| axis),
    );
    let mut text = padded(writer, array, &axes, gather.lowest)?;
    text = slid(writer, text, &axes, dims);
    text = strided(writer, text, &axes, dims);
    if order.windows(2).any(|pair| pair[0] > pair[1]) {
        // Axis k of the result stands at this place of the view.
        let place = |axis| {
            order
                .iter()
                .position(|own| *own == axis)
                .unwrap_or(0)
                .to_string()
        };
        let places: Vec<String> = (0..order.len()).map(place).collect();
        text = format!(
            "{}.transpose({}, ({}))",
            writer.target.module,
            text,
            places.join(", ")
        );
    }
    Ok(Some((text, Level::Atom)))
}

fn read(own: &[Dim], gather: &Gather, dims: &[Dim]) -> Option<Vec<Along>> {
    let mut seen = vec![false; dims.len()];
    let mut axes = Vec::with_capacity(own.len());
    for (subscript, dim) in gather.axes.iter().zip(own) {
        if subscript.divisor != 1 || subscript.cyclic {
            return None;
        }
        let mut terms = Vec::with_capacity(2);
        for (axis, coefficient) in &subscript.terms {
            if std::mem::replace(&mut seen[*axis], true) {
                return None;
            }
            terms.push((*axis, coefficient.as_constant()?));
        }
        // The term that runs backwards, or else the last, runs inside the window.
        terms.sort_by_key(|(axis, step)| (*step < 0, *axis));
        let along = match terms.as_slice() {
            [outer] if outer.1 > 0 => along(*outer, None, &subscript.constant, dim, dims),
            [outer, inner] if outer.1 > 0 => {
                along(*outer, Some(*inner), &subscript.constant, dim, dims)
            }
            _ => None,
        };
        axes.push(along?);
    }
    (seen.iter().all(|seen| *seen)
        && axes
            .iter()
            .any(|along| along.inner.is_some() || !along.exact || along.is_padded()))
    .then_some(axes)
}

impl Along {
    fn is_padded(&self) -> bool {
        self.pad
            .iter()
            .any(|pad| !matches!(pad, Pad::Exactly(by) if by.is_zero()))
    }
}

fn along(
    outer: (usize, i64),
    inner: Option<(usize, i64)>,
    constant: &Polynomial,
    dim: &Dim,
    dims: &[Dim],
) -> Option<Along> {
    let end = |axis: usize| Polynomial::from(&dims[axis]).minus(&1.into());
    let reach = inner.map_or(Polynomial::default(), |(axis, step)| {
        end(axis).scaled(step.abs())
    });
    // Read backwards, the window begins where its last place is.
    let backwards = inner.is_some_and(|(_, step)| step < 0);
    let first = if backwards {
        constant.minus(&reach)
    } else {
        constant.clone()
    };
    let (before, start) = if first.is_never_negative() || first.is_zero() {
        (Polynomial::default(), first.clone())
    } else if first.scaled(-1).is_never_negative() {
        (first.scaled(-1), Polynomial::default())
    } else {
        return None;
    };
    let size = Polynomial::from(dim);
    let windows = end(outer.0).scaled(outer.1);
    let behind = first
        .plus(&windows)
        .plus(&reach)
        .plus(&1.into())
        .minus(&size);
    let after = if behind.rounded_up().scaled(-1).is_never_negative() || behind.is_zero() {
        Pad::Exactly(Polynomial::default())
    } else if behind.is_never_negative() {
        Pad::Exactly(behind.clone())
    } else {
        Pad::AtLeastNone(behind.clone())
    };
    let exact = outer.1 == 1
        && start.is_zero()
        && match &after {
            Pad::Exactly(by) => by.minus(&behind).is_zero(),
            Pad::AtLeastNone(_) => false,
        };
    Some(Along {
        outer,
        inner,
        pad: [Pad::Exactly(before), after],
        start,
        exact,
    })
}

fn padded(
    writer: &mut Writer<'_>,
    array: Id,
    axes: &[Along],
    lowest: bool,
) -> Result<String, Unsupported> {
    let base = writer.expression(array, Level::Loose)?;
    if !axes.iter().any(Along::is_padded) {
        return Ok(base);
    }
    let mut widths = Vec::with_capacity(axes.len());
    for along in axes {
        let width = along.pad.each_ref().map(|pad| match pad {
            Pad::Exactly(by) => writer.polynomial(by).0,
            Pad::AtLeastNone(by) => format!("max(0, {})", writer.polynomial(by).0),
        });
        widths.push(format!("({})", width.join(", ")));
    }
    let widths = tuple(&widths);
    let module = writer.target.module;
    let filling = if lowest {
        format!(", constant_values=-{module}.inf")
    } else {
        String::new()
    };
    Ok(format!("{module}.pad({base}, {widths}{filling})"))
}

/// With an axis more for every window.
fn slid(writer: &mut Writer<'_>, text: String, axes: &[Along], dims: &[Dim]) -> String {
    let mut sizes = Vec::new();
    let mut places = Vec::new();
    for (at, along) in axes.iter().enumerate() {
        if let Some((axis, step)) = along.inner {
            let reach = Polynomial::from(&dims[axis])
                .minus(&1.into())
                .scaled(step.abs());
            sizes.push(writer.polynomial(&reach.plus(&1.into())).0);
            places.push(at.to_string());
        }
    }
    if sizes.is_empty() {
        return text;
    }
    let axis = if places.len() == axes.len() {
        String::new()
    } else {
        format!(", axis={}", tuple(&places))
    };
    format!("sliding_window_view({text}, {}{axis})", tuple(&sizes))
}

/// The windows and the places that are wanted.
fn strided(writer: &mut Writer<'_>, text: String, axes: &[Along], dims: &[Dim]) -> String {
    let mut index = Vec::new();
    for along in axes {
        let (axis, step) = along.outer;
        if along.exact {
            index.push(":".to_owned());
            continue;
        }
        let end = along
            .start
            .plus(&Polynomial::from(&dims[axis]).minus(&1.into()).scaled(step))
            .plus(&1.into());
        let start = if along.start.is_zero() {
            String::new()
        } else {
            writer.polynomial(&along.start).0
        };
        let by = if step == 1 {
            String::new()
        } else {
            format!(":{step}")
        };
        index.push(format!("{start}:{}{by}", writer.polynomial(&end).0));
    }
    for (_, step) in axes.iter().filter_map(|along| along.inner) {
        index.push(if step == 1 {
            ":".to_owned()
        } else {
            format!("::{step}")
        });
    }
    if index.iter().all(|slice| slice == ":") {
        return text;
    }
    format!(
        "{}[{}]",
        bracketed((text, Level::Atom), Level::Atom),
        index.join(", ")
    )
}
