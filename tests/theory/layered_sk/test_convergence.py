"""The solver's error estimates, extreme temperatures and refusals."""

import math

import numpy as np
import pytest

from theory.layered_sk import (
    LayeredCouplings,
    critical_temperature,
    replicon,
    rs_free_energy,
    solve_rs,
)
from theory.layered_sk.rs import saddle
from theory.result import NotConvergedError

NETWORK = LayeredCouplings.from_convention([784, 400, 400, 400, 10], "fan-in")


@pytest.mark.parametrize("nodes", [16, 20, 24, 32, 48])
@pytest.mark.parametrize("ratio", [0.02, 0.3, 0.9])
def test_error_estimate_covers_the_error_of_a_coarse_quadrature(monkeypatch, nodes, ratio):
    T = ratio * critical_temperature(NETWORK)
    exact = solve_rs(NETWORK, T)
    monkeypatch.setattr(saddle, "REFINEMENTS", (nodes,))
    coarse = solve_rs(NETWORK, T, tolerance=1e3)
    error = max(abs(coarse.free_energy - exact.free_energy), abs(coarse.energy - exact.energy))
    assert error <= coarse.status.error_estimate
    if ratio < 0.1 and nodes == 16:
        assert error > 1e-6


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("ratio", [0.02, 0.3, 0.9, 0.999])
def test_error_estimate_covers_the_error_of_an_unfinished_iteration(monkeypatch, steps, ratio):
    T = ratio * critical_temperature(NETWORK)
    exact = solve_rs(NETWORK, T)
    monkeypatch.setattr(saddle, "MAX_STEPS", steps)
    unfinished = solve_rs(NETWORK, T, tolerance=1e3)
    for name in ("free_energy", "energy"):
        error = abs(getattr(unfinished, name) - getattr(exact, name))
        assert error <= unfinished.status.error_estimate + exact.status.error_estimate
    entropy_error = abs(unfinished.entropy - exact.entropy)
    assert entropy_error <= 2 * unfinished.status.error_estimate / T + 2 * exact.status.error_estimate / T


@pytest.mark.parametrize("ratio", [1e-90, 1e-3, 0.5, 1 - 1e-15, 1 - 2**-53, 1.0, 1e200])
def test_extreme_temperatures_are_solved(ratio):
    solution = solve_rs(NETWORK, ratio * critical_temperature(NETWORK))
    values = (solution.free_energy, solution.energy, solution.entropy, solution.replicon, *solution.overlaps)
    assert np.all(np.isfinite(values))
    assert solution.status.iterations < 60


def test_a_nearly_decoupled_layer_keeps_its_relative_accuracy():
    couplings = LayeredCouplings.from_variances([100, 100, 100, 100], [1e-2, 1e-20, 1e-20])
    solution = solve_rs(couplings, 0.5)
    T = solution.temperature
    # Where the field is tiny E tanh^2(a xi) = a^2, so each weak layer's overlap is beta^2 R.
    assert solution.overlaps[2] == pytest.approx(1e-18 * solution.overlaps[1] / T**2, rel=1e-10)
    assert solution.overlaps[3] == pytest.approx(1e-18 * solution.overlaps[2] / T**2, rel=1e-10)


def test_a_missed_tolerance_is_refined_and_then_raises(monkeypatch):
    with pytest.raises(NotConvergedError, match=r"error estimate .* misses the tolerance 1e-20"):
        solve_rs(NETWORK, 0.5, tolerance=1e-20)
    # Too coarse a first rule is refined, not accepted.
    monkeypatch.setattr(saddle, "REFINEMENTS", (16, 192))
    assert solve_rs(NETWORK, 0.5).status.error_estimate < 1e-13
    # Stopping Newton early shows in the error estimate.
    monkeypatch.setattr(saddle, "MAX_STEPS", 2)
    with pytest.raises(NotConvergedError, match="after 2 Newton steps"):
        solve_rs(NETWORK, 0.5)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf, 1e-120])
def test_impossible_temperatures_are_refused(temperature):
    with pytest.raises(ValueError, match="temperature: got"):
        solve_rs(NETWORK, temperature)


@pytest.mark.parametrize("tolerance", [0.0, -1e-3, math.nan, math.inf])
def test_impossible_tolerances_are_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance: got"):
        solve_rs(NETWORK, 1.0, tolerance=tolerance)


@pytest.mark.parametrize("overlaps", [[0.5] * 4, [0.5] * 4 + [1.1], [0.5] * 4 + [-0.1], [0.5] * 4 + [math.nan]])
@pytest.mark.parametrize("function", [rs_free_energy, replicon])
def test_impossible_overlaps_are_refused(function, overlaps):
    with pytest.raises(ValueError, match="overlaps: got"):
        function(NETWORK, 1.0, overlaps)
