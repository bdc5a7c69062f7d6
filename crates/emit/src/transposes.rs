//! Second derivatives by two arrays in the other order: the same entries, with the axes of the second array first.
//!
//! In: the blocks that were derived, one for every pair of arrays in the order of the answer. Out: the others, each a line that turns axes around.

use crate::names::Meaning;
use crate::program::{Answer, comment, derivative_spoken};
use crate::schedule::Root;
use crate::translate::Translator;
use derive_graph::{Name, Shape};

/// The second derivatives by the same two arrays in the other order, where they are two: a line for each, unless both are numbers.
pub(crate) fn transposes(
    translator: &mut Translator<'_>,
    answers: &[Answer],
) -> Vec<(Answer, Option<Root>)> {
    let network = translator.network;
    let shape = |name: &Name| {
        let symbol = network.symbol(name);
        symbol.map_or(Shape::scalar(), |symbol| symbol.shape.clone())
    };
    let loss = &network.loss.name;
    let loss = loss.as_derivative().map_or(loss.clone(), |(of, _)| of);
    let mut found = Vec::new();
    for answer in answers {
        let [first, second] = answer.by.as_slice() else {
            continue;
        };
        if first == second {
            continue;
        }
        let by = vec![second.clone(), first.clone()];
        let (rows, columns) = (shape(first), shape(second));
        let whole = [columns.0.as_slice(), &rows.0].concat();
        if rows.is_scalar() || columns.is_scalar() {
            // The axes are those of one array in either order.
            let variable = answer.variable.clone();
            found.push((Answer { by, variable }, None));
            continue;
        }
        let of = second.derivative_of(&loss);
        let variable = translator
            .names
            .of(Meaning::Second(of.clone(), first.clone()));
        let straight = [rows.0.as_slice(), &columns.0].concat();
        let block = translator.arena.name(&answer.variable, &straight);
        let axes = (rows.rank()..straight.len()).chain(0..rows.rank());
        let id = translator.arena.view(block, axes.map(Some).collect());
        let root = Root {
            comment: comment(&derivative_spoken(&of, first), &Shape(whole), ""),
            variable: variable.clone(),
            id,
            name: first.cotangent(),
        };
        found.push((Answer { by, variable }, Some(root)));
    }
    found
}
