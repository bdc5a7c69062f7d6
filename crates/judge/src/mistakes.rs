//! The table of what students get wrong, a mistake a row: its name, what is said of it, how far-fetched it is, the rules whose steps it
//! gets wrong, and what may be done to a part of the formula to undo it.

use crate::expression::{binary, call, column, digest, name, negated, number, transposed};
use crate::vocabulary::Vocabulary;
use derive_graph::Shape;
use derive_syntax::ast::{BinaryOperator, Expr, ExprKind};
use derive_syntax::format::format_expr;
use num_rational::BigRational;

/// A change of one part of a formula.
#[derive(Clone, Debug)]
pub struct Change {
    /// The part afterwards.
    pub after: Expr,
    /// What is put into the row's sentence; where that is nothing, the part before and after.
    pub slots: Vec<Expr>,
}

/// What undoes a mistake at a part of a formula.
type Undo = fn(&Expr, &Vocabulary) -> Vec<Change>;

/// A row of the table.
pub struct Mistake {
    /// The name of the mistake.
    pub name: &'static str,
    /// What is said; `{0}`, `{1}` are the change's slots.
    pub sentence: &'static str,
    /// The less, the likelier.
    pub weight: u32,
    /// The rules whose steps go wrong.
    pub rules: &'static [&'static str],
    /// Whether it is less likely than that the right factors of an ill-shaped claim stand in the wrong product.
    pub far: bool,
    /// Whether two of these are tried together, where one does not help.
    pub pairs: bool,
    /// The changes.
    pub undo: Undo,
}

/// The rules whose steps are products of arrays.
pub const PRODUCTS: &[&str] = &[
    "matrix-product",
    "scaled-product",
    "matrix-vector",
    "outer",
    "broadcast",
    "transpose",
    "hadamard",
];
const TURNED: &[&str] = &["transpose", "matrix-product", "matrix-vector", "outer"];
const SUMS: &[&str] = &[
    "column-sum",
    "row-sum",
    "total",
    "dot",
    "matrix-product",
    "matrix-vector",
];
const ENTRYWISE: &[&str] = &["hadamard", "broadcast", "outer", "matrix-form"];

