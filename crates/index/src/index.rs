//! Indices: variables that run over a dimension, the only index of an axis of size 1, and affine subscripts.

use derive_graph::{Dim, Name, Polynomial};
use std::sync::Arc;

/// One index or subscript. Two variables are the same only by id, even over one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// The only index of an axis of literal size 1; printed as 1.
    Unit,
    /// A variable; letters are chosen when it is printed.
    Variable {
        /// Identifies the variable within one statement.
        id: u32,
        /// What it runs over.
        dim: Dim,
    },
    /// An affine function of variables. Where it is no place of its axis, an entry is zero.
    Affine(Arc<Affine>),
}

/// (Σ c_k i_k + constant) / divisor, as a place on an axis. Kept in lowest terms, variables sorted by id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Affine {
    terms: Vec<(Index, Polynomial)>,
    constant: Polynomial,
    divisor: i64,
    cyclic: bool,
    dim: Dim,
}

impl Index {
    /// The dimension that it runs over or is a place of.
    pub fn dim(&self) -> Dim {
        match self {
            Index::Unit => Dim::Size(1),
            Index::Variable { dim, .. } => dim.clone(),
            Index::Affine(affine) => affine.dim.clone(),
        }
    }

    /// Whether [`Index::dim`] is this one.
    pub fn runs_over(&self, dim: &Dim) -> bool {
        match self {
            Index::Unit => dim.is_unit(),
            Index::Variable { dim: own, .. } => own == dim,
            Index::Affine(affine) => affine.dim == *dim,
        }
    }

    /// The id of a variable.
    pub fn id(&self) -> Option<u32> {
        match self {
            Index::Variable { id, .. } => Some(*id),
            Index::Unit | Index::Affine(_) => None,
        }
    }

    /// The variables that occur, sorted.
    pub fn variables(&self) -> Vec<Index> {
        match self {
            Index::Unit => Vec::new(),
            Index::Variable { .. } => vec![self.clone()],
            Index::Affine(affine) => affine
                .terms
                .iter()
                .map(|(index, _)| index.clone())
                .collect(),
        }
    }

    /// The number of the place, if this is always the same one and its number is known.
    pub fn as_constant(&self) -> Option<i64> {
        match self {
            Index::Unit => Some(0),
            Index::Variable { .. } => None,
            Index::Affine(affine) => {
                let alone = affine.terms.is_empty() && affine.divisor == 1 && !affine.cyclic;
                affine.constant.as_constant().filter(|_| alone)
            }
        }
    }

    /// The affine function, if this is one.
    pub fn as_affine(&self) -> Option<&Affine> {
        match self {
            Index::Affine(affine) => Some(affine),
            _ => None,
        }
    }

    /// The same function as an affine one, whatever it is.
    pub fn to_affine(&self) -> Affine {
        match self {
            Index::Affine(affine) => (**affine).clone(),
            Index::Unit => Affine::new(Vec::new(), 0.into(), self.dim()),
            Index::Variable { dim, .. } => {
                Affine::new(vec![(self.clone(), 1.into())], 0.into(), dim.clone())
            }
        }
    }
}

impl Affine {
    /// Σ c_k i_k + constant on the axis `dim`. Terms in [`Index::Unit`] are zero and vanish.
    pub fn new(terms: Vec<(Index, Polynomial)>, constant: Polynomial, dim: Dim) -> Affine {
        Affine {
            terms: collected(terms),
            constant,
            divisor: 1,
            cyclic: false,
            dim,
        }
    }

    /// Divided by a whole number of at least 1.
    #[must_use]
    pub fn over(mut self, divisor: i64) -> Affine {
        self.divisor = self.divisor.saturating_mul(divisor);
        self.reduced()
    }

    /// The sum of two functions without divisors on one axis; it wraps around where one of them does.
    #[must_use]
    pub fn plus(&self, other: &Affine) -> Affine {
        Affine {
            terms: collected([&self.terms[..], &other.terms[..]].concat()),
            constant: self.constant.plus(&other.constant),
            divisor: 1,
            cyclic: self.cyclic || other.cyclic,
            dim: self.dim.clone(),
        }
    }

    /// Every coefficient and the constant times a number.
    #[must_use]
    pub fn scaled(mut self, by: i64) -> Affine {
        for (_, coefficient) in &mut self.terms {
            *coefficient = coefficient.scaled(by);
        }
        self.constant = self.constant.scaled(by);
        self.terms.retain(|(_, coefficient)| !coefficient.is_zero());
        self
    }

    /// With places that wrap around, or not.
    #[must_use]
    pub fn wrapping(mut self, cyclic: bool) -> Affine {
        self.cyclic = cyclic;
        self
    }

    /// Variables and their coefficients.
    pub fn terms(&self) -> &[(Index, Polynomial)] {
        &self.terms
    }

    /// What is added.
    pub fn constant(&self) -> &Polynomial {
        &self.constant
    }

    /// What the whole is divided by.
    pub fn divisor(&self) -> i64 {
        self.divisor
    }

    /// Whether places wrap around.
    pub fn cyclic(&self) -> bool {
        self.cyclic
    }

