//! The shape of every kind of node, and that it has none where its parts do not conform.

mod support;

use derive_graph::{Dim, Function, Gather, Shape, Subscript};
use derive_index::{Fresh, Head, Rational, Term, build};
use std::cmp::Ordering;
use support::{array, dim, indices};

fn shape(names: &[&str]) -> Option<Shape> {
    Some(Shape(names.iter().map(|name| dim(name)).collect()))
}

#[test]
#[rustfmt::skip]
fn nodes_of_arrays() {
    let matrix = |rows, columns| array(&format!("A{rows}{columns}"), &[rows, columns]);
    let vector = |name| array(&format!("v{name}"), &[name]);
    let scalar = || array("s", &[]);
    let cube = || array("T", &["a", "b", "d"]);
    let gather = |axes: usize| {
        let axes = (0..axes).map(Subscript::axis).collect();
        Head::Gather(Gather { axes, lowest: false }, shape(&["d"]).expect("one"))
    };
    let softmax = |axis| Head::Softmax { axis, log: false };
    let unit = || build::tensor(&derive_graph::Name::new("r"), &Shape(vec![Dim::Size(1), dim("a")]));
    let rows: Vec<(Head, Vec<Term>, Option<Shape>)> = vec![
        (Head::MatMul, vec![matrix("a", "b"), matrix("b", "d")], shape(&["a", "d"])),
        (Head::MatMul, vec![matrix("a", "b"), matrix("b", "d"), vector("d")], shape(&["a"])),
        (Head::MatMul, vec![vector("a"), matrix("a", "b")], shape(&["b"])),
        (Head::MatMul, vec![vector("a"), vector("a")], shape(&[])),
        (Head::MatMul, vec![vector("a"), vector("b")], None),
        (Head::MatMul, vec![matrix("a", "b"), matrix("a", "b")], None),
        (Head::MatMul, vec![matrix("a", "b"), vector("b"), vector("b")], None),
        (Head::MatMul, vec![cube(), vector("d")], None),
        (Head::MatMul, vec![vector("a"), scalar()], None),
        (Head::MatMul, vec![matrix("a", "b")], None),
        (Head::Transpose, vec![matrix("a", "b")], shape(&["b", "a"])),
        (Head::Transpose, vec![vector("a")], None),
        (Head::Outer, vec![vector("a"), vector("b")], shape(&["a", "b"])),
        (Head::Outer, vec![matrix("a", "b"), vector("b")], None),
        (Head::Outer, vec![vector("a"), matrix("a", "b")], None),
        (Head::Outer, vec![vector("a")], None),
        (Head::Trace, vec![matrix("a", "a")], shape(&[])),
        (Head::Trace, vec![matrix("a", "b")], None),
        (Head::Trace, vec![vector("a")], None),
        (Head::Diagonal, vec![matrix("a", "a")], shape(&["a"])),
        (Head::Diagonal, vec![matrix("a", "b")], None),
        (Head::DiagonalMatrix, vec![vector("a")], shape(&["a", "a"])),
        (Head::DiagonalMatrix, vec![matrix("a", "a")], None),
        (Head::MatrixFunction("inv"), vec![matrix("a", "a")], shape(&["a", "a"])),
        (Head::MatrixFunction("det"), vec![matrix("a", "a")], shape(&[])),
        (Head::MatrixFunction("inv"), vec![matrix("a", "b")], None),
        (Head::Identity(dim("b")), vec![], shape(&["b", "b"])),
        (Head::Product, vec![matrix("a", "b"), scalar(), matrix("a", "b")], shape(&["a", "b"])),
        (Head::Product, vec![matrix("a", "b"), matrix("b", "a")], None),
        (Head::Sum, vec![scalar(), vector("d")], shape(&["d"])),
        (Head::Sum, vec![vector("a"), vector("d")], None),
        (Head::Sum, vec![scalar(), scalar()], shape(&[])),
        (Head::Power(Rational::from_integer(2.into())), vec![matrix("a", "b")], shape(&["a", "b"])),
        (Head::Apply(Function::named("tanh")), vec![vector("b")], shape(&["b"])),
        (Head::Concat(0), vec![matrix("a", "b"), matrix("a", "b")], Some(Shape(vec![
            derive_graph::Polynomial::from(&dim("a")).scaled(2).to_dim().expect("a dimension"), dim("b"),
        ]))),
        (Head::Concat(0), vec![matrix("a", "b"), matrix("a", "d")], None),
        (Head::Concat(0), vec![matrix("a", "b"), vector("a")], None),
        (Head::Concat(2), vec![matrix("a", "b"), matrix("a", "b")], None),
        (Head::Axes(vec![Some(1), Some(0)]), vec![matrix("a", "b")], shape(&["b", "a"])),
        (Head::Axes(vec![Some(0)]), vec![matrix("a", "b")], None),
        (Head::Axes(vec![Some(1)]), vec![unit()], shape(&["a"])),
        (Head::Axes(vec![Some(0), None]), vec![vector("a")], Some(Shape(vec![dim("a"), Dim::Size(1)]))),
        (Head::Axes(vec![Some(3)]), vec![vector("a")], None),
        (softmax(0), vec![matrix("a", "b")], shape(&["a", "b"])),
        (softmax(2), vec![matrix("a", "b")], None),
        (gather(2), vec![matrix("a", "b")], shape(&["d"])),
        (gather(1), vec![matrix("a", "b")], None),
        (Head::Reshape(shape(&["b", "a"]).expect("one")), vec![matrix("a", "b")], shape(&["b", "a"])),
        (Head::Fourier { inverse: true }, vec![vector("a")], shape(&["a"])),
        (Head::Fourier { inverse: true }, vec![matrix("a", "b")], None),
        (Head::Conjugate, vec![vector("a")], shape(&["a"])),
    ];
    for (head, children, expected) in rows {
        let term = Term::raw(head, children);
        assert_eq!(term.shape().cloned(), expected, "{term:?}");
    }
}

