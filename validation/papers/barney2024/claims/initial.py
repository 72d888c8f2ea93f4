"""Statements about the state before training: a layered Sherrington-Kirkpatrick glass and its critical temperature."""

from __future__ import annotations

import numpy as np

from validation.claims.base import Claim, Finding
from validation.numbers.compare import LEVEL, Comparison, Verdict, smallest_adjusted_p, verdict_of_agreement
from validation.papers.barney2024.evidence import Evidence, least_limit, temperature_limit
from validation.papers.barney2024.initial import (
    BOND_LAYERS,
    HessianCurve,
    IdenticalLayers,
    TrainedShape,
    closed_form,
)
from validation.papers.evidence import needed

RELEVANT = 0.03


def is_broken_below(curve: HessianCurve) -> bool:
    """Return whether the Hessian at the replica-symmetric saddle is negative below T_c, and only there."""
    reduced_beta = curve.beta * curve.critical_temperature
    below, above = curve.replica_symmetric[reduced_beta > 1.05], curve.replica_symmetric[reduced_beta < 0.95]
    return bool(np.all(below < 0) and np.all(above > 0))


def glass(claim: Claim, evidence: Evidence) -> Finding:
    """Compare where random networks come closest to instability with the theory's T_c."""
    shape = needed(evidence.of(TrainedShape), claim.needs)
    t_c, broken = shape.curve.critical_temperature, is_broken_below(shape.curve)
    limit, least = temperature_limit(shape.sizes), least_limit(shape.sizes)
    touch, depth = limit.against(t_c), least.against(0.0)
    wrong = limit.against(shape.curve.strongest_pair)
    crossed = sum(size.crossings for size in shape.sizes)
    count = sum(size.temperatures.size for size in shape.sizes)
    untrained = [series.stages[0] for series in evidence.critical([*evidence.main, *evidence.side])]
    already = sum(stage.crosses for stage in untrained)
    agreed = verdict_of_agreement([touch], RELEVANT)
    return claim.finding(
        evidence, _glass_verdict(agreed, depth, broken, crossed, count),
        f"the replica-symmetric Hessian is {'negative at every temperature' if broken else 'NOT negative'} below "
        f"T_c (down to {shape.curve.replica_symmetric.min():.3f}), so replica symmetry is broken; {count} random "
        f"networks come closest to instability at T = {limit.value:.3f} ± {limit.error:.3f} for N → ∞ (theory "
        f"{t_c:.3f}; {100 * touch.minimal_detectable_effect / t_c:.1f} % off would have been seen), where the least "
        f"eigenvalue of I - M goes to {least.value:.4f} ± {least.error:.4f}; {crossed} of them cross zero, and so do "
        f"{already} of {len(untrained)} networks before training",
        [touch, depth],
        f"T_c = {wrong.predicted:.3f}, which couples one pair of layers only",
        smallest_adjusted_p([wrong]) < LEVEL,
    )  # fmt: skip


def _glass_verdict(agreed: Verdict, depth: Comparison, broken: bool, crossed: int, count: int) -> Verdict:
    if agreed is Verdict.FAIL or not broken or 2 * crossed > count:
        return Verdict.FAIL
    if depth.p < LEVEL / 2 or depth.minimal_detectable_effect > 0.1:
        return Verdict.INCONCLUSIVE  # the touch itself is a limit of many sizes; these do not show it
    return agreed


def critical_temperature(claim: Claim, evidence: Evidence) -> Finding:
    """Compare the same for identical layers with T_c in closed form."""
    identical = needed(evidence.of(IdenticalLayers), claim.needs)
    limit, predicted = temperature_limit(identical.sizes), closed_form()
    measured, wrong = limit.against(predicted), limit.against(closed_form(BOND_LAYERS - 1))
    exact = abs(identical.eigenvalue - predicted)
    verdict = verdict_of_agreement([measured], RELEVANT)
    return claim.finding(
        evidence, Verdict.FAIL if exact > 1e-9 else verdict,
        f"the closed form is the eigenvalue to {exact:.0e}; random networks of five identical layers come closest to "
        f"instability at {limit.value:.3f} ± {limit.error:.3f} for N → ∞, the closed form says {predicted:.3f} "
        f"({measured.z:+.1f} standard errors); {100 * measured.minimal_detectable_effect / predicted:.1f} % off would "
        "have been seen",
        [measured],
        f"the closed form of one layer less, {wrong.predicted:.3f}",
        smallest_adjusted_p([wrong]) < LEVEL,
    )  # fmt: skip
