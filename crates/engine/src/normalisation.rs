//! The derivative through a normalisation in its published form of three terms.
//!
//! Where x̂ = (x − m)/s, m being the mean of x along some axes and s a scale that only its own mean square sets, the chain rule leads
//! through x̂, m and what s is made of. What it adds up to is shorter: (δ − mean(δ) − x̂ mean(δ x̂))/s for the cotangent δ of x̂. Source:
//! Ioffe and Szegedy, Batch normalization (2015), section 3; Xu, Sun, Zhang, Zhao and Lin, Understanding and improving layer normalization
//! (2019), section 3. The form is read off the definition of x̂ and kept only if it agrees with the derivative at random points, and m with
//! the mean: what looks like a normalisation and is none has no such form.

use crate::chain::link_term;
use derive_check::Equal;
use derive_graph::Name;
use derive_index::derivation::{Derivation, Forward, Statement, ThreeTerms};
use derive_index::substitute::comprehension_at;
use derive_index::write_out::entry_at;
use derive_index::{Fresh, Head, Index, Term, build};
use derive_rewrite::Solver;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The definition of x̂, taken apart.
struct Normalisation<'a> {
    line: &'a Forward,
    /// The indices of an entry.
    indices: Vec<Index>,
    /// x, an entry of a named array.
    variable: Name,
    /// x − m.
    deviation: Term,
    /// x − m, if it has a name, and x̂.
    definitions: Vec<Name>,
    mean: Term,
    /// What the deviation is multiplied with.
    scale: Vec<Term>,
    /// The indices of the axes along which m is the mean.
    along: Vec<Index>,
}

/// Notes with every statement the three terms that it may be: see [`confirm`].
pub(crate) fn propose(derivation: &mut Derivation, solver: &mut Solver) {
    let known = Known::of(derivation);
    let lines = derivation.forward.iter();
    let found: Vec<(usize, ThreeTerms)> = lines
        .filter_map(|line| Normalisation::of(line, &known))
        .filter_map(|it| it.three_terms(&known, solver))
        .collect();
    for (at, three_terms) in found {
        derivation.statements[at].three_terms = Some(three_terms);
    }
}

/// The definitions and the statements of a derivation, by their names.
struct Known<'a> {
    lines: FxHashMap<&'a Name, (usize, &'a Forward)>,
    statements: FxHashMap<&'a Name, (usize, &'a Statement)>,
}

impl<'a> Known<'a> {
    fn of(derivation: &'a Derivation) -> Known<'a> {
        let lines = derivation.forward.iter().enumerate();
        let statements = derivation.statements.iter().enumerate();
        Known {
            lines: lines.map(|(at, line)| (&line.name, (at, line))).collect(),
            statements: statements
                .map(|(at, it)| (&it.variable, (at, it)))
                .collect(),
        }
    }

    fn line(&self, name: &Name) -> Option<&'a Forward> {
        Some(self.lines.get(name)?.1)
    }

    fn statement(&self, name: &Name) -> Option<&'a Statement> {
        Some(self.statements.get(name)?.1)
    }
}

/// Whether three terms were proposed for a statement, so that [`confirm`] may take them back.
pub(crate) fn proposed(derivation: &Derivation) -> bool {
    let mut statements = derivation.statements.iter();
    statements.any(|statement| statement.three_terms.is_some())
}

/// Takes back what does not agree with the derivatives that were checked.
pub(crate) fn confirm(derivation: &mut Derivation, config: &derive_check::Config) {
    let proposed = derivation.statements.iter().filter_map(must_agree);
    let groups: Vec<Equal> = proposed.flatten().collect();
    if groups.is_empty() {
        return;
    }
    let (network, statements) = (&derivation.network, &derivation.statements);
    let agree = derive_check::check_all_equal(network, statements, &groups, config);
    let proposed = derivation.statements.iter_mut();
    let proposed = proposed.filter(|statement| statement.three_terms.is_some());
    for (statement, agree) in proposed.zip(agree.chunks(CONDITIONS)) {
        statement.three_terms.take_if(|_| agree.contains(&false));
    }
}

/// How many groups of terms must have one value each.
const CONDITIONS: usize = 2;

