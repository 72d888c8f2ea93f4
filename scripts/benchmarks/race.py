"""Speeds of several contenders side by side: rounds in turn, CPU time, one core."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.settings import Settings


@dataclass(frozen=True)
class Contender:
    """Something that does work.

    Attributes
    ----------
    work : callable
        Does a number of steps and returns how much was done by them, in the unit that all contenders share.
    has_set_up : bool
        Whether every call begins with work that a longer call does not repeat, such as reading a network. It is not
        counted: what is timed is the difference of a call and one of an eighth of its steps.
    fewest_steps : int
        A call has at least so many.
    """

    work: Callable[[int], float]
    has_set_up: bool = False
    fewest_steps: int = 8


def pin_to_one_core() -> None:
    """Keep this process and its threads on the last of its cores, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def all_cores() -> Iterator[None]:
    """Let processes started inside use every core, whatever this one is pinned to."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def race(contenders: Mapping[str, Contender], settings: Settings) -> dict[str, list[float]]:
    """Return the speed of every contender in every round.

    What is compiled or loaded at the first call is not timed. The order turns round from one round to the next.
    """
    steps = {name: _steps_for(contender, settings.seconds) for name, contender in contenders.items()}
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(settings.rounds):
        for name in list(contenders)[:: 1 if number % 2 == 0 else -1]:
            speeds[name].append(_speed(contenders[name], steps[name]))
    return speeds


def _steps_for(contender: Contender, seconds: float) -> int:
    """Return the steps that take about so long."""
    contender.work(1)
    steps = 1
    while True:
        _, spent = _timed(contender, steps)
        if spent >= 0.2 * seconds:
            return max(contender.fewest_steps, round(steps * seconds / spent))
        steps *= 2


def _speed(contender: Contender, steps: int) -> float:
    done, spent = _timed(contender, steps)
    if contender.has_set_up:
        done_before, spent_before = _timed(contender, steps // 8)
        done, spent = done - done_before, spent - spent_before
    return done / spent


def _timed(contender: Contender, steps: int) -> tuple[float, float]:
    begin = time.process_time()
    done = contender.work(steps)
    return done, max(time.process_time() - begin, 1e-9)
