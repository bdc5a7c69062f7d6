//! What the translations of nodes and of terms share: the arena, the variables, the functions met.

use crate::code::{Arena, Id, Op};
use crate::names::{Meaning, Names};
use derive_graph::{Dim, Function, Gather, Name, Network, NodeId, Subscript};
use derive_index::{Affine, Index};
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// A construct that no program is printed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(String);

impl Unsupported {
    /// `what` names the construct.
    pub fn new(what: impl Into<String>) -> Unsupported {
        Unsupported(what.into())
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no program can be printed for {}", self.0)
    }
}

impl std::error::Error for Unsupported {}

/// Nodes and terms become code in one arena, so that what both mention is one node.
#[derive(Debug)]
pub struct Translator<'a> {
    /// What is translated.
    pub network: &'a Network,
    /// The code so far.
    pub arena: Arena,
    /// The variables so far.
    pub names: Names,
    /// Functions that are no row of the table, or derivatives of any, as they were met.
    pub functions: BTreeSet<Function>,
    /// What is differentiated, where that is no loss.
    pub(crate) numerator: Option<Name>,
    pub(crate) nodes: HashMap<NodeId, Id>,
    /// The variables that stand for a function's arguments, inside its body.
    pub(crate) parameters: Vec<String>,
}

impl<'a> Translator<'a> {
    /// Nothing translated yet.
    pub fn new(network: &'a Network, names: Names) -> Translator<'a> {
        Translator {
            network,
            arena: Arena::default(),
            names,
            functions: BTreeSet::new(),
            numerator: None,
            nodes: HashMap::new(),
            parameters: Vec::new(),
        }
    }

    /// What a variable holds that has the derivative by an array.
    pub(crate) fn derivative(&self, by: &Name) -> Meaning {
        match &self.numerator {
            Some(of) => Meaning::Second(of.clone(), by.clone()),
            None => Meaning::Derivative(by.clone()),
        }
    }

    /// Notes that a function is used.
    ///
    /// # Errors
    /// A derivative beyond the first.
    pub(crate) fn use_function(&mut self, function: &Function) -> Result<(), Unsupported> {
        if function.primes > 1 {
            return Err(Unsupported::new(format!(
                "the higher derivative `{function}`"
            )));
        }
        if function.row().is_none() || function.primes > 0 {
            self.functions.insert(function.clone());
        }
        Ok(())
    }

    /// The array of these sizes that reads `array` at affine places. Axes that no place mentions stay with size 1.
    pub(crate) fn gather(&mut self, array: Id, gather: &Gather, dims: &[Dim]) -> Id {
        let mentioned = |axis: usize| {
            let mut terms = gather.axes.iter().flat_map(|subscript| &subscript.terms);
            terms.any(|(at, _)| *at == axis)
        };
        let own = dims.iter().enumerate().map(|(axis, dim)| {
            if mentioned(axis) {
                dim.clone()
            } else {
                Dim::Size(1)
            }
        });
        let own: Vec<Dim> = own.collect();
        // Where every place exists, it does not matter what stands outside.
        let places = self.arena.dims(array).to_vec();
        let outside = !(gather.axes.iter().zip(&places))
            .all(|(subscript, dim)| is_inside(subscript, dims, dim));
        let gather = Gather {
            lowest: gather.lowest && outside,
            ..gather.clone()
        };
        self.arena.add(Op::Gather(gather), vec![array], own)
    }
}

/// Whether an affine place exists for all values of its variables, which run over `dims`.
pub(crate) fn is_inside(subscript: &Subscript, dims: &[Dim], dim: &Dim) -> bool {
    let variable = |axis: usize| Index::Variable {
        id: u32::try_from(axis).unwrap_or(u32::MAX),
        dim: dims[axis].clone(),
    };
    let terms = subscript.terms.iter();
    let terms = terms
        .map(|(axis, c)| (variable(*axis), c.clone()))
        .collect();
    let affine = Affine::new(terms, subscript.constant.clone(), dim.clone());
    let affine = affine.over(subscript.divisor).wrapping(subscript.cyclic);
    affine.is_always_inside()
}
