//! Tables of letters: Greek names, accents, and what Unicode can raise and lower. One row a fact.

/// A Greek letter.
pub struct Greek {
    /// How a spec spells it.
    pub name: &'static str,
    /// The letter.
    pub letter: char,
    /// The LaTeX command.
    pub latex: &'static str,
}

const fn greek(name: &'static str, letter: char, latex: &'static str) -> Greek {
    Greek {
        name,
        letter,
        latex,
    }
}

/// Every Greek letter that a name may spell. Capitals that look Latin are written as Latin letters in LaTeX, which has
/// no commands for them.
#[rustfmt::skip]
pub static GREEK: &[Greek] = &[
    greek("alpha", 'α', r"\alpha"), greek("beta", 'β', r"\beta"), greek("gamma", 'γ', r"\gamma"),
    greek("delta", 'δ', r"\delta"), greek("epsilon", 'ε', r"\varepsilon"), greek("zeta", 'ζ', r"\zeta"),
    greek("eta", 'η', r"\eta"), greek("theta", 'θ', r"\theta"), greek("iota", 'ι', r"\iota"),
    greek("kappa", 'κ', r"\kappa"), greek("lambda", 'λ', r"\lambda"), greek("mu", 'μ', r"\mu"),
    greek("nu", 'ν', r"\nu"), greek("xi", 'ξ', r"\xi"), greek("omicron", 'ο', "o"),
    greek("pi", 'π', r"\pi"), greek("rho", 'ρ', r"\rho"), greek("sigma", 'σ', r"\sigma"),
    greek("tau", 'τ', r"\tau"), greek("upsilon", 'υ', r"\upsilon"), greek("phi", 'φ', r"\varphi"),
    greek("chi", 'χ', r"\chi"), greek("psi", 'ψ', r"\psi"), greek("omega", 'ω', r"\omega"),
    greek("Alpha", 'Α', r"\mathrm{A}"), greek("Beta", 'Β', r"\mathrm{B}"), greek("Gamma", 'Γ', r"\Gamma"),
    greek("Delta", 'Δ', r"\Delta"), greek("Epsilon", 'Ε', r"\mathrm{E}"), greek("Zeta", 'Ζ', r"\mathrm{Z}"),
    greek("Eta", 'Η', r"\mathrm{H}"), greek("Theta", 'Θ', r"\Theta"), greek("Iota", 'Ι', r"\mathrm{I}"),
    greek("Kappa", 'Κ', r"\mathrm{K}"), greek("Lambda", 'Λ', r"\Lambda"), greek("Mu", 'Μ', r"\mathrm{M}"),
    greek("Nu", 'Ν', r"\mathrm{N}"), greek("Xi", 'Ξ', r"\Xi"), greek("Omicron", 'Ο', r"\mathrm{O}"),
    greek("Pi", 'Π', r"\Pi"), greek("Rho", 'Ρ', r"\mathrm{P}"), greek("Sigma", 'Σ', r"\Sigma"),
    greek("Tau", 'Τ', r"\mathrm{T}"), greek("Upsilon", 'Υ', r"\Upsilon"), greek("Phi", 'Φ', r"\Phi"),
    greek("Chi", 'Χ', r"\mathrm{X}"), greek("Psi", 'Ψ', r"\Psi"), greek("Omega", 'Ω', r"\Omega"),
];

/// A mark that the end of a name asks for.
pub struct Accent {
    /// How a spec spells it: the end of the name.
    pub suffix: &'static str,
    /// What follows the letter in Unicode.
    pub mark: &'static str,
    /// What opens the LaTeX of a single letter; a closing brace ends it.
    pub latex: &'static str,
    /// The same over several letters.
    pub wide: &'static str,
    /// The sign that is drawn above, where it is drawn by itself.
    pub over: &'static str,
}

