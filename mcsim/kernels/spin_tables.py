"""A layered network as tables of partial sums of its couplings.

Four neighbours of a spin have 16 sign patterns. A table holds the 16 partial sums of their couplings, entry p for the
pattern whose bit m is set where neighbour m is up, summed as ((s0 J0 + s1 J1) + s2 J2) + s3 J3 in float32. A local
field is the spin's bias, plus one entry of each group of four below it, plus one of each group above it, added in this
order. Products with +-1 are exact, so whoever adds in this order has the same bits, with tables or without.

Memory: every coupling is read from both of its ends, and a table of 16 floats serves four of them: 16 bytes a bond and
end, 32 a bond. An implementation that keeps the half of the tables in which the fourth spin is up (the other half is
its negative) takes 16 bytes a bond, one that keeps the couplings alone 8.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mcsim.kernels.spin_processor import AVX2, AVX512, PORTABLE
from mcsim.kernels.spin_words import SPINS_PER_WORD, first_words

# Spins of a group, and rows (spins that feel the group) whose tables lie side by side.
GROUP = 4
ROWS = 4
_PATTERNS = 2**GROUP
_CACHE_LINE = 64


class SpinNetwork(NamedTuple):
    """The network as the compiled code sees it.

    Attributes
    ----------
    widths : int64 (layers,)
        Spins per layer.
    first_word : int64 (layers + 1,)
        Where each layer's words start (see `mcsim.kernels.spin_words`).
    bias : float32 (32 * words,)
        External field of the spin at each bit, zero at padding.
    tables : float32, flat
        For every layer k and each neighbouring layer the tables [row // 4][group][row % 4][pattern] of the fields on k.
    entries : int
        Floats in a table.
    from_below, from_above : int64 (layers,)
        Where in `tables` those of layers k - 1 and k + 1 start.
    """

    widths: NDArray[np.int64]
    first_word: NDArray[np.int64]
    bias: NDArray[np.float32]
    tables: NDArray[np.float32]
    entries: int
    from_below: NDArray[np.int64]
    from_above: NDArray[np.int64]


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray:
    """Return zeros that start at a cache line, so that no vector straddles two."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    buffer = np.zeros(size + _CACHE_LINE, dtype=np.uint8)
    start = -buffer.ctypes.data % _CACHE_LINE
    return buffer[start : start + size].view(dtype).reshape(shape)


def entries_per_group(kernel: int) -> int:
    """Return how many floats an implementation keeps for four couplings."""
    return {AVX512: _PATTERNS, AVX2: _PATTERNS // 2, PORTABLE: GROUP}[kernel]


def table_size(rows: int, columns: int, kernel: int) -> int:
    """Return the number of floats of the tables of a (rows, columns) matrix."""
    return -(-rows // ROWS) * -(-columns // GROUP) * ROWS * entries_per_group(kernel)


def fill_tables(couplings: NDArray[np.floating], kernel: int, out: NDArray[np.float32]) -> None:
    """Write the tables of a matrix J to a flat array of `table_size`.

    Parameters
    ----------
    couplings : (N_k, neighbours)
        The tables give the fields on its rows.
    kernel : int
        The implementation that will read them.
    """
    columns = couplings.shape[1]
    groups = -(-columns // GROUP)
    entries = entries_per_group(kernel)
    patterns = np.arange(_PATTERNS - entries, _PATTERNS)[:, None] >> np.arange(GROUP) & 1
    signs = np.where(patterns, 1, -1).astype(np.float32)
    for block, tables in enumerate(out.reshape(-1, groups, ROWS, entries)):
        own = couplings[block * ROWS : (block + 1) * ROWS]
        padded = np.zeros((ROWS, groups * GROUP), dtype=np.float32)
        padded[: len(own), :columns] = own
        grouped = padded.reshape(ROWS, groups, GROUP).swapaxes(0, 1)
        if kernel == PORTABLE:
            tables[:] = grouped
            continue
        np.multiply(grouped[..., 0, None], signs[:, 0], out=tables)
        for m in range(1, GROUP):
            tables += grouped[..., m, None] * signs[:, m]


def build_network(
    weights: Sequence[NDArray[np.floating]], biases: Sequence[NDArray[np.floating]] | None, kernel: int
) -> SpinNetwork:
    """Return the tables of a network.

    Parameters
    ----------
    weights : sequence of (N_{k-1}, N_k)
        The couplings between neighbouring layers, k = 1 .. L.
    biases : sequence of (N_k,) or None
        External fields, k = 0 .. L.
    kernel : int
        The implementation (see `mcsim.kernels.spin_processor`) that will read them.
    """
    widths = np.array([weights[0].shape[0], *(w.shape[1] for w in weights)], dtype=np.int64)
    first_word = first_words(widths)
    layers = widths.size
    sizes = np.zeros((layers, 2), dtype=np.int64)
    for k, w in enumerate(weights, start=1):
        sizes[k, 0] = table_size(*w.T.shape, kernel)
        sizes[k - 1, 1] = table_size(*w.shape, kernel)
    starts = (np.cumsum(sizes) - sizes.ravel()).reshape(layers, 2)
    tables = aligned_zeros((int(sizes.sum()),), np.float32)
    for k, w in enumerate(weights, start=1):
        fill_tables(w.T, kernel, tables[starts[k, 0] : starts[k, 0] + sizes[k, 0]])
        fill_tables(w, kernel, tables[starts[k - 1, 1] : starts[k - 1, 1] + sizes[k - 1, 1]])
    bias = np.zeros(int(first_word[-1]) * SPINS_PER_WORD, dtype=np.float32)
    for k, b in enumerate(biases or ()):
        at = int(first_word[k]) * SPINS_PER_WORD
        # Zeros lose their sign: sums that start from +0 never reach -0, whatever the order of the zeros in them.
        bias[at : at + b.size] = b.astype(np.float32) + np.float32(0.0)
    below, above = (np.ascontiguousarray(side) for side in starts.T)
    return SpinNetwork(widths, first_word, bias, tables, entries_per_group(kernel), below, above)
