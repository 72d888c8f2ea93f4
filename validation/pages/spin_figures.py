"""Figures of layered networks of spins: theory as a line, data as points with error bars."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_rs
from validation.numbers.arrays import FloatArray
from validation.pages.plots import INKS, averages, figure, points, standard_error, temperature_axis, to_svg
from validation.pages.run_figures import draw_histogram
from validation.runs.spins import MeasuredRun


def energy_error(run: MeasuredRun) -> FloatArray:
    """Return the error of the energy per spin: over disorder where it varies, else within the chains."""
    if run.is_gaussian and run.samples > 1:
        return standard_error(run.energies)
    return np.array([run.thermal_error(slot) for slot in range(run.betas.size)])


def run_figure(run: MeasuredRun, couplings: LayeredCouplings, theory_name: str) -> str:
    """Draw energy and overlaps of one run against temperature, with the replica-symmetric prediction."""
    keep = np.isfinite(run.temperatures)
    temperatures = run.temperatures[keep]
    t_c = critical_temperature(couplings)
    grid = np.geomspace(temperatures[0], temperatures[-1], 80)
    solutions = [solve_rs(couplings, float(t)) for t in grid]
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(grid, [s.energy for s in solutions], color=INKS[0], label=theory_name)
        energies, errors = run.energies.mean(axis=0)[keep], energy_error(run)[keep]
        points(left, temperatures, energies, errors, 1, f"Monte Carlo, N = {run.size}", fmt="o")
        left.set_ylabel("energy per spin  $e$  [coupling scale]")
        _show_overlaps(right, run, grid, np.array([s.overlaps for s in solutions]))
        for axis in axes:
            axis.axvline(t_c, color="0.5", ls=":", lw=1)
            axis.set_xlim(grid[0] * 0.93, grid[-1] * 1.07)
            temperature_axis(axis)
        left.text(t_c, left.get_ylim()[0], " $T_c$ (RS)", color="0.35", va="bottom", fontsize=9)
        left.legend(loc="upper left")
        return to_svg(drawing)


def _show_overlaps(axis: Axes, run: MeasuredRun, grid: FloatArray, predicted: FloatArray) -> None:
    keep = np.isfinite(run.temperatures)
    for k, width in enumerate(run.widths):
        axis.plot(grid, predicted[:, k], color=INKS[k % len(INKS)], lw=1.3)
        averages(axis, run.temperatures[keep], run.layer_overlaps[:, keep, k], k, f"layer {k} ({width})")
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("rms overlap of layer $k$;  lines: RS $q_k$")
    axis.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.0, handletextpad=0.3)


def overlaps_figure(run: MeasuredRun) -> str:
    """Draw P(q) over all spins and in the first and the last hidden layer, cold, medium and hot."""
    slots = np.flatnonzero(np.isfinite(run.temperatures))
    chosen = [int(slots[0]), int(slots[slots.size // 2]), int(slots[-1])]
    last = len(run.widths) - 2
    with figure(3, 3.0) as (drawing, axes):
        panels = [("total", "all spins"), ("layer_0", "layer 0"), (f"layer_{last}", f"layer {last}")]
        for axis, (name, title) in zip(axes, panels, strict=True):
            draw_histogram(axis, run, name, chosen)
            axis.set_title(title, fontsize=10)
            axis.set_xlabel("overlap  $q$")
            axis.set_xlim(-1.03, 1.03)
        axes[0].set_ylabel("density  $P(q)$")
        axes[0].legend(loc="upper right")
        return to_svg(drawing)
