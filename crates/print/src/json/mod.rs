//! A derivation as JSON, for programs.
//!
//! One object; `docs/derive.schema.json` says what may stand in it, and [`SCHEMA`] is its version. Formulas come as Unicode
//! text, as LaTeX, and, where a program may want to compute with them, as trees (`tree.rs`). Names are spelt as in the spec.

mod record;
mod savings;
mod steps;
mod tree;

use crate::content::{self, Plan, Telling};
use crate::document::{Block, Equation, Reason};
use crate::layout_text::unicode;
use crate::math::{self, Math};
use crate::term::Speller;
use crate::{Options, PrintError, Steps, latex, shapes, text};
use derive_graph::{Name, Role, Shape};
use derive_index::Term;
use derive_index::derivation::{
    ClaimOutcome, Derivation, Forward, Spelling, Statement, StatementKind, Verdict,
};
use record::{
    Array, Check, Claim, Definition, Dimension, Entry, Factor, Formula, Gradient, Overall, Page,
    ProofLine, Second, SignalStep, Spelt, Update, WrittenOut,
};

/// The version of the format. It grows when something that was there changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// How every derivative is checked.
const METHOD: &str = "forward-mode dual numbers at random points";

/// The derivation and its second derivatives as one JSON object.
///
/// # Errors
/// If a closed form does not conform, or its shape is not that of what it stands for.
pub fn render_json(
    derivation: &Derivation,
    second: &[Derivation],
    options: &Options,
) -> Result<String, PrintError> {
    let mut all = std::iter::once(derivation).chain(second);
    all.try_for_each(shapes::check_derivation)?;
    let mut page = page(derivation, second, options.steps);
    if options.expand {
        page.written_out = Some(written_out(derivation, second)?);
    }
    Ok(record::written(&page))
}

/// What the section of everything written out says, array by array.
fn written_out(
    derivation: &Derivation,
    second: &[Derivation],
) -> Result<Vec<WrittenOut>, PrintError> {
    let mut blocks = Vec::new();
    for derivation in std::iter::once(derivation).chain(second) {
        content::written_out(derivation, &mut blocks)?;
    }
    let mut all: Vec<WrittenOut> = Vec::new();
    let mut led = false;
    for block in &blocks {
        let (note, entries) = match block {
            Block::Lead(note) => (Some(unicode(note)), Vec::new()),
            Block::Equations(entries) | Block::Matrix { entries, .. } => {
                (None, entries.iter().map(entry_of).collect())
            }
            _ => continue,
        };
        match all.last_mut() {
            // A lead speaks of the entries behind it.
            Some(last) if led && note.is_none() => last.entries = entries,
            _ => all.push(WrittenOut { note, entries }),
        }
        led = matches!(block, Block::Lead(_));
    }
    Ok(all)
}

fn spelt(math: &Math) -> Spelt {
    Spelt {
        text: text::inline(math),
        latex: latex::inline(math),
    }
}

fn entry_of(equation: &Equation) -> Entry {
    let right = equation.rights.last();
    Entry {
        left: spelt(&equation.left),
        right: spelt(right.map_or(&equation.left, |right| &right.math)),
    }
}

/// The derivatives of one kind.
fn of_kind(telling: Telling<'_>, kind: StatementKind) -> Vec<Gradient> {
    let derivation = telling.derivation;
    let speller = Speller::new(&derivation.network);
    let chosen = derivation.statements.iter();
    let chosen = chosen.filter(|statement| statement.kind == kind);
    chosen
        .map(|statement| gradient(telling, &speller, statement))
        .collect()
}

/// What is differentiated again is the loss of a derivation of its own.
fn again(telling: Telling<'_>) -> Second {
    let derivation = telling.derivation;
    let speller = Speller::new(&derivation.network);
    let loss = speller.name(&derivation.loss.name);
    Second {
        of: derivation.loss.name.to_string(),
        text: text::inline(&loss),
        latex: latex::inline(&loss),
        definitions: definitions(telling, &speller),
        error_signals: of_kind(telling, StatementKind::Cotangent),
        gradients: of_kind(telling, StatementKind::Gradient),
    }
}

