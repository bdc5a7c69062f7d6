//! What a spec promises or defines, as far as rules may use it.

use derive_graph::{Dim, Name};
use derive_index::substitute::Renaming;
use derive_index::{Head, Term};
use num_traits::Zero;

/// A fact about a named array.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// The entries along this axis sum to one.
    SumsToOne {
        /// The array.
        array: Name,
        /// The axis.
        axis: usize,
        /// In words.
        because: &'static str,
    },
    /// `value` is softmax of `argument` along an axis, or its logarithm.
    Softmax {
        /// The result.
        value: Name,
        /// What softmax is applied to.
        argument: Name,
        /// The axis that sums to one.
        axis: usize,
        /// Whether `value` is log-softmax.
        log: bool,
    },
    /// The array is defined so. No rule uses it: indicators of a largest entry are only checked where the array is one.
    Defined {
        /// The array.
        array: Name,
        /// What it is, as a closed term whose indices are numbered from 0.
        definition: Term,
    },
    /// The matrix is its own transpose.
    Symmetric {
        /// The matrix.
        array: Name,
        /// In words.
        because: &'static str,
    },
    /// Every entry is positive.
    Positive {
        /// The array.
        array: Name,
        /// In words.
        because: &'static str,
    },
    /// Every entry lies strictly between 0 and 1.
    OpenUnitInterval {
        /// The array.
        array: Name,
        /// In words.
        because: &'static str,
    },
}

impl Fact {
    /// The array the fact is about.
    pub fn array(&self) -> &Name {
        match self {
            Fact::SumsToOne { array, .. }
            | Fact::Symmetric { array, .. }
            | Fact::Positive { array, .. }
            | Fact::OpenUnitInterval { array, .. }
            | Fact::Defined { array, .. }
            | Fact::Softmax { value: array, .. } => array,
        }
    }

    /// The same fact with every array renamed, and every dimension.
    #[must_use]
    pub fn renamed(&self, rename: &dyn Fn(&Name) -> Name, dim: &dyn Fn(&Name) -> Dim) -> Fact {
        let mut renamed = self.clone();
        match &mut renamed {
            Fact::SumsToOne { array, .. }
            | Fact::Symmetric { array, .. }
            | Fact::Positive { array, .. }
            | Fact::OpenUnitInterval { array, .. } => *array = rename(array),
            Fact::Defined { array, definition } => {
                *array = rename(array);
                let whole = Renaming {
                    tensor: rename,
                    dim,
                    index: &|id| id,
                };
                *definition = whole.apply(definition);
            }
            Fact::Softmax {
                value, argument, ..
            } => {
                *value = rename(value);
                *argument = rename(argument);
            }
        }
        renamed
    }
}

/// Why a term is nowhere zero, as far as the facts tell; empty if it has to be assumed.
pub fn nonzero_reason(term: &Term, facts: &[Fact]) -> &'static str {
    let known = |name: &Name| {
        facts.iter().find_map(|fact| match fact {
            Fact::Positive { array, because } | Fact::OpenUnitInterval { array, because }
                if array == name =>
            {
                Some(*because)
            }
            _ => None,
        })
    };
    match term.head() {
        Head::Dimension(_) => "the size of a dimension is positive",
        Head::Number(value) if !value.is_zero() => "the number is not zero",
        Head::Tensor(name, _) => known(name).unwrap_or(""),
        Head::Entry => nonzero_reason(&term.children()[0], facts),
        Head::Power(_) => nonzero_reason(&term.children()[0], facts),
        Head::Apply(function) => match function
            .row()
            .filter(|_| function.primes == 0)
            .map(|row| row.range)
        {
            Some(derive_graph::function::Range::Positive) => {
                "the function takes positive values only"
            }
            Some(derive_graph::function::Range::OpenUnitInterval) => {
                "the function takes values between 0 and 1 only"
            }
            _ => "",
        },
        Head::Sum => one_minus_reason(term, facts),
        _ => "",
    }
}

