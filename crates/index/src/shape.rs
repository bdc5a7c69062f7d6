//! The shape of a node, from its head and its children's shapes, by the rules stated at each [`Head`].
//!
//! Most nodes have the shape that stands in their head or that of one child; they note where, and keep no copy.

use crate::{Head, Index, Term};
use derive_graph::{Dim, Polynomial, Shape};

/// Where the shape of a node stands.
#[derive(Debug)]
pub(crate) enum Place {
    /// The parts do not conform.
    Nowhere,
    /// It is a scalar.
    Scalar,
    /// In the node's head.
    OfHead,
    /// It is that of the child at this place.
    OfChild(usize),
    /// Here.
    Own(Shape),
}

static SCALAR: Shape = Shape(Vec::new());

impl Place {
    /// The place of the shape of a node with this head and these children.
    pub(crate) fn of(head: &Head, children: &[Term]) -> Place {
        let when = |conforms: bool, place| if conforms { place } else { Place::Nowhere };
        let rank = children.first().and_then(Term::shape).map(Shape::rank);
        let made = |rule: &dyn Fn(&[&Shape]) -> Option<Shape>| {
            let shapes: Option<Vec<&Shape>> = children.iter().map(Term::shape).collect();
            own(shapes.and_then(|shapes| rule(&shapes)))
        };
        match head {
            Head::Number(_) | Head::Dimension(_) | Head::Index(_) => Place::Scalar,
            Head::Tensor(..) | Head::Ones(_) => Place::OfHead,
            Head::Reshape(_) => when(rank.is_some(), Place::OfHead),
            Head::Gather(gather, _) => when(rank == Some(gather.axes.len()), Place::OfHead),
            Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) => {
                entrywise_shape(children)
            }
            Head::Softmax { axis, .. } => {
                when(rank.is_some_and(|rank| *axis < rank), Place::OfChild(0))
            }
            Head::Identity(dim) => Place::Own(Shape(vec![dim.clone(), dim.clone()])),
            Head::Delta | Head::Root => own(delta_shape(children)),
            Head::Entry => own(entry_shape(children)),
            Head::Comprehension => own(comprehension_shape(children)),
            Head::Extremum { .. } => own(extremum_shape(children)),
            Head::MatMul => made(&matmul_shape),
            Head::Transpose => made(&transpose_shape),
            Head::Outer => made(&outer_shape),
            Head::Fourier { .. } => when(rank == Some(1), Place::OfChild(0)),
            Head::Conjugate | Head::RealPart | Head::ImaginaryPart => {
                when(rank.is_some(), Place::OfChild(0))
            }
            Head::EveryLayer(_) => when(rank.is_some(), Place::OfChild(0)),
            Head::Trace => made(&|shapes| square(shapes).map(|_| Shape::scalar())),
            Head::Diagonal => made(&|shapes| square(shapes).map(|dim| Shape(vec![dim]))),
            Head::DiagonalMatrix => made(&diagonal_matrix_shape),
            Head::Axes(axes) => made(&|shapes| axes_shape(axes, shapes.first()?)),
            Head::Concat(axis) => made(&|shapes| concat_shape(*axis, shapes)),
            Head::MatrixFunction(name) => made(&|shapes| matrix_function_shape(name, shapes)),
        }
    }

    /// The shape of `node`, whose place this is.
    pub(crate) fn read<'a>(&'a self, node: &'a Term) -> Option<&'a Shape> {
        match self {
            Place::Nowhere => None,
            Place::Scalar => Some(&SCALAR),
            Place::OfHead => declared(node.head()),
            Place::OfChild(at) => node.children()[*at].shape(),
            Place::Own(shape) => Some(shape),
        }
    }
}

/// The shape that stands in a head itself.
fn declared(head: &Head) -> Option<&Shape> {
    match head {
        Head::Tensor(_, shape)
        | Head::Ones(shape)
        | Head::Gather(_, shape)
        | Head::Reshape(shape) => Some(shape),
        _ => None,
    }
}

fn own(shape: Option<Shape>) -> Place {
    match shape {
        None => Place::Nowhere,
        Some(shape) if shape.is_scalar() => Place::Scalar,
        Some(shape) => Place::Own(shape),
    }
}

fn transpose_shape(shapes: &[&Shape]) -> Option<Shape> {
    match shapes {
        [Shape(dims)] if dims.len() == 2 => Some(Shape(vec![dims[1].clone(), dims[0].clone()])),
        _ => None,
    }
}

fn outer_shape(shapes: &[&Shape]) -> Option<Shape> {
    match shapes {
        [Shape(u), Shape(v)] if u.len() == 1 && v.len() == 1 => {
            Some(Shape(vec![u[0].clone(), v[0].clone()]))
        }
        _ => None,
    }
}

