//! Well-shaped specs over the language, by the shape that is wanted.

use super::choices::Choices;
use super::expression::Expression;
use super::further;
use super::spec::{Line, Spec};

/// The dimensions: names, and literal sizes among which 1 broadcasts.
const DIMS: [&str; 6] = ["n", "m", "k", "1", "3", "5"];

/// Functions defined everywhere; the last is unspecified.
const FUNCTIONS: [&str; 20] = [
    "tanh",
    "exp",
    "sigmoid",
    "relu",
    "square",
    "sin",
    "cos",
    "softplus",
    "silu",
    "gelu",
    "erf",
    "arctan",
    "leaky_relu",
    "elu",
    "selu",
    "abs",
    "sign",
    "log",
    "sqrt",
    "f",
];

pub(super) type Shape = Vec<&'static str>;

pub(super) struct Generator<'a> {
    pub(super) choices: Choices<'a>,
    pub(super) spec: Spec,
    /// Declared and defined arrays with their shapes.
    known: Vec<(String, Shape)>,
    made: usize,
    uses_function: bool,
    /// Whether the function with a definition is used.
    pub(super) uses_defined: bool,
}

/// The spec that these choices make.
pub fn spec(numbers: &[u16]) -> Spec {
    let mut it = Generator {
        choices: Choices::new(numbers),
        spec: Spec::default(),
        known: Vec::new(),
        made: 0,
        uses_function: false,
        uses_defined: false,
    };
    if it.choices.once_in(8) {
        it.layers();
    } else {
        it.equations();
    }
    let mut lines = it.spec.lines;
    if it.uses_function {
        lines.insert(0, Line::Text("function f".to_owned()));
    }
    if it.uses_defined {
        lines.insert(0, Line::Text(further::DEFINED.to_owned()));
    }
    Spec { lines }
}

pub(super) fn form(form: &'static str, parts: Vec<Expression>) -> Expression {
    Expression::Form(form, parts)
}

fn written(shape: &[&str]) -> String {
    if shape.is_empty() {
        "scalar".to_owned()
    } else {
        format!("[{}]", shape.join(", "))
    }
}

