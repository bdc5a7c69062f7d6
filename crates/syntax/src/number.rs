//! The digits of a numeric literal in, an exact rational out; and back.
//!
//! A literal is bounded by the length of its plain decimal spelling, so that `1e999999999` costs nothing. The only
//! failure is a literal past that bound.

use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The most digits that the plain decimal spelling of a literal may have.
pub(crate) const MAX_DIGITS: usize = 400;

/// The value of `whole.fraction e exponent`; `None` when it is too long. All three parts are digits, the exponent
/// with an optional sign.
pub(crate) fn parse_decimal(whole: &str, fraction: &str, exponent: &str) -> Option<BigRational> {
    if whole.len() + fraction.len() > MAX_DIGITS {
        return None;
    }
    let shift: i64 = if exponent.is_empty() {
        0
    } else {
        exponent.parse().ok()?
    };
    let places = i64::try_from(fraction.len()).ok()?.checked_sub(shift)?;
    let digits = i64::try_from(whole.len() + fraction.len()).ok()?;
    let length = digits.checked_sub(places)?.max(1) + places.max(0);
    if length > i64::try_from(MAX_DIGITS).ok()? {
        return None;
    }
    let value: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let scale = BigInt::from(10).pow(places.unsigned_abs().to_u32()?);
    Some(if places >= 0 {
        BigRational::new(value, scale)
    } else {
        BigRational::from(value * scale)
    })
}

/// The plain decimal spelling of a number that is not negative, if it has a finite one.
pub(crate) fn format_decimal(value: &BigRational) -> Option<String> {
    debug_assert!(!value.is_negative());
    let places = decimal_places(value.denom().magnitude())?;
    if places == 0 {
        return Some(value.numer().to_string());
    }
    let scaled = (value * BigRational::from(BigInt::from(10).pow(places))).to_integer();
    let width = usize::try_from(places).ok()? + 1;
    let digits = format!("{scaled:0>width$}", scaled = scaled.to_string());
    let (whole, fraction) = digits.split_at(digits.len() + 1 - width);
    Some(format!("{whole}.{fraction}"))
}

/// How many decimal places a fraction over this denominator needs; `None` if no number of them is enough.
fn decimal_places(denominator: &BigUint) -> Option<u32> {
    let mut rest = denominator.clone();
    let twos = divide_out(&mut rest, 2);
    let fives = divide_out(&mut rest, 5);
    rest.is_one().then_some(twos.max(fives))
}

/// Divides by the factor as often as it goes, and counts.
fn divide_out(rest: &mut BigUint, factor: u32) -> u32 {
    let mut count = 0;
    while (&*rest % factor).is_zero() {
        *rest /= factor;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(whole: &str, fraction: &str, exponent: &str, expected: Option<&str>) {
        let value = parse_decimal(whole, fraction, exponent);
        assert_eq!(value.map(|value| value.to_string()).as_deref(), expected);
    }

    #[test]
    fn literals_are_exact() {
        check("2", "", "", Some("2"));
        check("0", "5", "", Some("1/2"));
        check("1", "", "-5", Some("1/100000"));
        check("1", "25", "+1", Some("25/2"));
        check("1", "5", "3", Some("1500"));
    }

    #[test]
    fn long_literals_are_refused() {
        check("1", "", "400", None);
        check("1", "", "-400", None);
        check("1", "", "99999999999999999999999", None);
        check("1", "", "-9223372036854775808", None);
        check("1", "", "9223372036854775807", None);
        assert!(parse_decimal(&"9".repeat(400), "", "").is_some());
        assert!(parse_decimal(&"9".repeat(401), "", "").is_none());
    }

    #[test]
    fn decimals_print_and_others_do_not() {
        let check = |p: i64, q: i64, expected: Option<&str>| {
            let value = BigRational::new(p.into(), q.into());
            assert_eq!(format_decimal(&value).as_deref(), expected);
        };
        check(7, 1, Some("7"));
        check(1, 2, Some("0.5"));
        check(1, 100_000, Some("0.00001"));
        check(25, 2, Some("12.5"));
        check(1, 3, None);
    }
}
