//! Fewer multiplications: lines are rewritten as long as the program as a whole gets cheaper.
//!
//! In: the roots of a program and the sizes of its dimensions. Out: roots that compute the same with less work, or the same roots.
//! A rewrite is a row of [`crate::moves::MOVES`]; it stays only if everything that is then computed, each node once, takes fewer
//! multiplications, or as many and fewer operations. So what another line computes anyway is free. The search is greedy, node by
//! node, and bounded; within a chain of matrices it is exact ([`crate::regroup`]). A dimension without a size counts as
//! [`MIDDLING`].

use crate::chain_order::MIDDLING;
use crate::code::{Arena, Id, Op};
use crate::moves::{MOVES, Move};
use crate::schedule::{Root, below};
use crate::work::own;
use derive_graph::{Name, Network};
use std::collections::{BTreeSet, HashMap};

/// How many rewrites are tried; what is found until then stands.
const TRIES: usize = 100_000;

/// How many times all lines are gone through.
const PASSES: usize = 4;

/// Multiplications; and between equals how much is computed at all.
pub(crate) type Work = (i64, i64);

/// Both together.
pub(crate) fn plus(a: Work, b: Work) -> Work {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

/// What is alive, how often it is used, and what it costs.
pub(crate) struct Economy<'a> {
    /// The nodes.
    pub(crate) arena: &'a mut Arena,
    network: &'a Network,
    roots: Vec<Id>,
    uses: Vec<u32>,
    costs: Vec<Option<Work>>,
    made: Vec<Made>,
    owners: HashMap<Id, BTreeSet<usize>>,
    masks: bool,
    tries: usize,
}

/// A line, what it was and what it becomes.
struct Change {
    line: usize,
    old: Id,
    new: Id,
}

/// A rewrite that was made in a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    /// The line.
    pub(crate) line: usize,
    /// The row.
    pub(crate) row: &'static Move,
    /// What the line is from then on.
    pub(crate) after: Id,
}

/// Rewrites the roots until no move saves work. `distribute` allows the moves that multiply out or factor, which depart
/// from the derived formula. Gives what was done, in order.
pub(crate) fn improve(
    arena: &mut Arena,
    network: &Network,
    roots: &mut [Root],
    distribute: bool,
    masks: bool,
) -> Vec<Made> {
    let mut economy = Economy {
        arena,
        network,
        roots: roots.iter().map(|root| root.id).collect(),
        uses: Vec::new(),
        costs: Vec::new(),
        made: Vec::new(),
        owners: HashMap::new(),
        masks,
        tries: 0,
    };
    for at in 0..roots.len() {
        let id = economy.roots[at];
        economy.hold(id);
        economy.own_below(id, at);
    }
    for _ in 0..PASSES {
        if !economy.pass(distribute) {
            break;
        }
    }
    for (root, id) in roots.iter_mut().zip(&economy.roots) {
        root.id = *id;
    }
    economy.made
}

