//! Which of two indices gives the rows of a product of matrices.
//!
//! In: the factors of the whole product, its bound indices and the statement's own indices. Out: whether the matrix that a sum over one
//! index becomes is better read the other way round. A chain of factors is read from one end to the other, as on paper:
//! in Σ_klu A_ki B_ju X_lu C_lk the way from i to j is A, C, X, B, so the sum over u is [X Bᵀ]_lj and not [B Xᵀ]_jl.

use derive_index::{Index, Term};
use std::cmp::Ordering;

/// Where the ends of a chain of factors are.
pub struct Reading<'a> {
    bound: &'a [Index],
    factors: &'a [Term],
    /// The free indices at the beginning and at the end, where the product has two.
    ends: Option<(Index, Index)>,
}

impl<'a> Reading<'a> {
    /// The way to read a product with these bound indices and factors, in a statement about an array with these indices.
    pub fn of(bound: &'a [Index], factors: &'a [Term], statement: &[Index]) -> Reading<'a> {
        let mut reading = Reading {
            bound,
            factors,
            ends: None,
        };
        let mut free: Vec<Index> = Vec::new();
        for index in factors.iter().flat_map(|factor| factor.free()) {
            if !bound.contains(index) && !free.contains(index) {
                free.push(index.clone());
            }
        }
        free.sort();
        if let [first, last] = free.as_slice() {
            // The rows of what is derived are given by its first index; elsewhere the way with fewer transposes is taken.
            let given = statement.contains(first) && statement.contains(last);
            let turned = !given && reading.way(first, &[]).straight < 0;
            reading.ends = Some(match turned {
                true => (last.clone(), first.clone()),
                false => (first.clone(), last.clone()),
            });
        }
        reading
    }

    /// Two indices that are left of a sum over `index`, the one that gives the rows first.
    pub fn rows_first(&self, index: &Index, a: &Index, b: &Index) -> Ordering {
        // A single row or column has no place in the chain.
        if *a == Index::Unit || *b == Index::Unit {
            return a.cmp(b);
        }
        let place = |end: &Index| self.place(end, index);
        place(a).cmp(&place(b)).then_with(|| a.cmp(b))
    }

    /// How far right an index stands: 0 at the beginning of the chain, 2 at its end, 1 where neither can be reached.
    fn place(&self, from: &Index, summed: &Index) -> usize {
        let way = self.way(from, std::slice::from_ref(summed));
        match &self.ends {
            Some((first, _)) if way.ends.contains(first) => 0,
            Some((_, last)) if way.ends.contains(last) => 2,
            None if !way.ends.is_empty() => 0,
            _ => 1,
        }
    }

    /// The free indices that are reached from one through factors without those that are avoided.
    fn way(&self, from: &Index, avoided: &[Index]) -> Way {
        let mut way = Way {
            ends: Vec::new(),
            straight: 0,
        };
        let mut met = vec![from];
        let mut at = 0;
        while let Some(&index) = met.get(at) {
            at += 1;
            if !self.bound.contains(index) {
                way.ends.push(index.clone());
                if at > 1 {
                    continue;
                }
            }
            for factor in self.factors {
                let free = factor.free();
                if !free.contains(index) || avoided.iter().any(|other| free.contains(other)) {
                    continue;
                }
                for next in free
                    .iter()
                    .filter(|next| !met.contains(next))
                    .collect::<Vec<_>>()
                {
                    way.straight += turn(factor, index, next);
                    met.push(next);
                }
            }
        }
        way
    }
}

/// What can be reached from an index.
struct Way {
    ends: Vec<Index>,
    /// How many more matrices are read from row to column than the other way round.
    straight: i32,
}

/// 1 where a matrix is read from its row to its column, −1 the other way round, 0 for anything else.
fn turn(factor: &Term, from: &Index, to: &Index) -> i32 {
    match factor.as_entry().map(|(_, place)| place).as_deref() {
        Some([row, column]) if row == from && column == to => 1,
        Some([row, column]) if row == to && column == from => -1,
        _ => 0,
    }
}
