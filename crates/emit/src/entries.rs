//! Index notation as whole-array operations: every index becomes an axis.
//!
//! In: a term that mentions indices. Out: an operand with an axis for each of its free indices. Sums become contractions,
//! affine subscripts become gathers (which yield 0 where a place does not exist), and everything else goes entry by entry with
//! axes lined up.

use crate::backward::shape_of;
use crate::code::{Id, Op};
use crate::contract::{Axis, Operand, align, contract, multiply, union};
use crate::resum::shortened;
use crate::translate::{Translator, Unsupported, is_inside};
use derive_graph::{Dim, Function, Gather, Polynomial, Subscript};
use derive_index::build::quarter_turns;
use derive_index::{Affine, Head, Index, Term, build};
use num_traits::Signed;

impl Translator<'_> {
    /// The array whose entry at the comprehension's indices is its body.
    pub(crate) fn comprehension(&mut self, term: &Term) -> Result<Id, Unsupported> {
        let (indices, body) = term.split();
        let [body] = body else {
            return Err(Unsupported::new("a comprehension without an entry"));
        };
        let out = indices.iter().filter_map(axis).collect::<Vec<_>>();
        let operand = self.entry(body, &out)?;
        let kept = align(&mut self.arena, &operand, &out);
        if self.arena.rank(kept) == 0 {
            return Ok(kept);
        }
        // Axes of literal size 1 have no index.
        let mut next = 0..;
        let axes = indices
            .iter()
            .map(|index| axis(index).and_then(|_| next.next()));
        let axes = axes.collect();
        Ok(self.arena.view(kept, axes))
    }

    /// A scalar in index notation.
    pub(crate) fn scalar_entry(&mut self, term: &Term) -> Result<Id, Unsupported> {
        if !term.free().is_empty() {
            return Err(Unsupported::new("an array that depends on an index"));
        }
        Ok(self.entry(term, &[])?.id)
    }

    /// A term with its free indices as axes; `out` is the order in which they are wanted.
    pub(crate) fn entry(&mut self, term: &Term, out: &[Axis]) -> Result<Operand, Unsupported> {
        let binds = term
            .children()
            .first()
            .is_some_and(|child| child.as_index().is_some());
        let indexed = matches!(term.head(), Head::Entry | Head::Delta | Head::Root) || binds;
        if term.free().is_empty() && !indexed {
            let id = self.closed(term)?;
            return scalar(self, id);
        }
        match term.head() {
            Head::Entry => self.subscripted(term),
            Head::Delta => self.delta(term),
            Head::Root => self.root(term),
            Head::Product => self.sum_of_products(term, out),
            Head::Extremum { least } => self.extremum(term, *least, out),
            Head::Sum => {
                let (parts, axes) = self.lined_up(term.children(), out)?;
                let id = self.arena.sum(parts);
                Ok(Operand { id, axes })
            }
            Head::Power(exponent) => {
                let base = self.entry(&term.children()[0], out)?;
                let power =
                    |translator: &mut Self, id| Ok(translator.arena.power(id, exponent.clone()));
                let id = match exponent.is_negative() {
                    true => self.before_reading(base.id, &power)?,
                    false => power(self, base.id)?,
                };
                Ok(Operand {
                    id,
                    axes: base.axes,
                })
            }
            Head::Apply(function) => {
                let (mut parts, axes) = self.lined_up(term.children(), out)?;
                for (part, child) in parts.iter_mut().zip(term.children()) {
                    if child.is_complex() {
                        *part = self.real_part(*part);
                    }
                }
                let id = match parts.as_slice() {
                    &[only] if function.primes == 0 && function.name.as_str() == "log" => self
                        .before_reading(only, &|translator, id| {
                            translator.apply(function, vec![id])
                        })?,
                    _ => self.apply(function, parts)?,
                };
                Ok(Operand { id, axes })
            }
            Head::RealPart | Head::ImaginaryPart | Head::Conjugate => {
                let inner = self.entry(&term.children()[0], out)?;
                let id = self.complex_part(term.head(), inner.id);
                Ok(Operand { id, ..inner })
            }
            _ => Err(Unsupported::new("an array that depends on an index")),
        }
    }

    /// What has no value at 0, entry by entry, of code that may read its array where that has no place: such an entry is 0, and so is what it is multiplied by
    /// there, but 0 ln 0 is no number. So it is taken before the array is read.
    fn before_reading(
        &mut self,
        id: Id,
        taken: &dyn Fn(&mut Self, Id) -> Result<Id, Unsupported>,
    ) -> Result<Id, Unsupported> {
        let node = self.arena.node(id).clone();
        let (Op::Gather(gather), &[array]) = (&node.op, node.arguments.as_slice()) else {
            return taken(self, id);
        };
        let own = self.arena.dims(array).to_vec();
        let mut places = gather.axes.iter().zip(&own);
        if gather.lowest || places.all(|(it, dim)| is_inside(it, &node.dims, dim)) {
            return taken(self, id);
        }
        let inner = taken(self, array)?;
        let inner = self.arena.filled(inner, &own);
        Ok(self.gather(inner, gather, &node.dims))
    }

    /// A part of a complex array, or its conjugate; what is real is its own.
    fn complex_part(&mut self, part: &Head, id: Id) -> Id {
        let name = match part {
            Head::ImaginaryPart => "imaginary part",
            Head::Conjugate if self.arena.is_complex(id) => "conjugate",
            Head::Conjugate => return id,
            _ => return self.real_part(id),
        };
        let dims = self.arena.dims(id).to_vec();
        self.arena.add(Op::Complex(name), vec![id], dims)
    }

    /// Terms with the axes of all of them, in one order.
    fn lined_up(
        &mut self,
        terms: &[Term],
        out: &[Axis],
    ) -> Result<(Vec<Id>, Vec<Axis>), Unsupported> {
        let operands = terms.iter().map(|term| self.entry(term, out));
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        let all = union(&operands);
        // What is summed in the end is not turned before: its own order is as good as the result's.
        let is_summed = all.iter().any(|axis| !out.contains(axis));
        let whole = operands
            .iter()
            .find(|operand| operand.axes.len() == all.len());
        let order = match whole.filter(|_| is_summed) {
            Some(whole) => whole.axes.clone(),
            None => out.to_vec(),
        };
        let mut axes: Vec<Axis> = order
            .iter()
            .filter(|axis| all.contains(axis))
            .cloned()
            .collect();
        axes.extend(all.into_iter().filter(|axis| !order.contains(axis)));
        let aligned = operands
            .iter()
            .map(|operand| align(&mut self.arena, operand, &axes));
        Ok((aligned.collect(), axes))
    }

    fn sum_of_products(&mut self, term: &Term, out: &[Axis]) -> Result<Operand, Unsupported> {
        let (bound, factors) = term.split();
        if let Some((variable, fixed, others)) = at_fixed_place(&bound, factors) {
            let rest = self.entry(&build::product(bound.clone(), others), out)?;
            // A scalar has no axis of size 1 that could be read.
            if !rest.axes.is_empty() {
                return Ok(self.placed(&rest, variable, fixed));
            }
        }
        if let Some(terms) = distributed(&bound, factors) {
            let (parts, axes) = self.lined_up(&terms, out)?;
            let id = self.arena.sum(parts);
            return Ok(Operand { id, axes });
        }
        let (bound, factors) = shortened(self.network, bound, factors);
        let operands = factors.iter().map(|factor| self.entry(factor, out));
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        let bound: Vec<Axis> = bound.iter().filter_map(axis).collect();
        if bound.is_empty() {
            return Ok(multiply(&mut self.arena, &operands, out));
        }
        Ok(contract(&mut self.arena, operands, &bound, out))
    }

    /// [A]_{…}: the array itself where every index is a variable, a gather where some place is affine.
    fn subscripted(&mut self, term: &Term) -> Result<Operand, Unsupported> {
        let (array, indices) = term
            .as_entry()
            .ok_or(Unsupported::new("a subscript without an array"))?;
        if !array.free().is_empty() {
            return Err(Unsupported::new(
                "a subscript of an array that depends on an index",
            ));
        }
        self.read(array, &indices)
    }

    fn read(&mut self, array: &Term, indices: &[Index]) -> Result<Operand, Unsupported> {
        if indices.iter().any(|index| index.as_affine().is_some()) {
            let id = self.full(array)?;
            return Ok(self.read_places(id, indices));
        }
        let dims = shape_of(array)?.0;
        let id = self.closed(array)?;
        if self.arena.rank(id) == 0 {
            return scalar(self, id);
        }
        // Axes of size 1 repeat or have no index: they are dropped.
        let own = self.arena.dims(id).to_vec();
        let kept: Vec<usize> = (0..dims.len()).filter(|&at| !own[at].is_unit()).collect();
        let id = self
            .arena
            .view(id, kept.iter().map(|&at| Some(at)).collect());
        let axes: Vec<Axis> = kept.iter().filter_map(|&at| axis(&indices[at])).collect();
        // A repeated index reads the diagonal.
        let out = union([&Operand {
            id,
            axes: axes.clone(),
        }]);
        if out.len() < axes.len() {
            return Ok(contract(
                &mut self.arena,
                vec![Operand { id, axes }],
                &[],
                &out,
            ));
        }
        Ok(Operand { id, axes })
    }

    /// An array at affine places of the variables that occur, which are the result's axes.
    fn read_places(&mut self, id: Id, indices: &[Index]) -> Operand {
        let variables = in_window_order(indices);
        let subscript = |index: &Index| {
            let affine = index.to_affine();
            let term = |(variable, c): &(Index, Polynomial)| {
                let at = variables.iter().position(|known| known == variable);
                at.map(|at| (at, c.clone()))
            };
            Subscript {
                terms: affine.terms().iter().filter_map(term).collect(),
                constant: affine.constant().clone(),
                divisor: affine.divisor(),
                cyclic: affine.cyclic(),
            }
        };
        let gather = Gather {
            axes: indices.iter().map(subscript).collect(),
            lowest: false,
        };
        let axes: Vec<Axis> = variables.iter().filter_map(axis).collect();
        let dims: Vec<Dim> = axes.iter().map(|axis| axis.dim.clone()).collect();
        Operand {
            id: self.gather(id, &gather, &dims),
            axes,
        }
    }

    /// What stands at one place of an axis that the operand does not have, and zeros elsewhere: its only entry along an axis of size 1 is read there.
    fn placed(&mut self, operand: &Operand, variable: Index, fixed: i64) -> Operand {
        let own = (0..operand.axes.len()).map(Some);
        let view = std::iter::once(None).chain(own).collect();
        let id = self.arena.view(operand.id, view);
        let place = Affine::new(vec![(variable, 1.into())], (-fixed).into(), Dim::Size(1));
        let own = operand.axes.iter().map(|axis| Index::Variable {
            id: axis.label,
            dim: axis.dim.clone(),
        });
        let indices: Vec<Index> = std::iter::once(place.to_index()).chain(own).collect();
        self.read_places(id, &indices)
    }

    /// δ_{ab} is an entry of the identity matrix.
    fn delta(&mut self, term: &Term) -> Result<Operand, Unsupported> {
        let places: Vec<Index> = term
            .children()
            .iter()
            .filter_map(Term::as_index)
            .cloned()
            .collect();
        let [a, b] = places.as_slice() else {
            return Err(Unsupported::new("a Kronecker delta without two indices"));
        };
        let dims = vec![a.dim(), b.dim()];
        let identity = self.arena.add(Op::Identity, Vec::new(), dims);
        if places.iter().all(|place| place.id().is_some()) {
            return Ok(Operand {
                id: identity,
                axes: places.iter().filter_map(axis).collect(),
            });
        }
        Ok(self.read_places(identity, &places))
    }

    /// ω^{ab} is an entry of the matrix of the roots of unity.
    fn root(&mut self, term: &Term) -> Result<Operand, Unsupported> {
        let (places, _) = term.split();
        let [a, b] = places.as_slice() else {
            return Err(Unsupported::new("a root of unity without two indices"));
        };
        if let Some(turns) = quarter_turns(term) {
            let unit = Op::Complex("imaginary unit");
            let unit = self.arena.add(unit, Vec::new(), Vec::new());
            return Ok(Operand {
                id: if turns == 3 {
                    self.arena.negate(unit)
                } else {
                    unit
                },
                axes: Vec::new(),
            });
        }
        let dims = vec![a.dim(), b.dim()];
        let roots = self.arena.add(Op::Roots, Vec::new(), dims.clone());
        let turned = b.to_affine().scaled(-1).to_index();
        match (axis(a), axis(b), axis(&turned)) {
            (Some(a), Some(b), _) => Ok(Operand {
                id: roots,
                axes: vec![a, b],
            }),
            (Some(a), None, Some(b)) => Ok(Operand {
                id: self.arena.add(Op::Complex("conjugate"), vec![roots], dims),
                axes: vec![a, b],
            }),
            _ => Ok(self.read_places(roots, &places)),
        }
    }

    fn extremum(&mut self, term: &Term, least: bool, out: &[Axis]) -> Result<Operand, Unsupported> {
        let (bound, rest) = term.split();
        let [body, counts] = rest else {
            return Err(Unsupported::new("a largest entry of nothing"));
        };
        let bound: Vec<Axis> = bound.iter().filter_map(axis).collect();
        let parts = if counts.as_number().is_some() {
            vec![body.clone()]
        } else {
            vec![body.clone(), counts.clone()]
        };
        let (parts, axes) = self.lined_up(&parts, out)?;
        let id = match parts.as_slice() {
            &[body, counts] => self.counted(body, counts, least)?,
            parts => parts[0],
        };
        let places: Vec<usize> = (0..axes.len())
            .filter(|&at| bound.contains(&axes[at]))
            .collect();
        let id = self.arena.reduce(Self::extreme(least), id, places, false);
        let left = axes.into_iter().filter(|axis| !bound.contains(axis));
        Ok(Operand {
            id,
            axes: left.collect(),
        })
    }

    /// The body where it counts; elsewhere what is never the largest: the body less infinity.
    fn counted(&mut self, body: Id, counts: Id, least: bool) -> Result<Id, Unsupported> {
        let name = if least {
            "least_where"
        } else {
            "largest_where"
        };
        let dims = self.arena.broadcast_dims(&[body, counts]);
        let function = Function::named(name);
        Ok(self
            .arena
            .add(Op::Apply(function), vec![body, counts], dims))
    }
}

