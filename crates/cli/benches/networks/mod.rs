//! The networks that are measured: one that does not grow, and groups in which one size does.

/// As in the binary, so that its allocations are what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The classifier of the README.
pub const TWO_LAYER: &str = include_str!("../../../../golden/networks/two_layer.spec");

fn tanh_network(layers: usize) -> String {
    let body = "layer dense(h) -> tanh\n".repeat(layers);
    format!("dims N, h = 4\ninput x: [N, h]\ntarget y: [N, h]\n{body}loss mse\n")
        .replace("loss mse", "loss mse(yhat, y)")
}

fn recurrence(steps: usize) -> String {
    format!("input X: [{steps}, N, d]\ntarget y: [N, h]\nlayer rnn(h)\nloss half_squared_error\n")
}

fn transformer(blocks: usize) -> String {
    let block = "layer residual {\n  layer layernorm\n  layer attention(heads=2)\n}\n\
        layer residual {\n  layer layernorm\n  layer dense(f) -> gelu\n  layer dense(8)\n}\n";
    let body = block.repeat(blocks);
    format!(
        "input X: [n, 8]\ntarget y: [n, c] onehot\n{body}layer dense(c) -> softmax\nloss cross_entropy(mean)\n"
    )
}

/// One block of attention over a width that all numbers of heads divide.
fn attention(heads: usize) -> String {
    format!(
        "input X: [n, 16]\ntarget y: [n, 16]\nlayer attention(heads={heads})\nloss half_squared_error\n"
    )
}

fn sum_of_terms(terms: usize) -> String {
    let term = |at: usize| format!("tr(A{at} @ X @ B{at})");
    let declared: String = (0..terms)
        .map(|at| format!("const A{at}: [n, n]\nconst B{at}: [n, n]\n"))
        .collect();
    let sum: Vec<String> = (0..terms).map(term).collect();
    format!("param X: [n, n]\n{declared}loss {}\n", sum.join(" + "))
}

/// A way to write a network of a given size.
pub type Write = fn(usize) -> String;

/// What grows, the sizes, and the network of each size.
pub const GROUPS: &[(&str, &[usize], Write)] = &[
    ("depth", &[1, 4, 16, 64, 256, 1024, 4096], tanh_network),
    ("sequence", &[10, 30, 100, 300], recurrence),
    ("transformer", &[1, 3, 12], transformer),
    ("heads", &[1, 2, 4], attention),
    ("terms", &[4, 16, 64], sum_of_terms),
];
