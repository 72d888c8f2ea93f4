"""The radius of an input drawn afresh, for networks with H(r u) = r H(u): relu or linear ones without biases.

Under the Gaussian prior x = r u with |u| = 1 has the density, given u,

    p(r | u) ~ r^{N_0 - 1} exp(-r^2/2 - beta r h),   h = H(u) = H(x) / |x|,

whose logarithm curves downwards by 1 + (N_0 - 1) / r^2 >= 1. So it lies below a normal density of variance 1 that
touches it at its mode

    m = (-beta h + sqrt(beta^2 h^2 + 4 (N_0 - 1))) / 2,

and a draw from that, accepted with the ratio of the two, is exact, after 1.4 tries or fewer at H <= 0. Everything that
a state knows scales with r: x, z^1, all layers and H.
"""

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_moves import RADIUS
from mcsim.kernels.mlp_network import dot
from mcsim.kernels.mlp_state import inputs_of_tile
from mcsim.kernels.philox import philox4x32, to_unit_interval

# A draw that would take more tries is left out, whatever r is: exact, as this depends on u alone.
_MOST_TRIES = 64


@njit(cache=True)
def _log_density(r, power, slope):
    return power * np.log(r) - 0.5 * r * r - slope * r


@njit(cache=True)
def draw_radius(n, slope, key, sweep):
    """Return a draw of r with density ~ r^{n-1} exp(-r^2/2 - slope r), or -1 where too many tries fail."""
    mode = 0.5 * (np.sqrt(slope * slope + 4.0 * (n - 1.0)) - slope)
    if not 0.0 < mode < np.inf:
        return -1.0
    highest = _log_density(mode, n - 1.0, slope)
    low, high = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
    for trial in range(_MOST_TRIES):
        word_0, word_1, word_2, _ = philox4x32(np.uint32(trial), RADIUS, low, high, key[0], key[1])
        size = np.sqrt(-2.0 * np.log(to_unit_interval(word_0)))
        shift = size * np.cos(2.0 * np.pi * to_unit_interval(word_1))
        r = mode + shift
        if r > 0.0:
            excess = _log_density(r, n - 1.0, slope) - highest + 0.5 * shift * shift
            if np.log(to_unit_interval(word_2)) < excess:
                return r
    return -1.0


@njit(cache=True)
def _scale(row, factor):
    for i in range(row.shape[0]):
        row[i] *= factor


@njit(cache=True)
def draw_radii(state, network, columns, row_0, rows, sweep):
    """Draw the radius of every column of a tile anew, given its direction."""
    inputs = inputs_of_tile(state, network, row_0, rows)
    n_columns = state.energy.shape[0]
    for c in range(rows):
        column = row_0 + c
        radius = np.sqrt(dot(inputs[c], inputs[c]))
        slope = columns.betas[column] * state.energy[column] / radius
        drawn = draw_radius(network.widths[0], slope, columns.keys[column], sweep)
        if drawn > 0.0:
            factor = as_element(drawn / radius, inputs)
            for k in range(network.widths.shape[0]):
                width = network.widths[k]
                first = n_columns * network.first[k] + column * width
                _scale(state.layers[first : first + width], factor)
            _scale(state.z[column], factor)
            state.energy[column] *= factor
