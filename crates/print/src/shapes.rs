//! The last look before anything is printed: every closed form conforms, and stands for an array of its own shape.

use crate::PrintError;
use derive_graph::{Name, Shape};
use derive_index::Term;
use derive_index::derivation::{Derivation, Statement, Step};

/// Checks every closed form of a derivation.
///
/// # Errors
/// The first term that does not conform or whose shape is not that of what it stands for.
pub fn check_derivation(derivation: &Derivation) -> Result<(), PrintError> {
    for step in derivation.forward.iter().chain([&derivation.loss]) {
        if let Some(matrix) = &step.matrix {
            check_shape(&step.name, &step.shape, matrix)?;
        }
    }
    derivation.statements.iter().try_for_each(check_statement)?;
    let savings = derivation.savings.iter();
    let mut lines = savings.flat_map(|it| it.forward.iter().chain(&it.backward));
    lines.try_for_each(|line| {
        let after = line.steps.iter().map(|step| &step.after);
        let mut all = after.chain([&line.result]);
        all.try_for_each(|term| check_shape(&line.name, &line.shape, term))
    })
}

fn check_statement(statement: &Statement) -> Result<(), PrintError> {
    let name = statement.variable.cotangent();
    let parts = statement.contributions.iter().map(|part| &part.result);
    let mut results = std::iter::once(&statement.result)
        .chain(&statement.in_full)
        .chain(parts);
    check_steps(&name, statement)?;
    results.try_for_each(|term| {
        // Zero needs no shape of its own where the loss does not depend on the variable at all.
        if statement.chain.is_empty() && term.is_zero() {
            return Ok(());
        }
        check_shape(&name, &statement.shape, term)
    })
}

/// Every line of the steps has the shape of the first: in whatever names, so no step is made for it.
fn check_steps(name: &Name, statement: &Statement) -> Result<(), PrintError> {
    let pattern = statement.steps.pattern();
    let first = pattern.first().and_then(|step| step.before.shape());
    let other = |step: &&Step| step.after.shape().is_none() || step.after.shape() != first;
    match pattern.iter().position(|step| other(&step)) {
        Some(at) => check_shape(name, &statement.shape, &statement.steps[at].after),
        None => Ok(()),
    }
}

/// A scalar that stands for a whole array is repeated, which only the forward pass may say.
fn check_shape(name: &Name, expected: &Shape, term: &Term) -> Result<(), PrintError> {
    let found = term.shape();
    let repeated = found.is_some_and(Shape::is_scalar) && name.of_cotangent().is_none();
    if found == Some(expected) || repeated {
        return Ok(());
    }
    Err(PrintError::Shape {
        name: name.clone(),
        expected: expected.clone(),
        found: found.cloned(),
    })
}
