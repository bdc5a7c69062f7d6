//! The record of a derivation: what the chain-rule pass and the rewriting fill, and what the check and the printers read.
//!
//! Index letters are not chosen here: every [`Index`] is an id that is unique within its [`Statement`], and the printers
//! give letters.

use crate::savings::Savings;
use crate::{Index, LayerRange, StepList, Term};
use derive_graph::{Function, Name, Network, Shape};
use std::borrow::Cow;

/// A whole derivation.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// What was derived.
    pub network: Network,
    /// Every intermediate that the loss uses, in order of computation.
    pub forward: Vec<Forward>,
    /// The loss; its `indices` are empty.
    pub loss: Forward,
    /// Functions that occur with a prime, and their derivatives.
    pub functions: Vec<FunctionFact>,
    /// Conventions at points without a derivative, for the functions that occur.
    pub kinks: Vec<&'static str>,
    /// ∂L/∂V for intermediates, from the loss down, then for what the loss is differentiated by.
    pub statements: Vec<Statement>,
    /// Sentences for the reader.
    pub notes: Vec<String>,
    /// The outcome of the numeric check; `None` if it was turned off.
    pub verdict: Option<Verdict>,
    /// What became of the user's claims, in order.
    pub claims: Vec<ClaimOutcome>,
    /// Derivatives in the language of the spec, where that was asked for and can say them.
    pub spellings: Vec<Spelling>,
    /// How it is computed with the fewest multiplications, where that was asked for.
    pub savings: Option<Savings>,
}

/// A derivative in the language of the spec: `claim LEFT = RIGHT` is true of it.
#[derive(Clone, Debug)]
pub struct Spelling {
    /// What the loss is differentiated by.
    pub variable: Name,
    /// `grad(W)`, or an entry, `grad(W)[i, j]`.
    pub left: String,
    /// What it is.
    pub right: String,
}

impl Spelling {
    /// As a claim says it: `grad(W) = X.T @ grad(Z)`.
    pub fn claim(&self) -> String {
        format!("{} = {}", self.left, self.right)
    }
}

impl Derivation {
    /// The spelling of the derivative by a variable.
    pub fn spelling(&self, variable: &Name) -> Option<&Spelling> {
        let mut spellings = self.spellings.iter();
        spellings.find(|spelling| spelling.variable == *variable)
    }
}

/// The definition of one quantity of the forward pass.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Its name.
    pub name: Name,
    /// Its shape.
    pub shape: Shape,
    /// The indices of the entry that `entry` describes.
    pub indices: Vec<Index>,
    /// The entry, every sum explicit.
    pub entry: Term,
    /// The whole in matrix notation, where there is one.
    pub matrix: Option<Term>,
}

/// An elementwise function that occurs with a prime.
#[derive(Clone, Debug)]
pub struct FunctionFact {
    /// The function without its prime.
    pub function: Function,
    /// Its value at the scalar named [`FunctionFact::ARGUMENT`]; `None` for an unspecified function or a well-known one.
    pub value: Option<Term>,
    /// Its derivative there; `None` for an unspecified function.
    pub derivative: Option<Term>,
}

impl FunctionFact {
    /// The name of the argument in `value` and `derivative`.
    pub const ARGUMENT: &'static str = "z";
}

