//! The layers that a sum in a network of symbolic depth reaches over.

use derive_graph::Name;

/// Layers of a symbolic depth: all of them, or others at an end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerRange {
    /// The name that counts them.
    pub variable: Name,
    /// The least number, where that is not the first layer's.
    pub from: Option<i64>,
    /// The name of the last layer's number, where that layer is left out.
    pub before: Option<Name>,
}

impl LayerRange {
    /// Whether these are all layers, no less and no more.
    pub fn is_whole(&self) -> bool {
        self.from.is_none() && self.before.is_none()
    }

    /// What stands below the sign of a sum, with this sign for `at least`: `l`, `l≥2`, `l<L` or `2≤l<L`.
    pub fn condition(&self, at_least: &str, at_most: &str) -> String {
        let variable = &self.variable;
        match (&self.from, &self.before) {
            (None, None) => variable.to_string(),
            (Some(from), None) => format!("{variable}{at_least}{from}"),
            (None, Some(before)) => format!("{variable}<{before}"),
            (Some(from), Some(before)) => format!("{from}{at_most}{variable}<{before}"),
        }
    }
}
