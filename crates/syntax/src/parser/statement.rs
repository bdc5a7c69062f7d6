//! Statements: which one it is, and those that are made of names and expressions.
//!
//! A keyword is one only at the start of a statement and only if what follows is not the `=` of a definition, so
//! that `update = x` and `input[i] = x` define names.

use super::cursor::{Failure, Outcome, Parser};
use crate::ast::{Claim, Definition, For, Layer, Loss, Name, StatementKind};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::similar::closest;

/// The function that reads the rest of a statement.
type Rest = fn(&mut Parser<'_>) -> Outcome<StatementKind>;

/// What each keyword begins.
const KEYWORDS: &[(&str, Rest)] = &[
    ("network", |parser| parser.parse_network()),
    ("dims", |parser| parser.parse_dims()),
    ("input", |parser| {
        parser.parse_declarations(crate::ast::Role::Input)
    }),
    ("param", |parser| {
        parser.parse_declarations(crate::ast::Role::Param)
    }),
    ("target", |parser| {
        parser.parse_declarations(crate::ast::Role::Target)
    }),
    ("const", |parser| {
        parser.parse_declarations(crate::ast::Role::Const)
    }),
    ("function", |parser| parser.parse_function()),
    ("convention", |parser| parser.parse_convention()),
    ("layer", |parser| parser.parse_layer()),
    ("loss", |parser| parser.parse_loss()),
    ("wrt", |parser| {
        Ok(StatementKind::Wrt(parser.parse_names()?))
    }),
    ("update", |parser| {
        Ok(StatementKind::Update(
            parser.parse_bare_call("an update rule")?,
        ))
    }),
    ("regularize", |parser| parser.parse_regularize()),
    ("claim", |parser| parser.parse_claim()),
    ("equal", |parser| parser.parse_equal()),
    ("for", |parser| parser.parse_for()),
];

/// Whether statements begin with this word.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|(keyword, _)| *keyword == word)
}

