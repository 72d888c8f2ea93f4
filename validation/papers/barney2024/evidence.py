"""What the tasks came to, by network, and what is read off several of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Verdict
from validation.numbers.estimate import mean_of
from validation.numbers.limit import Beyond, Limit, Scaling, limit_of
from validation.papers import evidence
from validation.papers.barney2024.couplings import CriticalSeries
from validation.papers.barney2024.fits import FEWEST_STAGES, Growth, fit_growth
from validation.papers.barney2024.initial import Approaches
from validation.papers.barney2024.plan import Condition, NetworkSpec
from validation.papers.barney2024.states import InitialGlass, SolutionCount, Solutions

R = TypeVar("R")

# A paper's unit of time: stages within the first epoch are fitted apart.
FIRST_EPOCH = 1.0
# The minimum of edge plus fluctuations c (beta/beta_c - 1)^2 + N^{-2/3} u(beta) moves, and lies, at N^{-2/3}.
APPROACH = Scaling((2.0 / 3.0,), Beyond.NEGLECTED)
FEWEST_NETWORKS = 7


@dataclass(frozen=True)
class Evidence(evidence.Evidence):
    """Results about the paper's networks."""

    main: tuple[NetworkSpec, ...] = ()  #: networks of the comparison of kinds and rates
    side: tuple[NetworkSpec, ...] = ()  #: the rich, lazy and shuffled ones

    def have(self, kind: type[R], networks: Sequence[NetworkSpec]) -> list[tuple[NetworkSpec, R]]:
        """Return the networks with a result of one type, and it."""
        results = ((network, self.of(kind, network)) for network in networks)
        return [(network, result) for network, result in results if result is not None]

    def critical(self, networks: Sequence[NetworkSpec]) -> list[CriticalSeries]:
        """Return the critical temperatures of networks."""
        return [series for _, series in self.have(CriticalSeries, networks)]

    def growth(self, networks: Sequence[NetworkSpec], earliest: float = FIRST_EPOCH) -> Growth | None:
        """Return the fits to T_c(t) of networks that differ in their seeds, None where there is too little.

        Stages before `earliest`, and those at which some seed's paramagnet does not cross yet, are left out.
        """
        series = self.critical(networks)
        if len(series) < 2:
            return None
        epochs, temperatures = crossings(series)
        keep = epochs >= earliest
        if np.count_nonzero(keep) < FEWEST_STAGES:
            return None
        return fit_growth(epochs[keep], temperatures[:, keep])

    def growths(self, earliest: float = FIRST_EPOCH) -> dict[Condition, Growth]:
        """Return the fits of every condition of the main networks that allows one."""
        fits = {name: self.growth(networks, earliest) for name, networks in by_condition(self.main).items()}
        return {name: fit for name, fit in fits.items() if fit is not None}

    def counts(self, network: NetworkSpec) -> list[SolutionCount]:
        """Return all censuses of one network."""
        solutions, glass = self.of(Solutions, network), self.of(InitialGlass, network)
        return [] if solutions is None else [*solutions.counts, *(glass.counts if glass else ())]


def by_condition(networks: Sequence[NetworkSpec]) -> dict[Condition, list[NetworkSpec]]:
    """Return networks that differ in their seeds alone, by condition."""
    groups: dict[Condition, list[NetworkSpec]] = {}
    for network in networks:
        groups.setdefault(network.condition, []).append(network)
    return groups


def crossings(series: Sequence[CriticalSeries]) -> tuple[FloatArray, FloatArray]:
    """Return the epochs from which on every network's paramagnet crosses, and T_c there, (networks, epochs).

    Before training the least eigenvalue of I - M nearly touches zero and there is no T_c; a stage at which one
    network's does so again would end the series' beginning there.
    """
    crosses = np.array([network.crosses for network in series]).all(axis=0)
    begin = int(np.flatnonzero(~crosses)[-1]) + 1 if not crosses.all() else 0
    temperatures = np.array([network.temperatures for network in series])
    return series[0].epochs[begin:], temperatures[:, begin:]


def first_crossing(series: CriticalSeries) -> float | None:
    """Return the first stage from which on the paramagnet crosses, None where it never does."""
    epochs, _ = crossings([series])
    return float(epochs[0]) if epochs.size else None


def rich_and_lazy(side: Sequence[NetworkSpec]) -> tuple[list[NetworkSpec], list[NetworkSpec]]:
    """Return the networks of the smallest and of the largest output scale."""
    scaled = [network for network in side if network.output_scale != 1]
    small, large = (pick((n.output_scale for n in scaled), default=1.0) for pick in (min, max))
    return [n for n in scaled if n.output_scale == small], [n for n in scaled if n.output_scale == large]


def temperature_limit(sizes: Sequence[Approaches]) -> Limit:
    """Return the temperature of the closest approach to instability for infinite size."""
    return _limit("T of the closest approach, N -> infinity", sizes, [size.temperatures for size in sizes])


def least_limit(sizes: Sequence[Approaches]) -> Limit:
    """Return the least eigenvalue there."""
    return _limit("least eigenvalue there, N -> infinity", sizes, [size.least for size in sizes])


def _limit(quantity: str, sizes: Sequence[Approaches], values: Sequence[FloatArray]) -> Limit:
    spins = np.array([sum(size.widths) for size in sizes], dtype=np.float64)
    degrees = float(sum(array.size - 1 for array in values))
    return limit_of(quantity, spins, [mean_of(array) for array in values], APPROACH, degrees)


def every(outcomes: Sequence[bool | None]) -> Verdict:
    """Return whether every network is as claimed; None is not known.

    One that is otherwise is a counterexample. Seven are the fewest for a PASS: were half of all networks otherwise,
    that many would agree with a chance of 0.8 %.
    """
    decided = [outcome for outcome in outcomes if outcome is not None]
    if not all(decided):
        return Verdict.FAIL
    enough = len(decided) >= FEWEST_NETWORKS and 2 * len(decided) >= len(outcomes)
    return Verdict.PASS if enough else Verdict.INCONCLUSIVE
