//! A document as LaTeX: a fragment, or a whole article.
//!
//! Short reasons stand beside their lines. Others are marked (a), (b), … above the equals sign and told below the equations, so that
//! these stay aligned however long a sentence is. An equation that is too wide for the page is broken before a sign or between factors.

use crate::breaking::{self, Markup, Piece, STEP_IN, width};
use crate::document::{Block, Document, Equation, Inline, Reason, Right, Sheet};
use crate::latex::{self, big_sum, delimiters, inline, joiner_latex, prose};
use crate::latex_notes::Notes;
use crate::latex_path::path_rows;
use crate::latex_reasons::{list_reasons, sign_latex};
use crate::layout_text::ended;
use crate::math::{Delimiter, Joiner, Math};

/// Columns of text that a line of formulas on A4 holds, measured by the Unicode form.
pub(crate) const LINE: usize = 67;
/// Rows of one display where none can be broken across pages.
const ROWS: usize = 16;

const PREAMBLE: &str = r"\documentclass[10pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage{amssymb}
\usepackage[hmargin=25mm,vmargin=20mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{3pt plus 2pt}
\setlength{\jot}{4pt}
\allowdisplaybreaks
\makeatletter
\def\@listi{\leftmargin\leftmargini \topsep 3pt plus 1pt \parsep 2pt plus 1pt \itemsep 1pt plus 1pt}
\let\@listI\@listi
\makeatother
\sloppy
\emergencystretch=6em
\begin{document}
\setlength{\abovedisplayskip}{4pt plus 2pt minus 1pt}
\setlength{\belowdisplayskip}{4pt plus 2pt minus 1pt}
\setlength{\abovedisplayshortskip}{4pt plus 2pt minus 1pt}
\setlength{\belowdisplayshortskip}{4pt plus 2pt minus 1pt}
";

/// The document as LaTeX.
pub fn render_latex(document: &Document, standalone: bool) -> String {
    document.draw(latex_sheet(standalone))
}

/// A sheet of LaTeX.
pub fn latex_sheet(standalone: bool) -> Box<dyn Sheet> {
    Box::new(LatexSheet {
        standalone,
        out: String::new(),
        last: None,
        block: 0,
    })
}

struct LatexSheet {
    standalone: bool,
    out: String,
    /// Where the block before the last section begins.
    last: Option<usize>,
    /// Where the block that was drawn last begins.
    block: usize,
}

impl Sheet for LatexSheet {
    fn title(&mut self, title: &[Inline]) {
        let words = inlines_latex(title);
        if self.standalone {
            self.out.push_str(PREAMBLE);
            self.out.push_str(&format!(
                "\\begin{{center}}\n{{\\LARGE\\bfseries {words}}}\n\\end{{center}}\n\n"
            ));
        } else if !title.is_empty() {
            self.out.push_str(&format!("\\section*{{{words}}}\n\n"));
        }
        self.block = self.out.len();
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let heading = match self.standalone {
            true => "section",
            false => "subsection",
        };
        let mut blocks = blocks.iter().peekable();
        while let Some(block) = blocks.next() {
            if matches!(block, Block::Section(_)) {
                self.last = Some(self.block);
            }
            self.block = self.out.len();
            render_block(&mut self.out, block, heading);
            // No page ends between a lead and its equations: they are one paragraph.
            let lead = matches!(block, Block::Lead(_));
            if lead && matches!(blocks.peek(), Some(Block::Equations(_) | Block::Path(_))) {
                self.out.pop();
            }
        }
    }

    fn finish(mut self: Box<Self>) -> String {
        if self.standalone {
            self.keep_the_end_together();
            self.out.push_str("\\end{document}\n");
            return ended(self.out);
        }
        // KaTeX would show the star.
        ended(self.out.replace(" \\\\*\n", " \\\\\n"))
    }
}

/// From here on no page ends before a heading, nor behind a list.
const NO_BREAK_BEFORE_END: &str =
    "\\makeatletter\n\\@endparpenalty 10000\n\\@secpenalty 10000\n\\makeatother\n";
/// Up to this many bytes of LaTeX are kept on one page.
const KEPT: usize = 2500;

impl LatexSheet {
    /// A short last section is kept with the block before it, so that no page holds nothing else.
    fn keep_the_end_together(&mut self) {
        let Some(before) = self.last else {
            return;
        };
        if self.out.len() - before <= KEPT {
            self.out.insert_str(before, "\\begin{samepage}\n");
            self.out.push_str("\\end{samepage}\n");
        } else {
            self.out.insert_str(before, NO_BREAK_BEFORE_END);
        }
    }
}

fn render_block(out: &mut String, block: &Block, heading: &str) {
    match block {
        Block::Section(title) => {
            out.push_str(&format!("\\{heading}*{{{}}}\n\n", inlines_latex(title)));
        }
        Block::Subsection(title) => {
            out.push_str(&format!("\\sub{heading}*{{{}}}\n\n", bold_title(title)));
        }
        Block::Paragraph(inlines) | Block::Lead(inlines) => {
            out.push_str(&format!("{}\n\n", inlines_latex(inlines)));
        }
        Block::List(items) => {
            // Long formulas of a spec would tear lines apart.
            out.push_str("\\begin{itemize}\n\\raggedright\n");
            for item in items {
                out.push_str(&format!("\\item {}\n", inlines_latex(item)));
            }
            out.push_str("\\end{itemize}\n\n");
        }
        Block::Table(rows) => table(out, rows),
        Block::Equations(equations) => render_equations(out, equations),
        Block::Path(path) => {
            let rows = path_rows(path).join(" \\\\\n");
            out.push_str(&format!(
                "\\[\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n\\]\n\n"
            ));
        }
        Block::Matrix {
            left,
            rows,
            entries,
        } => match matrix(left, rows) {
            Some(display) => out.push_str(&format!("\\[\n{display}\n\\]\n\n")),
            None => render_equations(out, entries),
        },
    }
}

/// Most columns that amsmath's matrices have.
const COLUMNS: usize = 10;

/// A matrix as a display without delimiters; `None` where it is wider than the page.
pub(crate) fn matrix(left: &Math, rows: &[Vec<Math>]) -> Option<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(width).max();
    let inside: usize = (0..count).filter_map(widest).map(|width| width + 2).sum();
    if count > COLUMNS || width(left) + inside + 3 > LINE {
        return None;
    }
    let row = |row: &Vec<Math>| row.iter().map(inline).collect::<Vec<_>>().join(" & ");
    let lines: Vec<String> = rows.iter().map(row).collect();
    Some(format!(
        "{} = \\begin{{pmatrix}}\n{}\n\\end{{pmatrix}}",
        inline(left),
        lines.join(" \\\\\n")
    ))
}

