"""Statements about the state before training: a layered Sherrington-Kirkpatrick glass and its critical temperature."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from validation.claims.base import Claim, Finding, NotApplicableError
from validation.numbers.compare import (
    LEVEL,
    Comparison,
    Extrapolation,
    Verdict,
    extrapolate,
    smallest_adjusted_p,
    verdict_of_agreement,
)
from validation.papers.barney2024.evidence import Evidence, Values

# The minimum of edge plus fluctuations c (beta/beta_c - 1)^2 + N^{-2/3} u(beta) moves, and lies, at N^{-2/3}.
EXPONENT = 2.0 / 3.0
RELEVANT = 0.03
PAPER = "Barney, Winer & Galitski, arXiv 2408.06421, abstract"


def limit_of(sizes: list[Values], key: str) -> tuple[Extrapolation, float]:
    """Return the limit of infinite size of a quantity, and the degrees of freedom behind it."""
    spins = np.array([row["spins"] for row in sizes], dtype=np.float64)
    values = [np.asarray(row[key], dtype=np.float64) for row in sizes]
    errors = np.array([one.std(ddof=1) / math.sqrt(one.size) for one in values])
    means = np.array([one.mean() for one in values])
    return extrapolate(spins, means, errors, EXPONENT), float(sum(one.size - 1 for one in values))


def _needed(evidence: Evidence, name: str) -> Values:
    if name not in evidence.results:
        raise NotApplicableError(f"needs the part {name}, which failed")
    return evidence.results[name]


def _initial_glass(claim: Claim, evidence: Evidence) -> Finding:
    shape = _needed(evidence, "initial-shape")
    curve, sizes = shape["curve"], shape["sizes"]
    t_c = float(curve["critical_temperature"])
    limit, degrees = limit_of(sizes, "temperatures")
    least, _ = limit_of(sizes, "least")
    touch = Comparison("T of the closest approach, N -> infinity", limit.value, limit.error, t_c, degrees)
    depth = Comparison("least eigenvalue there, N -> infinity", least.value, least.error, 0.0, degrees)
    wrong = Comparison("wrong T_c", limit.value, limit.error, float(curve["strongest_pair"]), degrees)
    beta = np.asarray(curve["beta"])
    at_saddle = np.asarray(curve["replica_symmetric"])
    unstable = bool(np.all(at_saddle[beta * t_c > 1.05] < 0) and np.all(at_saddle[beta * t_c < 0.95] > 0))
    crossed = sum(row["crossings"] for row in sizes)
    count = sum(len(row["temperatures"]) for row in sizes)
    untrained = [result["stages"][0] for _, result in evidence.have("critical", [*evidence.main, *evidence.side])]
    already = sum(stage["kind"] == "crossing" for stage in untrained)
    agreed = verdict_of_agreement([touch], RELEVANT)
    verdict = _initial_verdict(agreed, depth, unstable, crossed, count)
    deepest = float(at_saddle.min())
    return claim.finding(
        evidence.family, verdict,
        f"the replica-symmetric Hessian is {'negative at every temperature' if unstable else 'NOT negative'} below "
        f"T_c (down to {deepest:.3f}), so replica symmetry is broken; {count} random networks come closest to "
        f"instability at T = {limit.value:.3f} ± {limit.error:.3f} for N → ∞ (theory {t_c:.3f}; "
        f"{100 * touch.minimal_detectable_effect / t_c:.1f} % off would have been seen), where the least "
        f"eigenvalue of I - M goes to "
        f"{least.value:.4f} ± {least.error:.4f}; {crossed} of them cross zero, and so do {already} of "
        f"{len(untrained)} networks before training",
        [touch, depth],
        f"T_c = {wrong.predicted:.3f}, which couples one pair of layers only",
        smallest_adjusted_p([wrong]) < LEVEL,
        sizes=sizes, limit=limit, predicted=t_c,
    )  # fmt: skip


def _initial_verdict(agreed: Verdict, depth: Comparison, unstable: bool, crossed: int, count: int) -> Verdict:
    if agreed is Verdict.FAIL or not unstable or 2 * crossed > count:
        return Verdict.FAIL
    if depth.p < LEVEL / 2 or depth.minimal_detectable_effect > 0.1:
        return Verdict.INCONCLUSIVE  # the touch itself is a limit of many sizes; these do not show it
    return agreed


def _closed_form(claim: Claim, evidence: Evidence) -> Finding:
    identical = _needed(evidence, "initial-identical")
    limit, degrees = limit_of(identical["sizes"], "temperatures")
    predicted = float(identical["closed_form"])
    measured = Comparison("T of the closest approach, N -> infinity", limit.value, limit.error, predicted, degrees)
    wrong = Comparison("one layer less", limit.value, limit.error, float(identical["one_layer_less"]), degrees)
    exact = abs(float(identical["eigenvalue"]) - predicted)
    verdict = verdict_of_agreement([measured], RELEVANT)
    details: dict[str, Any] = {"sizes": identical["sizes"], "limit": limit, "predicted": predicted}
    return claim.finding(
        evidence.family, Verdict.FAIL if exact > 1e-9 else verdict,
        f"the closed form is the eigenvalue to {exact:.0e}; random networks of five identical layers come closest to "
        f"instability at {limit.value:.3f} ± {limit.error:.3f} for N → ∞, the closed form says {predicted:.3f} "
        f"({measured.z:+.1f} standard errors); {100 * measured.minimal_detectable_effect / predicted:.1f} % off would "
        "have been seen",
        [measured],
        f"the closed form of one layer less, {wrong.predicted:.3f}",
        smallest_adjusted_p([wrong]) < LEVEL,
        **details,
    )  # fmt: skip


INITIAL_GLASS = Claim(
    id="barney2024.initial-glass",
    statement="A network with independent random weights maps to a layered Sherrington-Kirkpatrick spin glass with "
    "replica symmetry breaking; its T_c, T_c² = λ_max(A), is where one network's I - M nearly touches zero.",
    source=f"{PAPER}; Fig. 3.",
    needs="random networks of the trained ones' shape at several sizes",
    evaluate=_initial_glass,
)
CLOSED_FORM = Claim(
    id="barney2024.critical-temperature",
    statement="The spin-glass-to-paramagnet temperature is calculated: T_c = √(2 C cos(π/(L+2))) for identical layers.",
    source=f"{PAPER} and summary.",
    needs="random networks of identical layers at several sizes",
    evaluate=_closed_form,
)
