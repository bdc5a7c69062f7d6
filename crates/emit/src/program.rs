//! The lines of a program: the forward pass, the loss, the cotangents that are needed, the gradients.
//!
//! In: a derivation. Out: assignments in order. What several lines compute gets a variable of its own before the first of them, so
//! that nothing is computed twice.

use crate::Options;
use crate::code::{Arena, Id, Op};
use crate::economy::{Made, improve};
use crate::names::{Meaning, Names};
use crate::quotients::with_softmax;
use crate::schedule::{Line, Root, Schedule, in_order_of_need, mentioned, needed};
use crate::target::Target;
use crate::translate::{Translator, Unsupported};
use crate::write::Writer;
use derive_graph::{Function, Name, Shape};
use derive_index::derivation::{Derivation, Forward, Statement};
use derive_index::{Head, Term, build};
use std::collections::{BTreeSet, HashMap};

/// The parts of a program that do not depend on how a target lays out a module.
#[derive(Debug)]
pub struct Program {
    /// The forward pass; its last line is the loss.
    pub forward: Vec<Line>,
    /// The backward pass.
    pub backward: Vec<Line>,
    /// For every name that the loss is differentiated by, its documented name and the variable of its gradient.
    pub gradients: Vec<(String, String)>,
    /// Dimensions whose sizes are used.
    pub sizes: BTreeSet<Name>,
    /// Functions that are no row of the table, or derivatives.
    pub functions: BTreeSet<Function>,
    /// The variables.
    pub names: Names,
    /// The variables of the declared arrays that are used.
    pub used: BTreeSet<String>,
    /// The code of all lines, and how the lines that compute quantities and derivatives came about.
    pub(crate) arena: Arena,
    /// A line that computes a quantity or a derivative, by its variable.
    pub(crate) origins: HashMap<String, Origin>,
}

impl Program {
    /// A program without lines.
    pub(crate) fn empty(names: Names) -> Program {
        Program {
            forward: Vec::new(),
            backward: Vec::new(),
            gradients: Vec::new(),
            sizes: BTreeSet::new(),
            functions: BTreeSet::new(),
            names,
            used: BTreeSet::new(),
            arena: Arena::default(),
            origins: HashMap::new(),
        }
    }
}

/// Where a line comes from: what it computes, what it was at first, and what was done to it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// A quantity, or the cotangent of one.
    pub(crate) name: Name,
    /// Its code as it was translated.
    pub(crate) first: Id,
    /// The rewrites.
    pub(crate) made: Vec<Made>,
}

/// The program of a derivation; the forward pass alone unless `backward` is set.
///
/// # Errors
/// The first construct without a program.
pub fn program(
    derivation: &Derivation,
    target: &'static Target,
    backward: bool,
    options: Options,
    formula: &dyn Fn(&Term) -> String,
) -> Result<Program, Unsupported> {
    let network = &derivation.network;
    let mut names = Names::new(target.reserved());
    if options.train {
        names.keep_from_functions(crate::train::defined());
    }
    names.reserve(network, |_| true);
    let mut translator = Translator::new(network, names);
    let forward = forward_roots(&mut translator, derivation, formula)?;
    let mut roots = forward.clone();
    let mut gradients = Vec::new();
    if backward {
        let mut pass = Backward {
            derivation,
            formula,
            roots: Vec::new(),
            done: BTreeSet::new(),
        };
        for name in &network.wrt {
            let variable = pass.derive(&mut translator, name)?;
            gradients.push((crate::names::ascii(name), variable));
        }
        roots.extend(pass.roots);
    }
    let Translator {
        mut arena,
        mut names,
        functions,
        ..
    } = translator;
    let loss = roots[forward.len() - 1].variable.clone();
    let is_asked = |variable: &str| gradients.iter().any(|(_, asked)| asked == variable);
    let mut roots = needed(&arena, roots, &|variable| {
        variable == loss || is_asked(variable)
    });
    let masks = target.spelling("masked").is_some();
    for root in &mut roots {
        root.id = with_softmax(&mut arena, root.id);
    }
    let firsts: Vec<Id> = roots.iter().map(|root| root.id).collect();
    let made = improve(&mut arena, network, &mut roots, options.count, masks);
    let origins = origins(&roots, &firsts, &made);
    let roots = in_order_of_need(&arena, roots, &loss);
    let (used, called) = mentioned(&arena, &roots);
    let mut writer = Writer {
        arena: &arena,
        target,
        names: &mut names,
        variables: HashMap::new(),
        sizes: BTreeSet::new(),
        numbers: true,
    };
    let mut schedule = Schedule::new(&arena, &roots);
    let mut lines = Vec::new();
    let mut ends = 0;
    for root in &roots {
        schedule.write(&mut writer, root, &mut lines)?;
        if is_asked(&root.variable)
            && let Some(line) = lines.last_mut()
        {
            own_entries(line, &arena, root.id, target);
        }
        if root.variable == loss {
            ends = lines.len();
        }
    }
    let sizes = std::mem::take(&mut writer.sizes);
    let backward = lines.split_off(ends);
    Ok(Program {
        forward: lines,
        backward,
        gradients,
        sizes,
        functions: functions.intersection(&called).cloned().collect(),
        names,
        used,
        arena,
        origins,
    })
}

