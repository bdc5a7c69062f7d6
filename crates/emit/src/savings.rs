//! How a derivation is computed with the fewest multiplications: the lines of the program as formulas, and the steps that lead to them.
//!
//! In: a derivation. Out: for every line of both passes the form that was derived, the form that is computed, the rewrites between them
//! and the count. They are those of the NumPy program with `--cost flops`: one search decides both, so that the page and the program agree.

use crate::Options;
use crate::asked::Asked;
use crate::code::{Arena, Id};
use crate::counts::{behind, once};
use crate::formulas::Reader;
use crate::moves::{BY_ENTRIES, CAREFUL, GROUPING, MET, NAMED, row};
use crate::names::Meaning;
use crate::names::Names;
use crate::program::{Origin, program};
use crate::schedule::{self, is_leaf};
use crate::target::target;
use crate::translate::Unsupported;
use derive_graph::{Name, Network, Shape};
use derive_index::count::Range;
use derive_index::derivation::{Derivation, Step, Why};
use derive_index::savings::{Line, Savings};
use derive_index::substitute::alike;
use derive_index::{Head, Term, build};
use std::collections::HashMap;

/// The lines that take the fewest multiplications at the declared sizes, a dimension without one counting as 64.
///
/// # Errors
/// The first construct without a program.
pub fn savings(derivation: &Derivation) -> Result<Savings, Unsupported> {
    let options = Options {
        count: true,
        train: false,
    };
    let numpy = target("numpy").ok_or_else(|| Unsupported::new("an unknown target"))?;
    let program = program(&Asked::gradients(derivation), numpy, options, &|_, _| {
        String::new()
    })?;
    let arrays = arrays(&program.names, &derivation.network);
    let source = Source {
        derivation,
        arena: &program.arena,
        origins: &program.origins,
        arrays: &arrays,
    };
    let mut account = Account::new(source);
    let forward = account.lines(&program.forward, None);
    let backward = account.lines(&program.backward, None);
    let gradients = derivation.network.wrt.iter().zip(&program.gradients);
    let counted = once(&program.backward);
    let alone = gradients.map(|(name, it)| (name.clone(), behind(&counted, &it.variable)));
    Ok(Savings {
        forward,
        backward,
        alone: alone.collect(),
        meanings: account.meanings,
    })
}

/// What every variable of the program holds.
pub(crate) fn arrays(names: &Names, network: &Network) -> HashMap<String, Name> {
    let mut names = names.clone();
    let mut arrays = HashMap::new();
    for symbol in &network.symbols {
        let (value, derivative) = (
            Meaning::Value(symbol.name.clone()),
            Meaning::Derivative(symbol.name.clone()),
        );
        arrays.insert(names.of(value), symbol.name.clone());
        arrays.insert(names.of(derivative), symbol.name.cotangent());
    }
    arrays
}

/// A letter for what lines share that no quantity begins with.
fn stem(network: &Network) -> &'static str {
    const STEMS: [&str; 5] = ["T", "S", "R", "Q", "shared"];
    let free = |stem: &&&str| {
        let mut symbols = network.symbols.iter();
        !symbols.any(|symbol| symbol.name.as_str().starts_with(**stem))
    };
    STEMS.iter().find(free).unwrap_or(&"shared")
}

/// What lines are read from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// Where the derived forms stand.
    pub(crate) derivation: &'a Derivation,
    /// The code of the lines.
    pub(crate) arena: &'a Arena,
    /// How the lines that compute quantities and derivatives came about.
    pub(crate) origins: &'a HashMap<String, Origin>,
    /// What every variable holds.
    pub(crate) arrays: &'a HashMap<String, Name>,
}

/// A loop over layers: how it counts, and the layer that speaks for all.
pub(crate) type Loop = (Range, i64);

/// Reads lines, one after the other.
pub(crate) struct Account<'a> {
    source: Source<'a>,
    /// Reads nodes without the names of other lines.
    plain: Reader<'a>,
    /// Reads nodes with them.
    short: Reader<'a>,
    stem: &'static str,
    /// How many lines there are that others share.
    shared: usize,
    /// What the names of lines stand for.
    pub(crate) meanings: Vec<(Name, Term)>,
}

