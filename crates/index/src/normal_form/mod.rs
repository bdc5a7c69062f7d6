//! The normal form of index notation: a sum of products, for deciding equality.
//!
//! Products are multiplied out, deltas and sums over nothing are carried out, powers of one base are collected, summed indices
//! get names that depend on nothing but the term, and like terms are added. Where it is asked not to multiply out, sums stay factors. Two terms with one normal form are equal wherever both
//! are defined. The converse holds for polynomials in the entries up to the order of equal candidates: what is not found equal may
//! still be equal.

mod canonical;

use crate::circles;
use crate::write_out::entry_at;
use crate::{Fresh, Head, Index, Rational, Term, build};
use canonical::canonical;
use derive_graph::{Attribute, Name};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::{BTreeMap, HashMap};

/// Most products that a term is multiplied out to.
const MOST_PRODUCTS: usize = 600;
/// Most factors that are looked at before a term counts as too large.
const MOST_WORK: usize = 100_000;

/// What names stand for, and what is known of arrays.
pub struct Known<'a> {
    /// The array that a name is defined as, if it is to be replaced.
    pub definition: &'a dyn Fn(&Name) -> Option<Term>,
    /// What is promised of an array's entries.
    pub attributes: &'a dyn Fn(&Name) -> Vec<Attribute>,
    /// Whether products of sums are multiplied out. If not, a sum in a product is a factor, and only the order is brought to a norm.
    pub multiplied: bool,
}

/// A normal form, and the promises that it needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalForm {
    /// The sum of products.
    pub term: Term,
    /// The arrays whose promised sum was used.
    pub assumed: Vec<Name>,
}

/// One product.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// The number in front.
    pub(crate) coefficient: Rational,
    /// The summed indices.
    pub(crate) bound: Vec<Index>,
    /// Factors and their powers.
    pub(crate) factors: Vec<(Term, Rational)>,
}

/// The normal form of a scalar in index notation. `None` where it is too large, or has a part without entries.
pub fn normal_form(term: &Term, known: &Known<'_>) -> Option<NormalForm> {
    let mut forming = Forming {
        known,
        fresh: Fresh::starting_at(term.next_index()),
        assumed: Vec::new(),
        formed: HashMap::new(),
        work: 0,
    };
    let term = forming.form(term)?;
    forming.assumed.sort();
    Some(NormalForm {
        term,
        assumed: forming.assumed,
    })
}

/// A sum of products over indices with these named by where they stand, and its factors in order; its coefficient is kept. `None` for
/// other terms, and where too many orders of the indices are left open.
pub fn canonical_product(term: &Term) -> Option<Term> {
    let (bound, factors) = term.split();
    if *term.head() != Head::Product || bound.is_empty() {
        return None;
    }
    let (numbers, rest): (Vec<&Term>, Vec<&Term>) = factors
        .iter()
        .partition(|factor| factor.as_number().is_some());
    let numbers = numbers.into_iter().filter_map(Term::as_number);
    let product = Product {
        coefficient: numbers.product(),
        bound,
        factors: rest
            .into_iter()
            .map(|factor| (factor.clone(), Rational::one()))
            .collect(),
    };
    let (named, _) = canonical(&product)?;
    Some(scaled(named, product.coefficient))
}

struct Forming<'a> {
    known: &'a Known<'a>,
    fresh: Fresh,
    assumed: Vec<Name>,
    /// The forms of arguments that were met.
    formed: HashMap<Term, Option<Term>>,
    /// Factors that were looked at.
    work: usize,
}

