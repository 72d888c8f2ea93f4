"""The exact identity between energy and overlaps of Gaussian layered networks, at every size and temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from validation.claims.base import (
    Claim,
    Family,
    Finding,
    bonds_per_spin,
    coupling_strength,
    couplings_of,
    require_samples,
)
from validation.numbers.compare import (
    LEVEL,
    Comparison,
    Verdict,
    control_variate,
    share_level,
    smallest_adjusted_p,
    verdict_of_agreement,
)
from validation.runs.spins import MeasuredRun

# A missing factor, layer or term violates the identity by half of the energy or more. In the glass phase the
# overlaps of one network differ so much from the next that a tenth is what some hundred samples can resolve.
RELEVANT = 0.10


def bond_terms(run: MeasuredRun) -> NDArray[np.float64]:
    """Return sigma_k^2 N_{k-1} N_k / N for each layer of bonds."""
    return np.asarray(np.array(couplings_of(run).variances) * bonds_per_spin(run), dtype=np.float64)


def compare_sides(run: MeasuredRun, *, with_overlaps: bool = True) -> list[Comparison]:
    """Compare both sides at each slot of finite temperature.

    Their difference is formed sample by sample, with the coupling strength of the sample as a control variate.
    """
    terms = bond_terms(run)
    overlaps = run.neighbour_overlaps if with_overlaps else np.zeros_like(run.neighbour_overlaps)
    differences = run.energies + run.betas * ((1.0 - overlaps) @ terms)
    strength, expected = coupling_strength(run)
    comparisons = []
    for slot in np.flatnonzero(run.betas > 0):
        difference, error, _ = control_variate(differences[:, slot], strength, expected)
        measured = float(run.energies[:, slot].mean())
        where = f"N = {run.spins}, T = {run.temperatures[slot]:.4g}"
        comparisons.append(Comparison(where, measured, error, measured - difference, run.samples - 2))
    return comparisons


def _evaluate(claim: Claim, family: Family) -> Finding:
    require_samples(family)
    by_run = [compare_sides(run) for run in family.runs]
    comparisons = share_level([c for run in by_run for c in run])
    wrong = [c for run in family.runs for c in compare_sides(run, with_overlaps=False)]
    worst = max(comparisons, key=lambda c: abs(c.z))
    verdict = verdict_of_agreement(comparisons, RELEVANT)
    coldest = {run[0].name for run in by_run}
    cold = [c for c in comparisons if c.name in coldest]
    found = "both sides agree" if verdict is Verdict.PASS else "no difference was seen"
    summary = (
        f"{found} at {len(comparisons)} sizes and temperatures down to T = {family.largest.temperatures[0]:.3g}: "
        f"largest deviation {worst.z:+.1f} standard errors ({worst.name}); at the coldest slots they would have "
        f"differed detectably by {max(c.minimal_detectable_effect for c in cold):.4f}"
    )
    if verdict is Verdict.FAIL:
        summary = f"the two sides differ by {worst.z:+.1f} standard errors at {worst.name}: not equilibrated, or wrong"
    return claim.finding(
        family,
        verdict,
        summary,
        comparisons,
        "the identity without its overlap term",
        smallest_adjusted_p(wrong) < LEVEL,
        by_run=by_run,
    )


IDENTITY = Claim(
    id="layered-sk.identity",
    statement="[⟨H⟩]/N = -(β/N) Σ_k σ_k² N_{k-1} N_k (1 - [⟨q_{k-1} q_k⟩]) at every size and temperature.",
    source="Integration by parts over Gaussian couplings; holds for random weights only, never for trained ones.",
    needs="Gaussian networks, at least 4 samples",
    evaluate=_evaluate,
)
