"""The generator draws the published words, and every stream has an address of its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.kernels.philox import fill_words, philox4x32, to_unit_interval
from mcsim.seeds import Purpose, column_keys, generator, stream_key

words = st.integers(0, 2**32 - 1)
unhurried = settings(max_examples=60, deadline=None)

# kat_vectors of Random123 1.14, philox4x32 with 10 rounds: counter, key, output.
KNOWN_ANSWERS = [
    (
        (0x00000000, 0x00000000, 0x00000000, 0x00000000),
        (0x00000000, 0x00000000),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def philox_in_python(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Return the words of Philox 4x32-10 in unbounded integers, written down from the paper."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high_0, low_0 = divmod(0xD2511F53 * c0, 2**32)
        high_1, low_1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


def compiled(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(word) for word in philox4x32(*map(np.uint32, (*counter, *key))))


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_published_known_answers(counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert compiled(counter, key) == expected
    assert philox_in_python(counter, key) == expected


@unhurried
@given(st.tuples(words, words, words, words), st.tuples(words, words))
def test_any_counter_agrees_with_plain_python(counter: tuple[int, ...], key: tuple[int, ...]) -> None:
    assert compiled(counter, key) == philox_in_python(counter, key)


@unhurried
@given(st.integers(1, 40), st.tuples(words, words, words), st.tuples(words, words))
def test_fill_words_holds_each_counters_four_words(n: int, address: tuple[int, ...], key: tuple[int, ...]) -> None:
    filled = np.empty(4 * n, dtype=np.uint32)
    fill_words(filled, np.array(key, dtype=np.uint32), *map(np.uint32, address))
    by_counter = filled.reshape(4, n).T
    assert by_counter.tolist() == [list(compiled((b, *address), key)) for b in range(n)]


def test_fill_words_touches_nothing_beyond_its_array() -> None:
    buffer = np.zeros(16, dtype=np.uint32)
    fill_words(buffer[4:12], np.array([1, 2], dtype=np.uint32), np.uint32(3), np.uint32(4), np.uint32(5))
    assert np.all(buffer[4:12] != 0)
    assert not buffer[:4].any()
    assert not buffer[12:].any()


def test_unit_interval_is_open_and_centred() -> None:
    lowest, highest = to_unit_interval(np.uint32(0)), to_unit_interval(np.uint32(2**32 - 1))
    assert lowest == 2.0**-33
    assert highest == 1.0 - 2.0**-33


def test_every_address_has_its_own_stream() -> None:
    addresses = list(itertools.product(Purpose, range(6), range(8), range(4)))
    keys = {tuple(stream_key(5, purpose, *rest)) for purpose, *rest in addresses}
    assert len(keys) == len(addresses)
    first_words = {compiled((0, 0, 0, 0), tuple(map(int, key))) for key in keys}
    assert len(first_words) == len(addresses)


def test_addresses_of_different_length_and_other_seeds_differ() -> None:
    keys = [
        stream_key(5, Purpose.EXCHANGE, 1),
        stream_key(5, Purpose.EXCHANGE, 1, 0),
        stream_key(5, Purpose.EXCHANGE, 1, 0, 0),
        stream_key(6, Purpose.EXCHANGE, 1),
        stream_key(5 + 2**32, Purpose.EXCHANGE, 1),
    ]
    assert len({tuple(key) for key in keys}) == len(keys)


def test_keys_are_part_of_every_result() -> None:
    # Computed once and written down: were they to change, no stored run could be reproduced or extended.
    assert [purpose.value for purpose in Purpose][:4] == [1, 2, 3, 4]
    assert stream_key(2024, Purpose.DYNAMICS, 3, 1, 0).tolist() == [2199275532, 707227791]
    assert generator(2024, Purpose.DISORDER, 3).integers(0, 2**32, 2).tolist() == [3545399975, 1699208934]


@unhurried
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**63 - 1))
def test_longer_ladders_keep_the_keys_of_the_slots_they_had(few: int, more: int, copies: int, seed: int) -> None:
    short = column_keys(seed, Purpose.DYNAMICS, 2, range(few), copies)
    long = column_keys(seed, Purpose.DYNAMICS, 2, range(few + more), copies)
    assert short.dtype == np.uint32
    assert np.array_equal(long[: len(short)], short)


@unhurried
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_blocks_of_slots_have_the_keys_of_the_whole(first: int, second: int, copies: int) -> None:
    whole = column_keys(1, Purpose.INITIAL_STATE, 0, range(first + second), copies)
    blocks = [
        column_keys(1, Purpose.INITIAL_STATE, 0, slots, copies)
        for slots in (range(first), range(first, first + second))
    ]
    assert np.array_equal(np.concatenate(blocks), whole)
