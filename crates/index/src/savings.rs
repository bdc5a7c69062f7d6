//! The record of how a derivation is computed with the fewest multiplications: what `--cost flops` adds.
//!
//! Every line is a quantity of the program that computes the loss and its gradients: the form that was derived, the steps that lead to a
//! cheaper one, and how many multiplications that takes. What several lines use is a line of its own.

use crate::Term;
use crate::count::{Count, Range};
use crate::derivation::Step;
use crate::substitute::replace_tensor;
use derive_graph::{Name, Shape};

/// The lines of both passes, and what they take.
#[derive(Clone, Debug, Default)]
pub struct Savings {
    /// The forward pass; its last line is the loss.
    pub forward: Vec<Line>,
    /// The backward pass, in order of computation.
    pub backward: Vec<Line>,
    /// For every gradient the multiplications after the forward pass if it is the only one.
    pub alone: Vec<(Name, Count)>,
    /// What the names of lines stand for, without the names of other lines, in order.
    pub meanings: Vec<(Name, Term)>,
}

impl Savings {
    /// How many multiplications a pass takes.
    pub fn total(lines: &[Line]) -> Count {
        let all: Vec<Count> = lines.iter().map(Line::total).collect();
        Count::sum(&all)
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
    /// How many multiplications it takes beside those of the lines that it mentions; of a line of every layer, in one of them.
    pub count: Count,
    /// The layers that it is a line of, in a network of symbolic depth.
    pub range: Option<Range>,
}

impl Line {
    /// How many multiplications it takes in all layers.
    pub fn total(&self) -> Count {
        match &self.range {
            Some(range) => self.count.over(range),
            None => self.count.clone(),
        }
    }
}

/// The path to the smallest part in which two terms differ.
pub fn site(before: &Term, after: &Term) -> Vec<usize> {
    let (mut path, mut at) = (Vec::new(), (before, after));
    while at.0.head() == at.1.head() && at.0.children().len() == at.1.children().len() {
        let pairs = at.0.children().iter().zip(at.1.children());
        let mut differing = pairs.enumerate().filter(|(_, (a, b))| a != b);
        let (Some((place, next)), None) = (differing.next(), differing.next()) else {
            break;
        };
        if next.0.as_index().is_some() {
            break;
        }
        path.push(place);
        at = next;
    }
    path
}
