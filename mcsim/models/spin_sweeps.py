"""The compiled loops behind each move of spins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.config.moves import LAYER_HEAT_BATH, SPIN_HEAT_BATH, SPIN_METROPOLIS, SpinMove
from mcsim.kernels import layer_block, layered, single_spin


class SpinArrays(NamedTuple):
    """What a sweep of spins works on.

    columns, couplings, scratch : see `mcsim.kernels.layered`
    dense : bool (columns,), whether fields are full products or follow the spins that changed
    tile_columns : int, columns in one matrix product
    """

    columns: layered.Columns
    couplings: layered.Couplings
    scratch: layered.Scratch
    dense: NDArray[np.bool_]
    tile_columns: int


# From the arrays, the number of the first sweep and the number of sweeps.
SpinSweep = Callable[[SpinArrays, int, int], None]


def _layer_heat_bath(arrays: SpinArrays, first_sweep: int, n_sweeps: int) -> None:
    layer_block.sweep_layer_block(
        arrays.columns, arrays.couplings, arrays.dense, arrays.tile_columns, first_sweep, n_sweeps, arrays.scratch
    )


def _single_spin(rule: Any) -> SpinSweep:
    def sweep(arrays: SpinArrays, first_sweep: int, n_sweeps: int) -> None:
        single_spin.sweep_single_spin(arrays.columns, arrays.couplings, rule, first_sweep, n_sweeps, arrays.scratch)

    return sweep


SWEEPS: dict[SpinMove, SpinSweep] = {
    LAYER_HEAT_BATH: _layer_heat_bath,
    SPIN_HEAT_BATH: _single_spin(single_spin.HEAT_BATH),
    SPIN_METROPOLIS: _single_spin(single_spin.METROPOLIS),
}
