//! Claims of the user's, judged by value.
//!
//! In: a derivation. Both sides of a claim are evaluated at random points: derivatives as the derivation has them, or as
//! forward-mode duals give them where it has none. Out: for each claim whether it holds, and why not.

use crate::array::{Array, brief, compare};
use crate::evaluated::add_cotangents;
use crate::facts::Mentioned;
use crate::slope::{Slopes, entrywise, unit_directions};
use crate::{Environment, Plan, Point};
use derive_graph::{Claim, ClaimSubject, Name, Network, NodeId, Operation, Shape};
use derive_index::derivation::{ClaimOutcome, How, Statement};
use derive_index::lower::lower_entry;
use derive_index::{Fresh, Index, Term, build};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Relative distance of equal sides, where no matrix is inverted.
const EQUAL: f64 = 1e-11;
/// The same where one is.
const INVERTING: f64 = 1e-7;
/// What rounding leaves of terms that cancel, relative to the terms.
const CANCELLED: f64 = 1e-14;

/// How far apart, relative to the largest entry, lines of a proof may be.
const SAME: f64 = 1e-7;
/// What entries smaller than this differ by is nothing.
const LEAST: f64 = 1e-12;

/// A random point, what has a value there, and what rounding may leave of derivatives.
struct Place {
    point: Point,
    environment: Environment,
    bounds: FxHashMap<Name, Vec<f64>>,
}

impl Place {
    /// The sum of the magnitudes of the terms of every entry of a derivative; found once for all claims about it.
    fn bounds(&mut self, name: &Name, entries: usize) -> Option<&[f64]> {
        if !self.bounds.contains_key(name) {
            let &symbol = self.point.plan.symbols.get(name)?;
            let mut slopes = Slopes::new(&self.point.plan, &self.point.values);
            let directions = unit_directions(symbol, entries);
            let bounds = slopes.bound(self.point.loss, &directions, &FxHashMap::default());
            self.bounds.insert(name.clone(), bounds);
        }
        self.bounds.get(name).map(Vec::as_slice)
    }
}

/// Judges every claim of a network at `draws` random points. Derivatives are taken from the statements, as they were derived; those that
/// are missing there come from duals. An ill-shaped claim is false for the reason that it carries.
pub fn check_claims(
    network: &Network,
    statements: &[Statement],
    seed: u64,
    draws: usize,
) -> Vec<ClaimOutcome> {
    if network.claims.is_empty() {
        return Vec::new();
    }
    let draw = |draw| {
        let point = Point::draw(network, seed, draw as u64)?;
        // A claim may say e^x / Σ e^x of a softmax that no exponential overflows in.
        let mut environment = point.environment().widened(true);
        add_cotangents(statements, &mut environment);
        Ok(Place {
            point,
            environment,
            bounds: FxHashMap::default(),
        })
    };
    let mut points: Result<Vec<_>, String> = (0..draws).map(draw).collect();
    let judge = |claim: &Claim| {
        let judged = match (&claim.value, &mut points) {
            (Err(reason), _) => Err(reason.clone()),
            (_, Err(reason)) => Err(reason.clone()),
            (Ok(value), Ok(points)) => judge_at_points(network, claim, *value, points),
        };
        ClaimOutcome {
            text: claim.text.clone(),
            subject: match &claim.subject {
                ClaimSubject::Gradient(name) => Some(name.clone()),
                ClaimSubject::Expression(_) => None,
            },
            holds: judged.is_ok(),
            how: match (&claim.value, &judged) {
                (Err(_), _) => How::IllShaped,
                (Ok(_), Ok(_)) => How::Numeric,
                (Ok(_), Err(_)) => How::Refuted,
            },
            reason: judged.unwrap_or_else(|reason| reason),
            ..ClaimOutcome::default()
        }
    };
    network.claims.iter().map(judge).collect()
}

