//! The user's functions, and derivatives of functions, as definitions of the program.

use crate::code::{Id, Op};
use crate::language::Kind;
use crate::names::{Meaning, Names, ascii};
use crate::program::Program;
use crate::schedule::{Line, Root, Schedule};
use crate::target::Target;
use crate::translate::{Translator, Unsupported};
use crate::write::Writer;
use derive_graph::{Function, FunctionDefinition, Name};
use derive_index::derivation::{Derivation, FunctionFact};
use derive_index::lower::parameter_name;
use std::collections::{BTreeSet, HashMap};

/// The user's functions and derivatives that are used, as definitions.
pub(crate) fn functions(
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
    Ok(texts.join(if target.language.is_python() {
        "\n\n"
    } else {
        "\n"
    }))
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
            (
                Meaning::Prime(function.name.clone()),
                translator.closed(derivative)?,
            )
        }
    };
    program
        .functions
        .extend(translator.functions.iter().cloned());
    let mut names = translator.names;
    // The parameters stand for themselves.
    let arena = translator.arena;
    let renamed: HashMap<_, _> = (0..arena.count())
        .map(Id)
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
        // Julia's functions are applied entry by entry where they are called, Octave's get whole arrays.
        numbers: target.language.kind == Kind::Julia,
    };
    let root = Root {
        comment: String::new(),
        variable: "result".to_owned(),
        id,
        name: function.name.clone(),
    };
    let roots = [root];
    let mut lines = Vec::new();
    Schedule::new(&arena, &roots).write(&mut writer, &roots[0], &mut lines)?;
    if let Some(size) = writer.sizes.first() {
        return Err(Unsupported::new(format!(
            "the function `{function}`, which mentions the dimension `{size}`"
        )));
    }
    let name = names.of(meaning.clone());
    program.names.of(meaning);
    let parameters = parameters.join(", ");
    Ok(definition_text(
        target.language.kind,
        &format!("{name}({parameters})"),
        &lines,
    ))
}

/// A function with this head; the last line is its value.
fn definition_text(kind: Kind, head: &str, lines: &[Line]) -> String {
    let shared = lines.len().saturating_sub(1);
    let (before, last) = lines.split_at(shared);
    let value = last.first().map_or("", |line| line.expression.as_str());
    let margin = if kind == Kind::Octave { "  " } else { "    " };
    let end = if kind == Kind::Octave { ";" } else { "" };
    let before: String = before
        .iter()
        .map(|line| format!("{margin}{} = {}{end}\n", line.variable, line.expression))
        .collect();
    match kind {
        Kind::Python => format!("def {head}:\n{before}    return {value}\n"),
        Kind::Octave => format!("function result = {head}\n{before}  result = {value};\nend\n"),
        Kind::Julia if before.is_empty() => format!("{head} = {value}\n"),
        Kind::Julia => format!("function {head}\n{before}    {value}\nend\n"),
    }
}

/// The name under which the k-th argument stands in a function's derivative.
fn stand_in(at: usize) -> Name {
    match at {
        0 => Name::new(FunctionFact::ARGUMENT),
        _ => parameter_name(at),
    }
}
