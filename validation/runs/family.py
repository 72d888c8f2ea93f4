"""Runs that a claim is tested on together: one law of disorder at several sizes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place
from validation.runs.measured import Measured

RunT = TypeVar("RunT", bound=Measured)


@dataclass(frozen=True)
class Family(Generic[RunT]):
    """Runs of one law at several sizes, the smallest first."""

    runs: tuple[RunT, ...]

    @property
    def sizes(self) -> FloatArray:
        """N of each run."""
        return np.array([run.size for run in self.runs], dtype=np.float64)

    @property
    def largest(self) -> RunT:
        """The run of the largest size."""
        return self.runs[-1]

    @property
    def listed_sizes(self) -> str:
        """The sizes for a sentence."""
        return "N = " + ", ".join(f"{size:.0f}" for size in self.sizes)

    @cached_property
    def slots(self) -> list[tuple[int, ...]]:
        """Return, for each positive beta that every run has, its slot in each of them; coldest first."""
        rows = [tuple(_slot_of(beta, run.betas) for run in self.runs) for beta in self.largest.betas if beta > 0]
        return [slots for slots in rows if min(slots) >= 0]

    @property
    def betas(self) -> FloatArray:
        """Return beta of each entry of `slots`, falling."""
        return np.array([self.largest.betas[slots[-1]] for slots in self.slots])

    def place(self, entry: int) -> Place:
        """Return where an entry of `slots` is."""
        return self.largest.place(self.slots[entry][-1])

    def at(self, entry: int) -> list[tuple[RunT, int]]:
        """Return every run with its slot at an entry of `slots`."""
        return list(zip(self.runs, self.slots[entry], strict=True))


def _slot_of(beta: float, betas: FloatArray) -> int:
    """Return the slot with this beta, -1 if there is none."""
    matches = np.flatnonzero(np.isclose(betas, beta, rtol=1e-9, atol=1e-12))
    return int(matches[0]) if matches.size else -1
