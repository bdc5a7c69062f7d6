//! From a derivation to a document: what is said and in which order.

mod backward;
mod chain;
pub mod claims;
mod closing;
mod fit;
mod forward;
mod header;
pub mod hints;
mod inner;
mod likewise;
mod marks;
pub mod numbers;
mod positions;
mod reasons;
pub mod savings;
pub mod second;
mod signals;
mod steps;
mod three_terms;
mod written_out;

pub(crate) use chain::{at, give_letters};
pub(crate) use fit::fitted;
pub(crate) use header::facts;
pub(crate) use reasons::reason;
pub(crate) use signals::{SignalPath, above, paths};
pub(crate) use steps::{Line, entry_of, is_entry_form, lines, sides};
pub(crate) use written_out::written_out;

use crate::document::{Block, Document, Equation, Inline, Sheet, words};
use crate::math::Math;
use crate::shapes;
use crate::term::Speller;
use crate::{Options, PrintError, Steps};
use derive_index::derivation::{Derivation, Statement, StatementKind, Why};
use inner::Inner;
use likewise::Repeated;
use numbers::Numbers;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How a derivation is told.
#[derive(Clone, Copy)]
pub(crate) struct Telling<'a> {
    /// What is told.
    pub derivation: &'a Derivation,
    /// How much of the way.
    pub detail: Steps,
    /// What its equations are referred to by.
    pub numbers: &'a Numbers,
    /// What of it repeats something that was told.
    pub repeated: &'a Repeated<'a>,
    /// What of it another chain rule contains.
    pub inner: &'a Inner<'a>,
    /// The sentences that were told in full, of those that need it only once.
    pub told: &'a Told,
}

impl Telling<'_> {
    /// A sentence that a page needs once; nothing if it has it and keeps what a textbook does.
    fn once(&self, sentence: &'static str) -> Option<&'static str> {
        let new = self.told.0.borrow_mut().insert(sentence);
        (new || self.detail != Steps::Key).then_some(sentence)
    }
}

/// What was explained on a page.
#[derive(Default)]
pub(crate) struct Told(RefCell<BTreeSet<&'static str>>);

impl Told {
    /// Whether a sentence was told before; from now on it was.
    fn again(&self, why: &Why) -> bool {
        let mut told = self.0.borrow_mut();
        let new = why.explanations().filter(|it| told.insert(it)).count();
        why.explains() && new == 0
    }
}

/// The document of a derivation, written onto a sheet.
///
/// # Errors
/// If a closed form does not conform, or its shape is not that of what it stands for.
pub fn write(
    derivation: &Derivation,
    options: &Options,
    sheet: &mut dyn Sheet,
) -> Result<(), PrintError> {
    let plan = begin(derivation, options, sheet)?;
    let mut blocks = Vec::new();
    claims::verdicts(plan.telling(), &mut blocks);
    sheet.blocks(&blocks);
    end(derivation, sheet);
    Ok(())
}

/// The document up to its claims, which depends on no verdict; and how it was told.
///
/// # Errors
/// As [`write()`].
pub(crate) fn begin<'a>(
    derivation: &'a Derivation,
    options: &Options,
    sheet: &mut dyn Sheet,
) -> Result<Plan<'a>, PrintError> {
    shapes::check_derivation(derivation)?;
    let steps = options.steps;
    let plan = Plan::of(derivation, &[], steps);
    let telling = plan.telling();
    let blank = Speller::new(&derivation.network);
    sheet.title(&title(derivation, false));
    let mut blocks = Vec::new();
    if steps != Steps::None {
        header::conventions(derivation, &[], &mut blocks);
        header::quantities(derivation, &mut blocks);
    }
    forward::forward_pass(telling, &blank, &mut blocks);
    sheet.blocks(&blocks);
    let gradients = match derivation.loss.shape.is_scalar() {
        true => "Gradients",
        false => "Jacobians",
    };
    if steps != Steps::None {
        for (kind, title) in [
            (StatementKind::Cotangent, "Backward pass"),
            (StatementKind::Gradient, gradients),
        ] {
            backward::statements(telling, &blank, kind, title, sheet);
        }
    }
    let mut blocks = Vec::new();
    results(derivation, &blank, &mut blocks);
    savings::fewest_multiplications(derivation, &blank, steps, &mut blocks);
    if options.expand {
        written_out(derivation, &mut blocks)?;
    }
    closing::update_rule(derivation, &mut blocks);
    sheet.blocks(&blocks);
    Ok(plan)
}

/// What stands after the claims: the notes, and the verdict.
pub fn end(derivation: &Derivation, sheet: &mut dyn Sheet) {
    let mut blocks = Vec::new();
    closing::notes(derivation, &mut blocks);
    closing::verdict(derivation, &[], &mut blocks);
    sheet.blocks(&blocks);
}

/// What a page decides before it is written: which of its equations have numbers, and what is told by something earlier.
pub(crate) struct Plan<'a> {
    first: &'a Derivation,
    second: &'a [Derivation],
    detail: Steps,
    shared: Numbers,
    /// Those of every derivation of second derivatives.
    own: Vec<Numbers>,
    /// Of the first derivation, then of those of second derivatives.
    repeated: Vec<Repeated<'a>>,
    /// Likewise.
    inner: Vec<Inner<'a>>,
    told: Told,
}

