//! What a program computes, and what it is called: the loss and its gradients, a Jacobian, or second derivatives.

use derive_graph::Name;
use derive_index::derivation::Derivation;

/// What is asked of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The loss and its gradients.
    Gradients,
    /// The Jacobian of an intermediate.
    Jacobian,
    /// The second derivatives of the loss, of every pair.
    Hessian,
    /// The Hessian times a direction.
    Product,
}

/// A question, and the derivations that answer it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What is asked.
    pub question: Question,
    /// The derivations whose statements are computed, all of one network: for the Hessian one for every gradient, by what stands at or after it.
    pub blocks: Vec<&'a Derivation>,
    /// The derivation of the loss and its gradients, or of the Jacobian.
    pub first: &'a Derivation,
}

impl<'a> Asked<'a> {
    /// The loss and its gradients.
    pub fn gradients(derivation: &'a Derivation) -> Asked<'a> {
        Asked {
            question: Question::Gradients,
            blocks: vec![derivation],
            first: derivation,
        }
    }

    /// What is differentiated alone: the loss, or the intermediate.
    pub(crate) fn value(&self) -> Asked<'a> {
        Asked::gradients(self.first)
    }

    /// The gradient whose derivatives a block has, if it is a block of second derivatives; or the derivative along a direction.
    pub(crate) fn numerator(&self, block: &Derivation) -> Option<Name> {
        match self.question {
            Question::Gradients | Question::Jacobian => None,
            Question::Hessian | Question::Product => Some(block.network.loss.name.clone()),
        }
    }
}

impl Question {
    /// The name of the function.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Question::Gradients => "loss_and_gradients",
            Question::Jacobian => "jacobian",
            Question::Hessian => "hessian",
            Question::Product => "hessian_vector",
        }
    }

    /// The name of what the function gives by name.
    pub(crate) fn answer(self) -> &'static str {
        match self {
            Question::Gradients => "gradients",
            Question::Jacobian => "derivatives",
            Question::Hessian => "blocks",
            Question::Product => "products",
        }
    }

    /// Whether the function gives the loss as well.
    pub(crate) fn has_loss(self) -> bool {
        self == Question::Gradients
    }

    /// The function of what is differentiated alone.
    pub(crate) fn value_function(self) -> &'static str {
        match self {
            Question::Jacobian => "value",
            _ => "loss",
        }
    }

    /// What stands above the names of the arrays that are differentiated by.
    pub(crate) fn differentiated(self) -> &'static str {
        match self {
            Question::Jacobian => "What it is differentiated by.",
            _ => "What the loss is differentiated by.",
        }
    }

    /// What a program is, after the network's title.
    pub(crate) fn title(self, of: &Name) -> String {
        match self {
            Question::Gradients => "the loss and its gradients".to_owned(),
            Question::Jacobian => format!("the Jacobian of {of}"),
            Question::Hessian => "the second derivatives of the loss".to_owned(),
            Question::Product => "the Hessian of the loss times a direction".to_owned(),
        }
    }

    /// What a function gives, in a sentence.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Question::Gradients => {
                "The loss, and by name its gradient by each of the differentiated arrays."
            }
            Question::Jacobian => {
                "By name the derivatives by each of the differentiated arrays, whose axes come last."
            }
            Question::Hessian => {
                "By a pair of names the second derivatives of the loss, the axes of the first array before those of the second."
            }
            Question::Product => {
                "By name the rate at which the gradient changes along the direction v: the gradient of D, the sum of the products of gradient and v."
            }
        }
    }
}
