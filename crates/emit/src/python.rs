//! The layout of a module in Python, for NumPy and for libraries that follow it.

use crate::Options;
use crate::asked::{Asked, Question};
use crate::counts::{once, pass_total, program_total, work_of};
use crate::functions::functions;
use crate::names::{Meaning, ascii};
use crate::program::{Answer, Program, program, value};
use crate::schedule::Line;
use crate::tables::{declared, sizes, tables};
use crate::target::{Helper, Target};
use crate::translate::Unsupported;
use derive_graph::{Function, FunctionDefinition, Name, Network};
use derive_index::Term;
use std::collections::BTreeSet;

/// What is imported only if the text mentions it.
const IMPORTS: [(&str, &str); 2] = [("import math", "math."), ("import jax", "jax.")];

/// The module: imports, the declared shapes, helpers, functions, the loss and its gradients.
///
/// # Errors
/// The first construct without a program.
pub fn module(
    asked: &Asked<'_>,
    target: &'static Target,
    options: Options,
    formula: &dyn Fn(&Term, &Network) -> String,
) -> Result<String, Unsupported> {
    let derivation = asked.blocks.first().copied().unwrap_or(asked.first);
    let network = &derivation.network;
    let question = asked.question;
    let mut whole = program(asked, target, options, formula)?;
    let functions = functions(derivation, target, &mut whole)?;
    let mut parts = Vec::new();
    if target.loss_alone {
        let mut alone = value(asked, target, options, formula)?;
        let network = &asked.first.network;
        parts.push(value_function(
            network, target, &mut alone, question, options,
        )?);
    }
    parts.push(function(network, target, &mut whole, question, options)?);
    parts.insert(0, functions);
    let passes = |definition: &FunctionDefinition| definition.body.is_none();
    if question == Question::Gradients && !network.functions.iter().any(passes) {
        parts.push(target.tail.to_owned());
    }
    let code = without_comments(&parts.concat());
    if options.train {
        parts.push(crate::train::script(network)?);
    }
    let helpers = helpers(target, &code);
    parts.insert(0, helpers);
    let mut text = docstring(&asked.first.network, question);
    let all = without_comments(&parts.concat());
    let own: &[&str] = if options.train {
        crate::train::IMPORTS
    } else {
        &[]
    };
    text.push_str(&imports(target, &all, own));
    text.push_str(&tables(network, question));
    for part in parts {
        if !part.is_empty() {
            text.push_str("\n\n");
            text.push_str(part.trim_end());
            text.push('\n');
        }
    }
    Ok(text)
}

/// What a text needs imported, and an empty line.
pub(crate) fn imports(target: &'static Target, code: &str, own: &[&'static str]) -> String {
    let mut imports: Vec<&str> = own.to_vec();
    let used = IMPORTS.iter().filter(|(_, sign)| code.contains(sign));
    imports.extend(used.map(|(import, _)| import));
    imports.sort_unstable();
    // The standard library stands apart from what is installed.
    if imports.iter().any(|import| *import != "import jax") {
        imports.push("");
    }
    imports.extend(target.imports);
    if code.contains("sliding_window_view(") {
        imports.push("from numpy.lib.stride_tricks import sliding_window_view");
    }
    format!("{}\n\n", imports.join("\n"))
}

pub(crate) fn docstring(network: &Network, question: Question) -> String {
    let title = network.title.as_deref().unwrap_or("A network");
    let (what, function) = (question.title(&network.loss.name), question.function());
    format!(
        "\"\"\"{title}: {what}, from derived formulas.\n\nWritten by `derive`. `{function}` takes the arrays of SHAPES by name; \
         sizes are read off them.\n\"\"\"\n\n"
    )
}

/// The helper functions that a text calls, and those that they call, in the table's order.
pub(crate) fn helpers(target: &'static Target, text: &str) -> String {
    let all: Vec<&Helper> = target.helpers().collect();
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
    // Python wants two empty lines between functions.
    texts.join(if target.language.is_python() {
        "\n\n"
    } else {
        "\n"
    })
}

/// The text without the lines that are comments: formulas there look like calls.
pub(crate) fn without_comments(text: &str) -> String {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    code.collect::<Vec<_>>().join("\n")
}

/// Whether a text calls a function of this name, and not one whose name ends so.
fn calls(text: &str, name: &str) -> bool {
    let is_call = |rest: &str| rest.starts_with('(') || rest.starts_with(".(");
    text.match_indices(name).any(|(at, _)| {
        if !is_call(&text[at + name.len()..]) {
            return false;
        }
        let before = text[..at].chars().next_back();
        let definition = text[..at].ends_with("def ");
        let own = text[..at].ends_with("function ");
        !definition && !own && before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '.'))
    })
}

/// The function of what is differentiated alone.
fn value_function(
    network: &Network,
    target: &'static Target,
    program: &mut Program,
    question: Question,
    options: Options,
) -> Result<String, Unsupported> {
    let mut text = value_head(question);
    arguments(&mut text, network, target, program)?;
    pass(&mut text, "Forward pass", &program.forward, options, LAYOUT);
    text.push_str(&format!("    return {}\n", result(target, program)));
    Ok(text)
}

