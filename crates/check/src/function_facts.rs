//! Derivatives of elementwise functions as the derivation states them, against slopes of duals of the forward meaning.

use crate::array::{brief, compare};
use crate::facts::Mentioned;
use crate::function::with_defaults;
use crate::point::network_dims;
use crate::random::Random;
use crate::steps::FLOOR;
use crate::{Array, Environment, Functions, Sizes, TOLERANCE};
use derive_graph::function::Domain;
use derive_graph::{Function, Name, Network};
use derive_index::derivation::FunctionFact;
use derive_index::lower::parameter_name;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Points on both sides of every kink of the table, small and large.
const POINTS: [f64; 8] = [-2.3, -1.1, -0.6, -0.2, 0.15, 0.7, 1.2, 2.6];

/// Compares value and derivative of every fact with the function's forward meaning and its slope at points of its domain.
/// Returns what disagrees, in words. Arguments after the first take their defaults, or random values where a term
/// mentions them under [`parameter_name`].
pub fn check_function_facts(facts: &[FunctionFact], network: &Network, seed: u64) -> Vec<String> {
    facts
        .iter()
        .filter_map(|fact| check_fact(fact, network, seed).err())
        .collect()
}

fn check_fact(fact: &FunctionFact, network: &Network, seed: u64) -> Result<(), String> {
    let mut random = Random::of_text(seed, fact.function.name.as_str());
    // A body may mention a dimension.
    let sizes = Sizes::choose(&network_dims(network), &mut random);
    let functions = Functions::new(network, &sizes, seed);
    let callable = functions.callable(&fact.function);
    let slope = functions.callable(&fact.function.derivative());
    let mut judged = 0;
    for x in POINTS.into_iter().filter(|x| in_domain(&fact.function, *x)) {
        let arguments = arguments(fact, network, x, &mut random);
        let mut environment = environment(&arguments, &sizes, &functions);
        let sides = [
            ("", &fact.value, callable.real(&arguments)),
            ("′", &fact.derivative, slope.real(&arguments)),
        ];
        for (prime, term, expected) in sides {
            let Some(term) = term else { continue };
            let name = format!("{}{prime}", fact.function);
            let value = environment.evaluate(term, &[]);
            let value = value.map_err(|reason| format!("{name} cannot be evaluated: {reason}"))?;
            let found = value.data.first().copied().unwrap_or(f64::NAN);
            if !found.is_finite() && !expected.is_finite() {
                continue;
            }
            judged += 1;
            if compare(&[found], &[expected], FLOOR).error > TOLERANCE {
                let (found, expected) = (brief(found), brief(expected));
                return Err(format!("{name}({x}) is {found}, expected {expected}"));
            }
        }
    }
    let stated = fact.value.is_some() || fact.derivative.is_some();
    if stated && judged == 0 {
        return Err(format!(
            "{} is undefined at every point that was tried",
            fact.function
        ));
    }
    Ok(())
}

fn in_domain(function: &Function, x: f64) -> bool {
    match function.row().map(|row| row.domain) {
        None | Some(Domain::Real) => true,
        Some(Domain::Positive) => x > 0.0,
        Some(Domain::NonZero) => x != 0.0,
        Some(Domain::OpenUnitBall) => x.abs() < 1.0,
    }
}

/// The arguments of the function: `x`, then defaults, or random numbers for what has none.
fn arguments(fact: &FunctionFact, network: &Network, x: f64, random: &mut Random) -> Vec<f64> {
    let terms = [&fact.value, &fact.derivative];
    let mut mentioned = Mentioned::default();
    terms
        .into_iter()
        .flatten()
        .for_each(|term| mentioned.add(term));
    let user = network
        .functions
        .iter()
        .find(|user| user.name == fact.function.name);
    let row = fact.function.row().map(|row| row.arity);
    let arity = user
        .map(|user| user.parameters.len())
        .or(row)
        .unwrap_or(1)
        .max(1);
    let free = (1..arity).any(|at| mentioned.mentions(&parameter_name(at)));
    let mut arguments = vec![x];
    if !free {
        arguments = with_defaults(&fact.function, arguments);
    }
    while arguments.len() < arity {
        arguments.push(random.signed());
    }
    arguments
}

fn environment(arguments: &[f64], sizes: &Sizes, functions: &Functions) -> Environment {
    let mut arrays = FxHashMap::default();
    for (at, argument) in arguments.iter().enumerate() {
        arrays.insert(parameter_name(at), Rc::new(Array::scalar(*argument)));
    }
    let first = Rc::new(Array::scalar(arguments[0]));
    arrays.insert(Name::new(FunctionFact::ARGUMENT), first);
    Environment::new(sizes.clone(), functions.clone(), arrays)
}
