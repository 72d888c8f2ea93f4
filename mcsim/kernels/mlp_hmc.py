"""Hamiltonian Monte Carlo on the inputs of an MLP, with the prior's flow solved exactly.

The weight exp(-|x|^2/2 - beta H(x)) is that of |p|^2/2 + |x|^2/2 + beta H, whose flow is split: (x, p) rotate exactly
under the first two terms for a time e, between kicks p -= e beta dH/dx (half a kick at either end). The scheme is
reversible, keeps volume and errs by O(e^2); the error comes from beta H alone, so it does not grow with |x|. On the
sphere |x|^2 = N_0 p is tangent and the rotation is along the geodesic. A trajectory is accepted by Metropolis with
energies summed in float64.

One forward and one backward pass a step, none twice: H and dH/dx at the current point are part of the state.

Source: Shahbaba, Lan, Johnson & Neal, "Split Hamiltonian Monte Carlo", Stat. Comput. 24, 339 (2014); on the sphere
Byrne & Girolami, "Geodesic Monte Carlo on embedded manifolds", Scand. J. Stat. 40, 825 (2013).
"""

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_moves import NORMALS, accepts, follow_geodesic, rotate, sweep_words
from mcsim.kernels.mlp_network import backward, dot, forward, layer_rows
from mcsim.kernels.mlp_state import load_tile, project_out, store_row
from mcsim.kernels.normals import fill_normals
from mcsim.kernels.philox import to_unit_interval


@njit(cache=True)
def kick(p, gradient, x, amount, sphere):
    """Subtract amount * gradient from p; on the sphere what is tangent to it."""
    factor = as_element(amount, p)
    for i in range(p.shape[0]):
        p[i] -= factor * gradient[i]
    if sphere:
        project_out(p, x)


@njit(cache=True)
def conserved(x, p, beta, energy, sphere):
    """Return what the exact flow conserves: |p|^2/2 + |x|^2/2 + beta H, without |x|^2/2 on the sphere."""
    total = 0.5 * dot(p, p) + beta * energy
    return total if sphere else total + 0.5 * dot(x, x)


@njit(cache=True)
def start_trajectories(state, network, columns, work, row_0, rows, sweep):
    """Load a tile, draw momenta and steps, and do the first half kick."""
    load_tile(state, network, work, row_0, rows, 1)
    inputs = layer_rows(work.layers, network, rows, 0, rows)
    low, high = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
    for c in range(rows):
        column = row_0 + c
        x, p = inputs[c], work.momentum[c]
        fill_normals(p, work.words, columns.keys[column], NORMALS, low, high)
        if columns.sphere:
            project_out(p, x)
        word, _, _, _ = sweep_words(columns.keys[column], 0, sweep)
        jitter = 1.0 + columns.step_jitter * (2.0 * to_unit_interval(word) - 1.0)
        work.step[c] = columns.step[column] * jitter
        work.steps[c] = columns.steps[column]
        beta = columns.betas[column]
        work.before[c] = conserved(x, p, beta, state.energy[column], columns.sphere)
        kick(p, state.gradient[column], x, 0.5 * work.step[c] * beta, columns.sphere)


@njit(cache=True)
def follow_trajectories(network, columns, work, row_0, rows):
    """Do the leapfrog steps of a tile. Rows have their own number of steps, which does not rise with the row: those
    still under way are the first ones and go through the matrix products together."""
    inputs = layer_rows(work.layers, network, rows, 0, rows)
    active = rows
    done = 0
    while True:
        while active > 0 and work.steps[active - 1] == done:
            active -= 1
        if active == 0:
            return
        for c in range(active):
            if columns.sphere:
                follow_geodesic(inputs[c], work.momentum[c], work.step[c])
            else:
                rotate(inputs[c], work.momentum[c], work.step[c])
        forward(network, work, rows, active, 0, True)
        backward(network, work, rows, active)
        done += 1
        for c in range(active):
            amount = work.step[c] * columns.betas[row_0 + c]
            amount *= 0.5 if work.steps[c] == done else 1.0
            kick(work.momentum[c], work.gradient[c], inputs[c], amount, columns.sphere)


@njit(cache=True)
def finish_trajectories(state, network, columns, work, row_0, rows, sweep):
    """Accept or reject the end points."""
    inputs = layer_rows(work.layers, network, rows, 0, rows)
    for c in range(rows):
        column = row_0 + c
        after = conserved(inputs[c], work.momentum[c], columns.betas[column], work.energy[c], columns.sphere)
        _, word, _, _ = sweep_words(columns.keys[column], 0, sweep)
        if accepts(work.before[c] - after, word, columns, column):
            store_row(state, network, work, row_0, rows, c)


@njit(cache=True)
def sweep_hmc(state, network, columns, work, tile_columns, first_sweep, n_sweeps):
    """Do n_sweeps trajectories of every column, a tile at a time."""
    n_columns = state.energy.shape[0]
    for row_0 in range(0, n_columns, tile_columns):
        rows = min(tile_columns, n_columns - row_0)
        for sweep in range(first_sweep, first_sweep + n_sweeps):
            start_trajectories(state, network, columns, work, row_0, rows, sweep)
            follow_trajectories(network, columns, work, row_0, rows)
            finish_trajectories(state, network, columns, work, row_0, rows, sweep)
