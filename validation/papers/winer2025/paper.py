"""Winer & Hanin's paper: its tasks, claims and page."""

from __future__ import annotations

from pathlib import Path

from mcsim.command_line import UsageError
from validation.papers.paper import Paper
from validation.papers.winer2025.claims import CLAIMS
from validation.papers.winer2025.evidence import Evidence
from validation.papers.winer2025.page import content
from validation.papers.winer2025.plan import make_plan
from validation.papers.winer2025.tasks import build_tasks


def winer2025(data: Path | None, *, quick: bool) -> Paper:
    """Return the paper, which needs no data.

    Raises
    ------
    UsageError
        One line, where data are given.
    """
    if data is not None:
        raise UsageError("--data: winer2025 is about random networks and takes no data; leave it out")
    plan = make_plan(quick=quick)
    label = "random networks" + (", quick" if quick else "")
    return Paper(
        title="Deep neural nets as Hamiltonians",
        template="winer.html",
        identity=plan.identity(),
        tasks=build_tasks(plan),
        claims=CLAIMS,
        evidence=lambda results: Evidence(label, results),
        content=content,
    )
