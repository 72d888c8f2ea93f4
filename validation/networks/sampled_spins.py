"""Spins themselves, which result files do not hold: the same trajectory as `simulate`'s, walked once more.

Every random number is addressed by seed, sample, slot, copy and sweep, so a chain started from the configuration of a
run is that run, state by state; its energies are those in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing, RunConfig
from mcsim.models.ising import IsingModel
from mcsim.networks.source import network_of_sample
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.tempering.driver import TemperingChain, measurements
from validation.numbers.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class SampledSpins:
    """States of one sample at every slot, after thermalisation."""

    temperatures: FloatArray  #: rising, (slots,)
    states: NDArray[np.int8]  #: spins -1 and +1, layer after layer, (slots, measurements, copies, N)
    energies: FloatArray  #: of all spins together, (slots, measurements, copies)
    widths: tuple[int, ...]
    reversible: bool  #: whether s -> -s is a symmetry: there are no biases

    def nearest(self, temperature: float) -> int:
        """Return the index of the slot nearest to a temperature."""
        return int(np.argmin(np.abs(np.log(self.temperatures / temperature))))

    @property
    def spins(self) -> int:
        """Number of spins, N."""
        return sum(self.widths)

    @property
    def overlap_names(self) -> tuple[str, ...]:
        """Return what the last axis of `overlaps` runs over."""
        return (*(f"layer {k}" for k in range(len(self.widths))), "all spins")

    def overlaps(self, slot: int) -> FloatArray:
        """Return the overlaps of all pairs of copies, shape (measurements, pairs, layers + 1), all spins last."""
        first, second = np.triu_indices(self.states.shape[2], 1)
        states = self.states[slot]
        products = states[:, first] * states[:, second]
        begins = np.cumsum((0, *self.widths[:-1]))
        layers = np.add.reduceat(products, begins, axis=-1, dtype=np.int64).astype(np.float64)
        everything = layers.sum(axis=-1, keepdims=True)
        sizes = np.array([*self.widths, self.spins], dtype=np.float64)
        return np.asarray(np.concatenate([layers, everything], axis=-1) / sizes)

    def projections(self, direction: FloatArray) -> FloatArray:
        """Return s.v/(|v| N^{1/2}), from -1 to 1, shape (slots, measurements, copies)."""
        unit = direction / (np.linalg.norm(direction) * np.sqrt(direction.size))
        along = [states.astype(np.float32) @ unit.astype(np.float32) for states in self.states]
        return np.array(along, dtype=np.float64)


def sample_spins(config: RunConfig, *, sample: int = 0) -> SampledSpins:
    """Sample one repeat of layered Ising spins as `simulate` would, on this process alone, and keep the states."""
    assert isinstance(config.model, LayeredIsing)
    network = network_of_sample(config, sample)
    model = IsingModel(network, config.model, config.run.copies)
    chain = TemperingChain(config, model, sample, SerialCommunicator())
    betas = config.ladder.inverse_temperatures()
    slots, copies, n = betas.size, config.run.copies, sum(network.widths)
    states = np.empty((slots, config.run.measurements, copies, n), dtype=np.int8)
    energies = np.empty(states.shape[:3])
    for row, measured in enumerate(measurements(config, chain, lambda sweeps: False)):
        states[:, row] = chain.walkers.configurations(np.arange(slots * copies)).reshape(slots, copies, n)
        energies[:, row] = measured.energies
    return SampledSpins(1.0 / betas, states, energies, network.widths, network.biases is None)
