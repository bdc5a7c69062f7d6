//! Statements that declare: dimensions, arrays with shapes and attributes, functions, the convention.

use num_rational::BigRational;
use num_traits::ToPrimitive;

use super::cursor::{Outcome, Parser};
use crate::ast::{
    Attribute, Convention, Declaration, DimDeclaration, FunctionDeclaration, Name, Role, ShapeDim,
    Span, StatementKind,
};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::similar::closest;

/// The most axes a shape may have.
pub const MAX_RANK: usize = 4;

/// The spelling of each attribute.
const ATTRIBUTES: &[(&str, Attribute)] = &[
    ("onehot", Attribute::OneHot),
    ("simplex", Attribute::Simplex),
    ("symmetric", Attribute::Symmetric),
    ("positive", Attribute::Positive),
];

/// The spelling of each convention.
const CONVENTIONS: &[(&str, Convention)] =
    &[("rows", Convention::Rows), ("columns", Convention::Columns)];

/// How an attribute is spelled.
pub(crate) fn attribute_spelling(attribute: Attribute) -> &'static str {
    let row = ATTRIBUTES.iter().find(|(_, value)| *value == attribute);
    // A test holds that each has a row.
    row.map_or("", |(spelling, _)| spelling)
}

/// How a convention is spelled.
pub(crate) fn convention_spelling(convention: Convention) -> &'static str {
    let row = CONVENTIONS.iter().find(|(_, value)| *value == convention);
    row.map_or("", |(spelling, _)| spelling)
}

