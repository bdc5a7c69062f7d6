"""deep: the loss and its gradients, from derived formulas.

Written by `derive`. `loss_and_gradients` takes the arrays of SHAPES by name; sizes are read off them.
"""

import numpy as np

# The shape of every argument. A size is a number, or a name that stands for one size throughout.
# In brackets: a list with an array for every layer.
SHAPES = {
    "A_0": ("N", "h"),
    "y": ("N", "h"),
    "W": [("h", "h")],
    "b": [("h",)],
}
# What the loss is differentiated by.
GRADIENTS = ("W", "b")


def loss_and_gradients(**values):
    """The loss, and by name its gradient by each of the differentiated arrays."""
    # Lists begin with the place 0, so that the array of layer 1 stands at 1.
    W = [None, *(np.asarray(it, dtype=float) for it in values["W"])]
    b = [None, *(np.asarray(it, dtype=float) for it in values["b"])]
    L = len(W) - 1
    A = [None] * (L + 1)
    Z = [None] * (L + 1)
    d_W = [None] * (L + 1)
    d_Z = [None] * (L + 1)
    d_b = [None] * (L + 1)
    A[0] = np.asarray(values["A_0"], dtype=float)
    y = np.asarray(values["y"], dtype=float)
    f = values["f"]
    f_prime = values["f_prime"]

    # Forward pass.
    for layer in range(1, L + 1):
        # Z{l}: [N, h]; A⁽ˡ⁻¹⁾ W⁽ˡ⁾ + 𝟏 b⁽ˡ⁾ᵀ
        Z[layer] = A[layer - 1] @ W[layer] + b[layer]
        # A{l}: [N, h]; f(Z⁽ˡ⁾)
        A[layer] = f(Z[layer])
    # J: scalar; (1/2) 𝟏ᵀ (A⁽ᴸ⁾ − y)² 𝟏
    loss = 0.5 * ((A[L] - y) ** 2).sum()

    # Backward pass, from the loss down.
    # dJ/dZ{L}: [N, h]; (A⁽ᴸ⁾ − y) ⊙ f′(Z⁽ᴸ⁾)
    d_Z[L] = (A[L] - y) * f_prime(Z[L])
    for layer in range(L - 1, 0, -1):
        # dJ/dZ{l}: [N, h]; (δ⁽ˡ⁺¹⁾ W⁽ˡ⁺¹⁾ᵀ) ⊙ f′(Z⁽ˡ⁾)
        d_Z[layer] = (d_Z[layer + 1] @ W[layer + 1].T) * f_prime(Z[layer])
    for layer in range(1, L + 1):
        # dJ/dW{l}: [h, h]; A⁽ˡ⁻¹⁾ᵀ δ⁽ˡ⁾
        d_W[layer] = A[layer - 1].T @ d_Z[layer]
        # dJ/db{l}: [h]; 𝟏ᵀ δ⁽ˡ⁾
        d_b[layer] = d_Z[layer].sum(axis=0)

    gradients = {
        "W": d_W[1:],
        "b": d_b[1:],
    }
    return float(loss), gradients
