//! Texts of expressions: how tightly they hold together, templates, numbers, sizes.

use derive_graph::{Atom, Polynomial};
use derive_index::Rational;
use num_traits::{One, Signed, ToPrimitive};

/// How tightly an expression holds together; the looser needs brackets inside the tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Between commas.
    Loose,
    /// Terms of a sum.
    Sum,
    /// Factors of a product, `@` among them.
    Product,
    /// What a minus stands before.
    Minus,
    /// Bases and exponents.
    Power,
    /// Names, calls, numbers.
    Atom,
}

/// An expression and how tightly it holds together.
pub(crate) type Text = (String, Level);

/// A template with its arguments: `{0}` as it is, `{0!}` in brackets unless it holds together by itself. Braces of the arguments stay.
pub(crate) fn fill(template: &str, arguments: &[Text]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        let (written, length) = place(&rest[at..], arguments).unwrap_or(("{".to_owned(), 1));
        text.push_str(&written);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    text
}

/// What stands for the `{0}` or `{0!}` at the beginning of a template, and how long that is.
fn place(template: &str, arguments: &[Text]) -> Option<(String, usize)> {
    let inner = &template[1..template.find('}')?];
    let number = inner.strip_suffix('!').unwrap_or(inner);
    let (argument, level) = arguments.get(number.parse::<usize>().ok()?)?;
    let text = match number == inner {
        true => argument.clone(),
        false => bracketed((argument.clone(), *level), Level::Atom),
    };
    Some((text, inner.len() + 2))
}

/// A variable plus a number.
pub(crate) fn plus(variable: &str, number: i64) -> String {
    match number {
        0 => variable.to_owned(),
        1.. => format!("{variable} + {number}"),
        _ => format!("{variable} - {}", -number),
    }
}

/// Brackets where an expression is looser than needed.
pub(crate) fn bracketed((text, own): Text, needed: Level) -> String {
    if own < needed {
        format!("({text})")
    } else {
        text
    }
}

/// An exact number: whole, decimal where that is exact and short, a quotient otherwise.
pub(crate) fn number(value: &Rational) -> Text {
    let level = if value.is_negative() {
        Level::Minus
    } else {
        Level::Atom
    };
    match decimal(value) {
        Some(text) => (text, level),
        None => (
            format!("{} / {}", value.numer(), value.denom()),
            Level::Product,
        ),
    }
}

/// Exact decimal digits, if there are few.
pub(crate) fn decimal(value: &Rational) -> Option<String> {
    if value.is_integer() {
        return Some(value.to_integer().to_string());
    }
    let float = value.to_f64()?;
    let text = format!("{float:?}");
    let exact = (0..=9u32)
        .any(|digits| (value * Rational::from_integer(10i64.pow(digits).into())).is_integer());
    (exact && text.len() <= 12).then_some(text)
}

/// A polynomial in sizes, each spelled by `size`.
pub(crate) fn polynomial_text(
    polynomial: &Polynomial,
    quotient: &str,
    size: &mut dyn FnMut(&derive_graph::Name) -> String,
) -> Text {
    let mut text = String::new();
    let mut count = 0;
    for (atoms, coefficient) in polynomial.in_reading_order() {
        let mut factors: Vec<String> = Vec::new();
        let times = coefficient.numer().abs();
        if times != 1 || atoms.is_empty() {
            factors.push(times.to_string());
        }
        for atom in atoms {
            factors.push(match atom {
                Atom::Named(name) => size(name),
                Atom::Quotient(inner, by) => {
                    let inner = polynomial_text(inner, quotient, size);
                    let quotient = fill(quotient, &[inner, (by.to_string(), Level::Atom)]);
                    let loose = !quotient.ends_with(')') || quotient.starts_with('(');
                    if loose && (atoms.len() > 1 || times != 1) {
                        format!("({quotient})")
                    } else {
                        quotient
                    }
                }
            });
        }
        let mut product = factors.join(" * ");
        if !coefficient.is_integer() {
            let level = match factors.len() {
                1 => Level::Atom,
                _ => Level::Product,
            };
            let below = (coefficient.denom().to_string(), Level::Atom);
            product = fill(quotient, &[(product, level), below]);
        }
        text.push_str(match (count, coefficient.is_negative()) {
            (0, true) => "-",
            (0, false) => "",
            (_, true) => " - ",
            (_, false) => " + ",
        });
        text.push_str(&product);
        count += 1;
    }
    if count == 0 {
        return ("0".to_owned(), Level::Atom);
    }
    let level = match (count, polynomial.terms().first()) {
        (1, Some((atoms, value)))
            if value.is_one() && atoms.len() == 1 && matches!(atoms[0], Atom::Named(_)) =>
        {
            Level::Atom
        }
        (1, Some((atoms, value))) if atoms.is_empty() && !value.is_negative() => Level::Atom,
        (1, Some((_, value))) if value.is_positive() => Level::Product,
        _ => Level::Sum,
    };
    (text, level)
}
