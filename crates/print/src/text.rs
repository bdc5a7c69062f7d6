//! Formulas as Unicode: on one line, or laid out to a width.
//!
//! A formula that is too long breaks before a `+` or `−`, else between factors; what continues stands under the beginning
//! of what it belongs to.

use crate::alphabet::Alphabet;
use crate::annotations::{Annotation, annotated};
use crate::flow::{Flow, Layout};
use crate::math::{self, Delimiter, Joiner, Level, Math, Symbol, both_shaped};
use crate::text_names::{push_subscripts, push_symbol, raised, word_text};

/// The formula on one line.
pub fn inline(math: &Math) -> String {
    inline_in(math, Alphabet::Unicode)
}

/// The formula on one line, in an alphabet.
pub fn inline_in(math: &Math, alphabet: Alphabet) -> String {
    on_one_line(math, alphabet, false)
}

fn on_one_line(math: &Math, alphabet: Alphabet, marks: bool) -> String {
    let mut line = String::with_capacity(LINE);
    write_math(math, &mut Pen::new(&mut line, alphabet, marks));
    line
}

/// The formula laid out to a width, as lines with their annotations, and what stands below them: where a formula is too wide for a row of
/// shapes below its factors, these on a line of their own, `shapes: (N×h)(h×h) ⊙ (N×h)`.
pub fn laid_out(math: &Math, width: usize, alphabet: Alphabet) -> (Vec<String>, Option<String>) {
    let mut line = on_one_line(math, alphabet, true);
    line.truncate(line.trim_end().len());
    if columns(&line) <= width {
        return (vec![line], None);
    }
    let shapes = math::shapes_alone(math);
    let shapes = shapes.map(|shapes| format!("shapes: {}", inline_in(&shapes, alphabet)));
    let shapes = shapes.filter(|line| columns(line) <= width);
    (broken(math, &line, width, alphabet), shapes)
}

/// The lines of a formula that is too wide for one.
fn broken(math: &Math, line: &str, width: usize, alphabet: Alphabet) -> Vec<String> {
    // There is no row of shapes below a formula on several lines.
    let math = &math::without_shapes(math);
    let mut layout = Layout::default();
    layout.open();
    write_math(math, &mut Pen::new(&mut layout, alphabet, true));
    let lines = layout.lines(width);
    if lines.iter().all(|line| columns(line) <= width) {
        return lines;
    }
    filled(line, width)
}

/// How far what continues stands in where a formula is only filled.
const STEP_IN: usize = 2;

/// A formula too deep for any layout: as much as fits on each line, broken at spaces.
fn filled(line: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if columns(last) + 1 + columns(word) <= width => {
                last.push(' ');
                last.push_str(word);
            }
            None => lines.push(word.to_owned()),
            Some(_) => lines.push(format!("{}{word}", " ".repeat(STEP_IN))),
        }
    }
    lines
}

/// Bytes in which most words, and most lines, have room: one allocation each.
const WORD: usize = 48;
const LINE: usize = 192;

/// Writes a formula somewhere, in an alphabet.
struct Pen<'a> {
    flow: &'a mut dyn Flow,
    alphabet: Alphabet,
    marks: bool,
    /// Whether nothing breaks here.
    solid: bool,
    /// Room to put a word together.
    word: String,
}

