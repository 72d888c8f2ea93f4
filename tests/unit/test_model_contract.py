"""Every model keeps the contract of `mcsim.models.base`, and every name of a configuration has something behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import small_config

from mcsim.config import RunConfig
from mcsim.config.models import MODEL_SECTIONS
from mcsim.config.moves import MLP_MOVES, SPIN_MOVES
from mcsim.models import mlp_sweeps, spin_walkers
from mcsim.models.base import Model, SlotBlock, Walkers
from mcsim.models.registry import BUILDERS, model_of_sample
from mcsim.networks.source import network_of_sample

COPIES = 3
MODELS: dict[str, dict[str, Any]] = {
    "layered-ising": {"kind": "layered-ising", "network": {"source": "gaussian", "widths": [7, 5, 6]}},
    "mlp": {"kind": "mlp", "widths": [4, 6, 5], "activation": "tanh", "tile_columns": 2 * COPIES},
}


def config_of(kind: str) -> RunConfig:
    return small_config({"model": MODELS[kind], "run.copies": COPIES})


def started(kind: str) -> tuple[Model, Walkers]:
    config = config_of(kind)
    betas = config.ladder.inverse_temperatures()
    model = model_of_sample(config, 0)
    walkers = model.start(SlotBlock(range(betas.size), betas, COPIES, config.seed, 0))
    walkers.sweep(0, 3)
    return model, walkers


def test_every_kind_can_be_built() -> None:
    assert set(MODELS) == set(MODEL_SECTIONS)
    assert set(BUILDERS) == set(MODEL_SECTIONS.values())


def test_every_move_has_its_loops() -> None:
    assert set(spin_walkers.WALKERS) == set(SPIN_MOVES)
    assert set(mlp_sweeps.SWEEPS) == set(MLP_MOVES.values())


@pytest.mark.parametrize("kind", MODELS)
def test_walkers_return_what_the_model_says(kind: str) -> None:
    model, walkers = started(kind)
    measured = walkers.observables()
    assert set(measured) == {observable.name for observable in model.observables}
    for observable in model.observables:
        assert measured[observable.name].shape == (3, *observable.shape)
        assert len(observable.dims) == len(observable.shape)
    assert set(walkers.diagnostics()) == {figure.name for figure in model.diagnostics}
    for figure in walkers.diagnostics().values():
        assert figure.shape == (3,)


@pytest.mark.parametrize("kind", MODELS)
def test_histograms_count_what_they_say(kind: str) -> None:
    model, walkers = started(kind)
    measured = walkers.observables()
    histograms = model.histograms(11)
    assert [h.component for h in histograms if h.observable == "overlap"] == list(range(len(model.layer_sizes)))
    for histogram in histograms:
        assert histogram.bins <= 11
        values = histogram.of(measured)
        assert values.shape == (3, COPIES * (COPIES - 1) // 2)
        if histogram.component is not None:
            assert np.array_equal(values, measured[histogram.observable][:, :, histogram.component])


@pytest.mark.parametrize("kind", MODELS)
def test_configurations_move_with_states(kind: str) -> None:
    _, walkers = started(kind)
    columns = np.arange(3 * COPIES)
    before = walkers.configurations(columns)
    assert len(np.unique(before, axis=0)) == columns.size
    source = np.roll(columns, 4)
    walkers.permute(source)
    assert np.array_equal(walkers.configurations(columns), before[source])
    walkers.unpack(columns[:2], walkers.pack(columns[5:7]))
    assert np.array_equal(walkers.configurations(columns[:2]), before[source[5:7]])


def test_configurations_of_spins_have_their_energies() -> None:
    config = config_of("layered-ising")
    network = network_of_sample(config, 0)
    _, walkers = started("layered-ising")
    spins = walkers.configurations(np.arange(3 * COPIES))
    assert spins.dtype == np.int8
    assert set(np.unique(spins)) == {-1, 1}
    layers = np.split(spins.astype(np.float64), np.cumsum(network.widths)[:-1], axis=1)
    bonds = zip(layers[:-1], network.weights, layers[1:], strict=True)
    energies = -sum(np.einsum("ci,ij,cj->c", below, weights, above) for below, weights, above in bonds)
    np.testing.assert_allclose(walkers.energies().ravel(), energies, rtol=1e-5)


@pytest.mark.parametrize(("kind", "slots"), [("layered-ising", 1), ("mlp", 2)])
def test_the_model_and_its_configuration_deal_out_the_same_tiles(kind: str, slots: int) -> None:
    model, _ = started(kind)
    assert model.tile_slots == config_of(kind).model.tile_slots(COPIES) == slots
