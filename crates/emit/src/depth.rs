//! Programs for networks of symbolic depth: loops over lists of arrays.
//!
//! In: the derivation of a network that was written out with some layers, and which of them speaks for all. Out: a module in which a
//! family `W{l}` is a list with an array for every layer, and the line of layer l stands in a loop. Inside, lists begin with the
//! place 0, so that `W[l]` is the array of layer l as in the formulas. A line may mention its own layer and its neighbours; in front of a
//! loop the last layer, behind it the first. What mentions others is refused. Python only.

mod arguments;

use crate::economy::improve;
use crate::functions::functions;
use crate::language::Kind;
use crate::names::{Meaning, Names, ascii};
use crate::program::{Program, comment, full_result};
use crate::python::{docstring, helpers, imports, without_comments};
use crate::schedule::{Line, Root, Schedule, mentioned};
use crate::target::Target;
use crate::translate::{Translator, Unsupported};
use crate::write::Writer;
use derive_graph::{Function, Name, Shape};
use derive_index::derivation::{Derivation, Statement};
use derive_index::{Head, Term};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which layers were written out, and how they are called.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The variable that counts layers in the spec.
    pub variable: String,
    /// The name of the last layer's number.
    pub bound: String,
    /// The number of the first layer.
    pub first: i64,
    /// The layer that speaks for all.
    pub middle: i64,
    /// The last layer that was written out.
    pub last: i64,
}

/// How terms and names are spelt in comments.
pub struct Spelling<'a> {
    /// A term on one line.
    pub formula: &'a dyn Fn(&Term) -> String,
    /// A name as the spec would write it of layer l.
    pub name: &'a dyn Fn(&Name) -> String,
}