/// `v_j δ_{2i}`: the axis that has its only entries at a fixed place, the place, and the other factors, which do not have that axis.
fn at_fixed_place(bound: &[Index], factors: &[Term]) -> Option<(Index, i64, Vec<Term>)> {
    let ends = |factor: &Term| {
        let ends = [0, 1].map(|at| factor.children().get(at)?.as_index().cloned());
        let [Some(a), Some(b)] = ends else {
            return None;
        };
        let (variable, place) = if a.id().is_some() { (a, b) } else { (b, a) };
        let free = variable.id().is_some() && !bound.contains(&variable);
        Some((variable, place.as_constant().filter(|_| free)?))
    };
    factors.iter().enumerate().find_map(|(at, factor)| {
        let (variable, fixed) = ends(factor).filter(|_| *factor.head() == Head::Delta)?;
        let mut others = factors.to_vec();
        others.remove(at);
        let apart = others.iter().all(|it| !it.free().contains(&variable));
        let varies = others.iter().any(|it| it.as_number().is_none());
        (apart && varies).then_some((variable, fixed, others))
    })
}

/// Σ_k a_k (δ_kj − p_j) is a_j − p_j Σ_k a_k: a sum with a delta of a bound index is multiplied out, for the delta saves the sum.
fn distributed(bound: &[Index], factors: &[Term]) -> Option<Vec<Term>> {
    let sifts = |term: &Term| {
        let parts = match term.head() {
            Head::Product => term.split_terms().1,
            _ => std::slice::from_ref(term),
        };
        let delta = |part: &Term| {
            let free = part.free();
            *part.head() == Head::Delta && bound.iter().any(|index| free.contains(index))
        };
        parts.iter().any(delta)
    };
    let is_sum = |factor: &Term| *factor.head() == Head::Sum;
    let at = (factors.iter())
        .position(|factor| is_sum(factor) && factor.children().iter().any(sifts))?;
    let mut others = factors.to_vec();
    let sum = others.remove(at);
    let term = |term: &Term| {
        let mut factors = others.clone();
        factors.push(term.clone());
        build::product(bound.to_vec(), factors)
    };
    Some(sum.children().iter().map(term).collect())
}

/// The variables of affine places: those that count the windows first, then those that run inside them.
fn in_window_order(indices: &[Index]) -> Vec<Index> {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for index in indices {
        let affine = index.to_affine();
        let mut terms: Vec<&(Index, Polynomial)> = affine.terms().iter().collect();
        terms.sort_by_key(|(variable, c)| (c.scaled(-1).is_never_negative(), variable.clone()));
        let mut variables = terms.into_iter().map(|(variable, _)| variable.clone());
        outer.extend(variables.next());
        inner.extend(variables);
    }
    let mut ordered: Vec<Index> = Vec::new();
    for variable in outer.into_iter().chain(inner) {
        if !ordered.contains(&variable) {
            ordered.push(variable);
        }
    }
    ordered
}

/// The axis of a variable.
fn axis(index: &Index) -> Option<Axis> {
    index.id().map(|label| Axis {
        label,
        dim: index.dim(),
    })
}

/// Code without axes of its own; axes of size 1 are dropped.
fn scalar(translator: &mut Translator<'_>, id: Id) -> Result<Operand, Unsupported> {
    let id = translator.arena.view(id, Vec::new());
    Ok(Operand {
        id,
        axes: Vec::new(),
    })
}
