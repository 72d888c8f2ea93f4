"""Winer & Hanin's paper as parts, claims and a page."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from mcsim.command_line import UsageError
from validation.claims.base import Finding
from validation.pages.report import Untested
from validation.papers.paper import Outcome
from validation.papers.parts import Part, Store
from validation.papers.winer2025.claims import Evidence, put_to_test
from validation.papers.winer2025.page import write_page
from validation.papers.winer2025.pipeline import build_parts
from validation.papers.winer2025.plan import make_plan


class WinerPaper:
    """The paper, full or quick; a `validation.papers.paper.Paper`. It needs no data.

    Raises
    ------
    UsageError
        One line, where data are given.
    """

    def __init__(self, data: Path | None, *, quick: bool) -> None:
        if data is not None:
            raise UsageError("--data: winer2025 is about random networks and takes no data; leave it out")
        self.plan = make_plan(quick=quick)

    @cached_property
    def parts(self) -> list[Part]:
        """Everything to compute."""
        return build_parts(self.plan)

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this run from another one in the same folder."""
        return self.plan.identity()

    def check(self, store: Store) -> None:
        """Need nothing more."""

    def conclude(self, outcome: Outcome, page: Path) -> tuple[list[Finding], list[Untested]]:
        """Test the claims and write the page."""
        evidence = Evidence("random networks" + (", quick" if self.plan.quick else ""), outcome.results)
        findings, untested = put_to_test(evidence)
        write_page(page, evidence, findings, untested, outcome.failures)
        return findings, untested
