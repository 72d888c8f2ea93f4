"""Where the time of a whole run goes: everything that is not a sweep is overhead.

The clock stands between the sampler and its model (every method of the walkers) and before the recorder of results;
what is left of a run's CPU time is the driver, the decisions of exchange and the set-up, which is taken off.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import mcsim.simulate
from benchmarks.configs import networks
from benchmarks.figures import Figure
from benchmarks.settings import Settings
from benchmarks.spins import spin_config
from mcsim.parallel.communicator import SerialCommunicator

_PARTS = {
    "sweep": "sweeps",
    "observables": "measurement",
    "configurations": "measurement",
    "energies": "exchange",
    "permute": "exchange",
    "pack": "exchange",
    "unpack": "exchange",
    "Recorder": "storage",
    "diagnostics": "storage",
}
_OVERHEAD_GOAL = 15.0


def measure(settings: Settings) -> list[Figure]:
    """Return the share of every part at the default rates."""
    figures = []
    for name, widths in networks(settings).items():
        sweeps = _sweeps_of(widths, settings.seconds)
        rounds = [_shares(widths, sweeps) for _ in range(settings.rounds)]
        shares = {part: 100.0 * median(shares[part] for shares in rounds) for part in rounds[0]}
        overhead = 100.0 - shares.pop("sweeps")
        text = ", ".join(f"{part} {share:.1f}" for part, share in shares.items())
        figures.append(
            Figure(
                "shares", f"{name}, 32 slots x 2, overhead of a whole run", "%", ours=overhead, goal=_OVERHEAD_GOAL,
                goal_is_limit=True, note=text,
            )
        )  # fmt: skip
    return figures


def _sweeps_of(widths: tuple[int, ...], seconds: float) -> int:
    _run(widths, 1)
    begin = time.process_time()
    _run(widths, 200)
    return max(200, round(200 * seconds / (time.process_time() - begin)))


def _shares(widths: tuple[int, ...], sweeps: int) -> dict[str, float]:
    """Return the parts of a run's time without its set-up, which is what a run of one sweep takes."""
    begin = time.process_time()
    _run(widths, 1)
    set_up = time.process_time() - begin
    with _clocked() as spent:
        begin = time.process_time()
        _run(widths, sweeps)
        whole = time.process_time() - begin - set_up
    parts = dict.fromkeys(_PARTS.values(), 0.0)
    for name, seconds in spent.items():
        parts[_PARTS[name]] += seconds / whole
    # The walkers' energies and moves are part of exchange, and so is what decides about them.
    parts["exchange"] += 1.0 - sum(parts.values())
    return parts


def _run(widths: tuple[int, ...], sweeps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = spin_config(widths, measurements=sweeps)
        mcsim.simulate.simulate(config, Path(folder) / "run", SerialCommunicator(), show_progress=False)


@contextmanager
def _clocked() -> Iterator[dict[str, float]]:
    """Put clocks between the sampler, its model and its recorder; yield the seconds of each method."""
    spent: dict[str, float] = defaultdict(float)
    model_of_sample, recorder = vars(mcsim.simulate)["model_of_sample"], vars(mcsim.simulate)["Recorder"]

    def clocked_model(*arguments: Any) -> Any:
        return _ClockedModel(model_of_sample(*arguments), spent)

    def clocked_recorder(*arguments: Any) -> Any:
        return _Clocked(recorder(*arguments), spent, "Recorder")

    with (
        patch.object(mcsim.simulate, "model_of_sample", clocked_model),
        patch.object(mcsim.simulate, "Recorder", clocked_recorder),
    ):
        yield spent


class _Clocked:
    """Stands for an object and takes the time of its methods, under their names or one for all."""

    def __init__(self, inner: Any, spent: dict[str, float], name: str = "") -> None:
        self._inner, self._spent, self._name = inner, spent, name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._inner, attribute)
        if not callable(value):
            return value
        clocked = self._clocked(value, self._name or attribute)
        # Found at once from now on, so that the clock costs little.
        setattr(self, attribute, clocked)
        return clocked

    def _clocked(self, method: Callable[..., Any], name: str) -> Callable[..., Any]:
        spent = self._spent

        def timed(*arguments: Any) -> Any:
            begin = time.process_time()
            result = method(*arguments)
            spent[name] += time.process_time() - begin
            return result

        return timed


class _ClockedModel:
    """A model whose walkers are clocked."""

    def __init__(self, inner: Any, spent: dict[str, float]) -> None:
        self._inner, self._spent = inner, spent

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._inner, attribute)

    def start(self, block: Any) -> _Clocked:
        return _Clocked(self._inner.start(block), self._spent)
