"""Order and chaos, and what depth does to networks whose activation is not shaped."""

import math

import numpy as np
import pytest

from theory import activations
from theory.mlp import correlation_profile, depth_effect, edge_of_chaos, propagate

TANH, SIN, ERF, RELU = (activations.get(name) for name in ("tanh", "sin", "erf", "relu"))


@pytest.mark.parametrize(("activation", "edge"), [(TANH, 1.0), (SIN, 1.0), (ERF, math.pi / 4), (RELU, 2.0)])
def test_edges_of_chaos(activation, edge):
    assert edge_of_chaos(activation) == pytest.approx(edge, rel=1e-8)
    below, above = propagate(activation, 0.9 * edge), propagate(activation, 1.1 * edge)
    assert (below.phase, above.phase) == ("ordered", "chaotic")
    assert below.chi == pytest.approx(0.9, rel=1e-8)  # signals vanish: C_W phi'(0)^2; relu: C_W / 2
    assert propagate(activation, edge).depth_scale > 1e5


def test_sin_has_closed_forms():
    """E sin^2 = (1 - exp(-2 s)) / 2, E cos^2 = (1 + exp(-2 s)) / 2, E sin sin = exp(-s) sinh(s c), s = C_W q."""
    limit = propagate(SIN, 2.0)
    s = 2.0 * limit.self_overlap
    assert limit.self_overlap == pytest.approx(0.5 * (1.0 - math.exp(-2.0 * s)), rel=1e-10)
    assert limit.chi == pytest.approx(1.0 + math.exp(-2.0 * s), rel=1e-10)
    assert limit.depth_scale == pytest.approx(1.0 / math.log(limit.chi))
    q, c = correlation_profile(SIN, 2.0, 3, 0.6)
    for layer in (1, 2, 3):
        s = 2.0 * q[layer - 1]
        assert q[layer] * c[layer] == pytest.approx(math.exp(-s) * math.sinh(s * c[layer - 1]), abs=1e-9)


def test_relu_follows_the_arc_cosine_kernel_and_is_critical_at_two():
    q, c = correlation_profile(RELU, 2.0, 40)
    np.testing.assert_allclose(q, 1.0, rtol=1e-9)
    expected = 0.0
    for layer in range(1, 41):
        angle = math.acos(expected)
        expected = (math.sin(angle) + (math.pi - angle) * expected) / math.pi
        assert c[layer] == pytest.approx(expected, abs=2e-5)
    limit = propagate(RELU, 2.0)
    assert (limit.self_overlap, limit.phase) == (1.0, "critical")
    assert propagate(RELU, 3.0).self_overlap == math.inf


def test_nearby_inputs_part_at_the_rate_chi():
    limit = propagate(TANH, 3.0)
    _, c = correlation_profile(TANH, 3.0, 20, 1.0 - 1e-8)
    rate = (1.0 - c[16:21]) / (1.0 - c[15:20])
    np.testing.assert_allclose(rate, limit.chi, rtol=1e-3)
    assert limit.chi > 1.1
    far = correlation_profile(TANH, 3.0, 60, 0.9)[1]
    assert far[-1] < 0.1  # chaos: the correlation is forgotten


@pytest.mark.parametrize(("name", "c_w"), [("tanh", 1.5), ("relu", 2.0), ("sin", 0.8)])
def test_the_hot_energy_is_that_of_order_and_chaos(name, c_w):
    beta = 1e-3
    effect = depth_effect(name, c_w, beta, (1, 3), tolerance=1e-9)
    np.testing.assert_allclose(-effect.energy / beta, effect.hot_energy_slope, rtol=1e-4)
    deeper = depth_effect(name, c_w, beta, (2, 4), tolerance=1e-5).hot_energy_slope
    assert np.abs(-effect.energy / beta / deeper - 1.0).min() > 0.02, "cannot tell one layer more"


def test_depth_moves_the_line_where_replica_symmetry_breaks():
    shallow = 3.571  # of one layer; see theory.mlp.rs.stability
    deep = depth_effect("sin", 1.0, shallow, (2,), beta_max=6.0, tolerance=1e-3)
    assert deep.critical_beta[0] > shallow + 0.2
    assert deep.replicon[0] < 0.95
    assert depth_effect("sin", 1.0, 1.01 * deep.critical_beta[0], (1, 2), tolerance=1e-3).replicon.min() > 1.0
    assert np.isnan(depth_effect("tanh", 1.0, 1.0, (1,), beta_max=1.2, tolerance=1e-3).critical_beta[0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: depth_effect("shaped-tanh", 1.0, 1.0, (1,)),
        lambda: depth_effect("tanh", 1.0, 1.0, ()),
        lambda: propagate(TANH, 0.0),
        lambda: correlation_profile(TANH, 1.0, 3, 1.5),
    ],
)
def test_arguments_out_of_range(call):
    with pytest.raises(ValueError, match=r"must|shaped"):
        call()
