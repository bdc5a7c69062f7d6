//! What is 0/0 or 0 · ln 0 in floats although the formula has a value: a product with an array that may vanish stands inside of a sum.
//!
//! In: the code of a line, and the arrays that come to 0 where exponentials are too small for a float: softmax, σ, exp. Out: the same with
//! P (a + T ⊘ P) as P a + T, and w (a + ln w) as w a + w ln w, whose product is 0 where w is.

use crate::code::{Arena, Id, Op};
use crate::schedule::{Root, below};
use num_traits::One;
use std::collections::{BTreeSet, HashMap};

/// The variables of arrays that may vanish.
pub(crate) fn vanishing(arena: &Arena, roots: &[Root]) -> BTreeSet<String> {
    let found = roots.iter().filter(|root| may_vanish(arena, root.id));
    found.map(|root| root.variable.clone()).collect()
}

fn may_vanish(arena: &Arena, id: Id) -> bool {
    match &arena.node(id).op {
        Op::Softmax { log, .. } => !log,
        Op::Apply(function) => {
            function.primes == 0 && ["exp", "sigmoid"].contains(&function.name.as_str())
        }
        _ => false,
    }
}

/// The lines with the code of those that divide by such an array in the place of their names, where one other line alone mentions them, so that what
/// multiplies by the array meets what divides by it.
pub(crate) fn joined(
    arena: &mut Arena,
    roots: &mut [Root],
    names: &BTreeSet<String>,
    is_asked: &dyn Fn(&str) -> bool,
) {
    for at in 0..roots.len() {
        let (variable, id) = (roots[at].variable.clone(), roots[at].id);
        if is_asked(&variable) || !divides(arena, id, names) {
            continue;
        }
        let dims = arena.dims(id).to_vec();
        let name = arena.add(Op::Name(variable), Vec::new(), dims);
        let users: Vec<usize> = (0..roots.len())
            .filter(|&user| below(arena, roots[user].id).contains(&name))
            .collect();
        if let [user] = users.as_slice() {
            let mut known = HashMap::from([(name, id)]);
            let whole = rebuilt(arena, roots[*user].id, &mut known, &|_, _| None);
            roots[*user].id = multiplied_out(arena, whole, names);
        }
    }
}

/// Whether a factor of code is the reciprocal of an array that may vanish.
fn divides(arena: &Arena, id: Id, names: &BTreeSet<String>) -> bool {
    below(arena, id)
        .into_iter()
        .any(|part| match &arena.node(part).op {
            Op::Power(exponent) if (-exponent).is_one() => {
                is_vanishing(arena, arena.node(part).arguments[0], names)
            }
            _ => false,
        })
}

fn is_vanishing(arena: &Arena, id: Id, names: &BTreeSet<String>) -> bool {
    match &arena.node(id).op {
        Op::Name(name) => names.contains(name),
        _ => may_vanish(arena, id),
    }
}

/// The code with such products multiplied out.
pub(crate) fn multiplied_out(arena: &mut Arena, id: Id, names: &BTreeSet<String>) -> Id {
    rebuilt(arena, id, &mut HashMap::new(), &|arena, factors| {
        split(arena, factors, names)
    })
}

fn rebuilt(
    arena: &mut Arena,
    id: Id,
    known: &mut HashMap<Id, Id>,
    change: &dyn Fn(&mut Arena, &[Id]) -> Option<Id>,
) -> Id {
    if let Some(&done) = known.get(&id) {
        return done;
    }
    let node = arena.node(id).clone();
    let arguments = node.arguments.iter();
    let arguments: Vec<Id> = arguments
        .map(|&it| rebuilt(arena, it, known, change))
        .collect();
    let done = match node.op {
        Op::Product => {
            let whole = arena.product(arguments);
            let factors = arena.node(whole).arguments.clone();
            let is_product = arena.node(whole).op == Op::Product;
            let changed = is_product.then(|| change(arena, &factors)).flatten();
            changed.unwrap_or(whole)
        }
        Op::Sum if arguments != node.arguments => arena.sum(arguments),
        _ if arguments == node.arguments => id,
        op => arena.add(op, arguments, node.dims),
    };
    known.insert(id, done);
    done
}

/// A product of a sum of which some terms meet a factor, as a sum.
fn split(arena: &mut Arena, factors: &[Id], names: &BTreeSet<String>) -> Option<Id> {
    for (at, &sum) in factors.iter().enumerate() {
        if arena.node(sum).op != Op::Sum {
            continue;
        }
        let mut others = factors.to_vec();
        others.remove(at);
        let terms = arena.node(sum).arguments.clone();
        let (mut met, mut rest) = (Vec::new(), Vec::new());
        for term in terms {
            match meeting(arena, &others, term, names) {
                Some(whole) => met.push(whole),
                None => rest.push(term),
            }
        }
        if met.is_empty() {
            continue;
        }
        if !rest.is_empty() {
            let rest = arena.sum(rest);
            met.push(arena.product(others.into_iter().chain([rest]).collect()));
        }
        return Some(arena.sum(met));
    }
    None
}

/// The product of factors and of a term that divides by one of them, or has its logarithm.
fn meeting(arena: &mut Arena, factors: &[Id], term: Id, names: &BTreeSet<String>) -> Option<Id> {
    let parts = match arena.node(term).op {
        Op::Product => arena.node(term).arguments.clone(),
        _ => vec![term],
    };
    for (at, &part) in parts.iter().enumerate() {
        let node = arena.node(part).clone();
        let &[inner] = node.arguments.as_slice() else {
            continue;
        };
        let Some(place) = factors.iter().position(|&it| it == inner) else {
            continue;
        };
        let replaced = match &node.op {
            Op::Power(exponent) if (-exponent).is_one() && is_vanishing(arena, inner, names) => {
                Vec::new()
            }
            Op::Apply(it) if it.primes == 0 && it.name.as_str() == "log" => {
                vec![arena.add(Op::Xlogy, vec![inner, inner], node.dims.clone())]
            }
            _ => continue,
        };
        let mut left = factors.to_vec();
        left.remove(place);
        left.extend(
            parts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, &it)| it),
        );
        left.extend(replaced);
        return Some(arena.product(left));
    }
    None
}
