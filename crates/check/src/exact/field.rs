//! Arithmetic modulo a prime.
//!
//! Division by zero gives zero, so that every rational identity that holds wherever both sides are defined, and on which nothing
//! has to cancel, holds everywhere; one that needs x ≠ 0 fails at 0. All primes but one are 3 modulo 4, so that a square's root is a
//! power of it: the root that is itself a square, which makes roots of products products of roots.

use derive_index::Rational;
use num_traits::ToPrimitive;

/// The primes to calculate with; sums of two residues fit 64 bits.
pub const PRIMES: [u64; 3] = [(1 << 61) - 1, (1 << 60) - 93, (1 << 62) - 57];

/// A prime p for which p − 1 is a multiple of all numbers up to 16: there are roots of unity of these orders, √−1 among them, and in return
/// [`Field::root`] finds no square roots.
pub const CYCLIC_PRIME: u64 = 2_305_843_009_213_423_681;

/// How many bases are tried for a root of unity: a share of at least φ(N)/N of all has the right order.
const MOST_BASES: usize = 200;

/// The residues modulo a prime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The prime.
    pub prime: u64,
}

impl Field {
    /// The residue of a whole number.
    pub fn integer(self, value: i64) -> u64 {
        let residue = i128::from(value).rem_euclid(i128::from(self.prime));
        u64::try_from(residue).unwrap_or_default()
    }

    /// The residue of a fraction; `None` where the prime divides its denominator.
    pub fn rational(self, value: &Rational) -> Option<u64> {
        let prime = num_bigint::BigInt::from(self.prime);
        let residue = |number: &num_bigint::BigInt| {
            let positive: num_bigint::BigInt = ((number % &prime) + &prime) % &prime;
            positive.to_u64()
        };
        let denominator = residue(value.denom()).filter(|residue| *residue != 0)?;
        Some(self.divide(residue(value.numer())?, denominator))
    }

    /// a + b
    pub fn add(self, a: u64, b: u64) -> u64 {
        (a + b) % self.prime
    }

    /// a − b
    pub fn subtract(self, a: u64, b: u64) -> u64 {
        self.add(a, self.prime - b)
    }

    /// a · b
    pub fn multiply(self, a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b) % u128::from(self.prime);
        u64::try_from(product).unwrap_or_default()
    }

    /// a / b, which is zero for b = 0.
    pub fn divide(self, a: u64, b: u64) -> u64 {
        self.multiply(a, self.raise(b, self.prime - 2))
    }

    /// a to a whole power.
    pub fn raise(self, a: u64, mut exponent: u64) -> u64 {
        let (mut square, mut power) = (a, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                power = self.multiply(power, square);
            }
            square = self.multiply(square, square);
            exponent >>= 1;
        }
        power
    }

    /// The root that is a square itself; `None` for what is no square.
    pub fn root(self, a: u64) -> Option<u64> {
        let root = self.raise(a, (self.prime + 1) / 4);
        (self.multiply(root, root) == a).then_some(root)
    }

    /// An N-th root of unity of exactly that order; `None` where N does not divide the order p − 1 of the group.
    pub fn root_of_unity(self, order: u64) -> Option<u64> {
        let group = self.prime - 1;
        if order == 0 || !group.is_multiple_of(order) {
            return None;
        }
        let candidates = (2..)
            .take(MOST_BASES)
            .map(|base| self.raise(base, group / order));
        let exact = |root: &u64| (1..order).all(|smaller| self.raise(*root, smaller) != 1);
        candidates.into_iter().find(exact)
    }

    /// a^q for an exponent that is half a whole number; `None` where there is no such power.
    pub fn power(self, a: u64, exponent: &Rational) -> Option<u64> {
        let base = match exponent.denom().to_u64()? {
            1 => a,
            2 => self.root(a)?,
            _ => return None,
        };
        let whole = exponent.numer().to_i64()?;
        let power = self.raise(base, whole.unsigned_abs());
        Some(if whole < 0 {
            self.divide(1, power)
        } else {
            power
        })
    }

    /// ⌊a⌋ for a residue that is a fraction of small numbers.
    pub fn floor(self, a: u64) -> Option<u64> {
        const MOST: i64 = 1 << 20;
        (1..=64).find_map(|denominator| {
            let scaled = self.multiply(a, self.integer(denominator));
            let small = |value: u64| i64::try_from(value).ok().filter(|value| *value < MOST);
            let numerator =
                small(scaled).or_else(|| small(self.prime - scaled).map(|value| -value))?;
            Some(self.integer(numerator.div_euclid(denominator)))
        })
    }
}

