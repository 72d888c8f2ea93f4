"""Exchange of states between neighbouring slots: decide everywhere alike, then move what moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.exchange import follow_replicas, propose_exchanges, source_columns
from mcsim.models.base import Walkers
from mcsim.parallel.communicator import Communicator
from mcsim.parallel.layout import LadderBlock
from mcsim.seeds import Purpose, stream_key


class Exchange:
    """The ladders of one sample: who is at which slot, and how often pairs have exchanged.

    Every rank of the group holds the same object and computes the same decisions from the same energies and the same
    keyed stream; only the states are dealt. All arrays are indexed by slot (coldest first) and copy.

    Attributes
    ----------
    replica_at_slot, slot_of_replica : int64 (slots, copies)
        The two permutations, inverse to each other within each copy.
    accepted : int64 (slots - 1, copies)
        Accepted exchanges between slot and slot + 1.
    attempts : int64 (slots - 1,)
        Attempted ones, per copy.
    round_trips : int64 (replicas, copies)
        Completed journeys coldest -> hottest -> coldest of each replica.
    visits, visits_from_hot : int64 (slots, copies)
        Labelled replicas seen at a slot, and those that came from the hottest; their ratio is the flow.
    """

    def __init__(
        self, betas: NDArray[np.float64], copies: int, ladder: LadderBlock, root_seed: int, sample: int
    ) -> None:
        slots = betas.size
        self._betas = betas
        self._ladder = ladder
        self._keys = np.array([stream_key(root_seed, Purpose.EXCHANGE, sample, c) for c in range(copies)])
        self._source = np.empty((slots, copies), dtype=np.int64)
        self._came_from = np.zeros((slots, copies), dtype=np.int64)
        self.rounds = 0
        self.replica_at_slot = np.repeat(np.arange(slots)[:, None], copies, axis=1)
        self.slot_of_replica = self.replica_at_slot.copy()
        self.accepted = np.zeros((slots - 1, copies), dtype=np.int64)
        self.attempts = np.zeros(slots - 1, dtype=np.int64)
        self.round_trips = np.zeros((slots, copies), dtype=np.int64)
        self.visits = np.zeros((slots, copies), dtype=np.int64)
        self.visits_from_hot = np.zeros((slots, copies), dtype=np.int64)

    def clear_counts(self) -> None:
        """Forget what was counted so far (during thermalisation); labels and permutations stay."""
        for counts in (self.accepted, self.attempts, self.round_trips, self.visits, self.visits_from_hot):
            counts[:] = 0

    def do_round(self, energies: NDArray[np.float64], walkers: Walkers, group: Communicator) -> None:
        """Exchange even or odd pairs in turn; `energies` (all slots, copies) move along with the states."""
        self.move(self.decide(energies), walkers, group)

    def decide(self, energies: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return, for each slot and copy, the slot whose state moves there: log u < (beta_i - beta_j)(H_i - H_j)."""
        parity = self.rounds % 2
        propose_exchanges(energies, self._betas, parity, self.rounds, self._keys, self._source, self.accepted)
        self.attempts[parity::2] += 1
        follow_replicas(
            self._source, self.replica_at_slot, self.slot_of_replica, self._came_from,
            self.round_trips, self.visits_from_hot, self.visits,
        )  # fmt: skip
        self.rounds += 1
        return self._source

    def move(self, source: NDArray[np.int64], walkers: Walkers, group: Communicator) -> None:
        """Move the states of this rank's slots, those at its edges to and from the neighbouring ranks.

        A pair is exchanged at most once a round, so a column that crosses an edge takes no part in the moves inside.
        """
        start, stop = self._ladder.slots.start, self._ladder.slots.stop
        if self._ladder.below is not None:
            crossing = np.flatnonzero(source[start] < start)
            _swap_edge(crossing, self._ladder.below, walkers, group)
        if self._ladder.above is not None:
            crossing = np.flatnonzero(source[stop - 1] >= stop)
            _swap_edge((stop - 1 - start) * source.shape[1] + crossing, self._ladder.above, walkers, group)
        walkers.permute(source_columns(source, start, stop))


def _swap_edge(columns: NDArray[np.int64], neighbour: int, walkers: Walkers, group: Communicator) -> None:
    """Trade some columns' states with the rank next door, which trades the same number."""
    if columns.size:
        walkers.unpack(columns, group.swap_with(neighbour, walkers.pack(columns)))
