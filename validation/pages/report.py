"""The report: one self-contained HTML page and the same findings as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from mcsim import __version__
from mcsim.config import FileNetwork
from validation.claims import REGISTER, Claim, Family, Finding
from validation.claims.base import FamilyOfRuns, NotApplicableError, couplings_of
from validation.claims.thermodynamics import GLASS_EXPONENT, PARAMAGNET_EXPONENT
from validation.claims.trained import own_couplings
from validation.numbers.compare import LEVEL, POWER, Comparison, Verdict
from validation.pages import glass_figures, spin_figures
from validation.pages import mlp_section as mlp
from validation.runs.mlp_family import MlpFamily, families_of_mlps
from validation.runs.mlps import MeasuredMlp
from validation.runs.spins import AnyRun, MeasuredRun


@dataclass(frozen=True)
class Untested:
    """A claim that the runs at hand cannot speak about."""

    claim: Claim
    reason: str


def families(runs: Sequence[AnyRun]) -> list[FamilyOfRuns]:
    """Group runs that differ in size alone, and put stored networks with the random ones of their widths."""
    spins = [run for run in runs if isinstance(run, MeasuredRun)]
    mlps = [run for run in runs if isinstance(run, MeasuredMlp)]
    return [*families_of_spins(spins), *families_of_mlps(mlps)]


def families_of_spins(runs: Sequence[MeasuredRun]) -> list[Family]:
    """Group Gaussian runs by shape, variance and copies; each stored network's widths make a family of their own.

    Runs with more copies are for claims about several overlaps at once, at temperatures of their own.
    """
    groups: dict[tuple[object, ...], list[MeasuredRun]] = {}
    for run in (r for r in runs if r.is_gaussian):
        couplings = couplings_of(run)
        shape = tuple(round(n / run.spins, 2) for n in run.widths)
        strength = tuple(np.round(np.diag(couplings.coupling_matrix, 1), 6))
        groups.setdefault((shape, strength, run.config.run.copies), []).append(run)
    found = [Family(tuple(sorted(group, key=lambda run: run.spins))) for group in groups.values()]
    for widths in dict.fromkeys(run.widths for run in runs if not run.is_gaussian):
        found.append(Family(tuple(run for run in runs if run.widths == widths)))
    return found


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
        reasons = []
        before = len(findings)
        for family in grouped:
            if family.subject is not claim.about:
                continue
            try:
                findings.append(claim.test(family))
            except NotApplicableError as error:
                reasons.append(str(error))
        if len(findings) == before:
            untested.append(Untested(claim, "; ".join(reasons) or f"needs {claim.needs}"))
    return findings, untested


def finding_figure(finding: Finding) -> str:
    """Return the figure of a finding as an <svg> element, or nothing where it has none."""
    if "size_limits" in finding.details:
        return glass_figures.finding_figure(finding)
    if isinstance(finding.family, MlpFamily):
        return mlp.finding_figure(finding)
    details = finding.details
    if "series" in details:
        glass = finding.claim_id.endswith("below-tc")
        quantity = "entropy per spin [nats]" if "entropy" in finding.claim_id else "energy per spin [coupling scale]"
        exponent = GLASS_EXPONENT if glass else PARAMAGNET_EXPONENT
        return spin_figures.comparison_figure(
            details["series"], finding.comparisons, finding.family.sizes, exponent, quantity
        )
    if "by_run" in details:
        return spin_figures.identity_figure(finding.family, details["by_run"])
    if "crossings" in details:
        return spin_figures.critical_figure(finding.family, details["crossings"], finding.comparisons[0].predicted)
    if "before" in details:
        return spin_figures.trained_figure(details["before"], details["after"])
    return ""


def sections(runs: Sequence[AnyRun]) -> list[dict[str, Any]]:
    """Return what the report shows of the runs: one part for each run of spins and each family of MLPs."""
    spins = [run_section(run) for run in runs if isinstance(run, MeasuredRun)]
    mlps = [run for run in runs if isinstance(run, MeasuredMlp)]
    return [*spins, *(mlp.family_section(family) for family in families_of_mlps(mlps))]


def run_section(run: MeasuredRun) -> dict[str, Any]:
    """Return what the report shows of one run of spins."""
    if run.is_gaussian:
        couplings, name = couplings_of(run), "replica-symmetric prediction"
    else:
        couplings, name = own_couplings(run), "RS, random with these variances"
    return {
        "name": run.name,
        "facts": _facts(run),
        "figures": [
            (
                spin_figures.run_figure(run, couplings, name),
                "Energy and overlaps. Below T_c (dotted) the RS line is not expected to hold: that is the glass. "
                "At finite N the measured overlap does not vanish above T_c: it is of order N^(-1/2).",
            ),
            (
                spin_figures.histogram_figure(run),
                "Distribution of the overlap of two replicas; bands are standard errors over samples.",
            ),
        ],
        "folded": [("the ladder: exchange rates and flow of replicas", spin_figures.ladder_figure(run))],
    }


def _facts(run: MeasuredRun) -> list[tuple[str, str]]:
    network = run.network
    if isinstance(network, FileNetwork):
        epoch = "" if network.epoch is None else f", epoch {network.epoch:g}"
        source = f"{Path(network.path).name}{epoch}; {run.samples} independent repeat(s)"
    else:
        source = f"Gaussian, {network.variance}, C = {network.scale:g}; {run.samples} disorder samples"
    sweeps = run.config.run.thermalization + run.data.sizes["measurement"] * run.config.run.sweeps_per_measurement
    coldest = run.energy_blocking(0, 0)
    p = run.equilibration_p_value()
    settled = f"p = {p:.2g}: " + ("settled" if p >= LEVEL else "NOT SETTLED, thermalise longer")
    tau = f"{coldest.tau:.1f} rows" + ("" if coldest.converged else " at least (blocking still rising)")
    trips = int(run.data.exchange_round_trips.values.sum())
    return [
        ("network", source),
        ("widths", ", ".join(str(n) for n in run.widths)),
        ("spins", str(run.spins)),
        ("sweeps", f"{sweeps} in each of {run.config.run.copies} ladders of {run.betas.size} slots"),
        ("round trips", str(trips)),
        ("autocorrelation of the coldest energy", tau),
        ("energies of the 2nd quarter and the 2nd half agree", settled),
        ("largest deviation of fields and energies", f"{float(run.data.dynamics_drift.max()):.1e} of their scale"),
    ]


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
        "untested": [{"claim": one.claim.id, "reason": one.reason} for one in untested],
    }


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    values = {
        "measured": comparison.measured,
        "error": comparison.error,
        "predicted": comparison.predicted,
        "z": comparison.z,
        "p": comparison.p,
        "minimal_detectable_effect": comparison.minimal_detectable_effect,
    }
    return {"name": comparison.name, **{k: v if math.isfinite(v) else None for k, v in values.items()}}


def write_report(
    runs: Sequence[AnyRun], claims: Sequence[Claim], page: Path, title: str
) -> tuple[list[Finding], list[Untested]]:
    """Evaluate claims on runs and write ``page`` (HTML) and the same beside it as ``.json``."""
    refuse_repeats(runs)
    findings, untested = evaluate(runs, claims)
    environment = Environment(
        loader=PackageLoader("validation.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    html = environment.get_template("report.html").render(
        title=title,
        version=__version__,
        level=LEVEL,
        power=POWER,
        findings=[{"finding": f, "claim": REGISTER[f.claim_id], "svg": finding_figure(f)} for f in findings],
        untested=untested,
        sections=sections(runs),
        passed=sum(f.verdict is Verdict.PASS for f in findings),
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(html, encoding="utf-8")
    page.with_suffix(".json").write_text(json.dumps(as_json(findings, untested), indent=2), encoding="utf-8")
    return findings, untested
