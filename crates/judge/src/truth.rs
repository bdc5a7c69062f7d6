//! How a claim that agrees in floats is known to be true.

use crate::proof::proved;
use crate::{DerivativeOf, declared_facts, statement};
use derive_check::exact::{CYCLIC_PRIME, Exact, Field, PRIMES, Residues};
use derive_check::random::Random;
use derive_check::{Config, Point, Sizes};
use derive_graph::{Attribute, Claim, ClaimSubject, Network, NodeId};
use derive_index::derivation::{ClaimOutcome, Derivation, How};
use derive_index::lower::lower_entry;
use derive_index::{Fresh, Head, Term, build};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Finds out how a true claim is known, and what it rests on.
pub fn explain(
    derivation: &Derivation,
    claim: &Claim,
    outcome: &mut ClaimOutcome,
    config: &Config,
    worlds: &mut Worlds,
) {
    let derivative = worlds.derivative;
    let facts = |whole: bool| match &claim.subject {
        ClaimSubject::Gradient(name) => declared_facts(derivation, name, whole),
        ClaimSubject::Expression(_) => Vec::new(),
    };
    if let Some(found) = proved(derivation, claim, config, derivative) {
        outcome.how = How::Proved;
        outcome.reason = found.reason;
        outcome.proof = Some(found.proof);
        outcome.assumptions = facts(found.whole);
        for name in found.assumed {
            let fact = format!("for `{name}`, the promised sum is one");
            if outcome.assumptions.is_empty() {
                outcome.assumptions.push(fact);
            }
        }
        return;
    }
    outcome.assumptions = facts(true);
    if let Some(points) = agrees_exactly(derivation, claim, config, worlds) {
        outcome.how = How::Exact;
        outcome.reason = format!(
            "both sides agree exactly at {points} random points modulo primes of 60 bits and more"
        );
    } else {
        outcome
            .reason
            .push_str(" in 64-bit floats; no proof was found");
    }
}

/// The array at a node, entry by entry.
pub(crate) fn array_of(network: &Network, node: NodeId) -> Term {
    let mut fresh = Fresh::default();
    let indices = fresh.indices(&network.graph.shape(node).0);
    let body = lower_entry(&network.graph, node, &indices, &mut fresh);
    build::comprehension(&indices, body)
}

/// The term with f′ of the language's own functions written as the derivative table has it.
pub(crate) fn unprimed(term: &Term, derivative: DerivativeOf) -> Term {
    if term.children().is_empty() {
        return term.clone();
    }
    let children = term.children().iter();
    let children: Vec<Term> = children.map(|child| unprimed(child, derivative)).collect();
    if let (Head::Apply(function), [argument]) = (term.head(), children.as_slice())
        && function.primes == 1
        && let Some(written) = derivative(function, argument)
    {
        return written;
    }
    Term::raw(term.head().clone(), children)
}

/// Both sides of a claim: what was derived, or the left side; and what is claimed.
pub fn sides(
    derivation: &Derivation,
    claim: &Claim,
    derivative: DerivativeOf,
) -> Option<[Term; 2]> {
    let network = &derivation.network;
    let left = match &claim.subject {
        ClaimSubject::Gradient(name) => statement(derivation, name)?.result.clone(),
        ClaimSubject::Expression(node) => array_of(network, *node),
    };
    let right = array_of(network, *claim.value.as_ref().ok()?);
    Some([left, right].map(|side| unprimed(&side, derivative)))
}

/// Everything that a derivation names, evaluated modulo primes: found once for all claims about it.
pub struct Worlds {
    derivative: DerivativeOf,
    known: BTreeMap<(u64, u64), Option<Exact>>,
}

impl Worlds {
    /// Nothing evaluated yet. `derivative` is f′ by the derivative table.
    pub fn new(derivative: DerivativeOf) -> Worlds {
        Worlds {
            derivative,
            known: BTreeMap::new(),
        }
    }

    /// Both sides modulo a prime; `None` where one has no value.
    fn values(
        &mut self,
        derivation: &Derivation,
        sides: &[Term; 2],
        seed: u64,
        (draw, prime): (u64, u64),
    ) -> Option<[Rc<Residues>; 2]> {
        let derivative = self.derivative;
        let world = self.known.entry((draw, prime)).or_insert_with(|| {
            let sizes = Point::draw(&derivation.network, seed, draw).ok()?.sizes;
            let seed = seed.wrapping_add(draw);
            environment(derivation, Field { prime }, sizes, seed, derivative)
        });
        let exact = world.as_mut()?;
        let left = exact.evaluate(&sides[0], &[]).ok()?;
        let right = exact.evaluate(&sides[1], &[]).ok()?;
        Some([left, right])
    }
}