/// Every mistake.
#[rustfmt::skip]
pub static MISTAKES: &[Mistake] = &[
    Mistake { name: "missing-transpose", sentence: "a transpose is missing: `{1}` instead of `{0}`", weight: 10, rules: TURNED, far: false, pairs: true, undo: transpose },
    Mistake { name: "transposed", sentence: "the whole is the transpose of what it should be: `{1}` instead of `{0}`", weight: 15, rules: TURNED, far: true, pairs: true, undo: transpose_whole },
    Mistake { name: "extra-transpose", sentence: "a transpose is too much: `{1}` instead of `{0}`", weight: 10, rules: TURNED, far: false, pairs: true, undo: no_transpose },
    Mistake { name: "order", sentence: "the factors stand in the wrong order: `{1}` instead of `{0}`", weight: 11, rules: PRODUCTS, far: false, pairs: true, undo: order },
    Mistake { name: "entrywise-for-matrix-product", sentence: "`*` multiplies entry by entry; the matrix product is meant: `{1}` instead of `{0}`", weight: 12, rules: PRODUCTS, far: false, pairs: true, undo: matrix_product },
    Mistake { name: "matrix-for-entrywise-product", sentence: "`@` is the matrix product; the product entry by entry is meant: `{1}` instead of `{0}`", weight: 12, rules: ENTRYWISE, far: false, pairs: true, undo: entrywise_product },
    Mistake { name: "difference", sentence: "a difference is taken the wrong way round: `{1}` instead of `{0}`", weight: 9, rules: &[], far: false, pairs: true, undo: difference },
    Mistake { name: "sign", sentence: "a sign is wrong: `{1}` instead of `{0}`", weight: 10, rules: &[], far: false, pairs: true, undo: sign },
    Mistake { name: "number", sentence: "a number is wrong: `{1}` instead of `{0}`", weight: 13, rules: &[], far: false, pairs: true, undo: other_number },
    Mistake { name: "missing-factor", sentence: "a factor is missing: `{0}`", weight: 14, rules: &[], far: false, pairs: true, undo: scalar_factor },
    Mistake { name: "extra-factor", sentence: "a factor is too much: `{0}`", weight: 15, rules: &[], far: true, pairs: true, undo: no_factor },
    Mistake { name: "quotient", sentence: "a product and a quotient are mixed up: `{1}` instead of `{0}`", weight: 15, rules: &[], far: false, pairs: true, undo: quotient },
    Mistake { name: "missing-derivative", sentence: "the derivative of an activation is missing: the factor `{0}`", weight: 16, rules: ENTRYWISE, far: false, pairs: true, undo: derivative_factor },
    Mistake { name: "other-derivative", sentence: "`{0}` is not the derivative that belongs here: `{1}`", weight: 17, rules: ENTRYWISE, far: false, pairs: false, undo: other_derivative },
    Mistake { name: "missing-sum", sentence: "a sum is missing: `{0}` has to be added up, `{1}`", weight: 18, rules: SUMS, far: true, pairs: true, undo: add_up },
    Mistake { name: "extra-sum", sentence: "a sum is too much: `{1}` instead of `{0}`", weight: 18, rules: SUMS, far: false, pairs: true, undo: no_sum },
    Mistake { name: "other-sum", sentence: "the wrong axis, or the wrong kind of sum: `{1}` instead of `{0}`", weight: 18, rules: SUMS, far: false, pairs: true, undo: other_sum },
    Mistake { name: "as-column", sentence: "`{0}` has one entry a row and has to stand as a column to multiply rows: `{1}`", weight: 15, rules: ENTRYWISE, far: false, pairs: true, undo: as_column },
    Mistake { name: "missing-term", sentence: "a term is missing: `{0}`", weight: 22, rules: &[], far: true, pairs: false, undo: term },
    Mistake { name: "extra-term", sentence: "a term is too much: `{0}`", weight: 16, rules: &[], far: false, pairs: true, undo: no_term },
    Mistake { name: "other-function", sentence: "the wrong function: `{1}` instead of `{0}`", weight: 19, rules: &[], far: false, pairs: false, undo: other_function },
    Mistake { name: "other-array", sentence: "the wrong name: `{1}` instead of `{0}`", weight: 20, rules: &[], far: true, pairs: false, undo: other_name },
    Mistake { name: "missing-matrix", sentence: "a factor is missing: the matrix product with `{0}`", weight: 21, rules: PRODUCTS, far: true, pairs: false, undo: matrix_factor },
    Mistake { name: "missing-array", sentence: "a factor is missing, entry by entry: `{0}`", weight: 21, rules: ENTRYWISE, far: true, pairs: false, undo: array_factor },
];

fn change(after: Expr) -> Change {
    let slots = Vec::new();
    Change { after, slots }
}

fn factor(after: Expr, factor: &Expr) -> Change {
    Change {
        after,
        slots: vec![factor.clone()],
    }
}

fn is_atom(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Name(_) | ExprKind::Call(_) | ExprKind::Subscript(..)
    )
}

fn transpose(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match is_atom(expr) {
        true => vec![change(transposed(expr.clone()))],
        false => Vec::new(),
    }
}

fn transpose_whole(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match expr.kind {
        ExprKind::Binary(..) => vec![change(transposed(expr.clone()))],
        _ => Vec::new(),
    }
}

fn difference(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::Subtract, _, a, b) => vec![change(binary(
            BinaryOperator::Subtract,
            (**b).clone(),
            (**a).clone(),
        ))],
        _ => Vec::new(),
    }
}

fn no_transpose(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Transpose(inner) => vec![change((**inner).clone())],
        _ => Vec::new(),
    }
}

fn order(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let ExprKind::Binary(BinaryOperator::MatMul, _, a, b) = &expr.kind else {
        return Vec::new();
    };
    let product = |left: Expr, right: Expr| binary(BinaryOperator::MatMul, left, right);
    let turned = |expr: &Expr| transposed(expr.clone());
    let (a, b) = ((**a).clone(), (**b).clone());
    vec![
        change(product(b.clone(), a.clone())),
        change(product(b.clone(), turned(&a))),
        change(product(turned(&b), a.clone())),
        change(product(turned(&b), turned(&a))),
        change(product(turned(&a), turned(&b))),
    ]
}

