//! Second derivatives: the first as results, then every gradient differentiated again.

use super::numbers::Numbers;
use super::written_out::written_out;
use super::{Plan, Telling, backward, closing, equations_of, forward, header, section};
use crate::document::{Block, Document, Inline, sentence, words};
use crate::term::Speller;
use crate::{Options, PrintError, Steps, shapes};
use derive_index::derivation::{Derivation, Statement, StatementKind};

/// The document of a derivation with its second derivatives.
///
/// # Errors
/// If a closed form does not conform, or a dimension without a size is to be written out.
pub fn document(
    first: &Derivation,
    second: &[Derivation],
    options: &Options,
) -> Result<Document, PrintError> {
    let steps = options.steps;
    let all = || std::iter::once(first).chain(second);
    all().try_for_each(shapes::check_derivation)?;
    let blank = Speller::new(&first.network);
    let mut blocks = Vec::new();
    if steps != Steps::None {
        header::conventions(first, second, &mut blocks);
        header::quantities(second.last().unwrap_or(first), &mut blocks);
    }
    let plan = Plan::of(first, second, steps);
    let telling = plan.telling();
    forward::forward_pass(telling, &blank, &mut blocks);
    first_derivatives(first, telling.numbers, &blank, &mut blocks);
    for telling in plan.tellings_of_second() {
        again(telling, &mut blocks);
    }
    results(first, second, &mut blocks);
    if options.expand {
        for block in second {
            written_out(block, &mut blocks)?;
        }
    }
    closing::notes(first, &mut blocks);
    closing::verdict(first, second, &mut blocks);
    Ok(Document {
        title: super::title(first, true),
        blocks,
    })
}

fn first_derivatives(
    first: &Derivation,
    numbers: &Numbers,
    blank: &Speller<'_>,
    blocks: &mut Vec<Block>,
) {
    blocks.push(section("First derivatives"));
    let told = "Their derivation, step by step, is what is printed where no second derivatives are asked for.";
    blocks.push(Block::Lead(sentence(told)));
    let equations = equations_of(&first.statements, blank);
    let names = first.statements.iter();
    let names = names.map(|it| it.variable.derivative_of(&first.loss.name));
    let equations = equations.zip(names);
    let numbered = equations.map(|(equation, name)| equation.numbered(numbers.number(&name)));
    blocks.push(Block::Equations(numbered.collect()));
}

/// The derivation of one gradient's derivatives, or of the product with a direction.
fn again(telling: Telling<'_>, blocks: &mut Vec<Block>) {
    let block = telling.derivation;
    let blank = Speller::new(&block.network);
    let loss = Inline::Math(blank.name(&block.network.loss.name));
    if block.loss.shape.is_scalar() && block.network.loss.name.as_derivative().is_none() {
        blocks.push(section("The Hessian times a direction"));
        blocks.push(Block::Paragraph(vec![
            words("The gradient changes along a direction v at the rate of the Hessian times v. That is the gradient of "),
            loss,
            words(", the sum of all products of an entry of the gradient with the entry of v that belongs to it, v held fixed."),
        ]));
        let definition = forward::loss_equation(block, blank.clone());
        let number = telling.numbers.number(&block.loss.name);
        blocks.push(Block::Equations(vec![definition.numbered(number)]));
    } else {
        blocks.push(Block::Section(vec![
            words("Second derivatives, from "),
            loss,
        ]));
    }
    for kind in [StatementKind::Cotangent, StatementKind::Gradient] {
        backward::chosen(telling, &blank, kind, &mut |part| {
            blocks.extend_from_slice(part);
        });
    }
}

fn results(first: &Derivation, second: &[Derivation], blocks: &mut Vec<Block>) {
    blocks.push(section("Results"));
    let mut equations = Vec::new();
    for block in second {
        // Of Jacobians only the answers; the error signals of a product with a direction are what its answers are made of.
        let scalar = block.loss.shape.is_scalar();
        let asked = |statement: &&Statement| scalar || statement.kind == StatementKind::Gradient;
        let blank = Speller::new(&block.network);
        equations.extend(equations_of(block.statements.iter().filter(asked), &blank));
    }
    blocks.push(Block::Equations(equations));
    if second.len() > 1 {
        let speller = Speller::new(&first.network);
        let loss = Inline::Math(speller.name(&first.network.loss.name));
        blocks.push(Block::Lead(vec![
            words("The second derivatives of "),
            loss,
            words(" do not depend on the order (Schwarz): a pair that is not listed is the one that is, with its two groups of axes exchanged."),
        ]));
    }
}
