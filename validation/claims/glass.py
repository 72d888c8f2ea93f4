"""Replica symmetry breaking of random layered networks below T_c: the law of overlaps, and of several of one sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from validation.claims.base import BARNEY, Claim
from validation.claims.glass_slots import (
    Observable,
    Quantities,
    averaged,
    energy,
    glass_entries,
    glass_points,
    laws_at,
    spread_of,
)
from validation.claims.overlap_law import OverlapLaw
from validation.claims.points import Control, Point, PointsTest, Quantity, point, told
from validation.numbers.estimate import Estimate
from validation.numbers.limit import GLASS, RESOLVED
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
from validation.runs.spins import MeasuredRun

# "Near q = 0" is below this share of the largest overlap.
REACH = 0.5
# Where overlaps are independent noise: all correlations between pairs must be absent.
PARAMAGNET = (1.3, 2.5)


@dataclass(frozen=True)
class DistributionFigure:
    """P(q) at an entry of a family's slots, to be drawn at every size beside full replica symmetry breaking."""

    family: SpinFamily
    entry: int
    law: OverlapLaw


def _coldest(family: SpinFamily) -> list[DistributionFigure]:
    entry = glass_entries(family)[0]
    return [DistributionFigure(family, entry, laws_at(family, entry)[0])]


def _moments(_: SpinFamily, full: OverlapLaw) -> list[Quantity]:
    def square_of_layer(k: int) -> Quantity:
        measure = averaged(lambda o: distinct_square(o.layers[..., k], o.widths[k]))
        return Quantity(f"⟨q²⟩ of layer {k}", measure, lambda law: law.q.mean(law.q.values[:, k] ** 2), GLASS, k)

    square = averaged(lambda o: distinct_square(o.total, o.spins))
    fourth = averaged(lambda o: distinct_fourth(o.total, o.spins))
    return [
        Quantity("⟨|q|⟩", averaged(lambda o: np.abs(o.total)), lambda law: law.q.mean(law.total), GLASS),
        Quantity("⟨q²⟩", square, lambda law: law.q.mean(law.total**2), GLASS),
        Quantity("⟨q⁴⟩", fourth, lambda law: law.q.mean(law.total**4), GLASS),
        *(square_of_layer(k) for k in range(full.fractions.size)),
    ]


def _width(*_: Any) -> list[Quantity]:
    measure = spread_of(lambda o: np.abs(o.total), lambda s: s.total)
    return [Quantity("variance of |q| over all networks", measure, lambda law: law.q.variance(law.total), GLASS)]


def _near_zero(_: SpinFamily, full: OverlapLaw) -> list[Quantity]:
    weight = partial(weight_near_zero, reach=REACH * full.largest)
    measure = averaged(lambda o: weight(o.total))
    return [Quantity("weight near q = 0", measure, lambda law: law.q.mean(weight(law.total)), RESOLVED)]


def _energy(*_: Any) -> list[Quantity]:
    return [Quantity("e", energy, lambda law: law.energy, GLASS)]


def _fluctuations(*_: Any) -> list[Quantity]:
    measure = spread_of(lambda o: np.square(o.total), lambda s: s.between)
    return [Quantity("variance over samples of ⟨q²⟩", measure, lambda law: APART * law.q.variance(law.total**2), GLASS)]


def _weight_fluctuations(_: SpinFamily, full: OverlapLaw) -> list[Quantity]:
    """Return the variance of the weight near 0: it must not vanish, but its value is not yet that of the limit.

    Overlaps of these N fluctuate by as much as the weight resolves.
    """
    weight = partial(weight_near_zero, reach=REACH * full.largest)
    measure = spread_of(lambda o: weight(o.total), lambda s: s.between)
    symbol = "variance over samples of weight near 0"
    return [Quantity(symbol, measure, lambda law: APART * law.q.variance(weight(law.total)), RESOLVED)]


def _correlations(family: SpinFamily, _: OverlapLaw) -> list[Quantity]:
    strengths = bond_strengths(family.largest)
    observables: dict[str, Observable] = {
        "r": lambda o: bond_overlap(o.neighbours, strengths),
        "q²": lambda o: np.square(o.total),
    }
    quantities = []
    for q, observable in observables.items():
        one_shared, none = spread_of(observable, lambda s: s.touching), spread_of(observable, lambda s: s.apart)
        quantities += [
            Quantity(f"correlation of {q}₁₂, {q}₁₃", one_shared, lambda law: TOUCHING * law.breaks, GLASS),
            Quantity(f"correlation of {q}₁₂, {q}₃₄", none, lambda law: APART * law.breaks, GLASS),
        ]
    return quantities


def _closeness(run: MeasuredRun, slot: int) -> Estimate:
    ratio = triangle_ratio(slot_overlaps(run, slot).total, run.size)
    return Estimate(1.0 - ratio.value, ratio.error)