/// The derivation of one derivative of the loss.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What the loss is differentiated by.
    pub variable: Name,
    /// Its shape, which is also the derivative's.
    pub shape: Shape,
    /// Whether this is an intermediate's cotangent or one of the answers.
    pub kind: StatementKind,
    /// The indices of the entry that is derived, one an axis.
    pub indices: Vec<Index>,
    /// The chain rule: one link for every quantity that uses the variable. Empty if the loss does not depend on it.
    pub chain: Vec<ChainLink>,
    /// The entry after substitution of the links; the first line of the steps.
    pub start: Term,
    /// From `start` (as an array: the comprehension over `indices`) to `result`.
    pub steps: StepList,
    /// Where many quantities use the variable, what each contributes; `start` is then the sum of their results. Empty otherwise.
    pub contributions: Vec<Contribution>,
    /// Where the derivative is a Jacobian: the indices of the entry that is differentiated, which stand before `indices` in
    /// `result` and in `shape`. Empty for the derivative of a scalar.
    pub numerator: Vec<Index>,
    /// The derivative: a closed array, or a comprehension over `indices` where it has no matrix form.
    pub result: Term,
    /// `result` with named cotangents replaced by what they are, where that stays short.
    pub in_full: Option<Term>,
    /// Where `result` weighs an array at strided places: the same with zeros between the weights.
    pub dilated: Option<Dilated>,
    /// Where the variable is normalised: the same in three terms.
    pub three_terms: Option<ThreeTerms>,
    /// Whether the rewriting ran to the end. If not, `result` is the best form found, and the output says so.
    pub saturated: bool,
}

impl Statement {
    /// Whether the layers of a network of symbolic depth use the variable: links and contributions are then told for one of them.
    pub fn is_over_layers(&self) -> bool {
        self.chain.iter().any(|link| link.layers.is_some())
            || self.contributions.iter().any(|it| it.layers.is_some())
    }

    /// Whether the derivative has entries at all, rather than being a scalar.
    pub fn has_indices(&self) -> bool {
        !self.indices.is_empty() || !self.numerator.is_empty()
    }
}

/// The derivative by x through x̂ = (x − m)/s, m the mean of x along some axes and s a scale: (δ − mean(δ) − x̂ mean(δ x̂))/s for the
/// cotangent δ of x̂, and what else contributes. Entries are at the statement's indices.
#[derive(Clone, Debug)]
pub struct ThreeTerms {
    /// x̂.
    pub normalised: Name,
    /// What defines x̂: x − m, if it has a name, and x̂.
    pub definitions: Vec<Name>,
    /// x − m.
    pub deviation: Term,
    /// 1/s.
    pub scale: Term,
    /// m as the spec has it, and as the mean of x.
    pub means: [Term; 2],
    /// What lies between x and x̂ and has a cotangent that the derivative mentions.
    pub signals: Vec<Name>,
    /// The statement's indices of the axes along which m is the mean.
    pub along: Vec<Index>,
    /// Whether nothing else uses x, so that the three terms are all there is.
    pub alone: bool,
    /// The derivative with the cotangents of `signals` put in.
    pub put_in: Term,
    /// The first of the three terms, δ/s.
    pub first: Term,
    /// The three terms, and what else contributes.
    pub entry: Term,
    /// The same as an array in matrix notation, where there is one.
    pub closed: Option<Term>,
}

/// A sum over strided places, written with the weights dilated: Σ_u D_u X_{i+u}, where D_u is G_{u/2} and zero where 2 does not divide u.
#[derive(Clone, Debug)]
pub struct Dilated {
    /// The step along each axis of the weights.
    pub steps: Vec<i64>,
    /// The array that is dilated.
    pub weights: Term,
    /// Where the dilated array is read.
    pub places: Vec<Index>,
    /// What stands there.
    pub entry: Term,
    /// Factors without an index.
    pub front: Vec<Term>,
    /// The entry of the array that is weighed.
    pub read: Term,
    /// The summed indices.
    pub bound: Vec<Index>,
    /// The whole, which equals the statement's result.
    pub whole: Term,
}

/// What one user of the variable contributes, brought to its form by itself.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The user; the loss's name where the loss itself uses the variable.
    pub user: Name,
    /// Where this is what one layer of a network of symbolic depth contributes: the layers that all contribute so.
    pub layers: Option<LayerRange>,
    /// The link of the chain rule as an array.
    pub start: Term,
    /// From `start` to `result`.
    pub steps: StepList,
    /// Its form.
    pub result: Term,
    /// The earlier contribution that is this one up to names, if there is one: its steps are the same.
    pub like: Option<usize>,
}

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// The error signal of an intermediate.
    Cotangent,
    /// The gradient by something the user asked for.
    Gradient,
}

