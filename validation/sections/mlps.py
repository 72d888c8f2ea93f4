"""Figures of random MLPs: theory as lines, data as points; grey where replica symmetry is unstable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from theory.result import NotConvergedError
from validation.compare import Comparison
from validation.mlp.family import MlpFamily
from validation.mlp.limits import WidthSeries
from validation.mlp.measured import MeasuredMlp
from validation.plots import INKS, MARKERS, figure, to_svg

FloatArray = NDArray[np.float64]

# MBAR takes a tenth of a second a network.
_DENSITY_SAMPLES = 16
_BETA_LABEL = r"inverse temperature  $\beta$"


@dataclass(frozen=True)
class TheoryCurve:
    """The replica-symmetric branch between beta = 0 and the coldest slot, interpolated between slots for drawing.

    Attributes
    ----------
    beta, energy, entropy : float64 (points,)
    mean, self_overlap : float64 (points, layers)
    unstable_from : float
        Infinite where replica symmetry is stable throughout.
    """

    beta: FloatArray
    energy: FloatArray
    entropy: FloatArray
    mean: FloatArray
    self_overlap: FloatArray
    unstable_from: float


def theory_curve(family: MlpFamily) -> TheoryCurve:
    """Return the replica-symmetric line of a family."""
    nodes = np.concatenate([[0.0], family.betas[::-1]])
    solutions = [*family.predict(np.zeros(1)), *reversed(family.predictions)]
    fine = np.linspace(0.0, nodes[-1], 200)

    def smooth(values: list[float] | list[list[float]]) -> FloatArray:
        return np.asarray(PchipInterpolator(nodes, np.array(values))(fine))

    try:
        limit = family.stability_limit()
    except NotConvergedError:
        limit = min((s.beta for s in solutions if s.replicon >= 1.0), default=None)
    return TheoryCurve(
        fine,
        smooth([s.energy for s in solutions]),
        smooth([s.entropy for s in solutions]),
        smooth([[o.mean for o in s.overlaps] for s in solutions]),
        smooth([[o.self_overlap for o in s.overlaps] for s in solutions]),
        np.inf if limit is None else limit,
    )


def thermodynamics_figure(family: MlpFamily) -> str:
    """Draw energy against beta and entropy against energy of the widest run."""
    run, curve = family.largest, theory_curve(family)
    rising = slice(None, None, -1)
    betas = run.betas[rising]
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(curve.beta, curve.energy, color=INKS[0], label="RS, infinite width")
        _points(left, betas, run.energies[:, rising], 1, f"Monte Carlo, N = {run.sites}")
        left.set_xlabel(_BETA_LABEL)
        left.set_ylabel("energy per input  $e$  [coupling scale]")
        _shade_unstable(left, curve)
        left.legend()
        right.plot(curve.energy, curve.entropy, color=INKS[0], label="RS, infinite width")
        if run.reaches_prior:
            _entropy_points(right, run, betas)
        right.set_xlabel("energy per input  $e$  [coupling scale]")
        right.set_ylabel("entropy relative to the prior  $s$  [nats]")
        right.legend()
        return to_svg(drawing)


def _entropy_points(axis: Axes, run: MeasuredMlp, betas: FloatArray) -> None:
    phi = np.array([one.values for one in run.free_entropy_by_integration])
    energies = run.energies[:, ::-1]
    entropy = phi + betas * energies
    axis.errorbar(
        energies.mean(axis=0), entropy.mean(axis=0), _error(entropy), _error(energies), fmt="o", ms=4, mfc="white",
        color=INKS[1], capsize=2, label="integration over $\\beta$",
    )  # fmt: skip
    # What a claim has already solved is not solved again.
    few = run.reweightings[:_DENSITY_SAMPLES]
    at = np.linspace(energies.mean(axis=0)[-1] * 0.9, 0.0, 9)
    micro = [one.entropy_at(at) for one in few]
    seen = np.isfinite(micro).all(axis=0)
    values = np.array(micro)[:, seen]
    axis.errorbar(
        at[seen], values.mean(axis=0), _error(values), fmt="^", ms=5, color=INKS[2], capsize=2,
        label=f"density of states (MBAR, {len(few)} networks)",
    )  # fmt: skip


def overlaps_figure(family: MlpFamily) -> str:
    """Draw overlaps of every layer against beta: two replicas, and a replica with itself."""
    run, curve = family.largest, theory_curve(family)
    with figure(2) as (drawing, axes):
        for layer in range(run.layers):
            ink = layer % len(INKS)
            axes[0].plot(curve.beta, curve.mean[:, layer], color=INKS[ink])
            axes[1].plot(curve.beta, curve.self_overlap[:, layer], color=INKS[ink])
            name = "input" if layer == 0 else f"layer {layer}"
            _points(axes[0], run.betas, run.overlaps[..., layer], ink, name)
            _points(axes[1], run.betas, run.self_overlaps[..., layer], ink, name)
        axes[0].set_ylabel(r"overlap of two replicas  $K^\ell_{ab}$")
        axes[1].set_ylabel(r"self-overlap  $K^\ell_{aa}$")
        for axis in axes:
            axis.set_xlabel(_BETA_LABEL)
            _shade_unstable(axis, curve)
            axis.legend()
        return to_svg(drawing)


def histogram_figure(family: MlpFamily) -> str:
    """Draw the distribution of the overlap of two replicas in every layer, hot to cold, with the RS values."""
    run = family.largest
    slots = np.flatnonzero(run.betas > 0)
    chosen = sorted({int(slots[0]), int(slots[slots.size // 2]), int(slots[int(0.8 * slots.size)])})
    predicted = {s.beta: s for s in family.predictions}
    columns = min(run.layers, 4)
    with figure(columns, 3.0) as (drawing, axes):
        for layer, axis in enumerate(axes):
            edges = run.data[f"edges_layer_{layer}"].values
            reach = 0.0
            for i, slot in enumerate(chosen):
                counts = run.data[f"histogram_layer_{layer}"].isel(slot=slot).values.astype(float)
                density = counts / counts.sum(axis=-1, keepdims=True) / np.diff(edges)
                mean, error = density.mean(axis=0), _error(density)
                axis.stairs(mean, edges, color=INKS[2 * i], lw=1.4, label=rf"$\beta$ = {run.betas[slot]:g}")
                axis.stairs(mean + error, edges, baseline=mean - error, fill=True, alpha=0.25, color=INKS[2 * i])
                seen = np.flatnonzero(mean > 0.002 * mean.max())
                reach = max(reach, abs(edges[seen[0]]), abs(edges[seen[-1] + 1]))
                solution = predicted.get(float(run.betas[slot]))
                if solution is not None:
                    axis.axvline(solution.overlaps[layer].mean, color=INKS[2 * i], ls="--", lw=1)
            axis.set_xlim(-0.35 * reach, 1.02 * reach)
            axis.set_ylim(bottom=0)
            axis.set_title("input" if layer == 0 else f"layer {layer}", fontsize=10)
            axis.set_xlabel(r"overlap  $K_{ab}$")
        axes[0].set_ylabel("density")
        axes[0].legend(loc="upper right")
        return to_svg(drawing)


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
            axis.set_xlabel(_BETA_LABEL)
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
    axis.set_xlabel(_BETA_LABEL)
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


def _points(axis: Axes, x: FloatArray, samples: FloatArray, ink: int, label: str) -> None:
    axis.errorbar(x, samples.mean(axis=0), _error(samples), fmt=MARKERS[ink % len(MARKERS)], ms=4, mfc="white",
                  color=INKS[ink % len(INKS)], capsize=2, label=label)  # fmt: skip


def _error(samples: FloatArray) -> FloatArray:
    """Return the standard error over the first axis, zero for a single sample."""
    if samples.shape[0] < 2:
        return np.zeros(samples.shape[1:])
    return np.asarray(samples.std(axis=0, ddof=1) / np.sqrt(samples.shape[0]))


def _shade_unstable(axis: Axes, curve: TheoryCurve) -> None:
    if curve.unstable_from < curve.beta[-1]:
        axis.axvspan(curve.unstable_from, curve.beta[-1], color="0.88", zorder=0, label="RS unstable")
