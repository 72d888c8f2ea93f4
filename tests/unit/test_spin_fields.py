"""Local fields by look-up: the right sums, the same bits from every implementation, and planted errors are seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from spin_support import (
    RUNNABLE,
    Layers,
    coupling_sums,
    draw_network,
    fields_of,
    plain_fields,
    spins_of,
    start_columns,
    tables_of,
)

from mcsim.kernels.spin_processor import PORTABLE
from mcsim.kernels.spin_tables import GROUP, SpinNetwork, fill_tables, table_size
from mcsim.networks.layered import LayeredWeights

layer_widths = st.lists(st.one_of(st.integers(1, 9), st.integers(10, 140)), min_size=2, max_size=5)
column_counts = st.one_of(st.integers(1, 20), st.sampled_from([31, 32, 48, 64, 100, 112, 128]))
seeds = st.integers(0, 2**32)
unhurried = settings(max_examples=40, deadline=None)
every_kernel = pytest.mark.parametrize("kernel", RUNNABLE.values(), ids=RUNNABLE)


def in_the_documented_order(network: LayeredWeights, spins: Layers) -> list[NDArray[np.float32]]:
    """Return the fields by single additions of float32: the bias, then groups of four below, then those above."""
    fields = []
    for k, layer in enumerate(spins):
        total = np.zeros(layer.shape, dtype=np.float32)
        if network.biases is not None:
            total += network.biases[k].astype(np.float32)[:, None]
        sides = []
        if k > 0:
            sides.append((network.weights[k - 1].T, spins[k - 1]))
        if k < len(network.weights):
            sides.append((network.weights[k], spins[k + 1]))
        for couplings, neighbours in sides:
            J = couplings.astype(np.float32)
            s = neighbours.astype(np.float32)
            for start in range(0, len(s), GROUP):
                entry = np.zeros_like(total)
                for m in range(start, min(start + GROUP, len(s))):
                    entry = entry + J[:, m, None] * s[m]
                total = total + entry
        fields.append(total)
    return fields


def deviation(network: LayeredWeights, fields: Layers, spins: Layers) -> float:
    """Return the largest error of a field, in roundings at the size of its sum, below 1 where all is well."""
    bounds = [(np.finfo(np.float32).eps * sum(network.widths) * scale)[:, None] for scale in coupling_sums(network)]
    exact = plain_fields(network, spins)
    return float(max(np.max(np.abs(f - e) / b) for f, e, b in zip(fields, exact, bounds, strict=True)))


@unhurried
@given(layer_widths, column_counts, st.booleans(), seeds)
def test_every_implementation_sums_in_the_documented_order(
    widths: list[int], columns: int, biases: bool, seed: int
) -> None:
    network = draw_network(widths, biases=biases, seed=seed)
    for kernel in RUNNABLE.values():
        tables = tables_of(network, kernel)
        walkers, _ = start_columns(tables, columns, seed=seed)
        spins = spins_of(tables, walkers, columns)
        fields = fields_of(kernel, tables, walkers, columns)
        assert deviation(network, fields, spins) < 1.0
        for found, expected in zip(fields, in_the_documented_order(network, spins), strict=True):
            # As integers, so that zeros of either sign differ.
            assert np.array_equal(found.copy().view(np.uint32), expected.view(np.uint32))


@every_kernel
def test_padding_bits_and_other_lanes_change_nothing(kernel: int) -> None:
    network = draw_network((33, 1, 70, 5), biases=True, seed=1)
    tables = tables_of(network, kernel)
    walkers, _ = start_columns(tables, 20)
    before = [field.copy() for field in fields_of(kernel, tables, walkers, 20)]
    walkers.words[:, 20:] = 0x5A5A5A5A
    for start, width in zip(tables.first_word, tables.widths, strict=False):
        if width % 32:
            walkers.words[start + width // 32] |= np.uint32(0xFFFFFFFF) << np.uint32(width % 32)
    for old, new in zip(before, fields_of(kernel, tables, walkers, 20), strict=True):
        assert np.array_equal(old, new)


@every_kernel
def test_zeros_and_cancellations_have_no_sign(kernel: int) -> None:
    # Sums that cancel, couplings and biases that are zeros of either sign: the field is +0.
    couplings = np.array([[0.5, -0.5, 0.25, -0.25, 1.0, 1.0], [-0.0, 0.0, -0.0, 0.0, -0.0, -0.0]]).T
    network = LayeredWeights((couplings,), (np.full(6, -0.0), np.full(2, -0.0)))
    tables = tables_of(network, kernel)
    walkers, _ = start_columns(tables, 64)
    fields = np.concatenate(fields_of(kernel, tables, walkers, 64))
    assert np.any(fields == 0.0)
    assert not np.any(np.signbit(fields[fields == 0.0]))


@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (5, 9), (7, 34)])
def test_size_of_tables_is_what_is_written(shape: tuple[int, int]) -> None:
    for kernel in RUNNABLE.values():
        out = np.full(table_size(*shape, kernel), np.nan, dtype=np.float32)
        fill_tables(np.ones(shape), kernel, out)
        assert not np.any(np.isnan(out))


def plant_wrong_entry(tables: SpinNetwork, words: NDArray[np.uint32]) -> None:
    # Of the second spin of the middle layer, first group below.
    start = int(tables.from_below[1]) + tables.entries
    tables.tables[start : start + tables.entries] += 0.01


def plant_reversed_bits(tables: SpinNetwork, words: NDArray[np.uint32]) -> None:
    bits = np.unpackbits(words.view(np.uint8), bitorder="little").reshape(*words.shape, 32)
    words[:] = np.packbits(bits[..., ::-1], bitorder="little").view(np.uint32).reshape(words.shape)


def plant_forgotten_tail(tables: SpinNetwork, words: NDArray[np.uint32]) -> None:
    # Of 37 spins only 32 count: what lies behind the first word is as if it were down.
    words[1] = 0


@every_kernel
@pytest.mark.parametrize("plant", [plant_wrong_entry, plant_reversed_bits, plant_forgotten_tail])
def test_planted_errors_are_seen(kernel: int, plant) -> None:
    network = draw_network((37, 12, 9), biases=True, seed=3)
    tables = tables_of(network, kernel)
    walkers, _ = start_columns(tables, 20)
    spins = spins_of(tables, walkers, 20)
    assert deviation(network, fields_of(kernel, tables, walkers, 20), spins) < 1.0
    plant(tables, walkers.words)
    assert deviation(network, fields_of(kernel, tables, walkers, 20), spins) > 10.0


@every_kernel
def test_every_single_entry_matters(kernel: int) -> None:
    # All 16 patterns of the first group occur among 256 columns; one wrong entry is one wrong field at least.
    network = draw_network((6, 5), biases=False, seed=3)
    tables = tables_of(network, kernel)
    walkers, _ = start_columns(tables, 256)
    spins = spins_of(tables, walkers, 256)
    start = int(tables.from_below[1])
    for at in range(start, start + tables.entries):
        tables.tables[at] += 0.01
        assert deviation(network, fields_of(kernel, tables, walkers, 256), spins) > 10.0
        tables.tables[at] -= 0.01


def test_memory_of_tables_is_as_documented() -> None:
    shape = (64, 64)
    floats = {kernel: table_size(*shape, kernel) / 64**2 for kernel in RUNNABLE.values()}
    assert floats[PORTABLE] == 1
    assert max(floats.values()) <= 4
