"""How far a run has come: a bar on a terminal, a line a minute in a batch log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

LINE_EVERY_SECONDS = 60.0
_BAR_EVERY_SECONDS = 0.1


def _terminal_bar() -> Progress:
    """Return a bar on standard error with a description, the share done and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, highlight=False),
    )


class ShownProgress:
    """Shows how much of a total is done on standard error, in a with statement.

    Parameters
    ----------
    total : int
        What there is to do, in any unit.
    label : str
        Beside the bar.
    shown : bool
        Whether to show anything.
    """

    def __init__(self, total: int, label: str, *, shown: bool = True) -> None:
        self._total = max(1, total)
        self._shown = shown
        self._started = self._last_shown = time.monotonic()
        self._every = LINE_EVERY_SECONDS
        self._bar: Progress | None = None
        if shown and sys.stderr.isatty():
            self._bar = _terminal_bar()
            self._task = self._bar.add_task(label, total=self._total)
            self._every = _BAR_EVERY_SECONDS
            self._last_shown -= self._every

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, doing: str = "") -> None:
        """Show that so much is done, if it is time to; `doing` says at what, where that changes."""
        if not self._is_due():
            return
        if self._bar is not None:
            self._last_shown = time.monotonic()
            self._bar.update(self._task, completed=done, description=doing or None)
        else:
            elapsed = time.monotonic() - self._started
            left = elapsed * (self._total - done) / max(1, done)
            at = f"{doing}: " if doing else ""
            self.tell(f"{at}{100 * done / self._total:.0f} % after {elapsed:.0f} s, about {left:.0f} s to go")

    def _is_due(self) -> bool:
        return self._shown and time.monotonic() - self._last_shown >= self._every

    def tell(self, text: str) -> None:
        """Print a line, above the bar where there is one; the next line about the progress is a minute away."""
        if self._bar is not None:
            self._bar.console.print(f"mcsim: {text}", markup=False)
        elif self._shown:
            self._last_shown = time.monotonic()
            print(f"mcsim: {text}", file=sys.stderr, flush=True)


class RunProgress(ShownProgress):
    """Shows the sweeps of one group's samples on the rank that is asked to; elsewhere it is silent."""

    def __init__(self, total_sweeps: int, label: str, *, shown: bool) -> None:
        super().__init__(total_sweeps, label, shown=shown)
        self._label = label
        self._finished_samples_sweeps = 0

    def at(self, sample: int, sweeps: int) -> None:
        """Report the sweeps done in the sample at hand."""
        if self._is_due():  # asked after every exchange
            self.show(self._finished_samples_sweeps + sweeps, f"{self._label}, sample {sample}")

    def sample_finished(self, sweeps: int) -> None:
        """Count a sample's sweeps as done."""
        self._finished_samples_sweeps += sweeps
