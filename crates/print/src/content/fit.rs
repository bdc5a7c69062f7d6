//! Why a product fits: the shapes below the factors of a result's matrix products, and below what is multiplied entry by entry with
//! them.
//!
//! Only the outermost products have them; what stands within a factor was shown where it was derived. A formula without a matrix product
//! has no shapes below it: its sizes stand beside it.

use crate::math::Math;
use crate::term::Speller;
use derive_graph::{Dim, Shape};
use derive_index::{Head, Term};

/// Factors, as nodes of their own, with their shapes.
type Factors = Vec<(Term, Shape)>;

/// The formula of a result with the shapes below its factors; nothing where it has no matrix product.
pub fn fitted(speller: &mut Speller<'_>, result: &Term) -> Option<Math> {
    if !multiplies(result) {
        return None;
    }
    let mut factors = Factors::new();
    let whole = split(result, &mut factors);
    let sizes = |(factor, shape): &(Term, Shape)| (factor.address(), speller.size_list(shape));
    speller.shaped = factors.iter().map(sizes).collect();
    let math = speller.spell(&whole);
    speller.shaped.clear();
    Some(math)
}

/// Whether an array is a matrix product, perhaps within sums and entrywise products.
fn multiplies(term: &Term) -> bool {
    match term.head() {
        Head::MatMul | Head::Outer => term.rank() > 0,
        Head::Sum | Head::Product => term.children().iter().any(multiplies),
        _ => false,
    }
}

/// The term with the factors of its products as nodes of their own, which are noted down with their shapes.
fn split(term: &Term, factors: &mut Factors) -> Term {
    let fitting = in_product(term);
    let children = term.children().iter().enumerate();
    let children = children.map(|(at, child)| match term.head() {
        // `A u vᵀ` shows the shapes of all three.
        Head::Outer if at == 0 && *child.head() == Head::MatMul => match child.children()[0].rank()
        {
            // A row stands there turned, its factors the other way round.
            1 => child.clone(),
            _ => split(child, factors),
        },
        Head::MatMul | Head::Outer => {
            let shape = fitting.as_ref().and_then(|shapes| shapes.get(at));
            noted(child, shape.cloned(), factors)
        }
        _ if multiplies(child) => split(child, factors),
        Head::Product if child.rank() > 0 => noted(child, child.shape().cloned(), factors),
        _ => child.clone(),
    });
    let children: Vec<Term> = children.collect();
    Term::raw(term.head().clone(), children)
}

fn noted(factor: &Term, shape: Option<Shape>, factors: &mut Factors) -> Term {
    let Some(shape) = shape else {
        return factor.clone();
    };
    let own = factor.apart();
    factors.push((own.clone(), shape));
    own
}

/// The shapes of the factors of a matrix product: a vector is a row where it stands first and a column where it stands last, in an
/// outer product the other way round. Nothing if the columns of one are not the rows of the next, so that no wrong shape is ever shown.
fn in_product(product: &Term) -> Option<Vec<Shape>> {
    let last = product.children().len().saturating_sub(1);
    let shape = |(at, factor): (usize, &Term)| {
        let shape = factor.shape()?;
        let is_row = match product.head() {
            Head::Outer => at == last,
            _ => at == 0 && last > 0,
        };
        Some(match shape.0.as_slice() {
            [size] if is_row => Shape(vec![Dim::Size(1), size.clone()]),
            [size] => Shape(vec![size.clone(), Dim::Size(1)]),
            _ => shape.clone(),
        })
    };
    let shapes = product.children().iter().enumerate().map(shape);
    let shapes: Vec<Shape> = shapes.collect::<Option<_>>()?;
    let matrices = |pair: &[Shape]| pair.iter().all(|shape| shape.rank() == 2);
    let fits = |pair: &[Shape]| matrices(pair) && pair[0].0.last() == pair[1].0.first();
    shapes.windows(2).all(fits).then_some(shapes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::Name;

    fn array(sizes: &[u64]) -> Term {
        let shape = Shape(sizes.iter().map(|size| Dim::Size(*size)).collect());
        Term::leaf(Head::Tensor(Name::new("A"), shape))
    }

    fn check(head: Head, factors: &[&[u64]], expected: Option<&[&[u64]]>) {
        let factors = factors.iter().map(|sizes| array(sizes)).collect();
        let shapes = |sizes: &[u64]| Shape(sizes.iter().map(|size| Dim::Size(*size)).collect());
        let expected = expected.map(|all| all.iter().map(|sizes| shapes(sizes)).collect());
        assert_eq!(in_product(&Term::raw(head, factors)), expected);
    }

    #[test]
    fn shapes_are_told_only_where_they_chain() {
        let chain: &[&[u64]] = &[&[5, 2], &[2, 3], &[3, 4]];
        check(Head::MatMul, chain, Some(chain));
        check(Head::MatMul, &[&[5, 2], &[3, 2]], None);
        check(Head::MatMul, &[&[5, 2], &[2, 3], &[4, 3]], None);
        check(Head::MatMul, &[&[5, 2], &[2, 3, 4]], None);
    }

    #[test]
    fn a_vector_is_a_row_or_a_column() {
        check(Head::MatMul, &[&[2], &[2, 3]], Some(&[&[1, 2], &[2, 3]]));
        check(Head::MatMul, &[&[5, 2], &[2]], Some(&[&[5, 2], &[2, 1]]));
        check(Head::Outer, &[&[5], &[2]], Some(&[&[5, 1], &[1, 2]]));
    }
}
