//! The chain rule of one statement: the line of partial derivatives, and the local derivatives that go into it.

use super::Telling;
use super::likewise::first_links;
use super::numbers::{Links, Numbers};
use crate::Steps;
use crate::document::{Block, Equation, Inline, Right, Sign, sentence, words};
use crate::letters::Kind;
use crate::math::{self, Joiner, Level, Math};
use crate::term::Speller;
use derive_graph::Name;
use derive_index::derivation::{ChainLink, Cotangent, Statement};
use derive_index::{Index, LayerRange, Term};

/// Up to this many error signals are introduced in words; more of them in rows.
const IN_WORDS: usize = 3;

/// What the rows below a chain rule say.
#[derive(Clone, Copy)]
struct Rows {
    /// How much of the way.
    steps: Steps,
    /// Whether they say which derivative has which name.
    names: bool,
    /// Whether a derivative that only collapses by sifting is told by its value: once a page its steps were seen.
    sifted: bool,
}

/// What a page tells once: how the derivative of a definition collapses.
const SIFTED: &str = "a derivative of a definition collapses";

/// Up to this many columns a chain rule's derivative stands in its sentence; two of them in a few less.
const IN_LINE: [usize; 2] = [44, 40];

/// Letters for the indices of every link, nearest to the variable first.
pub fn give_letters(speller: &mut Speller<'_>, statement: &Statement) {
    let mut seen = Vec::new();
    speller.numerator.clone_from(&statement.numerator);
    let free = [&statement.numerator[..], &statement.indices].concat();
    speller.letters.give(Kind::Free, &free, &mut seen);
    give_links(speller, &statement.chain, 0, &mut seen);
}

fn give_links(
    speller: &mut Speller<'_>,
    links: &[ChainLink],
    depth: usize,
    seen: &mut Vec<crate::letters::Letter>,
) {
    let kind = match depth {
        0 => Kind::Link,
        1 => Kind::Outer,
        _ => Kind::Far,
    };
    for link in links {
        let before = seen.len();
        speller.letters.give(kind, &link.indices, seen);
        if let Cotangent::Chained(inner) = &link.cotangent {
            give_links(speller, inner, depth + 1, seen);
        }
        seen.truncate(before);
    }
}

/// A variable at its indices.
pub fn at(speller: &Speller<'_>, name: &Name, indices: &[Index]) -> Math {
    let array = speller.name(name);
    if indices.is_empty() {
        array
    } else {
        math::entry(array, speller.indices(indices))
    }
}

/// The entry that is differentiated: `L`, `Y_{ij}`, `∂L/∂W_{ij}`.
fn numerator(speller: &Speller<'_>) -> Math {
    let loss = &speller.network.loss.name;
    match loss.as_derivative() {
        Some((of, by)) => math::partial(speller.name(&of), at(speller, &by, &speller.numerator)),
        None => at(speller, loss, &speller.numerator),
    }
}

/// `∂L/∂V_{ij}`
pub fn derivative_at(speller: &Speller<'_>, name: &Name, indices: &[Index]) -> Math {
    let by = at(speller, name, indices);
    match speller.network.loss.name.as_derivative() {
        Some((of, first)) => {
            let first = at(speller, &first, &speller.numerator);
            crate::names::again(speller.name(&of), first, name, by, speller.network)
        }
        None => math::partial(numerator(speller), by),
    }
}

/// Whether what is differentiated uses the variable itself, and nothing else does.
pub fn is_direct(statement: &Statement) -> bool {
    let only = |link: &ChainLink| matches!(link.cotangent, Cotangent::Loss);
    matches!(statement.chain.as_slice(), [link] if only(link))
}

/// Whether the derivative of the definition is the first line of the steps as it is, so that it need not be told before them.
pub fn is_start(statement: &Statement) -> bool {
    let whole = |link: &ChainLink| link.local.steps.is_empty() && link.local.raw == statement.start;
    is_direct(statement) && statement.chain.iter().all(whole)
}

