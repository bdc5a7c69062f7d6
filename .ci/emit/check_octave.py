"""Every golden's Octave program against its NumPy program.

The NumPy programs are held to `jax.grad` by check.py; here the same random values go to both languages, and the loss and the gradients
must agree to a relative error of 1e-9. Usage: check_octave.py DERIVE SPEC... ; ends with status 1 if one fails.
"""

import pathlib
import shutil
import subprocess
import sys

import numpy as np
from draws import (
    IllConditioned,
    bound,
    draw,
    guard_matrices,
    judge_all,
    leaves,
    load,
    quantities,
    relative,
    spelled,
    write_program,
)

TOLERANCE = 1e-9
TRIES = 30


def literal(array):
    """An array as Octave and Julia both read it: its entries, column by column, and its sizes."""
    array = np.asarray(array, dtype=float)
    entries = ", ".join(repr(float(entry)) for entry in array.ravel(order="F"))
    return entries, list(array.shape)


def octave_array(array):
    entries, shape = literal(array)
    return f"reshape([{entries}], {[*shape, 1, 1]})"


def octave_driver(arrays, functions, names):
    """A script that prints the loss and the entries of every gradient."""
    lines = ["1;"]
    for name, array in arrays.items():
        # A cell array in brackets of its own, or the struct would have an element for each of its arrays.
        lines.append(f"values.('{name}') = {spelled(array, '{}', octave_array)};")
    for name, function in functions.items():
        a, b, c, d = function.__defaults__
        prime = name.endswith("_prime")
        text = f"({a} * {b}) * cos({b} * x + ({c})) + ({d})" if prime else f"({a}) * sin({b} * x + ({c})) + ({d}) * x"
        lines.append(f"values.('{name}') = @(x) {text};")
    lines.append("[loss, gradients] = loss_and_gradients(values);")
    lines.append("printf('%.17g\\n', loss);")
    for name in names:
        lines.append(f"all = gradients.('{name}'); if !iscell(all) all = {{all}}; end")
        lines.append("for k = 1:numel(all) it = all{k}; printf('%d ', size(it)); printf('; '); printf('%.17g ', it); printf(', '); end; printf('\\n');")
    return "\n".join(lines)


def run_octave(octave, program, arrays, functions, names, folder):
    """The loss and the gradients that the Octave program gives."""
    (folder / "loss_and_gradients.m").write_text(program)
    (folder / "driver.m").write_text(octave_driver(arrays, functions, names))
    command = [octave, "--no-init-file", "--quiet", "driver.m"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[:300])
    lines = done.stdout.splitlines()
    return float(lines[0]), {name: parsed(line) for name, line in zip(names, lines[1:], strict=True)}


def parsed(line):
    """The arrays of a line, each its sizes, a semicolon, and its entries column by column."""
    arrays = []
    for text in line.split(",")[:-1]:
        sizes, entries = text.split(";")
        entries = np.array([float(entry) for entry in entries.split()])
        arrays.append(entries.reshape([int(size) for size in sizes.split()], order="F"))
    return arrays


def octave_shape(shape):
    """Octave has at least two axes, and none of size 1 at the end."""
    shape = list(shape) + [1] * (2 - len(shape))
    while len(shape) > 2 and shape[-1] == 1:
        shape.pop()
    return tuple(shape)


def program(derive, spec, target, folder):
    """The text of a program; nothing where it is refused."""
    command = [derive, str(spec), "--emit", target, "--check", "off"]
    done = subprocess.run(command, cwd=".", capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return "", done.stderr.strip()
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout, ""


def compare_with_numpy(derive, spec, target, folder, values, shaped):
    """The largest error of a program's values, which `values` computes, or the reason why there is no program."""
    source = spec.read_text()
    text, reason = program(derive, spec, target, folder)
    path, numpy_reason = write_program(derive, spec, "numpy", folder)
    if not text or path is None:
        return None, reason or numpy_reason
    ours, others = load(path), quantities(path)
    rng = np.random.default_rng(len(source))
    for count in range(TRIES):
        mode = ["general", "positive", "unit"][0 if count < TRIES // 2 else count % 3]
        arrays, functions = draw(ours, others, source, mode, rng)
        try:
            with np.errstate(all="ignore"):
                loss, expected = ours.loss_and_gradients(**arrays, **bound(functions, np))
        except (IllConditioned, TypeError, ValueError, IndexError):
            # These sizes do not make a network, or a matrix has no inverse.
            continue
        expected = {name: [np.asarray(it) for it in leaves(value)] for name, value in expected.items() if name in arrays}
        if not all(np.all(np.isfinite(it)) for it in [loss, *(it for value in expected.values() for it in value)]):
            continue
        found_loss, found = values(text, arrays, functions, list(expected))
        errors = [relative(found_loss, loss)]
        for name, value in expected.items():
            errors.append(relative(found[name], [it.reshape(shaped(it.shape)) for it in value]))
            if errors[-1] > TOLERANCE:
                raise ArithmeticError(f"the gradient by {name} differs by {errors[-1]:.1e}")
        if errors[0] > TOLERANCE:
            raise ArithmeticError(f"the loss differs by {errors[0]:.1e}")
        return max(errors), ""
    raise ArithmeticError("no draw fits")


def check_octave(octave, derive, spec, folder):
    """The largest error, or the reason why there is no program."""

    def values(text, arrays, functions, names):
        return run_octave(octave, text, arrays, functions, names, folder)

    return compare_with_numpy(derive, spec, "octave", folder, values, octave_shape)


def main():
    guard_matrices()
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    fine = True
    octave = shutil.which("octave-cli") or shutil.which("octave")
    if octave is None:
        print("Octave is not installed: its programs were not run")
    else:
        print("Octave against NumPy:")
        fine &= judge_all(lambda spec, folder: check_octave(octave, derive, spec, folder), specs)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
