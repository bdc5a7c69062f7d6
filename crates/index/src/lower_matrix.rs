//! Nodes of the graph in matrix notation, where there is one.

use crate::build;
use crate::lower::parameter_name;
use crate::{Head, Term};
use derive_graph::{Einsum, Graph, Label, NodeId, Operation, Shape};

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
        Operation::Gather(gather) if gather.is_slice() || gather.is_part() => Some(Term::raw(
            Head::Gather(gather.clone(), it.shape.clone()),
            below()?,
        )),
        Operation::Gather(_) | Operation::Extremum { .. } => None,
        Operation::Concat { axis } => Some(Term::raw(Head::Concat(*axis), below()?)),
        Operation::Reshape => Some(Term::raw(Head::Reshape(it.shape.clone()), below()?)),
        Operation::MatrixFunction(name) => Some(Term::raw(Head::MatrixFunction(name), below()?)),
        Operation::Fourier { inverse } => {
            Some(Term::raw(Head::Fourier { inverse: *inverse }, below()?))
        }
        Operation::Conjugate => Some(Term::raw(Head::Conjugate, below()?)),
        Operation::RealPart => Some(build::node(Head::RealPart, below()?)),
        Operation::ImaginaryPart => Some(build::node(Head::ImaginaryPart, below()?)),
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
        ("diag", [argument]) => {
            let head = if argument.rank() == 1 {
                Head::DiagonalMatrix
            } else {
                Head::Diagonal
            };
            Some(Term::raw(head, arguments))
        }
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
