"""How far a run has come: a bar on a terminal, a line a minute in a batch log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

LINE_EVERY_SECONDS = 60.0


def terminal_bar() -> Progress:
    """Return a bar on standard error with a description, the share done and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, highlight=False),
    )


class RunProgress:
    """Shows the sweeps of one group's samples on the rank that is asked to; elsewhere it is silent."""

    def __init__(self, total_sweeps: int, label: str, *, shown: bool) -> None:
        self._total = max(1, total_sweeps)
        self._label = label
        self._shown = shown
        self._finished_samples_sweeps = 0
        self._started = self._last_line = time.monotonic()
        self._bar: Progress | None = None
        if shown and sys.stderr.isatty():
            self._bar = terminal_bar()
            self._task = self._bar.add_task(label, total=self._total)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def at(self, sample: int, sweeps: int) -> None:
        """Report the sweeps done in the sample at hand."""
        done = self._finished_samples_sweeps + sweeps
        if self._bar is not None:
            self._bar.update(self._task, completed=done, description=f"{self._label}, sample {sample}")
        elif self._shown and time.monotonic() - self._last_line >= LINE_EVERY_SECONDS:
            self._last_line = time.monotonic()
            elapsed = self._last_line - self._started
            left = elapsed * (self._total - done) / max(1, done)
            print(
                f"mcsim: {self._label}, sample {sample}: {100 * done / self._total:.0f} % after {elapsed:.0f} s, "
                f"about {left:.0f} s to go",
                file=sys.stderr,
                flush=True,
            )

    def sample_finished(self, sweeps: int) -> None:
        """Count a sample's sweeps as done."""
        self._finished_samples_sweeps += sweeps
