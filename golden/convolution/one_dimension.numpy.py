"""A network: the loss and its gradients, from derived formulas.

Written by `derive`. `loss_and_gradients` takes the arrays of SHAPES by name; sizes are read off them.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# The shape of every argument. A size is a number, or a name that stands for one size throughout.
SHAPES = {
    "x": ("n",),
    "K": ("k",),
    "t": ("n - k + 1",),
}
# What the loss is differentiated by.
GRADIENTS = ("K", "x")


def loss_and_gradients(**values):
    """The loss, and by name its gradient by each of the differentiated arrays."""
    x = np.asarray(values["x"], dtype=float)
    K = np.asarray(values["K"], dtype=float)
    t = np.asarray(values["t"], dtype=float)
    k = K.shape[0]
    n = x.shape[0]

    # Forward pass.
    # Y: [n - k + 1]; [Σₗ Kₗ x[i+l]]ᵢ
    Y = sliding_window_view(x, (k,)) @ K
    # t1: [n - k + 1]
    t1 = Y - t
    # L: scalar; (1/2) 𝟏ᵀ (Y − t)²
    loss = 0.5 * (t1 ** 2).sum()

    # Backward pass, from the loss down.
    # dL/dY: [n - k + 1]; Y − t
    d_Y = t1
    # dL/dK: [k]; [Σₗ (δ^Y)ₗ x[i+l]]ᵢ
    d_K = sliding_window_view(x, (n - k + 1,)) @ d_Y
    # dL/dx: [n]; [Σₗ (δ^Y)ₗ K[i−l]]ᵢ
    d_x = sliding_window_view(np.pad(d_Y, ((k - 1, k - 1),)), (k,))[:, ::-1] @ K

    gradients = {
        "K": d_K,
        "x": d_x,
    }
    return float(loss), gradients
