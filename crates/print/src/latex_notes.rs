//! Reasons that stand beside their lines in LaTeX: short ones, so that the eye need not go below the equations and back.
//!
//! In: the equations of one display and the room beside their left sides. Out: for every right side the note that fits, and where
//! notes begin. What does not fit is marked with a letter and told below, as before.

use crate::breaking::width;
use crate::document::{Equation, Right};
use crate::latex_reasons::reason_latex;
use crate::layout_text;
use crate::text;

/// Where the notes of a display begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// All at one place, right of the longest line.
    Column,
    /// Each behind its own line.
    Line,
}

/// Which lines of a display have their reason beside them.
pub(crate) struct Notes {
    room: usize,
    begin: Begin,
}

impl Notes {
    /// The notes for equations with this room right of the sign.
    pub fn of(equations: &[Equation], room: usize) -> Notes {
        let rights = || equations.iter().flat_map(|equation| &equation.rights);
        let longest = rights().map(|right| width(&right.math)).max().unwrap_or(0);
        let fits = |right: &Right| fits_behind(right, taken(right), room);
        let all = rights().filter(|right| fits(right));
        let in_column = |right: &Right| {
            let own = taken(right) - width(&right.math);
            fits_behind(right, longest + own, room)
        };
        let mut in_column = all.map(in_column);
        let begin = match in_column.all(|fits| fits) {
            true => Begin::Column,
            false => Begin::Line,
        };
        Notes { room, begin }
    }

    /// Whether every note stands behind its own line.
    pub fn behind_lines(&self) -> bool {
        self.begin == Begin::Line
    }

    /// What stands behind a line: its reason, if there is room.
    pub fn beside(&self, right: &Right) -> Option<String> {
        let [reason] = right.reasons.as_slice() else {
            return None;
        };
        let fits = fits_behind(right, taken(right), self.room);
        let space = match (self.begin, right.sizes.is_some()) {
            (Begin::Column, false) => r"&& \quad",
            (Begin::Column, true) => r"\quad",
            (Begin::Line, _) => r"\qquad",
        };
        let told = reason_latex(reason);
        fits.then(|| format!(r" {space} \text{{\small {told}}}"))
    }
}

/// The columns that a right side, its sizes and its number take.
fn taken(right: &Right) -> usize {
    let sizes = right.sizes.as_ref().map_or(0, |sizes| width(sizes) + 4);
    let number = right.number.map_or(0, |_| 5);
    width(&right.math) + sizes + number
}

/// Whether the only reason fits behind so many columns. What has formulas of its own to show stands below.
fn fits_behind(right: &Right, taken: usize, room: usize) -> bool {
    let [reason] = right.reasons.as_slice() else {
        return false;
    };
    let told = reason.sentences.iter();
    let told: usize = told
        .map(|it| text::columns(&layout_text::unicode(it)) + 2)
        .sum();
    // Words in a smaller size take about three quarters of the room of a formula with as many signs.
    let words = (text::columns(&reason.rule) + told) * 3 / 4;
    reason.readings.is_empty() && taken + words + 4 <= room
}
