"""Parallel tempering of one sample, for any model: the algorithm on one screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import RunConfig
from mcsim.models.base import Model, SlotBlock, Walkers
from mcsim.parallel.communicator import Communicator
from mcsim.parallel.layout import ladder_block
from mcsim.tempering.exchange import Exchange

# Called after every round of exchanges with the sweeps done so far; returns whether this rank knows of a request
# to stop.
Heartbeat = Callable[[int], bool]


class StoppedError(Exception):
    """All ranks of the group have agreed to stop early."""


@dataclass(frozen=True)
class Measurement:
    """What one rank knows at one measurement: its slots' observables, and the group's energies.

    Attributes
    ----------
    sweep : int
        Sweeps done since the start.
    energies : float64 (all slots, copies)
    observables : dict of arrays (own slots, ...)
    """

    sweep: int
    energies: NDArray[np.float64]
    observables: dict[str, NDArray[Any]]


class TemperingChain:
    """The replicas of one sample at all slots, dealt to the ranks of a group.

    The trajectory depends on the configuration and the sample alone, not on the number of ranks.
    """

    def __init__(self, config: RunConfig, model: Model, sample: int, group: Communicator) -> None:
        betas = config.ladder.inverse_temperatures()
        copies = config.run.copies
        self.ladder = ladder_block(group.rank, group.size, betas.size, model.tile_slots)
        slots = self.ladder.slots
        self.walkers: Walkers = model.start(
            SlotBlock(slots, betas[slots.start : slots.stop], copies, config.seed, sample)
        )
        self.exchange = Exchange(betas, copies, self.ladder, config.seed, sample)
        self.sample = sample
        self.sweeps = 0
        self._group = group
        self._rows = [
            len(ladder_block(rank, group.size, betas.size, model.tile_slots).slots) for rank in range(group.size)
        ]
        self._sweeps_per_exchange = config.run.sweeps_per_exchange

    def advance(self, sweeps: int, heartbeat: Heartbeat) -> NDArray[np.float64]:
        """Sweep and exchange in turn and return the energies, shape (all slots, copies).

        Raises
        ------
        StoppedError
            On every rank of the group alike, where any of them was asked to stop.
        """
        for _ in range(0, sweeps, self._sweeps_per_exchange):
            self.walkers.sweep(self.sweeps, self._sweeps_per_exchange)
            self.sweeps += self._sweeps_per_exchange
            # A request to stop travels with the energies, so that all ranks read it at once.
            energies, stop = self._group.gather_rows(self.walkers.energies(), self._rows, heartbeat(self.sweeps))
            if stop:
                raise StoppedError
            self.exchange.do_round(energies, self.walkers, self._group)
        return energies


def measurements(config: RunConfig, chain: TemperingChain, heartbeat: Heartbeat) -> Iterator[Measurement]:
    """Thermalise, then yield one measurement after every ``sweeps_per_measurement`` sweeps."""
    if config.run.thermalization:
        chain.advance(config.run.thermalization, heartbeat)
        chain.exchange.clear_counts()
    for _ in range(config.run.measurements):
        energies = chain.advance(config.run.sweeps_per_measurement, heartbeat)
        yield Measurement(chain.sweeps, energies, dict(chain.walkers.observables()))
