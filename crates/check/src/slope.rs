//! Forward-mode duals with several slopes at once: directional derivatives of the loss.
//!
//! Every entry carries a block of slopes, one a direction. A function's slope is that of a dual of its forward meaning, a
//! contraction's follows the product rule of duals, softmax's those of the exponential, the sum and the quotient. Nothing
//! runs backwards, so nothing here can share a mistake with the chain-rule pass. Source: Clifford 1871; Griewank and
//! Walther, Evaluating Derivatives, 2008, chapter 3.

use crate::array::lines;
use crate::forward::{Instruction, Plan, map_entries};
use crate::whole::{add_matrix_bounds, add_matrix_slopes};
use derive_graph::Name;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A plan at a point where its values are known.
#[derive(Debug)]
pub struct Slopes<'a> {
    plan: &'a Plan,
    values: &'a [Vec<f64>],
    /// Absolute values and slopes of functions, made when first needed.
    partials: FxHashMap<(usize, usize), Vec<f64>>,
}

/// Directions in which arrays move: for each symbol's place a block of `width` slopes an entry.
#[derive(Clone, Debug, Default)]
pub struct Directions {
    /// How many directions there are.
    pub width: usize,
    seeds: FxHashMap<usize, Vec<f64>>,
}

impl Directions {
    /// No movement yet.
    pub fn new(width: usize) -> Directions {
        Directions {
            width,
            seeds: FxHashMap::default(),
        }
    }

    /// Moves the symbol at `place` along `direction` in the column `column`.
    pub(crate) fn move_symbol(&mut self, place: usize, column: usize, direction: &[f64]) {
        let width = self.width;
        let block = self
            .seeds
            .entry(place)
            .or_insert_with(|| vec![0.0; direction.len() * width]);
        for (entry, slope) in direction.iter().enumerate() {
            block[entry * width + column] = *slope;
        }
    }
}

