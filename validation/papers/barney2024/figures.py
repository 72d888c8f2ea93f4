"""The paper's figures of training: phase diagram, errors, growth of T_c, solutions, Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from validation.networks.melting import CRITICAL_BINDER
from validation.numbers.json_values import FloatArray
from validation.pages.plots import INKS, MARKERS, figure, to_svg
from validation.papers.barney2024.claims_growth import growths
from validation.papers.barney2024.evidence import Evidence, Values
from validation.papers.barney2024.figures_couplings import (
    finite_size,
    initial_stability,
    rich_lazy,
    spectra,
    stability_before_after,
)
from validation.papers.barney2024.plan import KINDS, NetworkSpec

__all__ = [
    "error_rates",
    "finite_size",
    "growth",
    "initial_stability",
    "melting",
    "phase_diagram",
    "rich_lazy",
    "solutions",
    "spectra",
    "stability_before_after",
    "susceptibility",
]


def _by_kind(evidence: Evidence, kind: str) -> dict[str, list[NetworkSpec]]:
    chosen = [network for network in evidence.main if network.kind == kind]
    return {f"rate {group[0].rate:g}": group for group in evidence.conditions(chosen).values()}


def _time_axis(axis: Axes, epochs: Sequence[float]) -> None:
    """Show training time logarithmically, and zero with it: linear below the first stage stored."""
    positive = [epoch for epoch in epochs if epoch > 0]
    axis.set_xscale("symlog", linthresh=min(positive, default=1.0), linscale=0.5)
    axis.set_xlim(-0.1 * min(positive, default=1.0), max(epochs) * 1.4)
    ticks = [0.0, *(10.0**k for k in range(-4, 5) if min(positive, default=1.0) <= 10.0**k <= max(epochs))]
    axis.set_xticks(ticks)
    axis.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    axis.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axis.set_xlabel("training time  $t$  [epochs]")


def _spread(values: FloatArray) -> FloatArray:
    return np.asarray(values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1]))


def phase_diagram(evidence: Evidence) -> str:
    """Draw T_c(t) of both kinds at every rate over the initial glass."""
    if not evidence.have("critical", evidence.main):
        return ""
    with figure(2, 3.8) as (drawing, axes):
        for axis, kind in zip(axes, KINDS, strict=True):
            epochs: list[float] = []
            for i, (label, networks) in enumerate(_by_kind(evidence, kind).items()):
                series = [result["stages"] for _, result in evidence.have("critical", networks)]
                if not series:
                    continue
                epochs = [stage["epoch"] for stage in series[0]]
                T = np.array([[stage["temperature"] for stage in stages] for stages in series])
                crosses = np.array([[s["kind"] == "crossing" for s in stages] for stages in series]).all(axis=0)
                for chosen, fill, name in ((crosses, INKS[i], label), (~crosses, "white", None)):
                    if chosen.any():
                        axis.errorbar(np.array(epochs)[chosen], T.mean(axis=0)[chosen], _spread(T)[chosen],
                                      fmt=MARKERS[i], ms=4.5, mfc=fill, color=INKS[i], capsize=2,
                                      label=name)  # fmt: skip
                axis.axhline(series[0][0]["random"], color="0.3", lw=1.1, ls="--")
            if epochs:
                _decorate_phases(axis, epochs, kind)
        return to_svg(drawing)


def _decorate_phases(axis: Axes, epochs: Sequence[float], kind: str) -> None:
    _time_axis(axis, epochs)
    axis.set_ylim(bottom=0)
    axis.set_title(kind, fontsize=10, loc="left")
    axis.set_ylabel("temperature  $T$  [weights]")
    for x, y, text in ((0.03, 0.06, "glass"), (0.6, 0.125, "hidden order"), (0.03, 0.6, "paramagnet")):
        axis.text(x, y, text, transform=axis.transAxes, color="0.35", style="italic")
    axis.legend(loc="upper left")


def error_rates(evidence: Evidence) -> str:
    """Draw the validation error of both kinds against training time."""
    if not evidence.have("train", evidence.main):
        return ""
    with figure(2) as (drawing, axes):
        for axis, kind in zip(axes, KINDS, strict=True):
            epochs: list[float] = []
            for i, (label, networks) in enumerate(_by_kind(evidence, kind).items()):
                series = [result["stages"] for _, result in evidence.have("train", networks)]
                if not series:
                    continue
                epochs = [stage["epoch"] for stage in series[0]]
                wrong = 100 * np.array([[stage["validation_error"] for stage in stages] for stages in series])
                axis.errorbar(epochs, wrong.mean(axis=0), _spread(wrong), fmt=MARKERS[i] + "-", ms=4, lw=0.8,
                              color=INKS[i], capsize=2, label=label)  # fmt: skip
            axis.set_yscale("log")
            axis.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
            axis.set_title(kind, fontsize=10, loc="left")
            axis.set_ylabel("validation error [%]")
            if epochs:
                _time_axis(axis, epochs)
                axis.legend()
        return to_svg(drawing)


def growth(evidence: Evidence) -> str:
    """Draw T_c(t) with the fitted laws, and how far the power law is off."""
    fits = growths(evidence)
    if not fits:
        return ""
    with figure(2, 4.0) as (drawing, axes):
        left, right = axes
        for i, (name, fit) in enumerate(fits.items()):
            ink, marker = INKS[i % len(INKS)], MARKERS[i % len(MARKERS)]
            t = np.geomspace(fit.epochs[0], fit.epochs[-1], 60)
            T = np.exp(fit.mean)
            label = f"{name}: {fit.exponent:.3f} ± {fit.error:.3f}"
            left.plot(fit.epochs, T, marker, ms=4, mfc="white", color=ink, label=label)
            left.plot(t, fit.laws["power"].temperature(t), lw=1.1, color=ink)
            left.plot(t, fit.laws["logarithm"].temperature(t), ":", lw=1.1, color=ink)
            off = 100 * (T / fit.laws["power"].temperature(fit.epochs) - 1)
            right.errorbar(fit.epochs, off, 100 * fit.noise, fmt=marker + "-", ms=4, lw=0.7, mfc="white", color=ink,
                           capsize=2)  # fmt: skip
        right.axhline(0, color="0.3", lw=1.1)
        left.set_yscale("log")
        low, high = left.get_ylim()
        left.set_ylim(low, high * (high / low) ** 0.75)  # room for the legend
        left.set_yticks([tick for tick in (1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30) if low <= tick <= high])
        left.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
        left.yaxis.set_minor_locator(mpl.ticker.NullLocator())
        left.set_ylabel("$T_c$ [weights]")
        right.set_ylabel("off the power law [%]")
        for axis in axes:
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
            axis.set_xlabel("training time  $t$  [epochs]")
        left.legend(fontsize=8, loc="upper left", title="exponent")
        return to_svg(drawing)


def solutions(evidence: Evidence) -> str:
    """Draw the number of TAP solutions found just below melting and in the initial glass, against training time."""
    found = [(network, result) for network, result in evidence.have("solutions", evidence.main) if network.seed == 0]
    places = (("melting", "just below melting, 0.9 $T(t)$"), ("glass", "cold: most found at any of the temperatures"))
    shown = [(n, r) for n, r in found if any(stage["where"] == "glass" for stage in r["stages"])]
    if not shown:
        return ""
    with figure(2) as (drawing, axes):
        for axis, (where, title) in zip(axes, places, strict=True):
            for i, (network, result) in enumerate(shown):
                glass = (evidence.of("glass", network) or {"stages": []})["stages"]
                _solutions_of(axis, i, network.kind, _most_found([*result["stages"], *glass], where))
            _time_axis(axis, [stage["epoch"] for _, result in shown for stage in result["stages"]])
            axis.set_title(title, fontsize=10, loc="left")
            axis.set_ylabel("pairs of solutions found")
            axis.yaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
            axis.set_ylim(-0.15, max(2.5, 1.35 * axis.get_ylim()[1]))
            axis.legend(loc="upper left", ncols=2, fontsize=8)
        return to_svg(drawing)


def _most_found(stages: Sequence[Values], where: str) -> list[Values]:
    """Return one count an epoch, that of the temperature at which most solutions were found."""
    best: dict[float, Values] = {}
    for stage in stages:
        if stage["where"] == where and stage["pairs"] > best.get(stage["epoch"], {"pairs": -1})["pairs"]:
            best[stage["epoch"]] = stage
    return [best[epoch] for epoch in sorted(best)]


def _solutions_of(axis: Axes, i: int, kind: str, stages: Sequence[Values]) -> None:
    epochs = np.array([stage["epoch"] for stage in stages])
    complete = np.array([stage["verdict"] == "complete" for stage in stages])
    pairs = np.array([stage["pairs"] for stage in stages])
    # Kinds often agree: larger markers behind smaller ones.
    size = 9 - 4 * i
    axis.plot(epochs, pairs, ("-", "--")[i % 2], lw=0.8, color=INKS[i], zorder=1 + i)
    for chosen, fill, word in ((complete, INKS[i], "complete"), (~complete, "white", "incomplete")):
        if chosen.any():
            axis.plot(epochs[chosen], pairs[chosen], MARKERS[i], ms=size, mfc=fill, color=INKS[i],
                      zorder=1 + i, label=f"{kind}, {word}")  # fmt: skip


def melting(evidence: Evidence) -> str:
    """Draw the Binder ratio of the projection that Monte Carlo finds against T over the T_c of the TAP equations."""
    return _sampled(evidence, "binder_curve", "Binder ratio of the projection")


def susceptibility(evidence: Evidence) -> str:
    """Draw N times the mean squared overlap of all spins against T over the T_c of the TAP equations."""
    return _sampled(evidence, "susceptibility", r"overlap susceptibility  $N\langle q^2\rangle$")


def _sampled(evidence: Evidence, curve: str, label: str) -> str:
    found = evidence.have("melting", evidence.main)
    if not found:
        return ""
    with figure(2) as (drawing, axes):
        for axis, kind in zip(axes, KINDS, strict=True):
            stages: list[Values] = next((result["stages"] for network, result in found if network.kind == kind), [])
            for i, stage in enumerate(stages):
                T = np.array(stage["temperatures"]) / stage["critical_temperature"]
                axis.errorbar(T, stage[curve], stage[f"{curve}_error"], fmt=MARKERS[i], ms=3.5, mfc="white",
                              color=INKS[i], capsize=2, lw=0.8,
                              label=f"epoch {stage['epoch']:.3g} ({stage['kind']})")  # fmt: skip
            axis.axvline(1, color="0.3", lw=1.1)
            if curve == "binder_curve":
                axis.axhline(CRITICAL_BINDER, color="0.3", lw=1.1, ls=":")
            else:
                axis.set_yscale("log")
            axis.set_title(kind, fontsize=10, loc="left")
            axis.set_xlabel("$T / T_c$")
            axis.set_ylabel(label)
            if stages:
                axis.legend()
        return to_svg(drawing)