/// The chain rule in words and as an equation, then the derivatives that it needs. Whether its words lead on to the line with
/// everything put in.
pub fn chain_rule(
    speller: &mut Speller<'_>,
    statement: &Statement,
    telling: Telling<'_>,
    blocks: &mut Vec<Block>,
) -> bool {
    let (steps, numbers) = (telling.detail, telling.numbers);
    let direct = is_direct(statement);
    blocks.push(Block::Lead(path_words(speller, statement, numbers)));
    if !direct {
        let left = derivative_at(speller, &statement.variable, &statement.indices);
        let entry = at(speller, &statement.variable, &statement.indices);
        let right = links_math(speller, &statement.chain, &entry);
        blocks.push(Block::Equations(vec![Equation::plain(left, right)]));
    }
    let told = match steps {
        Steps::Key => first_links(&statement.chain),
        Steps::None | Steps::Full => vec![true; statement.chain.len()],
    };
    let mut signals = match steps {
        Steps::Key => error_signals(speller, &statement.chain, &told),
        Steps::None | Steps::Full => Vec::new(),
    };
    if signals.len() > IN_WORDS {
        signals.clear();
    }
    let names = signals.is_empty();
    let said = where_words(speller, statement, numbers, &told, signals);
    if is_start(statement) {
        return false;
    }
    let mut equations = Vec::new();
    let entry = at(speller, &statement.variable, &statement.indices);
    let rows = rows(statement, telling, &told, names);
    for link in told
        .iter()
        .zip(&statement.chain)
        .filter_map(|(told, link)| told.then_some(link))
    {
        let several = statement.chain.len() > 1;
        link_equations(speller, link, &entry, several, rows, &mut equations);
    }
    if direct && let Some(only) = equations.first_mut() {
        only.left = derivative_at(speller, &statement.variable, &statement.indices);
    }
    let in_line = steps == Steps::Key && !direct && statement.chain.len() == 1;
    if let Some(rest) = in_line.then(|| in_words(&equations)).flatten() {
        blocks.push(Block::Lead([said, rest].concat()));
        return true;
    }
    if !direct {
        blocks.push(Block::Lead(said));
    }
    blocks.push(Block::Equations(equations));
    false
}

/// How the rows below a chain rule are told.
fn rows(statement: &Statement, telling: Telling<'_>, told: &[bool], names: bool) -> Rows {
    let steps = telling.detail;
    let links = statement.chain.iter().zip(told);
    let mut shown = links.filter_map(|(link, told)| told.then_some(link));
    let new = shown.any(sifts) && telling.once(SIFTED).is_some();
    Rows {
        steps,
        names,
        sifted: steps == Steps::Key && !new,
    }
}

/// Whether a link has a derivative in which deltas sift, and nothing else is done.
fn sifts(link: &ChainLink) -> bool {
    let inner = match &link.cotangent {
        Cotangent::Chained(inner) => inner.iter().any(sifts),
        _ => false,
    };
    inner || only_sifts(link)
}

fn only_sifts(link: &ChainLink) -> bool {
    let steps = link.local.steps.pattern();
    // Where a place has to be solved for, that is not seen at once.
    let solves = |part: &Term| part.as_index().is_some_and(|it| it.as_affine().is_some());
    let plain = !link.local.raw.any(&solves);
    plain && !steps.is_empty() && steps.iter().all(|step| step.rule == "sift")
}

/// The derivatives that a chain rule needs as the end of its sentence, where they are short.
fn in_words(equations: &[Equation]) -> Option<Vec<Inline>> {
    let most = *IN_LINE.get(equations.len().checked_sub(1)?)?;
    let mut said = Vec::new();
    let mut columns = 0;
    for (at, equation) in equations.iter().enumerate() {
        let [right] = equation.rights.as_slice() else {
            return None;
        };
        let equal = math::Spelling::same("=");
        let whole = math::relation(equation.left.clone(), equal, right.math.clone());
        columns += crate::text::columns(&crate::text::inline(&whole));
        said.push(words(if at == 0 { " " } else { " and " }));
        said.push(Inline::Math(whole));
    }
    said.push(words(":"));
    (columns <= most).then_some(said)
}

/// The derivatives in the links that are told which have a name: what they mean, and the name.
fn error_signals(speller: &Speller<'_>, chain: &[ChainLink], told: &[bool]) -> Vec<(Math, Math)> {
    let mut signals = Vec::new();
    for (link, told) in chain.iter().zip(told) {
        match &link.cotangent {
            Cotangent::Named if *told => {
                let name = speller.name(&link.user.cotangent());
                let meaning = crate::names::derivative_math(&link.user, speller.network);
                if matches!(name, Math::Symbol(_)) {
                    signals.push((meaning, name));
                }
            }
            Cotangent::Chained(inner) if *told => {
                signals.extend(error_signals(speller, inner, &vec![true; inner.len()]));
            }
            _ => {}
        }
    }
    signals
}

