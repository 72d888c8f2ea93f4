"""The paper's page: verdicts on each sentence, the tests behind them, figures; one HTML file, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from mcsim import __version__
from validation.claims.base import Finding
from validation.numbers.compare import LEVEL, POWER
from validation.pages.report import Untested, as_json
from validation.papers.paper import Failure
from validation.papers.parts import write_atomically
from validation.papers.winer2025 import figures
from validation.papers.winer2025.claims import CLAIMS, Evidence
from validation.papers.winer2025.records import from_values

_THEORY: list[tuple[str, Callable[[Evidence], str], str]] = [
    ("Where replica symmetry turns unstable", figures.lines, "Hidden layers of equal width, C_W = 1. Left: the "
     "line; open: stable up to there. Right: the replicon below and above it, deeper networks with larger "
     "markers."),
    ("What depth does to unshaped networks", figures.trends, "Lines: replica-symmetric energy and entropy at one beta; "
     "points: Monte Carlo's limits of infinite width. Right: factor by which a layer multiplies the squared "
     "distance of nearby inputs at infinite temperature."),
    ("Sin networks beyond their line", figures.broken, "Full replica symmetry breaking at depth 1: overlaps of the "
     "input, k(x), and energies beside the unstable symmetric solution's."),
    ("Shaped networks: approach to infinite depth", figures.convergence, "Left: layer-by-layer solutions less the "
     "differential equations'. Right: overlaps over relative depth; lines: infinite depth, points: the deepest."),
    ("Shaped networks: stability at infinite depth", figures.scan, "The replicon of the limit."),
]  # fmt: skip


def write_page(
    page: Path,
    evidence: Evidence,
    findings: Sequence[Finding],
    untested: Sequence[Untested],
    failures: Sequence[Failure],
) -> None:
    """Write the page, and the findings with the tests behind them beside it as JSON."""
    environment = Environment(
        loader=PackageLoader("validation.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    families = {
        name.removeprefix("test-"): result for name, result in evidence.results.items() if name.startswith("test-")
    }
    theory = [(title, draw(evidence), caption) for title, draw, caption in _THEORY]
    html = environment.get_template("winer.html").render(
        title="Deep neural nets as Hamiltonians",
        version=__version__,
        label=evidence.label,
        level=LEVEL,
        power=POWER,
        findings=findings,
        sources={name: claim.source for name, claim in CLAIMS.items()},
        untested=untested,
        failures=failures,
        theory=[one for one in theory if one[1]],
        families=[
            {**result, "records": [from_values(one) for one in result["records"]]} for result in families.values()
        ],
    )
    document = {
        **as_json(findings, untested),
        "label": evidence.label,
        "tests": [
            {name: value for name, value in one.items() if name != "figure"}
            for result in families.values()
            for one in result["records"]
        ],
        "measured": {name: {"depth": one["depth"], "limits": one["limits"]} for name, one in families.items()},
        "theory": {
            name: result
            for name, result in evidence.results.items()
            if name.split("-")[0] in ("line", "broken", "deep", "trend")
        },
        "failed_parts": [asdict(failure) for failure in failures],
    }
    write_atomically(page, html)
    write_atomically(page.with_suffix(".json"), json.dumps(document, indent=2))
