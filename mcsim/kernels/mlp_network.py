"""A random MLP and its gradient for many columns at once: arrays, forward pass, back-propagation.

    z^1 = x F^1 (+ b^1),  z^l = phi(z^{l-1}) F^l (+ b^l),  H = phi(z^L) . r,   rows are columns (slot x copy)

F^l = sqrt(C_W / N_{l-1}) (W^l)^T and r = sqrt(N) sqrt(C_W / N_L) w carry the scales, so that no kernel knows them.
A flat buffer of layers holds layer l of `rows` columns as the C-contiguous block (rows, N_l) that starts at
``rows * first[l]``; layer 0 is the input.

Source: Winer & Hanin, "Deep Neural Nets as Hamiltonians" (arXiv 2503.23982).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.mlp_activations import activate, activate_only


class Network(NamedTuple):
    """One network. L hidden layers; floats have one type, float32 or float64.

    widths, first : int64 (L+1,), N_0..N_L and their running offset
    forward : flat, layer l as (N_l, N_{l-1}) starting at weight_first[l-1]
    backward : flat, its transpose (N_{l-1}, N_l) at the same offset
    bias : flat (sum_l N_l,), layer l at first[l]; the input's entries are unused
    has_bias : whether any bias is not zero
    readout : (N_L,), r
    code, shape : activation's code and its shape parameter, see `mlp_activations`
    """

    widths: np.ndarray
    first: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    weight_first: np.ndarray
    bias: np.ndarray
    has_bias: bool
    readout: np.ndarray
    code: int
    shape: np.floating


class Work(NamedTuple):
    """Work space for the columns of one tile.

    layers, slopes : flat buffers of layers for all rows of the tile: x and phi(z^l); phi'(z^l), then dH/dz^l
    product : flat (rows * max N_l,)
    gradient, momentum : (rows, N_0), dH/dx and p
    energy : float64 (rows,), H at the point in `layers`
    words : uint32 (N_0 rounded up to a multiple of 4, at least 4), random words
    before : float64 (rows,), the energy that is conserved, before a trajectory
    step : (rows,), step of this trajectory
    steps : int64 (rows,), leapfrog steps of this trajectory
    """

    layers: np.ndarray
    slopes: np.ndarray
    product: np.ndarray
    gradient: np.ndarray
    momentum: np.ndarray
    energy: np.ndarray
    words: np.ndarray
    before: np.ndarray
    step: np.ndarray
    steps: np.ndarray


@njit(cache=True, inline="always")
def layer_rows(flat, network, rows, k, active):
    """Return the first `active` rows of layer k of a flat buffer of `rows` columns, as (active, N_k)."""
    start = rows * network.first[k]
    width = network.widths[k]
    return flat[start : start + active * width].reshape(active, width)


# Products take their second operand as the transpose of a C-contiguous array: for a few dozen rows BLAS is then up
# to three times faster than with the array itself (1000 x 1000, 32 rows: 46 against 15 Gflop/s), worth a second copy
# of the weights.
@njit(cache=True, inline="always")
def _transposed_forward(network, k):
    """Return F^k, shape (N_{k-1}, N_k), k = 1..L."""
    rows, cols = network.widths[k], network.widths[k - 1]
    start = network.weight_first[k - 1]
    return network.forward[start : start + rows * cols].reshape(rows, cols).T


@njit(cache=True, inline="always")
def _transposed_backward(network, k):
    """Return the transpose of F^k, shape (N_k, N_{k-1}), k = 1..L."""
    rows, cols = network.widths[k - 1], network.widths[k]
    start = network.weight_first[k - 1]
    return network.backward[start : start + rows * cols].reshape(rows, cols).T


@njit(cache=True, inline="always")
def first_weights(network):
    """Return the weights of the first layer by input, (N_0, N_1): row i is what input i adds to z^1."""
    rows, cols = network.widths[0], network.widths[1]
    return network.backward[: rows * cols].reshape(rows, cols)


# Sums may be reordered, which lets them vectorise; the order still depends on the length alone.
@njit(cache=True, fastmath={"reassoc", "contract"})
def dot(a, b):
    """Return a . b accumulated in float64."""
    total = 0.0
    for i in range(a.shape[0]):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@njit(cache=True)
def _add_bias(z, bias):
    for c in range(z.shape[0]):
        for j in range(bias.shape[0]):
            z[c, j] += bias[j]


@njit(cache=True)
def _set_energies(network, work, rows, active):
    last = network.widths.shape[0] - 1
    top = layer_rows(work.layers, network, rows, last, active)
    for c in range(active):
        work.energy[c] = dot(top[c], network.readout)


@njit(cache=True)
def forward(network, work, rows, active, first_layer, with_slopes):
    """Set z^l, phi(z^l), H of the first `active` rows, for layers first_layer + 1 .. L above what is in `layers`."""
    for k in range(first_layer + 1, network.widths.shape[0]):
        values = layer_rows(work.layers, network, rows, k, active)
        np.dot(layer_rows(work.layers, network, rows, k - 1, active), _transposed_forward(network, k), values)
        if network.has_bias:
            _add_bias(values, network.bias[network.first[k] : network.first[k] + network.widths[k]])
        start, count = rows * network.first[k], active * network.widths[k]
        flat, slopes = work.layers[start : start + count], work.slopes[start : start + count]
        if with_slopes:
            activate(network.code, network.shape, flat, slopes)
        else:
            activate_only(network.code, network.shape, flat, slopes)
    _set_energies(network, work, rows, active)


@njit(cache=True)
def backward(network, work, rows, active):
    """Set `gradient` = dH/dx of the first `active` rows from the slopes of the last forward pass, which it uses up."""
    last = network.widths.shape[0] - 1
    delta = layer_rows(work.slopes, network, rows, last, active)
    for c in range(active):
        for j in range(delta.shape[1]):
            delta[c, j] *= network.readout[j]
    for k in range(last, 1, -1):
        width = network.widths[k - 1]
        product = work.product[: active * width].reshape(active, width)
        np.dot(layer_rows(work.slopes, network, rows, k, active), _transposed_backward(network, k), product)
        below = layer_rows(work.slopes, network, rows, k - 1, active)
        for c in range(active):
            for j in range(width):
                below[c, j] *= product[c, j]
    np.dot(layer_rows(work.slopes, network, rows, 1, active), _transposed_backward(network, 1), work.gradient[:active])
