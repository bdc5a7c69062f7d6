//! Strided convolutions with the dilation of their weights shown.
//!
//! Σ_p G_p X_{i+2p} moves by two places where p moves by one. With u = 2p it moves by one, and G is read at u/2, where there is
//! nothing unless 2 divides u: G with a zero between neighbouring entries (Dumoulin and Visin, A guide to convolution
//! arithmetic for deep learning, 2016, section 4.4).

use derive_graph::Polynomial;
use derive_index::derivation::Dilated;
use derive_index::{Affine, Fresh, Head, Index, Term, build};

/// The entry of a result that weighs an array at strided places, with the weights dilated. `None` for other results.
pub(crate) fn dilated(result: &Term) -> Option<Dilated> {
    let (free, body) = result.split();
    let body = body
        .first()
        .filter(|_| *result.head() == Head::Comprehension)?;
    let (bound, factors) = body.split();
    let (front, dependent): (Vec<Term>, Vec<Term>) = factors
        .iter()
        .cloned()
        .partition(|factor| factor.free().is_empty());
    let entries = dependent.iter().map(Term::as_entry);
    let entries = entries.collect::<Option<Vec<_>>>()?;
    let plain = |place: &Index| place.as_affine().is_none();
    let at = entries
        .iter()
        .position(|(_, places)| places.iter().all(plain))?;
    let [first, second] = entries.as_slice() else {
        return None;
    };
    let (weights, array) = if at == 0 {
        (first, second)
    } else {
        (second, first)
    };
    let mut fresh = Fresh::starting_at(result.next_index());
    let moves: Vec<Move> = bound
        .iter()
        .map(|index| Move::of(index, &weights.1, &array.1, &mut fresh))
        .collect::<Option<_>>()?;
    // 𝟏 at a window's places only says which windows there are.
    let window_alone = matches!(array.0.head(), Head::Ones(_));
    if window_alone || moves.iter().all(|it| it.step == 1) {
        return None;
    }
    let of = |place: &Index| moves.iter().find(|it| it.old == *place);
    let places: Vec<Index> = weights
        .1
        .iter()
        .map(|place| of(place).map_or(place.clone(), |it| it.new.clone()))
        .collect();
    let read_at = weights
        .1
        .iter()
        .map(|place| of(place).map_or(place.clone(), Move::inverse));
    let entry = build::entry(weights.0.clone(), read_at.collect());
    let windows = array.1.iter().map(|place| moved(place, &moves));
    let read = build::entry(array.0.clone(), windows.collect::<Option<_>>()?);
    let bound: Vec<Index> = moves.iter().map(|it| it.new.clone()).collect();
    let all = [front.clone(), vec![entry.clone(), read.clone()]].concat();
    Some(Dilated {
        steps: weights
            .1
            .iter()
            .map(|place| of(place).map_or(1, |it| it.step))
            .collect(),
        weights: weights.0.clone(),
        places,
        whole: build::comprehension(&free, build::product(bound.clone(), all)),
        bound,
        entry,
        front,
        read,
    })
}

/// A summed index and the one that takes steps of one place in its stead.
struct Move {
    old: Index,
    new: Index,
    step: i64,
}

impl Move {
    fn of(index: &Index, weights: &[Index], array: &[Index], fresh: &mut Fresh) -> Option<Move> {
        let windows = array.iter().filter_map(Index::as_affine);
        let steps = windows.flat_map(Affine::terms);
        let mut steps = steps.filter(|(known, _)| known == index);
        let step = match steps.next() {
            Some((_, coefficient)) => coefficient.as_constant()?.abs(),
            None => 1,
        };
        let same = steps.all(|(_, other)| other.as_constant().is_some_and(|it| it.abs() == step));
        let weighed = weights.iter().filter(|place| *place == index).count() == 1;
        if !same || !weighed || step == 0 {
            return None;
        }
        let places = Polynomial::from(&index.dim()).minus(&1.into()).scaled(step);
        let dim = places.plus(&1.into()).to_dim()?;
        Some(Move {
            old: index.clone(),
            new: if step == 1 {
                index.clone()
            } else {
                fresh.index(&dim)
            },
            step,
        })
    }

    /// The old index in terms of the new one.
    fn inverse(&self) -> Index {
        let terms = vec![(self.new.clone(), 1.into())];
        Affine::new(terms, 0.into(), self.old.dim())
            .over(self.step)
            .to_index()
    }
}

/// A place with the new indices; `None` where it is no plain window.
fn moved(place: &Index, moves: &[Move]) -> Option<Index> {
    let Some(window) = place.as_affine() else {
        return Some(place.clone());
    };
    if window.cyclic() || window.divisor() != 1 {
        return None;
    }
    let terms = window.terms().iter().map(|(index, coefficient)| {
        match moves.iter().find(|it| it.old == *index) {
            Some(it) => (it.new.clone(), coefficient.quotient(it.step)),
            None => (index.clone(), coefficient.clone()),
        }
    });
    let (terms, constant) = (terms.collect(), window.constant().clone());
    Some(Affine::new(terms, constant, window.dim().clone()).to_index())
}
