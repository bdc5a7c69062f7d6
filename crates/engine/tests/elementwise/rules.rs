//! Elementwise expressions at random: what rules make of them has their value, and what is derived of them is their slope.

use crate::interval::Interval;
use crate::term::{value, variable};
use derive_calculus::differentiate::{Differential, differentiate};
use derive_graph::{Function, Name};
use derive_index::derivation::Condition;
use derive_index::{Fresh, Head, Rational, Term, build};
use derive_rewrite::rules::Action;
use derive_rewrite::{Application, Context, RULES};
use std::collections::BTreeMap;

type Point = [(&'static str, Interval); 3];

const TERMS: u64 = 400;

/// Values of x, y and z: both signs, zero, and equal ones, so that what holds only of some is found out.
const VALUES: [(i64, i64); 8] = [
    (-2, 1),
    (-1, 1),
    (-1, 3),
    (0, 1),
    (1, 2),
    (1, 1),
    (7, 5),
    (3, 1),
];

/// Functions that expressions are made of, each of one argument.
const FUNCTIONS: [&str; 12] = [
    "exp", "log", "sin", "tanh", "sigmoid", "abs", "sign", "relu", "positive", "arctan", "erf",
    "sqrt",
];

/// Exponents: numerator and denominator.
const EXPONENTS: [(i64, i64); 6] = [(-1, 1), (-2, 1), (2, 1), (3, 1), (1, 2), (-1, 2)];

/// Random choices: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn rational(&mut self) -> Rational {
        let (n, d) = self.pick(&VALUES);
        Rational::new(n.into(), d.into())
    }

    /// A node of the head, in normal form every other time.
    fn node(&mut self, head: Head, children: Vec<Term>) -> Term {
        if self.below(2) == 0 {
            build::node(head, children)
        } else {
            Term::raw(head, children)
        }
    }

    /// An expression in x, y and z, whose parts come from a small pool so that some of them are equal.
    fn term(&mut self, depth: usize) -> Term {
        let leaf = |it: &mut Random| match it.below(4) {
            0 => build::number(it.rational()),
            _ => variable(it.pick(&["x", "y", "z"])),
        };
        if depth == 0 {
            return leaf(self);
        }
        let several = |it: &mut Random| (0..2 + it.below(2)).map(|_| it.term(depth - 1)).collect();
        match self.below(8) {
            0 => leaf(self),
            1..=2 => {
                let children = several(self);
                self.node(Head::Sum, children)
            }
            3..=5 => {
                let children = several(self);
                self.node(Head::Product, children)
            }
            6 => {
                let (n, d) = self.pick(&EXPONENTS);
                let base = self.term(depth - 1);
                self.node(Head::Power(Rational::new(n.into(), d.into())), vec![base])
            }
            _ => {
                let function = Function::named(self.pick(&FUNCTIONS));
                build::apply(function, vec![self.term(depth - 1)])
            }
        }
    }

    fn point(&mut self) -> Point {
        ["x", "y", "z"].map(|name| (name, Interval::rational(&self.rational())))
    }
}

fn parts(term: &Term, all: &mut Vec<Term>) {
    all.push(term.clone());
    term.children().iter().for_each(|child| parts(child, all));
}

/// Every way in which a rule acts on a part of a term, with the rule's name.
fn applications(term: &Term) -> Vec<(&'static str, Term, Application)> {
    let context = Context {
        facts: &[],
        transforms: false,
        without: &[],
        indices: &[],
    };
    let mut all = Vec::new();
    parts(term, &mut all);
    let mut found = Vec::new();
    for part in all.iter().filter(|part| !part.children().is_empty()) {
        // The other rules are for what is in normal form.
        let normal = build::node(part.head().clone(), part.children().to_vec()) == *part;
        for rule in if normal { RULES } else { &RULES[..1] } {
            let here = match rule.action {
                Action::One(apply) => apply(part, &context).into_iter().collect(),
                Action::Many(apply) => apply(part, &context),
                Action::Named => Vec::new(),
            };
            let changed = here.into_iter().filter(|it| it.after != *part);
            found.extend(changed.map(|it| (rule.name, part.clone(), it)));
        }
    }
    found
}

