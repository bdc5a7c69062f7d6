//! Concrete sizes for symbolic dimensions.
//!
//! Dimensions that differ by name must differ in size somewhere, or a transposed factor could go unnoticed. Each takes every one of three sizes once in
//! three draws, each in an order of its own, and two different orders of three things agree in one place at most: so at two of three draws two dimensions
//! differ, as do a dimension and a number. Declared sizes are ignored on purpose.

use crate::choice::Choice;
use crate::random::Random;
use derive_graph::{Dim, Name, Polynomial, Shape, least_common_multiple};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::fmt::Write as _;

/// With more named dimensions not all sizes are told.
const MANY: usize = 5;

/// Arrays with more entries than this are not evaluated.
const MOST_ENTRIES: usize = 1 << 22;

/// The size of every named dimension.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    named: Vec<(Name, usize)>,
    place: FxHashMap<Name, usize>,
}

impl Sizes {
    /// The sizes given.
    pub fn new(named: Vec<(Name, usize)>) -> Sizes {
        let place = named
            .iter()
            .enumerate()
            .map(|(at, (name, _))| (name.clone(), at))
            .collect();
        Sizes { named, place }
    }

    /// Small sizes for these dimensions, given in order of mention.
    pub(crate) fn choose(dims: &Dims, random: &mut Random) -> Sizes {
        // All draws make the same choice, so that it can be said of all of them that dimensions differ.
        let (shared, draw) = random.turn();
        let mut chosen = dims.chosen.borrow_mut();
        let choice = match chosen.take().filter(|(from, _)| *from == shared) {
            Some((_, choice)) => choice,
            None => Choice::new(dims, shared.clone()),
        };
        let sizes = choice.at(dims, draw);
        *chosen = Some((shared, choice));
        sizes
    }

    /// The size of a dimension.
    ///
    /// # Errors
    /// A sentence, if a named dimension has no size.
    pub fn size(&self, dim: &Dim) -> Result<usize, String> {
        match dim {
            Dim::Size(size) => usize::try_from(*size).map_err(|_| too_large(&dim.to_string())),
            Dim::Named(name) => match self.place.get(name) {
                Some(&at) => Ok(self.named[at].1),
                None => Err(format!("the dimension `{name}` has no size")),
            },
            Dim::Formula(formula) => {
                let size = dim.size(&|name| self.named(name));
                let size = size.and_then(|size| usize::try_from(size).ok());
                size.ok_or_else(|| format!("the dimension `{formula}` is not positive"))
            }
        }
    }

    /// The size of a named dimension.
    pub(crate) fn named(&self, name: &Name) -> Option<i64> {
        let at = self.place.get(name)?;
        i64::try_from(self.named[*at].1).ok()
    }

    /// The sizes of all axes.
    ///
    /// # Errors
    /// A sentence, as [`Sizes::size`], or if the array would have more than four million entries.
    pub fn dims(&self, shape: &Shape) -> Result<Vec<usize>, String> {
        let dims: Vec<usize> = shape
            .0
            .iter()
            .map(|dim| self.size(dim))
            .collect::<Result<_, _>>()?;
        let entries = dims
            .iter()
            .try_fold(1usize, |all, size| all.checked_mul(*size));
        match entries {
            Some(0) => Err(format!("an array of shape {shape} has no entries")),
            Some(entries) if entries <= MOST_ENTRIES => Ok(dims),
            _ => Err(too_large(&shape.to_string())),
        }
    }

    /// `sizes N = 2, d = 3`, for the end of a sentence: all of them, or those of `shape` if they are many.
    pub(crate) fn describe(&self, shape: &Shape) -> String {
        let many = self.named.len() > MANY;
        let wanted =
            |name: &Name| !many || shape.0.iter().any(|dim| *dim == Dim::Named(name.clone()));
        let mut text = String::new();
        for (name, size) in self.named.iter().filter(|(name, _)| wanted(name)) {
            let comma = if text.is_empty() { "sizes " } else { ", " };
            let _ = write!(text, "{comma}{name} = {size}");
        }
        text
    }
}

/// That an array is never evaluated, if the sizes that are numbers alone make it too large for that.
pub(crate) fn always_too_large(shape: &Shape) -> Option<String> {
    let literal = |dim: &Dim| match dim {
        Dim::Size(size) => usize::try_from(*size).unwrap_or(usize::MAX),
        _ => 1,
    };
    let entries = shape
        .0
        .iter()
        .fold(1, |all: usize, dim| all.saturating_mul(literal(dim)));
    (entries > MOST_ENTRIES).then(|| too_large(&shape.to_string()))
}

fn too_large(shape: &str) -> String {
    format!("an array of shape {shape} is too large to be evaluated")
}

