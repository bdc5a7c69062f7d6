//! The forward pass in 64-bit floats.
//!
//! A [`Plan`] is a network's nodes with concrete sizes, each after what it needs; running it is linear in the size of the
//! graph and does not recurse. Operators are evaluated from their labels, functions from their forward meaning.

use crate::array::{lines, softmax};
use crate::contraction::Contraction;
use crate::fourier;
use crate::function::{Callable, postorder, to_float};
use crate::whole::{
    concat_places, extreme, groups, log_sum_exp, matrix_function, total_of_exponentials,
};
use crate::{Array, Functions, Sizes};
use derive_graph::numeric::Real;
use derive_graph::{Dim, Name, Network, NodeId, Operation};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A function whose slope is no larger has levelled off, and a softmax whose other entries are.
const SATURATED: f64 = 1e-6;

/// What one node does; arguments are places of earlier nodes.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// An array that is given.
    Given(Name),
    /// A named intermediate: the value of its definition.
    Defined(usize),
    Number(f64),
    /// An array of numbers.
    Constant(Vec<f64>),
    Elementwise(Callable, Vec<usize>),
    Contract(Contraction, Vec<usize>),
    Softmax {
        argument: usize,
        axis: usize,
        log: bool,
    },
    /// Reading at places; one that does not exist is zero, or −∞.
    Gather {
        argument: usize,
        places: Vec<Option<usize>>,
        outside: f64,
    },
    /// The same entries.
    Reshape(usize),
    /// Several arrays side by side: for every entry the array and its place there.
    Concat(Vec<usize>, Vec<(usize, usize)>),
    Extremum {
        argument: usize,
        groups: Vec<Vec<usize>>,
        least: bool,
    },
    /// ln Σ exp over each group of entries, as one: no exponential is taken that no float holds.
    LogSumExp {
        argument: usize,
        groups: Vec<Vec<usize>>,
    },
    MatrixFunction(&'static str, usize),
}

/// Nodes in order of evaluation, with concrete sizes.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) instructions: Vec<Instruction>,
    /// The sizes of each node.
    pub(crate) dims: Vec<Vec<usize>>,
    pub(crate) places: FxHashMap<NodeId, usize>,
    /// Where the symbol of this name stands, if an expression mentions it.
    pub(crate) symbols: FxHashMap<Name, usize>,
}

impl Plan {
    /// The plan for `roots`. Intermediates are evaluated from their definitions if `define` is set and given otherwise.
    ///
    /// # Errors
    /// A sentence, where a dimension has no size or an array is too large.
    pub fn new(
        network: &Network,
        sizes: &Sizes,
        functions: &Functions,
        roots: &[NodeId],
        define: bool,
    ) -> Result<Plan, String> {
        let graph = &network.graph;
        let definitions: FxHashMap<&Name, NodeId> = network
            .symbols
            .iter()
            .filter(|_| define)
            .filter_map(|symbol| Some((&symbol.name, symbol.definition?)))
            .collect();
        let below = |node: NodeId| match &graph.node(node).operation {
            Operation::Symbol(name) => definitions.get(name).copied().into_iter().collect(),
            _ => match log_sum_exp(graph, node) {
                Some((argument, _)) => vec![argument],
                None => graph.node(node).arguments.clone(),
            },
        };
        let mut plan = Plan {
            instructions: Vec::new(),
            dims: Vec::new(),
            places: FxHashMap::default(),
            symbols: FxHashMap::default(),
        };
        for node in postorder(graph.len(), roots, below) {
            if fourier::involves_complex(graph, node) {
                plan.add_complex(graph, node, sizes)?;
                continue;
            }
            plan.dims.push(sizes.dims(graph.shape(node))?);
            let at = plan.instructions.len();
            if let Operation::Symbol(name) = &graph.node(node).operation {
                plan.symbols.insert(name.clone(), at);
            }
            let instruction = plan.instruction(network, node, sizes, functions, &definitions)?;
            plan.instructions.push(instruction);
            plan.places.insert(node, at);
        }
        Ok(plan)
    }

