//! Constructors that keep terms in normal form.
//!
//! The normal form is the part of algebra that no reader wants to see as a step: nested products and sums are flat, numbers
//! are folded, scalars stand in front, δ_{ii} is 1, (Aᵀ)ᵀ is A, and transposes of products are products of transposes. All
//! of it holds unconditionally. Anything that needs a condition or a reason is a rewrite rule instead.

pub use crate::algebra::{
    is_own_transpose, matmul, outer, split_scalars, transpose, without_turns,
};
use crate::substitute::rename_bound;
use crate::unit_circle::collect_quarters;
pub use crate::unit_circle::{conjugate, quarter, quarter_turns, root, without_parts};
use crate::{Affine, Fresh, Head, Index, Rational, Term};
use derive_graph::function::{Arithmetic, Notation};
use derive_graph::{Atom, Coefficient, Dim, Function, Name, Polynomial, Shape};
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Numbers with more bits than this are not folded any further.
const MAX_BITS: u64 = 4096;

/// A number.
pub fn number(value: Rational) -> Term {
    Term::leaf(Head::Number(value))
}

/// A whole number.
pub fn integer(value: i64) -> Term {
    number(Rational::from_integer(value.into()))
}

/// An index as a leaf.
pub fn index(index: &Index) -> Term {
    Term::leaf(Head::Index(index.clone()))
}

/// A named array.
pub fn tensor(name: &Name, shape: &Shape) -> Term {
    Term::leaf(Head::Tensor(name.clone(), shape.clone()))
}

/// The size of a dimension as a scalar.
pub fn dimension(dim: &Dim) -> Term {
    match dim {
        Dim::Named(name) => Term::leaf(Head::Dimension(name.clone())),
        Dim::Size(size) => number(Rational::from_integer((*size).into())),
        Dim::Formula(formula) => polynomial(formula),
    }
}

/// A polynomial in dimensions as a scalar; quotients rounded down are written with the function `floor`.
pub fn polynomial(polynomial_: &Polynomial) -> Term {
    let atom = |atom: &Atom| match atom {
        Atom::Named(name) => Term::leaf(Head::Dimension(name.clone())),
        Atom::Quotient(inner, by) => {
            let quotient = product(
                Vec::new(),
                vec![
                    number(Rational::new(1.into(), (*by).into())),
                    polynomial(inner),
                ],
            );
            apply(Function::named("floor"), vec![quotient])
        }
    };
    let monomial = |(atoms, coefficient): &(Vec<Atom>, Coefficient)| {
        let (above, below) = (*coefficient.numer(), *coefficient.denom());
        let mut factors = vec![number(Rational::new(above.into(), below.into()))];
        factors.extend(atoms.iter().map(atom));
        product(Vec::new(), factors)
    };
    sum(polynomial_.in_reading_order().map(monomial).collect())
}

/// The array of ones.
pub fn ones(dims: &[Dim]) -> Term {
    if dims.is_empty() {
        integer(1)
    } else {
        Term::leaf(Head::Ones(Shape(dims.to_vec())))
    }
}

/// The normal form of a node with these parts.
pub fn node(head: Head, children: Vec<Term>) -> Term {
    match head {
        Head::Product => {
            let raw = Term::raw(Head::Product, children);
            let (bound, factors) = raw.split();
            product(bound, factors.to_vec())
        }
        Head::Sum => sum(children),
        Head::Power(exponent) => match children.into_iter().next() {
            Some(base) => power(base, exponent),
            None => Term::leaf(Head::Power(exponent)),
        },
        Head::Apply(function) => apply(function, children),
        Head::Delta => match (children[0].as_index(), children[1].as_index()) {
            (Some(a), Some(b)) => delta(a, b),
            _ => Term::raw(Head::Delta, children),
        },
        Head::Root => match (children[0].as_index(), children[1].as_index()) {
            (Some(a), Some(b)) => root(a, b),
            _ => Term::raw(Head::Root, children),
        },
        Head::Entry => {
            let indices: Vec<Index> = children[1..]
                .iter()
                .filter_map(Term::as_index)
                .cloned()
                .collect();
            entry(children[0].clone(), indices)
        }
        Head::MatMul => matmul(children),
        Head::Transpose => transpose(children[0].clone()),
        Head::Outer => outer(children[0].clone(), children[1].clone()),
        Head::RealPart | Head::ImaginaryPart => part_of_complex(head, children),
        other => Term::raw(other, children),
    }
}

