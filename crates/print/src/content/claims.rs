//! What became of the user's claims: the verdict, how it is known, what is wrong, and the proof.

use super::{Telling, Told, header, section, steps};
use crate::Steps;
use crate::document::{
    Block, Document, Equation, Inline, Reason, Right, Sign, marked, sentence, words,
};
use crate::letters::Kind;
use crate::math::{self, Math};
use crate::term::Speller;
use derive_index::Term;
use derive_index::derivation::{ClaimOutcome, Derivation, Diagnosis, How, Proof, ProofLine, Way};
use derive_index::substitute::alike;

/// What is said of every way to know, a way a row: the verdict, and its name in JSON.
pub struct HowRow {
    /// The way.
    pub how: How,
    /// The verdict in front of the claim.
    pub verdict: &'static str,
    /// The name for programs.
    pub name: &'static str,
}

/// Every way to know.
#[rustfmt::skip]
pub static HOWS: &[HowRow] = &[
    HowRow { how: How::Proved, verdict: "True, proved: ", name: "proved" },
    HowRow { how: How::Exact, verdict: "True, tested exactly: ", name: "exact" },
    HowRow { how: How::Numeric, verdict: "True, numeric only: ", name: "numeric only" },
    HowRow { how: How::Refuted, verdict: "False: ", name: "refuted" },
    HowRow { how: How::IllShaped, verdict: "False, ill-shaped: ", name: "ill-shaped" },
];

/// The row of a way to know.
pub fn how(claim: &ClaimOutcome) -> &'static HowRow {
    let row = HOWS.iter().find(|row| row.how == claim.how);
    row.unwrap_or(&HOWS[3])
}

/// The section of the claims, a verdict and its reasons each; then the proofs of identities, if steps are asked for.
pub(crate) fn verdicts(telling: Telling<'_>, blocks: &mut Vec<Block>) {
    let (derivation, detail) = (telling.derivation, telling.detail);
    if derivation.claims.is_empty() {
        return;
    }
    blocks.push(section("Claims"));
    let items = derivation
        .claims
        .iter()
        .map(|claim| told(derivation, claim));
    blocks.push(Block::List(items.collect()));
    if detail == Steps::None {
        return;
    }
    for claim in &derivation.claims {
        let proof = claim.proof.as_ref().filter(|proof| proof.ways.is_some());
        if let Some(proof) = proof {
            let lead = format!("Why `{}`:", claim.text);
            blocks.push(Block::Lead(marked(&lead)));
            let told = (detail == Steps::Key).then_some(telling.told);
            blocks.push(Block::Equations(ways(derivation, proof, detail, told)));
        }
    }
}

/// Both sides of an identity, each rewritten to the form that they have in common.
pub(crate) fn ways(
    derivation: &Derivation,
    proof: &Proof,
    detail: Steps,
    told: Option<&Told>,
) -> Vec<Equation> {
    let sides = [
        ("left side", &proof.derived),
        ("right side", &proof.claimed),
    ];
    let sides = sides.map(|(name, lines)| (name, lines.first().map(|line| &line.term)));
    let both = sides.into_iter().zip(proof.ways.iter().flatten());
    let equation = |((name, side), way): ((&str, Option<&Term>), &Way)| {
        let (mut speller, left) = side_name(derivation, proof, name);
        let mut rights: Vec<Right> = side
            .map(|side| Right::plain(speller.spell(side)))
            .into_iter()
            .collect();
        rights.extend(steps::rights(&mut speller, &way.steps, detail, told));
        Equation {
            left,
            sign: Sign::Equal,
            rights,
        }
    };
    both.map(equation).collect()
}

/// The name of an entry of one side, and a speller that has the letters of its indices.
fn side_name<'a>(derivation: &'a Derivation, proof: &Proof, name: &str) -> (Speller<'a>, Math) {
    let mut speller = Speller::new(&derivation.network);
    let letters = &mut speller.letters;
    letters.give(Kind::Free, &proof.indices, &mut Vec::new());
    let left = math::word(name, &format!(r"\text{{{name}}}"));
    let left = match proof.indices.is_empty() {
        true => left,
        false => math::entry(left, speller.indices(&proof.indices)),
    };
    (speller, left)
}

/// The same with the proofs of what was proved.
pub fn with_proofs(derivation: &Derivation, blocks: &mut Vec<Block>) {
    if derivation.claims.is_empty() {
        return;
    }
    blocks.push(section("Claims"));
    for claim in &derivation.claims {
        blocks.push(Block::List(vec![told(derivation, claim)]));
        if let Some(proof) = &claim.proof {
            blocks.push(Block::Equations(match &proof.ways {
                Some(_) => ways(derivation, proof, Steps::Key, None),
                None => proof_lines(derivation, proof),
            }));
        }
    }
}

/// One verdict without what would be right, for somebody who is still looking for it.
pub fn verdict(derivation: &Derivation, claim: &ClaimOutcome) -> Document {
    let mut kept = claim.clone();
    if let Some(diagnosis) = &mut kept.diagnosis {
        diagnosis.correction = None;
        diagnosis.fitting.clear();
    }
    kept.subject = None;
    Document {
        title: Vec::new(),
        blocks: vec![Block::Paragraph(told(derivation, &kept))],
    }
}

