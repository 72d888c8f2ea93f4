"""PySA's parallel tempering, one measurement a sweep.

PySA (github.com/nasa/pysa, not on PyPI: the `pysa` there is another package) is written for optimisation and returns
the last states only, so its compiled loop is called for one sweep at a time; a call costs less than a hundredth of the
sweep of 32 replicas of a thousand spins. It minimises E(s) = s . (C s / 2 + h), so C = -(J + J^T).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import installed


@dataclass(frozen=True)
class Record:
    """Energies (slots, sweeps, copies), coldest first; overlaps (sweeps,) of two copies at one slot; round trips."""

    energies: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    round_trips: int


def pysa_version() -> str | None:
    """Return the version of NASA's PySA, None where it is not installed."""
    if find_spec("pysa") is None or find_spec("pysa.simulation") is None:
        return None
    return installed("pysa") or "from source"


class PysaLadders:
    """Independent ladders of Metropolis chains in float32, spins in fixed order (its faster way)."""

    def __init__(self, couplings: NDArray[np.float64], betas: NDArray[np.float64], copies: int) -> None:
        import pysa.ising
        import pysa.simulation

        self._simulate = pysa.simulation.simulation_sequential
        self._functions = (pysa.ising.update_spin, pysa.simulation.sequential_sweep)
        self._matrix = (-(couplings + couplings.T)).astype(np.float32)
        self._fields = np.zeros(len(couplings), dtype=np.float32)
        self._betas = betas.astype(np.float32)
        rng = np.random.default_rng(1)
        shape = (copies, betas.size, len(couplings))
        self._states = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), size=shape)
        products = np.einsum("csi,ij->csj", self._states, self._matrix, optimize=True)
        self._energies = 0.5 * np.einsum("csi,csi->cs", self._states, products)
        self._replica_at_slot = np.tile(np.arange(betas.size), (copies, 1))
        # The end of the ladder that a replica touched last: 0 none, 1 coldest, 2 hottest.
        self._came_from = np.zeros((copies, betas.size), dtype=np.int64)

    def run(self, sweeps: int, slot: int = 0) -> Record:
        """Sweep and exchange that often and return what was seen after every sweep."""
        copies, slots = self._replica_at_slot.shape
        energies, overlaps, trips = np.empty((slots, sweeps, copies)), np.empty(sweeps), 0
        for sweep in range(sweeps):
            for copy in range(copies):
                self._sweep(copy)
                trips += self._follow(copy)
                energies[:, sweep, copy] = self._energies[copy][self._replica_at_slot[copy]]
            one, other = (self._states[copy, self._replica_at_slot[copy, slot]] for copy in (0, 1))
            overlaps[sweep] = float(one @ other) / one.size
        return Record(energies, overlaps, trips)

    def _sweep(self, copy: int) -> None:
        self._simulate(
            *self._functions, self._matrix, self._fields, self._states[copy], self._energies[copy],
            self._replica_at_slot[copy], self._betas, 1, False, True,
        )  # fmt: skip

    def _follow(self, copy: int) -> int:
        coldest, hottest = self._replica_at_slot[copy, 0], self._replica_at_slot[copy, -1]
        completed = int(self._came_from[copy, coldest] == 2)
        self._came_from[copy, coldest] = 1
        self._came_from[copy, hottest] = 2
        return completed
