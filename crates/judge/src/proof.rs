//! Proofs of true claims: both sides, entry by entry, led to one form.
//!
//! In: a claim that agrees in floats. Out: for both sides the entry, the entry with names put in where that is needed, and the form that both
//! have: the same up to the order of factors and terms, or else the same sum of products. From nothing put in to what only one side
//! mentions and then to everything, so that the shortest proof is found first. Every line is evaluated at random points; a proof with
//! a line that differs is none.

use crate::DerivativeOf;
use crate::put_in::{PutIn, levels};
use crate::truth::{sides, unprimed};
use derive_check::{Config, check_equal};
use derive_graph::{Attribute, Claim, ClaimSubject, Name, Network, Operation};
use derive_index::derivation::{Derivation, Proof, ProofLine};
use derive_index::normal_form::{Known, normal_form};
use derive_index::substitute::alike;
use derive_index::write_out::entry_at;
use derive_index::{Fresh, Head, Index, Term, build};
use std::cell::RefCell;
use std::collections::HashMap;

/// What is put in for a name; nothing where it stays.
type Definition<'a> = &'a dyn Fn(&Name) -> Option<Term>;

/// A proof that was found.
pub(crate) struct Found {
    pub(crate) proof: Proof,
    /// The way of the proof in a sentence.
    pub(crate) reason: String,
    /// The arrays whose promised sum was used.
    pub(crate) assumed: Vec<Name>,
    /// Whether more of the derivation than the last step is part of it.
    pub(crate) whole: bool,
}

/// The ways to one form: whether sums are multiplied out, and what that is called.
const WAYS: [(bool, &str); 2] = [
    (false, "the same up to the order of factors and terms"),
    (true, "multiplied out"),
];

/// A proof of a claim, if both sides have one form.
pub(crate) fn proved(
    derivation: &Derivation,
    claim: &Claim,
    config: &Config,
    derivative: DerivativeOf,
) -> Option<Found> {
    let network = &derivation.network;
    let [left, right] = sides(derivation, claim, derivative)?;
    let shape = match &claim.subject {
        ClaimSubject::Gradient(name) => network.symbol(name)?.shape.clone(),
        ClaimSubject::Expression(node) => network.graph.shape(*node).clone(),
    };
    let mut fresh = Fresh::starting_at(left.next_index().max(right.next_index()));
    let indices = fresh.indices(&shape.0);
    let derived = at(&left, &indices, &mut fresh)?;
    let claimed = at(&right, &indices, &mut fresh)?;
    levels(derivation, [&derived, &claimed]).find_map(|level| {
        let found = RefCell::new(HashMap::new());
        let definition = |name: &Name| {
            let known: Option<Option<Term>> = found.borrow().get(name).cloned();
            known.unwrap_or_else(|| {
                let array = level.definition(derivation, name);
                let array = array.map(|it| unprimed(&by_entries(&it), derivative));
                found.borrow_mut().insert(name.clone(), array.clone());
                array
            })
        };
        let once = matches!(level, PutIn::Once(_));
        let told_in = |side: &Term| {
            let mut fresh = Fresh::starting_at(side.next_index());
            put_in_as(side, &definition, &mut fresh, !once)
        };
        // What is put in once stays as it is.
        let (formed, defined): (_, Definition<'_>) = match once {
            true => ([told_in(&claimed)?, told_in(&derived)?], &|_| None),
            false => ([claimed.clone(), derived.clone()], &definition),
        };
        WAYS.iter().find_map(|(multiplied, way)| {
            let known = Known {
                definition: defined,
                attributes: &|name| attributes(network, name),
                multiplied: *multiplied,
            };
            let form = normal_form(&formed[0], &known)?;
            let other = normal_form(&formed[1], &known)?;
            if form.term != other.term {
                return None;
            }
            let names = level.words().map(|names| format!("{names} put in"));
            let mut assumed = [form.assumed, other.assumed].concat();
            assumed.sort();
            assumed.dedup();
            let told = Told {
                put_in: names,
                way: way_in_words(way, &assumed),
                form: &form.term,
                multiplied: *multiplied,
                identity: matches!(claim.subject, ClaimSubject::Expression(_)),
            };
            let proof = told.proof(&indices, [&claimed, &derived], &told_in);
            let found = Found {
                reason: told.reason(&proof),
                proof,
                assumed,
                whole: level.has_signals(),
            };
            is_verified(derivation, &found.proof, config).then_some(found)
        })
    })
}

fn way_in_words(way: &str, assumed: &[Name]) -> String {
    let sums = assumed
        .iter()
        .map(|name| format!(", the sums that `{name}` promises are one"));
    format!("{way}{}", sums.collect::<String>())
}

/// What the lines of a proof say.
struct Told<'a> {
    put_in: Option<String>,
    way: String,
    form: &'a Term,
    multiplied: bool,
    identity: bool,
}

