//! The backward pass: for every derivative the chain rule, its factors, the steps and the result.

use super::{Telling, chain, likewise, numbers, result_name, section, signals, steps, three_terms};
use crate::Steps;
use crate::document::{Block, Equation, Inline, Reason, Right, Sheet, sentence, words};
use crate::math::{self, Math};
use crate::names;
use crate::term::Speller;
use derive_index::derivation::{Statement, StatementKind};

/// The section of the statements of one kind.
pub fn statements(
    telling: Telling<'_>,
    blank: &Speller<'_>,
    kind: StatementKind,
    title: &str,
    sheet: &mut dyn Sheet,
) {
    let mut all = telling.derivation.statements.iter();
    if all.any(|statement| statement.kind == kind) {
        let mut head = vec![section(title)];
        if kind == StatementKind::Cotangent {
            head.extend(signals::picture(telling, blank));
        }
        sheet.blocks(&head);
        chosen(telling, blank, kind, &mut |blocks| sheet.blocks(blocks));
    }
}

/// The statements of one kind, the blocks of each by themselves.
pub fn chosen(
    telling: Telling<'_>,
    blank: &Speller<'_>,
    kind: StatementKind,
    take: &mut dyn FnMut(&[Block]),
) {
    let all = telling.derivation.statements.iter();
    let all = all.filter(|statement| !telling.inner.passes_over(&statement.variable));
    for statement in all.filter(|statement| statement.kind == kind) {
        let mut speller = blank.clone();
        let mut blocks = Vec::new();
        render_statement(&mut speller, statement, telling, &mut blocks);
        take(&blocks);
    }
}

fn render_statement(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    blocks.push(Block::Subsection(heading(speller, statement)));
    if statement.chain.is_empty() {
        independent(speller, statement, blocks);
        return;
    }
    chain::give_letters(speller, statement);
    match telling.repeated.find(&statement.variable) {
        Some(repeats) => likewise::likewise(speller, statement, repeats, telling, blocks),
        None => {
            let led_to = chain::chain_rule(speller, statement, telling, blocks);
            steps::derivation_steps(speller, statement, telling, led_to, blocks);
            within(speller, statement, telling, blocks);
        }
    }
    in_full(speller, statement, telling, blocks);
    three_terms::told(speller, statement, telling, blocks);
    if !statement.saturated {
        let told = "The rewriting stopped at its limit here: this is the best form it found, not necessarily the shortest.";
        blocks.push(Block::Paragraph(sentence(told)));
    }
}

/// The result with error signals put in: as its last line where the result stands above.
fn in_full(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    let Some(full) = &statement.in_full else {
        return;
    };
    let (left, right) = steps::sides(speller, statement, full);
    let cited = numbers::expanded(telling.derivation, statement);
    let cited = telling.numbers.cite(&cited);
    let above = match blocks.last_mut() {
        Some(Block::Equations(equations)) => equations.last_mut(),
        _ => None,
    };
    if let Some(above) = above.filter(|above| above.left == left && telling.detail == Steps::Key) {
        let by = cited.map(|cited| [sentence("by "), cited].concat());
        let reason = Reason {
            rule: "in full".to_owned(),
            sentences: by.into_iter().collect(),
            readings: Vec::new(),
        };
        above.rights.push(Right {
            reasons: vec![reason],
            ..Right::plain(right)
        });
        return;
    }
    blocks.push(Block::Lead(match cited {
        Some(cited) => [sentence("In full, by "), cited, sentence(":")].concat(),
        None => sentence("In full:"),
    }));
    blocks.push(Block::Equations(vec![Equation::plain(left, right)]));
}

/// What the chain rule is without its last link, where that is not derived by itself.
fn within(
    speller: &Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    for inner in telling.inner.within(&statement.variable) {
        let mut blank = speller.clone();
        let meaning = names::derivative_math(&inner.variable, speller.network);
        blocks.push(Block::Lead(vec![
            words("Without its last link, the chain rule gives "),
            Inline::Math(meaning),
            words(":"),
        ]));
        blocks.push(Block::Equations(vec![super::result_equation(
            &mut blank, inner,
        )]));
    }
}

/// `δ = ∂L/∂Z   (N×h)`
fn heading(speller: &Speller<'_>, statement: &Statement) -> Vec<Inline> {
    let name = result_name(speller, statement);
    let meaning = names::derivative_math(&statement.variable, speller.network);
    let title = match name {
        Math::Symbol(_) => math::relation(name, math::Spelling::same("="), meaning),
        _ => name,
    };
    let sizes = speller.sizes(&statement.shape);
    vec![Inline::Math(title), words("   "), Inline::Math(sizes)]
}

fn independent(speller: &mut Speller<'_>, statement: &Statement, blocks: &mut Vec<Block>) {
    let loss = speller.name(&speller.network.loss.name);
    blocks.push(Block::Lead(vec![
        Inline::Math(loss),
        words(" does not depend on "),
        Inline::Math(speller.name(&statement.variable)),
        words(", so every entry is zero."),
    ]));
    blocks.push(Block::Equations(vec![super::result_equation(
        speller, statement,
    )]));
}