impl Forming<'_> {
    /// The form of a part, which may have been met before.
    fn form_part(&mut self, term: &Term) -> Option<Term> {
        if let Some(known) = self.formed.get(term) {
            return known.clone();
        }
        let form = self.form(term);
        self.formed.insert(term.clone(), form.clone());
        form
    }

    /// Counts what was looked at; nothing where that is too much.
    fn spend(&mut self, factors: usize) -> Option<()> {
        self.work = self.work.saturating_add(factors);
        (self.work <= MOST_WORK).then_some(())
    }

    fn form(&mut self, term: &Term) -> Option<Term> {
        let mut collected: BTreeMap<Term, Rational> = BTreeMap::new();
        for product in self.expand(term)? {
            let Some(product) = self.carried_out(product) else {
                continue;
            };
            let coefficient = product.coefficient.clone();
            let (term, orders) = canonical(&product)?;
            self.spend(product.factors.len().saturating_mul(orders))?;
            *collected.entry(term).or_default() += coefficient;
        }
        let terms = collected
            .into_iter()
            .filter(|(_, coefficient)| !coefficient.is_zero())
            .map(|(term, coefficient)| scaled(term, coefficient));
        Some(build::sum(terms.collect()))
    }

    /// The term as a sum of products whose summed indices are all different.
    fn expand(&mut self, term: &Term) -> Option<Vec<Product>> {
        match term.head() {
            Head::Number(value) if value.is_zero() => Some(Vec::new()),
            Head::Number(value) => Some(vec![Product {
                coefficient: value.clone(),
                bound: Vec::new(),
                factors: Vec::new(),
            }]),
            Head::Dimension(_) | Head::Delta => Some(vec![single(term.clone())]),
            Head::Root => {
                let (places, _) = term.split();
                let (a, b) = (places.first()?.to_affine(), places.get(1)?.to_affine());
                let factors = circles::split_root(&a, &b);
                Some(vec![match factors {
                    None => single(term.clone()),
                    Some(factors) => Product {
                        coefficient: Rational::one(),
                        bound: Vec::new(),
                        factors,
                    },
                }])
            }
            Head::Entry | Head::Tensor(..) => self.expand_entry(term),
            Head::Product => {
                let copy = crate::substitute::rename_bound(term, &|_| true, &mut self.fresh);
                let (bound, factors) = copy.split();
                let mut products = vec![Product {
                    coefficient: Rational::one(),
                    bound,
                    factors: Vec::new(),
                }];
                for factor in factors {
                    let mut terms = self.expand(factor)?;
                    if terms.len() > 1 && !self.known.multiplied {
                        terms = vec![single(self.form_part(factor)?)];
                    }
                    products = self.crossed(&products, &terms)?;
                }
                Some(products)
            }
            Head::Sum => {
                let mut all = Vec::new();
                for part in term.children() {
                    all.extend(self.expand(part)?);
                }
                (all.len() <= MOST_PRODUCTS).then_some(all)
            }
            Head::Power(exponent) => self.expand_power(&term.children()[0], exponent),
            Head::Apply(function) => {
                let arguments = term
                    .children()
                    .iter()
                    .map(|argument| self.form_part(argument));
                let arguments = arguments.collect::<Option<Vec<_>>>()?;
                let value = build::apply(function.clone(), arguments);
                match value.head() {
                    Head::Apply(_) => Some(vec![single(value)]),
                    _ => self.expand(&value),
                }
            }
            Head::Extremum { .. } => Some(vec![single(term.clone())]),
            Head::MatrixFunction(_) => Some(vec![single(term.clone())]),
            Head::RealPart | Head::ImaginaryPart | Head::Conjugate if !term.is_closed_form() => {
                self.expand(&build::without_parts(term)?)
            }
            _ => {
                let entry = entry_at(term, &[], &mut self.fresh)?;
                (entry != *term).then(|| self.expand(&entry)).flatten()
            }
        }
    }

    fn expand_entry(&mut self, term: &Term) -> Option<Vec<Product>> {
        let (array, place) = term.as_entry().unwrap_or((term, Vec::new()));
        let fresh = &mut self.fresh;
        let straight = circles::straightened(array, &place, &mut |dim| fresh.index(dim));
        if let Some((bound, conditions, entry)) = straight {
            let around = Product {
                coefficient: Rational::one(),
                bound,
                factors: conditions
                    .into_iter()
                    .map(|it| (it, Rational::one()))
                    .collect(),
            };
            let inner = self.expand_entry(&entry)?;
            return self.crossed(&[around], &inner);
        }
        let definition = match array.head() {
            Head::Tensor(name, _) => (self.known.definition)(name),
            Head::Ones(_) | Head::Identity(_) | Head::MatrixFunction(_) => None,
            _ => Some(array.clone()),
        };
        match definition {
            Some(definition) => {
                self.fresh = Fresh::starting_at(self.fresh.peek().max(definition.next_index()));
                let entry = entry_at(&definition, &place, &mut self.fresh)?;
                self.expand(&entry)
            }
            None => Some(vec![single(term.clone())]),
        }
    }

    fn expand_power(&mut self, base: &Term, exponent: &Rational) -> Option<Vec<Product>> {
        let whole = exponent.is_integer() && exponent.is_positive();
        if let Some(count) = exponent.to_u32().filter(|count| whole && *count <= 4) {
            let mut products = self.expand(base)?;
            if products.len() <= 1 || self.known.multiplied {
                for _ in 1..count {
                    let again = self.expand(base)?;
                    products = self.crossed(&products, &again)?;
                }
                return Some(products);
            }
        }
        let formed = self.form_part(base)?;
        let split = self.expand(&formed)?;
        if let [only] = split.as_slice()
            && only.bound.is_empty()
            && (only.coefficient.is_one() || exponent.is_integer())
        {
            let power = exponent.to_i32()?;
            let raised = |(factor, own): &(Term, Rational)| (factor.clone(), own * exponent);
            return Some(vec![Product {
                coefficient: match only.coefficient.is_one() {
                    true => Rational::one(),
                    false => num_traits::Pow::pow(&only.coefficient, power),
                },
                bound: Vec::new(),
                factors: only.factors.iter().map(raised).collect(),
            }]);
        }
        let mut product = single(formed);
        product.factors[0].1 = exponent.clone();
        Some(vec![product])
    }

    fn crossed(&mut self, left: &[Product], right: &[Product]) -> Option<Vec<Product>> {
        if left.len().saturating_mul(right.len()) > MOST_PRODUCTS {
            return None;
        }
        let pair = |a: &Product, b: &Product| Product {
            coefficient: &a.coefficient * &b.coefficient,
            bound: [&a.bound[..], &b.bound[..]].concat(),
            factors: [&a.factors[..], &b.factors[..]].concat(),
        };
        let pairs = left
            .iter()
            .flat_map(|a| right.iter().map(move |b| pair(a, b)));
        let pairs: Vec<Product> = pairs.collect();
        self.spend(pairs.iter().map(|product| product.factors.len()).sum())?;
        Some(pairs)
    }

    /// Deltas decided, sums over what does not occur counted, promised sums used, powers collected; `None` for zero.
    fn carried_out(&mut self, mut product: Product) -> Option<Product> {
        loop {
            if self.sift(&mut product) || self.sums_to_one(&mut product) {
                continue;
            }
            self.collect_powers(&mut product);
            if circles::carry_out(&mut product) {
                continue;
            }
            break;
        }
        let occurs = |index: &Index, product: &Product| {
            product
                .factors
                .iter()
                .any(|(factor, _)| factor.free().contains(index))
        };
        let (kept, counted): (Vec<Index>, Vec<Index>) = product
            .bound
            .iter()
            .cloned()
            .partition(|index| occurs(index, &product));
        product.bound = kept;
        for index in counted {
            let count = build::dimension(&index.dim());
            product.factors.push((count, Rational::one()));
        }
        self.collect_powers(&mut product);
        (!product.coefficient.is_zero()).then_some(product)
    }

    /// Carries out one delta with a summed index.
    fn sift(&mut self, product: &mut Product) -> bool {
        for at in 0..product.factors.len() {
            let (factor, _) = &product.factors[at];
            if *factor.head() != Head::Delta {
                continue;
            }
            let (place, _) = factor.split();
            let [a, b] = place.as_slice() else { continue };
            let plain = |index: &Index| index.as_affine().is_none();
            let summed = |index: &Index| product.bound.contains(index);
            let (from, to) = match (plain(a) && plain(b), summed(a), summed(b)) {
                _ if a == b => (a.clone(), b.clone()),
                (true, true, _) => (a.clone(), b.clone()),
                (true, _, true) => (b.clone(), a.clone()),
                _ => continue,
            };
            product.factors.remove(at);
            if from != to {
                product.bound.retain(|index| *index != from);
                for (factor, _) in &mut product.factors {
                    *factor = circles::renamed(factor, &from, &to);
                }
            }
            return true;
        }
        false
    }

    /// Σ_k y_ik = 1 where that is promised and nothing else depends on k.
    fn sums_to_one(&mut self, product: &mut Product) -> bool {
        for index in product.bound.clone() {
            let mut uses = (0..product.factors.len())
                .filter(|at| product.factors[*at].0.free().contains(&index));
            let (Some(at), None) = (uses.next(), uses.next()) else {
                continue;
            };
            let (factor, exponent) = &product.factors[at];
            let Some((array, place)) = factor.as_entry() else {
                continue;
            };
            let Head::Tensor(name, _) = array.head() else {
                continue;
            };
            let promised = (self.known.attributes)(name)
                .iter()
                .any(|attribute| match attribute {
                    Attribute::OneHot { axis } | Attribute::Simplex { axis } => {
                        let once = place.iter().filter(|other| **other == index).count() == 1;
                        let others = place.iter().all(|other| other.as_affine().is_none());
                        once && others && place.get(*axis) == Some(&index)
                    }
                    _ => false,
                });
            if promised && exponent.is_one() {
                if !self.assumed.contains(name) {
                    self.assumed.push(name.clone());
                }
                product.factors.remove(at);
                product.bound.retain(|other| *other != index);
                return true;
            }
        }
        false
    }

    fn collect_powers(&self, product: &mut Product) {
        let mut powers: BTreeMap<Term, Rational> = BTreeMap::new();
        for (factor, exponent) in product.factors.drain(..) {
            *powers.entry(self.symmetric(factor)).or_default() += exponent;
        }
        let factors = powers.into_iter();
        product.factors = factors
            .filter(|(_, exponent)| !exponent.is_zero())
            .collect();
    }

    /// An entry of a symmetric matrix with its places in order.
    fn symmetric(&self, factor: Term) -> Term {
        let Some((array, mut place)) = factor.as_entry() else {
            return factor;
        };
        let Head::Tensor(name, _) = array.head() else {
            return factor;
        };
        if place.len() == 2 && (self.known.attributes)(name).contains(&Attribute::Symmetric) {
            place.sort();
            return build::entry(array.clone(), place);
        }
        factor
    }
}

