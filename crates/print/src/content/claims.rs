//! What became of the user's claims: the verdict, how it is known, what is wrong, and the proof.

use super::{header, section};
use crate::document::{
    Block, Document, Equation, Inline, Reason, Right, Sign, marked, sentence, words,
};
use crate::letters::Kind;
use crate::term::Speller;
use derive_index::derivation::{ClaimOutcome, Derivation, Diagnosis, How, Proof, ProofLine};
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

/// The section of the claims, a verdict and its reasons each.
pub fn verdicts(derivation: &Derivation, blocks: &mut Vec<Block>) {
    if derivation.claims.is_empty() {
        return;
    }
    blocks.push(section("Claims"));
    let items = derivation
        .claims
        .iter()
        .map(|claim| told(derivation, claim));
    blocks.push(Block::List(items.collect()));
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
            blocks.push(Block::Equations(proof_lines(derivation, proof)));
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
    let (left, right) = super::steps::sides(&mut speller, statement, &statement.result);
    let equation = crate::math::relation(left, crate::math::Spelling::same("="), right);
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
    let left = crate::math::word(name, &format!(r"\text{{{name}}}"));
    let mut rights = Vec::new();
    let mut left_side = left.clone();
    for line in lines {
        // Every line chooses its letters anew, so that summed indices read k, l, … in each.
        let mut speller = Speller::new(&derivation.network);
        speller
            .letters
            .give(Kind::Free, &proof.indices, &mut Vec::new());
        if !proof.indices.is_empty() {
            left_side = crate::math::entry(left.clone(), speller.indices(&proof.indices));
        }
        let mut right = Right::plain(speller.spell(&line.term));
        if !line.why.is_empty() {
            right.reasons.push(Reason {
                rule: line.why.clone(),
                sentences: Vec::new(),
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
