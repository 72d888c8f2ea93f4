"""Figures of Monte Carlo on a trained network's couplings: overlaps, Binder ratios, melting, energies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, NullLocator

from validation.networks.histograms import OverlapHistogram
from validation.networks.melting import CRITICAL_BINDER, curie_weiss
from validation.networks.moments import binder_of
from validation.networks.monte_carlo import SampledEpoch
from validation.numbers.arrays import FloatArray
from validation.pages.plots import INKS, MARKERS, figure, to_svg

REDUCED = "temperature over $T_c$ (TAP) of the epoch"


def overlap_histograms_figure(epochs: Sequence[SampledEpoch], temperature: str) -> str:
    """Draw P(q) of every layer and of all spins, one line an epoch.

    Parameters
    ----------
    epochs : sequence of SampledEpoch
    temperature : str
        At which, for the axis.
    """
    first = epochs[0].histograms
    rows = math.ceil(len(first) / 3)
    height = 2.5 * rows + 0.6
    with figure(3, height) as (drawing, axes):
        for axis in axes:
            axis.remove()
        drawing.subplots_adjust(hspace=0.4, wspace=0.25, bottom=0.55 / height, top=1 - 0.7 / height)
        grid = np.atleast_1d(drawing.subplots(rows, 3)).ravel()
        for n, axis in enumerate(grid[: len(first)]):
            for i, sampled in enumerate(epochs):
                _histogram(axis, sampled.histograms[n], i, f"epoch {sampled.epoch:.3g}")
            axis.set_title(f"{first[n].name} ({first[n].spins})", fontsize=10)
            axis.set_xlim(-1.03, 1.03)
            axis.set_ylim(bottom=0)
        for axis in grid[len(first) :]:
            axis.remove()
        for axis in grid[: len(first)][-3:]:
            axis.set_xlabel(f"overlap  $q$  at {temperature}")
        for row in range(rows):
            grid[3 * row].set_ylabel("density  $P(q)$")
        handles, labels = grid[0].get_legend_handles_labels()
        drawing.legend(handles, labels, loc="upper center", ncols=len(epochs), bbox_to_anchor=(0.5, 1.0))
        return to_svg(drawing)


def _histogram(axis: Axes, histogram: OverlapHistogram, i: int, label: str) -> None:
    ink = INKS[i % len(INKS)]
    axis.stairs(histogram.density, histogram.edges, color=ink, lw=1.3, label=label, ls=("-", "--", "-.", ":")[i % 4])
    centres = (histogram.edges[1:] + histogram.edges[:-1]) / 2
    axis.errorbar(centres, histogram.density, histogram.error, fmt="none", ecolor=ink, lw=0.6)


def binder_figure(epochs: Sequence[SampledEpoch]) -> str:
    """Draw Binder ratio and susceptibility of the overlap, and the Binder ratio of the projection, against T/T_c.

    Beside the last is that of a uniform ferromagnet with as many spins as take part in the last epoch's mode.
    """
    with figure(3) as (drawing, axes):
        for i, sampled in enumerate(epochs):
            overlaps, projection = sampled.overlaps, sampled.projection
            x = overlaps.temperatures / sampled.critical.temperature
            label = f"epoch {sampled.epoch:.3g} ({sampled.critical.kind})"
            for axis, estimate, name in (
                (axes[0], overlaps.binder, -1),
                (axes[1], overlaps.susceptibility, -1),
                (axes[2], projection.binder, 0),
            ):
                _points(axis, x, estimate.value[:, name], estimate.error[:, name], i, label)
        spins = max(4, round(epochs[-1].melting.participants))
        t = np.linspace(0.3, 1.6, 80)
        (ferromagnet,) = axes[2].plot(
            t, [float(binder_of(curie_weiss(spins, reduced))) for reduced in t.tolist()], color="0.35", lw=1.3
        )
        axes[2].axhline(CRITICAL_BINDER, color="0.5", ls=":", lw=1)
        axes[1].set_yscale("log")
        labels = ("Binder ratio of the overlap", r"susceptibility  $N\langle q^2\rangle$",
                  "Binder ratio of the projection\non the ordering mode")  # fmt: skip
        for axis, label in zip(axes, labels, strict=True):
            axis.axvline(1, color="0.5", ls=":", lw=1)
            axis.set_xlabel(REDUCED)
            axis.set_ylabel(label)
        axes[1].legend()
        axes[2].legend([ferromagnet], [f"uniform ferromagnet, {spins} spins"], loc="lower left")
        return to_svg(drawing)


def _points(axis: Axes, x: FloatArray, y: FloatArray, error: FloatArray, i: int, label: str) -> None:
    axis.errorbar(x, y, error, fmt=MARKERS[i % len(MARKERS)] + "-", ms=3.5, lw=0.7, mfc="white",
                  color=INKS[i % len(INKS)], capsize=2, label=label)  # fmt: skip


def melting_figure(epochs: Sequence[SampledEpoch]) -> str:
    """Draw T_c of the TAP equations and both melting temperatures of Monte Carlo against the epoch."""
    x = np.array([sampled.epoch for sampled in epochs])
    melts = [sampled.melting for sampled in epochs]
    critical = np.array([melt.critical_temperature for melt in melts])
    crosses = np.array([sampled.critical.kind == "crossing" for sampled in epochs])
    with figure(2, 4.2) as (drawing, axes):
        drawing.subplots_adjust(top=0.72)
        left, right = axes
        left.plot(x, np.where(crosses, critical, np.nan), color=INKS[0], label="$T_c$ (TAP)")
        left.plot(x[~crosses], critical[~crosses], "_", ms=12, color=INKS[0], label="closest approach (TAP)")
        series = (("binder", "Binder ratio of the projection", 1), ("spread", "largest spread of the projection", 2))
        for name, label, i in series:
            value, error, expected = (
                np.array([getattr(melt, field) for melt in melts])
                for field in (name, f"{name}_error", f"expected_{name}")
            )
            style = {"fmt": MARKERS[i], "ms": 4.5, "mfc": "white", "color": INKS[i], "capsize": 2}
            left.errorbar(x, value, error, label=label, **style)
            right.errorbar(x, value / critical, error / critical, **style)
            right.plot(x, expected, "--", lw=1.1, color=INKS[i], label=f"{label}:\nuniform ferromagnet of this size")
        right.axhline(1, color=INKS[0], lw=1.2)
        left.set_yscale("log")
        left.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        left.yaxis.set_minor_formatter(FormatStrFormatter("%g"))
        left.set_ylabel("temperature  [coupling scale]")
        right.set_ylabel("melting over $T_c$ (TAP)")
        right.set_ylim(0.5, 1.4)
        for axis in axes:
            epoch_axis(axis, x)
            axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
        return to_svg(drawing)


def epoch_axis(axis: Axes, epochs: Sequence[float] | FloatArray) -> None:
    """Make the x axis one of epochs: linear up to the first after 0, logarithmic beyond."""
    first = float(min((e for e in epochs if e > 0), default=1.0))
    axis.set_xscale("symlog", linthresh=first, linscale=0.6)
    last = float(max(epochs))
    ticks = [10.0**n for n in range(math.floor(math.log10(first)), 1 + math.floor(math.log10(max(last, first))))]
    axis.set_xticks([0.0, *(t for t in ticks if t >= first)])
    axis.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(-0.25 * first, last * 1.4)
    axis.set_xlabel("training time  $t$  [epochs]")


def energy_figure(epochs: Sequence[SampledEpoch]) -> str:
    """Draw how far Monte Carlo energies lie from those of TAP, without and with loops."""
    with figure(2) as (drawing, axes):
        for i, sampled in enumerate(epochs):
            points = sampled.comparable_energies
            x = np.array([point.reduced for point in points])
            scale = np.array([abs(point.predicted.tap) for point in points])
            error = np.array([point.error for point in points]) / scale
            for axis, name in zip(axes, ("tap", "corrected"), strict=True):
                predicted = np.array([getattr(point.predicted, name) for point in points])
                y = (np.array([point.measured for point in points]) - predicted) / scale
                axis.errorbar(x, 100 * y, 100 * error, fmt=MARKERS[i % len(MARKERS)], ms=4, mfc="white",
                              color=INKS[i % len(INKS)], capsize=2, label=f"epoch {sampled.epoch:g}")  # fmt: skip
        for axis, title in zip(axes, ("TAP", "TAP with loops"), strict=True):
            axis.axhline(0, color="0.3", lw=1.2)
            axis.axvline(1, color="0.5", ls=":", lw=1)
            axis.set_xlabel(REDUCED)
            axis.set_title(f"theory: {title}", fontsize=10)
            axis.set_ylabel("energy, measured minus theory\n[% of the TAP energy]")
        axes[0].legend()
        return to_svg(drawing)
