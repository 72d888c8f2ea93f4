"""Spins themselves, which result files do not hold: the same trajectory as `simulate`'s, walked once more.

Every random number is addressed by seed, sample, slot, copy and sweep, so a chain started from the configuration of a
run is that run, state by state; its energies are those in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing, RunConfig
from mcsim.models.ising import IsingModel
from mcsim.networks.source import network_of_sample
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.tempering.driver import TemperingChain, measurements

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SampledSpins:
    """States of one sample at some slots, after thermalisation.

    Attributes
    ----------
    temperatures : float64 (slots,)
        Of the slots kept, rising.
    states : int8 (slots, measurements, copies, N)
        Spins -1 and +1, layer after layer.
    energies : float64 (slots, measurements, copies)
        Total energies.
    widths : tuple of int
    reversible : bool
        Whether s -> -s is a symmetry: there are no biases.
    """

    temperatures: Array
    states: NDArray[np.int8]
    energies: Array
    widths: tuple[int, ...]
    reversible: bool

    def nearest(self, temperature: float) -> int:
        """Return the index of the slot nearest to a temperature."""
        return int(np.argmin(np.abs(np.log(self.temperatures / temperature))))

    def flat(self, slot: int) -> Array:
        """Return all states of a slot, shape (measurements x copies, N)."""
        return np.asarray(self.states[slot].reshape(-1, self.states.shape[-1]), dtype=np.float64)

    @property
    def spins(self) -> int:
        """Number of spins, N."""
        return sum(self.widths)

    @property
    def overlap_names(self) -> tuple[str, ...]:
        """Return what the last axis of `overlaps` runs over."""
        return (*(f"layer {k}" for k in range(len(self.widths))), "all spins")

    def overlaps(self, slot: int) -> Array:
        """Return the overlaps of all pairs of copies, shape (measurements, pairs, layers + 1), all spins last."""
        first, second = np.triu_indices(self.states.shape[2], 1)
        states = self.states[slot]
        products = states[:, first] * states[:, second]
        begins = np.cumsum((0, *self.widths[:-1]))
        layers = np.add.reduceat(products, begins, axis=-1, dtype=np.int64).astype(np.float64)
        everything = layers.sum(axis=-1, keepdims=True)
        sizes = np.array([*self.widths, self.spins], dtype=np.float64)
        return np.asarray(np.concatenate([layers, everything], axis=-1) / sizes)

    def projections(self, direction: Array) -> Array:
        """Return s.v/(|v| N^{1/2}), from -1 to 1, shape (slots, measurements, copies)."""
        unit = direction / (np.linalg.norm(direction) * np.sqrt(direction.size))
        along = [one.astype(np.float32) @ unit.astype(np.float32) for one in self.states]
        return np.array(along, dtype=np.float64)

    def correlations(self, slot: int) -> Array:
        """Return <s_i s_j>, shape (N, N)."""
        states = self.flat(slot)
        return np.asarray(states.T @ states / len(states))

    def magnetisations(self, slot: int, reference: Array) -> Array:
        """Return <s_i>, each state turned to the side of the reference where s -> -s is a symmetry.

        Turning makes a magnetisation along the reference even of independent spins, of size (2/pi)^{1/2} along its
        unit vector: above the transition read `correlations` instead.
        """
        states = self.flat(slot)
        sides = np.where(states @ reference >= 0, 1.0, -1.0) if self.reversible else np.ones(len(states))
        return np.asarray(sides @ states / len(states))


def sample_spins(config: RunConfig, *, slots: Sequence[int] | None = None, sample: int = 0) -> SampledSpins:
    """Sample spins as `simulate` would, on this process alone, and keep the states.

    Parameters
    ----------
    config : RunConfig
        Of layered Ising spins.
    slots : sequence of int, optional
        Slots whose states are kept (slot 0 is the coldest); all by default. A state takes N bytes.
    sample : int
        Which repeat of the configuration.
    """
    assert isinstance(config.model, LayeredIsing)
    network = network_of_sample(config, sample)
    model = IsingModel(network, config.model, config.run.copies)
    chain = TemperingChain(config, model, sample, SerialCommunicator())
    betas = config.ladder.inverse_temperatures()
    kept = np.arange(betas.size) if slots is None else np.unique(np.asarray(slots, dtype=np.int64))
    copies, n = config.run.copies, sum(network.widths)
    columns = (kept[:, None] * copies + np.arange(copies)).ravel()
    states = np.empty((kept.size, config.run.measurements, copies, n), dtype=np.int8)
    energies = np.empty(states.shape[:3])
    for row, measured in enumerate(measurements(config, chain, lambda sweeps: False)):
        states[:, row] = chain.walkers.configurations(columns).reshape(kept.size, copies, n)
        energies[:, row] = measured.energies[kept]
    return SampledSpins(1.0 / betas[kept], states, energies, network.widths, network.biases is None)