fn single(factor: Term) -> Product {
    Product {
        coefficient: Rational::one(),
        bound: Vec::new(),
        factors: vec![(factor, Rational::one())],
    }
}

fn scaled(term: Term, coefficient: Rational) -> Term {
    build::product(Vec::new(), vec![build::number(coefficient), term])
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::{Dim, Shape};

    fn matrix(name: &str) -> Term {
        let dim = Dim::Named(Name::new("n"));
        build::tensor(&Name::new(name), &Shape(vec![dim.clone(), dim]))
    }

    fn check(left: &Term, right: &Term, same: bool) {
        let known = Known {
            definition: &|_| None,
            attributes: &|_| Vec::new(),
            multiplied: true,
        };
        let mut fresh = Fresh::default();
        let place = fresh.indices(&left.shape().expect("it conforms").0.clone());
        let form = |term: &Term| {
            let entry = entry_at(term, &place, &mut fresh.clone()).expect("it has entries");
            normal_form(&entry, &known).expect("it is small").term
        };
        assert_eq!(form(left) == form(right), same, "{left:?} and {right:?}");
    }

    #[test]
    fn equal_expressions_have_one_normal_form() {
        let (a, b, c) = (matrix("A"), matrix("B"), matrix("C"));
        let product = |factors: Vec<Term>| build::matmul(factors);
        let sum = |terms: Vec<Term>| build::sum(terms);
        let left = product(vec![a.clone(), sum(vec![b.clone(), c.clone()])]);
        let right = sum(vec![
            product(vec![a.clone(), c.clone()]),
            product(vec![a.clone(), b.clone()]),
        ]);
        check(&left, &right, true);
        let turned = build::transpose(product(vec![a.clone(), b.clone()]));
        let swapped = product(vec![
            build::transpose(b.clone()),
            build::transpose(a.clone()),
        ]);
        check(&turned, &swapped, true);
        check(
            &product(vec![a.clone(), b.clone()]),
            &product(vec![b.clone(), a.clone()]),
            false,
        );
        let chain = product(vec![
            a.clone(),
            b.clone(),
            a.clone(),
            build::transpose(b.clone()),
        ]);
        check(&chain, &chain, true);
        check(
            &sum(vec![a.clone(), build::negate(a.clone())]),
            &build::product(Vec::new(), vec![build::integer(0), b]),
            true,
        );
    }
}
