//! A term as nested lists, the head first: `["sum", ["array", "X"], ["number", "1/2"]]`.
//!
//! | list | meaning |
//! |---|---|
//! | `["number", "-1/2"]`, `["dimension", "N"]` | an exact number; a size as a number |
//! | `["array", "W1"]`, `["gradient", "Z1"]` | an array of the spec; the derivative of the loss by it |
//! | `["derivative", "L", "W1"]` | ∂L/∂W1 where it is a quantity that is differentiated again |
//! | `["index", "i"]` | a subscript, `2 p + r` included |
//! | `["ones", ["N"]]`, `["identity", "n"]` | arrays of ones; the identity matrix |
//! | `["entry", A, i, …]`, `["delta", i, j]` | an entry of A; Kronecker's delta |
//! | `["root-of-unity", i, j]` | ω^{ij} with ω = exp(2π√−1/N), where i and j count to N |
//! | `["sum-over", ["k"], a, b, …]` | Σ_k a b …; with `[]` the product, entry by entry, of its factors |
//! | `["sum", a, …]`, `["power", "1/2", a]`, `["apply", "tanh", 0, a, …]` | entry by entry; the number counts primes |
//! | `["max", ["k"], a, p]`, `["min", …]` | over those k where p is 1 |
//! | `["entries", ["i", "j"], a]` | the array whose entry is a |
//! | others | the matrix operation of that name on the arrays that follow |

use crate::alphabet::Alphabet;
use crate::term::Speller;
use crate::text;
use derive_graph::Shape;
use derive_index::{Head, Index, Term};
use serde_json::{Value, json};

/// The tree of a term all of whose indices have letters.
pub fn tree(speller: &Speller<'_>, term: &Term) -> Value {
    let letter = |index: &Index| text::inline_in(&speller.index(index), Alphabet::Ascii).into();
    tree_with(&letter, term)
}

/// The tree of a term with numbered indices, each with what it runs over, so that it can be evaluated: `["i7", "N"]`. A subscript that is
/// more than an index is `["affine", dimension, divisor, cyclic, constant, [[index, factor], …]]`, the only one of an axis of size
/// 1 is `["unit"]`.
pub fn numbered(term: &Term) -> Value {
    tree_with(&number, term)
}

/// Where the part at a path of child positions stands in the tree of a term: a position in every nested list, outermost first.
pub fn place(term: &Term, path: &[usize]) -> Vec<usize> {
    let Some((&at, rest)) = path.split_first() else {
        return Vec::new();
    };
    let Some(child) = term.children().get(at) else {
        return Vec::new();
    };
    let bound = term.split_terms().0.len();
    let own = match term.head() {
        // Behind the name and the list of what is bound.
        head if head.binds() => (2 + at).saturating_sub(bound),
        head => words(head, term).len() + at,
    };
    let mut found = vec![own];
    found.extend(place(child, rest));
    found
}

fn number(index: &Index) -> Value {
    match index {
        Index::Unit => json!(["unit"]),
        Index::Variable { id, dim } => json!([format!("i{id}"), dim.to_string()]),
        Index::Affine(affine) => {
            let terms = affine.terms().iter();
            let terms = terms.map(|(index, factor)| json!([number(index), factor.to_string()]));
            json!([
                "affine",
                affine.dim().to_string(),
                affine.divisor(),
                affine.cyclic(),
                affine.constant().to_string(),
                Value::from_iter(terms)
            ])
        }
    }
}

/// The tree, with the indices as `letter` writes them.
fn tree_with(letter: &dyn Fn(&Index) -> Value, term: &Term) -> Value {
    let (indices, rest) = term.split();
    let bound = || Value::from_iter(indices.iter().map(letter));
    match term.head() {
        Head::Number(value) => json!(["number", value.to_string()]),
        Head::Dimension(name) => json!(["dimension", name.as_str()]),
        Head::Tensor(name, _) => match (name.of_cotangent(), name.as_derivative()) {
            (Some(variable), _) => json!(["gradient", variable.as_str()]),
            (_, Some((of, by))) => json!(["derivative", of.as_str(), by.as_str()]),
            _ => json!(["array", name.as_str()]),
        },
        Head::Index(index) => json!(["index", letter(index)]),
        Head::Ones(shape) => json!(["ones", sizes(shape)]),
        Head::Identity(dim) => json!(["identity", dim.to_string()]),
        Head::Product => list(vec!["sum-over".into(), bound()], rest, letter),
        Head::Comprehension => list(vec!["entries".into(), bound()], rest, letter),
        Head::Extremum { least } => {
            let name = if *least { "min" } else { "max" };
            list(vec![name.into(), bound()], rest, letter)
        }
        head => list(words(head, term), term.children(), letter),
    }
}

/// The head of an operation and what it says of itself.
fn words(head: &Head, term: &Term) -> Vec<Value> {
    let shape = || sizes(&term.shape().cloned().unwrap_or_default());
    match head {
        Head::Power(exponent) => vec!["power".into(), exponent.to_string().into()],
        Head::Apply(function) => vec![
            "apply".into(),
            function.name.as_str().into(),
            function.primes.into(),
        ],
        Head::Axes(axes) => vec!["axes".into(), json!(axes)],
        Head::Softmax { axis, log: false } => vec!["softmax".into(), (*axis).into()],
        Head::Softmax { axis, log: true } => vec!["log-softmax".into(), (*axis).into()],
        Head::Gather(gather, _) => {
            let places = gather.axes.iter().map(|axis| {
                let terms = axis.terms.iter();
                let terms = terms.map(|(axis, factor)| json!([axis, factor.to_string()]));
                let terms = Value::from_iter(terms);
                json!([terms, axis.constant.to_string(), axis.divisor, axis.cyclic])
            });
            vec!["gather".into(), shape(), Value::from_iter(places)]
        }
        Head::Reshape(_) => vec!["reshape".into(), shape()],
        Head::Concat(axis) => vec!["concat".into(), (*axis).into()],
        Head::EveryLayer(layers) => {
            let some = !layers.is_whole();
            let which = some.then(|| layers.condition(">=", "<=").into());
            std::iter::once("sum-over-layers".into())
                .chain(which)
                .collect()
        }
        Head::MatrixFunction(name) => vec!["matrix-function".into(), (*name).into()],
        other => vec![plain(other).into()],
    }
}

/// Heads that say nothing but their name.
fn plain(head: &Head) -> &'static str {
    match head {
        Head::Entry => "entry",
        Head::Delta => "delta",
        Head::Root => "root-of-unity",
        Head::Fourier { inverse: false } => "dft",
        Head::Fourier { inverse: true } => "idft",
        Head::Conjugate => "conjugate",
        Head::RealPart => "real-part",
        Head::ImaginaryPart => "imaginary-part",
        Head::Sum => "sum",
        Head::MatMul => "matmul",
        Head::Transpose => "transpose",
        Head::Outer => "outer",
        Head::Trace => "trace",
        Head::Diagonal => "diagonal",
        Head::DiagonalMatrix => "diagonal-matrix",
        _ => "unknown",
    }
}

fn list(mut head: Vec<Value>, children: &[Term], letter: &dyn Fn(&Index) -> Value) -> Value {
    head.extend(children.iter().map(|child| tree_with(letter, child)));
    Value::Array(head)
}

fn sizes(shape: &Shape) -> Value {
    Value::from_iter(shape.0.iter().map(ToString::to_string))
}
