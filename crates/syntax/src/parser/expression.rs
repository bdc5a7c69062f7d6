//! Expressions: the climb over infix operators and the prefix minus.
//!
//! One function serves every level of the table in [`crate::operators`]. Chains of operators are read in a loop;
//! only signs, powers and brackets recurse, and each of them counts against the limit of nesting.

use super::cursor::{Outcome, Parser};
use crate::ast::{BinaryOperator, Expr, ExprKind, Span};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::operators::{Associativity, OperatorRow, POWER, SUM, operator_row};

impl Parser<'_> {
    /// Any expression.
    pub(super) fn parse_expression(&mut self) -> Outcome<Expr> {
        self.parse_infix(SUM)
    }

    /// An expression of operators that bind at least this tightly.
    pub(super) fn parse_infix(&mut self, least: u8) -> Outcome<Expr> {
        let mut left = self.parse_prefix()?;
        while let Some(row) = self.operator().map(operator_row) {
            if row.precedence < least {
                break;
            }
            let sign = self.advance();
            self.count_operator(sign)?;
            self.continue_line();
            let right = self.parse_right_operand(row, sign)?;
            left = binary(row.operator, sign, left, right);
        }
        Ok(left)
    }

    /// What stands right of an operator. A power may hold another, which recurses.
    fn parse_right_operand(&mut self, row: &OperatorRow, sign: Span) -> Outcome<Expr> {
        if row.associativity == Associativity::Left {
            return self.parse_infix(row.right_precedence());
        }
        self.deepen(sign)?;
        let right = self.parse_infix(row.right_precedence())?;
        self.depth -= 1;
        Ok(right)
    }

    /// After a trailing operator the line goes on, unless the next one begins a statement: then an operand was
    /// forgotten, and it is better to say so here.
    fn continue_line(&mut self) {
        if self.after_line_end() && !self.line_begins_statement(self.position + 1) {
            self.position += 1;
        }
    }

    /// An operand with its minus signs. The minus binds looser than `^`: `-a^2` is `-(a^2)`.
    fn parse_prefix(&mut self) -> Outcome<Expr> {
        if self.operator() != Some(BinaryOperator::Subtract) {
            return self.parse_operand();
        }
        let sign = self.advance();
        self.deepen(sign)?;
        self.continue_line();
        let operand = self.parse_infix(POWER)?;
        self.depth -= 1;
        let span = sign.to(operand.span);
        Ok(Expr {
            kind: ExprKind::Negate(Box::new(operand)),
            span,
        })
    }

    /// An operand that is not followed by another one: there is no implied product.
    fn parse_operand(&mut self) -> Outcome<Expr> {
        let operand = self.parse_postfix()?;
        if self.begins_operand() && !self.after_line_end() {
            return Err(self.implied_product(operand.span).into());
        }
        Ok(operand)
    }

    /// Whether the next token begins an operand.
    fn begins_operand(&self) -> bool {
        self.operand_at(0)
    }

    /// Whether the token so many places on begins an operand. The `as` before a LaTeX symbol does not, be the
    /// quotation marks missing or not.
    pub(super) fn operand_at(&self, ahead: usize) -> bool {
        match self.kind_at(ahead) {
            TokenKind::Name(word) if word == "as" => !matches!(
                self.kind_at(ahead + 1),
                TokenKind::Text(_) | TokenKind::Name(_) | TokenKind::Invalid
            ),
            TokenKind::Name(_) | TokenKind::Number(_) | TokenKind::Mark("(") => true,
            _ => false,
        }
    }

    /// That two operands stand side by side. The second is read for its place only.
    fn implied_product(&mut self, left: Span) -> Diagnostic {
        let first_token = self.span();
        let right = self
            .parse_postfix()
            .map_or(first_token, |operand| operand.span);
        let (a, b) = (self.text(left, 24), self.text(right, 24));
        let message = format!("no sign between `{a}` and `{b}`");
        let label = "there is no implied product";
        let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        let help = match is_number(a) || is_number(b) {
            true => format!("write `{a} * {b}`"),
            false => format!(
                "write `{a} @ {b}` for the matrix product or `{a} * {b}` for element by element"
            ),
        };
        Diagnostic::error("E0103", message, left.to(right), label).help(help)
    }
}

/// Two operands and the operator between them.
fn binary(operator: BinaryOperator, sign: Span, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr {
        kind: ExprKind::Binary(operator, sign, Box::new(left), Box::new(right)),
        span,
    }
}