fn judge_at_points(
    network: &Network,
    claim: &Claim,
    value: NodeId,
    places: &mut [Place],
) -> Result<String, String> {
    let mut judged = 0;
    for place in places.iter_mut() {
        let (point, environment) = (&place.point, &mut place.environment);
        let subject = match &claim.subject {
            ClaimSubject::Gradient(name) => {
                let name = name.cotangent();
                provide(network, &name, point, environment)?;
                let array = environment.array(&name);
                Rc::clone(array.ok_or_else(|| format!("`{name}` has no value"))?)
            }
            ClaimSubject::Expression(node) => evaluate(network, *node, point, environment)?,
        };
        let value = evaluate(network, value, point, environment)?;
        let [subject, value] = in_parts([subject, value]);
        if subject.dims != value.dims {
            let (a, b) = (&subject.dims, &value.dims);
            return Err(format!(
                "the sides have different shapes: sizes {a:?} and {b:?}"
            ));
        }
        let gradient = matches!(claim.subject, ClaimSubject::Gradient(_));
        if gradient && subject.is_finite() && !value.is_finite() {
            return Err(undefined(network, claim, &value, point));
        }
        if value.is_finite() && subject.is_finite() {
            compare_sides(network, claim, [&subject, &value], place)?;
            judged += 1;
        }
    }
    match judged {
        0 => Err("it is undefined at every point that was tried".to_string()),
        1 => Ok("equal at a random point".to_string()),
        _ => Ok(format!("equal at {judged} random points")),
    }
}

/// A real array beside a complex one of the same sizes gets its imaginary part, which is zero.
fn in_parts(sides: [Rc<Array>; 2]) -> [Rc<Array>; 2] {
    let with_axis = |dims: &[usize]| [dims, &[2]].concat();
    let wanted: [bool; 2] = [0, 1].map(|at| with_axis(&sides[at].dims) == sides[1 - at].dims);
    let [a, b] = sides;
    [(a, wanted[0]), (b, wanted[1])].map(|(side, wanted)| match wanted {
        false => side,
        true => Rc::new(Array {
            dims: with_axis(&side.dims),
            data: side.data.iter().flat_map(|entry| [*entry, 0.0]).collect(),
        }),
    })
}

/// That a claim has no value where the derivative has one: what is right only where it happens to be defined is wrong.
fn undefined(network: &Network, claim: &Claim, value: &Array, point: &Point) -> String {
    let finite = |number: &f64| !number.is_finite();
    let at = value.data.iter().position(finite).unwrap_or_default();
    let (what, shape) = about(network, claim);
    let what = placed(&what, &value.place(at));
    let sizes = described(point, &shape.unwrap_or_default());
    format!("{what} has a value where the claim has none{sizes}")
}

/// What a claim is about, in words, and its shape.
fn about(network: &Network, claim: &Claim) -> (String, Option<Shape>) {
    match &claim.subject {
        ClaimSubject::Gradient(name) => {
            let shape = network.symbol(name).map(|symbol| symbol.shape.clone());
            (format!("∂{}/∂{name}", network.loss.name), shape)
        }
        ClaimSubject::Expression(node) => (
            "the left side".to_string(),
            Some(network.graph.shape(*node).clone()),
        ),
    }
}

fn placed(what: &str, place: &str) -> String {
    match place {
        "" => what.to_owned(),
        place => format!("the entry {place} of {what}"),
    }
}

/// The sizes of a point, in brackets.
fn described(point: &Point, shape: &Shape) -> String {
    match point.sizes.describe(shape).as_str() {
        "" => String::new(),
        sizes => format!(" ({sizes})"),
    }
}

/// Whether terms have one value at random points, every derivative being what was derived.
pub fn check_equal(
    network: &Network,
    statements: &[Statement],
    terms: &[Term],
    config: &crate::Config,
) -> bool {
    let group = Equal {
        terms: terms.to_vec(),
        against: None,
    };
    check_all_equal(network, statements, &[group], config) == [true]
}

/// Terms that are said to have one value.
#[derive(Clone, Debug)]
pub struct Equal {
    /// The terms.
    pub terms: Vec<Term>,
    /// What they are sums of, where its parts may cancel: rounding is measured against its largest entry too.
    pub against: Option<Term>,
}

/// As [`check_equal`], of each of several groups of terms: the points are drawn once.
pub fn check_all_equal(
    network: &Network,
    statements: &[Statement],
    groups: &[Equal],
    config: &crate::Config,
) -> Vec<bool> {
    let mut equal = vec![true; groups.len()];
    let needed = needed(statements, groups);
    for draw in 0..config.draws as u64 {
        let Ok(point) = Point::draw(network, config.seed, draw) else {
            return vec![false; groups.len()];
        };
        let mut environment = point.environment();
        add_cotangents(needed.iter().copied(), &mut environment);
        for (group, equal) in groups.iter().zip(&mut equal) {
            *equal = *equal && have_one_value(group, &mut environment) == Ok(true);
        }
    }
    equal
}

