//! Why something could not be evaluated.

use std::fmt;

/// The reason that an evaluation ends without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It would take too long: nothing is known of the value, right or wrong.
    TooLarge,
    /// A sentence: the term has no value.
    Because(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::TooLarge => {
                f.write_str("even at small sizes its sums have more terms than are added up")
            }
            Reason::Because(sentence) => f.write_str(sentence),
        }
    }
}

impl From<String> for Reason {
    fn from(sentence: String) -> Reason {
        Reason::Because(sentence)
    }
}

impl From<&str> for Reason {
    fn from(sentence: &str) -> Reason {
        Reason::Because(sentence.to_owned())
    }
}