fn matrix_product(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let ExprKind::Binary(BinaryOperator::Multiply, _, a, b) = &expr.kind else {
        return Vec::new();
    };
    let turned = |expr: &Expr| transposed(expr.clone());
    let product = |left: Expr, right: Expr| change(binary(BinaryOperator::MatMul, left, right));
    let (a, b) = ((**a).clone(), (**b).clone());
    vec![
        product(a.clone(), b.clone()),
        product(turned(&a), b.clone()),
        product(a.clone(), turned(&b)),
        product(b.clone(), a.clone()),
        product(turned(&b), a.clone()),
        product(b, turned(&a)),
    ]
}

fn entrywise_product(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let ExprKind::Binary(BinaryOperator::MatMul, _, a, b) = &expr.kind else {
        return Vec::new();
    };
    let product =
        |left: &Expr, right: Expr| change(binary(BinaryOperator::Multiply, left.clone(), right));
    let (turned_a, turned_b) = (transposed((**a).clone()), transposed((**b).clone()));
    vec![
        product(a, (**b).clone()),
        product(a, turned_b),
        product(&turned_a, (**b).clone()),
    ]
}

fn sign(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Negate(inner) => vec![change((**inner).clone())],
        ExprKind::Binary(BinaryOperator::Add, _, a, b) => {
            let less = binary(BinaryOperator::Subtract, (**a).clone(), (**b).clone());
            vec![change(less)]
        }
        ExprKind::Binary(BinaryOperator::Subtract, _, a, b) => {
            let more = binary(BinaryOperator::Add, (**a).clone(), (**b).clone());
            vec![change(more)]
        }
        ExprKind::Number(_) => Vec::new(),
        _ => vec![change(negated(expr.clone()))],
    }
}

fn other_number(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let ExprKind::Number(value) = &expr.kind else {
        return Vec::new();
    };
    let whole = |number: i64| BigRational::from_integer(number.into());
    let candidates = [
        value + whole(1),
        value - whole(1),
        value * whole(2),
        value / whole(2),
        -value.clone(),
        whole(1),
        whole(2),
    ];
    let other = candidates
        .into_iter()
        .filter(|candidate| candidate != value);
    other.map(|candidate| change(number(candidate))).collect()
}

fn scalar_factor(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let numbers = [2].map(|value: i64| number(BigRational::from_integer(value.into())));
    let scalars = vocabulary
        .scalars
        .iter()
        .map(|text| name(text))
        .chain(numbers);
    let one = number(BigRational::from_integer(1.into()));
    let mut changes = Vec::new();
    for scalar in scalars {
        let times = binary(BinaryOperator::Multiply, scalar.clone(), expr.clone());
        changes.push(factor(times, &scalar));
        let share = binary(BinaryOperator::Divide, one.clone(), scalar.clone());
        let over = binary(BinaryOperator::Divide, expr.clone(), scalar);
        changes.push(factor(over, &share));
    }
    changes
}

fn no_factor(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let one = number(BigRational::from_integer(1.into()));
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::Divide, _, a, b) => {
            let share = binary(BinaryOperator::Divide, one, (**b).clone());
            vec![factor((**a).clone(), &share)]
        }
        ExprKind::Binary(BinaryOperator::Multiply | BinaryOperator::MatMul, _, a, b) => {
            vec![factor((**a).clone(), b), factor((**b).clone(), a)]
        }
        ExprKind::Binary(BinaryOperator::Power, _, base, _) => vec![factor((**base).clone(), expr)],
        _ => Vec::new(),
    }
}

fn quotient(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let other = |operator, a: &Expr, b: &Expr| change(binary(operator, a.clone(), b.clone()));
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::Divide, _, a, b) => vec![
            other(BinaryOperator::Multiply, a, b),
            other(BinaryOperator::Divide, b, a),
        ],
        ExprKind::Binary(BinaryOperator::Multiply, _, a, b) => {
            vec![other(BinaryOperator::Divide, a, b)]
        }
        _ => Vec::new(),
    }
}

/// f′ of the argument of every activation.
fn derivatives(vocabulary: &Vocabulary) -> Vec<Expr> {
    let prime = |(function, argument): &(String, Expr)| call(function, 1, argument.clone(), &[]);
    vocabulary.activations.iter().map(prime).collect()
}

