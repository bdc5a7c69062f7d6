//! Arrays without free indices: each entry of the result by its definition.

use super::field::eliminate;
use super::{Exact, Obstacle, Residues, Scope, malformed, places};
use derive_graph::{Gather, Shape};
use derive_index::write_out::entry_at;
use derive_index::{Fresh, Head, Term, build};
use std::rc::Rc;

/// An array by its entries.
fn tabulate(dims: Vec<usize>, entry: impl Fn(&[usize]) -> u64) -> Residues {
    let data = places(&dims).iter().map(|place| entry(place)).collect();
    Residues { dims, data }
}

impl Residues {
    /// The entry at a place; a scalar is the same everywhere.
    fn at(&self, place: &[usize]) -> u64 {
        let offset = self
            .dims
            .iter()
            .zip(place)
            .fold(0, |offset, (size, at)| offset * size + at);
        self.data[offset]
    }
}

impl Exact {
    /// The array of a term without free indices.
    pub(super) fn closed(&mut self, term: &Term) -> Result<Rc<Residues>, Obstacle> {
        let shape = term
            .shape()
            .ok_or_else(|| malformed("a term does not conform"))?;
        if let Head::Tensor(name, _) = term.head() {
            let array = self.arrays.get(name);
            let array = array.ok_or_else(|| malformed(&format!("`{name}` has no value")))?;
            return Ok(Rc::clone(array));
        }
        if let Some(known) = self.known.get(term) {
            return Ok(Rc::clone(known));
        }
        let dims = self.sizes.dims(shape)?;
        let array = self.closed_node(term, dims.clone())?;
        if array.dims != dims {
            return Err(malformed("a value has other sizes than its term"));
        }
        let array = Rc::new(array);
        self.known.insert(term.clone(), Rc::clone(&array));
        Ok(array)
    }

    /// A transform, or a part of a complex array: conjugates of residues are those of the roots that they were made of, so that these have to
    /// be seen.
    fn by_entries(&mut self, term: &Term) -> Result<Residues, Obstacle> {
        let shape = term.shape().cloned().unwrap_or_default();
        if let Some(written) = build::without_parts(term).filter(|_| shape.is_scalar()) {
            return Ok(Residues::clone(&*self.evaluate(&written, &[])?));
        }
        let mut fresh = Fresh::starting_at(term.next_index());
        let indices = fresh.indices(&shape.0);
        let entry = entry_at(term, &indices, &mut fresh);
        let entry = entry.ok_or_else(|| malformed("a complex array without entries"))?;
        Ok(Residues::clone(&*self.evaluate(&entry, &indices)?))
    }

    fn closed_node(&mut self, term: &Term, dims: Vec<usize>) -> Result<Residues, Obstacle> {
        match term.head() {
            Head::Ones(_) => Ok(tabulate(dims, |_| 1)),
            Head::Fourier { .. } | Head::Conjugate | Head::RealPart | Head::ImaginaryPart => {
                self.by_entries(term)
            }
            Head::Identity(_) => Ok(tabulate(dims, |place| u64::from(place[0] == place[1]))),
            Head::Comprehension => {
                let (indices, body) = term.split();
                let [body] = body else {
                    return Err(malformed("a comprehension has one entry"));
                };
                Ok(Residues::clone(&*self.evaluate(body, &indices)?))
            }
            Head::Product | Head::Sum | Head::Power(_) | Head::Apply(_) if !dims.is_empty() => {
                self.entrywise(term, dims)
            }
            Head::Number(_)
            | Head::Dimension(_)
            | Head::Entry
            | Head::Delta
            | Head::Root
            | Head::Extremum { .. }
            | Head::Product
            | Head::Sum
            | Head::Power(_)
            | Head::Apply(_) => {
                let data = vec![self.entry(term, &mut Scope::new())?];
                Ok(Residues { dims, data })
            }
            Head::Index(_) | Head::Tensor(..) => {
                Err(malformed("an index stands where an array should"))
            }
            head => {
                let parts = term.children().iter().map(|part| self.closed(part));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                self.algebra(head, dims, &parts)
            }
        }
    }

    /// Entry by entry; scalars go with every entry.
    fn entrywise(&mut self, term: &Term, dims: Vec<usize>) -> Result<Residues, Obstacle> {
        let parts = term.children().iter().map(|part| self.closed(part));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let field = self.field;
        let mut data = Vec::new();
        for place in places(&dims) {
            let below: Vec<u64> = parts.iter().map(|part| part.at(&place)).collect();
            data.push(match term.head() {
                Head::Product => below
                    .iter()
                    .fold(1, |product, &factor| field.multiply(product, factor)),
                Head::Sum => below.iter().fold(0, |sum, &part| field.add(sum, part)),
                Head::Power(exponent) => {
                    field.power(below[0], exponent).ok_or(Obstacle::Undefined)?
                }
                Head::Apply(function) => self.apply(function, &below)?,
                _ => return Err(malformed("this is no entrywise operation")),
            });
        }
        Ok(Residues { dims, data })
    }

