//! A program in Octave or Julia for a network of symbolic depth: cell arrays, and vectors of arrays.

use super::passes::{Part, Place};
use super::{Module, Passes};
use crate::asked::Question;
use crate::counts::{pass_total, work_of};
use crate::functions::functions;
use crate::language::Kind;
use crate::matrix_program::{field, imports, keyed, passed, title};
use crate::names::{Meaning, Names, ascii};
use crate::python::{helpers, without_comments};
use crate::text::plus;
use crate::translate::Unsupported;
use derive_graph::Symbol;

/// The program.
///
/// # Errors
/// The first construct without one.
pub(super) fn text(mut module: Module<'_>) -> Result<String, Unsupported> {
    let mut passes = module.passes(true)?;
    let target = module.target;
    let functions = functions(module.derivation, target, &mut passes.program)?;
    let writer = Writer {
        octave: target.language.kind == Kind::Octave,
        module: &module,
    };
    let main = writer.main_function(&mut passes)?;
    let code = without_comments(&format!("{main}\n{functions}"));
    let helpers = helpers(target, &code);
    let parts = match writer.octave {
        true => [main, functions, helpers],
        false => [helpers, functions, main],
    };
    let mut text = writer.heading(&mut passes.program.names);
    if !writer.octave {
        text.push_str(&imports(&without_comments(&parts.concat())));
    }
    let parts = parts.iter().map(|part| part.trim_end());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    text.push_str(&parts.join("\n\n"));
    text.push('\n');
    Ok(text)
}

/// What differs between the two languages.
struct Writer<'a, 'b> {
    module: &'a Module<'b>,
    octave: bool,
}

