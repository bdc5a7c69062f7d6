//! Reshapes, slices and blocks.

use super::{Sample, plain};
use crate::generate::{Generator, named, shifted};
use derive_graph::{Dim, Polynomial, Shape};
use derive_index::lower::flat_place;
use derive_index::{Affine, Index, Rational, Term, build};

/// A place counted row by row, of new indices over two or three dimensions, and these.
fn counted(it: &mut Generator, dims: &[Dim]) -> (Vec<Index>, Index) {
    let indices: Vec<Index> = dims.iter().map(|dim| it.over(dim)).collect();
    let sizes = dims.iter().map(Polynomial::from);
    let size = sizes.fold(Polynomial::from(1), |size, dim| size.times(&dim));
    let whole = size.to_dim().expect("a dimension");
    let place = flat_place(&indices, &Shape(dims.to_vec()), &whole);
    (indices, place)
}

fn few_dims(it: &mut Generator) -> Vec<Dim> {
    let count = 2 + it.random.below(2);
    (0..count).map(|_| it.named_dim()).collect()
}

/// Σ_k A_k B_(k − c i − d) beside others that may read A or B further on.
pub fn from_there(it: &mut Generator) -> Sample {
    let (k, i) = (it.index(), it.index());
    let size = it.named_dim();
    let by = |number: i64| Polynomial::from(-number);
    let terms = vec![
        (k.clone(), 1.into()),
        (
            i.clone(),
            by(1 + i64::try_from(it.random.below(2)).unwrap_or(0)),
        ),
    ];
    let constant = by(i64::try_from(it.random.below(2)).unwrap_or(0));
    let place = Affine::new(terms, constant, size).to_index();
    let mut factors = vec![
        it.entry(std::slice::from_ref(&k)),
        it.entry(std::slice::from_ref(&place)),
    ];
    for _ in 0..it.random.below(3) {
        let places = [
            it.random.pick(&[k.clone(), i.clone()]),
            it.random.pick(&[place.clone(), i.clone()]),
        ];
        factors.push(it.entry(&places));
    }
    if it.random.once_in(3) {
        factors.push(it.factor(std::slice::from_ref(&i)));
    }
    it.random.shuffle(&mut factors);
    plain(build::product(vec![k], factors))
}

/// δ between two places that are counted alike, beside entries at some of the digits, some of which are summed.
pub fn digits(it: &mut Generator) -> Sample {
    let dims = few_dims(it);
    let ((left, a), (right, b)) = (counted(it, &dims), counted(it, &dims));
    let all = [left, right].concat();
    let bound: Vec<Index> = all
        .iter()
        .filter(|_| it.random.once_in(3))
        .cloned()
        .collect();
    let places = [it.random.pick(&all), it.random.pick(&all)];
    let factors = vec![it.entry(&places), build::delta(&a, &b)];
    plain(build::product(bound, factors))
}

/// Σ over the digits of a place of a delta that fixes it and of what depends on the place alone.
pub fn sift_places(it: &mut Generator) -> Sample {
    let mut dims = few_dims(it);
    let (met, place) = counted(it, &dims);
    dims.rotate_left(1);
    let (others, other) = counted(it, &dims);
    let vector = it.array(&[place.dim()]);
    let mut factors = vec![
        build::delta(&place, &other),
        build::entry(vector, vec![place.clone()]),
    ];
    if it.random.once_in(2) {
        // The place is read inside another sum as well.
        let k = it.over(&place.dim());
        let inner = vec![it.entry(std::slice::from_ref(&k)), build::delta(&k, &place)];
        factors.push(build::power(
            build::product(vec![k], inner),
            Rational::from_integer(2.into()),
        ));
    }
    if it.random.once_in(2) {
        // A sum inside binds the very indices that are put in.
        let inner = vec![it.entry(&others), build::delta(&other, &place)];
        factors.push(build::power(
            build::product(others, inner),
            Rational::from_integer(2.into()),
        ));
    }
    it.random.shuffle(&mut factors);
    plain(build::product(met, factors))
}

/// Σ over the digits of a place of a delta that fixes it and of entries at the digits themselves.
pub fn flat(it: &mut Generator) -> Sample {
    let mut dims = few_dims(it);
    let (met, place) = counted(it, &dims);
    dims.rotate_left(1);
    let (_, other) = counted(it, &dims);
    let beside = it.index();
    let mut digits = met.clone();
    if it.random.once_in(4) {
        // In another order they are no place of the array counted row by row.
        digits.reverse();
    }
    let places = match it.random.below(3) {
        0 => digits,
        1 => [vec![beside], digits].concat(),
        _ => [digits, vec![beside]].concat(),
    };
    let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
    let entry = build::entry(named("R", &dims), places);
    let entry = match it.random.once_in(3) {
        true => build::power(entry, Rational::from_integer(2.into())),
        false => entry,
    };
    plain(build::product(
        met,
        vec![build::delta(&place, &other), entry],
    ))
}

