//! The record of a derivation: sentences, steps, verdicts, and forms that are the same up to names.

mod support;

use derive_graph::{Dim, Gather, Name, Polynomial, Shape, Subscript};
use derive_index::derivation::{Spelling, Step, Verdict, Why};
use derive_index::savings::{Line, Savings};
use derive_index::substitute::{Renaming, alike, replace_tensor};
use derive_index::{Affine, Correspondence, Fresh, Head, Index, StepList, Term, build};
use support::{array, dim, indices};

fn why(template: &'static str) -> Why {
    Why {
        template,
        slots: Vec::new(),
    }
}

#[test]
fn sentences_are_told_whole_or_in_brief() {
    let told = why("{0} is zero‹, so the sum keeps one term› here‹ too›");
    assert_eq!(
        told.sentence(false),
        "{0} is zero, so the sum keeps one term here too"
    );
    assert_eq!(told.sentence(true), "{0} is zero here");
    let explanations: Vec<&str> = told.explanations().collect();
    assert_eq!(explanations, [", so the sum keeps one term", " too"]);
    assert!(told.explains() && !why("it cancels").explains());
    assert_eq!(why("it cancels").sentence(true), "it cancels");
    assert_eq!(why("it cancels").explanations().count(), 0);
}

/// A step from one number in a sum to another.
fn step(site: Vec<usize>) -> Step {
    let sum = |value| Term::raw(Head::Sum, vec![array("x", &[]), build::integer(value)]);
    Step {
        rule: "cancel",
        backwards: false,
        before: sum(1),
        after: sum(2),
        site,
        why: Why::default(),
        conditions: Vec::new(),
    }
}

#[test]
fn a_step_says_what_it_changes() {
    let (one, two) = (build::integer(1), build::integer(2));
    assert_eq!(step(vec![1]).changed(), Some((&one, &two)));
    let whole = step(Vec::new());
    assert_eq!(whole.changed(), Some((&whole.before, &whole.after)));
    for nowhere in [vec![2], vec![1, 0]] {
        assert!(step(nowhere).changed().is_none());
    }
}

#[test]
fn lists_of_steps_are_read_as_slices() {
    let list = StepList::from(vec![step(vec![0]), step(vec![1])]);
    assert_eq!((list.len(), list.is_empty()), (2, false));
    let sites: Vec<&Vec<usize>> = (&list).into_iter().map(|step| &step.site).collect();
    assert_eq!(sites, [&vec![0], &vec![1]]);
    assert!(format!("{list:?}").contains("cancel"));
    let none = StepList::default().renamed(|_| unreachable!("there is nothing to rename"));
    assert!(none.is_empty() && none.iter().next().is_none());
}

fn verdict(error: f64, failure: &str) -> Verdict {
    Verdict {
        draws: 3,
        seed: 5,
        errors: vec![(Name::new("W"), error), (Name::new("b"), error / 2.0)],
        steps: 4,
        step_error: error,
        failures: vec![failure.to_owned()],
        unchecked: vec!["V".to_owned()],
    }
}

#[test]
fn verdicts_keep_the_worst() {
    let both = verdict(1e-3, "first").joined(&verdict(1e-5, "second"));
    assert_eq!((both.largest_error(), both.step_error), (1e-3, 1e-3));
    assert_eq!(
        (both.draws, both.seed, both.steps, both.errors.len()),
        (3, 5, 8, 4)
    );
    assert_eq!(
        (both.failures.join(" "), both.unchecked.len()),
        ("first second".to_owned(), 2)
    );
    assert_eq!(Verdict::default().largest_error(), 0.0);
}

#[test]
fn a_spelling_is_a_claim() {
    let spelling = Spelling {
        variable: Name::new("W"),
        left: "grad(W)".to_owned(),
        right: "X.T @ grad(Z)".to_owned(),
    };
    assert_eq!(spelling.claim(), "grad(W) = X.T @ grad(Z)");
}

#[test]
fn lines_are_counted_and_found() {
    let line = |name: &str, count: i64| Line {
        name: Name::new(name),
        shape: Shape::scalar(),
        start: None,
        steps: Vec::new(),
        result: array("x", &[]),
        count: Polynomial::from(&dim("a")).scaled(count).into(),
        range: None,
    };
    let savings = Savings {
        forward: vec![line("Z", 2)],
        backward: vec![line("t", 3), line("u", 4)],
        alone: Vec::new(),
        // s stands for x + t, and t for y.
        meanings: vec![
            (Name::new("t"), array("y", &[])),
            (
                Name::new("s"),
                build::sum(vec![array("x", &[]), array("t", &[])]),
            ),
        ],
    };
    assert_eq!(
        Savings::total(&savings.backward),
        Polynomial::from(&dim("a")).scaled(7).into()
    );
    assert_eq!(
        savings.line(&Name::new("u")).map(|line| line.count.clone()),
        Some(line("u", 4).count)
    );
    assert!(savings.line(&Name::new("Z")).is_some() && savings.line(&Name::new("v")).is_none());
    let expected = build::sum(vec![array("x", &[]), array("y", &[])]);
    assert_eq!(savings.expanded(&array("s", &[])), expected);
}

