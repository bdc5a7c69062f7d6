//! The steps from the substituted chain rule to the result.

use super::chain::for_every;
use super::reasons::{reason, reasons};
use super::{Telling, Told, result_name};
use super::{fit, marks};
use crate::Steps;
use crate::document::{Block, Equation, Inline, Right, Sign, sentence, without_formula, words};
use crate::math::{self, Joiner, Math, Symbol};
use crate::term::Speller;
use crate::text;
use derive_index::derivation::{Dilated, Statement, StatementKind, Step};
use derive_index::{Head, Index, Term};

/// Whether a term describes an array by its entries.
pub fn is_entry_form(term: &Term) -> bool {
    *term.head() == Head::Comprehension
}

/// The two sides of an equation for a term that stands for the statement's array: `δ_{ij} = …` or `δ = …`.
pub fn sides(speller: &mut Speller<'_>, statement: &Statement, term: &Term) -> (Math, Math) {
    let array = result_name(speller, statement);
    sides_of(speller, array, term, |speller, array, indices| {
        let (numerator, indices) = indices.split_at(statement.numerator.len());
        speller.numerator = numerator.to_vec();
        match statement.kind {
            StatementKind::Cotangent if numerator.is_empty() => {
                math::entry(array, speller.indices(indices))
            }
            _ => super::chain::derivative_at(speller, &statement.variable, indices),
        }
    })
}

/// The two sides of an equation for a term that stands for an array; what spells one of its entries is given.
pub(super) fn sides_of(
    speller: &mut Speller<'_>,
    array: Math,
    term: &Term,
    entry: impl FnOnce(&mut Speller<'_>, Math, &[Index]) -> Math,
) -> (Math, Math) {
    if !is_entry_form(term) {
        return (array, math::difference_turned(speller.spell(term)));
    }
    speller.letters.give_term(term);
    let (indices, body) = term.split();
    let right = body
        .first()
        .map_or(math::number(0), |body| speller.term(body));
    let right = math::difference_turned(right);
    let left = match indices.as_slice() {
        [] => array,
        indices => entry(speller, array, indices),
    };
    (left, right)
}

/// One printed step: the term after it and why it is equal to what stands before.
pub struct Line<'a> {
    /// The term after it.
    pub after: &'a Term,
    rule: &'static str,
    /// The rewrites that it tells as one.
    pub steps: Vec<&'a Step>,
}

/// The printed steps: all of them, or runs of one rule as one.
pub fn lines<'a>(steps: &'a [Step], detail: Steps) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    for step in steps {
        match lines.last_mut() {
            Some(last)
                if detail == Steps::Key
                    && last.rule == step.rule
                    && is_entry_form(last.after) == is_entry_form(&step.after) =>
            {
                last.after = &step.after;
                last.steps.push(step);
            }
            _ => lines.push(Line {
                after: &step.after,
                rule: step.rule,
                steps: vec![step],
            }),
        }
    }
    lines
}

/// From the substituted chain rule to the result: entries first, then matrices. The words above may have led to it.
pub fn derivation_steps(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    led_to: bool,
    blocks: &mut Vec<Block>,
) {
    let detail = telling.detail;
    let mut group = if statement.contributions.is_empty() {
        opening(speller, statement, led_to, blocks)
    } else {
        contributions(speller, statement, telling, blocks)
    };
    let mut entries = statement.has_indices() && statement.contributions.is_empty();
    for line in lines(&statement.steps, detail) {
        let (left, math) = sides(speller, statement, line.after);
        let reasons = reasons(speller, &line.steps, telling);
        let entry_form = is_entry_form(line.after) && statement.has_indices();
        let printed = group.rights.last().is_some_and(|last| last.math == math);
        if printed && entry_form == entries && detail == Steps::Key {
            continue;
        }
        if let Some(last) = group.rights.last_mut()
            && detail == Steps::Key
            && entry_form == entries
            && differ_in_brackets(&last.math, &math)
        {
            last.math = math;
            continue;
        }
        mark(speller, &mut group, &line.steps, |speller, term| {
            sides(speller, statement, term).1
        });
        let right = Right {
            reasons,
            ..Right::plain(math)
        };
        if entry_form == entries {
            group.rights.push(right);
            continue;
        }
        let next = Equation {
            left,
            sign: Sign::Equal,
            rights: vec![right],
        };
        let lead = match (entry_form, statement.result.rank()) {
            (true, _) => "Entry by entry:",
            (false, 2) => "As matrices:",
            (false, _) => "Without indices:",
        };
        blocks.push(Block::Equations(vec![std::mem::replace(&mut group, next)]));
        blocks.push(Block::Lead(sentence(lead)));
        entries = entry_form;
    }
    finish(speller, statement, group, entries, telling, blocks);
}