pub fn reshape(it: &mut Generator) -> Sample {
    let count = 2 + it.random.below(2);
    let mut indices: Vec<Index> = (0..count).map(|_| it.index()).collect();
    if it.random.once_in(3) {
        let again = it.random.pick(&indices);
        indices.push(again);
    }
    let shape = Shape(indices.iter().map(Index::dim).collect());
    let size = shape
        .0
        .iter()
        .fold(Polynomial::from(1), |size, dim| size.times(&dim.into()));
    let whole = size.to_dim().expect("a dimension");
    let mut order = indices.clone();
    if it.random.once_in(3) {
        it.random.shuffle(&mut order);
    }
    let place = flat_place(
        &order,
        &Shape(order.iter().map(Index::dim).collect()),
        &whole,
    );
    let mut places = vec![place];
    if it.random.once_in(2) {
        places.insert(0, it.index());
    }
    let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
    plain(build::entry(named("R", &dims), places))
}

pub fn slice(it: &mut Generator) -> Sample {
    let rank = 1 + it.random.below(2);
    let places: Vec<Index> = (0..rank)
        .map(|_| {
            let index = it.index();
            let constant: i64 = it.random.pick(&[-1, 0, 1, 2]);
            let size = Polynomial::from(&it.named_dim());
            let offset = if it.random.once_in(3) {
                size
            } else {
                constant.into()
            };
            let dim = it.named_dim();
            Affine::new(vec![(index, 1.into())], offset, dim).to_index()
        })
        .collect();
    let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
    let array = it.closed(&dims, 1);
    plain(build::entry(array, places))
}

/// An entry with at least one fixed place, the others all different.
pub fn fixed_place(it: &mut Generator) -> Sample {
    let rank = 1 + it.random.below(3);
    let fixed = it.random.below(rank);
    let places: Vec<Index> = (0..rank)
        .map(|at| match at == fixed || it.random.once_in(3) {
            true => {
                let constant = Polynomial::from(it.random.below(3) as i64);
                Affine::new(Vec::new(), constant, it.named_dim()).to_index()
            }
            false => it.index(),
        })
        .collect();
    let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
    plain(build::entry(named("R", &dims), places))
}

/// An entry beside ones of another size that move along with one of its places, before, behind or within it.
pub fn restricted(it: &mut Generator) -> Sample {
    let index = it.index();
    let (dim, size) = (it.named_dim(), Polynomial::from(&it.named_dim()));
    let few = 1 + it.random.below(3) as i64;
    let window = it.random.pick(&[
        size.plus(&Polynomial::from(&dim)),
        Polynomial::from(few),
        size.clone(),
        Polynomial::from(&dim),
    ]);
    let constant = it.random.below(5) as i64 - 2;
    let constant = Polynomial::from(constant);
    let offset = it
        .random
        .pick(&[constant.clone(), size.scaled(-1), Polynomial::default()]);
    let ahead = it.random.pick(&[constant, size.scaled(-1), size]);
    let terms = vec![(index.clone(), 1.into())];
    let place = |at: Polynomial, dim: Dim| Affine::new(terms.clone(), at, dim);
    let window = window.to_dim().expect("a dimension");
    let read = place(offset.clone(), dim).to_index();
    let met = place(offset.plus(&ahead), window.clone()).to_index();
    let mut places = vec![read];
    if it.random.once_in(2) {
        places.push(it.index());
    }
    let bound = match it.random.once_in(3) {
        true => vec![index.clone()],
        false => Vec::new(),
    };
    let factors = vec![
        it.entry(&places),
        build::entry(build::ones(&[window]), vec![met]),
    ];
    plain(build::product(bound, factors))
}

/// Arrays side by side along the first axis, and where each begins.
fn blocks(it: &mut Generator) -> (Vec<Term>, Vec<Polynomial>, Dim, Vec<Dim>) {
    let rest: Vec<Dim> = if it.random.once_in(2) {
        vec![it.named_dim()]
    } else {
        Vec::new()
    };
    let mut begins = Vec::new();
    let mut filled = Polynomial::default();
    let mut parts = Vec::new();
    for _ in 0..2 + it.random.below(2) {
        let dim = it.named_dim();
        begins.push(filled.clone());
        filled = filled.plus(&Polynomial::from(&dim));
        parts.push(it.array(&[vec![dim], rest.clone()].concat()));
    }
    (parts, begins, filled.to_dim().expect("a dimension"), rest)
}

pub fn side_by_side(it: &mut Generator) -> Sample {
    let (parts, begins, size, rest) = blocks(it);
    let dims = [vec![size], rest].concat();
    let padded = parts.into_iter().zip(&begins).map(|(part, begin)| {
        let padded = shifted(part, begin.scaled(-1), &dims);
        if it.random.once_in(2) {
            build::product(Vec::new(), vec![it.number(), padded])
        } else {
            padded
        }
    });
    let mut parts: Vec<Term> = padded.collect();
    if it.random.once_in(3) {
        // Something that is not padded stays beside them.
        let shape = parts[0].shape().expect("conforms").0.clone();
        parts.push(it.array(&shape));
    }
    it.random.shuffle(&mut parts);
    plain(build::sum(parts))
}
