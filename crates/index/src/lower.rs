//! From graph nodes to index notation, and to matrix notation for the forward pass.

pub use crate::lower_matrix::lower_matrix;

use crate::build;
use crate::expand::expand;
use crate::{Affine, Fresh, Head, Index, Rational, Term};
use derive_graph::{
    Dim, Einsum, Gather, Graph, Label, NodeId, Operation, Polynomial, Shape, Subscript,
};

/// The entry of the array at `node` at `indices`, every sum explicit.
///
/// `indices` has one index per axis. Sums bind fresh indices; axes of literal size 1 are indexed by [`Index::Unit`].
pub fn lower_entry(graph: &Graph, node: NodeId, indices: &[Index], fresh: &mut Fresh) -> Term {
    let it = graph.node(node);
    let below = |fresh: &mut Fresh| -> Vec<Term> {
        it.arguments
            .iter()
            .map(|&argument| lower_entry(graph, argument, indices, fresh))
            .collect()
    };
    match &it.operation {
        Operation::Symbol(name) => build::entry(build::tensor(name, &it.shape), indices.to_vec()),
        Operation::Parameter(at) => build::tensor(&parameter_name(*at), &Shape::scalar()),
        Operation::Number(value) => build::number(value.clone()),
        Operation::Dimension(name) => build::dimension(&Dim::Named(name.clone())),
        Operation::Elementwise(function) => build::apply(function.clone(), below(fresh)),
        Operation::Einsum(einsum) => lower_einsum(graph, node, einsum, indices, fresh),
        Operation::Softmax { axis, log } => {
            lower_softmax(graph, it.arguments[0], *axis, *log, indices, fresh)
        }
        Operation::Gather(gather) => lower_gather(graph, it.arguments[0], gather, indices, fresh),
        Operation::Reshape => lower_reshape(graph, it.arguments[0], indices, fresh),
        Operation::Concat { axis } => lower_concat(graph, &it.arguments, *axis, indices, fresh),
        Operation::Extremum { axes, least } => {
            lower_extremum(graph, it.arguments[0], axes, *least, indices, fresh)
        }
        Operation::MatrixFunction(name) => {
            let argument = lower_closed(graph, it.arguments[0], fresh);
            let value = Term::raw(Head::MatrixFunction(name), vec![argument]);
            build::entry(value, indices.to_vec())
        }
        Operation::Fourier { inverse } => {
            lower_fourier(graph, it.arguments[0], *inverse, &indices[0], fresh)
        }
        Operation::Conjugate => {
            build::conjugate(&lower_entry(graph, it.arguments[0], indices, fresh))
        }
        Operation::RealPart => lower_real_part(graph, it.arguments[0], indices, fresh),
        Operation::ImaginaryPart => lower_imaginary_part(graph, it.arguments[0], indices, fresh),
    }
}

/// x̂_k = Σ_n ω^{−kn} x_n, and back x_n = (1/N) Σ_k ω^{nk} x̂_k.
fn lower_fourier(
    graph: &Graph,
    argument: NodeId,
    inverse: bool,
    at: &Index,
    fresh: &mut Fresh,
) -> Term {
    let dim = graph.shape(argument).0[0].clone();
    let own = fresh.index(&dim);
    let entry = lower_entry(graph, argument, std::slice::from_ref(&own), fresh);
    // The frequency stands in front, as readers expect.
    let root = if inverse {
        build::root(&own, at)
    } else {
        build::root(at, &own.to_affine().scaled(-1).to_index())
    };
    let share = build::reciprocal(build::dimension(&dim));
    let front = if inverse { vec![share] } else { Vec::new() };
    build::product(vec![own], [front, vec![root, entry]].concat())
}

