//! Words, symbols and subscripts in an alphabet: what a formula is made of, as text.
//!
//! Scripts are raised and lowered where the alphabet has the signs; otherwise they stand behind a mark, so that nothing is lost.

use crate::alphabet::Alphabet;
use crate::math::{self, Level, Math, Spelling, Symbol};
use crate::text::inline_in;
use std::borrow::Cow;

/// A word; ASCII may have one of its own.
pub(crate) fn word_text(spelling: &Spelling, alphabet: Alphabet) -> Cow<'_, str> {
    match (alphabet, spelling.ascii) {
        (Alphabet::Ascii, Some(own)) => Cow::Borrowed(own),
        _ => alphabet.spell(&spelling.text),
    }
}

/// A symbol with its own scripts, raised and lowered where the alphabet has the signs.
pub(crate) fn symbol_text(symbol: &Symbol, alphabet: Alphabet) -> Cow<'_, str> {
    if symbol.sup.is_none() && symbol.sub.is_none() {
        return word_text(&symbol.base, alphabet);
    }
    let mut text = String::new();
    push_symbol(&mut text, symbol, alphabet);
    Cow::Owned(text)
}

/// Writes a symbol behind what is there.
pub(crate) fn push_symbol(text: &mut String, symbol: &Symbol, alphabet: Alphabet) {
    text.push_str(&word_text(&symbol.base, alphabet));
    if let Some(sup) = &symbol.sup
        && !alphabet.push_superscript(text, &sup.text)
    {
        if sup.text.starts_with(['′', '*']) {
            text.push_str(&sup.text);
        } else {
            text.push('^');
            text.push_str(&script(sup, alphabet));
        }
    }
    if let Some(sub) = &symbol.sub {
        // A lowered word would look like a row of indices.
        let word = sub.text.chars().filter(|sign| sign.is_alphabetic()).count() > 1;
        if word || !alphabet.push_subscript(text, &sub.text) {
            text.push('_');
            text.push_str(&script(sub, alphabet));
        }
    }
}

/// A script behind its mark, with scripts of its own; ASCII puts braces around one that carries marks.
fn script(spelling: &Spelling, alphabet: Alphabet) -> String {
    let spelt = match &spelling.symbol {
        Some(symbol) => symbol_text(symbol, alphabet),
        None => word_text(spelling, alphabet),
    };
    if alphabet == Alphabet::Ascii && spelt.contains(['^', '_']) {
        format!("{{{spelt}}}")
    } else {
        spelt.into_owned()
    }
}

/// Indices below; after an underscore where the alphabet cannot lower them; in brackets where they are more than letters.
pub(crate) fn push_subscripts(text: &mut String, indices: &[Math], alphabet: Alphabet) {
    let long = |index: &Math| plain_index(index, alphabet).chars().count() > 1;
    let apart = alphabet == Alphabet::Ascii && indices.len() > 1 && indices.iter().any(long);
    // `:` is no letter that could be lowered either.
    if apart || indices.iter().any(math::is_compound_index) {
        let spelt: Vec<String> = indices
            .iter()
            .map(|index| inline_in(index, alphabet))
            .map(|index| tight(&index))
            .collect();
        text.push('[');
        text.push_str(&spelt.join(", "));
        text.push(']');
        return;
    }
    let before = text.len();
    let lowered = |index: &Math| alphabet.push_subscript(text, &plain_index(index, alphabet));
    if indices.iter().all(lowered) {
        return;
    }
    text.truncate(before);
    let braces = indices.len() > 1 && alphabet == Alphabet::Unicode;
    text.push_str(if braces { "_{" } else { "_" });
    for index in indices {
        text.push_str(&plain_index(index, alphabet));
    }
    if braces {
        text.push('}');
    }
}

/// Without spaces around signs; a sign between letters that are multiplied, so that they are not read as one name.
fn tight(index: &str) -> String {
    let (value, size) = index.split_once(" mod ").unwrap_or((index, ""));
    let signs: Vec<char> = value.chars().collect();
    let mut text = String::new();
    for (at, sign) in signs.iter().enumerate() {
        let beside = |at: Option<usize>| at.and_then(|at| signs.get(at)).copied();
        let [before, after] = [at.checked_sub(1), Some(at + 1)].map(beside);
        let letters =
            before.is_some_and(char::is_alphabetic) && after.is_some_and(char::is_alphanumeric);
        match sign {
            ' ' if letters => text.push('·'),
            ' ' => {}
            sign => text.push(*sign),
        }
    }
    match size {
        "" => text,
        size => format!("{text} mod {size}"),
    }
}

/// An index as its letter, with the number behind it that another index makes necessary.
fn plain_index(index: &Math, alphabet: Alphabet) -> Cow<'_, str> {
    match index {
        Math::Symbol(symbol) => match &symbol.sub {
            None => alphabet.spell(&symbol.base.text),
            Some(sub) => {
                let numbered = format!("{}{}", symbol.base.text, sub.text);
                Cow::Owned(alphabet.spell(&numbered).into_owned())
            }
        },
        other => Cow::Owned(inline_in(other, alphabet)),
    }
}

/// An exponent: raised where the alphabet can, else behind `^`.
pub(crate) fn raised(exponent: &Math, alphabet: Alphabet) -> String {
    let plain = inline_in(exponent, alphabet);
    let tight = || alphabet.superscript(&plain.replace(' ', ""));
    match alphabet.superscript(&plain).or_else(tight) {
        Some(raised) => raised,
        None if math::level(exponent) == Level::Atom => format!("^{plain}"),
        None => format!("^({plain})"),
    }
}