impl Parser<'_> {
    /// `N, d = 2`
    pub(super) fn parse_dims(&mut self) -> Outcome<StatementKind> {
        let mut dims = vec![self.parse_dim()?];
        while self.eat(",").is_some() {
            dims.push(self.parse_dim()?);
        }
        Ok(StatementKind::Dims(dims))
    }

    fn parse_dim(&mut self) -> Outcome<DimDeclaration> {
        let name = self.parse_name("the name of a dimension")?;
        let size = match self.eat_equals() {
            true => Some(self.parse_size("a size")?),
            false => None,
        };
        Ok(DimDeclaration { name, size })
    }

    /// A whole number from 1 on.
    fn parse_size(&mut self, expected: &str) -> Outcome<(u64, Span)> {
        let span = self.span();
        let size = match self.kind_at(0) {
            TokenKind::Number(value) => whole(value),
            _ => return Err(self.unexpected(expected)),
        };
        let Some(size) = size else {
            let message = format!("{} is no size", self.describe());
            let label = "a size is a whole number from 1 on";
            return Err(Diagnostic::error("E0111", message, span, label).into());
        };
        self.advance();
        Ok((size, span))
    }

    /// `X: [N, d], y: [N] onehot`
    pub(super) fn parse_declarations(&mut self, role: Role) -> Outcome<StatementKind> {
        let mut declarations = Vec::new();
        let mut shapeless = Vec::new();
        loop {
            let name = self.parse_name("the name of an array")?;
            if !self.at(":") {
                shapeless.push(name.span);
            }
            declarations.push(self.parse_declaration(name)?);
            if self.eat(",").is_none() {
                break;
            }
        }
        if shapeless.len() < declarations.len() {
            // `input x, y: [N, d]` surely means two arrays of one shape, which is not what it would declare.
            for span in shapeless {
                let problem = no_shape(self.text(span, 40), span);
                self.diagnostics.push(problem);
            }
        }
        Ok(StatementKind::Declare(role, declarations))
    }

    /// What follows the name of an array: `: SHAPE attributes… [as "LATEX"]`.
    fn parse_declaration(&mut self, name: Name) -> Outcome<Declaration> {
        let (shape, shape_span) = match self.eat(":") {
            Some(_) => self.parse_shape()?,
            None => (Vec::new(), name.span),
        };
        let attributes = self.parse_attributes()?;
        let latex = self.parse_latex()?;
        Ok(Declaration {
            name,
            shape,
            shape_span,
            attributes,
            latex,
        })
    }

    /// `scalar` or `[N, d]`
    fn parse_shape(&mut self) -> Outcome<(Vec<ShapeDim>, Span)> {
        if self.word() == Some("scalar") {
            return Ok((Vec::new(), self.advance()));
        }
        if !self.at("[") {
            return Err(self.unexpected("a shape such as `[N, d]` or `scalar`"));
        }
        let opener = self.open("[")?;
        let mut dims = vec![self.parse_shape_dim()?];
        while self.eat(",").is_some() {
            dims.push(self.parse_shape_dim()?);
        }
        let span = opener.to(self.close("]", "`,` or `]`")?);
        if dims.len() > MAX_RANK {
            let message = format!("a shape of {} axes", dims.len());
            let label = format!("at most {MAX_RANK} axes");
            self.diagnostics
                .push(Diagnostic::error("E0110", message, span, label));
        }
        Ok((dims, span))
    }

    fn parse_shape_dim(&mut self) -> Outcome<ShapeDim> {
        let start = self.position;
        if !self.at("(") {
            let dim = if self.word().is_some() {
                ShapeDim::Named(self.parse_name("a dimension")?)
            } else {
                let (size, span) = self.parse_size("a dimension's name or a size")?;
                ShapeDim::Size(size, span)
            };
            if self.operator().is_none() && !self.at("(") {
                return Ok(dim);
            }
        }
        self.position = start;
        Ok(ShapeDim::Formula(Box::new(self.parse_expression()?)))
    }

    /// `onehot simplex …`
    fn parse_attributes(&mut self) -> Outcome<Vec<(Attribute, Span)>> {
        let mut attributes = Vec::new();
        while let Some(word) = self.word().filter(|word| *word != "as").map(str::to_owned) {
            let span = self.advance();
            match ATTRIBUTES.iter().find(|(spelling, _)| *spelling == word) {
                Some((_, attribute)) => attributes.push((*attribute, span)),
                None => self.diagnostics.push(unknown_attribute(&word, span)),
            }
        }
        Ok(attributes)
    }

    /// `as "LATEX"`, if it is there.
    pub(super) fn parse_latex(&mut self) -> Outcome<Option<String>> {
        if self.word() != Some("as") {
            return Ok(None);
        }
        self.advance();
        let TokenKind::Text(text) = self.kind_at(0).clone() else {
            return Err(self.unexpected("LaTeX between quotation marks"));
        };
        self.advance();
        Ok(Some(text))
    }

    /// `f` or `f(z, a) = EXPR`
    pub(super) fn parse_function(&mut self) -> Outcome<StatementKind> {
        let name = self.expect_plain_name("the name of a function")?;
        let parameters = match self.at("(") {
            true => self.parse_parameters()?,
            false => Vec::new(),
        };
        let body = match parameters.is_empty() {
            true => None,
            false if self.eat_equals() => Some(self.parse_expression()?),
            false => {
                let help = format!(
                    "an unspecified function is declared with `function {}`",
                    name.text
                );
                return Err(self.unexpected_problem("`=`").help(help).into());
            }
        };
        Ok(StatementKind::Function(FunctionDeclaration {
            name,
            parameters,
            body,
        }))
    }

    /// `(z, a)`
    fn parse_parameters(&mut self) -> Outcome<Vec<Name>> {
        self.open("(")?;
        let mut parameters = vec![self.expect_plain_name("the name of a parameter")?];
        while self.eat(",").is_some() {
            parameters.push(self.expect_plain_name("the name of a parameter")?);
        }
        self.close(")", "`,` or `)`")?;
        Ok(parameters)
    }

    /// `rows` or `columns`
    pub(super) fn parse_convention(&mut self) -> Outcome<StatementKind> {
        let Some(word) = self.word() else {
            return Err(self.unexpected("`rows` or `columns`"));
        };
        match CONVENTIONS.iter().find(|(spelling, _)| *spelling == word) {
            Some((_, convention)) => {
                self.advance();
                Ok(StatementKind::Convention(*convention))
            }
            None => Err(unknown_convention(word, self.span()).into()),
        }
    }
}

/// The number as a size, if it is one.
fn whole(value: &BigRational) -> Option<u64> {
    let size = value.is_integer().then(|| value.to_integer().to_u64())?;
    size.filter(|size| *size > 0)
}

fn no_shape(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0109",
        format!("`{name}` has no shape"),
        span,
        "no `:` and shape after this name",
    )
    .help(format!(
        "every array needs its own shape: `{name}: [N, d]`, or `{name}: scalar`"
    ))
}

fn unknown_attribute(word: &str, span: Span) -> Diagnostic {
    let problem = Diagnostic::error(
        "E0106",
        format!("no attribute is called `{word}`"),
        span,
        "unknown attribute",
    );
    let known = ATTRIBUTES.iter().map(|(spelling, _)| *spelling);
    match closest(word, known.clone()) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!(
            "the attributes are `{}`",
            known.collect::<Vec<_>>().join("`, `")
        )),
    }
}

fn unknown_convention(word: &str, span: Span) -> Diagnostic {
    let known = CONVENTIONS.iter().map(|(spelling, _)| *spelling);
    let problem = Diagnostic::error(
        "E0112",
        format!("no convention is called `{word}`"),
        span,
        "unknown convention",
    );
    match closest(word, known) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help("the conventions are `rows` and `columns`"),
    }
}
