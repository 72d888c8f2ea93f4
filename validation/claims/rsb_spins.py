"""Claims on the law of the overlaps of random layered networks below T_c: moments, width, weight near 0, energy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from validation.claims.base import Claim, Family, Finding
from validation.claims.overlap_law import OverlapLaw
from validation.claims.rsb_slots import (
    CONTROLS,
    NEEDS,
    PAPER,
    RUNS,
    GlassSlot,
    Observable,
    finding_on_limits,
    glass_slots,
)
from validation.numbers.limits import RESOLVED, SizeLimit
from validation.runs.spin_overlaps import distinct_fourth, distinct_square, weight_near_zero

FloatArray = NDArray[np.float64]
Levels = Callable[[OverlapLaw], FloatArray]

# "Near q = 0" is below this share of the largest overlap.
REACH = 0.5
# Relative deviations that would matter. Replica-symmetric <q^4> is off by a quarter, its energies by 0.5 to 1.6 %.
RELEVANT_MOMENT = 0.10
RELEVANT_ENERGY = 0.005
# No weight, and no width, would be off by 100 %.
RELEVANT_WEIGHT = 0.25
RELEVANT_WIDTH = 0.25


def _moments(claim: Claim, family: Family) -> Finding:
    chosen = glass_slots(family)
    limits = [limit for slot in chosen for limit in _moments_at(slot)]
    coldest = limits[1]
    return finding_on_limits(
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


def near(reach: float) -> Observable:
    """Return the weight of each overlap near q = 0."""
    return lambda overlaps: weight_near_zero(overlaps.total, reach)


def _width(claim: Claim, family: Family) -> Finding:
    limits = []
    for slot in glass_slots(family):
        (spreads,) = slot.spreads([lambda o: np.abs(o.total)])
        widths = [one.total for one in spreads]
        limits.append(slot.limit("variance of |q| over all networks", widths, slot.full.variance(slot.full.total), 0.0))
    coldest = limits[0]
    values = ", ".join(f"{v:.4f} ± {e:.4f}" for v, e in zip(coldest.values, coldest.errors, strict=True))
    return finding_on_limits(
        claim,
        family,
        limits,
        RELEVANT_WIDTH,
        "the replica-symmetric overlap, whose width vanishes",
        f"variance of |q| at {coldest.where}: {values}, limit {coldest.limit.value:.4f} ± {coldest.limit.error:.4f}, "
        f"full {coldest.predicted:.4f}",
    )


def _near_zero(claim: Claim, family: Family) -> Finding:
    limits = []
    for slot in glass_slots(family):
        reach = REACH * slot.full.largest
        (estimates,) = slot.averages([near(reach)])
        predicted, wrong = (law.mean(weight_near_zero(law.total, reach)) for law in (slot.full, slot.symmetric))
        limits.append(
            slot.limit("weight near q = 0", estimates, predicted, wrong, controls=CONTROLS, exponents=RESOLVED)
        )
    coldest = limits[0]
    values = ", ".join(f"{v:.3f} ± {e:.3f}" for v, e in zip(coldest.values, coldest.errors, strict=True))
    return finding_on_limits(
        claim,
        family,
        limits,
        RELEVANT_WEIGHT,
        "the replica-symmetric overlap, one number, which leaves none",
        f"weight below half of q_EA at {coldest.where}: {values}, full {coldest.predicted:.3f}, replica-symmetric "
        f"{coldest.wrong:.3f}",
    )


def _energy(claim: Claim, family: Family) -> Finding:
    limits = [
        slot.limit("energy per spin", slot.energies(), slot.full.energy, slot.symmetric.energy)
        for slot in glass_slots(family)
    ]
    coldest = limits[0]
    return finding_on_limits(
        claim,
        family,
        limits,
        RELEVANT_ENERGY,
        "the replica-symmetric energy",
        f"e at {coldest.where} tends to {coldest.limit.value:.4f} ± {coldest.limit.error:.4f}, full "
        f"{coldest.predicted:.4f}, replica-symmetric {coldest.wrong:.4f}",
    )


MOMENTS = Claim(
    id="rsb.moments",
    statement="Below T_c the moments ⟨|q|⟩, ⟨q²⟩, ⟨q⁴⟩ of the overlap, in total, and ⟨q²⟩ of every layer tend to those "
    "of full replica symmetry breaking.",
    source=f"{PAPER}; Parisi solution, P(q) = dx/dq. Even moments over distinct spins. The energy determines "
    "⟨q_(k-1) q_k⟩ at every N, but no other.",
    needs=NEEDS,
    evaluate=_moments,
    runs=RUNS,
)
WIDTH = Claim(
    id="rsb.width",
    statement="P(q) does not become sharp as N grows: the variance of |q| tends to full replica symmetry breaking's.",
    source=f"{PAPER}; Parisi solution, P(q) = dx/dq.",
    needs=NEEDS,
    evaluate=_width,
    runs=RUNS,
)
NEAR_ZERO = Claim(
    id="rsb.weight-near-zero",
    statement="The weight of P(q) near q = 0 does not vanish as N grows; it tends to full replica symmetry breaking's.",
    source=f"{PAPER}; continuous part of the Parisi solution. Weight: mean of max(0, 1 - (2q/q_EA)²).",
    needs=NEEDS,
    evaluate=_near_zero,
    runs=RUNS,
)
GLASS_ENERGY = Claim(
    id="rsb.energy",
    statement="Below T_c the energy per spin tends to that of full replica symmetry breaking, above the "
    "replica-symmetric one.",
    source=f"{PAPER}; Parisi solution.",
    needs=NEEDS,
    evaluate=_energy,
    runs=RUNS,
)
