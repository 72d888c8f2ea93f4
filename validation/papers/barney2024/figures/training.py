"""The paper's figures of training: phase diagram, errors, growth of T_c."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from validation.networks.figures import TIME_LABEL, epoch_axis
from validation.numbers.arrays import FloatArray
from validation.pages.plots import INKS, figure, log_axis, points, to_svg
from validation.papers.barney2024.evidence import Evidence, by_condition
from validation.papers.barney2024.fits import Growth
from validation.papers.barney2024.plan import KINDS, Condition, NetworkSpec
from validation.papers.barney2024.tasks import Trained


def _rates(evidence: Evidence, kind: str) -> dict[str, list[NetworkSpec]]:
    """Return the main networks of one kind by learning rate."""
    chosen = [network for network in evidence.main if network.kind == kind]
    return {f"rate {condition.rate:g}": group for condition, group in by_condition(chosen).items()}


def _spread(values: FloatArray) -> FloatArray:
    return np.asarray(values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1]))


def phase_diagram(evidence: Evidence) -> str:
    """Draw T_c(t) of both kinds at every rate over the initial glass."""
    if not evidence.critical(evidence.main):
        return ""
    with figure(2, 3.8) as (drawing, axes):
        for axis, kind in zip(axes, KINDS, strict=True):
            for i, (label, networks) in enumerate(_rates(evidence, kind).items()):
                series = evidence.critical(networks)
                if not series:
                    continue
                epochs = series[0].epochs
                T = np.array([network.temperatures for network in series])
                crosses = np.array([network.crosses for network in series]).all(axis=0)
                for chosen, filled, name in ((crosses, True, label), (~crosses, False, None)):
                    if chosen.any():
                        points(axis, epochs[chosen], T.mean(axis=0)[chosen], _spread(T)[chosen], i, filled=filled,
                               ms=4.5, label=name)  # fmt: skip
                axis.axhline(series[0].stages[0].random, color="0.3", lw=1.1, ls="--")
                epoch_axis(axis, epochs)
            axis.set_ylim(bottom=0)
            axis.set_title(kind, fontsize=10, loc="left")
            axis.set_ylabel("temperature  $T$  [weights]")
            for x, y, text in ((0.03, 0.06, "glass"), (0.6, 0.125, "hidden order"), (0.03, 0.6, "paramagnet")):
                axis.text(x, y, text, transform=axis.transAxes, color="0.35", style="italic")
            axis.legend(loc="upper left")
        return to_svg(drawing)


def error_rates(evidence: Evidence) -> str:
    """Draw the validation error of both kinds against training time."""
    if not evidence.have(Trained, evidence.main):
        return ""
    with figure(2) as (drawing, axes):
        for axis, kind in zip(axes, KINDS, strict=True):
            for i, (label, networks) in enumerate(_rates(evidence, kind).items()):
                stages = [trained for _, trained in evidence.have(Trained, networks)]
                if not stages:
                    continue
                epochs = [stage.epoch for stage in stages[0]]
                errors = [[stage.validation_error for stage in network] for network in stages]
                wrong = 100 * np.array(errors, dtype=np.float64)
                points(axis, epochs, wrong.mean(axis=0), _spread(wrong), i, line="-", filled=True, lw=0.8, label=label)
                epoch_axis(axis, epochs)
                axis.legend()
            log_axis(axis, "y")
            axis.set_title(kind, fontsize=10, loc="left")
            axis.set_ylabel("validation error [%]")
        return to_svg(drawing)


def growth(evidence: Evidence) -> str:
    """Draw T_c(t) with the fitted laws, and how far the power law is off."""
    fits = evidence.growths()
    if not fits:
        return ""
    with figure(2, 4.0) as (drawing, axes):
        left, right = axes
        _laws(left, fits)
        for i, fit in enumerate(fits.values()):
            off = 100 * (np.exp(fit.mean) / fit.laws["power"].temperature(fit.epochs) - 1)
            points(right, fit.epochs, off, 100 * fit.noise, i, line="-", lw=0.7)
        right.axhline(0, color="0.3", lw=1.1)
        right.set_ylabel("off the power law [%]")
        for axis in axes:
            log_axis(axis, "x")
            axis.set_xlabel(TIME_LABEL)
        return to_svg(drawing)


def _laws(axis: Axes, fits: dict[Condition, Growth]) -> None:
    for i, (condition, fit) in enumerate(fits.items()):
        ink, t = INKS[i % len(INKS)], np.geomspace(fit.epochs[0], fit.epochs[-1], 60)
        label = f"{condition}: {fit.exponent:.3f} ± {fit.error:.3f}"
        points(axis, fit.epochs, np.exp(fit.mean), None, i, label=label)
        axis.plot(t, fit.laws["power"].temperature(t), lw=1.1, color=ink)
        axis.plot(t, fit.laws["logarithm"].temperature(t), ":", lw=1.1, color=ink)
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.set_ylim(low, high * (high / low) ** 0.75)  # room for the legend
    log_axis(axis, "y", [tick for tick in (1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30) if low <= tick <= high])
    axis.set_ylabel("$T_c$ [weights]")
    axis.legend(fontsize=8, loc="upper left", title="exponent")
