//! What is written alike entry by entry and for whole arrays: numbers, names, sums, products, powers, functions; and entries.

use super::Speller;
use super::broadcast::has_full_matrix;
use super::internal;
use super::sizes::{added, dimension, dimensions};
use crate::expression::{
    binary, call, call_of, index_sum, name, negated, number, slice, subscripted, whole,
};
use derive_graph::{Function, Name};
use derive_index::{Head, Index, Rational, Term, build};
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind, SubscriptItem};
use num_traits::{One, Signed};

fn times(left: Expr, right: Expr) -> Expr {
    binary(BinaryOperator::Multiply, left, right)
}

impl Speller {
    /// The expression of a head that stands for entries as well as for arrays.
    pub(super) fn scalar(&mut self, term: &Term) -> Option<Expr> {
        match term.head() {
            Head::Number(value) => Some(number(value.clone())),
            Head::Dimension(text) => Some(name(text.as_str())),
            Head::Tensor(text, _) => named(text),
            Head::Entry => self.entry(term),
            Head::Delta => self.delta(term),
            Head::Product => self.product(term),
            Head::Sum => {
                let full = has_full_matrix(term.children());
                let terms = term.children().iter().enumerate();
                let terms = terms.map(|(at, child)| self.summand(child, at == 0, full));
                let terms: Vec<_> = terms.collect::<Option<_>>()?;
                Some(added(terms.into_iter()))
            }
            Head::Power(exponent) => self.power(&term.children()[0], exponent),
            Head::Apply(function) => self.applied(function, term.children()),
            Head::Extremum { least } => self.extremum(term, *least),
            _ => None,
        }
    }

    /// Whether a term of a sum is subtracted, and what is; the first one has its sign itself.
    fn summand(&mut self, term: &Term, first: bool, full: bool) -> Option<(bool, Expr)> {
        let negative = !first && build::coefficient(term).is_negative();
        let positive = match negative {
            true => build::negate(term.clone()),
            false => term.clone(),
        };
        let broadcast = full.then(|| self.broadcast(&positive)).flatten();
        Some((negative, broadcast.or_else(|| self.term(&positive))?))
    }

    fn entry(&mut self, term: &Term) -> Option<Expr> {
        let (array, place) = term.as_entry()?;
        let array = self.term(array)?;
        Some(subscripted(array, self.places(&place)?))
    }

    fn places(&self, place: &[Index]) -> Option<Vec<SubscriptItem>> {
        let items = place.iter().map(|index| self.place(index));
        items.map(|item| item.map(SubscriptItem::At)).collect()
    }

    /// `eye(n)[i, j]`
    fn delta(&mut self, term: &Term) -> Option<Expr> {
        let (place, _) = term.split();
        let identity = call("eye", 0, dimension(&place.first()?.dim())?, &[]);
        Some(subscripted(identity, self.places(&place)?))
    }

    fn product(&mut self, term: &Term) -> Option<Expr> {
        let (bound, factors) = term.split();
        if bound.is_empty() {
            return self.factors(factors, Vec::new());
        }
        let number = factors.first().and_then(Term::as_number).cloned();
        let rest = &factors[usize::from(number.is_some())..];
        let letters = bound.iter().map(|index| self.letters.enter(index));
        let letters: Vec<String> = letters.collect();
        let body = self.summed(&bound, rest);
        self.letters.leave(bound.len());
        let sum = index_sum(&letters, body?);
        // A number stands in front of the sum and not in every term.
        Some(fraction(
            &number.unwrap_or_else(One::one),
            vec![sum],
            Vec::new(),
        ))
    }

    /// What a sum reaches over. An index that stands alone nowhere gets its range from a one: `ones(n)[k]`.
    fn summed(&mut self, bound: &[Index], factors: &[Term]) -> Option<Expr> {
        let alone = |index: &&Index| !factors.iter().any(|factor| stands_alone(factor, index));
        let mut ranges = Vec::new();
        for index in bound.iter().filter(alone) {
            let ones = call("ones", 0, dimension(&index.dim())?, &[]);
            ranges.push(subscripted(ones, self.places(std::slice::from_ref(index))?));
        }
        self.factors(factors, ranges)
    }

