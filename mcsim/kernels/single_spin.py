"""Single-spin dynamics: sites picked at random, one at a time, with incrementally maintained local fields.

Sites are picked with replacement: in a fixed order a Metropolis sweep of a hot layer accepts every flip and only
toggles between two states.
"""

import numpy as np
from numba import njit

from mcsim.kernels.layered import layer_block
from mcsim.kernels.philox import fill_words, to_unit_interval

HEAT_BATH = 0
METROPOLIS = 1
# Layers number their own counters; single-spin draws belong to no layer.
_NO_LAYER = np.uint32(0xFFFFFFFF)


@njit(cache=True, inline="always", error_model="numpy")
def flip_probability(cost, beta, rule):
    """Return the probability to flip a spin whose flip costs the energy `cost`."""
    x = beta * cost
    if rule == METROPOLIS:
        return 1.0 if x <= 0.0 else np.exp(-x)
    if x >= 0.0:
        t = np.exp(-x)
        return t / (1.0 + t)
    return 1.0 / (1.0 + np.exp(x))


@njit(cache=True)
def _add_flip(columns, couplings, k, i, c, change):
    """Add the change of one spin to the fields of the layers next to it."""
    n_columns = columns.betas.shape[0]
    if k > 0:
        width = couplings.widths[k - 1]
        below = layer_block(columns.fields, couplings, n_columns, k - 1)[c]
        start = couplings.bond_first[k - 1] + i * width
        bond = couplings.backward[start : start + width]
        for j in range(width):
            below[j] += change * bond[j]
    if k < couplings.widths.shape[0] - 1:
        width = couplings.widths[k + 1]
        above = layer_block(columns.fields, couplings, n_columns, k + 1)[c]
        start = couplings.bond_first[k] + i * width
        bond = couplings.forward[start : start + width]
        for j in range(width):
            above[j] += change * bond[j]


@njit(cache=True)
def sweep_single_spin(columns, couplings, rule, first_sweep, n_sweeps, words):
    """Do n_sweeps sweeps of N attempted flips at random sites in every column.

    words : uint32, work space for 2 N random words, rounded up to a multiple of 4
    """
    n_columns = columns.betas.shape[0]
    n_spins = couplings.bias.shape[0]
    for c in range(n_columns):
        for sweep in range(first_sweep, first_sweep + n_sweeps):
            low, high = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
            fill_words(words, columns.keys[c], _NO_LAYER, low, high)
            for attempt in range(n_spins):
                site = np.int64((np.uint64(words[2 * attempt]) * np.uint64(n_spins)) >> np.uint64(32))
                k = np.int64(0)
                while k + 1 < couplings.widths.shape[0] and site >= couplings.first[k + 1]:
                    k += 1
                i = site - couplings.first[k]
                at = n_columns * couplings.first[k] + c * couplings.widths[k] + i
                spin = columns.spins[at]
                cost = 2.0 * np.float64(spin) * np.float64(columns.fields[at])
                u = to_unit_interval(words[2 * attempt + 1])
                if u < flip_probability(cost, columns.betas[c], rule):
                    columns.spins[at] = -spin
                    columns.flips[c] += 1
                    _add_flip(columns, couplings, k, i, c, -2 * spin)
