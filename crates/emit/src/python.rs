//! The layout of a module in Python, for NumPy and for libraries that follow it.

use crate::code::Op;
use crate::names::{Meaning, Names, ascii};
use crate::program::{Line, Program, program};
use crate::target::Target;
use crate::translate::{Translator, Unsupported};
use crate::write::{Level, Writer};
use derive_graph::{Attribute, Dim, Function, FunctionDefinition, Name, Network, Role, Symbol};
use derive_index::Term;
use derive_index::derivation::{Derivation, FunctionFact};
use derive_index::lower::parameter_name;
use std::collections::{BTreeSet, HashMap};

/// The module: imports, the declared shapes, helpers, functions, the loss and its gradients.
///
/// # Errors
/// The first construct without a program.
pub fn module(
    derivation: &Derivation,
    target: &'static Target,
    formula: &dyn Fn(&Term) -> String,
) -> Result<String, Unsupported> {
    let network = &derivation.network;
    let mut program = program(derivation, target, true, formula)?;
    let functions = functions(derivation, target, &mut program)?;
    let main = main_function(network, target, &mut program)?;
    let helpers = helpers(target, &format!("{functions}\n{main}"));
    let mut text = docstring(network);
    let standard = [helpers.as_str(), &functions, &main]
        .iter()
        .any(|part| part.contains("math."));
    let imports = standard
        .then_some("import math\n")
        .into_iter()
        .map(str::to_owned);
    let imports: Vec<String> = imports
        .chain(target.imports.iter().map(|line| (*line).to_owned()))
        .collect();
    text.push_str(&imports.join("\n"));
    text.push_str("\n\n");
    text.push_str(&tables(network));
    for part in [helpers, functions, main] {
        if !part.is_empty() {
            text.push_str("\n\n");
            text.push_str(part.trim_end());
            text.push('\n');
        }
    }
    Ok(text)
}

fn docstring(network: &Network) -> String {
    let title = network.title.as_deref().unwrap_or("A network");
    format!(
        "\"\"\"{title}: the loss and its gradients, from derived formulas.\n\nWritten by `derive`. `loss_and_gradients` takes the arrays of SHAPES by name; \
         sizes are read off them.\n\"\"\"\n\n"
    )
}

/// What is declared: everything that has no definition.
fn declared(network: &Network) -> impl Iterator<Item = &Symbol> {
    let update: Vec<&Name> = network
        .update
        .iter()
        .flat_map(|update| &update.scalars)
        .collect();
    network.symbols.iter().filter(move |symbol| {
        symbol.definition.is_none()
            && !(symbol.role == Role::Const && update.contains(&&symbol.name))
    })
}

/// The declared shapes, and what is promised of the entries.
fn tables(network: &Network) -> String {
    let mut text = "# The shape of every argument. A size is a number, or a name that stands for one size throughout.\nSHAPES = {\n".to_owned();
    for symbol in declared(network) {
        let size = |dim: &Dim| match dim {
            Dim::Size(size) => size.to_string(),
            _ => format!("\"{}\"", crate::places::size_text(dim)),
        };
        let sizes: Vec<String> = symbol.shape.0.iter().map(size).collect();
        let shape = match sizes.as_slice() {
            [one] => format!("({one},)"),
            sizes => format!("({})", sizes.join(", ")),
        };
        text.push_str(&format!("    \"{}\": {shape},\n", ascii(&symbol.name)));
    }
    text.push_str("}\n");
    let promised: Vec<&Symbol> = declared(network)
        .filter(|symbol| !symbol.attributes.is_empty())
        .collect();
    if !promised.is_empty() {
        text.push_str(
            "# What is promised of their entries, and along which axis.\nATTRIBUTES = {\n",
        );
        for symbol in promised {
            let words: Vec<String> = symbol.attributes.iter().map(attribute).collect();
            text.push_str(&format!(
                "    \"{}\": [{}],\n",
                ascii(&symbol.name),
                words.join(", ")
            ));
        }
        text.push_str("}\n");
    }
    text
}

fn attribute(attribute: &Attribute) -> String {
    match attribute {
        Attribute::OneHot { axis } => format!("(\"onehot\", {axis})"),
        Attribute::Simplex { axis } => format!("(\"simplex\", {axis})"),
        Attribute::Symmetric => "(\"symmetric\", None)".to_owned(),
        Attribute::Positive => "(\"positive\", None)".to_owned(),
    }
}

