//! Derivatives that are found as an earlier one was, under other names: a second layer of the same kind.
//!
//! In: a derivation. Out: for each such statement the one that it repeats, and which names take the place of which. That is not
//! read off the results: the two have the same chain rule, link by link, and their steps are those of one solved form, so that
//! renaming turns every line of the one into a line of the other.

use super::inner::Inner;
use super::numbers::joined;
use super::{Telling, chain, result_name, steps};
use crate::Steps;
use crate::document::{Block, Inline, without_formula, words};
use crate::term::Speller;
use derive_graph::Name;
use derive_index::derivation::{ChainLink, Cotangent, Derivation, Statement};
use derive_index::{Correspondence, Head, Term};
use rustc_hash::FxHashMap;

/// Among more forms than this, links are not compared any more.
const MANY: usize = 8;

/// The statements of a page that repeat an earlier one, by the variable.
#[derive(Default)]
pub struct Repeated<'a> {
    known: FxHashMap<Name, Likewise<'a>>,
}

/// What a statement repeats.
pub struct Likewise<'a> {
    /// The statement that is told.
    model: &'a Statement,
    /// What takes the place of what in its first line, where these differ.
    names: Vec<(Name, Name)>,
}

impl<'a> Repeated<'a> {
    /// The statements that repeat an earlier one, of those that have a section.
    pub fn of(derivation: &'a Derivation, inner: &Inner<'_>) -> Repeated<'a> {
        let mut known = FxHashMap::default();
        // Those that are told, by the form whose steps are theirs.
        let mut told: FxHashMap<*const _, Vec<&Statement>> = FxHashMap::default();
        let all = derivation.statements.iter();
        let all = all.filter(|it| !inner.passes_over(&it.variable));
        for statement in all.filter(|it| !it.steps.is_empty() && it.contributions.is_empty()) {
            let models = told.entry(statement.steps.pattern().as_ptr()).or_default();
            let same = models.iter().find(|model| correspond(model, statement));
            match same {
                Some(model) => {
                    let names = exchanged(model, statement);
                    known.insert(statement.variable.clone(), Likewise { model, names });
                }
                None => models.push(statement),
            }
        }
        Repeated { known }
    }

    /// Those of a page that keeps this much: all of them are told where nothing is left out.
    pub fn on_page(derivation: &'a Derivation, inner: &Inner<'_>, detail: Steps) -> Repeated<'a> {
        match detail {
            Steps::Key => Repeated::of(derivation, inner),
            Steps::None | Steps::Full => Repeated::default(),
        }
    }

    /// What the derivative by a variable repeats.
    pub fn find(&self, variable: &Name) -> Option<&Likewise<'a>> {
        self.known.get(variable)
    }
}

/// Whether the two have one chain rule and one first line up to names.
fn correspond(model: &Statement, statement: &Statement) -> bool {
    let mut names = Correspondence::default();
    names.array(&model.variable, &statement.variable)
        && names.shapes(&model.shape, &statement.shape)
        && names.indices(&model.numerator, &statement.numerator)
        && names.indices(&model.indices, &statement.indices)
        && links(&mut names, &model.chain, &statement.chain)
        && names.terms(&model.start, &statement.start)
}

fn links(names: &mut Correspondence, model: &[ChainLink], chain: &[ChainLink]) -> bool {
    let mut pairs = model.iter().zip(chain);
    model.len() == chain.len() && pairs.all(|(model, link)| same_link(names, model, link))
}

fn same_link(names: &mut Correspondence, model: &ChainLink, link: &ChainLink) -> bool {
    let cotangents = match (&model.cotangent, &link.cotangent) {
        (Cotangent::Loss, Cotangent::Loss) | (Cotangent::Named, Cotangent::Named) => true,
        (Cotangent::Substituted(a), Cotangent::Substituted(b)) => names.terms(a, b),
        (Cotangent::Chained(a), Cotangent::Chained(b)) => links(names, a, b),
        _ => false,
    };
    cotangents
        && names.array(&model.user, &link.user)
        && names.indices(&model.indices, &link.indices)
        && names.terms(&model.local.raw, &link.local.raw)
        && names.terms(&model.local.value, &link.local.value)
}

/// Which links of a chain rule are the first of their form: the local derivatives of the others are these under other names.
pub fn first_links(chain: &[ChainLink]) -> Vec<bool> {
    let mut firsts: Vec<&ChainLink> = Vec::new();
    let all = chain.iter().map(|link| {
        let same = |first: &&ChainLink| same_link(&mut Correspondence::default(), first, link);
        let new = firsts.len() > MANY || !firsts.iter().any(same);
        if new {
            firsts.push(link);
        }
        new
    });
    all.collect()
}

/// What takes the place of what in the first line, where the two differ.
fn exchanged(model: &Statement, statement: &Statement) -> Vec<(Name, Name)> {
    let mut names = Correspondence::default();
    // The two correspond.
    names.terms(&model.start, &statement.start);
    let shown = |name: &Name| {
        let is_size = |term: &Term| matches!(term.head(), Head::Dimension(dim) if dim == name);
        model.start.any(&is_size)
    };
    let dims = names.dims().iter().filter(|(from, _)| shown(from));
    let pairs = names.arrays().iter().chain(dims);
    pairs.filter(|(from, to)| from != to).cloned().collect()
}

/// The chain rule in words, what is repeated, and the result.
pub fn likewise(
    speller: &mut Speller<'_>,
    statement: &Statement,
    repeats: &Likewise<'_>,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) {
    let mut said = chain::path_words(speller, statement, telling.numbers);
    without_formula(&mut said);
    said.push(words(" Step by step as for "));
    said.push(Inline::Math(result_name(speller, repeats.model)));
    if !chain::is_direct(statement)
        && let Some(used) = chain::used_words(speller, statement, telling.numbers)
    {
        said.push(words(", "));
        said.extend(used);
    }
    let exchanged = repeats.names.iter().map(|(from, to)| {
        let [to, from] = [to, from].map(|name| Inline::Math(speller.name(name)));
        vec![to, words(" for "), from]
    });
    let exchanged = joined(exchanged.collect());
    if !exchanged.is_empty() {
        said.push(words(", with "));
        said.extend(exchanged);
    }
    said.push(words(":"));
    blocks.push(Block::Lead(said));
    let number = telling.numbers.number(&statement.variable.cotangent());
    let result = steps::result(speller, statement);
    blocks.push(Block::Equations(vec![result.numbered(number)]));
    if steps::is_entry_form(&statement.result) && statement.has_indices() {
        steps::without_matrix_form(speller, statement, telling, blocks);
    }
}
