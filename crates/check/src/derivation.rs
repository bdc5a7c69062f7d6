//! A whole derivation, against the network that it is about.
//!
//! In: the derivation. At every random point its results are evaluated in order, each cotangent becoming an array for the
//! results after it; then they are compared with the loss's slopes ([`crate::reference`]), forms written out in full with
//! the short ones, and the printed equations of the forward pass with the network's own values. Out: a verdict whose step
//! counts are left to [`crate::check_statement`].

use crate::array::{Array, brief, compare, largest};
use crate::evaluated::{Equation, Evaluated, equations};
use crate::neighbours::{Neighbours, minus};
use crate::point::network_dims;
use crate::reference::{Asserted, Reference, duals_of};
use crate::rounding::{Around, PART_OF_TERMS};
use crate::sizes::{Dims, always_too_large};
use crate::slope::Slopes;
use crate::steps::FLOOR;
use crate::{Config, Environment, Point, Reason, TOLERANCE};
use derive_graph::{Name, NodeId};
use derive_index::Term;
use derive_index::derivation::{Derivation, Statement, StatementKind, Verdict};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// How often a point is made smaller where what is printed overflows.
const MOST_SHRUNK: u8 = 6;

/// Checks every cotangent and gradient of a derivation at `config.draws` random points.
///
/// The verdict's `errors` has one entry a statement, the largest relative error over all points. A network without a
/// finite point is a failure in words.
pub fn check_derivation(derivation: &Derivation, config: &Config) -> Verdict {
    let statements = &derivation.statements;
    let mut report = Report {
        derivation,
        dims: network_dims(&derivation.network),
        errors: vec![0.0; statements.len()],
        failures: Vec::new(),
        unchecked: Vec::new(),
        failed: FxHashSet::default(),
    };
    report.check_complete();
    report.unchecked.extend(too_large(derivation));
    for draw in 0..config.draws as u64 {
        // It is not going to be smaller at the next point.
        if !report.unchecked.is_empty() {
            break;
        }
        if let Err(reason) = report.check_draw(config.seed, draw) {
            report.failures.push(reason);
            break;
        }
    }
    let name = |(statement, error): (&Statement, f64)| (statement.variable.clone(), error);
    Verdict {
        draws: config.draws,
        seed: config.seed,
        errors: statements.iter().zip(report.errors).map(name).collect(),
        steps: 0,
        step_error: 0.0,
        failures: report.failures,
        unchecked: report.unchecked,
    }
}

/// The first array of a derivation that is too large for any point.
fn too_large(derivation: &Derivation) -> Option<String> {
    let graph = &derivation.network.graph;
    let forward = (0..graph.len()).map(|node| graph.shape(NodeId(node)));
    let backward = derivation.statements.iter().map(|it| &it.shape);
    forward.chain(backward).find_map(always_too_large)
}

struct Report<'a> {
    derivation: &'a Derivation,
    dims: Dims,
    errors: Vec<f64>,
    failures: Vec<String>,
    unchecked: Vec<String>,
    /// What has a failure already, so that each is reported once.
    failed: FxHashSet<Name>,
}

impl<'a> Report<'a> {
    fn fail(&mut self, about: &Name, sentence: String) {
        if self.failed.insert(about.clone()) {
            self.failures.push(sentence);
        }
    }

    /// Notes why something has no value: a failure, unless nothing is known of the value.
    fn fail_evaluation(&mut self, about: &Name, what: &str, reason: &Reason) {
        let sentence = format!("{what} cannot be evaluated: {reason}");
        match reason {
            Reason::TooLarge => self.unchecked.push(sentence),
            Reason::Because(_) => self.fail(about, sentence),
        }
    }

    fn fail_statement(&mut self, variable: &Name, what: &str) {
        let sentence = format!("{} {what}", self.derivative(variable));
        self.fail(&variable.cotangent(), sentence);
    }

    /// `∂L/∂V`, in brackets where either is a derivative itself.
    fn derivative(&self, variable: &Name) -> String {
        let bracketed = |name: &Name| match name.as_derivative() {
            Some(_) => format!("({})", name.spoken()),
            None => name.to_string(),
        };
        let loss = bracketed(&self.derivation.network.loss.name);
        format!("∂{loss}/∂{}", bracketed(variable))
    }

