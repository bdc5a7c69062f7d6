"""Every golden's program against automatic differentiation.

For each spec the NumPy program (derived formulas) and the JAX program (of which only the forward pass is used) are written by
`derive`, and run on random values that keep what the spec promises. The loss and the gradients must agree with `jax.grad` of
that forward pass in 64-bit to a relative error of 1e-9. Usage: check.py DERIVE SPEC... ; ends with status 1 if one does not.
"""

import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9
DRAWS = 3
TRIES = 60
# Matrices worse than this have no digits to compare.
CONDITION = 1e6


class IllConditioned(ArithmeticError):
    """A matrix is singular, or nearly so, at these values."""


def guarded(function):
    """A function of a matrix that refuses what it cannot answer well."""

    def checked(matrix):
        if np.linalg.cond(matrix) > CONDITION:
            raise IllConditioned
        return function(matrix)

    return checked


for name in ["inv", "det", "slogdet"]:
    setattr(np.linalg, name, guarded(getattr(np.linalg, name)))


def write_program(derive, spec, target, folder):
    """The path of the program, or the reason why there is none."""
    command = [derive, str(spec), "--emit", target, "--check", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None, done.stderr.strip()
    if done.returncode != 0:
        raise RuntimeError(f"{spec}: status {done.returncode}: {done.stderr}")
    path = folder / f"{spec.stem}_{target}.py"
    path.write_text(done.stdout)
    return path, ""


def load(path):
    description = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


def quantities(path):
    """The sizes of every quantity of the program, as its comments give them."""
    shapes = re.findall(r"^    # \S+: \[(.*?)\]", path.read_text(), re.MULTILINE)
    return {size for shape in shapes for size in shape.split(", ")}


def value(size, sizes):
    """A number, a dimension, or a formula of dimensions."""
    return sizes[size] if size in sizes else int(eval(str(size), {}, sizes))


def draw_sizes(shapes, others, rng):
    """A size for every dimension, all different, and the shapes that they give; None if some quantity has no entries."""
    words = {word for shape in shapes.values() for size in shape for word in re.findall(r"[^\W\d]\w*", str(size))}
    values = rng.permutation(np.arange(2, 10 + len(words)))
    sizes = dict(zip(sorted(words), values.tolist()))
    if any(value(size, sizes) < 1 for size in others):
        return None
    return {name: tuple(value(size, sizes) for size in shape) for name, shape in shapes.items()}


def draw_array(shape, attributes, mode, rng):
    if mode == "general":
        array = rng.uniform(-1.5, 1.5, shape)
        if len(shape) > 1:
            array = array / np.prod(shape) ** 0.25
    elif mode == "positive":
        array = rng.uniform(0.25, 1.5, shape)
    else:
        array = rng.uniform(0.1, 0.9, shape)
    for name, axis in attributes:
        if name == "positive":
            array = np.abs(array)
        elif name == "symmetric":
            array = (array + array.T) / 2
        elif name == "onehot":
            chosen = rng.integers(0, shape[axis], np.delete(shape, axis))
            array = np.moveaxis(np.eye(shape[axis])[chosen], -1, axis)
        elif name == "simplex":
            array = np.abs(array) / np.sum(np.abs(array), axis=axis, keepdims=True)
    return array


def draw_functions(source, rng):
    """The unspecified functions of a spec and their derivatives."""
    functions = {}
    for name in re.findall(r"^\s*function\s+(\w+)\s*(?:#.*)?$", source, re.MULTILINE):
        a, b, c, d = rng.uniform(-1, 1, 4)
        functions[name] = lambda x, a=a, b=b, c=c, d=d: a * jax.numpy.sin(b * x + c) + d * x
        functions[name + "_prime"] = lambda x, a=a, b=b, c=c, d=d: a * b * jax.numpy.cos(b * x + c) + d
    return functions


def draw(module, others, source, mode, rng):
    shapes = None
    while shapes is None:
        shapes = draw_sizes(module.SHAPES, others, rng)
    attributes = getattr(module, "ATTRIBUTES", {})
    arrays = {name: draw_array(shape, attributes.get(name, []), mode, rng) for name, shape in shapes.items()}
    return arrays, draw_functions(source, rng)


def relative(found, expected):
    """The largest difference, relative to the largest entry."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise ValueError(f"shape {found.shape}, expected {expected.shape}")
    if expected.size == 0:
        return 0.0
    return float(np.max(np.abs(found - expected)) / max(np.max(np.abs(expected)), 1e-6))


def differentiated(module, arrays, functions, names):
    """Loss and gradients by automatic differentiation."""
    fixed = {name: value for name, value in arrays.items() if name not in names}
    moving = {name: arrays[name] for name in names}

    def loss(moving):
        return module.loss(**fixed, **moving, **functions)

    return jax.value_and_grad(loss)(moving)


def check(spec, derive, folder):
    """The largest error, or the reason why there is no program."""
    source = spec.read_text()
    path, reason = write_program(derive, spec, "numpy", folder)
    if path is None:
        return None, reason
    ours, others = load(path), quantities(path)
    theirs = load(write_program(derive, spec, "jax", folder)[0])
    rng = np.random.default_rng(len(source))
    largest, done = 0.0, 0
    for attempt in range(TRIES):
        mode = ["general", "positive", "unit"][0 if attempt < TRIES // 4 else attempt % 3]
        arrays, functions = draw(ours, others, source, mode, rng)
        try:
            with np.errstate(all="ignore"):
                value = theirs.loss(**arrays, **functions)
        except (TypeError, ValueError, IndexError) as error:
            # These sizes do not make a network.
            reason = f"{type(error).__name__}: {error}"
            continue
        if not np.isfinite(value):
            reason = "the loss is not finite"
            continue
        try:
            loss, gradients = ours.loss_and_gradients(**arrays, **functions)
        except IllConditioned:
            reason = "a matrix is singular"
            continue
        loss_there, expected = differentiated(theirs, arrays, functions, list(gradients))
        if not all(np.all(np.isfinite(gradient)) for gradient in expected.values()):
            reason = "a gradient is not finite"
            continue
        largest = max(largest, relative(loss, loss_there))
        for name, gradient in gradients.items():
            if not isinstance(gradient, np.ndarray) and np.ndim(gradient) == 0:
                gradient = np.asarray(gradient, dtype=float)
            error = relative(gradient, expected[name])
            if error > TOLERANCE:
                raise ArithmeticError(f"the gradient by {name} differs by {error:.1e}")
            largest = max(largest, error)
        done += 1
        if done == DRAWS:
            return largest, ""
    raise ArithmeticError(f"no draw fits: {reason}")


def main():
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    refused, failed, errors = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for spec in specs:
            try:
                error, reason = check(spec, derive, pathlib.Path(folder))
            except (ArithmeticError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError) as problem:
                failed.append(f"{spec}: {type(problem).__name__}: {problem}")
                print(failed[-1], flush=True)
                continue
            if error is None:
                refused.append(f"{spec}: {reason}")
            else:
                errors.append(error)
                if error > TOLERANCE:
                    failed.append(f"{spec}: the loss differs by {error:.1e}")
    print(f"{len(errors)} of {len(specs)} programs agree; the largest relative error is {max(errors, default=0):.1e}")
    print(f"{len(refused)} refused", *refused, sep="\n  ")
    print(f"{len(failed)} failed", *failed, sep="\n  ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