    fn instruction(
        &self,
        network: &Network,
        node: NodeId,
        sizes: &Sizes,
        functions: &Functions,
        definitions: &FxHashMap<&Name, NodeId>,
    ) -> Result<Instruction, String> {
        let it = network.graph.node(node);
        if let Some((argument, axes)) = log_sum_exp(&network.graph, node) {
            let argument = self.places[&argument];
            let groups = groups(&self.dims[argument], &axes);
            return Ok(Instruction::LogSumExp { argument, groups });
        }
        let arguments: Vec<usize> = it
            .arguments
            .iter()
            .map(|below| self.places[below])
            .collect();
        Ok(match &it.operation {
            Operation::Symbol(name) => match definitions.get(name) {
                Some(definition) => Instruction::Defined(self.places[definition]),
                None => Instruction::Given(name.clone()),
            },
            Operation::Parameter(_) => {
                return Err("an argument of a function stands outside its body".to_string());
            }
            Operation::Number(value) => Instruction::Number(to_float(value)),
            Operation::Dimension(name) => {
                Instruction::Number(sizes.size(&Dim::Named(name.clone()))? as f64)
            }
            Operation::Elementwise(function) => {
                Instruction::Elementwise(functions.callable(function), arguments)
            }
            Operation::Einsum(einsum) => {
                let inputs: Vec<&[usize]> = arguments
                    .iter()
                    .map(|&at| self.dims[at].as_slice())
                    .collect();
                let output = &self.dims[self.instructions.len()];
                Instruction::Contract(Contraction::new(einsum, &inputs, output), arguments)
            }
            Operation::Softmax { axis, log } => Instruction::Softmax {
                argument: arguments[0],
                axis: *axis,
                log: *log,
            },
            Operation::Gather(gather) => {
                let size = |name: &Name| sizes.named(name);
                let places = gather
                    .places(&self.dims[arguments[0]], &size)
                    .ok_or_else(|| "a dimension has no size".to_string())?;
                Instruction::Gather {
                    argument: arguments[0],
                    places: places.table(&self.dims[self.instructions.len()]),
                    outside: if gather.lowest {
                        f64::NEG_INFINITY
                    } else {
                        0.0
                    },
                }
            }
            Operation::Reshape => Instruction::Reshape(arguments[0]),
            Operation::Concat { axis } => {
                let dims: Vec<&[usize]> = arguments
                    .iter()
                    .map(|&at| self.dims[at].as_slice())
                    .collect();
                let places = concat_places(&dims, *axis);
                Instruction::Concat(arguments, places)
            }
            Operation::Extremum { axes, least } => Instruction::Extremum {
                argument: arguments[0],
                groups: groups(&self.dims[arguments[0]], axes),
                least: *least,
            },
            Operation::MatrixFunction(name) => Instruction::MatrixFunction(name, arguments[0]),
            Operation::Fourier { .. }
            | Operation::Conjugate
            | Operation::RealPart
            | Operation::ImaginaryPart => {
                return Err("a complex operation stands where numbers are real".to_string());
            }
        })
    }

    /// Where a node of the plan stands.
    pub(crate) fn place(&self, node: NodeId) -> Option<usize> {
        self.places.get(&node).copied()
    }

    /// The number of multiplications of one pass, roughly.
    pub(crate) fn cost(&self) -> usize {
        let cost = |(instruction, dims): (&Instruction, &Vec<usize>)| match instruction {
            Instruction::Contract(contraction, _) => contraction.cost(),
            _ => dims.iter().product(),
        };
        self.instructions.iter().zip(&self.dims).map(cost).sum()
    }

    /// Evaluates every node, in row-major order of its entries.
    ///
    /// # Errors
    /// A sentence, where an array that is mentioned is not given or has another size.
    pub fn run(&self, given: &FxHashMap<Name, Rc<Array>>) -> Result<Vec<Vec<f64>>, String> {
        let mut values: Vec<Vec<f64>> = Vec::with_capacity(self.instructions.len());
        for (instruction, dims) in self.instructions.iter().zip(&self.dims) {
            let value = match instruction {
                Instruction::Given(name) => match given.get(name) {
                    Some(array) if array.dims == *dims => array.data.clone(),
                    Some(_) => return Err(format!("`{name}` does not have the expected size")),
                    None => return Err(format!("`{name}` has no value")),
                },
                _ => self.value(instruction, dims, &values),
            };
            values.push(value);
        }
        Ok(values)
    }