/// 1 − a for a value a strictly between 0 and 1.
fn one_minus_reason(term: &Term, facts: &[Fact]) -> &'static str {
    let [one, minus] = term.children() else {
        return "";
    };
    let (_, factors) = minus.split_terms();
    let [sign, value] = factors else { return "" };
    let is_one = |term: &Term| *term == derive_index::build::integer(1);
    if !is_one(one) || *sign != derive_index::build::integer(-1) {
        return "";
    }
    let array = value.as_entry().map_or(value, |(array, _)| array);
    let inside = |name: &Name| {
        facts
            .iter()
            .any(|fact| matches!(fact, Fact::OpenUnitInterval { array, .. } if array == name))
    };
    match array.head() {
        Head::Tensor(name, _) if inside(name) => "its values lie strictly between 0 and 1",
        Head::Apply(_)
            if nonzero_reason(array, facts) == "the function takes values between 0 and 1 only" =>
        {
            "the function takes values between 0 and 1 only"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_graph::{Function, Shape};
    use derive_index::{Rational, build};

    const BOUNDED: &str = "softmax lies strictly between 0 and 1";
    const POSITIVE: &str = "declared positive";

    fn array(name: &str) -> Term {
        build::tensor(&Name::new(name), &Shape(vec![Dim::Named(Name::new("n"))]))
    }

    fn entry(name: &str) -> Term {
        let place = derive_index::Fresh::default().index(&Dim::Named(Name::new("n")));
        build::entry(array(name), vec![place])
    }

    fn apply(function: &str) -> Term {
        build::apply(Function::named(function), vec![array("x")])
    }

    fn one_minus(value: Term) -> Term {
        build::sum(vec![build::integer(1), build::negate(value)])
    }

    /// A reason is told where it is one, and nowhere else: what has none is printed as an assumption.
    #[test]
    fn reasons_are_told_where_they_hold() {
        let fact = |name: &str| Name::new(name);
        let facts = [
            Fact::Positive {
                array: fact("p"),
                because: POSITIVE,
            },
            Fact::OpenUnitInterval {
                array: fact("s"),
                because: BOUNDED,
            },
            Fact::Symmetric {
                array: fact("x"),
                because: "it is symmetric",
            },
        ];
        let inverse = |term| build::power(term, Rational::from_integer((-1).into()));
        let derivative = build::apply(Function::named("exp").derivative(), vec![array("x")]);
        let (positive, unit) = (
            "the function takes positive values only",
            "the function takes values between 0 and 1 only",
        );
        let rows = [
            (array("p"), POSITIVE),
            (array("s"), BOUNDED),
            (array("x"), ""),
            (entry("p"), POSITIVE),
            (entry("x"), ""),
            (inverse(array("p")), POSITIVE),
            (build::integer(2), "the number is not zero"),
            (build::integer(0), ""),
            (
                build::dimension(&Dim::Named(fact("n"))),
                "the size of a dimension is positive",
            ),
            (apply("exp"), positive),
            (apply("sigmoid"), unit),
            (apply("tanh"), ""),
            (derivative, ""),
            (
                one_minus(array("s")),
                "its values lie strictly between 0 and 1",
            ),
            (one_minus(array("p")), ""),
            (one_minus(array("x")), ""),
            (one_minus(apply("sigmoid")), unit),
            (one_minus(apply("exp")), ""),
            (
                build::sum(vec![build::integer(2), build::negate(array("s"))]),
                "",
            ),
            (build::sum(vec![build::integer(1), array("s")]), ""),
            (
                build::sum(vec![
                    build::integer(1),
                    array("x"),
                    build::negate(array("s")),
                ]),
                "",
            ),
        ];
        for (term, expected) in rows {
            assert_eq!(nonzero_reason(&term, &facts), expected, "{term:?}");
        }
    }
}
