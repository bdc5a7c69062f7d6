//! The lines of a program: the forward pass, the loss, the cotangents that are needed, the gradients.
//!
//! In: a derivation. Out: assignments in order. What several lines compute gets a variable of its own before the first of them, so
//! that nothing is computed twice.

use crate::Options;
use crate::asked::{Asked, Question};
use crate::code::{Arena, Id, Op};
use crate::economy::{Made, improve};
use crate::names::{Meaning, Names};
use crate::quotients::with_softmax;
use crate::schedule::{Line, Root, Schedule, in_order_of_need, mentioned, needed};
use crate::target::Target;
use crate::translate::{Translator, Unsupported};
use crate::transposes::transposes;
use crate::vanishing::{joined, multiplied_out, vanishing};
use crate::write::Writer;
use derive_graph::{Function, Name, Network, Shape};
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
    /// For every answer its variable.
    pub gradients: Vec<Answer>,
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
    /// Whether that was multiplied out so that nothing is 0/0.
    pub(crate) met: bool,
    /// The rewrites.
    pub(crate) made: Vec<Made>,
}

/// A derivative that was asked for, and where it is found.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What is differentiated by; for second derivatives the two arrays.
    pub by: Vec<Name>,
    /// The variable.
    pub variable: String,
}

impl Answer {
    /// The documented names of the arrays, and what stands between them.
    pub(crate) fn key(&self, between: &str) -> String {
        let names: Vec<String> = self.by.iter().map(crate::names::ascii).collect();
        names.join(between)
    }
}

/// The forward pass alone: the value of what is differentiated.
///
/// # Errors
/// As [`program`].
pub fn value(
    asked: &Asked<'_>,
    target: &'static Target,
    options: Options,
    formula: &dyn Fn(&Term, &Network) -> String,
) -> Result<Program, Unsupported> {
    let alone = Asked {
        blocks: Vec::new(),
        ..asked.value()
    };
    program(&alone, target, options, formula)
}

