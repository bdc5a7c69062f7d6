//! The user's functions, and derivatives of functions, as definitions of the program.

use crate::code::{Id, Op};
use crate::language::Kind;
use crate::names::{Meaning, Names, ascii};
use crate::program::Program;
use crate::target::Target;
use crate::translate::{Translator, Unsupported};
use crate::write::{Level, Writer};
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
    };
    let expression = writer.expression(id, Level::Loose)?;
    if let Some(size) = writer.sizes.first() {
        return Err(Unsupported::new(format!(
            "the function `{function}`, which mentions the dimension `{size}`"
        )));
    }
    let name = names.of(meaning.clone());
    program.names.of(meaning);
    let parameters = parameters.join(", ");
    Ok(match target.language.kind {
        Kind::Python => format!("def {name}({parameters}):\n    return {expression}\n"),
        Kind::Octave => {
            format!("function result = {name}({parameters})\n  result = {expression};\nend\n")
        }
        Kind::Julia => format!("{name}({parameters}) = {expression}\n"),
    })
}

/// The name under which the k-th argument stands in a function's derivative.
fn stand_in(at: usize) -> Name {
    match at {
        0 => Name::new(FunctionFact::ARGUMENT),
        _ => parameter_name(at),
    }
}
