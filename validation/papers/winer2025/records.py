"""Findings of the register on one family of runs as JSON values, and what a sentence of the paper makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from validation.claims.base import Finding
from validation.numbers.compare import LEVEL, Verdict, smallest_adjusted_p

Values = dict[str, Any]


@dataclass(frozen=True)
class FamilyRecord:
    """A claim of the register tested on one family of runs.

    Attributes
    ----------
    claim, family : str
    verdict : Verdict
    summary : str
    p : float
        That all its predictions hold at once; nan where it compares nothing.
    negative_control : str
    told_apart : bool
        Whether the negative control was.
    figure : str
        An <svg> element, or nothing.
    """

    claim: str
    family: str
    verdict: Verdict
    summary: str
    p: float
    negative_control: str
    told_apart: bool
    figure: str


def as_values(finding: Finding, figure: str) -> Values:
    """Return a finding as JSON values."""
    p = smallest_adjusted_p(finding.comparisons) if finding.comparisons else math.nan
    return {
        "claim": finding.claim_id,
        "family": finding.subject,
        "verdict": str(finding.verdict),
        "summary": finding.summary,
        "p": p if math.isfinite(p) else None,
        "negative_control": finding.negative_control,
        "told_apart": finding.negative_control_as_expected,
        "figure": figure,
    }


def limits_of(finding: Finding) -> Values:
    """Return the limits of infinite width that a finding rests on, by name such as "e, beta = 2"."""
    return {
        one.name: {"value": one.limit.value, "error": one.limit.error}
        for one in finding.details.get("width_series", ())
        if math.isfinite(one.limit.value) and math.isfinite(one.limit.error)
    }


def from_values(values: Values) -> FamilyRecord:
    """Return what `as_values` has made JSON values of."""
    p = math.nan if values["p"] is None else float(values["p"])
    return FamilyRecord(**{**values, "verdict": Verdict(values["verdict"]), "p": p})


def verdict_of_all(records: Sequence[FamilyRecord]) -> Verdict:
    """Return the verdict of a sentence that is tested on several families, none of which may contradict it.

    Each family's test spends all of `LEVEL`; here they share it (Bonferroni), so that one unlucky family in a
    hundred does not fail the sentence. A family that fails without a p-value contradicts it outright. At least half
    must pass.
    """
    if not records:
        return Verdict.INCONCLUSIVE
    failed = [one for one in records if one.verdict is Verdict.FAIL]
    if any(not one.p * len(records) >= LEVEL for one in failed):
        return Verdict.FAIL
    passed = sum(one.verdict is Verdict.PASS for one in records)
    return Verdict.PASS if 2 * passed >= len(records) else Verdict.INCONCLUSIVE