/// What must have one value each for the three terms to be right, and the sentences about them.
fn must_agree(statement: &Statement) -> Option<[Equal; CONDITIONS]> {
    let three = statement.three_terms.as_ref()?;
    let of = |entry: &Term| build::comprehension(&statement.indices, entry.clone());
    let derivative = [&three.put_in, &three.entry].map(of);
    let derivative = [statement.result.clone()].into_iter().chain(derivative);
    let kept = statement.indices.iter();
    let kept: Vec<Index> = kept
        .filter(|it| !three.along.contains(it))
        .cloned()
        .collect();
    let means = three.means.iter();
    let means = means.map(|entry| build::comprehension(&kept, entry.clone()));
    Some([
        Equal {
            terms: derivative.chain(three.closed.clone()).collect(),
            // The three terms may cancel: with two numbers a normalisation has only signs left.
            against: Some(of(&three.first)),
        },
        Equal {
            terms: means.collect(),
            against: None,
        },
    ])
}

impl<'a> Normalisation<'a> {
    /// Reads `x̂ = (x − m) · scale`; `None` for other definitions.
    fn of(line: &'a Forward, known: &Known<'_>) -> Option<Normalisation<'a>> {
        let (bound, factors) = line.entry.split_terms();
        let indices = &line.indices;
        let product = *line.entry.head() == Head::Product && bound.is_empty();
        if !product || indices.iter().any(|index| index.id().is_none()) {
            return None;
        }
        let whole = |factor: &Term| {
            let free = factor.free();
            indices.iter().all(|index| free.contains(index))
        };
        let (centred, scale): (Vec<&Term>, Vec<&Term>) =
            factors.iter().partition(|factor| whole(factor));
        let [centred] = centred.as_slice() else {
            return None;
        };
        let mut scale: Vec<Term> = scale.into_iter().cloned().collect();
        let found = deviation(centred, indices, known);
        // `m − x` is `x − m` with the sign in the scale.
        let (deviation, variable, mean) = found.or_else(|| {
            let turned = centred.children().iter().cloned().map(build::negate);
            let turned = build::sum(turned.collect());
            scale.insert(0, build::integer(-1));
            deviation(&turned, indices, known).filter(|_| *centred.head() == Head::Sum)
        })?;
        let centred = centred.as_entry().and_then(|(array, _)| name_of(array));
        let scaled = |index: &&Index| scale.iter().any(|it| it.free().contains(index));
        let along: Vec<Index> = indices.iter().filter(|it| !scaled(it)).cloned().collect();
        let constant = along.iter().all(|index| !mean.free().contains(index));
        (constant && !along.is_empty() && !scale.is_empty()).then(|| Normalisation {
            line,
            indices: indices.clone(),
            variable,
            deviation,
            definitions: centred.into_iter().chain([line.name.clone()]).collect(),
            mean,
            scale,
            along,
        })
    }

    /// The statement about x and its three terms.
    fn three_terms(self, known: &Known<'_>, solver: &mut Solver) -> Option<(usize, ThreeTerms)> {
        let (at, statement) = *known.statements.get(&self.variable)?;
        known.statement(&self.line.name)?;
        let plain = statement.numerator.is_empty();
        if !plain || statement.indices.len() != self.line.indices.len() {
            return None;
        }
        let next = [
            &self.line.entry,
            &self.deviation,
            &statement.result,
            &statement.start,
        ];
        let next = next.map(Term::next_index).into_iter().max()?;
        let mut fresh = Fresh::starting_at(next);
        let between = self.between(known);
        let signals = signals(statement, &between, known);
        let put_in = put_in(statement, &signals, known, &mut fresh)?;
        let others = statement.chain.iter();
        let others = others
            .filter(|link| link.user != self.line.name && !between.contains(&link.user))
            .map(link_term);
        let others = build::sum(others.collect());
        let alone = others.is_zero();
        let others = simplified(others, statement, solver, &mut fresh)?;
        let here = self.at(&statement.indices, &mut fresh);
        let entry = build::sum(vec![here.entry(&mut fresh), others]);
        let closed = solver.solve(
            &build::comprehension(&statement.indices, rebuilt(&entry)),
            &[],
            fresh.peek().max(entry.next_index()),
        );
        Some((
            at,
            ThreeTerms {
                normalised: here.line.name.clone(),
                means: [here.mean.clone(), here.mean_of_variable(&mut fresh)],
                scale: build::product(Vec::new(), here.scale.clone()),
                first: here.first(),
                definitions: here.definitions,
                deviation: here.deviation,
                along: here.along,
                signals,
                alone,
                put_in,
                entry,
                closed: Some(closed.result).filter(|it| it.is_closed_form()),
            },
        ))
    }

    /// The same, told with other indices.
    fn at(self, indices: &[Index], fresh: &mut Fresh) -> Normalisation<'a> {
        let (own, along) = (&self.indices, &self.along);
        let mut here = |term: &Term| {
            comprehension_at(&build::comprehension(own, term.clone()), indices, fresh)
        };
        let (deviation, mean) = (here(&self.deviation), here(&self.mean));
        let scale = self.scale.iter().map(here).collect();
        let pairs = own.iter().zip(indices);
        let along = pairs.filter(|(from, _)| along.contains(from));
        Normalisation {
            along: along.map(|(_, to)| to.clone()).collect(),
            indices: indices.to_vec(),
            deviation,
            mean,
            scale,
            ..self
        }
    }

    /// The names between x and x̂: what x̂ is made of that is made of x. What is defined before x is not looked through.
    fn between(&self, known: &Known<'_>) -> BTreeSet<Name> {
        let first = known.lines.get(&self.variable).map_or(0, |(at, _)| *at);
        let mut made_of = BTreeMap::new();
        self.is_made_of(&self.line.entry, first, known, &mut made_of);
        let between = made_of.into_iter().filter(|(_, is)| *is);
        between.map(|(name, _)| name).collect()
    }

    /// Whether a term is made of x; the same of every name below it that is defined after x.
    fn is_made_of(
        &self,
        term: &Term,
        first: usize,
        known: &Known<'_>,
        found: &mut BTreeMap<Name, bool>,
    ) -> bool {
        let Some(name) = name_of(term) else {
            let children = term.children().iter();
            let made = children.map(|child| self.is_made_of(child, first, known, found));
            // Every name below is noted, so that none is left out.
            return made.collect::<Vec<bool>>().contains(&true);
        };
        if name == self.variable {
            return true;
        }
        if let Some(is) = found.get(&name) {
            return *is;
        }
        let line = known.lines.get(&name).filter(|(at, _)| *at >= first);
        let Some((_, line)) = line else { return false };
        let is = self.is_made_of(&line.entry, first, known, found);
        found.insert(name, is);
        is
    }

    /// (δ − mean(δ) − x̂ mean(δ x̂)) · scale.
    fn entry(&self, fresh: &mut Fresh) -> Term {
        let (bound, elsewhere) = self.elsewhere(fresh);
        // What stands before a sum stays there: the sum is the mean.
        let subtracted = |before: Vec<Term>, factors: Vec<Term>| {
            let sum = build::product(bound.clone(), factors);
            let factors = [vec![build::integer(-1)], self.share(), before, vec![sum]].concat();
            Term::raw(Head::Product, factors)
        };
        let (own, signal) = (&self.line.name, self.line.name.cotangent());
        let received = self.array(&signal, &elsewhere);
        let terms = [
            self.array(&signal, &self.indices),
            subtracted(Vec::new(), vec![received.clone()]),
            subtracted(
                vec![self.array(own, &self.indices)],
                vec![received, self.array(own, &elsewhere)],
            ),
        ];
        self.scaled(build::sum(terms.to_vec()))
    }

    /// δ · scale, the first of the three terms.
    fn first(&self) -> Term {
        self.scaled(self.array(&self.line.name.cotangent(), &self.indices))
    }

    fn scaled(&self, factor: Term) -> Term {
        build::product(Vec::new(), [self.scale.clone(), vec![factor]].concat())
    }

    /// The entry of an array of the shape of x̂.
    fn array(&self, name: &Name, places: &[Index]) -> Term {
        build::entry(build::tensor(name, &self.line.shape), places.to_vec())
    }

    /// The mean of x along the axes.
    fn mean_of_variable(&self, fresh: &mut Fresh) -> Term {
        let (bound, elsewhere) = self.elsewhere(fresh);
        let sum = build::product(bound, vec![self.array(&self.variable, &elsewhere)]);
        build::product(Vec::new(), [self.share(), vec![sum]].concat())
    }

    /// Indices that run over the axes of the mean, and the place with them in it.
    fn elsewhere(&self, fresh: &mut Fresh) -> (Vec<Index>, Vec<Index>) {
        let mut bound = Vec::new();
        let places = self.indices.iter().map(|index| {
            if !self.along.contains(index) {
                return index.clone();
            }
            let other = fresh.index(&index.dim());
            bound.push(other.clone());
            other
        });
        let places = places.collect();
        (bound, places)
    }

    /// One over the number of places along the axes, a factor for each.
    fn share(&self) -> Vec<Term> {
        let sizes = self
            .along
            .iter()
            .map(|index| build::dimension(&index.dim()));
        sizes.map(build::reciprocal).collect()
    }
}

