"""Replica symmetry breaking of random layered networks below T_c, seen in the overlaps of four copies."""

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
from validation.compare import LEVEL, control_variate, smallest_adjusted_p, verdict_of_agreement
from validation.measured import MeasuredRun
from validation.rsb.campaign import PREFIX
from validation.rsb.copies import pair_statistics
from validation.rsb.identities import APART, TOUCHING, Estimate, Spread, spread
from validation.rsb.limits import SizeLimit, against_partner, against_theory, size_limit
from validation.rsb.predictions import OverlapLaw, full_breaking, no_breaking
from validation.rsb.spins import SlotOverlaps, bond_overlap, slot_overlaps, weight_near_zero
from validation.rsb.triangles import triangle_ratio

FloatArray = NDArray[np.float64]

# Where the smooth part of P(q) has weight enough, and N is large enough for the scaling of the glass.
GLASS = (0.38, 0.65)
# Where overlaps are independent noise: all correlations between pairs must be absent.
PARAMAGNET = (1.3, 2.5)
COPIES = 4
FEWEST_SAMPLES = 24
CONTROLS = 2
# "Near q = 0" is below this share of the largest overlap.
REACH = 0.5
# Relative deviations that would matter. Replica-symmetric moments are off by 4 to 60 %, its energies by 0.5 to 1.6 %.
RELEVANT_MOMENT = 0.10
RELEVANT_ENERGY = 0.005
RELEVANT_WEIGHT = 0.25
# Self-averaging would be off by 100 %.
RELEVANT_VARIANCE = 0.50
# The partner, independent overlaps, is off by 100 % in each of these.
RELEVANT_IDENTITY = 0.20
RELEVANT_TRIANGLES = 0.20

