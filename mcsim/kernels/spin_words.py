"""Ising spins as bits: 32 spins of one column in a word, +1 is a set bit.

Layer k of a network takes the words ``first_word[k]`` to ``first_word[k + 1]`` of an array of shape (words, lanes);
spin i of the layer is bit i % 32 of word i // 32. Bits beyond a layer's last spin are padding and always clear. Columns
(slot x copy) are padded to whole vectors of 16 lanes; lanes beyond the last column belong to nobody.

Overlaps and magnetisations are counts of bits, hence exact integers.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

SPINS_PER_WORD = 32
LANES = 16
_BYTES = 4


def count_words(n_spins: int) -> int:
    """Return how many words hold n spins."""
    return -(-n_spins // SPINS_PER_WORD)


def count_lanes(n_columns: int) -> int:
    """Return the number of columns rounded up to whole vectors."""
    return -(-n_columns // LANES) * LANES


def first_words(widths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the words of each layer start, and after the last one their number, shape (layers + 1,)."""
    return np.concatenate([[0], np.cumsum([count_words(int(n)) for n in widths])]).astype(np.int64)


def pack_layer(spins: NDArray[np.floating | np.integer]) -> NDArray[np.uint32]:
    """Return the words of one layer.

    Parameters
    ----------
    spins : (N_k, columns)
        Any numbers; those above zero are spins up.

    Returns
    -------
    uint32 (words, columns), the padding clear.
    """
    n_spins, columns = spins.shape
    up = np.zeros((count_words(n_spins) * SPINS_PER_WORD, columns), dtype=np.uint8)
    up[:n_spins] = spins > 0
    octets = np.packbits(up, axis=0, bitorder="little").reshape(-1, _BYTES, columns).astype(np.uint32)
    words: NDArray[np.uint32] = np.bitwise_or.reduce(octets << np.arange(0, 32, 8, dtype=np.uint32)[:, None], axis=1)
    return words


def unpack_layer(words: NDArray[np.uint32], n_spins: int) -> NDArray[np.int8]:
    """Return the spins +-1 of one layer, int8 (N_k, columns), from its words (words, columns)."""
    octets = (words[:, None, :] >> np.arange(0, 32, 8, dtype=np.uint32)[:, None]).astype(np.uint8)
    bits = np.unpackbits(octets.reshape(-1, words.shape[1]), axis=0, bitorder="little")[:n_spins]
    return (2 * bits.astype(np.int8) - 1).astype(np.int8)


@intrinsic
def popcount(typing_context, word):
    """Return the number of set bits of a uint32, as a uint32."""

    def generate(context, builder, signature, arguments):
        word = ir.IntType(32)
        count = cgutils.get_or_insert_function(builder.module, ir.FunctionType(word, [word]), "llvm.ctpop.i32")
        return builder.call(count, arguments)

    return types.uint32(types.uint32), generate


@njit(cache=True)
def sum_layers(words, widths, first_word, out):
    """Set out[c, k] to the sum of the spins of layer k in column c; out has one row per column."""
    out[:] = 0
    for k in range(widths.shape[0]):
        for w in range(first_word[k], first_word[k + 1]):
            for c in range(out.shape[0]):
                out[c, k] += 2 * np.int64(popcount(words[w, c]))
        for c in range(out.shape[0]):
            out[c, k] -= widths[k]


@njit(cache=True)
def multiply_copies(words, widths, first_word, copies, out):
    """Set out[slot, pair, k] to s_a . s_b in layer k for each pair of copies a < b at a slot.

    Column = slot * copies + copy. Spins that differ are the set bits of the exclusive or.
    """
    for slot in range(out.shape[0]):
        first = slot * copies
        for k in range(widths.shape[0]):
            pair = 0
            for a in range(first, first + copies):
                for b in range(a + 1, first + copies):
                    differing = np.int64(0)
                    for w in range(first_word[k], first_word[k + 1]):
                        differing += np.int64(popcount(words[w, a] ^ words[w, b]))
                    out[slot, pair, k] = widths[k] - 2 * differing
                    pair += 1


@njit(cache=True)
def measure_overlaps(words, widths, first_word, copies, overlap, total, magnetization):
    """Set what is measured of spins, from exact integers.

    overlap : float64 (slots, pairs, layers), s_a . s_b / N_k
    total : float64 (slots, pairs), s_a . s_b / N
    magnetization : float64 (slots, copies, layers), mean spin
    """
    slots, pairs, layers = overlap.shape
    products = np.empty((slots, pairs, layers), dtype=np.int64)
    multiply_copies(words, widths, first_word, copies, products)
    sums = np.empty((slots * copies, layers), dtype=np.int64)
    sum_layers(words, widths, first_word, sums)
    n_spins = widths.sum()
    for slot in range(slots):
        for pair in range(pairs):
            total[slot, pair] = products[slot, pair].sum() / n_spins
            for k in range(layers):
                overlap[slot, pair, k] = products[slot, pair, k] / widths[k]
        for copy in range(copies):
            for k in range(layers):
                magnetization[slot, copy, k] = sums[slot * copies + copy, k] / widths[k]


@njit(cache=True)
def permute_columns(words, energies, source):
    """Replace column c and its energy by those of column source[c]; lanes beyond the columns stay.

    words : uint32 (words, lanes)
    energies : float64 (lanes,)
    source : int64 (columns,)
    """
    energies[: source.shape[0]] = energies[source]
    row = np.empty(source.shape[0], dtype=np.uint32)
    for w in range(words.shape[0]):
        for c in range(source.shape[0]):
            row[c] = words[w, source[c]]
        for c in range(source.shape[0]):
            words[w, c] = row[c]