#[test]
#[rustfmt::skip]
fn nodes_of_entries() {
    let mut fresh = Fresh::default();
    let [i, j, k] = ["a", "b", "a"].map(|name| fresh.index(&dim(name)));
    let at = |array: Term, places: &[&derive_index::Index]| {
        Term::raw(Head::Entry, [array].into_iter().chain(places.iter().map(|&it| build::index(it))).collect())
    };
    let (matrix, scalar) = (|| array("A", &["a", "b"]), || array("s", &[]));
    let leaf = |index: &derive_index::Index| build::index(index);
    let extremum = Head::Extremum { least: false };
    let rows: Vec<(Term, Option<Shape>)> = vec![
        (at(matrix(), &[&i, &j]), shape(&[])),
        (at(matrix(), &[&j, &i]), None),
        (at(matrix(), &[&i]), None),
        (Term::raw(Head::Entry, vec![matrix(), leaf(&i), scalar()]), None),
        (Term::raw(Head::Delta, vec![leaf(&i), leaf(&k)]), shape(&[])),
        (Term::raw(Head::Delta, vec![leaf(&i), leaf(&j)]), None),
        (Term::raw(Head::Delta, vec![leaf(&i)]), None),
        (Term::raw(Head::Root, vec![leaf(&i), leaf(&j)]), None),
        (Term::raw(Head::Comprehension, vec![leaf(&i), leaf(&j), scalar()]), shape(&["a", "b"])),
        (Term::raw(Head::Comprehension, vec![leaf(&i), matrix()]), None),
        (Term::raw(Head::Comprehension, vec![scalar(), scalar()]), None),
        (Term::raw(extremum.clone(), vec![leaf(&i), scalar(), scalar()]), shape(&[])),
        (Term::raw(extremum.clone(), vec![leaf(&i), scalar()]), None),
        (Term::raw(extremum, vec![leaf(&i), matrix(), scalar()]), None),
        // A sum of what does not conform does not conform.
        (Term::raw(Head::Sum, vec![scalar(), at(matrix(), &[&j, &i])]), None),
    ];
    for (term, expected) in rows {
        assert_eq!(term.shape().cloned(), expected, "{term:?}");
    }
}

#[test]
fn what_a_term_contains() {
    let mut fresh = Fresh::starting_at(4);
    let place = indices(&mut fresh, &["a", "b"]);
    let entry = build::entry(array("A", &["a", "b"]), place.clone());
    let sum = build::product(vec![place[1].clone()], vec![entry.clone()]);
    let whole = build::comprehension(&place[..1], sum.clone());
    assert_eq!((entry.next_index(), build::integer(1).next_index()), (6, 0));
    assert_eq!(
        (entry.free(), sum.free(), whole.free()),
        (&place[..], &place[..1], &[][..])
    );
    assert_eq!(
        [&entry, &sum, &whole].map(Term::has_bound),
        [false, true, true]
    );
    let root = build::root(&place[0], &place[0]);
    let around = build::product(Vec::new(), vec![entry.clone(), root]);
    assert_eq!([&entry, &around].map(Term::is_complex), [false, true]);
    let closed = build::transpose(array("A", &["a", "b"]));
    assert_eq!([&entry, &closed].map(Term::is_closed_form), [false, true]);
    assert!(whole.any(&|term| *term.head() == Head::Entry) && !closed.any(&|term| term.is_zero()));
    // Terms that are equal are kept once, those that are apart from others once more.
    let mut known = Default::default();
    let first = sum.shared(&mut known);
    let second = build::product(vec![place[1].clone()], vec![entry.clone()]);
    assert_eq!(second.address(), sum.address());
    let apart = second.apart();
    assert_eq!(apart, second);
    assert_ne!(apart.address(), second.address());
    assert_eq!(apart.shared(&mut known).address(), first.address());
    let orders = [entry.cmp(&sum), sum.cmp(&entry), entry.cmp(&entry.clone())];
    assert_eq!(orders, [Ordering::Less, Ordering::Greater, Ordering::Equal]);
}
