//! What follows the results: the update rule, the claims, notes, and the verdict of the check.

use super::{header, section};
use crate::document::{Block, Equation, Inline, Right, Sign, marked, sentence, words};
use crate::math::{self, Joiner, Level, Math, Spelling, Symbol};
use crate::names;
use crate::term::Speller;
use derive_graph::{Name, Network};
use derive_index::derivation::{ClaimOutcome, Derivation, Verdict};
use std::rc::Rc;

/// The update of one parameter by some rule.
type Rule = fn(&[Math], &Parameter) -> Vec<Equation>;

/// A row of the table of update rules.
struct UpdateRow {
    name: &'static str,
    scalars: usize,
    intro: &'static str,
    rule: Rule,
}

#[rustfmt::skip]
static UPDATES: &[UpdateRow] = &[
    UpdateRow { name: "sgd", scalars: 1, rule: sgd, intro: "Gradient descent: every parameter takes a step against its gradient." },
    UpdateRow { name: "momentum", scalars: 2, rule: momentum, intro: "Gradient descent with momentum: every parameter has a velocity v, zero at first." },
    UpdateRow { name: "adam", scalars: 4, rule: adam, intro: "Adam: every parameter has running means m of its gradient and v of its square, zero at first; t counts the steps from 1, and squares, roots and quotients are taken entry by entry." },
];

/// The symbols of one parameter's update.
struct Parameter {
    name: Math,
    gradient: Math,
    mean: Math,
    velocity: Math,
}

/// The section of the update rule.
pub fn update_rule(derivation: &Derivation, blocks: &mut Vec<Block>) {
    let network = &derivation.network;
    let Some(update) = &network.update else {
        return;
    };
    let speller = Speller::new(network);
    let scalars: Vec<Math> = update
        .scalars
        .iter()
        .map(|name| speller.name(name))
        .collect();
    let fits = |row: &&UpdateRow| row.name == update.rule && row.scalars <= scalars.len();
    let Some(row) = UPDATES.iter().find(fits) else {
        return;
    };
    let equations = network
        .wrt
        .iter()
        .flat_map(|name| (row.rule)(&scalars, &parameter(name, network)))
        .collect();
    blocks.push(section("Update rule"));
    blocks.push(Block::Paragraph(sentence(row.intro)));
    blocks.push(Block::Equations(equations));
}

fn parameter(name: &Name, network: &Network) -> Parameter {
    let own = names::symbol(name, network);
    let of = |letter: &str| {
        let spelt = math::symbol(own.clone());
        let sub = Spelling {
            symbol: Some(Rc::new(own.clone())),
            ..Spelling::new(crate::text::inline(&spelt), crate::latex::inline(&spelt))
        };
        math::symbol(Symbol {
            base: Spelling::same(letter),
            sub: Some(sub),
            sup: None,
        })
    };
    Parameter {
        name: math::symbol(own.clone()),
        gradient: names::derivative_math(name, network),
        mean: of("m"),
        velocity: of("v"),
    }
}

fn assign(left: &Math, right: Math) -> Equation {
    Equation {
        left: left.clone(),
        sign: Sign::Assign,
        rights: vec![Right::plain(right)],
    }
}

fn times(a: &Math, b: Math) -> Math {
    Math::Product(
        Joiner::Juxtaposed,
        vec![a.clone(), math::bracketed(b, Level::Raised)],
    )
}

fn plus(a: Math, b: Math) -> Math {
    Math::Sum(vec![(false, a), (false, b)])
}

fn minus(a: Math, b: Math) -> Math {
    Math::Sum(vec![(false, a), (true, b)])
}

fn raised(base: &Math, exponent: Math) -> Math {
    Math::Power {
        base: Box::new(math::bracketed(base.clone(), Level::Atom)),
        exponent: Box::new(exponent),
    }
}

/// W ← W − η ∂L/∂W. The partial derivative is one quantity here, so it takes no brackets.
fn sgd(scalars: &[Math], it: &Parameter) -> Vec<Equation> {
    let step = Math::Product(Joiner::Chain, vec![scalars[0].clone(), it.gradient.clone()]);
    vec![assign(&it.name, minus(it.name.clone(), step))]
}

/// v ← μ v + ∂L/∂W, W ← W − η v
fn momentum(scalars: &[Math], it: &Parameter) -> Vec<Equation> {
    let kept = times(&scalars[1], it.velocity.clone());
    let step = times(&scalars[0], it.velocity.clone());
    vec![
        assign(&it.velocity, plus(kept, it.gradient.clone())),
        assign(&it.name, minus(it.name.clone(), step)),
    ]
}