/// The function of the program: its head, the arguments that it uses, the sizes, the lines, and what it returns.
fn function(
    network: &Network,
    target: &'static Target,
    program: &mut Program,
    question: Question,
    options: Options,
) -> Result<String, Unsupported> {
    let mut text = head(question);
    arguments(&mut text, network, target, program)?;
    if !program.forward.is_empty() {
        pass(&mut text, "Forward pass", &program.forward, options, LAYOUT);
    }
    let title = match question {
        Question::Gradients => "Backward pass, from the loss down",
        _ => "Derivatives",
    };
    pass(&mut text, title, &program.backward, options, LAYOUT);
    text.push_str(&program_total(program, options, "    "));
    let answer = question.answer();
    text.push_str(&format!("\n    {answer} = {{\n"));
    for (key, value) in entries(&program.gradients) {
        text.push_str(&format!("        \"{key}\": {value},\n"));
    }
    text.push_str("    }\n");
    text.push_str(&match question.has_loss() {
        true => format!("    return {}, {answer}\n", result(target, program)),
        false => format!("    return {answer}\n"),
    });
    Ok(text)
}

/// The loss as it is returned; an array as it is.
fn result(target: &Target, program: &Program) -> String {
    let Some(line) = program.forward.last() else {
        return "loss".to_owned();
    };
    match program.arena.rank(line.id) {
        0 => {
            let template = target.spelling("result").unwrap_or("{0}");
            template.replace("{0}", &line.variable)
        }
        _ => line.variable.clone(),
    }
}

/// The entries of the dictionary that is returned; second derivatives stand in one by the first array's name.
fn entries(answers: &[Answer]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for answer in answers {
        let (last, outer) = answer
            .by
            .split_last()
            .map_or((String::new(), &[][..]), |(last, outer)| {
                (ascii(last), outer)
            });
        let Some(first) = outer.first().map(ascii) else {
            found.push((last, answer.variable.clone()));
            continue;
        };
        let entry = format!("\"{last}\": {}", answer.variable);
        match found.last_mut().filter(|(key, _)| *key == first) {
            Some((_, text)) => text.insert_str(text.len() - 1, &format!(", {entry}")),
            None => found.push((first, format!("{{{entry}}}"))),
        }
    }
    found
}

/// The first lines of the function.
pub(crate) fn head(question: Question) -> String {
    let (function, about) = (question.function(), question.about());
    format!("def {function}(**values):\n    \"\"\"{about}\"\"\"\n")
}

/// The first lines of the function of what is differentiated alone.
pub(crate) fn value_head(question: Question) -> String {
    let function = question.value_function();
    let about = match question {
        Question::Jacobian => "What is differentiated, alone.",
        _ => "The loss alone.",
    };
    format!("def {function}(**values):\n    \"\"\"{about}\"\"\"\n")
}

/// The arguments that are used, the sizes read off them, and the functions that are passed.
fn arguments(
    text: &mut String,
    network: &Network,
    target: &'static Target,
    program: &mut Program,
) -> Result<(), Unsupported> {
    let sizes = sizes(network, program, target.language)?;
    let measured: BTreeSet<&Name> = sizes.iter().filter_map(|size| size.from.as_ref()).collect();
    let array = target.spelling("array").unwrap_or("{0}");
    for symbol in declared(network) {
        let variable = program.names.of(Meaning::Value(symbol.name.clone()));
        if program.used.contains(&variable) || measured.contains(&symbol.name) {
            let value = format!("values[\"{}\"]", ascii(&symbol.name));
            let value = array.replace("{np}", target.module).replace("{0}", &value);
            text.push_str(&format!("    {variable} = {value}\n"));
        }
    }
    arguments_of(text, network, program);
    for size in &sizes {
        text.push_str(&format!("    {} = {}\n", size.variable, size.value));
    }
    Ok(())
}

/// The functions that are passed.
pub(crate) fn arguments_of(text: &mut String, network: &Network, program: &mut Program) {
    for definition in &network.functions {
        if definition.body.is_none() {
            passed(text, program, &definition.name);
        }
    }
}

/// An unspecified function and its derivative, as far as they are used.
fn passed(text: &mut String, program: &mut Program, name: &Name) {
    for primes in [0, 1] {
        let function = Function {
            name: name.clone(),
            primes,
        };
        if program.functions.contains(&function) {
            let (meaning, ending) = match primes {
                0 => (Meaning::Function(name.clone()), ""),
                _ => (Meaning::Prime(name.clone()), "_prime"),
            };
            let variable = program.names.of(meaning);
            let key = ascii(name);
            text.push_str(&format!("    {variable} = values[\"{key}{ending}\"]\n"));
        }
    }
}

/// The margin and the end of a line of Python inside a function.
const LAYOUT: (&str, &str) = ("    ", "");

/// The lines of a pass under its title, each after a margin and before an end; with their multiplications, if these are asked for.
pub(crate) fn pass(
    text: &mut String,
    title: &str,
    lines: &[Line],
    options: Options,
    (margin, end): (&str, &str),
) {
    let total = pass_total(&once(lines), options);
    text.push_str(&format!("\n{margin}# {title}{total}.\n"));
    for line in lines {
        if !line.comment.is_empty() {
            text.push_str(&format!("{margin}# {}\n", line.comment));
        }
        let work = work_of(line, options);
        let (variable, expression) = (&line.variable, &line.expression);
        text.push_str(&format!("{margin}{variable} = {expression}{end}{work}\n"));
    }
}
