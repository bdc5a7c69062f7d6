//! Entries with every index a number: sums written out, deltas decided, places that do not exist dropped.

use crate::build;
use crate::lower::lower_entry;
use crate::raise::raise;
use crate::substitute::comprehension_at;
use crate::{Affine, Fresh, Head, Index, Term};
use derive_graph::{Dim, Function, Graph, Name, Shape};
use num_traits::Signed;
use std::collections::HashMap;

/// Most terms of one sum that are written out.
const MOST_TERMS: usize = 64;

/// The entry of an array at `indices`, every sum explicit, whatever form the array has: a comprehension by its own body, anything
/// else through its graph. Where an index is no place of the array the entry is zero, whatever its formula would give there. `None` where
/// an entry cannot be given.
pub fn entry_at(array: &Term, indices: &[Index], fresh: &mut Fresh) -> Option<Term> {
    let entry = formula_at(array, indices, fresh)?;
    let doubtful = indices
        .iter()
        .filter(|index| index.as_affine().is_some() && !is_zero_outside(&entry, index))
        .cloned();
    let inside = build::inside(&doubtful.collect::<Vec<_>>());
    Some(build::product(Vec::new(), vec![inside, entry]))
}

/// Whether a formula shows that it is zero where `index` is no place: it has an entry there as a factor.
fn is_zero_outside(term: &Term, index: &Index) -> bool {
    match term.head() {
        Head::Entry => {
            let mut places = term.children().iter().filter_map(Term::as_index);
            places.any(|place| place == index)
        }
        Head::Product => {
            let (_, factors) = term.split_terms();
            factors.iter().any(|it| is_zero_outside(it, index))
        }
        Head::Sum => term.children().iter().all(|it| is_zero_outside(it, index)),
        Head::Power(exponent) => {
            exponent.is_positive() && is_zero_outside(&term.children()[0], index)
        }
        _ => false,
    }
}

fn formula_at(array: &Term, indices: &[Index], fresh: &mut Fresh) -> Option<Term> {
    if *array.head() == Head::Comprehension {
        return Some(comprehension_at(array, indices, fresh));
    }
    let mut graph = Graph::default();
    let node = raise(&mut graph, array)?;
    (graph.shape(node).rank() == indices.len()).then(|| lower_entry(&graph, node, indices, fresh))
}

/// Writes entries out at given sizes.
pub struct WriteOut<'a> {
    /// The size of a named dimension.
    pub size: &'a dyn Fn(&Name) -> Option<i64>,
}

/// The value of every index, counted from 0.
pub type Values = HashMap<Index, i64>;