/// Whether two lines that are equal differ in nothing but brackets: then the later one stands for both.
fn differ_in_brackets(before: &Math, after: &Math) -> bool {
    let without = |math: &Math| text::inline(math).replace(['(', ')'], "");
    without(before) == without(after)
}

/// Marks what the steps change in the line that stands last, if that is the line before them.
pub(super) fn mark<'a>(
    speller: &mut Speller<'a>,
    group: &mut Equation,
    steps: &[&Step],
    spell: impl Fn(&mut Speller<'a>, &Term) -> Math,
) {
    let marked = marks::before(speller, steps, spell);
    if let (Some(last), Some(marked)) = (group.rights.last_mut(), marked)
        && text::inline(&last.math) == text::inline(&marked)
    {
        last.math = marked;
    }
}

/// Every contribution by itself, those that differ by names only by their result alone; then their sum.
fn contributions(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) -> Equation {
    let detail = telling.detail;
    let all = &statement.contributions;
    if let Some(Block::Lead(said)) = blocks.last_mut() {
        without_formula(said);
    }
    for (at, first) in all.iter().enumerate().filter(|(_, it)| it.like.is_none()) {
        blocks.push(Block::Lead(contribution_lead(speller, statement, at)));
        let left = speller.spell(&entry_of(&first.start, &statement.indices));
        let mut equation = Equation {
            left,
            sign: Sign::Equal,
            rights: Vec::new(),
        };
        for line in lines(&first.steps, detail) {
            let reasons = reasons(speller, &line.steps, telling);
            mark(speller, &mut equation, &line.steps, |speller, term| {
                speller.spell(&entry_of(term, &statement.indices))
            });
            let math = speller.spell(&entry_of(line.after, &statement.indices));
            let printed = equation.rights.last().is_some_and(|last| last.math == math);
            if printed && detail == Steps::Key {
                continue;
            }
            equation.rights.push(Right {
                reasons,
                ..Right::plain(math)
            });
        }
        if equation.rights.is_empty() {
            equation.rights.push(Right::plain(
                speller.spell(&entry_of(&first.result, &statement.indices)),
            ));
        }
        blocks.push(Block::Equations(vec![equation]));
        let same = all.iter().filter(|it| it.like == Some(at));
        let same: Vec<Equation> = same
            .map(|it| {
                let left = speller.spell(&entry_of(&it.start, &statement.indices));
                Equation::plain(
                    left,
                    speller.spell(&entry_of(&it.result, &statement.indices)),
                )
            })
            .collect();
        if !same.is_empty() {
            blocks.push(Block::Lead(sentence("In the same way, up to names:")));
            blocks.push(Block::Equations(same));
        }
    }
    blocks.push(Block::Lead(sentence("Added up:")));
    let (left, right) = sides(speller, statement, &statement.start);
    Equation::plain(left, right)
}

/// What stands above a contribution; where layers contribute, it says by which way.
fn contribution_lead(speller: &Speller<'_>, statement: &Statement, at: usize) -> Vec<Inline> {
    let all = &statement.contributions;
    let of = &all[at];
    let user = || Inline::Math(speller.name(&of.user));
    let is_loss = of.user == speller.network.loss.name;
    let through = match (is_loss, all.len()) {
        (_, 1) => Vec::new(),
        (true, _) => vec![words(" by the variable's own place in "), user()],
        (false, _) => vec![words(" through "), user()],
    };
    let front = match (&of.layers, at) {
        _ if statement.is_over_layers() => "The contribution",
        (_, 0) => return sentence("The first contribution, substituted:"),
        (_, _) => return sentence("Another one, of a form of its own:"),
    };
    let every = of.layers.iter().flat_map(for_every).collect();
    [sentence(front), through, every, sentence(", substituted:")].concat()
}

/// The entry of an array at these indices; its own indices where it is given by its entries.
pub fn entry_of(term: &Term, indices: &[Index]) -> Term {
    match term.head() {
        Head::Comprehension => term.split_terms().1.first().unwrap_or(term).clone(),
        _ if term.rank() == indices.len() => {
            derive_index::build::entry(term.clone(), indices.to_vec())
        }
        _ => term.clone(),
    }
}

/// The equation of the entry with everything substituted.
fn opening(
    speller: &mut Speller<'_>,
    statement: &Statement,
    led_to: bool,
    blocks: &mut Vec<Block>,
) -> Equation {
    let direct = statement.chain.len() == 1 && statement.chain[0].local.value == statement.start;
    let start = speller.spell(&statement.start);
    let left = if !statement.has_indices() {
        result_name(speller, statement)
    } else {
        entry_name(speller, statement)
    };
    let lead = if direct { "So" } else { "Substituted:" };
    if !super::chain::is_start(statement) && !led_to {
        blocks.push(Block::Lead(sentence(lead)));
    }
    Equation::plain(left, start)
}