    /// Every gradient asked for is there, and every result has its variable's shape.
    fn check_complete(&mut self) {
        let derivation = self.derivation;
        for wanted in &derivation.network.wrt {
            let answers = |statement: &&Statement| {
                statement.kind == StatementKind::Gradient && statement.variable == *wanted
            };
            if derivation.statements.iter().find(answers).is_none() {
                self.fail_statement(wanted, "was asked for and is missing");
            }
        }
        for statement in &derivation.statements {
            let shape = statement.result.shape();
            if shape != Some(&statement.shape) {
                let found = shape.map_or("no shape".to_string(), |shape| format!("shape {shape}"));
                let what = format!("has {found} instead of {}", statement.shape);
                self.fail_statement(&statement.variable, &what);
            }
        }
    }

    /// Checks the point of this draw, and one nearer to zero where this one tells nothing: where something that is printed overflows (e^x / Σ e^x
    /// is printed of a softmax that the network computes without a large number), and where digits are lost. Where none of them tells, they
    /// are asked again in numbers that do not overflow.
    fn check_draw(&mut self, seed: u64, draw: u64) -> Result<(), String> {
        let mut weak: Option<Vec<usize>> = None;
        let all = [false, true].map(|wide| (0..=MOST_SHRUNK).map(move |shrunk| (wide, shrunk)));
        for (wide, shrunk) in all.into_iter().flatten() {
            let around = Around {
                shrunk,
                wide,
                ..Around::default()
            };
            let last = wide && shrunk == MOST_SHRUNK;
            let point = match Point::draw_around(
                &self.derivation.network,
                &self.dims,
                (seed, draw),
                around,
            ) {
                Err(_) if weak.is_some() => break,
                point => point?,
            };
            let evaluated = Evaluated::new(self.derivation, point, around);
            let has_to_tell = last && weak.is_none();
            if !has_to_tell && !evaluated.is_finite(self.derivation) {
                continue;
            }
            weak = match weak {
                None => self.check_point(evaluated, seed, draw, last),
                Some(weak) => Some(self.ask_again(evaluated, weak, seed, draw)),
            };
            // What says little in floats says no more in wide ones.
            let done = |weak: &Vec<usize>| weak.is_empty() || shrunk == MOST_SHRUNK;
            if weak.as_ref().is_some_and(done) {
                break;
            }
        }
        Ok(())
    }

    /// Compares statements for which a point before said little: where a softmax is saturated a derivative is zero, or rounding, and so is a
    /// wrong one. Returns those for which this point says as little.
    fn ask_again(
        &mut self,
        evaluated: Evaluated,
        mut weak: Vec<usize>,
        seed: u64,
        draw: u64,
    ) -> Vec<usize> {
        let derivation = self.derivation;
        let Evaluated {
            point,
            environment,
            around,
            ..
        } = evaluated;
        let mut neighbours = Neighbours::new(derivation, seed, draw, around);
        let (asserted, places) = self.asserted(&point, &environment);
        let mut reference = Reference::new(&point, &asserted, seed.wrapping_add(draw));
        weak.retain(|place| {
            let Some(at) = places.iter().position(|known| known == place) else {
                return false;
            };
            let outcome = reference.compare_alone(at);
            let Some(what) = outcome.failure else {
                return outcome.weak;
            };
            let rounding = rounding_of(&mut reference, at, &asserted[at], &mut neighbours);
            let lost = rounding.is_some() || reference.is_lost(at);
            if !lost {
                self.fail_statement(asserted[at].variable, &what);
            }
            lost
        });
        said_too_little(weak, &point)
    }

    /// What the statements say at a point, and their numbers.
    fn asserted(
        &mut self,
        point: &Point,
        environment: &Environment,
    ) -> (Vec<Asserted<'a>>, Vec<usize>) {
        let derivation = self.derivation;
        let mut asserted = Vec::new();
        let mut places = Vec::new();
        for (place, statement) in derivation.statements.iter().enumerate() {
            if let Some(value) = self.value(statement, point, environment) {
                let (variable, shape) = (&statement.variable, &statement.shape);
                asserted.push(Asserted {
                    variable,
                    shape,
                    value,
                });
                places.push(place);
            }
        }
        (asserted, places)
    }

