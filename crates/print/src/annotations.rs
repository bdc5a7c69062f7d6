//! What belongs to a line of text and takes no column of it: where a mark begins and ends, and what stands below a place.
//!
//! Lines carry it between invisible signs until they are laid out; [`resolved`] then turns it into rows below the line, or, where the
//! terminal has them, into colours.

use crate::alphabet::Alphabet;
use crate::text::sign_columns;

/// Something that a line carries.
pub enum Annotation<'a> {
    /// What the next step changes begins here.
    Begin,
    /// It ends here.
    End,
    /// This stands in the row below, from here on.
    Below(&'a str),
}

/// Before and behind what is marked.
const MARKS: [char; 2] = ['\u{2063}', '\u{2064}'];
/// Before and behind what stands below.
const LABEL: [char; 2] = ['\u{2061}', '\u{2062}'];

/// The sign below what the next step changes.
const UNDERLINE: char = '‾';

/// What terminals take for `bold, underlined, cyan` and for the end of it.
const COLOURS: [&str; 2] = ["\u{1b}[1;4;36m", "\u{1b}[0m"];

/// The annotation as a line carries it.
pub fn annotated(annotation: Annotation<'_>) -> String {
    match annotation {
        Annotation::Begin => MARKS[0].to_string(),
        Annotation::End => MARKS[1].to_string(),
        Annotation::Below(text) => format!("{}{text}{}", LABEL[0], LABEL[1]),
    }
}

/// The signs of a line that stand on it.
pub fn plain_signs(line: &str) -> impl Iterator<Item = char> {
    let mut below = false;
    line.chars().filter(move |sign| {
        if LABEL.contains(sign) {
            below = *sign == LABEL[0];
            return false;
        }
        !below && !MARKS.contains(sign)
    })
}

/// The lines without their annotations, and below each that had some a row of them: what is marked is underlined, what stands below a
/// place stands there. With `colour`, marks are colours of the terminal instead.
pub fn resolved(lines: Vec<String>, alphabet: Alphabet, colour: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut marked = Marked { depth: 0, colour };
    for line in lines {
        if marked.depth == 0 && !line.contains([MARKS[0], LABEL[0]]) {
            out.push(line);
            continue;
        }
        let rows = Rows::of(&line, &mut marked);
        out.push(rows.plain);
        for row in [rows.marks, rows.labels] {
            if !row.trim().is_empty() {
                out.push(alphabet.spell(row.trim_end()).into_owned());
            }
        }
    }
    out
}

/// How deep in marks the text is, from one line to the next.
struct Marked {
    depth: usize,
    colour: bool,
}

/// A line and what stands below it.
#[derive(Default)]
struct Rows {
    plain: String,
    marks: String,
    labels: String,
    /// The column that comes next.
    column: usize,
    /// How far the row of marks goes.
    marked: usize,
    /// Whether there is more than spaces yet.
    begun: bool,
}

impl Rows {
    fn of(line: &str, marked: &mut Marked) -> Rows {
        let mut rows = Rows::default();
        let mut below = false;
        for sign in line.chars() {
            match sign {
                _ if sign == LABEL[0] => {
                    below = true;
                    rows.labels.push_str(&room(&rows.labels, rows.column));
                }
                _ if sign == LABEL[1] => below = false,
                _ if below => rows.labels.push(sign),
                _ if sign == MARKS[0] => {
                    marked.depth += 1;
                    rows.switch(marked, 1, 0);
                }
                _ if sign == MARKS[1] => {
                    marked.depth = marked.depth.saturating_sub(1);
                    rows.switch(marked, 0, 1);
                }
                _ => rows.push(sign, marked),
            }
        }
        if marked.colour && marked.depth > 0 {
            rows.plain.push_str(COLOURS[1]);
        }
        rows
    }

    /// Turns the colour on or off where the outermost mark begins or ends.
    fn switch(&mut self, marked: &Marked, depth: usize, which: usize) {
        if marked.colour && marked.depth == depth {
            self.plain.push_str(COLOURS[which]);
            self.begun = true;
        }
    }

    fn push(&mut self, sign: char, marked: &Marked) {
        let first = sign != ' ' && !self.begun;
        // A mark that goes on from the line before takes its colour up where the text begins.
        if first && marked.colour && marked.depth > 0 {
            self.plain.push_str(COLOURS[0]);
        }
        self.plain.push(sign);
        self.begun |= sign != ' ';
        let next = self.column + sign_columns(sign);
        if marked.depth > 0 && !marked.colour && self.begun {
            let apart = std::iter::repeat_n(' ', self.column - self.marked);
            let below = std::iter::repeat_n(UNDERLINE, next - self.column);
            self.marks.extend(apart.chain(below));
            self.marked = next;
        }
        self.column = next;
    }
}

/// Spaces up to a column.
fn room(row: &str, column: usize) -> String {
    let taken: usize = row.chars().map(sign_columns).sum();
    " ".repeat(column.saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[String], colour: bool, expected: &[&str]) {
        let lines = resolved(lines.to_vec(), Alphabet::Unicode, colour);
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_marked_is_underlined_or_coloured() {
        let [begin, end] = [Annotation::Begin, Annotation::End].map(annotated);
        let lines = [format!("a {begin}b c"), format!("  d{end} e")];
        check(&lines, false, &["a b c", "  ‾‾‾", "  d e", "  ‾"]);
        let [on, off] = COLOURS;
        let coloured = [format!("a {on}b c{off}"), format!("  {on}d{off} e")];
        check(&lines, true, &[&coloured[0], &coloured[1]]);
    }

    #[test]
    fn shapes_stand_below_their_factors_and_take_no_column() {
        let label = annotated(Annotation::Below("d×N"));
        let line = format!("= {label}xᵀ   {}δ", annotated(Annotation::Below("N×h")));
        assert_eq!(plain_signs(&line).count(), "= xᵀ   δ".chars().count());
        check(&[line], false, &["= xᵀ   δ", "  d×N  N×h"]);
    }
}
