"""What the parts of a run came to, by network: the ground that claims and figures stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from validation.numbers.json_values import FloatArray
from validation.papers.barney2024.fits import FEWEST_STAGES, Growth, fit_growth
from validation.papers.barney2024.plan import NetworkSpec

Values = dict[str, Any]

# A paper's unit of time: stages within the first epoch are fitted apart.
FIRST_EPOCH = 1.0


@dataclass(frozen=True)
class Evidence:
    """Results of the parts that have one.

    Attributes
    ----------
    label : str
        Data and effort, in a few words.
    main, side : tuple of NetworkSpec
        Networks of the comparison of kinds and rates, and the rich, lazy and shuffled ones.
    results : dict
        Results by name of the part, such as "critical-relu-0.001-seed0".
    """

    label: str
    main: tuple[NetworkSpec, ...]
    side: tuple[NetworkSpec, ...]
    results: dict[str, Values]

    @property
    def family(self) -> Any:
        """Return what a finding names as its subject; unlike families of runs it has no sizes."""
        return self

    def of(self, what: str, network: NetworkSpec) -> Values | None:
        """Return a result about one network, None where there is none."""
        return self.results.get(f"{what}-{network.name}")

    def have(self, what: str, networks: Sequence[NetworkSpec]) -> list[tuple[NetworkSpec, Values]]:
        """Return the networks with a result, and it."""
        found = ((network, self.of(what, network)) for network in networks)
        return [(network, result) for network, result in found if result is not None]

    def conditions(self, networks: Sequence[NetworkSpec]) -> dict[str, list[NetworkSpec]]:
        """Return networks that differ in their seeds alone, by condition."""
        groups: dict[str, list[NetworkSpec]] = {}
        for network in networks:
            groups.setdefault(network.condition, []).append(network)
        return groups

    def growth(self, networks: Sequence[NetworkSpec], earliest: float = FIRST_EPOCH) -> Growth | None:
        """Return the fits to T_c(t) of networks that differ in their seeds, None where there is too little.

        Stages before `earliest`, and those at which some seed's paramagnet does not cross yet, are left out.
        """
        series = [result["stages"] for _, result in self.have("critical", networks)]
        if len(series) < 2:
            return None
        epochs, temperatures = crossings(series)
        keep = epochs >= earliest
        if np.count_nonzero(keep) < FEWEST_STAGES:
            return None
        return fit_growth(epochs[keep], temperatures[:, keep])


def crossings(series: Sequence[Sequence[Values]]) -> tuple[FloatArray, FloatArray]:
    """Return the epochs from which on every network's paramagnet crosses, and T_c there, (networks, epochs).

    Before training the least eigenvalue of I - M nearly touches zero and there is no T_c; a stage at which one
    network's does so again would end the series' beginning there.
    """
    epochs = np.array([stage["epoch"] for stage in series[0]], dtype=np.float64)
    crosses = np.array([[stage["kind"] == "crossing" for stage in stages] for stages in series]).all(axis=0)
    begin = int(np.flatnonzero(~crosses)[-1]) + 1 if not crosses.all() else 0
    temperatures = np.array([[stage["temperature"] for stage in stages] for stages in series], dtype=np.float64)
    return epochs[begin:], temperatures[:, begin:]


def first_crossing(stages: Sequence[Values]) -> float | None:
    """Return the first stage from which on the paramagnet crosses, None where it never does."""
    epochs, _ = crossings([stages])
    return float(epochs[0]) if epochs.size else None
