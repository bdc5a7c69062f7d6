//! Whether a difference of two values is rounding or a mistake.
//!
//! Where terms cancel, the last digits are all that is left of a value, and two ways to compute it share none of them. How many digits that
//! may cost depends on everything that was computed before, so no fixed tolerance is right. But rounding gives itself away: when the arrays
//! move by less than any tolerance can tell, a difference of two formulas hardly changes, while rounding is drawn anew. In: the
//! difference at a point and at its neighbours. (Estimating rounding from random changes of the last digits: Vignes, A stochastic arithmetic for
//! reliable scientific computation, 1993; Parker, Monte Carlo Arithmetic, 1997.)

use crate::random::Random;

/// How many neighbours of a point are asked.
pub(crate) const NEIGHBOURS: u64 = 8;

/// By how much of themselves entries move at most: far more than the last digit, far less than a tolerance.
const MOVE: f64 = 1.0 / (1u64 << 36) as f64;

/// How much larger than its own spread a difference may be that is rounding. A mistake is larger than its spread by the inverse of [`MOVE`], some ten digits.
const MOST: f64 = 16.0;

/// Rounding is small beside the terms that cancelled; what is larger than this part of them is never called so, however it changes: at a kink
/// the derivative of a step changes altogether.
pub(crate) const PART_OF_TERMS: f64 = 1e-8;

/// Which of the points around the one that was drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Around {
    /// How often the random entries are made smaller, so that nothing overflows.
    pub(crate) shrunk: u8,
    /// Which neighbour; 0 for the point itself.
    pub(crate) neighbour: u64,
    /// Whether what leaves the floats on the way to a value is followed in wide numbers.
    pub(crate) wide: bool,
}

/// By what the entries are multiplied each time they are made smaller.
const SMALLER: f64 = 0.125;

impl Around {
    /// The neighbours of this point.
    pub(crate) fn neighbours(self) -> impl Iterator<Item = Around> {
        (1..=NEIGHBOURS).map(move |neighbour| Around { neighbour, ..self })
    }

    /// What random entries are multiplied by.
    pub(crate) fn scale(self) -> f64 {
        // Not `powi`, whose last digit is the platform's.
        (0..self.shrunk).fold(1.0, |scale, _| scale * SMALLER)
    }

    /// Moves the entries of an array from the point to this neighbour. `random` is the stream that drew them, which is only looked at.
    pub(crate) fn nudge(self, data: &mut [f64], random: &Random) {
        if self.neighbour > 0 {
            let mut random = Random::new(random.clone().bits(), self.neighbour);
            data.iter_mut()
                .for_each(|entry| *entry *= 1.0 + MOVE * random.between(-1.0, 1.0));
        }
    }
}

/// Whether entries that differ by more than `allowed` differ by rounding: whether their differences, of which the first is that at the point,
/// change altogether from one neighbour to the next. What is not finite is not rounding.
pub(crate) fn is_rounding(differences: &[Vec<f64>], allowed: f64) -> bool {
    let Some(first) = differences.first() else {
        return false;
    };
    let same_length = differences.iter().all(|it| it.len() == first.len());
    let rounding = |at: usize| {
        let count = differences.len() as f64;
        let mean = differences.iter().map(|it| it[at]).sum::<f64>() / count;
        let squares = differences
            .iter()
            .map(|it| (it[at] - mean) * (it[at] - mean));
        let spread = (squares.sum::<f64>() / count).sqrt();
        first[at].abs() <= allowed || (spread > 0.0 && mean.abs() <= MOST * spread)
    };
    differences.len() as u64 > NEIGHBOURS && same_length && (0..first.len()).all(rounding)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The differences of two functions of an array at a point and at its neighbours.
    fn differences(f: impl Fn(f64) -> f64, g: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
        let around = std::iter::once(Around::default()).chain(Around::default().neighbours());
        let at = |around: Around| {
            let mut x = [0.73, -1.21, 0.4];
            around.nudge(&mut x, &Random::new(1, 2));
            x.iter().map(|x| f(*x) - g(*x)).collect()
        };
        around.map(at).collect()
    }

    #[test]
    fn rounding_is_told_from_small_mistakes() {
        let expanded = |x: f64| x * x * x - 3.0 * x * x + 3.0 * x - 1.0;
        let factored = |x: f64| (x - 1.0) * (x - 1.0) * (x - 1.0);
        assert!(is_rounding(&differences(expanded, factored), 0.0));
        // A thousandth part of what is left of the terms is far above their last digits, 1e-13 of them as well.
        for mistake in [1e-3, 1e-9, 1e-13] {
            let wrong = move |x: f64| factored(x) * (1.0 + mistake);
            let relative = differences(factored, wrong);
            assert!(!is_rounding(&relative, 0.0), "{mistake}");
        }
        // A value of 1e-13 that is computed without cancellation can be wrong by a factor, and that shows.
        let tiny = |x: f64| 1e-13 * x;
        assert!(!is_rounding(&differences(tiny, |x| 2.0 * tiny(x)), 0.0));
        assert!(is_rounding(&differences(tiny, |x| 2.0 * tiny(x)), 1e-12));
    }

    #[test]
    fn a_difference_is_rounding_up_to_sixteen_times_its_spread() {
        let around = |mean: f64| -> Vec<Vec<f64>> {
            let sign = |at: u64| if at.is_multiple_of(2) { 1.0 } else { -1.0 };
            (0..=NEIGHBOURS)
                .map(|at| vec![0.0, mean + sign(at)])
                .collect()
        };
        for (mean, rounding) in [
            (0.0, true),
            (5.0, true),
            (15.0, true),
            (17.0, false),
            (50.0, false),
            (-15.0, true),
            (-17.0, false),
        ] {
            assert_eq!(is_rounding(&around(mean), 0.5), rounding, "{mean}");
        }
    }

    #[test]
    fn what_never_changes_or_is_not_a_number_is_not_rounding() {
        assert!(!is_rounding(&differences(|_| 1e-17, |_| 0.0), 0.0));
        assert!(!is_rounding(&differences(|_| f64::NAN, |_| 0.0), 0.0));
        assert!(!is_rounding(&[], 0.0));
        assert!(!is_rounding(&[vec![0.0], vec![1e-17]], 1.0));
    }

    #[test]
    fn neighbours_are_near_and_differ() {
        let moved = |neighbour| {
            let mut data = [1.0; 4];
            let around = Around {
                neighbour,
                ..Around::default()
            };
            around.nudge(&mut data, &Random::new(3, 4));
            data
        };
        assert_eq!(moved(0), [1.0; 4]);
        assert_ne!(moved(1), moved(2));
        assert!(
            moved(5)
                .iter()
                .all(|x| *x != 1.0 && (x - 1.0).abs() < 1e-10)
        );
        assert_eq!(
            Around {
                shrunk: 2,
                ..Around::default()
            }
            .scale(),
            1.0 / 64.0
        );
    }
}