fn page(derivation: &Derivation, second: &[Derivation], detail: Steps) -> Page {
    let network = &derivation.network;
    let speller = Speller::new(network);
    let plan = Plan::of(derivation, second, detail);
    let telling = plan.telling();
    Page {
        schema: SCHEMA,
        network: network.title.clone(),
        dimensions: dimensions(&speller),
        inputs: arrays(&speller, Role::Input),
        params: arrays(&speller, Role::Param),
        targets: arrays(&speller, Role::Target),
        consts: arrays(&speller, Role::Const),
        definitions: definitions(telling, &speller),
        loss: definition(telling, &speller, &derivation.loss),
        error_signals: of_kind(telling, StatementKind::Cotangent),
        signal_paths: signal_paths(telling),
        gradients: of_kind(telling, StatementKind::Gradient),
        second_derivatives: plan.tellings_of_second().map(again).collect(),
        written_out: None,
        savings: derivation
            .savings
            .as_ref()
            .map(|it| savings::record(derivation, it, detail)),
        update: network.update.as_ref().map(|update| Update {
            rule: update.rule.clone(),
            scalars: update.scalars.iter().map(Name::to_string).collect(),
        }),
        claims: derivation
            .claims
            .iter()
            .map(|it| claim(derivation, it))
            .collect(),
        conventions: [
            content::conventions(derivation, second),
            derivation.notes.clone(),
        ]
        .concat(),
        check: derivation.verdict.as_ref().map(|verdict| {
            let others = second.iter().filter_map(|block| block.verdict.as_ref());
            overall(&others.fold(verdict.clone(), Verdict::joined))
        }),
    }
}

/// How the error signal comes back through the layers.
fn signal_paths(telling: Telling<'_>) -> Vec<Vec<SignalStep>> {
    let blank = Speller::new(&telling.derivation.network);
    let variable = |signal: &Name| {
        signal
            .of_cotangent()
            .map_or_else(String::new, |it| it.to_string())
    };
    let paths = content::paths(telling);
    let path = |path: &content::SignalPath<'_>| {
        let steps = path.pairs().map(|(from, statement)| SignalStep {
            from: variable(&from),
            to: statement.variable.to_string(),
            map: content::above(&from, statement, &blank).as_ref().map(spelt),
        });
        steps.collect()
    };
    paths.iter().map(path).collect()
}

fn dimensions(speller: &Speller<'_>) -> Vec<Dimension> {
    let all = speller.network.dims.iter();
    all.map(|(name, size)| Dimension {
        name: name.to_string(),
        size: *size,
        multiple_of: speller.network.multiple_of(name),
    })
    .collect()
}

fn arrays(speller: &Speller<'_>, role: Role) -> Vec<Array> {
    let all = speller.network.symbols.iter();
    all.filter(|symbol| symbol.role == role)
        .map(|symbol| Array {
            name: symbol.name.to_string(),
            shape: shape(&symbol.shape),
            text: text::inline(&speller.name(&symbol.name)),
            latex: latex::inline(&speller.name(&symbol.name)),
            facts: content::facts(symbol),
        })
        .collect()
}

fn shape(shape: &Shape) -> Vec<String> {
    shape.0.iter().map(ToString::to_string).collect()
}

fn definitions(telling: Telling<'_>, speller: &Speller<'_>) -> Vec<Definition> {
    let all = telling.derivation.forward.iter();
    all.map(|step| definition(telling, speller, step)).collect()
}

fn definition(telling: Telling<'_>, blank: &Speller<'_>, step: &Forward) -> Definition {
    let mut speller = blank.clone();
    let entry = entry(&mut speller, step);
    let whole = step
        .matrix
        .as_ref()
        .filter(|matrix| matrix.shape() == Some(&step.shape))
        .map(|matrix| formula(&mut blank.clone(), matrix));
    Definition {
        name: step.name.to_string(),
        shape: shape(&step.shape),
        text: text::inline(&blank.name(&step.name)),
        latex: latex::inline(&blank.name(&step.name)),
        number: telling.numbers.shown(&step.name),
        whole,
        indices: indices(&speller, &step.indices),
        entry,
    }
}

fn entry(speller: &mut Speller<'_>, step: &Forward) -> Formula {
    let mut seen = Vec::new();
    speller
        .letters
        .give(crate::letters::Kind::Free, &step.indices, &mut seen);
    formula(speller, &step.entry)
}

fn indices(speller: &Speller<'_>, indices: &[derive_index::Index]) -> Vec<String> {
    let spelt = indices.iter().map(|index| speller.index(index));
    spelt.map(|index| text::inline(&index)).collect()
}

/// A term in all three forms.
fn formula(speller: &mut Speller<'_>, term: &Term) -> Formula {
    let math = speller.spell(term);
    formula_of(&math, tree::tree(speller, term))
}

fn formula_of(math: &Math, tree: serde_json::Value) -> Formula {
    Formula {
        text: text::inline(math),
        latex: latex::inline(math),
        tree: record::compact(&tree),
    }
}

