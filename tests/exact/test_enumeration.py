"""The sampler is exact at every slot: against enumeration, for each dynamics, with planted errors that must be seen."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from enumeration import enumerate_network, law_test

from mcsim.config import RunConfig, parse_config
from mcsim.config.moves import SPIN_MOVES
from mcsim.kernels.spin_tables import build_network
from mcsim.models import ising as ising_module
from mcsim.models import layer_block_walkers
from mcsim.networks.layered import LayeredWeights
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from mcsim.storage.reader import read_sample
from mcsim.tempering import exchange as exchange_module
from mcsim.tempering.exchange import Exchange

# Chance that a correct sampler fails one of these tests, shared among all of its comparisons (Bonferroni).
FAMILY_LEVEL = 1e-3
TEMPERATURES = [0.35, 0.6, 1.0, 1.7, 3.0]
DYNAMICS = {
    "layer-block": {"dynamics": "layer-block"},
    "single-heat-bath": {"dynamics": "single-spin", "precision": "float64"},
    "single-metropolis": {"dynamics": "single-spin", "rule": "metropolis"},
}


def make_network(widths: tuple[int, ...], *, biases: bool, seed: int = 5) -> LayeredWeights:
    """Draw a network whose coldest slot is far from both the paramagnet and a single ground state."""
    rng = np.random.default_rng(seed)
    weights = tuple(rng.normal(0, 0.6, size=shape) for shape in itertools.pairwise(widths))
    return LayeredWeights(weights, tuple(rng.normal(0, 0.4, size=n) for n in widths) if biases else None)


def make_config(network: LayeredWeights, folder: Path, **model: object) -> RunConfig:
    """Write the network to a file and return a run that samples it."""
    arrays = {f"w{k}": w for k, w in enumerate(network.weights)}
    arrays |= {f"b{k}": b for k, b in enumerate(network.biases or ())}
    path = folder / "network.npz"
    np.savez(path, **arrays)
    source: dict[str, object] = {"source": "file", "path": str(path)}
    source["arrays"] = [name for name in arrays if name.startswith("w")]
    if network.biases is not None:
        source["biases"] = [name for name in arrays if name.startswith("b")]
    return parse_config(
        {
            "seed": 20241122,
            "model": {"kind": "layered-ising", "network": source, **model},
            "ladder": {"temperatures": TEMPERATURES},
            "run": {"copies": 4, "thermalization": 200, "measurements": 4000, "sweeps_per_measurement": 5},
        }
    )


def smallest_p_value(result: xr.Dataset, network: LayeredWeights) -> float:
    """Return the smallest p-value of all comparisons with enumeration, times their number."""
    p_values: list[float] = []
    for slot, beta in enumerate(result.beta.values):
        exact = enumerate_network(network, float(beta))
        edges, law = exact.energy_law(bins=12)
        bins = np.searchsorted(edges, result.energy.values[slot]).astype(float)
        p_values.append(law_test(bins, np.arange(law.size, dtype=float), law))
        for k in range(len(network.widths)):
            overlaps = result.overlap.values[slot, :, :, k]
            p_values.append(law_test(overlaps, *exact.overlap_law(k)))
            p_values.append(law_test(result.magnetization.values[slot, :, :, k], *exact.magnetization_law(k)))
    return min(p_values) * len(p_values)


def sampled(config: RunConfig, folder: Path) -> xr.Dataset:
    outcome = simulate(config, folder / "run", SerialCommunicator(), show_progress=False)
    return read_sample(outcome.folder / "sample_00000.h5")


@pytest.mark.parametrize("widths", [(3, 4, 3), (2, 5, 4, 3)])
@pytest.mark.parametrize("biases", [False, True], ids=["no-bias", "bias"])
@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_agrees_with_enumeration(widths, biases, dynamics, tmp_path):
    network = make_network(widths, biases=biases)
    result = sampled(make_config(network, tmp_path, **DYNAMICS[dynamics]), tmp_path)
    assert smallest_p_value(result, network) > FAMILY_LEVEL


@pytest.mark.mpi
@pytest.mark.parametrize("dynamics", ["layer-block", "single-spin"])
def test_agrees_with_enumeration_on_two_ranks(dynamics, tmp_path, mpiexec):
    network = make_network((2, 5, 4, 3), biases=True)
    config = make_config(network, tmp_path, dynamics=dynamics)
    script = (
        "import sys; from pathlib import Path; from mcsim.config import RunConfig; "
        "from mcsim.parallel.communicator import world; from mcsim.simulate import simulate; comm = world(); "
        "assert comm.size == 2; "
        "simulate(RunConfig.model_validate_json(sys.argv[1]), Path(sys.argv[2]), comm, show_progress=False)"
    )
    command = [*mpiexec, "-n", "2", sys.executable, "-c", script, config.canonical_json(), str(tmp_path / "run")]
    subprocess.run(command, check=True, timeout=300)
    result = read_sample(tmp_path / "run" / "sample_00000.h5")
    assert smallest_p_value(result, network) > FAMILY_LEVEL


def plant_swap_by_energy_per_spin(monkeypatch):
    honest = exchange_module.propose_exchanges

    def wrong(energies, *others):
        per_spin = energies / 14
        honest(per_spin, *others)
        energies[:] = per_spin * 14

    monkeypatch.setattr(exchange_module, "propose_exchanges", wrong)


def plant_swapped_permutation(monkeypatch):
    honest = Exchange.move

    def wrong(self, source, walkers, group):
        honest(self, self.slot_of_replica.copy(), walkers, group)

    monkeypatch.setattr(Exchange, "move", wrong)


def plant_wrong_sign_of_bias(monkeypatch):
    honest = ising_module.network_of_sample

    def wrong(config, sample):
        network = honest(config, sample)
        return dataclasses.replace(network, biases=tuple(-b for b in network.biases))

    monkeypatch.setattr(ising_module, "network_of_sample", wrong)


@pytest.mark.parametrize("plant", [plant_swap_by_energy_per_spin, plant_swapped_permutation, plant_wrong_sign_of_bias])
@pytest.mark.parametrize("dynamics", ["layer-block", "single-spin"])
def test_planted_error_is_rejected(plant, dynamics, tmp_path, monkeypatch):
    network = make_network((2, 5, 4, 3), biases=True)
    config = make_config(network, tmp_path, dynamics=dynamics)
    plant(monkeypatch)
    assert smallest_p_value(sampled(config, tmp_path), network) < FAMILY_LEVEL


def plant_in_tables(monkeypatch, plant):
    """Spoil what the sampler looks fields up in, and disable the comparison with float64 that would refuse it."""

    def wrong(*arguments):
        tables = build_network(*arguments)
        plant(tables)
        return tables

    monkeypatch.setattr(layer_block_walkers, "build_network", wrong)
    monkeypatch.setattr(layer_block_walkers.LayerBlockWalkers, "_compare_with_float64", lambda self: None)


def wrong_entry(tables):
    # Of the first spin of the second layer, the pattern of its only group below that is all up.
    tables.tables[int(tables.from_below[1]) + tables.entries - 1] += 1.0


def reversed_bits(tables):
    # Entries as if the first spin of a group were its highest bit.
    bits = int(np.log2(tables.entries))
    swapped = [int(f"{p:0{bits}b}"[::-1], 2) for p in range(tables.entries)]
    by_pattern = tables.tables.reshape(-1, tables.entries)
    by_pattern[:] = by_pattern[:, swapped]


@pytest.mark.parametrize("plant", [wrong_entry, reversed_bits])
def test_planted_error_of_tables_is_rejected(plant, tmp_path, monkeypatch):
    network = make_network((4, 4, 3), biases=True, seed=6)
    config = make_config(network, tmp_path)
    plant_in_tables(monkeypatch, plant)
    assert smallest_p_value(sampled(config, tmp_path), network) < FAMILY_LEVEL


def wide_layer_p_value(result, network):
    """Compare a network of 37 and 2 spins, whose wide layer is summed over by hand, at every slot."""
    (couplings,), (bias_wide, bias_narrow) = network.weights, network.biases
    narrow = np.array(list(itertools.product((-1.0, 1.0), repeat=2)))
    p_values = []
    for slot, beta in enumerate(result.beta.values):
        # P(s) of the narrow layer is exp(beta b s) prod_i 2 cosh(beta h_i(s)), and given s the wide one is independent.
        log_weight = beta * narrow @ bias_narrow
        log_weight += np.log(2 * np.cosh(beta * (bias_wide + narrow @ couplings.T))).sum(axis=1)
        law = np.exp(log_weight - log_weight.max())
        means, inverse = np.unique(narrow.mean(axis=1), return_inverse=True)
        measured = result.magnetization.values[slot, :, :, 1]
        p_values.append(law_test(measured, means, np.bincount(inverse, weights=law / law.sum())))
    return min(p_values) * len(p_values)


def forgotten_tail(tables):
    # The fields on the two spins miss the last five of the 37: groups 8 and 9, four rows each.
    start = int(tables.from_below[1])
    tables.tables[start + 8 * 4 * tables.entries : start + 10 * 4 * tables.entries] = 0.0


@pytest.mark.parametrize("planted", [False, True])
def test_a_forgotten_tail_of_a_wide_layer_is_rejected(planted, tmp_path, monkeypatch):
    network = make_network((37, 2), biases=True)
    network = LayeredWeights(tuple(w / 4 for w in network.weights), network.biases)
    config = make_config(network, tmp_path)
    if planted:
        plant_in_tables(monkeypatch, forgotten_tail)
    assert (wide_layer_p_value(sampled(config, tmp_path), network) < FAMILY_LEVEL) == planted


def test_enumeration_of_one_bond():
    """Two spins and one bond: everything is known on paper."""
    network = LayeredWeights((np.array([[0.7]]),))
    exact = enumerate_network(network, beta=1.3)
    assert exact.energies @ exact.probabilities == pytest.approx(-0.7 * np.tanh(1.3 * 0.7))
    values, law = exact.overlap_law(0)
    assert values.tolist() == [-1.0, 1.0]
    assert law == pytest.approx([0.5, 0.5])


def test_every_move_is_compared_with_enumeration():
    compared = {(model["dynamics"], model.get("rule", "heat-bath")) for model in DYNAMICS.values()}
    assert compared == {(move.dynamics, move.rule) for move in SPIN_MOVES}
