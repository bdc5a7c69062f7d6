//! The backward pass: closed terms as array expressions. What mentions an index goes through [`crate::entries`].

use crate::code::{Id, Op, Reduction};
use crate::contract::{Axis, Operand, align, contract};
use crate::translate::{Translator, Unsupported};
use derive_graph::{Dim, Shape};
use derive_index::{Head, Term};

impl Translator<'_> {
    /// A term without free indices, as code that broadcasts to its shape.
    pub(crate) fn closed(&mut self, term: &Term) -> Result<Id, Unsupported> {
        let shape = shape_of(term)?;
        let binds = term
            .children()
            .first()
            .is_some_and(|child| child.as_index().is_some());
        match term.head() {
            Head::Number(value) => Ok(self.arena.number(value.clone())),
            Head::Dimension(name) => Ok(self.dimension(name)),
            Head::Tensor(name, shape) => self.symbol(name, shape),
            Head::Ones(_) => Ok(self.ones(shape.rank())),
            Head::Identity(_) => Ok(self.arena.add(Op::Identity, Vec::new(), shape.0)),
            Head::Comprehension => self.comprehension(term),
            Head::Entry | Head::Delta | Head::Root | Head::Extremum { .. } => {
                self.scalar_entry(term)
            }
            Head::Product if binds => self.scalar_entry(term),
            Head::Sum => {
                let parts = self.parts(term)?;
                Ok(self.arena.sum(parts))
            }
            Head::Product => {
                let parts = self.parts(term)?;
                Ok(self.careful_product(parts))
            }
            Head::Power(exponent) => {
                let base = self.parts(term)?[0];
                Ok(self.arena.power(base, exponent.clone()))
            }
            Head::Apply(function) => {
                let parts = self.parts(term)?;
                self.apply(function, parts)
            }
            Head::MatMul => self.chain(term.children(), &shape),
            Head::Outer => self.outer(term),
            Head::Trace => self.trace(term),
            Head::Transpose => {
                let inner = self.parts(term)?[0];
                Ok(self.turned(inner, vec![Some(1), Some(0)]))
            }
            Head::Axes(axes) => {
                let inner = self.full_parts(term)?[0];
                Ok(self.arena.view(inner, axes.clone()))
            }
            Head::Index(_) => Err(Unsupported::new("an index in the place of an array")),
            _ => self.whole(term, shape),
        }
    }

    /// A product in which a logarithm counts as nothing where what it is multiplied by is 0: t ln p with t a variable.
    fn careful_product(&mut self, parts: Vec<Id>) -> Id {
        let log_of = |id: Id| match &self.arena.node(id).op {
            Op::Apply(function) if function.name.as_str() == "log" && function.primes == 0 => {
                Some(self.arena.node(id).arguments[0])
            }
            _ => None,
        };
        let (logs, rest): (Vec<Id>, Vec<Id>) = parts.iter().partition(|&&id| log_of(id).is_some());
        let (front, weights): (Vec<Id>, Vec<Id>) = rest
            .into_iter()
            .partition(|&id| self.arena.is_made_of_sizes(id));
        let argument = match (logs.as_slice(), weights.is_empty()) {
            (&[log], false) => log_of(log),
            _ => None,
        };
        let Some(argument) = argument else {
            return self.arena.product(parts);
        };
        let weight = self.arena.product(weights);
        let dims = self.arena.broadcast_dims(&[weight, argument]);
        let careful = self.arena.add(Op::Xlogy, vec![weight, argument], dims);
        self.arena
            .product(front.into_iter().chain([careful]).collect())
    }

    /// What needs its operands at their full sizes.
    fn whole(&mut self, term: &Term, shape: Shape) -> Result<Id, Unsupported> {
        let parts = self.full_parts(term)?;
        let op = match term.head() {
            Head::Diagonal => Op::Diagonal,
            Head::DiagonalMatrix => return Ok(self.arena.diagonal_matrix(parts[0], shape.0)),
            Head::Softmax { axis, log } => Op::Softmax {
                axis: *axis,
                log: *log,
            },
            Head::Gather(gather, _) => return Ok(self.gather(parts[0], gather, &shape.0)),
            Head::Reshape(_) => Op::Reshape,
            Head::Concat(axis) => Op::Concat(*axis),
            Head::Fourier { inverse: false } => Op::Complex("dft"),
            Head::Fourier { inverse: true } => Op::Complex("idft"),
            Head::Conjugate => Op::Complex("conjugate"),
            Head::RealPart => return Ok(self.real_part(parts[0])),
            Head::ImaginaryPart => Op::Complex("imaginary part"),
            Head::MatrixFunction(name) => Op::MatrixFunction(name),
            _ => return Err(Unsupported::new("this kind of term")),
        };
        Ok(self.arena.add(op, parts, shape.0))
    }

    /// A term as code of exactly its shape.
    pub(crate) fn full(&mut self, term: &Term) -> Result<Id, Unsupported> {
        let code = self.closed(term)?;
        let shape = shape_of(term)?;
        Ok(self.arena.filled(code, &shape.0))
    }

    fn parts(&mut self, term: &Term) -> Result<Vec<Id>, Unsupported> {
        term.children()
            .iter()
            .map(|child| self.closed(child))
            .collect()
    }

    fn full_parts(&mut self, term: &Term) -> Result<Vec<Id>, Unsupported> {
        term.children()
            .iter()
            .map(|child| self.full(child))
            .collect()
    }

    /// The number 1 with axes of size 1, which repeat.
    fn ones(&mut self, rank: usize) -> Id {
        let one = self.arena.integer(1);
        self.arena.view(one, vec![None; rank])
    }

    /// Axes moved, unless there are none.
    fn turned(&mut self, id: Id, axes: Vec<Option<usize>>) -> Id {
        if self.arena.rank(id) == 0 {
            return id;
        }
        self.arena.view(id, axes)
    }

    fn operand(&mut self, term: &Term, labels: &[u32]) -> Result<Operand, Unsupported> {
        let id = self.closed(term)?;
        let dims = shape_of(term)?.0;
        let axes = if self.arena.rank(id) == 0 {
            Vec::new()
        } else {
            axes(labels, &dims)
        };
        Ok(Operand { id, axes })
    }

    /// A product of matrices, in the cheapest order for middling sizes.
    fn chain(&mut self, factors: &[Term], shape: &Shape) -> Result<Id, Unsupported> {
        let mut label = 0;
        let mut operands = Vec::with_capacity(factors.len());
        let mut all: Vec<Axis> = Vec::new();
        let last = factors.len() - 1;
        for (at, factor) in factors.iter().enumerate() {
            let dims = shape_of(factor)?.0;
            // A vector in front has only the label that meets the next factor.
            let labels = match (dims.len(), at) {
                (1, 0) => vec![label + 1],
                (1, _) => vec![label],
                _ => vec![label, label + 1],
            };
            all.extend(axes(&labels, &dims));
            operands.push(self.operand(factor, &labels)?);
            label += 1;
        }
        let first_is_matrix = shape_of(&factors[0])?.rank() == 2;
        let last_is_matrix = shape_of(&factors[last])?.rank() == 2;
        let ends = [(first_is_matrix, 0), (last_is_matrix, label)];
        let wanted = ends.iter().filter(|(there, _)| *there);
        let out: Vec<Axis> = wanted
            .zip(&shape.0)
            .map(|((_, label), dim)| Axis {
                label: *label,
                dim: dim.clone(),
            })
            .collect();
        let order = crate::chain_order::order(self.network, factors);
        let result = self.joined(&operands, &order, &out, &all, 0, last);
        Ok(align(&mut self.arena, &result, &out))
    }

    /// The product of the factors from `first` to `last`.
    fn joined(
        &mut self,
        operands: &[Operand],
        order: &[Vec<usize>],
        out: &[Axis],
        all: &[Axis],
        first: usize,
        last: usize,
    ) -> Operand {
        if first == last {
            return operands[first].clone();
        }
        let cut = order[first][last];
        let left = self.joined(operands, order, out, all, first, cut);
        let right = self.joined(operands, order, out, all, cut + 1, last);
        // The label between factor k and the next is k + 1.
        let met = u32::try_from(cut + 1).unwrap_or(u32::MAX);
        let bound: Vec<Axis> = all
            .iter()
            .filter(|axis| axis.label == met)
            .take(1)
            .cloned()
            .collect();
        let mut kept: Vec<Axis> = Vec::new();
        for axis in all {
            let end = [first, last + 1]
                .iter()
                .any(|&label| u32::try_from(label) == Ok(axis.label));
            if end && !kept.contains(axis) {
                kept.push(axis.clone());
            }
        }
        kept.sort_by_key(|axis| axis.label);
        let mut result = contract(&mut self.arena, vec![left, right], &bound, &kept);
        // Axes of size 1 are dropped by the contraction and come back at the end.
        result
            .axes
            .retain(|axis| kept.contains(axis) || out.contains(axis));
        result
    }

    fn outer(&mut self, term: &Term) -> Result<Id, Unsupported> {
        let parts = self.parts(term)?;
        let column = self.turned(parts[0], vec![Some(0), None]);
        let row = self.turned(parts[1], vec![None, Some(0)]);
        Ok(self.arena.product(vec![column, row]))
    }

    /// tr(A B) = Σ_ij A_ij B_ji needs no product of matrices.
    fn trace(&mut self, term: &Term) -> Result<Id, Unsupported> {
        let inner = &term.children()[0];
        let dim = shape_of(inner)?.0[0].clone();
        let axis = |label| Axis {
            label,
            dim: dim.clone(),
        };
        let bound = [axis(0)];
        let operand = self.operand(inner, &[0, 0])?;
        let result = contract(&mut self.arena, vec![operand], &bound, &[]);
        Ok(result.id)
    }

    /// The largest or least along axes.
    pub(crate) fn extreme(least: bool) -> Reduction {
        if least {
            Reduction::Min
        } else {
            Reduction::Max
        }
    }
}

fn axes(labels: &[u32], dims: &[Dim]) -> Vec<Axis> {
    let axis = |(label, dim): (&u32, &Dim)| Axis {
        label: *label,
        dim: dim.clone(),
    };
    labels.iter().zip(dims).map(axis).collect()
}

/// The shape of a term that conforms.
pub(crate) fn shape_of(term: &Term) -> Result<Shape, Unsupported> {
    term.shape()
        .cloned()
        .ok_or(Unsupported::new("a formula whose parts do not conform"))
}
