"""The figures of a finding, each drawn by its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from validation.claims.base import Finding
from validation.claims.critical import SusceptibilityFigure, scaled_susceptibility
from validation.claims.entropy_curve import CurveFigure
from validation.claims.glass import DistributionFigure
from validation.claims.linear import SpectraFigure
from validation.claims.points import PointsFigure
from validation.pages.distribution_figure import distribution_figure
from validation.pages.limits_figure import points_figure
from validation.pages.mlp_figures import theory_curve
from validation.pages.plots import INKS, MARKERS, averages, figure, points, temperature_axis, to_svg
from validation.pages.spectra_figure import spectra_figure


def finding_figures(finding: Finding) -> str:
    """Return the figures of a finding as <svg> elements, or nothing where it has none."""
    return "".join(DRAWN[type(drawn)](drawn) for drawn in finding.figures)


def susceptibility_figure(drawn: SusceptibilityFigure) -> str:
    """Draw the scaled susceptibility of every size near the critical temperature."""
    family, t_c = drawn.family, drawn.family.critical_temperature
    with figure(1) as (drawing, (axis,)):
        for i, run in enumerate(family.runs):
            keep = (run.temperatures < 2.2 * t_c) & (run.temperatures > 0.5 * t_c)
            scaled = scaled_susceptibility(run)[:, keep]
            averages(axis, run.temperatures[keep], scaled, i, f"N = {run.size}", fmt=f"{MARKERS[i]}-", lw=0.8)
        axis.axvline(t_c, color="0.3", lw=1.2, label="$T_c$ (theory)")
        axis.set_yscale("log")
        temperature_axis(axis, logarithmic=False)
        axis.set_ylabel(r"$N^{-1/3}\,N[\langle q^2\rangle]$")
        axis.legend()
        return to_svg(drawing)


def curve_figure(drawn: CurveFigure) -> str:
    """Draw s(e), extrapolated to infinite width by every route, and the deviations from the RS curve."""
    energies = {rs.beta: rs.energy for rs in drawn.family.predictions}
    line = theory_curve(drawn.family)
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(line.energy, line.entropy, color=INKS[0], label="RS, infinite width")
        right.axhline(0, color=INKS[0], lw=1.2)
        for i, (route, limits) in enumerate(drawn.routes.items()):
            comparisons = [limit.comparison for limit in limits]
            e = np.array([energies[c.at.beta] for c in comparisons if c.at.beta is not None])
            s, errors = np.array([c.measured for c in comparisons]), [c.error for c in comparisons]
            points(left, e, s, errors, i, route, ms=5, color=INKS[i + 1])
            shifted, deviations = e + 0.02 * (i - 1) * np.ptp(e), s - [c.predicted for c in comparisons]
            points(right, shifted, deviations, errors, i, route, ms=5, color=INKS[i + 1])
        left.set_ylabel("entropy relative to the prior  $s$  [nats]")
        right.set_ylabel("$s$ measured minus RS  [nats]")
        left.legend()
        for axis in axes:
            axis.set_xlabel("energy per input  $e$  [coupling scale]")
        return to_svg(drawing)


DRAWN: dict[type, Callable[[Any], str]] = {
    PointsFigure: points_figure,
    SusceptibilityFigure: susceptibility_figure,
    CurveFigure: curve_figure,
    SpectraFigure: spectra_figure,
    DistributionFigure: distribution_figure,
}