impl<'a> Slopes<'a> {
    /// At the point with these values, as [`Plan::run`] gives them.
    pub fn new(plan: &'a Plan, values: &'a [Vec<f64>]) -> Slopes<'a> {
        Slopes {
            plan,
            values,
            partials: FxHashMap::default(),
        }
    }

    /// The slopes of the scalar at `loss`, one a direction.
    pub(crate) fn of_loss(&mut self, loss: usize, directions: &Directions) -> Vec<f64> {
        let slopes = self.propagate(loss, directions, false, &mut |_, _| true);
        if slopes.is_empty() {
            vec![0.0; directions.width * self.values[loss].len()]
        } else {
            slopes
        }
    }

    /// Bounds on what rounding is relative to: the sum over the quantities U that use what moves of |∂U| |∂L/∂U|, where
    /// `weights` are the ∂L/∂U known by the place of U. No sign cancels, so the bound does not vanish where a derivative
    /// does; and only one quantity is passed, so it does not grow with depth.
    pub(crate) fn bound(
        &mut self,
        loss: usize,
        directions: &Directions,
        weights: &FxHashMap<usize, Cow<[f64]>>,
    ) -> Vec<f64> {
        let width = directions.width;
        let mut total = vec![0.0; width];
        let mut add = |block: &[f64], weight: &[f64]| {
            for (entry, weight) in block.chunks_exact(width).zip(weight.iter()) {
                for (sum, slope) in total.iter_mut().zip(entry) {
                    *sum += slope * weight.abs();
                }
            }
        };
        let slopes = self.propagate(loss, directions, true, &mut |place, definition| {
            let weight = weights.get(&place);
            weight.iter().for_each(|weight| add(definition, weight));
            weight.is_none()
        });
        add(&slopes, &[1.0]);
        total
    }

    /// The same for every entry of an array at `loss`, through everything that uses what moves: for what is differentiated is no scalar, so
    /// that no derivative of it is known.
    pub(crate) fn bounds_of_array(&mut self, loss: usize, directions: &Directions) -> Vec<f64> {
        self.propagate(loss, directions, true, &mut |_, _| true)
    }

    /// Slopes of the node at `loss`; an empty block is zero. `passes` is asked of every symbol that has a definition, with the slopes of
    /// that, whether it hands them on. With `absolute` set, every value and slope counts with its absolute value. Slopes are kept as
    /// long as a node needs them.
    fn propagate(
        &mut self,
        loss: usize,
        directions: &Directions,
        absolute: bool,
        passes: &mut dyn FnMut(usize, &[f64]) -> bool,
    ) -> Vec<f64> {
        let plan = self.plan;
        let first = directions.seeds.keys().min().copied();
        let first = first.unwrap_or(plan.instructions.len());
        let last = last_uses(plan, loss);
        let mut slopes: Vec<Vec<f64>> = vec![Vec::new(); plan.instructions.len()];
        for at in first..plan.instructions.len() {
            let instruction = &plan.instructions[at];
            let block = match instruction {
                Instruction::Defined(definition) if !passes(at, &slopes[*definition]) => Vec::new(),
                Instruction::Defined(definition) => slopes[*definition].clone(),
                _ => self.step(at, instruction, &slopes, directions.width, absolute),
            };
            slopes[at] = match directions.seeds.get(&at) {
                Some(seed) => add_seed(block, seed, absolute),
                None => block,
            };
            for &argument in arguments(instruction) {
                if last[argument] == at {
                    slopes[argument] = Vec::new();
                }
            }
        }
        std::mem::take(&mut slopes[loss])
    }

    fn step(
        &mut self,
        at: usize,
        instruction: &Instruction,
        slopes: &[Vec<f64>],
        width: usize,
        absolute: bool,
    ) -> Vec<f64> {
        let arguments = arguments(instruction);
        if arguments
            .iter()
            .all(|&argument| slopes[argument].is_empty())
        {
            return Vec::new();
        }
        let mut block = vec![0.0; self.values[at].len() * width];
        for (operand, &argument) in arguments.iter().enumerate() {
            if slopes[argument].is_empty() {
                continue;
            }
            let moving = &slopes[argument];
            match instruction {
                Instruction::Elementwise(..) => {
                    let values = &self.values[at];
                    let mut partials = Cow::Borrowed(self.partials(at, operand));
                    if absolute && arguments.len() == 1 {
                        partials = Cow::Owned(saturated(&partials, values));
                    }
                    add_scaled(&partials, moving, width, absolute, &mut block);
                }
                Instruction::Contract(contraction, _) => {
                    let whole: Vec<Vec<f64>>;
                    let operands: Vec<&[f64]> = if absolute {
                        whole = arguments
                            .iter()
                            .map(|&at| magnitudes(&self.values[at]))
                            .collect();
                        whole.iter().map(Vec::as_slice).collect()
                    } else {
                        arguments
                            .iter()
                            .map(|&at| self.values[at].as_slice())
                            .collect()
                    };
                    contraction.add(&operands, (operand, moving), width, &mut block);
                }
                Instruction::Softmax { axis, log, .. } => {
                    let dims = &self.plan.dims[at];
                    let signs = if absolute { 1.0 } else { -1.0 };
                    let shape = (dims.as_slice(), *axis, *log, signs);
                    add_softmax(&self.values[at], shape, moving, width, &mut block);
                }
                Instruction::Gather { places, .. } => {
                    for (to, place) in block.chunks_exact_mut(width).zip(places) {
                        if let Some(from) = place {
                            to.copy_from_slice(&moving[from * width..][..width]);
                        }
                    }
                }
                Instruction::Concat(_, places) => {
                    for (to, (_, from)) in block
                        .chunks_exact_mut(width)
                        .zip(places)
                        .filter(|(_, (part, _))| *part == operand)
                    {
                        to.copy_from_slice(&moving[from * width..][..width]);
                    }
                }
                Instruction::Reshape(_) => block.copy_from_slice(moving),
                Instruction::Extremum { groups, .. } => {
                    add_extremum(
                        &self.values[at],
                        &self.values[argument],
                        groups,
                        moving,
                        width,
                        &mut block,
                    );
                }
                Instruction::LogSumExp { groups, .. } => {
                    let both = (self.values[at].as_slice(), self.values[argument].as_slice());
                    add_log_sum_exp(both, groups, moving, width, &mut block);
                }
                Instruction::MatrixFunction(name, _) if absolute => {
                    add_matrix_bounds(name, &self.values[argument], moving, width, &mut block);
                }
                Instruction::MatrixFunction(name, _) => {
                    add_matrix_slopes(name, &self.values[argument], moving, width, &mut block);
                }
                _ => {}
            }
        }
        block
    }

    /// The slope of the function at `at` along one operand, entry by entry.
    fn partials(&mut self, at: usize, operand: usize) -> &[f64] {
        let (plan, values) = (self.plan, self.values);
        self.partials
            .entry((at, operand))
            .or_insert_with(|| match &plan.instructions[at] {
                Instruction::Elementwise(callable, arguments) => {
                    map_entries(values[at].len(), arguments, values, |below| {
                        callable.partial(below, operand)
                    })
                }
                _ => Vec::new(),
            })
    }
}

