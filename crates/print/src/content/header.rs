//! What the reader has to know first: conventions, notation, functions, and the arrays that are given.

use super::section;
use crate::document::{Block, Equation, Inline, marked, sentence, words};
use crate::math::{self, Math};
use crate::term::{Speller, place_on};
use derive_graph::function::Notation;
use derive_graph::{Attribute, Convention, Dim, Name, Role, Shape, Symbol};
use derive_index::derivation::{Derivation, FunctionFact, Statement};
use derive_index::{Head, Index, Term};
use num_traits::Signed;
use rustc_hash::FxHashSet;

/// One row of the legend: when a sign occurs, and what is said of it.
struct Legend {
    occurs: fn(&Term) -> bool,
    sentence: &'static str,
}

/// The legend, a sign a row; formulas stand in ‹›. Only signs that occur are explained.
#[rustfmt::skip]
static LEGEND: &[Legend] = &[
    Legend { occurs: is_matrix_product, sentence: "A product without a sign, ‹A B›, is the matrix product." },
    Legend { occurs: is_dot_product, sentence: "‹uᵀ v› is the dot product of two vectors." },
    Legend { occurs: is_outer_product, sentence: "‹u vᵀ› is the outer product of two vectors." },
    Legend { occurs: is_hadamard, sentence: "‹A ⊙ B› multiplies entry by entry (the Hadamard product)." },
    Legend { occurs: is_quotient, sentence: "‹A ⊘ B› divides entry by entry." },
    Legend { occurs: is_entrywise, sentence: "Functions and powers of an array act entry by entry." },
    Legend { occurs: adds_a_number, sentence: "A number beside an array in a sum, ‹1 − A›, counts for every entry." },
    Legend { occurs: is_condition, sentence: "‹[x > 0]› is 1 where the condition in the brackets holds, and 0 elsewhere." },
    Legend { occurs: |term| applies(term, "sigmoid"), sentence: "‹σ(x)› is the sigmoid function, ‹1/(1 + e⁻ˣ)›." },
    Legend { occurs: |term| applies(term, "relu"), sentence: "‹relu(x)› is ‹x› where that is positive, and 0 elsewhere." },
    Legend { occurs: |term| applies(term, "softplus"), sentence: "‹softplus(x)› is ‹ln(1 + eˣ)›." },
    Legend { occurs: |term| applies(term, "silu"), sentence: "‹silu(x)› is ‹x/(1 + e⁻ˣ)›." },
    Legend { occurs: |term| applies(term, "gelu"), sentence: "‹gelu(x)› is ‹x Φ(x)›." },
    Legend { occurs: is_normal, sentence: "‹Φ› is the distribution function of the standard normal distribution, and ‹φ› its density." },
    Legend { occurs: |term| applies(term, "huber_value"), sentence: "‹H(x, d)› is Huber's function: ‹x²/2› where ‹|x| ≤ d›, and ‹d (|x| − d/2)› elsewhere." },
    Legend { occurs: |term| applies(term, "clip"), sentence: "‹clip(x, d)› is ‹x› cut off at ‹−d› and ‹d›." },
    Legend { occurs: is_ones, sentence: "‹𝟏› is a vector of ones: ‹𝟏ᵀA› adds up the rows of ‹A›, and ‹𝟏bᵀ› repeats ‹b› in every row." },
    Legend { occurs: is_transform, sentence: "‹DFT(x)› is the discrete Fourier transform of a vector, and ‹IDFT› its inverse." },
    Legend { occurs: is_conjugate, sentence: "‹conj(z)› is the complex conjugate of a number or of every entry." },
    Legend { occurs: is_part, sentence: "‹Re(z)› and ‹Im(z)› are real and imaginary parts, which are real numbers." },
    Legend { occurs: is_doubtful_place, sentence: "An entry at a place that does not exist counts as zero: so padding and the ends of a window need no case of their own." },
    Legend { occurs: is_inside, sentence: "‹𝟏› at a single place is 1 where that place exists and 0 elsewhere." },
    Legend { occurs: is_concat, sentence: "Square brackets put arrays together: ‹[A, B]› side by side, ‹[A; B]› one below the other." },
    Legend { occurs: is_row, sentence: "‹A[0, :]› is the first row of ‹A›, and ‹A[:, 0]› its first column: places count from 0." },
    Legend { occurs: is_slice, sentence: "‹A[a:b, :]› is the part of ‹A› from place ‹a› up to, but not including, ‹b›; places count from 0." },
];

