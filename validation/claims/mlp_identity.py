"""What holds for random MLPs at every width: the identity between energy and overlaps."""

from __future__ import annotations

import numpy as np

from validation.claims.base import Claim, Finding, require_samples
from validation.numbers.compare import (
    LEVEL,
    Comparison,
    control_variate,
    share_level,
    smallest_adjusted_p,
    verdict_of_agreement,
)
from validation.runs.mlp_controls import SAMPLES_PER_CONTROL
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

# A missing factor or term violates an identity by half of the energy or more; about fifty networks resolve a tenth.
RELEVANT = 0.10


def compare_sides(run: MeasuredMlp, *, with_overlaps: bool = True) -> list[Comparison]:
    """Compare both sides of the identity at each slot of finite temperature, sample by sample."""
    c_w = run.model.weight_variance
    residuals = run.identity_residuals
    if not with_overlaps:
        residuals = residuals + run.betas * c_w * run.overlaps[..., -1]
    controls = run.prior_controls[:, : run.samples // SAMPLES_PER_CONTROL]
    found = []
    for slot in np.flatnonzero(run.betas > 0):
        difference, error, _ = control_variate(residuals[:, slot], controls, 0.0)
        energy = float(run.energies[:, slot].mean())
        name = f"N = {run.sites}, beta = {run.betas[slot]:g}"
        found.append(Comparison(name, energy, error, energy - difference, run.samples - 1 - controls.shape[1]))
    return found


def _identity(claim: Claim, family: MlpFamily) -> Finding:
    require_samples(family)
    comparisons = share_level([c for run in family.runs for c in compare_sides(run)])
    wrong = [c for run in family.runs for c in compare_sides(run, with_overlaps=False)]
    worst = max(comparisons, key=lambda c: abs(c.z))
    sharp = float(np.median([c.minimal_detectable_effect / abs(c.measured) for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"energies and overlaps at {len(comparisons)} widths and temperatures: largest deviation {worst.z:+.1f} "
        f"standard errors ({worst.name}); half of them would have shown {100 * sharp:.2g} % of the energy",
        comparisons,
        "the identity without the overlap of two replicas",
        smallest_adjusted_p(wrong) < LEVEL,
    )


_IDENTITY_TEXT = "[⟨H⟩]/N = -β C_W ([⟨K^L_aa⟩] - [⟨K^L_ab⟩]) at every width and temperature."

IDENTITY: Claim = Claim(
    id="mlp.identity",
    statement=_IDENTITY_TEXT,
    source="Integration by parts over the Gaussian output weights; holds at every width, for every activation.",
    needs="random MLPs, at least 4 samples",
    evaluate=_identity,
    about=Subject.RANDOM_MLPS,
)
