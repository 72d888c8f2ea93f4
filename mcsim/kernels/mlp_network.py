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

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_activations import activate
from mcsim.kernels.products import multiply

# Keeps 1 / (2 reach speed) a float32.
_SHORTEST = 1e-20


class Network(NamedTuple):
    """One network. L hidden layers; floats have one type, float32 or float64; matrices lie in panels, see `products`.

    widths, first : int64 (L+1,), N_0..N_L and their running offset
    forward : flat, F^l of shape (N_{l-1}, N_l) starting at weight_first[l-1]
    backward : flat, its transpose (N_l, N_{l-1}) at the same offset
    gram : flat, (F^1)^T F^1 of shape (N_1, N_1); empty where two products with F^1 cost less or nobody needs it
    bias : flat (sum_l N_l,), layer l at first[l]; the input's entries are unused
    has_bias : whether any bias is not zero
    readout : (N_L,), r
    code, shape : activation's code and its shape parameter, see `mlp_activations`
    speed : float64 (L,), root mean square of dz^l/dt while x moves with a momentum drawn from N(0, I)
    kinked : whether phi has a kink at 0
    scales : whether H(r x) = r H(x) for every r > 0
    """

    widths: np.ndarray
    first: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    gram: np.ndarray
    weight_first: np.ndarray
    bias: np.ndarray
    has_bias: bool
    readout: np.ndarray
    code: int
    shape: np.floating
    speed: np.ndarray
    kinked: bool
    scales: bool


class Work(NamedTuple):
    """Work space for the columns of one tile.

    layers, slopes : flat buffers of layers for all rows of the tile: x and phi(z^l); phi'(z^l), then dH/dz^l
    product : flat (rows * max N_l,)
    reach : float64 (rows,), time over which slopes average a kink; 0 where they are to be exact
    sharpness : (rows,), how steeply they pass it then, see `mlp_activations`
    noise : (rows, N_0), normal numbers: momenta or a proposal's
    words : uint32 (N_0 rounded up to a multiple of 4, at least 4), random words
    energy, before : float64 (rows,), H at the point in `layers`, and where a move began
    z : (rows, N_1), z^1 without its bias
    """

    layers: np.ndarray
    slopes: np.ndarray
    product: np.ndarray
    reach: np.ndarray
    sharpness: np.ndarray
    noise: np.ndarray
    words: np.ndarray
    energy: np.ndarray
    before: np.ndarray
    z: np.ndarray


@njit(cache=True, inline="always")
def layer_rows(flat, network, rows, k, active):
    """Return the first `active` rows of layer k of a flat buffer of `rows` columns, as (active, N_k)."""
    start = rows * network.first[k]
    width = network.widths[k]
    return flat[start : start + active * width].reshape(active, width)


@njit(cache=True, inline="always")
def forward_weights(network, k):
    """Return F^k in panels, k = 1..L."""
    start = network.weight_first[k - 1]
    return network.forward[start : start + network.widths[k - 1] * network.widths[k]]


@njit(cache=True, inline="always")
def backward_weights(network, k):
    """Return the transpose of F^k in panels, k = 1..L."""
    start = network.weight_first[k - 1]
    return network.backward[start : start + network.widths[k - 1] * network.widths[k]]


# Sums may be reordered, which lets them vectorise; the order still depends on the length alone.
@njit(cache=True, fastmath={"reassoc", "contract"})
def dot(a, b):
    """Return a . b accumulated in float64."""
    total = 0.0
    for i in range(a.shape[0]):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@njit(cache=True)
def _activate_layer(network, work, rows, active, k):
    """Turn F^k times the layer below, which is in layer k, into phi(z^k), and set its slopes."""
    values = layer_rows(work.layers, network, rows, k, active)
    bias = network.bias[network.first[k] : network.first[k] + network.widths[k]]
    for c in range(active):
        if network.has_bias:
            for j in range(bias.shape[0]):
                values[c, j] += bias[j]
        rise = 0.5 / max(work.reach[c] * network.speed[k - 1], _SHORTEST)
        work.sharpness[c] = as_element(rise, work.sharpness)
    slopes = layer_rows(work.slopes, network, rows, k, active)
    activate(network.code, network.shape, values, slopes, work.sharpness)


@njit(cache=True)
def forward(network, work, rows, active):
    """Set phi(z^l), its slopes and H of the first `active` rows from `work.z`."""
    last = network.widths.shape[0] - 1
    for k in range(1, last + 1):
        values = layer_rows(work.layers, network, rows, k, active)
        if k == 1:
            for c in range(active):
                for j in range(values.shape[1]):
                    values[c, j] = work.z[c, j]
        else:
            below = layer_rows(work.layers, network, rows, k - 1, active)
            multiply(below, forward_weights(network, k), values, work.product)
        _activate_layer(network, work, rows, active, k)
    top = layer_rows(work.layers, network, rows, last, active)
    for c in range(active):
        work.energy[c] = dot(top[c], network.readout)


@njit(cache=True)
def backward(network, work, rows, active):
    """Turn the slopes of the last forward pass of the first `active` rows into dH/dz^l, down to layer 1."""
    last = network.widths.shape[0] - 1
    delta = layer_rows(work.slopes, network, rows, last, active)
    for c in range(active):
        for j in range(delta.shape[1]):
            delta[c, j] *= network.readout[j]
    for k in range(last, 1, -1):
        # The values of the layer below have done their work; they are not needed again before the next forward pass.
        product = layer_rows(work.layers, network, rows, k - 1, active)
        multiply(layer_rows(work.slopes, network, rows, k, active), backward_weights(network, k), product, work.product)
        below = layer_rows(work.slopes, network, rows, k - 1, active)
        for c in range(active):
            for j in range(below.shape[1]):
                below[c, j] *= product[c, j]
