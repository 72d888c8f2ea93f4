"""Figures of points: the way of numbers to infinite size, or two sides of an identity, and deviations from theory."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from validation.claims.points import Point, PointsFigure
from validation.numbers.compare import Comparison
from validation.numbers.limit import Limit
from validation.pages.plots import BETA_LABEL, INKS, MARKERS, figure, label_of, temperature_axis, to_svg

MOST_PANELS = 3
# Characters that fit beside an axis.
LABEL = 30


def points_figure(drawn: PointsFigure) -> str:
    """Draw the first few quantities at a few temperatures, and the deviations of all in standard errors."""
    panels = _by_quantity(drawn.points)
    limits = [(quantity, [p for p in points if p.limit]) for quantity, points in panels.items()]
    comparisons = [point.comparison for point in drawn.points]
    deviations = _abscissa(comparisons[0]) is not None
    with figure(min(len(limits), MOST_PANELS) + deviations) as (drawing, axes):
        for axis, (quantity, points) in zip(axes, limits[:MOST_PANELS], strict=False):
            if points:
                draw_limits(axis, points)
                axis.set_ylabel(f"{textwrap.fill(quantity, LABEL)}\nmeasured minus theory")
            else:
                _draw_sides(axis, comparisons)
        if deviations:
            _draw_deviations(axes[-1], comparisons)
        return to_svg(drawing)


def _by_quantity(points: Sequence[Point]) -> dict[str, list[Point]]:
    panels: dict[str, list[Point]] = {}
    for point in points:
        panels.setdefault(point.comparison.quantity, []).append(point)
    return panels


def draw_limits(axis: Axes, points: Sequence[Point], labels: Sequence[str] = ()) -> None:
    """Draw limits less their predictions against the first correction: the coldest, the hottest and one between.

    Dotted lines beside the limits are what their negative controls say.
    """
    picked = sorted({0, len(points) // 2, len(points) - 1})
    for curve, i in enumerate(picked):
        limit, wrong = points[i].limit, points[i].wrong
        assert limit is not None
        label = labels[i] if labels else label_of(limit.at)
        _draw_limit(axis, limit, points[i].comparison.predicted, curve, label)
        if wrong is not None:
            reach = 0.1 * float(limit.scaling.abscissa(limit.sizes).max())
            axis.plot([-0.5 * reach, reach], [wrong.predicted - points[i].comparison.predicted] * 2, color=INKS[curve],
                      lw=1.6, ls=":")  # fmt: skip
    axis.axhline(0, color="0.3", lw=1.2)
    axis.set_xlabel(f"{points[0].limit.scaling.axis_label}   (filled: the limit)" if points[0].limit else "")
    if len(picked) > 1 or labels:
        dotted = any(points[i].wrong for i in picked)
        axis.legend(title="dotted: the negative control" if dotted else None, title_fontsize=8)


def _draw_limit(axis: Axes, limit: Limit, predicted: float, curve: int, label: str) -> None:
    x, ink, marker = limit.scaling.abscissa(limit.sizes), INKS[curve], MARKERS[curve]
    axis.errorbar(x, limit.values - predicted, limit.errors, fmt=marker, ms=4, mfc="white", color=ink, capsize=2,
                  label=label)  # fmt: skip
    line = np.linspace(0.0, 1.05 * x.max(), 60)
    for exponent, fit in zip(limit.scaling.exponents, limit.fits, strict=True):
        curve_of_fit = fit.at(line ** (exponent / limit.scaling.exponents[0])) - predicted
        axis.plot(line, curve_of_fit, color=ink, lw=1, ls="--")
    axis.errorbar([0.0], [limit.value - predicted], [limit.error], fmt=marker, ms=5, color=ink, capsize=3)


def _draw_sides(axis: Axes, comparisons: Sequence[Comparison]) -> None:
    """Draw both sides of an identity at every size."""
    for i, size in enumerate(dict.fromkeys(c.at.size for c in comparisons)):
        sides = [c for c in comparisons if c.at.size == size]
        ink, x = INKS[i % len(INKS)], [_abscissa(c) for c in sides]
        axis.plot(x, [c.predicted for c in sides], color=ink, lw=1.2)
        axis.plot(x, [c.measured for c in sides], MARKERS[i % len(MARKERS)], ms=4, mfc="white", color=ink,
                  label=f"N = {size}")  # fmt: skip
    axis.set_ylabel(f"{comparisons[0].quantity}  [coupling scale]\nlines: the other side")
    axis.legend()
    _label_abscissa(axis, comparisons)


def _draw_deviations(axis: Axes, comparisons: Sequence[Comparison]) -> None:
    """Draw deviations in standard errors, a marker for each quantity, or each size of one."""
    axis.axhspan(-2, 2, color="0.9", zorder=0)
    axis.axhline(0, color="0.3", lw=1.2)
    groups = dict.fromkeys((c.quantity, c.at.size) for c in comparisons)
    for i, (quantity, size) in enumerate(groups):
        chosen = [c for c in comparisons if (c.quantity, c.at.size) == (quantity, size)]
        axis.plot([_abscissa(c) for c in chosen], [c.z for c in chosen], MARKERS[i % len(MARKERS)], ms=5, mfc="white",
                  color=INKS[i % len(INKS)], label=quantity if size is None else f"N = {size}")  # fmt: skip
    _label_abscissa(axis, comparisons)
    axis.set_ylabel("measured minus theory, in standard errors")
    if len(groups) > 1:
        axis.legend(fontsize=7, ncols=2)


def _abscissa(comparison: Comparison) -> float | None:
    at = comparison.at
    return at.beta if at.temperature is None else at.temperature


def _label_abscissa(axis: Axes, comparisons: Sequence[Comparison]) -> None:
    if comparisons[0].at.temperature is None:
        axis.set_xlabel(BETA_LABEL)
        return
    temperatures = [float(c.at.temperature) for c in comparisons if c.at.temperature is not None]
    axis.set_xlim(0.9 * min(temperatures), 1.1 * max(temperatures))
    temperature_axis(axis)