/// Runs of spaces in a heading are room between its parts.
fn bold_title(title: &[Inline]) -> String {
    let part = |part: &Inline| match part {
        Inline::Text(text) if text.trim().is_empty() => r"\quad ".to_owned(),
        part => inline_latex(part),
    };
    title.iter().map(part).collect()
}

pub(crate) fn inlines_latex(inlines: &[Inline]) -> String {
    inlines.iter().map(inline_latex).collect()
}

fn inline_latex(part: &Inline) -> String {
    match part {
        Inline::Text(text) => prose(text),
        Inline::Strong(text) => format!(r"\textbf{{{}}}", prose(text)),
        Inline::Code(code) => format!(r"\texttt{{{}}}", prose(code)),
        Inline::Math(math) => format!(r"\({}\)", inline(&latex::slashed(math))),
        Inline::Cite(number) => format!("({number})"),
    }
}

fn table(out: &mut String, rows: &[Vec<Vec<Inline>>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    out.push_str(&format!("\\begin{{tabular}}{{{}}}\n", "l".repeat(count)));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| inlines_latex(cell)).collect();
        out.push_str(&format!("{} \\\\\n", cells.join(" & ")));
    }
    out.push_str("\\end{tabular}\n\n");
}

fn render_equations(out: &mut String, equations: &[Equation]) {
    let (displays, reasons) = displays(equations, Numbering::Tags);
    for rows in displays {
        let lines = with_breaks(&rows);
        out.push_str(&format!(
            "\\begin{{alignat*}}{{2}}\n{lines}\n\\end{{alignat*}}\n\n"
        ));
    }
    list_reasons(out, &reasons);
}

/// So many rows at the beginning and at the end of a display stay on one page.
const TOGETHER: usize = 3;

