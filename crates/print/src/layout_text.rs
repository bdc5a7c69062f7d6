//! A document as text of a given width, in Unicode or in ASCII.

use crate::alphabet::Alphabet;
use crate::annotations::resolved;
use crate::document::{
    Block, Document, Equation, Inline, Path, PathStep, Reading, Reason, Right, Sheet, Sign, Stop,
    words,
};
use crate::math::Math;
use crate::text::{columns, inline_in, laid_out};
use std::borrow::Cow;

/// How far equations stand in from the margin.
const INDENT: usize = 4;
/// Space between a formula and the sizes beside it.
const GAP: usize = 3;
/// The mark in front of a reason.
const REASON: &str = "└ ";

/// What a document is laid out for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Columns.
    pub width: usize,
    /// The signs that it is made of.
    pub alphabet: Alphabet,
    /// Whether it is a terminal that knows colours.
    pub colour: bool,
}

impl Page {
    fn narrower(self, by: usize) -> Page {
        Page {
            width: self.width.saturating_sub(by),
            ..self
        }
    }

    fn math(self, math: &Math) -> String {
        inline_in(math, self.alphabet)
    }

    fn columns(self, math: &Math) -> usize {
        columns(&self.math(math))
    }
}

/// The document as text.
pub fn render_text(document: &Document, width: usize, alphabet: Alphabet) -> String {
    let colour = false;
    document.draw(text_sheet(Page {
        width,
        alphabet,
        colour,
    }))
}

/// A sheet of text.
pub fn text_sheet(page: Page) -> Box<dyn Sheet> {
    Box::new(TextSheet {
        page,
        out: String::new(),
    })
}

struct TextSheet {
    page: Page,
    out: String,
}

impl TextSheet {
    /// The signs of the layout itself are the only ones that are not in the alphabet yet; each stands for one column.
    fn push(&mut self, part: &str) {
        for line in part.lines() {
            self.out
                .push_str(&self.page.alphabet.spell(line.trim_end()));
            self.out.push('\n');
        }
    }
}

