//! Random numbers: SplitMix64 (Steele, Lea and Flood 2014), the same on every machine.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    /// The seed that all draws share, and which of them this is.
    seed: u64,
    draw: u64,
    /// Whether sizes were chosen from this stream already.
    sized: bool,
}

/// The number of no draw.
const SHARED: u64 = u64::MAX;
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream of this seed and draw; different draws are unrelated.
    pub(crate) fn new(seed: u64, draw: u64) -> Random {
        let mut mixed = Random {
            state: seed ^ draw.wrapping_mul(0xd134_2543_de82_ef95),
            seed,
            draw,
            sized: false,
        };
        mixed.state = mixed.bits();
        mixed
    }

    /// What sizes are chosen by: the stream that all draws of the seed share, and the number of the draw. Only once; then this stream
    /// itself decides.
    pub(crate) fn turn(&mut self) -> Option<(Random, usize)> {
        let first = !std::mem::replace(&mut self.sized, true);
        let draw = usize::try_from(self.draw % 60).unwrap_or(0);
        first.then(|| (Random::new(self.seed, SHARED), draw))
    }

    /// The stream that belongs to a text, so that a name's values do not depend on what else is drawn.
    pub(crate) fn of_text(seed: u64, text: &str) -> Random {
        // FNV-1a.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Random::new(seed, hash)
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Either sign, away from zero and from one another's ties: 0.25 ≤ |x| < 1.5.
    pub(crate) fn signed(&mut self) -> f64 {
        let magnitude = self.between(0.25, 1.5);
        if self.bits() >> 63 == 0 {
            magnitude
        } else {
            -magnitude
        }
    }

    /// A number below `count`, which is not 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.bits() % count as u64) as usize
    }

    /// Puts the items into random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_generator_is_splitmix64() {
        let mut random = Random {
            state: 0,
            seed: 0,
            draw: 0,
            sized: false,
        };
        assert_eq!(random.bits(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn signed_numbers_stay_in_range_and_take_both_signs() {
        let mut random = Random::new(1, 2);
        let drawn: Vec<f64> = (0..100).map(|_| random.signed()).collect();
        assert!(drawn.iter().all(|x| (0.25..1.5).contains(&x.abs())));
        assert!(drawn.iter().any(|x| *x > 0.0) && drawn.iter().any(|x| *x < 0.0));
    }
}
