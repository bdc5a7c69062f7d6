//! Sizes that operators make, affine subscripts, and what reads an array at such places.

use crate::math::{self, Delimiter, Joiner, Math, Spelling};
use crate::term::Speller;
use derive_graph::{Atom, Dim, Gather, Polynomial, Shape, Subscript};
use derive_index::{Affine, Head, Index, Term};
use num_traits::Signed;

impl Speller<'_> {
    /// A dimension: its name, its size, or a formula.
    pub fn dim(&self, dim: &Dim) -> Math {
        match dim {
            Dim::Named(name) => self.name(name),
            Dim::Size(size) => math::number(size),
            Dim::Formula(formula) => self.polynomial(formula),
        }
    }

    /// `n − k + 1`
    pub fn polynomial(&self, polynomial: &Polynomial) -> Math {
        let terms = polynomial.in_reading_order().map(|(atoms, coefficient)| {
            let size = coefficient.numer().unsigned_abs();
            let number = (size != 1 || atoms.is_empty()).then(|| math::number(size));
            let factors = number
                .into_iter()
                .chain(atoms.iter().map(|atom| self.atom(atom)));
            let product = math::product(Joiner::Juxtaposed, factors.collect());
            let term = match coefficient.is_integer() {
                true => product,
                false => math::fraction(product, math::number(coefficient.denom())),
            };
            (coefficient.is_negative(), term)
        });
        sum(terms.collect())
    }

    fn atom(&self, atom: &Atom) -> Math {
        match atom {
            Atom::Named(name) => self.name(name),
            Atom::Quotient(inner, by) => {
                let quotient = math::fraction(self.polynomial(inner), math::number(by));
                Math::Delimited(Delimiter::Floor, Box::new(quotient))
            }
        }
    }

    /// `2p + r − 1`; variables with positive coefficients first, the constant last.
    pub fn affine(&self, affine: &Affine) -> Math {
        let term = |(index, coefficient): &(Index, Polynomial)| {
            let letter = self.index(index);
            match coefficient.as_constant() {
                Some(1) => (false, letter),
                Some(-1) => (true, letter),
                Some(number) => {
                    let factors = vec![math::number(number.unsigned_abs()), letter];
                    (number < 0, math::product(Joiner::Juxtaposed, factors))
                }
                None => {
                    let negative = coefficient.terms().iter().all(|(_, it)| it.is_negative());
                    let size = coefficient.scaled(if negative { -1 } else { 1 });
                    let factors = vec![self.polynomial(&size), letter];
                    (negative, math::product(Joiner::Juxtaposed, factors))
                }
            }
        };
        let mut terms: Vec<(bool, Math)> = affine.terms().iter().map(term).collect();
        terms.sort_by_key(|(negative, _)| *negative);
        if !affine.constant().is_zero() || terms.is_empty() {
            match self.polynomial(affine.constant()) {
                Math::Sum(parts) => terms.extend(parts),
                part => terms.push((false, part)),
            }
        }
        let whole = match affine.divisor() {
            1 => sum(terms),
            by => math::fraction(sum(terms), math::number(by)),
        };
        if affine.cyclic() {
            let sign = Spelling::new("mod", r"\bmod");
            return math::relation(whole, sign, self.dim(affine.dim()));
        }
        whole
    }

    /// `max_k X_{ik}`
    pub(crate) fn extremum(&self, term: &Term, least: bool) -> Math {
        let (bound, parts) = term.split();
        let name = if least { "min" } else { "max" };
        let function = math::entry(math::word(name, &format!(r"\{name}")), self.indices(&bound));
        Math::Prefixed {
            function: Box::new(function),
            argument: Box::new(math::bracketed(self.term(&parts[0]), math::Level::Product)),
        }
    }

    /// A slice `A[0:n, :]`, or an array with zeros around it.
    pub(crate) fn gather(&self, gather: &Gather, term: &Term) -> Math {
        let to = term.shape().cloned().unwrap_or_default();
        if gather.is_part() {
            return self.part(gather, &term.children()[0]);
        }
        if let Some((whole, gather)) = within_slice(gather, &to, &term.children()[0]) {
            return self.slice(&gather, whole, &to);
        }
        self.slice(gather, &term.children()[0], &to)
    }

    /// The part of an array at fixed places, `u₀` or `A[0, :]`.
    fn part(&self, gather: &Gather, array: &Term) -> Math {
        let place = |subscript: &Subscript| match subscript.terms.as_slice() {
            [] => self.polynomial(&subscript.constant),
            _ => math::word(":", ":"),
        };
        Math::Entry {
            array: Box::new(math::bracketed(self.term(array), math::Level::Atom)),
            indices: gather.axes.iter().map(place).collect(),
        }
    }

    /// The part of an array of this shape that begins where the subscripts say.
    fn slice(&self, gather: &Gather, array: &Term, to: &Shape) -> Math {
        let from = array.shape().cloned().unwrap_or_default();
        let array = math::bracketed(self.term(array), math::Level::Atom);
        let axes = gather.axes.iter().zip(&from.0).enumerate();
        let slice = |(axis, (subscript, from)): (usize, (&Subscript, &Dim))| {
            let size = to.0.get(axis).map(Polynomial::from).unwrap_or_default();
            if subscript.constant.is_zero() && size == Polynomial::from(from) {
                return math::word(":", ":");
            }
            let end = subscript.constant.plus(&size);
            let start = if subscript.constant.is_zero() {
                math::number(0)
            } else {
                self.polynomial(&subscript.constant)
            };
            math::relation(start, Spelling::same(":"), self.polynomial(&end))
        };
        let indices = axes.map(slice).collect();
        Math::Entry {
            array: Box::new(array),
            indices,
        }
    }

    /// `A⁻¹`, `det(A)`
    pub(crate) fn matrix_function(&self, name: &str, matrix: &Term) -> Math {
        let row = derive_graph::matrix_function::row(name);
        let (text, latex) = row.map_or((name, name), |row| row.notation);
        if text.is_empty() {
            return Math::Power {
                base: Box::new(math::bracketed(self.term(matrix), math::Level::Atom)),
                exponent: Box::new(math::negative(math::number(1))),
            };
        }
        // Without brackets `det A B` would be read as one argument.
        Math::Call {
            function: Box::new(math::word(text, latex)),
            arguments: vec![self.term(matrix)],
        }
    }

    /// `[A ; B]` one below the other, `[A , B]` side by side.
    pub(crate) fn concat(&self, axis: usize, term: &Term) -> Math {
        let below = axis == 0 && term.rank() > 1;
        let sign = if below {
            Spelling::new(";", r";\;")
        } else {
            Spelling::new(",", r",\;")
        };
        let parts = self.all(term.children()).into_iter();
        let joined = parts.reduce(|left, right| math::relation(left, sign.clone(), right));
        let whole = Math::Delimited(
            Delimiter::Square,
            Box::new(joined.unwrap_or_else(|| math::number(0))),
        );
        // Arrays of rank 3 and more say along which axis.
        if term.rank() <= 2 {
            return whole;
        }
        Math::Entry {
            array: Box::new(whole),
            indices: vec![math::word(
                &format!("axis {axis}"),
                &format!(r"\text{{axis {axis}}}"),
            )],
        }
    }

    /// The array of entries in another shape: `reshape(A, m×n)`.
    pub(crate) fn reshape(&self, term: &Term) -> Math {
        let shape = term.shape().cloned().unwrap_or_default();
        let sizes = self.sizes(&shape);
        let word = math::word("reshape", r"\operatorname{reshape}");
        let arguments = vec![self.term(&term.children()[0]), sizes];
        Math::Call {
            function: Box::new(word),
            arguments,
        }
    }
}

