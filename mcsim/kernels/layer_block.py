"""Layer-block heat bath: all spins of a layer are drawn at once, even layers first, then odd ones.

Spins of one layer do not interact, so this is the same Markov chain as single-spin heat bath in layer order. The
fields of the opposite parity follow either by full matrix products (dense) or by adding the spins that changed
(sparse): two implementations of one update, with the same random numbers.
"""

import numpy as np
from numba import njit

from mcsim.kernels.elementary import exp_of_negative
from mcsim.kernels.layered import add_flips_of_layer, compute_fields, layer_block
from mcsim.kernels.philox import fill_words

_WORD = np.float32(2.3283064365386963e-10)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


@njit(cache=True, error_model="numpy")
def draw_row(spins, fields, beta, words, change):
    """Draw one layer of one column from its conditional law; set change = new - old and return the flip count.

    With t = exp(-2 beta |h|) a spin ends against its field with probability t / (1 + t), which keeps the full
    relative precision of the uniform number where the probability is small.
    """
    factor = np.float32(-2.0 * beta)
    flips = 0
    for i in range(spins.shape[0]):
        h = np.float32(fields[i])
        t = exp_of_negative(factor * abs(h))
        u = (np.float32(words[i]) + _HALF) * _WORD
        aligned = _ONE if h >= np.float32(0.0) else -_ONE
        new = -aligned if u * (_ONE + t) < t else aligned
        difference = new - np.float32(spins[i])
        change[i] = difference
        spins[i] = new
        flips += np.int32(difference != np.float32(0.0))
    return flips


@njit(cache=True)
def _collect_flipped(change, width, flipped):
    """Store the indices of the non-zero changes; return how many."""
    count = 0
    for i in range(width):
        flipped[count] = i
        count += np.int64(change[i] != 0.0)
    return count


@njit(cache=True)
def _draw_parity(columns, couplings, parity, row_0, row_1, dense, sweep, scratch):
    """Draw every layer of one parity for the columns row_0..row_1, spreading the flips of the sparse columns."""
    n_columns = columns.betas.shape[0]
    low, high = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
    for k in range(parity, couplings.widths.shape[0], 2):
        spins = layer_block(columns.spins, couplings, n_columns, k)
        fields = layer_block(columns.fields, couplings, n_columns, k)
        width = couplings.widths[k]
        words = scratch.words[: 4 * ((width + 3) // 4)]
        for c in range(row_0, row_1):
            fill_words(words, columns.keys[c], np.uint32(k), low, high)
            flips = draw_row(spins[c], fields[c], columns.betas[c], words, scratch.change)
            columns.flips[c] += flips
            if flips > 0 and not dense[c]:
                count = _collect_flipped(scratch.change, width, scratch.flipped)
                add_flips_of_layer(columns, couplings, k, c, scratch.flipped, count, scratch.change)


@njit(cache=True)
def _compute_dense_fields(columns, couplings, parity, row_0, row_1, dense, product):
    """Recompute the fields of one parity for each run of adjacent dense columns."""
    start = row_0
    while start < row_1:
        if not dense[start]:
            start += 1
            continue
        stop = start + 1
        while stop < row_1 and dense[stop]:
            stop += 1
        compute_fields(columns, couplings, parity, start, stop, product)
        start = stop


@njit(cache=True)
def sweep_layer_block(columns, couplings, dense, tile_columns, first_sweep, n_sweeps, scratch):
    """Do n_sweeps sweeps, a tile of columns at a time so that its state stays in cache.

    On entry and on return the fields of every layer belong to the current spins.
    """
    n_columns = columns.betas.shape[0]
    for row_0 in range(0, n_columns, tile_columns):
        row_1 = min(row_0 + tile_columns, n_columns)
        for sweep in range(first_sweep, first_sweep + n_sweeps):
            for parity in range(2):
                _draw_parity(columns, couplings, parity, row_0, row_1, dense, sweep, scratch)
                _compute_dense_fields(columns, couplings, 1 - parity, row_0, row_1, dense, scratch.product)
