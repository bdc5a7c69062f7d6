"""The time of emitted NumPy against NumPy written by hand and against JAX's compiled gradient, on the same arrays.

Usage: programs.py DERIVE, with a Python that has what `requirements.txt` lists. All four compute the loss and every gradient in 64-bit on the
processor; before anything is timed they must agree. A time is the least of several runs, since other work on the machine only adds to it.
"""

import importlib.util
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

# One thread for everybody, before the libraries look: on a busy machine more would measure the other programs.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9
SECONDS = 1.0


def two_layer(X, Y, W1, b1, W2, b2):
    """A classifier: tanh, softmax, mean cross-entropy."""
    A1 = np.tanh(X @ W1 + b1)
    Z2 = A1 @ W2 + b2
    Z2 = Z2 - Z2.max(axis=1, keepdims=True)
    log_p = Z2 - np.log(np.exp(Z2).sum(axis=1, keepdims=True))
    loss = -(Y * log_p).sum() / len(X)
    d_Z2 = (np.exp(log_p) - Y) / len(X)
    d_Z1 = (d_Z2 @ W2.T) * (1 - A1**2)
    return loss, {"W1": X.T @ d_Z1, "b1": d_Z1.sum(axis=0), "W2": A1.T @ d_Z2, "b2": d_Z2.sum(axis=0)}


def deep_relu(X, Y, W1, W2, W3):
    """Two hidden layers with relu, squared error."""
    Z1 = X @ W1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2
    A2 = np.maximum(Z2, 0)
    R = A2 @ W3 - Y
    d_Z2 = (R @ W3.T) * (Z2 > 0)
    d_Z1 = (d_Z2 @ W2.T) * (Z1 > 0)
    return 0.5 * (R**2).sum(), {"W1": X.T @ d_Z1, "W2": A1.T @ d_Z2, "W3": A2.T @ R}


def layernorm(X, G, g, b):
    """Layer normalisation, by the usual short formula."""
    d = X.shape[1]
    C = X - X.mean(axis=1, keepdims=True)
    r = 1 / np.sqrt((C**2).mean(axis=1, keepdims=True) + 1e-5)
    H = C * r
    D = G * g
    d_X = r * (D - D.mean(axis=1, keepdims=True) - H * (D * H).mean(axis=1, keepdims=True))
    assert d_X.shape[1] == d
    return ((g * H + b) * G).sum(), {"g": (G * H).sum(axis=0), "b": G.sum(axis=0), "X": d_X}


def rayleigh(w, B, W):
    """A quotient of two quadratic forms."""
    b, c = B @ w, W @ w
    q = (w @ b) / (w @ c)
    return q, {"w": 2 * (b - q * c) / (w @ c)}


def gram(X, A, b):
    """A bilinear form in a Gram matrix: the order of the products decides."""
    u, v = X @ b, X @ (A @ b)
    return u @ v, {"X": np.outer(v, b) + np.outer(u, A @ b)}


MLP = """input X: [N, d]
target Y: [N, c] onehot
param W1: [d, h]
param b1: [h]
param W2: [h, c]
param b2: [c]
A1 = tanh(X @ W1 + b1)
p = softmax(A1 @ W2 + b2)
loss -1/N * sum(Y * log(p))
"""
RELU = """input X: [N, d]
target Y: [N, c]
param W1: [d, h]
param W2: [h, h]
param W3: [h, c]
Z1 = X @ W1
A1 = relu(Z1)
Z2 = A1 @ W2
A2 = relu(Z2)
loss 1/2 * sum((A2 @ W3 - Y)^2)
"""
NORM = """input X: [N, d]
input G: [N, d]
param g: [d]
param b: [d]
mu = sum(X, axis=1, keepdims=true) / d
C = X - mu
v = sum(C^2, axis=1, keepdims=true) / d
H = C / sqrt(v + 1/100000)
loss sum((g * H + b) * G)
wrt g, b, X
"""
RAYLEIGH = """param w: [d]
input B: [d, d] symmetric
input W: [d, d] symmetric
loss (w @ B @ w) / (w @ W @ w)
"""
GRAM = """param X: [N, d]
input A: [d, d]
input b: [d]
loss (X @ b) @ (X @ (A @ b))
"""
CASES = [
    ("classifier, tanh and softmax", MLP, two_layer, {"N": 256, "d": 128, "h": 256, "c": 10}),
    ("the same, small", MLP, two_layer, {"N": 8, "d": 4, "h": 6, "c": 3}),
    ("two relu layers", RELU, deep_relu, {"N": 256, "d": 128, "h": 256, "c": 10}),
    ("layer normalisation", NORM, layernorm, {"N": 512, "d": 256}),
    ("Rayleigh quotient", RAYLEIGH, rayleigh, {"d": 500}),
    ("bilinear form of a Gram matrix", GRAM, gram, {"N": 400, "d": 300}),
]