    /// The numbers of the statements of which the point says little; nothing where it says nothing at all. If it is the `last`, it
    /// says what is right and what is wrong.
    fn check_point(
        &mut self,
        evaluated: Evaluated,
        seed: u64,
        draw: u64,
        last: bool,
    ) -> Option<Vec<usize>> {
        let derivation = self.derivation;
        let Evaluated {
            point,
            mut environment,
            forward,
            unevaluated,
            around,
        } = evaluated;
        let mut neighbours = Neighbours::new(derivation, seed, draw, around);
        for (equation, value) in equations(derivation).zip(forward) {
            self.check_forward(&equation, value, &point, &mut neighbours);
        }
        for (at, reason) in unevaluated {
            let variable = &derivation.statements[at].variable;
            self.fail_evaluation(&variable.cotangent(), &self.derivative(variable), &reason);
        }
        if !self.unchecked.is_empty() {
            return Some(Vec::new());
        }
        let mut weak = Vec::new();
        let (asserted, places) = self.asserted(&point, &environment);
        let mut reference = Reference::new(&point, &asserted, seed.wrapping_add(draw));
        for (at, outcome) in reference.compare_all().into_iter().enumerate() {
            let mut error = outcome.error;
            let mut says_little = outcome.weak;
            if let Some(what) = outcome.failure {
                match rounding_of(&mut reference, at, &asserted[at], &mut neighbours) {
                    Some(part) => (error, says_little) = (part, true),
                    None if reference.is_lost(at) && !last => return None,
                    // No point tells more: what is left of the digits agrees.
                    None if last && reference.is_lost(at) => says_little = true,
                    None => self.fail_statement(asserted[at].variable, &what),
                }
            }
            if says_little {
                weak.push(places[at]);
            }
            let known = &mut self.errors[places[at]];
            *known = known.max(error);
        }
        for (at, place) in places.iter().enumerate() {
            let statement = &derivation.statements[*place];
            let dilated = statement.dilated.as_ref().map(|it| &it.whole);
            for term in statement.in_full.iter().chain(dilated) {
                let short = &asserted[at].value;
                let variable = &statement.variable;
                let same = agrees_in_full(term, short, &mut environment, |full| {
                    let error = reference.difference(at, full, &short.data).error;
                    error <= TOLERANCE
                        || full_is_rounding(term, variable, [full, &short.data], &mut neighbours)
                });
                let what = format!("{} in full", self.derivative(variable));
                match same {
                    Ok(true) => {}
                    Ok(false) => {
                        self.fail_statement(variable, "in full differs from its short form")
                    }
                    Err(reason) => self.fail_evaluation(&variable.cotangent(), &what, &reason),
                }
            }
        }
        Some(said_too_little(weak, &point))
    }

    /// A statement's value, if it has the right size and is finite; the failure is recorded otherwise.
    fn value(
        &mut self,
        statement: &Statement,
        point: &Point,
        environment: &Environment,
    ) -> Option<Rc<Array>> {
        let value = environment.array(&statement.variable.cotangent())?;
        let dims = point.sizes.dims(&statement.shape);
        if dims.as_ref() != Ok(&value.dims) {
            self.fail_statement(&statement.variable, "does not have its variable's size");
            return None;
        }
        if !value.is_finite() {
            let sizes = point.sizes.describe(&statement.shape);
            let what = format!("is not finite where the loss is ({sizes})");
            self.fail_statement(&statement.variable, &what);
            return None;
        }
        Some(Rc::clone(value))
    }