fn is_matrix_product(term: &Term) -> bool {
    *term.head() == Head::MatMul && term.rank() > 0
}

fn is_dot_product(term: &Term) -> bool {
    let ones = |child: &Term| matches!(child.head(), Head::Ones(_));
    *term.head() == Head::MatMul && term.rank() == 0 && !term.children().iter().any(ones)
}

fn is_outer_product(term: &Term) -> bool {
    let ones = |child: &Term| matches!(child.head(), Head::Ones(_));
    *term.head() == Head::Outer && !term.children().iter().any(ones)
}

fn is_hadamard(term: &Term) -> bool {
    let arrays = term.children().iter().filter(|child| child.rank() > 0);
    *term.head() == Head::Product && arrays.count() > 1
}

fn is_quotient(term: &Term) -> bool {
    term.rank() > 0 && matches!(term.head(), Head::Power(exponent) if exponent.is_negative())
}

fn is_entrywise(term: &Term) -> bool {
    term.rank() > 0 && matches!(term.head(), Head::Power(_) | Head::Apply(_))
}

fn adds_a_number(term: &Term) -> bool {
    let number = |child: &Term| child.rank() == 0;
    *term.head() == Head::Sum && term.rank() > 0 && term.children().iter().any(number)
}

fn applies(term: &Term, name: &str) -> bool {
    matches!(term.head(), Head::Apply(function) if function.name.as_str() == name)
}

fn is_condition(term: &Term) -> bool {
    let Head::Apply(function) = term.head() else {
        return ones_at_places(term, true);
    };
    let notation = function.row().map(|row| row.notation);
    matches!(notation, Some(Notation::Indicator | Notation::Comparison))
}

fn is_normal(term: &Term) -> bool {
    ["gelu", "normal_cdf", "normal_pdf"]
        .iter()
        .any(|name| applies(term, name))
}

fn is_transform(term: &Term) -> bool {
    matches!(term.head(), Head::Fourier { .. })
}

fn is_conjugate(term: &Term) -> bool {
    *term.head() == Head::Conjugate
}

/// A part that is written as one: the square of a magnitude has its own sign.
fn is_part(term: &Term) -> bool {
    let magnitude = |inner: &Term| inner.children().iter().any(is_conjugate);
    matches!(term.head(), Head::RealPart | Head::ImaginaryPart)
        && !term.children().iter().any(magnitude)
}

fn is_ones(term: &Term) -> bool {
    matches!(term.head(), Head::Ones(_))
}

fn doubtful(term: &Term) -> bool {
    let outside = |child: &Term| {
        let affine = child.as_index().and_then(Index::as_affine);
        affine.is_some_and(|affine| !affine.is_always_inside())
    };
    *term.head() == Head::Entry && term.children().iter().any(outside)
}

fn is_doubtful_place(term: &Term) -> bool {
    doubtful(term) && !is_ones(&term.children()[0])
}

/// Whether these are ones at places that may not exist, and whether that is written as a condition.
fn ones_at_places(term: &Term, conditions: bool) -> bool {
    let Some((array, places)) = term.as_entry() else {
        return false;
    };
    let Head::Ones(shape) = array.head() else {
        return false;
    };
    let on_axis = |(place, dim)| place_on(place, dim).map(|affine| affine.ends_inside());
    let ends: Vec<_> = places.iter().zip(&shape.0).map(on_axis).collect();
    let written = ends
        .iter()
        .all(|it| it.is_some_and(|ends| ends != (true, true)));
    written == conditions
}

fn is_inside(term: &Term) -> bool {
    ones_at_places(term, false)
}

fn is_concat(term: &Term) -> bool {
    matches!(term.head(), Head::Concat(_))
}

fn is_slice(term: &Term) -> bool {
    matches!(term.head(), Head::Gather(gather, _) if !gather.is_part())
}

/// An array that is read at fixed places of some axes; of all, it is written as an entry.
fn is_row(term: &Term) -> bool {
    matches!(term.head(), Head::Gather(gather, _) if gather.is_part()) && term.rank() > 0
}

/// The section of conventions, for a derivation and its second derivatives.
pub fn conventions(derivation: &Derivation, second: &[Derivation], blocks: &mut Vec<Block>) {
    blocks.push(section("Conventions"));
    blocks.push(Block::List(sentences(derivation, second)));
    functions(derivation, blocks);
}

