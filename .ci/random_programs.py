#!/usr/bin/env python3
"""Runs the programs of random networks (see crates/engine/tests/random_networks.rs) and compares them with the derivatives that were
held against forward-mode duals at the same point. Reads lines of JSON from a file or a pipe; needs NumPy, and the library that the programs are for:
NumPy, JAX or PyTorch."""

import json
import re
import sys

import numpy as np

try:
    import torch
except ImportError:
    torch = None
try:
    import jax

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None

# Both sides are 64-bit, but sum in another order; what cancels loses digits.
TOLERANCE = 1e-7


def array(written):
    return np.array(written["data"], dtype=float).reshape(written["dims"])


def identifier(name):
    """A member of a family as the program calls it: `W_2` for `W{2}`."""
    return re.sub(r"\{(\w+)\}", r"_\1", name)


def difference(found, expected):
    """The largest difference, relative to the largest entry."""
    scale = max(1e-3, float(np.max(np.abs(expected), initial=0)))
    return float(np.max(np.abs(found - expected), initial=0)) / scale


def to_numpy(value):
    return value.detach().numpy() if torch and isinstance(value, torch.Tensor) else np.asarray(value)


def fault(case):
    """What is wrong with a program; nothing if nothing is."""
    space = {}
    exec(compile(case["program"], "program", "exec"), space)
    values = {identifier(name): array(written) for name, written in case["values"].items()}
    if "torch" in space:
        values = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    loss, gradients = space["loss_and_gradients"](**{name: values[name] for name in space["SHAPES"]})
    # What is not a number differs from every number.
    if not difference(to_numpy(loss), np.asarray(case["loss"])) <= TOLERANCE:
        return f"the loss is {loss}, not {case['loss']}"
    for name, written in case["gradients"].items():
        name = identifier(name)
        expected, found = array(written), to_numpy(gradients[name])
        if found.shape != expected.shape:
            return f"the gradient by {name} has shape {found.shape}, not {expected.shape}"
        error = difference(found, expected)
        if not error <= TOLERANCE:
            return f"the gradient by {name} is off by {error:.2g}"
    return None


def main(path):
    np.seterr(all="ignore")
    count, faults = 0, 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            count += 1
            try:
                found = fault(case)
            except Exception as error:
                found = f"{type(error).__name__}: {error}"
            if found:
                faults += 1
                if faults <= 20:
                    print(f"{found}\n{case['spec']}")
    print(f"{count} programs of random networks run, {faults} wrong")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
