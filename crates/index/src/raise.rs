//! From terms back to graph nodes: the inverse of [`crate::lower`], for what is derived and then used as a definition.
//!
//! A gradient that is to be differentiated again has to be an expression of the network. Whatever a result may contain is raised:
//! matrix notation by the operators that it came from, index notation as contractions over labelled axes, affine places as
//! gathers. Lowering the node gives the term's entries again.

use crate::{Head, Index, Rational, Term};
use derive_graph::operator::{self, broadcast};
use derive_graph::{
    Dim, Einsum, Function, Gather, Graph, Label, NodeId, Operation, Shape, Subscript,
};
use std::collections::HashMap;

/// The graph node of a closed term. `None` where the term does not conform, or has free indices, or takes an extremum over some of
/// the places only.
pub fn raise(graph: &mut Graph, term: &Term) -> Option<NodeId> {
    Raising {
        graph,
        known: HashMap::new(),
    }
    .closed(term)
}

/// An array whose axes are indices: what a term with free indices becomes. An axis may repeat, and [`Index::Unit`] is one of size 1.
struct Open {
    node: NodeId,
    axes: Vec<Index>,
}

struct Raising<'a> {
    graph: &'a mut Graph,
    known: HashMap<Term, NodeId>,
}

impl Raising<'_> {
    fn closed(&mut self, term: &Term) -> Option<NodeId> {
        if let Some(&node) = self.known.get(term) {
            return Some(node);
        }
        let node = self.closed_once(term)?;
        self.known.insert(term.clone(), node);
        Some(node)
    }

    fn closed_once(&mut self, term: &Term) -> Option<NodeId> {
        let shape = term.shape()?.clone();
        match term.head() {
            Head::Number(value) => Some(self.add(Operation::Number(value.clone()), vec![], shape)),
            Head::Dimension(name) => {
                Some(self.add(Operation::Dimension(name.clone()), vec![], shape))
            }
            Head::Tensor(name, _) => Some(self.add(Operation::Symbol(name.clone()), vec![], shape)),
            Head::Ones(_) => {
                let one = self.number(1);
                self.stretched(one, &shape)
            }
            Head::Identity(dim) => self.identity(dim),
            Head::Index(_) => None,
            Head::Comprehension => {
                let (indices, body) = term.split();
                let open = self.open(&body[0])?;
                Some(self.contracted(vec![open], &indices))
            }
            Head::Product if term.split_terms().0.is_empty() => self.folded("multiply", term),
            Head::Entry | Head::Delta | Head::Product | Head::Extremum { .. } => {
                let open = self.open(term)?;
                Some(self.contracted(vec![open], &[]))
            }
            Head::Sum => self.folded("add", term),
            Head::Power(exponent) => {
                let base = self.closed(&term.children()[0])?;
                self.raised(base, exponent)
            }
            Head::Apply(function) => self.applied(function, term.children(), &shape),
            Head::MatMul => self.chain(term.children()),
            Head::Transpose => self.operated(".T", term.children()),
            Head::Outer => self.operated("outer", term.children()),
            Head::Trace => self.operated("tr", term.children()),
            Head::Diagonal | Head::DiagonalMatrix => self.operated("diag", term.children()),
            Head::Axes(axes) => self.moved(axes, &term.children()[0], shape),
            head => {
                let operation = whole(head)?;
                let children = term.children().iter().map(|child| self.closed(child));
                let children = children.collect::<Option<Vec<_>>>()?;
                Some(self.add(operation, children, shape))
            }
        }
    }

    fn add(&mut self, operation: Operation, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
        self.graph.add(operation, arguments, shape)
    }

    fn number(&mut self, value: i64) -> NodeId {
        let value = Rational::from_integer(value.into());
        self.add(Operation::Number(value), vec![], Shape::scalar())
    }

    fn einsum(&mut self, einsum: Einsum, arguments: Vec<NodeId>, shape: Shape) -> NodeId {
        self.add(Operation::Einsum(einsum), arguments, shape)
    }

    /// The node repeated along axes that it lacks; itself if it has the shape.
    fn stretched(&mut self, node: NodeId, shape: &Shape) -> Option<NodeId> {
        let from = self.graph.shape(node).clone();
        if from == *shape {
            return Some(node);
        }
        from.is_scalar()
            .then(|| self.einsum(broadcast(&from, shape), vec![node], shape.clone()))
    }

    fn identity(&mut self, dim: &Dim) -> Option<NodeId> {
        let one = self.number(1);
        let ones = self.stretched(one, &Shape(vec![dim.clone()]))?;
        self.by_row("diag", vec![ones])
    }

    fn elementwise(&mut self, function: Function, arguments: Vec<NodeId>) -> Option<NodeId> {
        let shapes = arguments.iter().map(|&node| self.graph.shape(node));
        let shape = shapes.max_by_key(|shape| shape.rank())?.clone();
        let arguments: Option<Vec<NodeId>> = arguments
            .into_iter()
            .map(|node| self.stretched(node, &shape))
            .collect();
        Some(self.add(Operation::Elementwise(function), arguments?, shape))
    }

    /// The children combined from the left.
    fn folded(&mut self, function: &str, term: &Term) -> Option<NodeId> {
        let children = term.children().iter().map(|child| self.closed(child));
        let children = children.collect::<Option<Vec<_>>>()?;
        let node = self.folded_nodes(function, children)?;
        self.stretched(node, term.shape()?)
    }

    fn folded_nodes(&mut self, function: &str, nodes: Vec<NodeId>) -> Option<NodeId> {
        let mut nodes = nodes.into_iter();
        let first = nodes.next()?;
        nodes.try_fold(first, |all, node| {
            self.elementwise(Function::named(function), vec![all, node])
        })
    }

    fn raised(&mut self, base: NodeId, exponent: &Rational) -> Option<NodeId> {
        let exponent = self.add(Operation::Number(exponent.clone()), vec![], Shape::scalar());
        self.elementwise(Function::named("power"), vec![base, exponent])
    }

    fn applied(&mut self, function: &Function, children: &[Term], shape: &Shape) -> Option<NodeId> {
        let children = children.iter().map(|child| self.closed(child));
        let children = children.collect::<Option<_>>()?;
        let node = self.elementwise(function.clone(), children)?;
        self.stretched(node, shape)
    }

    /// A product of matrices, from the left.
    fn chain(&mut self, factors: &[Term]) -> Option<NodeId> {
        let mut nodes = Vec::with_capacity(factors.len());
        for factor in factors {
            nodes.push(self.closed(factor)?);
        }
        let mut nodes = nodes.into_iter();
        let first = nodes.next()?;
        nodes.try_fold(first, |all, node| self.by_row("@", vec![all, node]))
    }

    fn operated(&mut self, operator: &str, children: &[Term]) -> Option<NodeId> {
        let children = children.iter().map(|child| self.closed(child));
        let children = children.collect::<Option<_>>()?;
        self.by_row(operator, children)
    }

    /// An operator of the table on nodes, its labels by their ranks.
    fn by_row(&mut self, operator: &str, arguments: Vec<NodeId>) -> Option<NodeId> {
        let shapes: Vec<&Shape> = arguments
            .iter()
            .map(|&node| self.graph.shape(node))
            .collect();
        let einsum = operator::row(operator)?.einsum(&shapes)?;
        let shape = einsum.output_shape(&shapes).ok()?;
        Some(self.einsum(einsum, arguments, shape))
    }

    /// Axes moved, added or dropped.
    fn moved(&mut self, axes: &[Option<usize>], child: &Term, shape: Shape) -> Option<NodeId> {
        let node = self.closed(child)?;
        let label = |axis: usize| Label(b'a' + axis as u8);
        let kept = |axis: usize| match axes.contains(&Some(axis)) {
            true => label(axis),
            false => Label::UNIT,
        };
        let einsum = Einsum {
            operator: "permute",
            inputs: vec![(0..child.rank()).map(kept).collect()],
            output: axes
                .iter()
                .map(|axis| axis.map_or(Label::UNIT, label))
                .collect(),
        };
        Some(self.einsum(einsum, vec![node], shape))
    }

    /// A term with free indices, as an array over them.
    fn open(&mut self, term: &Term) -> Option<Open> {
        match term.head() {
            _ if term.free().is_empty() && *term.head() != Head::Product => {
                self.without_indices(term)
            }
            Head::Entry => {
                let (array, place) = term.as_entry()?;
                let node = self.closed(array)?;
                Some(self.read(node, place))
            }
            Head::Delta => {
                let (place, _) = term.split();
                let node = self.identity(&place.first()?.dim())?;
                Some(self.read(node, place))
            }
            Head::Product => {
                let (bound, factors) = term.split();
                let factors = factors.iter().map(|factor| self.open(factor));
                let mut factors = factors.collect::<Option<Vec<_>>>()?;
                for index in bound {
                    let met = factors.iter().any(|open| open.axes.contains(&index));
                    if !met {
                        factors.push(self.ones_along(&index)?);
                    }
                }
                Some(self.over(factors, term.free()))
            }
            Head::Sum => {
                let parts = self.aligned(term)?;
                let node = self.folded_nodes("add", parts)?;
                Some(self.named(node, term))
            }
            Head::Power(exponent) => {
                let base = self.aligned(term)?.pop()?;
                let node = self.raised(base, exponent)?;
                Some(self.named(node, term))
            }
            Head::Apply(function) => {
                let parts = self.aligned(term)?;
                let node = self.elementwise(function.clone(), parts)?;
                Some(self.named(node, term))
            }
            Head::Extremum { least } => self.extremum(term, *least),
            _ => None,
        }
    }

    fn without_indices(&mut self, term: &Term) -> Option<Open> {
        // An entry without variables is one of an axis of size 1, or at a constant place.
        if let Some((array, place)) = term.as_entry() {
            let node = self.closed(array)?;
            return Some(self.read(node, place));
        }
        let node = match term.head() {
            Head::Sum => {
                let parts = self.aligned(term)?;
                self.folded_nodes("add", parts)?
            }
            Head::Extremum { least } => return self.extremum(term, *least),
            _ => self.closed(term)?,
        };
        Some(self.named(node, term))
    }

    fn named(&self, node: NodeId, term: &Term) -> Open {
        Open {
            node,
            axes: term.free().to_vec(),
        }
    }

    /// The children as arrays over all free indices of the term, in their order.
    fn aligned(&mut self, term: &Term) -> Option<Vec<NodeId>> {
        let free = term.free().to_vec();
        let aligned = term.children().iter().map(|child| {
            let open = self.open(child)?;
            Some(self.contracted(vec![open], &free))
        });
        aligned.collect()
    }

    fn ones_along(&mut self, index: &Index) -> Option<Open> {
        let one = self.number(1);
        let node = self.stretched(one, &Shape(vec![index.dim()]))?;
        Some(Open {
            node,
            axes: vec![index.clone()],
        })
    }

    fn over(&mut self, factors: Vec<Open>, axes: &[Index]) -> Open {
        Open {
            node: self.contracted(factors, axes),
            axes: axes.to_vec(),
        }
    }

    /// An array at a place: its axes are the indices, read through a gather where one is affine.
    fn read(&mut self, node: NodeId, place: Vec<Index>) -> Open {
        if place.iter().all(|index| index.as_affine().is_none()) {
            return Open { node, axes: place };
        }
        let mut axes: Vec<Index> = place.iter().flat_map(Index::variables).collect();
        axes.sort();
        axes.dedup();
        let subscript = |index: &Index| {
            let affine = index.to_affine();
            let axis = |known: &Index| axes.iter().position(|axis| axis == known);
            let terms = affine.terms().iter();
            let terms = terms.filter_map(|(known, c)| Some((axis(known)?, c.clone())));
            Subscript {
                terms: terms.collect(),
                constant: affine.constant().clone(),
                divisor: affine.divisor(),
                cyclic: affine.cyclic(),
            }
        };
        let gather = Gather {
            axes: place.iter().map(subscript).collect(),
            lowest: false,
        };
        let shape = Shape(axes.iter().map(Index::dim).collect());
        let node = self.add(Operation::Gather(gather), vec![node], shape);
        Open { node, axes }
    }

    /// The product of the factors, summed over every index that `axes` does not have; repeated along those that no factor has.
    fn contracted(&mut self, factors: Vec<Open>, axes: &[Index]) -> NodeId {
        if let [only] = factors.as_slice()
            && only.axes == axes
        {
            return only.node;
        }
        let mut labels: Vec<Index> = Vec::new();
        let mut label = |index: &Index| {
            if *index == Index::Unit {
                return Label::UNIT;
            }
            let at = labels.iter().position(|known| known == index);
            let at = at.unwrap_or_else(|| {
                labels.push(index.clone());
                labels.len() - 1
            });
            Label(b'a' + at as u8)
        };
        let output = axes.iter().map(&mut label).collect();
        let inputs = factors
            .iter()
            .map(|open| open.axes.iter().map(&mut label).collect());
        let einsum = Einsum {
            operator: if factors.len() == 1 {
                "permute"
            } else {
                "contract"
            },
            inputs: inputs.collect(),
            output,
        };
        let shape = Shape(axes.iter().map(Index::dim).collect());
        let nodes = factors.into_iter().map(|open| open.node).collect();
        self.einsum(einsum, nodes, shape)
    }

    /// The largest value over the bound indices, where every value counts or those do that are inside the array.
    fn extremum(&mut self, term: &Term, least: bool) -> Option<Open> {
        let (bound, rest) = term.split();
        let [body, counts] = rest else { return None };
        counts.as_number()?;
        let free = term.free().to_vec();
        let all = [free.clone(), bound].concat();
        let open = self.open(body)?;
        let node = self.contracted(vec![open], &all);
        let axes = (free.len()..all.len()).collect();
        let shape = Shape(free.iter().map(Index::dim).collect());
        let node = self.add(Operation::Extremum { axes, least }, vec![node], shape);
        Some(Open { node, axes: free })
    }
}

