//! From graph nodes to index notation, and to matrix notation for the forward pass.

use crate::build;
use crate::{Fresh, Head, Index, Rational, Term};
use derive_graph::{Einsum, Graph, Label, NodeId, Operation, Shape};

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
        Operation::Dimension(name) => build::dimension(&derive_graph::Dim::Named(name.clone())),
        Operation::Elementwise(function) => build::apply(function.clone(), below(fresh)),
        Operation::Einsum(einsum) => lower_einsum(graph, node, einsum, indices, fresh),
        Operation::Softmax { axis, log } => {
            lower_softmax(graph, it.arguments[0], *axis, *log, indices, fresh)
        }
    }
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
    let lowered = factors
        .iter()
        .map(|(argument, place)| lower_entry(graph, *argument, place, fresh))
        .collect();
    build::product(bound, lowered)
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

/// The array at `node` in matrix notation, as the user wrote it; `None` where some operation has none.
pub fn lower_matrix(graph: &Graph, node: NodeId) -> Option<Term> {
    let it = graph.node(node);
    let below = || {
        it.arguments
            .iter()
            .map(|&argument| lower_matrix(graph, argument))
            .collect::<Option<Vec<_>>>()
    };
    match &it.operation {
        Operation::Symbol(name) => Some(build::tensor(name, &it.shape)),
        Operation::Parameter(at) => Some(build::tensor(&parameter_name(*at), &Shape::scalar())),
        Operation::Number(value) => Some(build::number(value.clone())),
        Operation::Dimension(name) => {
            Some(build::dimension(&derive_graph::Dim::Named(name.clone())))
        }
        Operation::Elementwise(function) => Some(build::apply(function.clone(), below()?)),
        Operation::Softmax { axis, log } => Some(Term::raw(
            Head::Softmax {
                axis: *axis,
                log: *log,
            },
            below()?,
        )),
        Operation::Einsum(einsum) => matrix_einsum(einsum, below()?, &it.shape),
    }
}

fn matrix_einsum(einsum: &Einsum, mut arguments: Vec<Term>, shape: &Shape) -> Option<Term> {
    match (einsum.operator, arguments.as_slice()) {
        ("@" | "dot", [a, b]) if a.rank() + b.rank() == 4 && einsum.operator == "dot" => None,
        ("@" | "dot", _) => Some(build::matmul(arguments)),
        (".T", _) => Some(build::transpose(arguments.swap_remove(0))),
        ("outer", [u, v]) => Some(build::outer(u.clone(), v.clone())),
        ("tr", _) => Some(Term::raw(Head::Trace, arguments)),
        ("broadcast", [argument]) => matrix_broadcast(argument, shape),
        ("sum", [argument]) => matrix_sum(einsum, argument),
        _ => None,
    }
}

/// A scalar stays as it is, a vector becomes 𝟏vᵀ, a single row 𝟏b, a single column b𝟏ᵀ.
fn matrix_broadcast(argument: &Term, shape: &Shape) -> Option<Term> {
    let from = argument.shape()?.0.clone();
    match (from.as_slice(), shape.0.as_slice()) {
        ([], _) => Some(argument.clone()),
        ([_], [rows, _]) => Some(build::outer(
            build::ones(std::slice::from_ref(rows)),
            argument.clone(),
        )),
        ([one, _], [rows, _]) if one.is_unit() => Some(build::matmul(vec![
            build::ones(&[rows.clone(), one.clone()]),
            argument.clone(),
        ])),
        ([_, one], [_, columns]) if one.is_unit() => Some(build::matmul(vec![
            argument.clone(),
            build::ones(&[one.clone(), columns.clone()]),
        ])),
        _ => None,
    }
}

/// Sums as products with ones.
fn matrix_sum(einsum: &Einsum, argument: &Term) -> Option<Term> {
    let dims = argument.shape()?.0.clone();
    let one = |at: usize| build::ones(std::slice::from_ref(&dims[at]));
    let summed: Vec<bool> = einsum.inputs[0]
        .iter()
        .map(|label| !einsum.output.contains(label))
        .collect();
    let plain = !einsum.output.contains(&Label::UNIT);
    match summed.as_slice() {
        [true] if plain => Some(build::matmul(vec![one(0), argument.clone()])),
        [true, true] if plain => Some(build::matmul(vec![one(0), argument.clone(), one(1)])),
        [true, false] if plain => Some(build::matmul(vec![one(0), argument.clone()])),
        [false, true] if plain => Some(build::matmul(vec![argument.clone(), one(1)])),
        [false, false] | [false] => Some(argument.clone()),
        _ => None,
    }
}
