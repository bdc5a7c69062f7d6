//! Entries at affine places that are entries of a slice, a padded or a reshaped array, and sums that are arrays side by side.

use crate::row_major::reshaped;
use crate::rules::{Application, Context};
use crate::sift::product_parts;
use derive_graph::{Dim, Gather, Polynomial, Shape, Subscript};
use derive_index::derivation::Condition;
use derive_index::lower::flat_place;
use derive_index::substitute::replace_index;
use derive_index::{Affine, Fresh, Head, Index, Term, build};

/// A_{i+c, j} → [A[c:, :]]_{ij}: every place is one index of its own plus an offset.
pub fn slice(term: &Term, _: &Context) -> Option<Application> {
    let (array, places) = term.as_entry()?;
    if !array.is_closed_form() || matches!(array.head(), Head::Ones(_)) {
        return None;
    }
    let affine = |place: &Index| place.as_affine().is_some();
    if !places.iter().any(affine) {
        return None;
    }
    let shifted = places.iter().map(shift).collect::<Option<Vec<_>>>()?;
    let variables: Vec<Index> = shifted
        .iter()
        .map(|(variable, _)| variable.clone())
        .collect();
    let distinct = variables
        .iter()
        .enumerate()
        .all(|(at, variable)| *variable == Index::Unit || !variables[..at].contains(variable));
    if !distinct {
        return None;
    }
    let axes = shifted.into_iter().enumerate();
    let axes = axes
        .map(|(axis, (_, offset))| Subscript::shifted(axis, offset))
        .collect();
    let shape = Shape(variables.iter().map(Index::dim).collect());
    let part = Term::raw(
        Head::Gather(
            Gather {
                axes,
                lowest: false,
            },
            shape,
        ),
        vec![array.clone()],
    );
    let slots = vec![term.clone(), part.clone()];
    Some(Application::new(build::entry(part, variables)).because(slots))
}

/// A_{i+c} 𝟏_i → [A[c:c+m]]_i: ones with m entries are zero outside their places, so that only a part of A is read.
pub fn restrict(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    for (at, factor) in factors.iter().enumerate() {
        let Some((array, places)) = factor.as_entry() else {
            continue;
        };
        let (Head::Ones(_), [window]) = (array.head(), places.as_slice()) else {
            continue;
        };
        let others = factors.iter().enumerate().filter(|(other, _)| *other != at);
        let mut found = others.filter_map(|(other, read)| Some((other, restricted(read, window)?)));
        if let Some((other, part)) = found.next() {
            let mut left = factors.clone();
            left[other] = part.clone();
            left.remove(at);
            let after = build::product(bound.clone(), left);
            return Some(Application::new(after).because(vec![factor.clone(), part]));
        }
    }
    None
}

/// The entry of an array that is zero wherever `window` is no place of its axis, as an entry of the part of the array that is left.
fn restricted(entry: &Term, window: &Index) -> Option<Term> {
    let (array, places) = entry.as_entry()?;
    if !array.is_closed_form() || matches!(array.head(), Head::Ones(_)) {
        return None;
    }
    let window = window.to_affine();
    let (axis, from, size) = places.iter().enumerate().find_map(|(axis, place)| {
        let (from, size) = overlap(&place.to_affine(), &window)?;
        Some((axis, from, size))
    })?;
    let mut dims = array.shape()?.0.clone();
    if from.is_zero() && size == Polynomial::from(&dims[axis]) {
        return Some(entry.clone());
    }
    dims[axis] = size.to_dim()?;
    let place = places[axis].to_affine();
    let moved = place.constant().minus(&from);
    let moved = Affine::new(place.terms().to_vec(), moved, dims[axis].clone()).to_index();
    let mut places = places.to_vec();
    places[axis] = moved;
    let subscripts = (0..dims.len()).map(|it| match it == axis {
        true => Subscript::shifted(it, from.clone()),
        false => Subscript::axis(it),
    });
    let gather = Gather {
        axes: subscripts.collect(),
        lowest: false,
    };
    let part = Term::raw(Head::Gather(gather, Shape(dims)), vec![array.clone()]);
    Some(build::entry(part, places))
}