fn derivative_factor(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let times = |derivative: Expr| {
        let product = binary(BinaryOperator::Multiply, expr.clone(), derivative.clone());
        factor(product, &derivative)
    };
    derivatives(vocabulary).into_iter().map(times).collect()
}

fn other_derivative(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    if matches!(expr.kind, ExprKind::Number(_)) {
        return Vec::new();
    }
    let mut changes: Vec<Change> = derivatives(vocabulary).into_iter().map(change).collect();
    // A derivative such as y (1 − y) is two factors of a longer product.
    let factors = entrywise_factors(expr);
    for (at, first) in factors.iter().enumerate() {
        for (other, second) in factors.iter().enumerate().skip(at + 1) {
            let rest = (0..factors.len()).filter(|place| *place != at && *place != other);
            let Some(rest) = rest.map(|place| factors[place].clone()).reduce(times) else {
                continue;
            };
            let wrong = times(first.clone(), second.clone());
            changes.extend(
                derivatives(vocabulary)
                    .into_iter()
                    .map(|derivative| Change {
                        slots: vec![wrong.clone(), derivative.clone()],
                        after: times(rest.clone(), derivative),
                    }),
            );
        }
    }
    changes
}

fn times(left: Expr, right: Expr) -> Expr {
    binary(BinaryOperator::Multiply, left, right)
}

/// The factors of a chain of products entry by entry.
fn entrywise_factors(expr: &Expr) -> Vec<Expr> {
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::Multiply, _, a, b) => {
            [entrywise_factors(a), entrywise_factors(b)].concat()
        }
        _ => vec![expr.clone()],
    }
}

/// A vector as a single column, or such a column as the vector.
fn as_column(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let text = match &expr.kind {
        ExprKind::Name(_) => format_expr(expr),
        ExprKind::Call(own) if own.function.text == "reshape" => {
            return vec![change(own.arguments[0].value.clone())];
        }
        ExprKind::Call(own) if own.function.text == "grad" => format_expr(&own.arguments[0].value),
        _ => return Vec::new(),
    };
    let dim = match vocabulary.shape(&text) {
        Some(shape) if shape.rank() == 1 => shape.0[0].to_string(),
        _ => return Vec::new(),
    };
    vec![change(column(expr.clone(), &dim))]
}

fn add_up(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    if matches!(expr.kind, ExprKind::Number(_)) {
        return Vec::new();
    }
    let sums: [&[(&str, &str)]; 4] = [
        &[("axis", "0")],
        &[("axis", "1")],
        &[],
        &[("axis", "1"), ("keepdims", "true")],
    ];
    let sum = |options: &[(&str, &str)]| change(call("sum", 0, expr.clone(), options));
    sums.into_iter().map(sum).collect()
}

fn no_sum(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Call(call) if ["sum", "mean"].contains(&call.function.text.as_str()) => {
            vec![change(call.arguments[0].value.clone())]
        }
        _ => Vec::new(),
    }
}

fn other_sum(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    let ExprKind::Call(own) = &expr.kind else {
        return Vec::new();
    };
    if !["sum", "mean"].contains(&own.function.text.as_str()) {
        return Vec::new();
    }
    let argument = &own.arguments[0].value;
    let mut changes = Vec::new();
    for function in ["sum", "mean"] {
        let options: [&[(&str, &str)]; 4] = [
            &[],
            &[("axis", "0")],
            &[("axis", "1")],
            &[("axis", "1"), ("keepdims", "true")],
        ];
        for options in options {
            let other = call(function, 0, argument.clone(), options);
            if digest(&other) != digest(expr) {
                changes.push(change(other));
            }
        }
    }
    changes
}

