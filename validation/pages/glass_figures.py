"""Figures of replica symmetry breaking: distribution of overlaps, and limits of infinite size beside predictions."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from validation.claims.base import Finding
from validation.claims.overlap_law import OverlapLaw
from validation.claims.rsb_slots import GlassSlot
from validation.numbers.limits import SizeLimit
from validation.numbers.triangles import lattice_distribution
from validation.pages.plots import INKS, MARKERS, figure, to_svg
from validation.runs.spin_overlaps import slot_overlaps

FloatArray = NDArray[np.float64]

MOST_PANELS = 3
MOST_CURVES = 3
# Characters that fit beside an axis.
LABEL = 26
# Bins of P(|q|) are at least so wide.
BIN = 0.05


def finding_figure(finding: Finding) -> str:
    """Return the figures of a finding as <svg> elements, or nothing where it has none."""
    limits: list[SizeLimit] = finding.details.get("size_limits", [])
    if not limits:
        return ""
    slot = finding.details.get("distribution")
    distribution = distribution_figure(slot) if isinstance(slot, GlassSlot) else ""
    return distribution + limits_figure(finding.details.get("drawn", limits))


def limits_figure(limits: Sequence[SizeLimit]) -> str:
    """Draw numbers against N^-exponent, one panel for each quantity, with their limits and both predictions."""
    panels: dict[str, list[SizeLimit]] = {}
    for one in limits:
        panels.setdefault(one.quantity, []).append(one)
    shown = list(panels.items())[:MOST_PANELS]
    with figure(len(shown)) as (drawing, axes):
        for axis, (quantity, rows) in zip(axes, shown, strict=True):
            # Coldest, hottest and one between them.
            picked = sorted({0, len(rows) // 2, len(rows) - 1})[:MOST_CURVES]
            for curve, i in enumerate(picked):
                _show_limit(axis, rows[i], curve)
            exponent = Fraction(rows[0].exponent).limit_denominator(9)
            axis.set_xlabel(f"$N^{{-{exponent}}}$   (filled: the limit)")
            axis.set_ylabel(textwrap.fill(quantity, LABEL))
            axis.set_xlim(-0.06 * _widest(rows), 1.08 * _widest(rows))
            low, high = axis.get_ylim()
            axis.set_ylim(low, high + 0.3 * (high - low))
            axis.legend(loc="upper left", ncols=2, title="lines: prediction, dotted: its negative control")
            axis.get_legend().get_title().set_fontsize(8)
        return to_svg(drawing)


def _widest(rows: Sequence[SizeLimit]) -> float:
    return float(max((one.sizes**-one.exponent).max() for one in rows))


def _show_limit(axis: Axes, one: SizeLimit, curve: int) -> None:
    """Draw one quantity at one temperature: data, fit, limit, and predictions beside the limit."""
    x, ink, marker = one.sizes**-one.exponent, INKS[curve], MARKERS[curve]
    label = one.where.replace("beta", r"$\beta$").replace("T =", "$T$ =")
    axis.errorbar(x, one.values, one.errors, fmt=marker, ms=4, mfc="white", color=ink, capsize=2, label=label)
    line = np.linspace(0.0, 1.05 * x.max(), 60)
    for exponent, fit in one.fits.items():
        axis.plot(line, fit.at(line ** (exponent / one.exponent)), color=ink, lw=0.8, ls="--")
    axis.errorbar([0.0], [one.limit.value], [one.limit.error], fmt=marker, ms=5, color=ink, capsize=3)
    beside = np.array([-0.05, 0.12]) * x.max()
    axis.plot(beside, [one.predicted] * 2, color=ink, lw=2.2)
    if np.isfinite(one.wrong):
        axis.plot(beside, [one.wrong] * 2, color=ink, lw=1.6, ls=":")


def distribution_figure(slot: GlassSlot) -> str:
    """Draw P(|q|) over all spins at every size, with full replica symmetry breaking's density and atom."""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (run, at) in enumerate(slot.runs):
            lattice = lattice_distribution(slot_overlaps(run, at).total, run.spins)
            edges, density = density_of(lattice, run.spins)
            mean, error = density.mean(axis=0), density.std(axis=0, ddof=1) / np.sqrt(run.samples)
            for axis in axes:
                axis.errorbar(0.5 * (edges[1:] + edges[:-1]), mean, error, fmt=MARKERS[i] + "-", ms=3.5, lw=0.6,
                              mfc="white", color=INKS[i], capsize=1.5, label=f"N = {run.spins}")  # fmt: skip
        top = left.get_ylim()[1]
        for axis in axes:
            _show_law(axis, slot.full, top)
            axis.set_xlabel("overlap over all spins  $|q|$")
        left.set_ylabel(f"density  $P(|q|)$,  {slot.where}")
        left.set_ylim(0, top)
        left.set_xlim(0, 1.02)
        left.legend(loc="upper left")
        right.set_title("near $q = 0$", fontsize=10)
        right.set_xlim(0, 0.5 * slot.full.largest)
        right.set_ylim(0, 2.5 * float(slot.full.density()[1][0]))
        return to_svg(drawing)


def _show_law(axis: Axes, law: OverlapLaw, top: float) -> None:
    """Draw the smooth part of P(|q|) and its atom at q_EA."""
    q, density, atom = law.density()
    axis.plot(q, density, color="0.1", lw=2, label="full RSB")
    axis.plot([law.largest] * 2, [0.0, 0.9 * top], color="0.1", lw=2)
    axis.annotate(f"atom {atom:.2f}", (law.largest, 0.9 * top), ha="center", va="bottom", fontsize=9,
                  annotation_clip=True)  # fmt: skip


def density_of(lattice: FloatArray, spins: int) -> tuple[FloatArray, FloatArray]:
    """Return edges of bins and the density of |q| in them from the shares (samples, N + 1) of its lattice values.

    Overlaps of N spins change in steps of 2/N from 1 down, so that every second value is taken, and |q| = 0, if it is,
    stands for half a step.
    """
    values = np.arange(spins + 1) / spins
    step = 2.0 / spins
    together = max(1, round(BIN / step))
    edges = np.append(0.0, values[spins % 2 :: 2 * together][1:] - 0.5 * step)
    edges = np.append(edges, 1.0 + 0.5 * step) if edges[-1] < 1.0 else edges
    shares = np.array([np.histogram(values, edges, weights=row)[0] for row in lattice])
    return edges, shares / np.diff(edges)