fn told(derivation: &Derivation, claim: &ClaimOutcome) -> Vec<Inline> {
    let mut said = vec![
        Inline::Strong(how(claim).verdict.to_owned()),
        Inline::Code(claim.text.clone()),
    ];
    said.extend(match claim.reason.as_str() {
        "" => sentence("."),
        reason => marked(&format!(": {}", header::closed(reason))),
    });
    if !claim.assumptions.is_empty() {
        let facts = claim.assumptions.join("; ");
        said.extend(marked(&format!(
            " It rests on this: {}",
            header::closed(&facts)
        )));
    }
    if let Some(diagnosis) = &claim.diagnosis {
        diagnosed(derivation, diagnosis, &mut said);
    }
    let corrected = claim
        .diagnosis
        .as_ref()
        .is_some_and(|it| it.correction.is_some());
    if !claim.holds && !corrected {
        said.extend(derived(derivation, claim));
    }
    said
}

/// What was derived, where there is no correction of what was claimed.
fn derived(derivation: &Derivation, claim: &ClaimOutcome) -> Vec<Inline> {
    let about = |statement: &&derive_index::derivation::Statement| {
        Some(&statement.variable) == claim.subject.as_ref()
    };
    let Some(statement) = derivation.statements.iter().find(about) else {
        return Vec::new();
    };
    let mut speller = Speller::new(&derivation.network);
    let (left, right) = steps::sides(&mut speller, statement, &statement.result);
    let equation = math::relation(left, math::Spelling::same("="), right);
    vec![words(" Derived was "), Inline::Math(equation), words(".")]
}

fn diagnosed(derivation: &Derivation, diagnosis: &Diagnosis, said: &mut Vec<Inline>) {
    if !diagnosis.sentence.is_empty() {
        let mut letters = diagnosis.sentence.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        let sentence = format!(" {first}{}", header::closed(letters.as_str()));
        said.extend(marked(&sentence));
    }
    if let Some(correction) = &diagnosis.correction {
        let unknown = diagnosis.sentence.is_empty();
        let front = if unknown {
            "No single mistake explains it. "
        } else {
            ""
        };
        said.extend(marked(&format!(" {front}Correct is `{correction}`.")));
    }
    let others = diagnosis.fitting.iter();
    let others = others.filter(|text| Some(*text) != diagnosis.correction.as_ref());
    let fitting: Vec<String> = others.map(|text| format!("`{text}`")).collect();
    if !fitting.is_empty() {
        let also = if diagnosis.correction.is_some() {
            "also "
        } else {
            ""
        };
        let fitting = fitting.join(", ");
        said.extend(marked(&format!(
            " Of these factors {also}{fitting} would fit in shape."
        )));
    }
    if let Some((variable, rule)) = &diagnosis.parting {
        let speller = Speller::new(&derivation.network);
        said.push(words(" The derivation and the claim part in "));
        said.push(Inline::Math(speller.name(&variable.cotangent())));
        said.push(words(", at the step "));
        said.push(Inline::Strong((*rule).to_owned()));
        said.push(words("."));
    }
}

/// Both sides, entry by entry, from what was claimed and derived to where they meet, with the reason of every line.
pub fn proof_lines(derivation: &Derivation, proof: &Proof) -> Vec<Equation> {
    let sides = [("claimed", &proof.claimed), ("derived", &proof.derived)];
    let mut equations: Vec<Equation> = sides
        .into_iter()
        .map(|(name, lines)| side_lines(derivation, proof, name, lines))
        .collect();
    // What was claimed as it was derived needs no form that both share.
    if let (Some(claimed), [derived]) = (proof.claimed.last(), proof.derived.as_slice())
        && alike(&claimed.term, &derived.term)
        && let Some(second) = equations.pop()
    {
        equations[0].rights.push(Right::plain(second.left));
    }
    equations
}

fn side_lines(derivation: &Derivation, proof: &Proof, name: &str, lines: &[ProofLine]) -> Equation {
    let left = math::word(name, &format!(r"\text{{{name}}}"));
    let mut rights = Vec::new();
    let mut left_side = left.clone();
    for line in lines {
        // Every line chooses its letters anew, so that summed indices read k, l, … in each.
        let mut speller = Speller::new(&derivation.network);
        speller
            .letters
            .give(Kind::Free, &proof.indices, &mut Vec::new());
        if !proof.indices.is_empty() {
            left_side = math::entry(left.clone(), speller.indices(&proof.indices));
        }
        let mut right = Right::plain(speller.spell(&line.term));
        if !line.why.is_empty() {
            right.reasons.push(Reason {
                rule: line.why.clone(),
                sentences: Vec::new(),
                readings: Vec::new(),
            });
        }
        rights.push(right);
    }
    Equation {
        left: left_side,
        sign: Sign::Equal,
        rights,
    }
}