/// Every accent.
#[rustfmt::skip]
pub static ACCENTS: &[Accent] = &[
    Accent { suffix: "hat", mark: "\u{302}", latex: r"\hat{", wide: r"\widehat{", over: "^" },
    Accent { suffix: "bar", mark: "\u{304}", latex: r"\bar{", wide: r"\overline{", over: "¯" },
    Accent { suffix: "tilde", mark: "\u{303}", latex: r"\tilde{", wide: r"\widetilde{", over: "˜" },
    Accent { suffix: "star", mark: "*", latex: r"{", wide: r"{", over: "*" },
];

/// Letters that Unicode has together with their accent: terminals draw these better than a combining mark.
#[rustfmt::skip]
static COMPOSED: &[(&str, char)] = &[
    ("a\u{302}", 'â'), ("c\u{302}", 'ĉ'), ("e\u{302}", 'ê'), ("g\u{302}", 'ĝ'), ("h\u{302}", 'ĥ'), ("i\u{302}", 'î'),
    ("j\u{302}", 'ĵ'), ("o\u{302}", 'ô'), ("s\u{302}", 'ŝ'), ("u\u{302}", 'û'), ("w\u{302}", 'ŵ'), ("y\u{302}", 'ŷ'),
    ("z\u{302}", 'ẑ'), ("A\u{302}", 'Â'), ("C\u{302}", 'Ĉ'), ("E\u{302}", 'Ê'), ("G\u{302}", 'Ĝ'), ("H\u{302}", 'Ĥ'),
    ("I\u{302}", 'Î'), ("J\u{302}", 'Ĵ'), ("O\u{302}", 'Ô'), ("S\u{302}", 'Ŝ'), ("U\u{302}", 'Û'), ("W\u{302}", 'Ŵ'),
    ("Y\u{302}", 'Ŷ'), ("Z\u{302}", 'Ẑ'), ("a\u{304}", 'ā'), ("e\u{304}", 'ē'), ("i\u{304}", 'ī'), ("o\u{304}", 'ō'),
    ("u\u{304}", 'ū'), ("y\u{304}", 'ȳ'), ("a\u{303}", 'ã'), ("n\u{303}", 'ñ'), ("o\u{303}", 'õ'), ("u\u{303}", 'ũ'),
];

/// What can be raised, or lowered: pairs of a sign and what it becomes.
struct Scripts {
    rows: &'static [(char, char)],
    /// What the signs of ASCII become, by their codes: every name and every number is looked up here.
    ascii: [Option<char>; 128],
}

impl Scripts {
    const fn of(rows: &'static [(char, char)]) -> Scripts {
        let mut ascii = [None; 128];
        let mut at = 0;
        while at < rows.len() {
            let (plain, scripted) = rows[at];
            if plain.is_ascii() {
                ascii[plain as usize] = Some(scripted);
            }
            at += 1;
        }
        Scripts { rows, ascii }
    }

    fn find(&self, plain: char) -> Option<char> {
        match self.ascii.get(plain as usize) {
            Some(known) => *known,
            None => {
                let row = self.rows.iter().find(|(known, _)| *known == plain);
                row.map(|(_, scripted)| *scripted)
            }
        }
    }
}

