"""Walkers of spins, whatever their dynamics: energies, overlaps and moves of states against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spin_support import coupling_sums, draw_network, layers_of, plain_energies, start_walkers

DYNAMICS = [
    {"dynamics": "layer-block"},
    {"dynamics": "single-spin", "rule": "heat-bath"},
    {"dynamics": "single-spin", "rule": "metropolis"},
    {"dynamics": "single-spin", "precision": "float64"},
]
every_dynamics = pytest.mark.parametrize("dynamics", DYNAMICS, ids=lambda keys: "-".join(keys.values()))
dynamics_drawn = st.sampled_from(DYNAMICS)
layer_widths = st.lists(st.one_of(st.integers(1, 11), st.integers(30, 40)), min_size=2, max_size=5)
seeds = st.integers(0, 2**32)
unhurried = settings(max_examples=40, deadline=None)


@unhurried
@given(layer_widths, st.booleans(), dynamics_drawn, seeds)
def test_energies_agree_with_plain_numpy(widths: list[int], biases: bool, dynamics: dict[str, str], seed: int) -> None:
    network = draw_network(widths, biases=biases, seed=seed)
    walkers = start_walkers(network, **dynamics)
    rounding = float(np.finfo(dynamics.get("precision", "float32")).eps) * sum(s.sum() for s in coupling_sums(network))
    for sweeps in (0, 7):
        walkers.sweep(0, sweeps)
        spins = layers_of(network, walkers, 6)
        assert all(np.all(np.abs(layer) == 1.0) for layer in spins)
        energies = walkers.energies()
        assert energies.shape == (3, 2)
        assert energies.dtype == np.float64
        additions = 2 * (sweeps + 1) * sum(widths)
        assert np.all(np.abs(energies.ravel() - plain_energies(network, spins)) <= additions * rounding)


@unhurried
@given(layer_widths, st.integers(2, 4), dynamics_drawn, seeds)
def test_overlaps_and_magnetisations_are_exact(
    widths: list[int], copies: int, dynamics: dict[str, str], seed: int
) -> None:
    network = draw_network(widths, biases=True, seed=seed)
    walkers = start_walkers(network, copies=copies, **dynamics)
    walkers.sweep(0, 3)
    observed = walkers.observables()
    spins = [layer.T.reshape(3, copies, -1) for layer in layers_of(network, walkers, 3 * copies)]
    pairs = [(a, b) for a in range(copies) for b in range(a + 1, copies)]
    for k, layer in enumerate(spins):
        assert np.array_equal(observed["magnetization"][:, :, k], layer.sum(axis=2) / widths[k])
        for pair, (a, b) in enumerate(pairs):
            overlap = (layer[:, a] * layer[:, b]).sum(axis=1) / widths[k]
            assert np.array_equal(observed["overlap"][:, pair, k], overlap)
    whole = np.concatenate(spins, axis=2)
    for pair, (a, b) in enumerate(pairs):
        overlap = (whole[:, a] * whole[:, b]).sum(axis=1) / sum(widths)
        assert np.array_equal(observed["overlap_total"][:, pair], overlap)


def test_all_dynamics_start_from_the_same_spins() -> None:
    network = draw_network((37, 16, 20), biases=True, seed=3)
    starts = [start_walkers(network, **dynamics).configurations(np.arange(6)) for dynamics in DYNAMICS]
    assert all(np.array_equal(starts[0], other) for other in starts[1:])
    assert len(np.unique(starts[0], axis=0)) == 6
    assert abs(starts[0].mean()) < 4 / np.sqrt(starts[0].size)


@every_dynamics
def test_a_sweep_is_the_same_in_one_call_or_many(dynamics: dict[str, str]) -> None:
    network = draw_network((24, 16, 20), biases=True, seed=3)
    at_once, in_parts = start_walkers(network, **dynamics), start_walkers(network, **dynamics)
    at_once.sweep(0, 600)
    for first in range(0, 600, 25):
        in_parts.sweep(first, 25)
    assert np.array_equal(at_once.configurations(np.arange(6)), in_parts.configurations(np.arange(6)))
    for name, figure in at_once.diagnostics().items():
        assert np.array_equal(figure, in_parts.diagnostics()[name])


@every_dynamics
def test_slots_in_other_blocks_are_the_same_chain(dynamics: dict[str, str]) -> None:
    # One rank with all slots, and another with the last ones: the same streams, the same bits.
    network = draw_network((37, 16, 20), biases=True, seed=3)
    betas = np.array([3.0, 2.0, 1.0, 0.5, 0.3])
    whole = start_walkers(network, betas=betas, copies=3, **dynamics)
    part = start_walkers(network, betas=betas[1:4], copies=3, first_slot=1, **dynamics)
    for walkers in (whole, part):
        walkers.sweep(0, 512)
    assert np.array_equal(whole.configurations(np.arange(3, 12)), part.configurations(np.arange(9)))
    assert np.array_equal(whole.energies()[1:4], part.energies())
    for name, figure in whole.diagnostics().items():
        assert np.array_equal(figure[1:4], part.diagnostics()[name])


@unhurried
@given(layer_widths, st.integers(1, 3), st.integers(2, 3), dynamics_drawn, seeds, st.data())
def test_permuting_packing_and_unpacking_move_whole_states(
    widths: list[int], slots: int, copies: int, dynamics: dict[str, str], seed: int, data: st.DataObject
) -> None:
    network = draw_network(widths, biases=True, seed=seed)
    betas = np.linspace(2.0, 0.5, slots)
    moved, unpacked = (start_walkers(network, betas=betas, copies=copies, **dynamics) for _ in range(2))
    columns = np.arange(slots * copies)
    source = np.array(data.draw(st.permutations(range(columns.size)), "source"), dtype=np.int64)
    spins, energies = moved.configurations(columns), moved.energies().ravel()
    rows = unpacked.pack(source)
    assert len(rows) == columns.size
    unpacked.unpack(columns, rows)
    moved.permute(source)
    for walkers in (moved, unpacked):
        assert np.array_equal(walkers.configurations(columns), spins[source])
        assert np.array_equal(walkers.energies().ravel(), energies[source])
        # What is not seen, such as local fields, has moved too: both go on alike.
        walkers.sweep(0, 5)
    assert np.array_equal(moved.configurations(columns), unpacked.configurations(columns))


@every_dynamics
def test_unpacking_leaves_other_columns_alone(dynamics: dict[str, str]) -> None:
    walkers = start_walkers(draw_network((6, 5, 4), biases=False, seed=1), **dynamics)
    before, energies = walkers.configurations(np.arange(6)), walkers.energies().ravel()
    walkers.unpack(np.array([1, 4]), walkers.pack(np.array([0, 5])))
    after = [0, 0, 2, 3, 5, 5]
    assert np.array_equal(walkers.configurations(np.arange(6)), before[after])
    assert np.array_equal(walkers.energies().ravel(), energies[after])


@every_dynamics
def test_flip_rates_count_the_spins_that_changed(dynamics: dict[str, str]) -> None:
    network = draw_network((12, 9), biases=False, seed=1)
    walkers = start_walkers(network, betas=(1.0,), **dynamics)
    flips = 0
    for sweep in range(20):
        before = walkers.configurations(np.arange(2))
        walkers.sweep(sweep, 1)
        flips += np.sum(before != walkers.configurations(np.arange(2)))
    rate = walkers.diagnostics()["flip_rate"][0] * 20 * 2 * 21
    # A single spin may flip twice in a sweep, which the states at its ends do not show.
    assert rate == pytest.approx(flips) if dynamics["dynamics"] == "layer-block" else rate >= flips > 0
