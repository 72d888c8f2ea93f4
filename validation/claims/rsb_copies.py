"""Claims on several copies of one random layered network: fluctuation of P_J(q), Ghirlanda-Guerra, ultrametricity."""

from __future__ import annotations

import numpy as np

from validation.claims.base import Claim, Family, Finding
from validation.claims.rsb_slots import (
    NEEDS,
    PAPER,
    RUNS,
    GlassSlot,
    Observable,
    bond_strengths,
    finding_on_limits,
    glass_slots,
)
from validation.claims.rsb_spins import REACH, near
from validation.numbers.compare import LEVEL, smallest_adjusted_p
from validation.numbers.limits import RESOLVED, SizeLimit, against_negative_control, against_theory
from validation.numbers.spread import APART, TOUCHING, Estimate
from validation.numbers.triangles import triangle_ratio
from validation.runs.spin_overlaps import bond_overlap, slot_overlaps, weight_near_zero

# Where overlaps are independent noise: all correlations between pairs must be absent.
PARAMAGNET = (1.3, 2.5)
# Relative deviations that would matter: self-averaging, and independent overlaps, would be off by 100 %.
RELEVANT_VARIANCE = 0.50
RELEVANT_IDENTITY = 0.20
RELEVANT_TRIANGLES = 0.20


def _fluctuations(claim: Claim, family: Family) -> Finding:
    squares, weights = [], []
    for slot in glass_slots(family):
        total, reach = slot.full.total, REACH * slot.full.largest
        rows = slot.spreads([lambda o: np.square(o.total), near(reach)])
        exact = [APART * slot.full.variance(levels) for levels in (total**2, weight_near_zero(total, reach))]
        between = [[one.between for one in spreads] for spreads in rows]
        squares.append(slot.limit("variance over samples of ⟨q²⟩", between[0], exact[0], 0.0))
        weights.append(
            slot.limit("variance over samples of weight near 0", between[1], exact[1], 0.0, exponents=RESOLVED)
        )
    first, weight = squares[0], weights[0]
    # Overlaps of these N fluctuate by as much as the weight near 0 resolves: it must not vanish, but its value is not
    # yet that of the limit.
    return finding_on_limits(
        claim,
        family,
        squares,
        RELEVANT_VARIANCE,
        "self-averaging overlaps: neither variance has a limit other than 0",
        f"the variance over samples of ⟨q²⟩ at {first.where} tends to {first.limit.value:.4f} ± "
        f"{first.limit.error:.4f}, predicted {first.predicted:.4f}; that of the weight near 0, "
        f"{', '.join(f'{v:.4f}' for v in weight.values)}, to {weight.limit.value:.4f} ± {weight.limit.error:.4f} "
        f"({weight.predicted:.4f}; blurred at these N, so it is tested against 0 alone)",
        control_as_expected=smallest_adjusted_p(against_negative_control(weights)) < LEVEL,
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
    return finding_on_limits(
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
    return finding_on_limits(
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


FLUCTUATIONS = Claim(
    id="rsb.sample-fluctuations",
    statement="Overlaps do not self-average: the variance over samples of ⟨q²⟩_J tends to a third of that of q² over "
    "P(q), and that of the weight near q = 0 does not vanish.",
    source=f"{PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro, J. Phys. (Paris) 45, 843 (1984).",
    needs=NEEDS,
    evaluate=_fluctuations,
    runs=RUNS,
)
GHIRLANDA_GUERRA = Claim(
    id="rsb.ghirlanda-guerra",
    statement="Overlaps of two pairs of copies with one copy, or none, in common have correlations 1/2 and 1/3: "
    "[⟨r₁₂ r₁₃⟩] = ½[⟨r²⟩] + ½[⟨r⟩]², [⟨r₁₂ r₃₄⟩] = ⅓[⟨r²⟩] + ⅔[⟨r⟩]².",
    source="Ghirlanda & Guerra, J. Phys. A 31, 9149 (1998), for r, the covariance of energies; the Parisi solution has "
    "them for every function of the overlap, q² as well.",
    needs=NEEDS,
    evaluate=_ghirlanda_guerra,
    runs=RUNS,
)
TRIANGLES = Claim(
    id="rsb.ultrametricity",
    statement="Overlaps of three copies become ultrametric as N grows: the two smaller ones are equal.",
    source=f"{PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro (1984); Panchenko, Ann. Math. 177, 383 (2013).",
    needs=f"{NEEDS}, and from 1.3 to 2.5 T_c",
    evaluate=_triangles,
    runs=RUNS,
)