/// The operation of a head whose children become arguments as they are.
fn whole(head: &Head) -> Option<Operation> {
    Some(match head {
        Head::Softmax { axis, log } => Operation::Softmax {
            axis: *axis,
            log: *log,
        },
        Head::Gather(gather, _) => Operation::Gather(gather.clone()),
        Head::Reshape(_) => Operation::Reshape,
        Head::Concat(axis) => Operation::Concat { axis: *axis },
        Head::MatrixFunction(name) => Operation::MatrixFunction(name),
        Head::Fourier { inverse } => Operation::Fourier { inverse: *inverse },
        Head::Conjugate => Operation::Conjugate,
        Head::RealPart => Operation::RealPart,
        Head::ImaginaryPart => Operation::ImaginaryPart,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::lower_entry;
    use crate::{Fresh, build};
    use derive_graph::Name;

    fn dim(name: &str) -> Dim {
        Dim::Named(Name::new(name))
    }

    fn array(name: &str, dims: &[&str]) -> Term {
        let shape = Shape(dims.iter().map(|name| dim(name)).collect());
        build::tensor(&Name::new(name), &shape)
    }

    /// A closed array raised and lowered again is the entry that it was.
    fn check(term: &Term, dims: &[&str], expected: impl Fn(&[Index], &mut Fresh) -> Term) {
        let mut graph = Graph::default();
        let node = raise(&mut graph, term).expect("the term is raised");
        let mut fresh = Fresh::default();
        let dims: Vec<Dim> = dims.iter().map(|name| dim(name)).collect();
        let indices = fresh.indices(&dims);
        let wanted = expected(&indices, &mut fresh.clone());
        assert_eq!(lower_entry(&graph, node, &indices, &mut fresh), wanted);
    }

    #[test]
    fn raised_terms_lower_to_their_entries() {
        let (a, b, v) = (
            array("A", &["m", "n"]),
            array("B", &["k", "n"]),
            array("v", &["m"]),
        );
        let at = |array: &Term, place: &[&Index]| {
            build::entry(
                array.clone(),
                place.iter().map(|&index| index.clone()).collect(),
            )
        };
        let chain = build::matmul(vec![a.clone(), build::transpose(b.clone())]);
        check(&chain, &["m", "k"], |place, fresh| {
            let over = fresh.index(&dim("n"));
            let factors = vec![at(&a, &[&place[0], &over]), at(&b, &[&place[1], &over])];
            build::product(vec![over], factors)
        });
        let mut fresh = Fresh::starting_at(50);
        let own = fresh.indices(&[dim("m"), dim("m"), dim("n")]);
        let body = build::product(
            vec![],
            vec![
                build::delta(&own[0], &own[1]),
                at(&a, &[&own[0], &own[2]]),
                at(&v, &[&own[1]]),
            ],
        );
        check(
            &build::comprehension(&own, body),
            &["m", "m", "n"],
            |place, _| {
                let factors = vec![
                    build::delta(&place[0], &place[1]),
                    at(&a, &[&place[0], &place[2]]),
                    at(&v, &[&place[1]]),
                ];
                build::product(vec![], factors)
            },
        );
    }
}