impl<'a> Plan<'a> {
    /// For a derivation, or where there are second derivatives for these, with as much of the way as is asked for.
    pub fn of(first: &'a Derivation, second: &'a [Derivation], detail: Steps) -> Plan<'a> {
        let (shared, own) = match (detail, second) {
            (Steps::None, _) => (Numbers::default(), vec![Numbers::default(); second.len()]),
            (_, []) => (Numbers::of(first), Vec::new()),
            (_, second) => Numbers::of_second(first, second),
        };
        // Where there are second derivatives, the first ones are results only.
        let told_first = if second.is_empty() {
            detail
        } else {
            Steps::None
        };
        let others = second.iter().map(|block| (block, detail));
        let pages = || std::iter::once((first, told_first)).chain(others.clone());
        let inner: Vec<Inner<'_>> = pages()
            .map(|(page, detail)| Inner::on_page(page, detail))
            .collect();
        let repeated = pages().zip(&inner);
        let repeated =
            repeated.map(|((page, detail), inner)| Repeated::on_page(page, inner, detail));
        Plan {
            first,
            second,
            detail,
            shared,
            own,
            repeated: repeated.collect(),
            inner,
            told: Told::default(),
        }
    }

    /// How the derivation is told.
    pub fn telling(&self) -> Telling<'_> {
        self.with(
            self.first,
            &self.shared,
            (&self.repeated[0], &self.inner[0]),
        )
    }

    /// How those of its second derivatives are told.
    pub fn tellings_of_second(&self) -> impl Iterator<Item = Telling<'_>> {
        let blocks = self.second.iter().zip(&self.own);
        let told = self.repeated.iter().zip(&self.inner).skip(1);
        let blocks = blocks.zip(told);
        blocks.map(|((block, numbers), told)| self.with(block, numbers, told))
    }

    fn with<'b>(
        &'b self,
        derivation: &'b Derivation,
        numbers: &'b Numbers,
        (repeated, inner): (&'b Repeated<'b>, &'b Inner<'b>),
    ) -> Telling<'b> {
        Telling {
            derivation,
            detail: self.detail,
            numbers,
            repeated,
            inner,
            told: &self.told,
        }
    }
}

/// What became of the claims alone, and how everything was checked.
pub fn judgement(derivation: &Derivation) -> Document {
    let mut blocks = Vec::new();
    claims::with_proofs(derivation, &mut blocks);
    if derivation.claims.is_empty() {
        let told = "The spec claims nothing.".to_owned();
        blocks.push(Block::Paragraph(vec![words(told)]));
    }
    closing::verdict(derivation, &[], &mut blocks);
    Document {
        title: title(derivation, false),
        blocks,
    }
}

/// The title of a page; of one that goes on to second derivatives, if `second`.
fn title(derivation: &Derivation, second: bool) -> Vec<Inline> {
    match &derivation.network.title {
        Some(title) => vec![words(title.clone())],
        None => {
            let speller = Speller::new(&derivation.network);
            let loss = speller.name(&derivation.network.loss.name);
            let what = match (second, derivation.loss.shape.is_scalar()) {
                (true, _) => "The second derivatives of ",
                (false, true) => "The gradients of ",
                (false, false) => "The Jacobians of ",
            };
            vec![words(what), Inline::Math(loss)]
        }
    }
}

/// The conventions of a derivation and its second derivatives in plain words.
pub(crate) fn conventions(derivation: &Derivation, second: &[Derivation]) -> Vec<String> {
    let sentences = header::sentences(derivation, second);
    sentences
        .iter()
        .map(|sentence| crate::layout_text::unicode(sentence))
        .collect()
}

fn section(title: &str) -> Block {
    Block::Section(vec![words(title)])
}

/// All that was found, without the way there.
fn results(derivation: &Derivation, blank: &Speller<'_>, blocks: &mut Vec<Block>) {
    if derivation.statements.is_empty() {
        return;
    }
    blocks.push(section("Results"));
    let equations = equations_of(&derivation.statements, blank);
    blocks.push(Block::Equations(equations.collect()));
}

/// The results of statements, an equation each.
fn equations_of<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    blank: &Speller<'_>,
) -> impl Iterator<Item = Equation> {
    statements.into_iter().map(|statement| {
        let mut speller = blank.clone();
        result_equation(&mut speller, statement)
    })
}

/// `δ = …` with its sizes; an equation between entries where there is no matrix form.
fn result_equation(speller: &mut Speller<'_>, statement: &Statement) -> Equation {
    let sizes = Some(speller.sizes(&statement.shape));
    let (left, right) = sides(speller, statement, &statement.result);
    Equation::sized(left, right, sizes)
}

/// `δ` or `∂L/∂W`.
fn result_name(speller: &Speller<'_>, statement: &Statement) -> Math {
    if !statement.numerator.is_empty() {
        return crate::names::derivative_math(&statement.variable, speller.network);
    }
    speller.name(&statement.variable.cotangent())
}
