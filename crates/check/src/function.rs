//! The forward meaning of elementwise functions and of their derivatives.
//!
//! Table functions come from their row, the user's from their body, unspecified ones are a random member of the smooth
//! family a sin(bx + c) + dx + ex², whose derivatives have a closed formula. Derivatives of the others are slopes of duals
//! of the forward meaning, second ones differences of these: no derivative table is asked.

use crate::Sizes;
use crate::random::Random;
use crate::wide::Wide;
use derive_graph::numeric::{Dual, Real};
use derive_graph::{Function, FunctionRow, Name, Network, NodeId, Operation, function};
use derive_index::Rational;
use num_traits::ToPrimitive;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// The user's functions, with random members of the family where they are unspecified.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    users: FxHashMap<Name, Rc<Meaning>>,
    seed: u64,
}

impl Functions {
    /// The functions of a network. `sizes` are for bodies that mention a dimension; `seed` chooses the members.
    pub fn new(network: &Network, sizes: &Sizes, seed: u64) -> Functions {
        let mut functions = Functions {
            users: FxHashMap::default(),
            seed,
        };
        for definition in &network.functions {
            if let Some(root) = definition.body {
                let body = functions.compile(network, sizes, root);
                let meaning = Rc::new(Meaning::Body(body));
                functions.users.insert(definition.name.clone(), meaning);
            }
        }
        functions
    }

    /// What a function computes.
    pub(crate) fn callable(&self, function: &Function) -> Callable {
        let meaning = match (self.users.get(&function.name), function.row()) {
            (Some(meaning), _) => Rc::clone(meaning),
            (None, Some(row)) => Rc::new(Meaning::Row(row)),
            (None, None) => Rc::new(Meaning::Unspecified(Family::new(self.seed, &function.name))),
        };
        Callable {
            meaning,
            primes: function.primes,
        }
    }

    fn compile(&self, network: &Network, sizes: &Sizes, root: NodeId) -> Vec<Scalar> {
        let graph = &network.graph;
        let order = postorder(graph.len(), &[root], |node| {
            graph.node(node).arguments.clone()
        });
        let mut place = FxHashMap::default();
        let mut body = Vec::with_capacity(order.len());
        for node in order {
            let it = graph.node(node);
            let arguments = it.arguments.iter().map(|below| place[below]).collect();
            place.insert(node, body.len());
            body.push(match &it.operation {
                Operation::Parameter(at) => Scalar::Parameter(*at),
                Operation::Number(value) => Scalar::Number(to_float(value)),
                Operation::Dimension(name) => {
                    let size = sizes.size(&derive_graph::Dim::Named(name.clone()));
                    Scalar::Number(size.map_or(f64::NAN, |size| size as f64))
                }
                Operation::Elementwise(function) => {
                    Scalar::Apply(self.callable(function), arguments)
                }
                // A scalar is the same along every axis that it does not have.
                Operation::Einsum(_) if it.arguments.len() == 1 => Scalar::Same(arguments),
                _ => Scalar::Number(f64::NAN),
            });
        }
        body
    }
}

/// The nodes that `roots` need, each after what it needs. Iterative, so that depth does not matter.
pub(crate) fn postorder(
    count: usize,
    roots: &[NodeId],
    below: impl Fn(NodeId) -> Vec<NodeId>,
) -> Vec<NodeId> {
    let mut order = Vec::new();
    let mut seen = vec![false; count];
    let mut stack: Vec<(NodeId, bool)> = roots.iter().rev().map(|&root| (root, false)).collect();
    while let Some((node, done)) = stack.pop() {
        if done {
            order.push(node);
        } else if !std::mem::replace(&mut seen[node.0], true) {
            stack.push((node, true));
            stack.extend(below(node).into_iter().rev().map(|next| (next, false)));
        }
    }
    order
}

/// The nearest float.
pub(crate) fn to_float(value: &Rational) -> f64 {
    match (value.numer().to_i32(), value.denom().to_i32()) {
        (Some(numerator), Some(denominator)) => f64::from(numerator) / f64::from(denominator),
        _ => value.to_f64().unwrap_or(f64::NAN),
    }
}

