//! Entries of closed terms, with every product written as a sum over an index.

use crate::build;
use crate::{Fresh, Head, Index, Term};

/// The entry of a closed array at `indices`, one an axis; a scalar without any. `None` where an operation has no entry by entry
/// meaning here.
pub fn expand(term: &Term, indices: &[Index], fresh: &mut Fresh) -> Option<Term> {
    let children = term.children();
    match term.head() {
        Head::Number(_) | Head::Dimension(_) => Some(term.clone()),
        Head::Tensor(..) | Head::Ones(_) | Head::Identity(_) | Head::MatrixFunction(_) => {
            Some(build::entry(term.clone(), indices.to_vec()))
        }
        Head::Product if !term.split_terms().0.is_empty() => None,
        Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => {
            let parts = children.iter().map(|child| {
                let own = if child.rank() == 0 { &[] } else { indices };
                expand(child, own, fresh)
            });
            Some(build::node(
                term.head().clone(),
                parts.collect::<Option<Vec<_>>>()?,
            ))
        }
        Head::Transpose => {
            let turned: Vec<Index> = indices.iter().rev().cloned().collect();
            expand(&children[0], &turned, fresh)
        }
        Head::Outer => {
            let u = expand(&children[0], &indices[..1], fresh)?;
            let v = expand(&children[1], &indices[1..], fresh)?;
            Some(build::product(Vec::new(), vec![u, v]))
        }
        Head::MatMul => expand_chain(children, indices, fresh),
        Head::DiagonalMatrix => {
            let vector = expand(&children[0], &indices[..1], fresh)?;
            let delta = build::delta(&indices[0], &indices[1]);
            Some(build::product(Vec::new(), vec![vector, delta]))
        }
        Head::Diagonal => expand(
            &children[0],
            &[indices[0].clone(), indices[0].clone()],
            fresh,
        ),
        _ => None,
    }
}

/// Σ_{kl…} A_{ik} B_{kl} C_{lj}
fn expand_chain(factors: &[Term], indices: &[Index], fresh: &mut Fresh) -> Option<Term> {
    let mut given = indices.iter().cloned();
    let mut bound = Vec::new();
    let mut parts = Vec::with_capacity(factors.len());
    let mut meets: Option<Index> = None;
    let last = factors.len().checked_sub(1)?;
    for (at, factor) in factors.iter().enumerate() {
        let mut place = Vec::new();
        match meets.take() {
            Some(index) => place.push(index),
            None if factor.rank() == 2 => place.push(given.next()?),
            None => {}
        }
        if at < last {
            let index = fresh.index(factor.shape()?.0.last()?);
            bound.push(index.clone());
            place.push(index.clone());
            meets = Some(index);
        } else if factor.rank() == 2 {
            place.push(given.next()?);
        }
        parts.push(expand(factor, &place, fresh)?);
    }
    Some(build::product(bound, parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::{Dim, Name, Shape};

    #[test]
    fn chains_become_sums() {
        let dim = |name: &str| Dim::Named(Name::new(name));
        let matrix = |name: &str, rows: &str, columns: &str| {
            build::tensor(&Name::new(name), &Shape(vec![dim(rows), dim(columns)]))
        };
        let chain = build::matmul(vec![
            matrix("A", "m", "n"),
            build::transpose(matrix("B", "k", "n")),
        ]);
        let mut fresh = Fresh::default();
        let indices = fresh.indices(&[dim("m"), dim("k")]);
        let entry =
            expand(&chain, &indices, &mut fresh).expect("a product of matrices has entries");
        let (bound, factors) = entry.split();
        assert_eq!((bound.len(), factors.len()), (1, 2));
        assert_eq!(
            factors[1].as_entry().map(|(_, place)| place),
            Some(vec![indices[1].clone(), bound[0].clone()])
        );
    }
}
