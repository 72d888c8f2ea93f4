"""Bits are where they should be, and counting them gives the overlaps of the spins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.kernels.spin_words import (
    count_lanes,
    count_words,
    first_words,
    multiply_copies,
    pack_layer,
    permute_columns,
    sum_layers,
    unpack_layer,
)

layer_widths = st.lists(st.integers(1, 100), min_size=2, max_size=4)
seeds = st.integers(0, 2**32)
unhurried = settings(max_examples=40, deadline=None)


def draw_layers(widths: list[int], columns: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.choice([-1, 1], size=(n, columns)) for n in widths]


def in_words(layers: list[np.ndarray], columns: int) -> np.ndarray:
    """Return all layers' words, with noise in the lanes that belong to no column."""
    own = np.concatenate([pack_layer(layer) for layer in layers])
    words = np.random.default_rng(0).integers(0, 2**32, (len(own), count_lanes(columns)), dtype=np.uint32)
    words[:, :columns] = own
    return words


def test_known_words() -> None:
    spins = np.full((35, 2), -1)
    spins[[0, 1, 31, 34], 0] = 1
    spins[[4, 32], 1] = 1
    assert pack_layer(spins).tolist() == [[0x80000003, 0x00000010], [0x00000004, 0x00000001]]


@pytest.mark.parametrize("spin", [0, 1, 7, 8, 31, 32, 63, 64, 95])
def test_each_spin_has_one_bit(spin: int) -> None:
    spins = np.full((96, 1), -1.0)
    spins[spin] = 1.0
    words = pack_layer(spins)[:, 0]
    assert [int(w) for w in words] == [1 << (spin - 32 * w) if spin // 32 == w else 0 for w in range(3)]


@unhurried
@given(st.integers(1, 130), st.integers(1, 20), seeds)
def test_unpacking_returns_what_was_packed(n_spins: int, columns: int, seed: int) -> None:
    (spins,) = draw_layers([n_spins], columns, seed)
    words = pack_layer(spins)
    assert words.dtype == np.uint32
    assert words.shape == (count_words(n_spins), columns)
    assert np.array_equal(unpack_layer(words, n_spins), spins)
    # The padding is clear.
    assert np.all(unpack_layer(words, 32 * len(words))[n_spins:] == -1)


def test_layers_start_at_words_of_their_own() -> None:
    assert first_words(np.array([1, 32, 33, 100])).tolist() == [0, 1, 2, 4, 8]


@unhurried
@given(layer_widths, st.integers(1, 6), st.integers(2, 4), seeds)
def test_counts_of_bits_are_overlaps_and_sums(widths: list[int], slots: int, copies: int, seed: int) -> None:
    columns = slots * copies
    layers = draw_layers(widths, columns, seed)
    words, first = in_words(layers, columns), first_words(np.array(widths))
    pairs = list(itertools.combinations(range(copies), 2))
    products = np.empty((slots, len(pairs), len(widths)), dtype=np.int64)
    multiply_copies(words, np.array(widths), first, copies, products)
    sums = np.empty((columns, len(widths)), dtype=np.int64)
    sum_layers(words, np.array(widths), first, sums)
    for k, layer in enumerate(layers):
        assert np.array_equal(sums[:, k], layer.sum(axis=0))
        by_copy = layer.reshape(-1, slots, copies)
        for pair, (a, b) in enumerate(pairs):
            assert np.array_equal(products[:, pair, k], (by_copy[..., a] * by_copy[..., b]).sum(axis=0))


@unhurried
@given(layer_widths, st.integers(1, 20), seeds, st.data())
def test_permuting_moves_columns_and_no_other_lane(
    widths: list[int], columns: int, seed: int, data: st.DataObject
) -> None:
    source = np.array(data.draw(st.permutations(range(columns)), "source"), dtype=np.int64)
    words = in_words(draw_layers(widths, columns, seed), columns)
    before = words.copy()
    energies = np.random.default_rng(seed).normal(size=words.shape[1])
    old_energies = energies.copy()
    permute_columns(words, energies, source)
    assert np.array_equal(energies[:columns], old_energies[source])
    assert np.array_equal(energies[columns:], old_energies[columns:])
    assert np.array_equal(words[:, :columns], before[:, source])
    assert np.array_equal(words[:, columns:], before[:, columns:])
