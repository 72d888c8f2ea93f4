"""Figures of layered networks of spins: theory as a line, data as points with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_rs
from validation.claims.base import Family
from validation.claims.critical import Crossings, scaled_susceptibility
from validation.claims.thermodynamics import SizeSeries
from validation.numbers.compare import Comparison

# Dark to light, so that the order survives a grey print; markers differ as well.
from validation.pages.plots import INKS, MARKERS, figure, to_svg
from validation.runs.spins import MeasuredRun


def _temperature_axis(axis: Axes, *, logarithmic: bool = True) -> None:
    """Label a temperature axis with plain numbers."""
    axis.set_xlabel("temperature  $T$  [coupling scale]")
    if logarithmic:
        low, high = axis.get_xlim()
        axis.set_xscale("log")
        axis.set_xlim(max(low, 1e-3), high)
        axis.set_xticks([t for t in (0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 50) if low <= t <= high])
        axis.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
        axis.xaxis.set_minor_locator(mpl.ticker.NullLocator())


def _finite(run: MeasuredRun) -> NDArray[np.bool_]:
    return np.isfinite(run.temperatures)


def _over_samples(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard error over the first axis."""
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(values.shape[0])


def energy_error(run: MeasuredRun) -> NDArray[np.float64]:
    """Return the error of the energy per spin: over disorder where it varies, else within the chains."""
    if run.is_gaussian and run.samples > 1:
        return _over_samples(run.energies)[1]
    thermal = run.thermal_errors()
    return np.asarray(np.sqrt((thermal**2).sum(axis=0)) / run.samples, dtype=np.float64)


def run_figure(run: MeasuredRun, couplings: LayeredCouplings, theory_name: str) -> str:
    """Draw energy and overlaps of one run against temperature, with the replica-symmetric prediction."""
    keep = _finite(run)
    temperatures = run.temperatures[keep]
    t_c = critical_temperature(couplings)
    grid = np.geomspace(temperatures[0], temperatures[-1], 80)
    solutions = [solve_rs(couplings, float(t)) for t in grid]
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(grid, [s.energy for s in solutions], color=INKS[0], label=theory_name)
        left.errorbar(
            temperatures, run.energies.mean(0)[keep], energy_error(run)[keep], fmt="o", ms=4, mfc="white",
            color=INKS[1], capsize=2, label=f"Monte Carlo, N = {run.spins}",
        )  # fmt: skip
        left.set_ylabel("energy per spin  $e$  [coupling scale]")
        _show_overlaps(right, run, keep, grid, np.array([s.overlaps for s in solutions]))
        for axis in axes:
            axis.axvline(t_c, color="0.5", ls=":", lw=1)
            axis.set_xlim(grid[0] * 0.93, grid[-1] * 1.07)
            _temperature_axis(axis)
        left.text(t_c, left.get_ylim()[0], " $T_c$ (RS)", color="0.35", va="bottom", fontsize=9)
        left.legend(loc="upper left")
        return to_svg(drawing)


def _show_overlaps(
    axis: Axes,
    run: MeasuredRun,
    keep: NDArray[np.bool_],
    grid: NDArray[np.float64],
    predicted: NDArray[np.float64],
) -> None:
    overlaps = run.layer_overlaps[:, keep]
    mean = overlaps.mean(axis=0)
    error = _over_samples(overlaps)[1] if run.samples > 1 else np.zeros_like(mean)
    for k in range(len(run.widths)):
        ink, marker = INKS[k % len(INKS)], MARKERS[k % len(MARKERS)]
        axis.plot(grid, predicted[:, k], color=ink, lw=1.3)
        axis.errorbar(
            run.temperatures[keep], mean[:, k], error[:, k], fmt=marker, ms=4, mfc="white", color=ink, capsize=2,
            label=f"layer {k} ({run.widths[k]})",
        )  # fmt: skip
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("rms overlap of layer $k$;  lines: RS $q_k$")
    axis.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.0, handletextpad=0.3)


