//! Where a matrix form comes from: for every factor of an entry, which of its indices is the row, which the column, and which is
//! summed, and the transpose that puts them in this order.
//!
//! What a step does is read off its terms. A sum over one index that becomes an entry of a matrix product is read as rows of the left
//! factor times columns of the right one; an array given by its entries, which becomes a closed form, as what stands at each place of it.

use crate::document::{Inline, Reading, words};
use crate::math::{self, Level, Math};
use crate::term::Speller;
use derive_index::derivation::Step;
use derive_index::{Head, Index, Term, build};

/// The indices of a matrix's entry and the one that is summed in it.
struct Places<'a> {
    row: Option<&'a Index>,
    column: Option<&'a Index>,
    summed: Option<&'a Index>,
}

/// How the step leads from positions of indices to a product of matrices; nothing if it does not.
pub fn reading(speller: &mut Speller<'_>, step: &Step) -> Option<Reading> {
    if step.backwards {
        return None;
    }
    match step.why.slots.as_slice() {
        [sum, product, ..] if *sum.head() == Head::Product => of_sum(speller, sum, product),
        _ => of_array(speller, step),
    }
}

/// `Σ_k A_ik B_jk = [A Bᵀ]_ij`
fn of_sum(speller: &mut Speller<'_>, sum: &Term, product: &Term) -> Option<Reading> {
    let (bound, factors) = sum.split();
    let (array, place) = product.as_entry()?;
    let ones = |factor: &Term| matches!(factor.head(), Head::Ones(_));
    if *array.head() != Head::MatMul || array.children().iter().any(ones) {
        return None;
    }
    let [summed] = bound.as_slice() else {
        return None;
    };
    let places = Places {
        row: place.first(),
        column: place.get(1),
        summed: Some(summed),
    };
    speller.letters.give_aside(sum);
    // Rows come first, then what is only summed, then columns.
    let has =
        |factor: &Term, index: Option<&Index>| index.is_some_and(|it| factor.free().contains(it));
    let mut ordered: Vec<&Term> = factors.iter().collect();
    ordered.sort_by_key(|factor| (!has(factor, places.row), has(factor, places.column)));
    // Where every factor is one matrix of the product, what became of a sum can be shown.
    let matrices = Some(array.children()).filter(|all| all.len() == ordered.len());
    let parts = ordered.into_iter().enumerate().map(|(at, factor)| {
        let matrix = matrices.map(|all| &all[at]);
        part(speller, factor, matrix, &places)
    });
    let parts = parts.collect::<Option<Vec<_>>>()?;
    Some(Reading {
        front: None,
        summed: speller.indices(&bound),
        parts,
        result: speller.spell_aside(product),
    })
}

/// `u_i v_j`, `A_ij B_ij`, `A_ji` as the entry of an array.
fn of_array(speller: &mut Speller<'_>, step: &Step) -> Option<Reading> {
    let (before, after) = step.changed()?;
    let (target, body) = before.split();
    let ([row, column], [body]) = (target.as_slice(), body) else {
        return None;
    };
    if *body.head() == Head::Sum {
        let mut terms = body.children().iter();
        return terms.find_map(|term| of_outer(speller, term, row, column));
    }
    let lifted = *before.head() == Head::Comprehension && *after.head() != Head::Comprehension;
    let (bound, factors) = match body.head() {
        Head::Product => body.split(),
        _ => (Vec::new(), std::slice::from_ref(body)),
    };
    let places = Places {
        row: Some(row),
        column: Some(column),
        summed: None,
    };
    let (scalars, placed): (Vec<Term>, Vec<Term>) = factors
        .iter()
        .cloned()
        .partition(|factor| factor.free().is_empty());
    let turned = placed.iter().any(|factor| is_turned(factor, &places));
    if !lifted || !bound.is_empty() || (placed.len() < 2 && !turned) {
        return None;
    }
    let parts = placed
        .iter()
        .map(|factor| part(speller, factor, None, &places));
    let parts = parts.collect::<Option<Vec<_>>>()?;
    let whole = build::entry(after.clone(), target.clone());
    Some(Reading {
        front: (!scalars.is_empty()).then(|| speller.term(&build::product(Vec::new(), scalars))),
        summed: Vec::new(),
        parts,
        result: speller.spell_aside(&whole),
    })
}

