//! What a step changes, marked in the line before it: the parts that its sentences speak of, or else the part that it rewrites.
//!
//! A part is marked by being a node of its own: [`Speller::marked`] knows nodes by where they are kept, so that an equal part
//! elsewhere in the line stays unmarked. Where a step changes the whole line nothing is marked.

use crate::math::Math;
use crate::term::Speller;
use derive_index::derivation::Step;
use derive_index::{Head, Index, Term};

/// The line before some steps that are told as one, with what they change marked; `spell` says how the line is written.
pub fn before<'a>(
    speller: &mut Speller<'a>,
    steps: &[&Step],
    spell: impl Fn(&mut Speller<'a>, &Term) -> Math,
) -> Option<Math> {
    let first = steps.first()?;
    let gone = gone(&first.before, &steps.last()?.after);
    let mut whole = first.before.clone();
    let mut marked = Vec::new();
    for step in steps {
        let site = place(&whole, step);
        let spoken = step.why.slots.iter().filter(|slot| is_formula(slot));
        let spoken: Vec<&Term> = spoken.collect();
        let before = marked.len();
        whole = at(&whole, site, &mut |part| {
            remade(part, &spoken, &gone, &mut marked)
        });
        if marked.len() == before && !site.is_empty() {
            whole = at(&whole, site, &mut |part| fresh(part, &mut marked));
        }
    }
    speller.marked = marked.iter().map(Term::address).collect();
    let math = spell(speller, &whole);
    speller.marked.clear();
    (!is_whole(&math)).then_some(math)
}

/// Whether all of a line is marked, a minus in front apart.
fn is_whole(math: &Math) -> bool {
    match math {
        Math::Marked(_) => true,
        Math::Sum(terms) => matches!(terms.as_slice(), [(_, Math::Marked(_))]),
        _ => false,
    }
}

/// The bound indices that a run of steps does away with: a later step may speak of what the first line has under such an index.
fn gone(before: &Term, after: &Term) -> Vec<Index> {
    let mut left = Vec::new();
    indices(after, &mut left);
    let mut all = Vec::new();
    indices(before, &mut all);
    all.retain(|index| !left.contains(index));
    all
}

fn indices(term: &Term, found: &mut Vec<Index>) {
    if let Some(index) = term.as_index()
        && !found.contains(index)
    {
        found.push(index.clone());
    }
    term.children()
        .iter()
        .for_each(|child| indices(child, found));
}

/// Where the step acts in the line; everywhere, if the line has been changed there by an earlier one.
fn place<'a>(whole: &Term, step: &'a Step) -> &'a [usize] {
    let same = subterm(whole, &step.site).zip(subterm(&step.before, &step.site));
    match same {
        Some((here, there)) if here == there => &step.site,
        _ => &[],
    }
}

fn subterm<'a>(term: &'a Term, path: &[usize]) -> Option<&'a Term> {
    match path.split_first() {
        None => Some(term),
        Some((&at, rest)) => subterm(term.children().get(at)?, rest),
    }
}

/// Whether a slot of a sentence is a formula that could be found in the line.
fn is_formula(slot: &Term) -> bool {
    slot.as_index().is_none() && slot.as_number().is_none()
}

/// The term with the part at a path replaced.
fn at(term: &Term, path: &[usize], change: &mut dyn FnMut(&Term) -> Term) -> Term {
    let Some((&place, rest)) = path.split_first() else {
        return change(term);
    };
    let mut children = term.children().to_vec();
    if let Some(child) = children.get_mut(place) {
        *child = at(child, rest, change);
    }
    Term::raw(term.head().clone(), children)
}

/// The part as a node of its own.
fn fresh(part: &Term, marked: &mut Vec<Term>) -> Term {
    if is_marked(part, marked) {
        return part.clone();
    }
    let children = match part.head() {
        // A reciprocal is drawn as what stands below the line.
        Head::Power(_) => vec![fresh(&part.children()[0], marked)],
        _ => part.children().to_vec(),
    };
    let own = Term::raw(part.head().clone(), children).apart();
    marked.push(own.clone());
    own
}

/// The term with what the slots speak of as nodes of their own. Of a sum every term is looked through by itself.
fn remade(term: &Term, spoken: &[&Term], gone: &[Index], marked: &mut Vec<Term>) -> Term {
    if matches!(term.head(), Head::Sum | Head::Comprehension) {
        let whole = spoken.iter().any(|slot| alike(term, slot, gone));
        let mut inside = |part: &Term| remade(part, spoken, gone, marked);
        return match whole {
            true => fresh(term, marked),
            false => with_children(term, &mut |_, child| inside(child)),
        };
    }
    spoken.iter().fold(term.clone(), |term, slot| {
        let depth = depth(&term, slot, gone);
        depth.map_or(term.clone(), |depth| {
            remade_at(&term, depth, slot, gone, marked)
        })
    })
}

