//! Constructors of matrix algebra: products, transposes and outer products of closed arrays, scalars in front.

use crate::build::{is_plain_scalar, ones, product};
use crate::{Head, Term};
use derive_graph::Name;

/// The matrix product of closed factors, flat, with scalars in front.
pub fn matmul(factors: Vec<Term>) -> Term {
    let mut scalars = Vec::new();
    let mut flat = Vec::with_capacity(factors.len());
    let last = factors.len().saturating_sub(1);
    for (at, factor) in factors.into_iter().enumerate() {
        let oriented = if last == 0 {
            factor
        } else {
            oriented(factor, at == 0)
        };
        splice_matmul(oriented, &mut scalars, &mut flat);
    }
    let chain = if flat.len() == 1 {
        flat.swap_remove(0)
    } else {
        Term::raw(Head::MatMul, flat)
    };
    scalars.push(chain);
    product(Vec::new(), scalars)
}

/// A vector that is itself a product, written for its place: `uᵀA` in front, `A v` behind. Only then may it be spliced.
fn oriented(factor: Term, front: bool) -> Term {
    let (scalars, chain) = split_scalars(factor);
    let is_row = chain
        .children()
        .first()
        .is_some_and(|first| first.rank() == 1);
    if *chain.head() != Head::MatMul || chain.rank() != 1 || is_row == front {
        return product(Vec::new(), [scalars, vec![chain]].concat());
    }
    let turned = chain
        .children()
        .iter()
        .rev()
        .map(|factor| transpose(factor.clone()))
        .collect();
    product(
        Vec::new(),
        [scalars, vec![Term::raw(Head::MatMul, turned)]].concat(),
    )
}

fn splice_matmul(factor: Term, scalars: &mut Vec<Term>, flat: &mut Vec<Term>) {
    match factor.head() {
        Head::MatMul if factor.rank() > 0 => flat.extend(factor.children().iter().cloned()),
        Head::Product => {
            let (outside, inside): (Vec<Term>, Vec<Term>) = factor
                .split_terms()
                .1
                .iter()
                .cloned()
                .partition(is_plain_scalar);
            scalars.extend(outside);
            let inside = product(Vec::new(), inside);
            match inside.head() {
                Head::Product => flat.push(inside),
                _ => splice_matmul(inside, scalars, flat),
            }
        }
        _ => flat.push(factor),
    }
}

/// Whether a square matrix is its own transpose by its form: Xᵀ X, sums and entrywise products of such, A + Aᵀ, and what functions make of them.
///
/// `normal` writes both sides in one way before they are compared, such as without the transposes of what was declared to be symmetric.
pub fn is_own_transpose(matrix: &Term, normal: &impl Fn(&Term) -> Term) -> bool {
    let children = matrix.children();
    let binds = children.first().is_some_and(|it| it.as_index().is_some());
    match matrix.head() {
        _ if matrix.rank() != 2 => matrix.rank() == 0,
        Head::Sum | Head::Product if !binds => {
            let turned = |child: &Term| normal(&transpose(child.clone()));
            let mut left: Vec<Term> = children.iter().map(normal).collect();
            children.iter().all(|child| {
                let turned = turned(child);
                let at = left.iter().position(|other| *other == turned);
                at.map(|at| left.swap_remove(at)).is_some()
            }) || children.iter().all(|it| is_own_transpose(it, normal))
        }
        Head::Power(_) | Head::Apply(_) => children.iter().all(|it| is_own_transpose(it, normal)),
        Head::MatrixFunction(_) => is_own_transpose(&children[0], normal),
        _ => normal(&transpose(matrix.clone())) == normal(matrix),
    }
}

/// The term with Aᵀ written A for every array A that is symmetric, and for what is made of such by sums, functions and entry by entry.
pub fn without_turns(term: &Term, symmetric: &impl Fn(&Name) -> bool) -> Term {
    if *term.head() == Head::Transpose {
        let inner = &term.children()[0];
        let same = match inner.head() {
            Head::Tensor(name, _) => symmetric(name),
            // Of these it is asked what their children are; of others, what their transpose is, which is asked here.
            Head::Sum
            | Head::Product
            | Head::Power(_)
            | Head::Apply(_)
            | Head::MatrixFunction(_) => {
                is_own_transpose(inner, &|term| without_turns(term, symmetric))
            }
            _ => false,
        };
        if same {
            return without_turns(inner, symmetric);
        }
    }
    let children = term.children().iter();
    let children = children.map(|child| without_turns(child, symmetric));
    Term::raw(term.head().clone(), children.collect())
}

/// The transpose of a matrix; a vector is its own.
pub fn transpose(matrix: Term) -> Term {
    if matrix.rank() < 2 {
        return matrix;
    }
    let children = matrix.children();
    match matrix.head() {
        Head::Transpose => children[0].clone(),
        Head::Outer => Term::raw(Head::Outer, vec![children[1].clone(), children[0].clone()]),
        Head::Identity(_) | Head::DiagonalMatrix => matrix,
        // (M⁻¹)ᵀ = (Mᵀ)⁻¹, so the inverse of a matrix that is its own transpose is so too.
        Head::MatrixFunction(_) if is_own_transpose(&children[0], &Term::clone) => matrix,
        Head::Ones(shape) => ones(&shape.0.iter().rev().cloned().collect::<Vec<_>>()),
        Head::MatMul if children.iter().all(|factor| factor.rank() == 2) => matmul(
            children
                .iter()
                .rev()
                .map(|factor| transpose(factor.clone()))
                .collect(),
        ),
        Head::Product if children.iter().any(is_plain_scalar) => {
            let (scalars, arrays): (Vec<Term>, Vec<Term>) =
                children.iter().cloned().partition(is_plain_scalar);
            let turned = transpose(product(Vec::new(), arrays));
            product(Vec::new(), [scalars, vec![turned]].concat())
        }
        _ => Term::raw(Head::Transpose, vec![matrix]),
    }
}

/// u vᵀ
pub fn outer(u: Term, v: Term) -> Term {
    let (mut scalars, u) = split_scalars(u);
    let (more, v) = split_scalars(v);
    scalars.extend(more);
    scalars.push(Term::raw(Head::Outer, vec![u, v]));
    product(Vec::new(), scalars)
}

/// The scalar factors in front of an array, and the rest.
pub fn split_scalars(term: Term) -> (Vec<Term>, Term) {
    if *term.head() != Head::Product || !term.split_terms().0.is_empty() {
        return (Vec::new(), term);
    }
    let (scalars, rest): (Vec<Term>, Vec<Term>) =
        term.children().iter().cloned().partition(is_plain_scalar);
    (scalars, product(Vec::new(), rest))
}
