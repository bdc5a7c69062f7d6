"""One tool on one network: how long it takes from the network to the gradients by all weights, and whether they are right.

Usage: one.py TOOL DEPTH. Prints `MILLISECONDS VERDICT`. The verdict comes from evaluating what the tool gave at random arrays, against
`jax.grad` in 64-bit. Importing the tool is not timed.
"""

import sys
import time

import networks
import numpy as np

TOLERANCE = 1e-9
REPEATS = 5


def expected(depth, arrays):
    import jax

    jax.config.update("jax_enable_x64", True)
    names = [name for name, _ in networks.weights(depth)]

    def loss(moving):
        return networks.loss(jax.numpy, depth, {**arrays, **moving})

    return jax.grad(loss)({name: arrays[name] for name in names})


def least(run, budget=20.0):
    """The least processor time of some runs, and the last result; a slow one is run once."""
    times = []
    while len(times) < REPEATS and sum(times) < budget:
        start = time.process_time()
        result = run()
        times.append(time.process_time() - start)
    return 1000 * min(times), result


def with_jax(depth, arrays):
    """Traces the gradient; nothing is compiled. The result is a program, not a formula."""
    import jax

    jax.config.update("jax_enable_x64", True)
    names = [name for name, _ in networks.weights(depth)]

    def run():
        # A new function every time, so that nothing is remembered.
        def loss(moving):
            return networks.loss(jax.numpy, depth, {**arrays, **moving})

        return jax.make_jaxpr(jax.grad(loss))({name: arrays[name] for name in names})

    took, traced = least(run)
    values = jax.core.eval_jaxpr(traced.jaxpr, traced.consts, *[arrays[name] for name in sorted(names)])
    return took, dict(zip(sorted(names), values))


def with_sympy(depth, arrays):
    """Matrix expressions with symbolic sizes, differentiated by matrix symbols."""
    import sympy

    sizes = dict(zip("Ndhk", sympy.symbols("N d h k", positive=True, integer=True)))

    def matrix(name, shape):
        return sympy.MatrixSymbol(name, *[sizes[size] for size in shape])

    def run():
        sympy.core.cache.clear_cache()
        z = sympy.Symbol("z")
        parameters = [matrix(name, shape) for name, shape in networks.weights(depth)]
        below = matrix("X", ("N", "d"))
        for weight in parameters[:-1]:
            below = (below * weight).applyfunc(sympy.Lambda(z, sympy.tanh(z)))
        residual = below * parameters[-1] - matrix("Y", ("N", "k"))
        loss = sympy.Trace(residual.T * residual)
        return {weight.name: loss.diff(weight) for weight in parameters}

    took, gradients = least(run)
    return took, {name: value_of(sympy, it, arrays) for name, it in gradients.items()}


def value_of(sympy, expression, arrays):
    """The value of a matrix expression of SymPy's; an error if it does not conform."""
    if isinstance(expression, sympy.MatrixSymbol):
        return arrays[expression.name]
    if isinstance(expression, sympy.matrices.expressions.applyfunc.ElementwiseApplyFunction):
        function = sympy.lambdify(expression.function.variables, expression.function.expr, "numpy")
        return function(value_of(sympy, expression.expr, arrays))
    if expression.is_number:
        return float(expression)
    below = [value_of(sympy, it, arrays) for it in expression.args]
    if isinstance(expression, sympy.Transpose):
        return below[0].T
    if isinstance(expression, sympy.HadamardProduct):
        if len({it.shape for it in below}) > 1:
            raise ValueError("a product entry by entry of arrays of different shapes")
        return np.multiply.reduce(below)
    if isinstance(expression, sympy.MatAdd):
        if len({it.shape for it in below}) > 1:
            raise ValueError("a sum of arrays of different shapes")
        return np.add.reduce(below)
    if isinstance(expression, sympy.MatMul):
        product = below[0]
        for it in below[1:]:
            product = product * it if np.ndim(product) == 0 or np.ndim(it) == 0 else product @ it
        return product
    raise ValueError(f"an expression that cannot be evaluated: {type(expression).__name__}")


def with_tensorgrad(depth, arrays):
    """Tensor networks with named edges, differentiated and simplified."""
    import sympy
    import tensorgrad
    import torch
    from tensorgrad import functions
    from tensorgrad.compiler import compile_to_callable

    sizes = dict(zip("Ndhk", sympy.symbols("N d h k")))

    def run():
        # Every edge has a name: n for samples, e0, e1, ... for units. A matrix product joins equal names.
        edges = [f"e{at}" for at in range(depth + 2)]
        symbols = [sizes["d"], *[sizes["h"]] * depth, sizes["k"]]
        x = tensorgrad.Variable("X", n=sizes["N"], e0=symbols[0])
        y = tensorgrad.Variable("Y", **{"n": sizes["N"], edges[-1]: symbols[-1]})
        parameters = [
            tensorgrad.Variable(f"W{at + 1}", **{edges[at]: symbols[at], edges[at + 1]: symbols[at + 1]})
            for at in range(depth + 1)
        ]
        below = x
        for weight in parameters[:-1]:
            below = functions.tanh(below @ weight)
        residual = below @ parameters[-1] - y
        loss = residual @ residual
        return x, y, parameters, [loss.grad(weight).full_simplify() for weight in parameters]

    took, (x, y, parameters, gradients) = least(run)
    tensors = {variable: torch.tensor(arrays[variable.name]) for variable in [x, y, *parameters]}
    dimensions = {sizes[name]: size for name, size in networks.SIZES.items()}
    # Compiled to PyTorch only to be judged; that is not timed.
    try:
        values = compile_to_callable(*gradients)(tensors, dimensions)
    except AttributeError as error:
        # Version 0.3.0 uses named tensors, which newer versions of PyTorch do not have.
        return took, f"not judged, its evaluator fails: {error}"
    values = values if isinstance(values, (list, tuple)) else [values]
    found = {}
    for weight, value in zip(parameters, values):
        value, shape = np.asarray(value.detach()), arrays[weight.name].shape
        # The order of the edges is not promised, and the sizes are all different.
        found[weight.name] = value if value.shape == shape else value.T
    return took, found


def main():
    tool, depth = sys.argv[1], int(sys.argv[2])
    arrays = networks.draw(np.random.default_rng(depth), depth)
    took, verdict = float("nan"), "right"
    there = expected(depth, arrays)
    try:
        took, found = {"jax": with_jax, "sympy": with_sympy, "tensorgrad": with_tensorgrad}[tool](depth, arrays)
        if isinstance(found, str):
            print(took, found[:90])
            return
        for name, value in there.items():
            error = np.max(np.abs(found[name] - value)) / max(1.0, np.max(np.abs(value)))
            if error > TOLERANCE:
                verdict = f"wrong: by {name}"
                break
    except ValueError as error:
        verdict = f"wrong: {error}" if "shapes" in str(error) or "mismatch" in str(error) else f"fails: {error}"
    except (AttributeError, NotImplementedError, RecursionError, TypeError) as error:
        verdict = f"fails: {type(error).__name__}: {error}"
    print(took, verdict.splitlines()[0][:90])


if __name__ == "__main__":
    main()
