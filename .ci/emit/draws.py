"""What the checks of programs share: writing and loading a program, and random values that keep what the spec promises."""

import importlib.util
import pathlib
import re
import subprocess
import tempfile
from functools import partial

import numpy as np

# Matrices worse than this have no digits to compare.
CONDITION = 1e6
# The function of every question.
FUNCTIONS = {"--jacobian": "jacobian", "--hessian": "hessian", "--hessian-vector": "hessian_vector"}


class IllConditioned(ArithmeticError):
    """A matrix is singular, or nearly so, at these values."""


def guarded(function):
    """A function of a matrix that refuses what it cannot answer well."""

    def checked(matrix):
        if np.linalg.cond(matrix) > CONDITION:
            raise IllConditioned
        return function(matrix)

    return checked


def guard_matrices():
    """Makes NumPy's functions of a matrix refuse from here on."""
    for name in ["inv", "det", "slogdet"]:
        setattr(np.linalg, name, guarded(getattr(np.linalg, name)))


def write_program(derive, spec, target, folder, cost="readable"):
    """The path of the program, or the reason why there is none."""
    command = [derive, str(spec), "--emit", target, "--cost", cost, "--check", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None, done.stderr.strip()
    if done.returncode != 0:
        raise RuntimeError(f"{spec}: status {done.returncode}: {done.stderr}")
    path = folder / f"{spec.stem}_{target}_{cost}.py"
    path.write_text(done.stdout)
    return path, ""


def question(source):
    """The options of a golden, or those of a Hessian-vector product."""
    found = re.search(r"^# options:.*(--jacobian \S+|--hessian-vector|--hessian)", source, re.MULTILINE)
    return found[1].split() if found else ["--hessian-vector"]


def written(derive, spec, asked, target, folder):
    """The path of a program, or the reason why there is none."""
    command = [derive, str(spec), *asked, "--emit", target, "--check", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode == 3:
        return None, done.stderr.strip()
    if done.returncode != 0:
        raise RuntimeError(f"status {done.returncode}: {done.stderr}")
    path = folder / (f"{FUNCTIONS[asked[0]]}.m" if target == "octave" else f"{spec.stem}_{target}.py")
    path.write_text(done.stdout)
    return path, ""


def spelled(value, brackets, array):
    """A number of layers, an array as `array` spells it, or a list of those between brackets."""
    if isinstance(value, list):
        return brackets[0] + ", ".join(spelled(it, brackets, array) for it in value) + brackets[1]
    return str(value) if is_count(value) else array(value)


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


def of_layer(size, layer, layers):
    """A size such as `h{l-1}`, which differs from layer to layer, under the name that it has in this one: `h{2}`."""

    def numbered(found):
        return f"{found[1]}{{{eval(found[2], {}, {'l': layer, 'L': layers})}}}"

    return re.sub(r"(\w+)\{([^}]*)\}", numbered, str(size))


def multiples(path):
    """What sizes are multiples of, as the program says."""
    found = re.findall(r"^# (\w+) is a multiple of (\d+)\.$", path.read_text(), re.MULTILINE)
    return {name: int(by) for name, by in found}


def draw_shapes(shapes, others, layers, rng, multiples):
    """The shapes with a size for every dimension, all different; None if some quantity has no entries."""

    def told(shape, layer):
        return tuple(of_layer(size, layer, layers) for size in shape)

    # A list stands for an array for every layer.
    shapes = {
        name: [told(shape[0], layer) for layer in range(1, layers + 1)] if isinstance(shape, list) else told(shape, 0)
        for name, shape in shapes.items()
    }
    plain = [own for shape in shapes.values() for own in (shape if isinstance(shape, list) else [shape])]
    words = {word for shape in plain for size in shape for word in re.findall(r"[^\W\d]\w*(?:\{\d+\})?", size)}
    values = rng.permutation(np.arange(2, 10 + len(words)))
    sizes = {word: value * multiples.get(word, 1) for word, value in zip(sorted(words), values.tolist())}
    if any(value(size, sizes) < 1 for size in others if "{" not in size):
        return None

    def concrete(shape):
        if isinstance(shape, list):
            return [concrete(own) for own in shape]
        return tuple(value(size, sizes) for size in shape)

    return {name: concrete(shape) for name, shape in shapes.items()}


def draw_array(shape, attributes, mode, rng):
    if isinstance(shape, list):
        return [draw_array(own, attributes, mode, rng) for own in shape]
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
    """The unspecified functions of a spec and their derivatives, each given the array module that it is to use."""
    functions = {}
    for name in re.findall(r"^\s*function\s+(\w+)\s*(?:#.*)?$", source, re.MULTILINE):
        a, b, c, d = rng.uniform(-1, 1, 4)
        functions[name] = lambda m, x, a=a, b=b, c=c, d=d: a * m.sin(b * x + c) + d * x
        functions[name + "_prime"] = lambda m, x, a=a, b=b, c=c, d=d: a * b * m.cos(b * x + c) + d
    return functions


def bound(functions, module):
    """The functions with their array module chosen."""
    return {name: partial(function, module) for name, function in functions.items()}


def draw(module, others, source, mode, rng):
    shapes = None
    while shapes is None:
        layers = int(rng.integers(1, 6))
        shapes = draw_shapes(module.SHAPES, others, layers, rng, multiples(pathlib.Path(module.__file__)))
    attributes = getattr(module, "ATTRIBUTES", {})
    arrays = {name: draw_array(shape, attributes.get(name, []), mode, rng) for name, shape in shapes.items()}
    return arrays | dict.fromkeys(getattr(module, "COUNTS", ()), layers), draw_functions(source, rng)


def is_count(value):
    """Whether an argument is a number of layers and no array."""
    return isinstance(value, int)


def leaves(value):
    """The arrays of a list, or the array itself."""
    return list(value) if isinstance(value, list | tuple) else [value]


def flat(answers):
    """Answers by name, or by two names, each by a tuple of names."""
    pairs = {}
    for name, answer in answers.items():
        inner = flat(answer) if isinstance(answer, dict) else {(): answer}
        pairs |= {(name, *rest): array for rest, array in inner.items()}
    return pairs


def relative(found, expected):
    """The largest difference, relative to the largest entry."""
    if isinstance(expected, list | tuple):
        return max(relative(a, b) for a, b in zip(found, expected, strict=True))
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise ValueError(f"shape {found.shape}, expected {expected.shape}")
    if expected.size == 0:
        return 0.0
    return float(np.max(np.abs(found - expected)) / max(np.max(np.abs(expected)), 1e-6))


def judge_all(check, specs):
    """Every spec judged by `check(spec, folder)`, which gives its largest error, or nothing and a reason; whether none failed."""
    errors, refused, failed = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for spec in specs:
            try:
                error, reason = check(spec, pathlib.Path(folder))
            except (ArithmeticError, AttributeError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError) as problem:
                failed.append(f"{spec}: {type(problem).__name__}: {problem}")
                print(failed[-1], flush=True)
                continue
            if error is None:
                refused.append(f"{spec}: {reason}")
            else:
                errors.append(error)
    print(f"{len(errors)} of {len(specs)} programs agree; the largest relative error is {max(errors, default=0):.1e}")
    print(f"{len(refused)} refused", *refused, sep="\n  ")
    print(f"{len(failed)} failed", *failed, sep="\n  ")
    return not failed
