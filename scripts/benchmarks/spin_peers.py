"""dwave-samplers and OpenJij on a network, each as its documentation recommends for sampling at fixed temperatures.

Both minimise E(s) = sum_{i<j} Q_ij s_i s_j with weight exp(-beta E), so Q = -J. Their annealing visits the temperatures
from hot to cold; for speed that is the same mixture of temperatures as a ladder's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import installed

# Whom the goals name.
NAMED_PEER = "dwave-samplers Gibbs"


class SpinPeer(Protocol):
    """Another sampler on the same network."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    @property
    def version(self) -> str | None:
        """Version; None where it is not installed."""

    def anneal(self, betas: NDArray[np.float64], copies: int, sweeps: int) -> float:
        """Sweep copies that often at each temperature, hot to cold, and return the updates made."""

    def energies(self, beta: float, reads: int, sweeps: int) -> NDArray[np.float64]:
        """Return the energies of independent states after some sweeps at one temperature from random starts."""


def coupling_matrix(weights: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the couplings J_ij, i < j, of all spins, layer after layer."""
    widths = (weights[0].shape[0], *(w.shape[1] for w in weights))
    first = np.cumsum((0, *widths))
    matrix = np.zeros((first[-1], first[-1]))
    for k, layer in enumerate(weights):
        matrix[first[k] : first[k + 1], first[k + 1] : first[k + 2]] = layer
    return matrix


def spin_peers(couplings: NDArray[np.float64]) -> tuple[SpinPeer, ...]:
    """Return every peer, installed or not."""
    return (DwavePeer(couplings, "Gibbs"), DwavePeer(couplings, "Metropolis"), OpenJijPeer(couplings))


class DwavePeer:
    """dwave.samplers.SimulatedAnnealingSampler with a custom schedule, spins in fixed order (its faster way)."""

    def __init__(self, couplings: NDArray[np.float64], criterion: str) -> None:
        self._couplings = couplings
        self._criterion = criterion
        self.name = f"dwave-samplers {criterion}"
        self.version = installed("dwave-samplers")

    def anneal(self, betas: NDArray[np.float64], copies: int, sweeps: int) -> float:
        self._sample(np.sort(betas), copies, sweeps)
        return float(sweeps * betas.size * copies * len(self._couplings))

    def energies(self, beta: float, reads: int, sweeps: int) -> NDArray[np.float64]:
        return np.asarray(self._sample(np.array([beta]), reads, sweeps).record.energy, dtype=float)

    def _sample(self, betas: NDArray[np.float64], reads: int, sweeps: int) -> Any:
        from dwave.samplers import SimulatedAnnealingSampler

        return SimulatedAnnealingSampler().sample(
            self._problem, num_reads=reads, beta_schedule_type="custom", beta_schedule=betas,
            num_sweeps_per_beta=sweeps, proposal_acceptance_criteria=self._criterion, seed=1,
        )  # fmt: skip

    @cached_property
    def _problem(self) -> Any:
        import dimod

        i, j = np.nonzero(self._couplings)
        fields = np.zeros(len(self._couplings))
        return dimod.BinaryQuadraticModel.from_numpy_vectors(fields, (i, j, -self._couplings[i, j]), 0.0, "SPIN")


class OpenJijPeer:
    """openjij.SASampler with a schedule of its own; as sparse or dense matrix, whichever is faster here."""

    name = "OpenJij"

    def __init__(self, couplings: NDArray[np.float64]) -> None:
        self._couplings = couplings
        self.version = installed("openjij")

    def anneal(self, betas: NDArray[np.float64], copies: int, sweeps: int) -> float:
        self._sample(self._faster, np.sort(betas), copies, sweeps)
        return float(sweeps * betas.size * copies * len(self._couplings))

    def energies(self, beta: float, reads: int, sweeps: int) -> NDArray[np.float64]:
        # One seed for all reads would give all of them the same random numbers.
        return np.asarray(self._sample(self._faster, np.array([beta]), reads, sweeps, seed=None).energies, dtype=float)

    def _sample(self, sparse: bool, betas: NDArray[np.float64], reads: int, sweeps: int, seed: int | None = 1) -> Any:
        import openjij

        schedule = [(float(beta), sweeps) for beta in betas]
        return openjij.SASampler().sample(
            self._problems[sparse], num_reads=reads, schedule=schedule, sparse=sparse, seed=seed
        )

    @cached_property
    def _problems(self) -> dict[bool, Any]:
        from openjij.model.model import BinaryQuadraticModel

        i, j = np.nonzero(self._couplings)
        couplings = dict(zip(zip(i.tolist(), j.tolist(), strict=True), (-self._couplings[i, j]).tolist(), strict=True))
        fields = dict.fromkeys(range(len(self._couplings)), 0.0)
        return {sparse: BinaryQuadraticModel(fields, couplings, 0.0, "SPIN", sparse=sparse) for sparse in (True, False)}

    @cached_property
    def _faster(self) -> bool:
        seconds = {}
        for sparse in (True, False):
            self._sample(sparse, np.array([1.0]), 1, 1)
            begin = time.process_time()
            self._sample(sparse, np.array([0.3, 1.0, 3.0]), 2, 100)
            seconds[sparse] = time.process_time() - begin
        return seconds[True] < seconds[False]
