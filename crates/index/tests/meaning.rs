//! Whatever is done to a term leaves what it means: normal forms, entries, graph and back, indices put in.

mod support;

use derive_graph::Graph;
use derive_index::expand::expand;
use derive_index::lower::lower_entry;
use derive_index::normal_form::{Known, normal_form};
use derive_index::raise::raise;
use derive_index::substitute::{rename_bound, replace_index};
use derive_index::write_out::{WriteOut, entry_at, numbered};
use derive_index::{Affine, Fresh, Head, Index, Term, build, canonical_product};
use support::random::Random;
use support::{Values, agree, dim, place, runs, size, text, value};

const CASES: u64 = 300;

/// A random scalar over three indices, two of them over one dimension.
fn scalar(seed: u64) -> (Random, Vec<Index>, Term) {
    let mut it = Random::new(seed);
    let over = it.index_like(&[]);
    let twin = it.fresh.index(&over.dim());
    let other = it.index_like(&[]);
    let indices = vec![over, twin, other];
    let depth = 1 + it.below(3);
    let term = it.scalar(&indices, depth);
    (it, indices, term)
}

/// Brings a term to normal form node by node, from the leaves on.
fn rebuilt(term: &Term) -> Term {
    let children = term.children().iter().map(rebuilt).collect();
    build::node(term.head().clone(), children)
}

/// Holds two scalars to have the same value; how often they had one.
fn check(seed: u64, what: &str, a: &Term, b: &Term) -> usize {
    assert!(
        b.shape().is_some(),
        "{what}, seed {seed}: {b:?} has no shape"
    );
    agree(a, b).unwrap_or_else(|reason| panic!("{what}, seed {seed}: {reason}"))
}

#[test]
fn the_constructors_keep_the_value() {
    let mut judged = 0;
    for seed in 0..CASES {
        let (_, _, term) = scalar(seed);
        // At once, of raw parts, and from the leaves on.
        let at_once = build::node(term.head().clone(), term.children().to_vec());
        judged += usize::from(check(seed, "at once", &term, &at_once) > 0);
        check(seed, "from the leaves", &term, &rebuilt(&term));
    }
    assert!(
        judged > CASES as usize * 2 / 3,
        "only {judged} have a value"
    );
}

#[test]
fn the_normal_form_of_a_normal_form_is_itself() {
    for seed in 0..CASES {
        let (_, _, term) = scalar(seed);
        let once = rebuilt(&term);
        assert_eq!(rebuilt(&once), once, "seed {seed}");
    }
}

#[test]
fn arrays_keep_their_entries() {
    let (mut judged, mut chains) = (0, 0);
    for seed in 0..CASES {
        let mut it = Random::new(seed);
        let count = 1 + it.below(2);
        let dims = it.dims(count);
        let raw = it.closed(&dims, 3);
        let normal = rebuilt(&raw);
        assert_eq!(normal.shape(), raw.shape(), "seed {seed}");
        let indices: Vec<Index> = dims.iter().map(|dim| it.fresh.index(dim)).collect();
        let places = indices.iter().map(build::index);
        let entry = Term::raw(
            Head::Entry,
            [raw.clone()].into_iter().chain(places).collect(),
        );
        check(
            seed,
            "normal",
            &entry,
            &build::entry(normal.clone(), indices.clone()),
        );
        let mut graph = Graph::default();
        if let Some(node) = raise(&mut graph, &normal) {
            let lowered = lower_entry(&graph, node, &indices, &mut it.fresh);
            judged += usize::from(check(seed, "raised and lowered", &entry, &lowered) > 0);
        }
        if let Some(expanded) = expand(&normal, &indices, &mut it.fresh) {
            chains += usize::from(check(seed, "expanded", &entry, &expanded) > 0);
        }
        if let Some(written) = entry_at(&normal, &indices, &mut it.fresh) {
            check(seed, "its entry", &entry, &written);
        }
    }
    assert!(judged > CASES as usize / 2, "only {judged} were raised");
    assert!(chains > CASES as usize / 4, "only {chains} were expanded");
}

/// What normal forms may consult: nothing is defined, and nothing promised.
fn nothing(multiplied: bool) -> Known<'static> {
    Known {
        definition: &|_| None,
        attributes: &|_| Vec::new(),
        multiplied,
    }
}

#[test]
fn sums_of_products_keep_the_value() {
    let mut judged = 0;
    for seed in 0..CASES {
        let (_, _, raw) = scalar(seed);
        let term = rebuilt(&raw);
        for multiplied in [false, true] {
            if let Some(form) = normal_form(&term, &nothing(multiplied)) {
                judged += usize::from(check(seed, "normal form", &term, &form.term) > 0);
            }
        }
        if let Some(named) = canonical_product(&term) {
            check(seed, "canonical names", &term, &named);
        }
    }
    assert!(
        judged > CASES as usize / 2,
        "only {judged} have a normal form"
    );
}

