"""The registry of activations."""

import numpy as np
import pytest

from theory import activations

Z = np.array([-30.0, -3.1, -0.7, -1e-3, 1e-3, 0.4, 2.2, 40.0])


@pytest.mark.parametrize("name", activations.names())
def test_the_derivative_is_the_derivative(name):
    activation = activations.get(name, depth=5, shape=0.8)
    step = 1e-5
    difference = (activation.phi(Z + step) - activation.phi(Z - step)) / (2 * step)
    np.testing.assert_allclose(activation.dphi(Z), difference, atol=1e-8)


def test_the_names_asked_for_are_there():
    assert set(activations.names()) >= {"linear", "tanh", "sin", "relu", "erf", "shaped-tanh", "shaped-relu"}


def test_adding_one_is_one_registration(monkeypatch):
    monkeypatch.setattr(activations, "_PLAIN", dict(activations._PLAIN))
    activations.register("softsign", lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2)
    assert activations.get("softsign").phi(np.array([3.0]))[0] == 0.75
    assert "softsign" in activations.names()


def test_shaped_activations_have_the_documented_form_and_flatten_as_one_over_the_root_of_the_depth():
    tanh, relu = (activations.get(name, depth=9, shape=1.5) for name in ("shaped-tanh", "shaped-relu"))
    np.testing.assert_allclose(tanh.phi(Z), 2 * np.tanh(Z / 2), rtol=1e-14)
    np.testing.assert_allclose(relu.phi(Z), np.where(Z > 0, 1.5, 0.5) * Z, rtol=1e-14)
    deep = activations.get("shaped-relu", depth=90_000, shape=1.5)
    np.testing.assert_allclose(deep.phi(Z) - Z, (relu.phi(Z) - Z) / 100, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("swish", {}, "'swish' is unknown; choose one of erf, linear"),
        ("shaped-tanh", {"depth": 0}, "depth 0"),
        ("shaped-relu", {"shape": -1.0}, "shape -1.0"),
        ("shaped-relu", {"shape": float("nan")}, "shape nan"),
    ],
)
def test_bad_requests_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        activations.get(name, **options)


def test_one_member_of_a_family_is_one_object():
    assert activations.get("shaped-tanh", depth=8, shape=2.0) == activations.get("shaped-tanh", depth=8, shape=2.0)
    assert activations.get("shaped-tanh", depth=8, shape=2.0) != activations.get("shaped-tanh", depth=8, shape=1.0)
