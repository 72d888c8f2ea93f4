"""The runs that claims about replica symmetry breaking ask for."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import T_C

from mcsim.config import RunConfig
from validation.campaigns import packaged_campaign
from validation.claims import REGISTER
from validation.claims.rsb_copies import PARAMAGNET
from validation.claims.rsb_slots import COPIES, FEWEST_SAMPLES, GLASS
from validation.simulate import runs_for


def simulated(claims: list[str], *, quick: bool = False) -> list[str]:
    """Return the names of the runs that these claims would simulate."""
    return list(runs_for([REGISTER[name] for name in claims], quick=quick))


def configs(campaign: str, *, quick: bool) -> list[RunConfig]:
    return list(packaged_campaign(campaign).runs(quick=quick).values())


def test_claims_about_the_glass_simulate_the_glass_alone() -> None:
    assert simulated(["rsb.energy", "rsb.moments"]) == [f"glass-width-{n}" for n in (16, 32, 64, 128)]


def test_other_claims_do_not_simulate_the_glass() -> None:
    names = simulated(["layered-sk.identity", "mlp.energy"])
    assert names[:3] == ["width-8", "width-32", "width-128"]
    assert not any(name.startswith("glass") for name in names)
    assert len(names) == 3 + 4 * 3 * 4


def test_claims_about_widths_of_overlaps_need_one_hidden_layer() -> None:
    names = simulated(["rsb.mlp-broad-overlaps", "rsb.mlp-narrow-overlaps"])
    assert {name.rsplit("-width-")[0] for name in names} == {
        "tanh-depth-1", "relu-depth-1", "sin-depth-1", "glass-sin",
    }  # fmt: skip
    assert len(names) == 16


@pytest.mark.parametrize("quick", [False, True])
def test_the_glass_is_sampled_where_claims_look(quick: bool) -> None:
    spins = configs("layered_sk_glass", quick=quick)
    assert len(spins) >= 3
    for config in spins:
        relative = 1.0 / config.ladder.inverse_temperatures() / T_C
        assert config.run.copies == COPIES
        assert config.samples >= FEWEST_SAMPLES
        assert np.count_nonzero((relative > GLASS[0]) & (relative < GLASS[1])) >= 4
        assert np.count_nonzero((relative > PARAMAGNET[0]) & (relative < PARAMAGNET[1])) >= 2
    mlps = configs("mlp_sin_glass", quick=quick)
    assert all(config.run.copies == COPIES for config in mlps)
    seeds = [config.seed for config in (*spins, *mlps, *configs("layered_sk", quick=quick))]
    assert len(set(seeds)) == len(seeds)
