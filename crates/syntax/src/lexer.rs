//! Text in, tokens with spans out.
//!
//! Blanks and comments vanish; runs of line ends become one token. A character that begins no token, an unclosed
//! quotation and an overlong number each give a diagnostic and a [`TokenKind::Invalid`], on which the parser stays
//! silent. The last token is always [`TokenKind::End`].

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till, take_while};
use nom::character::complete::{char, digit1, line_ending, one_of, satisfy};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use num_rational::BigRational;

use crate::ast::{BinaryOperator, Span};
use crate::diagnostic::Diagnostic;
use crate::letters::{begins_name, canonical_name, continues_name};
use crate::number::{MAX_DIGITS, parse_decimal};
use crate::operators::{MARKS, OPERATORS};

/// A token and its place.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name in canonical spelling; keywords are names too.
    Name(String),
    /// An exact number.
    Number(BigRational),
    /// What stands between two quotation marks.
    Text(String),
    /// An infix operator.
    Operator(BinaryOperator),
    /// Any other sign, in canonical spelling.
    Mark(&'static str),
    /// One or more line ends.
    Newline,
    /// `;`
    Semicolon,
    /// Something that was reported already.
    Invalid,
    /// The end of the file.
    End,
}

/// A token as the `nom` parsers recognise it, before its text is given a value.
#[derive(Clone, Debug)]
enum Lexeme<'a> {
    Newline,
    Semicolon,
    Name(&'a str),
    Number(&'a str, &'a str, &'a str),
    Text(&'a str),
    OpenText,
    Operator(BinaryOperator),
    Mark(&'static str),
    Unknown,
}

/// Characters that begin no token, and what to write in their place.
#[rustfmt::skip]
const LOOKALIKES: &[(char, &str)] = &[
    ('×', "write `@` for the matrix product or `*` for element by element"),
    ('·', "write `@` for the matrix product or `*` for element by element"),
    ('⋅', "write `@` for the matrix product or `*` for element by element"),
    ('²', "write `^2`"),
    ('³', "write `^3`"),
    ('∑', "write `sum(...)`"),
    ('√', "write `sqrt(...)`"),
    ('→', "write `->`"),
    ('÷', "write `/`"),
    ('∂', "write `grad(W)` in a claim for the derivative of the loss by `W`"),
    ('∇', "write `grad(W)` in a claim for the derivative of the loss by `W`"),
    ('‖', "write `norm2(A)`"),
    ('“', "write `\"`"),
    ('”', "write `\"`"),
    ('’', "write `.T` for the transpose"),
    ('⊤', "write `.T` for the transpose"),
    ('>', "there are no comparisons: write `max(a, b)` or `relu(u)`; `relu'(u)` is 1 where u > 0 and 0 elsewhere"),
    ('<', "there are no comparisons: write `min(a, b)` or `relu(-u)`; `relu'(-u)` is 1 where u < 0 and 0 elsewhere"),
    ('_', "a name begins with a letter"),
];

/// Splits a text into tokens; `start` is the offset of its first byte in the file.
pub(crate) fn tokenize(source: &str, start: usize) -> (Vec<Token>, Vec<Diagnostic>) {
    let (mut tokens, mut diagnostics) = (Vec::new(), Vec::new());
    let mut rest = skip_blanks(&source[start..]);
    while !rest.is_empty() {
        // `lexeme` accepts any character, so the loop always moves on.
        let Ok((after, lexeme)) = lexeme(rest) else {
            break;
        };
        let span = Span {
            start: source.len() - rest.len(),
            end: source.len() - after.len(),
        };
        let kind = value_of(
            lexeme,
            span,
            &source[span.start..span.end],
            &mut diagnostics,
        );
        push(&mut tokens, Token { kind, span });
        rest = skip_blanks(after);
    }
    let span = Span {
        start: source.len(),
        end: source.len(),
    };
    tokens.push(Token {
        kind: TokenKind::End,
        span,
    });
    (tokens, diagnostics)
}

/// Adds a token; line ends in a row are one.
fn push(tokens: &mut Vec<Token>, token: Token) {
    let repeated = token.kind == TokenKind::Newline
        && tokens
            .last()
            .is_some_and(|last| last.kind == TokenKind::Newline);
    if !repeated {
        tokens.push(token);
    }
}

/// Gives a lexeme its value, reporting those that have none.
fn value_of(
    lexeme: Lexeme<'_>,
    span: Span,
    text: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> TokenKind {
    let problem = match lexeme {
        Lexeme::Newline => return TokenKind::Newline,
        Lexeme::Semicolon => return TokenKind::Semicolon,
        Lexeme::Name(name) => return TokenKind::Name(canonical_name(name)),
        Lexeme::Text(text) => return TokenKind::Text(text.to_owned()),
        Lexeme::Operator(operator) => return TokenKind::Operator(operator),
        Lexeme::Mark(mark) => return TokenKind::Mark(mark),
        Lexeme::Number(whole, fraction, exponent) => match parse_decimal(whole, fraction, exponent)
        {
            Some(value) => return TokenKind::Number(value),
            None => long_number(span),
        },
        Lexeme::OpenText => open_text(span),
        Lexeme::Unknown => unknown_character(span, text),
    };
    diagnostics.push(problem);
    TokenKind::Invalid
}

fn long_number(span: Span) -> Diagnostic {
    let message = format!("a number of more than {MAX_DIGITS} digits");
    Diagnostic::error("E0004", message, span, "too long to be kept exactly")
        .help("give the constant a name and declare it: `const k: scalar`")
}

fn open_text(span: Span) -> Diagnostic {
    Diagnostic::error("E0003", "a quoted text is not closed", span, "opened here")
        .help("close it with `\"` on the same line")
}

fn unknown_character(span: Span, text: &str) -> Diagnostic {
    let first = text.chars().next().unwrap_or('\u{FFFD}');
    let shown = match first.is_control() {
        true => format!("U+{:04X}", u32::from(first)),
        false => first.to_string(),
    };
    let problem = Diagnostic::error(
        "E0002",
        format!("the character `{shown}` means nothing here"),
        span,
        "not part of the language",
    );
    match LOOKALIKES.iter().find(|(key, _)| *key == first) {
        Some((_, help)) => problem.help(*help),
        None => problem,
    }
}

/// Drops blanks and comments, but no line end.
fn skip_blanks(input: &str) -> &str {
    let blank = take_while::<_, _, ()>(is_blank);
    let comment = preceded(char('#'), take_till(is_line_end));
    match (blank, opt(comment)).parse(input) {
        Ok((rest, _)) => rest,
        Err(_) => input,
    }
}

fn is_line_end(letter: char) -> bool {
    letter == '\n' || letter == '\r'
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() && !is_line_end(letter)
}

fn lexeme(input: &str) -> IResult<&str, Lexeme<'_>> {
    alt((newline, semicolon, name, number, text, sign, unknown)).parse(input)
}

fn newline(input: &str) -> IResult<&str, Lexeme<'_>> {
    alt((line_ending, tag("\r")))
        .map(|_| Lexeme::Newline)
        .parse(input)
}

fn semicolon(input: &str) -> IResult<&str, Lexeme<'_>> {
    char(';').map(|_| Lexeme::Semicolon).parse(input)
}

fn name(input: &str) -> IResult<&str, Lexeme<'_>> {
    let letters = (satisfy(begins_name), many0_count(satisfy(continues_name)));
    recognize(letters).map(Lexeme::Name).parse(input)
}

