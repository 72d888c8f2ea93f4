"""The entropy of random MLPs at a given energy, by three routes from the same energies, against the saddle point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcsim.estimators.thermo import integration_weights
from validation.claims.base import Claim, Finding, NotApplicableError, require_sizes
from validation.claims.mlp_saddle import RELEVANT, require_integrable, stable_slots, wrong_predictions
from validation.numbers.compare import (
    LEVEL,
    Comparison,
    share_level,
    smallest_adjusted_p,
    verdict_of_agreement,
    worst_verdict,
)
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlp_limits import WidthSeries, width_series
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

FloatArray = NDArray[np.float64]

FEWEST_SAMPLES = 8
# MBAR takes a tenth of a second a network.
MBAR_SAMPLES = 64
# Near its maximum every curve is a parabola, and too small for a relative comparison.
HOTTEST_SHARE = 0.15
ROUTES = ("integration", "MBAR", "microcanonical")


def free_entropies(run: MeasuredMlp) -> tuple[FloatArray, FloatArray]:
    """Return Phi of each network by integration and by MBAR, (samples, slots), betas rising."""
    integration = np.array([one.values for one in run.free_entropy_by_integration])
    return integration, np.array([one.free_entropy.values for one in run.reweightings])


def entropies_at(run: MeasuredMlp, slot: int) -> dict[str, FloatArray]:
    """Return s of each network at its own mean energy at a slot, (samples,), by each route."""
    rising = run.betas.size - 1 - slot
    integration, mbar = free_entropies(run)
    energies = run.energies[:, slot]
    microcanonical = [one.entropy_at(e)[0] for one, e in zip(run.reweightings, energies[:, None], strict=True)]
    return {
        "integration": integration[:, rising] + run.betas[slot] * energies,
        "MBAR": mbar[:, rising] + run.betas[slot] * energies,
        "microcanonical": np.array(microcanonical),
    }


def compare_routes(family: MlpFamily) -> list[Comparison]:
    """Compare Phi by integration with Phi by MBAR, network by network, at every width and some betas."""
    found = []
    for run in family.runs:
        integration, mbar = free_entropies(run)
        count = run.samples
        for rising in range(1, run.betas.size, 3):
            difference = integration[:, rising] - mbar[:, rising]
            spline = np.mean([one.discretization[rising] for one in run.free_entropy_by_integration])
            error = float(np.hypot(difference.std(ddof=1) / np.sqrt(count), spline))
            name = f"Phi, N = {run.sites}, beta = {run.betas[::-1][rising]:g}: integration, MBAR"
            found.append(
                Comparison(name, float(integration[:, rising].mean()), error, float(mbar[:, rising].mean()), count - 1)
            )
    return found


def curve_series(family: MlpFamily, chosen: list[int]) -> list[tuple[int, str, WidthSeries]]:
    """Return s at some slots by every route, extrapolated to infinite width.

    Every network is taken at its own energy at that beta, so that s(e) is parametrised by beta as in the theory: at a
    fixed energy the entropies of networks differ several times as much.
    """
    found = []
    for i in chosen:
        by_run = [entropies_at(run, slot) for run, slot in zip(family.runs, family.slots[i], strict=True)]
        residuals = [_residuals(run, slot) for run, slot in zip(family.runs, family.slots[i], strict=True)]
        beta = float(family.betas[i])
        for route in ROUTES:
            values = [one[route] for one in by_run]
            found.append((i, route, width_series(family, f"s by {route}, beta = {beta:g}", beta, values, residuals)))
    return found


def _residuals(run: MeasuredMlp, slot: int) -> FloatArray:
    """Return the identity's residual of each network, at a slot and integrated up to it."""
    weights = integration_weights(run.betas[::-1])[run.betas.size - 1 - slot]
    residual = run.identity_residuals
    return np.stack([residual[:, ::-1] @ weights, residual[:, slot]], axis=1)


def _curve(claim: Claim, family: MlpFamily) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    require_integrable(family)
    family = family.first(MBAR_SAMPLES)
    coldest = min(float(run.betas[0]) for run in family.runs)
    chosen = [i for i in stable_slots(family) if family.betas[i] >= HOTTEST_SHARE * coldest][::3]
    if not chosen:
        raise NotApplicableError("needs several temperatures where replica symmetry is stable")
    series = curve_series(family, chosen)
    wrong_solutions = wrong_predictions(family, chosen)
    routes = share_level(compare_routes(family))
    against_theory = share_level([one.against(family.predictions[i].entropy) for i, _, one in series])
    wrong = [one.against(wrong_solutions[i].entropy) for i, _, one in series]
    worst = max(against_theory, key=lambda c: abs(c.z))
    between = max(routes, key=lambda c: abs(c.z))
    sharp = float(np.median([c.minimal_detectable_effect / abs(c.predicted) for c in against_theory]))
    return claim.finding(
        family,
        worst_verdict([verdict_of_agreement(against_theory, RELEVANT), verdict_of_agreement(routes, RELEVANT)]),
        f"s(e) at {len(chosen)} temperatures by thermodynamic integration, MBAR and the density of states, "
        f"extrapolated in 1/N: largest deviation {worst.z:+.1f} standard errors ({worst.name}); half of the points "
        f"would have shown {100 * sharp:.2g} %; integration and MBAR compared network by network at {len(routes)} "
        f"points: largest deviation {between.z:+.1f} standard errors",
        [*against_theory, *routes],
        "the curve s(e) of weights of too large a variance",
        smallest_adjusted_p(wrong) < LEVEL,
        curve=[(route, one) for _, route, one in series],
    )


ENTROPY_CURVE = Claim(
    id="mlp.entropy-curve",
    statement="The entropy at an energy, s(e), is the saddle point's; integration over β, MBAR and the density of "
    "states give the same.",
    source="Winer & Hanin, arXiv 2503.23982: entropy (log volume of inputs) at a given energy.",
    needs="random MLPs of one law at 3 widths or more, 8 samples each, ladders that reach beta = 0",
    evaluate=_curve,
    about=Subject.RANDOM_MLPS,
)
