//! The record of how a derivation is computed with the fewest multiplications: what `--cost flops` adds.
//!
//! Every line is a quantity of the program that computes the loss and its gradients: the form that was derived, the steps that lead to a
//! cheaper one, and how many multiplications that takes. What several lines use is a line of its own.

use crate::Term;
use crate::derivation::Step;
use crate::substitute::replace_tensor;
use derive_graph::{Name, Polynomial, Shape};

/// The lines of both passes, and what they take.
#[derive(Clone, Debug, Default)]
pub struct Savings {
    /// The forward pass; its last line is the loss.
    pub forward: Vec<Line>,
    /// The backward pass, in order of computation.
    pub backward: Vec<Line>,
    /// For every gradient the multiplications after the forward pass if it is the only one.
    pub alone: Vec<(Name, Polynomial)>,
    /// What the names of lines stand for, without the names of other lines, in order.
    pub meanings: Vec<(Name, Term)>,
}

impl Savings {
    /// How many multiplications a pass takes.
    pub fn total(lines: &[Line]) -> Polynomial {
        let none = Polynomial::default();
        lines.iter().fold(none, |sum, line| sum.plus(&line.count))
    }

    /// A form with the names of lines replaced by what they stand for.
    pub fn expanded(&self, term: &Term) -> Term {
        let from_the_last = self.meanings.iter().rev();
        from_the_last.fold(term.clone(), |term, (name, meaning)| {
            replace_tensor(&term, name, meaning)
        })
    }

    /// The line of a quantity or a derivative; the name of a derivative is [`Name::cotangent`].
    pub fn line(&self, name: &Name) -> Option<&Line> {
        let mut all = self.forward.iter().chain(&self.backward);
        all.find(|line| line.name == *name)
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// A quantity of the forward pass, the cotangent of one, or the name of what lines share.
    pub name: Name,
    /// The shape of the array.
    pub shape: Shape,
    /// The form that was derived; none for what lines share.
    pub start: Option<Term>,
    /// From there to the result.
    pub steps: Vec<Step>,
    /// The form that is computed, what lines share by its name. The derived form where nothing cheaper was found.
    pub result: Term,
    /// How many multiplications it takes beside those of the lines that it mentions.
    pub count: Polynomial,
}
