"""Replica symmetry breaking of random layered networks below T_c, seen in the overlaps of four copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from validation.claims.base import Claim, Family, Finding
from validation.claims.rsb_slots import CONTROLS, GlassSlot, Observable, bond_strengths, glass_slots
from validation.compare import LEVEL, smallest_adjusted_p, verdict_of_agreement
from validation.rsb.campaign import PREFIX
from validation.rsb.identities import APART, TOUCHING, Estimate
from validation.rsb.limits import RESOLVED, SizeLimit, against_partner, against_theory
from validation.rsb.predictions import OverlapLaw
from validation.rsb.spins import bond_overlap, distinct_fourth, distinct_square, slot_overlaps, weight_near_zero
from validation.rsb.triangles import triangle_ratio

FloatArray = NDArray[np.float64]
Levels = Callable[[OverlapLaw], FloatArray]

# Where overlaps are independent noise: all correlations between pairs must be absent.
PARAMAGNET = (1.3, 2.5)
# "Near q = 0" is below this share of the largest overlap.
REACH = 0.5
# Relative deviations that would matter. Replica-symmetric <q^4> is off by a quarter, its energies by 0.5 to 1.6 %.
RELEVANT_MOMENT = 0.10
RELEVANT_ENERGY = 0.005
# No weight, and self-averaging, would be off by 100 %.
RELEVANT_WEIGHT = 0.25
RELEVANT_VARIANCE = 0.50
# The partner, independent overlaps, is off by 100 % in each of these.
RELEVANT_IDENTITY = 0.20
RELEVANT_TRIANGLES = 0.20


def _finding(
    claim: Claim,
    family: Family,
    limits: Sequence[SizeLimit],
    relevant: float,
    partner: str,
    text: str,
    control_as_expected: bool = True,
    **details: object,
) -> Finding:
    """Return the finding on limits that must agree with the theory and reject its partner."""
    comparisons = against_theory(limits)
    worst = max(comparisons, key=lambda c: abs(c.z))
    sharp = float(np.median([c.detectable / abs(c.predicted) for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, relevant),
        f"{text}; {len(comparisons)} limits from N = {', '.join(f'{n:.0f}' for n in family.sizes)}: "
        f"largest deviation from full replica symmetry breaking {worst.z:+.1f} standard errors ({worst.name}: "
        f"{worst.measured:.4f} ± {worst.error:.4f}, predicted {worst.predicted:.4f}); half of them would have shown "
        f"{100 * sharp:.2g} %",
        comparisons,
        partner,
        control_as_expected and smallest_adjusted_p(against_partner(limits)) < LEVEL,
        size_limits=list(limits),
        **details,
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
        distribution=chosen[0],
    )


def _moments_at(slot: GlassSlot) -> list[SizeLimit]:
    rows: list[tuple[str, Observable, Levels]] = [
        ("⟨|q|⟩", lambda o: np.abs(o.total), lambda law: law.total),
        ("⟨q²⟩", lambda o: distinct_square(o.total, o.spins), lambda law: law.total**2),
        ("⟨q⁴⟩", lambda o: distinct_fourth(o.total, o.spins), lambda law: law.total**4),
    ]
    for k in range(len(slot.family.largest.widths)):
        rows.append((f"⟨q²⟩ of layer {k}", _layer_square(k), _level_square(k)))
    averages = slot.averages([observable for _, observable, _ in rows])
    return [
        slot.limit(
            name,
            estimates,
            slot.full.mean(levels(slot.full)),
            slot.symmetric.mean(levels(slot.symmetric)),
            controls=CONTROLS,
        )
        for (name, _, levels), estimates in zip(rows, averages, strict=True)
    ]


def _layer_square(layer: int) -> Observable:
    return lambda overlaps: distinct_square(overlaps.layers[..., layer], overlaps.widths[layer])


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
        limits.append(
            slot.limit("weight near q = 0", estimates, predicted, wrong, controls=CONTROLS, exponents=RESOLVED)
        )
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
    squares, weights = [], []
    for slot in glass_slots(family):
        total, reach = slot.full.total, REACH * slot.full.largest
        rows = slot.spreads([lambda o: np.square(o.total), _near(reach)])
        exact = [APART * slot.full.variance(levels) for levels in (total**2, weight_near_zero(total, reach))]
        between = [[one.between for one in spreads] for spreads in rows]
        squares.append(slot.limit("variance over samples of ⟨q²⟩", between[0], exact[0], 0.0))
        weights.append(
            slot.limit("variance over samples of weight near 0", between[1], exact[1], 0.0, exponents=RESOLVED)
        )
    first, near = squares[0], weights[0]
    # Overlaps of these N fluctuate by as much as the weight near 0 resolves: it must not vanish, but its value is not
    # yet that of the limit.
    return _finding(
        claim,
        family,
        squares,
        RELEVANT_VARIANCE,
        "self-averaging overlaps: neither variance has a limit other than 0",
        f"the variance over samples of ⟨q²⟩ at {first.where} tends to {first.limit.value:.4f} ± "
        f"{first.limit.error:.4f}, predicted {first.predicted:.4f}; that of the weight near 0, "
        f"{', '.join(f'{v:.4f}' for v in near.values)}, to {near.limit.value:.4f} ± {near.limit.error:.4f} "
        f"({near.predicted:.4f}; blurred at these N, so it is tested against 0 alone)",
        control_as_expected=smallest_adjusted_p(against_partner(weights)) < LEVEL,
        drawn=[*squares, *weights],
    )


def _ghirlanda_guerra(claim: Claim, family: Family) -> Finding:
    strengths = bond_strengths(family.largest)
    symbols = ("r", "q²")
    observables: list[Observable] = [lambda o: bond_overlap(o.neighbours, strengths), lambda o: np.square(o.total)]
    limits = []
    for slot in glass_slots(family):
        for symbol, spreads in zip(symbols, slot.spreads(observables), strict=True):
            touching, apart = [one.touching for one in spreads], [one.apart for one in spreads]
            limits.append(slot.limit(f"correlation of {symbol}₁₂, {symbol}₁₃", touching, TOUCHING, 0.0))
            limits.append(slot.limit(f"correlation of {symbol}₁₂, {symbol}₃₄", apart, APART, 0.0))
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
    return slot.limit("1 - triangle ratio", closeness, 1.0, 0.0, exponents=RESOLVED)


def _energy(claim: Claim, family: Family) -> Finding:
    limits = [
        slot.limit("energy per spin", slot.energies(), slot.full.energy, slot.symmetric.energy)
        for slot in glass_slots(family)
    ]
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
    source=f"{_PAPER}; Parisi solution, P(q) = dx/dq. Even moments over distinct spins. The energy determines "
    "⟨q_(k-1) q_k⟩ at every N, but no other.",
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
    statement="Overlaps do not self-average: the variance over samples of ⟨q²⟩_J tends to a third of that of q² over "
    "P(q), and that of the weight near q = 0 does not vanish.",
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