impl Generator<'_> {
    fn equations(&mut self) {
        for _ in 0..self.choices.below(4) {
            let rank = self.choices.below(3);
            let shape = self.shape(rank);
            if self.choices.once_in(5) && !shape.contains(&"1") {
                self.entries(&shape);
            } else {
                let value = self.value(&shape, 2);
                self.define(value, shape);
            }
        }
        let last = self
            .known
            .iter()
            .rev()
            .find(|(name, _)| name.starts_with('Z'))
            .cloned();
        let mut parts = Vec::new();
        if let Some((name, shape)) = last {
            parts.push(self.total(Expression::Name(name), &shape));
        }
        if parts.is_empty() || self.choices.once_in(3) {
            parts.push(self.value(&Vec::new(), 3));
        }
        if !self.known.iter().any(|(name, _)| name.starts_with('W')) {
            let w = self.declare("param", "W", Vec::new(), "");
            parts.push(form("{}^2", vec![w]));
        }
        let loss = if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expression::Sum(parts)
        };
        self.spec.lines.push(Line::Loss(loss));
        self.differentiate_input();
    }

    /// A chain of layers.
    fn layers(&mut self) {
        let widths = ["h", "p", "4"];
        let mut lines = vec!["input X: [N, d]".to_owned()];
        for _ in 0..1 + self.choices.below(3) {
            let width = self.choices.pick(&widths);
            let activation = self.choices.pick(&FUNCTIONS[2..16]);
            let layer = match self.choices.below(6) {
                0 | 1 => format!("layer dense({width}) -> {activation}"),
                2 => format!("layer dense({width})"),
                3 => format!("layer dense({width}, bias=false) -> {activation}"),
                4 => "layer layernorm".to_owned(),
                _ => format!("layer residual {{ layer dense(d) -> {activation} }}"),
            };
            // A residual block keeps the width that it finds.
            let residual =
                layer.contains("residual") && lines.iter().any(|line| line.contains("dense"));
            if !residual {
                lines.push(layer);
            }
        }
        let loss = match self.choices.below(4) {
            0 => "loss sum(yhat^2)",
            1 => "layer dense(c) -> softmax\ntarget y: [N, c] onehot\nloss cross_entropy(mean)",
            2 => "layer dense(c)\ntarget y: [N, c]\nloss mse(yhat, y)",
            _ => "loss sum(log_softmax(yhat) * yhat)",
        };
        lines.push(loss.to_owned());
        self.spec.lines.extend(
            lines
                .join("\n")
                .lines()
                .map(|line| Line::Text(line.to_owned())),
        );
    }

    fn shape(&mut self, rank: usize) -> Shape {
        (0..rank).map(|_| self.choices.pick(&DIMS)).collect()
    }

    pub(super) fn declare(
        &mut self,
        role: &'static str,
        letter: &str,
        shape: Shape,
        attribute: &str,
    ) -> Expression {
        self.made += 1;
        let name = format!("{letter}{}", self.made);
        self.spec.lines.push(Line::Declare(
            role,
            name.clone(),
            format!("{} {attribute}", written(&shape)).trim().to_owned(),
        ));
        if attribute.is_empty() {
            self.known.push((name.clone(), shape));
        }
        Expression::Name(name)
    }

    fn define(&mut self, value: Expression, shape: Shape) -> Expression {
        self.made += 1;
        let name = format!("Z{}", self.made);
        self.spec.lines.push(Line::Define(name.clone(), value));
        self.known.push((name.clone(), shape));
        Expression::Name(name)
    }

    /// A known array of this shape, or a new one.
    pub(super) fn leaf(&mut self, shape: &Shape) -> Expression {
        let fits: Vec<String> = self
            .known
            .iter()
            .filter(|(_, known)| known == shape)
            .map(|(name, _)| name.clone())
            .collect();
        if !fits.is_empty() && self.choices.below(3) > 0 {
            return Expression::Name(self.choices.pick(&fits));
        }
        let (role, letter) = self.choices.pick(&[
            ("param", "W"),
            ("param", "W"),
            ("input", "x"),
            ("const", "c"),
        ]);
        self.declare(role, letter, shape.clone(), "")
    }

    fn number(&mut self) -> Expression {
        Expression::text(self.choices.pick(&["2", "3", "0.5", "1/3", "1"]))
    }

    /// An expression of this shape.
    pub(super) fn value(&mut self, shape: &Shape, depth: usize) -> Expression {
        if depth == 0 || self.choices.is_over() {
            return self.leaf(shape);
        }
        match self.choices.below(12) {
            0 => self.leaf(shape),
            1 => self.elementwise(shape, depth),
            2 => {
                let parts = self.parts(shape, depth);
                Expression::Sum(parts)
            }
            3 => {
                let parts = self.parts(shape, depth);
                Expression::Product(parts)
            }
            4 => self.arithmetic(shape, depth),
            5 => self.broadcast(shape, depth),
            _ => match shape.len() {
                0 => self.scalar(depth),
                1 => self.vector(shape, depth),
                _ => self.matrix(shape, depth),
            },
        }
    }

    fn parts(&mut self, shape: &Shape, depth: usize) -> Vec<Expression> {
        (0..2 + self.choices.below(2))
            .map(|_| self.value(shape, depth - 1))
            .collect()
    }

    fn elementwise(&mut self, shape: &Shape, depth: usize) -> Expression {
        let function = self.choices.pick(&FUNCTIONS);
        let mut argument = self.value(shape, depth - 1);
        if matches!(function, "log" | "sqrt") {
            argument = form("(1 + {}^2)", vec![argument]);
        }
        self.uses_function |= function == "f";
        form("{}({})", vec![Expression::text(function), argument])
    }

    fn arithmetic(&mut self, shape: &Shape, depth: usize) -> Expression {
        let a = self.value(shape, depth - 1);
        match self.choices.below(7) {
            0 => form("({} - {})", vec![a, self.value(shape, depth - 1)]),
            1 => form("({} / (2 + {}^2))", vec![a, self.value(shape, depth - 1)]),
            2 => form("(-{})", vec![a]),
            3 => form(
                "({}^{})",
                vec![a, Expression::text(self.choices.pick(&["2", "3"]))],
            ),
            4 => form("({} * {})", vec![self.number(), a]),
            5 => form("({} + {})", vec![self.number(), a]),
            _ => form("max({}, {})", vec![a, self.value(shape, depth - 1)]),
        }
    }

    /// Something of smaller shape goes with every entry.
    fn broadcast(&mut self, shape: &Shape, depth: usize) -> Expression {
        let full = self.value(shape, depth - 1);
        if shape.is_empty() {
            return full;
        }
        let mut smaller = shape.clone();
        match self.choices.below(3) {
            0 => smaller.clear(),
            1 => {
                smaller.remove(0);
            }
            _ => {
                let at = self.choices.below(shape.len());
                smaller[at] = "1";
            }
        }
        let other = self.value(&smaller, depth - 1);
        let sign = self
            .choices
            .pick(&["({} + {})", "({} * {})", "({} - {})", "({} / (1 + {}^2))"]);
        form(sign, vec![full, other])
    }

    /// A scalar that every entry of a value counts in.
    pub(super) fn total(&mut self, value: Expression, shape: &Shape) -> Expression {
        if shape.is_empty() {
            return value;
        }
        match self.choices.below(6) {
            0 => form("sum({}^2)", vec![value]),
            1 => form("sum({} * {})", vec![value, self.leaf(shape)]),
            2 => form("mean({}^2)", vec![value]),
            3 => form("norm2(1 + {}^2)", vec![value]),
            4 => form("mse({}, {})", vec![value, self.leaf(shape)]),
            _ => form("sum({})", vec![value]),
        }
    }

    fn scalar(&mut self, depth: usize) -> Expression {
        let d = self.choices.pick(&DIMS);
        let e = self.choices.pick(&DIMS);
        if self.choices.once_in(4) {
            return self.further_scalar([d, e], depth);
        }
        let value = |it: &mut Self, shape: &[&'static str]| it.value(&shape.to_vec(), depth - 1);
        match self.choices.below(22) {
            0 => {
                let inner = value(self, &[d, e]);
                self.total(inner, &vec![d, e])
            }
            1 => form("dot({}, {})", vec![value(self, &[d]), value(self, &[d])]),
            2 => form("logsumexp({})", vec![value(self, &[d])]),
            3 => form("tr({})", vec![value(self, &[d, d])]),
            4 => form(
                "({}.T @ {} @ {})",
                vec![value(self, &[d]), value(self, &[d, e]), value(self, &[e])],
            ),
            5 => form("det(2 * eye(n) + {})", vec![value(self, &["n", "n"])]),
            6 => form(
                "logdet(eye({}) + {}.T @ {})",
                vec![
                    Expression::text(d),
                    value(self, &[e, d]),
                    self.leaf(&vec![e, d]),
                ],
            ),
            7 => form(
                "(sum(i) {}[i] * {}[i]^2)",
                vec![self.leaf(&vec![d]), self.leaf(&vec![d])],
            ),
            8 => form(
                "(sum(i, j) {}[i, j] * {}[j])",
                vec![self.leaf(&vec![d, e]), self.leaf(&vec![e])],
            ),
            9 => form(
                "sum(concat({}, {})^2)",
                vec![value(self, &[d]), value(self, &[e])],
            ),
            10 => form(
                "sum(conv1d({}, {})^2)",
                vec![self.leaf(&vec!["5"]), self.leaf(&vec!["3"])],
            ),
            11 => form(
                "sum(circ_conv({}, {})^2)",
                vec![value(self, &[d]), value(self, &[d])],
            ),
            12 => self.loss(d, e, depth),
            15 => form(
                "(sum(i) {}[i] * {}[i + 1])",
                vec![self.leaf(&vec!["5"]), self.leaf(&vec!["5"])],
            ),
            16 => form(
                "(sum(i) {}[i] * {}[n - 1 - i]^2)",
                vec![self.leaf(&vec!["n"]), self.leaf(&vec!["n"])],
            ),
            17 => form(
                "sum(maxpool1d({}, 2, stride=1, padding=1)^2)",
                vec![value(self, &["5"])],
            ),
            18 => form(
                "sum(avgpool1d({}, 3, stride=2)^3)",
                vec![value(self, &["5"])],
            ),
            19 => form(
                "sum(kron({}, {})^2)",
                vec![value(self, &[d, e]), self.leaf(&vec![e, d])],
            ),
            20 => form(
                "sum(concat({}, {}, axis=1)^2)",
                vec![value(self, &[d, e]), value(self, &[d, e])],
            ),
            21 => form("sum((exp({})[1:3]) / 7)", vec![value(self, &["5"])]),
            13 => form("max({})", vec![value(self, &[d])]),
            14 => form("sum(flatten({})^2)", vec![value(self, &[d, e])]),
            _ => form("norm2(1 + {}^2)", vec![value(self, &[d])]),
        }
    }

    fn loss(&mut self, d: &'static str, e: &'static str, depth: usize) -> Expression {
        let shape = vec![d, e];
        let p = self.value(&shape, depth - 1);
        match self.choices.below(4) {
            0 => {
                let target = self.declare("target", "t", shape, "onehot");
                form("cross_entropy(softmax({}), {})", vec![p, target])
            }
            1 => form("squared_error({}, {})", vec![p, self.leaf(&shape)]),
            2 => form("huber({}, {})", vec![p, self.leaf(&shape)]),
            _ => form("hinge({}, {})", vec![p, self.leaf(&shape)]),
        }
    }

    fn vector(&mut self, shape: &Shape, depth: usize) -> Expression {
        let d = shape[0];
        let e = self.choices.pick(&DIMS);
        if self.choices.once_in(4) {
            return self.further_vector([d, e], depth);
        }
        let value = |it: &mut Self, shape: &[&'static str]| it.value(&shape.to_vec(), depth - 1);
        match self.choices.below(12) {
            0 => form("({} @ {})", vec![value(self, &[d, e]), value(self, &[e])]),
            1 => form("({}.T @ {})", vec![value(self, &[e, d]), value(self, &[e])]),
            2 => form("softmax({})", vec![value(self, &[d])]),
            3 => form("log_softmax({})", vec![value(self, &[d])]),
            4 => form("sum({}, axis=0)", vec![value(self, &[e, d])]),
            5 => form("sum({}, axis=1)", vec![value(self, &[d, e])]),
            6 => form("mean({}, axis=1)", vec![value(self, &[d, e])]),
            7 => form("diag({})", vec![value(self, &[d, d])]),
            8 => form("max({}, axis=1)", vec![value(self, &[d, e])]),
            9 => form(
                "circ_conv({}, {})",
                vec![value(self, &[d]), value(self, &[d])],
            ),
            10 if d == "3" => form("{}[1:4]", vec![self.leaf(&vec!["5"])]),
            10 if d == "5" => form(
                "conv1d({}, {}, padding=\"same\")",
                vec![value(self, &["5"]), value(self, &["3"])],
            ),
            _ => form("logsumexp({}, axis=0)", vec![value(self, &[e, d])]),
        }
    }

    fn matrix(&mut self, shape: &Shape, depth: usize) -> Expression {
        let (d, e) = (shape[0], shape[1]);
        let inner = self.choices.pick(&DIMS);
        if self.choices.once_in(4) {
            return self.further_matrix([d, e], depth);
        }
        let value = |it: &mut Self, shape: &[&'static str]| it.value(&shape.to_vec(), depth - 1);
        match self.choices.below(12) {
            0 | 1 => form(
                "({} @ {})",
                vec![value(self, &[d, inner]), value(self, &[inner, e])],
            ),
            2 => form("{}.T", vec![value(self, &[e, d])]),
            3 => form(
                "({}.T @ {})",
                vec![value(self, &[inner, d]), value(self, &[inner, e])],
            ),
            4 => form(
                "({} @ {}.T)",
                vec![value(self, &[d, inner]), value(self, &[e, inner])],
            ),
            5 => form("softmax({})", vec![value(self, &[d, e])]),
            6 => form("softmax({}, axis=0)", vec![value(self, &[d, e])]),
            7 => form("outer({}, {})", vec![value(self, &[d]), value(self, &[e])]),
            8 if d == e => form(
                "inv(3 * eye({}) + {} @ {}.T)",
                vec![
                    Expression::text(d),
                    self.leaf(&vec![d, inner]),
                    self.leaf(&vec![d, inner]),
                ],
            ),
            8 => form("log_softmax({})", vec![value(self, &[d, e])]),
            9 if d == e => form("diag({})", vec![value(self, &[d])]),
            9 if d == "3" => form("{}[1:4, :]", vec![self.leaf(&vec!["5", e])]),
            10 if d == "1" => form(
                "sum({}, axis=0, keepdims=true)",
                vec![value(self, &[inner, e])],
            ),
            10 if e == "1" => form(
                "mean({}, axis=1, keepdims=true)",
                vec![value(self, &[d, inner])],
            ),
            10 if d == e => {
                let s = self.declare("param", "S", shape.clone(), "symmetric");
                form("({} @ {})", vec![s, value(self, &[d, e])])
            }
            _ => form(
                "reshape({}, [{}, {}])",
                vec![
                    value(self, &[e, d]),
                    Expression::text(d),
                    Expression::text(e),
                ],
            ),
        }
    }

    /// A definition in index notation.
    fn entries(&mut self, shape: &Shape) {
        let inner = self.choices.pick(&DIMS[..3]);
        let (indices, value) = match *shape.as_slice() {
            [] => return,
            [d] => {
                let value = match self.choices.below(3) {
                    0 => form(
                        "sum(k) {}[i, k] * {}[k]",
                        vec![self.leaf(&vec![d, inner]), self.leaf(&vec![inner])],
                    ),
                    1 => form(
                        "{}[i]^2 + sum(k) {}[k, i]",
                        vec![self.leaf(&vec![d]), self.leaf(&vec![inner, d])],
                    ),
                    _ => form(
                        "tanh({}[i]) * {}[i, i]",
                        vec![self.leaf(&vec![d]), self.leaf(&vec![d, d])],
                    ),
                };
                ("i", value)
            }
            [d, e, ..] => {
                let value = match self.choices.below(4) {
                    0 => form(
                        "sum(k) {}[i, k] * {}[k, j] + {}[j]",
                        vec![
                            self.leaf(&vec![d, inner]),
                            self.leaf(&vec![inner, e]),
                            self.leaf(&vec![e]),
                        ],
                    ),
                    1 => form(
                        "{}[i] * exp({}[j])",
                        vec![self.leaf(&vec![d]), self.leaf(&vec![e])],
                    ),
                    2 => form(
                        "{}[j, i] / (1 + {}[i]^2)",
                        vec![self.leaf(&vec![e, d]), self.leaf(&vec![d])],
                    ),
                    _ => form(
                        "sum(k) {}[i, k] * {}[j, k] * {}[k]",
                        vec![
                            self.leaf(&vec![d, inner]),
                            self.leaf(&vec![e, inner]),
                            self.leaf(&vec![inner]),
                        ],
                    ),
                };
                ("i, j", value)
            }
        };
        self.made += 1;
        let name = format!("Z{}", self.made);
        self.spec
            .lines
            .push(Line::DefineEntries(name.clone(), indices, value));
        self.known.push((name, shape.clone()));
    }
}
