//! For every row of the rule table a generator of terms on which it acts.

use crate::generate::{Generator, named, rational, shifted};
use derive_graph::{Dim, Function, Name, Polynomial, Shape};
use derive_index::lower::flat_place;
use derive_index::{Affine, Head, Index, Term, build};
use derive_rewrite::Fact;

/// A term and what is known of its arrays.
pub struct Sample {
    pub term: Term,
    pub facts: Vec<Fact>,
}

fn plain(term: Term) -> Sample {
    Sample {
        term,
        facts: Vec::new(),
    }
}

type Sampler = fn(&mut Generator) -> Sample;

/// The generators by the name of the row.
#[rustfmt::skip]
pub static SAMPLERS: &[(&str, Sampler)] = &[
    ("normal-form", unordered),
    ("symmetric", symmetric),
    ("symmetric-transpose", symmetric_whole),
    ("common-factor", common_factor),
    ("like-terms", like_terms),
    ("softmax", softmax),
    ("softmax-form", softmax_form),
    ("cancel", cancel),
    ("sift", sift),
    ("distribute", distribute),
    ("multiply-in", multiply_in),
    ("sums-to-one", sums_to_one),
    ("count", count),
    ("reshape", reshape),
    ("slice", slice),
    ("part", part),
    ("side-by-side", side_by_side),
    ("trace", trace),
    ("contract", contraction),
    ("matrix-product", contraction),
    ("scaled-product", contraction),
    ("matrix-vector", contraction),
    ("dot", contraction),
    ("row-sum", contraction),
    ("column-sum", contraction),
    ("total", contraction),
    ("factor-matrix", factor_matrix),
    ("diagonal", diagonal),
    ("entrywise", entrywise),
    ("matrix-form", lifted),
    ("transpose", lifted),
    ("hadamard", lifted),
    ("diagonal-matrix", diagonal_matrix),
    ("inverse-of-product", inverse_of_product),
    ("inverse-cancels", inverse_cancels),
    ("outer", lifted),
];

/// Rows whose applications all carry the name of a more particular row.
pub const NEVER_BY_ITSELF: &[&str] = &["contract"];

fn unordered(it: &mut Generator) -> Sample {
    it.raw = true;
    let indices = vec![it.index(), it.index()];
    let term = if it.random.once_in(2) {
        it.scalar(&indices, 3)
    } else {
        let dims = it.dims(2);
        it.closed(&dims, 3)
    };
    plain(term)
}

fn square(it: &mut Generator, letter: &str) -> (Dim, Term) {
    let dim = it.named_dim();
    (dim.clone(), named(letter, &[dim.clone(), dim]))
}

fn symmetric_fact(array: &Term) -> Fact {
    Fact::Symmetric {
        array: name_of(array),
    }
}

fn name_of(array: &Term) -> Name {
    match array.head() {
        Head::Tensor(name, _) => name.clone(),
        other => panic!("{other:?} has no name"),
    }
}

fn symmetric(it: &mut Generator) -> Sample {
    let (dim, array) = square(it, "S");
    let (i, j) = (it.over(&dim), it.over(&dim));
    let facts = vec![symmetric_fact(&array)];
    Sample {
        term: build::entry(array, vec![j, i]),
        facts,
    }
}

fn symmetric_whole(it: &mut Generator) -> Sample {
    let (dim, array) = square(it, "S");
    let facts = vec![symmetric_fact(&array)];
    let other = it.named_dim();
    let x = named("X", &[dim.clone(), other]);
    let inner = match it.random.below(3) {
        0 => array,
        1 => inverse(build::matmul(vec![build::transpose(x.clone()), array, x])),
        _ => inverse(build::matmul(vec![array, x.clone(), build::transpose(x)])),
    };
    Sample {
        term: Term::raw(Head::Transpose, vec![inner]),
        facts,
    }
}

fn inverse(matrix: Term) -> Term {
    Term::raw(Head::MatrixFunction("inv"), vec![matrix])
}

/// A small scalar over two indices, or a small array.
fn part_maker(it: &mut Generator) -> impl FnMut(&mut Generator, usize) -> Term + use<> {
    let indices = vec![it.index(), it.index()];
    let dims = it.dims(2);
    let scalar = it.random.once_in(2);
    move |it, depth| {
        if scalar {
            it.scalar(&indices, depth)
        } else {
            it.closed(&dims, depth)
        }
    }
}

fn common_factor(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let shared = make(it, 1);
    let coefficient = it.number();
    let count = 2 + it.random.below(2);
    let with_number = it.random.once_in(2);
    let parts = (0..count).map(|_| {
        let mut factors = vec![shared.clone(), make(it, 1)];
        if with_number {
            factors.push(coefficient.clone());
        } else if it.random.once_in(3) {
            factors.push(it.number());
        }
        it.random.shuffle(&mut factors);
        build::product(Vec::new(), factors)
    });
    let parts = parts.collect();
    plain(build::sum(parts))
}