/// `x − m`, x and m, from the factor of x̂ that has all its indices.
fn deviation(factor: &Term, indices: &[Index], known: &Known<'_>) -> Option<(Term, Name, Term)> {
    if let Some((array, places)) = factor.as_entry() {
        let name = name_of(array)?;
        let line = known.line(&name)?;
        if places != indices || *line.entry.head() != Head::Sum {
            return None;
        }
        let mut fresh = Fresh::starting_at(line.entry.next_index().max(factor.next_index()));
        let array = build::comprehension(&line.indices, line.entry.clone());
        let entry = comprehension_at(&array, indices, &mut fresh);
        return deviation(&entry, indices, known);
    }
    let [one, other] = factor.children() else {
        return None;
    };
    if *factor.head() != Head::Sum {
        return None;
    }
    let read = |term: &Term| {
        let (array, places) = term.as_entry()?;
        name_of(array).filter(|_| places == indices)
    };
    let (name, rest) = match (read(one), read(other)) {
        (Some(name), None) => (name, other),
        (None, Some(name)) => (name, one),
        _ => return None,
    };
    Some((factor.clone(), name, build::negate(rest.clone())))
}

fn name_of(array: &Term) -> Option<Name> {
    match array.head() {
        Head::Tensor(name, _) => Some(name.clone()),
        _ => None,
    }
}

