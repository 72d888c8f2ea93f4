"""Networks solved layer by layer approach the limit of infinite depth as 1 / L."""

import numpy as np
import pytest

from theory.mlp import convergence, solve_depth_limit
from theory.mlp.depth.convergence import QUANTITIES, extrapolate


@pytest.fixture(scope="module")
def tanh():
    return convergence("shaped-tanh", 1.0, 4.0, (8, 16, 32, 64))


@pytest.fixture(scope="module")
def relu():
    return convergence("shaped-relu", 0.5, 0.25, (8, 16, 32, 64), tolerance=1e-7)


@pytest.mark.parametrize("name", ["free_entropy", "energy", "entropy", "last_v", "last_k0", "replicon"])
@pytest.mark.parametrize("table", ["tanh", "relu"])
def test_the_difference_halves_when_the_depth_doubles_and_the_extrapolation_meets_the_limit(name, table, request):
    found = request.getfixturevalue(table)
    differences = found.differences(name)
    np.testing.assert_allclose(differences[-2] / differences[-1], 2.0, atol=0.15)
    scale = 1.0 if name == "replicon" else abs(found.limit[name])  # a replicon is compared with 1
    assert abs(found.extrapolated[name] - found.limit[name]) < 1e-4 * scale
    # The estimate is the error of the polynomial that lacks one depth.
    assert abs(found.extrapolated[name] - found.limit[name]) < found.extrapolation_error[name] + 1e-6
    assert set(found.limit) == set(QUANTITIES)


@pytest.mark.parametrize("table", ["tanh", "relu"])
def test_depth_64_is_within_two_percent_of_the_limit(table, request):
    found = request.getfixturevalue(table)
    assert found.depths[-1] == 64
    for name in ("free_entropy", "energy", "entropy", "last_v", "last_k0"):
        assert abs(found.differences(name)[-1]) < 0.02 * abs(found.limit[name])
        assert abs(found.differences(name)[0]) > 10 * found.solution.status.error_estimate


@pytest.mark.parametrize("table", ["tanh", "relu"])
def test_overlaps_inside_the_network_approach_the_profile(table, request):
    found = request.getfixturevalue(table)
    limit = solve_depth_limit(found.solution.activation, found.solution.shape, found.solution.b, points=9)
    misses = []
    for depth, solution in zip(found.depths, found.solutions, strict=True):
        every = depth // 8
        inside = solution.order_parameters
        misses.append(max(np.abs(inside.v[::every] - limit.v).max(), np.abs(inside.k0[::every] - limit.k0).max()))
    assert misses[-2] / misses[-1] == pytest.approx(2.0, abs=0.2)


def test_another_shape_is_rejected(tanh, relu):
    for found in (tanh, relu):
        wrong = solve_depth_limit(found.solution.activation, 1.02 * found.solution.shape, found.solution.b)
        for name, value in (("free_entropy", wrong.scaled_free_entropy), ("energy", wrong.scaled_energy)):
            assert abs(found.extrapolated[name] - value) > 1e-3 * abs(found.limit[name])


def test_extrapolation_is_exact_for_polynomials():
    inverse = 1.0 / np.array([3.0, 5.0, 8.0])
    values = np.stack([2.0 - inverse + 3.0 * inverse**2, np.full(3, 4.0)], axis=1)
    np.testing.assert_allclose(extrapolate(inverse, values), [2.0, 4.0], rtol=1e-12)


@pytest.mark.parametrize("depths", [(8,), (8, 8), (16, 8), (0, 8)])
def test_depths_must_grow(depths):
    with pytest.raises(ValueError, match="growing"):
        convergence("shaped-tanh", 1.0, 1.0, depths)
