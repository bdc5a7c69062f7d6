//! Specs in, shapes of symbols or codes and key words of diagnostics out.

use derive_elaborate::{Elaborated, elaborate};
use derive_graph::{Network, NodeId, Operation};
use derive_syntax::diagnostic::CODES;
use derive_syntax::format::format_spec;
use derive_syntax::parse_str;

pub const CLASSIFIER: &str = "\
network two_layer
dims N, d = 2, h = 3, c = 2
input  x: [N, d]
target y: [N, c] onehot
layer dense(h) -> tanh
layer dense(c) -> softmax
loss cross_entropy(mean)
update sgd(eta)
";

pub const ONE_LAYER: &str = "\
input  H: [1, h]
param  W: [h, y]
param  B: [1, y]
target T: [1, y]
function f
Y = f(H @ W + B)
loss J = 1/2 * sum((Y - T)^2)
claim grad(B) = (Y - T) * f'(H @ W + B)
claim grad(W) = H.T @ ((Y - T) * f'(H @ W + B))
";

pub fn run(source: &str) -> Elaborated {
    let parsed = parse_str(source);
    assert!(
        parsed.diagnostics.is_empty(),
        "{source}\n{:?}",
        parsed.diagnostics
    );
    elaborate(&parsed.spec)
}

pub fn network(source: &str) -> Network {
    let elaborated = run(source);
    match elaborated.network {
        Some(network) => network,
        None => panic!("{source}\n{:#?}", elaborated.diagnostics),
    }
}

/// `tanh(@(X, W))`: the operations of a node, for comparison.
pub fn text(network: &Network, node: NodeId) -> String {
    let it = network.graph.node(node);
    let arguments: Vec<String> = it
        .arguments
        .iter()
        .map(|&below| text(network, below))
        .collect();
    let head = match &it.operation {
        Operation::Symbol(name) | Operation::Dimension(name) => return name.to_string(),
        Operation::Number(value) => return value.to_string(),
        Operation::Parameter(at) => return format!("${at}"),
        Operation::Elementwise(function) => function.to_string(),
        Operation::Einsum(einsum) => match einsum.operator {
            "broadcast" | "repeat" | "sum" | "permute" => {
                format!("{}{}", einsum.operator, it.shape)
            }
            operator => operator.to_owned(),
        },
        Operation::Softmax { axis, log } => {
            format!("{}softmax{axis}", if *log { "log_" } else { "" })
        }
        other => format!("{other:?}"),
    };
    format!("{head}({})", arguments.join(", "))
}

pub fn listing(network: &Network) -> String {
    let symbols = network
        .symbols
        .iter()
        .map(|symbol| match symbol.definition {
            None => format!("{}: {}", symbol.name, symbol.shape),
            Some(node) => format!(
                "{}: {} = {}",
                symbol.name,
                symbol.shape,
                text(network, node)
            ),
        });
    let loss = format!(
        "{} = {}",
        network.loss.name,
        text(network, network.loss.node)
    );
    symbols.chain([loss]).collect::<Vec<_>>().join("\n")
}

/// The symbols with shapes and definitions, then the loss. The equations must mean the same.
pub fn check(source: &str, expected: &str) {
    let elaborated = run(source);
    let network = network(source);
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(listing(&network), expected.join("\n"), "{source}");
    let equations = format_spec(&elaborated.equations);
    assert!(
        !equations
            .lines()
            .any(|line| line.starts_with("layer") || line.starts_with("regularize"))
    );
    let again = self::network(&equations);
    assert_eq!(listing(&again), listing(&network), "{equations}");
    assert_eq!(again.wrt, network.wrt);
    assert_eq!(again.dims, network.dims);
    assert_eq!(
        format!("{:?}", again.update),
        format!("{:?}", network.update)
    );
    for (one, other) in again.claims.iter().zip(&network.claims) {
        assert_eq!(one.text, other.text);
    }
}

/// The codes of a wrong spec, and something that the first diagnostic says.
pub fn reject(source: &str, codes: &str, says: &str) {
    let elaborated = run(source);
    let found: Vec<&str> = elaborated
        .diagnostics
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(
        found.join(" "),
        codes,
        "{source}\n{:#?}",
        elaborated.diagnostics
    );
    assert!(elaborated.network.is_none());
    assert!(
        found
            .iter()
            .all(|code| CODES.iter().any(|row| row.code == *code))
    );
    let first = format!("{:?}", elaborated.diagnostics[0]);
    assert!(
        first.contains(says),
        "{source}\n`{says}` is not in {:#?}",
        elaborated.diagnostics[0]
    );
}
