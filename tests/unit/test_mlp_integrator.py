"""The integrator of HMC is reversible, errs by O(eps^2), keeps the sphere, and is exact where H = 0."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from mlp_support import all_slots, mlp_config, mlp_model, zero_disorder

from mcsim.config.moves import MLP_MOVES
from mcsim.kernels import mlp_hmc
from mcsim.kernels.mlp_network import layer_rows

BETAS = [0.5, 1.0, 2.0]
COPIES = 2


def started(step, steps, *, prior="gaussian", sweep=3, disorder=lambda d: d, **model):
    """Return walkers after the first half kick of trajectories whose steps are fixed."""
    config = mlp_config(BETAS, widths=[5, 7, 6], prior=prior, step_jitter=0.0, tile_columns=8, **model)
    whole = mlp_model(config)
    whole = dataclasses.replace(whole, disorder=disorder(whole.disorder))
    walkers = whole.start(all_slots(config))
    walkers._columns.step[:] = step
    walkers._columns.steps[:] = steps
    arrays = (walkers._state, walkers._network, walkers._columns, walkers._work)
    mlp_hmc.start_trajectories(*arrays, 0, len(BETAS) * COPIES, sweep)
    return walkers


def points(walkers):
    rows = walkers._work.energy.size
    return layer_rows(walkers._work.layers, walkers._network, rows, 0, rows), walkers._work.momentum


def follow(walkers):
    """Follow all trajectories and return the change of the conserved energy in each row."""
    rows = walkers._work.energy.size
    mlp_hmc.follow_trajectories(walkers._network, walkers._columns, walkers._work, 0, rows)
    x, p = points(walkers)
    after = 0.5 * (p**2).sum(axis=1) + walkers._columns.betas * walkers._work.energy
    if not walkers._columns.sphere:
        after += 0.5 * (x**2).sum(axis=1)
    return after - walkers._work.before


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_reversible(prior):
    walkers = started(0.3, [7, 7, 5, 5, 1, 1], prior=prior)
    x, p = points(walkers)
    x_before, gradient = x.copy(), walkers._state.gradient
    betas = walkers._columns.betas[:, None]
    # The momentum before the first half kick, which the last half kick of the way back must restore.
    p_before = p + 0.15 * betas * gradient
    if prior == "sphere":
        p_before -= (p_before * x).sum(axis=1, keepdims=True) / 5 * x
    follow(walkers)
    p *= -1.0
    half = 0.15 * betas * walkers._work.gradient
    p -= half if prior == "gaussian" else half - (half * x).sum(axis=1, keepdims=True) / 5 * x
    assert not np.allclose(x, x_before, atol=0.1)
    follow(walkers)
    assert x == pytest.approx(x_before, abs=1e-12)
    assert -p == pytest.approx(p_before, abs=1e-12)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_energy_error_is_of_second_order(prior):
    errors = [np.abs(follow(started(0.8 / n, n, prior=prior))).max() for n in (16, 32, 64)]
    assert errors[-1] > 1e-9
    for coarse, fine in pairwise(errors):
        assert coarse / fine == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_exact_without_hamiltonian(prior):
    walkers = started(1.3, 4, prior=prior, disorder=zero_disorder)
    x, p = (a.copy() for a in points(walkers))
    assert np.abs(follow(walkers)).max() < 1e-12
    moved, _ = points(walkers)
    speed = np.linalg.norm(p, axis=1, keepdims=True) / np.sqrt(5) if prior == "sphere" else 1.0
    assert moved == pytest.approx(np.cos(5.2 * speed) * x + np.sin(5.2 * speed) / speed * p, abs=1e-12)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("dynamics", MLP_MOVES)
def test_sphere_is_kept(dynamics, precision):
    config = mlp_config([0.0, 3.0], widths=[5, 7], prior="sphere", dynamics=dynamics, precision=precision)
    walkers = mlp_model(config).start(all_slots(config))
    before = walkers.configurations(np.arange(4))
    walkers.sweep(0, 200)
    x = walkers.configurations(np.arange(4)).astype(np.float64)
    assert not np.any(np.all(x == before, axis=-1))
    assert (x**2).sum(axis=-1) == pytest.approx(5.0, rel=20 * float(np.finfo(precision).eps))
