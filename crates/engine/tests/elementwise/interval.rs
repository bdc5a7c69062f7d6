//! Intervals with ends that are multiples of 2⁻²⁸⁸, rounded outward: what is computed from enclosures encloses the true value.
//!
//! Functions come from their series with a bound on what is left out, or from one another; none from `libm` or from the function table, and none is
//! differentiated here. `None` is a place where a function is not defined, or an interval on both sides of a jump.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::LazyLock;

/// Binary digits after the point.
pub const DIGITS: usize = 288;

/// The numbers from `low` to `high`, both included, in units of 2⁻²⁸⁸.
#[derive(Clone, Debug)]
pub struct Interval {
    low: BigInt,
    high: BigInt,
}

/// π by Machin's formula, 16 arctan 1/5 − 4 arctan 1/239.
pub static PI: LazyLock<Interval> = LazyLock::new(|| {
    let arctan = |n: i64| Interval::fraction(1, n).arctan_series();
    arctan(5)
        .times(&16.into())
        .minus(&arctan(239).times(&4.into()))
});

/// ln 2 = 2 artanh 1/3.
static LN_2: LazyLock<Interval> =
    LazyLock::new(|| Interval::fraction(1, 3).artanh_series().times(&2.into()));

fn unit() -> BigInt {
    BigInt::one() << DIGITS
}

/// a/b rounded down.
fn floor(a: &BigInt, b: &BigInt) -> BigInt {
    let (quotient, rest) = (a / b, a % b);
    let cut = !rest.is_zero() && rest.is_negative() != b.is_negative();
    if cut { quotient - 1 } else { quotient }
}

/// a/b rounded up.
fn ceiling(a: &BigInt, b: &BigInt) -> BigInt {
    -floor(&-a, b)
}

impl From<i64> for Interval {
    fn from(value: i64) -> Interval {
        Interval::exactly(BigInt::from(value) << DIGITS)
    }
}

impl Interval {
    fn exactly(units: BigInt) -> Interval {
        Interval {
            low: units.clone(),
            high: units,
        }
    }

    /// The float, exactly where it has no digits below 2⁻²⁸⁸.
    pub fn float(value: f64) -> Interval {
        let exact = BigRational::from_float(value).expect("a number");
        Interval::rational(&exact)
    }

    /// The rational number.
    pub fn rational(value: &BigRational) -> Interval {
        Interval::exactly(value.numer() << DIGITS)
            .over(&Interval::exactly(value.denom() << DIGITS))
            .expect("a denominator is not zero")
    }

    /// n/d
    pub fn fraction(n: i64, d: i64) -> Interval {
        Interval::rational(&BigRational::new(n.into(), d.into()))
    }

    /// 2^−k
    pub fn half_to(k: usize) -> Interval {
        Interval::exactly(BigInt::one() << (DIGITS - k))
    }

    /// From the least number of one interval to the greatest of the other.
    pub fn hull(&self, other: &Interval) -> Interval {
        Interval {
            low: (&self.low).min(&other.low).clone(),
            high: (&self.high).max(&other.high).clone(),
        }
    }

    /// Whether they have a number in common.
    pub fn meets(&self, other: &Interval) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// Whether less than 2⁻¹⁶⁰ lies between the ends.
    pub fn is_narrow(&self) -> bool {
        &self.high - &self.low < BigInt::one() << (DIGITS - 160)
    }

    /// The middle as a float.
    pub fn middle(&self) -> f64 {
        let halves = BigRational::new(&self.low + &self.high, unit() * 2);
        halves.to_f64().expect("a float")
    }

    /// Whether this is one number, and which.
    pub fn is_exactly(&self, value: f64) -> bool {
        self.low == self.high && self.low == Interval::float(value).low
    }

    /// The greatest whole number below all of them.
    pub fn floor(&self) -> Option<Interval> {
        let [low, high] = [&self.low, &self.high].map(|end| end >> DIGITS);
        (low == high).then(|| Interval::exactly(low << DIGITS))
    }

    /// Whether all numbers are positive (`Some(true)`), or none (`Some(false)`); `None` if some are.
    pub fn is_positive(&self) -> Option<bool> {
        if self.low.is_positive() {
            Some(true)
        } else {
            (!self.high.is_positive()).then_some(false)
        }
    }

