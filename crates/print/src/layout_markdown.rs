//! A document as Markdown for notebooks, wikis and GitHub.
//!
//! Formulas stand between dollars, which KaTeX and MathJax both look for. Markdown reads them first and takes a backslash
//! before punctuation away, and GitHub forbids some commands, so every command goes through the table of safe spellings. What has no
//! safe form is shown as text in the place of the formula, with a note.

use crate::document::{Block, Document, Equation, Inline, Reason, Sheet};
use crate::latex;
use crate::latex_path::path_rows;
use crate::latex_reasons::{mark, reading_latex};
use crate::layout_latex::{Numbering, displays, matrix};
use crate::layout_text::{ended, path_text};
use crate::math::Math;
use crate::text;

/// A command that Markdown or GitHub would spoil, and what says the same.
struct Row {
    command: &'static str,
    safe: &'static str,
}

const fn row(command: &'static str, safe: &'static str) -> Row {
    Row { command, safe }
}

/// One row a command. Backslashes before punctuation are Markdown's own escapes; `\operatorname` is refused by GitHub.
static SAFE: &[Row] = &[
    row(r"\\", r"\cr "),
    row(r"\,", r"\thinspace "),
    row(r"\;", r"\enspace "),
    row(r"\!", r"\negthinspace "),
    row(r"\{", r"\lbrace "),
    row(r"\}", r"\rbrace "),
    row(r"\|", r"\Vert "),
    row(r"\operatorname", r"\mathrm"),
    row("<", r"\lt "),
    row(">", r"\gt "),
    row("|", r"\vert "),
    // A space behind it, so that it never opens emphasis.
    row("_", "_ "),
];

/// Signs that mean something to Markdown in running text.
const SPECIAL: &[char] = &[
    '\\', '`', '*', '_', '[', ']', '<', '>', '#', '$', '|', '~', '&',
];

/// What a formula without a safe form is introduced by.
const NOTE: &str = "(as text, since Markdown cannot carry its LaTeX)";

/// The document as Markdown.
pub fn render_markdown(document: &Document) -> String {
    document.draw(markdown_sheet())
}

/// A sheet of Markdown.
pub fn markdown_sheet() -> Box<dyn Sheet> {
    Box::new(MarkdownSheet(String::new()))
}

struct MarkdownSheet(String);

impl Sheet for MarkdownSheet {
    fn title(&mut self, title: &[Inline]) {
        if !title.is_empty() {
            self.0.push_str(&format!("# {}\n\n", inlines(title)));
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            render_block(&mut self.0, block);
        }
    }

    fn finish(self: Box<Self>) -> String {
        ended(self.0)
    }
}

fn render_block(out: &mut String, block: &Block) {
    match block {
        Block::Section(title) => out.push_str(&format!("## {}\n\n", inlines(title))),
        Block::Subsection(title) => out.push_str(&format!("### {}\n\n", inlines(title))),
        Block::Paragraph(parts) | Block::Lead(parts) => {
            out.push_str(&format!("{}\n\n", inlines(parts)));
        }
        Block::List(items) => {
            for item in items {
                out.push_str(&format!("- {}\n", inlines(item)));
            }
            out.push('\n');
        }
        Block::Table(rows) => table(out, rows),
        Block::Equations(equations) => render_equations(out, equations),
        Block::Path(path) => {
            let rows = path_rows(path);
            let lines = rows.join(" \\\\\n");
            match safe(&format!("\\begin{{aligned}}\n{lines}\n\\end{{aligned}}")) {
                Some(display) => out.push_str(&format!("$$\n{display}\n$$\n\n")),
                None => out.push_str(&format!("{NOTE}\n\n```text\n{}\n```\n\n", path_text(path))),
            }
        }
        Block::Matrix {
            left,
            rows,
            entries,
        } => match matrix(left, rows).as_deref().and_then(safe) {
            Some(display) => out.push_str(&format!("$$\n{display}\n$$\n\n")),
            None => render_equations(out, entries),
        },
    }
}