/// The places of an axis at which a window that moves along with them is one of its own: the first of them, and how many there are.
fn overlap(place: &Affine, window: &Affine) -> Option<(Polynomial, Polynomial)> {
    let plain = |it: &Affine| it.divisor() == 1 && !it.cyclic();
    if !plain(place)
        || !plain(window)
        || place.terms() != window.terms()
        || place.terms().is_empty()
    {
        return None;
    }
    // The window is at place + ahead.
    let ahead = window.constant().minus(place.constant());
    let first = larger(&Polynomial::default(), &ahead.scaled(-1))?;
    let end = Polynomial::from(window.dim()).minus(&ahead);
    let end = larger(&end.scaled(-1), &Polynomial::from(place.dim()).scaled(-1))?.scaled(-1);
    let size = end.minus(&first);
    Some((first, size))
}

/// The larger one, if it is the same one for all sizes.
fn larger(a: &Polynomial, b: &Polynomial) -> Option<Polynomial> {
    let difference = a.minus(b);
    match difference.is_never_negative() {
        true => Some(a.clone()),
        false => difference.scaled(-1).is_never_negative().then(|| b.clone()),
    }
}

/// Why an entry at fixed places only is taken out of index notation.
const ONE_NUMBER: &str = "{0} is one number, whatever the indices are";

/// A_{cj} → [A[c, :]]_j and u_c → u[c]: an entry at a fixed place is one of a part of fewer axes, or a number.
pub fn fixed_place(term: &Term, _: &Context) -> Option<Application> {
    let (array, places) = term.as_entry()?;
    if !array.is_closed_form() || matches!(array.head(), Head::Ones(_)) {
        return None;
    }
    let fixed = |place: &Index| {
        let affine = place.as_affine()?;
        let plain = affine.terms().is_empty() && affine.divisor() == 1 && !affine.cyclic();
        plain.then(|| affine.constant().clone())
    };
    let plain = |place: &&Index| place.as_affine().is_none() && **place != Index::Unit;
    let kept: Vec<Index> = places.iter().filter(plain).cloned().collect();
    let mut axes = Vec::with_capacity(places.len());
    for place in &places {
        axes.push(
            match (fixed(place), kept.iter().position(|it| it == place)) {
                (Some(constant), _) => Subscript::affine(Vec::new(), constant),
                (None, Some(axis)) => Subscript::axis(axis),
                (None, None) => return None,
            },
        );
    }
    let distinct = (1..kept.len()).all(|at| !kept[..at].contains(&kept[at]));
    if !distinct || kept.len() == places.len() {
        return None;
    }
    let gather = Gather {
        axes,
        lowest: false,
    };
    let shape = Shape(kept.iter().map(Index::dim).collect());
    let part = Term::raw(Head::Gather(gather, shape), vec![array.clone()]);
    let slots = vec![term.clone(), part.clone()];
    if kept.is_empty() {
        let mut application = Application::new(part).because(slots);
        application.why = Some(ONE_NUMBER);
        return Some(application);
    }
    Some(Application::new(build::entry(part, kept)).because(slots))
}

/// A place as one index and an offset.
fn shift(place: &Index) -> Option<(Index, Polynomial)> {
    let Some(affine) = place.as_affine() else {
        return Some((place.clone(), 0.into()));
    };
    match affine.terms() {
        [(variable, coefficient)]
            if coefficient.is(1) && affine.divisor() == 1 && !affine.cyclic() =>
        {
            Some((variable.clone(), affine.constant().clone()))
        }
        _ => None,
    }
}