/// What can be raised.
#[rustfmt::skip]
static SUPERSCRIPTS: Scripts = Scripts::of(&[
    ('0', '⁰'), ('1', '¹'), ('2', '²'), ('3', '³'), ('4', '⁴'), ('5', '⁵'), ('6', '⁶'), ('7', '⁷'), ('8', '⁸'), ('9', '⁹'),
    ('(', '⁽'), (')', '⁾'), ('+', '⁺'), ('−', '⁻'), ('-', '⁻'), ('=', '⁼'),
    ('⁰', '⁰'), ('¹', '¹'), ('²', '²'), ('³', '³'), ('⁴', '⁴'), ('⁵', '⁵'), ('⁶', '⁶'), ('⁷', '⁷'), ('⁸', '⁸'), ('⁹', '⁹'),
    ('⁽', '⁽'), ('⁾', '⁾'),
    ('a', 'ᵃ'), ('b', 'ᵇ'), ('c', 'ᶜ'), ('d', 'ᵈ'), ('e', 'ᵉ'), ('f', 'ᶠ'), ('g', 'ᵍ'), ('h', 'ʰ'), ('i', 'ⁱ'), ('j', 'ʲ'),
    ('k', 'ᵏ'), ('l', 'ˡ'), ('m', 'ᵐ'), ('n', 'ⁿ'), ('o', 'ᵒ'), ('p', 'ᵖ'), ('r', 'ʳ'), ('s', 'ˢ'), ('t', 'ᵗ'), ('u', 'ᵘ'),
    ('v', 'ᵛ'), ('w', 'ʷ'), ('x', 'ˣ'), ('y', 'ʸ'), ('z', 'ᶻ'),
    ('A', 'ᴬ'), ('B', 'ᴮ'), ('D', 'ᴰ'), ('E', 'ᴱ'), ('G', 'ᴳ'), ('H', 'ᴴ'), ('I', 'ᴵ'), ('J', 'ᴶ'), ('K', 'ᴷ'), ('L', 'ᴸ'),
    ('M', 'ᴹ'), ('N', 'ᴺ'), ('O', 'ᴼ'), ('P', 'ᴾ'), ('R', 'ᴿ'), ('T', 'ᵀ'), ('U', 'ᵁ'), ('V', 'ⱽ'), ('W', 'ᵂ'),
]);

/// What can be lowered.
#[rustfmt::skip]
static SUBSCRIPTS: Scripts = Scripts::of(&[
    ('0', '₀'), ('1', '₁'), ('2', '₂'), ('3', '₃'), ('4', '₄'), ('5', '₅'), ('6', '₆'), ('7', '₇'), ('8', '₈'), ('9', '₉'),
    ('a', 'ₐ'), ('e', 'ₑ'), ('h', 'ₕ'), ('i', 'ᵢ'), ('j', 'ⱼ'), ('k', 'ₖ'), ('l', 'ₗ'), ('m', 'ₘ'), ('n', 'ₙ'), ('o', 'ₒ'),
    ('p', 'ₚ'), ('r', 'ᵣ'), ('s', 'ₛ'), ('t', 'ₜ'), ('u', 'ᵤ'), ('v', 'ᵥ'), ('x', 'ₓ'),
]);

/// Symbols of running text and formulas, with the LaTeX that stands for them inside a formula.
#[rustfmt::skip]
static SYMBOLS: &[(char, &str)] = &[
    ('−', "-"), ('×', r"\times "), ('·', r"\cdot "), ('⊙', r"\odot "), ('⊘', r"\oslash "), ('⊗', r"\otimes "),
    ('∂', r"\partial "), ('∑', r"\sum "), ('√', r"\surd "), ('≤', r"\le "), ('≥', r"\ge "), ('≠', r"\ne "), ('≈', r"\approx "),
    ('→', r"\to "), ('←', r"\leftarrow "), ('∞', r"\infty "), ('∈', r"\in "), ('′', r"^{\prime}"), ('″', r"^{\prime\prime}"),
    ('ᵀ', r"^{\top}"), ('𝟏', r"\mathbf{1}"), ('½', r"\tfrac{1}{2}"), ('⟨', r"\langle "), ('⟩', r"\rangle "), ('‖', r"\|"),
    ('⋆', r"\star "), ('∘', r"\circ "), ('±', r"\pm "), ('∇', r"\nabla "),
];

