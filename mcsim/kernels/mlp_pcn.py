"""Preconditioned Crank-Nicolson (pCN) moves of an MLP's inputs: all coordinates at once, without gradients.

Slower than HMC (scripts/benchmark measures it); it serves as a cross-check.

Source: Cotter, Roberts, Stuart & White, Stat. Sci. 28, 424 (2013).
"""

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_moves import NORMALS, accepts, follow_geodesic, sweep_words
from mcsim.kernels.mlp_network import forward, layer_rows
from mcsim.kernels.mlp_state import load_inputs, move_row, project_out, set_z
from mcsim.kernels.normals import fill_normals


@njit(cache=True)
def _propose_pcn(x, noise, step, sphere):
    """Replace x by sqrt(1 - s^2) x + s xi, which keeps N(0, I); on the sphere by a geodesic of length s |xi|."""
    if sphere:
        project_out(noise, x)
        follow_geodesic(x, noise, step)
        return
    keep, add = as_element(np.sqrt(max(0.0, 1.0 - step * step)), x), as_element(step, x)
    for i in range(x.shape[0]):
        x[i] = keep * x[i] + add * noise[i]


@njit(cache=True)
def sweep_pcn(state, network, columns, work, tile_columns, first_sweep, n_sweeps):
    """Do n_sweeps proposals of all coordinates at once, accepted with min(1, exp(-beta dH))."""
    n_columns = state.energy.shape[0]
    for row_0 in range(0, n_columns, tile_columns):
        rows = min(tile_columns, n_columns - row_0)
        inputs = layer_rows(work.layers, network, rows, 0, rows)
        for sweep in range(first_sweep, first_sweep + n_sweeps):
            load_inputs(state, network, work, row_0, rows)
            low, high = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
            for c in range(rows):
                column = row_0 + c
                fill_normals(work.noise[c], work.words, columns.keys[column], NORMALS, low, high)
                _propose_pcn(inputs[c], work.noise[c], columns.step[column], columns.sphere)
            set_z(network, work, inputs)
            forward(network, work, rows, rows)
            for c in range(rows):
                column = row_0 + c
                columns.swept[column] += 1
                word, _, _, _ = sweep_words(columns.keys[column], 0, sweep)
                log_ratio = -columns.betas[column] * (work.energy[c] - state.energy[column])
                if accepts(log_ratio, word, columns, column):
                    move_row(state, network, columns, work, row_0, rows, c)
