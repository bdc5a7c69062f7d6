//! The steps of a statement, which are those of a form that was solved once, in the statement's own names.
//!
//! Layers of one form have one solution. What is asked of most of its steps in most layers is how many there are and by which
//! rules; their terms are put into a layer's own names when somebody reads them.

use crate::derivation::Step;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Steps, each from where the one before ended. It is read as a slice; cheap to clone.
#[derive(Clone, Default)]
pub struct StepList(Arc<List>);

#[derive(Default)]
struct List {
    pattern: Arc<[Step]>,
    /// Puts the pattern into other names; `None` if its names are the right ones.
    rename: Option<Rename>,
    renamed: OnceLock<Vec<Step>>,
}

type Rename = Box<dyn Fn(&[Step]) -> Vec<Step> + Send + Sync>;

impl StepList {
    /// The steps of this list under other names: `rename` makes them, once, when they are first read. It has to keep their number
    /// and everything about them but names.
    pub fn renamed(
        &self,
        rename: impl Fn(&[Step]) -> Vec<Step> + Send + Sync + 'static,
    ) -> StepList {
        StepList(Arc::new(List {
            pattern: Arc::clone(&self.0.pattern),
            rename: Some(Box::new(rename)),
            renamed: OnceLock::new(),
        }))
    }

    /// The steps in the names in which they were found: for what does not depend on names.
    pub fn pattern(&self) -> &[Step] {
        &self.0.pattern
    }

    /// How many there are; none of them is made for that.
    pub fn len(&self) -> usize {
        self.0.pattern.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.pattern.is_empty()
    }
}

impl Deref for StepList {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        match &self.0.rename {
            None => &self.0.pattern,
            Some(_) if self.is_empty() => &[],
            Some(rename) => self.0.renamed.get_or_init(|| rename(&self.0.pattern)),
        }
    }
}

impl From<Vec<Step>> for StepList {
    fn from(steps: Vec<Step>) -> StepList {
        StepList(Arc::new(List {
            pattern: Arc::from(steps),
            ..List::default()
        }))
    }
}

impl<'a> IntoIterator for &'a StepList {
    type Item = &'a Step;
    type IntoIter = std::slice::Iter<'a, Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for StepList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build;
    use crate::derivation::Why;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn step(number: i64) -> Step {
        Step {
            rule: "merge",
            backwards: false,
            before: build::integer(number),
            after: build::integer(number),
            site: Vec::new(),
            why: Why::default(),
            conditions: Vec::new(),
        }
    }

    #[test]
    fn steps_are_renamed_once_and_only_if_they_are_read() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let list = StepList::from(vec![step(1)]).renamed(move |steps| {
            count.fetch_add(1, Ordering::Relaxed);
            steps.iter().map(|_| step(2)).collect()
        });
        assert_eq!(
            (list.len(), list.is_empty(), asked.load(Ordering::Relaxed)),
            (1, false, 0)
        );
        assert_eq!(list.pattern()[0].before, build::integer(1));
        assert_eq!(list[0].before, build::integer(2));
        assert_eq!(
            list.clone().iter().count() + asked.load(Ordering::Relaxed),
            2
        );
    }
}