/// What goes into the chain rule: the error signals, the definitions that are differentiated and the results that are put in; which
/// links are told says whether some are like others.
fn where_words(
    speller: &Speller<'_>,
    statement: &Statement,
    numbers: &Numbers,
    told: &[bool],
    signals: Vec<(Math, Math)>,
) -> Vec<Inline> {
    let forms = told.iter().filter(|told| **told).count();
    let alike = match forms {
        _ if forms == told.len() => None,
        1 => Some("all in the same way"),
        _ => Some("those of one form in the same way"),
    };
    let used = used_words(speller, statement, numbers);
    let mut said = sentence("where");
    let and = if signals.is_empty() { "" } else { " and" };
    for (at, (meaning, name)) in signals.into_iter().enumerate() {
        said.push(words(if at == 0 { " " } else { ", " }));
        let equal = math::Spelling::same("=");
        said.push(Inline::Math(math::relation(meaning, equal, name)));
    }
    said.push(words(and));
    let alike = alike.map(sentence);
    for clause in used.into_iter().chain(alike) {
        said.push(words(", "));
        said.extend(clause);
    }
    if said.len() > 2 || forms != told.len() {
        said.push(words(","));
    }
    said
}

/// `by (3) and differentiating (1)`: the results that the chain rule puts in, and the definitions that it differentiates.
pub fn used_words(
    speller: &Speller<'_>,
    statement: &Statement,
    numbers: &Numbers,
) -> Option<Vec<Inline>> {
    let links = Links::of(statement, &speller.network.loss.name);
    let differentiated = numbers.cite(&links.differentiated);
    let differentiated = differentiated.map(|cited| [sentence("differentiating "), cited].concat());
    let put_in = numbers.cite(&links.put_in);
    let put_in = put_in.map(|cited| [sentence("by "), cited].concat());
    match (put_in, differentiated) {
        (Some(put_in), Some(differentiated)) => {
            Some([put_in, sentence(" and "), differentiated].concat())
        }
        (only, None) | (None, only) => only,
    }
}

/// Which quantities carry the variable to the loss.
pub fn path_words(speller: &Speller<'_>, statement: &Statement, numbers: &Numbers) -> Vec<Inline> {
    let loss = Inline::Math(speller.name(&speller.network.loss.name));
    let variable = Inline::Math(speller.name(&statement.variable));
    if is_direct(statement) {
        let own = numbers.cite([&speller.network.loss.name]);
        let definition = match own {
            Some(own) => [sentence(" itself, so its definition "), own].concat(),
            None => sentence(" itself, so its definition"),
        };
        let said = vec![loss, words(" uses "), variable];
        return [said, definition, sentence(" is differentiated directly:")].concat();
    }
    let mut said = vec![words("Chain rule: "), variable, words(" reaches "), loss];
    for (at, link) in statement.chain.iter().enumerate() {
        said.push(words(match (at, at + 1 == statement.chain.len()) {
            (0, _) => " through ",
            (_, true) => " and ",
            _ => ", ",
        }));
        said.extend(link_words(speller, link));
        let next = statement.chain.get(at + 1);
        if next.is_none_or(|next| next.layers != link.layers) {
            said.extend(link.layers.iter().flat_map(for_every));
        }
    }
    said.push(words(
        match statement.chain.len() > 1 || statement.is_over_layers() {
            true => ", and the contributions add up:",
            false => ".",
        },
    ));
    said
}

/// For which layers, or steps in time, what was said holds.
pub fn for_every(layers: &LayerRange) -> [Inline; 2] {
    [
        words(" for every "),
        Inline::Math(math::which_layers(layers)),
    ]
}

fn link_words(speller: &Speller<'_>, link: &ChainLink) -> Vec<Inline> {
    if matches!(link.cotangent, Cotangent::Loss) {
        let loss = speller.name(&speller.network.loss.name);
        return vec![words("its own place in "), Inline::Math(loss)];
    }
    let mut said = vec![Inline::Math(speller.name(&link.user))];
    if let Cotangent::Chained(inner) = &link.cotangent {
        for next in inner
            .iter()
            .filter(|next| !matches!(next.cotangent, Cotangent::Loss))
        {
            said.push(words(", then "));
            said.extend(link_words(speller, next));
        }
    }
    said
}

/// `Σ ∂L/∂U ∂U/∂V`, one term for every link.
fn links_math(speller: &Speller<'_>, links: &[ChainLink], entry: &Math) -> Math {
    let several = links.len() > 1;
    let mut terms: Vec<Math> = links
        .iter()
        .map(|link| {
            let (indices, factors) = link_factors(speller, link, entry, several);
            let one = summed(indices, math::product(Joiner::Chain, factors));
            match &link.layers {
                Some(layers) => over_layers(layers, one),
                None => one,
            }
        })
        .collect();
    if terms.len() == 1 {
        return terms.swap_remove(0);
    }
    Math::Sum(terms.into_iter().map(|term| (false, term)).collect())
}

