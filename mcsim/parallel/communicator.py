"""The few collective operations a run needs, with and without MPI.

Everything above this file is written once against `Communicator`; a run on one process never imports mpi4py.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mpi4py import MPI

# Set for every rank by the launchers of MPICH and its relatives, Open MPI, PMIx and Slurm's srun --mpi.
LAUNCHER_VARIABLES = ("PMI_SIZE", "PMI_RANK", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS")


class Communicator(Protocol):
    """A set of ranks that act together."""

    @property
    def rank(self) -> int:
        """Position of this process, 0 .. size - 1."""

    @property
    def size(self) -> int:
        """Number of processes."""

    def gather_rows(
        self, block: NDArray[np.float64], rows: Sequence[int], flag: bool
    ) -> tuple[NDArray[np.float64], bool]:
        """Return every rank's rows stacked in rank order, and whether any rank raises its flag, on all ranks.

        Parameters
        ----------
        block : float64 (own rows, n)
        rows : sequence of int
            How many rows each rank has.
        flag : bool
        """

    def collect_rows(self, block: NDArray[Any]) -> NDArray[Any] | None:
        """Return every rank's rows stacked in rank order on rank 0, None elsewhere."""

    def swap_with(self, neighbour: int, block: NDArray[Any]) -> NDArray[Any]:
        """Send an array to a neighbour and return the one of the same shape that it sends."""

    def broadcast(self, value: Any) -> Any:
        """Return rank 0's value on every rank."""

    def split(self, group: int) -> Communicator:
        """Return the communicator of the ranks that named the same group."""

    def barrier(self) -> None:
        """Wait for every rank."""

    def notify_all(self) -> None:
        """Tell every other rank to stop, without waiting."""

    def is_notified(self) -> bool:
        """Return whether another rank has told this one to stop."""

    def abort(self, code: int) -> None:
        """End every rank at once."""


class SerialCommunicator:
    """One process, no MPI."""

    rank = 0
    size = 1

    def gather_rows(
        self, block: NDArray[np.float64], rows: Sequence[int], flag: bool
    ) -> tuple[NDArray[np.float64], bool]:
        return block, flag

    def collect_rows(self, block: NDArray[Any]) -> NDArray[Any] | None:
        return block

    def swap_with(self, neighbour: int, block: NDArray[Any]) -> NDArray[Any]:
        raise RuntimeError("one process has no neighbours")

    def broadcast(self, value: Any) -> Any:
        return value

    def split(self, group: int) -> Communicator:
        return self

    def barrier(self) -> None:
        return

    def notify_all(self) -> None:
        return

    def is_notified(self) -> bool:
        return False

    def abort(self, code: int) -> None:
        raise SystemExit(code)


class MpiCommunicator:
    """Ranks started by an MPI launcher."""

    _STOP_TAG = 17
    _SWAP_TAG = 18
    _SECONDS_TO_BE_HEARD = 0.5

    def __init__(self, comm: MPI.Comm) -> None:
        from mpi4py import MPI

        self._mpi = MPI
        self._comm = comm
        self._pending: list[MPI.Request] = []
        self.rank: int = comm.Get_rank()
        self.size: int = comm.Get_size()

    def gather_rows(
        self, block: NDArray[np.float64], rows: Sequence[int], flag: bool
    ) -> tuple[NDArray[np.float64], bool]:
        if self.size == 1:
            return block, flag
        columns = block.shape[1] + 1
        own = np.empty((len(block), columns))
        own[:, :-1], own[:, -1] = block, flag
        everyone = np.empty((sum(rows), columns))
        counts = [n * columns for n in rows]
        self._comm.Allgatherv(own, [everyone, counts, None, self._mpi.DOUBLE])
        return np.ascontiguousarray(everyone[:, :-1]), bool(everyone[:, -1].any())

    def collect_rows(self, block: NDArray[Any]) -> NDArray[Any] | None:
        parts = self._comm.gather(block, root=0)
        return None if parts is None else np.concatenate(parts, axis=0)

    def swap_with(self, neighbour: int, block: NDArray[Any]) -> NDArray[Any]:
        received = np.empty_like(block)
        self._comm.Sendrecv(np.ascontiguousarray(block), neighbour, self._SWAP_TAG, received, neighbour, self._SWAP_TAG)
        return received

    def broadcast(self, value: Any) -> Any:
        return self._comm.bcast(value, root=0)

    def split(self, group: int) -> Communicator:
        return MpiCommunicator(self._comm.Split(group, self.rank))

    def barrier(self) -> None:
        self._comm.Barrier()

    def notify_all(self) -> None:
        for rank in range(self.size):
            if rank != self.rank:
                self._pending.append(self._comm.isend(True, dest=rank, tag=self._STOP_TAG))

    def is_notified(self) -> bool:
        notified = False
        while self._comm.iprobe(source=self._mpi.ANY_SOURCE, tag=self._STOP_TAG):
            self._comm.recv(source=self._mpi.ANY_SOURCE, tag=self._STOP_TAG)
            notified = True
        return notified

    def abort(self, code: int) -> None:
        # The launcher forwards what a rank has printed only while it lives, and Abort ends it with the ranks.
        time.sleep(self._SECONDS_TO_BE_HEARD)
        self._comm.Abort(code)


def world() -> Communicator:
    """Return all ranks of this launch; a process that no launcher started is alone and imports no mpi4py."""
    if not any(name in os.environ for name in LAUNCHER_VARIABLES):
        return SerialCommunicator()
    from mpi4py import MPI

    return MpiCommunicator(MPI.COMM_WORLD)
