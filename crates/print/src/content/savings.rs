//! The section that `--cost flops` adds: every line in the form that takes the fewest multiplications, and what it takes.

use super::steps::{self, mark};
use super::{Told, section};
use crate::Steps;
use crate::document::{Block, Equation, Inline, Right, Sign, sentence, words};
use crate::math::{self, Joiner, Level, Math};
use crate::term::Speller;
use derive_graph::Name;
use derive_index::count::{Count, Range, Repeated};
use derive_index::derivation::Derivation;
use derive_index::savings::{Line, Savings};
use derive_index::{Term, build};

/// What is counted.
const RULES: &str = "Multiplications and divisions are counted, one for every entry; sums, functions entry by entry, products with ones, signs and \
                     conditions count none, and a dimension without a size counts as 64 where forms are compared.";

/// What holds of lines for every layer.
const LOOPS: &str = "A line for every layer is computed once a layer. What lines of one loop over the layers use is computed once; what two loops use, in each.";

/// The section, if it was asked for.
pub fn fewest_multiplications(
    derivation: &Derivation,
    blank: &Speller<'_>,
    detail: Steps,
    blocks: &mut Vec<Block>,
) {
    let Some(savings) = &derivation.savings else {
        return;
    };
    blocks.push(section("Fewest multiplications"));
    blocks.push(Block::Paragraph(sentence(RULES)));
    let mut lines = savings.forward.iter().chain(&savings.backward);
    if lines.any(|line| line.range.is_some()) {
        blocks.push(Block::Paragraph(sentence(LOOPS)));
    }
    let told = Told::default();
    let told = (detail == Steps::Key).then_some(&told);
    for (lines, lead) in [
        (
            &savings.forward,
            "Forward pass, where it is computed otherwise than it is written above:",
        ),
        (&savings.backward, "Backward pass, likewise:"),
    ] {
        let changed: Vec<&Line> = lines.iter().filter(|line| is_told(line)).collect();
        if !changed.is_empty() {
            blocks.push(Block::Lead(sentence(lead)));
        }
        for line in changed {
            let mut speller = blank.clone();
            blocks.push(Block::Equations(equations(
                &mut speller,
                line,
                detail,
                told,
            )));
        }
    }
    if !savings.forward.iter().chain(&savings.backward).any(is_told) {
        let told = "No equal form that was found takes fewer than the formulas above.";
        blocks.push(Block::Paragraph(sentence(told)));
    }
    blocks.push(Block::Table(table(savings, blank)));
}

/// Whether a line is computed in another form than it was derived in, or is new.
fn is_told(line: &Line) -> bool {
    line.start.is_none() || !line.steps.is_empty()
}

/// From the derived form to the one that is computed.
fn equations(
    speller: &mut Speller<'_>,
    line: &Line,
    detail: Steps,
    told: Option<&Told>,
) -> Vec<Equation> {
    let first = line.start.as_ref().unwrap_or(&line.result);
    let (left, right) = sides(speller, &line.name, first);
    let mut all = vec![Equation::plain(left, right)];
    if detail == Steps::None {
        let (left, right) = sides(speller, &line.name, &line.result);
        all = vec![Equation::plain(left, right)];
    } else {
        for step in steps::lines(&line.steps, detail) {
            let reasons = vec![super::reason(speller, &step.steps, detail, told)];
            if let Some(group) = all.last_mut() {
                mark(speller, group, &step.steps, |speller, term| {
                    sides(speller, &line.name, term).1
                });
            }
            let (left, math) = sides(speller, &line.name, step.after);
            let right = Right {
                reasons,
                ..Right::plain(math)
            };
            match all.last_mut() {
                Some(group) if group.left == left => group.rights.push(right),
                _ => all.push(Equation {
                    left,
                    sign: Sign::Equal,
                    rights: vec![right],
                }),
            }
        }
    }
    let sizes = speller.sizes(&line.shape);
    if let Some(last) = all.last_mut().and_then(|group| group.rights.last_mut()) {
        last.sizes = Some(sizes);
    }
    all
}