fn gradient(telling: Telling<'_>, blank: &Speller<'_>, statement: &Statement) -> Gradient {
    let derivation = telling.derivation;
    let mut speller = blank.clone();
    let steps = steps::steps(derivation, &mut speller, statement, telling.detail);
    let mut speller = blank.clone();
    let (left, right) = content::sides(&mut speller, statement, &statement.result);
    let by_entries = content::is_entry_form(&statement.result) && statement.has_indices();
    let names = [&statement.numerator[..], &statement.indices].concat();
    let in_full = statement.in_full.as_ref();
    Gradient {
        wrt: statement.variable.to_string(),
        shape: shape(&statement.shape),
        number: number(telling, statement),
        left: latex::inline(&left),
        indices: by_entries.then(|| indices(&speller, &names)),
        text: text::inline(&right),
        latex: latex::inline(&right),
        tree: record::compact(&tree::tree(&speller, &statement.result)),
        factors: factors(blank, statement),
        in_full: in_full.map(|full| formula(&mut blank.clone(), full)),
        three_terms: three_terms(blank, statement),
        spec: derivation
            .spelling(&statement.variable)
            .map(Spelling::claim),
        flops: savings::alone(derivation, &statement.variable),
        complete: statement.saturated,
        steps,
        check: derivation
            .verdict
            .as_ref()
            .map(|verdict| check(verdict, &statement.variable)),
    }
}

fn three_terms(blank: &Speller<'_>, statement: &Statement) -> Option<record::ThreeTerms> {
    let three = statement.three_terms.as_ref()?;
    let mut speller = blank.clone();
    speller
        .letters
        .give_term(&derive_index::build::comprehension(
            &statement.indices,
            three.entry.clone(),
        ));
    Some(record::ThreeTerms {
        normalised: three.normalised.to_string(),
        entry: formula(&mut speller, &three.entry),
        indices: indices(&speller, &statement.indices),
        whole: three
            .closed
            .as_ref()
            .map(|whole| formula(&mut blank.clone(), whole)),
    })
}

/// The number that the page refers to a derivative by; a first one below which second ones are derived goes by the name of itself.
fn number(telling: Telling<'_>, statement: &Statement) -> Option<usize> {
    let own = telling.numbers.shown(&statement.variable.cotangent());
    let loss = &telling.derivation.loss.name;
    own.or_else(|| {
        telling
            .numbers
            .shown(&statement.variable.derivative_of(loss))
    })
}

/// The factors of a result's matrix products, in their order.
fn factors(blank: &Speller<'_>, statement: &Statement) -> Vec<Factor> {
    let mut found = Vec::new();
    if let Some(fitted) = content::fitted(&mut blank.clone(), &statement.result) {
        math::each_shaped(&fitted, &mut |factor, sizes| {
            found.push(Factor {
                text: text::inline(factor),
                latex: latex::inline(factor),
                shape: sizes.iter().map(text::inline).collect(),
            });
        });
    }
    found
}

fn check(verdict: &Verdict, variable: &Name) -> Check {
    let found = verdict.errors.iter().find(|(name, _)| name == variable);
    Check {
        method: METHOD,
        draws: verdict.draws,
        max_relative_error: found.and_then(|(_, error)| one_digit(*error)),
    }
}

/// As much of an error as any format shows; nothing if it is not a number.
fn one_digit(error: f64) -> Option<f64> {
    format!("{error:.0e}")
        .parse()
        .ok()
        .filter(|error: &f64| error.is_finite())
}

fn overall(verdict: &Verdict) -> Overall {
    Overall {
        method: METHOD,
        seed: verdict.seed,
        draws: verdict.draws,
        max_relative_error: one_digit(verdict.largest_error()),
        steps: verdict.steps,
        max_step_error: one_digit(verdict.step_error),
        failures: verdict.failures.clone(),
    }
}

/// A claim that holds was found equal at random points, which proves nothing; a single point where it fails refutes it.
fn claim(derivation: &Derivation, claim: &ClaimOutcome) -> Claim {
    Claim {
        text: claim.text.clone(),
        verdict: if claim.holds { "true" } else { "false" },
        reason: claim.reason.clone(),
        how: content::claims::how(claim).name,
        assumptions: claim.assumptions.clone(),
        proof: claim.proof.as_ref().map_or_else(Vec::new, |proof| {
            proof_lines(&content::claims::proof_lines(derivation, proof))
        }),
        ways: claim.proof.as_ref().map_or_else(Vec::new, |proof| {
            proof_lines(&content::claims::ways(derivation, proof, Steps::Full, None))
        }),
        mistake: claim.diagnosis.as_ref().map(|found| found.sentence.clone()),
        correction: claim
            .diagnosis
            .as_ref()
            .and_then(|found| found.correction.clone()),
    }
}

/// The lines of both sides; a reason is the name of a rule with its sentences, or the sentence alone.
fn proof_lines(equations: &[Equation]) -> Vec<ProofLine> {
    let mut lines = Vec::new();
    for equation in equations {
        for right in &equation.rights {
            lines.push(ProofLine {
                left: text::inline(&equation.left),
                text: text::inline(&right.math),
                latex: latex::inline(&right.math),
                why: right.reasons.first().map_or_else(String::new, reason_words),
            });
        }
    }
    lines
}

fn reason_words(reason: &Reason) -> String {
    let sentences = reason.sentences.iter().map(|it| unicode(it));
    let told: Vec<String> = sentences.collect();
    match told.as_slice() {
        [] => reason.rule.clone(),
        told => format!("{}: {}", reason.rule, told.join("; ")),
    }
}