/// The dimensions that something mentions, in order of first mention.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dims {
    pub(crate) names: Vec<Name>,
    /// Where they stand among them.
    pub(crate) known: FxHashMap<Name, usize>,
    /// Sizes that operators make.
    pub(crate) made: Vec<Polynomial>,
    /// Dimensions that are multiples of a number.
    pub(crate) multiples: FxHashMap<Name, i64>,
    /// The last choice of sizes, and by what it was made: all draws make the same.
    chosen: RefCell<Option<(Random, Choice)>>,
}

impl Dims {
    /// Adds a dimension.
    pub(crate) fn mention(&mut self, dim: &Dim) {
        match dim {
            Dim::Size(_) => {}
            Dim::Named(name) => {
                let next = self.names.len();
                if *self.known.entry(name.clone()).or_insert(next) == next {
                    self.names.push(name.clone());
                    *self.chosen.get_mut() = None;
                }
            }
            Dim::Formula(_) => {
                let formula = dim.into();
                self.mention_polynomial(&formula);
                if !self.made.contains(&formula) {
                    self.made.push(formula);
                    *self.chosen.get_mut() = None;
                }
            }
        }
    }

    /// Adds every dimension of a polynomial.
    pub(crate) fn mention_polynomial(&mut self, polynomial: &Polynomial) {
        polynomial.mention(&mut |name| self.mention(&Dim::Named(name.clone())));
        polynomial.mention_shares(&mut |name, by| {
            let all = self.multiples.entry(name.clone()).or_insert(1);
            *all = least_common_multiple(*all, by);
        });
    }

    /// The number of which a dimension is a multiple.
    pub(crate) fn multiple(&self, name: &Name) -> usize {
        let by = self.multiples.get(name).copied().unwrap_or(1);
        usize::try_from(by).unwrap_or(usize::MAX)
    }