def _triangles(*_: Any) -> list[Quantity]:
    return [Quantity("1 - triangle ratio", _closeness, lambda law: float(law.breaks), RESOLVED)]


def _triangles_above(family: SpinFamily) -> list[Point]:
    """Return triangles of independent noise as if they were ultrametric."""
    [triangles] = _triangles()
    return [point(triangles.limit(family, i), 1.0) for i in glass_entries(family, PARAMAGNET)]


def _blurred(_: SpinFamily, controls: Sequence[Sequence[Point]]) -> str:
    return f"{told(controls[0][0])} is blurred at these N, and tested against 0 alone"


_PAPER = f"{BARNEY}: the random network is a multi-layer SK model"
_NEEDS = (
    "Gaussian networks of one shape at 3 sizes or more, 4 copies, 24 samples each, temperatures of 0.38 to 0.65 T_c"
)


def _claim(
    name: str,
    statement: str,
    source: str,
    quantities: Quantities,
    negative_control: str,
    relevant: float,
    more: str = "",
    **options: Any,
) -> Claim:
    test = PointsTest(partial(glass_points, quantities), negative_control, relevant, **options)
    return Claim(f"rsb.{name}", statement, source, f"{_NEEDS}{more}", test, runs=("glass-width-*",))


# Relative deviations that would matter: replica-symmetric <q^4> is off by a quarter, its energies by 0.5 to 1.6 %; no
# width, no weight, self-averaging and independent overlaps by 100 %.
CLAIMS = (
    _claim(
        "moments",
        "Below T_c the moments ⟨|q|⟩, ⟨q²⟩, ⟨q⁴⟩ of the overlap, in total, and ⟨q²⟩ of every layer tend to those of "
        "full replica symmetry breaking.",
        f"{_PAPER}; Parisi solution, P(q) = dx/dq. Even moments over distinct spins. The energy determines "
        "⟨q_(k-1) q_k⟩ at every N, but no other.",
        _moments,
        "the replica-symmetric overlap, one number",
        relevant=0.10,
        figures=_coldest,
    ),
    _claim(
        "width",
        "P(q) does not become sharp as N grows: the variance of |q| tends to full replica symmetry breaking's.",
        f"{_PAPER}; Parisi solution, P(q) = dx/dq.",
        _width,
        "the replica-symmetric overlap, whose width vanishes",
        relevant=0.25,
    ),
    _claim(
        "weight-near-zero",
        "The weight of P(q) near q = 0 does not vanish as N grows; it tends to full replica symmetry breaking's.",
        f"{_PAPER}; continuous part of the Parisi solution. Weight: mean of max(0, 1 - (2q/q_EA)²).",
        _near_zero,
        "the replica-symmetric overlap, one number, which leaves none",
        relevant=0.25,
    ),
    _claim(
        "sample-fluctuations",
        "Overlaps do not self-average: the variance over samples of ⟨q²⟩_J tends to a third of that of q² over P(q), "
        "and that of the weight near q = 0 does not vanish.",
        f"{_PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro, J. Phys. (Paris) 45, 843 (1984).",
        _fluctuations,
        "self-averaging overlaps: neither variance has a limit other than 0",
        relevant=0.50,
        controls=(Control(partial(glass_points, _weight_fluctuations), rejected=True, drawn=True),),
        remark=_blurred,
    ),
    _claim(
        "ghirlanda-guerra",
        "Overlaps of two pairs of copies with one copy, or none, in common have correlations 1/2 and 1/3: "
        "[⟨r₁₂ r₁₃⟩] = ½[⟨r²⟩] + ½[⟨r⟩]², [⟨r₁₂ r₃₄⟩] = ⅓[⟨r²⟩] + ⅔[⟨r⟩]².",
        "Ghirlanda & Guerra, J. Phys. A 31, 9149 (1998), for r, the covariance of energies; the Parisi solution has "
        "them for every function of the overlap, q² as well.",
        _correlations,
        "independent overlaps, as of replica-symmetric copies: both correlations 0",
        relevant=0.20,
    ),
    _claim(
        "ultrametricity",
        "Overlaps of three copies become ultrametric as N grows: the two smaller ones are equal.",
        f"{_PAPER}; Mézard, Parisi, Sourlas, Toulouse & Virasoro (1984); Panchenko, Ann. Math. 177, 383 (2013).",
        _triangles,
        "triangles of independent overlaps; the same test above T_c must reject as well",
        relevant=0.20,
        more=", and from 1.3 to 2.5 T_c",
        controls=(Control(_triangles_above, rejected=True),),
    ),
    _claim(
        "energy",
        "Below T_c the energy per spin tends to that of full replica symmetry breaking, above the replica-symmetric "
        "one.",
        f"{_PAPER}; Parisi solution.",
        _energy,
        "the replica-symmetric energy",
        relevant=0.005,
    ),
)
