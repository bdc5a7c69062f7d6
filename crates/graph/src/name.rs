//! Names that are ordered by their text.
//!
//! The order matters: ties between equal-cost forms are broken by text, so that an answer never depends on which name
//! was met first.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A name in canonical ASCII spelling, cheap to copy, ordered and compared by its text.
#[derive(Clone, Eq)]
pub struct Name(Arc<str>);

impl Name {
    /// The name with this text.
    pub fn new(text: &str) -> Name {
        Name(Arc::from(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the cotangent ∂L/∂self. The brackets cannot occur in a name of the user's, so it never clashes.
    pub fn cotangent(&self) -> Name {
        Name(Arc::from(["grad(", &self.0, ")"].concat()))
    }

    /// The name of ∂of/∂self where that is a quantity of its own, beside the cotangents of another loss.
    pub fn derivative_of(&self, of: &Name) -> Name {
        Name::new(&format!("grad({of}, {self})"))
    }

    /// What is differentiated and by what, if this is a [`Name::derivative_of`].
    pub fn as_derivative(&self) -> Option<(Name, Name)> {
        let inside = self.0.strip_prefix("grad(")?.strip_suffix(')')?;
        let (of, by) = inside.split_once(", ")?;
        (!of.contains('(')).then(|| (Name::new(of), Name::new(by)))
    }

    /// The name for a message: `∂L/∂W` for a [`Name::derivative_of`], the text otherwise.
    pub fn spoken(&self) -> String {
        match self.as_derivative() {
            Some((of, by)) => format!("∂{of}/∂{by}"),
            None => self.0.to_string(),
        }
    }

    /// The number between the braces of a member of a family, `W{2}`.
    pub fn member(&self) -> Option<i64> {
        let (_, rest) = self.0.split_once('{')?;
        rest.split_once('}')?.0.parse().ok()
    }

    /// The variable of which this is the cotangent, if it is one.
    pub fn of_cotangent(&self) -> Option<Name> {
        let variable = self.0.strip_prefix("grad(")?.strip_suffix(')')?;
        self.as_derivative().is_none().then(|| Name::new(variable))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        // Most names that are compared are copies of one another.
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        match Arc::ptr_eq(&self.0, &other.0) {
            true => Ordering::Equal,
            false => self.0.cmp(&other.0),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::new(text)
    }
}
