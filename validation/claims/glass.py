"""Replica symmetry breaking of random layered networks below T_c: the law of overlaps, and of several of one sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from validation.claims.base import Claim
from validation.claims.glass_slots import GlassSlot, Observable, glass_slots
from validation.claims.overlap_law import OverlapLaw
from validation.claims.points import Control, Point, PointsTest, Tested, told
from validation.numbers.arrays import FloatArray
from validation.numbers.estimate import Estimate
from validation.numbers.limit import RESOLVED
from validation.numbers.spread import APART, TOUCHING
from validation.numbers.triangles import triangle_ratio
from validation.runs.spin_family import SpinFamily, bond_strengths
from validation.runs.spin_overlaps import (
    bond_overlap,
    distinct_fourth,
    distinct_square,
    slot_overlaps,
    weight_near_zero,
)

# "Near q = 0" is below this share of the largest overlap.
REACH = 0.5
# Where overlaps are independent noise: all correlations between pairs must be absent.
PARAMAGNET = (1.3, 2.5)


@dataclass(frozen=True)
class DistributionFigure:
    """P(q) at one temperature, to be drawn at every size beside full replica symmetry breaking."""

    slot: GlassSlot


def _moments(slot: GlassSlot) -> list[Point]:
    Levels = Callable[[OverlapLaw], FloatArray]
    rows: list[tuple[str, int | None, Observable, Levels]] = [
        ("⟨|q|⟩", None, lambda o: np.abs(o.total), lambda law: law.total),
        ("⟨q²⟩", None, lambda o: distinct_square(o.total, o.spins), lambda law: law.total**2),
        ("⟨q⁴⟩", None, lambda o: distinct_fourth(o.total, o.spins), lambda law: law.total**4),
    ]
    for k in range(len(slot.family.largest.widths)):
        rows.append((f"⟨q²⟩ of layer {k}", k, _layer_square(k), _level_square(k)))
    averages = slot.averages([observable for _, _, observable, _ in rows])
    return [
        slot.point(name, estimates, *(law.mean(levels(law)) for law in (slot.full, slot.symmetric)), layer=layer)
        for (name, layer, _, levels), estimates in zip(rows, averages, strict=True)
    ]


def _layer_square(layer: int) -> Observable:
    return lambda overlaps: distinct_square(overlaps.layers[..., layer], overlaps.widths[layer])


def _level_square(layer: int) -> Callable[[OverlapLaw], FloatArray]:
    return lambda law: law.layers[:, layer] ** 2


def _width(slot: GlassSlot) -> list[Point]:
    (spreads,) = slot.spreads([lambda o: np.abs(o.total)])
    predicted = slot.full.variance(slot.full.total)
    return [slot.point("variance of |q| over all networks", [s.total for s in spreads], predicted, 0.0)]


def _near_zero(slot: GlassSlot) -> list[Point]:
    reach = REACH * slot.full.largest
    (estimates,) = slot.averages([lambda o: weight_near_zero(o.total, reach)])
    predicted, wrong = (law.mean(weight_near_zero(law.total, reach)) for law in (slot.full, slot.symmetric))
    return [slot.point("weight near q = 0", estimates, predicted, wrong, RESOLVED)]


def _energy(slot: GlassSlot) -> list[Point]:
    return [slot.point("e", slot.energies(), slot.full.energy, slot.symmetric.energy)]


def _square_fluctuations(slot: GlassSlot) -> list[Point]:
    (spreads,) = slot.spreads([lambda o: np.square(o.total)])
    predicted = APART * slot.full.variance(slot.full.total**2)
    return [slot.point("variance over samples of ⟨q²⟩", [s.between for s in spreads], predicted, 0.0)]


def _weight_fluctuations(slot: GlassSlot) -> list[Point]:
    """Return the variance of the weight near 0: it must not vanish, but its value is not yet that of the limit.

    Overlaps of these N fluctuate by as much as the weight resolves.
    """
    total, reach = slot.full.total, REACH * slot.full.largest
    (spreads,) = slot.spreads([lambda o: weight_near_zero(o.total, reach)])
    predicted = APART * slot.full.variance(weight_near_zero(total, reach))
    between = [s.between for s in spreads]
    return [slot.point("variance over samples of weight near 0", between, predicted, 0.0, RESOLVED)]


def _correlations(slot: GlassSlot) -> list[Point]:
    strengths = bond_strengths(slot.family.largest)
    observables: list[Observable] = [lambda o: bond_overlap(o.neighbours, strengths), lambda o: np.square(o.total)]
    points = []
    for q, spreads in zip(("r", "q²"), slot.spreads(observables), strict=True):
        touching, apart = [s.touching for s in spreads], [s.apart for s in spreads]
        points.append(slot.point(f"correlation of {q}₁₂, {q}₁₃", touching, TOUCHING, 0.0))
        points.append(slot.point(f"correlation of {q}₁₂, {q}₃₄", apart, APART, 0.0))
    return points


def _triangles(slot: GlassSlot, wrong: float = 0.0) -> list[Point]:
    ratios = [triangle_ratio(slot_overlaps(run, i).total, run.spins) for run, i in slot.runs]
    closeness = [Estimate(1.0 - ratio.value, ratio.error) for ratio in ratios]
    return [slot.point("1 - triangle ratio", closeness, 1.0, wrong, RESOLVED)]


def _at_slots(
    points: Callable[[GlassSlot], list[Point]], *window: tuple[float, float]
) -> Callable[[SpinFamily], list[Point]]:
    """Return these points at the glass slots of a family, of the glass or of another window."""
    return lambda family: [point for slot in glass_slots(family, *window) for point in points(slot)]


def _blurred(tested: Tested) -> str:
    return f"{told(tested.controls[0][0])} is blurred at these N, and tested against 0 alone"


_PAPER = "Barney, Winer & Galitski, arXiv 2408.06421: the random network is a multi-layer SK model"
_NEEDS = (
    "Gaussian networks of one shape at 3 sizes or more, 4 copies, 24 samples each, temperatures of 0.38 to 0.65 T_c"
)


def _claim(name: str, statement: str, source: str, evaluate: PointsTest, more: str = "") -> Claim:
    return Claim(f"rsb.{name}", statement, source, f"{_NEEDS}{more}", evaluate, runs=("glass-width-*",))


# Relative deviations that would matter: replica-symmetric <q^4> is off by a quarter, its energies by 0.5 to 1.6 %; no
# width, no weight, self-averaging and independent overlaps by 100 %.
CLAIMS = (
    _claim(
        "moments",
        "Below T_c the moments ⟨|q|⟩, ⟨q²⟩, ⟨q⁴⟩ of the overlap, in total, and ⟨q²⟩ of every layer tend to those of "
        "full replica symmetry breaking.",
        f"{_PAPER}; Parisi solution, P(q) = dx/dq. Even moments over distinct spins. The energy determines "
        "⟨q_(k-1) q_k⟩ at every N, but no other.",
        PointsTest(
            _at_slots(_moments), "the replica-symmetric overlap, one number", relevant=0.10,
            figures=lambda family: [DistributionFigure(glass_slots(family)[0])],
        ),
    ),
    _claim(
        "width",
        "P(q) does not become sharp as N grows: the variance of |q| tends to full replica symmetry breaking's.",
        f"{_PAPER}; Parisi solution, P(q) = dx/dq.",
        PointsTest(_at_slots(_width), "the replica-symmetric overlap, whose width vanishes", relevant=0.25),
    ),
    _claim(
        "weight-near-zero",
        "The weight of P(q) near q = 0 does not vanish as N grows; it tends to full replica symmetry breaking's.",
        f"{_PAPER}; continuous part of the Parisi solution. Weight: mean of max(0, 1 - (2q/q_EA)²).",
        PointsTest(
            _at_slots(_near_zero), "the replica-symmetric overlap, one number, which leaves none", relevant=0.25
        ),
    ),
    _claim(
        "sample-fluctuations",
        "Overlaps do not self-average: the variance over samples of ⟨q²⟩_J tends to a third of that of q² over P(q), "
        "and that of the weight near q = 0 does not vanish.",
        f"{_PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro, J. Phys. (Paris) 45, 843 (1984).",
        PointsTest(
            _at_slots(_square_fluctuations), "self-averaging overlaps: neither variance has a limit other than 0",
            relevant=0.50, controls=(Control(_at_slots(_weight_fluctuations), rejected=True, drawn=True),),
            remark=_blurred,
        ),
    ),
    _claim(
        "ghirlanda-guerra",
        "Overlaps of two pairs of copies with one copy, or none, in common have correlations 1/2 and 1/3: "
        "[⟨r₁₂ r₁₃⟩] = ½[⟨r²⟩] + ½[⟨r⟩]², [⟨r₁₂ r₃₄⟩] = ⅓[⟨r²⟩] + ⅔[⟨r⟩]².",
        "Ghirlanda & Guerra, J. Phys. A 31, 9149 (1998), for r, the covariance of energies; the Parisi solution has "
        "them for every function of the overlap, q² as well.",
        PointsTest(
            _at_slots(_correlations), "independent overlaps, as of replica-symmetric copies: both correlations 0",
            relevant=0.20,
        ),
    ),
    _claim(
        "ultrametricity",
        "Overlaps of three copies become ultrametric as N grows: the two smaller ones are equal.",
        f"{_PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro (1984); Panchenko, Ann. Math. 177, 383 (2013).",
        PointsTest(
            _at_slots(_triangles), "triangles of independent overlaps; the same test above T_c must reject as well",
            relevant=0.20, controls=(Control(_at_slots(partial(_triangles, wrong=np.nan), PARAMAGNET), rejected=True),),
        ),
        ", and from 1.3 to 2.5 T_c",
    ),
    _claim(
        "energy",
        "Below T_c the energy per spin tends to that of full replica symmetry breaking, above the replica-symmetric "
        "one.",
        f"{_PAPER}; Parisi solution.",
        PointsTest(_at_slots(_energy), "the replica-symmetric energy", relevant=0.005),
    ),
)  # fmt: skip
