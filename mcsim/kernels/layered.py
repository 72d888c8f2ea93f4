"""Arrays of a layered Ising network as the compiled code sees them.

Every layer of every column (slot x copy) lives in one flat buffer: layer k is the C-contiguous block of shape
(columns, N_k) that starts at ``columns * first[k]``. Rows of neighbouring columns are adjacent, so the field of a
layer for any run of columns is one matrix product of contiguous operands, and the field row of one column is
contiguous for the sparse update.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# Bonds between two layers from which matrix products read the transposed orientation.
TRANSPOSED_FROM = 2**19


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


@njit(cache=True, inline="always")
def layer_block(flat, couplings, n_columns, k):
    """Return layer k of a flat buffer as a contiguous (columns, N_k) view."""
    start = n_columns * couplings.first[k]
    width = couplings.widths[k]
    return flat[start : start + n_columns * width].reshape(n_columns, width)


@njit(cache=True, inline="always")
def forward_bond(couplings, k):
    """Return J^k, shape (N_{k-1}, N_k), k = 1..L."""
    rows, cols = couplings.widths[k - 1], couplings.widths[k]
    start = couplings.bond_first[k - 1]
    return couplings.forward[start : start + rows * cols].reshape(rows, cols)


@njit(cache=True, inline="always")
def backward_bond(couplings, k):
    """Return the transpose of J^k, shape (N_k, N_{k-1}), k = 1..L."""
    rows, cols = couplings.widths[k], couplings.widths[k - 1]
    start = couplings.bond_first[k - 1]
    return couplings.backward[start : start + rows * cols].reshape(rows, cols)


@njit(cache=True)
def _multiply(spins, bond, transposed, out):
    """Set out = spins @ bond, handing BLAS whichever orientation it is faster with for this shape.

    Measured with OpenBLAS, 32 columns: plain 44 to 75 Gflop/s up to width 512 and 31 at 2000, transposed 40 and 59.
    """
    if bond.size < TRANSPOSED_FROM:
        np.dot(spins, bond, out)
    else:
        np.dot(spins, transposed.T, out)


@njit(cache=True)
def compute_layer_fields(columns, couplings, k, row_0, row_1, product):
    """Set the fields of layer k for the columns row_0..row_1 by full matrix products; `product` is scratch."""
    n_columns = columns.betas.shape[0]
    width = couplings.widths[k]
    out = layer_block(columns.fields, couplings, n_columns, k)[row_0:row_1]
    bias = couplings.bias[couplings.first[k] : couplings.first[k] + width]
    last = couplings.widths.shape[0] - 1
    if k > 0:
        below = layer_block(columns.spins, couplings, n_columns, k - 1)[row_0:row_1]
        _multiply(below, forward_bond(couplings, k), backward_bond(couplings, k), out)
    if k < last:
        above = layer_block(columns.spins, couplings, n_columns, k + 1)[row_0:row_1]
        if k == 0:
            _multiply(above, backward_bond(couplings, k + 1), forward_bond(couplings, k + 1), out)
        else:
            other = product[: (row_1 - row_0) * width].reshape(row_1 - row_0, width)
            _multiply(above, backward_bond(couplings, k + 1), forward_bond(couplings, k + 1), other)
            for c in range(row_1 - row_0):
                for j in range(width):
                    out[c, j] += other[c, j]
    for c in range(row_1 - row_0):
        for j in range(width):
            out[c, j] += bias[j]


@njit(cache=True)
def compute_fields(columns, couplings, parity, row_0, row_1, product):
    """Set the fields of every layer of one parity (0 even, 1 odd) for the columns row_0..row_1."""
    for k in range(parity, couplings.widths.shape[0], 2):
        compute_layer_fields(columns, couplings, k, row_0, row_1, product)


@njit(cache=True)
def add_flips_to_row(field, bond, flipped, n_flipped, change):
    """Add ``sum_i change[i] * bond[i, :]`` over the flipped spins to one field row, four rows of bonds at a time."""
    m = 0
    while m + 4 <= n_flipped:
        i0, i1, i2, i3 = flipped[m], flipped[m + 1], flipped[m + 2], flipped[m + 3]
        d0, d1, d2, d3 = change[i0], change[i1], change[i2], change[i3]
        b0, b1, b2, b3 = bond[i0], bond[i1], bond[i2], bond[i3]
        for j in range(field.shape[0]):
            field[j] += (d0 * b0[j] + d1 * b1[j]) + (d2 * b2[j] + d3 * b3[j])
        m += 4
    while m < n_flipped:
        i0 = flipped[m]
        d0 = change[i0]
        b0 = bond[i0]
        for j in range(field.shape[0]):
            field[j] += d0 * b0[j]
        m += 1


@njit(cache=True)
def add_flips_of_layer(columns, couplings, k, c, flipped, n_flipped, change):
    """Propagate the flips of layer k in column c to the fields of the layers next to it."""
    n_columns = columns.betas.shape[0]
    if k > 0:
        below = layer_block(columns.fields, couplings, n_columns, k - 1)[c]
        add_flips_to_row(below, backward_bond(couplings, k), flipped, n_flipped, change)
    if k < couplings.widths.shape[0] - 1:
        above = layer_block(columns.fields, couplings, n_columns, k + 1)[c]
        add_flips_to_row(above, forward_bond(couplings, k + 1), flipped, n_flipped, change)


# Sums may be reordered, which lets them vectorise; the order still depends on the length alone.
@njit(cache=True, fastmath={"reassoc", "contract"})
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


@njit(cache=True)
def layer_sums(columns, couplings, out):
    """Set out[c, k] (int64) to the sum of the spins of layer k in column c."""
    n_columns = columns.betas.shape[0]
    for k in range(couplings.widths.shape[0]):
        spins = layer_block(columns.spins, couplings, n_columns, k)
        for c in range(n_columns):
            total = 0
            for i in range(spins.shape[1]):
                total += np.int64(spins[c, i])
            out[c, k] = total


@njit(cache=True)
def layer_products(columns, couplings, copies, out):
    """Set out[slot, pair, k] (int64) to s_a . s_b in layer k for each pair of copies a < b at a slot."""
    n_columns = columns.betas.shape[0]
    for k in range(couplings.widths.shape[0]):
        spins = layer_block(columns.spins, couplings, n_columns, k)
        for slot in range(n_columns // copies):
            pair = 0
            for a in range(slot * copies, (slot + 1) * copies):
                for b in range(a + 1, (slot + 1) * copies):
                    out[slot, pair, k] = np.int64(_dot(spins[a], spins[b]))
                    pair += 1


@njit(cache=True)
def permute_columns(flat, couplings, n_columns, source, scratch):
    """Replace column c of a flat buffer by column source[c], for every c with source[c] != c."""
    for k in range(couplings.widths.shape[0]):
        block = layer_block(flat, couplings, n_columns, k)
        width = couplings.widths[k]
        for c in range(n_columns):
            if source[c] != c:
                for i in range(width):
                    scratch[c * width + i] = block[c, i]
        for c in range(n_columns):
            if source[c] != c:
                start = source[c] * width
                for i in range(width):
                    block[c, i] = scratch[start + i]


class Scratch(NamedTuple):
    """Work space of a sweep.

    words : uint32 (2 * max(N, 4) rounded up to a multiple of 4), random words
    change : (max N_k,), new minus old spin
    flipped : int64 (max N_k,), indices of changed spins
    product : (columns * max N_k,), a second matrix product
    """

    words: np.ndarray
    change: np.ndarray
    flipped: np.ndarray
    product: np.ndarray
