"""The integrator of HMC is reversible, errs by O(eps^2), keeps the sphere, and is exact where H = 0."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from mlp_support import all_slots, mlp_config, mlp_model, zero_disorder

from mcsim.config.moves import MLP_MOVES
from mcsim.kernels import mlp_hmc
from mcsim.kernels.mlp_network import backward_weights, layer_rows
from mcsim.kernels.mlp_splitting import kick_time, rotation_time
from mcsim.kernels.mlp_state import set_z
from mcsim.kernels.mlp_trajectory import begin, reach_inputs
from mcsim.kernels.products import multiply

BETAS = [0.5, 1.0, 2.0]
COPIES = 2


def started(step, steps, *, prior="gaussian", sweep=3, disorder=lambda d: d, **model):
    """Return walkers at the start of trajectories whose steps are fixed."""
    config = mlp_config(BETAS, prior=prior, step_jitter=0.0, **{"widths": [5, 7, 6], "tile_columns": 8, **model})
    whole = mlp_model(config)
    whole = dataclasses.replace(whole, disorder=disorder(whole.disorder))
    walkers = whole.start(all_slots(config))
    walkers._columns.step[:] = step
    walkers._columns.steps[:] = steps
    mlp_hmc.start_trajectories(*walkers._arrays[:5], 0, len(BETAS) * COPIES, sweep)
    return walkers


def inputs(walkers):
    return walkers.configurations(np.arange(len(BETAS) * COPIES)).copy()


def follow(walkers):
    """Follow all trajectories and return where x and p have come to, and the change of the conserved energy."""
    arrays, rows = walkers._arrays, len(BETAS) * COPIES
    x, first = inputs(walkers), arrays.work.noise[:rows].copy()
    mlp_hmc.follow_trajectories(*arrays[1:5], 0, rows)
    reach_inputs(arrays.network, arrays.columns.sphere, arrays.work, arrays.paths, x)
    momentum = np.empty_like(x)
    network, paths = arrays.network, arrays.paths
    multiply(paths.momentum_along[:rows], backward_weights(network, 1), momentum, arrays.work.product)
    momentum += paths.momentum_ends[:, :1] * x + paths.momentum_ends[:, 1:] * first
    reached = layer_rows(arrays.work.layers, network, rows, 0, rows).copy()
    change = paths.gained + walkers._columns.betas * (arrays.work.energy - arrays.work.before)
    return reached, momentum, change


@pytest.mark.parametrize("widths", [[5, 7, 6], [5, 11, 6]], ids=["gram", "no gram"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_reversible(prior, activation, widths):
    walkers = started(0.3, [7, 7, 5, 5, 1, 1], prior=prior, activation=activation, widths=widths)
    arrays, x_before = walkers._arrays, inputs(walkers)
    p_before = arrays.work.noise.copy()
    x, p, _ = follow(walkers)
    assert not np.allclose(x, x_before, atol=0.1)
    walkers._layers()[0][:] = x
    set_z(arrays.network, arrays.work, x)
    arrays.work.noise[:] = -p
    begin(arrays.network, arrays.columns.sphere, arrays.work, arrays.paths, x)
    back, p_back, _ = follow(walkers)
    assert back == pytest.approx(x_before, abs=1e-11)
    assert -p_back == pytest.approx(p_before, abs=1e-11)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_the_end_is_that_of_the_inputs_themselves(prior):
    """z^1 and the conserved energy, followed without x and p, are those of the x and p that are reached."""
    walkers = started(0.4, 4, prior=prior)
    work, network, before = walkers._work, walkers._network, inputs(walkers)
    start = 0.5 * (work.noise**2).sum(axis=1) + (0.5 * (before**2).sum(axis=1) if prior == "gaussian" else 0.0)
    x, p, change = follow(walkers)
    end = 0.5 * (p**2).sum(axis=1) + (0.5 * (x**2).sum(axis=1) if prior == "gaussian" else 0.0)
    energy = walkers._columns.betas * (work.energy - work.before)
    assert change == pytest.approx(end - start + energy, abs=1e-11)
    z = work.z.copy()
    set_z(network, work, x)
    assert z == pytest.approx(work.z, abs=1e-12)
    if prior == "sphere":
        assert (p * x).sum(axis=1) == pytest.approx(0.0, abs=1e-11)


def test_volume_is_kept():
    """The Jacobian of (x, p) -> (x', p'), by differences, has determinant 1; forces that are no gradient included."""
    walkers = started(0.4, 3, activation="relu", widths=[2, 7, 6])
    arrays, columns, h = walkers._arrays, np.arange(6), 1e-6
    x_0, p_0 = inputs(walkers), arrays.work.noise.copy()

    def reached(x, p):
        walkers._layers()[0][:] = x
        set_z(arrays.network, arrays.work, x)
        arrays.work.noise[:] = p
        begin(arrays.network, arrays.columns.sphere, arrays.work, arrays.paths, x)
        return np.concatenate(follow(walkers)[:2], axis=1)

    jacobian = np.empty((6, 4, 4))
    for i in range(4):
        shift = h * np.eye(4)[i]
        ahead, behind = (reached(x_0 + side * shift[:2], p_0 + side * shift[2:]) for side in (1, -1))
        jacobian[:, :, i] = (ahead - behind) / (2 * h)
    assert np.linalg.det(jacobian)[columns] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_energy_error_is_of_second_order(prior):
    errors = [np.abs(follow(started(0.8 / n, n, prior=prior))[2]).max() for n in (16, 32, 64)]
    assert errors[-1] > 1e-9
    for coarse, fine in pairwise(errors):
        assert coarse / fine == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_exact_without_hamiltonian(prior):
    walkers = started(1.3, 4, prior=prior, disorder=zero_disorder)
    x, p = inputs(walkers), walkers._work.noise.copy()
    moved, _, change = follow(walkers)
    assert np.abs(change).max() < 1e-12
    speed = np.linalg.norm(p, axis=1, keepdims=True) / np.sqrt(5) if prior == "sphere" else 1.0
    assert moved == pytest.approx(np.cos(5.2 * speed) * x + np.sin(5.2 * speed) / speed * p, abs=1e-12)


@pytest.mark.parametrize("kinked", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9])
def test_trajectories_are_palindromes_of_the_given_length(n, kinked):
    rotations = [rotation_time(i, n, 0.2, kinked) for i in range(n + 1)]
    kicks = [kick_time(i, n, 0.2, kinked) for i in range(n)]
    assert rotations == pytest.approx(rotations[::-1])
    assert kicks == pytest.approx(kicks[::-1])
    assert min(rotations + kicks) > 0.0
    assert sum(rotations) == pytest.approx(0.2 * n)
    assert sum(kicks) == pytest.approx(n * np.sin(0.2))


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
