"""The radius of an input is drawn from its law, and everything that scales with it follows."""

from __future__ import annotations

import numpy as np
import pytest
from mlp_support import mlp_config, plain_energy, plain_layers, start
from scipy import integrate, stats

from mcsim.kernels.mlp_radius import draw_radius


def law(n, slope):
    """Return the distribution function of the density r^(n-1) exp(-r^2/2 - slope r), on a fine grid."""
    top = 0.5 * (np.sqrt(slope**2 + 4 * max(n - 1, 1)) - slope)
    r = np.linspace(max(1e-9, top - 12), top + 12, 40_001)
    log_density = (n - 1) * np.log(r) - 0.5 * r**2 - slope * r
    cumulative = integrate.cumulative_simpson(np.exp(log_density - log_density.max()), x=r, initial=0.0)
    return lambda drawn: np.interp(drawn, r, cumulative / cumulative[-1])


@pytest.mark.parametrize("slope", [-30.0, -2.0, 0.0, 3.0, 20.0])
@pytest.mark.parametrize("n", [2, 5, 1000])
def test_radii_follow_their_law(n, slope):
    key = np.array([n, 77], np.uint32)
    radii = np.array([draw_radius(n, slope, key, sweep) for sweep in range(3000)])
    # Too many tries fail at most where the law is far narrower than the normal one above it.
    assert np.mean(radii > 0) > 0.95
    assert stats.kstest(radii[radii > 0], law(n, slope)).pvalue > 1e-4


@pytest.mark.parametrize("change", [lambda n, slope: (n + 1, slope), lambda n, slope: (n, slope + 0.15)])
def test_another_law_is_told_apart(change):
    key = np.array([3, 77], np.uint32)
    radii = np.array([draw_radius(*change(5, -2.0), key, sweep) for sweep in range(3000)])
    assert stats.kstest(radii, law(5, -2.0)).pvalue < 1e-4


def test_one_input_without_a_mode_keeps_its_radius():
    assert draw_radius(1, 0.5, np.array([1, 2], np.uint32), 0) == -1.0


@pytest.mark.parametrize("activation", ["relu", "linear", "shaped-relu"])
def test_the_whole_state_scales(activation):
    config = mlp_config([0.5, 2.0], widths=[5, 7, 4], activation=activation)
    model, walkers = start(config)
    assert model.network.scales
    walkers.sweep(1, 10)
    x = walkers.configurations(np.arange(4))
    layers = plain_layers(model, x)
    for ours, plain in zip(walkers._layers(), layers, strict=True):
        assert ours == pytest.approx(plain, rel=1e-10, abs=1e-12)
    assert walkers.energies().ravel() == pytest.approx(plain_energy(model, x), rel=1e-10, abs=1e-12)
    assert walkers._state.z == pytest.approx(np.sqrt(1 / 5) * x @ model.disorder.weights[0].T, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("changes", [{"activation": "tanh"}, {"activation": "relu", "bias_variance": 0.1}])
def test_other_networks_do_not_scale(changes):
    assert not start(mlp_config([1.0], **changes))[0].network.scales
