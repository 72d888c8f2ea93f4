"""One temperature of random layered networks below T_c: overlaps of four copies at every size, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from validation.claims.base import (
    Claim,
    Family,
    Finding,
    NotApplicableError,
    bonds_per_spin,
    coupling_strength,
    couplings_of,
    require_sizes,
)
from validation.claims.overlap_law import OverlapLaw, full_breaking, no_breaking
from validation.numbers.compare import LEVEL, control_variate, smallest_adjusted_p, verdict_of_agreement
from validation.numbers.copies import pair_statistics
from validation.numbers.limits import GLASS_EXPONENT, SizeLimit, against_negative_control, against_theory, size_limit
from validation.numbers.spread import Estimate, Spread, spread
from validation.runs.spin_overlaps import SlotOverlaps, slot_overlaps
from validation.runs.spins import MeasuredRun

FloatArray = NDArray[np.float64]

# Where the smooth part of P(q) has weight enough, and N is large enough for the scaling of the glass.
GLASS = (0.38, 0.65)
COPIES = 4
FEWEST_SAMPLES = 24
CONTROLS = 2

PAPER = "Barney, Winer & Galitski, arXiv 2408.06421: the random network is a multi-layer SK model"
NEEDS = "Gaussian networks of one shape at 3 sizes or more, 4 copies, 24 samples each, temperatures of 0.38 to 0.65 T_c"
RUNS = ("glass-width-*",)

Observable = Callable[[SlotOverlaps], FloatArray]


@dataclass(frozen=True)
class GlassSlot:
    """One temperature of a family: the overlaps at every size, and what is predicted there."""

    family: Family
    slots: tuple[int, ...]

    @property
    def temperature(self) -> float:
        """T."""
        return float(self.family.largest.temperatures[self.slots[-1]])

    @property
    def where(self) -> str:
        """T for a table."""
        return f"T = {self.temperature:.4g}"

    @cached_property
    def full(self) -> OverlapLaw:
        """Return the prediction of full replica symmetry breaking."""
        return full_breaking(couplings_of(self.family.largest), self.temperature)

    @cached_property
    def symmetric(self) -> OverlapLaw:
        """Return the replica-symmetric prediction."""
        return no_breaking(couplings_of(self.family.largest), self.temperature)

    @property
    def runs(self) -> list[tuple[MeasuredRun, int]]:
        """Every run with its slot at this temperature."""
        return list(zip(self.family.runs, self.slots, strict=True))

    def limit(
        self,
        quantity: str,
        estimates: Sequence[Estimate],
        predicted: float,
        wrong: float,
        *,
        controls: int = 0,
        exponents: tuple[float, ...] = (GLASS_EXPONENT,),
    ) -> SizeLimit:
        """Continue a number to infinite size.

        What no sample has seen at all has no spread, but might have been seen in one of as many again.
        """
        seen = [
            one if one.error > 0 else Estimate(one.value, 1.0 / run.samples)
            for one, (run, _) in zip(estimates, self.runs, strict=True)
        ]
        return size_limit(
            quantity,
            self.where,
            self.family.sizes,
            seen,
            min(run.samples for run in self.family.runs) - 1 - controls,
            predicted=predicted,
            wrong=wrong,
            exponents=exponents,
        )

    def averages(self, observables: Sequence[Observable]) -> list[list[Estimate]]:
        """Return disorder averages of functions of pairs, [observable][size], with the controls."""
        by_run = []
        for run, slot in self.runs:
            overlaps = slot_overlaps(run, slot)
            controls = exact_controls(run, slot, overlaps)
            by_run.append([_controlled(one(overlaps).mean(axis=(1, 2)), controls) for one in observables])
        return [list(sizes) for sizes in zip(*by_run, strict=True)]

    def energies(self) -> list[Estimate]:
        """Return the energy per spin at every size, with the same controls."""
        return [
            _controlled(run.energies[:, slot], exact_controls(run, slot, slot_overlaps(run, slot)))
            for run, slot in self.runs
        ]

    def spreads(self, observables: Sequence[Observable]) -> list[list[Spread]]:
        """Return how functions of pairs vary, [observable][size]."""
        by_run = []
        for run, slot in self.runs:
            overlaps = slot_overlaps(run, slot)
            by_run.append([spread(pair_statistics(one(overlaps))) for one in observables])
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


def _controlled(values: FloatArray, controls: FloatArray) -> Estimate:
    value, error, _ = control_variate(values, controls, 0.0)
    return Estimate(value, error)


def bond_strengths(run: MeasuredRun) -> FloatArray:
    """Return w_k = sigma_k^2 N_{k-1} N_k / N of each layer of bonds."""
    return np.asarray(np.array(couplings_of(run).variances) * bonds_per_spin(run), dtype=np.float64)


def glass_slots(family: Family, window: tuple[float, float] = GLASS) -> list[GlassSlot]:
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
    temperatures = family.largest.temperatures
    chosen = [GlassSlot(family, slots) for slots in family.common_slots() if low <= temperatures[slots[-1]] <= high]
    if not chosen:
        raise NotApplicableError(f"needs temperatures between {low:.3g} and {high:.3g} that all sizes have")
    return chosen if len(chosen) == 1 else [chosen[0], chosen[-1]]


def finding_on_limits(
    claim: Claim,
    family: Family,
    limits: Sequence[SizeLimit],
    relevant: float,
    negative_control: str,
    text: str,
    control_as_expected: bool = True,
    **details: object,
) -> Finding:
    """Return the finding on limits that must agree with the theory and reject its negative control."""
    comparisons = against_theory(limits)
    worst = max(comparisons, key=lambda c: abs(c.z))
    sharp = float(np.median([c.minimal_detectable_effect / abs(c.predicted) for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, relevant),
        f"{text}; {len(comparisons)} limits from N = {', '.join(f'{n:.0f}' for n in family.sizes)}: "
        f"largest deviation from full replica symmetry breaking {worst.z:+.1f} standard errors ({worst.name}: "
        f"{worst.measured:.4f} ± {worst.error:.4f}, predicted {worst.predicted:.4f}); half of them would have shown "
        f"{100 * sharp:.2g} %",
        comparisons,
        negative_control,
        control_as_expected and smallest_adjusted_p(against_negative_control(limits)) < LEVEL,
        size_limits=list(limits),
        **details,
    )