/// How deep below a term the part lies that a slot speaks of. Where there are several, the sentence means the nearest: a factor of
/// the product, not what stands within another factor.
fn depth(term: &Term, slot: &Term, gone: &[Index]) -> Option<usize> {
    if term.as_index().is_some() {
        return None;
    }
    if alike(term, slot, gone) || is_inverse_of(term, slot, gone) {
        return Some(0);
    }
    if !factors_spoken_of(term, slot, gone).is_empty() {
        return Some(1);
    }
    let below = term.children().iter();
    let least = below.filter_map(|child| depth(child, slot, gone)).min()?;
    Some(least + step_down(term))
}

/// A reciprocal is as near as what it is of.
fn step_down(term: &Term) -> usize {
    usize::from(!matches!(term.head(), Head::Power(_)))
}

/// Whether a term is the inverse of the matrix that a slot speaks of: the two cancel together, and are marked together.
fn is_inverse_of(term: &Term, slot: &Term, gone: &[Index]) -> bool {
    match (term.head(), slot.head()) {
        (Head::Transpose, Head::Transpose) => {
            is_inverse_of(&term.children()[0], &slot.children()[0], gone)
        }
        (Head::MatrixFunction(_), _) => term.rank() == 2 && alike(&term.children()[0], slot, gone),
        _ => false,
    }
}

/// The first two neighbours in a product of matrices of which one is spoken of and the other is its inverse: no more than these cancel.
fn cancelling(term: &Term, slot: &Term, gone: &[Index]) -> Option<[usize; 2]> {
    let spoken = |factor: &Term| alike(factor, slot, gone);
    let meet = |pair: &[Term]| {
        let [a, b] = [&pair[0], &pair[1]];
        let cancel = is_inverse_of(a, b, gone) || is_inverse_of(b, a, gone);
        cancel && (spoken(a) || spoken(b))
    };
    let factors = term.children();
    let at = factors.windows(2).position(meet)?;
    (*term.head() == Head::MatMul).then_some([at, at + 1])
}

/// The term with what the slot speaks of at this depth as nodes of their own.
fn remade_at(
    term: &Term,
    depth: usize,
    slot: &Term,
    gone: &[Index],
    marked: &mut Vec<Term>,
) -> Term {
    if is_marked(term, marked) {
        return term.clone();
    }
    if depth == 0 && (alike(term, slot, gone) || is_inverse_of(term, slot, gone)) {
        return fresh(term, marked);
    }
    let Some(below) = depth.checked_sub(step_down(term)) else {
        return term.clone();
    };
    if let Some(pair) = cancelling(term, slot, gone) {
        return with_children(term, &mut |at, child| match pair.contains(&at) {
            true => fresh(child, marked),
            false => child.clone(),
        });
    }
    let parts = match below {
        0 => factors_spoken_of(term, slot, gone),
        _ => Vec::new(),
    };
    with_children(term, &mut |at, child| match parts.contains(&at) {
        true => fresh(child, marked),
        false => remade_at(child, below, slot, gone, marked),
    })
}

/// The term with its children changed; the same node if none is, so that marks within it stay.
fn with_children(term: &Term, change: &mut dyn FnMut(usize, &Term) -> Term) -> Term {
    let children = term.children().iter().enumerate();
    let children: Vec<Term> = children.map(|(at, child)| change(at, child)).collect();
    let mut pairs = children.iter().zip(term.children());
    if pairs.all(|(new, old)| new.address() == old.address()) {
        return term.clone();
    }
    Term::raw(term.head().clone(), children)
}

fn is_marked(term: &Term, marked: &[Term]) -> bool {
    marked.iter().any(|it| it.address() == term.address())
}

/// The children of a product that together are the product of which a slot speaks; empty where they are not all there.
fn factors_spoken_of(term: &Term, slot: &Term, gone: &[Index]) -> Vec<usize> {
    if *term.head() != Head::Product || *slot.head() != Head::Product {
        return Vec::new();
    }
    let mut places: Vec<usize> = Vec::new();
    for factor in slot.split_terms().1 {
        let mut children = term.children().iter().enumerate();
        let place = children.position(|(at, child)| {
            !places.contains(&at) && child.as_index().is_none() && alike(child, factor, gone)
        });
        match place {
            Some(place) => places.push(place),
            None => return Vec::new(),
        }
    }
    places
}

/// Whether two terms are equal once the indices that go have been replaced.
fn alike(term: &Term, slot: &Term, gone: &[Index]) -> bool {
    if let Some(index) = term.as_index() {
        return slot.as_index().is_some() && (term == slot || gone.contains(index));
    }
    let (own, other) = (term.children(), slot.children());
    term.head() == slot.head()
        && own.len() == other.len()
        && own
            .iter()
            .zip(other)
            .all(|(own, other)| alike(own, other, gone))
}
