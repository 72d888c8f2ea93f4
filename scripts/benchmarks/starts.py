"""Start-up: CPU seconds of whole commands that do next to nothing else, with kernels compiled and without.

Cold means an empty folder of compiled kernels.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.children import run_module
from benchmarks.configs import input_document, spin_document, write_toml
from benchmarks.figures import Figure
from benchmarks.settings import Settings

_THEORY = ("layered-sk", "--widths", "784,400,400,400,10", "--temperature", "1.0")
_SPINS = spin_document((64, 48, 48, 48, 10), betas=(0.5, 0.8, 1.2, 2.0), thermalization=20, measurements=20)
_INPUTS = input_document((50, 50), "tanh", 1.0, copies=4, thermalization=20, measurements=20)


def measure(settings: Settings) -> list[Figure]:
    """Return the figures of all commands."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        return [
            *_cold_and_warm("python -m theory layered-sk", room, ("theory", *_THEORY), (None, 1.0), settings),
            *_cold_and_warm("mcsim run, small, spins", room, _run_of(room, "spins", _SPINS), (12.0, 2.0), settings),
            *_cold_and_warm("mcsim run, small, inputs", room, _run_of(room, "inputs", _INPUTS), (None, 2.0), settings),
        ]


def _run_of(room: Path, name: str, document: dict[str, object]) -> tuple[str, ...]:
    config = write_toml(room / f"{name}.toml", document)
    return ("mcsim", "run", str(config), "--out", str(room / name), "--overwrite")


def _cold_and_warm(
    work: str, room: Path, command: tuple[str, ...], goals: tuple[float | None, float], settings: Settings
) -> list[Figure]:
    """Return the figures of a first call with an empty cache, and of the calls after it."""
    with tempfile.TemporaryDirectory(dir=room) as cache:
        cold = run_module(*command, cache=Path(cache)).cpu
        warm = median(run_module(*command, cache=Path(cache)).cpu for _ in range(settings.rounds // 2))
    figures = zip(("kernels not compiled", "warm"), (cold, warm), goals, strict=True)
    return [
        Figure("starts", f"{work}, {state}", "s", ours=seconds, goal=goal, goal_is_limit=True)
        for state, seconds, goal in figures
    ]
