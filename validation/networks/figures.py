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
from validation.pages.plots import INKS, figure, points, to_svg

TIME_LABEL = "training time  $t$  [epochs]"
_REDUCED = "temperature over $T_c$ (TAP) of the epoch"


def overlap_histograms_figure(epochs: Sequence[SampledEpoch], temperature: str) -> str:
    """Draw P(q) of every layer and of all spins, one line an epoch; the axis names the temperature."""
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
            overlaps = sampled.overlaps
            x = overlaps.temperatures / sampled.critical.temperature
            estimates = (overlaps.binder, overlaps.susceptibility, sampled.projection.binder)
            for axis, estimate in zip(axes, estimates, strict=True):
                points(axis, x, estimate.value[:, -1], estimate.error[:, -1], i, line="-", ms=3.5, lw=0.7,
                       label=f"epoch {sampled.epoch:.3g} ({sampled.critical.kind})")  # fmt: skip
        spins = max(4, round(epochs[-1].melting.participants))
        t = np.linspace(0.3, 1.6, 80)
        uniform = [float(binder_of(curie_weiss(spins, reduced))) for reduced in t.tolist()]
        (ferromagnet,) = axes[2].plot(t, uniform, color="0.35", lw=1.3)
        axes[2].axhline(CRITICAL_BINDER, color="0.5", ls=":", lw=1)
        axes[1].set_yscale("log")
        labels = ("Binder ratio of the overlap", r"susceptibility  $N\langle q^2\rangle$",
                  "Binder ratio of the projection\non the ordering mode")  # fmt: skip
        for axis, label in zip(axes, labels, strict=True):
            axis.axvline(1, color="0.5", ls=":", lw=1)
            axis.set(xlabel=_REDUCED, ylabel=label)
        axes[1].legend()
        axes[2].legend([ferromagnet], [f"uniform ferromagnet, {spins} spins"], loc="lower left")
        return to_svg(drawing)


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
        series = (
            ([melt.binder for melt in melts], "Binder ratio of the projection"),
            ([melt.spread for melt in melts], "largest spread of the projection"),
        )
        for i, (temperatures, label) in enumerate(series, start=1):
            value, error, expected = np.array([(t.value, t.error, t.expected) for t in temperatures]).T
            points(left, x, value, error, i, ms=4.5, label=label)
            points(right, x, value / critical, error / critical, i, ms=4.5)
            right.plot(x, expected, "--", lw=1.1, color=INKS[i], label=f"{label}:\nuniform ferromagnet of this size")
        right.axhline(1, color=INKS[0], lw=1.2)
        left.set(yscale="log", ylabel="temperature  [coupling scale]")
        left.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        left.yaxis.set_minor_formatter(FormatStrFormatter("%g"))
        right.set(ylabel="melting over $T_c$ (TAP)", ylim=(0.5, 1.4))
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
    axis.set(xlim=(-0.25 * first, last * 1.4), xlabel=TIME_LABEL)


def energy_figure(epochs: Sequence[SampledEpoch]) -> str:
    """Draw how far Monte Carlo energies lie from those of TAP, without and with loops."""
    with figure(2) as (drawing, axes):
        for i, sampled in enumerate(epochs):
            compared = sampled.comparable_energies
            x, measured, error = np.array([(p.reduced, p.measured, p.error) for p in compared]).reshape(-1, 3).T
            predicted = np.array([(p.predicted.tap, p.predicted.corrected) for p in compared]).reshape(-1, 2).T
            percent = np.abs(predicted[0]) / 100
            for axis, theory in zip(axes, predicted, strict=True):
                points(axis, x, (measured - theory) / percent, error / percent, i, label=f"epoch {sampled.epoch:g}")
        for axis, title in zip(axes, ("TAP", "TAP with loops"), strict=True):
            axis.axhline(0, color="0.3", lw=1.2)
            axis.axvline(1, color="0.5", ls=":", lw=1)
            axis.set(xlabel=_REDUCED, ylabel="energy, measured minus theory\n[% of the TAP energy]")
            axis.set_title(f"theory: {title}", fontsize=10)
        axes[0].legend()
        return to_svg(drawing)