impl Writer<'_, '_> {
    fn margin(&self) -> &'static str {
        if self.octave { "  " } else { "    " }
    }

    fn end(&self) -> &'static str {
        if self.octave { ";" } else { "" }
    }

    /// What the program is, and the shape of every argument.
    fn heading(&self, names: &mut Names) -> String {
        let module = self.module;
        let mut text = title(
            &module.derivation.network,
            module.target,
            Question::Gradients,
        );
        for symbol in module.arguments() {
            let shape = module.spelling.shape(&symbol.shape);
            let dims: Vec<String> = shape.0.iter().map(crate::places::size_text).collect();
            let every = match (module.is_list(&symbol.name), self.octave) {
                (false, _) => "",
                (true, true) => ", a cell array with one for every layer",
                (true, false) => ", a vector with one for every layer",
            };
            let key = match self.octave {
                true => module.key(&symbol.name),
                false => self.argument(symbol, names),
            };
            text.push_str(&format!("#   {key}: [{}]{every}\n", dims.join(", ")));
        }
        if module.counts_layers() {
            text.push_str(&format!(
                "#   {}: the number of the last layer\n",
                module.layers.bound
            ));
        }
        text.push('\n');
        text
    }

    fn main_function(&self, passes: &mut Passes) -> Result<String, Unsupported> {
        let mut text = self.head(passes);
        self.lists(passes, &mut text);
        for (variable, value) in self.module.sizes_read(&mut passes.program)? {
            text.push_str(&self.line(&variable, &value));
        }
        self.pass("Forward pass", &passes.forward, &mut text);
        let title = "Backward pass, from the loss down";
        self.pass(title, &passes.backward, &mut text);
        text.push_str(&self.module.in_all(passes, self.margin()));
        text.push('\n');
        text.push_str(&self.result(passes));
        Ok(text)
    }

    fn line(&self, variable: &str, value: &str) -> String {
        format!("{}{variable} = {value}{}\n", self.margin(), self.end())
    }

    /// The first lines; in Octave the fields of the struct as well.
    fn head(&self, passes: &mut Passes) -> String {
        let module = self.module;
        let mut arguments: Vec<(String, String)> = Vec::new();
        for symbol in module.arguments() {
            arguments.push((
                self.argument(symbol, &mut passes.program.names),
                module.key(&symbol.name),
            ));
        }
        if module.counts_layers() {
            arguments.push((module.bound.clone(), module.layers.bound.clone()));
        }
        arguments.extend(passed(&module.derivation.network, &mut passes.program));
        let about = "The loss, and by name its gradient by each of the differentiated arrays.";
        if !self.octave {
            let names: Vec<&str> = arguments
                .iter()
                .map(|(variable, _)| variable.as_str())
                .collect();
            return format!(
                "\"{about}\"\nfunction loss_and_gradients(; {})\n",
                names.join(", ")
            );
        }
        let mut text =
            format!("function [loss, gradients] = loss_and_gradients(values)\n  # {about}\n");
        for (variable, key) in arguments {
            text.push_str(&self.line(&variable, &field("values", &key)));
        }
        text
    }

    /// The variable that holds an argument at first: its list, itself, or, where it belongs into a list, one of its own.
    fn argument(&self, symbol: &Symbol, names: &mut Names) -> String {
        let name = &symbol.name;
        match self.module.families.list_of(name) {
            Some(list) if self.module.is_list(name) => list.to_owned(),
            Some(_) => names.of(Meaning::Argument(ascii(name))),
            None => names.of(Meaning::Value(name.clone())),
        }
    }

    /// The number of layers, and the lists that the program fills.
    fn lists(&self, passes: &mut Passes, text: &mut String) {
        let module = self.module;
        let (margin, bound) = (self.margin(), &module.bound);
        let (lists, single): (Vec<&Symbol>, Vec<&Symbol>) = module
            .arguments()
            .partition(|symbol| module.is_list(&symbol.name));
        if let Some(symbol) = lists.first() {
            let list = module.families.list_of(&symbol.name).unwrap_or_default();
            let count = if self.octave { "numel" } else { "length" };
            let value = plus(&format!("{count}({list})"), module.layers.first - 1);
            text.push_str(&self.line(bound, &value));
        }
        for symbol in lists {
            let list = module.families.list_of(&symbol.name).unwrap_or_default();
            let before = module.layers.first + module.families.shift(list) - 1;
            if before > 0 {
                let value = match self.octave {
                    true => format!("[cell(1, {before}), reshape({list}, 1, [])]"),
                    false => format!("[similar({list}, {before}); {list}]"),
                };
                text.push_str(&format!("{margin}# {}\n", self.shifted(list)));
                text.push_str(&self.line(list, &value));
            }
        }
        for list in module.written_lists(passes) {
            let places = plus(bound, module.families.more(&list));
            let value = match (self.octave, module.families.rank(&list)) {
                (true, _) => format!("cell(1, {places})"),
                (false, 0) => format!("Vector{{Float64}}(undef, {places})"),
                (false, rank) => format!("Vector{{Array{{Float64, {rank}}}}}(undef, {places})"),
            };
            if module.families.shift(&list) != 0 {
                text.push_str(&format!("{margin}# {}\n", self.shifted(&list)));
            }
            text.push_str(&self.line(&list, &value));
        }
        for symbol in single
            .into_iter()
            .filter(|symbol| module.families.list_of(&symbol.name).is_some())
        {
            let place = passes.program.names.of(Meaning::Value(symbol.name.clone()));
            let argument = self.argument(symbol, &mut passes.program.names);
            text.push_str(&self.line(&place, &argument));
        }
    }

    /// Where a list has the array of a layer.
    fn shifted(&self, list: &str) -> String {
        let at = self.module.families.at(list, &self.module.counter, 0);
        format!(
            "{at} is that of layer {}: the first is that of layer {}.",
            self.module.counter,
            1 - self.module.families.shift(list)
        )
    }

    fn pass(&self, title: &str, parts: &[Part], text: &mut String) {
        let margin = self.margin();
        let options = self.module.options;
        let total = pass_total(&self.module.counted(parts), options);
        text.push_str(&format!("\n{margin}# {title}{total}.\n"));
        let (first, bound, counter) = (
            self.module.layers.first,
            &self.module.bound,
            &self.module.counter,
        );
        for part in parts {
            let range = match part.place {
                Place::Alone => None,
                Place::Up(0) => Some(format!("{first}:{bound}")),
                Place::Up(less) => Some(format!("{first}:{bound}-{less}")),
                Place::Down => Some(format!("{bound}-1:-1:{first}")),
            };
            let inside = range.is_some();
            if let Some(range) = range {
                let sign = if self.octave { "=" } else { "in" };
                text.push_str(&format!("{margin}for {counter} {sign} {range}\n"));
            }
            let own = if inside {
                margin.repeat(2)
            } else {
                margin.to_owned()
            };
            for line in part.lines() {
                if !line.comment.is_empty() {
                    text.push_str(&format!("{own}# {}\n", line.comment));
                }
                let (variable, expression) = (&line.variable, &line.expression);
                let (end, work) = (self.end(), work_of(line, options));
                text.push_str(&format!("{own}{variable} = {expression}{end}{work}\n"));
            }
            if inside {
                text.push_str(&format!("{margin}end\n"));
            }
        }
    }

    /// What the function gives back.
    fn result(&self, passes: &mut Passes) -> String {
        let module = self.module;
        let loss = module.loss();
        let names = &mut passes.program.names;
        let mut gradients = Vec::new();
        for name in module.asked() {
            let list = module.derivative(name, names);
            let first = module.layers.first + module.families.shift(&list);
            let value = match (first, self.octave) {
                _ if !module.is_list(name) => list,
                (1, _) => list,
                (first, true) => format!("{list}({first}:end)"),
                (first, false) => format!("{list}[{first}:end]"),
            };
            let key = match (self.octave, module.families.list_of(name)) {
                (true, _) => module.key(name),
                (false, Some(list)) if module.is_list(name) => list.to_owned(),
                (false, Some(_)) => names.of(Meaning::Argument(ascii(name))),
                (false, None) => names.of(Meaning::Value(name.clone())),
            };
            gradients.push((vec![key], value));
        }
        keyed(
            &gradients,
            Question::Gradients.answer(),
            Some(&loss),
            self.octave,
        )
    }
}