/// The helper functions that a text calls, and those that they call, in the table's order.
fn helpers(target: &'static Target, text: &str) -> String {
    let all: Vec<&crate::target::Helper> = crate::target::HELPERS
        .iter()
        .filter_map(|helper| target.helper(helper.name))
        .collect();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    loop {
        let before = used.len();
        let bodies: Vec<&str> = used.iter().map(|&at| all[at].text).chain([text]).collect();
        let calls = |name: &str| bodies.iter().any(|body| calls(body, name));
        let found: Vec<usize> = (0..all.len()).filter(|&at| calls(all[at].name)).collect();
        used.extend(found);
        if used.len() == before {
            break;
        }
    }
    let texts: Vec<String> = used
        .iter()
        .map(|&at| all[at].text.replace("{np}", target.module))
        .collect();
    texts.join("\n\n")
}

/// Whether a text calls a function of this name, and not one whose name ends so.
fn calls(text: &str, name: &str) -> bool {
    let call = format!("{name}(");
    text.match_indices(&call).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let definition = text[..at].ends_with("def ");
        !definition && before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '.'))
    })
}

fn main_function(
    network: &Network,
    target: &'static Target,
    program: &mut Program,
) -> Result<String, Unsupported> {
    let mut text = "def loss_and_gradients(**values):\n    \"\"\"The loss, and by name its gradient by each of the differentiated arrays.\"\"\"\n".to_owned();
    let sizes = sizes(network, program)?;
    let mut needed: BTreeSet<&Name> = sizes
        .iter()
        .filter_map(|(_, _, from)| from.as_ref().map(|(name, _)| name))
        .collect();
    for symbol in declared(network) {
        let variable = program.names.of(Meaning::Value(symbol.name.clone()));
        if !program.used.contains(&variable) && !needed.remove(&symbol.name) {
            continue;
        }
        let key = ascii(&symbol.name);
        let array = target
            .spelling("array")
            .unwrap_or("{0}")
            .replace("{np}", target.module);
        text.push_str(&format!(
            "    {variable} = {}\n",
            array.replace("{0}", &format!("values[\"{key}\"]"))
        ));
    }
    for definition in network
        .functions
        .iter()
        .filter(|definition| definition.body.is_none())
    {
        let name = &definition.name;
        for (primes, key) in [(0, ascii(name)), (1, format!("{}_prime", ascii(name)))] {
            if program.functions.contains(&Function {
                name: name.clone(),
                primes,
            }) {
                let meaning = if primes == 0 {
                    Meaning::Function(name.clone())
                } else {
                    Meaning::Prime(name.clone())
                };
                let variable = program.names.of(meaning);
                text.push_str(&format!("    {variable} = values[\"{key}\"]\n"));
            }
        }
    }
    for (variable, value, _) in &sizes {
        text.push_str(&format!("    {variable} = {value}\n"));
    }
    text.push_str("\n    # Forward pass.\n");
    lines(&mut text, &program.forward);
    let loss = program
        .forward
        .last()
        .map_or("loss", |line| line.variable.as_str())
        .to_owned();
    text.push_str("\n    # Backward pass: from the loss down.\n");
    lines(&mut text, &program.backward);
    text.push_str("\n    gradients = {\n");
    for (key, variable) in &program.gradients {
        text.push_str(&format!("        \"{key}\": {variable},\n"));
    }
    text.push_str(&format!("    }}\n    return float({loss}), gradients\n"));
    Ok(text)
}

fn lines(text: &mut String, lines: &[Line]) {
    for line in lines {
        if !line.comment.is_empty() {
            text.push_str(&format!("    # {}\n", line.comment));
        }
        text.push_str(&format!("    {} = {}\n", line.variable, line.expression));
    }
}

/// A size that is used: its variable, its value, and the array and axis it is read off.
type Size = (String, String, Option<(Name, usize)>);