/// The conventions, a sentence or a few about one thing each.
pub fn sentences(derivation: &Derivation, second: &[Derivation]) -> Vec<Vec<Inline>> {
    let all = std::iter::once(derivation).chain(second);
    let terms: Vec<&Term> = all.flat_map(every_term).collect();
    let mut items = vec![layout(derivation)];
    items.extend(samples(derivation));
    items.extend(
        derivation
            .network
            .notes
            .iter()
            .map(|note| marked(&closed(note))),
    );
    items.push(notation(&terms));
    items.extend(kronecker(derivation, &terms));
    items.extend(roots_of_unity(derivation, &terms));
    items.extend(error_signal(derivation));
    if !derivation.kinks.is_empty() {
        items.push(sentence(format!(
            "Where a function has no derivative: {}.",
            derivation.kinks.join("; ")
        )));
    }
    items.retain(|item| !item.is_empty());
    items
}

/// The sentence with a full stop.
pub fn closed(sentence: &str) -> String {
    let ended = sentence.ends_with(['.', '!', '?']);
    format!("{sentence}{}", if ended { "" } else { "." })
}

fn layout(derivation: &Derivation) -> Vec<Inline> {
    let speller = Speller::new(&derivation.network);
    let loss = speller.name(&derivation.network.loss.name);
    let wrt = derivation.network.wrt.first();
    let example = wrt.map_or_else(|| Name::new("W"), Name::clone);
    vec![
        words("Layout: the derivative of "),
        Inline::Math(loss),
        words(" by an array has the shape of that array (denominator layout), so "),
        Inline::Math(speller.name(&example.cotangent())),
        words(" fits "),
        Inline::Math(speller.name(&example)),
        words(" entry for entry."),
    ]
}

/// Only layers have a sample axis by convention; in equation form the spec shows it.
fn samples(derivation: &Derivation) -> Option<Vec<Inline>> {
    let network = &derivation.network;
    let layered = network.symbols.iter().any(|symbol| symbol.layer.is_some());
    let told = match network.convention {
        Convention::Rows => "Samples are rows: the first axis of a batch counts the samples.",
        Convention::Columns => "Samples are columns: the last axis of a batch counts the samples.",
    };
    layered.then(|| sentence(told))
}

/// Notes the signs that occur in a term; what was met before is not looked at again.
fn look(term: &Term, occurs: &mut [bool], met: &mut FxHashSet<usize>) {
    if !met.insert(term.address()) {
        return;
    }
    for (row, occurs) in LEGEND.iter().zip(occurs.iter_mut()) {
        *occurs = *occurs || (row.occurs)(term);
    }
    for child in term.children() {
        look(child, occurs, met);
    }
}

fn notation(terms: &[&Term]) -> Vec<Inline> {
    let mut occurs = vec![false; LEGEND.len()];
    let mut met = FxHashSet::default();
    for term in terms {
        look(term, &mut occurs, &mut met);
    }
    let said: Vec<&str> = LEGEND
        .iter()
        .zip(occurs)
        .filter_map(|(row, occurs)| occurs.then_some(row.sentence))
        .collect();
    if said.is_empty() {
        Vec::new()
    } else {
        with_formulas(&said.join(" "))
    }
}

/// Words with the formulas that stand in ‹›.
fn with_formulas(text: &str) -> Vec<Inline> {
    let mut parts = Vec::new();
    for piece in text.split('‹') {
        let (formula, rest) = piece.split_once('›').unwrap_or(("", piece));
        if !formula.is_empty() {
            parts.push(Inline::Math(math::word(
                formula,
                &crate::latex::formula_of_functions(formula),
            )));
        }
        parts.push(words(rest));
    }
    parts
}

