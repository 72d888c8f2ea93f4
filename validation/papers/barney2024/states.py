"""What is measured on one trained network's states, stage by stage: TAP solutions, the hidden order, Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcsim.networks.files import load_weights, stored_epochs
from theory.bonds import LayeredBonds
from theory.tap import census
from validation.networks.hidden_order import HiddenOrder, hidden_order
from validation.networks.images import SeenImages
from validation.networks.monte_carlo import SampledEpoch, sampled_epoch
from validation.networks.order_figures import explained
from validation.networks.tempering import TemperingPlan
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
    """A census of TAP solutions at one place of the phase diagram; m = 0 is no state below T_c and is not counted."""

    epoch: float
    where: Where  #: just below melting, or deep below the initial T_c
    reduced: float  #: temperature in units of that of melting or of the initial T_c
    starts: int
    dropped: int  #: starts that came to no solution
    pairs: int  #: ordered solutions found, m and -m as one
    minima: int  #: those of them that are minima
    hits: tuple[int, ...]  #: how often each was found
    expected: float  #: Chao's bound on the number of pairs
    verdict: Literal["complete", "incomplete"]
    overlap: float | None  #: self-overlap of the solution of lowest free energy

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
class OrderSeries:
    """How the ordered state lies to the images."""

    stages: tuple[tuple[float, HiddenOrder | None], ...]  #: by epoch; None where the search found no order
    pixel_mean: FloatArray  #: (N_0,)
    #: The part of the last pattern of layer 0 in the span of the class means, (N_0,); None where there is no order.
    in_class_means: FloatArray | None

    @property
    def orders(self) -> list[tuple[float, HiddenOrder]]:
        """Return (epoch, order) of the stages that have one."""
        return [(epoch, order) for epoch, order in self.stages if order is not None]


# What Monte Carlo finds at some stages.
MonteCarlo = tuple[SampledEpoch, ...]


def solution_counts(
    weights: Path, critical: CriticalSeries, counted: Sequence[float], starts: int, cold: Sequence[float]
) -> Solutions:
    """Return how many TAP solutions there are at some stages, just below melting and at `cold` of the initial T_c."""
    initial, counts = critical.stages[0].random, []
    for epoch in _nearest(weights, counted):
        bonds, melting = bonds_at(weights, epoch), critical.at(epoch).temperature
        counts.append(_count(bonds, epoch, "melting", JUST_BELOW, melting, starts))
        counts += [_count(bonds, epoch, "glass", reduced, initial, starts) for reduced in cold]
    return Solutions(tuple(counts))


def initial_glass(weights: Path, critical: CriticalSeries, cold: Sequence[float], starts: int) -> InitialGlass:
    """Return how many TAP solutions there are before training, at `cold` of T_c, from many starts."""
    first = critical.stages[0]
    bonds = bonds_at(weights, first.epoch)
    return InitialGlass(tuple(_count(bonds, first.epoch, "glass", reduced, first.random, starts) for reduced in cold))


def _count(bonds: LayeredBonds, epoch: float, where: Where, reduced: float, unit: float, starts: int) -> SolutionCount:
    """Make a census at a temperature in some unit, and return what is kept of it."""
    searched = census(bonds, reduced * unit, starts=starts)
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


def order_series(weights: Path, images: SeenImages, epochs: Sequence[float]) -> OrderSeries:
    """Return how the ordered state at some stages lies to the images, just below melting."""
    stages = tuple(
        (epoch, hidden_order(load_weights(weights, epoch=epoch), images, reduced=JUST_BELOW))
        for epoch in _nearest(weights, epochs)
    )
    last = stages[-1][1]
    return OrderSeries(stages, images.mean, None if last is None else explained(last.layers()[0], images))


def monte_carlo(weights: Path, critical: CriticalSeries, epochs: Sequence[float]) -> MonteCarlo:
    """Return what Monte Carlo finds at some stages."""
    return tuple(
        sampled_epoch(weights, epoch, critical.at(epoch).instability, _SAMPLING, overlaps_at=OVERLAPS_AT)
        for epoch in _nearest(weights, epochs)
    )


def _nearest(weights: Path, wanted: Sequence[float]) -> list[float]:
    """Return the stored epochs nearest to those wanted, each once."""
    stored = stored_epochs(weights)
    return list(dict.fromkeys(min(stored, key=lambda epoch: abs(epoch - near)) for near in wanted))
