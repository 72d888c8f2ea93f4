"""The compiled loops behind each move of an MLP's inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mcsim.config.moves import HMC, PCN, SINGLE_COORDINATE, MlpMove
from mcsim.kernels import mlp_coordinate, mlp_hmc, mlp_pcn
from mcsim.kernels.mlp_network import Network, Work
from mcsim.kernels.mlp_state import Columns, State


class MlpArrays(NamedTuple):
    """What a sweep of inputs works on; every array is described where its type is.

    proposal : used by moves of single coordinates
    tile_columns : int, columns in one matrix product
    """

    state: State
    network: Network
    columns: Columns
    work: Work
    proposal: mlp_coordinate.Proposal
    tile_columns: int


# From the arrays, the number of the first sweep and the number of sweeps.
MlpSweep = Callable[[MlpArrays, int, int], None]


def _hmc(arrays: MlpArrays, first_sweep: int, n_sweeps: int) -> None:
    state, network, columns, work, _, tile_columns = arrays
    mlp_hmc.sweep_hmc(state, network, columns, work, tile_columns, first_sweep, n_sweeps)


def _pcn(arrays: MlpArrays, first_sweep: int, n_sweeps: int) -> None:
    state, network, columns, work, _, tile_columns = arrays
    mlp_pcn.sweep_pcn(state, network, columns, work, tile_columns, first_sweep, n_sweeps)


def _single_coordinate(arrays: MlpArrays, first_sweep: int, n_sweeps: int) -> None:
    mlp_coordinate.sweep_coordinates(*arrays, first_sweep, n_sweeps)


SWEEPS: dict[MlpMove, MlpSweep] = {HMC: _hmc, PCN: _pcn, SINGLE_COORDINATE: _single_coordinate}
