"""Figures of random MLPs: theory as lines, data as points; grey where replica symmetry is unstable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from validation.numbers.compare import Comparison
from validation.pages.mlp_drawing import BETA_LABEL, points, shade_unstable, standard_error, theory_curve
from validation.pages.plots import INKS, MARKERS, figure, to_svg
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlp_limits import WidthSeries
from validation.runs.mlps import MeasuredMlp

FloatArray = NDArray[np.float64]

# MBAR takes a tenth of a second a network.
_DENSITY_SAMPLES = 16


def thermodynamics_figure(family: MlpFamily) -> str:
    """Draw energy against beta and entropy against energy of the widest run."""
    run, curve = family.largest, theory_curve(family)
    rising = slice(None, None, -1)
    betas = run.betas[rising]
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(curve.beta, curve.energy, color=INKS[0], label="RS, infinite width")
        points(left, betas, run.energies[:, rising], 1, f"Monte Carlo, N = {run.sites}")
        left.set_xlabel(BETA_LABEL)
        left.set_ylabel("energy per input  $e$  [coupling scale]")
        shade_unstable(left, curve)
        left.legend()
        right.plot(curve.energy, curve.entropy, color=INKS[0], label="RS, infinite width")
        if run.reaches_prior:
            _entropy_points(right, run)
        right.set_xlabel("energy per input  $e$  [coupling scale]")
        right.set_ylabel("entropy relative to the prior  $s$  [nats]")
        right.legend()
        return to_svg(drawing)


def _entropy_points(axis: Axes, run: MeasuredMlp) -> None:
    """Draw s(e), each network at its own energies: at a common one the average would mix temperatures."""
    phi = np.array([one.values for one in run.free_entropy_by_integration])
    energies = run.energies[:, ::-1]
    _curve_points(axis, energies, phi + run.betas[::-1] * energies, 0, r"integration over $\beta$")
    few = run.first(_DENSITY_SAMPLES)
    own = few.energies[:, ::-2]
    micro = np.array([one.entropy_at(e) for one, e in zip(few.reweightings, own, strict=True)])
    seen = np.isfinite(micro).all(axis=0)
    _curve_points(axis, own[:, seen], micro[:, seen], 2, f"density of states (MBAR, {few.samples} networks)")


def _curve_points(axis: Axes, energies: FloatArray, entropies: FloatArray, ink: int, label: str) -> None:
    axis.errorbar(
        energies.mean(axis=0), entropies.mean(axis=0), standard_error(entropies), standard_error(energies),
        fmt=MARKERS[ink], ms=4, mfc="white", color=INKS[ink + 1], capsize=2, label=label,
    )  # fmt: skip


def ladder_figure(run: MeasuredMlp) -> str:
    """Draw exchange and acceptance rates along the ladder."""
    betas = run.betas
    attempts = run.data.exchange_attempts.values[:, :, None]
    exchange = (run.data.exchange_accepted.values / np.maximum(attempts, 1)).mean(axis=(0, 2))
    acceptance = run.data.dynamics_acceptance_rate.values.mean(axis=0)
    with figure(2, 2.8) as (drawing, axes):
        axes[0].plot(betas[:-1], exchange, "o-", ms=4, color=INKS[0])
        axes[0].set_ylabel("exchange rate with the next slot")
        axes[1].plot(betas, acceptance, "s-", ms=4, color=INKS[1])
        axes[1].set_ylabel("acceptance rate of moves")
        for axis in axes:
            axis.set_ylim(0, 1.02)
            axis.set_xlabel(BETA_LABEL)
        return to_svg(drawing)


def widths_figure(family: MlpFamily, series: Sequence[WidthSeries], comparisons: Sequence[Comparison]) -> str:
    """Draw deviations from RS against 1/N at a few points, and the deviations of all limits."""
    picked = sorted({0, len(series) // 2, len(series) - 1})
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, n in enumerate(picked):
            one, predicted, ink = series[n], comparisons[n].predicted, INKS[i]
            x = 1.0 / family.sizes
            left.errorbar(x, one.values - predicted, one.errors, fmt=MARKERS[i], ms=4, mfc="white", color=ink,
                          capsize=2, label=one.name.replace("beta", r"$\beta$"))  # fmt: skip
            line = np.linspace(0, x.max() * 1.05, 60)
            left.plot(line, one.limit.at(line) - predicted, color=ink, lw=1, ls="--")
            left.errorbar([0], [one.limit.value - predicted], [one.limit.error], fmt=MARKERS[i], ms=5, color=ink,
                          capsize=3)  # fmt: skip
        left.axhline(0, color="0.3", lw=1.2)
        left.set_xlabel("$1/N$   (filled: the limit)")
        left.set_ylabel("measured minus RS")
        left.legend()
        _show_z(right, series, comparisons)
        return to_svg(drawing)


def _show_z(axis: Axes, series: Sequence[WidthSeries], comparisons: Sequence[Comparison]) -> None:
    """Draw the deviations of all limits in standard errors, one marker for each quantity."""
    quantities = list(dict.fromkeys(one.name.split(",")[0].split("(")[0] for one in series))
    axis.axhspan(-2, 2, color="0.9", zorder=0)
    axis.axhline(0, color="0.3", lw=1.2)
    for i, quantity in enumerate(quantities):
        chosen = [n for n, one in enumerate(series) if one.name.split(",")[0].split("(")[0] == quantity]
        axis.plot([series[n].beta for n in chosen], [comparisons[n].z for n in chosen], MARKERS[i % len(MARKERS)],
                  ms=5, mfc="white", color=INKS[i % len(INKS)], label=quantity)  # fmt: skip
    axis.set_xlabel(BETA_LABEL)
    axis.set_ylabel("limit minus RS, in standard errors")
    if len(quantities) > 1:
        axis.legend(ncols=2)


def curve_figure(family: MlpFamily, curve: Sequence[tuple[str, WidthSeries]]) -> str:
    """Draw s(e), extrapolated to infinite width by every route, and the deviations from the RS curve."""
    predictions = {s.beta: s for s in family.predictions}
    line = theory_curve(family)
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(line.energy, line.entropy, color=INKS[0], label="RS, infinite width")
        right.axhline(0, color=INKS[0], lw=1.2)
        for i, route in enumerate(dict.fromkeys(route for route, _ in curve)):
            chosen = [one for name, one in curve if name == route]
            at = np.array([predictions[one.beta].energy for one in chosen])
            s = np.array([one.limit.value for one in chosen])
            deviation = s - [predictions[one.beta].entropy for one in chosen]
            errors = [one.limit.error for one in chosen]
            style = {"fmt": MARKERS[i], "ms": 5, "mfc": "white", "color": INKS[i + 1], "capsize": 2, "label": route}
            left.errorbar(at, s, errors, **style)
            right.errorbar(at + 0.02 * (i - 1) * np.ptp(at), deviation, errors, **style)
        left.set_ylabel("entropy relative to the prior  $s$  [nats]")
        right.set_ylabel("$s$ measured minus RS  [nats]")
        left.legend()
        for axis in axes:
            axis.set_xlabel("energy per input  $e$  [coupling scale]")
        return to_svg(drawing)