/// What differs by less, relative to its size, is equal: far more than rounding, far less than random numbers are apart.
const SAME: f64 = 1e-12;

/// A number that a float holds with all its digits, and not a number otherwise.
pub(crate) fn in_range(value: f64) -> f64 {
    if value.is_infinite() || value.is_subnormal() {
        f64::NAN
    } else {
        value
    }
}

#[derive(Debug)]
enum Meaning {
    Row(&'static FunctionRow),
    Body(Vec<Scalar>),
    Unspecified(Family),
}

/// One node of a body; arguments are places of earlier nodes.
#[derive(Debug)]
enum Scalar {
    Parameter(usize),
    Number(f64),
    Same(Vec<usize>),
    Apply(Callable, Vec<usize>),
}

/// a sin(bx + c) + dx + ex²
#[derive(Clone, Copy, Debug)]
struct Family {
    coefficients: [f64; 5],
}

impl Family {
    fn new(seed: u64, name: &Name) -> Family {
        let mut random = Random::of_text(seed, name.as_str());
        Family {
            coefficients: std::array::from_fn(|_| 0.5 * random.signed()),
        }
    }

    /// The derivative of this order; order 0 is the value.
    fn derivative(&self, order: u8, x: f64) -> f64 {
        let [a, b, c, d, e] = self.coefficients;
        // Each derivative moves the sine by a quarter turn and brings out b.
        let phase = b * x + c + core::f64::consts::FRAC_PI_2 * f64::from(order);
        let wave = a * (0..order).fold(1.0, |power, _| power * b) * Real::sin(phase);
        wave + match order {
            0 => d * x + e * x * x,
            1 => d + 2.0 * e * x,
            2 => 2.0 * e,
            _ => 0.0,
        }
    }
}

/// A function or a derivative by its first argument, ready to be evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Callable {
    meaning: Rc<Meaning>,
    primes: u8,
}

impl Callable {
    /// The value.
    pub(crate) fn real(&self, arguments: &[f64]) -> f64 {
        self.derivative(self.primes, arguments)
    }

    /// The value for arguments that may have been computed in different ways: those that differ by rounding are equal, so that the largest entry is the
    /// one that a sum in another order comes to.
    fn of_computed(&self, arguments: &[f64]) -> f64 {
        match (&*self.meaning, self.primes, arguments) {
            (Meaning::Row(FunctionRow { name: "equal", .. }), 0, [x, y]) => {
                f64::from((x - y).abs() <= SAME * x.abs().max(y.abs()))
            }
            _ => self.real(arguments),
        }
    }

    /// The value, or not a number where it is not what was computed: too large for a float, or too small for all its digits or for any. e^1000 /
    /// e^1000 is 1, and so is e^−1000 / e^−1000. There another point is asked.
    pub(crate) fn in_range(&self, arguments: &[f64]) -> f64 {
        let value = in_range(self.of_computed(arguments));
        let exponential = matches!(&*self.meaning, Meaning::Row(row) if row.name == "exp");
        if exponential && value == 0.0 && arguments[0].is_finite() {
            return f64::NAN;
        }
        value
    }

    /// The value in wide numbers. What grows or shrinks like an exponential has one there; of everything else the arguments and the
    /// value have to be floats.
    pub(crate) fn wide(&self, arguments: &[Wide]) -> Wide {
        match (&*self.meaning, self.primes) {
            (Meaning::Row(FunctionRow { name: "exp", .. }), 0) => arguments[0].exp(),
            (Meaning::Row(FunctionRow { name: "log", .. }), 0) => arguments[0].ln(),
            (Meaning::Row(FunctionRow { name: "sqrt", .. }), 0) => arguments[0].sqrt(),
            (Meaning::Body(body), 0) => {
                run(body, arguments, &|callable, below| callable.wide(below))
            }
            _ => {
                let floats: Vec<f64> = arguments.iter().map(|it| it.narrow()).collect();
                Wide::constant(in_range(self.of_computed(&floats)))
            }
        }
    }

