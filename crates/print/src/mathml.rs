//! Formulas as presentation MathML, from the same trees as LaTeX.
//!
//! Letters are Unicode, so that browsers draw and screen readers read them without a font or a script of ours. Products without
//! a sign carry the invisible times, functions the invisible sign of application.

use crate::breaking::Markup;
use crate::glyphs;
use crate::latex::{self, tall};
use crate::math::{self, Delimiter, Joiner, Math, Spelling, Symbol};

/// ⁢ between factors, with a little room.
const TIMES: &str = "<mo rspace=\"0.17em\">\u{2062}</mo>";
/// The same where brackets bring their own room.
const TIGHT_TIMES: &str = "<mo>\u{2062}</mo>";
/// What a function is joined to its argument with.
const APPLY: &str = "<mo>\u{2061}</mo>";

/// How formulas are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MathMl {
    /// Whether derivatives have a slash instead of a bar, as in running text.
    pub slashed: bool,
}

/// Text with the signs of HTML escaped.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl MathMl {
    /// A formula without the element around it.
    pub fn math(self, math: &Math) -> String {
        match math {
            Math::Symbol(symbol) => symbol_with(symbol, None),
            Math::Number(digits) => element("mn", digits),
            Math::Word(spelling) => words(&spelling.text),
            Math::Entry { array, indices } => self.entry(array, indices),
            Math::Power { base, exponent } => self.power(base, exponent),
            Math::Transpose(base) => self.transpose(base),
            Math::Fraction { top, bottom } => self.fraction(top, bottom),
            Math::Partial { top, bottoms } => self.partial(top, bottoms),
            Math::Root(inner) => format!("<msqrt>{}</msqrt>", self.math(inner)),
            Math::Exponential(inner) => self.exponential(inner),
            Math::Call {
                function,
                arguments,
            } => self.call(function, arguments),
            Math::Prefixed { function, argument } => format!(
                "<mrow>{}<mo rspace=\"0.17em\">\u{2061}</mo>{}</mrow>",
                self.math(function),
                self.math(argument)
            ),
            Math::Delimited(delimiter, inner) => {
                delimited(*delimiter, &self.math(inner), tall(inner))
            }
            Math::BigSum { indices, body } => {
                let sign = self.big_sum(indices);
                format!("<mrow>{sign}{}</mrow>", self.math(body))
            }
            Math::Sum(terms) => self.sum(terms),
            Math::Product(joiner, factors) => self.product(*joiner, factors),
            Math::Relation { left, sign, right } => format!(
                "<mrow>{}{}{}</mrow>",
                self.math(left),
                relation_sign(sign),
                self.math(right)
            ),
            Math::Sizes(sizes) => self.sizes(sizes),
            Math::Marked(inner) => self.marked(&self.math(inner)),
            Math::Shaped { factor, sizes } => self.with_sizes(factor, sizes),
        }
    }

    /// Indices side by side; commas where one of them is longer than a letter.
    fn listed(self, indices: &[Math]) -> String {
        let spelt: Vec<String> = indices.iter().map(|index| self.math(index)).collect();
        let apart = indices.iter().any(math::is_compound_index);
        let comma = if apart {
            "<mo>,</mo>"
        } else {
            "<mo>\u{2063}</mo>"
        };
        row(&spelt.join(comma), indices.len())
    }

    fn entry(self, array: &Math, indices: &[Math]) -> String {
        let below = self.listed(indices);
        match array {
            Math::Symbol(symbol) => symbol_with(symbol, Some(&below)),
            _ => format!("<msub>{}{below}</msub>", self.math(array)),
        }
    }

    /// A layer's number is not an exponent, so a name that carries one goes into brackets.
    fn power(self, base: &Math, exponent: &Math) -> String {
        let spelt = self.math(base);
        let spelt = if latex::has_superscript(base) {
            delimited(Delimiter::Round, &spelt, false)
        } else {
            spelt
        };
        format!("<msup>{spelt}{}</msup>", self.math(exponent))
    }

    fn transpose(self, base: &Math) -> String {
        const SIGN: &str = "<mi mathvariant=\"normal\">T</mi>";
        match base {
            Math::Symbol(symbol) => scripted(symbol, None, SIGN),
            _ => format!("<msup>{}{SIGN}</msup>", self.math(base)),
        }
    }

    fn fraction(self, top: &Math, bottom: &Math) -> String {
        let small = matches!((top, bottom), (Math::Number(_), Math::Number(_)));
        let quotient = format!("<mfrac>{}{}</mfrac>", self.math(top), self.math(bottom));
        if small {
            format!("<mstyle displaystyle=\"false\">{quotient}</mstyle>")
        } else {
            quotient
        }
    }

    /// `∂a/∂b`, `∂²a/∂b∂c`
    fn partial(self, top: &Math, bottoms: &[Math]) -> String {
        const SIGN: &str = "<mo lspace=\"0\" rspace=\"0\">∂</mo>";
        let sign = match bottoms.len() {
            1 => SIGN.to_owned(),
            _ => format!("<msup>{SIGN}<mn>2</mn></msup>"),
        };
        let above = format!("<mrow>{sign}{}</mrow>", self.math(top));
        let below = bottoms.iter().map(|it| format!("{SIGN}{}", self.math(it)));
        let below = below.collect::<Vec<_>>().join(TIMES);
        if self.slashed {
            format!("<mrow>{above}<mo lspace=\"0\" rspace=\"0\">/</mo><mrow>{below}</mrow></mrow>")
        } else {
            format!("<mfrac>{above}<mrow>{below}</mrow></mfrac>")
        }
    }

    /// A matrix of formulas in round brackets.
    pub fn matrix(self, rows: &[Vec<Math>]) -> String {
        let cell = |cell: &Math| format!("<mtd>{}</mtd>", self.math(cell));
        let row = |row: &Vec<Math>| {
            let cells: String = row.iter().map(cell).collect();
            format!("<mtr>{cells}</mtr>")
        };
        let rows: String = rows.iter().map(row).collect();
        delimited(Delimiter::Round, &format!("<mtable>{rows}</mtable>"), true)
    }

    /// A name with sizes below it.
    pub fn with_sizes(self, name: &Math, sizes: &[Math]) -> String {
        match sizes {
            [] => self.math(name),
            sizes => format!(
                "<munder>{}<mrow class=\"shape\">{}</mrow></munder>",
                self.math(name),
                self.times(sizes)
            ),
        }
    }

    /// A formula with a brace below it and words below that.
    pub fn braced(self, math: &Math, below: &str) -> String {
        let formula = self.math(math);
        format!(
            "<munder><munder>{formula}<mo stretchy=\"true\">⏟</mo></munder><mrow>{below}</mrow></munder>"
        )
    }

    fn exponential(self, inner: &Math) -> String {
        if latex::is_short_exponent(inner) {
            return format!("<msup><mi>e</mi>{}</msup>", self.math(inner));
        }
        let brackets = delimited(Delimiter::Round, &self.math(inner), tall(inner));
        format!("<mrow><mi>exp</mi>{APPLY}{brackets}</mrow>")
    }

    fn call(self, function: &Math, arguments: &[Math]) -> String {
        let spelt: Vec<String> = arguments.iter().map(|it| self.math(it)).collect();
        let inside = spelt.join("<mo>,</mo>");
        let brackets = delimited(Delimiter::Round, &inside, arguments.iter().any(tall));
        format!("<mrow>{}{APPLY}{brackets}</mrow>", self.math(function))
    }

    fn sum(self, terms: &[(bool, Math)]) -> String {
        let mut inside = String::new();
        for (at, (subtracted, term)) in terms.iter().enumerate() {
            inside.push_str(&self.sign(at == 0, *subtracted));
            inside.push_str(&self.math(term));
        }
        format!("<mrow>{inside}</mrow>")
    }

    fn product(self, joiner: Joiner, factors: &[Math]) -> String {
        let mut inside = String::new();
        for (at, factor) in factors.iter().enumerate() {
            if at > 0 {
                inside.push_str(&self.joiner(joiner, &factors[at - 1], factor));
            }
            inside.push_str(&self.math(factor));
        }
        format!("<mrow>{inside}</mrow>")
    }

    fn sizes(self, sizes: &[Math]) -> String {
        if sizes.is_empty() {
            return "<mtext>(scalar)</mtext>".to_owned();
        }
        delimited(Delimiter::Round, &self.times(sizes), false)
    }

    /// `N×h`
    fn times(self, sizes: &[Math]) -> String {
        let sizes: Vec<String> = sizes.iter().map(|size| self.math(size)).collect();
        sizes.join("<mo>×</mo>")
    }
}