    /// The axis.
    pub fn dim(&self) -> &Dim {
        &self.dim
    }

    /// The index that this is: a variable or [`Index::Unit`] where it is no more than that.
    pub fn to_index(self) -> Index {
        if self.dim.is_unit() && self.terms.is_empty() && self.constant.is_zero() {
            return Index::Unit;
        }
        match self.terms.as_slice() {
            [(index, coefficient)]
                if coefficient.is(1)
                    && self.constant.is_zero()
                    && self.divisor == 1
                    && index.dim() == self.dim =>
            {
                index.clone()
            }
            _ => Index::Affine(Arc::new(self)),
        }
    }

    /// Whether [`Affine::replaced`] is this function of `to`: a place that wraps around on one axis can only be moved on around that
    /// same axis.
    pub fn can_replace(&self, from: &Index, to: &Index) -> bool {
        let wraps = to.as_affine().is_some_and(|place| place.cyclic);
        let occurs = self.terms.iter().any(|(index, _)| index == from);
        let around = self.cyclic && self.divisor == 1 && to.dim() == self.dim;
        !wraps || !occurs || around
    }

    /// With `from` replaced, where [`Affine::can_replace`] allows it.
    #[must_use]
    pub fn replaced(&self, from: &Index, to: &Index) -> Affine {
        let Some(at) = self.terms.iter().position(|(index, _)| index == from) else {
            return self.clone();
        };
        let mut terms = self.terms.clone();
        let (_, coefficient) = terms.remove(at);
        let inner = to.to_affine();
        let scale = |by: &Polynomial| by.scaled(inner.divisor);
        let mut all: Vec<_> = terms
            .iter()
            .map(|(index, c)| (index.clone(), scale(c)))
            .collect();
        all.extend(
            inner
                .terms
                .iter()
                .map(|(index, c)| (index.clone(), coefficient.times(c))),
        );
        Affine {
            terms: collected(all),
            constant: scale(&self.constant).plus(&coefficient.times(&inner.constant)),
            divisor: self.divisor.saturating_mul(inner.divisor),
            cyclic: self.cyclic || inner.cyclic,
            dim: self.dim.clone(),
        }
        .reduced()
    }