impl<'a> Account<'a> {
    pub(crate) fn new(source: Source<'a>) -> Account<'a> {
        Account {
            source,
            plain: Reader::new(source.arena, source.arrays),
            short: Reader::new(source.arena, source.arrays),
            stem: stem(&source.derivation.network),
            shared: 0,
            meanings: Vec::new(),
        }
    }

    /// What was computed up to here is computed again where it is needed: variables of a loop are not kept.
    pub(crate) fn forget(&mut self) {
        self.short.named.clear();
    }

    /// The lines of a pass, or of a loop or what stands between two loops.
    pub(crate) fn lines(&mut self, lines: &[schedule::Line], of: Option<&Loop>) -> Vec<Line> {
        lines.iter().map(|line| self.line(line, of)).collect()
    }

    fn line(&mut self, line: &schedule::Line, of: Option<&Loop>) -> Line {
        let shape = Shape(self.source.arena.dims(line.id).to_vec());
        let (name, start, steps, result) = match self.source.origins.get(&line.variable) {
            Some(origin) => self.known(line.id, origin),
            None => self.sharing(line.id, of),
        };
        if !is_leaf(self.source.arena, line.id) && !self.short.named.contains_key(&line.id) {
            self.short.named.insert(line.id, name.clone());
            let plain = self.plain.read(line.id);
            self.meanings
                .extend(plain.map(|plain| (name.clone(), plain)));
        }
        Line {
            name,
            shape,
            start,
            steps,
            result,
            count: line.work.clone(),
            range: of.map(|(range, _)| range.clone()),
        }
    }

    /// What several lines use.
    fn sharing(&mut self, id: Id, of: Option<&Loop>) -> (Name, Option<Term>, Vec<Step>, Term) {
        self.shared += 1;
        let layer = of.map_or(String::new(), |(_, layer)| format!("{{{layer}}}"));
        let name = Name::new(&format!("{}{}{layer}", self.stem, self.shared));
        let result = self.short.read(id);
        let unread = build::tensor(&name, &Shape(self.source.arena.dims(id).to_vec()));
        (name, None, Vec::new(), result.unwrap_or(unread))
    }

    /// A quantity or a derivative.
    fn known(&mut self, id: Id, origin: &Origin) -> (Name, Option<Term>, Vec<Step>, Term) {
        let start = self.derived(&origin.name);
        let Some((steps, result)) = self.steps(&start, id, origin) else {
            return (origin.name.clone(), Some(start.clone()), Vec::new(), start);
        };
        (origin.name.clone(), Some(start), steps, result)
    }

    /// The form that was derived, or the definition.
    fn derived(&self, name: &Name) -> Term {
        let derivation = self.source.derivation;
        if let Some(variable) = name.of_cotangent() {
            let mut statements = derivation.statements.iter();
            if let Some(found) = statements.find(|it| it.variable == variable) {
                return found.result.clone();
            }
        }
        let mut forward = derivation.forward.iter().chain([&derivation.loss]);
        let line = forward.find(|it| it.name == *name);
        let line = line.unwrap_or(&derivation.loss);
        let whole = line.matrix.as_ref();
        match whole.filter(|it| it.shape() == Some(&line.shape)) {
            Some(whole) => whole.clone(),
            None => build::comprehension(&line.indices, line.entry.clone()),
        }
    }

    /// The way from the derived form to what is computed; none if the line is computed as it was derived, or cannot be said as a formula.
    fn steps(&mut self, start: &Term, id: Id, origin: &Origin) -> Option<(Vec<Step>, Term)> {
        let first = self.plain.read(origin.first)?;
        let result = self.short.read(id)?;
        let last = self.plain.read(id)?;
        let named = result != last;
        let is_chain = |term: &Term| *term.head() == Head::MatMul && term.children().len() > 2;
        if origin.made.is_empty() && !named && !start.any(&is_chain) {
            return None;
        }
        let mut way = Way {
            at: start.clone(),
            steps: Vec::new(),
        };
        let is_log =
            |term: &Term| matches!(term.head(), Head::Apply(it) if it.name.as_str() == "log");
        way.go(
            match alike(&normal(&first), &normal(start)) {
                _ if origin.met => MET,
                true => GROUPING,
                false if start.any(&is_log) && !first.any(&is_log) => CAREFUL,
                false => BY_ENTRIES,
            },
            &first,
        );
        for made in &origin.made {
            let after = self.plain.read(made.after)?;
            way.go(made.row.name, &after);
        }
        way.go(NAMED, &result);
        Some((way.steps, result))
    }
}

/// Steps from a form on.
struct Way {
    at: Term,
    steps: Vec<Step>,
}

impl Way {
    fn go(&mut self, rule: &'static str, after: &Term) {
        if alike(&self.at, after) {
            return;
        }
        let why = row(rule).map_or("", |row| row.why);
        let before = std::mem::replace(&mut self.at, after.clone());
        self.steps.push(Step {
            rule,
            backwards: false,
            site: derive_index::savings::site(&before, after),
            before,
            after: after.clone(),
            why: Why {
                template: why,
                slots: Vec::new(),
            },
            conditions: Vec::new(),
        });
    }
}

/// The normal form, in which chains of products have no brackets and factors and terms stand in the order of terms.
fn normal(term: &Term) -> Term {
    let children = term.children().iter().map(normal).collect();
    let plain = build::node(term.head().clone(), children);
    let commutes = match plain.head() {
        Head::Sum => true,
        Head::Product => plain.split().0.is_empty(),
        _ => false,
    };
    if !commutes {
        return plain;
    }
    let mut children = plain.children().to_vec();
    children.sort();
    Term::raw(plain.head().clone(), children)
}
