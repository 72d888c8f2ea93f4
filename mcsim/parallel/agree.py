"""What one rank finds out, all ranks know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mcsim.parallel.communicator import Communicator

T = TypeVar("T")


def on_first_rank(comm: Communicator, task: Callable[[], T]) -> T:
    """Do something on rank 0 and return its result on every rank; what it raises is raised on every rank."""
    outcome: tuple[T | None, Exception | None] = (None, None)
    if comm.rank == 0:
        try:
            outcome = (task(), None)
        except Exception as error:
            outcome = (None, error)
    result, raised = comm.broadcast(outcome)
    if raised is not None:
        raise raised
    return result  # type: ignore[no-any-return]