/// The module for a target, with loops over layers.
///
/// # Errors
/// A target that is no Python, a line that mentions layers that are no neighbours, or the first construct that has no program.
pub fn emit_depth(
    derivation: &Derivation,
    layers: &Layers,
    target: &'static Target,
    spelling: &Spelling<'_>,
) -> Result<String, Unsupported> {
    if target.language.kind != Kind::Python {
        let what = format!(
            "a network of symbolic depth in {}; there are `--emit numpy`, `jax` and `torch`, or give `{}` a number",
            target.name, layers.bound
        );
        return Err(Unsupported::new(what));
    }
    let mut parts = Vec::new();
    if target.loss_alone {
        let alone = Module::new(derivation, layers, target, spelling).function(false)?;
        parts.push(alone.text);
    }
    let whole = Module::new(derivation, layers, target, spelling).function(true)?;
    parts.push(whole.text);
    let mut program = whole.program;
    parts.insert(0, functions(derivation, target, &mut program)?);
    let code = without_comments(&parts.concat());
    parts.insert(0, helpers(target, &code));
    let mut text = docstring(&derivation.network);
    text.push_str(&imports(target, &without_comments(&parts.concat()), &[]));
    text.push_str(&whole.tables);
    for part in parts.iter().filter(|part| !part.is_empty()) {
        text.push_str("\n\n");
        text.push_str(part.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// A function of the module, and what belongs beside it.
struct Written {
    text: String,
    tables: String,
    program: Program,
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// By itself.
    Alone,
    /// In a loop over the layers.
    Loop,
}

struct Module<'a> {
    derivation: &'a Derivation,
    layers: &'a Layers,
    target: &'static Target,
    spelling: &'a Spelling<'a>,
    translator: Translator<'a>,
    /// The list of each family, and that of its derivatives.
    lists: BTreeMap<String, [String; 2]>,
    /// The variables for the number of a layer and of the last one.
    counter: String,
    bound: String,
    used: BTreeSet<String>,
    called: BTreeSet<Function>,
    sizes: BTreeSet<Name>,
}

/// The name of the family of a member.
fn stem(name: &Name) -> Option<String> {
    name.member()?;
    let text = name.as_str();
    let (stem, rest) = text.split_once('{')?;
    let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
    Some(ascii(&Name::new(&format!("{stem}{tail}"))))
}

impl<'a> Module<'a> {
    fn new(
        derivation: &'a Derivation,
        layers: &'a Layers,
        target: &'static Target,
        spelling: &'a Spelling<'a>,
    ) -> Module<'a> {
        let network = &derivation.network;
        let mut names = Names::new(target.reserved());
        let mut lists = BTreeMap::new();
        for stem in network.symbols.iter().filter_map(|it| stem(&it.name)) {
            lists
                .entry(stem)
                .or_insert_with_key(|stem| [names.fresh(stem), names.fresh(&format!("d_{stem}"))]);
        }
        for symbol in network
            .symbols
            .iter()
            .filter(|it| it.name.member().is_none())
        {
            names.of(Meaning::Value(symbol.name.clone()));
        }
        for (name, _) in &network.dims {
            names.of(Meaning::Dimension(name.clone()));
        }
        for function in &network.functions {
            names.of(Meaning::Function(function.name.clone()));
            names.of(Meaning::Prime(function.name.clone()));
        }
        let counter = match names.is_taken(&layers.variable) {
            true => names.fresh("layer"),
            false => names.fresh(&layers.variable),
        };
        let bound = names.fresh(&layers.bound);
        let mut module = Module {
            derivation,
            layers,
            target,
            spelling,
            translator: Translator::new(network, names),
            lists,
            counter,
            bound,
            used: BTreeSet::new(),
            called: BTreeSet::new(),
            sizes: BTreeSet::new(),
        };
        module.name_members();
        module
    }

    /// Members are places of lists.
    fn name_members(&mut self) {
        for symbol in &self.derivation.network.symbols {
            let (Some(k), Some(stem)) = (symbol.name.member(), stem(&symbol.name)) else {
                continue;
            };
            let place = self.place(k);
            let [value, derivative] = &self.lists[&stem];
            let texts = [
                format!("{value}[{place}]"),
                format!("{derivative}[{place}]"),
            ];
            let [value, derivative] = texts;
            let names = &mut self.translator.names;
            names.give(Meaning::Value(symbol.name.clone()), value);
            names.give(Meaning::Derivative(symbol.name.clone()), derivative);
        }
    }

    /// The place of layer k in a list.
    fn place(&self, k: i64) -> String {
        let Layers { middle, last, .. } = *self.layers;
        let (l, bound) = (&self.counter, &self.bound);
        match k {
            _ if k == middle - 1 => format!("{l} - 1"),
            _ if k == middle => l.clone(),
            _ if k == middle + 1 => format!("{l} + 1"),
            _ if k == last => bound.clone(),
            _ if k == last - 1 => format!("{bound} - 1"),
            _ => k.to_string(),
        }
    }

    /// That a line mentions no layers but those that it may.
    fn guard(&self, about: &Name, mentioned: &[Name], place: Place) -> Result<(), Unsupported> {
        let Layers {
            first,
            middle,
            last,
            ..
        } = *self.layers;
        let fits = |k: i64| match place {
            _ if k < first => true,
            Place::Alone => k >= last - 1 && k <= last || k == first,
            Place::Loop => (middle - 1..=middle + 1).contains(&k),
        };
        if mentioned.iter().filter_map(Name::member).all(fits) {
            return Ok(());
        }
        let what = format!(
            "`{}`, which mentions layers that are no neighbours; give `{}` a number",
            (self.spelling.name)(about),
            self.layers.bound
        );
        Err(Unsupported::new(what))
    }

    /// The lines of roots that stand together.
    fn block(&mut self, mut roots: Vec<Root>) -> Result<Vec<Line>, Unsupported> {
        let network = &self.derivation.network;
        let masks = self.target.spelling("masked").is_some();
        let Translator { arena, names, .. } = &mut self.translator;
        improve(arena, network, &mut roots, false, masks);
        let (used, called) = mentioned(arena, &roots);
        self.used.extend(used);
        self.called.extend(called);
        let mut writer = Writer {
            arena,
            target: self.target,
            names,
            variables: HashMap::new(),
            sizes: BTreeSet::new(),
        };
        let mut schedule = Schedule::new(arena, &roots);
        let mut lines = Vec::new();
        for root in &roots {
            schedule.write(&mut writer, root, &mut lines)?;
            if let (true, Some(line)) = (root.name.of_cotangent().is_some(), lines.last_mut()) {
                crate::program::own_entries(line, arena, root.id, self.target);
            }
        }
        self.sizes.extend(std::mem::take(&mut writer.sizes));
        Ok(lines)
    }

    fn forward_root(
        &mut self,
        name: &Name,
        shape: &Shape,
        place: Place,
    ) -> Result<Root, Unsupported> {
        let derivation = self.derivation;
        let network = &derivation.network;
        let lines = derivation.forward.iter().chain([&derivation.loss]);
        let line = lines.into_iter().find(|line| line.name == *name);
        let node = match network.symbol(name).and_then(|symbol| symbol.definition) {
            Some(node) => node,
            None => network.loss.node,
        };
        self.guard(name, &network.graph.mentioned(node), place)?;
        let id = self.translator.full_node(node)?;
        let matrix = line.and_then(|line| line.matrix.as_ref());
        let whole = matrix.filter(|term| term.shape() == Some(shape));
        let written = whole.map(self.spelling.formula).unwrap_or_default();
        Ok(Root {
            comment: comment(&(self.spelling.name)(name), shape, &written),
            variable: self.translator.names.of(Meaning::Value(name.clone())),
            id,
            name: name.clone(),
        })
    }

    fn backward_root(&mut self, statement: &Statement, place: Place) -> Result<Root, Unsupported> {
        let mut mentioned = Vec::new();
        tensors(&statement.result, &mut mentioned);
        self.guard(&statement.variable, &mentioned, place)?;
        let id = full_result(&mut self.translator, statement)?;
        let by = (self.spelling.name)(&statement.variable);
        let what = format!("d{}/d{by}", self.derivation.network.loss.name);
        let written = (self.spelling.formula)(&statement.result);
        let variable = Meaning::Derivative(statement.variable.clone());
        Ok(Root {
            comment: comment(&what, &statement.shape, &written),
            variable: self.translator.names.of(variable),
            id,
            name: statement.variable.cotangent(),
        })
    }

    /// The forward pass: what stands before the layers, the layers, what follows.
    fn forward(&mut self) -> Result<String, Unsupported> {
        let derivation = self.derivation;
        let (mut before, mut inside, mut after) = (Vec::new(), Vec::new(), Vec::new());
        let loss = &derivation.loss;
        for line in derivation
            .forward
            .iter()
            .filter(|line| line.name != loss.name)
        {
            match line.name.member() {
                Some(k) if k == self.layers.middle => {
                    inside.push(self.forward_root(&line.name, &line.shape, Place::Loop)?);
                }
                Some(k) if k >= self.layers.first => {}
                _ => {
                    let root = self.forward_root(&line.name, &line.shape, Place::Alone)?;
                    match inside.is_empty() {
                        true => before.push(root),
                        false => after.push(root),
                    }
                }
            }
        }
        let mut root = self.forward_root(&loss.name, &Shape::scalar(), Place::Alone)?;
        if derivation.network.symbol(&loss.name).is_none() {
            root.variable = "loss".to_owned();
        }
        after.push(root);
        let mut text = String::from("\n    # Forward pass.\n");
        text.push_str(&written(&self.block(before)?, "    "));
        let counted = format!("range({}, {} + 1)", self.layers.first, self.bound);
        text.push_str(&self.looped(inside, &counted)?);
        text.push_str(&written(&self.block(after)?, "    "));
        Ok(text)
    }

    /// A loop over layers; nothing without lines.
    fn looped(&mut self, roots: Vec<Root>, counted: &str) -> Result<String, Unsupported> {
        if roots.is_empty() {
            return Ok(String::new());
        }
        let lines = self.block(roots)?;
        let lines = written(&lines, "        ");
        Ok(format!("    for {} in {counted}:\n{lines}", self.counter))
    }

    /// The backward pass: what stands behind the layers and the last one, the layers down to the first, what stands before them,
    /// and the gradients of every layer.
    fn backward(&mut self) -> Result<String, Unsupported> {
        let derivation = self.derivation;
        let Layers {
            first,
            middle,
            last,
            ..
        } = *self.layers;
        let needed = needed(derivation)?;
        let declared = |name: &Name| {
            let symbol = derivation.network.symbol(name);
            symbol.is_none_or(|symbol| symbol.definition.is_none())
        };
        let (mut behind, mut inside, mut before, mut each) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let all = derivation.statements.iter();
        for statement in all.filter(|it| needed.contains(&it.variable)) {
            let asked = declared(&statement.variable);
            match statement.variable.member() {
                Some(k) if k == middle && asked => {
                    each.push(self.backward_root(statement, Place::Loop)?);
                }
                Some(k) if k == middle => {
                    inside.push(self.backward_root(statement, Place::Loop)?);
                }
                Some(k) if k == last && !asked => {
                    behind.push(self.backward_root(statement, Place::Alone)?);
                }
                Some(k) if k >= first => {}
                _ => {
                    let root = self.backward_root(statement, Place::Alone)?;
                    match inside.is_empty() {
                        true => behind.push(root),
                        false => before.push(root),
                    }
                }
            }
        }
        let mut text = String::from("\n    # Backward pass, from the loss down.\n");
        text.push_str(&written(&self.block(behind)?, "    "));
        let down = match first {
            1 => format!("range({} - 1, 0, -1)", self.bound),
            _ => format!("range({} - 1, {}, -1)", self.bound, first - 1),
        };
        text.push_str(&self.looped(inside, &down)?);
        let up = format!("range({first}, {} + 1)", self.bound);
        text.push_str(&self.looped(each, &up)?);
        text.push_str(&written(&self.block(before)?, "    "));
        Ok(text)
    }

    /// The function with both passes, or with the forward pass alone.
    fn function(mut self, with_backward: bool) -> Result<Written, Unsupported> {
        let mut passes = self.forward()?;
        if with_backward {
            passes.push_str(&self.backward()?);
        }
        let mut program = Program::empty(self.translator.names.clone());
        program.functions = self
            .translator
            .functions
            .intersection(&self.called)
            .cloned()
            .collect();
        let head = self.head(&mut program, with_backward)?;
        let network = &self.derivation.network;
        let loss = match network.symbol(&network.loss.name) {
            Some(_) => program.names.of(Meaning::Value(network.loss.name.clone())),
            None => "loss".to_owned(),
        };
        let result = self.target.spelling("result").unwrap_or("{0}");
        let result = result.replace("{0}", &loss);
        let end = match with_backward {
            false => format!("    return {result}\n"),
            true => format!(
                "\n{}    return {result}, gradients\n",
                self.gradients(&program.names)
            ),
        };
        Ok(Written {
            text: head + &passes + &end,
            tables: self.tables(),
            program,
        })
    }
}

/// The variables of the statements that the gradients need.
fn needed(derivation: &Derivation) -> Result<BTreeSet<Name>, Unsupported> {
    let mut found: BTreeSet<Name> = BTreeSet::new();
    let mut open: Vec<Name> = derivation.network.wrt.clone();
    while let Some(name) = open.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        let mut statements = derivation.statements.iter();
        let statement = statements.find(|it| it.variable == name).ok_or_else(|| {
            Unsupported::new(format!("the derivative by `{name}`, which was not derived"))
        })?;
        open.extend(crate::program::cotangents(&statement.result));
    }
    Ok(found)
}

/// The arrays of a term; of a cotangent the variable.
fn tensors(term: &Term, found: &mut Vec<Name>) {
    if let Head::Tensor(name, _) = term.head() {
        found.push(name.of_cotangent().unwrap_or_else(|| name.clone()));
    }
    term.children()
        .iter()
        .for_each(|child| tensors(child, found));
}

/// Lines with their comments.
fn written(lines: &[Line], margin: &str) -> String {
    let mut text = String::new();
    for line in lines {
        if !line.comment.is_empty() {
            text.push_str(&format!("{margin}# {}\n", line.comment));
        }
        text.push_str(&format!(
            "{margin}{} = {}\n",
            line.variable, line.expression
        ));
    }
    text
}
