//! Tokens in, a [`Spec`] and the diagnostics of what could not be read out.
//!
//! A recursive descent over statements and a precedence climb over expressions (the ladder is in
//! [`crate::operators`]). The first error of a statement ends that statement; reading goes on with the next, so that
//! every statement has its say. Line ends count as blanks inside brackets: the cursor sees to it.
//!
//! Nothing panics. Depth and size are bounded by the constants below, which keep every recursion, and the dropping of
//! every tree, safe on a stack of 2 MiB.

mod block;
mod cursor;
mod declaration;
mod expression;
mod postfix;
mod statement;
#[cfg(test)]
mod tests;

use crate::ast::{Expr, Span, Spec};
use crate::diagnostic::Diagnostic;
use crate::lexer::tokenize;
use cursor::Parser;

pub use declaration::MAX_RANK;
pub(crate) use declaration::{attribute_spelling, convention_spelling};

/// The most bytes a file may have.
pub const MAX_BYTES: usize = 1 << 20;
/// The most brackets, blocks, signs and powers that may stand inside one another.
pub const MAX_NESTING: usize = 100;
/// The most infix and postfix operators in one statement. With [`MAX_NESTING`] it bounds the depth of every tree.
pub const MAX_OPERATORS: usize = 1000;
/// The most errors that are reported of one file.
pub const MAX_ERRORS: usize = 1000;

/// What came of reading a file.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The statements that could be read.
    pub spec: Spec,
    /// What was wrong with the others, in the order of their places. Empty for a correct file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the bytes of a file.
pub fn parse(source: &[u8]) -> Parsed {
    if source.len() > MAX_BYTES {
        return refused(file_too_large(source.len()));
    }
    match str::from_utf8(source) {
        Ok(text) => parse_str(text),
        Err(error) => {
            let length = error
                .error_len()
                .unwrap_or(source.len() - error.valid_up_to());
            refused(not_utf8(error.valid_up_to(), length))
        }
    }
}

/// Reads a spec.
pub fn parse_str(source: &str) -> Parsed {
    if source.len() > MAX_BYTES {
        return refused(file_too_large(source.len()));
    }
    let (mut parser, lexical) = start(source);
    let statements = parser.parse_statements(false);
    let diagnostics = in_order(lexical, parser.diagnostics);
    Parsed {
        spec: Spec { statements },
        diagnostics,
    }
}

/// Reads a single expression, such as one given on a command line.
///
/// # Errors
/// What is wrong with it; never empty.
pub fn parse_expression(source: &str) -> Result<Expr, Vec<Diagnostic>> {
    if source.len() > MAX_BYTES {
        return Err(vec![file_too_large(source.len())]);
    }
    let (mut parser, lexical) = start(source);
    let expr = parser.parse_whole_expression();
    let diagnostics = in_order(lexical, parser.diagnostics);
    match expr {
        Some(expr) if diagnostics.is_empty() => Ok(expr),
        _ => Err(diagnostics),
    }
}

/// A parser at the first token, and what the lexer had to say. A byte-order mark is skipped.
fn start(source: &str) -> (Parser<'_>, Vec<Diagnostic>) {
    let mark = if source.starts_with('\u{FEFF}') {
        '\u{FEFF}'.len_utf8()
    } else {
        0
    };
    let (tokens, diagnostics) = tokenize(source, mark);
    (Parser::new(source, tokens), diagnostics)
}

fn refused(problem: Diagnostic) -> Parsed {
    Parsed {
        spec: Spec::default(),
        diagnostics: vec![problem],
    }
}

fn file_too_large(length: usize) -> Diagnostic {
    let message = format!("the file has {length} bytes; at most {MAX_BYTES} are read");
    Diagnostic::error("E0005", message, Span::default(), "")
}

fn not_utf8(start: usize, length: usize) -> Diagnostic {
    let span = Span {
        start,
        end: start + length,
    };
    let message = format!("the file is not UTF-8: the byte at offset {start} fits no character");
    Diagnostic::error("E0001", message, span, "not UTF-8").help("save the file as UTF-8")
}

/// Errors in the order of their places; past the limit one says that there are more.
fn in_order(lexical: Vec<Diagnostic>, grammatical: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut all = lexical;
    all.extend(grammatical);
    all.sort_by_key(|problem| problem.labels.first().map(|label| label.span));
    if all.len() > MAX_ERRORS {
        let more = all.len() - MAX_ERRORS;
        let span = all[MAX_ERRORS].labels.first().map(|label| label.span);
        all.truncate(MAX_ERRORS);
        let message = format!("{more} more errors are not shown");
        all.push(Diagnostic::error(
            "E0008",
            message,
            span.unwrap_or_default(),
            "the next one is here",
        ));
    }
    all
}