/// Σ_k A_k B_(k − c·i) → Σ_l A_(c·i + l) B_l: what is read from a place on that others say is counted from there. A is zero where it has no
/// such place, so that no condition is left; everything that mentions k has to be an entry, which is a number at every place.
pub fn count_from_there(term: &Term, _: &Context) -> Option<Application> {
    let (bound, factors) = product_parts(term)?;
    let negative = |by: &Polynomial| by.scaled(-1).is_never_negative();
    let from_there = |place: &Index| {
        let affine = place.as_affine()?;
        let plain = affine.divisor() == 1 && !affine.cyclic() && negative(affine.constant());
        let (front, rest): (Vec<_>, Vec<_>) = affine.terms().iter().partition(|(_, by)| by.is(1));
        let [(k, _)] = front.as_slice() else {
            return None;
        };
        let back = !rest.is_empty() && rest.iter().all(|(_, by)| negative(by));
        (plain && back && bound.contains(k)).then(|| (k.clone(), affine.clone()))
    };
    let places = |factor: &Term| factor.as_entry().map_or(Vec::new(), |(_, places)| places);
    let all: Vec<Index> = factors.iter().flat_map(places).collect();
    let (k, affine) = all.iter().find_map(from_there)?;
    let entries = |factor: &&Term| factor.free().contains(&k);
    let mut using = factors.iter().filter(entries);
    let only_entries = using.all(|factor| factor.as_entry().is_some());
    let next = term.next_index();
    let l = Fresh::starting_at(next).index(affine.dim());
    let there = affine.solved(&k, &l)?;
    let mut affines = all.iter().filter_map(Index::as_affine);
    let fits = affines.all(|place| place.can_replace(&k, &there) && place.divisor() == 1);
    if !only_entries || !fits || !all.contains(&k) {
        return None;
    }
    let replaced = factors.iter().map(|it| replace_index(it, &k, &there));
    let left = bound
        .iter()
        .map(|it| if *it == k { l.clone() } else { it.clone() });
    let after = build::product(left.collect(), replaced.collect());
    let slots = vec![build::index(&k), build::index(&there), build::index(&l)];
    Some(Application::new(after).because(slots))
}

/// A_{iN+j} → [reshape A]_{ij}: the last place counts the entries of the indices row by row.
pub fn reshape(term: &Term, _: &Context) -> Option<Application> {
    let (array, places) = term.as_entry()?;
    let (last, kept) = places.split_last()?;
    let affine = last
        .as_affine()
        .filter(|affine| affine.divisor() == 1 && !affine.cyclic())?;
    let plain = |place: &Index| place.as_affine().is_none();
    if affine.terms().len() < 2 || !kept.iter().all(plain) || !array.is_closed_form() {
        return None;
    }
    // The index with the largest stride stands first; strides tell the order, whatever the indices are called.
    let variables: Vec<Index> = affine
        .terms()
        .iter()
        .map(|(variable, _)| variable.clone())
        .collect();
    let order = permutations(&variables).into_iter().find(|order| {
        let shape = Shape(order.iter().map(Index::dim).collect());
        let size = entries(&shape.0);
        size == Polynomial::from(affine.dim()) && flat_place(order, &shape, affine.dim()) == *last
    })?;
    if order.iter().any(|index| kept.contains(index)) {
        return None;
    }
    let indices = [kept, &order].concat();
    let shape = Shape(indices.iter().map(Index::dim).collect());
    let whole = reshaped(array, shape);
    let slots = vec![term.clone(), whole.clone()];
    Some(Application::new(build::entry(whole, indices)).because(slots))
}

fn entries(dims: &[Dim]) -> Polynomial {
    dims.iter()
        .fold(Polynomial::from(1), |size, dim| size.times(&dim.into()))
}

/// Every order of at most four indices.
fn permutations(indices: &[Index]) -> Vec<Vec<Index>> {
    if indices.len() > 4 {
        return Vec::new();
    }
    if indices.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..indices.len() {
        let mut rest = indices.to_vec();
        let first = rest.remove(at);
        all.extend(
            permutations(&rest)
                .into_iter()
                .map(|tail| [vec![first.clone()], tail].concat()),
        );
    }
    all
}

/// A with zeros below + B with zeros above → [A; B]: the parts fill an axis without gap or overlap. What is not padded stays beside them.
pub fn side_by_side(term: &Term, _: &Context) -> Option<Application> {
    if *term.head() != Head::Sum || term.rank() == 0 {
        return None;
    }
    let whole = term.shape()?.clone();
    let children = term.children().iter();
    let (mut parts, mut beside) = (Vec::new(), Vec::new());
    for child in children {
        match padded(child, &whole) {
            Some(part) => parts.push((part, child)),
            None => beside.push(child.clone()),
        }
    }
    let axis = parts.first()?.0.axis;
    if parts.iter().any(|(part, _)| part.axis != axis) {
        return None;
    }
    // Every part begins where another ends; the first begins at 0.
    let mut ordered = Vec::with_capacity(parts.len());
    let (mut filled, size) = (Polynomial::default(), Polynomial::from(&whole.0[axis]));
    while filled != size {
        let at = parts.iter().position(|(part, _)| part.offset == filled)?;
        let (part, _) = parts.remove(at);
        filled = filled.plus(&Polynomial::from(&part.array.shape()?.0[axis]));
        ordered.push(part.array);
    }
    let joined = Term::raw(Head::Concat(axis), ordered);
    beside.extend(parts.into_iter().map(|(_, child)| child.clone()));
    beside.push(joined.clone());
    (joined.shape() == Some(&whole))
        .then(|| Application::new(build::sum(beside)).because(vec![joined]))
}

