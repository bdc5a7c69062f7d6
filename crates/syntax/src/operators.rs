//! The one table of infix operators, read by the lexer, the parser and the formatter alike, and the other signs.
//!
//! A row says how an operator is spelled, how tightly it binds and to which side. The precedences of the prefix minus
//! and of the postfix signs stand beside it, because they are steps of the same ladder.

use crate::ast::BinaryOperator;

/// To which side equal operators group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Associativity {
    /// `a - b - c` is `(a - b) - c`.
    Left,
    /// `a ^ b ^ c` is `a ^ (b ^ c)`.
    Right,
}

/// A row of the table of infix operators.
#[derive(Clone, Copy, Debug)]
pub struct OperatorRow {
    /// The operator.
    pub operator: BinaryOperator,
    /// Its spellings, the canonical one first.
    pub spellings: &'static [&'static str],
    /// A larger number binds tighter.
    pub precedence: u8,
    /// How a chain of it groups.
    pub associativity: Associativity,
}

/// The precedence of `+` and `-`, the loosest.
pub const SUM: u8 = 1;
/// The precedence of `*`, `/` and `@`; an index sum reaches over one such product.
pub const PRODUCT: u8 = 2;
/// The precedence of the prefix `-`.
pub const NEGATION: u8 = 3;
/// The precedence of `^`.
pub const POWER: u8 = 4;
/// The precedence of `.T`, `'` and `[...]`, the tightest.
pub const POSTFIX: u8 = 5;

/// The infix operators.
#[rustfmt::skip]
pub const OPERATORS: &[OperatorRow] = &[
    OperatorRow { operator: BinaryOperator::Add, spellings: &["+"], precedence: SUM, associativity: Associativity::Left },
    OperatorRow { operator: BinaryOperator::Subtract, spellings: &["-", "−"], precedence: SUM, associativity: Associativity::Left },
    OperatorRow { operator: BinaryOperator::Multiply, spellings: &["*", ".*", "⊙", "∘"], precedence: PRODUCT, associativity: Associativity::Left },
    OperatorRow { operator: BinaryOperator::Divide, spellings: &["/", "./", "⊘"], precedence: PRODUCT, associativity: Associativity::Left },
    OperatorRow { operator: BinaryOperator::MatMul, spellings: &["@"], precedence: PRODUCT, associativity: Associativity::Left },
    OperatorRow { operator: BinaryOperator::Power, spellings: &["^", "**", ".^"], precedence: POWER, associativity: Associativity::Right },
];

/// Every other sign: its spelling and the canonical one that the parser asks for.
pub(crate) const MARKS: &[(&str, &str)] = &[
    ("->", "->"),
    ("==", "=="),
    ("..", ".."),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    ("{", "{"),
    ("}", "}"),
    ("=", "="),
    (",", ","),
    (":", ":"),
    (".", "."),
    ("'", "'"),
    ("′", "'"),
    ("ᵀ", "ᵀ"),
];

/// The row of an operator.
pub fn operator_row(operator: BinaryOperator) -> &'static OperatorRow {
    // A test holds that every operator has a row, so the fallback is never taken.
    OPERATORS
        .iter()
        .find(|row| row.operator == operator)
        .unwrap_or(&OPERATORS[0])
}

impl OperatorRow {
    /// The canonical spelling.
    pub fn spelling(&self) -> &'static str {
        self.spellings[0]
    }

    /// The least precedence that an unbracketed left operand may have.
    pub fn left_precedence(&self) -> u8 {
        self.precedence + u8::from(self.associativity == Associativity::Right)
    }

    /// The least precedence that an unbracketed right operand may have.
    pub fn right_precedence(&self) -> u8 {
        self.precedence + u8::from(self.associativity == Associativity::Left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_finds_its_own_row() {
        use BinaryOperator::{Add, Divide, MatMul, Multiply, Power, Subtract};
        for operator in [Add, Subtract, Multiply, Divide, MatMul, Power] {
            assert_eq!(operator_row(operator).operator, operator);
        }
    }
}