/// `2`, `0.5`, `.5`, `1e-5`. The dot of `2.` is left alone, for it begins `2./x`, `2.T` or `1..3`.
fn number(input: &str) -> IResult<&str, Lexeme<'_>> {
    let fraction = || preceded(char('.'), digit1);
    let with_whole = (digit1, opt(fraction()));
    let without = fraction().map(|fraction| ("0", Some(fraction)));
    let sign_and_digits = recognize((opt(one_of("+-")), digit1));
    let exponent = opt(preceded(one_of("eE"), sign_and_digits));
    (alt((with_whole, without)), exponent)
        .map(|((whole, fraction), exponent)| {
            Lexeme::Number(
                whole,
                fraction.unwrap_or_default(),
                exponent.unwrap_or_default(),
            )
        })
        .parse(input)
}

/// A text has no escapes: LaTeX needs its backslashes.
fn text(input: &str) -> IResult<&str, Lexeme<'_>> {
    let inside = || opt(is_not("\"\r\n"));
    let closed = delimited(char('"'), inside(), char('"'));
    let open = (char('"'), inside());
    alt((
        closed.map(|text: Option<&str>| Lexeme::Text(text.unwrap_or_default())),
        open.map(|_| Lexeme::OpenText),
    ))
    .parse(input)
}

