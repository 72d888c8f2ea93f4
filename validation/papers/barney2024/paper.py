"""Barney, Winer & Galitski's paper: its tasks, claims and page."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from mcsim.command_line import UsageError
from validation.papers.barney2024.claims import CLAIMS
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.page import content
from validation.papers.barney2024.plan import make_plan
from validation.papers.barney2024.tasks import Trained, build_tasks
from validation.papers.paper import Paper
from validation.papers.tasks import ResultStore


def barney2024(data: Path | None, *, quick: bool) -> Paper:
    """Return the paper on MNIST in a folder, or on the embedded digits without one.

    Raises
    ------
    DatasetError
        One line, where the folder does not hold MNIST.
    """
    plan = make_plan(data, quick=quick)
    tasks = build_tasks(plan)
    label = f"{plan.data.name}, widths {', '.join(map(str, plan.widths))}{', quick' if quick else ''}"
    main, side = tuple(plan.main_networks()), tuple(plan.side_networks())

    def check(store: ResultStore) -> None:
        untrained = [task for task in tasks if task.result is Trained and not store.is_done(task)]
        if untrained and not has_torch():
            raise UsageError(
                f'{len(untrained)} networks are to be trained, which needs PyTorch: pip install "mcsim[train]"'
            )

    return Paper(
        title="Neural networks as spin models",
        template="barney.html",
        identity=plan.identity(),
        tasks=tasks,
        claims=CLAIMS,
        evidence=lambda results: Evidence(label, results, main, side),
        content=content,
        check=check,
    )


def has_torch() -> bool:
    """Return whether PyTorch is installed; importing it takes seconds."""
    return importlib.util.find_spec("torch") is not None
