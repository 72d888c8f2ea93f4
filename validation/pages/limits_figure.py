"""Figures of points: the way of numbers to infinite size, or two sides of an identity, and deviations from theory."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes

from validation.claims.points import Point, PointsFigure
from validation.numbers.compare import Comparison
from validation.numbers.limit import Limit
from validation.pages.plots import BETA_LABEL, INKS, MARKERS, figure, label_of, points, temperature_axis, to_svg

T = TypeVar("T")
MOST_PANELS = 3
# Characters that fit over an axis.
TITLE = 46


def points_figure(drawn: PointsFigure) -> str:
    """Draw the first few quantities at a few temperatures, and the deviations of all in standard errors."""
    panels = _grouped(drawn.points, lambda point: point.comparison.quantity)
    limits = [(quantity, [p for p in group if p.limit]) for quantity, group in panels.items()]
    comparisons = [point.comparison for point in drawn.points]
    deviations = math.isfinite(_abscissa(comparisons[0]))
    with figure(min(len(limits), MOST_PANELS) + deviations) as (drawing, axes):
        for axis, (quantity, group) in zip(axes, limits[:MOST_PANELS], strict=False):
            axis.set_title(textwrap.fill(quantity, TITLE), fontsize=9, loc="left")
            if group:
                draw_limits(axis, group)
            else:
                _draw_sides(axis, comparisons)
        if deviations:
            _draw_deviations(axes[-1], comparisons)
        return to_svg(drawing)


def draw_limits(axis: Axes, drawn: Sequence[Point], labels: Sequence[str] = ()) -> None:
    """Draw limits less their predictions against the first correction: the coldest, the hottest and one between.

    Dotted lines beside the limits are what their negative controls say. Labels are temperatures if none are given.
    """
    picked = [drawn[i] for i in sorted({0, len(drawn) // 2, len(drawn) - 1})]
    for curve, point in enumerate(picked):
        if point.limit is not None:
            _draw_limit(axis, point, point.limit, curve, labels[curve] if labels else label_of(point.limit.at))
            axis.set_xlabel(f"{point.limit.scaling.axis_label}   (filled: the limit)")
    axis.axhline(0, color="0.3", lw=1.2)
    axis.set_ylabel("measured minus theory")
    if len(picked) > 1:
        dotted = any(point.wrong for point in picked)
        axis.legend(title="dotted: the negative control" if dotted else None, title_fontsize=8)


def _draw_limit(axis: Axes, point: Point, limit: Limit, curve: int, label: str) -> None:
    x, predicted = limit.sizes ** -limit.scaling.exponents[0], point.comparison.predicted
    ink = INKS[curve]
    points(axis, x, limit.values - predicted, limit.errors, curve, label)
    line = np.linspace(0.0, 1.05 * x.max(), 60)
    for exponent, fit in zip(limit.scaling.exponents, limit.fits, strict=True):
        fitted = fit.at(line ** (exponent / limit.scaling.exponents[0]))
        axis.plot(line, fitted - predicted, color=ink, lw=1, ls="--")
    axis.errorbar([0.0], [limit.value - predicted], [limit.error], fmt=MARKERS[curve], ms=5, color=ink, capsize=3)
    if point.wrong is not None:
        beside = np.array([-0.05, 0.1]) * x.max()
        axis.plot(beside, [point.wrong.predicted - predicted] * 2, color=ink, lw=1.6, ls=":")


def _draw_sides(axis: Axes, comparisons: Sequence[Comparison]) -> None:
    """Draw both sides of comparisons that are no limits: measured as points, predicted as lines."""
    for i, (name, group) in enumerate(_grouped(comparisons, _legend).items()):
        x = [_abscissa(c) for c in group]
        axis.plot(x, [c.predicted for c in group], color=INKS[i % len(INKS)], lw=1.2)
        points(axis, x, [c.measured for c in group], [c.error for c in group], i, name)
    axis.set_ylabel("lines: what it is compared with")
    axis.legend()
    _label_abscissa(axis, comparisons)


def _draw_deviations(axis: Axes, comparisons: Sequence[Comparison]) -> None:
    """Draw deviations in standard errors, a marker for each quantity, size or run."""
    axis.axhspan(-2, 2, color="0.9", zorder=0)
    axis.axhline(0, color="0.3", lw=1.2)
    groups = _grouped(comparisons, _legend)
    for i, (name, group) in enumerate(groups.items()):
        axis.plot([_abscissa(c) for c in group], [c.z for c in group], MARKERS[i % len(MARKERS)], ms=5, mfc="white",
                  color=INKS[i % len(INKS)], label=name)  # fmt: skip
    _label_abscissa(axis, comparisons)
    axis.set_ylabel("deviations in standard errors")
    if len(groups) > 1:
        axis.legend(fontsize=7, ncols=2 if max(map(len, groups)) < TITLE // 3 else 1)


def _grouped(items: Sequence[T], name: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for item in items:
        groups.setdefault(name(item), []).append(item)
    return groups


def _legend(c: Comparison) -> str:
    """Return what a legend calls a comparison: its run, else its size, else its quantity."""
    return c.at.run or (c.quantity if c.at.size is None else f"N = {c.at.size}")


def _abscissa(comparison: Comparison) -> float:
    """Return T, T / T_c or beta; nan where there is none of them."""
    at = comparison.at
    given = [x for x in (at.temperature, at.reduced_temperature, at.beta) if x is not None]
    return given[0] if given else math.nan


def _label_abscissa(axis: Axes, comparisons: Sequence[Comparison]) -> None:
    at = comparisons[0].at
    if at.temperature is None:
        axis.set_xlabel(BETA_LABEL if at.reduced_temperature is None else "temperature  $T / T_c$")
        return
    temperatures = [_abscissa(c) for c in comparisons]
    axis.set_xlim(0.9 * min(temperatures), 1.1 * max(temperatures))
    temperature_axis(axis)
