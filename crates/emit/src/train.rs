//! The rest of a training script: values, the update rule, a progress bar, a plot of the loss.
//!
//! In: the network of a module that has been written. Out: Python that follows `loss_and_gradients` and needs NumPy alone; matplotlib draws the
//! loss where it is installed. Update rules are rows of [`RULES`]. A network without a trained parameter is refused, and so are unspecified functions.

use crate::names::ascii;
use crate::outcomes::{Outcome, outcomes};
use crate::tables::{declared, tuple};
use crate::text::polynomial_text;
use crate::translate::Unsupported;
use derive_graph::{Dim, Name, Network, NodeId, Polynomial, Role, Symbol};

/// What every script has.
const COMMON: &str = include_str!("train.py");

/// How values are found for arguments that are arrays, and where some are lists of arrays.
const ARRAYS: &str = include_str!("train_arrays.py");
const LISTS: &str = include_str!("train_lists.py");

/// What a script defines beside the functions of these files.
const DEFINED: [&str; 14] = [
    "PARAMETERS",
    "SIZES",
    "OUTCOMES",
    "RULE",
    "RATES",
    "LAYER",
    "LAST",
    "FIRST",
    "COUNTS",
    "argparse",
    "pathlib",
    "sys",
    "update",
    "shapes",
];

/// The names of functions and tables that a script defines.
pub(crate) fn defined() -> impl Iterator<Item = &'static str> {
    let lines = [COMMON, ARRAYS, LISTS].into_iter().flat_map(str::lines);
    let heads = lines.filter_map(|line| line.strip_prefix("def "));
    let names = heads.filter_map(|head| head.split('(').next());
    names.chain(DEFINED)
}

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

/// How `update` comes to the arrays of a list.
const EVERY_LAYER: &str = "    if isinstance(parameter, list):
        # Every layer by itself, with a state of its own.
        pairs = enumerate(zip(parameter, gradient, strict=True))
        return [update(*pair, state.setdefault(layer, {}), step, rates) for layer, pair in pairs]
";

/// A size for every dimension that the spec leaves open, in order.
const SIZES: [u64; 6] = [32, 5, 4, 6, 3, 7];

/// What a script is written from, beside the update rule.
pub(crate) struct Script<'a> {
    /// The network.
    pub(crate) network: &'a Network,
    /// The names of what may be trained; whether these are the names of lists makes no difference.
    pub(crate) trained: Vec<String>,
    /// A size for every dimension.
    pub(crate) sizes: Vec<(Name, u64)>,
    /// The targets whose made-up values have to be events or counts.
    pub(crate) targets: Vec<(String, Outcome)>,
    /// The function from sizes to the shapes of the arguments.
    pub(crate) shapes: String,
    /// What else a script needs to know where some arguments are lists of arrays.
    pub(crate) lists: Option<String>,
}

impl Script<'_> {
    /// The script's second half.
    ///
    /// # Errors
    /// What cannot be trained, and why.
    pub(crate) fn text(&self) -> Result<String, Unsupported> {
        let mut functions = self.network.functions.iter();
        if let Some(function) = functions.find(|it| it.body.is_none()) {
            let what = format!("training with the unspecified function `{}`", function.name);
            return Err(Unsupported::new(what));
        }
        if self.trained.is_empty() {
            return Err(Unsupported::new(
                "training without a parameter that the loss is differentiated by",
            ));
        }
        let quoted = self.trained.iter().map(|name| format!("\"{name}\""));
        let mut text = format!(
            "# What is trained.\nPARAMETERS = {}\n",
            tuple(&quoted.collect::<Vec<_>>())
        );
        text.push_str(&sizes(&self.sizes));
        text.push_str(self.lists.as_deref().unwrap_or_default());
        text.push_str(&made_targets(&self.targets));
        text.push_str(&rule(self.network, self.lists.is_some())?);
        text.push_str("\n\n");
        text.push_str(&self.shapes);
        text.push_str("\n\n");
        text.push_str(if self.lists.is_some() { LISTS } else { ARRAYS });
        text.push_str(COMMON);
        Ok(text)
    }
}

/// The second half of the script of a network in which every argument is an array.
///
/// # Errors
/// As [`Script::text`].
pub(crate) fn script(network: &Network) -> Result<String, Unsupported> {
    let trained = network.wrt.iter().filter(|name| is_trained(network, name));
    let targets = outcomes(network).into_iter();
    let script = Script {
        network,
        trained: trained.map(ascii).collect(),
        sizes: made_up(network, &Name::clone),
        targets: targets
            .map(|(name, outcome)| (ascii(name), outcome))
            .collect(),
        shapes: shapes(network),
        lists: None,
    };
    script.text()
}

/// Whether a name is that of a parameter.
pub(crate) fn is_trained(network: &Network, name: &Name) -> bool {
    network
        .symbol(name)
        .is_some_and(|symbol| symbol.role == Role::Param)
}

