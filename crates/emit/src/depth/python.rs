//! A module in Python for a network of symbolic depth: arguments, loops, gradients, and the library's own rule.

use super::passes::{Part, Place};
use super::{Module, Passes};
use crate::Options;
use crate::asked::Question;
use crate::counts::{pass_total, work_of};
use crate::functions::functions;
use crate::names::{Meaning, Names};
use crate::program::Program;
use crate::python::{arguments_of, docstring, helpers, imports, without_comments};
use crate::tables::tables_of;
use crate::text::plus;
use crate::translate::Unsupported;
use derive_graph::Symbol;

/// The module that `new` has everything for.
///
/// # Errors
/// The first construct without a program.
pub(super) fn text<'a>(
    new: &dyn Fn() -> Module<'a>,
    options: Options,
) -> Result<String, Unsupported> {
    let mut parts = Vec::new();
    let target = new().target;
    if target.loss_alone {
        parts.push(function(new(), false)?.0);
    }
    let (whole, mut program) = function(new(), true)?;
    parts.push(whole);
    let module = new();
    let network = &module.derivation.network;
    parts.insert(0, functions(module.derivation, target, &mut program)?);
    if network
        .functions
        .iter()
        .all(|function| function.body.is_some())
    {
        let tail = target.tail_of_lists.unwrap_or(target.tail);
        parts.push(tail.to_owned());
    }
    let code = without_comments(&parts.concat());
    let own = match options.train {
        true => crate::train::IMPORTS,
        false => &[],
    };
    if options.train {
        parts.push(module.training()?);
    }
    parts.insert(0, helpers(target, &code));
    let mut text = docstring(network, Question::Gradients);
    text.push_str(&imports(target, &without_comments(&parts.concat()), own));
    text.push_str(&tables(&module));
    for part in parts.iter().filter(|part| !part.is_empty()) {
        text.push_str("\n\n");
        text.push_str(part.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// The function with both passes, or with the forward pass alone.
fn function(mut module: Module<'_>, with_backward: bool) -> Result<(String, Program), Unsupported> {
    let mut passes = module.passes(with_backward)?;
    let mut text = head(&module, &mut passes, with_backward)?;
    let titled = |title: &str, parts: &[Part], text: &mut String| {
        let total = pass_total(&module.counted(parts), module.options);
        text.push_str(&format!("\n    # {title}{total}.\n"));
        written(&module, parts, text);
    };
    titled("Forward pass", &passes.forward, &mut text);
    if with_backward {
        let title = "Backward pass, from the loss down";
        titled(title, &passes.backward, &mut text);
        text.push_str(&module.in_all(&passes, "    "));
        text.push_str(&gradients(&module, &passes.program.names));
    }
    let result = module.target.spelling("result").unwrap_or("{0}");
    let result = result.replace("{0}", &module.loss());
    text.push_str(&match with_backward {
        false => format!("    return {result}\n"),
        true => format!("    return {result}, gradients\n"),
    });
    Ok((text, passes.program))
}

/// The parts of a pass.
fn written(module: &Module<'_>, parts: &[Part], text: &mut String) {
    let (first, bound, counter) = (module.layers.first, &module.bound, &module.counter);
    for part in parts {
        let range = match part.place {
            Place::Alone => None,
            Place::Up(less) => Some(format!("{first}, {}", plus(bound, 1 - less))),
            Place::Down => Some(format!("{bound} - 1, {}, -1", first - 1)),
        };
        let margin = match range {
            Some(range) => {
                text.push_str(&format!("    for {counter} in range({range}):\n"));
                "        "
            }
            None => "    ",
        };
        for line in part.lines() {
            if !line.comment.is_empty() {
                text.push_str(&format!("{margin}# {}\n", line.comment));
            }
            let (variable, expression) = (&line.variable, &line.expression);
            let work = work_of(line, module.options);
            text.push_str(&format!("{margin}{variable} = {expression}{work}\n"));
        }
    }
}

/// The head of a function: its arguments, the number of layers, lists for what is computed, sizes, functions.
fn head(
    module: &Module<'_>,
    passes: &mut Passes,
    with_backward: bool,
) -> Result<String, Unsupported> {
    let array = module.target.spelling("array").unwrap_or("{0}");
    let array = array.replace("{np}", module.target.module);
    let (lists, single): (Vec<&Symbol>, Vec<&Symbol>) = module
        .arguments()
        .partition(|symbol| module.is_list(&symbol.name));
    let mut text = match with_backward {
        true => crate::python::head(Question::Gradients),
        false => crate::python::value_head(Question::Gradients),
    };
    text.push_str(
        "    # Lists begin with the place 0, so that the array of layer 1 stands at 1.\n",
    );
    let mut counted = None;
    for symbol in lists {
        let (key, list) = (
            module.key(&symbol.name),
            module.families.list_of(&symbol.name).unwrap_or_default(),
        );
        let before = module.layers.first + module.families.shift(list);
        let nothing = "None, ".repeat(usize::try_from(before).unwrap_or(0));
        let each = array.replace("{0}", "it");
        if counted.is_none() || module.is_read(list) {
            text.push_str(&format!(
                "    {list} = [{nothing}*({each} for it in values[\"{key}\"])]\n"
            ));
        }
        counted.get_or_insert(list);
    }
    let bound = &module.bound;
    match counted {
        Some(list) => text.push_str(&format!(
            "    {bound} = len({list}) - {}\n",
            module.families.more(list)
        )),
        None => text.push_str(&format!(
            "    {bound} = int(values[\"{}\"])\n",
            module.layers.bound
        )),
    }
    for list in module.written_lists(passes) {
        let places = plus(bound, module.families.more(&list));
        text.push_str(&format!("    {list} = [None] * ({places})\n"));
    }
    for symbol in single {
        let variable = passes.program.names.of(Meaning::Value(symbol.name.clone()));
        if module.is_used(&variable) {
            let value = array.replace("{0}", &format!("values[\"{}\"]", module.key(&symbol.name)));
            text.push_str(&format!("    {variable} = {value}\n"));
        }
    }
    arguments_of(&mut text, &module.derivation.network, &mut passes.program);
    for (variable, value) in module.sizes_read(&mut passes.program)? {
        text.push_str(&format!("    {variable} = {value}\n"));
    }
    Ok(text)
}

/// The dictionary of the gradients.
fn gradients(module: &Module<'_>, names: &Names) -> String {
    let mut names = names.clone();
    let mut text = String::from("\n    gradients = {\n");
    for name in module.asked() {
        let mut value = module.derivative(name, &mut names);
        if module.is_list(name) {
            let first = module.layers.first + module.families.shift(&value);
            value = format!("{value}[{first}:]");
        }
        text.push_str(&format!("        \"{}\": {value},\n", module.key(name)));
    }
    text.push_str("    }\n");
    text
}

/// The tables of the arguments.
fn tables(module: &Module<'_>) -> String {
    let entries: Vec<(String, Symbol, bool)> = module
        .arguments()
        .map(|symbol| {
            let shape = module.spelling.shape(&symbol.shape);
            let symbol_told = Symbol {
                shape,
                ..symbol.clone()
            };
            (
                module.key(&symbol.name),
                symbol_told,
                module.is_list(&symbol.name),
            )
        })
        .collect();
    let gradients: Vec<String> = module.asked().map(|name| module.key(name)).collect();
    let entries: Vec<(String, &Symbol, bool)> = entries
        .iter()
        .map(|(key, symbol, is_list)| (key.clone(), symbol, *is_list))
        .collect();
    let mut text = tables_of(&entries, &gradients, Question::Gradients);
    if module.counts_layers() {
        let bound = &module.layers.bound;
        text.push_str(&format!("# The number of the last layer, a whole number, is an argument as well.\nCOUNTS = (\"{bound}\",)\n"));
    }
    text
}
