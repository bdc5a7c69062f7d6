//! Formulas as LaTeX, with commands that KaTeX and amsmath both know.

use crate::glyphs;
use crate::math::{Delimiter, Joiner, Level, Math, Symbol};
use crate::{math, text};

/// The formula on one line.
pub fn inline(math: &Math) -> String {
    match math {
        Math::Symbol(symbol) => symbol_latex(symbol),
        Math::Number(digits) => digits.clone(),
        Math::Word(spelling) => spelling.latex.clone(),
        // A slice of a slice: TeX has no second subscript.
        Math::Entry { array, indices } if matches!(**array, Math::Entry { .. }) => {
            format!("({})_{{{}}}", inline(array), listed(indices))
        }
        Math::Entry { array, indices } => format!("{}_{{{}}}", inline(array), listed(indices)),
        Math::Power { base, exponent } => power_latex(base, exponent),
        Math::Transpose(base) => transpose_latex(base),
        Math::Fraction { top, bottom } => {
            let small = matches!((&**top, &**bottom), (Math::Number(_), Math::Number(_)));
            let command = if small { r"\tfrac" } else { r"\frac" };
            format!("{command}{{{}}}{{{}}}", inline(top), inline(bottom))
        }
        Math::Partial { top, bottoms } => {
            let (above, below) = partial_latex(top, bottoms);
            format!(r"\frac{{{above}}}{{{below}}}")
        }
        Math::Root(inner) => format!(r"\sqrt{{{}}}", inline(inner)),
        Math::Exponential(inner) => exponential_latex(inner),
        Math::Call {
            function,
            arguments,
        } => call_latex(function, arguments),
        Math::Prefixed { function, argument } => {
            format!("{} {}", inline(function), inline(argument))
        }
        Math::Delimited(delimiter, inner) => delimited(*delimiter, &inline(inner), tall(inner)),
        Math::BigSum { indices, body } => format!("{} {}", big_sum(indices), inline(body)),
        Math::Sum(terms) => sum_latex(terms),
        Math::Product(joiner, factors) => product_latex(*joiner, factors),
        Math::Relation { left, sign, right } => {
            format!("{} {} {}", inline(left), sign.latex, inline(right))
        }
        Math::Sizes(sizes) => sizes_latex(sizes),
        Math::Marked(inner) => format!(r"\underline{{{}}}", inline(inner)),
        Math::Shaped { factor, sizes } => {
            format!(r"\underset{{{}}}{{{}}}", times(sizes), inline(factor))
        }
    }
}

fn symbol_latex(symbol: &Symbol) -> String {
    let mut latex = symbol.base.latex.clone();
    if let Some(sub) = &symbol.sub {
        latex.push_str(&format!("_{{{}}}", sub.latex));
    }
    if let Some(sup) = &symbol.sup {
        latex.push_str(&format!("^{{{}}}", sup.latex));
    }
    latex
}

/// Indices side by side; commas where one of them is longer than a letter.
fn listed(indices: &[Math]) -> String {
    let spelt: Vec<String> = indices.iter().map(inline).collect();
    if indices.iter().any(math::is_compound_index) {
        return spelt.join(r",\,");
    }
    let plain = spelt.iter().all(|index| index.len() == 1);
    spelt.join(if plain { "" } else { "," })
}

/// A layer's number is not an exponent, so a name that carries one goes into brackets.
fn power_latex(base: &Math, exponent: &Math) -> String {
    let spelt = inline(base);
    let spelt = if has_superscript(base) {
        delimited(Delimiter::Round, &spelt, false)
    } else {
        spelt
    };
    format!("{spelt}^{{{}}}", inline(exponent))
}

/// Whether the formula ends in something raised that is part of its name.
pub fn has_superscript(base: &Math) -> bool {
    match base {
        Math::Symbol(symbol) => symbol.sup.is_some(),
        Math::Entry { array, .. } => has_superscript(array),
        Math::Marked(inner) | Math::Shaped { factor: inner, .. } => has_superscript(inner),
        _ => false,
    }
}

/// The sign of transposition stands beside a layer's number.
fn transpose_latex(base: &Math) -> String {
    match base {
        Math::Symbol(symbol) => {
            let mut symbol = Symbol::clone(symbol);
            let before = symbol.sup.take().unwrap_or_default();
            let space = if before.latex.is_empty() { "" } else { r"\," };
            symbol.sup = Some(math::Spelling::new(
                "",
                format!(r"{}{space}\top", before.latex),
            ));
            symbol_latex(&symbol)
        }
        _ => format!(r"{}^{{\top}}", inline(base)),
    }
}

