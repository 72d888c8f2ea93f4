"""What is measured on one trained network's states, stage by stage: TAP solutions, the hidden order, Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mcsim.networks.files import load_weights, stored_epochs
from theory.tap import Census, census
from validation.networks import HiddenOrder, SampledEpoch, SeenImages, TemperingPlan, hidden_order, sampled_epoch
from validation.networks.order_figures import explained
from validation.numbers.arrays import FloatArray
from validation.papers.barney2024.couplings import CriticalSeries, bonds_at

Where = Literal["melting", "glass"]

# Of melting: where its solutions are counted.
JUST_BELOW = 0.9
# Of each stage's own critical temperature.
OVERLAPS_AT = 0.6
# A glass has at least so many pairs of solutions.
MANY = 3
# Self-overlap above which a solution is ordered, as in validation.networks.
_ORDERED = 1e-6
# States are kept: a slot takes N bytes each time and copy.
_SAMPLING = TemperingPlan(coldest=0.5, hottest=1.6, copies=4, repeats=2, thermalization=800, measurements=400)


@dataclass(frozen=True)
class SolutionCount:
    """A census of TAP solutions at one place of the phase diagram; m = 0 is no state below T_c and is not counted.

    Attributes
    ----------
    epoch : float
    where : {"melting", "glass"}
        Just below melting, or deep below the initial T_c.
    reduced : float
        Temperature in units of that of melting or of the initial T_c.
    starts, dropped : int
        Starts made, and those that came to no solution.
    pairs, minima : int
        Ordered solutions found, m and -m as one, and those that are minima.
    hits : tuple of int
        How often each was found.
    expected : float
        Chao's bound on the number of pairs.
    verdict : {"complete", "incomplete"}
    overlap : float or None
        Of the solution of lowest free energy.
    """

    epoch: float
    where: Where
    reduced: float
    starts: int
    dropped: int
    pairs: int
    minima: int
    hits: tuple[int, ...]
    expected: float
    verdict: Literal["complete", "incomplete"]
    overlap: float | None

    @property
    def complete(self) -> bool:
        """Whether it misses nothing: by its own verdict, or every solution was found more than once.

        The second case has too few starts for the verdict's bound of 5 % on unseen solutions, by a start or two
        dropped.
        """
        repeated = bool(self.hits) and min(self.hits) > 1 and self.dropped <= 0.05 * self.starts
        return self.verdict == "complete" or repeated

    @property
    def most(self) -> float:
        """The number of pairs there are at least: those found and those that must be missing (Chao's bound)."""
        return max(self.pairs, self.expected)

    @property
    def many(self) -> bool:
        """Whether there are many solutions for sure."""
        return self.most >= MANY

    @property
    def few(self) -> bool:
        """Whether there are few solutions for sure."""
        return self.complete and not self.many

    @property
    def single(self) -> bool | None:
        """Whether there is one pair of ordered minima, None where the census is not complete."""
        if self.pairs == 1 and self.minima == 1 and self.complete:
            return True
        return None if not self.complete and self.pairs < 2 else False


@dataclass(frozen=True)
class Solutions:
    """Censuses at several stages, just below melting and in the initial glass."""

    counts: tuple[SolutionCount, ...]


@dataclass(frozen=True)
class InitialGlass:
    """Censuses in the glass before training, from many starts."""

    counts: tuple[SolutionCount, ...]


@dataclass(frozen=True, eq=False)
class OrderedStage:
    """The ordered state at one stage, None where the search found none."""

    epoch: float
    order: HiddenOrder | None


@dataclass(frozen=True, eq=False)
class OrderSeries:
    """How the ordered state lies to the images.

    Attributes
    ----------
    stages : tuple of OrderedStage
    pixel_mean : float64 (N_0,)
    in_class_means : float64 (N_0,) or None
        The part of the last pattern of layer 0 in the span of the class means; None where there is no order then.
    """

    stages: tuple[OrderedStage, ...]
    pixel_mean: FloatArray
    in_class_means: FloatArray | None

    @property
    def orders(self) -> list[tuple[float, HiddenOrder]]:
        """Return (epoch, order) of the stages that have one."""
        return [(stage.epoch, stage.order) for stage in self.stages if stage.order is not None]


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """What Monte Carlo finds at some stages."""

    stages: tuple[SampledEpoch, ...]


def nearest(epochs: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """Return the stored epochs nearest to those wanted, each once."""
    stored = np.array(epochs)
    return list(dict.fromkeys(epochs[int(np.abs(stored - epoch).argmin())] for epoch in wanted))


def solution_counts(
    weights: Path, critical: CriticalSeries, counted: Sequence[float], starts: int, cold: Sequence[float]
) -> Solutions:
    """Return how many TAP solutions there are at some stages, just below melting and at `cold` of the initial T_c."""
    initial = critical.stages[0].random
    counts = []
    for epoch in nearest(stored_epochs(weights), counted):
        bonds = bonds_at(weights, epoch)
        places: list[tuple[Where, float, float]] = [("melting", JUST_BELOW, critical.at(epoch).temperature)]
        places += [("glass", reduced, initial) for reduced in cold]
        for where, reduced, unit in places:
            counts.append(solution_count(census(bonds, reduced * unit, starts=starts), epoch, where, reduced))
    return Solutions(tuple(counts))


def initial_glass(weights: Path, critical: CriticalSeries, cold: Sequence[float], starts: int) -> InitialGlass:
    """Return how many TAP solutions there are before training, at `cold` of T_c, from many starts."""
    first = critical.stages[0]
    bonds = bonds_at(weights, first.epoch)
    counts = [
        solution_count(census(bonds, reduced * first.random, starts=starts), first.epoch, "glass", reduced)
        for reduced in cold
    ]
    return InitialGlass(tuple(counts))


def solution_count(searched: Census, epoch: float, where: Where, reduced: float) -> SolutionCount:
    """Return what is kept of a census."""
    ordered = [state for state in searched.found if state.solution.overlap > _ORDERED]
    return SolutionCount(
        epoch=epoch,
        where=where,
        reduced=reduced,
        starts=searched.starts,
        dropped=searched.dropped,
        pairs=len(ordered),
        hits=tuple(state.hits for state in ordered),
        minima=sum(state.solution.least_eigenvalue > 0 for state in ordered),
        expected=searched.expected_solutions - (len(searched.found) - len(ordered)),
        verdict=searched.verdict,
        overlap=ordered[0].solution.overlap if ordered else None,
    )


def order_series(weights: Path, images: SeenImages, epochs: Sequence[float], starts: int = 24) -> OrderSeries:
    """Return how the ordered state at some stages lies to the images, just below melting."""
    stages = tuple(
        OrderedStage(epoch, hidden_order(load_weights(weights, epoch=epoch), images, reduced=JUST_BELOW, starts=starts))
        for epoch in nearest(stored_epochs(weights), epochs)
    )
    last = stages[-1].order
    return OrderSeries(stages, images.mean, None if last is None else explained(last.layers()[0], images))


def monte_carlo(weights: Path, critical: CriticalSeries, epochs: Sequence[float]) -> MonteCarlo:
    """Return what Monte Carlo finds at some stages."""
    stages = [
        sampled_epoch(weights, epoch, critical.at(epoch).instability, _SAMPLING, overlaps_at=OVERLAPS_AT)
        for epoch in nearest(stored_epochs(weights), epochs)
    ]
    return MonteCarlo(tuple(stages))