#[test]
fn sums_around_a_circle_keep_the_value() {
    for seed in 0..CASES {
        let term = Random::new(seed).around();
        for multiplied in [false, true] {
            let form = normal_form(&term, &nothing(multiplied)).expect("it is small");
            let judged = check(seed, "around a circle", &term, &form.term);
            assert!(judged > 0, "seed {seed}: every such sum has a value");
        }
    }
}

/// Factors, summands and summed indices in the opposite order, under other names of summed indices.
fn turned(term: &Term, fresh: &mut Fresh) -> Term {
    let renamed = rename_bound(term, &|_| true, fresh);
    reversed(&renamed)
}

fn reversed(term: &Term) -> Term {
    let (indices, rest) = term.split();
    let mut parts: Vec<Term> = rest.iter().map(reversed).collect();
    let mut bound: Vec<Term> = indices.iter().map(build::index).collect();
    if matches!(term.head(), Head::Product | Head::Sum) {
        parts.reverse();
        bound.reverse();
    }
    Term::raw(term.head().clone(), [bound, parts].concat())
}

#[test]
fn the_order_in_which_it_is_written_hardly_changes_the_normal_form() {
    let (mut compared, mut same) = (0, 0);
    for seed in 0..CASES {
        let (mut it, _, raw) = scalar(seed);
        let term = rebuilt(&raw);
        let other = turned(&term, &mut it.fresh);
        for multiplied in [false, true] {
            let forms = [&term, &other].map(|term| normal_form(term, &nothing(multiplied)));
            if let [Some(a), Some(b)] = forms {
                compared += 1;
                same += usize::from(a.term == b.term);
            }
        }
    }
    // Where many indices could change places, one order of several is taken: equal terms may get two forms, never one form two meanings.
    assert!(compared > CASES as usize, "only {compared} were compared");
    assert!(100 * same >= 98 * compared, "{same} of {compared}");
}

#[test]
fn an_index_is_put_in_everywhere_and_captured_nowhere() {
    for seed in 0..CASES {
        let (mut it, indices, term) = scalar(seed);
        let plain = it.below(2) == 0;
        let (from, to) = match plain {
            true => (indices[0].clone(), indices[1].clone()),
            false => {
                let number = it.below(3) as i64;
                let place = Affine::new(Vec::new(), number.into(), indices[0].dim());
                (indices[0].clone(), place.to_index())
            }
        };
        let put = replace_index(&term, &from, &to);
        for values in runs(&indices[1..], &Values::new()) {
            let Some(there) = place(&to, &values).expect("all have values") else {
                continue;
            };
            let mut with = values.clone();
            with.insert(from.clone(), there);
            let (before, after) = (value(&term, &[], &with), value(&put, &[], &values));
            let both = before.zip(after);
            assert!(
                both.is_none_or(|(a, b)| a == b),
                "seed {seed}: {}\n{}",
                text(&term),
                text(&put)
            );
        }
    }
}

#[test]
fn what_is_written_out_has_the_same_value() {
    let mut judged = 0;
    let write = WriteOut { size: &size };
    for seed in 0..CASES {
        let (_, indices, term) = scalar(seed);
        let term = rebuilt(&term);
        for values in runs(&indices, &Values::new()).into_iter().step_by(5) {
            let Some(written) = write.entry(&term, &values) else {
                continue;
            };
            // Subscripts of what is written out count from 1.
            let from_zero = counted_from_zero(&written);
            let both = value(&term, &[], &values).zip(value(&from_zero, &[], &Values::new()));
            assert!(
                both.is_none_or(|(a, b)| a == b),
                "seed {seed}: {}\n{}",
                text(&term),
                text(&written)
            );
            judged += usize::from(both.is_some());
        }
    }
    assert!(judged > 2 * CASES as usize, "only {judged} have a value");
}

fn counted_from_zero(term: &Term) -> Term {
    match (term.head(), term.as_index()) {
        (_, Some(Index::Affine(affine))) => {
            let number = affine.constant().as_constant().expect("a number");
            let place = Affine::new(Vec::new(), (number - 1).into(), affine.dim().clone());
            Term::leaf(Head::Index(Index::Affine(place.into())))
        }
        (Head::Entry, _) => {
            let (array, places) = term.children().split_first().expect("an array");
            let places = places.iter().map(counted_from_zero);
            Term::raw(
                Head::Entry,
                [array.clone()].into_iter().chain(places).collect(),
            )
        }
        (head, _) => {
            let children = term.children().iter().map(counted_from_zero).collect();
            Term::raw(head.clone(), children)
        }
    }
}

#[test]
fn subscripts_of_readers_count_from_one() {
    assert_eq!(numbered(0, &dim("d")).as_constant(), Some(1));
}