impl Told<'_> {
    fn reason(&self, proof: &Proof) -> String {
        let direct = proof.claimed.len() == 1 && proof.derived.len() == 1;
        // The left side of an identity was not derived.
        let same = match self.identity {
            true => "both sides have one form",
            false => "it is what was derived",
        };
        match (&self.put_in, self.multiplied) {
            (None, false) if direct => format!("entry by entry {same}"),
            (None, false) => format!("{same}, up to the order of factors and terms"),
            (Some(names), false) => format!("with {names}, {same}"),
            (None, true) => "multiplied out, both sides are one sum of products".to_owned(),
            (Some(names), true) => {
                format!("with {names} and multiplied out, both sides are one sum of products")
            }
        }
    }

    /// Both sides from their entries to where they meet.
    fn proof(
        &self,
        indices: &[Index],
        sides: [&Term; 2],
        told_in: &dyn Fn(&Term) -> Option<Term>,
    ) -> Proof {
        let [mut claimed, mut derived] = sides.map(|side| {
            let mut lines = vec![line(side, "")];
            if let Some(why) = &self.put_in {
                let put_in = told_in(side).filter(|it| !alike(it, side));
                lines.extend(put_in.map(|term| line(&term, why)));
            }
            lines
        });
        let met = match (claimed.last(), derived.last()) {
            (Some(a), Some(b)) => alike(&a.term, &b.term),
            _ => false,
        };
        if !met && self.multiplied {
            for lines in [&mut claimed, &mut derived] {
                self.end_in(lines, self.form);
            }
        } else if !met && let Some(last) = derived.last() {
            self.end_in(&mut claimed, &last.term);
        }
        Proof {
            indices: indices.to_vec(),
            claimed,
            derived,
            ways: None,
        }
    }
}

impl Told<'_> {
    /// The term as the last line, unless it is that already.
    fn end_in(&self, lines: &mut Vec<ProofLine>, term: &Term) {
        let last = lines.last().map(|line| line.term.clone());
        if last.is_none_or(|last| !alike(&last, term)) {
            lines.push(line(term, &self.way));
        }
    }
}

fn line(term: &Term, why: &str) -> ProofLine {
    ProofLine {
        term: term.clone(),
        why: why.to_owned(),
    }
}

/// A scalar in index notation with definitions, arrays of the same shapes, in the places of names, and in theirs; indices that are made
/// are taken from `fresh`. `None` where something has no entries.
pub fn put_in(
    term: &Term,
    definition: &dyn Fn(&Name) -> Option<Term>,
    fresh: &mut Fresh,
) -> Option<Term> {
    put_in_as(term, definition, fresh, true)
}

/// The same; what is put in stays as it is unless names in it are looked at `again`.
fn put_in_as(
    term: &Term,
    definition: &dyn Fn(&Name) -> Option<Term>,
    fresh: &mut Fresh,
    again: bool,
) -> Option<Term> {
    let (array, place) = term.as_entry().unwrap_or((term, Vec::new()));
    match array.head() {
        Head::Tensor(name, _) => match definition(name) {
            Some(array) => {
                *fresh = Fresh::starting_at(fresh.peek().max(array.next_index()));
                let entry = at(&array, &place, fresh)?;
                match again {
                    true => put_in(&entry, definition, fresh),
                    false => Some(entry),
                }
            }
            None => Some(term.clone()),
        },
        Head::Ones(_) | Head::Identity(_) | Head::MatrixFunction(_) => Some(term.clone()),
        _ if *term.head() == Head::Entry => {
            let entry = at(array, &place, fresh).filter(|entry| entry != term)?;
            put_in_as(&entry, definition, fresh, again)
        }
        _ if is_of_entries(term) => {
            let children = term.children().iter();
            let children = children.map(|child| match child.as_index() {
                Some(_) => Some(child.clone()),
                None => put_in_as(child, definition, fresh, again),
            });
            Some(build::node(
                term.head().clone(),
                children.collect::<Option<_>>()?,
            ))
        }
        // A scalar made of whole arrays, `𝟏ᵀδ`.
        _ => {
            let entry = entry_at(term, &[], fresh).filter(|entry| entry != term)?;
            put_in_as(&entry, definition, fresh, again)
        }
    }
}

/// Whether a scalar is made of scalars.
fn is_of_entries(term: &Term) -> bool {
    let scalar = |child: &Term| child.rank() == 0;
    let kept = matches!(
        term.head(),
        Head::Number(_)
            | Head::Dimension(_)
            | Head::Delta
            | Head::Product
            | Head::Sum
            | Head::Power(_)
            | Head::Apply(_)
            | Head::Extremum { .. }
    );
    kept && term.children().iter().all(scalar)
}

/// Whether all lines have one value at random points.
fn is_verified(derivation: &Derivation, proof: &Proof, config: &Config) -> bool {
    let lines = proof.claimed.iter().chain(&proof.derived);
    let arrays = lines.map(|line| build::comprehension(&proof.indices, line.term.clone()));
    let arrays: Vec<Term> = arrays.collect();
    check_equal(&derivation.network, &derivation.statements, &arrays, config)
}

/// The array as its entries, so that one of them is found by putting indices in; the array itself where it has none.
fn by_entries(array: &Term) -> Term {
    let Some(shape) = array.shape().filter(|shape| !shape.is_scalar()) else {
        return array.clone();
    };
    let mut fresh = Fresh::starting_at(array.next_index());
    let indices = fresh.indices(&shape.0);
    match entry_at(array, &indices, &mut fresh) {
        // An index of an axis of size 1 binds nothing.
        Some(entry) if indices.iter().all(|index| index.id().is_some()) => {
            build::comprehension(&indices, entry)
        }
        _ => array.clone(),
    }
}

/// The entry of an array; a scalar that stands for a whole array is the same everywhere.
fn at(array: &Term, indices: &[Index], fresh: &mut Fresh) -> Option<Term> {
    match array.rank() {
        0 => Some(array.clone()),
        _ => entry_at(array, indices, fresh),
    }
}

/// What is promised of an array, and what its definition makes true of it.
fn attributes(network: &Network, name: &Name) -> Vec<Attribute> {
    let Some(symbol) = network.symbol(name) else {
        return Vec::new();
    };
    let mut attributes = symbol.attributes.clone();
    let operation = symbol
        .definition
        .map(|node| &network.graph.node(node).operation);
    if let Some(Operation::Softmax { axis, log: false }) = operation {
        attributes.push(Attribute::Simplex { axis: *axis });
    }
    attributes
}
