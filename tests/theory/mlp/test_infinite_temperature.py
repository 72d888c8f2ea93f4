"""Moments at beta = 0 of networks of finite width: closed forms, and networks drawn and evaluated one by one."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel
from theory.mlp.exact import infinite_temperature
from theory.mlp.exact.infinite_temperature import prior_self_overlaps


def model(name: str, depth: int, prior: str = "gaussian", c_w: float = 1.0, c_b: float = 0.0) -> MlpModel:
    return MlpModel(activations.get(name, depth=depth), (1.0,) * (depth + 1), c_w, c_b, prior)  # type: ignore[arg-type]


@pytest.mark.parametrize("widths", [(3, 5, 2), (40, 10, 20)])
def test_homogeneous_activations_have_no_correction_in_the_width(widths: tuple[int, ...]) -> None:
    assert prior_self_overlaps(model("linear", 2, c_w=1.5), widths) == pytest.approx([1.0, 1.5, 2.25], rel=1e-12)
    assert prior_self_overlaps(model("relu", 2), widths) == pytest.approx([1.0, 0.5, 0.25], rel=1e-8)


def test_sin_of_one_layer_is_the_transform_of_chi_squared() -> None:
    # E sin^2 = (1 - exp(-2 q)) / 2 with q = |x|^2/N_0, and E exp(-2 q) = (1 + 4/N_0)^(-N_0/2).
    for width in (20, 100):
        exact = 0.5 * (1.0 - (1.0 + 4.0 / width) ** (-0.5 * width))
        assert prior_self_overlaps(model("sin", 1), (width, 7))[1] == pytest.approx(exact, abs=1e-9)
    limit = 0.5 * (1.0 - math.exp(-2.0))
    assert prior_self_overlaps(model("sin", 1), (20, 7))[1] != pytest.approx(limit, abs=1e-3)


@pytest.mark.parametrize(("name", "prior", "c_b"), [("tanh", "gaussian", 0.0), ("sin", "sphere", 0.3)])
def test_agrees_with_networks_drawn_at_random(name: str, prior: str, c_b: float) -> None:
    widths, draws, c_w = (12, 10, 8), 60_000, 2.0
    rng = np.random.default_rng(1)
    phi = activations.get(name).phi
    x = rng.standard_normal((draws, widths[0]))
    if prior == "sphere":
        x *= np.sqrt(widths[0] / (x**2).sum(axis=1, keepdims=True))
    below = x
    measured, errors = [], []
    for fan_in, width in pairwise(widths):
        # A fresh network for every input: z given the layer below is Gaussian of variance C_W K + C_b.
        z = rng.standard_normal((draws, width)) * np.sqrt(c_w * (below**2).sum(axis=1, keepdims=True) / fan_in + c_b)
        below = phi(z)
        k = (below**2).mean(axis=1)
        measured.append(k.mean())
        errors.append(k.std() / math.sqrt(draws))
    predicted = prior_self_overlaps(model(name, 2, prior, c_w, c_b), widths)[1:]
    z_scores = (np.array(measured) - predicted) / np.array(errors)
    assert np.abs(z_scores).max() < 4.0
    wide = prior_self_overlaps(model(name, 2, prior, c_w, c_b), (10**6,) * 3)[1:]
    assert np.abs((np.array(measured) - wide) / np.array(errors)).max() > 8.0, "cannot tell finite widths from infinite"


def test_as_many_widths_as_layers() -> None:
    with pytest.raises(ValueError, match="2 widths"):
        prior_self_overlaps(model("tanh", 2), (3, 4))


def test_deep_networks_cost_no_more_nodes() -> None:
    """Shaped ReLU multiplies K by 1 + c^2/L a layer on average, at any width; a tree of rules would have 3^32 nodes."""
    depth = 32
    found = prior_self_overlaps(model("shaped-relu", depth), (16,) * (depth + 1))
    assert found == pytest.approx((1.0 + 1.0 / depth) ** np.arange(depth + 1), rel=1e-9)


@pytest.mark.parametrize("name", ["tanh", "sin"])
def test_fewer_nodes_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    widths = (24, 16, 24, 20)
    found = prior_self_overlaps(model(name, 3), widths)
    monkeypatch.setattr(infinite_temperature, "_gauss_rule", lambda nodes, weights, count: (nodes, weights))
    assert found == pytest.approx(prior_self_overlaps(model(name, 3), widths), rel=1e-10)
    monkeypatch.undo()
    monkeypatch.setattr(infinite_temperature, "_NODES", 3)
    assert found != pytest.approx(prior_self_overlaps(model(name, 3), widths), rel=1e-10)
