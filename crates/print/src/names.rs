//! How names print: Greek letters, accents, numbers below, layers above, cotangents as error signals.

use crate::glyphs::{self, ACCENTS, Accent};
use crate::math::{self, Math, Spelling, Symbol};
use derive_graph::{Name, Network, Role};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// The formulas of names and letters, each made when it is first asked for.
#[derive(Debug, Default)]
pub struct Lexicon {
    known: RefCell<FxHashMap<Name, Math>>,
    letters: RefCell<FxHashMap<String, Math>>,
}

impl Lexicon {
    /// The formula of a name; one that the network does not know is spelt by its letters.
    pub fn math(&self, name: &Name, network: &Network) -> Math {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let math = name_math(name, network);
        self.known.borrow_mut().insert(name.clone(), math.clone());
        math
    }

    /// The formula of an index's letter.
    pub fn letter(&self, letter: &str) -> Math {
        if let Some(known) = self.letters.borrow().get(letter) {
            return known.clone();
        }
        let math = letter_math(letter);
        self.letters
            .borrow_mut()
            .insert(letter.to_owned(), math.clone());
        math
    }
}

/// A letter, or one with its number below: `k₁`.
fn letter_math(letter: &str) -> Math {
    let numbered = letter.strip_prefix('k').filter(|rest| !rest.is_empty());
    let plain = |digits: &str| -> String {
        let digit = |c: char| char::from_digit(u32::from(c).wrapping_sub(u32::from('₀')), 10);
        digits.chars().filter_map(digit).collect()
    };
    math::symbol(Symbol {
        base: Spelling::same(if numbered.is_some() { "k" } else { letter }),
        sub: numbered.map(|digits| Spelling::same(&plain(digits))),
        sup: None,
    })
}

/// The name of nothing in particular: the place of an argument.
pub const HOLE: &str = "·";

/// The formula for a name of the network: an array, a scalar, a dimension or a cotangent.
pub fn name_math(name: &Name, network: &Network) -> Math {
    if name.as_str() == HOLE {
        let hole = Spelling {
            ascii: Some("."),
            ..Spelling::new(HOLE, r"{\cdot}")
        };
        return math::symbol(symbol_of(hole));
    }
    if let Some((loss, variable)) = name.as_derivative() {
        let signal = signal_math(&variable, "delta", network);
        return signal.unwrap_or_else(|| {
            math::partial(name_math(&loss, network), name_math(&variable, network))
        });
    }
    match name.of_cotangent() {
        // Beside the error signals of the first derivatives those of the second need a letter of their own.
        Some(variable) => {
            let letter = if network.symbols.have_derivatives() {
                "epsilon"
            } else {
                "delta"
            };
            let signal = signal_math(&variable, letter, network);
            signal.unwrap_or_else(|| derivative_math(&variable, network))
        }
        None => math::symbol(symbol(name, network)),
    }
}

/// `∂L/∂V`, whatever V is; `∂²L/∂W∂V` where the loss is ∂L/∂W and V is declared.
pub fn derivative_math(variable: &Name, network: &Network) -> Math {
    let by = name_math(variable, network);
    match network.loss.name.as_derivative() {
        Some((loss, first)) => {
            let (loss, first) = (name_math(&loss, network), name_math(&first, network));
            again(loss, first, variable, by, network)
        }
        None => math::partial(name_math(&network.loss.name, network), by),
    }
}

/// The derivative of ∂L/∂W by a variable: a second derivative of L where it is by a declared array, since then nothing is held fixed.
pub fn again(loss: Math, first: Math, variable: &Name, by: Math, network: &Network) -> Math {
    let declared = network
        .symbol(variable)
        .is_some_and(|symbol| symbol.role != Role::Intermediate);
    match declared {
        true => math::second_partial(loss, first, by),
        false => math::partial(math::partial(loss, first), by),
    }
}

/// `δ^{(l)}` for what a layer feeds to its activation, `δ^{A}` for another intermediate, none for anything else.
fn signal_math(variable: &Name, letter: &str, network: &Network) -> Option<Math> {
    let declared = network.symbol(variable);
    let delta = || glyphs_spelling(letter);
    let layer = declared.and_then(|symbol| symbol.layer.as_ref());
    match (declared.map(|symbol| symbol.role), layer) {
        (Some(Role::Intermediate), Some(layer)) if layer.stem == "Z" => {
            let mut error = symbol_of(delta());
            attach_label(&mut error, &layer.label);
            attach_member(&mut error, variable);
            Some(math::symbol(error))
        }
        (Some(Role::Intermediate), _) if variable.as_str().starts_with("Z{") => {
            let mut error = symbol_of(delta());
            error.sup = plain_symbol(variable.as_str()).sup;
            Some(math::symbol(error))
        }
        (Some(Role::Intermediate), _) => {
            let Math::Symbol(own) = name_math(variable, network) else {
                return None;
            };
            let mut error = symbol_of(delta());
            // δᵀ would be a transpose.
            let bare = own.sub.is_none() && own.sup.is_none();
            error.sup = Some(match own.base.text == "T" && bare {
                true => Spelling::same("(T)"),
                false => flattened(&own),
            });
            Some(math::symbol(error))
        }
        _ => None,
    }
}

