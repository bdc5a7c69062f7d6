"""two_layer: the loss and its gradients, from derived formulas.

Written by `derive`. `loss_and_gradients` takes the arrays of SHAPES by name; sizes are read off them.
"""

import numpy as np

# The shape of every argument. A size is a number, or a name that stands for one size throughout.
SHAPES = {
    "x": ("N", "d"),
    "y": ("N", "c"),
    "W1": ("d", "h"),
    "b1": ("h",),
    "W2": ("h", "c"),
    "b2": ("c",),
}
# What the loss is differentiated by.
GRADIENTS = ("W1", "b1", "W2", "b2")
# What is promised of their entries, and along which axis.
ATTRIBUTES = {
    "y": [("onehot", 1)],
}


def log_softmax(z, axis):
    """The logarithm of softmax without softmax: the largest entry is taken out, and there is no log(0)."""
    s = z - z.max(axis=axis, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=axis, keepdims=True))


def loss_and_gradients(**values):
    """The loss, and by name its gradient by each of the differentiated arrays."""
    x = np.asarray(values["x"], dtype=float)
    y = np.asarray(values["y"], dtype=float)
    W1 = np.asarray(values["W1"], dtype=float)
    b1 = np.asarray(values["b1"], dtype=float)
    W2 = np.asarray(values["W2"], dtype=float)
    b2 = np.asarray(values["b2"], dtype=float)
    N = x.shape[0]

    # Forward pass.
    # Z1: [N, h]; x W⁽¹⁾ + 𝟏 b⁽¹⁾ᵀ
    Z1 = x @ W1 + b1
    # A1: [N, h]; tanh(Z⁽¹⁾)
    A1 = np.tanh(Z1)
    # Z2: [N, c]; A⁽¹⁾ W⁽²⁾ + 𝟏 b⁽²⁾ᵀ
    Z2 = A1 @ W2 + b2
    # t1: [N, c]
    t1 = log_softmax(Z2, axis=1)
    # yhat: [N, c]; softmax(Z⁽²⁾)
    yhat = np.exp(t1)
    # L: scalar; −(1/N) 𝟏ᵀ (y ⊙ ln(ŷ)) 𝟏
    loss = -(y * t1).sum() / N

    # Backward pass, from the loss down.
    # dL/dZ2: [N, c]; (1/N)(ŷ − y)
    d_Z2 = (yhat - y) / N
    # dL/dZ1: [N, h]; (δ⁽²⁾ W⁽²⁾ᵀ) ⊙ (1 − A⁽¹⁾²)
    d_Z1 = (d_Z2 @ W2.T) * (1 - A1 ** 2)
    # dL/dW1: [d, h]; xᵀ δ⁽¹⁾
    d_W1 = x.T @ d_Z1
    # dL/db1: [h]; 𝟏ᵀ δ⁽¹⁾
    d_b1 = d_Z1.sum(axis=0)
    # dL/dW2: [h, c]; A⁽¹⁾ᵀ δ⁽²⁾
    d_W2 = A1.T @ d_Z2
    # dL/db2: [c]; 𝟏ᵀ δ⁽²⁾
    d_b2 = d_Z2.sum(axis=0)

    gradients = {
        "W1": d_W1,
        "b1": d_b1,
        "W2": d_W2,
        "b2": d_b2,
    }
    return float(loss), gradients