def histogram_figure(run: MeasuredRun) -> str:
    """Draw P(q) over all spins and in the first and the last hidden layer, cold, medium and hot."""
    slots = np.flatnonzero(_finite(run))
    chosen = [int(slots[0]), int(slots[slots.size // 2]), int(slots[-1])]
    names = ["total", "layer_0", f"layer_{len(run.widths) - 2}"]
    titles = ["all spins", "layer 0", f"layer {len(run.widths) - 2}"]
    with figure(3, 3.0) as (drawing, axes):
        for axis, name, title in zip(axes, names, titles, strict=True):
            edges = run.data[f"edges_{name}"].values
            for i, slot in enumerate(chosen):
                counts = run.data[f"histogram_{name}"].isel(slot=slot).values.astype(float)
                density = counts / counts.sum(axis=-1, keepdims=True) / np.diff(edges)
                mean = density.mean(axis=0)
                axis.stairs(mean, edges, color=INKS[2 * i], lw=1.4, label=f"T = {run.temperatures[slot]:.3g}")
                if run.samples > 1:
                    error = density.std(axis=0, ddof=1) / np.sqrt(run.samples)
                    axis.stairs(mean + error, edges, baseline=mean - error, fill=True, alpha=0.2, color=INKS[2 * i])
            axis.set_title(title, fontsize=10)
            axis.set_xlabel("overlap  $q$")
            axis.set_xlim(-1.03, 1.03)
            axis.set_ylim(bottom=0)
        axes[0].set_ylabel("density  $P(q)$")
        axes[0].legend(loc="upper right")
        return to_svg(drawing)


def ladder_figure(run: MeasuredRun) -> str:
    """Draw exchange rate and flow of replicas along the ladder."""
    keep = _finite(run)
    temperatures = run.temperatures
    attempts = run.data.exchange_attempts.values[:, :, None]
    rates = (run.data.exchange_accepted.values / np.maximum(attempts, 1)).mean(axis=(0, 2))
    visits = run.data.exchange_visits.values.sum(axis=(0, 2))
    flow = run.data.exchange_visits_from_hot.values.sum(axis=(0, 2)) / np.maximum(visits, 1)
    with figure(2, 2.8) as (drawing, axes):
        axes[0].plot(temperatures[:-1][keep[:-1]], rates[keep[:-1]], "o-", ms=4, color=INKS[0])
        axes[0].set_ylabel("exchange rate with the next slot")
        axes[1].plot(temperatures[keep], flow[keep], "s-", ms=4, color=INKS[1])
        axes[1].set_ylabel("replicas that came from the hot end")
        for axis in axes:
            axis.set_ylim(0, 1.02)
            axis.set_xlim(temperatures[0] * 0.93, temperatures[keep][-1] * 1.07)
            _temperature_axis(axis)
        return to_svg(drawing)


def comparison_figure(series: Sequence[SizeSeries], comparisons: Sequence[Comparison], sizes: NDArray[np.float64],
                      exponent: float, quantity: str) -> str:  # fmt: skip
    """Draw a quantity against N^-exponent at a few temperatures, and the deviations of all limits."""
    picked = sorted({0, len(series) // 2, len(series) - 1})
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, n in enumerate(picked):
            one, predicted = series[n], comparisons[n].predicted
            x = sizes**-exponent
            ink = INKS[i]
            left.errorbar(x, one.values - predicted, one.errors, fmt=MARKERS[i], ms=4, mfc="white", color=ink,
                          capsize=2, label=f"T = {one.temperature:.3g}")  # fmt: skip
            line = np.linspace(0, x.max() * 1.05, 2)
            left.plot(line, one.limit.at(line) - predicted, color=ink, lw=1, ls="--")
            left.errorbar([0], [one.limit.value - predicted], [one.limit.error], fmt=MARKERS[i], ms=5, color=ink,
                          capsize=3)  # fmt: skip
        left.axhline(0, color="0.3", lw=1.2)
        left.set_xlabel(f"$N^{{-{Fraction(exponent).limit_denominator(9)}}}$   (filled: the limit)")
        left.set_ylabel(f"{quantity}\nmeasured minus RS")
        left.legend()
        _show_deviations(right, [s.temperature for s in series], comparisons, f"{quantity}\nlimit minus RS")
        return to_svg(drawing)


def _show_deviations(axis: Axes, temperatures: Sequence[float], comparisons: Sequence[Comparison], label: str) -> None:
    deviation = [c.measured - c.predicted for c in comparisons]
    axis.axhline(0, color="0.3", lw=1.2)
    axis.errorbar(temperatures, deviation, [c.error for c in comparisons], fmt="o", ms=4, mfc="white",
                  color=INKS[1], capsize=2)  # fmt: skip
    axis.set_xlim(min(temperatures) * 0.9, max(temperatures) * 1.1)
    _temperature_axis(axis)
    axis.set_ylabel(label)


def identity_figure(family: Family, by_run: Sequence[Sequence[Comparison]]) -> str:
    """Draw both sides of the identity and their difference in standard errors."""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (run, comparisons) in enumerate(zip(family.runs, by_run, strict=True)):
            t = run.temperatures[run.betas > 0]
            ink, marker = INKS[i], MARKERS[i]
            left.plot(t, [c.predicted for c in comparisons], color=ink, lw=1.2)
            left.plot(t, [c.measured for c in comparisons], marker, ms=4, mfc="white", color=ink,
                      label=f"N = {run.spins}")  # fmt: skip
            right.plot(t, [c.z for c in comparisons], marker, ms=4, mfc="white", color=ink)
        right.axhline(0, color="0.3", lw=1.2)
        right.axhspan(-2, 2, color="0.9", zorder=0)
        left.set_ylabel("energy per spin [coupling scale]\nlines: overlap side")
        right.set_ylabel("difference in standard errors")
        left.legend()
        for axis in axes:
            low, high = (
                family.largest.temperatures[0],
                family.largest.temperatures[_finite(family.largest)][-1],
            )
            axis.set_xlim(low * 0.9, high * 1.1)
            _temperature_axis(axis)
        return to_svg(drawing)


def critical_figure(family: Family, crossings: Crossings, predicted: float) -> str:
    """Draw the scaled susceptibility of every size and the crossings' way to infinite size."""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, run in enumerate(family.runs):
            keep = _finite(run) & (run.temperatures < 2.2 * predicted) & (run.temperatures > 0.5 * predicted)
            mean, error = _over_samples(scaled_susceptibility(run))
            left.errorbar(run.temperatures[keep], mean[keep], error[keep], fmt=MARKERS[i] + "-", ms=4, mfc="white",
                          lw=0.8, color=INKS[i], capsize=2, label=f"N = {run.spins}")  # fmt: skip
        left.axvline(predicted, color="0.3", lw=1.2, label="$T_c$ (theory)")
        left.set_yscale("log")
        _temperature_axis(left, logarithmic=False)
        left.set_ylabel(r"$N^{-1/3}\,N[\langle q^2\rangle]$")
        left.legend()
        x = crossings.abscissa
        right.errorbar(x, crossings.temperatures, crossings.errors, fmt="o", ms=4, mfc="white", color=INKS[1],
                       capsize=2, label="crossings")  # fmt: skip
        limit = crossings.limit
        right.errorbar([0], [limit.value], [limit.error], fmt="s", ms=5, color=INKS[1], capsize=3, label="limit")
        ends = np.array([0.0, x.max()])
        right.plot(ends, limit.at(ends), "--", lw=1, color=INKS[1])
        right.axhline(predicted, color="0.3", lw=1.2, label="$T_c$ (theory)")
        right.set_xlabel(crossings.label)
        right.set_ylabel("crossing temperature [coupling scale]")
        right.legend()
        return to_svg(drawing)


def trained_figure(before: Sequence[Comparison], after: Sequence[Comparison]) -> str:
    """Draw e / e_RS of a network before and after training beside the random networks of its shape."""
    with figure(1) as (drawing, axes):
        axis = axes[0]
        labels = [c.name.split(", ")[-1].replace("T_c", "$T_c$") for c in before]
        x = np.arange(len(labels), dtype=np.float64)
        spread = [c.error for c in before]
        axis.errorbar(x, [c.predicted for c in before], spread, fmt="_", ms=14, color="0.4", capsize=6,
                      label="random networks: mean and spread")  # fmt: skip
        axis.plot(x - 0.08, [c.measured for c in before], MARKERS[0], mfc="white", color=INKS[0],
                  label="before training")  # fmt: skip
        for n in range(len(after) // len(before)):
            chosen = after[n * len(before) : (n + 1) * len(before)]
            axis.plot(x + 0.08, [c.measured for c in chosen], MARKERS[n + 1], color=INKS[n + 1],
                      label=chosen[0].name.split(",")[0])  # fmt: skip
        axis.axhline(1, color="0.3", lw=1)
        axis.set_xticks(x, labels)
        axis.set_ylabel(r"energy over RS energy,  $e / e_{RS}$")
        axis.set_xlim(-0.5, len(labels) - 0.5)
        axis.legend()
        return to_svg(drawing)
