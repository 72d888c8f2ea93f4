"""The test that nearly every claim is: numbers against a theory, most of them limits of infinite size.

A claim gives its points, what shows that it can fail, and which deviation matters. Comparing, sharing the level,
putting the negative control to the same test and saying what came of it are here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from validation.claims.base import Claim, Finding
from validation.numbers import compare
from validation.numbers.compare import LEVEL, Comparison, Verdict, smallest_adjusted_p
from validation.numbers.estimate import Estimate
from validation.numbers.limit import Limit, Scaling, limit_of
from validation.runs.family import Family


@dataclass(frozen=True)
class Point:
    """One number beside the theory, beside its negative control, and the limit that it is, if it is one."""

    comparison: Comparison
    wrong: Comparison | None = None
    limit: Limit | None = None


def point(limit: Limit, predicted: float, wrong: float = math.nan) -> Point:
    """Put a limit beside what is predicted of it, and what a theory known to be wrong says (nan: nothing)."""
    return Point(limit.against(predicted), limit.against(wrong) if math.isfinite(wrong) else None, limit)


@dataclass(frozen=True)
class Quantity:
    """A number at a temperature, as runs measure it and a theory predicts it."""

    symbol: str  #: or a few words
    measure: Callable[[Any, int], Estimate]  #: from a run and a slot to the average over samples
    predict: Callable[[Any], float]  #: from what a theory has solved at that temperature
    scaling: Scaling  #: of what is measured
    layer: int | None = None  #: of which it is

    def limit(self, family: Family[Any], entry: int) -> Limit:
        """Return the limit of infinite size at an entry of the family's slots."""
        estimates = [self.measure(run, slot) for run, slot in family.at(entry)]
        degrees = min(run.samples - 1 - e.controls for run, e in zip(family.runs, estimates, strict=True))
        at = replace(family.place(entry), layer=self.layer)
        return limit_of(self.symbol, family.sizes, estimates, self.scaling, degrees, at)

    def point(self, family: Family[Any], entry: int, theory: Any, wrong: Any = None) -> Point:
        """Put the limit beside a theory and, if given, one that is known to be wrong."""
        control = math.nan if wrong is None else self.predict(wrong)
        return point(self.limit(family, entry), self.predict(theory), control)


Points = Callable[[Any], Sequence[Point]]


@dataclass(frozen=True)
class Control:
    """Other points of the same family, which the same test must reject, or must not."""

    points: Points  #: from a family
    #: whether their wrong predictions, or predictions without a wrong one, must be rejected; else predictions stand
    rejected: bool
    drawn: bool = False  #: whether the figure shows them too


@dataclass(frozen=True)
class PointsFigure:
    """Every point of a finding, to be drawn: limits with the way to them, or two sides of an identity."""

    points: tuple[Point, ...]


@dataclass(frozen=True)
class PointsTest:
    """Compares points with the theory; the `evaluate` of a claim."""

    #: from a family to points, the coldest first; raises `NotApplicableError` where the runs do not suffice
    points: Points
    negative_control: str  #: what is put to the same test: the wrong predictions of the points, and `controls`
    #: the relative deviation that would matter; None where the claim is that the predictions fail
    relevant: float | None
    controls: tuple[Control, ...] = ()
    side: int = 0  #: of a claim that predictions fail: the sign of the deviation that it states, 0 for either
    #: what the finding's sentence says besides, given the family and the points of each control
    remark: Callable[[Any, Sequence[Sequence[Point]]], str] = lambda *_: ""
    figures: Callable[[Any], Sequence[Any]] = lambda _: ()  #: what is drawn besides the points, given the family

    def __call__(self, claim: Claim, family: Any) -> Finding:
        """Return the finding of a claim on a family."""
        points = self.points(family)
        comparisons = compare.share_level([point.comparison for point in points])
        controls = [(control, control.points(family)) for control in self.controls]
        remark = self.remark(family, [others for _, others in controls])
        drawn = [*points, *(point for control, others in controls if control.drawn for point in others)]
        return claim.finding(
            family,
            self._verdict(comparisons),
            f"{told(points[0])}; {_over_all(points, comparisons)}{f'; {remark}' if remark else ''}",
            comparisons,
            self.negative_control,
            _told_apart(points, controls),
            [*self.figures(family), PointsFigure(tuple(drawn))],
        )

    def _verdict(self, comparisons: Sequence[Comparison]) -> Verdict:
        if self.relevant is not None:
            return compare.verdict_of_agreement(comparisons, self.relevant)
        verdict = compare.verdict_of_rejection(comparisons)
        if verdict is Verdict.PASS and worst_of(comparisons).z * self.side < 0:
            return Verdict.FAIL  # another deviation than the one claimed is another fault
        return verdict


def _told_apart(points: Sequence[Point], controls: Sequence[tuple[Control, Sequence[Point]]]) -> bool:
    """Return whether wrong predictions are rejected and every control is as it must be; there must be one of these."""
    wrong = [point.wrong for point in points if point.wrong is not None]
    outcomes = [smallest_adjusted_p(wrong) < LEVEL] if wrong else []
    for control, others in controls:
        p = smallest_adjusted_p([(control.rejected and point.wrong) or point.comparison for point in others])
        outcomes.append(p < LEVEL if control.rejected else p >= LEVEL)
    return bool(outcomes) and all(outcomes)


def worst_of(comparisons: Sequence[Comparison]) -> Comparison:
    """Return the comparison with the largest deviation in standard errors."""
    return max(comparisons, key=lambda c: abs(c.z))


def told(point: Point) -> str:
    """Return a point for a sentence: the way to the limit, the limit, what is predicted, what the control says."""
    comparison, limit = point.comparison, point.limit
    way = "" if limit is None else ", ".join(map(_with_error, limit.values, limit.errors)) + ", limit "
    control = "" if point.wrong is None else f", negative control {point.wrong.predicted:.4g}"
    return (
        f"{comparison.name}: {way}{_with_error(comparison.measured, comparison.error)} "
        f"(predicted {comparison.predicted:.4g}{control})"
    )


def _with_error(value: float, error: float) -> str:
    return f"{value:.4g} ± {error:.2g}"


def _over_all(points: Sequence[Point], comparisons: Sequence[Comparison]) -> str:
    """Return how far the points are off together, and how far off would have been seen."""
    limits = [point.limit for point in points if point.limit is not None]
    worst = worst_of(comparisons)
    sharp = float(np.median([c.minimal_detectable_effect / abs(c.predicted) for c in comparisons]))
    text = f"{len(comparisons)} {'limit(s)' if limits else 'comparison(s)'}"
    if limits:
        sizes = ", ".join(f"{size:.0f}" for size in limits[0].sizes)
        text += f", extrapolated in {limits[0].scaling.label} from N = {sizes}"
    text += (
        f": largest deviation {worst.z:+.1f} standard errors ({worst.name}: "
        f"{_with_error(worst.measured, worst.error)}, predicted {worst.predicted:.4g}); half of them would have shown "
        f"{100 * sharp:.2g} %"
    )
    gains = [limit.gain for limit in limits]
    if max(gains, default=1.0) > 1.0:
        text += f"; control variates divide the errors by {np.median(gains):.1f} (up to {max(gains):.0f})"
    return text
