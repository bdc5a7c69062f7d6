//! The derivative table covers the function table.

use derive_calculus::derivative_table::{DERIVATIVES, derivative_row};
use derive_graph::function::Notation;
use derive_graph::function_table::FUNCTIONS;

#[test]
fn every_argument_of_every_function_has_a_row() {
    // Arithmetic, squares and roots are sums, products and powers of terms, which differentiate themselves.
    let by_structure = |notation| {
        matches!(
            notation,
            Notation::Arithmetic(_) | Notation::Square | Notation::Root
        )
    };
    for row in FUNCTIONS
        .iter()
        .filter(|row| !row.internal && !by_structure(row.notation))
    {
        for argument in 0..row.arity {
            assert!(
                derivative_row(row.name, argument).is_some(),
                "`{}` has no derivative by argument {argument}",
                row.name
            );
        }
    }
}

#[test]
fn every_row_belongs_to_a_function() {
    for (at, row) in DERIVATIVES.iter().enumerate() {
        let function = FUNCTIONS
            .iter()
            .find(|function| function.name == row.function);
        assert!(
            function.is_some_and(|function| row.argument < function.arity),
            "{}",
            row.function
        );
        let twice = DERIVATIVES[..at]
            .iter()
            .any(|other| (other.function, other.argument) == (row.function, row.argument));
        assert!(!twice, "`{}` stands twice", row.function);
    }
}
