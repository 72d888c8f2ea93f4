"""How far a training has come: a bar on a terminal, a line a minute in a batch log, and a line for each stage."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.progress import Progress

from mcsim.networks.weights_hdf5 import Stage
from mcsim.progress import LINE_EVERY_SECONDS, terminal_bar


class TrainingProgress:
    """Shows steps and stages on standard error; a `Watcher` of `mcsim.training.train`."""

    def __init__(self, total_steps: int) -> None:
        self._total = max(1, total_steps)
        self._started = self._last_line = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = terminal_bar()
            self._task = self._bar.add_task("training", total=self._total)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def at(self, step: int) -> None:
        """Report the steps done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step)
            return
        now = time.monotonic()
        if now - self._last_line >= LINE_EVERY_SECONDS:
            elapsed = now - self._started
            left = elapsed * (self._total - step) / max(1, step)
            self._line(f"{100 * step / self._total:.0f} % after {elapsed:.0f} s, about {left:.0f} s to go")

    def stored(self, stage: Stage) -> None:
        """Report a stage and how wrong the network is."""
        rates = {"training": stage.train_error, "validation": stage.validation_error}
        wrong = ", ".join(f"{name} error {100 * rate:.2f} %" for name, rate in rates.items() if rate is not None)
        self._line(f"epoch {stage.epoch:.4g}, step {stage.step}: {wrong}")

    def _line(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(f"mcsim: {text}", markup=False)
            return
        self._last_line = time.monotonic()
        print(f"mcsim: {text}", file=sys.stderr, flush=True)
