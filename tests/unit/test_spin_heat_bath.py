"""Sweeps of spins in words are the heat bath that is written down here, spin by spin, with the same random numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from spin_support import (
    RUNNABLE,
    Layers,
    coupling_sums,
    draw_network,
    fields_of,
    plain_energies,
    set_spins,
    spins_of,
    start_columns,
    tables_of,
)

from mcsim.kernels.elementary import exp_of_negative
from mcsim.kernels.philox import philox4x32
from mcsim.kernels.spin_heat_bath import SpinColumns, compute_energies, make_columns, make_scratch, sweep_heat_bath
from mcsim.kernels.spin_tables import SpinNetwork
from mcsim.networks.layered import LayeredWeights

layer_widths = st.lists(st.one_of(st.integers(1, 9), st.integers(10, 100)), min_size=2, max_size=5)
seeds = st.integers(0, 2**32)
unhurried = settings(max_examples=25, deadline=None)
every_kernel = pytest.mark.parametrize("kernel", RUNNABLE.values(), ids=RUNNABLE)
_HALF, _UNIT, _ONE = np.float32(0.5), np.float32(2.0**-32), np.float32(1.0)


@njit(error_model="numpy")
def draw_layer(fields, factors, keys, layer, low, high, out):
    """Draw every spin of a layer, out (N_k, columns), one after the other."""
    for i in range(fields.shape[0]):
        for c in range(fields.shape[1]):
            words = philox4x32(np.uint32(i // 4), layer, low, high, keys[0, c], keys[1, c])
            t = exp_of_negative(factors[c] * abs(fields[i, c]))
            u = (np.float32(words[i % 4]) + _HALF) * _UNIT
            aligned = 1.0 if fields[i, c] >= 0 else -1.0
            out[i, c] = -aligned if u * (_ONE + t) < t else aligned


def plain_sweep(kernel: int, tables: SpinNetwork, columns: SpinColumns, n_columns: int, sweep: int) -> None:
    """Do one sweep with the kernel's fields and draws of single spins."""
    numbers = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
    for parity in (0, 1):
        fields = fields_of(kernel, tables, columns, n_columns)
        spins = spins_of(tables, columns, n_columns)
        for k in range(parity, len(spins), 2):
            draw_layer(fields[k], columns.factors, columns.keys, np.uint32(k), *numbers, spins[k])
        set_spins(tables, columns, spins)


def energy_bound(network: LayeredWeights) -> float:
    """Return what rounding may do to an energy, whose 32-spin partial sums are float32."""
    scale = sum(float(s.sum()) for s in coupling_sums(network))
    return float(np.finfo(np.float32).eps) * (32 + sum(network.widths) / 4) * scale


@unhurried
@given(layer_widths, st.integers(1, 40), st.booleans(), st.sampled_from([0, 5, 2**32 + 7]), seeds)
def test_a_sweep_is_the_heat_bath_spin_by_spin(
    widths: list[int], columns: int, biases: bool, first_sweep: int, seed: int
) -> None:
    network = draw_network(widths, biases=biases, seed=seed)
    for kernel in RUNNABLE.values():
        tables = tables_of(network, kernel)
        walkers, scratch = start_columns(tables, columns, seed=seed)
        plain, _ = start_columns(tables, columns, seed=seed)
        sweep_heat_bath(kernel, tables, walkers, first_sweep, 2, scratch)
        for sweep in (first_sweep, first_sweep + 1):
            plain_sweep(kernel, tables, plain, columns, sweep)
        assert np.array_equal(walkers.words[:, :columns], plain.words[:, :columns])
        assert np.all(np.abs(walkers.energies[:columns] - plain_energies(network, spins_of(tables, walkers, columns)))
                      <= energy_bound(network))  # fmt: skip


@unhurried
@given(layer_widths, st.integers(1, 130), st.booleans(), seeds)
def test_all_implementations_end_in_the_same_bits(widths: list[int], columns: int, biases: bool, seed: int) -> None:
    network = draw_network(widths, biases=biases, seed=seed)
    ends = []
    for kernel in RUNNABLE.values():
        tables = tables_of(network, kernel)
        walkers, scratch = start_columns(tables, columns, seed=seed)
        sweep_heat_bath(kernel, tables, walkers, 0, 5, scratch)
        ends.append(walkers)
    for other in ends[1:]:
        assert np.array_equal(ends[0].words, other.words)
        assert np.array_equal(ends[0].energies, other.energies)
        assert np.array_equal(ends[0].flips, other.flips)


def cut(walkers: SpinColumns, start: int, stop: int) -> SpinColumns:
    """Return some of the columns as walkers of their own."""
    part = make_columns(walkers.words.shape[0], np.zeros(stop - start), walkers.keys[:, start:stop].T)
    part.factors[: stop - start] = walkers.factors[start:stop]
    part.words[:, : stop - start] = walkers.words[:, start:stop]
    return part


