//! Nodes of the graph in matrix notation, where there is one.

use crate::build;
use crate::lower::parameter_name;
use crate::{Head, Term};
use derive_graph::{Einsum, Graph, Label, NodeId, Operation, Shape};

/// The array at `node` in matrix notation, as the user wrote it; `None` where some operation has none.
pub fn lower_matrix(graph: &Graph, node: NodeId) -> Option<Term> {
    let it = graph.node(node);
    let scalars_kept = || {
        it.arguments
            .iter()
            .map(|&argument| lower_matrix(graph, argument))
            .collect::<Option<Vec<_>>>()
    };
    let below = || {
        let terms = scalars_kept()?.into_iter().zip(&it.arguments);
        Some(
            terms
                .map(|(term, &argument)| spread(term, graph.shape(argument)))
                .collect(),
        )
    };
    match &it.operation {
        Operation::Symbol(name) => Some(build::tensor(name, &it.shape)),
        Operation::Parameter(at) => Some(build::tensor(&parameter_name(*at), &Shape::scalar())),
        Operation::Number(value) => Some(build::number(value.clone())),
        Operation::Dimension(name) => {
            Some(build::dimension(&derive_graph::Dim::Named(name.clone())))
        }
        Operation::Elementwise(function) => Some(build::apply(function.clone(), scalars_kept()?)),
        Operation::Softmax { axis, log } => Some(Term::raw(
            Head::Softmax {
                axis: *axis,
                log: *log,
            },
            below()?,
        )),
        Operation::Einsum(einsum) if einsum.operator == "broadcast" => {
            matrix_broadcast(&scalars_kept()?[0], &it.shape)
        }
        Operation::Einsum(einsum) => matrix_einsum(einsum, below()?),
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

fn matrix_einsum(einsum: &Einsum, mut arguments: Vec<Term>) -> Option<Term> {
    match (einsum.operator, arguments.as_slice()) {
        ("@" | "dot", [a, b]) if a.rank() + b.rank() == 4 && einsum.operator == "dot" => None,
        ("@" | "dot", _) => Some(build::matmul(arguments)),
        (".T", _) => Some(build::transpose(arguments.swap_remove(0))),
        ("outer", [u, v]) => Some(build::outer(u.clone(), v.clone())),
        ("tr", _) => Some(Term::raw(Head::Trace, arguments)),
        ("sum", [argument]) => matrix_sum(einsum, argument),
        // `eye(n)` is told to the graph as a diagonal of ones.
        ("diag", [argument]) if matches!(argument.head(), Head::Ones(shape) if shape.rank() == 1) =>
        {
            let dim = argument.shape()?.0.first()?.clone();
            Some(Term::leaf(Head::Identity(dim)))
        }
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

/// A scalar goes with every entry of an array; anything but an elementwise function has to have the array: s becomes s𝟏.
fn spread(term: Term, shape: &Shape) -> Term {
    match term.shape().is_some_and(Shape::is_scalar) && !shape.is_scalar() {
        true => build::product(Vec::new(), vec![term, build::ones(&shape.0)]),
        false => term,
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

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::operator::broadcast;
    use derive_graph::{Dim, Function, Name};

    fn shape(names: &[&str]) -> Shape {
        Shape(
            names
                .iter()
                .map(|name| Dim::Named(Name::new(name)))
                .collect(),
        )
    }

    /// The number 2, on its own and repeated along the axes of an n by m matrix.
    fn twos(graph: &mut Graph) -> [NodeId; 2] {
        let two = crate::Rational::from_integer(2.into());
        let two = graph.add(Operation::Number(two), vec![], Shape::scalar());
        let spread = broadcast(&Shape::scalar(), &shape(&["n", "m"]));
        let all = graph.add(Operation::Einsum(spread), vec![two], shape(&["n", "m"]));
        [two, all]
    }

    #[test]
    fn a_repeated_number_is_a_scalar_beside_an_array_and_an_array_elsewhere() {
        let graph = &mut Graph::default();
        let [_, twos] = twos(graph);
        let array = Operation::Symbol(Name::new("A"));
        let array = graph.add(array, vec![], shape(&["n", "m"]));
        let times = Operation::Elementwise(Function::named("multiply"));
        let product = graph.add(times, vec![twos, array], shape(&["n", "m"]));
        let a = build::tensor(&Name::new("A"), &shape(&["n", "m"]));
        let doubled = build::product(vec![], vec![build::integer(2), a]);
        assert_eq!(lower_matrix(graph, product), Some(doubled));

        let reshaped = graph.add(Operation::Reshape, vec![twos], shape(&["m", "n"]));
        let ones = build::ones(&shape(&["n", "m"]).0);
        let whole = build::product(vec![], vec![build::integer(2), ones]);
        let expected = Term::raw(Head::Reshape(shape(&["m", "n"])), vec![whole]);
        assert_eq!(lower_matrix(graph, reshaped), Some(expected));
    }

    #[test]
    fn what_is_repeated_twice_stays_a_scalar() {
        let graph = &mut Graph::default();
        let [_, twos] = twos(graph);
        let spread = broadcast(&shape(&["n", "m"]), &shape(&["k", "n", "m"]));
        let again = graph.add(
            Operation::Einsum(spread),
            vec![twos],
            shape(&["k", "n", "m"]),
        );
        assert_eq!(lower_matrix(graph, again), Some(build::integer(2)));
    }
}
