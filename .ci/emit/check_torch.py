"""Every golden's PyTorch program against PyTorch's own differentiation.

`loss_and_gradients` gives the derived gradients, and a loss that PyTorch can differentiate by itself; `loss` has the derived
gradients as its rule. All three must agree in 64-bit to a relative error of 1e-9, and `torch.autograd.gradcheck` must find the rule to agree with
differences of the loss. Usage: check_torch.py DERIVE SPEC...
"""

import pathlib
import re
import sys

import numpy as np
import torch
from draws import (
    FUNCTIONS,
    bound,
    draw,
    flat,
    is_count,
    judge_all,
    leaves,
    load,
    quantities,
    question,
    relative,
    write_program,
    written,
)

TOLERANCE = 1e-9
TRIES = 60


def agrees_with_differences(module, tensors, gradients):
    """`gradcheck` along random directions."""
    names = list(gradients)

    def loss(*arrays):
        arrays = iter(arrays)
        moved = {name: [next(arrays) for _ in value] if isinstance(value, list) else next(arrays) for name, value in moving.items()}
        return module.loss(**(tensors | moved))

    moving = {name: tensors[name] for name in names}
    flat = tuple(it for name in names for it in leaves(tensors[name]))
    return torch.autograd.gradcheck(loss, flat, fast_mode=True, raise_exception=False)


def attempt(module, arrays, functions):
    """The largest error at a point; None where the network does not exist or is not finite."""
    def tensor(value):
        if isinstance(value, list):
            return [tensor(it) for it in value]
        if is_count(value):
            return value
        return torch.tensor(value, dtype=torch.float64, requires_grad=True)

    tensors = {name: tensor(value) for name, value in arrays.items()}
    try:
        loss, gradients = module.loss_and_gradients(**tensors, **functions)
    except (RuntimeError, IndexError) as error:
        return None, f"{type(error).__name__}: {error}"
    # A list has an array for every layer.
    flat = [it for value in tensors.values() for it in leaves(value) if not is_count(it)]
    automatic = torch.autograd.grad(loss, flat, allow_unused=True)
    expected = {id(it): there for it, there in zip(flat, automatic)}
    largest = 0.0
    pairs = [pair for name, it in gradients.items() for pair in zip(leaves(tensors[name]), leaves(it), strict=True)]
    for own, gradient in pairs:
        there = expected[id(own)]
        there = torch.zeros_like(own) if there is None else there
        if not (torch.isfinite(there).all() and torch.isfinite(gradient).all()):
            return None, "a gradient is not finite"
        largest = max(largest, relative(gradient.detach().numpy(), there.numpy()))
    if hasattr(module, "loss"):
        wanted = [it for name in gradients for it in leaves(tensors[name])]
        derived = [it for own in gradients.values() for it in leaves(own)]
        by_rule = torch.autograd.grad(module.loss(**tensors), wanted)
        pairs = zip(by_rule, derived, strict=True)
        largest = max([largest, *(relative(a.numpy(), b.detach().numpy()) for a, b in pairs)])
        if largest <= TOLERANCE and not agrees_with_differences(module, tensors, gradients):
            return None, "differences of the loss do not agree with its rule"
    return largest, ""


def check(spec, derive, folder):
    path, reason = write_program(derive, spec, "torch", folder)
    if path is None:
        return None, reason
    module, others, source = load(path), quantities(path), spec.read_text()
    rng = np.random.default_rng(len(source))
    for count in range(TRIES):
        mode = ["general", "positive", "unit"][0 if count < TRIES // 4 else count % 3]
        arrays, functions = draw(module, others, source, mode, rng)
        error, reason = attempt(module, arrays, bound(functions, torch))
        # Nearly singular matrices have no digits to compare: another point shows whether the formula is wrong.
        if error is not None and error <= TOLERANCE:
            return error, ""
        reason = reason or f"the error is {error:.1e}"
    raise ArithmeticError(f"no draw fits: {reason}")


def check_derivatives(spec, derive, folder):
    """The largest error of a Jacobian, a Hessian or a Hessian-vector product, beside that of the NumPy program."""
    source = spec.read_text()
    asked = question(source)
    (ours, reason), (theirs, _) = (written(derive, spec, asked, target, folder) for target in ["torch", "numpy"])
    if ours is None:
        return None, reason
    others, ours, theirs = quantities(theirs), load(ours), load(theirs)
    rng = np.random.default_rng(len(source))
    for _ in range(TRIES):
        arrays, functions = draw(theirs, others, source, "positive", rng)
        try:
            expected = flat(getattr(theirs, FUNCTIONS[asked[0]])(**arrays, **bound(functions, np)))
        except (TypeError, ValueError, IndexError):
            # These sizes do not make a network.
            continue
        tensors = {name: torch.tensor(array, dtype=torch.float64) for name, array in arrays.items()}
        found = flat(getattr(ours, FUNCTIONS[asked[0]])(**tensors, **bound(functions, torch)))
        error = max(relative(found[name].numpy(), array) for name, array in expected.items())
        if error > TOLERANCE:
            raise ArithmeticError(f"it differs by {error:.1e}")
        return error, ""
    raise ArithmeticError("no draw fits")


def main():
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    fine = judge_all(lambda spec, folder: check(spec, derive, folder), specs)
    print("Jacobians and second derivatives of the specs that ask for them:")
    asking = [spec for spec in specs if re.search(r"^# options:.*--(jacobian|hessian)", spec.read_text(), re.MULTILINE)]
    fine &= judge_all(lambda spec, folder: check_derivatives(spec, derive, folder), asking)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
