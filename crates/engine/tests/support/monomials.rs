//! Definitions in index notation: sums of products of entries of arrays up to rank 4, whose subscripts repeat, shift and stride.

use super::choices::Choices;

/// Indices and the dimensions that they run over; the last two share theirs.
const INDICES: [(&str, &str); 5] = [("i", "n"), ("j", "m"), ("k", "p"), ("l", "4"), ("s", "n")];

/// Arrays with affine subscripts: declarations, and the right side of `Y[…] = …`, by the indices on the left.
#[rustfmt::skip]
const WINDOWS: [(&str, &str, &str); 9] = [
    ("param K: [k]\nparam x: [n]", "p", "sum(r) K[r] * x[p + r]"),
    ("param K: [3]\nparam x: [n]", "p", "sum(r) K[r] * x[2*p + r]"),
    ("param K: [k]\nparam x: [9]", "p", "sum(r) K[r]^2 * x[p + 2*r]"),
    ("param K: [o, c, r, s]\nparam X: [c, H, W]", "a, p, q", "sum(d, u, v) K[a, d, u, v] * X[d, p + u, q + v]"),
    ("param K: [2, 2]\nparam X: [5, 5]", "p, q", "tanh(sum(u, v) K[u, v] * X[2*p + u, q + v])"),
    ("param x: [n]\nparam w: [n]", "i", "x[i] * w[n - 1 - i]"),
    ("param x: [6]", "i, j", "x[i + j] * x[i]"),
    ("param X: [n, n]\nparam w: [n]", "i", "sum(j) X[j, i] * w[j] + X[i, i]"),
    ("param x: [8]", "i", "(x[2*i] - x[2*i + 1])^2"),
];

/// A spec of one or two such definitions.
pub fn monomials(choices: &mut Choices) -> String {
    if choices.below(3) == 2 {
        let (declared, left, right) = choices.pick(&WINDOWS);
        let loss = loss(choices);
        return format!("{declared}\nY[{left}] = {right}\n{loss}\n");
    }
    let mut text = String::new();
    let count = 1 + choices.below(2);
    let mut summands = Vec::new();
    let left = left_side(choices);
    for part in 0..count {
        let (declared, summand) = monomial(choices, part, &left);
        text += &declared;
        summands.push(summand);
    }
    let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
    let right = summands.join(" + ");
    text += &match names.is_empty() {
        true => format!("Y = {right}\n"),
        false => format!("Y[{}] = {right}\n", names.join(", ")),
    };
    text + &loss(choices) + "\n"
}

fn loss(choices: &mut Choices) -> String {
    choices
        .pick(&[
            "loss sum(Y^2)",
            "loss sum(sin(Y))",
            "loss mean(Y^3)",
            "loss norm2(1 + Y^2)",
        ])
        .to_owned()
}

type Index = (&'static str, &'static str);

fn left_side(choices: &mut Choices) -> Vec<Index> {
    let count = choices.below(4);
    let first = choices.below(INDICES.len());
    let at = |place: usize| INDICES[(first + place) % INDICES.len()];
    (0..count).map(at).collect()
}

/// Declarations and a product that every index on the left occurs in; the others are summed.
fn monomial(choices: &mut Choices, part: usize, left: &[Index]) -> (String, String) {
    let mut pending: Vec<Index> = left.to_vec();
    let mut used: Vec<Index> = Vec::new();
    let (mut declared, mut factors) = (String::new(), Vec::new());
    let count = 1 + choices.below(3);
    for factor in 0..count {
        let rank = if factor + 1 == count {
            (1 + choices.below(3)).max(pending.len()).min(4)
        } else {
            1 + choices.below(3)
        };
        let mut subscripts: Vec<Index> = Vec::new();
        for _ in 0..rank {
            let known = !pending.is_empty() && (factor + 1 == count || choices.below(2) == 0);
            let index = if known {
                pending.remove(0)
            } else {
                choices.pick(&INDICES)
            };
            pending.retain(|other| *other != index);
            subscripts.push(index);
        }
        used.extend(subscripts.iter().copied());
        let name = format!("{}{part}{factor}", choices.pick(&["W", "W", "c"]));
        let role = if name.starts_with('W') {
            "param"
        } else {
            "const"
        };
        let dims: Vec<&str> = subscripts.iter().map(|(_, dim)| *dim).collect();
        let places: Vec<&str> = subscripts.iter().map(|(name, _)| *name).collect();
        declared += &format!("{role} {name}: [{}]\n", dims.join(", "));
        let entry = format!("{name}[{}]", places.join(", "));
        factors.push(match choices.below(6) {
            0 => format!("tanh({entry})"),
            1 => format!("{entry}^2"),
            2 => format!("exp({entry} / 4)"),
            _ => entry,
        });
    }
    if !declared.contains("param") {
        declared = declared.replacen("const", "param", 1);
    }
    let mut bound: Vec<&str> = used
        .iter()
        .filter(|index| !left.contains(index))
        .map(|(name, _)| *name)
        .collect();
    bound.sort_unstable();
    bound.dedup();
    let product = factors.join(" * ");
    let summed = match bound.is_empty() {
        true => product,
        false => format!("(sum({}) {product})", bound.join(", ")),
    };
    (declared, summed)
}
