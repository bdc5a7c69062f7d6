//! Runs of statements: the file and the blocks in braces. Here errors end and reading goes on.

use super::cursor::{Outcome, Parser};
use super::statement::is_keyword;
use crate::ast::{Expr, Span, Statement};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// Reads statements up to the end of the file, or up to the `}` of the block, which is left to the caller.
    pub(super) fn parse_statements(&mut self, in_block: bool) -> Vec<Statement> {
        let mut statements = Vec::new();
        loop {
            while matches!(self.kind_at(0), TokenKind::Newline | TokenKind::Semicolon) {
                self.advance();
            }
            match self.kind_at(0) {
                TokenKind::End => return statements,
                TokenKind::Mark("}") if in_block => return statements,
                _ => statements.extend(self.parse_or_recover()),
            }
        }
    }

    /// One statement, or `None` and a step past it.
    fn parse_or_recover(&mut self) -> Option<Statement> {
        let (depth, blocks, first) = (self.depth, self.blocks, self.position);
        self.operators = 0;
        match self.parse_whole_statement() {
            Ok(statement) => Some(statement),
            Err(failure) => {
                self.report(failure);
                let open = self.openers.len();
                self.openers.clear();
                (self.depth, self.blocks, self.families) = (depth, blocks, true);
                self.recover(first, open);
                None
            }
        }
    }

    /// A statement and what ends it.
    fn parse_whole_statement(&mut self) -> Outcome<Statement> {
        if self.at("}") {
            return Err(self.stray_closer());
        }
        let start = self.span();
        let kind = self.parse_statement()?;
        let span = start.to(self.last_span());
        self.check_ended()?;
        Ok(Statement { kind, span })
    }

    /// That nothing more stands in this statement.
    fn check_ended(&self) -> Outcome<()> {
        match self.kind_at(0) {
            TokenKind::Newline | TokenKind::Semicolon | TokenKind::End => Ok(()),
            TokenKind::Mark("}") if self.blocks > 0 => Ok(()),
            TokenKind::Mark(")" | "]" | "}") => Err(self.stray_closer()),
            _ => Err(self.unexpected("the end of the statement")),
        }
    }

    fn stray_closer(&self) -> super::cursor::Failure {
        let message = format!("{} closes nothing", self.describe());
        Diagnostic::error("E0107", message, self.span(), "no bracket is open here").into()
    }

    /// An expression that is all there is.
    pub(super) fn parse_whole_expression(&mut self) -> Option<Expr> {
        while *self.kind_at(0) == TokenKind::Newline {
            self.advance();
        }
        let outcome = self.parse_expression().and_then(|expr| {
            while *self.kind_at(0) == TokenKind::Newline {
                self.advance();
            }
            match self.kind_at(0) {
                TokenKind::End => Ok(expr),
                TokenKind::Mark(")" | "]" | "}") => Err(self.stray_closer()),
                _ => Err(self.unexpected("the end of the expression")),
            }
        });
        outcome.map_err(|failure| self.report(failure)).ok()
    }

    /// `{ … }`: statements of their own.
    pub(super) fn parse_block(&mut self) -> Outcome<Vec<Statement>> {
        // Counted before it is stepped over, so that recovery from one level too many finds the brace and its match.
        if self.at("{") {
            self.deepen(self.span())?;
        }
        let opener = self.expect("{", "`{`")?;
        self.blocks += 1;
        let operators = self.operators;
        let statements = self.parse_statements(true);
        self.operators = operators;
        self.blocks -= 1;
        self.depth -= 1;
        if !self.at("}") {
            return Err(self.unclosed(("{", opener), "}").into());
        }
        self.advance();
        Ok(statements)
    }

    /// Steps to the end of a statement that failed. `first` is its first token, `open` the number of brackets that
    /// were open: while some are, a line end does not end the statement, unless the next line begins another.
    fn recover(&mut self, first: usize, mut open: usize) {
        loop {
            match self.kind_at(0) {
                TokenKind::End | TokenKind::Semicolon => return,
                TokenKind::Newline if self.line_ends_statement(open) => return,
                TokenKind::Mark("(" | "[") => open += 1,
                TokenKind::Mark("{") if open == 0 && !self.joined() && self.begins_block(first) => {
                    self.recover_block();
                    continue;
                }
                TokenKind::Mark("{") => open += 1,
                TokenKind::Mark("}") if open == 0 && self.blocks > 0 => return,
                TokenKind::Mark(")" | "]" | "}") => open = open.saturating_sub(1),
                _ => {}
            }
            self.advance();
        }
    }

    /// Whether a brace met in recovery opens a block: the statement has a first word, and there is depth left.
    fn begins_block(&self, first: usize) -> bool {
        matches!(self.tokens[first].kind, TokenKind::Name(_)) && self.depth + 1 < super::MAX_NESTING
    }

    /// Reads the block of a statement whose head failed, so that its statements are checked and its `}` is used up.
    fn recover_block(&mut self) {
        if let Err(failure) = self.parse_block() {
            self.report(failure);
        }
    }

    /// Whether the line end that is next ends a failed statement.
    fn line_ends_statement(&self, open: usize) -> bool {
        let continued = open > 0 || self.ends_with_operator();
        !continued || self.line_begins_statement(self.position + 1)
    }

    fn ends_with_operator(&self) -> bool {
        self.position > 0 && matches!(self.tokens[self.position - 1].kind, TokenKind::Operator(_))
    }

    /// Whether the line from this token on looks like a statement and not like the rest of one: a keyword and a
    /// word, or a definition that closes no bracket of an earlier line.
    pub(super) fn line_begins_statement(&self, index: usize) -> bool {
        let kind = |at: usize| self.tokens.get(at).map(|token| &token.kind);
        let Some(TokenKind::Name(word)) = kind(index) else {
            return false;
        };
        match kind(index + 1) {
            Some(TokenKind::Name(_) | TokenKind::Number(_)) => is_keyword(word),
            Some(TokenKind::Mark("=")) => self.line_is_balanced(index),
            _ => false,
        }
    }

    /// Whether no bracket is closed on this line that was not opened on it, and neither a comma ends it nor a closing
    /// bracket begins the next: a line of that kind is the middle of a list, as `axis=0,` may be.
    fn line_is_balanced(&self, index: usize) -> bool {
        let length = self.tokens[index..]
            .iter()
            .take_while(|token| !ends_line(&token.kind))
            .count();
        let (line, rest) = self.tokens[index..].split_at(length);
        let mut open = 0_usize;
        for token in line {
            match token.kind {
                TokenKind::Mark("(" | "[" | "{") => open += 1,
                TokenKind::Mark(")" | "]" | "}") if open == 0 => return false,
                TokenKind::Mark(")" | "]" | "}") => open -= 1,
                _ => {}
            }
        }
        let comma = line
            .last()
            .is_some_and(|token| token.kind == TokenKind::Mark(","));
        let closed = rest
            .get(1)
            .is_some_and(|token| matches!(token.kind, TokenKind::Mark(")" | "]")));
        !(comma || open == 0 && closed)
    }

    /// The place from `start` to the last token before the end of the line.
    pub(super) fn rest_of_line(&self, start: Span) -> Span {
        let rest = self.tokens[self.position..].iter();
        rest.take_while(|token| !ends_line(&token.kind))
            .fold(start, |span, token| span.to(token.span))
    }
}

/// Whether no token of a line comes after this one.
fn ends_line(kind: &TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Newline | TokenKind::Semicolon | TokenKind::End
    )
}
