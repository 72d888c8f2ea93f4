"""Exchanges follow the formula, permutations stay inverse, states move where the decision says, on any ranks."""

from __future__ import annotations

import threading
from queue import Queue
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcsim.kernels.exchange import follow_replicas
from mcsim.kernels.philox import philox4x32, to_unit_interval
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.parallel.layout import ladder_block
from mcsim.seeds import Purpose, stream_key
from mcsim.tempering.exchange import Exchange

unhurried = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32)
Ints = NDArray[np.int64]


def make_exchange(
    slots: int, copies: int, *, seed: int = 3, sample: int = 0, rank: int = 0, ranks: int = 1
) -> Exchange:
    betas = np.linspace(2.0, 0.4, slots)
    return Exchange(betas, copies, ladder_block(rank, ranks, slots, 1), seed, sample)


def draw_energies(rng: np.random.Generator, slots: int, copies: int) -> NDArray[np.float64]:
    """Return energies for which about half of the exchanges are accepted."""
    return rng.normal(scale=4.0, size=(slots, copies))


def uniform(exchange_seed: int, sample: int, copy: int, round_index: int, slot: int) -> float:
    """Return the random number of one proposed exchange, by its address."""
    key = stream_key(exchange_seed, Purpose.EXCHANGE, sample, copy)
    counter = map(np.uint32, (slot, 0, round_index, 0))
    return float(to_unit_interval(np.uint32(philox4x32(*counter, *key)[0])))


