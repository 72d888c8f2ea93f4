"""Arrays of a layered Ising network whose spins and local fields are numbers, as single-spin dynamics keeps them.

Every layer of every column (slot x copy) lives in one flat buffer: layer k is the C-contiguous block of shape
(columns, N_k) that starts at ``columns * first[k]``, so that the field row of one column is contiguous.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray


class Couplings(NamedTuple):
    """The network: bonds in both orientations, so that either side of a bond is read along rows.

    widths, first : int64 (L+1,), neurons per layer and their running offset
    forward : flat, J^k as (N_{k-1}, N_k) starting at bond_first[k-1]
    backward : flat, its transpose (N_k, N_{k-1}) at the same offset
    bias : flat (N,), zero where the network has none
    """

    widths: np.ndarray
    first: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    bond_first: np.ndarray
    bias: np.ndarray


class Columns(NamedTuple):
    """The walkers: one column is one replica at one slot.

    spins, fields : flat (columns * N,), +-1 and the local fields b_i + sum_j J_ij s_j
    betas : float64 (columns,)
    keys : uint32 (columns, 2), Philox keys
    flips : int64 (columns,), accepted flips since the counter was last cleared
    """

    spins: np.ndarray
    fields: np.ndarray
    betas: np.ndarray
    keys: np.ndarray
    flips: np.ndarray


def make_couplings(
    weights: Sequence[NDArray[np.float64]], biases: Sequence[NDArray[np.float64]] | None, dtype: DTypeLike
) -> Couplings:
    """Return a network in the layout and precision of the kernels.

    Parameters
    ----------
    weights : sequence of (N_{k-1}, N_k)
    biases : sequence of (N_k,) or None
    dtype : float32 or float64
    """
    widths = np.array([weights[0].shape[0], *(w.shape[1] for w in weights)], dtype=np.int64)
    bonds = np.array([w.size for w in weights], dtype=np.int64)
    return Couplings(
        widths=widths,
        first=np.cumsum(widths) - widths,
        forward=np.concatenate([w.ravel() for w in weights]).astype(dtype),
        backward=np.concatenate([w.T.ravel() for w in weights]).astype(dtype),
        bond_first=np.cumsum(bonds) - bonds,
        bias=np.concatenate(biases or [np.zeros(n) for n in widths]).astype(dtype),
    )


@njit(cache=True, inline="always")
def layer_block(flat, couplings, n_columns, k):
    """Return layer k of a flat buffer as a contiguous (columns, N_k) view."""
    start = n_columns * couplings.first[k]
    width = couplings.widths[k]
    return flat[start : start + n_columns * width].reshape(n_columns, width)


@njit(cache=True)
def _add_layer(field, spins, bonds):
    """Add to one field row what a layer of spins contributes; bonds is flat (spins, fields)."""
    width = field.shape[0]
    for i in range(spins.shape[0]):
        row = bonds[i * width : (i + 1) * width]
        for j in range(width):
            field[j] += spins[i] * row[j]


@njit(cache=True)
def compute_fields(columns, couplings):
    """Set all local fields from the spins, in an order of additions that knows nothing of other columns."""
    n_columns = columns.betas.shape[0]
    last = couplings.widths.shape[0] - 1
    for k in range(last + 1):
        fields = layer_block(columns.fields, couplings, n_columns, k)
        first, width = couplings.first[k], couplings.widths[k]
        for c in range(n_columns):
            fields[c] = couplings.bias[first : first + width]
            if k > 0:
                start = couplings.bond_first[k - 1]
                below = layer_block(columns.spins, couplings, n_columns, k - 1)[c]
                _add_layer(fields[c], below, couplings.forward[start:])
            if k < last:
                start = couplings.bond_first[k]
                above = layer_block(columns.spins, couplings, n_columns, k + 1)[c]
                _add_layer(fields[c], above, couplings.backward[start:])


@njit(cache=True)
def _dot(a, b):
    """Return a . b accumulated in float64."""
    total = 0.0
    for i in range(a.shape[0]):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@njit(cache=True)
def energies(columns, couplings, out):
    """Set out[c] (float64) to H of each column, from the fields of the odd layers and the biases of the even ones."""
    n_columns = columns.betas.shape[0]
    out[:] = 0.0
    for k in range(couplings.widths.shape[0]):
        spins = layer_block(columns.spins, couplings, n_columns, k)
        fields = layer_block(columns.fields, couplings, n_columns, k)
        bias = couplings.bias[couplings.first[k] : couplings.first[k] + couplings.widths[k]]
        for c in range(n_columns):
            out[c] -= _dot(spins[c], fields[c] if k % 2 == 1 else bias)