/// Signs of running text that stay text in LaTeX.
#[rustfmt::skip]
static PUNCTUATION: &[(char, &str)] = &[
    ('“', "``"), ('”', "''"), ('‘', "`"), ('’', "'"), ('–', "--"), ('—', "---"), ('…', r"\ldots{}"), ('\u{a0}', "~"),
    ('é', r"\'e"), ('è', r"\`e"), ('ä', r#"\"a"#), ('ö', r#"\"o"#), ('ü', r#"\"u"#), ('ß', r"\ss{}"),
    ('\\', r"\textbackslash{}"), ('{', r"\{"), ('}', r"\}"), ('_', r"\_"), ('^', r"\textasciicircum{}"), ('#', r"\#"),
    ('$', r"\$"), ('%', r"\%"), ('&', r"\&"), ('~', r"\textasciitilde{}"),
];

/// The text raised, if Unicode can raise all of it.
pub fn superscript(text: &str) -> Option<String> {
    scripted(&SUPERSCRIPTS, text)
}

/// Adds the text raised; nothing is added unless Unicode can raise all of it.
pub fn push_superscript(out: &mut String, text: &str) -> bool {
    push_scripted(out, &SUPERSCRIPTS, text)
}

/// Adds the text lowered; nothing is added unless Unicode can lower all of it.
pub fn push_subscript(out: &mut String, text: &str) -> bool {
    push_scripted(out, &SUBSCRIPTS, text)
}

/// The text lowered, if Unicode can lower all of it.
pub fn subscript(text: &str) -> Option<String> {
    scripted(&SUBSCRIPTS, text)
}

fn scripted(table: &Scripts, text: &str) -> Option<String> {
    // A raised or lowered sign takes three bytes at most.
    let mut scripted = String::with_capacity(3 * text.len());
    push_scripted(&mut scripted, table, text).then_some(scripted)
}

fn push_scripted(out: &mut String, table: &Scripts, text: &str) -> bool {
    let before = out.len();
    for plain in text.chars() {
        let Some(scripted) = table.find(plain) else {
            out.truncate(before);
            return false;
        };
        out.push(scripted);
    }
    true
}

/// The letter with its mark, as one character where there is one.
pub fn accented(letter: &str, mark: &str) -> String {
    let pair = format!("{letter}{mark}");
    let composed = COMPOSED.iter().find(|(known, _)| *known == pair);
    composed.map_or(pair, |(_, one)| one.to_string())
}

/// A letter that carries its accent, taken apart.
pub fn taken_apart(sign: char) -> Option<(char, &'static Accent)> {
    let (pair, _) = COMPOSED.iter().find(|(_, one)| *one == sign)?;
    let mut signs = pair.chars();
    Some((signs.next()?, accent(signs.next()?)?))
}

/// The accent that a combining mark draws.
pub fn accent(mark: char) -> Option<&'static Accent> {
    let known = ACCENTS.iter().find(|accent| accent.mark.starts_with(mark));
    known.filter(|_| !mark.is_ascii())
}

/// The name of a Greek letter.
pub fn greek_name(sign: char) -> Option<&'static str> {
    let known = GREEK.iter().find(|row| row.letter == sign);
    known.map(|row| row.name)
}

/// What a raised (or lowered) sign is on the line.
pub fn unscripted(sign: char, raised: bool) -> Option<char> {
    let table = if raised { &SUPERSCRIPTS } else { &SUBSCRIPTS };
    let known = table
        .rows
        .iter()
        .find(|(plain, script)| *script == sign && plain != script);
    known.map(|(plain, _)| *plain)
}

/// The Greek letter with this name.
pub fn greek_letter(name: &str) -> Option<&'static Greek> {
    GREEK.iter().find(|row| row.name == name)
}

/// The LaTeX of a sign inside a formula.
pub fn symbol_latex(sign: char) -> Option<String> {
    let known = SYMBOLS.iter().find(|(known, _)| *known == sign);
    let greek = || GREEK.iter().find(|row| row.letter == sign);
    known
        .map(|(_, latex)| (*latex).to_owned())
        .or_else(|| greek().map(|row| format!("{} ", row.latex)))
        .or_else(|| script_latex(sign))
}

/// The LaTeX of a sign of running text.
pub fn punctuation_latex(sign: char) -> Option<&'static str> {
    PUNCTUATION
        .iter()
        .find(|(known, _)| *known == sign)
        .map(|(_, latex)| *latex)
}

fn script_latex(sign: char) -> Option<String> {
    let plain = |table: &Scripts| {
        let row = table
            .rows
            .iter()
            .find(|(plain, raised)| *raised == sign && plain.is_ascii());
        row.map(|(plain, _)| *plain)
    };
    plain(&SUPERSCRIPTS)
        .map(|plain| format!("^{{{plain}}}"))
        .or_else(|| plain(&SUBSCRIPTS).map(|plain| format!("_{{{plain}}}")))
}