fn sizes(made_up: &[(Name, u64)]) -> String {
    let mut text =
        "# A size for every dimension; what the spec leaves open is made up.\nSIZES = {\n"
            .to_owned();
    for (name, size) in made_up {
        text.push_str(&format!("    \"{name}\": {size},\n"));
    }
    text.push_str("}\n");
    text
}

/// The targets whose made-up values have to be events or counts.
fn made_targets(targets: &[(String, Outcome)]) -> String {
    if targets.is_empty() {
        return String::new();
    }
    let mut text =
        "# What made-up targets are, so that the loss has a least value: events are 0 or 1.\nOUTCOMES = {\n".to_owned();
    for (name, outcome) in targets {
        text.push_str(&format!("    \"{name}\": \"{}\",\n", outcome.word()));
    }
    text.push_str("}\n");
    text
}

/// Declared sizes, and for the other dimensions the first of [`SIZES`], in as many turns and multiples as it takes until every size
/// that an operator makes of them is positive. If none do, the program says of which argument that is so. Dimensions that are `told` by one name
/// have one size.
pub(crate) fn made_up(network: &Network, told: &dyn Fn(&Name) -> Name) -> Vec<(Name, u64)> {
    /// How often all sizes are made larger or given to other dimensions.
    const TURNS: usize = 8;
    let graph = &network.graph;
    let shapes = (0..graph.len()).map(|at| graph.shape(NodeId(at)));
    let declared = network.symbols.iter().map(|symbol| &symbol.shape);
    let dims = shapes.chain(declared).flat_map(|shape| &shape.0);
    let made: Vec<&Dim> = dims.filter(|dim| matches!(dim, Dim::Formula(_))).collect();
    let mut known: Vec<(Name, Option<u64>)> = Vec::new();
    for (name, size) in &network.dims {
        let name = told(name);
        if known.iter().all(|(own, _)| *own != name) {
            known.push((name, *size));
        }
    }
    let multiple = |name: &Name| u64::try_from(network.multiple_of(name)).unwrap_or(1);
    let assigned = |turn: usize| {
        let mut open = SIZES.iter().copied().cycle().skip(turn);
        let mut size = |name: &Name, known: Option<u64>| {
            known.unwrap_or_else(|| open.next().unwrap_or(1).saturating_mul(multiple(name)))
        };
        let sizes = known
            .iter()
            .map(|(name, known)| (name.clone(), size(name, *known)));
        sizes.collect::<Vec<_>>()
    };
    let fits = |sizes: &[(Name, u64)]| {
        let size = |name: &Name| {
            let found = sizes.iter().find(|(own, _)| *own == told(name));
            found.and_then(|(_, size)| i64::try_from(*size).ok())
        };
        made.iter().all(|dim| dim.size(&size).is_some())
    };
    let enlarged = |turn: usize, at: usize| {
        // One dimension after the other is the large one, then two, as the windows of an image need.
        let mut sizes = assigned(turn);
        let count = sizes.len().max(1);
        for (place, (name, size)) in sizes.iter_mut().enumerate() {
            if known[place].1.is_none() && (place == at || place == (at + 1) % count) {
                *size += 12 * multiple(name);
            }
        }
        sizes
    };
    let plain = (0..TURNS).map(&assigned);
    let larger = (0..TURNS).flat_map(|turn| (0..known.len()).map(move |at| (turn, at)));
    let mut candidates = plain.chain(larger.map(|(turn, at)| enlarged(turn, at)));
    candidates
        .find(|sizes| fits(sizes))
        .unwrap_or_else(|| assigned(0))
}

/// The scalars of the update rule, and the function that applies it.
fn rule(network: &Network, of_lists: bool) -> Result<String, Unsupported> {
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
    if of_lists {
        text.push_str(EVERY_LAYER);
    }
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
    let named = |name: &Name| format!("sizes[\"{name}\"]");
    let entries = declared(network).map(|it| (ascii(&it.name), shape(it, &named)));
    shapes_of("", &entries.collect::<Vec<_>>())
}

/// The function `shapes`: what it begins with, and the shape of every argument.
pub(crate) fn shapes_of(begin: &str, entries: &[(String, String)]) -> String {
    let mut text = "def shapes(sizes):\n    \"\"\"The shape of every argument.\"\"\"\n".to_owned();
    text.push_str(begin);
    text.push_str("    return {\n");
    for (key, shape) in entries {
        text.push_str(&format!("        \"{key}\": {shape},\n"));
    }
    text.push_str("    }\n");
    text
}

/// A shape as a tuple of sizes, each as `named` spells it.
pub(crate) fn shape(symbol: &Symbol, named: &dyn Fn(&Name) -> String) -> String {
    let quotient = crate::language::PYTHON.quotient;
    let size = |dim: &Dim| {
        let polynomial = Polynomial::from(dim);
        polynomial_text(&polynomial, quotient, &mut |name| named(name)).0
    };
    tuple(&symbol.shape.0.iter().map(size).collect::<Vec<_>>())
}
