"""Where the plateau of q(x) begins, and so the atom of P(q): from the fields, not from the grid of x."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_frsb
from theory.layered_sk.rsb import evaluate
from theory.layered_sk.rsb.start import breakpoint_curve

SK = LayeredCouplings.from_convention([100, 100], "fan-in")
FOUR_EQUAL = LayeredCouplings.from_convention([100] * 4, "fan-in")
UNEQUAL = LayeredCouplings.from_convention([784, 400, 400, 10], "fan-in")


def solved(couplings, ratio, steps):
    """Return the solution at a fraction of T_c, and the fields on its levels."""
    temperature = ratio * critical_temperature(couplings)
    solution = solve_frsb(couplings, temperature, steps=steps, tolerance=1e-2)
    return solution, evaluate(couplings, temperature, solution.overlaps, solution.breakpoints)


def x_of_levels(state):
    """Return x on the levels below the plateau from a constant replicon, for all layers and for each alone."""
    squares, cubes = [], []
    for layer in state.layers:
        for level, y in enumerate(layer.grid.fields[:-1]):
            even = CubicSpline(np.append(-y[:0:-1], y), np.append(layer.chi[level][:0:-1], layer.chi[level]))
            squares.append(layer.probability[level] @ even.derivative()(y) ** 2)
            cubes.append(layer.probability[level] @ layer.chi[level] ** 3)
    squares, cubes = (np.reshape(column, (len(state.layers), -1)).T for column in (squares, cubes))
    rises = np.array([state.couplings.field_variances(step) for step in np.gradient(state.overlaps, axis=0)[:-1]])
    weights = state.couplings.layer_fractions * rises**3
    return (weights * squares).sum(axis=1) / (2 * (weights * cubes).sum(axis=1)), squares / (2 * cubes)


@pytest.mark.parametrize(("couplings", "ratio"), [(SK, 0.4), (UNEQUAL, 0.6)])
def test_a_constant_replicon_gives_x_where_x_is_known(couplings, ratio):
    solution, state = solved(couplings, ratio, 32)
    together, alone = x_of_levels(state)
    middle = 0.5 * (np.append(0, solution.breakpoints[:-1]) + solution.breakpoints)
    assert np.abs(together - middle).max() < 1e-3
    assert np.sqrt(np.mean((together - middle) ** 2)) < 2e-4
    if couplings is UNEQUAL:
        # Known-wrong partner: the same of one layer, whose replicon does not stay as it is.
        assert all(np.abs(alone[:, layer] - middle).max() > 5e-3 for layer in range(4))


@pytest.mark.parametrize(("couplings", "limit"), [(SK, 0.48915), (FOUR_EQUAL, 0.48837)])
def test_the_atom_converges_to_a_limit_which_the_ends_of_the_grid_miss(couplings, limit):
    solutions = [solved(couplings, 0.4, steps)[0] for steps in (8, 16, 32)]
    atoms = [solution.overlap_density(0)[2] for solution in solutions]
    assert 2.5 < (atoms[0] - atoms[1]) / (atoms[1] - atoms[2]) < 4.5  # K^-2
    assert atoms[2] == pytest.approx(limit, abs=1e-4)
    assert atoms[2] + (atoms[2] - atoms[1]) / 3 == pytest.approx(limit, abs=3e-5)
    # Known-wrong partners: the last step; the grid continued by half a cell, along a line or its own curve.
    grids = [solution.breakpoints for solution in solutions]
    last = [1 - x[-1] for x in grids]
    line = [1 - (1.5 * x[-1] - 0.5 * x[-2]) for x in grids]
    curve = [1 - float(breakpoint_curve(x)(np.ones(1))[0]) for x in grids]
    assert last[2] - limit > 1e-2
    assert line[2] - limit > 2e-3
    assert curve[2] - limit > 1e-3
    # More steps do not mend the curve: it ends where the few free breakpoints ended that it was drawn through.
    assert curve[2] == pytest.approx(curve[1], abs=1e-6)
