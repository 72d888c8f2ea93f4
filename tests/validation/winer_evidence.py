"""Results of the second paper's tasks that are made up: what claims do not look at is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from validation.numbers.compare import Verdict
from validation.papers.winer2025.claims import CLAIMS
from validation.papers.winer2025.evidence import Evidence
from validation.papers.winer2025.plan import Depth, Family
from validation.papers.winer2025.records import FamilyRecord, FamilyTests
from validation.papers.winer2025.theory import (
    THERMODYNAMIC,
    BrokenSolution,
    BrokenSolutions,
    DeepLimit,
    LargestReplicon,
    Profile,
    StabilityLine,
)

# Results by their type and what they are about.
Results = dict[Any, Any]
DEPTHS = (8, 16, 32, 64)


def verdict(claim: str, results: Results) -> Verdict:
    evaluated = CLAIMS[f"winer2025.{claim}"]
    finding = evaluated.evaluate(evaluated, Evidence("made up", results))
    assert finding.summary
    assert finding.figures
    return finding.verdict


def record(verdict: Verdict, p: float = 0.5, claim: str = "mlp.energy", family: str = "tanh, depth 1") -> FamilyRecord:
    return FamilyRecord(claim, family, verdict, "so it is", p, "control", True, "")


def register_says(activation: str, verdicts: Mapping[str, Verdict], p: float = 0.5, depth: int = 1) -> Results:
    """Return the findings of the register's claims on one family."""
    name = f"{activation}-depth-{depth}"
    records = tuple(record(found, p, claim, name) for claim, found in verdicts.items())
    return {(FamilyTests, Family(name, activation)): FamilyTests(records, {}, (), depth, name, ())}


def line(activation: str, beta: float | None) -> Results:
    return {(StabilityLine, Depth(activation, 1)): StabilityLine(beta, 16.0, np.ones(1), np.array([0.1]))}


def broken(**changes: Any) -> Results:
    solution = BrokenSolution(
        beta=5.0, classification="continuous", levels=12, energy=-1.0, error=1e-5, free_entropy=2.0, replicon=1.0005,
        rs_energy=-1.01, rs_free_entropy=2.1, rs_replicon=1.4, x=np.array([0.3]), input_overlaps=np.array([0.2, 0.3]),
        input_weights=np.array([0.3, 0.7]),
    )  # fmt: skip
    return {(BrokenSolutions, Depth("sin", 1)): (replace(solution, **changes),)}


def layered(order: float = 1.0, offset: float = 0.0, limit: float = 2.0, replicon: float = 0.5) -> DeepLimit:
    """Return solutions that approach their limit, or one off it, as a power of 1/L."""
    rows, none = limit * (1 + 0.3 / np.array(DEPTHS) ** order + offset), np.zeros(1)
    return DeepLimit(
        depths=DEPTHS, layered=dict.fromkeys(THERMODYNAMIC, rows), limit=dict.fromkeys(THERMODYNAMIC, limit),
        extrapolated=dict.fromkeys(THERMODYNAMIC, limit * (1 + offset)),
        extrapolation_error=dict.fromkeys(THERMODYNAMIC, 0.0), shapes=np.array([0.5, 2.0]), tilts=np.array([0.5, 1.5]),
        replicon=np.full((2, 2), replicon), failures=(), largest=LargestReplicon(replicon, 2.0, 1.5),
        critical_tilt=None, t=none, k_d=none, k0=none, last_profile=Profile(none, none, none),
    )  # fmt: skip
