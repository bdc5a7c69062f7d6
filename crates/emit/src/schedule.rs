//! In which lines a program is written: which parts get variables of their own, and which lines are not needed.
//!
//! In: roots, each a variable and its code. Out: lines in order, a part that several would compute before the first of them.

use crate::code::{Arena, Id, Op};
use crate::program::comment;
use crate::text::Level;
use crate::translate::Unsupported;
use crate::work::multiplications;
use crate::write::Writer;
use derive_graph::{Function, Name, Shape};
use derive_index::count::Count;
use std::collections::{BTreeSet, HashMap};

/// One line: a variable and what it is.
#[derive(Clone, Debug)]
pub struct Line {
    /// What the reader is told above the line.
    pub comment: String,
    /// The variable.
    pub variable: String,
    /// The expression.
    pub expression: String,
    /// How many multiplications it takes, without the parts that have variables.
    pub work: Count,
    /// Its code.
    pub(crate) id: Id,
}

/// What a line will be, before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// What the reader is told.
    pub(crate) comment: String,
    /// The variable.
    pub(crate) variable: String,
    /// The code.
    pub(crate) id: Id,
    /// What it computes: a quantity of the network, or the cotangent of one.
    pub(crate) name: Name,
}

/// How often each node would be written out, and which therefore get variables.
pub(crate) struct Schedule<'a> {
    arena: &'a Arena,
    shared: Vec<bool>,
    count: usize,
}

