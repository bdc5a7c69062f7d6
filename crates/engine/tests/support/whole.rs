//! Questions over the whole language: what `generate` makes equation by equation, and beside it layers with their shapes, Fourier transforms,
//! index notation with affine subscripts up to rank 4, repetition with a number or a symbol for its bound; about each the gradients, or a
//! Jacobian, Hessian, or its product with a direction.

use super::choices::Choices;
use super::generate;
use super::layers::layered;
use super::monomials::monomials;
use derive_engine::{Config, Second};

/// A spec, and what is asked about it.
pub struct Question {
    pub spec: String,
    pub asked: Asked,
}

/// What is asked about a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Gradients,
    Jacobian,
    Hessian,
    HessianVector,
}

impl Question {
    /// The configuration that asks it.
    pub fn config(&self) -> Config {
        let second = match self.asked {
            Asked::Hessian => Some(Second::Hessian),
            Asked::HessianVector => Some(Second::Product),
            Asked::Gradients | Asked::Jacobian => None,
        };
        let last = (self.asked == Asked::Jacobian).then(|| last_definition(&self.spec));
        Config {
            second,
            jacobian: last.flatten(),
            ..Config::default()
        }
    }

    /// The spec under what is asked about it.
    pub fn text(&self) -> String {
        format!("# asked: {:?}\n{}", self.asked, self.spec)
    }
}

/// The name on the left of the last definition.
fn last_definition(spec: &str) -> Option<String> {
    let mut names = spec.lines().filter_map(|line| {
        let (left, _) = line.split_once(" = ")?;
        let name = left.split('[').next().unwrap_or(left);
        let plain = name
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
        plain.then(|| name.to_owned())
    });
    names.next_back()
}

/// The question that these choices make.
pub fn question(numbers: &[u16]) -> Question {
    // The front of the stream says what is made, so that it stays of its kind while it shrinks.
    let (front, rest) = numbers.split_at(numbers.len().min(2));
    let mut front = Choices::new(front);
    let kind = front.below(10);
    let mut choices = Choices::new(rest);
    let spec = match kind {
        0..=4 => generate::spec(rest).text(),
        5 => layered(&mut choices),
        6 => monomials(&mut choices),
        7 => fourier(&mut choices),
        8 => symbolic_depth(&mut choices),
        _ => unrolled(&mut choices),
    };
    // What has a symbolic depth or several layers is asked for its gradients alone.
    let asked = match (kind, front.below(12)) {
        (0..=4 | 6 | 7, 9) => Asked::Jacobian,
        (0..=4 | 6, 10) => Asked::Hessian,
        (0..=4 | 6, 11) => Asked::HessianVector,
        _ => Asked::Gradients,
    };
    Question { spec, asked }
}

/// A loss over vectors and their transforms. A complex expression is made of transforms of real vectors by sums, products and
/// conjugates, so that it is the transform of a real vector itself and `idft` gives one back.
fn fourier(choices: &mut Choices) -> String {
    let n = choices.pick(&["n", "3", "5", "4"]);
    let mut text = format!("param x: [{n}]\ninput h: [{n}]\nconst g: [{n}]\n");
    let value = real(choices, 3);
    if choices.below(2) == 0 {
        text += &format!("y = {value}\nloss ");
        text += choices.pick(&["sum(y * g)", "norm2(y - g)^2", "mean(y^2)"]);
    } else if choices.below(2) == 0 {
        let spectrum = complex(choices, 2);
        text += &format!("X = {spectrum}\nloss norm2(X)^2 / {n}");
    } else {
        text += &format!("loss sum(({value})^2)");
    }
    text + "\n"
}

fn real(choices: &mut Choices, depth: usize) -> String {
    let leaf = depth == 0 || choices.is_over();
    if leaf {
        return choices.pick(&["x", "x", "h", "g"]).to_owned();
    }
    let part = |choices: &mut Choices| real(choices, depth - 1);
    match choices.below(9) {
        0 => part(choices),
        1 => format!("({} + {})", part(choices), part(choices)),
        2 => format!("({} * {})", part(choices), part(choices)),
        3 => format!("tanh({})", part(choices)),
        4 => format!("circ_conv({}, {})", part(choices), part(choices)),
        5 => format!("abs({})^2", complex(choices, depth - 1)),
        6 => format!("real({})", complex(choices, depth - 1)),
        7 => format!("real(conj({}))", complex(choices, depth - 1)),
        _ => format!("idft({})", complex(choices, depth - 1)),
    }
}

