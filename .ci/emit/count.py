"""The multiplications of our backward passes and of reverse-mode automatic differentiation, counted alike. Usage: count.py DERIVE SPEC...

Ours are the counts that `--cost flops` prints, at concrete sizes and depths. Theirs are those of the jaxpr of `jax.value_and_grad` of the forward pass that
`derive` writes for JAX, after dead code is removed. The same rules hold for both: a product or a quotient is one for every entry of its result,
a matrix product the product of all its sizes, a power n costs n - 1, a root or another power one; functions entry by entry, sums, and multiplications by
plus or minus one cost nothing. A choice of entries, `select` there and a product with a condition here, costs nothing either. Programs that hand the work to a library (a function of a matrix, a window) are not compared: their work is not in the jaxpr
in a form that can be counted. Prints a table and a summary; ends with status 1 if ours takes more anywhere but in a
symbolic depth, of which two loops may compute the same, or if nothing could be compared. Where the first sizes that are drawn favour
theirs, ten draws are added up.
"""

import math
import pathlib
import re
import subprocess
import sys
import tempfile

import jax
import numpy as np
from draws import bound, draw, leaves, load, of_layer, quantities, write_program
from jax.extend.core import Literal

jax.config.update("jax_enable_x64", True)

# Library calls of which the jaxpr shows no multiplications, or others.
LIBRARY = {"lu", "triangular_solve", "cholesky", "custom_linear_solve", "eigh", "qr", "conv_general_dilated", "gather", "scatter-add", "fft"}


# How many draws of sizes are added up where the first one is in favour of theirs.
SEVERAL = 10


class Incomparable(ValueError):
    """Work that is counted in no comparable way."""


def is_unit(variable):
    """Whether an operand is the number 1 or -1."""
    return isinstance(variable, Literal) and np.ndim(variable.val) == 0 and abs(float(variable.val)) == 1


def entries(variable):
    return math.prod(variable.aval.shape)


def equation_cost(equation):
    """The multiplications of one equation of a jaxpr."""
    name, result = equation.primitive.name, equation.outvars[0]
    if name in LIBRARY:
        raise Incomparable(name)
    if name in ("mul", "div"):
        return 0 if any(is_unit(it) for it in equation.invars) and name == "mul" else entries(result)
    if name == "dot_general":
        (left, _), _ = equation.params["dimension_numbers"]
        shape = equation.invars[0].aval.shape
        return entries(result) * math.prod(shape[axis] for axis in left)
    if name == "integer_pow":
        power = equation.params["y"]
        return entries(result) * (abs(power) - 1 + (power < 0))
    if name == "square":
        return entries(result)
    return entries(result) if name in ("sqrt", "rsqrt", "pow") else 0


def cost(jaxpr):
    """The multiplications of a jaxpr and of those inside it."""
    total = 0
    for equation in jaxpr.eqns:
        inner = [it for it in equation.params.values() if hasattr(it, "eqns") or hasattr(it, "jaxpr")]
        if inner:
            # A function that was called: its body, not its derivative rules.
            total += cost(getattr(inner[0], "jaxpr", inner[0]))
        else:
            total += equation_cost(equation)
    return total


def alive(closed):
    """The jaxpr without what nothing needs."""
    from jax.interpreters import partial_eval

    return partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))[0]


def theirs(module, arrays, functions, names):
    """The multiplications of the loss and its gradients by reverse mode."""
    fixed = {name: value for name, value in arrays.items() if name not in names}

    def loss(moving):
        return module.loss(**fixed, **moving, **functions)

    moving = {name: arrays[name] for name in names}
    return cost(alive(jax.make_jaxpr(jax.value_and_grad(loss))(moving)))


