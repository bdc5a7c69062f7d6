//! The parser's place among the tokens, its brackets and its limits.
//!
//! While a bracket is open, line ends are passed over. Every function that wants a token it does not find answers with
//! a [`Failure`], which the statement loop turns into a diagnostic.

use super::{MAX_NESTING, MAX_OPERATORS};
use crate::ast::{BinaryOperator, Name, Span};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};

/// Why a statement could not be read.
pub(super) enum Failure {
    /// The lexer has said it already.
    Reported,
    /// What is wrong.
    Problem(Box<Diagnostic>),
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Self {
        Failure::Problem(Box::new(problem))
    }
}

/// What a parsing function gives.
pub(super) type Outcome<T> = Result<T, Failure>;

/// The state of a parse.
pub(super) struct Parser<'a> {
    /// The text of the file.
    pub source: &'a str,
    /// Its tokens; the last is the end of the file.
    pub tokens: Vec<Token>,
    /// The index of the next token.
    pub position: usize,
    /// The brackets that are open, outermost first.
    pub openers: Vec<(&'static str, Span)>,
    /// How many constructs are open, brackets and blocks among them.
    pub depth: usize,
    /// How many blocks are open.
    pub blocks: usize,
    /// How many operators the statement has so far.
    pub operators: usize,
    /// Whether a brace right after a name makes it a member of a family; not so in the range of a `for`.
    pub families: bool,
    /// What has been reported so far.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    pub fn new(source: &'a str, tokens: Vec<Token>) -> Self {
        Parser {
            source,
            tokens,
            position: 0,
            openers: Vec::new(),
            depth: 0,
            blocks: 0,
            operators: 0,
            families: true,
            diagnostics: Vec::new(),
        }
    }

    /// The index of the next token that counts.
    pub fn here(&self) -> usize {
        let skips =
            !self.openers.is_empty() && self.tokens[self.position].kind == TokenKind::Newline;
        // The end of the file is never a line end, so there is a token after one.
        self.position + usize::from(skips)
    }

    /// The next token.
    pub fn token(&self) -> &Token {
        &self.tokens[self.here()]
    }

    /// The kind of the token `ahead` places on, line ends counted.
    pub fn kind_at(&self, ahead: usize) -> &TokenKind {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.here() + ahead).min(last)].kind
    }

    /// The place of the next token.
    pub fn span(&self) -> Span {
        self.token().span
    }

    /// The place of the token read last.
    pub fn last_span(&self) -> Span {
        match self.position {
            0 => Span::default(),
            next => self.tokens[next - 1].span,
        }
    }

    /// Steps over the next token, unless it is the end of the file.
    pub fn advance(&mut self) -> Span {
        let (here, span) = (self.here(), self.span());
        self.position = (here + 1).min(self.tokens.len() - 1);
        span
    }

    /// Whether the next token is this sign.
    pub fn at(&self, mark: &'static str) -> bool {
        *self.kind_at(0) == TokenKind::Mark(mark)
    }

    /// Steps over this sign if it is next.
    pub fn eat(&mut self, mark: &'static str) -> Option<Span> {
        self.at(mark).then(|| self.advance())
    }

    /// The next token's text if it is a name.
    pub fn word(&self) -> Option<&str> {
        match self.kind_at(0) {
            TokenKind::Name(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the next token follows the one before without a blank.
    pub fn joined(&self) -> bool {
        self.span().start == self.last_span().end
    }

    /// Whether a line end was passed over to get to the next token.
    pub fn after_line_end(&self) -> bool {
        self.tokens[self.position].kind == TokenKind::Newline
    }

    /// The infix operator that is next.
    pub fn operator(&self) -> Option<BinaryOperator> {
        match self.kind_at(0) {
            TokenKind::Operator(operator) => Some(*operator),
            _ => None,
        }
    }

    /// Steps over this sign.
    pub fn expect(&mut self, mark: &'static str, expected: &str) -> Outcome<Span> {
        self.eat(mark).ok_or_else(|| self.unexpected(expected))
    }

    /// Steps over a name without a member.
    pub fn expect_plain_name(&mut self, expected: &str) -> Outcome<Name> {
        let Some(text) = self.word().map(str::to_owned) else {
            return Err(self.unexpected(expected));
        };
        let span = self.advance();
        Ok(Name {
            text,
            member: None,
            span,
        })
    }

    /// That something else was expected here.
    pub fn unexpected(&self, expected: &str) -> Failure {
        match self.kind_at(0) {
            TokenKind::Invalid => Failure::Reported,
            _ => self.unexpected_problem(expected).into(),
        }
    }

    /// The same as a diagnostic, for those who add help to it.
    pub fn unexpected_problem(&self, expected: &str) -> Diagnostic {
        let message = format!("expected {expected}, found {}", self.describe());
        Diagnostic::error(
            "E0101",
            message,
            self.span(),
            format!("expected {expected}"),
        )
    }

    /// The next token in words.
    pub fn describe(&self) -> String {
        match self.kind_at(0) {
            TokenKind::Newline => "the end of the line".to_owned(),
            TokenKind::End => "the end of the file".to_owned(),
            TokenKind::Text(_) => "a quoted text".to_owned(),
            _ => format!("`{}`", self.text(self.span(), 40)),
        }
    }

    /// The source text of a span, or an ellipsis for one that is long or goes over lines.
    pub fn text(&self, span: Span, most: usize) -> &'a str {
        let text = &self.source[span.start..span.end];
        let short = text.len() <= most && !text.contains(['\n', '\r', '#']);
        if short { text } else { "…" }
    }

    /// Opens a bracket.
    pub fn open(&mut self, mark: &'static str) -> Outcome<Span> {
        let span = self.expect(mark, &format!("`{mark}`"))?;
        self.deepen(span)?;
        self.openers.push((mark, span));
        Ok(span)
    }

    /// Closes the bracket opened last; `expected` names what else might have stood here.
    pub fn close(&mut self, mark: &'static str, expected: &str) -> Outcome<Span> {
        if !self.at(mark) {
            return Err(self.not_closed(mark, expected));
        }
        let span = self.advance();
        self.openers.pop();
        self.depth -= 1;
        Ok(span)
    }

    /// That something else stands where a bracket should be closed: it was forgotten, or the content is wrong.
    fn not_closed(&mut self, mark: &str, expected: &str) -> Failure {
        let forgotten = self.after_line_end()
            || matches!(
                self.kind_at(0),
                TokenKind::End | TokenKind::Semicolon | TokenKind::Mark(")" | "]" | "}")
            );
        match self.openers.last() {
            Some(&opener) if forgotten => {
                let problem = self.unclosed(opener, mark);
                self.openers.clear();
                problem.into()
            }
            _ => self.unexpected(expected),
        }
    }

    /// That a bracket is still open here.
    pub fn unclosed(&self, (mark, span): (&str, Span), closer: &str) -> Diagnostic {
        let message = format!("`{mark}` is not closed");
        Diagnostic::error("E0102", message, span, "opened here")
            .label(self.span(), format!("expected `{closer}` before this"))
            .help(format!("add `{closer}`"))
    }

    /// Counts one more construct inside the others. It is taken back by whoever ends it; an error resets the count.
    pub fn deepen(&mut self, span: Span) -> Outcome<()> {
        if self.depth >= MAX_NESTING {
            let message = format!("more than {MAX_NESTING} levels inside one another");
            let problem = Diagnostic::error("E0006", message, span, "one level too many");
            return Err(problem.help("give the inner part a name of its own").into());
        }
        self.depth += 1;
        Ok(())
    }

    /// Counts one more operator of this statement.
    pub fn count_operator(&mut self, span: Span) -> Outcome<()> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            let message = format!("more than {MAX_OPERATORS} operators in one statement");
            let problem = Diagnostic::error("E0007", message, span, "one operator too many");
            return Err(problem
                .help("give parts of the expression names of their own")
                .into());
        }
        Ok(())
    }

    /// Keeps a failure as a diagnostic.
    pub fn report(&mut self, failure: Failure) {
        if let Failure::Problem(problem) = failure {
            self.diagnostics.push(*problem);
        }
    }

    /// Steps over `=`; `==` is reported and taken for it.
    pub fn eat_equals(&mut self) -> bool {
        if let Some(span) = self.eat("==") {
            let problem = Diagnostic::error("E0105", "`==` where `=` is meant", span, "write `=`");
            self.diagnostics
                .push(problem.help("`=` defines a name; `==` is for claims only"));
            return true;
        }
        self.eat("=").is_some()
    }
}