    fn value(&self, instruction: &Instruction, dims: &[usize], values: &[Vec<f64>]) -> Vec<f64> {
        let entries = dims.iter().product();
        match instruction {
            Instruction::Given(_) => Vec::new(),
            Instruction::Defined(definition) => values[*definition].clone(),
            Instruction::Number(value) => vec![*value; entries],
            Instruction::Constant(values) => values.clone(),
            Instruction::Elementwise(callable, arguments) => {
                map_entries(entries, arguments, values, |below| callable.real(below))
            }
            Instruction::Contract(contraction, arguments) => {
                let operands: Vec<&[f64]> =
                    arguments.iter().map(|&at| values[at].as_slice()).collect();
                let mut result = vec![0.0; entries];
                contraction.add(&operands, (0, operands[0]), 1, &mut result);
                result
            }
            Instruction::Softmax {
                argument,
                axis,
                log,
            } => softmax(dims, &values[*argument], *axis, *log),
            Instruction::Gather {
                argument,
                places,
                outside,
            } => {
                let value =
                    |place: &Option<usize>| place.map_or(*outside, |at| values[*argument][at]);
                places.iter().map(value).collect()
            }
            Instruction::Reshape(argument) => values[*argument].clone(),
            Instruction::Concat(arguments, places) => {
                let value = |(operand, at): &(usize, usize)| values[arguments[*operand]][*at];
                places.iter().map(value).collect()
            }
            Instruction::Extremum {
                argument,
                groups,
                least,
            } => groups
                .iter()
                .map(|group| extreme(&values[*argument], group, *least))
                .collect(),
            Instruction::LogSumExp { argument, groups } => groups
                .iter()
                .map(|group| total_of_exponentials(&values[*argument], group))
                .collect(),
            Instruction::MatrixFunction(name, argument) => {
                matrix_function(name, &values[*argument])
            }
        }
    }

    /// Whether every value is a finite number; what stands outside a padded window is not meant to be.
    pub(crate) fn is_finite(&self, values: &[Vec<f64>]) -> bool {
        let padded = |instruction: &Instruction| matches!(instruction, Instruction::Gather { outside, .. } if *outside != 0.0);
        let nodes = self.instructions.iter().zip(values);
        nodes
            .filter(|(instruction, _)| !padded(instruction))
            .all(|(_, value)| value.iter().all(|entry| entry.is_finite()))
    }

    /// Whether some function of one argument has no slope to speak of at any of its entries, or some softmax nothing but one entry of
    /// next to 1 along each of its lines.
    pub(crate) fn is_saturated(&self, values: &[Vec<f64>]) -> bool {
        let nodes = self.instructions.iter().zip(&self.dims).zip(values);
        nodes
            .into_iter()
            .any(|((instruction, dims), value)| match instruction {
                Instruction::Elementwise(callable, arguments) if arguments.len() == 1 => {
                    let flat = |x: &f64| callable.partial(&[*x], 0).abs() <= SATURATED;
                    values[arguments[0]].iter().all(flat)
                }
                Instruction::Softmax { axis, log, .. } => {
                    let share = |at: usize| {
                        if *log {
                            Real::exp(value[at])
                        } else {
                            value[at]
                        }
                    };
                    let mut all = dims[*axis] > 1;
                    lines(dims, *axis, |first, stride, length| {
                        let shares = (0..length).map(|step| share(first + step * stride));
                        all &= shares.fold(0.0, f64::max) >= 1.0 - SATURATED;
                    });
                    all
                }
                _ => false,
            })
    }

    /// Whether some function sits exactly on its kink.
    pub(crate) fn has_tie(&self, values: &[Vec<f64>]) -> bool {
        let mut tie = false;
        for (instruction, dims) in self.instructions.iter().zip(&self.dims) {
            if let Instruction::Elementwise(callable, arguments) = instruction {
                map_entries(dims.iter().product(), arguments, values, |below| {
                    tie |= callable.is_tie(below);
                    0.0
                });
            }
        }
        tie
    }
}

