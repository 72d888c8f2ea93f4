"""Fields and energies that leave their values in float64 end the run: planted faults of both dynamics are seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from spin_support import RUNNABLE, Layers, coupling_sums, draw_network, plain_energies, plain_fields, start_walkers

from mcsim.kernels.spin_tables import SpinNetwork, build_network
from mcsim.models import layer_block_walkers
from mcsim.models.layer_block_walkers import CHECK_EVERY
from mcsim.models.single_spin_walkers import SingleSpinWalkers
from mcsim.models.spin_reference import DeviationError, SpinReference

SINGLE_SPIN = [{"rule": "heat-bath"}, {"rule": "metropolis"}, {"rule": "heat-bath", "precision": "float64"}]
every_rule = pytest.mark.parametrize("rule", SINGLE_SPIN, ids=lambda keys: "-".join(keys.values()))


def random_spins(widths: tuple[int, ...], columns: int) -> Layers:
    rng = np.random.default_rng(4)
    return [rng.choice([-1.0, 1.0], size=(n, columns)) for n in widths]


@pytest.mark.parametrize("biases", [False, True])
def test_the_reference_is_the_hamiltonian(biases: bool) -> None:
    network = draw_network((40, 33, 20), biases=biases, seed=2)
    reference, spins = SpinReference(network), random_spins(network.widths, 12)
    fields = reference.fields(spins)
    for found, expected, scale, sums in zip(
        fields, plain_fields(network, spins), reference.scales, coupling_sums(network), strict=True
    ):
        np.testing.assert_allclose(scale, sums, rtol=1e-14)
        assert np.all(np.abs(found - expected) <= 1e-14 * sums[:, None])
    error = np.abs(reference.energies(spins, fields) - plain_energies(network, spins))
    assert np.all(error <= 1e-14 * reference.total_scale)


def test_the_reference_is_the_same_for_any_columns_and_order_of_sums() -> None:
    network = draw_network((70, 45, 33, 12), biases=True, seed=2)
    reference, spins = SpinReference(network), random_spins(network.widths, 64)
    fields = reference.fields(spins)
    energies = reference.energies(spins, fields)
    for start, stop in [(0, 1), (5, 8), (0, 33)]:
        part = [layer[:, start:stop] for layer in spins]
        for whole, own in zip(fields, reference.fields(part), strict=True):
            assert np.array_equal(whole[:, start:stop], own)
        assert np.array_equal(energies[start:stop], reference.energies(part, reference.fields(part)))
    turned = [layer.copy(order="F") for layer in spins]
    assert np.array_equal(energies, reference.energies(turned, reference.fields(turned)))


@pytest.mark.parametrize("widths", [(1, 1), (40, 33, 20), (784, 400, 10), (6000, 6, 3000)])
def test_rounding_stays_below_its_bound(widths: tuple[int, ...]) -> None:
    network = draw_network(widths, biases=True, seed=2)
    # Weights of one sign, whose sums grow steadily, round worse than random ones.
    for one_sign in (False, True):
        for weights in network.weights:
            weights[:] = np.abs(weights) if one_sign else weights
        walkers = start_walkers(network, betas=(3.0, 0.01))
        walkers.sweep(0, CHECK_EVERY if sum(widths) < 200 else 3)
        walkers._compare_with_float64()
        assert np.all(walkers.diagnostics()["drift"] < 1e-5)
        assert np.all(walkers.diagnostics()["drift"] > 0) or widths == (1, 1)


def plant_wrong_entry(tables: SpinNetwork) -> None:
    # Of the first spin of the middle layer, the last group below: two spins, which other patterns may never need.
    start = int(tables.from_below[1]) + 9 * 4 * tables.entries
    tables.tables[start : start + tables.entries] += 0.01


def plant_wrong_entry_of_an_even_layer(tables: SpinNetwork) -> None:
    # Energies are summed over odd layers and would not show it.
    start = int(tables.from_above[0])
    tables.tables[start : start + tables.entries] += 0.01


def plant_reversed_bits(tables: SpinNetwork) -> None:
    bits = int(np.log2(tables.entries))
    swapped = [int(f"{p:0{bits}b}"[::-1], 2) for p in range(tables.entries)]
    by_pattern = tables.tables.reshape(-1, tables.entries)
    by_pattern[:] = by_pattern[:, swapped]


def plant_forgotten_tail(tables: SpinNetwork) -> None:
    # Of the 37 spins below, those behind the first word.
    start = int(tables.from_below[1])
    tables.tables[start + 8 * 4 * tables.entries : start + 10 * 4 * tables.entries] = 0.0


def plant_wrong_bias(tables: SpinNetwork) -> None:
    tables.bias[0] += 0.001


Plant = Callable[[SpinNetwork], None]
PLANTS: list[Plant] = [
    plant_wrong_entry, plant_wrong_entry_of_an_even_layer, plant_reversed_bits, plant_forgotten_tail, plant_wrong_bias,
]  # fmt: skip


@pytest.mark.parametrize("name", RUNNABLE)
@pytest.mark.parametrize("plant", PLANTS)
def test_wrong_tables_are_seen_before_the_first_sweep(plant: Plant, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = draw_network((37, 12, 9), biases=True, seed=2)
    monkeypatch.setenv("MCSIM_SPIN_KERNEL", name)
    start_walkers(network)

    def wrong(*arguments: object) -> SpinNetwork:
        tables = build_network(*arguments)
        plant(tables)
        return tables

    monkeypatch.setattr(layer_block_walkers, "build_network", wrong)
    with pytest.raises(DeviationError, match="times what rounding does"):
        start_walkers(network)


@pytest.mark.parametrize("wrong", [1e-3, np.nan])
def test_an_energy_that_has_left_its_state_is_seen_at_the_next_check(wrong: float) -> None:
    walkers = start_walkers(draw_network((12, 9, 8), biases=True, seed=2))
    walkers.sweep(0, CHECK_EVERY - 1)
    walkers.sweep(CHECK_EVERY - 1, 1)
    walkers._energies[4] += wrong  # column 4 is of slot 2
    with pytest.raises(DeviationError, match=r"sample 0, slot 2: fields or energies are off by"):
        walkers._compare_with_float64()


def test_the_check_comes_with_the_number_of_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    walkers = start_walkers(draw_network((4, 3), biases=False, seed=2))
    checks = []
    monkeypatch.setattr(type(walkers), "_compare_with_float64", lambda self: checks.append(True))
    walkers.sweep(0, CHECK_EVERY - 1)
    assert len(checks) == 0
    walkers.sweep(CHECK_EVERY - 1, 1)
    assert len(checks) == 1
    walkers.sweep(CHECK_EVERY, 2 * CHECK_EVERY)
    assert len(checks) == 3


@every_rule
def test_drift_is_measured_and_small(rule: dict[str, str]) -> None:
    walkers = start_walkers(draw_network((40, 30, 20), biases=True, seed=2), dynamics="single-spin", **rule)
    assert not walkers.diagnostics()["drift"].any()
    walkers.sweep(0, 512)
    # Rounding errors of some ten thousand flips a window add up like a random walk, a hundred units at most.
    drift = walkers.diagnostics()["drift"]
    assert np.all(drift > 0)
    assert np.all(drift < 100 * np.finfo(rule.get("precision", "float32")).eps)


@every_rule
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_corrupted_field_is_seen_at_the_next_refresh(rule: dict[str, str], layer: int) -> None:
    network = draw_network((12, 9, 8), biases=True, seed=2)
    walkers = start_walkers(network, dynamics="single-spin", refresh_every=64, **rule)
    walkers.sweep(0, 10)
    # Column 4 is of slot 2; a thousandth of a field that is of order one.
    walkers._layers(walkers._columns.fields)[layer][4, 3] += 1e-3
    walkers.sweep(10, 53)
    with pytest.raises(DeviationError, match=r"sample 0, slot 2: maintained fields or energies are off by"):
        walkers.sweep(63, 1)


@every_rule
def test_a_skipped_update_is_seen(rule: dict[str, str]) -> None:
    walkers = start_walkers(draw_network((12, 9, 8), biases=True, seed=2), dynamics="single-spin", **rule)
    walkers.sweep(0, 63)
    # A flip whose neighbours are not told, in the coldest slot.
    walkers._layers(walkers._columns.spins)[1][1, 5] *= -1
    with pytest.raises(DeviationError, match="slot 0"):
        walkers._refresh()


def test_a_wrong_energy_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    walkers = start_walkers(draw_network((12, 9, 8), biases=True, seed=2), dynamics="single-spin")
    right = SingleSpinWalkers.energies
    error = np.array([[0.0, 0.0], [0.0, 0.1], [0.0, 0.0]])
    monkeypatch.setattr(SingleSpinWalkers, "energies", lambda self: right(self) + error)
    with pytest.raises(DeviationError, match="slot 1"):
        walkers.sweep(0, 256)


def test_fields_that_are_not_numbers_are_seen() -> None:
    walkers = start_walkers(draw_network((12, 9, 8), biases=True, seed=2), dynamics="single-spin")
    walkers._layers(walkers._columns.fields)[0][0, 0] = np.nan
    with pytest.raises(DeviationError):
        walkers._refresh()