/// The program that answers what is asked.
///
/// # Errors
/// The first construct without a program.
pub fn program(
    asked: &Asked<'_>,
    target: &'static Target,
    options: Options,
    formula: &dyn Fn(&Term, &Network) -> String,
) -> Result<Program, Unsupported> {
    let basis = asked.blocks.first().copied().unwrap_or(asked.first);
    let network = &basis.network;
    let mut names = Names::new(target.reserved());
    let question = asked.question;
    if !question.has_loss() {
        names.fresh(question.answer());
        names.keep_from_functions([question.function(), question.value_function()]);
    }
    if options.train {
        names.keep_from_functions(crate::train::defined());
    }
    names.reserve(network, |_| true);
    let mut translator = Translator::new(network, names);
    let mut roots = forward_roots(&mut translator, basis, formula)?;
    let forward: BTreeSet<String> = roots.iter().map(|root| root.variable.clone()).collect();
    let value = roots.last().map(|root| root.variable.clone());
    let wanted = value.filter(|_| asked.question.has_loss());
    let mut gradients = Vec::new();
    for derivation in &asked.blocks {
        translator.numerator = asked.numerator(derivation);
        let mut pass = Backward {
            derivation,
            formula,
            roots: Vec::new(),
            done: BTreeSet::new(),
        };
        for name in &derivation.network.wrt {
            let variable = pass.derive(&mut translator, name)?;
            let of = derivation.network.loss.name.as_derivative();
            let of = of.filter(|_| asked.question == Question::Hessian);
            let by = of.map(|(_, first)| first).into_iter().chain([name.clone()]);
            gradients.push(Answer {
                by: by.collect(),
                variable,
            });
        }
        roots.extend(pass.roots);
    }
    if asked.question == Question::Hessian {
        let turned = transposes(&mut translator, &gradients);
        gradients.extend(turned.iter().map(|(answer, _)| answer.clone()));
        roots.extend(turned.into_iter().filter_map(|(_, root)| root));
        let place = |name: &Name| network.wrt.iter().position(|it| it == name);
        gradients.sort_by_key(|answer| answer.by.iter().map(place).collect::<Vec<_>>());
    }
    let Translator {
        mut arena,
        mut names,
        functions,
        ..
    } = translator;
    let is_asked = |variable: &str| gradients.iter().any(|answer| answer.variable == variable);
    for root in &mut roots {
        root.id = with_softmax(&mut arena, root.id);
    }
    let vanishing = vanishing(&arena, &roots);
    let translated: HashMap<String, Id> = (roots.iter())
        .map(|root| (root.variable.clone(), root.id))
        .collect();
    for root in &mut roots {
        root.id = multiplied_out(&mut arena, root.id, &vanishing);
    }
    joined(&mut arena, &mut roots, &vanishing, &|variable| {
        wanted.as_deref() == Some(variable) || is_asked(variable)
    });
    let mut roots = needed(&arena, roots, &|variable| {
        wanted.as_deref() == Some(variable) || is_asked(variable)
    });
    let end = roots.iter().take_while(|it| forward.contains(&it.variable));
    let end = end.count();
    let masks = target.spelling("masked").is_some();
    let firsts: Vec<First> = roots
        .iter()
        .map(|root| First::of(root, &translated))
        .collect();
    let made = improve(&mut arena, network, &mut roots, options.count, masks);
    let origins = origins(&roots, &firsts, &made);
    let roots = in_order_of_need(&arena, roots, end);
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
    for (at, root) in roots.iter().enumerate() {
        schedule.write(&mut writer, root, &mut lines)?;
        if is_asked(&root.variable)
            && let Some(line) = lines.last_mut()
        {
            own_entries(line, &arena, root.id, target);
        }
        if at + 1 == end {
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

/// The code of a line before any rewrite, and whether it was multiplied out until then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    id: Id,
    met: bool,
}

impl First {
    /// That of a line, of which `translated` has the code as it was translated.
    pub(crate) fn of(root: &Root, translated: &HashMap<String, Id>) -> First {
        First {
            id: root.id,
            met: translated
                .get(&root.variable)
                .is_some_and(|id| *id != root.id),
        }
    }
}

/// What became of every line, by its variable.
pub(crate) fn origins(roots: &[Root], firsts: &[First], made: &[Made]) -> HashMap<String, Origin> {
    let origin = |(line, (root, first)): (usize, (&Root, &First))| {
        let of_line = made.iter().filter(|made| made.line == line);
        let origin = Origin {
            name: root.name.clone(),
            first: first.id,
            met: first.met,
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
    // Or the name of a line that is one.
    let is_named = line
        .expression
        .chars()
        .all(|sign| sign.is_alphanumeric() || sign == '_');
    let is_whole = matches!(arena.node(id).op, Op::Broadcast | Op::Diagonal);
    if let (true, Some(template)) = (
        (is_view || is_named) && is_whole,
        target.spelling("own entries"),
    ) {
        line.expression = template.replace("{0}", &line.expression);
    }
}

fn forward_roots(
    translator: &mut Translator<'_>,
    derivation: &Derivation,
    formula: &dyn Fn(&Term, &Network) -> String,
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
        let written = formula(&told(line), network);
        roots.push(Root {
            comment: comment(&spoken(&line.name), &line.shape, &written),
            variable: translator.names.of(Meaning::Value(line.name.clone())),
            id,
            name: line.name.clone(),
        });
    }
    let id = translator.full_node(loss.node)?;
    let written = formula(&told(&derivation.loss), network);
    roots.push(Root {
        comment: comment(
            &spoken(&loss.name),
            network.graph.shape(loss.node),
            &written,
        ),
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

/// A quantity in a comment.
fn spoken(name: &Name) -> String {
    match name.as_derivative() {
        Some((of, by)) => derivative_spoken(&of, &by),
        None => name.to_string(),
    }
}

/// A derivative in a comment: `dL/dW`, `d2L/dW dV`.
pub(crate) fn derivative_spoken(of: &Name, by: &Name) -> String {
    match of.as_derivative() {
        Some((of, first)) => format!("d2{of}/d{first} d{by}"),
        None => format!("d{of}/d{by}"),
    }
}

/// Gathers the statements that the gradients need, each after what it mentions.
struct Backward<'a> {
    derivation: &'a Derivation,
    formula: &'a dyn Fn(&Term, &Network) -> String,
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
        let variable = translator.names.of(translator.derivative(name));
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
        let network = &self.derivation.network;
        let what = derivative_spoken(&network.loss.name, name);
        let written = (self.formula)(&statement.result, network);
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
