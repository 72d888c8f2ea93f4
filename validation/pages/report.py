"""The report: one self-contained HTML page and the same findings as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mcsim import __version__
from validation.claims import REGISTER, Claim, Finding
from validation.claims.base import NotApplicableError
from validation.numbers.compare import LEVEL, POWER, Comparison
from validation.pages.finding_figures import finding_figures
from validation.pages.mlp_section import family_section
from validation.pages.page import Entry, render, write_page
from validation.pages.spin_section import run_section
from validation.runs.mlp_family import MlpFamily, families_of_mlps
from validation.runs.mlps import MeasuredMlp
from validation.runs.spin_family import SpinFamily, families_of_spins
from validation.runs.spins import AnyRun, MeasuredRun


@dataclass(frozen=True)
class Untested:
    """A claim that the runs at hand cannot speak about."""

    claim: Claim
    reason: str


def families(runs: Sequence[AnyRun]) -> list[SpinFamily | MlpFamily]:
    """Group runs that differ in size alone, and put stored networks with the random ones of their widths."""
    spins = [run for run in runs if isinstance(run, MeasuredRun)]
    mlps = [run for run in runs if isinstance(run, MeasuredMlp)]
    return [*families_of_spins(spins), *families_of_mlps(mlps)]


def refuse_repeats(runs: Sequence[AnyRun]) -> None:
    """Raise ValueError where two runs share their random numbers: counted twice, they would halve the variance."""
    known: dict[object, str] = {}
    for run in runs:
        network = run.network if isinstance(run, MeasuredRun) else run.model
        key = (run.config.seed, network)
        if key in known:
            raise ValueError(f"{known[key]} and {run.name}: have the same seed and network; give one of them")
        known[key] = run.name


def evaluate(runs: Sequence[AnyRun], claims: Sequence[Claim]) -> tuple[list[Finding], list[Untested]]:
    """Test every claim on every family that can speak about it."""
    findings: list[Finding] = []
    untested: list[Untested] = []
    grouped = families(runs)
    for claim in claims:
        reasons, before = [], len(findings)
        for family in (family for family in grouped if family.subject is claim.about):
            try:
                findings.append(claim.test(family))
            except NotApplicableError as error:
                reasons.append(str(error))
        if len(findings) == before:
            untested.append(Untested(claim, "; ".join(reasons) or f"needs {claim.needs}"))
    return findings, untested


def sections(runs: Sequence[AnyRun]) -> list[dict[str, Any]]:
    """Return what the report shows of the runs: one part for each run of spins and each family of MLPs."""
    spins = [run_section(run) for run in runs if isinstance(run, MeasuredRun)]
    return [*spins, *(family_section(family) for family in families(runs) if isinstance(family, MlpFamily))]


def as_json(findings: Sequence[Finding], untested: Sequence[Untested]) -> dict[str, Any]:
    """Return the findings as plain JSON values."""
    return {
        "version": __version__,
        "level": LEVEL,
        "power": POWER,
        "findings": [
            {
                "claim": finding.claim_id,
                "subject": finding.subject,
                "statement": finding.statement,
                "verdict": str(finding.verdict),
                "summary": finding.summary,
                "negative_control": finding.negative_control,
                "negative_control_as_expected": finding.negative_control_as_expected,
                "comparisons": [_comparison_json(c) for c in finding.comparisons],
            }
            for finding in findings
        ],
        "untested": [{"claim": refusal.claim.id, "reason": refusal.reason} for refusal in untested],
    }


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison with where it was taken; what does not apply, and what is not finite, is null."""
    names = ("measured", "error", "predicted", "z", "p", "minimal_detectable_effect")
    numbers = {name: getattr(comparison, name) for name in names}
    return {
        "name": comparison.name,
        "quantity": comparison.quantity,
        **{key: value if value != "" else None for key, value in asdict(comparison.at).items()},
        "sizes": list(comparison.sizes),
        **{key: value if math.isfinite(value) else None for key, value in numbers.items()},
    }


def write_report(
    runs: Sequence[AnyRun], claims: Sequence[Claim], page: Path, title: str
) -> tuple[list[Finding], list[Untested]]:
    """Evaluate claims on runs and write ``page`` (HTML) and the same beside it as ``.json``."""
    refuse_repeats(runs)
    findings, untested = evaluate(runs, claims)
    html = render(
        "report.html",
        title=title,
        entries=[Entry(f, REGISTER[f.claim_id].source, finding_figures(f)) for f in findings],
        untested=untested,
        sections=sections(runs),
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    write_page(page, html, as_json(findings, untested))
    return findings, untested
