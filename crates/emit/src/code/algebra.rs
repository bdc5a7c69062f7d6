//! Sums, products and powers in a normal form: flat, numbers gathered in front.

use super::{Arena, Id, Op};
use derive_index::Rational;
use num_traits::{One, Signed, Zero};

impl Arena {
    /// The sum of terms.
    pub fn sum(&mut self, terms: Vec<Id>) -> Id {
        let (mut constant, mut flat) = (Rational::zero(), Vec::new());
        for term in terms {
            match (&self.node(term).op, self.as_number(term)) {
                (_, Some(value)) => constant += value,
                (Op::Sum, _) => flat.extend(self.node(term).arguments.clone()),
                _ => flat.push(term),
            }
        }
        // A number inside a nested sum that has just been opened.
        flat.retain(|&term| match self.as_number(term) {
            Some(value) => {
                constant += value;
                false
            }
            None => true,
        });
        if !constant.is_zero() || flat.is_empty() {
            let constant = self.number(constant);
            flat.insert(0, constant);
        }
        // A minus between terms reads better than one in front.
        let (mut ordered, negative): (Vec<Id>, Vec<Id>) =
            flat.into_iter().partition(|&term| !self.is_negative(term));
        ordered.extend(negative);
        match ordered.as_slice() {
            [one] => *one,
            _ => {
                let dims = self.broadcast_dims(&ordered);
                self.add(Op::Sum, ordered, dims)
            }
        }
    }

    /// The product of factors.
    pub fn product(&mut self, factors: Vec<Id>) -> Id {
        let (mut coefficient, mut flat) = (Rational::one(), Vec::new());
        let opened = factors.into_iter().flat_map(|factor| {
            let node = self.node(factor);
            match node.op {
                Op::Product => node.arguments.clone(),
                _ => vec![factor],
            }
        });
        for factor in opened.collect::<Vec<_>>() {
            match self.as_number(factor) {
                Some(value) => coefficient *= value,
                None => flat.push(factor),
            }
        }
        let rank = self.fold_repeated_numbers(&mut flat, &mut coefficient);
        self.cancel_sizes(&mut flat);
        let (mut ordered, arrays): (Vec<Id>, Vec<Id>) =
            flat.into_iter().partition(|&factor| self.rank(factor) == 0);
        ordered.extend(arrays);
        if !coefficient.is_one() || ordered.is_empty() {
            let coefficient = self.number(coefficient);
            ordered.insert(0, coefficient);
        }
        let product = match ordered.as_slice() {
            [one] => *one,
            _ => {
                let dims = self.broadcast_dims(&ordered);
                self.add(Op::Product, ordered, dims)
            }
        };
        if rank > 0 {
            return self.view(product, vec![None; rank]);
        }
        product
    }

    /// A size times its reciprocal is 1.
    fn cancel_sizes(&self, factors: &mut Vec<Id>) {
        let is_size = |id: &Id| matches!(self.node(*id).op, Op::Size(_));
        while let Some((size, below)) = factors.iter().filter(|id| is_size(id)).find_map(|&size| {
            let reciprocal = |id: &&Id| {
                let node = self.node(**id);
                node.op == Op::Power(-Rational::one()) && node.arguments == [size]
            };
            factors.iter().find(reciprocal).map(|&below| (size, below))
        }) {
            for gone in [size, below] {
                if let Some(at) = factors.iter().position(|&id| id == gone) {
                    factors.remove(at);
                }
            }
        }
    }

    /// Numbers that only repeat along axes are numbers; their rank, unless another factor has these axes as well.
    fn fold_repeated_numbers(&self, factors: &mut Vec<Id>, coefficient: &mut Rational) -> usize {
        let mut rank = 0;
        factors.retain(|id| match &self.node(*id).op {
            Op::View(axes) if axes.iter().all(Option::is_none) => {
                match self.as_number(self.node(*id).arguments[0]) {
                    Some(value) => {
                        *coefficient *= value;
                        rank = axes.len();
                        false
                    }
                    None => true,
                }
            }
            _ => true,
        });
        let covered = factors.iter().any(|&id| self.rank(id) > 0);
        if covered { 0 } else { rank }
    }

    /// −term
    pub fn negate(&mut self, term: Id) -> Id {
        let minus = self.integer(-1);
        self.product(vec![minus, term])
    }

    /// base^exponent, entry by entry.
    pub fn power(&mut self, base: Id, exponent: Rational) -> Id {
        if exponent.is_one() {
            return base;
        }
        if let (Some(value), true) = (self.as_number(base), exponent == -Rational::one())
            && !value.is_zero()
        {
            let inverse = value.recip();
            return self.number(inverse);
        }
        if let Some(root) = self
            .as_number(base)
            .and_then(|value| exact_root(value, &exponent))
        {
            return self.number(root);
        }
        let node = self.node(base);
        if let (Op::Product, true) = (&node.op, exponent == -Rational::one()) {
            // 1/(a b) = (1/a)(1/b), so that a quotient is found in every spelling.
            let factors = node.arguments.clone();
            let inverses = factors
                .into_iter()
                .map(|factor| self.power(factor, exponent.clone()));
            let inverses = inverses.collect();
            return self.product(inverses);
        }
        if let (Op::Power(inner), true) = (&node.op, exponent.is_integer()) {
            let (below, inner) = (node.arguments[0], inner * &exponent);
            return self.power(below, inner);
        }
        let dims = node.dims.clone();
        self.add(Op::Power(exponent), vec![base], dims)
    }
}

/// √(p/q) where both are squares, for the exponents ½ and −½.
fn exact_root(value: &Rational, exponent: &Rational) -> Option<Rational> {
    let doubled = exponent * Rational::from_integer(2.into());
    if !value.is_positive() || !(doubled.is_one() || (-&doubled).is_one()) {
        return None;
    }
    let root = Rational::new(value.numer().sqrt(), value.denom().sqrt());
    (&root * &root == *value).then(|| if doubled.is_one() { root } else { root.recip() })
}
