//! Which characters make names, and the canonical spelling of each.
//!
//! A name is stored in ASCII wherever the language knows an ASCII spelling: `θ` is `theta`, `ŷ` is `yhat`, `W₁` is
//! `W1`, since that is how those names are printed. Any other letter stands for itself. Nothing here can fail.

/// Greek letters and their variants, with the names they are spelled by.
#[rustfmt::skip]
pub const GREEK: &[(char, &str)] = &[
    ('α', "alpha"), ('β', "beta"), ('γ', "gamma"), ('δ', "delta"), ('ε', "epsilon"), ('ζ', "zeta"),
    ('η', "eta"), ('θ', "theta"), ('ι', "iota"), ('κ', "kappa"), ('λ', "lambda"), ('μ', "mu"),
    ('ν', "nu"), ('ξ', "xi"), ('ο', "omicron"), ('π', "pi"), ('ρ', "rho"), ('σ', "sigma"),
    ('τ', "tau"), ('υ', "upsilon"), ('φ', "phi"), ('χ', "chi"), ('ψ', "psi"), ('ω', "omega"),
    ('Α', "Alpha"), ('Β', "Beta"), ('Γ', "Gamma"), ('Δ', "Delta"), ('Ε', "Epsilon"), ('Ζ', "Zeta"),
    ('Η', "Eta"), ('Θ', "Theta"), ('Ι', "Iota"), ('Κ', "Kappa"), ('Λ', "Lambda"), ('Μ', "Mu"),
    ('Ν', "Nu"), ('Ξ', "Xi"), ('Ο', "Omicron"), ('Π', "Pi"), ('Ρ', "Rho"), ('Σ', "Sigma"),
    ('Τ', "Tau"), ('Υ', "Upsilon"), ('Φ', "Phi"), ('Χ', "Chi"), ('Ψ', "Psi"), ('Ω', "Omega"),
    // Other shapes of the same letters: final sigma, the symbol forms, the micro, ohm and increment signs.
    ('ς', "sigma"), ('ϵ', "epsilon"), ('ϑ', "theta"), ('ϕ', "phi"), ('ϖ', "pi"), ('ϱ', "rho"),
    ('ϰ', "kappa"), ('ϴ', "Theta"), ('µ', "mu"), ('\u{2126}', "Omega"), ('∆', "Delta"),
];

/// Letters with an accent that the printers give to names ending in `hat`, `bar` or `tilde`.
#[rustfmt::skip]
const ACCENTED: &[(char, &str)] = &[
    ('â', "ahat"), ('ĉ', "chat"), ('ê', "ehat"), ('ĝ', "ghat"), ('ĥ', "hhat"), ('î', "ihat"), ('ĵ', "jhat"),
    ('ô', "ohat"), ('ŝ', "shat"), ('û', "uhat"), ('ŵ', "what"), ('ŷ', "yhat"), ('ẑ', "zhat"),
    ('Â', "Ahat"), ('Ĉ', "Chat"), ('Ê', "Ehat"), ('Ĝ', "Ghat"), ('Ĥ', "Hhat"), ('Î', "Ihat"), ('Ĵ', "Jhat"),
    ('Ô', "Ohat"), ('Ŝ', "Shat"), ('Û', "Uhat"), ('Ŵ', "What"), ('Ŷ', "Yhat"), ('Ẑ', "Zhat"),
    ('ā', "abar"), ('ē', "ebar"), ('ī', "ibar"), ('ō', "obar"), ('ū', "ubar"), ('ȳ', "ybar"), ('ḡ', "gbar"),
    ('Ā', "Abar"), ('Ē', "Ebar"), ('Ī', "Ibar"), ('Ō', "Obar"), ('Ū', "Ubar"), ('Ȳ', "Ybar"), ('Ḡ', "Gbar"),
    ('ã', "atilde"), ('ẽ', "etilde"), ('ĩ', "itilde"), ('ñ', "ntilde"), ('õ', "otilde"), ('ũ', "utilde"),
    ('ṽ', "vtilde"), ('ỹ', "ytilde"), ('Ã', "Atilde"), ('Ẽ', "Etilde"), ('Ĩ', "Itilde"), ('Ñ', "Ntilde"),
    ('Õ', "Otilde"), ('Ũ', "Utilde"), ('Ṽ', "Vtilde"), ('Ỹ', "Ytilde"),
];

/// Marks that may follow the first letter of a name: combining accents and subscript digits.
#[rustfmt::skip]
const FOLLOWING: &[(char, &str)] = &[
    ('\u{302}', "hat"), ('\u{304}', "bar"), ('\u{305}', "bar"), ('\u{303}', "tilde"),
    ('₀', "0"), ('₁', "1"), ('₂', "2"), ('₃', "3"), ('₄', "4"),
    ('₅', "5"), ('₆', "6"), ('₇', "7"), ('₈', "8"), ('₉', "9"),
];

/// Whether a name may begin with this character. `ᵀ` is a letter to Unicode and the transpose to us.
pub fn begins_name(letter: char) -> bool {
    letter != 'ᵀ' && (letter.is_alphabetic() || letter == '∆')
}

/// Whether a name may go on with this character.
pub fn continues_name(letter: char) -> bool {
    begins_name(letter)
        || letter.is_ascii_digit()
        || letter == '_'
        || find(FOLLOWING, letter).is_some()
}

/// The canonical spelling of a name: `θ1` gives `theta1`.
pub fn canonical_name(written: &str) -> String {
    let mut name = String::with_capacity(written.len());
    for letter in written.chars() {
        match spelling(letter) {
            Some(text) => name.push_str(text),
            None => name.push(letter),
        }
    }
    name
}

/// The ASCII spelling of a letter that has one.
fn spelling(letter: char) -> Option<&'static str> {
    if letter.is_ascii() {
        return None;
    }
    [GREEK, ACCENTED, FOLLOWING]
        .iter()
        .find_map(|table| find(table, letter))
}

/// The row of a letter.
fn find(table: &[(char, &'static str)], letter: char) -> Option<&'static str> {
    table
        .iter()
        .find(|(key, _)| *key == letter)
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: &str) {
        assert_eq!(canonical_name(written), expected);
    }

    #[test]
    fn greek_letters_have_ascii_names() {
        check("θ", "theta");
        check("Δ", "Delta");
        check("ς", "sigma");
        check("ϵ", "epsilon");
        check("ε", "epsilon");
        check("ϕ", "phi");
        check("φ1", "phi1");
        check("µ", "mu");
    }

    #[test]
    fn printed_names_read_back() {
        check("ŷ", "yhat");
        check("x\u{302}", "xhat");
        check("W₁", "W1");
        check("ж", "ж");
    }

    #[test]
    fn all_letters_of_the_greek_alphabet_are_there() {
        for letter in ('α'..='ω').chain('Α'..='Ρ').chain('Σ'..='Ω') {
            assert!(spelling(letter).is_some(), "{letter}");
        }
    }

    #[test]
    fn the_transpose_is_no_letter() {
        assert!(
            !begins_name('ᵀ') && !continues_name('ᵀ') && !begins_name('_') && !begins_name('1')
        );
    }
}