fn entry_name(speller: &Speller<'_>, statement: &Statement) -> Math {
    match statement.kind {
        StatementKind::Cotangent if statement.numerator.is_empty() => {
            super::chain::at(speller, &statement.variable.cotangent(), &statement.indices)
        }
        _ => super::chain::derivative_at(speller, &statement.variable, &statement.indices),
    }
}

/// The result by itself, with its sizes and the shapes of its factors.
pub fn result(speller: &mut Speller<'_>, statement: &Statement) -> Equation {
    let sizes = Some(speller.sizes(&statement.shape));
    let (left, right) = sides(speller, statement, &statement.result);
    let right = fit::fitted(speller, &statement.result).unwrap_or(right);
    Equation::sized(left, right, sizes)
}

/// The result, with its sizes, as the last line.
fn finish(
    speller: &mut Speller<'_>,
    statement: &Statement,
    mut group: Equation,
    entries: bool,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    let number = telling.numbers.number(&statement.variable.cotangent());
    let sizes = Some(speller.sizes(&statement.shape));
    let (left, right) = sides(speller, statement, &statement.result);
    let entry_result = is_entry_form(&statement.result) && statement.has_indices();
    let there =
        entry_result == entries && group.rights.last().is_some_and(|last| last.math == right);
    let right = fit::fitted(speller, &statement.result).unwrap_or(right);
    if there {
        if let Some(last) = group.rights.last_mut() {
            last.math = right;
            last.sizes = sizes;
            last.number = number;
        }
        blocks.push(Block::Equations(vec![group]));
    } else {
        blocks.push(Block::Equations(vec![group]));
        blocks.push(Block::Lead(sentence("Result:")));
        let equation = Equation::sized(left, right, sizes);
        blocks.push(Block::Equations(vec![equation.numbered(number)]));
    }
    if entry_result {
        without_matrix_form(speller, statement, telling, blocks);
    }
}

/// What there is to say about a result that stays entry by entry: its name, or why it has no matrix form. Why arrays of many axes have
/// none is told once.
pub fn without_matrix_form(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    const MANY_AXES: &str =
        "An array of more than two axes has no matrix form; its entries say it most clearly.";
    const NOT_FOUND: &str = "No matrix form was found for this array, so it stays entry by entry.";
    let named = crate::named_forms::sentence(&statement.result, speller);
    let told = match (named, statement.shape.rank() > 2) {
        (Some(named), _) => Some(named),
        (None, true) => telling.once(MANY_AXES).map(sentence),
        (None, false) => Some(sentence(NOT_FOUND)),
    };
    blocks.extend(told.map(Block::Lead));
    if let Some(dilated) = &statement.dilated {
        let left = entry_name(speller, statement);
        with_zeros(speller, dilated, left, blocks);
    }
}

/// A sum over strided places with the dilation as an operation of its own: what it means, and the sum with it.
fn with_zeros(speller: &mut Speller<'_>, dilated: &Dilated, left: Math, blocks: &mut Vec<Block>) {
    speller.letters.give_term(&dilated.whole);
    let steps: Vec<String> = dilated.steps.iter().map(i64::to_string).collect();
    let steps = match steps.iter().all(|step| *step == steps[0]) {
        true => steps[0].clone(),
        false => steps.join(","),
    };
    let function = math::symbol(Symbol {
        base: math::Spelling::new("dilate", r"\operatorname{dilate}"),
        sub: Some(math::Spelling::same(&steps)),
        sup: None,
    });
    let array = Math::Call {
        function: Box::new(function),
        arguments: vec![speller.term(&dilated.weights)],
    };
    let entry = math::entry(array, speller.indices(&dilated.places));
    let told = "With zeros put in between, and a place that is not whole counting as none:";
    blocks.push(Block::Lead(sentence(told)));
    let front: Vec<Math> = dilated
        .front
        .iter()
        .map(|factor| speller.term(factor))
        .collect();
    let factors = [front, vec![entry.clone(), speller.term(&dilated.read)]].concat();
    let sum = Math::BigSum {
        indices: speller.indices(&dilated.bound),
        body: Box::new(math::product(Joiner::Juxtaposed, factors)),
    };
    let meaning = Equation::plain(entry, speller.term(&dilated.entry));
    blocks.push(Block::Equations(vec![meaning, Equation::plain(left, sum)]));
}

/// The right sides that these steps lead through, for a derivation of a single entry.
pub fn rights(
    speller: &mut Speller<'_>,
    steps: &[Step],
    detail: Steps,
    told: Option<&Told>,
) -> Vec<Right> {
    lines(steps, detail)
        .into_iter()
        .map(|line| {
            let reasons = vec![reason(speller, &line.steps, detail, told)];
            Right {
                reasons,
                ..Right::plain(speller.spell(line.after))
            }
        })
        .collect()
}