struct Part {
    axis: usize,
    offset: Polynomial,
    array: Term,
}

/// An array with zeros around it along one axis, as that array and where it begins; scalars in front go inside.
fn padded(term: &Term, whole: &Shape) -> Option<Part> {
    let (scalars, inner) = build::split_scalars(term.clone());
    let Head::Gather(gather, _) = inner.head() else {
        return None;
    };
    if !gather.is_slice() {
        return None;
    }
    let array = inner.children().first()?;
    let from = array.shape()?;
    let moved =
        |axis: &usize| from.0[*axis] != whole.0[*axis] || !gather.axes[*axis].constant.is_zero();
    let mut moved = (0..from.rank()).filter(moved);
    let (axis, None) = (moved.next()?, moved.next()) else {
        return None;
    };
    let offset = gather.axes[axis].constant.scaled(-1);
    let array = build::product(Vec::new(), [scalars, vec![array.clone()]].concat());
    Some(Part {
        axis,
        offset,
        array,
    })
}

/// (A B)⁻¹ → B⁻¹ A⁻¹ where every factor is square.
pub fn inverse_of_product(term: &Term, _: &Context) -> Option<Application> {
    let product = inverse_of(term)?;
    let square = |factor: &Term| {
        factor
            .shape()
            .is_some_and(|shape| shape.rank() == 2 && shape.0[0] == shape.0[1])
    };
    if *product.head() != Head::MatMul || !product.children().iter().all(square) {
        return None;
    }
    let inverse = |factor: &Term| Term::raw(Head::MatrixFunction("inv"), vec![factor.clone()]);
    let inverses = product.children().iter().rev().map(inverse).collect();
    let condition = Condition::Invertible {
        term: product.clone(),
    };
    let application = Application::new(build::matmul(inverses)).because(vec![product.clone()]);
    Some(application.under(condition))
}

/// A A⁻¹ → I inside a matrix product.
pub fn inverse_cancels(term: &Term, _: &Context) -> Option<Application> {
    if *term.head() != Head::MatMul {
        return None;
    }
    let factors = term.children();
    let meets = |pair: &[Term]| cancels(&pair[0], &pair[1]) || cancels(&pair[1], &pair[0]);
    let at = factors.windows(2).position(meets)?;
    let dim = factors[at].shape()?.0[0].clone();
    let inverted = factors[at..at + 2].iter().find_map(inverted)?;
    let mut left = factors.to_vec();
    left.drain(at..at + 2);
    let slots = vec![factors[at].clone()];
    let after = match left.len() {
        0 => Term::leaf(Head::Identity(dim)),
        _ => build::matmul(left),
    };
    let condition = Condition::Invertible { term: inverted };
    Some(Application::new(after).because(slots).under(condition))
}

fn inverse_of(term: &Term) -> Option<&Term> {
    (*term.head() == Head::MatrixFunction("inv")).then(|| &term.children()[0])
}

/// The matrix whose inverse this is, or the transpose of its inverse.
fn inverted(term: &Term) -> Option<Term> {
    let turned = || build::transpose(term.clone());
    let inner = inverse_of(term).cloned();
    inner.or_else(|| inverse_of(&turned()).cloned())
}

/// Whether the second is the inverse of the first, transposes on both sides or none.
fn cancels(matrix: &Term, inverse: &Term) -> bool {
    let turned = |term: &Term| build::transpose(term.clone());
    inverse_of(inverse) == Some(matrix)
        || inverse_of(&turned(inverse)).is_some_and(|inner| turned(inner) == *matrix)
}