fn holds(condition: &Condition, point: &Point) -> bool {
    match condition {
        Condition::NonZero { term, .. } => {
            let value = value(term, point);
            value.is_some_and(|it| it.is_positive() == Some(true) || it.is_negative() == Some(true))
        }
        other => panic!("{other:?} is no condition on numbers"),
    }
}

/// Whether both sides have one value; `None` where the first has none, or none that is known well.
fn equal(before: &Term, after: &Term, point: &Point) -> Option<bool> {
    let expected = value(before, point).filter(Interval::is_narrow)?;
    Some(value(after, point).is_some_and(|found| found.is_narrow() && found.meets(&expected)))
}

#[test]
fn what_rules_make_of_an_expression_has_its_value() {
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..TERMS {
        let mut random = Random(seed);
        let term = random.term(4);
        for (name, before, found) in applications(&term) {
            for _ in 0..6 {
                let point = random.point();
                if !found.conditions.iter().all(|it| holds(it, &point)) {
                    continue;
                }
                match equal(&before, &found.after, &point) {
                    Some(true) => *compared.entry(name).or_default() += 1,
                    Some(false) => panic!("`{name}`, {point:?}\n{before:?}\n{:?}", found.after),
                    None => {}
                }
            }
        }
    }
    for name in [
        "normal-form",
        "common-factor",
        "like-terms",
        "cancel",
        "multiply-in",
    ] {
        let count = compared.get(name).copied().unwrap_or(0);
        assert!(
            count >= 20,
            "`{name}` was compared {count} times: {compared:?}"
        );
    }
}

/// √(x²) = x and x/x = 1 hold of positive numbers only; |x| = x sign x everywhere.
#[test]
fn what_holds_of_some_numbers_only_is_noticed() {
    let x = || variable("x");
    let power = |base, n: i64, d: i64| {
        Term::raw(Head::Power(Rational::new(n.into(), d.into())), vec![base])
    };
    let of = |name, argument| build::apply(Function::named(name), vec![argument]);
    let times = |a, b| Term::raw(Head::Product, vec![a, b]);
    let refuted = |before: &Term, after: &Term| {
        (0..60).any(|seed| equal(before, after, &Random(seed).point()) == Some(false))
    };
    assert!(refuted(&power(power(x(), 2, 1), 1, 2), &x()));
    assert!(refuted(&build::integer(1), &times(x(), power(x(), -1, 1))));
    assert!(refuted(
        &of("log", power(x(), 2, 1)),
        &times(build::integer(2), of("log", x()))
    ));
    assert!(!refuted(&of("abs", x()), &times(x(), of("sign", x()))));
}

/// By the mean value theorem, as for the rows of the table.
#[test]
fn what_is_derived_of_an_expression_is_its_slope() {
    let width = Interval::half_to(80);
    let mut compared = 0;
    for seed in 0..TERMS {
        let mut random = Random(seed ^ 0x51_09e5);
        let term = random.term(3);
        let name = Name::new("x");
        let by = Differential {
            variable: &name,
            indices: &[],
            named: None,
        };
        let found = differentiate(&term, &by, &mut Fresh::starting_at(0));
        let derivative = found
            .expect("every function has a derivative")
            .unwrap_or_else(|| build::integer(0));
        for _ in 0..6 {
            let point = random.point();
            if let Some(right) = is_slope(&term, &derivative, &point, &width) {
                assert!(right, "{term:?}\n{derivative:?}\n{point:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared} slopes were compared");
}

/// Whether (f(x + h) − f(x))/h is a value of the derivative between x and x + h.
fn is_slope(term: &Term, derivative: &Term, point: &Point, width: &Interval) -> Option<bool> {
    let [(x, low), y, z] = point.clone();
    let high = low.plus(width);
    let at = |place: &Interval| [(x, place.clone()), y.clone(), z.clone()];
    let between = at(&low.hull(&high));
    // Where the expression has a kink it has no slope.
    value(term, &between)?;
    let rise = value(term, &at(&high))?.minus(&value(term, point)?);
    let slope = rise.over(width)?;
    Some(value(derivative, &between)?.meets(&slope))
}