    /// The variable `index` where this equals `place`, solved for: (place − rest) / coefficient, as a place of the variable's own
    /// range. `None` where the coefficient is no whole number, or the wrapping of places does not allow it.
    pub fn solved(&self, index: &Index, place: &Index) -> Option<Index> {
        let at = self.terms.iter().position(|(known, _)| known == index)?;
        let (_, coefficient) = &self.terms[at];
        let coefficient = coefficient.as_constant().filter(|c| *c != 0)?;
        let other = place.to_affine();
        let cyclic = self.cyclic || other.cyclic;
        // Cyclic places can be solved only for a variable that runs once around the same circle.
        if cyclic
            && (coefficient.abs() != 1
                || index.dim() != self.dim
                || self.divisor * other.divisor != 1)
        {
            return None;
        }
        // place = (c·index + rest) / divisor, so index = (divisor·place − rest) / c, all over place's own divisor.
        let sign = coefficient.signum();
        let mut terms: Vec<_> = other
            .terms
            .iter()
            .map(|(known, c)| (known.clone(), c.scaled(self.divisor * sign)))
            .collect();
        let rest = self
            .terms
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != at);
        terms.extend(rest.map(|(_, (known, c))| (known.clone(), c.scaled(-sign * other.divisor))));
        let constant = other
            .constant
            .scaled(self.divisor)
            .minus(&self.constant.scaled(other.divisor))
            .scaled(sign);
        let solved = Affine {
            terms: collected(terms),
            constant,
            divisor: coefficient.abs().checked_mul(other.divisor)?,
            cyclic,
            dim: index.dim(),
        };
        Some(solved.reduced().to_index())
    }

    /// Whether this is a place of its axis for all values of its variables, as far as the coefficients show it.
    pub fn is_always_inside(&self) -> bool {
        match (self.divisor, self.cyclic) {
            (1, true) => true,
            (1, false) => self.ends_inside() == (true, true),
            _ => false,
        }
    }

    /// Whether a whole number that does not wrap around is never before the first place of its axis, and whether it is never behind the last, as
    /// far as the coefficients show it.
    pub fn ends_inside(&self) -> (bool, bool) {
        let Some((least, greatest)) = self.bounds() else {
            return (false, false);
        };
        let room = Polynomial::from(&self.dim)
            .minus(&1.into())
            .minus(&greatest);
        (least.is_never_negative(), room.is_never_negative())
    }

    /// Whether this is no place of its axis for any values of its variables, as far as the coefficients show it.
    pub fn is_never_inside(&self) -> bool {
        if self.divisor != 1 || self.cyclic {
            return false;
        }
        let Some((least, greatest)) = self.bounds() else {
            return false;
        };
        let before = greatest.plus(&1.into()).scaled(-1);
        let behind = least.minus(&Polynomial::from(&self.dim));
        before.is_never_negative() || behind.is_never_negative()
    }

    /// The least and an upper bound of the greatest value; `None` if a coefficient may have either sign.
    fn bounds(&self) -> Option<(Polynomial, Polynomial)> {
        // The least value takes the variables with negative coefficients at their ends, the greatest the others.
        let end = |index: &Index| Polynomial::from(&index.dim()).minus(&1.into());
        let (mut least, mut greatest) = (self.constant.clone(), self.constant.clone());
        for (index, coefficient) in &self.terms {
            let reach = coefficient.times(&end(index));
            if coefficient.is_never_negative() {
                greatest = greatest.plus(&reach);
            } else if coefficient.scaled(-1).is_never_negative() {
                least = least.plus(&reach);
            } else {
                return None;
            }
        }
        Some((least, greatest.rounded_up()))
    }

    /// With every variable and dimension renamed.
    #[must_use]
    pub fn renamed(&self, index: &dyn Fn(&Index) -> Index, dim: &dyn Fn(&Name) -> Dim) -> Affine {
        Affine {
            terms: collected(
                self.terms
                    .iter()
                    .map(|(known, c)| (index(known), c.renamed(dim)))
                    .collect(),
            ),
            constant: self.constant.renamed(dim),
            divisor: self.divisor,
            cyclic: self.cyclic,
            dim: self.dim.renamed(dim),
        }
    }

    /// Common divisors of the coefficients and the divisor taken out.
    fn reduced(mut self) -> Affine {
        let mut common = self.divisor;
        let polynomials = self.terms.iter().map(|(_, c)| c).chain([&self.constant]);
        for (_, coefficient) in polynomials.flat_map(Polynomial::terms) {
            common = greatest_common_divisor(common, coefficient.numer().abs());
        }
        if common > 1 {
            self.terms
                .iter_mut()
                .for_each(|(_, c)| *c = c.share(common));
            self.constant = self.constant.share(common);
            self.divisor /= common;
        }
        self
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// Coefficients of one variable added up, zeros dropped, variables in order of their ids.
fn collected(terms: Vec<(Index, Polynomial)>) -> Vec<(Index, Polynomial)> {
    let mut collected: Vec<(Index, Polynomial)> = Vec::with_capacity(terms.len());
    for (index, coefficient) in terms.into_iter().filter(|(index, _)| *index != Index::Unit) {
        match collected.iter_mut().find(|(known, _)| *known == index) {
            Some((_, sum)) => *sum = sum.plus(&coefficient),
            None => collected.push((index, coefficient)),
        }
    }
    collected.retain(|(_, coefficient)| !coefficient.is_zero());
    collected.sort();
    collected
}

/// A source of indices that have not been used yet.
#[derive(Clone, Debug, Default)]
pub struct Fresh {
    next: u32,
}

impl Fresh {
    /// A source whose first variable has this id.
    pub fn starting_at(next: u32) -> Fresh {
        Fresh { next }
    }

    /// The id that the next variable gets.
    pub fn peek(&self) -> u32 {
        self.next
    }

    /// A new index over `dim`; [`Index::Unit`] if the dimension is the literal 1.
    pub fn index(&mut self, dim: &Dim) -> Index {
        if dim.is_unit() {
            return Index::Unit;
        }
        let id = self.next;
        self.next += 1;
        Index::Variable {
            id,
            dim: dim.clone(),
        }
    }

    /// New indices for every axis of a shape.
    pub fn indices(&mut self, dims: &[Dim]) -> Vec<Index> {
        dims.iter().map(|dim| self.index(dim)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dim(name: &str) -> Dim {
        Dim::Named(Name::new(name))
    }

    fn variable(id: u32, name: &str) -> Index {
        Index::Variable { id, dim: dim(name) }
    }

    #[test]
    fn a_window_is_solved_for_its_position() {
        let (p, r, u) = (variable(0, "P"), variable(1, "R"), variable(2, "W"));
        let window = Affine::new(
            vec![(p.clone(), 2.into()), (r.clone(), 1.into())],
            0.into(),
            dim("W"),
        );
        let solved = window.solved(&p, &u).expect("p can be solved for");
        let expected = Affine::new(
            vec![(u.clone(), 1.into()), (r.clone(), (-1).into())],
            0.into(),
            dim("P"),
        )
        .over(2);
        assert_eq!(solved, expected.to_index());
        // Putting the solution back gives the place itself.
        assert_eq!(window.replaced(&p, &solved).to_index(), u);
    }

    #[test]
    fn windows_that_fit_are_always_inside() {
        let (n, k) = (Polynomial::from(&dim("n")), Polynomial::from(&dim("k")));
        let valid = n.minus(&k).plus(&1.into()).to_dim().expect("a dimension");
        let (p, r) = (Index::Variable { id: 0, dim: valid }, variable(1, "k"));
        let window = Affine::new(
            vec![(p.clone(), 1.into()), (r.clone(), 1.into())],
            0.into(),
            dim("n"),
        );
        assert!(window.is_always_inside());
        let padded = Affine::new(vec![(p, 1.into()), (r, 1.into())], (-1).into(), dim("n"));
        assert!(!padded.is_always_inside());
    }
}
