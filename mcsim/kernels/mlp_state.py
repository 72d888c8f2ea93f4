"""Replicas of an MLP: what is kept of each column, and how it moves, accepts and is measured."""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_network import backward, dot, forward, layer_rows


class State(NamedTuple):
    """The columns of one rank, at their current points.

    layers : flat buffer of layers (see `mlp_network`) for all columns: x and phi(z^l)
    gradient : (columns, N_0), dH/dx; (columns, 0) for dynamics that need none
    energy : float64 (columns,), H
    """

    layers: np.ndarray
    gradient: np.ndarray
    energy: np.ndarray


class Columns(NamedTuple):
    """What belongs to columns (slot x copy) and does not move with the states.

    betas : float64 (columns,)
    keys : uint32 (columns, 2), Philox keys
    sphere : whether the prior is uniform on |x|^2 = N_0 instead of Gaussian
    step : float64 (columns,), size of a move
    steps : int64 (columns,), leapfrog steps of a trajectory, not rising within a tile
    step_jitter : relative half-width of the uniform jitter of the leapfrog step
    chance : float64 (columns,), sum of min(1, acceptance ratio) since last cleared
    accepted, proposed : int64 (columns,), moves since last cleared
    """

    betas: np.ndarray
    keys: np.ndarray
    sphere: bool
    step: np.ndarray
    steps: np.ndarray
    step_jitter: float
    chance: np.ndarray
    accepted: np.ndarray
    proposed: np.ndarray


# Loops like this one instead of assignments between slices, which take numba seconds to compile.
@njit(cache=True)
def copy(source, source_first, target, target_first, count):
    """Copy a run of one flat array into another."""
    for i in range(count):
        target[target_first + i] = source[source_first + i]


@njit(cache=True)
def load_tile(state, network, work, row_0, rows, layers):
    """Copy the first `layers` layers of the columns row_0 .. row_0 + rows of the state into the work space."""
    n_columns = state.energy.shape[0]
    for k in range(layers):
        width = network.widths[k]
        source = n_columns * network.first[k] + row_0 * width
        copy(state.layers, source, work.layers, rows * network.first[k], rows * width)


@njit(cache=True)
def store_row(state, network, work, row_0, rows, c):
    """Make row c of the work space the state of its column."""
    n_columns = state.energy.shape[0]
    for k in range(network.widths.shape[0]):
        width = network.widths[k]
        source, target = rows * network.first[k] + c * width, n_columns * network.first[k] + (row_0 + c) * width
        copy(work.layers, source, state.layers, target, width)
    for i in range(state.gradient.shape[1]):
        state.gradient[row_0 + c, i] = work.gradient[c, i]
    state.energy[row_0 + c] = work.energy[c]


@njit(cache=True)
def evaluate(state, network, work, tile_columns):
    """Compute layers, H and (if kept) gradients of every column from its x, tile by tile as the sweeps do."""
    n_columns = state.energy.shape[0]
    for row_0 in range(0, n_columns, tile_columns):
        rows = min(tile_columns, n_columns - row_0)
        load_tile(state, network, work, row_0, rows, 1)
        with_gradient = state.gradient.shape[1] > 0
        forward(network, work, rows, rows, 0, with_gradient)
        if with_gradient:
            backward(network, work, rows, rows)
        for c in range(rows):
            store_row(state, network, work, row_0, rows, c)


@njit(cache=True)
def onto_sphere(x):
    """Scale x to |x|^2 = its length."""
    factor = as_element(np.sqrt(x.shape[0] / dot(x, x)), x)
    for i in range(x.shape[0]):
        x[i] *= factor


@njit(cache=True)
def project_out(v, x):
    """Remove from v its component along x."""
    factor = as_element(dot(v, x) / dot(x, x), x)
    for i in range(x.shape[0]):
        v[i] -= factor * x[i]


@njit(cache=True)
def self_overlaps(state, network, out):
    """Set out[c, k] (float64) to K^k_aa = |phi(z^k)|^2 / N_k, with |x|^2 / N_0 for k = 0."""
    n_columns = state.energy.shape[0]
    for k in range(network.widths.shape[0]):
        values = layer_rows(state.layers, network, n_columns, k, n_columns)
        for c in range(n_columns):
            out[c, k] = dot(values[c], values[c]) / network.widths[k]


@njit(cache=True)
def overlaps(state, network, copies, out):
    """Set out[slot, pair, k] (float64) to K^k_ab of each pair of copies a < b at a slot."""
    n_columns = state.energy.shape[0]
    for k in range(network.widths.shape[0]):
        values = layer_rows(state.layers, network, n_columns, k, n_columns)
        for slot in range(n_columns // copies):
            pair = 0
            for a in range(slot * copies, (slot + 1) * copies):
                for b in range(a + 1, (slot + 1) * copies):
                    out[slot, pair, k] = dot(values[a], values[b]) / network.widths[k]
                    pair += 1