    fn algebra(
        &mut self,
        head: &Head,
        dims: Vec<usize>,
        parts: &[Rc<Residues>],
    ) -> Result<Residues, Obstacle> {
        let first = parts
            .first()
            .ok_or_else(|| malformed("an operation has no operand"))?;
        Ok(match head {
            Head::MatMul => {
                let mut product = Residues::clone(first);
                for factor in &parts[1..] {
                    product = self.matrix_product(&product, factor);
                }
                product
            }
            Head::Transpose => tabulate(dims, |place| first.at(&[place[1], place[0]])),
            Head::Outer => tabulate(dims, |place| {
                self.field
                    .multiply(first.at(&place[..1]), parts[1].at(&place[1..]))
            }),
            Head::Trace => {
                let entries = (0..first.dims[0]).map(|at| first.at(&[at, at]));
                let trace = entries.fold(0, |sum, entry| self.field.add(sum, entry));
                tabulate(dims, |_| trace)
            }
            Head::Diagonal => tabulate(dims, |place| first.at(&[place[0], place[0]])),
            Head::DiagonalMatrix => tabulate(dims, |place| {
                if place[0] == place[1] {
                    first.at(&place[..1])
                } else {
                    0
                }
            }),
            Head::Axes(axes) => tabulate(dims, |place| {
                let on = |axis: usize| {
                    axes.iter()
                        .position(|from| *from == Some(axis))
                        .map_or(0, |at| place[at])
                };
                first.at(&(0..first.dims.len()).map(on).collect::<Vec<_>>())
            }),
            Head::Reshape(_) if dims.iter().product::<usize>() == first.data.len() => Residues {
                dims,
                data: first.data.clone(),
            },
            Head::Concat(axis) => tabulate(dims, |place| {
                let mut place = place.to_vec();
                let part = parts.iter().find(|part| {
                    let inside = place[*axis] < part.dims[*axis];
                    place[*axis] -= if inside { 0 } else { part.dims[*axis] };
                    inside
                });
                part.map_or(0, |part| part.at(&place))
            }),
            Head::Gather(gather, shape) => self.gather(first, gather, shape)?,
            Head::Softmax { axis, log } => self.softmax(first, *axis, *log),
            Head::MatrixFunction(name) => self.matrix_function(name, dims, first)?,
            _ => return Err(malformed("this operation has no value of its own")),
        })
    }

    /// The last axis of one meets the first of the other.
    fn matrix_product(&self, a: &Residues, b: &Residues) -> Residues {
        let split = a.dims.len() - 1;
        let dims = [&a.dims[..split], &b.dims[1..]].concat();
        tabulate(dims, |place| {
            let term = |k: usize| {
                let left = a.at(&[&place[..split], &[k]].concat());
                self.field
                    .multiply(left, b.at(&[&[k], &place[split..]].concat()))
            };
            (0..b.dims[0]).fold(0, |sum, k| self.field.add(sum, term(k)))
        })
    }

    fn gather(
        &self,
        array: &Residues,
        gather: &Gather,
        shape: &Shape,
    ) -> Result<Residues, Obstacle> {
        if gather.lowest {
            return Err(malformed("places outside count as −∞, which is no residue"));
        }
        let dims = self.sizes.dims(shape)?;
        let found = gather.places(&array.dims, &|name| self.sizes.named(name));
        let table = found
            .ok_or_else(|| malformed("a dimension has no size"))?
            .table(&dims);
        let entry = |place: Option<usize>| place.map_or(0, |at| array.data[at]);
        Ok(Residues {
            dims,
            data: table.into_iter().map(entry).collect(),
        })
    }

    fn softmax(&mut self, array: &Residues, axis: usize, log: bool) -> Residues {
        let exponentials = tabulate(array.dims.clone(), |place| self.exp(array.at(place)));
        let quotient = tabulate(array.dims.clone(), |place| {
            let along = (0..array.dims[axis]).map(|at| {
                let mut other = place.to_vec();
                other[axis] = at;
                exponentials.at(&other)
            });
            let total = along.fold(0, |sum, entry| self.field.add(sum, entry));
            self.field.divide(exponentials.at(place), total)
        });
        if !log {
            return quotient;
        }
        let data = quotient.data.iter().map(|&entry| self.log(entry)).collect();
        Residues { data, ..quotient }
    }

    fn matrix_function(
        &mut self,
        name: &str,
        dims: Vec<usize>,
        matrix: &Residues,
    ) -> Result<Residues, Obstacle> {
        let (inverse, determinant) = eliminate(self.field, &matrix.data);
        match name {
            "det" => Ok(tabulate(dims, |_| determinant)),
            "logdet" => {
                let value = self.log(determinant);
                Ok(tabulate(dims, |_| value))
            }
            "inv" => {
                let unknown = |at: u64| self.opaque("inv", &[&matrix.data[..], &[at]].concat());
                let count = matrix.data.len() as u64;
                let data = inverse.unwrap_or_else(|| (0..count).map(unknown).collect());
                Ok(Residues { dims, data })
            }
            _ => Err(malformed("this function of a matrix has no exact value")),
        }
    }
}
