"""One decision to stop, taken the same way on every rank of a group.

A signal may reach one rank before another, so no rank acts on its own: whoever hears it tells all ranks, every rank of
a group puts what it knows into the exchange of energies, and all of them read the same answer there.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from mcsim.parallel.communicator import Communicator


class StopRequest:
    """Remembers an interruption (Ctrl-C or SIGTERM) until the next moment at which the ranks can agree on it.

    Use as a context manager: the signals are caught inside and restored on leaving. A second Ctrl-C is not caught.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, world: Communicator) -> None:
        self._world = world
        self._heard = False
        self._told = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        for number in self._SIGNALS:
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard = True
        signal.signal(number, self._before[signal.Signals(number)])

    def is_known_here(self) -> bool:
        """Return whether this rank knows of a request, and pass a fresh one on to the other ranks."""
        if self._heard and not self._told:
            self._told = True
            self._world.notify_all()
        if self._world.is_notified():
            self._heard = self._told = True
        return self._heard

    def settle(self) -> None:
        """Wait for every rank and take up what was still under way, so that no message outlives the run."""
        self.is_known_here()
        self._world.barrier()
        self._world.is_notified()