/// Where the sizes that are used come from: an axis of an argument, or their declaration.
fn sizes(network: &Network, program: &mut Program) -> Result<Vec<Size>, Unsupported> {
    let mut sizes = Vec::new();
    let wanted: Vec<Name> = program.sizes.iter().cloned().collect();
    for name in wanted {
        let variable = program.names.of(Meaning::Dimension(name.clone()));
        let dim = Dim::Named(name.clone());
        let found = declared(network).find_map(|symbol| {
            let axis = symbol.shape.0.iter().position(|own| *own == dim)?;
            Some((symbol.name.clone(), axis))
        });
        match (&found, network.size(&dim)) {
            (Some((array, axis)), _) => {
                let array = program.names.of(Meaning::Value(array.clone()));
                sizes.push((variable, format!("{array}.shape[{axis}]"), found));
            }
            (None, Some(size)) => sizes.push((variable, size.to_string(), None)),
            (None, None) => {
                return Err(Unsupported::new(format!(
                    "the dimension `{name}`, which no argument has as an axis"
                )));
            }
        }
    }
    Ok(sizes)
}

/// The user's functions and derivatives that are used, as definitions.
fn functions(
    derivation: &Derivation,
    target: &'static Target,
    program: &mut Program,
) -> Result<String, Unsupported> {
    let network = &derivation.network;
    let mut done: BTreeSet<Function> = BTreeSet::new();
    let mut texts = Vec::new();
    while let Some(function) = program.functions.difference(&done).next().cloned() {
        let definition = network
            .functions
            .iter()
            .find(|definition| definition.name == function.name);
        let unspecified = definition.is_some_and(|definition| definition.body.is_none());
        if !unspecified {
            texts.push(function_text(
                derivation, definition, target, program, &function,
            )?);
        }
        done.insert(function);
    }
    Ok(texts.join("\n\n"))
}

fn function_text(
    derivation: &Derivation,
    definition: Option<&FunctionDefinition>,
    target: &'static Target,
    program: &mut Program,
    function: &Function,
) -> Result<String, Unsupported> {
    let network = &derivation.network;
    let arity = match definition {
        Some(definition) => definition.parameters.len(),
        None => function.row().map_or(1, |row| row.arity),
    };
    let mut own = Names::new(target.reserved());
    let parameters: Vec<String> = (0..arity)
        .map(|at| match definition {
            Some(definition) => own.fresh(&ascii(&definition.parameters[at])),
            None if at == 0 => own.fresh("z"),
            None => own.fresh(&format!("a{at}")),
        })
        .collect();
    let mut translator = Translator::new(network, program.names.clone());
    translator.parameters = parameters.clone();
    let (meaning, id) = match function.primes {
        0 => {
            let body = definition.and_then(|definition| definition.body);
            let body =
                body.ok_or_else(|| Unsupported::new(format!("the function `{function}`")))?;
            (
                Meaning::Function(function.name.clone()),
                translator.node(body)?,
            )
        }
        _ => {
            let fact = derivation
                .functions
                .iter()
                .find(|fact| fact.function.name == function.name);
            let derivative = fact.and_then(|fact| fact.derivative.as_ref());
            let derivative = derivative
                .ok_or_else(|| Unsupported::new(format!("the derivative `{function}`")))?;
            let named = with_parameters(derivative, &parameters);
            (
                Meaning::Prime(function.name.clone()),
                translator.closed(&named)?,
            )
        }
    };
    program
        .functions
        .extend(translator.functions.iter().cloned());
    let mut names = translator.names;
    // The parameters stand for themselves.
    let arena = translator.arena;
    let renamed: HashMap<_, _> = (0..arena.len())
        .map(crate::code::Id)
        .filter_map(|id| match &arena.node(id).op {
            Op::Name(name) => {
                let at = parameters
                    .iter()
                    .enumerate()
                    .position(|(at, _)| names.is(name, &Meaning::Value(stand_in(at))));
                at.map(|at| (id, parameters[at].clone()))
            }
            _ => None,
        })
        .collect();
    let mut writer = Writer {
        arena: &arena,
        target,
        names: &mut names,
        variables: renamed,
        sizes: BTreeSet::new(),
    };
    let expression = writer.expression(id, Level::Loose)?;
    if let Some(size) = writer.sizes.first() {
        return Err(Unsupported::new(format!(
            "the function `{function}`, which mentions the dimension `{size}`"
        )));
    }
    let name = names.of(meaning.clone());
    program.names.of(meaning);
    Ok(format!(
        "def {name}({}):\n    return {expression}\n",
        parameters.join(", ")
    ))
}

/// The name under which the k-th argument stands in a function's derivative.
fn stand_in(at: usize) -> Name {
    match at {
        0 => Name::new(FunctionFact::ARGUMENT),
        _ => parameter_name(at),
    }
}

fn with_parameters(term: &Term, _parameters: &[String]) -> Term {
    term.clone()
}
