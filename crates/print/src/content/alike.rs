//! Which derivations are an earlier one word for word, with other names in it: a page need not tell them again.
//!
//! Two statements are alike if one renaming of arrays and indices turns the whole of one, from the chain rule to the last step, into the
//! other. Each was derived and checked by itself all the same, and `--steps full` tells them all.

use derive_graph::{Dim, Name, Shape};
use derive_index::derivation::{
    ChainLink, Condition, Cotangent, Derivation, Local, Statement, Step,
};
use derive_index::{Head, Index, Term};
use std::collections::{BTreeMap, HashMap};

/// More replacements than this are harder to follow than the steps.
const MOST: usize = 4;

/// For the statements that are told by an earlier one: its place, and what stands for what.
#[derive(Clone, Debug, Default)]
pub struct Alike(BTreeMap<Name, Like>);

/// How a statement is told by an earlier one.
#[derive(Clone, Debug)]
pub struct Like {
    /// What the earlier one differentiates by.
    pub earlier: Name,
    /// An array there, and the one in its place here.
    pub replaced: Vec<(Name, Name)>,
}

impl Alike {
    /// Which statements of a derivation are like an earlier one of the same kind.
    pub fn of(derivation: &Derivation) -> Alike {
        let mut found = BTreeMap::new();
        // The first of every form, by what is quickly compared.
        let mut first: HashMap<(usize, Vec<&str>), Vec<&Statement>> = HashMap::new();
        for statement in &derivation.statements {
            if !is_comparable(statement) {
                continue;
            }
            let rules = statement.steps.iter().map(|step| step.rule).collect();
            let known = first.entry((statement.shape.rank(), rules)).or_default();
            let mut likes = known
                .iter()
                .filter(|it| it.kind == statement.kind)
                .filter_map(|earlier| like(earlier, statement));
            match likes.next() {
                Some(like) => {
                    found.insert(statement.variable.clone(), like);
                }
                None => known.push(statement),
            }
        }
        Alike(found)
    }

    /// What tells the derivative by a variable, if an earlier one does.
    pub fn earlier(&self, variable: &Name) -> Option<&Like> {
        self.0.get(variable)
    }
}

/// Whether a statement is long enough for that, and tells its way in steps of its own.
fn is_comparable(statement: &Statement) -> bool {
    let whole = statement.contributions.is_empty() && statement.dilated.is_none();
    whole && statement.saturated && !statement.chain.is_empty() && !statement.steps.is_empty()
}

fn like(earlier: &Statement, later: &Statement) -> Option<Like> {
    let mut renaming = Renaming::default();
    if !renaming.statement(earlier, later) {
        return None;
    }
    let own = |(from, _): &(Name, Name)| *from != earlier.variable;
    // An error signal is named after its array, which says what takes its place.
    let renamed = renaming.names.clone();
    let implied = |(from, to): &(Name, Name)| match (from.of_cotangent(), to.of_cotangent()) {
        (Some(from), Some(to)) => renamed.get(&from) == Some(&to),
        _ => false,
    };
    let all = renaming.names.into_iter();
    let replaced = all.filter(|(from, to)| from != to);
    let replaced: Vec<_> = replaced.filter(|it| own(it) && !implied(it)).collect();
    (replaced.len() <= MOST).then(|| Like {
        earlier: earlier.variable.clone(),
        replaced,
    })
}

/// What stands for what, found by walking through both; every method says whether they agree so far.
#[derive(Default)]
struct Renaming {
    names: BTreeMap<Name, Name>,
    names_back: BTreeMap<Name, Name>,
    indices: HashMap<Index, Index>,
    indices_back: HashMap<Index, Index>,
}

impl Renaming {
    fn statement(&mut self, from: &Statement, to: &Statement) -> bool {
        self.name(&from.variable, &to.variable)
            && self.all_indices(&from.numerator, &to.numerator)
            && self.all_indices(&from.indices, &to.indices)
            && self.chain(&from.chain, &to.chain)
            && self.term(&from.start, &to.start)
            && self.steps(&from.steps, &to.steps)
            && self.term(&from.result, &to.result)
    }

    fn chain(&mut self, from: &[ChainLink], to: &[ChainLink]) -> bool {
        from.len() == to.len() && from.iter().zip(to).all(|(from, to)| self.link(from, to))
    }

