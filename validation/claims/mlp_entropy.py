"""The entropy of random MLPs at a given energy, by three routes from the same energies, against the saddle point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcsim.estimators.free_entropy import legendre_entropy
from mcsim.estimators.thermo import integration_weights
from theory.mlp import RSSolution
from validation.claims.base import Claim, Finding, NotApplicableError, require_sizes
from validation.claims.mlp_saddle import RELEVANT, require_integrable, stable_slots, wrong_predictions
from validation.compare import LEVEL, Comparison, share_level, smallest_adjusted_p, verdict_of_agreement
from validation.mlp.family import MlpFamily
from validation.mlp.limits import WidthSeries, width_series
from validation.mlp.measured import MeasuredMlp
from validation.subject import Subject

FloatArray = NDArray[np.float64]

FEWEST_SAMPLES = 8
# MBAR takes a tenth of a second a network.
MBAR_SAMPLES = 64
# Networks differ in how deep their energies go: beyond this share of the coldest beta some have no such energy.
COLDEST_SHARE = 0.8
# Near its maximum every curve is a parabola, and too small for a relative comparison.
HOTTEST_SHARE = 0.15
# A bin of the microcanonical entropy, in standard deviations of the energy.
BIN_WIDTH = 0.5
ROUTES = ("integration", "MBAR", "microcanonical")


def free_entropies(run: MeasuredMlp) -> tuple[FloatArray, FloatArray]:
    """Return Phi of each network by integration and by MBAR, (samples, slots), betas rising."""
    integration = np.array([one.values for one in run.free_entropy_by_integration])
    return integration, np.array([one.free_entropy.values for one in run.reweightings])


def entropies_at(run: MeasuredMlp, energies: FloatArray) -> dict[str, FloatArray]:
    """Return s(e) of each network by each route, (samples, energies)."""
    betas = run.betas[::-1]
    count = run.samples
    integration, mbar = free_entropies(run)
    rising = run.energies[:, ::-1]
    found: dict[str, FloatArray] = {
        "integration": np.array([legendre_entropy(betas, integration[i], rising[i], energies) for i in range(count)]),
        "MBAR": np.array([legendre_entropy(betas, mbar[i], rising[i], energies) for i in range(count)]),
    }
    found["microcanonical"] = np.array([_in_bins(run, i, energies) for i in range(count)])
    return found


def _in_bins(run: MeasuredMlp, sample: int, energies: FloatArray) -> FloatArray:
    """Return the microcanonical entropy in one bin about each energy; the bins may overlap."""
    reweighting = run.reweightings[sample]
    widths = BIN_WIDTH * reweighting.fluctuations(energies)
    return np.array([
        reweighting.microcanonical_entropy(np.array([e - 0.5 * w, e + 0.5 * w]))[0][0]
        for e, w in zip(energies, widths, strict=True)
    ])  # fmt: skip


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
    """Return s at the predicted energies of some slots, by every route, extrapolated to infinite width."""
    energies = np.array([family.predictions[i].energy for i in chosen])
    by_run = [entropies_at(run, energies) for run in family.runs]
    found = []
    for column, i in enumerate(chosen):
        residuals = [_residuals(run, slot) for run, slot in zip(family.runs, family.slots[i], strict=True)]
        for route in ROUTES:
            values = [one[route][:, column] for one in by_run]
            if all(np.isfinite(v).all() for v in values):
                name = f"s({energies[column]:.4f}) by {route}"
                beta = float(family.betas[i])
                found.append((i, route, width_series(family, name, beta, values, residuals)))
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
    chosen = [i for i in stable_slots(family) if HOTTEST_SHARE <= family.betas[i] / coldest <= COLDEST_SHARE][::2]
    if not chosen:
        raise NotApplicableError("needs several temperatures where replica symmetry is stable")
    series = curve_series(family, chosen)
    if not series:
        raise NotApplicableError("needs networks alike enough to have energies in common")
    wrong_solutions = wrong_predictions(family, chosen)
    wrong_at = {i: _wrong_entropy(family, wrong_solutions, i) for i in chosen}
    routes = compare_routes(family)
    against_theory = [one.against(family.predictions[i].entropy) for i, _, one in series]
    comparisons = share_level([*against_theory, *routes])
    wrong = [one.against(wrong_at[i]) for i, _, one in series]
    worst = max(comparisons, key=lambda c: abs(c.z))
    between = max(routes, key=lambda c: abs(c.z))
    sharp = float(np.median([c.detectable / abs(c.predicted) for c in comparisons[: len(series)]]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"s(e) at {len(chosen)} energies by thermodynamic integration, MBAR and the density of states, extrapolated in "
        f"1/N: largest deviation {worst.z:+.1f} standard errors ({worst.name}); half of the points would have shown "
        f"{100 * sharp:.2g} %; integration and MBAR agree network by network at {len(routes)} points (largest "
        f"{between.z:+.1f} standard errors)",
        comparisons,
        "the curve s(e) of weights of too large a variance",
        smallest_adjusted_p(wrong) < LEVEL,
        curve=[(route, one) for _, route, one in series],
    )


def _wrong_entropy(family: MlpFamily, wrong: dict[int, RSSolution], i: int) -> float:
    """Return s(e) of the wrong theory at the right theory's energy of a slot."""
    solutions = sorted(wrong.values(), key=lambda solution: solution.energy)
    energies = np.array([solution.energy for solution in solutions])
    return float(np.interp(family.predictions[i].energy, energies, [solution.entropy for solution in solutions]))


ENTROPY_CURVE = Claim(
    id="mlp.entropy-curve",
    statement="The entropy at an energy, s(e), is the saddle point's; integration over β, MBAR and the density of "
    "states give the same.",
    source="Winer & Hanin, arXiv 2503.23982: entropy (log volume of inputs) at a given energy.",
    needs="random MLPs of one law at 3 widths or more, 8 samples each, ladders that reach beta = 0",
    evaluate=_curve,
    about=Subject.RANDOM_MLPS,
)