/// Kingma and Ba 2015, with the corrected means written out.
fn adam(scalars: &[Math], it: &Parameter) -> Vec<Equation> {
    let [eta, beta1, beta2, eps] = [0, 1, 2, 3].map(|at| &scalars[at]);
    let left_over = |beta: &Math| minus(math::number(1), beta.clone());
    let share = |beta: &Math, what: Math| {
        let factor = math::bracketed(left_over(beta), Level::Raised);
        Math::Product(Joiner::Chain, vec![factor, what])
    };
    let corrected = |mean: &Math, beta: &Math| {
        let power = raised(beta, math::word("t", "t"));
        math::fraction(mean.clone(), minus(math::number(1), power))
    };
    let square = raised(&it.gradient, math::number(2));
    let root = Math::Root(Box::new(corrected(&it.velocity, beta2)));
    let quotient = math::product(
        Joiner::Quotient,
        vec![corrected(&it.mean, beta1), plus(root, eps.clone())],
    );
    let step = Math::Product(Joiner::Juxtaposed, vec![eta.clone(), quotient]);
    vec![
        assign(
            &it.mean,
            plus(
                times(beta1, it.mean.clone()),
                share(beta1, it.gradient.clone()),
            ),
        ),
        assign(
            &it.velocity,
            plus(times(beta2, it.velocity.clone()), share(beta2, square)),
        ),
        assign(&it.name, minus(it.name.clone(), step)),
    ]
}

/// The section of the user's claims.
pub fn claims(derivation: &Derivation, blocks: &mut Vec<Block>) {
    if derivation.claims.is_empty() {
        return;
    }
    blocks.push(section("Claims"));
    let said = |claim: &ClaimOutcome| {
        let verdict = if claim.holds { "True: " } else { "False: " };
        let mut said = vec![
            Inline::Strong(verdict.to_owned()),
            Inline::Code(claim.text.clone()),
        ];
        said.extend(match claim.reason.as_str() {
            "" => sentence("."),
            reason => marked(&format!(": {}", header::closed(reason))),
        });
        said
    };
    blocks.push(Block::List(derivation.claims.iter().map(said).collect()));
}

/// The section of notes; what the conventions already say is not said again.
pub fn notes(derivation: &Derivation, blocks: &mut Vec<Block>) {
    let known = &derivation.network.notes;
    let fresh = derivation.notes.iter().filter(|note| !known.contains(note));
    let items: Vec<_> = fresh.map(|note| marked(&header::closed(note))).collect();
    if !items.is_empty() {
        blocks.push(section("Notes"));
        blocks.push(Block::List(items));
    }
}

/// The section of the numeric check, of a derivation and its second derivatives.
pub fn verdict(derivation: &Derivation, second: &[Derivation], blocks: &mut Vec<Block>) {
    blocks.push(section("Check"));
    match &derivation.verdict {
        None => blocks.push(Block::Paragraph(sentence("Not checked numerically."))),
        Some(verdict) => {
            let others = second.iter().filter_map(|block| block.verdict.as_ref());
            let verdict = &others.fold(verdict.clone(), Verdict::joined);
            let of = if !second.is_empty() {
                "what is differentiated"
            } else if derivation.loss.shape.is_scalar() {
                "the loss"
            } else {
                "the quantity itself"
            };
            checked(verdict, of, blocks);
        }
    }
}

fn checked(verdict: &Verdict, of: &str, blocks: &mut Vec<Block>) {
    let mut said = vec![
        words(format!(
            "Every derivative was compared with forward-mode dual numbers of {of} at {} (seed {}): the largest relative \
             error is ",
            counted(
                verdict.draws,
                "random point of random small sizes",
                "random points of random small sizes"
            ),
            verdict.seed,
        )),
        magnitude(verdict.largest_error()),
        words("."),
    ];
    if verdict.steps > 0 {
        said.push(words(format!(
            " {} of the derivation {} compared with what stands before: the largest relative error is ",
            counted(verdict.steps, "step", "steps"),
            if verdict.steps == 1 { "was" } else { "were" },
        )));
        said.extend([magnitude(verdict.step_error), words(".")]);
    }
    blocks.push(Block::Paragraph(said));
    if !verdict.failures.is_empty() {
        blocks.push(Block::Paragraph(vec![Inline::Strong(
            "The check failed:".into(),
        )]));
        let failures = verdict.failures.iter();
        blocks.push(Block::List(
            failures
                .map(|failure| marked(&header::closed(failure)))
                .collect(),
        ));
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// One significant digit.
fn magnitude(error: f64) -> Inline {
    let text = format!("{error:.0e}");
    Inline::Math(match text.split_once('e') {
        Some((digit, exponent)) if error.is_finite() && error != 0.0 => {
            math::word(&text, &format!(r"{digit} \times 10^{{{exponent}}}"))
        }
        _ if error == 0.0 => math::number(0),
        _ => math::word("not a number", r"\text{not a number}"),
    })
}