fn like_terms(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let pool: Vec<Term> = (0..3).map(|_| make(it, 0)).collect();
    let monomial = |it: &mut Generator| {
        let mut factors: Vec<Term> = (0..1 + it.random.below(2))
            .map(|_| it.random.pick(&pool))
            .collect();
        factors.push(it.number());
        build::product(Vec::new(), factors)
    };
    let mut parts: Vec<Term> = (0..3).map(|_| monomial(it)).collect();
    if it.random.once_in(2) {
        let inner = build::sum((0..2).map(|_| monomial(it)).collect());
        parts.push(build::product(
            Vec::new(),
            vec![inner, it.random.pick(&pool)],
        ));
    }
    plain(build::sum(parts))
}

fn exponential(argument: Term) -> Term {
    build::apply(Function::named("exp"), vec![argument])
}

/// exp(X_place) / Σ exp(X) along an axis, with something beside it.
fn quotient(it: &mut Generator, argument: &Term, axis: usize) -> Term {
    let dims = argument.shape().expect("conforms").0.clone();
    let place: Vec<Index> = dims.iter().map(|dim| it.over(dim)).collect();
    let summed = it.over(&dims[axis]);
    let mut other = place.clone();
    other[axis] = summed.clone();
    let total = if it.random.once_in(3) && dims.len() == 2 {
        let exponentials = exponential(argument.clone());
        let chain = if axis == 1 {
            vec![exponentials, build::ones(&dims[1..])]
        } else {
            vec![build::ones(&dims[..1]), exponentials]
        };
        build::entry(build::matmul(chain), vec![place[1 - axis].clone()])
    } else {
        build::product(
            vec![summed],
            vec![exponential(build::entry(argument.clone(), other))],
        )
    };
    let exponent = it.random.pick(&[-1, -1, -2]);
    let beside = it.scalar(&place, 0);
    let mut factors = vec![
        exponential(build::entry(argument.clone(), place)),
        build::power(total, rational(exponent, 1)),
        beside,
    ];
    it.random.shuffle(&mut factors);
    build::product(Vec::new(), factors)
}

fn softmax(it: &mut Generator) -> Sample {
    let rank = 1 + it.random.below(2);
    let dims: Vec<Dim> = (0..rank).map(|_| it.named_dim()).collect();
    let axis = it.random.below(rank);
    let argument = named("Z", &dims);
    let fact = Fact::Softmax {
        value: name_of(&named("P", &dims)),
        argument: name_of(&argument),
        axis,
        log: it.random.once_in(2),
    };
    Sample {
        term: quotient(it, &argument, axis),
        facts: vec![fact],
    }
}

fn softmax_form(it: &mut Generator) -> Sample {
    let rank = 1 + it.random.below(2);
    let dims: Vec<Dim> = (0..rank).map(|_| it.named_dim()).collect();
    let axis = it.random.below(rank);
    plain(quotient(it, &named("Z", &dims), axis))
}

fn cancel(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let base = make(it, 1);
    let exponents = it.random.pick(&[
        (-1, 1, 1, 1),
        (-2, 1, 1, 1),
        (-1, 1, 2, 1),
        (-1, 1, 1, 2),
        (-1, 2, 1, 1),
        (-3, 1, 2, 1),
    ]);
    let powers = [
        rational(exponents.0, exponents.1),
        rational(exponents.2, exponents.3),
    ];
    let mut factors: Vec<Term> = powers
        .into_iter()
        .map(|exponent| Term::raw(Head::Power(exponent), vec![base.clone()]))
        .collect();
    factors.push(make(it, 0));
    it.random.shuffle(&mut factors);
    let factors = factors
        .into_iter()
        .map(|factor| build::node(factor.head().clone(), factor.children().to_vec()));
    plain(Term::raw(Head::Product, factors.collect()))
}

fn sift(it: &mut Generator) -> Sample {
    let (i, k) = (it.index(), it.index());
    let j = it.over(&k.dim());
    let all = [i, j.clone(), k.clone()];
    let delta = match it.random.below(4) {
        0 => {
            let place = it.affine(&all);
            let other = it.over(&place.dim());
            let bound = vec![k, other.clone()];
            let beside = it.scalar(&[&all[..], &bound].concat(), 1);
            return plain(build::product(
                bound,
                vec![build::delta(&place, &other), beside],
            ));
        }
        1 => {
            let (place, other) = (it.affine(&all), it.affine(&all));
            if place.dim() == other.dim() {
                build::delta(&place, &other)
            } else {
                build::delta(&k, &j)
            }
        }
        _ => build::delta(&k, &j),
    };
    let factors = vec![it.scalar(&all, 1), delta, it.scalar(&all, 1)];
    plain(build::product(vec![k], factors))
}