    /// Adds every dimension of a shape.
    pub(crate) fn mention_shape(&mut self, shape: &Shape) {
        shape.0.iter().for_each(|dim| self.mention(dim));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dims(names: &[&str]) -> Dims {
        let mut dims = Dims::default();
        names
            .iter()
            .for_each(|name| dims.mention(&Dim::Named(Name::new(name))));
        dims
    }

    /// The sizes of these dimensions at three draws.
    fn at_three_draws(dims: &Dims, seed: u64, later: usize) -> Vec<Vec<usize>> {
        let at = |draw| {
            let mut random = Random::new(seed, draw);
            (0..later).for_each(|_| {
                random.turn();
            });
            let sizes = Sizes::choose(dims, &mut random);
            sizes.named.iter().map(|(_, size)| *size).collect()
        };
        (0..3).map(at).collect()
    }

    #[test]
    fn dimensions_differ_at_two_draws_of_three() {
        let all: Vec<String> = ["N", "d", "h", "c", "p", "q"].map(String::from).to_vec();
        for (count, seed, later) in (1..=all.len()).flat_map(|count| {
            (0..20).flat_map(move |seed| (0..3).map(move |later| (count, seed, later)))
        }) {
            let names: Vec<&str> = all[..count].iter().map(String::as_str).collect();
            let mut mentioned = dims(&names);
            // Some are halved, some have to be larger than others.
            if seed % 2 == 0 {
                mentioned
                    .mention_polynomial(&Polynomial::from(&Dim::Named(Name::new("N"))).share(2));
            }
            if seed % 3 == 0 {
                mentioned.mention(&more_than(names[count - 1], -3));
            }
            let draws = at_three_draws(&mentioned, seed, later);
            for a in 0..count {
                let met: Vec<usize> = draws.iter().map(|sizes| sizes[a]).collect();
                let again = met[0] == met[1] || met[1] == met[2] || met[0] == met[2];
                assert!(!again, "{} has the sizes {met:?}", names[a]);
                for b in 0..a {
                    let same = draws.iter().filter(|sizes| sizes[a] == sizes[b]).count();
                    let most = usize::from(count > 3 || seed % 6 != 1);
                    assert!(same <= most, "{} and {} in {draws:?}", names[a], names[b]);
                }
            }
        }
    }

    #[test]
    fn many_dimensions_cycle_with_neighbours_different() {
        let names: Vec<String> = (0..30).map(|at| format!("h{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let draws = at_three_draws(&dims(&names), 5, 0);
        for at in 1..names.len() {
            let same = draws.iter().filter(|sizes| sizes[at] == sizes[at - 1]);
            assert!(same.count() <= 1, "{draws:?}");
        }
        assert!(draws.iter().flatten().all(|size| *size < 5));
    }

    fn given(sizes: &[(&str, usize)]) -> Sizes {
        Sizes::new(
            sizes
                .iter()
                .map(|(name, size)| (Name::new(name), *size))
                .collect(),
        )
    }

    /// n and a number.
    fn more_than(name: &str, by: i64) -> Dim {
        let polynomial = Polynomial::from(&Dim::Named(Name::new(name))).plus(&Polynomial::from(by));
        polynomial.to_dim().expect("a size")
    }

    #[test]
    fn sizes_that_operators_make_are_computed_and_positive() {
        let sizes = given(&[("n", 4), ("m", 2)]);
        assert_eq!(sizes.size(&more_than("n", -3)), Ok(1));
        assert_eq!(sizes.size(&more_than("m", 5)), Ok(7));
        assert_eq!(sizes.size(&Dim::Size(9)), Ok(9));
        assert_eq!(sizes.named(&Name::new("n")), Some(4));
        assert_eq!(sizes.named(&Name::new("q")), None);
        let refused = sizes
            .size(&more_than("m", -5))
            .expect_err("2 − 5 is no size");
        assert!(refused.ends_with("is not positive"), "{refused}");
        assert_eq!(
            sizes.dims(&Shape(vec![Dim::Size(3), more_than("n", 1)])),
            Ok(vec![3, 5])
        );
        // n − 7 needs an n of 8 at least, at every draw.
        for draw in 0..6 {
            let mut mentioned = dims(&["m", "n"]);
            mentioned.mention(&more_than("n", -7));
            let chosen = Sizes::choose(&mentioned, &mut Random::new(3, draw));
            assert!(chosen.size(&more_than("n", -7)).is_ok(), "{chosen:?}");
            assert_ne!(chosen.named[0].1, chosen.named[1].1);
        }
    }

    #[test]
    fn what_is_halved_has_an_even_size() {
        for draw in 0..4 {
            let mut mentioned = dims(&["n", "m"]);
            let half = Polynomial::from(&Dim::Named(Name::new("n"))).share(2);
            mentioned.mention_polynomial(
                &half.plus(&Polynomial::from(&Dim::Named(Name::new("n"))).share(3)),
            );
            let chosen = Sizes::choose(&mentioned, &mut Random::new(2, draw));
            assert_eq!(chosen.named[0].1 % 6, 0, "{chosen:?}");
            assert!(chosen.named[1].1 < 7, "{chosen:?}");
        }
    }

    #[test]
    fn a_sentence_names_all_sizes_or_those_of_the_array() {
        let few = given(&[("N", 2), ("d", 3)]);
        assert_eq!(few.describe(&Shape::scalar()), "sizes N = 2, d = 3");
        assert_eq!(Sizes::default().describe(&Shape::scalar()), "");
        let five = given(&[("a", 2), ("b", 3), ("c", 4), ("d", 5), ("e", 6)]);
        assert_eq!(
            five.describe(&Shape::scalar()),
            "sizes a = 2, b = 3, c = 4, d = 5, e = 6"
        );
        let many = given(&[("a", 2), ("b", 3), ("c", 4), ("d", 5), ("e", 6), ("f", 7)]);
        let named = |name: &str| Dim::Named(Name::new(name));
        assert_eq!(
            many.describe(&Shape(vec![named("f"), named("b")])),
            "sizes b = 3, f = 7"
        );
        assert_eq!(many.describe(&Shape::scalar()), "");
    }

    #[test]
    fn arrays_are_refused_from_the_first_entry_too_many() {
        let sizes = given(&[("n", 1 << 11)]);
        let n = || Dim::Named(Name::new("n"));
        assert!(sizes.dims(&Shape(vec![n(), n()])).is_ok());
        let refused = sizes
            .dims(&Shape(vec![n(), n(), Dim::Size(2)]))
            .expect_err("2²³ entries");
        assert!(
            refused.ends_with("is too large to be evaluated"),
            "{refused}"
        );
        let none = sizes
            .dims(&Shape(vec![n(), Dim::Size(0)]))
            .expect_err("no entries");
        assert!(none.ends_with("has no entries"), "{none}");
        let said = always_too_large(&Shape(vec![Dim::Size((1 << 22) + 1)])).expect("too large");
        assert_eq!(
            said,
            "an array of shape [4194305] is too large to be evaluated"
        );
        assert_eq!(always_too_large(&Shape(vec![Dim::Size(1 << 22)])), None);
    }

    #[test]
    fn unknown_and_huge_dimensions_are_errors() {
        let n = Dim::Named(Name::new("n"));
        let too_large = |dims: Vec<Dim>| always_too_large(&Shape(dims)).is_some();
        assert!(!too_large(vec![Dim::Size(1 << 22), n.clone()]));
        assert!(too_large(vec![
            Dim::Size(1 << 12),
            n,
            Dim::Size((1 << 10) + 1)
        ]));
        assert!(too_large(vec![Dim::Size(u64::MAX), Dim::Size(u64::MAX)]));
        let sizes = Sizes::default();
        assert!(sizes.size(&Dim::Named(Name::new("q"))).is_err());
        assert!(
            sizes
                .dims(&Shape(vec![Dim::Size(1 << 40), Dim::Size(1 << 40)]))
                .is_err()
        );
    }
}
