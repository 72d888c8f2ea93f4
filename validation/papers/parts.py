"""A run in parts: each is computed once, stored whole or not at all, and not computed again.

A part is known by its name and by the hash of all that its result depends on, the parts it needs included. Its record
is DIR/parts/NAME.json, written under another name and moved into place last: where it is, the part is done. What a
part stores besides (weights) lies beside it under its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcsim.parallel.communicator import Communicator

# Raised with every change of what parts compute, so that older results are computed again.
VERSION = 1

Result = dict[str, Any]


class NeedsFailedPartError(RuntimeError):
    """A part was not tried because one that it needs has failed."""


@dataclass(frozen=True, eq=False)
class Part:
    """One piece of work.

    Attributes
    ----------
    name : str
        Of its files.
    inputs : dict
        JSON values that its result depends on.
    compute : callable
        From the store, which has the results of `needs`, to JSON values.
    needs : tuple of Part
    cost : float
        Estimated seconds, for dealing parts to ranks.
    chain : str
        Parts of one chain are computed in order on one rank; a part may need parts of its own chain only.
    """

    name: str
    inputs: dict[str, Any]
    compute: Callable[[Store], Result]
    needs: tuple[Part, ...] = ()
    cost: float = 1.0
    chain: str = ""

    @property
    def hash(self) -> str:
        """Return the fingerprint of what the result depends on."""
        document = [VERSION, self.name, self.inputs, [part.hash for part in self.needs]]
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Record:
    """What a part came to: a result, or why there is none; with wall-clock and processor seconds."""

    name: str
    hash: str
    seconds: float
    cpu_seconds: float
    result: Result | None
    error: str = ""


class Store:
    """The folder of parts.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def file(self, name: str, suffix: str) -> Path:
        """Return where a part stores something besides its record."""
        return self.folder / f"{name}{suffix}"

    def record(self, part: Part) -> Record | None:
        """Return a part's record if it belongs to the same inputs, else None; a damaged one counts as none."""
        try:
            record = Record(**json.loads(self.file(part.name, ".json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return record if record.hash == part.hash else None

    def is_done(self, part: Part) -> bool:
        """Return whether a part has a result. One that failed has none and is tried again."""
        record = self.record(part)
        return record is not None and record.result is not None

    def result(self, part: Part) -> Result:
        """Return the result of a part that is needed.

        Raises
        ------
        NeedsFailedPartError
            Where it has none.
        """
        record = self.record(part)
        if record is None or record.result is None:
            raise NeedsFailedPartError(f"needs {part.name}, which failed")
        return record.result

    def write(self, record: Record) -> None:
        """Store a record, whole or not at all."""
        path = self.file(record.name, ".json")
        write_atomically(path, json.dumps(vars(record), allow_nan=False))


def write_atomically(path: Path, text: str) -> None:
    """Write a file under another name and move it into place; a reader never sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def deal(parts: Sequence[Part], ranks: int) -> list[list[Part]]:
    """Return the parts of each rank: chains go, the most expensive first, to whoever has least to do so far."""
    chains: dict[str, list[Part]] = {}
    for part in parts:
        chains.setdefault(part.chain or part.name, []).append(part)
    hands: list[list[Part]] = [[] for _ in range(ranks)]
    loads = [0.0] * ranks
    for chain in sorted(chains.values(), key=lambda one: -sum(part.cost for part in one)):
        least = loads.index(min(loads))
        hands[least] += chain
        loads[least] += sum(part.cost for part in chain)
    return hands


def run_parts(parts: Sequence[Part], store: Store, comm: Communicator) -> None:
    """Compute what has no result yet; every rank calls this, and it returns when all are through.

    A part that raises is recorded with its error, and the others go on. Ctrl-C ends the run between two writes: what
    is stored stays, the part at hand is computed again next time.
    """
    missing = [part for part in parts if not store.is_done(part)]
    # Nobody writes before everybody has seen the same list.
    comm.barrier()
    mine = deal(missing, comm.size)[comm.rank]
    if comm.rank == 0 and len(missing) < len(parts):
        _tell(f"{len(parts) - len(missing)} of {len(parts)} parts are done already")
    for number, part in enumerate(mine, start=1):
        where = f"{number}/{len(mine)}" + (f" of rank {comm.rank}" if comm.size > 1 else "")
        record = _computed(part, store)
        store.write(record)
        took = f"{record.seconds:.1f} s, processor {record.cpu_seconds:.1f} s"
        outcome = f"FAILED: {record.error}" if record.result is None else took
        _tell(f"{where} {part.name}: {outcome}")
    comm.barrier()


def _computed(part: Part, store: Store) -> Record:
    started = time.monotonic(), time.process_time()

    def record(result: Result | None, error: str = "") -> Record:
        seconds, cpu_seconds = time.monotonic() - started[0], time.process_time() - started[1]
        return Record(part.name, part.hash, seconds, cpu_seconds, result, error)

    try:
        result = part.compute(store)
        json.dumps(result, allow_nan=False)
        return record(result)
    except Exception as error:  # whatever went wrong is reported on the page and must not stop the other parts
        if os.environ.get("MCSIM_DEBUG"):
            traceback.print_exc()
        message = str(error) if isinstance(error, NeedsFailedPartError) else f"{type(error).__name__}: {error}"
        return record(None, " ".join(message.split())[:500])


def _tell(message: str) -> None:
    # One write a line: several ranks share the stream.
    sys.stderr.write(f"mcsim-validate: {message}\n")
    sys.stderr.flush()
