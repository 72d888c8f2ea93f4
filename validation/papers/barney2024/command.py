"""Barney, Winer & Galitski's paper as parts, claims and a page."""

from __future__ import annotations

import importlib.util
from functools import cached_property
from pathlib import Path
from typing import Any

from mcsim.command_line import UsageError
from validation.claims.base import Finding
from validation.pages.report import Untested
from validation.papers.barney2024.claims import put_to_test
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.page import write_page
from validation.papers.barney2024.pipeline import build_parts
from validation.papers.barney2024.plan import make_plan
from validation.papers.paper import Outcome
from validation.papers.parts import Part, Store


class BarneyPaper:
    """The paper on MNIST in a folder, or on the embedded digits without one; a `validation.papers.paper.Paper`.

    Raises
    ------
    DatasetError
        One line, where the folder does not hold MNIST.
    """

    def __init__(self, data: Path | None, *, quick: bool) -> None:
        self.plan = make_plan(data, quick=quick)

    @cached_property
    def parts(self) -> list[Part]:
        """Everything to compute."""
        return build_parts(self.plan)

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this run from another one in the same folder."""
        return self.plan.identity()

    def check(self, store: Store) -> None:
        """Raise UsageError where networks are to be trained without PyTorch."""
        untrained = [part for part in self.parts if part.name.startswith("train-") and not store.is_done(part)]
        if untrained and not has_torch():
            raise UsageError(
                f'{len(untrained)} networks are to be trained, which needs PyTorch: pip install "mcsim[train]"'
            )

    def conclude(self, outcome: Outcome, page: Path) -> tuple[list[Finding], list[Untested]]:
        """Test the claims and write the page."""
        plan = self.plan
        label = f"{plan.data.name}, widths {', '.join(map(str, plan.widths))}{', quick' if plan.quick else ''}"
        evidence = Evidence(label, tuple(plan.main_networks()), tuple(plan.side_networks()), outcome.results)
        findings, untested = put_to_test(evidence)
        write_page(page, evidence, findings, untested, outcome.failures)
        return findings, untested


def has_torch() -> bool:
    """Return whether PyTorch is installed; importing it takes seconds."""
    return importlib.util.find_spec("torch") is not None