/// (z + z̄)/2; of a product w w̄, which is real, the product itself.
fn lower_real_part(graph: &Graph, node: NodeId, indices: &[Index], fresh: &mut Fresh) -> Term {
    let value = lower_entry(graph, node, indices, fresh);
    let it = graph.node(node);
    let is_conjugate = |a: NodeId, b: NodeId| {
        graph.node(a).operation == Operation::Conjugate && graph.node(a).arguments == [b]
    };
    let magnitude = match it.arguments.as_slice() {
        &[a, b] => is_conjugate(a, b) || is_conjugate(b, a),
        _ => false,
    };
    if magnitude || !graph.is_complex(node) {
        return value;
    }
    by_roots(Head::RealPart, value)
}

/// (√−1 z̄ − √−1 z)/2
fn lower_imaginary_part(graph: &Graph, node: NodeId, indices: &[Index], fresh: &mut Fresh) -> Term {
    by_roots(
        Head::ImaginaryPart,
        lower_entry(graph, node, indices, fresh),
    )
}

/// A part of a complex entry, written with its conjugate.
fn by_roots(part: Head, value: Term) -> Term {
    let part = Term::raw(part, vec![value]);
    build::without_parts(&part).unwrap_or(part)
}

/// The array at `node` as a closed term: itself if it has a name, the array of its entries otherwise.
fn lower_closed(graph: &Graph, node: NodeId, fresh: &mut Fresh) -> Term {
    if let Operation::Symbol(name) = &graph.node(node).operation {
        return build::tensor(name, graph.shape(node));
    }
    let indices = fresh.indices(&graph.shape(node).0);
    // In matrix notation where that has entries of its own: det(XᵀX) rather than the determinant of an array of sums.
    let matrix =
        lower_matrix(graph, node).filter(|matrix| matrix.shape() == Some(graph.shape(node)));
    if let Some(matrix) =
        matrix.filter(|matrix| expand(matrix, &indices, &mut fresh.clone()).is_some())
    {
        return matrix;
    }
    let body = lower_entry(graph, node, &indices, fresh);
    build::comprehension(&indices, body)
}

/// Where a gather reads its argument for an entry of the result.
fn gathered_places(gather: &Gather, argument: &Shape, indices: &[Index]) -> Vec<Index> {
    let place = |(subscript, dim): (&Subscript, &Dim)| {
        let terms = subscript
            .terms
            .iter()
            .map(|(axis, c)| (indices[*axis].clone(), c.clone()));
        let constant = subscript.constant.clone();
        // A subscript of a subscript: an affine index in the place of a variable.
        let placeholder = |at: usize| Index::Variable {
            id: u32::MAX - at as u32,
            dim: dim.clone(),
        };
        let (inner, terms): (Vec<Index>, Vec<(Index, Polynomial)>) = terms
            .enumerate()
            .map(|(at, (index, c))| (index, (placeholder(at), c)))
            .unzip();
        let affine = Affine::new(terms, constant, dim.clone())
            .over(subscript.divisor)
            .wrapping(subscript.cyclic);
        let put =
            |affine: Affine, (at, index): (usize, &Index)| affine.replaced(&placeholder(at), index);
        inner.iter().enumerate().fold(affine, put).to_index()
    };
    gather.axes.iter().zip(&argument.0).map(place).collect()
}

/// X at affine places; outside it counts as zero, which a compound X needs to be told.
fn lower_gather(
    graph: &Graph,
    argument: NodeId,
    gather: &Gather,
    indices: &[Index],
    fresh: &mut Fresh,
) -> Term {
    let shape = graph.shape(argument);
    // A place that wraps around is a number between 0 and the size only after it has done so: it gets an index of its own.
    let mut indices = indices.to_vec();
    let (mut bound, mut factors) = (Vec::new(), Vec::new());
    for (axis, index) in indices.iter_mut().enumerate() {
        if !can_be_read_at(gather, shape, axis, index) {
            let own = fresh.index(&index.dim());
            factors.push(build::delta(&own, index));
            bound.push(own.clone());
            *index = own;
        }
    }
    let places = gathered_places(gather, shape, &indices);
    let entry = lower_entry(graph, argument, &places, fresh);
    if !matches!(graph.node(argument).operation, Operation::Symbol(_)) {
        factors.push(build::inside(&places));
    }
    factors.push(entry);
    build::product(bound, factors)
}