fn diagonal_matrix_shape(shapes: &[&Shape]) -> Option<Shape> {
    match shapes {
        [Shape(dims)] if dims.len() == 1 => Some(Shape(vec![dims[0].clone(), dims[0].clone()])),
        _ => None,
    }
}

fn matrix_function_shape(name: &str, shapes: &[&Shape]) -> Option<Shape> {
    let dim = square(shapes)?;
    let matrix = derive_graph::matrix_function::row(name)?.matrix;
    Some(if matrix {
        Shape(vec![dim.clone(), dim])
    } else {
        Shape::scalar()
    })
}

fn delta_shape(children: &[Term]) -> Option<Shape> {
    match children {
        [a, b] if a.as_index()?.runs_over(&b.as_index()?.dim()) => Some(Shape::scalar()),
        _ => None,
    }
}

fn entry_shape(children: &[Term]) -> Option<Shape> {
    let (array, indices) = children.split_first()?;
    let dims = &array.shape()?.0;
    let fits =
        |(index, dim): (&Term, &Dim)| index.as_index().is_some_and(|index| index.runs_over(dim));
    (indices.len() == dims.len() && indices.iter().zip(dims).all(fits)).then(Shape::scalar)
}

fn comprehension_shape(children: &[Term]) -> Option<Shape> {
    let (body, indices) = children.split_last()?;
    let dims = indices
        .iter()
        .map(|index| index.as_index().map(Index::dim))
        .collect::<Option<Vec<_>>>()?;
    body.shape()?.is_scalar().then_some(Shape(dims))
}

fn concat_shape(axis: usize, shapes: &[&Shape]) -> Option<Shape> {
    let (first, rest) = shapes.split_first()?;
    let mut whole = (*first).clone();
    for shape in rest {
        let same = |(at, (a, b)): (usize, (&Dim, &Dim))| at == axis || a == b;
        let fits =
            shape.rank() == whole.rank() && shape.0.iter().zip(&whole.0).enumerate().all(same);
        let sum = Polynomial::from(whole.0.get(axis)?).plus(&shape.0.get(axis)?.into());
        whole.0[axis] = sum.to_dim().filter(|_| fits)?;
    }
    Some(whole)
}

fn extremum_shape(children: &[Term]) -> Option<Shape> {
    let is_scalar = |term: &Term| term.shape().is_some_and(Shape::is_scalar);
    let body = children
        .iter()
        .skip_while(|child| child.as_index().is_some());
    let body: Vec<&Term> = body.collect();
    (body.len() == 2 && body.into_iter().all(is_scalar)).then(Shape::scalar)
}

/// That of the first child that is no scalar; all others must agree with it.
fn entrywise_shape(children: &[Term]) -> Place {
    let mut first = None;
    for (at, child) in children.iter().enumerate() {
        match (child.shape(), first) {
            (None, _) => return Place::Nowhere,
            (Some(shape), _) if shape.is_scalar() => {}
            (Some(shape), None) => first = Some((at, shape)),
            (Some(shape), Some((_, known))) if shape == known => {}
            _ => return Place::Nowhere,
        }
    }
    first.map_or(Place::Scalar, |(at, _)| Place::OfChild(at))
}

fn matmul_shape(shapes: &[&Shape]) -> Option<Shape> {
    let last = shapes.len().checked_sub(1).filter(|&last| last > 0)?;
    let fits = shapes
        .iter()
        .enumerate()
        .all(|(at, shape)| match shape.rank() {
            2 => true,
            1 => at == 0 || at == last,
            _ => false,
        });
    let meets = shapes
        .windows(2)
        .all(|pair| pair[0].0.last() == pair[1].0.first());
    let front = shapes[0].0[..]
        .split_last()
        .map(|(_, front)| front.to_vec());
    let back = shapes[last].0[..]
        .split_first()
        .map(|(_, back)| back.to_vec());
    (fits && meets).then(|| Shape([front.unwrap_or_default(), back.unwrap_or_default()].concat()))
}

fn square(shapes: &[&Shape]) -> Option<Dim> {
    match shapes {
        [Shape(dims)] if dims.len() == 2 && dims[0] == dims[1] => Some(dims[0].clone()),
        _ => None,
    }
}

fn axes_shape(axes: &[Option<usize>], shape: &Shape) -> Option<Shape> {
    let kept = |axis: usize| axes.contains(&Some(axis));
    let dropped_are_units = (0..shape.rank()).all(|axis| kept(axis) || shape.0[axis].is_unit());
    let dim =
        |axis: &Option<usize>| axis.map_or(Some(Dim::Size(1)), |axis| shape.0.get(axis).cloned());
    let dims = axes.iter().map(dim).collect::<Option<Vec<_>>>()?;
    dropped_are_units.then_some(Shape(dims))
}