/// `T = …`, or an equation between entries.
pub(crate) fn sides(speller: &mut Speller<'_>, name: &Name, term: &Term) -> (Math, Math) {
    let array = speller.name(name);
    steps::sides_of(speller, array, term, |speller, _, indices| {
        super::chain::at(speller, name, indices)
    })
}

/// How many, as a formula. Sizes that differ from layer to layer stand in sums over the layers, each on a line of its own.
fn counted(count: &Count, blank: &Speller<'_>) -> Vec<Vec<Inline>> {
    let spelled = |term: &Term| blank.clone().spell(term);
    let (of_layers, alike): (Vec<&Repeated>, Vec<&Repeated>) =
        count.repeated.iter().partition(|it| !it.over.is_empty());
    let products = alike.iter().map(|it| {
        let factors = [&it.times, &it.each].map(build::polynomial);
        build::product(Vec::new(), factors.to_vec())
    });
    let once = build::polynomial(&count.once);
    let whole = build::sum(products.chain([once]).collect());
    let mut lines = vec![vec![Inline::Math(spelled(&whole))]];
    if whole == build::integer(0) && !of_layers.is_empty() {
        lines.clear();
    }
    for it in of_layers {
        let each = spelled(&build::polynomial(&it.each));
        let mut sum = it.over.iter().fold(each, summed);
        if !it.times.is(1) {
            let times = spelled(&build::polynomial(&it.times));
            let times = math::bracketed(times, Level::BigSum);
            sum = math::product(Joiner::Juxtaposed, vec![times, sum]);
        }
        let sign = (!lines.is_empty()).then(|| words("+ "));
        lines.push(sign.into_iter().chain([Inline::Math(sum)]).collect());
    }
    lines
}

/// The sum over the layers of a range.
fn summed(each: Math, range: &Range) -> Math {
    let (variable, first, end) = (&range.variable, range.first, range.end());
    let latex = format!(r"{first} \le {variable} \le {end}");
    Math::BigSum {
        indices: vec![math::word(&format!("({variable}={first}..{end})"), &latex)],
        body: Box::new(math::bracketed(each, Level::BigSum)),
    }
}

/// What every line takes, both passes, and every gradient by itself.
fn table(savings: &Savings, blank: &Speller<'_>) -> Vec<Vec<Vec<Inline>>> {
    let row = |what: Vec<Inline>, count: &Count| {
        let mut what = Some(what);
        let lines = counted(count, blank).into_iter();
        let rows = lines.map(|line| vec![what.take().unwrap_or_default(), line]);
        rows.collect::<Vec<_>>()
    };
    let mut rows = vec![vec![sentence("line"), sentence("multiplications")]];
    let (forward, backward) = (
        Savings::total(&savings.forward),
        Savings::total(&savings.backward),
    );
    for (lines, told, total) in [
        (&savings.forward, "forward pass", &forward),
        (&savings.backward, "backward pass", &backward),
    ] {
        for line in lines.iter().filter(|line| !line.count.is_zero()) {
            let mut counts = row(vec![Inline::Math(blank.name(&line.name))], &line.count);
            let rounds = line.range.iter();
            let rounds = rounds.map(|range| words(format!(" for {range}")));
            if let Some(cell) = counts.last_mut().and_then(|row| row.last_mut()) {
                cell.extend(rounds);
            }
            rows.extend(counts);
        }
        rows.extend(row(vec![words(told)], total));
    }
    rows.extend(row(vec![words("in all")], &forward.plus(&backward)));
    for (name, count) in &savings.alone {
        let gradient = crate::names::derivative_math(name, blank.network);
        let what = vec![
            Inline::Math(gradient),
            words(" alone, after the forward pass"),
        ];
        rows.extend(row(what, count));
    }
    rows
}
