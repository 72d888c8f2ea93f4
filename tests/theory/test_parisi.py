"""The overlap function and what follows from it, for functions that are known in closed form."""

import numpy as np
import pytest

from theory.parisi import StepFunction

# q(x) = asinh(x) / 2 and x / 2 up to x_P = 0.6: dx/dq = 2 cosh(2 q) and 2.
PLATEAU = 0.6


def steps_of(count):
    edges = np.linspace(0, PLATEAU, count + 1)
    breakpoints = 0.5 * (edges[:-1] + edges[1:])
    middle = np.append(0.5 * (np.append(0, breakpoints[:-1]) + breakpoints), PLATEAU)
    return StepFunction(breakpoints, np.column_stack([np.arcsinh(middle), middle]) / 2, PLATEAU)


def test_weights_moments_and_values():
    function = StepFunction(np.array([0.2, 0.7]), np.array([[0.1, 0.0], [0.4, 0.5], [0.9, 0.6]]), 0.7)
    assert function.weights == pytest.approx([0.2, 0.5, 0.3])
    assert function.moments(0) == pytest.approx([1, 1])
    assert function.moments(2) == pytest.approx([0.2 * 0.01 + 0.5 * 0.16 + 0.3 * 0.81, 0.5 * 0.25 + 0.3 * 0.36])
    assert function.largest.tolist() == [0.9, 0.6]
    assert function.at([0.0, 0.19, 0.21, 1.0]).tolist() == [[0.1, 0.0], [0.1, 0.0], [0.4, 0.5], [0.9, 0.6]]
    assert function.mean(function.values[:, 0]) == pytest.approx(0.49)
    assert function.variance(function.values[:, 0]) == pytest.approx(function.moments(2)[0] - 0.49**2)


@pytest.mark.parametrize("layer", [0, 1])
def test_the_density_of_a_known_function(layer):
    q, density, atom = steps_of(40).density(np.eye(2)[layer])
    assert atom == pytest.approx(1 - PLATEAU)
    assert density == pytest.approx(2 * np.cosh(2 * q) if layer == 0 else np.full_like(q, 2), abs=0.02)
    assert np.trapezoid(density, q) == pytest.approx(PLATEAU, abs=1e-3)
    # The overlap of both layers together ends where theirs do, and holds the same weight.
    both, density, _ = steps_of(40).density([0.5, 0.5])
    assert both[-1] == pytest.approx(0.25 * (np.arcsinh(PLATEAU) + PLATEAU))
    assert np.trapezoid(density, both) == pytest.approx(PLATEAU, abs=1e-3)


def test_without_steps_there_is_an_atom_alone():
    q, density, atom = StepFunction(np.zeros(0), np.array([[0.3]]), 0.0).density([1.0], points=5)
    assert (q[-1], atom) == (0.3, 1.0)
    assert not density.any()