impl<'a> Pen<'a> {
    fn new(flow: &'a mut dyn Flow, alphabet: Alphabet, marks: bool) -> Pen<'a> {
        Pen {
            flow,
            alphabet,
            marks,
            solid: false,
            word: String::with_capacity(WORD),
        }
    }

    /// What belongs to the line and takes no column of it.
    fn note(&mut self, annotation: Annotation<'_>) {
        if self.marks {
            self.flow.text(&annotated(annotation));
        }
    }

    /// A symbol with its scripts.
    fn symbol(&mut self, symbol: &Symbol) {
        self.named(symbol, |_, _| {});
    }

    /// A symbol with its scripts, changed before it is written.
    fn named(&mut self, symbol: &Symbol, change: impl FnOnce(&mut String, Alphabet)) {
        let mut word = std::mem::take(&mut self.word);
        word.clear();
        push_symbol(&mut word, symbol, self.alphabet);
        change(&mut word, self.alphabet);
        self.text(&word);
        self.word = word;
    }

    /// Indices below.
    fn subscripts(&mut self, indices: &[Math]) {
        let mut word = std::mem::take(&mut self.word);
        word.clear();
        push_subscripts(&mut word, indices, self.alphabet);
        self.text(&word);
        self.word = word;
    }

    /// Signs that stay together. Whatever they are, only those of the alphabet are written.
    fn text(&mut self, text: &str) {
        self.flow.text(&self.alphabet.spell(text));
    }

    fn breaks(&self) -> bool {
        self.flow.breaks() && !self.solid
    }

    fn soft_space(&mut self) {
        match self.solid {
            true => self.flow.text(" "),
            false => self.flow.soft_space(),
        }
    }

    fn open_part(&mut self, space: bool) {
        match self.solid {
            true if space => self.flow.text(" "),
            true => {}
            false => self.flow.open_part(space),
        }
    }

    fn close_part(&mut self) {
        if !self.solid {
            self.flow.close_part();
        }
    }

    fn block_space(&mut self) {
        match self.solid {
            true => self.flow.text(" "),
            false => self.flow.block_space(),
        }
    }

    fn open(&mut self) {
        self.flow.open();
    }

    fn close(&mut self, group: bool) {
        self.flow.close(group);
    }

    fn is_ascii(&self) -> bool {
        self.alphabet == Alphabet::Ascii
    }
}

/// Columns that a line takes in a terminal. Nothing that is printed is wider than one column; combining marks have none.
pub fn columns(line: &str) -> usize {
    crate::annotations::plain_signs(line)
        .map(sign_columns)
        .sum()
}

/// Columns of one sign.
pub(crate) fn sign_columns(sign: char) -> usize {
    usize::from(!('\u{300}'..='\u{36f}').contains(&sign))
}

fn write_math(math: &Math, pen: &mut Pen<'_>) {
    match math {
        Math::Symbol(symbol) => pen.symbol(symbol),
        Math::Number(digits) => pen.text(digits),
        Math::Word(spelling) => pen.text(&word_text(spelling, pen.alphabet)),
        Math::Entry { array, indices } => write_entry(array, indices, pen),
        Math::Power { base, exponent } => {
            // `A^(1)^2` would be read as a tower.
            let tower = pen.is_ascii() && inline_in(base, pen.alphabet).contains('^');
            let closed = matches!(math::bare(base), Math::Delimited(..));
            let tower = tower && !closed || raises(base, pen.alphabet);
            write_bracketed(base, tower, pen);
            pen.text(&raised(exponent, pen.alphabet));
        }
        Math::Transpose(base) => {
            write_bracketed(base, raises(base, pen.alphabet), pen);
            pen.text("ᵀ");
        }
        Math::Fraction { top, bottom } => write_fraction(top, bottom, pen),
        Math::Partial { top, bottoms } => {
            pen.text(if bottoms.len() > 1 { "∂²" } else { "∂" });
            write_math(top, pen);
            pen.text("/");
            for bottom in bottoms {
                pen.text("∂");
                write_math(bottom, pen);
            }
        }
        Math::Root(inner) => {
            pen.text("√");
            let loose = math::level(inner) < Level::Atom || pen.is_ascii();
            write_bracketed(inner, loose, pen);
        }
        Math::Exponential(inner) => {
            pen.text("exp");
            write_bracketed(inner, true, pen);
        }
        Math::Call {
            function,
            arguments,
        } => {
            write_math(function, pen);
            write_arguments(arguments, pen);
        }
        Math::Prefixed { function, argument } => {
            write_math(function, pen);
            pen.text(" ");
            write_math(argument, pen);
        }
        Math::Delimited(delimiter, inner) => {
            let (open, close) = delimiters(*delimiter);
            pen.text(open);
            write_block(inner, pen);
            pen.text(close);
        }
        Math::BigSum { indices, body } => {
            pen.text(if pen.is_ascii() { "sum" } else { "Σ" });
            pen.subscripts(indices);
            pen.text(" ");
            write_block(body, pen);
        }
        Math::Sum(terms) => write_sum(terms, pen),
        Math::Product(joiner, factors) => write_product(*joiner, factors, pen),
        Math::Relation { left, sign, right } => {
            write_math(left, pen);
            if !matches!(sign.text.as_str(), "," | ";") {
                pen.text(" ");
            }
            pen.text(&sign.text);
            pen.text(" ");
            write_block(right, pen);
        }
        Math::Sizes(sizes) => pen.text(&sizes_text(sizes, pen.alphabet)),
        Math::Marked(inner) => {
            pen.note(Annotation::Begin);
            write_math(inner, pen);
            pen.note(Annotation::End);
        }
        Math::Shaped { factor, sizes } => write_shaped(factor, sizes, pen),
    }
}

/// Whether a name ends in a caret that is not closed off, so that what is raised behind it would seem to belong to that.
fn raises(base: &Math, alphabet: Alphabet) -> bool {
    let Math::Symbol(symbol) = math::bare(base) else {
        return false;
    };
    let mut name = String::new();
    push_symbol(&mut name, symbol, alphabet);
    is_open(&name, alphabet)
}

/// Whether a name has a caret that would take up what follows it.
fn is_open(name: &str, alphabet: Alphabet) -> bool {
    let closed = alphabet == Alphabet::Ascii && name.ends_with([')', '}', '\'']);
    name.contains('^') && !closed
}

/// A factor with room for its shape below, and both in the middle of that room.
fn write_shaped(factor: &Math, sizes: &[Math], pen: &mut Pen<'_>) {
    if !pen.marks {
        return write_math(factor, pen);
    }
    let label = times(sizes, pen.alphabet);
    // There are shapes on a single line only.
    let line = on_one_line(factor, pen.alphabet, true);
    let wide = columns(&line);
    let room = wide.max(columns(&label));
    let spaces = |count: usize| " ".repeat(count);
    let before = (room - columns(&label)) / 2;
    pen.note(Annotation::Below(&format!("{}{label}", spaces(before))));
    pen.flow.text(&spaces((room - wide) / 2));
    pen.flow.text(&line);
    pen.flow.text(&spaces((room - wide).div_ceil(2)));
}

/// A part under whose beginning its other lines stand.
fn write_block(math: &Math, pen: &mut Pen<'_>) {
    pen.open();
    write_math(math, pen);
    pen.close(false);
}

fn write_bracketed(math: &Math, brackets: bool, pen: &mut Pen<'_>) {
    if brackets {
        pen.text("(");
        write_block(math, pen);
        pen.text(")");
    } else {
        write_math(math, pen);
    }
}

/// `(1 − a²)`: a sum of two names in brackets.
fn is_short(math: &Math) -> bool {
    let Math::Delimited(_, math) = math else {
        return false;
    };
    let name = |math: &Math| matches!(math, Math::Symbol(_) | Math::Number(_) | Math::Entry { .. });
    let term = |(_, term): &(bool, Math)| match term {
        Math::Power { base, .. } => name(base),
        term => name(term),
    };
    matches!(&**math, Math::Sum(terms) if terms.len() == 2 && terms.iter().all(term))
}

fn write_entry(array: &Math, indices: &[Math], pen: &mut Pen<'_>) {
    match array {
        Math::Symbol(symbol) => {
            // A caret that is not closed off would take the indices up with it.
            pen.named(symbol, |name, alphabet| {
                if is_open(name, alphabet) {
                    name.insert(0, '(');
                    name.push(')');
                }
            });
        }
        _ => write_math(array, pen),
    }
    pen.subscripts(indices);
}

/// `a/b`, with the brackets that one line needs.
/// A denominator longer than this may stand on a line of its own.
const LONG: usize = 24;

fn write_fraction(top: &Math, bottom: &Math, pen: &mut Pen<'_>) {
    let nested = |part: &Math| matches!(math::bare(part), Math::Fraction { .. });
    let loose = math::level(top) < Level::Hadamard;
    write_bracketed(top, loose || nested(top), pen);
    let apart = pen.breaks() && columns(&inline_in(bottom, pen.alphabet)) > LONG;
    if apart {
        pen.open_part(false);
    }
    pen.text("/");
    let loose = math::level(bottom) < Level::Raised;
    write_bracketed(bottom, loose || nested(bottom), pen);
    if apart {
        pen.close_part();
    }
}

fn write_arguments(arguments: &[Math], pen: &mut Pen<'_>) {
    pen.text("(");
    pen.open();
    for (at, argument) in arguments.iter().enumerate() {
        if at > 0 {
            pen.text(",");
            pen.soft_space();
        }
        write_block(argument, pen);
    }
    pen.close(false);
    pen.text(")");
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
fn write_sum(terms: &[(bool, Math)], pen: &mut Pen<'_>) {
    pen.open();
    for (at, (subtracted, term)) in terms.iter().enumerate() {
        if at > 0 {
            pen.block_space();
        }
        pen.text(match (at, subtracted) {
            (0, false) => "",
            (0, true) => "−",
            (_, false) => "+ ",
            (_, true) => "− ",
        });
        pen.open();
        write_math(term, pen);
        pen.close(true);
    }
    pen.close(true);
}

/// Factors longer than this find no room on a line of their own.
const PART: usize = 62;

/// A number in front of a product, which does not stand on a line by itself.
fn is_front(factor: &Math) -> bool {
    let number = |math: &Math| matches!(math, Math::Number(_) | Math::Symbol(_));
    match math::bare(factor) {
        Math::Number(_) => true,
        Math::Fraction { top, bottom } => match &**bottom {
            Math::Product(Joiner::Juxtaposed, factors) => number(top) && factors.iter().all(number),
            bottom => number(top) && number(bottom),
        },
        _ => false,
    }
}

fn write_product(joiner: Joiner, factors: &[Math], pen: &mut Pen<'_>) {
    pen.open();
    for (at, factor) in factors.iter().enumerate() {
        let apart = at > 0 && !(joiner == Joiner::Juxtaposed && close(&factors[at - 1], factor));
        // What is too long for a line of its own breaks inside, behind what stands before it.
        let part = at > 0
            && pen.breaks()
            && !(at == 1 && is_front(&factors[0]))
            && columns(&inline_in(factor, pen.alphabet)) <= PART;
        if part {
            pen.open_part(apart);
        } else if apart {
            pen.soft_space();
        }
        if apart {
            pen.text(match joiner {
                // Two shapes side by side need more than one space between them.
                Joiner::Juxtaposed if pen.marks && both_shaped(&factors[at - 1], factor) => " ",
                Joiner::Juxtaposed => "",
                Joiner::Hadamard => "⊙ ",
                Joiner::Quotient => "⊘ ",
                Joiner::Chain => "· ",
            });
        }
        // A fraction beside another factor would seem to divide by that one too.
        let divides = matches!(
            math::bare(factor),
            Math::Fraction { .. } | Math::Partial { .. }
        );
        let alone = factors.len() == 1 || joiner == Joiner::Chain;
        // Where the line can break before a short sum, it need not break inside.
        let solid = pen.solid;
        pen.solid = solid || apart && is_short(factor);
        write_bracketed(factor, divides && !alone, pen);
        pen.solid = solid;
        if part {
            pen.close_part();
        }
    }
    pen.close(false);
}

/// `(1/N)(a + b)` and `2(a + b)` read as one, and so do two shapes.
fn close(before: &Math, after: &Math) -> bool {
    if let (Math::Sizes(_), Math::Sizes(_)) = (before, after) {
        return true;
    }
    let opens = matches!(math::bare(after), Math::Delimited(Delimiter::Round, _));
    opens && matches!(math::bare(before), Math::Fraction { .. } | Math::Number(_))
}

/// `(N×h)`
fn sizes_text(sizes: &[Math], alphabet: Alphabet) -> String {
    if sizes.is_empty() {
        return "(scalar)".to_owned();
    }
    format!("({})", times(sizes, alphabet))
}

/// `N×h`
fn times(sizes: &[Math], alphabet: Alphabet) -> String {
    let sizes: Vec<String> = sizes.iter().map(|size| inline_in(size, alphabet)).collect();
    sizes.join(match alphabet {
        Alphabet::Unicode => "×",
        Alphabet::Ascii => " x ",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{number, product, word};

    fn check(math: &Math, width: usize, lines: &[&str]) {
        assert_eq!(laid_out(math, width, Alphabet::Unicode).0, lines);
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
