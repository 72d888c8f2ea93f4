"""The compiled loops behind each move of an MLP's inputs."""

from __future__ import annotations

from collections.abc import Callable

from mcsim.config.moves import HMC, PCN, SINGLE_COORDINATE, MlpMove
from mcsim.kernels import mlp_coordinate, mlp_hmc, mlp_pcn
from mcsim.models.mlp_arrays import MlpArrays

# From the arrays, the number of the first sweep and the number of sweeps.
MlpSweep = Callable[[MlpArrays, int, int], None]


def _hmc(arrays: MlpArrays, first_sweep: int, n_sweeps: int) -> None:
    state, network, columns, work, paths, _, tile_columns = arrays
    mlp_hmc.sweep_hmc(state, network, columns, work, paths, tile_columns, first_sweep, n_sweeps)


def _pcn(arrays: MlpArrays, first_sweep: int, n_sweeps: int) -> None:
    state, network, columns, work, _, _, tile_columns = arrays
    mlp_pcn.sweep_pcn(state, network, columns, work, tile_columns, first_sweep, n_sweeps)


def _single_coordinate(arrays: MlpArrays, first_sweep: int, n_sweeps: int) -> None:
    state, network, columns, work, _, proposal, tile_columns = arrays
    mlp_coordinate.sweep_coordinates(state, network, columns, work, proposal, tile_columns, first_sweep, n_sweeps)


SWEEPS: dict[MlpMove, MlpSweep] = {HMC: _hmc, PCN: _pcn, SINGLE_COORDINATE: _single_coordinate}
