"""The paper's claims, one for each statement of its abstract."""

from __future__ import annotations

from collections.abc import Sequence

from validation.claims.base import Claim, Finding, NotApplicableError
from validation.pages.report import Untested
from validation.papers.barney2024.claims_energy import TAP_ENERGY
from validation.papers.barney2024.claims_growth import POWER_LAW, TWO_KINDS
from validation.papers.barney2024.claims_initial import CLOSED_FORM, INITIAL_GLASS
from validation.papers.barney2024.claims_trained import GLASS_DESTROYED, HIDDEN_ORDER, SPECTRUM, TASK_ORDER
from validation.papers.barney2024.evidence import Evidence

CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        INITIAL_GLASS,
        CLOSED_FORM,
        GLASS_DESTROYED,
        HIDDEN_ORDER,
        POWER_LAW,
        TWO_KINDS,
        SPECTRUM,
        TASK_ORDER,
        TAP_ENERGY,
    )
}


def put_to_test(evidence: Evidence, claims: Sequence[Claim] | None = None) -> tuple[list[Finding], list[Untested]]:
    """Return the findings, and the claims that the evidence cannot speak about."""
    findings, untested = [], []
    for claim in CLAIMS.values() if claims is None else claims:
        try:
            findings.append(claim.evaluate(claim, evidence))
        except NotApplicableError as error:
            untested.append(Untested(claim, str(error)))
    return findings, untested