/// Whether the subscripts that use an axis of the result can be written with this index in its place.
fn can_be_read_at(gather: &Gather, argument: &Shape, axis: usize, index: &Index) -> bool {
    let variable = Index::Variable {
        id: u32::MAX,
        dim: index.dim(),
    };
    let fits = |(subscript, dim): (&Subscript, &Dim)| {
        let uses = subscript.terms.iter().filter(|(at, _)| *at == axis);
        let terms = uses.map(|(_, c)| (variable.clone(), c.clone())).collect();
        let affine = Affine::new(terms, subscript.constant.clone(), dim.clone())
            .over(subscript.divisor)
            .wrapping(subscript.cyclic);
        let alone = subscript.terms.len() == 1;
        affine.can_replace(&variable, index) || (alone && affine.to_index() == variable)
    };
    gather.axes.iter().zip(&argument.0).all(fits)
}

/// The place of an entry when an array is written row by row.
pub fn flat_place(indices: &[Index], shape: &Shape, dim: &Dim) -> Index {
    let mut stride = Polynomial::from(1);
    let mut terms = Vec::with_capacity(indices.len());
    let mut constant = Polynomial::from(0);
    for (index, size) in indices.iter().zip(&shape.0).rev() {
        match index.as_affine() {
            Some(place) => {
                let inner = place.terms().iter();
                terms.extend(inner.map(|(variable, c)| (variable.clone(), stride.times(c))));
                constant = constant.plus(&stride.times(place.constant()));
            }
            None => terms.push((index.clone(), stride.clone())),
        }
        stride = stride.times(&Polynomial::from(size));
    }
    Affine::new(terms, constant, dim.clone()).to_index()
}

/// A place that wraps around or is divided is no sum of multiples of indices: an index of its own that equals it stands for it.
fn plain_places(
    places: &[Index],
    bound: &mut Vec<Index>,
    deltas: &mut Vec<Term>,
    fresh: &mut Fresh,
) -> Vec<Index> {
    let plain = |place: &Index| {
        let affine = place
            .as_affine()
            .filter(|it| it.cyclic() || it.divisor() != 1);
        affine.map_or(place.clone(), |_| {
            let own = fresh.index(&place.dim());
            deltas.push(build::delta(&own, place));
            bound.push(own.clone());
            own
        })
    };
    places.iter().map(plain).collect()
}

/// Y_k = Σ_{ij} X_{ij} δ_{iN+j, k}: the entry of X that stands at the same place, row by row. Axes are taken in the smallest groups
/// that have as many entries on both sides; an axis that both shapes share keeps its index.
fn lower_reshape(graph: &Graph, argument: NodeId, indices: &[Index], fresh: &mut Fresh) -> Term {
    let from = graph.shape(argument).clone();
    let to = Shape(indices.iter().map(Index::dim).collect());
    let mut place = Vec::with_capacity(from.rank());
    let mut bound = Vec::new();
    let mut deltas = Vec::new();
    for (inner, outer) in groups(&from, &to) {
        let (source, target) = (&from.0[inner], &indices[outer.clone()]);
        if let Some(same) = without_units(source, target) {
            place.extend(same);
            continue;
        }
        let own = fresh.indices(source);
        let size = source
            .iter()
            .fold(Polynomial::from(1), |size, dim| size.times(&dim.into()));
        // A group of single entries has nothing to meet.
        if let Some(size) = size.to_dim().filter(|size| !size.is_unit()) {
            let there = flat_place(&own, &Shape(source.to_vec()), &size);
            let target = plain_places(target, &mut bound, &mut deltas, fresh);
            let here = flat_place(&target, &Shape(to.0[outer].to_vec()), &size);
            deltas.push(build::delta(&there, &here));
        }
        bound.extend(own.iter().cloned());
        place.extend(own);
    }
    let entry = lower_entry(graph, argument, &place, fresh);
    build::product(bound, [vec![entry], deltas].concat())
}

