//! Replacing indices and leaves, never capturing a bound index.

use crate::build;
use crate::{Fresh, Head, Index, Term};
use derive_graph::{Dim, Name};
use rustc_hash::FxHashMap;

/// `term` with every free occurrence of the index `from` replaced by `to`.
///
/// A sum inside that binds an index of `to` gets another one: copies of a sum may stand inside one another.
pub fn replace_index(term: &Term, from: &Index, to: &Index) -> Term {
    if term.free().binary_search(from).is_err() {
        return term.clone();
    }
    let captured = to.variables();
    if term.head().binds() && term.split().0.iter().any(|index| captured.contains(index)) {
        let used = captured.iter().filter_map(Index::id).map(|id| id + 1).max();
        let mut fresh = Fresh::starting_at(term.next_index().max(used.unwrap_or(0)));
        let apart = rename_bound(term, &|index| captured.contains(index), &mut fresh);
        return replace_index(&apart, from, to);
    }
    match term.as_index() {
        Some(Index::Affine(affine)) => {
            return build::index(&affine.replaced(from, to).to_index());
        }
        Some(_) => return build::index(to),
        None => {}
    }
    let children = term
        .children()
        .iter()
        .map(|child| replace_index(child, from, to))
        .collect();
    build::node(term.head().clone(), children)
}

/// `term` with its bound indices replaced by fresh ones wherever they meet `taken`.
///
/// The fresh ones are fresh to the term too, so that two bound indices never become one.
pub fn rename_bound(term: &Term, taken: &dyn Fn(&Index) -> bool, fresh: &mut Fresh) -> Term {
    *fresh = Fresh::starting_at(fresh.peek().max(term.next_index()));
    renamed(term, taken, fresh)
}

fn renamed(term: &Term, taken: &dyn Fn(&Index) -> bool, fresh: &mut Fresh) -> Term {
    let mut rebuilt = term.clone();
    if term.head().binds() {
        let (bound, _) = term.split();
        for old in bound.iter().filter(|index| taken(index)) {
            let new = fresh.index(&old.dim());
            let children = rebuilt
                .children()
                .iter()
                .map(|child| replace_index(child, old, &new))
                .collect();
            rebuilt = Term::raw(rebuilt.head().clone(), children);
        }
    }
    if rebuilt.children().is_empty() {
        return rebuilt;
    }
    let children = rebuilt
        .children()
        .iter()
        .map(|child| renamed(child, taken, fresh))
        .collect();
    Term::raw(rebuilt.head().clone(), children)
}

/// The entry of a comprehension at these places, its own sums renamed.
pub fn comprehension_at(array: &Term, places: &[Index], fresh: &mut Fresh) -> Term {
    let copy = rename_bound(array, &|_| true, fresh);
    let (indices, body) = copy.split();
    let put = |body: Term, (from, to): (&Index, &Index)| replace_index(&body, from, to);
    indices.iter().zip(places).fold(body[0].clone(), put)
}

/// Whether two terms differ in the names of bound indices at most.
pub fn alike(a: &Term, b: &Term) -> bool {
    let next = a.next_index().max(b.next_index());
    let named_anew = |term: &Term| rename_bound(term, &|_| true, &mut Fresh::starting_at(next));
    a == b || named_anew(a) == named_anew(b)
}

/// How names, dimensions and index ids are to be replaced, leaf by leaf.
pub struct Renaming<'a> {
    /// New names of arrays.
    pub tensor: &'a dyn Fn(&Name) -> Name,
    /// New dimensions.
    pub dim: &'a dyn Fn(&Name) -> Dim,
    /// New ids of index variables.
    pub index: &'a dyn Fn(u32) -> u32,
}