/// The rows of a display, between which a page may end where enough of them stand before and behind.
fn with_breaks(rows: &[String]) -> String {
    let mut lines = String::new();
    for (at, row) in rows.iter().enumerate() {
        let rest = rows.len() - at - 1;
        lines.push_str(row);
        lines.push_str(match rest {
            0 => "",
            _ if at + 1 < TOGETHER || rest < TOGETHER => " \\\\*\n",
            _ => " \\\\\n",
        });
    }
    lines
}

/// How equations show their numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// With `\tag`, at the margin. Only displays of their own take that, not `aligned`.
    Tags,
    /// In a column behind the formulas, which every reader of LaTeX draws alike.
    Column,
}

/// Columns of text that a number and the space before it take.
pub(crate) const NUMBER: usize = 8;

/// The equations as the rows of aligned displays, with two pairs of columns: the sides, and what stands beside them; and the reasons
/// behind the marks in them.
pub(crate) fn displays(
    equations: &[Equation],
    numbering: Numbering,
) -> (Vec<Vec<String>>, Vec<&Reason>) {
    let mut reasons: Vec<&Reason> = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    let lefts = equations.iter().map(|equation| width(&equation.left));
    let numbered = |equation: &Equation| equation.rights.iter().any(|it| it.number.is_some());
    let beside_all = if equations.iter().any(numbered) {
        NUMBER
    } else {
        0
    };
    let room = LINE
        .saturating_sub(beside_all)
        .saturating_sub(lefts.max().unwrap_or(0) + 3)
        .max(LINE / 2);
    // Not every reader of Markdown knows formulas inside the words of a formula.
    let notes = (numbering == Numbering::Tags).then(|| Notes::of(equations, room));
    // A column of sizes would begin right of all notes.
    let scattered = notes.as_ref().is_some_and(Notes::behind_lines);
    let beside = !scattered && sizes_fit_beside(equations, room);
    for equation in equations {
        for (at, right) in equation.rights.iter().enumerate() {
            let left = match at {
                0 => inline(&equation.left),
                _ => String::new(),
            };
            let note = notes.as_ref().and_then(|notes| notes.beside(right));
            let told_below: &[Reason] = if note.is_some() { &[] } else { &right.reasons };
            let sign = sign_latex(equation.sign, told_below, &mut reasons);
            rows.extend(right_rows(&left, &sign, right, room, beside, numbering));
            if let (Some(note), Some(last)) = (note, rows.last_mut()) {
                last.push_str(&note);
            }
        }
    }
    let displays = match numbering {
        // A page may end between the rows of a display of its own.
        Numbering::Tags => in_reach(rows),
        Numbering::Column => rows.chunks(ROWS).map(<[String]>::to_vec).collect(),
    };
    (displays, reasons)
}

/// KaTeX gives up a formula with some 300 small spaces, each of which is a macro.
const SPACES: usize = 250;

/// The rows in as many displays as a reader needs who gives up long formulas.
fn in_reach(rows: Vec<String>) -> Vec<Vec<String>> {
    let mut displays: Vec<Vec<String>> = Vec::new();
    let mut spaces = 0;
    for row in rows {
        spaces += row.matches(r"\,").count();
        match displays.last_mut() {
            Some(display) if spaces <= SPACES => display.push(row),
            _ => {
                spaces = row.matches(r"\,").count();
                displays.push(vec![row]);
            }
        }
    }
    displays
}

/// Whether the sizes can stand in a column of their own.
fn sizes_fit_beside(equations: &[Equation], room: usize) -> bool {
    let rights = || equations.iter().flat_map(|equation| &equation.rights);
    let longest = rights().map(|right| width(&right.math)).max();
    let sizes = rights().filter_map(|right| right.sizes.as_ref());
    sizes.map(width).max().unwrap_or(0) + longest.unwrap_or(0) + 4 <= room
}

