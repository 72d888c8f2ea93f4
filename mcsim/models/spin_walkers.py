"""The replicas behind each move of spins."""

from __future__ import annotations

from collections.abc import Callable

from mcsim.config import LayeredIsing
from mcsim.config.moves import LAYER_HEAT_BATH, SPIN_HEAT_BATH, SPIN_METROPOLIS, SpinMove
from mcsim.kernels.single_spin import HEAT_BATH, METROPOLIS
from mcsim.models.base import SlotBlock, Walkers
from mcsim.models.layer_block_walkers import LayerBlockWalkers
from mcsim.models.single_spin_walkers import SingleSpinWalkers
from mcsim.networks.layered import LayeredWeights

StartWalkers = Callable[[LayeredWeights, LayeredIsing, SlotBlock], Walkers]


def _single_spin(rule: int) -> StartWalkers:
    return lambda network, specification, block: SingleSpinWalkers(network, specification, rule, block)


WALKERS: dict[SpinMove, StartWalkers] = {
    LAYER_HEAT_BATH: lambda network, specification, block: LayerBlockWalkers(network, block),
    SPIN_HEAT_BATH: _single_spin(HEAT_BATH),
    SPIN_METROPOLIS: _single_spin(METROPOLIS),
}