impl WriteOut<'_> {
    /// All places of an array of this shape in order, counted from 0; `None` if a dimension has no size.
    pub fn places(&self, shape: &Shape) -> Option<Vec<Vec<i64>>> {
        let mut places = vec![Vec::new()];
        for dim in &shape.0 {
            let size = i64::try_from(dim.size(self.size)?).ok()?;
            let longer =
                |place: Vec<i64>| (0..size).map(move |at| [place.clone(), vec![at]].concat());
            places = places.into_iter().flat_map(longer).collect();
        }
        Some(places)
    }

    /// A scalar in index notation with its indices replaced by these values. Subscripts in the result count from 1. `None` where a
    /// sum has too many terms or a dimension no size.
    pub fn entry(&self, term: &Term, values: &Values) -> Option<Term> {
        match term.head() {
            Head::Entry => {
                let (array, place) = term.as_entry()?;
                self.entry_of(array, &place, values)
            }
            Head::Delta => {
                let (place, _) = term.split();
                let same = self.place(&place[0], values)? == self.place(&place[1], values)?;
                let inside = self.place(&place[0], values)?.is_some();
                Some(build::integer(i64::from(same && inside)))
            }
            Head::Product if !term.split_terms().0.is_empty() => {
                let (bound, factors) = term.split();
                let terms = self.runs(&bound, values)?.into_iter().map(|values| {
                    self.each(factors, &values)
                        .map(|factors| build::product(Vec::new(), factors))
                });
                Some(build::sum(terms.collect::<Option<_>>()?))
            }
            Head::Extremum { least } => {
                let (bound, parts) = term.split();
                let mut candidates = Vec::new();
                for values in self.runs(&bound, values)? {
                    if !self.entry(&parts[1], &values)?.is_zero() {
                        candidates.push(self.entry(&parts[0], &values)?);
                    }
                }
                let name = if *least { "min" } else { "max" };
                Some(Term::raw(Head::Apply(Function::named(name)), candidates))
            }
            _ if term.children().is_empty() => Some(term.clone()),
            head => Some(build::node(
                head.clone(),
                self.each(term.children(), values)?,
            )),
        }
    }

    fn each(&self, terms: &[Term], values: &Values) -> Option<Vec<Term>> {
        terms.iter().map(|term| self.entry(term, values)).collect()
    }

    /// The values extended by every combination of the bound indices.
    fn runs(&self, bound: &[Index], values: &Values) -> Option<Vec<Values>> {
        let shape = Shape(bound.iter().map(Index::dim).collect());
        let places = self.places(&shape)?;
        (places.len() <= MOST_TERMS).then_some(())?;
        let extended = |place: Vec<i64>| {
            let mut values = values.clone();
            values.extend(bound.iter().cloned().zip(place));
            values
        };
        Some(places.into_iter().map(extended).collect())
    }

    fn entry_of(&self, array: &Term, place: &[Index], values: &Values) -> Option<Term> {
        let mut numbers = Vec::with_capacity(place.len());
        for index in place {
            match self.place(index, values)? {
                Some(number) => numbers.push(number),
                None => return Some(build::integer(0)),
            }
        }
        match array.head() {
            Head::Ones(_) => return Some(build::integer(1)),
            Head::Identity(_) => return Some(build::integer(i64::from(numbers[0] == numbers[1]))),
            _ => {}
        }
        let subscripts = numbers
            .iter()
            .zip(place)
            .map(|(number, index)| numbered(*number, &index.dim()));
        Some(Term::raw(
            Head::Entry,
            std::iter::once(array.clone())
                .chain(subscripts.map(|index| build::index(&index)))
                .collect(),
        ))
    }

    /// The place that an index stands for; the inner `None` where there is no such place.
    fn place(&self, index: &Index, values: &Values) -> Option<Option<i64>> {
        let affine = match index {
            Index::Unit => return Some(Some(0)),
            Index::Variable { .. } => return Some(Some(*values.get(index)?)),
            Index::Affine(affine) => affine,
        };
        let mut sum = affine.constant().value(self.size)?;
        for (variable, coefficient) in affine.terms() {
            sum += coefficient.value(self.size)? * values.get(variable)?;
        }
        if sum.rem_euclid(affine.divisor()) != 0 {
            return Some(None);
        }
        let size = i64::try_from(affine.dim().size(self.size)?).ok()?;
        let place = sum / affine.divisor();
        let place = if affine.cyclic() {
            place.rem_euclid(size)
        } else {
            place
        };
        Some((0..size).contains(&place).then_some(place))
    }
}

/// The subscript of a place counted from 0, as readers count: from 1.
pub fn numbered(place: i64, dim: &Dim) -> Index {
    Affine::new(Vec::new(), (place + 1).into(), dim.clone()).to_index()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_out_and_deltas_decided() {
        let dim = Dim::Named(Name::new("n"));
        let array = |name: &str| {
            let shape = Shape(vec![dim.clone(), dim.clone()]);
            build::tensor(&Name::new(name), &shape)
        };
        let write = WriteOut { size: &|_| Some(2) };
        let mut fresh = Fresh::default();
        let indices = fresh.indices(&[dim.clone(), dim.clone()]);
        let chain = build::matmul(vec![array("A"), array("B")]);
        let entry = entry_at(&chain, &indices, &mut fresh).expect("a product has entries");
        let values: Values = indices.iter().cloned().zip([0, 1]).collect();
        let written = write.entry(&entry, &values).expect("sizes are known");
        assert_eq!((written.head(), written.children().len()), (&Head::Sum, 2));
        let delta = build::delta(&indices[0], &indices[1]);
        assert!(write.entry(&delta, &values).expect("decided").is_zero());
    }
}