/// The places of what a node is made of.
fn arguments(instruction: &Instruction) -> &[usize] {
    match instruction {
        Instruction::Elementwise(_, arguments)
        | Instruction::Contract(_, arguments)
        | Instruction::Concat(arguments, _) => arguments,
        Instruction::Defined(argument)
        | Instruction::Softmax { argument, .. }
        | Instruction::Gather { argument, .. }
        | Instruction::Reshape(argument)
        | Instruction::Extremum { argument, .. }
        | Instruction::LogSumExp { argument, .. }
        | Instruction::MatrixFunction(_, argument) => std::slice::from_ref(argument),
        Instruction::Given(_) | Instruction::Number(_) | Instruction::Constant(_) => &[],
    }
}

/// For every node the last one that is made of it; none for the node at `kept`.
fn last_uses(plan: &Plan, kept: usize) -> Vec<usize> {
    let mut last = vec![usize::MAX; plan.instructions.len()];
    for (at, instruction) in plan.instructions.iter().enumerate() {
        for &argument in arguments(instruction) {
            last[argument] = at;
        }
    }
    last[kept] = usize::MAX;
    last
}

/// Where a function levels off its derivative is what remains of its value (1 − tanh²), so that the rounding of the value counts.
fn saturated(partials: &[f64], values: &[f64]) -> Vec<f64> {
    let pairs = partials.iter().zip(values);
    let bound = |(partial, value): (&f64, &f64)| partial.abs().max(value.abs().min(1.0));
    pairs.map(bound).collect()
}

fn magnitudes(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.abs()).collect()
}

fn add_seed(mut block: Vec<f64>, seed: &[f64], absolute: bool) -> Vec<f64> {
    block.resize(seed.len(), 0.0);
    for (slope, seed) in block.iter_mut().zip(seed) {
        *slope += if absolute { seed.abs() } else { *seed };
    }
    block
}

/// The slope of a largest entry is that of the entry that is largest; equal ones share it equally.
fn add_extremum(
    extremes: &[f64],
    values: &[f64],
    groups: &[Vec<usize>],
    slopes: &[f64],
    width: usize,
    block: &mut [f64],
) {
    for ((group, extreme), to) in groups
        .iter()
        .zip(extremes)
        .zip(block.chunks_exact_mut(width))
    {
        let equal: Vec<usize> = group
            .iter()
            .copied()
            .filter(|&at| values[at] == *extreme)
            .collect();
        for at in &equal {
            for (sum, slope) in to.iter_mut().zip(&slopes[at * width..][..width]) {
                *sum += slope / equal.len() as f64;
            }
        }
    }
}

/// The logarithm of Σ e^x moves by Σ e^x ẋ / Σ e^x; the parts of the sum are not negative, so that bounds are no different.
fn add_log_sum_exp(
    (totals, values): (&[f64], &[f64]),
    groups: &[Vec<usize>],
    slopes: &[f64],
    width: usize,
    block: &mut [f64],
) {
    use derive_graph::numeric::Real;
    let results = groups.iter().zip(totals).zip(block.chunks_exact_mut(width));
    for ((group, total), to) in results {
        for &at in group {
            let share = Real::exp(values[at] - total);
            for (sum, slope) in to.iter_mut().zip(&slopes[at * width..][..width]) {
                *sum += share * slope;
            }
        }
    }
}

/// Adds `partial × slope`, entry by entry. A slope of zero stays zero even where the partial is infinite, as in duals.
fn add_scaled(partials: &[f64], slopes: &[f64], width: usize, absolute: bool, block: &mut [f64]) {
    for (at, partial) in partials.iter().enumerate() {
        let partial = if absolute { partial.abs() } else { *partial };
        let place = at * width..(at + 1) * width;
        for (sum, slope) in block[place.clone()].iter_mut().zip(&slopes[place]) {
            if *slope != 0.0 {
                *sum += partial * slope;
            }
        }
    }
}