/// One term of the chain rule: Σ ∂L/∂U ∂U/∂V for one user U of V.
#[derive(Clone, Debug)]
pub struct ChainLink {
    /// U; the loss's name where the loss itself uses V.
    pub user: Name,
    /// The indices of U's entry that the chain rule sums over; empty for a scalar.
    pub indices: Vec<Index>,
    /// ∂L/∂U at `indices`.
    pub cotangent: Cotangent,
    /// ∂U/∂V, entry by entry.
    pub local: Local,
    /// Where U is that of one layer of a network of symbolic depth: the layers whose U all have this link.
    pub layers: Option<LayerRange>,
}

/// What stands for ∂L/∂U in a chain link.
#[derive(Clone, Debug)]
pub enum Cotangent {
    /// U is the loss: 1.
    Loss,
    /// Its name.
    Named,
    /// Its own result, which is short: the entry at the link's indices.
    Substituted(Term),
    /// Its own chain rule, since U is only an activation of V.
    Chained(Vec<ChainLink>),
}

/// A local derivative ∂U/∂V, entry by entry.
#[derive(Clone, Debug)]
pub struct Local {
    /// As differentiation gives it.
    pub raw: Term,
    /// From `raw` to `value`.
    pub steps: StepList,
    /// Simplified.
    pub value: Term,
}

/// One rewriting step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The name of the rule's row.
    pub rule: &'static str,
    /// Whether the rule was used from right to left.
    pub backwards: bool,
    /// The whole before.
    pub before: Term,
    /// The whole after.
    pub after: Term,
    /// Where in `before` the changed part stands: child positions from the root. The same path leads to it in `after`.
    pub site: Vec<usize>,
    /// Why it holds.
    pub why: Why,
    /// What it needs.
    pub conditions: Vec<Condition>,
}

impl Step {
    /// The part that was rewritten, before and after; nothing if the path leads nowhere.
    pub fn changed(&self) -> Option<(&Term, &Term)> {
        let part = |term| self.site.iter().try_fold(term, child);
        part(&self.before).zip(part(&self.after))
    }
}

fn child<'a>(term: &'a Term, at: &usize) -> Option<&'a Term> {
    term.children().get(*at)
}

/// A sentence with formulas in it.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// The sentence; `{0}`, `{1}` stand for `slots`. What stands between ‹ and › explains what the rest states, and may be left
    /// out where it was told before.
    pub template: &'static str,
    /// The formulas.
    pub slots: Vec<Term>,
}

impl Why {
    /// The sentence with its places for formulas; in brief without what explains it.
    pub fn sentence(&self, brief: bool) -> Cow<'static, str> {
        if !self.explains() {
            return Cow::Borrowed(self.template);
        }
        let parts = self.template.split(['‹', '›']).enumerate();
        let kept = parts.filter(|(at, _)| !brief || at % 2 == 0);
        Cow::Owned(kept.map(|(_, part)| part).collect())
    }

    /// The parts that explain what the rest states.
    pub fn explanations(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.template.split(['‹', '›']).skip(1).step_by(2)
    }

    /// Whether the sentence explains anything, so that it can be told in brief.
    pub fn explains(&self) -> bool {
        self.template.contains('‹')
    }
}

/// A side condition of a step, and why it holds.
#[derive(Clone, Debug)]
pub enum Condition {
    /// The term is nowhere zero.
    NonZero {
        /// The term.
        term: Term,
        /// Why, in words; empty if it is assumed.
        because: &'static str,
    },
    /// A declared fact about an array.
    Declared {
        /// The array.
        array: Name,
        /// The fact in words, for example `each row sums to one`.
        fact: &'static str,
    },
    /// A square matrix has an inverse.
    Invertible {
        /// The matrix.
        term: Term,
    },
    /// An array is defined as a function of another.
    Defined {
        /// The array.
        value: Term,
        /// What it is defined as.
        definition: Term,
    },
}

