//! An emitted program with values to run it on and what must come out, as a line of JSON for a program of its own to read.

use super::whole::Question;
use derive_check::{Array, Point};
use derive_engine::Outcome;
use derive_index::derivation::StatementKind;
use serde_json::{Map, Value, json};

/// The first point of the check, where the derivatives were compared with duals of the loss.
const CHECKED: (u64, u64) = (0, 0);

/// `None` where the spec has a function that nothing is known of: the program would have to be given one.
pub fn record(question: &Question, outcome: &Outcome, program: &str) -> Option<String> {
    let derivation = &outcome.derivation;
    if question.spec.contains("function f\n") {
        return None;
    }
    let point = Point::draw(&derivation.network, CHECKED.0, CHECKED.1).ok()?;
    let mut environment = point.environment();
    let mut gradients = Map::new();
    for statement in &derivation.statements {
        let value = environment.evaluate(&statement.result, &[]).ok()?;
        if statement.kind == StatementKind::Gradient {
            gradients.insert(statement.variable.to_string(), written(&value));
        }
        environment.insert(statement.variable.cotangent(), value);
    }
    let declared = derivation.network.symbols.iter();
    let values: Map<String, Value> = declared
        .filter(|symbol| symbol.definition.is_none())
        .filter_map(|symbol| {
            Some((
                symbol.name.to_string(),
                written(point.arrays.get(&symbol.name)?),
            ))
        })
        .collect();
    let line = json!({
        "spec": question.spec,
        "program": program,
        "values": values,
        "loss": point.values[point.loss][0],
        "gradients": gradients,
    });
    Some(line.to_string())
}

fn written(array: &Array) -> Value {
    json!({ "dims": array.dims, "data": array.data })
}