fn right_rows(
    left: &str,
    sign: &str,
    right: &Right,
    room: usize,
    beside: bool,
    numbering: Numbering,
) -> Vec<String> {
    let mut lines = broken(&right.math, room);
    if let Some(sizes) = &right.sizes {
        let space = if beside { r" && \quad " } else { r"\qquad " };
        let beside = format!("{space}{}", inline(sizes));
        match lines.last_mut() {
            Some(last) if last.columns + width(sizes) + 4 <= room => last.markup.push_str(&beside),
            _ => lines.push(Piece {
                markup: beside,
                columns: width(sizes) + 4,
            }),
        }
    }
    if let (Some(number), Some(last)) = (right.number, lines.last_mut()) {
        let columns = if beside && right.sizes.is_some() {
            ""
        } else {
            " &&"
        };
        last.markup.push_str(&match numbering {
            Numbering::Tags => format!(r" \tag{{{number}}}"),
            Numbering::Column => format!(r"{columns} \qquad ({number})"),
        });
    }
    let row = |(at, line): (usize, &Piece)| match at {
        0 => format!("{left} &{sign} {}", line.markup)
            .trim_start()
            .to_owned(),
        _ => format!(r"&\quad {}", line.markup),
    };
    lines.iter().enumerate().map(row).collect()
}

/// The formula in lines that fit.
fn broken(math: &Math, room: usize) -> Vec<Piece> {
    let mut lines: Vec<Piece> = Vec::new();
    for piece in breaking::pieces(math, room, &Latex) {
        let limit = if lines.len() > 1 {
            room - STEP_IN
        } else {
            room
        };
        match lines.last_mut() {
            Some(line) if line.columns + piece.columns < limit => {
                line.markup
                    .push_str(&format!(" {}", piece.markup.trim_start()));
                line.columns += piece.columns + 1;
            }
            _ => lines.push(piece),
        }
    }
    lines
}

/// How LaTeX writes what stands between the pieces of a formula.
struct Latex;

impl Markup for Latex {
    fn inline(&self, math: &Math) -> String {
        inline(math)
    }

    fn sign(&self, first: bool, subtracted: bool) -> String {
        let sign = match (first, subtracted) {
            (true, false) => "",
            (_, true) => "- ",
            (_, false) => "+ ",
        };
        sign.to_owned()
    }

    fn joiner(&self, joiner: Joiner, before: &Math, after: &Math) -> String {
        joiner_latex(joiner, before, after).to_owned()
    }

    fn big_sum(&self, indices: &[Math]) -> String {
        format!("{} ", big_sum(indices))
    }

    fn marked(&self, markup: &str) -> String {
        format!(r"\underline{{{markup}}}")
    }

    fn brackets(&self, delimiter: Delimiter, tall: bool) -> [String; 2] {
        // \left and \right cannot stand on different lines.
        let (open, close) = delimiters(delimiter);
        let size = if tall { "Big" } else { "big" };
        [format!("\\{size}l{open} "), format!(" \\{size}r{close}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::math;

    #[test]
    fn long_equations_are_broken_into_rows() {
        let factor = || math::word("Aⁿ⁻¹ ⊙ B", r"A^{n-1} \odot B");
        let term = || math::product(Joiner::Juxtaposed, vec![factor(), factor()]);
        let sum = Math::Sum((0..20).map(|at| (at % 2 == 1, term())).collect());
        let bracketed = math::bracketed(sum, math::Level::Atom);
        let equation = Equation::plain(math::number(1), bracketed);
        let document = Document {
            title: Vec::new(),
            blocks: vec![Block::Equations(vec![equation])],
        };
        let latex = render_latex(&document, false);
        let rows: Vec<&str> = latex.lines().filter(|line| line.contains('&')).collect();
        assert!(rows.len() > 3, "{latex}");
        assert!(rows[0].starts_with(r"1 &= \bigl( A"), "{latex}");
        assert!(rows[1].starts_with(r"&\quad "), "{latex}");
        assert!(rows[rows.len() - 1].ends_with(r"\bigr)"), "{latex}");
    }

    #[test]
    fn prose_leaves_only_ascii() {
        let check = |text: &str, latex: &str| assert_eq!(prose(text), latex);
        check("relu′(0) = 0", r"relu\({}^{\prime}\)(0) = 0");
        check("δ⁽²⁾ᵢⱼ", r"\(\delta ^{(2)}_{ij}\)");
        check("50% of a_b & {c}", r"50\% of a\_b \& \{c\}");
        check(
            "“naïve” — 日",
            r"``na\texttt{U+00EF}ve'' --- \texttt{U+65E5}",
        );
    }
}
