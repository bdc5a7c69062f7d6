//! Where a formula that is too wide may break: sums at their signs, then products between factors, then what brackets hold.
//!
//! Formats that cannot break a formula themselves ask here; they say through [`Markup`] how the parts are written.

use crate::math::{Delimiter, Joiner, Math};
use crate::{latex, text};

/// How far what continues stands in, in columns.
pub const STEP_IN: usize = 4;

/// How a format writes formulas and what stands between their parts.
pub trait Markup {
    /// A formula, or a part of one.
    fn inline(&self, math: &Math) -> String;
    /// `+` or `−` before a term; nothing before the first that is added.
    fn sign(&self, first: bool, subtracted: bool) -> String;
    /// What stands between two factors.
    fn joiner(&self, joiner: Joiner, before: &Math, after: &Math) -> String;
    /// Σ with its indices.
    fn big_sum(&self, indices: &[Math]) -> String;
    /// What is marked.
    fn marked(&self, markup: &str) -> String;
    /// Two brackets that need not stand on one line.
    fn brackets(&self, delimiter: Delimiter, tall: bool) -> [String; 2];
}

/// A part of a formula between two places where it may break.
pub struct Piece {
    /// The part as the format writes it.
    pub markup: String,
    /// How many columns it takes in Unicode text, for want of a better measure.
    pub columns: usize,
}

/// The width of a formula in columns of Unicode text.
pub fn width(math: &Math) -> usize {
    text::columns(&text::inline(math))
}

/// The formula in pieces no wider than the room, as far as that is possible.
pub fn pieces(math: &Math, room: usize, markup: &dyn Markup) -> Vec<Piece> {
    let mut pieces = Vec::new();
    split(math, room, markup, &mut pieces);
    pieces
}

fn split(math: &Math, room: usize, markup: &dyn Markup, pieces: &mut Vec<Piece>) {
    let whole = || Piece {
        markup: markup.inline(math),
        columns: width(math),
    };
    if width(math) <= room {
        pieces.push(whole());
        return;
    }
    let room = room.saturating_sub(STEP_IN);
    match math {
        Math::Marked(inner) => {
            let start = pieces.len();
            split(inner, room, markup, pieces);
            for piece in &mut pieces[start..] {
                piece.markup = markup.marked(&piece.markup);
            }
        }
        Math::Sum(terms) => {
            for (at, (subtracted, term)) in terms.iter().enumerate() {
                let sign = markup.sign(at == 0, *subtracted);
                split_between(&sign, term, "", room, markup, pieces);
            }
        }
        Math::Product(joiner, factors) => {
            for (at, factor) in factors.iter().enumerate() {
                let sign = match at {
                    0 => String::new(),
                    _ => markup.joiner(*joiner, &factors[at - 1], factor),
                };
                split_between(&sign, factor, "", room, markup, pieces);
            }
        }
        Math::BigSum { indices, body } => {
            split_between(&markup.big_sum(indices), body, "", room, markup, pieces);
        }
        Math::Delimited(delimiter @ (Delimiter::Round | Delimiter::Square), inner) => {
            let [open, close] = markup.brackets(*delimiter, latex::tall(inner));
            split_between(&open, inner, &close, room, markup, pieces);
        }
        _ => pieces.push(whole()),
    }
}

/// Splits with something kept before the first piece and behind the last.
fn split_between(
    before: &str,
    math: &Math,
    after: &str,
    room: usize,
    markup: &dyn Markup,
    pieces: &mut Vec<Piece>,
) {
    let start = pieces.len();
    split(math, room, markup, pieces);
    if let Some(first) = pieces.get_mut(start) {
        first.markup.insert_str(0, before);
        first.columns += 2;
    }
    if let Some(last) = pieces.last_mut() {
        last.markup.push_str(after);
        last.columns += usize::from(!after.is_empty());
    }
}
