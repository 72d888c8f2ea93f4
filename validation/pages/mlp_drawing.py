"""What figures of random MLPs share: the replica-symmetric line, points with error bars, grey where it is unstable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from theory.result import NotConvergedError
from validation.pages.plots import INKS, MARKERS
from validation.runs.mlp_family import MlpFamily

FloatArray = NDArray[np.float64]

BETA_LABEL = r"inverse temperature  $\beta$"


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


def points(axis: Axes, x: FloatArray, samples: FloatArray, ink: int, label: str) -> None:
    axis.errorbar(x, samples.mean(axis=0), standard_error(samples), fmt=MARKERS[ink % len(MARKERS)], ms=4, mfc="white",
                  color=INKS[ink % len(INKS)], capsize=2, label=label)  # fmt: skip


def standard_error(samples: FloatArray) -> FloatArray:
    """Return the standard error over the first axis, zero for a single sample."""
    if samples.shape[0] < 2:
        return np.zeros(samples.shape[1:])
    return np.asarray(samples.std(axis=0, ddof=1) / np.sqrt(samples.shape[0]))


def shade_unstable(axis: Axes, curve: TheoryCurve) -> None:
    if curve.unstable_from < curve.beta[-1]:
        axis.axvspan(curve.unstable_from, curve.beta[-1], color="0.88", zorder=0, label="RS unstable")
