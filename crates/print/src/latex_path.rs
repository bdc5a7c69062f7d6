//! Arrays that follow from one another as LaTeX: arrows with what happens above them, shapes below the names.

use crate::breaking::width;
use crate::document::{Path, PathStep, Stop};
use crate::latex::{inline, times};
use crate::layout_latex::LINE;

/// The rows of the path, aligned at their beginning; more than one where it is wider than the page.
pub(crate) fn path_rows(path: &Path) -> Vec<String> {
    let first = (stop(&path.first), width(&path.first.name));
    let mut rows = vec![first];
    for step in &path.steps {
        let (arrow, columns) = arrow(step);
        match rows.last_mut() {
            Some((row, taken)) if *taken + columns <= LINE => {
                row.push_str(&format!(" {arrow}"));
                *taken += columns;
            }
            _ => rows.push((format!(r"\quad {arrow}"), columns)),
        }
    }
    rows.into_iter()
        .map(|(row, _)| format!("& {row}"))
        .collect()
}

/// The arrow with where it leads, and about how wide that is.
fn arrow(step: &PathStep) -> (String, usize) {
    let (above, columns) = match &step.above {
        // What stands above is small.
        Some(above) => (inline(above), width(above) * 7 / 10),
        None => (String::new(), 1),
    };
    let arrow = format!(r"\xrightarrow{{\;{above}\;}} {}", stop(&step.to));
    (arrow, columns + width(&step.to.name) + 4)
}

/// The name with its sizes below.
fn stop(stop: &Stop) -> String {
    match stop.sizes.as_slice() {
        [] => inline(&stop.name),
        sizes => format!(r"\underset{{{}}}{{{}}}", times(sizes), inline(&stop.name)),
    }
}
