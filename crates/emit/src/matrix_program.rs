//! The layout of a program in Octave or Julia: one public function, then the functions that it calls.
//!
//! Octave's takes a struct of the values and gives a struct of the gradients; Julia's takes keyword arguments and gives named ones.

use crate::Options;
use crate::asked::{Asked, Question};
use crate::counts::program_total;
use crate::functions::functions;
use crate::language::Kind;
use crate::names::{Meaning, ascii};
use crate::program::{Program, program};
use crate::python::{helpers, pass, without_comments};
use crate::tables::{declared, multiples, sizes};
use crate::target::Target;
use crate::translate::Unsupported;
use derive_graph::{Function, Name, Network};
use derive_index::Term;
use std::collections::BTreeSet;

/// What Julia imports only if the text mentions it.
const IMPORTS: [(&str, &[&str]); 2] = [
    (
        "LinearAlgebra",
        &["I", "det", "diag", "diagm", "inv", "logabsdet"],
    ),
    ("SpecialFunctions", &["erf", "erfc"]),
];

/// The program.
///
/// # Errors
/// The first construct without one.
pub(crate) fn module(
    asked: &Asked<'_>,
    target: &'static Target,
    options: Options,
    formula: &dyn Fn(&Term, &Network) -> String,
) -> Result<String, Unsupported> {
    let derivation = asked.blocks.first().copied().unwrap_or(asked.first);
    let network = &derivation.network;
    let mut whole = program(asked, target, options, formula)?;
    let functions = functions(derivation, target, &mut whole)?;
    let main = main_function(network, target, &mut whole, asked.question, options)?;
    let code = without_comments(&format!("{main}\n{functions}"));
    let helpers = helpers(target, &code);
    let parts = match target.language.kind {
        Kind::Octave => [main, functions, helpers],
        _ => [helpers, functions, main],
    };
    let mut text = title(&asked.first.network, target, asked.question);
    text.push_str(&heading(network, target, &mut whole));
    if target.language.kind == Kind::Julia {
        text.push_str(&imports(&without_comments(&parts.concat())));
    }
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    text.push_str(&parts.join("\n\n"));
    text.push('\n');
    Ok(text)
}

/// What the program is, and how it takes its arguments.
pub(crate) fn title(network: &Network, target: &Target, question: Question) -> String {
    let title = network.title.as_deref().unwrap_or("A network");
    let what = question.title(&network.loss.name);
    let mut text = format!("# {title}: {what}, from derived formulas. Written by `derive`.\n#\n");
    text.push_str(&match target.language.kind {
        Kind::Octave => "# `values` is a struct of the arrays; a vector is a column. Sizes are read off them.\n".to_owned(),
        _ => format!(
            "# The arrays are keyword arguments, the {} a named tuple. Sizes are read off the arrays.\n",
            question.answer()
        ),
    });
    text
}

/// The shape of every argument.
fn heading(network: &Network, target: &Target, program: &mut Program) -> String {
    let mut text = String::new();
    for symbol in declared(network) {
        let dims: Vec<String> = symbol
            .shape
            .0
            .iter()
            .map(crate::places::size_text)
            .collect();
        let key = key(&symbol.name, target, program);
        text.push_str(&format!("#   {key}: [{}]\n", dims.join(", ")));
    }
    text.push_str(&multiples(network));
    text.push('\n');
    text
}

/// The name of an argument and of its gradient: Julia has no keyword arguments that are words of the language.
fn key(name: &Name, target: &Target, program: &mut Program) -> String {
    match target.language.kind {
        Kind::Julia => program.names.of(Meaning::Value(name.clone())),
        _ => ascii(name),
    }
}

