"""Findings of the register on one family of runs as they are stored, and what a sentence of the paper makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from validation.claims.base import Finding
from validation.numbers.arrays import FloatOrNan
from validation.numbers.compare import LEVEL, Place, Verdict, smallest_adjusted_p


@dataclass(frozen=True)
class FamilyRecord:
    """A claim of the register tested on one family of runs."""

    claim: str
    family: str
    verdict: Verdict
    summary: str
    p: FloatOrNan  #: that all its predictions hold at once; nan where it compares nothing
    negative_control: str
    told_apart: bool  #: whether the negative control was
    figure: str  #: an <svg> element, or nothing


@dataclass(frozen=True)
class MeasuredLimit:
    """A limit of infinite width that a finding rests on."""

    quantity: str
    at: Place
    value: float
    error: float


@dataclass(frozen=True)
class CaptionedFigure:
    """A figure of what a family's runs measured, an <svg> element."""

    svg: str
    caption: str


@dataclass(frozen=True)
class FamilyTests:
    """Everything that one family of runs says."""

    records: tuple[FamilyRecord, ...]
    untested: dict[str, str]  #: reasons, by claim
    limits: tuple[MeasuredLimit, ...]
    depth: int
    label: str
    figures: tuple[CaptionedFigure, ...]

    def limit(self, quantity: str, beta: float) -> MeasuredLimit | None:
        """Return the limit of a quantity at one beta, None where it was not measured."""
        chosen = (limit for limit in self.limits if limit.quantity == quantity and limit.at.beta == beta)
        return next(chosen, None)


def record_of(finding: Finding, figure: str) -> FamilyRecord:
    """Return what is stored of a finding."""
    return FamilyRecord(
        claim=finding.claim_id,
        family=finding.subject,
        verdict=finding.verdict,
        summary=finding.summary,
        p=smallest_adjusted_p(finding.comparisons) if finding.comparisons else math.nan,
        negative_control=finding.negative_control,
        told_apart=finding.negative_control_as_expected,
        figure=figure,
    )


def limits_of(finding: Finding) -> list[MeasuredLimit]:
    """Return the limits of infinite width that a finding compares."""
    return [
        MeasuredLimit(c.quantity, c.at, c.measured, c.error)
        for c in finding.comparisons
        if c.sizes and math.isfinite(c.measured) and math.isfinite(c.error)
    ]


def verdict_of_all(records: Sequence[FamilyRecord]) -> Verdict:
    """Return the verdict of a sentence that is tested on several families, none of which may contradict it.

    Each family's test spends all of `LEVEL`; here they share it (Bonferroni), so that one unlucky family in a
    hundred does not fail the sentence. A family that fails without a p-value contradicts it outright. At least half
    must pass.
    """
    if not records:
        return Verdict.INCONCLUSIVE
    failed = [record for record in records if record.verdict is Verdict.FAIL]
    if any(not record.p * len(records) >= LEVEL for record in failed):
        return Verdict.FAIL
    passed = sum(record.verdict is Verdict.PASS for record in records)
    return Verdict.PASS if 2 * passed >= len(records) else Verdict.INCONCLUSIVE