    /// Whether all numbers are negative, or none; `None` if some are.
    pub fn is_negative(&self) -> Option<bool> {
        self.negated().is_positive()
    }

    pub fn negated(&self) -> Interval {
        Interval {
            low: -&self.high,
            high: -&self.low,
        }
    }

    pub fn plus(&self, other: &Interval) -> Interval {
        Interval {
            low: &self.low + &other.low,
            high: &self.high + &other.high,
        }
    }

    pub fn minus(&self, other: &Interval) -> Interval {
        self.plus(&other.negated())
    }

    pub fn times(&self, other: &Interval) -> Interval {
        let ends = [
            &self.low * &other.low,
            &self.low * &other.high,
            &self.high * &other.low,
            &self.high * &other.high,
        ];
        let (least, greatest) = (ends.iter().min(), ends.iter().max());
        Interval {
            low: floor(least.expect("four products"), &unit()),
            high: ceiling(greatest.expect("four products"), &unit()),
        }
    }

    pub fn over(&self, other: &Interval) -> Option<Interval> {
        if !other.low.is_positive() && !other.high.is_negative() {
            return None;
        }
        let pairs = [
            (&self.low, &other.low),
            (&self.low, &other.high),
            (&self.high, &other.low),
            (&self.high, &other.high),
        ];
        let scaled = pairs.map(|(a, b)| (a << DIGITS, b));
        Some(Interval {
            low: scaled.iter().map(|(a, b)| floor(a, b)).min()?,
            high: scaled.iter().map(|(a, b)| ceiling(a, b)).max()?,
        })
    }

    /// aⁿ; a negative n needs a ≠ 0.
    pub fn whole_power(&self, exponent: i64) -> Option<Interval> {
        if exponent < 0 {
            return Interval::from(1).over(&self.whole_power(-exponent)?);
        }
        let repeated = std::iter::repeat_n(self, exponent as usize);
        Some(repeated.fold(1.into(), |product, base| product.times(base)))
    }

    pub fn sqrt(&self) -> Option<Interval> {
        if self.low.is_negative() {
            return None;
        }
        let root = |n: &BigInt| (n << DIGITS).sqrt();
        Some(Interval {
            low: root(&self.low),
            high: root(&self.high) + 1,
        })
    }

    /// Of a function that grows, known at single numbers.
    fn growing(&self, at: impl Fn(&Interval) -> Interval) -> Interval {
        Interval {
            low: at(&Interval::exactly(self.low.clone())).low,
            high: at(&Interval::exactly(self.high.clone())).high,
        }
    }

    /// A sum of terms of which each is found from the one before, until what is left out is at most `rest` of the last.
    fn series(
        first: Interval,
        next: impl Fn(&Interval, i64) -> Interval,
        weigh: impl Fn(&Interval, i64) -> Interval,
        rest: i64,
    ) -> Interval {
        let (mut term, mut sum) = (first.clone(), weigh(&first, 0));
        let mut last = unit() << DIGITS;
        for n in 1.. {
            term = next(&term, n);
            let summand = weigh(&term, n);
            sum = sum.plus(&summand);
            let size = summand.low.abs().max(summand.high.abs());
            // Terms grow before they shrink.
            if size <= 2.into() && size <= last {
                let left_out = (size + 1) * rest;
                sum.low -= &left_out;
                sum.high += left_out;
                break;
            }
            last = size;
        }
        sum
    }

    /// Σ xⁿ/n! of x/2⁸, squared eight times.
    pub fn exp(&self) -> Interval {
        self.growing(|x| {
            let halved = x.times(&Interval::half_to(8));
            let next = |term: &Interval, n: i64| {
                term.times(&halved).over(&n.into()).expect("n is not zero")
            };
            let all = Interval::series(1.into(), next, |term, _| term.clone(), 2);
            (0..8).fold(all, |power, _| power.times(&power))
        })
    }

