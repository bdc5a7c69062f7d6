//! Which signs text may be made of: Unicode, or plain ASCII for what cannot show more.
//!
//! Text goes in as it stands on a Unicode page and comes out in the alphabet. A sign without a row is named by its code point,
//! never dropped.

use crate::glyphs;
use std::borrow::Cow;

/// The signs of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// All of them.
    #[default]
    Unicode,
    /// The printable ones of ASCII.
    Ascii,
}

/// How ASCII spells a sign that is no letter and cannot be raised or lowered, a sign a row.
#[rustfmt::skip]
static SPELLINGS: &[(char, &str)] = &[
    // Formulas.
    ('−', "-"), ('×', "x"), ('·', "*"), ('⊙', ".*"), ('⊘', "./"), ('⊗', "(x)"), ('∂', "d"), ('∑', "sum"), ('√', "sqrt"),
    ('≤', "<="), ('≥', ">="), ('≠', "!="), ('≈', "~="), ('→', "->"), ('←', "<-"), ('∞', "inf"), ('∈', "in"), ('′', "'"),
    ('″', "''"), ('𝟏', "ones"), ('½', "1/2"), ('⟨', "<"), ('⟩', ">"), ('‖', "||"), ('⌊', "floor("), ('⌋', ")"),
    ('⋆', "star"), ('∘', "o"), ('±', "+-"), ('∇', "grad"), ('°', " degrees"),
    // Running text.
    ('“', "\""), ('”', "\""), ('‘', "'"), ('’', "'"), ('–', "-"), ('—', "--"), ('…', "..."), ('\u{a0}', " "),
    // The page.
    ('═', "="), ('─', "-"), ('▸', ">"), ('•', "*"), ('└', "|"), ('⎡', "["), ('⎢', "["), ('⎣', "["), ('⎤', "]"), ('⎥', "]"), ('⎦', "]"), ('‾', "~"),
];

impl Alphabet {
    /// The text in this alphabet.
    pub fn spell(self, text: &str) -> Cow<'_, str> {
        if self == Alphabet::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut speller = Ascii::default();
        let signs: Vec<char> = text.chars().collect();
        let mut rest = signs.as_slice();
        while let Some((sign, after)) = rest.split_first() {
            rest = speller.push(*sign, after);
        }
        Cow::Owned(speller.text)
    }

    /// The text raised, if the alphabet can raise all of it.
    pub fn superscript(self, text: &str) -> Option<String> {
        (self == Alphabet::Unicode)
            .then(|| glyphs::superscript(text))
            .flatten()
    }

    /// Adds the text raised; nothing is added unless the alphabet can raise all of it.
    pub fn push_superscript(self, out: &mut String, text: &str) -> bool {
        self == Alphabet::Unicode && glyphs::push_superscript(out, text)
    }

    /// Adds the text lowered; nothing is added unless the alphabet can lower all of it.
    pub fn push_subscript(self, out: &mut String, text: &str) -> bool {
        self == Alphabet::Unicode && glyphs::push_subscript(out, text)
    }

    /// The text lowered, if the alphabet can lower all of it.
    pub fn subscript(self, text: &str) -> Option<String> {
        (self == Alphabet::Unicode)
            .then(|| glyphs::subscript(text))
            .flatten()
    }
}

/// A text on its way to ASCII.
#[derive(Default)]
struct Ascii {
    text: String,
    /// Whether a letter that follows now would seem to belong to what stands there.
    word: bool,
}

impl Ascii {
    /// Takes a sign, and as many of those after it as belong to it; what is left comes back.
    fn push<'a>(&mut self, sign: char, after: &'a [char]) -> &'a [char] {
        for (raised, mark) in [(true, '^'), (false, '_')] {
            if let Some(first) = glyphs::unscripted(sign, raised) {
                let more = after
                    .iter()
                    .map_while(|sign| glyphs::unscripted(*sign, raised));
                let run: String = std::iter::once(first).chain(more).collect();
                let rest = &after[run.chars().count() - 1..];
                let run = Alphabet::Ascii.spell(&run);
                self.push_script(mark, &run);
                return rest;
            }
        }
        if sign.is_ascii() {
            self.push_letters(&sign.to_string(), false);
        } else if let Some((_, spelling)) = SPELLINGS.iter().find(|(known, _)| *known == sign) {
            self.push_letters(spelling, spelling.len() > 1);
        } else if let Some(name) = glyphs::greek_name(sign) {
            self.push_letters(name, true);
        } else if let Some((letter, accent)) = glyphs::taken_apart(sign) {
            self.push_letters(&format!("{letter}{}", accent.suffix), true);
        } else if let Some(accent) = glyphs::accent(sign) {
            self.text.push_str(accent.suffix);
            self.word = true;
        } else {
            self.push_letters(&format!("U+{:04X}", u32::from(sign)), true);
        }
        after
    }

    fn push_letters(&mut self, letters: &str, word: bool) {
        if self.word && letters.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            self.text.push(' ');
        }
        self.text.push_str(letters);
        self.word = word && letters.ends_with(|last: char| last.is_ascii_alphanumeric());
    }

    fn push_script(&mut self, mark: char, run: &str) {
        let inner = run.get(1..).unwrap_or_default();
        let loose = inner.contains(['+', '-']) && !run.starts_with('(');
        self.text.push(mark);
        self.text.push_str(&if loose {
            format!("({run})")
        } else {
            run.to_owned()
        });
        self.word = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_readable_and_drops_nothing() {
        let check = |text: &str, ascii: &str| assert_eq!(Alphabet::Ascii.spell(text), ascii);
        check("δ⁽²⁾ᵢⱼ = ∂L/∂Z", "delta^(2)_ij = dL/dZ");
        check("𝟏ᵀA, and 𝟏bᵀ", "ones^T A, and ones b^T");
        check("A⁻¹ xⁿ⁻¹ ≠ 0", "A^-1 x^(n-1) != 0");
        check("ŷ x\u{302} μ\u{304}₁", "yhat xhat mubar_1");
        check("“no” — 180°", "\"no\" -- 180 degrees");
        check("日", "U+65E5");
    }
}
