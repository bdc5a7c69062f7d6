//! The table of losses: what each stands for, as an expression in the prediction `P` and the target `T`.
//!
//! `n` is the number of samples and `t` a loss's own parameter. Sources: Huber 1964 for `huber`; any textbook for the others.

/// A row of the table of losses.
#[derive(Debug)]
pub(crate) struct LossRow {
    /// The name in a spec.
    pub(crate) name: &'static str,
    /// The sum over everything.
    pub(crate) sum: &'static str,
    /// Divided by the number of samples.
    pub(crate) mean: &'static str,
    /// Whether `sum` may be asked for. The mean over all entries is always a mean.
    pub(crate) summable: bool,
    /// The default of the parameter `t`, for losses that have one.
    pub(crate) parameter: Option<&'static str>,
}

const fn plain(name: &'static str, sum: &'static str, mean: &'static str) -> LossRow {
    LossRow {
        name,
        sum,
        mean,
        summable: true,
        parameter: None,
    }
}

/// Every loss.
#[rustfmt::skip]
pub(crate) static LOSSES: &[LossRow] = &[
    LossRow { summable: false, ..plain("mse", "mean((P - T)^2)", "mean((P - T)^2)") },
    plain("squared_error", "sum((P - T)^2)", "1/n * sum((P - T)^2)"),
    plain("half_squared_error", "1/2 * sum((P - T)^2)", "1/(2 * n) * sum((P - T)^2)"),
    plain("cross_entropy", "-sum(T * log(P))", "-(1/n * sum(T * log(P)))"),
    plain(
        "binary_cross_entropy",
        "-sum(T * log(P) + (1 - T) * log(1 - P))",
        "-(1/n * sum(T * log(P) + (1 - T) * log(1 - P)))",
    ),
    plain("hinge", "sum(max(0, 1 - T * P))", "1/n * sum(max(0, 1 - T * P))"),
    LossRow {
        parameter: Some("1"),
        ..plain("huber", "sum(huber_value(P - T, t))", "1/n * sum(huber_value(P - T, t))")
    },
];

/// The row of this name.
pub(crate) fn row(name: &str) -> Option<&'static LossRow> {
    LOSSES.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use derive_syntax::parse_expression;

    #[test]
    fn every_template_is_an_expression() {
        for row in LOSSES {
            for text in [row.sum, row.mean].into_iter().chain(row.parameter) {
                assert!(parse_expression(text).is_ok(), "{}: {text}", row.name);
            }
        }
    }
}
