//! An elaborated network: what a spec means, with every name resolved and every shape known.

use crate::polynomial::least_common_multiple;
use crate::{Dim, Graph, Name, NodeId, Polynomial, Shape, Symbols};

/// Everything that the later stages need to know of a spec.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The title, if the spec has one.
    pub title: Option<String>,
    /// Whether samples are rows or columns.
    pub convention: Convention,
    /// The named dimensions in order of first mention, with their declared sizes.
    pub dims: Vec<(Name, Option<u64>)>,
    /// Quotients of dimensions that leave no rest, as d/2 where d is halved; sizes at which they do are none of this network's.
    pub shares: Vec<Polynomial>,
    /// All expressions.
    pub graph: Graph,
    /// Declared arrays and intermediates, in order of definition.
    pub symbols: Symbols,
    /// Functions of the user's.
    pub functions: Vec<FunctionDefinition>,
    /// The scalar to differentiate.
    pub loss: Loss,
    /// What it is differentiated by, in the order of the answer.
    pub wrt: Vec<Name>,
    /// How parameters are updated.
    pub update: Option<Update>,
    /// What the user claims.
    pub claims: Vec<Claim>,
    /// Sentences about decisions the reader should know: how the loss was expanded, what is not used.
    pub notes: Vec<String>,
}

/// Whether samples are rows or columns of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// `X @ W + b`
    #[default]
    Rows,
    /// `W @ X + b`
    Columns,
}

/// A declared array or a named intermediate.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub role: Role,
    /// Its axes.
    pub shape: Shape,
    /// What is promised of its entries.
    pub attributes: Vec<Attribute>,
    /// The LaTeX symbol the user asked for.
    pub latex: Option<String>,
    /// The definition of an intermediate.
    pub definition: Option<NodeId>,
    /// The layer that made it.
    pub layer: Option<Layer>,
}

/// The layer that made a symbol. `W1` made by layer 1 prints as W^{(1)}.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The symbol's name without the layer: `W`.
    pub stem: String,
    /// The layer's number or name: `1`, `out`.
    pub label: String,
}

/// What a symbol is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Data.
    Input,
    /// Differentiated by.
    Param,
    /// Expected output.
    Target,
    /// Any other fixed array, and scalars named by `update` or `regularize`.
    Const,
    /// Defined by an expression.
    Intermediate,
}

/// What is promised of an array's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// Zeros and a single one along this axis.
    OneHot {
        /// The axis of the classes.
        axis: usize,
    },
    /// Non-negative entries that sum to one along this axis.
    Simplex {
        /// The axis of the sum.
        axis: usize,
    },
    /// Equal to the transpose.
    Symmetric,
    /// Every entry is positive.
    Positive,
}

/// An elementwise function of the user's.
#[derive(Clone, Debug)]
pub struct FunctionDefinition {
    /// Its name.
    pub name: Name,
    /// The names of its arguments, for printing.
    pub parameters: Vec<Name>,
    /// Its expression in [`crate::Operation::Parameter`]s, every node of scalar shape; `None` if unspecified.
    pub body: Option<NodeId>,
}

/// The scalar to differentiate.
#[derive(Clone, Debug)]
pub struct Loss {
    /// `L` unless the spec names it.
    pub name: Name,
    /// Its expression, of scalar shape.
    pub node: NodeId,
}

impl Default for Loss {
    fn default() -> Loss {
        Loss {
            name: Name::new("L"),
            node: NodeId(0),
        }
    }
}

/// The update rule of every parameter.
#[derive(Clone, Debug)]
pub struct Update {
    /// `sgd`, `momentum` or `adam`.
    pub rule: String,
    /// The names of its scalars, in order.
    pub scalars: Vec<Name>,
}

/// A claim of the user's.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The claim in canonical spelling, for messages.
    pub text: String,
    /// Byte range in the source.
    pub span: (usize, usize),
    /// What is claimed about.
    pub subject: ClaimSubject,
    /// What it is claimed to be; the reason instead, where the expression's shapes do not fit.
    pub value: Result<NodeId, String>,
}

/// What a claim is about.
#[derive(Clone, Debug)]
pub enum ClaimSubject {
    /// ∂L/∂name
    Gradient(Name),
    /// The value of another expression.
    Expression(NodeId),
}

impl Network {
    /// The symbol of this name.
    pub fn symbol(&self, name: &Name) -> Option<&Symbol> {
        self.symbols.named(name)
    }

    /// The declared size of a dimension, if it has one.
    pub fn size(&self, dim: &Dim) -> Option<u64> {
        dim.size(&|name| self.declared_size(name))
    }

    /// The number of which a dimension is a multiple, since a quotient of it leaves no rest; 1 for most.
    pub fn multiple_of(&self, name: &Name) -> i64 {
        let mut all = 1;
        for share in &self.shares {
            share.mention_shares(&mut |own, by| {
                if own == name {
                    all = least_common_multiple(all, by);
                }
            });
        }
        all
    }

    /// Every dimension that is a multiple of a number above 1, with that number.
    pub fn multiples(&self) -> impl Iterator<Item = (&Name, i64)> {
        let all = self.dims.iter();
        let all = all.map(|(name, _)| (name, self.multiple_of(name)));
        all.filter(|(_, by)| *by > 1)
    }

    /// The declared size of a named dimension, if it has one.
    pub fn declared_size(&self, name: &Name) -> Option<i64> {
        let (_, size) = self.dims.iter().find(|(known, _)| known == name)?;
        i64::try_from((*size)?).ok()
    }
}
