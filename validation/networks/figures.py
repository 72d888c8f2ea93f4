"""Figures of Monte Carlo on a trained network's couplings: overlaps, Binder ratios, melting, energies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, NullLocator
from numpy.typing import NDArray

from validation.networks.energies import EnergyPoint
from validation.networks.histograms import OverlapHistogram
from validation.networks.melting import CRITICAL_BINDER, Melting, curie_weiss
from validation.networks.moments import Moments, binder_of
from validation.pages.plots import INKS, MARKERS, figure, to_svg

Array = NDArray[np.float64]
REDUCED = "temperature over $T_c$ (TAP) of the epoch"


@dataclass(frozen=True, eq=False)
class EpochMoments:
    """Moments on one epoch's couplings.

    Attributes
    ----------
    epoch : float
    critical_temperature : float
        Of its TAP equations, or where the paramagnet comes closest to instability.
    overlaps : Moments
    projection : Moments
    """

    epoch: float
    critical_temperature: float
    overlaps: Moments
    projection: Moments


def overlap_histograms_figure(epochs: Sequence[tuple[float, Sequence[OverlapHistogram]]], temperature: str) -> str:
    """Draw P(q) of every layer and of all spins, one line an epoch.

    Parameters
    ----------
    epochs : sequence of (epoch, histograms)
    temperature : str
        At which, for the axis.
    """
    names = len(epochs[0][1])
    rows = math.ceil(names / 3)
    height = 2.5 * rows + 0.6
    with figure(3, height) as (drawing, axes):
        for axis in axes:
            axis.remove()
        drawing.subplots_adjust(hspace=0.4, wspace=0.25, bottom=0.55 / height, top=1 - 0.7 / height)
        grid = np.atleast_1d(drawing.subplots(rows, 3)).ravel()
        for n, axis in enumerate(grid[:names]):
            for i, (epoch, histograms) in enumerate(epochs):
                one = histograms[n]
                axis.stairs(one.density, one.edges, color=INKS[i % len(INKS)], lw=1.3, label=f"epoch {epoch:.3g}",
                            ls=("-", "--", "-.", ":")[i % 4])  # fmt: skip
                centres = (one.edges[1:] + one.edges[:-1]) / 2
                axis.errorbar(centres, one.density, one.error, fmt="none", ecolor=INKS[i % len(INKS)], lw=0.6)
            axis.set_title(f"{epochs[0][1][n].name} ({epochs[0][1][n].spins})", fontsize=10)
            axis.set_xlim(-1.03, 1.03)
            axis.set_ylim(bottom=0)
        for axis in grid[names:]:
            axis.remove()
        for axis in grid[:names][-3:]:
            axis.set_xlabel(f"overlap  $q$  at {temperature}")
        for row in range(rows):
            grid[3 * row].set_ylabel("density  $P(q)$")
        handles, labels = grid[0].get_legend_handles_labels()
        drawing.legend(handles, labels, loc="upper center", ncols=len(epochs), bbox_to_anchor=(0.5, 1.0))
        return to_svg(drawing)


def binder_figure(epochs: Sequence[EpochMoments], participants: float | None = None) -> str:
    """Draw Binder ratio and susceptibility of the overlap, and the Binder ratio of the projection, against T/T_c.

    Parameters
    ----------
    epochs : sequence of EpochMoments
    participants : float, optional
        Draw the projection's Binder ratio of a uniform ferromagnet with so many spins beside the last.
    """
    with figure(3) as (drawing, axes):
        for i, one in enumerate(epochs):
            x = one.overlaps.temperatures / one.critical_temperature
            _points(axes[0], x, one.overlaps.binder.value[:, -1], one.overlaps.binder.error[:, -1], i, one.epoch)
            chi = one.overlaps.susceptibility
            _points(axes[1], x, chi.value[:, -1], chi.error[:, -1], i, one.epoch)
            _points(axes[2], x, one.projection.binder.value[:, 0], one.projection.binder.error[:, 0], i, one.epoch)
        if participants is not None:
            t = np.linspace(0.3, 1.6, 80)
            spins = max(4, round(participants))
            axes[2].plot(t, [float(binder_of(curie_weiss(spins, float(one)))) for one in t], color="0.35", lw=1.3,
                         label=f"uniform ferromagnet, {spins} spins")  # fmt: skip
        axes[2].axhline(CRITICAL_BINDER, color="0.5", ls=":", lw=1)
        axes[1].set_yscale("log")
        labels = ("Binder ratio of the overlap", r"susceptibility  $N\langle q^2\rangle$",
                  "Binder ratio of the projection\non the ordering mode")  # fmt: skip
        for axis, label in zip(axes, labels, strict=True):
            axis.axvline(1, color="0.5", ls=":", lw=1)
            axis.set_xlabel(REDUCED)
            axis.set_ylabel(label)
        axes[1].legend()
        if participants is not None:
            handles, texts = axes[2].get_legend_handles_labels()
            axes[2].legend(handles[:1], texts[:1], loc="lower left")
        return to_svg(drawing)


def _points(axis: Axes, x: Array, y: Array, error: Array, i: int, epoch: float) -> None:
    axis.errorbar(x, y, error, fmt=MARKERS[i % len(MARKERS)] + "-", ms=3.5, lw=0.7, mfc="white",
                  color=INKS[i % len(INKS)], capsize=2, label=f"epoch {epoch:g}")  # fmt: skip


def melting_figure(epochs: Sequence[tuple[float, str, Melting]]) -> str:
    """Draw T_c of the TAP equations and both melting temperatures of Monte Carlo against the epoch.

    Parameters
    ----------
    epochs : sequence of (epoch, kind of the instability, Melting)
    """
    x = np.array([epoch for epoch, _, _ in epochs])
    melts = [one for _, _, one in epochs]
    critical = np.array([one.critical_temperature for one in melts])
    crosses = np.array([kind == "crossing" for _, kind, _ in epochs])
    with figure(2, 4.2) as (drawing, axes):
        drawing.subplots_adjust(top=0.72)
        left, right = axes
        left.plot(x, np.where(crosses, critical, np.nan), color=INKS[0], label="$T_c$ (TAP)")
        left.plot(x[~crosses], critical[~crosses], "_", ms=12, color=INKS[0], label="closest approach (TAP)")
        series = (("binder", "Binder ratio of the projection", 1), ("spread", "largest spread of the projection", 2))
        for name, label, i in series:
            value = np.array([getattr(one, name) for one in melts])
            error = np.array([getattr(one, f"{name}_error") for one in melts])
            style = {"fmt": MARKERS[i], "ms": 4.5, "mfc": "white", "color": INKS[i], "capsize": 2}
            left.errorbar(x, value, error, label=label, **style)
            right.errorbar(x, value / critical, error / critical, **style)
            expected = np.array([getattr(one, f"expected_{name}") for one in melts])
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


def epoch_axis(axis: Axes, epochs: Array) -> None:
    """Make the x axis one of epochs: linear up to the first after 0, logarithmic beyond."""
    first = float(min((e for e in epochs if e > 0), default=1.0))
    axis.set_xscale("symlog", linthresh=first, linscale=0.6)
    last = float(max(epochs))
    ticks = [10.0**n for n in range(math.floor(math.log10(first)), 1 + math.floor(math.log10(max(last, first))))]
    axis.set_xticks([0.0, *(t for t in ticks if t >= first)])
    axis.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(-0.25 * first, last * 1.4)
    axis.set_xlabel("epoch")


def energy_figure(epochs: Sequence[tuple[float, Sequence[EnergyPoint]]]) -> str:
    """Draw how far Monte Carlo energies lie from those of TAP, without and with loops."""
    with figure(2) as (drawing, axes):
        for i, (epoch, points) in enumerate(epochs):
            x = np.array([one.reduced for one in points])
            scale = np.array([abs(one.predicted.tap) for one in points])
            error = np.array([one.error for one in points]) / scale
            for axis, name in zip(axes, ("tap", "corrected"), strict=True):
                predicted = np.array([getattr(one.predicted, name) for one in points])
                y = (np.array([one.measured for one in points]) - predicted) / scale
                axis.errorbar(x, 100 * y, 100 * error, fmt=MARKERS[i % len(MARKERS)], ms=4, mfc="white",
                              color=INKS[i % len(INKS)], capsize=2, label=f"epoch {epoch:g}")  # fmt: skip
        for axis, title in zip(axes, ("TAP", "TAP with loops"), strict=True):
            axis.axhline(0, color="0.3", lw=1.2)
            axis.axvline(1, color="0.5", ls=":", lw=1)
            axis.set_xlabel(REDUCED)
            axis.set_title(f"theory: {title}", fontsize=10)
            axis.set_ylabel("energy, measured minus theory\n[% of the TAP energy]")
        axes[0].legend()
        return to_svg(drawing)