impl Parser<'_> {
    /// A statement, up to what ends it.
    pub(super) fn parse_statement(&mut self) -> Outcome<StatementKind> {
        let Some(word) = self.word().map(str::to_owned) else {
            return Err(self.unexpected("a statement"));
        };
        if self.at_definition() {
            return self.parse_definition();
        }
        match KEYWORDS.iter().find(|(keyword, _)| *keyword == word) {
            Some((_, rest)) => {
                self.advance();
                rest(self)
            }
            None if *self.kind_at(1) == TokenKind::Mark("[") => self.parse_definition(),
            None => Err(self.not_a_statement(&word)),
        }
    }

    /// Whether a name and an equals sign stand here, with nothing but a member and indices between them.
    fn at_definition(&self) -> bool {
        // Enough for any left side that a person writes, and a bound on what is read twice.
        const REACH: usize = 100;
        let mut open = 0_usize;
        for ahead in 1..REACH {
            match self.kind_at(ahead) {
                TokenKind::Mark("[" | "{") => open += 1,
                TokenKind::Mark("]" | "}") if open > 0 => open -= 1,
                TokenKind::Mark("=" | "==") if open == 0 => return true,
                _ if open == 0 => return false,
                TokenKind::Semicolon | TokenKind::End => return false,
                _ => {}
            }
        }
        false
    }

    /// `Z = EXPR`, `Z[i, j] = EXPR`
    fn parse_definition(&mut self) -> Outcome<StatementKind> {
        let name = self.parse_name("a name")?;
        let indices = match self.at("[") {
            true => Some(self.parse_left_indices()?),
            false => None,
        };
        if !self.eat_equals() {
            return Err(self.unexpected("`=`"));
        }
        let body = self.parse_expression()?;
        let latex = self.parse_latex()?;
        Ok(StatementKind::Define(Definition {
            name,
            indices,
            body,
            latex,
        }))
    }

    /// `[i, j]` on the left of a definition.
    fn parse_left_indices(&mut self) -> Outcome<Vec<Name>> {
        self.open("[")?;
        let indices = self.parse_index_names()?;
        self.close("]", "`,` or `]`")?;
        Ok(indices)
    }

    /// What is wrong with a statement that begins with a word that is no keyword.
    fn not_a_statement(&self, word: &str) -> Failure {
        let next = self.kind_at(1);
        if *next == TokenKind::Invalid {
            return Failure::Reported;
        }
        let keywords = KEYWORDS.iter().map(|(keyword, _)| *keyword);
        let meant = closest(word, keywords);
        let words = matches!(next, TokenKind::Name(_) | TokenKind::Number(_));
        if meant.is_some() || words {
            return self.unknown_keyword(word, meant).into();
        }
        let span = self.rest_of_line(self.span());
        let help = match (word, self.text(span, 40)) {
            ("grad", _) => "a claim about a gradient begins with `claim`".to_owned(),
            (_, line) if line.contains("->") => format!("a layer is written `layer {line}`"),
            (_, line) if line.contains('=') => {
                format!("an elementwise function is declared with `function {line}`")
            }
            (_, line) => format!("to name an intermediate write `Z = {line}`"),
        };
        let message = "this line is not a statement";
        Diagnostic::error("E0108", message, span, "no keyword and no `=`")
            .help(help)
            .into()
    }

    fn unknown_keyword(&self, word: &str, meant: Option<&str>) -> Diagnostic {
        let message = format!("no statement begins with `{word}`");
        let problem = Diagnostic::error("E0104", message, self.span(), "unknown statement");
        match meant {
            Some(keyword) => problem.help(format!("did you mean `{keyword}`?")),
            None => {
                let all: Vec<&str> = KEYWORDS.iter().map(|(keyword, _)| *keyword).collect();
                problem.help(format!(
                    "statements begin with `{}`, or define a name with `=`",
                    all.join("`, `")
                ))
            }
        }
    }

    /// `NAME`
    fn parse_network(&mut self) -> Outcome<StatementKind> {
        Ok(StatementKind::Network(
            self.expect_plain_name("the name of the network")?,
        ))
    }

    /// `W1, b1`
    fn parse_names(&mut self) -> Outcome<Vec<Name>> {
        let mut names = vec![self.parse_name("a name")?];
        while self.eat(",").is_some() {
            names.push(self.parse_name("a name")?);
        }
        Ok(names)
    }

    /// `EXPR` or `J = EXPR`
    fn parse_loss(&mut self) -> Outcome<StatementKind> {
        let named = self.word().is_some() && self.at_definition();
        let name = match named {
            true => Some(self.parse_name("a name")?),
            false => None,
        };
        if named && !self.eat_equals() {
            return Err(self.unexpected("`=`"));
        }
        Ok(StatementKind::Loss(Loss {
            name,
            body: self.parse_expression()?,
        }))
    }

    /// `l2(lambda) on W1, W2`
    fn parse_regularize(&mut self) -> Outcome<StatementKind> {
        let penalty = self.parse_bare_call("a penalty such as `l2(lambda)`")?;
        self.expect_word("on")?;
        Ok(StatementKind::Regularize(penalty, self.parse_names()?))
    }

    /// Steps over a word that has a meaning only here.
    fn expect_word(&mut self, word: &str) -> Outcome<()> {
        if self.word() != Some(word) {
            return Err(self.unexpected(&format!("`{word}`")));
        }
        self.advance();
        Ok(())
    }

    /// `L = R` or `L == R`
    fn parse_claim(&mut self) -> Outcome<StatementKind> {
        let left = self.parse_expression()?;
        if self.eat("==").or_else(|| self.eat("=")).is_none() {
            return Err(self.unexpected("an operator or `=`"));
        }
        Ok(StatementKind::Claim(Claim {
            left,
            right: self.parse_expression()?,
        }))
    }

    /// `A, B`
    fn parse_equal(&mut self) -> Outcome<StatementKind> {
        let left = self.parse_expression()?;
        self.expect(",", "an operator or `,`")?;
        Ok(StatementKind::Claim(Claim {
            left,
            right: self.parse_expression()?,
        }))
    }

    /// `t in 1..3 { … }`
    fn parse_for(&mut self) -> Outcome<StatementKind> {
        let variable = self.expect_plain_name("the name of the counter")?;
        self.expect_word("in")?;
        self.families = false;
        let first = self.parse_expression()?;
        self.expect("..", "an operator or `..`")?;
        let last = self.parse_expression()?;
        self.families = true;
        let body = self.parse_block()?;
        Ok(StatementKind::For(For {
            variable,
            first,
            last,
            body,
        }))
    }

    /// `[NAME:] OP(ARGS) [{ … }] [-> ACTIVATION]`
    fn parse_layer(&mut self) -> Outcome<StatementKind> {
        let name = match self.kind_at(1) {
            TokenKind::Mark(":") => Some(self.expect_plain_name("the name of the layer")?),
            _ => None,
        };
        if name.is_some() {
            self.advance();
        }
        let operation = self.parse_bare_call("a layer such as `dense(h)`")?;
        let body = match operation.function.text == "residual" {
            true => Some(self.parse_block()?),
            false => None,
        };
        let activation = match self.eat("->") {
            Some(_) => Some(self.parse_bare_call("an activation such as `tanh`")?),
            None => None,
        };
        Ok(StatementKind::Layer(Layer {
            name,
            operation,
            activation,
            body,
        }))
    }
}
