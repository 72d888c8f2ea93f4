"""The compiled network is the one that is defined: forward pass against NumPy, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_support import PHI, mlp_config, mlp_model, plain_energy, plain_layers, work_space

from mcsim.config.activations import ACTIVATIONS
from mcsim.kernels.mlp_activations import REGISTRY
from mcsim.kernels.mlp_network import backward, backward_weights, forward, layer_rows
from mcsim.kernels.mlp_state import set_z
from mcsim.kernels.mlp_trajectory import set_forces
from mcsim.kernels.products import multiply
from mcsim.models.base import SlotBlock

shapes = st.lists(st.integers(1, 9), min_size=2, max_size=5)
unhurried = settings(max_examples=25, deadline=None)


def random_model(widths, activation, seed, precision="float64"):
    """Return a model whose constants all differ from 1 and from one another."""
    shape = {"activation_shape": 0.7} if ACTIVATIONS[activation].shaped else {}
    config = mlp_config(
        [1.0], widths=widths, activation=activation, reference_width=6, weight_variance=1.7,
        bias_variance=0.4 * (seed % 2), precision=precision, tile_columns=8, **shape,
    )  # fmt: skip
    return mlp_model(config, seed)


def evaluate(model, x, rows):
    """Return (H, dH/dx, layers) of the points x from the compiled passes, in a work space for `rows`."""
    work, network, active = work_space(model, rows), model.network, x.shape[0]
    layer_rows(work.layers, network, rows, 0, active)[:] = x
    set_z(network, work, layer_rows(work.layers, network, rows, 0, active))
    forward(network, work, rows, active)
    layers = [layer_rows(work.layers, network, rows, k, active).copy() for k in range(network.widths.size)]
    energy = work.energy[:active].copy()
    backward(network, work, rows, active)
    gradient = np.empty_like(layers[0])
    multiply(layer_rows(work.slopes, network, rows, 1, active), backward_weights(network, 1), gradient, work.product)
    return energy, gradient, layers


def test_every_activation_has_a_reference():
    assert set(REGISTRY) == set(ACTIVATIONS) == set(PHI)


@pytest.mark.parametrize("activation", PHI)
@given(widths=shapes, seed=st.integers(0, 999), active=st.integers(1, 4), spare=st.integers(0, 2))
@unhurried
def test_forward_pass_and_gradient(activation, widths, seed, active, spare):
    model = random_model(widths, activation, seed)
    x = 2.0 * np.random.default_rng(seed + 1).standard_normal((active, widths[0]))
    energy, gradient, layers = evaluate(model, x, active + spare)
    for ours, plain in zip(layers, plain_layers(model, x), strict=True):
        assert ours == pytest.approx(plain, rel=1e-12, abs=1e-13)
    assert energy == pytest.approx(plain_energy(model, x), rel=1e-11, abs=1e-12)
    h = 1e-5
    for i in range(widths[0]):
        step = h * np.eye(widths[0])[i]
        ahead, behind = plain_energy(model, x + step), plain_energy(model, x - step)
        one_sided = (ahead - energy) / h, (energy - behind) / h
        # Between two points a network with kinks may have one, where differences mean nothing.
        smooth = np.abs(one_sided[0] - one_sided[1]) < 1e-2 * (1.0 + np.abs(one_sided[0]))
        if activation not in ("relu", "shaped-relu"):
            assert np.all(smooth)
        difference = (ahead - behind) / (2.0 * h)
        assert gradient[smooth, i] == pytest.approx(difference[smooth], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("activation", PHI)
def test_single_precision_agrees_with_double(activation):
    x = 2.0 * np.random.default_rng(3).standard_normal((5, 40))
    results = [evaluate(random_model([40, 60, 30], activation, 11, p), x, 5) for p in ("float32", "float64")]
    assert results[0][1].dtype == np.float32
    assert results[0][0] == pytest.approx(results[1][0], abs=3e-5)
    scale = np.abs(results[1][1]).max()
    # A unit within rounding of its kink may fall on the other side of it: none does for these numbers.
    assert results[0][1] == pytest.approx(results[1][1], abs=3e-6 * scale)


@pytest.mark.parametrize("activation", ["relu", "shaped-relu"])
def test_slopes_rise_across_a_kink(activation):
    """They are the mean of phi' over z - s .. z + s, s = reach x speed, and those of phi far from the kink."""
    model = random_model([1, 201], activation, 2)
    work, network = work_space(model, 1), model.network
    work.z[0] = np.linspace(-3.0, 3.0, 201)
    work.reach[:] = 0.5
    forward(network, work, 1, 1)
    reach = 0.5 * np.sqrt(1.7)
    assert network.speed == pytest.approx([np.sqrt(1.7)])
    t = network.shape
    ahead, behind = (PHI[activation](work.z[0] + side, t) for side in (reach, -reach))
    assert work.slopes[1:] == pytest.approx((ahead - behind) / (2 * reach), abs=1e-12)


@pytest.mark.parametrize("widths", [[6, 5, 4], [2, 9, 3]], ids=["gram", "no gram"])
def test_force_on_z(widths):
    """The velocity of z^1 changes by F^T dH/dx, with or without a Gram matrix."""
    model = random_model(widths, "tanh", 4)
    arrays = model.start(SlotBlock(range(3), np.zeros(3), 1, 0, 0))._arrays
    assert (model.network.gram.size > 0) == (widths[1] <= 2 * widths[0])
    x = np.random.default_rng(1).standard_normal((3, widths[0]))
    _, gradient, _ = evaluate(model, x, 3)
    set_z(model.network, arrays.work, x)
    set_forces(model.network, arrays.work, arrays.paths, 3, 3)
    first = np.sqrt(1.7 / widths[0]) * model.disorder.weights[0]
    assert arrays.paths.force == pytest.approx(gradient @ first.T, rel=1e-11, abs=1e-12)
