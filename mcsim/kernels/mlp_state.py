"""Replicas of an MLP: what is kept of each column, and how it is evaluated and measured."""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_network import dot, forward, forward_weights, layer_rows
from mcsim.kernels.products import multiply


class State(NamedTuple):
    """The columns of one rank, at their current points.

    layers : flat buffer of layers (see `mlp_network`) for all columns: x and phi(z^l)
    z : (columns, N_1), z^1 without its bias; (columns, 0) for moves that do not start from it
    energy : float64 (columns,), H
    """

    layers: np.ndarray
    z: np.ndarray
    energy: np.ndarray


class Columns(NamedTuple):
    """What belongs to columns (slot x copy) and does not move with the states.

    betas : float64 (columns,)
    keys : uint32 (columns, 2), Philox keys
    sphere : whether the prior is uniform on |x|^2 = N_0 instead of Gaussian
    step : float64 (columns,), size of a move
    steps : int64 (columns,), steps of a trajectory, not rising within a tile
    step_jitter : relative half-width of the uniform jitter of the step of a trajectory
    chance : float64 (columns,), sum of min(1, acceptance ratio) since last cleared
    accepted, proposed : int64 (columns,), moves since last cleared
    jumped, energy_jumped : float64 (columns,), sums over sweeps of |change of x|^2 / N_0 and (change of H)^2 since
        last cleared
    swept : int64 (columns,), these sweeps
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
    jumped: np.ndarray
    energy_jumped: np.ndarray
    swept: np.ndarray


# Loops like this one instead of assignments between slices, which take numba seconds to compile.
@njit(cache=True)
def copy(source, source_first, target, target_first, count):
    """Copy a run of one flat array into another."""
    # Views, because sums of indices might be negative for all the compiler knows, and would not vectorise.
    taken, given = target[target_first : target_first + count], source[source_first : source_first + count]
    for i in range(count):
        taken[i] = given[i]


@njit(cache=True)
def copy_rows(source, source_first, target, target_first, rows):
    """Copy a run of rows of one array into another of the same width."""
    for r in range(rows):
        for i in range(source.shape[1]):
            target[target_first + r, i] = source[source_first + r, i]


@njit(cache=True, inline="always")
def inputs_of_tile(state, network, row_0, rows):
    """Return x of the columns row_0 .. row_0 + rows, shape (rows, N_0)."""
    width = network.widths[0]
    return state.layers[row_0 * width : (row_0 + rows) * width].reshape(rows, width)


@njit(cache=True)
def load_inputs(state, network, work, row_0, rows):
    """Copy x of the columns row_0 .. row_0 + rows into the work space."""
    width = network.widths[0]
    copy(state.layers, row_0 * width, work.layers, 0, rows * width)


@njit(cache=True)
def store_row(state, network, work, row_0, rows, c):
    """Make row c of the work space the state of its column."""
    n_columns = state.energy.shape[0]
    for k in range(network.widths.shape[0]):
        width = network.widths[k]
        source, target = rows * network.first[k] + c * width, n_columns * network.first[k] + (row_0 + c) * width
        copy(work.layers, source, state.layers, target, width)
    for i in range(state.z.shape[1]):
        state.z[row_0 + c, i] = work.z[c, i]
    state.energy[row_0 + c] = work.energy[c]


@njit(cache=True)
def set_z(network, work, inputs):
    """Set `work.z` of as many rows as `inputs` (rows, N_0) has."""
    multiply(inputs, forward_weights(network, 1), work.z[: inputs.shape[0]], work.product)


@njit(cache=True)
def evaluate(state, network, work, tile_columns):
    """Compute layers, H and (if kept) z^1 of every column from its x, tile by tile as the sweeps do."""
    n_columns = state.energy.shape[0]
    for row_0 in range(0, n_columns, tile_columns):
        rows = min(tile_columns, n_columns - row_0)
        load_inputs(state, network, work, row_0, rows)
        set_z(network, work, layer_rows(work.layers, network, rows, 0, rows))
        forward(network, work, rows, rows)
        for c in range(rows):
            store_row(state, network, work, row_0, rows, c)


@njit(cache=True, fastmath={"reassoc", "contract"})
def squared_distance(a, b):
    """Return |a - b|^2 in float64."""
    total = 0.0
    for i in range(a.shape[0]):
        difference = np.float64(a[i]) - np.float64(b[i])
        total += difference * difference
    return total


@njit(cache=True)
def move_row(state, network, columns, work, row_0, rows, c):
    """Make row c of the work space the state of its column, and count how far x and H jump."""
    x, old = layer_rows(work.layers, network, rows, 0, rows)[c], inputs_of_tile(state, network, row_0, rows)[c]
    columns.jumped[row_0 + c] += squared_distance(x, old) / x.shape[0]
    columns.energy_jumped[row_0 + c] += (work.energy[c] - state.energy[row_0 + c]) ** 2
    store_row(state, network, work, row_0, rows, c)


@njit(cache=True)
def onto_sphere(x):
    """Scale x to |x|^2 = its length, and return the factor."""
    factor = as_element(np.sqrt(x.shape[0] / dot(x, x)), x)
    for i in range(x.shape[0]):
        x[i] *= factor
    return factor


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