/// Applies a function to the arguments' entries, one entry of the result after the other.
pub(crate) fn map_entries(
    entries: usize,
    arguments: &[usize],
    values: &[Vec<f64>],
    mut function: impl FnMut(&[f64]) -> f64,
) -> Vec<f64> {
    let mut below = vec![0.0; arguments.len()];
    let mut entry = |at: usize| {
        for (slot, &argument) in below.iter_mut().zip(arguments) {
            *slot = values[argument][at];
        }
        function(&below)
    };
    (0..entries).map(&mut entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;
    use crate::support::Builder;
    use derive_graph::Role;

    /// The point of a network of one array x of this size, whose loss is the sum of what `of` makes of it.
    fn point(size: &str, of: impl Fn(&mut Builder, NodeId) -> NodeId) -> Point {
        let mut builder = Builder::default();
        let x = builder.declare("x", Role::Param, &[size]);
        let value = of(&mut builder, x);
        let loss = builder.sum(value);
        builder.loss(loss);
        Point::draw(&builder.network, 3, 0).expect("a finite point")
    }

    fn scaled(builder: &mut Builder, x: NodeId, by: i64) -> NodeId {
        let number = builder.number(by, 1);
        let shape = builder.node(x).shape.clone();
        let number = builder.broadcast(number, &shape);
        builder.apply("multiply", &[x, number])
    }

    #[test]
    fn what_has_levelled_off_is_saturated() {
        let saturated = |size, by, function: &'static str| {
            let point = point(size, |builder, x| {
                let x = scaled(builder, x, by);
                match function {
                    "softmax" => builder.softmax(x, 0),
                    "log_softmax" => {
                        let operation = Operation::Softmax { axis: 0, log: true };
                        let shape = builder.node(x).shape.clone();
                        builder.network.graph.add(operation, vec![x], shape)
                    }
                    // Negative whatever x is.
                    "relu" => {
                        let square = builder.apply("square", &[x]);
                        let square = scaled(builder, square, -1);
                        builder.apply("relu", &[square])
                    }
                    name => builder.apply(name, &[x]),
                }
            });
            point.is_saturated()
        };
        for function in ["softmax", "log_softmax"] {
            assert!(saturated("7", 2000, function) && !saturated("7", 1, function));
            assert!(
                !saturated("1", 2000, function),
                "there is nothing beside a single entry"
            );
        }
        assert!(saturated("7", 200, "tanh") && !saturated("7", 1, "tanh"));
        assert!(saturated("7", 1, "relu") && !saturated("7", 200, "square"));
    }

    #[test]
    fn the_logarithm_of_a_sum_of_exponentials_does_not_overflow() {
        for (axes, keep) in [(&[0][..], false), (&[1], true), (&[0, 1], false)] {
            let point = point("7", |builder, x| {
                let outer = derive_graph::Einsum::parse("outer", "i,j->ij");
                let square = builder.einsum(outer, &[x, x], crate::support::shape(&["7", "7"]));
                let large = scaled(builder, square, 10_000);
                let exponential = builder.apply("exp", &[large]);
                let sum = derive_graph::operator::sum(2, axes, keep);
                let left = match (axes.len(), keep) {
                    (2, _) => crate::support::shape(&[]),
                    (_, true) => crate::support::shape(&["7", "1"]),
                    _ => crate::support::shape(&["7"]),
                };
                let sum = builder.einsum(sum, &[exponential], left);
                builder.apply("log", &[sum])
            });
            let x = &point.arrays[&Name::new("x")].data;
            // The largest entry is all that counts of exponents so far apart.
            let largest = |i: &f64| x.iter().map(|j| 1e4 * i * j).fold(f64::MIN, f64::max);
            let expected: f64 = match axes.len() {
                2 => x.iter().map(largest).fold(f64::MIN, f64::max),
                _ => x.iter().map(largest).sum(),
            };
            let loss = point.values[point.loss][0];
            assert!(
                (loss - expected).abs() <= 1e-3 * expected.abs(),
                "{loss} {expected}"
            );
        }
    }

    #[test]
    fn what_is_given_has_to_be_there_and_of_its_size() {
        let point = point("5", |builder, x| builder.apply("square", &[x]));
        let x = Name::new("x");
        let given = |array: Array| FxHashMap::from_iter([(x.clone(), Rc::new(array))]);
        assert!(point.plan.run(&given(Array::filled(vec![5], 1.0))).is_ok());
        let refused = point.plan.run(&given(Array::filled(vec![4], 1.0)));
        assert_eq!(
            refused,
            Err("`x` does not have the expected size".to_string())
        );
        let refused = point.plan.run(&FxHashMap::default());
        assert_eq!(refused, Err("`x` has no value".to_string()));
    }
}
