//! Reading an array off its entry: e with indices (i, j) → the matrix whose (i, j) entry is e.
//!
//! Works on terms without sums over indices. Entries at the target's indices lose them, transposed ones are transposed,
//! vectors are repeated by an outer product with ones, and products of a function of i by one of j are outer products.

use crate::sift::product_parts;
use derive_index::substitute::replace_index;
use derive_index::{Head, Index, Term, build};

/// The closed array X with `[X]_target = term`; a closed scalar where the term mentions no index.
/// `None` if a sum over an index is left or the term mentions an index that the target does not have.
pub fn lift(term: &Term, target: &[Index]) -> Option<Term> {
    if build::is_plain_scalar(term) {
        return Some(term.clone());
    }
    let places = places(term);
    if places
        .iter()
        .any(|index| *index != Index::Unit && !target.contains(index))
    {
        return None;
    }
    if target.len() == 2 && places.len() == 1 && *term.head() != Head::Entry {
        let place = vec![places[0].clone()];
        let vector = lift(term, &place)?;
        return spread(vector, &place, target);
    }
    match term.head() {
        Head::Entry => {
            let (array, place) = term.as_entry()?;
            if let [a, b] = place.as_slice()
                && a == b
                && a.id().is_some()
                && array.is_closed_form()
            {
                let diagonal = Term::raw(Head::Diagonal, vec![array.clone()]);
                return spread(diagonal, std::slice::from_ref(a), target);
            }
            array
                .is_closed_form()
                .then(|| spread(array.clone(), &place, target))?
        }
        Head::Delta => {
            let plain = term.children().iter().all(|child| {
                child
                    .as_index()
                    .is_some_and(|index| index.as_affine().is_none())
            });
            let same = target.len() == 2 && places.len() == 2 && plain;
            same.then(|| Term::leaf(Head::Identity(target[0].dim())))
        }
        Head::Product => {
            let (bound, factors) = product_parts(term)?;
            if bound.is_empty() {
                lift_product(&factors, target)
            } else {
                None
            }
        }
        Head::Sum | Head::Power(_) | Head::Apply(_) | Head::RealPart | Head::ImaginaryPart => {
            let children = term
                .children()
                .iter()
                .map(|child| lift(child, target))
                .collect::<Option<Vec<_>>>()?;
            Some(build::node(term.head().clone(), children))
        }
        _ => None,
    }
}

/// The matrix with rows `i` and columns `j`; read the other way round and transposed as a whole where that takes fewer
/// transposes, so that (A ⊙ B)ᵀ does not fall apart into Aᵀ ⊙ Bᵀ.
pub fn oriented(term: &Term, i: &Index, j: &Index) -> Option<Term> {
    let direct = lift(term, &[i.clone(), j.clone()])?;
    // Terms of a sum are turned one by one: Aᵀ + B rather than (A + Bᵀ)ᵀ.
    if *term.head() == Head::Sum {
        let parts = term
            .children()
            .iter()
            .map(|part| oriented(part, i, j))
            .collect::<Option<Vec<_>>>();
        let parts = parts.map(|parts| build::node(Head::Sum, parts));
        let direct = parts.filter(|sum| sum.rank() == 2).unwrap_or(direct);
        // But (A + B)ᵀ rather than Aᵀ + Bᵀ.
        return Some(turned_if_shorter(direct, term, i, j));
    }
    Some(turned_if_shorter(direct, term, i, j))
}

/// The transpose of the array as it is read the other way round, where that takes fewer transposes.
fn turned_if_shorter(direct: Term, term: &Term, i: &Index, j: &Index) -> Term {
    let most = transposes(&direct);
    if most == 0 {
        return direct;
    }
    let turned = lift(term, &[j.clone(), i.clone()]).map(build::transpose);
    turned
        .filter(|turned| transposes(turned) < most)
        .unwrap_or(direct)
}

fn transposes(term: &Term) -> usize {
    usize::from(*term.head() == Head::Transpose)
        + term.children().iter().map(transposes).sum::<usize>()
}

/// The indices at which a term is read, sorted, [`Index::Unit`] included where an entry has it.
pub fn places(term: &Term) -> Vec<Index> {
    let mut places = term.free().to_vec();
    if term.has_unit() {
        places.insert(0, Index::Unit);
    }
    places
}

/// The array at `target` whose entry is that of `array` at `place`.
pub fn spread(array: Term, place: &[Index], target: &[Index]) -> Option<Term> {
    let at = |index: &Index| place.iter().position(|other| other == index);
    match (place, target) {
        _ if place == target => Some(array),
        _ if place.iter().any(|index| index.as_affine().is_some()) => None,
        ([a, b], [i, j]) if a == j && b == i => Some(build::transpose(array)),
        // The only entry of its array is a number that every place of the target gets.
        ([Index::Unit], [_, ..]) if !target.contains(&Index::Unit) => Some(build::matmul(vec![
            build::ones(&[Index::Unit.dim()]),
            array,
        ])),
        ([_], [i, j]) => spread_vector(array, at(i).is_some(), i, j),
        ([_, _], [i]) => drop_unit(array, at(i)?, place),
        ([a, b], [i, j]) if *a == Index::Unit || *b == Index::Unit => {
            // A single row is repeated by a column of ones in front, a single column by a row of ones behind.
            let row = if *a == Index::Unit {
                array
            } else {
                build::transpose(array)
            };
            let variable = if *a == Index::Unit { b } else { a };
            if variable == j {
                Some(build::matmul(vec![
                    build::ones(&[i.dim(), Index::Unit.dim()]),
                    row,
                ]))
            } else if variable == i {
                Some(build::matmul(vec![
                    build::transpose(row),
                    build::ones(&[Index::Unit.dim(), j.dim()]),
                ]))
            } else {
                None
            }
        }
        _ => None,
    }
}