/// The longest operator or mark that the input begins with.
fn sign(input: &str) -> IResult<&str, Lexeme<'_>> {
    let (spelling, lexeme) = signs()
        .filter(|(spelling, _)| input.starts_with(spelling))
        .max_by_key(|(spelling, _)| spelling.chars().count())
        .unwrap_or(("\u{FFFF}", Lexeme::Unknown));
    tag(spelling).map(|_| lexeme.clone()).parse(input)
}

/// Every sign with what it stands for.
fn signs() -> impl Iterator<Item = (&'static str, Lexeme<'static>)> {
    let operators = OPERATORS.iter().flat_map(|row| {
        let operator = row.operator;
        row.spellings
            .iter()
            .map(move |spelling| (*spelling, Lexeme::Operator(operator)))
    });
    operators.chain(
        MARKS
            .iter()
            .map(|(spelling, mark)| (*spelling, Lexeme::Mark(mark))),
    )
}

/// A run of characters that begin nothing, so that a line of them is one error.
fn unknown(input: &str) -> IResult<&str, Lexeme<'_>> {
    let stranger = |letter: char| !begins_token(letter);
    recognize((satisfy(|_| true), take_while(stranger)))
        .map(|_| Lexeme::Unknown)
        .parse(input)
}

fn begins_token(letter: char) -> bool {
    letter.is_whitespace()
        || begins_name(letter)
        || letter.is_ascii_digit()
        || matches!(letter, '#' | '"' | ';')
        || signs().any(|(spelling, _)| spelling.starts_with(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The source texts of the tokens, a bar between two; line ends print as `$`.
    fn check(source: &str, expected: &str) {
        let (tokens, diagnostics) = tokenize(source, 0);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let shown: Vec<&str> = tokens[..tokens.len() - 1]
            .iter()
            .map(|token| match token.kind {
                TokenKind::Newline => "$",
                _ => &source[token.span.start..token.span.end],
            })
            .collect();
        assert_eq!(shown.join("|"), expected);
    }

    fn check_error(source: &str, code: &str, at: &str) {
        let (_, diagnostics) = tokenize(source, 0);
        let span = diagnostics[0].labels[0].span;
        assert_eq!(
            (diagnostics[0].code, &source[span.start..span.end]),
            (code, at)
        );
        assert_eq!(diagnostics.len(), 1);
    }

    #[test]
    fn signs_are_read_longest_first() {
        check("a**b", "a|**|b");
        check("1./x", "1|./|x");
        check("2.*x", "2|.*|x");
        check("1..3", "1|..|3");
        check("A.T", "A|.|T");
        check("Wᵀ", "W|ᵀ");
        check("a->b", "a|->|b");
        check("a==b", "a|==|b");
    }

    #[test]
    fn numbers_end_where_they_should() {
        check("0.5 1e-5 .5", "0.5|1e-5|.5");
        check("2x 2e 2e3", "2|x|2|e|2e3");
    }

    #[test]
    fn lines_and_comments() {
        check("a # b\r\n\n  # c\nd;e", "a|$|d|;|e");
        check("a\rb", "a|$|b");
    }

    #[test]
    fn bad_text_is_reported_once() {
        check_error("a ?? b", "E0002", "??");
        check_error("as \"x\nb", "E0003", "\"x");
        check_error("1e999", "E0004", "1e999");
        check_error("_x", "E0002", "_");
        assert!(tokenize("a²", 0).1[0].help.is_some());
    }
}