/// What a text of Julia needs of packages.
pub(crate) fn imports(code: &str) -> String {
    let words: BTreeSet<&str> = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let mut text = String::new();
    for (package, names) in IMPORTS {
        // `1.0I` is one word.
        let is_used =
            |name: &&&str| words.contains(**name) || (**name == "I" && code.contains("0I,"));
        let used: Vec<&str> = names.iter().filter(is_used).copied().collect();
        if !used.is_empty() {
            text.push_str(&format!("using {package}: {}\n", used.join(", ")));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn main_function(
    network: &Network,
    target: &'static Target,
    program: &mut Program,
    question: Question,
    options: Options,
) -> Result<String, Unsupported> {
    let octave = target.language.kind == Kind::Octave;
    let margin = if octave { "  " } else { "    " };
    let mut text = head(network, target, question, program);
    if octave {
        text.push_str(&read(network, program));
    }
    for size in sizes(network, program, target.language)? {
        text.push_str(&format!(
            "{margin}{} = {}{}\n",
            size.variable,
            size.value,
            end(octave)
        ));
    }
    let layout = (margin, end(octave));
    if !program.forward.is_empty() {
        pass(&mut text, "Forward pass", &program.forward, options, layout);
    }
    let title = match question {
        Question::Gradients => "Backward pass, from the loss down",
        _ => "Derivatives",
    };
    pass(&mut text, title, &program.backward, options, layout);
    let loss = program.forward.last();
    let loss = loss.map_or("loss".to_owned(), |line| line.variable.clone());
    text.push_str(&program_total(program, options, margin));
    text.push('\n');
    let mut entries: Vec<(Vec<String>, String)> = Vec::new();
    for answer in program.gradients.clone() {
        let names = answer.by.iter().map(|name| key(name, target, program));
        entries.push((names.collect(), answer.variable));
    }
    let loss = question.has_loss().then_some(loss.as_str());
    text.push_str(&keyed(&entries, question.answer(), loss, octave));
    Ok(text)
}

fn end(octave: bool) -> &'static str {
    if octave { ";" } else { "" }
}

fn head(network: &Network, target: &Target, question: Question, program: &mut Program) -> String {
    let (function, about, answer) = (question.function(), question.about(), question.answer());
    if target.language.kind == Kind::Octave {
        let results = match question.has_loss() {
            true => format!("[loss, {answer}]"),
            false => answer.to_owned(),
        };
        return format!("function {results} = {function}(values)\n  # {about}\n");
    }
    let mut names: Vec<String> = declared(network)
        .map(|symbol| program.names.of(Meaning::Value(symbol.name.clone())))
        .collect();
    names.extend(
        passed(network, program)
            .into_iter()
            .map(|(variable, _)| variable),
    );
    format!("\"{about}\"\nfunction {function}(; {})\n", names.join(", "))
}

/// The fields of the struct that are used.
fn read(network: &Network, program: &mut Program) -> String {
    let mut text = String::new();
    for symbol in declared(network) {
        let variable = program.names.of(Meaning::Value(symbol.name.clone()));
        text.push_str(&format!(
            "  {variable} = {};\n",
            field("values", &ascii(&symbol.name))
        ));
    }
    for (variable, key) in passed(network, program) {
        text.push_str(&format!("  {variable} = {};\n", field("values", &key)));
    }
    text
}

/// A field of a struct; a keyword in brackets.
pub(crate) fn field(of: &str, key: &str) -> String {
    if crate::octave::RESERVED.contains(&key) {
        format!("{of}.('{key}')")
    } else {
        format!("{of}.{key}")
    }
}

/// The unspecified functions that are used, with their documented names.
pub(crate) fn passed(network: &Network, program: &mut Program) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for definition in network
        .functions
        .iter()
        .filter(|definition| definition.body.is_none())
    {
        for (primes, ending) in [(0, ""), (1, "_prime")] {
            let name = definition.name.clone();
            if program.functions.contains(&Function {
                name: name.clone(),
                primes,
            }) {
                let key = format!("{}{ending}", ascii(&name));
                let meaning = if primes == 0 {
                    Meaning::Function(name)
                } else {
                    Meaning::Prime(name)
                };
                found.push((program.names.of(meaning), key));
            }
        }
    }
    found
}

/// The end of the function: the loss, if it is given as well, and the answers by name, each with its variable. Second derivatives have two names.
pub(crate) fn keyed(
    answers: &[(Vec<String>, String)],
    answer: &str,
    loss: Option<&str>,
    octave: bool,
) -> String {
    if octave {
        let mut text = match loss {
            Some(loss) if loss != "loss" => format!("  loss = {loss};\n"),
            _ => String::new(),
        };
        text.push_str(&format!("  {answer} = struct();\n"));
        for (keys, variable) in answers {
            let place = keys
                .iter()
                .fold(answer.to_owned(), |of, key| field(&of, key));
            text.push_str(&format!("  {place} = {variable};\n"));
        }
        text.push_str("end\n");
        return text;
    }
    let mut text = format!("    {answer} = (\n");
    let mut outer: Option<&String> = None;
    for (keys, variable) in answers {
        let (last, before) = (keys.last(), keys.first().filter(|_| keys.len() > 1));
        let last = last.map_or("", String::as_str);
        if before != outer {
            text.push_str(if outer.is_some() { "),\n" } else { "" });
            text.push_str(&before.map_or(String::new(), |key| format!("        {key} = (")));
        }
        text.push_str(&match before {
            Some(_) => format!("{last} = {variable},"),
            None => format!("        {last} = {variable},\n"),
        });
        outer = before;
    }
    text.push_str(if outer.is_some() { "),\n" } else { "" });
    let result = loss.map_or(answer.to_owned(), |loss| format!("{loss}, {answer}"));
    text.push_str(&format!("    )\n    {result}\nend\n"));
    text
}
