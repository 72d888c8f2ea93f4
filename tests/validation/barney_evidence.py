"""Results of the first paper's tasks that are made up: what claims do not look at is filled in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theory.tap import Instability
from validation.networks.alignment import Alignment, SpanShare
from validation.networks.hidden_order import HiddenOrder
from validation.networks.images import InputOrder, OutputOrder
from validation.papers.barney2024.couplings import CriticalStage, Histogram, SpectrumSeries, SpectrumStage
from validation.papers.barney2024.states import SolutionCount, Where

NONE = np.zeros(1)


def critical_stage(epoch: float, crosses: bool, temperature: float) -> CriticalStage:
    kind = "crossing" if crosses else "near-touch"
    return CriticalStage(epoch, Instability(kind, temperature, 0.0, 1e-9, 0.0, temperature), 1.26)


def spectrum_stage(epoch: float, outliers: int, moved: float) -> SpectrumStage:
    return SpectrumStage(epoch, outliers, moved, moved, 5.0, 0.3)


def spectrum_series(*stages: SpectrumStage) -> SpectrumSeries:
    shown = Histogram(np.array([0.0, 1.0]), np.ones(1))
    return SpectrumSeries(stages, shown, shown, NONE, NONE)


def count(pairs: int, *, complete: bool, dropped: int = 0, **changes: object) -> SolutionCount:
    facts = SolutionCount(
        epoch=0.0, where="glass", reduced=0.3, starts=60, dropped=dropped, pairs=pairs, minima=pairs, hits=(),
        expected=float(pairs), verdict="complete" if complete else "incomplete", overlap=0.4,
    )  # fmt: skip
    return replace(facts, **changes)  # type: ignore[arg-type]


def at(counted: SolutionCount, epoch: float, where: Where) -> SolutionCount:
    return replace(counted, epoch=epoch, where=where)


def order(classes: float, expected: float, relabelled: float, relabelled_p: float) -> HiddenOrder:
    """Return an ordered state whose input layer has these shares in the span of the classes' means."""
    along, span = Alignment(0.5, 0.1, 0.5), SpanShare(classes, expected, 0.05, 0.5, 9)
    inputs = InputOrder(along, span, relabelled, relabelled_p)
    critical = critical_stage(0.0, True, 1.0).instability
    return HiddenOrder(critical, 0.9, NONE, (1,), (along,), along, inputs, OutputOrder(along, along, along))