/// `u_i v_j` as a term of a sum.
fn of_outer(
    speller: &mut Speller<'_>,
    term: &Term,
    row: &Index,
    column: &Index,
) -> Option<Reading> {
    let (bound, factors) = (*term.head() == Head::Product).then(|| term.split())?;
    let (scalars, placed): (Vec<Term>, Vec<Term>) = factors
        .iter()
        .cloned()
        .partition(|factor| factor.free().is_empty());
    let vector = |at: &Index| {
        let entries = placed.iter().filter_map(Term::as_entry);
        let mut here = entries.filter(|(_, place)| place.as_slice() == std::slice::from_ref(at));
        here.next().map(|(vector, _)| vector.clone())
    };
    let ([u, v], []) = ([vector(row)?, vector(column)?], bound.as_slice()) else {
        return None;
    };
    let ones = |vector: &Term| matches!(vector.head(), Head::Ones(_));
    if placed.len() != 2 || ones(&u) || ones(&v) {
        return None;
    }
    let places = Places {
        row: Some(row),
        column: Some(column),
        summed: None,
    };
    let (rows, columns): (Vec<&Term>, Vec<&Term>) =
        placed.iter().partition(|it| it.free().contains(row));
    let placed = rows.into_iter().chain(columns);
    let parts = placed.map(|factor| part(speller, factor, None, &places));
    let parts = parts.collect::<Option<Vec<_>>>()?;
    let whole = build::entry(build::outer(u, v), vec![row.clone(), column.clone()]);
    Some(Reading {
        front: (!scalars.is_empty()).then(|| speller.term(&build::product(Vec::new(), scalars))),
        summed: Vec::new(),
        parts,
        result: speller.spell_aside(&whole),
    })
}

/// Whether a matrix has to be transposed for its indices to stand in order.
fn is_turned(factor: &Term, places: &Places<'_>) -> bool {
    let Some((_, place)) = factor.as_entry() else {
        return false;
    };
    let [first, second] = place.as_slice() else {
        return false;
    };
    let is = |index: &Index, role: Option<&Index>| role == Some(index);
    let outside = |index: &Index| is(index, places.row);
    let columns_first = is(first, places.column) && !is(second, places.column);
    columns_first || (outside(second) && !outside(first))
}

/// The entry of the matrix that a factor with indices of its own becomes, if something of it is turned or repeated there.
fn assembled(factor: &Term, matrix: &Term, places: &Places<'_>) -> Option<Term> {
    let turned = |part: &Term| matches!(part.head(), Head::Transpose | Head::Outer);
    let roles = [places.row, places.summed, places.column];
    let own = roles.into_iter().flatten();
    let own: Vec<Index> = own
        .filter(|index| factor.free().contains(index))
        .cloned()
        .collect();
    (factor.as_entry().is_none() && own.len() == matrix.rank() && matrix.any(&turned))
        .then(|| build::entry(matrix.clone(), own))
}

/// A factor, as the matrix that it becomes where that is turned, and what its indices are.
fn part(
    speller: &mut Speller<'_>,
    factor: &Term,
    matrix: Option<&Term>,
    places: &Places<'_>,
) -> Option<(Math, Vec<Inline>)> {
    let mut math = speller.term(factor);
    let mut symmetric = false;
    let assembled = matrix.and_then(|matrix| assembled(factor, matrix, places));
    if let Some(entry) = assembled {
        let equal = math::Spelling::same("=");
        math = math::relation(math, equal, speller.term(&entry));
    } else if is_turned(factor, places) {
        let (array, mut place) = factor.as_entry()?;
        place.reverse();
        let turned = build::transpose(array.clone());
        symmetric = turned == *array;
        let indices = place.iter().map(build::index);
        let turned = Term::raw(
            Head::Entry,
            std::iter::once(turned).chain(indices).collect(),
        );
        let equal = math::Spelling::same("=");
        math = math::relation(math, equal, speller.term(&turned));
    }
    // Factors stand side by side.
    if math::level(&math) == Level::Sum {
        math = math::bracketed(math, Level::BigSum);
    }
    let has = |index: &&Index| factor.free().contains(index);
    // The left factor's rows stand before what is summed, the right one's columns behind it.
    let roles = [
        ("row ", places.row),
        ("summed ", places.summed),
        ("column ", places.column),
    ];
    let mut said = Vec::new();
    for (role, index) in roles {
        if let Some(index) = index.filter(has) {
            let comma = if said.is_empty() { "" } else { ", " };
            said.push(words(format!("{comma}{role}")));
            said.push(Inline::Math(speller.index(index)));
        }
    }
    if symmetric {
        said.push(words(" (symmetric)"));
    }
    (!said.is_empty()).then_some((math, said))
}