    /// Factors under one fraction line, numbers in front.
    fn factors(&mut self, factors: &[Term], more: Vec<Expr>) -> Option<Expr> {
        if let [zero, ones] = factors
            && zero.is_zero()
            && let Head::Ones(shape) = ones.head()
        {
            return Some(call_of("zeros", 0, dimensions(&shape.0)?, &[]));
        }
        let mut coefficient = Rational::one();
        let (mut above, mut below) = (Vec::new(), Vec::new());
        let full = has_full_matrix(factors);
        for factor in factors {
            match factor.head() {
                Head::Number(value) => coefficient *= value,
                Head::Power(exponent) if exponent.is_negative() => {
                    below.push(self.power(&factor.children()[0], &-exponent)?);
                }
                _ => {
                    let broadcast = full.then(|| self.broadcast(factor)).flatten();
                    match broadcast.map(reciprocal) {
                        Some(Ok(divisor)) => below.push(divisor),
                        Some(Err(factor)) => above.push(factor),
                        None => above.push(self.term(factor)?),
                    }
                }
            }
        }
        above.extend(more);
        Some(fraction(&coefficient, above, below))
    }

    /// `base^exponent`
    fn power(&mut self, base: &Term, exponent: &Rational) -> Option<Expr> {
        if exponent.is_negative() {
            let below = self.power(base, &-exponent)?;
            return Some(binary(BinaryOperator::Divide, whole(1), below));
        }
        let base = self.term(base)?;
        let half = Rational::new(1.into(), 2.into());
        Some(match exponent {
            one if one.is_one() => base,
            root if *root == half => call("sqrt", 0, base, &[]),
            _ => binary(BinaryOperator::Power, base, number(exponent.clone())),
        })
    }

    fn applied(&mut self, function: &Function, arguments: &[Term]) -> Option<Expr> {
        let mut arguments = self.all(arguments)?;
        let text = function.name.as_str();
        let row = function.row();
        if text == "power" && function.primes == 0 {
            let exponent = arguments.pop()?;
            return Some(binary(BinaryOperator::Power, arguments.pop()?, exponent));
        }
        if row.is_some_and(|row| row.internal) {
            return internal::written(text, &arguments).filter(|_| function.primes == 0);
        }
        Some(call_of(text, function.primes, arguments, &[]))
    }

    /// `max(A[i, :])`: the largest of what the summed index runs over, where that is the only whole axis of every entry.
    fn extremum(&mut self, term: &Term, least: bool) -> Option<Expr> {
        let (bound, rest) = term.split();
        let ([index], [body, counts]) = (bound.as_slice(), rest) else {
            return None;
        };
        let everything = counts.as_number().is_some_and(One::is_one);
        let line = self.along(body, index).filter(|_| everything)?;
        let name = if least { "min" } else { "max" };
        Some(call(name, 0, line, &[]))
    }

    /// An entry as the line of entries that an index runs through.
    fn along(&mut self, term: &Term, index: &Index) -> Option<Expr> {
        if !term.free().contains(index) {
            return self.term(term);
        }
        let (array, place) = term.as_entry()?;
        let once = place.iter().filter(|own| *own == index).count() == 1;
        let array = self.term(array).filter(|_| once)?;
        let items = place.iter().map(|own| match own == index {
            true => Some(slice(None, None)),
            false => self.place(own).map(SubscriptItem::At),
        });
        Some(subscripted(array, items.collect::<Option<_>>()?))
    }
}

/// What `1 / a` divides by; the expression itself where it is none.
fn reciprocal(expr: Expr) -> Result<Expr, Expr> {
    match expr.kind {
        ExprKind::Binary(BinaryOperator::Divide, _, one, divisor) if matches!(&one.kind, ExprKind::Number(value) if value.is_one()) => {
            Ok(*divisor)
        }
        _ => Err(expr),
    }
}

/// `2 * a * b / (3 * c)`; a minus goes to the first factor.
fn fraction(coefficient: &Rational, mut above: Vec<Expr>, mut below: Vec<Expr>) -> Expr {
    let size = coefficient.abs();
    let [top, bottom] =
        [size.numer(), size.denom()].map(|part| Rational::from_integer(part.clone()));
    if !top.is_one() || above.is_empty() {
        above.insert(0, number(top));
    }
    if !bottom.is_one() {
        below.insert(0, number(bottom));
    }
    if coefficient.is_negative() {
        let first = above.remove(0);
        above.insert(0, negated(first));
    }
    let top = above.into_iter().reduce(times);
    let top = top.unwrap_or_else(|| whole(1));
    match below.into_iter().reduce(times) {
        Some(bottom) => binary(BinaryOperator::Divide, top, bottom),
        None => top,
    }
}

/// A name of the spec, or the gradient by one. A quantity that is differentiated again has no name there.
fn named(text: &Name) -> Option<Expr> {
    match (text.of_cotangent(), text.as_derivative()) {
        (_, Some(_)) => None,
        (Some(variable), _) => Some(call("grad", 0, name(variable.as_str()), &[])),
        _ => Some(name(text.as_str())),
    }
}

/// Whether an index is a subscript of its own somewhere, which says what it runs over.
fn stands_alone(term: &Term, index: &Index) -> bool {
    term.any(&|part| part.as_index() == Some(index))
}
