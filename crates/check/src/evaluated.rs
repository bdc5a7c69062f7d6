//! What a derivation prints, evaluated at a point: the equations of the forward pass, and the statements' results in order, each
//! cotangent becoming an array for the results after it.

use crate::rounding::Around;
use crate::{Array, Environment, Point, Reason};
use derive_graph::Name;
use derive_index::derivation::{Derivation, Statement};
use derive_index::{Term, build};
use std::rc::Rc;

/// What is printed of the forward pass: an equation, or its matrix form.
pub(crate) struct Equation<'a> {
    pub(crate) name: &'a Name,
    pub(crate) what: &'static str,
    pub(crate) term: Term,
}

/// The equations of the forward pass and of the loss, in order.
pub(crate) fn equations(derivation: &Derivation) -> impl Iterator<Item = Equation<'_>> {
    let all = derivation.forward.iter().chain([&derivation.loss]);
    all.flat_map(|forward| {
        let entry = build::comprehension(&forward.indices, forward.entry.clone());
        let matrix = forward.matrix.clone().map(|term| ("matrix form", term));
        let both = std::iter::once(("equation", entry)).chain(matrix);
        both.map(|(what, term)| Equation {
            name: &forward.name,
            what,
            term,
        })
    })
}

/// What a derivation prints, evaluated at a point.
pub(crate) struct Evaluated {
    pub(crate) point: Point,
    pub(crate) environment: Environment,
    /// The values of [`equations`].
    pub(crate) forward: Vec<Result<Rc<Array>, Reason>>,
    /// The statements that have no value.
    pub(crate) unevaluated: Vec<(usize, Reason)>,
    pub(crate) around: Around,
}

impl Evaluated {
    pub(crate) fn new(derivation: &Derivation, point: Point, around: Around) -> Evaluated {
        let mut environment = point.environment().widened(around.wide);
        let forward = equations(derivation)
            .map(|equation| environment.evaluate(&equation.term, &[]))
            .collect();
        let unevaluated = add_cotangents(&derivation.statements, &mut environment);
        Evaluated {
            point,
            environment,
            forward,
            unevaluated,
            around,
        }
    }

    /// Whether everything that has a value has a finite one.
    pub(crate) fn is_finite(&self, derivation: &Derivation) -> bool {
        let finite = |array: Option<&Rc<Array>>| array.is_none_or(|array| array.is_finite());
        let cotangent = |it: &Statement| self.environment.array(&it.variable.cotangent());
        self.forward.iter().all(|value| finite(value.as_ref().ok()))
            && derivation.statements.iter().all(|it| finite(cotangent(it)))
    }
}

/// Evaluates the statements' results in order and adds each under its cotangent's name. Those that cannot be evaluated
/// are returned by number with the reason; after one that is too large no other is tried.
pub(crate) fn add_cotangents<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    environment: &mut Environment,
) -> Vec<(usize, Reason)> {
    let mut failures = Vec::new();
    for (at, statement) in statements.into_iter().enumerate() {
        match environment.evaluate(&statement.result, &[]) {
            Ok(array) => environment.insert(statement.variable.cotangent(), array),
            Err(reason) => {
                let last = reason == Reason::TooLarge;
                failures.push((at, reason));
                if last {
                    break;
                }
            }
        }
    }
    failures
}