/// A slice of a slice as one slice of the array behind both. It may reach beyond the inner one only where that ends with the array, so
/// that there is nothing either way.
fn within_slice<'a>(outer: &Gather, to: &Shape, slice: &'a Term) -> Option<(&'a Term, Gather)> {
    let Head::Gather(inner, shape) = slice.head() else {
        return None;
    };
    if !outer.is_slice() || !inner.is_slice() {
        return None;
    }
    let from = slice.children()[0].shape()?;
    let inside = (0..outer.axes.len()).all(|at| {
        let (place, begin) = (&outer.axes[at].constant, &inner.axes[at].constant);
        let (to, size) = (Polynomial::from(&to.0[at]), Polynomial::from(&shape.0[at]));
        let reaches = begin.plus(&size) == Polynomial::from(&from.0[at]);
        let room = size.minus(&place.plus(&to));
        (begin.is_zero() || place.is_never_negative()) && (reaches || room.is_never_negative())
    });
    let axes = outer.axes.iter().zip(&inner.axes).enumerate();
    let axes = axes
        .map(|(at, (outer, inner))| Subscript::shifted(at, outer.constant.plus(&inner.constant)));
    let gather = Gather {
        axes: axes.collect(),
        lowest: false,
    };
    inside.then(|| (&slice.children()[0], gather))
}

/// A sum; its only term by itself.
fn sum(mut terms: Vec<(bool, Math)>) -> Math {
    match terms.as_slice() {
        [] => math::number(0),
        [(false, _)] => terms.swap_remove(0).1,
        _ => Math::Sum(terms),
    }
}