/// At how many points both sides agree exactly; `None` where they do not, or have no value there.
pub fn agrees_exactly(
    derivation: &Derivation,
    claim: &Claim,
    config: &Config,
    worlds: &mut Worlds,
) -> Option<usize> {
    let sides = sides(derivation, claim, worlds.derivative)?;
    let complex = sides.iter().any(Term::is_complex);
    let mut points = 0;
    let quarters = |side: &Term| side.any(&|it| build::quarter_turns(it).is_some());
    let primes = match sides.iter().any(quarters) {
        true => [CYCLIC_PRIME; PRIMES.len()],
        false => PRIMES,
    };
    for (draw, prime) in primes.into_iter().enumerate() {
        // Not every prime has roots of unity of every order, so that several sizes are tried.
        let most = if complex { MOST_DRAWS } else { 1 };
        let mut draws = (0..most).map(|more| (draw + more) as u64);
        let values = |draw: u64| worlds.values(derivation, &sides, config.seed, (draw, prime));
        let [left, right] = draws.find_map(values)?;
        let repeated = left.data.len() == 1 && left.data[0] == right.data[0];
        if left.data != right.data && !(repeated && right.data.iter().all(|it| *it == left.data[0]))
        {
            return None;
        }
        points += 1;
    }
    Some(points)
}

/// How many points are tried for one prime.
const MOST_DRAWS: usize = 12;

/// Random residues for what is declared, and everything that is computed from them.
fn environment(
    derivation: &Derivation,
    field: Field,
    sizes: Sizes,
    seed: u64,
    derivative: DerivativeOf,
) -> Option<Exact> {
    let network = &derivation.network;
    let mut random = Random::new(seed, field.prime);
    let mut exact = Exact::new(field, sizes.clone(), seed);
    for symbol in &network.symbols {
        let value = match symbol.definition {
            Some(node) => {
                let array = unprimed(&array_of(network, node), derivative);
                let value = exact.evaluate(&array, &[]).ok()?;
                (*value).clone()
            }
            None => {
                let dims = sizes.dims(&symbol.shape).ok()?;
                drawn(dims, &symbol.attributes, field, &mut random)
            }
        };
        exact.insert(symbol.name.clone(), value);
    }
    for statement in &derivation.statements {
        let result = unprimed(&statement.result, derivative);
        let value = exact.evaluate(&result, &[]).ok()?;
        exact.insert(statement.variable.cotangent(), (*value).clone());
    }
    Some(exact)
}

/// An array of random residues that keeps what is promised of it.
fn drawn(
    dims: Vec<usize>,
    attributes: &[Attribute],
    field: Field,
    random: &mut Random,
) -> Residues {
    let count = dims.iter().product();
    let mut data: Vec<u64> = (0..count)
        .map(|_| 1 + random.bits() % (field.prime - 1))
        .collect();
    for attribute in attributes {
        match attribute {
            Attribute::Symmetric => {
                let side = dims[0];
                for i in 0..side {
                    for j in 0..i {
                        data[i * side + j] = data[j * side + i];
                    }
                }
            }
            Attribute::OneHot { axis } => along(&dims, *axis, |line| {
                let hot = random.bits() as usize % line.len();
                line.iter()
                    .enumerate()
                    .for_each(|(at, place)| data[*place] = u64::from(at == hot));
            }),
            Attribute::Simplex { axis } => along(&dims, *axis, |line| {
                let rest = line[1..]
                    .iter()
                    .fold(0, |sum, place| field.add(sum, data[*place]));
                data[line[0]] = field.subtract(1, rest);
            }),
            Attribute::Positive => {}
        }
    }
    Residues { dims, data }
}

/// Calls `each` with the places of every line along an axis.
fn along(dims: &[usize], axis: usize, mut each: impl FnMut(&[usize])) {
    let stride: usize = dims[axis + 1..].iter().product();
    let outer: usize = dims[..axis].iter().product();
    for block in 0..outer {
        for offset in 0..stride {
            let first = block * stride * dims[axis] + offset;
            let line: Vec<usize> = (0..dims[axis]).map(|at| first + at * stride).collect();
            each(&line);
        }
    }
}
