//! The rest of a training script: values, the update rule, a progress bar, a plot of the loss.
//!
//! In: the network of a module that has been written. Out: Python that follows `loss_and_gradients` and needs NumPy alone; matplotlib draws the
//! loss where it is installed. Update rules are rows of [`RULES`]. A network without a trained parameter is refused, and so are unspecified functions.

use crate::names::ascii;
use crate::outcomes::outcomes;
use crate::tables::{declared, tuple};
use crate::text::polynomial_text;
use crate::translate::Unsupported;
use derive_graph::{Dim, Name, Network, NodeId, Polynomial, Role, Symbol};

/// What every script has.
const COMMON: &str = include_str!("train.py");

/// What the script imports, beside NumPy.
pub(crate) const IMPORTS: &[&str] = &["import argparse", "import pathlib", "import sys"];

/// An update rule.
struct Rule {
    /// Its name in a spec.
    name: &'static str,
    /// Values of its scalars unless the command line says otherwise.
    scalars: &'static [(&'static str, &'static str)],
    /// `update`.
    text: &'static str,
}

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule {
        name: "sgd",
        scalars: &[("eta", "0.1")],
        text: "    {parameter} = {parameter} - {0} * gradient
",
    },
    Rule {
        name: "momentum",
        scalars: &[("eta", "0.05"), ("mu", "0.9")],
        text: "    state[\"velocity\"] = {1} * state.get(\"velocity\", 0.0) + gradient
    {parameter} = {parameter} - {0} * state[\"velocity\"]
",
    },
    Rule {
        name: "adam",
        scalars: &[("eta", "0.01"), ("beta1", "0.9"), ("beta2", "0.999"), ("eps", "1e-8")],
        text: "    state[\"mean\"] = {1} * state.get(\"mean\", 0.0) + (1 - {1}) * gradient
    state[\"square\"] = {2} * state.get(\"square\", 0.0) + (1 - {2}) * gradient**2
    mean = state[\"mean\"] / (1 - {1} ** step)
    square = state[\"square\"] / (1 - {2} ** step)
    {parameter} = {parameter} - {0} * mean / (np.sqrt(square) + {3})
",
    },
];

/// A size for every dimension that the spec leaves open, in order.
const SIZES: [u64; 6] = [32, 5, 4, 6, 3, 7];

/// The script's second half.
///
/// # Errors
/// A network that cannot be trained, and why.
pub(crate) fn script(network: &Network) -> Result<String, Unsupported> {
    let passed = network.functions.iter().find(|it| it.body.is_none());
    if let Some(function) = passed {
        let what = format!("training with the unspecified function `{}`", function.name);
        return Err(Unsupported::new(what));
    }
    let trained: Vec<&Name> = network
        .wrt
        .iter()
        .filter(|name| is_trained(network, name))
        .collect();
    if trained.is_empty() {
        return Err(Unsupported::new(
            "training without a parameter that the loss is differentiated by",
        ));
    }
    let quoted = trained.iter().map(|name| format!("\"{}\"", ascii(name)));
    let mut text = format!(
        "# What is trained.\nPARAMETERS = {}\n",
        tuple(&quoted.collect::<Vec<_>>())
    );
    text.push_str(&sizes(network));
    text.push_str(&made_targets(network));
    text.push_str(&rule(network)?);
    text.push_str("\n\n");
    text.push_str(&shapes(network));
    text.push_str("\n\n");
    text.push_str(COMMON);
    Ok(text)
}

fn is_trained(network: &Network, name: &Name) -> bool {
    network
        .symbol(name)
        .is_some_and(|symbol| symbol.role == Role::Param)
}

fn sizes(network: &Network) -> String {
    let mut text =
        "# A size for every dimension; what the spec leaves open is made up.\nSIZES = {\n"
            .to_owned();
    for (name, size) in made_up(network) {
        text.push_str(&format!("    \"{name}\": {size},\n"));
    }
    text.push_str("}\n");
    text
}

/// The targets whose made-up values have to be events or counts.
fn made_targets(network: &Network) -> String {
    let all = outcomes(network);
    if all.is_empty() {
        return String::new();
    }
    let mut text =
        "# What made-up targets are, so that the loss has a least value: events are 0 or 1.\nOUTCOMES = {\n".to_owned();
    for (name, outcome) in all {
        text.push_str(&format!(
            "    \"{}\": \"{}\",\n",
            ascii(name),
            outcome.word()
        ));
    }
    text.push_str("}\n");
    text
}

/// Declared sizes, and for the other dimensions the first of [`SIZES`], in as many turns and multiples as it takes until every size
/// that an operator makes of them is positive. If none do, the program says of which argument that is so.
fn made_up(network: &Network) -> Vec<(Name, u64)> {
    /// How often all sizes are made larger or given to other dimensions.
    const TURNS: usize = 8;
    let graph = &network.graph;
    let shapes = (0..graph.len()).map(|at| graph.shape(NodeId(at)));
    let declared = network.symbols.iter().map(|symbol| &symbol.shape);
    let dims = shapes.chain(declared).flat_map(|shape| &shape.0);
    let made: Vec<&Dim> = dims.filter(|dim| matches!(dim, Dim::Formula(_))).collect();
    let assigned = |turn: usize| {
        let mut open = SIZES.iter().copied().cycle().skip(turn);
        let multiple = |name: &Name| u64::try_from(network.multiple_of(name)).unwrap_or(1);
        let mut size = |name: &Name, known: Option<u64>| {
            known.unwrap_or_else(|| open.next().unwrap_or(1).saturating_mul(multiple(name)))
        };
        let dims = network.dims.iter();
        let sizes = dims.map(|(name, known)| (name.clone(), size(name, *known)));
        sizes.collect::<Vec<_>>()
    };
    let fits = |sizes: &[(Name, u64)]| {
        let size = |name: &Name| {
            let found = sizes.iter().find(|(own, _)| own == name);
            found.and_then(|(_, size)| i64::try_from(*size).ok())
        };
        made.iter().all(|dim| dim.size(&size).is_some())
    };
    let enlarged = |turn: usize, at: usize| {
        // One dimension after the other is the large one, then two, as the windows of an image need.
        let mut sizes = assigned(turn);
        let count = sizes.len().max(1);
        for (place, (name, size)) in sizes.iter_mut().enumerate() {
            let is_open = network.size(&Dim::Named(name.clone())).is_none();
            if is_open && (place == at || place == (at + 1) % count) {
                *size += 12 * u64::try_from(network.multiple_of(name)).unwrap_or(1);
            }
        }
        sizes
    };
    let plain = (0..TURNS).map(&assigned);
    let larger = (0..TURNS).flat_map(|turn| (0..network.dims.len()).map(move |at| (turn, at)));
    let mut candidates = plain.chain(larger.map(|(turn, at)| enlarged(turn, at)));
    candidates
        .find(|sizes| fits(sizes))
        .unwrap_or_else(|| assigned(0))
}

/// The scalars of the update rule, and the function that applies it.
fn rule(network: &Network) -> Result<String, Unsupported> {
    let (name, scalars): (&str, Vec<String>) = match &network.update {
        Some(update) => (&update.rule, update.scalars.iter().map(ascii).collect()),
        None => ("sgd", vec!["eta".to_owned()]),
    };
    let row = RULES
        .iter()
        .find(|row| row.name == name && row.scalars.len() == scalars.len());
    let row = row.ok_or_else(|| Unsupported::new(format!("the update rule `{name}`")))?;
    let origin = match network.update {
        Some(_) => "the spec's update rule",
        None => "the spec has no update rule, so this is gradient descent",
    };
    let mut text = format!("# The scalars of {name}: {origin}.\nRULE = \"{name}\"\nRATES = {{\n");
    for (scalar, (_, value)) in scalars.iter().zip(row.scalars) {
        text.push_str(&format!("    \"{scalar}\": {value},\n"));
    }
    text.push_str("}\n\n\ndef update(parameter, gradient, state, step, rates):\n");
    text.push_str(&format!(
        "    \"\"\"The parameter after one step of {name}.\"\"\"\n"
    ));
    let mut body = row.text.replace("{parameter}", "parameter");
    for (at, scalar) in scalars.iter().enumerate() {
        body = body.replace(&format!("{{{at}}}"), &format!("rates[\"{scalar}\"]"));
    }
    text.push_str(&body);
    text.push_str("    return parameter\n");
    Ok(text)
}

/// The function from sizes to shapes.
fn shapes(network: &Network) -> String {
    let mut text =
        "def shapes(sizes):\n    \"\"\"The shape of every argument.\"\"\"\n    return {\n"
            .to_owned();
    for symbol in declared(network) {
        let shape = shape(symbol);
        text.push_str(&format!("        \"{}\": {shape},\n", ascii(&symbol.name)));
    }
    text.push_str("    }\n");
    text
}

fn shape(symbol: &Symbol) -> String {
    let size = |dim: &Dim| {
        let mut named = |name: &Name| format!("sizes[\"{name}\"]");
        polynomial_text(
            &Polynomial::from(dim),
            crate::language::PYTHON.quotient,
            &mut named,
        )
        .0
    };
    tuple(&symbol.shape.0.iter().map(size).collect::<Vec<_>>())
}