/// Whether `e^a` is easier to read than `exp(a)`.
pub fn is_short_exponent(inner: &Math) -> bool {
    text::columns(&text::inline(inner)) <= 12 && !tall(inner)
}

fn exponential_latex(inner: &Math) -> String {
    if is_short_exponent(inner) {
        format!("e^{{{}}}", inline(inner))
    } else {
        format!(
            r"\exp{}",
            delimited(Delimiter::Round, &inline(inner), tall(inner))
        )
    }
}

fn call_latex(function: &Math, arguments: &[Math]) -> String {
    let spelt: Vec<String> = arguments.iter().map(inline).collect();
    let tall = arguments.iter().any(tall);
    let brackets = delimited(Delimiter::Round, &spelt.join(", "), tall);
    let tight = if tall { r"\!" } else { "" };
    format!("{}{tight}{brackets}", inline(function))
}

fn delimited(delimiter: Delimiter, inside: &str, tall: bool) -> String {
    let (open, close) = delimiters(delimiter);
    if tall {
        format!(r"\left{open} {inside} \right{close}")
    } else {
        format!("{open}{inside}{close}")
    }
}

/// The two delimiters.
pub fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Round => ("(", ")"),
        Delimiter::Square => ("[", "]"),
        Delimiter::Floor => (r"\lfloor ", r"\rfloor "),
        Delimiter::Bars => (r"\lvert ", r"\rvert "),
    }
}

/// Whether a formula is higher than a line, so that its brackets have to grow.
pub fn tall(math: &Math) -> bool {
    match math {
        Math::BigSum { .. } | Math::Partial { .. } => true,
        Math::Fraction { top, bottom } => {
            !matches!((&**top, &**bottom), (Math::Number(_), Math::Number(_)))
        }
        Math::Sum(terms) => terms.iter().any(|(_, term)| tall(term)),
        Math::Product(_, factors) => factors.iter().any(tall),
        Math::Call { arguments, .. } => arguments.iter().any(tall),
        Math::Entry { array: inner, .. }
        | Math::Power { base: inner, .. }
        | Math::Transpose(inner)
        | Math::Root(inner)
        | Math::Delimited(_, inner)
        | Math::Marked(inner)
        | Math::Shaped { factor: inner, .. } => tall(inner),
        Math::Relation { left, right, .. } => tall(left) || tall(right),
        _ => false,
    }
}

/// `\sum_{ij}`
pub fn big_sum(indices: &[Math]) -> String {
    format!(r"\sum_{{{}}}", listed(indices))
}

fn sum_latex(terms: &[(bool, Math)]) -> String {
    let mut latex = String::new();
    for (at, (subtracted, term)) in terms.iter().enumerate() {
        latex.push_str(match (at, subtracted) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        });
        latex.push_str(&inline(term));
    }
    latex
}

/// What stands before a factor that is not the first.
pub fn joiner_latex(joiner: Joiner, before: &Math, after: &Math) -> &'static str {
    match joiner {
        Joiner::Hadamard => r" \odot ",
        Joiner::Quotient => r" \oslash ",
        Joiner::Chain => r" \, ",
        // The shapes below keep apart.
        Joiner::Juxtaposed if math::both_shaped(before, after) => r" \; ",
        Joiner::Juxtaposed if needs_room(before, after) => r" \, ",
        Joiner::Juxtaposed => " ",
    }
}

/// Two names side by side need a little room; brackets and fractions bring their own.
pub fn needs_room(before: &Math, after: &Math) -> bool {
    let apart = matches!(
        math::bare(after),
        Math::Delimited(Delimiter::Round, _) | Math::BigSum { .. }
    );
    !apart && matches!(math::level(before), Level::Atom | Level::Raised)
}

fn product_latex(joiner: Joiner, factors: &[Math]) -> String {
    let mut latex = String::new();
    for (at, factor) in factors.iter().enumerate() {
        if at > 0 {
            latex.push_str(joiner_latex(joiner, &factors[at - 1], factor));
        }
        latex.push_str(&inline(factor));
    }
    latex
}

fn sizes_latex(sizes: &[Math]) -> String {
    if sizes.is_empty() {
        return r"(\text{scalar})".to_owned();
    }
    format!("({})", times(sizes))
}

/// `N \times h`
pub(crate) fn times(sizes: &[Math]) -> String {
    let sizes: Vec<String> = sizes.iter().map(inline).collect();
    sizes.join(r" \times ")
}