/// Where the axes of a group are read if its two shapes differ in axes of size 1 at most.
fn without_units(source: &[Dim], target: &[Index]) -> Option<Vec<Index>> {
    let mut left = target.iter().filter(|index| !index.dim().is_unit());
    let places = source.iter().map(|dim| match dim.is_unit() {
        true => Some(Index::Unit),
        false => left.next().filter(|index| index.dim() == *dim).cloned(),
    });
    let places = places.collect::<Option<Vec<_>>>()?;
    left.next().is_none().then_some(places)
}

/// Runs of axes of both shapes with equally many entries, as short as possible.
fn groups(from: &Shape, to: &Shape) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut groups = Vec::new();
    let (mut a, mut b) = (0, 0);
    while a < from.rank() || b < to.rank() {
        let (mut end_a, mut end_b) = shortest(&from.0[a..], &to.0[b..]);
        end_a += a;
        end_b += b;
        // Axes of size 1 that are left over belong to the last group.
        let units = |dims: &[Dim]| dims.iter().all(Dim::is_unit);
        if units(&from.0[end_a..]) && units(&to.0[end_b..]) {
            (end_a, end_b) = (from.rank(), to.rank());
        }
        groups.push((a..end_a, b..end_b));
        (a, b) = (end_a, end_b);
    }
    groups
}

/// How many axes of each make the first group; all of them if no shorter run has equally many entries.
fn shortest(from: &[Dim], to: &[Dim]) -> (usize, usize) {
    let product = |dims: &[Dim]| {
        dims.iter()
            .fold(Polynomial::from(1), |size, dim| size.times(&dim.into()))
    };
    for total in 2..=from.len() + to.len() {
        for a in 1..=from.len().min(total - 1) {
            let b = total - a;
            if b <= to.len() && product(&from[..a]) == product(&to[..b]) {
                return (a, b);
            }
        }
    }
    (from.len(), to.len())
}

/// [A; B]_i = A_i + B_{i − n}, since an entry at no place counts as zero.
fn lower_concat(
    graph: &Graph,
    arguments: &[NodeId],
    axis: usize,
    indices: &[Index],
    fresh: &mut Fresh,
) -> Term {
    let mut offset = Polynomial::default();
    let mut parts = Vec::with_capacity(arguments.len());
    // A place that wraps around along the whole is no place that wraps around along a part: it gets an index of its own.
    let mut along = indices[axis].clone();
    let mut tied = None;
    if along.as_affine().is_some_and(Affine::cyclic) {
        let own = fresh.index(&along.dim());
        tied = Some((own.clone(), build::delta(&own, &along)));
        along = own;
    }
    let placeholder = Index::Variable {
        id: u32::MAX,
        dim: along.dim(),
    };
    for &argument in arguments {
        let dim = graph.shape(argument).0[axis].clone();
        let here = Affine::new(
            vec![(placeholder.clone(), 1.into())],
            offset.scaled(-1),
            dim.clone(),
        );
        offset = offset.plus(&Polynomial::from(&dim));
        let mut place = indices.to_vec();
        place[axis] = here.replaced(&placeholder, &along).to_index();
        let entry = lower_entry(graph, argument, &place, fresh);
        parts.push(match &graph.node(argument).operation {
            Operation::Symbol(_) => entry,
            _ => build::product(Vec::new(), vec![build::inside(&place), entry]),
        });
    }
    match tied {
        None => build::sum(parts),
        Some((own, delta)) => build::product(vec![own], vec![delta, build::sum(parts)]),
    }
}