/// An entry of `name` over `axis` at i + 1, i having this id.
fn shifted(name: &str, axis: &str, id: u32) -> Term {
    let i = Index::Variable { id, dim: dim(axis) };
    let place = Affine::new(vec![(i, 1.into())], 1.into(), dim(axis)).to_index();
    build::entry(array(name, &[axis]), vec![place])
}

fn correspond(a: &Term, b: &Term) -> bool {
    Correspondence::default().terms(a, b)
}

#[test]
fn forms_are_the_same_up_to_names() {
    assert!(correspond(&shifted("X", "a", 3), &shifted("Y", "b", 8)));
    let twice = |second| {
        build::product(
            Vec::new(),
            vec![shifted("X", "a", 3), shifted("X", "a", second)],
        )
    };
    assert!(correspond(&twice(3), &twice(3)) && !correspond(&twice(3), &twice(4)));
    let by_two = Affine::new(
        vec![(
            Index::Variable {
                id: 8,
                dim: dim("b"),
            },
            1.into(),
        )],
        2.into(),
        dim("b"),
    );
    let further = build::entry(array("Y", &["b"]), vec![by_two.to_index()]);
    assert!(!correspond(&shifted("X", "a", 3), &further));
    let identity = |name| Term::leaf(Head::Identity(dim(name)));
    assert!(correspond(&identity("a"), &identity("b")));
    let both = |first, second| build::sum(vec![identity(first), identity(second)]);
    assert!(!correspond(&both("a", "b"), &both("c", "c")));
    let sizes = [build::dimension(&dim("a")), build::dimension(&dim("b"))];
    assert!(correspond(&sizes[0], &sizes[1]) && !correspond(&sizes[0], &build::integer(2)));
    let reshaped = |name: &str| {
        Term::raw(
            Head::Reshape(Shape(vec![dim(name)])),
            vec![array("X", &["a"])],
        )
    };
    assert!(
        correspond(&reshaped("a"), &reshaped("a")) && !correspond(&reshaped("a"), &reshaped("b"))
    );
    let read = |by: i64| {
        let gather = Gather {
            axes: vec![Subscript::shifted(0, by.into())],
            lowest: false,
        };
        Term::raw(
            Head::Gather(gather, Shape(vec![dim("a")])),
            vec![array("X", &["a"])],
        )
    };
    assert!(correspond(&read(1), &read(1)) && !correspond(&read(1), &read(2)));
    assert!(!correspond(&array("X", &["a"]), &array("X", &["a", "a"])));
}

#[test]
fn lists_of_indices_and_shapes_correspond_in_order() {
    let mut fresh = Fresh::default();
    let first = indices(&mut fresh, &["a", "b"]);
    let second = indices(&mut fresh, &["b", "a"]);
    let mut names = Correspondence::default();
    assert!(names.indices(&first, &second));
    let told: Vec<String> = names
        .dims()
        .iter()
        .map(|(a, b)| format!("{a}{b}"))
        .collect();
    assert_eq!(told, ["ab", "ba"]);
    assert!(!names.indices(&first, &first) && !names.indices(&first, &second[..1]));
    let shape = |names: &[&str]| Shape(names.iter().map(|name| dim(name)).collect());
    assert!(names.shapes(&shape(&["a"]), &shape(&["b"])));
    assert!(!names.shapes(&shape(&["a"]), &shape(&["a"])));
    assert!(!names.shapes(&shape(&["a"]), &shape(&["b", "a"])));
}

#[test]
fn names_of_leaves_are_replaced_and_nothing_else() {
    let term = build::product(
        Vec::new(),
        vec![
            build::dimension(&dim("a")),
            shifted("X", "a", 3),
            Term::leaf(Head::Identity(dim("a"))),
        ],
    );
    let renaming = Renaming {
        tensor: &|name| Name::new(&format!("{name}{name}")),
        dim: &|name| {
            if name.as_str() == "a" {
                Dim::Size(2)
            } else {
                Dim::Named(name.clone())
            }
        },
        index: &|id| id + 10,
    };
    let renamed = renaming.apply(&term);
    let found = |wanted: &dyn Fn(&Head) -> bool| renamed.any(&|term| wanted(term.head()));
    assert!(found(
        &|head| matches!(head, Head::Tensor(name, shape) if name.as_str() == "XX" && shape.0 == [Dim::Size(2)])
    ));
    assert!(found(&|head| matches!(head, Head::Identity(Dim::Size(2)))));
    assert!(
        found(&|head| matches!(head, Head::Number(_))),
        "a dimension with a size is a number"
    );
    assert_eq!(renamed.free()[0].id(), Some(13));
    assert_eq!(renaming.rename_index(&Index::Unit), Index::Unit);
    assert_eq!(renamed.children().len(), term.children().len());
}

#[test]
fn sums_are_alike_whatever_their_indices_are_called() {
    let total = |first: u32, name: &str| {
        let i = indices(&mut Fresh::starting_at(first), &["a"]);
        build::product(i.clone(), vec![build::entry(array(name, &["a"]), i)])
    };
    assert!(alike(&total(0, "X"), &total(7, "X")) && !alike(&total(0, "X"), &total(0, "Y")));
    assert_eq!(
        replace_tensor(&total(0, "X"), &Name::new("X"), &array("Y", &["a"])),
        total(0, "Y")
    );
    assert_eq!(
        replace_tensor(&total(0, "X"), &Name::new("Y"), &array("Z", &["a"])),
        total(0, "X")
    );
}