impl Economy<'_> {
    /// Goes through all lines once; whether anything got cheaper.
    fn pass(&mut self, distribute: bool) -> bool {
        let mut improved = false;
        for at in 0..self.roots.len() {
            while self.improve_line(at, distribute) {
                improved = true;
            }
        }
        improved
    }

    /// The first move in a line that saves work is made.
    fn improve_line(&mut self, at: usize, distribute: bool) -> bool {
        for id in below(self.arena, self.roots[at]) {
            for row in MOVES.iter().filter(|row| distribute || !row.distributes) {
                if self.tries >= TRIES {
                    return false;
                }
                if self.try_move(row, id) {
                    return true;
                }
            }
        }
        false
    }

    /// The best way in which a row applies at a node is taken, if any saves work.
    fn try_move(&mut self, row: &'static Move, id: Id) -> bool {
        let mut best: Option<(Work, Vec<Change>)> = None;
        for replaced in (row.propose)(self, id) {
            self.tries += 1;
            let changes = self.changes(&replaced);
            let difference = self.swap(&changes, false);
            self.swap(&changes, true);
            let least = best.as_ref().map_or((0, 0), |(least, _)| *least);
            if difference < least {
                best = Some((difference, changes));
            }
        }
        let Some((_, changes)) = best else {
            return false;
        };
        self.swap(&changes, false);
        for change in changes {
            self.roots[change.line] = change.new;
            let (line, after) = (change.line, change.new);
            self.made.push(Made { line, row, after });
            self.own_below(change.new, change.line);
        }
        true
    }

    /// The lines that change if nodes are replaced everywhere.
    fn changes(&mut self, replaced: &[(Id, Id)]) -> Vec<Change> {
        let lines: BTreeSet<usize> = replaced
            .iter()
            .filter_map(|(old, _)| self.owners.get(old))
            .flatten()
            .copied()
            .collect();
        let mut known: HashMap<Id, Id> = replaced.iter().copied().collect();
        let mut changes = Vec::with_capacity(lines.len());
        for line in lines {
            let old = self.roots[line];
            let new = self.rebuilt(old, &mut known);
            changes.push(Change { line, old, new });
        }
        changes
    }

    /// Computes the new lines and no longer the old ones, or the other way round; the work that this adds.
    fn swap(&mut self, changes: &[Change], back: bool) -> Work {
        let ends = |change: &Change| match back {
            true => (change.new, change.old),
            false => (change.old, change.new),
        };
        let mut difference = (0, 0);
        for change in changes {
            difference = plus(difference, self.hold(ends(change).1));
        }
        for change in changes {
            let saved = self.release(ends(change).0);
            difference = plus(difference, (-saved.0, -saved.1));
        }
        difference
    }

    /// A node with what is below it replaced.
    fn rebuilt(&mut self, id: Id, known: &mut HashMap<Id, Id>) -> Id {
        if let Some(&new) = known.get(&id) {
            return new;
        }
        let node = self.arena.node(id).clone();
        let arguments: Vec<Id> = node
            .arguments
            .iter()
            .map(|&argument| self.rebuilt(argument, known))
            .collect();
        let new = if arguments == node.arguments {
            id
        } else {
            self.arena.add(node.op, arguments, node.dims)
        };
        known.insert(id, new);
        new
    }

    /// One more use; the work that this adds.
    fn hold(&mut self, id: Id) -> Work {
        if self.uses.len() < self.arena.count() {
            self.uses.resize(self.arena.count(), 0);
        }
        self.uses[id.0] += 1;
        if self.uses[id.0] > 1 {
            return (0, 0);
        }
        let mut work = self.cost(id);
        for argument in self.arena.node(id).arguments.clone() {
            work = plus(work, self.hold(argument));
        }
        work
    }

    /// One use less; the work that this saves.
    fn release(&mut self, id: Id) -> Work {
        self.uses[id.0] -= 1;
        if self.uses[id.0] > 0 {
            return (0, 0);
        }
        let mut work = self.cost(id);
        for argument in self.arena.node(id).arguments.clone() {
            work = plus(work, self.release(argument));
        }
        work
    }

    /// What `search` finds if a node is not computed, nor what is computed for its sake.
    pub(crate) fn without<T>(&mut self, id: Id, search: impl FnOnce(&mut Self) -> T) -> T {
        let uses = std::mem::take(&mut self.uses[id.0]);
        let arguments = self.arena.node(id).arguments.clone();
        for &argument in &arguments {
            self.release(argument);
        }
        let found = search(self);
        for &argument in &arguments {
            self.hold(argument);
        }
        self.uses[id.0] = uses;
        found
    }

    /// What a node adds by itself: nothing if it is computed anyway.
    pub(crate) fn price(&mut self, id: Id) -> Work {
        match self.is_alive(id) {
            true => (0, 0),
            false => self.cost(id),
        }
    }

    /// Whether a node is computed.
    pub(crate) fn is_alive(&self, id: Id) -> bool {
        self.uses.get(id.0).is_some_and(|&uses| uses > 0)
    }

    /// The work of a node alone, at the declared sizes.
    fn cost(&mut self, id: Id) -> Work {
        if self.costs.len() < self.arena.count() {
            self.costs.resize(self.arena.count(), None);
        }
        if let Some(known) = self.costs[id.0] {
            return known;
        }
        let work = own(self.arena, id, &|_| self.masks).value(&|name| self.size(name));
        let steps = match self.arena.node(id).op {
            Op::Name(_) | Op::Number(_) | Op::Size(_) => 0,
            Op::View(_) => 1,
            _ => 4,
        };
        let work = (work.unwrap_or(i64::MAX / 4), steps);
        self.costs[id.0] = Some(work);
        work
    }

    fn size(&self, name: &Name) -> Option<i64> {
        let declared = self.network.size(&derive_graph::Dim::Named(name.clone()));
        i64::try_from(declared.unwrap_or(MIDDLING)).ok()
    }

    /// The number of entries at the declared sizes.
    pub(crate) fn entries(&self, id: Id) -> i64 {
        let size = |name: &Name| self.size(name);
        let all = self.arena.dims(id).iter();
        all.filter_map(|dim| derive_graph::Polynomial::from(dim).value(&size))
            .fold(1, i64::saturating_mul)
    }

    fn own_below(&mut self, root: Id, at: usize) {
        for id in below(self.arena, root) {
            self.owners.entry(id).or_default().insert(at);
        }
    }

    /// The products of other lines that have this factor as well, at most so many that the search stays short.
    pub(crate) fn products_with(&self, factor: Id) -> Vec<Id> {
        const MOST: usize = 16;
        let lines = self.owners.get(&factor).into_iter().flatten().take(MOST);
        let nodes = lines.flat_map(|&at| below(self.arena, self.roots[at]));
        let is_product = |id: &Id| {
            let node = self.arena.node(*id);
            node.op == Op::Product && node.arguments.contains(&factor)
        };
        let found: BTreeSet<Id> = nodes.filter(is_product).collect();
        found.into_iter().take(MOST).collect()
    }
}
