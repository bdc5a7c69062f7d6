//! The backward pass: the chain rule, statement by statement, from the loss down.
//!
//! ∂L/∂V = Σ over the users U of V of ∂L/∂U ∂U/∂V, entry by entry. ∂L/∂U enters by its name, with two exceptions that keep the
//! textbook's form: where U is an activation (an elementwise function or softmax at the root of its definition) and ∂L/∂U is a
//! short entrywise expression, it is substituted; where U is an elementwise function of V alone, its own chain rule is written out.

use crate::dilation::dilated;
use crate::facts::Facts;
use crate::forward::forward_line;
use crate::full::{Solved, in_full};
use derive_calculus::{Differential, MissingDerivative, Users, differentiate};
use derive_graph::function::Notation;
use derive_graph::{Name, Network, NodeId, Operation, Shape};
use derive_index::derivation::{
    ChainLink, Contribution, Cotangent, Forward, Local, Statement, StatementKind,
};
use derive_index::lower::lower_entry;
use derive_index::substitute::comprehension_at;
use derive_index::{Correspondence, Fresh, Head, Index, StepList, Term, build};
use derive_rewrite::{
    Fact, Solution, Solver,
    lift::{entry_of, push_indices},
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Most named arrays a cotangent may mention to be substituted rather than named.
const SHORT: usize = 8;

/// Up to this many users of a variable their contributions are rewritten together.
const TOGETHER: usize = 4;
/// Up to this many terms of the chain rule in all are rewritten together.
const TERMS_TOGETHER: usize = 8;
/// From this many on, contributions that are one up to names are told one by one: the first, and the others likewise.
const ALIKE: usize = 3;
/// Up to this many contributions are combined once each has its form.
const COMBINED: usize = 32;

/// Of a network of symbolic depth, so many layers at most are mentioned by what is not a sum over the layers.
const NEIGHBOURS: usize = 3;

/// A Jacobian's entry with more signs than this is not written out: nobody could read it.
const LARGEST_ENTRY: u32 = 1_000;

/// Why the pass could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A function has no row in the derivative table.
    Missing(MissingDerivative),
    /// The entry of a Jacobian has become too long.
    TooLong {
        /// What is differentiated.
        of: Name,
        /// By what.
        by: Name,
        /// The number of signs of the entry.
        size: u32,
    },
}

impl From<MissingDerivative> for Stop {
    fn from(missing: MissingDerivative) -> Stop {
        Stop::Missing(missing)
    }
}

/// The statements of a network, and the forms that were solved for them.
pub struct Backward<'a> {
    network: &'a Network,
    users: Users,
    facts: Facts,
    solver: Solver,
    definitions: FxHashMap<Name, NodeId>,
    shapes: FxHashMap<Name, Shape>,
    solved: Solved,
    statements: Vec<Statement>,
    asked: FxHashSet<Name>,
    /// Whether a cotangent is put in within a layer only, so that recurrences stay recurrences.
    within_layers: bool,
    /// The axes of what is differentiated; none for a loss.
    numerator: Shape,
    /// Their indices in the statement at hand.
    entry: Vec<Index>,
}

impl<'a> Backward<'a> {
    /// Prepares the pass.
    pub fn new(network: &'a Network) -> Backward<'a> {
        let mut definitions: FxHashMap<Name, NodeId> = network
            .symbols
            .iter()
            .filter_map(|symbol| Some((symbol.name.clone(), symbol.definition?)))
            .collect();
        definitions.insert(network.loss.name.clone(), network.loss.node);
        let shapes = network
            .symbols
            .iter()
            .map(|symbol| (symbol.name.clone(), symbol.shape.clone()))
            .collect();
        Backward {
            network,
            users: Users::of(network),
            facts: Facts::of(network),
            solver: Solver::default(),
            definitions,
            shapes,
            solved: Solved::default(),
            statements: Vec::new(),
            asked: network.wrt.iter().cloned().collect(),
            within_layers: false,
            numerator: network.graph.shape(network.loss.node).clone(),
            entry: Vec::new(),
        }
    }

    /// The same pass with what another derivation has solved.
    #[must_use]
    pub fn knowing(mut self, solver: Solver) -> Backward<'a> {
        self.solver = solver.for_another();
        self
    }

