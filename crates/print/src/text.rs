//! Formulas as Unicode: on one line, or laid out to a width.
//!
//! A formula that is too long breaks before a `+` or `−`, else between factors; what continues stands under the beginning
//! of what it belongs to.

use crate::glyphs;
use crate::math::{self, Delimiter, Joiner, Level, Math, Symbol};
use pretty::{DocAllocator, RcAllocator, RcDoc};

type Doc = RcDoc<'static, ()>;

/// The formula on one line.
pub fn inline(math: &Math) -> String {
    render(doc(math), usize::MAX / 4)
}

/// The formula laid out to a width, as lines.
pub fn laid_out(math: &Math, width: usize) -> Vec<String> {
    let text = render(aligned(doc(math)), width);
    text.lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Columns that a line takes in a terminal. Nothing that is printed is wider than one column; combining marks have none.
pub fn columns(line: &str) -> usize {
    let combining = |sign: &char| ('\u{300}'..='\u{36f}').contains(sign);
    line.chars().filter(|sign| !combining(sign)).count()
}

fn render(doc: Doc, width: usize) -> String {
    let mut text = String::new();
    doc.render_fmt(width, &mut text)
        .expect("writing to a string cannot fail");
    text
}

fn text(text: impl Into<String>) -> Doc {
    RcDoc::as_string(text.into())
}

/// What continues stands under the beginning.
fn aligned(doc: Doc) -> Doc {
    RcAllocator.nil().append(doc).align().into_doc()
}

/// A space where the line may break if what follows does not fit.
fn break_if_needed() -> Doc {
    RcDoc::softline()
}

fn doc(math: &Math) -> Doc {
    match math {
        Math::Symbol(symbol) => text(symbol_text(symbol)),
        Math::Number(digits) => text(digits.clone()),
        Math::Word(spelling) => text(spelling.text.clone()),
        Math::Entry { array, indices } => entry_doc(array, indices),
        Math::Power { base, exponent } => doc(base).append(text(raised(exponent))),
        Math::Transpose(base) => doc(base).append(text("ᵀ")),
        Math::Fraction { top, bottom } => fraction_doc(top, bottom),
        Math::Partial { top, bottom } => text("∂")
            .append(doc(top))
            .append(text("/∂"))
            .append(doc(bottom)),
        Math::Root(inner) => match math::level(inner) {
            Level::Atom => text("√").append(doc(inner)),
            _ => text("√").append(delimited("(", inner, ")")),
        },
        Math::Exponential(inner) => text("exp").append(delimited("(", inner, ")")),
        Math::Call {
            function,
            arguments,
        } => doc(function).append(arguments_doc(arguments)),
        Math::Prefixed { function, argument } => {
            doc(function).append(text(" ")).append(doc(argument))
        }
        Math::Delimited(delimiter, inner) => {
            let (open, close) = delimiters(*delimiter);
            delimited(open, inner, close)
        }
        Math::BigSum { indices, body } => {
            let sign = format!("Σ{} ", subscripts(indices));
            text(sign).append(aligned(doc(body)))
        }
        Math::Sum(terms) => sum_doc(terms),
        Math::Product(joiner, factors) => product_doc(*joiner, factors),
        Math::Relation { left, sign, right } => doc(left)
            .append(text(format!(" {} ", sign.text)))
            .append(aligned(doc(right))),
        Math::Sizes(sizes) => text(sizes_text(sizes)),
    }
}

/// A symbol with its own scripts, in Unicode where Unicode has them.
fn symbol_text(symbol: &Symbol) -> String {
    let mut text = symbol.base.text.clone();
    if let Some(sup) = &symbol.sup {
        let kept = sup.text.starts_with(['′', '*']);
        match glyphs::superscript(&sup.text) {
            Some(raised) => text.push_str(&raised),
            None if kept => text.push_str(&sup.text),
            None => text.push_str(&format!("^{}", sup.text)),
        }
    }
    if let Some(sub) = &symbol.sub {
        // A lowered word would look like a row of indices.
        let word = sub.text.chars().filter(|sign| sign.is_alphabetic()).count() > 1;
        match glyphs::subscript(&sub.text) {
            Some(lowered) if !word => text.push_str(&lowered),
            _ => text.push_str(&format!("_{}", sub.text)),
        }
    }
    text
}

fn entry_doc(array: &Math, indices: &[Math]) -> Doc {
    // A caret that Unicode could not raise would take the indices up with it.
    let name = inline(array);
    let array = match array {
        Math::Symbol(_) if name.contains('^') => text(format!("({name})")),
        _ => doc(array),
    };
    array.append(text(subscripts(indices)))
}

/// Indices below; after an underscore where Unicode cannot lower them.
fn subscripts(indices: &[Math]) -> String {
    let plain: String = indices.iter().map(plain_index).collect();
    glyphs::subscript(&plain).unwrap_or_else(|| format!("_{{{plain}}}"))
}

fn plain_index(index: &Math) -> String {
    match index {
        Math::Symbol(symbol) => {
            let sub = symbol.sub.as_ref().map_or("", |sub| sub.text.as_str());
            format!("{}{sub}", symbol.base.text)
        }
        other => inline(other),
    }
}

fn raised(exponent: &Math) -> String {
    let plain = inline(exponent);
    match glyphs::superscript(&plain) {
        Some(raised) => raised,
        None if math::level(exponent) == Level::Atom => format!("^{plain}"),
        None => format!("^({plain})"),
    }
}

/// `a/b`, with the brackets that one line needs.
fn fraction_doc(top: &Math, bottom: &Math) -> Doc {
    let top = match math::level(top) {
        _ if matches!(top, Math::Fraction { .. }) => delimited("(", top, ")"),
        Level::Relation | Level::Sum | Level::BigSum => delimited("(", top, ")"),
        _ => doc(top),
    };
    let bottom = match math::level(bottom) {
        Level::Raised if !matches!(bottom, Math::Fraction { .. }) => doc(bottom),
        Level::Atom => doc(bottom),
        _ => delimited("(", bottom, ")"),
    };
    top.append(text("/")).append(bottom)
}

fn arguments_doc(arguments: &[Math]) -> Doc {
    let separator = text(",").append(break_if_needed());
    let inside = RcDoc::intersperse(
        arguments.iter().map(|argument| aligned(doc(argument))),
        separator,
    );
    text("(").append(aligned(inside)).append(text(")"))
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Round => ("(", ")"),
        Delimiter::Square => ("[", "]"),
        Delimiter::Bars => ("|", "|"),
    }
}

