"""The entropy of random MLPs at a given energy, by three routes from the same energies, against the saddle point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validation.claims.base import WINER, Claim, Finding, NotApplicableError, require_integrable, require_sizes
from validation.claims.mlp_saddle import RELEVANT, integrated_residuals, stable_entries, wrong_predictions
from validation.claims.points import Point, Quantity, worst_of
from validation.numbers import compare
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Comparison, Place
from validation.numbers.estimate import Estimate, mean_of
from validation.numbers.limit import STABLE
from validation.runs.mlp_controls import controlled
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

FEWEST_SAMPLES = 8
# MBAR takes a tenth of a second a network.
MBAR_SAMPLES = 64
# Near its maximum every curve is a parabola, and too small for a relative comparison.
HOTTEST_SHARE = 0.15
ROUTES = ("integration", "MBAR", "microcanonical")


@dataclass(frozen=True)
class CurveFigure:
    """The curve s(e), to be drawn beside the theory: by route, limits at rising entries of the family's slots."""

    family: MlpFamily
    routes: dict[str, tuple[Point, ...]]


def _by_mbar(run: MeasuredMlp) -> FloatArray:
    """Return Phi of each network by MBAR, (samples, slots), betas rising."""
    return np.array([pooled.free_entropy.values for pooled in run.reweightings])


def entropies_at(run: MeasuredMlp, slot: int) -> dict[str, FloatArray]:
    """Return s of each network at its own mean energy at a slot, (samples,), by each route."""
    rising, energies = run.betas.size - 1 - slot, run.energies[:, slot]
    microcanonical = [pooled.entropy_at(e)[0] for pooled, e in zip(run.reweightings, energies[:, None], strict=True)]
    return {
        "integration": run.free_entropy_by_integration[0][:, rising] + run.betas[slot] * energies,
        "MBAR": _by_mbar(run)[:, rising] + run.betas[slot] * energies,
        "microcanonical": np.array(microcanonical),
    }


def compare_routes(family: MlpFamily) -> list[Comparison]:
    """Compare Phi by integration with Phi by MBAR, network by network, at every width and some betas."""
    comparisons = []
    for run in family.runs:
        (by_integration, discretization), by_mbar = run.free_entropy_by_integration, _by_mbar(run)
        for rising in range(1, run.betas.size, 3):
            phi, other = by_integration[:, rising], by_mbar[:, rising]
            error = float(np.hypot(mean_of(phi - other).error, discretization[:, rising].mean()))
            at = Place(size=run.size, beta=float(run.betas[::-1][rising]))
            name, degrees = "Phi by integration and MBAR", run.samples - 1
            comparisons.append(Comparison(name, float(phi.mean()), error, float(other.mean()), degrees, at=at))
    return comparisons


def curve_points(family: MlpFamily, entries: list[int]) -> dict[str, tuple[Point, ...]]:
    """Return s at some slots by every route, extrapolated to infinite width, beside the theory and its control.

    Every network is taken at its own energy at that beta, so that s(e) is parametrised by beta as in the theory: at a
    fixed energy the entropies of networks differ several times as much.
    """
    wrong = wrong_predictions(family, entries)
    by_route = {}
    for route in ROUTES:

        def entropy(run: MeasuredMlp, slot: int, route: str = route) -> Estimate:
            return controlled(run, entropies_at(run, slot)[route], integrated_residuals(run, slot))

        quantity = Quantity(f"s by {route}", entropy, lambda rs: rs.entropy, STABLE)
        by_route[route] = tuple(quantity.point(family, i, family.predictions[i], wrong[i]) for i in entries)
    return by_route


def _curve(claim: Claim, family: MlpFamily) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    require_integrable(family)
    family = family.first(MBAR_SAMPLES)
    coldest = min(float(run.betas[0]) for run in family.runs)
    entries = [i for i in stable_entries(family) if family.betas[i] >= HOTTEST_SHARE * coldest][::3]
    if not entries:
        raise NotApplicableError("needs several temperatures where replica symmetry is stable")
    by_route = curve_points(family, entries)
    points = [p for at_entry in zip(*by_route.values(), strict=True) for p in at_entry]
    against_theory = compare.share_level([p.comparison for p in points])
    routes = compare.share_level(compare_routes(family))
    worst, between = worst_of(against_theory), worst_of(routes)
    sharp = float(np.median([c.minimal_detectable_effect / abs(c.predicted) for c in against_theory]))
    verdicts = [compare.verdict_of_agreement(comparisons, RELEVANT) for comparisons in (against_theory, routes)]
    return claim.finding(
        family,
        compare.worst_verdict(verdicts),
        f"s(e) at {len(entries)} temperatures by thermodynamic integration, MBAR and the density of states, "
        f"extrapolated in 1/N: largest deviation {worst.z:+.1f} standard errors ({worst.name}); half of the points "
        f"would have shown {100 * sharp:.2g} %; integration and MBAR compared network by network at {len(routes)} "
        f"points: largest deviation {between.z:+.1f} standard errors",
        [*against_theory, *routes],
        "the curve s(e) of weights of too large a variance",
        compare.smallest_adjusted_p([p.wrong for p in points if p.wrong]) < compare.LEVEL,
        [CurveFigure(family, by_route)],
    )


CLAIMS = (
    Claim(
        id="mlp.entropy-curve",
        statement="The entropy at an energy, s(e), is the saddle point's; integration over β, MBAR and the density of "
        "states give the same.",
        source=f"{WINER}: entropy (log volume of inputs) at a given energy.",
        needs="random MLPs of one law at 3 widths or more, 8 samples each, ladders that reach beta = 0",
        evaluate=_curve,
        about=Subject.RANDOM_MLPS,
    ),
)
