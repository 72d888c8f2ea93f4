"""From measurements to commits: buffers rows on every rank, gathers them on the group's first, which writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import RunConfig
from mcsim.models.base import Model
from mcsim.parallel.communicator import Communicator
from mcsim.storage.stillness import warning_of_still_slots
from mcsim.storage.writer import SampleWriter
from mcsim.tempering.driver import Measurement, TemperingChain


class Recorder:
    """Collects one sample's measurements and commits them every ``commit_every`` rows.

    Memory: the buffer of a rank holds ``commit_every`` rows of its own slots (8 bytes x slots x copies x (copies + 1)
    / 2 x (layers + 2) a row, roughly); the first rank of a group holds those of all slots while it writes.
    """

    def __init__(self, path: Path, config: RunConfig, model: Model, chain: TemperingChain, group: Communicator) -> None:
        self._config = config
        self._chain = chain
        self._group = group
        self._thinned = {observable.name for observable in model.observables if observable.thinned}
        self._histograms = model.histograms(config.storage.max_bins)
        slots = len(chain.ladder.slots)
        self._counts = {h.name: np.zeros((slots, h.bins), dtype=np.int64) for h in self._histograms}
        self._writer = SampleWriter(path, config, model, chain.sample) if group.rank == 0 else None
        self._rows: list[Measurement] = []
        self._committed = 0
        self._counters_committed: dict[str, NDArray[Any]] = {}

    def add(self, measurement: Measurement) -> None:
        """Take one measurement; commit when the buffer is full. All ranks of the group call this together."""
        self._rows.append(measurement)
        if len(self._rows) == self._config.storage.commit_every:
            self.commit()

    def commit(self) -> None:
        """Write the buffered rows, if there are any."""
        if not self._rows:
            return
        own = {name: _stacked([row.observables[name] for row in self._rows]) for name in self._rows[0].observables}
        self._count_overlaps(own)
        numbers = np.arange(self._committed, self._committed + len(self._rows))
        kept = numbers % self._config.storage.overlap_every == 0
        series: dict[str, NDArray[Any] | None] = {
            name: self._group.collect_rows(values[:, kept] if name in self._thinned else values)
            for name, values in own.items()
        }
        series["energy"] = _stacked([row.energies for row in self._rows])
        histograms = {name: self._group.collect_rows(counts) for name, counts in self._counts.items()}
        self._counters_committed = counters = _present(self._counters())
        if self._writer is not None:
            self._writer.commit([row.sweep for row in self._rows], _present(series), _present(histograms), counters)
        self._committed += len(self._rows)
        self._rows.clear()

    def _count_overlaps(self, own: dict[str, NDArray[Any]]) -> None:
        """Add every overlap of the buffered rows to its histogram."""
        for histogram in self._histograms:
            counts = self._counts[histogram.name]
            overlaps = histogram.of(own)
            # Without the outermost edges, what lies beyond them falls into the outermost bins.
            bins = np.searchsorted(histogram.edges[1:-1], overlaps.reshape(len(counts), -1), side="right")
            bins += histogram.bins * np.arange(len(counts))[:, None]
            counts += np.bincount(bins.ravel(), minlength=counts.size).reshape(counts.shape)

    def _counters(self) -> dict[str, NDArray[Any] | None]:
        exchange = self._chain.exchange
        names = ("attempts", "accepted", "round_trips", "visits", "visits_from_hot")
        counters: dict[str, NDArray[Any] | None] = {f"exchange/{n}": getattr(exchange, n) for n in names}
        for name, values in self._chain.walkers.diagnostics().items():
            counters[f"dynamics/{name}"] = self._group.collect_rows(values)
        return counters

    def finish(self) -> None:
        """Commit what is left, mark the file complete, and say so where it holds slots that were not sampled."""
        self.commit()
        if self._writer is None:
            return
        self._writer.finish()
        with np.errstate(divide="ignore"):
            temperatures = 1.0 / self._config.ladder.inverse_temperatures()
        figures = {path.removeprefix("dynamics/"): values.tolist() for path, values in self._counters_committed.items()}
        warning = warning_of_still_slots(temperatures.tolist(), figures)
        if warning:
            print(f"mcsim: warning: sample {self._chain.sample}: {warning}", file=sys.stderr, flush=True)


def _stacked(rows: list[NDArray[Any]]) -> NDArray[Any]:
    """Return one array (slots, rows, ...) of arrays (slots, ...), a row each."""
    return np.concatenate(rows).reshape(len(rows), *rows[0].shape).swapaxes(0, 1)


def _present(arrays: dict[str, NDArray[Any] | None]) -> dict[str, NDArray[Any]]:
    return {name: values for name, values in arrays.items() if values is not None}
