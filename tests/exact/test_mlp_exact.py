"""The MLP sampler is exact at every slot: two inputs, the density on a grid, planted errors that must be seen."""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from enumeration import block_test
from mlp_support import mlp_config, mlp_model, plain_energy
from numba import njit
from numpy.typing import NDArray

from mcsim.config import RunConfig
from mcsim.config.moves import MLP_MOVES
from mcsim.kernels import mlp_hmc, mlp_radius
from mcsim.kernels.mlp_radius import draw_radius
from mcsim.models.mlp import MlpModel
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.tempering.driver import TemperingChain, measurements

# Chance that a correct sampler fails one of these tests, shared among all of its comparisons (Bonferroni).
FAMILY_LEVEL = 1e-3
BETAS = [0.0, 0.4, 0.8, 1.5, 2.5]
BINS = 10


def make_config(measurements: int = 3600, **changes: Any) -> RunConfig:
    """Return a run on a network whose coldest slot has a few separate valleys and a prior that still matters."""
    run = {"thermalization": 400, "measurements": measurements, "sweeps_per_measurement": 4}
    model = {"widths": [2, 6, 4], "reference_width": 6, "precision": "float32", "tile_columns": 8}
    return mlp_config(BETAS, copies=4, run=run, **{**model, **changes})


def grid(prior: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and the prior's weight of each; sums over them are the trapezoid rule."""
    if prior == "sphere":
        angle = 2 * np.pi * (np.arange(100_000) + 0.5) / 100_000
        return np.sqrt(2.0) * np.stack([np.cos(angle), np.sin(angle)], axis=1), np.ones(angle.size)
    axis = np.linspace(-12, 12, 601)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    return points, np.exp(-0.5 * (points**2).sum(axis=1))


def law_test(sampled: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the p-value that samples (rows, copies) follow the law of `values` with `weights`."""
    levels, level = np.unique(values, return_inverse=True)
    cumulative = np.cumsum(np.bincount(level, weights=weights))
    cuts = np.searchsorted(cumulative / cumulative[-1], np.arange(1, BINS) / BINS)
    # Half way between levels, where the cells that the points of the grid stand for meet.
    edges = 0.5 * (levels[cuts] + levels[cuts + 1])
    expected = np.bincount(np.searchsorted(edges, values), weights=weights, minlength=BINS) / weights.sum()
    found = np.searchsorted(edges, sampled)
    indicators = np.stack([(found == b).mean(axis=1) for b in range(BINS - 1)], axis=1)
    return block_test(indicators, expected[:-1])


def sampled(config: RunConfig, model: MlpModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return energies (rows, slots, copies) and inputs (rows, slots, copies, 2) of a whole run."""
    chain = TemperingChain(config, model, 0, SerialCommunicator())
    energies, inputs = [], []
    columns = np.arange(config.ladder.inverse_temperatures().size * config.run.copies)
    for measurement in measurements(config, chain, lambda sweeps: False):
        energies.append(measurement.energies)
        inputs.append(chain.walkers.configurations(columns).reshape(*measurement.energies.shape, -1))
    return np.array(energies), np.array(inputs, dtype=np.float64)


def smallest_p_value(config: RunConfig) -> float:
    """Return the smallest p-value of all comparisons with quadrature, times their number."""
    model = mlp_model(config)
    energies, inputs = sampled(config, model)
    points, prior = grid(config.model.prior)
    exact = plain_energy(model, points)
    p_values = []
    for slot, beta in enumerate(config.ladder.inverse_temperatures()):
        weights = prior * np.exp(-beta * (exact - exact.min()))
        p_values.append(law_test(energies[:, slot], exact, weights))
        for i in range(2):
            p_values.append(law_test(inputs[:, slot, :, i], points[:, i], weights))
    return min(p_values) * len(p_values)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
@pytest.mark.parametrize("dynamics", MLP_MOVES)
def test_agrees_with_quadrature(dynamics, prior):
    assert smallest_p_value(make_config(dynamics=dynamics, prior=prior)) > FAMILY_LEVEL


@pytest.mark.parametrize(
    "model",
    [
        {"activation": "sin", "weight_variance": 2.0},
        {"activation": "relu", "widths": [2, 5], "bias_variance": 1.0},
        {"activation": "relu", "widths": [2, 6, 4]},
        {"activation": "linear", "widths": [2, 3]},
        {"activation": "shaped-relu", "activation_shape": 0.5, "widths": [2, 4, 4, 3], "prior": "sphere"},
    ],
    ids=lambda model: "-".join([model["activation"], *(["biases"] if "bias_variance" in model else [])]),
)
def test_other_networks_agree_with_quadrature(model):
    assert smallest_p_value(make_config(**model)) > FAMILY_LEVEL


def rebuilt(function: Any, **replaced: Any) -> Any:
    """Return a compiled function anew, with some of the names it uses replaced."""
    plain = function.py_func
    return njit(FunctionType(plain.__code__, {**plain.__globals__, **replaced}, plain.__name__))


@functools.cache
def uncorrected_sweep() -> Any:
    """Return HMC that accepts every trajectory, compiled once."""

    @njit
    def accepts_all(log_ratio, word, columns, c):
        columns.proposed[c] += 1
        return True

    finish = rebuilt(mlp_hmc.finish_trajectories, accepts=accepts_all)
    return rebuilt(mlp_hmc.sweep_hmc, finish_trajectories=finish)


@pytest.fixture
def uncorrected(monkeypatch):
    """Run HMC without its Metropolis correction."""
    monkeypatch.setattr(mlp_hmc, "sweep_hmc", uncorrected_sweep())


def plant_kick_without_beta(monkeypatch):
    """Kick with dH/dx instead of beta dH/dx; seen only without Metropolis, which makes any kick exact."""
    honest = mlp_hmc.sweep_hmc

    def wrong(state, network, columns, *others):
        honest(state, network, columns._replace(betas=np.ones_like(columns.betas)), *others)

    monkeypatch.setattr(mlp_hmc, "sweep_hmc", wrong)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
@pytest.mark.usefixtures("uncorrected")
def test_missing_correction_is_rejected(prior):
    config = make_config(1200, prior=prior, adapt=False, initial_step=0.75)
    assert smallest_p_value(config) < FAMILY_LEVEL


@pytest.mark.usefixtures("uncorrected")
@pytest.mark.parametrize("wrong_kick", [False, True])
def test_kick_without_beta_is_rejected(wrong_kick, monkeypatch):
    """With small steps the missing correction alone goes unseen, so it is the kick that is rejected."""
    if wrong_kick:
        plant_kick_without_beta(monkeypatch)
    p_value = smallest_p_value(make_config(1200, adapt=False, initial_step=0.1))
    assert (p_value < FAMILY_LEVEL) == wrong_kick


def plant_kicks_that_cost_nothing(monkeypatch):
    """Leave out the change of |p|^2/2 from what decides on a trajectory."""
    honest = mlp_hmc.kick

    @njit
    def free_kick(inputs, sphere, kinked, betas, forces, work, paths, number):
        honest(inputs, sphere, kinked, betas, forces, work, paths, number)
        paths.gained[:] = 0.0

    follow = rebuilt(mlp_hmc.follow_trajectories, kick=free_kick)
    monkeypatch.setattr(mlp_hmc, "sweep_hmc", rebuilt(mlp_hmc.sweep_hmc, follow_trajectories=follow))


def plant_radii_of_one_input_more(monkeypatch):
    """Draw radii from the law for N_0 + 1 inputs."""

    @njit
    def wrong_radius(n, slope, key, sweep):
        return draw_radius(n + 1, slope, key, sweep)

    radii = rebuilt(mlp_radius.draw_radii, draw_radius=wrong_radius)
    monkeypatch.setattr(mlp_hmc, "sweep_hmc", rebuilt(mlp_hmc.sweep_hmc, draw_radii=radii))


def plant_radii_without_the_energy(monkeypatch):
    """Draw radii from the prior."""

    @njit
    def wrong_radius(n, slope, key, sweep):
        return draw_radius(n, 0.0, key, sweep)

    radii = rebuilt(mlp_radius.draw_radii, draw_radius=wrong_radius)
    monkeypatch.setattr(mlp_hmc, "sweep_hmc", rebuilt(mlp_hmc.sweep_hmc, draw_radii=radii))


@pytest.mark.parametrize(
    "plant", [plant_kicks_that_cost_nothing, plant_radii_of_one_input_more, plant_radii_without_the_energy]
)
def test_planted_errors_of_trajectories_and_radii_are_rejected(plant, monkeypatch):
    plant(monkeypatch)
    assert smallest_p_value(make_config(1200, activation="relu")) < FAMILY_LEVEL


def test_quadrature_of_a_linear_network():
    """H = g . x gives <H> = -beta |g|^2 under the Gaussian prior: the grid reaches far enough and is fine enough."""
    config = make_config(activation="linear", widths=[2, 3])
    model = mlp_model(config)
    points, prior = grid("gaussian")
    energy = plain_energy(model, points)
    gradient = plain_energy(model, np.eye(2))
    for beta in BETAS:
        weights = prior * np.exp(-beta * (energy - energy.min()))
        assert energy @ weights / weights.sum() == pytest.approx(-beta * gradient @ gradient, rel=1e-6, abs=1e-9)
