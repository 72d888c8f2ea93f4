"""Local fields of spins in words: h_i = b_i + sum_j J_ij s_j, in one order of additions for every implementation."""

from numba import njit

from mcsim.kernels.spin_look_up import add_avx2_16, add_avx512_16, add_avx512_32, add_avx512_64, add_portable_16
from mcsim.kernels.spin_processor import AVX2, AVX512
from mcsim.kernels.spin_tables import GROUP, ROWS
from mcsim.kernels.spin_words import SPINS_PER_WORD


@njit(cache=True)
def _add_rows(kernel, tables, start, words, first_word, n_spins, fields, row):
    """Add to four rows of fields, from `row` on, what n_spins spins contribute; see `_add_layer`."""
    lanes = fields.shape[1]
    column = 0
    if kernel == AVX512:
        while column + 64 <= lanes:
            add_avx512_64(tables, start, words, first_word, n_spins, fields, row, column)
            column += 64
        if column + 32 <= lanes:
            add_avx512_32(tables, start, words, first_word, n_spins, fields, row, column)
            column += 32
        if column < lanes:
            add_avx512_16(tables, start, words, first_word, n_spins, fields, row, column)
    elif kernel == AVX2:
        for column in range(0, lanes, 16):
            add_avx2_16(tables, start, words, first_word, n_spins, fields, row, column)
    else:
        for column in range(0, lanes, 16):
            add_portable_16(tables, start, words, first_word, n_spins, fields, row, column)


@njit(cache=True)
def _add_layer(kernel, network, start, words, first_word, n_spins, fields):
    """Add to fields (float32 (rows, lanes), rows a multiple of 4) what the n_spins spins of a layer contribute.

    Their words start at `first_word`, the tables of the first four rows at `start`.
    """
    for row in range(0, fields.shape[0], ROWS):
        _add_rows(kernel, network.tables, start, words, first_word, n_spins, fields, row)
        start += (n_spins + GROUP - 1) // GROUP * ROWS * network.entries


@njit(cache=True)
def compute_word_fields(kernel, network, words, k, w, fields):
    """Set the fields of the spins in word w of layer k and return their number.

    Parameters
    ----------
    kernel : int
        The implementation that the network's tables were built for.
    network : SpinNetwork
    words : uint32 (words, lanes)
    fields : float32 (32, lanes)
        Set in as many rows as there are spins; rows that complete four become 0.
    """
    n_spins = min(SPINS_PER_WORD, network.widths[k] - w * SPINS_PER_WORD)
    own = fields[: (n_spins + ROWS - 1) // ROWS * ROWS]
    first_bias = (network.first_word[k] + w) * SPINS_PER_WORD
    for row in range(own.shape[0]):
        own[row, :] = network.bias[first_bias + row]
    for side in range(2):
        neighbour = k - 1 if side == 0 else k + 1
        if 0 <= neighbour < network.widths.shape[0]:
            n_next = network.widths[neighbour]
            start = network.from_below[k] if side == 0 else network.from_above[k]
            start += w * SPINS_PER_WORD * ((n_next + GROUP - 1) // GROUP) * network.entries
            _add_layer(kernel, network, start, words, network.first_word[neighbour], n_next, own)
    return n_spins