fn kronecker(derivation: &Derivation, terms: &[&Term]) -> Option<Vec<Inline>> {
    let delta = |term: &Term| *term.head() == Head::Delta;
    let locals = |statement: &Statement| {
        let mut links = statement.chain.iter();
        links.any(|link| link.local.raw.any(&delta))
    };
    let in_chain = derivation
        .statements
        .iter()
        .any(|statement| statement.start.any(&delta) || locals(statement));
    (in_chain || terms.iter().any(|term| term.any(&delta))).then(|| {
        let sign = math::kronecker(vec![letter("i"), letter("j")]);
        let entry = |index| math::entry(letter("x"), vec![letter(index)]);
        vec![
            words("With two indices and nothing above it, "),
            Inline::Math(sign),
            words(" is Kronecker's delta: 1 where "),
            Inline::Math(math::relation(
                letter("i"),
                math::Spelling::same("="),
                letter("j"),
            )),
            words(" and 0 elsewhere. An entry changes with itself alone: "),
            Inline::Math(math::relation(
                math::partial(entry("p"), entry("i")),
                math::Spelling::same("="),
                math::kronecker(vec![letter("p"), letter("i")]),
            )),
            words("."),
        ]
    })
}

/// What ω stands for, for every size that it occurs with.
fn roots_of_unity(derivation: &Derivation, terms: &[&Term]) -> Option<Vec<Inline>> {
    let forward = derivation.forward.iter().chain([&derivation.loss]);
    let mut dims: Vec<Dim> = Vec::new();
    for term in forward.map(|step| &step.entry).chain(terms.iter().copied()) {
        collect_orders(term, &mut dims);
    }
    let speller = Speller::new(&derivation.network);
    let mut said = Vec::new();
    for (at, dim) in dims.iter().enumerate() {
        let unit = Math::Root(Box::new(math::negative(math::number(1))));
        let turn = vec![math::number(2), math::word("π", r"\pi"), unit];
        let turn = math::product(math::Joiner::Juxtaposed, turn);
        let value = Math::Exponential(Box::new(math::fraction(turn, speller.dim(dim))));
        let root = speller.root_symbol(dim);
        said.push(words(if at > 0 { ", " } else { "" }));
        said.push(Inline::Math(math::relation(
            root,
            math::Spelling::same("="),
            value,
        )));
    }
    said.push(words(
        " is a root of unity: its powers go around the circle of complex numbers of size 1.",
    ));
    (!dims.is_empty()).then_some(said)
}

fn collect_orders(term: &Term, dims: &mut Vec<Dim>) {
    if *term.head() == Head::Root
        && derive_index::build::quarter_turns(term).is_none()
        && let Some(dim) = term.children()[0].as_index().map(Index::dim)
        && !dims.contains(&dim)
    {
        dims.push(dim);
    }
    if term.is_complex() {
        term.children()
            .iter()
            .for_each(|child| collect_orders(child, dims));
    }
}

fn letter(letter: &str) -> Math {
    math::word(letter, letter)
}

/// One error signal stands for all: a layer's, if there is one.
fn error_signal(derivation: &Derivation) -> Option<Vec<Inline>> {
    let network = &derivation.network;
    let speller = Speller::new(network);
    let named = |name: &&Name| matches!(speller.name(&name.cotangent()), Math::Symbol(_));
    let layered = |name: &&Name| {
        let layer = network
            .symbol(name)
            .and_then(|symbol| symbol.layer.as_ref());
        layer.is_some_and(|layer| layer.stem == "Z")
    };
    let variables = || {
        derivation
            .statements
            .iter()
            .map(|statement| &statement.variable)
    };
    let first = || variables().find(named);
    let variable = variables().filter(named).find(layered).or_else(first)?;
    let meaning = crate::names::derivative_math(variable, network);
    let symbol = speller.name(&variable.cotangent());
    Some(vec![
        words("With the name of a layer or of an array attached, δ is an error signal: "),
        Inline::Math(math::relation(symbol, math::Spelling::same("="), meaning)),
        words(", named once and used again."),
    ])
}

/// What is known of the functions that occur with a prime.
fn functions(derivation: &Derivation, blocks: &mut Vec<Block>) {
    let mut equations = Vec::new();
    for fact in &derivation.functions {
        let mut speller = Speller::new(&derivation.network);
        let argument = || math::word(FunctionFact::ARGUMENT, FunctionFact::ARGUMENT);
        let call = |function| Math::Call {
            function: Box::new(function),
            arguments: vec![argument()],
        };
        if let Some(value) = &fact.value {
            let left = call(speller.function_name(&fact.function));
            equations.push(Equation::plain(left, speller.spell(value)));
        }
        if let Some(derivative) = &fact.derivative {
            let left = call(speller.function_name(&fact.function.derivative()));
            equations.push(Equation::plain(left, speller.spell(derivative)));
        }
    }
    if !equations.is_empty() {
        blocks.push(Block::Lead(sentence("Functions and their derivatives:")));
        blocks.push(Block::Equations(equations));
    }
    let unspecified: Vec<&FunctionFact> = derivation
        .functions
        .iter()
        .filter(|fact| fact.derivative.is_none())
        .collect();
    if !unspecified.is_empty() {
        let speller = Speller::new(&derivation.network);
        let mut said = vec![words(
            "Left open, with its derivative written with a prime: ",
        )];
        for (at, fact) in unspecified.iter().enumerate() {
            said.push(words(if at > 0 { ", " } else { "" }));
            said.push(Inline::Math(speller.function_name(&fact.function)));
        }
        said.push(words("."));
        blocks.push(Block::Lead(said));
    }
}

