"""The time from a network to its gradients, by `derive` and by its peers, and whether the answers are right.

Usage: run.py DERIVE, with a Python that has what `requirements.txt` lists. `derive` is timed as a whole process with its numeric check
and with all steps printed; the peers inside a process, without the time to import them, to their advantage. A peer has two minutes. Times are the processor's, the least of
five runs, so that other work on the machine matters little.
"""

import math
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

import networks

DEPTHS = [0, 1, 2, 4, 8]
PEERS = ["jax", "sympy", "tensorgrad"]
LIMIT = 120
REPEATS = 5


def children():
    """The processor time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def derived(derive, depth, folder):
    """The least processor time of the whole process; the exit status is the verdict, for it prints only what it verified."""
    path = pathlib.Path(folder) / f"depth{depth}.spec"
    path.write_text(networks.spec(depth))
    times = []
    for _ in range(REPEATS):
        before = children()
        done = subprocess.run([derive, str(path)], capture_output=True, check=False)
        times.append(children() - before)
        if done.returncode != 0:
            return float("nan"), f"fails: status {done.returncode}"
    return 1000 * min(times), "right"


def peer(tool, depth):
    here = pathlib.Path(__file__).parent
    command = [sys.executable, str(here / "one.py"), tool, str(depth)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return float("nan"), f"no answer in {LIMIT} s"
    if done.returncode != 0 or not done.stdout.strip():
        return float("nan"), "fails: " + (done.stderr.strip().splitlines() or ["no answer"])[-1][:80]
    took, verdict = done.stdout.strip().splitlines()[-1].split(" ", 1)
    return float(took), verdict


def main():
    derive = sys.argv[1]
    versions = ", ".join(f"{name} {version(name)}" for name in [*PEERS, "numpy", "torch"])
    print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {versions}", flush=True)
    print("| hidden layers | tool | ms | times derive | answer |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for depth in DEPTHS:
            base, verdict = derived(derive, depth, folder)
            print(f"| {depth} | derive | {base:.1f} | 1 | {verdict} |", flush=True)
            for tool in PEERS:
                took, verdict = peer(tool, depth)
                ratio = "" if math.isnan(took) else f"{took / base:.1f}"
                shown = "" if math.isnan(took) else f"{took:.1f}"
                print(f"| {depth} | {tool} | {shown} | {ratio} | {verdict} |", flush=True)


if __name__ == "__main__":
    main()
