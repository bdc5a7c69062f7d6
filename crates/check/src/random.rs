//! Random numbers: SplitMix64 (Steele, Lea and Flood 2014), the same on every machine.

/// A stream of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: u64,
    /// The seed that all draws share, and which of them this is.
    seed: u64,
    draw: u64,
    /// How often sizes were chosen from this stream already.
    sized: u64,
}

/// The number of no draw, as those before it.
const SHARED: u64 = u64::MAX;
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream of this seed and draw; different draws are unrelated.
    pub fn new(seed: u64, draw: u64) -> Random {
        let mut mixed = Random {
            state: seed ^ draw.wrapping_mul(0xd134_2543_de82_ef95),
            seed,
            draw,
            sized: 0,
        };
        mixed.state = mixed.bits();
        mixed
    }

    /// What sizes are chosen by: a stream that all draws of the seed share, another one every time, and the number of the draw.
    pub fn turn(&mut self) -> (Random, usize) {
        let shared = Random::new(self.seed, SHARED.wrapping_sub(self.sized));
        self.sized += 1;
        (shared, usize::try_from(self.draw % 60).unwrap_or(0))
    }

    /// The stream that belongs to a text, so that a name's values do not depend on what else is drawn.
    pub fn of_text(seed: u64, text: &str) -> Random {
        // FNV-1a.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Random::new(seed, hash)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Either sign, away from zero and from one another's ties: 0.25 ≤ |x| < 1.5.
    pub fn signed(&mut self) -> f64 {
        let magnitude = self.between(0.25, 1.5);
        if self.bits() >> 63 == 0 {
            magnitude
        } else {
            -magnitude
        }
    }

    /// A number below `count`, which is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        (self.bits() % count as u64) as usize
    }

    /// Puts the items into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
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
            sized: 0,
        };
        assert_eq!(random.bits(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn texts_are_hashed_by_fnv_1a() {
        for (text, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(Random::of_text(9, text).bits(), Random::new(9, hash).bits());
        }
    }

    #[test]
    fn streams_differ_by_seed_and_draw_and_sizes_are_chosen_once() {
        let first = |seed, draw| Random::new(seed, draw).bits();
        let firsts = [
            first(0, 0),
            first(0, 1),
            first(1, 0),
            first(1, 1),
            first(2, 1),
        ];
        for (at, one) in firsts.iter().enumerate() {
            assert!(firsts[..at].iter().all(|other| other != one));
        }
        let mut random = Random::new(5, 61);
        let mut other = Random::new(5, 7);
        let turns = [random.turn(), random.turn()];
        let others = [other.turn(), other.turn()];
        let bits = |turn: (Random, usize)| (turn.0.clone().bits(), turn.1);
        let (turns, others) = (turns.map(bits), others.map(bits));
        assert_eq!(turns.map(|(bits, _)| bits), others.map(|(bits, _)| bits));
        assert_eq!((turns[0].1, others[0].1), (1, 7));
        assert_ne!(turns[0].0, turns[1].0);
    }

    #[test]
    fn uniform_numbers_fill_their_range() {
        let mut random = Random::new(3, 3);
        let drawn: Vec<f64> = (0..200).map(|_| random.between(-1.0, 3.0)).collect();
        assert!(drawn.iter().all(|x| (-1.0..3.0).contains(x)));
        for quarter in 0..4 {
            let from = f64::from(quarter) - 1.0;
            assert!(
                drawn
                    .iter()
                    .filter(|x| (from..from + 1.0).contains(*x))
                    .count()
                    > 20
            );
        }
        let mut below: Vec<usize> = (0..60).map(|_| random.below(3)).collect();
        below.sort_unstable();
        below.dedup();
        assert_eq!(below, [0, 1, 2]);
        let mut seen = Vec::new();
        for _ in 0..100 {
            let mut items = [0, 1, 2];
            random.shuffle(&mut items);
            if !seen.contains(&items) {
                seen.push(items);
            }
        }
        assert_eq!(seen.len(), 6);
    }

    #[test]
    fn signed_numbers_stay_in_range_and_take_both_signs() {
        let mut random = Random::new(1, 2);
        let drawn: Vec<f64> = (0..100).map(|_| random.signed()).collect();
        assert!(drawn.iter().all(|x| (0.25..1.5).contains(&x.abs())));
        assert!(drawn.iter().any(|x| *x > 0.0) && drawn.iter().any(|x| *x < 0.0));
    }
}
