"""Every golden's Julia program: its syntax, its names, and, where Julia is installed, its values.

Programs are parsed by the grammar `tree_sitter_julia`; there must be no error, every name must be bound in the program or stand in the list of
what Julia's base and the imported packages have, and a public function of the right name and arguments must be there. Where `julia` is,
the same random values go to it and to the NumPy program, and the loss and the gradients must agree to a relative error of 1e-9.
Usage: check_julia.py DERIVE SPEC... ; ends with status 1 if one fails.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import tree_sitter
import tree_sitter_julia
from check_octave import TOLERANCE, compare_with_numpy, literal, parsed, program
from draws import guard_matrices, judge_all, spelled

# What the programs use of Julia's base.
BASE = {
    "abs", "acos", "asin", "atan", "cat", "checkbounds", "Bool", "cispi", "clamp", "conj", "cos", "dims", "div", "im", "imag",
    "dropdims", "exp", "expm1", "fill", "findfirst", "fld", "float", "identity", "isempty", "Iterators", "join", "length",
    "log", "log1p", "Matrix", "max", "maximum", "min", "minimum", "mod", "ndims", "only", "ones", "permutedims",
    "prod", "real", "reshape", "reverse", "sign", "sin", "size", "sortperm", "sqrt", "split", "sum", "tan", "tanh",
    "Array", "Float64", "similar", "Tuple", "undef", "unique", "vec", "Vector", "zeros", "zip", "CartesianIndices", "Int", "pi",
}
PACKAGES = {
    "LinearAlgebra": {"I", "det", "diag", "diagm", "logabsdet", "inv", "tr"},
    "SpecialFunctions": {"erf", "erfc"},
}


def nodes(root):
    """A node and all below it."""
    yield root
    for child in root.children:
        yield from nodes(child)


def first_names(node):
    """The names on the left side of an assignment."""
    left = node.children[0]
    if left.type == "field_expression":
        return set()
    return {it.text.decode() for it in nodes(left) if it.type == "identifier"}


def bound_names(root):
    """Every name that the program binds somewhere."""
    bound = set()
    for node in nodes(root):
        if node.type in ("assignment", "named_argument", "keyword_argument"):
            bound |= first_names(node)
        elif node.type in ("signature", "for_binding", "arrow_function_expression", "selected_import", "using_statement", "import_statement"):
            bound |= {it.text.decode() for it in nodes(node) if it.type == "identifier"}
    return bound


def check_text(text):
    """An error where the text is not a program that could run."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_julia.language()))
    root = parser.parse(text.encode()).root_node
    if root.has_error:
        broken = next(it for it in nodes(root) if it.is_error or it.is_missing)
        raise SyntaxError(f"line {broken.start_point[0] + 1} does not parse")
    known = bound_names(root) | BASE
    for package, names in PACKAGES.items():
        if package in text:
            known |= names
    used = {it.text.decode() for it in nodes(root) if it.type == "identifier"}
    if used - known:
        raise LookupError(f"nothing binds {', '.join(sorted(used - known))}")
    if "function loss_and_gradients(" not in text:
        raise LookupError("there is no loss_and_gradients")


def julia_array(array):
    entries, shape = literal(array)
    return entries if not shape else f"reshape(Float64[{entries}], {', '.join(map(str, shape))})"


def driver(arrays, functions, names, text):
    """A script that prints the loss and the entries of every gradient."""
    # Words of the language have other names: the program lists its arguments in the order of the tables.
    told = dict(zip(arrays, re.findall(r"^#   (\w+): ", text, re.MULTILINE), strict=True))
    lines = ['include("program.jl")']
    given = []
    for name, array in arrays.items():
        given.append(f"{told[name]} = {spelled(array, '[]', julia_array)}")
    for name, function in functions.items():
        a, b, c, d = function.__defaults__
        prime = name.endswith("_prime")
        text = f"({a} * {b}) * cos({b} * x + ({c})) + ({d})" if prime else f"({a}) * sin({b} * x + ({c})) + ({d}) * x"
        given.append(f"{name} = x -> {text}")
    lines.append(f"values = (; {', '.join(given)})")
    lines.append("loss, gradients = loss_and_gradients(; values...)")
    lines.append("println(loss)")
    for name in names:
        # A vector of arrays, or an array by itself.
        lines.append(f"all = gradients.{told[name]}; all = all isa Vector{{<:AbstractArray}} ? all : [all]")
        lines.append("for it in all; print(join(size(it), ' '), '; ', join(vec(collect(it)), ' '), ', '); end; println()")
    return "\n".join(lines)


def run(julia, text, arrays, functions, names, folder):
    """The loss and the gradients that the Julia program gives."""
    (folder / "program.jl").write_text(text)
    (folder / "driver.jl").write_text(driver(arrays, functions, names, text))
    command = [julia, "--startup-file=no", "--compile=min", "driver.jl"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[:300])
    lines = done.stdout.splitlines()
    return float(lines[0]), {name: parsed(line) for name, line in zip(names, lines[1:], strict=True)}


def main():
    guard_matrices()
    derive, specs = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]

    def check(spec, folder):
        text, reason = program(derive, spec, "julia", folder)
        if text:
            check_text(text)
        return (0.0, "") if text else (None, reason)

    print("Julia, parsed, every name bound:")
    fine = judge_all(check, specs)
    julia = shutil.which("julia")
    if julia is None:
        print("Julia is not installed: its programs were not run")
    else:
        print(f"Julia against NumPy, to {TOLERANCE:.0e}:")

        def check_run(spec, folder):
            def values(text, arrays, functions, names):
                return run(julia, text, arrays, functions, names, folder)

            return compare_with_numpy(derive, spec, "julia", folder, values, tuple)

        fine &= judge_all(check_run, specs)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
