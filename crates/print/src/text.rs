//! Formulas as Unicode: on one line, or laid out to a width.
//!
//! A formula that is too long breaks before a `+` or `−`, else between factors; what continues stands under the beginning
//! of what it belongs to.

use crate::flow::{Flow, Layout};
use crate::glyphs;
use crate::math::{self, Delimiter, Joiner, Level, Math, Symbol};

/// The formula on one line.
pub fn inline(math: &Math) -> String {
    let mut line = String::new();
    write_math(math, &mut line);
    line
}

/// The formula laid out to a width, as lines.
pub fn laid_out(math: &Math, width: usize) -> Vec<String> {
    let line = inline(math);
    if columns(&line) <= width {
        return vec![line];
    }
    let mut layout = Layout::default();
    layout.open();
    write_math(math, &mut layout);
    layout.lines(width)
}

/// Columns that a line takes in a terminal. Nothing that is printed is wider than one column; combining marks have none.
pub fn columns(line: &str) -> usize {
    let combining = |sign: &char| ('\u{300}'..='\u{36f}').contains(sign);
    line.chars().filter(|sign| !combining(sign)).count()
}

fn write_math(math: &Math, flow: &mut dyn Flow) {
    match math {
        Math::Symbol(symbol) => flow.text(&symbol_text(symbol)),
        Math::Number(digits) => flow.text(digits),
        Math::Word(spelling) => flow.text(&spelling.text),
        Math::Entry { array, indices } => write_entry(array, indices, flow),
        Math::Power { base, exponent } => {
            write_math(base, flow);
            flow.text(&raised(exponent));
        }
        Math::Transpose(base) => {
            write_math(base, flow);
            flow.text("ᵀ");
        }
        Math::Fraction { top, bottom } => write_fraction(top, bottom, flow),
        Math::Partial { top, bottoms } => {
            flow.text(if bottoms.len() > 1 { "∂²" } else { "∂" });
            write_math(top, flow);
            flow.text("/");
            for bottom in bottoms {
                flow.text("∂");
                write_math(bottom, flow);
            }
        }
        Math::Root(inner) => {
            flow.text("√");
            write_bracketed(inner, math::level(inner) < Level::Atom, flow);
        }
        Math::Exponential(inner) => {
            flow.text("exp");
            write_bracketed(inner, true, flow);
        }
        Math::Call {
            function,
            arguments,
        } => {
            write_math(function, flow);
            write_arguments(arguments, flow);
        }
        Math::Prefixed { function, argument } => {
            write_math(function, flow);
            flow.text(" ");
            write_math(argument, flow);
        }
        Math::Delimited(delimiter, inner) => {
            let (open, close) = delimiters(*delimiter);
            flow.text(open);
            write_block(inner, flow);
            flow.text(close);
        }
        Math::BigSum { indices, body } => {
            flow.text(&format!("Σ{} ", subscripts(indices)));
            write_block(body, flow);
        }
        Math::Sum(terms) => write_sum(terms, flow),
        Math::Product(joiner, factors) => write_product(*joiner, factors, flow),
        Math::Relation { left, sign, right } => {
            write_math(left, flow);
            flow.text(&format!(" {} ", sign.text));
            write_block(right, flow);
        }
        Math::Sizes(sizes) => flow.text(&sizes_text(sizes)),
    }
}

/// A part under whose beginning its other lines stand.
fn write_block(math: &Math, flow: &mut dyn Flow) {
    flow.open();
    write_math(math, flow);
    flow.close(false);
}

