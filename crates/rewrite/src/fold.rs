//! Rules that use definitions: softmax and symmetric matrices.

use crate::contract::summed;
use crate::fact::Fact;
use crate::rules::{Application, Context};
use crate::sift::{base_and_exponent, product_parts};
use derive_graph::{Function, Name};
use derive_index::derivation::Condition;
use derive_index::{Fresh, Head, Index, Rational, Term, build};
use num_traits::{One, Signed};

/// exp(Z_{ij}) / Σ_k exp(Z_{ik}) → S_{ij} where S is defined as softmax(Z); exp(S_{ij}) for log-softmax.
pub fn fold_softmax(term: &Term, context: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    for (numerator, factor) in factors.iter().enumerate() {
        let Some((name, place)) = exponential_of_entry(factor) else {
            continue;
        };
        for fact in context.facts {
            let Fact::Softmax {
                value,
                argument,
                axis,
                log,
            } = fact
            else {
                continue;
            };
            if *argument != name {
                continue;
            }
            let total = factors
                .iter()
                .position(|other| is_reciprocal_total(other, factor, &place, *axis));
            let Some(total) = total else { continue };
            let (sum, exponent) = base_and_exponent(&factors[total]);
            let shape = factor.children()[0].children()[0]
                .shape()
                .cloned()
                .unwrap_or_default();
            let tensor = build::tensor(value, &shape);
            let condition = defined_as_softmax(&tensor, factor, (*axis, *log))?;
            let entry = build::entry(tensor, place.clone());
            let folded = if *log {
                build::apply(Function::named("exp"), vec![entry])
            } else {
                entry
            };
            let mut left = factors.clone();
            left[numerator] = folded.clone();
            left[total] = build::power(sum, exponent + Rational::one());
            let slots = vec![folded, factors[numerator].clone()];
            let application = Application::new(build::product(bound, left)).because(slots);
            return Some(application.under(condition));
        }
    }
    None
}

/// That `value` is the softmax, or its logarithm, of the array that `exponential` reads.
fn defined_as_softmax(
    value: &Term,
    exponential: &Term,
    (axis, log): (usize, bool),
) -> Option<Condition> {
    let (array, _) = exponential.children()[0].as_entry()?;
    Some(Condition::Defined {
        value: value.clone(),
        definition: Term::raw(Head::Softmax { axis, log }, vec![array.clone()]),
    })
}

/// exp(Z_{ij}) / Σ_k exp(Z_{ik}) → [softmax(Z)]_{ij} for a Z whose softmax has no name.
pub fn softmax_form(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    for (numerator, factor) in factors.iter().enumerate() {
        let Some((_, place)) = exponential_of_entry(factor) else {
            continue;
        };
        let (array, _) = factor.children()[0].as_entry()?;
        for axis in (0..place.len()).filter(|axis| place[*axis].id().is_some()) {
            let is_total = |other: &Term| is_reciprocal_total(other, factor, &place, axis);
            let Some(total) = factors.iter().position(is_total) else {
                continue;
            };
            let (sum, exponent) = base_and_exponent(&factors[total]);
            let softmax = Term::raw(Head::Softmax { axis, log: false }, vec![array.clone()]);
            let mut left = factors.clone();
            left[numerator] = build::entry(softmax.clone(), place.clone());
            left[total] = build::power(sum, exponent + Rational::one());
            return Some(Application::new(build::product(bound, left)).because(vec![softmax]));
        }
    }
    None
}

/// exp(Z_{place}) as (Z, place).
fn exponential_of_entry(term: &Term) -> Option<(Name, Vec<Index>)> {
    let is_exponential =
        matches!(term.head(), Head::Apply(function) if *function == Function::named("exp"));
    let (array, place) = term
        .children()
        .first()
        .filter(|_| is_exponential)?
        .as_entry()?;
    // Outside its places an entry is zero, but its exponential is not.
    let plain = place.iter().all(|index| index.as_affine().is_none());
    match array.head() {
        Head::Tensor(name, _) if plain => Some((name.clone(), place)),
        _ => None,
    }
}

/// (Σ_k exp(Z_{…k…}))^(−q) with k along the axis and the other indices as in `place`, be it still a sum or a product with ones.
fn is_reciprocal_total(term: &Term, exponential: &Term, place: &[Index], axis: usize) -> bool {
    let (base, exponent) = base_and_exponent(term);
    if !exponent.is_negative() {
        return false;
    }
    let index = match product_parts(&base).map(|(bound, _)| bound) {
        Some(bound) if bound.len() == 1 => bound[0].clone(),
        Some(bound) if !bound.is_empty() => return false,
        _ => Fresh::starting_at(exponential.next_index()).index(&place[axis].dim()),
    };
    let Some((array, _)) = exponential.children().first().and_then(Term::as_entry) else {
        return false;
    };
    let mut other = place.to_vec();
    other[axis] = index.clone();
    let entry = build::apply(
        Function::named("exp"),
        vec![build::entry(array.clone(), other)],
    );
    let as_sum = build::product(vec![index.clone()], vec![entry.clone()]);
    base == as_sum || summed(&index, &[entry]).is_some_and(|(_, closed)| base == closed)
}

/// Aᵀ → A for a symmetric A, and for the inverse of what is its own transpose because of such an A.
pub fn symmetric_whole(term: &Term, context: &Context) -> Option<Application> {
    if *term.head() != Head::Transpose {
        return None;
    }
    let inner = &term.children()[0];
    let condition = first_symmetric(inner, context)?;
    let same = match inner.head() {
        Head::Tensor(..) => true,
        Head::MatrixFunction("inv") => {
            let symmetric = |name: &Name| symmetric_because(name, context).is_some();
            let normal = |term: &Term| build::without_turns(term, &symmetric);
            build::is_own_transpose(&inner.children()[0], &normal)
        }
        _ => false,
    };
    same.then(|| {
        Application::new(inner.clone())
            .because(vec![term.clone(), inner.clone()])
            .under(condition)
    })
}

/// Why an array is symmetric, if it is.
fn symmetric_because(name: &Name, context: &Context) -> Option<&'static str> {
    context.facts.iter().find_map(|fact| match fact {
        Fact::Symmetric { array, because } if array == name => Some(*because),
        _ => None,
    })
}

/// The first symmetric array that is mentioned, as a condition.
fn first_symmetric(term: &Term, context: &Context) -> Option<Condition> {
    match term.head() {
        Head::Tensor(name, _) => symmetric_because(name, context).map(|fact| Condition::Declared {
            array: name.clone(),
            fact,
        }),
        _ => term
            .children()
            .iter()
            .find_map(|child| first_symmetric(child, context)),
    }
}

/// A_{ji} → A_{ij} for a symmetric A, so that both orders meet.
pub fn symmetric(term: &Term, context: &Context) -> Option<Application> {
    let (array, place) = term.as_entry()?;
    let Head::Tensor(name, _) = array.head() else {
        return None;
    };
    let fact = symmetric_because(name, context)?;
    let [a, b] = place.as_slice() else {
        return None;
    };
    (b < a).then(|| {
        let condition = Condition::Declared {
            array: name.clone(),
            fact,
        };
        let turned = build::entry(array.clone(), vec![b.clone(), a.clone()]);
        Application::new(turned.clone())
            .because(vec![term.clone(), turned])
            .under(condition)
    })
}