impl Renaming<'_> {
    /// The renamed index.
    pub fn rename_index(&self, index: &Index) -> Index {
        match index {
            Index::Unit => Index::Unit,
            Index::Variable { id, dim } => Index::Variable {
                id: (self.index)(*id),
                dim: self.rename_dim(dim),
            },
            Index::Affine(affine) => {
                let renamed = affine.renamed(&|index| self.rename_index(index), self.dim);
                Index::Affine(std::sync::Arc::new(renamed))
            }
        }
    }

    fn rename_dim(&self, dim: &Dim) -> Dim {
        dim.renamed(self.dim)
    }

    /// `term` with every leaf renamed. The structure stays exactly as it is.
    pub fn apply(&self, term: &Term) -> Term {
        self.apply_shared(term, &mut FxHashMap::default())
    }

    /// As [`Renaming::apply`]; nodes that were renamed before are taken from `done`, by their addresses. All terms of one `done` have
    /// to live as long as it.
    pub fn apply_shared(&self, term: &Term, done: &mut FxHashMap<usize, Term>) -> Term {
        if let Some(known) = done.get(&term.address()) {
            return known.clone();
        }
        let children = term.children().iter();
        let children = children
            .map(|child| self.apply_shared(child, done))
            .collect();
        let renamed = self.node(term, children);
        done.insert(term.address(), renamed.clone());
        renamed
    }

    /// The node with its own leaf renamed and with these children.
    fn node(&self, term: &Term, children: Vec<Term>) -> Term {
        match term.head() {
            Head::Dimension(name) => build::dimension(&(self.dim)(name)),
            head => Term::raw(self.head(head), children),
        }
    }

    /// The renamed head; that of a dimension, which may become a number, is left as it is.
    pub fn head(&self, head: &Head) -> Head {
        let shape = |shape: &derive_graph::Shape| {
            derive_graph::Shape(shape.0.iter().map(|dim| self.rename_dim(dim)).collect())
        };
        match head {
            Head::Tensor(name, dims) => Head::Tensor((self.tensor)(name), shape(dims)),
            Head::Index(index) => Head::Index(self.rename_index(index)),
            Head::Ones(dims) => Head::Ones(shape(dims)),
            Head::Identity(dim) => Head::Identity(self.rename_dim(dim)),
            Head::Gather(gather, dims) => Head::Gather(gather.renamed(self.dim), shape(dims)),
            Head::Reshape(dims) => Head::Reshape(shape(dims)),
            other => other.clone(),
        }
    }
}

/// `term` with every occurrence of the closed array `name` replaced by `value`, which has the same shape.
pub fn replace_tensor(term: &Term, name: &Name, value: &Term) -> Term {
    replaced(term, name, value).unwrap_or_else(|| term.clone())
}

/// As [`replace_tensor`]; `None` where the array does not occur.
fn replaced(term: &Term, name: &Name, value: &Term) -> Option<Term> {
    if let Head::Tensor(known, _) = term.head() {
        return (known == name).then(|| value.clone());
    }
    let changed = |(at, child)| replaced(child, name, value).map(|new| (at, new));
    let mut changes = term.children().iter().enumerate().filter_map(changed);
    let first = changes.next()?;
    let mut children = term.children().to_vec();
    for (at, new) in std::iter::once(first).chain(changes) {
        children[at] = new;
    }
    Some(build::node(term.head().clone(), children))
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::{Polynomial, Shape};

    #[test]
    fn bound_indices_stay_apart() {
        let dim = Dim::Named(Name::new("n"));
        let matrix = build::tensor(&Name::new("A"), &Shape(vec![dim.clone(), dim.clone()]));
        let indices = Fresh::starting_at(4).indices(&[dim.clone(), dim]);
        let sum = build::product(indices.clone(), vec![build::entry(matrix, indices.clone())]);
        // The first fresh index has the id of the second bound one.
        let mut fresh = Fresh::starting_at(5);
        let copy = rename_bound(&sum, &|_| true, &mut fresh);
        let (bound, _) = copy.split();
        assert_ne!(bound[0], bound[1]);
        assert_eq!(copy.size(), sum.size());
    }

    #[test]
    fn a_sum_does_not_capture_an_index_that_is_put_in() {
        let dim = Dim::Named(Name::new("n"));
        let mut fresh = Fresh::default();
        let (e, u) = (fresh.index(&dim), fresh.index(&dim));
        let array = build::tensor(&Name::new("W"), &Shape(vec![dim.clone(), dim.clone()]));
        let entry = build::entry(array, vec![e.clone(), u.clone()]);
        let row = build::product(vec![u.clone()], vec![entry]);
        let place = crate::Affine::new(vec![(u.clone(), 1.into())], Polynomial::from(1), dim);
        let put = replace_index(&row, &e, &place.to_index());
        assert_eq!(put.free(), [u]);
    }
}
