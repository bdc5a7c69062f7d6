//! Roots of unity and the discrete Fourier transform.

use crate::math::{self, Delimiter, Joiner, Level, Math, Spelling, Symbol};
use crate::term::Speller;
use crate::{latex, text};
use derive_graph::Dim;
use derive_index::build::quarter_turns;
use derive_index::{Affine, Head, Index, Term};

/// `DFT`, `IDFT`
pub(crate) fn transform(inverse: bool) -> Math {
    match inverse {
        true => math::word("IDFT", r"\operatorname{IDFT}"),
        false => math::word("DFT", r"\operatorname{DFT}"),
    }
}

impl Speller<'_> {
    /// ω_n, the n-th root of unity.
    pub fn root_symbol(&self, dim: &Dim) -> Math {
        let size = self.dim(dim);
        math::symbol(Symbol {
            base: Spelling::new("ω", r"\omega"),
            sub: Some(Spelling::new(text::inline(&size), latex::inline(&size))),
            sup: None,
        })
    }

    /// `ω_n^{−k i}`, `ω_n^{k(i − j)}`
    pub(crate) fn root_of_unity(&self, term: &Term) -> Math {
        let unit = Math::Root(Box::new(math::negative(math::number(1))));
        match quarter_turns(term) {
            Some(1) => return unit,
            Some(3) => return math::negative(unit),
            _ => {}
        }
        let (places, _) = term.split();
        let [a, b] = places.as_slice() else {
            return math::word("?", "?");
        };
        let straight = |place: &Index| match place.as_affine() {
            Some(affine) => affine.clone().wrapping(false),
            None => place.to_affine(),
        };
        let (first, second) = (straight(a), straight(b));
        let minus = is_negative(&second);
        let second = if minus { second.scaled(-1) } else { second };
        let factors = vec![self.index_or_sum(first), self.index_or_sum(second)];
        let product = math::product(Joiner::Juxtaposed, factors);
        Math::Power {
            base: Box::new(self.root_symbol(&a.dim())),
            exponent: Box::new(match minus {
                true => math::negative(product),
                false => product,
            }),
        }
    }

    /// `|z|²` for the real part of z z̄, which is all of it; `Re(z)` otherwise.
    pub(crate) fn real_part(&self, inner: &Term) -> Math {
        if let (Head::Product, [z, turned]) = (inner.head(), inner.children())
            && *turned.head() == Head::Conjugate
            && turned.children()[0] == *z
        {
            return Math::Power {
                base: Box::new(Math::Delimited(Delimiter::Bars, Box::new(self.term(z)))),
                exponent: Box::new(math::number(2)),
            };
        }
        let word = math::word("Re", r"\operatorname{Re}");
        self.call(word, std::slice::from_ref(inner))
    }

    fn index_or_sum(&self, place: Affine) -> Math {
        math::bracketed(self.index(&place.to_index()), Level::Raised)
    }
}

/// Whether a place is a single index with a minus.
fn is_negative(place: &Affine) -> bool {
    match place.terms() {
        [(_, coefficient)] => {
            place.constant().is_zero() && coefficient.as_constant().is_some_and(|it| it < 0)
        }
        _ => false,
    }
}
