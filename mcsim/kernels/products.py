"""Products of a few dozen rows with fixed weights, in pieces of the shape that BLAS multiplies fastest.

OpenBLAS multiplies without packing its operands where rows x inner x columns is at most 10^6: 105 to 113 Gflop/s on one
core with AVX-512, against 65 to 87 for 32 to 64 rows in one piece and 15 for fewer (Zen 4, float32). So weights lie in
panels of columns, and rows go through a panel a chunk at a time. Panels and chunks depend on the shape of the weights
alone, which fixes the order of every sum.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LARGEST = 1_000_000
# A register tile of the kernels for AVX-512 has 12 rows or so, and columns by sixteens.
_ROWS = 12
_COLUMNS = 16


@njit(cache=True)
def panel_columns(inner, columns):
    """Return how many of the `columns` columns of a matrix of `inner` rows a panel has."""
    most = _LARGEST // (_ROWS * inner)
    return columns if most >= columns else max(_COLUMNS, most // _COLUMNS * _COLUMNS)


@njit(cache=True)
def chunk_rows(inner, panel):
    """Return how many rows go through a panel at a time."""
    most = _LARGEST // (inner * panel)
    return max(1, most if most < 4 else most // 4 * 4)


def in_panels(matrix: NDArray[Any]) -> NDArray[Any]:
    """Return a matrix (inner, columns) as a flat array of its panels, each C-contiguous."""
    inner, columns = matrix.shape
    panel = panel_columns(inner, columns)
    return np.concatenate([matrix[:, left : left + panel].ravel() for left in range(0, columns, panel)])


@njit(cache=True)
def multiply(rows, weights, out, scratch):
    """Set out = rows W.

    rows : (count, inner), C-contiguous
    weights : flat, W of shape (inner, columns) as `in_panels` lays it out
    out : (count, columns), C-contiguous
    scratch : flat, at least as long as out
    """
    count, inner = rows.shape
    columns = out.shape[1]
    panel = panel_columns(inner, columns)
    chunk = chunk_rows(inner, panel)
    for left in range(0, columns, panel):
        width = min(panel, columns - left)
        matrix = weights[left * inner : (left + width) * inner].reshape(inner, width)
        for top in range(0, count, chunk):
            height = min(chunk, count - top)
            product = scratch[: height * width].reshape(height, width)
            np.dot(rows[top : top + height], matrix, product)
            for r in range(height):
                # A view, because sums of indices might be negative for all the compiler knows, and would not vectorise.
                line = out[top + r, left : left + width]
                for j in range(width):
                    line[j] = product[r, j]