@unhurried
@given(st.integers(1, 9), st.integers(1, 4), seeds)
def test_acceptance_follows_the_formula(slots: int, copies: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    exchange = make_exchange(slots, copies, seed=seed, sample=2)
    betas = np.linspace(2.0, 0.4, slots)
    accepted = np.zeros((slots - 1, copies), dtype=int)
    for round_index in range(6):
        energies = draw_energies(rng, slots, copies)
        before = energies.copy()
        source = exchange.decide(energies).copy()
        for copy in range(copies):
            expected = list(range(slots))
            for slot in range(round_index % 2, slots - 1, 2):
                gain = (betas[slot] - betas[slot + 1]) * (before[slot, copy] - before[slot + 1, copy])
                if np.log(uniform(seed, 2, copy, round_index, slot)) < gain:
                    expected[slot], expected[slot + 1] = slot + 1, slot
                    accepted[slot, copy] += 1
            assert source[:, copy].tolist() == expected
        assert np.array_equal(energies, np.take_along_axis(before, source, axis=0))
    assert np.array_equal(exchange.accepted, accepted)
    assert exchange.attempts.tolist() == [3] * (slots - 1)


def test_better_arrangements_are_always_accepted_and_hopeless_ones_never() -> None:
    exchange = make_exchange(4, 1)
    # The colder slot of each pair has the higher energy, then the lower one by far.
    assert exchange.decide(np.array([[1.0], [0.0], [5.0], [-5.0]])).ravel().tolist() == [1, 0, 3, 2]
    exchange.rounds = 0
    assert exchange.decide(np.array([[0.0], [1e6], [0.0], [1e6]])).ravel().tolist() == [0, 1, 2, 3]


@unhurried
@given(st.integers(2, 8), st.integers(1, 3), seeds)
def test_decisions_depend_on_energies_round_and_stream_alone(slots: int, copies: int, seed: int) -> None:
    """Every rank decides for itself, so equal input must give equal decisions, whatever the rank holds."""
    rng = np.random.default_rng(seed)
    ranks = [make_exchange(slots, copies, rank=rank, ranks=slots) for rank in range(slots)]
    for _ in range(5):
        energies = draw_energies(rng, slots, copies)
        decisions = [exchange.decide(energies.copy()).copy() for exchange in ranks]
        assert all(np.array_equal(decision, decisions[0]) for decision in decisions)
    for name in ("replica_at_slot", "slot_of_replica", "accepted", "round_trips", "visits", "visits_from_hot"):
        assert all(np.array_equal(getattr(e, name), getattr(ranks[0], name)) for e in ranks)


def test_streams_differ_between_samples_seeds_copies_and_rounds() -> None:
    def decisions(**address: int) -> tuple[tuple[int, ...], ...]:
        exchange = make_exchange(10, 2, **address)
        rng = np.random.default_rng(0)
        energies = np.repeat(draw_energies(rng, 10, 1), 2, axis=1)
        found = []
        for _ in range(20):
            source = exchange.decide(energies.copy())
            found += [tuple(source[:, 0]), tuple(source[:, 1])]
        return tuple(found)

    base = decisions()
    assert base == decisions()
    assert len({base, decisions(sample=1), decisions(seed=4)}) == 3
    assert base[0::2] != base[1::2], "copies share their random numbers"
    assert len(set(base[0::4])) > 1, "even rounds share their random numbers"


@unhurried
@given(st.integers(1, 9), st.integers(1, 3), seeds)
def test_permutations_stay_inverse_and_follow_the_states(slots: int, copies: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    exchange = make_exchange(slots, copies)
    # What each slot holds, moved as the states are.
    labels = np.repeat(np.arange(slots)[:, None], copies, axis=1)
    for _ in range(25):
        source = exchange.decide(draw_energies(rng, slots, copies))
        labels = np.take_along_axis(labels, source, axis=0)
        assert np.array_equal(exchange.replica_at_slot, labels)
        for copy in range(copies):
            at, of = exchange.replica_at_slot[:, copy], exchange.slot_of_replica[:, copy]
            assert sorted(at) == list(range(slots))
            assert np.array_equal(of[at], np.arange(slots))
            assert np.array_equal(at[of], np.arange(slots))


def count_slowly(histories: Ints) -> tuple[list[int], list[int], list[int]]:
    """Count round trips of each replica, and visits and visits from the hot end of each slot, from whole histories.

    `histories` has shape (rounds, replicas): the slot of each replica after each round.
    """
    slots = histories.shape[1]
    trips, visits, from_hot = [0] * slots, [0] * slots, [0] * slots
    for replica in range(slots):
        last_end = ""
        for slot in histories[:, replica]:
            if slot == 0:
                trips[replica] += last_end == "hot"
                last_end = "cold"
            elif slot == slots - 1:
                last_end = "hot"
            visits[slot] += last_end != ""
            from_hot[slot] += last_end == "hot"
    return trips, visits, from_hot


@unhurried
@given(st.integers(2, 6), st.integers(1, 3), seeds, st.floats(0.2, 1.0))
def test_round_trips_and_flow_against_whole_histories(slots: int, copies: int, seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    at = np.repeat(np.arange(slots)[:, None], copies, axis=1)
    of, came_from = at.copy(), np.zeros_like(at)
    trips, from_hot, visits = np.zeros_like(at), np.zeros_like(at), np.zeros_like(at)
    histories = []
    for round_index in range(120):
        source = np.repeat(np.arange(slots)[:, None], copies, axis=1)
        for slot in range(round_index % 2, slots - 1, 2):
            swapped = rng.random(copies) < rate
            source[slot, swapped], source[slot + 1, swapped] = slot + 1, slot
        follow_replicas(source, at, of, came_from, trips, from_hot, visits)
        histories.append(of.copy())
    for copy in range(copies):
        expected = count_slowly(np.array(histories)[:, :, copy])
        assert (trips[:, copy].tolist(), visits[:, copy].tolist(), from_hot[:, copy].tolist()) == expected
    if rate == 1.0:
        assert trips.sum() > 0


def test_clearing_forgets_counts_but_not_the_way_back() -> None:
    exchange = make_exchange(2, 1)
    swap = np.array([[1.0], [0.0]])
    # Two slots: an exchange every second round, each accepted. Replica 0 goes up, and is cleared at the top.
    exchange.decide(swap.copy())
    assert exchange.accepted.sum() == 1
    exchange.clear_counts()
    for name in ("accepted", "attempts", "round_trips", "visits", "visits_from_hot"):
        assert not getattr(exchange, name).any(), name
    assert exchange.replica_at_slot.ravel().tolist() == [1, 0]
    exchange.decide(swap.copy())
    exchange.decide(swap.copy())
    assert exchange.round_trips.ravel().tolist() == [1, 0]


class Labels:
    """Walkers whose states are the labels of their columns."""

    def __init__(self, labels: Ints) -> None:
        self.labels = labels

    def permute(self, source: Ints) -> None:
        self.labels = self.labels[source]

    def pack(self, columns: Ints) -> Ints:
        return self.labels[columns]

    def unpack(self, columns: Ints, rows: Ints) -> None:
        self.labels[columns] = rows


class Neighbour(SerialCommunicator):
    """A rank among threads that trades rows through queues, one for each direction of each border."""

    def __init__(self, rank: int, queues: dict[tuple[int, int], Queue[Any]]) -> None:
        self.rank = rank
        self._queues = queues

    def swap_with(self, neighbour: int, block: NDArray[Any]) -> NDArray[Any]:
        self._queues[self.rank, neighbour].put(block.copy())
        received: NDArray[Any] = self._queues[neighbour, self.rank].get(timeout=20)
        assert received.shape == block.shape
        return received


@unhurried
@given(st.integers(1, 8), st.integers(1, 3), seeds, st.data())
def test_states_move_across_ranks_as_they_do_on_one(slots: int, copies: int, seed: int, data: st.DataObject) -> None:
    ranks = data.draw(st.integers(1, min(slots, 4)), "ranks")
    queues: dict[tuple[int, int], Queue[Any]] = {
        (a, b): Queue() for a in range(ranks) for b in (a - 1, a + 1) if 0 <= b < ranks
    }
    labels = np.arange(slots * copies)
    exchanges = [make_exchange(slots, copies, rank=rank, ranks=ranks) for rank in range(ranks)]
    blocks = [ladder_block(rank, ranks, slots, 1).slots for rank in range(ranks)]
    walkers = [Labels(labels[block.start * copies : block.stop * copies].copy()) for block in blocks]
    rng = np.random.default_rng(seed)
    rounds = [draw_energies(rng, slots, copies) for _ in range(8)]
    failures = []

    def live(rank: int) -> None:
        try:
            for energies in rounds:
                exchanges[rank].do_round(energies.copy(), walkers[rank], Neighbour(rank, queues))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=live, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    found = np.concatenate([walker.labels for walker in walkers]).reshape(slots, copies)
    # Column = slot x copies + copy, so a label says which replica of which copy it was.
    assert np.array_equal(found // copies, exchanges[0].replica_at_slot)
    assert np.array_equal(found % copies, np.broadcast_to(np.arange(copies), (slots, copies)))


def test_one_slot_never_exchanges() -> None:
    exchange = make_exchange(1, 2)
    walkers = Labels(np.arange(2))
    for _ in range(4):
        exchange.do_round(np.zeros((1, 2)), walkers, SerialCommunicator())
    assert walkers.labels.tolist() == [0, 1]
    assert exchange.accepted.shape == (0, 2)
    assert not exchange.round_trips.any()


@pytest.mark.parametrize("slots", [2, 3, 6])
def test_at_equal_temperatures_every_exchange_is_accepted(slots: int) -> None:
    # The random number is below 1, so a ratio of exactly 1 always wins.
    exchange = Exchange(np.ones(slots), 1, ladder_block(0, 1, slots, 1), 1, 0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        exchange.decide(rng.normal(size=(slots, 1)))
    assert np.array_equal(exchange.accepted[:, 0], exchange.attempts)
    assert exchange.attempts.tolist() == [25] * (slots - 1)