/// The inverse and the determinant of a square matrix, row by row; no inverse where the determinant is zero.
pub(super) fn eliminate(field: Field, matrix: &[u64]) -> (Option<Vec<u64>>, u64) {
    let size = matrix.len().isqrt();
    let mut rows: Vec<Vec<u64>> = (0..size)
        .map(|row| {
            let unit = (0..size).map(|column| u64::from(row == column));
            matrix[row * size..][..size]
                .iter()
                .copied()
                .chain(unit)
                .collect()
        })
        .collect();
    let mut determinant = 1;
    for column in 0..size {
        let Some(pivot) = (column..size).find(|&row| rows[row][column] != 0) else {
            return (None, 0);
        };
        if pivot != column {
            rows.swap(pivot, column);
            determinant = field.subtract(0, determinant);
        }
        let lead = rows[column][column];
        determinant = field.multiply(determinant, lead);
        let scaled = rows[column].iter().map(|&entry| field.divide(entry, lead));
        let scaled: Vec<u64> = scaled.collect();
        for (row, entries) in rows.iter_mut().enumerate() {
            let factor = entries[column];
            if row == column {
                entries.clone_from(&scaled);
            } else {
                for (entry, &from) in entries.iter_mut().zip(&scaled) {
                    *entry = field.subtract(*entry, field.multiply(factor, from));
                }
            }
        }
    }
    let inverse = rows.iter().flat_map(|row| row[size..].to_vec()).collect();
    (Some(inverse), determinant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(numerator: i64, denominator: i64) -> Rational {
        Rational::new(numerator.into(), denominator.into())
    }

    #[test]
    fn the_laws_of_fields_hold() {
        for prime in PRIMES {
            assert_eq!(prime % 4, 3);
            let field = Field { prime };
            let half = field.rational(&fraction(-1, 2)).expect("2 has an inverse");
            assert_eq!(field.add(half, half), field.integer(-1));
            assert_eq!(field.divide(7, 0), 0);
            assert_eq!(
                field.power(9, &fraction(-3, 2)),
                Some(field.divide(1, field.raise(field.root(9).expect("a square"), 3)))
            );
            assert_eq!(
                field.floor(field.rational(&fraction(7, 2)).expect("2 has an inverse")),
                Some(3)
            );
            assert_eq!(
                field.floor(field.rational(&fraction(-7, 2)).expect("2 has an inverse")),
                Some(field.integer(-4))
            );
        }
    }

    #[test]
    fn roots_of_unity_have_their_order() {
        let field = Field { prime: PRIMES[0] };
        for order in [1, 2, 3, 5, 7] {
            let root = field.root_of_unity(order).expect("it divides p − 1");
            assert_eq!(field.raise(root, order), 1);
            let sum = (0..order).fold(0, |sum, at| field.add(sum, field.raise(root, at)));
            assert_eq!(sum, u64::from(order == 1));
        }
        assert_eq!(field.root_of_unity(4), None);
        let cyclic = Field {
            prime: CYCLIC_PRIME,
        };
        for order in 1..=16 {
            let root = cyclic.root_of_unity(order).expect("it divides p − 1");
            assert_eq!(cyclic.raise(root, order), 1);
        }
        assert_eq!(cyclic.root(9), None);
    }

    #[test]
    fn inverses_are_inverses() {
        let field = Field { prime: PRIMES[0] };
        let (inverse, determinant) = eliminate(field, &[0, 2, 3, 5]);
        assert_eq!(determinant, field.integer(-6));
        let expected = [(-5, 6), (1, 3), (1, 2), (0, 1)];
        let expected = expected.map(|(p, q)| field.rational(&fraction(p, q)).expect("invertible"));
        assert_eq!(inverse.expect("regular"), expected);
        assert_eq!(eliminate(field, &[1, 2, 2, 4]), (None, 0));
    }
}