/// The derivatives by what lies between that the derivative mentions, one by way of another.
fn signals(statement: &Statement, between: &BTreeSet<Name>, known: &Known<'_>) -> Vec<Name> {
    let mut found = Vec::new();
    let mut waiting = vec![statement.result.clone()];
    while let Some(term) = waiting.pop() {
        let mut names = Vec::new();
        crate::chain::collect_names(&term, &mut names);
        for variable in names.iter().filter_map(Name::of_cotangent) {
            if between.contains(&variable) && !found.contains(&variable) {
                waiting.extend(known.statement(&variable).map(|it| it.result.clone()));
                found.push(variable);
            }
        }
    }
    found
}

/// The entry of the derivative with the derivatives by what lies between put in.
fn put_in(
    statement: &Statement,
    signals: &[Name],
    known: &Known<'_>,
    fresh: &mut Fresh,
) -> Option<Term> {
    let entry = entry_at(&statement.result, &statement.indices, fresh)?;
    let definition = |name: &Name| {
        let variable = name.of_cotangent().filter(|it| signals.contains(it))?;
        Some(known.statement(&variable)?.result.clone())
    };
    derive_judge::put_in(&entry, &definition, fresh)
}

/// The term with every node built anew, as the rewriting has them.
fn rebuilt(term: &Term) -> Term {
    if term.children().is_empty() {
        return term.clone();
    }
    let children = term.children().iter().map(rebuilt);
    build::node(term.head().clone(), children.collect())
}

/// The entry of what else contributes, in its simplest form.
fn simplified(
    sum: Term,
    statement: &Statement,
    solver: &mut Solver,
    fresh: &mut Fresh,
) -> Option<Term> {
    if sum.is_zero() {
        return Some(sum);
    }
    let whole = build::comprehension(&statement.indices, sum);
    let result = solver
        .solve(&whole, &[], fresh.peek().max(whole.next_index()))
        .result;
    *fresh = Fresh::starting_at(fresh.peek().max(result.next_index()));
    entry_at(&result, &statement.indices, fresh)
}
