//! Every row of the rule table, held against exact arithmetic.
//!
//! A row is a function from a term to an equal one. For every row there is a generator of terms on which it acts; both sides are
//! evaluated modulo large primes, at random points whose dimensions all differ, one of them 1. Functions are values that nothing is
//! known of, so that all rows are rational identities and nothing is compared in floats.

mod careless;
mod generate;
mod point;
mod random;
mod rebind;
mod samples;

use derive_graph::{Dim, Name};
use derive_index::{Head, Index, Term, build};
use derive_rewrite::rules::{Action, rule};
use derive_rewrite::{Application, Context, RULES, Requirement, Rule};
use generate::Generator;
use point::{Keep, equal_at};
use rebind::rebound;
use samples::{NEVER_BY_ITSELF, SAMPLERS, Sample, Sampler};

/// Sample terms for every row; more with `DERIVE_SAMPLES`.
fn samples() -> u64 {
    let asked = std::env::var("DERIVE_SAMPLES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(300)
}

const POINTS: u64 = 4;

/// All ways in which a row acts on a node, each under the row that it names.
fn applications_of(
    row: &'static Rule,
    term: &Term,
    context: &Context,
) -> Vec<(&'static Rule, Application)> {
    let found = match row.action {
        Action::One(apply) => apply(term, context).into_iter().collect(),
        Action::Many(apply) => apply(term, context),
        Action::Named => Vec::new(),
    };
    let changed = found.into_iter().filter(|found| found.after != *term);
    changed
        .map(|found| (found.kind.and_then(rule).unwrap_or(row), found))
        .collect()
}

fn is_normal(term: &Term) -> bool {
    let leaf = term.children().is_empty();
    leaf || build::node(term.head().clone(), term.children().to_vec()) == *term
        && term.children().iter().all(is_normal)
}

fn subterms(term: &Term, all: &mut Vec<Term>) {
    all.push(term.clone());
    term.children()
        .iter()
        .for_each(|child| subterms(child, all));
}

/// Every application of any row to any part of a sample.
fn applications_in(sample: &Sample) -> Vec<(Term, &'static Rule, Application)> {
    let mut parts = Vec::new();
    subterms(&sample.term, &mut parts);
    parts.retain(|part| part.shape().is_some() && !part.children().is_empty());
    let context = Context {
        facts: &sample.facts,
        transforms: true,
        without: &[],
        indices: &[],
    };
    let mut all = Vec::new();
    for part in parts {
        // The first row brings a node to its normal form; the others are for nodes that are in it.
        let rows = if is_normal(&part) { RULES } else { &RULES[..1] };
        for row in rows {
            let found = applications_of(row, &part, &context);
            all.extend(
                found
                    .into_iter()
                    .map(|(row, found)| (part.clone(), row, found)),
            );
        }
    }
    all
}

/// Sums inside one another beyond this take too long to write out.
const MOST_LOOPS: usize = 7;

/// How many indices are bound or free inside one another.
fn loops(term: &Term) -> usize {
    let inner = term.children().iter().map(loops).max().unwrap_or(0);
    let bound = if term.head().binds() {
        term.split().0.len()
    } else {
        0
    };
    (inner + bound).max(term.free().len())
}

/// Whether a point judged an application; what is wrong with it, if one shows it.
fn judged(
    seed: u64,
    keep: Keep,
    sample: &Sample,
    before: &Term,
    found: &Application,
) -> Result<bool, String> {
    if before.shape() != found.after.shape() {
        return Err("the shape changes".to_owned());
    }
    if loops(before).max(loops(&found.after)) > MOST_LOOPS {
        return Ok(false);
    }
    let mut points = 0;
    for point in 0..POINTS {
        let seed = seed.wrapping_mul(1009).wrapping_add(point);
        let sides = [before, &found.after];
        match equal_at(seed, keep, &sample.facts, &found.conditions, sides)? {
            Some(false) => return Err("the sides differ".to_owned()),
            Some(true) => points += 1,
            None => {}
        }
    }
    Ok(points > 0)
}

fn describe(name: &str, before: &Term, found: &Application, reason: &str) -> String {
    format!(
        "`{name}`: {reason}\n  {}\n  {}",
        text(before),
        text(&found.after)
    )
}

/// A term on one line.
fn text(term: &Term) -> String {
    let children: Vec<String> = term.children().iter().map(text).collect();
    let head = match term.head() {
        Head::Index(index) => return index_text(index),
        Head::Tensor(name, _) => return name.to_string(),
        Head::Number(value) => return value.to_string(),
        head => format!("{head:?}"),
    };
    if children.is_empty() {
        head
    } else {
        format!("{head}({})", children.join(", "))
    }
}

fn index_text(index: &Index) -> String {
    match (index.id(), index.as_affine()) {
        (Some(id), _) => format!("#{id}:{}", index.dim()),
        (_, Some(affine)) => {
            let terms: Vec<String> = affine
                .terms()
                .iter()
                .map(|(index, c)| format!("{c}·{}", index_text(index)))
                .collect();
            format!(
                "<{} + {} over {} cyclic {} on {}>",
                terms.join(" + "),
                affine.constant(),
                affine.divisor(),
                affine.cyclic(),
                affine.dim()
            )
        }
        _ => "unit".to_owned(),
    }
}

/// A sample; every other one with few index names, so that sums inside bind what is free or bound outside.
fn sample_of(sampler: Sampler, seed: u64) -> Sample {
    let mut it = Generator::new(seed);
    let mut sample = sampler(&mut it);
    if seed % 2 == 1 {
        sample.term = rebound(&mut it.random, &sample.term);
    }
    sample
}

/// How many applications of a row were judged, and the smallest that is wrong.
fn try_row(name: &str, keep: Keep) -> (usize, Option<String>) {
    let found = SAMPLERS.iter().find(|(row, _)| *row == name);
    let (_, sampler) = found.unwrap_or_else(|| panic!("`{name}` has no sampler"));
    let mut count = 0;
    let mut worst: Option<(u32, String)> = None;
    for seed in 0..samples() {
        let sample = sample_of(*sampler, seed);
        for (before, row, found) in applications_in(&sample) {
            if row.name != name {
                continue;
            }
            match judged(seed, keep, &sample, &before, &found) {
                Ok(counts) => count += usize::from(counts),
                Err(reason) if worst.as_ref().is_none_or(|(size, _)| before.size() < *size) => {
                    worst = Some((before.size(), describe(name, &before, &found, &reason)));
                }
                Err(_) => {}
            }
        }
    }
    (count, worst.map(|(_, sentence)| sentence))
}

#[test]
fn every_row_is_reached_and_right() {
    let mut wrong = Vec::new();
    for row in RULES {
        let (count, fault) = try_row(row.name, Keep::Conditions);
        if count < 20 && !NEVER_BY_ITSELF.contains(&row.name) {
            wrong.push(format!("`{}` was judged {count} times only", row.name));
        }
        wrong.extend(fault);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn samplers_are_for_rows() {
    let known = |name: &str| rule(name).is_some();
    assert!(SAMPLERS.iter().all(|(name, _)| known(name)));
}

/// Any row on any part of the samples made for any row.
#[test]
fn rows_are_right_wherever_they_act() {
    let samplers = SAMPLERS.len() as u64;
    for seed in 0..4 * samples() {
        let (name, sampler) = SAMPLERS[(seed % samplers) as usize];
        let sample = sample_of(sampler, seed ^ 0x5eed_0000);
        for (before, row, found) in applications_in(&sample) {
            if let Err(reason) = judged(seed, Keep::Conditions, &sample, &before, &found) {
                let sentence = describe(row.name, &before, &found, &reason);
                panic!("in a sample of `{name}`, seed {seed}: {sentence}");
            }
        }
    }
}

#[test]
fn rows_are_wrong_without_what_they_require() {
    for row in RULES {
        let refuted = match row.requires {
            None => continue,
            Some(Requirement::Independent) => refused_and_wrong(row, dependent()),
            Some(Requirement::FewIndices) => refused_and_wrong(row, three_others()),
            Some(Requirement::Real) if row.name == "part-of-sum" => {
                refused_and_wrong(row, part_of_complex())
            }
            Some(Requirement::Real) => refused_and_wrong(row, conjugate_of_complex()),
            Some(_) => try_row(row.name, Keep::Nothing).1.is_some(),
        };
        assert!(refuted, "`{}` holds without its condition", row.name);
    }
}

/// Whether a requirement is something that a reader has to be told, not something that the row sees in the term.
fn is_told(requirement: Requirement) -> bool {
    !matches!(
        requirement,
        Requirement::Independent | Requirement::FewIndices | Requirement::Real
    )
}

#[test]
fn what_a_row_requires_is_recorded() {
    for (_, sampler) in SAMPLERS {
        for seed in 0..samples() {
            let found = applications_in(&sampler(&mut Generator::new(seed)));
            let silent = found.iter().find(|(_, row, found)| {
                row.requires.is_some_and(is_told) && found.conditions.is_empty()
            });
            if let Some((before, row, found)) = silent {
                panic!("{}", describe(row.name, before, found, "no condition"));
            }
        }
    }
}

/// Whether a row does not act on a term that lacks what it requires, and would be wrong if it did.
fn refused_and_wrong(row: &'static Rule, [before, after]: [Term; 2]) -> bool {
    let context = Context {
        facts: &[],
        transforms: true,
        without: &[],
        indices: &[],
    };
    let outcome = |seed| equal_at(seed, Keep::Conditions, &[], &[], [&before, &after]);
    let mut all = RULES
        .iter()
        .flat_map(|it| applications_of(it, &before, &context));
    let acts = all.any(|(found, _)| found.name == row.name);
    !acts && (0..POINTS).any(|seed| outcome(seed) == Ok(Some(false)))
}

/// Σ_k X_k and n X_k.
fn dependent() -> [Term; 2] {
    let mut it = Generator::new(0);
    let k = it.index();
    let entry = build::entry(generate::named("X", &[k.dim()]), vec![k.clone()]);
    let counted = vec![build::dimension(&k.dim()), entry.clone()];
    [
        build::product(vec![k], vec![entry]),
        build::product(Vec::new(), counted),
    ]
}

/// The circle of a dimension, ω^{ki} and ω^{−ki} on it.
fn circle() -> (Index, Index, [Term; 2]) {
    let mut it = Generator::new(0);
    let dim = Dim::Named(Name::new("c"));
    let (k, i) = (it.over(&dim), it.over(&dim));
    let back = i.to_affine().scaled(-1).to_index();
    let roots = [build::root(&k, &i), build::root(&k, &back)];
    (k, i, roots)
}

/// Σ_k ω^{ki} Re(ω^{ki} x_k) and Re(Σ_k ω^{ki} ω^{ki} x_k).
fn part_of_complex() -> [Term; 2] {
    let (k, _, [root, _]) = circle();
    let x = build::entry(generate::named("X", &[k.dim()]), vec![k.clone()]);
    let inner = vec![root.clone(), x];
    let part = |factors, bound| Term::raw(Head::RealPart, vec![build::product(bound, factors)]);
    let all = [vec![root.clone()], inner.clone()].concat();
    [
        build::product(vec![k.clone()], vec![root, part(inner, Vec::new())]),
        part(all, vec![k]),
    ]
}

/// Σ_k ω^{ki} z_k and the conjugate of the transform of z, for a complex z.
fn conjugate_of_complex() -> [Term; 2] {
    let (k, i, [root, _]) = circle();
    let transform = |array: Term| Term::raw(Head::Fourier { inverse: false }, vec![array]);
    let z = transform(generate::named("X", &[k.dim()]));
    let entry = build::entry(z.clone(), vec![k.clone()]);
    let conjugate = Term::raw(Head::Conjugate, vec![transform(z)]);
    [
        build::product(vec![k], vec![root, entry]),
        build::entry(conjugate, vec![i]),
    ]
}

/// Σ_k A_ik B_jk C_lk and [A Bᵀ]_ij Σ_k C_lk.
fn three_others() -> [Term; 2] {
    let mut it = Generator::new(0);
    let [i, j, l, k] = ["a", "b", "c", "d"].map(|name| it.over(&Dim::Named(Name::new(name))));
    let array = |letter, place: &Index| generate::named(letter, &[place.dim(), k.dim()]);
    let entry =
        |letter, place: &Index| build::entry(array(letter, place), vec![place.clone(), k.clone()]);
    let all = vec![entry("X", &i), entry("X", &j), entry("X", &l)];
    let product = build::matmul(vec![array("X", &i), build::transpose(array("X", &j))]);
    let split = vec![
        build::entry(product, vec![i.clone(), j.clone()]),
        build::product(vec![k.clone()], vec![entry("X", &l)]),
    ];
    [
        build::product(vec![k.clone()], all),
        build::product(Vec::new(), split),
    ]
}