impl Sheet for TextSheet {
    fn title(&mut self, title: &[Inline]) {
        let title = plain(title, self.page);
        if !title.is_empty() {
            let mut part = String::new();
            heading(&mut part, &title, '═');
            self.push(&part);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let mut part = String::new();
        for block in blocks {
            render_block(&mut part, block, self.page);
        }
        self.push(&part);
    }

    fn finish(self: Box<Self>) -> String {
        ended(self.out)
    }
}

/// The text with one line's end behind it.
pub(crate) fn ended(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Words and formulas on one line of Unicode.
pub fn unicode(inlines: &[Inline]) -> String {
    let page = Page {
        width: usize::MAX,
        alphabet: Alphabet::Unicode,
        colour: false,
    };
    plain(inlines, page)
}

fn render_block(out: &mut String, block: &Block, page: Page) {
    match block {
        Block::Section(inlines) => {
            out.push('\n');
            heading(out, &plain(inlines, page), '─');
        }
        Block::Subsection(inlines) => {
            out.push_str(&format!("▸ {}\n\n", plain(inlines, page)));
        }
        Block::Paragraph(inlines) => {
            push_lines(out, &wrapped(inlines, page), "", "");
            out.push('\n');
        }
        Block::Lead(inlines) => {
            push_lines(out, &wrapped(inlines, page.narrower(2)), "  ", "  ");
            out.push('\n');
        }
        Block::List(items) => {
            for item in items {
                push_lines(out, &wrapped(item, page.narrower(4)), "  • ", "    ");
            }
            out.push('\n');
        }
        Block::Table(rows) => table(out, rows, page),
        Block::Equations(equations) => {
            render_equations(out, equations, page);
            out.push('\n');
        }
        Block::Path(path) => {
            push_lines(
                out,
                &path_lines(path, page.narrower(INDENT)),
                "    ",
                "    ",
            );
            out.push('\n');
        }
        Block::Matrix {
            left,
            rows,
            entries,
        } => {
            if !matrix(out, left, rows, page) {
                render_equations(out, entries, page);
            }
            out.push('\n');
        }
    }
}

/// A path on one line of Unicode.
pub(crate) fn path_text(path: &Path) -> String {
    let page = Page {
        width: usize::MAX,
        alphabet: Alphabet::Unicode,
        colour: false,
    };
    path_lines(path, page).concat()
}

/// A path on one line, or else an arrow a line.
fn path_lines(path: &Path, page: Page) -> Vec<String> {
    let stop = |stop: &Stop| {
        let sizes = Math::Sizes(stop.sizes.clone());
        format!("{} {}", page.math(&stop.name), page.math(&sizes))
    };
    let arrow = |step: &PathStep| {
        let above = step.above.as_ref();
        let above = above.map_or_else(String::new, |above| format!("─ {} ", page.math(above)));
        format!("{above}─▸ {}", stop(&step.to))
    };
    let first = stop(&path.first);
    let arrows: Vec<String> = path.steps.iter().map(arrow).collect();
    let line = format!("{first} {}", arrows.join(" "));
    if columns(&line) <= page.width {
        return vec![line];
    }
    let below = arrows.into_iter().map(|arrow| format!("  {arrow}"));
    std::iter::once(first).chain(below).collect()
}

/// The signs at the ends of a matrix's rows: first, between, last; and of a single row.
const BRACKETS: [(char, char); 4] = [('⎡', '⎤'), ('⎢', '⎥'), ('⎣', '⎦'), ('[', ']')];

/// A matrix drawn with its columns aligned; false, and nothing is written, where it is wider than the page.
fn matrix(out: &mut String, left: &Math, rows: &[Vec<Math>], page: Page) -> bool {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| page.math(cell)).collect())
        .collect();
    let count = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        let column = cells.iter().filter_map(|row| row.get(at));
        column.map(|cell| columns(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(widest).collect();
    let name = format!("{} = ", page.math(left));
    let inside = widths.iter().sum::<usize>() + GAP * count.saturating_sub(1);
    if INDENT + columns(&name) + inside + 4 > page.width {
        return false;
    }
    let last = cells.len().saturating_sub(1);
    for (at, row) in cells.iter().enumerate() {
        let (open, close) = match at {
            _ if last == 0 => BRACKETS[3],
            0 => BRACKETS[0],
            _ if at == last => BRACKETS[2],
            _ => BRACKETS[1],
        };
        let lead = match at == last / 2 {
            true => name.clone(),
            false => " ".repeat(columns(&name)),
        };
        let padded = |(cell, width): (&String, &usize)| {
            format!("{cell}{}", " ".repeat(width - columns(cell)))
        };
        let row: Vec<String> = row.iter().zip(&widths).map(padded).collect();
        let row = row.join(&" ".repeat(GAP));
        out.push_str(&format!(
            "{}{lead}{open} {row} {close}\n",
            " ".repeat(INDENT)
        ));
    }
    true
}

fn heading(out: &mut String, title: &str, rule: char) {
    let line: String = std::iter::repeat_n(rule, columns(title)).collect();
    out.push_str(&format!("{title}\n{line}\n\n"));
}

fn push_lines(out: &mut String, lines: &[String], first: &str, rest: &str) {
    for (at, line) in lines.iter().enumerate() {
        out.push_str(if at == 0 { first } else { rest });
        out.push_str(line);
        out.push('\n');
    }
}

/// Inline parts on one line.
fn plain(inlines: &[Inline], page: Page) -> String {
    let parts = inlines.iter().map(|part| inline_text(part, page));
    parts.collect()
}

fn inline_text(part: &Inline, page: Page) -> Cow<'_, str> {
    match part {
        Inline::Text(text) | Inline::Strong(text) => page.alphabet.spell(text),
        Inline::Code(code) => Cow::Owned(format!("`{}`", page.alphabet.spell(code))),
        Inline::Math(math) => Cow::Owned(page.math(math)),
        Inline::Cite(number) => Cow::Owned(number_text(*number)),
    }
}

/// Room for brackets and stops beside a formula.
const BESIDE: usize = 4;

/// Words filled to a width; a formula is broken only where it is longer than a line.
fn wrapped(inlines: &[Inline], page: Page) -> Vec<String> {
    let mut all = String::new();
    // The words between the spaces at which a line may break.
    let mut words = Vec::new();
    let mut begin = 0;
    for (at, part) in inlines.iter().enumerate() {
        let text = inline_text(part, page);
        let short = matches!(part, Inline::Math(_)) && columns(&text) + BESIDE <= page.width;
        let whole = short || text == " = " && is_short_equation(inlines, at, page);
        if !whole {
            for (space, _) in text.match_indices(' ') {
                words.push(begin..all.len() + space);
                begin = all.len() + space + 1;
            }
        }
        all.push_str(&text);
    }
    words.push(begin..all.len());
    let words = words.into_iter().map(|word| &all[word]);
    filled(words.filter(|word| !word.is_empty()), page.width)
}

/// Columns of an equation that a line is not broken in.
const EQUATION: usize = 24;

/// Whether what stands at `at` has short formulas on both sides.
fn is_short_equation(inlines: &[Inline], at: usize, page: Page) -> bool {
    let math = |at: usize| match inlines.get(at) {
        Some(Inline::Math(math)) => Some(page.columns(math)),
        _ => None,
    };
    let before = at.checked_sub(1).and_then(math);
    let sides = before.zip(math(at + 1));
    sides.is_some_and(|(before, after)| before + after <= EQUATION)
}

/// As many words on each line as it takes.
fn filled<'a>(words: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut end = 0;
    for word in words {
        let length = columns(word);
        match lines.last_mut() {
            Some(line) if end + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                end += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                end = length;
            }
        }
    }
    lines
}