    /// x = 2ᵏ m with 1 ≤ m < 2, and ln m = 2 artanh (m − 1)/(m + 1).
    pub fn ln(&self) -> Option<Interval> {
        let of = |x: &Interval| {
            let k = x.low.bits() as i64 - 1 - DIGITS as i64;
            let scale = BigRational::from_integer(2.into()).pow(k as i32);
            let m = x.over(&Interval::rational(&scale)).expect("a power of two");
            let ratio = m.minus(&1.into()).over(&m.plus(&1.into()));
            let artanh = ratio.expect("m is positive").artanh_series();
            artanh.times(&2.into()).plus(&LN_2.times(&k.into()))
        };
        self.low.is_positive().then(|| self.growing(of))
    }

    /// Σ x^(2n+1)/(2n+1) for 0 ≤ x ≤ 1/3, where what is left out is less than the last term.
    fn artanh_series(&self) -> Interval {
        let square = self.times(self);
        let weigh = |term: &Interval, n: i64| term.over(&(2 * n + 1).into()).expect("odd");
        Interval::series(self.clone(), |term, _| term.times(&square), weigh, 1)
    }

    /// Σ (−1)ⁿ x^(2n+1)/(2n+1) for |x| < 1/2.
    fn arctan_series(&self) -> Interval {
        let square = self.times(self).negated();
        let weigh = |term: &Interval, n: i64| term.over(&(2 * n + 1).into()).expect("odd");
        Interval::series(self.clone(), |term, _| term.times(&square), weigh, 1)
    }

    /// arctan x = 2 arctan x/(1 + √(1 + x²)), three times, which brings every x below 1/2.
    pub fn arctan(&self) -> Interval {
        self.growing(|x| {
            let halved = (0..3).fold(x.clone(), |x, _| {
                let root = x.times(&x).plus(&1.into()).sqrt().expect("positive");
                x.over(&root.plus(&1.into())).expect("positive")
            });
            halved.arctan_series().times(&8.into())
        })
    }

    /// arcsin x = arctan x/√(1 − x²)
    pub fn arcsin(&self) -> Option<Interval> {
        let root = Interval::from(1).minus(&self.times(self)).sqrt()?;
        Some(self.over(&root)?.arctan())
    }

    /// Of a function with slopes between −1 and 1, known at single numbers.
    fn slow(&self, at: impl Fn(&Interval) -> Interval) -> Interval {
        let mut value = at(&Interval::exactly(self.low.clone()));
        let width = &self.high - &self.low;
        value.low -= &width;
        value.high += width;
        value
    }

    /// Σ (−1)ⁿ x^(2n+1)/(2n+1)!
    pub fn sin(&self) -> Interval {
        self.slow(|x| {
            let square = x.times(x).negated();
            let next = |term: &Interval, n: i64| {
                let over = term.times(&square).over(&(2 * n * (2 * n + 1)).into());
                over.expect("n is not zero")
            };
            Interval::series(x.clone(), next, |term, _| term.clone(), 1)
        })
    }

    /// Σ (−1)ⁿ x^(2n)/(2n)!
    pub fn cos(&self) -> Interval {
        self.slow(|x| {
            let square = x.times(x).negated();
            let next = |term: &Interval, n: i64| {
                let over = term.times(&square).over(&(2 * n * (2 * n - 1)).into());
                over.expect("n is not zero")
            };
            Interval::series(1.into(), next, |term, _| term.clone(), 1)
        })
    }

    /// 2/√π Σ (−1)ⁿ x^(2n+1)/(n! (2n + 1))
    pub fn erf(&self) -> Interval {
        self.growing(|x| {
            let square = x.times(x).negated();
            let next = |term: &Interval, n: i64| {
                term.times(&square).over(&n.into()).expect("n is not zero")
            };
            let weigh = |term: &Interval, n: i64| term.over(&(2 * n + 1).into()).expect("odd");
            let sum = Interval::series(x.clone(), next, weigh, 1);
            let root = PI.sqrt().expect("π is positive");
            sum.times(&2.into()).over(&root).expect("π is positive")
        })
    }

    /// 1 − 2/(e^(2x) + 1)
    pub fn tanh(&self) -> Interval {
        self.growing(|x| {
            let e = x.times(&2.into()).exp().plus(&1.into());
            let rest = Interval::from(2).over(&e).expect("e^x is positive");
            Interval::from(1).minus(&rest)
        })
    }
}