/// A part of a complex number, real scalars in front; a real number is its real part, and has no imaginary one.
fn part_of_complex(part: Head, mut children: Vec<Term>) -> Term {
    if children.len() == 1 && !children[0].is_complex() {
        match (&part, children[0].rank()) {
            (Head::RealPart, _) => return children.swap_remove(0),
            (_, 0) => return integer(0),
            _ => {}
        }
    }
    let product_of = children.first().filter(|it| *it.head() == Head::Product);
    let Some((bound, factors)) = product_of.map(Term::split) else {
        return Term::raw(part, children);
    };
    let real = |factor: &Term| is_plain_scalar(factor) && !factor.is_complex();
    let (mut front, rest): (Vec<Term>, Vec<Term>) = factors.iter().cloned().partition(real);
    if front.is_empty() {
        return Term::raw(part, children);
    }
    front.push(Term::raw(part, vec![product(bound, rest)]));
    product(Vec::new(), front)
}

/// The entry of a closed array at these indices.
pub fn entry(array: Term, indices: Vec<Index>) -> Term {
    match array.head() {
        _ if indices.is_empty() => array,
        _ if any_outside(&indices) => integer(0),
        Head::Transpose => entry(
            array.children()[0].clone(),
            indices.into_iter().rev().collect(),
        ),
        Head::Ones(_) => inside(&indices),
        Head::Identity(_) => delta(&indices[0], &indices[1]),
        _ => {
            let mut children = vec![array];
            children.extend(indices.iter().map(index));
            Term::raw(Head::Entry, children)
        }
    }
}

/// 1 where every subscript is a place of its axis and 0 elsewhere: an entry of ones.
pub fn inside(indices: &[Index]) -> Term {
    let doubtful = |index: &&Index| index.as_affine().is_some_and(|it| !it.is_always_inside());
    let left: Vec<&Index> = indices.iter().filter(doubtful).collect();
    if left.is_empty() {
        return integer(1);
    }
    if any_outside(indices) {
        return integer(0);
    }
    let mut children = vec![ones(
        &left.iter().map(|index| index.dim()).collect::<Vec<_>>(),
    )];
    children.extend(left.into_iter().map(index));
    Term::raw(Head::Entry, children)
}

/// Whether an index is a number that is no place of its axis.
fn any_outside(indices: &[Index]) -> bool {
    let mut places = indices.iter().filter_map(Index::as_affine);
    places.any(Affine::is_never_inside)
}

/// The array whose entry at `indices` is `body`; `body` itself without indices.
pub fn comprehension(indices: &[Index], body: Term) -> Term {
    if indices.is_empty() {
        return body;
    }
    let children = indices.iter().map(index).chain([body]).collect();
    Term::raw(Head::Comprehension, children)
}

/// The largest or least of `body` over `bound`, where `counts` is not 0. Without indices left to run over, `body`.
pub fn extremum(least: bool, bound: Vec<Index>, body: Term, counts: Term) -> Term {
    let bound: Vec<Index> = bound
        .into_iter()
        .filter(|index| *index != Index::Unit)
        .collect();
    if bound.is_empty() {
        return body;
    }
    let children = bound.iter().map(index).chain([body, counts]).collect();
    Term::raw(Head::Extremum { least }, children)
}

/// δ_{ab}: 1 where both are the same place of their axis, 0 elsewhere.
pub fn delta(a: &Index, b: &Index) -> Term {
    let apart = match (a.as_constant(), b.as_constant()) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    };
    if a == b {
        inside(std::slice::from_ref(a))
    } else if apart || any_outside(&[a.clone(), b.clone()]) {
        integer(0)
    } else {
        Term::raw(Head::Delta, vec![index(a), index(b)])
    }
}

/// Σ over `bound` of the product of `factors`.
pub fn product(bound: Vec<Index>, factors: Vec<Term>) -> Term {
    let mut bound: Vec<Index> = bound
        .into_iter()
        .filter(|index| *index != Index::Unit)
        .collect();
    let mut flat = Vec::with_capacity(factors.len());
    splice_products(factors, &[], &mut bound, &mut flat);
    collect_quarters(&mut flat);
    let foldable = |factor: &Term| {
        let number = factor.as_number();
        number.is_some_and(|it| it.numer().bits() + it.denom().bits() <= MAX_BITS)
    };
    let coefficient = flat
        .iter()
        .filter(|factor| foldable(factor))
        .filter_map(Term::as_number)
        .cloned()
        .reduce(|product, number| product * number);
    flat.retain(|factor| !foldable(factor));
    let coefficient = coefficient.filter(|it| !it.is_one());
    if coefficient.as_ref().is_some_and(Zero::is_zero)
        && flat.iter().all(|factor| factor.rank() == 0)
    {
        return integer(0);
    }
    // Scalars stand in front of what depends on an index or has axes; otherwise the order is the order of arrival.
    let (mut ordered, rest): (Vec<_>, Vec<_>) = flat.into_iter().partition(is_plain_scalar);
    ordered.extend(rest);
    if let Some(coefficient) = coefficient {
        ordered.insert(0, number(coefficient));
    }
    match (bound.is_empty(), ordered.len()) {
        (true, 0) => integer(1),
        (true, 1) => ordered.swap_remove(0),
        _ => {
            let mut children: Vec<Term> = bound.iter().map(index).collect();
            children.extend(ordered);
            Term::raw(Head::Product, children)
        }
    }
}