/// max_k X_{…k…}, over the places that are inside where X is padded.
fn lower_extremum(
    graph: &Graph,
    argument: NodeId,
    axes: &[usize],
    least: bool,
    indices: &[Index],
    fresh: &mut Fresh,
) -> Term {
    let mut kept = indices.iter().cloned();
    let mut bound = Vec::with_capacity(axes.len());
    let mut place = Vec::with_capacity(indices.len() + axes.len());
    for (axis, dim) in graph.shape(argument).0.iter().enumerate() {
        let index = if axes.contains(&axis) {
            None
        } else {
            kept.next()
        };
        place.push(index.unwrap_or_else(|| {
            let index = fresh.index(dim);
            bound.push(index.clone());
            index
        }));
    }
    let node = graph.node(argument);
    let (body, counts) = match &node.operation {
        Operation::Gather(gather) if gather.lowest => {
            let below = node.arguments[0];
            let places = gathered_places(gather, graph.shape(below), &place);
            (
                lower_entry(graph, below, &places, fresh),
                build::inside(&places),
            )
        }
        _ => (
            lower_entry(graph, argument, &place, fresh),
            build::integer(1),
        ),
    };
    build::extremum(least, bound, body, counts)
}

/// The name under which the k-th argument of a user's function stands in a lowered body.
pub fn parameter_name(at: usize) -> derive_graph::Name {
    derive_graph::Name::new(&format!("argument {at}"))
}

fn lower_einsum(
    graph: &Graph,
    node: NodeId,
    einsum: &Einsum,
    indices: &[Index],
    fresh: &mut Fresh,
) -> Term {
    let arguments = &graph.node(node).arguments;
    let mut known: Vec<(Label, Index)> = einsum
        .output
        .iter()
        .copied()
        .zip(indices.iter().cloned())
        .collect();
    let mut bound = Vec::new();
    let mut factors = Vec::new();
    for (labels, &argument) in einsum.inputs.iter().zip(arguments) {
        let dims = &graph.shape(argument).0;
        let mut place = Vec::new();
        for (label, dim) in labels.iter().zip(dims) {
            let found = known
                .iter()
                .find(|(known, _)| known == label && *label != Label::UNIT);
            place.push(match found {
                _ if dim.is_unit() => Index::Unit,
                Some((_, index)) => index.clone(),
                None => {
                    let index = fresh.index(dim);
                    known.push((*label, index.clone()));
                    bound.push(index.clone());
                    index
                }
            });
        }
        factors.push((argument, place));
    }
    let mut lowered: Vec<Term> = factors
        .iter()
        .map(|(argument, place)| lower_entry(graph, *argument, place, fresh))
        .collect();
    lowered.extend(diagonal_deltas(einsum, indices));
    build::product(bound, lowered)
}

/// Labels that stand twice in the output: the array is zero off that diagonal.
fn diagonal_deltas(einsum: &Einsum, indices: &[Index]) -> Vec<Term> {
    let labelled = || einsum.output.iter().zip(indices).enumerate();
    let repeats = labelled().filter_map(|(at, (label, index))| {
        let (_, (_, first)) = labelled().find(|(_, (other, _))| *other == label)?;
        let earlier = einsum.output[..at].contains(label) && *label != Label::UNIT;
        earlier.then(|| build::delta(first, index))
    });
    repeats.collect()
}

/// softmax(X)_{…i…} = exp(X_{…i…}) / Σ_k exp(X_{…k…})
fn lower_softmax(
    graph: &Graph,
    argument: NodeId,
    axis: usize,
    log: bool,
    indices: &[Index],
    fresh: &mut Fresh,
) -> Term {
    let exponential = |term| build::apply(derive_graph::Function::named("exp"), vec![term]);
    let entry = lower_entry(graph, argument, indices, fresh);
    let summed = fresh.index(&graph.shape(argument).0[axis]);
    let mut place = indices.to_vec();
    place[axis] = summed.clone();
    let other = lower_entry(graph, argument, &place, fresh);
    let total = build::product(vec![summed], vec![exponential(other)]);
    if log {
        build::difference(
            entry,
            build::apply(derive_graph::Function::named("log"), vec![total]),
        )
    } else {
        build::product(
            Vec::new(),
            vec![
                exponential(entry),
                build::power(total, Rational::from_integer((-1).into())),
            ],
        )
    }
}
