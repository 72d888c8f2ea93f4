"""Streams of random numbers, addressed by what they are for and never by rank, thread or clock.

A stream is a Philox key derived from (root seed, purpose, sample, ...); adding samples, slots or copies therefore
changes no other stream, and every layout of ranks draws the same numbers.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What a stream is used for; the values are part of every result, so they never change."""

    DISORDER = 1
    INITIAL_STATE = 2
    DYNAMICS = 3
    EXCHANGE = 4


def stream_key(root_seed: int, purpose: Purpose, sample: int, *address: int) -> NDArray[np.uint32]:
    """Return the Philox key (two uint32) of one stream."""
    sequence = np.random.SeedSequence(root_seed, spawn_key=(int(purpose), sample, *address))
    return sequence.generate_state(2, np.uint32).astype(np.uint32)


def column_keys(root_seed: int, purpose: Purpose, sample: int, slots: range, copies: int) -> NDArray[np.uint32]:
    """Return one key for each column of a block of slots, shape (slots x copies, 2), copies adjacent."""
    keys = [stream_key(root_seed, purpose, sample, slot, copy) for slot in slots for copy in range(copies)]
    return np.array(keys, dtype=np.uint32).reshape(-1, 2)


def generator(root_seed: int, purpose: Purpose, sample: int, *address: int) -> np.random.Generator:
    """Return a NumPy generator (Philox) for draws outside the compiled code, such as disorder."""
    sequence = np.random.SeedSequence(root_seed, spawn_key=(int(purpose), sample, *address))
    return np.random.Generator(np.random.Philox(sequence))
