"""Exchange between neighbouring slots of independent ladders (one ladder per copy)."""

import numpy as np
from numba import njit

from mcsim.kernels.philox import philox4x32, to_unit_interval


@njit(cache=True)
def propose_exchanges(energies, betas, parity, round_index, keys, source, accepted):
    """Decide every exchange of one round.

    energies : float64 (slots, copies), total energies H; they move along with the states
    betas : float64 (slots,)
    parity : 0 or 1, the pairs (slot, slot + 1) with slot % 2 == parity are tried
    keys : uint32 (copies, 2)
    source : int64 (slots, copies), set to the slot whose state moves here
    accepted : int64 (slots - 1, copies), counts increased where a pair is exchanged
    """
    low, high = np.uint32(round_index & 0xFFFFFFFF), np.uint32(round_index >> 32)
    n_slots, copies = energies.shape
    for copy in range(copies):
        for slot in range(n_slots):
            source[slot, copy] = slot
        for slot in range(parity, n_slots - 1, 2):
            word, _, _, _ = philox4x32(np.uint32(slot), np.uint32(0), low, high, keys[copy, 0], keys[copy, 1])
            log_ratio = (betas[slot] - betas[slot + 1]) * (energies[slot, copy] - energies[slot + 1, copy])
            if np.log(to_unit_interval(word)) < log_ratio:
                source[slot, copy] = slot + 1
                source[slot + 1, copy] = slot
                lower = energies[slot, copy]
                energies[slot, copy] = energies[slot + 1, copy]
                energies[slot + 1, copy] = lower
                accepted[slot, copy] += 1


@njit(cache=True)
def source_columns(source, start, stop):
    """Return, for the columns of the slots from start to stop, those within them whose states move there.

    A column whose state comes from another slot keeps its own for now.
    """
    copies = source.shape[1]
    columns = np.empty((stop - start) * copies, dtype=np.int64)
    for slot in range(start, stop):
        for copy in range(copies):
            origin = source[slot, copy] if start <= source[slot, copy] < stop else slot
            columns[(slot - start) * copies + copy] = (origin - start) * copies + copy
    return columns


@njit(cache=True)
def follow_replicas(source, replica_at_slot, slot_of_replica, came_from, round_trips, visits_from_hot, visits):
    """Move the replicas' labels with their states and count round trips.

    A replica carries the end of the ladder it touched last (came_from: 0 none, 1 coldest, 2 hottest). A round trip
    is complete when it reaches the coldest slot having come from the hottest. visits and visits_from_hot count, per
    slot and copy, the labelled replicas seen and those of them that came from the hot end.
    """
    n_slots, copies = source.shape
    before = replica_at_slot.copy()
    for copy in range(copies):
        for slot in range(n_slots):
            replica = before[source[slot, copy], copy]
            replica_at_slot[slot, copy] = replica
            slot_of_replica[replica, copy] = slot
        if n_slots == 1:
            continue
        coldest, hottest = replica_at_slot[0, copy], replica_at_slot[n_slots - 1, copy]
        if came_from[coldest, copy] == 2:
            round_trips[coldest, copy] += 1
        came_from[coldest, copy] = 1
        came_from[hottest, copy] = 2
        for slot in range(n_slots):
            label = came_from[replica_at_slot[slot, copy], copy]
            visits[slot, copy] += label != 0
            visits_from_hot[slot, copy] += label == 2
