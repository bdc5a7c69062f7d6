//! What people call a result that stays entry by entry: cross-correlation, full convolution, batched product, contraction.
//!
//! A row of the table looks at an entry and answers with a sentence. Nothing is derived here; the entry was verified, and the
//! sentence only says its name. Sources: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.1 (cross-correlation and
//! convolution); Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, section 4 (strides and dilation).

use crate::content::numbers::enumerated;
use crate::document::{Inline, words};
use crate::term::Speller;
use derive_index::{Affine, Head, Index, Term};

/// A row: a name, and the sentence for an entry of that form.
pub struct NamedForm {
    /// What the form is called.
    pub name: &'static str,
    recognise: fn(&Entry, &mut Speller<'_>) -> Option<Vec<Inline>>,
}

/// Every named form, the most particular first.
pub static NAMED_FORMS: &[NamedForm] = &[
    NamedForm {
        name: "cross-correlation",
        recognise: |entry, speller| moving(entry, speller, true),
    },
    NamedForm {
        name: "full convolution",
        recognise: |entry, speller| moving(entry, speller, false),
    },
    NamedForm {
        name: "batched matrix product",
        recognise: batched,
    },
    NamedForm {
        name: "contraction",
        recognise: contraction,
    },
];

/// A sum of products taken apart.
struct Entry {
    free: Vec<Index>,
    bound: Vec<Index>,
    /// Arrays and their places.
    arrays: Vec<(Term, Vec<Index>)>,
    /// Whether there are other factors that depend on an index.
    others: bool,
}

/// The sentence for a result; `None` if it has no name.
pub fn sentence(term: &Term, speller: &mut Speller<'_>) -> Option<Vec<Inline>> {
    let (free, rest) = (*term.head() == Head::Comprehension).then(|| term.split())?;
    let entry = take_apart(free, rest.first()?);
    NAMED_FORMS
        .iter()
        .find_map(|row| (row.recognise)(&entry, speller))
}

fn take_apart(free: Vec<Index>, body: &Term) -> Entry {
    let (bound, factors) = match body.head() {
        Head::Product => (body.split().0, body.split_terms().1.to_vec()),
        _ => (Vec::new(), vec![body.clone()]),
    };
    let dependent: Vec<&Term> = factors
        .iter()
        .filter(|factor| !factor.free().is_empty())
        .collect();
    let arrays: Vec<(Term, Vec<Index>)> = dependent
        .iter()
        .filter_map(|factor| {
            factor
                .as_entry()
                .map(|(array, place)| (array.clone(), place))
        })
        .collect();
    Entry {
        free,
        bound,
        others: arrays.len() != dependent.len(),
        arrays,
    }
}

/// One array read at sums (or differences) of a summed and a free index, weighted by another: X ⋆ G or G ∗ K.
fn moving(entry: &Entry, speller: &mut Speller<'_>, forward: bool) -> Option<Vec<Inline>> {
    let [a, b] = entry.arrays.as_slice() else {
        return None;
    };
    if entry.others || entry.bound.is_empty() {
        return None;
    }
    let plain = |places: &[Index]| places.iter().all(|place| place.as_affine().is_none());
    let ((weight, at), (array, places)) = match (plain(&a.1), plain(&b.1)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => return None,
    };
    let windows: Vec<&Affine> = places.iter().filter_map(Index::as_affine).collect();
    let strides = windows
        .iter()
        .map(|window| stride(window, entry, at))
        .collect::<Option<Vec<i64>>>()?;
    if strides.iter().any(|stride| (*stride > 0) != forward) {
        return None;
    }
    let weight = Inline::Math(speller.spell_aside(weight));
    let array = Inline::Math(speller.spell_aside(array));
    let spread = strides.iter().any(|stride| stride.abs() > 1);
    let padded = windows.iter().any(|window| !window.is_always_inside());
    let mut said = if forward {
        vec![
            words("This is the "),
            Inline::Strong("cross-correlation".into()),
            words(" of "),
            array,
            words(" with "),
            weight.clone(),
            words(": the window slides over the array and the error signals are its weights"),
        ]
    } else {
        vec![
            words("This is the "),
            Inline::Strong("full convolution".into()),
            words(" of "),
            weight.clone(),
            words(" with "),
            array,
            words(
                ": every error signal goes back to the places its window read, so the kernel runs backwards (turned by 180°)",
            ),
        ]
    };
    if spread {
        let steps = strides.iter().map(|stride| stride.abs()).max().unwrap_or(1);
        said.extend([
            words("; the stride of "),
            words(steps.to_string()),
            words(" puts "),
            words((steps - 1).to_string()),
            words(if steps == 2 { " zero" } else { " zeros" }),
            words(" between neighbouring entries of "),
            weight,
            words(" (dilation)"),
        ]);
    }
    said.push(words(if padded {
        ". Entries outside an array count as zero."
    } else {
        "."
    }));
    Some(said)
}

/// The coefficient of the summed index in a window: one summed index that the weights have, one free index.
fn stride(window: &Affine, entry: &Entry, weights: &[Index]) -> Option<i64> {
    let [(a, first), (b, second)] = window.terms() else {
        return None;
    };
    let ((summed, stride), (free, step)) = if entry.bound.contains(a) {
        ((a, first), (b, second))
    } else {
        ((b, second), (a, first))
    };
    let known =
        entry.bound.contains(summed) && weights.contains(summed) && entry.free.contains(free);
    let positive = step.as_constant().is_some_and(|step| step > 0) && window.divisor() == 1;
    stride.as_constant().filter(|_| known && positive)
}

/// Σ_k A_{bik} B_{bkj}: a matrix product for every b.
fn batched(entry: &Entry, speller: &mut Speller<'_>) -> Option<Vec<Inline>> {
    let ([(a, at), (b, there)], [summed]) = (entry.arrays.as_slice(), entry.bound.as_slice())
    else {
        return None;
    };
    let plain = at
        .iter()
        .chain(there)
        .all(|place| place.as_affine().is_none());
    let once = |places: &[Index]| places.iter().filter(|place| *place == summed).count() == 1;
    if entry.others || !plain || !once(at) || !once(there) || entry.free.len() < 3 {
        return None;
    }
    // What is left of each array after the summed index and the batch are two axes, one of each.
    let batch: Vec<&Index> = entry
        .free
        .iter()
        .filter(|index| at.contains(index) && there.contains(index))
        .collect();
    let own = |places: &[Index]| {
        places
            .iter()
            .filter(|place| *place != summed && !batch.contains(place))
            .count()
    };
    let indices: Vec<Index> = match (own(at), own(there)) {
        (1, 1) if !batch.is_empty() => batch.into_iter().cloned().collect(),
        // One array has the batch to itself: the other is the same matrix for all.
        (2, 1) | (1, 2) if batch.is_empty() => entry.free[..1].to_vec(),
        _ => return None,
    };
    let mut said = vec![words("For every ")];
    let batch = indices.iter();
    let batch = batch.map(|index| Inline::Math(speller.index(index)));
    said.extend(enumerated(batch.collect()));
    let rest = entry.free.iter().filter(|index| !indices.contains(index));
    let [row, column] = rest.collect::<Vec<_>>()[..] else {
        return None;
    };
    let [left, right] = match at.contains(row) {
        true => [(a, at), (b, there)],
        false => [(b, there), (a, at)],
    };
    said.push(words(" this is the matrix product of "));
    said.extend(slice(left.0, left.1, &indices, [row, summed], speller));
    said.push(words(" and "));
    said.extend(slice(right.0, right.1, &indices, [summed, column], speller));
    said.extend([
        words(": a "),
        Inline::Strong("batched matrix product".into()),
        words(" over "),
        Inline::Math(speller.index(summed)),
        words("."),
    ]);
    Some(said)
}

/// `the transposed slice of V`: the part of an array that belongs to one place of the batch, with these rows and columns.
fn slice(
    array: &Term,
    places: &[Index],
    batch: &[Index],
    wanted: [&Index; 2],
    speller: &mut Speller<'_>,
) -> [Inline; 2] {
    let own = places.iter().filter(|place| !batch.contains(place));
    let turned = !own.eq(wanted);
    let told = match (places.len() > wanted.len(), turned) {
        (true, false) => "the slice of ",
        (true, true) => "the transposed slice of ",
        (false, false) => "",
        (false, true) => "the transpose of ",
    };
    [words(told), Inline::Math(speller.spell_aside(array))]
}

/// Any other sum of products of arrays.
fn contraction(entry: &Entry, speller: &mut Speller<'_>) -> Option<Vec<Inline>> {
    if entry.others || entry.bound.is_empty() || entry.arrays.len() < 2 {
        return None;
    }
    let plain = entry
        .arrays
        .iter()
        .all(|(_, places)| places.iter().all(|place| place.as_affine().is_none()));
    if !plain {
        return None;
    }
    let mut said = vec![
        words("This is a "),
        Inline::Strong("contraction".into()),
        words(" over "),
    ];
    let bound = entry.bound.iter();
    let bound = bound.map(|index| Inline::Math(speller.index(index)));
    said.extend(enumerated(bound.collect()));
    said.push(words(
        ": no product of matrices says the same, so the sum stays.",
    ));
    Some(said)
}