impl Markup for MathMl {
    fn inline(&self, math: &Math) -> String {
        self.math(math)
    }

    fn sign(&self, first: bool, subtracted: bool) -> String {
        let sign = match (first, subtracted) {
            (true, false) => "",
            (true, true) => "<mo form=\"prefix\">−</mo>",
            (false, true) => "<mo form=\"infix\">−</mo>",
            (false, false) => "<mo form=\"infix\">+</mo>",
        };
        sign.to_owned()
    }

    fn joiner(&self, joiner: Joiner, before: &Math, after: &Math) -> String {
        let sign = match joiner {
            Joiner::Hadamard => "<mo form=\"infix\">⊙</mo>",
            Joiner::Quotient => "<mo form=\"infix\">⊘</mo>",
            Joiner::Chain if self.slashed => "<mo form=\"infix\">·</mo>",
            Joiner::Chain => TIMES,
            Joiner::Juxtaposed if latex::needs_room(before, after) => TIMES,
            Joiner::Juxtaposed => TIGHT_TIMES,
        };
        sign.to_owned()
    }

    fn big_sum(&self, indices: &[Math]) -> String {
        let below = self.listed(indices);
        format!("<munder><mo movablelimits=\"true\">∑</mo>{below}</munder>")
    }

    fn marked(&self, markup: &str) -> String {
        format!("<mrow class=\"changed\">{markup}</mrow>")
    }