def ours(derive, spec, module, arrays):
    """The multiplications that `--cost flops` prints for both passes, at these arrays' sizes."""
    command = [derive, str(spec), "--emit", "numpy", "--cost", "flops", "--check", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Incomparable(done.stderr.strip().splitlines()[0])
    text = done.stdout
    if "linalg" in text or "gather(" in text or "sliding_window_view(" in text:
        raise Incomparable("a library's work, or windows")
    total = re.search(r"# In all: (.*) multiplications", text).group(1)
    # `h{l}` is a size of layer l, and `sum(... for l = 1..L)` goes through the layers.
    total = re.sub(r"(\w+)\{([^}]*)\}", r'\1_of[\2]', total)
    total = re.sub(r"for (\w+) = (\d+)\.\.([^)]*)\)", r"for \1 in range(\2, \3 + 1))", total)
    return int(eval(total, sizes_of(module, arrays, text)))


def named_axes(module, arrays, first):
    """Every axis by the name of its size; `h{l-1}` is `h{2}` in layer 3."""
    lists = [name for name, shape in module.SHAPES.items() if isinstance(shape, list)]
    last = first - 1 + len(arrays[lists[0]]) if lists else 0
    for name, shape in module.SHAPES.items():
        for layer, array in enumerate(leaves(arrays[name]), first):
            for size, actual in zip(shape[0] if name in lists else shape, np.shape(array), strict=True):
                yield of_layer(size, layer, last), actual


def goes_through_layers(module):
    """Whether the program has loops over layers: an argument is a list of arrays, or the number of layers."""
    return hasattr(module, "COUNTS") or any(isinstance(shape, list) for shape in module.SHAPES.values())


def sizes_of(module, arrays, text):
    """The sizes by name; those that differ from layer to layer as a table, `h_of[2]`; and the number of the last layer."""
    loop = re.search(r"for \w+ in range\((\d+), (\w+)", text)
    first, last = (int(loop[1]), loop[2]) if loop else (1, "")
    lengths = [first - 1 + len(value) for value in arrays.values() if isinstance(value, list)]
    sizes = {last: (lengths or [0])[0]} | {name: arrays[name] for name in getattr(module, "COUNTS", ())}
    for size, actual in named_axes(module, arrays, first):
        family = re.fullmatch(r"(\w+)\{(\d+)\}", size)
        if family:
            sizes.setdefault(f"{family[1]}_of", {})[int(family[2])] = actual
        sizes[size] = actual
    return sizes


def compare(derive, spec, folder):
    """Ours and theirs, and whether ours has loops over layers."""
    source = spec.read_text()
    path, reason = write_program(derive, spec, "numpy", folder)
    if path is None:
        raise Incomparable(reason)
    module = load(path)
    program = load(write_program(derive, spec, "jax", folder)[0])
    rng = np.random.default_rng(len(source))
    names = list(module.GRADIENTS)
    all_ours, all_theirs, drawn = 0, 0, 0
    for _ in range(20):
        arrays, functions = draw(module, quantities(path), source, "positive", rng)
        try:
            there = theirs(program, arrays, bound(functions, jax.numpy), [name for name in names if name in arrays])
        except Incomparable:
            raise
        except (TypeError, ValueError, IndexError):
            # These sizes do not make a network.
            continue
        all_ours += ours(derive, spec, module, arrays)
        all_theirs += there
        drawn += 1
        # Of equal forms for sizes that are not given, one is the better for wide and one for narrow arrays: several draws are added up then.
        if drawn == SEVERAL or all_ours <= all_theirs and drawn == 1:
            return all_ours, all_theirs, goes_through_layers(module)
    if drawn == 0:
        raise Incomparable("no draw fits")
    return all_ours, all_theirs, goes_through_layers(module)


def main():
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    rows, left_out = [], []
    with tempfile.TemporaryDirectory() as folder:
        for spec in specs:
            try:
                rows.append((spec.stem, *compare(derive, spec, pathlib.Path(folder))))
            except (AttributeError, Incomparable, NameError, SyntaxError) as problem:
                left_out.append(f"{spec.stem}: {str(problem)[:80]}")
    for name, our_count, their_count, is_loop in sorted(rows):
        sign = "" if our_count <= their_count else "more: what two loops over layers use is computed in each" if is_loop else "more"
        print(f"{name:40} {our_count:10} {their_count:10} {our_count / max(their_count, 1):6.2f} {sign}")
    fewer = sum(our < their for _, our, their, _ in rows)
    more = [is_loop for _, our, their, is_loop in rows if our > their]
    print(f"of {len(rows)} specs ours takes fewer on {fewer}, as many on {len(rows) - fewer - len(more)}, more on {len(more)}")
    print(f"{len(left_out)} not compared", *left_out, sep="\n  ")
    return 0 if rows and all(more) else 1


if __name__ == "__main__":
    sys.exit(main())
