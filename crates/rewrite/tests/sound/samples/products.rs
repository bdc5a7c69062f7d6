//! Sums that become products of arrays, and indices that go away.

use super::algebra::inverse;
use super::{Sample, plain};
use crate::generate::{Generator, rational};
use derive_graph::Function;
use derive_index::{Head, Index, Term, build};

pub fn trace(it: &mut Generator) -> Sample {
    let k = it.index();
    let i = it.index();
    let array = it.closed(&[k.dim(), k.dim()], 2);
    let diagonal = build::entry(array, vec![k.clone(), k.clone()]);
    plain(build::product(vec![k], vec![it.factor(&[i]), diagonal]))
}

/// A sum over one or two indices of entries that have them.
pub fn contraction(it: &mut Generator) -> Sample {
    if it.random.once_in(4) {
        let places = [it.index(), it.index()];
        let beside = it.entry(&places[1..]);
        return plain(build::product(
            vec![places[0].clone()],
            vec![it.entry(&places), beside],
        ));
    }
    let free = [it.index(), it.index(), Index::Unit];
    let bound: Vec<Index> = (0..1 + it.random.below(2)).map(|_| it.index()).collect();
    let mut factors = Vec::new();
    for _ in 0..1 + it.random.below(4) {
        let mut places = vec![it.random.pick(&bound)];
        if it.random.below(3) > 0 {
            let other = if it.random.once_in(2) {
                it.random.pick(&free)
            } else {
                it.random.pick(&bound)
            };
            places.push(other);
        }
        let factor = it.entry(&places);
        let factor = match it.random.below(12) {
            11 => build::product(Vec::new(), vec![it.sum_inside(&places), factor]),
            0 => build::power(factor, rational(2, 1)),
            1 | 2 => build::sum(vec![it.number(), factor]),
            3 | 4 => build::sum(vec![it.entry(&places), factor]),
            _ => factor,
        };
        factors.push(factor);
    }
    plain(build::product(bound, factors))
}

pub fn factor_matrix(it: &mut Generator) -> Sample {
    let (a, b, c) = (it.named_dim(), it.named_dim(), it.named_dim());
    let left = it.random.once_in(2);
    let shared = if left {
        it.closed(&[a.clone(), b.clone()], 1)
    } else {
        it.closed(&[b.clone(), c.clone()], 1)
    };
    let vector = it.random.once_in(4);
    let parts = (0..2 + it.random.below(2)).map(|_| {
        let mut chain = if left {
            let end = if vector {
                vec![b.clone()]
            } else {
                vec![b.clone(), c.clone()]
            };
            vec![shared.clone(), it.closed(&end, 1)]
        } else {
            let end = if vector {
                vec![b.clone()]
            } else {
                vec![a.clone(), b.clone()]
            };
            vec![it.closed(&end, 1), shared.clone()]
        };
        if it.random.once_in(3) {
            chain = vec![build::product(
                Vec::new(),
                vec![it.number(), build::matmul(chain)],
            )];
            return chain.remove(0);
        }
        build::matmul(chain)
    });
    let parts = parts.collect();
    plain(build::sum(parts))
}

pub fn diagonal(it: &mut Generator) -> Sample {
    let i = it.index();
    let array = it.closed(&[i.dim(), i.dim()], 2);
    let diagonal = build::entry(array, vec![i.clone(), i.clone()]);
    plain(build::comprehension(&[i], diagonal))
}

/// A scalar of entries at these indices, without sums.
fn unsummed(it: &mut Generator, indices: &[Index], depth: usize) -> Term {
    if depth == 0 {
        let mut places = indices.to_vec();
        if it.random.once_in(3) {
            places.truncate(1);
        } else if it.random.once_in(3) {
            places.remove(0);
        }
        let mut places = if places.is_empty() {
            indices.to_vec()
        } else {
            places
        };
        if it.random.once_in(10) {
            return it.entry(&[Index::Unit]);
        }
        if it.random.once_in(4) && places.len() == 2 {
            places[0] = places[1].clone();
        }
        if it.random.once_in(6) && indices.len() == 2 && indices[0].dim() == indices[1].dim() {
            return build::delta(&indices[0], &indices[1]);
        }
        return it.entry(&places);
    }
    let make = |it: &mut Generator| unsummed(it, indices, depth - 1);
    match it.random.below(6) {
        0 | 1 => build::product(Vec::new(), vec![make(it), make(it)]),
        2 => build::sum(vec![make(it), make(it)]),
        3 => build::product(Vec::new(), vec![it.closed_scalar(), make(it)]),
        4 => {
            let exponent = it.exponent();
            build::power(make(it), exponent)
        }
        _ => build::apply(Function::named("f"), vec![make(it)]),
    }
}

