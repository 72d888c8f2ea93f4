"""One temperature of random layered networks below T_c: overlaps of four copies at every size, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from validation.claims.base import NotApplicableError, require_sizes
from validation.claims.overlap_law import OverlapLaw, full_breaking, no_breaking
from validation.claims.points import Point, point
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place
from validation.numbers.copies import pair_statistics
from validation.numbers.estimate import Estimate, control_variate
from validation.numbers.limit import GLASS, Scaling, limit_of
from validation.numbers.spread import Spread, spread
from validation.runs.spin_family import SpinFamily, bond_strengths, coupling_strength, couplings_of
from validation.runs.spin_overlaps import SlotOverlaps, slot_overlaps
from validation.runs.spins import MeasuredRun

# Where the smooth part of P(q) has weight enough, and N is large enough for the scaling of the glass.
WINDOW = (0.38, 0.65)
COPIES = 4
FEWEST_SAMPLES = 24

Observable = Callable[[SlotOverlaps], FloatArray]


@dataclass(frozen=True)
class GlassSlot:
    """One temperature of a family: the overlaps at every size, and what is predicted there."""

    family: SpinFamily
    entry: int

    @property
    def at(self) -> Place:
        """Its temperature."""
        return self.family.place(self.entry)

    @cached_property
    def full(self) -> OverlapLaw:
        """Return the prediction of full replica symmetry breaking."""
        return full_breaking(couplings_of(self.family.largest), float(self.family.temperatures[self.entry]))

    @cached_property
    def symmetric(self) -> OverlapLaw:
        """Return the replica-symmetric prediction."""
        return no_breaking(couplings_of(self.family.largest), float(self.family.temperatures[self.entry]))

    @property
    def runs(self) -> list[tuple[MeasuredRun, int]]:
        """Every run with its slot at this temperature."""
        return self.family.at(self.entry)

    def point(
        self,
        quantity: str,
        estimates: Sequence[Estimate],
        predicted: float,
        wrong: float,
        scaling: Scaling = GLASS,
        layer: int | None = None,
    ) -> Point:
        """Continue a number to infinite size, and put it beside its predictions.

        What no sample has seen at all has no spread, but might have been seen in one of as many again.
        """
        seen = [
            e if e.error > 0 else replace(e, error=1.0 / run.samples)
            for e, (run, _) in zip(estimates, self.runs, strict=True)
        ]
        degrees = min(run.samples - 1 - e.controls for e, (run, _) in zip(seen, self.runs, strict=True))
        at = replace(self.at, layer=layer)
        return point(limit_of(quantity, self.family.sizes, seen, scaling, degrees, at), predicted, wrong)

    def averages(self, observables: Sequence[Observable]) -> list[list[Estimate]]:
        """Return disorder averages of functions of pairs, [observable][size], with the controls."""
        by_run = []
        for run, slot in self.runs:
            overlaps = slot_overlaps(run, slot)
            controls = exact_controls(run, slot, overlaps)
            by_run.append([control_variate(f(overlaps).mean(axis=(1, 2)), controls, 0.0) for f in observables])
        return [list(sizes) for sizes in zip(*by_run, strict=True)]

    def energies(self) -> list[Estimate]:
        """Return the energy per spin at every size, with the same controls."""
        averages = [
            control_variate(run.energies[:, slot], exact_controls(run, slot, slot_overlaps(run, slot)), 0.0)
            for run, slot in self.runs
        ]
        # Two degrees of freedom of 23 and more are not counted.
        return [replace(average, controls=0) for average in averages]

    def spreads(self, observables: Sequence[Observable]) -> list[list[Spread]]:
        """Return how functions of pairs vary, [observable][size]."""
        by_run = []
        for run, slot in self.runs:
            overlaps = slot_overlaps(run, slot)
            by_run.append([spread(pair_statistics(f(overlaps))) for f in observables])
        return [list(sizes) for sizes in zip(*by_run, strict=True)]


def exact_controls(run: MeasuredRun, slot: int, overlaps: SlotOverlaps) -> FloatArray:
    """Return two numbers of each sample whose disorder average is zero at every size, (samples, 2).

    The coupling strength less its mean, and the residual of the identity between energy and overlaps,
    [<H>]/N = -beta sum_k w_k (1 - [<q_{k-1} q_k>]): with it, averages of overlaps inherit the energy's small error.
    """
    strength, expected = coupling_strength(run)
    neighbours = overlaps.neighbours.mean(axis=(1, 2))
    residual = run.energies[:, slot] + run.betas[slot] * ((1.0 - neighbours) @ bond_strengths(run))
    return np.stack([strength - expected, residual], axis=1)


def glass_slots(family: SpinFamily, window: tuple[float, float] = WINDOW) -> list[GlassSlot]:
    """Return the coldest and the warmest of the family's common temperatures inside a window in units of T_c.

    Those between repeat them, for replicas wander between temperatures: more comparisons would share the level without
    adding to what is known.

    Raises
    ------
    NotApplicableError
        Where there are none, or the runs have too few copies, sizes or samples.
    """
    for run in family.runs:
        if run.config.run.copies < COPIES:
            raise NotApplicableError(f"needs {COPIES} copies, {run.name} has {run.config.run.copies}")
    require_sizes(family, 3, FEWEST_SAMPLES)
    low, high = (factor * family.critical_temperature for factor in window)
    chosen = [GlassSlot(family, i) for i, t in enumerate(family.temperatures) if low <= t <= high]
    if not chosen:
        raise NotApplicableError(f"needs temperatures between {low:.3g} and {high:.3g} that all sizes have")
    return chosen if len(chosen) == 1 else [chosen[0], chosen[-1]]