/// What stands above and below the line of a derivative.
fn partial_latex(top: &Math, bottoms: &[Math]) -> (String, String) {
    let order = if bottoms.len() > 1 { "^{2}" } else { "" };
    let below: Vec<String> = bottoms
        .iter()
        .map(|bottom| format!(r"\partial {}", inline(bottom)))
        .collect();
    let above = format!(r"\partial{order} {}", inline(top));
    (above, below.join(r" \, "))
}

/// The formula as it stands in running text: derivatives with a slash, since a fraction there is too small to read.
pub fn slashed(math: &Math) -> Math {
    match math {
        Math::Partial { top, bottoms } => {
            let (above, below) = partial_latex(&slashed(top), bottoms);
            math::word(&text::inline(math), &format!("{above}/{below}"))
        }
        Math::Relation { left, sign, right } => {
            math::relation(slashed(left), sign.clone(), slashed(right))
        }
        Math::Entry { array, indices } => Math::Entry {
            array: Box::new(slashed(array)),
            indices: indices.clone(),
        },
        Math::Delimited(delimiter, inner) => Math::Delimited(*delimiter, Box::new(slashed(inner))),
        other => other.clone(),
    }
}

/// A formula given in Unicode, sign by sign.
pub fn formula(text: &str) -> String {
    let mut latex = String::new();
    let mut last = None;
    let signs: Vec<char> = text.chars().collect();
    for (at, sign) in signs.iter().enumerate() {
        let beside = |other: Option<&char>| other.is_some_and(|other| other.is_alphanumeric());
        let between = at > 0 && beside(signs.get(at - 1)) && beside(signs.get(at + 1));
        match (sign, glyphs::symbol_latex(*sign)) {
            (' ', _) if between => latex.push_str(r"\,"),
            (_, Some(symbol)) if !sign.is_ascii() => push_sign(&mut latex, &mut last, &symbol),
            _ => latex.push(*sign),
        }
    }
    latex
}

/// A formula given in Unicode in which words are names of functions: these stand upright.
pub fn formula_of_functions(text: &str) -> String {
    let word = |sign: char| sign.is_ascii_alphabetic();
    let mut latex = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let end = rest.find(|other| word(other) != word(sign));
        let (part, next) = rest.split_at(end.unwrap_or(rest.len()));
        match word(sign) && part.len() > 1 {
            true => latex.push_str(&format!(r"\operatorname{{{part}}}")),
            false => latex.push_str(&formula(part)),
        }
        rest = next;
    }
    latex
}

/// Running text as LaTeX. What is not ASCII becomes a command, in a formula of its own where it has to be.
pub fn prose(text: &str) -> String {
    let mut latex = String::new();
    let mut formula = String::new();
    let mut last = None;
    for sign in text.chars() {
        let plain = glyphs::punctuation_latex(sign);
        let symbol = (!sign.is_ascii())
            .then(|| glyphs::symbol_latex(sign))
            .flatten();
        match (plain, symbol) {
            (None, Some(symbol)) => push_sign(&mut formula, &mut last, &symbol),
            (plain, _) => {
                flush(&mut latex, &mut formula);
                match plain {
                    Some(command) => latex.push_str(command),
                    None if sign.is_ascii() => latex.push(sign),
                    None => latex.push_str(&accented(sign)),
                }
            }
        }
    }
    flush(&mut latex, &mut formula);
    latex
}

fn flush(latex: &mut String, formula: &mut String) {
    if !formula.is_empty() {
        // An exponent at the beginning needs something to stand on.
        let base = if formula.starts_with(['^', '_']) {
            "{}"
        } else {
            ""
        };
        latex.push_str(&format!(r"\({base}{}\)", formula.trim_end()));
        formula.clear();
    }
}

/// Raised signs that follow one another are one exponent, likewise lowered ones.
fn push_sign(formula: &mut String, last: &mut Option<char>, sign: &str) {
    let script = sign
        .chars()
        .next()
        .filter(|first| matches!(first, '^' | '_'));
    match sign.get(2..) {
        Some(inside) if script.is_some() && script == *last && formula.ends_with('}') => {
            formula.pop();
            formula.push_str(inside);
        }
        _ => formula.push_str(sign),
    }
    *last = script;
}

/// A letter without a command is named by its code point rather than dropped.
fn accented(sign: char) -> String {
    match sign {
        'ŷ' => r"\(\hat{y}\)".to_owned(),
        _ => format!(r"\texttt{{U+{:04X}}}", u32::from(sign)),
    }
}
