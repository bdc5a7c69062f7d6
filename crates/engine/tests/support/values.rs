//! The gradients of a derivation as numbers, to compare two derivations of one thing.

use derive_check::{Array, Environment, Point};
use derive_engine::run::{derive, read};
use derive_graph::{Name, Network};
use derive_index::derivation::{Derivation, Statement, StatementKind};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The derivation of a spec; `None` where it is refused.
pub fn derivation_of(text: &str) -> Option<Derivation> {
    let (network, _) = read(text.as_bytes()).ok()?;
    derive(network).ok().map(|(derivation, _)| derivation)
}

/// The statements that are answers.
pub fn gradients(derivation: &Derivation) -> impl Iterator<Item = &Statement> {
    let wanted = |statement: &&Statement| statement.kind == StatementKind::Gradient;
    derivation.statements.iter().filter(wanted)
}

/// The value of every gradient at a point, by variable; `None` where a result uses a name that was made for a part of an
/// expression, which the point's network does not have.
pub fn values(
    derivation: &Derivation,
    environment: &Environment,
) -> Option<BTreeMap<Name, Rc<Array>>> {
    let mut environment = environment.clone();
    for statement in &derivation.statements {
        let value = environment.evaluate(&statement.result, &[]).ok()?;
        environment.insert(statement.variable.cotangent(), value);
    }
    let value = |statement: &Statement| {
        let name = statement.variable.clone();
        let array = Rc::clone(
            environment
                .array(&name.cotangent())
                .expect("just put there"),
        );
        (name, array)
    };
    Some(gradients(derivation).map(value).collect())
}

/// Whether both derivations were compared, at points of `network`; they must give the same numbers.
pub fn check_values(
    text: &str,
    network: &Network,
    first: &Derivation,
    second: &Derivation,
) -> bool {
    for draw in 0..2 {
        let Ok(point) = Point::draw(network, 3, draw) else {
            return false;
        };
        let environment = point.environment();
        let both = values(first, &environment).zip(values(second, &environment));
        let Some((a, b)) = both else { return false };
        for (name, value) in &a {
            let other = b
                .get(name)
                .unwrap_or_else(|| panic!("no gradient by {name}\n{text}"));
            let scale = value
                .data
                .iter()
                .fold(1e-3, |scale: f64, x| scale.max(x.abs()));
            let same = value
                .data
                .iter()
                .zip(&other.data)
                .all(|(x, y)| (x - y).abs() <= 1e-9 * scale || x.is_nan() || y.is_nan());
            assert!(
                same,
                "∂L/∂{name}: {:?} and {:?}\n{text}",
                value.data, other.data
            );
        }
    }
    true
}
