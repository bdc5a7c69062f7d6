#!/usr/bin/env python3
"""Shows that `replay.py` notices: it changes one place of one side of a step at a time, in derivations that it accepts, and asks it again.

Of every kind of change, tried on every step that was replayed, all that alter what the step says must be refused: another number, a factor
left out, two subscripts exchanged, a sign, a rule's name that the step does not look like, a mark that is somewhere else.
"""

import copy
import json
import pathlib
import sys
from collections import Counter

import replay

# The steps of one derivation that are tampered with, so that long ones don't take all the time.
STEPS = 4


def places(tree, path=()):
    """Every part of a tree with its path."""
    yield path, tree
    if isinstance(tree, list):
        for at, part in enumerate(tree):
            yield from places(part, path + (at,))


def replaced(tree, path, part):
    tree = copy.deepcopy(tree)
    if not path:
        return part
    inner = tree
    for at in path[:-1]:
        inner = inner[at]
    inner[path[-1]] = part
    return tree


def first(tree, change):
    """The tree with the first part for which `change` gives another one replaced; None if there is none."""
    for path, part in places(tree):
        other = change(part) if isinstance(part, list) and part else None
        if other is not None and other != part:
            return replaced(tree, path, other)
    return None


def another_number(part):
    return ["number", "7/3"] if part[0] == "number" and part[1] not in ("7/3", "0") else None


def factor_left_out(part):
    # What is left out must not be a one, and what is left must have the same shape.
    if part[0] != "sum-over" or len(part) < 4 or part[2][0] not in ("entry", "number", "apply", "sum"):
        return None
    return part[:2] + part[3:]


def subscripts_exchanged(part):
    if part[0] != "entry" or len(part) != 4 or part[2] == part[3]:
        return None
    return [part[0], part[1], part[3], part[2]]


def summand_left_out(part):
    return part[:1] + part[2:] if part[0] == "sum" and len(part) > 2 else None


def another_exponent(part):
    return ["power", "3", part[2]] if part[0] == "power" and part[1] != "3" else None


def scaled(tree):
    return ["sum-over", [], ["number", "2"], tree]


def tampered(step):
    """Each way to falsify a step, with its name."""
    for change in (another_number, factor_left_out, subscripts_exchanged, summand_left_out, another_exponent):
        after = first(step["trees"]["after"], change)
        if after is not None:
            yield change.__name__.replace("_", " "), {**step, "trees": {**step["trees"], "after": after, "changed": []}}
    yield "twice as much", {**step, "trees": {**step["trees"], "after": scaled(step["trees"]["after"]), "changed": []}}
    deeper = [path for path, part in places(step["trees"]["before"]) if len(path) == 2 and part != []]
    if step["trees"]["changed"] == [] and deeper:
        yield "another mark", {**step, "trees": {**step["trees"], "changed": list(deeper[0])}}
    if step["rule"] in ("matrix-form", "hadamard", "cancel", "entrywise"):
        yield "another rule's name", {**step, "rule": "sift"}


def main(files):
    noticed, unnoticed, missed = Counter(), Counter(), []
    for file in map(pathlib.Path, files):
        text = file.read_text()
        page = json.loads(text)
        replay.choose_field(text)
        steps = [
            (statement["wrt"], step)
            for statement in page["error_signals"] + page["gradients"]
            for step in statement["steps"]
        ]
        for wrt, step in steps[:STEPS]:
            if replay.verdict(page, step, file.name)[0] != "replayed":
                continue
            for name, wrong in tampered(step):
                outcome, reason = replay.verdict(page, wrong, file.name)
                if outcome == "wrong":
                    noticed[name] += 1
                elif outcome == "replayed":
                    unnoticed[name] += 1
                    missed.append(f"{file.name}: {wrt}, {step['rule']}: {name}: {json.dumps(wrong['trees']['after'])}")
    for name in sorted(noticed | unnoticed):
        print(f"  {noticed[name]:5} noticed, {unnoticed[name]:3} not: {name}")
    for line in missed[:20]:
        print("  " + line[:400])
    total = sum(noticed.values())
    print(f"{total} tampered steps noticed, {sum(unnoticed.values())} not")
    return 0 if total and not unnoticed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
