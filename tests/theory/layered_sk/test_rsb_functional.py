"""The free energy with broken replica symmetry at any order parameters: independent sums, derivatives, limits."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from theory.layered_sk import LayeredCouplings, rs_free_energy
from theory.layered_sk.rsb import evaluate
from theory.layered_sk.rsb.functional import newton_matrix
from theory.layered_sk.rsb.layer import solve_layer

COUPLINGS = LayeredCouplings.from_variances([30, 80, 50], [0.02, 0.013])
TEMPERATURE = 0.5
OVERLAPS = np.array([[0.2, 0.3, 0.25], [0.4, 0.5, 0.45], [0.6, 0.8, 0.7], [0.7, 0.85, 0.8]])
BREAKPOINTS = np.array([0.2, 0.4, 0.7])
MIXING = np.diag(COUPLINGS.from_above, 1) + np.diag(COUPLINGS.from_below, -1)


def two_level_layer(variances, x):
    """phi, F_0, F_1 and the chi averages of one step, by nested trapezoid sums over standard normals."""
    xi = np.linspace(-9, 9, 1201)
    weight = norm.pdf(xi) * (xi[1] - xi[0])
    outer = math.sqrt(variances[0]) * xi
    inner = outer[:, None] + math.sqrt(variances[1] - variances[0]) * xi
    log_cosh = np.logaddexp(inner, -inner)
    tilt = weight * np.exp(x * (log_cosh - log_cosh.max(axis=1, keepdims=True)))
    f_0 = np.log(tilt.sum(axis=1)) / x + log_cosh.max(axis=1)
    tilt /= tilt.sum(axis=1, keepdims=True)
    m_0 = (tilt * np.tanh(inner)).sum(axis=1)
    m_squared = (tilt * np.tanh(inner) ** 2).sum(axis=1)
    chi_0 = 1 - m_squared + x * (m_squared - m_0**2)
    sech4 = (tilt * np.cosh(np.minimum(np.abs(inner), 300)) ** -4.0).sum(axis=1)
    return [float(weight @ values) for values in (f_0, m_0**2, m_squared, chi_0**2, sech4)]


@pytest.mark.parametrize(
    ("variances", "x"), [((0.3, 1.1), 0.4), ((4.0, 30.0), 0.15), ((1e-3, 2e-3), 0.9), ((0.5, 0.52), 0.02)]
)
def test_one_layer_agrees_with_nested_sums(variances, x):
    state = solve_layer(np.array(variances), np.array([x]))
    found = [state.value, *state.overlaps, *state.squared_response]
    assert found == pytest.approx(two_level_layer(variances, x), rel=1e-10)


def test_nested_sums_notice_a_missing_tilt():
    # Known-wrong partner: levels averaged without the weight exp(x f).
    state = solve_layer(np.array([0.3, 1.1]), np.array([1e-6]))
    assert abs(state.overlaps[1] - two_level_layer((0.3, 1.1), 0.4)[2]) > 1e-2


def test_without_steps_it_is_the_replica_symmetric_free_energy():
    q = OVERLAPS[1]
    assert evaluate(COUPLINGS, TEMPERATURE, [q], []).free_energy == pytest.approx(
        rs_free_energy(COUPLINGS, TEMPERATURE, q), abs=1e-12
    )


def test_a_level_split_in_two_changes_nothing():
    whole = evaluate(COUPLINGS, TEMPERATURE, OVERLAPS, BREAKPOINTS)
    split = evaluate(
        COUPLINGS, TEMPERATURE, np.insert(OVERLAPS, 2, OVERLAPS[1] + 1e-9, axis=0), np.insert(BREAKPOINTS, 1, 0.3)
    )
    assert split.free_energy == pytest.approx(whole.free_energy, abs=1e-9)
    assert split.replicons[1] == pytest.approx(whole.replicons[1], abs=1e-7)
    moved = evaluate(COUPLINGS, TEMPERATURE, OVERLAPS, BREAKPOINTS + np.array([0, 0.05, 0]))
    assert abs(moved.free_energy - whole.free_energy) > 1e-4


def test_a_finer_grid_changes_nothing():
    for scale in (0.05, 1.0, 400.0):
        variances = scale * np.array([0.01, 0.4, 0.5, 0.52, 1.0])
        x = np.array([0.02, 0.1, 0.3, 0.5]) / max(1.0, math.sqrt(scale) / 10)
        coarse, fine = solve_layer(variances, x), solve_layer(variances, x, refinement=2.0)
        assert coarse.value == pytest.approx(fine.value, rel=1e-11)
        assert coarse.overlaps == pytest.approx(fine.overlaps, rel=1e-10)
        assert solve_layer(variances, x, refinement=0.25).value != pytest.approx(fine.value, rel=1e-11)


def pack(q, x):
    return np.concatenate([q.T.ravel(), x])


def unpack(u):
    count = OVERLAPS.size
    return u[:count].reshape(OVERLAPS.shape[::-1]).T, u[count:]


def derivative(function, at, step=1e-3):
    """Central differences of fourth order, one row per variable."""
    rows = []
    for direction in step * np.eye(len(at)):
        near, far = function(at + direction) - function(at - direction), function(at + 2 * direction)
        rows.append((8 * near - far + function(at - 2 * direction)) / (12 * step))
    return np.array(rows)


def stationarity(u):
    state = evaluate(COUPLINGS, TEMPERATURE, *unpack(u))
    return np.concatenate([state.mismatch.T.ravel(), state.slope_in_breakpoints])


def test_saddle_equations_are_the_derivatives_of_the_free_energy():
    state = evaluate(COUPLINGS, TEMPERATURE, OVERLAPS, BREAKPOINTS)
    numerical = derivative(
        lambda u: -evaluate(COUPLINGS, TEMPERATURE, *unpack(u)).free_energy / TEMPERATURE, pack(OVERLAPS, BREAKPOINTS)
    )

    def in_overlaps(mismatch):
        weights = (COUPLINGS.layer_fractions[:, None] * MIXING) / (2 * TEMPERATURE**2)
        return ((weights @ mismatch.T) * state.cells).ravel()

    expected = np.concatenate([in_overlaps(state.mismatch), state.slope_in_breakpoints])
    assert numerical == pytest.approx(expected, abs=1e-10)
    assert np.abs(numerical).max() > 1e-2
    # Known-wrong partner: overlaps of the replica-symmetric distribution of fields.
    wrong = OVERLAPS - np.array([evaluate(COUPLINGS, TEMPERATURE, [q], []).produced[0] for q in OVERLAPS])
    assert np.abs(numerical[: OVERLAPS.size] - in_overlaps(wrong)).max() > 1e-4


def test_newton_matrix_is_the_derivative_of_the_saddle_equations():
    state = evaluate(COUPLINGS, TEMPERATURE, OVERLAPS, BREAKPOINTS)
    numerical = derivative(stationarity, pack(OVERLAPS, BREAKPOINTS)).T
    assert newton_matrix(state, free_breakpoints=True) == pytest.approx(numerical, abs=1e-8)
    held = newton_matrix(state, free_breakpoints=False)
    assert held == pytest.approx(numerical[: OVERLAPS.size, : OVERLAPS.size], abs=1e-8)


def test_susceptibility_is_one_minus_the_mean_overlap_produced():
    # E chi_0 = 1 - int F dx holds for any S and x: integrate chi_{i-1} = T_i[chi_i + x_i m_i^2] - x_i m_{i-1}^2.
    for layer in evaluate(COUPLINGS, TEMPERATURE, OVERLAPS, BREAKPOINTS).layers:
        cells = np.diff(BREAKPOINTS, prepend=0, append=1)
        assert layer.susceptibility == pytest.approx(1 - cells @ layer.overlaps, abs=1e-12)


@pytest.mark.parametrize(
    ("overlaps", "breakpoints", "named"),
    [
        (OVERLAPS, [0.2, 0.2, 0.7], "breakpoints"),
        (OVERLAPS, [0.0, 0.2, 0.7], "breakpoints"),
        (OVERLAPS, [0.2, 0.4, math.nan], "breakpoints"),
        (OVERLAPS, [0.2, 0.4], "overlaps"),
        (OVERLAPS[::-1], BREAKPOINTS, "overlaps"),
        (OVERLAPS * 2, BREAKPOINTS, "overlaps"),
        (OVERLAPS - 0.2, BREAKPOINTS, "overlaps"),
        (OVERLAPS * math.nan, BREAKPOINTS, "overlaps"),
    ],
)
def test_impossible_order_parameters_are_refused(overlaps, breakpoints, named):
    with pytest.raises(ValueError, match=named):
        evaluate(COUPLINGS, TEMPERATURE, overlaps, breakpoints)
