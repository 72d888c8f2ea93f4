"""Metropolis moves of single inputs of an MLP, with z^1 maintained.

A move changes z^1 by a multiple of one row of weights (two on the sphere), which costs N_1; deeper layers need full
products for every attempt. Slower than HMC (scripts/benchmark measures it), but it shares neither proposal nor
treatment of the prior with it, and serves as a cross-check.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_moves import accepts, sweep_words
from mcsim.kernels.mlp_network import forward, forward_weights, layer_rows
from mcsim.kernels.mlp_state import copy, copy_rows, load_inputs, move_row, onto_sphere, set_z
from mcsim.kernels.philox import to_unit_interval
from mcsim.kernels.products import panel_columns


class Proposal(NamedTuple):
    """One attempted change in each row of a tile.

    sites : int64 (rows, 2), the coordinates i and j that change; i = j for one coordinate
    values : (rows, 2), where they go
    log_prior : float64 (rows,), log of the ratio of the prior's densities
    words : uint32 (rows,), decides
    z : (rows, N_1), z^1 without its bias before the change; the work space holds that after it
    """

    sites: np.ndarray
    values: np.ndarray
    log_prior: np.ndarray
    words: np.ndarray
    z: np.ndarray


@njit(cache=True, inline="always")
def _pick(word, n):
    """Return an integer uniform on 0 .. n - 1."""
    return np.int64((np.uint64(word) * np.uint64(n)) >> np.uint64(32))


@njit(cache=True)
def _propose(x, words, step, sphere, proposal, c):
    """Move x_i uniformly by up to a step; on the sphere rotate (x_i, x_j) by up to a step instead."""
    n = x.shape[0]
    i = _pick(words[0], n)
    j = i
    shift = step * (2.0 * to_unit_interval(words[1]) - 1.0)
    old = np.float64(x[i])
    if sphere:
        j = _pick(words[2], n - 1)
        j += np.int64(j >= i)
        other = np.float64(x[j])
        proposal.values[c, 0] = np.cos(shift) * old + np.sin(shift) * other
        proposal.values[c, 1] = np.cos(shift) * other - np.sin(shift) * old
        proposal.log_prior[c] = 0.0
    else:
        moved = old + shift
        proposal.values[c, 0] = moved
        proposal.values[c, 1] = moved
        proposal.log_prior[c] = 0.5 * (old * old - moved * moved)
    proposal.sites[c, 0] = i
    proposal.sites[c, 1] = j
    proposal.words[c] = words[3]


@njit(cache=True)
def _shift_first_layer(x, z, weights, sites, values, trial):
    """Set trial = z^1 with the proposed coordinates."""
    i, j = sites[0], sites[1]
    change_i = as_element(values[0] - x[i], z)
    # One coordinate only: its row must not be added twice.
    change_j = as_element(values[1] - x[j] if j != i else 0.0, z)
    n, width = x.shape[0], z.shape[0]
    panel = panel_columns(n, width)
    for left in range(0, width, panel):
        columns = min(panel, width - left)
        row_i, row_j = left * n + i * columns, left * n + j * columns
        for k in range(columns):
            trial[left + k] = z[left + k] + (change_i * weights[row_i + k] + change_j * weights[row_j + k])


@njit(cache=True)
def _attempt(network, columns, work, row_0, rows, proposal, attempt, sweep):
    """Propose a change in each row, compute the energies it leads to, and accept or reject."""
    inputs = layer_rows(work.layers, network, rows, 0, rows)
    weights = forward_weights(network, 1)
    for c in range(rows):
        column = row_0 + c
        words = sweep_words(columns.keys[column], attempt, sweep)
        _propose(inputs[c], words, columns.step[column], columns.sphere, proposal, c)
        _shift_first_layer(inputs[c], proposal.z[c], weights, proposal.sites[c], proposal.values[c], work.z[c])
    forward(network, work, rows, rows)
    for c in range(rows):
        log_ratio = proposal.log_prior[c] - columns.betas[row_0 + c] * (work.energy[c] - work.before[c])
        if accepts(log_ratio, proposal.words[c], columns, row_0 + c):
            inputs[c, proposal.sites[c, 0]] = proposal.values[c, 0]
            inputs[c, proposal.sites[c, 1]] = proposal.values[c, 1]
            copy_rows(work.z, c, proposal.z, c, 1)
            work.before[c] = work.energy[c]


@njit(cache=True)
def sweep_coordinates(state, network, columns, work, proposal, tile_columns, first_sweep, n_sweeps):
    """Do n_sweeps sweeps of N_0 attempts; z^1 and H are computed afresh in each, so that rounding cannot add up."""
    n_columns = state.energy.shape[0]
    for row_0 in range(0, n_columns, tile_columns):
        rows = min(tile_columns, n_columns - row_0)
        inputs = layer_rows(work.layers, network, rows, 0, rows)
        for sweep in range(first_sweep, first_sweep + n_sweeps):
            load_inputs(state, network, work, row_0, rows)
            copy(state.energy, row_0, work.before, 0, rows)
            set_z(network, work, inputs)
            copy_rows(work.z, 0, proposal.z, 0, rows)
            for attempt in range(network.widths[0]):
                _attempt(network, columns, work, row_0, rows, proposal, attempt, sweep)
            if columns.sphere:
                for c in range(rows):
                    onto_sphere(inputs[c])
            set_z(network, work, inputs)
            forward(network, work, rows, rows)
            for c in range(rows):
                columns.swept[row_0 + c] += 1
                move_row(state, network, columns, work, row_0, rows, c)
