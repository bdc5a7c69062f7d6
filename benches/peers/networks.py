"""The networks that are compared, once as a spec and once as a function: dense tanh layers without bias and a squared error.

`depth` counts the hidden layers; with none it is linear regression. X is N×d, Y is N×k, every hidden layer has h units, as symbols.
"""

import itertools

SIZES = {"N": 5, "d": 4, "h": 3, "k": 2}


def weights(depth):
    """The names of the weight matrices and their symbolic shapes."""
    ends = ["d", *["h"] * depth, "k"]
    return [(f"W{at + 1}", shape) for at, shape in enumerate(itertools.pairwise(ends))]


def spec(depth):
    lines = ["input X: [N, d]", "target Y: [N, k]"]
    lines += [f"param {name}: [{rows}, {columns}]" for name, (rows, columns) in weights(depth)]
    below = "X"
    for at in range(1, depth + 1):
        lines.append(f"A{at} = tanh({below} @ W{at})")
        below = f"A{at}"
    lines.append(f"loss sum(({below} @ W{depth + 1} - Y)^2)")
    return "\n".join(lines) + "\n"


def loss(module, depth, arrays):
    """The loss in the words of an array module, NumPy's or JAX's."""
    below = arrays["X"]
    for at in range(1, depth + 1):
        below = module.tanh(below @ arrays[f"W{at}"])
    return module.sum((below @ arrays[f"W{depth + 1}"] - arrays["Y"]) ** 2)


def draw(rng, depth):
    """Arrays for all names."""
    shapes = [("X", ("N", "d")), ("Y", ("N", "k")), *weights(depth)]
    return {name: rng.normal(size=[SIZES[size] for size in shape]) for name, shape in shapes}