fn table(out: &mut String, rows: &[Vec<Vec<Inline>>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    // A table without a head is none; an empty head is not drawn.
    out.push_str(&format!("|{}\n", "   |".repeat(count)));
    out.push_str(&format!("|{}\n", "---|".repeat(count)));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| inlines(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out.push('\n');
}

fn render_equations(out: &mut String, equations: &[Equation]) {
    let (displays, reasons) = displays(equations, Numbering::Column);
    let drawn = displays.iter().map(|rows| {
        let lines = rows.join(" \\\\\n");
        safe(&format!("\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"))
    });
    let safe: Option<Vec<String>> = drawn.collect();
    match safe {
        Some(displays) => {
            for display in displays {
                out.push_str(&format!("$$\n{display}\n$$\n\n"));
            }
        }
        None => as_text(out, equations),
    }
    for (at, reason) in reasons.iter().enumerate() {
        out.push_str(&format!("- ({}) {}.\n", mark(at), reason_words(reason)));
    }
    if !reasons.is_empty() {
        out.push('\n');
    }
}

/// The equations on lines of Unicode.
fn as_text(out: &mut String, equations: &[Equation]) {
    out.push_str(&format!("{NOTE}\n\n```text\n"));
    for equation in equations {
        let mut left = text::inline(&equation.left);
        for right in &equation.rights {
            out.push_str(&format!("{left} = {}\n", text::inline(&right.math)));
            left = " ".repeat(text::columns(&left));
        }
    }
    out.push_str("```\n\n");
}

fn reason_words(reason: &Reason) -> String {
    let sentences = reason.sentences.iter().map(|sentence| inlines(sentence));
    let told = sentences.collect::<Vec<_>>().join("; ");
    let colon = if told.is_empty() { "" } else { ": " };
    let readings = reason.readings.iter().filter_map(reading_latex);
    let readings = readings.filter_map(|reading| safe(&reading));
    let readings: String = readings.map(|it| format!(", ${}$", it.trim())).collect();
    format!("**{}**{colon}{told}{readings}", prose(&reason.rule))
}

/// Runs of spaces are room in a heading, which Markdown does not know.
fn inlines(parts: &[Inline]) -> String {
    let spelt: String = parts.iter().map(inline).collect();
    spelt.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn inline(part: &Inline) -> String {
    match part {
        Inline::Text(text) => prose(text),
        Inline::Strong(text) => {
            let (words, after) = text.split_at(text.trim_end().len());
            format!("**{}**{after}", prose(words))
        }
        Inline::Code(code) => format!("`{}`", code.replace('`', "'")),
        Inline::Math(math) => inline_math(math),
        Inline::Cite(number) => format!("({number})"),
    }
}

fn inline_math(math: &Math) -> String {
    match safe(&latex::inline(&latex::slashed(math))) {
        Some(latex) => format!("${}$", latex.trim()),
        None => format!("`{}`", text::inline(math)),
    }
}

fn prose(text: &str) -> String {
    let escaped = |sign: char| {
        let backslash = SPECIAL.contains(&sign).then_some('\\');
        backslash.into_iter().chain([sign])
    };
    text.chars().flat_map(escaped).collect()
}

/// LaTeX with every command that Markdown or GitHub would spoil replaced; nothing if one has no replacement.
fn safe(latex: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = latex;
    while let Some(first) = rest.chars().next() {
        let length = if first == '\\' {
            command_length(rest)
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        match SAFE.iter().find(|row| row.command == piece) {
            Some(row) => out.push_str(row.safe),
            None if is_spoilt(piece) => return None,
            None => out.push_str(piece),
        }
        rest = after;
    }
    Some(out.replace("  ", " ").replace(" \n", "\n"))
}

/// A backslash before letters takes all of them, before a sign that sign.
fn command_length(latex: &str) -> usize {
    let letters = latex[1..].chars().take_while(char::is_ascii_alphabetic);
    match letters.count() {
        0 => 1 + latex[1..].chars().next().map_or(0, char::len_utf8),
        count => 1 + count,
    }
}

/// Whether Markdown would change it.
fn is_spoilt(piece: &str) -> bool {
    let escape =
        piece.starts_with('\\') && piece[1..].starts_with(|sign| char::is_ascii_punctuation(&sign));
    escape || matches!(piece, "$" | "`" | "*" | "#" | "%" | "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_survive_markdown() {
        let check = |latex: &str, markdown: Option<&str>| {
            assert_eq!(safe(latex).as_deref(), markdown, "{latex}");
        };
        check(r"W_{ij} \, x", Some(r"W_ {ij} \thinspace x"));
        check(r"\operatorname{tr}(A)", Some(r"\mathrm{tr}(A)"));
        check(r"[x > 0]", Some(r"[x \gt 0]"));
        check(r"\text{50\%}", None);
        check(r"\alpha\\", Some(r"\alpha\cr "));
    }

    #[test]
    fn words_are_words() {
        assert_eq!(prose("two_layer * 2"), r"two\_layer \* 2");
    }
}
