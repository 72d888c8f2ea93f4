"""Pieces of the Parisi recursion of the random MLP: smoothing, the input layer, and every equation as a derivative."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import activations
from theory.mlp import MlpModel, ParisiParameters
from theory.mlp.rsb import Resolution, breakpoint_slopes, free_entropy_at
from theory.mlp.rsb.parameters import input_entropy, input_entropy_slopes, input_overlaps
from theory.mlp.rsb.sweep import layer_averages
from theory.numerics.gaussian_smoothing import Smoother

FINE = Resolution(0.4, 6.5)
# Off the saddle point, with increments in every layer; the input's conjugates are no variables.
SOMEWHERE = ParisiParameters(
    x=np.array([0.3, 0.7]),
    k=np.array([[0.5, 0.6, 0.8], [0.3, 0.35, 0.45], [0.6, 0.65, 0.7]]),
    k_d=np.array([1.3, 0.75, 0.95]),
    r=np.array([[0.0, 0.0, 0.0], [1.3, 1.5, 1.9], [2.2, 2.5, 2.6]]),
    r_d=np.array([0.0, 1.7, 2.8]),
)


@settings(max_examples=25, deadline=None)
@given(x=st.floats(0.05, 1.0), sd=st.floats(0.003, 1.5), slope=st.floats(-3.0, 3.0), bend=st.floats(-2.0, 0.5))
def test_smoothing_of_a_parabola_is_the_closed_form(x, sd, slope, bend):
    """(1/x) log E exp(x (s h + b h^2 / 2)) over h ~ N(m, sd^2) is Gaussian integration, while x b sd^2 < 1."""
    h = np.linspace(-6.0, 6.0, 121)
    f = (slope * h + 0.5 * bend * h**2)[:, None]
    derivative = (slope + bend * h)[:, None]
    smooth, (mean,) = Smoother(0.1, sd).forward(x, f, derivative[[0, -1]], derivative[None])
    room = 1.0 - x * bend * sd**2
    if room < 0.3:
        return
    exact = (slope * h + 0.5 * bend * h**2 + 0.5 * x * sd**2 * slope**2) / room - 0.5 * np.log(room) / x
    middle = np.abs(h) < 0.5
    if sd < 0.5:  # else the parabola goes on beyond the grid where the density still counts
        np.testing.assert_allclose(smooth[middle, 0], exact[middle], atol=2e-8)
        np.testing.assert_allclose(mean[middle, 0], ((slope + bend * h) / room)[middle], atol=2e-7)


@pytest.mark.parametrize("sd", [0.02, 0.15, 0.6])
def test_the_adjoint_moves_a_density_as_the_averages_say(sd):
    rng = np.random.default_rng(3)
    h = np.linspace(-8.0, 8.0, 161)[:, None]
    f, slope = 3.0 * np.log(np.cosh(h - 0.4)), 3.0 * np.tanh(h - 0.4)
    phi = np.sin(h)
    density = np.exp(-(h**2)) * (1.0 + rng.random(h.shape))
    step = Smoother(0.1, sd)
    smooth, (mean,) = step.forward(0.6, f, slope[[0, -1]], phi[None])
    after = step.adjoint(0.6, f, slope[[0, -1]], smooth, density)
    assert after.sum() == pytest.approx(density.sum(), rel=1e-9)
    assert np.sum(after * phi) == pytest.approx(np.sum(density * mean), rel=1e-9)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_the_input_overlaps_are_where_its_entropy_is_stationary(prior):
    """d/dK of (1/2) log det K - (1/2) tr (1 - Q) K: an overlap k_i stands off the diagonal, with weight -w_i."""
    model = MlpModel(activations.get("tanh"), (1.0, 1.0), prior=prior)
    x, r, r_d = np.array([0.2, 0.6]), np.array([0.3, 0.5, 1.1]), 0.9
    k, k_d = input_overlaps(model, x, r, r_d)
    widths, step = np.diff([0.0, *x, 1.0]), 1e-5
    for i in range(3):
        moved = step * np.eye(3)[i]
        slope = (input_entropy(x, k + moved, k_d) - input_entropy(x, k - moved, k_d)) / (2 * step)
        assert slope == pytest.approx(0.5 * widths[i] * r[i], abs=1e-8)
    if prior == "gaussian":
        slope = (input_entropy(x, k, k_d + step) - input_entropy(x, k, k_d - step)) / (2 * step)
        assert slope == pytest.approx(-0.5 * r_d, abs=1e-8)
    else:
        assert k_d == pytest.approx(1.0, abs=1e-12)
    by_x = [(input_entropy(x + d, k, k_d) - input_entropy(x - d, k, k_d)) / (2 * step) for d in step * np.eye(2)]
    np.testing.assert_allclose(by_x, input_entropy_slopes(x, k, k_d), atol=1e-8)


def derivatives(model, beta, p):
    """Central differences of Phi, and what the equations say, for every order parameter of layers 1..L and every x."""
    averages = layer_averages(model, p, FINE)
    alpha, step, w = model.width_ratios, 1e-3, p.weights
    measured, expected = [], []

    def difference(name, where):
        values = []
        for sign in (1, -1):
            q = p.copy()
            getattr(q, name)[where] += sign * step
            values.append(free_entropy_at(model, beta, q, resolution=FINE))
        measured.append((values[0] - values[1]) / (2 * step))

    for layer, a in enumerate(averages, start=1):
        for i in range(3):
            difference("r", (layer, i))
            expected.append(0.5 * alpha[layer] * w[i] * (p.k[layer, i] - a.overlap[i]))
        difference("r_d", layer)
        expected.append(0.5 * alpha[layer] * (a.overlap[-1] + a.var_phi - p.k_d[layer]))
    above = averages[1]
    factor = model.width_step(2) * model.weight_variance
    for i in range(3):
        difference("k", (1, i))
        expected.append(0.5 * alpha[1] * w[i] * (p.r[1, i] - factor * above.slope[i]))
    difference("k_d", 1)
    expected.append(0.5 * alpha[1] * (factor * (above.slope[-1] + above.d_hh) - p.r_d[1]))
    for i in range(2):
        difference("x", i)
    expected.extend(breakpoint_slopes(model, beta, p, resolution=FINE))
    return np.array(measured), np.array(expected)


MODEL = MlpModel(activations.get("sin"), (1.2, 0.7, 1.6), 1.5, 0.2)


@pytest.mark.parametrize("name", ["sin", "relu"])
def test_every_equation_is_a_derivative_of_the_free_entropy(name):
    model = MlpModel(activations.get(name), (1.2, 0.7, 1.6), 1.5, 0.2)
    measured, expected = derivatives(model, 1.1, SOMEWHERE)
    np.testing.assert_allclose(measured, expected, atol=5e-6)
    assert np.abs(expected).max() > 1e-2


def test_a_wrong_sign_of_the_reweighting_is_no_derivative(monkeypatch):
    right = Smoother.adjoint

    def wrong(self, x, f, slope, smooth, density):
        moved = right(self, -x, f, slope, smooth, density)
        return moved * density.sum() / moved.sum()

    monkeypatch.setattr(Smoother, "adjoint", wrong)
    measured, expected = derivatives(MODEL, 1.1, SOMEWHERE)
    assert np.abs(measured - expected).max() > 1e-3