    /// The same pass, for derivatives that are differentiated once more.
    #[must_use]
    pub fn before_another(mut self) -> Backward<'a> {
        self.facts = Facts::between_derivatives(self.network);
        self
    }

    /// The same pass, with cotangents put in within a layer only: for networks of symbolic depth.
    #[must_use]
    pub fn within_layers(mut self) -> Backward<'a> {
        self.within_layers = true;
        self
    }

    /// Derives every statement: cotangents from the loss down, then what is differentiated by.
    ///
    /// # Errors
    /// A function without a row in the derivative table, or a Jacobian whose entries have become too long.
    pub fn run(mut self) -> Result<(Vec<Statement>, Solver), Stop> {
        let network = self.network;
        for symbol in network
            .symbols
            .iter()
            .rev()
            .filter(|symbol| symbol.definition.is_some())
        {
            let name = &symbol.name;
            let inside = *name != network.loss.name;
            if inside && self.users.reaches_loss(name) && self.users.is_active(name) {
                self.derive(name, StatementKind::Cotangent)?;
            }
        }
        for name in &network.wrt {
            if self.solved.get(name).is_none() {
                self.derive(name, StatementKind::Gradient)?;
            }
        }
        for statement in &mut self.statements {
            if self.asked.contains(&statement.variable) {
                statement.kind = StatementKind::Gradient;
            }
        }
        self.statements
            .sort_by_key(|statement| statement.kind == StatementKind::Gradient);
        Ok((self.statements, self.solver))
    }

    /// The equations of the forward pass, for what the loss depends on.
    pub fn forward(&self) -> (Vec<Forward>, Forward) {
        let used = self.network.symbols.iter().filter(|symbol| {
            let last = symbol.name == self.network.loss.name;
            last || self.users.reaches_loss(&symbol.name)
        });
        let lines = used.filter_map(|symbol| {
            Some(forward_line(self.network, &symbol.name, symbol.definition?))
        });
        (
            lines.collect(),
            forward_line(
                self.network,
                &self.network.loss.name,
                self.network.loss.node,
            ),
        )
    }

    fn derive(&mut self, name: &Name, kind: StatementKind) -> Result<(), Stop> {
        let shape = self.shapes.get(name).cloned().unwrap_or_default();
        let mut fresh = Fresh::default();
        self.entry = fresh.indices(&self.numerator.0);
        let indices = fresh.indices(&shape.0);
        let all = [self.entry.clone(), indices.clone()].concat();
        let chain = self.links(name, &indices, &mut fresh, true)?;
        let size = chain.iter().map(|link| link_term(link).size()).sum();
        if !self.numerator.is_scalar() && size > LARGEST_ENTRY {
            let (of, by) = (self.network.loss.name.clone(), name.clone());
            return Err(Stop::TooLong { of, by, size });
        }
        let (start, contributions) = self.start(&chain, &all, &fresh);
        let whole = if contributions.is_empty() {
            build::comprehension(&all, start.clone())
        } else {
            start.clone()
        };
        let solution = if contributions.len() > COMBINED {
            unchanged(&whole)
        } else {
            let facts = self.relevant(&whole);
            self.solver.solve(&whole, &facts, fresh.peek())
        };
        let result = solution.result;
        let asked = kind == StatementKind::Gradient || self.asked.contains(name);
        let in_full = if asked && self.numerator.is_scalar() {
            in_full(&result, &self.solved)
        } else {
            None
        };
        let scalar = self.numerator.is_scalar();
        let dilated = scalar.then(|| dilated(&result)).flatten();
        self.solved.insert(name, result.clone());
        if scalar {
            self.facts.add_derivative(name, &shape, &result);
        }
        self.statements.push(Statement {
            variable: name.clone(),
            shape: Shape([self.numerator.0.clone(), shape.0].concat()),
            numerator: self.entry.clone(),
            kind,
            indices,
            chain,
            start,
            steps: solution.steps,
            contributions,
            result,
            in_full,
            dilated,
            three_terms: None,
            saturated: solution.saturated,
        });
        Ok(())
    }

    /// What is rewritten: the chain rule as one entry, or, where many use the variable, the sum of what each contributes. So the
    /// work and the text stay linear in the number of users: the steps of one contribution do not repeat the others.
    fn start(
        &mut self,
        chain: &[ChainLink],
        indices: &[Index],
        fresh: &Fresh,
    ) -> (Term, Vec<Contribution>) {
        let links: Vec<Term> = chain.iter().map(link_term).collect();
        let summands = |(link, of): (&Term, &ChainLink)| {
            let terms = self.summands(link).into_iter();
            terms
                .map(|term| (of.user.clone(), term))
                .collect::<Vec<_>>()
        };
        let (users, terms): (Vec<Name>, Vec<Term>) =
            links.iter().zip(chain).flat_map(summands).unzip();
        let few = chain.len() <= TOGETHER && terms.len() <= TERMS_TOGETHER;
        if few && !are_alike(&terms) && !self.spans_layers(&terms) {
            return (build::sum(links), Vec::new());
        }
        let mut forms: FxHashMap<usize, usize> = FxHashMap::default();
        let mut contributions = Vec::with_capacity(terms.len());
        for (user, term) in users.into_iter().zip(terms) {
            let start = build::comprehension(indices, term);
            let facts = self.relevant(&start);
            let solution = self.solver.solve(&start, &facts, fresh.peek());
            let like = forms.get(&solution.form).copied();
            forms.entry(solution.form).or_insert(contributions.len());
            contributions.push(Contribution {
                user,
                layers: None,
                start,
                steps: solution.steps,
                result: solution.result,
                like,
            });
        }
        let sum = build::sum(contributions.iter().map(|it| it.result.clone()).collect());
        (sum, contributions)
    }

    /// The terms of a link. A factor that is a sum over the layers of a symbolic depth is multiplied out, so that every layer has its term.
    fn summands(&self, link: &Term) -> Vec<Term> {
        let (bound, factors) = match link.head() {
            Head::Sum => return link.children().to_vec(),
            Head::Product => link.split(),
            _ => return vec![link.clone()],
        };
        let over_layers = |factor: &Term| {
            *factor.head() == Head::Sum && self.spans_layers(std::slice::from_ref(factor))
        };
        let Some(at) = factors.iter().position(over_layers) else {
            return vec![link.clone()];
        };
        let with = |term: &Term| {
            let mut factors = factors.to_vec();
            factors[at] = term.clone();
            build::product(bound.clone(), factors)
        };
        factors[at].children().iter().map(with).collect()
    }

    /// Whether the depth is symbolic and terms mention more layers than one and its neighbours.
    fn spans_layers(&self, terms: &[Term]) -> bool {
        let mut names = Vec::new();
        terms
            .iter()
            .for_each(|term| collect_names(term, &mut names));
        let layers: FxHashSet<i64> = names.iter().filter_map(Name::member).collect();
        self.within_layers && layers.len() > NEIGHBOURS
    }

    fn relevant(&self, term: &Term) -> Vec<Fact> {
        let mut names = Vec::new();
        collect_names(term, &mut names);
        self.facts.about(names.iter())
    }

    /// One link for every user of the variable. `outermost` allows an activation's own chain rule to be written out.
    fn links(
        &mut self,
        name: &Name,
        indices: &[Index],
        fresh: &mut Fresh,
        outermost: bool,
    ) -> Result<Vec<ChainLink>, MissingDerivative> {
        let loss = self.network.loss.name.clone();
        let users: Vec<Name> = self.users.users(name, &loss).cloned().collect();
        let mut links = Vec::new();
        for user in users {
            let place = match user == loss {
                true => self.entry.clone(),
                false => fresh.indices(&self.shapes.get(&user).cloned().unwrap_or_default().0),
            };
            let Some(local) = self.local(&user, &place, name, indices, fresh)? else {
                continue;
            };
            let place = if user == loss { Vec::new() } else { place };
            let cotangent = self.cotangent(&user, &place, name, fresh, outermost)?;
            links.push(ChainLink {
                user,
                indices: place,
                cotangent,
                local,
                layers: None,
            });
        }
        Ok(links)
    }

    fn cotangent(
        &mut self,
        user: &Name,
        place: &[Index],
        variable: &Name,
        fresh: &mut Fresh,
        outermost: bool,
    ) -> Result<Cotangent, MissingDerivative> {
        if *user == self.network.loss.name {
            return Ok(Cotangent::Loss);
        }
        if self.solved.get(user).is_some_and(is_zero) {
            return Ok(Cotangent::Substituted(build::integer(0)));
        }
        if !self.numerator.is_scalar() {
            return Ok(self.substituted(user, place, fresh));
        }
        let is_of_another = user.member().is_some() && user.member() != variable.member();
        let crosses = self.within_layers && is_of_another;
        let spans = |result: &Term| self.spans_layers(std::slice::from_ref(result));
        let over_layers = self.solved.get(user).is_some_and(spans);
        if !outermost || crosses || over_layers || !self.is_activation(user) {
            return Ok(Cotangent::Named);
        }
        let short = self
            .solved
            .get(user)
            .filter(|result| leaves(result) <= SHORT && !is_matrix_product(result));
        if let Some(entry) = short.and_then(|result| push_indices(result, place)) {
            return Ok(Cotangent::Substituted(entry));
        }
        // What stays entry by entry is long; its name says more.
        let by_entries = |result: &Term| matches!(result.head(), Head::Comprehension);
        if self.solved.get(user).is_some_and(by_entries) {
            return Ok(Cotangent::Named);
        }
        let node = self.network.graph.node(self.definitions[user]);
        // A softmax is written through its own cotangent, which its Jacobian uses twice.
        let alone = !matches!(node.operation, Operation::Softmax { .. }) && node.arguments.iter().all(|&argument| {
            matches!(&self.network.graph.node(argument).operation, Operation::Symbol(name) if name == variable)
        });
        if !alone {
            return Ok(Cotangent::Named);
        }
        Ok(Cotangent::Chained(self.links(user, place, fresh, false)?))
    }

    /// A Jacobian of which another is made, as its entry: Jacobians are written out, since δ is for the loss.
    fn substituted(&self, user: &Name, place: &[Index], fresh: &mut Fresh) -> Cotangent {
        let all = [self.entry.clone(), place.to_vec()].concat();
        match self.solved.get(user) {
            Some(result) if *result.head() == Head::Comprehension => {
                Cotangent::Substituted(comprehension_at(result, &all, fresh))
            }
            Some(result) => Cotangent::Substituted(entry_of(result, &all)),
            None => Cotangent::Substituted(build::integer(0)),
        }
    }

    /// Whether a quantity is an elementwise function that is not plain arithmetic, or a softmax, of something.
    fn is_activation(&self, name: &Name) -> bool {
        match &self.network.graph.node(self.definitions[name]).operation {
            Operation::Softmax { .. } => true,
            Operation::Elementwise(function) => !matches!(
                function.row().map(|row| row.notation),
                Some(Notation::Arithmetic(_))
            ),
            _ => false,
        }
    }

    /// ∂user/∂variable, entry by entry; `None` if it is identically zero.
    fn local(
        &mut self,
        user: &Name,
        place: &[Index],
        variable: &Name,
        indices: &[Index],
        fresh: &mut Fresh,
    ) -> Result<Option<Local>, MissingDerivative> {
        let network = self.network;
        let body = lower_entry(&network.graph, self.definitions[user], place, fresh);
        let shape = self.shapes.get(user).cloned().unwrap_or_default();
        let value = build::entry(build::tensor(user, &shape), place.to_vec());
        let is_loss = *user == network.loss.name && self.numerator.is_scalar();
        let named = (!is_loss).then_some((&body, &value));
        let by = Differential {
            variable,
            indices,
            named,
        };
        let Some(raw) = differentiate(&body, &by, fresh)? else {
            return Ok(None);
        };
        if *user == network.loss.name {
            return Ok(Some(Local {
                value: raw.clone(),
                steps: StepList::default(),
                raw,
            }));
        }
        let facts = self.relevant(&raw);
        let solution = self.solver.solve(&raw, &facts, fresh.peek());
        *fresh = Fresh::starting_at(fresh.peek().max(solution.result.next_index()));
        Ok(Some(Local {
            raw,
            steps: solution.steps,
            value: solution.result,
        }))
    }
}

