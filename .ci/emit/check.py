"""Every golden's program against automatic differentiation.

For each spec the NumPy programs (derived formulas, and these with `--cost flops`) and the JAX program (of which the forward pass is differentiated) are written
by `derive`, and run on random values that keep what the spec promises. The loss and the gradients must agree with `jax.grad` of
that forward pass in 64-bit to a relative error of 1e-9, and so must the JAX program's own. Usage: check.py DERIVE SPEC... ;
ends with status 1 if one does not.
"""

import pathlib
import sys

import jax
import numpy as np
from draws import (
    IllConditioned,
    bound,
    draw,
    guard_matrices,
    is_count,
    judge_all,
    leaves,
    load,
    quantities,
    relative,
    write_program,
)

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9
DRAWS = 3
TRIES = 60


def differentiated(module, arrays, functions, names):
    """Loss and gradients by automatic differentiation."""
    fixed = {name: value for name, value in arrays.items() if name not in names}
    moving = {name: arrays[name] for name in names}

    def loss(moving):
        return module.loss(**fixed, **moving, **functions)

    return jax.jit(jax.value_and_grad(loss))(moving)


def compared(found, expected):
    """The largest relative error of any gradient; an error where it is not small."""
    largest = 0.0
    for name, there in expected.items():
        error = relative(found[name], there)
        if error > TOLERANCE:
            raise ArithmeticError(f"the gradient by {name} differs by {error:.1e}")
        largest = max(largest, error)
    return largest


def check_jax(module, arrays, functions, expected):
    """The JAX program's own gradients, and its rule for `jax.grad`."""
    counts = {name: value for name, value in arrays.items() if is_count(value)}
    arrays = {name: value for name, value in arrays.items() if not is_count(value)}
    own = jax.jit(lambda arrays: module.loss_and_gradients(**arrays, **counts, **functions)[1])
    gradients = own(arrays)
    compared(gradients, expected)
    if hasattr(module, "derived_loss"):
        by_rule = jax.jit(jax.grad(lambda arrays: module.derived_loss(arrays | counts)))(arrays)
        compared(by_rule, expected)


def attempt(ours, theirs, arrays, functions, first):
    """The largest error at a point, or the reason why nothing can be compared there."""
    here, there = bound(functions, np), bound(functions, jax.numpy)
    names = [name for name in ours[0].GRADIENTS if name in arrays]
    try:
        value, expected = differentiated(theirs, arrays, there, names)
    except (TypeError, ValueError, IndexError) as error:
        # These sizes do not make a network.
        return None, f"{type(error).__name__}: {error}"
    if not all(np.all(np.isfinite(it)) for it in [value, *jax.tree.leaves(expected)]):
        return None, "the loss or a gradient is not finite"
    largest = 0.0
    for program in ours:
        try:
            loss, gradients = program.loss_and_gradients(**arrays, **here)
        except IllConditioned:
            return None, "a matrix is singular"
        if not all(np.asarray(it).flags.writeable for given in gradients.values() for it in leaves(given)):
            raise TypeError("a gradient is a read-only view")
        largest = max(largest, relative(loss, value), compared(gradients, expected))
    if first:
        check_jax(theirs, arrays, there, expected)
    return largest, ""


def check(spec, derive, folder):
    """The largest error, or the reason why there is no program."""
    source = spec.read_text()
    path, reason = write_program(derive, spec, "numpy", folder)
    if path is None:
        return None, reason
    cheap, reason = write_program(derive, spec, "numpy", folder, "flops")
    if cheap is None:
        raise ValueError(f"with --cost flops: {reason}")
    ours, others = [load(path), load(cheap)], quantities(path)
    theirs = load(write_program(derive, spec, "jax", folder)[0])
    rng = np.random.default_rng(len(source))
    errors = []
    for count in range(TRIES):
        mode = ["general", "positive", "unit"][0 if count < TRIES // 4 else count % 3]
        arrays, functions = draw(ours[0], others, source, mode, rng)
        error, reason = attempt(ours, theirs, arrays, functions, not errors)
        if error is not None:
            errors.append(error)
        if len(errors) == DRAWS:
            jax.clear_caches()
            return max(errors), ""
    raise ArithmeticError(f"no draw fits: {reason}")


def main():
    guard_matrices()
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]

    def within(spec, folder):
        error, reason = check(spec, derive, folder)
        if error is not None and error > TOLERANCE:
            raise ArithmeticError(f"it differs by {error:.1e}")
        return error, reason

    return 0 if judge_all(within, specs) else 1


if __name__ == "__main__":
    sys.exit(main())