impl<'a> Schedule<'a> {
    /// Counts the uses below the roots.
    pub(crate) fn new(arena: &'a Arena, roots: &[Root]) -> Schedule<'a> {
        let mut uses = vec![0usize; arena.count()];
        let mut shared = vec![false; arena.count()];
        let mut is_root = vec![false; arena.count()];
        // A line that is a part of an earlier one shares what it computes with that.
        let mut is_early = vec![false; arena.count()];
        for root in roots {
            uses[root.id.0] += 1;
            is_root[root.id.0] = true;
            let parts = below(arena, root.id).into_iter();
            let parts = parts.filter(|id| *id != root.id && !is_root[id.0]);
            parts.for_each(|id| is_early[id.0] = true);
        }
        for at in (0..arena.count()).rev() {
            let again = uses[at] > 1;
            let own_line = is_root[at] && !is_early[at];
            shared[at] = again && !own_line && is_worth_a_name(arena, Id(at));
            let written = if shared[at] || (is_root[at] && !is_leaf(arena, Id(at))) {
                uses[at].min(1)
            } else {
                uses[at]
            };
            for argument in &arena.node(Id(at)).arguments {
                uses[argument.0] += written;
            }
        }
        Schedule {
            arena,
            shared,
            count: 0,
        }
    }

    /// The line of a root, after those of the shared parts that it is the first to need.
    pub(crate) fn write(
        &mut self,
        writer: &mut Writer<'_>,
        root: &Root,
        lines: &mut Vec<Line>,
    ) -> Result<(), Unsupported> {
        let mut needed = BTreeSet::new();
        self.needs(root.id, writer, &mut needed);
        needed.remove(&root.id);
        for id in needed {
            let expression = writer.expression(id, Level::Loose)?;
            let work = multiplications(self.arena, id, &writer.variables, writer.masks());
            self.count += 1;
            let variable = writer.names.fresh(&format!("t{}", self.count));
            let shape = Shape(self.arena.dims(id).to_vec());
            lines.push(Line {
                comment: comment(&variable, &shape, ""),
                variable: variable.clone(),
                expression,
                work,
                id,
            });
            writer.variables.insert(id, variable);
        }
        let expression = writer.expression(root.id, Level::Loose)?;
        let work = match writer.variables.contains_key(&root.id) {
            true => Count::default(),
            false => multiplications(self.arena, root.id, &writer.variables, writer.masks()),
        };
        if !is_leaf(self.arena, root.id) {
            writer
                .variables
                .entry(root.id)
                .or_insert_with(|| root.variable.clone());
        }
        lines.push(Line {
            comment: root.comment.clone(),
            variable: root.variable.clone(),
            expression,
            work,
            id: root.id,
        });
        Ok(())
    }

    /// The shared parts below a node that have no variable yet, in order of computation.
    fn needs(&self, id: Id, writer: &Writer<'_>, needed: &mut BTreeSet<Id>) {
        if writer.variables.contains_key(&id) || needed.contains(&id) {
            return;
        }
        for &argument in &self.arena.node(id).arguments {
            self.needs(argument, writer, needed);
        }
        if self.shared[id.0] {
            needed.insert(id);
        }
    }
}

/// Whether a node is a name or a number.
pub(crate) fn is_leaf(arena: &Arena, id: Id) -> bool {
    matches!(arena.node(id).op, Op::Name(_) | Op::Number(_) | Op::Size(_))
}

/// Whether computing a node again is worse than one more name.
fn is_worth_a_name(arena: &Arena, id: Id) -> bool {
    let node = arena.node(id);
    let is_number = |id: &Id| matches!(arena.node(*id).op, Op::Number(_) | Op::Size(_));
    match &node.op {
        Op::Number(_) | Op::Size(_) | Op::Name(_) | Op::View(_) | Op::Broadcast => false,
        // A sign, or arithmetic of sizes.
        Op::Product => match node.arguments.as_slice() {
            [first, _]
                if arena.as_number(*first).is_some_and(|value| {
                    *value == -derive_index::Rational::from_integer(1.into())
                }) =>
            {
                false
            }
            arguments => !arguments.iter().all(|argument| {
                is_number(argument)
                    || !is_worth_a_name(arena, *argument) && arena.rank(*argument) == 0
            }),
        },
        Op::Power(_) | Op::Sum => {
            arena.rank(id) > 0
                || !node
                    .arguments
                    .iter()
                    .all(|argument| is_number(argument) || is_leaf(arena, *argument))
        }
        _ => true,
    }
}

/// The roots that `asked` wants, and those whose variables they mention, in order.
pub(crate) fn needed(arena: &Arena, roots: Vec<Root>, asked: &dyn Fn(&str) -> bool) -> Vec<Root> {
    let mut left = Vec::with_capacity(roots.len());
    let mut mentioned_later: BTreeSet<String> = BTreeSet::new();
    for root in roots.into_iter().rev() {
        if asked(&root.variable) || mentioned_later.contains(&root.variable) {
            mentioned_later.extend(mentioned(arena, std::slice::from_ref(&root)).0);
            left.push(root);
        }
    }
    left.reverse();
    left
}

/// The variables and the functions that the roots mention.
pub(crate) fn mentioned(arena: &Arena, roots: &[Root]) -> (BTreeSet<String>, BTreeSet<Function>) {
    let mut reached = vec![false; arena.count()];
    roots.iter().for_each(|root| reached[root.id.0] = true);
    let (mut names, mut functions) = (BTreeSet::new(), BTreeSet::new());
    for at in (0..arena.count()).rev() {
        if !reached[at] {
            continue;
        }
        let node = arena.node(Id(at));
        match &node.op {
            Op::Series(series) => reached[series.term.0] = true,
            Op::Name(name) => {
                names.insert(name.clone());
            }
            Op::Apply(function) => {
                functions.insert(function.clone());
            }
            _ => {}
        }
        node.arguments
            .iter()
            .for_each(|argument| reached[argument.0] = true);
    }
    (names, functions)
}

/// The lines in such an order that one which is a part of another of the same pass stands before it. The first `end` are the forward pass.
pub(crate) fn in_order_of_need(arena: &Arena, roots: Vec<Root>, end: usize) -> Vec<Root> {
    let lines: HashMap<Id, usize> = (roots.iter().enumerate().skip(end).rev())
        .filter(|(_, root)| !is_leaf(arena, root.id))
        .map(|(at, root)| (root.id, at))
        .collect();
    let mut order: Vec<usize> = (0..end).collect();
    let mut placed = BTreeSet::new();
    for (at, root) in roots.iter().enumerate().skip(end) {
        let mut parts: Vec<usize> = below(arena, root.id)
            .into_iter()
            .filter_map(|id| lines.get(&id).copied())
            .filter(|part| *part > at)
            .collect();
        parts.push(at);
        for part in parts {
            if placed.insert(part) {
                order.push(part);
            }
        }
    }
    let mut roots: Vec<Option<Root>> = roots.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|at| roots[at].take())
        .collect()
}

/// A node and what it is made of, arguments first.
pub(crate) fn below(arena: &Arena, root: Id) -> BTreeSet<Id> {
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(&arena.node(id).arguments);
        }
    }
    found
}