fn spread_vector(vector: Term, first: bool, i: &Index, j: &Index) -> Option<Term> {
    let other = if first { j } else { i };
    if *other == Index::Unit {
        let axes = if first {
            vec![Some(0), None]
        } else {
            vec![None, Some(0)]
        };
        let (scalars, vector) = build::split_scalars(vector);
        let shaped = Term::raw(Head::Axes(axes), vec![vector]);
        return Some(build::product(Vec::new(), [scalars, vec![shaped]].concat()));
    }
    let ones = build::ones(&[other.dim()]);
    Some(if first {
        build::outer(vector, ones)
    } else {
        build::outer(ones, vector)
    })
}

fn drop_unit(array: Term, axis: usize, place: &[Index]) -> Option<Term> {
    (place[1 - axis] == Index::Unit).then(|| Term::raw(Head::Axes(vec![Some(axis)]), vec![array]))
}

/// A product without sums: scalars in front, full arrays by ⊙, a function of i times a function of j as an outer product.
fn lift_product(factors: &[Term], target: &[Index]) -> Option<Term> {
    let (mut parts, arrays): (Vec<Term>, Vec<Term>) =
        factors.iter().cloned().partition(build::is_plain_scalar);
    if target.len() != 2 {
        for factor in &arrays {
            parts.push(lift(factor, target)?);
        }
        return Some(build::product(Vec::new(), with_magnitudes(parts)));
    }
    let (i, j) = (&target[0], &target[1]);
    if let Some(at) = arrays.iter().position(|factor| is_delta(factor, i, j)) {
        return diagonal_of(parts, &arrays, at, i, j);
    }
    let unit_is_target = *i == Index::Unit || *j == Index::Unit;
    let at = |factor: &Term, index: &Index| places(factor).contains(index);
    let only = |index: &Index, other: &Index| -> Vec<Term> {
        arrays
            .iter()
            .filter(|factor| at(factor, index) && !at(factor, other))
            .cloned()
            .collect()
    };
    let full: Vec<&Term> = arrays
        .iter()
        .filter(|factor| at(factor, i) && at(factor, j))
        .collect();
    let (rows, columns) = (only(i, j), only(j, i));
    if full.len() + rows.len() + columns.len() != arrays.len() {
        return None;
    }
    let mut whole = full
        .iter()
        .map(|factor| lift(factor, target))
        .collect::<Option<Vec<_>>>()?;
    let (singles, others) = match (*i == Index::Unit, *j == Index::Unit) {
        (true, false) => (&rows, &columns),
        (false, true) => (&columns, &rows),
        _ => (&Vec::new(), &rows),
    };
    if !singles.is_empty() && !full.is_empty() && others.is_empty() {
        let at = beside_singles(&full, i, j);
        whole[at] = beside_single_entries(whole[at].clone(), singles, *i == Index::Unit)?;
        parts.extend(whole);
        return Some(build::product(Vec::new(), parts));
    }
    parts.extend(whole);
    match (rows.is_empty(), columns.is_empty()) {
        (true, true) => {}
        (false, false) => parts.push(outer_of(&rows, &columns, i, j, unit_is_target)?),
        (false, true) => parts.push(spread(
            lift(&build::product(Vec::new(), rows), std::slice::from_ref(i))?,
            std::slice::from_ref(i),
            target,
        )?),
        (true, false) => parts.push(spread(
            lift(
                &build::product(Vec::new(), columns),
                std::slice::from_ref(j),
            )?,
            std::slice::from_ref(j),
            target,
        )?),
    }
    Some(build::product(Vec::new(), parts))
}

/// A single row or column times single entries, as a product of matrices. What is said entry by entry of these, as in m₁₁ (1 − m₁₁), stays so.
fn beside_single_entries(line: Term, singles: &[Term], row: bool) -> Option<Term> {
    let unit = [Index::Unit, Index::Unit];
    let mut chain = match singles.iter().all(|single| single.as_entry().is_some()) {
        true => singles
            .iter()
            .map(|it| lift(it, &unit))
            .collect::<Option<_>>()?,
        false => vec![lift(&build::product(Vec::new(), singles.to_vec()), &unit)?],
    };
    chain.insert(if row { chain.len() } else { 0 }, line);
    Some(build::matmul(chain))
}