/// What became of every line, by its variable.
pub(crate) fn origins(roots: &[Root], firsts: &[Id], made: &[Made]) -> HashMap<String, Origin> {
    let origin = |(line, (root, first)): (usize, (&Root, &Id))| {
        let of_line = made.iter().filter(|made| made.line == line);
        let origin = Origin {
            name: root.name.clone(),
            first: *first,
            made: of_line.copied().collect(),
        };
        (root.variable.clone(), origin)
    };
    roots.iter().zip(firsts).enumerate().map(origin).collect()
}

/// A gradient that only repeats entries is no view of them: a caller may write to it.
pub(crate) fn own_entries(line: &mut Line, arena: &Arena, id: Id, target: &Target) {
    let is_view = ["broadcast", "diagonal"].iter().any(|name| {
        let template = target.spelling(name).unwrap_or_default();
        let call = template.replace("{np}", target.module);
        let call = call.split('(').next().unwrap_or_default();
        line.expression.starts_with(&format!("{call}("))
    });
    let is_whole = matches!(arena.node(id).op, Op::Broadcast | Op::Diagonal);
    if let (true, Some(template)) = (is_view && is_whole, target.spelling("own entries")) {
        line.expression = template.replace("{0}", &line.expression);
    }
}

fn forward_roots(
    translator: &mut Translator<'_>,
    derivation: &Derivation,
    formula: &dyn Fn(&Term) -> String,
) -> Result<Vec<Root>, Unsupported> {
    let network = translator.network;
    let loss = &network.loss;
    let mut roots = Vec::new();
    let lines = derivation
        .forward
        .iter()
        .filter(|line| line.name != loss.name);
    for line in lines {
        let definition = network
            .symbol(&line.name)
            .and_then(|symbol| symbol.definition);
        let Some(definition) = definition else {
            continue;
        };
        let id = translator.full_node(definition)?;
        let written = formula(&told(line));
        roots.push(Root {
            comment: comment(line.name.as_str(), &line.shape, &written),
            variable: translator.names.of(Meaning::Value(line.name.clone())),
            id,
            name: line.name.clone(),
        });
    }
    let id = translator.full_node(loss.node)?;
    let written = told(&derivation.loss);
    roots.push(Root {
        comment: comment(loss.name.as_str(), &Shape::scalar(), &formula(&written)),
        variable: match network.symbol(&loss.name) {
            Some(_) => translator.names.of(Meaning::Value(loss.name.clone())),
            None => "loss".to_owned(),
        },
        id,
        name: loss.name.clone(),
    });
    Ok(roots)
}

/// What a line computes: the whole in matrix notation, or entry by entry where there is none of the right shape.
pub(crate) fn told(line: &Forward) -> Term {
    let matrix = line.matrix.as_ref();
    match matrix.filter(|term| term.shape() == Some(&line.shape)) {
        Some(term) => term.clone(),
        None => build::comprehension(&line.indices, line.entry.clone()),
    }
}

