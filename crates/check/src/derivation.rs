//! A whole derivation, against the network that it is about.
//!
//! In: the derivation. At every random point its results are evaluated in order, each cotangent becoming an array for the
//! results after it; then they are compared with the loss's slopes ([`crate::reference`]), forms written out in full with
//! the short ones, and the printed equations of the forward pass with the network's own values. Out: a verdict whose step
//! counts are left to [`crate::check_statement`].

use crate::array::{Array, brief, compare};
use crate::reference::{Asserted, Reference};
use crate::steps::FLOOR;
use crate::{Config, Environment, Point, Reason, TOLERANCE};
use derive_graph::Name;
use derive_index::derivation::{Derivation, Forward, Statement, StatementKind, Verdict};
use derive_index::{Term, build};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Checks every cotangent and gradient of a derivation at `config.draws` random points.
///
/// The verdict's `errors` has one entry a statement, the largest relative error over all points. A network without a
/// finite point is a failure in words.
pub fn check_derivation(derivation: &Derivation, config: &Config) -> Verdict {
    let statements = &derivation.statements;
    let mut report = Report {
        derivation,
        errors: vec![0.0; statements.len()],
        failures: Vec::new(),
        unchecked: Vec::new(),
        failed: FxHashSet::default(),
    };
    report.check_complete();
    for draw in 0..config.draws {
        match Point::draw(&derivation.network, config.seed, draw as u64) {
            Ok(point) => report.check_point(&point, config.seed.wrapping_add(draw as u64)),
            Err(reason) => {
                report.failures.push(reason);
                break;
            }
        }
        // It is not going to be smaller at the next point.
        if !report.unchecked.is_empty() {
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

/// Evaluates the statements' results in order and adds each under its cotangent's name. Those that cannot be evaluated
/// are returned with the reason; after one that is too large no other is tried.
pub(crate) fn add_cotangents<'a>(
    statements: &'a [Statement],
    environment: &mut Environment,
) -> Vec<(&'a Statement, Reason)> {
    let mut failures = Vec::new();
    for statement in statements {
        match environment.evaluate(&statement.result, &[]) {
            Ok(array) => environment.insert(statement.variable.cotangent(), array),
            Err(reason) => {
                let last = reason == Reason::TooLarge;
                failures.push((statement, reason));
                if last {
                    break;
                }
            }
        }
    }
    failures
}

struct Report<'a> {
    derivation: &'a Derivation,
    errors: Vec<f64>,
    failures: Vec<String>,
    unchecked: Vec<String>,
    /// What has a failure already, so that each is reported once.
    failed: FxHashSet<Name>,
}

impl Report<'_> {
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

    fn check_point(&mut self, point: &Point, seed: u64) {
        let derivation = self.derivation;
        let mut environment = point.environment();
        for forward in derivation.forward.iter().chain([&derivation.loss]) {
            self.check_forward(forward, point, &mut environment);
        }
        for (statement, reason) in add_cotangents(&derivation.statements, &mut environment) {
            let variable = &statement.variable;
            self.fail_evaluation(&variable.cotangent(), &self.derivative(variable), &reason);
        }
        if !self.unchecked.is_empty() {
            return;
        }
        let mut asserted = Vec::new();
        let mut places = Vec::new();
        for (place, statement) in derivation.statements.iter().enumerate() {
            if let Some(value) = self.value(statement, point, &environment) {
                let (variable, shape) = (&statement.variable, &statement.shape);
                asserted.push(Asserted {
                    variable,
                    shape,
                    value,
                });
                places.push(place);
            }
        }
        let mut reference = Reference::new(point, &asserted, seed);
        for (place, outcome) in places.iter().zip(reference.compare_all()) {
            self.errors[*place] = self.errors[*place].max(outcome.error);
            if let Some(what) = outcome.failure {
                self.fail_statement(&derivation.statements[*place].variable, &what);
            }
        }
        for (at, place) in places.iter().enumerate() {
            let statement = &derivation.statements[*place];
            let dilated = statement.dilated.as_ref().map(|it| &it.whole);
            for term in statement.in_full.iter().chain(dilated) {
                let same = agrees_in_full(term, &asserted[at].value, &mut environment, |a, b| {
                    reference.difference(at, a, b).error
                });
                let variable = &statement.variable;
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

    fn check_forward(&mut self, forward: &Forward, point: &Point, environment: &mut Environment) {
        let Some(expected) = point.arrays.get(&forward.name) else {
            return;
        };
        let entry = build::comprehension(&forward.indices, forward.entry.clone());
        for (what, term) in [
            ("equation", Some(&entry)),
            ("matrix form", forward.matrix.as_ref()),
        ] {
            let Some(term) = term else { continue };
            let name = &forward.name;
            let what = format!("the {what} of {name}");
            match environment.evaluate(term, &[]) {
                Err(reason) => self.fail_evaluation(name, &what, &reason),
                Ok(value) => {
                    if let Some(difference) = disagreement(&value, expected) {
                        let how = format!("{what} differs from its definition: {difference}");
                        self.fail(name, how);
                    }
                }
            }
        }
    }
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

/// Whether a form written out in full has the value of the short one.
fn agrees_in_full(
    term: &Term,
    short: &Array,
    environment: &mut Environment,
    mut error: impl FnMut(&[f64], &[f64]) -> f64,
) -> Result<bool, Reason> {
    let full = environment.evaluate(term, &[])?;
    Ok(full.dims == short.dims && error(&full.data, &short.data) <= TOLERANCE)
}
