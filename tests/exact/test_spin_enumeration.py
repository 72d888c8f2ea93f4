"""The heat bath of spins in words is exact at every temperature, and planted errors of its tables and bits are seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from enumeration import block_test, enumerate_network, law_test
from numpy.typing import NDArray
from spin_support import RUNNABLE, spins_of, start_columns, tables_of

from mcsim.kernels.spin_heat_bath import sweep_heat_bath
from mcsim.kernels.spin_tables import SpinNetwork
from mcsim.networks.layered import LayeredWeights

# Chance that a correct sampler fails one of these tests, shared among all of its comparisons (Bonferroni).
FAMILY_LEVEL = 1e-3
TEMPERATURES = (0.6, 1.0, 1.7, 3.0)
CHAINS = 5
ROWS = 4000
every_kernel = pytest.mark.parametrize("kernel", RUNNABLE.values(), ids=RUNNABLE)

Plant = Callable[[SpinNetwork], None]


def make_network(widths: tuple[int, ...], *, biases: bool, seed: int = 5) -> LayeredWeights:
    rng = np.random.default_rng(seed)
    weights = tuple(rng.normal(0, 0.6, size=shape) / np.sqrt(max(shape) / 4) for shape in itertools.pairwise(widths))
    return LayeredWeights(weights, tuple(rng.normal(0, 0.4, size=n) for n in widths) if biases else None)


def sample(
    network: LayeredWeights, kernel: int, plant: Plant | None = None
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """Return each layer's spins (rows, N_k, temperatures, chains) and the energies (rows, temperatures, chains)."""
    tables = tables_of(network, kernel)
    if plant is not None:
        plant(tables)
    columns = len(TEMPERATURES) * CHAINS
    walkers, scratch = start_columns(tables, columns, betas=1.0 / np.repeat(TEMPERATURES, CHAINS))
    sweep_heat_bath(kernel, tables, walkers, 0, 200, scratch)
    spins, energies = [], []
    for row in range(ROWS):
        sweep_heat_bath(kernel, tables, walkers, 200 + 5 * row, 5, scratch)
        spins.append(spins_of(tables, walkers, columns))
        energies.append(walkers.energies[:columns].reshape(len(TEMPERATURES), CHAINS).copy())
    layers = [
        np.stack([row[k] for row in spins]).reshape(ROWS, -1, len(TEMPERATURES), CHAINS)
        for k in range(len(network.widths))
    ]
    return layers, np.stack(energies)


def smallest_p_value(network: LayeredWeights, kernel: int, plant: Plant | None = None) -> float:
    """Return the smallest p-value of all comparisons with enumeration, times their number."""
    layers, energies = sample(network, kernel, plant)
    p_values: list[float] = []
    for slot, temperature in enumerate(TEMPERATURES):
        exact = enumerate_network(network, 1.0 / temperature)
        edges, law = exact.energy_law(bins=10)
        bins = np.searchsorted(edges, energies[:, slot]).astype(float)
        p_values.append(law_test(bins, np.arange(law.size, dtype=float), law))
        for k, layer in enumerate(layers):
            spins = layer[:, :, slot]
            p_values.append(law_test(spins.mean(axis=1), *exact.magnetization_law(k)))
            expected = exact.probabilities @ exact.layers[k]
            p_values.append(block_test(spins.mean(axis=2), expected))
    return min(p_values) * len(p_values)


@every_kernel
@pytest.mark.parametrize("biases", [False, True], ids=["no-bias", "bias"])
@pytest.mark.parametrize("widths", [(3, 4, 3), (2, 5, 1, 4)])
def test_agrees_with_enumeration(widths: tuple[int, ...], biases: bool, kernel: int) -> None:
    assert smallest_p_value(make_network(widths, biases=biases), kernel) > FAMILY_LEVEL


def plant_wrong_entry(tables: SpinNetwork) -> None:
    # Of the first spin of the second layer, the pattern of its only group below that is all up.
    tables.tables[int(tables.from_below[1]) + tables.entries - 1] += 1.0


def plant_reversed_bits(tables: SpinNetwork) -> None:
    # Entries as if the first spin of a group were its highest bit.
    bits = int(np.log2(tables.entries))
    swapped = [int(f"{p:0{bits}b}"[::-1], 2) for p in range(tables.entries)]
    by_pattern = tables.tables.reshape(-1, tables.entries)
    by_pattern[:] = by_pattern[:, swapped]


def plant_wrong_bias(tables: SpinNetwork) -> None:
    tables.bias[0] += 0.3


@every_kernel
@pytest.mark.parametrize("plant", [plant_wrong_entry, plant_reversed_bits, plant_wrong_bias])
def test_planted_error_is_rejected(plant: Plant, kernel: int) -> None:
    network = make_network((4, 4, 3), biases=True, seed=6)
    assert smallest_p_value(network, kernel, plant) < FAMILY_LEVEL


def wide_layer_p_value(kernel: int, plant: Plant | None = None) -> float:
    """Compare a network of 37 and 2 spins, whose wide layer is summed over by hand, at every temperature."""
    network = make_network((37, 2), biases=True)
    layers, _ = sample(network, kernel, plant)
    (couplings,), (bias_wide, bias_narrow) = network.weights, network.biases
    narrow = np.array(list(itertools.product((-1.0, 1.0), repeat=2)))
    p_values = []
    for slot, temperature in enumerate(TEMPERATURES):
        # P(s) of the narrow layer is exp(b s / T) prod_i 2 cosh(h_i(s) / T), and given s the wide one is independent.
        fields = (bias_wide + narrow @ couplings.T) / temperature
        log_weight = narrow @ bias_narrow / temperature + np.log(2 * np.cosh(fields)).sum(axis=1)
        law = np.exp(log_weight - log_weight.max())
        law /= law.sum()
        p_values.append(block_test(layers[0][:, :, slot].mean(axis=2), law @ np.tanh(fields)))
        p_values.append(block_test(layers[1][:, :, slot].mean(axis=2), law @ narrow))
    return min(p_values) * len(p_values)


def plant_forgotten_tail(tables: SpinNetwork) -> None:
    # The fields on the two spins miss the last five of the 37: groups 8 and 9, four rows each.
    start = int(tables.from_below[1])
    tables.tables[start + 8 * 4 * tables.entries : start + 10 * 4 * tables.entries] = 0.0


@every_kernel
def test_wide_layers_agree_with_their_sum_by_hand(kernel: int) -> None:
    assert wide_layer_p_value(kernel) > FAMILY_LEVEL


@every_kernel
@pytest.mark.parametrize("plant", [plant_forgotten_tail, plant_wrong_bias])
def test_planted_error_of_a_wide_layer_is_rejected(plant: Plant, kernel: int) -> None:
    assert wide_layer_p_value(kernel, plant) < FAMILY_LEVEL