    fn link(&mut self, from: &ChainLink, to: &ChainLink) -> bool {
        let cotangents = match (&from.cotangent, &to.cotangent) {
            (Cotangent::Loss, Cotangent::Loss) | (Cotangent::Named, Cotangent::Named) => true,
            (Cotangent::Substituted(from), Cotangent::Substituted(to)) => self.term(from, to),
            (Cotangent::Chained(from), Cotangent::Chained(to)) => self.chain(from, to),
            _ => false,
        };
        cotangents
            && self.name(&from.user, &to.user)
            && self.all_indices(&from.indices, &to.indices)
            && self.local(&from.local, &to.local)
    }

    fn local(&mut self, from: &Local, to: &Local) -> bool {
        self.term(&from.raw, &to.raw)
            && self.steps(&from.steps, &to.steps)
            && self.term(&from.value, &to.value)
    }

    fn steps(&mut self, from: &[Step], to: &[Step]) -> bool {
        from.len() == to.len() && from.iter().zip(to).all(|(from, to)| self.step(from, to))
    }

    fn step(&mut self, from: &Step, to: &Step) -> bool {
        let mut conditions = from.conditions.iter().zip(&to.conditions);
        from.rule == to.rule
            && from.backwards == to.backwards
            && from.site == to.site
            && from.why.template == to.why.template
            && from.conditions.len() == to.conditions.len()
            && conditions.all(|(from, to)| self.condition(from, to))
            && self.term(&from.before, &to.before)
            && self.term(&from.after, &to.after)
    }

    fn condition(&mut self, from: &Condition, to: &Condition) -> bool {
        match (from, to) {
            (
                Condition::NonZero { term, because },
                Condition::NonZero {
                    term: other,
                    because: reason,
                },
            ) => because == reason && self.term(term, other),
            (
                Condition::Declared { array, fact },
                Condition::Declared {
                    array: other,
                    fact: known,
                },
            ) => fact == known && self.name(array, other),
            _ => false,
        }
    }

    fn term(&mut self, from: &Term, to: &Term) -> bool {
        let heads = match (from.head(), to.head()) {
            (Head::Tensor(from, shape), Head::Tensor(to, other)) => {
                self.name(from, to) && shapes(shape, other)
            }
            (Head::Dimension(from), Head::Dimension(to)) => self.name(from, to),
            (Head::Index(from), Head::Index(to)) => self.index(from, to),
            (Head::Ones(from), Head::Ones(to)) => shapes(from, to),
            (Head::Identity(_), Head::Identity(_)) => true,
            (from, to) => from == to,
        };
        let (own, other) = (from.children(), to.children());
        heads
            && own.len() == other.len()
            && own.iter().zip(other).all(|(from, to)| self.term(from, to))
    }

    fn name(&mut self, from: &Name, to: &Name) -> bool {
        pair(&mut self.names, &mut self.names_back, from, to)
    }

    fn all_indices(&mut self, from: &[Index], to: &[Index]) -> bool {
        from.len() == to.len() && from.iter().zip(to).all(|(from, to)| self.index(from, to))
    }

    fn index(&mut self, from: &Index, to: &Index) -> bool {
        match (from, to) {
            (Index::Unit, Index::Unit) => true,
            (Index::Variable { .. }, Index::Variable { .. }) => {
                let known = self.indices.entry(from.clone());
                let there = known.or_insert_with(|| to.clone()) == to;
                let back = self.indices_back.entry(to.clone());
                there && back.or_insert_with(|| from.clone()) == from
            }
            // Places that are computed are compared as they are.
            (from, to) => from == to,
        }
    }
}

/// Notes that one name stands for another; false if either is taken.
fn pair(
    names: &mut BTreeMap<Name, Name>,
    back: &mut BTreeMap<Name, Name>,
    from: &Name,
    to: &Name,
) -> bool {
    let there = names.entry(from.clone()).or_insert_with(|| to.clone()) == to;
    there && back.entry(to.clone()).or_insert_with(|| from.clone()) == from
}

/// Whether two shapes have axes of size 1 at the same places.
fn shapes(from: &Shape, to: &Shape) -> bool {
    let unit = |shape: &Shape| -> Vec<bool> { shape.0.iter().map(Dim::is_unit).collect() };
    unit(from) == unit(to)
}
