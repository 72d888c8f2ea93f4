"""A run in tasks: each is computed once, stored whole or not at all, and not computed again.

A task is known by its name and by the hash of all that its result depends on, the tasks it needs included. Its record
is DIR/tasks/NAME.json, written under another name and moved into place last: where it is, the task is done. What a
task stores besides (weights) lies beside it under its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mcsim.atomic import atomic_write
from mcsim.parallel.communicator import Communicator
from validation.numbers.json_values import from_json, to_json

# Raised with every change of what tasks compute, so that older results are computed again.
VERSION = 2

R = TypeVar("R")


class NeedsFailedTaskError(RuntimeError):
    """A task was not tried because one that it needs has failed."""


@dataclass(frozen=True, eq=False)
class Task(Generic[R]):
    """One piece of work."""

    name: str  #: of its files
    result: type[R]  #: what it comes to: a dataclass, or a tuple of them
    inputs: dict[str, Any]  #: JSON values that its result depends on
    compute: Callable[[ResultStore], R]  #: from the store, which has the results of `needs`
    #: What the result is about, such as a network: evidence is asked for by the type of a result and by this.
    about: Hashable = None
    needs: tuple[Task[Any], ...] = ()
    cost: float = 1.0  #: estimated seconds, for dealing tasks to ranks
    #: Tasks of one group are computed in order on one rank; a task may need tasks of its own group only.
    group: str = ""

    @property
    def hash(self) -> str:
        """Return the fingerprint of what the result depends on."""
        document = [VERSION, self.name, self.inputs, [task.hash for task in self.needs]]
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Record:
    """What a task came to: a result as JSON values, or why there is none; with wall-clock and processor seconds."""

    name: str
    hash: str
    seconds: float
    cpu_seconds: float
    result: Any
    error: str = ""


class ResultStore:
    """The folder of tasks' results, made if it is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def file(self, name: str, suffix: str) -> Path:
        """Return where a task stores something besides its record."""
        return self.folder / f"{name}{suffix}"

    def record(self, task: Task[Any]) -> Record | None:
        """Return a task's record if it belongs to the same inputs, else None; a damaged one counts as none."""
        try:
            record = Record(**json.loads(self.file(task.name, ".json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return record if record.hash == task.hash else None

    def find(self, task: Task[R]) -> R | None:
        """Return a task's result, None where it has none of this form: it is computed again."""
        record = self.record(task)
        if record is None or record.result is None:
            return None
        try:
            return from_json(task.result, record.result)
        except ValueError:
            return None

    def result(self, task: Task[R]) -> R:
        """Return the result of a task that is needed.

        Raises
        ------
        NeedsFailedTaskError
            Where it has none.
        """
        result = self.find(task)
        if result is None:
            raise NeedsFailedTaskError(f"needs {task.name}, which failed")
        return result

    def reason(self, task: Task[Any]) -> str:
        """Return why a task has no result."""
        record = self.record(task)
        return "was not computed" if record is None else record.error

    def is_done(self, task: Task[Any]) -> bool:
        """Return whether a task has a result. One that failed has none and is tried again."""
        return self.find(task) is not None

    def write(self, record: Record) -> None:
        """Store a record, whole or not at all."""
        with atomic_write(self.file(record.name, ".json")) as path:
            path.write_text(json.dumps(vars(record), allow_nan=False), encoding="utf-8")


def deal(tasks: Sequence[Task[Any]], ranks: int) -> list[list[Task[Any]]]:
    """Return the tasks of each rank: groups go, the most expensive first, to whoever has least to do so far."""
    groups: dict[str, list[Task[Any]]] = {}
    for task in tasks:
        groups.setdefault(task.group or task.name, []).append(task)
    hands: list[list[Task[Any]]] = [[] for _ in range(ranks)]
    loads = [0.0] * ranks
    for group in sorted(groups.values(), key=lambda group: -sum(task.cost for task in group)):
        least = loads.index(min(loads))
        hands[least] += group
        loads[least] += sum(task.cost for task in group)
    return hands


def run_tasks(tasks: Sequence[Task[Any]], store: ResultStore, comm: Communicator) -> None:
    """Compute what has no result yet; every rank calls this, and it returns when all are through.

    A task that raises is recorded with its error, and the others go on. Ctrl-C ends the run between two writes: what
    is stored stays, the task at hand is computed again next time.
    """
    missing = [task for task in tasks if not store.is_done(task)]
    # Nobody writes before everybody has seen the same list.
    comm.barrier()
    mine = deal(missing, comm.size)[comm.rank]
    if comm.rank == 0 and len(missing) < len(tasks):
        _tell(f"{len(tasks) - len(missing)} of {len(tasks)} tasks are done already")
    for number, task in enumerate(mine, start=1):
        where = f"{number}/{len(mine)}" + (f" of rank {comm.rank}" if comm.size > 1 else "")
        record = _computed(task, store)
        store.write(record)
        took = f"{record.seconds:.1f} s, processor {record.cpu_seconds:.1f} s"
        outcome = f"FAILED: {record.error}" if record.result is None else took
        _tell(f"{where} {task.name}: {outcome}")
    comm.barrier()


def _computed(task: Task[Any], store: ResultStore) -> Record:
    started = time.monotonic(), time.process_time()

    def record(result: Any, error: str = "") -> Record:
        seconds, cpu_seconds = time.monotonic() - started[0], time.process_time() - started[1]
        return Record(task.name, task.hash, seconds, cpu_seconds, result, error)

    try:
        return record(to_json(task.result, task.compute(store)))
    except Exception as error:  # whatever went wrong is reported on the page and must not stop the other tasks
        if os.environ.get("MCSIM_DEBUG"):
            traceback.print_exc()
        message = str(error) if isinstance(error, NeedsFailedTaskError) else f"{type(error).__name__}: {error}"
        return record(None, " ".join(message.split())[:500])


def _tell(message: str) -> None:
    # One write a line: several ranks share the stream.
    sys.stderr.write(f"mcsim-validate: {message}\n")
    sys.stderr.flush()