Observable = Callable[[SlotOverlaps], FloatArray]
Levels = Callable[[OverlapLaw], FloatArray]


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
        self, quantity: str, estimates: Sequence[Estimate], predicted: float, wrong: float, *, controls: int = CONTROLS
    ) -> SizeLimit:
        """Continue a number to infinite size."""
        degrees = min(run.samples for run in self.family.runs) - 1 - controls
        return size_limit(quantity, self.where, self.family.sizes, estimates, degrees, predicted=predicted, wrong=wrong)

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
    """Return the family's common temperatures inside a window in units of T_c, coldest first.

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
    return chosen


def _finding(
    claim: Claim,
    family: Family,
    limits: Sequence[SizeLimit],
    relevant: float,
    partner: str,
    text: str,
    control_as_expected: bool = True,
) -> Finding:
    """Return the finding on limits that must agree with the theory and reject its partner."""
    comparisons = against_theory(limits)
    worst = max(comparisons, key=lambda c: abs(c.z))
    sharp = float(np.median([c.detectable / abs(c.predicted) for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, relevant),
        f"{text}; {len(comparisons)} limits in N^(-2/3) from N = {', '.join(f'{n:.0f}' for n in family.sizes)}: "
        f"largest deviation from full replica symmetry breaking {worst.z:+.1f} standard errors ({worst.name}: "
        f"{worst.measured:.4f} ± {worst.error:.4f}, predicted {worst.predicted:.4f}); half of them would have shown "
        f"{100 * sharp:.2g} %",
        comparisons,
        partner,
        control_as_expected and smallest_adjusted_p(against_partner(limits)) < LEVEL,
        size_limits=list(limits),
    )


def _moments(claim: Claim, family: Family) -> Finding:
    chosen = glass_slots(family)
    limits = [limit for slot in chosen for limit in _moments_at(slot)]
    coldest = limits[1]
    return _finding(
        claim,
        family,
        limits,
        RELEVANT_MOMENT,
        "the replica-symmetric overlap, one number",
        f"⟨q²⟩ at {coldest.where} tends to {coldest.limit.value:.4f} ± {coldest.limit.error:.4f}, full "
        f"{coldest.predicted:.4f}, replica-symmetric {coldest.wrong:.4f}",
    )


def _moments_at(slot: GlassSlot) -> list[SizeLimit]:
    rows: list[tuple[str, Observable, Levels]] = [
        ("⟨|q|⟩", lambda o: np.abs(o.total), lambda law: law.total),
        ("⟨q²⟩", lambda o: np.square(o.total), lambda law: law.total**2),
        ("⟨q⁴⟩", lambda o: o.total**4, lambda law: law.total**4),
    ]
    for k in range(len(slot.family.largest.widths)):
        rows.append((f"⟨q²⟩ of layer {k}", _layer_square(k), _level_square(k)))
    averages = slot.averages([observable for _, observable, _ in rows])
    return [
        slot.limit(name, estimates, slot.full.mean(levels(slot.full)), slot.symmetric.mean(levels(slot.symmetric)))
        for (name, _, levels), estimates in zip(rows, averages, strict=True)
    ]


def _layer_square(layer: int) -> Observable:
    return lambda overlaps: np.square(overlaps.layers[..., layer])


def _level_square(layer: int) -> Levels:
    return lambda law: law.layers[:, layer] ** 2


def _near(reach: float) -> Observable:
    return lambda overlaps: weight_near_zero(overlaps.total, reach)


def _near_zero(claim: Claim, family: Family) -> Finding:
    limits = []
    for slot in glass_slots(family):
        reach = REACH * slot.full.largest
        (estimates,) = slot.averages([_near(reach)])
        predicted, wrong = (law.mean(weight_near_zero(law.total, reach)) for law in (slot.full, slot.symmetric))
        limits.append(slot.limit("weight near q = 0", estimates, predicted, wrong))
    coldest = limits[0]
    values = ", ".join(f"{v:.3f} ± {e:.3f}" for v, e in zip(coldest.values, coldest.errors, strict=True))
    return _finding(
        claim,
        family,
        limits,
        RELEVANT_WEIGHT,
        "the replica-symmetric overlap, one number, which leaves none",
        f"weight below half of q_EA at {coldest.where}: {values}, full {coldest.predicted:.3f}, replica-symmetric "
        f"{coldest.wrong:.3f}",
    )


def _fluctuations(claim: Claim, family: Family) -> Finding:
    limits = []
    for slot in glass_slots(family):
        total, reach = slot.full.total, REACH * slot.full.largest
        squares, weights = slot.spreads([lambda o: np.square(o.total), _near(reach)])
        rows = [
            ("variance of ⟨q²⟩_J", squares, total**2),
            ("variance of the weight near 0", weights, weight_near_zero(total, reach)),
        ]
        for name, spreads, levels in rows:
            predicted = APART * slot.full.variance(levels)
            limits.append(slot.limit(name, [one.between for one in spreads], predicted, 0.0, controls=0))
    coldest = limits[0]
    return _finding(
        claim,
        family,
        limits,
        RELEVANT_VARIANCE,
        "self-averaging overlaps, whose variance over samples vanishes",
        f"the variance over samples of ⟨q²⟩ at {coldest.where} tends to {coldest.limit.value:.4f} ± "
        f"{coldest.limit.error:.4f}, predicted {coldest.predicted:.4f}",
    )


def _ghirlanda_guerra(claim: Claim, family: Family) -> Finding:
    strengths = bond_strengths(family.largest)
    symbols = ("r", "q²")
    observables: list[Observable] = [lambda o: bond_overlap(o.neighbours, strengths), lambda o: np.square(o.total)]
    limits = []
    for slot in glass_slots(family):
        for symbol, spreads in zip(symbols, slot.spreads(observables), strict=True):
            touching, apart = [one.touching for one in spreads], [one.apart for one in spreads]
            limits.append(slot.limit(f"⟨{symbol}₁₂ {symbol}₁₃⟩", touching, TOUCHING, 0.0, controls=0))
            limits.append(slot.limit(f"⟨{symbol}₁₂ {symbol}₃₄⟩", apart, APART, 0.0, controls=0))
    first, second = limits[0], limits[1]
    return _finding(
        claim,
        family,
        limits,
        RELEVANT_IDENTITY,
        "independent overlaps, as of replica-symmetric copies: both correlations 0",
        f"correlations of r at {first.where} tend to {first.limit.value:.3f} ± {first.limit.error:.3f} (1/2: one copy "
        f"shared) and {second.limit.value:.3f} ± {second.limit.error:.3f} (1/3: none)",
    )


def _triangles(claim: Claim, family: Family) -> Finding:
    limits = [_triangles_at(slot) for slot in glass_slots(family)]
    hot = [_triangles_at(slot) for slot in glass_slots(family, PARAMAGNET)]
    coldest = limits[0]
    values = ", ".join(f"{1 - v:.3f}" for v in coldest.values)
    return _finding(
        claim,
        family,
        limits,
        RELEVANT_TRIANGLES,
        "triangles of independent overlaps; the same test above T_c must reject as well",
        f"(q_mid - q_min)² over that of independent overlaps at {coldest.where}: {values}, limit "
        f"{1 - coldest.limit.value:.3f} ± {coldest.limit.error:.3f} (ultrametric: 0, independent: 1)",
        control_as_expected=smallest_adjusted_p(against_theory(hot)) < LEVEL,
    )


def _triangles_at(slot: GlassSlot) -> SizeLimit:
    ratios = [triangle_ratio(slot_overlaps(run, i).total, run.spins) for run, i in slot.runs]
    closeness = [Estimate(1.0 - ratio.value, ratio.error) for ratio in ratios]
    return slot.limit("1 - triangle ratio", closeness, 1.0, 0.0, controls=0)


def _energy(claim: Claim, family: Family) -> Finding:
    limits = [slot.limit("e", slot.energies(), slot.full.energy, slot.symmetric.energy) for slot in glass_slots(family)]
    coldest = limits[0]
    return _finding(
        claim,
        family,
        limits,
        RELEVANT_ENERGY,
        "the replica-symmetric energy",
        f"e at {coldest.where} tends to {coldest.limit.value:.4f} ± {coldest.limit.error:.4f}, full "
        f"{coldest.predicted:.4f}, replica-symmetric {coldest.wrong:.4f}",
    )


_PAPER = "Barney, Winer & Galitski, arXiv 2408.06421: the random network is a multi-layer SK model"
_NEEDS = (
    "Gaussian networks of one shape at 3 sizes or more, 4 copies, 24 samples each, temperatures of 0.38 to 0.65 T_c"
)
_RUNS = (f"{PREFIX}-width-*",)

MOMENTS = Claim(
    id="rsb.moments",
    statement="Below T_c the moments ⟨|q|⟩, ⟨q²⟩, ⟨q⁴⟩ of the overlap, in total, and ⟨q²⟩ of every layer tend to those "
    "of full replica symmetry breaking.",
    source=f"{_PAPER}; Parisi solution, P(q) = dx/dq. The energy determines ⟨q_(k-1) q_k⟩ at every N, but no other.",
    needs=_NEEDS,
    evaluate=_moments,
    runs=_RUNS,
)
NEAR_ZERO = Claim(
    id="rsb.weight-near-zero",
    statement="The weight of P(q) near q = 0 does not vanish as N grows; it tends to full replica symmetry breaking's.",
    source=f"{_PAPER}; continuous part of the Parisi solution. Weight: mean of max(0, 1 - (2q/q_EA)²).",
    needs=_NEEDS,
    evaluate=_near_zero,
    runs=_RUNS,
)
FLUCTUATIONS = Claim(
    id="rsb.sample-fluctuations",
    statement="Overlaps do not self-average: the variance over samples of ⟨q²⟩_J and of the weight near q = 0 tends to "
    "a third of their variance over P(q).",
    source=f"{_PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro, J. Phys. (Paris) 45, 843 (1984).",
    needs=_NEEDS,
    evaluate=_fluctuations,
    runs=_RUNS,
)
GHIRLANDA_GUERRA = Claim(
    id="rsb.ghirlanda-guerra",
    statement="Overlaps of two pairs of copies with one copy, or none, in common have correlations 1/2 and 1/3: "
    "[⟨r₁₂ r₁₃⟩] = ½[⟨r²⟩] + ½[⟨r⟩]², [⟨r₁₂ r₃₄⟩] = ⅓[⟨r²⟩] + ⅔[⟨r⟩]².",
    source="Ghirlanda & Guerra, J. Phys. A 31, 9149 (1998), for r, the covariance of energies; the Parisi solution has "
    "them for every function of the overlap, q² as well.",
    needs=_NEEDS,
    evaluate=_ghirlanda_guerra,
    runs=_RUNS,
)
TRIANGLES = Claim(
    id="rsb.ultrametricity",
    statement="Overlaps of three copies become ultrametric as N grows: the two smaller ones are equal.",
    source=f"{_PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro (1984); Panchenko, Ann. Math. 177, 383 (2013).",
    needs=f"{_NEEDS}, and from 1.3 to 2.5 T_c",
    evaluate=_triangles,
    runs=_RUNS,
)
GLASS_ENERGY = Claim(
    id="rsb.energy",
    statement="Below T_c the energy per spin tends to that of full replica symmetry breaking, above the "
    "replica-symmetric one.",
    source=f"{_PAPER}; Parisi solution.",
    needs=_NEEDS,
    evaluate=_energy,
    runs=_RUNS,
)
