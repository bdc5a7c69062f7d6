//! The syntax tree of a spec. Nothing is resolved here: a name is its text, a shape is what was written.
//!
//! Every node carries the [`Span`] of source bytes it was read from. Names are stored in their canonical ASCII spelling
//! (`θ` is stored as `theta`), numbers as exact rationals.

use num_rational::BigRational;

/// A half-open range of byte offsets into the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A name as written, in canonical spelling.
#[derive(Clone, Debug)]
pub struct Name {
    /// Canonical ASCII spelling: `theta` for `θ`.
    pub text: String,
    /// The integer expression of a family member, `W{l-1}`; `None` for a plain name.
    pub member: Option<Box<Expr>>,
    /// Where it stands.
    pub span: Span,
}

/// A whole spec, statements in source order.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// One statement and its source range.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of statement, one variant a row of the language's statement table.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `network NAME`
    Network(Name),
    /// `dims N, d = 2`
    Dims(Vec<DimDeclaration>),
    /// `input | param | target | const NAME: SHAPE attributes… [as "LATEX"]`; one statement may declare several,
    /// separated by commas, each with its own shape.
    Declare(Role, Vec<Declaration>),
    /// `function f` or `function f(z, a) = EXPR`
    Function(FunctionDeclaration),
    /// `convention rows | columns`
    Convention(Convention),
    /// `layer [NAME:] OP(ARGS) [-> ACTIVATION]`
    Layer(Layer),
    /// `Z = EXPR` or `Z[i, j] = EXPR`
    Define(Definition),
    /// `loss EXPR`, `loss J = EXPR`
    Loss(Loss),
    /// `wrt W1, b1`
    Wrt(Vec<Name>),
    /// `update sgd(eta)`
    Update(Call),
    /// `regularize l2(lambda) on W1, W2`
    Regularize(Call, Vec<Name>),
    /// `claim grad(W) = EXPR`, `claim A == B`, `equal A, B`
    Claim(Claim),
    /// `for t in 1..3 { … }`
    For(For),
}

/// `N` or `d = 2` in a `dims` statement.
#[derive(Clone, Debug)]
pub struct DimDeclaration {
    /// The dimension's name.
    pub name: Name,
    /// Its size, if given, with the span of the number.
    pub size: Option<(u64, Span)>,
}

/// What a declared array is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Data.
    Input,
    /// Differentiated by.
    Param,
    /// Expected output.
    Target,
    /// Any other fixed array.
    Const,
}

/// One declared array.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Its name.
    pub name: Name,
    /// Its axes; empty for `scalar`.
    pub shape: Vec<ShapeDim>,
    /// Where the shape stands (the name's span when it was left out).
    pub shape_span: Span,
    /// Attributes after the shape.
    pub attributes: Vec<(Attribute, Span)>,
    /// `as "LATEX"`.
    pub latex: Option<String>,
}

/// One axis of a written shape.
#[derive(Clone, Debug)]
pub enum ShapeDim {
    /// A dimension's name.
    Named(Name),
    /// A number.
    Size(u64, Span),
    /// A formula in dimensions, `n - k + 1`.
    Formula(Box<Expr>),
}

/// What may stand after a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Rows of zeros with a single one.
    OneHot,
    /// Rows that sum to one.
    Simplex,
    /// Equal to its transpose.
    Symmetric,
    /// Every entry positive.
    Positive,
}

/// An elementwise function of the user's.
#[derive(Clone, Debug)]
pub struct FunctionDeclaration {
    /// Its name.
    pub name: Name,
    /// Its argument names; empty for an unspecified function of one argument.
    pub parameters: Vec<Name>,
    /// Its expression; `None` for an unspecified function.
    pub body: Option<Expr>,
}

/// Whether samples are rows or columns, for layer form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// `X @ W + b`.
    #[default]
    Rows,
    /// `W @ X + b`.
    Columns,
}

/// `NAME(ARGUMENTS)`; the arguments may be left out altogether.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub function: Name,
    /// How many primes stand after the name: `f'(Z)` has one.
    pub primes: u8,
    /// The arguments in order.
    pub arguments: Vec<Argument>,
    /// From the name to the closing bracket.
    pub span: Span,
}

/// A positional or named argument.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The keyword of `axis=0`; `None` for a positional argument.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// One layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The name before the colon.
    pub name: Option<Name>,
    /// The operation and its arguments.
    pub operation: Call,
    /// The activation after the arrow.
    pub activation: Option<Call>,
    /// The statements of `residual { … }`.
    pub body: Option<Vec<Statement>>,
}

/// The definition of an intermediate.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The name defined.
    pub name: Name,
    /// The indices on the left of `Z[i, j] = …`; `None` in equation form.
    pub indices: Option<Vec<Name>>,
    /// The right side.
    pub body: Expr,
    /// `as "LATEX"` after the right side.
    pub latex: Option<String>,
}

/// The loss.
#[derive(Clone, Debug)]
pub struct Loss {
    /// Its name, `J` in `loss J = …`.
    pub name: Option<Name>,
    /// Its expression; in the short form a call such as `cross_entropy(mean)`.
    pub body: Expr,
}

/// A claim of the user's. `claim L = R` and `claim L == R` are one thing.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The left side: usually `grad(W)`, or `grad(W)[i, j]`, or any expression.
    pub left: Expr,
    /// The right side.
    pub right: Expr,
}

/// A repetition.
#[derive(Clone, Debug)]
pub struct For {
    /// The counter.
    pub variable: Name,
    /// First value.
    pub first: Expr,
    /// Last value, included.
    pub last: Expr,
    /// What is repeated.
    pub body: Vec<Statement>,
}

/// An expression and its source range.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// An exact number.
    Number(BigRational),
    /// A name.
    Name(Name),
    /// A quoted text, as in `padding="same"`; stands only as an argument.
    Text(String),
    /// `[m, n]`, as in `reshape(A, [m, n])`; stands only as an argument.
    List(Vec<Expr>),
    /// `-A`
    Negate(Box<Expr>),
    /// `A + B` and the other infix operators; the span is the operator's own.
    Binary(BinaryOperator, Span, Box<Expr>, Box<Expr>),
    /// `A.T`, `A'`, `Aᵀ`
    Transpose(Box<Expr>),
    /// `f(A, axis=0)`
    Call(Call),
    /// `A[i, k+1]`, `A[0:h]`, `A[:, 0]`
    Subscript(Box<Expr>, Vec<SubscriptItem>),
    /// `sum(k) X[i,k] * W[k,j]`: the summed indices and the product they reach over.
    IndexSum(Vec<Name>, Box<Expr>),
}

/// One place of a subscript.
#[derive(Clone, Debug)]
pub enum SubscriptItem {
    /// An index or integer expression.
    At(Expr),
    /// `a:b`, either end may be missing.
    Slice(Option<Expr>, Option<Expr>, Span),
}

/// The infix operators; see the table in [`crate::operators`] for their spellings and precedences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`, `.*`, `⊙`, `∘`
    Multiply,
    /// `/`, `./`, `⊘`
    Divide,
    /// `@`
    MatMul,
    /// `^`, `**`
    Power,
}
