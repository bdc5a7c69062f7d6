//! Networks in layer form: a chain of layers that conform, by the shape of what has been reached.

use super::choices::Choices;

const ACTIVATIONS: [&str; 8] = [
    "tanh", "sigmoid", "relu", "softplus", "silu", "gelu", "elu", "f",
];

/// What every layer with parameters has in its name.
const PARAMETERS: [&str; 8] = [
    "dense",
    "conv",
    "norm",
    "attention",
    "embedding",
    "rnn",
    "lstm",
    "gru",
];

/// What the last layer gives.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reached {
    /// `[N, d]`, the last axis by its size.
    Rows(String),
    /// `[N, c, n]`.
    Signal,
    /// `[N, c, H, W]`; the last two are numbers, so small that nothing runs out of places.
    Image(usize),
}

/// The spec of a chain of layers with its loss.
pub fn layered(choices: &mut Choices) -> String {
    let (mut lines, mut reached) = input(choices);
    for _ in 0..1 + choices.below(3) {
        let (layer, next) = layer(choices, &reached);
        lines.push(layer);
        reached = next;
    }
    let closed = closing(choices, &reached);
    lines.extend(closed);
    let parameters = |line: &String| PARAMETERS.iter().any(|layer| line.contains(layer));
    if !lines.iter().any(parameters) {
        lines.push("wrt X".to_owned());
    }
    if lines.iter().any(|line| line.contains("-> f")) {
        lines.insert(0, "function f".to_owned());
    }
    lines.join("\n") + "\n"
}

/// The input, with the layer that reads it where only one kind can.
fn input(choices: &mut Choices) -> (Vec<String>, Reached) {
    let read = |input: &str, layer: &str| vec![input.to_owned(), layer.to_owned()];
    match choices.below(8) {
        0 | 1 => (
            vec!["input X: [N, 4]".to_owned()],
            Reached::Rows("4".to_owned()),
        ),
        2 => (
            vec!["input X: [N, d]".to_owned()],
            Reached::Rows("d".to_owned()),
        ),
        3 => (vec!["input X: [N, c, n]".to_owned()], Reached::Signal),
        4 | 5 => (vec!["input X: [N, 2, 5, 5]".to_owned()], Reached::Image(5)),
        6 => (
            read("input X: [N, v] onehot", "layer embedding(v, h)"),
            Reached::Rows("h".to_owned()),
        ),
        _ => {
            let cell = choices.pick(&["rnn", "lstm", "gru"]);
            let steps = 1 + choices.below(2);
            (
                read(
                    &format!("input X: [{steps}, N, d]"),
                    &format!("layer {cell}(h)"),
                ),
                Reached::Rows("h".to_owned()),
            )
        }
    }
}

fn activated(choices: &mut Choices, layer: &str) -> String {
    match choices.below(3) {
        0 => format!("layer {layer}"),
        _ => format!("layer {layer} -> {}", choices.pick(&ACTIVATIONS)),
    }
}

fn layer(choices: &mut Choices, reached: &Reached) -> (String, Reached) {
    let same = |text: &str| (text.to_owned(), reached.clone());
    match reached {
        Reached::Rows(width) => match choices.below(8) {
            0 | 1 => {
                let to = choices.pick(&["h", "p", "4"]);
                let bias = choices.pick(&["", ", bias=false"]);
                (
                    activated(choices, &format!("dense({to}{bias})")),
                    Reached::Rows(to.to_owned()),
                )
            }
            2 => same("layer batchnorm"),
            3 => same("layer layernorm"),
            4 => same("layer dropout(0.5)"),
            5 => same("layer attention"),
            6 if width == "4" => same("layer attention(heads=2)"),
            _ if width == "flat" => (
                activated(choices, "dense(h)"),
                Reached::Rows("h".to_owned()),
            ),
            _ => {
                let inner = activated(choices, &format!("dense({width})"));
                same(&format!("layer residual {{ {inner} }}"))
            }
        },
        Reached::Signal => match choices.below(5) {
            0 | 1 => {
                let padding = choices.pick(&["1", "\"same\"", "2"]);
                same(
                    &activated(choices, &format!("conv1d(o, 3, padding={padding})"))
                        .replace("(o,", &format!("({},", choices.pick(&["o", "q", "2"]))),
                )
            }
            2 | 3 => same("layer maxpool1d(2, stride=1, padding=1)"),
            _ => ("layer flatten".to_owned(), Reached::Rows("flat".to_owned())),
        },
        Reached::Image(side) => match choices.below(7) {
            0 | 1 => {
                let (stride, padding) = (1 + choices.below(2), choices.below(2));
                let out = (side + 2 * padding).saturating_sub(3) / stride + 1;
                if side + 2 * padding < 3 {
                    return ("layer flatten".to_owned(), Reached::Rows("flat".to_owned()));
                }
                let conv = format!(
                    "conv2d({}, 3, stride={stride}, padding={padding})",
                    choices.pick(&["o", "2"])
                );
                (activated(choices, &conv), Reached::Image(out))
            }
            2 => same("layer batchnorm"),
            3 if *side >= 2 => ("layer maxpool2d(2)".to_owned(), Reached::Image(side / 2)),
            4 if *side >= 2 => (
                "layer avgpool2d(2, stride=1)".to_owned(),
                Reached::Image(side - 1),
            ),
            _ => ("layer flatten".to_owned(), Reached::Rows("flat".to_owned())),
        },
    }
}

/// The loss of what was reached, a penalty and an update.
fn closing(choices: &mut Choices, reached: &Reached) -> Vec<String> {
    let mut lines = Vec::new();
    match (reached, choices.below(5)) {
        (Reached::Rows(_), 0) => lines.extend(
            [
                "layer dense(k) -> softmax",
                "target y: [N, k] onehot",
                "loss cross_entropy(mean)",
            ]
            .map(str::to_owned),
        ),
        (Reached::Rows(_), 1) => {
            lines.extend(
                ["layer dense(k)", "target y: [N, k]", "loss mse(yhat, y)"].map(str::to_owned),
            );
        }
        (Reached::Rows(_), 2) => {
            lines.extend(
                [
                    "layer dense(k) -> sigmoid",
                    "target y: [N, k]",
                    "loss binary_cross_entropy",
                ]
                .map(str::to_owned),
            );
        }
        (_, 3) => lines.push("loss mean(tanh(yhat)^2)".to_owned()),
        _ => lines.push("loss sum(yhat^2)".to_owned()),
    }
    let update = choices.pick(&["", "", "update sgd(eta)", "update momentum(eta, mu)"]);
    if !update.is_empty() && lines.iter().any(|line| line.contains("dense(k)")) {
        lines.push(update.to_owned());
    }
    lines
}