/// The statements whose cotangents some terms mention, and those that these are made of.
fn needed<'a>(statements: &'a [Statement], groups: &[Equal]) -> Vec<&'a Statement> {
    let mut mentioned = Mentioned::default();
    for group in groups {
        group
            .terms
            .iter()
            .chain(&group.against)
            .for_each(|term| mentioned.add(term));
    }
    let mut needed = Vec::new();
    for statement in statements.iter().rev() {
        if mentioned.mentions(&statement.variable.cotangent()) {
            mentioned.add(&statement.result);
            needed.push(statement);
        }
    }
    needed.reverse();
    needed
}

fn have_one_value(group: &Equal, environment: &mut Environment) -> Result<bool, String> {
    let terms = &group.terms;
    let complex = terms.iter().any(Term::is_complex);
    let values = terms
        .iter()
        .map(|term| environment.evaluate_as(term, &[], complex));
    let values = values
        .collect::<Result<Vec<_>, _>>()
        .map_err(|reason| reason.to_string())?;
    let against = group.against.iter();
    let against = against.map(|term| environment.evaluate(term, &[]));
    let against = against
        .collect::<Result<Vec<_>, _>>()
        .map_err(|reason| reason.to_string())?;
    let floor = against.iter().flat_map(|it| &it.data);
    let floor = floor.fold(LEAST, |floor, entry| floor.max(entry.abs()));
    Ok(values.iter().all(|value| {
        let difference = compare(&value.data, &values[0].data, floor);
        value.dims == values[0].dims && difference.error <= SAME
    }))
}

fn compare_sides(
    network: &Network,
    claim: &Claim,
    [subject, value]: [&Array; 2],
    place: &mut Place,
) -> Result<(), String> {
    let difference = compare(&subject.data, &value.data, f64::MIN_POSITIVE);
    if difference.error <= tolerance(network) || is_rounding(claim, [subject, value], place) {
        return Ok(());
    }
    let point = &place.point;
    let at = difference.at;
    let (what, shape) = about(network, claim);
    // Of a complex array the last axis counts the parts.
    let complex = shape
        .as_ref()
        .is_some_and(|shape| shape.rank() < subject.dims.len());
    let part = match (complex, at % 2) {
        (false, _) => "",
        (true, 0) => "the real part of ",
        (true, _) => "the imaginary part of ",
    };
    let entry = match complex {
        true => Array::filled(subject.dims[..subject.dims.len() - 1].to_vec(), 0.0).place(at / 2),
        false => subject.place(at),
    };
    let what = placed(&format!("{part}{what}"), &entry);
    let (mut derived, mut claimed) = (brief(subject.data[at]), brief(value.data[at]));
    if derived == claimed {
        // As many digits as it takes to see that they differ.
        (derived, claimed) = (subject.data[at].to_string(), value.data[at].to_string());
    }
    let sizes = described(point, &shape.unwrap_or_default());
    Err(format!(
        "{what} is {derived}, the claim says {claimed}{sizes}"
    ))
}

/// How far apart, relative to the largest entry, two sides may be that are equal: what inverting a matrix costs in digits, or next to
/// nothing. A coefficient that is wrong in the ninth digit is wrong.
fn tolerance(network: &Network) -> f64 {
    let inverts = (0..network.graph.len()).any(|at| {
        matches!(
            network.graph.node(NodeId(at)).operation,
            Operation::MatrixFunction(_)
        )
    });
    if inverts { INVERTING } else { EQUAL }
}

/// Whether the sides differ by no more than what is left where terms cancel: for a gradient against the sum of the magnitudes of its
/// terms, for other expressions, which are of entries around 1, absolutely.
fn is_rounding(claim: &Claim, [subject, value]: [&Array; 2], place: &mut Place) -> bool {
    let distances = subject
        .data
        .iter()
        .zip(&value.data)
        .map(|(a, b)| (a - b).abs());
    let ClaimSubject::Gradient(name) = &claim.subject else {
        return distances.into_iter().all(|distance| distance <= CANCELLED);
    };
    let Some(bounds) = place.bounds(name, subject.data.len()) else {
        return false;
    };
    distances
        .zip(bounds)
        .all(|(distance, bound)| distance <= CANCELLED * bound)
}