/// Terms such as a penalty leaves, a scalar times an array, or an array; a scalar; parts of what was derived.
fn term(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let mut terms = Vec::new();
    for (array, _) in &vocabulary.arrays {
        let scalars = vocabulary
            .scalars
            .iter()
            .filter(|text| !vocabulary.dims.contains(text));
        let weighed =
            scalars.map(|scalar| binary(BinaryOperator::Multiply, name(scalar), name(array)));
        terms.extend(weighed);
        terms.push(name(array));
    }
    terms.extend(vocabulary.scalars.iter().map(|scalar| name(scalar)));
    terms.extend(vocabulary.derived.iter().cloned());
    let mut changes = Vec::new();
    for more in terms {
        let sum = binary(BinaryOperator::Add, expr.clone(), more.clone());
        changes.push(factor(sum, &more));
        let less = binary(BinaryOperator::Subtract, expr.clone(), more.clone());
        changes.push(factor(less, &negated(more.clone())));
        let from = binary(BinaryOperator::Subtract, more.clone(), expr.clone());
        changes.push(factor(from, &more));
    }
    changes
}

fn no_term(expr: &Expr, _: &Vocabulary) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Binary(BinaryOperator::Add, _, a, b) => {
            vec![factor((**a).clone(), b), factor((**b).clone(), a)]
        }
        ExprKind::Binary(BinaryOperator::Subtract, _, a, b) => {
            vec![
                factor((**a).clone(), b),
                factor(negated((**b).clone()), a),
                factor((**b).clone(), a),
            ]
        }
        _ => Vec::new(),
    }
}

fn other_function(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let ExprKind::Call(own) = &expr.kind else {
        return Vec::new();
    };
    let known = vocabulary.functions.contains(&own.function.text);
    if own.arguments.len() != 1 || !known {
        return Vec::new();
    }
    let argument = &own.arguments[0].value;
    let mut changes = Vec::new();
    for other in &vocabulary.functions {
        for primes in [0, 1] {
            if *other != own.function.text || primes != own.primes {
                changes.push(change(call(other, primes, argument.clone(), &[])));
            }
        }
    }
    changes
}

fn other_name(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Name(_) => {
            let own = format_expr(expr);
            if !vocabulary.scalars.contains(&own) {
                return other_arrays(expr, vocabulary);
            }
            let others = vocabulary.scalars.iter().filter(|text| **text != own);
            others.map(|text| change(name(text))).collect()
        }
        ExprKind::Transpose(inner) if matches!(inner.kind, ExprKind::Name(_)) => {
            other_arrays(expr, vocabulary)
        }
        ExprKind::Call(own) if own.function.text == "grad" || own.primes > 0 => {
            let parts = vocabulary.derived.iter().filter(|_| own.primes > 0);
            let parts = parts.cloned().map(change);
            other_arrays(expr, vocabulary)
                .into_iter()
                .chain(parts)
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Every array and every gradient, as it is and, where it is a matrix, transposed.
fn other_arrays(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let own = digest(expr);
    let matrix = |text: &str| {
        let shape = vocabulary.shape(text);
        shape.is_some_and(|shape| shape.rank() == 2)
    };
    let named = |(text, _): &(String, Shape)| {
        let gradient = vocabulary.gradient(text);
        let turned = |it: &Expr| matrix(text).then(|| transposed(it.clone()));
        let plain = name(text);
        let all = [
            turned(&plain),
            gradient.as_ref().and_then(turned),
            Some(plain),
            gradient,
        ];
        all.into_iter().flatten()
    };
    let others = vocabulary.arrays.iter().flat_map(named);
    let others = others.filter(|other| digest(other) != own);
    others.map(change).collect()
}

fn matrix_factor(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let product =
        |left: &Expr, right: &Expr| binary(BinaryOperator::MatMul, left.clone(), right.clone());
    let mut changes = Vec::new();
    for array in vocabulary.factors() {
        let turned = transposed(array.clone());
        for other in [&array, &turned] {
            changes.push(factor(product(other, expr), other));
            changes.push(factor(product(expr, other), other));
        }
    }
    changes
}

fn array_factor(expr: &Expr, vocabulary: &Vocabulary) -> Vec<Change> {
    let times = |array: Expr| {
        let product = binary(BinaryOperator::Multiply, expr.clone(), array.clone());
        factor(product, &array)
    };
    let one = number(BigRational::from_integer(1.into()));
    let over = |part: &Expr| {
        let share = binary(BinaryOperator::Divide, one.clone(), part.clone());
        let quotient = binary(BinaryOperator::Divide, expr.clone(), part.clone());
        factor(quotient, &share)
    };
    let divisors = vocabulary.derived.iter().map(over);
    vocabulary.factors().map(times).chain(divisors).collect()
}