def program(derive, source, target, cost, folder):
    """The emitted module."""
    path = pathlib.Path(folder) / "network.spec"
    path.write_text(source)
    name = f"network_{target}_{cost}"
    module = path.with_name(name + ".py")
    subprocess.run([derive, str(path), "--emit", target, "--cost", cost, "-o", str(module)], check=True)
    description = importlib.util.spec_from_file_location(name, module)
    loaded = importlib.util.module_from_spec(description)
    description.loader.exec_module(loaded)
    return loaded


def draw(module, sizes, rng):
    arrays = {}
    for name, shape in module.SHAPES.items():
        shape = [sizes[size] if isinstance(size, str) else size for size in shape]
        attributes = dict(getattr(module, "ATTRIBUTES", {}).get(name, []))
        value = rng.normal(size=shape)
        if "onehot" in attributes:
            value = np.eye(shape[1])[rng.integers(shape[1], size=shape[0])]
        if "symmetric" in attributes:
            value = value @ value.T / shape[0] + np.eye(shape[0])
        arrays[name] = value
    return arrays


def compiled(derive, source, arrays, names, folder):
    """JAX's gradient of the forward pass that `derive` writes for JAX, compiled."""
    module = program(derive, source, "jax", "readable", folder)
    fixed = {name: jax.numpy.asarray(value) for name, value in arrays.items() if name not in names}
    moving = {name: jax.numpy.asarray(arrays[name]) for name in names}
    # The fixed arrays are arguments too: otherwise they would be constants that the compiler folds.
    gradient = jax.jit(jax.value_and_grad(lambda moving, fixed: module.loss(**moving, **fixed)))
    return lambda: jax.block_until_ready(gradient(moving, fixed))


def least(run):
    run()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return 1e6 * min(times)


def agree(found, expected):
    (loss, gradients), (value, there) = found, expected
    pairs = [(loss, value), *((gradients[name], there[name]) for name in there)]
    return all(np.max(np.abs(a - b)) <= TOLERANCE * max(1.0, np.max(np.abs(b))) for a, b in pairs)


def row(derive, title, source, by_hand, sizes, rng):
    """A row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        plain, cheap = (program(derive, source, "numpy", cost, folder) for cost in ["readable", "flops"])
        arrays = draw(plain, sizes, rng)
        runs = [
            lambda: plain.loss_and_gradients(**arrays),
            lambda: cheap.loss_and_gradients(**arrays),
            lambda: by_hand(**arrays),
            compiled(derive, source, arrays, list(plain.GRADIENTS), folder),
        ]
        expected = by_hand(**arrays)
        for run in runs:
            if not agree(run(), expected):
                raise ArithmeticError(f"{title}: the programs do not agree")
        times = [least(run) for run in runs]
    shown = ", ".join(f"{name} = {size}" for name, size in sizes.items())
    cells = [f"{times[0]:.0f}", *(f"{it / times[0]:.2f}" for it in times[1:])]
    return f"| {title} | {shown} | {' | '.join(cells)} |"


def main():
    derive = sys.argv[1]
    versions = ", ".join(f"{name} {version(name)}" for name in ["numpy", "jax"])
    print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {versions}, one thread each")
    print("| network | sizes | emitted, µs | with `--cost flops` | by hand | JAX, compiled |\n|---|---|---|---|---|---|")
    rng = np.random.default_rng(1)
    for title, source, by_hand, sizes in CASES:
        print(row(derive, title, source, by_hand, sizes, rng), flush=True)


if __name__ == "__main__":
    main()