    fn check_forward(
        &mut self,
        equation: &Equation<'_>,
        value: Result<Rc<Array>, Reason>,
        point: &Point,
        neighbours: &mut Neighbours<'_>,
    ) {
        let name = equation.name;
        let Some(expected) = point.arrays.get(name) else {
            return;
        };
        let what = format!("the {} of {name}", equation.what);
        let value = match value {
            Err(reason) => return self.fail_evaluation(name, &what, &reason),
            Ok(value) => value,
        };
        let Some(difference) = disagreement(&value, expected) else {
            return;
        };
        let elsewhere = |point: &Point, environment: &mut Environment| {
            let value = environment.evaluate(&equation.term, &[]).ok()?;
            minus(&value, &point.arrays.get(name)?.data)
        };
        let scale = largest(&value.data).max(largest(&expected.data));
        let small = |it: &Vec<f64>| largest(it) <= PART_OF_TERMS * scale.max(1.0);
        let rounding = minus(&value, &expected.data)
            .filter(small)
            .is_some_and(|it| {
                neighbours.call_it_rounding(it, TOLERANCE * scale.max(FLOOR), elsewhere)
            });
        if !rounding {
            self.fail(
                name,
                format!("{what} differs from its definition: {difference}"),
            );
        }
    }
}

/// The statements that are asked again, of those that a point says little of: none where nothing is saturated, so that what is zero is zero.
fn said_too_little(weak: Vec<usize>, point: &Point) -> Vec<usize> {
    match weak.is_empty() || !point.is_saturated() {
        true => Vec::new(),
        false => weak,
    }
}

/// How far an asserted derivative is from the duals relative to its terms, if that is rounding.
fn rounding_of(
    reference: &mut Reference<'_>,
    at: usize,
    asserted: &Asserted<'_>,
    neighbours: &mut Neighbours<'_>,
) -> Option<f64> {
    let (expected, part) = reference.beside_terms(at)?;
    let value = &asserted.value;
    let scale = largest(&value.data).max(largest(&expected));
    let (allowed, variable) = (TOLERANCE * scale, asserted.variable);
    let here = minus(value, &expected)?;
    // What differs by less is no question.
    let apart = here.iter().enumerate();
    let apart = apart.filter(|(_, difference)| difference.abs().total_cmp(&allowed).is_gt());
    let apart: Vec<usize> = apart.map(|(at, _)| at).collect();
    let elsewhere = |point: &Point, environment: &mut Environment| {
        let value = environment.array(&variable.cotangent())?;
        let mut slopes = Slopes::new(&point.plan, &point.values);
        let expected = duals_of(point, &mut slopes, variable, value.data.len(), &apart);
        let pairs = apart.iter().zip(expected);
        Some(pairs.map(|(at, dual)| value.data[*at] - dual).collect())
    };
    let here: Vec<f64> = apart.iter().map(|at| here[*at]).collect();
    let rounding = part <= PART_OF_TERMS && neighbours.call_it_rounding(here, allowed, elsewhere);
    rounding.then_some(part)
}

/// Whether a form written out in full differs from the short one by rounding.
fn full_is_rounding(
    term: &Term,
    variable: &Name,
    [full, short]: [&[f64]; 2],
    neighbours: &mut Neighbours<'_>,
) -> bool {
    let difference: Vec<f64> = full.iter().zip(short).map(|(x, y)| x - y).collect();
    let elsewhere = |_: &Point, environment: &mut Environment| {
        let value = environment.evaluate(term, &[]).ok()?;
        minus(&value, &environment.array(&variable.cotangent())?.data)
    };
    let scale = largest(full).max(largest(short));
    largest(&difference) <= PART_OF_TERMS * scale.max(1.0)
        && neighbours.call_it_rounding(difference, TOLERANCE * scale, elsewhere)
}

/// Where a value is not what it should be, in words.
fn disagreement(value: &Array, expected: &Array) -> Option<String> {
    if value.data.len() != expected.data.len() {
        return Some(format!(
            "sizes {:?} instead of {:?}",
            value.dims, expected.dims
        ));
    }
    let difference = compare(&value.data, &expected.data, FLOOR);
    let at = difference.at;
    (difference.error > TOLERANCE).then(|| {
        let (found, wanted) = (brief(value.data[at]), brief(expected.data[at]));
        format!("entry {} is {found}, expected {wanted}", expected.place(at))
    })
}

/// Whether a form written out in full has the value of the short one, as `same` has it.
fn agrees_in_full(
    term: &Term,
    short: &Array,
    environment: &mut Environment,
    same: impl FnOnce(&[f64]) -> bool,
) -> Result<bool, Reason> {
    let full = environment.evaluate(term, &[])?;
    Ok(full.dims == short.dims && same(&full.data))
}