/// A symbol on one level, to be raised as a whole.
fn flattened(symbol: &Symbol) -> Spelling {
    let mut flat = Spelling {
        symbol: Some(Rc::new(symbol.clone())),
        ..symbol.base.clone()
    };
    if let Some(sup) = &symbol.sup {
        flat.text.push_str(&sup.text);
        flat.latex = format!("{}^{{{}}}", flat.latex, sup.latex);
    }
    if let Some(sub) = &symbol.sub {
        let lowered = glyphs::subscript(&sub.text).filter(|_| sub.text.len() == 1);
        let lowered = lowered.unwrap_or_else(|| format!("_{}", sub.text));
        flat.text.push_str(&lowered);
        flat.latex = format!("{}_{{{}}}", flat.latex, sub.latex);
    }
    flat
}

/// The symbol for a name that is not a cotangent.
pub fn symbol(name: &Name, network: &Network) -> Symbol {
    let declared = network.symbol(name);
    let layer = declared
        .and_then(|symbol| symbol.layer.as_ref())
        .filter(|layer| {
            let plain = format!("{}{}", layer.stem, layer.label);
            let joined = format!("{}_{}", layer.stem, layer.label);
            let whole = name.as_str().split('{').next().unwrap_or_default();
            [plain, joined].iter().any(|made| made == whole)
        });
    let mut spelt = match layer {
        Some(layer) => {
            let spelt = layer_stem(&layer.stem);
            let mut stem = plain_symbol(&spelt);
            // What stands below a layer's own name is letters: `Wxi` leads from x to the gate i, and has no ξ.
            if let (Some(below), Some((_, letters))) = (&mut stem.sub, spelt.split_once('_'))
                && glyphs::greek_letter(letters).is_some()
            {
                *below = Spelling::new(letters, format!(r"\text{{{letters}}}"));
            }
            attach_label(&mut stem, &layer.label);
            attach_member(&mut stem, name);
            stem
        }
        None if is_spelt_like_another(name.as_str(), network) => {
            symbol_of(letters_spelling(name.as_str()))
        }
        None => plain_symbol(name.as_str()),
    };
    if let Some(latex) = declared.and_then(|symbol| symbol.latex.as_ref()) {
        override_latex(&mut spelt, latex);
    }
    spelt
}

/// Whether a name without its underscores is another's and looks the same: `x_1` beside `x1`, `E_` beside `E`.
fn is_spelt_like_another(name: &str, network: &Network) -> bool {
    let bare = name.replace('_', "");
    bare != name
        && network
            .symbol(&Name::new(&bare))
            .is_some_and(|other| other.layer.is_none())
        && plain_symbol(&bare) == plain_symbol(name)
}

/// The user's LaTeX stands for the whole symbol; braces let indices attach to it whatever it contains.
fn override_latex(symbol: &mut Symbol, latex: &str) {
    let mut text = symbol.base.text.clone();
    for (part, lower) in [(&symbol.sup, false), (&symbol.sub, true)] {
        let Some(part) = part else { continue };
        let script = if lower {
            glyphs::subscript(&part.text)
        } else {
            glyphs::superscript(&part.text)
        };
        let sign = if lower { "_" } else { "^" };
        text.push_str(&script.unwrap_or_else(|| format!("{sign}{}", part.text)));
    }
    let latex = &if latex.is_ascii() {
        latex.to_owned()
    } else {
        crate::latex::formula(latex)
    };
    let scripted = latex.contains(['^', '_']);
    let latex = if scripted {
        format!("{{{latex}}}")
    } else {
        latex.to_owned()
    };
    *symbol = symbol_of(Spelling::new(text, latex));
}

/// A layer's number stands above in brackets, its name below.
fn attach_label(symbol: &mut Symbol, label: &str) {
    if label.chars().all(|digit| digit.is_ascii_digit()) {
        let raised = format!("({label})");
        symbol.sup = Some(Spelling::same(&raised));
    } else {
        symbol.sub = Some(word_spelling(label));
    }
}

/// The letters after a layer's W, Z or b say which it is and stand below: `Wxi` is W with xi below.
fn layer_stem(stem: &str) -> String {
    let (first, rest) = stem.split_at(stem.chars().next().map_or(0, char::len_utf8));
    let marks =
        (1..=2).contains(&rest.len()) && rest.chars().all(|letter| letter.is_ascii_lowercase());
    match marks && ["W", "Z", "b"].contains(&first) {
        true => format!("{first}_{rest}"),
        false => stem.to_owned(),
    }
}

/// The step or the head of a layer that writes several stands below.
fn attach_member(symbol: &mut Symbol, name: &Name) {
    let member = name
        .as_str()
        .strip_suffix('}')
        .and_then(|text| text.split_once('{'));
    if let Some((_, member)) = member {
        let below = symbol
            .sub
            .take()
            .map_or_else(String::new, |sub| format!("{},", sub.text));
        symbol.sub = Some(Spelling::same(&format!("{below}{member}")));
    }
}