/// Longer formulas are left out: the line says the same.
const LONGEST: usize = 96;

pub(crate) fn comment(what: &str, shape: &Shape, formula: &str) -> String {
    let dims: Vec<String> = shape.0.iter().map(crate::places::size_text).collect();
    let shape = if dims.is_empty() {
        "scalar".to_owned()
    } else {
        format!("[{}]", dims.join(", "))
    };
    if formula.is_empty() || formula.chars().count() > LONGEST {
        format!("{what}: {shape}")
    } else {
        format!("{what}: {shape}; {formula}")
    }
}

/// Gathers the statements that the gradients need, each after what it mentions.
struct Backward<'a> {
    derivation: &'a Derivation,
    formula: &'a dyn Fn(&Term) -> String,
    roots: Vec<Root>,
    done: BTreeSet<Name>,
}

impl Backward<'_> {
    /// The variable of ∂L/∂name, with its line and those before it added.
    fn derive(
        &mut self,
        translator: &mut Translator<'_>,
        name: &Name,
    ) -> Result<String, Unsupported> {
        let variable = translator.names.of(Meaning::Derivative(name.clone()));
        if !self.done.insert(name.clone()) {
            return Ok(variable);
        }
        let statements = &self.derivation.statements;
        let statement = statements
            .iter()
            .find(|statement| statement.variable == *name);
        let statement = statement.ok_or_else(|| {
            Unsupported::new(format!("the derivative by `{name}`, which was not derived"))
        })?;
        for needed in cotangents(&statement.result) {
            self.derive(translator, &needed)?;
        }
        let id = full_result(translator, statement)?;
        let what = format!("d{}/d{name}", self.derivation.network.loss.name);
        let written = (self.formula)(&statement.result);
        let comment = comment(&what, &statement.shape, &written);
        self.roots.push(Root {
            comment,
            variable: variable.clone(),
            id,
            name: name.cotangent(),
        });
        Ok(variable)
    }
}

pub(crate) fn full_result(
    translator: &mut Translator<'_>,
    statement: &Statement,
) -> Result<Id, Unsupported> {
    let mut id = translator.closed(&statement.result)?;
    // Derivatives of what is real by what is real are real, whatever they are computed from.
    if statement.result.is_complex() {
        id = translator.real_part(id);
    }
    let arena = &mut translator.arena;
    // A number alone would not be an array.
    if statement.shape.is_scalar() && arena.is_made_of_sizes(id) {
        return Ok(arena.add(Op::Broadcast, vec![id], Vec::new()));
    }
    if !statement.shape.is_scalar() && is_written_as_scalar(arena, id) {
        return Ok(arena.add(Op::Broadcast, vec![id], statement.shape.0.clone()));
    }
    Ok(arena.filled(id, &statement.shape.0))
}

/// Whether an array of a single entry is written as that entry: axes of size 1 that are only added are left to broadcasting.
fn is_written_as_scalar(arena: &Arena, id: Id) -> bool {
    let node = arena.node(id);
    let mut arguments = node.arguments.iter();
    match &node.op {
        _ if node.dims.is_empty() => true,
        Op::View(axes) => axes.iter().all(Option::is_none),
        Op::Sum | Op::Product | Op::Power(_) | Op::Apply(_) => {
            arguments.all(|&argument| is_written_as_scalar(arena, argument))
        }
        _ => false,
    }
}

/// The variables whose cotangents a term mentions, each once.
pub(crate) fn cotangents(term: &Term) -> Vec<Name> {
    let mut found = Vec::new();
    collect(term, &mut found);
    found
}

fn collect(term: &Term, found: &mut Vec<Name>) {
    if let Head::Tensor(name, _) = term.head()
        && let Some(variable) = name.of_cotangent()
        && !found.contains(&variable)
    {
        found.push(variable);
    }
    term.children()
        .iter()
        .for_each(|child| collect(child, found));
}