    /// The slope along argument `at`.
    pub(crate) fn partial(&self, arguments: &[f64], at: usize) -> f64 {
        match (&*self.meaning, self.primes) {
            (Meaning::Row(row), 0) => (row.dual)(&seeded(arguments, at)).slope,
            (Meaning::Body(body), 0) => run_dual(body, &seeded(arguments, at)).slope,
            (_, primes) if at == 0 => self.derivative(primes + 1, arguments),
            _ => 0.0,
        }
    }

    /// The value with its slope.
    fn dual(&self, arguments: &[Dual]) -> Dual {
        match (&*self.meaning, self.primes) {
            (Meaning::Row(row), 0) => (row.dual)(arguments),
            (Meaning::Body(body), 0) => run_dual(body, arguments),
            (_, primes) => {
                let values: Vec<f64> = arguments.iter().map(|dual| dual.value).collect();
                let value = self.derivative(primes, &values);
                arguments[0]
                    .smooth(arguments[0].value, 1.0)
                    .smooth(value, self.derivative(primes + 1, &values))
            }
        }
    }

    /// The derivative of this order by the first argument.
    fn derivative(&self, order: u8, arguments: &[f64]) -> f64 {
        match (&*self.meaning, order) {
            (Meaning::Unspecified(family), _) => {
                family.derivative(order, arguments.first().copied().unwrap_or(f64::NAN))
            }
            (Meaning::Row(row), 0) => (row.real)(arguments),
            (Meaning::Body(body), 0) => run_real(body, arguments),
            (Meaning::Row(row), 1) => (row.dual)(&seeded(arguments, 0)).slope,
            (Meaning::Body(body), 1) => run_dual(body, &seeded(arguments, 0)).slope,
            _ => self.difference(order, arguments),
        }
    }

    /// Five-point central difference of the derivative one order below; its error is about 1e-12 on smooth functions.
    fn difference(&self, order: u8, arguments: &[f64]) -> f64 {
        const STEP: f64 = 2e-3;
        let at = |steps: f64| {
            let mut moved = arguments.to_vec();
            moved[0] += steps * STEP;
            self.derivative(order - 1, &moved)
        };
        (at(-2.0) - 8.0 * at(-1.0) + 8.0 * at(1.0) - at(2.0)) / (12.0 * STEP)
    }

    /// Whether these arguments are at a point where the function has no derivative, and the two sides disagree.
    pub(crate) fn is_tie(&self, arguments: &[f64]) -> bool {
        match &*self.meaning {
            Meaning::Row(row) if row.kink.is_some() => match arguments {
                [x, y] if matches!(row.name, "max" | "min") => x == y,
                [x, ..] => *x == 0.0,
                [] => false,
            },
            _ => false,
        }
    }
}

/// Duals of the arguments in the direction of argument `at`.
fn seeded(arguments: &[f64], at: usize) -> Vec<Dual> {
    let slope = |k: usize| if k == at { 1.0 } else { 0.0 };
    let dual = |(k, &value): (usize, &f64)| Dual {
        value,
        slope: slope(k),
    };
    arguments.iter().enumerate().map(dual).collect()
}

fn run_real(body: &[Scalar], arguments: &[f64]) -> f64 {
    run(body, arguments, &|callable, below| callable.real(below))
}

fn run_dual(body: &[Scalar], arguments: &[Dual]) -> Dual {
    run(body, arguments, &|callable, below| callable.dual(below))
}

/// Evaluates a body; the value of its last node is the result.
fn run<R: Real>(body: &[Scalar], arguments: &[R], apply: &dyn Fn(&Callable, &[R]) -> R) -> R {
    let undefined = R::constant(f64::NAN);
    let mut values: Vec<R> = Vec::with_capacity(body.len());
    for scalar in body {
        let value = match scalar {
            Scalar::Parameter(at) => arguments.get(*at).copied().unwrap_or(undefined),
            Scalar::Number(value) => R::constant(*value),
            Scalar::Same(below) => values[below[0]],
            Scalar::Apply(callable, below) => {
                let below: Vec<R> = below.iter().map(|&at| values[at]).collect();
                apply(callable, &below)
            }
        };
        values.push(value);
    }
    values.last().copied().unwrap_or(undefined)
}