/// The value of an expression of a claim, in which every symbol is given.
fn evaluate(
    network: &Network,
    node: NodeId,
    point: &Point,
    environment: &mut Environment,
) -> Result<Rc<Array>, String> {
    for name in network.graph.mentioned(node) {
        provide(network, &name, point, environment)?;
    }
    let plan = Plan::new(network, &point.sizes, &point.functions, &[node], false)?;
    let mut values = plan.run(environment.arrays())?;
    let at = plan.place(node).ok_or("an expression is empty")?;
    let wide = match plan.is_finite(&values) || network.graph.is_complex(node) {
        true => None,
        false => overflows(network, &plan, &values)
            .then(|| in_wide_numbers(network, node, environment))
            .flatten(),
    };
    let value = Array {
        dims: plan.dims[at].clone(),
        data: values.swap_remove(at),
    };
    Ok(match wide.filter(|_| !value.is_finite()) {
        Some(wide) => wide,
        None => Rc::new(value),
    })
}

/// Whether exponentials that overflow, and arithmetic with them, are all that is not finite. A term may have lost what is multiplied by 0, so that it has a value
/// where the expression has none: what is undefined for another reason stays so.
fn overflows(network: &Network, plan: &Plan, values: &[Vec<f64>]) -> bool {
    let finite = |value: &[f64]| value.iter().all(|entry| entry.is_finite());
    let sound = |(node, &at): (&NodeId, &usize)| {
        let it = network.graph.node(*node);
        if finite(&values[at]) {
            return true;
        }
        let below = it.arguments.iter().filter_map(|node| plan.place(*node));
        let below: Vec<&[f64]> = below.map(|at| values[at].as_slice()).collect();
        let begins = below.iter().all(|value| finite(value));
        match &it.operation {
            Operation::Elementwise(function) if function.primes == 0 => {
                match function.name.as_str() {
                    "exp" => true,
                    "add" | "subtract" | "multiply" | "negate" => !begins,
                    "log" => !begins && below[0].iter().all(|entry| *entry >= 0.0),
                    "divide" => !begins && below[1].iter().all(|entry| entry.abs() > 0.0),
                    _ => false,
                }
            }
            Operation::Einsum(_) | Operation::Reshape | Operation::Gather(_) => !begins,
            _ => false,
        }
    };
    plan.places.iter().all(sound)
}

/// The value of an expression that leaves the floats on the way to it; nothing if it has none in wide ones either.
fn in_wide_numbers(
    network: &Network,
    node: NodeId,
    environment: &mut Environment,
) -> Option<Rc<Array>> {
    let mut fresh = Fresh::default();
    let dims = network.graph.shape(node).0.iter();
    let indices: Vec<Index> = dims.map(|dim| fresh.index(dim)).collect();
    let entry = lower_entry(&network.graph, node, &indices, &mut fresh);
    let term = build::comprehension(&indices, entry);
    let value = environment.evaluate(&term, &[]).ok()?;
    value.is_finite().then_some(value)
}

/// Makes sure that a cotangent has a value, from the loss's slopes if nothing derived it.
fn provide(
    network: &Network,
    name: &Name,
    point: &Point,
    environment: &mut Environment,
) -> Result<(), String> {
    let Some(variable) = name.of_cotangent() else {
        return Ok(());
    };
    if environment.array(name).is_some() {
        return Ok(());
    }
    let dims = if variable == network.loss.name {
        Vec::new()
    } else {
        let symbol = network.symbol(&variable);
        let symbol = symbol.ok_or_else(|| format!("`{variable}` is unknown"))?;
        point.sizes.dims(&symbol.shape)?
    };
    let data = if variable == network.loss.name {
        vec![1.0]
    } else {
        let entries = dims.iter().product();
        let mut slopes = Slopes::new(&point.plan, &point.values);
        entrywise(&mut slopes, point.loss, &variable, entries)
    };
    environment.insert(name.clone(), Rc::new(Array { dims, data }));
    Ok(())
}
