"""The tilted measure of one neuron, against brute force and closed forms."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfcx, ndtr

from theory import activations
from theory.mlp.neuron.mesh import SiteField, build_mesh
from theory.mlp.neuron.tilted import tilted_moments
from theory.result import NotConvergedError


def moments(activation, field, h, u):
    """Return f, <phi>, var phi, d_h f, d_h^2 f, d_h d_u f at one (h, u)."""
    mesh = build_mesh(activation, field)
    result = tilted_moments(mesh, field, np.array([h]), np.array([u]))
    return np.array([float(column[0]) for column in vars(result).values()])


def brute_force(activation, field, h, u):
    """Return the same by scipy.integrate.quad over short pieces of z."""
    variance = field.variance

    def phi(z):
        return float(activation.phi(np.array(z)))

    def exponent(z):
        return 0.5 * field.rt * phi(z) ** 2 + u * phi(z) - (z - h) ** 2 / (2 * variance)

    reach = abs(h) + (12 + 4 * abs(u)) * math.sqrt(variance)
    edges = np.linspace(-reach, reach, 301)
    top = max(exponent(z) for z in np.linspace(-reach, reach, 3001))

    def integral(function):
        pieces = itertools.pairwise(edges)
        return sum(
            quad(lambda z: function(z) * math.exp(exponent(z) - top), a, b, epsabs=1e-15, epsrel=1e-12)[0]
            for a, b in pieces
            if max(exponent(z) for z in np.linspace(a, b, 5)) > top - 60
        )

    norm = integral(lambda z: 1.0)
    mean_phi, mean_z = integral(phi) / norm, integral(lambda z: z) / norm
    var_phi = integral(lambda z: (phi(z) - mean_phi) ** 2) / norm
    var_z = integral(lambda z: (z - mean_z) ** 2) / norm
    cov = integral(lambda z: (phi(z) - mean_phi) * (z - mean_z)) / norm
    f = top + math.log(norm / math.sqrt(2 * math.pi * variance))
    return np.array([f, mean_phi, var_phi, (mean_z - h) / variance, (var_z / variance - 1) / variance, cov / variance])


@pytest.mark.parametrize("name", activations.names())
def test_moments_agree_with_brute_force(name):
    activation = activations.get(name, depth=3, shape=1.2)
    rng = np.random.default_rng(len(name))
    for u_sd in (1.0, 8.0):
        field = SiteField(rng.uniform(0.2, 2.0), rng.uniform(0.3, 2.0), u_sd, rng.uniform(-0.4, 0.1))
        h, u = rng.normal() * field.h_sd, rng.normal() * field.u_sd
        expected = brute_force(activation, field, h, u)
        np.testing.assert_allclose(moments(activation, field, h, u), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("u", [-120.0, 3.0, 120.0])
def test_sharp_peaks_of_a_periodic_activation_are_resolved(u):
    activation, field = activations.get("sin"), SiteField(4.0, 3.0, 16.0, -0.3)
    for h in (-9.0, 0.3, 11.0):
        expected = brute_force(activation, field, h, u)
        np.testing.assert_allclose(moments(activation, field, h, u), expected, rtol=1e-8, atol=1e-10)


def linear_moments(field, h, u):
    """Gaussian integrals of the linear network."""
    v, rt = field.variance, field.rt
    width = v / (1 - rt * v)
    mean = width * (h / v + u)
    f = mean**2 / (2 * width) - h**2 / (2 * v) + 0.5 * math.log(width / v)
    return np.array([f, mean, width, (mean - h) / v, (width / v - 1) / v, width / v])


@pytest.mark.parametrize("u_sd", [1.0, 64.0])
def test_a_tilt_that_moves_the_integrand_far_away_is_followed(u_sd):
    """Linear activation: the tilt moves the peak by u standard deviations, beyond any fixed nodes."""
    field = SiteField(0.9, 40.0, u_sd, -0.2)
    for h, u in [(0.0, 0.0), (200.0, -3.0 * u_sd), (-300.0, 8.0 * u_sd)]:
        np.testing.assert_allclose(
            moments(activations.get("linear"), field, h, u), linear_moments(field, h, u), rtol=1e-10, atol=1e-10
        )


def relu_moments(field, h, u):
    """Truncated Gaussians on either side of the kink."""
    v, s = field.variance, math.sqrt(field.variance)
    width = v / (1 - field.rt * v)
    mean, t = width * (h / v + u), math.sqrt(width)

    def log_cdf(x):
        return math.log(0.5 * erfcx(-x / math.sqrt(2))) - 0.5 * x * x if x < 0 else math.log(ndtr(x))

    def mills(x):
        return math.sqrt(2 / math.pi) / erfcx(-x / math.sqrt(2)) if x < 30 else 0.0

    right = log_cdf(mean / t) + mean**2 / (2 * width) - h**2 / (2 * v) + math.log(t / s)
    f = np.logaddexp(right, log_cdf(-h / s))
    p, q = math.exp(right - f), math.exp(log_cdf(-h / s) - f)
    z_right, z_left = mean + t * mills(mean / t), h - s * mills(-h / s)
    zz_right, zz_left = mean * z_right + width, h * z_left + v
    mean_z, mean_phi = p * z_right + q * z_left, p * z_right
    var_z = p * zz_right + q * zz_left - mean_z**2
    var_phi, cov = p * zz_right - mean_phi**2, p * zz_right - mean_phi * mean_z
    return np.array([f, mean_phi, var_phi, (mean_z - h) / v, (var_z / v - 1) / v, cov / v])


def test_relu_agrees_with_its_closed_form_through_the_front_where_the_peak_jumps():
    field = SiteField(1.1, 9.0, 16.0, 0.05)
    for u in (-100.0, -8.0, 2.0, 40.0):
        for h in np.concatenate([np.linspace(-30, 30, 7), -0.55 * u + np.array([-0.05, 0.0, 0.1])]):
            np.testing.assert_allclose(
                moments(activations.get("relu"), field, h, u), relu_moments(field, h, u), rtol=1e-9, atol=1e-9
            )


def test_a_weight_that_cannot_be_normalised_is_refused():
    square = activations.Activation("square", lambda z: z**2, lambda z: 2 * z)
    with pytest.raises(NotConvergedError, match="no bounded range"):
        build_mesh(square, SiteField(1.0, 1.0, 1.0, 0.0))


def test_a_kink_away_from_the_origin_needs_no_declaration():
    shifted = activations.Activation(
        "shifted", lambda z: np.maximum(z - 0.3, 0.0), lambda z: np.heaviside(z - 0.3, 0.5)
    )
    field = SiteField(0.7, 1.0, 6.0, -0.1)
    expected = brute_force(shifted, field, 0.2, -5.0)
    np.testing.assert_allclose(moments(shifted, field, 0.2, -5.0), expected, rtol=1e-8, atol=1e-9)
