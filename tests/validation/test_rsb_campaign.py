"""The runs that claims about replica symmetry breaking ask for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from synthetic import T_C

from mcsim.parallel.communicator import SerialCommunicator
from validation import campaign
from validation.campaigns.glass import glass_mlp_configs, glass_spin_configs
from validation.claims import REGISTER
from validation.claims.glass import PARAMAGNET
from validation.claims.glass_slots import COPIES, FEWEST_SAMPLES, WINDOW


def simulated(claims: list[str], monkeypatch: pytest.MonkeyPatch, *, quick: bool = False) -> list[str]:
    """Return the names of the runs that these claims would simulate."""

    def pretend(config: Any, folder: Path, world: Any, **_: Any) -> Any:
        return SimpleNamespace(stopped=False, folder=folder)

    monkeypatch.setattr(campaign, "simulate", pretend)
    chosen = [REGISTER[name] for name in claims]
    found = campaign.run_campaign(Path("out"), SerialCommunicator(), chosen, quick=quick)
    assert found is not None
    return [folder.name for folder in found]


def test_claims_about_the_glass_simulate_the_glass_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulated(["rsb.energy", "rsb.moments"], monkeypatch) == [f"glass-width-{n}" for n in (16, 32, 64, 128)]


def test_other_claims_do_not_simulate_the_glass(monkeypatch: pytest.MonkeyPatch) -> None:
    names = simulated(["layered-sk.identity", "mlp.energy"], monkeypatch)
    assert names[:3] == ["width-8", "width-32", "width-128"]
    assert not any(name.startswith("glass") for name in names)
    assert len(names) == 3 + 4 * 3 * 4


def test_claims_about_widths_of_overlaps_need_one_hidden_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    names = simulated(["rsb.mlp-broad-overlaps", "rsb.mlp-narrow-overlaps"], monkeypatch)
    assert {name.rsplit("-width-")[0] for name in names} == {
        "tanh-depth-1", "relu-depth-1", "sin-depth-1", "glass-sin",
    }  # fmt: skip
    assert len(names) == 16


@pytest.mark.parametrize("quick", [False, True])
def test_the_glass_is_sampled_where_claims_look(quick: bool) -> None:
    spins = list(glass_spin_configs(quick=quick).values())
    assert len(spins) >= 3
    for config in spins:
        relative = 1.0 / config.ladder.inverse_temperatures() / T_C
        assert config.run.copies == COPIES
        assert config.samples >= FEWEST_SAMPLES
        assert np.count_nonzero((relative > WINDOW[0]) & (relative < WINDOW[1])) >= 4
        assert np.count_nonzero((relative > PARAMAGNET[0]) & (relative < PARAMAGNET[1])) >= 2
    mlps = list(glass_mlp_configs(quick=quick).values())
    assert all(config.run.copies == COPIES for config in mlps)
    seeds = [config.seed for config in (*spins, *mlps, *campaign.layered_sk_configs(quick=quick).values())]
    assert len(set(seeds)) == len(seeds)
