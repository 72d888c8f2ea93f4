"""Layer-block heat bath of spins in words: all spins of a layer are drawn at once, even layers first, then odd ones.

Spins of one layer do not interact, so this is the same Markov chain as single-spin heat bath in layer order. Local
fields are computed afresh for every draw, 32 spins at a time, and forgotten after it.

The random word of spin i in layer k is word i % 4 of the Philox counter (i // 4, k, sweep, sweep >> 32) under the
column's key: it depends on no block, lane or rank.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mcsim.kernels.spin_draw import SPINS_PER_COUNTER, draw_word
from mcsim.kernels.spin_fields import compute_word_fields
from mcsim.kernels.spin_tables import aligned_zeros
from mcsim.kernels.spin_words import LANES, SPINS_PER_WORD, count_lanes, popcount

_COUNTERS_PER_WORD = SPINS_PER_WORD // SPINS_PER_COUNTER
_ALL_BITS = np.uint32(0xFFFFFFFF)
_ONE = np.uint32(1)
_ZERO = np.float32(0.0)


class SpinColumns(NamedTuple):
    """The walkers: one column is one replica at one slot; lanes beyond the last column are drawn and never read.

    Attributes
    ----------
    words : uint32 (words, lanes)
        The spins (see `mcsim.kernels.spin_words`).
    factors : float32 (lanes,)
        -2 beta.
    keys : uint32 (2, lanes)
        The two halves of every column's Philox key.
    energies : float64 (lanes,)
        H of each column after the last sweep.
    flips : int64 (lanes,)
        Spins changed since the counter was last cleared.
    """

    words: NDArray[np.uint32]
    factors: NDArray[np.float32]
    keys: NDArray[np.uint32]
    energies: NDArray[np.float64]
    flips: NDArray[np.int64]


class Scratch(NamedTuple):
    """Work space for the spins of one word.

    Attributes
    ----------
    fields : float32 (32, lanes)
    drawn : uint32 (lanes,)
    energies : float32 (lanes,)
    """

    fields: NDArray[np.float32]
    drawn: NDArray[np.uint32]
    energies: NDArray[np.float32]


def make_columns(n_words: int, betas: NDArray[np.float64], keys: NDArray[np.uint32]) -> SpinColumns:
    """Return walkers with all spins down, one for each of the betas (columns,) and keys (columns, 2)."""
    columns, lanes = betas.size, count_lanes(betas.size)
    made = SpinColumns(
        words=aligned_zeros((n_words, lanes), np.uint32),
        factors=aligned_zeros((lanes,), np.float32),
        keys=aligned_zeros((2, lanes), np.uint32),
        energies=aligned_zeros((lanes,), np.float64),
        flips=aligned_zeros((lanes,), np.int64),
    )
    made.factors[:columns] = -2.0 * betas
    made.keys[:, :columns] = keys.T
    return made


def make_scratch(n_columns: int) -> Scratch:
    """Return work space for some columns."""
    lanes = count_lanes(n_columns)
    return Scratch(
        aligned_zeros((SPINS_PER_WORD, lanes), np.float32),
        aligned_zeros((lanes,), np.uint32),
        aligned_zeros((lanes,), np.float32),
    )


@njit(cache=True)
def _draw_word(columns, k, w, at, n_spins, low, high, scratch):
    """Draw the spins of word w of layer k, which is row `at` of the words, from the fields in the scratch space.

    The energies of 32 spins are summed in float32, those of words in float64.
    """
    word = columns.words[at]
    n_counters = (n_spins + SPINS_PER_COUNTER - 1) // SPINS_PER_COUNTER
    for c in range(0, word.shape[0], LANES):
        draw_word(
            scratch.fields, c, w * _COUNTERS_PER_WORD, n_counters, k, low, high,
            columns.factors, columns.keys, scratch.drawn, scratch.energies,
        )  # fmt: skip
    valid = _ALL_BITS >> np.uint32(SPINS_PER_WORD - n_spins)
    for c in range(word.shape[0]):
        drawn = np.uint32(scratch.drawn[c] & valid)
        columns.flips[c] += np.int64(popcount(np.uint32(word[c] ^ drawn)))
        columns.energies[c] += np.float64(scratch.energies[c])
        word[c] = drawn


@njit(cache=True)
def _sum_word_energies(word, fields, n_spins, energies):
    """Add - sum h s of the spins of one word (lanes,), given their fields, to the energies, as `_draw_word` does."""
    for c in range(word.shape[0]):
        total = _ZERO
        for i in range(n_spins):
            field = fields[i, c]
            total -= field if (word[c] >> np.uint32(i)) & _ONE else -field
        energies[c] += np.float64(total)


@njit(cache=True)
def _add_bias_energies(network, columns):
    """Add - b . s of the even layers to the energies; those of the odd ones are in their fields."""
    for k in range(0, network.widths.shape[0], 2):
        for at in range(network.first_word[k], network.first_word[k + 1]):
            word = columns.words[at]
            for i in range(SPINS_PER_WORD):
                bias = np.float64(network.bias[at * SPINS_PER_WORD + i])
                if bias != 0.0:
                    for c in range(word.shape[0]):
                        columns.energies[c] -= bias if (word[c] >> np.uint32(i)) & _ONE else -bias


@njit(cache=True)
def sweep_heat_bath(kernel, network, columns, first_sweep, n_sweeps, scratch):
    """Do n_sweeps sweeps of every column and set the energies of the states they end in.

    Every bond has one end in an odd layer. Those are drawn last, so their fields hold all bonds of the final state.
    """
    for sweep in range(first_sweep, first_sweep + n_sweeps):
        low, high = sweep & 0xFFFFFFFF, sweep >> 32
        for parity in range(2):
            columns.energies[:] = 0.0
            for k in range(parity, network.widths.shape[0], 2):
                for at in range(network.first_word[k], network.first_word[k + 1]):
                    w = at - network.first_word[k]
                    n_spins = compute_word_fields(kernel, network, columns.words, k, w, scratch.fields)
                    _draw_word(columns, k, w, at, n_spins, low, high, scratch)
    _add_bias_energies(network, columns)


@njit(cache=True)
def compute_energies(kernel, network, columns, scratch):
    """Set the energies of the present states, to the same bits as the sweep that ended in them."""
    columns.energies[:] = 0.0
    for k in range(1, network.widths.shape[0], 2):
        for at in range(network.first_word[k], network.first_word[k + 1]):
            w = at - network.first_word[k]
            n_spins = compute_word_fields(kernel, network, columns.words, k, w, scratch.fields)
            _sum_word_energies(columns.words[at], scratch.fields, n_spins, columns.energies)
    _add_bias_energies(network, columns)


@njit(cache=True)
def compute_fields(kernel, network, columns, out):
    """Set out, float32 (32 * words, lanes), to the local field of the spin at each bit; rows of padding are 0."""
    out[:] = 0.0
    for k in range(network.widths.shape[0]):
        for at in range(network.first_word[k], network.first_word[k + 1]):
            own = out[at * SPINS_PER_WORD : (at + 1) * SPINS_PER_WORD]
            compute_word_fields(kernel, network, columns.words, k, at - network.first_word[k], own)