    fn brackets(&self, delimiter: Delimiter, tall: bool) -> [String; 2] {
        let (open, close) = delimiters(delimiter);
        let size = if tall {
            "stretchy=\"true\" symmetric=\"true\" minsize=\"2.2em\""
        } else {
            "stretchy=\"false\""
        };
        let sign = |form: &str, sign: &str| format!("<mo form=\"{form}\" {size}>{sign}</mo>");
        [sign("prefix", open), sign("postfix", close)]
    }
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

fn row(inside: &str, count: usize) -> String {
    if count == 1 {
        inside.to_owned()
    } else {
        format!("<mrow>{inside}</mrow>")
    }
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Round => ("(", ")"),
        Delimiter::Square => ("[", "]"),
        Delimiter::Bars => ("|", "|"),
        Delimiter::Floor => ("⌊", "⌋"),
    }
}

fn delimited(delimiter: Delimiter, inside: &str, tall: bool) -> String {
    let (open, close) = delimiters(delimiter);
    let stretchy = if tall { "" } else { " stretchy=\"false\"" };
    format!(
        "<mrow><mo form=\"prefix\"{stretchy}>{open}</mo>{inside}<mo form=\"postfix\"{stretchy}>{close}</mo></mrow>"
    )
}

fn relation_sign(sign: &Spelling) -> String {
    match sign.text.as_str() {
        "," | ";" => format!("<mo rspace=\"0.28em\">{}</mo>", sign.text),
        ":" => "<mo lspace=\"0\" rspace=\"0\">:</mo>".to_owned(),
        text => element("mo", text),
    }
}

/// A name with its own scripts, and indices below them.
fn symbol_with(symbol: &Symbol, indices: Option<&str>) -> String {
    scripted(symbol, indices, "")
}

/// A name, what stands below it and above it, and one more sign above.
fn scripted(symbol: &Symbol, indices: Option<&str>, raised: &str) -> String {
    let base = letters(&symbol.base.text);
    let own = symbol.sub.as_ref().map(script);
    let below = indices.map(str::to_owned).or(own);
    let above = symbol.sup.as_ref().map(script);
    let above = match (above, raised) {
        (Some(above), "") => Some(above),
        (Some(above), raised) => Some(format!(
            "<mrow>{above}<mspace width=\"0.17em\"></mspace>{raised}</mrow>"
        )),
        (None, "") => None,
        (None, raised) => Some(raised.to_owned()),
    };
    match (below, above) {
        (None, None) => base,
        (Some(below), None) => format!("<msub>{base}{below}</msub>"),
        (None, Some(above)) => format!("<msup>{base}{above}</msup>"),
        (Some(below), Some(above)) => format!("<msubsup>{base}{below}{above}</msubsup>"),
    }
}

fn script(spelling: &Spelling) -> String {
    match &spelling.symbol {
        Some(symbol) => symbol_with(symbol, None),
        None => words(&spelling.text),
    }
}

/// A letter slanted, several upright, accents above.
fn letters(text: &str) -> String {
    let mut signs = text.chars();
    let (first, second) = (signs.next(), signs.next());
    let accent = match (first, second) {
        (Some(one), None) => glyphs::taken_apart(one),
        (Some(one), Some(mark)) if signs.next().is_none() => {
            glyphs::accent(mark).map(|accent| (one, accent))
        }
        _ => None,
    };
    match (accent, first, second) {
        (Some((letter, accent)), ..) => format!(
            "<mover accent=\"true\">{}<mo stretchy=\"false\">{}</mo></mover>",
            letters(&letter.to_string()),
            accent.over
        ),
        // LaTeX writes Greek capitals upright.
        (None, Some('Α'..='Ω'), None) => {
            format!("<mi mathvariant=\"normal\">{}</mi>", escape(text))
        }
        _ => element("mi", text),
    }
}