fn delimited(open: &'static str, inner: &Math, close: &'static str) -> Doc {
    text(open).append(aligned(doc(inner))).append(text(close))
}

/// Terms on one line, or else each on its own.
fn sum_doc(terms: &[(bool, Math)]) -> Doc {
    let mut sum = RcDoc::nil();
    for (at, (subtracted, term)) in terms.iter().enumerate() {
        let sign = match (at, subtracted) {
            (0, false) => RcDoc::nil(),
            (0, true) => text("−"),
            (_, false) => RcDoc::line().append(text("+ ")),
            (_, true) => RcDoc::line().append(text("− ")),
        };
        sum = sum.append(sign).append(aligned(doc(term)).group());
    }
    aligned(sum).group()
}

fn product_doc(joiner: Joiner, factors: &[Math]) -> Doc {
    let mut product = RcDoc::nil();
    for (at, factor) in factors.iter().enumerate() {
        let between = match (at, joiner) {
            (0, _) => RcDoc::nil(),
            (_, Joiner::Juxtaposed) if close(&factors[at - 1], factor) => RcDoc::nil(),
            (_, Joiner::Juxtaposed) => break_if_needed(),
            (_, Joiner::Hadamard) => break_if_needed().append(text("⊙ ")),
            (_, Joiner::Quotient) => break_if_needed().append(text("⊘ ")),
            (_, Joiner::Chain) => break_if_needed().append(text("· ")),
        };
        // A fraction beside another factor would seem to divide by that one too.
        let lone = factors.len() == 1 || joiner == Joiner::Chain;
        let factor_doc = match factor {
            Math::Fraction { .. } if !lone => delimited("(", factor, ")"),
            Math::Partial { .. } if !lone => delimited("(", factor, ")"),
            _ => doc(factor),
        };
        product = product.append(between).append(factor_doc);
    }
    aligned(product)
}

/// `(1/N)(a + b)` and `2(a + b)` read as one.
fn close(before: &Math, after: &Math) -> bool {
    let opens = matches!(after, Math::Delimited(Delimiter::Round, _));
    opens && matches!(before, Math::Fraction { .. } | Math::Number(_))
}

/// `(N×h)`
fn sizes_text(sizes: &[Math]) -> String {
    if sizes.is_empty() {
        return "(scalar)".to_owned();
    }
    let sizes: Vec<String> = sizes.iter().map(inline).collect();
    format!("({})", sizes.join("×"))
}
