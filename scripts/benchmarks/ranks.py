"""Two MPI ranks against one, by the clock: strong (one ladder dealt to both) and weak (a sample for each).

Start-up is not counted: what is timed is the difference of a long run and one of an eighth of its sweeps.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.children import find_launcher, run_on_ranks
from benchmarks.configs import NETWORKS, spin_document, write_toml
from benchmarks.figures import Figure
from benchmarks.race import all_cores
from benchmarks.settings import Settings

_NAME = "[784,400,400,400,10]"
# Sweeps of this network on one core take about a millisecond.
_SWEEPS_PER_SECOND = 800


def measure(settings: Settings) -> list[Figure]:
    """Return the gain of the second rank: 2 at best for strong scaling and for weak."""
    figures = [
        Figure("ranks", f"{_NAME}, one ladder on two ranks", "times one rank"),
        Figure("ranks", f"{_NAME}, two samples on two ranks", "times one rank"),
    ]
    if find_launcher() is None:
        return [replace(figure, note="mpiexec not found") for figure in figures]
    if (os.cpu_count() or 1) < 2:
        return [replace(figure, note="this machine has one core") for figure in figures]
    with all_cores():
        return [
            replace(figure, ours=_gain(samples, settings), note="wall clock: wants an idle machine")
            for figure, samples in zip(figures, (1, 2), strict=True)
        ]


def _gain(samples: int, settings: Settings) -> float:
    """Return the seconds of one rank over those of two for the same samples."""
    sweeps = max(80, round(_SWEEPS_PER_SECOND * settings.seconds))
    rounds = [[_seconds(ranks, samples, sweeps) for ranks in (1, 2)] for _ in range(settings.rounds // 2)]
    return median(one / two for one, two in rounds)


def _seconds(ranks: int, samples: int, sweeps: int) -> float:
    times = []
    for length in (sweeps, sweeps // 8):
        with tempfile.TemporaryDirectory() as folder:
            document = spin_document(NETWORKS[_NAME], samples=samples, measurements=length)
            config = write_toml(Path(folder) / "run.toml", document)
            times.append(run_on_ranks(ranks, "mcsim", "run", config, "--out", Path(folder) / "run").wall)
    return max(times[0] - times[1], 1e-9)