@every_kernel
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (7, 10), (3, 23), (16, 80), (0, 100)])
def test_columns_do_not_know_their_neighbours(kernel: int, start: int, stop: int) -> None:
    tables = tables_of(draw_network((70, 33, 5, 40), biases=True, seed=3), kernel)
    walkers, scratch = start_columns(tables, 100)
    part, part_scratch = cut(walkers, start, stop), make_scratch(stop - start)
    sweep_heat_bath(kernel, tables, walkers, 0, 20, scratch)
    sweep_heat_bath(kernel, tables, part, 0, 20, part_scratch)
    own = stop - start
    assert np.array_equal(walkers.words[:, start:stop], part.words[:, :own])
    assert np.array_equal(walkers.energies[start:stop], part.energies[:own])
    assert np.array_equal(walkers.flips[start:stop], part.flips[:own])


@every_kernel
def test_sweeps_are_the_same_in_one_call_or_many(kernel: int) -> None:
    tables = tables_of(draw_network((24, 40, 20), biases=True, seed=3), kernel)
    at_once, scratch = start_columns(tables, 20)
    in_parts, _ = start_columns(tables, 20)
    sweep_heat_bath(kernel, tables, at_once, 3, 60, scratch)
    for first in range(3, 63, 12):
        sweep_heat_bath(kernel, tables, in_parts, first, 12, scratch)
    assert np.array_equal(at_once.words, in_parts.words)
    assert np.array_equal(at_once.energies, in_parts.energies)
    assert np.array_equal(at_once.flips, in_parts.flips)


@every_kernel
@pytest.mark.parametrize("biases", [False, True])
def test_energies_of_a_state_are_those_of_the_sweep_that_ended_there(kernel: int, biases: bool) -> None:
    tables = tables_of(draw_network((70, 33, 5, 40), biases=biases, seed=3), kernel)
    walkers, scratch = start_columns(tables, 50)
    sweep_heat_bath(kernel, tables, walkers, 0, 3, scratch)
    swept = walkers.energies.copy()
    walkers.energies[:] = np.nan
    compute_energies(kernel, tables, walkers, scratch)
    assert np.array_equal(swept, walkers.energies)


def test_energies_of_large_networks_are_far_below_a_temperature() -> None:
    network = draw_network((6000, 6, 5000), biases=True, seed=3)
    kernel = max(RUNNABLE.values())
    tables = tables_of(network, kernel)
    walkers, scratch = start_columns(tables, 4)
    sweep_heat_bath(kernel, tables, walkers, 0, 2, scratch)
    exact = plain_energies(network, spins_of(tables, walkers, 4))
    assert np.all(np.abs(exact) > 1000)
    assert np.all(np.abs(walkers.energies[:4] - exact) < 0.005)


@every_kernel
def test_flips_count_the_spins_that_changed(kernel: int) -> None:
    tables = tables_of(draw_network((40, 33, 20), biases=True, seed=2), kernel)
    walkers, scratch = start_columns(tables, 20)
    flips = np.zeros(20, dtype=np.int64)
    for sweep in range(10):
        before = spins_of(tables, walkers, 20)
        sweep_heat_bath(kernel, tables, walkers, sweep, 1, scratch)
        after = spins_of(tables, walkers, 20)
        flips += sum(np.sum(old != new, axis=0) for old, new in zip(before, after, strict=True))
    assert np.array_equal(walkers.flips[:20], flips)


@every_kernel
def test_padding_stays_clear(kernel: int) -> None:
    tables = tables_of(draw_network((33, 1, 70, 5), biases=True, seed=2), kernel)
    walkers, scratch = start_columns(tables, 3)
    sweep_heat_bath(kernel, tables, walkers, 0, 10, scratch)
    for start, width in zip(tables.first_word, tables.widths, strict=False):
        if width % 32:
            assert not np.any(walkers.words[start + width // 32] >> np.uint32(width % 32))


def test_zero_temperature_aligns_and_infinite_temperature_is_fair() -> None:
    kernel = max(RUNNABLE.values())
    network = draw_network((64, 64), biases=False, seed=2)
    tables = tables_of(network, kernel)
    cold, scratch = start_columns(tables, 20, betas=np.full(20, 1e6))
    sweep_heat_bath(kernel, tables, cold, 0, 1, scratch)
    spins: Layers = spins_of(tables, cold, 20)
    assert np.all(spins[1] * fields_of(kernel, tables, cold, 20)[1] > 0)
    hot, scratch = start_columns(tables, 64, betas=np.zeros(64))
    total = 0.0
    for sweep in range(200):
        sweep_heat_bath(kernel, tables, hot, sweep, 1, scratch)
        total += sum(layer.sum() for layer in spins_of(tables, hot, 64))
    assert abs(total) < 4.0 * np.sqrt(200 * 64 * 128)