pub fn entrywise(it: &mut Generator) -> Sample {
    let indices = [it.index(), it.index()];
    let dims = [indices[0].dim(), indices[1].dim()];
    let compound = build::entry(it.closed(&dims, 2), indices.to_vec());
    let parts = vec![
        compound,
        unsummed(it, &indices, 1),
        unsummed(it, &indices, 0),
    ];
    plain(build::sum(parts))
}

/// An array by its entries.
pub fn lifted(it: &mut Generator) -> Sample {
    if it.random.once_in(6) {
        let (i, j) = (it.index(), it.index());
        let turned = build::entry(
            it.closed(&[j.dim(), i.dim()], 2),
            vec![j.clone(), i.clone()],
        );
        return plain(build::comprehension(&[i, j], turned));
    }
    let rank = 1 + it.random.below(2);
    let mut indices: Vec<Index> = (0..rank).map(|_| it.index()).collect();
    if rank == 2 && it.random.once_in(4) {
        indices[1] = it.over(&indices[0].dim());
    }
    if it.random.once_in(8) {
        indices[0] = Index::Unit;
    }
    let depth = it.random.below(3);
    let body = unsummed(it, &indices, depth);
    plain(build::comprehension(&indices, body))
}

/// u_i v_j, or A_ij v_j and A_ij u_i, with scalars at times.
pub fn repeated(it: &mut Generator) -> Sample {
    let (i, j) = (it.index(), it.index());
    let mut vector =
        |index: &Index| build::entry(it.closed(&[index.dim()], 1), vec![index.clone()]);
    let (u, v) = (vector(&i), vector(&j));
    let matrix = build::entry(
        it.closed(&[i.dim(), j.dim()], 1),
        vec![i.clone(), j.clone()],
    );
    let factors = match it.random.below(3) {
        0 => vec![u, v],
        1 => vec![matrix, u],
        _ => vec![matrix, v],
    };
    plain(build::comprehension(
        &[i, j],
        build::product(Vec::new(), factors),
    ))
}

/// A_i1 m_11 or A_1i m_11, A a row or a column, beside others.
pub fn single_entry(it: &mut Generator) -> Sample {
    let (i, unit) = (it.index(), Index::Unit);
    let straight = [i.clone(), unit.clone()];
    let turned = [unit.clone(), i];
    let mut factors: Vec<Term> = (0..1 + it.random.below(3))
        .map(|_| {
            let place = if it.random.once_in(2) {
                &straight
            } else {
                &turned
            };
            let factor = it.entry(place);
            match it.random.once_in(4) {
                true => build::sum(vec![it.number(), factor]),
                false => factor,
            }
        })
        .collect();
    for _ in 0..1 + it.random.below(2) {
        factors.push(it.entry(&[unit.clone(), unit.clone()]));
    }
    let target = if it.random.once_in(2) {
        straight
    } else {
        turned
    };
    plain(build::comprehension(
        &target,
        build::product(Vec::new(), factors),
    ))
}

/// a_i (δ_ij − b_j) and the like.
pub fn diagonal_matrix(it: &mut Generator) -> Sample {
    let i = it.index();
    let j = it.over(&i.dim());
    let indices = [i.clone(), j.clone()];
    let mut sum = vec![build::delta(&i, &j), unsummed(it, &indices, 1)];
    if it.random.once_in(2) {
        sum[0] = build::product(
            Vec::new(),
            vec![
                it.number(),
                it.entry(std::slice::from_ref(&i)),
                sum[0].clone(),
            ],
        );
    }
    let mut factors = vec![build::sum(sum), unsummed(it, &indices, 0)];
    if it.random.once_in(2) {
        factors.push(it.number());
    }
    plain(build::comprehension(
        &indices,
        build::product(Vec::new(), factors),
    ))
}

pub fn inverse_of_product(it: &mut Generator) -> Sample {
    let dim = it.named_dim();
    let dims = [dim.clone(), dim];
    let factors = (0..2 + it.random.below(2)).map(|_| it.closed(&dims, 1));
    let chain = Term::raw(Head::MatMul, factors.collect());
    plain(inverse(chain))
}

pub fn inverse_cancels(it: &mut Generator) -> Sample {
    let dim = it.named_dim();
    let dims = [dim.clone(), dim.clone()];
    let matrix = it.closed(&dims, 1);
    let mut pair = if it.random.once_in(2) {
        vec![matrix.clone(), inverse(matrix)]
    } else {
        vec![
            build::transpose(matrix.clone()),
            build::transpose(inverse(matrix)),
        ]
    };
    if it.random.once_in(2) {
        pair.reverse();
    }
    match it.random.below(3) {
        0 => {}
        1 => pair.push(it.array(&[dim])),
        _ => pair.insert(0, it.array(&dims)),
    }
    plain(Term::raw(Head::MatMul, pair))
}