fn complex(choices: &mut Choices, depth: usize) -> String {
    let one = |choices: &mut Choices| complex(choices, depth.saturating_sub(1));
    let kind = if depth == 0 { 0 } else { choices.below(7) };
    match kind {
        0 | 1 => format!("dft({})", real(choices, depth.saturating_sub(1))),
        2 => format!("({} * {})", one(choices), one(choices)),
        3 => format!("({} + {})", one(choices), one(choices)),
        4 => format!("({} - 2 * {})", one(choices), one(choices)),
        5 => format!("conj({})", one(choices)),
        _ => format!("2 * {}", one(choices)),
    }
}

/// What a layer of a repetition computes from the one below, its parameters written for the family member `{l}`.
fn repeated(choices: &mut Choices, l: &str) -> (Vec<String>, Vec<String>) {
    let bias = choices.below(2) == 0;
    let mut declared = vec![format!("param W{{{l}}}: [h, h]")];
    if bias {
        declared.push(format!("param b{{{l}}}: [h]"));
    }
    let added = if bias {
        format!(" + b{{{l}}}")
    } else {
        String::new()
    };
    let below = format!("A{{{l}-1}}");
    let product = choices.pick(&["@ W", "@ W", "@ U"]);
    let product = match product {
        "@ U" => format!("{below} @ W{{{l}}}.T"),
        _ => format!("{below} @ W{{{l}}}"),
    };
    let f = choices.pick(&["tanh", "sigmoid", "relu", "f", "softplus", "sin"]);
    let value = match choices.below(4) {
        0 => format!("{f}(Z{{{l}}}) + {below}"),
        1 => format!("{f}(Z{{{l}}}) * 2"),
        _ => format!("{f}(Z{{{l}}})"),
    };
    let defined = vec![
        format!("Z{{{l}}} = {product}{added}"),
        format!("A{{{l}}} = {value}"),
    ];
    (declared, defined)
}

/// The recurrence of a depth without a number. (A softmax over several layers of an unspecified function is left out: its values grow until
/// e^z is no float.)
fn symbolic_depth(choices: &mut Choices) -> String {
    let (declared, defined) = repeated(choices, "l");
    let body = [declared, defined].concat().join("\n  ");
    let f = if body.contains("f(") {
        "function f\n"
    } else {
        ""
    };
    let losses = [
        "1/2 * sum((A{L} - y)^2)",
        "sum(A{L} * y)",
        "sum(A{L}^2) / N",
        "cross_entropy(softmax(A{L}), y)",
    ];
    let loss = choices.pick(&losses[..if f.is_empty() { 4 } else { 3 }]);
    format!(
        "{f}input A{{0}}: [N, h]\ntarget y: [N, h]\nfor l in 1..L {{\n  {body}\n}}\nloss {loss}\n"
    )
}

/// A repetition with a number for its bound, its parameters shared or not.
fn unrolled(choices: &mut Choices) -> String {
    let shared = choices.below(2) == 0;
    let steps = 1 + choices.below(3);
    let (declared, defined) = repeated(choices, "t");
    let (before, within) = if shared {
        let plain = |line: &String| line.replace("{t}", "");
        (declared.iter().map(plain).collect(), Vec::new())
    } else {
        (Vec::new(), declared)
    };
    let mut body: Vec<String> = [within, defined].concat();
    if shared {
        let plain = |line: &String| line.replace("W{t}", "W").replace("b{t}", "b");
        body = body.iter().map(plain).collect();
    }
    let body = body.join("\n  ");
    let f = if body.contains("f(") {
        "function f\n"
    } else {
        ""
    };
    let regularized = match choices.below(3) {
        0 if shared => "regularize l2(lambda) on W\n",
        1 if shared => "regularize l1(rho) on W\n",
        _ => "",
    };
    let update = choices.pick(&[
        "",
        "update sgd(eta)\n",
        "update momentum(eta, mu)\n",
        "update adam(eta, beta1, beta2, eps)\n",
    ]);
    format!(
        "{f}input A{{0}}: [N, h]\ntarget y: [N, h]\n{}\nfor t in 1..{steps} {{\n  {body}\n}}\nloss mse(A{{{steps}}}, y)\n{regularized}{update}",
        before.join("\n")
    )
}