/// A name by its own spelling: `theta`, `W1`, `yhat`, `X_train`, `W{2}`.
pub fn plain_symbol(name: &str) -> Symbol {
    if let Some((stem, member)) = name.split_once('{') {
        let mut symbol = plain_symbol(stem);
        let raised = format!("({})", member.trim_end_matches('}'));
        symbol.sup = Some(Spelling::same(&raised));
        return symbol;
    }
    let stem = name.trim_end_matches('_');
    if !stem.is_empty() && stem != name {
        return plain_symbol(stem);
    }
    if let Some((stem, below)) = name.split_once('_').filter(|(stem, _)| !stem.is_empty()) {
        let mut symbol = plain_symbol(stem);
        let mut lower = word_spelling(below);
        if let Some(number) = symbol.sub.take() {
            lower = Spelling::new(
                format!("{},{}", number.text, lower.text),
                format!("{},{}", number.latex, lower.latex),
            );
        }
        symbol.sub = Some(lower);
        return symbol;
    }
    let stem = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let digits = &name[stem.len()..];
    let mut symbol = stem_symbol(stem);
    if !digits.is_empty() {
        symbol.sub = Some(Spelling::same(digits));
    }
    symbol
}

/// A letter, a Greek letter, one of them with an accent, or a word.
fn stem_symbol(stem: &str) -> Symbol {
    let accent = ACCENTS.iter().find_map(|accent| {
        let bare = stem.strip_suffix(accent.suffix)?;
        (!bare.is_empty()).then_some((bare, accent))
    });
    match accent {
        Some((bare, accent)) => accented_symbol(bare, accent),
        None => symbol_of(letters_spelling(stem)),
    }
}

fn accented_symbol(bare: &str, accent: &Accent) -> Symbol {
    let letters = letters_spelling(bare);
    if accent.suffix == "star" {
        let mut symbol = symbol_of(letters);
        symbol.sup = Some(Spelling::new("*", r"\ast"));
        return symbol;
    }
    let single = letters.text.chars().count() == 1;
    let open = if single { accent.latex } else { accent.wide };
    symbol_of(Spelling::new(
        glyphs::accented(&letters.text, accent.mark),
        format!("{open}{}}}", letters.latex),
    ))
}

/// A word below or a single letter.
fn word_spelling(word: &str) -> Spelling {
    let single = word.chars().count() == 1 || glyphs::greek_letter(word).is_some();
    let digits = word.chars().all(|digit| digit.is_ascii_digit());
    if single || digits {
        letters_spelling(word)
    } else {
        Spelling::new(word, format!(r"\text{{{}}}", crate::latex::prose(word)))
    }
}

/// One letter slanted, several upright.
fn letters_spelling(letters: &str) -> Spelling {
    if glyphs::greek_letter(letters).is_some() {
        return glyphs_spelling(letters);
    }
    if !letters.is_ascii() {
        let latex = format!(r"\text{{{}}}", crate::latex::prose(letters));
        return Spelling::new(letters, latex);
    }
    let plain = letters.chars().count() == 1 || letters.chars().all(|c| c.is_ascii_digit());
    let latex = if plain {
        letters.to_owned()
    } else {
        format!(r"\mathrm{{{}}}", letters.replace('_', r"\_"))
    };
    Spelling::new(letters, latex)
}

fn glyphs_spelling(greek: &str) -> Spelling {
    glyphs::greek_letter(greek).map_or_else(
        || Spelling::same(greek),
        |row| Spelling::new(row.letter, row.latex),
    )
}

fn symbol_of(base: Spelling) -> Symbol {
    Symbol {
        base,
        sub: None,
        sup: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latex, text};

    fn check(name: &str, text_form: &str, latex_form: &str) {
        let math = name_math(&Name::new(name), &Network::default());
        assert_eq!(text::inline(&math), text_form, "text of {name}");
        assert_eq!(latex::inline(&math), latex_form, "LaTeX of {name}");
    }

    #[test]
    fn names_print_as_a_person_would_write_them() {
        check("theta", "θ", r"\theta");
        check("W1", "W₁", r"W_{1}");
        check("theta12", "θ₁₂", r"\theta_{12}");
        check("yhat", "ŷ", r"\hat{y}");
        check("xhat1", "x\u{302}₁", r"\hat{x}_{1}");
        check("mubar", "μ\u{304}", r"\bar{\mu}");
        check("xstar", "x*", r"x^{\ast}");
        check("X_train", "X_train", r"X_{\text{train}}");
        check("W_out", "W_out", r"W_{\text{out}}");
        check("mask", "mask", r"\mathrm{mask}");
        check("hat", "hat", r"\mathrm{hat}");
        check("H{3}", "H⁽³⁾", r"H^{(3)}");
        check("grad(W)", "∂L/∂W", r"\frac{\partial L}{\partial W}");
    }
}
