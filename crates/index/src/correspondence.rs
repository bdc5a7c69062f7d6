//! Whether terms are the same up to the names of arrays, dimensions and indices, and which name stands for which.

use crate::{Head, Index, Term};
use derive_graph::{Dim, Name, Polynomial, Shape};

/// What stands for what, one to one, from some terms to others of the same form.
#[derive(Clone, Debug, Default)]
pub struct Correspondence {
    arrays: Vec<(Name, Name)>,
    dims: Vec<(Name, Name)>,
    indices: Vec<(u32, u32)>,
}

/// Notes that `a` stands for `b`; `false` if either is taken.
fn pair<T: PartialEq + Clone>(known: &mut Vec<(T, T)>, a: &T, b: &T) -> bool {
    match known.iter().find(|(from, to)| from == a || to == b) {
        Some((from, to)) => from == a && to == b,
        None => {
            known.push((a.clone(), b.clone()));
            true
        }
    }
}

impl Correspondence {
    /// The arrays of the first terms and what stands for each in the others, in the order in which they were met.
    pub fn arrays(&self) -> &[(Name, Name)] {
        &self.arrays
    }

    /// As [`Correspondence::arrays`], for the dimensions.
    pub fn dims(&self) -> &[(Name, Name)] {
        &self.dims
    }

    /// Notes that one array stands for another; `false` if either is taken.
    pub fn array(&mut self, a: &Name, b: &Name) -> bool {
        pair(&mut self.arrays, a, b)
    }

    /// Whether `a` becomes `b` by replacing names as noted, or not yet noted: these are noted. If not, what was noted is of no use.
    pub fn terms(&mut self, a: &Term, b: &Term) -> bool {
        let children = a.children().iter().zip(b.children());
        a.size() == b.size()
            && a.children().len() == b.children().len()
            && self.heads(a.head(), b.head())
            && children.into_iter().all(|(a, b)| self.terms(a, b))
    }

    /// As [`Correspondence::terms`], for lists of indices.
    pub fn indices(&mut self, a: &[Index], b: &[Index]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.index(a, b))
    }

    /// As [`Correspondence::terms`], for shapes.
    pub fn shapes(&mut self, a: &Shape, b: &Shape) -> bool {
        a.rank() == b.rank() && a.0.iter().zip(&b.0).all(|(a, b)| self.dim(a, b))
    }

    fn heads(&mut self, a: &Head, b: &Head) -> bool {
        match (a, b) {
            (Head::Tensor(a, first), Head::Tensor(b, second)) => {
                self.array(a, b) && self.shapes(first, second)
            }
            (Head::Index(a), Head::Index(b)) => self.index(a, b),
            (Head::Dimension(a), Head::Dimension(b)) => pair(&mut self.dims, a, b),
            (Head::Identity(a), Head::Identity(b)) => self.dim(a, b),
            (Head::Ones(a), Head::Ones(b)) | (Head::Reshape(a), Head::Reshape(b)) => {
                self.shapes(a, b)
            }
            (Head::Gather(a, first), Head::Gather(b, second)) => {
                self.shapes(first, second) && a.renamed(&|name| self.renamed(name)) == *b
            }
            (Head::Gather(..) | Head::Tensor(..) | Head::Index(_) | Head::Dimension(_), _)
            | (Head::Identity(_) | Head::Ones(_) | Head::Reshape(_), _) => false,
            // No other head has a name in it.
            _ => a == b,
        }
    }

    fn dim(&mut self, a: &Dim, b: &Dim) -> bool {
        match (a, b) {
            (Dim::Named(a), Dim::Named(b)) => pair(&mut self.dims, a, b),
            (Dim::Formula(a), Dim::Formula(b)) => self.polynomial(a, b),
            _ => a == b,
        }
    }

    fn polynomial(&mut self, a: &Polynomial, b: &Polynomial) -> bool {
        a.renamed(&|name| self.renamed(name)) == *b
    }

    fn index(&mut self, a: &Index, b: &Index) -> bool {
        match (a, b) {
            (Index::Variable { id: first, dim }, Index::Variable { id, dim: other }) => {
                pair(&mut self.indices, first, id) && self.dim(dim, other)
            }
            (Index::Affine(a), Index::Affine(b)) => {
                let variables = a.terms().iter().zip(b.terms());
                let mut pairs = variables.map(|((a, _), (b, _))| (a, b));
                let same = a.terms().len() == b.terms().len();
                same && pairs.all(|(a, b)| self.index(a, b)) && self.dim(a.dim(), b.dim()) && {
                    let index = |index: &Index| self.index_for(index);
                    a.renamed(&index, &|name| self.renamed(name)) == **b
                }
            }
            _ => a == b,
        }
    }

    /// What stands for a variable that was met.
    fn index_for(&self, index: &Index) -> Index {
        let Index::Variable { id, dim } = index else {
            return index.clone();
        };
        let known = self.indices.iter().find(|(from, _)| from == id);
        Index::Variable {
            id: known.map_or(*id, |(_, to)| *to),
            dim: dim.renamed(&|name| self.renamed(name)),
        }
    }

    /// What stands for a dimension; itself if it was not met, so that only what is equal corresponds.
    fn renamed(&self, name: &Name) -> Dim {
        let known = self.dims.iter().find(|(from, _)| from == name);
        Dim::Named(known.map_or(name, |(_, to)| to).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fresh, build};

    /// Σ_k A_{ik} B_{kj} over these names, with ids from `first` on.
    fn product(names: [&str; 5], first: u32) -> Term {
        let dims = [names[2], names[3], names[4]].map(|name| Dim::Named(Name::new(name)));
        let mut fresh = Fresh::starting_at(first);
        let (i, k, j) = (
            fresh.index(&dims[0]),
            fresh.index(&dims[1]),
            fresh.index(&dims[2]),
        );
        let array = |name: &str, a: usize, b: usize| {
            build::tensor(
                &Name::new(name),
                &Shape(vec![dims[a].clone(), dims[b].clone()]),
            )
        };
        let left = build::entry(array(names[0], 0, 1), vec![i, k.clone()]);
        let right = build::entry(array(names[1], 1, 2), vec![k.clone(), j]);
        build::product(vec![k], vec![left, right])
    }

    #[test]
    fn names_correspond_one_to_one() {
        let first = product(["A", "B", "n", "d", "m"], 0);
        let second = product(["X", "A", "n", "h", "d"], 7);
        let mut names = Correspondence::default();
        assert!(names.terms(&first, &second));
        let arrays: Vec<String> = names
            .arrays()
            .iter()
            .map(|(a, b)| format!("{a}{b}"))
            .collect();
        assert_eq!(arrays, ["AX", "BA"]);
        // Two arrays cannot both become one, nor one become two.
        let square = product(["A", "A", "n", "n", "n"], 0);
        let other = product(["A", "B", "n", "n", "n"], 0);
        assert!(!Correspondence::default().terms(&square, &other));
        assert!(!Correspondence::default().terms(&other, &square));
        // What was noted before binds.
        let mut taken = Correspondence::default();
        assert!(taken.array(&Name::new("A"), &Name::new("B")));
        assert!(!taken.terms(&first, &second));
    }
}
