"""Training scripts: the loss falls within a few steps, on made-up data and on data from files. Usage: check_train.py DERIVE SPEC...

Every spec with an `update` line is trained, some of them with a .npy and a .csv file as well, and with another number of layers. Ends with status 1 if
a loss does not fall.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

STEPS = "40"
# The inputs and targets of specs that are trained from files as well, and what else is said there.
FROM_FILES = {"two_layer": (("x", "y"), ()), "depth_classifier": (("A_0", "y"), ("--set", "L=4", "h{2}=3"))}


def trained(script, *more):
    """The first and the last loss."""
    command = [sys.executable, str(script), *more, "--steps", STEPS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-300:])
    return [float(it) for it in re.findall(r"^loss (\S+) -> (\S+) in", done.stdout, re.MULTILINE)[0]]


def data_files(folder):
    """The files of two classes that a straight line separates."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 2))
    y = np.eye(2)[(x[:, 0] > 0).astype(int)]
    np.save(folder / "x.npy", x)
    np.savetxt(folder / "y.csv", y, delimiter=",")
    return folder / "x.npy", folder / "y.csv"


def given(stem, files):
    """The command lines of a script: with made-up data, and with files."""
    yield ()
    if stem in FROM_FILES:
        names, more = FROM_FILES[stem]
        yield (*(f"{name}={file}" for name, file in zip(names, files, strict=True)), *more)


def main():
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = data_files(folder)
        for spec in specs:
            if not re.search(r"^update ", spec.read_text(), re.MULTILINE):
                continue
            script = folder / f"{spec.stem}.py"
            command = [derive, str(spec), "--emit", "numpy", "--train", "--check", "off", "-o", str(script)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"{spec.stem}: {done.stderr.strip()}")
                failed += done.returncode != 3
                continue
            for more in given(spec.stem, files):
                first, last = trained(script, *more)
                failed += not last < first
                print(f"{spec.stem}: {first:.4g} -> {last:.4g}{' from files' if more else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