/// Slopes of s = e^x / Σe^x, or of its logarithm: with p the softmax, the sum moves by Σ pẋ relative to its size, so
/// ṡ = p(ẋ − Σ pẋ) and the logarithm moves by ẋ − Σ pẋ. `sign` is −1, or 1 for bounds.
fn add_softmax(
    values: &[f64],
    (dims, axis, log, sign): (&[usize], usize, bool, f64),
    slopes: &[f64],
    width: usize,
    block: &mut [f64],
) {
    use derive_graph::numeric::Real;
    let share = |at: usize| {
        if log {
            Real::exp(values[at])
        } else {
            values[at]
        }
    };
    lines(dims, axis, |first, stride, length| {
        let mut total = vec![0.0; width];
        for step in 0..length {
            let at = first + step * stride;
            for (sum, slope) in total.iter_mut().zip(&slopes[at * width..][..width]) {
                *sum += share(at) * slope;
            }
        }
        for step in 0..length {
            let at = first + step * stride;
            let factor = if log { 1.0 } else { values[at] };
            for column in 0..width {
                let slope = slopes[at * width + column];
                block[at * width + column] += factor * (slope + sign * total[column]);
            }
        }
    });
}

/// The derivative of the scalar at `loss` by every entry of the symbol `name`, one direction an entry.
pub(crate) fn entrywise(
    slopes: &mut Slopes<'_>,
    loss: usize,
    name: &Name,
    entries: usize,
) -> Vec<f64> {
    match slopes.plan.symbols.get(name) {
        Some(&place) => slopes.of_loss(loss, &unit_directions(place, entries)),
        None => vec![0.0; entries * slopes.values[loss].len()],
    }
}

/// Every entry of the symbol at `place` moves in a direction of its own.
pub(crate) fn unit_directions(place: usize, entries: usize) -> Directions {
    let all: Vec<usize> = (0..entries).collect();
    directions_of(place, entries, &all)
}

/// Each of these of the entries of the symbol at `place` moves in a direction of its own.
pub(crate) fn directions_of(place: usize, entries: usize, moved: &[usize]) -> Directions {
    let width = moved.len();
    let mut seeds = vec![0.0; entries * width];
    for (column, entry) in moved.iter().enumerate() {
        seeds[entry * width + column] = 1.0;
    }
    Directions {
        width,
        seeds: FxHashMap::from_iter([(place, seeds)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;
    use crate::support::{Builder, shape};
    use derive_graph::{Operation, Role};
    use std::rc::Rc;

    /// L = Σ (f(X W + b) / softplus(X W + b)) ⊙ log_softmax(softmax(X W + b), along columns)
    fn mixed() -> Builder {
        let mut builder = Builder::default();
        let x = builder.declare("X", Role::Input, &["N", "d"]);
        let w = builder.declare("W", Role::Param, &["d", "h"]);
        let b = builder.declare("b", Role::Param, &["h"]);
        let product = builder.matmul(x, w);
        let bias = builder.broadcast(b, &shape(&["N", "h"]));
        let sum = builder.apply("add", &[product, bias]);
        let z = builder.define("Z", sum);
        let (f, g) = (builder.apply("f", &[z]), builder.apply("softplus", &[z]));
        let quotient = builder.apply("divide", &[f, g]);
        let soft = builder.softmax(z, 1);
        let operation = Operation::Softmax { axis: 0, log: true };
        let log = builder
            .network
            .graph
            .add(operation, vec![soft], shape(&["N", "h"]));
        let both = builder.apply("multiply", &[quotient, log]);
        let loss = builder.sum(both);
        builder.loss(loss);
        builder
    }

    #[test]
    fn slopes_agree_with_differences_of_the_forward_pass() {
        const STEP: f64 = 1e-5;
        let network = mixed().network;
        let point = Point::draw(&network, 11, 0).expect("the loss is finite");
        for name in ["X", "W", "b"].map(Name::new) {
            let array = &point.arrays[&name];
            let mut slopes = Slopes::new(&point.plan, &point.values);
            let found = entrywise(&mut slopes, point.loss, &name, array.data.len());
            for (at, slope) in found.iter().enumerate() {
                let moved = |step: f64| {
                    let mut arrays = point.arrays.clone();
                    Rc::make_mut(arrays.get_mut(&name).expect("declared")).data[at] += step;
                    point.plan.run(&arrays).expect("same sizes")[point.loss][0]
                };
                let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                assert!(
                    (slope - difference).abs() < 1e-8,
                    "{name} {at}: {slope} {difference}"
                );
            }
        }
    }
}