fn distribute(it: &mut Generator) -> Sample {
    let (i, k) = (it.index(), it.index());
    let j = it.over(&k.dim());
    let all = [i, j.clone(), k.clone()];
    let sum = build::sum(vec![
        build::product(Vec::new(), vec![it.number(), build::delta(&k, &j)]),
        it.scalar(&all, 1),
    ]);
    let factors = vec![it.scalar(&all, 1), sum, it.scalar(&all, 0)];
    plain(build::product(vec![k], factors))
}

fn multiply_in(it: &mut Generator) -> Sample {
    let mut make = part_maker(it);
    let x = make(it, 0);
    let fraction = build::product(Vec::new(), vec![make(it, 0), build::reciprocal(x.clone())]);
    let sum = build::sum(vec![fraction, make(it, 1)]);
    plain(build::product(Vec::new(), vec![sum, x, make(it, 0)]))
}

/// An entry of an array that sums to one along the axis where `k` stands; the other place may be affine.
fn sums_to_one(it: &mut Generator) -> Sample {
    let k = it.index();
    let i = it.index();
    let mut places = vec![k.clone()];
    if it.random.once_in(2) {
        places.push(i.clone());
    } else if it.random.once_in(2) {
        places.push(it.affine(&[i.clone(), k.clone()]));
    }
    it.random.shuffle(&mut places);
    let dims: Vec<Dim> = places.iter().map(Index::dim).collect();
    let array = named("Q", &dims);
    let axis = places
        .iter()
        .position(|place| *place == k)
        .expect("it stands there");
    let facts = vec![Fact::SumsToOne {
        array: name_of(&array),
        axis,
        because: "each row sums to one",
    }];
    let beside = it.scalar(&[i], 1);
    Sample {
        term: build::product(vec![k], vec![build::entry(array, places), beside]),
        facts,
    }
}

fn count(it: &mut Generator) -> Sample {
    let (i, j) = (it.index(), it.index());
    let made = it.random.once_in(3);
    let k = if made {
        let (a, b) = (it.named_dim(), it.named_dim());
        let size = Polynomial::from(&a)
            .plus(&Polynomial::from(&b))
            .minus(&1.into());
        let size = if it.random.once_in(2) {
            size.plus(&1.into()).quotient(2)
        } else {
            size
        };
        it.over(&size.to_dim().expect("a dimension"))
    } else {
        it.index()
    };
    let mut factors = vec![
        it.scalar(std::slice::from_ref(&i), 1),
        it.scalar(&[i, j.clone()], 1),
    ];
    if it.random.once_in(3) {
        factors.push(build::delta(&j, &j));
    }
    plain(build::product(vec![j, k], factors))
}

fn reshape(it: &mut Generator) -> Sample {
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

fn slice(it: &mut Generator) -> Sample {
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

fn part(it: &mut Generator) -> Sample {
    let (parts, begins, _, _) = blocks(it);
    let at = it.random.below(parts.len());
    let dims = parts[at].shape().expect("conforms").0.clone();
    let whole = Term::raw(Head::Concat(0), parts);
    plain(shifted(whole, begins[at].clone(), &dims))
}

fn side_by_side(it: &mut Generator) -> Sample {
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
    it.random.shuffle(&mut parts);
    plain(build::sum(parts))
}

fn trace(it: &mut Generator) -> Sample {
    let k = it.index();
    let i = it.index();
    let array = it.closed(&[k.dim(), k.dim()], 2);
    let diagonal = build::entry(array, vec![k.clone(), k.clone()]);
    plain(build::product(vec![k], vec![it.scalar(&[i], 0), diagonal]))
}

/// A sum over one or two indices of entries that have them.
fn contraction(it: &mut Generator) -> Sample {
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
        let factor = match it.random.below(5) {
            0 => build::power(factor, rational(2, 1)),
            1 => build::sum(vec![it.number(), factor]),
            2 => build::sum(vec![it.entry(&places), factor]),
            _ => factor,
        };
        factors.push(factor);
    }
    plain(build::product(bound, factors))
}

fn factor_matrix(it: &mut Generator) -> Sample {
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

fn diagonal(it: &mut Generator) -> Sample {
    let i = it.index();
    let array = it.closed(&[i.dim(), i.dim()], 2);
    plain(build::entry(array, vec![i.clone(), i]))
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

fn entrywise(it: &mut Generator) -> Sample {
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
fn lifted(it: &mut Generator) -> Sample {
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

/// a_i (δ_ij − b_j) and the like.
fn diagonal_matrix(it: &mut Generator) -> Sample {
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

fn inverse_of_product(it: &mut Generator) -> Sample {
    let dim = it.named_dim();
    let dims = [dim.clone(), dim];
    let factors = (0..2 + it.random.below(2)).map(|_| it.closed(&dims, 1));
    let chain = Term::raw(Head::MatMul, factors.collect());
    plain(inverse(chain))
}

fn inverse_cancels(it: &mut Generator) -> Sample {
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
