//! What the language has beside the constructs of [`super::generate`]: arrays of more axes, declarations that promise something, functions with a
//! definition, reductions and windows with options, and inputs that are differentiated by.

use super::expression::Expression;
use super::generate::{Generator, form};
use super::spec::Line;

/// The function with a definition.
pub const DEFINED: &str = "function g(z, a) = z * sigmoid(a * z) + a";

impl Generator<'_> {
    /// Sometimes an input takes the place of the parameters, if the spec has one.
    pub(super) fn differentiate_input(&mut self) {
        let input = self.spec.lines.iter().find_map(|line| match line {
            Line::Declare("input", name, _) => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = input.filter(|_| self.choices.once_in(6)) {
            self.spec.lines.push(Line::Wrt(name));
        }
    }

    pub(super) fn further_scalar(&mut self, [d, e]: [&'static str; 2], depth: usize) -> Expression {
        let value = |it: &mut Self, shape: &[&'static str]| it.value(&shape.to_vec(), depth - 1);
        let leaf = |it: &mut Self, shape: &[&'static str]| it.leaf(&shape.to_vec());
        match self.choices.below(19) {
            0 => form("norm1({})", vec![value(self, &[d, e])]),
            1 => form("min({})", vec![value(self, &[d])]),
            2 => form("log(sum(exp({})))", vec![value(self, &[d, e])]),
            3 => form(
                "sum(({} @ {})^2)",
                vec![leaf(self, &["k", d, e]), value(self, &[e, "3"])],
            ),
            4 => form(
                "sum(({} @ {})^2)",
                vec![leaf(self, &["k", d, e]), leaf(self, &["k", e, d])],
            ),
            5 => form(
                "sum(logsumexp({}, axis=-1))",
                vec![leaf(self, &["m", d, e])],
            ),
            6 => form(
                "sum(softmax({}, axis=1)[:, :, 0])",
                vec![leaf(self, &["m", "k", e])],
            ),
            7 => {
                let target = self.declare("target", "t", vec![d, e], "");
                form(
                    "binary_cross_entropy(sigmoid({}), {})",
                    vec![value(self, &[d, e]), target],
                )
            }
            8 => {
                let positive = self.declare("param", "P", vec![d, e], "positive");
                form("sum(log({}) * {})", vec![positive, value(self, &[d, e])])
            }
            9 => {
                let positive = self.declare("param", "P", vec![d], "positive");
                form("sum({}^0.5 / {})", vec![positive.clone(), positive])
            }
            10 => {
                let symmetric = self.declare("param", "S", vec![d, d], "symmetric");
                let size = Expression::text(d);
                form(
                    "logdet(eye({}) + {} @ {})",
                    vec![size, symmetric.clone(), symmetric],
                )
            }
            11 => form(
                "sum(conv1d({}, {}, stride=2, padding=1)^2)",
                vec![value(self, &["5"]), leaf(self, &["3"])],
            ),
            12 => form(
                "sum(conv1d({}, {}, dilation=2) * 3)",
                vec![value(self, &["5"]), leaf(self, &["3"])],
            ),
            13 => form(
                "sum(conv2d({}, {}, padding=1)^2)",
                vec![
                    leaf(self, &["1", "k", "3", "5"]),
                    leaf(self, &["3", "k", "3", "3"]),
                ],
            ),
            14 => form(
                "sum(maxpool2d({}, 2, stride=1)^2)",
                vec![value(self, &["3", "5"])],
            ),
            15 => form(
                "sum(max({}, axis=0, keepdims=true) * {})",
                vec![value(self, &[d, e]), value(self, &["1", e])],
            ),
            16 => form(
                "tr({} @ diag({}) @ {})",
                vec![
                    value(self, &[e, d]),
                    value(self, &[d]),
                    value(self, &[d, e]),
                ],
            ),
            17 => form(
                "sum(concat({}, {}, axis=0)^3)",
                vec![value(self, &[d, e]), leaf(self, &["1", e])],
            ),
            _ => form(
                "(({} @ {}) @ {})",
                vec![leaf(self, &[d]), value(self, &[d, e]), leaf(self, &[e])],
            ),
        }
    }

    pub(super) fn further_vector(&mut self, [d, e]: [&'static str; 2], depth: usize) -> Expression {
        let value = |it: &mut Self, shape: &[&'static str]| it.value(&shape.to_vec(), depth - 1);
        match self.choices.below(9) {
            0 => self.defined(&[d], depth),
            1 => form("min({}, axis=1)", vec![value(self, &[d, e])]),
            2 => form("{}[2, :]", vec![self.leaf(&vec!["3", d])]),
            3 => form("{}[:, 0]", vec![self.leaf(&vec![d, e])]),
            4 => form(
                "(ones({}) * {})",
                vec![Expression::text(d), value(self, &[])],
            ),
            5 => form(
                "sum(kron({}, {}), axis=1)",
                vec![value(self, &[d, e]), self.leaf(&vec!["1", "3"])],
            ),
            6 if d == "5" => form(
                "concat({}, {})",
                vec![value(self, &["3"]), self.leaf(&vec!["2"])],
            ),
            6 => form(
                "reshape({}, [{}])",
                vec![value(self, &["1", d]), Expression::text(d)],
            ),
            7 => form(
                "diag(outer({}, {}))",
                vec![value(self, &[d]), value(self, &[d])],
            ),
            _ => form("sum({}, axis=-1)", vec![value(self, &[d, e])]),
        }
    }

    pub(super) fn further_matrix(&mut self, [d, e]: [&'static str; 2], depth: usize) -> Expression {
        let value = |it: &mut Self, shape: &[&'static str]| it.value(&shape.to_vec(), depth - 1);
        match self.choices.below(9) {
            0 => self.defined(&[d, e], depth),
            1 => form(
                "(eye({}) @ {})",
                vec![Expression::text(d), value(self, &[d, e])],
            ),
            2 => form(
                "(diag({}) @ {})",
                vec![value(self, &[d]), value(self, &[d, e])],
            ),
            3 => form("sum({}, axis=1)", vec![self.leaf(&vec![d, "k", e])]),
            4 => form(
                "min({}, {})",
                vec![value(self, &[d, e]), value(self, &[d, e])],
            ),
            5 => form(
                "({} + ones({}, {}))",
                vec![
                    value(self, &[d, e]),
                    Expression::text(d),
                    Expression::text(e),
                ],
            ),
            6 => form(
                "kron({}, {})",
                vec![value(self, &[d, "1"]), self.leaf(&vec!["1", e])],
            ),
            7 => form(
                "(logsumexp({}, axis=0, keepdims=true) * {})",
                vec![value(self, &[d, e]), value(self, &[d, e])],
            ),
            _ => form("mean({}, axis=0)", vec![self.leaf(&vec!["m", d, e])]),
        }
    }

    /// A value of the function with a definition.
    fn defined(&mut self, shape: &[&'static str], depth: usize) -> Expression {
        self.uses_defined = true;
        let argument = self.value(&shape.to_vec(), depth - 1);
        form("g({}, {})", vec![argument, Expression::text("0.5")])
    }
}
