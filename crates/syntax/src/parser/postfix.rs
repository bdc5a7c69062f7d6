//! The tightest part of expressions: numbers, names, brackets, calls, index sums, transposes and subscripts.

use super::cursor::{Outcome, Parser};
use crate::ast::{Argument, Call, Expr, ExprKind, Name, Span, SubscriptItem};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::operators::PRODUCT;

impl Parser<'_> {
    /// A primary expression with everything that is hung on it.
    pub(super) fn parse_postfix(&mut self) -> Outcome<Expr> {
        let mut base = self.parse_primary()?;
        loop {
            let sign = self.span();
            let kind = match self.kind_at(0) {
                TokenKind::Mark(".") => self.parse_dot_transpose().map(|()| None)?,
                TokenKind::Mark("'" | "ᵀ") => {
                    self.advance();
                    None
                }
                TokenKind::Mark("[") => Some(self.parse_subscript()?),
                _ => return Ok(base),
            };
            self.count_operator(sign)?;
            let span = base.span.to(self.last_span());
            let kind = match kind {
                None => ExprKind::Transpose(Box::new(base)),
                Some(items) => ExprKind::Subscript(Box::new(base), items),
            };
            base = Expr { kind, span };
        }
    }

    /// `.T`
    fn parse_dot_transpose(&mut self) -> Outcome<()> {
        self.advance();
        if self.word() == Some("T") {
            self.advance();
            return Ok(());
        }
        let expected = "`T` after `.`";
        Err(match self.word() {
            Some(word) => {
                let help = format!("a function stands before what it is applied to: `{word}(…)`");
                self.unexpected_problem(expected).help(help).into()
            }
            None => self.unexpected(expected),
        })
    }

    fn parse_primary(&mut self) -> Outcome<Expr> {
        let span = self.span();
        match self.kind_at(0).clone() {
            TokenKind::Number(value) => {
                self.advance();
                Ok(Expr {
                    kind: ExprKind::Number(value),
                    span,
                })
            }
            TokenKind::Mark("(") => self.parse_brackets(),
            TokenKind::Name(_) if self.statement_intrudes() => Err(self.cut_off()),
            TokenKind::Name(_) => self.parse_named(),
            _ => Err(self.no_operand()),
        }
    }

    /// `(A)`. The brackets belong to the span, not to the tree.
    fn parse_brackets(&mut self) -> Outcome<Expr> {
        let opener = self.open("(")?;
        let mut expr = self.parse_expression()?;
        let closer = self.close(")", "an operator or `)`")?;
        expr.span = opener.to(closer);
        Ok(expr)
    }

    /// Whether a bracket was left open and the next line begins a statement.
    fn statement_intrudes(&self) -> bool {
        self.after_line_end()
            && self.line_begins_statement(self.here())
            && *self.kind_at(1) != TokenKind::Mark("=")
    }

    /// That a bracket is open where the next statement begins.
    fn cut_off(&mut self) -> super::cursor::Failure {
        let Some(&(mark, span)) = self.openers.last() else {
            return self.no_operand();
        };
        let closer = match mark {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        let problem = self.unclosed((mark, span), closer);
        self.openers.clear();
        problem.into()
    }

    fn no_operand(&self) -> super::cursor::Failure {
        let help = match self.kind_at(0) {
            TokenKind::Invalid => return super::cursor::Failure::Reported,
            TokenKind::Text(_) | TokenKind::Mark("[") => {
                "a quoted text or a list stands only as an argument, as in `reshape(A, [m, n])`"
            }
            _ => return self.unexpected("a name, a number or `(`"),
        };
        self.unexpected_problem("a name, a number or `(`")
            .help(help)
            .into()
    }

    /// What begins with a name: the name, a call, or an index sum.
    fn parse_named(&mut self) -> Outcome<Expr> {
        if self.begins_index_sum() {
            return self.parse_index_sum();
        }
        let name = self.parse_name("a name")?;
        match self.primes_before_bracket() {
            Some(primes) => {
                let call = self.parse_call_after(name, primes)?;
                let span = call.span;
                Ok(Expr {
                    kind: ExprKind::Call(call),
                    span,
                })
            }
            None => {
                let span = name.span;
                Ok(Expr {
                    kind: ExprKind::Name(name),
                    span,
                })
            }
        }
    }

    /// A name, with the member of its family if it has one: `W{l-1}`.
    pub(super) fn parse_name(&mut self, expected: &str) -> Outcome<Name> {
        let mut name = self.expect_plain_name(expected)?;
        if self.families && self.at("{") && self.joined() {
            self.open("{")?;
            name.member = Some(Box::new(self.parse_expression()?));
            let closer = self.close("}", "an operator or `}`")?;
            name.span = name.span.to(closer);
        }
        Ok(name)
    }

    /// How many primes stand before an opening bracket; `None` if no bracket follows.
    fn primes_before_bracket(&self) -> Option<usize> {
        let prime = TokenKind::Mark("'");
        let primes = (0..=usize::from(u8::MAX)).find(|ahead| *self.kind_at(*ahead) != prime)?;
        (*self.kind_at(primes) == TokenKind::Mark("(")).then_some(primes)
    }

    /// The rest of a call whose name is read.
    fn parse_call_after(&mut self, function: Name, primes: usize) -> Outcome<Call> {
        for _ in 0..primes {
            self.advance();
        }
        let arguments = self.parse_arguments()?;
        let span = function.span.to(self.last_span());
        // `primes_before_bracket` looks no further than a byte can count.
        let primes = u8::try_from(primes).unwrap_or(u8::MAX);
        Ok(Call {
            function,
            primes,
            arguments,
            span,
        })
    }

    /// A call of a statement, whose brackets may be left out: `sgd(eta)`, `tanh`.
    pub(super) fn parse_bare_call(&mut self, expected: &str) -> Outcome<Call> {
        let function = self.expect_plain_name(expected)?;
        if self.at("(") {
            return self.parse_call_after(function, 0);
        }
        let span = function.span;
        Ok(Call {
            function,
            primes: 0,
            arguments: Vec::new(),
            span,
        })
    }

    /// `(A, axis=0)`
    fn parse_arguments(&mut self) -> Outcome<Vec<Argument>> {
        self.open("(")?;
        let mut arguments: Vec<Argument> = Vec::new();
        if !self.at(")") {
            loop {
                let argument = self.parse_argument()?;
                let named = arguments.last().is_some_and(|last| last.name.is_some());
                if named && argument.name.is_none() {
                    self.diagnostics
                        .push(positional_after_named(argument.value.span));
                }
                arguments.push(argument);
                if self.eat(",").is_none() {
                    break;
                }
            }
        }
        self.close(")", "an operator, `,` or `)`")?;
        Ok(arguments)
    }

    fn parse_argument(&mut self) -> Outcome<Argument> {
        let named = matches!(self.kind_at(0), TokenKind::Name(_))
            && matches!(self.kind_at(1), TokenKind::Mark("=" | "=="));
        let name = match named {
            true => Some(self.expect_plain_name("a name")?),
            false => None,
        };
        if named {
            self.eat_equals();
        }
        Ok(Argument {
            name,
            value: self.parse_value()?,
        })
    }

    /// The value of an argument: an expression, a quoted text or a list.
    fn parse_value(&mut self) -> Outcome<Expr> {
        let span = self.span();
        match self.kind_at(0).clone() {
            TokenKind::Text(text) => {
                self.advance();
                Ok(Expr {
                    kind: ExprKind::Text(text),
                    span,
                })
            }
            TokenKind::Mark("[") => self.parse_list(("[", "]")),
            TokenKind::Mark("(") if self.begins_tuple() => self.parse_list(("(", ")")),
            _ => self.parse_expression(),
        }
    }

    /// Whether `(0, 1)` stands here, as NumPy writes several axes: a list in round brackets.
    fn begins_tuple(&self) -> bool {
        let sign = usize::from(*self.kind_at(1) == TokenKind::Mark("-"));
        matches!(self.kind_at(1 + sign), TokenKind::Number(_))
            && *self.kind_at(2 + sign) == TokenKind::Mark(",")
    }

    /// `[m, n]`
    fn parse_list(&mut self, (left, right): (&'static str, &'static str)) -> Outcome<Expr> {
        let opener = self.open(left)?;
        let mut items = vec![self.parse_expression()?];
        while self.eat(",").is_some() {
            items.push(self.parse_expression()?);
        }
        let closer = self.close(right, &format!("an operator, `,` or `{right}`"))?;
        Ok(Expr {
            kind: ExprKind::List(items),
            span: opener.to(closer),
        })
    }

    /// `[i, 0:h]`
    fn parse_subscript(&mut self) -> Outcome<Vec<SubscriptItem>> {
        self.open("[")?;
        let mut items = vec![self.parse_subscript_item()?];
        while self.eat(",").is_some() {
            items.push(self.parse_subscript_item()?);
        }
        self.close("]", "an operator, `:`, `,` or `]`")?;
        Ok(items)
    }

    fn parse_subscript_item(&mut self) -> Outcome<SubscriptItem> {
        let start = self.span();
        let first = match self.at(":") {
            true => None,
            false => Some(self.parse_expression()?),
        };
        let Some(colon) = self.eat(":") else {
            // Without a colon the expression was read.
            return first
                .map(SubscriptItem::At)
                .ok_or_else(|| self.no_operand());
        };
        let last = match self.at(",") || self.at("]") {
            true => None,
            false => Some(self.parse_expression()?),
        };
        let end = last.as_ref().map_or(colon, |last| last.span);
        Ok(SubscriptItem::Slice(first, last, start.to(end)))
    }

    /// Whether `sum(NAMES)` stands here with an operand right after it.
    fn begins_index_sum(&self) -> bool {
        if self.word() != Some("sum") || *self.kind_at(1) != TokenKind::Mark("(") {
            return false;
        }
        let mut ahead = 2;
        while matches!(self.kind_at(ahead), TokenKind::Name(_)) {
            ahead += 1;
            match self.kind_at(ahead) {
                TokenKind::Mark(",") => ahead += 1,
                TokenKind::Mark(")") => return self.operand_after(ahead + 1),
                _ => return false,
            }
        }
        false
    }

    /// Whether an operand begins so many places on, inside brackets past a line end.
    fn operand_after(&self, ahead: usize) -> bool {
        let past = *self.kind_at(ahead) == TokenKind::Newline && !self.openers.is_empty();
        self.operand_at(ahead + usize::from(past))
    }

    /// `sum(k) X[i,k] * W[k,j]`: reaches over the product that follows.
    fn parse_index_sum(&mut self) -> Outcome<Expr> {
        let start = self.advance();
        self.open("(")?;
        let indices = self.parse_index_names()?;
        self.close(")", "`,` or `)`")?;
        self.deepen(start)?;
        let body = self.parse_infix(PRODUCT)?;
        self.depth -= 1;
        let span = start.to(body.span);
        Ok(Expr {
            kind: ExprKind::IndexSum(indices, Box::new(body)),
            span,
        })
    }

    /// `i, j`
    pub(super) fn parse_index_names(&mut self) -> Outcome<Vec<Name>> {
        let mut names = vec![self.expect_plain_name("the name of an index")?];
        while self.eat(",").is_some() {
            names.push(self.expect_plain_name("the name of an index")?);
        }
        Ok(names)
    }
}

fn positional_after_named(span: Span) -> Diagnostic {
    let message = "an argument without a name after one with a name";
    Diagnostic::error("E0113", message, span, "has no name").help("move it before the named ones")
}