/// A few signs given in Unicode: names, numbers, operators, raised and lowered parts.
fn words(text: &str) -> String {
    if let Some((digit, exponent)) = scientific(text) {
        return format!(
            "<mrow><mn>{digit}</mn><mo>×</mo><msup><mn>10</mn>{}</msup></mrow>",
            words(exponent)
        );
    }
    let plain = text
        .chars()
        .all(|sign| sign.is_ascii_alphabetic() || sign == ' ');
    if plain && text.contains(' ') && text.split(' ').any(|word| word.len() > 1) {
        return element("mtext", text);
    }
    let mut parts: Vec<String> = Vec::new();
    let signs: Vec<char> = text.chars().collect();
    let mut rest = signs.as_slice();
    while let Some(first) = rest.first() {
        let length = run_length(rest);
        let (run, after) = rest.split_at(length);
        rest = after;
        if !first.is_whitespace() {
            push_run(&mut parts, run);
        } else if parts.last().is_some_and(|part| !part.starts_with("<mo"))
            && rest.first().is_some_and(|next| kind(*next) == Kind::Letter)
        {
            parts.push(TIMES.to_owned());
        }
    }
    row(&parts.concat(), parts.len())
}

/// `6e-16`
fn scientific(text: &str) -> Option<(&str, &str)> {
    let (digit, exponent) = text.split_once('e')?;
    let number = |part: &str| part.parse::<i64>().is_ok();
    (number(digit) && number(exponent)).then_some((digit, exponent))
}

/// How a sign is read: what stands together is of one kind.
#[derive(PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Raised,
    Lowered,
    Other,
}

fn kind(sign: char) -> Kind {
    match sign {
        _ if glyphs::unscripted(sign, true).is_some() => Kind::Raised,
        _ if glyphs::unscripted(sign, false).is_some() => Kind::Lowered,
        '0'..='9' => Kind::Digit,
        _ if sign.is_alphabetic() || glyphs::accent(sign).is_some() => Kind::Letter,
        _ => Kind::Other,
    }
}

fn run_length(signs: &[char]) -> usize {
    let first = kind(signs[0]);
    if first == Kind::Other {
        return 1;
    }
    let same = signs.iter().take_while(|sign| kind(**sign) == first);
    same.count()
}

fn push_run(parts: &mut Vec<String>, run: &[char]) {
    let text: String = run.iter().collect();
    let on_the_line = |raised| -> String {
        let signs = run
            .iter()
            .filter_map(|sign| glyphs::unscripted(*sign, raised));
        signs.collect()
    };
    match kind(run[0]) {
        Kind::Letter => parts.push(letters(&text)),
        Kind::Digit => parts.push(element("mn", &text)),
        Kind::Raised => attach(parts, "msup", &on_the_line(true)),
        Kind::Lowered => attach(parts, "msub", &on_the_line(false)),
        Kind::Other if text == "𝟏" => parts.push("<mn class=\"ones\">1</mn>".to_owned()),
        Kind::Other if matches!(text.as_str(), "(" | ")" | "[" | "]") => {
            parts.push(format!(
                "<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">{text}</mo>"
            ));
        }
        Kind::Other => parts.push(element("mo", &text)),
    }
}

/// A script belongs to what stands before it.
fn attach(parts: &mut Vec<String>, element: &str, script: &str) {
    let base = parts.pop().unwrap_or_else(|| "<mrow></mrow>".to_owned());
    let script = match script {
        "T" => "<mi mathvariant=\"normal\">T</mi>".to_owned(),
        script => words(script),
    };
    parts.push(format!("<{element}>{base}{script}</{element}>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_elements() {
        let check = |text: &str, mathml: &str| assert_eq!(words(text), mathml, "{text}");
        check("0", "<mn>0</mn>");
        check("I", "<mi>I</mi>");
        check("tr", "<mi>tr</mi>");
        check("−1", "<mrow><mo>−</mo><mn>1</mn></mrow>");
        check(
            "Aᵀ",
            "<msup><mi>A</mi><mi mathvariant=\"normal\">T</mi></msup>",
        );
        check("not a number", "<mtext>not a number</mtext>");
        check("> 0", "<mrow><mo>&gt;</mo><mn>0</mn></mrow>");
        check(
            "ŷ",
            "<mover accent=\"true\"><mi>y</mi><mo stretchy=\"false\">^</mo></mover>",
        );
    }
}