fn table(out: &mut String, rows: &[Vec<Vec<Inline>>], page: Page) {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| plain(cell, page)).collect())
        .collect();
    let count = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        let lengths = cells.iter().filter_map(|row| row.get(at));
        lengths.map(|cell| columns(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(widest).collect();
    for (row, source) in cells.iter().zip(rows) {
        let mut line = " ".repeat(INDENT);
        for (at, cell) in row.iter().enumerate() {
            let last = at + 1 == row.len();
            let left = columns(&line);
            if last && left + columns(cell) > page.width {
                let lines = wrapped(&source[at], page.narrower(left.min(page.width - 20)));
                push_lines(out, &lines, &line, &" ".repeat(left));
                line.clear();
            } else {
                line.push_str(cell);
                let padding = widths[at].saturating_sub(columns(cell)) + GAP;
                line.push_str(&" ".repeat(if last { 0 } else { padding }));
            }
        }
        if !line.is_empty() {
            out.push_str(&format!("{}\n", line.trim_end()));
        }
    }
    out.push('\n');
}

/// Where the parts of a group of equations stand.
struct Columns {
    left: usize,
    sizes: Option<usize>,
    page: Page,
}

fn render_equations(out: &mut String, equations: &[Equation], page: Page) {
    let width = page.width;
    let lefts: Vec<String> = equations
        .iter()
        .map(|equation| page.math(&equation.left))
        .collect();
    let widths = lefts.iter().map(|left| columns(left));
    // One long left side does not push all the others to the right.
    let left = widths.filter(|left| *left <= width / 3).max().unwrap_or(0);
    let start = INDENT + left + 3;
    let longest = equations
        .iter()
        .flat_map(|equation| &equation.rights)
        .filter(|right| right.sizes.is_some())
        .map(|right| page.columns(&right.math))
        .filter(|length| start + length + GAP + 8 <= width)
        .max();
    let places = Columns {
        left,
        sizes: longest.map(|longest| start + longest + GAP),
        page,
    };
    for (equation, left) in equations.iter().zip(&lefts) {
        render_equation(out, equation, left, &places);
    }
}

fn render_equation(out: &mut String, equation: &Equation, left: &str, places: &Columns) {
    let sign = places.page.alphabet.spell(match equation.sign {
        Sign::Equal => "=",
        Sign::Assign => "←",
    });
    let overlong = columns(left) > places.left;
    let padding = places.left.saturating_sub(columns(left));
    let mut lead = format!("{}{}{left}", " ".repeat(INDENT), " ".repeat(padding));
    if overlong {
        let first = equation
            .rights
            .first()
            .map_or(0, |right| places.page.columns(&right.math));
        if columns(&lead) + 3 + first > places.page.width {
            out.push_str(&format!("{lead}\n"));
            lead = " ".repeat(INDENT + places.left);
        }
    }
    for right in &equation.rights {
        render_right(out, &format!("{lead} {sign} "), right, places);
        lead = " ".repeat(INDENT + places.left);
    }
}

fn render_right(out: &mut String, lead: &str, right: &Right, places: &Columns) {
    let start = columns(lead);
    let width = places.page.width.saturating_sub(start);
    let (mut lines, shapes) = laid_out(&right.math, width, places.page.alphabet);
    if let Some(sizes) = &right.sizes {
        place_sizes(&mut lines, start, &places.page.math(sizes), places);
    }
    if let Some(number) = right.number {
        place_number(&mut lines, start, number, places.page.width);
    }
    push_lines(
        out,
        &resolved(lines, places.page.alphabet, places.page.colour),
        lead,
        &" ".repeat(start),
    );
    if let Some(shapes) = shapes {
        out.push_str(&format!("{}{shapes}\n", " ".repeat(start)));
    }
    let margin = INDENT + places.left + 3;
    let (first, rest) = (" ".repeat(margin), " ".repeat(margin + columns(REASON)));
    let room = places.page.narrower(columns(&rest));
    for reason in &right.reasons {
        let told = wrapped(&reason_words(reason), room);
        push_lines(out, &told, &format!("{first}{REASON}"), &rest);
        for reading in &reason.readings {
            push_lines(out, &reading_lines(reading, room), &rest, &rest);
        }
    }
}

/// What the indices are, where that is the same for all factors.
fn same_roles(reading: &Reading) -> Option<&[Inline]> {
    let (first, rest) = reading.parts.split_first()?;
    let same = rest.iter().all(|(_, roles)| *roles == first.1);
    (same && !rest.is_empty()).then_some(first.1.as_slice())
}

/// A line for every factor: the factor, and what its indices are.
fn reading_lines(reading: &Reading, page: Page) -> Vec<String> {
    if let Some(same) = same_roles(reading) {
        return vec![format!("  each factor: {}", plain(same, page))];
    }
    let factors = reading.parts.iter().map(|(factor, _)| page.math(factor));
    let factors: Vec<String> = factors.collect();
    let widest = factors.iter().map(|it| columns(it)).max().unwrap_or(0);
    let line = |(factor, (_, roles)): (&String, &(Math, Vec<Inline>))| {
        let room = " ".repeat(widest - columns(factor) + GAP);
        format!("  {factor}{room}{}", plain(roles, page))
    };
    let lines: Vec<String> = factors.iter().zip(&reading.parts).map(line).collect();
    let fits = |line: &String| columns(line) <= page.width;
    if lines.iter().all(fits) {
        lines
    } else {
        Vec::new()
    }
}

/// The rule's name and its sentences in a row.
fn reason_words(reason: &Reason) -> Vec<Inline> {
    let mut said = vec![Inline::Strong(reason.rule.clone())];
    for (at, sentence) in reason.sentences.iter().enumerate() {
        said.push(words(if at == 0 { ": " } else { "; " }));
        said.extend(sentence.iter().cloned());
    }
    said
}

/// `(3)`
fn number_text(number: usize) -> String {
    format!("({number})")
}

/// The number of an equation stands flush right, beside its last line if there is room.
fn place_number(lines: &mut Vec<String>, start: usize, number: usize, width: usize) {
    let number = number_text(number);
    let column = width.saturating_sub(start + columns(&number));
    match lines.last_mut() {
        Some(last) if columns(last) + GAP <= column => {
            let room = column - columns(last);
            last.push_str(&format!("{}{number}", " ".repeat(room)));
        }
        _ => lines.push(format!("{}{number}", " ".repeat(column))),
    }
}

/// Sizes stand in their column, or behind a longer formula, or flush right below it.
fn place_sizes(lines: &mut Vec<String>, start: usize, sizes: &str, places: &Columns) {
    let Some(last) = lines.last_mut() else { return };
    let end = start + columns(last);
    let wanted = places.sizes.filter(|column| end + GAP <= *column);
    let column = wanted.unwrap_or(end + GAP);
    if column + columns(sizes) <= places.page.width {
        last.push_str(&format!("{}{sizes}", " ".repeat(column - end)));
    } else {
        let column = places.page.width.saturating_sub(columns(sizes) + start);
        lines.push(format!("{}{sizes}", " ".repeat(column)));
    }
}
