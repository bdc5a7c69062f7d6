//! Which sizes dimensions take at three draws.
//!
//! Each takes every one of three sizes once, in an order of its own, and two different orders of three things agree in one place at most.

use crate::Sizes;
use crate::random::Random;
use crate::sizes::Dims;
use derive_graph::{Name, Polynomial};

/// The orders in which a dimension takes its sizes in three draws. The first three differ from one another at every draw.
const ORDERS: [[usize; DRAWS]; 6] = [
    [2, 3, 4],
    [3, 4, 2],
    [4, 2, 3],
    [2, 4, 3],
    [3, 2, 4],
    [4, 3, 2],
];
const DRAWS: usize = 3;

/// How often orders are drawn until dimensions differ and all sizes that operators make are positive, and how often sizes are made larger for that.
const ATTEMPTS: usize = 64;
const ROUNDS: usize = 64;

/// Of so many choices that will do the one with the smallest sizes is taken.
const ENOUGH: usize = 4;

/// What makes a difference to a size that is divided as well.
const LARGE: i64 = 60;

/// The sizes of dimensions at three draws: an order for each of the first ones, which those after them take again, so that neighbours in order of mention
/// still differ; and by how much each is larger than the least sizes.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    orders: [[usize; DRAWS]; ORDERS.len()],
    larger: Vec<usize>,
}

impl Choice {
    /// The smallest of some choices with which dimensions differ and all sizes are positive.
    pub(crate) fn new(dims: &Dims, mut random: Random) -> Choice {
        let mut best: Option<(usize, Choice)> = None;
        let mut found = 0;
        for _ in 0..ATTEMPTS {
            let mut choice = Choice::draw(dims, &mut random);
            if !choice.grows(dims) || !choice.is_apart(dims) {
                continue;
            }
            found += 1;
            let grown: usize = choice.larger.iter().sum();
            if best.as_ref().is_none_or(|(least, _)| grown < *least) {
                best = Some((grown, choice));
            }
            if found == ENOUGH || best.as_ref().is_some_and(|(least, _)| *least == 0) {
                break;
            }
        }
        best.map_or_else(|| Choice::draw(dims, &mut random), |(_, choice)| choice)
    }

    fn draw(dims: &Dims, random: &mut Random) -> Choice {
        let mut orders = ORDERS;
        let among = match dims.names.len() > DRAWS {
            true => orders.len(),
            false => DRAWS,
        };
        random.shuffle(&mut orders[..among]);
        Choice {
            orders,
            larger: vec![0; dims.names.len()],
        }
    }

    /// The size of the dimension at this place in order of mention.
    fn size(&self, dims: &Dims, at: usize, draw: usize) -> usize {
        let least = self.orders[at % self.orders.len()][draw];
        let size = least + self.larger[at];
        match dims.multiples.is_empty() {
            true => size,
            false => size.saturating_mul(dims.multiple(&dims.names[at])),
        }
    }

    /// Whether two of the first dimensions have the same size at one draw at most.
    fn is_apart(&self, dims: &Dims) -> bool {
        let count = dims.names.len().min(self.orders.len());
        let same = |a: usize, b: usize| {
            let draws = 0..DRAWS;
            let same = draws.filter(|&draw| self.size(dims, a, draw) == self.size(dims, b, draw));
            same.count()
        };
        let mut pairs = (0..count).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.all(|(a, b)| same(a, b) <= 1)
    }

    /// Makes dimensions larger until all sizes that operators make are positive; false if that does not come to an end.
    fn grows(&mut self, dims: &Dims) -> bool {
        let mut rounds = 0;
        for formula in &dims.made {
            for draw in 0..DRAWS {
                while self
                    .value(dims, formula, draw, None)
                    .is_none_or(|it| it < 1)
                {
                    rounds += 1;
                    if rounds > ROUNDS || !self.grows_in(dims, formula, draw) {
                        return false;
                    }
                }
            }
        }
        // What was made larger for one formula may be subtracted in another.
        let positive = |formula: &Polynomial, draw| {
            let value = self.value(dims, formula, draw, None);
            value.is_some_and(|it| it > 0)
        };
        let all = |formula| (0..DRAWS).all(|draw| positive(formula, draw));
        dims.made.iter().all(all)
    }

    /// Makes the dimensions larger that a formula grows with; false if there is none.
    fn grows_in(&mut self, dims: &Dims, formula: &Polynomial, draw: usize) -> bool {
        let mut names = Vec::new();
        formula.mention(&mut |name| names.extend(dims.known.get(name).copied()));
        let value = self.value(dims, formula, draw, None);
        // So much makes a difference to what is divided as well.
        names.retain(|&at| self.value(dims, formula, draw, Some(at)) > value);
        names.iter().for_each(|&at| self.larger[at] += 1);
        !names.is_empty()
    }

    /// What a formula comes to, with the dimension at `moved` a good deal larger.
    fn value(
        &self,
        dims: &Dims,
        formula: &Polynomial,
        draw: usize,
        moved: Option<usize>,
    ) -> Option<i64> {
        let size = |name: &Name| {
            let at = *dims.known.get(name)?;
            let size = i64::try_from(self.size(dims, at, draw)).ok()?;
            match moved == Some(at) {
                true => size.checked_mul(LARGE),
                false => Some(size),
            }
        };
        formula.value(&size)
    }

    pub(crate) fn at(&self, dims: &Dims, draw: usize) -> Sizes {
        let names = dims.names.iter().cloned().enumerate();
        let named = names.map(|(at, name)| (name, self.size(dims, at, draw % DRAWS)));
        Sizes::new(named.collect())
    }
}
