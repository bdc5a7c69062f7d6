"""Programs of Jacobians, Hessians and Hessian-vector products against JAX, which differentiates the value that the JAX program computes.

A spec that asks for one of them (`# options: --jacobian y`) is checked for that, any other one for the Hessian times a direction. The programs of
NumPy and JAX, and Octave's where it is installed (PyTorch's are held to NumPy's by check_torch.py), must agree with `jax.jacobian`, `jax.hessian` and
`jax.jvp` of `jax.grad` in 64-bit to a relative error of 1e-9. Usage: check_derivatives.py DERIVE SPEC... ; ends with status 1 if one does not.
"""

import pathlib
import shutil
import subprocess
import sys

import jax
import numpy as np
from check_octave import octave_array, octave_shape, parsed
from draws import (
    FUNCTIONS,
    IllConditioned,
    bound,
    draw,
    flat,
    guard_matrices,
    judge_all,
    load,
    quantities,
    question,
    relative,
    written,
)

jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-9
TRIES = 40


def expected(module, asked, arrays, functions):
    """What JAX makes of the value that the program computes; by name, or by two names."""
    names = list(module.GRADIENTS)
    directions = list(module.SHAPES)[-len(names) :] if asked == ["--hessian-vector"] else []
    moving = {name: arrays[name] for name in names}
    fixed = {name: array for name, array in arrays.items() if name not in [*names, *directions]}
    value_of = getattr(module, "value", None) or module.loss

    def value(moving):
        return value_of(**fixed, **moving, **functions)

    if asked[0] == "--jacobian":
        return jax.jacobian(value)(moving)
    if asked[0] == "--hessian":
        return jax.hessian(value)(moving)
    tangent = {name: arrays[direction] for name, direction in zip(names, directions, strict=True)}
    return jax.jvp(jax.grad(value), (moving,), (tangent,))[1]


def octave_answers(octave, path, arrays, keys, folder):
    """What the Octave program gives."""
    function = path.stem
    lines = ["1;", *(f"values.('{name}') = {octave_array(array)};" for name, array in arrays.items())]
    lines.append(f"all = {function}(values);")
    for key in keys:
        place = "all" + "".join(f".('{name}')" for name in key)
        lines.append(f"it = {place}; printf('%d ', size(it)); printf('; '); printf('%.17g ', it); printf(', \\n');")
    (folder / "driver.m").write_text("\n".join(lines))
    command = [octave, "--no-init-file", "--quiet", "driver.m"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[:300])
    return {key: parsed(line)[0] for key, line in zip(keys, done.stdout.splitlines(), strict=True)}


def compared(target, found, wanted):
    """The largest relative error."""
    if set(found) != set(wanted):
        raise ValueError(f"{target}: it gives {sorted(found)}, not {sorted(wanted)}")
    errors = [relative(found[key], wanted[key]) for key in wanted]
    if max(errors) > TOLERANCE:
        raise ArithmeticError(f"{target} differs by {max(errors):.1e}")
    return max(errors)


def compare(programs, asked, arrays, functions, wanted, folder):
    """The largest error of any target's program."""
    largest = 0.0
    for target, path in programs.items():
        if target == "octave":
            octave = shutil.which("octave-cli") or shutil.which("octave")
            shaped = {key: np.reshape(it, octave_shape(np.shape(it))) for key, it in wanted.items()}
            largest = max(largest, compared(target, octave_answers(octave, path, arrays, list(wanted), folder), shaped))
            continue
        library = {"numpy": np, "jax": jax.numpy}[target]
        answers = getattr(load(path), FUNCTIONS[asked[0]])(**arrays, **bound(functions, library))
        largest = max(largest, compared(target, {key: np.asarray(it) for key, it in flat(answers).items()}, wanted))
    return largest


def check(spec, derive, folder):
    """The largest error, or the reason why there is no program."""
    source = spec.read_text()
    asked = question(source)
    targets = ["numpy", "jax", *(["octave"] if shutil.which("octave-cli") else [])]
    programs = {}
    for target in targets:
        path, reason = written(derive, spec, asked, target, folder)
        if path is None:
            return None, reason
        programs[target] = path
    theirs, others = load(programs["jax"]), quantities(programs["jax"])
    rng = np.random.default_rng(len(source))
    for count in range(TRIES):
        mode = ["general", "positive", "unit"][0 if count < TRIES // 4 else count % 3]
        arrays, functions = draw(theirs, others, source, mode, rng)
        if functions:
            programs.pop("octave", None)
        try:
            wanted = {key: np.asarray(it) for key, it in flat(expected(theirs, asked, arrays, bound(functions, jax.numpy))).items()}
        except (TypeError, ValueError, IndexError):
            # These sizes do not make a network.
            continue
        if not all(np.all(np.isfinite(it)) for it in wanted.values()):
            continue
        try:
            with np.errstate(all="ignore"):
                return compare(programs, asked, arrays, functions, wanted, folder), ""
        except IllConditioned:
            continue
        finally:
            jax.clear_caches()
    raise ArithmeticError("no draw fits")


def main():
    guard_matrices()
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    return 0 if judge_all(lambda spec, folder: check(spec, derive, folder), specs) else 1


if __name__ == "__main__":
    sys.exit(main())