/// The values of trailing arguments that a table function may leave out.
pub(crate) fn with_defaults(function: &Function, mut arguments: Vec<f64>) -> Vec<f64> {
    if let Some(row) = function::row(function.name.as_str()) {
        let missing = row.arity.saturating_sub(arguments.len());
        let first = row.defaults.len().saturating_sub(missing);
        let parsed = row.defaults[first..]
            .iter()
            .filter_map(|text| text.parse().ok());
        arguments.extend::<Vec<f64>>(parsed.collect());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::{FunctionDefinition, Shape};

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() < tolerance, "{a} {b}");
    }

    fn primed(name: &str, primes: u8) -> Callable {
        Functions::default().callable(&Function {
            name: Name::new(name),
            primes,
        })
    }

    #[test]
    fn derivatives_of_table_functions_are_slopes() {
        close(primed("tanh", 0).real(&[0.0]), 0.0, 1e-15);
        close(primed("exp", 1).real(&[1.0]), core::f64::consts::E, 1e-15);
        close(primed("sin", 2).real(&[0.7]), -Real::sin(0.7f64), 1e-11);
        close(primed("divide", 0).partial(&[3.0, 2.0], 1), -0.75, 1e-15);
    }

    #[test]
    fn what_leaves_the_floats_has_no_value() {
        let exp = primed("exp", 0);
        close(exp.in_range(&[-700.0]), (-700f64).exp(), 1e-300);
        for lost in [800.0, -740.0, -1000.0] {
            assert!(exp.in_range(&[lost]).is_nan(), "{lost}");
        }
        assert_eq!(exp.in_range(&[f64::NEG_INFINITY]), 0.0);
        assert_eq!(primed("relu", 0).in_range(&[-1000.0]), 0.0);
        assert!(primed("log", 0).in_range(&[0.0]).is_nan());
    }

    #[test]
    fn unspecified_functions_have_consistent_derivatives() {
        for order in 0..3 {
            let (low, high) = (
                primed("f", order).real(&[0.4999]),
                primed("f", order).real(&[0.5001]),
            );
            close(
                primed("f", order + 1).real(&[0.5]),
                (high - low) / 2e-4,
                1e-7,
            );
        }
        let other = primed("g", 0).real(&[0.5]);
        assert!((other - primed("f", 0).real(&[0.5])).abs() > 1e-3);
    }

    #[test]
    fn bodies_are_evaluated_node_by_node() {
        let mut network = Network::default();
        let scalar = Shape::scalar();
        let z = network
            .graph
            .add(Operation::Parameter(0), Vec::new(), scalar.clone());
        let apply = |name| Operation::Elementwise(Function::named(name));
        let squashed = network.graph.add(apply("sigmoid"), vec![z], scalar.clone());
        let body = network
            .graph
            .add(apply("multiply"), vec![z, squashed], scalar);
        network.functions.push(FunctionDefinition {
            name: Name::new("swish"),
            parameters: vec![Name::new("z")],
            body: Some(body),
        });
        let functions = Functions::new(&network, &Sizes::default(), 0);
        let swish = functions.callable(&Function::named("swish"));
        close(swish.real(&[0.8]), primed("silu", 0).real(&[0.8]), 1e-15);
        close(
            swish.partial(&[0.8], 0),
            primed("silu", 1).real(&[0.8]),
            1e-15,
        );
    }

    #[test]
    fn ties_are_seen() {
        assert!(primed("relu", 0).is_tie(&[0.0]) && !primed("relu", 0).is_tie(&[0.1]));
        assert!(primed("max", 0).is_tie(&[2.0, 2.0]) && !primed("max", 0).is_tie(&[0.0, 2.0]));
        assert!(!primed("tanh", 0).is_tie(&[0.0]));
        // The second argument of a leaky relu is a slope: its kink is at zero.
        assert!(primed("leaky_relu", 0).is_tie(&[0.0, 0.1]));
        assert!(!primed("leaky_relu", 0).is_tie(&[0.1, 0.1]));
    }

    #[test]
    fn defaults_fill_in_for_missing_arguments() {
        let leaky = Function::named("leaky_relu");
        assert_eq!(with_defaults(&leaky, vec![1.0]), [1.0, 0.01]);
        assert_eq!(with_defaults(&leaky, vec![1.0, 0.2]), [1.0, 0.2]);
    }
}