fn write_bracketed(math: &Math, brackets: bool, flow: &mut dyn Flow) {
    if brackets {
        flow.text("(");
        write_block(math, flow);
        flow.text(")");
    } else {
        write_math(math, flow);
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

fn write_entry(array: &Math, indices: &[Math], flow: &mut dyn Flow) {
    match array {
        Math::Symbol(symbol) => {
            // A caret that Unicode could not raise would take the indices up with it.
            let name = symbol_text(symbol);
            if name.contains('^') {
                flow.text(&format!("({name})"));
            } else {
                flow.text(&name);
            }
        }
        _ => write_math(array, flow),
    }
    flow.text(&subscripts(indices));
}

/// Indices below; after an underscore where Unicode cannot lower them; in brackets where they are more than letters.
fn subscripts(indices: &[Math]) -> String {
    if indices.iter().any(math::is_compound_index) {
        let spelt: Vec<String> = indices
            .iter()
            .map(|index| inline(index).replace(' ', "").replace("mod", " mod "))
            .collect();
        return format!("[{}]", spelt.join(", "));
    }
    let plain: String = indices.iter().map(plain_index).collect();
    glyphs::subscript(&plain).unwrap_or_else(|| match indices {
        [_] => format!("_{plain}"),
        _ => format!("_{{{plain}}}"),
    })
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
/// A denominator longer than this may stand on a line of its own.
const LONG: usize = 24;

fn write_fraction(top: &Math, bottom: &Math, flow: &mut dyn Flow) {
    let nested = |part: &Math| matches!(part, Math::Fraction { .. });
    let loose = math::level(top) < Level::Hadamard;
    write_bracketed(top, loose || nested(top), flow);
    flow.text("/");
    if columns(&inline(bottom)) > LONG {
        flow.soft_break();
    }
    let loose = math::level(bottom) < Level::Raised;
    write_bracketed(bottom, loose || nested(bottom), flow);
}

fn write_arguments(arguments: &[Math], flow: &mut dyn Flow) {
    flow.text("(");
    flow.open();
    for (at, argument) in arguments.iter().enumerate() {
        if at > 0 {
            flow.text(",");
            flow.soft_space();
        }
        write_block(argument, flow);
    }
    flow.close(false);
    flow.text(")");
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Round => ("(", ")"),
        Delimiter::Square => ("[", "]"),
        Delimiter::Floor => ("⌊", "⌋"),
        Delimiter::Bars => ("|", "|"),
    }
}

/// Terms on one line, or else each on its own.
fn write_sum(terms: &[(bool, Math)], flow: &mut dyn Flow) {
    flow.open();
    for (at, (subtracted, term)) in terms.iter().enumerate() {
        if at > 0 {
            flow.block_space();
        }
        flow.text(match (at, subtracted) {
            (0, false) => "",
            (0, true) => "−",
            (_, false) => "+ ",
            (_, true) => "− ",
        });
        flow.open();
        write_math(term, flow);
        flow.close(true);
    }
    flow.close(true);
}

fn write_product(joiner: Joiner, factors: &[Math], flow: &mut dyn Flow) {
    flow.open();
    for (at, factor) in factors.iter().enumerate() {
        if at > 0 && !(joiner == Joiner::Juxtaposed && close(&factors[at - 1], factor)) {
            flow.soft_space();
            flow.text(match joiner {
                Joiner::Juxtaposed => "",
                Joiner::Hadamard => "⊙ ",
                Joiner::Quotient => "⊘ ",
                Joiner::Chain => "· ",
            });
        }
        // A fraction beside another factor would seem to divide by that one too.
        let divides = matches!(factor, Math::Fraction { .. } | Math::Partial { .. });
        let alone = factors.len() == 1 || joiner == Joiner::Chain;
        write_bracketed(factor, divides && !alone, flow);
    }
    flow.close(false);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{number, product, word};

    fn check(math: &Math, width: usize, lines: &[&str]) {
        assert_eq!(laid_out(math, width), lines);
    }

    #[test]
    fn long_formulas_break_at_signs_and_then_between_factors() {
        let letters = |letters: &str| {
            let factors = letters.chars().map(|letter| word(&letter.to_string(), ""));
            product(Joiner::Juxtaposed, factors.collect())
        };
        let sum = Math::Sum(vec![
            (false, letters("abcdef")),
            (true, letters("uvwxyz")),
            (false, number(1)),
        ]);
        check(&sum, 40, &["a b c d e f − u v w x y z + 1"]);
        check(&sum, 20, &["a b c d e f", "− u v w x y z", "+ 1"]);
        check(&sum, 10, &["a b c d e", "f", "− u v w x", "  y z", "+ 1"]);
        let product = product(Joiner::Hadamard, vec![sum, letters("a")]);
        check(
            &product,
            20,
            &["(a b c d e f", " − u v w x y z", " + 1) ⊙ a"],
        );
    }
}