/// The outcome of the numeric check.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// How many random points on how many random sizes.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
    /// For every statement's variable the largest relative error of its entries.
    pub errors: Vec<(Name, f64)>,
    /// How many rewriting steps were compared with the one before.
    pub steps: usize,
    /// The largest relative error between two neighbouring steps.
    pub step_error: f64,
    /// What failed, in words; empty if all is well.
    pub failures: Vec<String>,
    /// What was too large to be checked, in words: of this nothing is known.
    pub unchecked: Vec<String>,
}

impl Verdict {
    /// What two verdicts say together, of the same draws.
    #[must_use]
    pub fn joined(mut self, other: &Verdict) -> Verdict {
        self.errors.extend(other.errors.iter().cloned());
        self.steps += other.steps;
        self.step_error = self.step_error.max(other.step_error);
        self.failures.extend(other.failures.iter().cloned());
        self.unchecked.extend(other.unchecked.iter().cloned());
        self
    }

    /// The largest relative error of any gradient.
    pub fn largest_error(&self) -> f64 {
        self.errors.iter().fold(
            0.0,
            |largest, (_, error)| if *error > largest { *error } else { largest },
        )
    }
}

/// What became of a claim.
#[derive(Clone, Debug, Default)]
pub struct ClaimOutcome {
    /// The claim in canonical spelling.
    pub text: String,
    /// The array whose gradient it is about, if it is about one.
    pub subject: Option<Name>,
    /// Whether it holds.
    pub holds: bool,
    /// How that is known.
    pub how: How,
    /// Why not, or how it was judged.
    pub reason: String,
    /// Where it was proved, the proof.
    pub proof: Option<Proof>,
    /// What it rests on: declared facts, in words.
    pub assumptions: Vec<String>,
    /// Where it is false, what is wrong with it.
    pub diagnosis: Option<Diagnosis>,
}

/// How the truth of a claim is known. A label never says more than was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// Both sides have one normal form in index notation.
    Proved,
    /// Both sides agree exactly at random points modulo large primes, functions being values that nothing is known of.
    Exact,
    /// Both sides agree in 64-bit floats at random points.
    #[default]
    Numeric,
    /// They differ at a point that is given.
    Refuted,
    /// One side has no shape, or not the other's.
    IllShaped,
}

/// Why two sides are equal: both are led to one form.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The indices of the entry that is compared.
    pub indices: Vec<Index>,
    /// From the entry as it was claimed to the form that both sides have.
    pub claimed: Vec<ProofLine>,
    /// From the entry as it was derived, or of the left side, to the same form.
    pub derived: Vec<ProofLine>,
    /// Where rewriting leads both sides to one form, the steps there: from the entry as it was derived, then as it was claimed.
    pub ways: Option<[Way; 2]>,
}

/// A line of a proof, equal to the one before it.
#[derive(Clone, Debug)]
pub struct ProofLine {
    /// The entry.
    pub term: Term,
    /// Why it equals the one before, in words; empty for the first.
    pub why: String,
}

/// From one side of a claim to the form that both sides have.
#[derive(Clone, Debug)]
pub struct Way {
    /// From the side to the form; empty where the side is the form.
    pub steps: StepList,
    /// The form, up to the names of summed indices and the order of factors.
    pub result: Term,
}

/// What is wrong with a claim.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// The name of the mistake's row; empty where none was recognised.
    pub mistake: &'static str,
    /// What is wrong, in a sentence with code between backticks.
    pub sentence: String,
    /// The right side that makes the claim true.
    pub correction: Option<String>,
    /// The derivative and the step of its derivation where the two part.
    pub parting: Option<(Name, &'static str)>,
    /// For an ill-shaped claim: products of the same factors that do fit, those that are right first.
    pub fitting: Vec<String>,
}
