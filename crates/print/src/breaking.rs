//! Where a formula that is too wide may break: sums at their signs, then products between factors, then what brackets hold.
//!
//! Formats that cannot break a formula themselves ask here; they say through [`Markup`] how the parts are written.

use crate::math::{Delimiter, Joiner, Math};
use crate::{glyphs, latex, text};

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
    /// About how many columns it takes, as [`width`] measures.
    pub columns: usize,
}

/// About how wide a formula is drawn, in columns of text: fractions stand one part above the other, scripts are small.
pub fn width(math: &Math) -> usize {
    tenths(math).div_ceil(10)
}

/// The width in tenths of a column. What has no parts side by side is measured by its Unicode form.
fn tenths(math: &Math) -> usize {
    let all = |parts: &mut dyn Iterator<Item = &Math>| parts.map(tenths).sum::<usize>();
    match math {
        Math::Fraction { top, bottom } => tenths(top).max(tenths(bottom)) + 5,
        Math::Partial { top, bottoms } => {
            let below = all(&mut bottoms.iter()) + 10 * bottoms.len();
            below.max(tenths(top) + 10)
        }
        Math::Sum(terms) => {
            let leading = terms.first().is_some_and(|(subtracted, _)| *subtracted);
            let signs = terms.len().saturating_sub(1) * 20 + usize::from(leading) * 10;
            all(&mut terms.iter().map(|(_, term)| term)) + signs
        }
        Math::Product(joiner, factors) => {
            let between = match joiner {
                Joiner::Juxtaposed | Joiner::Chain => 4,
                Joiner::Hadamard | Joiner::Quotient => 20,
            };
            all(&mut factors.iter()) + factors.len().saturating_sub(1) * between
        }
        Math::BigSum { indices, body } => {
            let below = indices.len() * 6;
            tenths(body) + below.max(16) + 4
        }
        Math::Delimited(_, inner) => tenths(inner) + 12,
        Math::Marked(inner) => tenths(inner),
        Math::Shaped { factor, sizes } => {
            // What stands below is small, and keeps a little apart from its neighbours.
            let signs = sizes.len().saturating_sub(1) * 7 + 6;
            tenths(factor).max(all(&mut sizes.iter()) * 6 / 10 + signs)
        }
        Math::Relation { left, right, .. } => tenths(left) + tenths(right) + 25,
        Math::Entry { array, indices } => tenths(array) + all(&mut indices.iter()) * 6 / 10,
        other => text::inline(other).chars().map(sign_tenths).sum(),
    }
}

/// Raised and lowered signs are small, and accents take no room.
fn sign_tenths(sign: char) -> usize {
    let script = |raised| glyphs::unscripted(sign, raised).is_some();
    match sign {
        ' ' => 5,
        _ if glyphs::accent(sign).is_some() => 0,
        _ if script(true) || script(false) => 6,
        _ => 10,
    }
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
        // A factor that is wider than a line has no place under which its shape could stand.
        Math::Shaped { factor, .. } => split(factor, room, markup, pieces),
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
