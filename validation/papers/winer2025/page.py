"""The paper's page besides its verdicts: the theory's figures, and the tests on sampled networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from validation.numbers.json_values import to_json
from validation.papers.paper import Content, Section
from validation.papers.winer2025 import figures
from validation.papers.winer2025.evidence import Evidence
from validation.papers.winer2025.records import FamilyTests
from validation.papers.winer2025.theory import BrokenSolutions, DeepLimit, DepthTrend, StabilityLine

_FIGURES: list[tuple[str, Callable[[Evidence], str], str]] = [
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
# What the theory's results are called in the page's JSON.
_THEORY: dict[str, type[Any]] = {
    "line": StabilityLine,
    "broken": BrokenSolutions,
    "trend": DepthTrend,
    "deep": DeepLimit,
}


def content(evidence: Evidence) -> Content:
    """Return what the page shows."""
    families = evidence.families
    theory: dict[str, Any] = {
        f"{name}-{about}": to_json(kind, result)
        for name, kind in _THEORY.items()
        for about, result in evidence.all_of(kind).items()
    }
    return Content(
        [Section(title, draw(evidence), caption) for title, draw, caption in _FIGURES],
        values={"families": list(families.values())},
        document={
            "tests": [record for tests in families.values() for record in _records_as_json(tests)],
            "measured": {str(family): _measured_as_json(tests) for family, tests in families.items()},
            "theory": theory,
        },
    )


def _records_as_json(tests: FamilyTests) -> list[dict[str, Any]]:
    """Return the tests without their figures."""
    records = to_json(FamilyTests, tests)["records"]
    return [{name: value for name, value in record.items() if name != "figure"} for record in records]


def _measured_as_json(tests: FamilyTests) -> dict[str, Any]:
    limits = {f"{limit.quantity}, {limit.at}": {"value": limit.value, "error": limit.error} for limit in tests.limits}
    return {"depth": tests.depth, "limits": limits}