/// Whether there are several terms, and all of them are one up to names.
fn are_alike(terms: &[Term]) -> bool {
    let Some((first, rest)) = terms.split_first() else {
        return false;
    };
    let mut rest = rest.iter();
    terms.len() >= ALIKE && rest.all(|term| Correspondence::default().terms(first, term))
}

/// A term left as it is.
fn unchanged(term: &Term) -> Solution {
    Solution {
        result: term.clone(),
        steps: StepList::default(),
        saturated: true,
        nodes: 0,
        clash: false,
        form: 0,
    }
}

/// Whether a result is zero everywhere.
fn is_zero(result: &Term) -> bool {
    result.is_zero()
        || (*result.head() == Head::Product && result.split_terms().1.iter().any(Term::is_zero))
}

/// A link as a term: Σ over the user's indices of the cotangent times the local derivative.
pub(crate) fn link_term(link: &ChainLink) -> Term {
    let local = link.local.value.clone();
    let factors = match &link.cotangent {
        Cotangent::Loss => vec![local],
        Cotangent::Named => vec![named_cotangent(&link.user, &link.indices), local],
        Cotangent::Substituted(entry) => vec![entry.clone(), local],
        Cotangent::Chained(links) => vec![build::sum(links.iter().map(link_term).collect()), local],
    };
    build::product(link.indices.clone(), factors)
}

fn named_cotangent(user: &Name, indices: &[Index]) -> Term {
    let shape = Shape(indices.iter().map(Index::dim).collect());
    build::entry(build::tensor(&user.cotangent(), &shape), indices.to_vec())
}

pub(crate) fn collect_names(term: &Term, names: &mut Vec<Name>) {
    if let Head::Tensor(name, _) = term.head()
        && !names.contains(name)
    {
        names.push(name.clone());
    }
    term.children()
        .iter()
        .for_each(|child| collect_names(child, names));
}

fn leaves(term: &Term) -> usize {
    match term.head() {
        Head::Tensor(..) => 1,
        _ => term.children().iter().map(leaves).sum(),
    }
}

fn is_matrix_product(term: &Term) -> bool {
    term.any(&|term| {
        !matches!(
            term.head(),
            Head::Tensor(..)
                | Head::Number(_)
                | Head::Dimension(_)
                | Head::Product
                | Head::Sum
                | Head::Power(_)
                | Head::Apply(_)
                | Head::Ones(_)
        )
    })
}