/// Whether a factor is a scalar that mentions no index.
pub fn is_plain_scalar(term: &Term) -> bool {
    term.rank() == 0
        && term.free().is_empty()
        && !term.any(&|term| matches!(term.head(), Head::Index(_)))
}

/// Splices factors that are products, renaming their bound indices apart from everything met so far, and from what is free in the
/// factors `outside`, beside which these will stand.
fn splice_products(
    factors: Vec<Term>,
    outside: &[Index],
    bound: &mut Vec<Index>,
    flat: &mut Vec<Term>,
) {
    // A sum over indices stays by itself beside an array: its factors are entries.
    let among_entries = factors.iter().all(|factor| factor.rank() == 0);
    let nested =
        |factor: &Term| *factor.head() == Head::Product && factor.rank() == 0 && among_entries;
    let closed_product =
        |factor: &Term| *factor.head() == Head::Product && factor.split_terms().0.is_empty();
    if !factors
        .iter()
        .any(|factor| nested(factor) || closed_product(factor))
    {
        flat.extend(factors);
        return;
    }
    let others = bound.iter().chain(outside).filter_map(Index::id);
    let next = factors
        .iter()
        .map(Term::next_index)
        .chain(others.map(|id| id + 1))
        .max();
    let mut fresh = Fresh::starting_at(next.unwrap_or(0));
    let free = factors.iter().flat_map(Term::free);
    let outer: Vec<Index> = free.chain(outside).cloned().collect();
    for factor in factors {
        if !nested(&factor) && !closed_product(&factor) {
            flat.push(factor);
            continue;
        }
        let taken = |index: &Index| bound.contains(index) || outer.contains(index);
        let apart = if factor.split().0.iter().any(taken) {
            rename_bound(&factor, &taken, &mut fresh)
        } else {
            factor
        };
        let (inner, rest) = apart.split();
        let rest = rest.to_vec();
        bound.extend(inner);
        splice_products(rest, &outer, bound, flat);
    }
}

/// The sum of `terms`.
pub fn sum(terms: Vec<Term>) -> Term {
    let mut constant = Rational::zero();
    let mut flat = Vec::with_capacity(terms.len());
    splice_sums(terms, &mut constant, &mut flat);
    if !constant.is_zero() {
        flat.insert(0, number(constant));
    }
    // A minus in front reads worse than one between terms.
    let (mut ordered, negative): (Vec<_>, Vec<_>) =
        flat.into_iter().partition(|term| !is_negative(term));
    ordered.extend(negative);
    match ordered.len() {
        0 => integer(0),
        1 => ordered.swap_remove(0),
        _ => Term::raw(Head::Sum, ordered),
    }
}

fn splice_sums(terms: Vec<Term>, constant: &mut Rational, flat: &mut Vec<Term>) {
    for term in terms {
        match term.head() {
            Head::Sum => splice_sums(term.children().to_vec(), constant, flat),
            Head::Number(value) => *constant += value,
            _ => flat.push(term),
        }
    }
}

/// The numeric factor in front of a term.
pub fn coefficient(term: &Term) -> Rational {
    match term.head() {
        Head::Number(value) => value.clone(),
        Head::Product => {
            let (_, factors) = term.split_terms();
            factors
                .first()
                .and_then(Term::as_number)
                .cloned()
                .unwrap_or_else(Rational::one)
        }
        _ => Rational::one(),
    }
}

/// Whether [`coefficient`] is negative.
fn is_negative(term: &Term) -> bool {
    let first = match term.head() {
        Head::Product => term.children().iter().find(|it| it.as_index().is_none()),
        _ => Some(term),
    };
    let number = first.and_then(Term::as_number);
    number.is_some_and(Signed::is_negative)
}

/// −term
pub fn negate(term: Term) -> Term {
    product(Vec::new(), vec![integer(-1), term])
}

/// a − b
pub fn difference(a: Term, b: Term) -> Term {
    sum(vec![a, negate(b)])
}