/// The section of what is given.
pub fn quantities(derivation: &Derivation, blocks: &mut Vec<Block>) {
    let network = &derivation.network;
    let speller = Speller::new(network);
    let declared = network.symbols.iter();
    let rows: Vec<Vec<Vec<Inline>>> = declared
        .filter(|symbol| symbol.role != Role::Intermediate)
        .map(|symbol| quantity_row(&speller, symbol))
        .collect();
    if rows.is_empty() {
        return;
    }
    blocks.push(section("Given"));
    blocks.push(Block::Table(rows));
    let sized = network.dims.iter().filter(|(_, size)| size.is_some());
    let sizes: Vec<Math> = sized
        .map(|(name, size)| {
            let size = math::number(size.unwrap_or_default());
            math::relation(speller.name(name), math::Spelling::same("="), size)
        })
        .collect();
    if !sizes.is_empty() {
        let mut said = vec![words("The sizes given are ")];
        for (at, size) in sizes.into_iter().enumerate() {
            said.push(words(if at > 0 { ", " } else { "" }));
            said.push(Inline::Math(size));
        }
        said.push(words("; the derivation holds for any."));
        blocks.push(Block::Lead(said));
    }
}

fn quantity_row(speller: &Speller<'_>, symbol: &Symbol) -> Vec<Vec<Inline>> {
    let role = std::iter::once(role_words(symbol.role)).chain(facts(symbol));
    vec![
        vec![Inline::Math(speller.name(&symbol.name))],
        vec![Inline::Math(speller.sizes(&symbol.shape))],
        sentence(role.collect::<Vec<_>>().join(", ")),
    ]
}

/// What is promised of a declared array, in words.
pub fn facts(symbol: &Symbol) -> Vec<&'static str> {
    let facts = symbol.attributes.iter();
    facts.map(|fact| fact_words(*fact, &symbol.shape)).collect()
}

fn role_words(role: Role) -> &'static str {
    match role {
        Role::Input => "input",
        Role::Param => "parameter",
        Role::Target => "target",
        Role::Const => "constant",
        Role::Intermediate => "intermediate",
    }
}

/// What is promised of an array, in terms of its rows or columns.
fn fact_words(fact: Attribute, shape: &Shape) -> &'static str {
    let by_row = |axis: usize, row, column, vector| match (axis, shape.rank()) {
        (_, 1) => vector,
        (0, 2) => column,
        _ => row,
    };
    match fact {
        Attribute::OneHot { axis } => by_row(
            axis,
            "one-hot: a single 1 in each row",
            "one-hot: a single 1 in each column",
            "one-hot: a single 1",
        ),
        Attribute::Simplex { axis } => by_row(
            axis,
            "each row sums to one",
            "each column sums to one",
            "sums to one",
        ),
        Attribute::Symmetric => "symmetric",
        Attribute::Positive => "positive",
    }
}

/// Every closed form and every entry on the page.
fn every_term(derivation: &Derivation) -> Vec<&Term> {
    let forward = derivation.forward.iter().chain([&derivation.loss]);
    let mut terms: Vec<&Term> = forward.filter_map(|step| step.matrix.as_ref()).collect();
    for statement in &derivation.statements {
        terms.push(&statement.result);
        terms.extend(&statement.in_full);
        if let Some(three) = &statement.three_terms {
            terms.extend(three.closed.iter().chain([&three.entry]));
        }
        // The conventions do not depend on names, apart from those of the circles that roots of unity divide.
        let pattern = statement.steps.pattern();
        let steps = match pattern.iter().any(|step| step.after.is_complex()) {
            true => &statement.steps,
            false => pattern,
        };
        terms.extend(steps.iter().map(|step| &step.after));
    }
    terms
}