/// Of single rows or columns, the one that a single entry is multiplied with: that which is transposed, for there a product of matrices was
/// differentiated, or an array that has a name.
fn beside_singles(full: &[&Term], i: &Index, j: &Index) -> usize {
    let place = |factor: &&Term| factor.as_entry().map(|(_, place)| place);
    let turned = |factor: &&Term| place(factor).is_some_and(|it| it == [j.clone(), i.clone()]);
    let turned = full.iter().position(turned);
    let named = || full.iter().position(|factor| place(factor).is_some());
    turned.or_else(named).unwrap_or(0)
}

/// z and its conjugate among factors, written as the square of a magnitude: the real part of their product, which is all of it.
pub(crate) fn with_magnitudes(mut factors: Vec<Term>) -> Vec<Term> {
    let conjugate = |z: &Term| Term::raw(Head::Conjugate, vec![z.clone()]);
    while let Some((z, other)) = (0..factors.len()).find_map(|at| {
        let turned = conjugate(&factors[at]);
        let other = factors.iter().position(|factor| *factor == turned)?;
        Some((at, other))
    }) {
        let turned = factors[other].clone();
        let both = Term::raw(Head::Product, vec![factors[z].clone(), turned]);
        factors[z.min(other)] = Term::raw(Head::RealPart, vec![both]);
        factors.remove(z.max(other));
    }
    factors
}

fn is_delta(term: &Term, i: &Index, j: &Index) -> bool {
    let sides: Vec<&Index> = term.children().iter().filter_map(Term::as_index).collect();
    *term.head() == Head::Delta && (sides == [i, j] || sides == [j, i])
}

/// v_i δ_{ij}: the matrix with v on its diagonal. Off the diagonal nothing counts, so j may be read as i.
fn diagonal_of(
    scalars: Vec<Term>,
    arrays: &[Term],
    at: usize,
    i: &Index,
    j: &Index,
) -> Option<Term> {
    let others = arrays
        .iter()
        .enumerate()
        .filter(|(place, factor)| *place != at && !is_delta(factor, i, j));
    let others: Vec<Term> = others
        .map(|(_, factor)| replace_index(factor, j, i))
        .collect();
    let matrix = if others.is_empty() {
        Term::leaf(Head::Identity(i.dim()))
    } else {
        let vector = lift(&build::product(Vec::new(), others), std::slice::from_ref(i))?;
        let (inside, vector) = build::split_scalars(vector);
        // What depends on neither index is the same all along the diagonal.
        let diagonal = match vector.rank() {
            0 => vec![vector, Term::leaf(Head::Identity(i.dim()))],
            _ => vec![Term::raw(Head::DiagonalMatrix, vec![vector])],
        };
        build::product(Vec::new(), [inside, diagonal].concat())
    };
    Some(build::product(Vec::new(), [scalars, vec![matrix]].concat()))
}

/// u_i v_j, where both may be single rows or columns: then the outer product is a matrix product over that single index.
fn outer_of(
    rows: &[Term],
    columns: &[Term],
    i: &Index,
    j: &Index,
    unit_is_target: bool,
) -> Option<Term> {
    let u = build::product(Vec::new(), rows.to_vec());
    let v = build::product(Vec::new(), columns.to_vec());
    let unit = |term: &Term| places(term).contains(&Index::Unit);
    if !unit_is_target && unit(&u) && unit(&v) {
        let left = oriented(&u, i, &Index::Unit)?;
        let right = oriented(&v, &Index::Unit, j)?;
        return Some(build::matmul(vec![left, right]));
    }
    Some(build::outer(
        lift(&u, std::slice::from_ref(i))?,
        lift(&v, std::slice::from_ref(j))?,
    ))
}

/// The entry of a closed array, with the indices pushed down through entrywise expressions, transposes and outer products.
pub fn entry_of(term: &Term, place: &[Index]) -> Term {
    let turned: Vec<Index> = place.iter().rev().cloned().collect();
    match term.head() {
        _ if term.rank() == 0 => term.clone(),
        Head::Transpose => entry_of(&term.children()[0], &turned),
        Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => {
            let children = term.children().iter();
            let children = children.map(|child| entry_of(child, place));
            build::node(term.head().clone(), children.collect())
        }
        Head::Outer if place.len() == 2 => {
            let parts = term.children().iter().zip(place);
            let parts = parts.map(|(vector, index)| entry_of(vector, std::slice::from_ref(index)));
            build::product(Vec::new(), parts.collect())
        }
        _ => build::entry(term.clone(), place.to_vec()),
    }
}

/// The entry of a closed entrywise expression, with the indices pushed down to the named arrays.
pub fn push_indices(term: &Term, place: &[Index]) -> Option<Term> {
    match term.head() {
        _ if term.rank() == 0 => Some(term.clone()),
        Head::Tensor(..) | Head::Ones(_) => Some(build::entry(term.clone(), place.to_vec())),
        Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => {
            let children = term
                .children()
                .iter()
                .map(|child| push_indices(child, place))
                .collect::<Option<Vec<_>>>()?;
            Some(build::node(term.head().clone(), children))
        }
        _ => None,
    }
}