/// 1 / term
pub fn reciprocal(term: Term) -> Term {
    power(term, -Rational::one())
}

/// base^exponent, entry by entry.
pub fn power(base: Term, exponent: Rational) -> Term {
    if exponent.is_one() {
        return base;
    }
    if exponent.is_zero() {
        return if base.rank() == 0 {
            integer(1)
        } else {
            ones(&base.shape().cloned().unwrap_or_default().0)
        };
    }
    match base.head() {
        Head::Number(value) => fold_power(value, &exponent)
            .unwrap_or_else(|| Term::raw(Head::Power(exponent), vec![base])),
        // (x^p)^n = x^{pn} wherever the left side is defined, as long as n is whole.
        Head::Power(inner) if exponent.is_integer() => {
            power(base.children()[0].clone(), inner * exponent)
        }
        Head::Product if exponent.is_integer() && base.split_terms().0.is_empty() => {
            power_of_product(&base, exponent)
        }
        _ => Term::raw(Head::Power(exponent), vec![base]),
    }
}

fn fold_power(value: &Rational, exponent: &Rational) -> Option<Term> {
    // √(p/q) where both are squares, and powers of it.
    let doubled = exponent * integer_rational(2);
    if !exponent.is_integer() && doubled.is_integer() && value.is_positive() {
        let (top, bottom) = (value.numer().sqrt(), value.denom().sqrt());
        let exact = &top * &top == *value.numer() && &bottom * &bottom == *value.denom();
        return exact
            .then(|| fold_power(&Rational::new(top, bottom), &doubled))
            .flatten();
    }
    let whole = exponent
        .is_integer()
        .then(|| exponent.to_integer().to_i32())
        .flatten()?;
    let bits = (value.numer().bits() + value.denom().bits()) * u64::from(whole.unsigned_abs());
    let defined = whole > 0 || !value.is_zero();
    (defined && bits <= MAX_BITS).then(|| number(value.pow(whole)))
}

/// (s A)^n: scalars leave the power; a reciprocal goes to every factor so that it can meet what it cancels.
fn power_of_product(base: &Term, exponent: Rational) -> Term {
    let (_, factors) = base.split_terms();
    let leaves = |factor: &Term| exponent.is_negative() || is_plain_scalar(factor);
    let (outside, inside): (Vec<Term>, Vec<Term>) = factors.iter().cloned().partition(leaves);
    if outside.is_empty() {
        return Term::raw(Head::Power(exponent), vec![base.clone()]);
    }
    let mut powers: Vec<Term> = outside
        .into_iter()
        .map(|factor| power(factor, exponent.clone()))
        .collect();
    if !inside.is_empty() {
        powers.push(power(product(Vec::new(), inside), exponent));
    }
    product(Vec::new(), powers)
}

/// f(arguments), entry by entry; arithmetic becomes sums, products and powers.
pub fn apply(function: Function, mut arguments: Vec<Term>) -> Term {
    let arithmetic = function
        .row()
        .filter(|_| function.primes == 0)
        .map(|row| row.notation);
    match (arithmetic, arguments.as_slice()) {
        (Some(Notation::Arithmetic(operation)), _) => apply_arithmetic(operation, arguments),
        (Some(Notation::Square), [_]) => power(arguments.swap_remove(0), integer_rational(2)),
        (Some(Notation::Root), [_]) => {
            power(arguments.swap_remove(0), Rational::new(1.into(), 2.into()))
        }
        _ => Term::raw(Head::Apply(function), arguments),
    }
}

fn integer_rational(value: i64) -> Rational {
    Rational::from_integer(value.into())
}

fn apply_arithmetic(operation: Arithmetic, arguments: Vec<Term>) -> Term {
    let pair = |arguments: Vec<Term>| -> [Term; 2] {
        arguments.try_into().expect("the table gives two arguments")
    };
    match operation {
        Arithmetic::Add => sum(arguments),
        Arithmetic::Multiply => product(Vec::new(), arguments),
        Arithmetic::Negate => product(Vec::new(), [vec![integer(-1)], arguments].concat()),
        Arithmetic::Subtract => {
            let [a, b] = pair(arguments);
            difference(a, b)
        }
        Arithmetic::Divide => {
            let [a, b] = pair(arguments);
            product(Vec::new(), vec![a, reciprocal(b)])
        }
        Arithmetic::Power => {
            let [base, exponent] = pair(arguments);
            match exponent.as_number() {
                Some(value) => power(base, value.clone()),
                None => Term::raw(Head::Apply(Function::named("power")), vec![base, exponent]),
            }
        }
    }
}