/// Σ over layers of what one contributes.
fn over_layers(layers: &LayerRange, one: Math) -> Math {
    let layer = math::layers(layers);
    match one {
        Math::BigSum { mut indices, body } => {
            indices.insert(0, layer);
            Math::BigSum { indices, body }
        }
        one => Math::BigSum {
            indices: vec![layer],
            body: Box::new(one),
        },
    }
}

fn summed(mut indices: Vec<Math>, body: Math) -> Math {
    indices.retain(|index| crate::text::inline(index) != "1");
    if indices.is_empty() {
        return body;
    }
    indices.sort_by_key(crate::text::inline);
    Math::BigSum {
        indices,
        body: Box::new(body),
    }
}

/// The derivative of the loss's own definition; marked where other links add to it.
fn direct(loss: Math, entry: &Math, several: bool) -> Math {
    let partial = math::partial(loss, entry.clone());
    if several {
        math::entry(partial, vec![math::word("direct", r"\text{direct}")])
    } else {
        partial
    }
}

/// The indices that one link sums over and the derivatives that it multiplies.
fn link_factors(
    speller: &Speller<'_>,
    link: &ChainLink,
    entry: &Math,
    several: bool,
) -> (Vec<Math>, Vec<Math>) {
    let loss = numerator(speller);
    let user = at(speller, &link.user, &link.indices);
    let own = speller.indices(&link.indices);
    match &link.cotangent {
        Cotangent::Loss => (Vec::new(), vec![direct(loss, entry, several)]),
        Cotangent::Named | Cotangent::Substituted(_) => {
            let outer = math::partial(loss, user.clone());
            (own, vec![outer, math::partial(user, entry.clone())])
        }
        Cotangent::Chained(inner) => match inner.as_slice() {
            [only] => {
                let (mut indices, mut factors) = link_factors(speller, only, &user, false);
                indices.extend(own);
                factors.push(math::partial(user, entry.clone()));
                (indices, factors)
            }
            _ => {
                let outer = math::bracketed(links_math(speller, inner, &user), Level::Product);
                (own, vec![outer, math::partial(user, entry.clone())])
            }
        },
    }
}

/// An equation for every factor of one link of the chain rule, the one next to the loss first; `several` says whether the link has
/// others beside it.
fn link_equations(
    speller: &mut Speller<'_>,
    link: &ChainLink,
    entry: &Math,
    several: bool,
    rows: Rows,
    equations: &mut Vec<Equation>,
) {
    let user = at(speller, &link.user, &link.indices);
    match &link.cotangent {
        Cotangent::Chained(inner) => {
            for next in inner {
                link_equations(speller, next, &user, inner.len() > 1, rows, equations);
            }
        }
        Cotangent::Named if !rows.names => {}
        _ => equations.extend(known_cotangent(speller, link)),
    }
    let left = match link.cotangent {
        Cotangent::Loss => direct(numerator(speller), entry, several),
        _ => math::partial(user, entry.clone()),
    };
    equations.push(local_equation(speller, link, left, rows));
}

/// What ∂L/∂U is, where that is known by a name or in short.
fn known_cotangent(speller: &mut Speller<'_>, link: &ChainLink) -> Option<Equation> {
    let left = derivative_at(speller, &link.user, &link.indices);
    match &link.cotangent {
        // Where the cotangent has no name of its own there is nothing to say.
        Cotangent::Named => matches!(speller.name(&link.user.cotangent()), Math::Symbol(_))
            .then(|| Equation::plain(left, at(speller, &link.user.cotangent(), &link.indices))),
        Cotangent::Substituted(term) => Some(Equation::plain(left, speller.spell(term))),
        Cotangent::Loss | Cotangent::Chained(_) => None,
    }
}

fn local_equation(speller: &mut Speller<'_>, link: &ChainLink, left: Math, rows: Rows) -> Equation {
    let (local, steps) = (&link.local, rows.steps);
    if rows.sifted && only_sifts(link) {
        return Equation::plain(left, speller.spell(&local.value));
    }
    let raw = speller.spell(&local.raw);
    let mut rights = vec![Right::plain(raw.clone())];
    if steps == Steps::Full {
        rights.extend(super::steps::rights(speller, &local.steps, steps, None));
    }
    let value = speller.spell(&local.value);
    if rights.last().is_some_and(|last| last.math != value) {
        let reasons = super::reasons::named_rules(local.steps.pattern());
        rights.push(Right {
            reasons: reasons.into_iter().collect(),
            ..Right::plain(value)
        });
    }
    Equation {
        left,
        sign: Sign::Equal,
        rights,
    }
}
